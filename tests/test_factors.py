"""Factors: extraction, rotation, adequacy, their number, exploration."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from csatlib.scales import bartlett, explore, kmo, number_of_factors
from csatlib.scales.factors import extract
from csatlib.scales.rotations import rotate

REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "factors.json").read_text(encoding="utf-8")
)["results"]


def reference(key):
    return np.array(REFERENCE[key]["value"])


def rows_with(correlation, n, seed=0):
    """Make n rows whose correlation matrix is exactly this one."""
    raw = np.random.default_rng(seed).normal(size=(n, len(correlation)))
    white = np.linalg.qr(raw - raw.mean(axis=0))[0] * np.sqrt(n - 1)
    names = [f"q{j}" for j in range(1, len(correlation) + 1)]
    return pd.DataFrame(white @ np.linalg.cholesky(correlation).T, columns=names)


@pytest.fixture(scope="module")
def answers():
    """Answers of 1 to 5 to eight items in two groups, one item reversed."""
    rng = np.random.default_rng(4)
    common = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], size=500).repeat(4, axis=1)
    scores = np.clip(np.round(3.5 + common + 0.9 * rng.normal(size=(500, 8))), 1, 5)
    scores[:, 7] = 6 - scores[:, 7]
    return pd.DataFrame(scores, columns=list("abcdefgh"))


@pytest.fixture(scope="module")
def weights():
    return pd.Series(np.random.default_rng(5).uniform(0.3, 3, 500))


# ---- extraction ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["minres", "principal_axis"])
@pytest.mark.parametrize("scale", ["A", "E"])
def test_one_factor_has_the_loadings_of_psych(scale, method):
    found = extract(reference(f"{scale}/correlation"), 1, method=method)
    assert found.converged
    np.testing.assert_allclose(
        found.loadings[:, 0], reference(f"{scale}/fa1_minres_loadings"), atol=1e-5
    )


@pytest.mark.parametrize("scale", ["A", "E"])
def test_one_factor_by_maximum_likelihood_has_the_loadings_of_psych(scale):
    found = extract(reference(f"{scale}/correlation"), 1, method="ml")
    np.testing.assert_allclose(found.loadings[:, 0], reference(f"{scale}/ml_loadings"), atol=1e-6)


def ability():
    return reference("ability/correlation").reshape(6, 6)


def test_two_factors_by_maximum_likelihood_equal_factanal():
    found = extract(ability(), 2, method="ml")
    np.testing.assert_allclose(found.uniquenesses, reference("ability/uniquenesses"), atol=1e-8)
    expected = reference("ability/loadings").reshape(2, 6).T
    np.testing.assert_allclose(found.loadings, expected, atol=1e-8)


def test_the_loadings_leave_no_residual_on_the_diagonal():
    for method in ("minres", "ml", "principal_axis"):
        found = extract(ability(), 2, method=method)
        left = ability() - found.loadings @ found.loadings.T - np.diag(found.uniquenesses)
        np.testing.assert_allclose(np.diag(left), 0, atol=1e-7)


@pytest.mark.parametrize(
    ("matrix", "factors", "method", "message"),
    [
        (np.eye(3), 3, "minres", "expected 1 to 2 factors"),
        (np.eye(3), 0, "minres", "expected 1 to 2 factors"),
        (np.eye(3), 1, "pca", "expected method"),
        (2 * np.eye(3), 1, "minres", "1 on its diagonal"),
        (np.ones((2, 3)), 1, "minres", "square"),
        (np.full((3, 3), np.nan), 1, "minres", "finite"),
        (np.ones((3, 3)), 1, "ml", "not singular"),
    ],
    ids=["too many", "none", "method", "covariances", "not square", "missing", "singular"],
)
def test_what_cannot_be_extracted_is_refused(matrix, factors, method, message):
    with pytest.raises(ValueError, match=message):
        extract(matrix, factors, method=method)


# ---- rotation ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", ["varimax", "promax"])
def test_rotations_equal_those_of_r(rotation):
    loadings = reference("ability/loadings").reshape(2, 6).T
    found = rotate(loadings, rotation, seed=0)
    expected = reference(f"ability/{rotation}").reshape(2, 6).T
    order = np.argsort(-np.diag(found.loadings.T @ expected))
    assert found.converged
    np.testing.assert_allclose(found.loadings, expected[:, np.sort(order)], atol=1e-7)
    if rotation == "promax":
        assert found.correlations[0, 1] == pytest.approx(reference("ability/phi")[1], abs=1e-7)


@pytest.mark.parametrize("rotation", ["oblimin", "promax", "varimax", "none"])
def test_a_rotation_keeps_the_common_part(rotation):
    found = extract(ability(), 2)
    turned = rotate(found.loadings, rotation, seed=1)
    common = turned.loadings @ turned.correlations @ turned.loadings.T
    np.testing.assert_allclose(common, found.loadings @ found.loadings.T, atol=1e-9)
    np.testing.assert_allclose(np.diag(turned.correlations), 1, atol=1e-12)
    assert (turned.loadings.sum(axis=0) >= 0).all()


def test_oblimin_stands_at_a_minimum_of_its_criterion():
    """No small oblique turn of the factors makes the quartimin criterion smaller."""
    loadings = extract(ability(), 2).loadings
    found = rotate(loadings, "oblimin", seed=1)

    def criterion(rows):
        return np.sum(rows[:, 0] ** 2 * rows[:, 1] ** 2)

    # With factors T (columns of length 1) the pattern is A T'^-1; start from the one found.
    turn = np.linalg.cholesky(found.correlations).T
    axes = found.loadings @ turn.T
    for angle in (-1e-3, 1e-3):
        for column in (0, 1):
            moved = turn.copy()
            cos, sin = np.cos(angle), np.sin(angle)
            moved[:, column] = np.array([[cos, -sin], [sin, cos]]) @ turn[:, column]
            assert criterion(axes @ np.linalg.inv(moved).T) > criterion(found.loadings)


def test_oblimin_does_not_depend_on_the_seed():
    loadings = extract(ability(), 2).loadings
    first, second = (rotate(loadings, "oblimin", seed=seed).loadings for seed in (1, 2))
    np.testing.assert_allclose(first, second, atol=1e-6)


# ---- adequacy ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["A", "E"])
def test_kmo_and_bartlett_equal_psych(scale):
    items = rows_with(reference(f"{scale}/correlation"), 2436)
    expected = REFERENCE[f"{scale}/KMO"]["value"]
    found = kmo(items)["kmo"].tolist()
    assert found == pytest.approx([expected["MSA"], *expected["MSAi"].values()], rel=1e-10)
    test = bartlett(items).iloc[0]
    expected = REFERENCE[f"{scale}/bartlett"]["value"]
    assert test["statistic"] == pytest.approx(expected["chisq"], rel=1e-10)
    assert (test["df"], test["p"], test["n"]) == (expected["df"], expected["p"], 2436)


def test_uncorrelated_items_are_neither_adequate_nor_different_from_uncorrelated():
    items = rows_with(np.eye(3), 50)
    assert set(kmo(items)["reason"]) == {"uncorrelated"}
    assert bartlett(items)["p"].iloc[0] == pytest.approx(1, abs=1e-9)


# ---- number of factors ---------------------------------------------------------------------------


def test_two_groups_of_items_hold_two_factors(answers):
    found = number_of_factors(answers, seed=1)
    assert found.recommended == 2
    assert found.methods["factors"].tolist() == [2, 2, 2]
    assert found.methods["recommended"].tolist() == [True, False, False]
    assert found.components["eigenvalue"].sum() == pytest.approx(8)
    assert "95th percentile" in found.rule


def test_uncorrelated_items_hold_none():
    items = pd.DataFrame(np.random.default_rng(3).normal(size=(400, 6)), columns=list("abcdef"))
    found = number_of_factors(items, seed=1)
    assert (found.recommended, found.reason) == (0, "no_common_factor")
    assert explore(items, seed=1).reason == "no_common_factor"


def test_random_eigenvalues_are_those_of_normal_rows():
    """The reference from Bartlett's decomposition against rows drawn one by one."""
    rng = np.random.default_rng(0)
    drawn = [
        np.linalg.eigvalsh(np.corrcoef(rng.normal(size=(9, 5)).T))[::-1] for _ in range(10_000)
    ]
    items = pd.DataFrame(rng.normal(size=(9, 5)), columns=list("abcde"))
    found = number_of_factors(items, draws=10_000, seed=1).components["reference"]
    np.testing.assert_allclose(found, np.percentile(drawn, 95, axis=0), rtol=0.02, atol=0.005)


