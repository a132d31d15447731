"""From two quarters' files to the table of what changed between their forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from csatlib import schema
from csatlib.exports.drift.answers import Answers, answers_of
from csatlib.exports.drift.books import books_of
from csatlib.exports.drift.changes import Scene, changes
from csatlib.exports.drift.forms import form
from csatlib.exports.table import ExportError, RawTable
from csatlib.schema import Quarter, SchemaError
from csatlib.study import Study

__all__ = ["diff"]

_FOLDER = re.compile(r"([0-9]{4}Q[1-4])/")
Key = tuple[str, str | None, str, str]


def diff(
    previous: RawTable | Sequence[RawTable],
    current: RawTable | Sequence[RawTable],
    *,
    study: Study | None = None,
    quarters: tuple[Quarter | str, Quarter | str] | None = None,
) -> pd.DataFrame:
    """Say what changed between the questionnaires of two quarters.

    Files of the same source are compared: same role, channel, reader and form of export. Files
    that are no answers (customers, tickets, …) are passed over.

    Parameters
    ----------
    previous, current : RawTable or sequence of RawTable
        The files of the earlier and of the later quarter.
    study : Study, optional
        Knows which header belongs to which question; without it headers and answers must do.
    quarters : pair of Quarter or str, optional
        The two quarters; by default the folders in which the files lay.

    Returns
    -------
    DataFrame
        Table ``drift``, one row a change: ``change`` (renamed, moved, added, dropped, split,
        merged, rescaled, reversed, options), ``item`` (the study's id, NA where unknown),
        ``previous`` and ``current`` (headers; a split has one row a part), ``detail`` (a Chinese
        sentence that begins with the file), ``certain`` and ``proposal`` (the line to add to the
        study file, or NA). A rename is certain only where nothing but print differs or one
        question of the study names both wordings, and never where a negation came or went;
        ``rescaled`` and ``reversed`` are never certain.

    Raises
    ------
    ExportError
        If no file of one quarter has the same source as one of the other.

    Notes
    -----
    Levels that only one quarter shows are compared by Fisher's exact test, correlations by
    Fisher's z with n of at least 30, so that other respondents to one form raise no alarm.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("hotline")
    >>> before, now = (
    ...     exports.read_all(store.raw(quarter, "hotline"), study)
    ...     for quarter in ("2026Q1", "2026Q2")
    ... )
    >>> found = diff(before, now, study=study)
    >>> found[["change", "item", "certain"]].values.tolist()[:2]
    [['renamed', 'process', True], ['added', 'follow_up', True]]
    """
    earlier, later = _sequence(previous), _sequence(current)
    labels = quarters or (_quarter(earlier), _quarter(later))
    before, now = (None if label is None else str(Quarter.parse(label)) for label in labels)
    matched = list(_matched(earlier, later))
    if not matched:
        told = "；".join(f"{_told(a)} 与 {_told(b)}" for a in earlier[:1] for b in later[:1])
        raise ExportError(
            f"{told or '没有文件'}：两个季度没有同一来源的答卷可比；"
            "用途、渠道、平台和导出方式要相同，请核对文件。"
        )
    book_before, book_now = books_of(earlier), books_of(later)
    rows = []
    for a, b in matched:
        one, other = form(a, study, before), form(b, study, now)
        answers: dict[object, Answers] = {q: answers_of(q) for q in (*one.asked, *other.asked)}
        has_text = _has_text_twin(a, earlier) and _has_text_twin(b, later)
        rows += changes(Scene(one, other, study, answers, book_before, book_now, has_text))
    return _table(rows)


def _sequence(tables: RawTable | Sequence[RawTable]) -> tuple[RawTable, ...]:
    return (tables,) if isinstance(tables, RawTable) else tuple(tables)


def _told(raw: RawTable) -> str:
    return f"{raw.file}（{raw.role}，{raw.channel or '渠道未知'}，{raw.reader}，{raw.form}）"


def _quarter(tables: Iterable[RawTable]) -> str | None:
    """Read the quarter off the folder, where all files name one and the same."""
    found = {m[1] if (m := _FOLDER.match(raw.file)) else None for raw in tables}
    try:
        return str(Quarter.parse(found.pop() or "")) if len(found) == 1 else None
    except SchemaError:
        return None


def _key(raw: RawTable) -> Key:
    return raw.role, raw.channel, raw.reader, raw.form


def _matched(
    earlier: Sequence[RawTable], later: Sequence[RawTable]
) -> Iterator[tuple[RawTable, RawTable]]:
    """Pair the files of one source, the answers before their twins; several by shared headers."""
    for role in ("responses", "twin"):
        free = [raw for raw in earlier if raw.role == role]
        for b in (raw for raw in later if raw.role == role):
            fits = [a for a in free if _key(a) == _key(b)]
            if fits:
                best = max(fits, key=lambda a: len({*a.rows.columns} & {*b.rows.columns}))
                free = [a for a in free if a is not best]
                yield best, b


def _has_text_twin(raw: RawTable, tables: Iterable[RawTable]) -> bool:
    return raw.form != "text" and any(
        t.form == "text" and (t.channel, t.reader) == (raw.channel, raw.reader) for t in tables
    )


def _table(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Lay the changes out; what a twin repeats in the same headers is told once."""
    told: Counter[tuple[object, ...]] = Counter()
    kept = []
    for row in rows:
        key = (row["change"], row["item"], row["previous"], row["current"])
        again = told[key]
        told[key] += 1
        if not again:
            kept.append(row)
    contract = schema.empty("drift")
    if not kept:
        return contract
    table = pd.DataFrame(kept, columns=list(contract.columns))
    return table.astype(contract.dtypes.to_dict()).pipe(schema.check, "drift")
