"""How much of the overall score each dimension's score truly accounts for, in closed form.

What an analyst sees are scores from 1 to 5 and not the latent ones that the weights of the design
speak of: cutting weakens every association, and groups that judge everything better or worse add
to it. The importances here are those of the observed scores in the whole population. A score is
1 + Σ 1(X > c) over the cuts c of a latent normal X, so that two scores of one person have

    cov = Σ_c Σ_d ∫_0^ρ φ₂(c − μ_x, d − μ_y; r) dr

(Plackett 1954, *Biometrika* 41, 351–360), and over people the covariance is the mean of these plus
the covariance of the people's expected scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from csatlib.demo.answers import asked, chances, cuts, latent_means
from csatlib.demo.contact import late_chances
from csatlib.demo.design import LINES, Line
from csatlib.demo.expected import Expected, scores_of

__all__ = ["importances", "latent_correlations", "score_covariances", "shapley"]

#: Nodes of the integral over the correlation: exact to the last digits below 0.9.
_NODES = 20


def importances(name: str, quarter: str, told: Expected, seed: int) -> dict[str, Any]:
    """Tell the true importances of a line's quarter, their order and the quadrants.

    Everybody's answers are taken, not led on by an interviewer; only dimensions that the quarter
    asks are drivers. Answers are missing by chance alone, so complete cases have the same truth.
    """
    items = ["overall", *asked(LINES[name], quarter)]
    covariance = score_covariances(name, quarter, told, items, seed)
    shares = dict(zip(items[1:], shapley(covariance), strict=True))
    means = {
        item: float(np.mean(scores_of(item, chance)))
        for item, chance in told.odds.items()
        if item in shares
    }
    return {
        "r2": sum(shares.values()),
        "lmg": shares,
        "order": sorted(shares, key=lambda item: -shares[item]),
        "quadrants": _quadrants(shares, means),
    }


def latent_correlations(line: Line, items: Sequence[str]) -> np.ndarray:
    """Give the correlations of one person's latent scores, ``overall`` among them."""
    weights = np.array([d.weight for d in line.dimensions.values()])
    between = np.full((len(weights),) * 2, line.common)
    np.fill_diagonal(between, 1.0)
    with_overall = between @ weights
    whole = np.block([[np.ones((1, 1)), with_overall[None]], [with_overall[:, None], between]])
    places = [["overall", *line.dimensions].index(item) for item in items]
    return whole[np.ix_(places, places)]


def score_covariances(
    name: str, quarter: str, told: Expected, items: Sequence[str], seed: int
) -> np.ndarray:
    """Give the covariances of the population's scores of ``items``."""
    means, weight = _profiles(name, quarter, told, items, seed)
    correlation = latent_correlations(LINES[name], items)
    odds = [chances(item, means[:, place]) for place, item in enumerate(items)]
    expected = np.column_stack([scores_of(i, odd) for i, odd in zip(items, odds, strict=True)])
    centred = expected - weight @ expected
    covariance = (centred * weight[:, None]).T @ centred
    for a, item in enumerate(items):
        points = np.arange(1, odds[a].shape[1] + 1)
        within = odds[a] @ points**2 - expected[:, a] ** 2
        covariance[a, a] += weight @ within
        for b in range(a):
            both = _covariance(
                np.asarray(cuts(item)) - means[:, [a]],
                np.asarray(cuts(items[b])) - means[:, [b]],
                correlation[a, b],
            )
            covariance[a, b] += weight @ both
            covariance[b, a] = covariance[a, b]
    return covariance


def shapley(covariance: np.ndarray) -> list[float]:
    """Share R² of the first variable's regression on the others among these (LMG).

    Each gets the mean of what it adds to R² over all orders of entry.
    """
    count = len(covariance) - 1
    explained = {
        chosen: _r2(covariance, chosen)
        for size in range(count + 1)
        for chosen in combinations(range(1, count + 1), size)
    }
    shares = []
    for driver in range(1, count + 1):
        share = 0.0
        for chosen, r2 in explained.items():
            if driver not in chosen:
                joined = tuple(sorted((*chosen, driver)))
                share += (explained[joined] - r2) / (count * comb(count - 1, len(chosen)))
        shares.append(float(share))
    return shares


def _r2(covariance: np.ndarray, chosen: tuple[int, ...]) -> float:
    if not chosen:
        return 0.0
    with_outcome = covariance[0, chosen]
    slopes = np.linalg.solve(covariance[np.ix_(chosen, chosen)], with_outcome)
    return float(with_outcome @ slopes / covariance[0, 0])


def _profiles(
    name: str, quarter: str, told: Expected, items: Sequence[str], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """List the different latent means that people have, and the share of people with each."""
    late = late_chances(LINES[name], told.persons)
    slow = [replace(person, late=True) for person in told.persons]
    rows = []
    for people in (told.persons, slow):
        means = latent_means(name, quarter, people, seed=seed)
        rows.append(np.column_stack([means[item] for item in items]))
    weight = np.concatenate([1 - late, late]) / len(told.persons)
    profiles, place = np.unique(np.concatenate(rows).round(12), axis=0, return_inverse=True)
    return profiles, np.bincount(place.ravel(), weights=weight)


def _covariance(first: np.ndarray, second: np.ndarray, correlation: float) -> np.ndarray:
    """Integrate the bivariate normal density over the correlation; rows are people, see the top."""
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    x, y = first[:, :, None], second[:, None, :]
    total = np.zeros(len(first))
    for node, share in zip((nodes + 1) / 2 * correlation, shares / 2 * correlation, strict=True):
        left = 1 - node**2
        density = np.exp(-(x**2 - 2 * node * x * y + y**2) / (2 * left)) / np.sqrt(left)
        total += share * density.sum(axis=(1, 2)) / (2 * np.pi)
    return total


def _quadrants(shares: Mapping[str, float], means: Mapping[str, float]) -> dict[str, str]:
    """Sort the drivers by the mean importance and the mean of their mean scores."""
    important, strong = (np.mean(list(values.values())) for values in (shares, means))
    names = {
        (True, False): "improve",
        (True, True): "maintain",
        (False, False): "minor",
        (False, True): "surplus",
    }
    return {
        item: names[bool(shares[item] >= important), bool(means[item] >= strong)] for item in shares
    }
