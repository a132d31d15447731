"""Finds patterns in texts that are laid out: places of words, joined over the gaps."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from csatlib.study.patterns import Alternative, Element, Gap, parse
from csatlib.themes.layout import Layout

__all__ = ["Finder", "Found", "longest"]

_DIGITS = "零一二两三四五六七八九十百千万几多半好数0-9"
_NUMBER = re.compile(rf"[0-9]+(?:\.[0-9]+)?[万千百十多几]*|[{_DIGITS}]+")


@dataclass(frozen=True)
class Found:
    """Places of matches: from ``lead`` to before ``end``.

    ``start`` is where the first written word stands, behind ``lead`` where its edge is lifted and
    the word around it begins earlier. ``negator`` is the place of a negator that stands directly
    before it, or before a later element and behind the earlier ones; −1 without one.
    """

    start: np.ndarray
    end: np.ndarray
    lead: np.ndarray
    negator: np.ndarray

    def take(self, chosen: np.ndarray) -> Found:
        """Keep some of the places."""
        return Found(*(part[chosen] for part in self._parts()))

    def _parts(self) -> tuple[np.ndarray, ...]:
        return self.start, self.end, self.lead, self.negator

    @classmethod
    def together(cls, found: Sequence[Found]) -> Found:
        """Put places into the order of the text."""
        parts = [np.concatenate(part) for part in zip(*(f._parts() for f in found), strict=True)]
        return cls(*parts).take(np.lexsort((parts[1], parts[0])))


@dataclass(frozen=True)
class Finder:
    """Finds patterns in one layout; what was found once for a word is not looked for again."""

    layout: Layout
    _known: dict[Alternative, Found] = field(default_factory=dict, repr=False)

    def pattern(self, source: str) -> Found:
        """Find a pattern, negated or not."""
        read = parse(source)
        found = self._element(read.elements[0])
        for gap, element in zip(read.gaps, read.elements[1:], strict=True):
            if not len(found.start):
                break
            found = self._join(found, self._element(element), gap)
        if read.before:
            _, touched = self._pairs(self._element(read.before), found, Gap())
            found = found.take(np.setdiff1d(np.arange(len(found.start)), touched))
        if read.after:
            touched, _ = self._pairs(found, self._element(read.after), Gap())
            found = found.take(np.setdiff1d(np.arange(len(found.start)), touched))
        return found

    def theme(self, patterns: Sequence[str], unless: Sequence[str]) -> tuple[Found, np.ndarray]:
        """Find what patterns mean and nothing voids, with the number of the pattern of each."""
        each = [self.pattern(source) for source in patterns]
        which = np.repeat(np.arange(len(each)), [len(found.start) for found in each])
        parts = [np.concatenate(part) for part in zip(*(f._parts() for f in each), strict=True)]
        found = Found(*parts)
        void = [self.layout.sentence[self.pattern(source).start] for source in unless]
        kept = found.negator < 0
        if void:
            kept &= ~np.isin(self.layout.sentence[found.start], np.concatenate(void))
        return found.take(kept), which[kept]

    def _element(self, element: Element) -> Found:
        found = [self._alternative(alternative) for alternative in element]
        return found[0] if len(found) == 1 else Found.together(found)

    def _alternative(self, alternative: Alternative) -> Found:
        if alternative not in self._known:
            of_class = alternative.kind == "class"
            look = self._class if of_class else self._words
            self._known[alternative] = look(alternative)
        return self._known[alternative]

    def _words(self, wanted: Alternative) -> Found:
        layout = self.layout
        start = layout.letters.places(wanted.text)
        end = start + len(wanted.text)
        fits = np.ones(len(start), dtype=bool)
        if not wanted.open_start:
            fits &= layout.edge[start]
        if not wanted.open_end:
            fits &= layout.edge[end]
        start, end = start[fits], end[fits]
        negator = layout.negator[start]
        first, last = layout.token[start], layout.token[end - 1]
        lead = start
        if wanted.open_start:
            lead = np.where(first >= 0, layout.token_start[first], start)
        if wanted.open_end:
            end = np.where(last >= 0, layout.token_end[last], end)
        return Found(start, end, lead, negator)

    def _class(self, wanted: Alternative) -> Found:
        layout = self.layout
        if wanted.text == "number":
            spans = [found.span() for found in _NUMBER.finditer(layout.text)]
            start, end = np.array(spans, dtype=np.int64).reshape(-1, 2).T
        else:
            start, end = self._members(wanted.text)
        fits = layout.edge[start] & layout.edge[end]
        start, end = start[fits], end[fits]
        return Found(start, end, start, layout.negator[start])

    def _members(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Find the tokens of a class, and the parts of tokens behind or in a leading adverb."""
        layout, vocabulary = self.layout, self.layout.vocabulary
        words = {
            "negator": vocabulary.negators,
            "degree": vocabulary.degrees,
            "positive": vocabulary.positive,
            "negative": vocabulary.negative,
        }[name]
        whole = np.array([word in words for word in layout.spellings], dtype=bool)
        cuts = zip(layout.spellings, layout.prefix.tolist(), strict=True)
        parted = [(word[:n], word[n:] if n else "") for word, n in cuts]
        head = np.array([one in words for one, _ in parted], dtype=bool) & ~whole
        tail = np.array([other in words for _, other in parted], dtype=bool) & ~whole
        first, last = layout.token_start, layout.token_end
        cut = first + layout.prefix[layout.word]
        spans = [
            (first[whole[layout.word]], last[whole[layout.word]]),
            (first[head[layout.word]], cut[head[layout.word]]),
            (cut[tail[layout.word]], last[tail[layout.word]]),
        ]
        start, end = (np.concatenate(side) for side in zip(*spans, strict=True))
        order = np.lexsort((end, start))
        return start[order], end[order]

    def _pairs(self, left: Found, right: Found, gap: Gap) -> tuple[np.ndarray, np.ndarray]:
        """Pair each place of one element with the places of the next that the gap allows."""
        layout = self.layout
        inside = layout.inside[left.end]
        # Words that begin in the gap count, and one that the left side ends in the middle of.
        most = layout.words_before[left.end] + gap.words - inside
        low = np.searchsorted(right.start, left.end, side="left")
        before = layout.words_before[right.start]
        high = np.searchsorted(before, most + 1, side="right")
        high = np.maximum(high, np.searchsorted(right.start, left.end, side="right"))
        count = np.maximum(high - low, 0)
        one = np.repeat(np.arange(len(count)), count)
        other = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        other = other + np.repeat(low, count)
        # A line end lies between two texts, so no pair of two texts is of one sentence.
        fits = layout.sentence[left.start[one]] == layout.sentence[right.start[other]]
        near = right.start[other] == left.end[one]
        fits &= near | (layout.words_before[right.lead[other]] <= most[one])
        if gap.without:
            fits &= ~self._holds(gap.without, left.end[one], right.start[other])
        return one[fits], other[fits]

    def _join(self, left: Found, right: Found, gap: Gap) -> Found:
        """Put the pairs of two elements together."""
        one, other = self._pairs(left, right, gap)
        # A negator that is one of the pattern's own words voids nothing.
        between = right.negator[other]
        between = np.where(between >= left.end[one], between, -1)
        negator = np.maximum(left.negator[one], between)
        ways = (left.start[one], right.end[other], left.lead[one], negator)
        if len(one) > len(left.start):
            # Where a word repeats many ways lead to one end; further gaps would multiply them.
            ways = np.unique(ways, axis=1)
        return Found(*ways)

    def _holds(self, words: Element, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Say whether one of the words lies between two places."""
        held = np.zeros(len(start), dtype=bool)
        for alternative in words:
            found = self._alternative(alternative)
            if len(found.start):
                first = np.searchsorted(found.start, start, side="left")
                near = np.minimum(first, len(found.start) - 1)
                held |= (first < len(found.start)) & (found.end[near] <= end)
        return held


def longest(start: np.ndarray, end: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Choose from matches that overlap the longest, of equals the first; gives their places."""
    order = np.lexsort((which, start, start - end))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    by_start = np.lexsort((rank, start))
    if not len(by_start):
        return by_start
    reach = np.maximum.accumulate(end[by_start])
    first = np.flatnonzero(np.r_[True, start[by_start][1:] >= reach[:-1]])
    size = np.diff(np.r_[first, len(by_start)])
    best = order[np.minimum.reduceat(rank[by_start], first)]
    rival = np.repeat(best, size)
    overlaps = (start[by_start] < end[rival]) & (start[rival] < end[by_start])
    # In most clusters the best match overlaps all others, and is all that stays.
    alone = np.logical_and.reduceat(overlaps, first)
    spans = zip(first[~alone].tolist(), size[~alone].tolist(), strict=True)
    rest = [_apart(by_start[at : at + n].tolist(), start, end, rank) for at, n in spans]
    kept = np.concatenate([best[alone], *rest]).astype(np.int64)
    return kept[np.argsort(start[kept], kind="stable")]


def _apart(
    cluster: Sequence[int], start: np.ndarray, end: np.ndarray, rank: np.ndarray
) -> list[int]:
    kept: list[int] = []
    begins: list[int] = []
    for place in sorted(cluster, key=lambda one: rank[one]):
        at = bisect_right(begins, start[place])
        clear = at == 0 or end[kept[at - 1]] <= start[place]
        if clear and (at == len(kept) or end[place] <= start[kept[at]]):
            kept.insert(at, place)
            begins.insert(at, int(start[place]))
    return kept
