"""Comments into words, with the tags of the dictionary."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.text.cutting import Cut, cut, cutter, tags
from csatlib.text.lexicon import Lexicon

__all__ = ["tokenise"]


def tokenise(comments: pd.DataFrame, *, lexicon: Lexicon, hmm: bool = True) -> pd.DataFrame:
    """Split comments into words.

    Parameters
    ----------
    comments : DataFrame
        ``comment_id`` and ``text``, one row a comment, such as the table ``comments``.
    lexicon : Lexicon
        Its terms stay whole.
    hmm : bool
        Let a hidden Markov model find words that the dictionary does not have; without it they
        fall into single characters.

    Returns
    -------
    DataFrame
        Table ``tokens``: ``comment_id``; ``position`` of the token in its comment, from 0;
        ``token``; ``pos``, the dictionary's part-of-speech tag (n noun, v verb, a adjective, …),
        NA where the dictionary has none. All but the position are categoricals: a million
        comments hold each word once. White space and the marks that stand for removed personal
        data part words and are no tokens; nor are halves of surrogate pairs, which no table holds.

    Raises
    ------
    ValueError
        If a column is missing, or a ``comment_id`` is missing or stands twice.
    TypeError
        If ``text`` holds anything but text.

    Notes
    -----
    Exact mode, token by token that of ``jieba.cut`` 0.42.1 after ``add_word`` of each term. A
    compiled engine with the same dictionary splits the texts, and jieba's hidden Markov model is
    computed here with the sums of jieba in their order; without the engine jieba does both. Each
    distinct text is split once. The tag is that of the word, not of its place in the sentence as in
    ``jieba.posseg``.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment_id": ["c1"], "text": ["首次响应太慢"]})
    >>> tokenise(comments, lexicon=Lexicon(terms=("首次响应",)))["token"].tolist()
    ['首次响应', '太慢']
    """
    missing = {"comment_id", "text"} - set(comments.columns)
    if missing:
        raise ValueError(f"tokenise: expected the columns comment_id and text, missing {missing}")
    ids = pd.Index(comments["comment_id"].astype("str"))
    if ids.hasnans or not ids.is_unique:
        raise ValueError("tokenise: expected each comment_id once, found some missing or repeated")
    _require_text(comments["text"])
    number, distinct = pd.factorize(comments["text"])
    done = cut(distinct, cutter(lexicon.terms), hmm=hmm)
    counts = np.where(number < 0, 0, np.append(done.counts, 0)[number])
    position, codes = _spread(done, number, counts)
    tokens = pd.DataFrame(
        {
            "comment_id": _owners(ids, counts),
            "position": pd.arrays.IntegerArray(position, np.zeros(len(position), bool)),
            "token": pd.Categorical.from_codes(codes, done.words, validate=False),
            "pos": _pos(done.words, codes),
        },
        copy=False,
    )
    # Its rows fit by the way they were made; to look for repeated keys costs more than to cut.
    schema.check(tokens.head(0), "tokens")
    return tokens


def _require_text(texts: pd.Series) -> None:
    """Refuse numbers and whatever else is no text; a column without any value is none of these."""
    if isinstance(texts.dtype, pd.StringDtype | pd.ArrowDtype):
        return
    values = texts.cat.categories if isinstance(texts.dtype, pd.CategoricalDtype) else texts
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind not in ("string", "empty") and texts.notna().any():
        raise TypeError(
            f"tokenise: expected text in the column text, found values of kind {kind}; "
            "write comments.astype({'text': 'str'})"
        )


def _spread(done: Cut, number: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each comment the tokens of its text: their positions and the codes of their words."""
    # One more than the token before, back to 0 where a comment begins; no second array as long.
    own = counts[counts > 0]
    position = np.ones(own.sum(), np.int64)
    position[own.cumsum() - own] = 1 - np.append(1, own[:-1]) if len(own) else 0
    np.cumsum(position, out=position)
    if len(number) == len(done.counts) and (number >= 0).all():
        return position, done.ids
    starts = np.append(done.counts.cumsum() - done.counts, 0)
    return position, done.ids[position + np.repeat(starts[number], counts)]


def _owners(ids: pd.Index, counts: np.ndarray) -> pd.Categorical:
    """Repeat each comment's id for its tokens; a comment without any is no category."""
    has_any = counts > 0
    # The same index, where none is left out, knows already that each id stands once.
    ids = ids if has_any.all() else ids[has_any]
    codes = np.repeat(np.arange(has_any.sum(), dtype=np.int32), counts[has_any])
    return pd.Categorical.from_codes(codes, ids.rename(None), validate=False)


def _pos(words: pd.Index, codes: np.ndarray) -> pd.Categorical:
    """Look each word up once and hand its tag to its tokens."""
    found = list(map(tags().get, words.tolist()))
    known = sorted(set(found) - {None})
    place = {None: -1} | {tag: code for code, tag in enumerate(known)}
    places = np.array([*map(place.__getitem__, found), -1], np.int16)
    return pd.Categorical.from_codes(places[codes], pd.Index(known, dtype="str"), validate=False)
