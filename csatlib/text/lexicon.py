"""The words that a study knows: its domain terms, those without content, those that judge."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import pandas as pd

from csatlib import schema
from csatlib.study import Study

__all__ = ["Lexicon", "words_of"]


def _lines(name: str) -> Iterator[list[str]]:
    text = (files("csatlib.text") / name).read_text(encoding="utf-8")
    return (line.split() for line in text.splitlines() if line and not line.startswith("#"))


@cache
def words_of(name: str) -> frozenset[str]:
    """Read a list of words beside this file; weights in front of a line are not among them."""
    return frozenset(word for line in _lines(name) for word in line if not _is_number(word))


@cache
def _degrees() -> tuple[tuple[str, float], ...]:
    return tuple(
        (word, float(factor)) for factor, *words in _lines("degrees.txt") for word in words
    )


@cache
def _weights() -> tuple[tuple[str, float], ...]:
    lines = (*_lines("positive.txt"), *_lines("negative.txt"))
    weighed = [(words, float(first)) for first, *words in lines if _is_number(first)]
    return tuple((word, weight) for words, weight in weighed for word in words)


@cache
def _markers() -> tuple[tuple[str, str], ...]:
    return tuple((kind, word) for kind, *words in _lines("markers.txt") for word in words)


@cache
def _judged_with() -> tuple[tuple[str, str, float], ...]:
    lines = _lines("judged_with.txt")
    return tuple((word, t, float(weight)) for word, weight, _, *found in lines for t in found)


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isdigit()


@dataclass(frozen=True)
class Lexicon:
    """Domain terms that must stay whole, stop words that are no keywords, and words that judge.

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
    weights : tuple of (str, float)
        Words that judge more (above 1) or less than others; 1 for those that are not named.
    judged_with : tuple of (str, str, float)
        Word, what it is said of, and the weight with its sign: 高 of 效率 praises, of 价格 it
        blames. ``*`` stands for a word that is said of nothing named.
    markers : tuple of (str, str)
        Kind and word: ``contrast`` (但是), ``concession`` (虽然), ``wish`` (希望), ``keep``
        (继续保持), ``rhetorical`` (难道), ``question`` (为什么), ``rival`` (别家), ``light`` (words
        that may stand between a negator and what it turns), ``pass`` (words that do not judge
        although a part of them would: 好像, 快递).

    Examples
    --------
    >>> lexicon = Lexicon(terms=("首次响应",))
    >>> "我们" in lexicon.stop_words, len(lexicon.digest)
    (True, 64)
    """

    terms: tuple[str, ...] = ()
    stop_words: frozenset[str] = field(default_factory=lambda: words_of("stop_words.txt"))
    synonyms: tuple[tuple[str, str], ...] = ()
    negators: frozenset[str] = field(default_factory=lambda: words_of("negators.txt"))
    degrees: tuple[tuple[str, float], ...] = field(default_factory=lambda: _degrees())
    positive: frozenset[str] = field(default_factory=lambda: words_of("positive.txt"))
    negative: frozenset[str] = field(default_factory=lambda: words_of("negative.txt"))
    weights: tuple[tuple[str, float], ...] = field(default_factory=lambda: _weights())
    judged_with: tuple[tuple[str, str, float], ...] = field(default_factory=lambda: _judged_with())
    markers: tuple[tuple[str, str], ...] = field(default_factory=lambda: _markers())

    @classmethod
    def of(cls, study: Study, *, accepted: Sequence[str] = ()) -> Lexicon:
        """Make a study's lexicon: its ``terms.txt``, its ``words``, and terms accepted since.

        What the study says of a word counts, whatever the general lists say: a word under
        ``positive`` praises even if it blames elsewhere, and one under ``neutral`` does not judge,
        alone or with anything.
        """
        words = study.words
        positive, negative, neutral = map(set, (words.positive, words.negative, words.neutral))
        told = positive | negative | neutral
        return cls(
            terms=tuple(dict.fromkeys((*study.terms, *accepted))),
            stop_words=words_of("stop_words.txt") | set(words.stop_words),
            synonyms=tuple((v, w) for w, variants in words.synonyms.items() for v in variants),
            negators=words_of("negators.txt") - told,
            degrees=tuple((word, factor) for word, factor in _degrees() if word not in told),
            positive=((words_of("positive.txt") - negative) | positive) - neutral,
            negative=((words_of("negative.txt") - positive) | negative) - neutral,
            weights=tuple((word, weight) for word, weight in _weights() if word not in told),
            judged_with=tuple(entry for entry in _judged_with() if entry[0] not in told),
            markers=(
                *((kind, word) for kind, word in _markers() if word not in told),
                *(("pass", word) for word in words.neutral),
            ),
        )

    def table(self) -> pd.DataFrame:
        """List every word with what it is for, as the run keeps it beside what it gave.

        Returns
        -------
        DataFrame
            Table ``lexicon``: ``kind`` (the name of the list, of markers with their kind),
            ``word``, and ``value``: the word as which a synonym is counted, a factor or weight, or
            what a word is said of with the weight; NA for plain lists. By kind, then in the list's
            order.
        """
        plain = ("terms", "stop_words", "negators", "positive", "negative")
        rows = [(kind, word, None) for kind in plain for word in self._ordered(kind)]
        rows += [("synonyms", variant, word) for variant, word in self.synonyms]
        rows += [("degrees", word, f"{factor:g}") for word, factor in self.degrees]
        rows += [("weights", word, f"{weight:g}") for word, weight in self.weights]
        rows += [("judged_with", w, f"{of} {weight:g}") for w, of, weight in self.judged_with]
        rows += [(f"markers {kind}", word, None) for kind, word in self.markers]
        table = pd.DataFrame(rows, columns=["kind", "word", "value"]).drop_duplicates()
        return schema.check(table.astype("str").reset_index(drop=True), "lexicon")

    def _ordered(self, kind: str) -> Sequence[str]:
        words = getattr(self, kind)
        return words if isinstance(words, tuple) else sorted(words)

    @property
    def digest(self) -> str:
        """SHA-256 of the words: the same words give the same tokens and the same judgement."""
        sets = (self.stop_words, self.negators, self.positive, self.negative)
        lists = (self.terms, self.synonyms, self.degrees)
        judging = (self.weights, self.judged_with, self.markers)
        parts = [*lists, *(tuple(sorted(s)) for s in sets), *judging]
        return hashlib.sha256(repr(parts).encode()).hexdigest()
