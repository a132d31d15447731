"""A company's own ids, such as customer numbers, wherever a comment quotes one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from csatlib.privacy.spelling import Find, spelled

__all__ = ["Ids"]

#: Shorter ids, and such without a digit, may be ordinary words.
_SHORTEST = 4
_WORD = re.compile(r"[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)*")


class Ids:
    """A list of ids, ready to be looked for in many texts: as whole words, in any case."""

    def __init__(self, ids: Iterable[str]) -> None:
        kept = (spelled(id_).plain.strip().upper() for id_ in ids)
        self._ids = frozenset(
            one for one in kept if len(one) >= _SHORTEST and any(c.isdigit() for c in one)
        )

    def finds(self, plain: str) -> Iterator[Find]:
        """Yield where an id stands in a text of plain spelling, from left to right."""
        if not self._ids:
            return
        for word in _WORD.finditer(plain):
            if word[0].upper() in self._ids:
                yield "id", *word.span()
