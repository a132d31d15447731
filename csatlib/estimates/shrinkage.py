"""What all units together say about each: a beta-binomial model whose own error is counted.

The true rates of the units are Beta(μM, (1 − μ)M), the satisfied answers of a unit binomial given
its rate. A fit by maximum likelihood alone would take μ and M for known: with few units it finds
no spread (M infinite) in many samples that have one, gives every unit the same rate, and an
interval without width. Here the marginal likelihood is averaged over instead, at the nodes of a
grid laid around its mode.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

__all__ = ["Rates", "posterior_rates"]

#: The grid around the mode, in standard deviations. Its steps are fine enough where the posterior
#: is nearly normal; with few units it is not, and finer steps cost nothing.
_REACH, _STEP, _FINE_STEP, _FEW = 7.0, 1.0, 0.5, 100
#: Beyond these the beta distribution is one point or two, and its logarithms lose their digits.
_LARGEST, _SMALLEST = 1e11, 1e-9
#: The least likely nodes that together hold less than this of the posterior are left out.
_NEGLIGIBLE = 1e-5


@dataclass(frozen=True)
class Rates:
    """The posterior of the units' true rates: a mixture of beta distributions for each.

    ``weight``, ``a`` and ``b`` hold one entry a node (a prior and its posterior probability), ``x``
    and ``n`` one a unit.
    """

    weight: np.ndarray
    a: np.ndarray
    b: np.ndarray
    x: np.ndarray
    n: np.ndarray

    def shapes(self, node: np.ndarray | slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Give the posterior beta distributions, one row a node and one column a unit."""
        return self.a[node, None] + self.x, self.b[node, None] + self.n - self.x

    def mean(self) -> np.ndarray:
        """Give each unit's posterior mean."""
        a, b = self.shapes()
        return self.weight @ (a / (a + b))

    def below(self, rate: float | np.ndarray) -> np.ndarray:
        """Give the posterior probability that each unit's true rate is below ``rate``."""
        a, b = self.shapes()
        return np.clip(self.weight @ special.betainc(a, b, rate), 0, 1)

    def quantile(self, probability: float) -> np.ndarray:
        """Solve for each unit's posterior quantile by Newton's method, kept between two bounds."""
        a, b = self.shapes()
        constant = special.betaln(a, b)
        low, high = np.full((2, len(self.x)), [[-700.0], [36.0]])
        point = special.logit(np.clip(self.mean(), 1e-12, 1 - 1e-12))
        for _ in range(100):
            rate = special.expit(point)
            gap = self.weight @ special.betainc(a, b, rate) - probability
            low, high = np.where(gap < 0, point, low), np.where(gap < 0, high, point)
            logs = a * special.log_expit(point) + b * special.log_expit(-point) - constant
            slope = self.weight @ np.exp(logs)
            step = np.divide(gap, slope, out=np.full_like(gap, np.inf), where=slope > 1e-200)
            inside = (point - step > low) & (point - step < high)
            point = np.where(inside, point - step, (low + high) / 2)
            # The error left is about the square of the last step.
            if np.all(np.abs(np.where(inside, step, high - low)) < 1e-6):
                break
        return special.expit(point)


def posterior_rates(x: np.ndarray, n: np.ndarray) -> Rates:
    """Fit the model to units of ``x`` satisfied among ``n`` answers (real numbers, n above 0).

    The prior of μ is Beta(½, ½); that of M makes M/(M + n₀), the shrinkage of a unit of median
    size n₀, uniform between 0 and 1 (Christiansen and Morris 1997), so that neither full pooling
    nor none is assumed.
    """
    scale = float(np.median(n))
    pairs, counts = np.unique(np.stack([x, n]), axis=1, return_counts=True)
    mode, spread = _mode(pairs, counts, scale)
    steps = np.arange(-_REACH, _REACH + 0.1, _FINE_STEP if len(counts) <= _FEW else _STEP)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    nodes = mode + grid @ spread.T
    nodes = nodes[np.abs(nodes).max(axis=1) < 8]
    logs = _log_posterior(nodes, pairs, counts, scale)
    weight = np.exp(logs - logs.max())
    least_first = np.argsort(weight, kind="stable")
    kept = least_first[np.cumsum(weight[least_first]) > _NEGLIGIBLE * weight.sum()]
    a, b = _beta(nodes[kept], scale)
    return Rates(weight[kept] / weight[kept].sum(), a, b, x, n)


def _beta(nodes: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Turn the probits of μ and of M/(M + n₀) into the two shapes of the beta distribution."""
    rate, pooling = nodes.T
    total = scale * np.exp(special.log_ndtr(pooling) - special.log_ndtr(-pooling))
    shapes = np.minimum(total, _LARGEST) * special.ndtr([rate, -rate])
    return tuple(np.maximum(shapes, _SMALLEST))


def _log_posterior(
    nodes: np.ndarray, pairs: np.ndarray, counts: np.ndarray, scale: float
) -> np.ndarray:
    """Give the log posterior density at each node, up to a constant.

    Probits, for their tails fall off like the normal distribution's, whatever the answers: a grid
    of a few standard deviations holds all of it. Those of logits would be exponential.
    """
    a, b = (shape[:, None] for shape in _beta(nodes, scale))
    x, n = pairs
    likelihood = (special.betaln(a + x, b + n - x) - special.betaln(a, b)) @ counts
    rate, pooling = nodes.T
    jeffreys = -(special.log_ndtr(rate) + special.log_ndtr(-rate) + rate**2) / 2
    return likelihood + jeffreys - pooling**2 / 2


def _mode(pairs: np.ndarray, counts: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the mode, and a square root of the inverse curvature there."""
    from scipy.optimize import minimize

    def depth(point: np.ndarray) -> float:
        return -float(_log_posterior(np.atleast_2d(point), pairs, counts, scale)[0])

    start = _moments(pairs, counts, scale)
    options = {"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000}
    mode = minimize(depth, start, method="Nelder-Mead", options=options).x
    step = 0.02
    corners = np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)]) * step
    f = -_log_posterior(mode + corners, pairs, counts, scale).reshape(3, 3)
    across = (f[2, 2] - f[2, 0] - f[0, 2] + f[0, 0]) / 4
    curvature = np.array(
        [[f[2, 1] - 2 * f[1, 1] + f[0, 1], across], [across, f[1, 2] - 2 * f[1, 1] + f[1, 0]]]
    )
    values, vectors = np.linalg.eigh(curvature / step**2)
    # No direction can be flatter than the priors: the floor is for rounding.
    return mode, vectors / np.sqrt(np.maximum(values, 0.1))


def _moments(pairs: np.ndarray, counts: np.ndarray, scale: float) -> np.ndarray:
    """Start from the method of moments: the spread between units beyond that of chance."""
    x, n = pairs
    answers = counts @ n
    rate = (counts @ x + 0.5) / (answers + 1)
    between = counts @ (n * (x / n - rate) ** 2)
    units = counts.sum()
    excess = between - rate * (1 - rate) * (units - 1)
    room = rate * (1 - rate) * max(answers - (counts @ n**2) / answers - (units - 1), 1e-9)
    correlation = np.clip(excess / room, 1e-3, 0.9)
    size = 1 / correlation - 1
    return special.ndtri(np.array([rate, size / (size + scale)]))
