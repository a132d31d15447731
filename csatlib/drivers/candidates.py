"""What each candidate driver is worth: its answers, what it repeats, what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from csatlib.drivers.collinearity import inflation, unit_columns
from csatlib.drivers.elastic_net import cross_validated, read_products, stability
from csatlib.estimates.adjusting import adjust_p
from csatlib.estimates.moments import Survey

__all__ = [
    "Candidates",
    "Found",
    "Rules",
    "associations",
    "describe",
    "leave_dependent",
    "leave_inflated",
    "leave_silent",
    "leave_sparse",
]

#: Below this share of a driver's variance is left by the others: it is a sum of them.
_EXACT = 1e-10
#: Units are put together at random beyond this many, to bound memory.
_UNITS = 1_000
#: Correlations that are all but 1: the same answers, on another scale at most.
_SAME = 1 - 1e-10


@dataclass(frozen=True)
class Rules:
    """Where each rule begins, as `csatlib.drivers.screen` explains them."""

    max_missing: float
    max_common: float
    max_correlation: float
    max_vif: float
    min_frequency: float
    alpha: float


@dataclass(frozen=True)
class Candidates:
    """Outcome and drivers as numbers, rows that count only, and their survey."""

    names: list[str]
    y: np.ndarray
    x: np.ndarray
    weight: np.ndarray
    units: np.ndarray
    survey: Survey
    rows: np.ndarray


@dataclass(frozen=True)
class Found:
    """What is known of each candidate, one entry each; ``reason`` is empty while it may stay."""

    reason: list[str]
    n: np.ndarray
    missing: np.ndarray
    common: np.ndarray
    correlation: np.ndarray
    partner: list[str | None]
    vif: np.ndarray
    net: np.ndarray
    frequency: np.ndarray
    bound: float

    def staying(self) -> list[int]:
        """List the candidates that no rule has left out so far."""
        return [j for j, reason in enumerate(self.reason) if not reason]


def describe(data: Candidates) -> Found:
    """Describe each candidate's answers, with no rule applied yet."""
    many = len(data.names)
    answered = ~np.isnan(data.x)
    total = data.weight.sum()
    missing = np.full(many, np.nan)
    if total > 0:
        missing = 1 - (data.weight @ answered) / total
        missing = np.where(answered.all(axis=0), 0.0, missing)
    nothing = np.full(many, np.nan)
    correlation, partner = _largest_correlations(data)
    return Found(
        reason=[""] * many,
        n=answered.sum(axis=0),
        missing=missing,
        common=np.array([_commonest(data, j) for j in range(many)]),
        correlation=correlation,
        partner=partner,
        vif=nothing,
        net=nothing,
        frequency=nothing,
        bound=float("nan"),
    )


def _commonest(data: Candidates, j: int) -> float:
    answered = ~np.isnan(data.x[:, j])
    if not answered.any():
        return float("nan")
    _, code = np.unique(data.x[answered, j], return_inverse=True)
    mass = np.bincount(code, weights=data.weight[answered])
    return 1.0 if len(mass) == 1 else float(mass.max() / mass.sum())


def _correlation(a: np.ndarray, b: np.ndarray, weight: np.ndarray) -> float:
    """Give the weighted correlation over the rows that have both; NaN where one does not vary."""
    both = ~np.isnan(a) & ~np.isnan(b)
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return float("nan")
    share = weight[both] / weight[both].sum()
    a, b = a[both] - share @ a[both], b[both] - share @ b[both]
    size = np.sqrt(share @ (a * a)) * np.sqrt(share @ (b * b))
    return float(np.clip(share @ (a * b) / size, -1, 1)) if size > 0 else float("nan")


def _pairs(data: Candidates) -> np.ndarray:
    many = len(data.names)
    found = np.full((many, many), np.nan)
    for i in range(many):
        for j in range(i):
            found[i, j] = found[j, i] = _correlation(data.x[:, i], data.x[:, j], data.weight)
    return found


def _largest_correlations(data: Candidates) -> tuple[np.ndarray, list[str | None]]:
    pairs = _pairs(data)
    sizes = np.where(np.isnan(pairs), -1.0, np.abs(pairs))
    at = sizes.argmax(axis=1)
    known = sizes.max(axis=1) >= 0
    value = np.where(known, pairs[np.arange(len(at)), at], np.nan)
    return value, [data.names[k] if ok else None for k, ok in zip(at, known, strict=True)]


def associations(data: Candidates) -> pd.DataFrame:
    """Correlate each driver with the outcome; p is that of the slope under the design."""
    rows = []
    for column in data.x.T:
        value = _correlation(column, data.y, data.weight)
        rows.append((value, _slope_p(data, column) if not np.isnan(value) else np.nan))
    table = pd.DataFrame(rows, columns=["association", "p"], dtype=float)
    return table.assign(p_adjusted=adjust_p(table["p"].to_numpy(), "holm"))


def _slope_p(data: Candidates, column: np.ndarray) -> float:
    """Test the slope of the outcome on one driver by its linearised variance."""
    both = ~np.isnan(column)
    w, x, y = data.weight[both], column[both], data.y[both]
    share = w / w.sum()
    x, y = x - share @ x, y - share @ y
    square = share @ (x * x)
    slope = share @ (x * y) / square
    residual = y - slope * x
    influence, valid = np.zeros(len(data.rows)), np.zeros(len(data.rows), dtype=bool)
    at = np.flatnonzero(data.rows)[both]
    influence[at], valid[at] = share * x * residual / square, True
    moments = data.survey.linear(influence, np.array([slope]), valid)
    variance, df = float(moments.variance[0]), float(moments.df[0]) - 1
    if not df >= 1 or not np.isfinite(variance):
        return float("nan")
    if share @ (residual * residual) <= _EXACT * (share @ (y * y)):
        return 0.0
    return float(2 * stats.t.sf(abs(slope) / np.sqrt(variance), df)) if variance > 0 else np.nan


