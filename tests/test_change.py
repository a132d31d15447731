"""Changes between quarters, gaps and trends: values from R, promises, and ways to be refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import estimates, schema
from csatlib.estimates.contrasts import adjusted

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "change.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
INPUTS = REFERENCE["inputs"]
Design = estimates.Design
NUMBERS = ["n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high", "statistic", "p"]


def waves() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Twelve branches in three regions, in both quarters; other customers."""
    return tuple(
        pd.DataFrame(INPUTS[name]).astype({"score": float}) for name in ("current", "previous")
    )


def panel(current: str = "second", previous: str = "first") -> tuple[pd.DataFrame, pd.DataFrame]:
    people = pd.DataFrame(INPUTS["panel"]).astype({"first": float, "second": float})
    return tuple(people.assign(score=people[name]) for name in (current, previous))


def sleep() -> tuple[pd.DataFrame, pd.DataFrame]:
    first, second = (
        pd.DataFrame({"person": range(10), "extra": INPUTS["sleep"][name]}) for name in ("a", "b")
    )
    return first, second


def only(table: pd.DataFrame) -> dict[str, object]:
    assert len(schema.check(table, "changes")) == 1
    return table.iloc[0].to_dict()


def assert_same(one: pd.DataFrame, other: pd.DataFrame, columns: list[str] | None = None) -> None:
    pd.testing.assert_frame_equal(
        one[columns or list(one.columns)], other[columns or list(one.columns)], rtol=1e-9
    )


# ---- values from R -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "n", "df", "n_eff"),
    [
        ("welch", {}, 10, 17.7764735161785, 10),
        ("welch", {"id": "person", "overlap": "independent"}, 10, 17.7764735161785, 10),
        ("paired_t", {"id": "person"}, 10, 9, 47.6542303172738),
        ("paired_t", {"id": "person", "overlap": "both"}, 10, 9, 47.6542303172738),
        ("paired_t", {"id": "person", "overlap": "panel"}, 10, 9, 47.6542303172738),
    ],
    ids=["welch", "ids ignored", "paired by id", "paired, said", "panel"],
)
def test_the_t_tests_of_r(name, options, n, df, n_eff):
    row = only(estimates.change(*sleep(), "extra", min_base=10, **options))
    expected = RESULTS[name]
    for column in ("estimate", "statistic", "df", "p", "ci_low", "ci_high"):
        assert row[column] == pytest.approx(expected[column], rel=1e-10), column
    assert row["df"] == pytest.approx(df, rel=1e-10)
    assert row["se"] == pytest.approx(expected["estimate"] / expected["statistic"], rel=1e-10)
    assert (row["n"], row["metric"], row["item"]) == (n, "mean", "extra")
    assert row["n_eff"] == pytest.approx(n_eff, rel=1e-10)
    assert row["p_adjusted"] == row["p"]
    assert row["suppressed"] == False  # noqa: E712 (a numpy bool)
    assert pd.isna(row["reason"])
    assert pd.isna(row["group"])
    assert pd.isna(row["level"])


CLUSTERS = Design(weight="weight", cluster="branch")
STRATIFIED = Design(weight="weight", cluster="branch", stratum="region")
FINITE = Design(weight="weight", cluster="branch", stratum="region", population="N")


@pytest.mark.parametrize(
    ("name", "design", "df", "where"),
    [
        ("cluster", CLUSTERS, 11, None),
        ("stratified_cluster", STRATIFIED, 9, None),
        ("population", FINITE, 9, None),
        ("domain", STRATIFIED, 8, lambda t: t["tier"] == "x"),
    ],
    ids=["clusters", "in strata", "of a population", "in a domain"],
)
def test_branches_in_both_quarters_are_the_stacked_design_of_r(name, design, df, where):
    row = only(estimates.change(*waves(), "score", design=design, where=where))
    for column in ("estimate", "se"):
        assert row[column] == pytest.approx(RESULTS[name][column], rel=1e-10)
    assert row["df"] == pytest.approx(df)


def test_people_in_both_quarters_are_the_stacked_design_of_r():
    design = Design(weight="weight", stratum="region")
    current, previous = panel()
    shuffled = current.sample(frac=1, random_state=3)
    row = only(estimates.change(shuffled, previous, "score", id="id", design=design))
    assert row["estimate"] == pytest.approx(RESULTS["persons"]["estimate"], rel=1e-10)
    assert row["se"] == pytest.approx(RESULTS["persons"]["se"], rel=1e-10)
    assert row["df"] == pytest.approx(57)


