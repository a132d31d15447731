"""Which words stand side by side more often than chance would have them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.text.lexicon import Lexicon
from csatlib.text.neighbours import joined, nested, ordered, windows

__all__ = ["phrases"]

_LETTERS = r"[\u4e00-\u9fffA-Za-z]"


def phrases(
    tokens: pd.DataFrame,
    *,
    lexicon: Lexicon | None = None,
    sizes: Sequence[int] = (2, 3),
    min_comments: int = 3,
    top: int = 50,
) -> pd.DataFrame:
    """List what customers say in several words: neighbours that are no accident.

    Parameters
    ----------
    tokens : DataFrame
        Table ``tokens``.
    lexicon : Lexicon, optional
        No phrase begins or ends with one of its stop words; the general list without it.
    sizes : sequence of int
        Of how many words, each 2 to 5.
    min_comments : int
        In how many comments at least.
    top : int
        How many phrases.

    Returns
    -------
    DataFrame
        Table ``phrases``: ``phrase`` as it is written; ``parts``, its words with a space between
        them, and ``tokens``, their number; ``occurrences``, in ``comments`` of the ``base`` that
        have any token; ``expected`` occurrences if the words knew nothing of each other;
        ``log_likelihood``, the ratio that ranks; ``pmi``, pointwise mutual information in bits;
        ``rank`` from 1, ties by the words.

    Raises
    ------
    ValueError
        For a missing column, a size outside 2 to 5, or ``min_comments`` or ``top`` below 1.

    Notes
    -----
    Adjacent are words of one comment at consecutive positions; punctuation parts them. Among the
    ``N`` windows of a size, with ``a`` that begin with the phrase's head and ``b`` that end with
    its tail, ``expected = a b / N``, ``pmi = log₂(occurrences / expected)`` and the
    log-likelihood ratio is ``2 Σ O ln(O / E)`` over the table of head by tail (Dunning 1993,
    Computational Linguistics 19, 61–74). Three words or more are split where ``expected`` is
    largest, so that a phrase is bound only as far as its weakest place. Only phrases that occur
    more often than expected are listed, and a phrase that stands nowhere but inside one longer
    one on the list is left out.

    Examples
    --------
    >>> said = ["处理", "进度", "不", "透明"], ["处理", "进度", "慢"], ["处理", "进度"], ["慢"]
    >>> rows = [(f"c{i}", place, word) for i, words in enumerate(said)
    ...         for place, word in enumerate(words)]
    >>> tokens = pd.DataFrame(rows, columns=["comment_id", "position", "token"]).assign(pos="n")
    >>> phrases(tokens)[["phrase", "parts", "occurrences", "comments", "base"]].values.tolist()
    [['处理进度', '处理 进度', 3, 3, 4]]
    """
    _require(tokens, sizes, min_comments, top)
    rows = ordered(tokens)
    words = np.array(sorted(rows["token"].unique()), dtype=object)
    is_edge = _may_stand_at_an_end(words, lexicon or Lexicon())
    found = [windows(rows, size) for size in sorted(set(sizes))]
    kept = [
        is_edge[each.words[:, [0, -1]]].all(axis=1)
        & (each.table["comments"] >= min_comments).to_numpy()
        & (each.table["occurrences"] > each.table["expected"]).to_numpy()
        for each in found
    ]
    parts = []
    for each, keep, inner in zip(found, kept, nested(found, kept), strict=True):
        chosen = keep & ~inner
        texts = [list(words[run]) for run in each.words[chosen]]
        parts.append(
            each.table[chosen].assign(
                phrase=[joined(t) for t in texts],
                parts=[" ".join(t) for t in texts],
                tokens=each.words.shape[1],
            )
        )
    return _table(pd.concat(parts, ignore_index=True), int(tokens["comment_id"].nunique()), top)


def _require(tokens: pd.DataFrame, sizes: Sequence[int], min_comments: int, top: int) -> None:
    if absent := [c for c in ("comment_id", "position", "token") if c not in tokens]:
        raise ValueError(f"phrases: tokens lack the columns {absent}")
    if not sizes or not all(2 <= size <= 5 for size in sizes):
        raise ValueError(f"phrases: sizes must be of 2 to 5 words, found {[*sizes]}")
    for name, value in (("min_comments", min_comments), ("top", top)):
        if value < 1:
            raise ValueError(f"phrases: {name} must be at least 1, found {value}")


def _may_stand_at_an_end(words: np.ndarray, lexicon: Lexicon) -> np.ndarray:
    known = pd.Series(words, dtype="str")
    return (known.str.contains(_LETTERS) & ~known.isin(lexicon.stop_words)).to_numpy(dtype=bool)


def _table(found: pd.DataFrame, base: int, top: int) -> pd.DataFrame:
    ranked = found.sort_values(
        ["log_likelihood", "parts"], ascending=[False, True], kind="stable", ignore_index=True
    ).head(top)
    ranked = ranked.assign(base=base, rank=np.arange(1, len(ranked) + 1))
    columns = schema.TABLES["phrases"].columns
    ranked = ranked[list(columns)].astype({n: c.dtype for n, c in columns.items()})
    return schema.check(ranked, "phrases")
