"""A codeframe made ready for search: all its words in one tree, and where each of them is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from csatlib.study.patterns import Alternative, Element, Pattern, parse

__all__ = ["Compiled", "Frame", "Spans", "Tree", "compiled"]

#: A name, its patterns, and those that void it.
Frame = tuple[str, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Tree:
    """Words by their characters, to be looked for all at once.

    ``letter`` numbers the characters of the words from 1; ``following`` says to which knot of the
    tree a letter leads from another (0, the root, where to none), and has a row for those only
    that lead on; ``word`` is the number of the word that ends at a knot (−1 without one).
    """

    letter: np.ndarray
    following: np.ndarray
    word: np.ndarray

    @classmethod
    def of(cls, words: Sequence[str]) -> Tree:
        """Plant the tree of distinct words."""
        letters = sorted({ord(letter) for word in words for letter in word})
        number = {letter: place for place, letter in enumerate(letters, 1)}
        inner = {"", *(word[:size] for word in words for size in range(len(word)))}
        leading = sorted(inner, key=lambda part: (len(part), part))
        knots = [*leading, *(word for word in words if word not in inner)]
        place = {part: knot for knot, part in enumerate(knots)}
        following = np.zeros((len(leading), len(letters) + 1), np.min_scalar_type(len(knots)))
        for part in knots[1:]:
            following[place[part[:-1]], number[ord(part[-1])]] = place[part]
        word = np.full(len(knots), -1, dtype=np.int32)
        word[[place[one] for one in words]] = np.arange(len(words))
        letter = np.zeros(max(letters, default=0) + 2, np.min_scalar_type(len(letters)))
        letter[letters] = np.arange(1, len(letters) + 1)
        return cls(letter, following, word)

    def places(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find every word wherever it stands, by place: number of the word and place."""
        # No letter stands behind the end.
        letter = np.append(self.letter[np.minimum(codes, len(self.letter) - 1)], self.letter[-1:])
        first = self.following[0][letter]
        at = np.flatnonzero(first).astype(np.int32)
        knot = first[at]
        words, places = [self.word[:0]], [at[:0]]
        size = 1
        while len(at):
            word = self.word[knot]
            words.append(word[word >= 0])
            places.append(at[word >= 0])
            leads = knot < len(self.following)
            at, knot = at[leads], knot[leads]
            knot = self.following[knot, letter[np.minimum(at + size, len(codes))]]
            at, knot = at[knot > 0], knot[knot > 0]
            size += 1
        place = np.concatenate(places)
        order = np.argsort(place, kind="stable")
        return np.concatenate(words)[order], place[order]


