"""Models fitted to some rows of the data, and the distribution they foretell for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from csatlib.drivers.linear import fit_linear
from csatlib.drivers.logit import fit_logistic, fit_ordinal
from csatlib.drivers.model import Fitted

__all__ = ["Predictor", "predictor_of", "train"]


@dataclass(frozen=True)
class Predictor:
    """What is kept of a fit to foretell outcomes: slopes, 0 for drivers that were left out.

    ``cuts`` are the thresholds (the intercept's opposite for ``linear`` and ``logistic``), and
    ``levels`` the levels that the fit knew. ``parameters`` are those of the fit, to start others.
    """

    kind: str
    slopes: np.ndarray
    cuts: np.ndarray
    levels: tuple[object, ...]
    parameters: np.ndarray

    def predictor(self, x: np.ndarray) -> np.ndarray:
        """Give the linear predictor of rows without the intercept."""
        return x @ self.slopes

    def mean(self, x: np.ndarray) -> np.ndarray:
        """Give the expected outcome of a linear model."""
        return self.predictor(x) - self.cuts[0]

    def above(self, x: np.ndarray, cutoff: float) -> np.ndarray:
        """Give the probability of ``cutoff`` or more, of 1 for a logistic model."""
        if self.kind == "logistic":
            return special.expit(self.predictor(x) - self.cuts[0])
        below = sum(level < cutoff for level in self.levels)
        if below in (0, len(self.levels)):
            return np.full(len(x), float(below == 0))
        return special.expit(self.predictor(x) - self.cuts[below - 1])

    def cumulative(self, x: np.ndarray, levels: Sequence[object]) -> np.ndarray:
        """Give P(Y ≤ level) of an ordered model for all of ``levels`` but the last."""
        known = special.expit(self.cuts - self.predictor(x)[:, None])
        known = np.hstack([np.zeros((len(x), 1)), known, np.ones((len(x), 1))])
        upto = [sum(own <= level for own in self.levels) for level in levels[:-1]]
        return known[:, upto]


def predictor_of(fitted: Fitted, used: np.ndarray | None = None) -> Predictor:
    """Keep of a fit what foretells; ``used`` says which of the drivers it had."""
    slopes = fitted.coefficients
    if used is not None:
        slopes = np.zeros(len(used))
        slopes[used] = fitted.coefficients
    cuts = fitted.thresholds if fitted.kind == "ordinal" else np.array([-fitted.intercept])
    return Predictor(fitted.kind, slopes, cuts, fitted.levels, fitted.parameters)


def train(
    kind: str,
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    levels: Sequence[object],
    start: np.ndarray | None = None,
) -> Predictor | None:
    """Fit a model to some rows; None where they allow none.

    Drivers that are constant or combinations of others among these rows are left out. ``y`` numbers
    the answers' ``levels`` for ``ordinal``, of which some may have nobody.
    """
    if len(y) < 3 or (y == y[0]).all():
        return None
    used = np.ones(x.shape[1], dtype=bool)
    try:
        return predictor_of(_fit(kind, x, y, weight, levels, start), used)
    except ValueError:
        used = _independent(x)
    if not used.any() or len(y) <= used.sum() + 2:
        return None
    return predictor_of(_fit(kind, x[:, used], y, weight, levels, None), used)


def _fit(
    kind: str,
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    levels: Sequence[object],
    start: np.ndarray | None,
) -> Fitted:
    if kind == "linear":
        return fit_linear(x, y, weight)
    if kind == "logistic":
        return fit_logistic(x, y, weight, start=start)
    held, codes = np.unique(y, return_inverse=True)
    whole = len(held) == len(levels)
    own = [levels[code] for code in held]
    return fit_ordinal(x, codes, weight, levels=own, start=start if whole else None)


def _independent(x: np.ndarray) -> np.ndarray:
    """Mark the columns that vary and are no combination of those before them."""
    constant = (x == x[:1]).all(axis=0)
    centred = x - x.mean(axis=0)
    sd = np.where(constant, 1, np.sqrt((centred**2).mean(axis=0)))
    used = np.zeros(x.shape[1], dtype=bool)
    for j in np.flatnonzero(~constant):
        tried = used.copy()
        tried[j] = True
        own = np.linalg.svd(centred[:, tried] / sd[tried], compute_uv=False)
        used[j] = len(x) > tried.sum() + 1 and own[-1] > 1e-7 * own[0]
    return used
