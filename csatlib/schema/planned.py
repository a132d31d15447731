"""What is done first, how a quarter of work goes week by week, and how opinions are answered."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import (
    COUNT,
    EASES,
    FOLLOWED,
    HORIZONS,
    NAME,
    REAL,
    TEXT,
    TURNS,
    URGENCIES,
    Column,
    Table,
)

__all__ = ["PLANNED"]

_DAY, _DATE = Column("datetime64[us]", nullable=True), Column("datetime64[us]")
_YES, _MAYBE = Column("boolean"), Column("boolean", nullable=True)

PLANNED: Mapping[str, Table] = {
    "action_priorities": Table(
        {
            "rank": Column("Int64", nullable=True),
            "tied": Column("Int64", nullable=True),
            "action_id": NAME,
            "item": TEXT,
            "theme": TEXT,
            "measure": TEXT,
            "importance": REAL,
            "shortfall": REAL,
            "frequency": REAL,
            "severity": REAL,
            "severity_cut": REAL,
            "ease": REAL,
            "ease_from": Column("str", nullable=True, allowed=EASES),
            "ease_cut": REAL,
            "score": REAL,
            "turn": Column("str", nullable=True, allowed=TURNS),
            "horizon": Column("str", nullable=True, allowed=HORIZONS),
            "rule": NAME,
            "reason": TEXT,
        },
        key=("action_id",),
    ),
    "action_weeks": Table(
        {
            "week_ending": _DATE,
            "actions": COUNT,
            "done": COUNT,
            "open": COUNT,
            "planned_open": COUNT,
            "overdue": COUNT,
            "milestones": COUNT,
            "milestones_open": COUNT,
            "milestones_planned_open": COUNT,
        },
        key=("week_ending",),
    ),
    "followup_states": Table(
        {
            "followup_id": NAME,
            "owner": TEXT,
            "state": Column("str", allowed=FOLLOWED),
            "open": _YES,
            "contact_late": _MAYBE,
            "late": _MAYBE,
            "days_late": Column("Int64", nullable=True),
            "escalate": _YES,
            "complete": _YES,
            "lacking": TEXT,
        },
        key=("followup_id",),
    ),
    "followup_rates": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "metric": NAME,
            "n": COUNT,
            "count": COUNT,
            "estimate": REAL,
            "ci_low": REAL,
            "ci_high": REAL,
            "reason": TEXT,
        },
        key=("group_by", "group", "metric"),
    ),
    "followup_summary": Table(
        {
            "theme": TEXT,
            "group": TEXT,
            "state": Column("str", allowed=FOLLOWED),
            "n": COUNT,
            "negative": COUNT,
            "late": COUNT,
        },
        key=("theme", "group", "state"),
    ),
    "followup_week": Table(
        {
            "place": COUNT,
            "followup_id": NAME,
            "owner": TEXT,
            "urgency": Column("str", allowed=URGENCIES),
            "due": _DAY,
            "days_left": Column("Int64", nullable=True),
            "key_customer": _YES,
            "polarity": TEXT,
            "score": REAL,
            "group": TEXT,
            "themes": TEXT,
            "text": TEXT,
        },
        key=("followup_id",),
    ),
}
