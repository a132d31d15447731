"""Whether two categorical answers go together: Rao and Scott's tests, and Pearson's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib.estimates.arguments import check_settings, column_of
from csatlib.estimates.codes import compact
from csatlib.estimates.comparison_table import Lines, stack_lines
from csatlib.estimates.design import Design, Structure, read_design
from csatlib.estimates.domains import SEPARATOR, Where, find_domains
from csatlib.estimates.group_contrasts import common
from csatlib.estimates.margins import read_margins
from csatlib.estimates.replicates import Replicates, read_replicates
from csatlib.estimates.variance import Partition, make_partition

__all__ = ["association"]

Statistic = Literal["F", "chisq", "wald", "adj_wald"]

_METRICS = {
    "F": "rao_scott_f",
    "chisq": "rao_scott_chisq",
    "wald": "wald",
    "adj_wald": "adj_wald",
}
#: Below this expected count the chi-square distribution is not trusted.
_EXPECTED = 5
#: Tables drawn with the same margins.
_TABLES = 9_999


@dataclass(frozen=True)
class _Cells:
    """The cells of a table of rows × columns, levels that nobody has left out.

    ``mass`` holds the weight in each cell, ``cell`` the cell of each row of the data (−1 for none).
    """

    shape: tuple[int, int]
    mass: np.ndarray
    cell: np.ndarray
    n: int
    weight: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """The share of each cell, shape rows × columns."""
        return self.mass / self.mass.sum()


@dataclass(frozen=True)
class _Test:
    metric: str
    statistic: float
    df: float
    p: float
    reason: str = ""


def association(
    df: pd.DataFrame,
    rows: str,
    columns: str,
    *,
    where: Where = None,
    design: Design | None = None,
    statistic: Statistic | None = None,
    min_base: int = 30,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Test whether two categorical columns are independent, and say how closely they go together.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    rows, columns : str
        Two columns of any type with few values; a respondent with a missing value in one of them
        is left out.
    where, design
        As for `mean`. Without a design, or with an empty one, the rows are a simple random sample.
    statistic : {"F", "chisq", "wald", "adj_wald"}, optional
        Rao and Scott's second-order F (default under a design), their first-order chi-square,
        Wald's F on the cells, and that adjusted for few clusters. Of a simple random sample
        ``chisq`` is Pearson's and the default.
    min_base : int
        With fewer respondents than this the row is suppressed; at least 1.
    seed : int
        Where the random tables start that take the place of the chi-square distribution for small
        counts.

    Returns
    -------
    DataFrame
        The ``comparisons`` table (see `compare`), one row: ``item`` is ``rows``, ``group_by``
        ``columns``, ``contrast`` both names; ``estimate`` Cramér's V, from 0 (independent) to 1;
        ``metric`` says which test made ``statistic`` and ``p``: ``rao_scott_f``,
        ``rao_scott_chisq``, ``wald``, ``adj_wald``, ``pearson_chisq``, or ``monte_carlo_chisq``
        where an expected count is below 5. ``df`` is that of the chi-square, or the denominator's
        of F; there is no ``se`` and no interval.

        ``reason`` is ``empty`` without a respondent, ``small_base``, ``single_level`` where one of
        the columns has one value, ``few_clusters`` where the design leaves no degrees of freedom
        or fewer clusters than cells, and ``fixed_by_design`` where it fixes all cells.

    Raises
    ------
    ValueError
        For a column that is not there, the same column twice, a ``where`` or a design that does not
        fit ``df``, and an unknown ``statistic`` or one that needs a design.

    Notes
    -----
    Let X² be Pearson's statistic of the weighted table, scaled to the n respondents. With
    :math:`\hat V` the covariance of the estimated cell shares, :math:`D` the diagonal matrix of the
    shares and :math:`C` contrasts for the interaction,

    .. math:: \Delta = (C' D^{-1} C / n)^{-1} C' D^{-1} \hat V D^{-1} C.

    The first-order p is that of X² over the mean of the eigenvalues of Δ (the design effects), on
    (r − 1)(c − 1) df, and ``statistic`` then X² itself; the F is X² over their sum, on
    :math:`d = (\mathrm{tr} \Delta)^2 / \mathrm{tr} \Delta^2` and :math:`d \nu` df, ν the sampling
    units less the strata. Cramér's V is :math:`\sqrt{X^2 / (n (\min(r, c) - 1))}`.

    Source: Rao and Scott (1984), On chi-squared tests for multiway contingency tables with cell
    proportions estimated from survey data, *Annals of Statistics* 12, 46–60; Thomas and Rao (1987)
    for Wald's. Equal to ``svychisq(statistic = "F", "Chisq", "Wald", "adjWald")`` of R's survey
    package, to ``chisq.test(correct = FALSE)``, and for small counts to its
    ``simulate.p.value = TRUE`` but for chance.

    Examples
    --------
    Whether a customer was satisfied goes with the channel; V is 0.25.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame(
    ...     {"channel": ["热线"] * 40 + ["线上"] * 40,
    ...      "satisfied": [True] * 30 + [False] * 10 + [True] * 20 + [False] * 20}
    ... )
    >>> table = estimates.association(df, "channel", "satisfied")
    >>> table[["metric", "n", "df", "estimate", "statistic", "p"]].round(3)
              metric   n   df  estimate  statistic      p
    0  pearson_chisq  80  1.0     0.258      5.333  0.021
    """
    check_settings(0.95, min_base)
    simple = design is None or design == Design()
    allowed = ("chisq",) if simple else tuple(_METRICS)
    statistic = allowed[0] if statistic is None else statistic
    if statistic not in allowed:
        raise ValueError(
            f"statistic: expected one of {', '.join(allowed)} with "
            f"{'a simple random sample' if simple else 'a survey design'}, found {statistic!r}"
        )
    if rows == columns:
        raise ValueError(f"columns: expected another column than rows, found {columns!r} twice")
    domains = find_domains(df, [], where)
    structure = read_design(df, design)
    inside = (domains.codes >= 0) & (structure.weights() > 0)
    cells = _cells(df, rows, columns, inside, structure.weights())
    found = _find(df, cells, structure, simple, statistic, min_base, seed)
    nothing = np.array([np.nan])
    used = np.ones(len(domains), dtype=bool)
    return stack_lines(
        [
            Lines(
                metric=found.metric,
                item=rows,
                quarter=[common(domains.quarter, used)],
                line=[common(domains.line, used)],
                group_by=columns,
                group=[None],
                contrast=[f"{rows}{SEPARATOR}{columns}"],
                n=np.array([cells.n]),
                n_eff=nothing,
                df=np.array([found.df]),
                estimate=np.array([_cramer(cells)]),
                se=nothing,
                ci_low=nothing,
                ci_high=nothing,
                statistic=np.array([found.statistic]),
                p=np.array([found.p]),
                p_adjusted=np.array([found.p]),
                suppressed=np.array([cells.n < min_base]),
                reason=np.array([found.reason]),
            )
        ]
    )


