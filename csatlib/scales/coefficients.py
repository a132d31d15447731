"""Coefficients of reliability as functions of a covariance matrix, and their slopes.

Each takes one matrix or a stack of them, (…, p, p), and gives one number a matrix. All but omega
are analytic functions: they also take complex matrices, which is how `slope` differentiates them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

__all__ = [
    "alpha",
    "alpha_standardised",
    "lambda1",
    "lambda2",
    "lambda6",
    "omega",
    "omega_slope",
    "omega_total",
    "one_factor",
    "slope",
    "split_halves",
    "standardised",
]

_STEP = 1e-30


def _trace(matrix: np.ndarray) -> np.ndarray:
    return np.trace(matrix, axis1=-2, axis2=-1)


def _sum(matrix: np.ndarray) -> np.ndarray:
    return matrix.sum(axis=(-2, -1))


def standardised(covariance: np.ndarray) -> np.ndarray:
    """Turn covariances into correlations."""
    scale = 1 / np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return covariance * scale[..., :, None] * scale[..., None, :]


def alpha(covariance: np.ndarray) -> np.ndarray:
    """Cronbach's alpha: p/(p−1) · (1 − variances / variance of the sum)."""
    p = covariance.shape[-1]
    return p / (p - 1) * (1 - _trace(covariance) / _sum(covariance))


def alpha_standardised(covariance: np.ndarray) -> np.ndarray:
    """Alpha of the items divided by their standard deviations."""
    return alpha(standardised(covariance))


def lambda1(covariance: np.ndarray) -> np.ndarray:
    """Guttman's first bound: 1 − variances / variance of the sum, standardised items."""
    matrix = standardised(covariance)
    return 1 - _trace(matrix) / _sum(matrix)


def lambda2(covariance: np.ndarray) -> np.ndarray:
    """Guttman's second bound, standardised items."""
    matrix = standardised(covariance)
    p = matrix.shape[-1]
    squares = _sum(matrix**2) - _trace(matrix**2)
    return lambda1(covariance) + np.sqrt(p / (p - 1) * squares) / _sum(matrix)


def lambda6(covariance: np.ndarray) -> np.ndarray:
    """Guttman's sixth bound: with what the other items explain of each, standardised items."""
    matrix = standardised(covariance)
    left = 1 / np.diagonal(np.linalg.inv(matrix), axis1=-2, axis2=-1)
    return 1 - left.sum(axis=-1) / _sum(matrix)


