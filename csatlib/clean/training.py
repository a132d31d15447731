"""Who was trained in what, how they rated it and what they knew before and after."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from csatlib import schema
from csatlib.clean.frame import table_of
from csatlib.exports import ExportError, RawTable
from csatlib.scales import plain

__all__ = ["training_records"]

#: Columns that are words; every other mapped column holds figures.
_WORDS = ("course", "trainee_id", "lecturer", "method", "trained_on")
_FIGURE = re.compile(r"[+-]?\d+(\.\d+)?")


def training_records(raw: Sequence[RawTable]) -> pd.DataFrame:
    """Read the records of trainings, one row a trainee and course.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files, of which those with the role ``training`` are read.

    Returns
    -------
    DataFrame
        Table ``training_records``: ``course``, ``trainee_id``; then the other columns that the
        mapping names: ``lecturer`` and ``method`` as text, ``trained_on`` as a day, every further
        one as a figure (NA for blanks). Empty where no file has the role.

    Raises
    ------
    ExportError
        For a figure or day that cannot be read, and a row without a course; the Chinese message
        says which column.

    Examples
    --------
    >>> training_records([]).shape
    (0, 2)
    """
    rows = table_of(raw, "training")
    if rows.empty:
        return schema.empty("training_records")
    files = "、".join(table.file for table in raw if table.role == "training")
    lacking = [column for column in ("course", "trainee_id") if column not in rows]
    if lacking:
        raise ExportError(
            f"{files}：来源的 mapping 没有写 {'、'.join(lacking)}；请补上对应的表头。"
        )
    if rows["course"].isna().any():
        raise ExportError(
            f"{files}：有 {int(rows['course'].isna().sum())} 行没有写课程；请补上，或删去这些行。"
        )
    changed = {c: _figures(rows[c], files) for c in rows if c not in _WORDS}
    if "trained_on" in rows:
        changed["trained_on"] = _days(rows["trained_on"], files)
    made = rows.assign(**changed).drop_duplicates()
    first = ["course", "trainee_id"]
    made = made[[*first, *(c for c in made if c not in first)]].reset_index(drop=True)
    return schema.check(made, "training_records")


def _figures(cells: pd.Series, files: str) -> pd.Series:
    """Read marks and scores; a blank is NA."""
    text = cells.astype("str").map(plain, na_action="ignore").astype("str").str.strip()
    wrong = text.notna() & ~text.fillna("").str.fullmatch(_FIGURE)
    if wrong.any():
        raise ExportError(
            f"{files}：{cells.name} 一列有 {int(wrong.sum())} 个格子不是数字；没有成绩的请留空。"
        )
    return pd.to_numeric(text).astype("Float64")


def _days(cells: pd.Series, files: str) -> pd.Series:
    days = pd.to_datetime(cells, errors="coerce", format="mixed")
    if (days.isna() & cells.notna()).any():
        raise ExportError(f"{files}：{cells.name} 一列有看不懂的日期；请写成 2026-07-16 的样子。")
    return days.dt.normalize().astype("datetime64[us]")
