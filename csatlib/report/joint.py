"""Words beside numbers in Chinese, and the quotes that a reviewer has passed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from csatlib.report.contrasts import difference
from csatlib.report.theming import theme_name
from csatlib.report.weighting import p_value
from csatlib.report.words import amount, joined, number
from csatlib.study import Study

__all__ = ["joint_note", "joint_sentences", "joint_view", "quotes_sentence", "quotes_view"]

VERDICTS = {
    "agree": "互相印证",
    "explain": "留言提供线索",
    "contradict": "相互矛盾",
    "insufficient": "不足以判断",
}
#: What the figures say; ``{goal}`` is what they are held against.
_NUMBERS = {
    "low": "得分低于{goal}",
    "fallen": "得分比上季显著下降",
    "high": "得分不低于{goal}",
    "risen": "得分比上季显著上升",
    "unclear": "得分与{goal}分不出高低",
    "unknown": "得分不可用",
}
_RULES = {
    "no_estimate": "没有可公布的得分",
    "no_interval": "得分没有置信区间",
    "few_comments": "谈到它的留言太少",
    "numbers_unclear": "不与留言对照",
    "weak_praised": "留言却以表扬为主",
    "weak_one_theme": "批评集中在“{lead}”（占 {share}）",
    "weak_blamed": "留言以批评为主，但不集中在一个主题",
    "strong_blamed": "留言却以批评为主，而且多于其他维度",
    "rise_one_theme": "表扬集中在“{lead}”（占 {share}）",
    "strong_praised": "留言也以表扬为主",
    "strong_few_complaints": "批评不比其他维度多",
    "words_unclear": "留言的指向不明",
}


def joint_view(joint: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show each dimension's figures beside its comments, with the verdict and what it rests on.

    Parameters
    ----------
    joint : DataFrame
        Table ``joint_display``.
    study : Study
        Its labels and the names of its codeframe.

    Returns
    -------
    DataFrame of str
        In the rows' order: 维度, 得分及区间, 变化 (with adjusted p), 重要性名次, 留言条数 (of how
        many), 贬 / 褒, 主要主题 (the first three, with comments), 原话编号, 结论, 依据.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(joint_view(schema.empty("joint_display"), store.study("ops_company")))[:4]
    ['维度', '得分及区间', '变化', '重要性名次']
    """
    rows = [row for _, row in joint.iterrows()]
    return pd.DataFrame(
        {
            "维度": [study.label(row["dimension"]) for row in rows],
            "得分及区间": [_level(row) for row in rows],
            "变化": [_change(row) for row in rows],
            "重要性名次": [
                "—" if pd.isna(row["importance_rank"]) else f"{row['importance_rank']:g}"
                for row in rows
            ],
            "留言条数": [f"{row['comments']:,} / {row['base']:,}" for row in rows],
            "贬 / 褒": [f"{row['negative']:,} / {row['positive']:,}" for row in rows],
            "主要主题": [_themes(row, study) for row in rows],
            "原话编号": [
                "—" if pd.isna(row["quote_ids"]) else row["quote_ids"].replace(" ", "、")
                for row in rows
            ],
            "结论": [VERDICTS[row["verdict"]] for row in rows],
            "依据": [_ground(row, joint, study) for row in rows],
        },
        index=joint.index,
    )


def joint_sentences(joint: pd.DataFrame, study: Study) -> Sequence[str]:
    """Say in two or three sentences what words add to numbers.

    Parameters
    ----------
    joint : DataFrame
        Table ``joint_display``.
    study : Study
        Its labels and the names of its codeframe.

    Returns
    -------
    sequence of str
        What comments add to weak dimensions, then to strong ones, then where words and numbers
        contradict each other; only those that there are. At least one sentence.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> joint_sentences(schema.empty("joint_display"), store.study("ops_company"))
    ['没有可以对照的维度。']
    """
    if joint.empty:
        return ["没有可以对照的维度。"]
    told = [_explained(joint, study), _confirmed(joint, study), _contradicted(joint, study)]
    said = [sentence for sentence in told if sentence]
    if said:
        return said
    return [f"{len(joint)} 个维度的得分和留言都不足以判断：得分高低不明，或留言太少、指向不明。"]


