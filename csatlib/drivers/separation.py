"""Whether drivers tell answers apart for certain, so that no finite coefficient is most likely.

A direction (δ, θ) of drivers and thresholds along which no row becomes less likely and some become
more likely leads the likelihood up for ever. It must have θ_k − x'δ ≥ 0 for the upper and
x'δ − θ_{k−1} ≥ 0 for the lower threshold of each row: a linear programme that maximises the sum of
these margins within |δ|, |θ| ≤ 1 finds one or proves that there is none (quasi-complete separation
included). Most rows never bind, so it starts from some and adds those that it finds violated.

Source: Konis (2007), *Linear programming algorithms for detecting separated data in binary logistic
regression models*, University of Oxford; Albert and Anderson (1984), On the existence of maximum
likelihood estimates in logistic regression models, *Biometrika* 71, 1–10.
"""

from __future__ import annotations

import numpy as np

from csatlib.drivers.ordered import Blocks

__all__ = ["separating_direction"]

#: Rows the programme starts with, and how many it adds at a time.
_FEW = 1_000
#: Margins on columns of size 1 below which a row counts as lying on the boundary.
_BOUNDARY = 1e-7


def separating_direction(blocks: Blocks) -> np.ndarray | None:
    """Give a direction (drivers, thresholds) that separates the answers, or None."""
    size = np.abs(blocks.x).max(axis=0)
    size = np.where(size > 0, size, 1)
    x, last = blocks.x / size, blocks.last
    level = np.repeat(np.arange(last + 1), np.diff(blocks.starts))
    chosen = np.unique(np.linspace(0, len(x) - 1, min(_FEW, len(x))).astype(np.intp))
    while True:
        margins = _margins(x[chosen], level[chosen], last)
        direction = _programme(margins)
        if direction is not None:
            broken = np.minimum(*_both(x, level, direction, last))
        else:
            # Nothing separates these rows; where they are silent, other rows must speak.
            broken = np.zeros(len(x))
            for silent in _silent(margins):
                broken -= np.abs(_both(x, level, silent, last)).max(axis=0)
        found = np.flatnonzero(broken < -_BOUNDARY)
        if not len(found):
            return None if direction is None else direction / np.append(size, np.ones(last))
        worst = found[np.argsort(broken[found], kind="stable")[:_FEW]]
        grown = np.union1d(chosen, worst)
        if len(grown) == len(chosen):
            return None
        chosen = grown


def _margins(x: np.ndarray, level: np.ndarray, last: int) -> np.ndarray:
    """Write the margins of the rows as a matrix: one row a row and threshold of it."""
    cuts = np.eye(last)
    upper, lower = level < last, level > 0
    return np.vstack(
        [
            np.hstack([-x[upper], cuts[level[upper]]]),
            np.hstack([x[lower], -cuts[level[lower] - 1]]),
        ]
    )


def _both(
    x: np.ndarray, level: np.ndarray, direction: np.ndarray, last: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give each row's margins along a direction; 0 for a threshold it does not have."""
    eta, cuts = x @ direction[:-last], direction[-last:]
    upper = np.where(level < last, cuts[np.minimum(level, last - 1)] - eta, 0.0)
    lower = np.where(level > 0, eta - cuts[np.maximum(level - 1, 0)], 0.0)
    return upper, lower


def _programme(margins: np.ndarray) -> np.ndarray | None:
    """Find a direction in which no margin shrinks and some grow; None where there is none."""
    from scipy.optimize import linprog

    # Rows that are alike bind alike.
    distinct = np.unique(margins, axis=0)
    found = linprog(
        -distinct.sum(axis=0) / len(distinct),
        A_ub=-distinct,
        b_ub=np.zeros(len(distinct)),
        bounds=(-1, 1),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.x is None:
        return None
    reached = distinct @ found.x
    return found.x if reached.max() > 10 * _BOUNDARY and reached.min() > -_BOUNDARY else None


def _silent(margins: np.ndarray) -> np.ndarray:
    """Give the directions along which none of these margins changes, one a row."""
    _, sizes, turned = np.linalg.svd(margins, full_matrices=True)
    rank = int((sizes > 1e-10 * sizes[0]).sum())
    return turned[rank:]
