"""The chance to answer as a logistic function of what is known of everybody drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.weights.arguments import ConvergenceError, column_of, levels_told, named
from csatlib.weights.cells import Cells, find_cells

__all__ = ["propensities"]

Separation = Literal["refuse", "firth"]
_STEPS, _FLAT = 200, 1e-10
#: A linear predictor this large means a chance of 0 or 1 within 1e-9: the fit runs away.
_RUNAWAY = 20.0


@dataclass(frozen=True)
class _Patterns:
    """Rows with equal columns: their design, how much weight they have, how much answered."""

    design: np.ndarray
    asked: np.ndarray
    answered: np.ndarray
    rows: np.ndarray


def propensities(
    sample: pd.DataFrame,
    answered: np.ndarray,
    columns: Sequence[str],
    weights: np.ndarray | None,
    separation: Separation,
) -> np.ndarray:
    """Estimate everybody's chance to answer by maximum (or Firth's penalised) likelihood."""
    numbers = [c for c in columns if _is_number(column_of(sample, c, "columns"))]
    groups = [c for c in columns if c not in numbers]
    cells = find_cells(sample, groups, "columns")
    if separation == "refuse":
        for name in groups:
            _refuse_unanimous(name, cells, answered)
    patterns = _patterns(sample, answered, numbers, cells, weights)
    chances, runs_away = _fit(patterns, firth=separation == "firth")
    if runs_away:
        raise ConvergenceError(
            f"columns: expected answers that {named(columns)} do not tell for certain, found that "
            "a combination of them separates respondents from nonrespondents; pass "
            "separation='firth', merge levels, leave a column out, or take method='cells'"
        )
    return chances[patterns.rows]


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(
        column.dtype
    )


def _refuse_unanimous(name: str, cells: Cells, answered: np.ndarray) -> None:
    numbers, levels = cells.combinations([name])
    asked = np.bincount(numbers, weights=cells.sums(None))
    yes = np.bincount(numbers, weights=cells.sums(answered.astype(np.float64)))
    for rows, word in ((yes == 0, "nobody"), (yes == asked, "all")):
        if rows.any() and len(levels) > 1:
            levels, among = [levels[place][0] for place in np.flatnonzero(rows)], len(levels)
            raise ValueError(
                f"columns: expected respondents and nonrespondents at every level of "
                f"{name!r} in the sample, found that {word} answered at "
                f"{levels_told(levels, among)}; "
                "pass separation='firth', merge levels, or take method='cells'"
            )


def _patterns(
    sample: pd.DataFrame,
    answered: np.ndarray,
    numbers: list[str],
    cells: Cells,
    weights: np.ndarray | None,
) -> _Patterns:
    """Write one row a combination of levels, or one a customer where a column holds numbers."""
    count = len(sample)
    # Weights are brought to a mean of 1, so that a penalty means the same for all.
    heavy = np.ones(count) if weights is None else weights / weights.mean()
    rows = np.arange(count) if numbers else cells.rows
    found = count if numbers else cells.count
    blocks = [np.ones((found, 1))]
    for codes in cells.codes.values():
        # The first level that occurs is the reference of the others.
        dummies = codes[:, None] == np.unique(codes)[None, 1:]
        blocks.append(cells.expand(dummies) if numbers else dummies)
    for name in numbers:
        values = sample[name].to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(values).all():
            raise ValueError(
                f"columns: expected a finite number of {name!r} in every row of the sample, found "
                f"{int((~np.isfinite(values)).sum())} rows without; fill them or band the column"
            )
        spread = values.std()
        blocks.append(((values - values.mean()) / (spread if spread > 0 else 1.0))[:, None])
    return _Patterns(
        np.column_stack(blocks).astype(np.float64),
        np.bincount(rows, weights=heavy, minlength=found),
        np.bincount(rows, weights=heavy * answered, minlength=found),
        rows,
    )


def _fit(patterns: _Patterns, *, firth: bool) -> tuple[np.ndarray, bool]:
    """Fit by iteratively reweighted least squares; say whether the fit ran away."""
    x, asked, answered = patterns.design, patterns.asked, patterns.answered
    place = np.zeros(x.shape[1])
    start = answered.sum() / asked.sum()
    place[0] = np.log(start / (1 - start))
    height, moved = -np.inf, np.inf
    for _ in range(_STEPS):
        chances = _chance(x @ place)
        curve = asked * chances * (1 - chances)
        information = x.T @ (x * curve[:, None])
        pull = answered - asked * chances
        if firth:
            leverage = np.einsum("ij,ij->i", x @ np.linalg.pinv(information), x) * curve
            pull = pull + leverage * (0.5 - chances)
            # Each pattern counts as if it had been asked that much more often.
            information = x.T @ (x * ((asked + leverage) * chances * (1 - chances))[:, None])
        move = np.linalg.lstsq(information, x.T @ pull, rcond=1e-12)[0]
        pace = 1.0
        while (new := _likelihood(patterns, place + pace * move, firth)) < height - _FLAT * (
            1 + abs(height)
        ) and pace > 1e-6:
            pace /= 2
        place, height = place + pace * move, new
        moved = float(np.abs(pace * move).max())
        if moved < _FLAT or (not firth and np.abs(x @ place).max() > _RUNAWAY):
            break
    predictor = x @ place
    return _chance(predictor), bool(moved >= _FLAT or np.abs(predictor).max() > _RUNAWAY)


def _chance(predictor: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(predictor, -500, 500)))


def _likelihood(patterns: _Patterns, place: np.ndarray, firth: bool) -> float:
    predictor = patterns.design @ place
    told = float(patterns.answered @ predictor - patterns.asked @ np.logaddexp(0, predictor))
    if not firth:
        return told
    chances = _chance(predictor)
    curve = patterns.asked * chances * (1 - chances)
    sizes = np.linalg.eigvalsh(patterns.design.T @ (patterns.design * curve[:, None]))
    # Redundant columns add eigenvalues of 0, which say nothing.
    kept = sizes[sizes > sizes.max() * 1e-12]
    return told + 0.5 * float(np.log(kept).sum())
