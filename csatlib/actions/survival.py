"""Waiting times of which some are not over: the estimator of Kaplan and Meier."""

from __future__ import annotations

import numpy as np
from scipy import special

__all__ = ["waiting_quantile"]

#: Survival this near a level has reached it: products of fractions differ in their last digit.
_NEAR = 1e-12


def waiting_quantile(
    days: np.ndarray, ended: np.ndarray, share: float, conf: float
) -> tuple[float, float, float]:
    r"""Give the time by which ``share`` of the waits are over, with its interval.

    With S the Kaplan–Meier estimate the quantile is :math:`\min\{t: S(t) \le 1 - share\}`. Its
    limits are the times at which the pointwise interval of S, by Greenwood's variance on the scale
    log(−log S), begins and ceases to hold 1 − share (Brookmeyer and Crowley 1982, *Biometrics* 38,
    29–41; Klein and Moeschberger 2003, 4.5). NaN where the curve does not go so low.
    """
    times = np.unique(days[ended])
    if not len(times):
        return np.nan, np.nan, np.nan
    at_risk = np.array([(days >= t).sum() for t in times], dtype=float)
    ends = np.array([(ended & (days == t)).sum() for t in times], dtype=float)
    curve = np.cumprod(1 - ends / at_risk)
    reached = np.flatnonzero(curve <= 1 - share + _NEAR)
    middle = float(times[reached[0]]) if len(reached) else np.nan
    low, high = _limits(times, at_risk, ends, curve, share, conf)
    return middle, low, high


def _limits(
    times: np.ndarray,
    at_risk: np.ndarray,
    ends: np.ndarray,
    curve: np.ndarray,
    share: float,
    conf: float,
) -> tuple[float, float]:
    """Find where the band around the curve holds the level; at 0 and 1 there is no band."""
    z = float(special.ndtri((1 + conf) / 2))
    inner = (curve > _NEAR) & (curve < 1)
    left = np.where(at_risk > ends, at_risk - ends, 1.0)
    greenwood = np.cumsum(np.where(at_risk > ends, ends / (at_risk * left), 0.0))
    safe = np.where(inner, curve, 0.5)
    spread = z * np.sqrt(greenwood) / np.abs(np.log(safe))
    lower = np.where(inner, safe ** np.exp(spread), curve)
    upper = np.where(inner, safe ** np.exp(-spread), curve)
    level = 1 - share
    below, above = np.flatnonzero(lower <= level + _NEAR), np.flatnonzero(upper <= level + _NEAR)
    low = float(times[below[0]]) if len(below) else np.nan
    return low, float(times[above[0]]) if len(above) else np.nan
