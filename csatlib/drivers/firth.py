"""Firth's penalised likelihood, finite where maximum likelihood is not.

The log-likelihood gains half the logarithm of the determinant of the expected information
(Jeffreys' prior). For two levels this is Firth's logistic regression; for more, the same penalty
on drivers and thresholds together.

Source: Firth (1993), Bias reduction of maximum likelihood estimates, *Biometrika* 80, 27–38; Heinze
and Schemper (2002), A solution to the problem of separation in logistic regression, *Statistics in
Medicine* 21, 2409–2419, R's ``logistf``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from csatlib.drivers.ordered import Blocks, slopes

__all__ = ["Penalised", "climb_held", "climb_penalised", "profile", "ratio_statistic"]

_CHUNK = 16_384
_STEPS, _HALVINGS = 100, 40
#: Steps on standardised drivers: one that settles it, one good enough where rounding ends the
#: climb, the longest taken at once, and the one that second derivatives are taken over.
_SETTLED, _NEAR, _LONGEST, _NUDGE = 1e-9, 1e-5, 5.0, 1e-6


@dataclass(frozen=True)
class Penalised:
    """The top of the penalised likelihood, with the expected information there."""

    place: np.ndarray
    height: float
    information: np.ndarray
    slope: np.ndarray
    converged: bool


def climb_penalised(blocks: Blocks, start: np.ndarray, *, held: int | None = None) -> Penalised:
    """Climb to the top of the penalised likelihood, one parameter ``held`` where it is.

    Newton's steps, with second derivatives from differences of the slopes; where the likelihood
    bends the wrong way, a step along the expected information. One that leads down is halved. From
    where there is no likelihood at all, nothing leads anywhere.
    """
    width = blocks.x.shape[1]
    free = np.flatnonzero(np.arange(len(start)) != (-1 if held is None else held))
    place = start
    height, gradient, information = _penalised_slopes(blocks, place)
    size = np.inf
    for _ in range(_STEPS if np.isfinite(height) else 0):
        bend = _bend(blocks, place, gradient, free)
        move = np.zeros(len(place))
        move[free] = _step(bend, information[np.ix_(free, free)], gradient[free])
        size = float(np.abs(move).max(initial=0.0))
        if size < _SETTLED:
            return Penalised(place, height, information, gradient, True)
        pace = min(1.0, _LONGEST / size)
        for _ in range(_HALVINGS):
            trial = place + pace * move
            if (np.diff(trial[width:]) > 0).all():
                found = _penalised_slopes(blocks, trial)
                if found[0] >= height - 1e-14 * (1 + abs(height)):
                    break
            pace /= 2
        else:
            break
        place = trial
        height, gradient, information = found
    return Penalised(place, height, information, gradient, size < _NEAR)


def _step(bend: np.ndarray, information: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    try:
        np.linalg.cholesky(bend)
        return np.linalg.solve(bend, gradient)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(information, gradient, rcond=None)[0]


def _bend(blocks: Blocks, place: np.ndarray, gradient: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Give minus the second derivatives along the free parameters."""
    columns = []
    for number in free:
        moved = place.copy()
        moved[number] += _NUDGE
        columns.append(gradient[free] - _penalised_slopes(blocks, moved)[1][free])
    bend = np.array(columns).reshape(len(free), len(free)) / _NUDGE
    return (bend + bend.T) / 2


def profile(blocks: Blocks, top: Penalised, place: int, step: float, drop: float) -> float | None:
    """Find where the profile of one parameter has fallen by ``drop`` from the top.

    ``step`` is where to look first, relative to the top; its sign says on which side. None where
    the profile does not fall so far.
    """
    target = top.height - drop
    inside, outside, found = 0.0, None, top
    for _ in range(80):
        found = climb_held(blocks, top, place, float(top.place[place] + step), near=found)
        if not np.isfinite(found.height):
            return None
        gap = found.height - target
        if abs(gap) < 1e-9 * (1 + drop):
            return float(top.place[place] + step)
        if gap > 0:
            inside = step
        else:
            outside = step
        slope = found.slope[place]
        newton = step - gap / slope if slope * step < 0 else None
        if outside is None:
            # The profile is flat far out: never look more than four times as far at once.
            step = 2 * step if newton is None else float(np.clip(newton / step, 1.05, 4)) * step
        elif newton is None or not min(inside, outside) < newton < max(inside, outside):
            step = (inside + outside) / 2
        else:
            step = newton
        if abs(step) > 1e6:
            return None
    return float(top.place[place] + step)


