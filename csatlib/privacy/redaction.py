"""Personal data leaves before analysis begins: found by shape, checked by checksum, replaced."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

import pandas as pd

__all__ = ["find", "redact"]

#: What stands in the text in place of each kind.
REPLACEMENTS = {"email": "[邮箱]", "id_card": "[身份证号]", "mobile": "[手机号]"}

# What every character of Unicode's category Cf (zero-width, direction, soft hyphen) is read as.
_INVISIBLE = "\u200b"
# What people put between digits, as `_narrow` leaves it.
_GAP = rf"[\s{_INVISIBLE}\-\u2010\u2011–—−.·…~_/、,()*]{{0,3}}"
_ROUND_AT = rf"[\s{_INVISIBLE}]{{0,3}}"
# A bracket before the first digits belongs to the number only if it closes inside of it.
_OPENING = r"(?:\((?=[+0-9]{2,5}\)))?"
_COUNTRY = rf"(?:(?:(?:\+|00){_GAP})?86{_GAP})?"
_LOCAL = "[A-Za-z0-9._%+-]"
_PATTERNS = {
    "email": re.compile(
        rf"(?<!{_LOCAL}){_LOCAL}+{_ROUND_AT}@{_ROUND_AT}[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    ),
    "id_card": re.compile(rf"(?<![0-9])[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx](?![0-9Xx])"),
    "mobile": re.compile(
        rf"(?<![0-9]){_OPENING}{_COUNTRY}1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])"
    ),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find(texts: pd.Series) -> pd.DataFrame:
    """Find mobile numbers, e-mail addresses and ID-card numbers.

    Full-width digits and letters, and up to three spaces, hyphens, brackets, commas and the like
    or invisible characters between two digits, are seen through; so are spaces round an @.

    Parameters
    ----------
    texts : Series of str
        Comments; missing ones hold nothing.

    Returns
    -------
    DataFrame
        One row a find, in the order of the text: ``row`` (label in the index of ``texts``),
        ``kind`` (``mobile``, ``email``, ``id_card``), ``start`` and ``end`` (character positions,
        end not included). The data itself is not returned.

    Notes
    -----
    A mobile number has 11 digits, 13… to 19…, with or without +86, 0086 or 86 before it. An
    ID-card number has a possible birth date and the check digit of ISO 7064 MOD 11-2
    (GB 11643-1999).

    Examples
    --------
    >>> find(pd.Series(["请回电１３８ 0000 1234"]))[["kind", "start", "end"]].values.tolist()
    [['mobile', 3, 16]]
    """
    finds = [
        (row, kind, start, end)
        for row, text in texts.dropna().items()
        for kind, start, end in _spans(text)
    ]
    return pd.DataFrame(finds, columns=["row", "kind", "start", "end"])


def redact(texts: pd.Series) -> pd.Series:
    """Replace personal data in comments by the name of its kind.

    Parameters
    ----------
    texts : Series of str
        Comments; missing ones stay missing.

    Returns
    -------
    Series of str, index and name of ``texts``
        The same words with ``[手机号]``, ``[邮箱]`` and ``[身份证号]`` where `find` found them;
        redacting twice changes nothing more.

    Examples
    --------
    >>> redact(pd.Series(["我的电话是13800001234，谢谢"])).tolist()
    ['我的电话是[手机号]，谢谢']
    """
    return texts.map(_redacted, na_action="ignore").astype("str")


def _redacted(text: str) -> str:
    for kind, start, end in reversed(list(_spans(text))):
        text = text[:start] + REPLACEMENTS[kind] + text[end:]
    return text


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the finds in order; where two overlap the earlier kind of `_PATTERNS` wins."""
    narrow = "".join(_narrow(character) for character in text)
    taken: list[tuple[str, int, int]] = []
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(narrow):
            start, end = match.span()
            free = all(end <= s or e <= start for _, s, e in taken)
            if free and (kind != "id_card" or _is_id_card(match[0])):
                taken.append((kind, start, end))
    yield from sorted(taken, key=lambda find: find[1])


def _narrow(character: str) -> str:
    """Give a full-width character its ordinary form, all invisible ones the same; none moves."""
    if unicodedata.category(character) == "Cf":
        return _INVISIBLE
    narrow = unicodedata.normalize("NFKC", character)
    return narrow if len(narrow) == 1 else character


def _is_id_card(text: str) -> bool:
    digits = re.sub(r"[^0-9Xx]", "", text).upper()
    total = sum(int(d) * w for d, w in zip(digits[:17], _WEIGHTS, strict=True))
    if "10X98765432"[total % 11] != digits[17]:
        return False
    try:
        return date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14])).year >= 1900
    except ValueError:
        return False
