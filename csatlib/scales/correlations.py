"""Answers to several items read for analysis, and how the items vary together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Answers", "Moments", "joined", "moments", "read_items"]

MISSING = ("complete", "pairwise")
#: Variances smaller than this share of the item's mean square are noise of the arithmetic.
_NO_VARIANCE = 1e-14


@dataclass(frozen=True)
class Answers:
    """The rows that count: one a respondent with a positive weight, one column an item.

    Attributes
    ----------
    names : tuple of str
        The items, p of them.
    scores : ndarray of float, (n, p)
        Answers; NaN where one is missing (never under ``missing="complete"``).
    weights : ndarray of float, (n,)
        Positive, with mean 1.
    weighted : bool
        Whether the weights differ.
    missing : str
        ``complete`` or ``pairwise``.
    """

    names: tuple[str, ...]
    scores: np.ndarray
    weights: np.ndarray
    weighted: bool
    missing: str

    @property
    def n(self) -> int:
        """Rows that count."""
        return len(self.scores)

    @property
    def n_eff(self) -> float:
        """Kish's effective number of rows: (sum of weights)² / sum of squared weights."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum()) if self.n else 0.0

    @property
    def complete(self) -> bool:
        """Whether no answer is missing among the rows that count."""
        return not np.isnan(self.scores).any()


@dataclass(frozen=True)
class Moments:
    """Means, covariances and the number of rows behind each.

    Attributes
    ----------
    names : tuple of str
        The items, p of them.
    mean : ndarray of float, (p,)
        Weighted mean of each item over its own answers.
    covariance : ndarray of float, (p, p)
        Equal weights give ``numpy.cov(ddof=1)``; NaN for a pair with fewer than 2 rows.
    correlation : ndarray of float, (p, p)
        Each pair with the variances of its own rows; NaN where one of them does not vary.
    n : ndarray of int, (p, p)
        Rows behind each pair.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    covariance: np.ndarray
    correlation: np.ndarray
    n: np.ndarray

    @property
    def constant(self) -> tuple[str, ...]:
        """Items that do not vary."""
        return tuple(
            name
            for name, variance in zip(self.names, np.diag(self.covariance), strict=True)
            if not variance > 0
        )


def read_items(
    items: pd.DataFrame,
    weights: pd.Series | None = None,
    *,
    missing: str = "complete",
    caller: str,
    at_least: int = 2,
) -> Answers:
    """Read numeric items and weights, or say what is wrong with them.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric or boolean column an item.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter. Rows of weight 0 do not count.
    missing : str
        ``complete``: rows with an answer to every item. ``pairwise``: rows with any answer.
    caller : str
        The function that users called, for messages.
    at_least : int
        Fewer items than this are refused.

    Returns
    -------
    Answers
        The rows that count, in their order.

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        For columns that are not numbers, infinite answers, too few items, names that stand
        twice, weights that are negative, missing, infinite, all 0 or on another index, and an
        unknown ``missing``.

    Examples
    --------
    >>> read_items(pd.DataFrame({"a": [1, None], "b": [2, 3]}), caller="alpha").n
    1
    """
    if missing not in MISSING:
        raise ValueError(f"{caller}: expected missing to be one of {MISSING}, found {missing!r}")
    values = _numbers(items, caller, at_least)
    weight, counts = _weights(items.index, weights, caller)
    answered = ~np.isnan(values)
    counts &= answered.all(axis=1) if missing == "complete" else answered.any(axis=1)
    kept = weight[counts]
    weighted = bool(len(kept)) and bool(np.ptp(kept) > 1e-12 * kept.max())
    # Equal weights become 1 exactly, so that they give what no weights give.
    kept = kept / kept.mean() if weighted else np.ones(len(kept))
    return Answers(
        names=tuple(str(name) for name in items.columns),
        scores=values[counts],
        weights=kept,
        weighted=weighted,
        missing=missing,
    )


def _numbers(items: pd.DataFrame, caller: str, at_least: int) -> np.ndarray:
    if not isinstance(items, pd.DataFrame):
        raise TypeError(
            f"{caller}: expected a DataFrame with one column an item, found {type(items).__name__}"
        )
    names = [str(name) for name in items.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{caller}: the items {twice} stand twice; give each a name of its own")
    if len(names) < at_least:
        raise ValueError(
            f"{caller}: expected at least {at_least} items, found {len(names)}: {names}"
        )
    odd = {
        name: str(dtype)
        for name, dtype in zip(names, items.dtypes, strict=True)
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    }
    if odd:
        raise ValueError(
            f"{caller}: expected columns of numbers, found {odd}; convert them with scales.to_score"
        )
    values = items.to_numpy(dtype=float, na_value=np.nan)
    infinite = [names[j] for j in np.flatnonzero(np.isinf(values).any(axis=0))]
    if infinite:
        raise ValueError(f"{caller}: the items {infinite} hold infinite answers; make them missing")
    return values


def _weights(
    index: pd.Index, weights: pd.Series | None, caller: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give the weight of each row and whether it is positive."""
    if weights is None:
        return np.ones(len(index)), np.ones(len(index), dtype=bool)
    if not isinstance(weights, pd.Series) or not pd.api.types.is_numeric_dtype(weights):
        raise ValueError(f"{caller}: expected weights as a Series of numbers")
    if not weights.index.equals(index):
        raise ValueError(f"{caller}: the weights have another index than the items")
    weight = weights.to_numpy(dtype=float, na_value=np.nan)
    for wrong, rows in (
        ("missing or infinite", ~np.isfinite(weight)),
        ("negative", weight < 0),
    ):
        if rows.any():
            raise ValueError(
                f"{caller}: expected weights of 0 or more, found {int(rows.sum())} {wrong}, "
                f"the first at index {index[rows][0]!r}"
            )
    if len(weight) and not weight.any():
        raise ValueError(f"{caller}: all weights are 0")
    return weight, weight > 0


