"""How long customers wait and are still satisfied: a limit from the satisfied share over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Limit", "limit_of", "weighted_quantile"]


@dataclass(frozen=True)
class Limit:
    """A time limit with its interval, and why one of them is not there."""

    time: float
    low: float
    high: float
    reason: str | None


def limit_of(
    minutes: np.ndarray,
    satisfied: np.ndarray,
    weights: np.ndarray,
    *,
    goal: float,
    least: int,
    method: str,
    conf: float,
    n_boot: int,
    rng: np.random.Generator,
) -> Limit:
    """Find the time up to which the goal is met, with a percentile interval over customers.

    The times are sorted once; a draw of the bootstrap only counts how often each row is drawn.
    """
    order = np.argsort(minutes, kind="stable")
    minutes, satisfied, weights = minutes[order], satisfied[order], weights[order]
    n = len(minutes)

    def one(counts: np.ndarray) -> float:
        if method == "quantile":
            return _quantile(minutes, satisfied, weights * counts, goal)
        return _isotonic(minutes, satisfied, weights * counts, counts, goal, least)

    time = one(np.ones(n))
    if np.isneginf(time):
        return Limit(np.nan, np.nan, np.nan, "never")
    if np.isposinf(time):
        return Limit(np.nan, np.nan, np.nan, "always")
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_boot)
    times = np.array([one(counts) for counts in drawn])
    low, high = np.quantile(times, [(1 - conf) / 2, (1 + conf) / 2], method="inverted_cdf")
    ends = [end if np.isfinite(end) else np.nan for end in (low, high)]
    reason = "open_interval" if np.isnan(ends).any() else None
    return Limit(float(time), float(ends[0]), float(ends[1]), reason)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, q: float) -> float:
    """Give the smallest value that at least the share ``q`` of the weight does not exceed."""
    held = weights > 0
    if not held.any():
        return float("nan")
    values, weights = values[held], weights[held]
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, q - 1e-12)])


def _isotonic(
    minutes: np.ndarray,
    satisfied: np.ndarray,
    weights: np.ndarray,
    counts: np.ndarray,
    goal: float,
    least: int,
) -> float:
    """Give the longest time whose share by isotonic regression is the goal; −inf, inf: none.

    The first steps of such a fit rest on few customers and are too high, so at least ``least`` of
    them have to lie within the time.
    """
    from scipy.optimize import isotonic_regression

    held = weights > 0
    times, place = np.unique(minutes[held], return_inverse=True)
    whole = np.bincount(place, weights[held])
    share = np.bincount(place, weights[held] * satisfied[held]) / whole
    fitted = isotonic_regression(share, weights=whole, increasing=False).x
    enough = fitted >= goal - 1e-12
    if enough[-1]:
        return np.inf
    if not enough[0] or counts[held][minutes[held] <= times[enough][-1]].sum() < least:
        return -np.inf
    return float(times[enough][-1])


def _quantile(
    minutes: np.ndarray, satisfied: np.ndarray, weights: np.ndarray, goal: float
) -> float:
    """Give the time within which the share ``goal`` of the satisfied were served."""
    time = weighted_quantile(minutes, weights * satisfied, goal)
    return -np.inf if np.isnan(time) else time
