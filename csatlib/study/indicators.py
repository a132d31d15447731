"""The indicator system: first and second level, direction, target, source and weight of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from csatlib.study.base import Fault, JoinError, Part, frozen, spelling

__all__ = ["Indicator", "IndicatorSystem"]

#: What can be asked of each source, besides ``table`` and ``followups``, whose figures are named
#: by whoever gives them.
_METRICS = {
    "survey": ("mean", "share", "nps"),
    "stages": ("mean", "median", "within"),
    "actions": ("on_time", "done", "overdue", "milestones"),
}
#: Metrics that are shares, from 0 to 1.
_SHARES = ("share", "within", "on_time", "done", "overdue", "milestones")

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weights = Annotated[dict[str, Positive], AfterValidator(frozen)]
Lists = Annotated[dict[str, tuple[str, ...]], AfterValidator(frozen)]


class Indicator(Part):
    """One second-level indicator: how it is measured, which way is better, what is wanted.

    ``source`` says where its values come from: ``survey`` (``item`` and ``metric`` of the
    estimates), ``stages`` (a stage of the tickets; ``metric`` mean, median, or within: the share
    inside the stage's limit; without ``item`` the whole of all stages), ``followups``, ``actions``
    (on_time, done, overdue, milestones), or ``table`` (rows of the raw files whose role is
    ``indicators``, found by the indicator's name). ``weight`` is its share within its first-level
    indicator; ``floor`` the value that earns no points where ``target`` earns all of them;
    ``additive`` says that the parts of the target add up over the links of the process (minutes,
    money); ``every`` how often new values are due; ``cost`` what it takes to get them; ``owner``
    who answers for it; ``link`` and ``team`` the link of the process and the team it belongs to.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    first: str
    definition: str = ""
    unit: str = ""
    direction: Literal["higher", "lower"] = "higher"
    target: float | None = Field(default=None, allow_inf_nan=False)
    floor: float | None = Field(default=None, allow_inf_nan=False)
    weight: Positive = 1.0
    source: Literal["survey", "stages", "followups", "actions", "table"] = "table"
    item: str | None = None
    metric: str | None = None
    additive: bool = False
    link: str | None = None
    team: str | None = None
    owner: str | None = None
    every: Literal["week", "month", "quarter"] = "quarter"
    cost: Literal["low", "medium", "high"] = "low"

    @property
    def better_above(self) -> bool:
        """Say whether more is better."""
        return self.direction == "higher"


class IndicatorSystem(Part):
    """The indicators of a line or of the whole company (``indicators.yml``).

    ``first`` leads from each first-level indicator to its weight, in the order of the report;
    ``links`` from each link of the service process to its share of what belongs to all of them,
    ``teams`` likewise. Weights and shares count only relative to each other. ``objects`` leads from
    a column to those of its values that are of this line, such as ``team`` to its teams: where
    several lines share a file of figures, rows of other objects are none of this line's.
    """

    version: str = "0"
    first: Weights = Field(default_factory=dict, validate_default=True)
    links: Weights = Field(default_factory=dict, validate_default=True)
    teams: Weights = Field(default_factory=dict, validate_default=True)
    objects: Lists = Field(default_factory=dict, validate_default=True)
    indicators: tuple[Indicator, ...] = ()

    @model_validator(mode="after")
    def _joined(self) -> IndicatorSystem:
        faults = tuple(_faults(self))
        if faults:
            raise JoinError(faults)
        return self

    def indicator(self, indicator: str) -> Indicator:
        """Give one indicator by its id; an unknown id raises `KeyError` and lists the known."""
        for one in self.indicators:
            if one.id == indicator:
                return one
        known = [one.id for one in self.indicators]
        raise KeyError(f"no indicator {indicator!r}: expected one of {known}")

    @property
    def firsts(self) -> Mapping[str, str]:
        """Lead from each indicator to its first-level indicator."""
        return {one.id: one.first for one in self.indicators}

    @property
    def directions(self) -> Mapping[str, str]:
        """Lead from each indicator to its direction."""
        return {one.id: one.direction for one in self.indicators}

    @property
    def weights(self) -> Mapping[str, float]:
        """Lead from each indicator to its share of the whole; the shares add up to 1.

        It is the first level's share times the indicator's share within that level; a first level
        without indicators takes no share.
        """
        return self.weights_of([one.id for one in self.indicators])

    def weights_of(self, indicators: Iterable[str]) -> Mapping[str, float]:
        """Lead from each of some indicators to its share among them; the shares add up to 1.

        The others' shares go to those of the same first level, and only where there is none of it
        to the other levels.
        """
        held = [self.indicator(name) for name in dict.fromkeys(indicators)]
        within: dict[str, float] = {}
        for one in held:
            within[one.first] = within.get(one.first, 0.0) + one.weight
        whole = sum(self.first[name] for name in within)
        return {
            one.id: self.first[one.first] / whole * one.weight / within[one.first] for one in held
        }


def _faults(system: IndicatorSystem) -> Iterator[Fault]:
    """Find what contradicts itself inside the file."""
    if not system.indicators and not system.first:
        return
    if not system.first:
        yield (
            ("first",),
            "缺少 first；请写一级指标和它们的权重，例如 {客户满意度: 0.3, 服务质量: 0.7}",
        )
    seen: dict[str, str] = {}
    for place, one in enumerate(system.indicators):
        at = ("indicators", place)
        for key, text in (("id", one.id), ("name", spelling(one.name))):
            if seen.setdefault(f"{key} {text}", one.id) != one.id or (
                key == "id" and [other.id for other in system.indicators[:place]].count(one.id)
            ):
                yield (*at, key), f"{key} “{text}”重复，请改成不同的 {key}"
        if system.first and one.first not in system.first:
            known = "、".join(system.first)
            yield (*at, "first"), f"一级指标“{one.first}”没有写在 first 里；已有的：{known}"
        for key, listed in (("link", system.links), ("team", system.teams)):
            named = getattr(one, key)
            if named is not None and listed and named not in listed:
                known = "、".join(listed)
                yield (*at, key), f"{key} “{named}”没有写在 {key}s 里；已有的：{known}"
        yield from (((*at, *key), words) for key, words in _measured_faults(one))


def _measured_faults(one: Indicator) -> Iterator[tuple[tuple[str, ...], str]]:
    """Find an indicator that cannot be measured as it says, or whose target nobody can reach."""
    metrics = _METRICS.get(one.source)
    if metrics and one.metric not in metrics:
        found = f"现在是“{one.metric}”" if one.metric else "现在没有写"
        yield (
            ("metric",),
            f"source 为 {one.source} 时 metric 应为 {'、'.join(metrics)} 之一，{found}",
        )
    if one.source == "survey" and one.item is None:
        yield ("item",), "source 为 survey 的指标要写 item（题目的 id）"
    if one.source == "stages" and one.metric == "within" and one.item is None:
        yield (
            ("item",),
            "metric 为 within 的指标要写 item（阶段的名称），时限写在研究文件的 stages 里",
        )
    if one.source == "followups" and one.metric is None:
        yield ("metric",), "source 为 followups 的指标要写 metric（取哪一个比率）"
    if one.source != "table" and one.metric in _SHARES:
        for key in ("target", "floor"):
            value = getattr(one, key)
            if value is not None and not 0 <= value <= 1:
                yield (key,), f"比率写成 0.85，不写 85：应在 0–1 之内，现在是 {value:g}"
    if one.target is not None and one.floor is not None:
        right = one.floor < one.target if one.better_above else one.floor > one.target
        if not right:
            side = "小于" if one.better_above else "大于"
            yield (
                ("floor",),
                f"direction 为 {one.direction} 时 floor 应{side} target，"
                f"现在是 {one.floor:g} 和 {one.target:g}",
            )
