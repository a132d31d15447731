"""The words that a study knows: its domain terms, and those that carry no content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import pandas as pd

from csatlib.scales import plain

__all__ = ["Lexicon", "uninformative"]


@cache
def _words(name: str) -> frozenset[str]:
    lines = (files("csatlib.text") / name).read_text(encoding="utf-8").splitlines()
    return frozenset(w for line in lines if not line.startswith("#") for w in line.split())


@dataclass(frozen=True)
class Lexicon:
    """Domain terms that must stay whole, and stop words that are no keywords.

    Parameters
    ----------
    terms : tuple of str
        Words of the trade, such as those of a study's ``terms.txt``. They count as keywords even
        if they have one character.
    stop_words : frozenset of str
        Words without content; a general Chinese list unless given.

    Examples
    --------
    >>> lexicon = Lexicon(terms=("首次响应",))
    >>> "我们" in lexicon.stop_words, len(lexicon.digest)
    (True, 64)
    """

    terms: tuple[str, ...] = ()
    stop_words: frozenset[str] = field(default_factory=lambda: _words("stop_words.txt"))

    @property
    def digest(self) -> str:
        """SHA-256 of the words: the same words give the same tokens."""
        words = "\n".join((*self.terms, "", *sorted(self.stop_words)))
        return hashlib.sha256(words.encode()).hexdigest()


_FILLER = re.compile(r"[\W_\d]+")
_REPEATED = re.compile(r"(.)\1+")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def uninformative(comments: pd.Series) -> pd.Series:
    """Mark replies that say nothing: 无, 没有意见, 挺好的, 同上, punctuation, 哈哈, asdf.

    Parameters
    ----------
    comments : Series of str, length n
        Open answers.

    Returns
    -------
    Series of bool, length n, index and name of ``comments``
        True where nothing can be learnt from the words: a stock reply, no letter at all, one
        letter repeated, three or more neighbours of a keyboard row; a missing comment is True.

    Examples
    --------
    >>> uninformative(pd.Series(["没有意见。", "……", "asdf", "慢"])).tolist()
    [True, True, True, False]
    """

    def empty(text: str) -> bool:
        words = _FILLER.sub("", plain(text)).lower()
        return words == "" or words in _words("replies.txt") or _is_noise(words)

    return comments.fillna("").map(empty).astype(bool)


def _is_noise(words: str) -> bool:
    neighbours = len(words) >= 3 and any(words in row for row in _KEYBOARD)
    return neighbours or _REPEATED.fullmatch(words) is not None
