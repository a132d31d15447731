"""Rank-sum ratios: every step against R, ties everywhere, and what cannot be ranked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib import schema
from csatlib.evaluation import rank_sum_ratio

KNOWN = json.loads(
    (Path(__file__).parent / "reference" / "rank_sum.json").read_text(encoding="utf-8")
)
RESULTS = {name: held["value"] for name, held in KNOWN["results"].items()}
REGIONS = pd.DataFrame(KNOWN["input"]).set_index("ID")
SENSE = {"x1": "higher", "x2": "lower", "x3": "lower"}
TIED = pd.DataFrame(KNOWN["ties"]["input"], index=[f"g{i:02d}" for i in range(12)])
TIED_SENSE = {"a": "higher", "b": "lower", "c": "higher"}


def floats(values):
    return pd.Series(values).to_numpy(dtype=float, na_value=np.nan)


def tables(found):
    return {
        "rank_sum_ranks": found.ranks,
        "rank_sum": found.ratios,
        "rank_sum_fit": found.fit,
        "rank_sum_grades": found.grades,
        "rank_sum_separation": found.separation,
    }


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "rsr_table"),
        ({"weights": {"x1": 0.5, "x2": 0.3, "x3": 0.2}}, "WRSR_.5_.3_.2_table"),
        ({"method": "non_whole"}, "nonint_equal_table"),
        (
            {"method": "non_whole", "weights": RESULTS["entropy_w_eps.002"]},
            "nonint_entropy_weighted_table",
        ),
    ],
    ids=["whole", "weighted", "non-whole", "non-whole weighted"],
)
def test_every_step_of_the_distribution_is_r_s(settings, name):
    table = RESULTS[name]
    found = rank_sum_ratio(REGIONS, direction=SENSE, **settings).ratios.set_index("group")
    found = found.loc[table["ID"]]
    pairs = [("rsr", "RSR"), ("mean_rank", "barR"), ("frequency", "f"), ("cumulative", "sumf")]
    pairs += [("share", "barRn"), ("probit", "Probit"), ("fitted", "RSRfit")]
    for ours, theirs in pairs:
        np.testing.assert_allclose(floats(found[ours]), table[theirs], rtol=1e-11, err_msg=ours)


@pytest.mark.parametrize(("method", "name"), [("whole", "ranks"), ("non_whole", "nonint_ranks")])
def test_ranks_are_r_s(method, name):
    ranks = rank_sum_ratio(REGIONS, direction=SENSE, method=method).ranks
    for indicator in SENSE:
        mine = ranks[ranks["indicator"] == indicator].set_index("group")["rank"]
        np.testing.assert_allclose(
            floats(mine.loc[RESULTS[name]["ID"]]), RESULTS[name][indicator], rtol=1e-12
        )


def test_the_line_is_r_s():
    fit = rank_sum_ratio(REGIONS, direction=SENSE).fit
    known = RESULTS["regression"]
    np.testing.assert_allclose(floats(fit["estimate"]), [known["a"], known["b"]], rtol=1e-11)
    for ours, theirs in (("se", "se"), ("statistic", "t"), ("p", "p")):
        np.testing.assert_allclose(floats(fit[ours]), known[theirs], rtol=1e-9)
    for ours, theirs in (
        ("r2", "r2"),
        ("r2_adjusted", "adjr2"),
        ("f", "F"),
        ("f_p", "pF"),
        ("df", "df2"),
        ("n", "n_points"),
    ):
        np.testing.assert_allclose(floats(fit[ours]), known[theirs], rtol=1e-9, err_msg=ours)
    np.testing.assert_allclose(floats(fit["r"]) ** 2, known["r2"], rtol=1e-11)


@pytest.mark.parametrize(
    ("grades", "name"),
    [
        (3, "grading_3_probit4_6"),
        (4, "grading_4_probit3.5_5_6.5"),
        (5, "grading_5_probit3.2_4.4_5.6_6.8"),
    ],
)
def test_grades_and_their_cuts_are_r_s(grades, name):
    found, known = rank_sum_ratio(REGIONS, direction=SENSE, grades=grades), RESULTS[name]
    assert found.ratios.set_index("group").loc[known["ID"], "grade"].tolist() == known["grade"]
    np.testing.assert_allclose(floats(found.grades["rsr_high"])[:-1], known["cut_RSR"], rtol=1e-11)
    assert int(found.grades["n"].sum()) == len(REGIONS)
    assert (
        floats(found.grades["rsr_low"])[1:].tolist()
        == floats(found.grades["rsr_high"])[:-1].tolist()
    )


@pytest.mark.parametrize(
    ("weights", "name"), [(None, "equal"), ({"a": 5, "b": 3, "c": 2}, "weighted")]
)
def test_ties_in_every_indicator_and_among_the_ratios_are_r_s(weights, name):
    known = KNOWN["ties"]["value"][name]
    found = rank_sum_ratio(TIED, direction=TIED_SENSE, weights=weights, grades=4)
    table = found.ratios.set_index("group").loc[TIED.index]
    for ours, theirs in (("rsr", "rsr"), ("mean_rank", "barR"), ("probit", "probit")):
        np.testing.assert_allclose(floats(table[ours]), known[theirs], rtol=1e-10)
    assert table["grade"].tolist() == known["grade"]
    np.testing.assert_allclose(
        np.concatenate([floats(found.fit[c]) for c in ("estimate", "se", "statistic", "p")]),
        known["coef"],
        rtol=1e-8,
    )
    tests = found.separation.set_index("test")
    for test, figures in (("anova", ("aovF", "aovp")), ("kruskal", ("H", "Hp"))):
        mine = floats(tests.loc[test, ["statistic", "p"]])
        np.testing.assert_allclose(mine, [known[f][0] for f in figures], rtol=1e-8)


def test_a_class_of_ties_on_top_has_the_share_of_the_highest():
    top = pd.DataFrame({"a": [1.0, 2.0, 2.0]}, index=list("甲乙丙"))
    ratios = rank_sum_ratio(top, direction="higher").ratios
    assert floats(ratios["share"]).tolist() == [1 / 3, 1 - 1 / 12, 1 - 1 / 12]
    assert ratios["rank"].tolist() == [3.0, 1.5, 1.5]


def test_ratios_that_differ_by_rounding_only_are_one_class():
    # .1 + .2 and .3 ranks' worth of weight: equal on paper, not in the last digit.
    values = pd.DataFrame(
        {"a": [1, 2, 3.0], "b": [1, 2, 3.0], "c": [3, 2, 1.0]}, index=list("甲乙丙")
    )
    ratios = rank_sum_ratio(
        values, direction="higher", weights={"a": 0.1, "b": 0.2, "c": 0.3}
    ).ratios
    assert ratios["frequency"].tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("values", "reason", "ratios"),
    [
        (REGIONS.iloc[:0], "empty", []),
        (REGIONS.iloc[:1], "single_group", [1.0]),
        (REGIONS.iloc[:2], "no_residual", [2 / 3, 5 / 6]),
        (REGIONS * 0 + 1, "no_variation", [0.55] * 10),
        (REGIONS * np.nan, "empty", [np.nan] * 10),
    ],
    ids=["none", "one", "two", "all equal", "all missing"],
)
@pytest.mark.parametrize("method", ["whole", "non_whole"])
def test_what_has_no_line_says_why(values, reason, ratios, method):
    found = rank_sum_ratio(values, direction=SENSE, method=method)
    for name, table in tables(found).items():
        schema.check(table, name)
    assert found.fit["reason"].tolist() == [reason] * 2
    np.testing.assert_allclose(floats(found.ratios["rsr"]), ratios)
    if reason != "no_residual":
        assert found.ratios["grade"].isna().all()
        assert found.separation["reason"].tolist() == ["few_grades"] * 2


def test_three_groups_have_a_line_with_an_error():
    fit = rank_sum_ratio(REGIONS.iloc[:3], direction=SENSE, method="non_whole").fit
    assert fit["reason"].isna().all()
    assert fit["df"].tolist() == [1.0, 1.0]
    assert fit[["se", "p", "f_p"]].notna().all(axis=None)


def test_a_missing_value_takes_a_group_out_or_its_other_ranks_count():
    holed = REGIONS.astype("Float64").copy()
    holed.loc["A", "x1"] = pd.NA
    refused = rank_sum_ratio(holed, direction=SENSE)
    row = refused.ratios.set_index("group").loc["A"]
    assert (row["reason"], row["missing"]) == ("missing_indicator", "x1")
    assert row[["rsr", "rank", "frequency", "grade"]].isna().all()
    without = rank_sum_ratio(REGIONS.drop(index="A"), direction=SENSE)
    pd.testing.assert_frame_equal(refused.ratios.iloc[:-1], without.ratios)
    assert refused.ratios["group"].iloc[-1] == "A"
    counted = rank_sum_ratio(holed, direction=SENSE, missing="reweight").ratios
    row = counted.set_index("group").loc["A"]
    assert pd.isna(row["reason"])
    assert row["rsr"] == pytest.approx((2 / 10 + 6 / 10) / 2)


def test_weights_count_in_proportion_and_a_weight_of_nought_is_as_if_absent():
    weights = {"x1": 3.0, "x2": 2.0, "x3": 0.0}
    one = rank_sum_ratio(REGIONS, direction=SENSE, weights=weights)
    ten = rank_sum_ratio(
        REGIONS, direction=SENSE, weights={name: 10 * w for name, w in weights.items()}
    )
    less = rank_sum_ratio(REGIONS[["x1", "x2"]], direction=SENSE, weights={"x1": 3.0, "x2": 2.0})
    pd.testing.assert_frame_equal(one.ratios, ten.ratios)
    pd.testing.assert_frame_equal(one.ratios, less.ratios)
    equal = rank_sum_ratio(REGIONS, direction=SENSE, weights=dict.fromkeys(SENSE, 7.0))
    np.testing.assert_allclose(
        floats(equal.ratios["rsr"]),
        floats(rank_sum_ratio(REGIONS, direction=SENSE).ratios["rsr"]),
        rtol=1e-10,
    )
    holed = REGIONS.assign(x3=np.nan)
    pd.testing.assert_frame_equal(
        rank_sum_ratio(holed, direction=SENSE, weights=weights).ratios, one.ratios
    )


def test_whole_ranks_do_not_mind_a_monotone_change_and_order_does_not_matter():
    turned = REGIONS.assign(x1=np.exp(REGIONS["x1"] / 10), x2=-REGIONS["x2"])
    found = rank_sum_ratio(turned, direction=SENSE | {"x2": "higher"}).ratios
    pd.testing.assert_frame_equal(found, rank_sum_ratio(REGIONS, direction=SENSE).ratios)
    backwards = rank_sum_ratio(REGIONS[::-1], direction=SENSE).ratios
    pd.testing.assert_frame_equal(
        backwards.sort_values("group", ignore_index=True),
        rank_sum_ratio(REGIONS, direction=SENSE).ratios.sort_values("group", ignore_index=True),
    )


@pytest.mark.parametrize(
    ("values", "settings", "told"),
    [
        (REGIONS.assign(x1="a"), {}, "expected numbers"),
        (REGIONS.replace(99.54, np.inf), {}, "finite"),
        (pd.concat([REGIONS, REGIONS]), {}, "named once"),
        (REGIONS[[]], {}, "one row a group"),
        (REGIONS, {"direction": {"x1": "up"}}, "direction"),
        (REGIONS, {"weights": {"x1": 1}}, "weights"),
        (REGIONS, {"weights": {"x1": 1, "x2": 1, "x4": 1}}, "x4"),
        (REGIONS, {"weights": {"x1": -1, "x2": 1, "x3": 1}}, "0 or more"),
        (REGIONS, {"weights": dict.fromkeys(SENSE, 0)}, "not all 0"),
        (REGIONS, {"method": "int"}, "method"),
        (REGIONS, {"grades": 6}, "grades"),
        (REGIONS, {"missing": "drop"}, "missing"),
    ],
    ids=["text", "infinite", "twice", "no indicator", "direction", "a weight short", "strange weight", "negative", "noughts", "method", "grades", "missing"],
)  # fmt: skip
def test_what_cannot_be_judged_is_refused(values, settings, told):
    with pytest.raises(ValueError, match=told):
        rank_sum_ratio(values, **{"direction": SENSE, **settings})
