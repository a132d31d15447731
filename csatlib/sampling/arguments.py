"""Reading what a caller passed: each refusal says expected, found, where and remedy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import pandas as pd

__all__ = [
    "at_least",
    "between",
    "choice",
    "columns_of",
    "correlation",
    "key_of",
    "keyed",
    "labels_of",
    "population_size",
    "positive",
    "proportion",
    "seed_of",
    "whole",
]

#: The stratum of a sample that is drawn from everyone alike.
EVERYONE = "all"


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)


def proportion(value: Any, name: str, *, remedy: str = "write 0.85 for 85 %") -> float:
    """Return a number strictly between 0 and 1."""
    if not _number(value) or not 0 < value < 1:
        raise ValueError(f"{name}: expected a number between 0 and 1, found {value!r}; {remedy}")
    return float(value)


def between(value: Any, name: str, low: float, high: float) -> float:
    """Return a number from ``low`` to ``high``, both allowed."""
    if not _number(value) or not low <= value <= high:
        raise ValueError(f"{name}: expected a number from {low:g} to {high:g}, found {value!r}")
    return float(value)


def correlation(value: Any, name: str) -> float:
    """Return a correlation."""
    return between(value, name, -1, 1)


def positive(value: Any, name: str) -> float:
    """Return a finite number above 0."""
    if not _number(value) or not 0 < value < math.inf:
        raise ValueError(f"{name}: expected a finite number above 0, found {value!r}")
    return float(value)


def at_least(value: Any, name: str, low: float) -> float:
    """Return a finite number of at least ``low``."""
    if not _number(value) or not low <= value < math.inf:
        raise ValueError(f"{name}: expected a number of {low:g} or more, found {value!r}")
    return float(value)


def whole(value: Any, name: str, low: int = 0) -> int:
    """Return a whole number of at least ``low``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise ValueError(f"{name}: expected a whole number of {low} or more, found {value!r}")
    return int(value)


def population_size(value: Any) -> float:
    """Return the number of a population; infinity where none is given."""
    return math.inf if value is None else at_least(value, "population", 1)


def seed_of(value: Any) -> int:
    """Return a seed; without one a sample could not be drawn again."""
    return whole(value, "seed")


def choice(value: Any, name: str, allowed: Sequence[str]) -> str:
    """Return one of the allowed words."""
    if value not in allowed:
        raise ValueError(f"{name}: expected one of {list(allowed)}, found {value!r}")
    return str(value)


def columns_of(df: pd.DataFrame, names: Iterable[str], argument: str) -> list[str]:
    """Return names of columns that ``df`` has once each."""
    if isinstance(names, str):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"{argument}: expected a sequence of columns, found the text {names!r}; "
            f"write {argument}=[{names!r}]"
        )
    listed = list(names)
    for name in listed:
        if (df.columns == name).sum() != 1:
            raise ValueError(
                f"{argument}: expected the name of one column, found {name!r}, which the table has "
                f"{(df.columns == name).sum()} times; choose from {list(df.columns[:10])}"
            )
    if len(set(listed)) != len(listed):
        raise ValueError(f"{argument}: a column stands twice in {listed}; drop the repeat")
    return listed


def key_of(frame: pd.DataFrame, key: str | None) -> str:
    """Name the column that tells a frame's rows apart: tickets where there are any."""
    return key or ("ticket_id" if "ticket_id" in frame else "customer_id")


def keyed(frame: pd.DataFrame, key: str | None) -> pd.DataFrame:
    """Sort a frame by the column that tells its rows apart, so that its own order is no matter."""
    name = key_of(frame, key)
    columns_of(frame, [name], "key")
    ids = frame[name]
    if ids.isna().any():
        raise ValueError(
            f"key: expected {name!r} in every row of the frame, found {int(ids.isna().sum())} rows "
            f"without; drop or complete them"
        )
    if ids.duplicated().any():
        raise ValueError(
            f"key: expected each {name!r} once in the frame, found {int(ids.duplicated().sum())} "
            f"repeats; drop them, or name the column that tells rows apart (key=…)"
        )
    if pd.api.types.infer_dtype(ids).startswith("mixed"):
        raise ValueError(
            f"key: expected {name!r} of one kind, found numbers beside text; write all as text, "
            f"for example with frame.astype({{{name!r}: 'str'}})"
        )
    return frame.sort_values(name, kind="stable").reset_index(drop=True)


def labels_of(frame: pd.DataFrame, by: Sequence[str], argument: str = "by") -> pd.Series:
    """Name the stratum of each row: the values of ``by``, joined with `` × ``."""
    columns = columns_of(frame, by, argument)
    if not columns:
        return pd.Series(EVERYONE, index=frame.index, dtype="str")
    for column in columns:
        if frame[column].isna().any():
            raise ValueError(
                f"{argument}: expected a value of {column!r} in every row, found "
                f"{int(frame[column].isna().sum())} rows without; fill them, for example with "
                f"frame.fillna({{{column!r}: '未知'}}), or drop them"
            )
    joined = frame[columns[0]].astype("str")
    for column in columns[1:]:
        joined = joined + " × " + frame[column].astype("str")
    return joined.rename(None)