def moments(answers: Answers) -> Moments:
    r"""Give weighted means, covariances and correlations.

    Parameters
    ----------
    answers : Answers
        What `read_items` gives.

    Returns
    -------
    Moments
        Over the rows in which both items of a pair are answered, n of them,
        :math:`s_{jk} = \frac{n}{n-1} \sum w (x_j - \bar x_j)(x_k - \bar x_k) / \sum w`.

    Examples
    --------
    >>> both = pd.DataFrame({"a": [1, 2, 4], "b": [1, 3, 2]})
    >>> moments(read_items(both, caller="doc")).covariance[0].round(3).tolist()
    [2.333, 0.5]
    """
    x, w = answers.scores, answers.weights
    seen = ~np.isnan(x)
    # Distances from a middle value: products of large numbers would lose the digits that vary.
    middle = _means(np.where(seen, x, 0.0), seen * w[:, None])
    d = np.where(seen, x - middle, 0.0)
    n = seen.T.astype(int) @ seen.astype(int)
    share = seen * w[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        total = share.T @ seen
        first = (share * d).T @ seen / total
        product = (share * d).T @ d / total - first * first.T
        square = (share * d**2).T @ seen / total - first**2
        square[square <= _NO_VARIANCE * (1 + middle[:, None] ** 2)] = 0.0
        scale = np.where(n > 1, n / (n - 1.0), np.nan)
        covariance = product * scale
        spread = np.sqrt(square * square.T)
        correlation = np.where((spread > 0) & (n > 1), product / spread, np.nan)
    np.fill_diagonal(covariance, np.diag(square) * np.diag(scale))
    correlation = np.clip((correlation + correlation.T) / 2, -1.0, 1.0)
    varies = np.diag(square) > 0
    np.fill_diagonal(correlation, np.where(varies & (np.diag(n) > 1), 1.0, np.nan))
    mean = np.where(np.diag(n) > 0, middle, np.nan)
    return Moments(answers.names, mean, (covariance + covariance.T) / 2, correlation, n)


def _means(x: np.ndarray, share: np.ndarray) -> np.ndarray:
    total = share.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (share * x).sum(axis=0) / total, 0.0)


def joined(names: Sequence[str]) -> str | None:
    """Join names for a column of a table; None where there are none."""
    return ", ".join(names) or None
