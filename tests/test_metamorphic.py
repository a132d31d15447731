"""What must not change, or change in a known way, whatever the survey: relations of the estimates.

No value is known here. Each test makes a survey of some design, changes it in a way whose effect on
every number is known, and compares. A mistake that no reference value happens to touch shows here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from csatlib import estimates
from csatlib.estimates import Design

NUMBERS = ["n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high"]
LEVELS = ["bad", "fair", "good"]
METHODS = ["korn_graubard", "beta", "wilson", "logit", "arcsine", "likelihood"]
EXAMPLES = settings(deadline=None, max_examples=10)

#: Each estimator with the columns that `surveys` makes for it.
METRICS: dict[str, Callable[..., pd.DataFrame]] = {
    "mean": lambda df, **how: estimates.mean(df, "score", **how),
    "share": lambda df, **how: estimates.share(df, "satisfied", **how),
    "nps": lambda df, **how: estimates.nps(df, "recommend", **how),
    "total": lambda df, **how: estimates.total(df, "score", **how),
    "ratio": lambda df, **how: estimates.ratio(df, "score", "cost", **how),
    "distribution": lambda df, **how: estimates.distribution(df, "answer", levels=LEVELS, **how),
    "quantile": lambda df, **how: estimates.quantile(df, "score", q=[0.5], **how),
}
#: Those that weights enter only as shares of their sum, and whose error is that of a mean.
SCALE_FREE = ("mean", "share", "nps", "ratio", "distribution")
FIRST_ORDER = (*SCALE_FREE, "total")


@dataclass(frozen=True)
class Case:
    """A table and its design."""

    df: pd.DataFrame
    design: Design

    def __repr__(self) -> str:
        return f"{self.design!r}\n{self.df.to_string()}"


@st.composite
def surveys(
    draw: st.DrawFn,
    *,
    stratum: bool | None = None,
    cluster: bool | None = None,
    weight: str | None = None,
    population: str | None = None,
    margins: tuple[str, ...] | None = None,
    units: int = 1,
) -> Case:
    """Draw a survey; what is named is fixed, the rest is drawn. ``units``: the least a stratum."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    stratum = draw(st.booleans()) if stratum is None else stratum
    cluster = draw(st.booleans()) if cluster is None else cluster
    kinds = ["none", "equal", "random", "zeros", "cells"]
    weight = draw(st.sampled_from(kinds)) if weight is None else weight
    populations = ["none", "large", "some whole"]
    population = draw(st.sampled_from(populations)) if population is None else population
    if margins is None:
        choices = [(), (), ("region",), ("region", "tier"), (("region", "tier"),), ("age", "tier")]
        margins = draw(st.sampled_from(choices))
    lonely = draw(st.sampled_from(["certainty", "centre"]))

    places = _places(random, strata=int(random.integers(1, 4)), units=units)
    rows = len(places)
    score = np.where(random.random(rows) < 0.15, np.nan, random.integers(1, 6, rows))
    df = places.assign(
        region=random.choice(["north", "east"], rows),
        tier=random.choice(["a", "b", "c"], rows),
        age=random.integers(20, 60, rows).astype(float),
        group=pd.array(random.choice(["p", "q", "r", None], rows), dtype="str"),
        score=score,
        satisfied=pd.array(random.random(rows) < 0.7, dtype="boolean"),
        recommend=pd.array(random.choice([3, 6, 7, 8, 9, 10], rows), dtype="Int64"),
        cost=np.where(random.random(rows) < 0.1, np.nan, random.integers(1, 9, rows)),
        answer=pd.array(random.choice([*LEVELS, None], rows), dtype="str"),
    )
    df.loc[random.random(rows) < 0.1, "satisfied"] = pd.NA
    df.loc[random.random(rows) < 0.1, "recommend"] = pd.NA
    df["weight"] = _weights(random, df, weight)
    df["population"] = _populations(random, df, population, stratum=stratum, cluster=cluster)
    return Case(
        df,
        Design(
            weight=None if weight == "none" else "weight",
            stratum="stratum" if stratum else None,
            cluster="cluster" if cluster else None,
            population=None if population == "none" else "population",
            margins=margins,
            lonely=lonely,
        ),
    )


