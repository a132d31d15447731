"""Estimates as Chinese words: one figure, one sentence, the sentences that lead a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from csatlib.report.markup import Html, folded, say
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = [
    "METRICS",
    "headline",
    "interval",
    "key_figures",
    "lowest",
    "named",
    "number",
    "of_item",
    "reason",
    "sentence",
]

#: What each metric is called in a table.
METRICS = {"mean": "平均分", "share": "满意率", "nps": "净推荐值", "distribution": "占比"}

REASONS = {
    "small_base": "样本不足",
    "empty": "无有效答卷",
    "no_variation": "答案完全相同，不估计误差",
    "single_answer": "仅一份答卷，不估计误差",
}


def number(value: float, metric: str) -> str:
    """Round a figure as its metric is read: 4.02, 78.1%, +12.3.

    Examples
    --------
    >>> number(4.0186, "mean"), number(0.7812, "share"), number(-3.25, "nps")
    ('4.02', '78.1%', '−3.2')
    """
    if pd.isna(value):
        return "—"
    if metric in ("share", "distribution"):
        return f"{100 * value:.1f}%"
    if metric == "nps":
        return f"{value:+.1f}".replace("-", "−")
    return f"{value:.2f}".replace("-", "−")


def interval(row: Any) -> str:
    """Write a row's interval: ``3.95–4.09``; with 至 where a bound may be negative."""
    if pd.isna(row.ci_low) or pd.isna(row.ci_high):
        return "—"
    between = " 至 " if row.metric == "nps" else "–"
    return f"{number(row.ci_low, row.metric)}{between}{number(row.ci_high, row.metric)}"


def reason(row: Any) -> str:
    """Say why a figure or its interval is missing; empty where nothing is."""
    return "" if pd.isna(row.reason) else REASONS.get(row.reason, row.reason)


def named(item: str, metric: str) -> str:
    """Name a figure by its item's words and its metric.

    Examples
    --------
    >>> named("整体满意度", "mean"), named("整体满意度", "share"), named("推荐意愿", "nps")
    ('整体满意度平均分', '整体满意率', '净推荐值（NPS）')
    """
    if metric == "nps":
        return "净推荐值（NPS）"
    if metric == "share":
        return f"{item.removesuffix('满意度')}满意率"
    return f"{item}{METRICS[metric]}"


def sentence(row: Any, *, labels: Mapping[str, str] | None = None, conf: float = 0.95) -> str:
    """Say one row of an estimates table as a Chinese sentence with its interval and base.

    Parameters
    ----------
    row : Series or named tuple
        One row of the table ``estimates``.
    labels : mapping, optional
        Words for items, such as `Study.label_map`.
    conf : float
        The confidence level at which the interval was computed.

    Returns
    -------
    str
        Without the full stop at its end, so that it can be joined to others.

    Examples
    --------
    >>> row = pd.Series({"metric": "mean", "item": "overall", "group": pd.NA, "n": 812,
    ...     "estimate": 4.018, "ci_low": 3.951, "ci_high": 4.091, "suppressed": False,
    ...     "reason": pd.NA})
    >>> sentence(row, labels={"overall": "整体满意度"})
    '整体满意度平均分为 4.02 分（95% 置信区间 3.95–4.09，n = 812）'
    """
    item = (labels or {}).get(row["item"], row["item"])
    who = "" if pd.isna(row["group"]) else f"{row['group']}的"
    name = who + named(item, row["metric"])
    if row["suppressed"]:
        return f"{name}不公布：{reason(row)}（n = {row['n']:,}）"
    return name + _figures(row, conf)


def of_item(
    estimates: pd.DataFrame, item: str, metric: str, quarter: str | None = None
) -> pd.Series | None:
    """Pick the overall row of one item and metric, in one quarter where several are given."""
    wanted = (estimates["item"] == item) & (estimates["metric"] == metric)
    rows = estimates[wanted & estimates["group"].isna()]
    if quarter is not None:
        rows = rows[rows["quarter"] == quarter]
    return rows.iloc[0] if len(rows) else None


