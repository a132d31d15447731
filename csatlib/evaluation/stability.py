"""How firmly groups hold their ranks when weights and values move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.evaluation.arguments import (
    Direction,
    Matrix,
    Shares,
    figures,
    fitted,
    one_of,
    read_matrix,
)
from csatlib.evaluation.points import POINTS, Numbers, Points, points_of, read_goals
from csatlib.evaluation.ranking import CUTS, classes, grades_of, probits, ranks_of, ratios_of
from csatlib.evaluation.scoring import mean_of, ranks_from_best

__all__ = ["stability"]

#: Figures held at a time: draws are taken in blocks of about so many.
_BLOCK = 2_000_000
_GRADES = tuple(range(1, 6))


def stability(
    values: pd.DataFrame,
    *,
    direction: Direction,
    weights: Shares = None,
    se: pd.DataFrame | None = None,
    method: Literal["weighted_mean", "rank_sum_ratio"] = "weighted_mean",
    points: Points = "target",
    target: Numbers = None,
    floor: Numbers = None,
    ranks: Literal["whole", "non_whole"] = "whole",
    grades: Literal[3, 4, 5] = 3,
    least: float = 0.5,
    weight_spread: float = 0.2,
    perturb: Literal["dirichlet", "uniform"] = "dirichlet",
    n_draws: int = 2000,
    conf: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Say how firmly groups hold their ranks when the weights move, and the values by their error.

    Parameters
    ----------
    values : DataFrame
        One row a group (index), one column an indicator, such as `matrix` gives.
    direction, weights
        As for `weighted_mean`; ``weights`` are shares of the whole, such as
        ``IndicatorSystem.weights_of(values)`` gives.
    se : DataFrame, optional
        Standard errors of ``values``, rows and columns likewise. Without it, and where one is
        missing, values stay as they are (the latter is told: ``no_se``).
    method : {"weighted_mean", "rank_sum_ratio"}
        The judgement whose ranks are tried.
    points, target, floor, least
        Of the weighted mean, as there.
    ranks : {"whole", "non_whole"}
        Of the rank-sum ratio: its ``method``.
    grades : {3, 4, 5}
        Of the rank-sum ratio: how many.
    weight_spread : float
        How far weights move: the standard deviation of a weight relative to it, for a weight of
        average size. 0 holds the weights fixed.
    perturb : {"dirichlet", "uniform"}
        How weights are drawn. ``uniform`` draws each within ±√3·``weight_spread`` of itself, which
        may not exceed 1, and scales them to a sum of 1.
    n_draws : int
        How many draws, at least 100.
    conf : float
        The part of the draws that an interval holds, between 0 and 1.
    seed : int
        Of the random numbers.

    Returns
    -------
    DataFrame
        Table ``stability``, one row a group, best first: ``method, group``; ``score`` and
        ``rank`` without any movement, and the interval of the draws ``score_low, score_high,
        rank_low, rank_median, rank_high``; ``p_first`` and ``p_last``, the share of draws in
        which it is first or last (ties shared out); ``grade`` and ``p_grade_1`` to ``p_grade_5``
        of the rank-sum ratio, grade 1 the lowest; ``draws``; ``reason``: ``no_score`` (a value is
        missing), ``single_group``, ``no_se``.

    Raises
    ------
    ValueError
        As `weighted_mean` and `rank_sum_ratio`; for errors that do not fit the values or are
        below 0, a spread that weights cannot have, and too few draws.

    Notes
    -----
    Dirichlet: :math:`w^* \sim Dir(\kappa w)` with :math:`\kappa = (m - 1)/s^2 - 1` for *m* weights
    and the spread *s*, so the mean is *w*, and a weight of 1/*m* has the standard deviation
    *s*/*m*. A weight of 0 stays 0. Values: :math:`x^* \sim N(x, se^2)`, independently for each
    group and indicator, although indicators of the same customers go together; the intervals of
    ranks are then no exact confidence intervals. A lower spread or fewer errors make ranks look
    firmer than they are. A group with a missing value has a score by the rest where
    ``least`` allows it, in the weighted mean; none in the rank-sum ratio.

    Source: Saisana, Saltelli and Tarantola (2005), Uncertainty and sensitivity analysis techniques
    as tools for the quality assessment of composite indicators, *JRSS A* 168, 307–323; Goldstein
    and Spiegelhalter (1996), League tables and their limitations, *JRSS A* 159, 385–443.

    Examples
    --------
    >>> import pandas as pd
    >>> teams = pd.DataFrame({"share": [0.90, 0.60, 0.62], "once": [0.8, 0.5, 0.49]},
    ...     index=["甲", "乙", "丙"])
    >>> found = stability(teams, direction="higher", points="none", se=teams * 0 + 0.02, seed=1)
    >>> found[["group", "rank", "rank_low", "rank_high", "p_first"]]
      group  rank  rank_low  rank_high  p_first
    0     甲   1.0       1.0        1.0      1.0
    1     丙   2.0       2.0        3.0      0.0
    2     乙   3.0       2.0        3.0      0.0
    """
    _check(method, points, ranks, grades, perturb, n_draws, conf, weight_spread)
    read = read_matrix(values, direction, weights)
    goals = read_goals(read, target, floor)
    errors, unknown = _errors(read, values, se)
    rng = np.random.default_rng(seed)

    def judge(x: np.ndarray, shares: np.ndarray) -> np.ndarray:
        if method == "weighted_mean":
            scored = points_of(x, read.sign, goals, method=points)
            return mean_of(scored, shares[..., np.newaxis, :], least)[0]
        x = np.where(np.isnan(read.counted).any(axis=1)[:, np.newaxis], np.nan, x)
        return ratios_of(ranks_of(x, read.sign, method=ranks), shares)

    blocks = list(_draws(read, errors, rng, weight_spread, perturb, n_draws))
    scores = np.concatenate([judge(x, shares) for x, shares in blocks])
    return _table(read, method, judge(read.cells, read.shares), scores, grades, conf, unknown)


