"""A fitted model in Chinese: its coefficients, how well it fits, and how steady importances are."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.weighting import p_value, signed
from csatlib.report.words import joined, number, reason
from csatlib.study import Study

__all__ = ["coefficients_view", "fit_finding", "stability_findings"]

_KINDS = {"linear": "线性回归", "logistic": "二元 Logistic 回归", "ordinal": "有序 Logistic 回归"}


def coefficients_view(coefficients: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show how much the outcome differs where a dimension is rated one point higher.

    Parameters
    ----------
    coefficients : DataFrame
        Table ``coefficients`` of one model; its intercept and thresholds are passed over.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    DataFrame
        One row a driver: 维度; 系数 and 95% 置信区间 of a linear model, 优势比 and its interval of
        the others; p 值.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(coefficients_view(schema.empty("coefficients"), store.study("ops_company")))
    ['维度', '系数', '95% 置信区间', 'p 值']
    """
    rows = _drivers(coefficients)
    odds = bool(rows["odds_ratio"].notna().any())
    columns = ["odds_ratio", "or_low", "or_high"] if odds else ["estimate", "ci_low", "ci_high"]
    value, low, high = (rows[name] for name in columns)
    return pd.DataFrame(
        {
            "维度": [study.label(term) for term in rows["term"]],
            "优势比" if odds else "系数": [
                _written(one, odds) if pd.notna(one) else reason(row) or "—"
                for one, (_, row) in zip(value, rows.iterrows(), strict=True)
            ],
            "95% 置信区间": [
                "—" if pd.isna(a) or pd.isna(b) else f"{_written(a, odds)} 至 {_written(b, odds)}"
                for a, b in zip(low, high, strict=True)
            ],
            "p 值": [p_value(p) for p in rows["p"]],
        },
        index=rows.index,
    )


def fit_finding(coefficients: pd.DataFrame, summary: pd.DataFrame, study: Study) -> str:
    """Say which dimensions go with the overall score beside the others, and how well all fit.

    Parameters
    ----------
    coefficients : DataFrame
        Table ``coefficients`` of one model.
    summary : DataFrame
        Table ``models``, the row of this model.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema, store
    >>> tables = schema.empty("coefficients"), schema.empty("models")
    >>> fit_finding(*tables, store.study("ops_company"))
    '没有可以估计的模型'
    """
    if coefficients.empty or summary.empty:
        return "没有可以估计的模型"
    model, rows = summary.iloc[0], _drivers(coefficients)
    named = [study.label(term) for term in rows.loc[rows["p"] < 0.05, "term"]]
    share = "McFadden R²" if model["r2_kind"] == "mcfadden" else "R²"
    told = f"{share} 为 {model['r2']:.2f}，" if pd.notna(model["r2"]) else ""
    penalised = "；数据可被完全分开，改用 Firth 惩罚估计" if model["method"] == "firth" else ""
    kind = _KINDS[model["kind"]]
    if not named:
        return f"{kind}（{told}n = {model['n']:,}）：没有维度单独与整体满意度显著相关{penalised}"
    return (
        f"{kind}（{told}n = {model['n']:,}）："
        f"{joined('', '、'.join(named), '')}各自与整体满意度显著相关{penalised}"
    )


def stability_findings(stability: pd.DataFrame, study: Study) -> Sequence[str]:
    """Say how far the importances hang on single units.

    Parameters
    ----------
    stability : DataFrame
        Table ``driver_stability`` of one method and one column of units.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    sequence of str
        One sentence, or two where the order changes.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> stability_findings(schema.empty("driver_stability"), store.study("ops_company"))
    ['没有分单位的资料，不检查重要性对个别单位的依赖。']
    """
    known = stability[stability["share"].notna() & stability["share_low"].notna()]
    if known.empty:
        return ["没有分单位的资料，不检查重要性对个别单位的依赖。"]
    row = known.sort_values("rank", kind="stable").iloc[0]
    unit, name = study.label(row["unit"]), study.label(row["driver"])
    said = (
        f"逐个去掉 {row['units']:,} 个{unit}重算，{name}占已解释部分的比例在"
        f"{number(row['share_low'], 'share')}与{number(row['share_high'], 'share')}之间。"
    )
    if pd.isna(row["changed"]) or not row["changed"]:
        return [said, f"去掉任何一个{unit}，居首的都还是{name}。"]
    return [said, f"去掉其中 {row['changed']:,} 个时，居首的会换成别的维度，名次不宜细分。"]


def _drivers(coefficients: pd.DataFrame) -> pd.DataFrame:
    term = coefficients["term"]
    # A driver may be named as thresholds are, but only ordered models have thresholds.
    threshold = term.str.contains("|", regex=False) & (coefficients["kind"] == "ordinal")
    rows = coefficients[(term != "(Intercept)") & ~threshold.fillna(value=False)]
    return rows.sort_values("p", kind="stable", na_position="last")


def _written(value: float, odds: bool) -> str:
    return f"{value:.2f}" if odds else signed(value, "mean")
