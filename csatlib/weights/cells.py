"""The table of margin cells: rows that agree in all margin columns are one cell.

Weights that are adjusted to margins are the base weight times a factor of the cell. So the rows
are read once to number and add up the cells, and once to hand the factors back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from csatlib.weights.arguments import column_of

__all__ = ["Cells", "Factor", "factor_of", "find_cells", "number_rows"]

#: Whole numbers that lie this near together are numbered by subtraction.
_NARROW = 4096
#: Above this many possible cells the found ones are numbered by hashing.
_DENSE = 1 << 22


@dataclass(frozen=True)
class Factor:
    """One column: each row's code (−1 for missing) and the level of each code."""

    name: str
    codes: np.ndarray
    levels: list[Any]


@dataclass(frozen=True)
class Cells:
    """The cells found: ``rows`` numbers each row's cell, ``codes`` holds each cell's levels."""

    rows: np.ndarray
    count: int
    codes: dict[str, np.ndarray]
    levels: dict[str, list[Any]]

    def sums(self, values: np.ndarray | None) -> np.ndarray:
        """Add up values over the rows of each cell; without values, count the rows."""
        return np.bincount(self.rows, weights=values, minlength=self.count).astype(np.float64)

    def combinations(self, columns: Sequence[str]) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
        """Give each cell the number of its combination of columns, and the levels of each."""
        if len(columns) == 1:
            codes = self.codes[columns[0]]
            present, numbers = np.unique(codes, return_inverse=True)
            return numbers, [(self.levels[columns[0]][code],) for code in present]
        table = np.column_stack([self.codes[name] for name in columns])
        found, numbers = np.unique(table, axis=0, return_inverse=True)
        levels = [
            tuple(self.levels[name][code] for name, code in zip(columns, row, strict=True))
            for row in found
        ]
        return numbers.reshape(-1), levels


def factor_of(df: pd.DataFrame, name: str, argument: str) -> Factor:
    """Give a code to each level of one column, by the quickest way that its dtype offers."""
    column = column_of(df, name, argument)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return Factor(name, column.cat.codes.to_numpy(), column.cat.categories.tolist())
    if column.dtype == bool:
        return Factor(name, column.to_numpy().view(np.int8), [False, True])
    if isinstance(column.dtype, pd.StringDtype):
        return _text_factor(name, column)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu" and len(column):
        low, high = int(column.min()), int(column.max())
        if high - low < _NARROW:
            codes = column.to_numpy().astype(np.int64) - low
            return Factor(name, codes, list(range(low, high + 1)))
    codes, levels = pd.factorize(column)
    return Factor(name, codes, levels.tolist())


def _text_factor(name: str, column: pd.Series) -> Factor:
    encoded = pa.chunked_array([pa.array(column.array)]) if len(column) else None
    if encoded is None:
        return Factor(name, np.zeros(0, dtype=np.int64), [])
    whole = encoded.dictionary_encode().combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Factor(name, codes, whole.dictionary.to_pylist())


def number_rows(factors: Sequence[Factor], count: int) -> tuple[np.ndarray, int]:
    """Give each row the number of its combination of codes, none of them missing, from 0."""
    keys, size = np.zeros(count, dtype=np.int64), 1
    for factor in factors:
        keys *= max(len(factor.levels), 1)
        keys += factor.codes
        size *= max(len(factor.levels), 1)
        if size > _DENSE:
            keys, found = pd.factorize(keys)
            size = len(found)
    present = np.bincount(keys, minlength=size) > 0
    if present.all():
        return keys, size
    numbers = np.cumsum(present) - 1
    return numbers[keys], int(present.sum())


def find_cells(
    df: pd.DataFrame, columns: Sequence[str], argument: str, side: str = "sample"
) -> Cells:
    """Find the cells of some columns, refusing missing values."""
    factors = [factor_of(df, name, argument) for name in columns]
    for factor in factors:
        if len(factor.codes) and factor.codes.min() < 0:
            missing = int((factor.codes < 0).sum())
            raise ValueError(
                f"{argument}: expected a value of {factor.name!r} in every row of the {side}, "
                f"found {missing} rows without; fill them with a level of their own on both sides, "
                "or leave the column out"
            )
    rows, count = number_rows(factors, len(df))
    member = np.zeros(count, dtype=np.int64)
    member[rows] = np.arange(len(df))
    return Cells(
        rows=rows,
        count=count,
        codes={factor.name: factor.codes[member].astype(np.int64) for factor in factors},
        levels={factor.name: factor.levels for factor in factors},
    )
