"""Which column of a raw file holds which question: certain, or refused with the line to add."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csatlib.exports.headers import Header, Wording, take_apart, taken_wording, unspaced
from csatlib.exports.options import option_columns
from csatlib.exports.platforms import PLATFORMS
from csatlib.exports.table import ExportError, RawTable
from csatlib.scales import plain
from csatlib.schema import Quarter
from csatlib.study import Question, Study

__all__ = ["Fields", "mapped", "match"]

_COUNTED = re.compile(r"(.+)#([1-9][0-9]*)")


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


def match(raw: RawTable, study: Study, *, quarter: Quarter | str) -> Fields:
    """Find the column of every question that the quarter's questionnaire asks.

    A header belongs to a question if, without its number, it equals the question's text or an
    alias, or if the question's pattern is found in it. The row of a matrix is ``题干—行``, with the
    stem of the rows before it where the file leaves it out, or the row alone where no other
    header has it; an option's column is ``question(option)``, ``number(option)`` below such a one
    or, in plain tables, the option itself.

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
        For a question without a column, a column without a question, or a column that two claim;
        the message gives the line to add to the study file.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> interviews = next(table for table in raw if table.channel == "上门")
    >>> match(interviews, study, quarter="2026Q3").answers["after_sales"]
    '售后保障'
    """
    headers = take_apart(str(name) for name in raw.rows.columns)
    columns = mapped(raw)
    asked = [q for q in study.questions if q.asked_in(quarter) and q.id not in raw.lacks]
    wordings = {q.id: _wordings(q, raw) for q in asked}
    named = {q.id: [h for h in headers if _fits(h, wordings[q.id])] for q in asked}
    answers: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    for question in asked:
        others = {h.name for i, found in named.items() if i != question.id for h in found}
        spread = {}
        if question.kind in ("multi", "ranking"):
            spread = option_columns(
                question,
                wordings[question.id],
                headers,
                raw,
                lettered=PLATFORMS[raw.reader].lettered,
                elsewhere=others,
                alone=bool(named[question.id]),
            )
        if spread:
            options[question.id] = spread
        else:
            answers[question.id] = _answer_column(
                question, named[question.id], headers, raw, others, quarter
            )
    fields = Fields(columns, answers, options)
    aside = _set_aside(raw)
    _refuse_shared(raw, fields, aside)
    _refuse_leftovers(raw, fields, aside, headers, study, quarter)
    return fields


def mapped(raw: RawTable) -> dict[str, str]:
    """Find the header of every column that the source's mapping names.

    A header that stands more than once is named with its place: ``备注#1``, ``备注#2``.

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
        If a header of the mapping is not in the file, or stands there twice.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study)
    >>> mapped(next(table for table in raw if table.role == "invitations"))
    {'customer_id': '客户编号', 'invited_at': '邀请时间', 'channel': '渠道', 'outcome': '结果'}
    """
    return {column: _header(raw, wanted) for column, wanted in raw.mapping.items()}


def _header(raw: RawTable, wanted: str) -> str:
    names = [str(name) for name in raw.rows.columns]
    counted = _COUNTED.fullmatch(wanted)
    if counted and counted[2] == "1":
        same = [n for n in names if unspaced(n) == unspaced(counted[1])]
        wanted = counted[1] if same else wanted
    else:
        same = [n for n in names if unspaced(n) == unspaced(wanted)]
        if any(unspaced(n) == unspaced(f"{wanted}#2") for n in names):
            raise ExportError(
                f"{raw.file}：来源写的“{wanted}”在表头里不止一列；"
                f"请在来源里写明要哪一列，例如“{wanted}#1”或“{wanted}#2”。"
            )
    if not same:
        # The number on the form and （必填） do not matter where only one header is left.
        apart = take_apart(names)
        same = [h.name for h in apart if h.words == taken_wording(wanted).text]
        same = same if len(same) == 1 else []
    if same:
        return same[0]
    near = difflib.get_close_matches(plain(wanted), names, n=1)
    guess = f"（最像的是“{near[0]}”）" if near else ""
    raise ExportError(
        f"{raw.file}：表头里没有来源写的“{wanted}”列{guess}；"
        "请核对文件，或改来源的 mapping、personal、device。"
    )


def _wordings(question: Question, raw: RawTable) -> tuple[Wording, ...]:
    """Take what a question is called apart; ``题干—行`` also as the platform would join it."""
    texts = [question.text, *question.aliases]
    joint = PLATFORMS[raw.reader].joint
    texts += [joint.join(unspaced(text).split("—")) for text in texts]
    return tuple(taken_wording(text) for text in dict.fromkeys(texts))


def _fits(header: Header, wordings: Sequence[Wording]) -> bool:
    return any(wording.fits(header) for wording in wordings)


def _set_aside(raw: RawTable) -> set[str]:
    """Name the columns that identify people or devices; they are known, and go nowhere."""
    aside = {_header(raw, wanted) for wanted in raw.personal.values()}
    aside |= {_header(raw, raw.device)} if raw.device else set()
    for column, wanted in raw.mapping.items():
        if not column.endswith("_id") and _header(raw, wanted) in aside:
            raise ExportError(
                f"{raw.file}：“{wanted}”列写在来源的 personal 或 device 里，不能再用 mapping "
                f"带入 {column}；请从 mapping 里删去。"
            )
    return aside


def _answer_column(
    question: Question,
    named: Sequence[Header],
    headers: Sequence[Header],
    raw: RawTable,
    others: set[str],
    quarter: Quarter | str,
) -> str:
    """Find the one column of a question: named in full, by pattern, or by the row of a matrix."""
    by_pattern = [h for h in headers if h.shows(question.pattern)]
    both = [h for h in named if h in by_pattern]
    found = both or [*named, *(h for h in by_pattern if h not in named)]
    if not found:
        found = _by_row(question, headers, raw, others)
    repeats = len({(h.number, h.words) for h in found}) == 1
    if len(found) >= question.occurrence and (len(found) == 1 or repeats):
        return found[question.occurrence - 1].name
    if found:
        raise ExportError(_ambiguous(question, found, raw))
    raise ExportError(_not_there(question, headers, raw, others, quarter))


def _by_row(
    question: Question, headers: Sequence[Header], raw: RawTable, others: set[str]
) -> list[Header]:
    """List the headers whose matrix row or blank is what the question is called."""
    words = {w.words for w in _wordings(question, raw) if w.number is None}
    return [h for h in headers if h.short & words and h.name not in others]


def _ambiguous(question: Question, found: Sequence[Header], raw: RawTable) -> str:
    names = "、".join(h.name for h in found)
    told = f"{raw.file}：题目 {question.id} 对上了 {len(found)} 列（{names}），"
    if len({(h.number, h.words) for h in found}) == 1:
        return f"{told}要的是第 {question.occurrence} 列；请核对题目的 occurrence。"
    full = [name for h in found for name in sorted(h.full) if name.endswith(f"—{h.words}")]
    if full:
        return f"{told}不知道要哪一列；请把题目的 text 写全，例如 text: {full[0]}。"
    numbers = [h.number for h in found if h.number is not None]
    line = f'pattern: "^{numbers[0]}[、.]"' if numbers else "pattern"
    return f"{told}不知道要哪一列；请在题目 {question.id} 下加一行 {line}，或改 text、aliases。"


def _not_there(
    question: Question,
    headers: Sequence[Header],
    raw: RawTable,
    others: set[str],
    quarter: Quarter | str,
) -> str:
    free = {h.words: h for h in headers if h.name not in others}
    near = difflib.get_close_matches(question.text, free, n=1, cutoff=0.4)
    guess = f'最像的是“{near[0]}”，若是同一题请加一行 aliases: ["{near[0]}"]；' if near else ""
    wanted = {unspaced(option) for option in question.options}
    olds = [h for h in headers if h.option in wanted]
    if question.kind in ("multi", "ranking") and olds and olds[0].number:
        line = f'pattern: "^第?{olds[0].number}[题、.( ]"'
        guess = f"“{olds[0].name}”列像是它的选项，若是请加一行 {line}；"
    return (
        f"{raw.file}：没有题目 {question.id}“{question.text}”的列；{guess}"
        f"若 {quarter} 不再问，请写 until；若只是这个来源不问，请写进它的 lacks。"
    )


def _refuse_shared(raw: RawTable, fields: Fields, aside: set[str]) -> None:
    """Refuse a column that two questions claim, or a question and the source."""
    owners: dict[str, list[str]] = {}
    for item, name in fields.answers.items():
        owners.setdefault(name, []).append(f"题目 {item}")
    for item, found in fields.options.items():
        for name in found.values():
            owners.setdefault(name, []).append(f"题目 {item}")
    for column, name in fields.columns.items():
        if name in owners:
            owners[name].append(f"mapping 的 {column}")
    for name in aside & set(owners):
        owners[name].append("来源的 personal 或 device")
    for name, claims in owners.items():
        if len(claims) > 1:
            raise ExportError(
                f"{raw.file}：“{name}”列被多处认领（{'、'.join(claims)}）；"
                "请在研究文件里改 text、aliases、pattern 或 occurrence，让它只属于一处。"
            )


def _refuse_leftovers(
    raw: RawTable,
    fields: Fields,
    aside: set[str],
    headers: Sequence[Header],
    study: Study,
    quarter: Quarter | str,
) -> None:
    claimed = {*fields.answers.values(), *fields.columns.values(), *aside}
    claimed |= {name for found in fields.options.values() for name in found.values()}
    for header in headers:
        unnamed = header.name.startswith("无标题") and not raw.rows[header.name].str.strip().any()
        if not (header.name in claimed or unnamed or _ignored(header.name, raw)):
            guess = _whose(header, fields, raw, study, quarter)
            raise ExportError(
                f"{raw.file}：研究文件不认识“{header.name}”列；{guess}"
                "若是新题请加进 questions，若不需要请写进该来源的 ignore。"
            )


def _ignored(name: str, raw: RawTable) -> bool:
    spelt = unspaced(name)
    return any(
        spelt == unspaced(p) or fnmatch.fnmatchcase(plain(name), plain(p)) for p in raw.ignore
    )


def _whose(
    header: Header, fields: Fields, raw: RawTable, study: Study, quarter: Quarter | str
) -> str:
    """Say which question a header that nobody claims may belong to."""
    for question in study.questions:
        if not _fits(header, _wordings(question, raw)):
            continue
        if question.id in raw.lacks:
            return f"它是题目 {question.id}，若这个来源也问，请从 lacks 里删去；"
        if not question.asked_in(quarter):
            return f"它是题目 {question.id}，若 {quarter} 也问，请改它的 since 或 until；"
        return f"它与题目 {question.id} 的列同名，若是另一题请写 occurrence: {header.occurrence}；"
    found = {*fields.answers, *fields.options}
    texts = [q.text for q in study.questions if q.id not in found]
    near = difflib.get_close_matches(header.words, texts, n=1, cutoff=0.4)
    return (
        f'最像的题目是“{near[0]}”，若是同一题请给它加一行 aliases: ["{header.words}"]；'
        if near
        else ""
    )
