"""The state of the process as tickets tell it: how long, how often late, where it jams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from csatlib.estimates import proportion_interval
from csatlib.evaluation.arguments import fitted
from csatlib.study import Stage

__all__ = ["process_state", "rework"]


def process_state(
    tickets: pd.DataFrame,
    stages: Sequence[Stage],
    *,
    by: Sequence[str] = (),
    key: str = "ticket_id",
    n_boot: int = 500,
    conf: float = 0.95,
    min_base: int = 30,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Say of each stage of the tickets how long it takes, how often it keeps its limit.

    Parameters
    ----------
    tickets : DataFrame
        One row a ticket with the times that the stages name.
    stages : sequence of Stage
        The stages in their order, as `Study.stages` holds them.
    by : sequence of str
        Columns of the tickets, such as ``team``: each of their values is told apart, besides all
        tickets together.
    key : str
        The column that names the ticket.
    n_boot : int
        Resamples of tickets for the interval of the share of time.
    conf : float
        Confidence of the intervals.
    min_base : int
        With fewer tickets whose stage is timed nothing is told of it (``small_base``).
    seed : int
        Seed of the resampling.

    Returns
    -------
    DataFrame
        Table ``process_state``: ``group_by``, ``group`` (NA for all tickets), ``stage``, ``link``;
        ``tickets``; ``timed`` (both times known and in order), ``missing`` (one unknown),
        ``out_of_order`` (ends before it begins); ``median``, ``upper_decile`` and ``mean`` in
        minutes; ``share_of_time`` (the stage's part of the time of all stages, of tickets whose
        stages are all timed) with ``share_low`` and ``share_high``; ``limit``; ``within`` (share of
        the timed tickets that kept it) with Wilson's ``within_low`` and ``within_high``;
        ``late_time`` (minutes beyond the limit, a ticket); ``bottleneck``; ``reason``.

    Raises
    ------
    ValueError
        If no stage is given, a column is missing or one of times holds none, or a ticket's key
        stands twice.

    Notes
    -----
    The bottleneck is the stage with the largest share of time, where its interval lies above the
    share of every other stage's; no stage is one where the first two cannot be told apart.

    Examples
    --------
    >>> tickets = pd.DataFrame({"ticket_id": range(40),
    ...     "opened_at": pd.Timestamp("2026-07-01 09:00"),
    ...     "received_at": pd.Timestamp("2026-07-01 09:10"),
    ...     "closed_at": pd.Timestamp("2026-07-01 11:00")})
    >>> stages = [Stage(name="接收", since="opened_at", until="received_at", limit=15),
    ...     Stage(name="处理", since="received_at", until="closed_at")]
    >>> state = process_state(tickets, stages)
    >>> state[["stage", "median", "within", "bottleneck"]].values.tolist()
    [['接收', 10.0, 1.0, False], ['处理', 110.0, <NA>, True]]
    """
    _check(tickets, stages, by, key)
    rows = [
        {"group_by": group_by, "group": group, **row}
        for group_by, group, own in _groups(tickets, by)
        # A group has the same resamples whatever other groups there are.
        for row in _states(
            own.sort_values(key),
            stages,
            np.random.default_rng(seed),
            n_boot=n_boot,
            conf=conf,
            min_base=min_base,
        )
    ]
    return fitted(rows, "process_state")


