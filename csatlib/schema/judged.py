"""Indicators brought into one judgement, and watched over time."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import NAME, REAL, TEXT, Column, Table

__all__ = ["JUDGED"]

JUDGED: Mapping[str, Table] = {
    "indicator_values": Table(
        {
            "indicator": NAME,
            "first": NAME,
            "group_by": TEXT,
            "group": TEXT,
            "period": NAME,
            "value": REAL,
            "se": REAL,
            "n": Column("Int64", nullable=True),
            "target": REAL,
            "direction": Column("str", allowed=("higher", "lower")),
            "weight": REAL,
            "unit": TEXT,
            "source": NAME,
            "reason": TEXT,
        },
        key=("indicator", "group_by", "group", "period"),
    ),
}
