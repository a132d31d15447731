"""Questionnaires whose time speaks against them: too fast, too late, too many at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.study import Burst, Cleaning

__all__ = ["burst", "too_fast", "too_late"]


def too_fast(rows: pd.DataFrame, answered: pd.Series, rules: Cleaning) -> pd.Series:
    """Flag rows below ``speed_share`` of their channel's median, or below either floor.

    The floors are ``min_seconds`` and ``seconds_per_item`` times the questions answered. Without a
    time nothing is flagged.
    """
    seconds = rows["seconds"].astype("Float64")
    median = seconds.groupby(rows["channel"]).transform("median")
    floor = (rules.seconds_per_item * answered).clip(lower=rules.min_seconds or 0)
    slow_enough = (seconds >= rules.speed_share * median) & (seconds >= floor)
    return (~slow_enough).fillna(False).astype(bool)


def too_late(submitted: pd.Series, closes: str | None) -> pd.Series:
    """Flag what was submitted after the last day; nothing where no last day is set."""
    if closes is None:
        return pd.Series(False, index=submitted.index)
    return submitted >= pd.Timestamp(closes) + pd.Timedelta(days=1)


def burst(rows: pd.DataFrame, limits: Burst) -> pd.Series:
    """Flag at least ``count`` rows of one channel within ``seconds``, all of them.

    A time at midnight sharp is a date without a time and takes no part.
    """
    submitted = rows["submitted_at"]
    timed = rows[submitted.notna() & (submitted != submitted.dt.normalize())]
    flagged = pd.Series(False, index=rows.index)
    for _, channel in timed.groupby("channel", sort=False):
        order = channel["submitted_at"].sort_values(kind="stable")
        crowded = _crowded(order.to_numpy("datetime64[us]"), limits)
        flagged[order.index[crowded]] = True
    return flagged


def _crowded(times: np.ndarray, limits: Burst) -> np.ndarray:
    """Say of each sorted time whether some window that holds it is full."""
    window = np.timedelta64(limits.seconds, "s")
    last = limits.count - 1
    if len(times) <= last:
        return np.zeros(len(times), dtype=bool)
    full = np.flatnonzero(times[last:] - times[: len(times) - last] <= window)
    marks = np.zeros(len(times) + 1, dtype=int)
    np.add.at(marks, full, 1)
    np.add.at(marks, full + limits.count, -1)
    return marks.cumsum()[:-1] > 0
