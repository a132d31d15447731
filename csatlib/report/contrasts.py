"""Comparisons, changes and customer units in Chinese: what differs, how surely, and what not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.report.words import METRICS, joined, named, number, reason
from csatlib.study import Study

__all__ = ["comparison_view", "difference", "finding", "p_value", "units_view"]

#: Where a unit stands against the limits of the funnel.
_FUNNEL = {"below": "偏低", "within": "正常", "above": "偏高"}


def p_value(p: float) -> str:
    """Write a probability as it is read: three decimals, and no zero.

    Parameters
    ----------
    p : float
        Between 0 and 1, or missing.

    Returns
    -------
    str
        ``< 0.001`` below that, a dash where it is missing.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.00004), p_value(float("nan"))
    ('0.031', '< 0.001', '—')
    """
    if pd.isna(p):
        return "—"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def difference(value: float, metric: str) -> str:
    """Write a difference with its sign, a share's in percentage points.

    Parameters
    ----------
    value : float
        The difference on the scale of the ``estimates`` table.
    metric : str
        ``mean``, ``share``, ``distribution`` or ``nps``.

    Returns
    -------
    str
        A dash where it is missing.

    Examples
    --------
    >>> difference(-0.1234, "mean"), difference(0.031, "share"), difference(float("nan"), "nps")
    ('−0.12', '+3.1 个百分点', '—')
    """
    if pd.isna(value):
        return "—"
    if metric in ("share", "distribution"):
        text = f"{100 * value:+z.1f} 个百分点"
    else:
        text = f"{value:+z.1f}" if metric == "nps" else f"{value:+z.2f}"
    return text.replace("-", "−")


def finding(row: pd.Series, *, alpha: float = 0.05) -> str:
    """Say in a word what a comparison shows; 显著 only where the adjusted p says so.

    Parameters
    ----------
    row : Series
        A row of the table ``comparisons`` or ``changes``.
    alpha : float
        The error that is allowed over the whole family of comparisons.

    Returns
    -------
    str
        显著偏高, 显著偏低, 没有显著差别, or the reason why nothing can be said.

    Examples
    --------
    >>> row = pd.Series({"estimate": -0.4, "p_adjusted": 0.01, "reason": None})
    >>> finding(row)
    '显著偏低'
    """
    if pd.isna(row["p_adjusted"]):
        return reason(row) or "无法检验"
    if row["p_adjusted"] >= alpha:
        return "没有显著差别"
    if pd.isna(row["estimate"]):
        return "有显著差别"
    return "显著偏高" if row["estimate"] > 0 else "显著偏低"


def comparison_view(df: pd.DataFrame, study: Study, *, alpha: float = 0.05) -> pd.DataFrame:
    """Show comparisons or changes to a reader: difference, interval, adjusted p, verdict.

    Parameters
    ----------
    df : DataFrame
        Table ``comparisons`` or ``changes``.
    study : Study
        Its labels stand in place of the items' names.
    alpha : float
        The error that is allowed over the whole family of comparisons.

    Returns
    -------
    DataFrame
        Chinese columns 题目, 指标 (where there are several), 分组 or 对比, n, 差, 95% 置信区间,
        校正后 p, 结论; one row a row.

    Examples
    --------
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [5, 4] * 30 + [3, 2] * 30})
    >>> df["region"] = ["东"] * 60 + ["西"] * 60
    >>> found = estimates.compare(df, "overall", by=["region"], against="pairwise")
    >>> comparison_view(found, store.study("ops_company"))[["n", "差", "结论"]].values.tolist()
    [['120', '+2.00', '显著偏高']]
    """
    rows = [row for _, row in df.iterrows()]
    view = pd.DataFrame(index=df.index)
    view["题目"] = [study.label(row["item"]) for row in rows]
    if df["metric"].nunique() > 1:
        view["指标"] = df["metric"].map(METRICS).fillna(df["metric"])
    if df["group"].notna().any():
        view["分组"] = df["group"].fillna("总体")
    view["对比"] = df["contrast"].str.replace(" − ", " 减 ").fillna("—")
    view["n"] = ["—" if pd.isna(row["n"]) else f"{row['n']:,}" for row in rows]
    view["差"] = [difference(row["estimate"], row["metric"]) for row in rows]
    view["95% 置信区间"] = [_between(row) for row in rows]
    view["校正后 p"] = [p_value(row["p_adjusted"]) for row in rows]
    view["结论"] = [finding(row, alpha=alpha) for row in rows]
    return view


def units_view(units: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show the appraisal figures of customer units: rate, coverage, how sure the rank is.

    Parameters
    ----------
    units : DataFrame
        Table ``units``.
    study : Study
        Says what the units are called.

    Returns
    -------
    DataFrame
        One row a unit, in the table's order: 单位, 答卷 / 客户, 满意率, 抽样区间 (普查 where every
        customer answered), 过程区间 (the unit's rate as the outcome of its work), 收缩估计,
        低于目标的概率, 名次区间, 管控界限.

    Examples
    --------
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"ok": [True] * 9 + [False], "unit": ["甲"] * 5 + ["乙"] * 5, "size": 5})
    >>> found = estimates.units(df, "ok", unit="unit", target=0.9, population="size")
    >>> units_view(found, store.study("ops_company"))["抽样区间"].tolist()
    ['普查', '普查']
    """
    rows = [row for _, row in units.iterrows()]
    view = pd.DataFrame(index=units.index)
    view[study.label(study.report.unit or "unit")] = units["group"]
    view["答卷 / 客户"] = [
        f"{row['n']:,} / {'—' if pd.isna(row['population']) else format(row['population'], ',')}"
        if pd.notna(row["n"])
        else "—"
        for row in rows
    ]
    view["满意率"] = [
        reason(r) if r["suppressed"] else number(r["estimate"], "share") for r in rows
    ]
    view["抽样区间"] = [
        "—" if r["suppressed"] else reason(r) or _pair(r["ci_low"], r["ci_high"]) for r in rows
    ]
    view["过程区间"] = [_pair(row["super_low"], row["super_high"]) for row in rows]
    view["收缩估计"] = [
        number(row["shrunken"], "share")
        + (
            ""
            if pd.isna(row["shrunken"])
            else f"（{_pair(row['shrunken_low'], row['shrunken_high'])}）"
        )
        for row in rows
    ]
    view["低于目标的概率"] = [number(row["p_below"], "share") for row in rows]
    view["名次区间"] = [
        "样本过小，不排名"
        if row["small"]
        else "—"
        if pd.isna(row["rank_low"])
        else f"{row['rank_low']:.0f}–{row['rank_high']:.0f}"
        for row in rows
    ]
    view["管控界限"] = units["funnel"].map(_FUNNEL).fillna("—")
    return view


def change_words(row: pd.Series, labels: Mapping[str, str], *, alpha: float = 0.05) -> str:
    """Say a change against the quarter before: how much, and whether it is beyond chance."""
    if pd.isna(row["estimate"]) or row["suppressed"]:
        return f"与上期的变化不公布：{reason(row)}" if reason(row) else ""
    name = named(labels.get(row["item"], row["item"]), row["metric"])
    amount = difference(row["estimate"], row["metric"])
    sure = "变化显著" if row["p_adjusted"] < alpha else "变化不显著"
    return joined(name, f"较上期 {amount}（{_between(row)}，校正后 p {_is(row)}），{sure}")


def _is(row: pd.Series) -> str:
    text = p_value(row["p_adjusted"])
    return text if text.startswith("<") else f"= {text}"


def _between(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]):
        return "—"
    low, high = (difference(row[end], row["metric"]) for end in ("ci_low", "ci_high"))
    return f"{low.removesuffix(' 个百分点')} 至 {high}"


def _pair(low: float, high: float) -> str:
    return "—" if pd.isna(low) else f"{number(low, 'share')}–{number(high, 'share')}"
