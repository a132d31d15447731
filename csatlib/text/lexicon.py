"""The words that a study knows: its domain terms, and those that carry no content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import pandas as pd

from csatlib.scales import plain
from csatlib.study import Study

__all__ = ["Lexicon", "uninformative"]


@cache
def _words(name: str) -> frozenset[str]:
    lines = (files("csatlib.text") / name).read_text(encoding="utf-8").splitlines()
    return frozenset(w for line in lines if not line.startswith("#") for w in line.split())


@cache
def _degrees() -> tuple[tuple[str, float], ...]:
    lines = (files("csatlib.text") / "degrees.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return tuple((word, float(factor)) for factor, *words in pairs for word in words)


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
    synonyms : tuple of (str, str)
        Variant and the word as which it is counted.
    negators : frozenset of str
        Words that turn a judgement round, such as 不 and 没有.
    degrees : tuple of (str, float)
        Words of degree and the factor by which they strengthen (above 1) or weaken a judgement.
    positive, negative : frozenset of str
        Words that judge.

    Examples
    --------
    >>> lexicon = Lexicon(terms=("首次响应",))
    >>> "我们" in lexicon.stop_words, len(lexicon.digest)
    (True, 64)
    """

    terms: tuple[str, ...] = ()
    stop_words: frozenset[str] = field(default_factory=lambda: _words("stop_words.txt"))
    synonyms: tuple[tuple[str, str], ...] = ()
    negators: frozenset[str] = field(default_factory=lambda: _words("negators.txt"))
    degrees: tuple[tuple[str, float], ...] = field(default_factory=lambda: _degrees())
    positive: frozenset[str] = field(default_factory=lambda: _words("positive.txt"))
    negative: frozenset[str] = field(default_factory=lambda: _words("negative.txt"))

    @classmethod
    def of(cls, study: Study, *, accepted: Sequence[str] = ()) -> Lexicon:
        """Make a study's lexicon: its ``terms.txt``, its ``words``, and terms accepted since."""
        words = study.words
        return cls(
            terms=tuple(dict.fromkeys((*study.terms, *accepted))),
            stop_words=_words("stop_words.txt") | set(words.stop_words),
            synonyms=tuple((v, w) for w, variants in words.synonyms.items() for v in variants),
            positive=(_words("positive.txt") | set(words.positive)) - set(words.neutral),
            negative=(_words("negative.txt") | set(words.negative)) - set(words.neutral),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the words: the same words give the same tokens and the same judgement."""
        sets = (self.stop_words, self.negators, self.positive, self.negative)
        parts = [*self.terms, *self.synonyms, *self.degrees, *(sorted(s) for s in sets)]
        return hashlib.sha256(repr(parts).encode()).hexdigest()


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
