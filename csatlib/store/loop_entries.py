"""Measures, opinions and cases enter their registers, below what people wrote there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from csatlib import schema
from csatlib.store import workbook
from csatlib.store.entering import append, new_book, put_value, refresh, values_of
from csatlib.store.filled import Filled, Row, folded, read_book, told
from csatlib.store.forms import Names, Register
from csatlib.store.loop_forms import ACTIONS, CASES, FOLLOWUPS
from csatlib.store.loop_tables import name_of, register_file, shown_names
from csatlib.store.relations import related
from csatlib.store.values import Value

__all__ = ["Entered", "add_actions", "add_cases", "add_followups"]


@dataclass(frozen=True)
class Entered:
    """What entering a table in a register did.

    Attributes
    ----------
    new : int
        Rows that were added.
    known : int
        Rows that were there already.
    refreshed : int
        Cells of the program that were brought up to date.
    """

    new: int
    known: int
    refreshed: int = 0


def add_actions(
    drafts: pd.DataFrame,
    line: str,
    *,
    owners: Sequence[str] = (),
    root: str | os.PathLike[str] | None = None,
) -> Entered:
    """Enter drafts of measures in the register, below what is there.

    A measure whose id the register has stays as people made it. Where nothing is new the file is
    not written at all.

    Parameters
    ----------
    drafts : DataFrame
        Table ``action_drafts`` or ``actions``.
    line : str
        The business line.
    owners : sequence of str
        Whom a new workbook offers as owners, and who may own a measure, as for `actions`.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Entered
        ``new``, ``known`` and ``refreshed`` (0).

    Raises
    ------
    StoreError
        As for `actions`; also if the register is open in Excel, was changed in the meantime, or
        holds what would be lost. Then nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     add_actions(schema.empty("action_drafts"), "shop", root=root)
    Entered(new=0, known=0, refreshed=0)
    """
    return _enter(ACTIONS, schema.check(drafts, "actions"), line, root, owners=owners)


def add_followups(
    table: pd.DataFrame, line: str, *, root: str | os.PathLike[str] | None = None
) -> Entered:
    """Enter opinions to be followed up, and bring the program's own cells up to date.

    An opinion is known by its id, or by its comment where the id has changed. Group, channel,
    score, themes, polarity, words, days and persons of known rows are refreshed as long as nobody
    has edited them; what people fill in is never touched.

    Parameters
    ----------
    table : DataFrame
        Table ``followups``.
    line, root
        As for `add_actions`.

    Returns
    -------
    Entered
        ``new``, ``known`` and ``refreshed``.

    Raises
    ------
    StoreError
        As for `add_actions`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     add_followups(schema.empty("followups"), "shop", root=root)
    Entered(new=0, known=0, refreshed=0)
    """
    return _enter(FOLLOWUPS, schema.check(table, "followups"), line, root, also="comment_id")


def add_cases(
    table: pd.DataFrame, line: str, *, root: str | os.PathLike[str] | None = None
) -> Entered:
    """Enter measures that worked as cases; known cases are brought up to date.

    Parameters
    ----------
    table : DataFrame
        Table ``cases``; of rows that are new only those whose verdict is ``effective`` enter.
    line, root
        As for `add_actions`.

    Returns
    -------
    Entered
        ``new``, ``known`` and ``refreshed``.

    Raises
    ------
    StoreError
        As for `add_actions`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     add_cases(schema.empty("cases"), "shop", root=root)
    Entered(new=0, known=0, refreshed=0)
    """
    worked = schema.check(table, "cases")["verdict"] == "effective"
    return _enter(CASES, table, line, root, fit=worked.tolist())


def _enter(
    register: Register,
    table: pd.DataFrame,
    line: str,
    root: str | os.PathLike[str] | None,
    *,
    owners: Sequence[str] = (),
    also: str | None = None,
    fit: Sequence[bool] | None = None,
) -> Entered:
    """Enter a table in the first sheet of a register; ``fit`` says which rows may be new."""
    form, file = register.forms[0], register_file(register.name, line, root)
    before = file.read_bytes() if file.exists() else None
    rows = values_of(table, form)
    allowed = [True] * len(rows) if fit is None else fit
    if before is None and not any(allowed):
        return Entered(0, 0)
    name, names = name_of(file), shown_names(line, root)
    book = new_book(register, {"owner": owners}) if before is None else workbook.load(before, name)
    sheets, faults = read_book(book, register, name, names)
    told([*faults, *related(register.name, sheets, owners)])
    sheet = sheets[form.table]
    known = _matched(sheet, rows, also)
    changed = sum(
        _brought_up(sheet, at, row, names) for row, at in zip(rows, known, strict=True) if at
    )
    fresh = [row for row, at, new in zip(rows, known, allowed, strict=True) if new and not at]
    new = append(sheet, fresh, names)
    if new or changed:
        workbook.refuse_open(file, name)
        workbook.save(workbook.packed(book, before, name), file, before, name)
    return Entered(new, sum(at is not None for at in known), changed)


def _matched(
    sheet: Filled, rows: Sequence[Mapping[str, Value]], also: str | None
) -> list[Row | None]:
    """Find the row of each that the register has already, by its id or else by another column."""
    (key,) = sheet.form.key
    by_id = {folded(row.text(key)): row for row in sheet.rows}
    coming = {folded(str(row[key])) for row in rows}
    # Only rows whose own id comes no more can have changed it.
    gone = (row for row in sheet.rows if folded(row.text(key)) not in coming)
    left = {row.text(also): row for row in gone} if also else {}
    return [
        by_id.get(folded(str(row[key]))) or left.pop(str(row.get(also or key)), None)
        for row in rows
    ]


def _brought_up(sheet: Filled, at: Row, row: Mapping[str, Value], names: Names) -> int:
    """Refresh a known row, its id too where that has changed; count the cells."""
    if "mark" not in sheet.sheet.columns:
        return 0
    (key,) = sheet.form.key
    changed = 0
    if folded(at.text(key)) != folded(str(row[key])):
        put_value(sheet, at.number, key, row[key], row, names)
        changed += 1
    return changed + refresh(sheet, at, row, names)
