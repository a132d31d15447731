"""Ordered logit models of one outcome on all subsets of its drivers, fitted together.

A subset's model is the full one with the other slopes held at 0, so that one product of matrices
gives the linear predictors of all subsets, one more their scores, and one more their information.
With two categories the model is the logistic one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from csatlib.drivers.products import Complete

__all__ = ["MOST_LEVELS", "Fitted", "Patterns", "collapse", "fit_subsets", "mcfadden"]

#: More categories than this are no ordered scale but a measurement.
MOST_LEVELS = 20
#: Numbers held at once in one array.
_BLOCK = 1 << 20
_STEPS, _HALVINGS, _TOLERANCE = 40, 30, 1e-11
#: Added to the information, whose entries are averages over standardised drivers: where drivers are
#: copies it chooses one of many equal solutions.
_RIDGE = 1e-9
#: Linear predictors this far apart (in logits) are those of outcomes that can be told apart fully.
_APART = 30.0


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of answers, sorted by category, with the sum of their weights (1 in all).

    ``number`` gives each complete row's pattern; ``bounds`` the first pattern of each category.
    """

    x: np.ndarray
    bounds: np.ndarray
    weight: np.ndarray
    number: np.ndarray

    @property
    def drivers(self) -> int:
        """How many drivers there are."""
        return self.x.shape[1]

    @property
    def levels(self) -> int:
        """How many categories there are."""
        return len(self.bounds) - 1

    @property
    def categories(self) -> list[slice]:
        """The patterns of each category."""
        return [slice(a, b) for a, b in zip(self.bounds[:-1], self.bounds[1:], strict=True)]

    @cached_property
    def pairs(self) -> np.ndarray:
        """Products of two drivers, the upper triangle: shape (pairs, patterns)."""
        first, second = np.triu_indices(self.drivers)
        return self.x.T[first] * self.x.T[second]


@dataclass(frozen=True)
class Fitted:
    """The models of several subsets: ``slopes`` (p, s), ``cuts`` (levels − 1, s), log-likelihoods.

    ``reached`` says that every maximum was found, ``apart`` that the drivers tell the categories
    apart fully, so that the maximum lies at infinite slopes.
    """

    slopes: np.ndarray
    cuts: np.ndarray
    loglik: np.ndarray
    reached: bool
    apart: bool


def collapse(complete: Complete) -> Patterns:
    """Sort the complete rows into distinct patterns of answers."""
    levels, category = np.unique(complete.y, return_inverse=True)
    table = pd.DataFrame(complete.x)
    table.insert(0, "category", category)
    groups = table.groupby(list(table.columns), sort=True)
    number = groups.ngroup().to_numpy()
    first = np.zeros(number.max() + 1, dtype=np.intp)
    first[number[::-1]] = np.arange(len(number))[::-1]
    weight = np.bincount(number, weights=complete.weight)
    return Patterns(
        x=complete.x[first],
        bounds=np.searchsorted(category[first], np.arange(len(levels) + 1)),
        weight=weight / weight.sum(),
        number=number,
    )


def mcfadden(loglik: np.ndarray, weight: np.ndarray, patterns: Patterns) -> np.ndarray:
    """Turn log-likelihoods under ``weight``, shape (patterns, samples), into pseudo-R²."""
    totals = np.array([weight[rows].sum(axis=0) for rows in patterns.categories])
    shares = totals / totals.sum(axis=0)
    null = (totals * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=0)
    return 1 - np.divide(loglik, null, out=np.ones_like(loglik), where=null < 0)


