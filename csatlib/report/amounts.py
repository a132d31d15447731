"""Figures of measures in Chinese, each in the unit of its metric."""

from __future__ import annotations

import pandas as pd

from csatlib.report.words import REASONS
from csatlib.study import Study

__all__ = ["amount_of", "between", "change_of", "count", "moved", "of", "reason_of", "subject"]

#: Metrics that are shares from 0 to 1.
_SHARES = ("share", "theme", "within")
_REASONS = {
    "not_started": "尚未开始",
    "not_done": "尚未完成",
    "no_before": "措施之前没有答卷",
    "no_after": "措施之后还没有答卷",
    "no_events": "前后都没有发生",
    "none_before": "措施之前没有发生，不算倍数",
    "follow_up_open": "观察期未满",
    "no_control": "没有其他客户",
    "no_history": "没有更早的季度",
    "no_pairs": "没有两次都回答的客户",
    "no_matches": "找不到条件相近的客户",
    "no_comparison": "没有可比的对照",
    "few_quarters": "可比的季度太少",
    "no_cutoff": "没有满意的界限",
    "many_levels": "档数太多",
    "no_change": "没有人改变回答",
    "no_interval": "算不出区间",
    "unmatched_dropped": "找不到对照的客户不计",
    "duplicates_averaged": "同一客户的多次回答取平均",
    "separated": "各档之间互不流动",
    "matched": "依据匹配",
    "prior": "依据更早季度的水平",
    "did": "依据双重差分",
}


def subject(item: object, theme: object, study: Study) -> str:
    """Name what a measure is about: its question, else its theme."""
    names = study.label_map() | dict(study.codeframe.labels())
    for value in (item, theme):
        if pd.notna(value):
            key = str(value)
            return names.get(key) or names.get(key.removeprefix("theme_"), key)
    return "未指明的指标"


def reason_of(code: object) -> str:
    """Say why a figure is missing; empty where nothing is."""
    if pd.isna(code):
        return ""
    return _REASONS.get(str(code)) or REASONS.get(str(code), str(code))


def amount_of(value: object, metric: object, unit: object = None) -> str:
    """Write a level with its unit.

    Examples
    --------
    >>> amount_of(3.624, "mean"), amount_of(0.8312, "share"), amount_of(42.14, "rate", "分钟")
    ('3.62 分', '83.1%', '42.14 分钟')
    """
    if pd.isna(value):
        return "—"
    if metric in _SHARES:
        return _minus(f"{100 * float(value):z.1f}%")
    if metric == "nps":
        return _minus(f"{float(value):z.1f}")
    return f"{_minus(f'{float(value):z.2f}')} {_unit(metric, unit)}".rstrip()


def change_of(value: object, metric: object, unit: object = None) -> str:
    """Write a change with its sign and, but for a mean's points, its unit.

    Examples
    --------
    >>> change_of(0.391, "mean"), change_of(-0.05, "share"), change_of(0.001, "mean")
    ('+0.39', '−5.0 个百分点', '0.00')
    """
    if pd.isna(value):
        return "—"
    text, unit_word = _scaled(float(value), metric, unit, sign="+")
    return f"{text} {unit_word}".rstrip() if metric != "mean" else text


def between(low: object, high: object, metric: object) -> str:
    """Write an interval of a change, with 至 where a limit may be negative."""
    if pd.isna(low) or pd.isna(high):
        return "—"
    first, last = (_scaled(float(value), metric, None, sign="")[0] for value in (low, high))
    return f"{first}{' 至 ' if '−' in first + last else '–'}{last}"


def moved(value: float, metric: object, unit: object = None) -> str:
    """Say a change in words: 提高 0.43 分, 降低 5.0 个百分点, 没有变化.

    Examples
    --------
    >>> moved(0.434, "mean"), moved(-0.05, "share"), moved(0.0, "mean")
    ('提高 0.43 分', '降低 5.0 个百分点', '没有变化')
    """
    text, unit_word = _scaled(abs(float(value)), metric, unit, sign="")
    if not float(text):
        return "没有变化"
    return f"{'提高' if value > 0 else '降低'} {text} {unit_word}".rstrip()


def count(n: object) -> str:
    """Write a count with thousands separators, or a dash."""
    return "—" if pd.isna(n) else f"{int(n):,}"


def of(events: object, base: object) -> str:
    """Write how many of how many: 12 / 340."""
    return "—" if pd.isna(events) or pd.isna(base) else f"{count(events)} / {count(base)}"


def _scaled(value: float, metric: object, unit: object, *, sign: str) -> tuple[str, str]:
    if metric in _SHARES:
        text = f"{100 * value:{sign}z.1f}"
    else:
        text = f"{value:{sign}z.1f}" if metric == "nps" else f"{value:{sign}z.2f}"
    text = text if float(text) else text.removeprefix("+")
    return _minus(text), "个百分点" if metric in _SHARES else _unit(metric, unit)


def _unit(metric: object, unit: object) -> str:
    if metric == "mean":
        return "分"
    return "" if metric == "nps" or pd.isna(unit) else str(unit)


def _minus(text: str) -> str:
    return text.replace("-", "−")
