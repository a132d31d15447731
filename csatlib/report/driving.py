"""What goes with overall satisfaction, in Chinese: importances, priorities, problems and stages."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.contrasts import difference
from csatlib.report.weighting import p_value
from csatlib.report.words import METRICS, amount, joined, number, reason
from csatlib.study import Study

__all__ = [
    "importance_finding",
    "importance_sentence",
    "importance_view",
    "key_problems_sentence",
    "key_problems_view",
    "priorities_finding",
    "priorities_sentences",
    "priorities_view",
    "stages_sentences",
    "stages_view",
]

#: What each quadrant of the priority matrix is called.
_QUADRANTS = {
    "improve": "优先改进",
    "maintain": "继续保持",
    "minor": "次要改进",
    "surplus": "无须加码",
}
_RULES = {"mean": "各维度平均", "median": "各维度中位数", "given": "目标"}
_CAVEAT = "这里说的是关联，不能由此断定改进它就会提高整体满意度。"


def importance_view(drivers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show how strongly each dimension goes with the overall score, and how sure its rank is.

    Parameters
    ----------
    drivers : DataFrame
        Table ``drivers`` of one method.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    DataFrame
        One row a driver, most important first: 维度, 重要性 (the part of the overall score's
        variance, or of the pseudo-R², that goes with it), 95% 置信区间, 占已解释部分 (its share in
        R²), 名次, 名次区间.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(importance_view(schema.empty("drivers"), store.study("ops_company")))
    ['维度', '重要性', '95% 置信区间', '占已解释部分', '名次', '名次区间']
    """
    drivers = _by_importance(drivers)
    rows = [row for _, row in drivers.iterrows()]
    return pd.DataFrame(
        {
            "维度": [study.label(row["driver"]) for row in rows],
            "重要性": [
                number(row["importance"], "share")
                if pd.notna(row["importance"])
                else reason(row)
                if "reason" in row and pd.notna(row["reason"])
                else "—"
                for row in rows
            ],
            "95% 置信区间": [_between(row["ci_low"], row["ci_high"], "share") for row in rows],
            "占已解释部分": [number(row["share"], "share") for row in rows],
            "名次": ["—" if pd.isna(row["rank"]) else f"{row['rank']:.0f}" for row in rows],
            "名次区间": [_ranks(row) or "—" for row in rows],
        },
        index=drivers.index,
    )


def importance_finding(drivers: pd.DataFrame, study: Study) -> str:
    """Say which dimensions go most strongly with the overall score, for the caption of a chart.

    Parameters
    ----------
    drivers : DataFrame
        Table ``drivers`` of one method.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    str
        The first alone where no other may be first (with its rank interval where that does not end
        at 1), else all whose rank interval begins at 1.

    Examples
    --------
    >>> rows = pd.DataFrame({"driver": ["quality", "value"], "importance": [0.3, 0.1],
    ...                      "rank": [1.0, 2.0], "rank_low": [1, 2], "rank_high": [1, 2]})
    >>> from csatlib import store
    >>> importance_finding(rows, store.study("ops_company"))
    '产品质量与整体满意度的关联最强'
    """
    known = _by_importance(drivers[drivers["importance"].notna()])
    overall = study.label(study.report.overall)
    if known.empty:
        return f"各维度与{overall}的关联无法估计"
    names = _first_ones(known, study)
    if known["rank_low"].isna().all():
        return f"{names[0]}与{overall}的关联在样本中最强，名次没有区间"
    if len(names) == 1:
        unsure = f"（名次区间 {_ranks(known.iloc[0])}）" if known["rank_high"].iloc[0] > 1 else ""
        return f"{names[0]}与{overall}的关联最强{unsure}"
    return f"{'、'.join(names)}都可能是与{overall}关联最强的维度"


def importance_sentence(drivers: pd.DataFrame, study: Study) -> str:
    """Say which dimension goes most strongly with the overall score, and how sure that is.

    Parameters
    ----------
    drivers : DataFrame
        Table ``drivers`` of one method.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    str
        The leading dimension with its interval and the interval of its rank, those it cannot be
        told from, what all dimensions together go with, and that this is association.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> importance_sentence(schema.empty("drivers"), store.study("ops_company"))
    '各维度与整体满意度的关联无法估计。'
    """
    known = _by_importance(drivers[drivers["importance"].notna()])
    if known.empty:
        return f"{importance_finding(drivers, study)}。"
    overall, row = study.label(study.report.overall), known.iloc[0]
    told = f"与{overall}关联最强的是**{study.label(row['driver'])}**，{_of(known).format(overall)} "
    told += number(row["importance"], "share")
    details = [f"95% 置信区间 {_between(row['ci_low'], row['ci_high'], 'share')}"]
    details = details if pd.notna(row["ci_low"]) else []
    details += [f"名次区间 {_ranks(row)}"] if _ranks(row) else []
    told += f"（{'，'.join(details)}）。" if details else "。"
    others = [name for name in _first_ones(known, study) if name != study.label(row["driver"])]
    if others:
        told += f"{'、'.join(others)}也可能居首，先后没有把握。"
    whole = f"{len(known)} 个维度合计 {number(row['r2'], 'share')}（n = {row['n']:,}）。"
    return told + whole + _CAVEAT


