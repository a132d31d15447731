"""Small groups stay hidden from a reader who subtracts: random tables, attacked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from csatlib import estimates, privacy, schema

MIN_BASE = 5
#: Random tables of each shape, more than two hundred in all; the slow shapes have fewer.
SEEDS = {
    "one-way": 60,
    "two-way": 30,
    "levels": 20,
    "without margins": 45,
    "group not told": 20,
    "cumulated": 12,
    "revised": 15,
}
#: The share of all cells that may be hidden beside the small groups.
MOST_EXTRA = 0.25
HIDDEN = ["n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high"]


# ---- tables ---------------------------------------------------------------------------------------


def people(seed: int, *, quarter: str = "2026Q3", told: float = 1.0) -> pd.DataFrame:
    """Answers of one quarter: regions and types of very unequal sizes, some of them tiny."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(40, 120))
    regions, types = int(rng.integers(3, 5)), int(rng.integers(2, 4))

    def column(letter: str, count: int) -> np.ndarray:
        chance = rng.dirichlet(np.full(count, 0.7))
        return np.array([f"{letter}{i}" for i in range(count)])[rng.choice(count, size, p=chance)]

    df = pd.DataFrame(
        {
            "quarter": quarter,
            "line": "hotline",
            "region": pd.Series(column("r", regions), dtype="str"),
            "type": pd.Series(column("t", types), dtype="str"),
            "overall": pd.array(rng.choice(3, size, p=[0.2, 0.5, 0.3]) + 1, "Int64"),
            "recommend": pd.array(rng.integers(0, 11, size), "Int64"),
        }
    )
    df.loc[rng.random(size) > 0.9, "recommend"] = pd.NA
    return df.assign(region=df["region"].where(pd.Series(rng.random(size) <= told)))


def figures(df: pd.DataFrame, breakdowns, *, levels: bool = False) -> pd.DataFrame:
    made = [estimates.mean(df, ["overall"], by=by, min_base=1) for by in breakdowns]
    if levels:
        made += [
            estimates.distribution(df, "overall", levels=range(1, 4), by=by, min_base=1)
            for by in breakdowns
        ]
    else:
        made += [estimates.nps(df, ["recommend"], by=by, min_base=1) for by in breakdowns[:2]]
    return pd.concat(made, ignore_index=True)


ONE_WAY = ([], ["region"], ["type"])
TWO_WAY = (*ONE_WAY, ["region", "type"])
SHAPES = {
    "one-way": lambda seed: (figures(people(seed), ONE_WAY), None),
    "two-way": lambda seed: (figures(people(seed), TWO_WAY), None),
    "levels": lambda seed: (figures(people(seed), TWO_WAY, levels=True), None),
    "without margins": lambda seed: (figures(people(seed), [[], ["region", "type"]]), None),
    "group not told": lambda seed: (figures(people(seed, told=0.95), TWO_WAY), None),
    "cumulated": lambda seed: year_to_date(seed),
    "revised": lambda seed: revised(seed),
}


