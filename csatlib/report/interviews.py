"""Interviews in words: with whom, about what, which themes, and whether more would add any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from csatlib.report.words import number
from csatlib.study import Study

__all__ = [
    "gaps_sentences",
    "interviewed_view",
    "level_view",
    "notes_view",
    "refused_view",
    "saturation_sentence",
    "standing_finding",
    "standing_view",
    "topics_finding",
    "topics_view",
]

STANDINGS = {
    "strength": "服务优势",
    "pain": "主要痛点",
    "expectation": "客户期望",
    "competitor": "竞品对比",
}
_NOTES = {
    "strain": "叹气、激动、无奈",
    "pause": "停顿、思考",
    "laugh": "笑、轻松",
    "other": "其他",
}
_REFUSALS = {
    "no_consent": "受访者不同意访谈",
    "unclear_consent": "同意一栏没有填“是”",
    "recorded_without_consent": "不同意录音却录了音",
}
#: A file's name that numbers an interview and cannot name anybody.
_NUMBERED = r"(?:访谈|[\d_.\- ()（）]|(?<![A-Z])[A-Z]{1,2}(?![A-Z]))*\.[a-z]{3,4}"
_UNKNOWN = "没有有效答卷"


def interviewed_view(
    interviews: pd.DataFrame, columns: Sequence[str], study: Study
) -> pd.DataFrame:
    """Count the interviews by whom they were with, one row a group of each column.

    Parameters
    ----------
    interviews : DataFrame
        One row an interview, with the columns.
    columns : sequence of str
        Columns of groups; a missing group counts as having no valid questionnaire.
    study : Study
        Its labels.

    Returns
    -------
    DataFrame
        ``group_by``, ``group``, ``interviews`` and ``share`` (of all interviews).

    Examples
    --------
    >>> from csatlib import store
    >>> df = pd.DataFrame({"region": ["华东", "华东", None]})
    >>> view = interviewed_view(df, ["region"], store.study("ops_company"))
    >>> view[["group", "interviews", "share"]].values.tolist()
    [['华东', 2, '66.7%'], ['没有有效答卷', 1, '33.3%']]
    """
    rows = []
    for column in columns:
        counts = interviews[column].fillna(_UNKNOWN).value_counts(sort=False).sort_index()
        counts = counts.reindex(sorted(counts.index, key=lambda group: group == _UNKNOWN))
        rows += [(study.label(column), g, n, n / len(interviews)) for g, n in counts.items()]
    table = pd.DataFrame(rows, columns=["group_by", "group", "interviews", "share"])
    return table.assign(share=[number(share, "share") for share in table["share"]])


def refused_view(refused: pd.DataFrame) -> pd.DataFrame:
    """Say which files are left out and why.

    Parameters
    ----------
    refused : DataFrame
        Table ``refused_interviews``.

    Returns
    -------
    DataFrame
        ``file`` and ``reason``, in Chinese. A file whose name may hold that of a person, having
        other words than 访谈, is named by the first digits of its SHA-256: who did not consent is
        on no page. ``csat check`` names the files.

    Examples
    --------
    >>> files = ["2026Q3/shop/访谈_7.txt", "2026Q3/shop/访谈_王小明.txt"]
    >>> refused = pd.DataFrame({"file": files, "digest": ["3f" * 32, "a0" * 32]})
    >>> refused_view(refused.assign(reason="no_consent"))["file"].tolist()
    ['访谈_7.txt', '摘要为 a0a0a0a0 的文件']
    """
    name = refused["file"].str.rsplit("/", n=1).str[-1]
    digest = "摘要为 " + refused["digest"].str[:8] + " 的文件"
    name = name.where(name.str.fullmatch(_NUMBERED).astype(bool), digest)
    return pd.DataFrame({"file": name, "reason": refused["reason"].map(_REFUSALS)})


def topics_view(coverage: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count for every topic of the guide how many interviews asked about it and got an answer.

    Parameters
    ----------
    coverage : DataFrame
        Table ``topic_coverage``.
    study : Study
        Its interview guide.

    Returns
    -------
    DataFrame
        In the order of the guide: ``topic`` (its name), ``required`` (必谈 or 选谈),
        ``interviews``, ``asked`` and ``covered``.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> len(topics_view(schema.empty("topic_coverage"), store.study("ops_event")))
    0
    """
    if coverage.empty:
        return pd.DataFrame(columns=["topic", "required", "interviews", "asked", "covered"])
    topics = {topic.id: topic for topic in study.codeframe.topics}
    counts = coverage.groupby("topic", sort=False)[["asked", "covered"]].sum()
    return pd.DataFrame(
        {
            "topic": [topics[t].name for t in counts.index],
            "required": ["必谈" if topics[t].required else "选谈" for t in counts.index],
            "interviews": coverage["interview_id"].nunique(),
            "asked": counts["asked"].to_numpy(),
            "covered": counts["covered"].to_numpy(),
        }
    )


