"""The weighted mean of points: one score a group, by first-level indicators and in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from csatlib.evaluation.arguments import (
    Direction,
    Matrix,
    Shares,
    fitted,
    named_numbers,
    one_of,
    read_matrix,
)
from csatlib.evaluation.points import POINTS, Numbers, Points, points_of, read_goals

__all__ = ["TOTAL", "mean_of", "ranks_from_best", "weighted_mean"]

#: The part of an evaluation that stands for all of it.
TOTAL = "total"
Missing = Literal["reweight", "refuse"]


def mean_of(points: np.ndarray, shares: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Average points (last axis) by shares over those present; and the share present.

    Where less than ``least`` of the weight is present there is no mean.
    """
    present = ~np.isnan(points)
    weights = np.where(present, shares, 0.0)
    whole = np.asarray(shares).sum(axis=-1)
    covered = weights.sum(axis=-1) / np.where(whole > 0, whole, 1.0)
    sums = (np.where(present, points, 0.0) * weights).sum(axis=-1)
    held = weights.sum(axis=-1)
    enough = (held > 0) & (covered >= least - 1e-12)
    return np.where(enough, sums / np.where(held > 0, held, 1.0), np.nan), covered


def ranks_from_best(scores: np.ndarray) -> np.ndarray:
    """Rank scores (last axis) from 1, the best, ties averaged; NaN has no rank."""
    absent = np.isnan(scores)
    ranks = stats.rankdata(np.where(absent, np.inf, -np.round(scores, 10)), axis=-1)
    return np.where(absent, np.nan, ranks)


def weighted_mean(
    values: pd.DataFrame,
    *,
    direction: Direction,
    weights: Shares = None,
    first: Mapping[str, str] | None = None,
    first_weights: Shares = None,
    points: Points = "target",
    target: Numbers = None,
    floor: Numbers = None,
    missing: Missing = "reweight",
    least: float = 0.5,
) -> pd.DataFrame:
    r"""Judge groups by the weighted mean of their points, by first-level indicators and in all.

    Parameters
    ----------
    values : DataFrame
        One row a group (index), one column an indicator, such as `matrix` gives.
    direction : mapping of str to str, or str
        ``higher`` or ``lower`` for each indicator, or for all.
    weights : mapping of str to float, optional
        The weight of each indicator within its first-level indicator; only their proportions
        count, 0 leaves one out. Without weights all count alike.
    first : mapping of str to str, optional
        Leads from each indicator to its first-level indicator. Without it there is one level.
    first_weights : mapping of str to float, optional
        The weight of each first-level indicator; without it the sum of its indicators' weights.
    points, target, floor
        How values become points, as ``method``, ``target`` and ``floor`` of `normalise`.
    missing : {"reweight", "refuse"}
        Whether points that are missing are left out and the other weights scaled up, as long as
        ``least`` of the weight is there, or leave their score and the total without a figure.
    least : float
        The share of weight, above 0 up to 1, that has to be present in a score.

    Returns
    -------
    DataFrame
        Table ``evaluation``, one row a group and part: ``method`` (``weighted_mean``),
        ``group_by`` (the index's name), ``group``; ``part`` (``total``, then each first-level
        indicator); ``score`` (points); ``rank`` among the groups (1 is the best, ties averaged);
        ``weight`` of the part; ``coverage``, the share of its weight that has points; ``missing``
        indicators, joined by 、; ``reason``: ``no_points`` (nothing to score by),
        ``low_coverage``, ``missing_indicator``.

    Raises
    ------
    ValueError
        As `normalise`; for weights that do not fit the indicators, an indicator without a
        first-level one, and a ``least`` outside its range.

    Notes
    -----
    .. math:: S_g = \frac{\sum_{k} W_k s_{gk}}{\sum_k W_k}, \qquad
        s_{gk} = \frac{\sum_{j \in k} w_j p_{gj}}{\sum_{j \in k} w_j}

    over the parts *k* and indicators *j* that are present. Scores of groups with different
    coverage rest on different indicators: ``missing`` says on which.

    Source: OECD and JRC, *Handbook on Constructing Composite Indicators* (2008), sections 6–7.

    Examples
    --------
    >>> import pandas as pd
    >>> teams = pd.DataFrame({"share": [0.8, 0.6], "minutes": [60.0, 20.0]}, index=["甲", "乙"])
    >>> found = weighted_mean(teams, direction={"share": "higher", "minutes": "lower"},
    ...     weights={"share": 3, "minutes": 1}, target={"share": 0.8, "minutes": 30})
    >>> found[["group", "part", "score", "rank"]]
      group   part  score  rank
    0     甲  total   87.5   1.0
    1     乙  total  81.25   2.0
    """
    one_of(points, POINTS, "points")
    one_of(missing, ("reweight", "refuse"), "missing")
    if not 0 < least <= 1:
        raise ValueError(f"least: expected a share above 0 up to 1, found {least!r}")
    read = read_matrix(values, direction, weights)
    scored = points_of(read.cells, read.sign, read_goals(read, target, floor), method=points)
    parts = _parts(read, first)
    if not parts:
        score, coverage = mean_of(scored, read.shares, least)
        rows = [_rows(read, scored, TOTAL, 1.0, score, coverage, np.ones(len(read.shares), bool))]
        return _finished(rows, missing)
    part_weights = _part_weights(read, parts, first_weights)
    found = {
        name: mean_of(scored[:, held], read.shares[held], least) for name, held in parts.items()
    }
    scores = np.column_stack([score for score, _ in found.values()])
    if missing == "refuse":
        scores[_lacking(read, scored).any(axis=1)] = np.nan
    total, _ = mean_of(scores, part_weights, least)
    covered = np.column_stack([covered for _, covered in found.values()]) @ part_weights
    every = np.ones(len(read.shares), dtype=bool)
    rows = [_rows(read, scored, TOTAL, 1.0, total, covered, every)]
    for weight, (name, held) in zip(part_weights, parts.items(), strict=True):
        rows.append(_rows(read, scored, name, float(weight), *found[name], held))
    return _finished(rows, missing)


