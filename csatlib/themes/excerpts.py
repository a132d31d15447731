"""A comment cut down to what was found in it, at the ends of clauses."""

from __future__ import annotations

import re
import unicodedata

from csatlib.privacy import REPLACEMENTS

__all__ = ["ELLIPSIS", "excerpt", "tidy"]

ELLIPSIS = "…"
#: A comma between two digits ends nothing.
_END = r"(?:[。！？!?；;，…\n\r]|(?<![0-9]),|,(?![0-9]))"
_CLAUSE = re.compile(rf"(?:(?!{_END}).)*{_END}+|(?:(?!{_END}).)+", re.DOTALL)
_MARKS = "|".join(re.escape(mark) for mark in REPLACEMENTS.values())
#: What a cut may not part: a mark of removed data, a Latin word, a number.
_ATOM = re.compile(rf"{_MARKS}|[A-Za-z]+|[0-9][0-9.,%]*|.", re.DOTALL)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def tidy(text: str) -> str:
    """Give a text on one line, without characters that are not seen."""
    seen = (c for c in text if unicodedata.category(c) != "Cf")
    return _SPACE.sub(" ", "".join(seen)).strip()


def excerpt(text: str, start: int, end: int, max_length: int) -> tuple[str, bool]:
    """Cut a text to the clauses around a span, and say whether it is still whole.

    Clauses behind and before are added in turn as long as they fit; … stands where words were
    left out. Where the clause of the span alone is too long, it is cut between characters, but
    never inside a mark of removed data, a Latin word or a number.
    """
    whole = tidy(text)
    if len(whole) <= max_length:
        return whole, True
    clauses = [found.span() for found in _CLAUSE.finditer(text)]
    first = next((i for i, (_, right) in enumerate(clauses) if right > start), 0)
    last = next((i for i, (_, right) in enumerate(clauses) if right >= max(end, start + 1)), first)
    bounds = _grown(text, clauses, (first, max(first, last)), max_length)
    if bounds is None:
        pieces = [found.span() for found in _ATOM.finditer(text)]
        first = next((i for i, (_, right) in enumerate(pieces) if right > start), 0)
        bounds = _grown(text, pieces, (first, first), max_length) or (start, start)
    return _piece(text, *bounds), False


def _grown(
    text: str, parts: list[tuple[int, int]], first_last: tuple[int, int], max_length: int
) -> tuple[int, int] | None:
    """Add parts on both sides in turn while they fit; None where the first ones do not."""
    first, last = first_last
    if len(_piece(text, parts[first][0], parts[last][1])) > max_length:
        return None
    growing = True
    while growing:
        growing = False
        for left, right in ((first, last + 1), (first - 1, last)):
            inside = left >= 0 and right < len(parts)
            # The side that was not moved may have moved in this round.
            left, right = min(left, first), max(right, last)
            if inside and len(_piece(text, parts[left][0], parts[right][1])) <= max_length:
                first, last, growing = left, right, True
    return parts[first][0], parts[last][1]


def _piece(text: str, left: int, right: int) -> str:
    middle = tidy(text[left:right])
    before = ELLIPSIS if tidy(text[:left]) else ""
    if not tidy(text[right:]):
        return before + middle
    return before + middle.rstrip("，,；;… ") + ELLIPSIS
