"""Whether published results rise or fall over the quarters, or differ between them at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from csatlib import schema
from csatlib.estimates.arguments import check_settings
from csatlib.estimates.contrasts import Adjust, check_adjust, with_tests

__all__ = ["trend"]

SLOPE, ANY = "slope per quarter", "any difference between quarters"
_SERIES = ["line", "metric", "item", "level", "group_by", "group"]
_NEEDED = ["quarter", *_SERIES, "n", "df", "estimate", "se", "reason"]


def trend(
    history: pd.DataFrame, *, adjust: Adjust = "holm", conf: float = 0.95, min_quarters: int = 3
) -> pd.DataFrame:
    r"""Fit a line to each published series of quarters and test whether the quarters differ.

    Parameters
    ----------
    history : DataFrame
        Rows of the ``estimates`` table of several quarters, as ``store.history`` gives them; one
        series for each metric, item, level and group of a line. Quarters without an estimate or a
        standard error above 0 are left out; a quarter that is missing counts in time.
    adjust : {"holm", "bonferroni", "bh", "none"}
        How p is adjusted for the number of series, within the slopes and within the tests of any
        difference.
    conf : float
        Confidence of the interval, between 0 and 1.
    min_quarters : int
        Series of fewer usable quarters are not tested; 3 or more.

    Returns
    -------
    DataFrame
        The ``changes`` table (see `change` for its columns), two rows a series, told apart by
        ``contrast``. ``slope per quarter``: ``estimate`` is the change a quarter, with ``se``,
        ``df``, interval, ``statistic`` (t) and ``p``. ``any difference between quarters``:
        ``statistic`` is chi-square on ``df`` degrees of freedom with its ``p``; there is no
        estimate. ``quarter`` is the last one used, ``n`` the smallest base among the quarters
        used, ``n_eff`` NA; ``reason`` is ``few_quarters`` where a series is too short.

    Raises
    ------
    ValueError
        For columns that are not there, a label that is no quarter, a quarter that stands twice in
        a series (keep one revision), or settings out of range.

    Notes
    -----
    Weighted least squares with :math:`w = 1 / \mathrm{se}^2` and x the number of the quarter:
    :math:`b = \sum w (x - \bar x) y / S`, :math:`S = \sum w (x - \bar x)^2`,
    :math:`\mathrm{se} = S^{-1/2}`; :math:`\chi^2 = \sum w (y - \bar y)^2` on k − 1. The degrees of
    freedom of the slope are Satterthwaite's from those of the quarters. The standard errors are
    those of sampling alone: seasons and other real movement around the line are not in them, which
    is what the second test looks for.

    Published results do not say who answered in several quarters, and the quarters are taken as
    independent here. Respondents in several quarters make differences surer than that (where a
    customer's answers resemble each other), so the tests then err towards no finding; `change`
    takes the overlap of two quarters into account.

    Source: Cochran (1954), The combination of estimates from different experiments, *Biometrics*
    10, 101–129; ``lm(y ~ x, weights = 1/se^2)`` of R gives the slope, and its standard error once
    divided by the residual ``sigma``.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> quarters = [
    ...     pd.DataFrame({"quarter": f"2026Q{k}", "overall": [5] * (10 + 8 * k) + [3] * 30})
    ...     for k in (1, 2, 3, 4)
    ... ]
    >>> history = pd.concat([estimates.mean(quarter, "overall") for quarter in quarters])
    >>> table = estimates.trend(history)
    >>> table[["contrast", "df", "estimate", "se", "statistic", "p"]].round(3)
                              contrast      df  estimate     se  statistic      p
    0                slope per quarter  137.14     0.137  0.058      2.368  0.019
    1  any difference between quarters     3.0      <NA>   <NA>       5.69  0.128
    """
    check_settings(conf, 1)
    check_adjust(adjust)
    if not isinstance(min_quarters, int) or isinstance(min_quarters, bool) or min_quarters < 3:
        raise ValueError(f"min_quarters: expected a whole number from 3, found {min_quarters!r}")
    _check_history(history)
    rows = []
    for _, series in history.groupby(_SERIES, sort=False, dropna=False):
        rows.extend(_rows(series, min_quarters))
    if not rows:
        return schema.empty("changes")
    found = pd.DataFrame(rows)
    statistic, p = (found[name].to_numpy(dtype=float) for name in ("statistic", "p"))
    half = special.stdtrit(found["df"].to_numpy(dtype=float), (1 + conf) / 2) * found["se"]
    estimate = found["estimate"]
    table = found.assign(ci_low=estimate - half, ci_high=estimate + half)
    columns = schema.TABLES["estimates"].columns
    table = table.reindex(columns=list(columns)).astype({n: c.dtype for n, c in columns.items()})
    contrasts = [SLOPE, ANY] * (len(found) // 2)
    family = np.arange(len(found)) % 2
    return with_tests(table, contrasts, statistic, p, adjust=adjust, family=family)


def _check_history(history: pd.DataFrame) -> None:
    missing = [name for name in _NEEDED if name not in history.columns]
    if missing:
        raise ValueError(
            f"history: expected rows of the estimates table, found no column {missing}; pass what "
            "store.history('estimates', …) gives"
        )
    for label in history["quarter"].unique():
        schema.Quarter.parse(label)
    key = ["quarter", *_SERIES]
    repeated = history.duplicated(key, keep=False)
    if repeated.any():
        first = history.loc[repeated, ["quarter", "metric", "item"]].iloc[0].to_dict()
        raise ValueError(
            f"history: expected each quarter once in a series, found {int(repeated.sum())} rows "
            f"that repeat one, for example {first}; keep one revision of each quarter"
        )


def _rows(series: pd.DataFrame, min_quarters: int) -> list[dict[str, object]]:
    """Give the slope's row and the row of the test of any difference."""
    numbers = series[["estimate", "se", "df"]].to_numpy(dtype=float, na_value=np.nan)
    usable = np.isfinite(numbers).all(axis=1) & (numbers[:, 1] > 0)
    labels = [schema.Quarter.parse(label) for label in series["quarter"]]
    used = series[usable] if usable.any() else series
    first = {name: series[name].iloc[0] for name in _SERIES}
    first |= {
        "quarter": str(max(q for q, keep in zip(labels, usable, strict=True) if keep))
        if usable.any()
        else str(max(labels)),
        "n": used["n"].min(),
    }
    nothing = dict.fromkeys(["n_eff", "df", "estimate", "se", "statistic", "p"], np.nan)
    if usable.sum() < min_quarters:
        row = {**first, **nothing, "suppressed": False, "reason": "few_quarters"}
        return [row, dict(row)]
    x = np.array([4 * q.year + q.number for q in labels], dtype=float)[usable]
    slope, heterogeneity = _fit(x, *numbers[usable].T)
    told = {**first, **nothing, "suppressed": False, "reason": None}
    return [{**told, **slope}, {**told, **heterogeneity}]


def _fit(
    x: np.ndarray, y: np.ndarray, se: np.ndarray, df: np.ndarray
) -> tuple[dict[str, float], dict[str, float]]:
    weight = 1 / se**2
    centred = x - np.average(x, weights=weight)
    spread = weight @ centred**2
    slope, error = (weight * centred) @ (y - y[0]) / spread, spread**-0.5
    # Each quarter's part of the slope's variance, whose sum is 1/S.
    parts = weight * centred**2 / spread**2
    free = parts.sum() ** 2 / (parts**2 / np.maximum(df, 1)).sum()
    chi_square = weight @ (y - np.average(y, weights=weight)) ** 2
    return (
        {
            "df": free,
            "estimate": slope,
            "se": error,
            "statistic": slope / error,
            "p": 2 * special.stdtr(free, -abs(slope / error)),
        },
        {
            "df": len(x) - 1.0,
            "statistic": chi_square,
            "p": special.chdtrc(len(x) - 1, chi_square),
        },
    )
