"""The codeframe: which themes words are coded with, and what an interview has to touch on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from csatlib.study.base import Fault, JoinError, Part, frozen
from csatlib.study.patterns import parse

__all__ = ["Codeframe", "Theme", "Topic", "Words"]

Polarity = Literal["negative", "neutral", "positive"]
Standing = Literal["strength", "pain", "expectation", "competitor"]


def _pattern(source: str) -> str:
    parse(source)
    return source


#: A pattern as it is written; `csatlib.study.patterns.parse` says what it means.
PatternText = Annotated[str, AfterValidator(_pattern)]
SynonymMap = Annotated[dict[str, tuple[str, ...]], AfterValidator(frozen)]


class Words(Part):
    """What the study adds to the general lists of words.

    ``synonyms`` leads from a word to the variants that are counted as that word; ``positive`` and
    ``negative`` judge in this trade; ``neutral`` lists words of the general lists of judgement
    that do not judge here; ``stop_words`` are no keywords.
    """

    stop_words: tuple[str, ...] = ()
    synonyms: SynonymMap = Field(default_factory=dict, validate_default=True)
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _of_one_mind(self) -> Words:
        faults = [*_blank(self), *_twice_judged(self), *_twice_counted(self)]
        if faults:
            raise JoinError(tuple(faults))
        return self


def _blank(words: Words) -> Iterator[Fault]:
    for key in ("stop_words", "positive", "negative", "neutral"):
        for place, word in enumerate(getattr(words, key)):
            if not word.strip():
                yield (key, place), "是空的；请写出词，或删去这一项"
    for word, variants in words.synonyms.items():
        for place, variant in enumerate(variants):
            if not variant.strip():
                yield ("synonyms", word, place), "是空的；请写出词，或删去这一项"


def _twice_judged(words: Words) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for key in ("positive", "negative", "neutral"):
        for place, word in enumerate(getattr(words, key)):
            if first.setdefault(word, key) != key:
                yield (
                    (key, place),
                    f"“{word}”在 {first[word]} 里也有；一个词只能有一种褒贬，请只留一处",
                )


def _twice_counted(words: Words) -> Iterator[Fault]:
    """Find variants that would count as two words, or as one that is a variant itself."""
    first: dict[str, str] = {}
    for word, variants in words.synonyms.items():
        for place, variant in enumerate(variants):
            path = ("synonyms", word, place)
            if first.setdefault(variant, word) != word:
                yield (
                    path,
                    f"“{variant}”已经算作“{first[variant]}”；一个说法只能算作一个词，请只留一处",
                )
            elif variant != word and variant in words.synonyms:
                yield path, f"“{variant}”自己也是一个词；请把它的说法移到“{word}”下面"


class Theme(Part):
    """One theme: where in the service (``stage``, 环节), what is done there (``action``, 动作).

    ``patterns`` find it; one of ``unless`` in the same sentence voids what they find. ``polarity``
    is that of every match, where the patterns themselves blame or praise; without it the clause
    decides. ``standing`` counts the theme among the standing ones of interviews. Every one of
    ``examples`` must be found and none of ``counter_examples``: `csatlib.themes` proves it before
    it codes, and ``csat check`` before a run.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    stage: str
    action: str
    dimension: str | None = None
    polarity: Polarity | None = None
    standing: Standing | None = None
    patterns: tuple[PatternText, ...] = Field(min_length=1)
    unless: tuple[PatternText, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()


class Topic(Part):
    """A topic of the interview guide: what is asked, and the words that show it was spoken of."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    questions: tuple[str, ...] = ()
    patterns: tuple[PatternText, ...] = Field(min_length=1)
    required: bool = True


class Codeframe(Part):
    """The themes of a line (``themes.yml``), with the topics of its interview guide."""

    version: str = "0"
    themes: tuple[Theme, ...] = ()
    topics: tuple[Topic, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Codeframe:
        seen: set[str] = set()
        faults = []
        for key, parts in (("themes", self.themes), ("topics", self.topics)):
            for place, part in enumerate(parts):
                if part.id in seen:
                    faults.append(((key, place, "id"), f"id “{part.id}”重复，请改成不同的 id"))
                seen.add(part.id)
        if faults:
            raise JoinError(tuple(faults))
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the codeframe: the same frame codes the same words alike."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def labels(self) -> Mapping[str, str]:
        """Give the Chinese name of each theme and topic by its id."""
        return {part.id: part.name for part in (*self.themes, *self.topics)}
