"""Copies of a register for others to fill in, which remember what they were given."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from csatlib.store import workbook
from csatlib.store.disk import PRIVATE_FILE, atomic
from csatlib.store.entering import append, new_book
from csatlib.store.filled import Filled, Row, read_book, told
from csatlib.store.forms import Field, Form, Names, Register
from csatlib.store.loop_forms import REGISTERS
from csatlib.store.loop_tables import name_of, register_file, shown_names
from csatlib.store.places import StoreError
from csatlib.store.relations import related
from csatlib.store.values import parts
from csatlib.store.workbook import text_of

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Exported", "export_register", "exported", "read_extended"]

#: The sheet of a copy that nobody sees, and what its first row says.
_MEMORY, _SIGN, _VERSION = "_csat", "csat", "1"
_ROW_MARK = Field("row_mark", "行标", "mark", locked=True, hidden=True)


@dataclass(frozen=True)
class Exported:
    """One row as it was when the copy was made: its place in the register and its values."""

    number: int
    cells: Mapping[str, str]


def export_register(
    name: str,
    line: str,
    to: str | os.PathLike[str],
    *,
    owner: str | None = None,
    group: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> int:
    """Write a copy of a register for somebody to fill in; `merge_register` takes it back.

    Parameters
    ----------
    name : str
        ``actions``, ``followups`` or ``cases``.
    line : str
        The business line.
    to : path
        The workbook to write; a file that is there is not overwritten.
    owner : str, optional
        Keeps the rows that this department or person owns or helps with.
    group : str, optional
        Keeps the opinions of this group; for ``followups`` only.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    int
        How many rows of the first sheet are in the copy. People's own columns go along, their
        own sheets do not. A sheet that nobody sees keeps the values as they are now.

    Raises
    ------
    StoreError
        If there is no register or it is at fault, the file exists, or no row fits.
    ValueError
        For another name, or a group of anything but ``followups``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     try:
    ...         export_register("actions", "shop", Path(root, "copy.xlsx"), root=root)
    ...     except StoreError as error:
    ...         print(error)
    registers/shop/actions.xlsx：还没有这张登记表，没有可以导出的内容。
    """
    file, target = register_file(name, line, root), Path(to)
    if group is not None and name != "followups":
        raise ValueError(f"group: expected it for followups only, found it for {name!r}")
    if not file.exists():
        raise StoreError(f"{name_of(file)}：还没有这张登记表，没有可以导出的内容。")
    if target.exists():
        raise StoreError(f"{target.name}：文件已存在，不会覆盖；请换一个文件名。")
    names = shown_names(line, root)
    register, sheets = _own_sheets(file, REGISTERS[name], names)
    kept = _kept(sheets, register, owner, group)
    if not kept[register.forms[0].table]:
        raise StoreError(f"{name_of(file)}：没有符合条件的行，没有写出副本；请核对责任人或分组。")
    book = new_book(register, {})
    _memory(book, register, line, kept)
    made, faults = read_book(book, register, target.name, names)
    told(faults)
    for form in register.forms:
        rows = ({**row.cells, "row_mark": str(n)} for n, row in enumerate(kept[form.table], 1))
        append(made[form.table], rows, names)
    data = workbook.packed(book, None, target.name)
    with atomic(target, mode=PRIVATE_FILE) as stream:
        stream.write(data)
    return len(kept[register.forms[0].table])


def read_extended(
    book: Workbook, register: Register, file: str, names: Names
) -> tuple[Register, dict[str, Filled], list[str]]:
    """Read a register with the columns that people added, each named by its heading."""
    extended = replace(register, forms=tuple(_extended(form, book) for form in register.forms))
    sheets, faults = read_book(book, extended, file, names)
    return extended, sheets, faults


def exported(book: Workbook, name: str, line: str, file: str) -> dict[str, dict[str, Exported]]:
    """Read what a copy was given: by title of the sheet and mark of the row.

    Raises
    ------
    StoreError
        If the workbook is no copy of this register of this line.
    """
    if _MEMORY not in book.sheetnames:
        raise StoreError(
            f"{file}：不是 csat 导出的副本，或里面隐藏的工作表被删去了；请重新导出一份再填。"
        )
    rows = book[_MEMORY].iter_rows(values_only=True)
    head = [str(value or "") for value in next(rows, ())]
    if head[:4] != [_SIGN, _VERSION, name, line]:
        raise StoreError(f"{file}：这份副本不是业务线 {line} 的这张登记表的；请核对文件。")
    found: dict[str, dict[str, Exported]] = {}
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for title, mark, column, value in (tuple(str(v or "") for v in row[:4]) for row in rows):
        if not column:
            cells[title, mark] = {}
            found.setdefault(title, {})[mark] = Exported(int(value), cells[title, mark])
        else:
            cells[title, mark][column] = value
    return found


def _own_sheets(file: Path, register: Register, names: Names) -> tuple[Register, dict[str, Filled]]:
    name = name_of(file)
    book = workbook.load(file.read_bytes(), name)
    extended, sheets, faults = read_extended(book, register, name, names)
    told([*faults, *related(register.name, sheets, ())])
    marked = tuple(replace(f, fields=(*f.fields, _ROW_MARK)) for f in extended.forms)
    return replace(extended, forms=marked), sheets


def _extended(form: Form, book: Workbook) -> Form:
    """Add the columns that people added, and the marks of a copy where it has them."""
    if form.title not in book.sheetnames:
        return form
    known = set(form.headings.values())
    heading = _heading_row(book[form.title], known)
    texts = [text_of(cell) for cell in heading]
    often = Counter(texts)
    own = [t for t in texts if t and t not in known and often[t] == 1 and t != _ROW_MARK.heading]
    added = [Field(f"own:{text}", text, "own", optional=True, width=16) for text in own]
    marks = [_ROW_MARK] if _ROW_MARK.heading in texts else []
    return replace(form, fields=(*form.fields, *added, *marks))


def _heading_row(page: Worksheet, known: set[str]) -> tuple:
    rows = list(page.iter_rows(min_row=1, max_row=10))
    return max(rows, key=lambda cells: sum(text_of(cell) in known for cell in cells), default=())


def _kept(
    sheets: Mapping[str, Filled], register: Register, owner: str | None, group: str | None
) -> dict[str, list[Row]]:
    """Choose the rows of each sheet; progress and rechecks go with their measures."""
    first = register.forms[0]
    chosen = [row for row in sheets[first.table].rows if _fits(row, owner, group)]
    ids = {row.text(first.key[0]) for row in chosen}
    kept = {first.table: chosen}
    for form in register.forms[1:]:
        kept[form.table] = [r for r in sheets[form.table].rows if r.text("action_id") in ids]
    return kept


def _fits(row: Row, owner: str | None, group: str | None) -> bool:
    owned = owner is None or owner in (row.text("owner"), *parts(row.text("helpers")))
    return owned and group in (None, row.text("group"))


def _memory(book: Workbook, register: Register, line: str, kept: Mapping[str, list[Row]]) -> None:
    """Lay down what the rows hold, where no hand reaches it."""
    page = book.create_sheet(_MEMORY)
    page.sheet_state = "veryHidden"
    page.append([_SIGN, _VERSION, register.name, line])
    for form in register.forms:
        for number, text in enumerate(_remembered(form, kept[form.table]), start=page.max_row + 1):
            for column, value in enumerate(text, start=1):
                workbook.put(page.cell(number, column), value)


def _remembered(form: Form, rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for mark, row in enumerate(rows, start=1):
        yield form.title, str(mark), "", str(row.number)
        for name in row.cells:
            if text := row.text(name):
                yield form.title, str(mark), name, text
