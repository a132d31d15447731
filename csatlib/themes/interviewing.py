"""What interviews touched on, which themes they voiced, and what was noted beside the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from csatlib import schema
from csatlib.schema import STANDINGS
from csatlib.study import Codeframe, Topic
from csatlib.text import Lexicon
from csatlib.themes.coding import code, match
from csatlib.themes.shaping import require, tabled, typed

__all__ = [
    "code_turns",
    "spoken_notes",
    "standing",
    "topic_coverage",
]

#: Politeness and no more: greetings, thanks, yes, farewells.
_COURTESY = re.compile(
    r"(?:(?:不客气|不用谢|没事|没关系|谢谢您?|感谢|再见|好的?|行|可以|嗯+|对|是的|您?问吧|您?请讲|您?请说|"
    r"辛苦了?|不打扰|您?好|你好|拜拜|应该的|没问题)[\W_啊呀吧啦哈]*)+"
)
_SILENT = re.compile(r"[\W_]+")
#: Kinds of what is noted beside the words; the first that fits counts.
_NOTES: Mapping[str, re.Pattern[str]] = {
    "strain": re.compile(
        r"激动|叹|无奈|皱眉|提高|生气|愤|不耐烦|哽咽|哭|焦急|着急|失望|摇头|语速加快|苦笑|情绪"
    ),
    "pause": re.compile(r"停顿|沉默|思考|犹豫|迟疑|翻|想了|片刻"),
    "laugh": re.compile(r"笑|轻松|点头|高兴|愉快"),
    "other": re.compile(""),
}


def topic_coverage(
    turns: pd.DataFrame,
    topics: Sequence[Topic],
    *,
    lexicon: Lexicon | None = None,
    min_characters: int = 10,
) -> pd.DataFrame:
    """Say which topics of the guide each interview asked about, and which were answered.

    Parameters
    ----------
    turns : DataFrame
        Table ``turns``.
    topics : sequence of Topic
        The interview guide: ``Study.codeframe.topics``.
    lexicon : Lexicon, optional
        The words of the study, as for `code`.
    min_characters : int
        The letters and digits from which on an answer counts as one.

    Returns
    -------
    DataFrame
        Table ``topic_coverage``, one row an interview and topic, interviews in the order of their
        numbers and topics in that of the guide: ``asked``, whether a turn of the interviewer
        matches one of the topic's patterns; ``turns`` and ``characters`` (letters and digits) of
        the answer; ``covered``, whether the answer has ``min_characters`` or matches the topic.

    Raises
    ------
    ValueError
        If a column of ``turns`` is missing, or ``min_characters`` is less than 1.

    Notes
    -----
    The answer to a topic is every turn of the respondent from the question on to the next turn of
    the interviewer that asks about another topic; questions that match no topic (“还有别的吗？”)
    stay with the one before. What nobody asked has no answer here, whatever was said elsewhere.

    Examples
    --------
    >>> turns = pd.DataFrame({
    ...     "turn_id": ["a:1", "a:2"], "interview_id": ["a", "a"], "turn": [1, 2],
    ...     "role": ["interviewer", "respondent"],
    ...     "text": ["接通顺利吗？", "等了半天才有人接我的电话。"]})
    >>> guide = [Topic(id="access", name="接通", patterns=("接通",)),
    ...          Topic(id="price", name="费用", patterns=("费用",))]
    >>> topic_coverage(turns, guide)[["topic", "asked", "covered"]].values.tolist()
    [['access', True, True], ['price', False, False]]
    """
    require(turns, ("turn_id", "interview_id", "turn", "role", "text"), "topic_coverage")
    if min_characters < 1:
        raise ValueError(f"min_characters: expected at least 1, found {min_characters}")
    ordered = turns.sort_values(["interview_id", "turn"], kind="stable")
    asked_of = _spoken_of(ordered, topics, lexicon)
    rows = [
        (interview, topic.id, *found)
        for interview, told in ordered.groupby("interview_id", sort=True)
        for topic, found in zip(
            topics, _answered(told, topics, asked_of, min_characters), strict=True
        )
    ]
    return tabled(rows, "topic_coverage")


def _spoken_of(
    turns: pd.DataFrame, topics: Sequence[Topic], lexicon: Lexicon | None
) -> dict[str, set[str]]:
    """Give the topics that the words of each turn match."""
    words = turns.rename(columns={"turn_id": "comment_id"})
    found = match(words, {t.id: t.patterns for t in topics}, lexicon=lexicon)
    return found.groupby("comment_id")["name"].agg(set).to_dict()


def _answered(
    told: pd.DataFrame, topics: Sequence[Topic], asked_of: Mapping[str, set[str]], least: int
) -> Iterator[tuple[bool, int, int, bool]]:
    """Walk through one interview: what is asked last is what is answered."""
    asked: set[str] = set()
    now: set[str] = set()
    answers: dict[str, list[int]] = {}
    matched: set[str] = set()
    for turn_id, role, text in zip(told["turn_id"], told["role"], told["text"], strict=True):
        about = asked_of.get(turn_id, set())
        if role == "interviewer":
            now = about or now
            asked |= about
        elif role == "respondent":
            matched |= about & now
            for topic in now:
                answers.setdefault(topic, []).append(len(_SILENT.sub("", text)))
    for topic in topics:
        lengths = answers.get(topic.id, [])
        long = sum(lengths) >= least
        yield topic.id in asked, len(lengths), sum(lengths), long or topic.id in matched


def code_turns(
    turns: pd.DataFrame, codeframe: Codeframe, *, lexicon: Lexicon | None = None
) -> pd.DataFrame:
    """Code what the respondents of interviews said, turn by turn.

    Parameters
    ----------
    turns : DataFrame
        Table ``turns``; turns of interviewers and others, and those without a word, are left out.
    codeframe : Codeframe
        The study's themes.
    lexicon : Lexicon, optional
        The words of the study, as for `code`.

    Returns
    -------
    DataFrame
        Table ``coded_turns``: as `code` gives, where ``comment_id`` is the ``turn_id``, with the
        ``interview_id``. A turn that is nothing but politeness (“不客气”, “好的，再见”) is
        ``uninformative``: 不客气 at a farewell is no complaint.

    Raises
    ------
    ThemeError, ValueError
        As `code`.

    Examples
    --------
    >>> turns = pd.DataFrame({"turn_id": ["a:1", "a:2"], "interview_id": ["a", "a"],
    ...                       "role": ["interviewer", "respondent"],
    ...                       "text": ["排队久吗？", "排队实在太久"]})
    >>> from csatlib.study import Theme
    >>> queue = Theme(id="queue", name="排队久", stage="接通", action="排队", polarity="negative",
    ...               patterns=("排队 ~ 久",))
    >>> code_turns(turns, Codeframe(themes=(queue,)))[["comment_id", "theme"]].values.tolist()
    [['a:2', 'queue']]
    """
    require(turns, ("turn_id", "interview_id", "role", "text"), "code_turns")
    said = turns[(turns["role"] == "respondent") & (turns["text"] != "")]
    words = said[["turn_id", "text"]].rename(columns={"turn_id": "comment_id"})
    polite = words["text"].astype("str").str.fullmatch(_COURTESY).astype(bool)
    coded = code(words[~polite], codeframe, lexicon=lexicon)
    if polite.any():
        empty = pd.DataFrame({"comment_id": words.loc[polite, "comment_id"]})
        empty = empty.assign(status="uninformative").reindex(columns=coded.columns)
        together = [part for part in (coded, empty.astype(coded.dtypes)) if len(part)]
        coded = pd.concat(together).sort_values("comment_id", kind="stable", ignore_index=True)
    of_turn = said.set_index(said["turn_id"].astype("str"))["interview_id"]
    table = coded.assign(interview_id=coded["comment_id"].map(of_turn).astype("str"))
    return schema.check(table[list(schema.TABLES["coded_turns"].columns)], "coded_turns")


def standing(coded: pd.DataFrame, codeframe: Codeframe) -> pd.DataFrame:
    """Count the standing themes of interviews, and which other themes they are about.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded_turns``, every row of every interview.
    codeframe : Codeframe
        Says which themes are standing ones, and of what.

    Returns
    -------
    DataFrame
        Table ``standing_themes``: ``standing`` (``strength``, ``pain``, ``expectation``,
        ``competitor``), ``theme``, ``interviews`` and ``turns`` that voice it, ``base``
        (interviews in all). A standing theme has a row even where nobody voices it; every other
        theme has a row where it is found: as a ``strength`` where it is praised, as a ``pain``
        where it is complained of, and as an ``expectation`` or ``competitor`` where the same turn
        voices that standing theme too. Within a standing the standing themes are first, then the
        most frequent.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> from csatlib.study import Theme
    >>> wish = Theme(id="wish", name="期望", stage="整体", action="期望",
    ...              standing="expectation", patterns=("希望",))
    >>> coded = pd.DataFrame({"interview_id": ["a", "a", "b"], "comment_id": ["a:1", "a:1", "b:1"],
    ...                       "theme": ["wish", "queue", None],
    ...                       "polarity": [None, "negative", None]})
    >>> standing(coded, Codeframe(themes=(wish,)))[["standing", "theme", "turns"]].values.tolist()
    [['pain', 'queue', 1], ['expectation', 'wish', 1], ['expectation', 'queue', 1]]
    """
    require(coded, ("interview_id", "comment_id", "theme", "polarity"), "standing")
    own = pd.DataFrame(
        [(t.standing, t.id) for t in codeframe.themes if t.standing], columns=["standing", "theme"]
    ).astype("str")
    found = coded.dropna(subset="theme")
    fixed = found.merge(own, on="theme")
    others = found[~found["theme"].isin(own["theme"])]
    judged = others["polarity"].map({"positive": "strength", "negative": "pain"})
    beside = fixed.loc[fixed["standing"].isin(["expectation", "competitor"])]
    beside = beside[["comment_id", "standing"]].drop_duplicates()
    lines = [
        fixed,
        others.assign(standing=judged).dropna(subset="standing"),
        others.merge(beside, on="comment_id"),
    ]
    columns = ["standing", "theme", "interview_id", "comment_id"]
    lines = [line[columns].astype("str") for line in lines if len(line)]
    rows = pd.concat(lines, ignore_index=True) if lines else pd.DataFrame(columns=columns)
    counts = rows.groupby(["standing", "theme"])[["interview_id", "comment_id"]].nunique()
    index = pd.MultiIndex.from_frame(own).union(counts.index, sort=False)
    counts = counts.reindex(index).fillna(0).set_axis(["interviews", "turns"], axis=1)
    table = counts.rename_axis(["standing", "theme"]).reset_index()
    if table.empty:
        return schema.empty("standing_themes")
    table = table.assign(
        base=coded["interview_id"].nunique(),
        place=table["standing"].map(list(STANDINGS).index),
        other=~table["theme"].isin(own["theme"]),
    )
    by = ["place", "other", "interviews", "turns", "theme"]
    ascending = [True, True, False, False, True]
    return typed(table.sort_values(by, ascending=ascending, ignore_index=True), "standing_themes")


def spoken_notes(turns: pd.DataFrame) -> pd.DataFrame:
    """Count what was noted beside the respondents' words: strain, pauses, laughter.

    Parameters
    ----------
    turns : DataFrame
        Table ``turns``.

    Returns
    -------
    DataFrame
        Table ``spoken_notes``, one row a kind, always all four: ``kind`` (``strain``: sighs,
        raised voices; ``pause``; ``laugh``; ``other``), ``turns`` and ``interviews`` with such a
        note, ``base`` (turns of respondents). A turn with several notes counts for each kind.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> turns = pd.DataFrame({"turn_id": ["a:2", "a:4"], "interview_id": ["a", "a"],
    ...                       "role": ["respondent"] * 2, "note": ["语气激动", None]})
    >>> spoken_notes(turns)[["kind", "turns", "base"]].values.tolist()[0]
    ['strain', 1, 2]
    """
    require(turns, ("turn_id", "interview_id", "role", "note"), "spoken_notes")
    said = turns[turns["role"] == "respondent"]
    notes = (
        said.assign(part=said["note"].astype("str").str.split("；"))
        .explode("part")
        .dropna(subset="part")
    )
    kinds = [next(k for k, words in _NOTES.items() if words.search(part)) for part in notes["part"]]
    notes = notes.assign(kind=kinds)
    found = notes.groupby("kind")[["turn_id", "interview_id"]].nunique().reindex(list(_NOTES))
    table = found.fillna(0).set_axis(["turns", "interviews"], axis=1).rename_axis("kind")
    return typed(table.reset_index().assign(base=len(said)), "spoken_notes")
