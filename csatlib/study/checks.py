"""The rules that join the parts of a study: each fault with the path of the part it concerns."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from csatlib.schema import Quarter
from csatlib.study.base import Fault, spelling
from csatlib.study.closing_checks import closing_faults
from csatlib.study.parts import Outline, Question, Source, Target

__all__ = ["join_faults"]

#: Columns that the library fills itself; no file may bring them.
_OWN_COLUMNS = ("response_id", "quarter", "line", "channel", "comment_id")
#: Columns that only a file of answers has.
_ANSWER_COLUMNS = ("submitted_at", "seconds")
#: The kind of question that each metric describes.
_MEASURED = {"mean": "rating", "share": "rating", "nps": "nps"}


def join_faults(study: Outline) -> Iterator[Fault]:
    """Find parts that contradict each other and references that lead nowhere."""
    yield from _name_faults(study)
    yield from _wording_faults(study)
    for place, question in enumerate(study.questions):
        yield from ((("questions", place), words) for words in _scale_faults(study, question))
    for place, source in enumerate(study.sources):
        yield from ((("sources", place, *at), words) for at, words in _source_faults(study, source))
    if not any(s.role == "responses" for s in study.sources):
        yield ("sources",), "sources 至少要有一个 role 为 responses 的来源，请补上"
    yield from _target_faults(study)
    yield from _report_faults(study)
    yield from _key_faults(study)
    yield from _contradiction_faults(study)
    yield from _column_faults(study)
    yield from _expectation_faults(study)
    yield from _theme_faults(study)
    yield from closing_faults(study)


def _names(question: Question) -> tuple[str, ...]:
    return tuple(dict.fromkeys((question.id, *question.columns)))


def _name_faults(study: Outline) -> Iterator[Fault]:
    """Find ids and columns that two questions, or a question and a label, both claim."""
    owners: dict[str, Question] = {}
    for place, question in enumerate(study.questions):
        for name in _names(question):
            first = owners.setdefault(name, question)
            if first is question:
                continue
            if first.id == question.id:
                yield ("questions", place), f"题目 id “{question.id}”重复，请改成不同的 id"
                break
            yield (
                ("questions", place),
                f"题目 {question.id} 的列“{name}”和题目 {first.id} 的列同名，请改其中一个 id",
            )
    for label in study.labels:
        if label in owners and owners[label].kind != "single":
            yield (
                ("labels", label),
                f"labels 的“{label}”是题目 {owners[label].id} 的列，不是分组列；"
                "请从 labels 里删去，名称写在题目的 dimension 或 options 里",
            )


def _wording_faults(study: Outline) -> Iterator[Fault]:
    """Find two questions of one questionnaire that claim the same header."""
    answers = [s for s in study.sources if s.role in ("responses", "twin")]
    for place, question in enumerate(study.questions):
        for other in study.questions[:place]:
            together = any(not {question.id, other.id} & set(s.lacks) for s in answers)
            apart = question.occurrence != other.occurrence or (question.pattern and other.pattern)
            if apart or not together or not _at_one_time(question, other):
                continue
            shared = _wordings(question) & _wordings(other)
            if shared:
                yield (
                    ("questions", place),
                    f"题目 {question.id} 的 text 或 aliases “{min(shared)}”与题目 {other.id} "
                    "的相同，认不出哪一列是哪一题；请改其中一个，同名的列请写 occurrence",
                )
                break


def _wordings(question: Question) -> set[str]:
    return {spelling(w).replace(" ", "") for w in (question.text, *question.aliases)}


def _at_one_time(one: Question, other: Question) -> bool:
    """Say whether some quarter asks both questions."""
    firsts = [Quarter.parse(q.since) for q in (one, other) if q.since]
    lasts = [Quarter.parse(q.until) for q in (one, other) if q.until]
    return not firsts or not lasts or max(firsts) <= min(lasts)


def _scale_faults(study: Outline, question: Question) -> Iterator[str]:
    if question.scale is None:
        return
    scale = study.scales.get(question.scale)
    if scale is None:
        known = "、".join(study.scales)
        yield f"题目 {question.id} 的 scale “{question.scale}”没有定义，已定义的有：{known}"
    elif question.kind == "nps" and (scale.low, scale.high) != (0, 10):
        yield f"题目 {question.id} 是 nps，量表必须是 0–10，现在是 {scale.low}–{scale.high}"
    elif question.cutoff is not None and question.cutoff not in scale.levels:
        yield f"题目 {question.id} 的 cutoff {question.cutoff} 不在 {scale.low}–{scale.high} 之内"
    elif question.kind == "rating" and question.cutoff is None and scale.cutoff is None:
        yield f"题目 {question.id} 没有满意界限；请在量表或题目里写 cutoff"


def _source_faults(study: Outline, source: Source) -> Iterator[Fault]:
    ids = study.items()
    for place, lacking in enumerate(source.lacks):
        if lacking not in ids:
            yield (
                ("lacks", place),
                f"来源 {source.glob} 的 lacks “{lacking}”不是题目的 id{_guess(lacking, ids)}",
            )
    aside = {*source.personal.values(), *([source.device] if source.device else ())}
    for column, header in source.mapping.items():
        if header in aside and not column.endswith("_id"):
            yield (
                ("mapping", column),
                f"来源 {source.glob} 的“{header}”列写在 personal 或 device 里，"
                f"不能再带入 {column}；请从 mapping 里删去",
            )
    asked = {name for question in study.questions for name in _names(question)}
    for column in source.mapping:
        words = _mapping_fault(column, source.role, asked)
        if words:
            yield ("mapping", column), f"来源 {source.glob} 的 mapping “{column}”{words}"


def _mapping_fault(column: str, role: str, asked: set[str]) -> str:
    """Say why a source may not bring a column; empty if it may."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", column):
        return "不能作列名；冒号左边写我们的列名（小写英文字母、数字和下划线），右边写文件的表头"
    if column in _OWN_COLUMNS and (column, role) != ("channel", "invitations"):
        return "是系统自己填写的列，请删去或换一个列名"
    if column in _ANSWER_COLUMNS and role not in ("responses", "twin"):
        return "只能用于 role 为 responses 或 twin 的来源，请换一个列名"
    if column in asked:
        return "和题目的列同名，请换一个列名，或改题目的 id"
    return ""