def _parts(read: Matrix, first: Mapping[str, str] | None) -> dict[str, np.ndarray]:
    """Lead from each first-level indicator, in the indicators' order, to its indicators."""
    if first is None:
        return {}
    lacking = [name for name in read.indicators if not first.get(name)]
    if lacking:
        raise ValueError(f"first: expected a first-level indicator for each, found none: {lacking}")
    named = np.array([first[name] for name in read.indicators], dtype=object)
    if TOTAL in named:
        raise ValueError(f"first: expected names other than {TOTAL!r}; call it something else")
    held = {str(name): named == name for name in dict.fromkeys(named)}
    return {name: mask for name, mask in held.items() if read.shares[mask].sum() > 0}


def _part_weights(read: Matrix, parts: Mapping[str, np.ndarray], given: Shares) -> np.ndarray:
    if given is None:
        weights = np.array([read.shares[mask].sum() for mask in parts.values()])
    else:
        known = {name: weight for name, weight in given.items() if name in parts}
        weights = named_numbers(known, tuple(parts), "first_weights", absent=1.0)
    if np.isnan(weights).any() or (weights < 0).any() or weights.sum() <= 0:
        raise ValueError(f"first_weights: expected numbers of 0 or more, not all 0, found {given}")
    return weights / weights.sum()


def _lacking(read: Matrix, scored: np.ndarray) -> np.ndarray:
    return np.isnan(scored) & (read.shares > 0)


def _rows(
    read: Matrix,
    scored: np.ndarray,
    part: str,
    weight: float,
    score: np.ndarray,
    coverage: np.ndarray,
    held: np.ndarray,
) -> dict[str, object]:
    lacking = _lacking(read, scored) & held
    names = np.array(read.indicators, dtype=object)
    return {
        "method": "weighted_mean",
        "group_by": read.group_by,
        "group": list(read.groups),
        "part": part,
        "score": score,
        "weight": weight,
        "coverage": coverage,
        "missing": ["、".join(names[row]) or None for row in lacking],
        "_lacks": lacking.any(axis=1),
    }


def _finished(parts: list[dict[str, object]], missing: str) -> pd.DataFrame:
    """Withhold what may not be told, say why, and rank the rest within each part."""
    tables = []
    for part in parts:
        table = pd.DataFrame(part)
        none = table["coverage"].to_numpy(dtype=float) <= 0
        refused = table["_lacks"].to_numpy() & (missing == "refuse")
        score = np.where(refused, np.nan, table["score"].to_numpy(dtype=float))
        reason = np.select(
            [none, refused, np.isnan(score)],
            ["no_points", "missing_indicator", "low_coverage"],
            default="",
        )
        words = pd.array([why or None for why in reason], dtype="str")
        tables.append(table.assign(score=score, rank=ranks_from_best(score), reason=words))
    whole = pd.concat(tables, ignore_index=True)
    order = whole.groupby("group", sort=False).ngroup().to_numpy()
    return fitted(whole.iloc[np.argsort(order, kind="stable")].to_dict("list"), "evaluation")
