"""The R² of a model shared out among its drivers, in the survey itself and in its resamples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from csatlib.drivers.flipping import Scores, linear_scores, orthonormal
from csatlib.drivers.johnson import johnson
from csatlib.drivers.lmg import COPY, lmg, shapley
from csatlib.drivers.products import Complete, correlations, products, unit_sums
from csatlib.drivers.subsets import (
    MOST_LEVELS,
    Fitted,
    Likelihood,
    Patterns,
    collapse,
    fit_subsets,
    mcfadden,
)

__all__ = ["LinearSharing", "OrderedSharing", "Sharing", "contained", "share_out"]

#: Numbers held at once.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class LinearSharing:
    """A linear model's R², from the sampling units' sums of products."""

    complete: Complete
    method: str
    sums: np.ndarray

    @property
    def reason(self) -> str:
        """Nothing keeps a linear model from being fitted."""
        return ""

    def estimate(self) -> np.ndarray:
        """Share the R² of the survey out: one entry a driver."""
        return self.again([np.ones((1, len(self.sums)))])[0]

    def again(self, blocks: Iterable[np.ndarray]) -> np.ndarray:
        """Share it out in each resample, given the factors of its units' weights."""
        way = lmg if self.method == "lmg" else johnson
        size = self.complete.x.shape[1] + 1
        sums = np.concatenate([factors @ self.sums for factors in blocks])
        return way(correlations(sums, size))

    def scores(self) -> list[Scores | None]:
        """Give what the test of each driver beside the others needs."""
        return linear_scores(self.complete.x, self.complete.y, self.complete.weight)


@dataclass(frozen=True)
class OrderedSharing:
    """McFadden's pseudo-R² of a logistic or an ordered logit model."""

    complete: Complete
    patterns: Patterns
    fitted: Fitted

    @property
    def reason(self) -> str:
        """Why the fit is none, or what is to be known of it."""
        if not self.fitted.reached:
            return "no_convergence"
        return "separation" if self.fitted.apart else ""

    def estimate(self) -> np.ndarray:
        """Share the pseudo-R² of the survey out: one entry a driver."""
        weight = self.patterns.weight
        return self._shared(self.fitted.loglik[:, None], weight[:, None])[0]

    def again(self, blocks: Iterable[np.ndarray]) -> np.ndarray:
        """Share it out in each resample, given the factors of its units' weights.

        Each resample's log-likelihoods are those at the survey's own slopes, and what one scoring
        step from there adds: ½ g′I⁻¹g with the resample's scores g and the survey's information I.
        """
        weight = self._weights(blocks)
        patterns, fitted = self.patterns, self.fitted
        inside = _inside(patterns.drivers)
        loglik = np.empty((inside.shape[1], weight.shape[1]))
        some = max(1, _BLOCK // max(len(patterns.x), weight.shape[1] * 4))
        for first in range(0, len(loglik), some):
            chosen = slice(first, first + some)
            found = Likelihood(patterns, fitted.slopes[:, chosen], fitted.cuts[:, chosen])
            scores = found.scores(weight)
            scores[:, : patterns.drivers] *= inside[:, chosen].T[:, :, None]
            inverse = np.linalg.inv(found.information(patterns.weight, inside[:, chosen]))
            gained = ((inverse @ scores) * scores).sum(axis=1) / 2
            loglik[chosen] = found.log.T @ weight + gained
        return self._shared(loglik, weight)

    def scores(self) -> list[Scores | None]:
        """Give what the test of each driver beside the others needs."""
        patterns, number = self.patterns, self.patterns.number
        others = contained(self.complete)
        return [
            None if others[driver] else self._score(driver, number)
            for driver in range(patterns.drivers)
        ]

    def _score(self, driver: int, number: np.ndarray) -> Scores:
        patterns, complete = self.patterns, self.complete
        subset = (1 << patterns.drivers) - 1 - (1 << driver)
        chosen = slice(subset, subset + 1)
        found = Likelihood(patterns, self.fitted.slopes[:, chosen], self.fitted.cuts[:, chosen])
        rest = np.arange(patterns.drivers + patterns.levels - 1) != driver
        inside = np.ones((patterns.drivers, 1), dtype=bool)
        information = found.information(patterns.weight, inside)[0]
        by_pattern = found.rows()
        slope = np.linalg.solve(information[np.ix_(rest, rest)], information[rest, driver])
        effective = by_pattern[:, driver] - by_pattern[:, rest] @ slope
        root = np.sqrt(complete.weight * (found.upper + found.lower)[number, 0])
        design = np.column_stack([np.ones(complete.n), complete.x]) * root[:, None]
        basis = orthonormal(np.delete(design, driver + 1, axis=1))
        own = design[:, driver + 1]
        return Scores(effective[number] * complete.weight, own - basis @ (basis.T @ own), basis)

    def _weights(self, blocks: Iterable[np.ndarray]) -> np.ndarray:
        """Give each pattern's weight in each resample, 1 in all: shape (patterns, samples)."""
        from scipy import sparse

        complete, patterns = self.complete, self.patterns
        parts = []
        for factors in blocks:
            shape = (len(patterns.x), factors.shape[1])
            places = (patterns.number, complete.unit)
            spread = sparse.csr_array((complete.weight, places), shape=shape)
            parts.append(spread @ np.ascontiguousarray(factors.T, dtype=float))
        weight = np.concatenate(parts, axis=1)
        total = weight.sum(axis=0)
        return weight / np.where(total > 0, total, 1.0)

    def _shared(self, loglik: np.ndarray, weight: np.ndarray) -> np.ndarray:
        explained = mcfadden(loglik, weight, self.patterns)
        return shapley(explained - explained[0]).T


Sharing = LinearSharing | OrderedSharing


def share_out(complete: Complete, *, kind: str, method: str, units: int) -> Sharing:
    """Prepare a model of the kind asked for, refusing an outcome that it is not made for."""
    if kind == "linear":
        return LinearSharing(complete, method, unit_sums(products(complete), complete.unit, units))
    _check_levels(complete.y, kind)
    patterns = collapse(complete)
    return OrderedSharing(complete, patterns, fit_subsets(patterns, patterns.weight))


def contained(complete: Complete) -> np.ndarray:
    """Say which drivers are a copy of another, or a sum of others."""
    x = complete.x * np.sqrt(complete.weight)[:, None]
    total = (x * x).sum(axis=0)
    found = np.zeros(x.shape[1], dtype=bool)
    for driver in range(x.shape[1]):
        basis = orthonormal(np.delete(x, driver, axis=1))
        left = x[:, driver] - basis @ (basis.T @ x[:, driver])
        found[driver] = left @ left <= 10 * COPY * total[driver]
    return found


def _inside(drivers: int) -> np.ndarray:
    return (np.arange(1 << drivers) >> np.arange(drivers)[:, None] & 1).astype(bool)


def _check_levels(y: np.ndarray, kind: str) -> None:
    levels = len(np.unique(y))
    most = 2 if kind == "logistic" else MOST_LEVELS
    if levels > most:
        remedy = (
            "make it yes or no with scales.is_satisfied, or use kind='ordinal'"
            if kind == "logistic"
            else "use kind='linear'"
        )
        raise ValueError(
            f"outcome: expected at most {most} different answers for kind={kind!r}, found "
            f"{levels}; {remedy}"
        )
