"""Comparisons and changes in Chinese: what differs, how surely, and what does not."""

from __future__ import annotations

import pandas as pd

from csatlib.report.weighting import p_value
from csatlib.report.words import METRICS, joined, named, reason
from csatlib.study import Study

__all__ = [
    "change_words",
    "changes_finding",
    "comparison_finding",
    "comparison_findings",
    "comparison_view",
    "difference",
    "finding",
    "mix_view",
    "trend_finding",
]


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


def finding(
    row: pd.Series, *, alpha: float = 0.05, words: tuple[str, str] = ("偏低", "偏高")
) -> str:
    """Say in a word what a comparison shows; 显著 only where the adjusted p says so.

    Parameters
    ----------
    row : Series
        A row of the table ``comparisons`` or ``changes``.
    alpha : float
        The error that is allowed over the whole family of comparisons.
    words : tuple of str
        What is lower, and what is higher.

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
    return f"显著{words[int(row['estimate'] > 0)]}"


def comparison_view(
    df: pd.DataFrame,
    study: Study,
    *,
    alpha: float = 0.05,
    words: tuple[str, str] = ("偏低", "偏高"),
) -> pd.DataFrame:
    """Show comparisons or changes to a reader: difference, interval, adjusted p, verdict.

    Parameters
    ----------
    df : DataFrame
        Table ``comparisons`` or ``changes``.
    study : Study
        Its labels stand in place of the items' names.
    alpha : float
        The error that is allowed over the whole family of comparisons.
    words : tuple of str
        What is lower, and what is higher: 下降 and 上升 of changes.

    Returns
    -------
    DataFrame
        Chinese columns 题目, 指标 (where there are several), 分组 (where there are groups), 对比
        (unless it is the same in all rows, or against all others), n, 差 (shares in percentage
        points), 95% 置信区间, 校正后 p, 结论; one row a row.

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
    plain = df["contrast"].nunique() == 1 or df["contrast"].str.endswith("− 其他").all()
    if not plain:
        view["对比"] = df["contrast"].str.replace(" − ", " 减 ").fillna("—")
    view["n"] = ["—" if pd.isna(row["n"]) else f"{row['n']:,}" for row in rows]
    short = [difference(row["estimate"], row["metric"]) for row in rows]
    view["差"] = [text.removesuffix(" 个百分点") for text in short]
    view["95% 置信区间"] = [_between(row).removesuffix(" 个百分点") for row in rows]
    view["校正后 p"] = [p_value(row["p_adjusted"]) for row in rows]
    view["结论"] = [finding(row, alpha=alpha, words=words) for row in rows]
    return view


def comparison_finding(comparisons: pd.DataFrame, *, alpha: float = 0.05) -> str:
    """Say which groups of one kind differ from all others, for the caption of a chart.

    Parameters
    ----------
    comparisons : DataFrame
        Rows of ``comparisons``: one item, the groups of one column against the rest.
    alpha : float
        The error that is allowed over these groups.

    Returns
    -------
    str
        The groups that are lower, then those that are higher, or that no difference was found.

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["华东", "西南"], "estimate": [0.1, -0.5],
    ...                      "p_adjusted": [0.4, 0.01], "reason": [None, None]})
    >>> comparison_finding(rows)
    '西南显著低于其余客户'
    """
    tested = comparisons[comparisons["p_adjusted"].notna()]
    if tested.empty:
        return "可比较的分组不足两个"
    told = []
    for words, sign in (("显著低于其余客户", -1), ("显著高于其余客户", 1)):
        rows = tested[(tested["p_adjusted"] < alpha) & (tested["estimate"] * sign > 0)]
        if len(rows):
            told.append(joined("、".join(rows["group"]), words))
    return "，".join(told) or "各组与其余客户的差别没有超出抽样误差"


def comparison_findings(
    comparisons: pd.DataFrame, study: Study, *, alpha: float = 0.05
) -> list[str]:
    """Say, for each way to group the customers, who differs from all others in the overall item.

    Parameters
    ----------
    comparisons : DataFrame
        Table ``comparisons`` of groups against the rest.
    study : Study
        Names the overall item and the labels.
    alpha : float
        The error that is allowed over the groups of one kind.

    Returns
    -------
    list of str
        One sentence a grouping.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> comparison_findings(schema.empty("comparisons"), store.study("ops_company"))
    []
    """
    rows = comparisons[comparisons["item"] == study.report.overall]
    return [
        f"按{study.label(by)}看：{comparison_finding(part, alpha=alpha)}。"
        for by, part in rows.groupby("group_by", sort=False)
    ]


