"""Rotations of loadings to simple structure: varimax, promax, oblimin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.scales.factors import signed

__all__ = ["ROTATIONS", "Rotated", "rotate"]

ROTATIONS = ("oblimin", "promax", "varimax", "none")

#: Random starts of oblimin beside the plain one: its criterion has several minima.
STARTS = 10
POWER = 4
_ROUNDS = 2000


@dataclass(frozen=True)
class Rotated:
    """Loadings after rotation and the correlations of the factors."""

    loadings: np.ndarray
    correlations: np.ndarray
    converged: bool


def rotate(loadings: np.ndarray, rotation: str, *, seed: int) -> Rotated:
    """Rotate loadings; the factor that explains most first, no column with a negative sum.

    ``varimax`` and ``promax`` (power 4) are those of R's ``stats``, rows brought to length 1
    before (Kaiser's normalisation); ``oblimin`` is the quartimin criterion without it, as
    ``GPArotation`` and ``psych::fa`` have it, the best of one plain and ten random starts.
    """
    factors = loadings.shape[1]
    if factors == 1 or rotation == "none":
        found = Rotated(loadings, np.eye(factors), True)
    elif rotation == "varimax":
        found = _varimax(loadings)
    elif rotation == "promax":
        found = _promax(loadings)
    else:
        found = _oblimin(loadings, seed)
    return _ordered(found)


def _ordered(found: Rotated) -> Rotated:
    """Sort the factors by what they explain and turn them to point the usual way."""
    explained = np.diag(found.correlations @ found.loadings.T @ found.loadings)
    order = np.argsort(-explained, kind="stable")
    loadings = found.loadings[:, order]
    turned = signed(loadings)
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    correlations = found.correlations[np.ix_(order, order)] * np.outer(signs, signs)
    return Rotated(turned, correlations, found.converged)


def _varimax(loadings: np.ndarray) -> Rotated:
    lengths = np.sqrt((loadings**2).sum(axis=1)).clip(1e-12)
    rows = loadings / lengths[:, None]
    turn = np.eye(rows.shape[1])
    before = 0.0
    for round_ in range(_ROUNDS):
        turned = rows @ turn
        slope = rows.T @ (turned**3 - turned * (turned**2).mean(axis=0))
        left, values, right = np.linalg.svd(slope)
        turn = left @ right
        if round_ and values.sum() - before <= 1e-15 * values.sum():
            return Rotated(loadings @ turn, np.eye(len(turn)), True)
        before = values.sum()
    return Rotated(loadings @ turn, np.eye(len(turn)), False)


def _promax(loadings: np.ndarray) -> Rotated:
    """Let varimax's factors correlate so that small loadings shrink (Hendrickson & White 1964)."""
    start = _varimax(loadings)
    target = start.loadings * np.abs(start.loadings) ** (POWER - 1)
    turn = np.linalg.lstsq(start.loadings, target, rcond=None)[0]
    spread = np.diag(np.linalg.inv(turn.T @ turn))
    turn = turn * np.sqrt(spread)
    inverse = np.linalg.inv(turn)
    return Rotated(start.loadings @ turn, inverse @ inverse.T, start.converged)


def _oblimin(loadings: np.ndarray, seed: int) -> Rotated:
    factors = loadings.shape[1]
    random = np.random.default_rng(seed)
    best: tuple[float, Rotated] | None = None
    for start in range(STARTS + 1):
        turn = np.eye(factors)
        if start:
            turn = np.linalg.qr(random.standard_normal((factors, factors)))[0]
        value, found = _quartimin(loadings, turn)
        # A start must be clearly better to take the place of an earlier one: the plain start
        # is the one that other software shows.
        if best is None or value < best[0] - 1e-7 or (found.converged and not best[1].converged):
            best = (value, found)
    return best[1]


def _quartimin(loadings: np.ndarray, turn: np.ndarray) -> tuple[float, Rotated]:
    """Gradient projection for oblique rotation (Jennrich 2002; Bernaards & Jennrich 2005)."""
    others = 1 - np.eye(turn.shape[1])
    step = 1.0

    def value(turned: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        inverse = np.linalg.inv(turned)
        rows = loadings @ inverse.T
        products = rows**2 @ others
        return 0.25 * float(np.sum(rows**2 * products)), rows, inverse

    now, rows, inverse = value(turn)
    for _ in range(_ROUNDS):
        slope = -(rows.T @ (rows * (rows**2 @ others)) @ inverse).T
        projected = slope - turn * (turn * slope).sum(axis=0)
        size = np.linalg.norm(projected)
        if size < 1e-9:
            break
        step *= 2
        for _ in range(40):
            tried = turn - step * projected
            tried = tried / np.sqrt((tried**2).sum(axis=0))
            if np.linalg.cond(tried) < 1e8:
                after = value(tried)
                if after[0] < now - 0.5 * size**2 * step:
                    break
            step /= 2
        else:
            break
        turn, (now, rows, inverse) = tried, after
    return now, Rotated(rows, turn.T @ turn, bool(size < 1e-5))
