"""Replies that say nothing, to be set aside before words are counted."""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from csatlib.privacy import REPLACEMENTS
from csatlib.scales import plain
from csatlib.text.lexicon import words_of

__all__ = ["uninformative"]

_REPLACED = re.compile("|".join(re.escape(mark) for mark in REPLACEMENTS.values()))
_FILLER = re.compile(r"[\W_\d]+")
_REPEATED = re.compile(r"(.)\1+")
_PATTERN = re.compile(r"(.{2,3})\1+")
#: What may stand around a stock reply; two replies in a row without a stop are not taken for
#: stock ones, since 没有很满意 is no 没有 and no 很满意.
_OPENINGS = "我们?|本人|个人|感觉|觉得|暂时|目前|现在|总体|整体|总的来说|基本上?|一切|其[他它]|嗯+|哦+|额+|呃+|啊+"
_ENDINGS = "吧|啊|呢|哦|噢|哈|呀|啦|了|的|哒|滴|嗯|谢谢(?:你们|您)?|感谢|多谢|辛苦了?"
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def uninformative(comments: pd.Series) -> pd.Series:
    """Mark replies that say nothing: 无, 没有意见, 挺好的, 同上, punctuation, 哈哈, asdf, 测试.

    Parameters
    ----------
    comments : Series of str, length n
        Open answers.

    Returns
    -------
    Series of bool, length n, index and name of ``comments``
        True where nothing can be learnt from the words; a missing comment is True.

    Notes
    -----
    Punctuation, emoji, digits and the marks of removed personal data are no words. Of what is
    left, an answer says nothing if

    * there is nothing left, or a single letter is repeated (哈哈, aaaa, 的的的);
    * every piece between stops is a stock reply of ``replies.txt``, with openings such as 目前 and
      endings such as 吧 or 谢谢 (目前没有，都挺好的，谢谢). 没有人接听 and 好慢 stay, since they
      are no such reply, and so does 没有很满意;
    * it is three or more neighbours of a keyboard row, in either direction (asdf, lkj), or two or
      three Latin letters repeated (abab).

    An answer that names anything else is never marked.

    Examples
    --------
    >>> uninformative(pd.Series(["没有意见。", "……", "asdf", "慢", "没有，挺好的"])).tolist()
    [True, True, True, False, True]
    """

    def empty(text: str) -> bool:
        unmarked = _REPLACED.sub(" ", plain(text).lower())
        pieces = [piece for piece in _FILLER.split(unmarked) if piece]
        return all(_is_stock(piece) for piece in pieces) or _is_noise("".join(pieces))

    distinct = comments.fillna("").astype("str")
    known = {text: empty(text) for text in distinct.unique()}
    return distinct.map(known).astype(bool)


def _is_stock(piece: str) -> bool:
    return _stock().fullmatch(piece) is not None or _is_noise(piece)


def _is_noise(words: str) -> bool:
    rows = (*_KEYBOARD, *(row[::-1] for row in _KEYBOARD))
    neighbours = len(words) >= 3 and any(words in row for row in rows)
    repeated = _PATTERN if words.isascii() else _REPEATED
    return neighbours or bool(_REPEATED.fullmatch(words) or repeated.fullmatch(words))


@cache
def _stock() -> re.Pattern[str]:
    """Make the expression of a stock reply with the openings and endings it may have."""
    either = "|".join(
        re.escape(w) for w in sorted(words_of("replies.txt"), key=lambda w: (-len(w), w))
    )
    return re.compile(f"(?:{_OPENINGS})*(?:{either})(?:{_ENDINGS})*|(?:{_OPENINGS}|{_ENDINGS})+")
