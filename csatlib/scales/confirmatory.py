"""A factor model whose pattern is given: each item belongs to one factor, all factors correlate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Confirmed", "Model", "baseline_scaling", "confirm", "robust"]

_ROUNDS = 200
#: Sampling errors are had only where the information matrix, scaled to 1 on its diagonal, is
#: this far from singular.
IDENTIFIED = 1e-7
_ROWS = 50_000


@dataclass(frozen=True)
class Model:
    """To which factor each item belongs, and which items measure theirs without error.

    The factors have variance 1. The free parameters are, in this order, a loading for each item,
    a unique variance for each item that is not alone in its dimension, and the correlations of
    the factors (upper triangle, row by row).
    """

    factor: np.ndarray

    @property
    def p(self) -> int:
        """Items."""
        return len(self.factor)

    @property
    def k(self) -> int:
        """Factors."""
        return int(self.factor.max()) + 1

    @property
    def uncertain(self) -> np.ndarray:
        """Items with a unique variance: those that are not alone in their dimension."""
        return np.flatnonzero(np.bincount(self.factor)[self.factor] > 1)

    @property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of factors."""
        return np.triu_indices(self.k, 1)

    @property
    def size(self) -> int:
        """Free parameters."""
        return self.p + len(self.uncertain) + len(self.pairs[0])

    @property
    def df(self) -> int:
        """Variances and covariances of the items beyond the free parameters."""
        return self.p * (self.p + 1) // 2 - self.size

    def parts(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Split parameters into loadings, unique variances and the correlations of factors."""
        u = len(self.uncertain)
        unique = np.zeros(self.p)
        unique[self.uncertain] = at[self.p : self.p + u]
        correlations = np.eye(self.k)
        correlations[self.pairs] = at[self.p + u :]
        correlations.T[self.pairs] = at[self.p + u :]
        return at[: self.p], unique, correlations

    def implied(self, at: np.ndarray) -> np.ndarray:
        """Give the covariance matrix that the parameters imply."""
        loadings, unique, correlations = self.parts(at)
        return np.outer(loadings, loadings) * correlations[
            np.ix_(self.factor, self.factor)
        ] + np.diag(unique)

    def slopes(self, at: np.ndarray) -> np.ndarray:
        """Give the derivative of the implied matrix by each parameter, (size, p, p)."""
        loadings, _, correlations = self.parts(at)
        slopes = np.zeros((self.size, self.p, self.p))
        rows = correlations[self.factor][:, self.factor] * loadings
        items = np.arange(self.p)
        slopes[items, items, :] += rows
        slopes[items, :, items] += rows
        for place, item in enumerate(self.uncertain, self.p):
            slopes[place, item, item] = 1
        for place, (a, b) in enumerate(
            zip(*self.pairs, strict=True), self.size - len(self.pairs[0])
        ):
            block = np.outer(loadings * (self.factor == a), loadings * (self.factor == b))
            slopes[place] = block + block.T
        return slopes


@dataclass(frozen=True)
class Confirmed:
    """The fitted model: parameters, what they imply, discrepancy and information of one row."""

    model: Model
    parameters: np.ndarray
    implied: np.ndarray
    discrepancy: float
    information: np.ndarray
    converged: bool
    identified: bool


def confirm(matrix: np.ndarray, model: Model) -> Confirmed:
    """Fit by maximum likelihood: Fisher's scoring, damped where a step would lose."""
    at = _start(matrix, model)
    value = _discrepancy(matrix, model.implied(at))
    damping, converged = 1e-3, False
    for _ in range(_ROUNDS):
        gradient, information = _derivatives(matrix, model, at)
        if np.abs(gradient).max() < 1e-12:
            converged = True
            break
        at, gain, damping = _step(matrix, model, at, value, gradient, information, damping)
        value -= gain
        if damping > 1e12:
            break
    gradient, information = _derivatives(matrix, model, at)
    converged = converged or bool(np.abs(gradient).max() < 1e-7)
    return Confirmed(
        model, _turned(model, at), model.implied(at), value,
        _derivatives(matrix, model, _turned(model, at))[1], converged, _identified(information),
    )  # fmt: skip


def _step(
    matrix: np.ndarray,
    model: Model,
    at: np.ndarray,
    value: float,
    gradient: np.ndarray,
    information: np.ndarray,
    damping: float,
) -> tuple[np.ndarray, float, float]:
    """Give the next parameters, what they gain, and the damping for the step after."""
    while damping <= 1e12:
        damped = information + damping * np.diag(np.diag(information))
        # The slope of the discrepancy is twice that of the log likelihood of one row.
        tried = at - np.linalg.lstsq(damped, gradient / 2, rcond=1e-13)[0]
        after = _discrepancy(matrix, model.implied(tried))
        if after <= value + 1e-14:
            return tried, value - after, max(damping / 10, 1e-14)
        damping = max(damping, 1e-6) * 10
    return at, 0.0, damping


def _start(matrix: np.ndarray, model: Model) -> np.ndarray:
    """Begin with loadings of the usual size and the correlations of the dimensions' sums."""
    loadings = np.ones(model.p)
    for factor in range(model.k):
        items = np.flatnonzero(model.factor == factor)
        if len(items) > 1:
            block = matrix[np.ix_(items, items)]
            direction = np.linalg.eigh(block)[1][:, -1]
            typical = np.abs(block[~np.eye(len(items), dtype=bool)]).mean()
            loadings[items] = np.where(direction < 0, -1, 1) * np.sqrt(typical).clip(0.2, 0.95)
    sums = np.eye(model.k)[model.factor] * np.sign(loadings)[:, None]
    covariance = sums.T @ matrix @ sums
    scale = np.sqrt(np.diag(covariance))
    correlations = 0.9 * (covariance / np.outer(scale, scale))
    unique = 1 - loadings[model.uncertain] ** 2
    return np.concatenate([loadings, unique, correlations[model.pairs]])


def _turned(model: Model, at: np.ndarray) -> np.ndarray:
    """Turn the factors so that the loadings of each do not sum to less than 0."""
    loadings, _, correlations = model.parts(at)
    signs = np.where(np.bincount(model.factor, loadings) < 0, -1.0, 1.0)
    turned = at.copy()
    turned[: model.p] = loadings * signs[model.factor]
    turned[model.size - len(model.pairs[0]) :] = (correlations * np.outer(signs, signs))[
        model.pairs
    ]
    return turned


def _discrepancy(matrix: np.ndarray, implied: np.ndarray) -> float:
    if np.linalg.eigvalsh(implied)[0] < 1e-10:
        return np.inf
    both = np.linalg.solve(implied, matrix)
    return float(np.trace(both) - np.linalg.slogdet(both)[1] - len(matrix))


def _derivatives(matrix: np.ndarray, model: Model, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the slope of the discrepancy and the expected information of one row."""
    inverse = np.linalg.inv(model.implied(at))
    excess = inverse - inverse @ matrix @ inverse
    slopes = model.slopes(at)
    gradient = np.tensordot(slopes, excess, axes=2)
    changes = inverse @ slopes
    flat = changes.reshape(model.size, -1)
    return gradient, flat @ changes.transpose(0, 2, 1).reshape(model.size, -1).T / 2


def _identified(information: np.ndarray) -> bool:
    scale = np.sqrt(np.diag(information).clip(1e-300))
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale))[0] > IDENTIFIED)


def robust(fit: Confirmed, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Give the sandwich covariance of the parameters and the scaling of the chi-square.

    ``scores`` are the items' standardised answers; weights have mean 1. The covariance of the
    sample moments is estimated from the rows, each with the square of its weight; the scaling
    is the mean of the eigenvalues that Satorra and Bentler (1994) name.
    """
    model, n = fit.model, len(scores)
    inverse = np.linalg.inv(fit.implied)
    slopes = model.slopes(fit.parameters)
    middle = inverse @ slopes @ inverse
    between, total = np.zeros((model.size, model.size)), 0.0
    observed = (scores * weights[:, None]).T @ scores / n
    constant = np.tensordot(middle, observed, axes=2) / 2
    mixed = inverse @ observed @ inverse
    square = np.sum(mixed * observed)
    for first in range(0, n, _ROWS):
        rows, w = scores[first : first + _ROWS], weights[first : first + _ROWS]
        score = _products(model, fit.parameters, rows @ inverse) - constant
        between += (score * (w**2)[:, None]).T @ score
        length = np.sum((rows @ inverse) * rows, axis=1)
        cross = np.sum((rows @ mixed) * rows, axis=1)
        total += float(w**2 @ (length**2 - 2 * cross + square)) / 2
    bread = np.linalg.inv(fit.information)
    covariance = bread @ (between / n) @ bread / n
    if model.df == 0:
        return covariance, np.nan
    return covariance, float((total / n - np.trace(bread @ between) / n) / model.df)


def _products(model: Model, at: np.ndarray, weighted: np.ndarray) -> np.ndarray:
    """Give half of y' (dΣ) y for each row y and parameter."""
    loadings, _, correlations = model.parts(at)
    sums = (weighted * loadings) @ np.eye(model.k)[model.factor]
    a, b = model.pairs
    return np.hstack(
        [
            weighted * (sums @ correlations)[:, model.factor],
            weighted[:, model.uncertain] ** 2 / 2,
            sums[:, a] * sums[:, b],
        ]
    )


def baseline_scaling(scores: np.ndarray, weights: np.ndarray) -> float:
    """Give the scaling of the chi-square of the model in which no items are correlated."""
    n, p = scores.shape
    observed = (scores * weights[:, None]).T @ scores / n
    length = np.sum(scores**2, axis=1)
    cross = np.sum((scores @ observed) * scores, axis=1)
    total = weights**2 @ (length**2 - 2 * cross + np.sum(observed**2)) / 2
    own = weights**2 @ (scores**2 - np.diag(observed)) ** 2 / 2
    return float((total - own.sum()) / n / (p * (p - 1) / 2))
