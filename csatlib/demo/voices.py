"""Comments freshly written, with the themes that each was made to voice."""

from __future__ import annotations

import numpy as np

from csatlib.demo.comments import LINE_THEMES, complaints, write
from csatlib.demo.design import LINES
from csatlib.demo.form import FORMS

__all__ = ["voiced"]


def voiced(
    line: str, quarter: str, *, count: int = 2000, seed: int = 0
) -> list[tuple[str, tuple[str, ...]]]:
    """Write comments as the company's customers do, and tell what each was made to voice.

    Scores are drawn evenly from 1 to 5, so that every theme comes up often; the words are those
    that `write` puts into the files.

    Parameters
    ----------
    line, quarter : str
        Of the fictional company; only the dimensions that the quarter asks about are spoken of.
    count : int
        How many persons write.
    seed : int
        The same seed gives the same comments.

    Returns
    -------
    list of (str, tuple of str)
        The words, '' where a person leaves the field blank, and the ids of the planted themes in
        the order in which they are voiced.

    Examples
    --------
    >>> found = voiced("hotline", "2026Q3", count=200)
    >>> len(found), {theme for _, themes in found for theme in themes} >= {"queue_wait"}
    (200, True)
    """
    asked = {question.id for question in FORMS[line].asked(quarter)}
    items = [t.dimension for t in LINE_THEMES[line] if t.dimension in asked]
    rng = np.random.default_rng([seed, LINES[line].number, int(quarter[:4]), int(quarter[-1])])
    found = []
    for scores in rng.integers(1, 6, size=(count, len(items))):
        given = {item: int(score) for item, score in zip(items, scores, strict=True)}
        themes = complaints(line, given, rng)
        found.append((write(line, given, themes, rng), tuple(theme.id for theme in themes)))
    return found
