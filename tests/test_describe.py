"""Variance, mode, design effect, and one item described in full."""

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


def cases(prefix: str) -> pytest.MarkDecorator:
    names = [name for name in RESULTS if name.startswith(prefix)]
    return pytest.mark.parametrize("name", names, ids=lambda name: name.removeprefix(prefix))


def only_row(table: pd.DataFrame) -> pd.Series:
    assert len(schema.check(table, "estimates")) == 1
    return table.iloc[0]


# ---- variance ----------------------------------------------------------------------------------


@cases("variance/")
def test_variance_is_svyvar(name):
    _, letter, what = name.split("/")
    df, design = survey(letter)
    item = "api00" if what == "domain" else what
    where = df["improving"] if what == "domain" else None
    row = only_row(estimates.variance(df, item, where=where, design=design, min_base=1))
    found, value = row[["estimate", "se", "ci_low", "ci_high"]].tolist(), RESULTS[name]
    assert found == pytest.approx([value["estimate"], value["se"], *value["ci"]], rel=1e-10)
    assert row["df"] == value["df"]


def test_variance_is_the_published_one():
    df, design = survey("S")
    row, value = only_row(estimates.variance(df, "api00", design=design)), RESULTS["B1/var_api00"]
    assert row["estimate"] == pytest.approx(value["estimate"]["api00"], rel=1e-10)
    assert row["se"] == pytest.approx(value["se"], rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.integers(-20, 20), min_size=2, max_size=40))
def test_variance_of_a_simple_sample_is_that_of_numpy(values):
    row = only_row(estimates.variance(pd.DataFrame({"score": values}), "score", min_base=1))
    assert row["estimate"] == pytest.approx(np.var(values, ddof=1), rel=1e-9, abs=1e-12)


def test_the_interval_of_a_variance_never_falls_below_0():
    values = [3] * 30 + [5]
    row = only_row(estimates.variance(pd.DataFrame({"score": values}), "score"))
    assert row["estimate"] - 2 * row["se"] < 0
    assert row["ci_low"] == 0


@pytest.mark.parametrize(
    ("values", "estimate", "reason"),
    [
        ([], None, "empty"),
        ([4.0], None, "single_answer"),
        ([4.0, 4.0], 0, "no_variation"),
        ([0.1, 0.4] * 20, 0.0225 * 40 / 39, "no_variation"),
    ],
    ids=["no answer", "one answer", "equal answers", "answers equally far from their mean"],
)
def test_a_variance_that_cannot_be_known_has_no_error(values, estimate, reason):
    df = pd.DataFrame({"score": pd.Series(values, dtype=float)})
    row = only_row(estimates.variance(df, "score", min_base=1))
    assert row["reason"] == reason
    assert row[["se", "ci_low", "ci_high"]].isna().all()
    if estimate is None:
        assert pd.isna(row["estimate"])
    else:
        assert row["estimate"] == pytest.approx(estimate)


# ---- design effect -----------------------------------------------------------------------------


@cases("deff/")
def test_design_effect_is_r_s(name):
    _, letter, what, replace = name.split("/")
    df, design = survey(letter)
    where = df["improving"] if what == "domain" else None
    row = only_row(
        estimates.design_effect(
            df, "api00", where=where, design=design, replace=replace == "TRUE", min_base=1
        )
    )
    assert row["estimate"] == pytest.approx(RESULTS[name]["deff"], rel=1e-10)
    assert row["n_eff"] == pytest.approx(row["n"] / row["estimate"])
    assert row["reason"] == "no_interval"
    assert row[["se", "ci_low", "ci_high"]].isna().all()


@pytest.mark.parametrize("replace", [False, True], ids=["mean_deff", "mean_deff_replace"])
def test_design_effect_is_the_published_one(replace):
    df, design = survey("S")
    row = only_row(estimates.design_effect(df, "api00", design=design, replace=replace))
    name = "B1/mean_deff_replace" if replace else "B1/mean_deff"
    assert row["estimate"] == pytest.approx(RESULTS[name]["deff"], rel=1e-10)


def test_a_simple_random_sample_has_design_effect_1():
    df = pd.DataFrame({"score": [1, 2, 3, 4, 5] * 10, "customers": 400})
    for design in (None, Design(population="customers")):
        row = only_row(estimates.design_effect(df, "score", design=design))
        assert row["estimate"] == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("weight", [1.0, 0.5, 1 / 3], ids=["mean 1", "half", "a third"])
