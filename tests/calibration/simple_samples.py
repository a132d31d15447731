"""Simple random samples: means, Net Promoter Scores, shares, and what else is read from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from calibration.cells import Cell, Drawn, Tally, covered
from calibration.populations import DELIGHTED, NPS, SCALES, Population, numbered, yes
from csatlib import estimates

__all__ = ["CELLS", "DESIGN", "interval", "scores", "yes_or_no"]

#: Each replicate is a sample of its own: a stratum of its own, and a domain of its own.
DESIGN = estimates.Design(stratum="replicate")
SIZES = (30, 100, 400)
SIMPLE = "simple random sample"


def scores(population: Population, n: int, truth: float) -> Callable:
    """Draw simple random samples: column ``score``."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        df = numbered(replicates, n).assign(score=population.draw(rng, n * replicates))
        return Drawn(df, truth)

    return make


def yes_or_no(share: float, n: int) -> Callable:
    """Draw simple random samples of a yes-or-no question: column ``satisfied``."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        df = numbered(replicates, n).assign(satisfied=rng.random(n * replicates) < share)
        return Drawn(df, share)

    return make


def interval(
    function: Callable, item: str, *, design: estimates.Design = DESIGN, **options: object
) -> Callable[[Drawn], Tally]:
    """Call an estimator with the replicate as a domain and count the intervals with the truth."""

    def measure(drawn: Drawn) -> Tally:
        table = function(
            drawn.df, item, by=["replicate"], design=design, min_base=1, **options
        )
        return covered(table, drawn.truth)

    return measure


def _means() -> list[Cell]:
    return [
        Cell(
            "mean and NPS", f"{metric}, {population.name}", SIMPLE, n,
            scores(population, n, getattr(population, metric)),
            interval(getattr(estimates, metric), "score"),
            92.5 if n < 100 else 94, 95.8,
        )
        for metric, populations in (("mean", SCALES), ("nps", NPS))
        for population in populations
        for n in SIZES
    ]  # fmt: skip


def _shares() -> list[Cell]:
    return [
        Cell(
            "share", f"share, p = {share:g}", SIMPLE, n,
            yes_or_no(share, n), interval(estimates.share, "satisfied"), 93,
        )
        for share in (0.5, 0.7, 0.85, 0.9, 0.95, 0.99)
        for n in SIZES
    ]  # fmt: skip


def _other_intervals() -> list[Cell]:
    """Intervals that users may choose: told as they are, they promise nothing."""
    return [
        Cell(
            "share by other intervals", f"{method}, p = {share:g}", SIMPLE, n,
            yes_or_no(share, n), interval(estimates.share, "satisfied", method=method),
        )
        for method in ("wilson", "logit", "arcsine")
        for share in (0.85, 0.95)
        for n in (30, 100)
    ]  # fmt: skip


def _distribution() -> list[Cell]:
    levels = list(DELIGHTED.answers)

    def measure(drawn: Drawn) -> Tally:
        table = estimates.distribution(
            drawn.df, "score", levels=levels, by=["replicate"], design=DESIGN, min_base=1
        )
        return covered(table[table["level"] == "2"], drawn.truth)

    make = scores(DELIGHTED, 100, DELIGHTED.chances[1])
    return [Cell("share", "distribution, answer 2 of “delighted”", SIMPLE, 100, make, measure, 93)]


def _domains() -> list[Cell]:
    """Groups whose size is left to chance, inside a simple random sample."""
    content = SCALES[1]

    def make(truth: float) -> Callable:
        def draw(rng: np.random.Generator, replicates: int) -> Drawn:
            size = 100 * replicates
            score = content.draw(rng, size)
            df = numbered(replicates, 100).assign(
                score=score,
                satisfied=score >= 4,
                unit=np.where(rng.random(size) < 0.4, "A", "B"),
                weight=10.0,
            )
            df["complaints"] = np.where(df["unit"] == "A", 5 - score, 0.0)
            return Drawn(df, truth)

        return draw

    def inside(function: Callable, item: str) -> Callable[[Drawn], Tally]:
        def measure(drawn: Drawn) -> Tally:
            table = function(
                drawn.df, item, by=["replicate"], where=drawn.df["unit"] == "A", min_base=1,
                design=estimates.Design(weight="weight", stratum="replicate"),
            )  # fmt: skip
            return covered(table, drawn.truth)

        return measure

    satisfied = content.chances[3] + content.chances[4]
    whole = estimates.Design(weight="weight", stratum="replicate")
    total = 1000 * 0.4 * (5 - content.mean)
    domain = "domain of 40 % inside a simple random sample"
    return [
        Cell("domain, total, ratio", "mean, content", domain, 100,
             make(content.mean), inside(estimates.mean, "score"), 94, 95.8),
        Cell("domain, total, ratio", "share, p = 0.82", domain, 100,
             make(satisfied), inside(estimates.share, "satisfied"), 93),
        Cell("domain, total, ratio", "total of a domain", domain, 100,
             make(total), inside(estimates.total, "complaints"), 94, 95.8),
        Cell("domain, total, ratio", "total, 0 outside the domain", SIMPLE, 100,
             make(total), interval(estimates.total, "complaints", design=whole), 94, 95.8),
    ]  # fmt: skip


def _ratio(n: int) -> Cell:
    """Complaints per ticket: one ticket in five brings a complaint."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        tickets = 1 + rng.poisson(2, n * replicates)
        df = numbered(replicates, n).assign(
            tickets=tickets.astype(float), complaints=rng.binomial(tickets, 0.2).astype(float)
        )
        return Drawn(df, 0.2)

    def measure(drawn: Drawn) -> Tally:
        table = estimates.ratio(
            drawn.df, "complaints", "tickets", by=["replicate"], design=DESIGN, min_base=1
        )
        return covered(table, drawn.truth)

    return Cell("domain, total, ratio", "ratio, complaints per ticket", SIMPLE, n,
                make, measure, 94, 95.8)  # fmt: skip


