"""Checks of predicted probabilities of being satisfied, made for rows the model had not seen."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from csatlib.drivers.checks import Check, by_size, by_test, unknown
from csatlib.drivers.discrimination import placements
from csatlib.drivers.folds import unit_folds
from csatlib.drivers.joint import Wald, added_terms, degrees_of_freedom, joint_covariance
from csatlib.drivers.logit import fit_logistic
from csatlib.drivers.model import Fitted
from csatlib.drivers.predicting import predictor_of, train
from csatlib.drivers.reading import ModelData
from csatlib.drivers.residual_checks import simple_sample

__all__ = ["hosmer_lemeshow", "predictions"]

#: Groups of equal weight; under a design the fewest, and the sampling units that each needs.
_GROUPS, _FEWEST, _UNITS_EACH = 10, 4, 15
_NAMES = ("calibration_groups", "calibration_slope", "calibration_intercept", "auc")


def predictions(
    data: ModelData, fitted: Fitted, cutoff: float, *, folds: int, seed: int, alpha: float
) -> list[Check]:
    """Judge calibration and discrimination of "at least ``cutoff``" (or of a binary outcome)."""
    positive, reason = _satisfied(data, cutoff)
    if reason:
        return [unknown(name, reason) for name in _NAMES]
    if fitted.separated or not fitted.converged:
        reason = "separated" if fitted.separated else "no_convergence"
        return [unknown(name, reason) for name in _NAMES]
    own = predictor_of(fitted).above(data.x, cutoff)
    unseen = _unseen(data, cutoff, positive, folds, seed)
    return [
        _groups(data, fitted, own, positive, alpha),
        *_line(data, unseen, positive),
        _auc(data, unseen, positive),
    ]


def _satisfied(data: ModelData, cutoff: float) -> tuple[np.ndarray, str]:
    if data.kind == "logistic":
        positive = data.y == 1
    elif all(isinstance(level, int | float) for level in data.levels):
        positive = np.array([level >= cutoff for level in data.levels])[data.y]
    else:
        return np.empty(0, dtype=bool), "no_cutoff"
    few = min(positive.sum(), (~positive).sum()) < 5
    return positive, "too_few_rows" if few else ""


def _unseen(
    data: ModelData, cutoff: float, positive: np.ndarray, folds: int, seed: int
) -> np.ndarray:
    """Predict each row from a model of the other folds; NaN where there is none."""
    unit = data.survey.structure.unit
    units = np.arange(data.n) if unit is None else unit[data.rows]
    fold = unit_folds(units, positive.astype(float), folds, np.random.default_rng(seed))
    found = np.full(data.n, np.nan)
    for one in range(folds):
        held = fold == one
        if not held.any() or held.all():
            continue
        weight = None if data.weight is None else data.weight[~held]
        fitted = train(data.kind, data.x[~held], data.y[~held], weight, data.levels)
        if fitted is not None:
            found[held] = fitted.above(data.x[held], cutoff)
    return found


def hosmer_lemeshow(
    probability: np.ndarray, positive: np.ndarray, weight: np.ndarray, groups: int = _GROUPS
) -> tuple[np.ndarray, float]:
    """Sort rows into groups of equal weight by their probability; give the groups and χ².

    Ties stay together, so there may be fewer groups. χ² = Σ (O − E)² / (N p̄ (1 − p̄)) over the
    groups, on groups − 2 degrees of freedom in a simple random sample. Source: Hosmer and Lemeshow
    (1980), *Communications in Statistics* A9, 1043–1069.
    """
    _, rank = np.unique(probability, return_inverse=True)
    mass = np.bincount(rank, weights=weight)
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    code = np.minimum((middle * groups).astype(np.intp), groups - 1)
    _, group = np.unique(code[rank], return_inverse=True)
    size = np.bincount(group, weights=weight)
    seen = np.bincount(group, weights=weight * positive)
    due = np.bincount(group, weights=weight * probability)
    variance = due * (1 - due / size)
    return group, float(((seen - due) ** 2 / np.maximum(variance, 1e-300)).sum())


def _groups(
    data: ModelData, fitted: Fitted, own: np.ndarray, positive: np.ndarray, alpha: float
) -> Check:
    """Hosmer and Lemeshow's test; under a design the score of the groups, after Tsiatis.

    Source: Tsiatis (1980), A note on a goodness-of-fit test for the logistic regression model,
    *Biometrika* 67, 250–251.
    """
    weight, simple = data.weights(), simple_sample(data)
    units = degrees_of_freedom(data)
    groups = _GROUPS if simple else int(np.clip(units // _UNITS_EACH, _FEWEST, _GROUPS))
    group, statistic = hosmer_lemeshow(own, positive, weight, groups)
    many = int(group.max()) + 1
    if many < _FEWEST:
        return unknown("calibration_groups", "too_few_levels")
    size = np.bincount(group, weights=weight)
    mean = np.bincount(group, weights=weight * (positive - own)) / size
    if simple:
        test = Wald(statistic, many - 2.0, float(stats.chi2.sf(statistic, many - 2)))
    else:
        inside = (group[:, None] == np.arange(many - 1)).astype(float)
        test = added_terms(data, fitted, inside)
    check = Check(
        "calibration_groups",
        n=data.n,
        value=float(np.abs(mean).max()),
        statistic=test.statistic,
        df=test.df,
        p=test.p,
        p_adjusted=test.p,
        reason=test.reason,
    )
    return by_test(check, alpha, "recalibrate", bad=0.15)


def _line(data: ModelData, unseen: np.ndarray, positive: np.ndarray) -> list[Check]:
    """Regress the outcome on the predicted log-odds: slope 1 and intercept 0 are perfect.

    Source: Cox (1958), Two further applications of a model for binary regression, *Biometrika* 45,
    562–565.
    """
    names = ("calibration_slope", "calibration_intercept")
    known = ~np.isnan(unseen)
    if not known.all() or np.ptp(unseen) <= 1e-9:
        return [unknown(name, "too_few_rows") for name in names]
    odds = special.logit(np.clip(unseen, 1e-10, 1 - 1e-10))
    fitted = fit_logistic(odds[:, None], positive.astype(np.intp), data.weight)
    if fitted.separated or not fitted.converged:
        return [unknown(name, "separated") for name in names]
    se = np.sqrt(np.diag(joint_covariance(data, fitted.influence)))
    df = degrees_of_freedom(data)
    if df < 1 or not (se > 0).all():
        return [unknown(name, "few_clusters") for name in names]
    reach = stats.t.ppf(0.975, df) * se
    intercept, slope = fitted.parameters
    checks = []
    for name, value, half, target, near, far in (
        ("calibration_slope", slope, reach[1], 1, 0.2, 0.4),
        ("calibration_intercept", intercept, reach[0], 0, 0.3, 0.6),
    ):
        # What chance alone explains is not held against the model.
        off = 0.0 if abs(value - target) < half else abs(value - target)
        verdict = "bad" if off >= far else "watch" if off >= near else "good"
        checks.append(
            Check(
                name,
                n=data.n,
                value=float(value),
                threshold=float(target),
                ci_low=float(value - half),
                ci_high=float(value + half),
                verdict=verdict,
                remedy=None if verdict == "good" else "recalibrate",
            )
        )
    return checks


def _auc(data: ModelData, unseen: np.ndarray, positive: np.ndarray) -> Check:
    """Give the area under the curve of unseen rows with its interval on the logit scale."""
    if np.isnan(unseen).any():
        return unknown("auc", "too_few_rows")
    weight = data.weights()
    placed, value = placements(unseen, positive, weight)
    sides = np.where(positive, (weight * positive).sum(), (weight * ~positive).sum())
    variance = joint_covariance(data, (weight * (placed - value) / sides)[:, None])[0, 0]
    df = degrees_of_freedom(data)
    low = high = float("nan")
    if 0 < value < 1 and variance > 0 and df >= 1:
        half = stats.t.ppf(0.975, df) * np.sqrt(variance) / (value * (1 - value))
        low, high = special.expit(special.logit(value) + np.array([-half, half]))
    check = Check("auc", n=data.n, value=value, ci_low=float(low), ci_high=float(high))
    return by_size(check, 0.7, 0.6, "add_drivers", above=False)