class Spans(NamedTuple):
    """Lists end to end: ``values`` of all, where each list begins, and how many it has."""

    values: np.ndarray
    first: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> Spans:
        """Put lists end to end."""
        lists = list(lists)
        count = np.array([len(one) for one in lists], dtype=np.int32)
        values = np.array([value for one in lists for value in one], dtype=np.int32)
        return cls(values, (np.cumsum(count) - count).astype(np.int32), count)

    def through(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Go through the lists that are chosen: place among the chosen, and value."""
        owner, at = through(self.first[chosen], self.count[chosen])
        return owner, self.values[at]


def through(first: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Go through spans one after the other: the span, and the place in it."""
    owner = np.repeat(np.arange(len(count), dtype=np.int32), count)
    shift = (first - (np.cumsum(count) - count)).astype(np.int32)
    return owner, np.arange(len(owner), dtype=np.int32) + shift[owner]


class _Use(NamedTuple):
    """What an element is in a pattern: a step of it, or what may not stand in or beside it."""

    role: str
    step: int
    pattern: int
    element: Element


@dataclass(frozen=True, eq=False)
class Compiled:
    """The patterns of several names and where their words are used.

    Alternatives are numbered: those of word ``w`` of the ``tree`` are ``spelled`` ``w``, and
    classes have their names in ``classes``; ``sizes`` is how many characters each has, ``opens``
    and ``closes`` whether its start and its end are lifted. A use is an element of a pattern,
    ``of_pattern``; uses of one role and step are ``block[role, step]``, in the order of the
    patterns. ``asked`` lists the alternatives of each use, ``steps_of`` the uses that each pattern
    needs.

    Of each pattern: ``name`` and ``place`` say whose it is and which, ``voids`` whether it voids
    the others of its name, ``steps`` how many elements it has, ``words[:, step]`` how many words
    may stand before each.
    """

    alternatives: tuple[Alternative, ...]
    sizes: np.ndarray
    opens: np.ndarray
    closes: np.ndarray
    tree: Tree
    spelled: Spans
    classes: dict[int, str]
    block: dict[tuple[str, int], slice]
    of_pattern: np.ndarray
    asked: list[list[int]]
    steps_of: list[list[int]]
    name: np.ndarray
    place: np.ndarray
    voids: np.ndarray
    steps: np.ndarray
    words: np.ndarray


@lru_cache(maxsize=16)
def compiled(frames: tuple[Frame, ...]) -> Compiled:
    """Make patterns ready for search; what was made once is not made again."""
    owned = [
        (name, place, voids)
        for name, (_, patterns, unless) in enumerate(frames)
        for voids, sources in ((False, patterns), (True, unless))
        for place in range(len(sources))
    ]
    name, place, voids = np.array(owned, dtype=np.int64).reshape(-1, 3).T
    patterns = [parse(source) for _, own, unless in frames for source in (*own, *unless)]
    steps = np.array([len(pattern.elements) for pattern in patterns], dtype=np.int64)
    words = np.zeros((len(patterns), max(steps, default=1)), dtype=np.int64)
    for pattern, row in zip(patterns, words, strict=True):
        row[1 : len(pattern.elements)] = [gap.words for gap in pattern.gaps]
    uses = sorted(
        (use for number, pattern in enumerate(patterns) for use in _uses(number, pattern)),
        key=lambda use: (use.role, use.step, use.pattern),
    )
    return Compiled(
        **_numbered([use.element for use in uses]), **_placed(uses, len(patterns)),
        name=name, place=place, voids=voids.astype(bool), steps=steps, words=words,
    )  # fmt: skip


def _uses(number: int, pattern: Pattern) -> Iterator[_Use]:
    for step, element in enumerate(pattern.elements):
        yield _Use("step", step, number, element)
    for step, gap in enumerate(pattern.gaps, 1):
        if gap.without:
            yield _Use("without", step, number, gap.without)
    if pattern.before:
        yield _Use("before", 0, number, pattern.before)
    if pattern.after:
        yield _Use("after", 0, number, pattern.after)


def _numbered(elements: Sequence[Element]) -> dict:
    """Give numbers to the alternatives of the uses, and plant their words."""
    number: dict[Alternative, int] = {}
    asked = [[number.setdefault(one, len(number)) for one in element] for element in elements]
    spelled: dict[str, list[int]] = {}
    for one, place in number.items():
        if one.kind == "words":
            spelled.setdefault(one.text, []).append(place)
    return {
        "alternatives": tuple(number),
        "sizes": np.array([len(one.text) for one in number], dtype=np.int32),
        "opens": np.array([one.open_start for one in number], dtype=bool),
        "closes": np.array([one.open_end for one in number], dtype=bool),
        "asked": asked,
        "tree": Tree.of(tuple(spelled)),
        "spelled": Spans.of(spelled.values()),
        "classes": {place: one.text for one, place in number.items() if one.kind == "class"},
    }


def _placed(uses: Sequence[_Use], patterns: int) -> dict:
    """Say where the uses of each role and step stand, and which steps each pattern needs."""
    needed: list[list[int]] = [[] for _ in range(patterns)]
    block: dict[tuple[str, int], slice] = {}
    for place, use in enumerate(uses):
        start = block.get((use.role, use.step), slice(place, place)).start
        block[use.role, use.step] = slice(start, place + 1)
        if use.role == "step":
            needed[use.pattern].append(place)
    # A codeframe without themes has no first step, and finds nothing.
    block.setdefault(("step", 0), slice(0, 0))
    of_pattern = np.array([use.pattern for use in uses], dtype=np.int32)
    return {"block": block, "of_pattern": of_pattern, "steps_of": needed}
