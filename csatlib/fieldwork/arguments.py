"""Reading what a caller passed, and the groups in which rows are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from csatlib import schema

__all__ = ["Groups", "as_contract", "check_conf", "columns_of", "distinct", "groups_of"]


def distinct(values: Sequence[str], argument: str) -> list[str]:
    """Return ``values`` as a list, refusing a bare text and a value that stands twice."""
    if isinstance(values, str):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"{argument}: expected a sequence, found the text {values!r}; "
            f"write {argument}=[{values!r}]"
        )
    listed = list(values)
    repeated = [value for place, value in enumerate(listed) if value in listed[:place]]
    if repeated:
        raise ValueError(
            f"{argument}: expected each value once, found {repeated[0]!r} twice in {listed}; "
            "drop the repeats"
        )
    return listed


def columns_of(df: pd.DataFrame, names: Iterable[str], argument: str) -> list[str]:
    """Return ``names``, or say which of them are no columns of the table."""
    listed = list(names)
    missing = [name for name in listed if name not in df]
    if missing:
        some = ", ".join(map(repr, df.columns[:8]))
        more = ", …" if len(df.columns) > 8 else ""
        raise ValueError(
            f"{argument}: expected names of columns, found {missing}, which the table has not; "
            f"choose from {some}{more}"
        )
    return listed


def check_conf(conf: float) -> None:
    """Refuse a confidence that is no probability."""
    if not isinstance(conf, Real) or not 0 < conf < 1:
        raise ValueError(
            f"conf: expected a number between 0 and 1, found {conf!r}; write 0.95 for 95 %"
        )


class Groups:
    """The groups of a table: ``name`` joins the columns, ``labels`` their values with ``×``.

    ``codes`` gives the group of each row; −1 where a value is missing, which is in no group.
    """

    def __init__(self, df: pd.DataFrame, by: list[str]) -> None:
        self.name = " × ".join(by) if by else None
        if not by:
            self.codes, self.labels = np.zeros(len(df), dtype=np.int64), [None]
            return
        there = df[by].notna().all(axis=1).to_numpy()
        # Sorted by each column in turn; categories keep their order.
        grouped = df.loc[there, by].groupby(by, sort=True, observed=True)
        self.codes = np.full(len(df), -1, dtype=np.int64)
        self.codes[there] = grouped.ngroup().to_numpy()
        keys = [key if isinstance(key, tuple) else (key,) for key in grouped.size().index]
        self.labels = [" × ".join(map(str, key)) for key in keys]

    def __len__(self) -> int:
        return len(self.labels)

    def count(self, where: np.ndarray) -> np.ndarray:
        """Count the rows of each group for which ``where`` holds."""
        inside = self.codes[np.asarray(where, dtype=bool) & (self.codes >= 0)]
        return np.bincount(inside, minlength=len(self)).astype(np.int64)

    def columns(self) -> dict[str, list[str | None]]:
        """Give the two columns that name the groups."""
        return {"group_by": [self.name] * len(self), "group": list(self.labels)}


def groups_of(df: pd.DataFrame, by: Sequence[str]) -> Groups:
    """Find the groups of a table, or say which column it has not."""
    return Groups(df, columns_of(df, distinct(by, "by"), "by"))


def as_contract(df: pd.DataFrame, table: str) -> pd.DataFrame:
    """Bring the fixed columns to the front, give each its dtype, and check the table."""
    fixed = schema.TABLES[table].columns
    whole = df[[*fixed, *(c for c in df if c not in fixed)]].reset_index(drop=True)
    whole = whole.astype({name: column.dtype for name, column in fixed.items()})
    return schema.check(whole, table)
