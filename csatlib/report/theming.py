"""What customers speak of, in Chinese: themes, how they move, and what goes with them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from csatlib.report.contrasts import difference
from csatlib.report.fitting import adjusted_p, coefficients_view
from csatlib.report.weighting import p_value
from csatlib.report.words import joined, number, reason
from csatlib.study import Study
from csatlib.study.codeframe import Codeframe

__all__ = [
    "drift_view",
    "impact_finding",
    "impact_view",
    "suggestions_view",
    "theme_changes_finding",
    "theme_name",
    "theme_place",
    "themes_finding",
    "themes_view",
]

#: `themes.indicators` puts this before the id of a theme.
_PREFIX = "theme_"
_ANY = "至少一个主题"
#: Counts that differ by no more than this many standard errors are not told apart.
_Z = 1.959963984540054
_MOST_NAMED = 3


def theme_name(theme: object, codeframe: Codeframe) -> str:
    """Give a theme's Chinese name; a missing one is any theme, an unknown one keeps its id."""
    return _ANY if pd.isna(theme) else codeframe.labels().get(str(theme), str(theme))


def theme_place(theme: object, codeframe: Codeframe) -> str:
    """Say where in the service a theme lies: stage and action."""
    known = {one.id: f"{one.stage} · {one.action}" for one in codeframe.themes}
    return "—" if pd.isna(theme) else known.get(str(theme), "—")


