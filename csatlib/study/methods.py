"""How customers are chosen, followed up and weighted: sampling plan, fieldwork rules, weighting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from csatlib.study.base import Part, TextMap, frozen

__all__ = ["Fieldwork", "Sampling", "Weighting"]


class Sampling(Part):
    """Who is asked: the method, its strata, those taken whole, and the precision wanted.

    Columns are those of the customer list or, in an event survey, of the tickets and their
    customers. ``census`` leads from a column to the values whose customers are all asked. With
    ``total`` that many are drawn; without it the number follows from ``margin`` (half the width of
    the interval of a ``share`` with confidence ``conf``), ``deff`` and ``response_rate``.
    ``min_n`` is the least number of valid answers expected of a stratum.
    """

    method: Literal["census", "srs", "stratified", "systematic", "cluster", "pps"] = "srs"
    strata: tuple[str, ...] = ()
    census: Annotated[dict[str, tuple[str, ...]], AfterValidator(frozen)] = Field(
        default_factory=dict, validate_default=True
    )
    cluster: str | None = None
    size: str | None = None
    allocation: Literal["proportional", "equal", "neyman", "power"] = "proportional"
    min_n: int = Field(default=30, ge=0)
    total: int | None = Field(default=None, ge=1)
    share: float = Field(default=0.5, gt=0, lt=1)
    margin: float = Field(default=0.05, gt=0, lt=1)
    conf: float = Field(default=0.95, gt=0, lt=1)
    deff: float = Field(default=1.0, ge=1)
    response_rate: float = Field(default=1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _sensible(self) -> Sampling:
        needs = {"stratified": ("strata", self.strata), "cluster": ("cluster", self.cluster)}
        needs["pps"] = ("size", self.size)
        key, value = needs.get(self.method, ("", True))
        if not value:
            raise ValueError(f"method 为 {self.method} 时要写 {key}")
        return self


class Fieldwork(Part):
    """How an invitation may end, and how soon an event must be asked about.

    ``outcomes`` leads from the wordings of the invitation list's ``outcome`` column to what they
    mean: ``refusal``, ``non_contact``, ``other``, ``ineligible`` or ``unknown``. ``days`` is the
    longest wait between the closing of a ticket and its questionnaire.
    """

    days: int = Field(default=2, ge=0)
    outcomes: TextMap = Field(default_factory=dict, validate_default=True)

    @model_validator(mode="after")
    def _known(self) -> Fieldwork:
        ends = ("refusal", "non_contact", "other", "ineligible", "unknown")
        for wording, end in self.outcomes.items():
            if end not in ends:
                raise ValueError(f"outcomes 的“{wording}”应是 {'、'.join(ends)} 之一，现在是 {end}")
        return self


class Weighting(Part):
    """How respondents come to stand for all customers.

    ``nonresponse`` names the frame columns that the chance to answer is modelled by, ``margins``
    those whose totals the weights are raked to; ``trim`` bounds the weights at that many times
    their mean. Without margins and nonresponse nothing is weighted beyond the design.
    """

    nonresponse: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    trim: float | None = Field(default=None, gt=1)
