"""Whether any of several groups differs: F tests of a simple random sample and of a design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from csatlib.estimates.group_means import GroupMeans
from csatlib.estimates.sides import Sample

__all__ = ["Omnibus", "analysis_of_variance", "kruskal", "wald", "welch_anova"]


@dataclass(frozen=True)
class Omnibus:
    """One test of all groups: its statistic, the (denominator) df, p, and why there is none."""

    statistic: float
    df: float
    p: float
    reason: str = ""


def analysis_of_variance(groups: Sample) -> Omnibus:
    """Give the F of a one-way analysis of variance."""
    between = len(groups.n) - 1
    within = float(groups.n.sum() - len(groups.n))
    middle = groups.n @ groups.mean / groups.n.sum()
    error = groups.squares.sum()
    if within < 1:
        return _none("single_answer")
    if error <= 0:
        return _none("no_variation")
    f = (groups.n @ (groups.mean - middle) ** 2 / between) / (error / within)
    return Omnibus(float(f), within, float(special.fdtrc(between, within, f)))


def welch_anova(groups: Sample) -> Omnibus:
    """Give Welch's F, which lets every group have a variance of its own."""
    if (groups.n < 2).any():
        return _none("single_answer")
    if groups.same.any() or (groups.variance <= 0).any():
        return _none("no_variation")
    k = len(groups.n)
    weight = groups.n / groups.variance
    total = weight.sum()
    middle = weight @ groups.mean / total
    spare = ((1 - weight / total) ** 2 / (groups.n - 1)).sum() / (k**2 - 1)
    above = weight @ (groups.mean - middle) ** 2 / (k - 1)
    f, df = above / (1 + 2 * (k - 2) * spare), 1 / (3 * spare)
    return Omnibus(float(f), float(df), float(special.fdtrc(k - 1, df, f)))


def kruskal(values: np.ndarray, codes: np.ndarray, groups: int) -> Omnibus:
    """Give Kruskal and Wallis's H on midranks, a chi-square with k − 1 degrees of freedom."""
    if len(values) == 0 or (values == values[0]).all():
        return _none("no_variation")
    from scipy.stats import kruskal as kruskal_wallis

    found = kruskal_wallis(*(values[codes == group] for group in range(groups)))
    return Omnibus(float(found.statistic), float(groups - 1), float(found.pvalue))


def wald(means: GroupMeans, used: np.ndarray) -> Omnibus:
    """Give Wald's F: all differences from the first group, by their covariance.

    With d groups less one, F is the quadratic form over d on d and degf − d degrees of freedom,
    degf the sampling units less the strata.
    """
    first = np.zeros((len(used) - 1, len(means.n)), dtype=bool)
    second = first.copy()
    first[np.arange(len(used) - 1), used[1:]] = True
    second[:, used[0]] = True
    apart = means.pooled(first).mean - means.pooled(second).mean
    covariance = means.covariance(first, second)
    whole = np.zeros((1, len(means.n)), dtype=bool)
    whole[0, used] = True
    count = len(apart)
    df = float(means.degrees_of_freedom(whole)[0] - count)
    scale = np.sqrt(np.diag(covariance))
    if means.covered[used].all():
        return _none("census")
    if not (scale > 0).all():
        return _none("no_variation" if means.weighed.same[used].any() else "fixed_by_design")
    if df < 1:
        return _none("few_clusters")
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.matrix_rank(correlation, tol=1e-10) < count:
        return _none("few_clusters")
    standard = apart / scale
    f = standard @ np.linalg.solve(correlation, standard) / count
    return Omnibus(float(f), df, float(special.fdtrc(count, df, f)))


def _none(reason: str) -> Omnibus:
    return Omnibus(np.nan, np.nan, np.nan, reason)
