"""Problems that come back after measures, and tickets that repeat, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.report.amounts import count, of, reason_of
from csatlib.report.weighting import p_value
from csatlib.report.words import number

__all__ = ["recurrence_finding", "recurrence_view", "repeats_view"]

_RECURRENCE = {
    "raised_again": "再次提出的客户",
    "raised_again_heard": "再次提出的客户（只算之后有回音的）",
    "rate": "发生率",
    "rate_ratio": "发生率之比（后 ÷ 前）",
    "repeat": "重复发生率",
}
_PERIODS = {"before": "措施前", "after": "措施后"}


def recurrence_view(
    recurrence: pd.DataFrame, *, labels: Mapping[str, str], unit: str = "条留言"
) -> pd.DataFrame:
    """Show whether problems came back after the measures against them.

    Parameters
    ----------
    recurrence : DataFrame
        Table ``recurrence`` of ``actions.recurrence``.
    labels : mapping of str to str
        Names of themes, such as ``codeframe.labels()``; one without keeps its own.
    unit : str
        What rates are per: 条留言 or 张工单.

    Returns
    -------
    DataFrame of str
        In the rows' order: 问题, 指标, 时期, 发生 (events of base), 数值, 95% 区间, p, 说明.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(recurrence_view(empty("recurrence"), labels={}))[:3]
    ['问题', '指标', '时期']
    """
    rows = []
    for _, row in recurrence.iterrows():
        metric = _RECURRENCE.get(row["metric"], row["metric"])
        if row["metric"] == "rate":
            metric = f"每 {row['per']:,.0f} {unit}"
        rows.append(
            {
                "问题": labels.get(row["problem"], row["problem"]),
                "指标": metric,
                "时期": _PERIODS.get(row["period"], row["period"]),
                "发生": of(row["events"], row["base"]),
                "数值": _value(row, row["estimate"]),
                "95% 区间": _limits(row),
                "p": p_value(row["p"]),
                "说明": reason_of(row["reason"]),
            }
        )
    columns = ["问题", "指标", "时期", "发生", "数值", "95% 区间", "p", "说明"]
    return pd.DataFrame(rows, columns=columns, index=recurrence.index)


def recurrence_finding(
    recurrence: pd.DataFrame, *, labels: Mapping[str, str], unit: str = "条留言"
) -> list[str]:
    """Say of each problem how many raised it again, and how its rate moved.

    Parameters
    ----------
    recurrence, labels, unit
        As for `recurrence_view`.

    Returns
    -------
    list of str
        One sentence a measure and problem. Less or more often is said only where the interval of
        the ratio lies on one side of 1.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> recurrence_finding(empty("recurrence"), labels={})
    []
    """
    told = []
    rows = recurrence[recurrence["metric"] != "repeat"]
    for (_, problem), own in rows.groupby(["action_id", "problem"], dropna=False, sort=False):
        found = {(row["metric"], row["period"]): row for _, row in own.iterrows()}
        # Nobody wrote anything before: that is not that nobody complained.
        known = found[("rate", "before")]["base"] > 0
        text = (
            f"{_again(found)}；{_rates(found, unit)}"
            if known
            else "没有措施之前的记录，前后不能比较"
        )
        told.append(f"“{labels.get(problem, problem)}”：{text}。")
    return told


def repeats_view(repeats: pd.DataFrame) -> pd.DataFrame:
    """Show how often tickets are followed by another of the same customer and type.

    Parameters
    ----------
    repeats : DataFrame
        Table ``recurrence`` of ``actions.repeats``.

    Returns
    -------
    DataFrame of str
        In the rows' order: 问题类型, 分组, 时期, 重复 (events of base), 重复发生率, 95% 区间, 说明.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(repeats_view(empty("recurrence")))[:3]
    ['问题类型', '分组', '时期']
    """
    rows = [row for _, row in repeats.iterrows()]
    return pd.DataFrame(
        {
            "问题类型": [row["problem"] for row in rows],
            "分组": ["全部" if pd.isna(row["group"]) else row["group"] for row in rows],
            "时期": [row["period"] for row in rows],
            "重复": [of(row["events"], row["base"]) for row in rows],
            "重复发生率": [number(row["estimate"], "share") for row in rows],
            "95% 区间": [_limits(row) for row in rows],
            "说明": [reason_of(row["reason"]) for row in rows],
        },
        index=repeats.index,
    )


def _value(row: pd.Series, value: object) -> str:
    share = row["metric"] in ("raised_again", "raised_again_heard", "repeat")
    return number(value, "share" if share else "mean")


def _limits(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        return "—"
    return f"{_value(row, row['ci_low'])}–{_value(row, row['ci_high'])}"


def _again(found: Mapping[tuple[str, str], pd.Series]) -> str:
    row = found[("raised_again", "after")]
    if pd.isna(row["estimate"]):
        return "措施之前没有客户提出"
    heard = found[("raised_again_heard", "after")]
    return (
        f"措施之前提出过的 {count(row['base'])} 位客户中，{count(heard['base'])} 位之后还有回音，"
        f"{count(row['events'])} 位再次提出"
    )


def _rates(found: Mapping[tuple[str, str], pd.Series], unit: str) -> str:
    before, after = found[("rate", "before")], found[("rate", "after")]
    ratio = found[("rate_ratio", "after")]
    if pd.isna(before["estimate"]) or pd.isna(after["estimate"]):
        return "前后发生率不能比较"
    text = (
        f"每 {before['per']:,.0f} {unit}从 {number(before['estimate'], 'mean')} 到 "
        f"{number(after['estimate'], 'mean')}"
    )
    if pd.isna(ratio["estimate"]):
        return f"{text}（{reason_of(ratio['reason'])}）"
    sure = ratio["ci_high"] < 1 or ratio["ci_low"] > 1
    word = ("减少" if ratio["estimate"] < 1 else "增多") if sure else "看不出变化"
    return f"{text}，{word}（之比 {number(ratio['estimate'], 'mean')}，95% 区间 {_limits(ratio)}）"
