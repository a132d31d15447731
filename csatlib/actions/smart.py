"""Measures held against SMART: specific, measurable, in reach, to the point, dated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from csatlib.actions.evidence import Evidence
from csatlib.actions.inputs import ActionError
from csatlib.actions.phrasing import SHARES, amount, direction, name_of, told_target
from csatlib.actions.rows import as_day, filled, names_in, require, tabled
from csatlib.actions.smart_text import has_number, is_heading, is_vague, lacks_unit, span_of
from csatlib.schema import TABLES

__all__ = ["RULES", "problems"]

#: Every rule, in the order in which it is told, and what it asks for.
RULES: Mapping[str, str] = {
    "no_measure": "写明做什么",
    "heading": "写明做什么，不只写标题",
    "vague": "写明怎么做，不只写提升、加强、优化",
    "duplicate": "一项措施只登记一次",
    "no_number": "写明要达到的数",
    "no_target": "把目标写进目标一栏",
    "no_unit": "写明单位",
    "no_metric": "写明用什么衡量",
    "not_measurable": "用本业务线量得到的指标",
    "no_baseline": "写明现在是多少",
    "out_of_range": "数值在指标的范围之内",
    "no_change": "目标不等于基线",
    "not_better": "目标好于基线",
    "no_owner": "写明责任人",
    "several_owners": "只有一个责任人",
    "owner_unknown": "责任人在名单之内",
    "owner_helps": "责任人不重复列为协助人",
    "no_date": "写明计划完成日期",
    "due_before_start": "开始不晚于计划完成",
    "due_past": "计划完成日期还没有过",
    "no_evidence": "写明依据的数",
    "dead_evidence": "依据指得到数",
    "done_open": "完成日期与状态一致",
    "done_undated": "完成了要有日期",
    "done_before_start": "完成不早于开始",
    "done_ahead": "完成日期不晚于今天",
    "no_proof": "完成了要有证明材料",
}
_SURVEYED = ("mean", "share", "nps")
_COUNTED = "率|分|时间|时长|耗时|频次|次数|数量|量|比例|占比|NPS|净推荐|满意度|"
_COUNTED += "成本|金额|天数|周期|人数|件数|数"
#: Joins two owners only where both are names of the list: 产品与研发部 is one department.
_AND = ("和", "与", "及")

Finding = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class _Setting:
    """What measures are held against."""

    owners: tuple[str, ...]
    today: pd.Timestamp | None
    items: frozenset[str] | None
    labels: Mapping[str, str]
    quarter: str | None
    tables: Mapping[str, pd.DataFrame | None] = field(default_factory=dict)


def problems(
    actions: pd.DataFrame,
    *,
    owners: Collection[str] = (),
    today: date | str | None = None,
    estimates: pd.DataFrame | None = None,
    coverage: pd.DataFrame | None = None,
    quarter: str | None = None,
    items: Collection[str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Hold measures against SMART and say of each fault what to write instead.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions`` or ``action_drafts``.
    owners : collection of str
        Who may own a measure; without it every name passes.
    today : date or str, optional
        With it, dates that are gone or still to come are told.
    estimates, coverage : DataFrame, optional
        The tables that evidence points at.
    quarter : str, optional
        The quarter of the two tables, where they have no such column: evidence of another quarter
        passes.
    items : collection of str, optional
        The questions of the line; with it, measures by a question that is not asked are told.
    labels : mapping of str to str, optional
        Words for items and themes, such as `Study.label_map` and `Codeframe.labels` give.

    Returns
    -------
    DataFrame
        Table ``action_problems``, in the order of the measures and, of each, of `RULES`:
        ``action_id``, ``rule``, ``field`` (the column at fault), ``severity`` (``must`` or
        ``should``), ``finding`` and ``suggestion`` in Chinese; where the measure's own numbers
        allow it the suggestion holds a good example. Cancelled measures are not read.

    Raises
    ------
    ValueError
        If a column is missing, or ``today`` is no day.

    Notes
    -----
    Words are judged by lists: a finding is a question to whoever wrote the measure. Whether more
    is better is known of the metrics of a playbook (mean, share, nps and within rise, theme
    falls); of others the words decide (时长 falls, 解决率 rises), and where they do not, nothing
    is said of it.

    Examples
    --------
    >>> from csatlib import schema
    >>> blank = schema.empty("actions").reindex([0])
    >>> found = problems(blank.assign(action_id="A-1", measure="提升服务质量"))
    >>> found.loc[found["rule"] == "vague", "severity"].tolist()
    ['must']
    """
    require(actions, TABLES["actions"].columns, "problems: actions", table="actions")
    setting = _Setting(
        tuple(owners),
        None if today is None else as_day(today, "problems: today"),
        None if items is None else frozenset(items),
        labels or {},
        quarter,
        {"estimates": estimates, "themes": coverage},
    )
    twins = _twins(actions)
    rows = []
    for _, action in actions.iterrows():
        if action["status"] == "cancelled":
            continue
        order = list(RULES)
        found = [*_findings(action, setting), *_repeated(action, twins)]
        for rule, column, severity, finding, suggestion in sorted(
            found, key=lambda one: order.index(one[0])
        ):
            rows.append(
                {
                    "action_id": action["action_id"],
                    "rule": rule,
                    "field": column,
                    "severity": severity,
                    "finding": finding,
                    "suggestion": suggestion,
                }
            )
    return tabled(rows, "action_problems")


