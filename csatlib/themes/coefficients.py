"""Coefficients of agreement from how many coders gave each label to each unit.

``counts`` is (units, labels); ``weights`` is (replicates, units): how often each unit counts. Each
function gives one value a replicate, NaN where it has no meaning.
"""

from __future__ import annotations

import numpy as np

__all__ = ["ac1", "agreeing", "alpha", "cohen", "fleiss", "likeness"]


def agreeing(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of the pairs of coders in a unit that agree, averaged over units."""
    judged = counts.sum(axis=1)
    pairs = (counts * (counts - 1)).sum(axis=1) / (judged * (judged - 1))
    return weights @ pairs / weights.sum(axis=1)


def fleiss(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fleiss' kappa; every unit judged by the same number of coders."""
    totals = weights @ counts
    shares = totals / totals.sum(axis=1, keepdims=True)
    return _corrected(agreeing(counts, weights), (shares**2).sum(axis=1), totals)


def ac1(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gwet's AC1, over as many labels as there are columns."""
    totals = weights @ (counts / counts.sum(axis=1, keepdims=True))
    shares = totals / totals.sum(axis=1, keepdims=True)
    chance = (shares * (1 - shares)).sum(axis=1) / max(counts.shape[1] - 1, 1)
    return _corrected(agreeing(counts, weights), chance, totals)


def _corrected(observed: np.ndarray, chance: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Agreement beyond chance; none where a single label was given."""
    several = (totals > 0).sum(axis=1) > 1
    out = np.full(len(observed), np.nan)
    return np.divide(observed - chance, 1 - chance, out=out, where=several)


def alpha(counts: np.ndarray, weights: np.ndarray, values: np.ndarray, level: str) -> np.ndarray:
    """Krippendorff's alpha."""
    totals = weights @ counts
    n = totals.sum(axis=1, keepdims=True)
    if level == "nominal":
        within, among = _different(counts, weights, totals)
    elif level == "ratio":
        within, among = _relative(counts, weights, totals, values)
    elif level == "ordinal":
        # The ordinal distance of two labels is that of their mean ranks among all judgements.
        ranks = totals.cumsum(axis=1) - totals / 2
        within, among = _squared(counts, weights, totals, ranks - n / 2)
    else:
        # From the middle of the values, so that squares of large numbers do not cancel.
        centred = np.broadcast_to(values - values.mean(), totals.shape)
        within, among = _squared(counts, weights, totals, centred)
    out = np.full(len(n), np.nan)
    several = ((totals > 0).sum(axis=1) > 1) & (among > 0)
    return 1 - np.divide((n[:, 0] - 1) * within, among, out=out, where=several)


def _different(
    counts: np.ndarray, weights: np.ndarray, totals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Count the pairs that differ within units and among all judgements."""
    judged = counts.sum(axis=1)
    unlike = (judged**2 - (counts**2).sum(axis=1)) / (judged - 1)
    return weights @ unlike, totals.sum(axis=1) ** 2 - (totals**2).sum(axis=1)


def _squared(
    counts: np.ndarray, weights: np.ndarray, totals: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum the squared distances within units and among all judgements, each pair both ways."""
    judged = counts.sum(axis=1)
    squares = (weights * (judged / (judged - 1))) @ counts
    sums = (places @ counts.T) ** 2 / (judged - 1)
    within = (squares * places**2).sum(axis=1) - (weights * sums).sum(axis=1)
    n = totals.sum(axis=1)
    among = n * (totals * places**2).sum(axis=1) - (totals * places).sum(axis=1) ** 2
    return 2 * within, 2 * among


def _relative(
    counts: np.ndarray, weights: np.ndarray, totals: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sum the squared distances of amounts, each relative to the sum of the two."""
    sums = values[:, None] + values
    apart = np.divide(values[:, None] - values, sums, out=np.zeros_like(sums), where=sums > 0) ** 2
    unlike = ((counts @ apart) * counts).sum(axis=1) / (counts.sum(axis=1) - 1)
    return weights @ unlike, ((totals @ apart) * totals).sum(axis=1)


def likeness(values: np.ndarray, level: str) -> np.ndarray:
    """Weigh each pair of labels from 0 (furthest apart) to 1 (the same) for Cohen's kappa."""
    widest = np.ptp(values) if len(values) else 0.0
    if level == "nominal" or widest == 0:
        return np.eye(len(values))
    apart = np.abs(values[:, None] - values) / widest
    return 1 - (apart if level == "ordinal" else apart**2)


def cohen(crossed: np.ndarray, like: np.ndarray) -> tuple[float, float]:
    """Cohen's (weighted) kappa and its asymptotic standard error; NaN where chance agrees fully."""
    n = crossed.sum()
    shares = crossed / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    if np.count_nonzero(rows + columns) < 2:
        return np.nan, np.nan
    observed, chance = (shares * like).sum(), rows @ like @ columns
    kappa = (observed - chance) / (1 - chance)
    expected = (like @ columns)[:, None] + rows @ like
    spread = (shares * (like - expected * (1 - kappa)) ** 2).sum()
    variance = (spread - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    return float(kappa), float(np.sqrt(max(variance, 0.0)))
