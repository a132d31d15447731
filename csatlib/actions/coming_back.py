"""Whether the problem of every measure of a register is raised again by those it reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from csatlib import schema
from csatlib.actions.inputs import day_of, text_of
from csatlib.actions.recurring import recurrence
from csatlib.actions.rows import as_day, require
from csatlib.actions.scope import scope_mask

__all__ = ["recurrences"]


def recurrences(
    actions: pd.DataFrame,
    mentions: pd.DataFrame,
    *,
    today: date | str,
    labels: Mapping[str, str] | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Say of each measure that is done whether its problem is raised again, as `recurrence` does.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``: a measure's problem is its theme, else all that is said against its item.
    mentions : DataFrame
        One row a comment and theme of all quarters up to the run's: the table ``coded`` joined
        with ``customer_id``, ``submitted_at`` and the columns that scopes name. Of a measure's
        item only mentions that blame count.
    today : date or str
        The day of the run; what is later is left out.
    labels : mapping of str to str, optional
        Chinese names of columns that scopes may use.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``recurrence`` with ``action_id``, in the register's order. Measures without theme
        and item, not begun, not done by ``today``, or without any comment have no rows.

    Raises
    ------
    ActionError
        If a measure's scope or days cannot be read; the message names it.
    ValueError
        If a column is missing, or a measure was done before it began.

    Examples
    --------
    >>> recurrences(schema.empty("actions"), pd.DataFrame(columns=[
    ...     "comment_id", "theme", "dimension", "polarity", "customer_id", "submitted_at"]),
    ...     today="2026-09-30").empty
    True
    """
    wanted = ("comment_id", "theme", "dimension", "polarity", "customer_id", "submitted_at")
    require(mentions, wanted, "mentions")
    day, tables = as_day(today, "today"), []
    blamed = mentions["polarity"].eq("negative").fillna(value=False)
    rows = mentions.assign(dimension=mentions["dimension"].where(blamed))
    for _, action in actions.iterrows():
        name = action["action_id"]
        since, until = (day_of(action, c, action_id=name) for c in ("started_on", "done_on"))
        column = "dimension" if text_of(action["theme"]) is None else "theme"
        problem = text_of(action["item" if column == "dimension" else "theme"])
        if problem is None or since is None or until is None or until > day or rows.empty:
            continue
        reached = scope_mask(rows, action["scope"], labels=labels, action_id=name)
        own = rows[reached.fillna(value=False).astype("bool")]
        days = {"started_on": since, "done_on": until, "today": today}
        tables.append(recurrence(own, problem, **days, column=column, action_id=name, conf=conf))
    return pd.concat(tables, ignore_index=True) if tables else schema.empty("recurrence")
