"""The difference of two means without equal variances, and the adjustment of several p values.

The estimators of `csatlib.estimates` lie to the right of this room, so that the plain arithmetic of
an unweighted comparison is done here.
"""

from __future__ import annotations

import numpy as np
from scipy import special

__all__ = ["Difference", "f_tail", "holm", "told", "welch"]

#: What is told of one difference, in the order of the tables.
Difference = dict[str, float | str | None]


def t_tail(statistic: np.ndarray | float, df: np.ndarray | float) -> np.ndarray:
    """Give the two-sided p value of Student's t."""
    return 2 * special.stdtr(df, -np.abs(statistic))


def t_quantile(conf: float, df: np.ndarray | float) -> np.ndarray:
    """Give the number of standard errors on each side of an interval."""
    return special.stdtrit(df, (1 + conf) / 2)


def f_tail(statistic: float, between: float, within: float) -> float:
    """Give the p value of F."""
    return float(special.fdtrc(between, within, statistic))


def holm(p: np.ndarray) -> np.ndarray:
    """Adjust p values for their number (Holm 1979); missing ones do not count."""
    adjusted = np.full(len(p), np.nan)
    there = np.flatnonzero(~np.isnan(p))
    order = there[np.argsort(p[there], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def welch(first: np.ndarray, second: np.ndarray, *, conf: float) -> Difference:
    """Compare the means of two groups of numbers, first less second.

    Welch's t with Satterthwaite's degrees of freedom; what cannot be told is NaN, with a reason.
    """
    nothing = dict.fromkeys(("se", "df", "ci_low", "ci_high", "statistic", "p"), np.nan)
    if not len(first) or not len(second):
        return {"difference": np.nan, **nothing, "reason": "empty"}
    difference = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return {"difference": difference, **nothing, "reason": "single_answer"}
    one, other = first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)
    squared = one + other
    if squared <= 0:
        return {"difference": difference, **nothing, "reason": "no_variation"}
    df = squared**2 / (one**2 / (len(first) - 1) + other**2 / (len(second) - 1))
    return told(difference, float(np.sqrt(squared)), float(df), conf)


def told(difference: float, se: float, df: float, conf: float) -> Difference:
    """Give the interval and the test of a difference whose standard error is known."""
    half = float(t_quantile(conf, df)) * se
    return {
        "difference": difference,
        "se": se,
        "df": df,
        "ci_low": difference - half,
        "ci_high": difference + half,
        "statistic": difference / se,
        "p": float(t_tail(difference / se, df)),
        "reason": None,
    }
