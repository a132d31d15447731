"""How the loop is closed: who owns measures, how opinions are followed up, what the stages are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from csatlib.study.base import JoinError, Part, TextMap

__all__ = ["Actions", "Followups", "Measure", "Playbook", "Stage"]

Metric = Literal["mean", "share", "nps", "theme", "within", "rate"]


class Actions(Part):
    """Who may own a measure, and when a measure counts as at risk.

    ``owners`` lists departments and persons as the register names them; without it every name
    passes. ``warn_days`` is how many days before its date an unfinished measure is warned of;
    ``smallest`` the smallest change of a mean that anybody would call an improvement.
    """

    owners: tuple[str, ...] = ()
    warn_days: int = Field(default=14, ge=0)
    smallest: float = Field(default=0.1, gt=0, allow_inf_nan=False)


class Followups(Part):
    """By when an opinion is answered and closed, who does it, and who watches over it.

    ``contact_days`` and ``days`` count from the day on which the opinion was given. ``owners``
    leads from a value of ``by`` (a column of the responses, such as ``team``) to whoever follows
    up; everything else is ``owner``'s. ``escalate_days`` after its date a late one goes up.
    """

    days: int = Field(default=14, ge=1)
    contact_days: int = Field(default=3, ge=0)
    escalate_days: int = Field(default=7, ge=0)
    supervisor: str = "QA专员"
    owner: str = ""
    by: str | None = None
    owners: TextMap = Field(default_factory=dict, validate_default=True)


class Stage(Part):
    """One stage of a ticket: what it is called, between which columns it lies, its limit.

    ``limit`` is in minutes; ``link`` the link of the service process that the stage belongs to
    (需求识别, 方案设计, 实施, 跟踪反馈).
    """

    name: str
    since: str
    until: str
    limit: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    link: str | None = None


class Measure(Part):
    """A known measure against a problem: what is done, for which themes or items, how far it goes.

    ``measure`` says what is done in one sentence; ``change`` what it is expected to move ``metric``
    by, in the metric's own unit (points, shares from 0 to 1, minutes); ``days`` how long it takes;
    ``ease`` from 1 (hard) to 5 (easy).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    measure: str
    themes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    horizon: Literal["quick_win", "systemic"] = "quick_win"
    metric: Metric = "mean"
    unit: str = "分"
    change: float = Field(allow_inf_nan=False)
    days: int = Field(default=30, ge=1)
    ease: int = Field(default=3, ge=1, le=5)
    owner: str | None = None
    resources: str | None = None
    expected: str | None = None


class Playbook(Part):
    """The measures that are known for the themes and items of a line (``measures.yml``)."""

    version: str = "0"
    measures: tuple[Measure, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Playbook:
        seen: set[str] = set()
        for place, measure in enumerate(self.measures):
            if measure.id in seen:
                fault = f"id “{measure.id}”重复，请改成不同的 id"
                raise JoinError(((("measures", place, "id"), fault),))
            seen.add(measure.id)
        return self
