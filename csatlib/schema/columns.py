"""What a column and a table promise, and the words that columns may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "CHANGES",
    "CODINGS",
    "COUNT",
    "DISPOSITIONS",
    "NAME",
    "POLARITIES",
    "QUADRANTS",
    "REAL",
    "REVIEWS",
    "ROLES",
    "STAGES",
    "STANDINGS",
    "STATUSES",
    "TEXT",
    "VERDICTS",
    "Column",
    "Table",
]


@dataclass(frozen=True)
class Column:
    """One column's promise: its dtype, whether it may be missing, and the values it may take."""

    dtype: str
    nullable: bool = False
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Table:
    """One table's promise: its columns in order, its key, and whether further columns may follow.

    ``open`` tables carry the study's own columns (items, groups) after the fixed ones. ``secret``
    ones hold personal data: they are written encrypted and no view shows them.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()
    open: bool = field(default=False)
    secret: bool = field(default=False)


TEXT, NAME = Column("str", nullable=True), Column("str")
COUNT, REAL = Column("Int64"), Column("Float64", nullable=True)

#: What a raw file is for.
ROLES = ("responses", "twin", "customers", "tickets", "invitations", "staff", "interviews")

#: What became of a question.
STATUSES = ("answered", "not_applicable", "skipped", "blank", "invalid")

#: What can become of a question from one quarter's form to the next.
CHANGES = (
    "renamed",
    "moved",
    "added",
    "dropped",
    "split",
    "merged",
    "rescaled",
    "reversed",
    "options",
)

#: How an invitation ended (AAPOR): complete I, partial P, refusal R, non-contact NC, other O,
#: of unknown eligibility UO, not eligible NE; and who was not invited at all.
DISPOSITIONS = (
    "complete",
    "partial",
    "refusal",
    "non_contact",
    "other",
    "unknown",
    "ineligible",
    "not_invited",
)

#: Important and weak, important and strong, less important and weak, less important and strong.
QUADRANTS = ("improve", "maintain", "minor", "surplus")

#: From everyone to those whose answers count, each stage a part of the one before.
STAGES = ("frame", "invited", "reached", "answered", "valid")

#: How a clause speaks of its subject; ``neutral`` asks, reports or wishes without judging.
POLARITIES = ("negative", "neutral", "positive")

#: What a theme stands for in every interview: strengths, pains, expectations, competitors.
STANDINGS = ("strength", "pain", "expectation", "competitor")

#: What became of a comment: a theme was found, none was, or there is nothing to find.
CODINGS = ("coded", "uncoded", "uninformative")

#: What a reviewer says of a quote.
REVIEWS = ("passed", "refused")

#: How words and numbers of a dimension go together.
VERDICTS = ("agree", "explain", "contradict", "insufficient")
