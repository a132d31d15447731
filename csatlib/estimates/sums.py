"""An item added up by sampling unit and domain, in one pass over the rows."""

from __future__ import annotations

import numpy as np

from csatlib.estimates.variance import Partition

__all__ = ["first_answer", "sum_item"]

#: Rows worked on at once: few enough that what is in between stays near the processor.
_ROWS = 1 << 17


def sum_item(
    partition: Partition, weight: np.ndarray, values: np.ndarray, origin: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give Σ w(y − origin) by cell and Σ w(y − origin)² by domain.

    Rows of weight 0 count for nothing, whatever their value; ``partition`` has cells.
    """
    cells, domains = len(partition.cell_domain), partition.domains
    width = max(_ROWS, 2 * cells)
    sums, squares = np.zeros(cells), np.zeros(domains)
    for start in range(0, len(values), width):
        rows = slice(start, start + width)
        shifted = values[rows] - origin
        weighted = weight[rows] * shifted
        sums += np.bincount(partition.cell[rows], weights=weighted, minlength=cells)
        weighted *= shifted
        squares += np.bincount(partition.codes[rows], weights=weighted, minlength=domains)
    return sums, squares


def first_answer(values: np.ndarray) -> float:
    """Give the first answer of an item: sums of differences from it lose fewer digits."""
    if not len(values):
        return 0.0
    at = 0 if values[0] == values[0] else int(np.argmin(np.isnan(values)))
    return float(values[at]) if values[at] == values[at] else 0.0
