"""What each table between two stages looks like, and the quarter and line labels that name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

__all__ = ["TABLES", "Column", "Quarter", "SchemaError", "Table", "check", "check_line", "empty"]


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


_TEXT, _NAME = Column("str", nullable=True), Column("str")
_COUNT, _REAL = Column("Int64"), Column("Float64", nullable=True)

#: What a raw file is for.
ROLES = ("responses", "twin", "customers", "tickets", "invitations", "staff")
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

_ESTIMATES = Table(
    {
        "quarter": _TEXT,
        "line": _TEXT,
        "metric": _NAME,
        "item": _NAME,
        "level": _TEXT,
        "group_by": _TEXT,
        "group": _TEXT,
        "n": Column("Int64", nullable=True),
        "n_eff": _REAL,
        "df": _REAL,
        "estimate": _REAL,
        "se": _REAL,
        "ci_low": _REAL,
        "ci_high": _REAL,
        "suppressed": Column("bool"),
        "reason": _TEXT,
    },
    key=("quarter", "line", "metric", "item", "level", "group_by", "group"),
)

_COMPARISONS = Table(
    {
        **_ESTIMATES.columns,
        "contrast": _NAME,
        "statistic": _REAL,
        "p": _REAL,
        "p_adjusted": _REAL,
    },
    key=(*_ESTIMATES.key, "contrast"),
)

#: One group against another: the difference of their means, its interval and its test.
_DIFFERENCE = {
    "difference": _REAL,
    "se": _REAL,
    "df": _REAL,
    "ci_low": _REAL,
    "ci_high": _REAL,
    "statistic": _REAL,
    "p": _REAL,
    "p_adjusted": _REAL,
    "reason": _TEXT,
}

#: Every table that `store` writes, by name.
TABLES: Mapping[str, Table] = {
    "intake": Table(
        {
            "file": _NAME,
            "digest": _NAME,
            "role": Column("str", allowed=ROLES),
            "channel": _TEXT,
            "platform": _NAME,
            "encoding": _TEXT,
            "read": _COUNT,
            "non_data": _COUNT,
            "kept": Column("Int64", nullable=True),
            "quarantined": Column("Int64", nullable=True),
        },
        key=("file",),
    ),
    "responses": Table(
        {
            "response_id": _NAME,
            "quarter": _NAME,
            "line": _NAME,
            "channel": _NAME,
            "customer_id": _TEXT,
            "submitted_at": Column("datetime64[us]", nullable=True),
            "seconds": Column("Int32", nullable=True),
        },
        key=("response_id",),
        open=True,
    ),
    "answer_status": Table(
        {"response_id": _NAME, "item": _NAME, "status": Column("str", allowed=STATUSES)},
        key=("response_id", "item"),
    ),
    "comments": Table(
        {"comment_id": _NAME, "response_id": _NAME, "item": _NAME, "text": _NAME},
        key=("comment_id",),
    ),
    "quarantine": Table(
        {"row_id": _NAME, "rule": _NAME, "reason": _NAME},
        key=("row_id", "rule"),
    ),
    "ledger": Table(
        {"row_id": _NAME, "column": _NAME, "rule": _NAME, "new": _TEXT},
        key=("row_id", "column", "rule"),
    ),
    "flags": Table(
        {"row_id": _NAME, "rule": _NAME, "excluded": Column("bool")},
        key=("row_id", "rule"),
    ),
    "sensitivity": Table(
        {
            "rule": _TEXT,
            "kept": Column("Int64", nullable=True),
            "added": Column("Int64", nullable=True),
            "metric": _NAME,
            "item": _NAME,
            "estimate": _REAL,
            "difference": _REAL,
        },
        key=("rule", "metric", "item"),
    ),
    "drift": Table(
        {
            "change": Column("str", allowed=CHANGES),
            "item": _TEXT,
            "previous": _TEXT,
            "current": _TEXT,
            "detail": _NAME,
            "certain": Column("bool"),
            "proposal": _TEXT,
        },
    ),
    "identities": Table(
        {"pseudonym": _NAME, "kind": _NAME, "value": _NAME},
        key=("pseudonym", "kind", "value"),
        secret=True,
    ),
    "estimates": _ESTIMATES,
    "headline": _ESTIMATES,
    "comparisons": _COMPARISONS,
    "changes": _COMPARISONS,
    "drivers": Table(
        {
            "driver": Column("str"),
            "method": Column("str", allowed=("lmg", "johnson")),
            "importance": _REAL,
            "share": _REAL,
            "ci_low": _REAL,
            "ci_high": _REAL,
            "rank": _REAL,
            "rank_low": _REAL,
            "rank_high": _REAL,
            "n": Column("Int64"),
            "r2": _REAL,
            "share_low": _REAL,
            "share_high": _REAL,
            "p": _REAL,
            "kind": Column("str", allowed=("linear", "logistic", "ordinal")),
            "reason": _TEXT,
        },
        key=("method", "driver"),
    ),
    "driver_stability": Table(
        {
            "driver": _NAME,
            "method": Column("str", allowed=("lmg", "johnson")),
            "unit": _NAME,
            "n": _COUNT,
            "share": _REAL,
            "share_low": _REAL,
            "share_high": _REAL,
            "rank": _REAL,
            "rank_low": _REAL,
            "rank_high": _REAL,
            "units": Column("Int64", nullable=True),
            "first": Column("Int64", nullable=True),
            "changed": Column("Int64", nullable=True),
            "moved_most": _TEXT,
            "reason": _TEXT,
        },
        key=("unit", "method", "driver"),
    ),
    "priorities": Table(
        {
            "driver": _NAME,
            "group_by": _TEXT,
            "group": _TEXT,
            "metric": _TEXT,
            "importance": _REAL,
            "importance_low": _REAL,
            "importance_high": _REAL,
            "performance": _REAL,
            "performance_low": _REAL,
            "performance_high": _REAL,
            "importance_cut": _REAL,
            "importance_rule": _NAME,
            "performance_cut": _REAL,
            "performance_rule": _NAME,
            "quadrant": Column("str", nullable=True, allowed=QUADRANTS),
            "p_improve": _REAL,
            "p_maintain": _REAL,
            "p_minor": _REAL,
            "p_surplus": _REAL,
            "p_quadrant": _REAL,
            "certain": Column("boolean", nullable=True),
            "reason": _TEXT,
        },
        key=("driver",),
    ),
    "key_problems": Table(
        {
            "rank": Column("Int64", nullable=True),
            "driver": _NAME,
            "key_problem": Column("boolean", nullable=True),
            "met": _COUNT,
            "judged": _COUNT,
            "important": Column("boolean", nullable=True),
            "importance": _REAL,
            "importance_cut": _REAL,
            "weak": Column("boolean", nullable=True),
            "metric": _TEXT,
            "performance": _REAL,
            "performance_cut": _REAL,
            "shortfall": _REAL,
            "frequent": Column("boolean", nullable=True),
            "frequency": _REAL,
            "frequency_cut": _REAL,
            "p_improve": _REAL,
            "rule": _NAME,
            "reason": _TEXT,
        },
        key=("driver",),
    ),
    "stage_associations": Table(
        {
            "dimension": _NAME,
            "stage": _NAME,
            "n": _COUNT,
            "df": _REAL,
            "correlation": _REAL,
            "se": _REAL,
            "ci_low": _REAL,
            "ci_high": _REAL,
            "statistic": _REAL,
            "p": _REAL,
            "p_adjusted": _REAL,
            "reason": _TEXT,
            **{
                f"{figure}_{group}{end}": _COUNT if figure == "n" else _REAL
                for group in ("dissatisfied", "satisfied")
                for figure, end in (
                    ("n", ""),
                    ("median", ""),
                    ("median", "_low"),
                    ("median", "_high"),
                    ("late", ""),
                    ("late", "_low"),
                    ("late", "_high"),
                )
            },
            "median_difference": _REAL,
            "median_difference_low": _REAL,
            "median_difference_high": _REAL,
            "limit": _REAL,
            "late_difference": _REAL,
            "late_difference_low": _REAL,
            "late_difference_high": _REAL,
            "groups_reason": _TEXT,
        },
        key=("dimension", "stage"),
    ),
    "units": Table(
        {
            **_ESTIMATES.columns,
            "population": Column("Int64", nullable=True),
            "overall": _REAL,
            "target": _REAL,
            "p_below": _REAL,
            "super_low": _REAL,
            "super_high": _REAL,
            "shrunken": _REAL,
            "shrunken_low": _REAL,
            "shrunken_high": _REAL,
            "rank": _REAL,
            "rank_low": _REAL,
            "rank_high": _REAL,
            "funnel_low": _REAL,
            "funnel_high": _REAL,
            "alarm_low": _REAL,
            "alarm_high": _REAL,
            "funnel": Column("str", nullable=True, allowed=("below", "within", "above")),
            "small": Column("bool"),
        },
        key=_ESTIMATES.key,
    ),
    "frame": Table({"customer_id": _TEXT}, open=True),
    "invitations": Table(
        {
            "customer_id": _TEXT,
            "channel": _TEXT,
            "invited_at": Column("datetime64[us]", nullable=True),
        },
        open=True,
    ),
    "set_aside": Table(
        {
            "row_id": _NAME,
            "rule": _NAME,
            "channel": _TEXT,
            "customer_id": _TEXT,
            "submitted_at": Column("datetime64[us]", nullable=True),
        },
        key=("row_id",),
        open=True,
    ),
    "sample": Table(
        {
            "customer_id": _TEXT,
            "stratum": _TEXT,
            "inclusion_probability": Column("Float64"),
            "design_weight": Column("Float64"),
        },
        open=True,
    ),
    "dispositions": Table(
        {
            "customer_id": _TEXT,
            "channel": _TEXT,
            "disposition": Column("str", allowed=DISPOSITIONS),
            "reason": _TEXT,
            "invited_at": Column("datetime64[us]", nullable=True),
            "answered_at": Column("datetime64[us]", nullable=True),
            "response_id": _TEXT,
        },
        open=True,
    ),
    "response_rates": Table(
        {
            "group_by": _TEXT,
            "group": _TEXT,
            "rate": _NAME,
            "numerator": _REAL,
            "denominator": _REAL,
            "estimate": _REAL,
            "reason": _TEXT,
        },
        key=("group_by", "group", "rate"),
    ),
    "funnel": Table(
        {
            "group_by": _TEXT,
            "group": _TEXT,
            "stage": Column("str", allowed=STAGES),
            "n": _COUNT,
            "share_of_previous": _REAL,
            "share_of_frame": _REAL,
        },
        key=("group_by", "group", "stage"),
    ),
    "timeliness": Table(
        {
            "group_by": _TEXT,
            "group": _TEXT,
            "event": Column("str", allowed=("invited_at", "answered_at")),
            "tickets": _COUNT,
            "not_closed": _COUNT,
            "pending": _COUNT,
            "surveyed": _COUNT,
            "never": _COUNT,
            "before_closing": _COUNT,
            "in_time": _COUNT,
            "share_of_surveyed": _REAL,
            "share_of_closed": _REAL,
            "median": _REAL,
            "lower_quartile": _REAL,
            "upper_quartile": _REAL,
            "longest": _REAL,
            "up_to_1_day": _COUNT,
            "up_to_2_days": _COUNT,
            "up_to_3_days": _COUNT,
            "up_to_7_days": _COUNT,
            "over_7_days": _COUNT,
        },
        key=("group_by", "group", "event"),
    ),
    "late_differences": Table(
        {
            "item": _NAME,
            "n_in_time": _COUNT,
            "n_late": _COUNT,
            "mean_in_time": _REAL,
            "mean_late": _REAL,
            **_DIFFERENCE,
        },
        key=("item",),
    ),
    "completion": Table(
        {
            "group_by": _TEXT,
            "group": _TEXT,
            "tier": _TEXT,
            "members": _COUNT,
            "ineligible": _COUNT,
            "invited": _COUNT,
            "completed": _COUNT,
            "missing": _COUNT,
            "rate": _REAL,
            "reason": _TEXT,
        },
        key=("group_by", "group", "tier"),
    ),
    "silent": Table(
        {
            "customer_id": _TEXT,
            "channel": _TEXT,
            "invited_at": Column("datetime64[us]", nullable=True),
            "quarters": _COUNT,
        },
        open=True,
    ),
    "mode_effects": Table(
        {
            "item": _NAME,
            "group_by": _NAME,
            "group": _NAME,
            "n": _COUNT,
            "mean": _REAL,
            "rest_n": _COUNT,
            "rest_mean": _REAL,
            **_DIFFERENCE,
            "adjusted_for": _TEXT,
            "f": _REAL,
            "df_between": _REAL,
            "df_within": _REAL,
            "f_p": _REAL,
            "icc": _REAL,
            "small": Column("bool"),
        },
        key=("item", "group_by", "group"),
    ),
    "interviewer_quality": Table(
        {
            "group_by": _NAME,
            "group": _NAME,
            "n": _COUNT,
            "asked": _COUNT,
            "blank_share": _REAL,
            "straight_base": _COUNT,
            "straight_share": _REAL,
            "mean_seconds": _REAL,
            "median_seconds": _REAL,
            "small": Column("bool"),
        },
        key=("group_by", "group"),
    ),
    "representativeness": Table(
        {
            "variable": _NAME,
            "level": _NAME,
            "population": _COUNT,
            "population_share": _REAL,
            "n": _COUNT,
            "share": _REAL,
            "gap": _REAL,
            "response_share": _REAL,
            "mean_gap": _REAL,
            "effect": _REAL,
            "dissimilarity": _REAL,
            "r_indicator": _REAL,
            "chi_square": _REAL,
            "df": _REAL,
            "p": _REAL,
            "p_adjusted": _REAL,
            "reason": _TEXT,
        },
        key=("variable", "level"),
    ),
    "weights": Table(
        {
            "response_id": _NAME,
            "stratum": _TEXT,
            "cluster": _TEXT,
            "population": _REAL,
            "design_weight": Column("Float64"),
            "weight": Column("Float64"),
        },
        key=("response_id",),
    ),
    "margin_gaps": Table(
        {
            "variable": _NAME,
            "level": _NAME,
            "population": _REAL,
            "n": Column("Int64", nullable=True),
            "before": _REAL,
            "after": _REAL,
            "gap_before": _REAL,
            "gap_after": _REAL,
        },
        key=("variable", "level"),
    ),
    "weight_diagnostics": Table(
        {
            "stage": _NAME,
            "n": _COUNT,
            "sum": _REAL,
            "mean": _REAL,
            "median": _REAL,
            "min": _REAL,
            "max": _REAL,
            "cv": _REAL,
            "kish_deff": _REAL,
            "n_eff": _REAL,
            "top_share": _REAL,
            "max_to_median": _REAL,
            "trimmed": Column("Int64", nullable=True),
            "negative": Column("Int64", nullable=True),
        },
        key=("stage",),
    ),
    "tokens": Table(
        {"comment_id": _NAME, "position": _COUNT, "token": _NAME, "pos": _TEXT},
        key=("comment_id", "position"),
        open=True,
    ),
    "keywords": Table(
        {
            "method": _NAME,
            "group_by": _TEXT,
            "group": _TEXT,
            "rank": _COUNT,
            "term": _NAME,
            "score": Column("Float64"),
            "comments": _COUNT,
            "base": _COUNT,
        },
        key=("method", "group_by", "group", "term"),
    ),
}


def empty(table: str) -> pd.DataFrame:
    """Make a table of no rows that fits its contract.

    Parameters
    ----------
    table : str
        A name in `TABLES`.

    Returns
    -------
    DataFrame
        The fixed columns of the contract, each with its dtype.

    Raises
    ------
    SchemaError
        For an unknown table.

    Examples
    --------
    >>> list(empty("quarantine"))
    ['row_id', 'rule', 'reason']
    """
    columns = _contract(table).columns
    return pd.DataFrame({name: pd.Series(dtype=c.dtype) for name, c in columns.items()})


def check(df: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return ``df`` unchanged if it fits the contract of ``table``; made for ``.pipe``.

    Parameters
    ----------
    df : DataFrame
        The table to check; it is not changed.
    table : str
        A name in `TABLES`.

    Returns
    -------
    DataFrame
        ``df`` itself.

    Raises
    ------
    SchemaError
        For an unknown table, missing, unexpected or misplaced columns, another dtype, a missing
        value or a value that is not allowed, or a repeated key; the message names the column,
        what was expected and found, and the first rows at fault.

    Examples
    --------
    >>> empty("ledger").pipe(check, "ledger").shape
    (0, 4)
    """
    contract = _contract(table)
    _check_columns(df, table, contract)
    for name, column in contract.columns.items():
        _check_column(df[name], table, column)
    if contract.key:
        repeated = df.duplicated(list(contract.key), keep=False)
        if repeated.any():
            example = df.loc[repeated, list(contract.key)].iloc[0].to_dict()
            raise SchemaError(
                f"{table}: the key {contract.key} must be unique, found {int(repeated.sum())} rows "
                f"that repeat one, for example {example}"
            )
    return df


