"""Customers who leave, who may, and the orders they add, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.amounts import between, change_of, count, of, reason_of
from csatlib.report.weighting import p_value
from csatlib.report.words import joined, number

__all__ = [
    "churn_finding",
    "churn_risk_check_view",
    "churn_risk_finding",
    "churn_view",
    "orders_sentence",
]

_RISKS = {"high": "高", "medium": "中", "low": "低"}
_GROUPS = {
    "affected": "措施涉及的客户",
    "unaffected": "其他客户",
    "affected − unaffected": "措施涉及的客户与其他客户之差",
}
_CHURN = {
    "rate": "流失率",
    "change": "较上一季度",
    "difference": "两组之差",
    "did": "两组变化之差",
}


def churn_view(churn: pd.DataFrame) -> pd.DataFrame:
    """Show the churn rate of each quarter and group, and how groups and quarters differ.

    Parameters
    ----------
    churn : DataFrame
        Table ``churn``.

    Returns
    -------
    DataFrame of str
        In the rows' order: 季度, 客户, 指标, 流失 (lost of active), 数值, 95% 区间, p, 说明.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(churn_view(empty("churn")))[:3]
    ['季度', '客户', '指标']
    """
    rows = []
    for _, row in churn.iterrows():
        is_rate = row["metric"] == "rate"
        write = number if is_rate else change_of
        rows.append(
            {
                "季度": row["quarter"],
                "客户": _customers(row["group"]),
                "指标": _CHURN.get(row["metric"], row["metric"]),
                "流失": of(row["lost"], row["n"]) if is_rate else "—",
                "数值": write(row["estimate"], "share"),
                "95% 区间": _limits(row) if is_rate else _gap(row),
                "p": p_value(row["p"]),
                "说明": reason_of(row["reason"]),
            }
        )
    columns = ["季度", "客户", "指标", "流失", "数值", "95% 区间", "p", "说明"]
    return pd.DataFrame(rows, columns=columns, index=churn.index)


def churn_finding(churn: pd.DataFrame) -> Sequence[str]:
    """Say the latest churn rate, how it moved, and how those whom a measure reached did.

    Parameters
    ----------
    churn : DataFrame
        Table ``churn``.

    Returns
    -------
    sequence of str
        Higher and lower are said only where the interval leaves out 0. Affected and unaffected
        are told apart as association (关联).

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> churn_finding(empty("churn"))
    ['没有下一季度的客户名单，流失率还不能计算。']
    """
    rates = churn[(churn["metric"] == "rate") & churn["group"].isna() & churn["estimate"].notna()]
    if rates.empty:
        return ["没有下一季度的客户名单，流失率还不能计算。"]
    last = rates.sort_values("quarter").iloc[-1]
    now = churn[churn["quarter"] == last["quarter"]]
    text = (
        f"{last['quarter']} 的 {count(last['n'])} 位活跃客户中，{count(last['lost'])} 位到 "
        f"{last['next_quarter']} 不再活跃，流失率 {number(last['estimate'], 'share')}"
        f"（95% 区间 {_limits(last)}）"
    )
    change = now[(now["metric"] == "change") & now["group"].isna()]
    told = [text + (_moved(change.iloc[0]) if len(change) else "") + "。"]
    for metric, opening in (
        ("difference", "措施涉及的客户与其他客户的流失率相差"),
        ("did", "措施前后，两组流失率的变化相差"),
    ):
        for _, row in now[(now["metric"] == metric) & now["estimate"].notna()].iterrows():
            size = f"{opening} {change_of(row['estimate'], 'share')}（95% 区间 {_gap(row)}）"
            told.append(f"{size}{'' if _apart(row) else '，分不出高低'}；这是关联。")
    return told


def churn_risk_check_view(check: pd.DataFrame) -> pd.DataFrame:
    """Show of each level of risk how many did leave.

    Parameters
    ----------
    check : DataFrame
        Table ``churn_risk_check``.

    Returns
    -------
    DataFrame of str
        风险, 流失 (lost of n), 流失率, 95% 区间.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(churn_risk_check_view(empty("churn_risk_check")))
    ['风险', '流失', '流失率', '95% 区间']
    """
    rows = [row for _, row in check.iterrows()]
    return pd.DataFrame(
        {
            "风险": [_RISKS[row["level"]] for row in rows],
            "流失": [of(row["lost"], row["n"]) for row in rows],
            "流失率": [number(row["estimate"], "share") for row in rows],
            "95% 区间": [_limits(row) for row in rows],
        },
        index=check.index,
    )


def churn_risk_finding(risk: pd.DataFrame, *, check: pd.DataFrame | None = None) -> Sequence[str]:
    """Say how many customers are at risk, and whether the levels held; nobody is named.

    Parameters
    ----------
    risk : DataFrame
        Table ``churn_risk``.
    check : DataFrame, optional
        Table ``churn_risk_check`` of a quarter whose outcome is known.

    Returns
    -------
    sequence of str
        That the levels tell customers apart is said only where the intervals of high and low do
        not overlap.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> churn_risk_finding(empty("churn_risk"))
    ['没有可以判断流失风险的客户。']
    """
    if risk.empty:
        return ["没有可以判断流失风险的客户。"]
    n = risk["level"].value_counts()
    told = [
        f"{count(len(risk))} 位客户中，流失风险高的 {count(n.get('high', 0))} 位，"
        f"中的 {count(n.get('medium', 0))} 位；名单只交给负责跟进的人，不在报告里公布。"
    ]
    if check is not None:
        rows = check.set_index("level").reindex(["high", "low"])
        if rows["estimate"].notna().all():
            high, low = rows.loc["high"], rows.loc["low"]
            apart = high["ci_low"] > low["ci_high"]
            verdict = "分级可信" if apart else "两者的区间重叠，分级还不能当真"
            told.append(
                f"上一次判为高风险的客户流失 {number(high['estimate'], 'share')}，"
                f"低风险的流失 {number(low['estimate'], 'share')}，{verdict}。"
            )
    return told


def orders_sentence(orders: pd.DataFrame) -> str:
    """Say how many customers added orders when they were asked again.

    Parameters
    ----------
    orders : DataFrame
        Table ``orders_gained``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> orders_sentence(empty("orders_gained"))
    '还没有二次回访的订单记录。'
    """
    whole = orders[orders["action_id"].isna() & orders["orders"].notna()]
    if whole.empty:
        return "还没有二次回访的订单记录。"
    row = whole.iloc[0]
    return (
        f"二次回访 {count(row['asked'])} 位客户，{count(row['answered'])} 位说明了订单情况，"
        f"其中 {count(row['customers'])} 位追加订单，共 {float(row['orders']):,.4g} 笔；"
        "追加订单与措施同时出现，不能都算作措施的结果。"
    )


def _limits(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        return "—"
    return f"{number(row['ci_low'], 'share')}–{number(row['ci_high'], 'share')}"


def _gap(row: pd.Series) -> str:
    return joined(between(row["ci_low"], row["ci_high"], "share"), "个百分点")


def _apart(row: pd.Series) -> bool:
    return bool(row["ci_low"] > 0 or row["ci_high"] < 0)


def _moved(row: pd.Series) -> str:
    if pd.isna(row["estimate"]):
        return ""
    size = f"{change_of(row['estimate'], 'share')}（95% 区间 {_gap(row)}）"
    if not _apart(row):
        return f"，较上一季度 {size}，看不出变化"
    return f"，较上一季度{'升高' if row['estimate'] > 0 else '降低'}：{size}"


def _customers(group: object) -> str:
    return "全部" if pd.isna(group) else _GROUPS.get(str(group), str(group))
