"""Whether a problem comes back (问题重复发生率): after a measure, and within so many days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from numbers import Real

import pandas as pd

from csatlib.actions.counts import Figure, rate, rate_ratio, share
from csatlib.actions.rows import as_day
from csatlib.fieldwork.arguments import as_contract, check_conf, columns_of, groups_of
from csatlib.sampling.reading import times_of
from csatlib.schema import TABLES

__all__ = ["recurrence", "repeats"]

_COLUMNS = list(TABLES["recurrence"].columns)
_PERIODS = {"month": "M", "quarter": "Q"}


def recurrence(
    mentions: pd.DataFrame,
    problem: str,
    *,
    started_on: date | str,
    done_on: date | str,
    today: date | str,
    column: str = "theme",
    unit: str = "comment_id",
    key: str = "customer_id",
    at: str = "submitted_at",
    since: date | str | None = None,
    per: float = 100,
    action_id: str | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    r"""Say whether a problem is raised again after the measure against it.

    Parameters
    ----------
    mentions : DataFrame
        One row a comment and theme, such as the table ``coded`` joined with the customer and the
        time of its response; a comment without a theme has one row with ``column`` missing. Or
        one row a ticket, with ``column="problem_type"``, ``unit="ticket_id"``,
        ``at="opened_at"`` and ``per=1000``.
    problem : str
        The theme or problem type.
    started_on, done_on : date or str
        When the measure began and was done: before is earlier than ``started_on``, after is from
        ``done_on`` on. What lies between is left out.
    today : date or str
        The day of the run; later rows are left out.
    column, unit, key, at : str
        The columns of the problem, the comment or ticket, the customer and the time.
    since : date or str, optional
        The first day that counts as before; without it everything earlier does.
    per : float
        Rates are given per so many comments or tickets.
    action_id : str, optional
        Written into the table.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``recurrence``: ``action_id``, ``problem``, ``metric``, ``period``, ``group_by`` and
        ``group`` (NA), ``events``, ``base``, ``per``, ``estimate``, ``ci_low``, ``ci_high``,
        ``p`` and ``reason`` (``empty``, ``no_events``, or ``none_before`` where there is no ratio
        to nothing). Five rows: ``raised_again``, of the customers who raised the problem before
        the share who raised it after; ``raised_again_heard``, of those of them alone who were
        heard after at all (both Wilson); ``rate`` before and after, comments or tickets with the
        problem per ``per`` (exact Poisson); ``rate_ratio``, after over before (exact).

    Raises
    ------
    ValueError
        If a column is missing, a time cannot be read, or the measure was done before it began.

    Notes
    -----
    The truth lies between the first two: who is silent may be content or gone. Rows without a
    time are left out; rows without a customer count in the rates only.

    Given the sum of the two counts, the count after is binomial, so with the Clopper–Pearson
    limits :math:`q` of its share, :math:`q / (1 - q) \cdot T_1 / T_2` are exact limits of the rate
    ratio; p is the exact two-sided binomial test. Both are ``poisson.test`` of R. Several comments
    of one customer are taken as independent.

    Source: Przyborowski and Wilenski (1940), *Biometrika* 31, 313–323; Garwood (1936),
    *Biometrika* 28, 437–442; for shares `estimates.proportion_interval`.

    Examples
    --------
    >>> tickets = pd.DataFrame({
    ...     "ticket_id": list("abcd"), "customer_id": ["C1", "C2", "C1", "C2"],
    ...     "problem_type": ["网络故障", "网络故障", "网络故障", "应用故障"],
    ...     "opened_at": pd.to_datetime(["2026-05-01", "2026-05-02", "2026-08-01", "2026-08-02"])})
    >>> table = recurrence(tickets, "网络故障", started_on="2026-07-01", done_on="2026-07-15",
    ...                    today="2026-09-30", column="problem_type", unit="ticket_id",
    ...                    at="opened_at", per=1000)
    >>> table[["metric", "period", "events", "base", "estimate"]].head(4).values.tolist()[0]
    ['raised_again', 'after', 1, 2, 0.5]
    """
    columns_of(mentions, [column, unit, key, at], "mentions")
    check_conf(conf)
    first, last = as_day(started_on, "started_on"), as_day(done_on, "done_on")
    if last < first:
        whose = "" if action_id is None else f" of measure {action_id}"
        raise ValueError(
            f"done_on: expected a day from started_on ({first.date()}) on, found {last.date()}"
            f"{whose}; check both days"
        )
    rows = _until(mentions, at, today)
    earliest = pd.Timestamp.min if since is None else as_day(since, "since")
    sides = {
        "before": rows[(rows[at] >= earliest) & (rows[at] < first)],
        "after": rows[rows[at] >= last],
    }
    raised = {name: df[df[column].eq(problem).fillna(value=False)] for name, df in sides.items()}
    n = {name: (raised[name][unit].nunique(), df[unit].nunique()) for name, df in sides.items()}
    customers = set(raised["before"][key].dropna())
    again = len(customers & set(raised["after"][key].dropna()))
    heard = len(customers & set(sides["after"][key].dropna()))
    found = [
        ("raised_again", "after", again, len(customers), 1, share(again, len(customers), conf)),
        ("raised_again_heard", "after", again, heard, 1, share(again, heard, conf)),
        *(("rate", name, *n[name], per, rate(*n[name], per, conf)) for name in sides),
        ("rate_ratio", "after", None, None, 1, rate_ratio(*n["after"], *n["before"], conf)),
    ]
    return _table([(problem, None, None, *row) for row in found], action_id)


def repeats(
    tickets: pd.DataFrame,
    *,
    today: date | str,
    days: int = 30,
    every: str = "month",
    by: Sequence[str] = (),
    column: str = "problem_type",
    key: str = "customer_id",
    at: str = "opened_at",
    since: str | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Give the share of tickets after which the same customer has the same problem again.

    Parameters
    ----------
    tickets : DataFrame
        One row a ticket.
    today : date or str
        The day up to which tickets are known.
    days : int
        A repeat lies at most so many days after.
    every : str
        ``month`` or ``quarter``: by when the first of the two tickets was opened.
    by : sequence of str
        Columns of the first ticket whose values, taken together, form groups, such as the team.
    column, key, at : str
        The columns of the problem type, the customer and the time of opening.
    since : str, optional
        The column from which the days count, such as ``closed_at``; without it ``at``.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``recurrence`` with ``metric`` ``repeat``, one row a problem type, period and group:
        ``base`` the tickets whose ``days`` days are over by ``today``, ``events`` those of them
        that were followed by another, ``estimate`` their share with Wilson's interval; ``reason``
        ``follow_up_open`` in a period none of whose tickets can be judged yet. ``action_id`` and
        ``p`` are NA, ``per`` is 1.

    Raises
    ------
    ValueError
        If a column is missing, a time cannot be read, or ``days`` or ``every`` is none.

    Notes
    -----
    A ticket counts if it has a customer, a problem type and both times. Only tickets whose whole
    follow-up is known are in the base, so that late periods do not look better than they are. A
    repeat is a later ticket that is opened after the first was opened (or, with ``since``, after
    that time) and at most ``days`` × 24 hours later; where several are opened in the same
    moment, all but the last count as followed. Tickets that follow one another each count.

    Examples
    --------
    >>> tickets = pd.DataFrame({
    ...     "customer_id": ["C1", "C1", "C2"], "problem_type": ["网络故障"] * 3,
    ...     "opened_at": pd.to_datetime(["2026-07-01", "2026-07-11", "2026-07-02"])})
    >>> repeats(tickets, today="2026-09-30")[["period", "events", "base"]].values.tolist()
    [['2026-07', 1, 3]]
    """
    start = at if since is None else since
    columns_of(tickets, [column, key, at, start], "tickets")
    check_conf(conf)
    if every not in _PERIODS:
        raise ValueError(f"every: expected one of {[*_PERIODS]}, found {every!r}")
    if not isinstance(days, Real) or not days > 0:
        raise ValueError(f"days: expected a number of days above 0, found {days!r}")
    rows = _until(tickets.dropna(subset=[column, key]).reset_index(drop=True), at, today)
    rows = rows.assign(_since=times_of(rows[start], f"tickets.{start}")).dropna(subset="_since")
    rows = rows.assign(_next=_next(rows, column, key, at, strictly=since is not None))
    span, end = pd.Timedelta(days=days), as_day(today, "today") + pd.Timedelta(days=1)
    rows["_over"] = rows["_since"] + span <= end
    rows["_again"] = rows["_over"] & (rows["_next"] - rows["_since"] <= span)
    rows["_period"] = _period(rows[at], every)
    groups = groups_of(rows, by)
    rows = rows.assign(_group=groups.codes)[groups.codes >= 0]
    found = []
    for (problem, period, code), own in rows.groupby([column, "_period", "_group"], observed=True):
        events, base = int(own["_again"].sum()), int(own["_over"].sum())
        figure = share(events, base, conf) if base else Figure(reason="follow_up_open")
        label = groups.labels[code]
        found.append((problem, groups.name, label, "repeat", period, events, base, 1, figure))
    return _table(found, None)