def _draws(
    read: Matrix,
    errors: np.ndarray,
    rng: np.random.Generator,
    spread: float,
    perturb: str,
    n_draws: int,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw values and weights, a block at a time."""
    size = max(1, min(n_draws, _BLOCK // max(read.cells.size, 1)))
    for start in range(0, n_draws, size):
        n = min(size, n_draws - start)
        noise = rng.standard_normal((n, *read.cells.shape))
        yield read.cells + errors * noise, _weights(read.shares, rng, spread, perturb, n)


def _weights(
    shares: np.ndarray, rng: np.random.Generator, spread: float, perturb: str, n: int
) -> np.ndarray:
    held = shares > 0
    m = int(held.sum())
    if spread == 0 or m == 1:
        return np.broadcast_to(shares, (n, len(shares)))
    found = np.zeros((n, len(shares)))
    if perturb == "uniform":
        reach = np.sqrt(3) * spread
        found[:, held] = shares[held] * rng.uniform(1 - reach, 1 + reach, (n, m))
        return found / found.sum(axis=1, keepdims=True)
    concentration = (m - 1) / spread**2 - 1
    if concentration <= 0:
        raise ValueError(
            f"weight_spread: expected less than {np.sqrt(m - 1):.3g} for {m} weights, found "
            f"{spread:g}"
        )
    found[:, held] = rng.dirichlet(concentration * shares[held], n)
    return found


def _table(
    read: Matrix,
    method: str,
    score: np.ndarray,
    scores: np.ndarray,
    grades: int,
    conf: float,
    unknown: np.ndarray,
) -> pd.DataFrame:
    ends = [(1 - conf) / 2, 0.5, (1 + conf) / 2]
    known = ~np.isnan(score)
    alone = known.sum() < 2
    ranked = ranks_from_best(scores)
    told = np.full((3, len(score)), np.nan)
    held = np.full((2, len(score)), np.nan)
    if known.any() and not alone:
        told[:, known] = np.quantile(ranked[:, known], ends, axis=0, method="inverted_cdf")
        held[:, known] = np.quantile(scores[:, known], [ends[0], ends[2]], axis=0)
    chances = _chances(ranked, known) if known.any() and not alone else np.full_like(held, np.nan)
    graded = _graded(method, score, scores, grades)
    table = {
        "method": method,
        "group": list(read.groups),
        "score": score,
        "score_low": held[0],
        "score_high": held[1],
        "rank": ranks_from_best(score),
        "rank_low": told[0],
        "rank_median": told[1],
        "rank_high": told[2],
        "p_first": chances[0],
        "p_last": chances[1],
        **graded,
        "draws": len(scores),
        "reason": [
            "no_score" if not k else "single_group" if alone else "no_se" if u else None
            for k, u in zip(known, unknown, strict=True)
        ],
    }
    order = np.argsort(np.where(known, -score, np.inf), kind="stable")
    return fitted(table, "stability").iloc[order].reset_index(drop=True)


def _chances(ranked: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Give the share of draws in which each group is first, and last; ties share one place."""
    found = np.full((2, ranked.shape[1]), np.nan)
    among = ranked[:, known]
    for side, end in enumerate((among.min(axis=1), among.max(axis=1))):
        there = among == end[:, np.newaxis]
        found[side, known] = (there / there.sum(axis=1, keepdims=True)).mean(axis=0)
    return found


def _graded(method: str, score: np.ndarray, scores: np.ndarray, grades: int) -> dict[str, object]:
    """Give the grade without movement and the chance of each, of the rank-sum ratio alone."""
    nothing = np.full(len(score), np.nan)
    found = {f"p_grade_{grade}": nothing for grade in _GRADES}
    known = ~np.isnan(score)
    if method != "rank_sum_ratio" or known.sum() < 2:
        return {"grade": pd.array([pd.NA] * len(score), dtype="Int64"), **found}
    own = _grades(score[np.newaxis], grades)[0]
    drawn = _grades(scores, grades)
    for grade in range(1, grades + 1):
        found[f"p_grade_{grade}"] = np.where(known, (drawn == grade).mean(axis=0), np.nan)
    shown = pd.array([int(g) if g > 0 else pd.NA for g in own], dtype="Int64")
    return {"grade": shown, **found}


def _grades(scores: np.ndarray, grades: int) -> np.ndarray:
    """Grade ratios, draw by draw; 0 where all of a draw are equal and no line is there."""
    numbers = classes(scores)
    flat = numbers.max(axis=-1, keepdims=True) < 1
    return np.where(flat, 0, grades_of(probits(numbers)[2], grades))


def _errors(
    read: Matrix, values: pd.DataFrame, se: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give the errors, 0 where there is none, and which groups lack one that counts."""
    if se is None:
        return np.zeros_like(read.cells), np.zeros(len(read.groups), dtype=bool)
    if not (se.index.equals(values.index) and list(se.columns) == list(values.columns)):
        raise ValueError("se: expected the rows and columns of values; make both with matrix")
    errors = figures(se, "se")
    if (errors < 0).any():
        raise ValueError("se: expected standard errors of 0 or more, found one below")
    unknown = np.isnan(errors) & ~np.isnan(read.cells) & (read.shares > 0)
    return np.where(np.isnan(errors), 0.0, errors), unknown.any(axis=1)


def _check(
    method: str,
    points: str,
    ranks: str,
    grades: int,
    perturb: str,
    n_draws: int,
    conf: float,
    spread: float,
) -> None:
    one_of(method, ("weighted_mean", "rank_sum_ratio"), "method")
    one_of(points, POINTS, "points")
    one_of(ranks, ("whole", "non_whole"), "ranks")
    one_of(grades, tuple(CUTS), "grades")
    one_of(perturb, ("dirichlet", "uniform"), "perturb")
    if isinstance(n_draws, bool) or not isinstance(n_draws, int) or n_draws < 100:
        raise ValueError(f"n_draws: expected a whole number of 100 or more, found {n_draws!r}")
    if not 0 < conf < 1:
        raise ValueError(f"conf: expected a number between 0 and 1, found {conf!r}")
    if not spread >= 0 or (perturb == "uniform" and np.sqrt(3) * spread > 1):
        raise ValueError(
            f"weight_spread: expected 0 or more{', up to 0.577' if perturb == 'uniform' else ''}, "
            f"found {spread!r}"
        )
