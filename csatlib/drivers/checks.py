"""One check of a model: what was found, what it was held against, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.estimates.adjusting import adjust_p

__all__ = ["Check", "adjusted", "by_size", "by_test", "check_table", "unknown"]

Verdict = Literal["good", "watch", "bad", "unknown"]
_NONE = float("nan")


@dataclass(frozen=True)
class Check:
    """One row of the table ``diagnostics``, see `csatlib.drivers.diagnose`."""

    check: str
    driver: str | None = None
    n: int = 0
    rows: int | None = None
    value: float = _NONE
    threshold: float = _NONE
    ci_low: float = _NONE
    ci_high: float = _NONE
    statistic: float = _NONE
    df: float = _NONE
    p: float = _NONE
    p_adjusted: float = _NONE
    verdict: Verdict = "unknown"
    reason: str | None = None
    remedy: str | None = None


def unknown(check: str, reason: str, driver: str | None = None) -> Check:
    """Say that a check could not be made, and why."""
    return Check(check, driver, reason=reason)


def by_size(check: Check, watch: float, bad: float, remedy: str, *, above: bool = True) -> Check:
    """Judge a value by its size alone; ``threshold`` is where it turns bad."""
    if not np.isfinite(check.value):
        return replace(check, verdict="unknown", reason=check.reason or "too_few_rows")
    sign = 1 if above else -1
    found = check.value * sign
    verdict: Verdict = "good"
    if found >= watch * sign:
        verdict = "bad" if found >= bad * sign else "watch"
    told = None if verdict == "good" else remedy
    return replace(check, threshold=bad, verdict=verdict, remedy=told)


def by_test(check: Check, alpha: float, remedy: str, *, bad: float = np.inf) -> Check:
    """Judge a test: ``watch`` where its p is small, ``bad`` where the value is large besides."""
    if not np.isfinite(check.p_adjusted):
        return replace(check, verdict="unknown", reason=check.reason or "too_few_rows")
    threshold = bad if np.isfinite(bad) else _NONE
    if check.p_adjusted >= alpha:
        return replace(check, threshold=threshold, verdict="good")
    verdict: Verdict = "bad" if check.value >= bad else "watch"
    return replace(check, threshold=threshold, verdict=verdict, remedy=remedy)


def adjusted(checks: Sequence[Check]) -> list[Check]:
    """Adjust the p values of one family of checks after Holm."""
    raised = adjust_p(np.array([check.p for check in checks], dtype=float), "holm")
    return [replace(c, p_adjusted=float(p)) for c, p in zip(checks, raised, strict=True)]


def check_table(checks: Sequence[Check]) -> pd.DataFrame:
    """Lay checks out as the table ``diagnostics``."""
    dtypes = dict.fromkeys(("check", "driver", "verdict", "reason", "remedy"), "str")
    dtypes |= {"n": "Int64", "rows": "Int64"}
    columns = {}
    for field in fields(Check):
        values = [getattr(check, field.name) for check in checks]
        dtype = dtypes.get(field.name, "Float64")
        if dtype == "Float64":
            values = [value if np.isfinite(value) else None for value in values]
        columns[field.name] = pd.array(values, dtype=dtype)
    return pd.DataFrame(columns)
