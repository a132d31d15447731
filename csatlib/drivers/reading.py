"""The outcome, the drivers and the design of a model, read from a table into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.drivers.columns import refuse_dependent
from csatlib.estimates.arguments import LARGEST, column_of, distinct
from csatlib.estimates.design import Design
from csatlib.estimates.moments import Survey, read_survey

__all__ = ["Kind", "ModelData", "read_model"]

Kind = Literal["linear", "logistic", "ordinal"]

#: An outcome of more levels than this is measured, not graded.
_MOST_LEVELS = 100


@dataclass(frozen=True)
class ModelData:
    """The complete cases of a model, one entry a row that counts.

    ``x`` holds the drivers, shape (n, drivers), without a constant; ``y`` the outcome: numbers for
    ``linear``, else the position of the answer in ``levels``; ``weight`` averages 1, and is None
    where all rows weigh the same. ``rows`` marks the rows of the table that count, and ``survey``
    is the whole table read for estimation, those rows and all others.
    """

    kind: Kind
    outcome: str
    drivers: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    levels: tuple[object, ...]
    rows: np.ndarray
    survey: Survey

    @property
    def n(self) -> int:
        """How many rows count."""
        return len(self.y)

    def weights(self) -> np.ndarray:
        """Give each row's weight, 1 on average."""
        return np.ones(self.n) if self.weight is None else self.weight


def read_model(
    df: pd.DataFrame,
    outcome: str,
    drivers: str | Sequence[str],
    design: Design | None = None,
    *,
    kind: Kind = "linear",
    dependent: Literal["refuse", "keep"] = "refuse",
) -> ModelData:
    """Read the rows that have an answer to the outcome and to all drivers, and a weight above 0.

    ``dependent="keep"`` lets drivers pass that are constant or combinations of others; the fitters
    refuse them.

    Raises
    ------
    ValueError
        For a column that is not there, is not numeric or holds infinite numbers, a driver named
        twice or the outcome among the drivers, an outcome that does not fit ``kind`` or does not
        vary, fewer complete rows than coefficients, drivers that are constant or combinations of
        others among them, or a design that does not fit ``df``.
    """
    if kind not in ("linear", "logistic", "ordinal"):
        raise ValueError(f"kind: expected linear, logistic or ordinal, found {kind!r}")
    names = [drivers] if isinstance(drivers, str) else distinct(drivers, "drivers")
    if not names:
        raise ValueError("drivers: expected one column or more, found none; name them")
    if outcome in names:
        raise ValueError(
            f"drivers: expected columns other than the outcome {outcome!r}, found it among them; "
            "leave it out"
        )
    survey = read_survey(df, design=design)
    answers = _outcome(column_of(df, outcome, "outcome"), kind)
    columns = [_numbers(column_of(df, name, "drivers"), "drivers") for name in names]
    weight = survey.structure.weight
    rows = ~np.isnan(answers) if weight is None else ~np.isnan(answers) & (weight > 0)
    for column in columns:
        if np.isnan(column.sum()):
            rows &= ~np.isnan(column)
    whole = bool(rows.all())
    x = np.empty((len(df) if whole else int(rows.sum()), len(names)))
    for place, column in enumerate(columns):
        x[:, place] = column if whole else column[rows]
    y, levels = _graded(answers if whole else answers[rows], df[outcome], kind)
    _check_enough(len(y), len(names) + max(len(levels) - 1, 1), outcome, names)
    data = ModelData(
        kind=kind,
        outcome=outcome,
        drivers=tuple(names),
        x=x,
        y=y,
        weight=None if weight is None else _scaled(weight[rows]),
        levels=levels,
        rows=rows,
        survey=survey,
    )
    _check_varies(data)
    if dependent == "refuse":
        refuse_dependent(data.x, data.drivers, data.weight)
    return data