def test_weights_that_add_up_to_no_population_have_none_without_replacement(weight):
    df = pd.DataFrame({"score": [1, 2, 3, 4, 5] * 10, "weight": weight})
    design = Design("weight")
    row = only_row(estimates.design_effect(df, "score", design=design))
    assert (row["reason"], pd.isna(row["estimate"])) == ("no_denominator", True)
    row = only_row(estimates.design_effect(df, "score", design=design, replace=True))
    assert row["estimate"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "empty"), ([4.0], "single_answer"), ([4.0] * 9, "no_variation")],
    ids=["no answer", "one answer", "equal answers"],
)
def test_a_design_effect_that_cannot_be_known_is_not_given(values, reason):
    df = pd.DataFrame({"score": pd.Series(values, dtype=float)})
    row = only_row(estimates.design_effect(df, "score", min_base=1))
    assert row["reason"] == reason
    assert row[["estimate", "n_eff", "se", "ci_low", "ci_high"]].isna().all()


# ---- mode --------------------------------------------------------------------------------------


def mode(values, **options) -> pd.Series:
    df = pd.DataFrame({"answer": values, **options.pop("columns", {})})
    return only_row(estimates.mode(df, "answer", min_base=1, **options))


@pytest.mark.parametrize(
    ("values", "level", "estimate", "reason"),
    [
        ([4, 5, 4, 3], "4", 4, "no_interval"),
        (pd.array([4, None, 4, 3, None, None], dtype="Int8"), "4", 4, "no_interval"),
        ([4.5, 4.5, 3.0], "4.5", 4.5, "no_interval"),
        ([5, 4, 5, 4, 3], "4 / 5", None, "tie"),
        (["电话", "网点", "电话"], "电话", None, "no_interval"),
        ([True, True, False], "True", None, "no_interval"),
        (pd.Categorical(["b", "a"], categories=["b", "a", "c"]), "b / a", None, "tie"),
        ([np.nan, np.nan], None, None, "empty"),
        ([], None, None, "empty"),
        ([3], "3", 3, "no_interval"),
    ],
    ids=["scores", "missing", "fractions", "tie", "words", "yes and no", "categories", "no answer",
         "no rows", "one answer"],
)  # fmt: skip
def test_mode_is_the_most_frequent_answer(values, level, estimate, reason):
    row = mode(values)
    assert row["reason"] == reason
    assert row[["se", "ci_low", "ci_high"]].isna().all()
    assert (row["level"] == level) if level else pd.isna(row["level"])
    assert (row["estimate"] == estimate) if estimate is not None else pd.isna(row["estimate"])


def test_the_mode_is_that_of_customers_not_of_rows():
    row = mode([1, 1, 1, 5], design=Design("weight"), columns={"weight": [1.0, 1.0, 1.0, 3.5]})
    assert (row["level"], row["estimate"]) == ("5", 5)


def test_weights_that_add_up_alike_tie_in_spite_of_rounding():
    weights = {"weight": [0.1, 0.2, 0.3]}
    assert mode([1, 1, 2], design=Design("weight"), columns=weights)["level"] == "1 / 2"


def test_each_group_has_a_mode_of_its_own_and_a_small_one_is_withheld():
    df = pd.DataFrame({"answer": [1] * 30 + [2] * 30 + [3] * 5, "region": ["A"] * 30 + ["B"] * 35})
    df = pd.concat([df, pd.DataFrame({"answer": [4] * 3, "region": "C"})], ignore_index=True)
    table = estimates.mode(df, "answer", by=["region"])
    assert table["level"].tolist()[:2] == ["1", "2"]
    assert table["reason"].tolist() == ["no_interval", "no_interval", "small_base"]
    assert pd.isna(table["level"].iloc[2])
    assert pd.isna(table["estimate"].iloc[2])


def test_an_answer_outside_the_levels_is_refused():
    assert mode([5, 4, 4], levels=range(1, 6))["level"] == "4"
    with pytest.raises(ValueError, match="levels: expected every answer of 'answer'"):
        mode([5, 4, 9], levels=range(1, 6))


# ---- describe ----------------------------------------------------------------------------------

METRICS = ["mean", "median", "mode", "variance", "missing", "not_applicable"]
STATUS = ["answered"] * 40 + ["not_applicable"] * 6 + ["skipped"] * 20 + ["blank"] * 3 + ["invalid"]


@pytest.fixture
def answered() -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = [1, 2, 3, 4, 4, 4, 5, 5] * 5 + [None] * 30
    ids = [f"r{i:02d}" for i in range(70)]
    df = pd.DataFrame({"response_id": ids, "speed": scores, "price": scores})
    status = pd.DataFrame({"response_id": ids, "item": "speed", "status": STATUS})
    return df, pd.concat([status, status.assign(item="price")])[::-1].reset_index(drop=True)


