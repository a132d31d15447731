"""Whether the indicators of a line speak of what its study asks and times."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from csatlib.study.base import Fault
from csatlib.study.indicators import Indicator
from csatlib.study.parts import Outline

__all__ = ["indicator_faults"]

#: The kind of question that each metric describes.
_MEASURED = {"mean": "rating", "share": "rating", "nps": "nps"}


def indicator_faults(study: Outline) -> Iterator[Fault]:
    """Find indicators of questions and stages that the study does not have, or off their scale."""
    for place, one in enumerate(study.indicators.indicators):
        at = ("indicators", "indicators", place)
        if one.source == "survey":
            yield from (((*at, key), words) for key, words in _asked_faults(study, one))
        elif one.source == "stages":
            yield from (((*at, key), words) for key, words in _timed_faults(study, one))


def _asked_faults(study: Outline, one: Indicator) -> Iterator[tuple[str, str]]:
    questions = {q.id: q for q in study.questions}
    question = questions.get(one.item or "")
    if question is None:
        guess = _guess(one.item or "", questions)
        yield "item", f"指标 {one.id} 的 item “{one.item}”不是题目的 id{guess}"
        return
    kind = _MEASURED.get(one.metric or "")
    if kind is not None and question.kind != kind:
        yield (
            "metric",
            f"metric {one.metric} 只用于 kind 为 {kind} 的题目，"
            f"题目 {question.id} 是 {question.kind}；请改 metric 或 item",
        )
        return
    scale = study.scales.get(question.scale or "")
    ends = {"nps": (-100, 100), "mean": (scale.low, scale.high) if scale else None}
    low_high = ends.get(one.metric or "")
    for key in ("target", "floor"):
        value = getattr(one, key)
        if value is not None and low_high and not low_high[0] <= value <= low_high[1]:
            low, high = low_high
            yield key, f"指标 {one.id} 的 {key} 应在 {low}–{high} 之内，现在是 {value:g}"


def _timed_faults(study: Outline, one: Indicator) -> Iterator[tuple[str, str]]:
    stages = {stage.name: stage for stage in study.stages}
    if not stages:
        yield "source", f"指标 {one.id} 的 source 是 stages，研究文件里没有 stages；请补上各个阶段"
    elif one.item is not None and one.item not in stages:
        known = "、".join(stages)
        guess = _guess(one.item, stages)
        yield "item", f"指标 {one.id} 的 item “{one.item}”不是阶段的名称{guess}；已有的：{known}"
    elif one.metric == "within" and one.item is not None and stages[one.item].limit is None:
        yield "item", f"指标 {one.id} 要看时限，阶段“{one.item}”没有写 limit；请补上（分钟）"


def _guess(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"（是不是想写 {near[0]}？）" if near else ""
