"""Lays the answers out as files know them: platform by text, platform by number, hand-keyed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from csatlib.demo.form import FORMS, NOT_APPLICABLE, SATISFACTION, Question
from csatlib.demo.wave import BLANK, KEYED, ONLINE, SKIPPED, Invitation, Response

__all__ = ["by_code", "by_text", "invitations", "keyed"]

Row = list[object]
_META = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
_NONE = {SKIPPED: -3, BLANK: -2}
_CHANNELS = {ONLINE: "线上问卷", KEYED: "电话"}


def by_text(line: str, quarter: str, rows: Sequence[Response]) -> list[Row]:
    """Lay out the platform's export by option text, header first."""
    questions = FORMS[line].asked(quarter)
    header: Row = [*_META, *(f"{n}、{q.wording(quarter)}" for n, q in enumerate(questions, 1))]
    body = [[*meta, *(_text(row, q) for q in questions)] for meta, row in _with_meta(rows)]
    return [header, *body]


def by_code(line: str, quarter: str, rows: Sequence[Response]) -> list[Row]:
    """Lay out the platform's export by option number, header first; choices one column each."""
    questions = FORMS[line].asked(quarter)
    header: Row = list(_META)
    for number, question in enumerate(questions, 1):
        header += _code_headers(number, question, quarter)
    body = [
        [*meta, *(cell for q in questions for cell in _codes(row, q))]
        for meta, row in _with_meta(rows)
    ]
    return [header, *body]


def _with_meta(rows: Sequence[Response]) -> list[tuple[Row, Response]]:
    """Join each row with its first six columns; a row pasted in twice keeps its number."""
    numbers: dict[int, int] = {}
    for row in rows:
        numbers.setdefault(id(row), len(numbers) + 1)
    return [
        (
            [
                numbers[id(row)],
                f"{row.submitted:%Y/%m/%d %H:%M:%S}",
                f"{row.seconds}秒",
                row.origin,
                row.key,
                row.address,
            ],
            row,
        )
        for row in rows
    ]


def _text(row: Response, question: Question) -> object:
    cell = row.cells[question.id]
    if cell in (SKIPPED, BLANK):
        return cell
    if isinstance(cell, tuple):
        return "┋".join(_with_words(option) for option in cell)
    if question.kind == "rating" and isinstance(cell, int):
        return SATISFACTION[cell - 1]
    return cell


def _with_words(option: str) -> str:
    name, tab, words = option.partition("\t")
    return f"{name}〖{words}〗" if tab else name


def _code_headers(number: int, question: Question, quarter: str) -> list[str]:
    wording = question.wording(quarter)
    if question.kind != "multi":
        return [f"{number}、{wording}"]
    first, *others = question.options
    return [f"{number}、{wording}({first})", *(f"{number}、({option})" for option in others)]


def _codes(row: Response, question: Question) -> list[object]:
    cell = row.cells[question.id]
    if cell in (SKIPPED, BLANK):
        return [_NONE[str(cell)]] * (len(question.options) if question.kind == "multi" else 1)
    if isinstance(cell, tuple):
        ticked = {option.partition("\t")[0] for option in cell}
        return [int(option in ticked) for option in question.options]
    if question.kind == "single":
        return [question.options.index(str(cell)) + 1]
    if cell == NOT_APPLICABLE:
        return [len(SATISFACTION) + 1]
    return [cell]


def keyed(
    line: str, quarter: str, rows: Sequence[Response], rng: np.random.Generator, blank_rows: int
) -> list[Row]:
    """Lay out the hand-keyed answers, header first, with the habits of people who type.

    Some scores have a stray space, long calls a thousands separator; blank lines (empty or of
    separators alone) stand between the rows and a line of totals at the end.
    """
    form = FORMS[line]
    questions = [q for q in form.asked(quarter) if q.kind != "multi"]
    header: Row = [form.keyed_key, form.keyed_time, form.keyed_seconds, form.keyed_by]
    header += [q.short for q in questions]
    shown: dict[int, Row] = {}
    for row in rows:
        cells = [_typed(row, q, rng) for q in questions]
        shown.setdefault(
            id(row),
            [
                row.key,
                f"{row.submitted:%Y/%m/%d %H:%M}",
                f"{row.seconds:,}",
                row.interviewer,
                *cells,
            ],
        )
    body = [list(shown[id(row)]) for row in rows]
    places = 1 + rng.permutation(len(body) - 1)[:blank_rows]
    for number, place in enumerate(sorted(places.tolist(), reverse=True)):
        body.insert(place, [""] * len(header) if number % 2 else [])
    return [header, *body, _totals(questions, rows)]


def _typed(row: Response, question: Question, rng: np.random.Generator) -> str:
    cell, u = row.cells[question.id], rng.random()
    if cell in (SKIPPED, BLANK):
        return ""
    if isinstance(cell, int) and u < 0.04:
        return f" {cell}" if u < 0.02 else f"{cell} "
    return str(cell)


def _totals(questions: Sequence[Question], rows: Sequence[Response]) -> Row:
    """Sum up the file as its keeper does: the length of all calls, and each score's mean."""
    totals: Row = ["合计", "", f"{sum(row.seconds for row in rows):,}", ""]
    for question in questions:
        cells = [row.cells[question.id] for row in rows]
        scores = [cell for cell in cells if isinstance(cell, int)]
        totals.append(f"{sum(scores) / len(scores):.2f}" if scores else "")
    return totals


def invitations(line: str, invited: Sequence[Invitation]) -> list[Row]:
    """Lay out who was asked, when, how and to what end, in the order of time; header first."""
    by_ticket = FORMS[line].key == "ticket_id"
    hand = "上门" if line == "ops_company" else _CHANNELS[KEYED]
    header: Row = (["工单号"] if by_ticket else []) + ["客户编号", "邀请时间", "渠道", "结果"]
    rows: list[Row] = [
        ([i.key] if by_ticket else [])
        + [i.customer_id, f"{i.invited_at:%Y-%m-%d %H:%M}"]
        + [_CHANNELS[ONLINE] if i.channel == ONLINE else hand, i.outcome]
        for i in sorted(invited, key=lambda i: (i.invited_at, i.key))
    ]
    return [header, *rows]
