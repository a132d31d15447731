"""The estimates: values from R, promises that hold for any data, and every way to be refused."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from csatlib import estimates, scales, schema
from csatlib.estimates.intervals import korn_graubard

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "estimates.json").read_text(encoding="utf-8")
)
RESULTS = {name: entry["value"] for name, entry in REFERENCE["results"].items()}
INPUTS = {name: entry["value"] for name, entry in REFERENCE["inputs"].items()}

EXACT = [name for name in RESULTS if name.startswith("exact/")]
UNANIMOUS = [name for name in EXACT if RESULTS[name]["x"] in (0, RESULTS[name]["n"])]
BETA = [name for name in RESULTS if name.startswith("beta/")]

NUMBERS = ["n", "n_eff", "df", "estimate", "se", "ci_low", "ci_high"]
SCALE = [1, 2, 3, 4, 5]

ESTIMATORS = {
    "mean": estimates.mean,
    "share": estimates.share,
    "nps": estimates.nps,
    "distribution": partial(estimates.distribution, levels=range(11)),
}
ITEM = {"mean": "score", "share": "satisfied", "nps": "recommend", "distribution": "recommend"}
every_estimator = pytest.mark.parametrize("metric", ESTIMATORS)


def yes_no(x: int, n: int) -> pd.DataFrame:
    return pd.DataFrame({"satisfied": [True] * x + [False] * (n - x)})


def only_row(table: pd.DataFrame) -> dict[str, object]:
    assert len(schema.check(table, "estimates")) == 1
    return table.iloc[0].to_dict()


def assert_row(row: dict[str, object], *, rel: float = 1e-10, **expected: object) -> None:
    """Compare every number of a row, its suppression and its reason; what is not named is NA."""
    for name in NUMBERS:
        value = expected.get(name)
        if value is None:
            assert pd.isna(row[name]), name
        else:
            assert row[name] == pytest.approx(value, rel=rel, abs=1e-14), name
    assert row["suppressed"] == expected.get("suppressed", False)
    if expected.get("reason") is None:
        assert pd.isna(row["reason"])
    else:
        assert row["reason"] == expected["reason"]


# Values from other software ------------------------------------------------------------------


def test_nps_is_r_t_test_on_plus_and_minus_100():
    row = only_row(estimates.nps(pd.DataFrame({"recommend": INPUTS["recommend"]}), "recommend"))
    low, high = RESULTS["nps/t_ci_on_minus100plus"]
    assert_row(
        row,
        n=100,
        n_eff=100,
        df=99,
        estimate=100 * RESULTS["nps/nps"],
        se=100 * RESULTS["nps/by_hand_se_n_minus_1"],
        ci_low=100 * low,
        ci_high=100 * high,
    )
    # The NPS package divides by n.
    assert row["se"] * np.sqrt(99 / 100) == pytest.approx(100 * RESULTS["nps/nps.se"], rel=1e-10)


def test_mean_is_r_t_test():
    expected = RESULTS["mean/paired_t"]
    difference = np.subtract(INPUTS["sleep"]["a"], INPUTS["sleep"]["b"])
    assert_row(
        only_row(estimates.mean(pd.DataFrame({"hours": difference}), "hours", min_base=10)),
        n=10,
        n_eff=10,
        df=expected["df"],
        estimate=expected["estimate"],
        se=expected["estimate"] / expected["t"],
        ci_low=expected["ci"][0],
        ci_high=expected["ci"][1],
    )


@pytest.mark.parametrize("name", BETA)
def test_korn_graubard_is_r_svyciprop_beta_with_a_design_df(name):
    value = RESULTS[name]
    p, variance = np.array([value["estimate"]]), np.array([value["var"]])
    n_eff, low, high = korn_graubard(
        p, variance, np.array([value["n"]]), np.array([value["df"]]), conf=0.95
    )
    t = stats.t(value["n"] - 1).ppf(0.975) / stats.t(value["df"]).ppf(0.975)
    assert n_eff[0] == pytest.approx(p[0] * (1 - p[0]) / variance[0] * t**2, rel=1e-10)
    assert [low[0], high[0]] == pytest.approx(value["ci"], rel=1e-10)


@pytest.mark.parametrize("name", EXACT)
def test_korn_graubard_is_r_exact_at_equal_effective_size(name):
    x, n = RESULTS[name]["x"], RESULTS[name]["n"]
    p = np.array([x / n])
    n_eff, low, high = korn_graubard(
        p, p * (1 - p) / n, np.array([n]), np.array([n - 1]), conf=0.95
    )
    assert n_eff[0] == pytest.approx(n, rel=1e-12)
    assert [low[0], high[0]] == pytest.approx(RESULTS[name]["ci"], rel=1e-10)


@pytest.mark.parametrize("name", UNANIMOUS)
def test_share_of_none_or_all_is_r_exact(name):
    x, n = RESULTS[name]["x"], RESULTS[name]["n"]
    low, high = RESULTS[name]["ci"]
    assert_row(
        only_row(estimates.share(yes_no(x, n), "satisfied", min_base=1)),
        n=n,
        n_eff=n,
        df=n - 1,
        estimate=x / n,
        se=0,
        ci_low=low,
        ci_high=high,
    )


@pytest.mark.parametrize("name", sorted(set(EXACT) - set(UNANIMOUS)))
def test_share_in_a_small_domain_of_a_large_sample_approaches_r_exact(name):
    """n_eff is n_d · (n − 1)/n: 1 below n_d in a whole sample, close to n_d in a large one."""
    x, n = RESULTS[name]["x"], RESULTS[name]["n"]
    df = pd.concat([yes_no(x, n), yes_no(0, 200_000)], ignore_index=True)
    row = only_row(estimates.share(df, "satisfied", where=df.index.to_series() < n, min_base=1))
    sample = len(df)
    assert row["n_eff"] == pytest.approx(n * (sample - 1) / sample, rel=1e-12)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(RESULTS[name]["ci"], rel=5e-5)
    whole = only_row(estimates.share(yes_no(x, n), "satisfied", min_base=1))
    assert whole["n_eff"] == pytest.approx(n - 1, rel=1e-12)
    assert whole["ci_low"] < row["ci_low"]
    assert whole["ci_high"] > row["ci_high"]


def test_domain_mean_by_hand():
    """Twelve rows, the scores 1 to 5 in the domain: se² = 12/11 · 10/5², t(4, .975) = 2.776."""
    df = pd.DataFrame({"score": [1, 2, 3, 4, 5] + [9] * 7, "group": ["a"] * 5 + ["b"] * 7})
    row = only_row(estimates.mean(df, "score", where=df["group"] == "a", min_base=5))
    se = np.sqrt(24 / 55)
    half_width = 2.77644510519779 * se  # R: qt(.975, 4)
    assert_row(
        row, n=5, n_eff=5, df=4, estimate=3, se=se, ci_low=3 - half_width, ci_high=3 + half_width
    )


def test_two_answers_by_hand():
    """The t distribution with one degree of freedom is Cauchy's: t(.975) = tan(.475 π)."""
    row = only_row(estimates.mean(pd.DataFrame({"score": [1, 3]}), "score", min_base=2))
    t = np.tan(0.475 * np.pi)
    assert_row(row, n=2, n_eff=2, df=1, estimate=2, se=1, ci_low=2 - t, ci_high=2 + t)