def rework(
    tickets: pd.DataFrame,
    *,
    same: Sequence[str],
    days: int,
    until: pd.Timestamp,
    by: Sequence[str] = (),
    opened: str = "opened_at",
    closed: str = "closed_at",
    conf: float = 0.95,
) -> pd.DataFrame:
    """Say how many tickets came back: the same customer with the same problem, soon after closing.

    Parameters
    ----------
    tickets : DataFrame
        One row a ticket.
    same : sequence of str
        Columns that must agree for two tickets to be one matter, such as ``customer_id`` and
        ``problem_type``; tickets without one of them are left out.
    days : int
        A ticket counts as come back if another is opened within so many days of its closing.
    until : Timestamp
        The last day that the data reach; tickets closed less than ``days`` before it cannot be
        judged yet and do not count.
    by : sequence of str
        Columns to break down by.
    opened, closed : str
        The columns of times.
    conf : float
        Confidence of the interval (Wilson).

    Returns
    -------
    DataFrame
        Table ``rework``: ``group_by``, ``group``, ``tickets`` (closed ones),
        ``followed_long_enough``, ``reopened``, ``rate`` of those followed long enough, ``ci_low``,
        ``ci_high``, ``reason`` (``empty``).

    Raises
    ------
    ValueError
        If a column is missing or holds no times, or ``days`` is below 1.

    Examples
    --------
    >>> tickets = pd.DataFrame({"customer_id": ["a", "a", "b"], "problem_type": "网络",
    ...     "opened_at": pd.to_datetime(["2026-07-01", "2026-07-05", "2026-07-02"]),
    ...     "closed_at": pd.to_datetime(["2026-07-02", "2026-07-06", "2026-07-03"])})
    >>> told = rework(tickets, same=["customer_id", "problem_type"], days=14,
    ...     until=pd.Timestamp("2026-09-30"))
    >>> told[["followed_long_enough", "reopened"]].values.tolist()
    [[3, 1]]
    """
    if days < 1:
        raise ValueError(f"days: expected at least 1, found {days!r}")
    for column in (*same, *by, opened, closed):
        if column not in tickets:
            raise ValueError(f"tickets: no column {column!r}; known: {', '.join(tickets)}")
    for column in (opened, closed):
        _require_times(tickets, column)
    known = tickets[tickets[closed].notna() & tickets[list(same)].notna().all(axis=1)]
    ordered = known.assign(back=_come_back(tickets, known, list(same), opened, closed, days))
    rows = []
    for group_by, group, own in _groups(ordered, by):
        judged = own[own[closed] <= pd.Timestamp(until) - pd.Timedelta(days=days)]
        back, n = int(judged["back"].sum()), len(judged)
        low, high = _wilson(back, n, conf)
        rows.append(
            {
                "group_by": group_by,
                "group": group,
                "tickets": len(own),
                "followed_long_enough": n,
                "reopened": back,
                "rate": back / n if n else None,
                "ci_low": low,
                "ci_high": high,
                "reason": None if n else "empty",
            }
        )
    return fitted(rows, "rework")


def _come_back(
    tickets: pd.DataFrame, known: pd.DataFrame, same: list[str], opened: str, closed: str, days: int
) -> np.ndarray:
    """Say of each ticket whether another of the same matter is opened soon after its closing."""
    later = tickets[tickets[opened].notna() & tickets[same].notna().all(axis=1)]
    matter = pd.concat([known[same], later[same]]).groupby(same, sort=False).ngroup().to_numpy()
    ours, theirs = matter[: len(known)], matter[len(known) :]
    # Times of all matters on one axis, each matter in a stretch of its own.
    moments = later[opened].astype("datetime64[s]").astype("int64").to_numpy()
    ends = known[closed].astype("datetime64[s]").astype("int64").to_numpy()
    if not len(moments) or not len(ends):
        return np.zeros(len(known), dtype=bool)
    first = min(moments.min(), ends.min())
    stretch = max(moments.max(), ends.max()) - first + days * 86400 + 2
    axis = np.sort(theirs * stretch + moments - first)
    at = ours * stretch + ends - first
    return np.searchsorted(axis, at + days * 86400, side="right") > np.searchsorted(
        axis, at, side="left"
    )


