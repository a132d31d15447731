"""Answers and tickets counted by week or month, ready for a control chart."""

from __future__ import annotations

import pandas as pd

from csatlib import schema
from csatlib.evaluation.arguments import fitted

__all__ = ["stream"]

_FREQUENCIES = {"week": "W-SUN", "month": "M"}


def stream(
    rows: pd.DataFrame,
    *,
    time: str,
    name: str,
    every: str = "week",
    value: str | None = None,
    group: str | None = None,
    exposure: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count rows, or average a column of theirs, by week or month.

    Parameters
    ----------
    rows : DataFrame
        One row a thing that happened: an answer, a ticket.
    time : str
        The column of times; rows without one are left out.
    name : str
        What the stream is called.
    every : {"week", "month"}
        Weeks begin on Monday, months on their first day.
    value : str, optional
        A column. Of a boolean one ``count`` is how many are true of those known, as a chart of
        shares wants it; of numbers ``value`` is their mean, as a chart of single measurements
        wants it. Without it ``count`` is the number of rows.
    group : str, optional
        A column: each of its values has a stream of its own.
    exposure : DataFrame, optional
        Rows with the same ``time`` and ``group`` columns that the events are counted on, such as
        all tickets for the complaints: ``n`` is their number. Without it ``n`` is the number of
        rows whose value is known.

    Returns
    -------
    DataFrame
        Table ``streams``: ``stream``, ``group``, ``time`` (the first day), ``count``, ``n``,
        ``value`` (count/n of booleans and exposures, the mean of numbers, the count otherwise) and
        ``complete``: whether the first and last periods are covered from their first to their last
        day by the times there are. Periods between them in which nothing happened have a row.

    Raises
    ------
    ValueError
        For a missing column, one without times, or an unknown ``every``.

    Examples
    --------
    >>> tickets = pd.DataFrame({"closed_at": pd.to_datetime(["2026-07-06", "2026-07-08",
    ...     "2026-07-19"]), "in_time": [True, False, True]})
    >>> table = stream(tickets, time="closed_at", name="两天内调查", value="in_time")
    >>> table[["count", "n"]].astype(int).values.tolist()
    [[1, 2], [1, 1]]
    """
    if every not in _FREQUENCIES:
        raise ValueError(f"every: expected week or month, found {every!r}")
    _require(rows, time, [c for c in (value, group) if c])
    happened = _dated(rows, time, every, group)
    base = happened if exposure is None else _dated(exposure, time, every, group)
    if base.empty:
        return schema.empty("streams")
    # Everything that is counted or counted on says which days the data reach from and to.
    days = pd.concat([happened[time], base[time]])
    periods = pd.period_range(base["period"].min(), base["period"].max(), freq=_FREQUENCIES[every])
    groups = sorted(base["group"].dropna().unique()) if group else [None]
    counted = [
        _counted(
            happened if g is None else happened[happened["group"] == g],
            base if g is None else base[base["group"] == g],
            periods,
            value,
            exposed=exposure is not None,
        ).assign(group=g)
        for g in groups
    ]
    table = pd.concat(counted, ignore_index=True).assign(stream=name)
    starts = pd.PeriodIndex(table["period"]).start_time
    ends = pd.PeriodIndex(table["period"]).end_time
    table["complete"] = (starts >= days.min().normalize()) & (ends.normalize() <= days.max())
    table["time"] = starts
    return fitted(table, "streams")


def _require(rows: pd.DataFrame, time: str, others: list[str]) -> None:
    for column in (time, *others):
        if column not in rows:
            raise ValueError(f"{column}: no such column; known are {', '.join(map(str, rows))}")
    if not pd.api.types.is_datetime64_any_dtype(rows[time].dtype):
        raise ValueError(
            f"{time}: expected times, found {rows[time].dtype}; use pandas.to_datetime"
        )


def _dated(rows: pd.DataFrame, time: str, every: str, group: str | None) -> pd.DataFrame:
    _require(rows, time, [group] if group else [])
    dated = rows[rows[time].notna()]
    period = dated[time].dt.to_period(_FREQUENCIES[every])
    return dated.assign(period=period, group=dated[group] if group else None)


def _counted(
    happened: pd.DataFrame,
    base: pd.DataFrame,
    periods: pd.PeriodIndex,
    value: str | None,
    *,
    exposed: bool,
) -> pd.DataFrame:
    by = happened.groupby("period")
    if value is None:
        count = by.size().reindex(periods, fill_value=0).astype(float)
        n = base.groupby("period").size().reindex(periods, fill_value=0).astype(float)
        level = count / n.where(n > 0) if exposed else count
        return _rows(periods, count, n, level)
    n = by[value].count().reindex(periods, fill_value=0).astype(float)
    if pd.api.types.is_bool_dtype(happened[value].dtype):
        count = by[value].sum().astype(float).reindex(periods, fill_value=0.0)
        if exposed:
            n = base.groupby("period").size().reindex(periods, fill_value=0).astype(float)
        return _rows(periods, count, n, count / n.where(n > 0))
    mean = by[value].mean().astype("Float64").reindex(periods)
    return _rows(periods, pd.Series(pd.NA, index=periods, dtype="Float64"), n, mean)


def _rows(
    periods: pd.PeriodIndex, count: pd.Series, n: pd.Series, value: pd.Series
) -> pd.DataFrame:
    parts = {"count": count, "n": n, "value": value}
    return pd.DataFrame({name: part.to_numpy() for name, part in parts.items()}).assign(
        period=periods
    )