@pytest.mark.parametrize("conf", [0.8, 0.9, 0.99])
def test_unanimous_share_by_hand_at_other_confidences(conf):
    row = only_row(estimates.share(yes_no(40, 40), "satisfied", conf=conf))
    low = ((1 - conf) / 2) ** (1 / 40)
    assert_row(row, n=40, n_eff=40, df=39, estimate=1, se=0, ci_low=low, ci_high=1)


# Against one-liners of pandas and scipy -------------------------------------------------------


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    random = np.random.default_rng(20260930)
    n = 600
    score = pd.array(random.choice([1, 2, 3, 4, 5], n, p=[0.03, 0.05, 0.12, 0.35, 0.45]), "Int8")
    recommend = pd.array(random.integers(0, 11, n), "Int64")
    score[random.random(n) < 0.1] = pd.NA
    recommend[random.random(n) < 0.1] = pd.NA
    region = pd.Series(random.choice(["north", "south", "east"], n), dtype="str")
    return pd.DataFrame(
        {
            "score": score,
            "satisfied": score >= 4,
            "recommend": recommend,
            "region": region.mask(random.random(n) < 0.05),
            "channel": pd.Categorical(
                random.choice(["phone", "app"], n), categories=["web", "phone", "app"]
            ),
        }
    )


@pytest.mark.parametrize("conf", [0.9, 0.95])
@pytest.mark.parametrize("metric", ["mean", "nps"])
def test_whole_sample_mean_is_student(survey, metric, conf):
    answers = survey[ITEM[metric]].dropna().astype(float)
    if metric == "nps":
        answers = 100.0 * (answers >= 9) - 100.0 * (answers <= 6)
    n = len(answers)
    df = survey.loc[answers.index]
    low, high = stats.t(n - 1, answers.mean(), answers.sem()).interval(conf)
    assert_row(
        only_row(ESTIMATORS[metric](df, ITEM[metric], conf=conf)),
        n=n,
        n_eff=n,
        df=n - 1,
        estimate=answers.mean(),
        se=answers.sem(),
        ci_low=low,
        ci_high=high,
    )


