"""Times and durations as platforms, ticket systems and people write them; nothing is guessed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pandas as pd

__all__ = ["seconds", "times"]

_CLOCK = (
    r"(?:[ T,]*(?P<before>上午|下午)?\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?\s*(?P<after>[AaPp][Mm]|上午|下午)?"
    r"\s*(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>20[0-9]{2})[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?" + _CLOCK
)
_MONTH_NAMED = re.compile(
    r"(?P<day>[0-9]{1,2})[-/ ](?P<month>[A-Za-z]{3,9}|[一二三四五六七八九十]{1,2}月|[0-9]{1,2}月)"
    r"[-/ ](?P<year>20[0-9]{2}|[0-9]{2})" + _CLOCK
)
_ENGLISH = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_CHINESE = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_MONTHS = {
    **{word: number for number, word in enumerate(_ENGLISH, start=1)},
    **{word[:3]: number for number, word in enumerate(_ENGLISH, start=1)},
    "sept": 9,
    **{f"{word}月": number for number, word in enumerate(_CHINESE, start=1)},
    **{f"{number}月": number for number in range(1, 13)},
}
#: Times with an offset are brought to the one clock of the whole country.
_CHINA = timedelta(hours=8)
_EXCEL_START = datetime(1899, 12, 30)
#: Day numbers of Excel that are taken for dates: 2009 to 2064.
_EXCEL_DAYS = range(40_000, 60_000)
_DAY_NUMBER = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")

_ZERO_DECIMALS = re.compile(r"(?<=[0-9])\.0+$")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_DURATION = re.compile(
    r"(?:([0-9]{1,2}):(?=[0-9]+:))?(?:([0-9]{1,4}):(?=[0-9]))?"
    r"(?:([0-9]{1,3})\s*小?时)?\s*(?:([0-9]{1,5})\s*分钟?)?\s*(?:([0-9]{1,6})\s*秒?)?"
)
_UNITS = (3600, 60, 3600, 60, 1)


def times(cells: pd.Series, *, short_years: bool = False) -> pd.Series:
    """Read times that begin with the year or name the month, and Excel's day numbers.

    A year of two digits is read only where the platform is known to write the day first
    (``short_years``). A time with an offset (``Z``, ``+08:00``) becomes China Standard Time.
    """
    return pd.Series(
        [None if pd.isna(text) else _time(text, short_years) for text in cells],
        index=cells.index,
        dtype="datetime64[us]",
    )


def _time(text: str, short_years: bool) -> datetime | None:
    if _DAY_NUMBER.fullmatch(text) and int(float(text)) in _EXCEL_DAYS:
        return _EXCEL_START + timedelta(days=float(text))
    found = _YEAR_FIRST.fullmatch(text) or _MONTH_NAMED.fullmatch(text)
    if found is None or (len(found["year"]) == 2 and not short_years):
        return None
    named = found["month"].casefold()
    month = int(named) if named.isdigit() else _MONTHS.get(named, 0)
    year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
    hour = _hour(found)
    try:
        clock = (hour, int(found["minute"] or 0), int(found["second"] or 0))
        return datetime(year, month, int(found["day"]), *clock) - _behind(found["zone"])
    except ValueError:
        return None


def _hour(found: re.Match[str]) -> int:
    """Give the hour of the day; 25 where morning or afternoon contradict the hour."""
    hour, half = int(found["hour"] or 0), (found["before"] or found["after"] or "").casefold()
    if not half:
        return hour
    if (found["before"] and found["after"]) or (hour > 12 and half in ("上午", "am")):
        return 25
    if hour > 12:
        return hour
    return hour % 12 + (12 if half in ("下午", "pm") else 0)


def _behind(zone: str | None) -> timedelta:
    """Say how far the clock of an offset is ahead of China's."""
    if zone is None:
        return timedelta()
    if zone == "Z":
        return -_CHINA
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) - _CHINA


def seconds(cells: pd.Series) -> pd.Series:
    """Read durations such as ``137秒``, ``2分17秒``, ``0:02:17`` and ``1,896`` as seconds."""

    def read(text: str) -> int | None:
        found = _DURATION.fullmatch(_ZERO_DECIMALS.sub("", _THOUSANDS.sub("", text)))
        if found is None or not any(found.groups()):
            return None
        return sum(int(n or 0) * unit for n, unit in zip(found.groups(), _UNITS, strict=True))

    return cells.map(read, na_action="ignore").astype("Int32")
