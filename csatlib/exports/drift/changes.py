"""The changes between two forms, one row each, in words and with the line that settles them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import pandas as pd

from csatlib.exports.drift import proposals
from csatlib.exports.drift.answers import (
    Answers,
    answers_of,
    is_scale,
    new_options,
    rescaled,
)
from csatlib.exports.drift.forms import Asked, Form
from csatlib.exports.drift.pairing import Pair, Pairing, in_one_place, moved, paired
from csatlib.exports.drift.turned import Book, all_mirrored, order, turned_items
from csatlib.exports.drift.wording import bare, meaning, weigher, words
from csatlib.scales import plain
from csatlib.study import Question, Study

__all__ = ["Row", "Scene", "changes"]

Row = dict[str, object]

_DIFFERENCES = {
    "negation": "一句是否定或相反的说法",
    "time": "问的时间范围不同",
    "object": "问的对象不同",
}


@dataclass(frozen=True, eq=False)
class Scene:
    """Two forms of one source and what helps to compare them.

    The books lead from a question's bare words to its option numbers; ``has_text`` says that the
    wordings of these answers are compared in another pair of files.
    """

    before: Form
    now: Form
    study: Study | None
    answers: Mapping[object, Answers]
    book_before: Mapping[str, Book]
    book_now: Mapping[str, Book]
    has_text: bool

    def question(self, *asked: Asked) -> Question | None:
        """Give the study's question of the first that has one."""
        items = [q.item for q in asked if q.item is not None]
        return self.study.question(items[0]) if self.study is not None and items else None

    def book(self, asked: Asked, *, now: bool) -> Book:
        """Give the words of a question's numbers, from its cells or from the other export."""
        learnt = (self.book_now if now else self.book_before).get(bare(asked.title), {})
        return self.answers[asked].book or learnt

    def row(
        self,
        change: str,
        before: Asked | None,
        now: Asked | None,
        detail: str,
        *,
        certain: bool,
        proposal: str | None = None,
    ) -> Row:
        """Make one row of the table ``drift``."""
        question = self.question(*(q for q in (now, before) if q is not None))
        return {
            "change": change,
            "item": question.id if question else pd.NA,
            "previous": before.header if before else pd.NA,
            "current": now.header if now else pd.NA,
            "detail": f"{self.now.raw.file}：{detail}",
            "certain": certain,
            "proposal": proposal or pd.NA,
        }


def changes(scene: Scene) -> list[Row]:
    """List every change between two forms: of wording and place first, then of answers."""
    titles = [[q.title for q in f.asked] for f in (scene.before, scene.now)]
    weigh = weigher(max(titles, key=len))
    pairing = paired(scene.before.asked, scene.now.asked, weigh, scene.answers)
    rows = [row for pair in pairing.pairs for row in _renamed(scene, pair)]
    rows += [
        _moved(scene, pair) for pair in moved(pairing.pairs) if pair.before.place != pair.now.place
    ]
    rows += _parted(scene, pairing)
    rows += _added_and_dropped(scene, pairing)
    turned = list(_turned(scene, pairing))
    for pair in pairing.pairs:
        rows += _options_by_header(scene, pair)
        # A scale that is turned and lopsided lacks an end: that is no other range.
        known = any(row["current"] == pair.now.header for row in turned)
        rows += [
            row for row in _answers(scene, pair) if not (known and row["change"] == "rescaled")
        ]
    return rows + turned


def _renamed(scene: Scene, pair: Pair) -> Iterator[Row]:
    one, other = pair.before.title, pair.now.title
    if _printed(one) == _printed(other):
        return
    said = f"“{words(one)[1]}”改成了“{words(other)[1]}”"
    if bare(one) == bare(other):
        detail = f"{said}，只差编号、标点、全角或必填标记，是同一题。"
        yield scene.row("renamed", pair.before, pair.now, detail, certain=True)
        return
    question = scene.question(pair.now, pair.before)
    differs = meaning(one, other)
    if pair.why == "item" and differs != "negation":
        detail = f"{said}；研究文件认定是同一题。"
        yield scene.row("renamed", pair.before, pair.now, detail, certain=True)
    elif differs:
        detail = f"{said}，{_DIFFERENCES[differs]}，不能算同一题；请结束原题（until），另立新题。"
        proposal = proposals.new_question(
            pair.now, scene.answers[pair.now], scene.study, question, scene.now.quarter
        )
        yield scene.row("renamed", pair.before, pair.now, detail, certain=False, proposal=proposal)
    else:
        detail = f"{said}；若是同一题请写进 aliases，若不是请写 until 和新题。"
        proposal = proposals.alias(question, pair.before, pair.now)
        yield scene.row("renamed", pair.before, pair.now, detail, certain=False, proposal=proposal)


