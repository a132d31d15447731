"""Texts into numbered tokens: by a compiled engine where it equals jieba, else by jieba itself."""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, metadata
from itertools import islice
from pathlib import Path
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from csatlib.privacy import REPLACEMENTS

if TYPE_CHECKING:
    import jieba

__all__ = ["Cut", "Cutter", "cut", "cutter", "tags"]

#: Versions of the engine that the tests have held against jieba, character by character.
PROVEN = ("0.2.2",)

_BLOCK = re.compile("[\u4e00-\u9fd5a-zA-Z0-9+#&._%-]")
#: Characters that the engine takes into blocks of words and jieba does not, and halves of
#: surrogate pairs, which the engine cannot be handed.
_ALONE = re.compile("([\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\ud800-\udfff\U00020000-\U0002ffff])")
#: Letters and digits that the engine keeps together across a mark where jieba parts them: 24-26.
_TOGETHER = re.compile(r"[a-zA-Z0-9](?:[-_][a-zA-Z0-9]|\.(?:[a-zA-Z]|[0-9]+[a-zA-Z.]))")
_REPLACED = re.compile("|".join(re.escape(word) for word in REPLACEMENTS.values()))
#: White space in Python's eyes, so it is no token; within a text a blank may stand for it.
_END = "\x1e"
_TEXTS_AT_ONCE = 16_384
#: Masks that leave the first so many of four half words.
_FIRST = np.array([0, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF], np.uint64)


@dataclass(frozen=True, eq=False)
class Cutter:
    """A jieba tokenizer that knows some terms, and the engine with the same dictionary.

    ``model`` is an engine without any dictionary: only its hidden Markov model speaks.
    """

    tokenizer: jieba.Tokenizer
    engine: Any = None
    model: Any = None

    def by_dictionary(self, text: str) -> list[str]:
        """Split a text as ``jieba.cut(text, HMM=False)`` does."""
        return [
            word
            for number, piece in enumerate(_ALONE.split(text))
            for word in ([piece] if number % 2 else self.engine.cut(piece, False))
        ]

    def by_model(self, run: str) -> list[str]:
        """Split what the dictionary left in single characters as jieba does."""
        from jieba import finalseg

        return list(run) if self.tokenizer.FREQ.get(run) else list(finalseg.cut(run))

    def are_plain(self, runs: list[str]) -> np.ndarray:
        """Tell whether the engine's model splits such runs as jieba does.

        Both add the same logarithms, in another order, so rounding decides between ways of equal
        probability. Such ways give each ideograph the same states at other places. No swap of two
        places leaves the chain of states possible, so three places change at least: an ideograph
        stands there three times, or two of them twice.
        """
        known, together = self.tokenizer.FREQ.get, _TOGETHER.search
        return np.fromiter(
            (
                (len(run) < 3 or len(run) - len(set(run)) < 2 or run.isascii())
                and (run.isalpha() or not together(run))
                and not known(run)
                for run in runs
            ),
            bool,
            len(runs),
        )


@dataclass(frozen=True, eq=False)
class Cut:
    """The tokens of texts as numbers of words.

    ``ids`` holds the tokens of all texts one after the other, ``counts`` how many each text has;
    ``words`` are in the order of their characters.
    """

    ids: np.ndarray
    counts: np.ndarray
    words: list[str]


class _Vocabulary:
    """Words numbered in the order in which they come, and what is known of each."""

    def __init__(self, tokenizer: jieba.Tokenizer) -> None:
        self.frequencies = tokenizer.FREQ
        self.numbers: defaultdict[str, int] = defaultdict()
        self.numbers.default_factory = self.numbers.__len__
        self.end = self.numbers[_END]
        self.lengths = np.zeros(0, np.int64)
        self.is_loose = np.zeros(0, bool)

    def number(self, words: list[str], text: str) -> np.ndarray:
        """Give each word its number; the words one after the other are the text."""
        keys = self._keys(words, text)
        codes, uniques = pd.factorize(keys)
        place = np.zeros(len(uniques), np.int64)
        place[codes] = np.arange(len(words))
        ids = np.fromiter((self.numbers[words[i]] for i in place.tolist()), np.int32, len(place))
        self._know_new()
        return ids[codes]

    def _keys(self, words: list[str], text: str) -> np.ndarray:
        """Give words whole numbers that tell them apart: far cheaper to compare than words."""
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        starts = lengths.cumsum() - lengths
        points = np.frombuffer((text + "\0" * 4).encode("utf-32-le", "surrogatepass"), np.uint32)
        halves = points.astype(np.uint16)
        fours = np.ndarray(len(text) + 1, np.uint64, halves, strides=(2,))
        keys = (fours[starts] & _FIRST[np.minimum(lengths, 4)]).view(np.int64)
        # Four halves hold four characters of the basic plane. Those of other planes stand alone.
        is_other = np.flatnonzero((points[starts] > 0xFFFF) | (lengths > 4)).tolist()
        keys[is_other] = [-1 - self.numbers[words[i]] for i in is_other]
        return keys

    def _know_new(self) -> None:
        count = len(self.numbers) - len(self.lengths)
        new = list(islice(reversed(self.numbers), count))[::-1]
        self.lengths = np.append(self.lengths, np.fromiter(map(len, new), np.int64, count))
        known, in_block = self.frequencies.get, _BLOCK.match
        # What the dictionary left in single characters, letters and digits joined again.
        loose = [
            (in_block(word) is not None) if len(word) == 1 else not (known(word) or word == "\r\n")
            for word in new
        ]
        self.is_loose = np.append(self.is_loose, np.array(loose, bool))


