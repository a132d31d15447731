"""Reading what a caller passed: each refusal says expected, found, where and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "LARGEST",
    "Base",
    "ConvergenceError",
    "check_number",
    "column_of",
    "key_of",
    "levels_told",
    "listed",
    "named",
    "positive",
    "read_weights",
    "refuse_empty",
    "within_range",
]

#: Weights and totals lie between this and its inverse: beyond, sums and products lose their digits.
LARGEST = 1e60
#: So many levels, each so short, are groups that may be named; more may be ids.
_FEW, _SHORT = 12, 20

#: Weights before an adjustment: a column's name, a Series on the table's index, or none.
Base = str | pd.Series | None


class ConvergenceError(ValueError):
    """No weights were found that meet the margins: says the largest gap that was left."""


def column_of(df: pd.DataFrame, name: Any, argument: str) -> pd.Series:
    """Return one column of ``df``, or say which argument named a column that is not there."""
    found = int((df.columns == name).sum()) if isinstance(name, str) else 0
    if found == 0:
        some = ", ".join(map(repr, df.columns[:8]))
        more = ", …" if len(df.columns) > 8 else ""
        raise ValueError(
            f"{argument}: expected the name of a column, found {name!r}, which the table has not; "
            f"choose from {some}{more}"
        )
    if found > 1:
        raise ValueError(
            f"{argument}: expected one column called {name!r}, found {found}; rename all but one"
        )
    return df[name]


def key_of(df: pd.DataFrame, name: str, argument: str, *, unique: bool) -> pd.Series:
    """Return the column that identifies rows; its values are never shown."""
    values = column_of(df, name, argument)
    missing = int(values.isna().sum())
    if missing:
        raise ValueError(
            f"{argument}: expected {name!r} in every row, found {missing} rows without; "
            "drop them or find their ids"
        )
    if unique and (repeated := int(values.duplicated().sum())):
        raise ValueError(
            f"{argument}: expected each {name!r} once, found {repeated} rows that repeat one; "
            "keep one row each"
        )
    return values


def read_weights(base: Base, df: pd.DataFrame, argument: str = "base") -> np.ndarray | None:
    """Give the weights before the adjustment, one a row, all positive; None where none are told."""
    if base is None:
        return None
    if isinstance(base, str):
        base = column_of(df, base, argument)
    elif not isinstance(base, pd.Series):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"{argument}: expected a column's name or a Series on the table's index, "
            f"found {type(base).__name__}; pd.Series(values, index=table.index) makes one"
        )
    if not base.index.equals(df.index):
        same = base.index.is_unique and df.index.is_unique and len(base) == len(df)
        if not (same and df.index.isin(base.index).all()):
            raise ValueError(
                f"{argument}: expected the index of the table ({len(df)} rows), found another one "
                f"({len(base)} rows); take the weights from the same table"
            )
        base = base.reindex(df.index)
    return positive(base, argument)


def positive(weights: pd.Series, argument: str) -> np.ndarray:
    """Give weights as numbers above 0, or say how many rows have none."""
    if not pd.api.types.is_numeric_dtype(weights.dtype) or weights.dtype == bool:
        raise ValueError(
            f"{argument}: expected numbers, found dtype {weights.dtype}; convert the weights first"
        )
    values = weights.to_numpy(dtype=np.float64, na_value=np.nan)
    if values.min(initial=np.inf) >= 1 / LARGEST and values.max(initial=0.0) <= LARGEST:
        return values
    faults = {
        "missing": np.isnan(values),
        "infinite": np.isinf(values),
        "negative": values < 0,
        "zero": values == 0,
        f"vanishing (below {1 / LARGEST:g})": values < 1 / LARGEST,
        f"overflowing (above {LARGEST:g})": values > LARGEST,
    }
    for kind, rows in faults.items():
        if rows.any():
            first = list(weights.index[rows][:3])
            raise ValueError(
                f"{argument}: expected a weight above 0 in every row, found {kind} weights in "
                f"{int(rows.sum())} rows, for example at index {first}; drop or repair these rows"
            )
    return values


def refuse_empty(df: pd.DataFrame, argument: str) -> None:
    """Refuse a table without rows: nobody can stand for the customers."""
    if not isinstance(df, pd.DataFrame):
        raise ValueError(  # noqa: TRY004
            f"{argument}: expected a DataFrame, found {type(df).__name__}"
        )
    if df.empty:
        raise ValueError(f"{argument}: expected at least one row, found none; nothing can weigh")


def listed(values: Iterable[str], argument: str, *, least: int = 1) -> list[Any]:
    """Return column names as a list, refusing a bare text, repeats and an empty list."""
    if isinstance(values, str):
        raise ValueError(  # noqa: TRY004
            f"{argument}: expected a sequence, found the text {values!r}; "
            f"write {argument}=[{values!r}]"
        )
    names = list(values)
    repeated = [name for position, name in enumerate(names) if name in names[:position]]
    if repeated:
        raise ValueError(
            f"{argument}: expected each column once, found {repeated[0]!r} twice; drop the repeats"
        )
    if len(names) < least:
        raise ValueError(f"{argument}: expected at least {least} column, found none; name one")
    return names


def named(names: Sequence[Any], most: int = 5) -> str:
    """Write names for a message: the first few, and how many more there are."""
    shown = ", ".join(repr(name) for name in list(names)[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def levels_told(levels: Sequence[Any], among: int) -> str:
    """Write levels of a column that has ``among``: by name where these are few and short.

    A column of many levels, or of long ones, may hold ids or what somebody wrote.
    """
    parts = [part for level in levels for part in (level if isinstance(level, tuple) else (level,))]
    if among <= _FEW and all(len(str(part)) <= _SHORT for part in parts):
        return named(levels, most=_FEW)
    return f"{len(levels)} of its {among} levels (not shown: they may be ids)"


def within_range(value: float, argument: str) -> float:
    """Return a total that sums and products can bear; 0 is one."""
    if not (value == 0 or 1 / LARGEST <= abs(value) <= LARGEST):
        raise ValueError(
            f"{argument}: expected 0 or a number from {1 / LARGEST:g} to {LARGEST:g}, found "
            f"{value!r}; give numbers of customers, or shares of them"
        )
    return float(value)


def check_number(value: Any, argument: str, *, above: float, whole: bool = False) -> None:
    """Refuse a setting that is not a number above a limit."""
    kind = Integral if whole else Real
    right = isinstance(value, kind) and not isinstance(value, bool) and value > above
    if not right or not np.isfinite(value):
        what = "a whole number" if whole else "a number"
        raise ValueError(f"{argument}: expected {what} above {above:g}, found {value!r}")
