"""Statistics of before and after agree with R, and say why where they cannot be had."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib import actions

FILE = Path(__file__).parent / "reference" / "effects.json"
REFERENCE = json.loads(FILE.read_text(encoding="utf-8"))
SLEEP = [REFERENCE["inputs"]["sleep"][g] for g in "12"]
KIELMC = pd.DataFrame(REFERENCE["inputs"]["kielmc"]).assign(age2=lambda d: d["age"] ** 2)


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def expected(name: str):
    return REFERENCE["results"][name]["value"]


def near(value, rel=1e-10):
    return pytest.approx(value, rel=rel)


def of_counts(counts) -> tuple[np.ndarray, np.ndarray]:
    """Customers of a square table: row before, column after."""
    size = len(counts)
    many = np.ravel(counts)
    return np.repeat(np.repeat(range(size), size), many), np.repeat(list(range(size)) * size, many)


# ---- McNemar -------------------------------------------------------------------------------------

APPROVAL = of_counts([[570, 86], [150, 794]])


def test_mcnemar_agrees_with_r():
    one = actions.mcnemar(*APPROVAL).iloc[0]
    corrected, plain = expected("mcnemar/mcnemar_cc"), expected("mcnemar/mcnemar_nocc")
    assert one["statistic_corrected"] == near(corrected["statistic"]["McNemar's chi-squared"])
    assert one["p_corrected"] == near(corrected["p.value"])
    assert one["statistic"] == near(plain["statistic"]["McNemar's chi-squared"])
    assert one["p"] == near(plain["p.value"])
    assert one["p_exact"] == near(expected("mcnemar/mcnemar_exact_p"))
    assert one["p_mid"] == near(expected("mcnemar/mcnemar_midp"))
    odds, wald = expected("mcnemar/cond_OR_ci"), expected("mcnemar/paired_diff_wald")
    assert one[["odds_ratio", "odds_low", "odds_high"]].tolist() == near([*odds.values()])
    assert one[["estimate", "se", "wald_low", "wald_high"]].tolist() == near([*wald.values()])
    assert one[["n", "yes_yes", "yes_no", "no_yes", "no_no"]].tolist() == [1600, 794, 150, 86, 570]


@pytest.mark.parametrize(
    ("counts", "name"),
    [([[570, 86], [150, 794]], "tango"), ([[20, 12], [3, 5]], "tango_small")],
    ids=["large", "small"],
)
def test_the_score_interval_agrees_with_its_equation_and_with_the_likelihood(counts, name):
    one = actions.mcnemar(*of_counts(counts)).iloc[0]
    found = one[["ci_low", "ci_high"]].tolist()
    assert found == near([*expected(f"r/{name}").values()], 1e-8)
    by_likelihood = "tango_by_likelihood" if name == "tango" else "tango_small_ml"
    assert found == near([*expected(f"r/{by_likelihood}").values()], 1e-6)


def test_swapping_before_and_after_swaps_the_signs():
    one, other = (actions.mcnemar(*pair).iloc[0] for pair in (APPROVAL, APPROVAL[::-1]))
    assert one["estimate"] == -other["estimate"]
    assert one["ci_low"] == near(-other["ci_high"], 1e-9)
    assert one["odds_ratio"] == near(1 / other["odds_ratio"])


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [([], [], "empty"), ([1, None], [None, 0], "empty"), ([1, 0, 1], [1, 0, 1], "no_change")],
    ids=["nobody", "no pair", "nobody changed"],
)
def test_mcnemar_says_why_there_is_no_test(before, after, reason):
    one = actions.mcnemar(pd.Series(before, dtype="Float64"), pd.Series(after, dtype="Float64"))
    assert one["reason"].tolist() == [reason]
    assert one[["p", "p_exact", "p_mid", "odds_ratio", "se"]].isna().all(axis=None)


def test_where_nobody_changed_the_interval_is_no_point():
    one = actions.mcnemar([1] * 10 + [0] * 10, [1] * 10 + [0] * 10).iloc[0]
    assert one["ci_low"] < -0.1
    assert one["ci_high"] > 0.1


@pytest.mark.parametrize("n", [1, 2, 5])
def test_everybody_may_change_the_same_way(n):
    one = actions.mcnemar([0] * n, [1] * n).iloc[0]
    assert one["estimate"] == 1
    assert one["ci_high"] == 1
    assert pd.isna(one["odds_ratio"])


def test_other_answers_than_yes_and_no_are_refused():
    with pytest.raises(ValueError, match="true or false"):
        actions.mcnemar([1, 2], [0, 1])
    with pytest.raises(ValueError, match="one answer each"):
        actions.mcnemar([1], [0, 1])


# ---- Stuart and Maxwell --------------------------------------------------------------------------

FOUR = [[20, 3, 1, 0], [10, 30, 8, 2], [5, 12, 40, 9], [2, 4, 15, 39]]


def test_marginal_homogeneity_agrees_with_r():
    table = actions.stuart_maxwell(*of_counts(FOUR)).set_index("method")
    stuart, bhapkar = expected("r/stuart_maxwell"), expected("r/bhapkar")
    names = ["statistic", "df", "p"]
    assert table.loc["stuart_maxwell", names].tolist() == near([*stuart.values()])
    assert table.loc["bhapkar", ["statistic", "p"]].tolist() == near([*bhapkar.values()])
    assert table["reason"].isna().all()


def test_of_two_levels_it_is_mcnemar():
    stuart = actions.stuart_maxwell(*APPROVAL).iloc[0]
    assert stuart["statistic"] == near(actions.mcnemar(*APPROVAL)["statistic"].iloc[0])


def test_a_level_that_nobody_left_or_came_to_is_dropped_and_told():
    wider = [[*row, 0] for row in FOUR] + [[0, 0, 0, 0, 7]]
    one = actions.stuart_maxwell(*of_counts(wider)).iloc[0]
    assert one["dropped"] == "4"
    assert one["statistic"] == near(expected("r/stuart_maxwell")["statistic"])
    assert one["df"] == 3


@pytest.mark.parametrize(
    ("counts", "reason", "df"),
    [
        ([[0, 0], [0, 0]], "empty", None),
        ([[3, 0], [0, 4]], "no_change", None),
        ([[5, 3, 0, 0], [1, 5, 0, 0], [0, 0, 5, 4], [0, 0, 1, 5]], "separated", 2),
    ],
    ids=["nobody", "nobody changed", "two groups apart"],
)
def test_degenerate_tables_are_told(counts, reason, df):
    one = actions.stuart_maxwell(*of_counts(counts)).iloc[0]
    assert one["reason"] == reason
    assert pd.isna(one["df"]) if df is None else one["df"] == df


def test_bhapkar_has_no_number_where_everybody_moved_alike():
    table = actions.stuart_maxwell([1] * 6, [2] * 6).set_index("method")
    assert table.loc["stuart_maxwell", "statistic"] == near(6)
    assert table.loc["bhapkar", "reason"] == "no_variation"


# ---- scores --------------------------------------------------------------------------------------


def test_paired_scores_agree_with_r():
    table = actions.paired(SLEEP[1], SLEEP[0]).set_index("method")
    t = expected("paired/paired_t")
    names = ["estimate", "statistic", "df", "p", "ci_low", "ci_high"]
    wanted = [-1.58, t["statistic"]["t"], t["parameter"]["df"], t["p.value"], *t["conf.int"]]
    assert table.loc["t", names].tolist() == near(wanted)
    dz = table.loc["cohen_dz"]
    assert dz["estimate"] == near(expected("paired/cohen_dz"))
    assert dz[["ci_low", "ci_high"]].tolist() == near([*expected("r/dz_interval").values()], 1e-7)
    normal = actions.paired(SLEEP[1], SLEEP[0], exact=False).set_index("method").loc["signed_rank"]
    rank = expected("paired/wilcoxon_exactF_cc")
    assert [normal["statistic"], normal["p"]] == near([rank["statistic"]["V"], rank["p.value"]])


def test_unpaired_scores_agree_with_r():
    table = actions.unpaired(SLEEP[1], SLEEP[0], exact=False).set_index("method")
    for name in ("welch", "student"):
        t = expected(f"paired/{name}")
        found = table.loc[name, ["statistic", "df", "p", "ci_low", "ci_high"]].tolist()
        assert found == near(
            [t["statistic"]["t"], t["parameter"]["df"], t["p.value"], *t["conf.int"]]
        )
    rank = expected("paired/mannwhitney_cc")
    found = table.loc["rank_sum", ["statistic", "p"]].tolist()
    assert found == near([rank["statistic"]["W"], rank["p.value"]])
    d, g = table.loc["cohen_d"], table.loc["hedges_g"]
    assert d["estimate"] == near(expected("paired/cohen_d_pooled"))
    assert g["estimate"] == near(expected("paired/hedges_g"))
    limits = [*expected("r/d_interval").values()]
    assert d[["ci_low", "ci_high"]].tolist() == near(limits, 1e-7)
    assert g["ci_low"] == near(limits[0] * (1 - 3 / 71), 1e-7)


def test_ranks_are_exact_where_r_is_exact():
    x = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    signed = actions.paired(x, y).set_index("method").loc["signed_rank"]
    wanted = [*expected("r/signed_rank_exact").values()]
    assert signed[["statistic", "p", "estimate"]].tolist() == near(wanted)
    a = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
    b = [1.15, 0.88, 0.90, 0.74, 1.21]
    summed = actions.unpaired(a, b).set_index("method").loc["rank_sum"]
    wanted = [*expected("r/rank_sum_exact").values()]
    assert summed[["statistic", "p", "estimate"]].tolist() == near(wanted)


def test_ties_and_zeros_are_corrected_for_as_r_does():
    s1 = [3, 4, 2, 5, 3, 4, 1, 2, 3, 3, 4, 5, 2, 2]
    s2 = [4, 4, 4, 5, 4, 5, 2, 2, 2, 4, 4, 4, 3, 5]
    signed = actions.paired(s1, s2).set_index("method").loc["signed_rank", ["statistic", "p"]]
    assert signed.tolist() == near([*expected("r/signed_rank_ties").values()])
    summed = actions.unpaired(s1, s2).set_index("method").loc["rank_sum", ["statistic", "p"]]
    assert summed.tolist() == near([*expected("r/rank_sum_ties").values()])


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([], [], "empty"),
        ([1.0], [2.0], "single_answer"),
        ([1, 2], [2, 3], "no_variation"),
        ([1, 2], [1, 2], "no_change"),
        ([None, None], [1.0, 2.0], "empty"),
    ],
    ids=["none", "one", "all rose by one", "all as before", "no answer before"],
)
def test_paired_says_why_there_is_no_test(before, after, reason):
    table = actions.paired(pd.Series(before, dtype="Float64"), pd.Series(after, dtype="Float64"))
    assert table["reason"].tolist()[0] == reason
    assert len(table) == 4
    assert table["ci_low"].isna().all()


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [([], [1.0], "empty"), ([1.0], [2.0, 3.0], "single_answer"), ([3, 3], [3, 3], "no_variation")],
    ids=["none", "one", "constant"],
)
def test_unpaired_says_why_there_is_no_test(before, after, reason):
    table = actions.unpaired(pd.Series(before, dtype="Float64"), pd.Series(after))
    assert table["reason"].tolist() == [reason] * 5


# ---- difference in differences -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "covariates", "errors"),
    [
        ("did_nocontrols", (), "ols"),
        ("did_age", ("age", "age2"), "ols"),
        ("did_full", ("age", "age2", "intst", "land", "area", "rooms", "baths"), "ols"),
        ("did_HC1", (), "hc1"),
    ],
)
def test_difference_in_differences_agrees_with_r(name, covariates, errors):
    table = actions.difference_in_differences(
        KIELMC, "rprice", treated="nearinc", after="y81", covariates=covariates, errors=errors
    )
    wanted = expected(f"did/{name}")
    for column, theirs in (
        ("estimate", "Estimate"),
        ("se", "Std. Error"),
        ("statistic", "t value"),
        ("p", "Pr(>|t|)"),
    ):
        assert table[column].tolist() == near(wanted[theirs], 1e-8), column


def test_logarithms_and_cell_means_agree_with_r():
    frame = KIELMC.assign(log=np.log(KIELMC["rprice"]))
    logs = actions.difference_in_differences(frame, "log", treated="nearinc", after="y81")
    assert logs["estimate"].tolist() == near([*expected("did/log_did").values()])
    (a, b), (c, d) = expected("did/cell_means")["data"]
    plain = actions.difference_in_differences(frame, "rprice", treated="nearinc", after="y81")
    assert plain["estimate"].iloc[-1] == near((d - b) - (c - a))


def test_clustered_errors_agree_with_r():
    table = actions.difference_in_differences(
        KIELMC, "rprice", treated="nearinc", after="y81", errors="cluster", cluster="age"
    )
    assert table["se"].tolist() == near([*expected("r/did_cluster").values()])
    assert set(table["df"]) == {KIELMC["age"].nunique() - 1}


@pytest.mark.parametrize(
    ("frame", "settings", "reason"),
    [
        (KIELMC[KIELMC["y81"] == 0], {}, "empty_cell"),
        (KIELMC.assign(copy=2 * KIELMC["y81"]), {"covariates": ["copy"]}, "collinear"),
        (KIELMC.assign(rprice=1.0), {}, "no_variation"),
        (KIELMC.groupby(["y81", "nearinc"]).head(1), {}, "too_few"),
    ],
    ids=["one time only", "a copy", "constant", "one answer a cell"],
)
def test_what_cannot_be_fitted_is_told(frame, settings, reason):
    table = actions.difference_in_differences(
        frame, "rprice", treated="nearinc", after="y81", **settings
    )
    assert set(table["reason"]) == {reason}
    assert table["se"].isna().all()


def test_difference_in_differences_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="which the table has not"):
        actions.difference_in_differences(KIELMC, "price", treated="nearinc", after="y81")
    with pytest.raises(ValueError, match="expected true or false"):
        actions.difference_in_differences(KIELMC, "rprice", treated="age", after="y81")
    with pytest.raises(ValueError, match="cluster"):
        actions.difference_in_differences(
            KIELMC, "rprice", treated="nearinc", after="y81", errors="cluster"
        )


# ---- what would show, and what returns by itself -------------------------------------------------


@pytest.mark.parametrize(
    ("design", "correlation", "name"), [("paired", 0.5, "paired"), ("unpaired", 0.0, "two")]
)
def test_the_detectable_effect_agrees_with_r(design, correlation, name):
    found = actions.detectable_effect(design, n=60, sd=0.9, correlation=correlation).iloc[0]
    # R takes sd as that of the differences; two answers that correlate by 0.5 have the same.
    assert found["detectable"] == near(expected(f"r/power_{name}")["delta"], 1e-6)


def test_more_quarters_and_groups_show_smaller_effects():
    def told(**facts):
        found = actions.detectable_effect("prior", n=80, shock_sd=0.2, **facts)
        return float(found["detectable"].iloc[0])

    assert told(history=4, groups=1) > told(history=4, groups=3) > told(history=4, groups=7)
    assert told(history=2) > told(history=3) > told(history=6)


@pytest.mark.parametrize(
    ("design", "facts", "reason"),
    [
        ("prior", {"n": 50, "history": 1}, "few_quarters"),
        ("prior", {"n": 50, "history": 1, "groups": 1}, "few_quarters"),
        ("paired", {"n": 1}, "too_few"),
        ("mcnemar", {"n": 10, "moving": 0.1}, "too_few"),
    ],
)
def test_where_no_effect_would_show_it_is_said(design, facts, reason):
    one = actions.detectable_effect(design, **facts).iloc[0]
    assert one["reason"] == reason
    assert pd.isna(one["detectable"])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"n": 0}, "n: expected 1"),
        ({"n": 9, "sd": 0}, "sd"),
        ({"n": 9, "correlation": 2}, "correlation"),
        ({"n": 9, "overlap": 2}, "overlap"),
        ({"n": 9, "history": -1}, "history"),
        ({"n": 9, "power": 80}, "power"),
    ],
)
def test_numbers_out_of_their_range_are_refused(facts, words):
    with pytest.raises(ValueError, match=words):
        actions.detectable_effect("unpaired", **facts)


def test_a_low_group_returns_by_one_less_the_correlation():
    rng = np.random.default_rng(5)
    lasting = rng.standard_normal(40_000)
    first, second, third = (lasting + rng.standard_normal(40_000) for _ in range(3))
    low = first[first < -1]
    table = actions.return_to_mean(first, second, low).set_index("method")
    assert table.loc["linear", "correlation"] == pytest.approx(0.5, abs=0.02)
    assert table.loc["linear", "estimate"] == pytest.approx(
        (third - first)[first < -1].mean(), abs=0.04
    )
    wanted = 0.5 * (0 - low.mean())
    assert table.loc["linear", "estimate"] == pytest.approx(wanted, abs=0.04)


def test_the_error_of_the_expected_return_is_that_of_many_samples():
    rng = np.random.default_rng(6)
    found = []
    for _ in range(150):
        lasting = rng.standard_normal(150)
        first, second = (np.rint(lasting + rng.standard_normal(150)) for _ in range(2))
        found.append(actions.return_to_mean(first, second, [-2.0] * 20))
    table = pd.concat(found)
    for _, rows in table.groupby("method"):
        spread = rows["estimate"].std()
        assert np.sqrt((rows["se"] ** 2).mean()) == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize(
    ("first", "second", "low", "reasons"),
    [
        ([], [], [2.0], ["empty", "empty"]),
        ([1.0, 2.0], [2.0, 2.0], [2.0], ["too_few", "too_few"]),
        ([3.0] * 5, [3.0, 4, 3, 4, 5], [3.0], ["no_variation", None]),
        ([1.0, 2, 3, 4], [1.0, 2, 3, 4], [1.0], ["no_variation", "too_few"]),
        ([1.0, 2, 3, 4], [2.0, 2, 3, 5], [], ["empty", "empty"]),
    ],
    ids=["no pairs", "two pairs", "constant", "nobody changed", "nobody chosen"],
)
def test_return_to_mean_says_why_there_is_no_number(first, second, low, reasons):
    table = actions.return_to_mean(first, second, np.array(low, dtype=float))
    assert [None if pd.isna(r) else r for r in table["reason"]] == reasons
