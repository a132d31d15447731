"""What two samples show of a difference: its variance with an overlap, and the power of a test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from csatlib.sampling.arguments import between, correlation, positive
from csatlib.sampling.sizes import quantile

__all__ = [
    "Difference",
    "Pair",
    "answers",
    "means",
    "power_of_means",
    "reached",
    "shares",
    "solved",
]

#: No survey has more answers than this, and beyond it no test is told from certainty.
_MOST = 1e15
#: A true difference of so many critical values is certain to show.
_FAR = 1e4


@dataclass(frozen=True)
class Pair:
    """Two samples: how many in the second to one of the first, and what they have in common."""

    ratio: float = 1.0
    overlap: float = 0.0
    correlation: float = 0.0

    def __post_init__(self) -> None:
        positive(self.ratio, "ratio")
        between(self.overlap, "overlap", 0, min(1.0, self.ratio))
        correlation(self.correlation, "correlation")

    def variance(self, first: float, second: float) -> float:
        """Give n of the first sample times the variance of a difference."""
        shared = 2 * self.overlap * self.correlation * first * second
        found = first**2 + (second**2 - shared) / self.ratio
        # All that is left of a difference of equals is what the last digits were rounded by.
        if found <= 1e-13 * (first**2 + second**2 / self.ratio):
            raise ValueError(
                f"overlap, correlation: expected two samples that can differ by chance, found "
                f"overlap={self.overlap:g} with correlation={self.correlation:g}, by which any "
                f"difference at all would show; give the correlation of two answers of one person, "
                f"which is below 1"
            )
        return found

    def df(self, n: float) -> float:
        """Give the degrees of freedom: between those of two samples and those of pairs."""
        return (1 - self.overlap) * (n + self.ratio * n - 2) + self.overlap * (n - 1)


@dataclass(frozen=True)
class Difference:
    """A difference and its unit variances under no difference and under this one."""

    difference: float
    null: float
    real: float

    def power(self, n: float, z: float, *, strict: bool) -> float:
        """Give the chance to find the difference; strict, also the wrong way round."""
        from scipy.special import ndtr

        null, real = math.sqrt(self.null / n), math.sqrt(self.real / n)
        told = ndtr((self.difference - z * null) / real)
        if strict:
            told += ndtr((-self.difference - z * null) / real)
        return float(told)

    def n(self, z: float, z_power: float) -> float:
        """Give the size of the first sample that has the power."""
        return ((z * math.sqrt(self.null) + z_power * math.sqrt(self.real)) / self.difference) ** 2


def shares(p1: float, p2: float, method: str, pair: Pair) -> Difference:
    """Give the difference of two shares with its variances, as the method takes them."""
    first, second = (math.sqrt(p * (1 - p)) for p in (p1, p2))
    if method == "arcsine":
        effect = abs(2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p2)))
        return Difference(effect, pair.variance(1, 1), pair.variance(1, 1))
    real = pair.variance(first, second)
    mean = (p1 + pair.ratio * p2) / (1 + pair.ratio)
    pooled = math.sqrt(mean * (1 - mean))
    null = real if method == "unpooled" else pair.variance(pooled, pooled)
    return Difference(abs(p1 - p2), null, real)


def means(
    difference: float, sd: float, sd2: float | None, paired: bool, pair: Pair
) -> tuple[Difference, Pair]:
    """Give the difference of two means in standard deviations, and the samples as the test does."""
    wanted, spread = positive(abs(difference), "difference"), positive(sd, "sd")
    for name, value in {"difference": wanted, "sd2": sd2}.items():
        if value is not None and not 1e-12 < positive(value, name) / spread < 1e12:
            raise ValueError(
                f"{name}, sd: expected numbers on one scale, found {name}={value:g} with "
                f"sd={spread:g}; give both in points of the scale"
            )
    # In standard deviations, so that no square leaves the range of numbers.
    wanted, ratio = wanted / spread, 1.0 if sd2 is None else sd2 / spread
    if not paired:
        real = pair.variance(1.0, ratio)
        return Difference(wanted, real, real), pair
    if sd2 is not None or pair != Pair():
        raise ValueError(
            "paired: expected one sd (of the differences), equal sizes and no overlap, found "
            f"sd2={sd2!r}, ratio={pair.ratio:g}, overlap={pair.overlap:g}; drop them"
        )
    return Difference(wanted, 1.0, 1.0), Pair(overlap=1.0, correlation=1.0)


def power_of_means(
    facts: Difference, pair: Pair, method: str, conf: float, alternative: str, strict: bool
) -> Callable[[float], float]:
    """Give the power of the test of two means as a function of the first sample's size."""
    sides = {"two_sided": 2, "one_sided": 1}[alternative]
    both = strict and sides == 2
    if method == "normal":
        z = quantile(conf, alternative)
        return lambda n: facts.power(n, z, strict=both)

    def power(n: float) -> float:
        from scipy.stats import nct, t

        df = pair.df(n)
        if df <= 0:
            raise ValueError(f"n: expected enough answers for a test, found {n:g}; ask more")
        limit = t.isf((1 - conf) / sides, df)
        centre = facts.difference / math.sqrt(facts.real / n)
        # Far out the distribution has no value in floating point, and power is 1 to all digits.
        told = nct.sf(limit, df, centre) if centre < _FAR * (1 + limit) else 1.0
        if both and told < 1:
            told += nct.cdf(-limit, df, centre)
        return float(told)

    return power


def solved(gap: Callable[[float], float], near: float) -> float:
    """Find where a rising function is zero, from a guess."""
    from scipy.optimize import brentq

    low = max(near, 2.5)
    while gap(low) > 0 and low > 2.001:
        low = max(2 + (low - 2) / 2, 2.001)
    high = max(near, low) * 1.1
    while gap(high) < 0:
        high *= 2
    return float(brentq(gap, low, high, xtol=1e-9, rtol=1e-13)) if gap(low) < 0 else low


def answers(value: float, name: str) -> float:
    """Return a number of answers."""
    if positive(value, name) > _MOST:
        raise ValueError(f"{name}: expected at most {_MOST:g} answers, found {value!r}")
    return float(value)


def reached(gap: Callable[[float], float], limit: float, start: float = 0.0) -> float | None:
    """Find the smallest change that shows, or None where not even the limit does."""
    from scipy.optimize import brentq

    high = limit * (1 - 1e-9) if math.isfinite(limit) else start
    while not math.isfinite(limit) and gap(high) < 0:
        high *= 2
    if gap(high) < 0:
        return None
    if gap(high * 1e-9) > 0:
        raise ValueError(
            "overlap, correlation: expected two quarters that can differ by chance, found that any "
            "change at all would show; give the correlation of two answers of one customer, which "
            "is below 1"
        )
    return float(brentq(gap, high * 1e-9, high, xtol=1e-14, rtol=1e-13))