@pytest.mark.parametrize("conf", [0.9, 0.95])
def test_share_by_group_is_the_f_form_of_korn_graubard(survey, conf):
    """The limits in the form of the paper, from F quantiles."""
    table = estimates.share(survey, "satisfied", by=["region"], conf=conf).set_index("group")
    groups = survey.dropna(subset="satisfied").groupby("region")["satisfied"]
    assert list(table.index) == ["east", "north", "south"]
    for name, answers in groups:
        n, p = len(answers), answers.astype(float).mean()
        n_eff = n * (len(survey) - 1) / len(survey)
        x, tail = n_eff * p, (1 - conf) / 2
        low = stats.f(2 * x, 2 * (n_eff - x + 1)).ppf(tail) * x
        high = stats.f(2 * (x + 1), 2 * (n_eff - x)).isf(tail) * (x + 1)
        assert_row(
            table.loc[name].to_dict(),
            n=n,
            n_eff=n_eff,
            df=n - 1,
            estimate=p,
            se=np.sqrt(p * (1 - p) / n_eff),
            ci_low=low / (n_eff - x + 1 + low),
            ci_high=high / (n_eff - x + high),
        )


def test_distribution_is_value_counts(survey):
    table = estimates.distribution(survey, "score", levels=SCALE, by=["region"])
    counts = survey.dropna(subset=["score", "region"]).value_counts(["region", "score"])
    expected = [counts.get((row.group, int(row.level)), 0) / row.n for row in table.itertuples()]
    assert table["estimate"].tolist() == pytest.approx(expected, rel=1e-12)
    assert (
        table["n"].tolist()
        == np.repeat(counts.groupby("region").sum().tolist(), len(SCALE)).tolist()
    )


# Promises that hold for any data --------------------------------------------------------------

respondents = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 10)),
        st.one_of(st.none(), st.sampled_from(["a", "b", "c"])),
    ),
    min_size=2,
    max_size=40,
)


def table_of(rows: list[tuple[int | None, str | None]]) -> pd.DataFrame:
    answers = pd.array([answer for answer, _ in rows], dtype="Int8")
    return pd.DataFrame(
        {
            "recommend": answers,
            "score": answers,
            "satisfied": answers >= 6,
            "group": pd.array([group for _, group in rows], dtype="str"),
        }
    )


def same(left: pd.DataFrame, right: pd.DataFrame, *, exact: bool = True) -> None:
    schema.check(left, "estimates")
    pd.testing.assert_frame_equal(
        left[[*NUMBERS, "suppressed", "reason"]].reset_index(drop=True),
        right[[*NUMBERS, "suppressed", "reason"]].reset_index(drop=True),
        check_exact=exact,
        rtol=1e-10,
        atol=1e-12,
    )


@every_estimator
@settings(deadline=None, max_examples=20)
@given(rows=respondents)
def test_a_group_and_the_same_domain_agree_exactly(metric, rows):
    df, estimate, item = table_of(rows), ESTIMATORS[metric], ITEM[metric]
    table = estimate(df, item, by=["group"], min_base=1)
    for group in df["group"].dropna().unique():
        domain = estimate(df, item, where=df["group"] == group, min_base=1)
        same(table[table["group"] == group], domain)


@every_estimator
@settings(deadline=None, max_examples=20)
@given(rows=respondents, seed=st.integers(0, 99))
def test_row_order_does_not_matter(metric, rows, seed):
    df, estimate, item = table_of(rows), ESTIMATORS[metric], ITEM[metric]
    shuffled = df.sample(frac=1, random_state=seed)
    same(
        estimate(df, item, by=["group"], min_base=1),
        estimate(shuffled, item, by=["group"], min_base=1),
        exact=False,
    )


@settings(deadline=None, max_examples=25)
@given(rows=respondents)
def test_every_respondent_twice_changes_the_variance_only_by_counting(rows):
    df = table_of(rows)
    once = estimates.mean(df, "score", by=["group"], min_base=1)
    twice = estimates.mean(pd.concat([df, df]), "score", by=["group"], min_base=1)
    assert twice["n"].tolist() == (2 * once["n"]).tolist()
    known = once["se"].notna() & twice["se"].notna()
    assert twice["estimate"].dropna().tolist() == pytest.approx(once["estimate"].dropna().tolist())
    ratio = (len(df) - 1) / (2 * len(df) - 1)
    assert (twice["se"] ** 2)[known].tolist() == pytest.approx(
        (ratio * once["se"] ** 2)[known].tolist(), rel=1e-10
    )


@settings(deadline=None, max_examples=25)
@given(rows=respondents)
def test_nps_is_the_mean_of_its_bands(rows):
    df = table_of(rows)
    points = scales.nps_band(df["recommend"]).astype("str")
    df["points"] = points.map({"promoter": 100.0, "passive": 0.0, "detractor": -100.0})
    nps = estimates.nps(df, "recommend", by=["group"], min_base=1)
    mean = estimates.mean(df, "points", by=["group"], min_base=1)
    mean["ci_low"] = mean["ci_low"].clip(-100, 100)
    mean["ci_high"] = mean["ci_high"].clip(-100, 100)
    same(nps, mean)


