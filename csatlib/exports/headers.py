"""Headers taken apart: number on the form, words, the matrix or the question they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from csatlib.scales import plain

__all__ = [
    "Header",
    "Wording",
    "closed",
    "take_apart",
    "taken_wording",
    "unspaced",
    "without_letter",
]

#: A number counts as one only with what parts it from the words, so that 5G and 1.5 小时 stay.
_NUMBERED = re.compile(
    r"第([0-9]{1,3})题\s*[、.:]?\s*(?=.)(.*)"
    r"|[Qq]?([0-9]{1,3})(?:\s*(?:、|[.:)](?![0-9]))\s*|\s+(?=\D)|(?=\())(.+)",
    re.DOTALL,
)
_MARKS = re.compile(r"\s*\((?:必填|自动|选填)\)\s*$|^\s*\*\s*")
_REPEAT = re.compile(r"(.+)#([0-9]+)", re.DOTALL)
_DASH = re.compile(r":?[—―–]+")
_BLANK_OF_SEVERAL = re.compile(r"\([0-9]{1,2}\)(.+)", re.DOTALL)
_IN_BRACKETS = re.compile(r"\((.+)\):?", re.DOTALL)
_LETTER = re.compile(r"[A-Z]{1,2}\s*[.、:]\s*(?=.)")


@dataclass(frozen=True)
class Header:
    """A header taken apart.

    Attributes
    ----------
    name : str
        As the table has it.
    number : int or None
        The number on the form.
    words : str
        Without number, marks and spaces.
    occurrence : int
        Which of several headers with the same name it is.
    full : frozenset of str
        Everything it may be called in full: its words, and those with the stem of its matrix.
    short : frozenset of str
        What it may be called where that is unique: the row of a matrix, the name of a blank.
    option : str or None
        What stands in brackets where it has nothing else: ``5、(西店)``.
    """

    name: str
    number: int | None
    words: str
    occurrence: int
    full: frozenset[str]
    short: frozenset[str]
    option: str | None

    def shows(self, pattern: str | None) -> bool:
        """Say whether a question's pattern is found in the header, spaces counting or not."""
        names = (self.name, plain(self.name).replace(" ", ""))
        return pattern is not None and any(re.search(pattern, name) for name in names)


@dataclass(frozen=True)
class Wording:
    """What the study file calls a question; a number in it is part of it."""

    number: int | None
    words: str
    text: str

    def fits(self, header: Header) -> bool:
        """Say whether a header says the same in full."""
        if self.number is not None and self.number == header.number:
            return self.words in header.full | {header.words}
        return self.text in header.full


def unspaced(text: str) -> str:
    """Bring words to one spelling in which no space, kind of dash or last colon counts."""
    return _DASH.sub("—", plain(text).replace(" ", "")).removesuffix(":")


def without_letter(text: str) -> str:
    """Leave out the letter that a platform puts before an option (``D.无所谓``)."""
    return _LETTER.sub("", text, count=1) if _LETTER.match(text) else text


def taken_wording(text: str) -> Wording:
    """Take a text or alias of the study file apart as a header is."""
    number, words = _numbered(text)
    return Wording(number, words, unspaced(_bare(text)))


def take_apart(names: Iterable[str]) -> tuple[Header, ...]:
    """Take every header of a file apart and fill the stem of a matrix down to its rows.

    问卷星 writes ``18、题干—第一行`` and then only ``18、第二行``: the rows that follow with
    the same number belong to the same stem.
    """
    listed = list(names)
    base = {name: _base(name, listed) for name in listed}
    return tuple(_filled_down([_header(name, *base[name]) for name in listed]))


def _base(name: str, names: Sequence[str]) -> tuple[str, int]:
    """Part a repeated header from the count that was added to it."""
    repeat = _REPEAT.fullmatch(name)
    if repeat and any(plain(repeat[1]) == plain(other) for other in names):
        return repeat[1], int(repeat[2])
    return name, 1


def _bare(text: str) -> str:
    return _MARKS.sub("", _MARKS.sub("", plain(text)))


def _numbered(text: str) -> tuple[int | None, str]:
    bare = _bare(text)
    found = _NUMBERED.fullmatch(bare)
    if found is None:
        return None, unspaced(bare)
    return int(found[1] or found[3]), unspaced(_bare(found[2] or found[4]))


def _header(name: str, text: str, occurrence: int) -> Header:
    number, words = _numbered(text)
    bracketed = _IN_BRACKETS.fullmatch(words)
    option = unspaced(bracketed[1]) if bracketed and closed(bracketed[1]) else None
    blank = _BLANK_OF_SEVERAL.fullmatch(words)
    short = {blank[1]} if blank else set()
    if option and plain(text).startswith("第"):
        short.add(option)
    full = frozenset({words, unspaced(_bare(text))})
    return Header(name, number, words, occurrence, full, frozenset(short), option)


def closed(text: str) -> bool:
    """Say whether every bracket in a text is closed in it: ``(a)(b)`` is not one pair."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _filled_down(headers: Sequence[Header]) -> Iterable[Header]:
    number, stems = None, frozenset[str]()
    for header in headers:
        parts = header.words.split("—")
        splits = [("—".join(parts[:i]), "—".join(parts[i:])) for i in range(1, len(parts))]
        splits = [(stem, row) for stem, row in splits if stem and row]
        if splits:
            number, stems = header.number, frozenset(stem for stem, _ in splits)
            yield replace(header, short=header.short | {row for _, row in splits})
        elif stems and number is not None and header.number == number:
            named = frozenset(f"{stem}—{header.words}" for stem in stems)
            # Its words alone say only which row it is, not of which matrix.
            full = (header.full | named) - {header.words}
            yield replace(header, full=full, short=header.short | {header.words})
        else:
            number, stems = None, frozenset()
            yield header