def _places(random: np.random.Generator, *, strata: int, units: int) -> pd.DataFrame:
    """Lay out strata, clusters in them (their names repeat from stratum to stratum) and rows."""
    rows = [
        (f"s{stratum}", cluster)
        for stratum in range(strata)
        for cluster in range(int(random.integers(max(units, 1), 5)))
        for _ in range(int(random.integers(1, 5)))
    ]
    # Two rows at least: a whole sample of one has no error.
    return pd.DataFrame(rows + rows[:1] * (len(rows) < 2), columns=["stratum", "cluster"])


def _weights(random: np.random.Generator, df: pd.DataFrame, kind: str) -> np.ndarray:
    if kind in ("none", "equal"):
        return np.full(len(df), 2.5)
    if kind == "cells":
        each = dict(zip(["north", "east"], random.uniform(0.5, 4, 2), strict=True))
        return df["region"].map(each).to_numpy(dtype=float)
    weight = random.uniform(0.5, 4, len(df))
    if kind == "zeros":
        weight[random.random(len(df)) < 0.2] = 0
        weight[0] = 1
    return weight


def _populations(
    random: np.random.Generator, df: pd.DataFrame, kind: str, *, stratum: bool, cluster: bool
) -> np.ndarray:
    design = Design(stratum="stratum" if stratum else None, cluster="cluster" if cluster else None)
    place, unit = units_of(Case(df, design))
    sampled = unit.groupby(place).nunique()
    times = {"large": [3, 50], "some whole": [1, 2]}.get(kind, [1])
    factor = pd.Series(random.choice(times, len(sampled)), index=sampled.index)
    return place.map(sampled * factor).to_numpy(dtype=float)


def units_of(case: Case) -> tuple[pd.Series, pd.Series]:
    """Give each row's stratum and its sampling unit, as the design reads them."""
    df, design = case.df, case.design
    place = df["stratum"] if design.stratum else pd.Series("all", index=df.index)
    unit = (df["cluster"] if design.cluster else df.index.to_series()).astype("str")
    return place, place + "/" + unit


def every(
    case: Case, *, only: tuple[str, ...] = tuple(METRICS), by: tuple[str, ...] = (), where=None
) -> pd.DataFrame:
    """Estimate everything once, one table below the other."""
    how = {"by": by, "where": where, "design": case.design, "min_base": 1}
    tables = [METRICS[name](case.df, **how) for name in only]
    return pd.concat(tables, ignore_index=True)


def same(
    left: pd.DataFrame, right: pd.DataFrame, columns: list[str] = NUMBERS, *, reason: bool = True
) -> None:
    """Hold two tables to the same numbers, and to the same reasons."""
    told = ["metric", "level", "suppressed", *(["reason"] if reason else [])]
    pd.testing.assert_frame_equal(
        left[told + columns].reset_index(drop=True),
        right[told + columns].reset_index(drop=True),
        check_dtype=False,
        rtol=1e-8,
        atol=1e-10,
    )


def changed(case: Case, df: pd.DataFrame | None = None, **design: object) -> Case:
    return Case(case.df if df is None else df, replace(case.design, **design))


# Order, names and types: nothing changes --------------------------------------------------------