def climb_held(
    blocks: Blocks, top: Penalised, place: int, value: float, *, near: Penalised | None = None
) -> Penalised:
    """Climb with one parameter held at a value, from ``near`` (or the top) and the top stretched.

    Far out the penalised likelihood may have two summits: along the separating direction, where
    all parameters grow together, and one that a start nearby finds. The higher one counts.
    """
    starts = [(near or top).place]
    stretch = value / top.place[place] if top.place[place] else 0.0
    if stretch > 0:
        starts.append(top.place * stretch)
    found = []
    for one in starts:
        moved = one.copy()
        moved[place] = value
        found.append(climb_penalised(blocks, moved, held=place))
    return max(found, key=lambda end: end.height)


def ratio_statistic(blocks: Blocks, top: Penalised, place: int) -> float:
    """Give the fall of the penalised likelihood, twice, when one parameter is held at 0."""
    found = climb_held(blocks, top, place, 0.0)
    return max(2 * (top.height - found.height), 0.0)


def _penalised_slopes(blocks: Blocks, place: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
        height, gradient, _, _ = slopes(blocks, place)
        curves = [_curves(blocks, rows, place) for rows in _parts(blocks)]
        information = sum(_information(each) for each in curves)
        sign, size = np.linalg.slogdet(information)
        if sign <= 0 or not np.isfinite(size) or not np.isfinite(height):
            return -np.inf, gradient, information
        inverse = np.linalg.inv(information)
        gradient = gradient + sum(_penalty_slope(each, inverse) for each in curves)
    return height + float(size) / 2, gradient, information


def _parts(blocks: Blocks) -> list[slice]:
    return [slice(start, start + _CHUNK) for start in range(0, len(blocks.x), _CHUNK)]


@dataclass(frozen=True)
class _Curves:
    """Rows' cumulative probabilities F, densities f and one over the probability of each level."""

    x: np.ndarray
    weight: np.ndarray
    below: np.ndarray
    dense: np.ndarray
    inverse: np.ndarray


def _curves(blocks: Blocks, rows: slice, place: np.ndarray) -> _Curves:
    x = blocks.x[rows]
    weight = np.ones(len(x)) if blocks.weight is None else blocks.weight[rows]
    cuts = place[x.shape[1] :]
    distance = cuts - (x @ place[: x.shape[1]])[:, None]
    below, above = special.expit(distance), special.expit(-distance)
    middle = below[:, 1:] * above[:, :-1] * -np.expm1(-np.diff(cuts))
    levels = np.hstack([below[:, :1], middle, above[:, -1:]])
    return _Curves(x, weight, below, below * above, 1 / levels)


def _information(c: _Curves) -> np.ndarray:
    """Give the expected information: Σ w Z'MZ, M that of the thresholds less the predictor."""
    own = c.dense**2 * (c.inverse[:, :-1] + c.inverse[:, 1:])
    next_to = -c.dense[:, :-1] * c.dense[:, 1:] * c.inverse[:, 1:-1]
    row = own.copy()
    row[:, :-1] += next_to
    row[:, 1:] += next_to
    weighted = c.x * c.weight[:, None]
    cross = -weighted.T @ row
    cuts = np.diag(c.weight @ own)
    if next_to.shape[1]:
        beside = np.diag(c.weight @ next_to, 1)
        cuts = cuts + beside + beside.T
    return np.block([[weighted.T @ (c.x * row.sum(axis=1)[:, None]), cross], [cross.T, cuts]])


def _penalty_slope(c: _Curves, inverse: np.ndarray) -> np.ndarray:
    """Give the gradient of half the logarithm of the determinant of the expected information."""
    width = c.x.shape[1]
    with_drivers = c.x @ inverse[:width, :width]
    with_cuts = c.x @ inverse[:width, width:]
    plain = np.einsum("ij,ij->i", with_drivers, c.x)[:, None]
    v = inverse[width:, width:]
    own = plain - 2 * with_cuts + np.diag(v)
    pair = plain - with_cuts[:, :-1] - with_cuts[:, 1:] + np.diag(v, 1)
    f, turn = c.dense, c.dense * (1 - 2 * c.below)
    low, high = c.inverse[:, :-1], c.inverse[:, 1:]
    slope = own * (2 * f * turn * (low + high) + f**3 * (high**2 - low**2))
    left, right, between = f[:, :-1], f[:, 1:], c.inverse[:, 1:-1]
    slope[:, 1:] -= own[:, :-1] * left**2 * right * between**2
    slope[:, :-1] += own[:, 1:] * right**2 * left * between**2
    slope[:, :-1] -= 2 * pair * (turn[:, :-1] * right * between + left**2 * right * between**2)
    slope[:, 1:] += 2 * pair * (right**2 * left * between**2 - left * turn[:, 1:] * between)
    slope *= c.weight[:, None] / 2
    return np.concatenate([-(slope.sum(axis=1) @ c.x), slope.sum(axis=0)])
