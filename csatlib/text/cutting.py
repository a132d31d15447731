"""Texts into numbered tokens: a compiled engine and jieba's model, or jieba itself."""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, metadata
from itertools import chain, compress
from pathlib import Path
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute as pc

from csatlib.privacy import REPLACEMENTS
from csatlib.text import markov

if TYPE_CHECKING:
    import jieba

__all__ = ["Cut", "Cutter", "cut", "cutter", "tags"]

#: Versions of the engine that the tests have held against jieba, character by character.
PROVEN = ("0.2.2",)

#: Characters that the engine takes into blocks of words and jieba does not, and halves of
#: surrogate pairs, which the engine cannot be handed.
_ALONE = re.compile("([\u3400-\u4dbf\u9fd6-\u9fff\uf900-\ufaff\ud800-\udfff\U00020000-\U0002ffff])")
_REPLACED = re.compile("|".join(re.escape(word) for word in REPLACEMENTS.values()))
#: White space in Python's eyes, so it is no token; within a text a blank may stand for it.
_END = "\x1e"
#: What pandas calls ``str`` where pyarrow is installed.
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
#: The numbers of so few texts stay in the processor's cache too.
_TEXTS_AT_ONCE = 4_096
#: The engine's words of so few texts stay in the processor's cache until they are measured.
_TEXTS_A_CALL = 256
#: Words that are seen have two to the power of so many slots; keys are spread over them.
_SEEN = 17
_SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)
#: Masks that leave the first so many of four half words.
_FIRST = np.array([0, 0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF], np.uint64)
#: Which characters below 128 are letters or digits, and which others jieba puts into blocks.
_IS_LETTER = np.isin(np.arange(128), [ord(c) for c in ascii_letters + digits])
_IS_MARK = np.isin(np.arange(128), [ord(c) for c in "+#&._%-"])


