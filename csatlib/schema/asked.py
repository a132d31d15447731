"""Whom a survey means to ask, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import COUNT, DISPOSITIONS, NAME, REAL, STAGES, TEXT, Column, Table

__all__ = ["ASKED"]

#: One group against another: the difference of their means, its interval and its test.
_DIFFERENCE = {
    "difference": REAL,
    "se": REAL,
    "df": REAL,
    "ci_low": REAL,
    "ci_high": REAL,
    "statistic": REAL,
    "p": REAL,
    "p_adjusted": REAL,
    "reason": TEXT,
}

ASKED: Mapping[str, Table] = {
    "frame": Table({"customer_id": TEXT}, open=True),
    "invitations": Table(
        {
            "customer_id": TEXT,
            "channel": TEXT,
            "invited_at": Column("datetime64[us]", nullable=True),
        },
        open=True,
    ),
    "set_aside": Table(
        {
            "row_id": NAME,
            "rule": NAME,
            "channel": TEXT,
            "customer_id": TEXT,
            "submitted_at": Column("datetime64[us]", nullable=True),
        },
        key=("row_id",),
        open=True,
    ),
    "sample": Table(
        {
            "customer_id": TEXT,
            "stratum": TEXT,
            "inclusion_probability": Column("Float64"),
            "design_weight": Column("Float64"),
        },
        open=True,
    ),
    "dispositions": Table(
        {
            "customer_id": TEXT,
            "channel": TEXT,
            "disposition": Column("str", allowed=DISPOSITIONS),
            "reason": TEXT,
            "invited_at": Column("datetime64[us]", nullable=True),
            "answered_at": Column("datetime64[us]", nullable=True),
            "response_id": TEXT,
        },
        open=True,
    ),
    "response_rates": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "rate": NAME,
            "numerator": REAL,
            "denominator": REAL,
            "estimate": REAL,
            "reason": TEXT,
        },
        key=("group_by", "group", "rate"),
    ),
    "funnel": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "stage": Column("str", allowed=STAGES),
            "n": COUNT,
            "share_of_previous": REAL,
            "share_of_frame": REAL,
        },
        key=("group_by", "group", "stage"),
    ),
    "timeliness": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "event": Column("str", allowed=("invited_at", "answered_at")),
            "tickets": COUNT,
            "not_closed": COUNT,
            "pending": COUNT,
            "surveyed": COUNT,
            "never": COUNT,
            "before_closing": COUNT,
            "in_time": COUNT,
            "share_of_surveyed": REAL,
            "share_of_closed": REAL,
            "median": REAL,
            "lower_quartile": REAL,
            "upper_quartile": REAL,
            "longest": REAL,
            "up_to_1_day": COUNT,
            "up_to_2_days": COUNT,
            "up_to_3_days": COUNT,
            "up_to_7_days": COUNT,
            "over_7_days": COUNT,
        },
        key=("group_by", "group", "event"),
    ),
    "late_differences": Table(
        {
            "item": NAME,
            "n_in_time": COUNT,
            "n_late": COUNT,
            "mean_in_time": REAL,
            "mean_late": REAL,
            **_DIFFERENCE,
        },
        key=("item",),
    ),
    "completion": Table(
        {
            "group_by": TEXT,
            "group": TEXT,
            "tier": TEXT,
            "members": COUNT,
            "ineligible": COUNT,
            "invited": COUNT,
            "completed": COUNT,
            "missing": COUNT,
            "rate": REAL,
            "reason": TEXT,
        },
        key=("group_by", "group", "tier"),
    ),
    "silent": Table(
        {
            "customer_id": TEXT,
            "channel": TEXT,
            "invited_at": Column("datetime64[us]", nullable=True),
            "quarters": COUNT,
        },
        open=True,
    ),
    "mode_effects": Table(
        {
            "item": NAME,
            "group_by": NAME,
            "group": NAME,
            "n": COUNT,
            "mean": REAL,
            "rest_n": COUNT,
            "rest_mean": REAL,
            **_DIFFERENCE,
            "adjusted_for": TEXT,
            "f": REAL,
            "df_between": REAL,
            "df_within": REAL,
            "f_p": REAL,
            "icc": REAL,
            "small": Column("bool"),
        },
        key=("item", "group_by", "group"),
    ),
    "interviewer_quality": Table(
        {
            "group_by": NAME,
            "group": NAME,
            "n": COUNT,
            "asked": COUNT,
            "blank_share": REAL,
            "straight_base": COUNT,
            "straight_share": REAL,
            "mean_seconds": REAL,
            "median_seconds": REAL,
            "small": Column("bool"),
        },
        key=("group_by", "group"),
    ),
    "representativeness": Table(
        {
            "variable": NAME,
            "level": NAME,
            "population": COUNT,
            "population_share": REAL,
            "n": COUNT,
            "share": REAL,
            "gap": REAL,
            "response_share": REAL,
            "mean_gap": REAL,
            "effect": REAL,
            "dissimilarity": REAL,
            "r_indicator": REAL,
            "chi_square": REAL,
            "df": REAL,
            "p": REAL,
            "p_adjusted": REAL,
            "reason": TEXT,
        },
        key=("variable", "level"),
    ),
}
