"""The follow-up of opinions in Chinese: how complete, how fast, what is due and what is late."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.acting import day_text, shown_text
from csatlib.report.words import joined, number
from csatlib.report.words import reason as known_reason
from csatlib.study import Study

__all__ = [
    "followup_rates_sentences",
    "followup_rates_view",
    "followup_summary_view",
    "followups_view",
    "week_counts_view",
    "week_list_sentence",
    "week_list_view",
]

STATES = {
    "new": "未联系",
    "contacted": "已联系",
    "under_way": "处理中",
    "closed": "已办结",
    "beyond": "超出能力，已说明",
    "unreachable": "联系不上",
}
RATES = {
    "contacted": "已联系",
    "contacted_in_time": "按时联系",
    "closed": "已办结",
    "closed_in_time": "按时办结",
    "late": "逾期",
    "escalated": "需上报",
    "corrective": "有纠正措施",
    "preventive": "有预防措施",
    "explanation": "有向客户的说明",
    "checked": "QA 已检查",
    "complete": "记录完整",
    "contact_days_median": "联系天数中位数",
    "contact_days_p90": "联系天数 90% 分位数",
    "close_days_median": "办结天数中位数",
    "close_days_p90": "办结天数 90% 分位数",
}
_POLARITIES = {"negative": "批评", "positive": "表扬", "neutral": "中性", "mixed": "褒贬都有"}
_URGENCIES = {
    "escalate": "上报",
    "overdue": "办结逾期",
    "contact_overdue": "联系逾期",
    "due": "本周办结",
    "contact_due": "本周联系",
    "undated": "没有期限",
}
_REASONS = {"no_event": "还没有一条了结", "not_reached": "了结的太少，还不知道"}


def _themes(cell: object, study: Study) -> str:
    names = study.codeframe.labels()
    text = shown_text(cell)
    return text if text == "—" else "、".join(names.get(one, one) for one in text.split("、"))


def followups_view(followups: pd.DataFrame, states: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show each opinion with its owner, its state and what is lacking.

    Parameters
    ----------
    followups : DataFrame
        Table ``followups``.
    states : DataFrame
        Table ``followup_states`` of the same rows.
    study : Study
        Its codeframe names the themes.

    Returns
    -------
    DataFrame of str
        In the rows' order: 编号, 分组, 主题, 褒贬, 收到, 联系期限, 办结期限, 跟进人, 状态,
        逾期天数, 上报, 缺什么. Neither words nor customers are shown.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> blank = [schema.empty(name) for name in ("followups", "followup_states")]
    >>> list(followups_view(*blank, store.study("hotline")))[-4:]
    ['状态', '逾期天数', '上报', '缺什么']
    """
    known = states.set_index("followup_id").reindex(followups["followup_id"])
    rows = [row for _, row in followups.iterrows()]
    late = [shown_text(value) for value in known["days_late"]]
    return pd.DataFrame(
        {
            "编号": followups["followup_id"].astype("str"),
            "分组": [shown_text(row["group"]) for row in rows],
            "主题": [_themes(row["themes"], study) for row in rows],
            "褒贬": [_POLARITIES.get(row["polarity"], "—") for row in rows],
            "收到": [day_text(row["received_on"]) for row in rows],
            "联系期限": [day_text(row["contact_due"]) for row in rows],
            "办结期限": [day_text(row["due"]) for row in rows],
            "跟进人": [shown_text(row["owner"]) for row in rows],
            "状态": [STATES[row["state"]] for row in rows],
            "逾期天数": late,
            "上报": ["是" if up else "—" for up in known["escalate"].fillna(value=False)],
            "缺什么": [shown_text(value) for value in known["lacking"]],
        },
        index=followups.index,
    )


