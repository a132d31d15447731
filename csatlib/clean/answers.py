"""One raw file's cells as values and statuses: scores, choices, options, times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from csatlib.exports import RUINED, ExportError, Fields, RawTable
from csatlib.scales import plain, to_score
from csatlib.study import Question, Scale, Study

__all__ = ["Answers", "Change", "read_answers", "read_columns"]

#: A line of the ledger: row_id, column, rule, new value.
Change = tuple[str, str, str, str | None]

#: Marks of 问卷星 for a question that logic did not show, and one left blank.
SKIPPED, BLANK = frozenset({"(跳过)", "-3"}), frozenset({"", "(空)", "-2"})
#: In a column of one option: chosen and not (98 and −1 are "other" and "no" in company exports).
CHOSEN = frozenset({"是", "y", "yes", "true", "√", "✓", "✔", "选中", "已选"})
NOT_CHOSEN = frozenset({"0", "-1", "否", "n", "no", "false", "×", "x", "未选", "未选中"})
#: Ids that name nobody: 问卷星 writes 直接访问 where a link carried no parameter.
NOBODY = frozenset({"直接访问", "无", "未知", "-", "--", "/"})

_FILLED_IN = re.compile(r"〖.*?〗")
_BETWEEN = {"wjx": re.compile("┋"), "table": re.compile("[┋|;]")}
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\s*分?")
_ZERO_DECIMALS = re.compile(r"(?<=[0-9])\.0+$")
_DATE = re.compile(
    r"(20[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[ T]*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?"
)
_DURATION = re.compile(
    r"(?:([0-9]{1,2}):(?=[0-9]+:))?(?:([0-9]{1,4}):(?=[0-9]))?"
    r"(?:([0-9]{1,3})\s*小?时)?\s*(?:([0-9]{1,5})\s*分钟?)?\s*(?:([0-9]{1,6})\s*秒?)?"
)
_SECONDS = (3600, 60, 3600, 60, 1)
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_EXCEL_START = datetime(1899, 12, 30)
#: Day numbers of Excel that are taken for dates: 2009 to 2064.
_EXCEL_DAYS = range(40_000, 60_000)


@dataclass(frozen=True, eq=False)
class Answers:
    """What one raw file answers; every table has the index ``row_id``.

    ``given`` has the columns of `responses`, ``status`` one column a question, ``texts`` one column
    a free question, ``off_scale`` one boolean column a scored question, and ``changes`` a ledger
    line for each cell that could not be read and is missing now.
    """

    given: pd.DataFrame
    status: pd.DataFrame
    texts: pd.DataFrame
    off_scale: pd.DataFrame
    changes: tuple[Change, ...]


def read_answers(raw: RawTable, fields: Fields, study: Study) -> Answers:
    """Read every question that the file answers, and the columns that the mapping names."""
    given, changes = read_columns(raw, fields.columns)
    status, texts, off_scale = (pd.DataFrame(index=raw.rows.index) for _ in range(3))
    for question in study.questions:
        name = question.id
        if name in fields.options:
            cells = _cells(raw, fields.options[name])
            given[list(question.columns)], status[name] = _spread(cells, question)
        elif name not in fields.answers:
            continue
        elif question.kind == "text":
            cells = raw.rows[fields.answers[name]].str.strip()
            texts[name], status[name] = _text(cells)
        elif question.kind == "multi":
            cells = raw.rows[fields.answers[name]].map(plain)
            given[list(question.columns)], status[name] = _multi(cells, question, raw.reader)
        elif question.kind == "single":
            cells = raw.rows[fields.answers[name]].map(plain)
            given[name], status[name] = _single(cells, question, raw)
        else:
            cells = raw.rows[fields.answers[name]].map(plain)
            given[name], status[name] = _score(cells, question, study.scale(name), raw.form)
            off_scale[name] = (status[name] == "invalid") & cells.str.fullmatch(_NUMBER)
    for name in status:
        unreadable = status.index[status[name] == "invalid"]
        changes += [(row_id, name, "unreadable", None) for row_id in unreadable]
    return Answers(given, status, texts, off_scale, tuple(changes))


def read_columns(raw: RawTable, columns: Mapping[str, str]) -> tuple[pd.DataFrame, list[Change]]:
    """Read columns that are no questions: ids and groups as text, times, durations.

    Returns
    -------
    tuple of (DataFrame, list)
        The values (index ``row_id``, NA for blanks) and a line for each cell that is none.
    """
    values = pd.DataFrame(index=raw.rows.index)
    changes: list[Change] = []
    for column, header in columns.items():
        cells = raw.rows[header].map(plain)
        filled = cells.where(~cells.isin(BLANK | SKIPPED if column.endswith("_id") else {""}))
        values[column] = _column_values(column, filled)
        unreadable = filled.index[filled.notna() & values[column].isna()]
        if column.endswith("_id"):
            unreadable = unreadable[~filled[unreadable].isin(NOBODY)]
        changes += [(row_id, column, "unreadable", None) for row_id in unreadable]
    return values, changes


def _column_values(column: str, filled: pd.Series) -> pd.Series:
    """Read a column by its name: times, durations, ids, text."""
    if column.endswith("_at"):
        return _times(filled)
    if column == "seconds":
        return _seconds(filled)
    if column.endswith("_id"):
        ids = filled.where(~filled.isin({*NOBODY, RUINED})).astype("str")
        return ids.str.replace(_ZERO_DECIMALS, "", regex=True).str.upper()
    return filled.where(filled != RUINED).astype("str")


def _cells(raw: RawTable, headers: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({option: raw.rows[header].map(plain) for option, header in headers.items()})


def _times(cells: pd.Series) -> pd.Series:
    """Read times that begin with the year, and Excel's day numbers; nothing else is certain."""

    def time(text: str) -> datetime | None:
        found = _DATE.fullmatch(text)
        if found is None:
            day = float(text) if _NUMBER.fullmatch(text) and not text.endswith("分") else 0
            return _EXCEL_START + timedelta(days=day) if int(day) in _EXCEL_DAYS else None
        try:
            return datetime(*(int(part or 0) for part in found.groups()))
        except ValueError:
            return None

    return pd.Series(
        [None if pd.isna(text) else time(text) for text in cells],
        index=cells.index,
        dtype="datetime64[us]",
    )


