"""How scores come about: latent normals with known means, cut into scores with known chances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from csatlib.demo.company import unit_shifts
from csatlib.demo.design import LINES, NPS_CUTS, RATING_CUTS, Line

__all__ = ["Person", "asked", "chances", "cuts", "deviate", "draw", "latent_means", "scored"]

#: Correlation of what was expected with what was experienced, in the latent scores.
_EXPECTED = 0.3


@dataclass(frozen=True)
class Person:
    """What the answer model knows of one respondent.

    ``interviewer`` is who asked them by hand, ``late`` whether their ticket was asked about late.
    """

    region: str
    customer_type: str
    tier: str
    unit: str
    problem_level: str = ""
    problem_type: str = ""
    team: str = ""
    interviewer: str = ""
    late: bool = False


def asked(line: Line, quarter: str) -> list[str]:
    """List the dimensions that a quarter asks, in the order of the design."""
    return [item for item, d in line.dimensions.items() if d.since <= quarter]


def latent_means(
    name: str,
    quarter: str,
    people: Sequence[Person],
    *,
    seed: int = 0,
    measures: bool = True,
) -> dict[str, np.ndarray]:
    """Give every person's latent mean of each dimension, of ``overall`` and of ``recommend``.

    The overall latent score is the weighted sum of the dimensions' latent scores plus noise, and
    the recommendation follows the overall one; so a shift of one dimension's mean moves both.
    What people expected lies apart: it moves nothing. Without ``measures`` the means are those
    that would be had no measure been taken.
    """
    line = LINES[name]
    own = _own_shifts(name, people, seed)
    late = np.array([p.late for p in people], dtype=float)
    means: dict[str, np.ndarray] = {}
    overall = np.full(len(people), line.overall)
    for item, dimension in line.dimensions.items():
        mean = own + dimension.intercept + dimension.quarters.get(quarter, 0.0)
        mean = mean + line.late_shifts.get(item, 0.0) * late
        for shock in line.shocks:
            taken = measures or not shock.action_id
            if taken and (shock.quarter, shock.item) == (quarter, item):
                hit = [getattr(p, shock.group_by) == shock.group for p in people]
                mean = mean + shock.shift * np.array(hit, dtype=float)
        means[item] = mean
        overall = overall + dimension.weight * mean
    means["overall"] = overall
    means["recommend"] = line.recommend + line.loading * overall
    return means | {item: means[e.of] + e.gap for item, e in line.expectations.items()}


def _own_shifts(name: str, people: Sequence[Person], seed: int) -> np.ndarray:
    line, units = LINES[name], unit_shifts(name, seed)
    total = np.array([units.get(p.unit, 0.0) for p in people], dtype=float)
    for group_by, shifts in line.effects.items():
        total += np.array([shifts[getattr(p, group_by)] for p in people], dtype=float)
    return total


def noise_variance(line: Line) -> float:
    """Give the variance of the overall latent score that no dimension accounts for."""
    weights = np.array([d.weight for d in line.dimensions.values()])
    explained = (1 - line.common) * float(weights @ weights) + line.common * weights.sum() ** 2
    return float(1 - explained)


def cuts(item: str) -> tuple[float, ...]:
    """Give the thresholds between the scores of an item."""
    return NPS_CUTS if item == "recommend" else RATING_CUTS


def chances(item: str, means: np.ndarray) -> np.ndarray:
    """Give the exact probability of each score, a row a person, lowest score first."""
    bounds = np.concatenate([[-np.inf], cuts(item), [np.inf]])
    return np.diff(norm.cdf(bounds[None, :] - np.asarray(means)[:, None]), axis=1)


def deviate(name: str, size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw ``size`` people's latent deviations from their means.

    All latent scores have variance one; two dimensions share ``line.common`` of it, and what was
    expected correlates with the experience by `_EXPECTED`.
    """
    line = LINES[name]
    shared = rng.standard_normal(size)
    deviations: dict[str, np.ndarray] = {}
    overall = np.sqrt(noise_variance(line)) * rng.standard_normal(size)
    for item, dimension in line.dimensions.items():
        own = rng.standard_normal(size)
        deviations[item] = np.sqrt(line.common) * shared + np.sqrt(1 - line.common) * own
        overall = overall + dimension.weight * deviations[item]
    deviations["overall"] = overall
    left = np.sqrt(1 - line.loading**2)
    deviations["recommend"] = line.loading * overall + left * rng.standard_normal(size)
    for item, expectation in line.expectations.items():
        own = np.sqrt(1 - _EXPECTED**2) * rng.standard_normal(size)
        deviations[item] = _EXPECTED * deviations[expectation.of] + own
    return deviations


def scored(
    means: Mapping[str, np.ndarray], deviations: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Cut latent scores into scores in the unit of their scale."""
    return {
        item: np.searchsorted(cuts(item), means[item] + deviation)
        + (0 if item == "recommend" else 1)
        for item, deviation in deviations.items()
    }


def draw(
    name: str, means: Mapping[str, np.ndarray], rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Draw every person's scores and the latent deviations behind them."""
    deviations = deviate(name, len(means["overall"]), rng)
    return scored(means, deviations), deviations
