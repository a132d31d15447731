"""Whether the slopes of an ordered model are the same at every threshold."""

from __future__ import annotations

import numpy as np
from scipy import stats

from csatlib.drivers.checks import Check, adjusted, by_test, unknown
from csatlib.drivers.joint import Wald, degrees_of_freedom, joint_covariance, wald
from csatlib.drivers.logit import fit_logistic
from csatlib.drivers.model import Fitted
from csatlib.drivers.nominal import fit_nominal
from csatlib.drivers.reading import ModelData
from csatlib.drivers.residual_checks import simple_sample

__all__ = ["proportional_odds"]

#: Slopes at different thresholds this far apart, per standard deviation of the driver, mislead.
_APART = 0.5
#: A threshold needs this many answers on either side for a model of its own, and so many a driver.
_FEW, _FEW_EACH = 20, 5


def proportional_odds(data: ModelData, fitted: Fitted, alpha: float) -> list[Check]:
    """Test equal slopes of all drivers together (Brant) and of each driver.

    In a simple random sample each driver is tested by the likelihood ratio against slopes of its
    own at each threshold; under a design by Wald's test on the binary models of Brant, with the
    design's covariance. ``value`` is the range of the slopes over the thresholds, per standard
    deviation of the driver.

    Source: Brant (1990), Assessing proportionality in the proportional odds model for ordinal
    logistic regression, *Biometrics* 46, 1171–1178; Peterson and Harrell (1990).
    """
    if len(data.levels) < 3:
        return [unknown("proportional_odds", "two_levels")]
    if fitted.separated or not fitted.converged:
        reason = "separated" if fitted.separated else "no_convergence"
        return [unknown("proportional_odds", reason, name) for name in (None, *data.drivers)]
    slopes, influence, reason = _binary_models(data)
    if reason:
        return [unknown("proportional_odds", reason, name) for name in (None, *data.drivers)]
    many = len(data.drivers)
    contrasts = (slopes[1:] - slopes[0]).ravel()
    bent = (influence[1:] - influence[0]).transpose(1, 0, 2).reshape(data.n, -1)
    covariance, df = joint_covariance(data, bent), degrees_of_freedom(data)
    weight = data.weights() / data.weights().sum()
    sd = np.sqrt(weight @ (data.x - weight @ data.x) ** 2)
    apart = np.ptp(slopes, axis=0) * sd
    whole = _check(data, None, wald(contrasts, covariance, df), float(apart.max()))
    each = []
    for j, name in enumerate(data.drivers):
        at = np.arange(len(contrasts)) % many == j
        if simple_sample(data):
            test = _likelihood_ratio(data, fitted, j)
        else:
            test = wald(contrasts[at], covariance[np.ix_(at, at)], df)
        each.append(_check(data, name, test, float(apart[j])))
    return [
        by_test(check, alpha, "partial_or_logistic", bad=_APART)
        for check in (*adjusted([whole]), *adjusted(each))
    ]


def _check(data: ModelData, driver: str | None, test: Wald, apart: float) -> Check:
    return Check(
        "proportional_odds",
        driver,
        n=data.n,
        value=apart,
        statistic=test.statistic,
        df=test.df,
        p=test.p,
        reason=test.reason,
    )


def _binary_models(data: ModelData) -> tuple[np.ndarray, np.ndarray, str]:
    """Fit a logistic model at each threshold; give slopes and influence, or why there are none."""
    counts = np.bincount(data.y)
    below = np.cumsum(counts)[:-1]
    enough = np.minimum(below, data.n - below) >= max(_FEW, _FEW_EACH * len(data.drivers))
    if enough.sum() < 2:
        return np.empty(0), np.empty(0), "few_answers_at_a_level"
    slopes, influence = [], []
    for cut in np.flatnonzero(enough):
        fitted = fit_logistic(data.x, (data.y > cut).astype(np.intp), data.weight)
        if fitted.separated or not fitted.converged:
            return np.empty(0), np.empty(0), "separated"
        slopes.append(fitted.coefficients)
        influence.append(fitted.influence[:, 1:])
    return np.array(slopes), np.array(influence), ""


def _likelihood_ratio(data: ModelData, fitted: Fitted, j: int) -> Wald:
    weight = np.ones(data.n)
    others = np.delete(data.x, j, axis=1)
    free = fit_nominal(data.y, others, data.x[:, [j]], weight)
    if not free.converged:
        return Wald(reason="no_convergence")
    statistic = max(2 * (free.log_likelihood - fitted.loglik), 0.0)
    df = len(data.levels) - 2
    return Wald(statistic, float(df), float(stats.chi2.sf(statistic, df)))
