"""Items added up by sampling unit and domain, in one pass over the rows each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from csatlib.estimates.variance import Partition

__all__ = ["first_answer", "sum_items"]

#: Numbers asked for at the least, most of them never touched. The C library hands freed memory back
#: to the system, and each of its pages is dear to fetch again, unless larger pieces came and went.
_ROOM = 1 << 20


def sum_items(
    partition: Partition, weight: np.ndarray, items: Sequence[np.ndarray], origins: Sequence[float]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give Σ w(y − origin) by cell and Σ w(y − origin)² by domain, an item at a time.

    Rows of weight 0 count for nothing, whatever their value; ``partition`` has cells.
    """
    by_cell = _adding(weight, partition.cell, len(partition.cell_domain))
    by_domain = _adding(weight, partition.codes, partition.domains)
    # Room that is used over and over: fresh memory costs as much as the sums.
    shifted = np.empty(max(len(weight), _ROOM))[: len(weight)]
    for values, origin in zip(items, origins, strict=True):
        np.subtract(values, origin, out=shifted)
        cells = by_cell @ shifted
        np.multiply(shifted, shifted, out=shifted)
        yield cells, by_domain @ shifted


def _adding(weight: np.ndarray, places: np.ndarray, count: int) -> sparse.csc_array:
    """Make the matrix that weighs the rows and adds each to its place, in one step."""
    starts = np.arange(len(weight) + 1, dtype=np.int32)
    return sparse.csc_array((weight, places.astype(np.int32), starts), shape=(count, len(weight)))


def first_answer(values: np.ndarray) -> float:
    """Give the first answer of an item: sums of differences from it lose fewer digits."""
    if not len(values):
        return 0.0
    at = 0 if values[0] == values[0] else int(np.argmin(np.isnan(values)))
    return float(values[at]) if values[at] == values[at] else 0.0
