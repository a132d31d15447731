"""Words beside numbers in Chinese, and the quotes that a reviewer has passed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from csatlib.report.contrasts import difference
from csatlib.report.theming import theme_name
from csatlib.report.weighting import p_value
from csatlib.report.words import amount, number
from csatlib.study import Study

__all__ = ["joint_note", "joint_sentences", "joint_view", "quotes_sentence", "quotes_view"]

VERDICTS = {
    "agree": "互相印证",
    "explain": "留言解释了得分",
    "contradict": "相互矛盾",
    "insufficient": "数据不足",
}
_NUMBERS = {
    "low": "得分低于对照值",
    "fallen": "得分比上季显著下降",
    "high": "得分不低于对照值",
    "risen": "得分比上季显著上升",
    "unclear": "得分与对照值分不出高低",
    "unknown": "得分不可用",
}
_RULES = {
    "no_estimate": "没有可公布的得分",
    "no_interval": "得分没有区间，不知把握",
    "few_comments": "谈到它的留言太少",
    "numbers_unclear": "留言无从对照",
    "weak_praised": "留言却以褒为主",
    "weak_one_theme": "批评集中在“{lead}”（占 {share}）",
    "weak_blamed": "留言也以贬为主，但不集中在一个主题",
    "strong_blamed": "留言却以贬为主，而且多于别的维度",
    "rise_one_theme": "表扬集中在“{lead}”（占 {share}）",
    "strong_praised": "留言也以褒为主",
    "strong_few_complaints": "批评不比别的维度多",
    "words_divided": "留言褒贬不一，说明不了得分",
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
        many), 贬 / 褒, 主要主题 (the first three, with comments), 引语 (ids), 结论, 依据.

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
            "引语": [
                "—" if pd.isna(row["quote_ids"]) else row["quote_ids"].replace(" ", "、")
                for row in rows
            ],
            "结论": [VERDICTS[row["verdict"]] for row in rows],
            "依据": [_ground(row, study) for row in rows],
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
        What comments explain or confirm of weak dimensions, then of strong ones, then where words
        and numbers contradict each other; only those that there are. At least one sentence.

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
    return [f"{len(joint)} 个维度都不足以把得分和留言对照起来：得分没有明显高低，或留言太少。"]


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
    >>> joint_note()[:20]
    '结论按事先写定的规则得出：得分的整个区间'
    """
    return (
        "结论按事先写定的规则得出：得分的整个区间低于对照值，或比上季显著下降，算弱；整个区间不低于对照值，"
        "或显著上升，算强；对照值是研究文件里的目标，没有目标时是各维度的平均。"
        f"贬、褒之差超出机会水平（{100 * (1 - alpha):g}%）才算以贬或以褒为主，"
        "一个主题占多数也这样判断。"
        "弱而批评集中在一个主题，或上升而表扬集中在一个主题，是“留言解释了得分”；弱而以贬为主，强而以褒为主或批评"
        "不多于别的维度，是“互相印证”；弱而以褒为主，强而以贬为主且批评多于别的维度，是“相互矛盾”。"
        f"其余情形，以及不足 {min_comments} 条留言的维度，是“数据不足”。留言的人不能代表全部客户；"
        "这里说的是并存，不是因果。"
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
            f"候选引语 {len(quotes):,} 条，都还没有通过人工复核，这里不展示原话；"
            "复核请执行 csat quotes，在登记表里填写结论后重新运行。"
        )
    left = len(quotes) - shown
    rest = f"其余 {left:,} 条候选没有通过或还没有复核，不展示" if left else "候选引语全部通过"
    return f"展示 {shown:,} 条经人工复核的引语，{rest}。每条的编号可以追到原始答卷。"


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
    return {
        "lead": "—"
        if pd.isna(row["lead_theme"])
        else theme_name(row["lead_theme"], study.codeframe),
        "share": number(row["lead_share"], "share"),
    }


def _ground(row: pd.Series, study: Study) -> str:
    rule = _RULES[row["rule"]].format(**_lead(row, study))
    if row["numbers"] == "unknown":
        return rule
    goal = (
        f" {amount(row['target'], 'mean')}" if row["numbers"] in ("low", "high", "unclear") else ""
    )
    return f"{_NUMBERS[row['numbers']].replace('对照值', f'对照值{goal}'.rstrip())}；{rule}"


def _explained(joint: pd.DataFrame, study: Study) -> str:
    """Tell the weak dimensions whose comments say why, or at least agree."""
    parts = [
        f"**{study.label(row['dimension'])}**（{_NUMBERS[row['numbers']]}）的批评主要是"
        f"“{_lead(row, study)['lead']}”，占 {_lead(row, study)['share']}"
        for _, row in joint[joint["rule"] == "weak_one_theme"].iterrows()
    ]
    blamed = joint.loc[joint["rule"] == "weak_blamed", "dimension"]
    if len(blamed):
        names = "、".join(f"**{study.label(item)}**" for item in blamed)
        parts.append(f"{names}得分弱，批评也多，但不集中在一个主题")
    return "；".join(parts) + "。" if parts else ""


def _confirmed(joint: pd.DataFrame, study: Study) -> str:
    rules = ["strong_praised", "strong_few_complaints"]
    names = [study.label(item) for item in joint.loc[joint["rule"].isin(rules), "dimension"]]
    risen = [
        f"{study.label(row['dimension'])}比上季上升，表扬主要是“{_lead(row, study)['lead']}”"
        for _, row in joint[joint["rule"] == "rise_one_theme"].iterrows()
    ]
    strong = [f"{'、'.join(names)}的得分和留言互相印证，表现较好"] if names else []
    return "；".join([*strong, *risen]) + "。" if strong or risen else ""


def _contradicted(joint: pd.DataFrame, study: Study) -> str:
    sides = {
        "strong_blamed": "得分不低，批评却多于别的维度，打分可能掩盖了问题",
        "weak_praised": "得分弱，留言却以褒为主，写留言的和打低分的可能不是同一些人",
    }
    parts = []
    for rule, words in sides.items():
        names = [study.label(item) for item in joint.loc[joint["rule"] == rule, "dimension"]]
        if names:
            parts.append(f"**{'、'.join(names)}**{words}")
    return f"需要再核实：{'；'.join(parts)}。" if parts else ""
