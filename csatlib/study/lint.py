"""Reads a questionnaire as an experienced colleague does, before it goes to customers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from csatlib.schema import Quarter
from csatlib.study.parts import Outline, Question, Scale
from csatlib.study.wording import polarity, wording_findings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RULES", "findings"]

#: Every rule, in the order in which the findings of one question stand.
RULES = (
    "goal",
    "notice",
    "length",
    "open_question",
    "recommend",
    "order",
    "dimension",
    "neutral",
    "double_barrelled",
    "jargon",
    "negation",
    "labels",
    "options",
    "direction",
    "balance",
    "not_applicable",
)

#: Rule, item (None: the whole questionnaire), severity, finding, suggestion.
Finding = tuple[str, str | None, str, str, str]

# Planning figures of ours, for reading on a screen and answering by touch; not measured.
_CHARACTERS_A_SECOND = 5.0
_SECONDS = {
    "rating": 5.0,
    "nps": 6.0,
    "single": 5.0,
    "multi": 8.0,
    "ranking": 15.0,
    "text": 45.0,
    "attention": 4.0,
}
_MINUTES = (5, 8)
_MEASURE = re.compile(
    r"[0-9%％]|满意|率|及时性|质量|时长|时间|次数|数量|净推荐|NPS|得分|评分|忠诚", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"(?:无需|不需要?|不必|不用)[^，。；]{0,4}(?:提供|填写|留下)[^，。；]{0,6}姓名"
)
_OTHER = re.compile(r"其他|其它|以上都|都没有|都不|^无$|^没有$")
_MANY_LEVELS = 7


def findings(study: Outline, *, quarter: Quarter | str | None = None) -> pd.DataFrame:
    """Lay out everything that speaks against a questionnaire; documented at `Study.lint`."""
    import pandas as pd

    questions = [q for q in study.questions if q.asked_in(quarter)]
    found = [*_of_the_whole(study, questions)]
    seen: set[str] = set()
    for place, question in enumerate(questions):
        own = [
            *_order(study, questions, place),
            *_dimension(question),
            *wording_findings(question, study.terms),
            *_options(question),
        ]
        if question.kind == "rating" and question.scale and question.scale not in seen:
            seen.add(question.scale)
            own += _scale(question.scale, study.scales[question.scale])
        found += [(rule, question.id, *rest) for rule, *rest in own]
    columns = ["rule", "item", "severity", "finding", "suggestion"]
    return pd.DataFrame(found, columns=columns).astype("str")


def _of_the_whole(study: Outline, questions: Sequence[Question]) -> Iterator[Finding]:
    yield from _goal(study)
    yield from _notice(study)
    yield from _length(study, questions)
    kinds = {q.kind for q in questions}
    if "text" not in kinds:
        yield (
            "open_question", None, "should", "没有开放题，客户无法说出选项以外的原因",
            "在最后加一道开放题，例如“您还有哪些意见或建议？”",
        )  # fmt: skip
    if "nps" not in kinds and not any("推荐" in q.text for q in questions):
        yield (
            "recommend", None, "should", "没有推荐意愿题，无法计算净推荐值，也难以看出忠诚度",
            "加一道 0–10 分的推荐意愿题（kind: nps）",
        )  # fmt: skip


def _goal(study: Outline) -> Iterator[Finding]:
    if not study.goal.strip():
        yield (
            "goal", None, "should", "没有写调查目标（goal）",
            "写一个具体、可衡量的目标，例如“提升交付及时性的满意度”",
        )  # fmt: skip
    elif not _MEASURE.search(study.goal):
        yield (
            "goal", None, "should", f"调查目标“{study.goal}”看不出用什么衡量",
            "写明要提升的指标，例如“提升交付及时性的满意度”",
        )  # fmt: skip


def _notice(study: Outline) -> Iterator[Finding]:
    notice = study.notice
    if not notice.purpose.strip():
        yield (
            "notice", None, "must", "问卷没有告知调查目的（notice.purpose）",
            "补上一句，例如“本次调查用于改进我们的服务”",
        )  # fmt: skip
    if not notice.confidentiality.strip():
        yield (
            "notice", None, "must", "问卷没有保密承诺（notice.confidentiality）",
            "补上一句，例如“您的回答仅用于统计分析，我们将严格保密”",
        )  # fmt: skip
    told = "".join((notice.introduction, notice.purpose, notice.confidentiality))
    if study.privacy.mode == "anonymous" and not _NO_NAME.search(told):
        yield (
            "notice", None, "must", "匿名调查没有说明无需提供真实姓名",
            "在保密承诺里写明“无需提供真实姓名”",
        )  # fmt: skip


def _length(study: Outline, questions: Sequence[Question]) -> Iterator[Finding]:
    minutes = _seconds(study, questions) / 60
    shortest, longest = _MINUTES
    if minutes > longest:
        words, advice = "偏长，容易中途放弃或随意作答", "删去不用于决策的题目，或改为轮换提问"
    elif minutes < shortest and study.survey != "event":
        words, advice = "偏短", "确认各关键环节都已问到；如果有意从简，可以不改"
    else:
        return
    yield (
        "length", None, "should",
        f"共 {len(questions)} 题，预计作答约 {minutes:.1f} 分钟"
        f"（建议 {shortest}–{longest} 分钟），{words}",
        advice,
    )  # fmt: skip


def _seconds(study: Outline, questions: Sequence[Question]) -> float:
    """Estimate how long the form takes: reading every word once, and answering."""
    notice = study.notice
    read = [notice.introduction, notice.purpose, notice.confidentiality, notice.reward]
    for question in questions:
        read += [question.text, *question.options]
    for scale in dict.fromkeys(q.scale for q in questions if q.scale):
        # One who has read a scale's words knows them at the next question.
        read += study.scales[scale].labels
    return len("".join(read)) / _CHARACTERS_A_SECOND + sum(_SECONDS[q.kind] for q in questions)


def _order(study: Outline, questions: Sequence[Question], place: int) -> Iterator[tuple]:
    question, before, after = questions[place], questions[:place], questions[place + 1 :]
    if question.id == study.report.overall:
        earlier = [q for q in before if q.kind in ("rating", "nps", "text")]
        if earlier:
            yield (
                "order", "must",
                f"整体满意度题“{question.text}”排在“{earlier[0].text}”之后，会受前面题目影响",
                "把整体满意度题放在所有评价题之前",
            )  # fmt: skip
    elif question.kind == "rating" and any(q.kind == "nps" for q in before):
        yield (
            "order", "should", f"分项评价“{question.text}”排在推荐意愿题之后",
            "按整体、分项、推荐意愿、开放题的次序排列",
        )  # fmt: skip
    later = [q for q in after if q.kind not in ("text", "attention")]
    if question.kind == "text" and later:
        yield (
            "order", "should",
            f"开放题“{question.text}”之后还有“{later[0].text}”，中途写字容易使人放弃",
            "把开放题移到最后",
        )  # fmt: skip


def _dimension(question: Question) -> Iterator[tuple]:
    if question.kind in ("rating", "nps") and not question.dimension:
        yield (
            "dimension", "should", f"“{question.text}”没有写 dimension，报告里只能用整句题干",
            "补上简短的名称，例如 dimension: 服务态度",
        )  # fmt: skip


def _options(question: Question) -> Iterator[tuple]:
    if question.kind == "single" and not question.options:
        yield (
            "options", "must", f"单选题“{question.text}”没有写 options，答案无法核对",
            "按问卷上的顺序写出全部选项",
        )  # fmt: skip
    if question.kind == "multi" and not any(_OTHER.search(option) for option in question.options):
        yield (
            "options", "should", f"多选题“{question.text}”没有“其他”，选项之外的答案会丢失",
            "在选项最后加上“其他”",
        )  # fmt: skip


def _scale(name: str, scale: Scale) -> list[tuple]:
    words = {score: label for label, score in scale.labels.items()}
    found: list[tuple] = []
    wanted = scale.levels if len(scale.levels) <= _MANY_LEVELS else (scale.low, scale.high)
    bare = [level for level in wanted if level not in words]
    if bare:
        found.append((
            "labels", "must",
            f"量表 {name} 的 {'、'.join(map(str, bare))} 分没有文字，各人理解会不同",
            "在 labels 里给每一分写上文字（超过七级的量表至少写两端）",
        ))  # fmt: skip
    signs = {score: polarity(label) for score, label in words.items()}
    if signs.get(scale.low) == 1 and signs.get(scale.high) == -1:
        found.append((
            "direction", "must",
            f"量表 {name} 的最低分是“{words[scale.low]}”，最高分是“{words[scale.high]}”，方向反了",
            "让分数越高表示越满意；确实反向的题目写 reverse: true",
        ))  # fmt: skip
    good, bad = (list(signs.values()).count(sign) for sign in (1, -1))
    if good > bad:
        found.append((
            "balance", "should", f"量表 {name} 有 {good} 个正面选项、{bad} 个负面选项，会抬高得分",
            "让正面和负面的选项一样多",
        ))  # fmt: skip
    if not scale.not_applicable:
        found.append((
            "not_applicable", "should", f"量表 {name} 没有“不适用”，没有经历过的客户只能乱选",
            "加上 not_applicable: [不适用]",
        ))  # fmt: skip
    return found
