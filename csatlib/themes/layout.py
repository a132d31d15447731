"""Many texts laid end to end, with what a search must know of every place in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from csatlib.privacy import REPLACEMENTS
from csatlib.study.patterns import fold
from csatlib.text import Lexicon, tokenise
from csatlib.themes.vocabulary import EITHER, OR, Vocabulary

__all__ = ["Layout", "lay_out"]

_ENDS = "。！？!?；;\n"
_REMOVED = re.compile("|".join(re.escape(mark) for mark in REPLACEMENTS.values()))
_HAN = re.compile(r"[\u3400-\u9fff]+")
#: Tags of numerals, set phrases and names: words that the dictionary glues together.
_LOOSE_TAGS = ("m", "l", "i", "nr")
#: Words of so many characters are put together of words.
_LONG = 4
#: Behind a comma they turn to something else, which no pattern may join to what was before.
_TURN = re.compile("[,，、](?=但|不过|可是|然而|只是|好在|幸好|反而)")


@dataclass(frozen=True, eq=False)
class Letters:
    """A text by its characters: where each stands, and so where words are."""

    text: str

    @cached_property
    def codes(self) -> np.ndarray:
        """The characters as numbers."""
        return _codes(self.text)

    @cached_property
    def _by_character(self) -> tuple[np.ndarray, dict[int, tuple[int, int]]]:
        # Numbers of 16 bits are sorted many times as fast; few texts hold larger ones.
        basic = len(self.codes) and int(self.codes.max()) < 1 << 16
        order = np.argsort(self.codes.astype(np.uint16) if basic else self.codes, kind="stable")
        values, first = np.unique(self.codes[order], return_index=True)
        ends = [*first[1:].tolist(), len(order)]
        spans = zip(values.tolist(), first.tolist(), ends, strict=True)
        return order, {value: (low, high) for value, low, high in spans}

    def places(self, words: str) -> np.ndarray:
        """Find every place where a string begins."""
        order, spans = self._by_character
        letters = [ord(letter) for letter in words]
        if any(letter not in spans for letter in letters):
            return np.empty(0, dtype=np.int64)
        sizes = [high - low for low, high in map(spans.__getitem__, letters)]
        # The rarest character first: few places are left for the others to decide on.
        rarest, *others = sorted(range(len(letters)), key=sizes.__getitem__)
        low, high = spans[letters[rarest]]
        at = order[low:high] - rarest
        at = at[(at >= 0) & (at + len(letters) <= len(self.text))]
        for offset in others:
            at = at[self.codes[at + offset] == letters[offset]]
        return at


@dataclass(frozen=True, eq=False)
class Layout:
    """Texts end to end, each between line ends, and what a search asks of every place.

    ``edge`` says whether a word may begin or end there, ``words_before`` how many words begin
    before it, ``inside`` whether it is in the middle of a word, ``negator`` where the negator
    begins that stands directly before it (−1 without one). For every character: ``sentence`` and
    ``token`` (−1 without one). ``word`` is the number of each token's spelling in
    ``spellings``, and ``prefix`` the length of
    the negator or word of degree that a spelling begins with.
    """

    letters: Letters
    starts: np.ndarray
    edge: np.ndarray
    words_before: np.ndarray
    inside: np.ndarray
    negator: np.ndarray
    sentence: np.ndarray
    token: np.ndarray
    token_start: np.ndarray
    token_end: np.ndarray
    word: np.ndarray
    prefix: np.ndarray
    spellings: tuple[str, ...]
    vocabulary: Vocabulary

    @property
    def text(self) -> str:
        """The texts end to end."""
        return self.letters.text


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def lay_out(texts: Sequence[str], lexicon: Lexicon) -> Layout:
    """Tokenise the texts and lay them end to end.

    A word begins and ends where a token does. A token has further edges inside where the general
    dictionary does not hold it as one word (a guess, a term of the study, a numeral with its
    measure, a set phrase, a name), where it has four characters or more, or where it begins
    with a negator (没人接), and behind a leading word of degree: 太慢 is 太 and 慢.
    So a term that is accepted later takes no match away.
    """
    # A zero that a text has of its own is white space: zeros stand for what was removed.
    texts = [one.replace("\x00", " ") for one in texts]
    # Marks go before spelling is folded, for letters of a mark would no longer be its own.
    bare = _REMOVED.sub(lambda mark: "\x00" * len(mark[0]), "\n".join(["", *texts, ""]))
    letters = Letters(fold(bare))
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    starts = np.cumsum(lengths + 1) - lengths
    ends = np.isin(letters.codes, _codes(_ENDS))
    ends[[found.start() for found in _TURN.finditer(letters.text)]] = True
    sentence = np.cumsum(ends) - ends
    vocabulary = Vocabulary.of(lexicon)
    tokens = _tokens(texts, letters.codes, lexicon)
    return _with_words(letters, starts, sentence, vocabulary, *tokens)


def _tokens(
    texts: Sequence[str], codes: np.ndarray, lexicon: Lexicon
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[tuple[str, str]]]:
    """Give start and end of every token, the number of its kind, and the kinds: word and tag."""
    given = pd.array(list(texts), dtype="str")
    ids = pd.RangeIndex(len(texts)).astype("str")
    tokens = tokenise(pd.DataFrame({"comment_id": ids, "text": given}), lexicon=lexicon)
    spelled, tag = tokens["token"].array, tokens["pos"].array
    number, words = np.asarray(spelled.codes, dtype=np.int64), spelled.categories.tolist()
    length = np.fromiter(map(len, words), dtype=np.int64, count=len(words))[number]
    space = [code for code in np.unique(codes).tolist() if chr(code).isspace() or code == 0]
    written = np.flatnonzero(~np.isin(codes, space))
    if length.sum() != len(written):
        raise ValueError("themes: the tokens do not spell the texts out")
    first = np.cumsum(length) - length
    start, end = written[first], written[first + length - 1] + 1
    # A word has one tag wherever it stands, so that of any of its tokens is that of all.
    kind = np.full(len(words), -1)
    kind[number] = tag.codes
    tags = [tag.categories[code] if code >= 0 else "" for code in kind.tolist()]
    return start, end, number, list(zip(words, tags, strict=True))


def _with_words(
    letters: Letters,
    starts: np.ndarray,
    sentence: np.ndarray,
    vocabulary: Vocabulary,
    start: np.ndarray,
    end: np.ndarray,
    number: np.ndarray,
    kinds: list[tuple[str, str]],
) -> Layout:
    text = letters.text
    words = [fold(word) for word, _ in kinds]
    prefix = np.array([_prefix(word, vocabulary) for word in words], dtype=np.int64)
    opens = zip(words, kinds, prefix.tolist(), strict=True)
    loose = np.array(
        [_is_loose(word, tag) or word[:n] in vocabulary.negators for word, (_, tag), n in opens],
        dtype=bool,
    )
    is_word = np.array([any(map(str.isalnum, word)) for word in words], dtype=bool)[number]
    token = np.full(len(text), -1, dtype=np.int64)
    size = end - start
    token[np.repeat(start - (np.cumsum(size) - size), size) + np.arange(size.sum())] = np.repeat(
        np.arange(len(start)), size
    )
    edge = np.zeros(len(text) + 1, dtype=bool)
    edge[start] = edge[end] = edge[start + prefix[number]] = True
    edge[:-1] |= (token >= 0) & loose[number][token] if len(number) else False
    begins = np.zeros(len(text) + 1, dtype=np.int64)
    begins[start[is_word] + 1] = 1
    begins[np.flatnonzero(letters.codes == ord(",")) + 1] = 1
    held = np.flatnonzero(token >= 0)
    inside = np.zeros(len(text) + 1, dtype=bool)
    inside[held] = is_word[token[held]] & (start[token[held]] < held)
    negator = _negator(words, number, start, prefix, sentence, token, vocabulary, letters, inside)
    return Layout(
        letters, starts, edge, np.cumsum(begins), inside, negator, sentence, token, start, end,
        number, prefix, tuple(words), vocabulary,
    )  # fmt: skip


def _prefix(word: str, vocabulary: Vocabulary) -> int:
    if word in vocabulary.whole:
        return 0
    found = vocabulary.leading.match(word)
    return found.end() if found and found.end() < len(word) else 0


def _is_loose(word: str, tag: str) -> bool:
    loose = len(word) >= _LONG or not tag or tag.startswith(_LOOSE_TAGS)
    return loose and _HAN.fullmatch(word) is not None


def _negator(
    words: Sequence[str],
    number: np.ndarray,
    start: np.ndarray,
    prefix: np.ndarray,
    sentence: np.ndarray,
    token: np.ndarray,
    vocabulary: Vocabulary,
    letters: Letters,
    inside: np.ndarray,
) -> np.ndarray:
    """Find the negator directly before each place; degrees and helping words may lie between."""
    negator = np.full(len(letters.text) + 1, -1, dtype=np.int64)
    if not len(number):
        return negator
    passed = np.array([w in vocabulary.degrees or w in vocabulary.between for w in words], bool)[
        number
    ]
    turns = np.array([word in vocabulary.negators for word in words], bool)[number]
    turns &= ~_either(words, number, start, sentence)
    last = np.maximum.accumulate(np.where(passed & ~turns, -1, np.arange(len(number))))
    before = np.concatenate([[-1], last[:-1]])
    behind = (before >= 0) & turns[before] & (sentence[start[before]] == sentence[start])
    negator[start[behind]] = start[before[behind]]
    degree = np.array([w[:n] in vocabulary.degrees for w, n in zip(words, prefix, strict=True)])
    strong = behind & degree[number]
    negator[(start + prefix[number])[strong]] = start[before[strong]]
    whole = np.array([word in vocabulary.whole for word in words], dtype=bool)[number]
    for word in sorted(vocabulary.negators):
        # Inside a token: 没排队 may be one guess, and 不透明 a term.
        at = letters.places(word)
        ends = at + len(word)
        held = inside[ends] & (token[at] == token[ends]) & ~whole[token[at]]
        negator[ends[held]] = at[held]
    return negator


def _either(
    words: Sequence[str], number: np.ndarray, start: np.ndarray, sentence: np.ndarray
) -> np.ndarray:
    kind = {word: place for place, word in enumerate(words)}
    if EITHER not in kind or OR not in kind:
        return np.zeros(len(number), dtype=bool)
    latest = np.full(int(sentence[-1]) + 1, -1, dtype=np.int64)
    ors = start[number == kind[OR]]
    np.maximum.at(latest, sentence[ors], ors)
    return (number == kind[EITHER]) & (latest[sentence[start]] > start)
