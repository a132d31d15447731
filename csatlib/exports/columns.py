"""Which column of a raw file holds which question: certain, or refused with the line to add."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass

from csatlib.exports.table import ExportError, RawTable
from csatlib.scales import plain
from csatlib.schema import Quarter
from csatlib.study import Question, Study

__all__ = ["Fields", "mapped", "match"]

_NUMBERED = re.compile(r"(?:第([0-9]{1,3})题|[Qq]?([0-9]{1,3})\s*[、..:]?)\s*(.*)", re.DOTALL)
_REQUIRED = re.compile(r"\s*[((](?:必填|自动)[))]$")
_REPEAT = re.compile(r"#([0-9]+)$")


@dataclass(frozen=True)
class Fields:
    """Where a raw file holds what: columns of ours, questions, and options of spread questions.

    ``columns`` leads from a column of `responses` to a header, ``answers`` from a question's id to
    its header, ``options`` from the id of a question with one column an option to
    ``{option: header}``.
    """

    columns: Mapping[str, str]
    answers: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class _Header:
    """A header taken apart: its number on the form, its words, and which repeat of them it is."""

    name: str
    number: int | None
    words: str
    whole: str
    occurrence: int


def match(raw: RawTable, study: Study, *, quarter: Quarter | str) -> Fields:
    """Find the column of every question that the quarter's questionnaire asks.

    A header belongs to a question if, without its number, it equals the question's text or an
    alias, or if the question's pattern is found in it; an option's column is
    ``question(option)``, ``number(option)`` or, in plain tables, the option itself.

    Parameters
    ----------
    raw : RawTable
        A file of responses.
    study : Study
        Its questions.
    quarter : Quarter or str
        The quarter of the questionnaire.

    Returns
    -------
    Fields
        ``columns``, ``answers`` and ``options``: where the file holds what.

    Raises
    ------
    ExportError
        For a question without a column, a column without a question, or a column that two claim.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> interviews = next(table for table in raw if table.channel == "上门")
    >>> match(interviews, study, quarter="2026Q3").answers["after_sales"]
    '售后保障'
    """
    headers = [_taken_apart(name) for name in raw.rows.columns]
    columns = mapped(raw)
    answers: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    for question in study.questions:
        if not question.asked_in(quarter) or question.id in raw.lacks:
            continue
        spread = _option_columns(question, headers, raw) if question.kind == "multi" else {}
        if spread:
            options[question.id] = spread
        else:
            answers[question.id] = _answer_column(question, headers, raw, quarter)
    claims = [*answers.values(), *(h for found in options.values() for h in found.values())]
    aside = {_header(raw, wanted) for wanted in raw.personal.values()}
    aside |= {_header(raw, raw.device)} if raw.device else set()
    _refuse_leftovers(raw, {*claims, *columns.values(), *aside}, study)
    for name in {c for c in claims if claims.count(c) > 1}:
        owners = [i for i, h in answers.items() if h == name]
        owners += [i for i, found in options.items() if name in found.values()]
        raise ExportError(
            f"{raw.file}：“{name}”列被多道题认领（{'、'.join(owners)}）；"
            "请在研究文件里改 text、aliases、pattern 或 occurrence。"
        )
    return Fields(columns, answers, options)


def mapped(raw: RawTable) -> dict[str, str]:
    """Find the header of every column that the source's mapping names.

    Parameters
    ----------
    raw : RawTable
        A file of any role.

    Returns
    -------
    dict of str to str
        From a column of ours to the header as the file spells it.

    Raises
    ------
    ExportError
        If a header of the mapping is not in the file.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> mapped(next(table for table in raw if table.role == "invitations"))
    {'customer_id': '客户编号', 'invited_at': '邀请时间', 'channel': '渠道'}
    """
    return {column: _header(raw, wanted) for column, wanted in raw.mapping.items()}


def _spelling(text: str) -> str:
    """Bring words to one spelling in which no space or line break counts."""
    return plain(text).replace(" ", "")


def _taken_apart(name: str) -> _Header:
    repeat = _REPEAT.search(name)
    bare = _REQUIRED.sub("", _spelling(_REPEAT.sub("", name)))
    numbered = _NUMBERED.fullmatch(bare)
    if numbered and numbered[3]:
        number, words = int(numbered[1] or numbered[2]), numbered[3]
    else:
        number, words = None, bare
    return _Header(name, number, words, bare, int(repeat[1]) if repeat else 1)


def _header(raw: RawTable, wanted: str) -> str:
    for name in raw.rows.columns:
        if _spelling(name) == _spelling(wanted):
            return str(name)
    near = difflib.get_close_matches(plain(wanted), [*raw.rows.columns], n=1)
    guess = f"（最像的是“{near[0]}”）" if near else ""
    raise ExportError(
        f"{raw.file}：表头里没有来源写的“{wanted}”列{guess}；"
        "请核对文件，或改来源的 mapping、personal、device。"
    )


def _is_question(header: _Header, question: Question) -> bool:
    wordings = {_spelling(w) for w in (question.text, *question.aliases)}
    if question.pattern and re.search(question.pattern, header.name):
        return True
    return header.words in wordings or header.whole in wordings


def _answer_column(
    question: Question,
    headers: list[_Header],
    raw: RawTable,
    quarter: Quarter | str,
) -> str:
    found = [h for h in headers if _is_question(h, question)]
    if len(found) >= question.occurrence and (len(found) == 1 or _repeats(found)):
        return found[question.occurrence - 1].name
    if found:
        names = "、".join(h.name for h in found)
        raise ExportError(
            f"{raw.file}：题目 {question.id} 对上了 {len(found)} 列（{names}），"
            f"要的是第 {question.occurrence} 列；请把 text 或 pattern 写得更准。"
        )
    near = difflib.get_close_matches(question.text, [h.words for h in headers], n=1, cutoff=0.4)
    guess = f"最像的是“{near[0]}”，若是同一题请写进 aliases；" if near else ""
    raise ExportError(
        f"{raw.file}：没有题目 {question.id}“{question.text}”的列；{guess}"
        f"若 {quarter} 不再问，请写 until；若只是这个来源不问，请写进它的 lacks。"
    )


def _repeats(found: list[_Header]) -> bool:
    return len({h.whole for h in found}) == 1


def _option_columns(question: Question, headers: list[_Header], raw: RawTable) -> dict[str, str]:
    """Find one column an option; empty if the question has one column for all its options."""
    wanted = {_spelling(option): option for option in question.options}
    numbers = {h.number for h in headers if h.number and _stem(h, question)}
    found: dict[str, str] = {}
    for header in headers:
        option = _stem(header, question) or (
            _bracketed(header.words) if header.number in numbers else None
        )
        if option is None and question.pattern and re.search(question.pattern, header.name):
            option = _bracketed(header.words)
        if option is not None:
            if option not in wanted:
                raise ExportError(
                    f"{raw.file}：“{header.name}”列的选项“{option}”不在题目 {question.id} 的 "
                    "options 里；请补上。"
                )
            found[wanted[option]] = header.name
    if not found and raw.reader == "table":
        found = {
            wanted[h.whole]: h.name
            for h in headers
            if h.whole in wanted
            and h.occurrence == (question.occurrence if _repeated(h, headers) else 1)
        }
    missing = [option for option in question.options if option not in found]
    if found and missing:
        raise ExportError(
            f"{raw.file}：题目 {question.id} 缺少选项“{missing[0]}”的列；请核对 options。"
        )
    return found


def _repeated(header: _Header, headers: list[_Header]) -> bool:
    return sum(h.whole == header.whole for h in headers) > 1


def _stem(header: _Header, question: Question) -> str | None:
    """Give the option of ``question(option)``, None for any other header."""
    for wording in (question.text, *question.aliases):
        stem = _spelling(wording)
        if header.words.startswith(f"{stem}(") and header.words.endswith(")"):
            return header.words[len(stem) + 1 : -1]
    return None


def _bracketed(words: str) -> str | None:
    if words.endswith(")") and "(" in words:
        return words[words.index("(") + 1 : -1]
    return None


def _refuse_leftovers(raw: RawTable, claimed: set[str], study: Study) -> None:
    for name in raw.rows.columns:
        unnamed = name.startswith("无标题") and not raw.rows[name].str.strip().any()
        ignored = any(fnmatch.fnmatchcase(plain(name), plain(p)) for p in raw.ignore)
        if name in claimed or ignored or unnamed:
            continue
        texts = [q.text for q in study.questions]
        near = difflib.get_close_matches(_taken_apart(name).words, texts, n=1, cutoff=0.4)
        guess = f"最像的题目是“{near[0]}”，若是同一题请写进它的 aliases；" if near else ""
        raise ExportError(
            f"{raw.file}：研究文件不认识“{name}”列；{guess}"
            "若是新题请加进 questions，若不需要请写进该来源的 ignore。"
        )
