"""Tables that lack nothing, in the types of their contracts, and the days that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from csatlib import schema

__all__ = ["as_day", "filled", "names_in", "require", "tabled"]

#: What stands between two names in one cell.
_BETWEEN = "、，,；;／/&＆\n"


def require(
    df: pd.DataFrame, columns: Iterable[str], what: str, *, table: str | None = None
) -> None:
    """Refuse a table that lacks a column, or holds words where ``table`` has none."""
    wanted = list(columns)
    missing = [c for c in wanted if c not in df]
    if missing:
        raise ValueError(
            f"{what}: expected the columns {wanted}, missing {missing}; found "
            f"{[str(c) for c in df.columns]}"
        )
    for name in wanted if table else ():
        _refuse_words(df[name], what, schema.TABLES[table or ""].columns[name].dtype)


def _refuse_words(values: pd.Series, what: str, wanted: str) -> None:
    kinds = pd.api.types
    held = values.dropna().infer_objects()
    words = kinds.is_string_dtype(held.dtype) or isinstance(held.dtype, pd.CategoricalDtype)
    if held.empty or wanted == "str":
        return
    if wanted in ("bool", "boolean"):
        if words:
            raise ValueError(
                f"{what}: {values.name}: expected true or false, found dtype {values.dtype}; turn "
                "the words into them with map, such as {'是': True, '否': False}"
            )
        return
    if wanted.startswith("datetime") and (words or kinds.is_numeric_dtype(held.dtype)):
        raise ValueError(
            f"{what}: {values.name}: expected dates, found dtype {values.dtype}; read them with "
            "pandas.to_datetime"
        )
    if not wanted.startswith("datetime") and not kinds.is_numeric_dtype(held.dtype) and words:
        raise ValueError(
            f"{what}: {values.name}: expected numbers, found dtype {values.dtype}; read them with "
            "pandas.to_numeric"
        )


def tabled(rows: Sequence[Mapping[str, object]], table: str) -> pd.DataFrame:
    """Make a table of its rows, empty where there are none, in the types of its contract."""
    contract = schema.TABLES[table].columns
    df = pd.DataFrame(rows, columns=list(contract))
    return schema.check(df.astype({name: c.dtype for name, c in contract.items()}), table)


def as_day(day: object, argument: str) -> pd.Timestamp:
    """Read a day that was passed, at midnight, or say what was expected."""
    try:
        found = pd.Timestamp(day) if isinstance(day, str | date | pd.Timestamp) else None
    except ValueError:
        found = None
    if found is None or pd.isna(found):
        raise ValueError(f"{argument}: expected a day such as '2026-09-30', found {day!r}")
    return found.normalize()


def filled(value: object) -> str:
    """Give a cell's text without space at its ends; empty for a missing one."""
    return "" if value is None or pd.isna(value) else str(value).strip()


def names_in(cell: object) -> list[str]:
    """List the names that a cell joins by 、 or another separator."""
    text = filled(cell)
    for letter in _BETWEEN:
        text = text.replace(letter, "、")
    return [part.strip() for part in text.split("、") if part.strip()]
