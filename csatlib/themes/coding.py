"""Codes comments with the themes of a codeframe, and proves the codeframe by its own examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.study import Codeframe, Theme
from csatlib.text import Lexicon, polarity, uninformative
from csatlib.themes.compiling import through
from csatlib.themes.matching import find

__all__ = ["ThemeError", "check", "code", "match"]

_CODED = ("coded", "uninformative", "uncoded")
_POLARITIES = ("negative", "neutral", "positive")


class ThemeError(ValueError):
    """A codeframe that does not do what its examples say; the (Chinese) message says where."""


def code(
    comments: pd.DataFrame, codeframe: Codeframe, *, lexicon: Lexicon | None = None
) -> pd.DataFrame:
    """Code comments with the themes of a codeframe.

    Parameters
    ----------
    comments : DataFrame
        ``comment_id`` and ``text``, one row a comment or a turn of an interview. Further columns
        are passed over.
    codeframe : Codeframe
        The study's themes; see ``docs/study-file.md`` for the language of their patterns.
    lexicon : Lexicon, optional
        The words of the study, such as `Lexicon.of(study)`; the general lists without it.

    Returns
    -------
    DataFrame
        Table ``coded``, in the order of ``comment_id`` and place: ``comment_id``; ``status``
        (``coded``: one row for each place of each theme; ``uncoded`` and ``uninformative``: one
        row without theme); ``theme``, ``stage`` (环节), ``action`` (动作) and ``dimension`` of the
        codeframe; ``polarity``, the theme's own where it has one, else that of the clause in
        which the match begins; ``start`` and ``end`` of the match in the text, from 0, ``end``
        not included; ``span``, the words there; ``pattern`` that found them.

    Raises
    ------
    ThemeError
        If an example of a theme is not found by it, or a counter-example is.
    ValueError
        If a column is missing, or a ``comment_id`` is missing or given twice.

    Notes
    -----
    A match lies in one sentence (up to 。！？； or a line end, or a comma before 但, 不过 and other
    turns); a gap counts words and other commas and passes over other punctuation. Matched words
    begin and end with words: with tokens, and inside a token where the general dictionary does
    not hold it as one word, where it has four characters or more or begins with a negator, and
    behind a leading word of degree.

    A match is void where a negator stands directly before it ("没有排队", "不是没人接"), or before
    an element and in the gap ("排队不久"); one that the pattern itself names is no such negator
    (没有 ~ 解决 finds "没有被解决"). Words of degree and helping words may lie between ("没怎么等",
    "不会再反复"). Requests (别, 不要) negate nothing: who asks for an end to it has met it; and
    of 不是…就是… both halves hold. It is void, too, where one of ``unless`` stands in the same
    sentence, negated or not.

    Of matches of one theme that overlap the longest stays, of equals the first, then the pattern
    that stands first. Each distinct text is searched once; the order of rows changes nothing.

    Examples
    --------
    >>> queue = Theme(id="queue", name="排队久", stage="接通", action="排队", polarity="negative",
    ...               patterns=("排队 ~ 久|长",))
    >>> texts = ["排队实在太久", "没有排队很久"]
    >>> comments = pd.DataFrame({"comment_id": ["a", "b"], "text": texts})
    >>> code(comments, Codeframe(themes=(queue,)))[["status", "span"]].fillna("").values.tolist()
    [['coded', '排队实在太久'], ['uncoded', '']]
    """
    words = lexicon or Lexicon()
    _require(comments, "code")
    _prove(codeframe, words)
    number, texts = _distinct(comments["text"])
    themes = {theme.id: theme for theme in codeframe.themes}
    frames = {name: (theme.patterns, theme.unless) for name, theme in themes.items()}
    found = _find(texts, frames, words)
    empty = uninformative(pd.Series(texts, dtype="str")).to_numpy(bool)
    found = found[~empty[found["text"].to_numpy()]]
    found = found.assign(polarity=_polarities(found, texts, themes, words))
    return _table(comments["comment_id"], number, texts, empty, found, themes)


def match(
    comments: pd.DataFrame,
    patterns: Mapping[str, Sequence[str]],
    *,
    lexicon: Lexicon | None = None,
) -> pd.DataFrame:
    """Find patterns in texts, such as those of the topics of an interview guide.

    Parameters
    ----------
    comments : DataFrame
        ``comment_id`` and ``text``.
    patterns : mapping of str to sequence of str
        The patterns of each name.
    lexicon : Lexicon, optional
        As for `code`.

    Returns
    -------
    DataFrame
        One row a match, by ``comment_id`` and place: ``comment_id``, ``name``, ``start``, ``end``,
        ``span`` and ``pattern``, as in `code`, whose rules hold here too. No rows where nothing
        is found.

    Raises
    ------
    ValueError
        If a column is missing, a ``comment_id`` is missing or given twice, or a pattern is none.

    Examples
    --------
    >>> turns = pd.DataFrame({"comment_id": ["t1"], "text": ["希望能开夜间服务"]})
    >>> match(turns, {"wish": ["希望|建议"]})[["name", "span"]].values.tolist()
    [['wish', '希望']]
    """
    _require(comments, "match")
    number, texts = _distinct(comments["text"])
    found = _find(texts, {n: (tuple(p), ()) for n, p in patterns.items()}, lexicon or Lexicon())
    rows, at = _rows(number, found, len(texts))
    spread = found.iloc[at].reset_index(drop=True)
    ids = comments["comment_id"].astype("str").iloc[rows].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "comment_id": ids,
            "name": spread["name"].astype("str"),
            "start": spread["start"].astype("Int64"),
            "end": spread["end"].astype("Int64"),
            "span": pd.Series(_spans(spread, texts)),
            "pattern": spread["pattern"].astype("str"),
        }
    )
    return table.sort_values(["comment_id", "start"], kind="stable", ignore_index=True)


def check(codeframe: Codeframe, *, lexicon: Lexicon | None = None) -> pd.DataFrame:
    """Prove a codeframe by the examples of its themes.

    Parameters
    ----------
    codeframe : Codeframe
    lexicon : Lexicon, optional
        As for `code`.

    Returns
    -------
    DataFrame
        One row an example that fails: ``theme``; ``example``, its words; ``kind``: ``example``
        (not found by its theme) or ``counter_example`` (found all the same); ``span`` and
        ``pattern`` of what was found, NA for an example; ``finding``, in Chinese. No rows where
        all hold.

    Examples
    --------
    >>> theme = Theme(id="queue", name="排队久", stage="接通", action="排队",
    ...               patterns=("排队 ~ 久",), examples=("等得太久",))
    >>> check(Codeframe(themes=(theme,)))["finding"].tolist()
    ['主题 queue（排队久）的例句“等得太久”没有被自己的模式找到']
    """
    return pd.DataFrame(
        list(_failures(codeframe, lexicon or Lexicon())),
        columns=["theme", "example", "kind", "span", "pattern", "finding"],
    ).astype("str")


def _require(comments: pd.DataFrame, caller: str) -> None:
    missing = {"comment_id", "text"} - set(comments.columns)
    if missing:
        raise ValueError(
            f"{caller}: expected the columns comment_id and text, missing {sorted(missing)}"
        )
    ids = comments["comment_id"]
    if ids.isna().any() or ids.duplicated().any():
        raise ValueError(
            f"{caller}: every comment needs a comment_id of its own; "
            f"{int(ids.isna().sum())} are missing, {int(ids.dropna().duplicated().sum())} repeated"
        )


def _distinct(texts: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Give each text the number of its distinct one; a missing one is ''."""
    number, distinct = pd.factorize(texts.astype("str").fillna(""))
    return np.asarray(number), distinct.tolist()


