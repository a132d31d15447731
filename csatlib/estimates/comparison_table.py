"""The comparisons table: rows from arrays, and what is withheld from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.estimates.table import nullable

__all__ = ["Lines", "stack_lines"]

#: With these the estimate has an error of 0 or needs none; with the others no error is known.
_CERTAIN = ("", "census", "fixed_by_design", "groups_left_out")
#: With these not even the estimate is given.
_NOTHING = ("empty", "small_base", "single_group")


@dataclass(frozen=True)
class Lines:
    """The rows of one item and metric, one entry a contrast."""

    metric: str
    item: str
    quarter: list[str | None]
    line: list[str | None]
    group_by: str | None
    group: list[str | None]
    contrast: list[str]
    n: np.ndarray
    n_eff: np.ndarray
    df: np.ndarray
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    p_adjusted: np.ndarray
    suppressed: np.ndarray
    reason: np.ndarray


def stack_lines(lines: Sequence[Lines]) -> pd.DataFrame:
    """Lay items out below each other, withholding what they cannot support."""
    lines = [each for each in lines if len(each.contrast)]
    if not lines:
        return schema.empty("comparisons")

    def array(name: str) -> np.ndarray:
        return np.concatenate([np.asarray(getattr(each, name)) for each in lines])

    def text(name: str) -> pd.api.extensions.ExtensionArray:
        return pd.array([value for each in lines for value in getattr(each, name)], dtype="str")

    def every(name: str) -> pd.api.extensions.ExtensionArray:
        return pd.array([getattr(each, name) for each in lines for _ in each.contrast], dtype="str")

    reason = array("reason").astype(str)
    suppressed = array("suppressed").astype(bool)
    nothing = suppressed | np.isin(reason, _NOTHING)
    unsure = nothing | ~np.isin(reason, _CERTAIN)
    untested = unsure | np.isin(reason, ["census", "fixed_by_design"])

    def real(name: str, withheld: np.ndarray) -> pd.api.extensions.ExtensionArray:
        values = array(name).astype(float)
        return nullable(values, withheld | ~np.isfinite(values))

    table = {
        "quarter": text("quarter"),
        "line": text("line"),
        "metric": every("metric"),
        "item": every("item"),
        "level": pd.array([None] * len(reason), dtype="str"),
        "group_by": every("group_by"),
        "group": text("group"),
        "n": pd.array(array("n").astype(np.int64), dtype="Int64"),
        "n_eff": real("n_eff", unsure),
        "df": real("df", nothing),
        "estimate": real("estimate", nothing),
        "se": real("se", unsure),
        "ci_low": real("ci_low", untested),
        "ci_high": real("ci_high", untested),
        "suppressed": suppressed,
        "reason": pd.array([name or None for name in reason], dtype="str"),
        "contrast": text("contrast"),
        "statistic": real("statistic", untested),
        "p": real("p", untested),
        "p_adjusted": real("p_adjusted", untested),
    }
    return pd.DataFrame(table)
