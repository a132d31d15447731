"""The rates of customer units: R's values, what must hold for any answers, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from csatlib import estimates, schema
from csatlib.estimates import Design
from csatlib.estimates.shrinkage import posterior_rates

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "units.json").read_text(encoding="utf-8")
)
RESULTS = {
    name: np.array(entry["value"], dtype=float) for name, entry in REFERENCE["results"].items()
}
INPUTS = {name: entry["value"] for name, entry in REFERENCE["inputs"].items()}
LETTERS = "ABCDEFGHIJ"
PROCESS = ["super_low", "super_high", "shrunken", "shrunken_low", "shrunken_high", "p_below"]
RANKS = ["rank", "rank_low", "rank_high"]


def answers(x, n, population=None, names=LETTERS):
    """One row an answer, unit by unit, the satisfied first."""
    df = pd.DataFrame(
        {
            "unit": np.repeat(list(names)[: len(n)], n),
            "satisfied": np.concatenate([np.arange(b) < a for a, b in zip(x, n, strict=True)]),
        }
    )
    if population is not None:
        df["customers"] = np.repeat(np.array(population, dtype=float), n)
    return df


def units(df, **options):
    settings_ = {"unit": "unit", "target": 0.85} | options
    return estimates.units(df, "satisfied", **settings_).pipe(schema.check, "units")


def column(table, name):
    return table[name].to_numpy(dtype=float, na_value=np.nan)


@pytest.fixture(scope="module")
def reference_table():
    df = answers(INPUTS["x"], INPUTS["n"], INPUTS["N"])
    return units(df, population="customers")


# Values from R -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["estimate", "se", "ci_low", "ci_high"])
def test_the_sample_part_is_r_survey(reference_table, name):
    expected = RESULTS[f"plain/{name}"]
    shown = ~np.isnan(expected)
    if name.startswith("ci"):
        # R's limits may be rates that the unit cannot have, whatever the others would answer.
        x, n, people = (np.array(INPUTS[key], dtype=float) for key in ("x", "n", "N"))
        possible = np.fmin(np.fmax(expected, x / people), (x + people - n) / people)
        assert (possible != expected)[shown].sum() == {"ci_low": 1, "ci_high": 3}[name]
        expected = possible
    found = column(reference_table, name)
    assert found[shown] == pytest.approx(expected[shown], rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("name", ["estimate", "se", "ci_low", "ci_high"])
def test_the_weighted_sample_part_is_r_survey(name):
    df = answers(INPUTS["x"], INPUTS["n"], INPUTS["N"])
    df["w"] = np.resize(INPUTS["w"], len(df))
    table = units(df, population="customers", design=Design(weight="w"))
    expected = RESULTS[f"weighted/{name}"].copy()
    if name == "estimate":
        expected[0] = 18 / 20  # a census is counted, not weighted
    shown = ~np.isnan(expected)
    assert column(table, name)[shown] == pytest.approx(expected[shown], rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("name", ["super_low", "super_high"])
def test_the_process_interval_is_r_binom_test(reference_table, name):
    assert column(reference_table, name) == pytest.approx(RESULTS[name], rel=1e-10)


@pytest.mark.parametrize("name", ["funnel_low", "funnel_high", "alarm_low", "alarm_high"])
def test_the_funnel_is_r_qbinom(reference_table, name):
    assert column(reference_table, name) == pytest.approx(RESULTS[name], rel=1e-12)


@pytest.mark.parametrize("name", ["shrunken", "shrunken_low", "shrunken_high", "p_below"])
def test_the_posterior_is_that_of_a_brute_grid(reference_table, name):
    # Two grids over the same density, laid differently.
    found = column(reference_table, name)
    assert found == pytest.approx(RESULTS[f"posterior/{name}"], abs=1e-4)


def test_many_units_shrink_as_by_maximum_likelihood():
    x, n = (np.array(INPUTS[name], dtype=float) for name in ("many_x", "many_n"))
    a, b = RESULTS["many/maximum_likelihood"]
    rates = posterior_rates(x, n)
    assert rates.mean() == pytest.approx((a + x) / (a + b + n), abs=0.002)
    plug_in = special.betaincinv(a + x, b + n - x, 0.975)
    assert rates.quantile(0.975) == pytest.approx(plug_in, abs=0.005)


# What a row says -----------------------------------------------------------------------------


def test_a_unit_that_all_answered_is_a_census():
    row = units(answers([9, 9], [10, 10], [10, 11]), population="customers").iloc[0]
    assert row["reason"] == "census"
    assert row["estimate"] == 0.9
    assert row["se"] == 0
    assert row[["ci_low", "ci_high", "n_eff", "df"]].isna().all()
    assert row["super_low"] < 0.9 < row["super_high"]
    assert not row[[*PROCESS, *RANKS]].isna().any()


def test_one_customer_not_asked_is_no_census():
    row = units(answers([10, 9], [10, 10], [11, 11]), population="customers").iloc[0]
    assert pd.isna(row["reason"])
    assert row["ci_low"] == pytest.approx(10 / 11)
    assert row["ci_high"] == 1


def test_one_missing_answer_is_no_census():
    df = answers([9], [10], [10])
    df["satisfied"] = df["satisfied"].astype("boolean").mask(df.index == 0)
    row = units(df, population="customers").iloc[0]
    assert row["n"] == 9
    assert pd.isna(row["reason"])
    assert row["se"] > 0


def test_a_unit_without_an_answer_has_its_row():
    df = answers([8, 9], [10, 10], [20, 20])
    df["unit"] = pd.Categorical(df["unit"], categories=["B", "Z", "A"])
    df["satisfied"] = df["satisfied"].astype("boolean").mask(df["unit"] == "A")
    table = units(df, population="customers")
    assert table["group"].tolist() == ["B", "Z", "A"]
    assert table["reason"].fillna("").tolist() == ["", "empty", "empty"]
    assert table["n"].tolist() == [10, 0, 0]
    assert table["population"].fillna(-1).tolist() == [20, -1, 20]
    assert table["small"].tolist() == [False, True, True]
    numbers = ["estimate", "se", "ci_low", "ci_high", *PROCESS, *RANKS, "funnel_low", "alarm_high"]
    assert table.loc[1:, [*numbers, "funnel"]].isna().all(axis=None)


def test_a_single_answer_has_no_error_of_its_own():
    row = units(answers([1, 8], [1, 10], [3, 20]), population="customers").iloc[0]
    assert row["reason"] == "single_answer"
    assert row["estimate"] == 1
    assert row[["se", "ci_low", "ci_high"]].isna().all()
    assert [row["super_low"], row["super_high"]] == pytest.approx([0.025, 1])


def test_small_units_are_marked_and_not_ranked():
    table = units(answers([4, 5, 8], [4, 5, 10]))
    assert table["small"].tolist() == [True, False, False]
    assert table["rank"].isna().tolist() == [True, False, False]
    assert table["rank_high"].max() == 2
    assert not table[PROCESS].isna().any(axis=None)


def test_suppressed_units_give_only_their_n():
    table = units(answers([4, 8, 9], [4, 10, 11]), min_base=10)
    alone = units(answers([8, 9], [10, 11], names="BC"), min_base=10)
    assert table["reason"].fillna("").tolist() == ["small_base", "", ""]
    shown = ["estimate", "se", "ci_low", *PROCESS, *RANKS, "funnel_low", "funnel", "n_eff"]
    assert table.loc[0, shown].isna().all()
    assert table.loc[0, "n"] == 4
    # Nor do they tell the others anything.
    assert table.loc[1:, PROCESS].to_numpy().tolist() == alone[PROCESS].to_numpy().tolist()


def test_missing_units_and_missing_answers_do_not_count():
    df = answers([8, 9], [10, 10])
    more = pd.concat(
        [
            df,
            pd.DataFrame({"unit": ["A"] * 3, "satisfied": [None] * 3}),
            pd.DataFrame({"unit": [None] * 3, "satisfied": [True] * 3}),
        ],
        ignore_index=True,
    ).astype({"satisfied": "boolean"})
    pd.testing.assert_frame_equal(units(more)[PROCESS], units(df)[PROCESS])
    assert units(more)["n"].tolist() == [10, 10]


def test_without_a_target_the_rest_stands():
    df = answers([8, 9], [10, 10])
    table, aimed = units(df, target=None), units(df)
    assert table[["target", "p_below"]].isna().all(axis=None)
    rest = [name for name in table if name not in ("target", "p_below")]
    pd.testing.assert_frame_equal(table[rest], aimed[rest])


def test_rows_come_as_units_do_not_as_they_rank():
    table = units(answers([5, 30, 20], [30, 30, 30], names="CAB"))
    assert table["group"].tolist() == ["A", "B", "C"]
    assert table["rank"].tolist() == [1, 2, 3]


def test_quarter_and_line_come_from_the_data():
    df = answers([8, 9], [10, 10]).assign(quarter="2026Q3", line="store")
    row = units(df).iloc[0]
    assert row[["quarter", "line", "metric", "item", "group_by", "group"]].tolist() == [
        "2026Q3",
        "store",
        "share",
        "satisfied",
        "unit",
        "A",
    ]


def test_no_rows_no_units():
    empty = pd.DataFrame({"unit": pd.Series(dtype="str"), "satisfied": pd.Series(dtype="boolean")})
    assert units(empty).empty


# Degenerate companies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([10] * 6, [10] * 6),
        ([0] * 6, [10] * 6),
        ([0, 10] * 3, [10] * 6),
        ([8] * 6, [10] * 6),
        ([8], [10]),
        ([1], [1]),
        ([500_000, 499_000], [1_000_000, 1_000_000]),
    ],
    ids=["all satisfied", "none", "all or none", "no spread", "one unit", "one answer", "huge"],
)
def test_no_interval_is_without_width_and_all_hold_their_rate(x, n):
    table = units(answers(x, n))
    for low, middle, high in (
        ("super_low", "estimate", "super_high"),
        ("shrunken_low", "shrunken", "shrunken_high"),
    ):
        assert (table[low] < table[high]).all()
        assert (table[low] <= table[middle]).all()
        assert (table[middle] <= table[high]).all()
    assert table["p_below"].between(0, 1).all()
    assert not table["funnel"].isna().any()


def test_equal_units_share_one_rate_and_every_rank():
    table = units(answers([10] * 8, [10] * 8))
    assert table["shrunken"].nunique() == 1
    assert 0.98 < table["shrunken"].iloc[0] < 1
    # Rates that all round to 1 are not ranked by their order in the table.
    assert table["rank"].between(4, 5).all()
    assert (table["rank_low"] == 1).all()
    assert (table["rank_high"] == 8).all()
    assert (table["funnel"] == "within").all()


def test_units_far_apart_keep_their_rates_and_their_ranks():
    table = units(answers([950, 800, 600], [1000] * 3))
    assert column(table, "shrunken") == pytest.approx([0.95, 0.8, 0.6], abs=0.002)
    assert table[RANKS].to_numpy().tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 3]]
    assert table["p_below"].round(6).tolist() == [0, pytest.approx(1, abs=1e-4), 1]
    assert table["funnel"].tolist() == ["above", "within", "below"]


def test_a_small_unit_is_drawn_further_to_the_others():
    table = units(answers([4, 40, 80, 90, 75, 85], [5, 50, 100, 100, 100, 100]))
    distance = (table["shrunken"] - table["overall"]).abs() / (
        table["estimate"] - table["overall"]
    ).abs()
    assert distance.iloc[0] < distance.iloc[1] < distance.iloc[2] < 1


def test_an_interpolated_limit_would_call_ten_of_ten_too_many():
    table = units(answers([10, 980], [10, 990]))
    assert table["funnel"].tolist() == ["within", "within"]
    assert table["funnel_high"].iloc[0] == 1


# Promises for any answers --------------------------------------------------------------------

counts = st.lists(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(0, 30))
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(counts)
def test_a_population_narrows_only_the_sample_part(rows):
    x, n, rest = map(list, zip(*rows, strict=True))
    df = answers(x, n, np.add(n, rest))
    table, endless = units(df, population="customers"), units(df)
    assert table[[*PROCESS, *RANKS]].equals(endless[[*PROCESS, *RANKS]])
    shown = table["ci_low"].notna().to_numpy()
    width, wider = (t["ci_high"] - t["ci_low"] for t in (table, endless))
    assert (width[shown] <= wider[shown] + 1e-12).all()
    assert (width[shown] > 0).all()
    assert (table["reason"].eq("census").to_numpy() == (np.array(rest) == 0)).all()
    possible = np.array(x)[shown] / np.add(n, rest)[shown]
    assert (column(table, "ci_low")[shown] >= possible - 1e-12).all()


@settings(max_examples=15, deadline=None)
@given(counts, st.floats(0.01, 100))
def test_equal_weights_change_nothing(rows, weight):
    x, n, rest = map(list, zip(*rows, strict=True))
    df = answers(x, n, np.add(n, rest)).assign(w=weight)
    plain = units(df)
    weighted = units(df, design=Design(weight="w"))
    for name in ("estimate", "se", "ci_low", "ci_high", *PROCESS, "overall"):
        assert column(weighted, name) == pytest.approx(
            column(plain, name), rel=1e-6, abs=1e-9, nan_ok=True
        )
    assert weighted["funnel"].tolist() == plain["funnel"].tolist()


@settings(max_examples=15, deadline=None)
@given(counts, st.randoms())
def test_the_order_of_rows_means_nothing(rows, random):
    x, n, _ = map(list, zip(*rows, strict=True))
    df = answers(x, n)
    order = list(range(len(df)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(units(df.iloc[order]), units(df))


def test_weights_of_0_do_not_count_and_uneven_ones_cost_precision():
    df = answers([8, 9], [10, 10]).assign(w=1.0)
    silent = pd.concat([df, df.assign(w=0.0)], ignore_index=True)
    found, plain = (units(d, design=Design(weight="w")) for d in (silent, df))
    pd.testing.assert_frame_equal(found, plain)
    uneven = units(df.assign(w=np.resize([1.0, 9.0], 20)), design=Design(weight="w"))
    assert (
        (uneven["super_high"] - uneven["super_low"])
        .gt(plain["super_high"] - plain["super_low"])
        .all()
    )


def test_the_population_of_the_design_counts_where_units_are_its_strata():
    df = answers([8, 9], [10, 10], [10, 30])
    named = units(df, population="customers")
    by_design = units(df, design=Design(stratum="unit", population="customers"))
    pd.testing.assert_frame_equal(by_design, named)
    other = units(df.assign(tier="a"), design=Design(stratum="tier", population="customers"))
    assert other["population"].isna().all()


def test_the_seed_moves_ranks_alone():
    df = answers([8, 9, 7, 8], [10, 10, 10, 10])
    one, two = units(df, seed=1), units(df, seed=2)
    rest = [name for name in one if name not in RANKS]
    pd.testing.assert_frame_equal(one[rest], two[rest])
    pd.testing.assert_frame_equal(one, units(df, seed=1))


def test_more_confidence_is_wider():
    df = answers([8, 9, 20], [10, 12, 30], [20, 20, 40])
    narrow, wide = (units(df, population="customers", conf=conf) for conf in (0.8, 0.99))
    for part in ("ci", "super", "shrunken", "rank", "funnel"):
        assert (wide[f"{part}_low"] <= narrow[f"{part}_low"]).all()
        assert (wide[f"{part}_high"] >= narrow[f"{part}_high"]).all()
    assert (wide["alarm_low"] == narrow["alarm_low"]).all()


def test_said_probabilities_come_true():
    """Of the units said to lie below the target with about that probability, as many do."""
    generator = np.random.default_rng(11)
    rates = generator.beta(17, 3, 300)
    n = generator.integers(5, 60, 300)
    x = generator.binomial(n, rates)
    found = posterior_rates(x.astype(float), n.astype(float))
    said, true = found.below(0.85), rates < 0.85
    assert said.mean() == pytest.approx(true.mean(), abs=0.05)
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
        group = (said >= low) & (said < high)
        assert said[group].mean() == pytest.approx(true[group].mean(), abs=0.12)
    inside = (found.quantile(0.025) <= rates) & (rates <= found.quantile(0.975))
    assert 0.92 < inside.mean() < 0.98


# Refusals ------------------------------------------------------------------------------------

SAMPLE = answers([8, 9], [10, 10], [10, 30]).assign(w=1.0, branch="x")


@pytest.mark.parametrize(
    ("df", "options", "message"),
    [
        (SAMPLE.drop(columns="satisfied"), {}, "item: expected the name of a column"),
        (SAMPLE, {"unit": "shop"}, "unit: expected the name of a column, found 'shop'"),
        (SAMPLE.assign(satisfied=5), {}, "expected true or false"),
        (SAMPLE, {"target": 85}, "write 0.85 for 85 %"),
        (SAMPLE, {"target": 0}, "target: expected a rate above 0"),
        (SAMPLE, {"target": "85%"}, "target: expected a rate above 0"),
        (SAMPLE, {"small": 0}, "small: expected a whole number, 1 or more"),
        (SAMPLE, {"seed": -1}, "seed: expected a whole number, 0 or more"),
        (SAMPLE, {"seed": None}, "seed: expected a whole number"),
        (SAMPLE, {"conf": 95}, "write 0.95 for 95 %"),
        (SAMPLE, {"min_base": 0}, "min_base: expected a whole number"),
        (SAMPLE, {"population": "people"}, "population: expected the name of a column"),
        (SAMPLE, {"population": "branch"}, "population: expected numbers"),
        (
            SAMPLE.assign(customers=9),
            {"population": "customers"},
            "found 9 customers and 10 answers in unit 'A'",
        ),
        (
            SAMPLE.assign(customers=[*range(20, 40)]),
            {"population": "customers"},
            "found several in unit 'A'",
        ),
        (
            SAMPLE.assign(customers=0.5),
            {"population": "customers"},
            "population: expected whole numbers of customers.*unit 'A'",
        ),
        (SAMPLE, {"design": "w"}, "design: expected an estimates.Design, found str"),
        (SAMPLE, {"design": Design(cluster="branch")}, "design: expected no clusters"),
        (SAMPLE, {"design": Design(weight="x")}, "design.weight: expected the name of a column"),
        (SAMPLE, {"design": Design(weight="branch")}, "design.weight: expected numbers"),
        (SAMPLE.assign(w=-1.0), {"design": Design(weight="w")}, "a number of 0 or more"),
        (SAMPLE.assign(w=np.inf), {"design": Design(weight="w")}, "a number of 0 or more"),
        (
            SAMPLE.assign(w=SAMPLE["w"].mask(SAMPLE.index == 7)),
            {"design": Design(weight="w")},
            "found 1 others, the first in row 7",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_units_is_refused(df, options, message):
    with pytest.raises(ValueError, match=message):
        units(df, **options)
