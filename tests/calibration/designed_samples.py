"""Clusters, strata, unequal weights, finite populations, replicate weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from calibration.cells import Cell, Drawn, Tally, covered, in_pieces
from calibration.populations import (
    SCALES,
    Population,
    common_part,
    fixed,
    numbered,
    without_replacement,
    yes,
)
from calibration.simple_samples import interval
from csatlib import estimates

__all__ = ["CELLS", "CLUSTERS", "clusters"]

Design = estimates.Design
CLUSTERS = Design(stratum="replicate", cluster="cluster")
CONTENT, MIXED, SPLIT = SCALES[1], SCALES[2], SCALES[3]


def clusters(population: Population, units: int, size: int, correlation: float) -> Callable:
    """Draw clusters of equal size: opinions that share a part inside a cluster.

    The chance of each answer is the population's own, whatever the ``correlation`` of the opinions;
    so its mean is known.
    """

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        latent = common_part(rng, units * replicates, size, correlation)
        score = population.of_normal(latent)
        df = numbered(replicates, units * size).assign(
            cluster=np.repeat(np.arange(units * replicates), size),
            score=score,
            satisfied=score >= 1 if len(population.answers) == 2 else score >= 4,
        )
        return Drawn(df, population.mean)

    return make


def strata(
    populations: Sequence[Population],
    sizes: Sequence[int],
    shares: Sequence[float],
    *,
    cluster_size: int = 1,
    correlation: float = 0.0,
) -> Callable:
    """Draw a stratified sample, of clusters where asked, that leaves the weights unequal.

    ``sizes`` are the clusters (or respondents) sampled in each stratum, ``shares`` its share of
    all customers.
    """
    truth = float(np.dot([p.mean for p in populations], shares))

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        parts = []
        for stratum, (population, n, share) in enumerate(
            zip(populations, sizes, shares, strict=True)
        ):
            latent = common_part(rng, n * replicates, cluster_size, correlation)
            part = numbered(replicates, n * cluster_size).assign(
                score=population.of_normal(latent),
                cluster=np.repeat(np.arange(n * replicates), cluster_size),
                weight=10_000 * share / (n * cluster_size),
            )
            parts.append(part.assign(stratum=part["replicate"] * len(sizes) + stratum))
        df = pd.concat(parts, ignore_index=True)
        df["satisfied"] = df["score"] >= 1
        return Drawn(df, truth)

    return make


def _clustered_means() -> list[Cell]:
    """Clusters of 10. Opinions inside a branch or a site seldom hang together by more than 0.1.

    Told, not promised: a correlation of 0.3, and skewed scores in 4 clusters.
    """
    cells = [
        Cell(
            "clusters", f"mean, {population.name}, correlation {correlation:g}",
            f"{units} clusters of 10, df {units - 1}", units * 10,
            clusters(population, units, 10, correlation),
            interval(estimates.mean, "score", design=CLUSTERS),
            *((94, 95.8) if correlation <= 0.1 and (population is MIXED or units >= 8) else ()),
        )
        for units in (4, 8, 16, 30)
        for population in (MIXED, CONTENT)
        for correlation in (0.02, 0.05, 0.1, 0.3)
    ]  # fmt: skip
    design = Design(weight="weight", stratum="stratum", cluster="cluster")
    for sizes in ((3, 3), (6, 6), (4, 4, 4, 4), (16, 16)):
        populations = (CONTENT, MIXED, MIXED, CONTENT)[: len(sizes)]
        shares = (0.5, 0.5) if len(sizes) == 2 else (0.25,) * 4
        df = sum(sizes) - len(sizes)
        told = f"{len(sizes)} strata, {sizes[0]} clusters of 10 each, df {df}"
        cells += [
            Cell(
                "clusters", f"mean, correlation {correlation:g}", told, sum(sizes) * 10,
                strata(populations, sizes, shares, cluster_size=10, correlation=correlation),
                interval(estimates.mean, "score", design=design), 94, 95.8,
            )
            for correlation in (0.05, 0.2)
        ]  # fmt: skip
    return cells


def _clustered_shares() -> list[Cell]:
    return [
        Cell(
            "share", f"share, p = {share:g}, correlation {correlation:g}",
            f"{units} clusters of 10, df {units - 1}", units * 10,
            clusters(yes(share), units, 10, correlation),
            interval(estimates.share, "satisfied", design=CLUSTERS), 93,
        )
        for units in (5, 10, 30)
        for share in (0.5, 0.85, 0.95)
        for correlation in ((0.05, 0.2) if units == 10 else (0.1,))
    ]  # fmt: skip


def _weighted() -> list[Cell]:
    """Weights of nonresponse that differ from person to person, coefficient of variation ½."""

    def make(population: Population, n: int) -> Callable:
        def draw(rng: np.random.Generator, replicates: int) -> Drawn:
            score = population.draw(rng, n * replicates)
            spread = np.sqrt(np.log1p(0.25))
            df = numbered(replicates, n).assign(
                score=score, satisfied=score >= 1, weight=np.exp(spread * rng.standard_normal(len(score)))
            )  # fmt: skip
            return Drawn(df, population.mean)

        return draw

    design = Design(weight="weight", stratum="replicate")
    told = "unequal weights, cv 0.5"
    cells = [
        Cell("share", f"share, p = {share:g}", told, n, make(yes(share), n),
             interval(estimates.share, "satisfied", design=design), 93)
        for share in (0.5, 0.85, 0.95)
        for n in (30, 100, 400)
    ]  # fmt: skip
    cells += [
        Cell("strata and weights", "mean, content", told, n, make(CONTENT, n),
             interval(estimates.mean, "score", design=design), 94, 95.8)
        for n in (100, 400)
    ]  # fmt: skip
    return cells


def _stratified() -> list[Cell]:
    design = Design(weight="weight", stratum="stratum")
    told = "3 strata, weights from 1 to 6"
    shares = (0.6, 0.3, 0.1)
    cells = [
        Cell("strata and weights", "mean, three populations", told, 3 * n,
             strata((CONTENT, MIXED, SPLIT), (n, n, n), shares),
             interval(estimates.mean, "score", design=design), 94, 95.8)
        for n in (34, 134)
    ]  # fmt: skip
    for each in ((0.9, 0.8, 0.6), (0.97, 0.95, 0.85)):
        truth = float(np.dot(each, shares))
        cells += [
            Cell("share", f"share, p = {truth:.3g} over the strata", told, 3 * n,
                 strata([yes(p) for p in each], (n, n, n), shares),
                 interval(estimates.share, "satisfied", design=design), 93)
            for n in (34, 134)
        ]  # fmt: skip
    return cells


def _finite() -> list[Cell]:
    """Samples that take a good part of a small population, and all of it."""
    design = Design(stratum="stratum", population="population")

    def make(everyone: Sequence[np.ndarray], sizes: Sequence[int]) -> Callable:
        truth = float(np.concatenate(everyone).mean())

        def draw(rng: np.random.Generator, replicates: int) -> Drawn:
            parts = []
            for stratum, (people, n) in enumerate(zip(everyone, sizes, strict=True)):
                part = numbered(replicates, n).assign(
                    score=without_replacement(rng, people, n, replicates), population=len(people)
                )
                parts.append(part.assign(stratum=part["replicate"] * len(sizes) + stratum))
            df = pd.concat(parts, ignore_index=True)
            df["satisfied"] = df["score"] >= 1
            return Drawn(df, truth)

        return draw

    def census(drawn: Drawn) -> Tally:
        """Everyone was asked: the share is a fact, without error and without an interval."""
        table = estimates.share(drawn.df, "satisfied", by=["replicate"], design=design, min_base=1)
        fact = (table["estimate"] - drawn.truth).abs() < 1e-12
        stated = (table["reason"] == "census") & (table["se"] == 0) & table["ci_low"].isna()
        hits = int((fact & stated).fillna(value=False).sum())
        return Tally(samples=len(table), published=len(table), hits=hits)

    family = "finite populations"
    mean = interval(estimates.mean, "score", design=design)
    share = interval(estimates.share, "satisfied", design=design)
    return [
        Cell(family, "mean, content", "100 of 150", 100,
             make([fixed(CONTENT, 150)], [100]), mean, 94, 95.8),
        Cell(family, "mean, two strata", "40 of 60, 60 of 240", 100,
             make([fixed(CONTENT, 60), fixed(MIXED, 240)], [40, 60]), mean, 94, 95.8),
        Cell(family, "share, p = 0.85", "100 of 200", 100,
             make([fixed(yes(0.85), 200)], [100]), share, 93),
        Cell(family, "share, two strata", "40 of 60, 60 of 240", 100,
             make([fixed(yes(0.95), 60), fixed(yes(0.8), 240)], [40, 60]), share, 93),
        Cell(family, "share, census: a fact", "40 of 40", 40,
             make([fixed(yes(0.85), 40)], [40]), census, 100, 100, replicates=2_000),
    ]  # fmt: skip


def _bootstrap() -> list[Cell]:
    """Replicate weights in place of linearisation."""

    def measure(design: Design) -> Callable[[Drawn], Tally]:
        def estimate(df: pd.DataFrame) -> pd.DataFrame:
            seed = int(df["replicate"].iloc[0])
            drawn = estimates.bootstrap(df, design, n=200, seed=seed)
            replicated = Design(replicates=list(drawn.columns))
            return estimates.mean(
                df.join(drawn), "score", by=["replicate"], design=replicated, min_base=1
            )

        return lambda drawn: covered(in_pieces(drawn.df, 20, estimate), drawn.truth)

    def simple(rng: np.random.Generator, replicates: int) -> Drawn:
        df = numbered(replicates, 100).assign(score=CONTENT.draw(rng, 100 * replicates))
        return Drawn(df, CONTENT.mean)

    return [
        Cell("bootstrap", "mean, content", "simple random sample, 200 replicate weights", 100,
             simple, measure(Design(stratum="replicate")), 94, 95.8),
        Cell("bootstrap", "mean, mixed, correlation 0.1", "20 clusters of 5, 200 replicate weights",
             100, clusters(MIXED, 20, 5, 0.1), measure(CLUSTERS), 94, 95.8),
    ]  # fmt: skip


CELLS: list[Cell] = [
    *_clustered_means(),
    *_clustered_shares(),
    *_weighted(),
    *_stratified(),
    *_finite(),
    *_bootstrap(),
]
