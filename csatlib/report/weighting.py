"""What respondents lean to and what weights mend, as a reader compares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from csatlib.report.words import interval, joined, named, number
from csatlib.study import Study

__all__ = [
    "effect_view",
    "gap_finding",
    "imbalance_sentence",
    "likeness_view",
    "modes_sentences",
    "modes_view",
    "p_value",
    "signed",
    "weighting_sentence",
]

_LEVELS = {"missing": "（未填）", "(missing)": "（未填）"}
_UNKNOWN = "样本不足"


def signed(difference: float, metric: str) -> str:
    """Write a difference with its sign: a mean's in points, a share's in percentage points.

    Parameters
    ----------
    difference : float
        On the scale of the ``estimates`` table: that of shares lies between −1 and 1.
    metric : str
        ``mean`` (two decimals) or ``share`` (one decimal).

    Returns
    -------
    str
        A dash for a missing value, no sign on zero.

    Examples
    --------
    >>> signed(-0.144, "share"), signed(0.58, "mean"), signed(0.0001, "mean")
    ('−14.4', '+0.58', '0.00')
    """
    if pd.isna(difference):
        return "—"
    text = f"{100 * difference:+z.1f}" if metric == "share" else f"{difference:+z.2f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("+")


def p_value(p: float) -> str:
    """Write a p value: three decimals, or that it is less.

    Parameters
    ----------
    p : float
        Between 0 and 1.

    Returns
    -------
    str

    Examples
    --------
    >>> p_value(0.0422), p_value(1e-9)
    ('0.042', '< 0.001')
    """
    if pd.isna(p):
        return "—"
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"


def likeness_view(likeness: pd.DataFrame, study: Study, *, min_base: int) -> pd.DataFrame:
    """Set the list's shares beside the respondents', ready for `table`.

    Parameters
    ----------
    likeness : DataFrame
        Table ``representativeness``.
    study : Study
        Its labels stand in place of column names.
    min_base : int
        With fewer respondents than this the effect of a level is not told.

    Returns
    -------
    DataFrame of str
        ``variable``, ``level``, ``population_share``, ``share``, ``gap`` (percentage points),
        ``response_share``, ``effect`` and ``p``, in the rows' order.

    Examples
    --------
    >>> from csatlib import fieldwork, store
    >>> frame = pd.DataFrame({"tier": ["A"] * 50 + ["B"] * 50})
    >>> answered = pd.DataFrame({"tier": ["A"] * 15 + ["B"] * 5})
    >>> found = fieldwork.representativeness(frame, answered, variables=["tier"])
    >>> likeness_view(found, store.study("hotline"), min_base=10)[["level", "gap"]].values.tolist()
    [['A', '+25.0'], ['B', '−25.0']]
    """
    shares = ("population_share", "share", "response_share")
    effect = likeness["effect"].where(likeness["n"] >= min_base)
    view = {
        "variable": likeness["variable"].map(study.label),
        "level": likeness["level"].replace(_LEVELS),
        **{name: [number(value, "share") for value in likeness[name]] for name in shares},
        "gap": [signed(value, "share") for value in likeness["gap"]],
        "effect": [signed(value, "mean") for value in effect],
        "p": [p_value(value) for value in likeness["p_adjusted"]],
    }
    return pd.DataFrame(view, index=likeness.index, dtype="str")


def modes_view(modes: pd.DataFrame, quality: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Set what each channel and interviewer brought in beside how carefully it was answered.

    Parameters
    ----------
    modes : DataFrame
        Table ``mode_effects`` of one item.
    quality : DataFrame
        Table ``interviewer_quality`` of the same columns.
    study : Study
        Its labels stand in place of column names.

    Returns
    -------
    DataFrame
        ``group_by``, ``group``, ``n`` (answers), and as text ``mean``, ``difference``,
        ``interval`` and ``p`` (``样本不足`` in the first and dashes where ``small``), ``blank`` and
        ``straight`` in per cent.

    Examples
    --------
    >>> from csatlib import fieldwork, store
    >>> df = pd.DataFrame({"channel": ["电话", "上门"] * 20, "overall": [5, 4, 4, 4] * 10})
    >>> df["response_id"] = [str(n) for n in range(40)]
    >>> modes = fieldwork.mode_effects(df, ["overall"], by=["channel"])
    >>> quality = fieldwork.interviewer_quality(df, ["overall"], by=["channel"])
    >>> modes_view(modes, quality, store.study("hotline"))[["group", "mean"]].values.tolist()
    [['上门', '样本不足'], ['电话', '样本不足']]
    """
    told = quality.set_index(["group_by", "group"])
    rows = []
    for row in modes.itertuples():
        own = told.loc[(row.group_by, row.group)]
        line = {"group_by": study.label(row.group_by), "group": row.group, "n": int(own["n"])}
        line |= {"mean": _UNKNOWN, "difference": "—", "interval": "—", "p": "—"}
        if not row.small:
            line |= {"mean": number(row.mean, "mean"), "p": p_value(row.p_adjusted)}
            line |= {"difference": signed(row.difference, "mean")}
            ends = (signed(row.ci_low, "mean"), signed(row.ci_high, "mean"))
            line |= {"interval": "—" if pd.isna(row.ci_low) else " 至 ".join(ends)}
        line |= {"blank": number(own["blank_share"], "share")}
        line |= {"straight": number(own["straight_share"], "share")}
        rows.append(line)
    columns = ["group_by", "group", "n", "mean", "difference", "interval", "p", "blank", "straight"]
    return pd.DataFrame(rows, columns=columns)


