"""The words of comments in Chinese: what each group mentions more often than the others."""

from __future__ import annotations

import pandas as pd

from csatlib.report.weighting import p_value
from csatlib.report.words import joined, number
from csatlib.study import Study

__all__ = ["keyness_sentence", "keyness_view"]

_REASONS = {
    "empty": "本组没有留言",
    "single_group": "只有一个组，无从比较",
    "no_variation": "每条留言都提到，无从比较",
}
_ALPHA = 0.05


def keyness_view(keyness: pd.DataFrame, study: Study, *, conf: float = 0.95) -> pd.DataFrame:
    """Show which words each group mentions more or less often than the others.

    Parameters
    ----------
    keyness : DataFrame
        Table ``keyness``.
    study : Study
        Its labels stand in place of groups that it names.
    conf : float
        The level at which the intervals were computed, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a group and word, in the table's order: 组别, 词, 本组提及 and 其他提及 (comments
        and their share), 对数优势比 and 95% 区间 (both
        drawn towards 0 by the prior, see `text.keyness`), 校正后 p, 说明 (the reason where
        nothing could be compared).

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(keyness_view(schema.empty("keyness"), store.study("ops_company")))
    ['组别', '词', '本组提及', '其他提及', '对数优势比', '95% 区间', '校正后 p', '说明']
    """
    labels = study.label_map()
    rows = list(keyness.itertuples())
    return pd.DataFrame(
        {
            "组别": [labels.get(row.group, row.group) for row in rows],
            "词": [row.term for row in rows],
            "本组提及": [_mentions(row.comments, row.share) for row in rows],
            "其他提及": [_mentions(row.comments_rest, row.share_rest) for row in rows],
            "对数优势比": [_signed(row.log_odds) for row in rows],
            f"{100 * conf:g}% 区间": [_between(row.ci_low, row.ci_high) for row in rows],
            "校正后 p": [p_value(row.p_adjusted) for row in rows],
            "说明": [
                "" if pd.isna(row.reason) else _REASONS.get(row.reason, row.reason) for row in rows
            ],
        },
        index=keyness.index,
    )


def keyness_sentence(keyness: pd.DataFrame, *, top: int = 3) -> str:
    """Say which words each group mentions more often than the others, as far as that is sure.

    Parameters
    ----------
    keyness : DataFrame
        Table ``keyness`` with one ``group_by``.
    top : int
        How many words a group are named, those with the largest ``z``.

    Returns
    -------
    str
        显著 stands only where ``p_adjusted`` is below 0.05; a group without such a word is told
        to have none.

    Raises
    ------
    ValueError
        If ``group_by`` is mixed, or ``top`` is below 1.

    Examples
    --------
    >>> from csatlib import schema
    >>> keyness_sentence(schema.empty("keyness"))
    '没有可以比较的词。'
    """
    if top < 1:
        raise ValueError(f"keyness_sentence: top must be at least 1, found {top}")
    if keyness["group_by"].nunique() > 1:
        raise ValueError("keyness_sentence: expected one group_by; filter the table first")
    known = keyness[keyness["p_adjusted"].notna()]
    if known.empty:
        codes = keyness["reason"].dropna()
        words = "、".join(dict.fromkeys(_REASONS.get(code, code) for code in codes))
        return f"没有可以比较的词（{words}）。" if words else "没有可以比较的词。"
    sure = known[(known["p_adjusted"] < _ALPHA) & (known["log_odds"] > 0)]
    if sure.empty:
        return "各组提到的词没有显著差别。"
    told = [
        joined(str(group), f"是{_named(rows.sort_values('rank').head(top))}")
        for group, rows in sure.groupby("group", sort=True)
    ]
    rest = sorted(set(known["group"]) - set(sure["group"]))
    told += [joined("、".join(rest), "没有")] if rest else []
    return f"各组比其他组显著更常提到的词：{'；'.join(told)}。"


def _named(rows: pd.DataFrame) -> str:
    return "、".join(
        f"“{row.term}”（{number(row.share, 'share')}，其他 {number(row.share_rest, 'share')}）"
        for row in rows.itertuples()
    )


def _mentions(comments: int, share: float) -> str:
    return f"{comments:,} 条" if pd.isna(share) else f"{comments:,} 条（{number(share, 'share')}）"


def _signed(value: float) -> str:
    return "—" if pd.isna(value) else f"{value:+z.2f}".replace("-", "−")


def _between(low: float, high: float) -> str:
    return "—" if pd.isna(low) or pd.isna(high) else f"{_signed(low)} 至 {_signed(high)}"
