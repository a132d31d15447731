"""Copies that people filled in come back, cell by cell; where two hands differ nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from csatlib.store import workbook
from csatlib.store.copies import Exported, exported, read_extended
from csatlib.store.entering import append, put_value
from csatlib.store.filled import Filled, Row, folded, read_book, told
from csatlib.store.forms import Field, Names
from csatlib.store.loop_forms import REGISTERS
from csatlib.store.loop_tables import name_of, register_file, shown_names
from csatlib.store.places import StoreError
from csatlib.store.relations import related
from csatlib.store.values import shown

__all__ = ["CellChange", "Merged", "merge_register"]

_UNSHOWN = "（不显示）"


@dataclass(frozen=True)
class CellChange:
    """One cell that differs between a register, a copy of it and what the copy was given.

    Attributes
    ----------
    sheet, row, heading : str
        Where it is: the sheet's title, the row's id (or its number), the column's heading.
    cell, copy_cell : str
        The cell in the register and in the copy, such as ``J2``; empty where the row is gone.
    exported, register, copy : str
        What it held when the copy was made, what it holds in the register now, and what the copy
        holds, as people read it; numbers of customers are not shown.
    """

    sheet: str
    row: str
    heading: str
    cell: str
    copy_cell: str
    exported: str
    register: str
    copy: str


@dataclass(frozen=True)
class Merged:
    """What became of each difference when a copy was taken back.

    Attributes
    ----------
    taken : tuple of CellChange
        Changed in the copy only: now in the register.
    kept : tuple of CellChange
        Changed in the register only: as it was.
    conflicts : tuple of CellChange
        Changed in both, differently: the register's value stays, a person decides.
    refused : tuple of CellChange
        Changed in the copy where people may not: the register's value stays.
    added : tuple of str
        Rows that the copy has more, each by its sheet and row in the copy; now in the register.
    missing : tuple of str
        Rows that somebody deleted from the copy, by sheet and id; they stay in the register.
    unknown : tuple of str
        Columns of the copy that the register does not have, by sheet and heading: those that
        people added, and those that a register may lack where they are filled in.
    """

    taken: tuple[CellChange, ...] = ()
    kept: tuple[CellChange, ...] = ()
    conflicts: tuple[CellChange, ...] = ()
    refused: tuple[CellChange, ...] = ()
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(eq=False)
class _Differences:
    """What is found while two sheets are compared; nothing outside sees it grow."""

    taken: list[CellChange] = field(default_factory=list)
    kept: list[CellChange] = field(default_factory=list)
    conflicts: list[CellChange] = field(default_factory=list)
    refused: list[CellChange] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def merge_register(
    name: str,
    line: str,
    copy: str | os.PathLike[str],
    *,
    owners: Sequence[str] = (),
    root: str | os.PathLike[str] | None = None,
) -> Merged:
    """Take a copy of a register back: what only the copy changed is taken over.

    Each cell is compared three ways: as exported, in the register now, in the copy. Where both
    were changed and differ nothing is overwritten. Taking the same copy back twice changes
    nothing more.

    Parameters
    ----------
    name : str
        ``actions``, ``followups`` or ``cases``.
    line : str
        The business line.
    copy : path
        A workbook that `export_register` wrote and people filled in.
    owners : sequence of str
        Who may own a measure, as for `actions`.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Merged
        ``taken``, ``kept``, ``conflicts``, ``refused``, ``added``, ``missing`` and ``unknown``.

    Raises
    ------
    StoreError
        If the file is missing or no copy of this register; if the copy, the register or the
        register as it would be is at fault, as for `actions`; if the register is open or was
        changed in the meantime. Then nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     try:
    ...         merge_register("actions", "shop", Path(root, "copy.xlsx"), root=root)
    ...     except StoreError as error:
    ...         print(error)
    copy.xlsx：没有这个文件；请核对路径。
    """
    file, given = register_file(name, line, root), Path(copy)
    for path, label in ((given, given.name), (file, name_of(file))):
        if not path.is_file():
            raise StoreError(f"{label}：没有这个文件；请核对路径。")
    names, register = shown_names(line, root), REGISTERS[name]
    before, called = file.read_bytes(), name_of(file)
    book = workbook.load(before, called)
    _, sheets, faults = read_extended(book, register, called, names)
    told([*faults, *related(name, sheets, owners)])
    filled = workbook.load(given.read_bytes(), given.name)
    memory = exported(filled, name, line, given.name)
    _, copies, faults = read_extended(filled, register, given.name, names)
    told(faults)
    found = _Differences()
    for table, sheet in sheets.items():
        _merge_sheet(sheet, copies[table], memory.get(sheet.form.title, {}), names, found)
    if found.taken or found.added:
        after, faults = read_book(book, register, called, names)
        faults += related(name, after, owners)
        told(faults, "合并之后登记表会有下面的问题，所以什么也没有写；请先改副本：")
        workbook.refuse_open(file, called)
        workbook.save(workbook.packed(book, before, called), file, before, called)
    return Merged(**{what: tuple(values) for what, values in vars(found).items()})


def _merge_sheet(
    sheet: Filled, copy: Filled, memory: Mapping[str, Exported], names: Names, found: _Differences
) -> None:
    by_mark, fresh = _sorted_out(copy, memory)
    places = _places(sheet, memory)
    title = sheet.form.title
    known = sheet.sheet.columns
    both = [one for one in copy.form.fields if one.name in copy.sheet.columns]
    compared = [one for one in both if one.kind != "mark" and one.name in known]
    for mark, given in memory.items():
        if mark not in by_mark:
            found.missing.append(f"{title} {_called(sheet, given.cells, given.number)}")
            continue
        at = places.get(mark)
        for one in compared:
            _merge_cell(sheet, at, copy, by_mark[mark], one, given.cells, names, found)
    taken = {row.number for row in places.values()}
    others = [row for row in sheet.rows if row.number not in taken]
    new = []
    for row in fresh:
        at = _already(sheet, others, row)
        if at is None:
            new.append(row)
            found.added.append(f"{title} 第 {row.number} 行")
            continue
        others.remove(at)
        for one in compared:
            if row.text(one.name):
                _merge_cell(sheet, at, copy, row, one, {}, names, found)
    append(sheet, ({**row.cells, "row_mark": None} for row in new), names)
    filled = {name for row in copy.rows for name in row.cells if row.text(name)}
    strange = [one for one in both if one.kind != "mark" and one.name not in known]
    # A copy offers optional columns that the register may lack: they matter once filled in.
    extra = [one for one in strange if one.kind == "own" or one.name in filled]
    found.unknown += [f"{title} {one.heading}" for one in extra]


def _sorted_out(copy: Filled, memory: Mapping[str, Exported]) -> tuple[dict[str, Row], list[Row]]:
    """Tell the rows that the copy was given, by mark, from those that people wrote themselves."""
    by_mark: dict[str, Row] = {}
    fresh = []
    unchanged = {
        row.number
        for row in copy.rows
        if (given := memory.get(row.text("row_mark"))) and _same(row, given.cells)
    }
    # A row that was copied within the copy bears its mark too: the unchanged one is the original.
    for row in sorted(copy.rows, key=lambda row: (row.number not in unchanged, row.number)):
        mark = row.text("row_mark")
        if mark in memory and mark not in by_mark:
            by_mark[mark] = row
        else:
            fresh.append(row)
    return by_mark, sorted(fresh, key=lambda row: row.number)


def _places(sheet: Filled, memory: Mapping[str, Exported]) -> dict[str, Row]:
    """Find where in the register each row of the copy came from."""
    if len(sheet.form.key) == 1:
        (key,) = sheet.form.key
        by_id = {folded(row.text(key)): row for row in sheet.rows}
        own = {mark: by_id.get(folded(given.cells.get(key, ""))) for mark, given in memory.items()}
        return {mark: row for mark, row in own.items() if row is not None}
    free = {row.number: row for row in sheet.rows}
    found: dict[str, Row] = {}
    for exact in (True, False):
        for mark, given in memory.items():
            near = [free[given.number], *free.values()] if given.number in free else free.values()
            fits = (r for r in near if mark not in found and _is_it(r, given, exact=exact))
            if (row := next(fits, None)) is not None:
                found[mark] = free.pop(row.number)
    return found


def _is_it(row: Row, given: Exported, *, exact: bool) -> bool:
    if exact:
        return _same(row, given.cells)
    same = row.text("action_id") == given.cells.get("action_id", "")
    return same and row.number == given.number


def _same(row: Row, cells: Mapping[str, str]) -> bool:
    names = {name for name in (*row.cells, *cells) if name != "row_mark"}
    return all(row.text(name) == cells.get(name, "") for name in names)


def _already(sheet: Filled, rows: Sequence[Row], new: Row) -> Row | None:
    """Find a row of the copy's own that the register has already."""
    if len(sheet.form.key) == 1:
        (key,) = sheet.form.key
        wanted = folded(new.text(key))
        return next((row for row in rows if folded(row.text(key)) == wanted), None)
    names = [one.name for one in sheet.form.fields if one.name in new.cells]
    return next((r for r in rows if all(r.text(n) == new.text(n) for n in names)), None)


