"""Whether items have enough in common to look for factors: Kaiser, Meyer and Olkin; Bartlett."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.scales.usable import usable

__all__ = ["bartlett", "kmo"]


def kmo(items: pd.DataFrame, *, weights: pd.Series | None = None) -> pd.DataFrame:
    r"""Measure the sampling adequacy of items for a factor analysis, together and each.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, at least two numeric columns. Rows with an answer to every item
        count.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count.

    Returns
    -------
    DataFrame
        First the row of all items together, then one an item: ``level`` (``overall`` or
        ``item``), ``item`` (missing in the first row), ``kmo`` (0 to 1), ``n`` rows that count,
        ``n_eff`` (Kish), ``reason`` why there is no value: ``too_few_rows`` (not more rows than
        items), ``no_variation``, ``copy`` (an item repeats another), ``other_item`` (another item
        is unusable), ``singular``, ``uncorrelated`` (nothing to divide by).

    Raises
    ------
    ValueError
        For items or weights that cannot be read.

    Notes
    -----
    :math:`\mathrm{KMO} = \sum r_{jk}^2 / (\sum r_{jk}^2 + \sum a_{jk}^2)` over pairs of different
    items, :math:`a` the correlation of two items given all others; over the pairs of one item for
    that item. Kaiser, H. (1974), An index of factorial simplicity, Psychometrika 39. Equal to
    ``psych::KMO``.

    Examples
    --------
    >>> rows = [[1, 2, 1], [2, 3, 3], [3, 3, 2], [4, 5, 5], [5, 4, 4], [2, 1, 2]]
    >>> kmo(pd.DataFrame(rows, columns=["a", "b", "c"]))["kmo"].round(2).tolist()
    [0.75, 0.82, 0.74, 0.69]
    """
    read = usable(items, weights, caller="kmo")
    p = len(read.names)
    values, reasons = np.full(p + 1, np.nan), [read.reason, *read.reasons]
    if read.reason is None:
        inverse = np.linalg.inv(read.matrix)
        scale = np.sqrt(np.diag(inverse))
        different = ~np.eye(p, dtype=bool)
        together = (read.matrix**2 * different).sum(axis=0)
        alone = ((inverse / np.outer(scale, scale)) ** 2 * different).sum(axis=0)
        above = np.array([together.sum(), *together])
        below = above + np.array([alone.sum(), *alone])
        something = below > 1e-20
        values[something] = above[something] / below[something]
        if p == 2:
            # What is left of two items given no others is their correlation: rounding decides not.
            values[something] = 0.5
        reasons = [None if some else "uncorrelated" for some in something]
    return pd.DataFrame(
        {
            "level": pd.Series(["overall"] + ["item"] * p, dtype="str"),
            "item": pd.Series([None, *read.names], dtype="str"),
            "kmo": pd.Series(values, dtype="Float64"),
            "n": pd.Series([read.n] * (p + 1), dtype="Int64"),
            "n_eff": pd.Series([read.n_eff] * (p + 1), dtype="Float64"),
            "reason": pd.Series(reasons, dtype="str"),
        }
    )


def bartlett(items: pd.DataFrame, *, weights: pd.Series | None = None) -> pd.DataFrame:
    r"""Test whether items are uncorrelated with each other (Bartlett's test of sphericity).

    Parameters
    ----------
    items : DataFrame
        One row a respondent, at least two numeric columns. Rows with an answer to every item
        count.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count. With
        unequal weights Kish's effective number stands for the number of rows.

    Returns
    -------
    DataFrame
        One row: ``statistic`` (chi-square), ``df``, ``p``, ``items``, ``n``, ``n_eff``,
        ``reason`` as in `kmo`.

    Raises
    ------
    ValueError
        For items or weights that cannot be read.

    Notes
    -----
    :math:`\chi^2 = -\log|R|\,(n - 1 - (2p+5)/6)` with p(p−1)/2 degrees of freedom, exact only for
    normal answers. Bartlett, M. (1951), The effect of standardization on a chi-square
    approximation in factor analysis, Biometrika 38. Equal to ``psych::cortest.bartlett``.

    Examples
    --------
    >>> rows = [[1, 2, 1], [2, 3, 3], [3, 3, 2], [4, 5, 5], [5, 4, 4], [2, 1, 2]]
    >>> bartlett(pd.DataFrame(rows, columns=["a", "b", "c"]))[["df", "n"]].values.tolist()
    [[3.0, 6]]
    """
    from scipy import special

    read = usable(items, weights, caller="bartlett")
    p = len(read.names)
    df = p * (p - 1) / 2
    factor = read.n_eff - 1 - (2 * p + 5) / 6
    reason = read.reason or (None if factor > 0 else "too_few_rows")
    statistic = np.nan
    if reason is None:
        statistic = max(-np.linalg.slogdet(read.matrix)[1] * factor, 0.0)
    table = pd.DataFrame(
        {
            "statistic": [statistic],
            "df": [df if reason is None else np.nan],
            "p": [special.chdtrc(df, statistic) if reason is None else np.nan],
        },
        dtype="Float64",
    )
    return table.assign(
        items=pd.Series([p], dtype="Int64"),
        n=pd.Series([read.n], dtype="Int64"),
        n_eff=pd.Series([read.n_eff], dtype="Float64"),
        reason=pd.Series([reason], dtype="str"),
    )
