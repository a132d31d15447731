"""Whether the questionnaire is sound, in Chinese: what holds, what is weak, what is not known."""

from __future__ import annotations

import pandas as pd

from csatlib.report.weighting import p_value
from csatlib.report.words import joined
from csatlib.study import Study

__all__ = ["soundness_findings", "soundness_view"]

CHECKS = {
    "alpha": "Cronbach α",
    "omega": "McDonald ω",
    "item_total": "题目与其余题目的相关",
    "ceiling": "最高分的占比",
    "floor": "最低分的占比",
    "kmo": "KMO",
    "kmo_item": "单题 KMO",
    "bartlett": "Bartlett 球形检验 p",
    "factors": "因子个数",
    "cfi": "CFI",
    "rmsea": "RMSEA",
    "srmr": "SRMR",
    "loading": "标准化载荷",
    "cr": "组合信度 CR",
    "ave": "平均提取方差 AVE",
    "fornell_larcker": "AVE 平方根减最大相关",
    "htmt": "HTMT",
}
VERDICTS = {"good": "良好", "acceptable": "可接受", "weak": "偏弱", "unknown": "无法判断"}
REASONS = {
    "empty": "没有有效回答",
    "too_few_rows": "完整答卷太少",
    "too_few_items": "题目太少",
    "single_item": "维度只有一题",
    "two_items": "维度只有两题",
    "few_items": "有的维度不足三题",
    "one_dimension": "只有一个维度",
    "no_variation": "有题目的答案完全相同",
    "other_without_variation": "另有题目的答案完全相同",
    "copy": "与另一题的答案完全对应",
    "other_item": "另有题目的答案完全相同或互为重复",
    "singular": "有题目可由其他题目算出",
    "saturated": "模型没有可检验的余地",
    "not_identified": "题目太少或与其他维度不相关，模型无法估计",
    "no_convergence": "模型没有收敛",
    "heywood": "估计值超出合理范围，仅供参考",
    "uncorrelated": "题目之间不相关",
    "no_common_factor": "题目之间没有共同的因子",
    "methods_disagree": "不同的判断方法给出的个数不一致",
}
#: Checks where a smaller value is better.
_AT_MOST = ("ceiling", "floor", "bartlett", "rmsea", "srmr", "htmt")
_SHARES = ("ceiling", "floor")
#: The one threshold that is a convention of its own.
_HALF = "half of the answers: the median itself is at the end"
#: As many are named where something is not known.
_NAMED = 8


