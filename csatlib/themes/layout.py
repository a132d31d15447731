"""Many texts laid end to end, with what a search must know of every place in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from csatlib.privacy import REPLACEMENTS
from csatlib.study.patterns import fold
from csatlib.text import Lexicon
from csatlib.text.cutting import cut, cutter, tags
from csatlib.themes.compiling import Tree
from csatlib.themes.vocabulary import EITHER, OR, Vocabulary, vocabulary_of

__all__ = ["Layout", "Written", "lay_out", "of_each", "write_out"]

_ENDS = frozenset("。！？!?；;\n")
_REMOVED = re.compile("|".join(re.escape(mark) for mark in REPLACEMENTS.values()))
_HAN = (0x3400, 0x9FFF)
#: Tags of numerals, set phrases and names: words that the dictionary glues together.
_LOOSE_TAGS = ("m", "l", "i", "nr")
#: Words of so many characters are put together of words.
_LONG = 4
#: Behind a comma they turn to something else, which no pattern may join to what was before.
_TURNS = Tree.of([
    comma + word
    for comma in ",、"
    for word in ("但", "不过", "可是", "然而", "只是", "好在", "幸好", "反而")
])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Written:
    """Texts end to end, each between line ends.

    Of every character: its number as ``given`` and, in one form, in ``codes``; and the number of
    its ``sentence``, to which the end of it belongs. ``sentence_ends`` is where each ends, and
    ``starts`` where each text begins.
    """

    given: np.ndarray
    codes: np.ndarray
    starts: np.ndarray
    sentence: np.ndarray
    sentence_ends: np.ndarray

    def take(self, kept: np.ndarray) -> tuple[Written, np.ndarray, np.ndarray]:
        """Keep some of the sentences under their numbers; which characters stay, and where."""
        stays = kept[self.sentence]
        behind = np.cumsum(stays, dtype=np.int32)
        moved = behind - stays
        parts = self.given[stays], self.codes[stays], moved[self.starts], self.sentence[stays]
        return Written(*parts, behind[self.sentence_ends] - 1), stays, moved


@dataclass(frozen=True, eq=False)
class Layout:
    """Texts end to end with their words, and what a search asks of every place.

    ``edge`` says whether a word may begin or end there, ``words_before`` how many words begin
    before it, ``inside`` whether it is in the middle of a word, ``negator`` where the negator
    begins that stands directly before it (−1 without one), and ``token`` which one holds the
    character (−1 without one). ``word_starts`` is where each word begins that counts. ``word`` is
    the number of each token's spelling in ``spellings``, and ``prefix`` the length of the negator
    or word of degree that a spelling begins with.
    """

    written: Written
    edge: np.ndarray
    words_before: np.ndarray
    word_starts: np.ndarray
    inside: np.ndarray
    negator: np.ndarray
    token: np.ndarray
    token_start: np.ndarray
    token_end: np.ndarray
    word: np.ndarray
    prefix: np.ndarray
    spellings: tuple[str, ...]
    vocabulary: Vocabulary


@dataclass(frozen=True, eq=False)
class _Tokens:
    """Start and end of every token, the number of its word, and the words."""

    start: np.ndarray
    end: np.ndarray
    number: np.ndarray
    words: _Words


@dataclass(frozen=True, eq=False)
class _Words:
    """Distinct words in one form, and what is known of each.

    ``prefix`` as in `Layout`; whether it ``leaves`` its inside open to edges, counts as a word,
    and begins with a negator or a word of degree. ``inner`` lists negators in the midst of words:
    the word, and where in it they begin and end.
    """

    spellings: tuple[str, ...]
    prefix: np.ndarray
    loose: np.ndarray
    counts: np.ndarray
    strong: np.ndarray
    inner: tuple[np.ndarray, np.ndarray, np.ndarray]

    def among(self, words: frozenset[str]) -> np.ndarray:
        """Say which are in a list."""
        return np.array([word in words for word in self.spellings], dtype=bool)


def write_out(texts: Sequence[str]) -> Written:
    """Lay texts end to end and part them into sentences."""
    # A zero that a text has of its own is white space: zeros stand for what was removed.
    texts = [one.replace("\x00", " ") for one in texts]
    text = "\n".join(["", *texts, ""])
    given = _codes(text)
    if "[" in text:
        # Marks go before spelling is folded, for letters of a mark would no longer be its own.
        text = _REMOVED.sub(lambda mark: "\x00" * len(mark[0]), text)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.cumsum(lengths + 1) - lengths
    codes = of_each(_codes(text), lambda letter: ord(fold(letter)), np.uint32)
    ends = of_each(codes, _ENDS.__contains__)
    ends[_TURNS.places(codes)[1]] = True
    sentence = np.cumsum(ends, dtype=np.int32) - ends
    return Written(given, codes, starts, sentence, np.flatnonzero(ends))


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def of_each(
    codes: np.ndarray, tells: Callable[[str], object], dtype: type = np.bool_
) -> np.ndarray:
    """Ask of every distinct character once what is to be known of all."""
    known = np.zeros(int(codes.max(initial=0)) + 1, dtype)
    known[codes] = 1
    seen = np.flatnonzero(known)
    known[seen] = [tells(chr(code)) for code in seen.tolist()]
    return known[codes]


def lay_out(written: Written, lexicon: Lexicon) -> Layout:
    """Split the texts into words.

    A word begins and ends where a token does. A token has further edges inside where the general
    dictionary does not hold it as one word (a guess, a term of the study, a numeral with its
    measure, a set phrase, a name), where it has four characters or more, or where it begins
    with a negator (没人接), and behind a leading word of degree: 太慢 is 太 and 慢.
    So a term that is accepted later takes no match away.
    """
    vocabulary = vocabulary_of(lexicon)
    tokens = _tokens(written, lexicon, vocabulary)
    start, end, number, words = tokens.start, tokens.end, tokens.number, tokens.words
    places = len(written.codes)
    size = end - start
    token = np.full(places, -1, dtype=np.int32)
    counting = np.arange(len(start), dtype=np.int32)
    # Tokens stand in their order and apart, so their characters are all that belong to any.
    held = np.repeat(start - (np.cumsum(size, dtype=np.int32) - size), size)
    held += np.arange(len(held), dtype=np.int32)
    token[held] = np.repeat(counting, size)
    edge = np.zeros(places + 1, dtype=bool)
    edge[start] = edge[end] = edge[start + words.prefix[number]] = True
    edge[held] |= np.repeat(words.loose[number], size)
    is_word = words.counts[number]
    begins = np.zeros(places + 1, dtype=bool)
    begins[start[is_word] + 1] = True
    begins[1:] |= written.codes == ord(",")
    inside = np.zeros(places + 1, dtype=bool)
    inside[held] = np.repeat(is_word, size)
    inside[start] = False
    return Layout(
        written, edge, np.cumsum(begins, dtype=np.int32), np.flatnonzero(begins) - 1, inside,
        _negator(tokens, written, vocabulary), token, start, end, number, words.prefix,
        words.spellings, vocabulary,
    )  # fmt: skip


def _tokens(written: Written, lexicon: Lexicon, vocabulary: Vocabulary) -> _Tokens:
    # No word goes over a line end, so lines are split as the texts are.
    lines = written.given.tobytes().decode("utf-32-le").split("\n")
    done = cut(lines, cutter(lexicon.terms))
    words = done.words.tolist()
    length = np.fromiter(map(len, words), dtype=np.int32, count=len(words))[done.ids]
    blank = of_each(written.codes, lambda letter: letter.isspace() or letter == "\x00")
    places = np.flatnonzero(~blank).astype(np.int32)
    if length.sum() != len(places):
        raise ValueError("themes: the tokens do not spell the texts out")
    behind = np.cumsum(length, dtype=np.int32)
    start, end = places[behind - length], places[behind - 1] + 1
    return _Tokens(start, end, done.ids, _words(words, vocabulary))


def _words(given: Sequence[str], vocabulary: Vocabulary) -> _Words:
    spelled = fold("\n".join([*given, ""]))
    words = tuple(spelled.split("\n")[:-1])
    codes = _codes(spelled)
    size = np.fromiter(map(len, words), dtype=np.int32, count=len(words))
    first = np.cumsum(size + 1, dtype=np.int32) - size - 1
    whole = np.array([word in vocabulary.whole for word in words], dtype=bool)
    han = _any_of((codes < _HAN[0]) | (codes > _HAN[1]), first) == 1
    counts = _any_of(of_each(codes, str.isalnum), first) > 0
    which, at = vocabulary.tree.places(codes)
    owner = np.repeat(np.arange(len(words), dtype=np.int32), size + 1)[at]
    begin = at - first[owner]
    end = begin + vocabulary.sizes[which]
    # At one place the longest word comes last, and stays.
    lead = np.full(len(words), -1, dtype=np.int32)
    lead[owner[begin == 0]] = which[begin == 0]
    prefix = np.where(lead >= 0, vocabulary.sizes[lead], 0).astype(np.int32)
    prefix[whole | (prefix == size)] = 0
    tag = map(tags().get, given)
    loose = np.array([not one or one.startswith(_LOOSE_TAGS) for one in tag], dtype=bool)
    loose = (loose | (size >= _LONG)) & han | ((prefix > 0) & vocabulary.negates[lead])
    # Inside a token: 没排队 may be one guess, and 不透明 a term.
    inner = vocabulary.negates[which] & (end < size[owner]) & (counts & ~whole)[owner]
    order = np.flatnonzero(inner)[np.argsort(which[inner], kind="stable")]
    return _Words(
        words, prefix, loose, counts, (prefix > 0) & vocabulary.strengthens[lead],
        (owner[order], begin[order], end[order]),
    )  # fmt: skip


def _any_of(marked: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Count the marked characters of each word and of the line end behind it."""
    return np.add.reduceat(marked, first, dtype=np.int32) if len(first) else first


