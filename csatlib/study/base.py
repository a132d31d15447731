"""What every part of a study is made of: a frozen, strict model, labels of quarters and days."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from csatlib.schema import Quarter, SchemaError

__all__ = [
    "Day",
    "Fault",
    "JoinError",
    "Part",
    "QuarterLabel",
    "ScoreMap",
    "TextMap",
    "frozen",
    "repeated",
    "spelling",
]


#: Where a fault lies, such as ``("questions", 3)``, and its words.
Fault = tuple[tuple[str | int, ...], str]


class JoinError(ValueError):
    """Parts of a study that do not fit each other; ``faults`` holds each with its path."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("；".join(words for _, words in faults))
        self.faults = faults


def frozen(value: dict[str, Any]) -> Mapping[str, Any]:
    """Make a mapping that cannot be changed."""
    return MappingProxyType(value)


TextMap = Annotated[dict[str, str], AfterValidator(frozen)]
ScoreMap = Annotated[dict[str, int], AfterValidator(frozen)]


def spelling(text: str) -> str:
    """Bring a wording to one spelling: normal form NFKC, single spaces (as `scales.plain`)."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def repeated(texts: Iterable[str]) -> list[str]:
    """List the texts that repeat an earlier one, apart from spelling."""
    seen: set[str] = set()
    found = []
    for text in texts:
        if spelling(text) in seen:
            found.append(text)
        seen.add(spelling(text))
    return found


class Part(BaseModel):
    """A part of a study: frozen, of exact types, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _quarter(label: str) -> str:
    try:
        return str(Quarter.parse(label))
    except SchemaError:
        raise ValueError(f"季度应写成 2026Q3 的样子，现在是“{label}”") from None


QuarterLabel = Annotated[str, AfterValidator(_quarter)]


def _day(label: str) -> str:
    try:
        if date.fromisoformat(label).isoformat() == label:
            return label
    except ValueError:
        pass
    raise ValueError(f"日期应写成 2026-09-30 的样子，现在是“{label}”")


Day = Annotated[str, AfterValidator(_day)]
