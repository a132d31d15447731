"""Trimming: no weight above a bound, and the customers it stood for handed to the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.weights.arguments import ConvergenceError, check_number, positive, refuse_empty
from csatlib.weights.calibration import indicators
from csatlib.weights.cells import find_cells
from csatlib.weights.distances import distance_of
from csatlib.weights.margins import Margins, read_margins
from csatlib.weights.newton import solve

__all__ = ["trim"]

_ULP = 8 * np.finfo(float).eps


def trim(
    weights: pd.Series,
    *,
    upper: float,
    lower: float | None = None,
    responses: pd.DataFrame | None = None,
    margins: Margins | None = None,
    total: float | None = None,
    strict: bool = True,
    tol: float = 1e-10,
    max_iter: int = 200,
) -> pd.Series:
    """Bound weights, keeping their sum, or keeping margins where they are given.

    Without margins, weights outside the bounds are set to them and what that frees is added in
    equal parts to the weights inside, again and again until none is outside. With margins, the
    result is, of all weights within the bounds that meet the margins, the nearest to ``weights``
    in the sense of `rake`: weights multiply by exp(x'λ) and stop at the bounds.

    Parameters
    ----------
    weights : Series
        Positive weights, one a respondent.
    upper : float
        Greatest weight allowed, in the unit of the weights.
    lower : float, optional
        Least weight allowed.
    responses : DataFrame, optional
        The respondents, on the index of ``weights``; needed with ``margins``.
    margins : mapping, optional
        Margins to keep, as in `rake`.
    total : float, optional
        As in `rake`: what the weights shall sum to where ``margins`` holds shares; without, the
        sum of ``weights``.
    strict : bool
        Repeat until no weight is outside; false redistributes once, which may lift some weights
        above ``upper`` again. Margins are always kept strictly.
    tol : float
        With margins, the largest gap left at any level, relative to its total.
    max_iter : int
        Most Newton steps with margins.

    Returns
    -------
    Series
        ``weight`` (float), on the index of ``weights``.

    Raises
    ------
    ValueError
        For weights that are missing, zero or negative; for bounds that cross, or that no weights
        of the same sum can keep.
    ConvergenceError
        If no weights within the bounds meet the margins; names the level with the largest gap.

    Notes
    -----
    Potter (1990). Equal to R's ``survey::trimWeights(strict = strict)``; with margins, to
    ``survey::calibrate(calfun = "raking", bounds.const = TRUE)``.

    Examples
    --------
    >>> trim(pd.Series([1.0, 2.0, 9.0]), upper=6).tolist()
    [2.5, 3.5, 6.0]
    """
    if not isinstance(weights, pd.Series) or weights.empty:
        raise ValueError("weights: expected a Series of at least one weight")
    values = positive(weights, "weights")
    check_number(upper, "upper", above=0)
    if lower is not None:
        check_number(lower, "lower", above=0)
        if lower >= upper:
            raise ValueError(f"lower: expected a number below upper ({upper:g}), found {lower!r}")
    low = 0.0 if lower is None else float(lower)
    if margins is None:
        trimmed = _redistribute(values, low, float(upper), strict)
        return pd.Series(trimmed, index=weights.index, name="weight")
    if responses is None:
        raise ValueError("responses: expected the table that has the margins' columns, found none")
    refuse_empty(responses, "responses")
    if not responses.index.equals(weights.index):
        raise ValueError(
            "responses: expected the index of the weights, found another one; take both from the "
            "same table"
        )
    kept = _keep_margins(values, low, float(upper), responses, margins, total, tol, max_iter)
    return pd.Series(kept, index=weights.index, name="weight")


def _redistribute(values: np.ndarray, low: float, high: float, strict: bool) -> np.ndarray:
    _check_room(values.sum(), len(values), low, high)
    whole, trimmed = values.sum(), values
    while True:
        outside = (trimmed > high * (1 + _ULP)) | (trimmed < low * (1 - _ULP))
        if not outside.any():
            return np.clip(trimmed, low, high) if strict else trimmed
        if outside.all():
            raise ValueError(
                "trim: expected some weight within the bounds to take what the others lose, found "
                f"none; the mean weight is {whole / len(values):.6g}: move the bounds"
            )
        cut = np.clip(trimmed, low, high)
        trimmed = np.where(outside, cut, trimmed + (trimmed - cut).sum() / (~outside).sum())
        if not strict:
            return trimmed


def _check_room(whole: float, count: int, low: float, high: float) -> None:
    if whole > count * high * (1 + _ULP) or whole < count * low * (1 - _ULP):
        raise ValueError(
            f"trim: expected bounds around the mean weight {whole / count:.6g}, found "
            f"{low:g} to {high:g}, which {count} weights that sum to {whole:.6g} cannot keep"
        )


def _keep_margins(
    values: np.ndarray,
    low: float,
    high: float,
    responses: pd.DataFrame,
    margins: Margins,
    total: float | None,
    tol: float,
    max_iter: int,
) -> np.ndarray:
    read = read_margins(margins, total=total, base=float(values.sum()))
    _check_room(float(read[0].totals.sum()), len(values), low, high)
    cells = find_cells(
        responses, list(dict.fromkeys(c for m in read for c in m.columns)), "margins"
    )
    names, columns, goals = indicators(read, cells, "margins")
    # Respondents of one cell with one weight share their fate: they are solved for once.
    levels, ranks = np.unique(values, return_inverse=True)
    in_cells = cells.rows
    groups, member, rows = np.unique(
        in_cells * len(levels) + ranks, return_index=True, return_inverse=True
    )
    single = values[member]
    heavy = np.bincount(rows, minlength=len(groups)) * single
    distance = distance_of("raking", low / single, high / single)
    design = columns[in_cells[member]]
    ratios, gaps, steps = solve(design, heavy, goals, distance, tol=tol, max_iter=max_iter)
    if not np.abs(gaps).max() <= tol:
        worst = int(np.nanargmax(np.abs(gaps)))
        raise ConvergenceError(
            f"trim: no weights from {low:g} to {high:g} were found in {steps} steps that meet the "
            f"margins; the largest gap left is {abs(gaps[worst]):.3g} of the total, at "
            f"{names[worst]}; raise upper or merge that level with another"
        )
    return np.clip(values * ratios[rows], low, high)
