"""Replies that say nothing, to be set aside before words are counted."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd

from csatlib.privacy import REPLACEMENTS
from csatlib.scales import plain
from csatlib.text.lexicon import words_of

__all__ = ["uninformative"]

_REPLACED = re.compile("|".join(re.escape(mark) for mark in REPLACEMENTS.values()))
_MARKED = re.compile(r"[\[［﹇]")
_FILLER = re.compile(r"[\W_\d]+")
_REPEATED = re.compile(r"(.)\1+")
_PATTERN = re.compile(r"(.{2,3})\1+")
#: What may stand around a stock reply; two replies in a row without a stop are not taken for
#: stock ones, since 没有很满意 is no 没有 and no 很满意. No text can be read as these in two ways
#: (辛苦了 is 辛苦 and 了): what is repeated would try them all.
_SOUNDS, _PARTICLES = "嗯哦额呃啊", "吧啊呢哦噢哈呀啦了的哒滴嗯"
_OPENINGS = "我们?|本人|个人|感觉|觉得|暂时|目前|现在|总体|整体|总的来说|基本上?|一切|其[他它]"
_ENDINGS = "谢谢(?:你们|您)?|感谢|多谢|辛苦"
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
        return all(_is_stock(piece) for piece in pieces) or _is_stock("".join(pieces))

    number, distinct = pd.factorize(comments.fillna("").astype("str"))
    tells = _telling().search
    known = [
        (_MARKED.search(text) is not None or not tells(text)) and empty(text)
        for text in distinct.tolist()
    ]
    return pd.Series(np.array(known, dtype=bool)[number], comments.index, name=comments.name)


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
    replies = sorted(words_of("replies.txt"), key=lambda word: (-len(word), word))
    either = "|".join(re.escape(word) for word in replies)
    opening, ending = f"{_OPENINGS}|[{_SOUNDS}]", f"{_ENDINGS}|[{_PARTICLES}]"
    alone = f"{_OPENINGS}|{_ENDINGS}|[{_SOUNDS}{_PARTICLES}]"
    return re.compile(f"(?:{opening})*(?:{either})(?:{ending})*|(?:{alone})+")


@cache
def _telling() -> re.Pattern[str]:
    """Make the expression that settles most texts: a character of no stock reply beside another.

    Both are Chinese, which spelling leaves as they are; only marks of removed data, in brackets,
    hold such pairs and say nothing.
    """
    around = (_OPENINGS, _ENDINGS, _SOUNDS, _PARTICLES)
    stock = "".join(sorted(set("".join((*words_of("replies.txt"), *around)))))
    han = "[\u4e00-\u9fff]"
    other = f"(?![{re.escape(stock)}]){han}"
    return re.compile(f"({other})(?!\\1){han}|({han})(?!\\2){other}")
