"""Weights raked or post-stratified to known margins, from equal and from unequal base weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.cells import Cell, Drawn, Tally, covered, in_pieces
from calibration.populations import SCALES, Population, numbered
from csatlib import estimates, weights

__all__ = ["CELLS"]

#: The variance is worked out for this many samples at a time: the margins of one replicate are
#: columns beside those of all others, and the cost grows with their square.
_PIECE = 10
_CUSTOMERS = 10_000


@dataclass(frozen=True)
class Customers:
    """A population of regions, tiers and channels whose opinions differ between all of them.

    ``chances`` holds the share of each combination; each shifts the opinion on the normal scale by
    the sum of its three ``shifts`` and an interaction of region and tier.
    """

    chances: np.ndarray
    answers: Population

    def levels(self, cell: np.ndarray) -> list[np.ndarray]:
        """Give the region, tier and channel of combinations."""
        return list(np.unravel_index(cell, self.chances.shape))

    def shift(self, region: np.ndarray, tier: np.ndarray, channel: np.ndarray) -> np.ndarray:
        """Give how far the opinion of a combination lies from the middle."""
        by_region, by_tier = np.array([0.4, 0.0, -0.3]), np.array([-0.5, 0.1, 0.6])
        return by_region[region] + by_tier[tier] + 0.3 * channel - 0.2 * (region == tier)

    def mean_of(self, shift: np.ndarray) -> np.ndarray:
        """Give the mean score where opinions are normal around a shift."""
        from scipy.special import ndtr, ndtri

        cuts = ndtri(np.cumsum(self.answers.chances)[:-1])
        above = 1 - ndtr(cuts - np.asarray(shift)[..., None])
        return self.answers.answers[0] + above.sum(axis=-1)

    @property
    def mean(self) -> float:
        """The mean score of all customers."""
        cell = np.arange(self.chances.size)
        return float(self.mean_of(self.shift(*self.levels(cell))) @ self.chances.ravel())

    @property
    def satisfied(self) -> float:
        """The share of customers who score 4 or 5."""
        high = Population(
            "", (0, 1), (sum(self.answers.chances[:3]), sum(self.answers.chances[3:]))
        )
        return Customers(self.chances, high).mean


_CHANCES = np.einsum("i,j,k->ijk", [0.5, 0.3, 0.2], [0.45, 0.35, 0.2], [0.6, 0.4])
# Regions and tiers hang together, as they do among customers.
_CHANCES[0, 0] *= 1.3
_CHANCES[2, 2] *= 1.6
PEOPLE = Customers(_CHANCES / _CHANCES.sum(), SCALES[1])


def sample(n: int, *, unequal: bool, truth: float) -> Callable:
    """Draw respondents: equal chances, or as many of each tier (base weights 1 to 2.5)."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        chances = PEOPLE.chances
        by_tier = chances.sum(axis=(0, 2))
        if unequal:
            per_tier = [n // 3 + (tier < n % 3) for tier in range(3)]
            tier = np.tile(np.repeat(np.arange(3), per_tier), replicates)
            drawn = np.zeros(n * replicates, dtype=int)
            for level in range(3):
                here = tier == level
                inside = (chances[:, level] / by_tier[level]).ravel()
                pair = rng.choice(inside.size, here.sum(), p=inside)
                region, channel = np.unravel_index(pair, (3, 2))
                drawn[here] = np.ravel_multi_index((region, level, channel), chances.shape)
            base = _CUSTOMERS * by_tier[tier] / np.asarray(per_tier)[tier]
        else:
            drawn = rng.choice(chances.size, n * replicates, p=chances.ravel())
            base = np.full(n * replicates, _CUSTOMERS / n)
        region, tier, channel = PEOPLE.levels(drawn)
        latent = PEOPLE.shift(region, tier, channel) + rng.standard_normal(n * replicates)
        score = PEOPLE.answers.of_normal(latent)
        df = numbered(replicates, n).assign(
            region=region, tier=tier, channel=channel, base=base, score=score, satisfied=score >= 4
        )
        df["stratum"] = df["replicate"] * 3 + (df["tier"] if unequal else 0)
        return Drawn(df, truth)

    return make


def totals(columns: tuple[str, ...], replicates: np.ndarray) -> pd.Series:
    """Count the customers of each level, for each replicate."""
    axes = {"region": 0, "tier": 1, "channel": 2}
    rest = tuple(axis for name, axis in axes.items() if name not in columns)
    counts = _CUSTOMERS * PEOPLE.chances.sum(axis=rest)
    levels = [replicates, *(range(size) for size in counts.shape)]
    index = pd.MultiIndex.from_product(levels)
    return pd.Series(np.tile(counts.ravel(), len(replicates)), index=index)


def weighed(
    margins: list[tuple[str, ...]],
    *,
    unequal: bool,
    metric: str = "mean",
    leverage: bool = False,
) -> Callable[[Drawn], Tally]:
    """Rake all replicates at once, then estimate with the variance of residuals."""
    names = [("replicate", *columns) for columns in margins]
    design = estimates.Design(
        weight="weight",
        stratum="stratum",
        margins=names,
        base="base" if unequal else None,
        leverage=leverage,
    )
    function, item = (
        (estimates.mean, "score") if metric == "mean" else (estimates.share, "satisfied")
    )

    def measure(drawn: Drawn) -> Tally:
        replicates = drawn.df["replicate"].unique()
        targets = {
            name: totals(columns, replicates) for name, columns in zip(names, margins, strict=True)
        }
        base = "base" if unequal else None
        if len(margins) == 1:
            weight = weights.poststratify(drawn.df, targets, base=base)
        else:
            weight = weights.rake(drawn.df, targets, base=base)
        table = in_pieces(
            drawn.df.assign(weight=weight),
            _PIECE,
            lambda df: function(df, item, by=["replicate"], design=design, min_base=1),
        )
        return covered(table, drawn.truth)

    return measure


def _cells() -> list[Cell]:
    region, tier, channel = ("region",), ("tier",), ("channel",)
    ways = (
        ("raked to 2 margins", [region, tier], (100, 200, 400)),
        ("raked to 3 margins", [region, tier, channel], (100, 200, 400)),
        ("post-stratified by tier", [tier], (100, 400)),
        ("post-stratified by region × channel", [("region", "channel")], (400,)),
    )
    cells = [
        Cell(
            "calibrated weights", "mean",
            f"{told}, {'unequal' if unequal else 'equal'} base weights"
            f"{', leverage' if leverage else ''}", n,
            sample(n, unequal=unequal, truth=PEOPLE.mean),
            weighed(margins, unequal=unequal, leverage=leverage),
            # Plain residuals of a hundred raked answers are R's, and are known to be short.
            *((None, None) if (n, leverage) == (100, False) and len(margins) > 1 else (94, 96)),
            batch=500,
        )
        for told, margins, sizes in ways
        for unequal in (False, True)
        for n in sizes
        for leverage in ((False, True) if len(margins) > 1 else (False,))
    ]  # fmt: skip
    cells += [
        Cell(
            "calibrated weights", f"share, p = {PEOPLE.satisfied:.2f}",
            f"raked to 2 margins, {'unequal' if unequal else 'equal'} base weights", 200,
            sample(200, unequal=unequal, truth=PEOPLE.satisfied),
            weighed([region, tier], unequal=unequal, metric="share"), 93, batch=500,
        )
        for unequal in (False, True)
    ]  # fmt: skip
    return cells


CELLS: list[Cell] = _cells()
