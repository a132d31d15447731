"""After a measure against the quarters before its trigger, where quarters move by themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.actions.linear import cell_means, contrast, spread
from csatlib.actions.stacking import AFTER, BEFORE, HISTORY, Stack

__all__ = ["Prior", "customers_prior", "group_prior"]


@dataclass(frozen=True)
class Prior:
    """What after shows against history; ``series`` where its error is that of quarters."""

    n_before: int = 0
    n_after: int = 0
    n_control: int = 0
    before: float = np.nan
    after: float = np.nan
    estimate: float = np.nan
    variance: float = np.nan
    df: float = np.nan
    series: bool = False
    reason: str | None = None


def group_prior(stack: Stack) -> Prior:
    r"""Set a whole group's quarters after against its history, less the same of other groups.

    The means of groups and quarters follow y = α(group) + γ(quarter) + shock + sampling error; the
    quarter's γ is left out without other groups. The shocks of groups are estimated from the
    residuals of all cells but those after the measure, the trigger quarter left out altogether,
    for it was chosen. The residuals hold shock and sampling error together; where sampling errors
    after are larger than theirs, the difference is added.
    """
    stack = stack.keep(stack.wave != BEFORE)
    mine = {w: stack.where(w, reached=True) for w in (HISTORY, AFTER)}
    counts = {w: int(rows.sum()) for w, rows in mine.items()}
    shape = {"n_before": counts[HISTORY], "n_after": counts[AFTER], "series": True}
    if not counts[HISTORY] or not counts[AFTER]:
        return Prior(**shape, reason="no_history" if counts[AFTER] else "empty")
    time = np.unique(stack.wave * (stack.quarter.max() + 1) + stack.quarter, return_inverse=True)[1]
    group = np.where(stack.reached, 0, stack.group + 1)
    groups = np.unique(group, return_inverse=True)[1]
    times, late = time.max() + 1, np.zeros(time.max() + 1, dtype=bool)
    late[time[stack.wave == AFTER]] = True
    cell = groups * times + time
    count = (groups.max() + 1) * times
    unit = stack.unit if stack.cluster is None else stack.cluster
    n, mean, variance = cell_means(stack.value, stack.weight, cell, count, unit, stack.stratum)
    of_group, of_time = np.divmod(np.arange(count), times)
    there = n >= 2
    target = there & (of_group == 0) & late[of_time]
    fitted = there & ~((of_group == 0) & late[of_time])
    shape["n_control"] = int((stack.where(AFTER, reached=False)).sum())
    found = _against(mean, variance, of_group, of_time, fitted, target)
    if isinstance(found, str):
        return Prior(**shape, reason=found)
    estimate, spent, df = found
    before, after = (
        float(np.average(stack.value[rows], weights=stack.weight[rows])) for rows in mine.values()
    )
    told = shape | {"before": before, "after": after, "estimate": estimate}
    if not spent > 1e-24:
        return Prior(**told, reason="no_variation")
    return Prior(**told, variance=spent, df=df)


def _against(
    mean: np.ndarray,
    variance: np.ndarray,
    of_group: np.ndarray,
    of_time: np.ndarray,
    fitted: np.ndarray,
    target: np.ndarray,
) -> tuple[float, float, float] | str:
    """Predict the cells after the measure from all others, or say why that cannot be done."""
    others = np.unique(of_group[fitted & (of_group > 0)])
    layout = np.column_stack(
        [of_group == one for one in np.unique(of_group)]
        + ([of_time == one for one in np.unique(of_time)] if len(others) else [])
    ).astype(float)
    x = layout[fitted]
    # A quarter in which nothing else was asked has nothing to be compared with.
    inverse = np.linalg.pinv(x)
    reachable = np.abs(layout - layout @ inverse @ x).max(axis=1) < 1e-8
    target = target & reachable
    if not target.any():
        return "no_comparison"
    wanted = layout[target].mean(axis=0)
    line = wanted @ inverse
    estimate = float(mean[target].mean() - line @ mean[fitted])
    keeper = np.eye(len(x)) - x @ inverse
    df = round(float(np.trace(keeper)))
    if df < 1:
        return "few_quarters"
    residual = keeper @ mean[fitted]
    square = float(residual @ residual) / df
    scale = 1 / target.sum() + float(line @ line)
    typical = float(np.diag(keeper) @ variance[fitted]) / df
    sampling = float(variance[target].sum() / target.sum() ** 2 + line**2 @ variance[fitted])
    beyond = sampling - typical * scale
    # Sampling errors that are smaller after are not taken off: the result could fall below them.
    # Nor are they a floor: residuals that are small by chance belong to the t of so few quarters,
    # and with a floor below them intervals without shocks would hold almost always.
    return estimate, square * scale + max(beyond, 0.0), float(df)


def customers_prior(stack: Stack) -> Prior:
    """Set the after of customers who were chosen one by one against their own earlier answers.

    With others who were asked as early and as late, the difference of both changes: a quarter's
    shock is theirs too. Without, the quarters of these customers are a series as of a group.
    """
    late, early = (
        {side: np.unique(stack.unit[stack.where(w, reached=side) & stack.known]) for side in sides}
        for w, sides in ((AFTER, (True, False)), (HISTORY, (True, False)))
    )
    both = {side: np.intersect1d(late[side], early[side]) for side in (True, False)}
    kept = np.isin(stack.unit, np.concatenate([both[True], both[False]])) & stack.known
    if len(both[True]) < 2:
        return Prior(reason="no_history", n_after=len(both[True]))
    own = stack.keep(kept)
    if len(both[False]) < 2:
        return group_prior(own.keep(own.reached))
    own = own.keep(own.wave != BEFORE)
    side = own.reached.astype(int)
    sizes = [
        np.bincount(own.unit[own.wave == w], minlength=own.unit.max() + 1) for w in (HISTORY, AFTER)
    ]
    counted = np.where(own.wave == AFTER, sizes[1][own.unit], sizes[0][own.unit])
    signed = np.where(own.wave == AFTER, 1.0, -1.0) * own.value / counted
    units, first, at = np.unique(own.unit, return_index=True, return_inverse=True)
    change = np.bincount(at, weights=signed)
    weight = np.bincount(at, weights=own.weight) / np.bincount(at)
    cells = side[first]
    estimate, influence, means = contrast(change, weight, cells, np.array([-1.0, 1.0]))
    extra = [None if one is None else one[first] for one in (own.cluster, own.stratum)]
    spent, df = spread(influence, units, cells, *extra)
    treated = own.where(HISTORY, reached=True)
    before = float(np.average(own.value[treated], weights=own.weight[treated]))
    return Prior(
        n_before=len(both[True]),
        n_after=len(both[True]),
        n_control=len(both[False]),
        before=before,
        after=before + float(means[1]),
        estimate=estimate,
        variance=spent if spent > 1e-24 else np.nan,
        df=df,
        reason=None if spent > 1e-24 else "no_variation",
    )
