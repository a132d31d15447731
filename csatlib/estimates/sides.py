"""What the answers say of the groups of a simple random sample, and of the sides of a contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Sample", "read_sample"]


@dataclass(frozen=True)
class Sample:
    """Groups (or sides) of answers: how many, their mean, and the sum of squares about it.

    ``same`` marks those whose answers are all equal; an empty one has a mean of NaN.
    """

    n: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    same: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """The sample variance, with n − 1; NaN for fewer than two answers."""
        some = self.n > 1
        return np.divide(self.squares, self.n - 1, out=np.full(len(self.n), np.nan), where=some)

    def chosen(self, groups: np.ndarray) -> Sample:
        """Give some of the groups."""
        return Sample(self.n[groups], self.mean[groups], self.squares[groups], self.same[groups])

    def pooled(self, members: np.ndarray) -> Sample:
        """Put groups together: one side a row of ``members``."""
        held = members & (self.n > 0)
        n = held @ self.n
        means = np.where(self.n > 0, self.mean, 0.0)
        mean = np.divide(held @ (self.n * means), n, out=np.full(len(n), np.nan), where=n > 0)
        apart = np.where(held, means - np.nan_to_num(mean)[:, None], 0.0)
        one = held.sum(axis=1) == 1
        squares = held @ self.squares + np.where(one, 0, apart**2 @ self.n)
        low = np.where(held, means, np.inf).min(axis=1, initial=np.inf)
        high = np.where(held, means, -np.inf).max(axis=1, initial=-np.inf)
        same = (held <= self.same).all(axis=1) & (low == high)
        # One group alone keeps its own mean to the last digit.
        mean = np.where(one | same, low, mean)
        return Sample(n, np.where(n > 0, mean, np.nan), np.where(same, 0, squares), same)


def read_sample(values: np.ndarray, codes: np.ndarray, groups: int) -> Sample:
    """Reduce answers without gaps to the groups in ``codes``."""
    n = np.bincount(codes, minlength=groups)
    origin = values[0] if len(values) else 0.0
    sums = np.bincount(codes, weights=values - origin, minlength=groups)
    mean = np.divide(sums, n, out=np.full(groups, np.nan), where=n > 0) + origin
    exact = np.zeros(groups)
    exact[codes[::-1]] = values[::-1]
    differs = np.bincount(codes, weights=values != exact[codes], minlength=groups) > 0
    same = (n > 0) & ~differs
    mean = np.where(same, exact, mean)
    deviation = values - mean[codes]
    squares = np.bincount(codes, weights=deviation * deviation, minlength=groups)
    return Sample(n, mean, squares, same)