def _find(
    df: pd.DataFrame,
    cells: _Cells,
    structure: Structure,
    simple: bool,
    statistic: str,
    min_base: int,
    seed: int,
) -> _Test:
    metric = "pearson_chisq" if simple else _METRICS[statistic]
    if cells.n == 0:
        return _none(metric, "empty")
    if cells.n < min_base:
        return _none(metric, "small_base")
    if min(cells.shape) < 2:
        return _none(metric, "single_level")
    if simple:
        return _pearson(cells, seed)
    margins = read_margins(df, structure) if not structure.design.replicates else None
    partition = make_partition(structure, cells.cell, cells.mass.size, margins)
    replicates = read_replicates(df, structure)
    nu = _degrees(cells, structure, replicates)
    if nu < 1:
        return _none(metric, "few_clusters")
    if statistic in ("F", "chisq"):
        return _rao_scott(metric, cells, _covariance(cells, partition, replicates, True), nu)
    return _wald(metric, cells, _covariance(cells, partition, replicates, False), nu)


# ---- the table -----------------------------------------------------------------------------------


def _cells(
    df: pd.DataFrame, rows: str, columns: str, inside: np.ndarray, weight: np.ndarray
) -> _Cells:
    codes = []
    for name, argument in ((rows, "rows"), (columns, "columns")):
        column = column_of(df, name, argument)
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        codes.append(column.cat.codes.to_numpy() if categorical else pd.factorize(column)[0])
    valid = inside & (codes[0] >= 0) & (codes[1] >= 0)
    found = [compact(code[valid].astype(np.intp), int(code.max(initial=0)) + 1) for code in codes]
    shape = (len(found[0][1]), len(found[1][1]))
    cell = np.full(len(df), -1, dtype=np.intp)
    cell[valid] = found[0][0] * max(shape[1], 1) + found[1][0]
    size = max(shape[0] * shape[1], 1)
    mass = np.bincount(cell[valid], weights=weight[valid], minlength=size)
    return _Cells(shape, mass, cell, int(valid.sum()), np.where(valid, weight, 0.0))


def _expected(cells: _Cells) -> np.ndarray:
    table = cells.shares.reshape(cells.shape) * cells.n
    return np.outer(table.sum(axis=1), table.sum(axis=0)) / cells.n


def _chi_square(cells: _Cells) -> float:
    expected = _expected(cells)
    observed = cells.shares.reshape(cells.shape) * cells.n
    return float(((observed - expected) ** 2 / expected).sum())


def _cramer(cells: _Cells) -> float:
    if cells.n == 0 or min(cells.shape) < 2:
        return np.nan
    return float(np.sqrt(_chi_square(cells) / (cells.n * (min(cells.shape) - 1))))


# ---- simple random samples -----------------------------------------------------------------------


