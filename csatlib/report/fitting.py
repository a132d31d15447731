"""A fitted model in Chinese: its coefficients, how well it fits, and how steady importances are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib.estimates.adjusting import adjust_p
from csatlib.report.modelling import KINDS
from csatlib.report.weighting import p_value, signed
from csatlib.report.words import joined, number, reason
from csatlib.study import Study

__all__ = ["adjusted_p", "coefficients_view", "fit_finding", "stability_findings"]


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
        the others; 校正后 p (Holm, over the drivers of the model).

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(coefficients_view(schema.empty("coefficients"), store.study("ops_company")))
    ['维度', '系数', '95% 置信区间', '校正后 p']
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
            "校正后 p": [p_value(p) for p in _adjusted(rows)],
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
        Significant (显著) are drivers whose p, adjusted after Holm, is below 0.05.

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
    overall = study.label(study.report.overall)
    named = [study.label(term) for term in rows.loc[_adjusted(rows) < 0.05, "term"]]
    share = "McFadden R²" if model["r2_kind"] == "mcfadden" else "R²"
    told = f"{share} 为 {model['r2']:.2f}，" if pd.notna(model["r2"]) else ""
    penalised = (
        "；有的维度把答案完全分开，改用 Firth 惩罚估计（使系数不至于无穷大）"
        if model["method"] == "firth"
        else ""
    )
    model_told = f"{KINDS[model['kind']]}（{told}n = {model['n']:,}）："
    if not named:
        return f"{model_told}没有一个维度在其余维度相同时仍与{overall}显著相关{penalised}"
    who = joined("、".join(named), "仍与")
    return f"{model_told}其余维度相同时，{who}{overall}显著相关{penalised}"


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
        f"逐个去掉 {row['units']:,} 个{unit}重算，{name}占已解释部分的比例在 "
        f"{number(row['share_low'], 'share')} 与 {number(row['share_high'], 'share')} 之间。"
    )
    if pd.isna(row["changed"]) or not row["changed"]:
        return [said, f"去掉任何一个{unit}，居首的都还是{name}。"]
    return [said, f"去掉其中 {row['changed']:,} 个时，居首的会换成别的维度，名次不宜细分。"]


def adjusted_p(coefficients: pd.DataFrame) -> pd.Series:
    """Give each driver's p, adjusted after Holm over the drivers of the model."""
    rows = _drivers(coefficients)
    return pd.Series(_adjusted(rows), index=rows.index, dtype="float64")


def _drivers(coefficients: pd.DataFrame) -> pd.DataFrame:
    term = coefficients["term"]
    # A driver may be named as thresholds are, but only ordered models have thresholds.
    threshold = term.str.contains("|", regex=False) & (coefficients["kind"] == "ordinal")
    rows = coefficients[(term != "(Intercept)") & ~threshold.fillna(value=False)]
    return rows.sort_values("p", kind="stable", na_position="last")


def _adjusted(rows: pd.DataFrame) -> np.ndarray:
    return adjust_p(rows["p"].to_numpy(dtype=float, na_value=np.nan), "holm")


def _written(value: float, odds: bool) -> str:
    return f"{value:.2f}" if odds else signed(value, "mean")
