"""Cells of a workbook's one sheet as columns of text, and what must be said about them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from csatlib.exports import biff, ooxml
from csatlib.exports.guard import Limits, damaged, open_zip
from csatlib.exports.ooxml import Facts
from csatlib.exports.refusal import RUINED, ExportError, address, is_blank, letters, named, spans

__all__ = ["Merged", "SheetCells", "cell_text", "read_workbook"]

#: First row, first column, last row, last column, counted from zero.
Merged = tuple[int, int, int, int]


@dataclass(frozen=True)
class SheetCells:
    """One sheet: its columns of text, merged ranges, and sentences about what is hidden."""

    name: str
    number: int
    columns: Sequence[Sequence[str]]
    merged: tuple[Merged, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Listed:
    """A worksheet as both kinds of workbook list it."""

    name: str
    number: int
    state: str
    origin: Any


class _Book:
    """A workbook of either kind: its list of sheets, the facts of one, the cells of one."""

    def __init__(self, data: bytes, kind: str, limits: Limits, file: str) -> None:
        from python_calamine import CalamineWorkbook

        self._limits, self._file = limits, file
        if kind == "xlsx":
            self._zip = open_zip(data, limits, file=file)
            parts = ooxml.sheet_parts(self._zip, limits, file=file)
            self._open = lambda: CalamineWorkbook.from_filelike(io.BytesIO(data))
            self.sheets = [_Listed(p.name, p.number, p.state, p) for p in parts]
        else:
            self._stream = biff.workbook_stream(data, file=file)
            old = biff.old_sheets(self._stream, limits, file=file)
            book = _careful(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)), file)
            self._open = lambda: book
            names = book.sheet_names
            self.sheets = [
                _Listed(names[o.number - 1], o.number, o.state, o)
                for o in old
                if o.number <= len(names)
            ]

    def facts(self, sheet: _Listed) -> Facts:
        if isinstance(sheet.origin, ooxml.SheetPart):
            return ooxml.facts_of(self._zip, sheet.origin, self._limits, file=self._file)
        return biff.old_facts(
            self._stream, sheet.origin, self._limits, file=self._file, name=sheet.name
        )

    def cells(self, names: Sequence[str]) -> dict[str, tuple[list[list[Any]], tuple[Merged, ...]]]:
        """Read whole sheets, those without any cell left out."""
        book = _careful(self._open, self._file)
        found = {}
        for name in names:
            sheet = _careful(lambda name=name: book.get_sheet_by_name(name), self._file)
            if sheet.end is not None:
                rows = _careful(lambda s=sheet: s.to_python(skip_empty_area=False), self._file)
                merged = sheet.merged_cell_ranges or []
                found[name] = (rows, tuple((a, b, c, d) for (a, b), (c, d) in merged))
        return found


def _careful(call: Any, file: str) -> Any:
    from python_calamine import CalamineError

    try:
        return call()
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(file, error) from None


def read_workbook(
    data: bytes, kind: str, *, file: str, sheet: str | None, limits: Limits
) -> SheetCells:
    """Read the one visible sheet that holds anything, or the one that is named.

    Raises
    ------
    ExportError
        For a workbook that the guard refuses, several filled sheets, formulas without results.
    """
    book = _Book(data, kind, limits, file)
    wanted = [s for s in book.sheets if (s.name == sheet if sheet else s.state == "visible")]
    facts = {s.name: book.facts(s) for s in wanted}
    cells = book.cells([s.name for s in wanted])
    chosen = _chosen(book.sheets, wanted, facts, cells, sheet, file)
    known = facts[chosen.name]
    _refuse_uncached(known, chosen.name, file)
    rows, merged = cells[chosen.name]
    columns = _columns(rows, known)
    notes = (*_hidden(known, len(rows), len(columns)), *_other_sheets(book.sheets, chosen))
    return SheetCells(chosen.name, chosen.number, columns, merged, notes)


def _chosen(
    sheets: Sequence[_Listed],
    wanted: Sequence[_Listed],
    facts: Mapping[str, Facts],
    cells: Mapping[str, tuple[list[list[Any]], tuple[Merged, ...]]],
    sheet: str | None,
    file: str,
) -> _Listed:
    """Choose the one sheet that holds anything; errors and formulas count, whatever they show."""
    filled = [
        s
        for s in wanted
        if s.name in cells
        and (facts[s.name].uncached or facts[s.name].errors or _any_filled(cells[s.name][0]))
    ]
    if sheet is not None and not filled:
        names = named(s.name for s in sheets)
        raise ExportError(f"{file}：没有名为“{sheet}”且有内容的工作表；有：{names}。")
    if not filled:
        hidden = named(s.name for s in sheets if s.state != "visible")
        told = f"（隐藏的工作表不读：{hidden}；要读请在来源里写 sheet）" if hidden else ""
        raise ExportError(f"{file}：工作簿里没有内容{told}；请重新导出。")
    if len(filled) > 1:
        raise ExportError(
            f"{file}：有 {len(filled)} 个工作表有内容（{named(s.name for s in filled)}）；"
            "请在研究文件的来源里用 sheet 指定一个。"
        )
    return filled[0]


def _any_filled(rows: list[list[Any]]) -> bool:
    return any(not (isinstance(v, str) and is_blank(v)) for row in rows for v in row)


def _refuse_uncached(facts: Facts, name: str, file: str) -> None:
    if facts.uncached:
        cells = named((address(*place) for place in facts.uncached), most=5)
        raise ExportError(
            f"{file}：工作表“{named([name])}”的公式没有存下结果（{cells}）；"
            "请用 Excel 打开后保存一次。"
        )


def _hidden(facts: Facts, height: int, width: int) -> list[str]:
    rows = [r + 1 for r in facts.hidden_rows if r < height]
    columns = sorted({c for c in facts.hidden_columns if c < width})
    notes = []
    if rows:
        notes.append(f"有 {len(set(rows))} 行是隐藏的（第 {spans(rows)} 行），已照常读入。")
    if columns:
        told = named(map(letters, columns))
        notes.append(f"有 {len(columns)} 列是隐藏的（{told} 列），已照常读入。")
    return notes


def _other_sheets(sheets: Sequence[_Listed], chosen: _Listed) -> list[str]:
    notes = []
    if chosen.state != "visible":
        notes.append(f"工作表“{named([chosen.name])}”是隐藏的，按来源的 sheet 读入。")
    for state, word in (("hidden", "隐藏"), ("veryHidden", "深度隐藏（只有宏能显示）")):
        names = [s.name for s in sheets if s.state == state and s is not chosen]
        if names:
            notes.append(f"另有 {len(names)} 个工作表是{word}的，没有读：{named(names)}。")
    return notes


def _columns(rows: list[list[Any]], facts: Facts) -> list[list[str]]:
    """Turn rows of values into columns of text; each distinct value is worded once."""
    columns: list[list[str]] = []
    for values in zip(*rows, strict=True):
        kinds = set(map(type, values))
        if kinds == {str}:
            columns.append(list(values))
        elif bool in kinds:  # True equals 1, so they may not share a dictionary
            columns.append([cell_text(v) for v in values])
        else:
            words = {v: cell_text(v) for v in set(values)}
            columns.append(list(map(words.__getitem__, values)))
    for (row, column), words in facts.errors.items():
        if column < len(columns) and row < len(columns[column]):
            columns[column][row] = words
    return columns


def cell_text(value: object) -> str:
    """Write a cell's value as Excel shows it in the General format, dates in ISO 8601.

    Examples
    --------
    >>> [cell_text(v) for v in (5.0, 0.1 + 0.2, True, date(2026, 7, 6), 2.0**60, "007")]
    ['5', '0.3', 'TRUE', '2026-07-06', '#数字超过15位', '007']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and abs(value) >= 1e15:
        return RUINED
    if isinstance(value, float):
        shown = float(f"{value:.15g}")  # Excel shows fifteen digits and no more
        return str(int(shown)) if shown.is_integer() else repr(shown)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return "" if value is None else str(value)
