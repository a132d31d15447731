"""The decomposition of a change: values from R, exact sums, relations, and ways to be refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import estimates, schema

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "change.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
INPUTS = REFERENCE["inputs"]
Design = estimates.Design
STRATIFIED = Design(weight="weight", cluster="branch", stratum="region")


def waves() -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(
        pd.DataFrame(INPUTS[name]).astype({"score": float}) for name in ("current", "previous")
    )


def overlapping(seed: int = 0, n: int = 90, shared: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make two quarters with some people in both, of whom some change their group."""
    rng = np.random.default_rng(seed)
    people = rng.normal(size=2 * n - shared)
    tables = []
    for first in (n - shared, 0):
        here = np.arange(first, first + n)
        score = np.clip(np.round(4 + people[here] + 0.6 * rng.normal(size=n)), 1, 5)
        group = np.where(rng.random(n) < 0.2, "moved", np.where(here % 3, "north", "south"))
        weight = rng.uniform(0.5, 3, n)
        tables.append(
            pd.DataFrame({"customer": here, "score": score, "group": group, "weight": weight})
        )
    return tuple(tables)


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """Index the rows as total, mix, rate, total/x, …"""
    schema.check(table, "changes")
    pairs = zip(table["level"], table["group"], strict=True)
    names = [level if pd.isna(group) else f"{level}/{group}" for level, group in pairs]
    return table.set_axis(names)


def decompose(tables: tuple[pd.DataFrame, pd.DataFrame], **options: object) -> pd.DataFrame:
    return rows(estimates.decompose(*tables, "score", **{"min_base": 1, **options}))


@pytest.mark.parametrize("name", ["mix", "rate", "mix/x", "rate/y", "total/x"])
def test_parts_and_their_errors_are_the_delta_method_of_r(name):
    table = decompose(waves(), by="tier", design=STRATIFIED)
    assert table.loc[name, "estimate"] == pytest.approx(RESULTS[name]["estimate"], rel=1e-10)
    assert table.loc[name, "se"] == pytest.approx(RESULTS[name]["se"], rel=1e-10)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"design": Design(weight="weight")},
        {"design": Design(weight="weight", cluster="branch")},
        {"design": STRATIFIED},
        {"design": Design(weight="weight", cluster="branch", stratum="region", population="N")},
        {"design": Design(weight="weight", margins=["region"])},
    ],
    ids=["plain", "weights", "clusters", "strata", "population", "margins"],
)
def test_the_total_is_the_change(options):
    total = decompose(waves(), by="tier", **options).loc["total"]
    change = estimates.change(*waves(), "score", min_base=1, **options).iloc[0]
    for name in ("n", "df", "estimate", "se", "ci_low", "ci_high", "statistic", "p"):
        assert total[name] == pytest.approx(change[name], rel=1e-9), name
    assert total["contrast"] == change["contrast"]


@pytest.mark.parametrize("shared", [0, 40, 90], ids=["strangers", "some", "everyone"])
def test_the_total_is_the_change_of_people_found_again(shared):
    tables = overlapping(shared=shared)
    total = decompose(tables, by="group", id="customer").loc["total"]
    change = estimates.change(*tables, "score", id="customer").iloc[0]
    for name in ("df", "estimate", "se", "p"):
        assert total[name] == pytest.approx(change[name], rel=1e-9), name


@pytest.mark.parametrize("metric", ["mean", "share", "nps"])
def test_every_metric_adds_up(metric):
    tables = [
        t.assign(mean=t["score"], share=t["score"] >= 4, nps=2 * t["score"]) for t in overlapping()
    ]
    options = {"metric": metric, "min_base": 1}
    table = rows(estimates.decompose(*tables, metric, by=["group"], **options))
    change = estimates.change(*tables, metric, **options).iloc[0]
    assert table.loc["total", "estimate"] == pytest.approx(change["estimate"], abs=1e-12)
    assert (table["metric"] == metric).all()
    assert (table["group_by"] == "group").all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_relations(seed, known):
    tables = overlapping(seed, n=30, shared=12)
    options = {"by": "group", "design": Design(weight="weight")}
    if known:
        options["id"] = "customer"
    table = decompose(tables, **options)
    estimate = table["estimate"].astype(float)
    groups = [name.split("/")[1] for name in table.index if name.startswith("total/")]
    parts = [estimate[[f"{part}/{g}" for g in groups]].sum() for part in ("mix", "rate", "total")]
    assert parts == pytest.approx(estimate[["mix", "rate", "total"]].tolist(), abs=1e-12)
    for suffix in ["", *(f"/{g}" for g in groups)]:
        added = estimate["mix" + suffix] + estimate["rate" + suffix]
        assert added == pytest.approx(estimate["total" + suffix], abs=1e-12)

    swapped = decompose(tables[::-1], **options)
    assert swapped["estimate"].astype(float).to_numpy() == pytest.approx(-estimate, abs=1e-12)
    assert swapped["se"].dropna().to_numpy(float) == pytest.approx(
        table["se"].dropna().to_numpy(float), rel=1e-7
    )
    columns = ["n", "df", "estimate", "se", "p", "p_adjusted"]
    for other in (
        [t.sample(frac=1, random_state=seed % 99) for t in tables],
        [t.assign(score=t["score"] + 3) for t in tables],
        [t.assign(weight=9 * t["weight"]) for t in tables],
    ):
        pd.testing.assert_frame_equal(
            decompose(other, **options)[columns], table[columns], rtol=1e-7, atol=1e-9
        )


