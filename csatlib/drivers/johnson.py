"""Johnson's relative weights: a linear model's R² shared out through orthogonal stand-ins."""

from __future__ import annotations

import numpy as np

from csatlib.drivers.lmg import COPY

__all__ = ["johnson"]


def johnson(correlations: np.ndarray) -> np.ndarray:
    """Share the R² of linear models out among their drivers.

    ``correlations`` has the shape (models, p + 1, p + 1), the outcome last; the result
    (models, p). With Λ the symmetric square root of the drivers' correlations and r those with the
    outcome, driver j gets Σ_k Λ_jk² (Λ⁺r)_k².
    """
    among, outcome = correlations[:, :-1, :-1], correlations[:, :-1, -1]
    values, vectors = np.linalg.eigh(among)
    kept = values > COPY * len(among[0]) if len(among) else values > 0
    root = np.sqrt(np.where(kept, values, 0.0))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=kept)
    turned = np.einsum("mkj,mk->mj", vectors, outcome) * inverse
    betas = np.einsum("mij,mj->mi", vectors, turned)
    roots = np.einsum("mij,mj,mkj->mik", vectors, root, vectors)
    return np.einsum("mik,mk->mi", roots**2, betas**2)
