"""The limits between which a unit's rate falls by chance if its true rate is that of all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

__all__ = ["chance_limits"]


def chance_limits(n: np.ndarray, rate: float, *, conf: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the lowest and highest share of ``n`` answers that chance explains at ``rate``.

    No more than (1 − conf)/2 of the binomial distribution lies below the lower limit, nor above
    the upper. Both are shares that a unit of that size can have: limits interpolated between them
    (Spiegelhalter's, for smooth curves) would call ten satisfied of ten too many at a rate of .99.
    """
    tail = (1 - conf) / 2
    # Kish's number of answers is no whole number, and NaN where there are none.
    size = np.maximum(np.nan_to_num(np.rint(n)), 1)
    low = _least_count(size, rate, lambda cumulative: cumulative > tail)
    high = _least_count(size, rate, lambda cumulative: cumulative >= 1 - tail)
    return low / size, high / size


def _least_count(
    n: np.ndarray, rate: float, reached: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Find the least count whose cumulative probability is reached, by halving."""
    low, high = np.full(len(n), -1.0), n.copy()
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        inside = np.clip(middle, 0, n - 1)
        # P(X ≤ k) of the binomial distribution.
        there = reached(special.betaincc(inside + 1, n - inside, rate)) & (middle >= 0)
        open_ = high - low > 1
        low, high = np.where(open_ & ~there, middle, low), np.where(open_ & there, middle, high)
    return high
