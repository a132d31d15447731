"""Indicators against their targets, as a Chinese reader sees them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from csatlib.report.words import REASONS as _ESTIMATED
from csatlib.report.words import joined, number

__all__ = [
    "interval",
    "measured",
    "target_shares_view",
    "target_summary_view",
    "targets_finding",
    "targets_sentence",
    "targets_view",
    "wanted",
    "why_not",
]

_STATUSES = {"met": "达标", "near": "接近", "missed": "未达标", "unknown": "未知"}
_REASONS = {
    "no_source": "没有数据来源",
    "not_found": "来源里没有这个数",
    "empty": "还没有可以计数的",
    "not_by_group": "没有分组的数",
    "blank": "来源里为空",
    "no_error": "没有误差",
    "no_target": "没有目标",
    "no_parts": "没有写分给谁",
}
#: More indicators than this are counted instead of named.
_NAMED = 4
_BY = {"first": "一级指标", "link": "流程环节", "team": "团队"}


def measured(value: float, unit: str | None) -> str:
    """Write a figure with its unit: a rate in per cent, a score with two decimals.

    Parameters
    ----------
    value : float
        The figure, missing or not.
    unit : str or None
        比率, 分, NPS, or any other unit.

    Returns
    -------
    str
        A dash for a missing value.

    Examples
    --------
    >>> measured(0.782, "比率"), measured(4.1, "分"), measured(1234.5, "元"), measured(12, "NPS")
    ('78.2%', '4.10 分', '1,234.5 元', '+12.0')
    """
    if pd.isna(value):
        return "—"
    if unit == "比率":
        return number(value, "share")
    if unit == "NPS":
        return number(value, "nps")
    if unit == "分":
        return f"{number(value, 'mean')} 分"
    digits = 0 if abs(value) >= 10_000 or float(value).is_integer() else 1
    if abs(value) < 10 and digits:
        digits = 2
    text = f"{value:z,.{digits}f}".replace("-", "−")
    return f"{text} {unit}" if unit and not pd.isna(unit) else text


def targets_view(results: pd.DataFrame) -> pd.DataFrame:
    """Show indicators against their targets, first level by first level.

    Parameters
    ----------
    results : DataFrame
        Table ``target_results``.

    Returns
    -------
    DataFrame
        一级指标, 指标, (对象 where there are groups), 本期, 95% 区间, n, 目标, 结论 (with 确定 or
        可能是偶然 where the sample says so), 说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(targets_view(schema.empty("target_results")))
    ['一级指标', '指标', '本期', '95% 区间', 'n', '目标', '结论', '说明']
    """
    rows = list(results.itertuples())
    view = pd.DataFrame(index=results.index)
    view["一级指标"] = results["first"]
    view["指标"] = results["name"]
    if results["group"].notna().any():
        view["对象"] = results["group"].fillna("总体")
    view["本期"] = [measured(r.value, r.unit) for r in rows]
    view["95% 区间"] = [interval(r.ci_low, r.ci_high, r.unit) for r in rows]
    view["n"] = results["n"]
    view["目标"] = [wanted(r.target, r.unit, r.direction) for r in rows]
    view["结论"] = [_verdict(r) for r in rows]
    view["说明"] = [why_not(r.reason) for r in rows]
    return view


def targets_sentence(results: pd.DataFrame) -> str:
    """Say how many targets are met, and which are missed for certain.

    Parameters
    ----------
    results : DataFrame
        Table ``target_results`` of the whole line: rows without a group count.

    Returns
    -------
    str
        Without the full stop at its end.

    Examples
    --------
    >>> from csatlib import schema
    >>> targets_sentence(schema.empty("target_results"))
    '没有可以与目标比较的指标'
    """
    rows = results[results["group_by"].isna()]
    known = rows[rows["status"] != "unknown"]
    if known.empty:
        return "没有可以与目标比较的指标"
    met = known[known["status"] == "met"]
    text = f"{len(known)} 个有数的指标中 {len(met)} 个达到目标"
    sure = known[(known["status"] != "met") & known["certain"]]
    bounded = known["ci_low"].notna() | known["ci_high"].notna()
    unsure, bare = known[~known["certain"] & bounded], known[~known["certain"] & ~bounded]
    if len(sure):
        text += "；" + joined("、".join(sure["name"]), "确定未达标")
    if len(unsure):
        text += "；" + joined("、".join(unsure["name"]), "与目标的差距可能只是偶然")
    if 0 < len(bare) <= _NAMED:
        text += "；" + joined("、".join(bare["name"]), "没有误差可查")
    elif len(bare):
        text += f"；{len(bare)} 个是其他部门交来或登记的数，没有误差可查"
    absent = rows[rows["status"] == "unknown"]
    return text + (f"；另有 {len(absent)} 个没有数或没有目标" if len(absent) else "")


def targets_finding(results: pd.DataFrame) -> str:
    """Name the indicators furthest from their targets, for the caption of a chart.

    Parameters
    ----------
    results : DataFrame
        Table ``target_results``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema
    >>> targets_finding(schema.empty("target_results"))
    '没有未达标的指标'
    """
    short = results[results["status"].isin(["near", "missed"])]
    relative = short["ahead"] / short["target"].abs().where(short["target"] != 0, 1)
    worst = short.loc[relative.sort_values(kind="stable").index[:2], "name"]
    return joined("、".join(worst), "离目标最远") if len(worst) else "没有未达标的指标"


def target_summary_view(summary: pd.DataFrame) -> pd.DataFrame:
    """Show how many targets each part of the work meets.

    Parameters
    ----------
    summary : DataFrame
        Table ``target_summary``, of one ``by``.

    Returns
    -------
    DataFrame
        The part (一级指标, 流程环节, 团队 or 对象), 指标, 达标, 接近, 未达标, 未知, 确定, 达标率.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(target_summary_view(schema.empty("target_summary")))[:3]
    ['对象', '指标', '达标']
    """
    heading = _BY.get(summary["by"].iloc[0], "对象") if len(summary) else "对象"
    view = pd.DataFrame({heading: summary["part"], "指标": summary["indicators"]})
    for status, words in _STATUSES.items():
        view[words] = summary[status]
    view["确定"] = summary["certain"]
    view["达标率"] = [measured(share, "比率") for share in summary["share"]]
    return view


def target_shares_view(shares: pd.DataFrame) -> pd.DataFrame:
    """Show the targets as parted among links of the process or teams.

    Parameters
    ----------
    shares : DataFrame
        Table ``target_shares``.

    Returns
    -------
    DataFrame
        流程环节 or 团队, 指标, 总目标, 分解目标, 承担份额, 占总评价的权重, 负责人, 说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(target_shares_view(schema.empty("target_shares")))[:2]
    ['流程环节', '指标']
    """
    heading = "团队" if len(shares) and shares["by"].iloc[0] == "team" else "流程环节"
    rows = list(shares.itertuples())
    return pd.DataFrame(
        {
            heading: shares["part"],
            "指标": shares["name"],
            "总目标": [wanted(r.whole, r.unit, r.direction) for r in rows],
            "分解目标": [wanted(r.target, r.unit, r.direction) for r in rows],
            "承担份额": [measured(r.share, "比率") for r in rows],
            "占总评价的权重": [measured(r.weight, "比率") for r in rows],
            "负责人": shares["owner"].fillna("—"),
            "说明": [why_not(r.reason) for r in rows],
        },
        index=shares.index,
    )


def wanted(target: float, unit: str | None, direction: str) -> str:
    """Write a target with the side on which it is met."""
    if pd.isna(target):
        return "—"
    return f"{'≥' if direction == 'higher' else '≤'} {measured(target, unit)}"


def interval(low: float, high: float, unit: str | None) -> str:
    """Write an interval with its unit once; a dash where an end is missing."""
    if pd.isna(low) or pd.isna(high):
        return "—"
    between = " 至 " if low < 0 or unit == "NPS" else "–"
    first = measured(low, unit)
    if unit not in ("比率", "NPS"):
        first = first.split(" ")[0]
    return f"{first}{between}{measured(high, unit)}"


def _verdict(row: Any) -> str:
    words = _STATUSES[row.status]
    if row.status == "unknown":
        return words
    if row.certain:
        return f"{words}（确定）"
    known = pd.notna(row.ci_low) or pd.notna(row.ci_high)
    return f"{words}（可能是偶然）" if known else words


def why_not(reason: str) -> str:
    """Say why a figure is missing or has no error; empty where nothing is."""
    return "" if pd.isna(reason) else _REASONS.get(reason) or _ESTIMATED.get(reason, reason)
