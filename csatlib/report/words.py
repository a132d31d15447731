"""Estimates as Chinese words: one figure, one sentence, the key figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from csatlib.report.markup import Html, folded
from csatlib.study import Study

__all__ = [
    "METRICS",
    "amount",
    "certainty",
    "figures",
    "interval",
    "joined",
    "key_figures",
    "named",
    "number",
    "reason",
    "sentence",
]

_MEETING = re.compile("[A-Za-z0-9][\u4e00-\u9fff]|[\u4e00-\u9fff][A-Za-z0-9]")

#: What each metric is called in a table.
METRICS = {
    "mean": "平均分",
    "share": "满意率",
    "nps": "净推荐值",
    "distribution": "占比",
    "median": "中位数",
    "quantile": "分位数",
    "mode": "众数",
    "variance": "方差",
    "total": "合计",
    "ratio": "比值",
    "missing": "未回答",
    "not_applicable": "不适用",
    "gap": "差距",
    "share_short": "未达期望",
}
#: Metrics that are shares of customers.
_SHARES = ("share", "distribution", "missing", "not_applicable", "share_short")

REASONS = {
    "small_base": "样本不足",
    "confidential": "人数过少，不公布",
    "complementary": "为保护相邻分组，不公布",
    "empty": "无有效回答",
    "no_variation": "答案完全相同，不估计误差",
    "single_answer": "仅一份有效回答，不估计误差",
    "single_cluster": "仅一个抽样单元，不估计误差",
    "census": "普查",
    "fixed_by_design": "由抽样设计决定，无抽样误差",
    "no_denominator": "分母为零",
    "discrete": "取值离散，不给区间",
    "tie": "并列",
    "not_asked": "上期没有问这一题",
    "no_importance": "没有重要性",
    "no_performance": "没有评价",
    "no_frequency": "没有出现频率",
    "no_interval": "没有区间，不知把握",
    "one_driver": "只有一个维度，无从比较",
    "on_cut": "恰在界限上",
    "no_convergence": "模型没有收敛",
    "separation": "答案被完全分开，以极限计",
    "copy": "与其他维度重复",
    "perfect": "排序完全一致，不估计误差",
    "separated": "答案可被完全分开",
    "perfect_fit": "答案全由各维度算出，不估计误差",
    "full_leverage": "有的答卷独自决定系数，不估计误差",
    "few_clusters": "抽样单元过少，不估计误差",
    "not_converged": "模型没有收敛",
    "no_overlap": "没有共同判断的留言",
    "single_unit": "仅一条共同判断的留言",
    "few_units": "共同判断的留言过少，不估计误差",
    "one_category": "只用了一种标签，无从比较",
    "not_two_coders": "只用于两位编码人",
    "no_disagreement": "没有分歧，不估计误差",
    "constant_coder": "一方只用了一种标签，不估计误差",
    "rare_label": "有的标签过少，不估计误差",
    "one_rater": "仅一位评分人",
    "absent": "双方都没有标出",
    "never_coded": "规则没有标出",
    "never_labelled": "人工没有标出",
}


def number(value: float, metric: str) -> str:
    """Round a figure as its metric is read.

    Parameters
    ----------
    value : float
        The figure, on the scale of the ``estimates`` table: a share lies between 0 and 1.
    metric : str
        ``mean``, ``share``, ``distribution`` or ``nps``.

    Returns
    -------
    str
        Two decimals for a mean, per cent with one decimal for a share, one decimal and the sign
        for an NPS; a dash for a missing value.

    Raises
    ------
    ValueError
        For an unknown metric.

    Examples
    --------
    >>> number(4.0186, "mean"), number(0.7812, "share"), number(-12.34, "nps")
    ('4.02', '78.1%', '−12.3')
    """
    if metric not in METRICS:
        raise ValueError(f"number: expected one of the metrics {[*METRICS]}, found {metric!r}")
    if pd.isna(value):
        return "—"
    if metric in _SHARES:
        text = f"{100 * value:z.1f}%"
    elif metric == "nps":
        text = f"{value:+z.1f}".replace("+0.0", "0.0")
    else:
        text = f"{value:z.2f}"
    return text.replace("-", "−")


def interval(row: Any) -> str:
    """Write a row's interval: ``3.95–4.09``; with 至 where a bound may be negative."""
    if pd.isna(row.ci_low) or pd.isna(row.ci_high):
        return "—"
    between = " 至 " if row.metric == "nps" or row.ci_low < 0 else "–"
    return f"{number(row.ci_low, row.metric)}{between}{number(row.ci_high, row.metric)}"


