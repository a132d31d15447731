"""Columns that a table must have, and tables in the types of their contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from csatlib import schema

__all__ = ["require", "tabled", "typed"]


def require(df: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Refuse a table that lacks a column."""
    missing = [c for c in columns if c not in df]
    if missing:
        raise ValueError(
            f"{what}: expected the columns {list(columns)}, missing {missing}; "
            f"found {[str(c) for c in df.columns]}"
        )


def typed(df: pd.DataFrame, table: str) -> pd.DataFrame:
    """Bring a table into its contract."""
    dtypes = {name: column.dtype for name, column in schema.TABLES[table].columns.items()}
    return schema.check(df[list(dtypes)].astype(dtypes), table)


def tabled(rows: Sequence[Mapping[str, object] | Sequence[object]], table: str) -> pd.DataFrame:
    """Make a table of its rows, empty where there are none."""
    return typed(pd.DataFrame(rows, columns=list(schema.TABLES[table].columns)), table)
