"""What every file of this room says in the same way: refusals, addresses, blank cells.

This file and those that parse (`guard`, `ooxml`, `biff`, `sheets`, `delimited`, `spss`, `layout`,
`worker`) also run in the child process, so they import nothing of the package but one another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["RUINED", "ExportError", "address", "is_blank", "named", "spans"]

#: Stands for a number that the workbook had already cut: Excel keeps only 15 digits.
RUINED = "#数字超过15位"


class ExportError(ValueError):
    """A raw file that cannot be read right; the (Chinese) message gives place and remedy."""


def is_blank(text: str) -> bool:
    """Say whether a cell shows nothing: white space and invisible characters at most."""
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in text)


def address(row: int, column: int) -> str:
    """Name a cell, counted from zero, as Excel does.

    Examples
    --------
    >>> address(0, 0), address(2, 27)
    ('A1', 'AB3')
    """
    return f"{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """Name a column, counted from zero, as Excel does."""
    name, rest = "", column + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        name = chr(65 + last) + name
    return name


def spans(numbers: Iterable[int], *, most: int = 8) -> str:
    """List row numbers shortly.

    Examples
    --------
    >>> spans([3, 5, 6, 7])
    '3、5–7'
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    told = [str(a) if a == b else f"{a}–{b}" for a, b in runs[:most]]
    return "、".join(told) + (" 等" if len(runs) > most else "")


def named(names: Iterable[str], *, most: int = 8, longest: int = 40) -> str:
    """List names shortly, however many and long they are."""
    every = list(names)
    told = [n if len(n) <= longest else f"{n[:longest]}…" for n in every[:most]]
    return "、".join(told) + (f" 等 {len(every)} 个" if len(every) > most else "")
