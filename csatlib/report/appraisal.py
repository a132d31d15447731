"""Customer units, descriptions and counts as a reader compares them."""

from __future__ import annotations

import pandas as pd

from csatlib.report.words import METRICS, joined, number, reason
from csatlib.study import Study

__all__ = ["cross_counts", "describe_view", "units_finding", "units_view"]

#: Where a unit stands against the limits of the funnel.
_FUNNEL = {"below": "偏低", "within": "正常", "above": "偏高"}


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


def units_finding(units: pd.DataFrame, study: Study) -> str:
    """Say which units stand outside what chance allows, for the caption of a chart.

    Parameters
    ----------
    units : DataFrame
        Table ``units``.
    study : Study
        Says what the units are called.

    Returns
    -------
    str
        The units below the funnel's wider limits (99.8 %), then those above, or that none is
        outside. Of many units some always leave the narrower ones, in which ``funnel`` is told.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> units_finding(schema.empty("units"), store.study("ops_company"))
    '没有一家客户单位超出偶然的范围'
    """
    called = study.label(study.report.unit or "unit")
    told = []
    rate = units["estimate"]
    # A rate and a limit of the same count may differ in the last digit.
    below, above = rate < units["alarm_low"] - 1e-12, rate > units["alarm_high"] + 1e-12
    for outside, words in ((below, "低于"), (above, "高于")):
        names = list(units.loc[outside.fillna(False), "group"])
        if names:
            told.append(joined("、".join(names), f"{words}偶然的范围"))
    return "，".join(told) or f"没有一家{called}超出偶然的范围"


def describe_view(described: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show what ``estimates.describe`` gives, one row an item, one column a metric.

    Parameters
    ----------
    described : DataFrame
        Rows of ``estimates`` without groups.
    study : Study
        Its labels stand in place of the items' names.

    Returns
    -------
    DataFrame
        题目, n, then the metrics by their Chinese names; a tie shows all answers that tie, a
        missing figure its reason.

    Examples
    --------
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [5, 4, 4, 3] * 10})
    >>> found = estimates.describe(df, "overall")
    >>> describe_view(found, store.study("ops_company"))["平均分"].tolist()
    ['4.00']
    """
    rows = []
    for item, part in described.groupby("item", sort=False):
        means = part.loc[part["metric"] == "mean", "n"]
        row = {"题目": study.label(item), "n": "—" if means.isna().all() else f"{means.iloc[0]:,}"}
        for _, one in part.iterrows():
            row[METRICS.get(one["metric"], one["metric"])] = _described(one)
        rows.append(row)
    return pd.DataFrame(rows)


def _described(row: pd.Series) -> str:
    if row["metric"] == "mode" and row["reason"] == "tie":
        return str(row["level"])
    if row["metric"] == "mode" and pd.notna(row["estimate"]):
        return f"{row['estimate']:g}"
    if pd.isna(row["estimate"]):
        return reason(row) or "—"
    return number(row["estimate"], row["metric"])


def cross_counts(df: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    """Count the rows of a table by two of its columns, with totals.

    Parameters
    ----------
    df : DataFrame
        One row a ticket.
    rows, columns : str
        Two of its columns.

    Returns
    -------
    DataFrame
        One row a value of ``rows`` and one for the total (合计); the first column (项目) holds the
        values, the others the counts, the last their total.

    Examples
    --------
    >>> df = pd.DataFrame({"level": ["一级", "二级", "二级"], "kind": ["网络", "网络", "终端"]})
    >>> cross_counts(df, "level", "kind").values.tolist()
    [['一级', 0, 1, 1], ['二级', 1, 1, 2], ['合计', 1, 2, 3]]
    """
    known = df[[rows, columns]].dropna().astype("str")
    counts = pd.crosstab(known[rows], known[columns], margins=True, margins_name="合计")
    counts = counts.rename_axis("项目").rename_axis(None, axis=1).reset_index()
    return counts.astype({"项目": "str"} | dict.fromkeys(counts.columns[1:], "Int64"))


def _pair(low: float, high: float) -> str:
    return "—" if pd.isna(low) else f"{number(low, 'share')}–{number(high, 'share')}"