def _seconds(cells: pd.Series) -> pd.Series:
    def seconds(text: str) -> int | None:
        found = _DURATION.fullmatch(_ZERO_DECIMALS.sub("", _THOUSANDS.sub("", text)))
        if found is None or not any(found.groups()):
            return None
        return sum(int(n or 0) * unit for n, unit in zip(found.groups(), _SECONDS, strict=True))

    return cells.map(seconds, na_action="ignore").astype("Int32")


def _status(cells: pd.Series, answered: pd.Series) -> pd.Series:
    """Name each cell's status; a filled cell that gave no value is invalid."""
    unread = cells.map(
        lambda c: "skipped" if c in SKIPPED else "blank" if c in BLANK else "invalid"
    )
    return unread.mask(answered, "answered").astype("str")


def _score(
    cells: pd.Series, question: Question, scale: Scale, form: str
) -> tuple[pd.Series, pd.Series]:
    wordings = [plain(word) for word in (*scale.labels, *scale.not_applicable)]
    if form == "code" and question.kind == "rating" and len(scale.labels) == len(scale.levels):
        # Option numbers count positions on the form, and the labels stand in the form's order.
        positions = cells.str.replace(_ZERO_DECIMALS, "", regex=True)
        cells = positions.replace({str(i): word for i, word in enumerate(wordings, start=1)})
    scores = to_score(cells, scale)
    status = _status(cells, scores.notna())
    status = status.mask(cells.isin(wordings[len(scale.labels) :]), "not_applicable")
    if question.reverse:
        scores = (scale.low + scale.high - scores).astype("Int8")
    return scores, status


def _single(cells: pd.Series, question: Question, raw: RawTable) -> tuple[pd.Series, pd.Series]:
    if raw.form == "code" and not question.options:
        raise ExportError(
            f"{raw.file}：按序号导出的单选题 {question.id} 需要知道选项的顺序；"
            "请在研究文件里写 options，或改用按文本导出。"
        )
    named = cells.str.replace(_FILLED_IN, "", regex=True).str.strip()
    if raw.form == "code":
        answer = named.map({str(i): option for i, option in enumerate(question.options, start=1)})
    elif question.options:
        answer = named.map({plain(option): option for option in question.options})
    else:
        answer = named.where(~cells.isin(SKIPPED | BLANK))
    return answer.astype("str"), _status(cells, answer.notna())


def _multi(cells: pd.Series, question: Question, reader: str) -> tuple[pd.DataFrame, pd.Series]:
    parts = cells.str.replace(_FILLED_IN, "", regex=True).str.split(_BETWEEN[reader])
    chosen = parts.map(lambda words: {word.strip() for word in words} - {""})
    options = [plain(option) for option in question.options]
    readable = chosen.map(set(options).issuperset) & ~cells.isin(SKIPPED | BLANK)
    picked = pd.DataFrame(
        {
            column: chosen.map(lambda words, option=option: option in words)
            for column, option in zip(question.columns, options, strict=True)
        }
    )
    return picked.astype("boolean").where(readable), _status(cells, readable)


def _spread(cells: pd.DataFrame, question: Question) -> tuple[pd.DataFrame, pd.Series]:
    """Read one column an option: a number above 0, a word for yes, or the option's own words."""
    answer = cells.apply(lambda c: c.str.replace(_ZERO_DECIMALS, "", regex=True).str.casefold())
    skipped, blank = answer.isin(SKIPPED).all(axis=1), answer.isin(BLANK | SKIPPED).all(axis=1)
    chosen = answer.isin(CHOSEN) | answer.apply(lambda c: c.str.fullmatch(r"[1-9][0-9]{0,2}"))
    for option in question.options:
        named = cells[option].str.replace(_FILLED_IN, "", regex=True).str.strip()
        chosen[option] |= named == plain(option)
    readable = (chosen | answer.isin(NOT_CHOSEN | SKIPPED | BLANK)).all(axis=1)
    picked = chosen[list(question.options)].set_axis(list(question.columns), axis=1)
    status = pd.Series("answered", index=cells.index, dtype="str").mask(~readable, "invalid")
    status = status.mask(blank, "blank").mask(skipped, "skipped")
    return picked.astype("boolean").where(status == "answered"), status


def _text(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    spelt = cells.map(plain)
    answered = ~spelt.isin(SKIPPED | BLANK)
    return cells.where(answered), _status(spelt, answered)