def _merge_cell(
    sheet: Filled,
    at: Row | None,
    copy: Filled,
    row: Row,
    one: Field,
    given: Mapping[str, str],
    names: Names,
    found: _Differences,
) -> None:
    before, coming = given.get(one.name, ""), row.text(one.name)
    now = before if at is None else at.text(one.name)
    if coming == now and at is not None:
        return
    change = _change(sheet, at, copy, row, one, (before, now, coming), names)
    if coming == before:
        if now != before:
            found.kept.append(change)
    elif one.locked:
        found.refused.append(change)
    elif at is None or now != before or sheet.sheet.cell(at.number, one.name).data_type == "f":
        found.conflicts.append(change)
    else:
        put_value(sheet, at.number, one.name, row.cells[one.name], row.cells, names)
        found.taken.append(change)


def _change(
    sheet: Filled,
    at: Row | None,
    copy: Filled,
    row: Row,
    one: Field,
    texts: tuple[str, str, str],
    names: Names,
) -> CellChange:
    before, now, coming = (_readable(text, one, names) for text in texts)
    return CellChange(
        sheet=sheet.form.title,
        row=_called(sheet, {name: row.text(name) for name in row.cells}, row.number),
        heading=one.heading,
        cell="" if at is None else sheet.sheet.cell(at.number, one.name).coordinate,
        copy_cell=copy.sheet.cell(row.number, one.name).coordinate,
        exported=before,
        register="（这一行已不在登记表里）" if at is None else now,
        copy=coming,
    )


def _readable(text: str, one: Field, names: Names) -> str:
    if one.kind == "person" and text:
        return _UNSHOWN
    return shown(text, one, names.get(one.name))


def _called(sheet: Filled, cells: Mapping[str, str], number: int) -> str:
    """Call a row by its id; where it has none of its own, by that of its measure and its place."""
    own = cells.get(sheet.form.fields[0].name, "")
    return own if len(sheet.form.key) == 1 else f"{own}（第 {number} 行）"
