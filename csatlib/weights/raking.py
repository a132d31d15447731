"""Raking and poststratification: weights that meet known margins, from the base weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from csatlib.weights.arguments import (
    Base,
    ConvergenceError,
    check_number,
    column_of,
    listed,
    read_weights,
    refuse_empty,
)
from csatlib.weights.cells import Cells, find_cells
from csatlib.weights.margins import Margin, Margins, match, read_margins

__all__ = ["poststratify", "rake"]

#: Most cells for which it is asked whether the margins can be met at all.
_SMALL = 5000


def rake(
    responses: pd.DataFrame,
    margins: Margins,
    *,
    base: Base = None,
    total: float | None = None,
    tol: float = 1e-11,
    max_iter: int = 1000,
) -> pd.Series:
    """Adjust weights until every margin of the sample meets that of the population.

    Iterative proportional fitting: the weights at each level are multiplied by
    ``total of the level / sum of the weights at the level``, margin by margin and round by round.
    Of all weights that meet the margins the result is the nearest to the base weights by
    ``Σ w log(w/base) − w + base``. It runs on the table of margin cells.

    Parameters
    ----------
    responses : DataFrame
        One row a respondent.
    margins : mapping
        Column, or tuple of columns for a joint margin, → Series or mapping of level → number of
        customers, or share of them (values that sum to 1). `margins_of` makes it from a frame.
    base : str or Series, optional
        Weights to start from, positive; without, all respondents start equal.
    total : float, optional
        What the weights shall sum to where all margins are shares; without, the sum of ``base``.
        Margins in numbers of customers already say it.
    tol : float
        Largest gap left at any level, relative to the level's total.
    max_iter : int
        Most rounds over all margins.

    Returns
    -------
    Series
        ``weight`` (float), on the index of ``responses``.

    Raises
    ------
    ValueError
        For margins that disagree in total; a level that only the sample or only the population
        has, or whose total is 0 while the sample has it; missing values; base weights that are
        missing, zero or negative; totals or weights that are not 0 and lie outside 1e-60 to 1e60.
    ConvergenceError
        If the margins cannot be met, or not within ``max_iter`` rounds.

    Notes
    -----
    Deming and Stephan (1940); Deville, Särndal and Sautory (1993). Equal to R's
    ``survey::rake(design, ..., control = list(epsilon = 1e-12))``.

    Examples
    --------
    >>> df = pd.DataFrame({"region": ["N", "N", "S"], "tier": ["A", "B", "A"]})
    >>> weights = rake(df, {"region": {"N": 60, "S": 40}, "tier": {"A": 70, "B": 30}})
    >>> weights.round(6).tolist()
    [30.0, 30.0, 40.0]
    """
    refuse_empty(responses, "responses")
    check_number(tol, "tol", above=0)
    check_number(max_iter, "max_iter", above=0, whole=True)
    weights = read_weights(base, responses)
    whole = float(len(responses)) if weights is None else float(weights.sum())
    read = read_margins(margins, total=total, base=whole)
    cells = find_cells(
        responses, list(dict.fromkeys(c for m in read for c in m.columns)), "margins"
    )
    matched = [match(margin, cells) for margin in read]
    factors = _fit(cells.sums(weights), matched, read, cells, tol, max_iter)
    values = cells.expand(factors)
    if weights is not None:
        values *= weights
    return pd.Series(values, index=responses.index, name="weight")


def poststratify(
    responses: pd.DataFrame,
    margins: Margins | pd.Series | Mapping,
    *,
    by: Sequence[str] = (),
    base: Base = None,
    total: float | None = None,
) -> pd.Series:
    """Scale the weights of each poststratum to its number of customers.

    ``weight = base · N_h / Σ base`` over the respondents of the poststratum h.

    Parameters
    ----------
    responses : DataFrame
        One row a respondent.
    margins : mapping or Series
        One margin as in `rake`: ``{column: totals}`` or ``{(column, column): totals}``. With
        ``by``: the totals themselves, a Series or mapping of level (or tuple of levels) → number
        of customers or share.
    by : sequence of str
        The columns that form the poststrata, where ``margins`` holds their totals only.
    base : str or Series, optional
        Weights to start from, positive; without, all respondents start equal.
    total : float, optional
        What the weights shall sum to where ``margins`` holds shares; without, the sum of ``base``.

    Returns
    -------
    Series
        ``weight`` (float), on the index of ``responses``.

    Raises
    ------
    ValueError
        As `rake`, and for more than one margin.

    Notes
    -----
    Holt and Smith (1979). Equal to R's ``survey::postStratify``.

    Examples
    --------
    >>> df = pd.DataFrame({"region": ["N", "N", "S"]})
    >>> poststratify(df, {"region": {"N": 60, "S": 40}}).tolist()
    [30.0, 30.0, 40.0]
    """
    if isinstance(by, str) or by:
        columns = listed(by, "by")
        for name in columns:
            column_of(responses, name, "by")
        margins = {columns[0] if len(columns) == 1 else tuple(columns): margins}
    if not isinstance(margins, Mapping) or len(margins) != 1:
        raise ValueError(
            "margins: expected one margin, for example {'region': totals} or "
            "{('region', 'tier'): totals}, or totals together with by=; several margins are raked"
        )
    return rake(responses, margins, base=base, total=total)


def _fit(
    sums: np.ndarray,
    matched: list[tuple[np.ndarray, np.ndarray]],
    margins: list[Margin],
    cells: Cells,
    tol: float,
    max_iter: int,
) -> np.ndarray:
    """Give each cell's factor."""
    # Every later margin moves the earlier ones by up to the tolerance again.
    small = tol / len(matched)
    fitted = sums.copy()
    for _ in range(max_iter):
        moved = 0.0
        for codes, totals in matched:
            ratios = totals / np.bincount(codes, weights=fitted, minlength=len(totals))
            moved = max(moved, float(np.abs(ratios - 1).max()))
            fitted *= ratios[codes]
        if moved <= small or len(matched) == 1:
            return fitted / sums
        if not np.isfinite(moved):
            break
    gap, margin, level = largest_gap(fitted, matched, margins, cells)
    why = explain(matched, cells)
    raise ConvergenceError(
        f"rake: no weights met the margins in {max_iter} rounds; the largest gap left is {gap:.3g} "
        f"of the total, at {margin}={level!r}; {why}"
    )