def year_to_date(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Q3 and the year so far, after Q2 and the half-year were published."""
    one, two, three = (
        people(10 * seed + i, quarter=f"2026Q{i}").assign(line="hotline") for i in (1, 2, 3)
    )

    def table(*quarters: pd.DataFrame) -> pd.DataFrame:
        cumulated = pd.concat(quarters, ignore_index=True)
        return pd.concat([figures(quarters[-1], ONE_WAY), figures(cumulated, ONE_WAY)])

    return table(one, two, three), privacy.suppress(table(one, two), min_base=MIN_BASE)


def revised(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A second release of one quarter: three questionnaires came late."""
    late = people(seed)
    return figures(late, TWO_WAY), privacy.suppress(figures(late[3:], TWO_WAY), min_base=MIN_BASE)


def naive(table: pd.DataFrame) -> pd.DataFrame:
    """Hide the small groups and nothing else."""
    small = (table["n"] > 0) & (table["n"] < MIN_BASE)
    return table.assign(**{name: table[name].mask(small) for name in HIDDEN})


def recovered(published: pd.DataFrame, previous: pd.DataFrame | None) -> int:
    return int((~privacy.audit(published, min_base=MIN_BASE, previous=previous)["protected"]).sum())


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_no_hidden_count_of_a_random_table_can_be_worked_out(shape):
    naively, cells, extra, shown, refused = 0, 0, 0, 0, 0
    for seed in range(SEEDS[shape]):
        table, previous = SHAPES[shape](seed)
        naively += recovered(naive(table), previous)
        try:
            published = privacy.suppress(table, min_base=MIN_BASE, previous=previous)
        except ValueError:
            refused += 1
            continue
        assert recovered(published, previous) == 0, f"seed {seed}"
        if shape == "revised":
            assert recovered(previous, published) == 0, f"seed {seed}: the earlier release"
        once = published.drop_duplicates(["quarter", "item", "group_by", "group"])
        cells += len(once)
        extra += int((once["reason"] == "complementary").sum())
        shown += int(once["n"].notna().sum())
    assert naively > 0.5 * SEEDS[shape], (
        "the attack must succeed where only small groups are hidden"
    )
    assert extra <= MOST_EXTRA * cells, f"{extra} of {cells} hidden in addition"
    assert shown >= 0.4 * cells
    assert refused <= (0.1 * SEEDS[shape] if shape == "revised" else 0)


def test_the_true_counts_are_among_those_that_the_reader_finds_possible():
    for seed in range(8):
        table = figures(people(seed), TWO_WAY, levels=True)
        found = privacy.audit(privacy.suppress(table, min_base=MIN_BASE), min_base=MIN_BASE)
        truth = table.drop_duplicates(["item", "group_by", "group"])
        both = found.merge(truth, on=["quarter", "line", "item", "group_by", "group"])
        assert len(both) == len(found)
        assert (both["count_low"] <= both["n"]).all()
        assert (both["n"] <= both["count_high"]).all()


# ---- what a reader can infer, by hand --------------------------------------------------------------


def counts(
    cells: dict[tuple[str | None, str | None], int | None],
    *,
    item: str = "overall",
    quarter: str | None = "2026Q3",
    metric: str = "mean",
) -> pd.DataFrame:
    """Write a table of counts with one estimate each; None is hidden."""
    rows = [
        {
            "quarter": quarter,
            "line": "hotline",
            "metric": metric,
            "item": item,
            "level": None,
            "group_by": by,
            "group": group,
            "n": n,
            "n_eff": n,
            "df": None if n is None else n - 1,
            "estimate": None if n is None else 4.0,
            "se": None if n is None else 0.1,
            "ci_low": None if n is None else 3.8,
            "ci_high": None if n is None else 4.2,
            "suppressed": n is None,
            "reason": "confidential" if n is None else None,
        }
        for (by, group), n in cells.items()
    ]
    table = pd.DataFrame(rows)
    columns = schema.TABLES["estimates"].columns
    return table.astype({name: column.dtype for name, column in columns.items()})


def regions(total: int | None, **groups: int | None) -> dict:
    return {(None, None): total} | {("region", name): n for name, n in groups.items()}


def limits(table: pd.DataFrame, **options) -> dict[str, tuple]:
    found = privacy.audit(table, min_base=MIN_BASE, **options)
    return {
        row.group: (row.count_low, None if pd.isna(row.count_high) else row.count_high)
        for row in found.itertuples()
    }


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (regions(40, a=25, b=12, c=None), {"c": (3, 3)}),
        (regions(40, a=25, b=None, c=None), {"b": (0, 15), "c": (0, 15)}),
        ({("region", "a"): 20, ("region", "b"): None}, {"b": (0, None)}),
        (
            {(None, None): 30, ("region", "a"): 10, ("region", "b"): 20}
            | {("region × type", "a × x"): None, ("region × type", "a × y"): None}
            | {("region × type", "b × x"): 18, ("region × type", "b × y"): 2}
            | {("type", "x"): 25, ("type", "y"): 5},
            {"a × x": (7, 7), "a × y": (3, 3)},
        ),
        (
            {(None, None): 30, ("region × type", "a × x"): None, ("region × type", "a × y"): 27},
            {"a × x": (3, 3)},
        ),
        (regions(30, a=20, b=10) | {("type", "x"): 26, ("type", "y"): None}, {"y": (4, 4)}),
        (
            {("region", "a"): 20, ("region", "b"): 10, ("type", "x"): 26, ("type", "y"): None},
            {"y": (4, 4)},
        ),
    ],
    ids=[
        "one hidden",
        "two hidden",
        "no total",
        "two-way, by the other margin",
        "two-way without margins",
        "another column",
        "total known from another column",
    ],
)
def test_the_audit_finds_the_range_of_a_hidden_count(cells, expected):
    assert limits(counts(cells)) == expected


