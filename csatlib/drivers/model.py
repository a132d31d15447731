"""A fitted model: what every fitter gives, whatever the kind of outcome."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import special

__all__ = ["Fitted"]


@dataclass(frozen=True)
class Fitted:
    """A linear, logistic or ordered logistic model fitted to arrays.

    ``parameters`` come in the order of ``terms``: the intercept and the drivers, or, for
    ``ordinal``, the drivers and the thresholds (``1|2``, ``2|3``, …). An ordered model says
    logit P(Y ≤ k) = threshold k − x'b, so a positive coefficient goes with higher answers.
    ``information`` is the observed information of the parameters (minus the second derivatives of
    the log-likelihood; X'WX for ``linear``) and ``covariance`` the model-based covariance: its
    inverse, times the residual variance for ``linear``. Weights average 1, so a log-likelihood
    counts as many answers as there are rows. ``r2`` is R² for ``linear``, else McFadden's
    1 − log-likelihood over that of a model without drivers. ``scale`` is the residual variance
    (Σwe² over n less the coefficients) for ``linear`` and 1 else; ``half`` @ ``half``.T is the
    inverse information. ``method`` is ``firth`` where the answers were ``separated`` and the
    likelihood therefore penalised.
    """

    kind: str
    drivers: tuple[str, ...]
    terms: tuple[str, ...]
    parameters: np.ndarray
    covariance: np.ndarray
    information: np.ndarray
    half: np.ndarray
    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None
    levels: tuple[object, ...]
    loglik: float
    null_loglik: float
    r2: float
    scale: float
    converged: bool
    separated: bool
    method: Literal["ols", "ml", "firth"]

    @property
    def n(self) -> int:
        """How many rows the model rests on."""
        return len(self.y)

    @property
    def df(self) -> int:
        """Rows less coefficients."""
        return self.n - len(self.parameters)

    @property
    def coefficients(self) -> np.ndarray:
        """The slopes of the drivers, without intercept and thresholds."""
        count = len(self.drivers)
        return self.parameters[:count] if self.kind == "ordinal" else self.parameters[1:]

    @property
    def intercept(self) -> float:
        """The intercept; 0 for an ordered model, whose thresholds take its place."""
        return 0.0 if self.kind == "ordinal" else float(self.parameters[0])

    @property
    def thresholds(self) -> np.ndarray:
        """The thresholds of an ordered model; empty else."""
        return self.parameters[len(self.drivers) :] if self.kind == "ordinal" else np.empty(0)

    @cached_property
    def predictor(self) -> np.ndarray:
        """Each row's linear predictor, with the intercept where there is one."""
        return self.x @ self.coefficients + self.intercept

    @cached_property
    def cumulative(self) -> np.ndarray:
        """Each row's P(Y ≤ k) for all levels but the last, shape (n, levels − 1)."""
        cuts = self.thresholds if self.kind == "ordinal" else np.zeros(1)
        return special.expit(cuts - self.predictor[:, None])

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Each row's fitted probability of every level, shape (n, levels)."""
        below = self.cumulative
        edges = np.zeros((len(below), 1)), np.ones((len(below), 1))
        return np.diff(np.hstack([edges[0], below, edges[1]]), axis=1)

    @cached_property
    def fitted(self) -> np.ndarray:
        """Each row's expected outcome: a mean, a probability, or the mean level position (0, …)."""
        if self.kind == "linear":
            return self.predictor
        return len(self.levels) - 1 - self.cumulative.sum(axis=1)

    @cached_property
    def scores(self) -> np.ndarray:
        """Each row's weight times the slope of its log-likelihood, shape (n, parameters).

        For ``linear``, w·e·x, without the residual variance. They sum to 0 unless penalised.
        """
        weight = np.ones(self.n) if self.weight is None else self.weight
        if self.kind == "linear":
            pull = weight * (self.y - self.predictor)
        else:
            pull, cuts = self._pulls(weight)
        by_driver = self.x * pull[:, None]
        if self.kind == "ordinal":
            return np.hstack([by_driver, cuts])
        return np.column_stack([pull, by_driver])

    def _pulls(self, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the slopes along the predictor and along each threshold."""
        last = len(self.levels) - 1
        row, below = np.arange(self.n), self.cumulative
        high, low = self.y < last, self.y > 0
        upper, lower = np.ones(self.n), np.zeros(self.n)
        upper[high] = below[row[high], self.y[high]]
        lower[low] = below[row[low], self.y[low] - 1]
        cuts = np.zeros((self.n, last))
        gap = np.zeros(last + 1)
        if last > 1:
            gap[1:-1] = 1 / np.expm1(np.diff(self.thresholds))
        cuts[row[high], self.y[high]] = gap[self.y[high]] + 1 - upper[high]
        cuts[row[low], self.y[low] - 1] = -gap[self.y[low]] - lower[low]
        return weight * (upper + lower - 1), cuts * weight[:, None]

    @cached_property
    def influence(self) -> np.ndarray:
        """Each row's share in the error of each parameter (w·z), shape (n, parameters)."""
        # In two steps: year and money columns would cost digits if the information were inverted.
        return (self.scores @ self.half) @ self.half.T

    @property
    def aic(self) -> float:
        """Akaike's criterion: 2 · parameters − 2 · log-likelihood; linear counts the variance."""
        return 2 * (len(self.parameters) + (self.kind == "linear")) - 2 * self.loglik
