"""The figures of indicators in each table that has them: line, groups, links of the process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import estimates
from csatlib.schema import Quarter
from csatlib.study import Indicator, Stage

__all__ = [
    "LINK",
    "Figure",
    "from_estimates",
    "from_followups",
    "from_progress",
    "from_rows",
    "from_stages",
]

#: The grouping of figures by links of the service process.
LINK = "link"
_RUNNING = ("on_track", "at_risk", "overdue", "undated")
_FINISHED = ("done", "done_late")


@dataclass(frozen=True)
class Figure:
    """One figure of one indicator: of whom, when, how much, how certain, and why not."""

    indicator: str
    group_by: str | None
    group: str | None
    period: str
    value: float = np.nan
    se: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    n: int | None = None
    reason: str | None = None


def from_estimates(
    one: Indicator, table: pd.DataFrame, quarter: str, by: Sequence[str]
) -> Iterable[Figure]:
    """Take an indicator's rows out of an estimates table: the whole, and the groups of ``by``."""
    known = table["quarter"].isna() | (table["quarter"] == quarter)
    rows = table[
        known
        & (table["item"] == one.item)
        & (table["metric"] == one.metric)
        & table["level"].isna()
        & (table["group_by"].isna() | table["group_by"].isin(list(by)))
    ]
    repeated = rows.duplicated(["group_by", "group"])
    if repeated.any():
        raise ValueError(
            f"estimates: expected one row for {one.metric} of {one.item!r} in each group, found "
            f"{int(repeated.sum())} more; filter the table to one quarter and line"
        )
    return _read(one, rows, quarter)


def from_followups(
    one: Indicator, table: pd.DataFrame, quarter: str, by: Sequence[str]
) -> Iterable[Figure]:
    """Take an indicator's rows out of the rates of follow-ups."""
    absent = dict.fromkeys({"group_by", "group", "se", "ci_low", "ci_high", "reason"} - {*table})
    held = table.assign(**absent)
    grouped = held["group_by"].isna() | held["group_by"].isin(list(by))
    return _read(one, held[(held["metric"] == one.metric) & grouped], quarter)


def from_progress(one: Indicator, table: pd.DataFrame, quarter: str) -> Iterable[Figure]:
    """Count measures by their state; all of them are known, so there is no sampling error.

    Drafts, cancelled measures and those beyond our ability do not count; ``on_time`` is the share
    of the finished and the overdue that were finished in time.
    """
    counted = table[table["state"].isin([*_RUNNING, *_FINISHED])]
    states = counted["state"].value_counts()

    def count(*names: str) -> int:
        return int(sum(states.get(name, 0) for name in names))

    running, finished = count(*_RUNNING), count(*_FINISHED)
    part, whole = {
        "done": (finished, finished + running),
        "overdue": (count("overdue"), finished + running),
        "on_time": (count("done"), finished + count("overdue")),
        "milestones": (
            int(counted["milestones_done"].sum()),
            int(counted["milestones"].sum()),
        ),
    }[one.metric or "done"]
    if whole == 0:
        return [Figure(one.id, None, None, quarter, n=0, reason="empty")]
    return [Figure(one.id, None, None, quarter, part / whole, 0.0, n=whole, reason="census")]


def from_stages(
    one: Indicator,
    table: pd.DataFrame,
    stages: Sequence[Stage],
    quarter: str,
    by: Sequence[str],
    min_base: int,
) -> Iterable[Figure]:
    """Average the minutes of a stage, of all stages together, and of each link of the process."""
    listed = {stage.name: stage for stage in stages if stage.name in table}
    names = [one.item] if one.item else list(listed)
    if not names or not set(names) <= set(table):
        return []
    columns = [c for c in by if c in table]
    yield from _timed(one, table, names, listed, None, quarter, columns, min_base)
    if LINK not in by or one.item is not None:
        return
    links: dict[str, list[str]] = {}
    for name, stage in listed.items():
        if stage.link:
            links.setdefault(stage.link, []).append(name)
    for link, parts in links.items():
        yield from _timed(one, table, parts, listed, link, quarter, (), min_base)


