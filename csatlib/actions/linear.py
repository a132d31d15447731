"""The error of a difference of means, from the influence of each answer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.estimates import Design
from csatlib.estimates.moments import read_survey

__all__ = ["cell_means", "contrast", "spread"]


def contrast(
    value: np.ndarray, weight: np.ndarray, cell: np.ndarray, coefficients: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Combine the weighted means of cells: the estimate, the influence of each row, the means."""
    size = np.bincount(cell, weights=weight, minlength=len(coefficients))
    means = np.bincount(cell, weights=weight * value, minlength=len(coefficients)) / size
    influence = coefficients[cell] * weight * (value - means[cell]) / size[cell]
    return float(coefficients @ means), influence, means


def spread(
    influence: np.ndarray,
    unit: np.ndarray,
    kind: np.ndarray,
    cluster: np.ndarray | None = None,
    stratum: np.ndarray | None = None,
) -> tuple[float, float]:
    """Give the variance of an estimate and its degrees of freedom.

    Without a design's clusters and strata the sampling units are customers, and ``kind`` says which
    cells a customer answered in: kinds of customers are samples of their own, so that two waves of
    strangers give Welch's t test and one panel the paired one. Degrees of freedom are
    Satterthwaite's over the kinds.
    """
    if cluster is None and stratum is None:
        pattern = _patterns(unit, kind)
        table = pd.DataFrame({"kind": pattern, "unit": unit})
        design = Design(stratum="kind", cluster="unit", lonely="centre")
        survey = read_survey(table, by=["kind"], design=design)
        parts = len(survey.domains)
    else:
        table = pd.DataFrame({"unit": unit if cluster is None else cluster})
        table["kind"] = 0 if stratum is None else stratum
        design = Design(stratum="kind", cluster="unit", lonely="centre")
        survey = read_survey(table, design=design)
        parts = 1
    found = survey.linear(influence, np.zeros(parts), np.ones(len(influence), dtype=bool))
    variance, df = np.nan_to_num(found.variance), np.asarray(found.df, dtype=float)
    total = float(variance.sum())
    if total <= 0:
        return 0.0, float(df.sum())
    held = variance > 0
    return total, float(total**2 / (variance[held] ** 2 / np.maximum(df[held], 1)).sum())


def _patterns(unit: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Say of each row in which kinds of cells its customer answered, as a number."""
    numbers, at = np.unique(unit, return_inverse=True)
    seen = np.zeros((len(numbers), int(kind.max(initial=0)) + 1), dtype=bool)
    seen[at, kind] = True
    return (seen @ (1 << np.arange(seen.shape[1])))[at]


def cell_means(
    value: np.ndarray,
    weight: np.ndarray,
    cell: np.ndarray,
    count: int,
    unit: np.ndarray,
    stratum: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the answers, the mean and the sampling variance of each cell."""
    table = pd.DataFrame({"cell": cell, "weight": weight, "unit": unit})
    names = {"weight": "weight", "cluster": "unit"}
    if stratum is not None:
        table["stratum"] = stratum
        names["stratum"] = "stratum"
    survey = read_survey(table, by=["cell"], design=Design(**names, lonely="centre"))
    found = survey.mean(value)
    at = np.unique(cell)
    n, mean, variance = np.zeros(count, dtype=int), np.full(count, np.nan), np.full(count, np.nan)
    n[at], mean[at] = found.n, found.estimate
    variance[at] = np.where(found.n > 1, found.variance, np.nan)
    return n, mean, variance
