"""Comments into words: a private jieba tokenizer that knows the study's terms."""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.privacy import REPLACEMENTS
from csatlib.text.lexicon import Lexicon

if TYPE_CHECKING:
    import jieba

__all__ = ["tokenise"]

_REPLACED = re.compile("|".join(re.escape(word) for word in REPLACEMENTS.values()))


def tokenise(comments: pd.DataFrame, *, lexicon: Lexicon) -> pd.DataFrame:
    """Split comments into words.

    Parameters
    ----------
    comments : DataFrame
        ``comment_id`` and ``text``, one row a comment, such as the table ``comments``.
    lexicon : Lexicon
        Its terms stay whole.

    Returns
    -------
    DataFrame
        Table ``tokens``: ``comment_id``; ``position`` of the token in its comment, from 0;
        ``token``; ``pos``, the dictionary's part-of-speech tag (n noun, v verb, a adjective, …),
        NA where the dictionary has none. White space and the marks that stand for removed
        personal data are no tokens.

    Raises
    ------
    ValueError
        If a column is missing.

    Notes
    -----
    Exact mode with the hidden Markov model for unknown words, as ``jieba.cut``; each distinct text
    is split once.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment_id": ["c1"], "text": ["首次响应太慢"]})
    >>> tokenise(comments, lexicon=Lexicon(terms=("首次响应",)))["token"].tolist()
    ['首次响应', '太慢']
    """
    missing = {"comment_id", "text"} - set(comments.columns)
    if missing:
        raise ValueError(f"tokenise: expected the columns comment_id and text, missing {missing}")
    tokenizer = _tokenizer(lexicon)
    number, distinct = pd.factorize(comments["text"])
    split = [_split(tokenizer, text) for text in distinct]
    lists = [split[i] if i >= 0 else [] for i in number]
    counts = np.fromiter((len(words) for words in lists), dtype=np.int64, count=len(lists))
    starts = np.repeat(counts.cumsum() - counts, counts)
    words = pd.Series([word for words in lists for word in words], dtype="str")
    tags = {word: _tags()[word] for word in words.unique() if word in _tags()}
    tokens = pd.DataFrame(
        {
            "comment_id": np.repeat(comments["comment_id"].astype("str").array, counts),
            "position": pd.array(np.arange(len(words)) - starts, dtype="Int64"),
            "token": words,
            "pos": words.map(tags).astype("str"),
        }
    )
    return schema.check(tokens, "tokens")


def _split(tokenizer: jieba.Tokenizer, text: str) -> list[str]:
    """Split a text; a removed piece of personal data parts it and leaves no word behind."""
    pieces = _REPLACED.split(text)
    return [word for piece in pieces for word in tokenizer.cut(piece) if not word.isspace()]


@lru_cache(maxsize=8)
def _tokenizer(lexicon: Lexicon) -> jieba.Tokenizer:
    """Make a tokenizer of our own: words added to it are in no one else's."""
    import jieba

    logging.getLogger("jieba").setLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    with _cache_folder() as folder:
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    for term in lexicon.terms:
        tokenizer.add_word(term)
    return tokenizer


@contextmanager
def _cache_folder() -> Iterator[str]:
    """Give the user's cache folder, or a private one for the moment where it cannot be used."""
    # jieba's own place is shared by every user of the machine, and it trusts what lies there.
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "csatlib"
    if _is_usable(folder):
        yield str(folder)
        return
    private = tempfile.mkdtemp(prefix="csatlib-")
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _is_usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@lru_cache(maxsize=1)
def _tags() -> dict[str, str]:
    import jieba

    with jieba.get_module_res("dict.txt") as stream:
        entries = (line.decode("utf-8").split() for line in stream)
        return {word: tag for word, _, tag in entries}
