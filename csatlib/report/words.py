"""Estimates as Chinese words: one figure, one sentence, the sentences that lead a report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from csatlib.report.markup import Html, folded, say
from csatlib.report.series import comparable_history
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = [
    "METRICS",
    "certainty",
    "headline",
    "interval",
    "joined",
    "key_figures",
    "lowest",
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
    return name + _figures(row, conf)


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
        A list of sentences: mean and share of the overall item, the NPS, the dimension with the
        lowest mean of those on the overall item's scale. Figures of two quarters are set side by
        side unless the item broke between them; no change is called significant.

    Raises
    ------
    SchemaError
        If ``quarter`` is no quarter.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"quarter": "2026Q3", "overall": [5, 4, 4, 3] * 10})
    >>> headline(estimates.mean(df, "overall"), store.study("ops_company"), quarter="2026Q3")
    整体满意度平均分为 4.00 分（95% 置信区间 3.77–4.23，n = 40），未达到目标 4.30 分；无上期数据。
    """
    at = Quarter.parse(quarter)
    comparable = comparable_history(estimates, study, quarter=at)
    now, before = (_overall(comparable, str(q)) for q in (at, at.previous()))
    leading = [(study.report.overall, "mean"), (study.report.overall, "share")]
    leading += [(item, "nps") for item in study.items("nps")]
    rows = [row for item, metric in leading if (row := _row(now, item, metric)) is not None]
    lines = [_line(row, study, _row(before, row["item"], row["metric"]), at) for row in rows]
    elsewhere = set(study.items("rating")) - set(study.comparable(study.report.overall))
    alike = now[~now["item"].isin(elsewhere)]
    return say(*lines, *_weakest(alike, study)) if lines else say("本季度没有可报告的数字。")


def lowest(estimates: pd.DataFrame, *, overall: str) -> pd.Series | None:
    """Pick the dimension with the lowest mean; the overall item and groups do not count.

    Parameters
    ----------
    estimates : DataFrame
        Table ``estimates`` of one quarter.
    overall : str
        The item that is no dimension.

    Returns
    -------
    Series or None
        Its row, the first of several that tie; None where fewer than two dimensions have a
        published mean, so that there is nothing to compare.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [1] * 40, "speed": [3, 4] * 20, "skill": [4, 5] * 20})
    >>> lowest(estimates.mean(df, list(df)), overall="overall")["item"]
    'speed'
    """
    means = _dimensions(estimates, overall)
    published = means[~means["suppressed"]].sort_values("estimate", kind="stable")
    return published.iloc[0] if len(published) > 1 else None


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


def _amount(value: float, metric: str) -> str:
    return number(value, metric) + (" 分" if metric == "mean" else "")


def _figures(row: pd.Series, conf: float = 0.95) -> str:
    amount = _amount(row["estimate"], row["metric"])
    return f"为 {amount}（{certainty(row, conf)}，n = {row['n']:,}）"


def _overall(estimates: pd.DataFrame, quarter: str) -> pd.DataFrame:
    return estimates[(estimates["quarter"] == quarter) & estimates["group"].isna()]


def _row(estimates: pd.DataFrame, item: str, metric: str) -> pd.Series | None:
    rows = estimates[(estimates["item"] == item) & (estimates["metric"] == metric)]
    return rows.iloc[0] if len(rows) else None


def _dimensions(estimates: pd.DataFrame, overall: str) -> pd.DataFrame:
    is_dimension = (estimates["item"] != overall) & estimates["group"].isna()
    return estimates[is_dimension & (estimates["metric"] == "mean")]


def _line(row: pd.Series, study: Study, before: pd.Series | None, at: Quarter) -> str:
    now = sentence(row, labels=study.label_map()) + _against_target(row, study)
    if study.broken(row["item"], at):
        return f"{now}；自 {at} 起量表有变化，与此前的数字不可比。"
    if before is None:
        return f"{now}；无上期数据。"
    if before["suppressed"]:
        return f"{now}；上期不公布：{reason(before)}。"
    return f"{now}；上期为 {_amount(before['estimate'], before['metric'])}。"


def _against_target(row: pd.Series, study: Study) -> str:
    metric, wanted = row["metric"], {(t.item, t.metric): t.value for t in study.targets}
    target = wanted.get((row["item"], metric))
    if target is None or row["suppressed"]:
        return ""
    verdict = "达到" if row["estimate"] >= target else "**未达到**"
    if row["estimate"] < target and number(row["estimate"], metric) == number(target, metric):
        verdict = f"按未修约的数值{verdict}"
    return f"，{verdict}目标 {_amount(target, metric)}"


def _weakest(now: pd.DataFrame, study: Study) -> list[str]:
    """Name the dimension with the lowest mean, all of them where several tie."""
    weakest = lowest(now, overall=study.report.overall)
    if weakest is None:
        return []
    means = _dimensions(now, study.report.overall)
    among = "可公布的维度中" if means["suppressed"].any() else "各维度中"
    tied = means.loc[(means["estimate"] == weakest["estimate"]).fillna(False), "item"]
    names = "、".join(f"**{study.label(item)}**" for item in tied)
    if len(tied) > 1:
        return [f"{among}{names}得分并列最低，平均分均为 {_amount(weakest['estimate'], 'mean')}。"]
    return [f"{among}{names}得分最低，平均分{_figures(weakest)}。"]