def _timed(
    one: Indicator,
    table: pd.DataFrame,
    names: Sequence[str],
    listed: dict[str, Stage],
    link: str | None,
    quarter: str,
    by: Sequence[str],
    min_base: int,
) -> Iterable[Figure]:
    """Estimate one time: tickets that lack a part of it do not count."""
    minutes = table[list(names)].astype("Float64").sum(axis=1, skipna=False)
    held = table[list(by)].assign(value=minutes)
    if one.metric == "within":
        limit = listed[names[0]].limit if names[0] in listed else None
        if limit is None:
            return
        held["value"] = (minutes <= limit).where(minutes.notna()).astype("boolean")
    for column in (None, *by):
        groups = [] if column is None else [column]
        if one.metric == "within":
            found = estimates.share(held, "value", by=groups, min_base=min_base)
        elif one.metric == "median":
            found = estimates.quantile(held, "value", q=0.5, by=groups, min_base=min_base)
        else:
            found = estimates.mean(held, "value", by=groups, min_base=min_base)
        if link is not None:
            found = found.assign(group_by=LINK, group=link)
        yield from _read(one, found, quarter)


def from_rows(
    one: Indicator, table: pd.DataFrame, quarter: str, by: Sequence[str]
) -> Iterable[Figure]:
    """Take an indicator's rows out of raw figures, and average a quarter's months and weeks.

    Where the quarter itself has no row, it is the mean of its parts: by ``n`` where all have one,
    else plainly. So is the whole line where only its groups (of the first grouping) have rows. A
    sampling error is not known of such figures.
    """
    rows = table[(table["indicator"] == one.name) | (table["indicator"] == one.id)]
    if len(rows) and rows["group_by"].notna().all():
        rows = pd.concat([_wholes(rows), rows])
    rows = rows[rows["group_by"].isna() | rows["group_by"].isin(list(by))]
    months = {
        f"{Quarter.parse(quarter).first_day.year}-{Quarter.parse(quarter).first_day.month + i:02d}"
        for i in range(3)
    }
    rows = rows[(rows["period"] == quarter) | rows["period"].str[:7].isin(months)]
    for keys, part in rows.groupby(["group_by", "group"], dropna=False, sort=False):
        group_by, group = (None if pd.isna(key) else str(key) for key in keys)
        for row in part.itertuples():
            yield _plain(one, group_by, group, row.period, row.value, row.n)
        if not (part["period"] == quarter).any():
            yield _plain(one, group_by, group, quarter, *_averaged(part))


def _wholes(rows: pd.DataFrame) -> pd.DataFrame:
    """Average each period's groups where nobody handed in a figure of the whole line."""
    groups = rows[rows["group_by"] == rows["group_by"].iloc[0]]
    made = []
    for period, part in groups.groupby("period", sort=False):
        value, n = _averaged(part)
        made.append({"group_by": None, "group": None, "period": period, "value": value, "n": n})
    return pd.DataFrame(made).reindex(columns=list(rows)).astype(rows.dtypes.to_dict())


def _averaged(part: pd.DataFrame) -> tuple[float, int | None]:
    """Give the mean of the figures that are known, by ``n`` where each of them has one."""
    held = part[part["value"].notna()]
    if held.empty:
        return np.nan, None
    counted = held["n"].notna().all() and held["n"].sum() > 0
    weights = held["n"] if counted else held["value"] * 0 + 1
    whole = float((held["value"] * weights).sum() / weights.sum())
    return whole, int(held["n"].sum()) if counted else None


def _plain(
    one: Indicator, group_by: str | None, group: str | None, period: str, value: float, n: object
) -> Figure:
    absent = pd.isna(value)
    return Figure(
        one.id,
        group_by,
        group,
        period,
        np.nan if absent else float(value),
        n=None if pd.isna(n) else int(n),
        reason="blank" if absent else "no_error",
    )


def _read(one: Indicator, rows: pd.DataFrame, quarter: str) -> list[Figure]:
    figures = []
    for row in rows.to_dict("records"):
        value, se, low, high = (
            np.nan if pd.isna(row.get(key)) else float(row[key])
            for key in ("estimate", "se", "ci_low", "ci_high")
        )
        group_by, group, reason = (
            None if pd.isna(row.get(key)) else str(row[key])
            for key in ("group_by", "group", "reason")
        )
        n = None if pd.isna(row["n"]) else int(row["n"])
        if np.isnan(se) and 0 <= value <= 1 and n and not np.isnan(low):
            # Rates of follow-ups come with an interval and no error.
            se = float(np.sqrt(value * (1 - value) / n))
        figures.append(Figure(one.id, group_by, group, quarter, value, se, low, high, n, reason))
    return figures