def largest_gap(
    fitted: np.ndarray,
    matched: list[tuple[np.ndarray, np.ndarray]],
    margins: list[Margin],
    cells: Cells,
) -> tuple[float, str, object]:
    """Find the level that is furthest from its total: relative gap, margin, level."""
    worst: tuple[float, str, object] = (-1.0, "", None)
    for (codes, totals), margin in zip(matched, margins, strict=True):
        gaps = np.abs(np.bincount(codes, weights=fitted, minlength=len(totals)) / totals - 1)
        gaps = np.where(np.isfinite(gaps), gaps, np.inf)
        place = int(np.argmax(gaps))
        if gaps[place] > worst[0]:
            _, levels = cells.combinations(margin.columns)
            level = levels[place]
            worst = (float(gaps[place]), margin.name, level[0] if len(level) == 1 else level)
    return worst


def explain(matched: list[tuple[np.ndarray, np.ndarray]], cells: Cells) -> str:
    """Say whether any positive weights could meet the margins, by a linear programme."""
    if cells.count > _SMALL:
        return "merge small levels, take fewer margins, or allow more rounds"
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, eye_array, hstack, vstack

    number = np.arange(cells.count)
    met = vstack(
        [
            coo_array((np.ones(cells.count), (codes, number)), shape=(len(totals), cells.count))
            for codes, totals in matched
        ]
    )
    goal = np.concatenate([totals for _, totals in matched]) / matched[0][1].sum()
    # The last unknown is the least that any cell holds: below 0 no table exists at all.
    least = coo_array(np.ones((cells.count, 1)))
    above = hstack([-eye_array(cells.count), least])
    found = linprog(
        np.r_[np.zeros(cells.count), -1.0],
        A_ub=above,
        b_ub=np.zeros(cells.count),
        A_eq=hstack([met, coo_array(np.zeros((len(goal), 1)))]),
        b_eq=goal,
        bounds=(None, 1),
    )
    if found.status != 0 or found.x[-1] < -1e-9:
        return (
            "no weights at all can meet them, because the combinations that the sample lacks "
            "would have to hold customers: merge levels or drop a margin"
        )
    if found.x[-1] < 1e-9:
        empty = int(np.argmin(found.x[:-1]))
        at = ", ".join(f"{n}={cells.levels[n][c[empty]]!r}" for n, c in cells.codes.items())
        return (
            "they can only be met with a weight of 0 where the sample has respondents "
            f"({at}): merge levels or drop a margin"
        )
    return "positive weights that meet them exist: allow more rounds"