def _scaled(weight: np.ndarray) -> np.ndarray | None:
    """Bring weights to a mean of 1; None where all are equal."""
    if not len(weight) or (weight == weight[0]).all():
        return None
    # Dividing by the largest first keeps tiny or huge weights from being lost in their sum.
    weight = weight / weight.max()
    return weight / weight.mean()


def _numbers(column: pd.Series, argument: str) -> np.ndarray:
    """Return a numeric or boolean column as floats, NaN where the answer is missing."""
    if column.dtype != np.float64 and column.isna().all():
        return np.full(len(column), np.nan)
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    if not numeric or pd.api.types.is_complex_dtype(column.dtype):
        raise ValueError(
            f"{argument}: expected numbers in {column.name!r}, found dtype {column.dtype}; turn "
            "answers into scores with scales.to_score, and categories into columns of 0 and 1"
        )
    values = column.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        odd = np.abs(values) > LARGEST
    if odd.any():
        raise ValueError(
            f"{argument}: expected finite numbers in {column.name!r}, found {int(odd.sum())} "
            f"infinite (or beyond {LARGEST:g}), the first in row {column.index[odd][0]!r}; set "
            "them missing or correct them"
        )
    return values


def _outcome(column: pd.Series, kind: Kind) -> np.ndarray:
    if kind == "ordinal" and isinstance(column.dtype, pd.CategoricalDtype):
        if not column.cat.ordered:
            raise ValueError(
                f"outcome: expected levels in an order in {column.name!r}, found categories "
                "without one; order them with .cat.as_ordered()"
            )
        codes = column.cat.codes.to_numpy().astype(float)
        return np.where(codes < 0, np.nan, codes)
    values = _numbers(column, "outcome")
    known = values[~np.isnan(values)]
    if kind == "logistic" and not ((known == 0) | (known == 1)).all():
        raise ValueError(
            f"outcome: expected true and false, or 0 and 1, in {column.name!r}, found other "
            "numbers; make it with scales.is_satisfied, or take kind='ordinal'"
        )
    if kind == "ordinal" and not (known == np.rint(known)).all():
        raise ValueError(
            f"outcome: expected whole numbers, the levels of a scale, in {column.name!r}, found "
            "fractions; take kind='linear', or grade the scores first"
        )
    return values


def _graded(
    answers: np.ndarray, column: pd.Series, kind: Kind
) -> tuple[np.ndarray, tuple[object, ...]]:
    """Turn answers into the positions of their levels, and name the levels that occur."""
    if kind == "linear":
        return answers, ()
    if kind == "logistic":
        return answers.astype(np.intp), (0, 1)
    low = answers.min() if len(answers) else 0.0
    if len(answers) and answers.max() - low < 4 * len(answers) + 1024:
        steps = (answers - low).astype(np.intp)
        found = np.flatnonzero(np.bincount(steps))
        codes, values = np.searchsorted(found, np.arange(found[-1] + 1))[steps], found + low
    else:
        values, codes = np.unique(answers, return_inverse=True)
    if len(values) > _MOST_LEVELS:
        raise ValueError(
            f"outcome: expected at most {_MOST_LEVELS} levels in {column.name!r}, found "
            f"{len(values)}; take kind='linear', or group the levels"
        )
    if isinstance(column.dtype, pd.CategoricalDtype):
        return codes, tuple(column.cat.categories[int(value)] for value in values)
    return codes, tuple(int(value) for value in values)


def _check_enough(n: int, coefficients: int, outcome: str, names: Sequence[str]) -> None:
    if n <= coefficients:
        raise ValueError(
            f"df: expected more rows with an answer to {outcome!r} and all {len(names)} drivers "
            f"(and a weight above 0) than the model's {coefficients} coefficients, found {n}; take "
            "fewer drivers, or items that more people answered"
        )


def _check_varies(data: ModelData) -> None:
    y = data.y
    if (y == y[0]).all():
        raise ValueError(
            f"outcome: expected answers that differ in {data.outcome!r}, found {data.n} equal ones "
            "among the complete rows; nothing can go along with a constant"
        )
