"""Workbooks that people edit: read with care, changed only where asked, written whole."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csatlib.exports import ExportError
from csatlib.exports.biff import workbook_stream
from csatlib.exports.guard import Limits, kind_of, open_zip
from csatlib.store.disk import PRIVATE_FILE, atomic
from csatlib.store.places import StoreError

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = [
    "DAY",
    "LONGEST",
    "Sheet",
    "day_of",
    "load",
    "packed",
    "put",
    "refuse_open",
    "save",
    "sheet_of",
    "text_of",
]

_MB = 1 << 20
_LIMITS = Limits(file_bytes=64 * _MB, unpacked_bytes=256 * _MB)
#: Parts of a workbook that would be lost if it were written again, and what people call them.
_LOST = {
    "xl/charts/": "图表",
    "xl/media/": "图片",
    "xl/embeddings/": "嵌入的文件",
    "xl/ctrlprops/": "控件",
    "xl/slicers/": "切片器",
    "xl/threadedcomments/": "带回复的批注",
}
#: What a file is by its content where it is no xlsx.
_NO_XLSX = {"xls": "旧式工作簿（xls）", "csv": "文本文件", "sav": " SPSS 文件"}
_REMEDY = (
    "请用 Excel 打开，另存为没有密码、没有宏的 xlsx（登记表的文件名不变）；"
    "打不开时，登记表请从备份恢复，副本请重新导出一份。"
)
#: What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@")
DAY = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?")
#: So many characters a cell holds; longer words are cut by Excel and when a workbook is written.
LONGEST = 32_767
#: So far down a heading may stand, below titles and remarks.
_HEADING_ROWS = 10
#: Every part of a written file bears this time: the same content gives the same bytes.
_MADE = (2000, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*(</dcterms)")


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet with a row of headings: where each known column stands."""

    file: str
    sheet: Worksheet
    heading: int
    columns: Mapping[str, int]

    def cell(self, row: int, name: str) -> Cell:
        """Give the cell of a known column."""
        return self.sheet.cell(row, self.columns[name])

    def place(self, row: int, name: str) -> str:
        """Name a cell as people find it: file, sheet and cell."""
        return f"{self.file} 工作表“{self.sheet.title}” {self.cell(row, name).coordinate}"

    def rows(self) -> list[int]:
        """List the rows below the heading that have a word in a known column."""
        last = self.sheet.max_row
        return [
            row
            for row in range(self.heading + 1, last + 1)
            if any(text_of(self.cell(row, name)) for name in self.columns)
        ]


def load(data: bytes, file: str) -> Workbook:
    """Open a workbook, once it is known to be one that may be opened.

    Raises
    ------
    StoreError
        If it is no xlsx, has a password or macros, unpacks to too much, or cannot be read.
    """
    import openpyxl

    try:
        kind = kind_of(data, file=file)
        if kind == "xlsx":
            open_zip(data, _LIMITS, file=file)
        elif kind == "xls":
            workbook_stream(data, file=file)
    except ExportError as error:
        # Its remedy is for raw files, which can be exported once more: a register cannot.
        found = str(error).rstrip("。").partition("；")[0]
        raise StoreError(f"{found}；{_REMEDY}") from None
    if kind != "xlsx":
        raise StoreError(f"{file}：不是 xlsx 工作簿，是{_NO_XLSX[kind]}；{_REMEDY}")
    try:
        with warnings.catch_warnings():
            # What is not carried over is told by `save` where it matters.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
    except Exception:
        raise StoreError(f"{file}：工作簿读不出，可能已损坏；{_REMEDY}") from None


