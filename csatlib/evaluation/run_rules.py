"""Patterns that points about a centre line seldom make by chance, one array operation each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

__all__ = ["DEFAULT_RULES", "RULES", "patterns"]

#: A pattern by point: whether the rule is met by the points up to and including this one, and how
#: many points it takes.
Rule = tuple[int, Callable[[np.ndarray], np.ndarray]]


def _last(values: np.ndarray, length: int) -> np.ndarray:
    """Give, for each point, the ``length`` points that end with it; NaN before the first."""
    padded = np.concatenate([np.full(length - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, length)


def _enough(length: int, needed: int, distance: float) -> Callable[[np.ndarray], np.ndarray]:
    """At least ``needed`` of ``length`` points lie farther than ``distance`` σ above the centre."""
    return lambda z: (_last(z, length) > distance).sum(axis=1) >= needed


def _rising(length: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: (np.diff(_last(z, length), axis=1) > 0).all(axis=1)


def _alternating(z: np.ndarray) -> np.ndarray:
    steps = np.diff(_last(z, 14), axis=1)
    return (steps[:, 1:] * steps[:, :-1] < 0).all(axis=1)


#: The rules of Nelson (1984), of points above the centre; the other side is found by turning the
#: chart round. ``alternating``, ``hugging`` and ``avoiding`` know no side.
SIDED: Mapping[str, Rule] = {
    "beyond": (1, _enough(1, 1, 3.0)),
    "run": (9, _enough(9, 9, 0.0)),
    "trend": (6, _rising(6)),
    "two_of_three": (3, _enough(3, 2, 2.0)),
    "four_of_five": (5, _enough(5, 4, 1.0)),
}
BOTH: Mapping[str, Rule] = {
    "alternating": (14, _alternating),
    "hugging": (15, lambda z: (np.abs(_last(z, 15)) < 1).all(axis=1)),
    "avoiding": (8, lambda z: (np.abs(_last(z, 8)) > 1).all(axis=1)),
}
RULES = (*SIDED, *BOTH)
#: Beyond the limits, a shift, a drift: what quality groups read first.
DEFAULT_RULES = ("beyond", "run", "trend", "two_of_three", "four_of_five")


def patterns(z: np.ndarray, rules: tuple[str, ...]) -> dict[tuple[str, str], np.ndarray]:
    """Say at which points each rule is met, by rule and side.

    ``z`` are distances from the centre in σ, in order of time; a missing point, NaN, breaks every
    pattern. A rule of k out of m points is met only where the last point is one of the k.
    """
    found = {}
    with np.errstate(invalid="ignore"):
        for rule in rules:
            if rule in BOTH:
                found[rule, "both"] = BOTH[rule][1](z)
                continue
            _, met = SIDED[rule]
            distance = {"two_of_three": 2.0, "four_of_five": 1.0}.get(rule, -np.inf)
            found[rule, "above"] = met(z) & (z > distance)
            found[rule, "below"] = met(-z) & (-z > distance)
    return found


def length_of(rule: str) -> int:
    """Give how many points a rule looks at."""
    return (SIDED.get(rule) or BOTH[rule])[0]