def _until(df: pd.DataFrame, at: str, today: date | str) -> pd.DataFrame:
    """Keep the rows with a time that is not later than the day."""
    times = times_of(df[at], at)
    end = as_day(today, "today") + pd.Timedelta(days=1)
    return df.assign(**{at: times})[(times < end).to_numpy(dtype=bool, na_value=False)]


def _next(rows: pd.DataFrame, column: str, key: str, at: str, *, strictly: bool) -> pd.Series:
    """Find when the same customer's next ticket of the type was opened; NaT without one."""
    if not strictly:
        ordered = rows.sort_values(at, kind="stable")
        return ordered.groupby([key, column], observed=True)[at].shift(-1).reindex(rows.index)
    own = rows[[key, column, "_since"]].reset_index(names="_row").sort_values("_since")
    opened = rows[[key, column, at]].rename(columns={at: "_opened"}).sort_values("_opened")
    found = pd.merge_asof(
        own,
        opened,
        left_on="_since",
        right_on="_opened",
        by=[key, column],
        direction="forward",
        allow_exact_matches=False,
    )
    return found.set_index("_row")["_opened"].reindex(rows.index)


def _period(times: pd.Series, every: str) -> pd.Series:
    return times.dt.to_period(_PERIODS[every]).astype("str")


def _table(found: Sequence[tuple[object, ...]], action_id: str | None) -> pd.DataFrame:
    names = ["problem", "group_by", "group", "metric", "period", "events", "base", "per"]
    rows = [
        {**dict(zip(names, row, strict=False)), **row[-1].columns(), "action_id": action_id}
        for row in found
    ]
    return as_contract(pd.DataFrame(rows, columns=_COLUMNS), "recurrence")
