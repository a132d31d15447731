"""How completely and how fast opinions are followed up, with how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pandas as pd

from csatlib.actions.arguments import between
from csatlib.actions.follow_states import followup_states
from csatlib.actions.rows import as_day, filled, require, tabled
from csatlib.actions.survival import waiting_quantile
from csatlib.estimates import proportion_interval

__all__ = ["followup_rates"]

_RECORDED = ("corrective", "preventive", "explanation", "checked_on")
_ENDED = ("closed", "beyond", "unreachable")
#: Joins groups by several columns, as in the table ``estimates``.
_CROSS = " × "
_QUANTILES = {"median": 0.5, "p90": 0.9}


def followup_rates(
    followups: pd.DataFrame,
    *,
    today: date | str,
    by: Sequence[str] = (),
    escalate_days: int = 7,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Count how opinions were followed up: contacted, closed, in time, completely, how soon.

    Parameters
    ----------
    followups : DataFrame
        Table ``followups``.
    today : date or str
        The day; what is open has waited until then.
    by : sequence of str
        Columns of ``followups`` such as ``group`` or ``owner``; rows without one are a group of
        their own, （空）. Without it all rows together.
    escalate_days : int
        As for `followup_states`.
    conf : float
        Confidence of the intervals.

    Returns
    -------
    DataFrame
        Table ``followup_rates``, a row a group and metric: ``group_by`` and ``group`` (joined by
        " × "; NA for all), ``metric``, ``n``, ``count``, ``estimate``, ``ci_low``, ``ci_high``,
        ``reason``. Shares, ``count`` of ``n`` with Wilson's interval: of all ``contacted``,
        ``closed`` (also where it ended as beyond our ability or out of reach), ``late`` and
        ``escalated``; ``contacted_in_time`` and ``closed_in_time`` of those whose date has passed
        or that are over; with a record of ``corrective`` and of ``preventive`` of the closed, of
        ``explanation`` of those beyond our ability; ``checked`` and ``complete`` of all that ended,
        closed, beyond our ability or out of reach. Days from
        receipt, ``count`` of ``n`` over: ``contact_days_median``, ``contact_days_p90``,
        ``close_days_median``, ``close_days_p90``. ``reason``: ``empty`` (n is 0), ``no_event``
        (nothing is over yet), ``not_reached`` (too few are over for this quantile), else NA.

    Raises
    ------
    ValueError
        If a column is missing, or ``conf`` or ``escalate_days`` is out of range.

    Notes
    -----
    All opinions are counted, none is sampled: the intervals speak of the work as one that could
    have turned out otherwise. Median and 90th percentile are Kaplan and Meier's, with the limits
    of Brookmeyer and Crowley on the scale log(−log S): what is open is known to have waited so
    long, and is not left out. Rows without the day of receipt, or that ended on an unknown or
    earlier day, are not in the days.

    Examples
    --------
    >>> from csatlib import schema
    >>> two = schema.empty("followups").reindex([0, 1]).assign(followup_id=["F-1", "F-2"],
    ...     state=["closed", "new"], received_on=pd.Timestamp("2026-08-01"),
    ...     closed_on=pd.to_datetime(["2026-08-05", None]), due=pd.Timestamp("2026-08-15"))
    >>> found = followup_rates(two, today="2026-08-10").set_index("metric")
    >>> found.loc[["closed", "close_days_median"], "estimate"].tolist()
    [0.5, 4.0]
    """
    conf = between(conf, "conf")
    groups = [by] if isinstance(by, str) else list(by)
    require(followups, ("received_on", *_RECORDED), "followup_rates", table="followups")
    require(followups, groups, "followup_rates")
    day = as_day(today, "followup_rates: today")
    states = followup_states(followups, today=today, escalate_days=escalate_days)
    rows = followups.reset_index(drop=True)
    parts: list[tuple[object, pd.DataFrame]] = [(None, rows)]
    if groups and len(rows):
        names = rows[groups].astype("object").where(rows[groups].notna(), "（空）").astype("str")
        parts = list(rows.groupby(names.agg(_CROSS.join, axis=1), sort=True))
    made = []
    for group, part in parts:
        told = (*_shares(part, states.loc[part.index], day, conf), *_waits(part, day, conf))
        place = {"group_by": _CROSS.join(groups) or None, "group": group}
        made += [{**place, **row} for row in told]
    return tabled(made, "followup_rates")


def _shares(
    rows: pd.DataFrame, states: pd.DataFrame, today: pd.Timestamp, conf: float
) -> Iterator[dict[str, object]]:
    every = pd.Series(True, index=rows.index)
    contacted, ended = rows["contacted_on"].notna(), rows["state"].isin(_ENDED)
    recorded = {
        name: pd.Series([bool(filled(value)) for value in rows[name]], index=rows.index, dtype=bool)
        for name in _RECORDED
    }
    beyond = rows["state"] == "beyond"
    worked = rows["state"] == "closed"
    counted = {
        "contacted": (contacted, every),
        "contacted_in_time": _in_time(
            states["contact_late"], rows["contact_due"], contacted, today
        ),
        "closed": (ended, every),
        "closed_in_time": _in_time(states["late"], rows["due"], ended, today),
        "late": (states["late"].fillna(value=False).astype(bool), every),
        "escalated": (states["escalate"].astype(bool), every),
        "corrective": (recorded["corrective"], worked),
        "preventive": (recorded["preventive"], worked),
        "explanation": (recorded["explanation"], beyond),
        "checked": (recorded["checked_on"], ended),
        "complete": (states["complete"].astype(bool), ended),
    }
    for metric, (holds, base) in counted.items():
        n, count = int(base.sum()), int((holds & base).sum())
        found = proportion_interval(count, n, conf=conf).iloc[0]
        yield {
            "metric": metric,
            "n": n,
            "count": count,
            **{name: found[name] for name in ("estimate", "ci_low", "ci_high", "reason")},
        }


def _in_time(
    late: pd.Series, due: pd.Series, over: pd.Series, today: pd.Timestamp
) -> tuple[pd.Series, pd.Series]:
    """Give what was in time, and of what it can be said: it is over, or its date has passed."""
    decided = late.notna() & (over | due.lt(today).fillna(value=False))
    return over & ~late.fillna(value=True).astype(bool), decided


def _waits(rows: pd.DataFrame, today: pd.Timestamp, conf: float) -> Iterator[dict[str, object]]:
    for name, column in (("contact", "contacted_on"), ("close", "closed_on")):
        days, ended = _waited(rows, column, today)
        for word, share in _QUANTILES.items():
            middle, low, high = waiting_quantile(days, ended, share, conf)
            missing = "empty" if not len(days) else "no_event" if not ended.any() else None
            if missing is None and np.isnan(middle):
                missing = "not_reached"
            yield {
                "metric": f"{name}_days_{word}",
                "n": len(days),
                "count": int(ended.sum()),
                "estimate": middle,
                "ci_low": low,
                "ci_high": high,
                "reason": missing,
            }


def _waited(rows: pd.DataFrame, column: str, today: pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    """Count the days from receipt to an end, or to today where there is none yet."""
    over = rows[column].notna()
    waiting = ~over & ~rows["state"].isin(_ENDED)
    until = rows[column].where(over, today)
    days = (until - rows["received_on"]).dt.days
    usable = days.ge(0).fillna(value=False) & (over | waiting)
    return days[usable].to_numpy(dtype=float), over[usable].to_numpy(dtype=bool)