def joint_note(*, alpha: float = 0.05, min_comments: int = 10) -> str:
    """State the rule of the verdicts, for the note under the table.

    Parameters
    ----------
    alpha, min_comments
        As they were given to `themes.joint_display`.

    Returns
    -------
    str

    Examples
    --------
    >>> joint_note()[:16]
    '判定规则事先写定。得分偏弱：置信'
    """
    return (
        "判定规则事先写定。得分偏弱：置信区间完全低于对照值，或得分比上季显著下降；"
        "得分较好：置信区间完全不低于对照值，或得分比上季显著上升。"
        "对照值是研究文件里的目标，没有目标的取各维度平均（不计平均本身的误差）。"
        f"批评多于表扬、批评集中在一个主题等，都要超出随机波动（{100 * (1 - alpha):g}%）才算。"
        f"“{VERDICTS['explain']}”：得分偏弱而批评集中在一个主题，或得分上升而表扬集中在一个主题。"
        f"“{VERDICTS['agree']}”：得分偏弱而留言以批评为主，得分较好而以表扬为主，"
        "或得分不低于对照值而批评不比其他维度多。"
        f"“{VERDICTS['contradict']}”：得分偏弱而留言以表扬为主，"
        "或得分较好而留言以批评为主、且多于其他维度。"
        f"其余情形，以及留言不足 {min_comments} 条的维度，“{VERDICTS['insufficient']}”。"
        "写留言的人不能代表全部客户；这里说的是并存，不是因果。"
    )


