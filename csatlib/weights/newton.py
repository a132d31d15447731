"""Newton's method for calibration equations, kept on course by their convex potential."""

from __future__ import annotations

import numpy as np

from csatlib.weights.distances import Distance

__all__ = ["solve"]

#: How much slope a weight at its bound is lent where no weight is free to move.
_LENT = 1e-3


def solve(
    values: np.ndarray,
    weights: np.ndarray,
    totals: np.ndarray,
    distance: Distance,
    *,
    tol: float,
    max_iter: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Find the ratios for which the weighted sums of the columns meet their totals.

    ``values`` has one row a respondent (or cell) and one column a total. The equations are the
    gradient of ``Σ weight · potential(values · λ) − totals · λ``, which is convex, so a Newton
    step that is cut until this falls converges wherever a solution exists. Gives the ratios, each
    column's remaining gap relative to its total, and the number of steps.
    """
    weighed = weights / weights.mean()
    # Columns are brought to one size, so that steps and gaps can be compared.
    size = np.maximum(np.abs(values).T @ weighed, np.finfo(float).tiny)
    scaled, goal = values / size, totals / weights.mean() / size
    allowed = np.maximum(np.abs(goal), 1e-4)
    place = np.zeros(values.shape[1])

    def misfit(at: np.ndarray) -> np.ndarray:
        return scaled.T @ (weighed * distance.factor(scaled @ at)) - goal

    def level(at: np.ndarray) -> float:
        return float(weighed @ distance.potential(scaled @ at) - goal @ at)

    with np.errstate(over="ignore", invalid="ignore"):
        gap, height, step = misfit(place), level(place), 0
        while step < max_iter and np.abs(gap / allowed).max() > tol:
            step += 1
            move = _direction(scaled, weighed * distance.slope(scaled @ place), weighed, gap)
            pace = 1.0
            while pace > 1e-12:
                trial = place + pace * move
                new_gap, new_height = misfit(trial), level(trial)
                falls = new_height <= height + 1e-4 * pace * float(gap @ move)
                if falls or np.abs(new_gap).max() < 0.9 * np.abs(gap).max():
                    break
                pace /= 2
            else:
                break
            place, gap, height = trial, new_gap, new_height
    return distance.factor(scaled @ place), gap / allowed, step


def _direction(
    scaled: np.ndarray, slopes: np.ndarray, weighed: np.ndarray, gap: np.ndarray
) -> np.ndarray:
    def newton(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bend = scaled.T @ (scaled * weights[:, None])
        # Margins that sum to the same number make the matrix singular; least squares is at ease.
        return bend, np.linalg.lstsq(bend, -gap, rcond=1e-13)[0]

    bend, move = newton(slopes)
    if np.abs(bend @ move + gap).max() > 1e-6 * np.abs(gap).max():
        _, move = newton(slopes + _LENT * weighed)
    return move
