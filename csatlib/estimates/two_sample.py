"""Differences between two sides of a simple random sample: error, statistic, p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from csatlib.estimates.sides import Sample
from csatlib.estimates.studentized import range_quantile, range_tail

__all__ = ["Differences", "by_t", "mann_whitney", "student", "tukey", "welch"]


@dataclass(frozen=True)
class Differences:
    """Differences between sides, one entry a contrast; NaN where there is no such number.

    ``critical`` is what the interval multiplies ``se`` by; ``p_adjusted`` is None where p is still
    to be adjusted.
    """

    estimate: np.ndarray
    se: np.ndarray
    df: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    critical: np.ndarray
    p_adjusted: np.ndarray | None = None


def welch(first: Sample, second: Sample, *, conf: float) -> Differences:
    """Let each side have a variance of its own (Welch, 1947; Satterthwaite's df)."""
    one, two = first.variance / first.n, second.variance / second.n
    variance = one + two
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / (one**2 / (first.n - 1) + two**2 / (second.n - 1))
    return by_t(first.mean - second.mean, variance, df, conf)


def student(first: Sample, second: Sample, *, conf: float) -> Differences:
    """Let both sides have one variance (Student, 1908)."""
    df = (first.n + second.n - 2).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (first.squares + second.squares) / df
        variance = pooled * (1 / first.n + 1 / second.n)
    return by_t(first.mean - second.mean, variance, df, conf)


def tukey(first: Sample, second: Sample, groups: Sample, *, conf: float) -> Differences:
    """Hold the differences of all pairs against the range of the means (Tukey and Kramer).

    ``groups`` are all that are compared: they give one variance, and say how many they are. The
    intervals hold together; p is that of the pair alone.
    """
    count, df = len(groups.n), float(groups.n.sum() - len(groups.n))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = groups.squares.sum() / df
        variance = pooled * (1 / first.n + 1 / second.n)
        each = np.full(len(variance), df)
        found = by_t(first.mean - second.mean, variance, each, conf)
        statistic = np.abs(found.statistic) * np.sqrt(2)
    adjusted = np.full(len(variance), np.nan)
    known = np.isfinite(statistic)
    critical = np.full(len(variance), np.nan)
    if known.any():
        adjusted[known] = np.maximum(range_tail(statistic[known], count, df), found.p[known])
        critical[known] = range_quantile(conf, count, df) / np.sqrt(2)
    return Differences(found.estimate, found.se, each, found.statistic, found.p, critical, adjusted)


def mann_whitney(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Differences:
    """Compare ranks; the difference is P(first > second) + P(equal)/2 − 1/2.

    The p is the normal one with the correction for ties and continuity; the statistic is U.
    """
    from scipy.stats import mannwhitneyu

    nothing = np.full(len(pairs), np.nan)
    estimate, statistic, p = nothing.copy(), nothing.copy(), nothing.copy()
    for at, (one, two) in enumerate(pairs):
        if len(one) and len(two):
            found = mannwhitneyu(one, two, method="asymptotic", use_continuity=True)
            statistic[at], p[at] = found.statistic, found.pvalue
            estimate[at] = found.statistic / (len(one) * len(two)) - 0.5
    return Differences(estimate, nothing, nothing, statistic, p, nothing)


def by_t(estimate: np.ndarray, variance: np.ndarray, df: np.ndarray, conf: float) -> Differences:
    """Give t, its two-sided p and the t of the interval."""
    se = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = estimate / se
    p = 2 * special.stdtr(df, -np.abs(statistic))
    return Differences(estimate, se, df, statistic, p, special.stdtrit(df, (1 + conf) / 2))
