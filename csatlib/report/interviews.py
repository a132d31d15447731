"""Interviews in words: with whom, about what, which themes, and whether more would add any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from csatlib.report.words import number
from csatlib.study import Study

__all__ = [
    "gaps_sentences",
    "interview_script",
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
    "unclear_consent": "同意一栏不是“是”",
    "recorded_without_consent": "不同意录音却录了音",
}
#: A file's name that numbers an interview and cannot name anybody.
_NUMBERED = r"(?:访谈|[\d_.\- ()（）]|(?<![A-Z])[A-Z]{1,2}(?![A-Z]))*\.[a-z]{3,4}"
_ROLES = {"interviewer": "访谈员", "respondent": "客户", "other": "旁人"}
_UNKNOWN = "没有有效答卷"
_FEW = {"few": "访谈太少", "no_themes": "前几次访谈没有谈到任何主题"}


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
        parts = [f"没有问到的访谈：{'、'.join(unasked)}"] if len(unasked) else []
        parts += [f"问了而几乎没有谈的：{'、'.join(short)}"] if len(short) else []
        if parts:
            told.append(f"“{names[str(topic)]}”" + "；".join(parts) + "。")
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
    '没有一个痛点被谈到'
    """
    own = {theme.id for theme in study.codeframe.themes if theme.standing}
    pains = standing[(standing["standing"] == "pain") & ~standing["theme"].isin(own)]
    pains = pains[pains["interviews"] > 0]
    if pains.empty:
        return "没有一个痛点被谈到"
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
    least = int(row["base"] + row["run"])
    if pd.notna(row["reason"]):
        return f"无法判断主题是否饱和：{_FEW[row['reason']]}（至少要 {least} 次）。"
    start = f"前 {row['base']} 次访谈谈到 {row['base_themes']} 个主题；"
    limit = f"最近 {row['run']} 次新增的不超过其 {number(row['threshold'], 'share')}"
    if pd.isna(row["reached_at"]):
        return f"{start}直到第 {row['interviews']} 次仍有新主题出现，尚未饱和，建议增加访谈。"
    return f"{start}到第 {row['reached_at']} 次，{limit}，可以认为主题已经饱和。"


def interview_script(interviews: pd.DataFrame, turns: pd.DataFrame, *, interview_id: str) -> str:
    """Write one interview as it is kept in the archive: heading, talk, and what was noted.

    Parameters
    ----------
    interviews, turns : DataFrame
        Tables ``interviews`` and ``turns``, already redacted.
    interview_id : str
        Which interview.

    Returns
    -------
    str
        Plain Chinese text, one line a turn, with the time where it is known and the notes in 【】.

    Raises
    ------
    ValueError
        If there is no such interview.

    Examples
    --------
    >>> interviews = pd.DataFrame({"interview_id": ["a"], "held_on": ["2026-08-12"],
    ...                            "interviewer": ["访谈员01"], "mode": ["电话"],
    ...                            "recorded": [True]})
    >>> turns = pd.DataFrame({"interview_id": ["a"], "turn": [1], "role": ["respondent"],
    ...                       "seconds": [192.0], "text": ["太慢了"], "note": ["叹气"]})
    >>> print(interview_script(interviews, turns, interview_id="a"))
    访谈编号：a
    访谈日期：2026-08-12
    访谈员：访谈员01
    方式：电话
    是否录音：是
    <BLANKLINE>
    [00:03:12] 客户：太慢了【叹气】
    """
    found = interviews[interviews["interview_id"] == interview_id]
    if found.empty:
        raise ValueError(f"interview_id: no interview {interview_id!r} among {len(interviews)}")
    row = found.iloc[0]
    recorded = "未记" if pd.isna(row["recorded"]) else "是" if row["recorded"] else "否"
    heading = {
        "访谈编号": interview_id,
        "访谈日期": row["held_on"],
        "访谈员": row["interviewer"],
        "方式": row["mode"],
        "是否录音": recorded,
    }
    lines = [f"{key}：{'未记' if pd.isna(value) else value}" for key, value in heading.items()]
    told = turns[turns["interview_id"] == interview_id].sort_values("turn")
    return "\n".join([*lines, "", *(_line(turn) for turn in told.to_dict("records"))])


def _line(turn: Mapping[str, object]) -> str:
    seconds, note = turn["seconds"], turn["note"]
    clock = ""
    if not pd.isna(seconds):
        whole = int(float(str(seconds)))
        clock = f"[{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}] "
    words = str(turn["text"]).replace("\n", " ")
    beside = "" if pd.isna(note) else f"【{note}】"
    return f"{clock}{_ROLES[str(turn['role'])]}：{words}{beside}"
