"""The largest of several correlated t statistics: adjusted p values, simultaneous intervals."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from csatlib.estimates.quadrature import legendre

__all__ = ["adjusted_by_draws", "critical_of_draws", "max_t"]

#: Draws of the largest |z|; the adjusted p of .05 is then right to about 0.0007.
_DRAWS = 99_999

#: Numbers held at once.
_BLOCK = 4_000_000

#: Points at which the error of the standard errors is averaged over.
_POINTS = 64


def max_t(
    statistic: np.ndarray,
    correlation: np.ndarray,
    df: np.ndarray,
    *,
    conf: float,
    step_down: bool,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Give adjusted p values and critical values from the correlation of the contrasts.

    With z of that correlation drawn at random and s the square root of chi-square(df)/df, the
    adjusted p of contrast j is the chance that max |z| / s exceeds |t_j|, its critical value what
    this maximum exceeds with chance 1 − ``conf``. Step-down takes the maximum over the contrasts
    that are no larger than j and keeps the p in order; it has no simultaneous interval of its own,
    so the critical values are those of the single step.
    """
    size = np.abs(statistic)
    order = np.argsort(-size, kind="stable")
    largest = _largest(correlation[np.ix_(order, order)], step_down=step_down, seed=seed)
    p = np.empty(len(size))
    for place, contrast in enumerate(order):
        draws = largest[place if step_down else 0]
        p[contrast] = _tail(draws, size[contrast], df[contrast])
    p = np.maximum(p, 2 * special.stdtr(df, -size))
    if step_down:
        p[order] = np.maximum.accumulate(p[order])
    critical = {each: _critical(largest[0], each, conf) for each in np.unique(df)}
    return np.minimum(p, 1), np.array([critical[each] for each in df])


def adjusted_by_draws(
    statistic: np.ndarray, drawn: np.ndarray, *, step_down: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Give raw and adjusted p values, (1 + #) / (B + 1), from draws of all statistics.

    ``drawn`` has one row a draw and holds sizes; equal ones count, whatever their last digit.
    """
    size = np.abs(statistic)
    bound = size * (1 - 1e-9)
    count = len(drawn) + 1
    raw = (1 + (drawn >= bound).sum(axis=0)) / count
    if not step_down:
        highest = np.sort(drawn.max(axis=1))
        return raw, (1 + len(drawn) - np.searchsorted(highest, bound, side="left")) / count
    order = np.argsort(-size, kind="stable")
    largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]
    adjusted = np.empty(len(size))
    adjusted[order] = np.maximum.accumulate((1 + (largest >= bound[order]).sum(axis=0)) / count)
    return raw, adjusted


def critical_of_draws(drawn: np.ndarray, conf: float) -> float:
    """Give what the largest statistic must exceed for an adjusted p of at most 1 − ``conf``.

    It is infinite where there are too few draws for such a p.
    """
    allowed = int(np.floor((1 - conf) * (len(drawn) + 1) + 1e-9)) - 1
    highest = np.sort(drawn.max(axis=1))[::-1]
    return float(highest[allowed]) if 0 <= allowed < len(highest) else np.inf


def _largest(correlation: np.ndarray, *, step_down: bool, seed: int) -> np.ndarray:
    """Draw max |z|, ascending: over all, and for step-down over all from each place on."""
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-10 * values[-1]
    # Contrasts of all groups hang together: there are fewer independent ones than contrasts.
    root = vectors[:, kept] * np.sqrt(values[kept])
    random = np.random.default_rng(seed)
    count = len(correlation)
    block = max(1, _BLOCK // count)
    found = []
    for first in range(0, _DRAWS, block):
        drawn = random.standard_normal((min(block, _DRAWS - first), root.shape[1])) @ root.T
        drawn = np.abs(drawn)
        if step_down:
            found.append(np.maximum.accumulate(drawn[:, ::-1], axis=1)[:, ::-1].T)
        else:
            found.append(drawn.max(axis=1)[None])
    return np.sort(np.hstack(found), axis=1)


def _tail(draws: np.ndarray, size: float, df: float) -> float:
    """Average the chance that max |z| exceeds size · s over s, by Gauss and Legendre."""
    nodes, weights = legendre(_POINTS)
    # On the scale of probability s has a uniform distribution, so the weights are its density.
    s = np.sqrt(2 * special.gammaincinv(df / 2, (nodes + 1) / 2) / df)
    beyond = 1 - np.searchsorted(draws, size * s * (1 - 1e-12), side="left") / len(draws)
    return float(beyond @ weights / 2)


def _critical(draws: np.ndarray, df: float, conf: float) -> float:
    def excess(c: float) -> float:
        return _tail(draws, c, df) - (1 - conf)

    high = 4.0
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-9))
