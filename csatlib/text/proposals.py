"""Words that the dictionary does not know: neighbours that stand together and stand free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.text.lexicon import Lexicon
from csatlib.text.neighbours import Windows, nested, ordered, windows

__all__ = ["propose_terms"]

#: Of how many words a proposed term is joined, and of how many characters it may be.
_SIZES = (2, 3)
_SHORTEST, _LONGEST = 3, 6
#: Bits by which neighbours must exceed chance at their weakest place: four times as often.
_LEAST_COHESION = 2.0
_LETTERS = r"[\u4e00-\u9fffA-Za-z]+"
_COUNTED = "[一二两三四五六七八九十百千几半多]"
_CONTENT = ("n", "v", "a", "b", "d", "f", "i", "j", "l", "m", "s", "z", "eng")
_NAMES, _JUDGES = ("n", "vn"), ("a", "z", "i", "l")


def propose_terms(
    tokens: pd.DataFrame,
    *,
    lexicon: Lexicon,
    rejected: Sequence[str] = (),
    min_comments: int = 3,
    top: int = 30,
) -> pd.DataFrame:
    """Propose new words of the trade from the comments themselves, for a person to accept.

    Parameters
    ----------
    tokens : DataFrame
        Table ``tokens`` of one quarter, split with ``lexicon``.
    lexicon : Lexicon
        Its terms are known already; its stop words, negators and words of degree decide what may
        be part of a term.
    rejected : sequence of str
        Words that a person has turned down; they are not proposed again.
    min_comments : int
        In how many comments at least.
    top : int
        How many words.

    Returns
    -------
    DataFrame
        Table ``term_proposals``: ``term``; ``parts``, the words it was split into, with a space
        between them; ``occurrences``, in so many ``comments``; ``cohesion``, in bits, and
        ``freedom``, in bits; ``rank`` from 1. No rows where nothing is found.

    Raises
    ------
    ValueError
        For a missing column, or ``min_comments`` or ``top`` below 1.
    TypeError
        If ``rejected`` is a bare string.

    Notes
    -----
    A proposal is two or three adjacent words of one comment, three to six characters of letters,
    that is no term of the lexicon and no word of jieba's dictionary. No part is a stop word
    (nouns excepted), a word of degree, a pronoun or a particle, and none but the first negates.
    A word that judges does not end it, because 态度冷淡 is a sentence and no term; after a
    negation one may (不透明), and no noun.

    * cohesion: ``log₂(f(xy) N / (f(x) f(y)))``, the pointwise mutual information, at the split
      where it is smallest; at least 2, four times as often as chance
    * freedom: the entropy ``−Σ p log₂ p`` of the neighbouring words, on the side where it is
      smaller; each end of a clause is a neighbour of its own

    Ranked by comments × cohesion × freedom, then by comments × cohesion, then by the word. What
    stands nowhere but inside one longer proposal is left out. Source: the cohesion and freedom of
    strings as in Sun, Shen and Tsou (1998), Chinese word segmentation without using lexicon and
    hand-crafted training data, COLING-ACL 2, 1265–1271; Jin and Tanaka-Ishii (2006),
    Unsupervised segmentation of Chinese text by use of branching entropy, COLING/ACL, 428–435.

    Examples
    --------
    >>> from csatlib.text import tokenise
    >>> texts = ["首次响应太慢", "等首次响应等了半天", "希望缩短首次响应时间"]
    >>> texts += ["业务解答清楚，态度也很好", "流程简单，一个电话就办完了"]
    >>> comments = pd.DataFrame({"comment_id": [*"abcde"], "text": texts})
    >>> tokens = tokenise(comments, lexicon=Lexicon())
    >>> proposed = propose_terms(tokens, lexicon=Lexicon())
    >>> proposed[["term", "parts", "comments", "rank"]].values.tolist()
    [['首次响应', '首次 响应', 3, 1]]
    >>> propose_terms(tokens, lexicon=Lexicon(), rejected=["首次响应"]).empty
    True
    """
    _require(tokens, rejected, min_comments, top)
    rows = ordered(tokens)
    words = np.array(sorted(rows["token"].unique()), dtype=object)
    parts = _Parts.of(words, tokens, lexicon)
    found = [windows(rows, size) for size in _SIZES]
    tables = [
        each.table.assign(cohesion=each.table["pmi"], freedom=_freedom(rows, each))
        for each in found
    ]
    long = np.array([len(word) for word in words], dtype="int64")
    kept = [
        parts.join(each.words)
        & (table["comments"] >= min_comments).to_numpy()
        & (table["cohesion"] >= _LEAST_COHESION).to_numpy()
        & (long[each.words].sum(axis=1) >= _SHORTEST)
        & (long[each.words].sum(axis=1) <= _LONGEST)
        for each, table in zip(found, tables, strict=True)
    ]
    chosen = pd.concat(
        [
            _worded(table[keep & ~inner], words, each.words[keep & ~inner])
            for each, table, keep, inner in zip(
                found, tables, kept, nested(found, kept), strict=True
            )
        ],
        ignore_index=True,
    )
    known = {*lexicon.terms, *rejected} | _in_dictionary(chosen["term"])
    return _table(chosen[~chosen["term"].isin(known)], top)


def _require(tokens: pd.DataFrame, rejected: Sequence[str], min_comments: int, top: int) -> None:
    if isinstance(rejected, str):
        raise TypeError(f"propose_terms: rejected takes a sequence of words; write [{rejected!r}]")
    if absent := [c for c in ("comment_id", "position", "token", "pos") if c not in tokens]:
        raise ValueError(f"propose_terms: tokens lack the columns {absent}")
    for name, value in (("min_comments", min_comments), ("top", top)):
        if value < 1:
            raise ValueError(f"propose_terms: {name} must be at least 1, found {value}")


@dataclass(frozen=True)
class _Parts:
    """What each word may be in a term: a part at all, one that negates, names or judges."""

    fit: np.ndarray
    negates: np.ndarray
    names: np.ndarray
    judges: np.ndarray

    @classmethod
    def of(cls, words: np.ndarray, tokens: pd.DataFrame, lexicon: Lexicon) -> _Parts:
        known = pd.Series(words, dtype="str")
        tags = tokens[["token", "pos"]].astype("str").drop_duplicates("token")
        tag = known.map(tags.set_index("token")["pos"]).astype("str")
        names = tag.str.startswith(_NAMES).fillna(False)
        short = tuple(sorted(word for word in lexicon.negators if len(word) == 1))
        negates = known.str.startswith(short) if short else known.isin([])
        degrees = tuple(word for word, _ in lexicon.degrees)
        fit = known.str.fullmatch(_LETTERS) & (tag.isna() | tag.str.startswith(_CONTENT))
        fit &= ~known.isin(lexicon.stop_words) | names
        fit &= ~(tag.str.startswith("m").fillna(False) & known.str.contains(_COUNTED))
        fit &= ~known.str.startswith(degrees) if degrees else True
        fit |= known.isin(short)
        judges = tag.str.startswith(_JUDGES).fillna(False)
        return cls(*(marks.to_numpy(dtype=bool) for marks in (fit, negates, names, judges)))

    def join(self, runs: np.ndarray) -> np.ndarray:
        """Tell which runs of words may be a term."""
        last = runs[:, -1]
        negated = (runs.shape[1] == 2) & ~self.names[last]
        ends_well = np.where(self.negates[runs[:, 0]], negated, ~self.judges[last])
        return self.fit[runs].all(axis=1) & ~self.negates[runs[:, 1:]].any(axis=1) & ends_well


def _worded(table: pd.DataFrame, words: np.ndarray, runs: np.ndarray) -> pd.DataFrame:
    return table.assign(
        term=pd.array(["".join(words[run]) for run in runs], dtype="str"),
        parts=pd.array([" ".join(words[run]) for run in runs], dtype="str"),
    )


def _freedom(rows: pd.DataFrame, found: Windows) -> np.ndarray:
    """Give the entropy of the neighbours of each run, on the side where it is smaller."""
    run, word = rows["run"].to_numpy(), rows["word"].to_numpy()
    size, last = found.words.shape[1], max(len(rows) - 1, 0)
    # An end of a clause is a neighbour that no other occurrence has.
    alone = word.max(initial=0) + 1 + np.arange(len(found.start))
    sides = []
    for place, beside in (
        (found.start, found.start - 1),
        (found.start + size - 1, found.start + size),
    ):
        there = np.clip(beside, 0, last)
        ends = (there != beside) | (run[there] != run[place])
        sides.append(_entropy(found.code, np.where(ends, alone, word[there]), len(found.table)))
    return np.minimum(*sides)


def _entropy(code: np.ndarray, neighbour: np.ndarray, runs: int) -> np.ndarray:
    pairs, counts = np.unique(np.column_stack([code, neighbour]), axis=0, return_counts=True)
    share = counts / np.bincount(code, minlength=runs)[pairs[:, 0]]
    return np.bincount(pairs[:, 0], -share * np.log2(share), minlength=runs)


def _in_dictionary(terms: Iterable[str]) -> set[str]:
    """Give those words that jieba's dictionary holds."""
    wanted = set(terms)
    if not wanted:
        return set()
    import jieba

    with jieba.get_module_res("dict.txt") as stream:
        entries = (line.split(b" ", 1)[0].decode("utf-8") for line in stream)
        return {word for word in entries if word in wanted}


def _table(chosen: pd.DataFrame, top: int) -> pd.DataFrame:
    weighed = chosen.assign(bound=chosen["comments"] * chosen["cohesion"])
    weighed = weighed.assign(score=weighed["bound"] * weighed["freedom"])
    ranked = weighed.sort_values(
        ["score", "bound", "term", "parts"], ascending=[False, False, True, True], kind="stable"
    )
    # Two ways to split one word are one word.
    ranked = ranked.drop_duplicates("term").head(top)
    ranked = ranked.assign(rank=np.arange(1, len(ranked) + 1)).reset_index(drop=True)
    columns = schema.TABLES["term_proposals"].columns
    ranked = ranked[list(columns)].astype({n: c.dtype for n, c in columns.items()})
    return schema.check(ranked, "term_proposals")
