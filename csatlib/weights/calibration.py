"""Calibration: weights that meet totals of any columns and stay near the base weights."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd

from csatlib.weights.arguments import (
    LARGEST,
    Base,
    ConvergenceError,
    check_number,
    column_of,
    read_weights,
    refuse_empty,
    within_range,
)
from csatlib.weights.cells import Cells, find_cells
from csatlib.weights.distances import distance_of
from csatlib.weights.margins import Margin, match, read_margins
from csatlib.weights.newton import solve

__all__ = ["calibrate", "indicators"]

Method = Literal["linear", "raking", "logit"]


def calibrate(
    responses: pd.DataFrame,
    totals: Mapping[Any, float | pd.Series | Mapping[Any, float]],
    *,
    base: Base = None,
    method: Method = "linear",
    bounds: tuple[float, float] | None = None,
    total: float | None = None,
    tol: float = 1e-10,
    max_iter: int = 100,
) -> pd.Series:
    """Adjust weights until the weighted sums of columns meet known totals.

    ``w = base · F(x'λ)`` with λ such that ``Σ w x = totals``: F is 1 + u (``linear``, the
    generalised regression estimator), exp(u) (``raking``) or a logistic curve between the bounds
    (``logit``). ``bounds`` cut the first two off and are needed by the third.

    Parameters
    ----------
    responses : DataFrame
        One row a respondent.
    totals : mapping
        Column → its sum over all customers, for a column of numbers; column (or tuple of columns)
        → Series or mapping of level → number of customers or share, for groups, as in `rake`.
    base : str or Series, optional
        Weights to start from, positive; without, all respondents start equal and sum to the number
        of customers, where that is known.
    method : {"linear", "raking", "logit"}
        The calibration function. Without bounds ``linear`` may give weights below 0.
    bounds : tuple of float, optional
        Least and greatest ratio of the calibrated to the base weight, the first below 1 and the
        second above.
    total : float, optional
        The number of customers: the sum that the weights shall have, whether or not a column
        fixes it.
    tol : float
        Largest gap left at any total, relative to it.
    max_iter : int
        Most Newton steps.

    Returns
    -------
    Series
        ``weight`` (float), on the index of ``responses``.

    Raises
    ------
    ValueError
        As `rake`; also for a column that holds no numbers or only 0, and for bounds that do not
        enclose 1.
    ConvergenceError
        If no weights within the bounds meet the totals; names the column and the gap.

    Notes
    -----
    Deville and Särndal (1992), cases 1, 2, 6 and 7. Equal to R's ``survey::calibrate`` with the
    same ``calfun`` and ``bounds``. R scales base weights that are far from the population before
    it applies the bounds; here bounds always mean the ratio to ``base``.

    Examples
    --------
    >>> df = pd.DataFrame({"region": ["N", "N", "S"], "spend": [1.0, 3.0, 2.0]})
    >>> weights = calibrate(df, {"region": {"N": 60, "S": 40}, "spend": 215})
    >>> weights.round(6).tolist(), round(float(weights @ df["spend"]), 6)
    ([22.5, 37.5, 40.0], 215.0)
    """
    refuse_empty(responses, "responses")
    check_number(tol, "tol", above=0)
    check_number(max_iter, "max_iter", above=0, whole=True)
    low, high = _read_bounds(method, bounds)
    weights = read_weights(base, responses)
    numbers, groups = _sort_totals(totals)
    if total is not None:
        check_number(total, "total", above=0)
        within_range(total, "total")
    whole = float(len(responses)) if weights is None else float(weights.sum())
    read = read_margins(groups, total=total, base=whole, argument="totals") if groups else []
    known = float(read[0].totals.sum()) if read else total
    if weights is None:
        weights = np.full(len(responses), 1.0 if known is None else known / len(responses))
    cells = _cells(responses, read)
    names, values, goals = _equations(responses, cells, read, numbers, total)
    by_cell = not numbers
    weighed = cells.sums(weights) if by_cell else weights
    distance = distance_of(method, low, high)
    factors, gaps, steps = solve(values, weighed, goals, distance, tol=tol, max_iter=max_iter)
    if not np.abs(gaps).max() <= tol:
        worst = int(np.nanargmax(np.abs(gaps)))
        inside = "" if bounds is None else f" within the bounds {bounds}"
        raise ConvergenceError(
            f"calibrate: no weights{inside} were found in {steps} steps that meet the totals; the "
            f"largest gap left is {abs(gaps[worst]):.3g} of the total, at {names[worst]}; widen "
            "the bounds, merge small levels, or take fewer totals"
        )
    ratios = cells.expand(factors) if by_cell else factors
    return pd.Series(weights * ratios, index=responses.index, name="weight")


def _read_bounds(method: str, bounds: tuple[float, float] | None) -> tuple[float, float]:
    if method not in ("linear", "raking", "logit"):
        raise ValueError(f"method: expected 'linear', 'raking' or 'logit', found {method!r}")
    if bounds is None:
        if method == "logit":
            raise ValueError("bounds: expected two numbers with method='logit', found none")
        return (-np.inf if method == "linear" else 0.0), np.inf
    if len(bounds) != 2 or not bounds[0] < 1 < bounds[1]:
        raise ValueError(f"bounds: expected a number below 1 and one above 1, found {bounds!r}")
    if method != "linear" and bounds[0] < 0:
        raise ValueError(f"bounds: expected 0 or more with method={method!r}, found {bounds[0]!r}")
    if method == "logit" and not np.isfinite(bounds).all():
        raise ValueError(f"bounds: expected finite numbers with method='logit', found {bounds!r}")
    return float(bounds[0]), float(bounds[1])


def _sort_totals(totals: Mapping) -> tuple[dict[str, float], dict]:
    if not isinstance(totals, Mapping) or not totals:
        raise ValueError(
            "totals: expected a mapping of column to total (or to totals of its levels) with at "
            f"least one column, found {totals if isinstance(totals, Mapping) else type(totals)!r}"
        )
    numbers = {n: v for n, v in totals.items() if isinstance(v, Real) and not isinstance(v, bool)}
    for name, value in numbers.items():
        if not np.isfinite(value):
            raise ValueError(f"totals[{name!r}]: expected a finite number, found {value!r}")
        within_range(float(value), f"totals[{name!r}]")
    return numbers, {name: value for name, value in totals.items() if name not in numbers}


def _cells(responses: pd.DataFrame, margins: list[Margin]) -> Cells:
    columns = list(dict.fromkeys(c for margin in margins for c in margin.columns))
    return find_cells(responses, columns, "totals")


def _equations(
    responses: pd.DataFrame,
    cells: Cells,
    margins: list[Margin],
    numbers: dict[str, float],
    total: float | None,
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Write the equations: their names, one column each, and their totals."""
    names, values, goals = indicators(margins, cells, "totals")
    if numbers:
        values = cells.expand(values)
    if total is not None:
        names.append("the number of customers")
        values = np.column_stack([values, np.ones(len(values))])
        goals = np.append(goals, total)
    for name, goal in numbers.items():
        names.append(repr(name))
        values = np.column_stack([values, _numbers(responses, name, goal)])
        goals = np.append(goals, goal)
    return names, values, goals