def soundness_view(findings: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show every check of a questionnaire to a reader.

    Parameters
    ----------
    findings : DataFrame
        Table ``soundness``.
    study : Study
        Its labels stand in place of the items' names.

    Returns
    -------
    DataFrame
        Chinese columns 检查, 对象 (the questionnaire, a dimension, a pair of them or an item), n,
        数值, 参考值 (from which on acceptable), 判断, 说明 (why there is no value, or what to
        mind), 依据 (source of the threshold); one row a row.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(soundness_view(schema.empty("soundness"), store.study("ops_company")))
    ['检查', '对象', 'n', '数值', '参考值', '判断', '说明', '依据']
    """
    rows = [row for _, row in findings.iterrows()]
    return pd.DataFrame(
        {
            "检查": [CHECKS.get(row["check"], row["check"]) for row in rows],
            "对象": [_object(row, study) for row in rows],
            "n": [f"{row['n']:,}" for row in rows],
            "数值": [_value(row) for row in rows],
            "参考值": [_bound(row) for row in rows],
            "判断": [VERDICTS[row["verdict"]] for row in rows],
            "说明": [_reason(row) for row in rows],
            "依据": [row["source"].replace(_HALF, "中位数不落在端点") for row in rows],
        },
        index=findings.index,
    )


def soundness_findings(findings: pd.DataFrame, study: Study) -> list[str]:
    """Say what a manager needs of the questionnaire: the sum, every weakness, what is not known.

    Parameters
    ----------
    findings : DataFrame
        Table ``soundness``.
    study : Study
        Its labels stand in place of the items' names.

    Returns
    -------
    list of str
        First how many checks are good, acceptable, weak or unknown, then the reliability of the
        whole questionnaire, one sentence for each weakness, and last one sentence for each reason
        why something is not known.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> row = {"check": "alpha", "n": 412, "value": 0.62, "good": 0.8, "threshold": 0.7,
    ...        "source": "Nunnally & Bernstein 1994", "verdict": "weak"}
    >>> found = pd.concat([schema.empty("soundness"), pd.DataFrame([row])])
    >>> soundness_findings(found, store.study("ops_company"))[1]
    '全卷的 Cronbach α 为 0.62，低于 0.70（n = 412），题目之间不够一致。'
    """
    if findings.empty:
        return ["没有可检查的题目。"]
    counts = findings["verdict"].value_counts()
    parts = [f"{word} {counts[v]} 项" for v, word in VERDICTS.items() if v in counts]
    told = [f"共检查 {len(findings)} 项：{'，'.join(parts)}。"]
    whole = findings[(findings["check"] == "alpha") & findings["dimension"].isna()]
    for _, row in whole[whole["verdict"].isin(["good", "acceptable"])].iterrows():
        told.append(
            f"全卷的 Cronbach α 为 {_value(row)}（n = {row['n']:,}），"
            f"内部一致性{VERDICTS[row['verdict']]}。"
        )
    weak = findings[findings["verdict"] == "weak"]
    told += [_weakness(row, study) for _, row in weak.iterrows()]
    return told + _unknown(findings[findings["verdict"] == "unknown"], study)


def _object(row: pd.Series, study: Study) -> str:
    if pd.notna(row["item"]):
        return study.label(row["item"])
    if pd.isna(row["dimension"]):
        return "全卷"
    return row["dimension"] + ("" if pd.isna(row["other"]) else f" 与 {row['other']}")


def _figure(check: str, value: float) -> str:
    if pd.isna(value):
        return "—"
    if check == "bartlett":
        return p_value(value)
    if check in _SHARES:
        return f"{100 * value:z.1f}%"
    return f"{value:z.0f}" if check == "factors" else f"{value:z.2f}".replace("-", "−")


def _value(row: pd.Series) -> str:
    """Write a value so that it does not look like the threshold it misses."""
    check, value = row["check"], row["value"]
    text = _figure(check, value)
    if pd.isna(value) or check in ("bartlett", "factors", *_SHARES):
        return text
    ends = [float(row[end]) for end in ("good", "threshold") if row[end] != value]
    for decimals in (3, 4, 5):
        if float(text.replace("−", "-")) not in ends:
            break
        text = f"{value:z.{decimals}f}".replace("-", "−")
    return text


def _bound(row: pd.Series) -> str:
    if row["check"] == "factors":
        return f"= {row['threshold']:.0f}"
    sign = "≤" if row["check"] in _AT_MOST else "≥"
    bound = f"{row['threshold']:.2f}"
    return f"{sign} {_figure(row['check'], row['threshold']) if row['check'] in _SHARES else bound}"


def _reason(row: pd.Series) -> str:
    return "" if pd.isna(row["reason"]) else REASONS.get(row["reason"], row["reason"])


#: What a weakness means, after the figure and its threshold.
_MEANINGS = {
    "alpha": "题目之间不够一致",
    "omega": "题目之间不够一致",
    "item_total": "与其他题目问的可能不是一回事，建议检查措辞",
    "ceiling": "已分不出满意和更满意的客户",
    "floor": "已分不出不满意和更不满意的客户",
    "kmo": "题目共有的成分太少，不宜作因子分析",
    "kmo_item": "与其他题目共有的成分太少",
    "bartlett": "不能认为题目之间相关",
    "cfi": "问卷设定的维度与答案吻合得不够好",
    "rmsea": "问卷设定的维度与答案吻合得不够好",
    "srmr": "问卷设定的维度与答案吻合得不够好",
    "loading": "对所属维度的代表性不足",
    "cr": "题目合起来不足以可靠地代表这个维度",
    "ave": "题目的变化多数不来自这个维度",
    "htmt": "两个维度难以区分",
}


def _weakness(row: pd.Series, study: Study) -> str:
    check, value = row["check"], row["value"]
    subject = _object(row, study)
    if check == "factors":
        return (
            f"答案显示有 {value:.0f} 个因子，问卷设了 {row['threshold']:.0f} 个维度，"
            f"两者不一致（n = {row['n']:,}）。"
        )
    if check == "fornell_larcker":
        other = "其他维度" if pd.isna(row["other"]) else f"“{row['other']}”"
        return (
            f"“{row['dimension']}”与{other}的相关大于它自己的 AVE 平方根"
            f"（相差 {_value(row)}，n = {row['n']:,}），两个维度难以区分。"
        )
    if pd.notna(row["item"]) or pd.notna(row["dimension"]):
        pair = pd.notna(row["other"]) and pd.isna(row["item"])
        names = subject.split(" 与 ") if pair else [subject]
        subject = "与".join(f"“{name}”" for name in names)
    side = "高于" if check in _AT_MOST else "低于"
    limit = _bound(row)[2:]
    meaning = _MEANINGS.get(check, "偏弱")
    if check == "item_total" and value < 0:
        meaning = "方向与其他题目相反，可能是反向题没有反转"
    if check == "loading" and value < 0:
        meaning = "方向与同一维度的其他题目相反，可能是反向题没有反转"
    name = CHECKS[check]
    name = f" {name}" if name[0].isascii() else name
    # α and ω are letters that stand apart from Chinese as Latin ones do.
    gap = "" if "\u4e00" <= name[-1] <= "\u9fff" else " "
    text = f"{joined(subject, '的')}{name}{gap}为 {_value(row)}，{side} {limit}"
    caveat = f"；{_reason(row)}" if pd.notna(row["reason"]) else ""
    return f"{text}（n = {row['n']:,}{caveat}），{meaning}。"


def _unknown(rows: pd.DataFrame, study: Study) -> list[str]:
    """Tell what is not known, once for each reason."""
    told = []
    for reason, part in rows.assign(reason=rows["reason"].fillna("")).groupby("reason", sort=False):
        checks = "、".join(dict.fromkeys(CHECKS.get(check, check) for check in part["check"]))
        alone = part[part["other"].isna()] if part["other"].isna().any() else part
        subjects = [*dict.fromkeys(_object(row, study) for _, row in alone.iterrows())]
        more = f" 等 {len(subjects)} 处" if len(subjects) > _NAMED else ""
        named = "、".join(subjects[:_NAMED])
        why = REASONS.get(str(reason), str(reason)) or "没有数值"
        told.append(f"无法判断（{why}）：{checks}；{joined('涉及', named)}{more}。")
    return told
