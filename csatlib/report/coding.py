"""How far codes can be trusted, in Chinese: coders beside each other, rules beside a person."""

from __future__ import annotations

import pandas as pd

from csatlib.report.words import REASONS, number
from csatlib.study import Study

__all__ = [
    "agreement_sentence",
    "agreement_view",
    "rule_agreement_sentence",
    "rule_agreement_view",
]

_METHODS = {
    "percent_agreement": "一致率",
    "cohen_kappa": "Cohen's kappa",
    "fleiss_kappa": "Fleiss' kappa",
    "gwet_ac1": "Gwet's AC1",
    "krippendorff_alpha": "Krippendorff's alpha",
}
#: Krippendorff's limits: from the first codes may be relied on, from the second with care.
_RELIABLE, _TENTATIVE = 0.800, 0.667
_ALL = "全部主题"


def agreement_view(agreement: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show how far coders agree.

    Parameters
    ----------
    agreement : DataFrame
        Table ``agreement``.
    study : Study
        The names of its codeframe stand in place of the themes' ids.

    Returns
    -------
    DataFrame
        One row a theme and method: 主题 (only where the table has themes), 指标, 数值, 95% 置信区间
        (or why there is none), 编码人数, 留言数.

    Examples
    --------
    >>> from csatlib import store, themes
    >>> first, second = pd.Series(list("aabbab")), pd.Series(list("aabbbb"))
    >>> table = themes.agreement(first, second)
    >>> view = agreement_view(table, store.study("ops_company"))
    >>> view.loc[1, ["指标", "数值"]].tolist()
    ["Cohen's kappa", '0.67']
    """
    rows = [row for _, row in agreement.iterrows()]
    view = pd.DataFrame(
        {
            "指标": [_METHODS[row["method"]] for row in rows],
            "数值": [number(row["estimate"], _metric(row["method"])) for row in rows],
            "95% 置信区间": [
                _limits(row["ci_low"], row["ci_high"], row["reason"], _metric(row["method"]))
                for row in rows
            ],
            "编码人数": [f"{row['coders']:,}" for row in rows],
            "留言数": [f"{row['n']:,}" for row in rows],
        },
        index=agreement.index,
    )
    if agreement["theme"].notna().any():
        view.insert(0, "主题", _names(agreement, study))
    return view


def agreement_sentence(agreement: pd.DataFrame, study: Study) -> str:
    """Say how far coders agree, and with which themes they do not.

    Parameters
    ----------
    agreement : DataFrame
        Table ``agreement``.
    study : Study
        The names of its codeframe stand in place of the themes' ids.

    Returns
    -------
    str
        By Krippendorff's alpha: the lowest and the highest of the themes, and those below 0.667.

    Examples
    --------
    >>> from csatlib import store, themes
    >>> first, second = pd.Series(list("aabbab")), pd.Series(list("aabbbb"))
    >>> agreement_sentence(themes.agreement(first, second), store.study("ops_company"))
    "编码人之间的 Krippendorff's alpha 为 0.69，只宜作初步结论。"
    """
    rows = agreement[agreement["method"] == "krippendorff_alpha"]
    known = rows[rows["estimate"].notna()].sort_values("estimate")
    what = "编码人之间的 Krippendorff's alpha "
    if known.empty:
        why = rows["reason"].dropna().map(lambda code: REASONS.get(code, code)).unique()
        return f"{what}无法计算：{'、'.join(why) or '没有结果'}。"
    low, high = (number(known["estimate"].iloc[place], "mean") for place in (0, -1))
    if len(known) == 1:
        return f"{what}为 {low}，{_trust(known['estimate'].iloc[0])}。"
    weak = known[known["estimate"] < _TENTATIVE]
    text = f"{what}在 {low} 与 {high} 之间"
    if weak.empty:
        return f"{text}，最低的是“{_names(known, study)[0]}”，{_trust(known['estimate'].iloc[0])}。"
    return f"{text}；{_quoted(weak, study)}低于 {_TENTATIVE}，不宜引用，应先写清定义再编码。"


def rule_agreement_view(rule_agreement: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show how well rules recover what a person coded, theme by theme.

    Parameters
    ----------
    rule_agreement : DataFrame
        Table ``rule_agreement``.
    study : Study
        The names of its codeframe stand in place of the themes' ids.

    Returns
    -------
    DataFrame
        One row a theme and 全部主题 last: 主题, 人工标出, 规则标出, 一致, 精确率 and 召回率 (each
        with its interval, or why there is none), F1, kappa (likewise).

    Examples
    --------
    >>> from csatlib import store, themes
    >>> coded = pd.DataFrame({"comment_id": list("abc"), "theme": ["wait", "wait", None]})
    >>> hand = pd.DataFrame({"comment_id": list("abc"), "theme": ["wait", None, None]})
    >>> table = themes.rule_agreement(coded, hand)
    >>> rule_agreement_view(table, store.study("ops_company")).loc[0, "精确率"]
    '50.0%（9.5%–90.5%）'
    """
    rows = [row for _, row in rule_agreement.iterrows()]
    return pd.DataFrame(
        {
            "主题": _names(rule_agreement, study),
            "人工标出": [f"{row['labelled']:,}" for row in rows],
            "规则标出": [f"{row['coded']:,}" for row in rows],
            "一致": [f"{row['true_positive']:,}" for row in rows],
            "精确率": [_with_limits(row, "precision", "share", row["reason"]) for row in rows],
            "召回率": [_with_limits(row, "recall", "share", row["reason"]) for row in rows],
            "F1": [number(row["f1"], "mean") for row in rows],
            "kappa": [_with_limits(row, "kappa", "mean", row["kappa_reason"]) for row in rows],
        },
        index=rule_agreement.index,
    )


def rule_agreement_sentence(rule_agreement: pd.DataFrame, study: Study) -> str:
    """Say how far the codes of rules can be trusted.

    Parameters
    ----------
    rule_agreement : DataFrame
        Table ``rule_agreement``.
    study : Study
        The names of its codeframe stand in place of the themes' ids.

    Returns
    -------
    str
        Precision and recall of all themes together with their intervals, the verdict by kappa
        (from 0.800 reliable, from 0.667 tentative), which way shares err where the intervals of
        precision and recall are apart, and the themes whose kappa is below 0.667 or cannot be had.

    Examples
    --------
    >>> from csatlib import store, themes
    >>> coded = pd.DataFrame({"comment_id": list("abc"), "theme": ["wait", "wait", None]})
    >>> hand = pd.DataFrame({"comment_id": list("abc"), "theme": ["wait", None, None]})
    >>> table = themes.rule_agreement(coded, hand)
    >>> rule_agreement_sentence(table, store.study("ops_company"))[:28]
    '规则编码与人工编码对照了 3 条留言：规则标出的主题中 '
    """
    overall = rule_agreement[rule_agreement["theme"].isna()]
    themes = rule_agreement[rule_agreement["theme"].notna()]
    read = 0 if themes.empty else int(themes["n"].iloc[0])
    if overall.empty or not read:
        return "没有可以对照的人工编码，规则编码是否可靠未知。"
    row = overall.iloc[0]
    text = f"规则编码与人工编码对照了 {read:,} 条留言："
    if pd.isna(row["precision"]) or pd.isna(row["recall"]):
        return f"{text}{REASONS[row['reason']]}任何主题，规则编码是否可靠未知。"
    text += (
        f"规则标出的主题中 {_told(row, 'precision')}人工也标出，"
        f"人工标出的主题中 {_told(row, 'recall')}规则找到了。"
    )
    if pd.notna(row["kappa"]):
        kappa = number(row["kappa"], "mean")
        text += f"总体 kappa 为 {kappa}，{_trust(row['kappa'])}。"
    weak = themes[themes["kappa"] < _TENTATIVE]
    unknown = themes[themes["kappa"].isna()]
    text += _leaning(row)
    if len(weak):
        which = "各主题" if len(weak) == len(themes) > 1 else _quoted(weak, study)
        text += f"{which}的 kappa 低于 {_TENTATIVE}，应先修订规则再引用。"
    if len(unknown):
        text += f"{_quoted(unknown, study)}无法评判。"
    return text


def _leaning(row: pd.Series) -> str:
    """Say which way shares err, where precision and recall are clearly apart."""
    if row["recall_high"] < row["precision_low"]:
        return "漏标多于错标，主题的占比偏低，宜看作下限。"
    if row["precision_high"] < row["recall_low"]:
        return "错标多于漏标，主题的占比偏高，宜看作上限。"
    return ""


def _trust(value: float) -> str:
    if value >= _RELIABLE:
        return "可以据此下结论"
    return "只宜作初步结论" if value >= _TENTATIVE else "不宜引用"


def _metric(method: str) -> str:
    return "share" if method == "percent_agreement" else "mean"


def _limits(low: float, high: float, why: str | None, metric: str) -> str:
    if pd.isna(low) or pd.isna(high):
        return "—" if pd.isna(why) else REASONS.get(why, why)
    between = " 至 " if low < 0 else "–"
    return f"{number(low, metric)}{between}{number(high, metric)}"


def _with_limits(row: pd.Series, name: str, metric: str, why: str | None) -> str:
    limits = _limits(row[f"{name}_low"], row[f"{name}_high"], why, metric)
    return limits if pd.isna(row[name]) else f"{number(row[name], metric)}（{limits}）"


def _told(row: pd.Series, name: str) -> str:
    limits = _limits(row[f"{name}_low"], row[f"{name}_high"], None, "share")
    return f"{number(row[name], 'share')}（95% 置信区间 {limits}）"


def _names(table: pd.DataFrame, study: Study) -> list[str]:
    labels = study.codeframe.labels()
    return [_ALL if pd.isna(theme) else labels.get(theme, theme) for theme in table["theme"]]


def _quoted(table: pd.DataFrame, study: Study) -> str:
    return "、".join(f"“{name}”" for name in _names(table, study))
