"""Scores, ranks and grades of groups, and how firm they are, as a Chinese reader sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from csatlib.report.weighting import p_value
from csatlib.report.words import joined, number

__all__ = [
    "evaluation_sentence",
    "evaluation_view",
    "rank_sum_sentence",
    "rank_sum_view",
    "stability_sentence",
    "stability_view",
]

_REASONS = {
    "no_points": "没有可以计分的指标",
    "low_coverage": "有数的指标过少，不计分",
    "missing_indicator": "缺指标，不参加评价",
    "no_score": "没有得分",
    "single_group": "只有一个对象，无从排名",
    "no_se": "有的数没有误差，名次的把握偏高",
    "empty": "没有对象",
    "no_variation": "各对象的秩和比相同",
    "no_residual": "只有两个不同的秩和比，直线没有误差",
    "perfect_fit": "各点全在直线上，不估计误差",
}
_METHODS = {"weighted_mean": "加权平均", "rank_sum_ratio": "秩和比"}
_GRADES = {
    3: ("差", "中", "好"),
    4: ("差", "较差", "较好", "好"),
    5: ("差", "较差", "中", "较好", "好"),
}


def evaluation_view(evaluation: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Show each group's score, its first-level scores and its rank.

    Parameters
    ----------
    evaluation : DataFrame
        Table ``evaluation``, of one method.
    labels : mapping of str to str
        What a group is called; one without a label keeps its own name.

    Returns
    -------
    DataFrame
        One row a group, best first: 对象, 总分, a column a first-level indicator, 名次, 缺的指标,
        说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(evaluation_view(schema.empty("evaluation"), {}))
    ['对象', '总分', '名次', '缺的指标', '说明']
    """
    whole = evaluation[evaluation["part"] == "total"]
    whole = whole.sort_values(["rank", "group"], kind="stable").set_index("group")
    view = pd.DataFrame(index=whole.index)
    view["对象"] = [labels.get(group, group) for group in whole.index]
    view["总分"] = [_points(score) for score in whole["score"]]
    for part, rows in evaluation[evaluation["part"] != "total"].groupby("part", sort=False):
        scores = rows.set_index("group")["score"].reindex(whole.index)
        view[str(part)] = [_points(score) for score in scores]
    view["名次"] = [_rank(rank) for rank in whole["rank"]]
    view["缺的指标"] = [
        "—" if pd.isna(text) else "、".join(labels.get(one, one) for one in text.split("、"))
        for text in whole["missing"]
    ]
    view["说明"] = [_why(reason) for reason in whole["reason"]]
    return view.reset_index(drop=True)


