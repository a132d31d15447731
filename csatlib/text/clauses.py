"""A comment in clauses, each with what it says: parted at stops, contrasts and changes of mind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from csatlib.text.scanning import SEGMENT, Hit, Scanner, spell
from csatlib.text.scope import NEUTRAL, Judgement, judgements

__all__ = ["SET_ASIDE", "Clause", "Known", "clauses"]

#: What a clause counts that a later 但是 sets aside, or that 虽然 concedes.
SET_ASIDE = 0.5

_MEASURED = frozenset(("quantity", "times"))
_WORDED = re.compile(r"[^\W_]")
_TRAILING = frozenset("了的吧啊呀哦呢啦嘛")
_NOT_CONTRAST = frozenset("这那也都不真")


class Clause(NamedTuple):
    """A clause's places in its text, its value, its weight in the comment, and what decided."""

    start: int
    end: int
    value: float
    weight: float
    span_start: int
    span_end: int


class _Said(NamedTuple):
    """A segment's clauses, where it began, and which of them a contrast begins, if one does."""

    start: int
    clauses: list[Clause]
    turn: int | None


#: What was made of segments: by their spelling, whether a question mark follows, and whether
#: something was said before.
Known = dict[tuple[str, bool, bool], _Said]


def clauses(text: str, scanner: Scanner, known: Known) -> list[Clause]:
    """Part a text into clauses and judge each; pieces without a letter or digit are none.

    Short segments (味道不错) come again and again; ``known`` remembers what they were judged.
    """
    spelled = spell(text)
    hits = scanner.scan(spelled) if scanner.crosses else None
    found: list[Clause] = []
    turn = 0
    for segment in SEGMENT.finditer(spelled):
        start, end = segment.span()
        key = segment.group(), spelled[end : end + 1] == "?", bool(found)
        said = known.get(key) if hits is None else None
        if said is None:
            own = scanner.scan(spelled, start, end) if hits is None else _within(hits, start, end)
            said = _said(spelled, start, end, own, scanner, asked=key[1], later=key[2])
            # Lengths of time are judged by what stands before the segment, too.
            if hits is None and _MEASURED.isdisjoint([hit.kind for hit in own]):
                known[key] = said
        if said.turn is not None:
            turn = len(found) + said.turn
        by = start - said.start
        found += [_moved(clause, by) for clause in said.clauses] if by else said.clauses
    if turn:
        found = [c._replace(weight=SET_ASIDE) if i < turn else c for i, c in enumerate(found)]
    return found


def _within(hits: list[Hit], start: int, end: int) -> list[Hit]:
    return [hit for hit in hits if start <= hit.start < end]


def _moved(clause: Clause, by: int) -> Clause:
    start, end, value, weight, first, last = clause
    if first < 0:
        return Clause(start + by, end + by, value, weight, first, last)
    return Clause(start + by, end + by, value, weight, first + by, last + by)


def _said(
    spelled: str,
    start: int,
    end: int,
    hits: list[Hit],
    scanner: Scanner,
    *,
    asked: bool,
    later: bool,
) -> _Said:
    """Judge a segment, part by part."""
    found: list[Clause] = []
    turn = None
    for part_start, part_end, part, turned in _parts(spelled, start, end, hits, later):
        if turned:
            turn = len(found)
        found += _judged(spelled, part_start, part_end, part, scanner, asked)
    return _Said(start, found, turn)


def _parts(
    spelled: str, start: int, end: int, hits: list[Hit], later: bool
) -> Iterator[tuple[int, int, list[Hit], bool]]:
    """Part a segment before its words of contrast; the last item says whether one begins it."""
    begin, part, turned = start, [], False
    for hit in hits:
        if hit.kind == "contrast" and _is_contrast(spelled, hit, later or bool(part)):
            if hit.start > begin:
                yield begin, hit.start, part, turned
            begin, part, turned = hit.start, [], True
        else:
            part.append(hit)
    yield begin, end, part, turned


def _is_contrast(spelled: str, hit: Hit, later: bool) -> bool:
    """就是 contrasts only after something was said, and not in 这就是, 也就是, 不就是."""
    if not later:
        return False
    return hit.word != "就是" or spelled[hit.start - 1 : hit.start] not in _NOT_CONTRAST


def _judged(
    spelled: str, start: int, end: int, hits: list[Hit], scanner: Scanner, asked: bool
) -> Iterator[Clause]:
    """Judge a part; where praise and blame follow each other without a stop, part it again."""
    if not _WORDED.search(spelled, start, end):
        return
    found = judgements(spelled, hits, end, scanner, asked=asked) if hits else []
    weight = SET_ASIDE if any(hit.kind == "concession" for hit in hits) else 1.0
    group: list[Judgement] = []
    begin = start
    for judgement in found:
        if _opposed(group, judgement):
            cut = _after(spelled, max(j.end for j in group), judgement.start)
            yield _clause(begin, cut, group, weight)
            begin, group = cut, []
        group.append(judgement)
    yield _clause(begin, end, group, weight)


def _opposed(group: list[Judgement], judgement: Judgement) -> bool:
    if abs(judgement.value) < NEUTRAL:
        return False
    if group and judgement.start < max(j.end for j in group):
        return False
    return any(j.value * judgement.value < 0 for j in group if abs(j.value) >= NEUTRAL)


def _after(spelled: str, place: int, limit: int) -> int:
    while place < limit and spelled[place] in _TRAILING:
        place += 1
    return place


def _clause(start: int, end: int, group: list[Judgement], weight: float) -> Clause:
    if not group:
        return Clause(start, end, 0.0, weight, -1, -1)
    value = sum(j.value for j in group)
    same = [j for j in group if j.value * value > 0] or group
    deciding = max(same, key=lambda j: (abs(j.value), -j.start))
    return Clause(start, end, value, weight, deciding.start, deciding.end)
