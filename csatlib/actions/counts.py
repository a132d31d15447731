"""Rates from counts, and how two of them compare: exact for events, score-based for shares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from csatlib.estimates.proportions import proportion_interval

__all__ = ["Figure", "rate", "rate_ratio", "share", "sum_of_shares"]


@dataclass(frozen=True)
class Figure:
    """An estimate with its interval and test, or the reason why one of them is missing."""

    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    reason: str | None = None

    def columns(self) -> dict[str, float | str | None]:
        """Give the columns of a table's row."""
        return dict(vars(self))


def share(events: int, base: int, conf: float) -> Figure:
    """Give a share with Wilson's interval."""
    row = proportion_interval(events, base, conf=conf).iloc[0]
    if base == 0:
        return Figure(reason="empty")
    return Figure(float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"]))


def rate(events: int, base: int, per: float, conf: float) -> Figure:
    """Give events per so many units with the exact Poisson interval (Garwood 1936)."""
    if base == 0:
        return Figure(reason="empty")
    tail = (1 - conf) / 2
    low = special.gammaincinv(events, tail) if events else 0.0
    high = special.gammainccinv(events + 1, tail)
    return Figure(per * events / base, per * float(low) / base, per * float(high) / base)


def rate_ratio(after: int, after_base: int, before: int, before_base: int, conf: float) -> Figure:
    """Compare two Poisson rates given the sum of their events, which is then binomial."""
    if not after_base or not before_base:
        return Figure(reason="empty")
    if not after + before:
        return Figure(reason="no_events")
    limits = proportion_interval(after, after + before, method="exact", conf=conf).iloc[0]
    scale = before_base / after_base
    expected = after_base / (after_base + before_base)
    p = float(stats.binomtest(after, after + before, expected).pvalue)
    low, high = float(limits["ci_low"]), float(limits["ci_high"])
    lowest = scale * low / (1 - low)
    if not before:
        return Figure(ci_low=lowest, p=p, reason="none_before")
    return Figure(scale * after / before, lowest, scale * high / (1 - high), p)


def sum_of_shares(
    signs: tuple[int, ...], counts: tuple[tuple[int, int], ...], conf: float
) -> Figure:
    """Add and subtract independent shares, each with its own Wilson interval behind it.

    The limits are Newcombe's (1998, method 10), for more than two shares Zou and Donner's (2008):
    the distances of the shares from their limits are added in squares.
    """
    if any(base == 0 for _, base in counts):
        return Figure(reason="empty")
    parts = [share(events, base, conf) for events, base in counts]
    estimate = sum(s * part.estimate for s, part in zip(signs, parts, strict=True))
    below = above = 0.0
    for sign, part in zip(signs, parts, strict=True):
        down, up = part.estimate - part.ci_low, part.ci_high - part.estimate
        below += (down if sign > 0 else up) ** 2
        above += (up if sign > 0 else down) ** 2
    p = _two_shares(counts) if len(counts) == 2 else None
    return Figure(estimate, estimate - math.sqrt(below), estimate + math.sqrt(above), p)


def _two_shares(counts: tuple[tuple[int, int], ...]) -> float | None:
    """Test two shares by Pearson's chi-square without continuity correction."""
    events, bases = (np.array(column, dtype=float) for column in zip(*counts, strict=True))
    pooled = events.sum() / bases.sum()
    variance = pooled * (1 - pooled) * (1 / bases).sum()
    if variance == 0:
        return None
    z = (events[0] / bases[0] - events[1] / bases[1]) / math.sqrt(variance)
    return float(2 * special.ndtr(-abs(z)))