def split_halves(covariance: np.ndarray) -> np.ndarray:
    """Guttman's fourth coefficient of every split into halves, one after the other.

    4 · covariance of the halves / variance of the sum, standardised items. Of an odd number of
    items one half has one item less.
    """
    matrix = standardised(covariance)
    p = len(matrix)
    first = [set(half) for half in combinations(range(p), p // 2)]
    if p % 2 == 0:
        first = first[: len(first) // 2]
    member = np.array([[item in half for item in range(p)] for half in first], dtype=float)
    between = np.einsum("si,ij,sj->s", member, matrix, 1 - member)
    return 4 * between / matrix.sum()


def omega(loadings: np.ndarray) -> np.ndarray:
    """McDonald's omega of one factor: common variance / (common + unique variance)."""
    common = loadings.sum(axis=-1) ** 2
    return common / (common + (1 - loadings**2).sum(axis=-1))


def omega_total(loadings: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Omega with the observed variance of the sum in place of the model's."""
    return 1 - (1 - loadings**2).sum(axis=-1) / _sum(correlation)


# ---- slopes --------------------------------------------------------------------------------------


def slope(value: Callable[[np.ndarray], np.ndarray], matrix: np.ndarray) -> np.ndarray:
    """Differentiate an analytic coefficient: a symmetric G with d value = Σ G_ij d matrix_ij.

    By a complex step, which loses no digits: Squire, W. & Trapp, G. (1998), Using complex
    variables to estimate derivatives of real functions, SIAM Review 40.
    """
    p = len(matrix)
    row, column = np.triu_indices(p)
    step = np.zeros((len(row), p, p), dtype=complex)
    place = np.arange(len(row))
    step[place, row, column] = step[place, column, row] = 1j * _STEP
    rise = np.imag(value(matrix + step)) / _STEP
    result = np.zeros((p, p))
    result[row, column] = result[column, row] = np.where(row == column, rise, rise / 2)
    return result


def one_factor(correlation: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Give minres loadings of one factor for a stack of matrices near one that is solved.

    Newton's steps from the loadings ``start``; NaN where they do not arrive.
    """
    loadings = np.broadcast_to(start, correlation.shape[:-1]).copy()
    p = len(start)
    off = correlation * (1 - np.eye(p))
    settled = np.zeros(len(correlation), dtype=bool)
    for _ in range(30):
        left, bend = _minres(off, loadings)
        step = np.linalg.solve(bend + 1e-12 * np.eye(p), left[..., None])[..., 0]
        step = np.clip(step, -0.3, 0.3)
        loadings = loadings - step
        settled = np.abs(step).max(axis=-1) < 1e-9
        if settled.all():
            break
    inside = settled & (np.abs(loadings) <= 1).all(axis=-1)
    return np.where(inside[:, None], loadings, np.nan)


def _minres(off: np.ndarray, loadings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the slope of the sum of squared residuals (over −2) and its derivative."""
    outer = loadings[..., :, None] * loadings[..., None, :]
    p = loadings.shape[-1]
    apart = 1 - np.eye(p)
    left = ((off - outer) * apart @ loadings[..., None])[..., 0]
    rest = (loadings**2).sum(axis=-1, keepdims=True) - loadings**2
    bend = (off - 2 * outer) * apart - rest[..., None] * np.eye(p)
    return left, bend


def omega_slope(
    value: Callable[[np.ndarray, np.ndarray], np.ndarray],
    correlation: np.ndarray,
    loadings: np.ndarray,
    method: str,
) -> np.ndarray:
    """Differentiate a coefficient of loadings and correlations: G with d value = Σ G_ij d r_ij.

    How loadings answer to correlations follows from the equations that they solve.
    """
    p = len(loadings)
    shifted = loadings + 1j * _STEP * np.eye(p)
    by_loading = np.imag(value(shifted, correlation)) / _STEP
    whole = np.ones((p, p)) - np.eye(p)
    total = correlation + 1j * _STEP * np.eye(p)[0][:, None] * np.eye(p)[1]
    direct = np.imag(value(loadings, total)) / _STEP * whole
    if method == "ml":
        back = _ml_answer(correlation, loadings, by_loading)
    else:
        _, bend = _minres(correlation * whole, loadings)
        pull = -np.linalg.solve(bend.T, by_loading)
        back = (np.outer(pull, loadings) + np.outer(loadings, pull)) / 2 * whole
    return direct + back


def _ml_answer(correlation: np.ndarray, loadings: np.ndarray, by_loading: np.ndarray) -> np.ndarray:
    """Give the slope through maximum-likelihood loadings, by the implicit function theorem."""
    p = len(loadings)

    def model(theta: np.ndarray) -> np.ndarray:
        return np.outer(theta[:p], theta[:p]) + np.diag(theta[p:])

    def score(theta: np.ndarray) -> np.ndarray:
        inverse = np.linalg.inv(model(theta))
        gap = inverse @ (model(theta) - correlation) @ inverse
        return np.concatenate([2 * gap @ theta[:p], np.diag(gap)])

    theta = np.concatenate([loadings, 1 - loadings**2]).astype(complex)
    steps = 1j * _STEP * np.eye(2 * p)
    bend = np.array([np.imag(score(theta + step)) / _STEP for step in steps]).T
    pull = np.linalg.solve(bend.T, np.concatenate([by_loading, np.zeros(p)]))
    inverse = np.linalg.inv(model(theta.real))
    # d score / d r is −2 Σ⁻¹ dR Σ⁻¹ λ for the loadings, −diag(Σ⁻¹ dR Σ⁻¹) for the uniquenesses.
    lever = 2 * np.outer(inverse @ pull[:p], inverse @ loadings)
    lever = (lever + lever.T) / 2 + inverse @ np.diag(pull[p:]) @ inverse
    return lever * (1 - np.eye(p))


def through_scaling(by_correlation: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Turn a slope in correlations into the slope in covariances."""
    correlation = standardised(covariance)
    scale = 1 / np.sqrt(np.diag(covariance))
    off = by_correlation * (1 - np.eye(len(covariance)))
    pulled = (off * correlation).sum(axis=1)
    return off * np.outer(scale, scale) - np.diag(pulled * scale**2)