def modes_sentences(modes: pd.DataFrame, study: Study) -> list[str]:
    """Say which channels and interviewers brought in other answers than the rest.

    Parameters
    ----------
    modes : DataFrame
        Table ``mode_effects`` of one item.
    study : Study
        Its labels stand in place of column names.

    Returns
    -------
    list of str
        One sentence for each level that differs with an adjusted p below 0.05 and is not
        ``small``, the largest difference first; of two levels, which differ alike, the higher one
        only. One that says so where there is none.

    Examples
    --------
    >>> from csatlib import fieldwork, store
    >>> df = pd.DataFrame({"channel": ["电话", "上门"] * 40, "overall": [5, 3, 4, 4] * 20})
    >>> modes = fieldwork.mode_effects(df, ["overall"], by=["channel"])
    >>> modes_sentences(modes, store.study("hotline"))[0].split("；")[0]
    '电话收到的评价比其余渠道高 **1.00 分**（校正后 p < 0.001）'
    """
    told = modes[(modes["p_adjusted"] < 0.05) & ~modes["small"]]
    levels = modes.groupby("group_by")["group"].transform("size")
    told = told[(levels[told.index] > 2) | (told["difference"] > 0)]
    order = told["difference"].abs().sort_values(ascending=False, kind="stable").index
    lines = [_mode_sentence(row, study) for row in told.loc[order].itertuples()]
    return lines or ["没有哪个渠道或访问员的差别超出抽样误差；答卷少的，也可能是看不出来。"]


def _mode_sentence(row: Any, study: Study) -> str:
    side = "高" if row.difference > 0 else "低"
    p = p_value(row.p_adjusted)
    who = joined(row.group, f"收到的评价比其余{study.label(row.group_by)}{side}")
    said = f"{who} **{abs(row.difference):.2f} 分**（校正后 p {p if '<' in p else f'= {p}'}）"
    if row.group_by == "channel":
        return f"{said}；合并各渠道、与往期相比时，要留意渠道构成的变化。"
    return f"{said}；建议抽听录音、核对访问过程，查清之前这些答卷仍计入结果。"