def test_the_sums_of_scores_narrow_what_the_counts_leave_open():
    hidden = {("region × type", f"{r} × {t}"): None for r in "ab" for t in "xy"}
    margins = {(None, None): 40, ("region", "a"): 20, ("region", "b"): 20}
    margins |= {("type", "x"): 20, ("type", "y"): 20}
    table = counts(margins | hidden, metric="share")
    free = table.assign(estimate=table["estimate"] * 0 + 0.5)
    told = {"a": 1.0, "b": 0.0, "x": 0.1, "y": 0.9}
    estimate = table["group"].map(told).astype("Float64").fillna(0.5).mask(table["n"].isna())
    assert limits(free)["a × x"] == (0, 20)
    assert limits(table.assign(estimate=estimate))["a × x"] == (2, 2)


def test_weighted_figures_say_nothing_of_counts():
    cells = regions(40, a=30, b=None, c=None)
    table = counts(cells, metric="share").assign(estimate=lambda df: df["estimate"] * 0 + 0.5)
    odd = table.assign(
        estimate=table["estimate"].mask(table["group"] == "a", 0.9), n_eff=table["n_eff"] * 0.7
    )
    assert limits(odd) == limits(table) == {"b": (0, 10), "c": (0, 10)}


def test_a_group_hidden_in_one_item_is_hidden_in_those_of_the_same_people():
    tied = pd.concat(
        [
            counts(regions(40, a=25, b=11, c=4)),
            counts(regions(42, a=25, b=12, c=5), item="attitude"),
            counts(regions(25, a=12, b=8, c=5), item="recommend"),
        ],
        ignore_index=True,
    )
    published = privacy.suppress(tied, min_base=MIN_BASE)
    hidden = published[published["n"].isna()].groupby("item")["group"].agg("".join).to_dict()
    assert hidden == {"overall": "bc", "attitude": "bc"}
    naive_one = tied.assign(
        n=tied["n"].mask((tied["item"] == "overall") & tied["group"].isin(["b", "c"]))
    )
    assert limits(naive_one) == {"b": (10, 12), "c": (3, 5)}


# ---- an earlier publication ------------------------------------------------------------------------


def test_an_earlier_release_with_another_pattern_gives_a_count_away():
    before = counts(regions(50, a=30, b=12, c=None, d=None))
    now = counts(regions(50, a=30, b=None, c=None, d=5))
    assert limits(now)["c"] == (0, 15)
    assert limits(now, previous=before) == {"b": (12, 12), "c": (3, 3)}
    full = counts(regions(50, a=30, b=12, c=3, d=5))
    published = privacy.suppress(full, min_base=MIN_BASE, previous=before)
    assert set(published.loc[published["n"].isna(), "group"]) == {"c", "d"}


def test_what_an_earlier_release_gives_away_is_refused_by_name():
    before = counts(regions(50, a=40, b=10))
    now = counts(regions(44, a=40, b=4))
    shown = counts(regions(50, a=44, b=6))
    with pytest.raises(ValueError, match=r"previous: .*'region': 'b'.*withdraw"):
        privacy.suppress(counts(regions(48, a=44, b=4)), min_base=MIN_BASE, previous=shown)
    assert privacy.suppress(now, min_base=MIN_BASE, previous=before)["n"].isna().sum() == 2


