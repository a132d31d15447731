"""Wordings to scores, satisfied or not, bands of the recommendation."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from csatlib.study import Scale

__all__ = ["DETRACTOR_UP_TO", "PROMOTER_FROM", "is_satisfied", "nps_band", "plain", "to_score"]

#: Bands of the recommendation item (Reichheld 2003): 0–6 detractor, 7–8 passive, 9–10 promoter.
DETRACTOR_UP_TO, PROMOTER_FROM = 6, 9

_NUMBER = r"(?P<number>[+-]?[0-9]{1,3})(?:\.0+)?\s*分?"
_NUMERAL = re.compile(_NUMBER)
_NUMBER_AND_WORDING = tuple(
    re.compile(form)
    for form in (
        rf"{_NUMBER}\s*\((?P<wording>.+)\)",
        rf"{_NUMBER}\s*(?P<wording>.+)",
        rf"(?P<wording>.+?)\s*\({_NUMBER}\)",
        rf"(?P<wording>.+?)\s*{_NUMBER}",
    )
)


def plain(text: str) -> str:
    """Bring a wording to one spelling: ordinary forms of letters and digits, single spaces.

    Parameters
    ----------
    text : str
        A wording, a header, a cell.

    Returns
    -------
    str
        The text in Unicode's normal form NFKC, without outer or doubled white space and without
        invisible characters (category Cf: zero-width ones, marks of direction, soft hyphens).

    Examples
    --------
    >>> plain(" ５ 分 ")
    '5 分'
    """
    normal = unicodedata.normalize("NFKC", text)
    if not normal.isprintable():
        normal = "".join(c for c in normal if unicodedata.category(c) != "Cf")
    return " ".join(normal.split())


def to_score(answers: pd.Series, scale: Scale) -> pd.Series:
    """Turn answers as they were written into scores of a scale.

    Parameters
    ----------
    answers : Series of str, length n
        Wordings of the scale (非常满意), whole numbers (``5``, ``5.0``, ``５分``) or both
        (``5（非常满意）``, ``5 非常满意``, ``非常满意（5分）``, ``非常满意 5分``).
    scale : Scale
        The scale of the question.

    Returns
    -------
    Series of Int8, length n, index and name of ``answers``
        The score; NA for a missing answer and for anything that is not on the scale, a number
        outside ``low`` to ``high`` and a number that contradicts its wording included.

    Examples
    --------
    >>> five = Scale(low=1, high=5, labels={"非常满意": 5, "满意": 4})
    >>> to_score(pd.Series(["非常满意", " 4分", "6", "还行"]), five).tolist()
    [5, 4, <NA>, <NA>]
    """
    wordings = {plain(label): score for label, score in scale.labels.items()}
    distinct = {a: _score(a, wordings, scale) for a in answers.dropna().unique()}
    return answers.map(distinct).astype("Int8")


def _score(answer: object, wordings: dict[str, int], scale: Scale) -> int | None:
    text = plain(str(answer))
    if text in wordings:
        return wordings[text]
    number = _NUMERAL.fullmatch(text)
    if number is None:
        return _agreed_score(text, wordings)
    score = int(number["number"])
    return score if scale.low <= score <= scale.high else None


def _agreed_score(text: str, wordings: dict[str, int]) -> int | None:
    """Read an answer that has a number and a wording; None unless they say the same."""
    for form in _NUMBER_AND_WORDING:
        both = form.fullmatch(text)
        if both and wordings.get(both["wording"]) == int(both["number"]):
            return wordings[both["wording"]]
    return None


def is_satisfied(scores: pd.Series, *, cutoff: int = 4) -> pd.Series:
    """Say of each score whether it counts as satisfied.

    Parameters
    ----------
    scores : Series of numbers, length n
        Scores; missing ones stay missing.
    cutoff : int
        The lowest score that counts as satisfied (4 of 5, 8 of 10, …).

    Returns
    -------
    Series of boolean (nullable), length n, index and name of ``scores``
        ``score >= cutoff``; its mean is the satisfaction rate over those who answered.

    Raises
    ------
    ValueError
        If ``scores`` are not numbers.

    Examples
    --------
    >>> is_satisfied(pd.Series([5, 4, 3, None], dtype="Int8")).tolist()
    [True, True, False, <NA>]
    """
    return (_numbers(scores, "is_satisfied") >= cutoff).astype("boolean").mask(scores.isna())


def nps_band(scores: pd.Series) -> pd.Series:
    """Put each 0–10 answer into its Net Promoter band.

    Parameters
    ----------
    scores : Series of numbers, length n
        Answers to the recommendation item, whole numbers from 0 to 10; missing ones stay missing.

    Returns
    -------
    Series of ordered category, length n, index and name of ``scores``
        ``detractor`` (0–6), ``passive`` (7–8) or ``promoter`` (9–10).

    Raises
    ------
    ValueError
        If an answer is not a whole number from 0 to 10.

    Notes
    -----
    NPS = 100 · (share of promoters − share of detractors); Reichheld, F. (2003), The one number
    you need to grow, Harvard Business Review 81(12).

    Examples
    --------
    >>> nps_band(pd.Series([10, 8, 6])).tolist()
    ['promoter', 'passive', 'detractor']
    """
    numbers = _numbers(scores, "nps_band")
    answered = numbers.dropna()
    odd = answered[~answered.isin(range(11))]
    if len(odd):
        raise ValueError(
            f"nps_band: expected whole numbers from 0 to 10, found {len(odd)} others, "
            f"for example {odd.iloc[0]:g} at index {odd.index[0]!r}"
        )
    bands = ["detractor", "passive", "promoter"]
    edges = [-np.inf, DETRACTOR_UP_TO, PROMOTER_FROM - 1, np.inf]
    return pd.cut(numbers, edges, labels=bands).rename(scores.name)


def _numbers(scores: pd.Series, caller: str) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(scores) or pd.api.types.is_bool_dtype(scores):
        raise ValueError(
            f"{caller}: expected a column of numbers, found dtype {scores.dtype} in "
            f"{scores.name!r}; convert it with scales.to_score"
        )
    return scores.astype("Float64")