@dataclass(frozen=True, eq=False)
class Cutter:
    """A jieba tokenizer that knows some terms, and the engine with the same dictionary.

    The engine only goes by the dictionary; its own hidden Markov model rounds differently, keeps
    24-26 whole and takes other characters for ideographs.
    """

    tokenizer: jieba.Tokenizer
    engine: Any = None

    def sizes(self, pieces: list[str], *, hmm: bool) -> np.ndarray:
        """Give the lengths of the words, one after the other."""
        if self.engine is None:
            words = (self.tokenizer.lcut(piece, HMM=hmm) for piece in pieces)
        else:
            words = (
                [part] if number % 2 else self.engine.cut(part, False)
                for piece in pieces
                for number, part in enumerate(_ALONE.split(piece))
            )
        return np.fromiter(map(len, chain.from_iterable(words)), np.int64)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Numbers of words by their keys, a slot for each: most words are looked up all at once.

    An empty slot holds the end mark, whose number is 0. A word whose slot is taken goes without.
    """

    keys: np.ndarray
    ids: np.ndarray

    def add(self, slots: np.ndarray, keys: np.ndarray, ids: np.ndarray) -> None:
        """Fill slots that are empty; of several words for a slot the first, likely a frequent."""
        empty = np.flatnonzero(self.keys[slots] == ord(_END))[::-1]
        self.keys[slots[empty]] = keys[empty]
        self.ids[slots[empty]] = ids[empty]


@dataclass(frozen=True, eq=False)
class Cut:
    """The tokens of texts as numbers of words.

    ``ids`` holds the tokens of all texts one after the other, ``counts`` how many each text has;
    ``words`` are in the order of their characters.
    """

    ids: np.ndarray
    counts: np.ndarray
    words: pd.Index


def cut(texts: pd.Index | Sequence[str], by: Cutter, *, hmm: bool = True) -> Cut:
    """Split texts; white space and marks of removed personal data part them and are no tokens."""
    numbers: dict[str, int] = {_END: 0}
    seen = _Seen(np.full(1 << _SEEN, ord(_END)), np.zeros(1 << _SEEN, np.int32))
    several = (
        np.asarray(texts[start : start + _TEXTS_AT_ONCE], object).tolist()
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
    )
    # The engine leaves the interpreter to others while it works; jieba itself does not.
    threads = 1 if by.engine is None or len(texts) <= _TEXTS_AT_ONCE else os.cpu_count() or 1
    measured = _in_turn(lambda some: _measured(some, by, hmm=hmm), several, min(threads, 4))
    parts = [_numbered(*each, numbers, seen) for each in measured]
    names = list(numbers)
    is_token = np.fromiter(map(_is_token, names), bool, len(names))
    words = pa.array(compress(names, is_token.tolist()), pa.large_string())
    order = pc.sort_indices(words)
    places = np.zeros(len(names), np.int32)
    places[np.flatnonzero(is_token)[order.to_numpy()]] = np.arange(len(order))
    counts = [np.zeros(0, np.int64)]
    for i, part in enumerate(parts):
        kept = is_token[part]
        counts.append(np.diff(kept.cumsum()[part == numbers[_END]], prepend=0))
        parts[i] = places[part[kept]]
    labels = pd.Index(pd.arrays.ArrowStringArray(words.take(order), dtype=_TEXT))
    return Cut(np.concatenate([places[:0], *parts]), np.concatenate(counts), labels)


def _in_turn(
    work: Callable[[list[str]], tuple], given: Iterable[list[str]], threads: int
) -> Iterator[tuple]:
    """Do the work of each in threads, and give what came of it in the order of what was given."""
    if threads < 2:
        yield from map(work, given)
        return
    with ThreadPoolExecutor(threads) as pool:
        begun: deque[Future[tuple]] = deque()
        for one in given:
            begun.append(pool.submit(work, one))
            # No more than are soon asked for: each holds the numbers of its characters.
            if len(begun) > threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def _measured(texts: list[str], by: Cutter, *, hmm: bool) -> tuple[np.ndarray, str, np.ndarray]:
    """Give the lengths of the words, the texts as one, and the numbers of its characters."""
    pieces = [_joined(texts[i : i + _TEXTS_A_CALL]) for i in range(0, len(texts), _TEXTS_A_CALL)]
    text = "".join(pieces)
    points = np.frombuffer((text + "\0" * 4).encode("utf-32-le", "surrogatepass"), np.uint32)
    sizes = by.sizes(pieces, hmm=hmm)
    if hmm and by.engine is not None:
        sizes = _modelled(sizes, text, points[: len(text)], by.tokenizer.FREQ)
    return sizes, text, points


def _modelled(
    sizes: np.ndarray, text: str, points: np.ndarray, frequencies: Mapping[str, int]
) -> np.ndarray:
    """Find words in each run of what the dictionary left in single characters.

    jieba hands a run to its model only if the run itself is no word of the dictionary.
    """
    from jieba import finalseg

    ascii_ = np.minimum(points, 127).astype(np.uint8)
    is_letter, is_mark = _IS_LETTER[ascii_], _IS_MARK[ascii_]
    # Lower points wrap around to high ones.
    is_han = points - np.uint32(markov.FIRST) <= markov.LAST - markov.FIRST
    ends = np.zeros(len(points), bool)
    ends[sizes.cumsum() - 1] = True
    is_loose = _is_loose(ends, text, is_han | is_mark, is_letter, frequencies)
    first, last = _stretches(is_loose & is_han)
    inside = _within(first, last, len(points))
    ends[inside] = markov.word_ends(points[inside], last - first)
    first, last = _stretches(is_loose & ~is_han)
    has_mark = _any(is_mark, first, last)
    first, last = first[has_mark], last[has_mark]
    ends[_within(first, last, len(points))] = False
    ends[_parted(text, first, last, finalseg.re_skip)] = True
    first, last = _stretches(is_loose)
    joined = _any(~ends, first, last)
    first, last = first[joined], last[joined]
    known = _known(text, first, last, frequencies)
    ends[_within(first[known], last[known], len(points))] = True
    return np.diff(np.flatnonzero(ends), prepend=-1)


def _parted(text: str, first: np.ndarray, last: np.ndarray, by: re.Pattern[str]) -> list[int]:
    """Split stretches of the text; give the last character of each part."""
    found = []
    for start, end in zip(first.tolist(), last.tolist(), strict=True):
        place = start - 1
        for part in by.split(text[start:end]):
            if part:
                place += len(part)
                found.append(place)
    return found


def _known(
    text: str, first: np.ndarray, last: np.ndarray, frequencies: Mapping[str, int]
) -> np.ndarray:
    """Tell which stretches of the text are words of the dictionary."""
    words = [text[i:j] for i, j in zip(first.tolist(), last.tolist(), strict=True)]
    return np.fromiter(map(bool, map(frequencies.get, words)), bool, len(words))


def _is_loose(
    ends: np.ndarray,
    text: str,
    is_single: np.ndarray,
    is_letter: np.ndarray,
    frequencies: Mapping[str, int],
) -> np.ndarray:
    """Mark characters that the dictionary left single, letters and digits joined again too."""
    starts = np.append(True, ends[:-1])
    loose = ends & starts & (is_single | is_letter)
    first = np.flatnonzero(starts & ~ends & is_letter)
    places = np.flatnonzero(ends)
    last = places[np.searchsorted(places, first)] + 1
    unknown = ~_known(text, first, last, frequencies)
    loose[_within(first[unknown], last[unknown], len(ends))] = True
    return loose


def _stretches(marked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give where two or more marked places in a row begin, and where they have ended."""
    edges = np.flatnonzero(np.diff(marked, prepend=False, append=False))
    several = edges[1::2] - edges[::2] > 1
    return edges[::2][several], edges[1::2][several]


