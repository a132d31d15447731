"""Exploratory factor analysis: which items go together, without naming dimensions beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.scales.arguments import check_seed, check_whole
from csatlib.scales.factors import METHODS, Extraction, extract
from csatlib.scales.retention import counted, most_factors
from csatlib.scales.rotations import ROTATIONS, Rotated, rotate
from csatlib.scales.usable import Items, usable

__all__ = ["Exploration", "explore"]


@dataclass(frozen=True)
class Exploration:
    """What an exploratory factor analysis found, as tables that carry n and reasons.

    Attributes
    ----------
    loadings : DataFrame
        One row an item and factor: ``item``, ``factor`` (F1 explains most), ``loading``, ``n``,
        ``n_eff``, ``reason``.
    items : DataFrame
        One row an item: ``item``, ``communality``, ``uniqueness``, ``factor`` (of its largest
        loading), ``complexity`` (Hofmann: 1 where it loads on one factor only), ``n``, ``n_eff``,
        ``reason`` (``heywood``: its uniqueness stands at the lower bound, so the solution is
        suspect; the codes of `number_of_factors` and ``other_item`` where there are no values).
    factors : DataFrame
        One row a factor: ``factor``, ``sum_of_squares``, ``share`` (of the items' variance),
        ``cumulative``, ``n``, ``n_eff``, ``reason``.
    correlations : DataFrame
        One row a pair of factors: ``factor``, ``other``, ``correlation``, ``n``, ``n_eff``,
        ``reason``.
    fit : DataFrame
        One row a ``measure``: ``rmsr`` (root mean square of the residual correlations) and for
        maximum likelihood ``chisq``, ``df``, ``p``; ``value``, ``n``, ``n_eff``, ``reason``
        (``not_ml``, ``saturated``).
    chosen : int or None
        How many factors were extracted.
    reason : str or None
        Why there are no loadings, or ``heywood``.
    """

    loadings: pd.DataFrame
    items: pd.DataFrame
    factors: pd.DataFrame
    correlations: pd.DataFrame
    fit: pd.DataFrame
    chosen: int | None
    reason: str | None


def explore(
    items: pd.DataFrame,
    *,
    factors: int | None = None,
    method: str = "minres",
    rotation: str = "oblimin",
    correlation: str = "pearson",
    weights: pd.Series | None = None,
    seed: int,
) -> Exploration:
    """Look for the factors behind items.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, at least three numeric columns. Rows with an answer to every item
        count.
    factors : int, optional
        How many; without it the number that `number_of_factors` recommends.
    method : {"minres", "ml", "principal_axis"}
        See ``csatlib.scales.factors.extract``.
    rotation : {"oblimin", "promax", "varimax", "none"}
        ``oblimin`` (quartimin) and ``promax`` (power 4) let the factors correlate, as dimensions
        of satisfaction do; ``varimax`` does not.
    correlation : {"pearson", "polychoric"}
        ``polychoric`` treats the answers as ordered categories.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count.
    seed : int
        For the random starts of oblimin and the number of factors.

    Returns
    -------
    Exploration
        ``loadings``, ``items``, ``factors``, ``correlations``, ``fit``, ``chosen``, ``reason``.
        Factors are sorted by what they explain; each points so that its loadings do not sum to
        less than 0.

    Raises
    ------
    ValueError
        For unknown options, items or weights that cannot be read, and more factors than the
        items can identify.

    Notes
    -----
    The chi-square of maximum likelihood has Bartlett's correction,
    n − 1 − (2p+5)/6 − 2k/3, as ``stats::factanal`` has; with unequal weights n is Kish's
    effective number. Loadings of oblique rotations are pattern coefficients.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = rng.normal(size=(300, 2)).repeat(3, axis=1)
    >>> items = pd.DataFrame(common + 0.7 * rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = explore(items, seed=0)
    >>> found.chosen, found.items["factor"].tolist()
    (2, ['F2', 'F2', 'F2', 'F1', 'F1', 'F1'])
    """
    if method not in METHODS:
        raise ValueError(f"explore: expected method to be one of {METHODS}, found {method!r}")
    if rotation not in ROTATIONS:
        raise ValueError(f"explore: expected rotation to be one of {ROTATIONS}, found {rotation!r}")
    check_seed("explore", seed)
    if factors is not None:
        check_whole("explore", "factors", factors, least=1)
    read = usable(items, weights, caller="explore", kind=correlation, at_least=3)
    most = most_factors(len(read.names))
    if factors is not None and factors > most:
        raise ValueError(
            f"explore: expected 1 to {most} factors of {len(read.names)} items, found {factors}"
        )
    if read.reason is not None:
        return _nothing(read, factors, read.reason)
    if factors is None:
        number = counted(read, seed=seed)
        if not number.recommended:
            return _nothing(read, number.recommended, str(number.reason))
        factors = number.recommended
    found = extract(read.matrix, factors, method=method)
    rotated = rotate(found.loadings, rotation, seed=seed)
    if not (found.converged and rotated.converged):
        return _nothing(read, factors, "no_convergence")
    return _something(read, found, rotated, method)


def _something(read: Items, found: Extraction, rotated: Rotated, method: str) -> Exploration:
    p, k = rotated.loadings.shape
    names = [f"F{number}" for number in range(1, k + 1)]
    squares = rotated.loadings**2
    explained = np.diag(rotated.correlations @ rotated.loadings.T @ rotated.loadings)
    communality = (found.loadings**2).sum(axis=1)
    pairs = [(a, b) for a in range(k) for b in range(a + 1, k)]
    reasons = ["heywood" if suspect else None for suspect in found.heywood]
    loadings = {
        "item": np.repeat(read.names, k),
        "factor": names * p,
        "loading": rotated.loadings.ravel(),
        "reason": np.repeat(np.array(reasons, dtype=object), k),
    }
    by_item = {
        "item": read.names,
        "communality": communality,
        "uniqueness": 1 - communality,
        "factor": [names[j] for j in np.abs(rotated.loadings).argmax(axis=1)],
        "complexity": squares.sum(axis=1) ** 2 / (squares**2).sum(axis=1).clip(1e-300),
        "reason": reasons,
    }
    by_factor = {
        "factor": names,
        "sum_of_squares": explained,
        "share": explained / p,
        "cumulative": np.cumsum(explained) / p,
        "reason": None,
    }
    correlations = {
        "factor": [names[a] for a, _ in pairs],
        "other": [names[b] for _, b in pairs],
        "correlation": [rotated.correlations[a, b] for a, b in pairs],
        "reason": None,
    }
    tables = (loadings, by_item, by_factor, correlations, _fit(read, found, method))
    reason = "heywood" if found.heywood.any() else None
    return Exploration(*(_table(read, table) for table in tables), chosen=k, reason=reason)


def _fit(read: Items, found: Extraction, method: str) -> dict[str, object]:
    from scipy import special

    p, k = found.loadings.shape
    left = read.matrix - found.loadings @ found.loadings.T
    rmsr = np.sqrt(np.mean(left[np.tril_indices(p, -1)] ** 2))
    df = ((p - k) ** 2 - (p + k)) / 2
    n = read.n_eff - 1 - (2 * p + 5) / 6 - 2 * k / 3
    reason = "not_ml" if method != "ml" else "too_few_rows" if n <= 0 else None
    chisq = np.nan if reason else found.criterion * n
    reasons = [None, reason, reason, reason or ("saturated" if df == 0 else None)]
    return {
        "measure": ["rmsr", "chisq", "df", "p"],
        "value": [
            rmsr,
            chisq,
            np.nan if reason else df,
            np.nan if reasons[3] else special.chdtrc(df, chisq),
        ],
        "reason": reasons,
    }


def _nothing(read: Items, factors: int | None, reason: str) -> Exploration:
    p = len(read.names)
    reasons = [code or reason for code in read.reasons]
    none = [np.nan] * p
    loadings = {"item": read.names, "factor": None, "loading": none, "reason": reasons}
    by_item = {
        "item": read.names,
        "communality": none,
        "uniqueness": none,
        "factor": None,
        "complexity": none,
        "reason": reasons,
    }
    columns = ("factor", "sum_of_squares", "share", "cumulative", "reason")
    by_factor: dict[str, object] = {name: [] for name in columns}
    correlations: dict[str, object] = {name: [] for name in ("factor", "other", "correlation")}
    correlations["reason"] = []
    fit = {"measure": ["rmsr", "chisq", "df", "p"], "value": [np.nan] * 4, "reason": reason}
    tables = (loadings, by_item, by_factor, correlations, fit)
    return Exploration(*(_table(read, table) for table in tables), chosen=factors, reason=reason)


_TEXT = ("item", "factor", "other", "measure", "reason")


def _table(read: Items, columns: dict[str, object]) -> pd.DataFrame:
    table = pd.DataFrame({name: v for name, v in columns.items() if name != "reason"})
    table = table.assign(n=read.n, n_eff=read.n_eff, reason=columns["reason"])
    dtypes = {name: "str" if name in _TEXT else "Float64" for name in table.columns}
    return table.astype({**dtypes, "n": "Int64"})
