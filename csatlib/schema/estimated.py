"""Weights, estimates, comparisons and units."""

from __future__ import annotations

from collections.abc import Mapping

from csatlib.schema.columns import COUNT, NAME, REAL, TEXT, Column, Table

__all__ = ["ESTIMATED"]

_ESTIMATES = Table(
    {
        "quarter": TEXT,
        "line": TEXT,
        "metric": NAME,
        "item": NAME,
        "level": TEXT,
        "group_by": TEXT,
        "group": TEXT,
        "n": Column("Int64", nullable=True),
        "n_eff": REAL,
        "df": REAL,
        "estimate": REAL,
        "se": REAL,
        "ci_low": REAL,
        "ci_high": REAL,
        "suppressed": Column("bool"),
        "reason": TEXT,
    },
    key=("quarter", "line", "metric", "item", "level", "group_by", "group"),
)

_COMPARISONS = Table(
    {
        **_ESTIMATES.columns,
        "contrast": NAME,
        "statistic": REAL,
        "p": REAL,
        "p_adjusted": REAL,
    },
    key=(*_ESTIMATES.key, "contrast"),
)

ESTIMATED: Mapping[str, Table] = {
    "weights": Table(
        {
            "response_id": NAME,
            "stratum": TEXT,
            "cluster": TEXT,
            "population": REAL,
            "design_weight": Column("Float64"),
            "base_weight": Column("Float64"),
            "weight": Column("Float64"),
        },
        key=("response_id",),
    ),
    "margin_gaps": Table(
        {
            "variable": NAME,
            "level": NAME,
            "population": REAL,
            "n": Column("Int64", nullable=True),
            "before": REAL,
            "after": REAL,
            "gap_before": REAL,
            "gap_after": REAL,
        },
        key=("variable", "level"),
    ),
    "weight_diagnostics": Table(
        {
            "stage": NAME,
            "n": COUNT,
            "sum": REAL,
            "mean": REAL,
            "median": REAL,
            "min": REAL,
            "max": REAL,
            "cv": REAL,
            "kish_deff": REAL,
            "n_eff": REAL,
            "top_share": REAL,
            "max_to_median": REAL,
            "trimmed": Column("Int64", nullable=True),
            "negative": Column("Int64", nullable=True),
        },
        key=("stage",),
    ),
    "estimates": _ESTIMATES,
    "headline": _ESTIMATES,
    "comparisons": _COMPARISONS,
    "theme_changes": _COMPARISONS,
    "theme_estimates": _ESTIMATES,
    "changes": _COMPARISONS,
    "units": Table(
        {
            **_ESTIMATES.columns,
            "population": Column("Int64", nullable=True),
            "overall": REAL,
            "target": REAL,
            "p_below": REAL,
            "super_low": REAL,
            "super_high": REAL,
            "shrunken": REAL,
            "shrunken_low": REAL,
            "shrunken_high": REAL,
            "rank": REAL,
            "rank_low": REAL,
            "rank_high": REAL,
            "funnel_low": REAL,
            "funnel_high": REAL,
            "alarm_low": REAL,
            "alarm_high": REAL,
            "funnel": Column("str", nullable=True, allowed=("below", "within", "above")),
            "small": Column("bool"),
        },
        key=_ESTIMATES.key,
    ),
}
