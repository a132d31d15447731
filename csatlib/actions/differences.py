"""Difference in differences: how the treated changed beyond those whom nothing reached."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from csatlib.actions.arguments import between, one_of, table, values_of

__all__ = ["difference_in_differences"]

_COLUMNS = {"term": "str"} | dict.fromkeys(
    ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high"), "Float64"
)
_COLUMNS |= {"n": "Int64", "r2": "Float64", "reason": "str"}


def difference_in_differences(
    df: pd.DataFrame,
    outcome: str,
    *,
    treated: str,
    after: str,
    covariates: Sequence[str] = (),
    errors: str = "ols",
    cluster: str | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    r"""Regress an outcome on group, time and both, and give every coefficient.

    Parameters
    ----------
    df : DataFrame
        One row an answer. Rows with a missing value in any of the columns do not count.
    outcome : str
        The column that is compared: numbers or true and false.
    treated, after : str
        Columns of true and false (or 1 and 0): whether the row's customer was reached, and whether
        the row is from after the measure.
    covariates : sequence of str
        Further numeric columns; give the square of one as a column of its own.
    errors : {"ols", "hc1", "cluster"}
        Classical, robust to unequal variances, or robust to rows that belong together.
    cluster : str, optional
        The column of what belongs together (the customer), with ``errors="cluster"``.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a ``term``: ``intercept``, ``after``, ``treated``, the covariates, and
        ``after:treated``, the difference in differences; ``estimate``, ``se``, ``df`` (n − k, or
        clusters − 1), ``statistic`` (t), ``p``, ``ci_low``, ``ci_high``, ``n``, ``r2`` and
        ``reason``, the same in all rows: ``empty_cell`` (one of the four cells has no row),
        ``collinear`` (a covariate is a copy of others), ``too_few`` (not more rows, or clusters,
        than needed), ``no_variation``.

    Raises
    ------
    ValueError
        For a column that is absent or no number, marks that are not yes and no, unknown
        ``errors``, or clusters without ``errors="cluster"`` and the other way round.

    Notes
    -----
    .. math:: y = \beta_0 + \beta_1\,\mathrm{after} + \beta_2\,\mathrm{treated}
              + \beta_3\,\mathrm{after \cdot treated} + \gamma' x + e

    HC1 multiplies White's by n/(n − k); clusters by G/(G − 1) · (n − 1)/(n − k). As ``lm``,
    ``vcovHC(type = "HC1")`` and ``vcovCL(type = "HC1")`` of R. The estimate rests on both groups
    moving alike without the measure: a group chosen for a bad quarter does not.
    Source: Wooldridge (2013), *Introductory Econometrics*, 13.2.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions
    >>> answers = pd.DataFrame({"score": [3, 4, 4, 5, 3, 2, 4, 4] * 3,
    ...                         "reached": [0, 0, 0, 0, 1, 1, 1, 1] * 3,
    ...                         "later": [0, 0, 1, 1] * 6})
    >>> found = actions.difference_in_differences(answers, "score", treated="reached",
    ...                                           after="later", errors="hc1")
    >>> found[["term", "estimate", "se"]].round(3)
                term  estimate     se
    0      intercept       3.5  0.224
    1          after       1.0  0.316
    2        treated      -1.0  0.316
    3  after:treated       0.5  0.387
    """
    conf = between(conf, "conf")
    one_of(errors, "errors", ("ols", "hc1", "cluster"))
    if (errors == "cluster") != (cluster is not None):
        raise ValueError(
            f'cluster: expected a column with errors="cluster" and none else, found {cluster!r} '
            f"with errors={errors!r}"
        )
    names = [outcome, treated, after, *covariates]
    columns = np.column_stack([_column(df, name) for name in names])
    known = ~np.isnan(columns).any(axis=1)
    groups = None
    if cluster is not None:
        groups, _ = pd.factorize(_present(df, cluster))
        known &= groups >= 0
        groups = groups[known]
    columns = columns[known]
    y, reached, later = columns[:, 0], columns[:, 1], columns[:, 2]
    for name, marks in ((treated, reached), (after, later)):
        if not np.isin(marks, (0, 1)).all():
            raise ValueError(f"{name!r}: expected true or false (or 1 and 0), found other values")
    terms = ["intercept", "after", "treated", *covariates, "after:treated"]
    x = np.column_stack([np.ones(len(y)), later, reached, columns[:, 3:], later * reached])
    cells = np.bincount((2 * reached + later).astype(int), minlength=4)
    reason = _unfit(x, y, cells, groups)
    if reason is not None:
        return table([{"term": t, "n": len(y), "reason": reason} for t in terms], _COLUMNS)
    return _fitted(x, y, terms, groups, errors, conf)


def _present(df: pd.DataFrame, name: str) -> pd.Series:
    if name not in df.columns:
        raise ValueError(f"expected the name of a column, found {name!r}, which the table has not")
    return df[name]


def _column(df: pd.DataFrame, name: str) -> np.ndarray:
    return values_of(_present(df, name), repr(name))


def _unfit(x: np.ndarray, y: np.ndarray, cells: np.ndarray, groups: np.ndarray | None):
    """Say why nothing can be fitted, None where it can."""
    if cells.min() == 0:
        return "empty_cell"
    scaled = x / np.maximum(np.sqrt((x**2).sum(0)), 1e-300)
    if np.linalg.matrix_rank(scaled) < x.shape[1]:
        return "collinear"
    if len(y) <= x.shape[1] or (groups is not None and len(np.unique(groups)) < 2):
        return "too_few"
    return "no_variation" if np.ptp(y) == 0 else None


def _fitted(
    x: np.ndarray,
    y: np.ndarray,
    terms: list[str],
    groups: np.ndarray | None,
    errors: str,
    conf: float,
) -> pd.DataFrame:
    n, k = x.shape
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ beta
    _, r = np.linalg.qr(x)
    inverse = np.linalg.inv(r)
    bread = inverse @ inverse.T
    df = n - k
    if errors == "ols":
        covariance = bread * (residual @ residual) / df
    else:
        scores = x * residual[:, None]
        scale = n / (n - k)
        if errors == "cluster":
            _, at = np.unique(groups, return_inverse=True)
            count = at.max() + 1
            summed = np.zeros((count, k))
            np.add.at(summed, at, scores)
            scores, scale, df = summed, count / (count - 1) * (n - 1) / (n - k), count - 1
        covariance = scale * bread @ (scores.T @ scores) @ bread
    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = beta / se
    half = stats.t.ppf((1 + conf) / 2, df) * se
    flat = residual @ residual <= 1e-24 * (y @ y)
    r2 = 1 - (residual @ residual) / ((y - y.mean()) ** 2).sum()
    rows = [
        {"term": term, "estimate": beta[i], "n": n, "r2": r2, "df": df}
        | (
            {"reason": "no_variation"}
            if flat
            else {"se": se[i], "statistic": t[i], "p": 2 * stats.t.sf(abs(t[i]), df)}
            | {"ci_low": beta[i] - half[i], "ci_high": beta[i] + half[i]}
        )
        for i, term in enumerate(terms)
    ]
    return table(rows, _COLUMNS)
