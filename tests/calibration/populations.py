"""Populations with known parameters, and samples of them with the replicate as a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["NPS", "SCALES", "Population", "clusters", "samples", "strata"]


@dataclass(frozen=True)
class Population:
    """Answers to one item, and the chance of each."""

    name: str
    answers: tuple[int, ...]
    chances: tuple[float, ...]

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw answers of people chosen at random."""
        cuts = np.cumsum(self.chances)[:-1]
        return np.asarray(self.answers, dtype=float)[np.searchsorted(cuts, rng.random(size))]

    def of_latent(self, latent: np.ndarray) -> np.ndarray:
        """Turn uniform numbers into answers."""
        cuts = np.cumsum(self.chances)[:-1]
        return np.asarray(self.answers, dtype=float)[np.searchsorted(cuts, latent)]

    @property
    def mean(self) -> float:
        """The mean of all customers."""
        return float(np.dot(self.answers, self.chances))

    @property
    def nps(self) -> float:
        """The Net Promoter Score of all customers."""
        chances = dict(zip(self.answers, self.chances, strict=True))
        promoters = sum(chance for answer, chance in chances.items() if answer >= 9)
        return 100 * (promoters - sum(c for answer, c in chances.items() if answer <= 6))


def _scale(name: str, *chances: float) -> Population:
    return Population(name, (1, 2, 3, 4, 5), chances)


#: From everybody content to opinions split, as they occur in satisfaction research.
SCALES = (
    _scale("content", 0.02, 0.04, 0.12, 0.40, 0.42),
    _scale("mixed", 0.08, 0.12, 0.25, 0.35, 0.20),
    _scale("split", 0.30, 0.10, 0.10, 0.15, 0.35),
    _scale("even", 0.20, 0.20, 0.20, 0.20, 0.20),
    _scale("discontent", 0.25, 0.30, 0.25, 0.15, 0.05),
)
NPS = (
    Population("promoters lead", tuple(range(11)), (0.02, 0.01, 0.01, 0.02, 0.02, 0.05, 0.06, 0.12, 0.20, 0.24, 0.25)),
    Population("balanced", tuple(range(11)), (0.05, 0.02, 0.03, 0.04, 0.05, 0.10, 0.12, 0.15, 0.14, 0.14, 0.16)),
    Population("detractors lead", tuple(range(11)), (0.10, 0.05, 0.07, 0.08, 0.09, 0.15, 0.12, 0.13, 0.10, 0.06, 0.05)),
)  # fmt: skip


def samples(population: Population, n: int, replicates: int, seed: int) -> pd.DataFrame:
    """Draw simple random samples: columns ``replicate`` and ``score``."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "replicate": np.repeat(np.arange(replicates), n),
            "score": population.draw(rng, n * replicates),
        }
    )


def clusters(
    population: Population, units: int, size: int, correlation: float, replicates: int, seed: int
) -> pd.DataFrame:
    """Draw clusters of equal size: latent normals that share a part inside a cluster.

    The chance of each answer is the population's own, whatever the ``correlation`` of the latent
    scores inside a cluster; so its mean is known.
    """
    from scipy.special import ndtr

    rng = np.random.default_rng(seed)
    shared = np.repeat(rng.standard_normal(units * replicates), size)
    own = rng.standard_normal(len(shared))
    latent = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    return pd.DataFrame(
        {
            "replicate": np.repeat(np.arange(replicates), units * size),
            "cluster": np.repeat(np.arange(units * replicates), size),
            "score": population.of_latent(ndtr(latent)),
        }
    )


def strata(
    populations: tuple[Population, ...],
    sizes: tuple[int, ...],
    totals: tuple[float, ...],
    replicates: int,
    seed: int,
) -> tuple[pd.DataFrame, float]:
    """Draw a stratified sample with its weights; also give the mean of all customers."""
    rng = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {
                "replicate": np.repeat(np.arange(replicates), n),
                "stratum": np.repeat(np.arange(replicates) * len(sizes) + h, n),
                "score": population.draw(rng, n * replicates),
                "weight": total / n,
            }
        )
        for h, (population, n, total) in enumerate(zip(populations, sizes, totals, strict=True))
    ]
    truth = np.dot([p.mean for p in populations], totals) / sum(totals)
    return pd.concat(parts, ignore_index=True), float(truth)