def _findings(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    yield from _wording(action, setting)
    yield from _target(action, setting)
    yield from _figures(action)
    yield from _owner(action, setting)
    yield from _dates(action, setting)
    yield from _evidence(action, setting)
    yield from _done(action, setting)


def _example(action: pd.Series, setting: _Setting) -> str:
    """Write the measure's goal as it could stand, from its own numbers; else a general example."""
    item, theme = (
        setting.labels.get(filled(action[c]), filled(action[c])) for c in ("item", "theme")
    )
    baseline, target = action["baseline"], action["target"]
    way = direction(action["metric"], action["unit"], action["measure"])
    if pd.notna(baseline) and pd.notna(target) and (target - baseline) * (way or 1) > 0:
        name = name_of(action["metric"], item, theme)
        metric, unit = action["metric"], action["unit"]
        return told_target(name, float(baseline), float(target), metric, unit, way)
    span = span_of(filled(action["measure"]))
    if span is not None:
        way = 1 if span.target > span.baseline else -1
        name = span.name or name_of(action["metric"], item, theme)
        return told_target(name, span.baseline, span.target, None, span.unit, way)
    return "首次响应时间从 120 分钟缩短至 30 分钟"


def _wording(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    text = filled(action["measure"])
    if not text:
        yield "no_measure", "measure", "must", "没有写改进措施", "写明谁做什么、做到什么程度"
        return
    if is_heading(text):
        yield (
            *("heading", "measure", "must", f"“{text}”只是标题，没有说做什么"),
            f"写一句话：做什么、多久做一次、达到什么数，例如“{_example(action, setting)}”",
        )
    elif not has_number(text) and is_vague(text):
        aimed = pd.notna(action["target"])
        what = "没有说怎么做" if aimed else "没有说怎么做，也没有数，无法判断做到没有"
        yield (
            *("vague", "measure", "should" if aimed else "must", f"“{text}”{what}"),
            f"写出具体做法和要达到的数，例如“{_example(action, setting)}”",
        )


def _target(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    text, unit = filled(action["measure"]), filled(action["unit"])
    numbered = has_number(text)
    if pd.isna(action["target"]):
        if numbered:
            span = span_of(text)
            told = (
                f"基线写 {amount(span.baseline, None, None)}，目标写 "
                f"{amount(span.target, None, None)}，单位写{span.unit}"
                if span
                else "把措施里的数写进目标和单位"
            )
            yield "no_target", "target", "should", "措施里有数，目标一栏是空的", told
        else:
            example = _example(action, setting)
            yield (
                *("no_number", "target", "must", "措施和目标值里都没有数，无法衡量"),
                f"写明从多少到多少，例如“{example}”",
            )
    elif not unit and action["metric"] != "nps":
        yield "no_unit", "unit", "must", "有目标值，没有单位", "补上单位，例如 分、%、分钟"
    if lacks_unit(text) and not unit:
        yield "no_unit", "measure", "should", f"“{text}”里的数没有单位", "补上单位，例如 ≤30 分钟"
    yield from _metric(action, setting)


def _metric(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    metric, item = filled(action["metric"]), filled(action["item"])
    if not metric:
        yield (
            *("no_metric", "metric", "must", "没有写用什么衡量"),
            "写 mean、share、nps、theme、within，或指标的名称，例如 一次性解决率",
        )
        return
    if metric in _SURVEYED and not item:
        finding = f"用{name_of(metric, '', '')}衡量，却没有写哪一题"
        yield "not_measurable", "item", "must", finding, "在对应维度一栏写题目的名称或编号"
    elif metric in _SURVEYED and setting.items is not None and item not in setting.items:
        finding = f"题目“{item}”不在本业务线的问卷里，量不到"
        yield "not_measurable", "item", "must", finding, "换成问卷里有的题目"
    elif metric == "theme" and not filled(action["theme"]):
        finding = "用主题的提及率衡量，却没有写哪个主题"
        yield "not_measurable", "theme", "must", finding, "在主题一栏写主题的编号"
    elif not re.search(r"[a-z]", metric) and not re.search(_COUNTED, metric):
        finding = f"“{metric}”不是可以量的指标"
        yield (
            *("not_measurable", "metric", "must", finding),
            "换成能数出来的指标，例如 首次响应时间、一次性解决率、提及率",
        )


def _figures(action: pd.Series) -> Iterator[Finding]:
    baseline, target = action["baseline"], action["target"]
    metric, unit = filled(action["metric"]), filled(action["unit"])
    if pd.isna(baseline):
        known = metric or pd.notna(target)
        if known and span_of(filled(action["measure"])) is None:
            remedy = "从依据的那一行抄下现在的数"
            yield "no_baseline", "baseline", "must", "没有基线，做完之后无从比较", remedy
    low, high = _limits(metric, unit)
    for column, value in (("baseline", baseline), ("target", target)):
        if pd.notna(value) and not low <= value <= high:
            finding = f"{value:g} 超出了这个指标的范围 {low:g}–{high:g}"
            remedy = f"比例写成小数，例如 {value / 100:g}" if high == 1 else "核对数值和单位"
            yield "out_of_range", column, "must", finding, remedy
    if pd.isna(baseline) or pd.isna(target):
        return
    ends = [amount(float(value), metric, unit) for value in (baseline, target)]
    way = direction(metric, unit, action["measure"])
    if target == baseline:
        finding = f"目标值与基线相同，都是 {ends[0]}"
        yield "no_change", "target", "must", finding, "写出要改进到多少"
    elif way and (target - baseline) * way < 0:
        word = "越大越好" if way > 0 else "越小越好"
        finding = f"目标 {ends[1]} 不如基线 {ends[0]}（这个指标{word}）"
        yield "not_better", "target", "must", finding, "核对基线和目标值是否写反"


def _limits(metric: str, unit: str) -> tuple[float, float]:
    if metric in SHARES:
        return (0.0, 100.0) if unit in ("%", "％") else (0.0, 1.0)
    return (-100.0, 100.0) if metric == "nps" else (-float("inf"), float("inf"))


def _owner(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    owner = filled(action["owner"])
    if not owner:
        yield "no_owner", "owner", "must", "没有责任人", "写一个部门或一个人，协助的写进协助一栏"
        return
    several = _several(owner, setting.owners)
    if several:
        yield (
            *("several_owners", "owner", "must", f"有 {len(several)} 个责任人：{owner}"),
            f"只留一个，例如 {several[0]}；{'、'.join(several[1:])}写进协助一栏",
        )
    elif setting.owners and owner not in setting.owners:
        known = "、".join(setting.owners)
        finding = f"责任人“{owner}”不在名单里"
        yield "owner_unknown", "owner", "must", finding, f"名单里有：{known}"
    if owner in names_in(action["helpers"]):
        finding = f"责任人“{owner}”又是协助人"
        yield "owner_helps", "helpers", "should", finding, "从协助一栏里删去"


def _several(owner: str, owners: tuple[str, ...]) -> list[str]:
    if owner in owners:
        return []
    parts = names_in(owner)
    if len(parts) > 1:
        return parts
    for word in _AND:
        pair = [part.strip() for part in owner.split(word)]
        if len(pair) > 1 and all(part in owners for part in pair):
            return pair
    return []


def _dates(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    due, started = action["due"], action["started_on"]
    if pd.isna(due):
        yield "no_date", "due", "must", "没有计划完成日期", "写一个日期，例如 2026-11-30"
        return
    if pd.notna(started) and due < started:
        finding = f"计划完成 {due:%Y-%m-%d} 早于开始 {started:%Y-%m-%d}"
        yield "due_before_start", "due", "must", finding, "核对两个日期"
    waiting = action["status"] in ("draft", "planned") or pd.isna(action["status"])
    if setting.today is not None and waiting and due < setting.today:
        finding = f"还没有开始，计划完成日期 {due:%Y-%m-%d} 已经过了"
        yield "due_past", "due", "must", finding, "重新商定日期"


def _evidence(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    text = filled(action["evidence"])
    if not text:
        finding = "没有写依据，不知道针对哪个数"
        yield (
            *("no_evidence", "evidence", "must", finding),
            "写成 estimates:2026Q2:mean:题目编号，或 themes:2026Q2:主题编号",
        )
        return
    try:
        meant = Evidence.parse(text)
    except ActionError:
        finding = f"依据“{text}”认不出来"
        remedy = "写成 表:季度:指标:题目，例如 estimates:2026Q2:mean:response_speed"
        yield "dead_evidence", "evidence", "must", finding, remedy
        return
    table = setting.tables.get(meant.table)
    if table is None:
        return
    held = table["quarter"].dropna().unique() if "quarter" in table else [setting.quarter]
    if meant.quarter in held and meant.row(table) is None:
        finding = f"依据“{text}”指向的数不存在"
        yield "dead_evidence", "evidence", "must", finding, "核对季度、指标、题目和分组的写法"


def _done(action: pd.Series, setting: _Setting) -> Iterator[Finding]:
    done_on, done = action["done_on"], action["status"] == "done"
    if pd.notna(done_on):
        if not done:
            finding = "有实际完成日期，状态却不是已完成"
            yield "done_open", "status", "must", finding, "把状态改成已完成，或删去日期"
        if pd.notna(action["started_on"]) and done_on < action["started_on"]:
            finding = f"完成 {done_on:%Y-%m-%d} 早于开始 {action['started_on']:%Y-%m-%d}"
            yield "done_before_start", "done_on", "must", finding, "核对两个日期"
        if setting.today is not None and done_on > setting.today:
            finding = f"完成日期 {done_on:%Y-%m-%d} 还没有到"
            yield "done_ahead", "done_on", "must", finding, "完成之后再写日期"
    elif done:
        yield "done_undated", "done_on", "must", "已完成，没有写实际完成日期", "补上日期"
    if done and not filled(action["proof"]):
        finding = "已完成，没有证明材料"
        yield "no_proof", "proof", "must", finding, "附上签到表、升级日志、抽查记录等文件名"


def _twins(actions: pd.DataFrame) -> Mapping[str, str]:
    """Lead from a measure to the first of the same words, line and scope."""
    rows = actions[actions["measure"].notna() & (actions["status"] != "cancelled")]
    first: dict[tuple[str, ...], str] = {}
    twins = {}
    for _, row in rows.iterrows():
        bare = "".join(letter for letter in filled(row["measure"]) if letter.isalnum())
        places = (filled(row[c]) for c in ("line", "quarter", "scope", "item", "theme"))
        key = (bare, *places)
        if bare and first.setdefault(key, row["action_id"]) != row["action_id"]:
            twins[row["action_id"]] = first[key]
    return twins


def _repeated(action: pd.Series, twins: Mapping[str, str]) -> Iterator[Finding]:
    other = twins.get(action["action_id"])
    if other is not None:
        yield "duplicate", "measure", "should", f"与措施 {other} 相同", "合并成一项，或写明不同之处"
