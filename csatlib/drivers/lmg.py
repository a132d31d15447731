"""Shapley values over all subsets of drivers, and the R² of all subsets of a linear model."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["COPY", "explained_by_subsets", "lmg", "shapley"]

#: A driver of which the others leave less than this share of its variance says nothing further.
COPY = 1e-11
#: Numbers held at once by the last step of the recursion.
_BLOCK = 1 << 17


def lmg(correlations: np.ndarray) -> np.ndarray:
    """Share the R² of linear models out among their drivers, averaged over all orders of entry.

    ``correlations`` has the shape (models, p + 1, p + 1), the outcome last; the result
    (models, p).
    """
    models, drivers = len(correlations), correlations.shape[-1] - 1
    shared = np.empty((models, drivers))
    block = max(1, _BLOCK >> drivers)
    for first in range(0, models, block):
        some = slice(first, first + block)
        shared[some] = shapley(explained_by_subsets(correlations[some])).T
    return shared


def explained_by_subsets(correlations: np.ndarray) -> np.ndarray:
    """Give the R² of the outcome on every subset of the drivers: shape (2^p, models).

    Bit j of a row's number says whether driver j is in. The drivers are swept one after the other;
    after k of them there are 2^k Schur complements of what is left, one for each subset of the k.
    A driver that lies in the span of those before it changes nothing, so that the R² is that of the
    projection.
    """
    order = correlations.shape[-1]
    upper = np.triu_indices(order)
    # Packed rows of the upper triangles, subsets, models.
    left = np.ascontiguousarray(correlations[:, upper[0], upper[1]].T)[:, None, :]
    for size in range(order - 1, 0, -1):
        left = _swept(left, size)
    return 1.0 - left[0]


def _swept(left: np.ndarray, size: int) -> np.ndarray:
    """Sweep the first of ``size`` + 1 variables: every subset without it, then with it."""
    subsets = left.shape[1]
    pivot, row, rest = left[0], left[1 : size + 1], left[size + 1 :]
    free = pivot > COPY
    inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=free)
    swept = np.empty((len(rest), 2 * subsets, left.shape[2]))
    swept[:, :subsets] = rest
    taken = swept[:, subsets:]
    start = 0
    for first in range(size):
        several = slice(start, start + size - first)
        np.multiply(row[first:], row[first] * inverse, out=taken[several])
        start = several.stop
    np.subtract(rest, taken, out=taken)
    return swept


def shapley(values: np.ndarray) -> np.ndarray:
    """Give each player's Shapley value from the worth of all coalitions, shape (2^p, games).

    The average over all orders of what a player adds: a coalition of s others is met with
    probability s!(p − 1 − s)!/p!.
    """
    players = len(values).bit_length() - 1
    if not players:
        return np.zeros((0, values.shape[1]))
    members = _sizes(players)
    without = np.array([1 / (players * math.comb(players - 1, s)) for s in range(players)] + [0.0])
    within = np.append(0.0, without[:-1])
    base = without[members] @ values
    folded = (within + without)[members][:, None] * values
    shares = np.empty((players, values.shape[1]))
    for player in range(players - 1, -1, -1):
        half = len(folded) // 2
        shares[player] = folded[half:].sum(axis=0) - base
        folded = folded[:half] + folded[half:]
    return shares


def _sizes(players: int) -> np.ndarray:
    """Count the members of each coalition."""
    sizes = np.zeros(1, dtype=np.intp)
    for _ in range(players):
        sizes = np.append(sizes, sizes + 1)
    return sizes
