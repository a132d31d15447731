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
    """The cells found, numbered from 0; ``codes`` holds each cell's level in each column.

    ``keys`` numbers the possible cells of the rows, ``found`` lists those that occur: rows are
    added up by key and only sums are picked, which is cheaper than to number all rows again.
    """

    keys: np.ndarray
    size: int
    found: np.ndarray
    codes: dict[str, np.ndarray]
    levels: dict[str, list[Any]]

    @property
    def count(self) -> int:
        """How many cells there are."""
        return len(self.found)

    @property
    def rows(self) -> np.ndarray:
        """The cell of each row."""
        return self.expand(np.arange(self.count))

    def sums(self, values: np.ndarray | None) -> np.ndarray:
        """Add up values over the rows of each cell; without values, count the rows."""
        summed = np.bincount(self.keys, weights=values, minlength=self.size)[self.found]
        return summed.astype(np.float64)

    def expand(self, values: np.ndarray) -> np.ndarray:
        """Hand a value of each cell to all its rows."""
        known = np.zeros((self.size, *values.shape[1:]), dtype=values.dtype)
        known[self.found] = values
        return known[self.keys]

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
        values = column.to_numpy()
        low, high = int(values.min()), int(values.max())
        if high - low < _NARROW:
            codes = values if low == 0 else values.astype(np.int64) - low
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
    """Give each row the number of its possible combination of codes, none of them missing."""
    # Narrow numbers are the quicker ones; they widen as the combinations grow.
    keys, size = np.zeros(count, dtype=np.int16), 1
    for factor in factors:
        width = max(len(factor.levels), 1)
        if size * width > _DENSE:
            keys, found = pd.factorize(keys.astype(np.int64))
            size = len(found)
        size *= width
        if size > np.iinfo(keys.dtype).max:
            keys = keys.astype(np.int32 if size <= np.iinfo(np.int32).max else np.int64)
        keys *= keys.dtype.type(width)
        keys += factor.codes.astype(keys.dtype, copy=False)
    if size > _DENSE:
        keys, found = pd.factorize(keys)
        size = len(found)
    return keys.astype(np.intp), size


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
    keys, size = number_rows(factors, len(df))
    found = np.flatnonzero(np.bincount(keys, minlength=size))
    member = np.zeros(size, dtype=np.int64)
    member[keys] = np.arange(len(df))
    member = member[found]
    return Cells(
        keys=keys,
        size=size,
        found=found,
        codes={factor.name: factor.codes[member].astype(np.int64) for factor in factors},
        levels={factor.name: factor.levels for factor in factors},
    )
