"""What is seen after measures: problems that come back, customers who leave or order more."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import COUNT, NAME, REAL, RISKS, TEXT, Column, Table

__all__ = ["OUTLASTING"]

_SOME = Column("Int64", nullable=True)
_INTERVAL = {"estimate": REAL, "ci_low": REAL, "ci_high": REAL}

OUTLASTING: Mapping[str, Table] = {
    "wave_means": Table(
        {
            "action_id": TEXT,
            "item": NAME,
            "metric": NAME,
            "reached": Column("bool"),
            "wave": Column("str", allowed=("history", "before", "after")),
            "quarter": TEXT,
            "n": COUNT,
            **_INTERVAL,
            "reason": TEXT,
        },
        key=("action_id", "item", "metric", "reached", "wave", "quarter"),
    ),
    "recurrence": Table(
        {
            "action_id": TEXT,
            "problem": NAME,
            "metric": NAME,
            "period": NAME,
            "group_by": TEXT,
            "group": TEXT,
            "events": _SOME,
            "base": _SOME,
            "per": REAL,
            **_INTERVAL,
            "p": REAL,
            "reason": TEXT,
        },
        key=("action_id", "problem", "metric", "period", "group_by", "group"),
    ),
    "churn": Table(
        {
            "quarter": NAME,
            "next_quarter": NAME,
            "definition": NAME,
            "metric": NAME,
            "group_by": TEXT,
            "group": TEXT,
            "n": _SOME,
            "lost": _SOME,
            **_INTERVAL,
            "p": REAL,
            "reason": TEXT,
        },
        key=("quarter", "definition", "metric", "group_by", "group"),
    ),
    "churn_risk": Table(
        {
            "customer_id": NAME,
            "points": COUNT,
            "level": Column("str", allowed=RISKS),
            "rules": TEXT,
            "reasons": TEXT,
            "not_judged": TEXT,
        },
        key=("customer_id",),
    ),
    "churn_risk_check": Table(
        {
            "level": Column("str", allowed=RISKS),
            "n": COUNT,
            "lost": COUNT,
            **_INTERVAL,
            "reason": TEXT,
        },
        key=("level",),
    ),
    "orders_gained": Table(
        {
            "action_id": TEXT,
            "asked": COUNT,
            "answered": COUNT,
            "customers": COUNT,
            "orders": REAL,
            "reason": TEXT,
        },
        key=("action_id",),
    ),
}
