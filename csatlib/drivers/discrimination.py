"""How well predictions tell those who are satisfied from those who are not."""

from __future__ import annotations

import numpy as np

__all__ = ["area", "placements"]


def placements(
    score: np.ndarray, positive: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, float]:
    """Give each row's placement among the other side's scores, and the area under the curve.

    A positive row's placement is the weighted share of negatives scored lower (half for equal
    ones), a negative row's that of positives scored higher; the area is the mean of either.
    Source: DeLong, DeLong and Clarke-Pearson (1988), *Biometrics* 44, 837–845.
    """
    _, rank = np.unique(score, return_inverse=True)
    ones = np.bincount(rank, weights=weight * positive)
    zeros = np.bincount(rank, weights=weight * ~positive)
    lower = (np.cumsum(zeros) - zeros / 2) / zeros.sum()
    higher = 1 - (np.cumsum(ones) - ones / 2) / ones.sum()
    placed = np.where(positive, lower[rank], higher[rank])
    mine = weight * positive
    return placed, float(mine @ placed / mine.sum())


def area(score: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> float:
    """Give the area under the ROC curve; NaN where one side has nobody."""
    if not (weight * positive).sum() > 0 or not (weight * ~positive).sum() > 0:
        return float("nan")
    return placements(score, positive, weight)[1]
