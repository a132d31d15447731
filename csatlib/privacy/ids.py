"""A company's own ids, such as customer numbers, wherever a comment quotes one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from csatlib.privacy.spelling import Find, spelled

__all__ = ["Ids"]

#: Shorter ids, and such without a digit, may be ordinary words.
_SHORTEST = 4
#: Fewer digits alone may be a year or an amount, unless a word before says what they are.
_BARE_DIGITS = 7
_ANNOUNCED = re.compile(r"(?:编号|工单号?|单号|客户号?|会员号?|卡号|账号|bug|id)[^0-9a-z]{0,3}$")
_BETWEEN = re.compile(r"[-#_\s./·]")


class Ids:
    """A list of ids, ready to be looked for in many texts.

    They are found in any case, with or without hyphens and the like between their characters, and
    not inside a longer word or number.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        kept = {_BETWEEN.sub("", spelled(id_).plain.lower()) for id_ in ids}
        self._ids = frozenset(
            one for one in kept if len(one) >= _SHORTEST and any(c.isdigit() for c in one)
        )
        lengths: dict[str, set[int]] = {}
        for one in self._ids:
            lengths.setdefault(one[0], set()).add(len(one))
        # The longest id that begins at a place is the one meant.
        self._lengths = {first: sorted(of, reverse=True) for first, of in lengths.items()}

    def finds(self, plain: str) -> Iterator[Find]:
        """Yield where an id stands in a text of plain spelling, from left to right."""
        if not self._ids or not any(c.isdigit() for c in plain):
            return
        lower = plain.lower()
        places = [i for i, c in enumerate(lower) if not _BETWEEN.match(c)]
        compact = "".join(lower[i] for i in places)
        at = 0
        while at < len(compact):
            length = self._length(compact, at)
            start = places[at]
            if length and self._stands(lower, start, places[at + length - 1] + 1):
                yield "id", start, places[at + length - 1] + 1
                at += length
            else:
                at += 1

    def _length(self, compact: str, at: int) -> int:
        for length in self._lengths.get(compact[at], ()):
            if compact[at : at + length] in self._ids:
                return length
        return 0

    def _stands(self, text: str, start: int, end: int) -> bool:
        """Refuse a part of a longer word or number, and few digits that nothing announces."""
        joined = _is_word(text[start - 1 : start]) and _is_word(text[start])
        if joined or (_is_word(text[end : end + 1]) and _is_word(text[end - 1])):
            return False
        found = _BETWEEN.sub("", text[start:end])
        if found.isdigit() and len(found) < _BARE_DIGITS:
            return _ANNOUNCED.search(text[:start]) is not None
        return True


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()