@EXAMPLES
@given(case=surveys(), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(case, seed):
    shuffled = changed(case, case.df.sample(frac=1, random_state=seed))
    same(every(case, by=("group",)), every(shuffled, by=("group",)))


@EXAMPLES
@given(case=surveys())
def test_the_order_of_categories_moves_rows_and_no_number(case):
    def as_category(order: list[str]) -> pd.DataFrame:
        df = case.df.assign(group=pd.Categorical(case.df["group"], categories=order))
        table = every(changed(case, df), by=("group",))
        return table.sort_values(["metric", "group", "level"], na_position="first")

    same(as_category(["p", "q", "r"]), as_category(["r", "p", "q"]))


NAMES = {
    "order-preserving": lambda name: f"x{name}",
    "reversed": lambda name: chr(300 - ord(str(name)[-1])),
    "whole numbers": lambda name: 1000 - 7 * ord(str(name)[-1]),
}


@EXAMPLES
@pytest.mark.parametrize("rename", NAMES.values(), ids=NAMES)
@given(case=surveys())
def test_names_of_strata_clusters_margins_and_groups_do_not_matter(rename, case):
    names = ["stratum", "cluster", "region", "tier", "group"]
    df = case.df.assign(**{name: case.df[name].map(rename, na_action="ignore") for name in names})
    # Whole numbers would be a numeric margin.
    df = df.assign(region=df["region"].astype("str"), tier=df["tier"].astype("str"))
    old, new = every(case, by=("group",)), every(changed(case, df), by=("group",))
    known = case.df["group"].dropna().unique()
    old["group"] = old["group"].map({name: str(rename(name)) for name in known})
    keys = ["metric", "level", "group"]
    same(old.sort_values(keys), new.sort_values(keys))


@EXAMPLES
@given(case=surveys())
def test_a_cluster_is_read_within_its_stratum(case):
    names = case.df["stratum"] + "/" + case.df["cluster"].astype("str")
    case = changed(case, stratum="stratum", cluster="cluster", population=None)
    same(every(case), every(changed(case, case.df.assign(cluster=names))))


COLUMN_TYPES = {
    "text as categories": {"stratum": "category", "tier": "category", "group": "category"},
    "text as objects": {"stratum": "object", "region": "object", "group": "object"},
    "clusters as text": {"cluster": "str"},
    "clusters as fractions": {"cluster": "float64"},
    "nullable numbers": {"score": "Int64", "weight": "Float64", "population": "Int64"},
    "small numbers": {"recommend": "Float32", "score": "float32", "age": "int16"},
    "arrow": {"score": "double[pyarrow]", "cluster": "int64[pyarrow]", "satisfied": "bool[pyarrow]"},
}  # fmt: skip


@EXAMPLES
@pytest.mark.parametrize("types", COLUMN_TYPES.values(), ids=COLUMN_TYPES)
@given(case=surveys())
def test_types_of_columns_do_not_matter(types, case):
    same(every(case, by=("group",)), every(changed(case, case.df.astype(types)), by=("group",)))


@EXAMPLES
@given(case=surveys())
def test_row_labels_and_further_columns_do_not_matter(case):
    df = case.df.set_axis(np.zeros(len(case.df)), axis=0).assign(remark="x", other=np.nan)
    same(every(case, by=("group",)), every(changed(case, df), by=("group",)))


@EXAMPLES
@given(case=surveys())
def test_items_together_and_items_apart_agree(case):
    df = case.df.assign(other=case.df["cost"] - 3)
    how = {"by": ["group"], "design": case.design, "min_base": 1}
    for estimate in (estimates.mean, estimates.total):
        one, two = (estimate(df, item, **how) for item in ("score", "other"))
        pd.testing.assert_frame_equal(
            estimate(df, ["other", "score"], **how), pd.concat([two, one], ignore_index=True)
        )


# Domains ----------------------------------------------------------------------------------------


@EXAMPLES
@given(case=surveys())
def test_a_group_and_the_same_domain_agree(case):
    table = every(case, by=("group",))
    for group in case.df["group"].dropna().unique():
        same(table[table["group"] == group], every(case, where=case.df["group"] == group))


@EXAMPLES
@given(case=surveys())
def test_groups_inside_a_domain_are_the_domains_inside_a_group(case):
    inside = case.df["tier"] != "c"
    table = every(case, by=("group",), where=inside)
    for group in case.df["group"][inside].dropna().unique():
        same(
            table[table["group"] == group],
            every(case, where=(case.df["group"] == group) & inside),
        )


@EXAMPLES
@given(case=surveys(margins=()))
def test_a_weight_of_0_outside_a_domain_is_the_domain(case):
    inside = case.df["group"].eq("p")
    weights = case.df["weight"] if case.design.weight else pd.Series(2.5, index=case.df.index)
    case = changed(case, case.df.assign(weight=weights), weight="weight")
    if not weights[inside].any():
        return
    zeroed = changed(case, case.df.assign(weight=weights.where(inside, 0)))
    same(every(case, only=FIRST_ORDER, where=inside), every(zeroed, only=FIRST_ORDER))


@EXAMPLES
@given(case=surveys())
def test_a_missing_answer_is_a_row_outside_the_domain(case):
    answered = case.df["score"].notna()
    filled = changed(case, case.df.assign(score=case.df["score"].fillna(3)))
    for name in ("mean", "total"):
        same(every(case, only=(name,)), every(filled, only=(name,), where=answered))


@EXAMPLES
@given(case=surveys())
def test_a_domain_is_the_whole_sample_with_nothing_outside(case):
    """The total of a domain is that of y·1 over everyone, its mean the ratio to the total of 1."""
    inside = case.df["group"].eq("p")
    counted = case.df["score"].notna() & inside
    everyone = case.df.assign(score=case.df["score"].where(counted, 0), cost=counted.astype(float))
    total, mean = (every(case, only=(name,), where=inside) for name in ("total", "mean"))
    whole = every(changed(case, everyone), only=("total", "ratio"))
    for domain, all_rows in (total, whole[:1]), (mean, whole[1:]):
        if domain["reason"].isna().all() and all_rows["reason"].isna().all():
            assert_close(all_rows, domain, ["estimate", "se"])


@EXAMPLES
@given(case=surveys())
def test_an_empty_category_adds_an_empty_row_and_nothing_else(case):
    def table(categories: list[str]) -> pd.DataFrame:
        groups = pd.Categorical(case.df["group"], categories=categories)
        return every(changed(case, case.df.assign(group=groups)), by=("group",))

    more = table(["p", "empty", "q", "r"])
    empty = more["group"] == "empty"
    assert more.loc[empty, "reason"].eq("empty").all()
    assert more.loc[empty, "n"].eq(0).all()
    assert more.loc[empty, [name for name in NUMBERS if name != "n"]].isna().all(axis=None)
    same(more[~empty], table(["p", "q", "r"]))


@EXAMPLES
@given(case=surveys(stratum=True, margins=()))
def test_a_survey_of_its_own_added_as_further_strata_changes_nothing_in_the_first(case):
    """All but ``simple``, which knows the size of the whole table: n_eff moves a little."""
    other = case.df.assign(stratum="t" + case.df["stratum"], score=5 - case.df["score"])
    both = changed(case, pd.concat([case.df, other], ignore_index=True), lonely="certainty")
    first = pd.Series(np.arange(len(both.df)) < len(case.df))
    once = changed(case, lonely="certainty")
    kept = [name for name in NUMBERS if name != "n_eff"]
    metrics = ("mean", "nps", "total", "ratio")
    same(every(once, only=metrics), every(both, only=metrics, where=first), kept)


# Weights ----------------------------------------------------------------------------------------


@EXAMPLES
@given(case=surveys(), factor=st.sampled_from([1e-9, 0.01, 3.0, 1e9]))
def test_scaling_all_weights_scales_totals_and_nothing_else(case, factor):
    case = changed(case, weight="weight")
    scaled = changed(case, case.df.assign(weight=case.df["weight"] * factor))
    same(every(case, only=SCALE_FREE), every(scaled, only=SCALE_FREE))
    total, other = every(case, only=("total",)), every(scaled, only=("total",))
    for name in ("estimate", "se", "ci_low", "ci_high"):
        total[name] *= factor
    assert_close(other, total, ["estimate", "se", "ci_low", "ci_high"])
    same(other, total, ["n", "n_eff", "df"])


def assert_close(left: pd.DataFrame, right: pd.DataFrame, columns: list[str]) -> None:
    """Compare numbers of any size by their digits alone."""
    for name in columns:
        one, two = (table[name].to_numpy(dtype=float, na_value=np.nan) for table in (left, right))
        size = np.nanmax(np.abs(two), initial=0)
        np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-12 * size, err_msg=name)