def topics_finding(coverage: pd.DataFrame, study: Study) -> str:
    """Say in one sentence which topic was answered least often.

    Parameters
    ----------
    coverage : DataFrame
        Table ``topic_coverage``.
    study : Study
        Its interview guide.

    Returns
    -------
    str
        A Chinese sentence without its full stop.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> topics_finding(schema.empty("topic_coverage"), store.study("ops_event"))
    '没有可核对的访谈提纲'
    """
    view = topics_view(coverage, study)
    if view.empty:
        return "没有可核对的访谈提纲"
    least, held = int(view["covered"].min()), int(view["interviews"].iloc[0])
    if least == held:
        return f"提纲的 {len(view)} 个话题每次访谈都谈到了"
    rare = [f"“{topic}”" for topic in view.loc[view["covered"] == least, "topic"]]
    told = "、".join(rare[:3]) + ("等" if len(rare) > 3 else "")
    return f"提纲的 {len(view)} 个话题中{told}谈得最少，{held} 次访谈里谈到 {least} 次"


def gaps_sentences(coverage: pd.DataFrame, study: Study) -> list[str]:
    """List the interviews that left a topic out, for whoever holds the next ones.

    Parameters
    ----------
    coverage : DataFrame
        Table ``topic_coverage``.
    study : Study
        Its interview guide.

    Returns
    -------
    list of str
        One Chinese sentence a topic that some interview did not ask about, or that was asked and
        hardly answered.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> gaps_sentences(schema.empty("topic_coverage"), store.study("ops_event"))
    []
    """
    names = study.codeframe.labels()
    told = []
    for topic, rows in coverage.groupby("topic", sort=False):
        unasked = rows.loc[~rows["asked"], "interview_id"]
        short = rows.loc[rows["asked"] & ~rows["covered"], "interview_id"]
        parts = [f"没有问到的访谈有 {'、'.join(unasked)}"] if len(unasked) else []
        parts += [f"问了而客户几乎没有谈的有 {'、'.join(short)}"] if len(short) else []
        if parts:
            told.append(f"“{names[str(topic)]}”：{'；'.join(parts)}。")
    return told


