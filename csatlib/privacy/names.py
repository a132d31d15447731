"""Names that a list holds, found in any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from csatlib.privacy.spelling import folded, spelled

__all__ = ["Names"]

# What may stand between the characters of a name; names are compared without it.
_BETWEEN = re.compile(r"[\s·•・.\-_*]")


class Names:
    """A list of names, ready to be looked for in many texts.

    Found are those of at least two characters, in any case, with or without spaces and dots
    between the characters; Latin ones only as whole words.
    """

    def __init__(self, names: Iterable[str]) -> None:
        kept = {_compact(spelled(name).plain) for name in names}
        self._names = frozenset(name for name in kept if len(name) >= 2)
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[0], set()).add(len(name))
        # The longest name that begins at a place is the one meant.
        self._lengths = {first: sorted(of, reverse=True) for first, of in lengths.items()}
        firsts = "".join(re.escape(first) for first in sorted(self._lengths))
        self._first = re.compile(f"[{firsts}]") if firsts else None

    def stand_in(self, text: str) -> bool:
        """Say whether any of the names stands in a text."""
        return bool(self._names) and any(True for _ in self.spans(spelled(text).plain))

    def spans(self, plain: str) -> Iterator[tuple[int, int]]:
        """Yield where a name stands in a text of plain spelling, from left to right."""
        if self._first is None:
            return
        lower = folded(plain)
        if not self._first.search(lower):
            return
        places = [i for i, c in enumerate(lower) if not _BETWEEN.match(c)]
        compact = "".join(lower[i] for i in places)
        at = 0
        while match := self._first.search(compact, at):
            at = match.start() + 1
            for length in self._lengths[match[0]]:
                last = match.start() + length - 1
                if last >= len(compact) or compact[match.start() : last + 1] not in self._names:
                    continue
                start, end = places[match.start()], places[last] + 1
                if _is_whole(lower, start, end):
                    yield start, end
                    at = last + 1
                    break


def _compact(plain: str) -> str:
    return _BETWEEN.sub("", folded(plain))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Refuse a Latin name inside a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    inside = (_is_latin(before) and _is_latin(text[start])) or (
        _is_latin(after) and _is_latin(text[end - 1])
    )
    return not inside


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u2e80"
