"""Comments in plain spelling, each character still knowing where it stood in the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["MARKS", "REPLACEMENTS", "Find", "Spelling", "folded", "numerals", "spelled"]

#: A kind of personal data with the positions of its first character and after its last.
Find = tuple[str, int, int]

#: What stands in the text in place of each kind.
REPLACEMENTS = {
    "address": "[地址]",
    "bank_card": "[银行卡号]",
    "email": "[邮箱]",
    "id": "[编号]",
    "id_card": "[身份证号]",
    "ip": "[IP地址]",
    "landline": "[固定电话]",
    "mobile": "[手机号]",
    "name": "[姓名]",
    "plate": "[车牌号]",
    "qq": "[QQ号]",
    "wechat": "[微信号]",
}
MARKS = re.compile("|".join(re.escape(mark) for mark in REPLACEMENTS.values()))

# What every character that shows nothing is read as, before it is left out.
_UNSEEN = "\u200b"
# Zero-width and direction (Cf), accents and the frames of keycaps (Mn, Me), control characters.
_UNSEEN_KINDS = ("Cf", "Mn", "Me", "Cc", "Cs")
# Letters that show nothing, though Unicode does not count them among format characters.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


class _Plain(dict[int, str]):
    """Every character's plain form, worked out once; none is longer than one character."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(character: str) -> str:
    if character.isspace():
        return "\n" if character == "\n" else " "
    if unicodedata.category(character) == "So":
        return " "  # a picture between two digits is a gap like any other
    if character in _BLANK or unicodedata.category(character) in _UNSEEN_KINDS:
        return _UNSEEN
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    narrow = unicodedata.normalize("NFKC", character)
    return narrow if len(narrow) == 1 else character


_PLAIN = _Plain()
_WRITTEN = ("零〇○Oo洞", "一壹幺", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_NUMERALS = str.maketrans({c: str(digit) for digit, all_ in enumerate(_WRITTEN) for c in all_})


@dataclass(frozen=True)
class Spelling:
    """A text in plain spelling; character i stands for the original's ``starts[i]:ends[i]``."""

    plain: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, find: Find) -> Find:
        """Give a find in the plain text with its positions in the original."""
        kind, start, end = find
        return kind, self.starts[start], self.ends[end - 1]

    def masked(self, finds: Iterable[Find]) -> Spelling:
        """Put the marks in place of the finds, which are in order and do not overlap."""
        plain: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for kind, start, end in finds:
            mark = REPLACEMENTS[kind]
            plain += [self.plain[at:start], mark]
            starts += [*self.starts[at:start], *[self.starts[start]] * len(mark)]
            ends += [*self.ends[at:start], *[self.ends[end - 1]] * len(mark)]
            at = end
        return Spelling(
            "".join([*plain, self.plain[at:]]),
            [*starts, *self.starts[at:]],
            [*ends, *self.ends[at:]],
        )


def spelled(text: str) -> Spelling:
    """Bring a text to plain spelling: ordinary letters and digits, nothing that cannot be seen.

    Full-width, circled and keycap digits become digits. An unseen character belongs to the one
    before it, so that it leaves with it.
    """
    plain = text.translate(_PLAIN)
    if _UNSEEN not in plain:
        return Spelling(plain, range(len(plain)), range(1, len(plain) + 1))
    starts = [i for i, character in enumerate(plain) if character != _UNSEEN]
    return Spelling(plain.replace(_UNSEEN, ""), starts, [*starts[1:], len(plain)])


def numerals(plain: str) -> str:
    """Read Chinese numerals, and the letter O, as digits; nothing moves."""
    return plain.translate(_NUMERALS)


def folded(plain: str) -> str:
    """Give the lower-case text; nothing moves."""
    lower = plain.lower()
    if len(lower) == len(plain):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
