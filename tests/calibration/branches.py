"""Twenty branches without a difference, and customer units with one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from calibration.cells import Cell, Drawn, Tally, covered, rejected
from calibration.populations import DELIGHTED, SCALES, Population, common_part, numbered, yes
from csatlib import estimates

__all__ = ["CELLS", "any_found", "branches"]

_BRANCHES = 20


def branches(
    population: Population, *, size: int = 1, correlation: float = 0.0, unequal: bool = False
) -> Callable:
    """Draw 20 branches of 30 answers each, all from one population; clusters lie inside branches.

    ``unequal`` weights have a coefficient of variation of ½.
    """

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        n = _BRANCHES * 30
        latent = common_part(rng, n // size * replicates, size, correlation)
        score = population.of_normal(latent)
        noise = np.sqrt(np.log1p(0.25)) * rng.standard_normal(n * replicates)
        df = numbered(replicates, n).assign(
            branch=np.tile(np.repeat(np.arange(_BRANCHES), 30), replicates),
            cluster=np.repeat(np.arange(n // size * replicates), size),
            weight=np.exp(noise) if unequal else 1.0,
            score=score,
            satisfied=score >= 1,
        )
        return Drawn(df)

    return make


def any_found(item: str = "score", **options: object) -> Callable[[Drawn], Tally]:
    """Ask of each sample whether any branch is found to differ from the rest."""

    def measure(drawn: Drawn) -> Tally:
        least = []
        for number, (_, df) in enumerate(drawn.df.groupby("replicate")):
            settings = {"seed": number, **options}
            table = estimates.compare(df, item, by=["branch"], against="rest", **settings)
            least.append(table["p_adjusted"].min())
        return rejected(least)

    return measure


def _family_wise() -> list[Cell]:
    family, told = "20 branches against the rest", "by permutation, 30 answers each"
    cells = [
        Cell(family, f"mean, {population.name}", told, 600, branches(population),
             any_found(n_permutations=999), None, 5.9, replicates=2_000)
        for population in (DELIGHTED, SCALES[1], SCALES[3])
    ]  # fmt: skip
    cells.append(
        Cell(family, "share, p = 0.9", told, 600, branches(yes(0.9)),
             any_found("satisfied", metric="share", n_permutations=999), None, 5.9,
             replicates=2_000)
    )  # fmt: skip
    design = estimates.Design(weight="weight", stratum="branch", cluster="cluster")
    weighted = estimates.Design(weight="weight", stratum="branch")
    cells += [
        Cell(family, "mean, content", "unequal weights, clusters of 3, estimated covariance", 600,
             branches(SCALES[1], size=3, correlation=0.1, unequal=True),
             any_found(design=design), None, 5.9, replicates=2_000),
        Cell(family, "mean, mixed", "clusters of 5, estimated covariance", 600,
             branches(SCALES[2], size=5, correlation=0.1),
             any_found(design=design), None, 5.9, replicates=2_000),
        Cell(family, "mean, delighted", "unequal weights, estimated covariance", 600,
             branches(DELIGHTED, unequal=True), any_found(design=weighted), None, 5.9,
             replicates=2_000),
    ]  # fmt: skip
    return cells


def _units() -> list[Cell]:
    """A hundred units of 60 customers each, 30 of whom answered; true rates differ."""
    units, population, n = 100, 60, 30

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        rate = rng.beta(17, 3, replicates)
        satisfied = rng.binomial(population, rate)
        found = rng.hypergeometric(satisfied, population - satisfied, n)
        df = numbered(replicates, n).assign(
            satisfied=(np.arange(n) < found[:, None]).ravel(), customers=population
        )
        return Drawn(df, {"rate": rate, "quarter": satisfied / population})

    def measure(truth: str, low: str, high: str) -> Callable[[Drawn], Tally]:
        def count(drawn: Drawn) -> Tally:
            tables = [
                estimates.units(
                    df, "satisfied", unit="replicate", target=0.85, population="customers"
                )
                for _, df in drawn.df.groupby(drawn.df["replicate"] // units)
            ]
            table = pd.concat(tables)
            return covered(table, drawn.truth[truth], low=low, high=high)

        return count

    told = "100 units at a time, 30 of 60 customers"
    return [
        Cell("customer units", "the quarter's rate, finite population", told, n,
             make, measure("quarter", "ci_low", "ci_high"), 93),
        Cell("customer units", "the rate it works at, own answers", told, n,
             make, measure("rate", "super_low", "super_high"), 93),
        Cell("customer units", "the rate it works at, shrunken", told, n,
             make, measure("rate", "shrunken_low", "shrunken_high"), 94, 96),
    ]  # fmt: skip


CELLS: list[Cell] = [*_family_wise(), *_units()]
