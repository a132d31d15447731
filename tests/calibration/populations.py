"""Populations with known parameters, and samples of them with the replicate as a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

__all__ = [
    "DELIGHTED",
    "NPS",
    "SCALES",
    "Population",
    "common_part",
    "fixed",
    "numbered",
    "without_replacement",
    "yes",
]


@dataclass(frozen=True)
class Population:
    """Answers to one item, and the chance of each."""

    name: str
    answers: tuple[int, ...]
    chances: tuple[float, ...]

    def draw(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw answers of people chosen at random."""
        return self.of_uniform(rng.random(size))

    def of_uniform(self, uniform: np.ndarray) -> np.ndarray:
        """Turn uniform numbers into answers, small numbers into low ones."""
        cuts = np.cumsum(self.chances)[:-1]
        return np.asarray(self.answers, dtype=float)[np.searchsorted(cuts, uniform)]

    def of_normal(self, latent: np.ndarray) -> np.ndarray:
        """Turn standard normal opinions into answers: each keeps its chance."""
        return self.of_uniform(ndtr(latent))

    @property
    def mean(self) -> float:
        """The mean of all customers."""
        return float(np.dot(self.answers, self.chances))

    @property
    def variance(self) -> float:
        """The variance among all customers."""
        return float(np.dot((np.asarray(self.answers) - self.mean) ** 2, self.chances))

    @property
    def nps(self) -> float:
        """The Net Promoter Score of all customers."""
        chances = dict(zip(self.answers, self.chances, strict=True))
        promoters = sum(chance for answer, chance in chances.items() if answer >= 9)
        return 100 * (promoters - sum(c for answer, c in chances.items() if answer <= 6))

    def quantile(self, share: float) -> float:
        """The smallest answer that at least this share of the customers do not exceed."""
        return float(self.answers[int(np.searchsorted(np.cumsum(self.chances), share - 1e-12))])


def _scale(name: str, *chances: float) -> Population:
    return Population(name, (1, 2, 3, 4, 5), chances)


def yes(share: float) -> Population:
    """A question that this share of the customers answers with yes."""
    return Population(f"p = {share:g}", (0, 1), (1 - share, share))


#: Six of ten give the highest mark: the most skewed scores of satisfaction research.
DELIGHTED = _scale("delighted", 0.03, 0.04, 0.08, 0.25, 0.60)
#: From everybody content to opinions split, as they occur in satisfaction research.
SCALES = (
    DELIGHTED,
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


def numbered(replicates: int, n: int) -> pd.DataFrame:
    """Lay out samples of n rows: the column ``replicate``."""
    return pd.DataFrame({"replicate": np.repeat(np.arange(replicates), n)})


def common_part(rng: np.random.Generator, groups: int, size: int, correlation: float) -> np.ndarray:
    """Draw standard normal opinions that share a part inside a group of ``size``."""
    shared = np.repeat(rng.standard_normal(groups), size)
    own = rng.standard_normal(groups * size)
    return np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own


def fixed(population: Population, size: int) -> np.ndarray:
    """List the answers of a finite population, as near to the chances as whole people allow."""
    return population.of_uniform((np.arange(size) + 0.5) / size)


def without_replacement(
    rng: np.random.Generator, everyone: np.ndarray, n: int, replicates: int
) -> np.ndarray:
    """Draw n of a finite population for each replicate, each person at most once."""
    order = rng.random((replicates, len(everyone))).argpartition(n - 1, axis=1)[:, :n]
    return everyone[order].ravel()