def test_velicers_average_starts_from_the_plain_correlations():
    """One component out of two equal pairs, by hand."""
    r = np.array([[1, 0.6, 0, 0], [0.6, 1, 0, 0], [0, 0, 1, 0.6], [0, 0, 0.6, 1]])
    found = number_of_factors(rows_with(r, 200), seed=0)
    vector = np.linalg.eigh(r)[1][:, -1] * np.sqrt(1.6)
    rest = r - np.outer(vector, vector)
    scale = np.sqrt(np.diag(rest))
    partial = rest / np.outer(scale, scale)
    expected = (np.sum(partial**2) - 4) / 12
    assert found.components["partial"].iloc[0] == pytest.approx(expected, abs=1e-6)


def test_the_same_seed_gives_the_same_numbers(answers):
    first, second = (number_of_factors(answers, seed=9).components for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_too_few_draws_are_refused(answers):
    with pytest.raises(
        ValueError, match="expected draws to be a whole number of 100 or more, found 5"
    ):
        number_of_factors(answers, draws=5, seed=0)


# ---- exploration ---------------------------------------------------------------------------------


def test_exploration_finds_the_groups(answers):
    found = explore(answers, seed=1)
    assert found.chosen == 2
    assert found.reason is None
    groups = found.items.set_index("item")["factor"]
    assert groups[list("abcd")].nunique() == 1
    assert groups[list("efgh")].nunique() == 1
    assert groups["a"] != groups["e"]
    loading = found.loadings.set_index(["item", "factor"])["loading"]
    assert loading["h", groups["h"]] < -0.5
    assert found.correlations["correlation"].iloc[0] == pytest.approx(0.3, abs=0.1)


def test_maximum_likelihood_tests_as_factanal_does():
    found = explore(rows_with(ability(), 112), factors=2, method="ml", rotation="promax", seed=1)
    fit = found.fit.set_index("measure")["value"]
    assert fit["chisq"] == pytest.approx(float(reference("ability/statistic")), abs=1e-6)
    assert fit["df"] == 4
    assert fit["p"] == pytest.approx(float(reference("ability/p")), abs=1e-7)


def test_what_the_factors_explain_sums_to_the_communalities(answers):
    for rotation in ("oblimin", "promax", "varimax", "none"):
        found = explore(answers, factors=2, rotation=rotation, seed=1)
        total = found.items["communality"].sum()
        assert found.factors["sum_of_squares"].sum() == pytest.approx(total)
        assert found.factors["cumulative"].iloc[-1] == pytest.approx(total / 8)
        assert found.factors["sum_of_squares"].is_monotonic_decreasing
        np.testing.assert_allclose(found.items["communality"] + found.items["uniqueness"], 1)


def test_a_saturated_model_has_no_p():
    r = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
    fit = explore(rows_with(r, 60), factors=1, method="ml", seed=0).fit.set_index("measure")
    assert fit.loc["p", "reason"] == "saturated"
    assert pd.isna(fit.loc["p", "value"])


def test_a_heywood_case_is_told():
    r = np.array([[1, 0.9, 0.8], [0.9, 1, 0.5], [0.8, 0.5, 1]])
    found = explore(rows_with(r, 60), factors=1, seed=0)
    assert found.reason == "heywood"
    assert found.items["reason"].iloc[0] == "heywood"
    assert found.loadings["reason"].notna().tolist() == [True, False, False]


def test_polychoric_loadings_are_larger_than_those_of_coarse_answers(answers):
    plain, latent = (
        explore(answers, factors=2, correlation=kind, seed=1).items["communality"].sum()
        for kind in ("pearson", "polychoric")
    )
    assert latent > plain


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factors": 5}, "expected 1 to 4 factors of 8 items"),
        ({"factors": 0}, "expected factors to be a whole number of 1 or more"),
        ({"method": "pca"}, "method"),
        ({"rotation": "quartimax"}, "rotation"),
        ({"correlation": "spearman"}, "correlation"),
    ],
    ids=["too many", "none", "method", "rotation", "correlation"],
)
def test_unknown_options_are_refused(answers, options, message):
    with pytest.raises(ValueError, match=message):
        explore(answers, seed=0, **options)