def _contract(table: str) -> Table:
    if table not in TABLES:
        raise SchemaError(f"unknown table {table!r}: expected one of {', '.join(sorted(TABLES))}")
    return TABLES[table]


def _check_columns(df: pd.DataFrame, table: str, contract: Table) -> None:
    expected, found = list(contract.columns), [str(c) for c in df.columns]
    missing = [c for c in expected if c not in found]
    extra = [c for c in found if c not in expected]
    if missing or (extra and not contract.open):
        raise SchemaError(
            f"{table}: expected the columns {expected}; missing {missing}, unexpected {extra}"
        )
    if found[: len(expected)] != expected:
        raise SchemaError(f"{table}: expected the columns in the order {expected}, found {found}")
    if len(set(found)) != len(found):
        raise SchemaError(f"{table}: a column name stands twice in {found}")


def _check_column(values: pd.Series, table: str, column: Column) -> None:
    where = f"{table}.{values.name}"
    if str(values.dtype) != column.dtype:
        raise SchemaError(f"{where}: expected dtype {column.dtype}, found {values.dtype}")
    if not column.nullable and values.isna().any():
        rows = list(values.index[values.isna()][:3])
        raise SchemaError(f"{where}: may not be missing, but is in rows {rows}")
    if column.allowed is not None:
        odd = sorted(set(values.dropna().unique()) - set(column.allowed))
        if odd:
            raise SchemaError(f"{where}: expected one of {column.allowed}, found {odd[:3]}")