def _printed(title: str) -> str:
    """Give a title as printed, apart from its number and from full width."""
    number, _ = words(title)
    text = plain(title).replace(" ", "")
    return re.sub(r"^[^、.:)题]{1,4}[、.:)题]+", "", text, count=1) if number is not None else text


def _moved(scene: Scene, pair: Pair) -> Row:
    detail = f"“{words(pair.now.title)[1]}”从第 {pair.before.place} 题移到第 {pair.now.place} 题。"
    return scene.row("moved", pair.before, pair.now, detail, certain=True)


def _parted(scene: Scene, pairing: Pairing) -> Iterator[Row]:
    for whole, parts in pairing.split:
        told = "、".join(f"“{words(q.title)[1]}”" for q in parts)
        detail = f"“{words(whole.title)[1]}”拆成了{told}，前后的数字不能直接比较。"
        for part in parts:
            certain = _succeeds(scene, whole, part)
            line = proposals.new_question(
                part, scene.answers[part], scene.study, None, scene.now.quarter
            )
            proposal = None if part.item else line
            yield scene.row("split", whole, part, detail, certain=certain, proposal=proposal)
    for whole, parts in pairing.merged:
        told = "、".join(f"“{words(q.title)[1]}”" for q in parts)
        detail = f"{told}并成了“{words(whole.title)[1]}”，前后的数字不能直接比较。"
        line = proposals.new_question(
            whole, scene.answers[whole], scene.study, None, scene.now.quarter
        )
        for part in parts:
            certain = _succeeds(scene, part, whole)
            proposal = None if whole.item else line
            yield scene.row("merged", part, whole, detail, certain=certain, proposal=proposal)


def _succeeds(scene: Scene, before: Asked, now: Asked) -> bool:
    """Say whether the study ends the one question and begins the other between the quarters."""
    if scene.study is None or not (before.item and now.item) or before.item == now.item:
        return False
    quarters = scene.before.quarter, scene.now.quarter
    if None in quarters:
        return False
    ended = not scene.study.question(before.item).asked_in(quarters[1])
    return ended and not scene.study.question(now.item).asked_in(quarters[0])


def _added_and_dropped(scene: Scene, pairing: Pairing) -> Iterator[Row]:
    replaced = in_one_place(pairing, scene.answers)
    doubt = "同一位置上期是另一题，答案相仿；若是同一题换了说法，请写进 aliases。"
    for asked in pairing.added:
        line = proposals.new_question(
            asked, scene.answers[asked], scene.study, None, scene.now.quarter
        )
        sure = asked not in replaced
        detail = f"新增了“{words(asked.title)[1]}”（第 {asked.place} 题）。{'' if sure else doubt}"
        proposal = None if asked.item else line
        yield scene.row("added", None, asked, detail, certain=sure, proposal=proposal)
    for asked in pairing.dropped:
        detail = f"不再问“{words(asked.title)[1]}”（上期第 {asked.place} 题）。"
        line = proposals.until(scene.question(asked), scene.before.quarter)
        sure = asked not in replaced
        yield scene.row("dropped", asked, None, detail, certain=sure, proposal=line)


def _options_by_header(scene: Scene, pair: Pair) -> Iterator[Row]:
    """Compare the options that have a column each: what is there is known, not sampled."""
    if not (pair.before.options and pair.now.options):
        return
    old, new = ({bare(o) or o: o for o in q.options} for q in (pair.before, pair.now))
    added = [o for key, o in new.items() if key not in old]
    gone = [o for key, o in old.items() if key not in new]
    question = scene.question(pair.now, pair.before)
    kept_order = [key for key in old if key in new] == [key for key in new if key in old]
    if added or gone:
        told, guessed = _told_options(added, gone)
        proposal = proposals.options(question, added if question else new.values())
        sure = not guessed or _knows(question, [*added, *gone])
        yield scene.row("options", pair.before, pair.now, told, certain=sure, proposal=proposal)
    elif not kept_order:
        detail = f"选项的顺序变为：{'、'.join(new.values())}。"
        proposal = proposals.options(None, new.values())
        yield scene.row("options", pair.before, pair.now, detail, certain=True, proposal=proposal)


def _told_options(added: list[str], gone: list[str]) -> tuple[str, bool]:
    """Say which options came and went, and whether some of them are guessed to be one renamed."""
    renamed = []
    for old in gone:
        near = [n for n in added if n not in {b for _, b in renamed} and _near(old, n)]
        if near:
            renamed.append((old, near[0]))
    new = [o for o in added if o not in {b for _, b in renamed}]
    lost = [o for o in gone if o not in {a for a, _ in renamed}]
    told = [f"“{a}”可能改成了“{b}”" for a, b in renamed]
    told += [f"新增选项“{'、'.join(new)}”"] if new else []
    told += [f"不再有选项“{'、'.join(lost)}”"] if lost else []
    return "；".join(told) + "。", bool(renamed)