def _target_faults(study: Outline) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    questions = {q.id: q for q in study.questions}
    for place, target in enumerate(study.targets):
        at = ("targets", place)
        if (target.item, target.metric) in seen:
            yield at, f"{target.item} 的 {target.metric} 目标重复，请只保留一个"
        seen.add((target.item, target.metric))
        question = questions.get(target.item)
        if question is None:
            guess = _guess(target.item, questions)
            yield at, f"targets 的 item “{target.item}”不是题目的 id{guess}"
        elif question.kind != _MEASURED[target.metric]:
            yield (
                at,
                f"metric {target.metric} 只用于 kind 为 {_MEASURED[target.metric]} 的题目，"
                f"题目 {question.id} 是 {question.kind}；请改 metric 或 item",
            )
        else:
            yield from ((at, words) for words in _value_faults(study, target, question))


def _value_faults(study: Outline, target: Target, question: Question) -> Iterator[str]:
    """Find a target outside the values that its metric can take."""
    found = f"现在是 {target.value:g}"
    if target.metric == "share" and not 0 <= target.value <= 1:
        yield f"满意率写成 0.85，不写 85：应在 0–1 之内，{found}"
    if target.metric == "nps" and not -100 <= target.value <= 100:
        yield f"nps 目标应在 −100–100 之内，{found}；请改 value"
    scale = study.scales.get(question.scale or "")
    if target.metric == "mean" and scale and not scale.low <= target.value <= scale.high:
        yield f"均值目标应在量表的 {scale.low}–{scale.high} 之内，{found}；请改 value"


def _report_faults(study: Outline) -> Iterator[Fault]:
    report, ratings = study.report, study.items("rating")
    if report.overall not in ratings:
        guess = _guess(report.overall, ratings)
        yield ("report", "overall"), f"report.overall “{report.overall}”不是评分题的 id{guess}"
    groups = {*study.items("single"), *study.labels, "channel"}
    for place, group in enumerate(report.groups):
        if group not in groups:
            yield (
                ("report", "groups", place),
                f"report.groups “{group}”既不是单选题的 id，也不在 labels 里"
                f"{_guess(group, sorted(groups))}",
            )


