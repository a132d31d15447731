"""Correlations of what ordered answers stand for: normal variables cut at thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from csatlib.scales.correlations import Answers, read_items

__all__ = ["Polychoric", "bivariate_normal", "nearest_correlation", "polychoric"]

#: The largest correlation that is looked for: the likelihood may grow up to 1.
LIMIT = 0.9999
#: More answers than this are no ordered categories.
MOST_CATEGORIES = 20
_FAR = 38.0


@dataclass(frozen=True)
class Polychoric:
    """Polychoric correlations and what is to be said of them.

    Attributes
    ----------
    matrix : DataFrame of float, (p, p)
        Correlations, items as index and columns; NaN beside an item that does not vary. Positive
        definite among the others.
    pairs : DataFrame
        One row a pair of items: ``item``, ``other``, ``n`` rows with both answers, ``estimate``
        before smoothing, ``empty_cells`` of their table, ``reason`` (``no_variation``;
        ``boundary``: the answers agree or oppose each other so well that the likelihood grows up
        to ±1, and ±.9999 is given).
    smoothed : bool
        Whether ``matrix`` is the nearest correlation matrix in place of the estimates.
    n : int
        Rows that count.
    """

    matrix: pd.DataFrame
    pairs: pd.DataFrame
    smoothed: bool
    n: int


def polychoric(
    items: pd.DataFrame, *, weights: pd.Series | None = None, missing: str = "complete"
) -> Polychoric:
    r"""Estimate the correlations of the normal variables behind ordered answers, in two steps.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric column an item, at most 20 different answers each.
    weights : Series of numbers, optional
        On the index of ``items``; rows of weight 0 do not count.
    missing : str
        ``complete``: rows with an answer to every item; ``pairwise``: for each pair, rows with
        an answer to both (thresholds from all answers to the item).

    Returns
    -------
    Polychoric
        ``matrix``, ``pairs``, ``smoothed`` and ``n``; see there.

    Raises
    ------
    ValueError
        For items or weights that cannot be used, and for an item with over 20 different answers.

    Notes
    -----
    Thresholds are :math:`\Phi^{-1}` of the cumulative weighted shares. Given them, the
    correlation maximises :math:`\sum_{ab} w_{ab} \log \pi_{ab}(\rho)`, :math:`\pi_{ab}` the
    probability of a cell under the bivariate normal distribution; nothing is added to empty
    cells. Olsson, U. (1979), Maximum likelihood estimation of the polychoric correlation
    coefficient, Psychometrika 44. A matrix that is not positive definite gives way to the nearest
    correlation matrix: Higham, N. (2002), IMA Journal of Numerical Analysis 22.

    Examples
    --------
    >>> both = pd.DataFrame({"a": [1, 1, 2, 2, 1, 2], "b": [1, 1, 2, 2, 2, 1]})
    >>> float(polychoric(both).matrix.loc["a", "b"].round(3))
    0.5
    """
    answers = read_items(items, weights, missing=missing, caller="polychoric")
    return of_answers(answers)


def of_answers(answers: Answers) -> Polychoric:
    """Give the polychoric correlations of answers that are already read."""
    indicators = categories(answers)
    counts = tables(indicators, answers.weights)
    cuts = _edges(indicators.margins(answers.weights))
    places = list(combinations(range(len(answers.names)), 2))
    first, second = np.array(places).T
    tabled = counts[first, :, second, :]
    estimates = _solved(tabled, cuts[first], cuts[second], np.zeros(len(places)))
    seen = ~np.isnan(answers.scores)
    levels = indicators.levels
    rows = [
        {
            "item": answers.names[j],
            "other": answers.names[k],
            "n": int((seen[:, j] & seen[:, k]).sum()),
            "estimate": estimates[i],
            "empty_cells": int((counts[j, : levels[j], k, : levels[k]] <= 0).sum()),
            "reason": _reason(estimates[i]),
        }
        for i, (j, k) in enumerate(places)
    ]
    raw = square(estimates, len(answers.names), varies=np.array(levels) > 1)
    matrix, smoothed = positive(raw)
    pairs = pd.DataFrame(rows).astype({"estimate": "Float64", "n": "Int64", "reason": "str"})
    names = list(answers.names)
    return Polychoric(pd.DataFrame(matrix, names, names), pairs, smoothed, answers.n)


def _reason(estimate: float) -> str | None:
    if np.isnan(estimate):
        return "no_variation"
    return "boundary" if abs(estimate) >= LIMIT else None


@dataclass(frozen=True)
class Indicators:
    """For each row and item, 1 in the place of the category that was answered."""

    ones: np.ndarray
    levels: tuple[int, ...]

    def margins(self, weights: np.ndarray) -> np.ndarray:
        """Weighted count of each category of each item, (…, p, K)."""
        n, p, k = self.ones.shape
        return (weights @ self.ones.reshape(n, p * k)).reshape(*weights.shape[:-1], p, k)


def categories(answers: Answers) -> Indicators:
    """Sort the answers to each item into its categories, lowest first."""
    codes, levels = [], []
    for name, column in zip(answers.names, answers.scores.T, strict=True):
        found = np.unique(column[~np.isnan(column)])
        if len(found) > MOST_CATEGORIES:
            raise ValueError(
                f"polychoric: expected at most {MOST_CATEGORIES} different answers to an item, "
                f"found {len(found)} to {name!r}; group them, or use Pearson correlations"
            )
        codes.append(np.where(np.isnan(column), -1, np.searchsorted(found, column)))
        levels.append(len(found))
    code = np.stack(codes, axis=1).astype(int)
    size = max([*levels, 2])
    return Indicators((code[:, :, None] == np.arange(size)).astype(float), tuple(levels))


def tables(indicators: Indicators, weights: np.ndarray) -> np.ndarray:
    """Cross each two items: weighted counts, (p, K, p, K)."""
    n, p, k = indicators.ones.shape
    flat = indicators.ones.reshape(n, p * k)
    return ((flat * weights[:, None]).T @ flat).reshape(p, k, p, k)


def replicate_correlations(
    indicators: Indicators, weights: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Give the polychoric correlations of replicates, (replicates, p, p), without smoothing.

    ``start`` holds the correlations of the sample. The search stops at 1e-5, far inside the spread
    of the replicates.
    """
    p = indicators.ones.shape[1]
    places = list(combinations(range(p), 2))
    first, second = np.array(places).T
    counts = np.array([tables(indicators, weight)[first, :, second, :] for weight in weights])
    cuts = _edges(indicators.margins(weights))
    begin = np.broadcast_to(start[first, second], counts.shape[:-2])
    estimates = _solved(counts, cuts[:, first], cuts[:, second], begin, near=1e-5)
    result = np.broadcast_to(np.eye(p), (len(weights), p, p)).copy()
    result[:, first, second] = result[:, second, first] = estimates
    return result


