"""Models fitted to some rows of the data, and the distribution they foretell for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from csatlib.drivers.columns import standardised
from csatlib.drivers.linear import fit_linear
from csatlib.drivers.logit import fit_logistic, fit_ordinal
from csatlib.drivers.model import Fitted
from csatlib.drivers.ordered import Blocks, climb, first_guess, make_blocks, slopes

__all__ = ["Predictor", "predictor_of", "train"]

#: Smallest over largest eigenvalue of correlations from which normal equations keep their digits.
_TOLD_APART = 1e-6
#: Newton's method where slopes are held back: steps, and a step that is none.
_STEPS, _SETTLED = 40, 1e-7


@dataclass(frozen=True)
class Predictor:
    """What is kept of a fit to foretell outcomes: slopes, 0 for drivers that were left out.

    ``cuts`` are the thresholds (the intercept's opposite for ``linear`` and ``logistic``), and
    ``levels`` the levels that the fit knew.
    """

    kind: str
    slopes: np.ndarray
    cuts: np.ndarray
    levels: tuple[object, ...]

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
    return Predictor(fitted.kind, slopes, cuts, fitted.levels)


def train(
    kind: str,
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    levels: Sequence[object],
    start: Predictor | None = None,
) -> Predictor | None:
    """Fit a model to some rows; None where they allow none.

    Drivers that are constant or combinations of others among these rows are left out. ``y`` numbers
    the answers' ``levels`` for ``ordinal``, of which some may have nobody. ``start`` is a fit to
    much the same rows. The slopes are those of the room's fitters, without what folds do not need.
    """
    if len(y) < 3 or (y == y[0]).all():
        return None
    own, codes = _own_levels(kind, y, levels)
    if len(y) > x.shape[1] + len(own) and (found := _quick(kind, x, codes, weight, own, start)):
        return found
    used = _independent(x)
    if not used.any() or len(y) <= used.sum() + max(len(own), 2):
        return None
    if kind == "linear":
        return predictor_of(fit_linear(x[:, used], y, weight), used)
    if kind == "logistic":
        return predictor_of(fit_logistic(x[:, used], y, weight), used)
    return predictor_of(fit_ordinal(x[:, used], codes, weight, levels=own), used)


def _own_levels(
    kind: str, y: np.ndarray, levels: Sequence[object]
) -> tuple[tuple[object, ...], np.ndarray]:
    """Give the levels that occur, and the answers numbered among them."""
    if kind == "linear":
        return (), y
    held = np.flatnonzero(np.bincount(y, minlength=len(levels)))
    if len(held) == len(levels):
        return tuple(levels), y
    return tuple(levels[code] for code in held), np.searchsorted(held, y)


def _quick(
    kind: str,
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    levels: tuple[object, ...],
    start: Predictor | None,
) -> Predictor | None:
    """Fit where drivers can well be told apart, else give None."""
    scaled, mean, deviation = standardised(x, weight)
    share = np.full(len(y), 1 / len(y)) if weight is None else weight / weight.sum()
    gram = scaled.T @ (scaled * share[:, None])
    values = np.linalg.eigvalsh(gram)
    if not values[0] > _TOLD_APART * values[-1]:
        return None
    if kind == "linear":
        middle = share @ y
        raw = np.linalg.solve(gram, scaled.T @ (share * (y - middle))) / deviation
        return Predictor(kind, raw, np.array([mean @ raw - middle]), levels)
    blocks = make_blocks(scaled, y, weight, len(levels))
    at = first_guess(blocks)
    if start is not None and start.levels == levels:
        at = np.append(start.slopes * deviation, start.cuts - mean @ start.slopes)
    found = climb(blocks, at)
    place = found.place if found.converged else _held_back(blocks, first_guess(blocks))
    raw = place[: len(mean)] / deviation
    return Predictor(kind, raw, place[len(mean) :] + mean @ raw, levels)


def _held_back(blocks: Blocks, start: np.ndarray) -> np.ndarray:
    """Climb where drivers separate the answers: slopes are held back by half their square.

    A fold has no need of Firth's penalty, whose climb is long; standardised slopes of a normal
    prior around 0 foretell as well.
    """
    width = blocks.x.shape[1]
    hold = np.append(np.ones(width), np.full(len(start) - width, 1e-6))

    def at(place: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        height, gradient, information, _ = slopes(blocks, place)
        loss = hold @ (place - start) ** 2 / 2
        return height - loss, gradient - hold * (place - start), information + np.diag(hold)

    place, (height, gradient, information) = start, at(start)
    for _ in range(_STEPS):
        move = np.linalg.solve(information, gradient)
        for _ in range(_STEPS):
            trial = place + move
            if (np.diff(trial[width:]) > 0).all() and (found := at(trial))[0] >= height:
                break
            move = move / 2
        else:
            return place
        place, (height, gradient, information) = trial, found
        if np.abs(move).max() < _SETTLED:
            break
    return place


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
