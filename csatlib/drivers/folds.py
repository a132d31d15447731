"""Parts of a sample for cross-validation and subsampling: customers stay together, and by seed."""

from __future__ import annotations

import numpy as np

__all__ = ["half_samples", "unit_folds"]


def unit_folds(
    units: np.ndarray, outcome: np.ndarray, folds: int, rng: np.random.Generator
) -> np.ndarray:
    """Deal the rows out to folds, whole units at a time and each level of the outcome evenly.

    Units come in random order, sorted by the mean outcome of their rows, and are dealt out like
    cards; where each row is a unit of its own this is stratification by the outcome.

    Parameters
    ----------
    units : ndarray of int
        The sampling unit of each row, numbered from 0.
    outcome : ndarray of float
        The outcome of each row.
    folds : int
        How many folds there are to be.
    rng : Generator
        Draws the order.

    Returns
    -------
    ndarray of int
        Each row's fold; with fewer units than folds some folds stay empty.
    """
    counts = np.bincount(units)
    present = np.flatnonzero(counts)
    mean = np.bincount(units, weights=outcome)[present] / counts[present]
    shuffled = rng.permutation(len(present))
    order = shuffled[np.argsort(mean[shuffled], kind="stable")]
    # Each round of cards starts with another fold, so that none always has the lowest of its round.
    rounds = -(-len(order) // folds)
    dealt = np.concatenate([rng.permutation(folds) for _ in range(rounds)])[: len(order)]
    fold = np.zeros(len(counts), dtype=np.intp)
    fold[present[order]] = dealt
    return fold[units]


def half_samples(units: np.ndarray, pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Draw complementary halves of the units, two a pair.

    Source: Shah and Samworth (2013), Variable selection with error control: another look at
    stability selection, *Journal of the Royal Statistical Society B* 75, 55–80.

    Returns
    -------
    ndarray of bool, shape (2 · pairs, units)
        Which units each half holds; of an odd number of units one sits out.
    """
    size = int(units.max()) + 1 if len(units) else 0
    present = np.unique(units)
    half = len(present) // 2
    chosen = np.zeros((2 * pairs, size), dtype=bool)
    for pair in range(pairs):
        order = rng.permutation(present)
        chosen[2 * pair, order[:half]] = True
        chosen[2 * pair + 1, order[half : 2 * half]] = True
    return chosen