def followup_rates_view(rates: pd.DataFrame) -> pd.DataFrame:
    """Show how completely and how fast opinions are followed up.

    Parameters
    ----------
    rates : DataFrame
        Table ``followup_rates``.

    Returns
    -------
    DataFrame of str
        In the rows' order: 分组 (only where the table has groups), 指标, 条数 (count of n),
        数值 (or why there is none), 95% 置信区间.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(followup_rates_view(schema.empty("followup_rates")))
    ['指标', '条数', '数值', '95% 置信区间']
    """
    rows = [row for _, row in rates.iterrows()]
    view = pd.DataFrame(
        {
            "指标": [RATES.get(row["metric"], row["metric"]) for row in rows],
            "条数": [f"{row['count']:,} / {row['n']:,}" for row in rows],
            "数值": [_value(row, row["estimate"]) for row in rows],
            "95% 置信区间": [_between(row) for row in rows],
        },
        index=rates.index,
    )
    if rates["group"].notna().any():
        view.insert(0, "分组", [shown_text(group) for group in rates["group"]])
    return view


def _value(row: pd.Series, value: object) -> str:
    if pd.isna(value):
        return _REASONS.get(row["reason"]) or known_reason(row) or "—"
    return f"{value:.0f} 天" if "_days_" in row["metric"] else number(value, "share")


def _between(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]):
        return "—"
    if "_days_" not in row["metric"]:
        return f"{number(row['ci_low'], 'share')}–{number(row['ci_high'], 'share')}"
    high = "以上" if pd.isna(row["ci_high"]) else f"–{row['ci_high']:.0f} 天"
    return f"{row['ci_low']:.0f}{high if high != '以上' else ' 天以上'}"


def followup_rates_sentences(rates: pd.DataFrame) -> Sequence[str]:
    """Say whether every opinion is followed up, in time and to the end.

    Parameters
    ----------
    rates : DataFrame
        Table ``followup_rates``; the rows without group are told.

    Returns
    -------
    sequence of str

    Examples
    --------
    >>> from csatlib import schema
    >>> followup_rates_sentences(schema.empty("followup_rates"))
    ['没有需要跟进的意见。']
    """
    whole = rates[rates["group"].isna()].set_index("metric")
    if whole.empty or not whole.loc["closed", "n"]:
        return ["没有需要跟进的意见。"]
    n = whole.loc["closed", "n"]

    def told(metric: str) -> str:
        row = whole.loc[metric]
        return f"{row['count']:,} 条（{number(row['estimate'], 'share')}）"

    sentences = [f"有内容的意见 {n:,} 条，已联系 {told('contacted')}，已办结 {told('closed')}。"]
    days = whole.loc["close_days_median", "estimate"]
    pace = f"从收到到办结的中位数是 {days:.0f} 天（没办完的也计入）" if pd.notna(days) else ""
    timely = whole.loc["closed_in_time"]
    if timely["n"]:
        share = number(timely["estimate"], "share")
        sentences.append("，".join(p for p in (f"按时办结率 {share}", pace) if p) + "。")
    late, up = int(whole.loc["late", "count"]), int(whole.loc["escalated", "count"])
    if late:
        sentences.append(
            f"**逾期 {late:,} 条**"
            + (f"；联系或办结拖得太久、应当上报的 {up:,} 条。" if up else "。")
        )
    ended = whole.loc["complete"]
    if ended["n"] and ended["count"] < ended["n"]:
        lacking = ended["n"] - ended["count"]
        sentences.append(f"已了结的 {ended['n']:,} 条里，{lacking:,} 条的记录不完整。")
    return sentences


