"""Rows enter a register below what people wrote; nothing of theirs is touched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from csatlib.store.filled import Filled, Row
from csatlib.store.forms import Field, Form, Names, Register
from csatlib.store.loop_forms import SHARES
from csatlib.store.places import StoreError
from csatlib.store.values import Value, canonical, written

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["append", "new_book", "put_value", "refresh", "values_of"]

#: So far down a column offers its choices.
_OFFERED = 10000
#: Columns of so many characters hold sentences.
_WRAPPED = 20
#: A list of choices in a cell may have so many characters.
_LONGEST_LIST = 250


def new_book(register: Register, offers: Mapping[str, Sequence[str]]) -> Workbook:
    """Make an empty register: headings, choices, widths, a header that stays in sight.

    ``offers`` are words that a column offers besides those of its kind, such as the owners.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for form in register.forms:
        _lay_out(book.create_sheet(form.title), form, offers)
    return book


def _lay_out(sheet: Worksheet, form: Form, offers: Mapping[str, Sequence[str]]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for number, one in enumerate(form.fields, start=1):
        cell = sheet.cell(1, number, one.heading)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        cell.fill = PatternFill("solid", fgColor="FFE7EEF7" if one.locked else "FFFDF3DC")
        column = sheet.column_dimensions[get_column_letter(number)]
        column.width, column.hidden = one.width, one.hidden
        _offer(sheet, get_column_letter(number), one, offers.get(one.name, ()))
    sheet.freeze_panes = "B2"


def _offer(sheet: Worksheet, letter: str, one: Field, offered: Sequence[str]) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    words = tuple(one.words) or tuple(offered)
    listed = ",".join(words)
    if words and len(listed) <= _LONGEST_LIST and not any("," in w or '"' in w for w in words):
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        rule.showErrorMessage = not one.loose
        rule.error, rule.errorTitle = "请从列表里选，或留空。", one.heading[:32]
    elif one.kind == "day":
        rule = DataValidation(
            type="date", operator="between", formula1="36526", formula2="73050", allow_blank=True
        )
        rule.showErrorMessage = True
        rule.error, rule.errorTitle = "请写成 2026-10-08 的样子，或留空。", one.heading[:32]
    elif one.kind == "number" and one.low is not None and one.high is not None:
        low, high = f"{one.low:g}", f"{one.high:g}"
        rule = DataValidation(
            type="decimal", operator="between", formula1=low, formula2=high, allow_blank=True
        )
        rule.showErrorMessage = True
        rule.error, rule.errorTitle = f"请写 {low} 到 {high} 之间的数字，或留空。", one.heading[:32]
    else:
        return
    rule.add(f"{letter}2:{letter}{_OFFERED}")
    sheet.add_data_validation(rule)


def values_of(table: pd.DataFrame, form: Form) -> list[dict[str, Value]]:
    """Give a table's rows as values of a form's columns."""
    names = [one.name for one in form.fields if one.name in table]
    rows = table[names].to_dict("records")
    return [{str(name): _value(value) for name, value in row.items()} for row in rows]


def _value(value: Any) -> Value:
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, bool | date):
        return value
    # Numbers of tables are numpy's: a workbook takes Python's.
    return float(value) if isinstance(value, int | float) else str(value)


def append(sheet: Filled, rows: Iterable[Mapping[str, Value]], names: Names) -> int:
    """Write rows below the last one in which anybody has written anything; count them."""
    from openpyxl.styles import Alignment

    page = sheet.sheet.sheet
    filled = (c.row for cells in page.iter_rows() for c in cells if c.value is not None)
    first = number = max(filled, default=sheet.sheet.heading)
    for row in rows:
        number += 1
        _refuse_lost(sheet, row)
        for name in sheet.sheet.columns:
            if (value := row.get(name)) is not None:
                put_value(sheet, number, name, value, row, names)
                wide = sheet.form.by_name[name].width >= _WRAPPED
                cell = sheet.sheet.cell(number, name)
                cell.alignment = Alignment(vertical="top", wrap_text=wide)
        if "mark" in sheet.sheet.columns:
            marks = {one.name: row.get(one.name) for one in sheet.form.fields if one.refreshed}
            written(sheet.sheet.cell(number, "mark"), sheet.form.by_name["mark"], _marks(marks))
    if number > first:
        _stretch(sheet, number)
    return number - first


def put_value(
    sheet: Filled, number: int, name: str, value: Value, row: Mapping[str, Value], names: Names
) -> None:
    """Write one value into a sheet, shown as people read it."""
    one, cell = sheet.form.by_name[name], sheet.sheet.cell(number, name)
    share = name == "done_share" or (
        name in ("baseline", "target", "estimate", "ci_low", "ci_high")
        and row.get("metric") in SHARES
    )
    written(cell, one, value, names.get(name), share=share)


def _refuse_lost(sheet: Filled, row: Mapping[str, Value]) -> None:
    for one in sheet.form.fields:
        if one.optional and one.name not in sheet.sheet.columns and row.get(one.name) is not None:
            raise StoreError(
                f"{sheet.sheet.file} 工作表“{sheet.form.title}”：要写入“{one.heading}”，"
                "但没有这一列；请在表头里加上它。"
            )


def _stretch(sheet: Filled, last: int) -> None:
    """Let tables and filters that begin at the header reach down to the last row."""
    page = sheet.sheet.sheet
    for area in (*page.tables.values(), page.auto_filter):
        if not area.ref or ":" not in area.ref:
            continue
        left, _, right = area.ref.partition(":")
        begins = int(re.sub("[A-Z$]", "", left)) == sheet.sheet.heading
        if begins and int(re.sub("[A-Z$]", "", right) or last) < last:
            area.ref = f"{left}:{re.sub('[0-9]', '', right)}{last}"


def refresh(sheet: Filled, row: Row, new: Mapping[str, Value], names: Names) -> int:
    """Bring up to date what nobody has edited of the program's own cells of a row; count them."""
    cell = sheet.sheet.cell(row.number, "mark")
    known = dict(mark.split(":", 1) for mark in row.text("mark").split() if ":" in mark)
    changed = 0
    for one in sheet.form.fields:
        if not one.refreshed or one.name not in new or one.name not in sheet.sheet.columns:
            continue
        now, coming = row.text(one.name), canonical(new[one.name])
        # A column that was added to the sheet since is in no mark, and still empty.
        if now == coming or known.get(one.name, _digest("")) != _digest(now):
            continue
        put_value(sheet, row.number, one.name, new[one.name], new, names)
        known[one.name] = _digest(coming)
        changed += 1
    if changed:
        text = " ".join(f"{name}:{digest}" for name, digest in known.items())
        written(cell, sheet.form.by_name["mark"], text)
    return changed


def _marks(values: Mapping[str, Value]) -> str:
    return " ".join(f"{name}:{_digest(canonical(value))}" for name, value in values.items())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
