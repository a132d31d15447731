"""Items added up by sampling unit and domain, in one pass over the rows each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from csatlib.estimates.variance import Partition

__all__ = ["first_answer", "sum_items"]

# The C library of Linux hands freed memory back to the system and fetches it anew page by page, as
# long a work as the sums themselves, unless a piece of this size (the largest it heeds) came and
# went before. Nothing of it is ever touched.
np.empty((1 << 25) - (1 << 16), dtype=np.int8)


def sum_items(
    partition: Partition, weight: np.ndarray, items: Sequence[np.ndarray], origins: Sequence[float]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give Σ w(y − origin) by cell and Σ w(y − origin)² by domain, an item at a time.

    Rows of weight 0 count for nothing, whatever their value; ``partition`` has cells.
    """
    rows = len(weight)
    # In one piece, which takes a few large pages of memory instead of many small ones.
    starts, cell, code = np.empty((3, rows + 1), dtype=np.int32)
    starts[:], cell[:rows], code[:rows] = np.arange(rows + 1), partition.cell, partition.codes
    # Each matrix weighs the rows and adds them to their places, in one step.
    by_cell = sparse.csc_array(
        (weight, cell[:rows], starts), shape=(len(partition.cell_domain), rows)
    )
    by_domain = sparse.csc_array((weight, code[:rows], starts), shape=(partition.domains, rows))
    # Room that is used over and over: fresh memory costs as much as the sums.
    shifted = np.empty(rows)
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
