"""Confidence intervals from an estimate, its variance and its degrees of freedom."""

from __future__ import annotations

import numpy as np
from scipy import special

__all__ = ["korn_graubard", "student"]


def student(
    estimate: np.ndarray, variance: np.ndarray, df: np.ndarray, *, conf: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of the t interval: estimate ± t(df, (1 + conf)/2) · √variance."""
    half_width = special.stdtrit(df, (1 + conf) / 2) * np.sqrt(variance)
    return estimate - half_width, estimate + half_width


def korn_graubard(
    share: np.ndarray, variance: np.ndarray, n: np.ndarray, df: np.ndarray, *, conf: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the effective sample size of a share, and the limits of its interval.

    The effective size is p(1 − p)/variance · (t(n − 1)/t(df))², both t at (1 + conf)/2; the limits
    are Clopper and Pearson's at that size. At p = 0 or 1 the variance says nothing and the size is
    n itself.

    Parameters
    ----------
    share, variance : ndarray
        The estimated shares, between 0 and 1, and their variances.
    n, df : ndarray
        The answers each share rests on, and the degrees of freedom of its variance; for a simple
        random sample df is n − 1 and the ratio of the two t is 1.
    conf : float
        The confidence of the interval, between 0 and 1.

    Returns
    -------
    n_eff, low, high : ndarray
        NaN where n is 0.
    """
    unanimous = (share == 0) | (share == 1)
    quantile = (1 + conf) / 2
    few = n < 2
    simple = special.stdtrit(np.where(few, 1, n - 1), quantile)
    designed = special.stdtrit(np.where(few, 1, df), quantile)
    n_eff = np.divide(
        share * (1 - share) * (simple / designed) ** 2,
        variance,
        out=np.where(unanimous, n, np.nan).astype(float),
        where=~unanimous & (variance > 0),
    )
    hits, misses = n_eff * share, n_eff * (1 - share)
    tail = (1 - conf) / 2
    low = np.where(share == 0, 0.0, special.betaincinv(hits, misses + 1, tail))
    high = np.where(share == 1, 1.0, special.betainccinv(hits + 1, misses, tail))
    return n_eff, low, high