def changes_finding(changes: pd.DataFrame, study: Study, *, alpha: float = 0.05) -> str:
    """Say which items rose or fell beyond chance, for the caption of a table.

    Parameters
    ----------
    changes : DataFrame
        Table ``changes`` of the quarter against the one before, without groups.
    study : Study
        Its labels stand in place of the items' names.
    alpha : float
        The error that is allowed over the items.

    Returns
    -------
    str
        The items whose mean fell, then those whose mean rose, or that nothing changed beyond
        chance.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> changes_finding(schema.empty("changes"), store.study("ops_company"))
    '没有一题的变化超出抽样误差'
    """
    tested = changes[(changes["metric"] == "mean") & (changes["p_adjusted"] < alpha)]
    told = []
    for word, sign in (("下降", -1), ("上升", 1)):
        rows = tested[tested["estimate"] * sign > 0]
        if len(rows):
            told.append(f"{'、'.join(map(study.label, rows['item']))}显著{word}")
    if not told and changes["item"].nunique() == 1:
        return f"{study.label(changes['item'].iloc[0])}的变化没有超出抽样误差"
    return "，".join(told) or "没有一题的变化超出抽样误差"


def mix_view(mixes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show how much of a change comes from who answered, how much from what they said.

    Parameters
    ----------
    mixes : DataFrame
        Rows of ``changes`` from ``estimates.decompose``, without groups.
    study : Study
        Its labels stand in place of the columns' names.

    Returns
    -------
    DataFrame
        One row a grouping and part: 按什么分组, 部分, 变化, 95% 置信区间, 校正后 p.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(mix_view(schema.empty("changes"), store.study("ops_company")))
    ['按什么分组', '部分', '变化', '95% 置信区间', '校正后 p']
    """
    rows = [row for _, row in mixes.iterrows()]
    parts = {"total": "总变化", "mix": "构成", "rate": "评价"}
    return pd.DataFrame(
        {
            "按什么分组": [study.label(row["group_by"]) for row in rows],
            "部分": [parts.get(row["level"], row["level"]) for row in rows],
            "变化": [difference(row["estimate"], "mean") for row in rows],
            "95% 置信区间": [_between(row) for row in rows],
            "校正后 p": [p_value(row["p_adjusted"]) for row in rows],
        },
        index=mixes.index,
    )


def trend_finding(slopes: pd.DataFrame, study: Study, *, alpha: float = 0.05) -> list[str]:
    """Say whether a series of quarters rises or falls.

    Parameters
    ----------
    slopes : DataFrame
        Rows of ``changes`` from ``estimates.trend``.
    study : Study
        Its labels stand in place of the items' names.
    alpha : float
        The error that is allowed.

    Returns
    -------
    list of str
        One sentence a series; that there are too few quarters where there is none.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> trend_finding(schema.empty("changes"), store.study("ops_company"))
    ['不足三个季度，不检验趋势。']
    """
    rows = slopes[slopes["contrast"] == "slope per quarter"]
    if rows.empty:
        return ["不足三个季度，不检验趋势。"]
    told = []
    for _, row in rows.iterrows():
        name = named(study.label(row["item"]), row["metric"])
        if pd.isna(row["p_adjusted"]):
            told.append(f"{name}：{reason(row) or '无法检验趋势'}。")
            continue
        sure = "显著" if row["p_adjusted"] < alpha else "不显著"
        amount = difference(row["estimate"], row["metric"])
        told.append(joined(name, f"平均每季度 {amount}（p {_is(row)}），趋势{sure}。"))
    return told


def change_words(row: pd.Series, *, alpha: float = 0.05) -> str:
    """Say a change against the quarter before: how much, and whether it is beyond chance."""
    if pd.isna(row["estimate"]):
        return f"与上期的变化不公布：{reason(row)}"
    sure = "变化显著" if row["p_adjusted"] < alpha else "变化不显著"
    return f"变化 {difference(row['estimate'], row['metric'])}（校正后 p {_is(row)}），{sure}"


def _is(row: pd.Series) -> str:
    text = p_value(row["p_adjusted"])
    return text if text.startswith("<") else f"= {text}"


def _between(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]):
        return "—"
    low, high = (difference(row[end], row["metric"]) for end in ("ci_low", "ci_high"))
    return f"{low.removesuffix(' 个百分点')} 至 {high}"
