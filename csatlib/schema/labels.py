"""The quarter and line labels that name folders, and the error of whatever does not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Quarter", "SchemaError", "check_line"]


class SchemaError(ValueError):
    """A table or a label that does not fit its contract: says expected, found, where, remedy."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter such as ``2026Q3``: it orders, counts and knows its days.

    Examples
    --------
    >>> q = Quarter.parse("2026Q3")
    >>> str(q.previous()), q.last_day.isoformat()
    ('2026Q2', '2026-09-30')
    """

    year: int
    number: int

    @classmethod
    def parse(cls, label: str | Quarter) -> Quarter:
        """Read a label of the form ``YYYYQn`` (ASCII, n from 1 to 4), or raise `SchemaError`."""
        if isinstance(label, Quarter):
            return label
        match = re.fullmatch(r"([0-9]{4})Q([1-4])", label) if isinstance(label, str) else None
        if match is None:
            raise SchemaError(
                f"quarter: expected a label like '2026Q3' (Q1 to Q4), found {label!r}"
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.number}"

    def previous(self) -> Quarter:
        """Give the quarter before this one."""
        return (
            Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)
        )

    def next(self) -> Quarter:
        """Give the quarter after this one."""
        return (
            Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)
        )

    @property
    def first_day(self) -> date:
        """The quarter's first calendar day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        """The quarter's last calendar day."""
        return self.next().first_day - timedelta(days=1)


def check_line(label: str) -> str:
    """Return a business line's label unchanged if it is one.

    Parameters
    ----------
    label : str
        Lower-case ASCII letters, digits and ``_``, beginning with a letter: it names folders.

    Returns
    -------
    str
        ``label`` itself.

    Raises
    ------
    SchemaError
        For any other label.

    Examples
    --------
    >>> check_line("ops_company")
    'ops_company'
    """
    if not isinstance(label, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", label):
        raise SchemaError(
            f"line: expected lower-case ASCII letters, digits and '_' beginning with a letter, "
            f"found {label!r}"
        )
    return label