@settings(deadline=None, max_examples=25)
@given(rows=respondents)
def test_shares_of_a_distribution_are_shares_and_sum_to_one(rows):
    df = table_of(rows)
    table = estimates.distribution(df, "recommend", levels=range(11), by=["group"], min_base=1)
    answered = table[table["n"] > 0]
    totals = answered.groupby("group")["estimate"].sum()
    assert totals.tolist() == pytest.approx([1.0] * len(totals), abs=1e-12)
    six = estimates.share(df.assign(six=df["recommend"] == 6), "six", by=["group"], min_base=1)
    same(table[table["level"] == "6"], six)


@settings(deadline=None, max_examples=25)
@given(rows=respondents)
def test_a_share_is_the_mean_of_zero_and_one(rows):
    df = table_of(rows)
    share = estimates.share(df, "satisfied", by=["group"], min_base=1)
    mean = estimates.mean(df, "satisfied", by=["group"], min_base=1)
    pd.testing.assert_frame_equal(share[["n", "df", "estimate"]], mean[["n", "df", "estimate"]])
    varied = mean["reason"].isna()
    assert share["se"][varied].tolist() == mean["se"][varied].tolist()


@every_estimator
@settings(deadline=None, max_examples=20)
@given(rows=respondents, min_base=st.integers(1, 8))
def test_an_interval_has_width_and_holds_its_estimate(metric, rows, min_base):
    table = ESTIMATORS[metric](table_of(rows), ITEM[metric], by=["group"], min_base=min_base)
    given_ = table.dropna(subset="ci_low")
    assert (given_["ci_low"] < given_["ci_high"]).all()
    assert (given_["estimate"] - given_["ci_low"] >= -1e-12).all()
    assert (given_["ci_high"] - given_["estimate"] >= -1e-12).all()
    assert (table["suppressed"] == (table["n"] < min_base)).all()
    assert (table["ci_low"].isna() == table["reason"].notna()).all()
    assert (table["estimate"].isna() == table["suppressed"]).all()


# Boundaries -----------------------------------------------------------------------------------

BOUNDARIES = {
    "mean: empty": ("mean", [None] * 3, 1, {"n": 0, "suppressed": True, "reason": "empty"}),
    "nps: empty": ("nps", [None] * 3, 1, {"n": 0, "suppressed": True, "reason": "empty"}),
    "share: empty": ("share", [None] * 3, 1, {"n": 0, "suppressed": True, "reason": "empty"}),
    "mean: small base": (
        "mean", [1, 2, None], 3, {"n": 2, "suppressed": True, "reason": "small_base"}
    ),
    "nps: small base": (
        "nps", [1, 9, None], 3, {"n": 2, "suppressed": True, "reason": "small_base"}
    ),
    "share: small base": (
        "share", [True, False, None], 3, {"n": 2, "suppressed": True, "reason": "small_base"}
    ),
    "mean: single answer": (
        "mean", [4, None], 1,
        {"n": 1, "n_eff": 1, "df": 0, "estimate": 4, "reason": "single_answer"},
    ),
    "nps: single answer": (
        "nps", [10, None], 1,
        {"n": 1, "n_eff": 1, "df": 0, "estimate": 100, "reason": "single_answer"},
    ),
    "share: single answer": (
        "share", [False, None], 1,
        {"n": 1, "n_eff": 1, "df": 0, "estimate": 0, "reason": "single_answer"},
    ),
    "mean: single row": (
        "mean", [4], 1, {"n": 1, "n_eff": 1, "df": 0, "estimate": 4, "reason": "single_answer"}
    ),
    "mean: no variation": (
        "mean", [0.1] * 3, 1,
        {"n": 3, "n_eff": 3, "df": 2, "estimate": 0.1, "reason": "no_variation"},
    ),
    "mean: variation below the last digit": (
        "mean", [1.0, 1.0 + 2**-52] * 500, 1,
        {"n": 1000, "n_eff": 1000, "df": 999, "estimate": 1, "reason": "no_variation"},
    ),
    "nps: no variation": (
        "nps", [9, 10, 10], 1,
        {"n": 3, "n_eff": 3, "df": 2, "estimate": 100, "reason": "no_variation"},
    ),
    "nps: bands 0-6, 7-8, 9-10, cut at 100": (
        "nps", [6, 7, 8, 9], 1,
        {"n": 4, "n_eff": 4, "df": 3, "estimate": 0, "se": 200 / np.sqrt(24),
         "ci_low": -100, "ci_high": 100},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "answers", "min_base", "expected"), BOUNDARIES.values(), ids=BOUNDARIES
)
def test_boundaries(metric, answers, min_base, expected):
    dtype = "boolean" if metric == "share" else "Float64"
    df = pd.DataFrame({"item": pd.array(answers, dtype=dtype)})
    assert_row(only_row(ESTIMATORS[metric](df, "item", min_base=min_base)), **expected)