def _find(
    texts: Sequence[str],
    patterns: Mapping[str, tuple[Sequence[str], Sequence[str]]],
    lexicon: Lexicon,
) -> pd.DataFrame:
    """Find all patterns in distinct texts: number of the text, place in it, name, pattern."""
    sources = list(dict.fromkeys(source for each, _ in patterns.values() for source in each))
    known = {source: number for number, source in enumerate(sources)}
    frames = [(name, tuple(own), tuple(unless)) for name, (own, unless) in patterns.items()]
    text, start, end, name, place = find(texts, frames, lexicon)
    numbers = [known[source] for _, own, _ in frames for source in own]
    first = np.cumsum([0, *(len(own) for _, own, _ in frames)])
    pattern = np.array(numbers, dtype=np.int64)[first[name] + place]
    return pd.DataFrame(
        {
            "text": text,
            "start": start,
            "end": end,
            "name": pd.Categorical.from_codes(name, list(patterns)),
            "pattern": pd.Categorical.from_codes(pattern, sources),
        }
    )


def _polarities(
    found: pd.DataFrame, texts: Sequence[str], themes: Mapping[str, Theme], lexicon: Lexicon
) -> np.ndarray:
    """Take the theme's own polarity, or that of the clause in which a match begins, by number."""
    own = [_POLARITIES.index(t.polarity) if t.polarity else -1 for t in themes.values()]
    given = np.array(own, dtype=np.int64)[found["name"].cat.codes]
    unsaid = np.flatnonzero(given < 0)
    if not len(unsaid):
        return given
    text, start = (found[name].to_numpy()[unsaid] for name in ("text", "start"))
    asked = np.unique(text).tolist()
    judged = {"comment_id": [str(n) for n in asked], "text": [texts[n] for n in asked]}
    clauses = polarity(pd.DataFrame(judged).astype("str"), lexicon=lexicon)
    said = np.append(pd.Categorical(clauses["polarity"], _POLARITIES).codes, 0)
    longest = max(map(len, judged["text"])) + 1
    owner = clauses["comment_id"].astype("int64").to_numpy()
    begins = owner * longest + clauses["start"].to_numpy(np.int64)
    near = np.searchsorted(begins, text * longest + start, side="right") - 1
    is_own = np.append(owner, -1)[near] == text
    given[unsaid] = np.where(is_own, said[near], _POLARITIES.index("neutral"))
    return given