def reason(row: Any) -> str:
    """Say why a figure or its interval is missing; empty where nothing is."""
    return "" if pd.isna(row.reason) else REASONS.get(row.reason, row.reason)


def certainty(row: Any, conf: float, *, words: str = "置信区间") -> str:
    """Write a row's interval with its level, or why there is none."""
    return reason(row) or f"{100 * conf:g}% {words} {interval(row)}"


def joined(*words: str) -> str:
    """Join words into Chinese, with a space where Latin letters or digits meet it.

    Examples
    --------
    >>> joined("华东", "的"), joined("最高的", "VIP", "客户")
    ('华东的', '最高的 VIP 客户')
    """
    text = ""
    for word in words:
        text += f" {word}" if _MEETING.fullmatch(text[-1:] + word[:1]) else word
    return text


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
        return joined(item.removesuffix("满意度"), "满意率")
    return joined(item, METRICS[metric])


def sentence(row: pd.Series, *, labels: Mapping[str, str] | None = None, conf: float = 0.95) -> str:
    """Say one row of an estimates table as a Chinese sentence with its interval and base.

    Parameters
    ----------
    row : Series
        One row of the table ``estimates``.
    labels : mapping of str to str, optional
        Words for items, such as `Study.label_map` gives.
    conf : float
        The confidence at which the interval was computed, between 0 and 1.

    Returns
    -------
    str
        Without the full stop at its end, so that it can be joined to others. A figure that is
        withheld, or has no interval, is told with the reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [5, 4, 3, 4, 5, 4, 3, 4, 2, 5]})
    >>> row = estimates.mean(df, "overall", min_base=10).iloc[0]
    >>> sentence(row, labels={"overall": "整体满意度"})
    '整体满意度平均分为 3.90 分（95% 置信区间 3.19–4.61，n = 10）'
    """
    item = (labels or {}).get(row["item"], row["item"])
    if row["metric"] == "distribution":
        item = joined(item, f"选“{row['level']}”的")
    name = named(item, row["metric"])
    if pd.notna(row["group"]):
        name = joined(row["group"], "的") + name
    if row["suppressed"]:
        return f"{name}不公布：{reason(row)}（n = {row['n']:,}）"
    return name + figures(row, conf)


def key_figures(estimates: pd.DataFrame, study: Study) -> Html:
    """List every figure of a quarter that has no group, unrounded, to compare run with run.

    Parameters
    ----------
    estimates : DataFrame
        Table ``estimates`` of one quarter; the shares of single answers are passed over.
    study : Study
        Its labels stand in place of the items' names.

    Returns
    -------
    Html
        One line a figure, ``item metric n estimate [ci_low, ci_high]`` with six decimals or the
        reason that one is missing, a dash where none is known, folded on the page.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [5, 4, 4, 3] * 10})
    >>> key_figures(estimates.mean(df, "overall"), store.study("ops_company"))
    整体满意度 mean n=40 4.000000 [3.770975, 4.229025]
    """
    overall = estimates[estimates["group"].isna() & estimates["level"].isna()]
    lines = []
    for row in overall.itertuples():
        estimate = "" if row.suppressed else f" {_unrounded(row.estimate)}"
        bounds = reason(row) or f"{_unrounded(row.ci_low)}, {_unrounded(row.ci_high)}"
        n = "—" if pd.isna(row.n) else row.n
        lines.append(f"{study.label(row.item)} {row.metric} n={n}{estimate} [{bounds}]")
    return folded("核对用的关键数字（未修约）", "\n".join(lines))


def _unrounded(value: float) -> str:
    return "—" if pd.isna(value) else f"{value:.6f}"


def amount(value: float, metric: str) -> str:
    """Write a figure with its unit."""
    return number(value, metric) + (" 分" if metric == "mean" else "")


def figures(row: pd.Series, conf: float = 0.95) -> str:
    """Write a row's figure with its interval and base, as the end of a sentence."""
    text = amount(row["estimate"], row["metric"])
    return f"为 {text}（{certainty(row, conf)}，n = {row['n']:,}）"
