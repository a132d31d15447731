"""How far a calibrated weight may lie from the base weight: the calibration functions.

``factor(u)`` is the ratio of the calibrated to the base weight, ``slope`` its derivative and
``potential`` its integral, each a function of the linear predictor (Deville and Särndal 1992).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Distance", "distance_of"]

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Distance:
    """One calibration function: the integral of the ratio, the ratio and its derivative."""

    potential: Function
    factor: Function
    slope: Function


def distance_of(method: str, low: np.ndarray | float, high: np.ndarray | float) -> Distance:
    """Give the calibration function of a method within bounds on the ratio."""
    return {"linear": _linear, "raking": _raking, "logit": _logit}[method](low, high)


def _linear(low: np.ndarray | float, high: np.ndarray | float) -> Distance:
    def potential(u: np.ndarray) -> np.ndarray:
        inside = np.clip(u, low - 1, high - 1)
        return inside + inside**2 / 2 + (1 + inside) * (u - inside)

    return Distance(
        potential,
        lambda u: np.clip(1 + u, low, high),
        lambda u: ((1 + u > low) & (1 + u < high)).astype(np.float64),
    )


def _raking(low: np.ndarray | float, high: np.ndarray | float) -> Distance:
    with np.errstate(divide="ignore"):
        bottom, top = np.log(low), np.log(high)

    def potential(u: np.ndarray) -> np.ndarray:
        inside = np.clip(u, bottom, top)
        beyond = u - inside
        ratio = np.exp(inside)
        return ratio + np.where(beyond == 0, 0.0, ratio * beyond)

    return Distance(
        potential,
        lambda u: np.exp(np.clip(u, bottom, top)),
        lambda u: np.where((u > bottom) & (u < top), np.exp(np.clip(u, bottom, top)), 0.0),
    )


def _logit(low: np.ndarray | float, high: np.ndarray | float) -> Distance:
    pace = (high - low) / ((high - 1) * (1 - low))
    odds = (1 - low) / (high - 1)

    def between(u: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-np.clip(pace * u, -700, 700)) / odds)

    return Distance(
        lambda u: low * u + (high - low) / pace * np.logaddexp(0, pace * u + np.log(odds)),
        lambda u: low + (high - low) * between(u),
        lambda u: (high - low) * pace * between(u) * (1 - between(u)),
    )
