"""Whether the study file answers every question that a change of the form raises."""

from __future__ import annotations

from typing import Any

import pandas as pd

from csatlib import schema
from csatlib.exports.drift.forms import questions_named
from csatlib.exports.drift.wording import bare, bracketed, meaning
from csatlib.exports.table import ExportError
from csatlib.schema import Quarter
from csatlib.study import Question, Study, strict_yaml

__all__ = ["settle"]

_NAMES = {
    "renamed": "改名",
    "split": "拆分",
    "merged": "合并",
    "rescaled": "换了量表",
    "reversed": "方向相反",
    "options": "选项变化",
    "added": "新增",
    "dropped": "不再问",
}


def settle(
    drift: pd.DataFrame,
    study: Study,
    *,
    quarter: Quarter | str,
    previous: Quarter | str | None = None,
) -> pd.DataFrame:
    """Return the drift if the study file has settled all that was uncertain in it.

    A rename is settled where one question names both wordings, or where the earlier question
    ended and a later one began; if a negation came or went, one question also needs ``breaks``.
    A rescaled or reversed item needs ``breaks`` for the quarter, or an end and a new beginning; a
    split or a merger an end and a beginning; new options a place in ``options``.

    Parameters
    ----------
    drift : DataFrame
        Table ``drift``, as `diff` gives it.
    study : Study
        The study file as it is now.
    quarter : Quarter or str
        The later of the two quarters.
    previous : Quarter or str, optional
        The earlier one; the quarter just before without it.

    Returns
    -------
    DataFrame
        ``drift`` (``change, item, previous, current, detail, certain, proposal``) with
        ``certain`` true in every row.

    Raises
    ------
    ExportError
        If something is not settled: lists each with file, header and the line to add.
    SchemaError
        If ``drift`` is no such table or ``quarter`` no quarter.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("hotline")
    >>> before, now = (
    ...     exports.read_all(store.raw(quarter, "hotline"), study)
    ...     for quarter in ("2026Q1", "2026Q2")
    ... )
    >>> found = exports.diff(before, now, study=study)
    >>> bool(settle(found, study, quarter="2026Q2")["certain"].all())
    True
    """
    at = Quarter.parse(quarter)
    last = at.previous() if previous is None else Quarter.parse(previous)
    schema.check(drift, "drift")
    open_rows = [
        row for row in drift.itertuples() if not row.certain and not _settled(row, study, at, last)
    ]
    if open_rows:
        told = "\n".join(f"{i}. {_told(row)}" for i, row in enumerate(open_rows, start=1))
        raise ExportError(
            f"{at} 的问卷与上期有 {len(open_rows)} 处变化，研究文件还没有说明：\n{told}\n"
            "请在研究文件里补上之后再运行。"
        )
    return drift.assign(certain=True)


def _told(row: Any) -> str:
    headers = [f"“{h}”" for h in (row.previous, row.current) if pd.notna(h)]
    line = f"请在研究文件里加：{row.proposal}" if pd.notna(row.proposal) else "请核对问卷后写明。"
    where = " → ".join(dict.fromkeys(headers))
    return f"{_NAMES.get(row.change, row.change)} {where}。{row.detail}{line}"


def _settled(row: Any, study: Study, at: Quarter, last: Quarter) -> bool:
    before = _named(study, row.previous, str(last))
    now = _named(study, row.current, str(at))
    if row.change == "options":
        question = now or before
        return question is not None and _has_options(question, row.proposal)
    if row.change in ("added", "dropped"):
        return (before or now) is not None
    if _succeeded(before, now, at, last):
        return True
    if before is None or now is None or before.id != now.id:
        return False
    broken = str(at) in now.breaks
    if row.change == "renamed":
        return broken or meaning(_title(row.previous), _title(row.current)) != "negation"
    return row.change in ("rescaled", "reversed") and broken


def _title(header: str) -> str:
    parted = bracketed(header)
    return parted[0] if parted and parted[0] else header


def _named(study: Study, header: object, quarter: str) -> Question | None:
    if not isinstance(header, str):
        return None
    found = questions_named(study, header, quarter=quarter)
    return found[0] if len(found) == 1 else None


def _succeeded(before: Question | None, now: Question | None, at: Quarter, last: Quarter) -> bool:
    """Say whether one question ended before the quarter and another began with it."""
    if before is None or now is None or before.id == now.id:
        return False
    return not before.asked_in(at) and not now.asked_in(last)


def _has_options(question: Question, proposal: object) -> bool:
    if not isinstance(proposal, str):
        return False
    wanted, _ = strict_yaml.read(proposal, name="proposal")
    return {bare(o) for o in wanted["options"]} <= {bare(o) for o in question.options}