@EXAMPLES
@given(case=surveys(weight="none", population="none"))
def test_equal_weights_are_no_weights(case):
    weighted = changed(case, weight="weight")
    same(every(case, only=SCALE_FREE), every(weighted, only=SCALE_FREE))


@EXAMPLES
@given(case=surveys(cluster=True))
def test_a_row_as_two_halves_in_its_cluster_is_one_row(case):
    """What counts answers (n, n_eff and what rests on them) sees two; the error does not."""
    case = changed(case, weight="weight")
    halves = pd.concat([case.df, case.df], ignore_index=True)
    halves["weight"] /= 2
    once, twice = (
        every(one, only=FIRST_ORDER, by=("group",)) for one in (case, changed(case, halves))
    )
    several = (once["n"] > 1).to_numpy()
    same(once[several], twice[several], ["df", "estimate", "se"])
    means = several & once["metric"].isin(["mean", "nps", "total", "ratio"]).to_numpy()
    same(once[means], twice[means], ["ci_low", "ci_high"])
    assert twice["n"].tolist() == (2 * once["n"]).tolist()


@EXAMPLES
@given(case=surveys(stratum=False, cluster=False, population="none", margins=()))
def test_every_row_twice_as_two_units_lowers_the_variance_by_counting(case):
    twice = changed(case, pd.concat([case.df, case.df], ignore_index=True))
    once, more = every(case, only=SCALE_FREE), every(twice, only=SCALE_FREE)
    rows, known = len(case.df), once["se"].notna() & more["se"].notna()
    assert_close(more[once["n"] > 0], once[once["n"] > 0], ["estimate"])
    once["se"] *= np.sqrt((rows - 1) / (2 * rows - 1))
    assert_close(more[known], once[known], ["se"])
    answered = once["n"] > 0
    assert (more["df"][answered] == 2 * once["df"][answered] + 1).all()


