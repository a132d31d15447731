"""From estimates of a difference to the ``changes`` table: its test, and p for the whole family."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib.estimates.adjusting import ADJUSTMENTS, adjust_p
from csatlib.estimates.table import Estimates, nullable

__all__ = ["Adjust", "check_adjust", "nothing", "with_t_tests", "with_tests"]

Adjust = Literal["holm", "hochberg", "bonferroni", "BH", "BY", "none"]


def check_adjust(adjust: str) -> None:
    """Refuse an adjustment that is not known."""
    if adjust not in ADJUSTMENTS:
        raise ValueError(f"adjust: expected one of {', '.join(ADJUSTMENTS)}, found {adjust!r}")


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
        together[family == member] = adjust_p(p[family == member], adjust)
    contrasts = [contrast] * len(table) if isinstance(contrast, str) else contrast
    return table.assign(
        contrast=pd.array(contrasts, dtype="str"),
        statistic=nullable(statistic),
        p=nullable(p),
        p_adjusted=nullable(together),
    )


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
