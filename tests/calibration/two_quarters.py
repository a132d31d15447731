"""Two quarters without a change: how often the test finds one. And the parts of a real change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from calibration.cells import Cell, Drawn, Tally, covered, rejected
from calibration.designed_samples import CLUSTERS
from calibration.populations import NPS, SCALES, Population, common_part, numbered, yes
from calibration.simple_samples import DESIGN
from csatlib import estimates

__all__ = ["CELLS"]

#: How much a person's opinions of two quarters have in common.
_LOYALTY = 0.6


def waves(population: Population, n: int, overlap: float) -> Callable:
    """Draw two quarters of n respondents each, of whom a share answers both times."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        again = round(n * overlap)
        people = 2 * n - again
        opinion = rng.standard_normal((replicates, people))
        person = np.arange(replicates * people).reshape(replicates, people)

        def quarter(chosen: slice) -> pd.DataFrame:
            own = rng.standard_normal((replicates, n))
            latent = np.sqrt(_LOYALTY) * opinion[:, chosen] + np.sqrt(1 - _LOYALTY) * own
            score = population.of_normal(latent.ravel())
            return numbered(replicates, n).assign(
                customer=person[:, chosen].ravel(), score=score, satisfied=score >= 1
            )

        previous, current = quarter(slice(0, n)), quarter(slice(people - n, people))
        return Drawn(current, 0.0, previous)

    return make


def size_of_test(
    metric: str, *, design: estimates.Design = DESIGN, identity: str | None = "customer"
) -> Callable[[Drawn], Tally]:
    """Test the change of each replicate on its own."""
    item = "satisfied" if metric == "share" else "score"

    def measure(drawn: Drawn) -> Tally:
        table = estimates.change(
            drawn.df, drawn.previous, item, metric=metric, by=["replicate"], id=identity,
            design=design, adjust="none", min_base=1,
        )  # fmt: skip
        return rejected(table["p"])

    return measure


def _sizes() -> list[Cell]:
    return [
        Cell(
            "size of the test of change", f"{metric}, {population.name}",
            f"{overlap:.0%} answered both quarters", n,
            waves(population, n, overlap), size_of_test(metric), 4.2, 5.8, batch=250,
        )
        for metric, population in (("mean", SCALES[1]), ("share", yes(0.8)), ("nps", NPS[0]))
        for overlap in (0, 0.2, 0.4, 0.6, 0.8)
        for n in (100, 400)
    ]  # fmt: skip


def _same_clusters() -> list[Cell]:
    """The same branches in both quarters, other customers: branches keep their level."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        units, size = 20, 10
        level = np.sqrt(0.15) * np.repeat(rng.standard_normal(units * replicates), size)

        def quarter() -> pd.DataFrame:
            latent = level + np.sqrt(0.85) * common_part(rng, units * replicates, size, 0.05)
            return numbered(replicates, units * size).assign(
                cluster=np.repeat(np.arange(units * replicates), size),
                score=SCALES[2].of_normal(latent),
            )

        previous = quarter()
        return Drawn(quarter(), 0.0, previous)

    return [
        Cell("size of the test of change", "mean, mixed", "the same 20 clusters of 10", 200,
             make, size_of_test("mean", design=CLUSTERS, identity=None), 4.2, 5.8, batch=250)
    ]  # fmt: skip


def _parts() -> list[Cell]:
    """Mix and rate of a change in which branches both grow and improve."""
    before, after = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    scales = (SCALES[1], SCALES[2], SCALES[4])
    better = (SCALES[1], SCALES[1], SCALES[4])
    one, two = (np.array([p.mean for p in group]) for group in (scales, better))
    mix = float((after - before) @ (one + two) / 2)
    rate = float((after + before) / 2 @ (two - one))

    def wave(
        rng: np.random.Generator, replicates: int, shares: np.ndarray, groups: Sequence[Population]
    ) -> pd.DataFrame:
        n = 200
        branch = rng.choice(3, n * replicates, p=shares)
        uniform = rng.random(n * replicates)
        score = np.choose(branch, [group.of_uniform(uniform) for group in groups])
        return numbered(replicates, n).assign(branch=branch, score=score)

    def make(truth: float) -> Callable:
        def draw(rng: np.random.Generator, replicates: int) -> Drawn:
            previous = wave(rng, replicates, before, scales)
            return Drawn(wave(rng, replicates, after, better), truth, previous)

        return draw

    def measure(part: str) -> Callable[[Drawn], Tally]:
        def count(drawn: Drawn) -> Tally:
            tables = []
            quarters = (drawn.df.groupby("replicate"), drawn.previous.groupby("replicate"))
            for (_, current), (_, previous) in zip(*quarters, strict=True):
                table = estimates.decompose(current, previous, "score", by="branch", min_base=1)
                tables.append(table[table["group"].isna() & (table["level"] == part)])
            return covered(pd.concat(tables), drawn.truth)

        return count

    return [
        Cell("decomposition of a change", f"{part}, mean, three branches",
             "two simple random samples", 200, make(truth), measure(part), 94, 95.8,
             replicates=5_000)
        for part, truth in (("mix", mix), ("rate", rate))
    ]  # fmt: skip


CELLS: list[Cell] = [*_sizes(), *_same_clusters(), *_parts()]
