"""Points, weighted means and how firm the ranks are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from csatlib import evaluation, schema

TEAMS = pd.DataFrame(
    {"share": [0.9, 0.6, 0.75, 0.8], "minutes": [30.0, 60, 20, 45], "score": [4.5, 3.0, 4.0, 3.5]},
    index=pd.Index(["甲", "乙", "丙", "丁"], name="team"),
)
SENSE = {"share": "higher", "minutes": "lower", "score": "higher"}
GOALS = {"target": {"share": 0.9, "minutes": 30, "score": 4.5}}
FIRST = {"share": "满意", "score": "满意", "minutes": "效率"}


def of(table, part="total"):
    return table[table["part"] == part].set_index("group")


@pytest.mark.parametrize(
    ("value", "direction", "target", "floor", "points"),
    [
        (0.45, "higher", 0.9, None, 50),
        (1.2, "higher", 0.9, None, 100),
        (-3, "higher", 40, None, 0),
        (10, "higher", 40, -20, 50),
        (60, "lower", 30, None, 50),
        (20, "lower", 30, None, 100),
        (0, "lower", 30, None, 100),
        (0, "lower", 0, None, 100),
        (2, "lower", 0, None, 0),
        (45, "lower", 30, 60, 50),
        (90, "lower", 30, 60, 0),
        (1, "higher", 0, None, np.nan),
        (1, "higher", None, None, np.nan),
        (np.nan, "higher", 1, 0, np.nan),
    ],
)
def test_points_against_a_target(value, direction, target, floor, points):
    found = evaluation.normalise(
        pd.DataFrame({"a": [float(value)]}),
        direction=direction,
        target={"a": target},
        floor={"a": floor},
    )
    assert found["a"].to_numpy(dtype=float, na_value=np.nan)[0] == pytest.approx(
        points, nan_ok=True
    )


def test_points_among_groups():
    least = evaluation.normalise(TEAMS, direction=SENSE, method="min_max")
    assert least["minutes"].tolist() == [75.0, 0.0, 100.0, 37.5]
    z = evaluation.normalise(TEAMS, direction=SENSE, method="z").astype(float)
    np.testing.assert_allclose(z.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(), 1)
    assert z.loc["丙", "minutes"] > 0
    alike = TEAMS.assign(share=0.1 + 0.2)
    for method in ("min_max", "z"):
        assert evaluation.normalise(alike, direction=SENSE, method=method)["share"].isna().all()


def test_the_mean_of_two_levels_by_hand():
    found = evaluation.weighted_mean(
        TEAMS, direction=SENSE, **GOALS, first=FIRST,
        weights={"share": 3, "score": 1, "minutes": 1}, first_weights={"满意": 2, "效率": 1},
    )  # fmt: skip
    schema.check(found, "evaluation")
    points = [100 * 0.6 / 0.9, 100 * 3 / 4.5, 50.0]
    happy = (3 * points[0] + points[1]) / 4
    assert of(found, "满意").loc["乙", "score"] == pytest.approx(happy)
    assert of(found).loc["乙", "score"] == pytest.approx((2 * happy + 50) / 3)
    assert of(found)["rank"].to_dict() == {"甲": 1.0, "乙": 4.0, "丙": 2.0, "丁": 3.0}
    assert found["group_by"].unique().tolist() == ["team"]
    assert of(found, "效率")["weight"].tolist() == pytest.approx([1 / 3] * 4)


def test_without_levels_it_is_the_plain_mean_and_scaling_weights_changes_nothing():
    one = evaluation.weighted_mean(TEAMS, direction=SENSE, **GOALS)
    points = evaluation.normalise(TEAMS, direction=SENSE, **GOALS).astype(float)
    np.testing.assert_allclose(of(one)["score"].astype(float), points.mean(axis=1), rtol=1e-10)
    weights = {"share": 1, "minutes": 2, "score": 0}
    a = evaluation.weighted_mean(TEAMS, direction=SENSE, **GOALS, weights=weights)
    b = evaluation.weighted_mean(
        TEAMS, direction=SENSE, **GOALS, weights={n: 7 * w for n, w in weights.items()}
    )
    c = evaluation.weighted_mean(
        TEAMS[["share", "minutes"]], direction=SENSE, weights={"share": 1, "minutes": 2},
        target={"share": 0.9, "minutes": 30},
    )  # fmt: skip
    pd.testing.assert_frame_equal(a, b)
    pd.testing.assert_frame_equal(a, c)


def test_missing_points_are_left_out_told_or_refused():
    holed = TEAMS.copy()
    holed.loc["甲", ["minutes", "score"]] = np.nan
    weights = {"share": 1, "minutes": 1, "score": 1}
    told = of(evaluation.weighted_mean(holed, direction=SENSE, **GOALS, weights=weights)).loc["甲"]
    assert (told["missing"], told["reason"]) == ("minutes、score", "low_coverage")
    assert pd.isna(told["score"])
    assert pd.isna(told["rank"])
    less = evaluation.weighted_mean(holed, direction=SENSE, **GOALS, weights=weights, least=0.3)
    assert of(less).loc["甲", "score"] == pytest.approx(100)
    assert of(less).loc["甲", "coverage"] == pytest.approx(1 / 3)
    strict = evaluation.weighted_mean(
        holed, direction=SENSE, **GOALS, first=FIRST, missing="refuse", least=0.1
    )
    assert of(strict).loc["甲", "reason"] == "missing_indicator"
    assert of(strict, "效率").loc["甲", "reason"] == "no_points"
    assert of(strict)["rank"].tolist()[1:] == [3.0, 1.0, 2.0]


def test_no_group_and_ties():
    assert len(evaluation.weighted_mean(TEAMS.iloc[:0], direction=SENSE, **GOALS)) == 0
    twins = pd.DataFrame({"a": [0.1 + 0.2, 0.3, 0.1]}, index=list("甲乙丙"))
    found = evaluation.weighted_mean(twins, direction="higher", points="none")
    assert found["rank"].tolist() == [1.5, 1.5, 3.0]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"points": "best"}, "points"),
        ({"missing": "drop"}, "missing"),
        ({"least": 0}, "least"),
        ({"first": {"share": "满意"}}, "first-level"),
        ({"first": dict.fromkeys(SENSE, "total")}, "total"),
        ({"first": FIRST, "first_weights": {"满意": 1}}, "first_weights"),
        ({"target": {"speed": 1}}, "target"),
        ({"target": {"share": 0.5}, "floor": {"share": 0.6}}, "floor"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        evaluation.weighted_mean(TEAMS, direction=SENSE, **settings)


# ---- stability -----------------------------------------------------------------------------------

FLAT = {"direction": "higher", "points": "none"}


def test_nothing_moves_where_weights_and_values_are_held():
    found = evaluation.stability(TEAMS, direction=SENSE, **GOALS, weight_spread=0, n_draws=100)
    schema.check(found, "stability")
    for end in ("rank_low", "rank_median", "rank_high"):
        assert found[end].tolist() == found["rank"].tolist()
    assert found["p_first"].tolist() == [1.0, 0.0, 0.0, 0.0]
    score = of(evaluation.weighted_mean(TEAMS, direction=SENSE, **GOALS))["score"]
    np.testing.assert_allclose(
        found["score"].astype(float), score.loc[found["group"]].astype(float)
    )


@pytest.mark.parametrize("method", ["weighted_mean", "rank_sum_ratio"])
@pytest.mark.parametrize("perturb", ["dirichlet", "uniform"])
def test_a_group_that_is_best_in_all_is_first_under_all_weights(method, perturb):
    best = pd.DataFrame(
        {"a": [3.0, 2, 1], "b": [3.0, 1, 2], "c": [3.0, 2, 1]}, index=list("甲乙丙")
    )
    found = evaluation.stability(
        best, **FLAT, method=method, perturb=perturb, weight_spread=0.5, n_draws=500, seed=2
    ).set_index("group")
    assert found.loc["甲", "p_first"] == 1.0
    assert found["p_first"].sum() == pytest.approx(1)
    assert found["p_last"].sum() == pytest.approx(1)
    assert (found["rank_low"] <= found["rank"]).all()
    assert (found["rank"] <= found["rank_high"]).all()


def test_the_chance_of_being_first_is_that_of_two_normals():
    values = pd.DataFrame({"a": [1.0, 0.0]}, index=list("甲乙"))
    se = pd.DataFrame({"a": [0.6, 0.8]}, index=list("甲乙"))
    found = evaluation.stability(values, **FLAT, se=se, n_draws=20_000, seed=3).set_index("group")
    # P(N(1, .6² + .8²) > 0) = Φ(1)
    assert found.loc["甲", "p_first"] == pytest.approx(0.841345, abs=0.01)


@pytest.mark.parametrize("perturb", ["dirichlet", "uniform"])
def test_weights_spread_as_told(perturb):
    # With values 1, 0, 0, 0 a group's mean is the first weight.
    values = pd.DataFrame(np.eye(4), index=list("甲乙丙丁"), columns=list("abcd"))
    found = evaluation.stability(
        values, **FLAT, perturb=perturb, weight_spread=0.2, n_draws=20_000, conf=0.6827, seed=4
    )
    half = ((found["score_high"] - found["score_low"]) / 2).astype(float)
    np.testing.assert_allclose(half, 0.25 * 0.2, rtol=0.2)


def test_grades_have_chances_that_add_up():
    values = pd.DataFrame(
        np.random.default_rng(5).normal(size=(12, 4)), index=[f"g{i}" for i in range(12)]
    ).rename(columns=str)
    found = evaluation.stability(
        values, **FLAT, se=values * 0 + 0.3, method="rank_sum_ratio", grades=4, n_draws=400, seed=6
    )
    chances = found[[f"p_grade_{g}" for g in range(1, 6)]].astype(float)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert chances["p_grade_5"].isna().all()
    own = evaluation.rank_sum_ratio(values, direction="higher", grades=4).ratios.set_index("group")
    assert found["grade"].tolist() == own.loc[found["group"], "grade"].tolist()


def test_blocks_of_draws_and_seeds_do_not_matter_or_do(monkeypatch):
    args = {**FLAT, "se": TEAMS * 0 + 0.1, "n_draws": 300}
    one = evaluation.stability(TEAMS, **args, seed=1)
    pd.testing.assert_frame_equal(one, evaluation.stability(TEAMS, **args, seed=1))
    assert not one.equals(evaluation.stability(TEAMS, **args, seed=2))


def test_what_has_no_score_or_no_error_says_so():
    holed = TEAMS.copy()
    holed.loc["乙"] = np.nan
    se = TEAMS * 0 + 0.01
    se.loc["甲", "share"] = np.nan
    found = evaluation.stability(holed, direction=SENSE, **GOALS, se=se, n_draws=100).set_index(
        "group"
    )
    assert found["reason"].fillna("").to_dict() == {
        "甲": "no_se",
        "乙": "no_score",
        "丙": "",
        "丁": "",
    }
    assert found.loc["乙", ["score", "rank", "rank_low", "p_first"]].isna().all()
    assert found["p_first"].sum() == pytest.approx(1)
    alone = evaluation.stability(TEAMS.iloc[:1], direction=SENSE, **GOALS, n_draws=100)
    assert alone["reason"].tolist() == ["single_group"]
    assert len(evaluation.stability(TEAMS.iloc[:0], direction=SENSE, **GOALS, n_draws=100)) == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"n_draws": 99}, "n_draws"),
        ({"conf": 1}, "conf"),
        ({"weight_spread": -1}, "weight_spread"),
        ({"weight_spread": 2.0}, "weight_spread"),
        ({"weight_spread": 0.6, "perturb": "uniform"}, "0.577"),
        ({"se": TEAMS[::-1]}, "rows and columns"),
        ({"se": -TEAMS}, "0 or more"),
        ({"method": "topsis"}, "method"),
        ({"grades": 2}, "grades"),
        ({"ranks": "half"}, "ranks"),
        ({"perturb": "normal"}, "perturb"),
    ],
)
def test_settings_of_stability_that_do_not_fit_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        evaluation.stability(TEAMS, **{"direction": SENSE, "n_draws": 100, **settings})
