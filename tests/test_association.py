"""Association: values from R, promises that hold for any data, and every way to be refused."""

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

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "compare.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
INPUTS = {name: pd.DataFrame(entry["value"]) for name, entry in REFERENCE["inputs"].items()}
TESTED = ["statistic", "df", "p"]
R_NAMES = {"F": "F", "chisq": "Chisq", "wald": "Wald", "adj_wald": "adjWald"}
NUMBERS = ["n", "df", "estimate", "statistic", "p", "p_adjusted"]


def designs() -> dict[str, tuple[pd.DataFrame, Design]]:
    clusters = INPUTS["apiclus1"]
    missing = clusters.assign(**{"sch.wide": clusters["sch.wide"].where(np.arange(183) % 11 != 1)})
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
every_statistic = pytest.mark.parametrize("statistic", R_NAMES)


def only_row(df: pd.DataFrame, rows: str = "stype", columns: str = "sch.wide", **settings):
    table = schema.check(estimates.association(df, rows, columns, **settings), "comparisons")
    assert len(table) == 1
    return table.iloc[0]


def numbers(row: pd.Series, names: list[str] = NUMBERS) -> list[float]:
    return [np.nan if pd.isna(row[name]) else float(row[name]) for name in names]


# Values from other software ------------------------------------------------------------------


@pytest.mark.parametrize("name", DESIGNS)
@every_statistic
def test_tests_under_a_design_are_r_svychisq(name, statistic):
    df, design = DESIGNS[name]
    columns = ("comp.imp", "awards") if name == "raked" else ("stype", "sch.wide")
    row = only_row(df, *columns, design=design, statistic=statistic)
    expected = RESULTS[f"{name}/chisq_{R_NAMES[statistic]}"]
    assert numbers(row, TESTED) == pytest.approx([expected[c] for c in TESTED], rel=1e-9)
    assert row["p_adjusted"] == row["p"]
    assert row["metric"] == {"F": "rao_scott_f", "chisq": "rao_scott_chisq"}.get(
        statistic, statistic
    )


def test_cramers_v_is_that_of_the_weighted_table():
    df, design = DESIGNS["strat"]
    row = only_row(df, design=design)
    assert row["estimate"] == pytest.approx(RESULTS["strat/cramer"]["v"], rel=1e-12)
    assert (row["item"], row["group_by"], row["contrast"], row["n"]) == (
        "stype",
        "sch.wide",
        "stype × sch.wide",
        200,
    )
    assert row[["se", "ci_low", "ci_high", "group", "level", "n_eff"]].isna().all()


def test_a_simple_random_sample_is_r_chisq_test():
    row = only_row(INPUTS["apistrat"])
    expected = RESULTS["simple/chisq"]
    assert numbers(row, TESTED) == pytest.approx([expected[c] for c in TESTED], rel=1e-10)
    assert row["metric"] == "pearson_chisq"


def test_small_counts_are_held_against_random_tables():
    df = INPUTS["plant"].assign(heavy=INPUTS["plant"]["weight"] > 5.5)
    row = only_row(df, "group", "heavy")
    assert row["metric"] == "monte_carlo_chisq"
    assert pd.isna(row["df"])
    # Fisher orders the tables by their chance, this test by their chi-square; here both agree.
    assert row["p"] == pytest.approx(RESULTS["plant/fisher"]["p"], abs=0.02)
    two = pd.DataFrame({"a": [0] * 12 + [1] * 20, "b": [0] * 3 + [1] * 9 + [1] * 20})
    chance = stats.hypergeom(32, 3, 12).pmf([0, 1, 2, 3])
    assert only_row(two, "a", "b")["p"] == pytest.approx(chance[3], abs=0.01)


# Promises ------------------------------------------------------------------------------------


def answered(n: int = 120, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "a": random.choice(["x", "y", "z"], n, p=[0.5, 0.3, 0.2]),
            "b": random.choice([1, 2, 3], n, p=[0.4, 0.35, 0.25]),
            "w": random.uniform(0.5, 3, n),
            "u": np.arange(n) // 4,
        }
    )


WAYS = [
    {},
    *({"design": Design("w", cluster="u"), "statistic": name} for name in R_NAMES),
]
every_way = pytest.mark.parametrize("way", WAYS, ids=["simple", *R_NAMES])


@every_way
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 999))
def test_order_names_and_sides_do_not_matter(way, seed):
    df = answered(seed=seed)
    expected = numbers(only_row(df, "a", "b", **way))
    mixed = df.sample(frac=1, random_state=seed)
    assert numbers(only_row(mixed, "a", "b", **way)) == pytest.approx(
        expected, rel=1e-8, nan_ok=True
    )
    renamed = df.assign(a=df["a"].map({"x": "3", "y": "1", "z": "2"}).astype("category"))
    assert numbers(only_row(renamed, "a", "b", **way)) == pytest.approx(
        expected, rel=1e-8, nan_ok=True
    )
    assert numbers(only_row(df, "b", "a", **way)) == pytest.approx(expected, rel=1e-8, nan_ok=True)


