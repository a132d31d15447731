"""Complete answers to an outcome and its drivers, and their correlations from sums of products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.estimates.answers import numbers
from csatlib.estimates.arguments import check_table, column_of, distinct
from csatlib.estimates.design import Design, Structure, read_design

__all__ = ["Complete", "correlations", "products", "read_complete", "unit_sums"]

#: A variance this small beside the answers' own square is rounding.
_FLAT = 1e-14


@dataclass(frozen=True)
class Complete:
    """The rows that have the outcome and all drivers, of a weight above 0.

    ``rows`` are their positions in the table, ``unit`` their sampling units, ``x`` and ``y`` their
    answers (``x`` of the drivers that differ at all; ``flat`` marks those that do not), ``weight``
    sums to their number.
    """

    drivers: list[str]
    flat: np.ndarray
    rows: np.ndarray
    unit: np.ndarray
    weight: np.ndarray
    x: np.ndarray
    y: np.ndarray
    structure: Structure

    @property
    def n(self) -> int:
        """How many rows count."""
        return len(self.y)


def read_complete(
    df: pd.DataFrame, outcome: str, drivers: Sequence[str], design: Design | None
) -> Complete:
    """Read the columns of a call and keep the complete rows."""
    check_table(df)
    names = distinct(drivers, "drivers")
    if not names:
        raise ValueError(
            "drivers: expected the name of one column or more, found none; name the items that "
            "may go with the outcome"
        )
    column_of(df, outcome, "outcome")
    for name in names:
        column_of(df, name, "drivers")
    if outcome in names:
        raise ValueError(
            f"drivers: expected other columns than the outcome, found {outcome!r} in both; "
            "leave it out of the drivers"
        )
    structure = read_design(df, design)
    y = numbers(df, outcome)
    x = np.column_stack([numbers(df, name) for name in names])
    weight = structure.weights()
    rows = np.flatnonzero((weight > 0) & ~np.isnan(y) & ~np.isnan(x).any(axis=1))
    x, y, weight = x[rows], y[rows], weight[rows]
    flat = _flat(x)
    # Replicate weights have been made of the units already.
    alone = structure.unit is None or structure.design.replicates
    unit = np.arange(structure.rows) if alone else structure.unit
    return Complete(
        drivers=names,
        flat=flat,
        rows=rows,
        unit=unit[rows],
        weight=weight / weight.mean() if len(rows) else weight,
        x=_standard(x[:, ~flat], weight),
        y=y,
        structure=structure,
    )


def _flat(x: np.ndarray) -> np.ndarray:
    return (x == x[:1]).all(axis=0) if len(x) else np.ones(x.shape[1], dtype=bool)


def _standard(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Centre the columns and give them unit spread, so that sums of products keep their digits."""
    if not x.size:
        return x
    shares = weight / weight.sum()
    # Taking the first answer off first keeps the digits of answers that differ little.
    x = x - x[:1]
    x = x - shares @ x
    spread = np.sqrt(shares @ (x * x))
    return x / np.where(spread > 0, spread, 1.0)


def products(complete: Complete) -> np.ndarray:
    """Give each row's weighted products of 1, the drivers and the outcome: the upper triangle."""
    y = _standard(complete.y[:, None], complete.weight)
    columns = np.column_stack([np.ones(complete.n), complete.x, y]).T
    first, second = np.triu_indices(len(columns))
    return (columns[first] * (columns[second] * complete.weight)).T


def unit_sums(rows: np.ndarray, unit: np.ndarray, units: int) -> np.ndarray:
    """Add the rows' columns up by sampling unit: shape (units, k)."""
    if len(rows) == units and (unit[1:] > unit[:-1]).all():
        return rows
    order = np.argsort(unit, kind="stable")
    ordered = unit[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    sums = np.zeros((units, rows.shape[1]))
    if len(rows):
        sums[ordered[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return sums


def correlations(sums: np.ndarray, size: int) -> np.ndarray:
    """Turn summed products of 1 and ``size`` variables into correlations: (samples, size, size).

    A variable that does not differ in a sample is correlated with none.
    """
    first, second = np.triu_indices(size + 1)
    moments = np.empty((len(sums), size + 1, size + 1))
    moments[:, first, second] = sums
    moments[:, second, first] = sums
    total = moments[:, :1, :1]
    moments /= np.where(total > 0, total, 1.0)
    mean = moments[:, 0, 1:]
    covariances = moments[:, 1:, 1:] - mean[:, :, None] * mean[:, None, :]
    variances = np.einsum("bii->bi", covariances)
    still = variances <= _FLAT * np.einsum("bii->bi", moments[:, 1:, 1:])
    inverse = np.where(still, 0.0, 1 / np.sqrt(np.where(still, 1.0, variances)))
    found = covariances * inverse[:, :, None] * inverse[:, None, :]
    diagonal = np.arange(size)
    found[:, diagonal, diagonal] = 1.0
    return found