def test_describe_gives_every_metric_of_every_item(answered):
    df, status = answered
    table = schema.check(
        estimates.describe(df, ["speed", "price"], answer_status=status), "estimates"
    )
    assert table["item"].tolist() == ["speed"] * 6 + ["price"] * 6
    assert table["metric"].tolist() == METRICS * 2


def test_describe_counts_those_who_should_have_answered(answered):
    df, status = answered
    table = estimates.describe(df, "speed", answer_status=status).set_index("metric")
    assert table.loc[METRICS[:4], "n"].tolist() == [40] * 4
    # Twenty were led past the question: 40 + 6 + 3 + 1 should have answered.
    assert table.loc[["missing", "not_applicable"], "n"].tolist() == [50, 50]
    assert table.loc["missing", "estimate"] == pytest.approx(4 / 50)
    assert table.loc["not_applicable", "estimate"] == pytest.approx(6 / 50)


def test_without_statuses_missing_is_any_row_without_a_score(answered):
    table = estimates.describe(answered[0], "speed").set_index("metric")
    assert table.loc["missing", "n"] == 70
    assert table.loc["missing", "estimate"] == pytest.approx(30 / 70)
    assert (table.loc["not_applicable", "n"], table.loc["not_applicable", "reason"]) == (0, "empty")
    assert pd.isna(table.loc["not_applicable", "estimate"])


def test_each_metric_is_that_of_its_own_function():
    df, design = survey("RK")
    options = {"by": ["stype"], "where": df["improving"], "design": design, "min_base": 5}
    table = estimates.describe(df, "part", **options)
    own = {
        "mean": estimates.mean(df, "part", **options),
        "median": estimates.quantile(df, "part", q=[0.5], **options).assign(level=None),
        "mode": estimates.mode(df, "part", **options),
        "variance": estimates.variance(df, "part", **options),
        "missing": estimates.share(df.assign(part=df["part"].isna()), "part", **options),
    }
    for metric, expected in own.items():
        part = table[table["metric"] == metric].reset_index(drop=True)
        expected = expected.assign(metric=metric, level=expected["level"].astype("str"))
        pd.testing.assert_frame_equal(part, expected)


def test_statuses_are_found_by_the_response_not_by_its_position(answered):
    df, status = answered
    mixed, other = df.sample(frac=1, random_state=3), status.sample(frac=1, random_state=5)

    def some(table: pd.DataFrame) -> pd.Series:
        return table["response_id"].between("r35", "r60")

    pd.testing.assert_frame_equal(
        estimates.describe(mixed, "speed", answer_status=other, where=some, min_base=1),
        estimates.describe(df, "speed", answer_status=status, where=some, min_base=1),
    )
    asked = estimates.describe(mixed, "speed", answer_status=other, where=some, min_base=1)
    # r35 to r39 answered, r40 to r45 said it does not apply, the others were led past.
    assert asked["n"].tolist()[-2:] == [11, 11]


def test_a_status_of_other_responses_or_items_is_left_alone(answered):
    df, status = answered
    other = pd.DataFrame({"response_id": ["x", "r00"], "item": ["speed", "x"], "status": "blank"})
    more = pd.concat([status, other], ignore_index=True)
    pd.testing.assert_frame_equal(
        estimates.describe(df, "speed", answer_status=more),
        estimates.describe(df, "speed", answer_status=status),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda df, s: (df, s.drop(columns="status")), "answer_status: .*'status'"),
        (lambda df, s: (df.drop(columns="response_id"), s), "df: .*'response_id'"),
        (lambda df, s: (df.assign(response_id="r01"), s), "df: expected each 'response_id' once"),
        (lambda df, s: (df, s[1:]), "one status of 'price' .* found none for 1"),
        (lambda df, s: (df, pd.concat([s, s[:2]])), "one status of 'price' .* found several for 2"),
        (lambda df, s: (df, s.assign(status="refused")), "in 'status', found another in 140 rows"),
    ],
    ids=["no status", "no response_id", "repeated response", "status absent", "status twice", "unknown"],
)  # fmt: skip
def test_statuses_that_do_not_fit_are_refused(answered, change, message):
    df, status = change(*answered)
    with pytest.raises(ValueError, match=message):
        estimates.describe(df, ["speed", "price"], answer_status=status)


@pytest.mark.parametrize(
    "function", [estimates.variance, estimates.mode, estimates.design_effect, estimates.describe]
)
def test_nobody_in_any_group_gives_the_columns(function):
    df = pd.DataFrame({"score": [1.0, 2.0], "region": pd.Series([None, None], dtype="str")})
    assert len(schema.check(function(df, "score", by=["region"]), "estimates")) == 0
    assert len(schema.check(function(df, []), "estimates")) == 0