@pytest.mark.parametrize(
    ("n", "suppressed"), [(29, True), (30, False), (31, False)], ids=["29", "30", "31"]
)
@every_estimator
def test_thirty_answers_are_enough_and_twenty_nine_are_not(metric, n, suppressed):
    answers = ([0, 10] * 16)[:n]
    df = pd.DataFrame(
        {"item": pd.array(answers, dtype="Int8") >= 5 if metric == "share" else answers}
    )
    table = ESTIMATORS[metric](df, "item")
    assert table["n"].eq(n).all()
    assert table["suppressed"].eq(suppressed).all()
    assert table["estimate"].isna().eq(suppressed).all()


def test_distribution_keeps_the_level_nobody_chose_and_every_number_of_each():
    df = pd.DataFrame({"score": [1, 1, 3, 3]})
    table = estimates.distribution(df, "score", levels=[3, 2, 1], min_base=4)
    assert table["level"].tolist() == ["3", "2", "1"]
    # n_eff = 3 and p = 1/2: the beta(3/2, 5/2) quantiles of R, qbeta(.025, 1.5, 2.5).
    half = stats.beta(1.5, 2.5).ppf(0.025)
    chosen = {"n": 4, "n_eff": 3, "df": 3, "estimate": 0.5, "se": np.sqrt(1 / 12)}
    none = {"n": 4, "n_eff": 4, "df": 3, "estimate": 0, "se": 0}
    assert_row(table.iloc[0].to_dict(), **chosen, ci_low=half, ci_high=1 - half)
    assert_row(table.iloc[1].to_dict(), **none, ci_low=0, ci_high=1 - 0.025 ** (1 / 4))
    assert_row(table.iloc[2].to_dict(), **chosen, ci_low=half, ci_high=1 - half)


@pytest.mark.parametrize(
    ("answers", "levels", "expected"),
    [
        (pd.array([1, 2, None], dtype="Int8"), [1, 2], [0.5, 0.5]),
        ([1.0, 2.0, np.nan], [1, 2], [0.5, 0.5]),
        (["好", "差", None], ["好", "差"], [0.5, 0.5]),
        (pd.Categorical(["好", "差", None]), ["差", "好"], [0.5, 0.5]),
        (pd.array([True, True, None], dtype="boolean"), [False, True], [0, 1]),
        (np.array([2, 2, 2]), np.array([1, 2]), [0, 1]),
    ],
    ids=["Int8", "float", "text", "categorical", "boolean", "levels of numpy"],
)
def test_distribution_of_every_type(answers, levels, expected):
    df = pd.DataFrame({"answer": answers})
    table = estimates.distribution(df, "answer", levels=levels, min_base=1)
    assert table["level"].tolist() == [str(level) for level in levels]
    assert table["estimate"].tolist() == expected


@pytest.mark.parametrize("dtype", ["Int8", "Int64", "Float64", "float64", "Float32"])
def test_mean_and_nps_of_every_type(dtype):
    answers = pd.Series([0, 7, 9, None], dtype="Float64").astype(dtype)
    df = pd.DataFrame({"item": answers})
    assert only_row(estimates.mean(df, "item", min_base=1))["estimate"] == pytest.approx(16 / 3)
    assert only_row(estimates.nps(df, "item", min_base=1))["estimate"] == pytest.approx(0)


@pytest.mark.parametrize("dtype", ["object", "float64", "boolean", "Int8", "str"])
@every_estimator
def test_an_item_without_any_answer_is_empty_whatever_its_type(metric, dtype):
    df = pd.DataFrame({"item": pd.Series([None, None], dtype=dtype)})
    table = ESTIMATORS[metric](df, "item")
    for row in schema.check(table, "estimates").to_dict("records"):
        assert_row(row, n=0, suppressed=True, reason="empty")


@every_estimator
def test_a_table_without_rows(metric):
    df = pd.DataFrame(
        {"item": pd.array([], dtype="boolean" if metric == "share" else "Int8"), "g": []}
    )
    for row in ESTIMATORS[metric](df, "item").to_dict("records"):
        assert_row(row, n=0, suppressed=True, reason="empty")
    assert len(schema.check(ESTIMATORS[metric](df, "item", by=["g"]), "estimates")) == 0


# Groups, domains and labels -------------------------------------------------------------------


