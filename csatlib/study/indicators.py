"""The indicator system: first and second level, direction, target, source and weight of each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from csatlib.study.base import Part

__all__ = ["Indicator", "IndicatorSystem"]


class Indicator(Part):
    """One second-level indicator: how it is measured, which way is better, what is wanted.

    ``source`` says where its values come from: ``survey`` (``item`` and ``metric`` of the
    estimates), ``stages`` (a stage of the tickets), ``followups``, ``actions``, or ``table`` (rows
    of the raw files whose role is ``indicators``, found by the indicator's name). ``weight`` is its
    share within its first-level indicator; ``every`` how often new values are due.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    first: str
    unit: str = ""
    direction: Literal["higher", "lower"] = "higher"
    target: float | None = Field(default=None, allow_inf_nan=False)
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    source: Literal["survey", "stages", "followups", "actions", "table"] = "table"
    item: str | None = None
    metric: str | None = None
    link: str | None = None
    team: str | None = None
    every: Literal["week", "month", "quarter"] = "quarter"


class IndicatorSystem(Part):
    """The indicators of a line or of the whole company (``indicators.yml``).

    ``first`` leads from each first-level indicator to its weight, in the order of the report.
    """

    version: str = "0"
    first: dict[str, float] = Field(default_factory=dict)
    indicators: tuple[Indicator, ...] = ()
