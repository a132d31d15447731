"""What a measure is: its words, its dates, its steps, its proof, and what is to be found of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

__all__ = ["Step", "Undertaking"]


@dataclass(frozen=True)
class Step:
    """Something that was to happen, or happened, on the way; ``proof`` names a file of it."""

    kind: str
    text: str
    planned_on: date | None = None
    happened_on: date | None = None
    done_share: float | None = None
    proof: str = ""


@dataclass(frozen=True)
class Undertaking:
    """One measure.

    ``goal`` is what it is to add to the baseline, in the unit of ``metric``. ``reports`` is the
    last day on which its owner told of progress; weekly until then. ``proofs`` leads from a file's
    name to its words. ``verdict`` is what is to be found of it, None where it is not done.
    """

    action_id: str
    quarter: str
    item: str
    problem: str
    measure: str
    owner: str
    goal: float
    started_on: date
    due: date
    status: str
    scope: str = ""
    metric: str = "mean"
    helpers: tuple[str, ...] = ()
    horizon: str = "quick_win"
    done_on: date | None = None
    reports: date | None = None
    ability: str = "within"
    resources: str = ""
    expected: str = ""
    note: str = ""
    steps: tuple[Step, ...] = ()
    proofs: Mapping[str, str] | None = None
    verdict: str | None = None
