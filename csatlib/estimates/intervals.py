"""Confidence intervals from an estimate, its variance and its degrees of freedom."""

from __future__ import annotations

import numpy as np
from scipy import special

from csatlib.estimates.moments import Moments

__all__ = ["korn_graubard", "share_interval", "student"]

#: Bisections from a whole share down to the last digit of a double.
_HALVINGS = 60


def student(
    estimate: np.ndarray, variance: np.ndarray, df: np.ndarray, *, conf: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of the t interval: estimate ± t(df, (1 + conf)/2) · √variance."""
    # Item after item comes with the same degrees of freedom, and their quantiles take long.
    degrees, at = np.unique(df, return_inverse=True)
    quantile = special.stdtrit(degrees, (1 + conf) / 2)[at].reshape(np.shape(df))
    half_width = quantile * np.sqrt(variance)
    return estimate - half_width, estimate + half_width


def share_interval(
    moments: Moments, *, conf: float, method: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the effective sample size of shares, and the limits of their interval.

    ``method`` is one that `csatlib.estimates.share` names and explains. All are NaN where there is
    no answer.
    """
    p, quantile = moments.estimate, (1 + conf) / 2
    unanimous = (p == 0) | (p == 1)
    some = moments.n > 0
    # The squares of tiny weights may round to 0.
    squared = some & (moments.squares > 0)
    kish = np.divide(moments.size**2, moments.squares, out=moments.n.astype(float), where=squared)
    if method == "wilson":
        with np.errstate(divide="ignore", invalid="ignore"):
            simple = np.where(unanimous, kish, moments.n * moments.simple / moments.variance)
            simple = np.minimum(simple, moments.most)
            n_eff = np.where(some, simple * _inflation(moments.n, moments.df, quantile), np.nan)
            return n_eff, *_wilson(p, n_eff, special.ndtri(quantile))
    n_eff, low, high = korn_graubard(
        p,
        moments.variance,
        moments.n,
        moments.df,
        conf=conf,
        unanimous=kish,
        most=moments.most if method == "korn_graubard" else None,
    )
    if method in ("logit", "arcsine"):
        turned = _turned(p, np.sqrt(moments.variance), moments.df, quantile, method)
        low, high = (
            np.where(unanimous, exact, other)
            for exact, other in zip((low, high), turned, strict=True)
        )
    if method == "likelihood":
        profile = _likelihood(moments, quantile)
        low, high = (
            np.where(unanimous, exact, other)
            for exact, other in zip((low, high), profile, strict=True)
        )
    return n_eff, low, high


def korn_graubard(
    share: np.ndarray,
    variance: np.ndarray,
    n: np.ndarray,
    df: np.ndarray,
    *,
    conf: float,
    unanimous: np.ndarray | None = None,
    most: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the effective sample size of a share, and the limits of its interval.

    The effective size is p(1 − p)/variance · (t(n − 1)/t(df))², both t at (1 + conf)/2; the limits
    are Clopper and Pearson's at that size. At p = 0 or 1 the variance says nothing, and
    ``unanimous`` (by default n itself) takes the place of p(1 − p)/variance.

    Parameters
    ----------
    share, variance : ndarray
        The estimated shares, between 0 and 1, and their variances.
    n, df : ndarray
        The answers each share rests on, and the degrees of freedom of its variance; for a simple
        random sample df is n − 1 and the ratio of the two t is 1.
    conf : float
        The confidence of the interval, between 0 and 1.
    unanimous : ndarray, optional
        The effective size where the share is 0 or 1.
    most : ndarray, optional
        A bound of p(1 − p)/variance.

    Returns
    -------
    n_eff, low, high : ndarray
        NaN where n is 0.
    """
    certain = (share == 0) | (share == 1)
    plain = np.divide(
        share * (1 - share),
        variance,
        out=np.where(certain, n if unanimous is None else unanimous, np.nan).astype(float),
        where=~certain & (variance > 0),
    )
    plain = plain if most is None else np.minimum(plain, most)
    n_eff = plain * _inflation(n, df, (1 + conf) / 2)
    low, high = _clopper_pearson(share, n_eff, (1 - conf) / 2)
    return n_eff, low, high


def _inflation(n: np.ndarray, df: np.ndarray, quantile: float) -> np.ndarray:
    """Give (t(n − 1)/t(df))²: few degrees of freedom make the variance itself uncertain."""
    few = n < 2
    simple = special.stdtrit(np.where(few, 1, n - 1), quantile)
    designed = special.stdtrit(np.where(few | (df < 1), 1, df), quantile)
    return (simple / designed) ** 2


def _clopper_pearson(p: np.ndarray, n: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    hits, misses = n * p, n * (1 - p)
    low = np.where(p == 0, 0.0, special.betaincinv(hits, misses + 1, tail))
    high = np.where(p == 1, 1.0, special.betainccinv(hits + 1, misses, tail))
    return low, high


def _wilson(p: np.ndarray, n: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return np.where(p == 0, 0.0, middle - half), np.where(p == 1, 1.0, middle + half)


def _turned(
    p: np.ndarray, se: np.ndarray, df: np.ndarray, quantile: float, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Make a t interval on another scale and turn its limits back."""
    t = special.stdtrit(df, quantile)
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "logit":
            half = t * se / (p * (1 - p))
            return special.expit(special.logit(p) - half), special.expit(special.logit(p) + half)
        half = t * se / (2 * np.sqrt(p * (1 - p)))
    middle = np.arcsin(np.sqrt(p))
    limits = np.maximum(middle - half, 0), np.minimum(middle + half, np.pi / 2)
    return np.sin(limits[0]) ** 2, np.sin(limits[1]) ** 2


def _likelihood(moments: Moments, quantile: float) -> tuple[np.ndarray, np.ndarray]:
    """Find by bisection where the deviance, at the design's scale, reaches its bound."""
    p, n = moments.estimate, moments.n
    t = special.stdtrit(moments.df, quantile)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = t**2 * n / (n - 1) * moments.variance / (p * (1 - p)) / 2

    def beyond(other: np.ndarray) -> np.ndarray:
        return special.rel_entr(p, other) + special.rel_entr(1 - p, 1 - other) > bound

    ends = []
    for end in (np.zeros(len(p)), np.ones(len(p))):
        inside, outside = p, end
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            far = beyond(middle)
            inside, outside = np.where(far, inside, middle), np.where(far, middle, outside)
        # Without a variance the deviance holds the share alone, but for what rounds beside it.
        known = np.isfinite(bound) & (bound > 0)
        ends.append(np.where(known, (inside + outside) / 2, np.nan))
    return ends[0], ends[1]
