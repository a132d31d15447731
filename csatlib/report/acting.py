"""Measures in Chinese: what is proposed, what is wrong with them, in what order they are begun."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.theming import theme_name
from csatlib.report.words import METRICS, number
from csatlib.study import Study

__all__ = [
    "action_priorities_sentences",
    "action_priorities_view",
    "action_problems_sentence",
    "action_problems_view",
    "actions_view",
    "day_text",
    "shown_text",
]

#: What each column of a measure is called in the register, without what its heading explains.
_FIELDS = {
    "item": "对应维度",
    "theme": "主题",
    "measure": "改进方案",
    "metric": "衡量指标",
    "unit": "单位",
    "baseline": "基线",
    "target": "目标",
    "owner": "责任部门/责任人",
    "helpers": "协助",
    "due": "计划完成时间",
    "evidence": "依据",
    "status": "状态",
    "done_on": "实际完成时间",
    "proof": "证明材料",
}
_HORIZONS = {"quick_win": "短期速赢", "systemic": "长期系统性改进"}
_SEVERITIES = {"must": "必须改", "should": "建议改"}
_TURNS = {"first": "先做", "plan": "计划做", "along": "顺手做", "later": "暂缓"}
_EASES = {"given": "登记", "playbook": "措施库", "horizon": "按长短期"}
_REASONS = {
    "no_importance": "没有重要性",
    "no_performance": "没有得分",
    "no_frequency": "没有出现频率",
    "no_ease": "不知难易",
}
_SHARES = ("share", "theme", "within", "rate")
_NAMES = {"theme": "提及率", "within": "按时完成率", "rate": "比率"}
_MOST_NAMED = 3


def _figure(value: object, metric: object, unit: object) -> str:
    """Write a figure of a measure as its metric is read, with its unit."""
    if pd.isna(value):
        return "—"
    kind, told = (str(v) if pd.notna(v) else "" for v in (metric, unit))
    if kind in _SHARES and told not in ("%", "％"):
        return number(value, "share")
    if kind in ("mean", "nps"):
        return number(value, kind) + (" 分" if kind == "mean" else "")
    text = f"{float(value):,.4g}".replace("-", "−")
    return text + told if told in ("%", "％") else f"{text} {told}".rstrip()


def day_text(value: object) -> str:
    """Write a day; a dash for none."""
    return "—" if pd.isna(value) else f"{value:%Y-%m-%d}"


def shown_text(value: object) -> str:
    """Write a cell, without space around it; a dash for an empty one."""
    return "—" if pd.isna(value) or not str(value).strip() else str(value).strip()


def _item(item: object, study: Study) -> str:
    return "—" if pd.isna(item) else study.label(str(item))


def _theme(theme: object, study: Study) -> str:
    return "—" if pd.isna(theme) else theme_name(theme, study.codeframe)


def _metric(metric: object) -> str:
    known = {**METRICS, **_NAMES}
    return "—" if pd.isna(metric) else known.get(str(metric), str(metric))


def actions_view(actions: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show measures as the action table of the guide has them.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions`` or ``action_drafts``.
    study : Study
        Its labels stand in place of items and themes.

    Returns
    -------
    DataFrame of str
        In the rows' order: 编号, 问题描述, 对应维度, 改进措施, 类型, 责任部门/责任人, 协助,
        指标, 基线, 目标, 计划完成, 实际完成, 依据, 说明.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(actions_view(schema.empty("actions"), store.study("hotline")))[:4]
    ['编号', '问题描述', '对应维度', '改进措施']
    """
    rows = [row for _, row in actions.iterrows()]
    ends = {
        column: [_figure(row[column], row["metric"], row["unit"]) for row in rows]
        for column in ("baseline", "target")
    }
    return pd.DataFrame(
        {
            "编号": actions["action_id"].astype("str"),
            "问题描述": [shown_text(row["problem"]) for row in rows],
            "对应维度": [_item(row["item"], study) for row in rows],
            "改进措施": [shown_text(row["measure"]) for row in rows],
            "类型": [_HORIZONS.get(row["horizon"], "—") for row in rows],
            "责任部门/责任人": [shown_text(row["owner"]) for row in rows],
            "协助": [shown_text(row["helpers"]) for row in rows],
            "指标": [_metric(row["metric"]) for row in rows],
            "基线": ends["baseline"],
            "目标": ends["target"],
            "计划完成": [day_text(row["due"]) for row in rows],
            "实际完成": [day_text(row["done_on"]) for row in rows],
            "依据": [shown_text(row["evidence"]) for row in rows],
            "说明": [shown_text(row["note"]) for row in rows],
        },
        index=actions.index,
    )


def action_problems_view(problems: pd.DataFrame) -> pd.DataFrame:
    """Show what is wrong with measures, and what to write instead.

    Parameters
    ----------
    problems : DataFrame
        Table ``action_problems``.

    Returns
    -------
    DataFrame of str
        In the rows' order: 编号, 程度 (必须改 or 建议改), 栏目, 问题, 怎么改.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(action_problems_view(schema.empty("action_problems")))
    ['编号', '程度', '栏目', '问题', '怎么改']
    """
    return pd.DataFrame(
        {
            "编号": problems["action_id"],
            "程度": problems["severity"].map(_SEVERITIES),
            "栏目": problems["field"].map(_FIELDS).fillna("—"),
            "问题": problems["finding"],
            "怎么改": problems["suggestion"],
        },
        index=problems.index,
    ).astype("str")


def action_problems_sentence(problems: pd.DataFrame, actions: pd.DataFrame) -> str:
    """Say how many measures can be carried out and measured as they are written.

    Parameters
    ----------
    problems : DataFrame
        Table ``action_problems`` of the measures.
    actions : DataFrame
        Table ``actions``; cancelled ones are not counted.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema
    >>> action_problems_sentence(schema.empty("action_problems"), schema.empty("actions"))
    '没有登记改进措施。'
    """
    total = int((actions["status"] != "cancelled").sum())
    if not total:
        return "没有登记改进措施。"
    must = problems.loc[problems["severity"] == "must", "action_id"].nunique()
    if not must:
        return f"{total:,} 项措施都写明了做什么、做到什么数、谁负责、何时完成。"
    return f"{total:,} 项措施里有 {must:,} 项须修改后才能执行和衡量，逐条列出。"


def action_priorities_view(priorities: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show in what order measures are begun, with each part of the reckoning.

    Parameters
    ----------
    priorities : DataFrame
        Table ``action_priorities``.
    study : Study
        Its labels stand in place of items and themes.

    Returns
    -------
    DataFrame of str
        In the rows' order: 名次 (with 并列), 编号, 维度, 主题, 改进措施, 重要性, 差距, 频率,
        严重程度, 难易 (1 hard to 5 easy, and where it was read), 顺序, 类型; where there is no
        rank, why.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> view = action_priorities_view(schema.empty("action_priorities"), store.study("hotline"))
    >>> list(view)[5:9]
    ['重要性', '差距', '频率', '严重程度']
    """
    rows = [row for _, row in priorities.iterrows()]
    return pd.DataFrame(
        {
            "名次": [_rank(row) for row in rows],
            "编号": priorities["action_id"].astype("str"),
            "维度": [_item(row["item"], study) for row in rows],
            "主题": [_theme(row["theme"], study) for row in rows],
            "改进措施": [shown_text(row["measure"]) for row in rows],
            "重要性": [number(row["importance"], "mean") for row in rows],
            "差距": [number(row["shortfall"], "mean") for row in rows],
            "频率": [number(row["frequency"], "share") for row in rows],
            "严重程度": [number(row["severity"], "mean") for row in rows],
            "难易": [_ease(row) for row in rows],
            "顺序": [_TURNS.get(row["turn"], "—") for row in rows],
            "类型": [_HORIZONS.get(row["horizon"], "—") for row in rows],
        },
        index=priorities.index,
    )


def _rank(row: pd.Series) -> str:
    if pd.isna(row["rank"]):
        return f"不排序：{_REASONS.get(row['reason'], row['reason'])}"
    return f"{row['rank']}" + ("（并列）" if row["tied"] > 1 else "")


def _ease(row: pd.Series) -> str:
    if pd.isna(row["ease"]):
        return "—"
    return f"{row['ease']:.3g}（{_EASES[row['ease_from']]}）"


def action_priorities_sentences(priorities: pd.DataFrame) -> Sequence[str]:
    """Say which measures come first, which need a plan, and which cannot be ranked.

    Parameters
    ----------
    priorities : DataFrame
        Table ``action_priorities``.

    Returns
    -------
    sequence of str
        A sentence for each turn that has measures, in the order of the turns, up to three of them
        by their words; then how many are not ranked.

    Examples
    --------
    >>> from csatlib import schema
    >>> action_priorities_sentences(schema.empty("action_priorities"))
    ['没有待办的改进措施。']
    """
    if priorities.empty:
        return ["没有待办的改进措施。"]
    why = {"first": "问题严重而又容易做", "plan": "问题严重，做起来难，须排计划"}
    why |= {"along": "问题不重，容易做", "later": "问题不重，做起来难"}
    told = []
    for turn, word in _TURNS.items():
        own = priorities[priorities["turn"] == turn]
        if len(own):
            names = "；".join(shown_text(m) for m in own["measure"].head(_MOST_NAMED))
            more = f" 等 {len(own):,} 项" if len(own) > _MOST_NAMED else ""
            told.append(f"**{word}**（{why[turn]}）：{names}{more}。")
    lost = int(priorities["rank"].isna().sum())
    return [*told, *([f"{lost:,} 项缺少依据，没有排序。"] if lost else [])]