# ---- invariants ----------------------------------------------------------------------------------

FUNCTIONS = {
    "kmo": lambda items, w=None: kmo(items, weights=w)["kmo"],
    "bartlett": lambda items, w=None: bartlett(items, weights=w)["statistic"],
    "components": lambda items, w=None: number_of_factors(
        items, weights=w, seed=1
    ).components["eigenvalue"],
    "reference": lambda items, w=None: number_of_factors(
        items, weights=w, seed=1
    ).components["reference"],
    "loadings": lambda items, w=None: explore(items, factors=2, weights=w, seed=1).loadings[
        "loading"
    ],
}  # fmt: skip
EVERY = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


@EVERY
def test_equal_weights_are_no_weights(answers, function):
    equal = function(answers, pd.Series(2.5, index=answers.index))
    np.testing.assert_allclose(equal, function(answers), atol=1e-10)


@EVERY
def test_only_the_ratios_of_weights_matter(answers, weights, function):
    np.testing.assert_allclose(
        function(answers, weights), function(answers, 1e6 * weights), rtol=1e-8, atol=1e-9
    )


@EVERY
def test_rows_of_weight_0_are_as_if_absent(answers, weights, function):
    some = weights.where(weights.index % 3 > 0, 0.0)
    kept = some > 0
    np.testing.assert_allclose(
        function(answers, some), function(answers[kept], weights[kept]), rtol=1e-9
    )


