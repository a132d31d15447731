"""The columns of a question that has one column an option, as headers write them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from csatlib.exports.headers import Header, Wording, closed, unspaced, without_letter
from csatlib.exports.table import ExportError, RawTable
from csatlib.study import Question

__all__ = ["option_columns"]


def option_columns(
    question: Question,
    wordings: Sequence[Wording],
    headers: Sequence[Header],
    raw: RawTable,
    *,
    lettered: bool,
    elsewhere: Collection[str],
    alone: bool,
) -> dict[str, str]:
    """Find one column an option, ``{option: header}``; empty where there are none.

    A column is an option's if its header is ``question(option)`` or ``question:option``, if it is
    ``number(option)`` and follows such a column of the same number, if the question's pattern is
    found in it, or, in plain tables where the question has no column ``alone``, if it is the
    option itself. Headers that say another question in full (``elsewhere``) are left.
    """
    wanted = {unspaced(option): option for option in question.options}
    found: dict[str, str] = {}
    for header, option in _named(question, wordings, headers, elsewhere, lettered, wanted):
        if option not in wanted:
            raise ExportError(
                f"{raw.file}：“{header.name}”列的选项“{option}”不在题目 {question.id} 的 "
                f"options 里；若是新选项请按问卷顺序补进 options，"
                f'若是别的题请给那道题写 aliases: ["{header.words}"]。'
            )
        if wanted[option] in found:
            raise ExportError(
                f"{raw.file}：题目 {question.id} 的选项“{option}”有两列"
                f"（{found[wanted[option]]}、{header.name}）；请在文件里只保留一列。"
            )
        found[wanted[option]] = header.name
    if not found and raw.reader == "table" and not alone:
        found = _bare(question, headers, wanted, elsewhere)
    missing = [option for option in question.options if option not in found]
    if found and missing:
        raise ExportError(
            f"{raw.file}：题目 {question.id} 缺少选项“{missing[0]}”的列；"
            "若问卷已删去这个选项，请从 options 里删去，否则请核对文件。"
        )
    return {option: found[option] for option in question.options if found}


def _named(
    question: Question,
    wordings: Sequence[Wording],
    headers: Sequence[Header],
    elsewhere: Collection[str],
    lettered: bool,
    wanted: Mapping[str, str],
) -> list[tuple[Header, str]]:
    """List the headers that name the question, its pattern or its number, and their options."""
    listed: list[tuple[Header, str]] = []
    number: int | None = None
    running = False
    for header in headers:
        option = _after(header, wordings, wanted, lettered)
        if header.name in elsewhere and option not in wanted:
            option, running = None, False
        elif option is not None:
            number, running = header.number, True
        elif running and header.option is not None and header.number == number:
            option = _known(header.option, wanted, lettered)
        else:
            running = False
            if header.shows(question.pattern):
                option = header.option or _bracketed(header.words)
        if option is not None:
            listed.append((header, option))
    return listed


def _after(
    header: Header, wordings: Sequence[Wording], wanted: Mapping[str, str], lettered: bool
) -> str | None:
    """Give the option of ``question(option)`` or ``question:option``, None for other headers."""
    for wording in wordings:
        if wording.number is not None and wording.number != header.number:
            continue
        rest = header.words.removeprefix(wording.words)
        if rest == header.words or not rest:
            continue
        if rest.startswith("(") and rest.endswith(")") and closed(rest[1:-1]):
            return _known(unspaced(rest[1:-1]), wanted, lettered)
        if rest[0] in ":—-_":
            option = _known(unspaced(rest[1:]), wanted, lettered)
            if option in wanted:
                return option
    return None


def _known(option: str, wanted: Mapping[str, str], lettered: bool) -> str:
    if option in wanted or not lettered:
        return option
    return without_letter(option)


def _bracketed(words: str) -> str | None:
    if words.endswith(")") and "(" in words:
        return unspaced(words[words.index("(") + 1 : -1])
    return None


def _bare(
    question: Question,
    headers: Sequence[Header],
    wanted: Mapping[str, str],
    elsewhere: Collection[str],
) -> dict[str, str]:
    """Find plain columns whose header is the option; of repeated ones the question's occurrence."""
    found: dict[str, str] = {}
    for header in headers:
        option = unspaced(_without_count(header))
        repeated = sum(unspaced(_without_count(h)) == option for h in headers) > 1
        if option in wanted and header.occurrence == (question.occurrence if repeated else 1):
            found[wanted[option]] = header.name
    return {} if set(found.values()) & set(elsewhere) == set(found.values()) else found


def _without_count(header: Header) -> str:
    return header.name.removesuffix(f"#{header.occurrence}")
