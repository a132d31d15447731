"""A file as the questions it asks, in order, each with its answers and, if known, its item."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from csatlib.exports.columns import match
from csatlib.exports.drift.wording import bare, bracketed, words
from csatlib.exports.table import ExportError, RawTable
from csatlib.scales import plain
from csatlib.study import Question, Study

__all__ = ["MISSING", "Asked", "Form", "form", "named", "questions_named"]

#: What stands in a cell when nothing was answered.
MISSING = frozenset({"", "(空)", "(跳过)", "-2", "-3", "未填写", "(未填写)"})
#: Columns that may hold people or ids: their contents are never looked at.
_PRIVATE = re.compile(
    r"姓名|名字|联系人|电话|手机|号码|编号|单号|工号|账号|客户号|身份证|邮箱|邮件|地址|微信|qq|昵称|"
    r"专员|访谈人|访问员|回访员|坐席|经办|提交人|提交者|用户id|openid|车牌|银行卡|ip$|时间|日期|时长",
    re.IGNORECASE,
)
#: A header that rates something may name a time or a telephone; it holds no person.
_RATES = re.compile("满意|评价|评分|打分|推荐|程度|是否|您|多久|多长")
_REPEAT = re.compile(r"#[0-9]+$")


@dataclass(frozen=True, eq=False)
class Asked:
    """One question of a file: its header (the first of several), place, options, answers, item.

    ``options`` are those that have a column each; ``cells`` are the answers of a single column in
    the order of the rows, empty where one is missing; there are none where the question has several
    columns or its contents are nobody's business.
    """

    header: str
    repeat: int
    place: int
    options: tuple[str, ...]
    cells: tuple[str, ...]
    item: str | None

    @property
    def title(self) -> str:
        """The header without an option in brackets, where the question has a column an option."""
        parted = bracketed(self.header) if self.options else None
        return parted[0] if parted else _REPEAT.sub("", self.header)

    @property
    def key(self) -> tuple[str, int]:
        """The bare words, and which of the questions with these words it is."""
        return bare(self.title), self.repeat


@dataclass(frozen=True, eq=False)
class Form:
    """The questions of one file in order, with the file and the quarter, if known."""

    raw: RawTable
    quarter: str | None
    asked: tuple[Asked, ...]


def form(raw: RawTable, study: Study | None, quarter: str | None) -> Form:
    """Part a file into its questions; headers of ids, times and personal data are none."""
    aside = {plain(h) for h in (*raw.mapping.values(), *raw.personal.values(), raw.device or "")}
    headers = [h for h in map(str, raw.rows.columns) if not _left_out(h, raw, aside)]
    spread, items = _by_study(raw, study, quarter, headers)
    groups = _grouped(headers, spread, raw)
    seen: Counter[str] = Counter()
    asked = []
    for place, (columns, options) in enumerate(groups, start=1):
        title = (bracketed(columns[0]) or ("",))[0] if options else _REPEAT.sub("", columns[0])
        seen[bare(title)] += 1
        item = items.get(columns[0])
        hidden = options or (item is None and _is_private(columns[0]))
        cells = () if hidden else _cells(raw.rows[columns[0]].tolist())
        asked.append(Asked(columns[0], seen[bare(title)], place, options, cells, item))
    return Form(raw, quarter, tuple(asked))


def named(question: Question, header: str, *, quarter: str | None = None) -> bool:
    """Say whether a question of the study names a header by text, alias or pattern."""
    if not question.asked_in(quarter):
        return False
    own = _REPEAT.sub("", header)
    titles = {bare(own), *([bare(parted[0])] if (parted := bracketed(own)) else [])}
    if titles & {bare(w) for w in (question.text, *question.aliases)}:
        return True
    return bool(question.pattern and re.search(question.pattern, header))


def questions_named(study: Study, header: str, *, quarter: str | None) -> list[Question]:
    """List the questions of a quarter that name a header."""
    return [q for q in study.questions if named(q, header, quarter=quarter)]


def _is_private(header: str) -> bool:
    return bool(_PRIVATE.search(plain(header))) and not _RATES.search(header)


def _left_out(header: str, raw: RawTable, aside: set[str]) -> bool:
    unnamed = header.startswith("无标题") and not raw.rows[header].str.strip().any()
    ignored = any(fnmatch.fnmatchcase(plain(header), plain(p)) for p in raw.ignore)
    return plain(header) in aside or ignored or unnamed


def _by_study(
    raw: RawTable, study: Study | None, quarter: str | None, headers: list[str]
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Give ``{header: (item, option)}`` of option columns and ``{header: item}`` of all."""
    if study is None:
        return {}, {}
    if quarter is None:
        return {}, _items(headers, study, None)
    try:
        fields = match(raw, study, quarter=quarter)
    except ExportError:
        # A form that changed does not fit its study: name what can be named.
        return {}, _items(headers, study, quarter)
    spread = {h: (i, o) for i, found in fields.options.items() for o, h in found.items()}
    return spread, {h: i for i, h in fields.answers.items()} | {
        h: i for h, (i, _) in spread.items()
    }


def _items(headers: list[str], study: Study, quarter: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for header in headers:
        own = bare(_REPEAT.sub("", header))
        seen[own] += 1
        owners = questions_named(study, header, quarter=quarter)
        exact = [q for q in owners if q.occurrence == seen[own]] if len(owners) > 1 else owners
        if len(exact) == 1:
            found[header] = exact[0].id
    return found


def _grouped(
    headers: list[str], spread: Mapping[str, tuple[str, str]], raw: RawTable
) -> list[tuple[list[str], tuple[str, ...]]]:
    """Put the option columns of a question together: ``(its headers, its options)``, in order."""
    groups: dict[tuple[str, object], list[tuple[str, str]]] = {}
    numbers = {words(h)[0] for h in headers if (p := bracketed(h)) and not p[0]} - {None}
    for header in headers:
        number, parted = words(header)[0], bracketed(header)
        if header in spread:
            key: tuple[str, object] = ("item", spread[header][0])
            option = spread[header][1]
        elif parted and number in numbers and (not parted[0] or _ticked(raw, header, parted[1])):
            key, option = ("number", number), parted[1]
        elif parted and _ticked(raw, header, parted[1]):
            key, option = ("stem", bare(parted[0])), parted[1]
        else:
            key, option = ("alone", header), ""
        groups.setdefault(key, []).append((header, option))
    # One column in brackets is a question with a remark, such as (1-5分), not an option.
    return [
        ([h for h, _ in g], tuple(o for _, o in g if o) if len(g) > 1 or kind == "item" else ())
        for (kind, _), g in groups.items()
    ]


def _ticked(raw: RawTable, header: str, option: str) -> bool:
    """Say whether a column holds ticks of one option, not answers of its own."""
    held = {plain(cell) for cell in raw.rows[header].unique()} - MISSING
    return held <= {"0", "1"} or held <= {
        "0",
        "1",
        "√",
        "是",
        "否",
        "选中",
        "未选中",
        plain(option),
    }


def _cells(column: Sequence[str]) -> tuple[str, ...]:
    spelled = {cell: plain(cell) for cell in set(column)}
    spelled = {cell: "" if text in MISSING else text for cell, text in spelled.items()}
    return tuple(spelled[cell] for cell in column)
