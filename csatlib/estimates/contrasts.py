"""From estimates of a difference to the ``changes`` table: its test, and p for the whole family."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib.estimates.table import Estimates

__all__ = ["Adjust", "adjusted", "check_adjust", "nothing", "with_t_tests", "with_tests"]

Adjust = Literal["holm", "bonferroni", "bh", "none"]
_ADJUST = ("holm", "bonferroni", "bh", "none")


def check_adjust(adjust: str) -> None:
    """Refuse an adjustment that is not known."""
    if adjust not in _ADJUST:
        raise ValueError(f"adjust: expected one of {', '.join(_ADJUST)}, found {adjust!r}")


def with_t_tests(
    table: pd.DataFrame, contrast: str | list[str], *, adjust: str, family: np.ndarray | None = None
) -> pd.DataFrame:
    """Add the t test of each difference that has an interval.

    ``family`` numbers the family of tests each row belongs to; without it all are one.
    """
    known = table["ci_low"].notna().to_numpy()
    estimate, se, df = (
        table[name].to_numpy(dtype=float, na_value=np.nan) for name in ("estimate", "se", "df")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(known, estimate / se, np.nan)
        p = 2 * special.stdtr(df, -np.abs(statistic))
    return with_tests(table, contrast, statistic, p, adjust=adjust, family=family)


def with_tests(
    table: pd.DataFrame,
    contrast: str | list[str],
    statistic: np.ndarray,
    p: np.ndarray,
    *,
    adjust: str,
    family: np.ndarray | None = None,
) -> pd.DataFrame:
    """Add the four columns that make the ``changes`` table of an estimates table."""
    family = np.zeros(len(table), dtype=int) if family is None else family
    together = np.full(len(table), np.nan)
    for member in np.unique(family):
        together[family == member] = adjusted(p[family == member], adjust)
    contrasts = [contrast] * len(table) if isinstance(contrast, str) else contrast
    return table.assign(
        contrast=pd.array(contrasts, dtype="str"),
        statistic=_real(statistic),
        p=_real(p),
        p_adjusted=_real(together),
    )


def adjusted(p: np.ndarray, adjust: str) -> np.ndarray:
    """Adjust p values for their number; NaN is no test and does not count.

    ``holm`` and ``bonferroni`` hold the chance of any false finding, ``bh`` (Benjamini and
    Hochberg) the expected share of false ones among the findings.
    """
    result = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    count = len(known)
    if not count:
        return result
    order = known[np.argsort(p[known], kind="stable")]
    ascending, rank = p[order], np.arange(1, count + 1)
    if adjust == "holm":
        values = np.maximum.accumulate(ascending * (count + 1 - rank))
    elif adjust == "bh":
        values = np.minimum.accumulate((ascending * count / rank)[::-1])[::-1]
    else:
        values = ascending * (count if adjust == "bonferroni" else 1)
    result[order] = np.minimum(values, 1)
    return result


def nothing(n: np.ndarray, reason: str) -> Estimates:
    """Give the bases and the reason where there is no number at all."""
    absent = np.full(len(n), np.nan)
    return Estimates(
        n=n,
        n_eff=absent,
        df=np.zeros(len(n)),
        estimate=absent,
        se=absent,
        ci_low=absent,
        ci_high=absent,
        reason=np.full(len(n), reason),
    )


def _real(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    missing = ~np.isfinite(values)
    return pd.arrays.FloatingArray(np.where(missing, 0.0, values), missing)
