"""The evidence of a measure: which row of which table it answers, written in one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from csatlib.actions.inputs import ActionError, folded, near, whose
from csatlib.schema import TABLES

__all__ = ["Evidence"]

_NAME = r"[^:：=＝]+?"
_WRITTEN = re.compile(
    r"\s*(?P<table>[A-Za-z_]+)\s*[:：]\s*(?P<quarter>[0-9]{4}Q[1-4])\s*[:：]\s*"
    rf"(?:(?P<metric>[a-z_]+)\s*[:：]\s*)?(?P<item>{_NAME})\s*"
    rf"(?:[:：]\s*(?P<column>{_NAME})\s*[=＝]\s*(?P<group>.+?)\s*)?"
)
#: The columns in which tables name what a row is about.
_SUBJECTS = ("item", "theme", "driver", "followup_id", "dimension")


@dataclass(frozen=True)
class Evidence:
    """One row of one table: what a measure was decided upon.

    Written ``<table>:<quarter>:<metric>:<item>``, with ``:<column>=<group>`` where it is about a
    group; a table without metrics has none: ``themes:2026Q2:<theme>``.

    Parameters
    ----------
    table, quarter : str
        A name in `schema.TABLES` or ``themes``, and the quarter of its run.
    item : str
        The question, theme or driver.
    metric : str, optional
        Of the table's metrics the one meant.
    column, group : str, optional
        The group: ``group_by`` and ``group`` of the table.

    Examples
    --------
    >>> found = Evidence.parse("estimates:2026Q2:mean:response_speed:team=网络组")
    >>> found.item, found.column, found.group
    ('response_speed', 'team', '网络组')
    >>> str(found)
    'estimates:2026Q2:mean:response_speed:team=网络组'
    """

    table: str
    quarter: str
    item: str
    metric: str | None = None
    column: str | None = None
    group: str | None = None

    @classmethod
    def parse(cls, text: str, *, action_id: str | None = None) -> Evidence:
        """Read evidence as a register holds it, or raise `ActionError` naming the measure."""
        match = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ActionError(
                f"{whose(action_id)}evidence 应写成 表:季度:指标:题目 或再加 :列=组，例如 "
                "estimates:2026Q2:mean:response_speed:team=网络组，或 themes:2026Q2:主题编号；"
                f"现在是“{text}”"
            )
        found = {name: value and folded(value) for name, value in match.groupdict().items()}
        known = (*TABLES, "themes")
        if found["table"] not in known:
            raise ActionError(
                f"{whose(action_id)}evidence 的表“{found['table']}”不存在；"
                f"{near(found['table'], known)}"
            )
        if found["metric"] is None and _has_metrics(found["table"]):
            raise ActionError(
                f"{whose(action_id)}evidence 没有写指标；表 {found['table']} 应写成 "
                f"{found['table']}:{found['quarter']}:mean:题目"
            )
        # A group is spelled as in the data: it is not folded.
        return cls(**{**found, "group": match["group"]})

    def __str__(self) -> str:
        parts = [self.table, self.quarter, self.metric, self.item]
        where = [] if self.column is None else [f"{self.column}={self.group}"]
        return ":".join([*(part for part in parts if part is not None), *where])

    def find(self, table: pd.DataFrame) -> pd.DataFrame:
        """Give the rows of a table that the evidence points at: one, or none where it is gone."""
        kept = pd.Series(True, index=table.index)
        subject = next((name for name in _SUBJECTS if name in table), None)
        if subject is None:
            raise ValueError(
                f"table: expected one of the columns {_SUBJECTS}, found {list(table.columns)[:8]}"
            )
        kept &= table[subject].astype("str").eq(self.item).fillna(value=False)
        given = {"quarter": self.quarter, "metric": self.metric}
        for name, value in given.items():
            if value is not None and name in table:
                # A row without a quarter is of the quarter of its run.
                any_quarter = name == "quarter"
                kept &= table[name].eq(value).astype("boolean").fillna(value=False) | (
                    table[name].isna() & any_quarter
                )
        for name, value in {"group_by": self.column, "group": self.group}.items():
            if name in table:
                kept &= table[name].isna() if value is None else table[name].eq(value).fillna(False)
        if "level" in table:
            kept &= table["level"].isna()
        return table[kept.astype(bool)]

    def row(self, table: pd.DataFrame | None) -> pd.Series | None:
        """Give the row that is meant; None where it is not there or the table is not known."""
        rows = None if table is None else self.find(table)
        return None if rows is None or rows.empty else rows.iloc[0]


def _has_metrics(table: str) -> bool:
    return table in TABLES and "metric" in TABLES[table].columns
