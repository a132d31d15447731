"""Correlations of items that factors can be looked for in, or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from csatlib.scales.correlations import Answers, moments, read_items
from csatlib.scales.ordinal import of_answers

__all__ = ["KINDS", "Items", "usable"]

KINDS = ("pearson", "polychoric")

#: Correlations this near to 1 or −1 make one item a copy of another.
COPY = 1 - 1e-9
#: Smaller eigenvalues are those of a singular matrix.
SINGULAR = 1e-9


@dataclass(frozen=True)
class Items:
    """Rows that count, their correlations, and why these cannot be used (None where they can).

    ``reasons`` has a code for each item: ``no_variation``, ``copy`` (of another item),
    ``other_item`` (another item has one of these), ``too_few_rows`` (not more rows than items)
    and ``singular`` (an item is a sum of others); ``reason`` is the one of the set.
    """

    answers: Answers
    matrix: np.ndarray
    covariance: np.ndarray
    reason: str | None
    reasons: tuple[str | None, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The items."""
        return self.answers.names

    @property
    def n(self) -> int:
        """Rows with an answer to every item and a weight above 0."""
        return self.answers.n

    @cached_property
    def n_eff(self) -> float:
        """Rows, or with unequal weights as many unweighted ones as they are worth."""
        return self.answers.n_eff if self.answers.weighted else float(self.answers.n)


def usable(
    items: pd.DataFrame,
    weights: pd.Series | None,
    *,
    caller: str,
    kind: str = "pearson",
    at_least: int = 2,
) -> Items:
    """Read items and their correlations; complete cases."""
    if kind not in KINDS:
        raise ValueError(f"{caller}: expected correlation to be one of {KINDS}, found {kind!r}")
    answers = read_items(items, weights, caller=caller, at_least=at_least)
    p = len(answers.names)
    if answers.n <= p:
        nothing = np.full((p, p), np.nan)
        return Items(answers, nothing, nothing, "too_few_rows", ("too_few_rows",) * p)
    found = moments(answers)
    reasons = _reasons(found.correlation)
    matrix = found.correlation
    if kind == "polychoric" and not any(reasons):
        matrix = of_answers(answers).matrix.to_numpy()
        reasons = _reasons(matrix)
    return Items(answers, matrix, found.covariance, _of_the_set(reasons), reasons)


def _reasons(matrix: np.ndarray) -> tuple[str | None, ...]:
    constant = np.isnan(np.diag(matrix))
    others = np.where(np.eye(len(matrix), dtype=bool), 0, np.nan_to_num(matrix))
    copied = np.abs(others).max(axis=0) > COPY
    if constant.any() or copied.any():
        codes = np.where(constant, "no_variation", np.where(copied, "copy", "other_item"))
        return tuple(str(code) for code in codes)
    if np.linalg.eigvalsh(matrix)[0] < SINGULAR:
        return ("singular",) * len(matrix)
    return (None,) * len(matrix)


def _of_the_set(reasons: tuple[str | None, ...]) -> str | None:
    told = [code for code in reasons if code not in (None, "other_item")]
    return told[0] if told else None
