"""Choosing a kind of model: planted truths, the scores by hand, and every way to ask ill."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from csatlib import drivers, report, schema, store
from csatlib.drivers.choosing import _corrected
from csatlib.drivers.linear import fit_linear
from csatlib.drivers.logit import fit_logistic, fit_ordinal
from csatlib.drivers.predicting import train
from csatlib.estimates import Design

NAMES = ["speed", "manner", "price"]
REALS = ["estimate", "se", "difference", "difference_se", "ci_low", "ci_high", "rps", "brier"]


def answers(rows: int = 400, seed: int = 0, kind: str = "ordinal") -> pd.DataFrame:
    """Answers that one of the kinds describes: skewed, a rounded line, or two flat halves."""
    draw = np.random.default_rng(seed)
    df = pd.DataFrame(draw.integers(1, 6, (rows, 3)), columns=NAMES)
    told = 0.7 * df["speed"] + 0.4 * df["manner"]
    if kind == "ordinal":
        df["overall"] = np.digitize(1.5 * told + draw.logistic(size=rows), [2.5, 3.5, 4.2, 4.8]) + 1
    elif kind == "linear":
        line = 0.5 * df["speed"] + 0.3 * df["manner"] + 0.6 + 0.6 * draw.normal(size=rows)
        df["overall"] = line.round().clip(1, 5).astype(int)
    else:
        high = draw.random(rows) < 1 / (1 + np.exp(-3 * (told - 3.3)))
        df["overall"] = np.where(high, draw.integers(4, 6, rows), draw.integers(1, 4, rows))
    df["weight"] = draw.uniform(0.5, 3, rows)
    df["customer"] = np.arange(rows) // 2
    return df


def chosen(df: pd.DataFrame, names: list[str] = NAMES, **settings) -> pd.DataFrame:
    settings = {"repeats": 2} | settings
    table = schema.check(drivers.choose(df, "overall", names, **settings), "model_choice")
    assert table["chosen"].sum() <= 1
    return table.set_index("kind")


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert list(one["why"]) == list(other["why"])
    values = [table[REALS].astype("float64").to_numpy() for table in (one, other)]
    np.testing.assert_allclose(*values, rtol=1e-7, atol=1e-9)


# ---- planted truths ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["linear", "logistic", "ordinal"])
def test_the_kind_that_made_the_answers_is_chosen(kind):
    hits = [chosen(answers(800, seed, kind))["chosen"][kind] for seed in range(4)]
    assert sum(hits) >= 3


def test_a_simpler_kind_within_one_standard_error_wins():
    for seed in range(3):
        table = chosen(answers(300, seed, "linear"), check=False, tolerance=0)
        assert table["difference"].min() == 0
        near = (table["difference"] <= table["difference_se"]) | (table["difference"] == 0)
        assert table.index[table["chosen"]].tolist() == [near.fillna(False).idxmax()]


def test_a_simpler_kind_that_is_hardly_worse_wins():
    df = answers(400, 1, "ordinal")
    assert chosen(df, tolerance=0).loc["ordinal", "why"] == "best_score"
    table = chosen(df, tolerance=1)
    assert table.loc["linear", "why"] in ("simpler_within_tolerance", "assumption_failed")
    assert not table.loc["ordinal", "chosen"]


def test_a_kind_whose_assumption_fails_is_passed_over():
    df = answers(800, 0, "logistic")
    table = chosen(df)
    assert table.loc["ordinal", "why"] == "assumption_failed"
    assert table.loc["ordinal", "reason"] == "proportional_odds"
    assert chosen(df, kinds=["ordinal"]).loc["ordinal", "chosen"]
    assert chosen(df, check=False)["reason"].isna().all()


def test_the_yardstick_can_be_brier():
    table = chosen(answers(), score="brier")
    np.testing.assert_allclose(table["estimate"].astype(float), table["brier"].astype(float))
    assert (table["score"] == "brier").all()


# ---- the parts -----------------------------------------------------------------------------------


def test_the_score_of_one_fold_is_that_of_its_formula():
    df = answers(60)
    table = chosen(df, kinds=["ordinal"], folds=2, repeats=2, check=False)
    assert table.loc["ordinal", "folds"] == 4
    assert 0 < table.loc["ordinal", "rps"] < 0.25


def test_knowing_nothing_scores_as_the_margin_does():
    draw = np.random.default_rng(0)
    df = pd.DataFrame({"noise": draw.normal(size=4000), "overall": draw.integers(1, 6, 4000)})
    # Of five equally likely answers the expected score is the sum of q(1 − q) over four cuts, / 4.
    expected = np.mean([q * (1 - q) for q in (0.2, 0.4, 0.6, 0.8)])
    table = chosen(df, ["noise"])
    np.testing.assert_allclose(table["rps"].astype(float), expected, rtol=0.02)
    np.testing.assert_allclose(table["auc"].astype(float), 0.5, atol=0.03)
    assert table.loc["linear", "chosen"]


def test_the_standard_error_counts_that_folds_share_their_training_rows():
    values = np.array([0.1, 0.2, 0.3, 0.4])
    assert _corrected(values, 5) == pytest.approx(np.sqrt(values.var(ddof=1) * (1 / 4 + 1 / 4)))


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_a_quick_fit_is_the_fit(weighted):
    df = answers()
    x, y = df[NAMES].to_numpy(float), df["overall"].to_numpy() - 1
    weight = df["weight"].to_numpy() if weighted else None
    for kind, fit, codes in (
        ("linear", fit_linear, y.astype(float)),
        ("logistic", fit_logistic, (y >= 3).astype(int)),
        ("ordinal", fit_ordinal, y),
    ):
        quick = train(kind, x, codes, weight, (0, 1) if kind == "logistic" else (1, 2, 3, 4, 5))
        whole = fit(x, codes, weight)
        np.testing.assert_allclose(quick.slopes, whole.coefficients, rtol=1e-6)
        cuts = whole.thresholds if kind == "ordinal" else [-whole.intercept]
        np.testing.assert_allclose(quick.cuts, cuts, rtol=1e-6)


def test_a_driver_that_repeats_another_in_a_fold_is_left_out_there():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(50, 2))
    copied = np.column_stack([x, x[:, 0] * 2, np.ones(50)])
    y = x[:, 0] + draw.normal(size=50)
    found = train("linear", copied, y, None, ())
    assert found.slopes[2:].tolist() == [0, 0]
    np.testing.assert_allclose(found.slopes[:2], fit_linear(x, y).coefficients)


# ---- promises ------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_table_and_another_seed_another():
    df = answers()
    pd.testing.assert_frame_equal(chosen(df, seed=3), chosen(df, seed=3))
    assert not chosen(df, seed=3)["rps"].equals(chosen(df, seed=4)["rps"])


def test_the_scale_of_the_weights_says_nothing():
    df = answers()
    scaled = df.assign(weight=1000 * df["weight"])
    same(*(chosen(d, design=Design(weight="weight")) for d in (df, scaled)))


def test_equal_weights_are_none():
    df = answers().assign(one=2.5)
    same(chosen(df), chosen(df, design=Design(weight="one")))


def test_a_row_of_weight_0_is_as_if_absent():
    df = answers()
    half = df.assign(weight=df["weight"].where(df.index < 200, 0))
    design = Design(weight="weight")
    one, other = (chosen(d, design=design, check=False) for d in (half, df[:200]))
    same(one, other)


def test_copies_of_customers_stay_in_one_fold():
    df = answers(150, 0, "linear").assign(customer=range(150))
    draw = np.random.default_rng(0)
    noise = [f"n{i}" for i in range(12)]
    df = df.assign(**{name: draw.normal(size=150) for name in noise})
    copied = pd.concat([df] * 4, ignore_index=True)
    together = chosen(copied, NAMES + noise, design=Design(cluster="customer"), check=False)
    apart = chosen(copied, NAMES + noise, check=False)
    # A copy in the training rows gives the held one away.
    assert (together["rps"] > apart["rps"]).all()


# ---- little to go by -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("df", "names"),
    [
        (answers(12), ["speed"]),
        (answers(40), NAMES),
        (
            pd.concat(
                [
                    answers(40),
                    pd.DataFrame(np.random.default_rng(0).normal(size=(40, 30))).add_prefix("x"),
                ],
                axis=1,
            ),
            [f"x{i}" for i in range(30)],
        ),
        (answers(60).assign(rare=lambda d: (d.index == 0) * 1.0), [*NAMES, "rare"]),
        (answers(100).assign(overall=lambda d: d["speed"]), NAMES),
    ],
    ids=["12 rows", "40 rows", "30 drivers on 40 rows", "constant in some folds", "foretold"],
)
def test_little_to_go_by_gives_the_same_columns(df, names):
    table = chosen(df, names)
    assert list(table.index) == ["linear", "logistic", "ordinal"]
    assert table["why"].notna().all()


@pytest.mark.filterwarnings("error")
def test_where_nobody_is_unsatisfied_there_is_no_logistic_model():
    df = answers().assign(overall=lambda d: d["overall"].clip(4, 5))
    table = chosen(df)
    assert table.loc["logistic", ["why", "reason"]].tolist() == [
        "not_fitted",
        "no_satisfied_or_unsatisfied",
    ]
    assert table["chosen"].sum() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": ["cubic"]}, "kinds: expected some of linear, logistic, ordinal"),
        ({"kinds": []}, "kinds: expected some of"),
        ({"score": "luck"}, "score: expected one of rps, brier"),
        ({"folds": 1}, "folds: expected a whole number of 2 or more"),
        ({"repeats": 0}, "repeats: expected a whole number of 1 or more"),
        ({"cutoff": "four"}, "cutoff: expected a number"),
        ({"tolerance": -1}, "tolerance: expected a number of 0 or more"),
        ({"conf": 95}, "conf: expected a number between 0 and 1"),
        ({"drivers": ["weather"]}, "'weather', which the table has not"),
        ({"drivers": ["speed", "again"]}, "'again' is a copy of 'speed'"),
        ({"outcome": "flat"}, "answers that differ in 'flat'"),
        ({"outcome": "part"}, "found fractions"),
        ({"outcome": "words"}, "found categories without a mean"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_wrong_argument_is_told(arguments, message):
    df = answers().assign(again=lambda d: d["speed"], flat=3, part=lambda d: d["overall"] / 3)
    words = pd.Categorical.from_codes(df["overall"] - 1, list("abcde"), ordered=True)
    given = {"outcome": "overall", "drivers": NAMES} | arguments
    with pytest.raises(ValueError, match=message):
        drivers.choose(df.assign(words=words), **given)


# ---- in Chinese ----------------------------------------------------------------------------------


def test_the_report_says_which_and_why_and_claims_no_cause():
    table = chosen(answers(800, 0, "logistic")).reset_index()
    said = report.model_choice_finding(table)
    assert said.startswith("选用二元 Logistic 回归：预测最准")
    assert "有序 Logistic 回归的前提不成立" in said.replace("线性回归、", "")
    assert said.endswith("关联，不说明谁导致谁。")
    view = report.model_choice_view(table)
    assert view.loc[view["选用"] == "是", "模型"].tolist() == ["二元 Logistic 回归"]
    assert not view.isna().any(axis=None)


def test_the_report_shows_screening_in_words():
    df = answers().assign(again=lambda d: d["speed"], total=lambda d: d["speed"] + d["manner"])
    table = drivers.screen(df, "overall", [*NAMES, "again", "total"])
    view = report.screening_view(table, store.study("ops_company"))
    assert view["结论"].iloc[-2:].tolist() == [
        "与 speed 的答案重复",
        "与 speed、manner 高度相关，分不开",
    ]
    assert not view.isna().any(axis=None)


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True, None, np.nan, pd.NA], ids=repr)
def test_a_seed_that_is_none_is_refused(seed):
    draw = np.random.default_rng(0)
    df = pd.DataFrame(draw.integers(1, 6, (60, 3)), columns=["speed", "price", "overall"])
    with pytest.raises(ValueError, match="seed: expected a whole number"):
        drivers.choose(df, "overall", ["speed", "price"], repeats=1, seed=seed)
