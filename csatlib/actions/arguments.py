"""Reading what a caller passed: each refusal says expected, found, where and remedy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

__all__ = ["between", "float_column", "one_of", "pairs_of", "t_row", "table", "values_of"]


def between(value: float, name: str) -> float:
    """Read a probability, neither 0 nor 1."""
    if not isinstance(value, int | float | np.floating) or not 0 < value < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, found {value!r}; write 0.95")
    return float(value)


def one_of(value: str, name: str, allowed: Sequence[str]) -> str:
    """Read a word out of a list."""
    if value not in allowed:
        raise ValueError(f"{name}: expected one of {', '.join(allowed)}, found {value!r}")
    return value


def values_of(values: object, name: str) -> np.ndarray:
    """Read a column of numbers or of true and false; NaN is no answer."""
    series = pd.Series(values)
    if series.isna().all():
        return np.full(len(series), np.nan)
    if not (pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series)):
        raise ValueError(
            f"{name}: expected numbers, found dtype {series.dtype}; turn answers into scores "
            "first with scales.to_score"
        )
    numbers = series.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(numbers).any():
        raise ValueError(f"{name}: expected finite numbers, found an infinite one; correct it")
    return numbers


def pairs_of(before: object, after: object) -> tuple[np.ndarray, np.ndarray]:
    """Read two columns place by place and keep the pairs of which both are known."""
    first, second = values_of(before, "before"), values_of(after, "after")
    if len(first) != len(second):
        raise ValueError(
            f"before, after: expected one answer each of the same customers, found {len(first)} "
            f"and {len(second)}; align them by customer first"
        )
    known = ~(np.isnan(first) | np.isnan(second))
    return first[known], second[known]


def float_column(values: Sequence[float]) -> pd.Series:
    """Make a Float64 column in which NaN and the infinite are missing."""
    numbers = np.asarray(values, dtype=float)
    return pd.Series(pd.array(np.where(np.isfinite(numbers), numbers, np.nan), dtype="Float64"))


def table(rows: Sequence[dict], columns: dict[str, str]) -> pd.DataFrame:
    """Lay rows out with every column in its dtype; what a row does not give is missing."""
    laid = {}
    for name, dtype in columns.items():
        given = [row.get(name) for row in rows]
        if dtype == "Float64":
            laid[name] = float_column([np.nan if one is None else one for one in given])
        else:
            laid[name] = pd.Series(given, dtype=dtype)
    return pd.DataFrame(laid)


def t_row(estimate: float, se: float, df: float, conf: float) -> dict[str, float]:
    """Give the interval and the test of an estimate by t."""
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.float64(estimate) / se
    half = special.stdtrit(df, (1 + conf) / 2) * se
    return {
        "estimate": estimate,
        "se": se,
        "df": df,
        "statistic": statistic,
        "p": 2 * special.stdtr(df, -abs(statistic)),
        "ci_low": estimate - half,
        "ci_high": estimate + half,
    }
