"""What a register looks like: its sheets, their headings, and what each cell may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["SEPARATOR", "Field", "Form", "Kind", "Names", "Register"]

#: What lists in a cell are joined by.
SEPARATOR = "、"
#: Chinese names of items and themes by id, for each column that shows them.
Names = Mapping[str, Mapping[str, str]]

Kind = Literal[
    "text",
    "id",
    "ids",
    "name",
    "names",
    "files",
    "scope",
    "person",
    "quarter",
    "day",
    "number",
    "choice",
    "flag",
    "mark",
    "own",
]


@dataclass(frozen=True)
class Field:
    """One column of a sheet.

    Attributes
    ----------
    name, heading : str
        The column of the table, and what people read above it.
    kind : str
        What a cell holds; ``mark`` is the program's own and ``own`` people's own, no columns of
        the table.
    words : mapping of str to str
        For a ``choice``: Chinese word to value. With ``loose`` other words stay as they are.
    needed : bool
        Whether a row that is filled in must have it.
    optional : bool
        Whether the column itself may be missing from the sheet.
    locked : bool
        Whether people may not change it: a merge tells of it and does not take it over.
    refreshed : bool
        Whether the program brings it up to date, as long as nobody has edited it.
    free : bool
        Whether people write sentences in it, in which personal data is redacted on reading.
    hidden : bool
        Whether the column is hidden in a new workbook.
    low, high : float, optional
        The bounds of a number.
    width : float
        The column's width in characters.
    """

    name: str
    heading: str
    kind: Kind = "text"
    words: Mapping[str, str] = field(default_factory=dict)
    loose: bool = False
    needed: bool = False
    optional: bool = False
    locked: bool = False
    refreshed: bool = False
    free: bool = False
    hidden: bool = False
    low: float | None = None
    high: float | None = None
    width: float = 12


@dataclass(frozen=True)
class Form:
    """One sheet: the table that it gives, its title, its columns and what tells rows apart."""

    table: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()

    @property
    def headings(self) -> dict[str, str]:
        """Lead from a column to its heading."""
        return {field.name: field.heading for field in self.fields}

    @property
    def by_name(self) -> dict[str, Field]:
        """Lead from a column to all that is known of it."""
        return {field.name: field for field in self.fields}

    @property
    def required(self) -> tuple[str, ...]:
        """Name the columns that must be there."""
        return tuple(field.name for field in self.fields if not field.optional)


@dataclass(frozen=True)
class Register:
    """One workbook of a business line: ``registers/<line>/<name>.xlsx``."""

    name: str
    forms: tuple[Form, ...]

    def form(self, table: str) -> Form:
        """Give the sheet of a table."""
        return next(form for form in self.forms if form.table == table)
