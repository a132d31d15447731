"""Whether a system of indicators keeps the seven principles, as a Chinese reader sees it."""

from __future__ import annotations

import pandas as pd

__all__ = ["checks_sentence", "checks_view"]

_PRINCIPLES = {
    "complete": "完整性",
    "representative": "代表性",
    "quantifiable": "可量化",
    "available": "可获取",
    "current": "时效性",
    "sustainable": "可持续",
    "operable": "可操作",
}


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
