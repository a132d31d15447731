"""How many, where and whom: sizes against R, allocations that sum, draws that stand for everyone."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import sampling, schema
from csatlib.study import Sampling, StudyError

KNOWN = json.loads(
    (Path(__file__).parent / "reference" / "sampling_sizes.json").read_text(encoding="utf-8")
)


def cases(name):
    return [pytest.param(case, id=label) for label, case in KNOWN[name].items()]


def last(steps, column="n"):
    return float(steps[column].iloc[-1])


# ---- sizes against other software ----------------------------------------------------------------


@pytest.mark.parametrize("case", cases("sizes"))
def test_a_size_for_a_share_equals_r(case):
    assert last(sampling.required_n(**case["call"])) == pytest.approx(case["value"], rel=1e-10)


@pytest.mark.parametrize("case", cases("whole_sizes"))
def test_whole_people_equal_r(case):
    assert last(sampling.required_n(**case["call"]), "n_whole") == case["value"]


@pytest.mark.parametrize("case", cases("differences"))
def test_a_size_for_a_difference_of_shares_equals_r(case):
    found = last(sampling.required_n_difference(*case["args"], **case["call"]))
    assert found == pytest.approx(case["value"], rel=case["rel"])


@pytest.mark.parametrize("case", cases("difference_means"))
def test_a_size_for_a_difference_of_means_equals_r(case):
    found = last(sampling.required_n_difference_mean(*case["args"], **case["call"]))
    assert found == pytest.approx(case["value"], rel=case["rel"])


@pytest.mark.parametrize("case", cases("powers"))
def test_the_power_for_shares_equals_r(case):
    found = sampling.power_difference(*case["args"], **case["call"])
    assert found == pytest.approx(case["value"], rel=1e-10)


@pytest.mark.parametrize("case", cases("power_means"))
def test_the_power_for_means_equals_r(case):
    found = sampling.power_difference_mean(*case["args"], **case["call"])
    assert found == pytest.approx(case["value"], rel=1e-10)


def test_overlapping_samples_of_two_sizes_equal_r():
    steps = sampling.required_n_difference_mean(
        5, sd=math.sqrt(200), method="normal", alternative="one_sided", ratio=1 / 0.9,
        overlap=0.75, correlation=0.9,
    )  # fmt: skip
    assert last(steps, "n_whole") == KNOWN["dependent"]["n1"]
    assert math.ceil(last(steps) / 0.9) == KNOWN["dependent"]["n2"]


def test_the_smallest_change_of_a_mean_equals_r():
    found = sampling.detectable_change(300, sd=12)["change"]
    assert found.tolist() == pytest.approx([KNOWN["detectable"]["value"]] * 2, rel=1e-6)


# ---- the chain -----------------------------------------------------------------------------------


def test_the_chain_names_its_steps_and_rounds_up():
    steps = sampling.required_n(margin=0.05, population=2000, deff=1.5, response_rate=0.6)
    assert steps["step"].tolist() == ["n0", "design_effect", "population", "response_rate"]
    assert steps["n_whole"].tolist() == [385, 577, 448, 747]
    assert steps["formula"].str.len().min() > 5
    assert (steps["n_whole"].iloc[:3] >= steps["n"].iloc[:3]).all()


def test_a_whole_number_is_not_rounded_up():
    assert sampling.required_n(p=0.1, cv=0.05)["n_whole"].iloc[0] == 3600


def test_the_wilson_size_makes_the_wilson_interval_as_wide():
    n, z = last(sampling.required_n(p=0.05, margin=0.03, method="wilson")), 1.959963984540054
    half = z * math.sqrt(0.05 * 0.95 / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert half == pytest.approx(0.03, rel=1e-12)


@pytest.mark.parametrize("correction", ["cochran", "plain"])
def test_the_margin_of_the_size_is_the_margin_wanted(correction):
    wanted = {"p": 0.8, "population": 700, "deff": 1.3, "correction": correction}
    n = last(sampling.required_n(margin=0.04, **wanted))
    assert sampling.margin_of_error([n], **wanted).tolist() == pytest.approx([0.04], rel=1e-12)


def test_margins_of_none_and_of_all():
    found = sampling.margin_of_error([0, 50, 1], population=[50, 50, 1])
    assert found.isna().tolist() == [True, False, False]
    assert found.iloc[1:].tolist() == [0, 0]


def test_means_and_nps_need_what_their_deviation_says():
    sd = sampling.nps_sd(0.5, 0.2)
    assert sd == pytest.approx(100 * math.sqrt(0.7 - 0.09), rel=1e-12)
    nps = sampling.required_n_nps(promoters=0.5, detractors=0.2, margin=4)
    assert last(nps) == pytest.approx((1.959963984540054 * sd / 4) ** 2, rel=1e-12)
    assert last(sampling.required_n_nps(variance=sd**2, margin=4)) == pytest.approx(last(nps))
    assert last(sampling.required_n_mean(sd=sd, margin=4)) == pytest.approx(last(nps))


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("overlap", [0.0, 0.4])
def test_the_smallest_change_has_just_the_power(direction, overlap):
    shared = {"overlap": overlap, "correlation": 0.5, "deff": 1.2}
    found = sampling.detectable_change(600, p=0.8, previous_n=500, **shared)
    change = found.set_index("direction")["change"][direction] * (1 if direction == "up" else -1)
    told = sampling.power_difference(0.8, 0.8 + change, n=500, n2=600, **shared)
    assert told == pytest.approx(0.8, rel=1e-9)


def test_a_panel_shows_smaller_changes():
    alone = sampling.detectable_change(400, sd=1)["change"].iloc[0]
    panel = sampling.detectable_change(400, sd=1, overlap=0.4, correlation=0.6)["change"].iloc[0]
    assert panel == pytest.approx(alone * math.sqrt(1 - 0.4 * 0.6), rel=2e-3)


def test_what_cannot_show_is_missing_with_its_reason():
    found = sampling.detectable_change(5, p=0.98)
    assert found["change"].isna().tolist() == [True, False]
    assert found["reason"].iloc[0] == "too_few"
    assert found["reason"].isna().tolist() == [False, True]


def test_simulated_tests_find_the_difference_as_often_as_planned():
    n = int(last(sampling.required_n_difference(0.7, 0.8), "n_whole"))
    rng = np.random.default_rng(5)
    one, two = (rng.binomial(n, p, 20_000) / n for p in (0.7, 0.8))
    mean = (one + two) / 2
    z = abs(one - two) / np.sqrt(2 * mean * (1 - mean) / n)
    assert (z > 1.959964).mean() == pytest.approx(0.8, abs=0.015)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sampling.required_n(p=0), "p: expected a number between 0 and 1, found 0"),
        (lambda: sampling.required_n(margin=5), "margin: expected a number between 0 and 1"),
        (lambda: sampling.required_n(conf=95), "conf: .* write 0.95 for 95 %"),
        (lambda: sampling.required_n(deff=0.5), "deff: expected a number of 1 or more"),
        (lambda: sampling.required_n(response_rate=60), "response_rate: .* write 0.6 for 60 %"),
        (lambda: sampling.required_n(population=0), "population: expected a number of 1 or more"),
        (lambda: sampling.required_n(cv=0.1, standard_error=0.1), "at most one of cv"),
        (lambda: sampling.required_n(cv=0.1, method="wilson"), "with method 'wald'"),
        (lambda: sampling.required_n(method="exact"), "method: expected one of"),
        (lambda: sampling.required_n(correction="x"), "correction: expected one of"),
        (lambda: sampling.required_n(margin=0.6, method="wilson"), "less than 0.5"),
        (lambda: sampling.required_n_mean(sd=0, margin=1), "sd: expected a finite number above 0"),
        (lambda: sampling.required_n_nps(promoters=0.5), "both shares or the variance"),
        (lambda: sampling.required_n_nps(promoters=0.7, detractors=0.6), "at most 1 together"),
        (lambda: sampling.required_n_nps(variance=20_000), "variance: expected"),
        (lambda: sampling.required_n_difference(0.7, 0.7), "two shares that differ"),
        (lambda: sampling.required_n_difference(0.7, 0.8, overlap=2), "overlap: expected"),
        (lambda: sampling.required_n_difference_mean(0, sd=1), "difference: expected"),
        (lambda: sampling.required_n_difference_mean(1, sd=1, paired=True, overlap=0.5), "paired"),
        (lambda: sampling.power_difference(0.7, 0.8, n=10, method="continuity"), "method"),
        (lambda: sampling.detectable_change(100), "p, sd: expected one of the two"),
        (lambda: sampling.detectable_change(100, p=0.5, sd=1), "p, sd: expected one of the two"),
        (lambda: sampling.margin_of_error([11], population=10), "as many as there are people"),
    ],
)  # fmt: skip
def test_a_wrong_number_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- allocation ----------------------------------------------------------------------------------


def strata(population, **columns):
    names = [f"s{i}" for i in range(len(population))]
    return pd.DataFrame({"stratum": names, "population": population, **columns})


@pytest.mark.parametrize("method", ["proportional", "neyman"])
def test_an_allocation_equals_r_before_rounding(method):
    known = KNOWN["allocation"]
    found = sampling.allocate(strata(known["population"], sd=known["sd"]), 200, method=method)
    assert found["exact"].tolist() == pytest.approx(known[method]["value"], rel=1e-10)
    assert found["n"].sum() == 200


def test_cochrans_cities():
    known, s2 = KNOWN["cities"], np.array([53843.0, 5581.0])
    cities = strata([16, 48], sd=np.sqrt(s2))
    neyman = sampling.allocate(cities, 24, method="neyman")
    assert neyman["exact"].tolist() == pytest.approx(known["neyman"]["value"], rel=1e-10)
    assert neyman["n"].tolist() == [12, 12]
    plans = {
        "V_prop": cities.assign(n=[6, 18]),
        "V_opt": cities.assign(n=[12, 12]),
        "V_min": cities.assign(n=neyman["exact"]),
        "V_ran": strata([64], sd=[math.sqrt(52448)], n=[24]),
    }
    for name, plan in plans.items():
        se = sampling.expected_precision(plan)["se"].iloc[-1]
        assert (64 * se) ** 2 == pytest.approx(known[name]["value"], rel=1e-10), name


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_an_allocation_keeps_all_its_promises(data):
    population = data.draw(st.lists(st.integers(1, 400), min_size=1, max_size=7))
    k = len(population)
    table = strata(
        population,
        sd=data.draw(st.lists(st.floats(0, 5), min_size=k, max_size=k)),
        census=data.draw(st.lists(st.booleans(), min_size=k, max_size=k)),
        response_rate=data.draw(st.lists(st.floats(0.2, 1), min_size=k, max_size=k)),
    )
    min_n = data.draw(st.integers(0, 20))
    floor = np.ceil(min_n / table["response_rate"] * (1 - 1e-12)).clip(upper=table["population"])
    least = int(floor.where(~table["census"], table["population"]).sum())
    top = sum(population)
    total = data.draw(st.integers(max(least, 1), top)) if not table["census"].all() else top
    method = data.draw(st.sampled_from(["proportional", "equal", "power", "neyman"]))
    if method == "neyman" and not table["sd"].any():
        return
    found = sampling.allocate(table, total, method=method, min_n=min_n)
    assert found["n"].sum() == total
    assert (found["n"] <= table["population"]).all()
    assert (found["n"] >= floor).all()
    assert (found["n"] == table["population"])[table["census"]].all()
    assert (abs(found["n"] - found["exact"]) < 1 + 1e-6).all()
    turned = sampling.allocate(table[::-1], total, method=method, min_n=min_n)
    assert turned[::-1]["n"].tolist() == found["n"].tolist()


@pytest.mark.parametrize(
    ("population", "total", "call", "expected"),
    [
        ([100, 100, 100], 10, {}, [4, 3, 3]),
        ([500, 300, 20], 100, {"min_n": 10}, [56, 34, 10]),
        ([500, 300, 20], 400, {"method": "equal"}, [190, 190, 20]),
        ([900, 100], 40, {"method": "power", "exponent": 0.5}, [30, 10]),
        ([900, 100], 40, {"method": "power", "exponent": 0}, [20, 20]),
        ([5, 5], 10, {}, [5, 5]),
    ],
    ids=["remainders", "floor", "cap", "square root", "power zero", "everyone"],
)
def test_an_allocation_by_hand(population, total, call, expected):
    assert sampling.allocate(strata(population), total, **call)["n"].tolist() == expected


def test_the_floor_counts_valid_answers():
    table = strata([1000, 100], response_rate=[0.5, 0.5])
    found = sampling.allocate(table, 300, min_n=30)
    assert found["n"].tolist() == [240, 60]
    assert found["expected"].tolist() == [120, 30]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sampling.allocate(strata([5]), 6), "at most the population of 5, found 6"),
        (lambda: sampling.allocate(strata([50, 50]), 30, min_n=20), "at least 40, .* floors 40"),
        (lambda: sampling.allocate(strata([50, 9], census=[True, False]), 40), "census strata need 50"),
        (lambda: sampling.allocate(strata([5, 5]), 0), "total: expected a whole number of 1"),
        (lambda: sampling.allocate(strata([5, 0]), 2), "strata.population: .* drop empty strata"),
        (lambda: sampling.allocate(strata([5, 5]), 2, method="neyman"), "'sd'"),
        (lambda: sampling.allocate(strata([5, 5], sd=[0, 0]), 2, method="neyman"), "not all of them 0"),
        (lambda: sampling.allocate(strata([5, 5], response_rate=[0, 1]), 2), "write 0.6 for 60 %"),
        (lambda: sampling.allocate(strata([5, 5]).assign(stratum="a"), 2), "each once"),
        (lambda: sampling.allocate(strata([5, 5]), 2, method="optimal"), "method: expected one of"),
        (lambda: sampling.expected_precision(strata([5], sd=[1], n=[6])), "from 0 to the population"),
    ],
)  # fmt: skip
def test_an_impossible_allocation_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_stratum_without_answers_leaves_the_whole_without_error():
    found = sampling.expected_precision(strata([5, 5], sd=[1, 1], n=[0, 5]))
    assert found["se"].isna().tolist() == [True, False, True]


def test_small_units_are_invited_whole():
    frame = pd.DataFrame({"unit": ["a"] * 1000 + ["b"] * 40 + ["c"] * 6 + [None] * 5})
    found = sampling.plan_units(frame, unit="unit", margin=0.1, response_rate=0.6).set_index("unit")
    assert found["population"].tolist() == [1000, 40, 6]
    assert found["census"].tolist() == [False, True, True]
    assert found["n"].tolist() == [147, 40, 6]
    assert found["reached"].tolist() == [True, False, False]
    assert found.loc["a", "margin"] <= 0.1


# ---- drawing -------------------------------------------------------------------------------------


def customers(n=60):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(n)],
            "region": rng.choice(["东", "西", "北"], n),
            "kind": rng.choice(["新", "老"], n),
            "branch": rng.choice([f"b{i}" for i in range(12)], n),
            "amount": rng.lognormal(3, 1, n).round(2),
        }
    )


METHODS = {
    "srs": {},
    "systematic": {"order": ["amount"]},
    "cluster": {"cluster": "branch"},
    "pps": {"size": "amount"},
}


@pytest.mark.parametrize("method", METHODS)
def test_a_sample_depends_on_the_seed_and_not_on_the_order_of_rows(method):
    frame, how = customers(), {"method": method, **METHODS[method]}
    first = sampling.draw(frame, 8, seed=3, **how)
    again = sampling.draw(frame.sample(frac=1, random_state=9), 8, seed=3, **how)
    pd.testing.assert_frame_equal(first, again)
    others = [sampling.draw(frame, 8, seed=s, **how)["customer_id"].tolist() for s in range(4, 9)]
    assert first["customer_id"].tolist() not in others
    salted = sampling.draw(frame, 8, seed=3, salt="2026Q4/shop", **how)
    assert salted["customer_id"].tolist() != first["customer_id"].tolist()
    assert list(first)[:4] == list(schema.TABLES["sample"].columns)


@pytest.mark.parametrize("method", METHODS)
def test_everyone_is_drawn_as_often_as_the_probability_says(method):
    frame, how = customers(30), {"method": method, **METHODS[method]}
    times, runs, told = pd.Series(0.0, index=frame["customer_id"]), 60, {}
    totals = []
    for seed in range(runs):
        drawn = sampling.draw(frame, 5, seed=seed, **how)
        times[drawn["customer_id"]] += 1
        told.update(zip(drawn["customer_id"], drawn["inclusion_probability"], strict=True))
        totals.append(float(drawn["design_weight"].sum()))
    expected, times = pd.Series(told), times[sorted(told)]
    expected = expected.sort_index()
    assert len(expected) > 25
    error = (expected * (1 - expected) / runs) ** 0.5
    assert (abs(times / runs - expected) <= 4.5 * error + 1e-9).all()
    assert np.mean(totals) == pytest.approx(30, abs=4.5 * np.std(totals) / runs**0.5 + 1e-9)
    if method in ("srs", "systematic"):
        assert totals == pytest.approx([30] * runs)


def test_strata_of_several_columns_each_stand_for_their_own():
    frame = customers(200)
    sizes = frame.groupby(["kind", "region"]).size()
    wanted = pd.DataFrame(
        {"stratum": [" × ".join(k) for k in sizes.index], "population": sizes.to_numpy()}
    )
    wanted = sampling.allocate(wanted, 60, min_n=3)
    drawn = sampling.draw(frame, wanted, by=["kind", "region"], method="stratified", seed=0)
    counts = drawn.groupby("stratum")["design_weight"].agg(["size", "sum"])
    assert counts["size"].tolist() == wanted.sort_values("stratum")["n"].tolist()
    assert counts["sum"].tolist() == pytest.approx(
        wanted.sort_values("stratum")["population"].tolist()
    )


def test_a_larger_sample_holds_the_smaller_and_newcomers_change_little():
    frame = customers(300)
    small, large = (set(sampling.draw(frame, n, seed=0)["customer_id"]) for n in (50, 80))
    assert small < large
    more = pd.concat([frame, customers(310).iloc[300:]])
    assert len(small - set(sampling.draw(more, 50, seed=0)["customer_id"])) <= 5


def test_a_change_in_one_stratum_leaves_the_others():
    frame = customers(100)
    wanted = dict.fromkeys(["东", "西", "北"], 5)
    for method in ("srs", "systematic"):
        one = sampling.draw(frame, wanted, by=["region"], method=method, seed=0)
        other = sampling.draw(frame, {**wanted, "东": 9}, by=["region"], method=method, seed=0)
        left = [d[d["stratum"] != "东"]["customer_id"].tolist() for d in (one, other)]
        assert left[0] == left[1]


def test_systematic_is_spread_over_the_order():
    frame = pd.DataFrame({"customer_id": range(100), "score": range(100, 0, -1)})
    drawn = sampling.draw(frame, 10, method="systematic", order=["score"], seed=2)
    assert sorted((100 - drawn["score"]) // 10) == list(range(10))


def test_the_largest_are_certain_and_the_rest_in_proportion():
    frame = pd.DataFrame({"customer_id": list("abcdef"), "size": [100.0, 20, 4, 4, 4, 4]})
    for seed in range(20):
        drawn = sampling.draw(frame, 3, method="pps", size="size", seed=seed).set_index(
            "customer_id"
        )
        assert len(drawn) == 3
        assert drawn.loc[["a", "b"], "inclusion_probability"].tolist() == [1, 1]
        assert drawn["inclusion_probability"].min() == pytest.approx(1 / 4)


def test_clusters_come_whole():
    frame = customers()
    drawn = sampling.draw(frame, 4, method="cluster", cluster="branch", seed=0)
    whole = frame[frame["branch"].isin(drawn["branch"].unique())]
    assert drawn["branch"].nunique() == 4
    assert sorted(drawn["customer_id"]) == sorted(whole["customer_id"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"allocation": 61}, "at most its 60 people, found 61"),
        ({"allocation": {"东": 1}, "by": ["region"]}, "lacking in the allocation"),
        ({"allocation": {"all": 1, "南": 1}}, "'南'.* lacking in the frame"),
        ({"allocation": 5, "seed": None}, "seed: expected a whole number"),
        ({"allocation": 5, "method": "quota"}, "method: expected one of"),
        ({"allocation": 5, "method": "pps"}, "size: expected the name of a column"),
        ({"allocation": 5, "method": "pps", "size": "zero"}, "nobody of size 0"),
        ({"allocation": 5, "method": "cluster"}, "cluster: expected the name of a column"),
        ({"allocation": 5, "method": "cluster", "cluster": "hole"}, "in every row"),
        ({"allocation": 13, "method": "cluster", "cluster": "branch"}, "clusters, found 13"),
        ({"allocation": 5, "by": "region"}, r"write by=\['region'\]"),
        ({"allocation": {"a": 1}, "by": ["hole"]}, "fill them, for example"),
        ({"allocation": 5, "key": "region"}, "each 'region' once"),
        ({"allocation": 5, "key": "hole"}, "1 rows without"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_draw_is_told(call, message):
    frame = customers().assign(zero=0.0, hole=["h"] + [None] + ["h"] * 58)
    with pytest.raises(ValueError, match=message):
        sampling.draw(frame, **{"seed": 0, **call})


def test_ids_are_never_in_an_error():
    frame = pd.concat([customers(), customers()])
    with pytest.raises(ValueError) as told:
        sampling.draw(frame, 5, seed=0)
    assert "C0" not in str(told.value)


# ---- the study's plan ----------------------------------------------------------------------------


def framed(n=400):
    return customers(n).assign(tier=["核心"] * 20 + ["重要"] * 50 + ["普通"] * (n - 70))


@pytest.mark.parametrize(
    ("plan", "strata_", "total"),
    [
        ({}, ["all"], 197),
        ({"method": "census"}, ["all"], 400),
        ({"total": 900}, ["all"], 400),
        ({"total": 100, "census": {"tier": ("核心",)}}, ["all", "核心"], 100),
        ({"total": 100, "strata": ("tier",), "census": {"tier": ("核心",)}, "min_n": 10}, ["普通", "核心", "重要"], 100),
        ({"method": "systematic", "total": 80, "strata": ("kind",), "min_n": 5}, ["新", "老"], 80),
        ({"method": "pps", "size": "amount", "total": 50, "census": {"tier": ("核心",)}, "min_n": 1}, ["all", "核心"], 50),
        ({"strata": ("tier",), "min_n": 45, "response_rate": 0.5, "margin": 0.2}, ["普通", "核心", "重要"], 160),
    ],
    ids=["size", "census", "more than there are", "census of a tier", "tiers", "systematic", "pps", "floors raise the total"],
)  # fmt: skip
def test_the_plan_of_a_study_file_is_carried_out(plan, strata_, total):
    frame, plan = framed(), Sampling(**plan)
    wanted = sampling.plan_allocation(frame, plan)
    drawn = sampling.draw_plan(frame, plan, seed=0, salt="2026Q3/shop")
    assert wanted["stratum"].tolist() == strata_
    assert len(drawn) == wanted["n"].sum() == total
    whole = wanted.loc[wanted["census"], "stratum"]
    assert (drawn.loc[drawn["stratum"].isin(whole), "inclusion_probability"] == 1).all()
    if plan.census:
        assert set(frame.loc[frame["tier"] == "核心", "customer_id"]) <= set(drawn["customer_id"])
    if plan.method != "pps":
        assert drawn["design_weight"].sum() == pytest.approx(400)
    turned = sampling.draw_plan(frame[::-1], plan, seed=0, salt="2026Q3/shop")
    pd.testing.assert_frame_equal(drawn, turned)


def test_clusters_of_a_plan_hold_about_as_many_as_planned():
    plan = Sampling(method="cluster", cluster="branch", total=150)
    drawn = sampling.draw_plan(framed(), plan, seed=0, salt="x")
    assert 100 < len(drawn) < 250
    assert drawn["branch"].nunique() == 5


def test_what_the_company_does_not_know_is_a_stratum_of_its_own():
    frame = framed()
    frame.loc[:9, "region"] = None
    plan = Sampling(method="stratified", strata=("region",), min_n=1, total=100)
    assert "未知" in sampling.plan_allocation(frame, plan)["stratum"].tolist()
    drawn = sampling.draw_plan(frame, plan, seed=0, salt="x")
    assert drawn.loc[drawn["stratum"] == "未知", "region"].isna().all()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"strata": ("city",)}, "“city”列，但客户表和工单里没有"),
        ({"total": 15, "census": {"tier": ("核心",)}}, "sampling.total 为 15，少于.*所需的 21"),
        ({"method": "pps", "size": "kind"}, "400 行没有大于 0 的数"),
    ],
    ids=["column", "total", "size"],
)
def test_a_plan_that_does_not_fit_is_told_in_chinese(plan, message):
    with pytest.raises(StudyError, match=message):
        sampling.draw_plan(framed(), Sampling(**plan), seed=0, salt="x")


def test_an_empty_frame_is_told_in_chinese():
    with pytest.raises(StudyError, match="没有可以抽样的客户"):
        sampling.plan_allocation(framed().iloc[:0], Sampling())


def test_the_make_up_of_a_sample_is_set_beside_its_frame():
    frame = framed()
    drawn = sampling.draw_plan(
        frame, Sampling(total=60, strata=("tier",), min_n=10), seed=0, salt="x"
    )
    found = sampling.composition(frame, drawn, by=["tier", "kind"])
    assert found["level"].tolist()[:3] == ["普通", "重要", "核心"]
    tiers = found[found["variable"] == "tier"]
    assert tiers["weighted_share"].tolist() == pytest.approx(tiers["population_share"].tolist())
    assert found.groupby("variable")["n"].sum().tolist() == [60, 60]
    assert list(sampling.composition(frame, drawn, by=[])) == list(found)


# ---- lists ---------------------------------------------------------------------------------------


def tickets():
    rows = [
        ("T1", "C1", "2026-09-10 10:00"),
        ("T2", "C1", "2026-09-12 09:00"),
        ("T2", "C1", "2026-09-13 09:00"),
        ("T3", "C2", None),
        ("T4", "C2", "2026-10-02 08:00"),
        (None, "C3", "2026-09-11 08:00"),
        ("T6", "C3", "2026-09-29 23:59"),
        ("T7", None, "2026-09-30 23:59"),
    ]
    table = pd.DataFrame(rows, columns=["ticket_id", "customer_id", "closed_at"])
    return table.assign(closed_at=pd.to_datetime(table["closed_at"]))


def test_each_ticket_is_listed_once_or_says_why_not():
    found = sampling.event_list(tickets(), as_of="2026-09-30", asked=["T1"])
    told = dict(
        zip(
            found["closed_at"].dt.strftime("%m-%d").fillna("—"),
            found["reason"].fillna(""),
            strict=True,
        )
    )
    assert told == {
        "09-10": "asked", "09-11": "no_id", "09-12": "", "09-13": "repeated", "09-29": "",
        "09-30": "", "10-02": "closed_later", "—": "not_closed",
    }  # fmt: skip
    assert (found["listed"] == found["reason"].isna()).all()
    listed = found[found["listed"]]
    assert listed["due_on"].dt.strftime("%m-%d").tolist() == ["09-14", "10-01", "10-02"]
    assert listed["overdue"].tolist() == [True, False, False]


def test_a_customer_rests_between_two_tickets():
    found = sampling.event_list(tickets(), as_of="2026-09-30", rest_days=7).set_index("ticket_id")
    assert found["reason"].fillna("").loc["T1"] == ""
    assert (found.loc["T2", "reason"] == ["resting", "repeated"]).all()
    assert pd.isna(found.loc["T7", "reason"])
    near = sampling.event_list(tickets(), as_of="2026-09-30", rest_days=2).set_index("ticket_id")
    assert pd.isna(near.loc["T2", "reason"].iloc[0])


@pytest.mark.parametrize(
    ("change", "call", "message"),
    [
        (lambda t: t.drop(columns="closed_at"), {}, "'closed_at'"),
        (lambda t: t.assign(closed_at="2026-09-01"), {}, "pandas.to_datetime"),
        (lambda t: t, {"as_of": "tomorrow"}, "as_of: expected a day"),
        (lambda t: t, {"days": -1}, "days: expected a whole number"),
    ],
    ids=["column", "text", "day", "days"],
)
def test_a_wrong_list_of_tickets_is_told(change, call, message):
    with pytest.raises(ValueError, match=message):
        sampling.event_list(change(tickets()), **{"as_of": "2026-09-30", **call})


def test_every_important_customer_is_listed_the_most_important_first():
    frame = framed().sample(frac=1, random_state=0)
    found = sampling.quarterly_list(frame, tiers=["核心", "重要"])
    assert found["importance"].tolist() == [1] * 20 + [2] * 50
    assert found["customer_id"].is_monotonic_increasing
    with pytest.raises(ValueError, match="found \\['VIP'\\]"):
        sampling.quarterly_list(frame, tiers=["VIP"])
    with pytest.raises(ValueError, match="a sequence of tiers"):
        sampling.quarterly_list(frame, tiers="核心")


def test_the_silent_are_those_who_answered_in_none_of_the_last_quarters():
    frame = pd.DataFrame(
        {"customer_id": list("abcde"), "tier": ["普通", "核心", "核心", "重要", "VIP"]}
    )
    history = pd.DataFrame(
        [("2026Q1", "c", "complete"), ("2026Q2", "a", "partial"), ("2026Q2", "b", "refusal"),
         ("2026Q3", "b", "non_contact"), ("2026Q3", "c", "refusal"), ("2026Q3", "d", "not_invited"),
         ("2026Q3", None, "complete")],
        columns=["quarter", "customer_id", "disposition"],
    )  # fmt: skip
    tiers = ["核心", "重要", "普通"]
    found = sampling.silent_list(frame, history, tiers=tiers)
    assert found["customer_id"].tolist() == ["b", "c", "d", "e"]
    assert found["asked"].tolist() == [2, 1, 0, 0]
    assert found["quarters"].tolist() == [2] * 4
    longer = sampling.silent_list(frame, history, tiers=tiers, quarters=3)
    assert longer["customer_id"].tolist() == ["b", "d", "e"]
    answers = history.loc[history["disposition"].isin(["complete", "partial"])].drop(
        columns="disposition"
    )
    assert sampling.silent_list(frame, answers, tiers=tiers)["asked"].isna().all()
    nobody = sampling.silent_list(frame, history.iloc[:0], tiers=tiers)
    assert nobody.empty
    assert list(nobody) == list(found)


# ---- interviews ----------------------------------------------------------------------------------


def answered(n=120):
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "response_id": [f"r{i:03d}" for i in range(n)],
            "overall": pd.array([*rng.choice([1, 2, 3, 4, 5], n - 2), None, None], dtype="Int64"),
            "issue": rng.choice(["网络", "终端", "权限"], n),
            "age": rng.choice(["青年", "中年", None], n),
        }
    )


def test_interviews_are_spread_over_levels_issues_and_ages():
    by = ["issue", "age"]
    found = sampling.interview_sample(answered(), satisfaction="overall", by=by, n=27, seed=0)
    assert found["cell"].nunique() == 27
    for column in ("level", "issue"):
        assert found[column].value_counts().tolist() == [9, 9, 9]
    assert found["order"].tolist() == list(range(1, 28))
    fewer = sampling.interview_sample(answered(), satisfaction="overall", by=by, n=9, seed=0)
    assert fewer["response_id"].tolist() == found["response_id"].tolist()[:9]
    assert fewer["level"].value_counts().tolist() == [3, 3, 3]
    turned = sampling.interview_sample(
        answered()[::-1], satisfaction="overall", by=by, n=27, seed=0
    )
    pd.testing.assert_frame_equal(found, turned)


def test_no_cell_gets_a_second_before_all_have_a_first():
    found = sampling.interview_sample(
        answered(), satisfaction="overall", by=["issue"], n=20, seed=1
    )
    assert found["cell"].value_counts().agg(["min", "max"]).tolist() == [2, 3]
    everyone = sampling.interview_sample(answered(), satisfaction="overall", n=500, seed=1)
    assert len(everyone) == 118


def test_who_wrote_a_comment_is_preferred():
    comments = pd.DataFrame(
        {"response_id": ["r003", "r003", "r010"], "text": ["慢", "太慢了", "好"]}
    )
    scores = answered().assign(overall=5)
    found = sampling.interview_sample(
        scores, satisfaction="overall", n=2, seed=0, comments=comments
    )
    assert found["response_id"].tolist() == ["r003", "r010"]
    assert found["characters"].tolist() == [5, 1]


def test_the_typical_comment_is_the_one_most_like_the_others():
    texts = [
        "热线等待时间太长",
        "等待时间太长了",
        "热线等待太长",
        "食堂的饭菜非常可口而且价格便宜分量很足",
    ]
    comments = pd.DataFrame({"response_id": [f"r00{i}" for i in range(4)], "text": texts})
    scores = answered(6).assign(overall=1)
    chosen = {
        prefer: sampling.interview_sample(
            scores, satisfaction="overall", n=1, seed=0, comments=comments, prefer=prefer
        )["response_id"].iloc[0]
        for prefer in ("longest", "typical")
    }
    assert chosen["longest"] == "r003"
    assert chosen["typical"] in ("r000", "r001")


@pytest.mark.parametrize(
    ("score", "level"), [(2, "low"), (3, "medium"), (4, "high")], ids=["low", "medium", "high"]
)
def test_the_bounds_of_a_level(score, level):
    rows = answered(5).assign(overall=score)
    found = sampling.interview_sample(rows, satisfaction="overall", n=5, seed=0)
    assert set(found["level"]) == {level}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"satisfaction": "nps"}, "satisfaction: expected the name of one column"),
        ({"by": ["city"]}, "by: expected the name of one column"),
        ({"n": 0}, "n: expected a whole number of 1 or more"),
        ({"low": 4, "high": 4}, "low below high"),
        ({"prefer": "best"}, "prefer: expected one of"),
    ],
    ids=["score", "by", "n", "levels", "prefer"],
)
def test_a_wrong_choice_of_interviews_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        sampling.interview_sample(
            answered(), **{"satisfaction": "overall", "n": 5, "seed": 0, **call}
        )


@pytest.mark.parametrize("found", [math.inf, "many"], ids=["infinite", "text"])
def test_a_population_is_a_finite_number(found):
    strata = pd.DataFrame({"stratum": ["a", "b"], "population": [found, 5]})
    with pytest.raises(ValueError, match=r"strata\.population: expected whole numbers"):
        sampling.allocate(strata, 4, method="equal")


def test_ids_of_two_kinds_are_refused_and_not_shown():
    frame = pd.DataFrame({"customer_id": pd.Series([7431, "K7432"], dtype="object")})
    with pytest.raises(ValueError, match="of one kind, found numbers beside text") as refused:
        sampling.draw(frame, 1, seed=0)
    assert "743" not in str(refused.value)


def test_a_composition_needs_the_weights_of_the_sample():
    frame = pd.DataFrame({"customer_id": ["a", "b"], "tier": ["核心", "普通"]})
    with pytest.raises(ValueError, match="sample: expected the name of one column"):
        sampling.composition(frame, frame, by=["tier"])


# ---- ids, times and answers as they come ---------------------------------------------------------

NUMBERED = {
    "text": pd.Series(["12", "13"], dtype="str"),
    "whole numbers": pd.Series([12, 13]),
    "nullable": pd.Series([12, 13], dtype="Int64"),
    "floats that a gap made": pd.Series([12.0, 13.0]),
}


@pytest.mark.parametrize("ids", NUMBERED.values(), ids=NUMBERED)
@pytest.mark.parametrize("others", NUMBERED.values(), ids=NUMBERED)
def test_ids_of_another_type_are_found_again(ids, others):
    closed = pd.DataFrame(
        {"ticket_id": ids, "customer_id": "C", "closed_at": pd.Timestamp(2026, 9, 1)}
    )
    for asked in (others.iloc[:1], others.iloc[:1].tolist()):
        found = sampling.event_list(closed, as_of="2026-09-30", asked=asked)
        assert found["reason"].fillna("").tolist() == ["asked", ""]
    frame = pd.DataFrame({"customer_id": ids})
    history = pd.DataFrame({"quarter": ["2026Q2"], "customer_id": others.iloc[:1]})
    assert sampling.silent_list(frame, history)["customer_id"].tolist() == ids.tolist()[1:]
    answers = pd.DataFrame({"response_id": ids, "overall": 1})
    comments = pd.DataFrame({"response_id": others.iloc[:1], "text": ["太慢"]})
    chosen = sampling.interview_sample(
        answers, satisfaction="overall", n=2, seed=0, comments=comments
    )
    assert chosen["characters"].tolist() == [2, 0]


def test_ids_by_which_nobody_would_be_found_are_refused():
    ids = pd.Series([12, 13])
    closed = pd.DataFrame(
        {"ticket_id": ids, "customer_id": "C", "closed_at": pd.Timestamp(2026, 9, 1)}
    )
    history = pd.DataFrame({"quarter": "2026Q2", "customer_id": ["C-secret"]})
    comments = pd.DataFrame({"response_id": ["C-secret"], "text": ["太慢"]})
    answers = pd.DataFrame({"response_id": ids, "overall": 1})
    calls = [
        lambda: sampling.event_list(closed, as_of="2026-09-30", asked=["C-secret"]),
        lambda: sampling.silent_list(pd.DataFrame({"customer_id": ids}), history),
        lambda: sampling.interview_sample(
            answers, satisfaction="overall", n=2, seed=0, comments=comments
        ),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"found number \(dtype int64\) and text") as told:
            call()
        assert "secret" not in str(told.value)


def test_one_id_is_no_sequence_of_ids():
    with pytest.raises(ValueError, match="asked: expected a sequence of ids"):
        sampling.event_list(tickets(), as_of="2026-09-30", asked="T1")


def test_closings_with_a_time_zone_are_refused():
    zoned = tickets().assign(closed_at=lambda t: t["closed_at"].dt.tz_localize("Asia/Shanghai"))
    with pytest.raises(ValueError, match=r"tickets\.closed_at: .* without a time zone"):
        sampling.event_list(zoned, as_of="2026-09-30")


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (["5", "很好"], "satisfaction 'overall': expected numbers, found dtype"),
        (pd.Categorical([1, 2]), "expected numbers, found dtype category"),
        ([math.inf, 1], "expected finite numbers up to 1e60, found 1 infinite"),
    ],
    ids=["text", "categories", "infinite"],
)
def test_interviews_are_chosen_by_numbers(scores, message):
    answers = pd.DataFrame({"response_id": ["a", "b"], "overall": scores})
    with pytest.raises(ValueError, match=message):
        sampling.interview_sample(answers, satisfaction="overall", n=2, seed=0)


# ---- differences that are certain, and numbers out of all scale ----------------------------------

ALIKE = {"overlap": 1.0, "correlation": 1.0}


@pytest.mark.parametrize(
    "call",
    [
        lambda: sampling.detectable_change(300, sd=1, **ALIKE),
        lambda: sampling.detectable_change(300, p=0.8, **ALIKE),
        lambda: sampling.detectable_change(300, p=0.8, method="unpooled", **ALIKE),
        lambda: sampling.detectable_change(300, p=0.8, method="arcsine", **ALIKE),
        lambda: sampling.power_difference(0.7, 0.8, n=50, **ALIKE),
        lambda: sampling.power_difference(0.7, 0.8, n=50, method="arcsine", **ALIKE),
        lambda: sampling.power_difference_mean(0.5, n=50, sd=1, **ALIKE),
        lambda: sampling.power_difference_mean(0.5, n=50, sd=1, method="normal", **ALIKE),
        lambda: sampling.required_n_difference(0.7, 0.8, **ALIKE),
        lambda: sampling.required_n_difference(0.7, 0.8, method="arcsine", **ALIKE),
        lambda: sampling.required_n_difference_mean(0.5, sd=1, **ALIKE),
        lambda: sampling.required_n_difference_mean(0.5, sd=1, method="normal", **ALIKE),
    ],
)
def test_answers_that_are_always_the_same_show_any_change_and_are_refused(call):
    with pytest.raises(ValueError, match=r"^overlap, correlation: expected .*, found .*; give"):
        call()


def test_a_correlation_of_1_is_no_matter_while_some_are_new():
    half = sampling.detectable_change(300, sd=1, overlap=0.5, correlation=1)["change"]
    assert half.tolist() == pytest.approx(
        sampling.detectable_change(300, sd=math.sqrt(0.5))["change"].tolist(), rel=2e-3
    )
    assert 0 < sampling.power_difference_mean(0.5, n=50, sd=1, sd2=2, **ALIKE) < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sampling.detectable_change(1e308, p=0.8), "n: expected at most 1e.15 answers"),
        (lambda: sampling.detectable_change(9, p=0.8, previous_n=1e300), "previous_n: expected at"),
        (lambda: sampling.detectable_change(1e308, sd=1), "n: expected at most"),
        (lambda: sampling.power_difference(0.7, 0.8, n=1e308), "n: expected at most"),
        (lambda: sampling.power_difference_mean(1, sd=1, n=9, n2=1e308), "n2: expected at most"),
        (lambda: sampling.required_n_difference_mean(1e-300, sd=1), "difference, sd: expected"),
        (lambda: sampling.required_n_difference_mean(1, sd=1e308), "difference, sd: expected"),
        (lambda: sampling.required_n_difference_mean(1, sd=1e-300), "difference, sd: expected"),
        (lambda: sampling.required_n_difference_mean(1, sd=1, sd2=1e300), "sd2, sd: expected"),
    ],
)
def test_numbers_out_of_all_scale_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_power_of_a_certain_difference_is_1():
    assert sampling.power_difference_mean(1, sd=1, n=1e15) == 1
    assert sampling.power_difference_mean(1, sd=1, n=1e15, strict=True) == 1
    assert sampling.power_difference_mean(1e9, sd=1, n=2) == 1
    tiny = last(sampling.required_n_difference_mean(0.2e-290, sd=1e-290))
    assert tiny == pytest.approx(last(sampling.required_n_difference_mean(0.2, sd=1)), rel=1e-12)