def cut(texts: pd.Index | Sequence[str], by: Cutter, *, hmm: bool = True) -> Cut:
    """Split texts; white space and marks of removed personal data part them and are no tokens."""
    vocabulary = _Vocabulary(by.tokenizer)
    parts = [np.zeros(0, np.int32)]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        text = _joined(list(texts[start : start + _TEXTS_AT_ONCE]))
        if by.engine is None:
            parts.append(vocabulary.number(by.tokenizer.lcut(text, HMM=hmm), text))
            continue
        ids = vocabulary.number(by.by_dictionary(text), text)
        parts.append(_modelled(ids, text, vocabulary, by) if hmm else ids)
    ids = np.concatenate(parts)
    del parts
    numbers = vocabulary.numbers
    is_token = np.fromiter(map(_is_token, numbers), bool, len(numbers))
    kept = is_token[ids]
    counts = np.diff(np.cumsum(kept)[ids == vocabulary.end], prepend=0)
    words = sorted({w for i, w in enumerate(numbers) if is_token[i]} & _used(numbers, ids))
    places = np.zeros(len(numbers), np.int32)
    places[[numbers[word] for word in words]] = np.arange(len(words))
    return Cut(places[ids[kept]], counts, words)


def _modelled(ids: np.ndarray, text: str, vocabulary: _Vocabulary, by: Cutter) -> np.ndarray:
    """Let the model split each run of what the dictionary left in single characters."""
    edges = np.flatnonzero(np.diff(vocabulary.is_loose[ids], prepend=False, append=False))
    several = edges[1::2] - edges[::2] > 1
    first, last = edges[::2][several], edges[1::2][several]
    places = np.append(0, vocabulary.lengths[ids].cumsum())
    spans = zip(places[first].tolist(), places[last].tolist(), strict=True)
    runs = [text[start:end] for start, end in spans]
    is_plain = by.are_plain(runs)
    plain = "".join(run + _END for run, ok in zip(runs, is_plain, strict=True) if ok)
    odd = [run for run, ok in zip(runs, is_plain, strict=True) if not ok]
    split = {run: (*by.by_model(run), _END) for run in set(odd)}
    words = by.model.cut(plain, True) + [word for run in odd for word in split[run]]
    found = vocabulary.number(words, plain + "".join(run + _END for run in odd))
    ends = np.flatnonzero(found == vocabulary.end)
    counts = np.diff(ends, prepend=-1) - 1
    order = np.argsort(~is_plain, kind="stable")
    return _spliced(ids, first[order], last[order], found[found != vocabulary.end], counts)


def _spliced(
    ids: np.ndarray, first: np.ndarray, last: np.ndarray, found: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Put ``counts`` of the tokens ``found`` into the place of each run of tokens."""
    steps = np.zeros(len(ids) + 1, np.int8)
    steps[first] += 1
    steps[last] -= 1
    sizes = np.where(np.cumsum(steps[:-1], dtype=np.int8) > 0, 0, 1)
    sizes[first] = counts
    spliced = np.repeat(ids, sizes)
    starts = (sizes.cumsum() - sizes)[first] - (counts.cumsum() - counts)
    spliced[np.repeat(starts, counts) + np.arange(len(found))] = found
    return spliced


def _used(numbers: Mapping[str, int], ids: np.ndarray) -> set[str]:
    """Give the words that stand anywhere: some were only on the way."""
    counts = np.bincount(ids, minlength=len(numbers))
    return {word for word, count in zip(numbers, counts, strict=True) if count}


def _joined(texts: list[str]) -> str:
    """Put an end mark after each text, and blanks for what parts it without being a token."""
    joined = _END.join(texts) + _END
    if joined.count(_END) > len(texts):
        joined = _END.join(text.replace(_END, " ") for text in texts) + _END
    return _REPLACED.sub(" ", joined)


def _is_token(word: str) -> bool:
    """Tell words from white space and from half characters, which no table can hold."""
    return not word.isspace() and not "\ud800" <= word <= "\udfff"


@lru_cache(maxsize=4)
def cutter(terms: tuple[str, ...]) -> Cutter:
    """Make a cutter of our own: words added to it are in no one else's."""
    import jieba

    plain = _plain()
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(plain.FREQ), plain.total, True
    for term in terms:
        tokenizer.add_word(term)
    return Cutter(tokenizer, *_engines(tokenizer))


def _engines(tokenizer: jieba.Tokenizer) -> tuple[Any, Any]:
    """Make the engine with a tokenizer's dictionary, and one with none.

    Both are None where the engine is not there, is a version not proven, or could not tell letters
    that the dictionary left single from a word that they spell.
    """
    try:
        make = import_module("rjieba").Jieba.empty
        is_proven = metadata.version("rjieba") in PROVEN
    except (ImportError, AttributeError):
        return None, None
    letters = (tokenizer.FREQ.get(letter, 0) for letter in ascii_letters + digits)
    if not is_proven or max(letters) ** 2 > tokenizer.total:
        return None, None
    engine, model, total = make(), make(), tokenizer.total
    for word, frequency in tokenizer.FREQ.items():
        if frequency and word.isprintable():
            engine.add_word(word, frequency, None)
            total -= frequency
    # The total weighs each further word. jieba counts a word as often as it is added, the engine
    # once; a word that stands in no block makes up the difference.
    engine.add_word(_END, total, None)
    model.add_word(_END, 1, None)
    return engine, model


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
