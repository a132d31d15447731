"""Which question of one form is which of another: by the study, by words, by likeness and place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from csatlib.exports.drift.answers import Answers, same_sort
from csatlib.exports.drift.forms import Asked
from csatlib.exports.drift.wording import Weigh, alike, halves, stems

__all__ = ["Pair", "Pairing", "in_one_place", "moved", "paired"]

#: How alike two wordings must be to be taken for one question: anywhere, or between the same two.
ANYWHERE, IN_PLACE = 0.6, 0.33


@dataclass(frozen=True, eq=False)
class Pair:
    """One question in two forms; ``why`` says how it was recognised: item, words or likeness."""

    before: Asked
    now: Asked
    why: str


@dataclass(frozen=True, eq=False)
class Pairing:
    """What two forms share and what only one has; ``split`` and ``merged``: one, and its parts."""

    pairs: tuple[Pair, ...]
    dropped: tuple[Asked, ...]
    added: tuple[Asked, ...]
    split: tuple[tuple[Asked, tuple[Asked, ...]], ...]
    merged: tuple[tuple[Asked, tuple[Asked, ...]], ...]


def paired(
    before: Sequence[Asked], now: Sequence[Asked], weigh: Weigh, answers: Mapping[object, Answers]
) -> Pairing:
    """Pair the questions of two forms, the surest first, and say what became of the others."""
    pairs = _by(before, now, "item", lambda q: q.item)
    pairs += _by(*_left(before, now, pairs), "words", lambda q: q.key)
    lost, new = _left(before, now, pairs)
    split = _parted(lost, new, pairs)
    lost, new = (
        _without(lost, [s for s, _ in split]),
        _without(new, [q for _, p in split for q in p]),
    )
    merged = _parted(new, lost, [Pair(p.now, p.before, p.why) for p in pairs])
    lost = _without(lost, [q for _, parts in merged for q in parts])
    new = _without(new, [m for m, _ in merged])
    pairs += _alike(lost, new, pairs, weigh, answers)
    lost, new = _without(lost, [p.before for p in pairs]), _without(new, [p.now for p in pairs])
    ordered = sorted(pairs, key=lambda p: p.now.place)
    return Pairing(tuple(ordered), tuple(lost), tuple(new), tuple(split), tuple(merged))


def moved(pairs: Sequence[Pair]) -> list[Pair]:
    """List the pairs to move so that the others keep their order: all but a longest run in order.

    The longest increasing subsequence is found by patience sorting (Fredman 1975).
    """
    ordered = sorted(pairs, key=lambda p: p.now.place)
    tops: list[int] = []
    ends: list[int] = []
    earlier: list[int | None] = []
    for i, pair in enumerate(ordered):
        at = bisect_left(tops, pair.before.place)
        earlier.append(ends[at - 1] if at else None)
        tops[at : at + 1] = [pair.before.place]
        ends[at : at + 1] = [i]
    kept, last = set(), ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = earlier[last]
    return [pair for i, pair in enumerate(ordered) if i not in kept]


def in_one_place(pairing: Pairing, answers: Mapping[object, Answers]) -> set[Asked]:
    """Name the dropped and added that may be one question in wholly other words.

    They stand between the same two questions, are alone there, got answers of one sort, and the
    study does not tell them apart.
    """
    backward = [(p.before, p.now) for p in pairing.pairs]
    forward = [(p.now, p.now) for p in pairing.pairs]
    gaps = {q: _gap(q, backward) for q in pairing.dropped}
    gaps |= {q: _gap(q, forward) for q in pairing.added}
    found: set[Asked] = set()
    for gap in set(gaps.values()):
        here = [q for q, own in gaps.items() if own == gap]
        if len(here) == 2 and here[0] in pairing.dropped and here[1] in pairing.added:
            known = here[0].item and here[1].item
            found |= set(here) if not known and same_sort(*(answers[q] for q in here)) else set()
    return found


def _without(asked: Sequence[Asked], gone: Sequence[Asked]) -> list[Asked]:
    return [q for q in asked if not any(q is g for g in gone)]


def _left(
    before: Sequence[Asked], now: Sequence[Asked], pairs: Sequence[Pair]
) -> tuple[list[Asked], list[Asked]]:
    return _without(before, [p.before for p in pairs]), _without(now, [p.now for p in pairs])


def _by(
    before: Sequence[Asked], now: Sequence[Asked], why: str, key: Callable[[Asked], object]
) -> list[Pair]:
    """Pair what has the same key; a key that stands twice in a form names nothing."""
    found = []
    keys_before, keys_now = [key(q) for q in before], [key(q) for q in now]
    for question, own in zip(before, keys_before, strict=True):
        if own is not None and keys_before.count(own) == 1 == keys_now.count(own):
            found.append(Pair(question, now[keys_now.index(own)], why))
    return found


def _gap(asked: Asked, known: Sequence[tuple[Asked, Asked]]) -> tuple[Asked | None, Asked | None]:
    """Name the nearest paired neighbours of a question, as the other form has them."""
    left = [(own.place, other) for own, other in known if own.place < asked.place]
    right = [(own.place, other) for own, other in known if own.place > asked.place]
    return (
        max(left, key=lambda e: e[0])[1] if left else None,
        min(right, key=lambda e: e[0])[1] if right else None,
    )


def _in_place(one: Asked, other: Asked, pairs: Sequence[Pair]) -> bool:
    """Say whether two questions stand after the same question or before the same."""
    a = _gap(one, [(p.before, p.now) for p in pairs])
    b = _gap(other, [(p.now, p.now) for p in pairs])
    return a[0] is b[0] or a[1] is b[1]


def _parted(
    wholes: Sequence[Asked], parts: Sequence[Asked], pairs: Sequence[Pair]
) -> list[tuple[Asked, tuple[Asked, ...]]]:
    """Find the questions that became several: neighbours, in the place of the one."""
    found: list[tuple[Asked, tuple[Asked, ...]]] = []
    for whole in wholes:
        free = _without(parts, [q for _, taken in found for q in taken])
        near = [q for q in free if _in_place(whole, q, pairs)]
        for size in range(min(len(near), 4), 1, -1):
            chosen = next((g for g in combinations(near, size) if _are_parts(whole, g)), None)
            if chosen:
                found.append((whole, chosen))
                break
    return found


def _are_parts(whole: Asked, parts: tuple[Asked, ...]) -> bool:
    places = [q.place for q in parts]
    titles = [q.title for q in parts]
    together = max(places) - min(places) < len(parts)
    return together and (halves(whole.title, titles) or stems(whole.title, titles))


def _alike(
    lost: Sequence[Asked],
    new: Sequence[Asked],
    pairs: Sequence[Pair],
    weigh: Weigh,
    answers: Mapping[object, Answers],
) -> list[Pair]:
    """Pair by likeness, the most alike first; questions that the study tells apart stay apart."""
    scored = []
    for a in lost:
        for b in new:
            if a.item and b.item:
                continue
            likeness = alike(a.title, b.title, weigh)
            needed = IN_PLACE if _in_place(a, b, pairs) else ANYWHERE
            needed = needed if same_sort(answers[a], answers[b]) else max(needed, 0.8)
            if likeness >= needed:
                scored.append((-likeness, a.place, b.place, a, b))
    found: list[Pair] = []
    for *_, a, b in sorted(scored, key=lambda s: s[:3]):
        if not any(p.before is a or p.now is b for p in found):
            found.append(Pair(a, b, "likeness"))
    return found