def test_rows_come_by_item_then_group_then_level():
    df = pd.DataFrame({"q1": [1, 2], "q2": [2, 2], "g": ["b", "a"]})
    table = estimates.distribution(df, ["q2", "q1"], levels=[1, 2], by=["g"], min_base=1)
    rows = list(table[["item", "group", "level", "estimate"]].itertuples(index=False, name=None))
    assert rows == [
        ("q2", "a", "1", 0), ("q2", "a", "2", 1), ("q2", "b", "1", 0), ("q2", "b", "2", 1),
        ("q1", "a", "1", 0), ("q1", "a", "2", 1), ("q1", "b", "1", 1), ("q1", "b", "2", 0),
    ]  # fmt: skip
    assert table["metric"].eq("distribution").all()


def test_without_groups_and_labels_the_texts_are_missing():
    row = only_row(estimates.mean(pd.DataFrame({"q": [1, 2]}), "q", min_base=1))
    assert (row["metric"], row["item"]) == ("mean", "q")
    for name in ["quarter", "line", "level", "group_by", "group"]:
        assert pd.isna(row[name]), name


@pytest.mark.parametrize(
    ("by", "groups", "bases"),
    [
        (["channel"], ["web", "phone", "app"], [0, 1, 2]),
        (["region"], ["north", "south"], [2, 2]),
        (
            ["region", "channel"],
            ["north × web", "north × phone", "north × app",
             "south × web", "south × phone", "south × app"],
            [0, 1, 1, 0, 0, 1],
        ),
        (
            ["channel", "region"],
            ["web × north", "web × south", "phone × north", "phone × south",
             "app × north", "app × south"],
            [0, 0, 1, 0, 1, 1],
        ),
        (["region", "year"], ["north × 2025", "north × 2026", "south × 2026"], [1, 1, 1]),
    ],
    ids=["categorical", "sorted", "sorted × categorical", "categorical × sorted", "observed only"],
)  # fmt: skip
def test_groups_of_by(by, groups, bases):
    df = pd.DataFrame(
        {
            "q": [1, 2, 3, 4, 5],
            "region": ["south", "north", "north", "south", None],
            "channel": pd.Categorical(
                ["app", "phone", "app", None, None], categories=["web", "phone", "app"]
            ),
            "year": pd.array([2026, 2026, 2025, None, 2026], dtype="Int64"),
        }
    )
    table = estimates.mean(df, "q", by=by, min_base=1)
    assert table["group"].tolist() == groups
    assert table["group_by"].eq(" × ".join(by)).all()
    assert table["n"].tolist() == bases
    for row in table[table["n"] == 0].to_dict("records"):
        assert_row(row, n=0, suppressed=True, reason="empty")


def test_two_categoricals_cross_even_without_a_row_inside():
    df = pd.DataFrame({"q": [1], "a": pd.Categorical([1], [2, 1]), "b": pd.Categorical(["x"])})
    table = estimates.mean(df, "q", by=["a", "b"], where=df["q"] > 1)
    assert table["group"].tolist() == ["2 × x", "1 × x"]
    assert table["reason"].tolist() == ["empty", "empty"]


def test_where_reads_series_callables_and_other_row_orders_alike():
    df = pd.DataFrame({"q": [1, 2, 3, 4], "g": ["a", "a", "b", None]}, index=[7, 5, 3, 1])
    domains = {
        "series": df["g"] == "a",
        "callable": lambda table: table["g"] == "a",
        "other order": (df["g"] == "a").sort_index(),
        "missing is outside": pd.array([True, True, False, None], dtype="boolean"),
    }
    domains["missing is outside"] = pd.Series(domains["missing is outside"], index=df.index)
    for name, where in domains.items():
        row = only_row(estimates.mean(df, "q", where=where, min_base=2))
        assert (row["n"], row["estimate"]) == (2, 1.5), name
        assert row["se"] == pytest.approx(np.sqrt(4 / 3 * 0.5 / 4)), name


def test_rows_outside_where_and_rows_without_a_group_stay_in_the_sample():
    df = pd.DataFrame({"q": [1, 3, 5, 5], "g": ["a", "a", None, "b"]})
    table = estimates.mean(df, "q", by=["g"], where=df["g"] != "b", min_base=2)
    assert table["group"].tolist() == ["a"]
    assert table["se"].tolist() == pytest.approx([np.sqrt(4 / 3 * 2 / 4)])


@pytest.mark.parametrize(
    ("quarters", "by", "expected"),
    [
        (["2026Q3"] * 3, (), ["2026Q3"]),
        (["2026Q3", "2026Q3", "2026Q2"], (), [None]),
        (["2026Q3", "2026Q3", None], (), [None]),
        ([None] * 3, (), [None]),
        (["2026Q3", "2026Q3", "2026Q2"], ["quarter"], ["2026Q2", "2026Q3"]),
        (["2026Q3", "2026Q3", "2026Q2"], ["quarter", "g"], ["2026Q2", "2026Q3"]),
        (["2026Q3", "2026Q3", "2026Q2"], ["g"], [None]),
    ],
    ids=["constant", "two", "partly missing", "missing", "by", "by with another", "by another"],
)
@pytest.mark.parametrize("name", ["quarter", "line"])
def test_quarter_and_line_come_from_their_columns(name, quarters, by, expected):
    df = pd.DataFrame({"q": [1, 2, 3], name: pd.array(quarters, dtype="str"), "g": "x"})
    by = [name if column == "quarter" else column for column in by]
    table = estimates.mean(df, "q", by=by, min_base=1)
    assert [None if pd.isna(value) else value for value in table[name]] == expected
    assert table["line" if name == "quarter" else "quarter"].isna().all()


