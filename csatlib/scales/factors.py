"""Common factors out of a correlation matrix: residuals, maximum likelihood, principal axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["METHODS", "Extraction", "extract", "signed"]

METHODS = ("minres", "ml", "principal_axis")

#: Uniquenesses are kept at or above this, as psych::fa and stats::factanal do.
LEAST_UNIQUENESS = 0.005
#: The largest slope (of a sum of squares of order 1) that still counts as a minimum.
FLAT = 1e-7
_ROUNDS = 20_000


@dataclass(frozen=True)
class Extraction:
    """Unrotated loadings (items × factors), uniquenesses, and how the search for them ended.

    ``heywood`` marks items whose uniqueness stands at its lower bound; ``criterion`` is the
    function's value at the minimum: the sum of squared residual correlations below the diagonal,
    or the discrepancy of maximum likelihood.
    """

    loadings: np.ndarray
    uniquenesses: np.ndarray
    heywood: np.ndarray
    converged: bool
    criterion: float


def extract(
    correlation: pd.DataFrame | np.ndarray, factors: int, *, method: str = "minres"
) -> Extraction:
    """Extract common factors from a correlation matrix.

    Parameters
    ----------
    correlation : DataFrame or array, items × items
        Correlations, 1 on the diagonal.
    factors : int
        At least 1 and fewer than the items.
    method : {"minres", "ml", "principal_axis"}
        ``minres`` makes the residual correlations small (Harman & Jones 1966; psych::fa's
        default), ``ml`` is maximum likelihood (Jöreskog 1967; stats::factanal),
        ``principal_axis`` repeats the spectral decomposition with the communalities of the round
        before. The first and the last have the same solution; they differ in the way to it.

    Returns
    -------
    Extraction
        Loadings before rotation, the factor of the largest eigenvalue first, each with a sum
        that is not negative.

    Raises
    ------
    ValueError
        For another method or number of factors, a matrix that is not a correlation matrix, and
        for ``ml`` on a matrix that is singular.
    """
    matrix = _correlations(correlation)
    if method not in METHODS:
        raise ValueError(f"extract: expected method to be one of {METHODS}, found {method!r}")
    if not 1 <= factors < len(matrix):
        raise ValueError(
            f"extract: expected 1 to {len(matrix) - 1} factors of {len(matrix)} items, "
            f"found {factors}"
        )
    if method == "principal_axis":
        uniquenesses, converged = _principal_axis(matrix, factors)
    elif method == "ml":
        if np.linalg.eigvalsh(matrix)[0] < 1e-10:
            raise ValueError("extract: ml needs a correlation matrix that is not singular")
        uniquenesses, converged = _minimum(_likelihood(matrix, factors), _start(matrix, factors))
    else:
        uniquenesses, converged = _minimum(_residuals(matrix, factors), _start(matrix, factors))
    loadings = _ml_loadings if method == "ml" else _loadings
    found = loadings(matrix, uniquenesses, factors)
    function = _likelihood if method == "ml" else _residuals
    return Extraction(
        signed(found),
        uniquenesses,
        uniquenesses <= LEAST_UNIQUENESS * (1 + 1e-6),
        converged,
        function(matrix, factors)(uniquenesses)[0],
    )


def signed(loadings: np.ndarray) -> np.ndarray:
    """Turn each column so that its loadings do not sum to less than 0."""
    return loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)


def _correlations(correlation: pd.DataFrame | np.ndarray) -> np.ndarray:
    matrix = np.asarray(correlation, dtype=float)
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or not np.isfinite(matrix).all():
        raise ValueError("extract: expected a square matrix of finite correlations")
    if not np.allclose(matrix, matrix.T, atol=1e-8) or not np.allclose(np.diag(matrix), 1):
        raise ValueError("extract: expected a symmetric matrix with 1 on its diagonal")
    return (matrix + matrix.T) / 2


def _start(matrix: np.ndarray, factors: int) -> np.ndarray:
    unique = 1 / np.diag(np.linalg.pinv(matrix, hermitian=True)).clip(1e-12)
    return (unique * (1 - 0.5 * factors / len(matrix))).clip(0.05, 0.95)


Slope = Callable[[np.ndarray], tuple[float, np.ndarray]]


def _residuals(matrix: np.ndarray, factors: int) -> Slope:
    """Give half the sum of squares that ``factors`` dimensions leave, and its slope."""

    def slope(uniquenesses: np.ndarray) -> tuple[float, np.ndarray]:
        values, vectors = np.linalg.eigh(matrix - np.diag(uniquenesses))
        kept = np.arange(len(values)) >= len(values) - factors
        left = np.where(kept, np.minimum(values, 0), values)
        return 0.5 * float(left @ left), -(vectors**2) @ left

    return slope


def _likelihood(matrix: np.ndarray, factors: int) -> Slope:
    """Give the discrepancy of maximum likelihood over the loadings, and its slope."""

    def slope(uniquenesses: np.ndarray) -> tuple[float, np.ndarray]:
        scale = np.sqrt(uniquenesses)
        values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
        left, axes = values[:-factors].clip(1e-300), vectors[:, :-factors]
        return float(np.sum(left - np.log(left) - 1)), (axes**2 @ (1 - left)) / uniquenesses

    return slope


def _minimum(slope: Slope, start: np.ndarray) -> tuple[np.ndarray, bool]:
    """Find the uniquenesses at a minimum: quasi-Newton first, then Newton until it is flat."""
    from scipy import optimize

    bounds = [(LEAST_UNIQUENESS, 1.0)] * len(start)
    found = optimize.minimize(
        slope, start, jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 2000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-10},
    )  # fmt: skip
    return _polished(slope, found.x)


def _free(at: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    held = (at <= LEAST_UNIQUENESS) & (gradient > 0) | (at >= 1) & (gradient < 0)
    return ~held


def _polished(slope: Slope, at: np.ndarray) -> tuple[np.ndarray, bool]:
    gradient = slope(at)[1]
    for _ in range(12):
        free = np.flatnonzero(_free(at, gradient))
        if not len(free) or np.abs(gradient[free]).max() < 1e-14:
            break
        step = np.linalg.lstsq(_curvature(slope, at, free), gradient[free], rcond=1e-10)[0]
        tried = at.copy()
        tried[free] = (at[free] - step).clip(LEAST_UNIQUENESS, 1)
        after = slope(tried)[1]
        if np.linalg.norm(after[_free(tried, after)]) >= np.linalg.norm(gradient[free]):
            break
        at, gradient = tried, after
    free = _free(at, gradient)
    return at, bool(np.abs(gradient[free]).max(initial=0) < FLAT)


def _curvature(slope: Slope, at: np.ndarray, free: np.ndarray) -> np.ndarray:
    columns = []
    for item in free:
        step = np.zeros(len(at))
        step[item] = 1e-5 * max(at[item], 0.01)
        rise = slope(at + step)[1] - slope(at - step)[1]
        columns.append(rise[free] / (2 * step[item]))
    curvature = np.array(columns)
    return (curvature + curvature.T) / 2


def _principal_axis(matrix: np.ndarray, factors: int) -> tuple[np.ndarray, bool]:
    uniquenesses = _start(matrix, factors)
    for _ in range(_ROUNDS):
        communalities = (_loadings(matrix, uniquenesses, factors) ** 2).sum(axis=1)
        after = (1 - communalities).clip(LEAST_UNIQUENESS, 1)
        moved = np.abs(after - uniquenesses).max()
        uniquenesses = after
        if moved < 1e-12:
            return uniquenesses, True
    return uniquenesses, bool(moved < FLAT)


def _loadings(matrix: np.ndarray, uniquenesses: np.ndarray, factors: int) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix - np.diag(uniquenesses))
    kept = slice(-1, -factors - 1, -1)
    return vectors[:, kept] * np.sqrt(values[kept].clip(0))


def _ml_loadings(matrix: np.ndarray, uniquenesses: np.ndarray, factors: int) -> np.ndarray:
    scale = np.sqrt(uniquenesses)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    kept = slice(-1, -factors - 1, -1)
    return scale[:, None] * vectors[:, kept] * np.sqrt((values[kept] - 1).clip(0))
