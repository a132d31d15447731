"""Whom to ask when no sample is drawn: after an event, every quarter, and after long silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pandas as pd

from csatlib.sampling.arguments import columns_of, keyed, whole
from csatlib.sampling.reading import day_of, one_type, texts_of, times_of

__all__ = ["event_list", "quarterly_list", "silent_list"]

#: How an invitation ended when the customer answered.
ANSWERED = ("complete", "partial")


def event_list(
    tickets: pd.DataFrame,
    *,
    as_of: str | date,
    days: int = 2,
    asked: Iterable[str] = (),
    rest_days: int = 0,
    key: str = "ticket_id",
    customer: str = "customer_id",
    closed: str = "closed_at",
) -> pd.DataFrame:
    """List the tickets to be asked about, with the day by which, and why others are not.

    Parameters
    ----------
    tickets : DataFrame
        One row a ticket, with its id, its customer's and the time at which it was closed.
    as_of : str or date
        The day up to which tickets count, such as ``2026-09-30``.
    days : int
        How many days after the closing a ticket is to be asked about at the latest.
    asked : iterable of str
        Ids of tickets that were asked about already.
    rest_days : int
        A customer is asked again only this many days after the last ticket listed; 0 for always.
    key, customer, closed : str
        The columns of the ticket, its customer and the time of closing.

    Returns
    -------
    DataFrame
        One row a row of ``tickets``, by closing and id: the three columns; ``due_on``, the day by
        which to ask (NA while open); ``listed``, whether to ask; ``reason`` why not (``no_id``,
        ``repeated`` the ticket stands in an earlier row, ``not_closed``, ``closed_later``,
        ``asked``, ``resting``), NA for those listed; ``overdue``, whether ``due_on`` is past.

    Raises
    ------
    ValueError
        If a column is missing, ``closed`` holds no times or times with a zone, ``as_of`` is no
        day, or the ids of ``asked`` are of another type than those of the tickets.

    Examples
    --------
    >>> tickets = pd.DataFrame({"ticket_id": ["T1", "T2"], "customer_id": ["C1", "C2"],
    ...                         "closed_at": pd.to_datetime(["2026-09-29 16:00", None])})
    >>> found = event_list(tickets, as_of="2026-09-30")
    >>> found["due_on"].dt.day.tolist(), found["reason"].tolist()
    ([1.0, nan], [nan, 'not_closed'])
    """
    columns_of(tickets, [key, customer, closed], "tickets")
    wait, rest, today = whole(days, "days"), whole(rest_days, "rest_days"), day_of(as_of)
    if not pd.api.types.is_datetime64_any_dtype(tickets[closed]):
        raise ValueError(
            f"closed: expected times in {closed!r}, found dtype {tickets[closed].dtype}; "
            f"convert them with pandas.to_datetime"
        )
    times = times_of(tickets[closed], f"tickets.{closed}")
    before = _ids(asked)
    one_type({f"tickets.{key}": tickets[key], "asked": before})
    table = (
        tickets[[key, customer]].assign(**{closed: times}).sort_values([closed, key], kind="stable")
    )
    table = table.reset_index(drop=True)
    day = table[closed].dt.normalize()
    table["due_on"] = (day + pd.Timedelta(days=wait)).astype("datetime64[us]")
    reason = pd.Series(None, index=table.index, dtype="str")
    told = [
        ("no_id", table[key].isna()),
        ("repeated", table.duplicated(key)),
        ("not_closed", day.isna()),
        ("closed_later", day > today),
        ("asked", table[key].notna() & texts_of(table[key]).isin(texts_of(before).dropna())),
    ]
    for word, applies in told:
        reason = reason.mask(reason.isna() & applies, word)
    resting = _resting(table[customer], day, reason.isna(), rest)
    reason = reason.mask(resting, "resting").astype("str")
    overdue = reason.isna() & (table["due_on"] < today)
    return table.assign(listed=reason.isna(), reason=reason, overdue=overdue)


def quarterly_list(
    customers: pd.DataFrame,
    *,
    tiers: Sequence[str],
    tier: str = "tier",
    key: str = "customer_id",
) -> pd.DataFrame:
    """List every customer of the tiers that are asked each quarter, the most important first.

    Parameters
    ----------
    customers : DataFrame
        One row a customer.
    tiers : sequence of str
        The tiers to ask whole, the most important first, such as 核心客户 and 重要客户.
    tier, key : str
        The columns of the tier and of the customer.

    Returns
    -------
    DataFrame
        The customers of these tiers, every column, by importance and id, with ``importance``: 1
        for the first tier.

    Raises
    ------
    ValueError
        If a column is missing, a customer stands in two rows, or a tier has no customer at all.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["C1", "C2", "C3"], "tier": list("丙甲乙")})
    >>> quarterly_list(customers, tiers=["甲", "乙"])["customer_id"].tolist()
    ['C2', 'C3']
    """
    columns_of(customers, [tier, key], "customers")
    order = _order(tiers, "tiers")
    strange = [name for name in order if not (customers[tier] == name).any()]
    if strange:
        raise ValueError(
            f"tiers: expected tiers of the customers, found {strange}; {tier!r} holds "
            f"{sorted(customers[tier].dropna().unique())[:8]}"
        )
    listed = keyed(customers[customers[tier].isin(order)], key)
    listed = listed.assign(importance=_importance(listed[tier], order))
    return listed.sort_values(["importance", key], kind="stable").reset_index(drop=True)


def silent_list(
    frame: pd.DataFrame,
    history: pd.DataFrame,
    *,
    quarters: int = 2,
    tiers: Sequence[str] = (),
    tier: str = "tier",
    key: str = "customer_id",
) -> pd.DataFrame:
    """List customers who answered in none of the last quarters, the most important first.

    Parameters
    ----------
    frame : DataFrame
        One row a customer (or several, of which the first counts), with ids as in ``history``.
    history : DataFrame
        Earlier quarters one below the other, with ``quarter`` and the customer's id: answers
        (each row is one), or invitations and how they ended in ``disposition``, of which
        ``complete`` and ``partial`` are answers and ``not_invited`` no invitation.
    quarters : int
        How many of the last quarters in ``history`` count; all where there are fewer.
    tiers : sequence of str
        The tiers, the most important first; others come after them.
    tier, key : str
        The columns of the tier and of the customer.

    Returns
    -------
    DataFrame
        Every column of ``frame``, by importance, times asked (the most first) and id, with
        ``importance`` (1 for the first tier, NA for no tier named), ``quarters`` (how many were
        looked at) and ``asked`` (in how many of them the customer was invited; NA where
        ``history`` holds answers only). Nobody where no quarter is known.

    Raises
    ------
    ValueError
        If a column is missing, or ids are text in one table and numbers in the other.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["C1", "C2", "C3"], "tier": ["普通", "核心", "核心"]})
    >>> answers = pd.DataFrame({"quarter": ["2026Q1", "2026Q2"], "customer_id": ["C2", "C2"]})
    >>> silent_list(frame, answers, tiers=["核心"])["customer_id"].tolist()
    ['C3', 'C1']
    """
    columns_of(frame, [key, *([tier] if tiers else [])], "frame")
    columns_of(history, ["quarter", key], "history")
    one_type({f"frame.{key}": frame[key], f"history.{key}": history[key]})
    history = history.assign(**{key: texts_of(history[key])})
    last = sorted(history["quarter"].dropna().unique())[-whole(quarters, "quarters", 1) :]
    past = history[history["quarter"].isin(last) & history[key].notna()]
    told = "disposition" in past
    answers = past[past["disposition"].isin(ANSWERED)] if told else past
    invited = past[past["disposition"] != "not_invited"] if told else past.iloc[:0]
    people = frame[frame[key].notna()].drop_duplicates(key)
    heard = texts_of(people[key]).isin(answers[key])
    silent = people[~heard] if last else people.iloc[:0]
    asked = texts_of(silent[key]).map(invited.groupby(key)["quarter"].nunique()).astype("Int64")
    silent = silent.assign(
        importance=_importance(silent[tier] if tiers else silent[key], _order(tiers, "tiers")),
        quarters=pd.Series(len(last), index=silent.index, dtype="Int64"),
        asked=asked.fillna(0) if told else asked,
    )
    placed = silent.sort_values(
        ["importance", "asked", key], ascending=[True, False, True], kind="stable"
    )
    return placed.reset_index(drop=True)


def _ids(asked: Iterable[str]) -> pd.Series:
    if isinstance(asked, str):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            "asked: expected a sequence of ids, found one text; write asked=[…]"
        )
    return pd.Series(asked if isinstance(asked, pd.Series) else list(asked))


def _order(tiers: Sequence[str], argument: str) -> list[str]:
    if isinstance(tiers, str) or len(set(tiers)) != len(tiers):
        raise ValueError(
            f"{argument}: expected a sequence of tiers, each once, found {tiers!r}; "
            f"write {argument}=['核心客户', '重要客户']"
        )
    return list(tiers)


def _importance(values: pd.Series, order: Sequence[str]) -> pd.Series:
    ranks = {name: rank for rank, name in enumerate(order, start=1)}
    return values.map(ranks).astype("Int64")


def _resting(customers: pd.Series, day: pd.Series, open_: pd.Series, rest: int) -> pd.Series:
    """Mark tickets whose customer was listed less than so many days before."""
    resting, last = pd.Series(False, index=day.index), {}
    if not rest:
        return resting
    wait = pd.Timedelta(days=rest)
    for row, who, when in zip(day.index[open_], customers[open_], day[open_], strict=True):
        if pd.isna(who):
            continue
        if who in last and when - last[who] < wait:
            resting[row] = True
        else:
            last[who] = when
    return resting
