"""Questionnaires that come twice: the same row, the same customer, the same device and answers."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

__all__ = ["ANSWERED", "duplicate", "exact_duplicate", "near_duplicate"]

#: What became of a question to which something was said.
ANSWERED = ("answered", "not_applicable")
#: Fewer answers than this are alike by chance too often.
_MIN_ANSWERS = 4
#: A comment of so many characters says more than 没有意见 or 都很好.
_TELLING = 10
#: Answers that a comment shows to be a copy come within this time of each other.
_ONE_DAY = pd.Timedelta(days=1)
#: Who sends the same form twice in one go does so within this time.
_ONE_SITTING = pd.Timedelta(minutes=30)


def exact_duplicate(content: pd.DataFrame, telling: pd.DataFrame) -> pd.Series:
    """Flag rows that repeat an earlier one in every cell, where something tells people apart.

    ``content`` holds the cells as text without the serial number, and the channel; ``telling`` the
    ids and times: rows without any may well be two people.
    """
    return content.fillna("").duplicated() & telling.notna().any(axis=1)


def duplicate(rows: pd.DataFrame, sound: pd.Series, key: Sequence[str]) -> pd.Series:
    """Flag all rows of one key but the earliest that is ``sound`` (the earliest if none is)."""
    known = rows[list(key)].notna().all(axis=1)
    order = rows.assign(unsound=~sound)[known].sort_values(
        ["unsound", "submitted_at"], kind="stable", na_position="last"
    )
    return order.duplicated(list(key)).reindex(rows.index, fill_value=False)


def near_duplicate(
    rows: pd.DataFrame,
    *,
    answers: pd.DataFrame,
    status: pd.DataFrame,
    texts: pd.DataFrame,
    device: pd.Series,
    alike: pd.Series,
) -> pd.Series:
    """Flag later rows that answer everything as an earlier one of the same device or customer did.

    Parameters
    ----------
    rows : DataFrame
        ``channel``, ``customer_id`` and ``submitted_at`` of every row (index ``row_id``).
    answers, status, texts : DataFrame
        Values, statuses and free answers to every question.
    device : Series of str
        What tells devices apart; NA where unknown.
    alike : Series of bool
        Whether all ratings of the row are the same.

    Returns
    -------
    Series of bool
        Whether the row is flagged.

    Notes
    -----
    Equal answers alone prove little: colleagues share the address of their office, and in short
    forms many people tick all fives (Simmons et al. 2016 on the false alarms of duplicate
    matching). So a row needs at least four answers, all of them equal and its comments too, and
    besides either a comment of at least ten characters within a day, or all of these: the same
    device, within 30 minutes, ratings that are not all alike, answers that no other device gave,
    and not the same known customer (who may speak of another ticket).
    """
    everything = pd.concat([answers, status, texts.add_prefix("text:")], axis=1)
    order = pd.DataFrame(
        {
            "channel": rows["channel"],
            "customer": rows["customer_id"],
            "submitted_at": rows["submitted_at"],
            "device": device,
            "pattern": pd.util.hash_pandas_object(everything, index=False),
            "commented": texts.apply(lambda t: t.str.len() >= _TELLING).any(axis=1),
            "alike": alike,
        }
    )
    enough = status.isin(["answered"]).sum(axis=1) >= _MIN_ANSWERS
    order = order[enough].sort_values("submitted_at", kind="stable", na_position="last")
    flagged = _in_one_sitting(order)
    for link in ("device", "customer"):
        known = order[order[link].notna() & order["commented"]]
        same = known.groupby(["channel", link, "pattern"], sort=False)["submitted_at"]
        later = (known["submitted_at"] - same.shift()) <= _ONE_DAY
        flagged |= later.reindex(order.index, fill_value=False)
    return flagged.reindex(rows.index, fill_value=False)


def _in_one_sitting(order: pd.DataFrame) -> pd.Series:
    """Flag what one device sends again soon after, where nobody else answers just so."""
    by_device = order.groupby(["channel", "pattern", "device"], sort=False)
    everywhere = order.groupby(["channel", "pattern"], sort=False)["alike"].transform("size")
    only_here = by_device["alike"].transform("size") == everywhere
    soon = (order["submitted_at"] - by_device["submitted_at"].shift()) <= _ONE_SITTING
    same_customer = order["customer"] == by_device["customer"].shift()
    return (soon & only_here & ~order["alike"] & ~same_customer).astype(bool)