def _solved(
    counts: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    start: np.ndarray,
    *,
    near: float = 1e-11,
) -> np.ndarray:
    """Maximise each table, (…, K, K), that has two rows and two columns; NaN for the others."""
    filled = np.ones(counts.shape[:-2], dtype=bool)
    for axis in (-1, -2):
        filled &= (counts.sum(axis=axis) > 0).sum(axis=-1) > 1
    estimates = np.full(filled.shape, np.nan)
    if filled.any():
        estimates[filled] = maximise(
            counts[filled], rows[filled], columns[filled], start=start[filled], near=near
        )
    return estimates


def _edges(margins: np.ndarray) -> np.ndarray:
    """Thresholds of each item with both ends, (p, K + 1); far away stands for infinity."""
    from scipy.special import ndtri

    total = margins.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        below = np.cumsum(margins, axis=-1) / np.where(total > 0, total, 1.0)
    # From the nearer end, so that the mirror image of an item has the mirror image's thresholds.
    above = np.flip(np.cumsum(np.flip(margins, -1), axis=-1), -1) / np.where(total > 0, total, 1.0)
    above = np.concatenate([above[..., 1:], np.zeros_like(above[..., :1])], axis=-1)
    cut = np.where(below <= above, ndtri(np.clip(below, 0, 1)), -ndtri(np.clip(above, 0, 1)))
    cut = np.concatenate([np.full_like(cut[..., :1], -_FAR), cut], axis=-1)
    return np.clip(cut, -_FAR, _FAR)


def maximise(
    counts: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    start: np.ndarray | float = 0.0,
    near: float = 1e-11,
) -> np.ndarray:
    """Maximise the likelihood of each table, (…, K, K), over its correlation.

    Fisher's scoring from ``start`` until a step is below ``near``. The steps are taken in Fisher's
    z of the correlation and are halved where they lose.
    """
    shares = counts / counts.sum(axis=(1, 2), keepdims=True)
    bound = np.arctanh(LIMIT)
    z = np.broadcast_to(np.arctanh(np.clip(start, -LIMIT, LIMIT)), len(counts)).copy()
    value, step = _likelihood(z, shares, rows, columns)
    active = np.arange(len(counts))
    for _ in range(200):
        move = np.clip(z[active] + np.clip(step[active], -1.0, 1.0), -bound, bound)
        new_value, new_step = _likelihood(move, shares[active], rows[active], columns[active])
        better = new_value >= value[active] - 1e-15
        taken = active[better]
        change = np.abs(move[better] - z[taken])
        z[taken], value[taken], step[taken] = move[better], new_value[better], new_step[better]
        step[active[~better]] *= 0.5
        done = np.zeros(len(active), dtype=bool)
        done[better] = change < near
        done[~better] = np.abs(step[active[~better]]) < near
        active = active[~done]
        if not len(active):
            break
    at_end = np.abs(z) >= bound - 1e-9
    return np.where(at_end, np.sign(z) * LIMIT, np.tanh(z))


