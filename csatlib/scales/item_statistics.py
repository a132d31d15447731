"""What each item brings to its scale."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.scales import coefficients
from csatlib.scales.arguments import check_number
from csatlib.scales.correlations import Answers, Moments, moments, read_items

__all__ = ["item_statistics"]


def item_statistics(
    items: pd.DataFrame,
    *,
    weights: pd.Series | None = None,
    missing: str = "complete",
    low: float | None = None,
    high: float | None = None,
) -> pd.DataFrame:
    r"""Describe each item of a scale: its answers, how it goes with the others, alpha without it.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, one numeric column an item, all pointing the same way.
    weights : Series of numbers, optional
        On the index of ``items``; rows of weight 0 do not count.
    missing : str
        ``complete``: rows with an answer to every item, for every column but ``missing_share``.
        ``pairwise``: each item over its own answers, each covariance over the rows with both.
    low, high : float, optional
        The ends of the answer scale, for floor and ceiling; without them the lowest and the
        highest answer to any item.

    Returns
    -------
    DataFrame
        The ``item_statistics`` table, one row an item: ``item``; ``n`` answers that count;
        ``missing_share`` of all rows with a positive weight, weighted; ``mean``; ``sd``;
        ``item_total``, its correlation with the sum of all items; ``item_rest``, with the sum of
        the others (negative: the item may be reversed); ``alpha`` of all items;
        ``alpha_if_dropped`` and ``alpha_change``, that less ``alpha``; ``floor_share`` and
        ``ceiling_share`` of answers at the ends; ``reason``: ``empty``, ``too_few_rows`` (under
        3), ``no_variation`` (of this item, or of the sum), ``other_without_variation`` (of
        another item), ``too_few_items`` (two items: none is left to correlate when one goes).

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        For items or weights that cannot be used, and answers outside ``low`` to ``high``.

    Notes
    -----
    With covariances s and V their sum, item j has :math:`c_j = \sum_k s_{jk}`,
    ``item_total`` :math:`c_j / \sqrt{s_{jj} V}` and ``item_rest``
    :math:`(c_j - s_{jj}) / \sqrt{s_{jj} (V - 2 c_j + s_{jj})}`; psych::alpha calls them raw.r and
    r.drop.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 1, 4, 3], "c": [4, 2, 3, 1]})
    >>> item_statistics(answers)[["item", "item_rest", "alpha_if_dropped"]].round(2)
      item  item_rest  alpha_if_dropped
    0    a      -0.14               0.0
    1    b       0.95              -8.0
    2    c      -0.45              0.75
    """
    answers = read_items(items, weights, missing=missing, caller="item_statistics")
    asked = read_items(items, weights, missing="pairwise", caller="item_statistics")
    for name, end in (("low", low), ("high", high)):
        check_number("item_statistics", name, end)
    ends = _ends(asked, low, high)
    found = moments(answers)
    table = pd.DataFrame(
        {
            "item": answers.names,
            "n": np.diag(found.n),
            "missing_share": _missing_share(items, weights),
            "mean": found.mean,
            "sd": np.sqrt(np.diag(found.covariance)),
            **_together(answers, found),
            "floor_share": _share(answers, ends[0]),
            "ceiling_share": _share(answers, ends[1]),
        }
    )
    contract = schema.TABLES["item_statistics"].columns
    table = table[list(contract)]
    return table.astype({name: column.dtype for name, column in contract.items()})


def _ends(asked: Answers, low: float | None, high: float | None) -> tuple[float, float]:
    given = asked.scores[~np.isnan(asked.scores)]
    if not len(given):
        return (np.nan if low is None else low), (np.nan if high is None else high)
    low = given.min() if low is None else low
    high = given.max() if high is None else high
    outside = int(((given < low) | (given > high)).sum())
    if outside:
        raise ValueError(
            f"item_statistics: expected answers from {low:g} to {high:g}, found {outside} outside"
        )
    return low, high


def _missing_share(items: pd.DataFrame, weights: pd.Series | None) -> np.ndarray:
    gaps = items.isna().to_numpy(dtype=float)
    if not len(gaps):
        return np.full(items.shape[1], np.nan)
    weight = np.ones(len(gaps)) if weights is None else weights.to_numpy(dtype=float)
    return (weight / weight.sum()) @ gaps


def _share(answers: Answers, end: float) -> np.ndarray:
    share = (~np.isnan(answers.scores)) * answers.weights[:, None]
    total = share.sum(axis=0)
    at_end = (share * (answers.scores == end)).sum(axis=0)
    return np.where(total > 0, at_end / np.where(total > 0, total, 1), np.nan)


def _together(answers: Answers, found: Moments) -> dict[str, object]:
    """Give the columns that need the other items, and the reasons."""
    p = len(answers.names)
    gaps = np.full(p, np.nan)
    names = ("item_total", "item_rest", "alpha", "alpha_if_dropped", "alpha_change")
    constant = np.isin(answers.names, found.constant)
    whole = "empty" if not answers.n else "too_few_rows" if found.n.min() < 3 else None
    if whole:
        return {**dict.fromkeys(names, gaps), "reason": whole}
    s = found.covariance
    variance, with_all, total = np.diag(s), s.sum(axis=1), s.sum()
    rest = total - 2 * with_all + variance
    small = 1e-12 * np.trace(s)
    with np.errstate(invalid="ignore", divide="ignore"):
        item_total = (with_all / np.sqrt(variance * total)) if total > small else gaps
        item_rest = np.where(
            rest > small, (with_all - variance) / np.sqrt(variance * rest.clip(0)), np.nan
        )
    alpha = _alpha(s, constant)
    dropped = np.array([_alpha_without(s, constant, j) for j in range(p)])
    reason = np.where(np.isnan(alpha) | np.isnan(item_rest), "no_variation", None).astype(object)
    reason[~constant & constant.any()] = "other_without_variation"
    if p == 2:
        reason[reason == None] = "too_few_items"  # noqa: E711
    return {
        "item_total": item_total,
        "item_rest": item_rest,
        "alpha": alpha,
        "alpha_if_dropped": dropped,
        "alpha_change": dropped - alpha,
        "reason": reason,
    }


def _alpha(covariance: np.ndarray, constant: np.ndarray) -> float:
    if constant.any() or covariance.sum() <= 1e-12 * np.trace(covariance):
        return np.nan
    return float(coefficients.alpha(covariance))


def _alpha_without(covariance: np.ndarray, constant: np.ndarray, item: int) -> float:
    kept = np.arange(len(covariance)) != item
    if kept.sum() < 2:
        return np.nan
    return _alpha(covariance[np.ix_(kept, kept)], constant[kept])