def test_one_group_alone_has_no_mix():
    tables = [t.assign(all="everyone") for t in overlapping()]
    table = decompose(tables, by="all")
    assert table.loc["mix", "estimate"] == 0
    assert table.loc["mix", "reason"] == "no_variation"
    assert pd.isna(table.loc["mix", "p"])
    assert table.loc["rate", "estimate"] == table.loc["total", "estimate"]
    assert table.loc["rate", "se"] == pytest.approx(table.loc["total", "se"])


def test_groups_that_the_weights_fix_have_no_mix():
    """Both quarters are weighted to the same customers of each group."""
    population = {"moved": 1 / 7, "north": 0.51, "south": 1 - 0.51 - 1 / 7}
    tables = []
    for t in overlapping():
        size = t.groupby("group")["group"].transform("size")
        tables.append(t.assign(weight=t["group"].map(population) / size))
    design = Design(weight="weight", margins=["group"])
    table = decompose(tables, by="group", id="customer", design=design)
    parts = table.loc[["mix", "mix/moved", "mix/north", "mix/south"]]
    assert set(parts["reason"]) == {"no_variation"}
    assert parts["p"].isna().all()
    assert table.loc["rate", "se"] == pytest.approx(table.loc["total", "se"])


def test_a_mix_that_moves_and_results_that_do_not():
    previous = pd.DataFrame({"group": ["a"] * 60 + ["b"] * 40, "score": [5, 4] * 30 + [4, 3] * 20})
    current = pd.DataFrame({"group": ["a"] * 40 + ["b"] * 60, "score": [5, 4] * 20 + [4, 3] * 30})
    table = decompose((current, previous), by="group")
    assert table["estimate"].tolist() == pytest.approx(
        [-0.2, -0.2, 0, -0.1, -0.1, 0, -0.1, -0.1, 0], abs=1e-12
    )
    assert list(table["n"]) == [100] * 3 + [40] * 6


def test_a_group_of_one_quarter_is_all_mix_and_says_so():
    current, previous = overlapping()
    current = current.assign(group=current["group"].replace("moved", "new"))
    table = decompose((current, previous), by="group", id="customer")
    middle = (current["score"].mean() + previous["score"].mean()) / 2
    for group, here, sign in (("moved", previous, -1), ("new", current, 1)):
        inside = here["group"] == group
        contribution = sign * inside.mean() * (here.loc[inside, "score"].mean() - middle)
        assert table.loc[f"mix/{group}", "estimate"] == pytest.approx(contribution)
        assert table.loc[f"total/{group}", "estimate"] == pytest.approx(contribution)
        assert table.loc[f"mix/{group}", "se"] > 0
        assert table.loc[f"mix/{group}", "n"] == inside.sum()
        rate = table.loc[f"rate/{group}"]
        assert (rate["estimate"], rate["reason"]) == (0, "one_quarter")
        assert pd.isna(rate["se"])
        assert pd.isna(rate["p"])
    change = estimates.change(current, previous, "score", id="customer").iloc[0]
    assert table.loc["total", "estimate"] == pytest.approx(change["estimate"])
    assert table.loc["total", "se"] == pytest.approx(change["se"])


def test_small_groups_are_withheld_and_still_count():
    tables = overlapping()
    whole = decompose(tables, by="group")
    table = decompose(tables, by="group", min_base=30)
    small = table.loc[["total/moved", "mix/moved", "rate/moved"]]
    assert set(small["reason"]) == {"small_base"}
    assert small["estimate"].isna().all()
    assert table.loc["mix", "estimate"] == whole.loc["mix", "estimate"]


def test_p_is_adjusted_among_the_overall_rows_and_among_the_groups():
    table = decompose(overlapping(), by="group", adjust="bonferroni")
    overall = table["group"].isna()
    assert overall.sum() == 3
    for part, count in ((table[overall], 3), (table[~overall], 9)):
        expected = np.minimum(count * part["p"].astype(float), 1)
        assert part["p_adjusted"].astype(float).tolist() == pytest.approx(expected.tolist())


def test_several_columns_make_joint_groups():
    tables = [t.assign(tier=np.where(t["customer"] % 2, "x", "y")) for t in overlapping()]
    table = estimates.decompose(*tables, "score", by=["group", "tier"], min_base=1)
    schema.check(table, "changes")
    assert (table["group_by"] == "group × tier").all()
    assert "moved × x" in set(table["group"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.iloc[:0], "empty"),
        (lambda t: t.assign(score=np.nan), "empty"),
        (lambda t: t.drop(columns="score"), "not_asked"),
    ],
    ids=["no rows", "no answers", "not asked"],
)
def test_a_quarter_without_answers_says_so(change, reason):
    current, previous = overlapping()
    table = decompose((current, change(previous)), by="group")
    overall = table.loc[["total", "mix", "rate"]]
    assert set(overall["reason"]) == {reason}
    columns = ["estimate", "se", "ci_low", "ci_high", "statistic", "p", "p_adjusted"]
    assert table[columns].isna().all(axis=None)


def test_nobody_in_any_group_is_empty():
    tables = [t.assign(group=None) for t in overlapping()]
    table = decompose(tables, by="group")
    assert list(table["reason"]) == ["empty"] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": []}, "by: expected the columns that form the groups"),
        ({"by": "nowhere"}, "by: expected the name of a column"),
        ({"metric": "median"}, "metric: expected"),
        ({"adjust": "x"}, "adjust: expected"),
        ({"min_base": 0}, "min_base: expected"),
        ({"item": "absent"}, "items: expected the name of a column"),
        ({"by": "quarter"}, "by: expected groups inside a quarter"),
    ],
    ids=["no by", "no such by", "metric", "adjust", "min_base", "item", "quarter"],
)
def test_refusals(options, message):
    tables = [t.assign(quarter="2026Q1") for t in overlapping()]
    options = {"item": "score", "by": "group", **options}
    with pytest.raises(ValueError, match=message):
        estimates.decompose(*tables, **options)