def sheet_of(
    book: Workbook, title: str, headings: Mapping[str, str], *, needed: Sequence[str], file: str
) -> Sheet:
    """Find the sheet and its headings, wherever people have moved them.

    ``headings`` lead from a column to its heading; those that are ``needed`` must be there.

    Raises
    ------
    StoreError
        If there is no such sheet, a needed heading is missing or stands twice, or cells of the
        known columns are merged.
    """
    if title not in book.sheetnames:
        raise StoreError(
            f"{file}：没有工作表“{title}”（现有：{'、'.join(book.sheetnames)}）；"
            "请把改了名的工作表改回来。"
        )
    sheet = book[title]
    names = {heading: name for name, heading in headings.items()}
    found: dict[int, dict[str, list[int]]] = {}
    for row in range(1, min(_HEADING_ROWS, sheet.max_row) + 1):
        for cell in sheet[row]:
            if (name := names.get(text_of(cell))) is not None:
                found.setdefault(row, {}).setdefault(name, []).append(cell.column)
    heading = max(found, key=lambda row: (len(found[row]), -row), default=1)
    columns = found.get(heading, {})
    missing = [headings[name] for name in needed if name not in columns]
    if missing:
        raise StoreError(
            f"{file} 工作表“{title}”：第 {heading} 行的表头缺少“{'”“'.join(missing)}”；"
            "请恢复原来的表头（隐藏的列也要保留）。"
        )
    for name, places in columns.items():
        if len(places) > 1:
            raise StoreError(
                f"{file} 工作表“{title}”：表头“{headings[name]}”出现了 {len(places)} 次；"
                "请只留一列。"
            )
    own = Sheet(file, sheet, heading, {name: places[0] for name, places in columns.items()})
    _refuse_merged(own)
    return own


def _refuse_merged(own: Sheet) -> None:
    used = set(own.columns.values())
    for area in own.sheet.merged_cells.ranges:
        below = area.max_row >= own.heading
        if below and used & set(range(area.min_col, area.max_col + 1)):
            raise StoreError(
                f"{own.file} 工作表“{own.sheet.title}” {area.coord}：单元格合并了，"
                "分不清哪一行写了什么；请取消合并，每行各写各的。"
            )


def text_of(cell: Cell) -> str:
    """Give the words of a cell, without space around them; empty for an empty one."""
    return "" if cell.value is None else str(cell.value).strip()


def day_of(cell: Cell) -> date | None:
    """Read a cell as a day, written as a date or as 2026-10-08, 2026/10/8, 2026年10月8日."""
    if isinstance(cell.value, datetime):
        return cell.value.date()
    if isinstance(cell.value, date):
        return cell.value
    match = DAY.fullmatch(text_of(cell)) if not isinstance(cell.value, int | float) else None
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def put(cell: Cell, text: str) -> None:
    """Write words into a cell, as words whatever they begin with."""
    cell.value = text
    # Else what a customer began with = would be a formula of whoever opens the file.
    cell.data_type = "s"
    cell.number_format = "@"
    if text.startswith(_FORMULA):
        cell.quotePrefix = True


def refuse_open(file: Path, name: str) -> None:
    """Raise `StoreError` while somebody has a workbook open: their copy would undo the change."""
    for lock in (f"~${file.name}", f".~lock.{file.name}#"):
        if file.with_name(lock).exists():
            raise StoreError(
                f"{name}：正在 Excel 里打开（有锁文件 {lock}）；请保存并关闭后再执行一次。"
                "如果没有人打开它，请删除这个锁文件。"
            )


def packed(book: Workbook, before: bytes | None, name: str) -> bytes:
    """Give a workbook's bytes, the same ones for the same content.

    Raises
    ------
    StoreError
        If ``before``, what the file held, has something that would be lost.
    """
    if before is not None:
        with zipfile.ZipFile(io.BytesIO(before)) as old:
            parts = [part.lower() for part in old.namelist()]
        lost = [words for path, words in _LOST.items() if any(p.startswith(path) for p in parts)]
        if lost:
            raise StoreError(
                f"{name}：工作簿里有{'、'.join(lost)}，改写会丢失；请移到别的工作簿，再执行一次。"
            )
    stream, again = io.BytesIO(), io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as made, zipfile.ZipFile(again, "w") as target:
        for part in sorted(made.namelist()):
            content = made.read(part)
            if part == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", content)
            stamp = zipfile.ZipInfo(part, date_time=_MADE)
            stamp.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(stamp, content)
    return again.getvalue()


def save(data: bytes, file: Path, before: bytes | None, name: str) -> None:
    """Put a workbook in its place, unless somebody has changed or opened it in the meantime."""
    refuse_open(file, name)
    now: Any = file.read_bytes() if file.exists() else None
    if now != before:
        raise StoreError(f"{name}：刚刚被别人改动了，什么也没有写；请再执行一次。")
    mode = file.stat().st_mode & 0o777 if file.exists() else PRIVATE_FILE
    with atomic(file, mode=mode) as stream:
        stream.write(data)