def _likelihood(
    z: np.ndarray, shares: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean log likelihood and the scoring step in z."""
    rho = np.tanh(z)[:, None, None]
    h, k = rows[:, 1:-1, None], columns[:, None, 1:-1]
    rest = 1 - rho**2
    density = np.exp(-(h**2 - 2 * rho * h * k + k**2) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
    cell = np.maximum(_cells(_framed(bivariate_normal(h, k, rho), rows, columns)), 1e-300)
    slope = _cells(np.pad(density, ((0, 0), (1, 1), (1, 1))))
    value = np.where(shares > 0, shares * np.log(cell), 0.0).sum(axis=(1, 2))
    # A cell below the precision of the arithmetic tells nothing of the slope.
    firm = cell > 1e-14
    score = np.where(firm, shares * slope / cell, 0.0).sum(axis=(1, 2))
    information = np.where(firm, slope**2 / cell, 0.0).sum(axis=(1, 2))
    factor = (1 - np.tanh(z) ** 2) * np.maximum(information, 1e-12)
    return value, score / factor


def _framed(inner: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Put the margins around the probabilities below two thresholds: nothing, or all of one."""
    from scipy.special import ndtr

    whole = np.zeros((len(inner), rows.shape[1], columns.shape[1]))
    whole[:, 1:-1, 1:-1] = inner
    whole[:, :, -1], whole[:, -1, :] = ndtr(rows), ndtr(columns)
    return whole


def _cells(corners: np.ndarray) -> np.ndarray:
    return np.diff(np.diff(corners, axis=1), axis=2)


def bivariate_normal(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Give P(X ≤ h, Y ≤ k) of standard normal variables with a correlation inside ±1.

    Through Owen's T function: Owen, D. (1956), Tables for computing bivariate normal
    probabilities, Annals of Mathematical Statistics 27.
    """
    from scipy.special import ndtr, owens_t

    h, k, rho = np.broadcast_arrays(*np.atleast_1d(h, k, rho))
    # At 0 the formula divides by the limit; the limit from above is right.
    h, k = np.where(h == 0, 1e-300, h), np.where(k == 0, 1e-300, k)
    root = np.sqrt((1 - rho) * (1 + rho))
    with np.errstate(over="ignore"):
        one = owens_t(h, (k - rho * h) / (h * root))
        two = owens_t(k, (h - rho * k) / (k * root))
    below = (ndtr(h) + ndtr(k)) / 2 - one - two - np.where(np.sign(h) * np.sign(k) < 0, 0.5, 0.0)
    return np.clip(below, 0.0, 1.0)


def square(estimates: np.ndarray, p: int, *, varies: np.ndarray) -> np.ndarray:
    """Fold the pairs, in the order of `itertools.combinations`, into a symmetric matrix."""
    matrix = np.diag(np.where(varies, 1.0, np.nan))
    upper = np.triu_indices(p, 1)
    matrix[upper] = estimates
    matrix.T[upper] = estimates
    return matrix


def positive(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    """Smooth the part without gaps where it is not positive definite, and say whether."""
    kept = ~np.isnan(np.diag(matrix))
    part = matrix[np.ix_(kept, kept)]
    if not part.size or np.isnan(part).any() or np.linalg.eigvalsh(part)[0] > 1e-8:
        return matrix, False
    smooth = matrix.copy()
    smooth[np.ix_(kept, kept)] = nearest_correlation(part)
    return smooth, True


def nearest_correlation(matrix: np.ndarray, *, smallest: float = 1e-6) -> np.ndarray:
    """Give the nearest correlation matrix whose eigenvalues are at least about ``smallest``.

    Alternating projections with Dykstra's correction: Higham, N. (2002), Computing the nearest
    correlation matrix, IMA Journal of Numerical Analysis 22.
    """
    current, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(500):
        shifted = current - correction
        lifted = _lift(shifted, smallest)
        correction = lifted - shifted
        following = lifted.copy()
        np.fill_diagonal(following, 1.0)
        done = np.abs(following - current).max() < 1e-10
        current = following
        if done:
            break
    final = _lift(current, smallest)
    deviation = np.sqrt(np.diag(final))
    final = final / np.outer(deviation, deviation)
    np.fill_diagonal(final, 1.0)
    return (final + final.T) / 2


def _lift(matrix: np.ndarray, smallest: float) -> np.ndarray:
    value, vector = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vector * np.maximum(value, smallest)) @ vector.T