def _negator(tokens: _Tokens, written: Written, vocabulary: Vocabulary) -> np.ndarray:
    """Find the negator directly before each place; degrees and helping words may lie between."""
    negator = np.full(len(written.codes) + 1, -1, dtype=np.int32)
    start, number, words = tokens.start, tokens.number, tokens.words
    if not len(number):
        return negator
    passed = words.among(vocabulary.degrees | vocabulary.between)[number]
    turns = words.among(vocabulary.negators)[number]
    sentence = written.sentence[start]
    turns &= ~_either(tokens, sentence)
    stops = np.where(passed & ~turns, np.int32(-1), np.arange(len(number), dtype=np.int32))
    before = np.append(np.int32(-1), np.maximum.accumulate(stops)[:-1])
    behind = np.flatnonzero((before >= 0) & turns[before])
    behind = behind[sentence[before[behind]] == sentence[behind]]
    negator[start[behind]] = start[before[behind]]
    strong = behind[words.strong[number[behind]]]
    negator[start[strong] + words.prefix[number[strong]]] = start[before[strong]]
    for owner, begin, end in _one_a_word(*words.inner):
        place = np.full(len(words.spellings), -1, dtype=np.int32)
        place[owner] = np.arange(len(owner))
        held = np.flatnonzero(place[number] >= 0)
        place = place[number[held]]
        negator[start[held] + end[place]] = start[held] + begin[place]
    return negator


def _one_a_word(owner: np.ndarray, begin: np.ndarray, end: np.ndarray):
    """Part the negators inside of words so that each part has one of a word, in their order."""
    while len(owner):
        first = np.zeros(len(owner), dtype=bool)
        first[np.unique(owner, return_index=True)[1]] = True
        yield owner[first], begin[first], end[first]
        owner, begin, end = owner[~first], begin[~first], end[~first]


def _either(tokens: _Tokens, sentence: np.ndarray) -> np.ndarray:
    start, number = tokens.start, tokens.number
    kind = {word: place for place, word in enumerate(tokens.words.spellings)}
    if EITHER not in kind or OR not in kind:
        return np.zeros(len(number), dtype=bool)
    latest = np.full(int(sentence[-1]) + 1, -1, dtype=np.int64)
    ors = np.flatnonzero(number == kind[OR])
    np.maximum.at(latest, sentence[ors], start[ors])
    return (number == kind[EITHER]) & (latest[sentence] > start)
