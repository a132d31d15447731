"""How the follow-up of opinions stands: late, going up, complete, and what to do this week."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from csatlib.actions.rows import as_day, filled, require, tabled

__all__ = ["followup_states", "followup_summary", "week_list"]

_OPEN = ("new", "contacted", "under_way")
_LACKING = {
    "contacted_on": "联系日期",
    "corrective": "纠正措施",
    "preventive": "预防措施",
    "explanation": "向客户的说明",
    "closed_on": "办结日期",
    "checked_on": "QA 检查",
    "note": "联系经过",
}
#: What must be on record when the follow-up of an opinion has ended.
_ASKED = {
    "closed": ("contacted_on", "corrective", "preventive", "closed_on", "checked_on"),
    "beyond": ("contacted_on", "explanation", "closed_on", "checked_on"),
    "unreachable": ("note", "closed_on", "checked_on"),
}
_URGENT = ("escalate", "overdue", "contact_overdue", "due", "contact_due", "undated")


def followup_states(
    followups: pd.DataFrame, *, today: date | str, escalate_days: int = 7
) -> pd.DataFrame:
    """Say of each follow-up whether it is late, goes up, and is completely on record.

    Parameters
    ----------
    followups : DataFrame
        Table ``followups``.
    today : date or str
        The day.
    escalate_days : int
        So many days after a date an open follow-up goes up (``study.followups.escalate_days``).

    Returns
    -------
    DataFrame
        Table ``followup_states``, in the rows' order: ``followup_id``, ``owner``, ``state``;
        ``open`` (new, contacted or under way); ``contact_late``: contacted after ``contact_due``,
        or not yet though it has passed; ``late``: the same of closing and ``due``; each NA where
        the date, or the day on which it ended, is unknown; ``days_late`` of closing, where late;
        ``escalate``: open, and more than ``escalate_days`` past ``due``, or past ``contact_due``
        without contact; ``complete``: ended, with all on record; ``lacking``, in Chinese, what is
        not, where it has ended.

    Raises
    ------
    ValueError
        If a column is missing, or ``escalate_days`` is negative.

    Notes
    -----
    On record must be, where closed: contact, corrective and preventive measure, the day, and the
    check by QA; beyond our ability: contact, the explanation to the customer, day and check;
    unreachable: how contact was tried (``note``), day and check.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> one = empty("followups").reindex([0]).assign(followup_id="F-1", state="new",
    ...     due=pd.Timestamp("2026-08-15"))
    >>> followup_states(one, today="2026-08-18")[["late", "days_late"]].values.tolist()
    [[True, 3]]
    """
    wanted = ("followup_id", "owner", "state", "contact_due", "due", *_LACKING)
    require(followups, wanted, "followup_states", table="followups")
    if escalate_days < 0:
        raise ValueError(
            f"followup_states: escalate_days must not be negative, found {escalate_days}"
        )
    day = as_day(today, "followup_states: today")
    dates = ("contact_due", "due", "contacted_on", "closed_on")
    # A column without a single date has no dtype of its own.
    followups = followups.assign(**{name: pd.to_datetime(followups[name]) for name in dates})
    is_open = followups["state"].isin(_OPEN)
    reached = followups["contacted_on"].fillna(followups["closed_on"])
    contact_end = reached.where(reached.notna() | ~is_open, day)
    close_end = followups["closed_on"].where(~is_open, day)
    days = (close_end - followups["due"]).dt.days.astype("Int64")
    late = close_end.gt(followups["due"]).astype("boolean").mask(days.isna())
    contact_late = contact_end.gt(followups["contact_due"]).astype("boolean")
    contact_late = contact_late.mask(contact_end.isna() | followups["contact_due"].isna())
    patience = pd.Timedelta(days=escalate_days)
    waiting = reached.isna() & (followups["contact_due"] + patience < day)
    lacking = [_lacking(row) for _, row in followups.iterrows()]
    table = {
        "followup_id": followups["followup_id"],
        "owner": followups["owner"],
        "state": followups["state"],
        "open": is_open.astype("boolean"),
        "contact_late": contact_late,
        "late": late,
        "days_late": days.where(late.fillna(value=False)),
        "escalate": (is_open & ((followups["due"] + patience < day) | waiting)).astype("boolean"),
        "complete": [
            not is_open and not what for is_open, what in zip(is_open, lacking, strict=True)
        ],
        "lacking": [what or None for what in lacking],
    }
    return tabled(pd.DataFrame(table).to_dict("records"), "followup_states")


def _lacking(row: pd.Series) -> str:
    asked = _ASKED.get(row["state"], ())
    return "、".join(_LACKING[name] for name in asked if not filled(row[name]))


def followup_summary(followups: pd.DataFrame, *, today: date | str) -> pd.DataFrame:
    """Classify follow-ups by theme, group and state, for a first look by quality control.

    Parameters
    ----------
    followups : DataFrame
        Table ``followups``.
    today : date or str
        By which day something is late.

    Returns
    -------
    DataFrame
        Table ``followup_summary``: ``theme`` (NA: no theme was found), ``group``, ``state``; ``n``
        opinions, of them ``negative`` (blame, or blame and praise) and ``late``; by theme in order
        of frequency, then group and state. An opinion of two themes counts under both.

    Raises
    ------
    ValueError
        If a column is missing, or ``today`` is no day.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> two = empty("followups").reindex([0, 1]).assign(followup_id=["F-1", "F-2"],
    ...     state="new", themes=["wait、menu", "wait"], polarity="negative")
    >>> followup_summary(two, today="2026-08-18")[["theme", "n"]].values.tolist()
    [['wait', 2], ['menu', 1]]
    """
    require(followups, ("themes", "group", "state", "polarity"), "followup_summary")
    states = followup_states(followups, today=today)
    rows = pd.DataFrame(
        {
            "theme": followups["themes"].astype("object").str.split("、").to_numpy(),
            "group": followups["group"].to_numpy(),
            "state": followups["state"].to_numpy(),
            "negative": followups["polarity"].isin(["negative", "mixed"]).to_numpy(dtype=int),
            "late": states["late"].fillna(value=False).to_numpy(dtype=int),
        }
    ).explode("theme")
    keys = ["theme", "group", "state"]
    found = rows.groupby(keys, dropna=False, sort=False)[["negative", "late"]].sum()
    found.insert(0, "n", rows.groupby(keys, dropna=False, sort=False).size())
    found = found.reset_index()
    often = found.groupby("theme", dropna=False)["n"].transform("sum")
    found = found.assign(_often=-often, _state=found["state"].map(_place_of_state))
    found = found.sort_values(["_often", "theme", "group", "_state"], na_position="last")
    return tabled(found.to_dict("records"), "followup_summary")


def _place_of_state(state: str) -> int:
    return (*_OPEN, *_ASKED).index(state)


def week_list(
    followups: pd.DataFrame,
    *,
    today: date | str,
    until: date | str | None = None,
    key_customers: Collection[str] = (),
    escalate_days: int = 7,
) -> pd.DataFrame:
    """List the open follow-ups of this week, the most urgent first.

    Parameters
    ----------
    followups : DataFrame
        Table ``followups``.
    today : date or str
        By which day something is late.
    until : date or str, optional
        The last day that is looked ahead to; without it the Sunday after ``today``.
    key_customers : collection of str
        Ids of customers who come first, such as those of the highest tier.
    escalate_days : int
        As for `followup_states`.

    Returns
    -------
    DataFrame
        Table ``followup_week``: ``place``; ``followup_id``, ``owner``; ``urgency``: ``escalate``,
        ``overdue``, ``contact_overdue``, ``due`` until then, ``contact_due`` until then, or
        ``undated``; ``due``, the date that is meant, and ``days_left`` to it, negative when it has
        passed; ``key_customer``, ``polarity``, ``score``, ``group``, ``themes``, ``text``. Within
        an urgency opinions that blame, of key customers, come first, then what is one of the two,
        then the longest overdue.

    Raises
    ------
    ValueError
        If a column is missing, or ``escalate_days`` is negative.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> two = empty("followups").reindex([0, 1]).assign(followup_id=["F-1", "F-2"], state="new",
    ...     due=pd.to_datetime(["2026-08-20", "2026-08-17"]), polarity=["neutral", "negative"])
    >>> week_list(two, today="2026-08-18")[["followup_id", "urgency"]].values.tolist()
    [['F-2', 'overdue'], ['F-1', 'due']]
    """
    shown = ("customer_id", "polarity", "score", "group", "themes", "text")
    require(followups, shown, "week_list", table="followups")
    states = followup_states(followups, today=today, escalate_days=escalate_days)
    day = as_day(today, "week_list: today")
    sunday = day + pd.Timedelta(days=6 - day.weekday())
    last = sunday if until is None else as_day(until, "week_list: until")
    rows = followups.reset_index(drop=True)
    urgency = _urgency(rows, states, last)
    in_time = ~states["late"].fillna(value=False).to_numpy(dtype=bool)
    of_contact = np.array(
        [
            word is not None and (word.startswith("contact") or (word == "escalate" and fine))
            for word, fine in zip(urgency, in_time, strict=True)
        ],
        dtype=bool,
    )
    meant = rows["due"].mask(of_contact, rows["contact_due"])
    key = rows["customer_id"].isin(list(key_customers))
    blamed = rows["polarity"].isin(["negative", "mixed"])
    made = rows[["followup_id", "owner", "polarity", "score", "group", "themes", "text"]].assign(
        urgency=urgency,
        due=meant,
        days_left=(meant - day).dt.days.astype("Int64"),
        key_customer=key,
        _first=[_URGENT.index(word) if word else len(_URGENT) for word in urgency],
        _weight=-(key.astype(int) + blamed.astype(int)),
    )
    made = made[made["urgency"].notna()].sort_values(
        ["_first", "_weight", "days_left", "followup_id"], na_position="last", kind="stable"
    )
    made = made.assign(place=np.arange(1, len(made) + 1))
    return tabled(made.to_dict("records"), "followup_week")


def _urgency(rows: pd.DataFrame, states: pd.DataFrame, last: pd.Timestamp) -> list[str | None]:
    """Say why an open follow-up is on the list; None where it can wait."""
    reached = rows["contacted_on"].notna()
    tests = {
        "escalate": states["escalate"],
        "overdue": states["late"].fillna(value=False),
        "contact_overdue": states["contact_late"].fillna(value=False) & ~reached,
        "due": rows["due"] <= last,
        "contact_due": (rows["contact_due"] <= last) & ~reached,
        "undated": rows["due"].isna(),
    }
    chosen: list[str | None] = [None] * len(rows)
    for word in reversed(_URGENT):
        for place, holds in enumerate(tests[word].fillna(value=False).to_numpy(dtype=bool)):
            if holds and states["open"].iloc[place]:
                chosen[place] = word
    return chosen