def evaluation_sentence(evaluation: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """Say the scores of the first and the last, and where each is weakest.

    Parameters
    ----------
    evaluation, labels
        As for `evaluation_view`.

    Returns
    -------
    str
        Without the full stop at its end.

    Examples
    --------
    >>> from csatlib import schema
    >>> evaluation_sentence(schema.empty("evaluation"), {})
    '没有得分'
    """
    whole = evaluation[(evaluation["part"] == "total") & evaluation["score"].notna()]
    if whole.empty:
        return "没有得分"
    ordered = whole.sort_values(["score", "group"], ascending=[False, True], kind="stable")
    told = []
    ends = [("得分最高", ordered.iloc[0])]
    if len(ordered) > 1:
        ends.append(("得分最低", ordered.iloc[-1]))
    for words, row in ends:
        name = labels.get(row["group"], row["group"])
        text = joined(
            name, f"{words if len(ordered) > 1 else '得分'}（{_points(row['score'])} 分）"
        )
        parts = evaluation[(evaluation["group"] == row["group"]) & (evaluation["part"] != "total")]
        weak = parts.dropna(subset=["score"]).sort_values("score", kind="stable")
        if len(weak) > 1:
            text += f"，最弱的是{weak['part'].iloc[0]}（{_points(weak['score'].iloc[0])} 分）"
        told.append(text)
    return "；".join(told)


def rank_sum_view(ratios: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Show the distribution of rank-sum ratios with every step, the best first.

    Parameters
    ----------
    ratios : DataFrame
        Table ``rank_sum``.
    labels : mapping of str to str
        What a group is called; one without a label keeps its own name.

    Returns
    -------
    DataFrame
        对象, RSR, 频数, 累计频数, 平均秩次, 累计频率, 概率单位, RSR 估计值, 名次, 分档 (1 is the
        lowest), 说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(rank_sum_view(schema.empty("rank_sum"), {}))[:3]
    ['对象', 'RSR', '频数']
    """
    rows = ratios.sort_values(["rank", "group"], kind="stable").reset_index(drop=True)
    return pd.DataFrame(
        {
            "对象": [labels.get(group, group) for group in rows["group"]],
            "RSR": [_decimals(value) for value in rows["rsr"]],
            "频数": rows["frequency"],
            "累计频数": rows["cumulative"],
            "平均秩次": [_rank(value) for value in rows["mean_rank"]],
            "累计频率": [number(value, "share") for value in rows["share"]],
            "概率单位": [_decimals(value) for value in rows["probit"]],
            "RSR 估计值": [_decimals(value) for value in rows["fitted"]],
            "名次": [_rank(value) for value in rows["rank"]],
            "分档": rows["grade"],
            "说明": [_why(reason) for reason in rows["reason"]],
        }
    )


def rank_sum_sentence(
    fit: pd.DataFrame,
    grades: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    stability: pd.DataFrame | None = None,
    firm: float = 0.9,
) -> str:
    """Say the line through the ratios, and who stands in the highest and the lowest grade.

    Parameters
    ----------
    fit : DataFrame
        Table ``rank_sum_fit``.
    grades : DataFrame
        Table ``rank_sum_grades``.
    labels : mapping of str to str
        What a group is called; one without a label keeps its own name.
    stability : DataFrame, optional
        Table ``stability`` of the rank-sum ratio: groups that change their grade when weights and
        values move are named.
    firm : float
        The share of draws from which on a grade counts as firm.

    Returns
    -------
    str
        Without the full stop at its end.

    Examples
    --------
    >>> from csatlib import schema
    >>> rank_sum_sentence(schema.empty("rank_sum_fit"), schema.empty("rank_sum_grades"), {})
    '没有秩和比'
    """
    if fit.empty:
        return "没有秩和比"
    line = fit.set_index("term")
    slope = line.loc["probit"]
    if pd.isna(slope["estimate"]):
        return f"不能分档：{_why(slope['reason'])}"
    start = line.loc["intercept", "estimate"]
    sign = "−" if start < 0 else ""
    text = f"回归方程 RSR = {sign}{abs(start):.4f} + {slope['estimate']:.4f} × 概率单位"
    why = _why(slope["reason"])
    about = why or f"F = {slope['f']:.2f}，p {_equals(slope['f_p'])}，R² = {slope['r2']:.3f}"
    text += f"（{about}）"
    names = _GRADES.get(len(grades), ())
    for place, words in ((-1, names[-1:]), (0, names[:1])):
        held = grades["groups"].iloc[place]
        if words and pd.notna(held):
            members = "、".join(labels.get(group, group) for group in held.split("、"))
            text += "；" + joined(f"{words[0]}的一档有", members)
    unsure = _unsure(stability, firm)
    if unsure:
        named = "、".join(labels.get(group, group) for group in unsure)
        text += "；" + joined(named, f"的分档不稳定（留在这一档的情形不到 {firm:.0%}）")
    return text


def _unsure(stability: pd.DataFrame | None, firm: float) -> list[str]:
    """List the groups that leave their grade in too many draws."""
    if stability is None:
        return []
    graded = [r for r in stability.itertuples() if pd.notna(r.grade)]
    return [r.group for r in graded if getattr(r, f"p_grade_{int(r.grade)}") < firm]


def stability_view(stability: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Show ranks with their intervals when weights and values move.

    Parameters
    ----------
    stability : DataFrame
        Table ``stability``.
    labels : mapping of str to str
        What a group is called; one without a label keeps its own name.

    Returns
    -------
    DataFrame
        方法, 对象, 得分, 得分区间, 名次, 名次区间, 第一的可能, 最后的可能, 各档的可能 (lowest grade
        first, where there are grades), 说明.

    Examples
    --------
    >>> from csatlib import schema
    >>> list(stability_view(schema.empty("stability"), {}))[:3]
    ['方法', '对象', '得分']
    """
    rows = list(stability.itertuples())
    chances = [[getattr(r, f"p_grade_{g}") for g in range(1, 6)] for r in rows]
    return pd.DataFrame(
        {
            "方法": stability["method"].map(_METHODS),
            "对象": [labels.get(r.group, r.group) for r in rows],
            "得分": [_score(r.score, r.method) for r in rows],
            "得分区间": [
                "—"
                if pd.isna(r.score_low)
                else f"{_score(r.score_low, r.method)}–{_score(r.score_high, r.method)}"
                for r in rows
            ],
            "名次": [_rank(r.rank) for r in rows],
            "名次区间": [_ranks(r) for r in rows],
            "第一的可能": [number(r.p_first, "share") for r in rows],
            "最后的可能": [number(r.p_last, "share") for r in rows],
            "各档的可能": [
                " / ".join(number(c, "share") for c in line if pd.notna(c)) or "—"
                for line in chances
            ],
            "说明": [_why(r.reason) for r in rows],
        },
        index=stability.index,
    )


def stability_sentence(
    stability: pd.DataFrame, labels: Mapping[str, str], *, firm: float = 0.9
) -> str:
    """Say whether the first and the last are firmly so.

    Parameters
    ----------
    stability, labels
        As for `stability_view`.
    firm : float
        The share of draws from which on a place counts as firm.

    Returns
    -------
    str
        Without the full stop at its end.

    Examples
    --------
    >>> from csatlib import schema
    >>> stability_sentence(schema.empty("stability"), {})
    '不能判断名次是否稳定'
    """
    known = stability.dropna(subset=["p_first"])
    if known.empty:
        return "不能判断名次是否稳定"
    told = []
    for column, words in (("p_first", "第一"), ("p_last", "最后")):
        best = known.sort_values([column, "group"], ascending=[False, True]).iloc[0]
        name, chance = labels.get(best["group"], best["group"]), number(best[column], "share")
        if best[column] >= firm:
            told.append(joined(name, f"排在{words}是稳定的（{chance} 的情形）"))
        else:
            told.append(
                joined(f"{words}不稳定：最常排在{words}的", name, f"也只占 {chance} 的情形")
            )
    return "；".join(told)


def _points(score: float) -> str:
    return "—" if pd.isna(score) else f"{score:z.1f}".replace("-", "−")


def _decimals(value: float) -> str:
    return "—" if pd.isna(value) else f"{value:z.4f}".replace("-", "−")


def _score(value: float, method: str) -> str:
    return _points(value) if method == "weighted_mean" else _decimals(value)


def _rank(rank: float) -> str:
    return "—" if pd.isna(rank) else f"{rank:g}"


def _ranks(row: Any) -> str:
    low, high = row.rank_low, row.rank_high
    return "—" if pd.isna(low) else f"{low:g}–{high:g}"


def _equals(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _why(reason: str) -> str:
    return "" if pd.isna(reason) else _REASONS.get(reason, reason)
