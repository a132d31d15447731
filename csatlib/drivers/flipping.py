"""A test of each driver beside the others, by flipping the signs of the sampling units' scores.

A driver's score is what its slope would gain at first if it were let into a model that has all the
others: Σ w x̃ e, with e the residuals of that model and x̃ what the others leave of the driver.
Where the driver adds nothing each unit's part is as likely positive as negative, whatever its
variance, so that weights, clusters and unequal variances need no further care.

Source: Hemerik, Goeman and Finos (2020), Robust testing in generalized linear models by sign
flipping score contributions, *JRSS B* 82, 841–864; standardised as De Santis, Goeman, Hemerik,
Davenport and Finos (2025, *Biometrika* 112) do. It is Freedman and Lane's test with flips in the
place of exchanges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.drivers.lmg import COPY

__all__ = ["Scores", "linear_scores", "sign_flip_p"]

#: Numbers held at once.
_BLOCK = 1 << 21


@dataclass(frozen=True)
class Scores:
    """Each row's part in the score of one driver, and what tells the score's variance.

    ``left`` is what the others leave of the driver and ``others`` an orthonormal basis of theirs,
    both times the root of the rows' information.
    """

    parts: np.ndarray
    left: np.ndarray
    others: np.ndarray


def linear_scores(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> list[Scores | None]:
    """Give the scores of all drivers of a linear model; None for one that the others contain."""
    root = np.sqrt(weight)
    design = np.column_stack([np.ones(len(x)), x]) * root[:, None]
    outcome = y * root
    found: list[Scores | None] = []
    for driver in range(x.shape[1]):
        basis = orthonormal(np.delete(design, driver + 1, axis=1))
        own = design[:, driver + 1]
        left = own - basis @ (basis.T @ own)
        residual = outcome - basis @ (basis.T @ outcome)
        contained = left @ left <= COPY * (own @ own)
        found.append(None if contained else Scores(left * residual, left, basis))
    return found


def orthonormal(columns: np.ndarray) -> np.ndarray:
    """Give an orthonormal basis of what the columns span."""
    left, values, _ = np.linalg.svd(columns, full_matrices=False)
    return left[:, values > 1e-10 * values[:1].max(initial=0)]


def sign_flip_p(
    scores: list[Scores | None], unit: np.ndarray, *, permutations: int, seed: int
) -> np.ndarray:
    """Give the p-value of each driver, NaN for None: how often flipped scores reach the real one.

    All rows of a sampling unit flip together; ``unit`` numbers them.
    """
    held = [one for one in scores if one is not None]
    p = np.full(len(scores), np.nan)
    if not held:
        return p
    _, unit = np.unique(unit, return_inverse=True)
    # The sum of the parts, and of what standardises it, by unit.
    parts = _by_unit(np.column_stack([one.parts for one in held]), unit)
    loads = [_by_unit(one.others * one.left[:, None], unit) for one in held]
    whole = np.array([one.left @ one.left for one in held])
    random = np.random.default_rng(seed)
    observed = _standardised(np.ones((1, len(parts))), parts, loads, whole)[0]
    reached = np.ones(len(held))
    block = max(1, _BLOCK // len(parts))
    for first in range(0, permutations, block):
        shape = (min(block, permutations - first), len(parts))
        signs = random.integers(2, size=shape, dtype=np.int8) * 2.0 - 1.0
        flipped = _standardised(signs, parts, loads, whole)
        reached += (flipped >= observed * (1 - 1e-12)).sum(axis=0)
    p[[one is not None for one in scores]] = reached / (permutations + 1)
    return p


def _standardised(
    signs: np.ndarray, parts: np.ndarray, loads: list[np.ndarray], whole: np.ndarray
) -> np.ndarray:
    """Give the squares of flipped scores over their variances: shape (flips, drivers)."""
    lost = np.column_stack([((signs @ load) ** 2).sum(axis=1) for load in loads])
    variance = np.maximum(whole - lost, 1e-12 * whole)
    return (signs @ parts) ** 2 / variance


def _by_unit(columns: np.ndarray, unit: np.ndarray) -> np.ndarray:
    if len(unit) == unit.max() + 1:
        return columns
    sums = np.zeros((unit.max() + 1, columns.shape[1]))
    np.add.at(sums, unit, columns)
    return sums