def _pearson(cells: _Cells, seed: int) -> _Test:
    df = float((cells.shape[0] - 1) * (cells.shape[1] - 1))
    statistic, expected = _chi_square(cells), _expected(cells)
    if expected.min() >= _EXPECTED:
        return _Test("pearson_chisq", statistic, df, float(special.chdtrc(df, statistic)))
    from scipy.stats import random_table

    counts = cells.mass.reshape(cells.shape).astype(np.int64)
    random = np.random.default_rng(seed)
    # Neither the order of the levels nor that of the two columns must change what is drawn.
    sums = sorted((np.sort(counts.sum(axis=axis)) for axis in (1, 0)), key=lambda n: (len(n), *n))
    tables = random_table(*sums).rvs(_TABLES, random_state=random)
    expected = np.outer(*sums) / cells.n
    drawn = ((tables - expected) ** 2 / expected).sum(axis=(1, 2))
    p = (1 + (drawn >= statistic * (1 - 1e-9)).sum()) / (_TABLES + 1)
    return _Test("monte_carlo_chisq", statistic, np.nan, float(p))


# ---- designs -------------------------------------------------------------------------------------


def _degrees(cells: _Cells, structure: Structure, replicates: Replicates | None) -> float:
    whole = make_partition(structure, np.where(cells.cell >= 0, 0, -1), 1)
    held = (cells.weight > 0).astype(float)
    if replicates is not None:
        return float(replicates.degrees_of_freedom(held, whole)[0])
    return float(whole.degrees_of_freedom(whole.cell_sums(held))[0])


def _covariance(
    cells: _Cells, partition: Partition, replicates: Replicates | None, shares: bool
) -> np.ndarray:
    """Give the covariance of the cells' shares, or of their totals over the fixed total weight."""
    size, total = cells.mass.size, cells.mass.sum()
    if replicates is None:
        found = partition.covariances(cells.weight / total)
        if not shares:
            return found
        turned = np.eye(size) - np.outer(cells.shares, np.ones(size))
        return turned @ found @ turned.T
    held = cells.cell >= 0
    again = np.array(
        [
            np.bincount(cells.cell[held], weights=weight[held], minlength=size)
            for weight in replicates.weights.T
        ]
    )
    again = again / (again.sum(axis=1, keepdims=True) if shares else total)
    counted = replicates.scales > 0
    middle = again[counted].mean(axis=0) if replicates.centre == "mean" else cells.shares
    apart = again - middle
    return apart.T @ (replicates.scales[:, None] * apart)


def _interaction(shape: tuple[int, int]) -> np.ndarray:
    """Give contrasts that span the interaction of a table: cells × (r − 1)(c − 1)."""
    sides = [np.vstack([np.eye(count - 1), -np.ones(count - 1)]) for count in shape]
    return np.kron(*sides)


def _rao_scott(metric: str, cells: _Cells, covariance: np.ndarray, nu: float) -> _Test:
    shares = cells.shares
    # A cell that nobody is in has no share to divide by; it counts with 0, as in R.
    inverse = np.divide(1, shares, out=np.zeros(len(shares)), where=shares > 0)
    turned = _interaction(cells.shape) * inverse[:, None]
    below = _interaction(cells.shape).T @ turned / cells.n
    delta = np.linalg.lstsq(below, turned.T @ covariance @ turned, rcond=None)[0]
    trace, size = float(np.trace(delta)), len(delta)
    if trace <= 1e-12 * size:
        return _none(metric, "fixed_by_design")
    statistic = _chi_square(cells)
    if metric == "rao_scott_chisq":
        p = special.chdtrc(size, statistic / (trace / size))
        return _Test(metric, statistic, float(size), float(p))
    d = trace**2 / float(np.trace(delta @ delta))
    p = special.fdtrc(d, d * nu, statistic / trace)
    return _Test(metric, statistic / trace, d * nu, float(p))


def _wald(metric: str, cells: _Cells, covariance: np.ndarray, nu: float) -> _Test:
    table = cells.shares.reshape(cells.shape)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    apart = (table - np.outer(rows, columns))[1:, 1:].ravel()
    at = [grid.ravel() for grid in np.indices(cells.shape)]
    used = (at[0] > 0) & (at[1] > 0)
    same_row, same_column = (np.equal.outer(each, each) for each in at)
    slope = np.eye(table.size) - same_row * columns[at[1]][:, None]
    slope = slope - same_column * rows[at[0]][:, None] + (rows[at[0]] * columns[at[1]])[:, None]
    variance = (slope @ covariance @ slope.T)[np.ix_(used, used)]
    count = len(apart)
    df = nu if metric == "wald" else nu - count + 1
    scale = np.sqrt(np.diag(variance))
    if not (scale > 0).any():
        return _none(metric, "fixed_by_design")
    if df < 1 or not (scale > 0).all() or _rank(variance / np.outer(scale, scale)) < count:
        return _none(metric, "few_clusters")
    f = float(apart @ np.linalg.solve(variance, apart)) / count
    f = f if metric == "wald" else f * df / nu
    return _Test(metric, f, df, float(special.fdtrc(count, df, f)))


def _rank(matrix: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(matrix, tol=1e-10))


def _none(metric: str, reason: str) -> _Test:
    return _Test(metric, np.nan, np.nan, np.nan, reason)