def fit_subsets(patterns: Patterns, weight: np.ndarray) -> Fitted:
    """Fit the models of all subsets, some at a time; bit j of a column's number: driver j is in."""
    drivers = patterns.drivers
    subsets = np.arange(1 << drivers)
    inside = (subsets >> np.arange(drivers)[:, None] & 1).astype(bool)
    some = max(1, _BLOCK // max(len(patterns.x), 1))
    parts = []
    for first in range(0, len(subsets), some):
        chosen = slice(first, first + some)
        begun = _null(patterns, weight, inside[:, chosen])
        parts.append(_newton(patterns, weight, inside[:, chosen], *begun))
    slopes, cuts, loglik = (
        np.concatenate([part[place] for part in parts], axis=-1) for place in range(3)
    )
    spread = np.ptp(patterns.x @ slopes[:, -1:], axis=0) if drivers else np.zeros(1)
    return Fitted(slopes, cuts, loglik, all(p[3] for p in parts), bool((spread > _APART).any()))


def _null(
    patterns: Patterns, weight: np.ndarray, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Start without slopes, from the shares of the categories."""
    shares = np.array([weight[rows].sum() for rows in patterns.categories])
    below = np.clip(np.cumsum(shares)[:-1] / shares.sum(), 1e-9, 1 - 1e-9)
    cuts = np.log(below / (1 - below))[:, None]
    return np.zeros(inside.shape), np.repeat(cuts, inside.shape[1], axis=1)


def _newton(
    patterns: Patterns,
    weight: np.ndarray,
    inside: np.ndarray,
    slopes: np.ndarray,
    cuts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Climb to the maxima of all subsets by Newton's method, halving steps that lead down."""
    drivers = patterns.drivers
    found = Likelihood(patterns, slopes, cuts)
    height = weight @ found.log
    for _ in range(_STEPS):
        score = found.score(weight)
        score[:drivers] *= inside
        information = found.information(weight, inside)
        step = np.linalg.solve(information, score.T[:, :, None])[:, :, 0].T
        gain = (step * score).sum(axis=0)
        if (gain <= _TOLERANCE).all():
            return slopes, cuts, height, True
        scale = np.where(gain > _TOLERANCE, 1.0, 0.0)
        for _ in range(_HALVINGS):
            tried = slopes + scale * step[:drivers], cuts + scale * step[drivers:]
            ordered = (np.diff(tried[1], axis=0) > 0).all(axis=0)
            found = Likelihood(patterns, tried[0], np.sort(tried[1], axis=0))
            reached = np.where(ordered, weight @ found.log, -np.inf)
            worse = reached < height - 1e-13
            if not worse.any():
                break
            scale = np.where(worse, scale / 2, scale)
        slopes, cuts, height = *tried, reached
    return slopes, cuts, height, False


class Likelihood:
    """Each pattern's log-likelihood in each of several models, and its derivatives.

    ``above`` and ``below`` are the probabilities of at most the pattern's category, and of less.
    """

    def __init__(self, patterns: Patterns, slopes: np.ndarray, cuts: np.ndarray) -> None:
        from scipy.special import expit

        self.patterns = patterns
        predictor = patterns.x @ slopes
        self.above, self.below = np.ones(predictor.shape), np.zeros(predictor.shape)
        for level, rows in enumerate(patterns.categories):
            if level < patterns.levels - 1:
                self.above[rows] = expit(cuts[level] - predictor[rows])
            if level:
                self.below[rows] = expit(cuts[level - 1] - predictor[rows])
        self.between = np.maximum(self.above - self.below, 1e-300)
        self.log = np.log(self.between)

    @cached_property
    def slope(self) -> np.ndarray:
        """Derivative by the linear predictor, (patterns, models)."""
        return self.above + self.below - 1

    @cached_property
    def upper(self) -> np.ndarray:
        """Density at the upper cut."""
        return self.above * (1 - self.above)

    @cached_property
    def lower(self) -> np.ndarray:
        """Density at the lower cut."""
        return self.below * (1 - self.below)

    def scores(self, weight: np.ndarray) -> np.ndarray:
        """Give derivatives by slopes and cuts, a sample of weights a column of ``weight``.

        Shape (models, p + levels − 1, samples).
        """
        patterns, rows = self.patterns, self.patterns.categories
        size = patterns.drivers + patterns.levels - 1
        made = np.empty((self.log.shape[1], size, weight.shape[1]))
        for driver in range(patterns.drivers):
            made[:, driver] = (self.slope * patterns.x[:, driver, None]).T @ weight
        for cut in range(patterns.levels - 1):
            one, two = rows[cut], rows[cut + 1]
            made[:, patterns.drivers + cut] = (self.upper[one] / self.between[one]).T @ weight[one]
            made[:, patterns.drivers + cut] -= (self.lower[two] / self.between[two]).T @ weight[two]
        return made

    def score(self, weight: np.ndarray) -> np.ndarray:
        """Give derivatives by slopes and cuts, weights summed: shape (p + levels − 1, models)."""
        patterns, rows = self.patterns, self.patterns.categories
        parts = [(patterns.x.T * weight) @ self.slope]
        for cut in range(patterns.levels - 1):
            one, two = rows[cut], rows[cut + 1]
            high = weight[one] @ (self.upper[one] / self.between[one])
            parts.append((high - weight[two] @ (self.lower[two] / self.between[two]))[None])
        return np.concatenate(parts)

    def rows(self) -> np.ndarray:
        """Give each pattern's derivatives in the first model: (patterns, p + levels − 1)."""
        patterns, rows = self.patterns, self.patterns.categories
        cuts = np.zeros((len(patterns.x), patterns.levels - 1))
        for cut in range(patterns.levels - 1):
            one, two = rows[cut], rows[cut + 1]
            cuts[one, cut] = self.upper[one, 0] / self.between[one, 0]
            cuts[two, cut] = -self.lower[two, 0] / self.between[two, 0]
        return np.column_stack([patterns.x * self.slope[:, :1], cuts])

    def information(self, weight: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Negative second derivatives: shape (models, p + levels − 1, p + levels − 1).

        Slopes that are not in a model have a 1 on the diagonal and nothing else.
        """
        patterns, rows, p = self.patterns, self.patterns.categories, self.patterns.drivers
        size = p + patterns.levels - 1
        made = np.zeros((self.log.shape[1], size, size))
        first, second = np.triu_indices(p)
        both = ((patterns.pairs * weight) @ (self.upper + self.lower)).T
        both *= (inside[first] & inside[second]).T
        made[:, first, second] = both
        made[:, second, first] = both
        for cut in range(patterns.levels - 1):
            one, two, at = rows[cut], rows[cut + 1], p + cut
            high, low = self.upper[one] / self.between[one], self.lower[two] / self.between[two]
            made[:, at, at] = weight[one] @ (high * (high - 1 + 2 * self.above[one]))
            made[:, at, at] += weight[two] @ (low * (low + 1 - 2 * self.below[two]))
            cross = (patterns.x[one].T * weight[one]) @ self.upper[one]
            cross += (patterns.x[two].T * weight[two]) @ self.lower[two]
            made[:, :p, at] = made[:, at, :p] = -(cross * inside).T
            if cut:
                low = self.lower[one] / self.between[one]
                made[:, at, at - 1] = made[:, at - 1, at] = -(weight[one] @ (high * low))
        diagonal = np.arange(size)
        made[:, diagonal, diagonal] += _RIDGE
        made[:, diagonal[:p], diagonal[:p]] += ~inside.T
        return made
