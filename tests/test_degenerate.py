"""Inputs that no survey should have and some will: a reason or a refusal, never a broken number.

One checker reads every table: a number that is shown is finite, an interval has a width and holds
its estimate, and what is withheld says why. A refusal says what was expected and what was found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from csatlib import estimates, schema
from csatlib.estimates import Design

NUMBERS = ["n_eff", "df", "estimate", "se", "ci_low", "ci_high"]
REASONS = {
    "empty",
    "small_base",
    "census",
    "single_answer",
    "single_cluster",
    "no_variation",
    "fixed_by_design",
    "no_denominator",
}
WITHOUT_INTERVAL = REASONS - {"empty", "small_base", "no_denominator"}

ESTIMATORS: dict[str, Callable[..., pd.DataFrame]] = {
    "mean": partial(estimates.mean, items="score"),
    "share": partial(estimates.share, items="satisfied"),
    "wilson": partial(estimates.share, items="satisfied", method="wilson"),
    "logit": partial(estimates.share, items="satisfied", method="logit"),
    "arcsine": partial(estimates.share, items="satisfied", method="arcsine"),
    "nps": partial(estimates.nps, items="recommend"),
    "total": partial(estimates.total, items="score"),
    "ratio": partial(estimates.ratio, numerators="score", denominators="cost"),
    "distribution": partial(estimates.distribution, items="answer", levels=["bad", "good"]),
}
SHARES = ("share", "wilson", "logit", "arcsine")
every_estimator = pytest.mark.parametrize("metric", ESTIMATORS)


def published(table: pd.DataFrame) -> pd.DataFrame:
    """Hold a table to what every published table promises, and give it back."""
    schema.check(table, "estimates")
    for name in NUMBERS:
        shown = table[name].dropna().to_numpy(dtype=float)
        assert np.isfinite(shown).all(), f"{name}: {shown}"
    for row in table.to_dict("records"):
        reason = None if pd.isna(row["reason"]) else row["reason"]
        if reason is None:
            assert not row["suppressed"]
            assert row["n"] >= 2
            assert row["df"] >= 1
            # A share at an end with its exact interval has no n_eff of a variance, but Kish's.
            missing = [name for name in NUMBERS if pd.isna(row[name])]
            assert not missing, missing
            assert row["ci_low"] < row["ci_high"], row
            room = 1e-9 * max(abs(row["estimate"]), 1e-300)
            assert row["ci_low"] - room <= row["estimate"] <= row["ci_high"] + room, row
            assert row["se"] > 0 or row["estimate"] in (0, 1), row
        else:
            assert reason in REASONS
            assert pd.isna(row["ci_low"])
            assert pd.isna(row["ci_high"])
            assert pd.isna(row["se"]) or (
                row["se"] == 0 and reason in ("census", "fixed_by_design")
            )
            assert pd.notna(row["estimate"]) == (reason in WITHOUT_INTERVAL), row
            assert (row["n"] == 0) == (reason == "empty")
            assert row["suppressed"] == (reason in ("empty", "small_base")), row
    return table


def refused(message: str):
    return pytest.raises(ValueError, match=message)


def survey(rows: int = 24, **columns: object) -> pd.DataFrame:
    """Make a table in which nothing is wrong: two strata of three clusters of four rows."""
    random = np.random.default_rng(7)
    places = np.arange(24) % 24
    whole = pd.DataFrame(
        {
            "score": random.integers(1, 6, 24).astype(float),
            "satisfied": pd.array(random.random(24) < 0.7, dtype="boolean"),
            "recommend": pd.array(random.integers(0, 11, 24), dtype="Int64"),
            "cost": random.integers(1, 9, 24).astype(float),
            "answer": pd.array(random.choice(["bad", "good"], 24), dtype="str"),
            "weight": random.uniform(0.5, 2, 24),
            "stratum": np.where(places < 12, "a", "b"),
            "cluster": places // 4,
            "population": np.where(places < 12, 30, 50),
            "group": np.where(places % 2 == 0, "p", "q"),
            "tier": np.where(places % 3 == 0, "x", "y"),
            "age": random.integers(20, 60, 24).astype(float),
        }
    )
    return whole.iloc[:rows].assign(**columns)


FULL = Design(
    weight="weight", stratum="stratum", cluster="cluster", population="population", margins=["tier"]
)
DESIGNS = {
    "none": None,
    "weight": Design(weight="weight"),
    "clusters": Design(weight="weight", cluster="cluster"),
    "strata": Design(stratum="stratum", population="population", lonely="certainty"),
    "all": Design(**{**{f: getattr(FULL, f) for f in ("weight", "stratum", "cluster", "population")},
                     "margins": ["tier"], "lonely": "centre"}),
}  # fmt: skip
every_design = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)


def reasons_of(table: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(reason) else reason for reason in published(table)["reason"]]


# Sizes ------------------------------------------------------------------------------------------


@every_estimator
@every_design
@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_a_table_of_few_rows(metric, design, rows):
    table = published(ESTIMATORS[metric](survey(rows), design=design, min_base=1))
    if rows < 2:
        assert set(table["reason"]) <= {"empty", "single_answer", "census"}


@every_estimator
@every_design
def test_an_empty_table_with_categories_keeps_them(metric, design):
    df = survey(0, group=pd.Categorical([], categories=["p", "q"]))
    table = published(ESTIMATORS[metric](df, by=["group"], design=design))
    assert set(table["group"]) == {"p", "q"}
    assert table["reason"].eq("empty").all()


@every_estimator
@every_design
def test_nobody_inside_where(metric, design):
    df = survey()
    inside = pd.Series(False, index=df.index)
    how = {"design": design, "where": inside}
    assert set(reasons_of(ESTIMATORS[metric](df, **how))) == {"empty"}
    assert len(published(ESTIMATORS[metric](df, by=["group"], **how))) == 0


@every_estimator
@pytest.mark.parametrize("min_base", [1, 2, 24, 25, 10**9])
def test_a_base_around_the_sample(metric, min_base):
    table = published(ESTIMATORS[metric](survey(), min_base=min_base))
    assert table["suppressed"].eq(min_base > 24).all()


def test_two_equal_and_two_different_answers():
    for answers, reason in ([4.0, 4.0], "no_variation"), ([3.0, 4.0], None):
        df = survey(2, score=answers)
        assert reasons_of(estimates.mean(df, "score", min_base=1)) == [reason]


def test_a_thousand_groups_of_one():
    df = pd.DataFrame({"score": np.arange(1000.0), "group": np.arange(1000)})
    assert set(reasons_of(estimates.mean(df, "score", by=["group"], min_base=1))) == {
        "single_answer"
    }


def test_as_many_groups_as_a_large_table_has_rows():
    df = pd.DataFrame({"score": np.zeros(200_000), "group": np.arange(200_000)[::-1]})
    table = estimates.mean(df, "score", by=["group"], min_base=1)
    assert len(table) == 200_000
    assert table["reason"].eq("single_answer").all()


# Answers ----------------------------------------------------------------------------------------


@every_estimator
@every_design
@pytest.mark.parametrize("high", [False, True], ids=["lowest", "highest"])
def test_everyone_gives_the_same_answer(metric, design, high):
    df = survey(
        score=5.0 * high,
        satisfied=pd.array([high] * 24, dtype="boolean"),
        recommend=10 * high,
        cost=3.0,
        answer="good" if high else "bad",
    )
    table = published(ESTIMATORS[metric](df, design=design, min_base=1))
    if metric in ("mean", "nps", "ratio"):
        assert set(table["reason"]) == {"no_variation"}
    if metric in (*SHARES, "distribution"):
        assert table["reason"].isna().all()
        width = table["ci_high"] - table["ci_low"]
        # Twenty-four answers, however weighted: Wilson's interval reaches 13 points.
        assert width.ge(0.13).all()


@every_estimator
@every_design
def test_nobody_answers(metric, design):
    nothing = pd.array([None] * 24, dtype="Int8")
    names = ["score", "recommend", "cost", "satisfied", "answer"]
    df = survey(**dict.fromkeys(names, nothing))
    assert set(reasons_of(ESTIMATORS[metric](df, design=design))) == {"empty"}


def test_a_total_of_zeros_is_not_known_without_error():
    """Nobody of the sample complained; that does not make it certain of all customers."""
    df = survey(score=0.0)
    for design in DESIGNS.values():
        assert reasons_of(estimates.total(df, "score", design=design, min_base=1)) == [
            "no_variation"
        ]


@pytest.mark.parametrize("factor", [0.0, 0.1, 1 / 3, 2.0])
def test_a_ratio_that_is_the_same_in_every_row_has_no_known_error(factor):
    df = survey()
    df = df.assign(score=factor * df["cost"])
    for design in DESIGNS.values():
        table = estimates.ratio(df, "score", "cost", design=design, min_base=1)
        assert reasons_of(table) == ["no_variation"]
        assert table["estimate"].iloc[0] == pytest.approx(factor)


def test_clusters_that_happen_to_agree_fix_nothing():
    """Each cluster has two satisfied and two not: the clusters say nothing of the error."""
    answers = np.tile([True, True, False, False], 6)
    df = survey(satisfied=pd.array(answers, dtype="boolean"), score=1.0 + answers)
    for design in Design(cluster="cluster"), Design(cluster="cluster", stratum="stratum"):
        assert reasons_of(estimates.mean(df, "score", design=design, min_base=1)) == [
            "no_variation"
        ]
        for method in ("korn_graubard", "wilson", "logit", "arcsine"):
            table = estimates.share(df, "satisfied", design=design, method=method, min_base=1)
            assert reasons_of(table) == ["no_variation"]


@pytest.mark.parametrize("cluster", [None, "cluster"])
def test_what_strata_and_margins_fix_has_an_error_of_0(cluster):
    df = survey()
    df["is_a"], df["is_x"] = df["stratum"].eq("a"), df["tier"].eq("x")
    by_stratum = Design(stratum="stratum", population="population", cluster=cluster)
    by_margin = Design(weight="weight", margins=["tier", "age"], cluster=cluster)
    for item, design in ("is_a", by_stratum), ("is_x", by_margin):
        table = published(estimates.share(df, item, design=design, min_base=1))
        assert table["reason"].tolist() == ["fixed_by_design"]
        assert table["se"].tolist() == [0]
    total = published(estimates.total(df, "age", design=by_margin, min_base=1))
    assert total["reason"].tolist() == ["fixed_by_design"]


@pytest.mark.parametrize("below", [[0.0] * 24, [1.0, -1.0] * 12], ids=["zeros", "cancelling"])
def test_a_ratio_to_0(below):
    for above in (0.0, 1.0):
        df = survey(score=above, cost=below)
        assert reasons_of(estimates.ratio(df, "score", "cost", min_base=1)) == ["no_denominator"]


def assert_scaled(table: pd.DataFrame, unit: pd.DataFrame, factor: float, rel: float) -> None:
    """Hold figures of answers in another unit to those in the unit itself."""
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert table[name].iloc[0] == pytest.approx(factor * unit[name].iloc[0], rel=rel), name


@pytest.mark.parametrize("tiny", [1e-300, 1e-200, 1e-160, 1e-100])
def test_tiny_numbers_whose_squares_vanish(tiny):
    unit = survey(score=np.arange(24.0), cost=np.arange(1.0, 25))
    df = unit.assign(score=tiny * unit["score"], cost=tiny * unit["cost"])
    for metric in ("mean", "total", "ratio"):
        for design in DESIGNS.values():
            table = published(ESTIMATORS[metric](df, design=design, min_base=1))
            one = ESTIMATORS[metric](unit, design=design, min_base=1)
            factor = 1.0 if metric == "ratio" else tiny
            if tiny < 1e-160:
                assert table["reason"].tolist() == ["no_variation"]
                assert table["estimate"].iloc[0] == pytest.approx(factor * one["estimate"].iloc[0])
            else:
                # Squares of 1e-160 keep a few digits.
                assert_scaled(table, one, factor, rel=2e-3 if tiny == 1e-160 else 1e-9)
    published(estimates.ratio(df.assign(score=1.0), "score", "cost", min_base=1))


@pytest.mark.parametrize("large", [1e8, 1e15, 1e40, 1e59])
def test_large_numbers(large):
    unit = survey(score=1.0 + np.arange(24) % 3, weight=1.0)
    df = unit.assign(score=large * unit["score"], weight=large)
    for metric in ("mean", "total", "ratio"):
        for design in DESIGNS.values():
            table = published(ESTIMATORS[metric](df, design=design, min_base=1))
            one = ESTIMATORS[metric](unit, design=design, min_base=1)
            weighted = metric == "total" and design is not None and design.weight is not None
            assert_scaled(table, one, large**2 if weighted else large, rel=1e-9)


@pytest.mark.parametrize("beyond", [1e61, 1e155, 1e300, -1e300, math.inf], ids=str)
@pytest.mark.parametrize("metric", ["mean", "total", "ratio"])
def test_numbers_whose_variance_overflows_are_refused(metric, beyond):
    with refused("items: expected finite numbers in 'score', found 1 infinite .* row 3"):
        ESTIMATORS[metric](survey(score=[1.0, 2, np.nan, beyond] + [3.0] * 20), min_base=1)


def test_whole_numbers_beyond_the_digits_of_a_float():
    for answers in ([2**53, 2**53 + 1], [2**62, 2**62 + 1]):
        df = survey(score=pd.array(answers * 12, dtype="Int64"))
        table = estimates.mean(df, "score", min_base=1)
        # Both are one float.
        assert reasons_of(table) == ["no_variation"]
        assert table["estimate"].tolist() == [float(answers[0])]
    df = survey(score=np.array([2**63, 2**64 - 1] * 12, dtype="uint64"))
    table = published(estimates.mean(df, "score", min_base=1))
    assert table["estimate"].iloc[0] == pytest.approx(1.5 * 2**63)
    assert table["se"].iloc[0] == pytest.approx(2**62 / math.sqrt(23))


TYPES = {
    "text": pd.array(["1"] * 24, dtype="str"),
    "objects": pd.Series([1, "a"] * 12, dtype="object"),
    "numbers too large for a column": pd.Series([2**70] * 24, dtype="object"),
    "complex": np.ones(24) * 1j,
    "dates": pd.date_range("2026-01-01", periods=24),
    "durations": pd.to_timedelta(np.arange(24), unit="D"),
    "categories of numbers": pd.Categorical([1, 2] * 12),
}


@pytest.mark.parametrize("column", TYPES.values(), ids=TYPES)
@pytest.mark.parametrize("metric", ["mean", "total", "ratio", "nps", "share"])
def test_answers_that_are_no_numbers(metric, column):
    names = ["score", "recommend", "satisfied"]
    with refused("items: expected .* found dtype"):
        ESTIMATORS[metric](survey(**dict.fromkeys(names, column)))


def test_distribution_takes_answers_of_mixed_types_and_refuses_lists():
    mixed = pd.Series([1, "a"] * 12, dtype="object")
    table = published(estimates.distribution(survey(answer=mixed), "answer", levels=[1, "a"]))
    assert table["level"].tolist() == ["1", "a"]
    lists = pd.Series([[1], [2]] * 12, dtype="object")
    with refused("'answer' that can be told apart"):
        estimates.distribution(survey(answer=lists), "answer", levels=[1, 2])
    with refused(r"levels: expected texts or numbers, found \[1\]"):
        estimates.distribution(survey(), "answer", levels=[[1], [2]])


# Groups -----------------------------------------------------------------------------------------


def test_groups_with_missing_infinite_and_unsigned_values():
    labels = {
        "missing": ([None, "q"] * 12, ["q"]),
        "infinite": ([np.inf, np.nan] * 12, ["inf"]),
        "all missing": ([None] * 24, []),
        "mixed": (pd.Series([1, "a"] * 12, dtype="object"), ["1", "a"]),
        "true, false": ([True, False] * 12, ["False", "True"]),
        "extremes": (np.array([2**63 - 1, -(2**63)] * 12), [str(-(2**63)), str(2**63 - 1)]),
        "unsigned": (np.array([2**64 - 1, 5] * 12, dtype="uint64"), ["5", str(2**64 - 1)]),
        "small": (np.array([-128, 127] * 12, dtype="int8"), ["-128", "127"]),
    }
    for name, (group, expected) in labels.items():
        table = published(estimates.mean(survey(group=group), "score", by=["group"], min_base=1))
        assert table["group"].tolist() == expected, name


def test_groups_that_are_lists_are_refused():
    lists = pd.Series([[1], [2]] * 12, dtype="object")
    with refused("'group' that can be told apart"):
        estimates.mean(survey(group=lists), "score", by=["group"])
    with refused("'stratum' that can be told apart"):
        estimates.mean(survey(stratum=lists), "score", design=Design(stratum="stratum"))


def test_rows_of_any_index():
    df = survey()
    plain = published(estimates.mean(df, "score", where=df["age"] > 30, by=["group"], min_base=1))
    pairs = pd.MultiIndex.from_product([range(4), list("abcdef")])
    for index in pairs, np.zeros(24, dtype=int), pd.date_range("2026-01-01", periods=24):
        other = df.set_index(index)
        table = estimates.mean(other, "score", where=other["age"] > 30, by=["group"], min_base=1)
        pd.testing.assert_frame_equal(table, plain)


# Weights ----------------------------------------------------------------------------------------


@every_estimator
@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-12, 1e12, 1e59])
@pytest.mark.parametrize("clustered", [False, True], ids=["rows", "clusters"])
def test_huge_and_tiny_weights(metric, size, clustered):
    design = Design(weight="weight", cluster="cluster" if clustered else None)
    for weight in (np.full(24, size), np.where(np.arange(24) == 5, size, 1.0)):
        df = survey(weight=weight)
        published(ESTIMATORS[metric](df, design=design, by=["group"], min_base=1))
        same = df.assign(score=4.0, satisfied=True, recommend=9, answer="good")
        published(ESTIMATORS[metric](same, design=design, min_base=1))


@every_estimator
def test_tiny_and_huge_weights_side_by_side(metric):
    df = survey(weight=np.where(np.arange(24) % 2 == 0, 1e-12, 1e12))
    design = Design(weight="weight", cluster="cluster")
    published(ESTIMATORS[metric](df, design=design, min_base=1))
    one = survey(weight=np.where(np.arange(24) == 0, 1e-12, 1e12), satisfied=[False] + [True] * 23)
    for method in ("korn_graubard", "wilson", "logit", "arcsine"):
        published(estimates.share(one, "satisfied", design=design, method=method, min_base=1))


@every_estimator
def test_a_group_of_weight_0_is_empty(metric):
    df = survey()
    df["weight"] = df["weight"].where(df["group"] == "q", 0)
    table = published(ESTIMATORS[metric](df, by=["group"], design=FULL, min_base=1))
    assert table.loc[table["group"] == "p", "reason"].eq("empty").all()
    assert table.loc[table["group"] == "q", "n"].eq(12).all()


WEIGHTS = {
    "negative": (-1.0, "weight: expected no negative weight in 'weight', found 24, .* row 0; "),
    "missing": (np.nan, "weight: expected a finite number .* found 24 missing or infinite"),
    "infinite": (np.inf, "weight: expected a finite number .* found 24 missing or infinite"),
    "beyond": (1e61, "weight: expected a finite number .* beyond 1e.60"),
    "all 0": (0.0, "weight: expected weights above 0 in 'weight', found only 0; "),
    "text": ("1", "weight: expected numbers in 'weight', found dtype str; "),
    "true": (True, "weight: expected numbers in 'weight', found dtype bool; "),
    "complex": (1 + 0j, "weight: expected numbers in 'weight', found dtype complex128; "),
}


@every_estimator
@pytest.mark.parametrize(("weight", "message"), WEIGHTS.values(), ids=WEIGHTS)
def test_weights_that_are_none(metric, weight, message):
    with refused(message):
        ESTIMATORS[metric](survey(weight=weight), design=Design(weight="weight"))


# Strata, clusters, populations ------------------------------------------------------------------


@every_estimator
def test_a_single_cluster(metric):
    table = ESTIMATORS[metric](survey(cluster=1), design=Design(cluster="cluster"), min_base=1)
    assert set(reasons_of(table)) == {"single_cluster"}


@every_estimator
def test_a_group_inside_one_cluster(metric):
    table = ESTIMATORS[metric](
        survey(cluster=np.arange(24) % 2),
        by=["group"],
        design=Design(cluster="cluster"),
        min_base=1,
    )
    assert set(reasons_of(table)) == {"single_cluster"}


@every_estimator
@pytest.mark.parametrize("lonely", ["refuse", "certainty", "centre"])
def test_one_row_in_every_stratum(metric, lonely):
    design = Design(stratum="stratum", lonely=lonely)
    df = survey(stratum=[f"s{i}" for i in range(24)])
    if lonely == "refuse":
        with refused(
            "stratum: expected two or more rows in each stratum .* 's0', 's1', .*, …; merge"
        ):
            ESTIMATORS[metric](df, design=design)
        return
    assert set(reasons_of(ESTIMATORS[metric](df, design=design, min_base=1))) == {"single_cluster"}


@every_estimator
@pytest.mark.parametrize("lonely", ["refuse", "certainty", "centre"])
def test_a_lonely_stratum_beside_others(metric, lonely):
    df = survey(stratum=["a"] * 11 + ["b"] * 12 + ["alone"], population=40)
    design = Design(stratum="stratum", population="population", lonely=lonely)
    if lonely == "refuse":
        with refused("found one in 'alone'; merge the stratum"):
            ESTIMATORS[metric](df, design=design)
    else:
        published(ESTIMATORS[metric](df, by=["stratum"], design=design, min_base=1))
        published(ESTIMATORS[metric](df, design=design, min_base=1))
    # One sampled of one in the population: it is known, whatever ``lonely`` says.
    certain = df.assign(population=df["population"].where(df["stratum"] != "alone", 1))
    table = published(ESTIMATORS[metric](certain, by=["stratum"], design=design, min_base=1))
    assert table.loc[table["group"] == "alone", "reason"].eq("census").all()
    assert ESTIMATORS[metric](certain, design=design, min_base=1)["reason"].isna().any()


@every_estimator
def test_everyone_is_asked(metric):
    df = survey(population=12)
    design = Design(stratum="stratum", population="population")
    table = published(ESTIMATORS[metric](df, by=["group"], design=design, min_base=1))
    assert table["reason"].eq("census").all()
    assert table["se"].eq(0).all()


POPULATIONS = {
    "smaller": (5, "population: expected at least the 12 rows sampled in stratum 'a', found 5; "),
    "a share": (0.2, "population: expected at least the 12 rows .* found 0.2; .* not shares"),
    "differs": (
        range(20, 44),
        "population: expected one number of units .* several in stratum 'a'",
    ),
    "text": ("many", "population: expected numbers in 'population', found dtype str; "),
    "missing": (np.nan, "population: expected a finite number in every row of 'population'"),
    "infinite": (np.inf, "population: expected a finite number in every row of 'population'"),
    "negative": (-30, "population: expected at least the 12 rows .* found -30"),
}


@pytest.mark.parametrize(("population", "message"), POPULATIONS.values(), ids=POPULATIONS)
def test_populations_that_are_none(population, message):
    design = Design(stratum="stratum", population="population")
    with refused(message):
        estimates.mean(survey(population=population), "score", design=design)


@pytest.mark.parametrize("name", ["stratum", "cluster"])
def test_strata_and_clusters_must_be_known(name):
    df = survey(**{name: [None, "a"] * 12})
    with refused(
        f"{name}: expected a value in every row of '{name}', found 12 missing, .* row 0; "
    ):
        estimates.mean(df, "score", design=Design(**{name: name}))


# Margins ----------------------------------------------------------------------------------------


def same_numbers(left: pd.DataFrame, right: pd.DataFrame) -> None:
    columns = ["n", *NUMBERS]
    pd.testing.assert_frame_equal(left[columns], right[columns], rtol=1e-8)


@every_estimator
@every_design
def test_a_margin_of_one_level_adds_nothing_to_the_margins(metric, design):
    design = design or Design()
    df = survey(one="all", constant=7.0, nothing=0.0)
    how = {"min_base": 1, "by": ["group"]}
    base = {f: getattr(design, f) for f in ("weight", "stratum", "cluster", "population")}
    base["lonely"] = "centre"
    plain = published(ESTIMATORS[metric](df, design=Design(**base, margins=["one"]), **how))
    for name in ("constant", "nothing"):
        table = published(ESTIMATORS[metric](df, design=Design(**base, margins=[name]), **how))
        same_numbers(table, plain)


@every_estimator
def test_margins_that_repeat_one_another_count_once(metric):
    df = survey()
    df["again"] = df["tier"].map({"x": 1, "y": 2}).astype("category")
    df["double"] = 2 * df["age"] + 3
    how = {"min_base": 1, "by": ["group"]}
    once = Design(weight="weight", margins=["tier", "age"])
    twice = Design(weight="weight", margins=["tier", "again", ("tier", "again"), "age", "double"])
    same_numbers(
        published(ESTIMATORS[metric](df, design=twice, **how)),
        published(ESTIMATORS[metric](df, design=once, **how)),
    )


@every_estimator
@pytest.mark.parametrize("offset", [2026.0, 1e9, -1e12])
def test_a_numeric_margin_may_lie_far_from_0(metric, offset):
    """A year, or a customer number that nobody should calibrate to: its spread still counts."""
    df = survey()
    far = df.assign(age=df["age"] + offset)
    design = Design(weight="weight", margins=["age"])
    same_numbers(
        published(ESTIMATORS[metric](far, design=design, min_base=1)),
        published(ESTIMATORS[metric](df, design=design, min_base=1)),
    )


def test_as_many_margins_as_rows_fix_everything():
    design = Design(weight="weight", margins=["own"])
    df = survey(own=[f"m{i}" for i in range(24)])
    assert reasons_of(estimates.mean(df, "score", design=design, min_base=1)) == ["fixed_by_design"]


MARGINS = {
    "missing level": (
        ["tier"],
        {"tier": [None, "x"] * 12},
        "margins: expected a value in every row",
    ),
    "missing number": (["age"], {"age": np.nan}, "margins: expected a finite number in every row"),
    "complex": (["age"], {"age": 1j}, "margins: expected numbers in 'age', found dtype complex128"),
    "unknown": (["teir"], {}, "design.margins: expected the name of a column, found 'teir'"),
}


@pytest.mark.parametrize(("margins", "columns", "message"), MARGINS.values(), ids=MARGINS)
def test_margins_that_are_none(margins, columns, message):
    with refused(message):
        estimates.mean(survey(**columns), "score", design=Design(margins=margins))


# Replicates -------------------------------------------------------------------------------------


def with_replicates(**columns: object) -> pd.DataFrame:
    random = np.random.default_rng(3)
    made = {f"r{i}": random.uniform(0.2, 2, 24) for i in range(4)}
    return survey(**{**made, **columns})


FOUR = Design(weight="weight", replicates=[f"r{i}" for i in range(4)])


@every_estimator
def test_replicates_without_weight_or_all_alike(metric):
    ones = {f"r{i}": 1.0 for i in range(4)}
    for columns in ({"r0": 0.0}, dict.fromkeys(ones, 0.0), ones, {"r0": 1e-12, "r1": 1e12}):
        published(ESTIMATORS[metric](with_replicates(**columns), design=FOUR, min_base=1))
    alike = ESTIMATORS[metric](with_replicates(**ones), design=FOUR, min_base=1)
    assert set(alike["reason"]) == {"single_cluster"}


@every_estimator
def test_a_group_that_no_replicate_holds(metric):
    df = with_replicates()
    columns = {f"r{i}": df[f"r{i}"].where(df["group"] == "p", 0) for i in range(4)}
    table = ESTIMATORS[metric](df.assign(**columns), by=["group"], design=FOUR, min_base=1)
    assert published(table).loc[table["group"] == "q", "reason"].eq("single_cluster").all()


REPLICATES = {
    "one column": ({}, {"replicates": ["r0"]}, "replicates: expected two or more .* found 1"),
    "missing": ({"r1": np.nan}, {}, "replicates: expected a finite number .* 'r1', found 24"),
    "text": ({"r1": "a"}, {}, "replicates: expected numbers in 'r1', found dtype str"),
    "unknown": ({}, {"replicates": ["r0", "r9"]}, "design.replicates: expected the name .* 'r9'"),
}


@pytest.mark.parametrize(("columns", "design", "message"), REPLICATES.values(), ids=REPLICATES)
def test_replicates_that_are_none(columns, design, message):
    named = {"weight": "weight", "replicates": FOUR.replicates, **design}
    with refused(message):
        estimates.mean(with_replicates(**columns), "score", design=Design(**named))


# Arguments --------------------------------------------------------------------------------------


DESIGN_ARGUMENTS = {
    "margins: text": (
        {"margins": "tier"},
        r"margins: .* the text 'tier'; write margins=\['tier'\]",
    ),
    "margins: none": ({"margins": None}, "margins: expected a sequence, found None"),
    "margins: number": ({"margins": [3]}, "margins: expected names of columns, .* found 3; "),
    "margins: empty": ({"margins": [()]}, r"margins: expected names of columns, .* found \(\); "),
    "replicates: number": ({"replicates": 4}, r"replicates: expected a sequence, found 4"),
    "scales: number": (
        {"replicate_scales": 1.0},
        "replicate_scales: expected a sequence, found 1.0",
    ),
    "scales: too few": (
        {"replicates": ["r0", "r1"], "replicate_scales": [1]},
        "replicate_scales: expected one number for each of the 2 replicates, found 1",
    ),
    "scales: text": (
        {"replicates": ["r0", "r1"], "replicate_scales": ["a", "b"]},
        "replicate_scales: expected numbers of 0 or more, .* found 'a'",
    ),
    "scales: missing": (
        {"replicates": ["r0", "r1"], "replicate_scales": [1, math.nan]},
        "replicate_scales: expected numbers of 0 or more, .* found nan",
    ),
    "scales: negative": (
        {"replicates": ["r0", "r1"], "replicate_scales": [1, -1]},
        "replicate_scales: expected numbers of 0 or more, .* found -1",
    ),
    "scales: all 0": (
        {"replicates": ["r0", "r1"], "replicate_scales": [0, 0]},
        "replicate_scales: expected numbers of 0 or more, one of them above 0, found 0",
    ),
    "lonely": ({"lonely": "ignore"}, "lonely: expected one of refuse, certainty, centre, found"),
    "base alone": ({"base": "weight"}, "base: expected margins beside the weights"),
}


@pytest.mark.parametrize(("arguments", "message"), DESIGN_ARGUMENTS.values(), ids=DESIGN_ARGUMENTS)
def test_designs_that_are_none(arguments, message):
    with refused(message):
        Design(**arguments)


CONFIDENCES = {
    "0": 0, "1": 1, "95": 95, "-0.5": -0.5, "missing": math.nan, "text": "95%", "none": None,
    "true": True, "fraction": Fraction(19, 20), "next to 0": 1e-17, "next to 1": 1 - 1e-16,
}  # fmt: skip


@every_estimator
@pytest.mark.parametrize("conf", CONFIDENCES.values(), ids=CONFIDENCES)
def test_confidences_that_are_none(metric, conf):
    with refused("conf: expected a number between 0 and 1, found .*; write 0.95"):
        ESTIMATORS[metric](survey(), conf=conf)


@every_estimator
@pytest.mark.parametrize("conf", [0.01, 0.5, 0.9999, 1 - 1e-9, np.float32(0.95)], ids=str)
@every_design
def test_confidences_near_the_ends(metric, conf, design):
    published(ESTIMATORS[metric](survey(), conf=conf, design=design, min_base=1))


@pytest.mark.parametrize("min_base", [0, -1, 2.5, True, "30", None], ids=str)
def test_bases_that_are_none(min_base):
    with refused("min_base: expected a whole number of answers, 1 or more, found"):
        estimates.mean(survey(), "score", min_base=min_base)


ARGUMENTS = {
    "no table": (lambda df: estimates.mean({"score": [1]}, "score"), "df: .* found dict"),
    "nothing": (lambda df: estimates.total(None, "score"), "df: expected a DataFrame .* NoneType"),
    "items: none": (lambda df: estimates.mean(df, None), "items: expected a sequence, found None"),
    "items: number": (lambda df: estimates.nps(df, 3), "items: expected a sequence, found 3"),
    "by: none": (lambda df: estimates.share(df, "satisfied", by=None), "by: expected a sequence"),
    "by: number": (lambda df: estimates.mean(df, "score", by=[3]), "by: expected the name .* 3"),
    "levels: number": (
        lambda df: estimates.distribution(df, "answer", levels=5), "levels: .* found 5"
    ),
    "where: text": (lambda df: estimates.mean(df, "score", where="a > 1"), "where: .* found str"),
    "where: a list": (
        lambda df: estimates.mean(df, "score", where=[True] * 24), "where: .* found list"
    ),
    "method": (lambda df: estimates.share(df, "satisfied", method="wald"), "method: .* 'wald'"),
    "design: names": (
        lambda df: estimates.mean(df, "score", design={"weight": "weight"}), "design: .* dict"
    ),
    "design: number": (
        lambda df: estimates.mean(df, "score", design=Design(weight=3)), "design.weight: .* 3"
    ),
    "design: list": (
        lambda df: estimates.mean(df, "score", design=Design(stratum=["stratum"])),
        r"design.stratum: .* \['stratum'\]",
    ),
    "two columns of one name": (
        lambda df: estimates.mean(df[["score", "weight", "weight"]], "score",
                                  design=Design(weight="weight")),
        "design.weight: expected one column called 'weight', found 2; rename",
    ),
    "denominators": (
        lambda df: estimates.ratio(df, "score", ["cost", "age"]),
        "denominators: expected one for each of the 1 numerators, found 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_are_none(call, message):
    with refused(message):
        call(survey())


@every_estimator
def test_a_refusal_says_what_was_expected_and_found(metric):
    for design in (Design(weight="wieght"), Design(stratum="stratun"), Design(margins=["teir"])):
        with refused(r"design\.\w+: expected .*, found .*; choose from"):
            ESTIMATORS[metric](survey(), design=design)


# Other public functions -------------------------------------------------------------------------


METHODS = ["wilson", "wilson_continuity", "exact", "mid_p", "agresti_coull", "jeffreys", "bayes",
           "logit", "cloglog", "lrt", "wald"]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("conf", [0.01, 0.95, 1 - 1e-9])
def test_intervals_of_counts(method, conf):
    x = np.array([0, 0, 1, 0, 1, 2, 1, 10**9 - 1, 10**9, 0])
    n = np.array([0, 1, 1, 2, 2, 2, 10**9, 10**9, 10**9, 10**15])
    table = estimates.proportion_interval(x, n, method=method, conf=conf)
    known = table["reason"].isna()
    for name in ("estimate", "ci_low", "ci_high"):
        assert np.isfinite(table[name][known].to_numpy(dtype=float)).all(), name
    assert (table["ci_low"] < table["ci_high"])[known].all()
    assert table[["ci_low", "ci_high"]][~known].isna().all(axis=None)
    assert table["reason"].iloc[0] == "empty"


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"satisfied": pd.array([True] * 24, dtype="boolean")},
        {"satisfied": pd.array([None] * 24, dtype="boolean")},
        {"group": [f"u{i}" for i in range(24)]},
        {"group": [None] * 24},
        {"weight": [0.0, 1.0] * 12},
    ],
    ids=["plain", "all satisfied", "no answer", "one each", "no unit", "unit of weight 0"],
)
@pytest.mark.parametrize("design", [None, Design(weight="weight")], ids=["rows", "weights"])
@pytest.mark.parametrize("rows", [0, 1, 24])
def test_units_of_any_kind(columns, design, rows):
    df = survey(**columns).iloc[:rows]
    table = estimates.units(df, "satisfied", unit="group", target=0.8, design=design)
    for name in table.columns:
        if pd.api.types.is_float_dtype(table[name].dtype):
            shown = table[name].dropna().to_numpy(dtype=float)
            assert np.isfinite(shown).all(), name
    shown = table["ci_low"].notna()
    assert (table["ci_low"] < table["ci_high"])[shown].all()


def test_arrow_decimals_are_numbers():
    decimals = pd.Series([1, 2] * 12).astype(pd.ArrowDtype(pa.decimal128(38, 2)))
    for metric in ("mean", "total", "ratio"):
        published(ESTIMATORS[metric](survey(score=decimals), min_base=1))


@pytest.mark.parametrize("factor", [1e200, 1e300, 1e-200, 1e-300])
def test_units_whose_weights_have_squares_out_of_range(factor):
    df, named = survey(), {"unit": "group", "target": 0.8, "design": Design(weight="weight")}
    plain = estimates.units(df, "satisfied", **named)
    found = estimates.units(df.assign(weight=factor * df["weight"]), "satisfied", **named)
    pd.testing.assert_frame_equal(found, plain, rtol=1e-9)
    mixed = df.assign(weight=np.where(df["group"] == "p", factor, 1.0) * df["weight"])
    found = estimates.units(mixed, "satisfied", **named)
    same = ["n_eff", "estimate", "se", "ci_low", "ci_high"]
    pd.testing.assert_frame_equal(found[same], plain[same], rtol=1e-9)


def test_a_decomposition_of_too_many_groups_is_refused():
    df = pd.DataFrame({"score": np.arange(1001.0) % 5, "group": np.arange(1001)})
    with refused("by: expected at most 1000 groups, found 1001; .* larger groups"):
        estimates.decompose(df, df, "score", by="group")
