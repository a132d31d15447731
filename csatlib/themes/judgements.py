"""What coders said of the same units: labels set side by side and counted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
import pandas as pd

__all__ = ["LEVELS", "Judgements", "by_theme", "read_judgements"]

LEVELS = ("nominal", "ordinal", "interval", "ratio")

#: More different labels than this are no codes: tables of labels by labels would fill the memory.
_MOST_LABELS = 1000


@dataclass(frozen=True)
class Judgements:
    """The labels of several coders.

    ``codes`` has one row a unit and one column a coder: the position of the label in ``labels``,
    −1 where the coder did not judge the unit. ``scores`` are the labels as numbers (their
    positions where they are names or an order, else parts of the largest).
    """

    codes: np.ndarray
    labels: tuple
    scores: np.ndarray

    @property
    def coders(self) -> int:
        """How many coders there are."""
        return self.codes.shape[1]

    @property
    def judged(self) -> np.ndarray:
        """How many coders judged each unit."""
        return (self.codes >= 0).sum(axis=1)

    @cached_property
    def counts(self) -> np.ndarray:
        """How many coders gave each label to each unit: shape (units, labels)."""
        counts = np.zeros((len(self.codes), len(self.labels)))
        for column in self.codes.T:
            rows = np.flatnonzero(column >= 0)
            counts[rows, column[rows]] += 1
        return counts

    def crossed(self) -> np.ndarray:
        """Cross the labels of the first coder with those of the second, units both judged."""
        both = self.codes[(self.codes[:, :2] >= 0).all(axis=1), :2]
        size = len(self.labels)
        cells = np.bincount(both[:, 0] * size + both[:, 1], minlength=size * size)
        return cells.reshape(size, size).astype(float)


def by_theme(
    coders: Sequence[pd.Series | pd.DataFrame],
) -> list[tuple[str | None, list[pd.Series]]]:
    """Split tables of one column a theme into their columns; Series have no theme."""
    kinds = {type(coder) for coder in coders}
    if all(isinstance(coder, pd.Series) for coder in coders):
        return [(None, list(coders))]
    if not all(isinstance(coder, pd.DataFrame) for coder in coders):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"agreement: expected for every coder a Series of labels, or for every coder a "
            f"DataFrame of one column a theme, found {names}"
        )
    themes = list(coders[0].columns)
    for place, coder in enumerate(coders, 1):
        if not coder.columns.is_unique or set(coder.columns) != set(themes):
            raise ValueError(
                f"agreement: expected the same columns of every coder, each once, found "
                f"{list(coder.columns)} of coder {place} beside {themes}"
            )
    if len({str(theme) for theme in themes}) < len(themes):
        raise ValueError(f"agreement: expected columns with different names, found {themes}")
    return [(str(theme), [coder[theme] for coder in coders]) for theme in themes]


def read_judgements(coders: Sequence[pd.Series], level: str) -> Judgements:
    """Set the labels of coders side by side, unit by unit."""
    depths = sorted({coder.index.nlevels for coder in coders})
    if len(depths) > 1:
        raise ValueError(
            f"agreement: expected units named alike by all coders, found indexes of {depths[0]} "
            f"and {depths[-1]} levels"
        )
    columns = [_labels(coder, place) for place, coder in enumerate(coders, 1)]
    seen = {label for column in columns for label in column}
    if len(seen) > _MOST_LABELS:
        raise ValueError(
            f"agreement: expected labels, found {len(seen):,} different ones; codes and scores "
            f"have at most {_MOST_LABELS:,}: round measurements, or see "
            "scales.intraclass_correlation"
        )
    labels = _ordered(coders, seen, level)
    place = {label: number for number, label in enumerate(labels)}
    beside = pd.concat([column.map(place) for column in columns], axis=1, sort=False)
    codes = beside.astype(float).fillna(-1).to_numpy(dtype=np.int64)
    return Judgements(codes, tuple(labels), _scores(labels, level))


def _scores(labels: Sequence, level: str) -> np.ndarray:
    """Take labels as numbers, on a scale on which squares of neither large nor small ones fail."""
    if level not in ("interval", "ratio"):
        return np.arange(len(labels), dtype=float)
    scores = np.array(labels, dtype=float)
    largest = np.abs(scores).max(initial=0.0)
    return scores / largest if largest > 0 else scores


def _labels(coder: pd.Series, place: int) -> pd.Series:
    """Take the labels a coder gave, as Python values."""
    missing = int(coder.index.to_frame().isna().any(axis=1).sum())
    if missing or not coder.index.is_unique:
        repeated = int(coder.index.duplicated().sum())
        raise ValueError(
            f"agreement: expected each unit once in the index of coder {place}, found "
            f"{repeated} repeated and {missing} missing; one unit, one label"
        )
    given = coder[coder.notna()].astype(object)
    odd = [type(label).__name__ for label in given if not isinstance(label, str | Real)]
    if odd:
        raise ValueError(
            f"agreement: expected text, numbers or truth values of coder {place}, found "
            f"{odd[0]} in {len(odd)} units; give one label a unit, NA where it was not judged"
        )
    return given


def _ordered(coders: Sequence[pd.Series], seen: set, level: str) -> list:
    """Put the labels in order: that of ordered categories, else of numbers or of letters."""
    texts = sum(isinstance(label, str) for label in seen)
    if 0 < texts < len(seen):
        raise ValueError(
            f"agreement: expected labels of one kind, found {texts} texts beside "
            f"{len(seen) - texts} numbers; write them alike for all coders"
        )
    dtypes = [coder.dtype for coder in coders]
    if level == "ordinal" and isinstance(dtypes[0], pd.CategoricalDtype) and dtypes[0].ordered:
        if any(dtype != dtypes[0] for dtype in dtypes):
            raise ValueError("agreement: expected the same ordered categories of every coder")
        return [label for label in dtypes[0].categories if label in seen]
    if texts and level != "nominal":
        raise ValueError(
            f"agreement: expected numbers or ordered categories at level {level!r}, found texts; "
            "turn them into scores first, or compare them at level 'nominal'"
        )
    if not texts:
        _check_numbers(seen, level)
    return sorted(seen)


def _check_numbers(seen: set, level: str) -> None:
    if not all(abs(label) <= sys.float_info.max for label in seen):
        raise ValueError(
            "agreement: expected finite numbers, found a label that is infinite or too large"
        )
    if level == "ratio" and min(seen, default=0) < 0:
        raise ValueError(
            "agreement: expected numbers from 0 upwards at level 'ratio', found one below 0; "
            "compare them at level 'interval'"
        )