def _states(
    own: pd.DataFrame,
    stages: Sequence[Stage],
    rng: np.random.Generator,
    *,
    n_boot: int,
    conf: float,
    min_base: int,
) -> list[dict[str, object]]:
    minutes = np.column_stack([_minutes(own, stage) for stage in stages])
    proper = np.where(minutes >= 0, minutes, np.nan)
    whole = proper[~np.isnan(proper).any(axis=1)]
    share, low, high = _shares(whole if len(whole) >= min_base else whole[:0], rng, n_boot, conf)
    first = int(np.argmax(share)) if len(share) > 1 and not np.isnan(share).any() else -1
    clear = first >= 0 and low[first] > np.delete(high, first).max()
    rows = []
    for place, stage in enumerate(stages):
        timed = proper[~np.isnan(proper[:, place]), place]
        rows.append(
            {
                "stage": stage.name,
                "link": stage.link,
                "tickets": len(own),
                "timed": len(timed),
                "missing": int(np.isnan(minutes[:, place]).sum()),
                "out_of_order": int((minutes[:, place] < 0).sum()),
                "share_of_time": share[place],
                "share_low": low[place],
                "share_high": high[place],
                "limit": stage.limit,
                "bottleneck": None if first < 0 else bool(clear and place == first),
                **_times(timed, stage.limit, conf=conf, min_base=min_base),
            }
        )
    return rows


def _times(
    timed: np.ndarray, limit: float | None, *, conf: float, min_base: int
) -> dict[str, object]:
    if len(timed) < min_base:
        return {"reason": "small_base" if len(timed) else "empty"}
    told: dict[str, object] = {
        "median": np.median(timed),
        "upper_decile": np.quantile(timed, 0.9),
        "mean": timed.mean(),
    }
    if limit is None:
        return told
    kept = int((timed <= limit).sum())
    low, high = _wilson(kept, len(timed), conf)
    late = np.maximum(timed - limit, 0).mean()
    return told | {
        "within": kept / len(timed),
        "within_low": low,
        "within_high": high,
        "late_time": late,
    }


def _shares(
    whole: np.ndarray, rng: np.random.Generator, n_boot: int, conf: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each stage's part of all time, with the percentile interval over resampled tickets."""
    nothing = np.full(whole.shape[1], np.nan)
    if not len(whole) or not whole.sum() > 0:
        return nothing, nothing, nothing
    total = whole.sum(axis=0)
    times_drawn = rng.multinomial(len(whole), np.full(len(whole), 1 / len(whole)), size=n_boot)
    sums = times_drawn @ whole
    with np.errstate(invalid="ignore"):
        drawn = sums / sums.sum(axis=1, keepdims=True)
    ends = np.nanquantile(drawn, [(1 - conf) / 2, (1 + conf) / 2], axis=0)
    return total / total.sum(), ends[0], ends[1]


def _minutes(own: pd.DataFrame, stage: Stage) -> np.ndarray:
    spent = (own[stage.until] - own[stage.since]) / pd.Timedelta(minutes=1)
    return spent.to_numpy(float, na_value=np.nan)


def _wilson(count: int, n: int, conf: float) -> tuple[float | None, float | None]:
    if not n:
        return None, None
    limits = proportion_interval(count, n, conf=conf).iloc[0]
    return float(limits["ci_low"]), float(limits["ci_high"])


def _groups(
    rows: pd.DataFrame, by: Sequence[str]
) -> Iterator[tuple[str | None, str | None, pd.DataFrame]]:
    yield None, None, rows
    for column in by:
        for value, own in rows.groupby(column, sort=True):
            yield column, str(value), own


def _check(tickets: pd.DataFrame, stages: Sequence[Stage], by: Sequence[str], key: str) -> None:
    if not stages:
        raise ValueError("stages: expected at least one, found none; write them in the study file")
    for column in (key, *by, *(c for stage in stages for c in (stage.since, stage.until))):
        if column not in tickets:
            raise ValueError(
                f"tickets: no column {column!r}; known: {', '.join(map(str, tickets))}"
            )
    for stage in stages:
        for column in (stage.since, stage.until):
            _require_times(tickets, column)
    if tickets[key].duplicated().any():
        raise ValueError(f"tickets.{key}: expected each ticket once, found some twice")


def _require_times(tickets: pd.DataFrame, column: str) -> None:
    if not pd.api.types.is_datetime64_any_dtype(tickets[column].dtype):
        raise ValueError(
            f"tickets.{column}: expected times, found {tickets[column].dtype}; read them with "
            "pandas.to_datetime"
        )