@EVERY
def test_rows_with_a_gap_do_not_count(answers, function):
    gaps = answers.mask((answers.index.to_numpy() % 7 == 0)[:, None] & (answers.columns == "c"))
    np.testing.assert_allclose(function(gaps), function(gaps.dropna()), rtol=1e-12)


def test_the_order_of_items_changes_nothing(answers):
    turned = answers[list("hbgdfaec")]
    assert kmo(turned)["kmo"].iloc[0] == pytest.approx(kmo(answers)["kmo"].iloc[0], rel=1e-12)
    first, second = (
        explore(items, factors=2, seed=1).loadings.set_index(["item", "factor"])["loading"]
        for items in (answers, turned)
    )
    np.testing.assert_allclose(second.loc[first.index], first, atol=1e-6)


def test_turning_an_item_turns_its_loadings(answers):
    turned = answers.assign(h=6 - answers["h"])
    first, second = (
        explore(items, factors=2, seed=1).loadings.set_index(["item", "factor"])["loading"]
        for items in (answers, turned)
    )
    np.testing.assert_allclose(second["h"].abs(), first["h"].abs(), atol=1e-6)
    np.testing.assert_allclose(kmo(turned)["kmo"], kmo(answers)["kmo"], rtol=1e-10)


def test_unequal_weights_count_for_their_effective_number(answers, weights):
    table = bartlett(answers, weights=weights)
    assert table["n"].iloc[0] == 500
    assert table["n_eff"].iloc[0] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


# ---- where nothing can be said -------------------------------------------------------------------


def degenerate(answers):
    return {
        "constant item": (answers.assign(c=3), "no_variation"),
        "copied item": (answers.assign(c=answers["a"]), "copy"),
        "mirrored item": (answers.assign(c=6 - answers["a"]), "copy"),
        "sum of items": (answers.assign(c=answers["a"] + answers["b"]), "singular"),
        "fewer rows than items": (answers.head(8), "too_few_rows"),
        "no rows": (answers.head(0), "too_few_rows"),
        "all the same": (answers * 0 + 4, "no_variation"),
    }


CASES = list(degenerate(pd.DataFrame(columns=list("abcdefgh"), dtype=float)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_known_has_a_reason(answers, case):
    items, reason = degenerate(answers)[case]
    adequacy = kmo(items)
    assert adequacy["reason"].iloc[0] == reason
    assert adequacy["kmo"].isna().all()
    assert adequacy["reason"].notna().all()
    test = bartlett(items)
    assert test["reason"].tolist() == [reason]
    assert test[["statistic", "df", "p"]].isna().all(axis=None)
    number = number_of_factors(items, seed=0)
    assert (number.recommended, number.reason) == (None, reason)
    found = explore(items, seed=0)
    assert found.reason == reason
    assert found.loadings["loading"].isna().all()
    assert found.items["reason"].notna().all()


def test_the_items_at_fault_are_named(answers):
    reasons = kmo(answers.assign(c=3)).set_index("item")["reason"]
    assert reasons["c"] == "no_variation"
    assert reasons["a"] == "other_item"
    reasons = kmo(answers.assign(c=answers["a"])).set_index("item")["reason"]
    assert (reasons["c"], reasons["a"], reasons["b"]) == ("copy", "copy", "other_item")


@pytest.mark.parametrize(
    "function",
    [kmo, bartlett, lambda x: number_of_factors(x, seed=0)],
    ids=["kmo", "bartlett", "n"],
)
def test_one_item_is_refused(answers, function):
    with pytest.raises(ValueError, match="expected at least"):
        function(answers[["a"]])


def test_a_search_that_does_not_end_is_told(answers, monkeypatch):
    monkeypatch.setattr("csatlib.scales.factors.FLAT", -1.0)
    found = explore(answers, factors=2, seed=0)
    assert found.reason == "no_convergence"
    assert found.loadings["loading"].isna().all()


@pytest.mark.parametrize("seed", range(8))
def test_the_adequacy_of_two_items_is_one_half_and_not_below_it(seed):
    items = pd.DataFrame(np.random.default_rng(seed).normal(size=(50, 2)), columns=["a", "b"])
    items["b"] += items["a"]
    assert (kmo(items)["kmo"] == 0.5).all()
