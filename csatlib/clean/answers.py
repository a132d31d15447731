"""One raw file's cells as values and statuses: scores, choices, orders, texts, times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from csatlib.clean.choices import (
    ZERO_DECIMALS,
    as_wording,
    multi,
    ranking,
    single,
    spread_multi,
    spread_ranking,
    status_of,
)
from csatlib.clean.times import seconds, times
from csatlib.exports import PLATFORMS, RUINED, ExportError, Fields, Platform, RawTable
from csatlib.scales import plain, to_score
from csatlib.study import Question, Scale, Study

__all__ = ["Answers", "Books", "Change", "read_answers", "read_columns"]

#: A line of the ledger: row_id, column, rule, new value.
Change = tuple[str, str, str, str | None]
#: From a question's id to what each option number of it means.
Books = Mapping[str, Mapping[str, str]]

#: Ids that name nobody: 问卷星 writes 直接访问 where a link carried no parameter.
NOBODY = frozenset({"直接访问", "无", "未知", "-", "--", "/"})

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\s*分?")
_BREAK = re.compile(r"\s*<br\s*/?>\s*")


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


def read_answers(
    raw: RawTable, fields: Fields, study: Study, *, books: Books | None = None
) -> Answers:
    """Read every question that the file answers, and the columns that the mapping names.

    ``books`` says what the option numbers of a single question mean whose options the study file
    does not list; a twin export by wording tells it (`csatlib.exports.code_book`).
    """
    given, changes = read_columns(raw, fields.columns)
    status, texts, off_scale = (pd.DataFrame(index=raw.rows.index) for _ in range(3))
    platform = PLATFORMS[raw.reader]
    for question in study.questions:
        name = question.id
        if name in fields.options:
            cells = _cells(raw, fields.options[name], platform)
            _refuse_points(cells, question, raw)
            read = spread_ranking if question.kind == "ranking" else spread_multi
            given[list(question.columns)], status[name] = read(cells, question.columns, platform)
        elif name not in fields.answers:
            continue
        elif question.kind == "text":
            cells = _broken(raw.rows[fields.answers[name]], platform).str.strip()
            texts[name], status[name] = _text(cells, platform)
        elif question.kind in ("rating", "nps"):
            cells = _cell(raw, fields.answers[name], platform)
            scores = _score(cells, question, study.scale(name), raw.form, platform)
            given[name], status[name] = scores
            off_scale[name] = (status[name] == "invalid") & cells.str.fullmatch(_NUMBER)
        else:
            cells = _cell(raw, fields.answers[name], platform)
            book = (books or {}).get(name)
            values, status[name] = _choice(cells, question, raw, platform, book)
            given[list(question.columns)] = values
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
    platform = PLATFORMS[raw.reader]
    marks = platform.blank | platform.skipped
    words = frozenset(mark for mark in marks if not _NUMBER.fullmatch(mark))
    for column, header in columns.items():
        cells = raw.rows[header].map(plain)
        filled = cells.where(~cells.isin(marks if column.endswith("_id") else words))
        values[column] = _column_values(column, filled, platform)
        unreadable = filled.index[filled.notna() & values[column].isna()]
        if column.endswith("_id"):
            unreadable = unreadable[~filled[unreadable].isin(NOBODY)]
        changes += [(row_id, column, "unreadable", None) for row_id in unreadable]
    return values, changes


def _column_values(column: str, filled: pd.Series, platform: Platform) -> pd.Series:
    """Read a column by its name: times, durations, ids, text."""
    if column.endswith("_at"):
        return times(filled, short_years=platform.short_years)
    if column == "seconds":
        return seconds(filled)
    if column.endswith("_id"):
        ids = filled.where(~filled.isin({*NOBODY, RUINED})).astype("str")
        return ids.str.replace(ZERO_DECIMALS, "", regex=True).str.upper()
    return filled.where(filled != RUINED).astype("str")


def _broken(cells: pd.Series, platform: Platform) -> pd.Series:
    """Read the line breaks that 腾讯问卷 writes as HTML as line breaks."""
    return cells.str.replace(_BREAK, "\n", regex=True) if platform.lettered else cells


def _cell(raw: RawTable, header: str, platform: Platform) -> pd.Series:
    return _broken(raw.rows[header], platform).map(plain)


def _cells(raw: RawTable, headers: Mapping[str, str], platform: Platform) -> pd.DataFrame:
    """Give the cells of a spread question, its options in the order of the study file."""
    return pd.DataFrame({option: _cell(raw, name, platform) for option, name in headers.items()})


def _score(
    cells: pd.Series, question: Question, scale: Scale, form: str, platform: Platform
) -> tuple[pd.Series, pd.Series]:
    wordings = [plain(word) for word in (*scale.labels, *scale.not_applicable)]
    cells = as_wording(cells, wordings, platform)
    if form == "code" and question.kind == "rating" and len(scale.labels) == len(scale.levels):
        # Option numbers count positions on the form, and the labels stand in the form's order.
        positions = cells.str.replace(ZERO_DECIMALS, "", regex=True)
        cells = positions.replace({str(i): word for i, word in enumerate(wordings, start=1)})
    scores = to_score(cells, scale)
    status = status_of(cells, scores.notna(), platform)
    status = status.mask(cells.isin(wordings[len(scale.labels) :]), "not_applicable")
    if question.reverse:
        scores = (scale.low + scale.high - scores).astype("Int8")
    return scores, status


def _choice(
    cells: pd.Series,
    question: Question,
    raw: RawTable,
    platform: Platform,
    book: Mapping[str, str] | None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Read a question that has one column for its choices; the values have its columns."""
    _refuse_points(cells.to_frame(), question, raw)
    if question.kind in ("multi", "ranking"):
        read = ranking if question.kind == "ranking" else multi
        return read(cells, question.options, question.columns, platform)
    if question.kind == "attention" and not question.options and _as_it_stands(question, raw):
        spelt = as_wording(cells, [question.expect or ""], platform)
        values, status = single(spelt, (), None, platform)
        return values.to_frame(question.id), status
    codes = None
    if raw.form == "code":
        codes = {str(i): option for i, option in enumerate(question.options, start=1)} or book
        if codes is None:
            raise ExportError(
                f"{raw.file}：按序号导出的题目 {question.id} 需要知道选项的顺序；"
                "请在研究文件里写 options，或改用按文本导出。"
            )
    values, status = single(cells, question.options, codes, platform)
    return values.to_frame(question.id), status


def _as_it_stands(question: Question, raw: RawTable) -> bool:
    """Say whether a check's answers can be compared with what it expects without its options."""
    return raw.form == "text" or _NUMBER.fullmatch(plain(question.expect or "")) is not None


def _refuse_points(cells: pd.DataFrame, question: Question, raw: RawTable) -> None:
    """Refuse choices that an export by score holds as points: they do not tell the option."""
    if raw.form != "score" or (question.kind == "attention" and _as_it_stands(question, raw)):
        return
    marks = PLATFORMS[raw.reader].skipped | PLATFORMS[raw.reader].blank
    points = cells.apply(lambda c: c.str.fullmatch(_NUMBER) & ~c.isin(marks))
    if points.any(axis=None):
        raise ExportError(
            f"{raw.file}：按分数导出的文件里，题目 {question.id} 的答案是分数，认不出选了哪个选项；"
            "请改用按文本导出，或把这道题写进来源的 lacks 并把它的列写进 ignore。"
        )


def _text(cells: pd.Series, platform: Platform) -> tuple[pd.Series, pd.Series]:
    spelt = cells.map(plain)
    answered = ~spelt.isin(platform.skipped | platform.blank)
    return cells.where(answered), status_of(spelt, answered, platform)
