"""Indicators, their targets and the system they make, as a Chinese reader sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from csatlib.report.words import REASONS as _ESTIMATED
from csatlib.report.words import joined, number

__all__ = [
    "checks_sentence",
    "checks_view",
    "measured",
    "service_targets_sentences",
    "service_targets_view",
    "target_shares_view",
    "target_summary_view",
    "targets_finding",
    "targets_sentence",
    "targets_view",
]

_STATUSES = {"met": "达标", "near": "接近", "missed": "未达标", "unknown": "未知"}
_PRINCIPLES = {
    "complete": "完整性",
    "representative": "代表性",
    "quantifiable": "可量化",
    "available": "可获取",
    "current": "时效性",
    "sustainable": "可持续",
    "operable": "可操作",
}
_REASONS = {
    "no_source": "没有数据来源",
    "not_found": "来源里没有这个数",
    "empty": "还没有可以计数的",
    "not_by_group": "没有分组的数",
    "blank": "来源里为空",
    "no_error": "没有误差",
    "no_target": "没有目标",
    "no_parts": "没有写分给谁",
    "never": "最快的也没有达到目标满意率",
    "always": "最慢的也达到目标满意率，看不出时限",
    "open_interval": "区间有一端没有界限",
    "no_teams": "样本足够的班组不到三个",
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
    view["95% 区间"] = [_between(r.ci_low, r.ci_high, r.unit) for r in rows]
    view["n"] = results["n"]
    view["目标"] = [_wanted(r.target, r.unit, r.direction) for r in rows]
    view["结论"] = [_verdict(r) for r in rows]
    view["说明"] = [_why(r.reason) for r in rows]
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
            "总目标": [_wanted(r.whole, r.unit, r.direction) for r in rows],
            "分解目标": [_wanted(r.target, r.unit, r.direction) for r in rows],
            "承担份额": [measured(r.share, "比率") for r in rows],
            "占总评价的权重": [measured(r.weight, "比率") for r in rows],
            "负责人": shares["owner"].fillna("—"),
            "说明": [_why(r.reason) for r in rows],
        },
        index=shares.index,
    )


def checks_view(checks: pd.DataFrame, *, failed_only: bool = True) -> pd.DataFrame:
    """Show where a system of indicators is not built as it should be.

    Parameters
    ----------
    checks : DataFrame
        Table ``indicator_checks``.
    failed_only : bool
        Whether findings that passed are left out.

    Returns
    -------
    DataFrame
        原则, 一级指标, 结果 (符合, 不符合, 不能判断), 发现, 建议.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(checks_view(schema.empty("indicator_checks")))
    ['原则', '一级指标', '结果', '发现', '建议']
    """
    rows = checks[~checks["passed"].fillna(False)] if failed_only else checks
    results = rows["passed"].map({True: "符合", False: "不符合"}).fillna("不能判断")
    return pd.DataFrame(
        {
            "原则": rows["principle"].map(_PRINCIPLES),
            "一级指标": rows["first"].fillna("—"),
            "结果": results,
            "发现": rows["finding"],
            "建议": rows["remedy"].fillna("—"),
        },
        index=rows.index,
    )


def checks_sentence(checks: pd.DataFrame) -> str:
    """Say which of the seven principles the system of indicators keeps.

    Parameters
    ----------
    checks : DataFrame
        Table ``indicator_checks``.

    Returns
    -------
    str
        Without the full stop at its end.

    Examples
    --------
    >>> from csatlib import schema
    >>> checks_sentence(schema.empty("indicator_checks"))
    '没有可以检查的指标'
    """
    if checks.empty:
        return "没有可以检查的指标"
    parts = []
    for principle, rows in checks.groupby("principle", sort=False):
        known = rows["passed"].dropna()
        if known.empty:
            parts.append(f"{_PRINCIPLES[principle]}不能判断")
        elif not known.all():
            parts.append(f"{_PRINCIPLES[principle]}有 {int((~known).sum())} 处不符合")
    kept = checks["principle"].nunique() - len(parts)
    return f"七项原则中 {kept} 项全部符合" + ("；" + "、".join(parts) if parts else "")


def service_targets_view(targets: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Show the targets proposed from what customers care about.

    Parameters
    ----------
    targets : DataFrame
        Table ``service_targets``.
    labels : mapping of str to str
        What a need is called; one without a label keeps its own name.

    Returns
    -------
    DataFrame
        需求, 依据的时间, 关注程度, 重要性, 提及, 期望差距, 建议目标, 95% 区间, 现状, 已在目标之内,
        可达到的水平, 说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(service_targets_view(schema.empty("service_targets"), {}))[:2]
    ['需求', '依据的时间']
    """
    rows = list(targets.itertuples())
    units = ["分钟" if r.kind == "time" else "比率" for r in rows]
    pairs = list(zip(rows, units, strict=True))
    return pd.DataFrame(
        {
            "需求": [labels.get(r.need, r.need) for r in rows],
            "依据的时间": targets["stage"].fillna("—"),
            "关注程度": [measured(r.priority, "比率") for r in rows],
            "重要性": [measured(r.importance, "比率") for r in rows],
            "提及": [measured(r.mentions, "比率") for r in rows],
            "期望差距": [number(r.gap, "mean") for r in rows],
            "建议目标": [_wanted(r.proposed, u, _sense(r.kind)) for r, u in pairs],
            "95% 区间": [_between(r.ci_low, r.ci_high, u) for r, u in pairs],
            "现状": [measured(r.current, u) for r, u in pairs],
            "已在目标之内": [measured(r.within, "比率") for r in rows],
            "可达到的水平": [measured(r.attainable, u) for r, u in pairs],
            "说明": [_why(r.reason) for r in rows],
        },
        index=targets.index,
    )


def service_targets_sentences(targets: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Propose each target in a sentence, with where the team stands today.

    Parameters
    ----------
    targets, labels
        As for `service_targets_view`.

    Returns
    -------
    list of str
        One sentence a need with a proposal, the highest priority first, each with its full stop.

    Examples
    --------
    >>> from csatlib import schema
    >>> service_targets_sentences(schema.empty("service_targets"), {})
    []
    """
    told = []
    for row in targets[targets["proposed"].notna()].itertuples():
        name = labels.get(row.need, row.need)
        if row.kind == "score":
            wanted = measured(row.proposed, "比率")
            told.append(
                joined(
                    name, f"的满意率建议不低于 {wanted}，现在是 {measured(row.current, '比率')}。"
                )
            )
            continue
        between = _between(row.ci_low, row.ci_high, "分钟")
        sure = "" if between == "—" else f"（95% 区间 {between}）"
        told.append(
            joined(name, f"：{row.stage}建议不超过 {measured(row.proposed, '分钟')}{sure}，")
            + f"与这样的时间相伴的满意率不低于 {measured(row.goal, '比率')}；"
            f"现在 {measured(row.within, '比率')} 的工单在此之内，"
            f"中位数 {measured(row.current, '分钟')}。"
        )
    return told


def _sense(kind: str) -> str:
    return "lower" if kind == "time" else "higher"


def _wanted(target: float, unit: str | None, direction: str) -> str:
    if pd.isna(target):
        return "—"
    return f"{'≥' if direction == 'higher' else '≤'} {measured(target, unit)}"


def _between(low: float, high: float, unit: str | None) -> str:
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


def _why(reason: str) -> str:
    return "" if pd.isna(reason) else _REASONS.get(reason) or _ESTIMATED.get(reason, reason)