def quotes_view(quotes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show the quotes that a reviewer has passed, and no others.

    Parameters
    ----------
    quotes : DataFrame
        Table ``quotes`` as `themes.released` gives it.
    study : Study
        The names of its codeframe.

    Returns
    -------
    DataFrame of str
        By theme and rank: 主题, 原话 (in quotation marks), 编号, which leads back to the answer.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> list(quotes_view(schema.empty("quotes"), store.study("ops_company")))
    ['主题', '原话', '编号']
    """
    rows = quotes[quotes["reviewed"].astype(bool)]
    return pd.DataFrame(
        {
            "主题": [theme_name(theme, study.codeframe) for theme in rows["theme"]],
            "原话": [f"“{text}”" for text in rows["text"]],
            "编号": rows["quote_id"].astype("str"),
        },
        index=rows.index,
    )


def quotes_sentence(quotes: pd.DataFrame) -> str:
    """Say how many quotes are shown, and why the others are not.

    Parameters
    ----------
    quotes : DataFrame
        Table ``quotes`` as `themes.released` gives it.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema
    >>> quotes_sentence(schema.empty("quotes"))
    '没有可以引用的留言。'
    """
    shown = int(quotes["reviewed"].sum())
    if quotes.empty:
        return "没有可以引用的留言。"
    if shown == 0:
        return (
            f"候选原话 {len(quotes):,} 条，都没有通过人工复核，暂不展示；"
            "请执行 csat quotes，在登记表里填写结论后重新运行本季度。"
        )
    left = len(quotes) - shown
    rest = f"其余 {left:,} 条未通过或尚未复核，不展示" if left else "候选原话全部通过"
    return f"展示 {shown:,} 条经人工复核的原话，{rest}。每条的编号可以追溯到答卷。"


def _level(row: pd.Series) -> str:
    if pd.isna(row["estimate"]):
        return "—"
    level = number(row["estimate"], "mean")
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        return level
    return f"{level}（{number(row['ci_low'], 'mean')}–{number(row['ci_high'], 'mean')}）"


def _change(row: pd.Series) -> str:
    if pd.isna(row["change"]):
        return "—"
    p = p_value(row["change_p"])
    sign = "p " if p.startswith("<") else "p = "
    return difference(row["change"], "mean") + ("" if p == "—" else f"（{sign}{p}）")


def _themes(row: pd.Series, study: Study, most: int = 3) -> str:
    if pd.isna(row["themes"]):
        return "—"
    pairs = (part.rpartition(":") for part in row["themes"].split()[:most])
    return "、".join(f"{theme_name(theme, study.codeframe)} {count}" for theme, _, count in pairs)


def _lead(row: pd.Series, study: Study) -> dict[str, str]:
    lead = row["lead_theme"]
    return {
        "lead": "—" if pd.isna(lead) else theme_name(lead, study.codeframe),
        "share": number(row["lead_share"], "share"),
    }


def _goal(row: pd.Series, joint: pd.DataFrame, study: Study) -> str:
    """Name what a dimension's mean is held against, as `themes.joint_display` chose it."""
    value = float(row["target"]) if pd.notna(row["target"]) else math.nan
    if math.isnan(value):
        return "对照值"
    wanted = {t.item: t.value for t in study.targets if t.metric == "mean"}
    published = joint["estimate"].dropna().astype("float64")
    if math.isclose(value, wanted.get(row["dimension"], math.nan)):
        name = "目标"
    elif len(published) and math.isclose(value, math.fsum(published) / len(published)):
        name = "各维度平均"
    else:
        name = "对照值"
    return f"{name} {amount(value, 'mean')}"


def _standing(row: pd.Series, joint: pd.DataFrame, study: Study) -> str:
    """Say how a dimension's figures stand."""
    return _NUMBERS[row["numbers"]].format(goal=_goal(row, joint, study))


def _ground(row: pd.Series, joint: pd.DataFrame, study: Study) -> str:
    rule = _RULES[row["rule"]].format(**_lead(row, study))
    return rule if row["numbers"] == "unknown" else f"{_standing(row, joint, study)}；{rule}"


def _explained(joint: pd.DataFrame, study: Study) -> str:
    """Tell the weak dimensions whose comments point at a theme, or at least blame."""
    parts = [
        joined(f"**{study.label(row['dimension'])}**", _standing(row, joint, study))
        + f"，{_RULES['weak_one_theme'].format(**_lead(row, study))}"
        for _, row in joint[joint["rule"] == "weak_one_theme"].iterrows()
    ]
    if blamed := _dimensions(joint, "weak_blamed", study):
        parts.append(f"{blamed}得分偏弱，{_RULES['weak_blamed']}")
    return "；".join(parts) + "。" if parts else ""


def _confirmed(joint: pd.DataFrame, study: Study) -> str:
    """Tell the strong dimensions that comments speak well of, or at least not ill."""
    parts = [
        f"{names}得分较好，{_RULES[rule]}"
        for rule in ("strong_praised", "strong_few_complaints")
        if (names := _dimensions(joint, rule, study))
    ]
    parts += [
        joined(f"**{study.label(row['dimension'])}**", _standing(row, joint, study))
        + f"，{_RULES['rise_one_theme'].format(**_lead(row, study))}"
        for _, row in joint[joint["rule"] == "rise_one_theme"].iterrows()
    ]
    return "；".join(parts) + "。" if parts else ""


def _contradicted(joint: pd.DataFrame, study: Study) -> str:
    """Tell the dimensions of which words and figures say opposite things."""
    sides = {"strong_blamed": "得分较好", "weak_praised": "得分偏弱"}
    parts = [
        f"{names}{level}，{_RULES[rule]}"
        for rule, level in sides.items()
        if (names := _dimensions(joint, rule, study))
    ]
    return f"需要核实：{'；'.join(parts)}。" if parts else ""


def _dimensions(joint: pd.DataFrame, rule: str, study: Study) -> str:
    """Name the dimensions to which a rule applied; empty where there is none."""
    rows = joint.loc[joint["rule"] == rule, "dimension"]
    return "、".join(f"**{study.label(item)}**" for item in rows)
