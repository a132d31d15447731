"""How far raters give the same scores to the same subjects: the intraclass correlations."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from scipy import special

from csatlib import schema

__all__ = ["intraclass_correlation"]

NAMES = ("icc1", "icc2", "icc3", "icc1k", "icc2k", "icc3k")
#: A mean square that is smaller than this part of all variation is rounding.
_ROUNDING = 1e-14


@dataclass(frozen=True)
class _Squares:
    """Mean squares of subjects, within subjects, of raters and of what is left."""

    n: int
    raters: int
    subjects: float
    within: float
    between_raters: float
    left: float


def intraclass_correlation(ratings: pd.DataFrame, *, conf: float = 0.95) -> pd.DataFrame:
    r"""Estimate the six intraclass correlations of Shrout and Fleiss.

    Parameters
    ----------
    ratings : DataFrame
        One row a subject (an interview, a call), one numeric column a rater. Rows with a missing
        rating do not count.
    conf : float
        Confidence of the two-sided intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``intraclass``, six rows. ``coefficient``: ``icc1`` (each subject has raters of its
        own), ``icc2`` (the raters are a sample; they should give the same score), ``icc3`` (these
        raters only; they should agree but for a constant), and ``icc1k``, ``icc2k``, ``icc3k`` for
        the mean of all raters instead of one. ``n``, complete rows; ``raters``; ``estimate`` with
        ``ci_low`` and ``ci_high``; the test that it is 0: ``f`` with ``df1`` and ``df2``, and
        ``p``. ``reason``, else NA: without a figure ``one_rater``, ``empty``, ``single_unit``
        (fewer than two complete rows), ``no_variation`` (all ratings that count are the same, or
        there is no variation between subjects for a mean of raters to share); without an interval
        ``no_disagreement`` (a figure of 1) and ``no_interval`` (F has no value or is 0, or a
        limit lies where no correlation can).

    Raises
    ------
    ValueError
        For columns that are not numeric, infinite ratings, or ``conf`` out of range.

    Notes
    -----
    With the mean squares of subjects :math:`B`, within subjects :math:`W`, of raters :math:`J`
    and the residual :math:`E`, n subjects and k raters:

    .. math:: \rho_1 = \frac{B - W}{B + (k-1) W}, \quad
        \rho_2 = \frac{B - E}{B + (k-1) E + k (J - E)/n}, \quad
        \rho_3 = \frac{B - E}{B + (k-1) E},

    and for the mean of k raters :math:`(B-W)/B`, :math:`(B-E)/(B + (J-E)/n)`, :math:`(B-E)/B`.
    Intervals: exact from F for 1 and 3, Satterthwaite's for 2.

    Source: Shrout and Fleiss (1979), *Psychological Bulletin* 86, 420–428. It equals
    ``psych::ICC`` of R.

    Examples
    --------
    >>> import pandas as pd
    >>> ratings = pd.DataFrame({"a": [9, 6, 8, 7, 10, 6], "b": [2, 1, 4, 1, 5, 2],
    ...                         "c": [5, 3, 6, 2, 6, 4], "d": [8, 2, 8, 6, 9, 7]})
    >>> intraclass_correlation(ratings)[["coefficient", "estimate"]].round(2)
      coefficient  estimate
    0        icc1      0.17
    1        icc2      0.29
    2        icc3      0.71
    3       icc1k      0.44
    4       icc2k      0.62
    5       icc3k      0.91
    """
    if not isinstance(conf, Real) or not 0 < conf < 1:
        raise ValueError(f"conf: expected a number between 0 and 1, found {conf!r}")
    values = _read(ratings)
    n, raters = values.shape
    reason = _reason(values)
    squares = _mean_squares(values) if reason is None else None
    rows = []
    for name in NAMES:
        figures = _none(reason) if squares is None else _figures(name, squares, conf)
        rows.append((name, n, raters, *figures))
    contract = schema.TABLES["intraclass"].columns
    table = pd.DataFrame(rows, columns=list(contract))
    return table.astype({name: column.dtype for name, column in contract.items()})


def _read(ratings: pd.DataFrame) -> np.ndarray:
    other = [
        str(name)
        for name, dtype in ratings.dtypes.items()
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    ]
    if other:
        raise ValueError(
            f"ratings: expected numeric columns, found others: {', '.join(other)}; turn wordings "
            "into scores first"
        )
    values = ratings.dropna().to_numpy(dtype=float)
    if np.isinf(values).any():
        raise ValueError("ratings: expected finite numbers, found an infinite one")
    return values


def _reason(values: np.ndarray) -> str | None:
    n, raters = values.shape
    if raters < 2:
        return "one_rater"
    if n < 2:
        return "single_unit" if n else "empty"
    return None if np.ptp(values) > 0 else "no_variation"


def _none(reason: str | None) -> tuple:
    return (*[np.nan] * 7, reason)


def _mean_squares(values: np.ndarray) -> _Squares:
    # From the middle, so that squares of large numbers do not cancel.
    centred = values - values.mean()
    n, k = values.shape
    total = (centred**2).sum()
    subjects = k * (centred.mean(axis=1) ** 2).sum()
    raters = n * (centred.mean(axis=0) ** 2).sum()
    within = ((centred - centred.mean(axis=1, keepdims=True)) ** 2).sum()
    left = ((centred - centred.mean(axis=1, keepdims=True) - centred.mean(axis=0)) ** 2).sum()
    subjects, raters, within, left = (
        0.0 if part < _ROUNDING * total else part for part in (subjects, raters, within, left)
    )
    return _Squares(
        n=n,
        raters=k,
        subjects=subjects / (n - 1),
        within=within / (n * (k - 1)),
        between_raters=raters / (k - 1),
        left=left / ((n - 1) * (k - 1)),
    )


def _figures(name: str, squares: _Squares, conf: float) -> tuple:
    """Give estimate, limits, F, its degrees of freedom, p and the reason of one coefficient."""
    n, k, averaged = squares.n, squares.raters, name.endswith("k")
    kind = name.removesuffix("k")
    error = squares.within if kind == "icc1" else squares.left
    df = (n - 1.0, n * (k - 1.0) if kind == "icc1" else (n - 1.0) * (k - 1))
    extra = k * (squares.between_raters - squares.left) / n if kind == "icc2" else 0.0
    below = squares.subjects + (k - 1) * error + extra
    if below <= 0 or (averaged and squares.subjects + extra / k <= 0):
        return _none("no_variation")
    if error == 0 and extra == 0:
        return 1.0, *[np.nan] * 6, "no_disagreement"
    single = (squares.subjects - error) / below
    f = squares.subjects / error if error > 0 else np.nan
    p = float(special.fdtrc(*df, f)) if error > 0 else np.nan
    limits = _satterthwaite(squares, single, conf) if kind == "icc2" else _exact(f, df, k, conf)
    estimate, *limits = (_of_mean(one, k) if averaged else one for one in (single, *limits))
    reason = "no_interval" if np.isnan(limits).any() else None
    return estimate, *limits, f, *df, p, reason


def _of_mean(one: float, k: int) -> float:
    """Step a coefficient of one rater up to the mean of k (Spearman and Brown)."""
    return k * one / (1 + (k - 1) * one)


def _exact(f: float, df: tuple[float, float], k: int, conf: float) -> tuple[float, float]:
    if not f > 0:
        return np.nan, np.nan
    upper = (1 + conf) / 2
    low = f / special.fdtri(*df, upper)
    high = f * special.fdtri(*df[::-1], upper)
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _satterthwaite(squares: _Squares, single: float, conf: float) -> tuple[float, float]:
    """Limits of the coefficient with random raters, its degrees of freedom approximated."""
    n, k, error = squares.n, squares.raters, squares.left
    if error == 0:
        return np.nan, np.nan
    f = squares.between_raters / error
    rest = n * (1 + (k - 1) * single) - k * single
    above = (k - 1) * (n - 1) * (k * single * f + rest) ** 2
    df = above / ((n - 1) * k**2 * single**2 * f**2 + rest**2)
    upper = (1 + conf) / 2
    first, second = special.fdtri(n - 1, df, upper), special.fdtri(df, n - 1, upper)
    raters = k * squares.between_raters + (k * n - k - n) * error
    low = n * (squares.subjects - first * error) / (first * raters + n * squares.subjects)
    high = n * (second * squares.subjects - error) / (raters + n * second * squares.subjects)
    # Approximate as they are, limits of few subjects may lie where no correlation of k raters can.
    possible = -1 / (k - 1) < low < high <= 1
    return (low, high) if possible else (np.nan, np.nan)
