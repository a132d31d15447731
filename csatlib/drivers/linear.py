"""Weighted least squares, by orthogonal decomposition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from csatlib.drivers.columns import refuse_dependent, triangle
from csatlib.drivers.model import Fitted

__all__ = ["fit_linear"]

#: Residuals this small beside the outcome are rounding.
_NOTHING = 1e-13


def fit_linear(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    names: Sequence[str] | None = None,
) -> Fitted:
    """Fit y = a + xb by least squares weighted with ``weight``, shape (n,), or none.

    The columns are brought to one scale and decomposed, never squared, and the residuals fitted
    once more; so year and money columns lose no digits.

    Raises
    ------
    ValueError
        Where a driver is constant or a combination of others.
    """
    names = tuple(names) if names is not None else tuple(f"x{i + 1}" for i in range(x.shape[1]))
    weight = None if weight is None else weight / weight.mean()
    scaled, mean, deviation = refuse_dependent(x, names, weight)
    root = np.ones(len(y)) if weight is None else np.sqrt(weight)
    middle = float(y.mean() if weight is None else weight @ y / weight.sum())
    laid = np.column_stack([np.ones(len(y)), scaled]) * root[:, None]
    count = laid.shape[1]
    upper = triangle(np.column_stack([laid, (y - middle) * root]))
    place = np.linalg.solve(upper[:count, :count], upper[:count, count])
    left = (y - middle) * root - laid @ place
    # One more fit, of the residuals, wins back the digits that the first one rounded away.
    again = triangle(np.column_stack([laid, left]))
    place = place + np.linalg.solve(again[:count, :count], again[:count, count])
    left = (y - middle) * root - laid @ place
    rss, tss = float(left @ left), float(((y - middle) * root) @ ((y - middle) * root))
    if rss <= _NOTHING**2 * len(y) * float(np.abs(y).max()) ** 2:
        rss = 0.0
    turn = _back(mean, deviation)
    parameters = turn @ place
    parameters[0] += middle
    half = turn @ np.linalg.inv(upper[:count, :count])
    ahead = upper[:count, :count] @ _forth(mean, deviation)
    scale = rss / (len(y) - count)
    return Fitted(
        kind="linear",
        drivers=names,
        terms=("(Intercept)", *names),
        parameters=parameters,
        covariance=half @ half.T * scale,
        information=ahead.T @ ahead,
        half=half,
        x=x,
        y=y,
        weight=weight,
        levels=(),
        loglik=_gaussian(rss, len(y)),
        null_loglik=_gaussian(tss, len(y)),
        r2=1 - rss / tss,
        scale=scale,
        converged=True,
        separated=False,
        method="ols",
    )


def _back(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Give the matrix that turns intercept and slopes of scaled columns into those of their own."""
    turn = np.diag(np.concatenate([[1.0], 1 / deviation]))
    turn[0, 1:] = -mean / deviation
    return turn


def _forth(mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    turn = np.diag(np.concatenate([[1.0], deviation]))
    turn[0, 1:] = mean
    return turn


def _gaussian(squares: float, n: int) -> float:
    """Give the log-likelihood of normal errors at their most likely variance."""
    if squares <= 0:
        return np.inf
    return -n / 2 * (np.log(2 * np.pi * squares / n) + 1)
