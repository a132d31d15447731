"""Evidence as it is written: a pointer to one row of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from csatlib.actions.rows import filled

__all__ = ["Pointer"]

_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")
_TABLE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Pointer:
    """Evidence in its parts: ``<table>:<quarter>:<metric>:<item>[:<column>=<group>]``.

    Evidence of themes is ``themes:<quarter>:<theme id>``; its item is the theme.
    """

    table: str
    quarter: str
    metric: str | None
    item: str
    column: str | None = None
    group: str | None = None

    @classmethod
    def read(cls, text: object) -> Pointer | None:
        """Read a pointer; None where the text is none."""
        parts = [part.strip() for part in filled(text).split(":")]
        if len(parts) < 3 or not _TABLE.fullmatch(parts[0]) or not _QUARTER.fullmatch(parts[1]):
            return None
        if parts[0] == "themes":
            return cls("themes", parts[1], None, parts[2]) if len(parts) == 3 and parts[2] else None
        if len(parts) not in (4, 5) or not parts[2] or not parts[3]:
            return None
        column, _, group = parts[4].partition("=") if len(parts) == 5 else ("", "", "")
        if len(parts) == 5 and not (column and group):
            return None
        return cls(parts[0], parts[1], parts[2], parts[3], column or None, group or None)

    def __str__(self) -> str:
        if self.table == "themes":
            return f"themes:{self.quarter}:{self.item}"
        where = f":{self.column}={self.group}" if self.column else ""
        return f"{self.table}:{self.quarter}:{self.metric}:{self.item}{where}"

    def row(
        self, *, estimates: pd.DataFrame | None, coverage: pd.DataFrame | None
    ) -> pd.Series | None:
        """Find the row that is meant; None where it is not there or its table was not given."""
        if self.table == "themes":
            return None if coverage is None else _only(coverage[coverage["theme"] == self.item])
        if self.table != "estimates" or estimates is None:
            return None
        rows = estimates[(estimates["metric"] == self.metric) & (estimates["item"] == self.item)]
        if "quarter" in rows:
            rows = rows[rows["quarter"].isna() | (rows["quarter"] == self.quarter)]
        if self.column is None:
            return _only(rows[rows["group"].isna()])
        return _only(rows[(rows["group_by"] == self.column) & (rows["group"] == self.group)])


def _only(rows: pd.DataFrame) -> pd.Series | None:
    return rows.iloc[0] if len(rows) else None
