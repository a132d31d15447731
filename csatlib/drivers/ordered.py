"""Ordered and binary logistic models by Newton's method, with exact first and second derivatives.

An answer of level k has probability F(ζ_k − η) − F(ζ_{k−1} − η), F the logistic function, ζ the
thresholds and η = x'b. For this F the logarithm falls apart:

    log P = η + log(e^−ζ_{k−1} − e^−ζ_k) + log F(ζ_k − η) + log F(ζ_{k−1} − η),

so that its slope along η is F_k + F_{k−1} − 1 and its curvature −(f_k + f_{k−1}), f = F(1 − F):
one exponential a row gives all, and no difference of two probabilities near 1 is ever taken. With
two levels it is the binary logistic model, its intercept the threshold's opposite.

Source: McCullagh (1980), Regression models for ordinal data, *Journal of the Royal Statistical
Society* B 42, 109–142; thresholds as in R's ``MASS::polr`` and ``ordinal::clm``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["Blocks", "Climb", "climb", "first_guess", "make_blocks", "slopes"]

#: Multiplications in a product of matrices up to which it is not worth a second thread: rows are
#: taken so many at a time, which also keeps what is made of them in the processor's memory.
_PRODUCT = 262_144
#: A first fit to this many rows gives the starting values of a fit to many more.
_FEW = 20_000
_STEPS, _HALVINGS = 60, 40
#: A step this small, on standardised drivers, squares to nothing in the next.
_SETTLED = 1e-8
#: Beyond this the logistic function has no digits left to give.
_STEEPEST = 350.0
#: A step that long which gains so little leads to infinity.
_LONG, _GAINLESS = 0.1, 1e-12


@dataclass(frozen=True)
class Blocks:
    """Rows sorted by level: scaled drivers and weights, and where each level's rows begin."""

    x: np.ndarray
    weight: np.ndarray | None
    starts: np.ndarray
    order: np.ndarray

    @property
    def last(self) -> int:
        """The number of thresholds."""
        return len(self.starts) - 2

    def masses(self) -> np.ndarray:
        """Give the weight of each level."""
        if self.weight is None:
            return np.diff(self.starts).astype(float)
        return np.add.reduceat(self.weight, self.starts[:-1])

    def chunks(self, level: int) -> Iterator[slice]:
        """Give the rows of a level, some at a time."""
        first, end = int(self.starts[level]), int(self.starts[level + 1])
        width = self.x.shape[1]
        step = max(_PRODUCT // (width * (width + 3)), 256)
        for start in range(first, end, step):
            yield slice(start, min(start + step, end))


@dataclass(frozen=True)
class Climb:
    """Where the climb ended: parameters (drivers, thresholds), and the slopes there."""

    place: np.ndarray
    height: float
    information: np.ndarray
    converged: bool
    furthest: float


def make_blocks(x: np.ndarray, y: np.ndarray, weight: np.ndarray | None, levels: int) -> Blocks:
    """Sort the rows by their level."""
    # Small whole numbers sort by counting, in one pass.
    order = np.argsort(y.astype(np.uint8 if levels <= 256 else np.intp), kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(y, minlength=levels))])
    return Blocks(x[order], None if weight is None else weight[order], starts, order)


def slopes(blocks: Blocks, place: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, float]:
    """Give the log-likelihood, its gradient, minus its second derivatives, the largest |ζ − η|."""
    width, last = blocks.x.shape[1], blocks.last
    beta, cuts = place[:width], place[width:]
    height = furthest = 0.0
    gradient = np.zeros(width + last)
    information = np.zeros((width + last, width + last))
    for level in range(last + 1):
        for rows in blocks.chunks(level):
            part = _slopes_of(blocks, rows, level, beta, cuts)
            height += part.height
            furthest = max(furthest, part.furthest)
            gradient[:width] += part.gradient
            information[:width, :width] += part.curvature
            for cut, push, bend, cross in part.cuts:
                gradient[width + cut] += push
                information[width + cut, width + cut] += bend
                information[:width, width + cut] -= cross
    information[width:, :width] = information[:width, width:].T
    if last > 1:
        # What is the same for all rows of a level: the logarithm of the gap of its thresholds.
        mass, apart = blocks.masses()[1:-1], np.diff(cuts)
        height += float(mass @ (np.log(-np.expm1(-apart)) - cuts[:-1]))
        gap = 1 / np.expm1(apart)
        turn = np.eye(last)[1:] - np.eye(last)[:-1]
        gradient[width:] += (mass * gap) @ turn
        information[width:, width:] += turn.T @ ((mass * gap * (gap + 1))[:, None] * turn)
    return height, gradient, information, furthest