def test_nps_divides_by_n_less_one_where_r_divides_by_n():
    tables = []
    for name in ("y", "x"):
        counts = INPUTS["nps"][name]
        scores = np.repeat([10, 8, 2], [counts[k] for k in ("promoters", "passives", "detractors")])
        tables.append(pd.DataFrame({"recommend": scores}))
    row = only(estimates.change(*tables, "recommend", metric="nps"))
    expected = RESULTS["nps_two_sample"]
    assert row["estimate"] == pytest.approx(100 * expected["estimate"], rel=1e-10)
    assert row["se"] == pytest.approx(100 * expected["se"] * np.sqrt(100 / 99), rel=1e-10)
    assert row["metric"] == "nps"


@pytest.mark.parametrize("adjust", ["holm", "bonferroni", "bh"])
def test_adjusted_p_are_those_of_r(adjust):
    given_p = np.array([INPUTS["p"][k] for k in (4, 1, 0, 3, 2)] + [np.nan])
    found = adjusted(given_p, adjust)
    expected = list(RESULTS[adjust].values())
    assert found[:5] == pytest.approx([expected[k] for k in (4, 1, 0, 3, 2)], rel=1e-12)
    assert np.isnan(found[5])


# ---- what the covariance does --------------------------------------------------------------------


def overlapping(n: int = 60, shared: int = 24, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    people = rng.normal(size=2 * n - shared)

    def wave(first: int, quarter: str) -> pd.DataFrame:
        here = np.arange(first, first + n)
        score = np.clip(np.round(4 + people[here] + 0.6 * rng.normal(size=n)), 1, 5)
        tables = {"customer": here, "score": score, "quarter": quarter, "line": "shop"}
        return pd.DataFrame({**tables, "region": np.where(here % 3, "north", "south")})

    return wave(n - shared, "2026Q3"), wave(0, "2026Q2")


def test_part_of_an_overlap_takes_its_covariance_off():
    current, previous = overlapping()
    row = only(estimates.change(current, previous, "score", id="customer"))
    merged = previous.merge(current, on="customer", suffixes=("_before", "_after"))
    before = merged["score_before"] - previous["score"].mean()
    after = merged["score_after"] - current["score"].mean()
    covariance = (before * after).sum() / 60**2 * 60 / 59
    variance = (previous["score"].var() + current["score"].var()) / 60 - 2 * covariance
    assert row["se"] == pytest.approx(np.sqrt(variance), rel=1e-12)
    strangers = only(estimates.change(current, previous, "score"))
    assert row["se"] < strangers["se"]
    assert row["estimate"] == strangers["estimate"]
    assert row["contrast"] == "2026Q3 − 2026Q2"
    assert (row["quarter"], row["line"]) == ("2026Q3", "shop")


def test_degrees_of_freedom_lie_between_those_of_the_parts_and_the_whole():
    current, previous = overlapping()
    row = only(estimates.change(current, previous, "score", id="customer"))
    assert 23 < row["df"] < 118


def test_a_panel_is_the_paired_t_test_of_those_in_both():
    current, previous = overlapping()
    row = only(
        estimates.change(current, previous, "score", id="customer", overlap="panel", min_base=20)
    )
    merged = previous.merge(current, on="customer", suffixes=("_before", "_after"))
    difference = merged["score_after"] - merged["score_before"]
    assert row["n"] == 24
    assert row["df"] == pytest.approx(23)
    assert row["estimate"] == pytest.approx(difference.mean())
    assert row["se"] == pytest.approx(difference.std() / np.sqrt(24))


def test_a_panel_needs_both_answers_within_the_same_group():
    current, previous = overlapping()
    current = current.assign(score=current["score"].where(current["customer"] != 40))
    previous = previous.assign(region=previous["region"].where(previous["customer"] != 41, "south"))
    options = {"id": "customer", "overlap": "panel", "min_base": 2}
    assert only(estimates.change(current, previous, "score", **options))["n"] == 23
    table = estimates.change(current, previous, "score", by=["region"], **options)
    assert list(table["group"]) == ["north", "south"]
    assert list(table["n"]) == [14, 8]
    both = previous.merge(current, on=["customer", "region"], suffixes=("_before", "_after"))
    rise = (both["score_after"] - both["score_before"]).groupby(both["region"]).mean()
    assert table["estimate"].tolist() == pytest.approx(rise.tolist())


def test_ids_that_never_meet_change_nothing():
    current, previous = overlapping(shared=0)
    plain = estimates.change(current, previous, "score")
    assert_same(estimates.change(current, previous, "score", id="customer"), plain)


@pytest.mark.parametrize("overlap", ["both", "panel"])
@pytest.mark.parametrize("kind", ["str", "category", "Int64", "float"])
def test_ids_of_any_kind_are_the_same_people(kind, overlap):
    current, previous = overlapping()
    options = {"id": "customer", "overlap": overlap, "min_base": 2}
    other = [t.assign(customer=t["customer"].astype(kind)) for t in (current, previous)]
    if kind in ("Int64", "float"):
        other[0] = current
    plain = estimates.change(current, previous, "score", **options)
    assert_same(estimates.change(*other, "score", **options), plain)


def test_a_missing_id_is_nobody_found_again():
    current, previous = overlapping()
    hidden = [
        t.assign(customer=t["customer"].where(t["customer"] > 10**6)) for t in (current, previous)
    ]
    plain = estimates.change(current, previous, "score")
    assert_same(estimates.change(*hidden, "score", id="customer"), plain)


def test_a_panel_without_anybody_is_empty():
    current, previous = overlapping(shared=0)
    row = only(estimates.change(current, previous, "score", id="customer", overlap="panel"))
    assert (row["n"], row["reason"]) == (0, "empty")
    assert pd.isna(row["estimate"])


def test_two_samples_that_meet_by_chance_have_no_covariance():
    """Of 100 customers each quarter draws 60, and 36 of them are the same: 60·60/100."""
    current, previous = overlapping(n=60, shared=36)
    tables = [t.assign(N=100) for t in (current, previous)]
    design = Design(population="N")
    met = only(estimates.change(*tables, "score", id="customer", design=design))
    strangers = only(
        estimates.change(*tables, "score", id="customer", overlap="independent", design=design)
    )
    assert met["se"] == pytest.approx(strangers["se"], rel=1e-12)
    kept = [t.assign(N=1000) for t in (current, previous)]
    held = only(estimates.change(*kept, "score", id="customer", design=design))
    apart = only(estimates.change(*kept, "score", overlap="independent", design=design))
    assert held["se"] < 0.9 * apart["se"]


def test_a_customer_who_moved_to_another_stratum_is_found_again():
    current, previous = panel()
    moved = current.assign(region=current["region"].where(current["id"] > 6, "b"))
    design = Design(stratum="region")
    row = only(estimates.change(moved, previous, "score", id="id", design=design))

    def deviations(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        table = table.set_index("id")
        influence = (table["score"] - table["score"].mean()) / len(table)
        groups = influence.groupby(table["region"])
        count = groups.transform("size")
        return influence - groups.transform("mean"), count / (count - 1)

    (one, b_one), (two, b_two) = deviations(previous), deviations(moved)
    variance = ((np.sqrt(b_two) * two - np.sqrt(b_one) * one) ** 2).sum()
    assert row["se"] == pytest.approx(np.sqrt(variance), rel=1e-12)


def test_calibrated_weights_leave_the_residuals_of_the_same_people():
    current, previous = panel()
    people = pd.DataFrame(INPUTS["panel"])
    design = Design(weight="weight", margins=["region"])
    row = only(estimates.change(current, previous, "score", id="id", design=design))
    expected = estimates.mean(
        people.assign(d=people["second"] - people["first"]), "d", design=design
    ).iloc[0]
    assert row["estimate"] == pytest.approx(expected["estimate"], rel=1e-10)
    assert row["se"] == pytest.approx(expected["se"], rel=1e-10)


def test_labels_that_several_strata_use_are_read_within_their_stratum():
    current, previous = waves()
    short = [t.assign(branch=(t["branch"] - 1) // 3) for t in (current, previous)]
    assert_same(
        estimates.change(*short, "score", design=STRATIFIED),
        estimates.change(current, previous, "score", design=STRATIFIED),
    )


def test_customers_who_answer_often_are_one_unit():
    current, previous = overlapping()
    twice = pd.concat([current, current.iloc[:10]], ignore_index=True)
    design = Design(cluster="customer")
    row = only(estimates.change(twice, previous, "score", id="customer", design=design))
    assert row["n"] == 60
    alone = only(
        estimates.change(twice, previous, "score", design=design, previous_design=Design())
    )
    assert alone["estimate"] == row["estimate"]
    mixed = estimates.change(
        twice, previous, "score", id="customer", design=design, previous_design=Design()
    )
    assert mixed["se"].item() == pytest.approx(row["se"], rel=1e-10)


# ---- groups, families, quarters ------------------------------------------------------------------


def test_groups_of_either_quarter_are_listed_and_the_family_is_the_whole_call():
    current, previous = overlapping()
    previous = previous.assign(region=previous["region"].replace("south", "west"))
    current["other"], previous["other"] = current["score"] + 1, previous["score"]
    table = estimates.change(current, previous, ["score", "other"], by=["region"], id="customer")
    schema.check(table, "changes")
    assert list(table["group"]) == ["north", "south", "west"] * 2
    assert list(table["reason"].fillna("")) == ["", "empty", "empty"] * 2
    assert (table["group_by"] == "region").all()
    known = table["p"].dropna()
    assert len(known) == 2
    assert table["p_adjusted"].dropna().min() == pytest.approx(min(2 * known.min(), 1))
    plain = estimates.change(
        current, previous, ["score", "other"], by=["region"], id="customer", adjust="none"
    )
    assert (plain["p"].dropna() == plain["p_adjusted"].dropna()).all()


def test_categories_keep_the_order_of_the_current_quarter():
    current, previous = overlapping()
    kind = pd.CategoricalDtype(["south", "east", "north"])
    current = current.assign(region=current["region"].astype(kind))
    previous = previous.assign(region=previous["region"].astype("category"))
    table = estimates.change(current, previous, "score", by=["region"])
    assert list(table["group"]) == ["south", "east", "north"]
    assert list(table["reason"].fillna("")) == ["small_base", "empty", ""]


@pytest.mark.parametrize("metric", ["mean", "share", "nps"])
@pytest.mark.parametrize("options", [{}, {"id": "customer"}], ids=["strangers", "known"])
def test_a_group_is_the_same_by_and_where(metric, options):
    current, previous = (
        t.assign(share=t["score"] >= 4, mean=t["score"], nps=2 * t["score"]) for t in overlapping()
    )
    options = {**options, "metric": metric, "min_base": 5}
    groups = estimates.change(current, previous, metric, by=["region"], **options)
    alone = estimates.change(
        current, previous, metric, where=lambda t: t["region"] == "south", **options
    )
    assert_same(groups.iloc[[1]].reset_index(drop=True), alone, NUMBERS)


@pytest.mark.parametrize(
    ("labels", "contrast"),
    [
        (("2026Q3", "2026Q2"), "2026Q3 − 2026Q2"),
        (("2026Q3", None), "current − previous"),
        (("2026Q3", "2026Q3"), "current − previous"),
    ],
    ids=["both known", "one unknown", "the same"],
)
def test_the_contrast_names_the_quarters(labels, contrast):
    tables = [t.assign(quarter=q) for t, q in zip(overlapping(), labels, strict=True)]
    assert only(estimates.change(*tables, "score"))["contrast"] == contrast


# ---- what cannot be known ------------------------------------------------------------------------


def scored(*scores: float | None, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": range(len(scores)), "score": list(scores), **columns})


NOTHING = {"estimate", "se", "ci_low", "ci_high", "statistic", "p", "p_adjusted"}
UNSURE = NOTHING - {"estimate"}


@pytest.mark.parametrize(
    ("current", "previous", "options", "reason", "absent"),
    [
        (scored(1, 2, 3), scored(1, 2, 3).iloc[:0], {}, "empty", NOTHING),
        (scored(1, 2, 3), scored(None, None), {}, "empty", NOTHING),
        (scored(1, 2, 3), scored(1, 2).drop(columns="score"), {}, "not_asked", NOTHING),
        (scored(1, 2).drop(columns="score"), scored(1, 2), {}, "not_asked", NOTHING),
        (scored(1, 2, 3), scored(4), {}, "single_answer", UNSURE),
        (scored(4, 4, 4), scored(4, 4, 4), {}, "no_variation", UNSURE),
        (scored(2, 3, 4.5), scored(1, 2, 3.5), {"id": "id"}, "no_variation", UNSURE),
        (scored(1, 2, 3), scored(1, 2, 3), {"min_base": 4}, "small_base", NOTHING),
        (
            scored(1, 2, 3, b="a"),
            scored(1, 2, 4, b=["a", "b", "b"]),
            {"design": Design(cluster="b")},
            "single_cluster",
            UNSURE,
        ),
        (
            scored(1, 2, 3, N=3),
            scored(1, 2, 4, N=3),
            {"design": Design(population="N")},
            "census",
            UNSURE - {"se"},
        ),
    ],
    ids=[
        "no rows",
        "no answers",
        "not asked before",
        "not asked now",
        "one answer",
        "all alike",
        "all rose alike",
        "small",
        "one cluster",
        "census",
    ],
)
def test_what_is_not_known_is_not_said(current, previous, options, reason, absent):
    row = only(estimates.change(current, previous, "score", **{"min_base": 1, **options}))
    assert row["reason"] == reason
    assert {name for name in NOTHING if pd.isna(row[name])} == absent
    if reason == "census":
        assert row["se"] == 0


@pytest.mark.parametrize("seed", [4, 6, 7])
def test_rounding_is_no_variation(seed):
    """All rose by a tenth: what is left of the variance is dust, and no proof of anything."""
    rng = np.random.default_rng(seed)
    columns = {"score": rng.normal(size=90), "weight": rng.uniform(1, 3, 90)}
    previous = pd.DataFrame({"id": range(90), **columns})
    current = previous.assign(score=previous["score"] + 0.1)
    design = Design(weight="weight")
    row = only(estimates.change(current, previous, "score", id="id", design=design))
    assert row["reason"] == "no_variation"


def test_no_groups_at_all_make_no_rows():
    tables = [scored(1, 2, g=None), scored(1, 2, g=None)]
    assert schema.check(estimates.change(*tables, "score", by=["g"]), "changes").empty


# ---- relations -----------------------------------------------------------------------------------

quarters = st.integers(0, 10**6).map(lambda seed: overlapping(20, seed % 21, seed))


@settings(max_examples=8, deadline=None)
@given(quarters, st.sampled_from(["independent", "both", "panel"]), st.integers(0, 99))
def test_relations(tables, overlap, seed):
    current, previous = tables
    options = {"id": "customer", "overlap": overlap, "min_base": 2}
    table = estimates.change(current, previous, "score", **options)
    row = only(table)

    swapped = only(estimates.change(previous, current, "score", **options))
    for name, sign in (("estimate", -1), ("se", 1), ("df", 1), ("p", 1)):
        if pd.notna(row[name]):
            assert swapped[name] == pytest.approx(sign * row[name], rel=1e-9, abs=1e-12)

    mixed = [t.sample(frac=1, random_state=seed) for t in tables]
    assert_same(estimates.change(*mixed, "score", **options), table)
    raised = [t.assign(score=t["score"] + 7) for t in tables]
    assert_same(estimates.change(*raised, "score", **options), table)
    weighed = [t.assign(weight=3.0) for t in tables]
    design = Design(weight="weight")
    assert_same(estimates.change(*weighed, "score", design=design, **options), table)


# ---- refusals ------------------------------------------------------------------------------------

BRANCHES = [t.assign(branch=t["customer"] % 7) for t in overlapping()]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (None, {"metric": "median"}, "metric: expected one of mean, share, nps"),
        (None, {"adjust": "sidak"}, "adjust: expected one of holm"),
        (None, {"overlap": "some"}, "overlap: expected one of auto"),
        (None, {"overlap": "panel"}, "id: expected the column that tells people again"),
        (None, {"overlap": "both"}, "id: expected the column that tells people again"),
        (None, {"id": "nobody"}, "id: expected the name of a column"),
        (None, {"items": "absent"}, "items: expected the name of a column"),
        (None, {"by": ["quarter"]}, "by: expected groups inside a quarter"),
        (None, {"where": pd.Series([True])}, "where: expected a function from a table"),
        (None, {"conf": 95}, "conf: expected a number between 0 and 1"),
        (lambda t: t.assign(quarter=["2026Q1", "2026Q2"] * 30), {}, "expected the rows of one"),
        (lambda t: t.assign(customer=t["customer"] // 2), {"id": "customer"}, "once in the prev"),
        (lambda t: t.assign(customer=t["customer"].astype("str")), {"id": "customer"}, "one type"),
        (
            lambda t: t.assign(customer=t["customer"].astype("str")),
            {"id": "customer", "overlap": "panel"},
            "one type",
        ),
        (
            None,
            {"id": "customer", "design": Design(cluster="branch"), "previous_design": Design()},
            "expected clusters in both quarters or in neither",
        ),
        (
            None,
            {"id": "customer", "design": Design(replicates=["score", "customer"])},
            "expected strata and clusters where people are in both",
        ),
        (
            None,
            {
                "design": Design(cluster="branch", stratum="region"),
                "previous_design": Design(cluster="branch"),
            },
            "expected labels of 'branch' that name one cluster",
        ),
    ],
    ids=[
        "metric",
        "adjust",
        "overlap",
        "panel of nobody",
        "both of nobody",
        "no such id",
        "no such item",
        "by quarter",
        "where of one table",
        "conf",
        "two quarters",
        "id twice",
        "id of two types",
        "panel of two types",
        "clusters in one",
        "replicates",
        "ambiguous clusters",
    ],
)
def test_refusals(change, options, message):
    current, previous = BRANCHES
    previous = previous if change is None else change(previous)
    options = {"items": "score", **options}
    with pytest.raises(ValueError, match=message):
        estimates.change(current, previous, **options)


@pytest.mark.parametrize("late", [True, False], ids=["current", "previous"])
def test_a_repeated_id_is_told_by_its_table_and_never_by_its_value(late):
    once, twice = scored(1, 2, 3, who=["u1", "u2", "u3"]), scored(1, 2, 3, who=["u1", "u1", "u3"])
    name = "current" if late else "previous"
    with pytest.raises(ValueError, match=f"in the {name} table, found 2 rows") as caught:
        estimates.change(*((twice, once) if late else (once, twice)), "score", id="who")
    assert "u1" not in str(caught.value)


# ---- expectation and experience ------------------------------------------------------------------


def test_the_gap_is_that_of_r():
    people = pd.DataFrame(INPUTS["panel"])
    design = Design(weight="weight", stratum="region")
    table = schema.check(estimates.gap(people, {"first": "second"}, design=design), "changes")
    gap, short = table.to_dict("records")
    for name in ("estimate", "se", "df"):
        assert gap[name] == pytest.approx(RESULTS["gap"][name], rel=1e-10)
    assert (gap["metric"], gap["item"], gap["n"]) == ("gap", "second", 60)
    assert gap["contrast"] == short["contrast"] == "second − first"
    assert gap["statistic"] == pytest.approx(gap["estimate"] / gap["se"])
    below = people.assign(below=people["second"] < people["first"])
    expected = estimates.share(below, "below", design=design).iloc[0]
    for name in ("n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high"):
        assert short[name] == expected[name]
    assert short["metric"] == "share_short"
    assert pd.isna(short["p"])
    assert pd.isna(short["p_adjusted"])


def test_the_gap_of_a_whole_sample_is_the_paired_t_test():
    first, second = sleep()
    both = pd.DataFrame({"a": first["extra"], "b": second["extra"]})
    both.loc[10] = [3.0, np.nan]
    row = estimates.gap(both.iloc[:10], [("b", "a")], min_base=2).iloc[0]
    for name, value in RESULTS["paired_t"].items():
        assert row[name] == pytest.approx(value, rel=1e-10)
    assert estimates.gap(both, [("b", "a")], min_base=2)["n"].tolist() == [10, 10]


def test_gaps_by_group_are_one_family():
    people = pd.DataFrame(INPUTS["panel"])
    pairs = [("first", "second"), ("second", "first")]
    table = schema.check(estimates.gap(people, pairs, by=["region"], min_base=5), "changes")
    assert list(table["metric"]) == ["gap"] * 6 + ["share_short"] * 6
    assert list(table["group"][:3]) == ["a", "b", "c"]
    smallest = table["p"].min()
    assert table["p_adjusted"].min() == pytest.approx(min(6 * smallest, 1))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({}, "pairs: expected expectation and experience, found none"),
        (["first"], "pairs: expected pairs"),
        ([("first", "second", "id")], "pairs: expected pairs"),
        ([("first", "first")], "pairs: expected two different items"),
        ([("first", "second")] * 2, "pairs: expected each value once"),
        ([("first", "third")], "items: expected the name of a column"),
    ],
    ids=["none", "a text", "three", "itself", "twice", "absent"],
)
def test_gap_refusals(pairs, message):
    with pytest.raises(ValueError, match=message):
        estimates.gap(pd.DataFrame(INPUTS["panel"]), pairs)


# ---- trends --------------------------------------------------------------------------------------


def history(**columns: object) -> pd.DataFrame:
    given_rows = INPUTS["history"]
    labels = [f"{2025 + x // 4}Q{x % 4 + 1}" for x in map(int, given_rows["x"])]
    table = pd.DataFrame(
        {
            "quarter": labels,
            "line": "shop",
            "metric": "mean",
            "item": "overall",
            "level": None,
            "group_by": None,
            "group": None,
            "n": [400, 380, 420, 390],
            "df": 10.0**9,
            "estimate": given_rows["y"],
            "se": given_rows["se"],
            "reason": None,
        }
    )
    return table.assign(**columns)


def test_the_trend_is_the_weighted_line_of_r():
    table = schema.check(estimates.trend(history()), "changes")
    slope, any_difference = table.to_dict("records")
    expected = RESULTS["trend"]
    assert slope["estimate"] == pytest.approx(expected["estimate"], rel=1e-10)
    assert slope["se"] == pytest.approx(expected["se"], rel=1e-10)
    assert slope["statistic"] == pytest.approx(expected["estimate"] / expected["se"], rel=1e-10)
    half = 1.959963984540054 * expected["se"]
    assert slope["ci_low"] == pytest.approx(expected["estimate"] - half, rel=1e-6)
    assert slope["ci_high"] == pytest.approx(expected["estimate"] + half, rel=1e-6)
    assert slope["p"] == pytest.approx(0.00176807, rel=1e-3)
    assert (slope["n"], slope["quarter"], slope["contrast"]) == (380, "2026Q1", "slope per quarter")
    assert any_difference["statistic"] == pytest.approx(expected["statistic"], rel=1e-10)
    assert any_difference["p"] == pytest.approx(expected["p"], rel=1e-10)
    assert any_difference["df"] == 3
    assert pd.isna(any_difference["estimate"])


def test_the_slope_has_satterthwaites_degrees_of_freedom():
    equal = history(quarter=["2025Q1", "2025Q2", "2025Q3", "2025Q4"], se=0.05, df=[9, 50, 70, 19])
    slope = estimates.trend(equal).iloc[0]
    shares = np.array([9, 1, 1, 9]) / 20
    assert slope["df"] == pytest.approx(1 / (shares**2 / [9, 50, 70, 19]).sum())


def test_trends_do_not_depend_on_row_order_or_level():
    table = estimates.trend(history())
    mixed = history().iloc[[2, 0, 3, 1]]
    assert_same(estimates.trend(mixed), table)
    columns = ["estimate", "se", "statistic", "p"]
    raised = history(estimate=history()["estimate"] + 5)
    assert_same(estimates.trend(raised), table, columns)


def test_series_stay_apart_and_short_ones_say_so():
    short = history(item="speed")
    short.loc[:1, ["estimate", "se"]] = np.nan
    table = estimates.trend(pd.concat([history(), short], ignore_index=True))
    assert list(table["item"]) == ["overall"] * 2 + ["speed"] * 2
    assert list(table["reason"].fillna("")) == ["", "", "few_quarters", "few_quarters"]
    assert table.loc[2:, ["estimate", "se", "ci_low", "statistic", "p"]].isna().all(axis=None)
    assert table["p_adjusted"][0] == table["p"][0]
    twice = estimates.trend(pd.concat([history(), history(item="speed")], ignore_index=True))
    assert twice["p_adjusted"][0] == pytest.approx(2 * twice["p"][0])
    assert schema.check(estimates.trend(history().iloc[:0]), "changes").empty


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (history().drop(columns="se"), {}, "history: expected rows of the estimates table"),
        (pd.concat([history(), history()]), {}, "history: expected each quarter once"),
        (history(quarter=["2025Q1", "spring", "2025Q3", "2025Q4"]), {}, "quarter: expected"),
        (history(), {"min_quarters": 2}, "min_quarters: expected"),
        (history(), {"adjust": "x"}, "adjust: expected"),
        (history(), {"conf": 2}, "conf: expected"),
    ],
    ids=["columns", "revisions", "label", "two quarters", "adjust", "conf"],
)
def test_trend_refusals(table, options, message):
    with pytest.raises(ValueError, match=message):
        estimates.trend(table, **options)