def headline(estimates: pd.DataFrame, study: Study, *, quarter: Quarter | str) -> Html:
    """Lead with what a director needs: level, against target, against last quarter, weakest point.

    Parameters
    ----------
    estimates : DataFrame
        Table ``estimates`` of the quarter and, where there are any, of earlier ones.
    study : Study
        Names the overall item, the targets and the labels.
    quarter : Quarter or str
        The quarter that is reported.

    Returns
    -------
    Html
        A list of sentences; figures of different quarters are set side by side and no change is
        called significant.
    """
    now = estimates[(estimates["quarter"] == str(quarter)) & estimates["group"].isna()]
    overall = study.report.overall
    wanted = [(overall, "mean"), (overall, "share"), *((i, "nps") for i in study.items("nps"))]
    rows = [row for item, metric in wanted if (row := of_item(now, item, metric)) is not None]
    lines = [_line(row, study, estimates, Quarter.parse(quarter)) for row in rows]
    weakest = lowest(now, overall=overall)
    if weakest is not None:
        lines.append(
            f"各维度中**{study.label(weakest['item'])}**得分最低，平均分{_figures(weakest)}。"
        )
    return say(*lines)


def lowest(estimates: pd.DataFrame, *, overall: str) -> pd.Series | None:
    """Pick the dimension with the lowest mean: the ``overall`` item and groups do not count.

    Returns
    -------
    Series or None
        Its row; None where no dimension has a published mean.
    """
    is_dimension = (estimates["item"] != overall) & estimates["group"].isna()
    means = estimates[is_dimension & (estimates["metric"] == "mean") & ~estimates["suppressed"]]
    return None if means.empty else means.loc[means["estimate"].idxmin()]


def _figures(row: Any, conf: float = 0.95) -> str:
    unit = " 分" if row["metric"] == "mean" else ""
    bounds = interval(row)
    certainty = reason(row) if bounds == "—" else f"{conf:.0%} 置信区间 {bounds}"
    return f"为 {number(row['estimate'], row['metric'])}{unit}（{certainty}，n = {row['n']:,}）"


def _line(row: pd.Series, study: Study, estimates: pd.DataFrame, quarter: Quarter) -> str:
    parts = [sentence(row, labels=study.label_map()) + _against_target(row, study)]
    before = of_item(estimates, row["item"], row["metric"], str(quarter.previous()))
    if before is None:
        parts.append("无上期数据")
    elif not before["suppressed"] and not row["suppressed"]:
        parts.append(f"上季度为 {number(before['estimate'], row['metric'])}")
    return "；".join(parts) + "。"


def _against_target(row: pd.Series, study: Study) -> str:
    for target in study.targets:
        if (target.item, target.metric) == (row["item"], row["metric"]) and not row["suppressed"]:
            reached = "达到" if row["estimate"] >= target.value else "**未达到**"
            return f"，{reached}目标 {number(target.value, target.metric)}"
    return ""


def key_figures(estimates: pd.DataFrame, study: Study) -> Html:
    """List every figure that has no group, one a line, as plain text to compare run with run.

    Returns
    -------
    Html
        ``item metric n estimate [ci_low, ci_high]`` with six decimals, folded on the page.
    """
    overall = estimates[estimates["group"].isna() & estimates["level"].isna()]
    lines = []
    for row in overall.itertuples():
        sure = not row.suppressed and pd.notna(row.ci_low)
        figures = (
            f"{row.estimate:.6f} [{row.ci_low:.6f}, {row.ci_high:.6f}]" if sure else reason(row)
        )
        lines.append(f"{study.label(row.item)} {row.metric} n={row.n} {figures}")
    return folded("核对用的关键数字（未修约）", "\n".join(lines))
