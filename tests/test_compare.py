"""Comparisons: values from R, promises that hold for any data, and every way to be refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from csatlib import estimates, schema
from csatlib.estimates import Design
from csatlib.estimates.adjusting import adjust_p
from csatlib.estimates.max_t import adjusted_by_draws, critical_of_draws, max_t
from csatlib.estimates.studentized import range_quantile, range_tail

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "compare.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
INPUTS = {name: pd.DataFrame(entry["value"]) for name, entry in REFERENCE["inputs"].items()}
PLANT = INPUTS["plant"]
SLEEP = pd.DataFrame(
    {
        "hours": [
            *(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
            *(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
        ],
        "drug": ["1"] * 10 + ["2"] * 10,
    }
)
BY_GROUP = {"by": ["group"], "min_base": 5}
BY_DRUG = {"by": ["drug"], "min_base": 5, "against": "pairwise"}
TESTED = ["statistic", "df", "p"]


def designs() -> dict[str, tuple[pd.DataFrame, Design]]:
    clusters = INPUTS["apiclus1"]
    missing = clusters.assign(
        api00=clusters["api00"].where(np.arange(183) % 7 != 0),
        **{"sch.wide": clusters["sch.wide"].where(np.arange(183) % 11 != 1)},
    )
    units = clusters["dnum"].unique()
    factor = len(units) / (len(units) - 1)
    left_out = {
        f"without_{unit}": clusters["pw"].where(clusters["dnum"] != unit, 0) * factor
        for unit in units
    }
    return {
        "strat": (INPUTS["apistrat"], Design("pw", stratum="stype", population="fpc")),
        "clus": (clusters, Design("pw", cluster="dnum", population="fpc")),
        "missing": (missing, Design("pw", cluster="dnum")),
        "jackknife": (
            clusters.assign(**left_out),
            Design("pw", replicates=list(left_out), replicate_method="jackknife"),
        ),
        "raked": (clusters, Design("rakew", cluster="dnum", margins=["stype", "sch.wide"])),
    }


DESIGNS = designs()
every_design = pytest.mark.parametrize("name", DESIGNS)


def compared(df: pd.DataFrame, item: str = "overall", **settings) -> pd.DataFrame:
    settings = {"by": ["branch"], "n_permutations": 199} | settings
    return schema.check(estimates.compare(df, item, **settings), "comparisons")


def first_row(table: pd.DataFrame) -> pd.Series:
    return schema.check(table, "comparisons").iloc[0]


def branches(sizes: dict[str, int], seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    names = np.repeat(list(sizes), list(sizes.values()))
    return pd.DataFrame(
        {
            "branch": names,
            "overall": random.choice([1, 2, 3, 4, 5], len(names), p=[0.05, 0.05, 0.1, 0.3, 0.5]),
            "weight": random.uniform(0.5, 3, len(names)),
            "unit": np.arange(len(names)) // 4,
        }
    )


THREE = branches({"华东": 40, "华北": 45, "西南": 50})


# Values from other software ------------------------------------------------------------------


@pytest.mark.parametrize("method", ["holm", "hochberg", "bonferroni", "BH", "BY", "none"])
def test_adjustments_are_r_p_adjust(method):
    p = np.array(RESULTS["p.adjust/none"]["p"])
    shuffled = np.random.default_rng(1).permutation(len(p))
    expected = np.array(RESULTS[f"p.adjust/{method}"]["p"])
    assert adjust_p(p[shuffled], method) == pytest.approx(expected[shuffled], rel=1e-12)


def test_adjusting_leaves_tests_that_were_not_made_out_of_the_family():
    adjusted = adjust_p(np.array([0.01, np.nan, 0.04]), "bonferroni")
    assert adjusted == pytest.approx([0.02, np.nan, 0.08], nan_ok=True)
    assert len(adjust_p(np.array([]), "BH")) == 0


@pytest.mark.parametrize(
    ("method", "key"), [("anova", "anova"), ("welch", "welch"), ("rank", "kruskal")]
)
def test_overall_tests_are_r_aov_oneway_and_kruskal(method, key):
    row = first_row(estimates.compare(PLANT, "weight", method=method, **BY_GROUP))
    expected = RESULTS[f"plant/{key}"]
    expected["df"] = np.atleast_1d(expected["df"])[-1]
    assert [row[c] for c in TESTED] == pytest.approx([expected[c] for c in TESTED], rel=1e-10)
    assert (row["n"], row["contrast"], row["p_adjusted"]) == (30, "overall", row["p"])
    assert row["metric"] == ("mean_rank" if method == "rank" else "mean")
    assert pd.isna(row["estimate"])
    assert pd.isna(row["group"])
    assert row["group_by"] == "group"


@pytest.mark.parametrize("method", ["welch", "student"])
def test_pairs_are_r_t_test(method):
    row = first_row(estimates.compare(SLEEP, "hours", method=method, **BY_DRUG))
    expected = RESULTS[f"sleep/{method}"]
    assert [row[c] for c in TESTED] == pytest.approx([expected[c] for c in TESTED], rel=1e-10)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(expected["ci"], rel=1e-10)
    assert row["estimate"] == pytest.approx(-1.58)
    assert row["se"] == pytest.approx(-1.58 / expected["statistic"], rel=1e-10)
    assert (row["contrast"], row["group"], row["n"], row["n_eff"]) == ("1 − 2", "1", 20, 20)


def test_ranks_of_pairs_are_r_wilcox_test():
    row = first_row(estimates.compare(SLEEP, "hours", method="rank", **BY_DRUG))
    expected = RESULTS["sleep/mannwhitney"]
    assert [row["statistic"], row["p"]] == pytest.approx([expected["statistic"], expected["p"]])
    assert row["estimate"] == pytest.approx(25.5 / 100 - 0.5)
    assert row["metric"] == "mean_rank"
    assert row[["se", "ci_low", "ci_high", "df"]].isna().all()


def test_tukey_is_r_tukey_hsd():
    table = estimates.compare(PLANT, "weight", against="pairwise", method="tukey", **BY_GROUP)
    expected = RESULTS["plant/tukey"]
    assert list(table["contrast"]) == ["ctrl − trt1", "ctrl − trt2", "trt1 − trt2"]
    # R takes the earlier group from the later one.
    for column, key, sign in [
        ("estimate", "estimate", -1),
        ("ci_low", "high", -1),
        ("ci_high", "low", -1),
        ("p_adjusted", "p_adjusted", 1),
    ]:
        given = table[column].to_numpy(dtype=float)
        assert given == pytest.approx(sign * np.array(expected[key]), rel=1e-9), column
    assert (table["df"] == 27).all()
    assert (table["p"] < table["p_adjusted"]).all()


def test_pairs_are_adjusted_as_r_pairwise_t_test():
    table = estimates.compare(PLANT, "weight", against="pairwise", **BY_GROUP)
    expected = RESULTS["plant/pairwise_holm"]["p"]
    assert table["p_adjusted"].to_numpy(dtype=float) == pytest.approx(expected, rel=1e-10)


@every_design
def test_overall_under_a_design_is_r_reg_term_test(name):
    df, design = DESIGNS[name]
    row = first_row(estimates.compare(df, "api00", by=["stype"], design=design, min_base=1))
    expected = RESULTS[f"{name}/wald"]
    assert [row[c] for c in TESTED] == pytest.approx([expected[c] for c in TESTED], rel=1e-9)


@every_design
@pytest.mark.parametrize("against", ["pairwise", "H", "rest"])
def test_contrasts_under_a_design_are_r_svyttest(name, against):
    df, design = DESIGNS[name]
    table = estimates.compare(
        df, "api00", by=["stype"], design=design, against=against, min_base=1, adjust="none"
    )
    row = first_row(table)
    assert row["contrast"] == ("E − 其他" if against == "rest" else "E − H")
    expected = RESULTS[f"{name}/{'rest_E' if against == 'rest' else 'pair_E_H'}"]
    assert [row[c] for c in TESTED] == pytest.approx([expected[c] for c in TESTED], rel=1e-9)
    assert row["estimate"] == pytest.approx(expected["estimate"], rel=1e-10)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(expected["ci"], rel=1e-9)


def test_two_groups_of_a_design_are_r_svyttest_and_their_contrast_svycontrast():
    df, design = DESIGNS["strat"]
    row = first_row(estimates.compare(df, "api00", by=["comp.imp"], design=design))
    expected = RESULTS["strat/ttest_compimp"]
    assert row["statistic"] == pytest.approx(expected["statistic"] ** 2, rel=1e-10)
    assert [row["df"], row["p"]] == pytest.approx([expected["df"], expected["p"]], rel=1e-9)
    row = first_row(
        estimates.compare(df, "api00", by=["stype"], design=design, against="E", min_base=1)
    )
    expected = RESULTS["strat/contrast_H_minus_E"]
    assert row["contrast"] == "H − E"
    assert [row["estimate"], row["se"]] == pytest.approx(list(expected.values()), rel=1e-10)


@pytest.mark.parametrize(("by", "key"), [("stype", "rank3"), ("comp.imp", "rank2")])
def test_ranks_under_a_design_are_r_svyranktest_where_ties_weigh_the_same(by, key):
    df, design = DESIGNS["clus"]
    row = first_row(
        estimates.compare(df, "api00", by=[by], design=design, method="rank", min_base=1)
    )
    expected = RESULTS[f"clus/{key}"]
    assert [row[c] for c in TESTED] == pytest.approx([expected[c] for c in TESTED], rel=1e-9)


@pytest.mark.parametrize(("groups", "df"), [(2, 1), (2, 30), (3, 27), (20, 580), (8, 4)])
def test_the_studentized_range_is_that_of_scipy(groups, df):
    q = np.array([1.0, 3.5, 5.0])
    if groups == 2:
        expected = 2 * stats.t(df).sf(q / np.sqrt(2))
    else:
        expected = stats.studentized_range.sf(q, groups, df)
    assert range_tail(q, groups, df) == pytest.approx(expected, abs=1e-9)
    assert range_tail(np.array([range_quantile(0.95, groups, df)]), groups, df)[0] == (
        pytest.approx(0.05, abs=1e-9)
    )


# The largest of several ---------------------------------------------------------------------


def test_one_contrast_alone_is_its_own_t():
    t, df = np.array([2.2]), np.array([17.0])
    p, critical = max_t(t, np.eye(1), df, conf=0.95, step_down=False, seed=0)
    assert p[0] == pytest.approx(2 * stats.t(17).sf(2.2), abs=0.002)
    assert critical[0] == pytest.approx(stats.t(17).ppf(0.975), abs=0.02)


def test_independent_contrasts_are_sidak():
    t, df = np.full(6, 2.8), np.full(6, 1e6)
    p, critical = max_t(t, np.eye(6), df, conf=0.95, step_down=False, seed=0)
    assert p == pytest.approx(1 - (1 - 2 * stats.norm.sf(2.8)) ** 6, abs=0.002)
    assert critical == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / 6)) / 2), abs=0.02)


def test_all_pairs_of_equal_groups_are_tukey():
    one, other = np.triu_indices(5, 1)
    pairs = np.eye(5)[one] - np.eye(5)[other]
    t, df = np.linspace(0.5, 4, 10), np.full(10, 12.0)
    p, critical = max_t(t, pairs @ pairs.T / 2, df, conf=0.95, step_down=False, seed=0)
    assert p == pytest.approx(range_tail(t * np.sqrt(2), 5, 12.0), abs=0.004)
    assert critical == pytest.approx(range_quantile(0.95, 5, 12.0) / np.sqrt(2), abs=0.03)


def test_stepping_down_never_raises_p_and_keeps_its_order():
    drawn = np.abs(np.random.default_rng(0).standard_normal((999, 5)))
    t = np.array([0.3, -3.1, 2.4, 2.6, -1.0])
    raw, single = adjusted_by_draws(t, drawn, step_down=False)
    _, stepped = adjusted_by_draws(t, drawn, step_down=True)
    assert (raw <= stepped).all()
    assert (stepped <= single).all()
    assert stepped[1] == single[1]
    assert (np.diff(stepped[np.argsort(-np.abs(t))]) >= 0).all()
    one, two = (
        max_t(t, np.eye(5), np.full(5, 40.0), conf=0.95, step_down=step, seed=0)[0]
        for step in (False, True)
    )
    assert (two <= one + 1e-12).all()
    assert two[4] < one[4]


def test_p_of_draws_counts_the_sample_itself_and_equal_draws():
    drawn = np.array([[1.0], [2.0], [2.0 - 1e-13], [3.0]])
    raw, adjusted = adjusted_by_draws(np.array([-2.0]), drawn, step_down=False)
    assert raw[0] == adjusted[0] == 4 / 5
    assert critical_of_draws(drawn, 0.95) == np.inf
    assert critical_of_draws(drawn, 0.5) == 2.0


@pytest.mark.parametrize("settings", [{}, {"design": Design("weight", cluster="unit")}])
def test_simultaneous_intervals_leave_out_0_where_the_adjusted_p_is_small(settings):
    df = branches(dict.fromkeys("abcdefgh", 40), seed=2).astype({"overall": float})
    df.loc[df["branch"] == "c", "overall"] -= 1
    df.loc[df["branch"] == "f", "overall"] -= 0.4
    table = compared(df, against="rest", n_permutations=999, **settings)
    excludes = (table["ci_low"] > 0) | (table["ci_high"] < 0)
    assert list(excludes) == list(table["p_adjusted"] <= 0.05)
    assert table.set_index("group").loc["c", "p_adjusted"] < 0.01
    assert (table["p"] <= table["p_adjusted"]).all()


def test_of_two_groups_the_permutations_give_each_the_same_p():
    table = compared(branches({"a": 60, "b": 60}, seed=4), against="rest", n_permutations=4_999)
    assert table["p_adjusted"].nunique() == 1
    welch = compared(branches({"a": 60, "b": 60}, seed=4), against="pairwise").iloc[0]
    assert table["p_adjusted"].iloc[0] == pytest.approx(welch["p"], abs=0.06)
    assert list(table["estimate"]) == pytest.approx([welch["estimate"], -welch["estimate"]])


def test_shuffled_respondents_and_random_tables_agree():
    df = branches(dict.fromkeys("abcd", 40), seed=7)
    few = compared(df, against="rest", n_permutations=9_999)
    # A speck of noise makes all scores different, and the respondents are shuffled instead.
    noise = np.random.default_rng(1).normal(0, 1e-6, len(df))
    many = compared(df.assign(overall=df["overall"] + noise), against="rest", n_permutations=9_999)
    given, expected = (t["p_adjusted"].to_numpy(dtype=float) for t in (few, many))
    assert given == pytest.approx(expected, abs=0.03)


def false_findings(samples: int, design: Design | None = None, **settings) -> float:
    """Count samples of 20 equal branches with 30 skewed scores in which one stands out."""
    random = np.random.default_rng(11)
    df = branches({f"b{i:02d}": 30 for i in range(20)})
    found = 0
    for _ in range(samples):
        df["overall"] = random.choice([1, 2, 3, 4, 5], len(df), p=[0.03, 0.04, 0.08, 0.25, 0.6])
        table = compared(df, against="rest", design=design, **settings)
        found += bool((table["p_adjusted"] <= 0.05).any())
    return found / samples


@pytest.mark.slow
@pytest.mark.parametrize(
    "design",
    [None, Design("weight"), Design("weight", stratum="branch")],
    ids=["permutation", "weights", "strata"],
)
def test_twenty_equal_branches_are_told_apart_in_one_of_twenty_samples_at_most(design):
    assert false_findings(200, design) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.slow
def test_welch_and_holm_find_too_much():
    assert false_findings(100, method="welch", adjust="holm") > 0.1


# Promises ------------------------------------------------------------------------------------

WAYS = {
    "overall": {},
    "pairwise": {"against": "pairwise"},
    "tukey": {"against": "pairwise", "method": "tukey"},
    "rank": {"against": "pairwise", "method": "rank"},
    "reference": {"against": "华东"},
    "rest": {"against": "rest"},
    "step_down": {"against": "rest", "adjust": "step_down"},
    "welch rest": {"against": "rest", "method": "welch", "adjust": "BH"},
    "design": {"against": "rest", "design": Design("weight", cluster="unit")},
    "design pairs": {"against": "pairwise", "design": Design("weight")},
    "design overall": {"design": Design("weight", cluster="unit")},
    "design rank": {"design": Design("weight"), "method": "rank"},
}
every_way = pytest.mark.parametrize("way", WAYS)
NUMBERS = ["n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high", *TESTED[::2], "p_adjusted"]


def assert_alike(one: pd.DataFrame, other: pd.DataFrame, rel: float = 1e-8) -> None:
    for name in NUMBERS:
        given, expected = (t[name].to_numpy(dtype=float, na_value=np.nan) for t in (one, other))
        assert given == pytest.approx(expected, rel=rel, abs=1e-9, nan_ok=True), name
    assert list(one["reason"].fillna("")) == list(other["reason"].fillna(""))


@every_way
def test_the_order_of_the_rows_changes_nothing(way):
    mixed = THREE.sample(frac=1, random_state=3)
    assert_alike(compared(THREE, **WAYS[way]), compared(mixed, **WAYS[way]))


@every_way
def test_the_same_seed_gives_the_same_table(way):
    first, second = (compared(THREE, seed=5, **WAYS[way]) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


@every_way
@settings(max_examples=5, deadline=None)
@given(shift=st.sampled_from([-3, 1, 7]), factor=st.sampled_from([0.5, 2, 10]))
def test_a_constant_leaves_differences_and_a_factor_multiplies_them(way, shift, factor):
    moved = THREE.assign(overall=THREE["overall"] * factor + shift)
    expected = compared(THREE, **WAYS[way])
    if expected["metric"].iloc[0] != "mean_rank":
        for name in ("estimate", "se", "ci_low", "ci_high"):
            expected[name] = expected[name] * factor
    assert_alike(compared(moved, **WAYS[way]), expected)


@pytest.mark.parametrize("way", [w for w in WAYS if w.startswith("design")])
@settings(max_examples=5, deadline=None)
@given(factor=st.floats(0.001, 1e6))
def test_the_scale_of_the_weights_changes_nothing(way, factor):
    scaled = THREE.assign(weight=THREE["weight"] * factor)
    assert_alike(compared(THREE, **WAYS[way]), compared(scaled, **WAYS[way]))


@pytest.mark.parametrize("way", [w for w in WAYS if w != "reference"])
def test_the_names_of_the_groups_do_not_matter(way):
    names = {"华东": "a", "华北": "c", "西南": "d"}
    renamed = THREE.assign(branch=THREE["branch"].map(names))
    ordered = THREE.assign(branch=pd.Categorical(THREE["branch"], list(names)))
    assert_alike(compared(ordered, **WAYS[way]), compared(renamed, **WAYS[way]))


@pytest.mark.parametrize(
    "design", [None, Design("weight", cluster="unit")], ids=["simple", "design"]
)
def test_swapping_the_sides_changes_the_sign(design):
    one = compared(THREE, against="华北", design=design).set_index("group").loc["西南"]
    two = compared(THREE, against="西南", design=design).set_index("group").loc["华北"]
    for name in ("estimate", "statistic"):
        assert one[name] == pytest.approx(-two[name], rel=1e-12)
    assert [one["ci_low"], one["ci_high"]] == pytest.approx([-two["ci_high"], -two["ci_low"]])
    assert [one["p"], one["se"], one["df"]] == pytest.approx([two["p"], two["se"], two["df"]])


@every_way
def test_where_is_the_same_as_missing_answers(way):
    wide = pd.concat([THREE, THREE.assign(overall=1, extra=True)], ignore_index=True)
    inside = wide["extra"].isna()
    masked = wide.assign(overall=wide["overall"].where(inside))
    assert_alike(compared(wide, where=inside, **WAYS[way]), compared(masked, **WAYS[way]))


def test_share_and_nps_are_means_of_what_they_count():
    df = THREE.assign(satisfied=THREE["overall"] >= 4, recommend=THREE["overall"] * 2)
    share = compared(df, "satisfied", against="pairwise", metric="share")
    plain = compared(df.assign(s=df["satisfied"].astype(float)), "s", against="pairwise")
    assert_alike(share, plain)
    assert set(share["metric"]) == {"share"}
    bands = df["recommend"].map(lambda a: 100 if a >= 9 else 0 if a >= 7 else -100)
    score = compared(df, "recommend", against="rest", metric="nps")
    assert_alike(score, compared(df.assign(s=bands), "s", against="rest"))


def test_rest_differs_as_the_means_that_the_estimates_give():
    design = Design("weight", cluster="unit")
    rest = compared(THREE, against="rest", design=design)
    means = estimates.mean(THREE, "overall", by=["branch"], design=design)
    other = THREE.assign(is_first=np.where(THREE["branch"] == means["group"][0], "a", "b"))
    pair = compared(other, by=["is_first"], against="pairwise", design=design).iloc[0]
    for name in ("estimate", "se", "df", "statistic", "p", "n_eff"):
        assert rest[name][0] == pytest.approx(pair[name], rel=1e-10), name


def test_quarter_and_line_are_told_where_both_sides_have_them():
    df = THREE.assign(line="ops", quarter=np.where(THREE["branch"] == "西南", "2026Q2", "2026Q3"))
    table = compared(df, by=["quarter", "branch"], against="pairwise", min_base=30)
    assert set(table["line"]) == {"ops"}
    assert list(table["quarter"].fillna("")) == ["", "", "2026Q3"]
    assert table["contrast"][2] == "2026Q3 × 华东 − 2026Q3 × 华北"
    assert set(table["group_by"]) == {"quarter × branch"}


def test_several_items_are_families_of_their_own():
    df = THREE.assign(speed=THREE["overall"].to_numpy()[::-1])
    both = compared(df, ["overall", "speed"], against="pairwise")
    assert list(both["item"]) == ["overall"] * 3 + ["speed"] * 3
    assert_alike(both.iloc[3:], compared(df, "speed", against="pairwise"))


# Too little to compare -----------------------------------------------------------------------

NOT_PUBLISHED = ["estimate", "se", "ci_low", "ci_high", "statistic", "p", "p_adjusted", "n_eff"]


def constant(sizes: dict[str, int], scores: dict[str, int]) -> pd.DataFrame:
    df = branches(sizes)
    return df.assign(overall=df["branch"].map(scores))


SAME = constant({"a": 40, "b": 40}, {"a": 4, "b": 4})
APART = constant({"a": 40, "b": 40}, {"a": 4, "b": 5})
SMALL = branches({"a": 40, "b": 40, "c": 3})
EMPTY = branches({"a": 40, "b": 40}).assign(
    branch=lambda d: pd.Categorical(d["branch"], ["a", "b", "z"])
)
ONE = branches({"a": 40})
UNASKED = SMALL.assign(overall=np.nan)
LONE = branches({"a": 40, "b": 1})


@pytest.mark.parametrize(
    ("df", "settings", "reasons"),
    [
        pytest.param(SAME, {}, ["no_variation"], id="all the same, overall"),
        pytest.param(SAME, {"method": "welch"}, ["no_variation"], id="all the same, Welch's F"),
        pytest.param(SAME, {"method": "rank"}, ["no_variation"], id="all the same, ranks"),
        pytest.param(SAME, {"against": "rest"}, ["no_variation"] * 2, id="all the same, rest"),
        pytest.param(
            SAME, {"against": "pairwise", "method": "rank"}, ["no_variation"], id="same ranks"
        ),
        pytest.param(
            SAME, {"against": "pairwise", "method": "tukey"}, ["no_variation"], id="Tukey"
        ),
        pytest.param(
            SAME, {"design": Design("weight")}, ["no_variation"], id="all the same, design"
        ),
        pytest.param(APART, {"against": "b"}, ["no_variation"], id="two constants"),
        pytest.param(
            APART,
            {"against": "b", "design": Design("weight")},
            ["no_variation"],
            id="two constants, design",
        ),
        pytest.param(
            SMALL,
            {"against": "pairwise"},
            ["", "small_base", "small_base"],
            id="a small group, pairs",
        ),
        pytest.param(SMALL, {"against": "rest"}, ["", "", "small_base"], id="a small group, rest"),
        pytest.param(
            SMALL,
            {"against": "rest", "design": Design("weight")},
            ["", "", "small_base"],
            id="a small group, design",
        ),
        pytest.param(SMALL, {}, ["groups_left_out"], id="a small group, overall"),
        pytest.param(SMALL, {"min_base": 41}, ["small_base"], id="all small, overall"),
        pytest.param(EMPTY, {"against": "pairwise"}, ["", "empty", "empty"], id="an empty group"),
        pytest.param(EMPTY, {}, [""], id="an empty group, overall"),
        pytest.param(ONE, {}, ["single_group"], id="one group, overall"),
        pytest.param(ONE, {"against": "pairwise"}, ["single_group"], id="one group, pairs"),
        pytest.param(ONE, {"against": "rest"}, ["single_group"], id="one group, rest"),
        pytest.param(UNASKED, {}, ["empty"], id="no answer, overall"),
        pytest.param(UNASKED, {"against": "rest"}, ["empty"], id="no answer, rest"),
        pytest.param(THREE.iloc[:0], {"against": "rest"}, ["empty"], id="no rows"),
        pytest.param(
            LONE, {"against": "pairwise", "min_base": 1}, ["single_answer"], id="a single answer"
        ),
        pytest.param(
            LONE,
            {"against": "rest", "min_base": 1, "design": Design("weight")},
            ["single_answer"] * 2,
            id="a single answer, design",
        ),
        pytest.param(
            branches({"a": 40, "b": 40}).assign(unit=lambda d: d["branch"]),
            {"against": "pairwise", "design": Design(cluster="unit")},
            ["single_cluster"],
            id="a cluster each",
        ),
        pytest.param(
            branches({"a": 40, "b": 40, "c": 40}).assign(unit=lambda d: d.index % 2),
            {"design": Design(cluster="unit")},
            ["few_clusters"],
            id="fewer clusters than groups",
        ),
        pytest.param(
            THREE.assign(population=len(THREE)),
            {"against": "rest", "design": Design(population="population")},
            ["census"] * 3,
            id="everyone was asked",
        ),
        pytest.param(
            THREE.assign(population=len(THREE)),
            {"design": Design(population="population")},
            ["census"],
            id="everyone was asked, overall",
        ),
    ],
)
def test_what_cannot_be_compared_has_a_row_and_a_reason(df, settings, reasons):
    table = compared(df, **settings)
    assert list(table["reason"].fillna("")) == reasons
    for _, row in table.iterrows():
        if row["reason"] in ("empty", "small_base", "single_group"):
            assert row[NOT_PUBLISHED].isna().all()
        elif not pd.isna(row["reason"]) and row["reason"] != "groups_left_out":
            assert row[["ci_low", "ci_high", "statistic", "p", "p_adjusted"]].isna().all()
        assert not pd.isna(row["n"])
    if "small_base" in reasons:
        assert list(table["suppressed"]) == [reason == "small_base" for reason in reasons]


@pytest.mark.parametrize("design", [None, Design("weight")], ids=["simple", "design"])
def test_small_groups_are_part_of_the_rest_but_not_of_the_family(design):
    method = "welch" if design is None else "wald"
    apart = SMALL.assign(overall=SMALL["overall"] - 0.5 * (SMALL["branch"] == "a"))
    table = compared(apart, against="rest", method=method, adjust="bonferroni", design=design)
    assert list(table["n"]) == [83, 83, 83]
    assert table["p"][0] < 0.3
    assert table["p_adjusted"][0] == pytest.approx(2 * table["p"][0])


def test_permutations_do_not_depend_on_the_names_of_the_groups():
    names = {"华东": "d", "华北": "c", "西南": "a"}
    renamed = THREE.assign(branch=THREE["branch"].map(names))
    one, two = (compared(df, against="rest").set_index("group") for df in (THREE, renamed))
    assert_alike(one.loc[list(names)], two.loc[list(names.values())])


def test_a_group_left_out_overall_leaves_the_test_of_the_others():
    kept = SMALL[SMALL["branch"] != "c"]
    assert_alike(compared(SMALL).assign(reason=None), compared(kept), rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"by": []}, "by: expected one or more columns"),
        ({"by": "branch"}, r"write by=\['branch'\]"),
        ({"by": ["region"]}, "'region', which the table has not"),
        ({"item": "speed"}, "'speed', which the table has not"),
        ({"against": "华南"}, "found '华南'; the groups are '华东'"),
        ({"metric": "median"}, "metric: expected one of mean, share, nps"),
        ({"metric": "share"}, "expected true or false"),
        ({"method": "tukey"}, "method: expected one of anova, welch, rank with against='overall'"),
        ({"method": "tukey", "against": "华东"}, "found 'tukey'"),
        (
            {"method": "permutation", "against": "rest", "design": Design("weight")},
            "wald with against='rest' and a survey design",
        ),
        ({"method": "anova", "design": Design("weight")}, "expected one of wald, rank"),
        ({"adjust": "fdr", "against": "pairwise"}, "adjust: expected one of holm"),
        ({"adjust": "holm", "against": "pairwise", "method": "tukey"}, "expected one of tukey"),
        ({"adjust": "max_t", "against": "pairwise", "method": "rank"}, "with method='rank'"),
        ({"adjust": "holm"}, "expected one of none with against='overall'"),
        ({"conf": 95}, "write 0.95 for 95 %"),
        ({"min_base": 0}, "min_base: expected"),
        ({"n_permutations": 10}, "n_permutations: expected a whole number, 99 or more"),
        ({"seed": -1}, "seed: expected a whole number, 0 or more"),
        ({"where": pd.Series([True])}, "where: expected the index of the table"),
        ({"design": Design("share_of_all")}, "design.weight"),
        ({"design": "weight"}, "design: expected an estimates.Design, found str"),
    ],
)
def test_what_makes_no_comparison_is_refused(settings, message):
    settings = dict(settings)
    with pytest.raises(ValueError, match=message):
        compared(THREE, settings.pop("item", "overall"), **settings)


# Effect sizes --------------------------------------------------------------------------------


def sized(df: pd.DataFrame, item: str, metric: str, **settings) -> pd.DataFrame:
    table = estimates.effect_sizes(df, item, metrics=[metric], **settings)
    return schema.check(table, "comparisons")


def test_cohen_and_hedges_are_those_of_the_reference():
    row = first_row(sized(SLEEP, "hours", "cohen_d", **BY_DRUG))
    expected = RESULTS["sleep/cohen_d"]
    assert row["estimate"] == pytest.approx(expected["estimate"], rel=1e-12)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(expected["ci"], rel=1e-6)
    assert row["df"] == 18
    biased = first_row(sized(SLEEP, "hours", "hedges_g", **BY_DRUG))
    factor = 1 - 3 / (4 * 18 - 1)
    for name in ("estimate", "ci_low", "ci_high"):
        assert biased[name] == pytest.approx(row[name] * factor, rel=1e-12)


def test_eta_and_omega_are_those_of_the_analysis_of_variance():
    expected = RESULTS["plant/eta"]
    eta = first_row(sized(PLANT, "weight", "eta_squared", **BY_GROUP))
    assert eta["estimate"] == pytest.approx(expected["eta"], rel=1e-12)
    assert [eta["ci_low"], eta["ci_high"]] == pytest.approx(expected["ci"], rel=1e-6)
    omega = first_row(sized(PLANT, "weight", "omega_squared", **BY_GROUP))
    assert omega["estimate"] == pytest.approx(expected["omega"], rel=1e-12)
    assert omega[["ci_low", "ci_high"]].isna().all()
    assert (eta["contrast"], eta["n"], eta["df"]) == ("overall", 30, 27)


def test_cohen_h_is_the_difference_of_angles():
    df = pd.DataFrame({"branch": ["a"] * 40 + ["b"] * 50, "good": [True] * 90})
    df.loc[30:39, "good"] = False
    df.loc[70:89, "good"] = False
    row = first_row(sized(df, "good", "cohen_h", by=["branch"]))
    expected = 2 * np.arcsin(np.sqrt(0.75)) - 2 * np.arcsin(np.sqrt(0.6))
    assert row["estimate"] == pytest.approx(expected, rel=1e-12)
    assert row["se"] == pytest.approx(np.sqrt(1 / 40 + 1 / 50), rel=1e-12)
    assert row["ci_high"] - row["ci_low"] == pytest.approx(2 * 1.959963984540054 * row["se"])


def test_equal_groups_explain_nothing_and_the_interval_starts_at_0():
    df = pd.DataFrame({"branch": ["a"] * 40 + ["b"] * 40, "overall": [3, 4, 5, 4] * 20})
    eta = first_row(sized(df, "overall", "eta_squared", by=["branch"]))
    assert (eta["estimate"], eta["ci_low"]) == (0, 0)
    d = first_row(sized(df, "overall", "cohen_d", by=["branch"]))
    assert d["estimate"] == 0
    assert d["ci_low"] == pytest.approx(-d["ci_high"], rel=1e-6)


@pytest.mark.parametrize(
    ("df", "metric", "reasons"),
    [
        (SAME, "cohen_d", ["no_variation"]),
        (SAME, "eta_squared", ["no_variation"]),
        (SMALL, "hedges_g", ["", "small_base", "small_base"]),
        (SMALL, "eta_squared", ["groups_left_out"]),
        (EMPTY, "cohen_d", ["", "empty", "empty"]),
        (ONE, "cohen_d", ["single_group"]),
        (ONE, "omega_squared", ["single_group"]),
        (UNASKED, "eta_squared", ["empty"]),
        (LONE, "eta_squared", ["small_base"]),
    ],
)
def test_an_effect_that_cannot_be_sized_has_a_reason(df, metric, reasons):
    table = sized(df, "overall", metric, by=["branch"])
    assert list(table["reason"].fillna("")) == reasons
    assert (
        table.loc[table["reason"].notna() & (table["reason"] != "groups_left_out"), NOT_PUBLISHED]
        .isna()
        .all(axis=None)
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metrics": ["glass"]}, "metrics: expected some of cohen_d"),
        ({"metrics": "cohen_d"}, r"write metrics=\['cohen_d'\]"),
        ({"against": "overall"}, "choose the metrics eta_squared and omega_squared"),
        ({"by": []}, "by: expected one or more columns"),
        ({"metrics": ["cohen_h"]}, "expected true or false"),
    ],
)
def test_what_is_no_effect_size_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        estimates.effect_sizes(THREE, "overall", **({"by": ["branch"]} | settings))
