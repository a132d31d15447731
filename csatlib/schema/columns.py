"""What a column and a table promise, and the words that columns may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "ABILITIES",
    "CHANGES",
    "CODINGS",
    "COUNT",
    "DISPOSITIONS",
    "EASES",
    "FOLLOWED",
    "HORIZONS",
    "NAME",
    "OUTCOMES",
    "POLARITIES",
    "PROGRESS",
    "QUADRANTS",
    "REAL",
    "REVIEWS",
    "ROLES",
    "STAGES",
    "STANDINGS",
    "STATUSES",
    "STEPS",
    "TEXT",
    "TURNS",
    "UNDERTAKEN",
    "URGENCIES",
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
ROLES = (
    "responses",
    "twin",
    "customers",
    "tickets",
    "invitations",
    "staff",
    "interviews",
    "indicators",
    "training",
)

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

#: Whether a measure is in our power; if not, what was agreed with or explained to the customer.
ABILITIES = ("within", "negotiated", "explained")

#: How far the follow-up of an opinion is; ``beyond`` our ability is explained to the customer.
FOLLOWED = ("new", "contacted", "under_way", "closed", "beyond", "unreachable")

#: A measure for now, or one for good.
HORIZONS = ("quick_win", "systemic")

#: Whether a measure worked: it did, it fell short, or the evidence does not say.
OUTCOMES = ("effective", "short", "insufficient")

#: How a measure stands on a day.
PROGRESS = (
    "draft",
    "on_track",
    "at_risk",
    "overdue",
    "done",
    "done_late",
    "cancelled",
    "beyond",
    "undated",
)

#: What is told of a measure on its way.
STEPS = ("milestone", "progress", "trial", "negotiation", "explanation")

#: How far a measure is, as its owner says.
UNDERTAKEN = ("draft", "planned", "trial", "under_way", "done", "cancelled", "beyond")

#: Where the ease of a measure was read.
EASES = ("given", "playbook", "horizon")

#: When a measure's turn comes: grave and easy, grave and hard, slight and easy, slight and hard.
TURNS = ("first", "plan", "along", "later")

#: Why an opinion is on this week's list, the most urgent first.
URGENCIES = ("escalate", "overdue", "contact_overdue", "due", "contact_due", "undated")