@dataclass(frozen=True)
class _Part:
    """What some rows of one level bring; of each of their thresholds what pulls and bends it."""

    height: float
    furthest: float
    gradient: np.ndarray
    curvature: np.ndarray
    cuts: list[tuple[int, float, float, np.ndarray]]


def _slopes_of(
    blocks: Blocks, rows: slice, level: int, beta: np.ndarray, cuts: np.ndarray
) -> _Part:
    x = blocks.x[rows]
    weight = None if blocks.weight is None else blocks.weight[rows]
    # A second column makes it a product of matrices, which stays on one thread.
    eta = (x @ np.column_stack([beta, beta]))[:, 0].copy()
    lowest, highest = float(eta.min()), float(eta.max())
    odds = np.exp(np.clip(eta, -_STEEPEST, _STEEPEST, out=eta))
    pull, curve, product, told, furthest = 0.0, 0.0, 1.0, [], 0.0
    for cut, upper in ((level, True), (level - 1, False)):
        if not 0 <= cut < len(cuts):
            continue
        furthest = max(furthest, abs(lowest - cuts[cut]), abs(highest - cuts[cut]))
        ratio = odds * np.exp(-np.clip(cuts[cut], -_STEEPEST, _STEEPEST))
        below = 1 / (1 + ratio)
        above = ratio * below
        dense = below * above
        # A row pulls its upper threshold up by 1 − F, and its lower one down by F.
        push = above if upper else below
        if weight is not None:
            dense, push = dense * weight, push * weight
        pull = pull - push if upper else pull + push
        curve = curve + dense
        # At the highest level log P is log(1 − F); at the others it is made of log F.
        product = product * (above if level == len(cuts) else below)
        told.append((cut, push.sum() if upper else -push.sum(), dense))
    logs = np.log(product)
    if 0 < level < len(cuts):
        logs += eta
    height = float(logs.sum() if weight is None else weight @ logs)
    # One product of matrices for all that is multiplied by the drivers.
    width = x.shape[1]
    laid = np.empty((len(x), width + 1 + len(told)))
    np.multiply(x, curve[:, None], out=laid[:, :width])
    laid[:, width] = pull
    for place, (_, _, dense) in enumerate(told):
        laid[:, width + 1 + place] = dense
    product = x.T @ laid
    cuts_told = [
        (cut, push, dense.sum(), product[:, width + 1 + place])
        for place, (cut, push, dense) in enumerate(told)
    ]
    return _Part(height, furthest, product[:, width], product[:, :width], cuts_told)


def climb(blocks: Blocks, start: np.ndarray) -> Climb:
    """Climb to the top of the likelihood, halving a step that leads down."""
    width = blocks.x.shape[1]
    place = start
    with np.errstate(over="ignore", divide="ignore", invalid="ignore", under="ignore"):
        height, gradient, information, furthest = slopes(blocks, place)
        for _ in range(_STEPS):
            try:
                move = np.linalg.solve(information, gradient)
            except np.linalg.LinAlgError:
                break
            size = float(np.abs(move).max())
            if not np.isfinite(size) or (size > _LONG and gradient @ move < _GAINLESS):
                break
            if size < _SETTLED:
                # The last step is too small to change the slopes.
                return Climb(place + move, height, information, True, furthest)
            pace = min(1.0, _STEEPEST / 10 / size)
            for _ in range(_HALVINGS):
                trial = place + pace * move
                if (np.diff(trial[width:]) > 0).all():
                    found = slopes(blocks, trial)
                    if found[0] >= height - 1e-12 * abs(height):
                        break
                pace /= 2
            else:
                break
            place = trial
            height, gradient, information, furthest = found
            if furthest > _STEEPEST:
                break
    return Climb(place, height, information, False, furthest)


def first_guess(blocks: Blocks) -> np.ndarray:
    """Give the thresholds of a model without drivers, improved on a part of many rows."""
    share = np.cumsum(blocks.masses())[:-1]
    share = share / blocks.masses().sum()
    flat = np.concatenate([np.zeros(blocks.x.shape[1]), np.log(share / (1 - share))])
    rows = len(blocks.x)
    if rows < 5 * _FEW:
        return flat
    step = rows // _FEW
    few = [np.arange(a, b, step) for a, b in zip(blocks.starts, blocks.starts[1:], strict=False)]
    kept = np.concatenate(few)
    part = Blocks(
        blocks.x[kept],
        None if blocks.weight is None else blocks.weight[kept],
        np.concatenate([[0], np.cumsum([len(one) for one in few])]),
        kept,
    )
    found = climb(part, flat)
    return found.place if found.converged else flat
