"""Intervals of reliability coefficients: Feldt's, the distribution-free one, the bootstrap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from csatlib.scales.correlations import Answers

__all__ = [
    "SMALLEST",
    "bootstrap",
    "feldt",
    "influence",
    "replicate_covariances",
    "replicate_weights",
    "robust",
]

#: Fewer effective rows than this give no interval but Feldt's.
SMALLEST = 10
_AT_ONCE = 2_000_000

Limits = tuple[float, float]


def feldt(estimate: float, n: int, p: int, conf: float) -> Limits:
    """Give Feldt's interval of alpha: exact for normal items with one variance and covariance."""
    from scipy.stats import f

    tail = (1 - conf) / 2
    low, high = f.ppf([1 - tail, tail], n - 1, (n - 1) * (p - 1))
    return 1 - (1 - estimate) * low, 1 - (1 - estimate) * high


def influence(answers: Answers, slope: np.ndarray) -> np.ndarray:
    """Give what each row brings to a function of the covariances: its variance is Σ squares.

    ``slope`` is G of `coefficients.slope`. Of rows with gaps, the pairs that are answered count.
    """
    seen = (~np.isnan(answers.scores)).astype(float)
    weights = answers.weights
    share = seen * weights[:, None]
    mean = np.where(seen > 0, answers.scores, 0.0)
    mean = (share * mean).sum(axis=0) / share.sum(axis=0)
    apart = np.where(seen > 0, answers.scores - mean, 0.0)
    total = share.T @ seen
    pairs = seen.T @ seen
    lever = slope / total * pairs / (pairs - 1)
    # How far the mean of an item over the rows of a pair lies from its own: 0 without gaps.
    weighted = (apart * weights[:, None]).T
    away = weighted @ seen / total
    crossed = away * away.T
    covariance = weighted @ apart / total - crossed
    # Sums over pairs, (rows × items) each: the rows' products, and what is expected of them.
    brought = ((apart @ lever - 2 * (seen @ (lever * away))) * apart).sum(axis=1)
    expected = ((seen @ (lever * (covariance - crossed))) * seen).sum(axis=1)
    n = answers.n
    return weights * (brought - expected) * np.sqrt(n / (n - 1))


def robust(estimate: float, rows: np.ndarray, n_eff: float, conf: float) -> Limits:
    """Give a t interval on the scale of log(1 − coefficient), from the influence of the rows."""
    from scipy.stats import t

    error = np.sqrt((rows**2).sum()) / (1 - estimate)
    reach = t.ppf((1 + conf) / 2, n_eff - 1) * error
    return 1 - (1 - estimate) * np.exp(reach), 1 - (1 - estimate) * np.exp(-reach)


def bootstrap(
    estimate: float, replicates: np.ndarray, rows: np.ndarray | None, conf: float
) -> Limits | None:
    """Give the bias-corrected interval, accelerated where the influence of the rows is known.

    None where fewer than nine replicates in ten have a value. Efron, B. (1987), Better bootstrap
    confidence intervals, Journal of the American Statistical Association 82.
    """
    from scipy.special import ndtr, ndtri

    found = replicates[np.isfinite(replicates)]
    if len(found) < 0.9 * len(replicates):
        return None
    below = ((found < estimate).sum() + (found == estimate).sum() / 2) / len(found)
    edge = 0.5 / len(found)
    shift = ndtri(np.clip(below, edge, 1 - edge))
    bend = 0.0
    if rows is not None:
        bend = (rows**3).sum() / (6 * (rows**2).sum() ** 1.5)
    tail = ndtri(np.array([(1 - conf) / 2, (1 + conf) / 2]))
    places = ndtr(shift + (shift + tail) / (1 - bend * (shift + tail)))
    low, high = np.quantile(found, places)
    return float(low), float(high)


def replicate_weights(answers: Answers, n_boot: int, seed: int) -> Iterator[np.ndarray]:
    """Draw the rows again with replacement: their weights times how often each was drawn."""
    rng = np.random.default_rng(seed)
    n = answers.n
    size = max(1, min(n_boot, _AT_ONCE // n))
    for first in range(0, n_boot, size):
        count = min(size, n_boot - first)
        drawn = rng.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n)
        yield times * answers.weights


def replicate_covariances(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Give the covariances of replicates, (replicates, p, p), each pair over its own rows."""
    seen = (~np.isnan(answers.scores)).astype(float)
    middle = np.nanmean(answers.scores, axis=0)
    apart = np.where(seen > 0, answers.scores - middle, 0.0)
    p = apart.shape[1]
    row, column = np.triu_indices(p)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weights @ (seen[:, row] * seen[:, column])
        one = weights @ (apart[:, row] * seen[:, column]) / total
        two = weights @ (seen[:, row] * apart[:, column]) / total
        product = weights @ (apart[:, row] * apart[:, column]) / total - one * two
    result = np.empty((len(weights), p, p))
    result[:, row, column] = result[:, column, row] = product
    return result