@EXAMPLES
@given(case=surveys(cluster=True))
def test_a_row_of_weight_0_in_its_cluster_changes_no_estimate_and_no_error(case):
    case = changed(case, weight="weight")
    nobody = case.df.iloc[:1].assign(weight=0.0, score=5.0, satisfied=True, answer="good")
    more = changed(case, pd.concat([case.df, nobody], ignore_index=True))
    kept = [name for name in NUMBERS if name != "n_eff"]
    metrics = ("mean", "nps", "total", "ratio")
    same(every(case, only=metrics), every(more, only=metrics), kept)


# Items ------------------------------------------------------------------------------------------


@EXAMPLES
@given(case=surveys(), a=st.sampled_from([0.5, 1000.0, -2.0]), b=st.sampled_from([0.0, -7.0, 1e5]))
def test_a_linear_change_of_scale_moves_every_number_of_a_mean_with_it(case, a, b):
    table = every(case, only=("mean",), by=("group",))
    recoded = changed(case, case.df.assign(score=a * case.df["score"] + b))
    limits = table[["ci_low", "ci_high"]] * a + b
    expected = table.assign(
        estimate=a * table["estimate"] + b,
        se=abs(a) * table["se"],
        ci_low=limits.min(axis=1).astype("Float64"),
        ci_high=limits.max(axis=1).astype("Float64"),
    )
    other = every(recoded, only=("mean",), by=("group",))
    same(other, expected, ["n", "n_eff", "df"])
    pd.testing.assert_frame_equal(
        other[["estimate", "se", "ci_low", "ci_high"]],
        expected[["estimate", "se", "ci_low", "ci_high"]],
        rtol=1e-8,
        atol=1e-7,
    )


@EXAMPLES
@given(case=surveys(), a=st.sampled_from([0.25, 40.0, -3.0]))
def test_totals_and_ratios_scale_with_their_item(case, a):
    recoded = changed(case, case.df.assign(score=a * case.df["score"]))
    metrics = ("total", "ratio")
    table, other = (every(one, only=metrics, by=("group",)) for one in (case, recoded))
    limits = table[["ci_low", "ci_high"]] * a
    expected = table.assign(
        estimate=a * table["estimate"],
        se=abs(a) * table["se"],
        ci_low=limits.min(axis=1).astype("Float64"),
        ci_high=limits.max(axis=1).astype("Float64"),
    )
    same(other, expected)


@EXAMPLES
@given(case=surveys())
def test_a_share_is_the_mean_of_0_and_1(case):
    share = every(case, only=("share",), by=("group",))
    mean = estimates.mean(case.df, "satisfied", by=["group"], design=case.design, min_base=1)
    same(share.assign(metric="mean"), mean, ["n", "df", "estimate"], reason=False)
    varied = mean["reason"].isna().to_numpy()
    same(share[varied].assign(metric="mean"), mean[varied], ["se"])


@EXAMPLES
@pytest.mark.parametrize("method", METHODS)
@given(case=surveys())
def test_the_share_of_the_others_has_the_mirrored_interval(method, case):
    how = {"by": ["group"], "design": case.design, "min_base": 1, "method": method}
    share = estimates.share(case.df, "satisfied", **how)
    others = estimates.share(case.df.assign(satisfied=~case.df["satisfied"]), "satisfied", **how)
    mirrored = others.assign(
        estimate=1 - others["estimate"],
        ci_low=1 - others["ci_high"],
        ci_high=1 - others["ci_low"],
    )
    same(share, mirrored)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("hits", [(0, 2), (4, 4)], ids=["share", "others"])
