"""A useless measure after a low score is not called effective, and a useful one is measured."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from calibration import measures
from calibration.cells import run

from csatlib import actions, estimates, schema
from csatlib.estimates import Design


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def study(seed: int = 3, **settings) -> dict:
    """One study of a region, taken apart into the arguments."""
    table = measures.lowest_region(60, **settings)(np.random.default_rng(seed))
    return measures.frames(table.assign(replicate=0))


def called(seed: int = 3, **settings) -> dict:
    table = measures.reasked(**settings)(np.random.default_rng(seed))
    return measures.frames(table.assign(replicate=0))


def row(table: pd.DataFrame, method: str) -> pd.Series:
    return table[(table["method"] == method) & table["level"].isna()].iloc[0]


NUMBERS = ["estimate", "se", "df", "ci_low", "ci_high"]


# ---- agreement -----------------------------------------------------------------------------------


def test_the_table_fits_its_contract_and_has_every_method():
    table = actions.effect(**study(), item="score", by=["group"], cutoff=4, goal=0.3)
    schema.check(table, "effects")
    assert list(dict.fromkeys(table["method"])) == [
        "plain",
        "paired",
        "signed_rank",
        "rank_sum",
        "mcnemar",
        "stuart_maxwell",
        "did",
        "matched",
        "prior",
        "return_to_mean",
        "adjusted",
    ]


def test_no_number_is_missing_without_a_reason():
    for given in (study(), called(), study(controls=False), called(controls=False)):
        table = actions.effect(**given, item="score", by=["group"])
        assert (table["estimate"].notna() | table["reason"].notna()).all()
        assert (table["ci_low"].notna() | table["reason"].notna()).all()


@pytest.mark.parametrize("overlap", [0, 0.4, 1], ids=["strangers", "some", "a panel"])
def test_the_plain_change_is_that_of_the_estimates(overlap):
    given = study(overlap=overlap)
    one = row(actions.effect(given["before"], given["after"], item="score"), "plain")
    table = estimates.change(given["after"], given["before"].assign(quarter=0), "score",
                             id="customer_id").iloc[0]  # fmt: skip
    assert one["estimate"] == pytest.approx(table["estimate"], abs=1e-12)
    rel = 0.03 if overlap == 0.4 else 1e-10
    assert one["se"] == pytest.approx(table["se"], rel=rel)


def test_paired_is_the_paired_t_test():
    given = called()
    one = row(actions.effect(given["before"], given["after"], item="score"), "paired")
    both = given["before"].merge(given["after"], on="customer_id", suffixes=("_before", "_after"))
    other = actions.paired(both["score_before"], both["score_after"]).iloc[0]
    assert one[NUMBERS].tolist() == pytest.approx(other[NUMBERS].tolist(), rel=1e-10)


def test_did_of_strangers_is_the_regression():
    given = study(overlap=0)
    one = row(actions.effect(**given, item="score"), "did")
    control = given["control"][given["control"]["wave"] != "history"]
    stack = pd.concat(
        [
            given["before"].assign(reached=0 + 1, later=0),
            given["after"].assign(reached=1, later=1),
            control.assign(reached=0, later=(control["wave"] == "after").astype(int)),
        ]
    )
    fit = actions.difference_in_differences(
        stack, "score", treated="reached", after="later", errors="hc1"
    ).iloc[-1]
    assert one["estimate"] == pytest.approx(fit["estimate"], abs=1e-12)
    assert one["se"] == pytest.approx(fit["se"], rel=0.02)


def test_prior_of_groups_is_the_two_way_regression_of_their_means():
    means = {"A": [3.2, 3.4, 3.3, 3.5], "B": [3.8, 3.9, 3.7, 4.0], "C": [4.1, 4.2, 4.0, 4.1]}
    rows = [
        {"group": g, "quarter": at, "score": m + d, "customer_id": f"{g}{at}{d}"}
        for g, levels in means.items()
        for at, m in enumerate(levels)
        for d in (-0.5, 0.5)
    ]
    table = pd.DataFrame(rows).assign(wave=lambda d: np.where(d["quarter"] < 3, "history", "after"))
    mine, others = table[table["group"] == "A"], table[table["group"] != "A"]
    late = mine["wave"] == "after"
    found = actions.effect(mine[late].head(0), mine[late], history=mine[~late], control=others,
                           item="score", by=["group"])  # fmt: skip
    one = row(found, "prior")
    # summary(lm(score ~ quarter + group + I(group == 'A' & quarter == 'q4')))
    wanted = [0.0999999999999985, 0.106458129484474, 5]
    assert one[["estimate", "se", "df"]].tolist() == pytest.approx(wanted, rel=1e-9)
    assert one["p"] == pytest.approx(0.390684016549631, rel=1e-9)


def test_a_noisier_quarter_after_widens_the_interval_of_the_prior():
    means, spreads = [3.2, 3.4, 3.3, 3.6], [0.5, 0.5, 0.5, 2.0]
    rows = [
        {"quarter": at, "score": level + side * spread, "customer_id": f"{at}{side}"}
        for at, (level, spread) in enumerate(zip(means, spreads, strict=True))
        for side in (-1, 1)
    ]
    table = pd.DataFrame(rows)
    late = table["quarter"] == 3
    found = actions.effect(table.head(0), table[late], history=table[~late], item="score")
    one = row(found, "prior")
    assert one[["estimate", "df"]].tolist() == pytest.approx([0.3, 2])
    # Quarters vary by 0.01 and the prediction by 1 + 1/3 of it; a quarter's mean has an error, as
    # a domain of all 8 answers, of 8/7 · 0.5/2² and the last one's of 8/7 · 8/2²: what the
    # residuals lack of the error of the prediction, e₄ + e/3 − e · (1 + 1/3), is e₄ − e.
    missing = 8 / 7 * (8 - 0.5) / 4
    assert one["se"] == pytest.approx(np.sqrt(0.01 * 4 / 3 + missing))


def test_matched_is_the_mean_over_cells():
    before = pd.DataFrame({"customer_id": range(4), "score": [1, 1, 2, 2]})
    after = before.assign(score=[3, 2, 4, 5])
    others = pd.DataFrame({"customer_id": range(10, 17), "score": [1, 1, 2, 2, 2, 5, 5]})
    later = others.assign(score=[2, 3, 3, 2, 4, 5, 4], wave="after")
    control = pd.concat([others.assign(wave="before"), later])
    one = row(actions.effect(before, after, item="score", control=control), "matched")
    assert one["estimate"] == pytest.approx((2.5 - 2.5) / 2 + (4.5 - 3) / 2)
    assert one[["n_after", "n_control"]].tolist() == [4, 5]
    # Of the four reached (0.25² + 1.25² + 0.25² + 1.25²)/4² · 4/3; of the five others, at half the
    # weight a cell, (0.5²·2/2² · 2 + 1²·2/3² · 3/2)/2² · 5/4.
    assert one["se"] == pytest.approx(np.sqrt(0.203125 * 4 / 3 + (0.0625 + 1 / 12) * 5 / 4))


# ---- what is judged by ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "settings", "reason", "has"),
    [
        (called(), {}, "matched", True),
        (called(controls=False, quarters=3), {}, "prior", True),
        (called(controls=False, quarters=1), {}, "few_quarters", False),
        (called(controls=False), {"chosen": "customers"}, "no_comparison", False),
        (study(), {"by": ["group"]}, "prior", True),
        (study(), {}, "few_quarters", False),
        (study(quarters=3), {}, "prior", True),
        (study(quarters=0), {"by": ["group"]}, "no_comparison", False),
        (study(quarters=1, controls=False), {}, "few_quarters", False),
        (study(quarters=2, controls=False), {}, "prior", True),
        (study(quarters=0, controls=False), {}, "no_comparison", False),
        (study(quarters=0), {"chosen": "lot"}, "did", True),
    ],
    ids=[
        "customers and others", "customers and history", "customers and one quarter",
        "customers alone", "region among regions", "region against one block, one quarter",
        "region against one block", "region without history", "region, one quarter",
        "region, two quarters", "region alone", "by lot",
    ],
)  # fmt: skip
def test_the_adjusted_row_names_its_method_or_what_is_missing(given, settings, reason, has):
    table = actions.effect(**given, item="score", **settings)
    one = row(table, "adjusted")
    assert one["reason"] == reason
    assert pd.notna(one["ci_low"]) == has
    assert pd.notna(one["estimate"]) == has
    if has:
        same = ["estimate", "se", "df", "ci_low", "ci_high", "p", "detectable"]
        assert one[same].tolist() == row(table, reason)[same].tolist()


@pytest.mark.parametrize(
    ("times", "reason"),
    [(1, "no_comparison"), (4, "matched")],
    ids=["0.6 to the power of 3", "0.6 to the power of 12"],
)
def test_customers_were_chosen_where_chance_does_not_explain_what_they_lack(times, reason):
    low = [1, 2, 3] * times
    before = tiny(low)
    after = tiny([score + 1 + at % 2 for at, score in enumerate(low)])
    others = tiny([1, 2, 3, 4, 5] * 3, range(100, 115))
    later = tiny([2, 1, 4, 4, 5, 3, 3, 3, 5, 4, 1, 2, 2, 4, 4], range(100, 115))
    control = pd.concat([others.assign(wave="before"), later.assign(wave="after")])
    found = actions.effect(before, after, item="score", control=control)
    assert row(found, "adjusted")["reason"] == reason


def test_a_plain_improvement_after_a_bad_quarter_is_no_evidence():
    given = called()
    table = actions.effect(given["before"], given["after"], item="score")
    assert row(table, "plain")["ci_low"] > 0
    assert row(table, "adjusted")[["estimate", "ci_low"]].isna().all()


@pytest.mark.parametrize("quarters", [0, 2], ids=["from others", "from history"])
def test_a_rise_is_expected_of_whoever_was_chosen_for_a_low_score(quarters):
    # Quarters move as well, so one study may say anything: the mean of some says what is expected.
    rows = [
        row(actions.effect(**called(seed, quarters=quarters), item="score",
                           methods=["return_to_mean"]), "return_to_mean")
        for seed in range(12)
    ]  # fmt: skip
    assert 0.7 < np.mean([one["estimate"] for one in rows]) < 1.3
    assert all(one["after"] - one["before"] == pytest.approx(one["estimate"]) for one in rows)


# ---- weights -------------------------------------------------------------------------------------


def test_scaling_weights_changes_nothing_and_equal_ones_are_none():
    given = study(weighted=True)
    settings = {"item": "score", "by": ["group"], "design": Design(weight="weight")}
    scaled = {k: v if v is None else v.assign(weight=v["weight"] * 70) for k, v in given.items()}
    one, other = (actions.effect(**g, **settings)[NUMBERS] for g in (given, scaled))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    equal = {k: v if v is None else v.assign(weight=2.0) for k, v in given.items()}
    without = {"item": "score", "by": ["group"]}
    one, other = actions.effect(**equal, **settings), actions.effect(**given, **without)
    pd.testing.assert_frame_equal(one[NUMBERS], other[NUMBERS], rtol=1e-10)


def test_a_row_of_weight_zero_is_as_if_absent():
    given = study(weighted=True)
    settings = {"item": "score", "by": ["group"], "design": Design(weight="weight")}
    more = given | {"after": pd.concat([given["after"], given["after"].head(5).assign(
        customer_id=[f"z{i}" for i in range(5)], weight=0.0, score=1.0)])}  # fmt: skip
    one, other = (actions.effect(**g, **settings) for g in (given, more))
    pd.testing.assert_frame_equal(one, other)


def test_clusters_of_the_design_count():
    given = study(overlap=0)
    given = {
        k: v if v is None else v.assign(branch=v["customer_id"] % 6 + 10 * v["group"])
        for k, v in given.items()
    }
    plain, clustered = (
        row(actions.effect(**given, item="score", design=d), "plain")
        for d in (None, Design(cluster="branch"))
    )
    assert clustered["estimate"] == pytest.approx(plain["estimate"])
    assert clustered["df"] < plain["df"]


# ---- boundaries ----------------------------------------------------------------------------------

EMPTY = pd.DataFrame({"customer_id": pd.Series(dtype="Int64"), "score": pd.Series(dtype="Float64")})


def tiny(scores, ids=None) -> pd.DataFrame:
    ids = range(len(scores)) if ids is None else ids
    return pd.DataFrame({"customer_id": pd.array(list(ids), dtype="Int64"),
                         "score": pd.array(scores, dtype="Float64")})  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (EMPTY, EMPTY, "empty"),
        (tiny([3, 4]), EMPTY, "empty"),
        (tiny([3]), tiny([4]), "single_answer"),
        (tiny([3, 3]), tiny([3, 3]), "no_variation"),
        (tiny([None, None]), tiny([3, 4]), "empty"),
        (tiny([3, 3, 3]), tiny([3, 3, 3], [7, 8, 9]), "no_variation"),
    ],
    ids=["nobody", "nobody after", "one", "two as before", "no answers", "constant"],
)
def test_what_is_too_little_is_told(before, after, reason):
    control = pd.concat([before.assign(wave="before"), after.assign(wave="after")])
    control["customer_id"] += 100
    table = actions.effect(before, after, item="score", control=control, history=before, cutoff=4)
    schema.check(table, "effects")
    assert row(table, "plain")["reason"] == reason
    by_t = table["method"].isin(["plain", "paired", "prior", "adjusted"])
    assert table[by_t]["ci_low"].isna().all()
    assert (table["estimate"].notna() | table["reason"].notna()).all()


def test_two_customers_have_a_number():
    one = row(actions.effect(tiny([2, 3]), tiny([4, 4]), item="score"), "paired")
    assert one["df"] == 1
    assert one["estimate"] == 1.5


def test_a_customer_without_a_key_is_nobody_elses_pair():
    before, after = tiny([2, 3, 4], [1, None, None]), tiny([4, 4, 5], [1, None, None])
    assert row(actions.effect(before, after, item="score"), "paired")["n_after"] == 1


def test_answers_given_twice_count_once_and_are_told():
    before, after = tiny([2, 4, 3, 2], [1, 1, 2, 3]), tiny([4, 5, 4], [1, 2, 3])
    one = row(actions.effect(before, after, item="score"), "paired")
    assert one["reason"] == "duplicates_averaged"
    assert one[["n_before", "before"]].tolist() == [3, pytest.approx(8 / 3)]


def test_whoever_was_reached_is_no_comparison():
    given = called()
    extra = given["after"].assign(wave="after", score=1)
    more = given | {"control": pd.concat([given["control"], extra])}
    one, other = (actions.effect(**g, item="score") for g in (given, more))
    pd.testing.assert_frame_equal(one, other)


def test_customers_without_anybody_like_them_are_dropped_and_told():
    before, after = tiny([1, 1, 2, 2, 3]), tiny([2, 3, 2, 3, 4])
    others, later = tiny([1, 1, 2, 2, 5], range(10, 15)), tiny([1, 2, 2, 3, 4], range(10, 15))
    control = pd.concat([others.assign(wave="before"), later.assign(wave="after")])
    one = row(actions.effect(before, after, item="score", control=control), "matched")
    assert one[["n_after", "reason"]].tolist() == [4, "unmatched_dropped"]
    few = control[~control["customer_id"].isin([10, 12])]
    one = row(actions.effect(before, after, item="score", control=few), "matched")
    assert one["reason"] == "no_matches"


def test_shares_and_nps_have_their_own_units():
    given = study()
    share = actions.effect(**given, item="score", metric="share", cutoff=4, by=["group"])
    flags = {k: v.assign(score=v["score"] >= 4) for k, v in given.items()}
    other = actions.effect(**flags, item="score", metric="share", by=["group"])
    assert row(share, "adjusted")[NUMBERS].tolist() == row(other, "adjusted")[NUMBERS].tolist()
    tens = {k: v.assign(score=2 * v["score"]) for k, v in given.items()}
    nps = row(actions.effect(**tens, item="score", metric="nps"), "plain")
    assert nps["before"] == pytest.approx(
        100 * ((tens["before"]["score"] >= 9).mean() - (tens["before"]["score"] <= 6).mean())
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"item": "speed"}, "speed"),
        ({"key": "phone"}, "key"),
        ({"metric": "median"}, "metric"),
        ({"chosen": "luck"}, "chosen"),
        ({"methods": ["guess"]}, "methods"),
        ({"conf": 95}, "conf"),
        ({"metric": "share"}, "true or false"),
        ({"control": tiny([1])}, "wave"),
        ({"control": tiny([1]).assign(wave="later")}, "history, before or after"),
        ({"design": Design(weight="score"), "before": tiny([1, None])}, "weight"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else "",
)
def test_wrong_arguments_are_told(change, words):
    given = {"before": tiny([1, 2]), "after": tiny([2, 3]), "item": "score"} | change
    with pytest.raises(ValueError, match=words):
        actions.effect(**given)


# ---- verdicts ------------------------------------------------------------------------------------

DONE = pd.Timestamp("2026-07-15")


def judged(action=None, adjusted=None, plain=(0.5, 0.3, 0.7), **settings) -> pd.Series:
    """Judge one measure whose adjusted effect is (estimate, low, high), or a reason."""
    record = {"action_id": "A1", "item": "score", "metric": "mean", "baseline": 3.0, "target": 3.4,
              "due": DONE, "done_on": DONE, "status": "done", "proof": "a.pdf"}  # fmt: skip
    base = {"action_id": "A1", "item": "score", "metric": "mean", "n_after": 80, "p": 0.01}
    base |= {"se": 0.1, "df": 50.0}
    if isinstance(adjusted, str):
        numbers = (None, None, None, adjusted)
    else:
        numbers = (*(adjusted or (0.4, 0.2, 0.6)), "matched")
    names = ("estimate", "ci_low", "ci_high", "reason")
    effects = pd.DataFrame(
        [
            base | {"method": "plain"} | dict(zip(names, (*plain, None), strict=True)),
            base | {"method": "adjusted"} | dict(zip(names, numbers, strict=True)),
        ]
    )
    settings = {"today": "2026-12-01"} | settings
    effects = settings.pop("effects", effects)
    table = actions.verdicts(pd.DataFrame([record | (action or {})]), effects, **settings)
    schema.check(table, "action_verdicts")
    return table.iloc[0]


LATE = {"done_on": pd.NaT, "status": "under_way"}
FALL = {"baseline": 3.4, "target": 3.0}


@pytest.mark.parametrize(
    ("case", "verdict", "why", "step"),
    [
        ({}, "effective", "goal_reached", "roll_out"),
        ({"adjusted": (0.25, 0.1, 0.4)}, "effective", "improved", "roll_out"),
        ({"adjusted": (0.15, 0.05, 0.25)}, "short", "below_goal", "iterate"),
        ({"adjusted": (0.05, 0.01, 0.09), "action": {"target": 3.05}}, "effective", "goal_reached",
         "roll_out"),
        ({"adjusted": (0.1, -0.1, 0.3)}, "short", "no_change", "iterate"),
        ({"adjusted": (-0.3, -0.5, -0.1)}, "short", "worse", "iterate"),
        ({"adjusted": (-0.4, -0.6, -0.2), "action": FALL}, "effective", "goal_reached", "roll_out"),
        ({"adjusted": (0.4, 0.2, 0.6), "action": FALL}, "short", "worse", "iterate"),
        ({"action": LATE}, "short", "not_carried_out", "carry_out"),
        ({"action": LATE | {"due": pd.Timestamp("2027-01-31")}}, "insufficient", "too_early", "wait"),
        ({"action": {"done_on": pd.Timestamp("2026-12-20"), "due": pd.NaT}}, "insufficient",
         "too_early", "wait"),
        ({"action": {"proof": None}}, "short", "not_carried_out", "carry_out"),
        ({"action": {"status": "cancelled"}}, "short", "not_carried_out", "carry_out"),
        ({"problems": pd.DataFrame({"action_id": ["A1"]})}, "short", "new_problem", "iterate"),
        ({"problems": pd.DataFrame({"action_id": ["A1"]}), "fewest": 81}, "short", "new_problem",
         "iterate"),
        ({"adjusted": "no_comparison"}, "insufficient", "no_comparison", "add_comparison"),
        ({"adjusted": "no_comparison", "plain": (0.0, -0.1, 0.1)}, "short", "no_change", "iterate"),
        ({"adjusted": "few_quarters", "plain": (-0.2, -0.3, -0.1)}, "short", "worse", "iterate"),
        ({"adjusted": "no_comparison", "plain": (0.1, -0.1, 0.3)}, "insufficient", "no_comparison",
         "add_comparison"),
        ({"adjusted": (0.0, -0.1, 0.1), "fewest": 81}, "insufficient", "too_few", "collect_more"),
        ({"adjusted": "few_quarters"}, "insufficient", "few_quarters", "wait"),
        ({"adjusted": "single_answer"}, "insufficient", "too_few", "collect_more"),
        ({"adjusted": "empty"}, "insufficient", "too_early", "wait"),
        ({"adjusted": (0.2, -0.2, 0.6)}, "insufficient", "return_to_mean", "collect_more"),
        ({"adjusted": (0.2, -0.2, 0.6), "plain": (0.2, -0.1, 0.5)}, "insufficient", "too_few",
         "collect_more"),
        ({"action": {"metric": "nps"}}, "insufficient", "no_comparison", "add_comparison"),
    ],
    ids=lambda v: "" if isinstance(v, dict) else v,
)  # fmt: skip
def test_each_rule_of_a_verdict(case, verdict, why, step):
    found = judged(**case)
    assert found[["verdict", "why", "next_step"]].tolist() == [verdict, why, step]


@pytest.mark.parametrize(("detectable", "why"), [(0.35, "no_change"), (0.45, "return_to_mean")])
def test_what_could_not_have_shown_the_goal_does_not_deny_it(detectable, why):
    base = {"action_id": "A1", "item": "score", "metric": "mean", "n_after": 80, "df": 50.0}
    adjusted = {"estimate": 0.1, "ci_low": -0.1, "ci_high": 0.3, "detectable": detectable}
    plain = {"estimate": 0.5, "ci_low": 0.3, "ci_high": 0.7}
    effects = pd.DataFrame(
        [base | {"method": "plain"} | plain, base | {"method": "adjusted"} | adjusted]
    )
    assert judged(effects=effects.assign(reason="matched", se=0.1, p=0.1))["why"] == why


def test_without_a_goal_the_smallest_change_counts():
    nothing = {"baseline": None, "target": None}
    assert judged(action=nothing, adjusted=(0.12, 0.02, 0.22))["why"] == "goal_reached"
    assert judged(action=nothing, adjusted=(0.04, 0.02, 0.09))["why"] == "below_goal"
    assert judged(action=nothing, adjusted=(0.01, -0.02, 0.09))["why"] == "no_change"


def test_a_measure_that_names_no_item_pays_for_its_choice():
    base = {"action_id": "A1", "metric": "mean", "method": "adjusted", "reason": "matched",
            "n_after": 80, "se": 0.1, "df": 200.0}  # fmt: skip
    rows = [
        base | {"item": name, "estimate": e, "ci_low": e - 0.1972, "ci_high": e + 0.1972, "p": p}
        for name, e, p in (("a", 0.21, 0.037), ("b", 0.0, 1.0), ("c", 0.05, 0.6))
    ]
    found = judged(action={"item": None}, effects=pd.DataFrame(rows))
    assert found["item"] == "a"
    assert found["ci_low"] < 0
    named = judged(action={"item": "a"}, effects=pd.DataFrame(rows))
    assert named["ci_low"] == pytest.approx(0.21 - 0.1972)


def test_verdicts_refuse_tables_that_are_not_theirs():
    with pytest.raises(ValueError, match=r"verdicts: effects: expected the columns .* missing"):
        judged(effects=pd.DataFrame({"action_id": []}))
    with pytest.raises(ValueError, match="smallest"):
        judged(smallest=0)


# ---- promises ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["others not called", "regions told apart", "7 items of the line, 4"],
)
def test_useless_measures_are_seldom_called_effective(words):
    (cell,) = [c for c in measures.CELLS if words in c.key and "useless" in c.key]
    assert run(cell, 100).percent <= 8


@pytest.mark.parametrize("words", ["score of 3 or less", "lowest of 8 regions"])
def test_the_plain_change_is_caught(words):
    (cell,) = [c for c in measures.CELLS if words in c.key and c.control]
    assert run(cell, 100).verdict == "caught"