def _rows(
    number: np.ndarray, found: pd.DataFrame, texts: int, *, least: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Spread the matches of distinct texts over the comments: place of comment and of match.

    A comment without a match has ``least`` rows, where the match is −1.
    """
    count = np.bincount(found["text"].to_numpy(), minlength=max(texts, 1))
    first = np.cumsum(count) - count
    rows, at = through(first[number], np.maximum(count[number], least))
    return rows, np.where(count[number][rows] > 0, at, -1)


def _spans(found: pd.DataFrame, texts: Sequence[str]) -> pd.api.extensions.ExtensionArray:
    columns = (found[name].tolist() for name in ("text", "start", "end"))
    return pd.array([texts[n][a:b] for n, a, b in zip(*columns, strict=True)], dtype="str")


def _table(
    ids: pd.Series,
    number: np.ndarray,
    texts: Sequence[str],
    empty: np.ndarray,
    found: pd.DataFrame,
    themes: Mapping[str, Theme],
) -> pd.DataFrame:
    """Give every comment its matches, or one row without theme; a match is read through ``at``."""
    ids = ids.astype("str").array
    order = np.asarray(ids.argsort())
    rows, at = _rows(number[order], found, len(texts), least=1)
    rows = order[rows]
    status = np.where(at >= 0, 0, np.where(empty[number[rows]], 1, 2))
    theme = _taken(found["name"].cat.codes, at)
    columns = {"comment_id": ids.take(rows), "status": _named(_CODED, status)}
    columns["theme"] = _named(themes, theme)
    for name in ("stage", "action", "dimension"):
        columns[name] = _named([getattr(one, name) for one in themes.values()], theme)
    columns["polarity"] = _named(_POLARITIES, _taken(found["polarity"], at))
    for name in ("start", "end"):
        columns[name] = pd.arrays.IntegerArray(_taken(found[name], at), at < 0)
    columns["span"] = _spans(found, texts).take(at, allow_fill=True)
    pattern = found["pattern"].cat
    columns["pattern"] = _named(pattern.categories, _taken(pattern.codes, at))
    table = pd.DataFrame(columns, copy=False)[list(schema.TABLES["coded"].columns)]
    # Its rows fit by the way they were made; to look through them costs more than to make them.
    schema.check(table.head(0), "coded")
    return table


def _taken(values: pd.Series, at: np.ndarray) -> np.ndarray:
    """Take the values of matches; −1 without one."""
    return np.append(values.to_numpy(np.int64), -1)[at]


def _named(names: Sequence[str | None], number: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Write numbers as what they stand for; −1 for nothing."""
    return pd.array([*names, None], dtype="str")[:-1].take(number, allow_fill=True)


def _failures(codeframe: Codeframe, lexicon: Lexicon) -> list[tuple[str | None, ...]]:
    texts = sorted({e for t in codeframe.themes for e in (*t.examples, *t.counter_examples)})
    if not texts:
        return []
    frames = {theme.id: (theme.patterns, theme.unless) for theme in codeframe.themes}
    found = _find(texts, frames, lexicon)
    hits = {
        (row.name_, texts[row.text]): (texts[row.text][row.start : row.end], row.pattern)
        for row in found.rename(columns={"name": "name_"}).itertuples()
    }
    failures: list[tuple[str | None, ...]] = []
    for theme in codeframe.themes:
        told = f"主题 {theme.id}（{theme.name}）的"
        for example in theme.examples:
            if (theme.id, example) not in hits:
                finding = f"{told}例句“{example}”没有被自己的模式找到"
                failures.append((theme.id, example, "example", None, None, finding))
        for example in theme.counter_examples:
            if (theme.id, example) in hits:
                span, pattern = hits[theme.id, example]
                finding = f"{told}反例“{example}”被模式“{pattern}”找到了（“{span}”）"
                failures.append((theme.id, example, "counter_example", span, pattern, finding))
    return failures


@lru_cache(maxsize=32)
def _prove(codeframe: Codeframe, lexicon: Lexicon) -> None:
    """Refuse a codeframe whose examples do not hold; a proof once made is not made again."""
    failures = _failures(codeframe, lexicon)
    if failures:
        told = "；".join(str(finding) for *_, finding in failures)
        raise ThemeError(f"themes.yml：{told}；请修改模式、unless 或例句。")