def _spread() -> list[Cell]:
    """Variances of scores, quantiles of a quantity that is nearly continuous."""
    mixed = SCALES[2]

    def minutes(share: float) -> Callable:
        """Waiting times in whole minutes, a skewed quantity: the truth is its own quantile."""
        truth = float(np.ceil(10 * -np.log(1 - share)))

        def make(rng: np.random.Generator, replicates: int) -> Drawn:
            waited = np.ceil(rng.exponential(10, 100 * replicates))
            return Drawn(numbered(replicates, 100).assign(minutes=waited), truth)

        return make

    found = [
        Cell("variance and quantiles", f"variance, {population.name}", SIMPLE, n,
             scores(population, n, population.variance), interval(estimates.variance, "score"))
        for population in (mixed, DELIGHTED)
        for n in (100, 400)
    ]  # fmt: skip
    found += [
        Cell("variance and quantiles", f"quantile {share:g} of minutes waited", SIMPLE, 100,
             minutes(share), interval(estimates.quantile, "minutes", q=share), 93)
        for share in (0.25, 0.5, 0.9)
    ]  # fmt: skip
    return found


def _gap() -> list[Cell]:
    """Expectation and experience of the same customers."""
    expected, given = SCALES[1], SCALES[2]

    def make(item: str) -> Callable:
        def draw(rng: np.random.Generator, replicates: int) -> Drawn:
            one = rng.standard_normal(100 * replicates)
            two = 0.5 * one + np.sqrt(0.75) * rng.standard_normal(len(one))
            df = numbered(replicates, 100).assign(
                expected=expected.of_normal(one), given=given.of_normal(two)
            )
            return Drawn(df, given.mean - expected.mean if item == "gap" else _short())

        return draw

    def _short() -> float:
        # The share below is worked out from the same model, over a grid of the shared opinion.
        return _share_short(expected, given, 0.5)

    def measure(metric: str) -> Callable[[Drawn], Tally]:
        def count(drawn: Drawn) -> Tally:
            table = estimates.gap(
                drawn.df, {"expected": "given"}, by=["replicate"], design=DESIGN, min_base=1
            )
            return covered(table[table["metric"] == metric], drawn.truth)

        return count

    return [
        Cell("gap", "gap, experience less expectation", SIMPLE, 100,
             make("gap"), measure("gap"), 94, 95.8),
        Cell("gap", "share whose experience falls short", SIMPLE, 100,
             make("share_short"), measure("share_short"), 93),
    ]  # fmt: skip


def _share_short(expected: Population, given: Population, correlation: float) -> float:
    """Give the chance that the answer given lies below the one expected, both of one model."""
    from scipy.special import ndtr, ndtri

    middle = (np.arange(200_000) + 0.5) / 200_000
    first = ndtri(middle)
    below = np.concatenate([[0.0], np.cumsum(given.chances)])
    wanted = expected.of_uniform(middle).astype(int) - given.answers[0]
    limit = ndtri(below)[wanted]
    return float(ndtr((limit - correlation * first) / np.sqrt(1 - correlation**2)).mean())


CELLS: list[Cell] = [
    *_means(),
    *_shares(),
    *_distribution(),
    *_other_intervals(),
    *_domains(),
    _ratio(100),
    _ratio(400),
    *_spread(),
    *_gap(),
]
