"""Items added up by sampling unit and domain, in one pass over the rows each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from csatlib.estimates.variance import Partition

__all__ = ["adders", "first_answer", "keep_memory", "sum_items"]

#: Bytes: just below the 32 MiB above which a piece leaves the library's bounds as they are.
_LARGEST_HEEDED = (1 << 25) - (1 << 16)


def adders(partition: Partition, weight: np.ndarray) -> tuple[sparse.coo_array, sparse.coo_array]:
    """Make the matrices that weigh the rows and add them up by cell and by domain, in one step.

    They hold one entry a row, in the order of the rows: no other form is added up as fast.
    """
    row = np.arange(len(weight), dtype=np.int32)
    return tuple(
        sparse.coo_array((weight, (code.astype(np.int32), row)), shape=(count, len(weight)))
        for code, count in (
            (partition.cell, len(partition.cell_domain)),
            (partition.codes, partition.domains),
        )
    )


def keep_memory() -> None:
    """Have the C library of Linux keep freed memory at hand instead of giving it back.

    What is given back comes anew page by page, as long a work as the sums themselves; a piece of
    the largest size the library heeds raises its bounds as it goes. Nothing of it is ever touched.
    """
    np.empty(_LARGEST_HEEDED, dtype=np.int8)


def sum_items(
    by_cell: sparse.coo_array,
    by_domain: sparse.coo_array,
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
        # The product of a matrix of one row comes as a bare number.
        yield np.atleast_1d(cells), np.atleast_1d(by_domain @ shifted)


def first_answer(values: np.ndarray) -> float:
    """Give the first answer of an item: sums of differences from it lose fewer digits."""
    if not len(values):
        return 0.0
    at = 0 if values[0] == values[0] else int(np.argmin(np.isnan(values)))
    return float(values[at]) if values[at] == values[at] else 0.0