def standing_view(standing: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Lay out the standing themes of interviews with what they are about.

    Parameters
    ----------
    standing : DataFrame
        Table ``standing_themes``.
    study : Study
        The names of its themes.

    Returns
    -------
    DataFrame
        ``standing``, ``theme`` (in Chinese; 合计 for the standing theme itself), ``interviews``,
        ``share`` (of all interviews) and ``turns``.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> len(standing_view(schema.empty("standing_themes"), store.study("ops_event")))
    0
    """
    names = study.codeframe.labels()
    own = {theme.id for theme in study.codeframe.themes if theme.standing}
    shares = (standing["interviews"] / standing["base"].where(standing["base"] > 0)).astype(
        "Float64"
    )
    return pd.DataFrame(
        {
            "standing": standing["standing"].map(STANDINGS),
            "theme": [
                f"（{names[t]}）" if t in own else names.get(t, t) for t in standing["theme"]
            ],
            "interviews": standing["interviews"],
            "share": [number(s, "share") if pd.notna(s) else "—" for s in shares],
            "turns": standing["turns"],
        }
    )


def standing_finding(standing: pd.DataFrame, study: Study) -> str:
    """Say in one sentence which complaint most interviews voice.

    Parameters
    ----------
    standing : DataFrame
        Table ``standing_themes``.
    study : Study
        The names of its themes.

    Returns
    -------
    str
        A Chinese sentence without its full stop.

    Examples
    --------
    >>> from csatlib import schema, store
    >>> standing_finding(schema.empty("standing_themes"), store.study("ops_event"))
    '访谈没有谈到痛点'
    """
    own = {theme.id for theme in study.codeframe.themes if theme.standing}
    pains = standing[(standing["standing"] == "pain") & ~standing["theme"].isin(own)]
    pains = pains[pains["interviews"] > 0]
    if pains.empty:
        return "访谈没有谈到痛点"
    most = int(pains["interviews"].max())
    names = study.codeframe.labels()
    leading = [names.get(t, t) for t in pains.loc[pains["interviews"] == most, "theme"]]
    told = "、".join(f"“{name}”" for name in leading[:3]) + ("等" if len(leading) > 3 else "")
    each = "各 " if len(leading) > 1 else ""
    return f"{int(pains['base'].iloc[0])} 次访谈中谈到最多的痛点是{told}，{each}{most} 次"


def level_view(coded: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    """Set what interviews say beside how satisfied the people are who say it.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded_turns``, every row of every interview.
    levels : mapping of str to str
        From an interview's number to its level of satisfaction.

    Returns
    -------
    DataFrame
        One row a level: ``level``, ``interviews``, and how many different themes an interview
        names in the mean, blaming (``negative``) and praising (``positive``), as text.

    Examples
    --------
    >>> coded = pd.DataFrame({"interview_id": ["a", "a", "b"], "theme": ["x", "y", None],
    ...                       "polarity": ["negative", "negative", None]})
    >>> level_view(coded, {"a": "未达满意", "b": "满意"}).values.tolist()
    [['未达满意', 1, '2.0', '0.0'], ['满意', 1, '0.0', '0.0']]
    """
    of = pd.Series(levels, dtype="str").fillna(_UNKNOWN)
    pairs = coded.dropna(subset="theme")[["interview_id", "theme", "polarity"]].drop_duplicates()
    counts = pd.crosstab(pairs["interview_id"], pairs["polarity"])
    counts = counts.reindex(index=of.index, columns=["negative", "positive"], fill_value=0)
    groups = counts.groupby(of)
    view = groups.mean().map(lambda mean: f"{mean:.1f}").assign(interviews=groups.size())
    view = view.rename_axis("level").reset_index()
    order = ["未达满意", "满意", _UNKNOWN]
    place = view["level"].map(lambda level: order.index(level) if level in order else len(order))
    view = view.iloc[place.argsort(kind="stable")].reset_index(drop=True)
    return view[["level", "interviews", "negative", "positive"]]


def notes_view(notes: pd.DataFrame) -> pd.DataFrame:
    """Say what was noted beside the words, kind by kind.

    Parameters
    ----------
    notes : DataFrame
        Table ``spoken_notes``.

    Returns
    -------
    DataFrame
        ``kind`` in Chinese, ``turns`` and ``interviews``; kinds that nobody noted are left out.

    Examples
    --------
    >>> notes = pd.DataFrame({"kind": ["strain", "laugh"], "turns": [2, 0], "interviews": [1, 0]})
    >>> notes_view(notes).values.tolist()
    [['叹气、激动、无奈', 2, 1]]
    """
    rows = notes[notes["turns"] > 0]
    return rows.assign(kind=rows["kind"].map(_NOTES))[["kind", "turns", "interviews"]]


def saturation_sentence(point: pd.DataFrame) -> str:
    """Say whether the interviews had run dry of new themes.

    Parameters
    ----------
    point : DataFrame
        Table ``saturation_point``.

    Returns
    -------
    str
        A Chinese sentence.

    Examples
    --------
    >>> coded = pd.DataFrame({"interview_id": list("abcdef"), "theme": list("xyxyxx")})
    >>> from csatlib import themes
    >>> saturation_sentence(themes.saturation_point(coded))
    '前 4 次访谈谈到 2 个主题；到第 6 次，最近 2 次新增的不超过其 5.0%，可以认为主题已经饱和。'
    """
    row = point.iloc[0]
    if pd.notna(row["reason"]):
        why = {
            "few": f"访谈太少（至少要 {row['base'] + row['run']} 次）",
            "no_themes": f"前 {row['base']} 次访谈没有谈到任何主题",
        }
        return f"无法判断主题是否饱和：{why[row['reason']]}。"
    start = f"前 {row['base']} 次访谈谈到 {row['base_themes']} 个主题；"
    limit = number(row["threshold"], "share")
    if pd.isna(row["reached_at"]):
        return (
            f"{start}到第 {row['interviews']} 次，最近 {row['run']} 次新增的仍超过其 {limit}，"
            "主题尚未饱和，建议增加访谈。"
        )
    return (
        f"{start}到第 {row['reached_at']} 次，最近 {row['run']} 次新增的不超过其 {limit}，"
        "可以认为主题已经饱和。"
    )
