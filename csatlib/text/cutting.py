"""Texts into numbered tokens: by a compiled engine where it equals jieba, else by jieba itself."""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from csatlib.privacy import REPLACEMENTS

if TYPE_CHECKING:
    import jieba

__all__ = ["Cut", "Cutter", "cut", "cutter", "tags"]

#: Versions of the engine that the tests have held against jieba, character by character.
PROVEN = ("0.2.2",)

#: What jieba cuts with its dictionary; all else falls into single characters.
_IN_BLOCKS = "\u4e00-\u9fd5a-zA-Z0-9+#&._%-"
_BLOCK = re.compile(f"[{_IN_BLOCKS}]+")
#: Characters that the engine takes into such blocks and jieba does not, and halves of surrogate
#: pairs, which the engine cannot be handed.
_ALONE = "\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\ud800-\udfff\U00020000-\U0002ffff"
#: Letters and digits that the engine keeps together across a mark where jieba parts them: 24-26.
_TOGETHER = r"[a-zA-Z0-9](?:[-_][a-zA-Z0-9]|\.(?:[a-zA-Z]|[0-9]+[a-zA-Z.]))"
_ODD = re.compile(f"[{_ALONE}]|{_TOGETHER}")

_REPLACED = re.compile("|".join(re.escape(word) for word in REPLACEMENTS.values()))
#: White space in Python's eyes, so it is no token; within a text a blank may stand for it.
_END = "\x1e"
_TEXTS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Cutter:
    """A jieba tokenizer that knows some terms, and the engine with the same dictionary."""

    tokenizer: jieba.Tokenizer
    engine: Any = None

    def words(self, text: str, *, hmm: bool = True) -> list[str]:
        """Split a text exactly as ``jieba.Tokenizer.cut`` does."""
        if self.engine is None:
            return self.tokenizer.lcut(text, HMM=hmm)
        words: list[str] = []
        for piece, is_plain in _pieces(text):
            if is_plain:
                words += self.engine.cut(piece, hmm)
            else:
                words += self.tokenizer.lcut(piece, HMM=hmm)
        return words


@dataclass(frozen=True, eq=False)
class Cut:
    """The tokens of texts as numbers of words.

    ``ids`` holds the tokens of all texts one after the other, ``counts`` how many each text has;
    ``words`` are in the order of their characters.
    """

    ids: np.ndarray
    counts: np.ndarray
    words: list[str]


def cut(texts: pd.Index | Sequence[str], by: Cutter, *, hmm: bool = True) -> Cut:
    """Split texts; white space and marks of removed personal data part them and are no tokens."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    end = numbers[_END]
    parts = [np.zeros(0, np.int32)]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        words = by.words(_joined(list(texts[start : start + _TEXTS_AT_ONCE])), hmm=hmm)
        parts.append(np.fromiter(map(numbers.__getitem__, words), np.int32, len(words)))
    ids = np.concatenate(parts)
    del parts
    is_token = np.fromiter(map(_is_token, numbers), bool, len(numbers))
    kept = is_token[ids]
    counts = np.diff(np.cumsum(kept)[ids == end], prepend=0)
    words = sorted(word for word, token in zip(numbers, is_token, strict=True) if token)
    places = np.zeros(len(numbers), np.int32)
    places[[numbers[word] for word in words]] = np.arange(len(words))
    return Cut(places[ids[kept]], counts, words)


def _joined(texts: list[str]) -> str:
    """Put an end mark after each text, and blanks for what parts it without being a token."""
    joined = _END.join(texts) + _END
    if joined.count(_END) > len(texts):
        joined = _END.join(text.replace(_END, " ") for text in texts) + _END
    return _REPLACED.sub(" ", joined)


def _is_token(word: str) -> bool:
    """Tell words from white space and from half characters, which no table can hold."""
    return not word.isspace() and not "\ud800" <= word <= "\udfff"


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Part a text where blocks begin and end: what the engine may cut, and what jieba must."""
    done = 0
    for odd in _ODD.finditer(text):
        start, end = odd.span()
        if start < done:
            continue
        if end - start > 1:
            while start > done and _BLOCK.match(text, start - 1):
                start -= 1
            end = _BLOCK.match(text, start).end()
        if start > done:
            yield text[done:start], True
        yield text[start:end], False
        done = end
    if done < len(text):
        yield text[done:], True


@lru_cache(maxsize=4)
def cutter(terms: tuple[str, ...]) -> Cutter:
    """Make a cutter of our own: words added to it are in no one else's."""
    import jieba

    plain = _plain()
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(plain.FREQ), plain.total, True
    for term in terms:
        tokenizer.add_word(term)
    return Cutter(tokenizer, _engine(tokenizer))


def _engine(tokenizer: jieba.Tokenizer) -> Any:
    """Make the engine with a tokenizer's dictionary; None where it is not there or not proven."""
    try:
        engine = import_module("rjieba").Jieba.empty()
        if metadata.version("rjieba") not in PROVEN:
            return None
    except (ImportError, AttributeError):
        return None
    total = tokenizer.total
    for word, frequency in tokenizer.FREQ.items():
        if frequency and not _ODD.search(word[:1]):
            engine.add_word(word, frequency, None)
            total -= frequency
    # The total weighs each further word. jieba counts a word as often as it is added, the engine
    # once; a word that stands in no block makes up the difference.
    engine.add_word(_END, total, None)
    return engine


@lru_cache(maxsize=1)
def _plain() -> jieba.Tokenizer:
    """Load the dictionary once, through a cache that is the user's own."""
    import jieba

    logging.getLogger("jieba").setLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    with _cache_folder() as folder:
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
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
def tags() -> dict[str, str]:
    """Give the dictionary's part-of-speech tag of each of its words."""
    import jieba

    with jieba.get_module_res("dict.txt") as stream:
        entries = stream.read().decode("utf-8").split()
    return dict(zip(entries[::3], entries[2::3], strict=True))