def followup_summary_view(summary: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show opinions by theme, group and state.

    Parameters
    ----------
    summary : DataFrame
        Table ``followup_summary``.
    study : Study
        Its codeframe names the themes.

    Returns
    -------
    DataFrame of str
        A row a theme and group, in the order of the table: 主题 (未归类 where none was found),
        分组, 合计, a column a state that occurs, 批评, 逾期.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(followup_summary_view(schema.empty("followup_summary"), store.study("hotline")))
    ['主题', '分组', '合计', '批评', '逾期']
    """
    names = study.codeframe.labels()
    shown = pd.DataFrame(
        {
            "主题": ["未归类" if pd.isna(t) else names.get(t, t) for t in summary["theme"]],
            "分组": [shown_text(group) for group in summary["group"]],
        }
    )
    present = [state for state in STATES if (summary["state"] == state).any()]
    counts = {"合计": summary["n"]}
    counts |= {STATES[s]: summary["n"].where(summary["state"] == s, 0) for s in present}
    counts |= {"批评": summary["negative"], "逾期": summary["late"]}
    numbers = pd.DataFrame({name: list(values) for name, values in counts.items()})
    both = pd.concat([shown, numbers], axis=1)
    added = both.groupby(["主题", "分组"], sort=False, as_index=False).sum()
    for name in counts:
        added[name] = [f"{int(value):,}" for value in added[name]]
    return added


def week_list_view(week: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show what is to be done this week, the most urgent first.

    Parameters
    ----------
    week : DataFrame
        Table ``followup_week``.
    study : Study
        Its codeframe names the themes.

    Returns
    -------
    DataFrame of str
        In the rows' order: 序号, 编号, 事项, 期限, 剩余天数, 跟进人, 重点客户, 褒贬, 评分, 分组,
        主题.
        What the customer wrote is not shown.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(week_list_view(schema.empty("followup_week"), store.study("hotline")))[:4]
    ['序号', '编号', '事项', '期限']
    """
    rows = [row for _, row in week.iterrows()]
    return pd.DataFrame(
        {
            "序号": [f"{row['place']}" for row in rows],
            "编号": week["followup_id"].astype("str"),
            "事项": [_URGENCIES[row["urgency"]] for row in rows],
            "期限": [day_text(row["due"]) for row in rows],
            "剩余天数": [shown_text(row["days_left"]).replace("-", "−") for row in rows],
            "跟进人": [shown_text(row["owner"]) for row in rows],
            "重点客户": ["是" if row["key_customer"] else "—" for row in rows],
            "褒贬": [_POLARITIES.get(row["polarity"], "—") for row in rows],
            "评分": ["—" if pd.isna(row["score"]) else f"{row['score']:g}" for row in rows],
            "分组": [shown_text(row["group"]) for row in rows],
            "主题": [_themes(row["themes"], study) for row in rows],
        },
        index=week.index,
    )


def week_counts_view(week: pd.DataFrame) -> pd.DataFrame:
    """Count what is to be done this week by who follows it up; no opinion is shown.

    Parameters
    ----------
    week : DataFrame
        Table ``followup_week``.

    Returns
    -------
    DataFrame of str
        A row a follower, who has most to do first, and one for all (合计): 跟进人, a column an
        urgency that occurs, 合计, 重点客户.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(week_counts_view(schema.empty("followup_week")))
    ['跟进人', '合计', '重点客户']
    """
    owner = week["owner"].astype("object").fillna("没有指定")
    counts = {
        _URGENCIES[u]: week["urgency"].eq(u) for u in _URGENCIES if (week["urgency"] == u).any()
    }
    counts |= {"合计": week["urgency"].notna(), "重点客户": week["key_customer"].astype("bool")}
    added = pd.DataFrame(counts).groupby(owner.to_numpy(), sort=True).sum()
    added = added.sort_values("合计", ascending=False, kind="stable")
    if len(added):
        added.loc["合计"] = added.sum()
    shown = added.rename_axis("跟进人").reset_index()
    return shown.astype({"跟进人": "str"}).assign(
        **{name: [f"{int(value):,}" for value in shown[name]] for name in counts}
    )


def week_list_sentence(week: pd.DataFrame) -> str:
    """Say what this week holds.

    Parameters
    ----------
    week : DataFrame
        Table ``followup_week``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema
    >>> week_list_sentence(schema.empty("followup_week"))
    '本周没有到期或逾期的意见。'
    """
    if week.empty:
        return "本周没有到期或逾期的意见。"
    count = week["urgency"].value_counts()
    parts = [f"{word} {count[key]:,} 条" for key, word in _URGENCIES.items() if key in count]
    key = int(week["key_customer"].sum())
    tail = f"，其中重点客户 {key:,} 条" if key else ""
    return joined("本周要跟进的意见", f"{len(week):,} 条{tail}：{'、'.join(parts)}。")