def test_a_share_as_precise_as_its_answers_has_the_mirrored_interval(method, hits):
    """Of 4 and 6 answers, p(1 - p)/se² is n itself but for rounding, and one stratum agrees."""
    rows = [("a", i < hits[0]) for i in range(4)] + [("b", i < hits[1]) for i in range(6)]
    df = pd.DataFrame(rows, columns=["stratum", "satisfied"])
    share, others = (
        estimates.share(
            one, "satisfied", design=Design(stratum="stratum"), min_base=1, method=method
        )
        for one in (df, df.assign(satisfied=~df["satisfied"]))
    )
    same(share, others, ["n", "n_eff", "df", "se"])
    assert (1 - others["ci_high"]).tolist() == pytest.approx(share["ci_low"].tolist(), rel=1e-12)
    assert (1 - others["ci_low"]).tolist() == pytest.approx(share["ci_high"].tolist(), rel=1e-12)
    expected = 10 * (stats.t(9).ppf(0.975) / stats.t(8).ppf(0.975)) ** 2
    assert share["n_eff"].tolist() == pytest.approx([expected], rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("hits", [3, 5, 9])
def test_a_share_and_the_others_have_no_interval_where_clusters_agree_by_chance(method, hits):
    df = pd.DataFrame(
        {"cluster": [1] * 10 + [2] * 10, "satisfied": [i < hits for i in range(10)] * 2}
    )
    how = {"design": Design(cluster="cluster"), "min_base": 1, "method": method}
    for one in (df, df.assign(satisfied=~df["satisfied"])):
        row = estimates.share(one, "satisfied", **how).iloc[0]
        assert row["reason"] == "no_variation"
        assert row[["n_eff", "se", "ci_low", "ci_high"]].isna().all()


@EXAMPLES
@given(case=surveys())
def test_nps_is_the_mean_of_its_bands(case):
    recommend = case.df["recommend"].astype("Float64")
    bands = 100.0 * (recommend >= 9) - 100.0 * (recommend <= 6)
    mean = estimates.mean(
        case.df.assign(score=bands), "score", by=["group"], design=case.design, min_base=1
    )
    limits = {name: mean[name].clip(-100, 100) for name in ("ci_low", "ci_high")}
    same(every(case, only=("nps",), by=("group",)), mean.assign(metric="nps", **limits))


@EXAMPLES
@given(case=surveys())
def test_a_distribution_is_one_share_a_level_and_sums_to_1(case):
    table = every(case, only=("distribution",), by=("group",))
    answered = table[table["n"] > 0]
    sums = answered.groupby("group")["estimate"].sum()
    assert sums.tolist() == pytest.approx([1.0] * len(sums), abs=1e-12)
    for level in LEVELS:
        chosen = changed(case, case.df.assign(satisfied=(case.df["answer"] == level)))
        chosen.df["satisfied"] = pd.array(chosen.df["satisfied"], dtype="boolean")
        chosen.df.loc[case.df["answer"].isna(), "satisfied"] = pd.NA
        share = every(chosen, only=("share",), by=("group",))
        same(
            table[table["level"] == level],
            share.assign(metric="distribution", level=level),
        )


@EXAMPLES
@given(case=surveys())
def test_a_ratio_to_1_is_the_mean(case):
    ones = changed(case, case.df.assign(cost=1.0))
    ratio = every(ones, only=("ratio",), by=("group",)).assign(metric="mean")
    mean = every(case, only=("mean",), by=("group",))
    varied = mean["reason"].isna().to_numpy()
    same(ratio, mean, ["n", "df", "estimate"], reason=False)
    same(ratio[varied], mean[varied])


@EXAMPLES
@given(case=surveys())
def test_a_total_is_the_mean_times_the_weights(case):
    answered = case.df["score"].notna()
    customers = estimates.total(
        case.df.assign(one=1.0), "one", where=answered, design=case.design, min_base=1
    )
    total, mean = (every(case, only=(name,)) for name in ("total", "mean"))
    assert_close(
        total, mean.assign(estimate=mean["estimate"] * customers["estimate"]), ["estimate"]
    )


@EXAMPLES
@given(case=surveys(weight="cells", margins=("region",)))
def test_where_margins_fix_the_customers_the_total_errs_as_the_mean_does(case):
    """The number of customers has no error then: se(total) is se(mean) times that number."""
    case = changed(case, case.df.assign(score=case.df["score"].fillna(3)))
    customers = case.df["weight"].sum()
    total, mean = (every(case, only=(name,)) for name in ("total", "mean"))
    known = mean["reason"].isna()
    expected = mean.assign(
        **{name: mean[name] * customers for name in ("estimate", "se", "ci_low", "ci_high")}
    )
    same(total[known].assign(metric="mean"), expected[known], [n for n in NUMBERS if n != "n_eff"])


# Designs that are one another -------------------------------------------------------------------


@EXAMPLES
@given(case=surveys(stratum=False, population="none"))
def test_one_stratum_is_no_stratum(case):
    one = changed(case, case.df.assign(stratum="all"), stratum="stratum")
    same(every(case, by=("group",)), every(changed(one, lonely="certainty"), by=("group",)))


@EXAMPLES
@given(case=surveys(cluster=False))
def test_every_row_its_own_cluster_is_no_cluster(case):
    own = changed(case, case.df.assign(cluster=np.arange(len(case.df))), cluster="cluster")
    same(every(case, by=("group",)), every(own, by=("group",)))


@EXAMPLES
@given(case=surveys(population="none"))
def test_a_population_without_end_is_no_population(case):
    endless = changed(case, case.df.assign(population=1e15), weight="weight")
    case = changed(case, weight="weight")
    endless = changed(endless, population="population")
    same(every(case, by=("group",)), every(endless, by=("group",)))


@EXAMPLES
@given(case=surveys(population="none"))
def test_a_population_of_k_times_the_sample_takes_its_share_of_the_variance(case):
    case = changed(case, weight="weight")
    place, unit = units_of(case)
    sampled = place.map(unit.groupby(place).nunique())
    quarter = changed(case, case.df.assign(population=4 * sampled), population="population")
    once, less = (
        every(case, only=("mean", "total", "ratio")),
        every(quarter, only=("mean", "total", "ratio")),
    )
    same(less, once.assign(se=np.sqrt(0.75) * once["se"]), ["n", "df", "estimate", "se"])
    whole = changed(case, case.df.assign(population=sampled), population="population")
    census = every(whole, only=FIRST_ORDER, by=("group",))
    answered = census[census["n"] > 0]
    assert answered["reason"].eq("census").all()
    assert answered["se"].eq(0).all()
    assert answered[["ci_low", "ci_high"]].isna().all(axis=None)


@EXAMPLES
@given(case=surveys(weight="none", population="none"))
def test_without_weights_a_population_weighs_each_stratum(case):
    place, unit = units_of(case)
    sampled = place.map(unit.groupby(place).nunique())
    population = sampled * place.map(len).map({2: 3, 3: 5}) + 2
    implied = changed(case, case.df.assign(population=population), population="population")
    weighted = changed(implied, implied.df.assign(weight=population / sampled), weight="weight")
    same(every(implied, by=("group",)), every(weighted, by=("group",)))


# By hand ----------------------------------------------------------------------------------------


@EXAMPLES
@given(case=surveys(stratum=True, cluster=False, weight="none", units=2, margins=()))
def test_a_stratified_mean_is_the_textbooks(case):
    df = case.df.assign(score=case.df["score"].fillna(3))
    sizes = df.groupby("stratum").size()
    customers = sizes * np.arange(3, 3 + len(sizes))
    df["population"] = df["stratum"].map(customers)
    design = Design(stratum="stratum", population="population")
    row = estimates.mean(df, "score", design=design, min_base=1).iloc[0]
    groups = df["score"].groupby(df["stratum"])
    share = customers / customers.sum()
    variance = (share**2 * (1 - sizes / customers) * groups.var(ddof=1) / sizes).sum()
    assert row["estimate"] == pytest.approx((share * groups.mean()).sum(), rel=1e-12)
    assert row["df"] == len(df) - len(sizes)
    if pd.isna(row["reason"]):
        half = stats.t(len(df) - len(sizes)).ppf(0.975) * np.sqrt(variance)
        assert row["se"] == pytest.approx(np.sqrt(variance), rel=1e-9)
        assert row["ci_high"] - row["estimate"] == pytest.approx(half, rel=1e-9)
        assert row["estimate"] - row["ci_low"] == pytest.approx(half, rel=1e-9)


@EXAMPLES
@given(case=surveys(stratum=False, cluster=False, weight="none", population="none", margins=()))
def test_weights_made_of_one_margin_are_post_stratification(case):
    """Σ_h W_h² · s_h² (n_h − 1)/n_h² · n/(n − 1): residuals from each cell's mean."""
    df = case.df.assign(score=case.df["score"].fillna(3))
    sizes = df.groupby("region").size()
    share = pd.Series([3.0, 1.0][: len(sizes)], index=sizes.index)
    share /= share.sum()
    df["weight"] = df["region"].map(share / sizes) * 100
    design = Design(weight="weight", margins=["region"])
    row = estimates.mean(df, "score", design=design, min_base=1).iloc[0]
    groups, n = df["score"].groupby(df["region"]), len(df)
    squares = groups.apply(lambda y: ((y - y.mean()) ** 2).sum())
    variance = n / (n - 1) * (share**2 * squares / sizes**2).sum()
    assert row["estimate"] == pytest.approx((share * groups.mean()).sum(), rel=1e-12)
    if pd.isna(row["reason"]):
        assert row["se"] == pytest.approx(np.sqrt(variance), rel=1e-9)


@EXAMPLES
@given(case=surveys(stratum=False, cluster=True, population="none", margins=(), units=2))
def test_a_total_of_clusters_is_the_textbooks(case):
    case = changed(case, weight="weight")
    row = every(case, only=("total",)).iloc[0]
    sums = (case.df["weight"] * case.df["score"].fillna(0)).groupby(case.df["cluster"]).sum()
    m = len(sums)
    assert row["estimate"] == pytest.approx(sums.sum(), rel=1e-12)
    if pd.isna(row["reason"]):
        se = np.sqrt(m * sums.var(ddof=1))
        held = case.df["score"].notna() & (case.df["weight"] > 0)
        df = case.df["cluster"][held].nunique() - 1
        assert (row["se"], row["df"]) == (pytest.approx(se, rel=1e-9), df)
        assert row["ci_high"] == pytest.approx(
            row["estimate"] + stats.t(df).ppf(0.975) * se, rel=1e-9
        )


@EXAMPLES
@given(case=surveys(population="none", margins=(), units=2))
def test_a_jackknife_made_by_hand_is_linearisation_for_a_total(case):
    """Leave a unit out, weigh the rest of its stratum up: exact for what is linear."""
    case = changed(case, weight="weight")
    df = case.df
    place, unit = units_of(case)
    if (unit.groupby(place).nunique() < 2).any():
        return
    columns, scales = {}, []
    for left_out in unit.unique():
        stratum = place[unit == left_out].iloc[0]
        n = unit[place == stratum].nunique()
        weight = df["weight"].where(unit != left_out, 0.0)
        columns[f"r{len(scales)}"] = weight.mask(place == stratum, weight * n / (n - 1))
        scales.append((n - 1) / n)
    jackknife = Design(
        weight="weight",
        replicates=list(columns),
        replicate_method="jackknife",
        replicate_scales=scales,
        replicate_centre="estimate",
    )
    by_hand = every(Case(df.assign(**columns), jackknife), only=("total",))
    linear = every(case, only=("total",))
    known = linear["reason"].isna() & by_hand["reason"].isna()
    same(by_hand[known], linear[known], ["n", "estimate", "se"])


@EXAMPLES
@given(case=surveys(), conf=st.sampled_from([0.5, 0.9, 0.99]))
def test_the_interval_of_a_mean_is_as_wide_as_t_at_its_df_says(case, conf):
    how = {"by": ["group"], "design": case.design, "min_base": 1}
    table = estimates.mean(case.df, "score", conf=conf, **how)
    table = table[table["reason"].isna()].astype({"df": float, "se": float})
    half = stats.t(table["df"]).ppf((1 + conf) / 2) * table["se"]
    assert (table["ci_high"] - table["estimate"]).tolist() == pytest.approx(half.tolist())
    assert (table["estimate"] - table["ci_low"]).tolist() == pytest.approx(half.tolist())
    place, unit = units_of(case)
    held = case.df["score"].notna()
    if case.design.weight:
        held &= case.df["weight"] > 0
    facts = pd.DataFrame({"unit": unit, "place": place, "group": case.df["group"]})[held]
    counts = facts.groupby("group").nunique()
    expected = counts["unit"] - counts["place"]
    assert table["df"].tolist() == expected[table["group"]].tolist()
