"""How many factors items hold: parallel analysis, partial correlations, eigenvalues above 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.scales.arguments import check_seed, check_whole
from csatlib.scales.usable import Items, usable

__all__ = ["RULE", "FactorNumber", "most_factors", "number_of_factors"]

RULE = (
    "parallel analysis: leading eigenvalues above the 95th percentile of those of uncorrelated "
    "items, no more than can be identified"
)
PERCENTILE = 95


@dataclass(frozen=True)
class FactorNumber:
    """How many factors are recommended, by which rule, and what the other rules say.

    Attributes
    ----------
    recommended : int or None
        None where ``reason`` says why nothing can be said.
    rule : str
        How the recommended number was found.
    methods : DataFrame
        One row a method: ``method`` (``parallel``, ``map``, ``kaiser``), ``factors``,
        ``recommended`` (whether this method decides), ``n``, ``n_eff``, ``reason``.
    components : DataFrame
        One row a component: ``component`` (from 1), ``eigenvalue``, ``reference`` (95th
        percentile of the random ones), ``partial`` (mean squared partial correlation when this
        many components are taken out), ``n``, ``n_eff``, ``reason``.
    reason : str or None
        ``too_few_rows``, ``no_variation``, ``copy`` or ``singular`` where there is no number;
        ``no_common_factor`` where it is 0; ``methods_disagree`` where Velicer's rule says
        another number.
    """

    recommended: int | None
    rule: str
    methods: pd.DataFrame
    components: pd.DataFrame
    reason: str | None


def number_of_factors(
    items: pd.DataFrame,
    *,
    correlation: str = "pearson",
    weights: pd.Series | None = None,
    draws: int = 1000,
    seed: int,
) -> FactorNumber:
    """Say how many factors the items hold.

    Parameters
    ----------
    items : DataFrame
        One row a respondent, at least three numeric columns. Rows with an answer to every item
        count.
    correlation : {"pearson", "polychoric"}
        The correlations whose eigenvalues are compared.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count. The
        random eigenvalues are then those of Kish's effective number of rows.
    draws : int
        Random correlation matrices.
    seed : int
        For the random matrices.

    Returns
    -------
    FactorNumber
        ``recommended``, ``rule``, ``methods``, ``components``, ``reason``; see there.

    Raises
    ------
    ValueError
        For items or weights that cannot be read, another ``correlation``, too few draws.

    Notes
    -----
    Parallel analysis keeps the leading eigenvalues that exceed the 95th percentile of those of
    as many uncorrelated normal items and rows: Horn, J. (1965), Psychometrika 30; Glorfeld, L.
    (1995). Velicer's minimum average partial: Velicer, W. (1976), Psychometrika 41. Kaiser's
    rule (eigenvalues above 1) takes too many and is there only for comparison.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = rng.normal(size=(200, 1))
    >>> items = pd.DataFrame(common + rng.normal(size=(200, 4)), columns=list("abcd"))
    >>> number_of_factors(items, seed=0).recommended
    1
    """
    check_whole("number_of_factors", "draws", draws, least=100)
    check_seed("number_of_factors", seed)
    read = usable(items, weights, caller="number_of_factors", kind=correlation, at_least=3)
    return counted(read, draws=draws, seed=seed)


def counted(read: Items, *, draws: int = 1000, seed: int) -> FactorNumber:
    """Say how many factors items that were read already hold."""
    p, reason = len(read.names), read.reason
    if reason is None and read.n_eff - 1 < p:
        reason = "too_few_rows"
    if reason is not None:
        nothing = np.full(p, np.nan)
        return _number(read, (None, None, None), (nothing, nothing, nothing), reason)
    eigenvalues = np.linalg.eigvalsh(read.matrix)[::-1]
    reference = _random(p, read.n_eff, draws, seed)
    partials = _partials(read.matrix)
    parallel = int(np.cumprod(eigenvalues > reference).sum())
    found = (parallel, int(np.argmin(partials)), int((eigenvalues > 1).sum()))
    return _number(read, found, (eigenvalues, reference, np.append(partials[1:], np.nan)), None)


def most_factors(p: int) -> int:
    """Give the largest number of factors whose model of p items is not richer than the data."""
    return max(k for k in range(p) if (p - k) ** 2 >= p + k) if p > 2 else 0


def _number(
    read: Items,
    found: tuple[int | None, int | None, int | None],
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    reason: str | None,
) -> FactorNumber:
    p = len(read.names)
    base = {"n": read.n, "n_eff": read.n_eff, "reason": reason}
    types = {"n": "Int64", "n_eff": "Float64", "reason": "str"}
    methods = pd.DataFrame(
        {
            "method": ["parallel", "map", "kaiser"],
            "factors": pd.Series(found, dtype="Int64"),
            "recommended": [True, False, False],
        }
    ).assign(**base)
    components = pd.DataFrame({"component": range(1, p + 1)}).assign(
        **dict(zip(("eigenvalue", "reference", "partial"), columns, strict=True)), **base
    )
    real = dict.fromkeys(("eigenvalue", "reference", "partial"), "Float64")
    recommended = None if found[0] is None else min(found[0], most_factors(p))
    if recommended == 0:
        reason = "no_common_factor"
    elif recommended is not None and recommended != found[1]:
        reason = "methods_disagree"
    return FactorNumber(
        recommended,
        RULE,
        methods.astype(types),
        components.astype({**types, **real, "component": "Int64"}),
        reason,
    )


def _random(p: int, n: float, draws: int, seed: int) -> np.ndarray:
    """Give the 95th percentiles of the eigenvalues of uncorrelated items, largest first.

    The covariance matrix of n normal rows is drawn by Bartlett's decomposition, so that the
    time does not grow with n.
    """
    random = np.random.default_rng(seed)
    roots = np.tril(random.standard_normal((draws, p, p)), -1)
    diagonal = np.sqrt(random.chisquare(n - 1 - np.arange(p), size=(draws, p)))
    roots[:, np.arange(p), np.arange(p)] = diagonal
    # Rows of length 1 make the product a correlation matrix.
    roots = roots / np.sqrt((roots**2).sum(axis=2, keepdims=True))
    values = np.linalg.eigvalsh(roots @ roots.transpose(0, 2, 1))[:, ::-1]
    return np.percentile(values, PERCENTILE, axis=0)


def _partials(matrix: np.ndarray) -> np.ndarray:
    """Give the mean squared correlation that is left when 0, 1, … p − 2 components are out."""
    p = len(matrix)
    values, vectors = np.linalg.eigh(matrix)
    weighted = vectors * np.sqrt(values.clip(0))
    means = []
    for kept in range(p, 1, -1):
        rest = weighted[:, :kept] @ weighted[:, :kept].T
        scale = np.sqrt(np.diag(rest).clip(1e-12))
        partial = rest / np.outer(scale, scale)
        means.append((np.sum(partial**2) - np.sum(np.diag(partial) ** 2)) / (p * (p - 1)))
    return np.array([*means, np.inf])