def indicators(
    margins: list[Margin], cells: Cells, argument: str
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Write margins as equations: one column of 0 and 1 a level, one row a cell."""
    names: list[str] = []
    blocks, goals = [np.zeros((cells.count, 0))], [np.zeros(0)]
    for margin in margins:
        codes, totals = match(margin, cells, argument)
        _, levels = cells.combinations(margin.columns)
        names += [f"{margin.name}={lv[0] if len(lv) == 1 else lv!r}" for lv in levels]
        blocks.append(codes[:, None] == np.arange(len(totals)))
        goals.append(totals)
    return names, np.column_stack(blocks).astype(np.float64), np.concatenate(goals)


def _numbers(responses: pd.DataFrame, name: str, goal: float) -> np.ndarray:
    column = column_of(responses, name, "totals")
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise ValueError(
            f"totals[{name!r}]: expected a column of numbers for a single total, found dtype "
            f"{column.dtype}; pass a mapping of level to total for groups"
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        raise ValueError(
            f"totals[{name!r}]: expected a finite number in every row of the sample, found "
            f"{int((~np.isfinite(values)).sum())} rows without; fill them or leave the column out"
        )
    if goal != 0 and not values.any():
        raise ValueError(
            f"totals[{name!r}]: expected a column with numbers other than 0, found 0 in all "
            f"{len(values)} rows of the sample, which no weights bring to {goal:g}; leave the "
            "column out, or correct it"
        )
    for value in values[np.abs(values) > LARGEST][:1]:
        within_range(float(value), f"totals[{name!r}], a row of the sample")
    return values
