"""Items added up by sampling unit and domain, in one pass over the rows each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from csatlib.estimates.variance import Partition

__all__ = ["adders", "first_answer", "sum_items"]

# The C library of Linux hands freed memory back to the system and fetches it anew page by page, as
# long a work as the sums themselves, unless a piece of this size (the largest it heeds) came and
# went before. Nothing of it is ever touched.
np.empty((1 << 25) - (1 << 16), dtype=np.int8)


def adders(partition: Partition, weight: np.ndarray) -> tuple[sparse.csc_array, sparse.csc_array]:
    """Make the matrices that weigh the rows and add them up by cell and by domain, in one step."""
    rows = len(weight)
    # In one piece, which takes a few large pages of memory instead of many small ones.
    starts, cell, code = np.empty((3, rows + 1), dtype=np.int32)
    starts[:] = np.arange(rows + 1, dtype=np.int32)
    cell[:rows], code[:rows] = partition.cell, partition.codes
    cells = len(partition.cell_domain)
    return (
        sparse.csc_array((weight, cell[:rows], starts), shape=(cells, rows)),
        sparse.csc_array((weight, code[:rows], starts), shape=(partition.domains, rows)),
    )


def sum_items(
    by_cell: sparse.csc_array,
    by_domain: sparse.csc_array,
    items: Sequence[np.ndarray],
    origins: Sequence[float],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give Σ w(y − origin) by cell and Σ w(y − origin)² by domain, an item at a time.

    Rows of weight 0 count for nothing, whatever their value.
    """
    # Room that is used over and over: fresh memory costs as much as the sums.
    shifted = np.empty(by_cell.shape[1])
    for values, origin in zip(items, origins, strict=True):
        np.subtract(values, origin, out=shifted)
        cells = by_cell @ shifted
        np.multiply(shifted, shifted, out=shifted)
        yield cells, by_domain @ shifted


def first_answer(values: np.ndarray) -> float:
    """Give the first answer of an item: sums of differences from it lose fewer digits."""
    if not len(values):
        return 0.0
    at = 0 if values[0] == values[0] else int(np.argmin(np.isnan(values)))
    return float(values[at]) if values[at] == values[at] else 0.0
