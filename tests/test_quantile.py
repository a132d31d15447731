"""Quantiles: R's values, ties, open ends, and the median of grouped data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_designs import reference, survey

from csatlib import estimates, schema
from csatlib.estimates import Design

RESULTS = {name: entry["value"] for name, entry in reference("describe").items()}
QUANTILES = [name for name in RESULTS if name.startswith("quantile/")]
WANTED = [0.1, 0.25, 0.5, 0.75, 0.9]
INTERVALS = {"xlogit": "logit", "asin": "arcsine", "quantile": "replicates"}


def only_row(table: pd.DataFrame) -> pd.Series:
    assert len(schema.check(table, "estimates")) == 1
    return table.iloc[0]


def median(values, **options) -> pd.Series:
    df = pd.DataFrame({"score": values, **options.pop("columns", {})})
    return only_row(estimates.quantile(df, "score", q=[0.5], min_base=1, **options))


# ---- R's survey package ------------------------------------------------------------------------


def assert_is(row: pd.Series, estimate: float, se: float | None, ci: list, smallest: float) -> None:
    assert row["estimate"] == pytest.approx(estimate, rel=1e-10)
    if ci[0] is not None and ci[0] == ci[1]:
        assert row["reason"] == "discrete"
        assert row[["se", "ci_low", "ci_high"]].isna().all()
        return
    # R takes the second smallest answer where the smallest alone weighs more than the share.
    differs = ci[0] is not None and row["ci_low"] == smallest < ci[0]
    for end, limit in zip(("ci_low", "ci_high"), ci, strict=True):
        if limit is None:
            assert pd.isna(row[end])
            assert row["reason"] == "open_interval"
        elif not (differs and end == "ci_low"):
            assert row[end] == pytest.approx(limit, rel=1e-10)
    if se is None:
        assert pd.isna(row["se"])
    elif not differs:
        assert row["se"] == pytest.approx(se, rel=1e-10)


@pytest.mark.parametrize("name", QUANTILES, ids=lambda name: name.removeprefix("quantile/"))
def test_a_quantile_is_svyquantile(name):
    _, letter, item, rule, interval = name.split("/")
    df, design = survey(letter)
    where = df["stype"] == "H" if item == "few" else pd.Series(True, index=df.index)
    item = "api00" if item == "few" else item
    table = estimates.quantile(
        df, item, q=WANTED, where=where, design=design, rule=rule,
        interval=INTERVALS.get(interval, interval), min_base=1,
    )  # fmt: skip
    assert table["level"].tolist() == ["0.1", "0.25", "0.5", "0.75", "0.9"]
    value, smallest = RESULTS[name], df[item][where].min()
    for row, estimate, se, ci in zip(
        table.to_dict("records"), value["estimate"], value["se"], value["ci"], strict=True
    ):
        assert_is(pd.Series(row), estimate, se, ci, smallest)


def test_only_few_ends_differ_from_r_s():
    differing = 0
    for name in QUANTILES:
        _, letter, item, rule, interval = name.split("/")
        if (item, rule, interval) == ("few", "math", "mean"):
            df, design = survey(letter)
            where = df["stype"] == "H"
            table = estimates.quantile(
                df, "api00", q=WANTED, where=where, design=design, interval="mean", min_base=1
            )
            ends = np.array([ci[0] for ci in RESULTS[name]["ci"]], dtype=float)
            low = table["ci_low"].to_numpy(dtype=float, na_value=np.nan)
            known = ~np.isnan(low)
            assert (np.isnan(ends) == ~known).all()
            assert (low[known] <= ends[known]).all()
            differing += int((low[known] < ends[known]).sum())
    assert differing == 10


def test_the_published_example_is_r_s_default():
    df, design = survey("S")
    table = estimates.quantile(df, "api00", design=design)
    rows = RESULTS["B1/quantile_default"]["q"]["data"]
    found = table[["estimate", "ci_low", "ci_high", "se"]].to_numpy(dtype=float)
    assert found.ravel() == pytest.approx(np.ravel(rows), rel=1e-10)


# ---- what a quantile is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"), [("math", 2), ("school", 2.5), ("hf7", 2.5), ("grouped", 2.5)]
)
def test_between_two_answers_the_rule_decides(rule, expected):
    assert median([4, 1, 3, 2], rule=rule)["estimate"] == expected


def test_the_smallest_answer_is_the_median_where_it_weighs_most():
    row = median([5, 1], design=Design("weight"), columns={"weight": [1.0, 9.0]})
    assert row["estimate"] == 1


@pytest.mark.parametrize("weight", [1.0, 0.1, 1.1, 1 / 3])
def test_a_share_that_is_reached_but_for_rounding_is_reached(weight):
    columns = {"weight": weight}
    row = median(range(1, 41), design=Design("weight"), columns=columns)
    assert row["estimate"] == 20
    row = median(range(1, 41), design=Design("weight"), columns=columns, rule="school")
    assert row["estimate"] == 20.5


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(1, 9), min_size=1, max_size=30),
    q=st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.7, 0.75]),
    scale=st.sampled_from([1.0, 0.1, 1 / 3, 7e6]),
)
def test_it_is_the_smallest_answer_that_enough_customers_do_not_exceed(values, q, scale):
    df = pd.DataFrame({"score": values, "weight": scale})
    table = estimates.quantile(df, "score", q=[q], design=Design("weight"), min_base=1)
    enough = [v for v in values if sum(x <= v for x in values) / len(values) >= q - 1e-12]
    assert table["estimate"].iloc[0] == min(enough)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.integers(0, 50), min_size=2, max_size=40))
def test_equal_weights_give_the_medians_of_pandas(values):
    series = pd.Series(values, dtype=float)
    assert median(values, rule="school")["estimate"] == pytest.approx(series.median())
    df = pd.DataFrame({"score": values})
    table = estimates.quantile(df, "score", q=[0.2, 0.9], rule="hf7", min_base=1)
    assert table["estimate"].tolist() == pytest.approx(series.quantile([0.2, 0.9]).tolist())


def test_a_group_is_the_same_by_by_and_by_where():
    df, design = survey("S")
    by = estimates.quantile(df, "api00", by=["stype"], design=design)
    for level in "EHM":
        where = estimates.quantile(df, "api00", where=df["stype"] == level, design=design)
        numbers = ["level", "n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high"]
        group = by[by["group"] == level].reset_index(drop=True)
        pd.testing.assert_frame_equal(group[numbers], where[numbers])


@pytest.mark.parametrize("rule", ["math", "school", "hf7", "grouped"])
def test_another_unit_of_weights_changes_nothing(rule):
    df, design = survey("C")
    other = df.assign(pw=df["pw"] * 0.1)
    first, second = (
        estimates.quantile(table, "score", q=WANTED, design=design, rule=rule)
        for table in (df, other)
    )
    pd.testing.assert_frame_equal(first, second, rtol=1e-9)


# ---- answers that repeat -----------------------------------------------------------------------


def test_a_median_that_all_limits_share_has_no_error_and_says_so():
    row = median([3] * 20 + [4] * 60)
    assert (row["estimate"], row["reason"]) == (4, "discrete")
    assert row[["se", "ci_low", "ci_high"]].isna().all()


def test_equal_answers_have_no_variation():
    row = median([4] * 40)
    assert (row["estimate"], row["reason"]) == (4, "no_variation")


def test_the_grouped_median_moves_where_the_plain_one_cannot():
    # 10 answers of 3, 60 of 4: half of 80 is reached 30/60 of the way through 3.5 to 4.5.
    row = median([3] * 10 + [4] * 60 + [5] * 10, rule="grouped")
    assert row["estimate"] == pytest.approx(3.5 + 30 / 60)
    more = median([3] * 10 + [4] * 60 + [5] * 30, rule="grouped")
    assert more["estimate"] == pytest.approx(3.5 + 40 / 60)
    # Its interval inverts that of the share: slope f = 60/80 a point.
    below = np.array([0.0] * 10 + [0.5] * 60 + [1.0] * 10)[::-1]
    se = below.std(ddof=1) / np.sqrt(80) / (60 / 80)
    assert row["se"] == pytest.approx(se, rel=1e-10)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]


def test_the_step_of_the_scale_is_the_width_of_its_groups():
    coarse = median([20] * 10 + [40] * 20 + [60] * 20, rule="grouped", step=20)
    fine = median([1] * 10 + [2] * 20 + [3] * 20, rule="grouped")
    assert coarse["estimate"] == pytest.approx(20 * fine["estimate"])
    assert coarse["se"] == pytest.approx(20 * fine["se"])


# ---- too little to say -------------------------------------------------------------------------


def test_an_end_beyond_the_answers_stays_open_and_the_other_is_given():
    row = median([1, 2, 3, 4, 5, 6], conf=0.99, design=None)
    high = only_row(
        estimates.quantile(
            pd.DataFrame({"score": [1, 2, 3, 4, 5, 6, 7, 8]}), "score", q=[0.2], min_base=1
        )
    )
    assert row["reason"] == "open_interval"
    assert row[["se", "ci_low", "ci_high"]].isna().all()
    assert high["reason"] == "open_interval"
    assert pd.isna(high["ci_low"])
    assert high["ci_high"] > high["estimate"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "empty"), ([None, None], "empty"), ([4], "single_answer"), ([4, 4], "no_variation")],
    ids=["no rows", "no answers", "one answer", "equal answers"],
)
def test_what_cannot_be_known_is_not_given(values, reason):
    row = median(pd.Series(values, dtype=float))
    assert row["reason"] == reason
    assert row[["se", "ci_low", "ci_high"]].isna().all()


def test_a_census_has_a_quantile_without_error():
    df = pd.DataFrame({"score": range(40), "customers": 40})
    design = Design(population="customers")
    row = only_row(estimates.quantile(df, "score", q=0.5, design=design))
    assert (row["estimate"], row["se"], row["reason"]) == (19, 0, "census")
    assert row[["ci_low", "ci_high"]].isna().all()


def test_a_small_base_is_withheld():
    row = only_row(estimates.quantile(pd.DataFrame({"score": range(29)}), "score", q=[0.5]))
    assert (row["n"], row["suppressed"], row["reason"]) == (29, True, "small_base")
    assert row[["estimate", "se", "ci_low", "ci_high"]].isna().all()


def test_no_groups_give_the_columns_and_no_rows():
    df = pd.DataFrame({"score": [1.0, 2.0], "region": pd.Series([None, None], dtype="str")})
    table = estimates.quantile(df, "score", by=["region"])
    assert len(schema.check(table, "estimates")) == 0


def test_rows_of_weight_0_are_not_answers():
    df = pd.DataFrame({"score": [1, 1, 1, *range(2, 42)], "weight": [0.0] * 3 + [1.0] * 40})
    weighed = only_row(estimates.quantile(df, "score", q=[0.1], design=Design("weight")))
    assert (weighed["n"], weighed["estimate"]) == (40, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"q": []}, "q: expected numbers between 0 and 1, found none"),
        ({"q": [50]}, "q: expected numbers between 0 and 1, found 50"),
        ({"q": 0}, "q: expected numbers between 0 and 1, found 0"),
        ({"q": [0.5, 0.5]}, "q: expected each value once"),
        ({"q": "0.5"}, "q: expected a sequence"),
        ({"rule": "median"}, "rule: expected one of math, school"),
        ({"interval": "wald"}, "interval: expected one of auto"),
        ({"interval": "replicates"}, "interval: expected a design with replicate weights"),
        ({"step": 0}, "step: expected a number above 0"),
        ({"rule": "grouped", "step": 2}, "step: expected answers at least 2 apart"),
        ({"conf": 95}, "conf: expected a number between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    df = pd.DataFrame({"score": [1, 2, 3, 4, 5] * 10})
    with pytest.raises(ValueError, match=message):
        estimates.quantile(df, "score", **options)


def test_words_have_no_quantile():
    with pytest.raises(ValueError, match="items: expected numbers in 'word'"):
        estimates.quantile(pd.DataFrame({"word": ["a", "b"]}), "word")