@every_statistic
@settings(max_examples=8, deadline=None)
@given(factor=st.floats(1e-3, 1e6))
def test_the_scale_of_the_weights_changes_nothing(statistic, factor):
    df, design = answered(), Design("w", cluster="u")
    scaled = df.assign(w=df["w"] * factor)
    one, two = (
        numbers(only_row(d, "a", "b", design=design, statistic=statistic)) for d in (df, scaled)
    )
    assert one == pytest.approx(two, rel=1e-8)


@every_way
def test_where_is_the_same_as_missing_answers(way):
    df = answered()
    inside = pd.Series(np.arange(len(df)) % 5 > 0, index=df.index)
    masked = df.assign(a=df["a"].where(inside))
    one, two = only_row(df, "a", "b", where=inside, **way), only_row(masked, "a", "b", **way)
    assert numbers(one) == pytest.approx(numbers(two), rel=1e-12)
    assert one["n"] == inside.sum()


def test_equal_weights_give_nearly_pearsons_test():
    df = answered(400)
    plain, weighed = only_row(df, "a", "b"), only_row(df.assign(w=2), "a", "b", design=Design("w"))
    assert weighed["estimate"] == pytest.approx(plain["estimate"], rel=1e-12)
    assert weighed["p"] == pytest.approx(plain["p"], abs=0.03)


def test_answers_that_are_the_same_have_v_1():
    df = answered().assign(c=lambda d: d["a"].str.upper())
    row = only_row(df, "a", "c")
    assert row["estimate"] == pytest.approx(1)
    assert row["p"] < 1e-10


def test_random_tables_are_the_same_for_the_same_seed():
    df = answered(35)
    first, again, other = (only_row(df, "a", "b", seed=seed)["p"] for seed in (1, 1, 2))
    assert first == again
    assert first == pytest.approx(other, abs=0.03)


# Too little to test --------------------------------------------------------------------------

WEIGHTS = Design("w")


@pytest.mark.parametrize(
    ("df", "settings", "reason"),
    [
        pytest.param(answered().iloc[:0], {}, "empty", id="no rows"),
        pytest.param(answered().assign(a=np.nan), {}, "empty", id="no answers"),
        pytest.param(
            answered().assign(a=np.nan), {"design": WEIGHTS}, "empty", id="no answers, design"
        ),
        pytest.param(answered(29), {}, "small_base", id="too few"),
        pytest.param(answered(29), {"design": WEIGHTS}, "small_base", id="too few, design"),
        pytest.param(answered().assign(b=1), {}, "single_level", id="one level"),
        pytest.param(
            answered().assign(b=1), {"design": WEIGHTS}, "single_level", id="one level, design"
        ),
        pytest.param(
            answered().assign(u=1), {"design": Design(cluster="u")}, "few_clusters", id="a cluster"
        ),
        pytest.param(
            answered().assign(u=lambda d: d["u"] % 3),
            {"design": Design(cluster="u"), "statistic": "wald"},
            "few_clusters",
            id="fewer clusters than cells",
        ),
        pytest.param(
            answered().assign(u=lambda d: d["u"] % 4),
            {"design": Design(cluster="u"), "statistic": "adj_wald"},
            "few_clusters",
            id="no df after adjusting",
        ),
        pytest.param(
            answered().assign(all=120),
            {"design": Design(population="all")},
            "fixed_by_design",
            id="everyone was asked",
        ),
        pytest.param(
            answered().assign(all=120),
            {"design": Design(population="all"), "statistic": "wald"},
            "fixed_by_design",
            id="everyone was asked, Wald",
        ),
    ],
)
def test_what_cannot_be_tested_has_a_reason(df, settings, reason):
    row = only_row(df, "a", "b", **settings)
    assert row["reason"] == reason
    assert row[["statistic", "p", "p_adjusted", "ci_low"]].isna().all()
    assert row["suppressed"] == (row["n"] < 30)
    if reason in ("empty", "small_base", "single_level"):
        assert pd.isna(row["estimate"])


def test_unused_categories_and_cells_nobody_is_in_do_not_stop_the_test():
    df = answered(200)
    used = df.assign(a=pd.Categorical(df["a"], ["x", "y", "z", "never"]))
    assert numbers(only_row(used, "a", "b")) == numbers(only_row(df, "a", "b"))
    hole = df[(df["a"] != "x") | (df["b"] != 1)]
    for statistic in ("F", "chisq"):
        row = only_row(hole, "a", "b", design=WEIGHTS, statistic=statistic)
        assert pd.isna(row["reason"])
        assert 0 <= row["p"] < 0.001


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows": "region"}, "rows: expected the name of a column, found 'region'"),
        ({"columns": "region"}, "columns: expected the name of a column, found 'region'"),
        ({"columns": "a"}, "columns: expected another column than rows"),
        ({"statistic": "F"}, "expected one of chisq with a simple random sample, found 'F'"),
        ({"statistic": "lincom", "design": WEIGHTS}, "expected one of F, chisq, wald, adj_wald"),
        ({"min_base": 0}, "min_base: expected"),
        ({"where": "a"}, "where: expected a boolean Series"),
        ({"design": Design("a")}, "weight: expected numbers"),
    ],
)
def test_what_makes_no_table_is_refused(settings, message):
    settings = {"rows": "a", "columns": "b"} | settings
    with pytest.raises(ValueError, match=message):
        only_row(answered(), **settings)
