"""Answers that speak against themselves: one straight line, contradictions, a failed check."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from csatlib.clean.duplicates import ANSWERED
from csatlib.scales import plain, to_score
from csatlib.study import Contradiction, Question, Study

__all__ = [
    "attention",
    "contradictory",
    "empty",
    "outside_frame",
    "straight_line",
    "straight_lines",
    "too_few",
]

#: Stand for no answer where the lowest and the highest are sought; no scale reaches them.
_NONE_HIGH, _NONE_LOW = np.int8(127), np.int8(-128)
_NUMBER = r"([0-9]{1,3})(?:\.0+)?\s*分?"
_FIRST = re.compile(rf"{_NUMBER}\s*[((]?(.*?)[))]?")
_LAST = re.compile(rf"(.+?)\s*[((]?{_NUMBER}[))]?")


def straight_line(
    scores: pd.DataFrame, *, at_least: int, turned: Mapping[str, int] | None = None
) -> pd.Series:
    """Flag rows that give one and the same raw answer to all questions of a scale.

    Parameters
    ----------
    scores : DataFrame of Int8
        One column a rating question, all on one scale; missing answers do not count.
    at_least : int
        How many answers a row must have to be flagged.
    turned : mapping of str to int, optional
        Reversed items and the sum of their scale's ends, from which the raw answer is regained.

    Returns
    -------
    Series of bool, index of ``scores``
        Whether the row is one straight line.

    Notes
    -----
    Columns are compared with each other, not rows sorted: the lowest answer equals the highest.
    """
    low = np.full(len(scores), _NONE_HIGH)
    high = np.full(len(scores), _NONE_LOW)
    count = np.zeros(len(scores), dtype=np.int16)
    for item in scores:
        answered = scores[item].notna().to_numpy()
        raw = scores[item].to_numpy(dtype=np.int8, na_value=0)
        if turned and item in turned:
            raw = np.int8(turned[str(item)]) - raw
        np.minimum(low, np.where(answered, raw, _NONE_HIGH), out=low)
        np.maximum(high, np.where(answered, raw, _NONE_LOW), out=high)
        count += answered
    return pd.Series((low == high) & (count >= max(at_least, 1)), index=scores.index)


def straight_lines(rows: pd.DataFrame, study: Study, *, at_least: int) -> pd.Series:
    """Flag rows that are one straight line on at least one of the study's scales."""
    flagged = pd.Series(False, index=rows.index)
    scales = dict.fromkeys(q.scale for q in study.questions if q.kind == "rating")
    for name in scales:
        scale = study.scales[str(name)]
        asked = [q for q in study.questions if q.kind == "rating" and q.scale == name]
        items = [q.id for q in asked if q.id in rows]
        turned = {q.id: scale.low + scale.high for q in asked if q.reverse}
        flagged |= straight_line(rows[items], at_least=at_least, turned=turned)
    return flagged


def contradictory(
    rows: pd.DataFrame, contradictions: Iterable[Contradiction], study: Study
) -> pd.Series:
    """Flag rows in which every item of a declared contradiction has one of the listed answers."""
    flagged = pd.Series(False, index=rows.index)
    for contradiction in contradictions:
        together = pd.Series(bool(contradiction.when), index=rows.index)
        for item, answers in contradiction.when.items():
            together &= _gives(rows, item, answers, study)
        flagged |= together
    return flagged


def _gives(
    rows: pd.DataFrame, item: str, answers: Collection[int | str], study: Study
) -> pd.Series:
    """Say whether the answer to an item is among those listed, as a score or in words."""
    if item in rows and item not in study.items():
        return rows[item].isin([str(a) for a in answers])
    question = study.question(item)
    if not set(question.columns) & set(rows.columns):
        return pd.Series(False, index=rows.index)
    if question.scale is not None:
        return rows[item].isin(_scores(answers, question, study)).astype(bool)
    words = {plain(str(a)) for a in answers}
    if question.kind == "multi":
        columns = zip(question.columns, question.options, strict=True)
        wanted = [column for column, option in columns if plain(option) in words]
        return rows[wanted].fillna(False).any(axis=1).astype(bool)
    return rows[item].map(plain, na_action="ignore").isin(words)


def _scores(answers: Collection[int | str], question: Question, study: Study) -> list[int]:
    """Give listed answers as scores: numbers are scores already, words are what the form says."""
    scale = study.scale(question.id)
    words = pd.Series([a for a in answers if isinstance(a, str)], dtype="str")
    said = to_score(words, scale).dropna().astype(int)
    turned = [scale.low + scale.high - s if question.reverse else s for s in said]
    return [*(a for a in answers if isinstance(a, int)), *turned]


def attention(rows: pd.DataFrame, status: pd.DataFrame, study: Study) -> pd.Series:
    """Flag rows that answer an attention check otherwise than it asks, or leave it blank.

    A check that was not shown or not asked is not failed.
    """
    flagged = pd.Series(False, index=rows.index)
    for item in study.items("attention"):
        if item not in rows or item not in status:
            continue
        expected = _said(study.question(item).expect or "", study)
        told = rows[item].dropna().unique()
        right = {answer for answer in told if _agree(_said(answer, study), expected)}
        shown = status[item].notna() & (status[item] != "skipped")
        flagged |= shown & ~rows[item].isin(right)
    return flagged


def _said(text: str, study: Study) -> tuple[frozenset[int], str]:
    """Take an answer apart: the numbers it may stand for, and its words."""
    spelt = plain(text)
    first, last = _FIRST.fullmatch(spelt), _LAST.fullmatch(spelt)
    if first:
        return frozenset({int(first[1])}), first[2].strip()
    if last:
        return frozenset({int(last[2])}), last[1].strip()
    scales = [{plain(word): n for word, n in s.labels.items()} for s in study.scales.values()]
    return frozenset(labels[spelt] for labels in scales if spelt in labels), spelt


def _agree(answer: tuple[frozenset[int], str], expected: tuple[frozenset[int], str]) -> bool:
    """Compare by the words where both have some and they are the same, else by the number."""
    if answer[1] and answer[1] == expected[1]:
        return not (answer[0] and expected[0]) or bool(answer[0] & expected[0])
    return bool(answer[0] & expected[0]) and not (answer[1] and expected[1])


def outside_frame(rows: pd.DataFrame, known: Mapping[str, Collection[str]]) -> pd.Series:
    """Flag rows with an id that is in no list of the company; a missing id is not flagged."""
    flagged = pd.Series(False, index=rows.index)
    for column in (c for c in known if c in rows):
        flagged |= rows[column].notna() & ~rows[column].isin(known[column])
    return flagged


def too_few(status: pd.DataFrame, min_answered: float) -> pd.Series:
    """Flag rows that answer less than ``min_answered`` of the scored questions shown to them."""
    shown = status.notna() & (status != "skipped")
    answered = status.isin(ANSWERED)
    return answered.sum(axis=1) / shown.sum(axis=1).clip(lower=1) < min_answered


def empty(status: pd.DataFrame) -> pd.Series:
    """Flag rows in which nothing was said to any question, comments included."""
    return ~status.isin([*ANSWERED, "invalid"]).any(axis=1)