def effect_view(plain: pd.DataFrame, weighted: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Set each item's figure without weights beside the weighted one, ready for `table`.

    Parameters
    ----------
    plain, weighted : DataFrame
        The same rows of the table ``estimates``, of one metric, without and with weights.
    study : Study
        Its labels stand in place of the items' names.

    Returns
    -------
    DataFrame
        ``item``, ``n``, and as text ``before``, ``after``, ``change`` and ``interval`` (that of
        the weighted figure); dashes where a figure is withheld.

    Examples
    --------
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [True] * 30 + [False] * 10, "weight": [1] * 30 + [3] * 10})
    >>> both = [estimates.share(df, "overall", design=d)
    ...         for d in (None, estimates.Design(weight="weight"))]
    >>> view = effect_view(*both, store.study("hotline"))
    >>> view[["before", "after", "change"]].values.tolist()
    [['75.0%', '50.0%', '−25.0']]
    """
    rows = []
    for one, other in zip(plain.itertuples(), weighted.itertuples(), strict=True):
        line = {"item": study.label(other.item), "n": other.n}
        line |= dict.fromkeys(("before", "after", "change", "interval"), "—")
        if not (one.suppressed or other.suppressed):
            line |= {"before": number(one.estimate, one.metric)}
            line |= {"after": number(other.estimate, other.metric), "interval": interval(other)}
            line |= {"change": signed(other.estimate - one.estimate, other.metric)}
        rows.append(line)
    columns = ["item", "n", "before", "after", "change", "interval"]
    return pd.DataFrame(rows, columns=columns).astype({"n": "Int64"})


def gap_finding(gaps: pd.DataFrame) -> str:
    """Say in a caption which level is furthest from the list, and what weighting leaves of it.

    Parameters
    ----------
    gaps : DataFrame
        Table ``margin_gaps``.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import weights
    >>> df = pd.DataFrame({"region": ["N", "N", "S"], "weight": [30.0, 30.0, 40.0]})
    >>> margins = {"region": {"N": 0.6, "S": 0.4}}
    >>> gap_finding(weights.margin_gaps(df, margins, weights="weight"))
    '答卷中 S 少 6.7 个百分点，加权后各类与名单一致'
    """
    known = gaps[gaps["gap_before"].notna() & gaps["gap_after"].notna()]
    if known.empty:
        return "没有可比较的构成"
    row = known.loc[known["gap_before"].abs().idxmax()]
    points = f"{abs(100 * row['gap_before']):.1f}"
    left = f"{100 * known['gap_after'].abs().max():.1f}"
    after = "各类与名单一致" if left == "0.0" else f"最多还差 {left} 个百分点"
    if points == "0.0":
        return f"答卷的构成与名单一致，加权后{after}"
    side = "多" if row["gap_before"] > 0 else "少"
    level = _LEVELS.get(row["level"], row["level"])
    return joined("答卷中", str(level), f"{side} {points} 个百分点，加权后{after}")


def imbalance_sentence(parts: Mapping[str, object], study: Study) -> str:
    """Say which group is missing most, measured by what it does to overall satisfaction.

    Parameters
    ----------
    parts : mapping
        What `csatlib.fieldwork.largest_imbalance` gives.
    study : Study
        Its labels stand in place of column names.

    Returns
    -------
    str
        No imbalance is claimed where respondents differ from the list by no more than chance.

    Examples
    --------
    >>> from csatlib import store
    >>> parts = {"variable": "tier", "level": "普通", "share": 0.5, "population_share": 0.6,
    ...          "gap": -0.1, "direction": "under", "effect": 0.02, "mean_gap": -0.3,
    ...          "p_adjusted": 0.001}
    >>> imbalance_sentence(parts, store.study("hotline")).split("：")[1].split("；")[0]
    '客户等级为“普通”的占名单的 60.0%，只占有效答卷的 50.0%（少 10.0 个百分点）'
    """
    p, gap = parts["p_adjusted"], float(parts["gap"] or 0)
    who = joined(study.label(str(parts["variable"])), f"为“{parts['level']}”的")
    shares = (number(float(parts[c]), "share") for c in ("population_share", "share"))
    listed, answered = shares
    points = f"{abs(100 * gap):.1f} 个百分点"
    if p is None or p >= 0.05 or not gap:
        return (
            f"各项构成与名单的差别都没有超出偶然的范围；其中对结果影响最大的是{who}，"
            f"占名单的 {listed}，占有效答卷的 {answered}。"
        )
    said = (
        f"对结果影响最大的偏差：{who}占名单的 {listed}，"
        f"{'只' if gap < 0 else '却'}占有效答卷的 {answered}"
        f"（{'少' if gap < 0 else '多'} {points}）"
    )
    effect, apart = parts["effect"], parts["mean_gap"]
    if effect is None or apart is None or not study.report.overall:
        return f"{said}。"
    item = named(study.label(study.report.overall), "mean")
    return (
        f"{said}；他们的{item}比其余客户{'低' if apart < 0 else '高'} {abs(apart):.2f} 分，"
        f"仅此一项就会使未加权的平均分偏{'高' if effect > 0 else '低'}约 {abs(effect):.2f} 分。"
    )


def weighting_sentence(unweighted: pd.Series, weighted: pd.Series, study: Study) -> str:
    """Say what weighting does to a figure.

    Parameters
    ----------
    unweighted, weighted : Series
        The same row of the table ``estimates``, without and with weights.
    study : Study
        Its labels stand in place of the item's name.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [True] * 30 + [False] * 10, "weight": [1] * 30 + [3] * 10})
    >>> design = estimates.Design(weight="weight")
    >>> rows = [estimates.share(df, "overall", design=d).iloc[0] for d in (None, design)]
    >>> print(weighting_sentence(*rows, store.study("hotline")))
    整体满意率未加权为 75.0%，加权后为 **50.0%**，下调 25.0 个百分点。
    """
    name = named(study.label(weighted["item"]), weighted["metric"])
    if weighted["suppressed"] or unweighted["suppressed"]:
        return f"{name}：有效回答不足，不比较加权前后。"
    before, after = (number(row["estimate"], row["metric"]) for row in (unweighted, weighted))
    if weighted["metric"] != "share":
        return f"{name}未加权为 {before}，加权后为 **{after}**。"
    change = 100 * float(weighted["estimate"] - unweighted["estimate"])
    points = f"{abs(change):.1f}"
    moved = "几乎不变" if points == "0.0" else f"{'上' if change > 0 else '下'}调 {points} 个百分点"
    return f"{name}未加权为 {before}，加权后为 **{after}**，{moved}。"