# ---- the rules -----------------------------------------------------------------------------------


def leave_sparse(found: Found, rules: Rules) -> Found:
    """Leave out what too few answered, and what nearly all answered alike."""
    reason = list(found.reason)
    for j in range(len(reason)):
        if found.n[j] == 0 or found.missing[j] > rules.max_missing:
            reason[j] = "missing"
        elif found.common[j] >= rules.max_common:
            reason[j] = "near_constant"
    return replace(found, reason=reason)


def leave_dependent(data: Candidates, found: Found, rules: Rules) -> Found:
    """Leave out what repeats a driver named earlier, or a sum of them."""
    reason = list(found.reason)
    kept: list[int] = []
    for j in found.staying():
        sizes = [abs(_correlation(data.x[:, j], data.x[:, k], data.weight)) for k in kept]
        # A correlation that cannot be had is none.
        largest = max(range(len(kept)), key=lambda i: np.nan_to_num(sizes[i]), default=None)
        size = 0.0 if largest is None else sizes[largest]
        if size >= _SAME:
            reason[j] = f"duplicate_of {data.names[kept[largest]]}"
        elif size >= rules.max_correlation:
            reason[j] = f"collinear_with {data.names[kept[largest]]}"
        elif parts := _parts(data, j, kept):
            reason[j] = f"collinear_with {' + '.join(data.names[k] for k in parts)}"
        else:
            kept.append(j)
    return replace(found, reason=reason)


def _complete(data: Candidates, columns: list[int]) -> np.ndarray:
    return ~np.isnan(data.x[:, columns]).any(axis=1)


def _standardised(data: Candidates, columns: list[int]) -> np.ndarray:
    """Give the complete rows of some drivers, centred, of unit norm under the weights."""
    rows = _complete(data, columns)
    return unit_columns(data.x[np.ix_(rows, columns)], data.weight[rows])


def _parts(data: Candidates, j: int, kept: list[int]) -> list[int]:
    """Name the drivers that add up to driver j exactly, where there are rows enough to tell."""
    if not kept:
        return []
    x = _standardised(data, [*kept, j])
    if len(x) < len(kept) + 3:
        return []
    coefficients, *_ = np.linalg.lstsq(x[:, :-1], x[:, -1], rcond=None)
    residual = x[:, -1] - x[:, :-1] @ coefficients
    if residual @ residual > _EXACT:
        return []
    return [k for k, b in zip(kept, coefficients, strict=True) if abs(b) > 1e-6]


def leave_inflated(data: Candidates, found: Found, rules: Rules) -> Found:
    """Leave out the driver that the others foretell best, until none is foretold too well."""
    reason, vif = list(found.reason), np.full(len(data.names), np.nan)
    staying = found.staying()
    if not staying:
        return found
    factors = vif[staying] = inflation(_standardised(data, staying))
    while len(staying) > 1 and (factors > rules.max_vif).any():
        worst = max(range(len(staying)), key=lambda i: (round(factors[i], 6), i))
        reason[staying.pop(worst)] = "high_vif"
        factors = inflation(_standardised(data, staying))
    return replace(found, reason=reason, vif=vif)


def leave_silent(
    data: Candidates,
    found: Found,
    tested: pd.DataFrame,
    rules: Rules,
    ways: tuple[float, int, int],
    rng: np.random.Generator,
) -> Found:
    """Run net and half samples over what is left, and leave out what nothing speaks for."""
    mix, folds, halves = ways
    staying = found.staying()
    if not staying:
        return found
    rows = _complete(data, staying)
    y, x = data.y[rows], data.x[np.ix_(rows, staying)]
    units, count = _blocks(data.units[rows], rng)
    if count < 4 or np.ptp(y) == 0 or (np.ptp(x, axis=0) == 0).any():
        return found
    products = read_products(x, y, data.weight[rows], units, count)
    net = cross_validated(products, units, y, mix=mix, folds=min(folds, count), rng=rng)
    chosen, average = stability(products, units, net, pairs=-(-halves // 2), rng=rng)
    coefficients, frequency = (np.full(len(data.names), np.nan) for _ in range(2))
    coefficients[staying], frequency[staying] = net.coefficients, chosen
    reason = list(found.reason)
    for j in staying:
        silent = coefficients[j] == 0 and frequency[j] < rules.min_frequency
        if silent and not tested["p_adjusted"][j] < rules.alpha:
            reason[j] = "not_selected"
    bound = average**2 / ((2 * rules.min_frequency - 1) * len(staying))
    return replace(
        found,
        reason=reason,
        net=coefficients,
        frequency=frequency,
        bound=min(bound, float(len(staying))),
    )


def _blocks(units: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Give the units numbers from 0, very many of them put together at random, evenly."""
    _, numbered = np.unique(units, return_inverse=True)
    count = int(numbered.max()) + 1 if len(numbered) else 0
    if count <= _UNITS:
        return numbered, count
    return (rng.permutation(count) % _UNITS)[numbered], _UNITS
