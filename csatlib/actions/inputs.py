"""Reading what a caller or a register passed, with errors that name the measure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches

import pandas as pd

from csatlib.actions.rows import filled
from csatlib.schema import Quarter

__all__ = ["ActionError", "day_of", "folded", "near", "quarters_of", "text_of", "whose"]


class ActionError(ValueError):
    """A value of the register of measures that cannot be used; it names the measure."""


def whose(action_id: object) -> str:
    """Open an error with the measure that it is about."""
    return "" if action_id is None or pd.isna(action_id) else f"措施 {action_id}："


def folded(text: object) -> str:
    """Give a text as it is compared: full-width letters narrow, no space around."""
    return unicodedata.normalize("NFKC", str(text)).strip()


def text_of(value: object) -> str | None:
    """Give a register's text without space around, or None where the cell is empty."""
    return filled(value) or None


def near(found: str, known: Iterable[str], *, most: int = 3) -> str:
    """List what may have been meant: close spellings, else the first few there are."""
    listed = sorted(set(map(str, known)))
    close = get_close_matches(found, listed, n=most, cutoff=0.5)
    if close:
        return f"是不是“{'”或“'.join(close)}”？"
    if not listed:
        return ""
    more = " 等" if len(listed) > most else ""
    return f"可用的有：{'、'.join(listed[:most])}{more}。"


def day_of(row: Mapping[str, object], name: str, *, action_id: object) -> pd.Timestamp | None:
    """Read a day of a register's row; None where it is empty."""
    value = row.get(name)
    if value is None or pd.isna(value):
        return None
    if not isinstance(value, date | datetime | pd.Timestamp):
        raise ActionError(
            f"{whose(action_id)}{name} 应为日期，现在是 {type(value).__name__}；请写成 2026-10-08"
        )
    return pd.Timestamp(value).normalize()


def quarters_of(labels: pd.Series, argument: str) -> pd.Series:
    """Check that every row names a quarter, and give the labels as text."""
    if labels.isna().any():
        raise ValueError(
            f"{argument}: expected a quarter in every row, found {int(labels.isna().sum())} rows "
            "without one"
        )
    for label in labels.unique():
        Quarter.parse(label)
    return labels.astype("str")