def themes_view(
    themes: pd.DataFrame, codeframe: Codeframe, *, drift: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Show each theme: where in the service, how often, blamed or praised, against last quarter.

    Parameters
    ----------
    themes : DataFrame
        Table ``coverage``, or rows of the table ``estimates`` with shares of the columns
        ``theme_<id>`` (then nothing is known of mentions and polarity).
    codeframe : Codeframe
        Its names, stages and actions.
    drift : DataFrame, optional
        Table ``theme_drift``.

    Returns
    -------
    DataFrame of str
        In the rows' order: 主题, 环节 · 动作, 提及条数, 占比, 95% 置信区间, 贬 / 中 / 褒, 较上季
        (in percentage points, with 显著 only by the adjusted p).

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(themes_view(empty("coverage"), Codeframe()))
    ['主题', '环节 · 动作', '提及条数', '占比', '95% 置信区间', '贬 / 中 / 褒', '较上季']
    """
    counted = "theme" in themes
    ids = themes["theme"] if counted else themes["item"].str.removeprefix(_PREFIX)
    moved = {} if drift is None else {_key(row["theme"]): row for _, row in drift.iterrows()}
    rows = []
    for theme, (_, row) in zip(ids, themes.iterrows(), strict=True):
        share = row["share"] if counted else row["estimate"]
        rows.append(
            {
                "主题": theme_name(theme, codeframe),
                "环节 · 动作": theme_place(theme, codeframe),
                "提及条数": f"{row['comments']:,}" if counted else "—",
                "占比": number(share, "share") if counted or pd.notna(share) else reason(row),
                "95% 置信区间": _between(row),
                "贬 / 中 / 褒": _polarity(row) if counted else "—",
                "较上季": _moved(moved.get(_key(theme))),
            }
        )
    columns = ["主题", "环节 · 动作", "提及条数", "占比", "95% 置信区间", "贬 / 中 / 褒", "较上季"]
    return pd.DataFrame(rows, columns=columns, index=themes.index)


def themes_finding(
    coverage: pd.DataFrame, codeframe: Codeframe, *, drift: pd.DataFrame | None = None
) -> Sequence[str]:
    """Say which problem is spoken of most and where it lies, and what has moved since.

    Parameters
    ----------
    coverage : DataFrame
        Table ``coverage``.
    codeframe : Codeframe
        Its names, stages and actions.
    drift : DataFrame, optional
        Table ``theme_drift``.

    Returns
    -------
    sequence of str
        The problem is the theme that most comments blame; up to three are named together where
        the counts a and b are not told apart: a − b ≤ 1.96 √(a + b). A change is told by its
        adjusted p alone.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> themes_finding(empty("coverage"), Codeframe())
    ['本业务线还没有编码表（themes.yml），留言没有归入主题。']
    """
    if not codeframe.themes:
        return ["本业务线还没有编码表（themes.yml），留言没有归入主题。"]
    if not coverage["base"].fillna(0).any():
        return ["没有可以归入主题的留言。"]
    rows = coverage[coverage["theme"].notna()].sort_values(["negative", "theme"])
    rows = rows.sort_values("negative", ascending=False, kind="stable")
    blamed = rows[rows["negative"] > 0]
    if blamed.empty:
        return ["没有一条留言批评编码表里的主题。", *_drifted(drift, codeframe)]
    first = int(blamed["negative"].iloc[0])
    near = [n for n in blamed["negative"] if first - n <= _Z * math.sqrt(first + n)]
    if len(near) > _MOST_NAMED:
        names = "、".join(theme_name(t, codeframe) for t in blamed["theme"].head(_MOST_NAMED))
        told = joined("批评较分散：", names, f"等 {len(near)} 个主题的批评条数分不出先后。")
        return [told, *_drifted(drift, codeframe)]
    problems = [_problem(row, codeframe) for _, row in blamed.head(len(near)).iterrows()]
    if len(problems) == 1:
        told = f"批评最多的主题是{problems[0]}。"
    else:
        told = f"批评最多的主题是{'、'.join(problems)}，条数分不出先后。"
    return [told, *_drifted(drift, codeframe)]


def impact_view(coefficients: pd.DataFrame, codeframe: Codeframe, study: Study) -> pd.DataFrame:
    """Show how the outcome of those who speak of a theme differs, all else in the model equal.

    Parameters
    ----------
    coefficients : DataFrame
        Table ``coefficients`` of one model with drivers ``theme_<id>``.
    codeframe : Codeframe
        Its names, stages and actions.
    study : Study
        As for `coefficients_view`.

    Returns
    -------
    DataFrame
        The rows of `coefficients_view` that are themes, p adjusted over the drivers in the table:
        主题, 环节 · 动作, 系数 or 优势比, 95% 置信区间, 校正后 p. It is association (关联).

    Examples
    --------
    >>> from csatlib import schema, store
    >>> view = impact_view(schema.empty("coefficients"), Codeframe(), store.study("ops_company"))
    >>> list(view)
    ['主题', '环节 · 动作', '系数', '95% 置信区间', '校正后 p']
    """
    view = coefficients_view(coefficients, study)
    terms = coefficients.loc[view.index, "term"]
    kept = terms.str.startswith(_PREFIX).fillna(value=False).astype(bool)
    ids = terms[kept].str.removeprefix(_PREFIX)
    shown = view[kept].drop(columns="维度")
    shown.insert(0, "主题", [theme_name(theme, codeframe) for theme in ids])
    shown.insert(1, "环节 · 动作", [theme_place(theme, codeframe) for theme in ids])
    return shown


def impact_finding(
    coefficients: pd.DataFrame, codeframe: Codeframe, study: Study, *, alpha: float = 0.05
) -> str:
    """Say which themes go with a lower or higher outcome, and that this is association.

    Parameters
    ----------
    coefficients, codeframe, study
        As for `impact_view`.
    alpha : float
        Significant (显著) are themes whose p, adjusted after Holm over the drivers that the table
        holds, is below it.

    Returns
    -------
    str

    Examples
    --------
    >>> from csatlib import schema, store
    >>> impact_finding(schema.empty("coefficients"), Codeframe(), store.study("ops_company"))
    '各主题与整体满意度都没有显著关联。'
    """
    asked = coefficients["outcome"].dropna()
    outcome = study.label(study.report.overall if asked.empty else asked.iloc[0])
    p = adjusted_p(coefficients)
    rows = coefficients.loc[p.index].assign(p_adjusted=p)
    rows = rows[rows["term"].str.startswith(_PREFIX) & (rows["p_adjusted"] < alpha)]
    sides = []
    for sign, word in ((-1, "偏低"), (1, "偏高")):
        own = rows[(rows["estimate"] * sign > 0).fillna(value=False)]
        names = [theme_name(t, codeframe) for t in own["term"].str.removeprefix(_PREFIX)]
        if names:
            sides.append(f"提到“{'”“'.join(names)}”的客户{outcome}显著{word}")
    if not sides:
        return f"各主题与{outcome}都没有显著关联。"
    return f"其他因素相同时，{'；'.join(sides)}。这是关联，不是因果。"


def drift_view(drift: pd.DataFrame, codeframe: Codeframe) -> pd.DataFrame:
    """Show how often each theme is mentioned now and a quarter before.

    Parameters
    ----------
    drift : DataFrame
        Table ``theme_drift``.
    codeframe : Codeframe
        Its names, stages and actions.

    Returns
    -------
    DataFrame of str
        In the rows' order: 主题, 环节 · 动作, 上季 and 本季 (comments, of how many, share), 变化,
        95% 置信区间, 校正后 p; the reason where nothing is compared.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(drift_view(empty("theme_drift"), Codeframe()))[2:]
    ['上季', '本季', '变化', '95% 置信区间', '校正后 p']
    """
    rows = [row for _, row in drift.iterrows()]
    return pd.DataFrame(
        {
            "主题": [theme_name(row["theme"], codeframe) for row in rows],
            "环节 · 动作": [theme_place(row["theme"], codeframe) for row in rows],
            "上季": [_of(row["previous"], row["previous_base"]) for row in rows],
            "本季": [_of(row["current"], row["current_base"]) for row in rows],
            "变化": [
                reason(row) or "—"
                if pd.isna(row["difference"])
                else difference(row["difference"], "share")
                for row in rows
            ],
            "95% 置信区间": [_gap(row) for row in rows],
            "校正后 p": [p_value(row["p_adjusted"]) for row in rows],
        },
        index=drift.index,
    )


def theme_changes_finding(changes: pd.DataFrame, study: Study, *, alpha: float = 0.05) -> str:
    """Say which themes are mentioned by more or fewer customers than a quarter before.

    Parameters
    ----------
    changes : DataFrame
        Rows of ``estimates.change`` of the shares of the columns ``theme_<id>``, without groups.
    study : Study
        Its codeframe names the themes.
    alpha : float
        The error that is allowed over the themes.

    Returns
    -------
    str
        The themes whose share fell, then those whose share rose, by the adjusted p alone.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> theme_changes_finding(schema.empty("theme_changes"), store.study("hotline"))
    '没有一个主题的提及有显著变化'
    """
    tested = changes[(changes["metric"] == "share") & (changes["p_adjusted"] < alpha)]
    told = []
    for word, sign in (("减少", -1), ("增加", 1)):
        rows = tested[tested["estimate"] * sign > 0]
        if len(rows):
            names = "、".join(f"“{study.label(item)}”" for item in rows["item"])
            told.append(f"提到{names}的客户显著{word}")
    return "，".join(told) or "没有一个主题的提及有显著变化"


def suggestions_view(suggestions: pd.DataFrame) -> pd.DataFrame:
    """Show what many speak of and no theme finds, for whoever keeps the codeframe.

    Parameters
    ----------
    suggestions : DataFrame
        Table ``theme_suggestions``.

    Returns
    -------
    DataFrame of str
        In the rows' order: 代表词, 条数, 凝聚度, 示例编号 (the comment's id; its words are not
        shown, for nobody has reviewed them).

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> list(suggestions_view(empty("theme_suggestions")))
    ['代表词', '条数', '凝聚度', '示例编号']
    """
    return pd.DataFrame(
        {
            "代表词": suggestions["terms"].astype("str"),
            "条数": [f"{size:,}" for size in suggestions["size"]],
            "凝聚度": [number(value, "mean") for value in suggestions["cohesion"]],
            "示例编号": suggestions["example_id"].astype("str"),
        },
        index=suggestions.index,
    )


def _key(theme: object) -> str:
    return "" if pd.isna(theme) else str(theme)


def _between(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        return "—"
    return f"{number(row['ci_low'], 'share')}–{number(row['ci_high'], 'share')}"


def _gap(row: pd.Series) -> str:
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        return "—"
    low, high = (difference(row[end], "share") for end in ("ci_low", "ci_high"))
    return f"{low.removesuffix(' 个百分点')} 至 {high}"


def _polarity(row: pd.Series) -> str:
    return " / ".join(f"{row[p]:,}" for p in ("negative", "neutral", "positive"))


def _of(count: int, base: int) -> str:
    return f"{count:,} / {base:,}（{number(count / base, 'share')}）" if base else "—"


def _moved(row: pd.Series | None, alpha: float = 0.05) -> str:
    if row is None:
        return "—"
    if pd.isna(row["difference"]):
        return reason(row) or "—"
    sure = pd.notna(row["p_adjusted"]) and row["p_adjusted"] < alpha
    return difference(row["difference"], "share") + ("，显著" if sure else "")


def _problem(row: pd.Series, codeframe: Codeframe) -> str:
    share = number(row["negative"] / row["base"], "share") if row["base"] else "—"
    stages = {one.id: (one.stage, one.action) for one in codeframe.themes}
    stage, action = stages.get(row["theme"], ("", ""))
    where = f"环节：{stage}，动作：{action}；" if stage else ""
    count = f"{row['negative']:,} 条，占有内容留言的 {share}"
    return f"**{theme_name(row['theme'], codeframe)}**（{where}{count}）"


def _drifted(drift: pd.DataFrame | None, codeframe: Codeframe, alpha: float = 0.05) -> list[str]:
    if drift is None:
        return []
    sure = drift[drift["theme"].notna() & (drift["p_adjusted"] < alpha).fillna(value=False)]
    told = []
    for sign, word in ((1, "上升"), (-1, "下降")):
        own = sure[sure["difference"] * sign > 0]
        names = "、".join(theme_name(theme, codeframe) for theme in own["theme"])
        if names:
            told.append(f"显著{word}的是{names}")
    if told:
        return [f"与上季相比，提及率{'；'.join(told)}。"]
    if drift["difference"].notna().any():
        return ["与上季相比，各主题的提及率没有显著变化。"]
    why = reason(drift.iloc[0]) if len(drift) else "没有上季的留言"
    return [f"{why}，本季与上季的提及率无法比较。"]
