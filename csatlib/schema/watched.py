"""What is watched over time: control charts, the stages of tickets, training."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import COUNT, NAME, REAL, TEXT, Column, Table

__all__ = ["WATCHED"]

_TIME = Column("datetime64[us]")

WATCHED: Mapping[str, Table] = {
    "streams": Table(
        {
            "stream": NAME,
            "group": TEXT,
            "time": _TIME,
            "count": REAL,
            "n": REAL,
            "value": REAL,
            "complete": Column("bool"),
        },
        key=("stream", "group", "time"),
    ),
    "control_charts": Table(
        {
            "stream": NAME,
            "group": TEXT,
            "kind": Column("str", allowed=("p", "u", "xmr")),
            "time": _TIME,
            "n": REAL,
            "value": REAL,
            "center": REAL,
            "sigma": REAL,
            "lower": REAL,
            "upper": REAL,
            "moving_range": REAL,
            "range_upper": REAL,
            "baseline": Column("bool"),
            "signal": Column("bool"),
            "rules": TEXT,
            "reason": TEXT,
        },
        key=("stream", "group", "time"),
    ),
    "alarms": Table(
        {
            "stream": NAME,
            "group": TEXT,
            "rule": NAME,
            "side": Column("str", allowed=("above", "below", "both")),
            "since": _TIME,
            "until": _TIME,
            "points": COUNT,
            "value": REAL,
            "center": REAL,
            "limit": REAL,
        },
        key=("stream", "group", "rule", "side", "since"),
    ),
    "process_state": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "stage": NAME,
            "link": TEXT,
            "tickets": COUNT,
            "timed": COUNT,
            "missing": COUNT,
            "out_of_order": COUNT,
            "median": REAL,
            "upper_decile": REAL,
            "mean": REAL,
            "share_of_time": REAL,
            "share_low": REAL,
            "share_high": REAL,
            "limit": REAL,
            "within": REAL,
            "within_low": REAL,
            "within_high": REAL,
            "late_time": REAL,
            "bottleneck": Column("boolean", nullable=True),
            "reason": TEXT,
        },
        key=("group_by", "group", "stage"),
    ),
    "rework": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "tickets": COUNT,
            "followed_long_enough": COUNT,
            "reopened": COUNT,
            "rate": REAL,
            "ci_low": REAL,
            "ci_high": REAL,
            "reason": TEXT,
        },
        key=("group_by", "group"),
    ),
    "training_records": Table({"course": NAME, "trainee_id": TEXT}, open=True),
    "training_process": Table(
        {
            "group_by": NAME,
            "group": NAME,
            "aspect": NAME,
            "n": COUNT,
            "mean": REAL,
            "se": REAL,
            "ci_low": REAL,
            "ci_high": REAL,
            "reason": TEXT,
        },
        key=("group_by", "group", "aspect"),
    ),
    "training_outcome": Table(
        {
            "course": NAME,
            "outcome": NAME,
            "n": COUNT,
            "trainees": COUNT,
            "before": REAL,
            "after": REAL,
            "gain": REAL,
            "se": REAL,
            "df": REAL,
            "ci_low": REAL,
            "ci_high": REAL,
            "statistic": REAL,
            "p": REAL,
            "p_adjusted": REAL,
            "control": REAL,
            "control_n": Column("Int64", nullable=True),
            "improved": COUNT,
            "reason": TEXT,
        },
        key=("course", "outcome"),
    ),
    "trainees": Table(
        {
            "course": NAME,
            "trainee": NAME,
            "outcome": NAME,
            "before": REAL,
            "after": REAL,
            "gain": REAL,
            "n_before": Column("Int64", nullable=True),
            "n_after": Column("Int64", nullable=True),
        },
        key=("course", "trainee", "outcome"),
    ),
}
