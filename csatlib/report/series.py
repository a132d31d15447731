"""Which earlier figures of an item can still be compared with this quarter's."""

from __future__ import annotations

import pandas as pd

from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["break_note", "comparable_history"]


def comparable_history(
    history: pd.DataFrame, study: Study, *, quarter: Quarter | str
) -> pd.DataFrame:
    """Drop the earlier figures of items that cannot be compared with the quarter's.

    A question's ``breaks`` lists the quarters from which on its answers are of another kind
    (another scale, another direction); what was measured before the last of them is not trended.

    Parameters
    ----------
    history : DataFrame
        A table with ``quarter`` and ``item``, such as ``estimates``.
    study : Study
        Its questions and their breaks.
    quarter : Quarter or str
        The quarter with which the others are compared; later breaks do not count yet.

    Returns
    -------
    DataFrame
        The rows of ``history`` that stay, with its columns, order and index. Rows without a
        quarter, and items that the study does not know, stay.

    Raises
    ------
    SchemaError
        If ``quarter`` or one in the table is no quarter.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import store
    >>> history = pd.DataFrame({"quarter": ["2026Q1", "2026Q2"], "item": "overall"})
    >>> len(comparable_history(history, store.study("hotline"), quarter="2026Q2"))
    2
    """
    return history[~_before_a_break(history, study, Quarter.parse(quarter))]


def break_note(
    history: pd.DataFrame, study: Study, *, quarter: Quarter | str, item: str | None = None
) -> str:
    """Say from which quarter on a series was cut, for the note of an exhibit.

    Parameters
    ----------
    history : DataFrame
        The table before `comparable_history`.
    study, quarter
        As for `comparable_history`.
    item : str, optional
        The one item that is shown; without it every item is told by name.

    Returns
    -------
    str
        One sentence a break (自 2026Q3 起量表有变化，…); empty where nothing was cut.

    Raises
    ------
    SchemaError
        If ``quarter`` or one in the table is no quarter.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import store
    >>> history = pd.DataFrame({"quarter": ["2026Q1", "2026Q2"], "item": "overall"})
    >>> break_note(history, store.study("hotline"), quarter="2026Q2", item="overall")
    ''
    """
    at, last = Quarter.parse(quarter), _last_breaks(study, Quarter.parse(quarter))
    cut = set(history.loc[_before_a_break(history, study, at), "item"])
    shown = [i for i in last if i in cut and item in (None, i)]
    starts = {start: [i for i in shown if last[i] == start] for start in sorted(last.values())}
    told = []
    for start, items in starts.items():
        if items:
            names = "" if item else f"{'、'.join(study.label(i) for i in items)}的"
            told.append(f"自 {start} 起{names}量表有变化，此前的数字不可比，不再连线。")
    return "".join(told)


def _last_breaks(study: Study, at: Quarter) -> dict[str, Quarter]:
    """Give, for each column of a question that has broken by a quarter, its last break."""
    found = {}
    for question in study.questions:
        past = [b for label in question.breaks if (b := Quarter.parse(label)) <= at]
        if past:
            found |= dict.fromkeys((question.id, *question.columns), max(past))
    return found


def _before_a_break(history: pd.DataFrame, study: Study, at: Quarter) -> pd.Series:
    last = _last_breaks(study, at)
    labels = {q: Quarter.parse(q) for q in history["quarter"].dropna().unique()}
    pairs = zip(history["quarter"], history["item"], strict=True)
    gone = [i in last and q in labels and labels[q] < last[i] for q, i in pairs]
    return pd.Series(gone, index=history.index, dtype=bool)