def priorities_view(priorities: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show the priority matrix as a table, with the chance of each quadrant.

    Parameters
    ----------
    priorities : DataFrame
        Table ``priorities``.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    DataFrame
        One row a driver, in the table's order: 维度, 重要性, the performance under its metric's
        name (评价 where there is none), 象限 (with the reason where there is none), 象限概率, 把握
        (有 or 没有), 说明.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(priorities_view(schema.empty("priorities"), store.study("ops_company")))
    ['维度', '重要性', '评价', '象限', '象限概率', '把握', '说明']
    """
    rows = [row for _, row in priorities.iterrows()]
    metric = _metric(priorities)
    sure = {True: "有", False: "没有"}
    return pd.DataFrame(
        {
            "维度": [study.label(row["driver"]) for row in rows],
            "重要性": [number(row["importance"], "share") for row in rows],
            METRICS.get(metric, "评价"): [
                number(row["performance"], metric or "mean") for row in rows
            ],
            "象限": [_QUADRANTS.get(row["quadrant"], "—") for row in rows],
            "象限概率": [_chance(row["p_quadrant"]) for row in rows],
            "把握": [
                "—" if pd.isna(row["certain"]) else sure[bool(row["certain"])] for row in rows
            ],
            "说明": [reason(row) for row in rows],
        },
        index=priorities.index,
    )


def priorities_finding(priorities: pd.DataFrame, study: Study) -> str:
    """Say what to improve first, for the caption of the priority matrix.

    Parameters
    ----------
    priorities : DataFrame
        Table ``priorities``.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    str
        The dimensions that are important and weak, those that are certainly so first.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> priorities_finding(schema.empty("priorities"), store.study("ops_company"))
    '数据不足，分不出优先改进的维度'
    """
    if priorities["quadrant"].isna().all():
        return "数据不足，分不出优先改进的维度"
    improve = priorities[priorities["quadrant"] == "improve"]
    if improve.empty:
        return "没有既重要又薄弱的维度"
    certain = improve["certain"].fillna(value=False).astype(bool)
    told = []
    for rows, words in ((improve[certain], "优先改进"), (improve[~certain], "可能也要优先改进")):
        if len(rows):
            told.append(f"{words}{'、'.join(study.label(d) for d in rows['driver'])}")
    return "，".join(told).replace("可能也要", "可能要" if not certain.any() else "可能也要")


def priorities_sentences(priorities: pd.DataFrame, study: Study) -> list[str]:
    """Say what to improve first and how sure that is, and what lies in the other quadrants.

    Parameters
    ----------
    priorities : DataFrame
        Table ``priorities``.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    list of str
        How the matrix is divided; one sentence a quadrant that is not empty, each dimension with
        the chance of its quadrant; the dimensions that have none.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> priorities_sentences(schema.empty("priorities"), store.study("ops_company"))
    []
    """
    if priorities.empty:
        return []
    told = [_cuts(priorities.iloc[0], _metric(priorities))]
    for quadrant, name in _QUADRANTS.items():
        rows = priorities[priorities["quadrant"] == quadrant]
        if rows.empty:
            continue
        named = [_with_chance(row, study) for _, row in rows.iterrows()]
        text = f"{name}：{'、'.join(named)}。"
        told.append(f"**{name}**{text.removeprefix(name)}" if quadrant == "improve" else text)
    absent = priorities[priorities["quadrant"].isna()]
    if len(absent):
        names = [f"{study.label(row['driver'])}（{reason(row)}）" for _, row in absent.iterrows()]
        told.append(f"没有归入象限：{'、'.join(names)}。")
    return told


def key_problems_view(problems: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show which dimensions are problems, each condition with its number and its cut.

    Parameters
    ----------
    problems : DataFrame
        Table ``key_problems``.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    DataFrame
        One row a driver, in the table's order: 名次, 维度, 重要, 薄弱, 常见 (each 是 or 否 with the
        figure; a dash where it is unknown), 满足条件 (how many of those judged), 关键问题, 说明.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(key_problems_view(schema.empty("key_problems"), store.study("ops_company")))
    ['名次', '维度', '重要', '薄弱', '常见', '满足条件', '关键问题', '说明']
    """
    rows = [row for _, row in problems.iterrows()]
    metric = _metric(problems) or "mean"
    yes = {True: "是", False: "否"}
    parts = (("important", "importance", "share"), ("weak", "performance", metric))
    parts += (("frequent", "frequency", "share"),)
    shown = [
        [
            "—" if pd.isna(row[part]) else f"{yes[bool(row[part])]}（{number(row[figure], kind)}）"
            for row in rows
        ]
        for part, figure, kind in parts
    ]
    return pd.DataFrame(
        {
            "名次": ["—" if pd.isna(row["rank"]) else f"{row['rank']}" for row in rows],
            "维度": [study.label(row["driver"]) for row in rows],
            **dict(zip(("重要", "薄弱", "常见"), shown, strict=True)),
            "满足条件": [f"{row['met']} / {row['judged']}" for row in rows],
            "关键问题": [
                "—" if pd.isna(row["key_problem"]) else yes[row["key_problem"]] for row in rows
            ],
            "说明": [reason(row) for row in rows],
        },
        index=problems.index,
    )


def key_problems_sentence(problems: pd.DataFrame, study: Study) -> str:
    """Say which dimensions are key problems, and by which rule.

    Parameters
    ----------
    problems : DataFrame
        Table ``key_problems``.
    study : Study
        Its labels stand in place of the drivers' names.

    Returns
    -------
    str
        The key problems in their order, or that there is none; the rule in numbers; that nothing
        is known of frequencies, where that is so.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> key_problems_sentence(schema.empty("key_problems"), store.study("ops_company"))
    '没有可判断的维度。'
    """
    if problems["rank"].isna().all():
        return "没有可判断的维度。"
    key = problems[problems["key_problem"].fillna(value=False).astype(bool)]
    names = "、".join(study.label(driver) for driver in key["driver"])
    told = f"关键问题依次是**{names}**" if len(key) > 1 else f"关键问题是**{names}**"
    row, metric = problems.iloc[0], _metric(problems) or "mean"
    rule = [f"重要性不低于 {number(row['importance_cut'], 'share')}"]
    rule.append(f"{METRICS.get(metric, '评价')}低于 {amount(row['performance_cut'], metric)}")
    judged = problems["frequent"].notna().any()
    if judged:
        rule.append(f"出现频率不低于 {number(row['frequency_cut'], 'share')}")
    text = f"{told if len(key) else '没有关键问题'}（规则：{'、'.join(rule)}，须同时满足）。"
    return text if judged else f"{text}没有出现频率的数据，只看重要和薄弱两项。"


def stages_view(associations: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show how each stage of a ticket goes with a dimension's rating.

    Parameters
    ----------
    associations : DataFrame
        Table ``stage_associations``, times in minutes.
    study : Study
        Its labels stand in place of the dimensions' names.

    Returns
    -------
    DataFrame
        One row a dimension and stage: 维度, 环节, n, 秩相关, 95% 置信区间, 校正后 p, 未满意中位数,
        满意中位数, 相差 (分钟, with its interval), and where limits were given 未满意超时率 and
        满意超时率.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> stages_view(schema.empty("stage_associations"), store.study("ops_event")).shape
    (0, 9)
    """
    rows = [row for _, row in associations.iterrows()]
    view = pd.DataFrame(
        {
            "维度": [study.label(row["dimension"]) for row in rows],
            "环节": associations["stage"].tolist(),
            "n": [f"{row['n']:,}" for row in rows],
            "秩相关": [difference(row["correlation"], "mean") for row in rows],
            "95% 置信区间": [reason(row) or _signed_between(row) for row in rows],
            "校正后 p": [p_value(row["p_adjusted"]) for row in rows],
            "未满意中位数": [_minutes(row["median_dissatisfied"]) for row in rows],
            "满意中位数": [_minutes(row["median_satisfied"]) for row in rows],
            "相差": [_minutes_apart(row) for row in rows],
        },
        index=associations.index,
    )
    if associations["limit"].notna().any():
        view["未满意超时率"] = [number(row["late_dissatisfied"], "share") for row in rows]
        view["满意超时率"] = [number(row["late_satisfied"], "share") for row in rows]
    return view


def stages_sentences(associations: pd.DataFrame, study: Study, *, alpha: float = 0.05) -> list[str]:
    """Say in which stages longer stays go with lower ratings.

    Parameters
    ----------
    associations : DataFrame
        Table ``stage_associations``, times in minutes.
    study : Study
        Its labels stand in place of the dimensions' names.
    alpha : float
        The error that is allowed over all rows of the table.

    Returns
    -------
    list of str
        One sentence a dimension, the strongest stage first, and that association is no proof of a
        cause; that none was found where none was; that nothing could be tested where that is so.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> stages_sentences(schema.empty("stage_associations"), store.study("ops_event"))
    []
    """
    told, any_found = [], False
    for item, part in associations.groupby("dimension", sort=False):
        name, tested = study.label(item), part[part["p_adjusted"].notna()]
        found = tested[(tested["p_adjusted"] < alpha) & (tested["correlation"] < 0)]
        if tested.empty:
            told.append(f"{name}：数据不足，无法检验与各环节时长的关联。")
        elif found.empty:
            told.append(f"{name}：没有发现时长越长、评分越低的环节。")
        else:
            found = found.sort_values("correlation", kind="stable")
            stages = "；".join(_stage(row) for _, row in found.iterrows())
            told.append(f"{name}评分越低的工单，下列环节往往越久（校正后仍然显著）：{stages}。")
            any_found = True
    if any_found:
        told.append("以上是关联：难办的工单可能既慢、评分又低，原因要逐单核查。")
    return told


# ---- inside --------------------------------------------------------------------------------------


def _by_importance(drivers: pd.DataFrame) -> pd.DataFrame:
    return drivers.sort_values(
        ["importance", "driver"], ascending=[False, True], na_position="last", kind="stable"
    )


def _first_ones(known: pd.DataFrame, study: Study) -> list[str]:
    """Name the drivers that may be first; the leading one where no rank has an interval."""
    may_lead = (known["rank_low"] <= 1).fillna(value=False)
    may_lead.iloc[0] = True
    return [study.label(driver) for driver in known.loc[may_lead, "driver"]]


def _of(drivers: pd.DataFrame) -> str:
    """Say of what an importance is a part: of the variance, or of a pseudo-R²."""
    linear = "kind" not in drivers or (drivers["kind"].fillna("linear") == "linear").all()
    return "与它相伴的占{}差异的" if linear else "在模型的解释程度（伪 R²）里占"


def _ranks(row: pd.Series) -> str:
    if pd.isna(row["rank_low"]) or pd.isna(row["rank_high"]):
        return ""
    return f"{row['rank_low']:.0f}–{row['rank_high']:.0f}"


def _between(low: float, high: float, metric: str) -> str:
    if pd.isna(low) or pd.isna(high):
        return "—"
    dash = " 至 " if low < 0 else "–"
    return f"{number(low, metric)}{dash}{number(high, metric)}"


def _signed_between(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]):
        return "—"
    return f"{difference(row['ci_low'], 'mean')} 至 {difference(row['ci_high'], 'mean')}"


def _metric(table: pd.DataFrame) -> str:
    known: Sequence[str] = table["metric"].dropna().tolist()
    return known[0] if known else ""


def _chance(value: float) -> str:
    if pd.isna(value):
        return "—"
    return "> 99%" if value > 0.99 else "< 1%" if value < 0.01 else f"{100 * value:.0f}%"


def _with_chance(row: pd.Series, study: Study) -> str:
    name = study.label(row["driver"])
    if pd.isna(row["p_quadrant"]):
        return f"{name}（{reason(row)}）"
    unsure = "" if row["certain"] else "，没有把握"
    return f"{name}（概率 {_chance(row['p_quadrant'])}{unsure}）"


def _cuts(row: pd.Series, metric: str) -> str:
    """Say where the two axes are divided."""
    whose = f"{row['group']}的" if pd.notna(row["group"]) else ""
    up = f"重要性以{joined(_RULES[row['importance_rule']], number(row['importance_cut'], 'share'))}"
    strength = METRICS.get(metric, "评价")
    cut = joined(_RULES[row["performance_rule"]], amount(row["performance_cut"], metric or "mean"))
    return f"{whose}{up} 为界，{strength}以{cut}为界。"


def _minutes(value: float) -> str:
    return "—" if pd.isna(value) else f"{value:,.0f} 分钟"


def _minutes_apart(row: pd.Series) -> str:
    value, low, high = (row[f"median_difference{end}"] for end in ("", "_low", "_high"))
    if pd.isna(value):
        why = row["groups_reason"]
        return "—" if pd.isna(why) else reason(pd.Series({"reason": why}))
    text = _signed_minutes(value)
    if pd.isna(low):
        return f"{text} 分钟"
    return f"{text} 分钟（{_signed_minutes(low)} 至 {_signed_minutes(high)}）"


def _signed_minutes(value: float) -> str:
    return f"{value:+z,.0f}".replace("-", "−").replace("+0", "0")


def _stage(row: pd.Series) -> str:
    p = p_value(row["p_adjusted"])
    details = [f"秩相关 {difference(row['correlation'], 'mean')}"]
    details += [f"95% 置信区间 {_signed_between(row)}"]
    details += [f"校正后 p {p if p.startswith('<') else f'= {p}'}"]
    text = f"{row['stage']}（{'，'.join(details)}"
    low, high = (_minutes(row[f"median_{group}"]) for group in ("dissatisfied", "satisfied"))
    if pd.notna(row["median_difference"]):
        text += f"；时长中位数未满意的 {low}，满意的 {high}"
    return text + "）"