def test_a_year_to_date_row_and_the_half_year_give_a_quarter_away():
    half = counts(regions(90, a=70, b=20), quarter=None)
    second = counts(regions(45, a=35, b=10), quarter="2026Q2")
    third = counts(regions(40, a=37, b=None), quarter="2026Q3")
    year = counts(regions(None, a=107, b=23), quarter=None)
    previous = pd.concat([half, second])
    assert limits(pd.concat([third, year])[lambda df: df["group"].notna()], previous=previous) == {
        "b": (3, 3)
    }


def test_different_quarters_without_a_cumulated_row_are_not_linked():
    before = counts(regions(50, a=30, b=20), quarter="2026Q2")
    now = counts(regions(50, a=None, b=None))
    assert limits(now, previous=before) == limits(now)


# ---- what is left as it was ------------------------------------------------------------------------


def small_table() -> pd.DataFrame:
    return counts(regions(40, a=25, b=12, c=3, d=0))


def test_a_hidden_row_keeps_its_key_and_nothing_else():
    table = small_table()
    published = privacy.suppress(table, min_base=MIN_BASE)
    key = list(schema.TABLES["estimates"].key)
    pd.testing.assert_frame_equal(published[key], table[key])
    hidden = published["group"].isin(["b", "c"])
    assert published.loc[hidden, HIDDEN].isna().all(axis=None)
    assert published.loc[hidden, "suppressed"].all()
    assert published.loc[hidden, "reason"].tolist() == ["complementary", "confidential"]
    pd.testing.assert_frame_equal(published[~hidden], table[~hidden])
    schema.check(published, "estimates")


def test_a_table_without_small_groups_stays_as_it_is():
    table = counts(regions(40, a=25, b=15, d=0))
    pd.testing.assert_frame_equal(privacy.suppress(table, min_base=MIN_BASE), table)
    assert privacy.audit(table, min_base=MIN_BASE).empty


def test_hiding_twice_hides_no_more():
    once = privacy.suppress(small_table(), min_base=MIN_BASE)
    pd.testing.assert_frame_equal(privacy.suppress(once, min_base=MIN_BASE), once)


def test_what_leaves_the_company_tells_no_reason_and_has_a_larger_base():
    published = privacy.suppress(small_table(), min_base=10, tell_reason=False)
    assert set(published["reason"].dropna()) == {"confidential"}
    assert published["n"].isna().sum() == 2


@pytest.mark.parametrize("shape", [0, 1], ids=["no rows", "one row"])
def test_an_empty_or_single_table_has_the_same_columns(shape):
    table = small_table().iloc[:shape]
    assert list(privacy.suppress(table, min_base=MIN_BASE)) == list(table)
    assert list(privacy.audit(table, min_base=MIN_BASE)) == [
        "quarter", "line", "item", "group_by", "group", "count_low", "count_high", "protected",
    ]  # fmt: skip


def test_all_metrics_of_one_cell_are_hidden_together():
    table = pd.concat([small_table(), small_table().assign(metric="share", estimate=0.5)])
    published = privacy.suppress(table, min_base=MIN_BASE)
    assert (
        published["n"].isna().groupby([published["item"], published["group"]]).nunique().eq(1).all()
    )


@pytest.mark.parametrize("base", [0, -1, 2.5, True, None], ids=repr)
@pytest.mark.parametrize("function", [privacy.suppress, privacy.audit], ids=["suppress", "audit"])
def test_a_base_that_is_none_is_refused(function, base):
    with pytest.raises(ValueError, match="min_base: expected a whole number"):
        function(small_table(), min_base=base)


@pytest.mark.parametrize("argument", ["table", "previous"])
def test_a_table_of_another_shape_is_refused(argument):
    bad = small_table().drop(columns="n_eff")
    given = (bad, None) if argument == "table" else (small_table(), bad)
    with pytest.raises(ValueError, match=rf"{argument}: expected .* missing \['n_eff'\]"):
        privacy.suppress(given[0], min_base=MIN_BASE, previous=given[1])


def test_two_bases_of_one_item_and_group_are_refused():
    table = pd.concat([small_table(), counts(regions(39, a=25), metric="share")])
    with pytest.raises(ValueError, match=r"n: expected one base .* found 40 and 39 .*overall"):
        privacy.suppress(table, min_base=MIN_BASE)