# Every estimator alike ------------------------------------------------------------------------


@every_estimator
@pytest.mark.parametrize("by", [(), ["region"], ["region", "channel"]], ids=["all", "one", "two"])
def test_every_table_fits_its_contract_and_changes_nothing(survey, metric, by):
    before = survey.copy(deep=True)
    where = survey["score"] > 1
    unchanged = where.copy(deep=True)
    table = ESTIMATORS[metric](survey, ITEM[metric], by=by, where=where)
    assert schema.check(table, "estimates") is table
    assert table["metric"].eq(metric).all()
    pd.testing.assert_frame_equal(survey, before)
    pd.testing.assert_series_equal(where, unchanged)


def test_columns_of_a_table_do_not_share_memory(survey):
    table = estimates.mean(survey, "score")
    table.loc[0, "se"] = pd.NA
    assert table.loc[0, ["estimate", "ci_low", "ci_high"]].notna().all()
    assert not table.loc[0, "suppressed"]


MIXED = pd.Series([1, "1", 1, "1"], dtype="object")
JOINED = {"a": ["x × y", "x"] * 2, "b": ["z", "y × z"] * 2}
MASK = pd.Series([False, True, True, True])

REFUSALS = {
    "unknown item": ("mean", {}, {"items": "scroe"}, "items: .*'scroe'.*'score'"),
    "item is no name": ("mean", {}, {"items": [3]}, "items: .* found 3"),
    "item twice": ("mean", {}, {"items": ["score", "score"]}, "items: .*'score' twice"),
    "unknown group": ("mean", {}, {"by": ["regoin"]}, "by: .*'regoin'.*'region'"),
    "by is a text": ("mean", {}, {"by": "region"}, r"by: .* write by=\['region'\]"),
    "by twice": ("mean", {}, {"by": ["region", "region"]}, "by: .*'region' twice"),
    "groups alike": ("mean", {"g": MIXED}, {"by": ["g"]}, "by: .*'g'.* both read '1'"),
    "joined alike": ("mean", JOINED, {"by": ["a", "b"]}, "by: .* both read 'x × y × z'"),
    "text": ("mean", {}, {"items": "region"}, "numbers in 'region', .* str; .*scales.to_score"),
    "complex": ("mean", {"score": 1j}, {}, "numbers in 'score', found dtype complex128"),
    "infinite": ("mean", {"score": [1, np.inf, 2, 3]}, {}, "found 1 infinite .* in row 1"),
    "share of numbers": ("share", {}, {}, "true or false .*'score', .* int64; .*is_satisfied"),
    "share of 0 and 1": ("share", {"score": [0, 1, 1, 0]}, {}, "scales.is_satisfied"),
    "nps of booleans": ("nps", {"score": MASK}, {}, "0 to 10 in 'score', found dtype bool"),
    "nps of text": ("nps", {}, {"items": "region"}, "items: expected numbers in 'region'"),
    "nps below 0": ("nps", {"score": [-1, 0, 9, 5]}, {}, "found 1 other .* -1 in row 0"),
    "nps above 10": ("nps", {"score": [0, 11, 12, 5]}, {}, "found 2 other .* 11 in row 1"),
    "nps of fractions": ("nps", {"score": [0, 9.5, 1, 5]}, {}, "found 1 other .* 9.5 in row 1"),
    "conf 0": ("mean", {}, {"conf": 0}, "conf: .* found 0; write 0.95"),
    "conf 1": ("share", {"score": MASK}, {"conf": 1}, "conf: .* found 1; write"),
    "conf 95": ("nps", {}, {"conf": 95}, "conf: .* found 95; write"),
    "conf as text": ("distribution", {}, {"conf": "95%"}, "conf: .* found '95%'; write"),
    "min_base 0": ("mean", {}, {"min_base": 0}, "min_base: .* found 0; write 1"),
    "min_base 2.5": ("distribution", {}, {"min_base": 2.5}, "min_base: .* found 2.5; write"),
    "min_base true": ("mean", {}, {"min_base": True}, "min_base: .* found True; write"),
    "where: array": ("mean", {}, {"where": MASK.to_numpy()}, "where: .* found ndarray"),
    "where: numbers": ("mean", {}, {"where": MASK.astype(int)}, "where: .* found dtype int64"),
    "where: shorter": ("mean", {}, {"where": MASK[:2]}, r"where: .*\(4 rows\).*\(2 rows\)"),
    "where: other rows": (
        "mean", {}, {"where": MASK.set_axis([1, 2, 3, 4])}, "where: expected the index"
    ),
    "where: a row twice": (
        "mean", {}, {"where": MASK.set_axis([0, 1, 2, 2])}, "where: expected the index"
    ),
    "level not listed": (
        "distribution", {}, {"levels": [1, 2, 3]},
        "levels: .*'score' among 1, 2, 3; found 2 further values, for example '4', '5'; add",
    ),
    "no level": ("distribution", {}, {"levels": []}, "levels: .* found none"),
    "level missing": ("distribution", {}, {"levels": [1, None]}, "levels: .* a missing one"),
    "level twice": ("distribution", {}, {"levels": [1, 2, 1.0]}, "levels: .* 1.0 twice"),
    "levels alike": ("distribution", {}, {"levels": [1, "1"]}, "levels: .* '1' twice"),
    "levels: text": ("distribution", {}, {"levels": "123"}, "levels: .* the text '123'"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "columns", "arguments", "message"), REFUSALS.values(), ids=REFUSALS
)
def test_refusals_say_what_to_do(metric, columns, arguments, message):
    df = pd.DataFrame({"score": [1, 4, 5, 4], "region": ["n", "s", "n", "s"]}).assign(**columns)
    with pytest.raises(ValueError, match=message):
        ESTIMATORS[metric](df, **{"items": "score", **arguments})