def _within(first: np.ndarray, last: np.ndarray, length: int) -> np.ndarray:
    steps = np.zeros(length + 1, np.int8)
    steps[first] += 1
    steps[last] -= 1
    # Truth values are searched far faster than numbers.
    return np.flatnonzero(steps.cumsum(dtype=np.int8).view(bool))


def _any(marked: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Tell in which stretches anything is marked."""
    before = np.append(0, marked.cumsum())
    return before[last] > before[first]


def _numbered(
    sizes: np.ndarray, text: str, points: np.ndarray, numbers: dict[str, int], seen: _Seen
) -> np.ndarray:
    """Give each word its number; new words come after those that are known."""
    starts = sizes.cumsum() - sizes
    keys = _keys(sizes, starts, text, points, numbers)
    slots = (keys.view(np.uint64) * _SPREAD >> np.uint64(64 - _SEEN)).view(np.int64)
    ids = seen.ids[slots]
    missed = np.flatnonzero(seen.keys[slots] != keys)
    codes, uniques = pd.factorize(keys[missed])
    place = np.zeros(len(uniques), np.int64)
    place[codes] = missed
    first, last = starts[place].tolist(), (starts + sizes)[place].tolist()
    words = [text[i:j] for i, j in zip(first, last, strict=True)]
    found = np.array([numbers.setdefault(word, len(numbers)) for word in words], np.int32)
    ids[missed] = found[codes]
    seen.add(slots[place], uniques, found)
    return ids


def _keys(
    sizes: np.ndarray, starts: np.ndarray, text: str, points: np.ndarray, numbers: dict[str, int]
) -> np.ndarray:
    """Give words whole numbers that tell them apart: far cheaper to compare than words."""
    halves = points.astype(np.uint16)
    fours = np.ndarray(len(text) + 1, np.uint64, halves, strides=(2,))
    keys = (fours[starts] & _FIRST[np.minimum(sizes, 4)]).view(np.int64)
    # Four halves hold four characters of the basic plane. Those of other planes stand alone.
    others = np.flatnonzero((points[starts] > 0xFFFF) | (sizes > 4)).tolist()
    words = (text[starts[i] : starts[i] + sizes[i]] for i in others)
    keys[others] = [-1 - numbers.setdefault(word, len(numbers)) for word in words]
    return keys


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
    return Cutter(tokenizer, _engine(tokenizer))


def _engine(tokenizer: jieba.Tokenizer) -> Any:
    """Make the engine with a tokenizer's dictionary.

    There is none where it is not installed, is a version not proven, or could not tell letters
    that the dictionary left single from a word that they spell.
    """
    try:
        make = import_module("rjieba").Jieba.empty
        is_proven = metadata.version("rjieba") in PROVEN
    except (ImportError, AttributeError):
        return None
    letters = (tokenizer.FREQ.get(letter, 0) for letter in ascii_letters + digits)
    if not is_proven or max(letters) ** 2 > tokenizer.total:
        return None
    engine, total = make(), tokenizer.total
    for word, frequency in tokenizer.FREQ.items():
        if frequency and word.isprintable():
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
