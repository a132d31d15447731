"""Logistic and ordered logistic models: by maximum likelihood, or Firth's where it runs away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from csatlib.drivers.columns import refuse_dependent
from csatlib.drivers.firth import climb_penalised
from csatlib.drivers.model import Fitted
from csatlib.drivers.ordered import Blocks, climb, first_guess, make_blocks, slopes
from csatlib.drivers.separation import separating_direction

__all__ = ["fit_logistic", "fit_ordinal", "penalised_blocks"]

#: A linear predictor further than this from a threshold may be on its way to infinity.
_FAR = 10.0


def fit_logistic(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    names: Sequence[str] | None = None,
    start: np.ndarray | None = None,
) -> Fitted:
    """Fit logit P(y = 1) = a + xb, ``y`` being 0 and 1; see `fit_ordinal`."""
    if start is not None:
        start = np.append(start[1:], -start[0])
    found = fit_ordinal(x, y, weight, names=names, levels=(0, 1), start=start)
    count = x.shape[1]
    # The only threshold is the intercept's opposite.
    turn = np.zeros((count + 1, count + 1))
    turn[0, count] = -1.0
    turn[1:, :count] = np.eye(count)
    return replace(
        found,
        kind="logistic",
        terms=("(Intercept)", *found.drivers),
        parameters=turn @ found.parameters,
        covariance=turn @ found.covariance @ turn.T,
        information=turn @ found.information @ turn.T,
        half=turn @ found.half,
    )


def fit_ordinal(
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    names: Sequence[str] | None = None,
    levels: Sequence[object] | None = None,
    start: np.ndarray | None = None,
) -> Fitted:
    """Fit logit P(Y ≤ k) = ζ_k − xb by maximum likelihood.

    ``y`` numbers the levels from 0, each of which occurs. Where drivers separate the answers the
    estimates are those of Firth's penalised likelihood, weights scaled to Kish's effective size.
    ``start`` holds the parameters of a fit to other weights of the same rows.

    Raises
    ------
    ValueError
        Where a driver is constant or a combination of others.
    """
    names = tuple(names) if names is not None else tuple(f"x{i + 1}" for i in range(x.shape[1]))
    count = int(y.max()) + 1
    levels = tuple(range(count)) if levels is None else tuple(levels)
    weight = None if weight is None else weight / weight.mean()
    scaled, mean, deviation = refuse_dependent(x, names, weight)
    blocks = make_blocks(scaled, y, weight, count)
    forth = _forth(mean, deviation, count - 1)
    found = climb(blocks, first_guess(blocks) if start is None else forth @ start)
    masses = blocks.masses()
    fitted = Fitted(
        kind="ordinal",
        drivers=names,
        terms=(*names, *(f"{a}|{b}" for a, b in pairwise(levels))),
        parameters=np.linalg.solve(forth, found.place),
        **_precision(found.information, forth),
        x=x,
        y=y,
        weight=weight,
        levels=levels,
        loglik=found.height,
        null_loglik=float(masses @ np.log(masses / masses.sum())),
        r2=np.nan,
        scale=1.0,
        converged=found.converged,
        separated=False,
        method="ml",
    )
    far = not found.converged or found.furthest > _FAR
    if far and separating_direction(blocks) is not None:
        fitted = _penalised(fitted)
    return replace(fitted, r2=1 - fitted.loglik / fitted.null_loglik)


def _forth(mean: np.ndarray, deviation: np.ndarray, cuts: int) -> np.ndarray:
    """Give the matrix from parameters of the drivers to those of their scaled columns."""
    turn = np.diag(np.concatenate([deviation, np.ones(cuts)]))
    turn[len(mean) :, : len(mean)] = -mean
    return turn


def _precision(information: np.ndarray, forth: np.ndarray) -> dict[str, np.ndarray]:
    """Turn the information of scaled columns into that of the drivers, and invert it."""
    try:
        half = np.linalg.solve(forth, np.linalg.inv(np.linalg.cholesky(information)).T)
    except np.linalg.LinAlgError:
        # A fit that ran away has no curvature left.
        half = np.full(information.shape, np.nan)
    return {
        "information": forth.T @ information @ forth,
        "half": half,
        "covariance": half @ half.T,
    }


def penalised_blocks(fitted: Fitted) -> tuple[Blocks, np.ndarray]:
    """Sort the rows for a penalised fit, drivers over their deviations, which are given too.

    Weights are scaled to Kish's effective size, which is what such a sample has to say.
    """
    weight = fitted.weight
    if weight is not None:
        weight = weight * (weight.sum() / (weight @ weight))
    deviation = fitted.x.std(axis=0)
    return make_blocks(fitted.x / deviation, fitted.y, weight, len(fitted.levels)), deviation


def _penalised(fitted: Fitted) -> Fitted:
    blocks, deviation = penalised_blocks(fitted)
    top = climb_penalised(blocks, first_guess(blocks))
    forth = np.diag(np.append(deviation, np.ones(blocks.last)))
    parameters = np.linalg.solve(forth, top.place)
    plain, _ = penalised_blocks(replace(fitted, weight=None))
    plain = replace(plain, weight=None if fitted.weight is None else fitted.weight[plain.order])
    height = slopes(plain, top.place)[0]
    return replace(
        fitted,
        parameters=parameters,
        **_precision(top.information, forth),
        loglik=height,
        converged=top.converged,
        separated=True,
        method="firth",
    )
