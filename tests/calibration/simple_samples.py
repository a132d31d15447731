"""Simple random samples: means, Net Promoter Scores, shares, and what else is read from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.cells import Cell, Drawn, Tally, covered
from calibration.populations import DELIGHTED, NPS, SCALES, Population, numbered
from csatlib import estimates

__all__ = ["CELLS", "DESIGN", "interval", "scores", "share_short", "yes_or_no"]

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
        table = function(drawn.df, item, by=["replicate"], design=design, min_base=1, **options)
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


def _domains(n: int) -> list[Cell]:
    """Groups whose size is left to chance, inside a simple random sample."""
    content = SCALES[1]

    def make(truth: float, weight: float) -> Callable:
        def draw(rng: np.random.Generator, replicates: int) -> Drawn:
            size = n * replicates
            score = content.draw(rng, size)
            df = numbered(replicates, n).assign(
                score=score,
                satisfied=score >= 4,
                unit=np.where(rng.random(size) < 0.4, "A", "B"),
                weight=weight,
            )
            df["lost"] = np.where(df["unit"] == "A", 5 - score, 0.0)
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
    weight = 1000 / n
    count, lost = 1000 * 0.4 * satisfied, 1000 * 0.4 * (5 - content.mean)
    whole = estimates.Design(weight="weight", stratum="replicate")
    family, domain = "domain, total, ratio", "domain of 40 % inside a simple random sample"
    # The points lost by a few are the most skewed total there is: told, from 400 on promised.
    promised = (94, 95.8) if n >= 400 else (None, None)
    return [
        Cell(family, "mean, content", domain, n,
             make(content.mean, weight), inside(estimates.mean, "score"), 94, 95.8),
        Cell(family, "share, p = 0.82", domain, n,
             make(satisfied, weight), inside(estimates.share, "satisfied"), 93),
        Cell(family, "total, satisfied customers of a domain", domain, n,
             make(count, weight), inside(estimates.total, "satisfied"), 94, 95.8),
        Cell(family, "total, points lost in a domain", domain, n,
             make(lost, weight), inside(estimates.total, "lost"), *promised),
        Cell(family, "total, points lost, most customers 0", SIMPLE, n,
             make(lost, weight), interval(estimates.total, "lost", design=whole), *promised),
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
    """Variances of scores; quantiles of a quantity that is continuous, and of the same rounded."""
    mixed = SCALES[2]

    def minutes(share: float, n: int, *, whole: bool) -> Callable:
        """Waiting times, a skewed quantity, to the second or in whole minutes."""
        truth = 10 * -np.log(1 - share)

        def make(rng: np.random.Generator, replicates: int) -> Drawn:
            waited = rng.exponential(10, n * replicates)
            df = numbered(replicates, n).assign(minutes=np.ceil(waited) if whole else waited)
            return Drawn(df, float(np.ceil(truth)) if whole else truth)

        return make

    family = "variance and quantiles"
    found = [
        Cell(family, f"variance, {population.name}", SIMPLE, n,
             scores(population, n, population.variance), interval(estimates.variance, "score"))
        for population in (mixed, DELIGHTED)
        for n in (100, 400)
    ]  # fmt: skip
    found += [
        Cell(family, f"quantile {share:g} of {'whole ' if whole else ''}minutes waited", SIMPLE, n,
             minutes(share, n, whole=whole), interval(estimates.quantile, "minutes", q=share), 93)
        for whole in (False, True)
        for share in (0.25, 0.5, 0.9)
        for n in (100, 400)
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
            short = share_short(expected, given, 0.5)
            return Drawn(df, given.mean - expected.mean if item == "gap" else short)

        return draw

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


def share_short(expected: Population, given: Population, correlation: float) -> float:
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
    *_domains(100),
    *_domains(400),
    _ratio(100),
    _ratio(400),
    *_spread(),
    *_gap(),
]
