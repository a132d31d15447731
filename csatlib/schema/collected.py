"""What was read and cleaned, and what customers wrote."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import CHANGES, COUNT, NAME, REAL, ROLES, STATUSES, TEXT, Column, Table

__all__ = ["COLLECTED"]

COLLECTED: Mapping[str, Table] = {
    "intake": Table(
        {
            "file": NAME,
            "digest": NAME,
            "role": Column("str", allowed=ROLES),
            "channel": TEXT,
            "platform": NAME,
            "encoding": TEXT,
            "read": COUNT,
            "non_data": COUNT,
            "kept": Column("Int64", nullable=True),
            "quarantined": Column("Int64", nullable=True),
        },
        key=("file",),
    ),
    "responses": Table(
        {
            "response_id": NAME,
            "quarter": NAME,
            "line": NAME,
            "channel": NAME,
            "customer_id": TEXT,
            "submitted_at": Column("datetime64[us]", nullable=True),
            "seconds": Column("Int32", nullable=True),
        },
        key=("response_id",),
        open=True,
    ),
    "answer_status": Table(
        {"response_id": NAME, "item": NAME, "status": Column("str", allowed=STATUSES)},
        key=("response_id", "item"),
    ),
    "comments": Table(
        {"comment_id": NAME, "response_id": NAME, "item": NAME, "text": NAME},
        key=("comment_id",),
    ),
    "quarantine": Table(
        {"row_id": NAME, "rule": NAME, "reason": NAME},
        key=("row_id", "rule"),
    ),
    "ledger": Table(
        {"row_id": NAME, "column": NAME, "rule": NAME, "new": TEXT},
        key=("row_id", "column", "rule"),
    ),
    "flags": Table(
        {"row_id": NAME, "rule": NAME, "excluded": Column("bool")},
        key=("row_id", "rule"),
    ),
    "sensitivity": Table(
        {
            "rule": TEXT,
            "kept": Column("Int64", nullable=True),
            "added": Column("Int64", nullable=True),
            "metric": NAME,
            "item": NAME,
            "estimate": REAL,
            "difference": REAL,
        },
        key=("rule", "metric", "item"),
    ),
    "drift": Table(
        {
            "change": Column("str", allowed=CHANGES),
            "item": TEXT,
            "previous": TEXT,
            "current": TEXT,
            "detail": NAME,
            "certain": Column("bool"),
            "proposal": TEXT,
        },
    ),
    "identities": Table(
        {"pseudonym": NAME, "kind": NAME, "value": NAME},
        key=("pseudonym", "kind", "value"),
        secret=True,
    ),
}
