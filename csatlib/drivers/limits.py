"""Ranks, and the limits of importances and ranks from resamples."""

from __future__ import annotations

import numpy as np

__all__ = ["limits", "rank_limits", "ranks"]

#: Shares that differ by less are equal, such as those of a driver and its copy.
_TIE_DIGITS = 9


def ranks(shares: np.ndarray) -> np.ndarray:
    """Rank the last axis, 1 the highest; equal values get the mean of their ranks."""
    from scipy.stats import rankdata

    return rankdata(-np.round(shares, _TIE_DIGITS), axis=-1, method="average")


def limits(
    estimate: np.ndarray, again: np.ndarray, *, df: float, conf: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give the two-sided limits of importances from their resamples, shape (n_boot, p).

    Each end is the farther of two: the quantile of the resamples at Φ(t), and the square of
    √estimate ± t times the standard deviation of the resamples' roots; t is Student's quantile.
    """
    low_t, high_t, low, high = _quantiles(again, df, conf)
    root = np.sqrt(np.maximum(estimate, 0))
    spread = np.sqrt(np.maximum(again, 0)).std(axis=0, ddof=1)
    below = np.maximum(root + low_t * spread, 0) ** 2
    return np.minimum(low, below), np.maximum(high, (root + high_t * spread) ** 2)


def rank_limits(
    rank: np.ndarray, again: np.ndarray, *, df: float, conf: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give the limits of ranks from the resamples' ranks; the rank itself lies within them."""
    _, _, low, high = _quantiles(again, df, conf, method="inverted_cdf")
    return np.minimum(low, rank), np.maximum(high, rank)


def _quantiles(
    again: np.ndarray, df: float, conf: float, method: str = "linear"
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Give Student's quantiles and the resamples' at the same number of normal deviations.

    Resamples spread as if the variance were known; few sampling units know it badly, and t says
    how much farther out the limits then lie.
    """
    from scipy.special import ndtr, stdtrit

    t = stdtrit(df, (1 + conf) / 2)
    low, high = np.quantile(again, [ndtr(-t), ndtr(t)], axis=0, method=method)
    return -t, t, low, high
