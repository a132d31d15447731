"""How a survey is conducted, cleaned and kept: population, period, notice, privacy, rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from csatlib.study.base import Day, Part, frozen

__all__ = [
    "Burst",
    "Cleaning",
    "Contradiction",
    "Notice",
    "Period",
    "Population",
    "Privacy",
    "Rule",
]

Rule = Literal[
    "exact_duplicate",
    "duplicate",
    "near_duplicate",
    "out_of_range",
    "contradictory",
    "attention",
    "straight_line",
    "too_fast",
    "too_late",
    "outside_frame",
    "burst",
    "too_few",
    "empty",
]


class Population(Part):
    """Whom the study speaks of, in words, how they were chosen, how many they are, their tiers."""

    description: str
    sampling: str = ""
    size: int | None = Field(default=None, ge=1)
    tiers: tuple[str, ...] = ()


class Period(Part):
    """When a quarter's survey was open: answers after the last day come too late."""

    opens: Day | None = None
    closes: Day | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Period:
        if self.opens and self.closes and self.opens > self.closes:
            raise ValueError(f"opens {self.opens} 晚于 closes {self.closes}")
        return self


class Notice(Part):
    """What the questionnaire tells the respondent before the first and after the last question."""

    introduction: str = ""
    purpose: str = ""
    confidentiality: str = ""
    reward: str = ""
    closing: str = ""


class Privacy(Part):
    """How personal data is kept apart, and below which base no figure leaves.

    ``mode`` ``pseudonymous`` replaces ids under a key and keeps the link in the encrypted vault,
    ``anonymous`` keeps no link at all. ``key`` is ``own``, or ``public_test`` for invented data.
    ``min_base`` is the confidentiality base inside the company, ``external_min_base`` the one of
    what leaves it; ``retention_quarters`` says how long raw files and vault are kept.
    """

    mode: Literal["pseudonymous", "anonymous"] = "pseudonymous"
    key: Literal["own", "public_test"] = "own"
    min_base: int = Field(default=5, ge=1)
    external_min_base: int = Field(default=10, ge=1)
    retention_quarters: int = Field(default=8, ge=1)


class Contradiction(Part):
    """Answers that cannot all be meant: the row is flagged where every item has a listed answer."""

    name: str
    when: Annotated[
        dict[str, Annotated[tuple[int | str, ...], Field(min_length=1)]],
        Field(min_length=1),
        AfterValidator(frozen),
    ]


class Burst(Part):
    """Machine-like haste: at least ``count`` questionnaires of one channel within ``seconds``."""

    count: int = Field(default=10, ge=3)
    seconds: int = Field(default=60, ge=1)


class Cleaning(Part):
    """Which rows are set aside: limits of the rules, and the rules that exclude a row.

    Every rule flags; only those in ``exclude`` set a row aside.
    """

    duplicate_key: tuple[str, ...] = ("customer_id",)
    min_seconds: int | None = Field(default=None, ge=0)
    seconds_per_item: float = Field(default=1.0, ge=0)
    speed_share: float = Field(default=0.3, ge=0, lt=1)
    min_answered: float = Field(default=0.5, ge=0, le=1)
    straight_line_items: int = Field(default=5, ge=3)
    burst: Burst = Burst()
    contradictions: tuple[Contradiction, ...] = ()
    exclude: tuple[Rule, ...] = (
        "exact_duplicate",
        "duplicate",
        "near_duplicate",
        "out_of_range",
        "attention",
        "too_fast",
        "too_late",
        "too_few",
        "empty",
    )
