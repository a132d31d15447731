"""A register of measures as it stood on the day of a run, whenever it is read."""

from __future__ import annotations

from datetime import date

import pandas as pd

from csatlib.actions.inputs import quarters_of
from csatlib.actions.rows import as_day, require
from csatlib.schema import Quarter

__all__ = ["as_known"]

#: What is told of a measure only once it has begun.
_BEGUN = ("trial", "under_way", "done")


def as_known(actions: pd.DataFrame, *, quarter: Quarter | str, today: date | str) -> pd.DataFrame:
    """Give the measures of a register that a run may know, as far as they were on its day.

    A register outlives the quarter: a run of an earlier quarter reads what was entered since.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``.
    quarter : Quarter or str
        The run's quarter; measures that answer a later one are left out.
    today : date or str
        The day of the run.

    Returns
    -------
    DataFrame
        Table ``actions``, in the register's order. ``done_on`` is missing where it lies after
        ``today``; a measure done later is ``under_way``, one that began later ``planned``. The
        register does not say when a measure was cancelled: it is cancelled in every run.

    Raises
    ------
    ValueError
        If a column is missing, or the quarter or the day is none.

    Examples
    --------
    >>> from csatlib import schema
    >>> day = pd.Timestamp("2026-07-03")
    >>> one = schema.empty("actions").reindex([0]).assign(
    ...     action_id="A1", quarter="2026Q2", started_on=day, done_on=day, status="done")
    >>> seen = as_known(one, quarter="2026Q2", today="2026-06-30")
    >>> seen["status"].item(), bool(seen["done_on"].isna().item())
    ('planned', True)
    """
    require(actions, ("quarter", "started_on", "done_on", "status"), "actions")
    day = as_day(today, "today") + pd.Timedelta(days=1)
    until = str(Quarter.parse(quarter))
    rows = actions[quarters_of(actions["quarter"], "actions.quarter") <= until]
    later, to_begin = rows["done_on"] >= day, rows["started_on"] >= day
    status = rows["status"].mask(later & rows["status"].eq("done").fillna(value=False), "under_way")
    status = status.mask(to_begin & status.isin(_BEGUN), "planned")
    return rows.assign(done_on=rows["done_on"].mask(later), status=status).reset_index(drop=True)
