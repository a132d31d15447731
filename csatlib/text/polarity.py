"""Whether customers praise or blame, clause by clause, and what a whole comment comes to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.text.clauses import SET_ASIDE, Clause, Known, clauses
from csatlib.text.lexicon import Lexicon
from csatlib.text.scanning import scanner_of
from csatlib.text.scope import NEUTRAL

__all__ = ["comment_polarity", "polarity"]

#: What follows a contrast decides from this on; below, it is as mild as 有点慢.
_DECIDES = 0.75
#: How much of what follows a contrast the words before it may take away.
_AT_MOST = 0.9


def polarity(comments: pd.DataFrame, *, lexicon: Lexicon | None = None) -> pd.DataFrame:
    """Judge each clause of comments: negative, neutral or positive, and by which words.

    Parameters
    ----------
    comments : DataFrame
        ``comment_id`` and ``text``, one row a comment, such as the table ``comments``.
    lexicon : Lexicon, optional
        The words that judge, such as those of ``Lexicon.of(study)``; the general lists without it.

    Returns
    -------
    DataFrame
        Table ``polarity``, one row a clause: ``comment_id``; ``clause``, its number in the
        comment, from 0; ``start`` and ``end``, its places in the text as given; ``polarity``;
        ``score`` from -1 to 1; ``weight`` of the clause in its comment, 1, or 0.5 before a
        contrast and in a concession; ``span``, the words that decided, with ``span_start`` and
        ``span_end``, NA where nothing did. ``text[span_start:span_end]`` is ``span``. Missing
        comments and those without a letter or digit have no rows.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    ``score = x / (1 + |x|)``, where ``x`` is the sum of what the words of the clause weigh; with
    ``|x|`` below 0.3 the clause is neutral. The lists were written for this package; words are
    found by their characters, the longest first, so that 不满意 is one word and 快递 has no 快.
    Full-width and half-width forms are alike. By rule:

    * Clauses end at stops and spaces, and begin at words of contrast (但是, 不过, 却, 可惜; 就是
      only after something was said). Praise and blame without a stop between them
      (味道不错送餐太慢) are parted too. Before the last contrast of a comment, and with 虽然, a
      clause has weight 0.5.
    * A judging word weighs 1 unless the lists say otherwise (0.4 可以, 1.6 垃圾), times its words
      of degree (非常 1.5, 有点 0.5). Some judge only what they are said of: 价格高 blames, 效率高
      praises, the nearest named thing counting.
    * A negator turns the judging word after it: over two characters for 不, over five for 没有,
      谈不上, 难以, words such as 很, 那么, 以前, 让人 not counted. Negated praise weighs
      -0.9 times, after 不太 or with 很 between -0.68 times; negated blame -0.5 times. Two negators
      weaken (0.6); 没有一次不 does not turn. 没有推诿、敷衍 denies both. 从没见过这么 strengthens.
    * A negator that reaches no judging word tells of something missing (没有发票, -0.5) or refused
      (不, -0.35), 没有一次不等 of a lasting nuisance (-0.7). A word such as 有点 or 太 that reaches
      none finds something too much (-0.35).
    * Set phrases stand in the lists whole: 不能再好 praises, 好不容易 and 无人接听 blame, 不得不说
      and 差一点 do neither.
    * A wish or proposal (希望, 建议, 就好了) takes back the praise that is wished for and leans to
      blame with -0.25, which leaves the clause neutral; blame in it stays; 希望继续保持 praises.
    * In a question (？, 吗) praise is asked for and not given; what else is asked leans to blame
      with -0.25. Rhetorical ones (难道, 也叫) blame: praise is turned, without any they weigh -0.8.
    * A length of time weighs -0.8 with 等, 拖 or 才, and 0.8 with 不到, 只 or 就; so do times of
      asking again (打了三次) -0.8.
    * 比以前好 praises, 不如 blames; 别家比你们好 is turned.

    Sarcasm is left out: praise that is not meant is taken at its word.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment_id": ["a"], "text": ["不太满意，但是客服态度好"]})
    >>> polarity(comments)[["start", "end", "polarity", "span"]].values.tolist()
    [[0, 4, 'negative', '不太满意'], [5, 12, 'positive', '好']]
    """
    missing = {"comment_id", "text"} - set(comments.columns)
    if missing:
        raise ValueError(
            f"polarity: expected the columns comment_id and text, missing {sorted(missing)}"
        )
    scanner = scanner_of(lexicon or Lexicon())
    number, distinct = pd.factorize(comments["text"])
    known: Known = {}
    judged = [clauses(str(text), scanner, known) for text in distinct.tolist()]
    lists = [judged[i] if i >= 0 else [] for i in number]
    counts = np.fromiter((len(found) for found in lists), dtype=np.int64, count=len(lists))
    given = np.array([str(distinct[i]) if i >= 0 else "" for i in number], dtype="object")
    texts = np.repeat(given, counts)
    table = _table([clause for found in lists for clause in found], texts)
    starts = np.repeat(counts.cumsum() - counts, counts)
    table.insert(0, "comment_id", np.repeat(comments["comment_id"].astype("str").array, counts))
    table.insert(1, "clause", pd.array(np.arange(len(table)) - starts, dtype="Int64"))
    return schema.check(table, "polarity")


def _table(found: list[Clause], texts: np.ndarray) -> pd.DataFrame:
    columns = np.array(found, dtype="float64").reshape(-1, len(Clause._fields)).T
    start, end, value, weight, span_start, span_end = columns
    decided = span_start >= 0
    spans = [
        text[clause.span_start : clause.span_end] if clause.span_start >= 0 else None
        for text, clause in zip(texts, found, strict=True)
    ]
    return pd.DataFrame(
        {
            "start": pd.array(start.astype("int64"), dtype="Int64"),
            "end": pd.array(end.astype("int64"), dtype="Int64"),
            "polarity": pd.array(_names(value), dtype="str"),
            "score": pd.array(_score(value), dtype="Float64"),
            "weight": pd.array(weight, dtype="Float64"),
            "span": pd.array(spans, dtype="str"),
            "span_start": pd.array(np.where(decided, span_start, np.nan)).astype("Int64"),
            "span_end": pd.array(np.where(decided, span_end, np.nan)).astype("Int64"),
        }
    )


def _score(value: np.ndarray) -> np.ndarray:
    return value / (1 + np.abs(value))


def _names(value: np.ndarray) -> np.ndarray:
    # Sums of weights such as 0.5 - 0.2 fall on the limit: noise of the last digit must not decide.
    judges = np.abs(value) >= NEUTRAL - 1e-9
    signs = [judges & (value < 0), judges & (value > 0)]
    return np.select(signs, ["negative", "positive"], "neutral")


def comment_polarity(polarity: pd.DataFrame) -> pd.DataFrame:
    """Say of each comment whether it praises, blames, does both or neither.

    Parameters
    ----------
    polarity : DataFrame
        Table ``polarity``.

    Returns
    -------
    DataFrame
        Table ``comment_polarity``, one row a comment that has a clause, in the order of the table
        given: ``comment_id``; ``polarity``, ``negative``, ``neutral``, ``positive`` or ``mixed``;
        ``score`` from -1 to 1; ``clauses``, ``negative`` and ``positive``, how many there are.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    With ``x = s / (1 - |s|)`` of each clause's score ``s``, ``A`` is the sum of ``x`` over the
    clauses of weight 1 and ``B`` half the sum over those of weight 0.5 (before a contrast, or
    conceded). ``score = X / (1 + |X|)`` with ``X = A + B``; where ``|A|`` is 0.75 or more, ``B``
    is held within ``0.9 |A|``, so that what follows 但是 decides unless it is as mild as 有点慢.

    A comment with clauses of both polarities has the sign of ``A`` if there is a contrast and
    ``|A|`` is 0.75 or more, and is ``mixed`` otherwise. With clauses of one polarity it has that
    one, unless wishes and questions outweigh it (``mixed``); with neither it is ``neutral``.

    Examples
    --------
    >>> said = pd.DataFrame({"comment_id": ["a", "b"], "text": ["态度好，但太慢", "快，但贵，好"]})
    >>> comment_polarity(polarity(said))[["comment_id", "polarity"]].values.tolist()
    [['a', 'negative'], ['b', 'mixed']]
    """
    needed = ("comment_id", "polarity", "score", "weight")
    missing = [name for name in needed if name not in polarity]
    if missing:
        raise ValueError(f"comment_polarity: the table polarity lacks the columns {missing}")
    number, ids = pd.factorize(polarity["comment_id"])
    score = polarity["score"].to_numpy(dtype="float64")
    value = score / (1 - np.abs(score))
    aside = polarity["weight"].to_numpy(dtype="float64") < 1

    def summed(what: np.ndarray) -> np.ndarray:
        return np.bincount(number, weights=what, minlength=len(ids))

    last, before = summed(np.where(aside, 0, value)), SET_ASIDE * summed(np.where(aside, value, 0))
    strong = np.abs(last) >= _DECIDES - 1e-9
    limit = np.where(strong, _AT_MOST * np.abs(last), np.inf)
    total = last + np.clip(before, -limit, limit)
    blamed = summed(polarity["polarity"].eq("negative").to_numpy())
    praised = summed(polarity["polarity"].eq("positive").to_numpy())
    table = pd.DataFrame(
        {
            "comment_id": pd.array(ids, dtype="str"),
            "polarity": _overall(total, blamed, praised, strong & (summed(aside) > 0)),
            "score": pd.array(_score(total), dtype="Float64"),
            "clauses": pd.array(np.bincount(number, minlength=len(ids)), dtype="Int64"),
            "negative": pd.array(blamed.astype("int64"), dtype="Int64"),
            "positive": pd.array(praised.astype("int64"), dtype="Int64"),
        }
    )
    return schema.check(table, "comment_polarity")


def _overall(
    total: np.ndarray, blamed: np.ndarray, praised: np.ndarray, decided: np.ndarray
) -> pd.api.extensions.ExtensionArray:
    """Name what comments come to; ``decided`` says where a contrast settles praise and blame."""
    neither, both = (blamed == 0) & (praised == 0), (blamed > 0) & (praised > 0)
    clear = (~both & (total * (praised - blamed) > 0)) | (both & decided)
    names = np.select(
        [neither, clear & (total < 0), clear & (total > 0)],
        ["neutral", "negative", "positive"],
        "mixed",
    )
    return pd.array(names, dtype="str")
