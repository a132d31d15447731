"""A register's sheets read whole: every row as values, every fault with its cell."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csatlib.store import workbook
from csatlib.store.forms import Field, Form, Names, Register
from csatlib.store.places import StoreError
from csatlib.store.tombstones import normal
from csatlib.store.values import Fault, Value, canonical, parsed
from csatlib.store.workbook import Sheet

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

__all__ = ["Filled", "Row", "folded", "read_book", "told"]

#: So many faults are told at once.
_TOLD = 40


@dataclass(frozen=True)
class Row:
    """One row that people or the program filled in; cells at fault are left out of ``cells``."""

    number: int
    cells: Mapping[str, Value]

    def text(self, name: str) -> str:
        """Give a value as text, empty where there is none."""
        return canonical(self.cells.get(name))


@dataclass(frozen=True, eq=False)
class Filled:
    """A sheet with its rows; ``faults`` name file, sheet and cell."""

    form: Form
    sheet: Sheet
    rows: tuple[Row, ...]
    faults: tuple[str, ...] = field(default=())

    def place(self, row: Row, name: str) -> str:
        """Name a cell as people find it."""
        return self.sheet.place(row.number, name)

    def row_of(self, name: str, value: str) -> Row | None:
        """Find the first row that holds a value."""
        return next((row for row in self.rows if row.text(name) == value), None)


def read_book(
    book: Workbook, register: Register, file: str, names: Names
) -> tuple[dict[str, Filled], list[str]]:
    """Read every sheet of a register, by table, and list what is wrong in all of them."""
    sheets: dict[str, Filled] = {}
    faults: list[str] = []
    for form in register.forms:
        try:
            sheet = workbook.sheet_of(
                book, form.title, form.headings, needed=form.required, file=file
            )
        except StoreError as error:
            faults.append(str(error))
            continue
        sheets[form.table] = _read(sheet, form, names)
        faults += sheets[form.table].faults
    return sheets, faults


def told(faults: list[str], before: str = "") -> None:
    """Raise `StoreError` with all that is wrong, if anything is."""
    if faults:
        more = [f"还有 {len(faults) - _TOLD} 处。"] if len(faults) > _TOLD else []
        opening = [before] if before else []
        raise StoreError("\n".join([*opening, *faults[:_TOLD], *more]))


def folded(text: str) -> str:
    """Bring an id to one spelling, so that A1, a1 and Ａ１ are seen to be the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def _read(sheet: Sheet, form: Form, names: Names) -> Filled:
    rows: list[Row] = []
    faults: list[str] = []
    seen: dict[tuple[str, ...], int] = {}
    for number in sheet.rows():
        row, found = _row(sheet, form, number, names)
        key = tuple(_spelled(form.by_name[name], row) for name in form.key)
        if form.key and not found and key in seen:
            other = sheet.cell(seen[key], form.key[0]).coordinate
            found = [f"{sheet.place(number, form.key[0])}：{_repeats(form, other)}"]
        seen.setdefault(key, number)
        rows.append(row)
        faults += found
    return Filled(form, sheet, tuple(rows), tuple(faults))


def _repeats(form: Form, other: str) -> str:
    if len(form.key) == 1:
        return f"编号与 {other} 重复（不分大小写和全半角）；请只留一行，或另编一个号。"
    what = "、".join(f"“{form.headings[name]}”" for name in form.key)
    return f"{what}与 {other} 那一行都相同；请只留一行。"


def _spelled(field: Field, row: Row) -> str:
    text = row.text(field.name)
    return normal(text) if field.kind == "person" else folded(text)


def _row(sheet: Sheet, form: Form, number: int, names: Names) -> tuple[Row, list[str]]:
    values: dict[str, Value] = {}
    faults = list[str]()
    for place, message in _cells(sheet, form, number, names, values):
        faults.append(f"{place}：{message}")
    return Row(number, values), faults


def _cells(
    sheet: Sheet, form: Form, number: int, names: Names, values: dict[str, Value]
) -> Iterator[tuple[str, str]]:
    """Put the values of a row's cells into ``values`` and yield what is wrong with the others."""
    for one in form.fields:
        if one.name not in sheet.columns:
            values[one.name] = None
            continue
        value = parsed(sheet.cell(number, one.name), one, names.get(one.name))
        if isinstance(value, Fault):
            yield sheet.place(number, one.name), value.message
        elif value is None and one.needed:
            yield sheet.place(number, one.name), _missing(one)
        else:
            values[one.name] = value


def _missing(one: Field) -> str:
    if one.kind == "id" or one.hidden:
        return f"这一行没有{one.heading}；请补上，不用的行请整行清空。"
    return f"{one.heading}没有填写；请补上。"
