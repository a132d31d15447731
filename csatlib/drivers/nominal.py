"""Ordered logit with slopes that may differ from one threshold to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

__all__ = ["Nominal", "fit_nominal"]

#: Newton's method: steps, halvings of a step, and the gain in log-likelihood that ends it.
_STEPS, _HALVINGS, _GAIN = 60, 30, 1e-10
#: A probability this small makes a point of the parameter space inadmissible.
_LEAST = 1e-300


@dataclass(frozen=True)
class Nominal:
    """A fit: log-likelihood, whether it was reached, and the slopes of the free columns.

    ``free`` has one row a threshold and one column a free column.
    """

    log_likelihood: float
    converged: bool
    free: np.ndarray
    parameters: np.ndarray


@dataclass(frozen=True)
class _Data:
    codes: np.ndarray
    common: np.ndarray
    free: np.ndarray
    weight: np.ndarray
    cuts: int

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.cuts * (1 + self.free.shape[1]) + self.common.shape[1]

    def rows_of(self, cut: int) -> np.ndarray:
        """Give the derivative of each row's linear predictor at one threshold."""
        laid = np.zeros((len(self.codes), self.size))
        laid[:, cut] = 1
        q, p = self.free.shape[1], self.common.shape[1]
        laid[:, self.cuts : self.cuts + p] = -self.common
        start = self.cuts + p + cut * q
        laid[:, start : start + q] = -self.free
        return laid


def fit_nominal(
    codes: np.ndarray, common: np.ndarray, free: np.ndarray, weight: np.ndarray
) -> Nominal:
    r"""Fit P(Y ≤ k) = logit⁻¹(θ_k − x'β − z'γ_k) by maximum likelihood.

    Columns in ``common`` (x) have one slope for all thresholds, those in ``free`` (z) one for each;
    without free columns this is the proportional-odds model. Source: Peterson and Harrell (1990),
    Partial proportional odds models for ordinal response variables, *Applied Statistics* 39,
    205–217. Equal to ``clm(nominal = ~ z)`` of R's ordinal package.

    Parameters
    ----------
    codes : ndarray of int
        Each row's level, numbered from 0 without a gap.
    common, free : ndarray, shapes (rows, p) and (rows, q)
        The columns.
    weight : ndarray
        Weights of the rows; their scale is that of the log-likelihood.
    """
    data = _Data(codes, common, free, weight, int(codes.max()))
    designs = [data.rows_of(cut) for cut in range(data.cuts)]
    share = np.bincount(codes, weights=weight) / weight.sum()
    below = np.clip(np.cumsum(share)[:-1], 1e-6, 1 - 1e-6)
    at = np.zeros(data.size)
    at[: data.cuts] = np.log(below / (1 - below))
    value, gradient, hessian = _evaluate(data, designs, at)
    converged = False
    for _ in range(_STEPS):
        step = _newton_step(gradient, hessian)
        gain, length = float(gradient @ step), 1.0
        for _ in range(_HALVINGS):
            tried = at + length * step
            new = _evaluate(data, designs, tried)
            if new[0] >= value - 1e-9:
                break
            length /= 2
        else:
            break
        at, (value, gradient, hessian) = tried, new
        if gain < _GAIN * max(weight.sum(), 1):
            converged = True
            break
    start = data.cuts + common.shape[1]
    slopes = at[start:].reshape(data.cuts, free.shape[1])
    return Nominal(float(value), converged, slopes, at)


def _newton_step(gradient: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    information = -hessian
    scale = np.sqrt(np.maximum(np.diag(information), 1e-12))
    unit = information / scale / scale[:, None]
    # Far from the maximum the information need not be positive definite.
    values, vectors = np.linalg.eigh((unit + unit.T) / 2)
    values = np.maximum(np.abs(values), 1e-8)
    return (vectors @ ((vectors.T @ (gradient / scale)) / values)) / scale


def _evaluate(
    data: _Data, designs: list[np.ndarray], at: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Give log-likelihood, gradient and Hessian; minus infinity where a probability is not one."""
    rows, cuts = len(data.codes), data.cuts
    eta = np.column_stack([design @ at for design in designs])
    below = np.column_stack([np.zeros(rows), expit(eta), np.ones(rows)])
    here = np.arange(rows)
    high, low = below[here, data.codes + 1], below[here, data.codes]
    probability = high - low
    if (probability <= _LEAST).any():
        return -np.inf, at, np.zeros((data.size, data.size))
    value = float(data.weight @ np.log(probability))
    density_high, density_low = high * (1 - high), low * (1 - low)
    up, down = density_high / probability, density_low / probability
    curve_up = density_high * (1 - 2 * high) / probability - up**2
    curve_down = -density_low * (1 - 2 * low) / probability - down**2
    gradient = np.zeros(data.size)
    hessian = np.zeros((data.size, data.size))
    w = data.weight
    for cut, design in enumerate(designs):
        top, bottom = data.codes == cut, data.codes == cut + 1
        gradient += design.T @ (w * (np.where(top, up, 0) - np.where(bottom, down, 0)))
        curve = w * (np.where(top, curve_up, 0) + np.where(bottom, curve_down, 0))
        hessian += design.T @ (curve[:, None] * design)
        if cut + 1 < cuts:
            both = np.where(bottom, w * up * down, 0)
            cross = design.T @ (both[:, None] * designs[cut + 1])
            hessian += cross + cross.T
    return value, gradient, hessian