def test_refusals_of_odd_columns():
    wide = pd.DataFrame(columns=list("abcdefghi"))
    with pytest.raises(ValueError, match=r"'z', which the table has not; .* 'h', …"):
        estimates.mean(wide, "z")
    with pytest.raises(ValueError, match="one column called 'a', found 2; rename"):
        estimates.mean(wide[["a", "a"]], "a")


# Simulation -----------------------------------------------------------------------------------


COVERAGES = {
    "share of .95, n = 100": ("share", 100, [0, 1], [0.05, 0.95], 0.95, 0.93),
    "symmetric scores, n = 30": ("mean", 30, SCALE, [0.1, 0.2, 0.4, 0.2, 0.1], 3, 0.94),
    # A point or two short: the t interval knows nothing of skewness, and thirty scores show it.
    "skewed scores, n = 30": ("mean", 30, SCALE, [0.03, 0.05, 0.12, 0.35, 0.45], 4.14, 0.92),
    "nps of 10, n = 100": ("nps", 100, [3, 8, 10], [0.3, 0.3, 0.4], 10, 0.935),
}


@pytest.mark.parametrize(
    ("metric", "n", "answers", "chances", "truth", "at_least"), COVERAGES.values(), ids=COVERAGES
)
def test_coverage_of_the_95_percent_interval(metric, n, answers, chances, truth, at_least):
    """Each column is a sample of its own, so that one call estimates two thousand surveys."""
    draws = np.random.default_rng(7).choice(answers, (n, 2000), p=chances)
    df = pd.DataFrame(draws == 1 if metric == "share" else draws).rename(columns=str)
    table = ESTIMATORS[metric](df, list(df.columns))
    covered = ((table["ci_low"] <= truth) & (truth <= table["ci_high"])).mean()
    assert at_least <= covered <= 0.99


@pytest.mark.parametrize("metric", ["mean", "share", "nps"])
def test_no_items_give_the_table_without_rows(metric):
    df = pd.DataFrame({"region": ["east", "west"]})
    table = getattr(estimates, metric)(df, [], by=["region"])
    assert len(schema.check(table, "estimates")) == 0


def test_a_stratum_that_agrees_does_not_make_the_sample_larger():
    """The heavy stratum has no dissatisfied customer: its variance of 0 vouches for nothing."""
    heavy = pd.DataFrame({"stratum": "heavy", "satisfied": [True] * 34, "weight": 6.0})
    light = pd.DataFrame(
        {"stratum": "light", "satisfied": [True] * 28 + [False] * 6, "weight": 1.0}
    )
    df = pd.concat([heavy, light], ignore_index=True)
    design = estimates.Design(weight="weight", stratum="stratum")
    bounded = only_row(estimates.share(df, "satisfied", design=design))
    free = only_row(estimates.share(df, "satisfied", design=design, method="beta"))
    assert free["n_eff"] > len(df) > bounded["n_eff"] == pytest.approx(68 * 1, rel=0.01)
    assert bounded["ci_low"] < free["ci_low"]
    assert (bounded["estimate"], bounded["se"]) == (free["estimate"], free["se"])
    alone = only_row(estimates.share(light, "satisfied", design=design))
    assert alone["n_eff"] == pytest.approx(33)
