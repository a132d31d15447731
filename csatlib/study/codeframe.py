"""The codeframe: which themes words are coded with, and what an interview has to touch on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from csatlib.study.base import JoinError, Part, frozen
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
