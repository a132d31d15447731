"""Items added up by sampling unit and domain, in one pass over the rows each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from csatlib.estimates.variance import Partition

__all__ = ["first_answer", "sum_items"]

#: Rows worked on at once: few enough that what is in between stays near the processor.
_ROWS = 1 << 17


def sum_items(
    partition: Partition, weight: np.ndarray, items: Sequence[np.ndarray], origins: Sequence[float]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give Σ w(y − origin) by cell and Σ w(y − origin)² by domain, an item at a time.

    Rows of weight 0 count for nothing, whatever their value; ``partition`` has cells.
    """
    rows, cells, domains = len(weight), len(partition.cell_domain), partition.domains
    width = max(min(rows, max(_ROWS, 2 * cells)), 1)
    # Room that is used over and over: fresh memory costs as much as the sums.
    shifted, weighted = np.empty(width), np.empty(width)
    for values, origin in zip(items, origins, strict=True):
        sums, squares = np.zeros(cells), np.zeros(domains)
        for start in range(0, rows, width):
            here = slice(start, min(start + width, rows))
            y, wy = shifted[: here.stop - start], weighted[: here.stop - start]
            np.subtract(values[here], origin, out=y)
            np.multiply(weight[here], y, out=wy)
            sums += np.bincount(partition.cell[here], weights=wy, minlength=cells)
            wy *= y
            squares += np.bincount(partition.codes[here], weights=wy, minlength=domains)
        yield sums, squares


def first_answer(values: np.ndarray) -> float:
    """Give the first answer of an item: sums of differences from it lose fewer digits."""
    if not len(values):
        return 0.0
    at = 0 if values[0] == values[0] else int(np.argmin(np.isnan(values)))
    return float(values[at]) if values[at] == values[at] else 0.0
