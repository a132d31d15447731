"""How soon after its closing a ticket was asked about, and whether late answers differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from csatlib.fieldwork.arguments import (
    Groups,
    as_contract,
    check_conf,
    columns_of,
    distinct,
    groups_of,
)
from csatlib.fieldwork.welch import holm, welch
from csatlib.sampling.reading import day_of, numbers_of, one_type, texts_of, times_of

__all__ = ["late_differences", "lateness", "timeliness"]

_EVENTS = ("invited_at", "answered_at")
_BANDS = {
    "up_to_1_day": (-np.inf, 1.0),
    "up_to_2_days": (1.0, 2.0),
    "up_to_3_days": (2.0, 3.0),
    "up_to_7_days": (3.0, 7.0),
    "over_7_days": (7.0, np.inf),
}
_DAY = pd.Timedelta(days=1)


def lateness(
    tickets: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    key: str = "ticket_id",
    closed_at: str = "closed_at",
    invitations: pd.DataFrame | None = None,
    calendar: bool = False,
) -> pd.DataFrame:
    """Say of each ticket how long after its closing it was asked about and answered.

    Parameters
    ----------
    tickets : DataFrame
        One row a ticket, such as table ``frame`` of an event survey.
    responses : DataFrame
        Answers with the key and ``submitted_at``, such as table ``responses``.
    key : str
        The column by which they belong together.
    closed_at : str
        The column of ``tickets`` with the time of closing.
    invitations : DataFrame, optional
        Table ``invitations``, with the key and ``invited_at``.
    calendar : bool
        Count days of the calendar, for times that hold a date only, instead of elapsed time.

    Returns
    -------
    DataFrame
        The rows and columns of ``tickets``, with ``invited_at`` (the first invitation),
        ``answered_at`` (the first answer), and ``invited_after`` and ``answered_after``, days
        from closing; negative before it, NA where either time is missing.

    Raises
    ------
    ValueError
        If a column is missing, the tickets repeat a key, ids are text in one table and numbers in
        another, or times have a zone or cannot be read.

    Examples
    --------
    >>> tickets = pd.DataFrame({"ticket_id": ["T1"], "closed_at": pd.to_datetime(["2026-07-01"])})
    >>> answers = pd.DataFrame({"ticket_id": ["T1"],
    ...                         "submitted_at": pd.to_datetime(["2026-07-04 12:00"])})
    >>> lateness(tickets, answers)["answered_after"].tolist()
    [3.5]
    """
    columns_of(tickets, [key, closed_at], "tickets")
    if tickets[key].dropna().duplicated().any():
        raise ValueError(
            f"tickets.{key}: expected each once, found "
            f"{int(tickets[key].dropna().duplicated().sum())} rows that repeat one"
        )
    tables = {"tickets": tickets, "responses": responses, "invitations": invitations}
    one_type({f"{n}.{key}": df.get(key) for n, df in tables.items() if df is not None})
    first = {
        "invited_at": _first(invitations, key, "invited_at", "invitations"),
        "answered_at": _first(responses, key, "submitted_at", "responses"),
    }
    found = {}
    closing = times_of(tickets[closed_at], f"tickets.{closed_at}")
    ids = texts_of(tickets[key])
    for name, times in first.items():
        at = times.reindex(ids).astype("datetime64[us]").set_axis(tickets.index)
        waited = at.dt.normalize() - closing.dt.normalize() if calendar else at - closing
        found[name] = at
        found[name.replace("_at", "_after")] = (waited / _DAY).astype("Float64")
    return tickets.assign(**{closed_at: closing}, **found)


def _first(df: pd.DataFrame | None, key: str, time: str, argument: str) -> pd.Series:
    """Give the earliest time of each key."""
    if df is None or not len(df):
        return pd.Series(dtype="datetime64[us]")
    columns_of(df, [key, time], argument)
    times, there = times_of(df[time], f"{argument}.{time}"), df[key].notna() & df[time].notna()
    return times[there].groupby(texts_of(df.loc[there, key])).min()


def timeliness(
    tickets: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    days: float = 2,
    by: Sequence[str] = (),
    key: str = "ticket_id",
    closed_at: str = "closed_at",
    invitations: pd.DataFrame | None = None,
    calendar: bool = False,
    as_of: date | str | None = None,
) -> pd.DataFrame:
    """Say which share of the closed tickets was surveyed in time, and how late the others were.

    Parameters
    ----------
    tickets, responses, key, closed_at, invitations, calendar
        As for `lateness`.
    days : float
        The longest wait that is in time, in days after closing; the limit itself is in time.
    by : sequence of str
        Columns of ``tickets`` whose values, taken together, form the groups.
    as_of : date or str, optional
        The last day of the fieldwork: a ticket that was closed less than ``days`` before its end
        and is not surveyed yet is ``pending``, not missed. Surveys after that day do not count.

    Returns
    -------
    DataFrame
        Table ``timeliness``, one row a group and ``event``: ``invited_at``, by the first
        invitation, and ``answered_at``, by the first answer. Counts: ``tickets``; ``not_closed``
        (no time of closing); ``pending``; ``surveyed`` and ``never`` of the others;
        ``before_closing``, surveyed too early, and ``in_time``, those among them. Shares, 0 to 1:
        ``share_of_surveyed`` and ``share_of_closed`` (surveyed and never), in time. Days from
        closing of the surveyed: ``median``, ``lower_quartile``, ``upper_quartile``, ``longest``.
        Bands: ``up_to_1_day``, ``up_to_2_days`` (more than 1), ``up_to_3_days``,
        ``up_to_7_days``, ``over_7_days``, which add up to ``surveyed``.

    Raises
    ------
    ValueError
        As `lateness` does, or if ``days`` is negative.

    Notes
    -----
    Quartiles interpolate between the nearest values (R's type 7).

    Examples
    --------
    >>> tickets = pd.DataFrame({"ticket_id": ["T1", "T2", "T3"],
    ...                         "closed_at": pd.to_datetime(["2026-07-01"] * 3)})
    >>> answers = pd.DataFrame({"ticket_id": ["T1", "T2"],
    ...                         "submitted_at": pd.to_datetime(["2026-07-03", "2026-07-04"])})
    >>> answered = timeliness(tickets, answers).set_index("event").loc["answered_at"]
    >>> print(answered["in_time"], answered["never"], answered["share_of_surveyed"])
    1 1 0.5
    """
    _check_days(days)
    waits = lateness(
        tickets,
        responses,
        key=key,
        closed_at=closed_at,
        invitations=invitations,
        calendar=calendar,
    )
    groups = groups_of(tickets, by)
    closing = waits[closed_at]
    end = None if as_of is None else day_of(as_of) + _DAY
    tables = []
    for event in _EVENTS:
        waited = waits[event.replace("_at", "_after")].astype("float64").to_numpy(copy=True)
        if end is not None:
            waited[(waits[event] >= end).to_numpy()] = np.nan
        young = np.zeros(len(waits), dtype=bool)
        if end is not None:
            young = (closing > end - days * _DAY).to_numpy()
        tables.append(_summary(groups, waited, closing.notna().to_numpy(), young, days, event))
    whole = pd.concat(tables, ignore_index=True)
    order = np.arange(len(whole)).reshape(len(_EVENTS), -1).T.ravel()
    return as_contract(whole.iloc[order], "timeliness")


def _check_days(days: float) -> None:
    if not days >= 0:
        raise ValueError(f"days: expected a number of days, 0 or more, found {days!r}")


def _summary(
    groups: Groups,
    waited: np.ndarray,
    closed: np.ndarray,
    young: np.ndarray,
    days: float,
    event: str,
) -> pd.DataFrame:
    """Count one event's waits by group; ``waited`` is NaN where a ticket was not surveyed."""
    surveyed = closed & ~np.isnan(waited)
    pending = closed & ~surveyed & young
    with np.errstate(invalid="ignore"):
        in_time, early = surveyed & (waited <= days), surveyed & (waited < 0)
        bands = {
            name: groups.count(surveyed & (waited > low) & (waited <= high))
            for name, (low, high) in _BANDS.items()
        }
    marks = {"tickets": np.ones(len(waited), dtype=bool), "not_closed": ~closed, "pending": pending}
    marks |= {"surveyed": surveyed, "never": closed & ~surveyed & ~pending}
    marks |= {"before_closing": early, "in_time": in_time}
    n = {name: groups.count(mark) for name, mark in marks.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {
            "share_of_surveyed": n["in_time"] / n["surveyed"],
            "share_of_closed": n["in_time"] / (n["surveyed"] + n["never"]),
        }
    spread = _spread(groups, waited, surveyed)
    return pd.DataFrame({**groups.columns(), "event": event, **n, **shares, **spread, **bands})


def _spread(groups: Groups, waited: np.ndarray, surveyed: np.ndarray) -> dict[str, np.ndarray]:
    own = pd.Series(waited[surveyed]).groupby(groups.codes[surveyed])
    quantiles = {"median": 0.5, "lower_quartile": 0.25, "upper_quartile": 0.75, "longest": 1.0}
    places = range(len(groups))
    return {name: own.quantile(q).reindex(places).to_numpy() for name, q in quantiles.items()}


def late_differences(
    tickets: pd.DataFrame,
    responses: pd.DataFrame,
    items: Sequence[str],
    *,
    days: float = 2,
    key: str = "ticket_id",
    closed_at: str = "closed_at",
    calendar: bool = False,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Say whether answers that came late differ from those in time.

    Parameters
    ----------
    tickets, key, closed_at, calendar
        As for `lateness`.
    responses : DataFrame
        Answers with the key, ``submitted_at`` and the items.
    items : sequence of str
        Numeric (or boolean) columns of ``responses``.
    days : float
        The longest wait that is in time, in days after closing.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``late_differences``, one row an item: ``item``, ``n_in_time``, ``n_late``,
        ``mean_in_time``, ``mean_late``, ``difference`` (late less in time), ``se``, ``df``,
        ``ci_low``, ``ci_high``, ``statistic``, ``p``, ``p_adjusted`` (Holm, over the items) and
        ``reason``: ``empty``, ``single_answer`` or ``no_variation`` where there is no interval.

    Raises
    ------
    ValueError
        As `lateness` does, or if an item is no column or holds text or infinite numbers.

    Notes
    -----
    Welch's t test, unweighted: each answer stands for itself. Answers differ in lateness for
    reasons that may also bear on satisfaction, so the difference is no effect of waiting.
    Source: B. L. Welch, Biometrika 34 (1947).

    Examples
    --------
    >>> tickets = pd.DataFrame({"ticket_id": list("abcd"),
    ...                         "closed_at": pd.to_datetime(["2026-07-01"] * 4)})
    >>> times = ["2026-07-02", "2026-07-02", "2026-07-09", "2026-07-09"]
    >>> answers = pd.DataFrame({"ticket_id": list("abcd"), "submitted_at": pd.to_datetime(times),
    ...                         "overall": [5, 4, 3, 4]})
    >>> late_differences(tickets, answers, ["overall"])["difference"].tolist()
    [-1.0]
    """
    _check_days(days)
    check_conf(conf)
    listed = columns_of(responses, distinct(items, "items"), "items")
    columns_of(responses, [key, "submitted_at"], "responses")
    closed = lateness(tickets, responses, key=key, closed_at=closed_at)
    closing = closed[closed_at].set_axis(texts_of(closed[key]))
    closing = closing[closing.index.notna()]
    own = pd.DataFrame({closed_at: texts_of(responses[key]).map(closing)}).reset_index(drop=True)
    # Each answer by its own time: the second to a ticket is not as early as the first.
    own["answer"] = [str(n) for n in range(len(own))]
    sent = responses["submitted_at"].reset_index(drop=True)
    waits = lateness(
        own,
        pd.DataFrame({"answer": own["answer"], "submitted_at": sent}),
        key="answer",
        closed_at=closed_at,
        calendar=calendar,
    )["answered_after"].astype("float64")
    with np.errstate(invalid="ignore"):
        late, in_time = (waits > days).to_numpy(), (waits <= days).to_numpy()
    lines = []
    for item in listed:
        scores = numbers_of(responses[item], f"items {item!r}")
        there = ~np.isnan(scores)
        one, other = scores[late & there], scores[in_time & there]
        sides = {"n_in_time": len(other), "n_late": len(one)}
        sides |= {"mean_in_time": _mean(other), "mean_late": _mean(one)}
        lines.append({"item": item, **sides, **welch(one, other, conf=conf)})
    columns = ["item", "n_in_time", "n_late", "mean_in_time", "mean_late", "difference", "se"]
    columns += ["df", "ci_low", "ci_high", "statistic", "p", "reason"]
    table = pd.DataFrame(lines, columns=columns)
    table["p_adjusted"] = holm(table["p"].to_numpy(dtype=float))
    return as_contract(table, "late_differences")


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan
