"""Measures under way in Chinese: how each stands, what is late, what is still open."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.acting import day_text, shown_text
from csatlib.report.words import joined, number

__all__ = ["action_progress_sentences", "action_progress_view", "action_weeks_sentence"]

_STATES = {
    "draft": "草稿",
    "on_track": "按计划",
    "at_risk": "有风险",
    "overdue": "逾期",
    "done": "按时完成",
    "done_late": "逾期完成",
    "cancelled": "取消",
    "beyond": "超出能力",
    "undated": "没有日期",
}
_MOST_NAMED = 3


def action_progress_view(progress: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """Show how each measure stands.

    Parameters
    ----------
    progress : DataFrame
        Table ``action_progress``.
    actions : DataFrame
        Table ``actions``: the words of the measures.

    Returns
    -------
    DataFrame of str
        In the rows' order: 编号, 改进措施, 责任人, 状态, 计划完成, 实际完成, 剩余天数, 完成比例,
        里程碑, 最近一次报告, 提醒.

    Examples
    --------
    >>> from csatlib import schema
    >>> view = action_progress_view(schema.empty("action_progress"), schema.empty("actions"))
    >>> list(view)[3:6]
    ['状态', '计划完成', '实际完成']
    """
    rows = [row for _, row in progress.iterrows()]
    words = dict(zip(actions["action_id"], actions["measure"], strict=True))
    return pd.DataFrame(
        {
            "编号": progress["action_id"].astype("str"),
            "改进措施": [shown_text(words.get(row["action_id"])) for row in rows],
            "责任人": [shown_text(row["owner"]) for row in rows],
            "状态": [_STATES[row["state"]] for row in rows],
            "计划完成": [day_text(row["due"]) for row in rows],
            "实际完成": [day_text(row["done_on"]) for row in rows],
            "剩余天数": [_days(row["days_left"]) for row in rows],
            "完成比例": [number(row["done_share"], "share") for row in rows],
            "里程碑": [
                f"{row['milestones_done']} / {row['milestones']}" if row["milestones"] else "—"
                for row in rows
            ],
            "最近一次报告": [day_text(row["last_report"]) for row in rows],
            "提醒": [shown_text(row["finding"]) for row in rows],
        },
        index=progress.index,
    )


def _days(value: object) -> str:
    return "—" if pd.isna(value) else f"{value}".replace("-", "−")


def action_progress_sentences(progress: pd.DataFrame) -> Sequence[str]:
    """Say how many measures are done, late and at risk, and whose they are.

    Parameters
    ----------
    progress : DataFrame
        Table ``action_progress``.

    Returns
    -------
    sequence of str
        Drafts and cancelled measures are not counted; up to three late ones are named, the
        longest overdue first.

    Examples
    --------
    >>> from csatlib import schema
    >>> action_progress_sentences(schema.empty("action_progress"))
    ['没有正在执行的改进措施。']
    """
    rows = progress[~progress["state"].isin(["draft", "cancelled"])]
    if rows.empty:
        return ["没有正在执行的改进措施。"]
    count = rows["state"].value_counts()
    done = int(count.get("done", 0) + count.get("done_late", 0))
    late = f"（其中逾期完成 {count['done_late']:,} 项）" if count.get("done_late", 0) else ""
    told = [f"共 {len(rows):,} 项措施，已完成 {done:,} 项{late}。"]
    overdue = rows[rows["state"] == "overdue"].sort_values("days_left", kind="stable")
    if len(overdue):
        named = [
            joined(row["action_id"], f"（{shown_text(row['owner'])}，逾期 {-row['days_left']} 天）")
            for _, row in overdue.head(_MOST_NAMED).iterrows()
        ]
        more = " 等" if len(overdue) > _MOST_NAMED else ""
        told.append(f"**{len(overdue):,} 项逾期**：{'、'.join(named)}{more}。")
    risky = int(count.get("at_risk", 0))
    if risky:
        told.append(f"{risky:,} 项有风险，原因见表。")
    for state, words in (
        ("undated", "没有计划完成日期"),
        ("beyond", "超出能力，须与客户协商或说明"),
    ):
        if count.get(state, 0):
            told.append(f"{count[state]:,} 项{words}。")
    return told


def action_weeks_sentence(weeks: pd.DataFrame) -> str:
    """Say how many measures are open at the end of the last week, against the plan.

    Parameters
    ----------
    weeks : DataFrame
        Table ``action_weeks``.

    Returns
    -------
    str
        Without the full stop at its end, as the caption of a chart.

    Examples
    --------
    >>> from csatlib import schema
    >>> action_weeks_sentence(schema.empty("action_weeks"))
    '没有正在执行的改进措施'
    """
    if weeks.empty or not weeks["actions"].iloc[-1]:
        return "没有正在执行的改进措施"
    last = weeks.iloc[-1]
    behind = int(last["open"] - last["planned_open"])
    pace = f"比计划多 {behind:,} 项" if behind > 0 else "与计划相同"
    if behind < 0:
        pace = f"比计划少 {-behind:,} 项"
    return f"{last['actions']:,} 项措施还有 {last['open']:,} 项没有完成，{pace}"