def _key_faults(study: Outline) -> Iterator[Fault]:
    """Find columns of the duplicate key that no file of answers brings.

    Duplicates are found before tickets and customers are joined on, so their columns do not help.
    """
    brought = [c for s in study.sources if s.role == "responses" for c in s.mapping]
    known = list(dict.fromkeys(["customer_id", *brought]))
    for place, column in enumerate(study.cleaning.duplicate_key):
        if column not in known:
            yield (
                ("cleaning", "duplicate_key", place),
                f"duplicate_key “{column}”不是答卷来源的 mapping 带入的列"
                f"{_guess(column, known)}；可用的列有：{'、'.join(known)}",
            )


def _contradiction_faults(study: Outline) -> Iterator[Fault]:
    """Find contradictions that name no question with one answer, or an answer off its scale."""
    known = [*study.items("rating"), *study.items("nps"), *study.items("single")]
    for place, contradiction in enumerate(study.cleaning.contradictions):
        for item, answers in contradiction.when.items():
            at = ("cleaning", "contradictions", place, "when", item)
            if item not in known:
                yield at, f"“{item}”不是打分题、推荐题或单选题的 id{_guess(item, known)}"
                continue
            question = study.question(item)
            scale = study.scales.get(question.scale or "")
            allowed = scale.levels if scale else question.options
            for answer in answers:
                if allowed and answer not in allowed:
                    yield at, f"题目 {item} 没有“{answer}”这个答案；可选的有：{_listed(allowed)}"


def _column_faults(study: Outline) -> Iterator[Fault]:
    """Find columns of plan, weighting and report that no company table brings."""
    company = ("customers", "tickets")
    brought = [c for s in study.sources if s.role in company for c in s.mapping]
    answers = [c for s in study.sources if s.role == "responses" for c in s.mapping]
    plan, weighting = study.sampling, study.weighting
    named = [
        *((("sampling", "strata", place), c) for place, c in enumerate(plan.strata)),
        *((("sampling", "census", c), c) for c in plan.census),
        *((("sampling", key), getattr(plan, key)) for key in ("cluster", "size")),
        *((("weighting", "nonresponse", n), c) for n, c in enumerate(weighting.nonresponse)),
        *((("weighting", "margins", n), c) for n, c in enumerate(weighting.margins)),
        (("report", "unit"), study.report.unit),
        (("report", "staff"), study.report.staff),
    ]
    for at, column in named:
        known = [*brought, *answers] if at[0] == "report" else brought
        if column is not None and column.endswith("_id") and at != ("sampling", "cluster"):
            yield (
                at,
                f"{at[0]}.{at[1]} 的“{column}”是编号，每人一个，不能用来分组；请换一个分组的列",
            )
        elif column is not None and column not in known:
            yield (
                at,
                f"{at[0]}.{at[1]} 的“{column}”不是客户表或工单的 mapping 带入的列"
                f"{_guess(column, known)}；可用的列有：{'、'.join(dict.fromkeys(known))}",
            )


def _expectation_faults(study: Outline) -> Iterator[Fault]:
    """Find expectations of what is no rating, or of a rating on another scale."""
    ratings = {q.id: q for q in study.questions if q.kind == "rating"}
    for place, question in enumerate(study.questions):
        meant, at = question.expectation_of, ("questions", place, "expectation_of")
        if meant is None:
            continue
        if question.kind != "rating" or meant not in ratings or meant == question.id:
            yield at, f"题目 {question.id} 的 expectation_of 应是另一道评分题的 id，现在是“{meant}”"
        elif ratings[meant].scale != question.scale:
            yield at, f"题目 {question.id} 与 {meant} 的 scale 不同，期望与体验无法相减"


def _theme_faults(study: Outline) -> Iterator[Fault]:
    """Find themes that lay themselves to a question that is not asked."""
    known = study.items()
    for place, theme in enumerate(study.codeframe.themes):
        if theme.dimension is not None and theme.dimension not in known:
            yield (
                ("codeframe", "themes", place, "dimension"),
                f"主题 {theme.id} 的 dimension “{theme.dimension}”不是题目的 id"
                f"{_guess(theme.dimension, known)}",
            )


def _listed(values: Iterable[object]) -> str:
    return "、".join(str(value) for value in values)


def _guess(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"（是不是想写 {near[0]}？）" if near else ""
