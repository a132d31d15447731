"""How far drivers can be told from one another."""

from __future__ import annotations

import numpy as np

__all__ = ["condition_number", "inflation", "unit_columns"]


def unit_columns(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Centre the columns and bring them to unit norm under the weights; a constant becomes 0."""
    share = weight / max(weight.sum(), 1e-300)
    constant = (x == x[:1]).all(axis=0)
    centred = (x - share @ x) * np.sqrt(share)[:, None]
    norm = np.linalg.norm(centred, axis=0)
    told = ~constant & (norm > 0)
    return np.where(told, centred, 0) / np.where(told, norm, 1)


def inflation(unit: np.ndarray) -> np.ndarray:
    """Give the variance inflation factors 1/(1 − R²) of `unit_columns`; NaN with too few rows.

    They are the diagonal of the inverse of the drivers' correlations.
    """
    rows, many = unit.shape
    if rows < many + 2:
        return np.full(many, np.nan)
    if many == 1:
        return np.ones(1)
    values, vectors = np.linalg.eigh(unit.T @ unit)
    return np.maximum((vectors**2 / np.maximum(values, 1e-14)).sum(axis=1), 1.0)


def condition_number(unit: np.ndarray) -> float:
    """Give the root of the largest over the smallest eigenvalue of the drivers' correlations.

    Source: Belsley, Kuh and Welsch (1980), *Regression Diagnostics*, chapter 3, on centred columns.
    """
    rows, many = unit.shape
    if rows < many + 2:
        return float("nan")
    values = np.linalg.eigvalsh(unit.T @ unit)
    return float(np.sqrt(values[-1] / max(values[0], 1e-14)))
