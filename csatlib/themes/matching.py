"""Finds patterns in texts: places of all their words at once, joined over the gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from csatlib.text import Lexicon
from csatlib.themes.compiling import Compiled, Frame, compiled, through
from csatlib.themes.layout import Layout, Written, lay_out, of_each, write_out

__all__ = ["find"]

_DIGITS = "零一二两三四五六七八九十百千万几多半好数0-9"
_DIGIT = re.compile(f"[{_DIGITS}]")
_NUMBER = re.compile(rf"[0-9]+(?:\.[0-9]+)?[万千百十多几]*|[{_DIGITS}]+")
#: So many texts are searched together: more would need more memory, and not less time.
_TEXTS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Found:
    """Places of patterns or of their elements: from ``lead`` to before ``end``.

    ``start`` is where the first written word stands, behind ``lead`` where its edge is lifted and
    the word around it begins earlier. ``negator`` is the place of a negator that stands directly
    before it, or before a later element and behind the earlier ones; −1 without one.
    """

    pattern: np.ndarray
    start: np.ndarray
    end: np.ndarray
    lead: np.ndarray
    negator: np.ndarray

    def take(self, chosen: np.ndarray | slice) -> Found:
        """Keep some of the places."""
        return Found(*(part[chosen] for part in self._parts()))

    def _parts(self) -> tuple[np.ndarray, ...]:
        return self.pattern, self.start, self.end, self.lead, self.negator

    @classmethod
    def together(cls, found: Sequence[Found]) -> Found:
        """Put places end to end."""
        return cls(*map(np.concatenate, zip(*(one._parts() for one in found), strict=True)))


def find(texts: Sequence[str], frames: Sequence[Frame], lexicon: Lexicon) -> np.ndarray:
    """Find what patterns mean and nothing voids, of each name the longest where they overlap.

    Gives five rows: the number of the text, start and end in it, the number of the name and that
    of the pattern among its own; by text and start, then by name.
    """
    made = compiled(tuple(frames))
    parts = [np.empty((5, 0), dtype=np.int64)]
    for first in range(0, len(texts), _TEXTS_AT_ONCE):
        found = _find(texts[first : first + _TEXTS_AT_ONCE], made, lexicon)
        found[0] += first
        parts.append(found)
    return np.concatenate(parts, axis=1)


def _find(texts: Sequence[str], made: Compiled, lexicon: Lexicon) -> np.ndarray:
    written = write_out(texts)
    word, place = made.tree.places(written.codes)
    likely = _likely(made, written, word, place)
    # Where no pattern has all its words in one sentence nothing need be split into words.
    kept, stays, moved = written.take(_any(likely[~made.voids], written))
    held = np.flatnonzero(stays[place])
    search = _Search(made, lay_out(kept, lexicon), likely)
    found = search.found(word[held], moved[place[held]])
    lead = np.flatnonzero(stays)[found.lead]
    text = np.searchsorted(written.starts, lead, side="right") - 1
    start = lead - written.starts[text]
    end = start + found.end - found.lead
    return np.stack([text, start, end, made.name[found.pattern], made.place[found.pattern]])


def _likely(made: Compiled, written: Written, word: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Tell in which sentences a pattern has all its words, wherever words begin and end."""
    owner, alternative = made.spelled.through(word)
    marks = _marked(alternative, written.sentence[place[owner]], made, written)
    marks[list(made.classes)] = 0xFF
    asked = [marks[own[0]] if len(own) == 1 else _either(marks[own]) for own in made.asked]
    found = np.zeros((len(made.name), marks.shape[1]), dtype=np.uint8)
    for row, (first, *others) in zip(found, made.steps_of, strict=True):
        row[:] = asked[first]
        for step in others:
            row &= asked[step]
    return found