def _near(one: str, other: str) -> bool:
    return SequenceMatcher(None, bare(one), bare(other), autojunk=False).ratio() >= 0.6


def _knows(question: Question | None, options: list[str]) -> bool:
    known = {bare(o) for o in question.options} if question else set()
    return {bare(o) for o in options} <= known


def _answers(scene: Scene, pair: Pair) -> Iterator[Row]:
    before, now = scene.answers[pair.before], scene.answers[pair.now]
    question = scene.question(pair.now, pair.before)
    line = proposals.breaks(question, scene.now.quarter)
    books = scene.book(pair.before, now=False), scene.book(pair.now, now=True)
    turned = order(*books)
    levels = is_scale(before, now, pair.now, scene.study) or _spoken_scale(scene, pair, books)
    if turned == "turned" and levels:
        detail = f"选项的顺序倒过来了：现在 {_said(books[1])}，上期 {_said(books[0])}。"
        yield scene.row("reversed", pair.before, pair.now, detail, certain=False, proposal=line)
        return
    if turned:
        detail = f"选项的顺序变为：{'、'.join(books[1].values())}。"
        proposal = None if levels else proposals.options(None, books[1].values())
        yield scene.row("options", pair.before, pair.now, detail, certain=True, proposal=proposal)
    if scene.has_text:
        return
    if not levels and before.sort == now.sort == "choices":
        yield from _options_by_answers(scene, pair, question)
        return
    scale = scene.study.scales.get(question.scale or "") if scene.study and question else None
    if changed := rescaled(before, now, scale):
        nominal = question is not None and question.kind in ("single", "multi", "ranking")
        kind = "options" if nominal else "rescaled"
        proposal = None if nominal else line
        detail = f"“{words(pair.now.title)[1]}”{changed}。"
        yield scene.row(kind, pair.before, pair.now, detail, certain=False, proposal=proposal)


def _spoken_scale(scene: Scene, pair: Pair, books: tuple[Book, Book]) -> bool:
    """Say whether the words of a code book, or of the cells, are levels of a scale."""
    question = scene.question(pair.now, pair.before)
    if question is not None:
        return question.kind in ("rating", "nps")
    spoken = [word for book in books for word in book.values()]
    if not spoken:
        return False
    held = answers_of(Asked(pair.now.header, 1, 1, (), tuple(spoken * 3), None))
    return is_scale(held, held, pair.now, None)


def _said(book: Book) -> str:
    return "、".join(f"{number} 为“{wording}”" for number, wording in list(book.items())[:2])


def _options_by_answers(scene: Scene, pair: Pair, question: Question | None) -> Iterator[Row]:
    added, gone = new_options(scene.answers[pair.before], scene.answers[pair.now])
    if not added and not gone:
        return
    told, _ = _told_options(added, gone)
    seen = [*scene.answers[pair.before].counts, *added] if question is None else added
    proposal = proposals.options(question, [o for o in seen if o not in gone])
    certain = _knows(question, added if added else gone)
    yield scene.row("options", pair.before, pair.now, told, certain=certain, proposal=proposal)


def _turned(scene: Scene, pairing: Pairing) -> Iterator[Row]:
    """Find scales of bare numbers that turned; where words stand beside the numbers, they tell."""
    rated = [pair for pair in pairing.pairs if _bare_numbers(scene, pair)]
    before = [scene.answers[p.before] for p in rated]
    now = [scene.answers[p.now] for p in rated]
    told = "与其他打分题的相关由正变负（或由负变正），超出抽样误差，量表可能倒了过来"
    which = turned_items(before, now)
    if not which and all_mirrored(before, now):
        which, told = [*range(len(rated))], "各打分题的分布都与上期左右相反，量表可能倒了过来"
    for i in which:
        pair, question = rated[i], scene.question(rated[i].now, rated[i].before)
        line = proposals.breaks(question, scene.now.quarter)
        detail = f"“{words(pair.now.title)[1]}”{told}；请对照问卷核实。"
        yield scene.row("reversed", pair.before, pair.now, detail, certain=False, proposal=line)


def _bare_numbers(scene: Scene, pair: Pair) -> bool:
    question = scene.question(pair.now, pair.before)
    if question is not None and question.kind not in ("rating", "nps"):
        return False
    both = [scene.answers[pair.before], scene.answers[pair.now]]
    if any(a.sort != "numbers" or not 3 <= len(a.counts) <= 30 for a in both):
        return False
    return not (scene.book(pair.before, now=False) and scene.book(pair.now, now=True))
