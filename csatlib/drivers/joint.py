"""Tests that hold under any survey design, from each row's share in a statistic's error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from csatlib.drivers.model import Fitted
from csatlib.drivers.reading import ModelData
from csatlib.estimates.variance import Partition

__all__ = [
    "Wald",
    "added_terms",
    "degrees_of_freedom",
    "joint_covariance",
    "pulls",
    "spread_rows",
    "wald",
]

#: Directions whose variance is this small beside the largest say nothing.
_NOTHING = 1e-10


@dataclass(frozen=True)
class Wald:
    """A test of several numbers at once: F, its degrees of freedom, p, or why there is none.

    ``gain`` is what added terms are worth: the share of R² (or McFadden's) that they would add.
    """

    statistic: float = float("nan")
    df: float = float("nan")
    p: float = float("nan")
    reason: str | None = None
    gain: float = float("nan")


def spread_rows(data: ModelData, values: np.ndarray) -> np.ndarray:
    """Lay values of the rows that count out over all rows of the table, 0 elsewhere."""
    laid = np.zeros((len(data.rows), *values.shape[1:]))
    laid[data.rows] = values
    return laid


def degrees_of_freedom(data: ModelData) -> float:
    """Count the sampling units that hold somebody who counts, less their strata."""
    partition = data.survey.partition
    return float(partition.degrees_of_freedom(partition.cell_counts(data.rows))[0])


def joint_covariance(data: ModelData, influence: np.ndarray) -> np.ndarray:
    """Give the covariance of several statistics from the influence of each row on each.

    The partition gives variances; a covariance is that of a sum, less those of its parts. Replicate
    weights are not used: the variance is linearised on the design's units.
    """
    partition = data.survey.partition
    laid = spread_rows(data, influence)
    single = np.array([_variance(partition, column) for column in laid.T])
    scale = np.where(single > 0, np.sqrt(single), 1.0)
    laid = laid / scale
    if partition.margins is None:
        laid = np.column_stack([partition.cell_sums(column) for column in laid.T])
    many = len(scale)
    found = np.diag((single > 0).astype(float))
    for i in range(many):
        for j in range(i):
            both = _variance(partition, laid[:, i] + laid[:, j], partition.margins is None)
            found[i, j] = found[j, i] = (both - found[i, i] - found[j, j]) / 2
    return found * scale[:, None] * scale


def _variance(partition: Partition, values: np.ndarray, cells: bool = False) -> float:
    if cells:
        return float(partition.variances_of_cells(values)[0])
    return float(partition.variances(values)[0])


def wald(values: np.ndarray, covariance: np.ndarray, df: float) -> Wald:
    r"""Test that all values are 0 by F = W (ν − q + 1)/(ν q) on q and ν − q + 1 degrees of freedom.

    W is the quadratic form and ν the design's degrees of freedom. Source: Korn and Graubard (1990),
    Simultaneous testing of regression coefficients with complex survey data, *American
    Statistician* 44, 270–276.
    """
    scale = np.sqrt(np.diag(covariance))
    if not len(values) or not np.isfinite(covariance).all() or not (scale > 0).all():
        return Wald(reason="no_variation")
    unit = covariance / scale / scale[:, None]
    own, vectors = np.linalg.eigh(unit)
    told = own > _NOTHING * own.max()
    rank = int(told.sum())
    left = df - rank + 1
    if left < 1:
        return Wald(reason="few_clusters")
    along = (vectors.T @ (values / scale))[told]
    form = float((along**2 / own[told]).sum()) * left / (df * rank)
    return Wald(form, float(rank), float(stats.f.sf(form, rank, left)))


def pulls(fitted: Fitted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each row's slope of the log-likelihood along its predictor, and its curvatures.

    The second array is minus the second derivative along the predictor; the third, one column a
    parameter that is no slope (intercept or thresholds), minus the mixed ones.
    """
    weight = np.ones(fitted.n) if fitted.weight is None else fitted.weight
    if fitted.kind == "linear":
        return weight * (fitted.y - fitted.predictor), weight, weight[:, None]
    if fitted.kind == "logistic":
        p = fitted.fitted
        curve = weight * p * (1 - p)
        return weight * (fitted.y - p), curve, curve[:, None]
    rows, last = np.arange(fitted.n), len(fitted.levels) - 1
    below = np.hstack([np.zeros((fitted.n, 1)), fitted.cumulative, np.ones((fitted.n, 1))])
    upper, lower = below[rows, fitted.y + 1], below[rows, fitted.y]
    dense = below * (1 - below) * weight[:, None]
    mixed = np.zeros((fitted.n, last + 2))
    mixed[rows, fitted.y + 1] = -dense[rows, fitted.y + 1]
    mixed[rows, fitted.y] = -dense[rows, fitted.y]
    curve = dense[rows, fitted.y + 1] + dense[rows, fitted.y]
    return weight * (upper + lower - 1), curve, mixed[:, 1:-1]


def added_terms(data: ModelData, fitted: Fitted, terms: np.ndarray) -> Wald:
    r"""Test by the score whether further columns belong into a fitted model.

    With U the slopes of the log-likelihood along the added columns, made independent of the
    fitted ones, U'V⁻¹U is held against F, V from the design. No model is fitted again, and neither
    equal variances nor independent rows are assumed. Source: Boos (1992), On generalized score
    tests, *American Statistician* 46, 327–333.
    """
    pull, curve, mixed = pulls(fitted)
    across = (terms * curve[:, None]).T @ fitted.x
    along = terms.T @ mixed
    ordinal = fitted.kind == "ordinal"
    both = np.hstack([across, along] if ordinal else [along, across])
    taken = np.linalg.solve(fitted.information, both.T).T
    own = (terms * curve[:, None]).T @ terms - taken @ both.T
    before = np.sqrt(np.einsum("ij,ij,i->j", terms, terms, curve))
    if (np.sqrt(np.maximum(np.diag(own), 0)) <= 1e-6 * before).any():
        return Wald(reason="too_few_levels")
    score = terms * pull[:, None] - fitted.scores @ taken.T
    total = score.sum(axis=0)
    df = min(degrees_of_freedom(data), float(fitted.df))
    found = wald(total, joint_covariance(data, score), df)
    worth = float(total @ np.linalg.lstsq(own, total, rcond=None)[0])
    if fitted.kind == "linear":
        weight = np.ones(fitted.n) if fitted.weight is None else fitted.weight
        mean = weight @ fitted.y / weight.sum()
        whole = weight @ (fitted.y - mean) ** 2
    else:
        whole = -2 * fitted.null_loglik
    return Wald(found.statistic, found.df, found.p, found.reason, worth / whole)
