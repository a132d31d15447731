"""Ranks of groups by indicators, and their rank-sum ratios, for one table or many draws."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

__all__ = ["CUTS", "classes", "grades_of", "probits", "ranks_of", "ratios_of"]

#: Where grades part, in probits (the normal quantile plus 5), by the number of grades.
CUTS = {3: (4.0, 6.0), 4: (3.5, 5.0, 6.5), 5: (3.2, 4.4, 5.6, 6.8)}
#: Ratios that differ by less are equal: sums of the same ranks in another order differ by 1e-16.
_EQUAL = 1e-12


def ranks_of(values: np.ndarray, sign: np.ndarray, *, method: str) -> np.ndarray:
    """Rank groups (last but one axis) within each indicator, the best highest, ties averaged.

    Missing values have no rank, and the others are ranked among themselves.
    """
    turned = values * sign
    absent = np.isnan(turned)
    n = (~absent).sum(axis=-2, keepdims=True)
    if method == "whole":
        ranks = stats.rankdata(np.where(absent, np.inf, turned), axis=-2)
    else:
        low = np.where(absent, np.inf, turned).min(axis=-2, keepdims=True, initial=np.inf)
        high = np.where(absent, -np.inf, turned).max(axis=-2, keepdims=True, initial=-np.inf)
        span = np.where(high > low, high - low, 1.0)
        part = (turned - np.where(n > 0, low, 0.0)) / span
        ranks = np.where(high > low, 1 + (n - 1) * part, (n + 1) / 2)
    return np.where(absent, np.nan, ranks)


def ratios_of(ranks: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Give each group's weighted rank-sum ratio; NaN where no indicator with a share has a rank.

    ``shares`` is one vector of indicators, or one for each draw.
    """
    present = ~np.isnan(ranks)
    n = present.sum(axis=-2, keepdims=True)
    weights = np.where(present, shares[..., np.newaxis, :], 0.0)
    sums = (np.where(present, ranks, 0.0) / np.maximum(n, 1) * weights).sum(axis=-1)
    whole = weights.sum(axis=-1)
    return np.where(whole > 0, sums / np.where(whole > 0, whole, 1.0), np.nan)


def classes(ratios: np.ndarray) -> np.ndarray:
    """Give distinct ratios (last axis) numbers from 0 upwards; NaN has −1."""
    order = np.argsort(ratios, axis=-1, kind="stable")
    ascending = np.take_along_axis(ratios, order, axis=-1)
    new = np.diff(ascending, axis=-1) > _EQUAL
    numbers = np.concatenate(
        [np.zeros((*ratios.shape[:-1], 1), int), np.cumsum(new, axis=-1)], axis=-1
    )[..., : ratios.shape[-1]]
    found = np.empty(ratios.shape, dtype=int)
    np.put_along_axis(found, order, numbers, axis=-1)
    return np.where(np.isnan(ratios), -1, found)


def probits(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn classes into mean ranks, their shares of n, and probits.

    The share of the highest class is 1 − 1/(4n), since 1 has no probit.
    """
    absent = numbers < 0
    n = (~absent).sum(axis=-1, keepdims=True)
    mean_rank = stats.rankdata(np.where(absent, np.inf, numbers), axis=-1)
    highest = numbers == numbers.max(axis=-1, keepdims=True, initial=-1)
    share = np.where(highest, 1 - 1 / (4 * np.maximum(n, 1)), mean_rank / np.maximum(n, 1))
    mean_rank, share = (np.where(absent, np.nan, found) for found in (mean_rank, share))
    return mean_rank, share, 5 + special.ndtri(share)


def grades_of(probit: np.ndarray, grades: int) -> np.ndarray:
    """Grade probits, 1 the lowest; one that stands on a cut has the higher grade; NaN is 0."""
    cuts = np.array(CUTS[grades]) - _EQUAL
    found = 1 + (probit[..., np.newaxis] >= cuts).sum(axis=-1)
    return np.where(np.isnan(probit), 0, found)