def _marked(
    alternative: np.ndarray, sentence: np.ndarray, made: Compiled, written: Written
) -> np.ndarray:
    """Mark in which sentences each alternative stands, a bit a sentence."""
    width = -(-len(written.sentence_ends) // 8)
    marks = np.zeros(len(made.alternatives) * width, dtype=np.uint8)
    # Places come in the order of the text: sorted by alternative, all of one byte are in a row.
    order = np.argsort(_small(alternative, len(made.alternatives)), kind="stable")
    alternative, sentence = alternative[order].astype(np.int64), sentence[order]
    byte = alternative * width + (sentence >> 3)
    bit = np.left_shift(np.uint8(1), (sentence & 7).astype(np.uint8))
    first = np.flatnonzero(np.diff(byte, prepend=-1))
    if len(first):
        marks[byte[first]] = np.bitwise_or.reduceat(bit, first)
    return marks.reshape(len(made.alternatives), width)


def _small(numbers: np.ndarray, most: int) -> np.ndarray:
    """Write numbers as short as may be: those of 16 bits are sorted many times as fast."""
    return numbers.astype(np.min_scalar_type(most))


def _either(marks: np.ndarray) -> np.ndarray:
    return np.bitwise_or.reduce(marks, axis=0)


def _any(marks: np.ndarray, written: Written) -> np.ndarray:
    """Say which sentences are marked for any pattern."""
    sentences = len(written.sentence_ends)
    return np.unpackbits(_either(marks), count=sentences, bitorder="little").astype(bool)


@dataclass(frozen=True, eq=False)
class _Search:
    """All patterns in one layout, and in which sentences each of them is likely."""

    made: Compiled
    layout: Layout
    likely: np.ndarray

    def found(self, word: np.ndarray, place: np.ndarray) -> Found:
        """Find what patterns mean, from the places of all words of theirs."""
        made, layout = self.made, self.layout
        elements = self._elements(self._alternatives(word, place))
        found = self._joined(elements)
        sentence = layout.written.sentence[found.start]
        owner = made.name[found.pattern] * (len(layout.written.sentence_ends) + 1) + sentence
        voids = made.voids[found.pattern]
        kept = ~voids & (found.negator < 0)
        if voids.any():
            kept &= ~np.isin(owner, owner[voids])
        return _longest(found.take(kept), made, len(layout.edge))

    def _alternatives(self, word: np.ndarray, place: np.ndarray) -> Found:
        """Find alternatives (as ``pattern``) with the edges of words, words before classes.

        Each of both is in the order of the text.
        """
        made, layout = self.made, self.layout
        owner, number = made.spelled.through(word)
        start = place[owner]
        opens, closes = made.opens, made.closes
        end = start + made.sizes[number]
        fits = (layout.edge[start] | opens[number]) & (layout.edge[end] | closes[number])
        number, start, end = number[fits], start[fits], end[fits]
        lead = start.copy()
        lifted = np.flatnonzero(opens[number])
        token = layout.token[start[lifted]]
        lead[lifted] = np.where(token >= 0, layout.token_start[token], start[lifted])
        lifted = np.flatnonzero(closes[number])
        token = layout.token[end[lifted] - 1]
        end[lifted] = np.where(token >= 0, layout.token_end[token], end[lifted])
        found = Found(number, start, end, lead, layout.negator[start])
        classes = [self._class(*one) for one in made.classes.items()]
        return Found.together([found, *classes]) if classes else found

    def _class(self, number: int, name: str) -> Found:
        layout = self.layout
        if name == "number":
            start, end = _numbers(layout.written.codes)
        else:
            start, end = self._members(name)
        fits = layout.edge[start] & layout.edge[end]
        start, end = start[fits], end[fits]
        return Found(np.full(len(start), number), start, end, start, layout.negator[start])

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

    def _elements(self, found: Found) -> dict[tuple[str, int], Found]:
        """Give the places of each role and step, by pattern, where all its steps may be."""
        made, number = self.made, found.pattern
        sentence = self.layout.written.sentence[found.start]
        order = np.argsort(_small(number, len(made.alternatives)), kind="stable").astype(np.int32)
        ends = np.cumsum(np.bincount(number, minlength=len(made.alternatives)))[:-1]
        places, sentences = np.split(order, ends), np.split(sentence[order], ends)
        chosen = []
        for pattern, own in zip(made.of_pattern.tolist(), made.asked, strict=True):
            held = np.unpackbits(self.likely[pattern], bitorder="little").view(bool)
            if len(own) == 1:
                chosen.append(places[own[0]][held[sentences[own[0]]]])
                continue
            fits = np.flatnonzero(held[np.concatenate([sentences[one] for one in own])])
            place = np.concatenate([places[one] for one in own])[fits]
            if made.classes.keys().isdisjoint(own):
                chosen.append(np.sort(place))
            else:
                chosen.append(place[np.argsort(found.start[place], kind="stable")])
        count = [len(one) for one in chosen]
        found = found.take(np.concatenate([order[:0], *chosen]))
        pattern = np.repeat(made.of_pattern, count)
        found = Found(pattern, found.start, found.end, found.lead, found.negator)
        ends = np.cumsum([0, *count])
        return {
            key: found.take(slice(ends[block.start], ends[block.stop]))
            for key, block in made.block.items()
        }

    def _joined(self, elements: dict[tuple[str, int], Found]) -> Found:
        """Join the steps of all patterns, one after the other."""
        made = self.made
        found = elements["step", 0]
        done = []
        for step in range(1, made.words.shape[1]):
            last = made.steps[found.pattern] == step
            done.append(found.take(last))
            without = elements.get(("without", step))
            found = self._join(found.take(~last), elements["step", step], step, without)
        found = Found.together([*done, found])
        for role in ("before", "after"):
            if (role, 0) in made.block:
                found = self._alone(found, elements[role, 0], role)
        return found

    def _alone(self, found: Found, beside: Found, role: str) -> Found:
        """Drop what stands beside a word that its pattern forbids there."""
        asking = self.made.of_pattern[self.made.block[role, 0]]
        mine = np.flatnonzero(np.isin(found.pattern, asking))
        mine = mine[np.lexsort((found.start[mine], found.pattern[mine]))]
        own = found.take(mine)
        if role == "before":
            _, touched = self._pairs(beside, own, np.zeros(len(beside.start), dtype=np.int64))
        else:
            touched, _ = self._pairs(own, beside, np.zeros(len(mine), dtype=np.int64))
        kept = np.ones(len(found.start), dtype=bool)
        kept[mine[touched]] = False
        return found.take(kept)

    def _pairs(self, left: Found, right: Found, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pair each place of one element with the places of the next that the gap allows.

        Places on the right are by pattern and start.
        """
        layout = self.layout
        # Words that begin in the gap count, and one that the left side ends in the middle of.
        most = layout.words_before[left.end] + words - layout.inside[left.end]
        behind = np.append(layout.word_starts, len(layout.edge))
        far = behind[np.minimum(most + 1, len(behind) - 1)]
        # A line end lies between two texts, so no pair of two texts is of one sentence.
        sentence = layout.written.sentence[left.start]
        far = np.minimum(np.maximum(far, left.end), layout.written.sentence_ends[sentence])
        keys, own = self._keys(right.pattern, right.start), left.pattern
        low = np.searchsorted(keys, self._keys(own, left.end), side="left")
        high = np.searchsorted(keys, self._keys(own, far), side="right")
        one, other = through(low, np.maximum(high - low, 0))
        near = right.start[other] == left.end[one]
        fits = np.flatnonzero(near | (layout.words_before[right.lead[other]] <= most[one]))
        return one[fits], other[fits]

    def _keys(self, pattern: np.ndarray, place: np.ndarray) -> np.ndarray:
        return pattern.astype(np.int64) * (len(self.layout.edge) + 1) + place

    def _join(self, left: Found, right: Found, step: int, without: Found | None) -> Found:
        """Put the pairs of two elements together."""
        made = self.made
        one, other = self._pairs(left, right, made.words[left.pattern, step])
        if without is not None:
            free = ~self._holds(without, left.pattern[one], left.end[one], right.start[other])
            one, other = one[free], other[free]
        # A negator that is one of the pattern's own words voids nothing.
        between = right.negator[other]
        between = np.where(between >= left.end[one], between, -1)
        negator = np.maximum(left.negator[one], between)
        pattern = left.pattern[one]
        found = Found(pattern, left.start[one], right.end[other], left.lead[one], negator)
        # Where a word repeats many ways lead to one end; further gaps would multiply them.
        further = made.steps[pattern] > step + 1
        if not further.any():
            return found
        return Found.together([found.take(~further), _distinct(found.take(further))])

    def _holds(
        self, without: Found, pattern: np.ndarray, start: np.ndarray, end: np.ndarray
    ) -> np.ndarray:
        """Say whether one of the words that a gap may not hold lies between two places."""
        begins = self._keys(without.pattern, without.start)
        # The nearest end of all that begin at a place of the pattern or later.
        ends = np.minimum.accumulate(self._keys(without.pattern, without.end)[::-1])[::-1]
        ends = np.append(ends, np.iinfo(np.int64).max)
        first = np.searchsorted(begins, self._keys(pattern, start), side="left")
        return ends[first] <= self._keys(pattern, end)


def _numbers(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the numbers in a text."""
    is_digit = of_each(codes, lambda letter: _DIGIT.fullmatch(letter) is not None)
    first, last = _runs(is_digit | (codes == ord(".")))
    is_figure = np.append(0, np.cumsum((codes >= ord("0")) & (codes <= ord("9"))))
    mixed = is_figure[last] > is_figure[first]
    # Without figures every run of numerals is a number, and most have none.
    plain = is_digit.copy()
    text = codes.tobytes().decode("utf-32-le")
    spans = []
    for start, end in zip(first[mixed].tolist(), last[mixed].tolist(), strict=True):
        plain[start:end] = False
        spans += [found.span() for found in _NUMBER.finditer(text, start, end)]
    given = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    start, end = np.concatenate([np.stack(_runs(plain)), given], axis=1).astype(np.int32)
    order = np.argsort(start)
    return start[order], end[order]


def _runs(marked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _distinct(found: Found) -> Found:
    parts = (found.negator, found.lead, found.end, found.start, found.pattern)
    ordered = found.take(np.lexsort(parts))
    parts = (ordered.negator, ordered.lead, ordered.end, ordered.start, ordered.pattern)
    new = np.zeros(len(ordered.start), dtype=bool)
    new[:1] = True
    for part in parts:
        new[1:] |= part[1:] != part[:-1]
    return ordered.take(new)


def _longest(found: Found, made: Compiled, places: int) -> Found:
    """Choose from matches of a name that overlap the longest, of equals the first.

    What is found comes by place and name, of one place by pattern.
    """
    start = made.name[found.pattern] * places + found.lead
    order = np.argsort(start * len(made.name) + found.pattern)
    found, start = found.take(order), start[order]
    size = found.end - found.lead
    chosen = []
    rest = np.arange(len(start))
    while len(rest):
        begin, length = start[rest], size[rest]
        reach = np.maximum.accumulate(begin + length)
        first = np.flatnonzero(np.append(True, begin[1:] >= reach[:-1]))
        count = np.diff(first, append=len(rest))
        most = np.repeat(np.maximum.reduceat(length, first), count)
        places_of = np.where(length == most, np.arange(len(rest)), len(rest))
        best = np.minimum.reduceat(places_of, first)
        chosen.append(rest[best])
        # What stands clear of the best is judged again, among itself.
        rival = np.repeat(best, count)
        clear = (begin >= begin[rival] + length[rival]) | (begin + length <= begin[rival])
        rest = rest[clear]
    kept = np.concatenate([order[:0], *chosen])
    by_name = np.lexsort((made.name[found.pattern[kept]], found.lead[kept]))
    return found.take(kept[by_name])
