"""Whether items measure the dimensions they are meant for: a confirmatory factor analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from csatlib.scales.arguments import check_confidence
from csatlib.scales.confirmatory import Confirmed, Model, baseline_scaling, confirm, robust
from csatlib.scales.dimensions import checked, heterotrait, members
from csatlib.scales.fit_measures import MEASURES, Measure, measures
from csatlib.scales.usable import Items, usable

__all__ = ["Validity", "construct_validity"]

RMSEA_CONF = 0.9


@dataclass(frozen=True)
class Validity:
    """A confirmatory factor analysis as tables; each carries ``n``, ``n_eff`` and ``reason``.

    Attributes
    ----------
    fit : DataFrame
        One row a ``measure``: ``chisq``, ``df``, ``p``, ``cfi``, ``tli``, ``rmsea`` (its interval
        of 90 % in ``ci_low``, ``ci_high``), ``srmr``, ``scaling`` (of the chi-square; 1 under
        normal theory), ``logl``, ``aic``, ``bic``; ``value``.
    loadings : DataFrame
        One row an item: ``dimension``, ``item``, ``loading`` (standardised), ``se``, ``ci_low``,
        ``ci_high``, ``communality`` (squared loading).
    dimensions : DataFrame
        One row a dimension: ``dimension``, ``items`` (how many), ``cr`` and ``ave`` of the
        standardised loadings, ``cr_raw`` and ``ave_raw`` of the items as they are (weighted by
        their variances), ``root_ave``, ``largest_correlation`` with another dimension (absolute),
        ``nearest`` (that dimension), ``fornell_larcker`` (whether the root of AVE is larger).
    pairs : DataFrame
        One row a pair of dimensions: ``dimension``, ``other``, ``correlation`` (of the factors),
        ``se``, ``ci_low``, ``ci_high``, ``htmt`` (arithmetic means of absolute correlations),
        ``htmt2`` (geometric means), ``fornell_larcker`` (whether both roots of AVE are larger
        than the correlation).
    reason : str or None
        Why the model could not be had: ``too_few_rows``, ``no_variation``, ``copy``,
        ``singular``, ``too_few_items`` (fewer than two), ``not_identified``, ``no_convergence``;
        beside values ``heywood`` (a unique variance or a correlation of factors out of bounds).
    robust : bool
        Whether standard errors and chi-square are the robust ones.
    """

    fit: pd.DataFrame
    loadings: pd.DataFrame
    dimensions: pd.DataFrame
    pairs: pd.DataFrame
    reason: str | None
    robust: bool


def construct_validity(
    items: pd.DataFrame,
    *,
    dimensions: Mapping[str, Sequence[str]],
    weights: pd.Series | None = None,
    robust: bool | None = None,
    conf: float = 0.95,
) -> Validity:
    r"""Fit the factor model that a questionnaire's dimensions imply, and judge its dimensions.

    Parameters
    ----------
    items : DataFrame
        One row a respondent; the items that ``dimensions`` names are numeric columns. Rows with
        an answer to every one of these count.
    dimensions : mapping of str to sequence of str
        The items of each dimension; an item belongs to one. A dimension of one item takes part
        as that item itself, without error; it has no CR, AVE or HTMT. One of two items is
        identified only beside another that it correlates with.
    weights : Series of numbers, optional
        On the index of ``items``; only their ratios matter, rows of weight 0 do not count.
    robust : bool, optional
        Standard errors from the rows (sandwich), and the chi-square, CFI, TLI and RMSEA scaled
        after Satorra and Bentler. Default: where the weights differ, since normal theory knows
        none; ``True`` also serves skewed answers without weights. ``False`` with weights that
        differ is refused.
    conf : float
        Of the intervals of loadings and correlations; that of RMSEA is always 90 %.

    Returns
    -------
    Validity
        ``fit``, ``loadings``, ``dimensions``, ``pairs``, ``reason``, ``robust``; see there for
        the columns. Further reasons in the rows: ``single_item``, ``two_items`` (beside values:
        they rest on the other dimensions), ``saturated``, ``not_normal_theory`` (likelihoods
        under ``robust``), ``one_dimension``, ``heywood``, ``other_item``, ``uncorrelated``.

    Raises
    ------
    TypeError
        If ``items`` is not a DataFrame.
    ValueError
        For items, weights or dimensions that cannot be read.

    Notes
    -----
    Maximum likelihood on the covariance matrix with divisor n, factors of variance 1, errors
    uncorrelated, expected information, chi-square n·F: the defaults of ``lavaan::cfa``. Unique
    variances are not held above 0. With standardised loadings :math:`\lambda` of a dimension,

    .. math:: CR = \frac{(\sum\lambda)^2}{(\sum\lambda)^2 + \sum(1-\lambda^2)},\quad
       AVE = \frac{\sum\lambda^2}{k}

    (Fornell, C. & Larcker, D. 1981, Journal of Marketing Research 18). ``cr_raw`` and
    ``ave_raw`` use unstandardised loadings and the observed (co)variances, as ``semTools`` does.
    HTMT: Henseler, J., Ringle, C. & Sarstedt, M. (2015), Journal of the Academy of Marketing
    Science 43; ``htmt2``: Roemer, E., Schuberth, F. & Henseler, J. (2021). Scaling: Satorra, A. &
    Bentler, P. (1994). The design's strata and clusters do not enter the robust errors.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = rng.normal(size=(300, 2)).repeat(3, axis=1)
    >>> items = pd.DataFrame(common + rng.normal(size=(300, 6)), columns=list("abcdef"))
    >>> found = construct_validity(items, dimensions={"speed": list("abc"), "care": list("def")})
    >>> found.dimensions[["dimension", "items", "fornell_larcker"]].values.tolist()
    [['speed', 3, True], ['care', 3, True]]
    >>> found.dimensions["cr"].round(2).tolist()
    [0.72, 0.76]
    """
    named = checked(items, dimensions, "construct_validity")
    check_confidence("construct_validity", conf)
    columns = [item for given in named.values() for item in given]
    read = usable(items[columns], weights, caller="construct_validity", at_least=1)
    if robust is False and read.answers.weighted:
        raise ValueError(
            "construct_validity: weights that differ need robust standard errors; leave robust out"
        )
    wanted = read.answers.weighted if robust is None else robust
    model = Model(members(named))
    fitted, reason = _fitted(read, model)
    found = None if fitted is None else _solution(read, fitted, wanted)
    tables = (
        _fit_table(read, fitted, found, reason),
        _loadings_table(read, model, named, found, reason, conf),
        _dimensions_table(read, model, named, found, reason),
        _pairs_table(read, model, named, found, reason, conf),
    )
    return Validity(*tables, reason, wanted)


@dataclass(frozen=True)
class _Solution:
    """Standardised loadings and correlations of the factors with their standard errors."""

    loadings: np.ndarray
    loadings_se: np.ndarray
    correlations: np.ndarray
    correlations_se: np.ndarray
    improper: np.ndarray
    scaling: tuple[float, float] | None


def _fitted(read: Items, model: Model) -> tuple[Confirmed | None, str | None]:
    if read.reason is not None:
        return None, read.reason
    if model.p < 2:
        return None, "too_few_items"
    if model.df < 0:
        return None, "not_identified"
    fitted = confirm(read.matrix, model)
    if not fitted.converged:
        return None, "no_convergence"
    if not fitted.identified:
        return None, "not_identified"
    _, unique, correlations = model.parts(fitted.parameters)
    out = (unique < 0).any() or (np.abs(correlations[model.pairs]) > 1).any()
    return fitted, "heywood" if out else None


def _solution(read: Items, fitted: Confirmed, wanted: bool) -> _Solution:
    model, answers = fitted.model, read.answers
    covariance, scaling = np.linalg.inv(fitted.information) / read.n, None
    if wanted:
        mean = answers.weights @ answers.scores / read.n
        centred = answers.scores - mean
        scores = centred / np.sqrt(answers.weights @ centred**2 / read.n)
        covariance, factor = robust(fitted, scores, answers.weights)
        scaling = (factor, baseline_scaling(scores, answers.weights))
    loadings, unique, correlations = model.parts(fitted.parameters)
    slope = np.zeros((model.p, model.size))
    variance = loadings**2 + unique
    slope[np.arange(model.p), np.arange(model.p)] = unique / variance**1.5
    places = model.p + np.arange(len(model.uncertain))
    slope[model.uncertain, places] = (-loadings / (2 * variance**1.5))[model.uncertain]
    return _Solution(
        loadings / np.sqrt(variance),
        np.sqrt(np.einsum("ij,jk,ik->i", slope, covariance, slope).clip(0)),
        correlations,
        np.sqrt(np.diag(covariance)[model.size - len(model.pairs[0]) :].clip(0)),
        unique < 0,
        scaling,
    )


def _fit_table(
    read: Items, fitted: Confirmed | None, found: _Solution | None, reason: str | None
) -> pd.DataFrame:
    if fitted is None or found is None:
        told = dict.fromkeys(MEASURES, Measure(reason=reason))
    else:
        # The moments divide by n − 1; the likelihood's variances by n.
        variances = np.diag(read.covariance) * (read.n - 1) / read.n
        told = measures(
            read.matrix,
            fitted.implied,
            n=read.n,
            parameters=fitted.model.size,
            discrepancy=fitted.discrepancy,
            log_variances=float(np.log(variances).sum()),
            scaling=found.scaling,
            conf=RMSEA_CONF,
        )
    each = told.values()
    return _table(
        read,
        {
            "measure": list(told),
            "value": [measure.value for measure in each],
            "ci_low": [measure.low for measure in each],
            "ci_high": [measure.high for measure in each],
            "reason": [measure.reason for measure in each],
        },
    )


def _loadings_table(
    read: Items,
    model: Model,
    named: Mapping[str, list[str]],
    found: _Solution | None,
    reason: str | None,
    conf: float,
) -> pd.DataFrame:
    none = np.full(model.p, np.nan)
    single = np.setdiff1d(np.arange(model.p), model.uncertain)
    reasons = [code or reason for code in read.reasons]
    loadings, se = none, none
    if found is not None:
        loadings, se = found.loadings, found.loadings_se.copy()
        se[single] = np.nan
        sizes = np.bincount(model.factor)[model.factor]
        conditions = [sizes == 1, found.improper, sizes == 2]
        codes = np.select(conditions, ["single_item", "heywood", "two_items"], "")
        reasons = [str(code) or None for code in codes]
    reach = NormalDist().inv_cdf((1 + conf) / 2) * se
    return _table(
        read,
        {
            "dimension": np.repeat(list(named), [len(given) for given in named.values()]),
            "item": list(read.names),
            "loading": loadings,
            "se": se,
            "ci_low": loadings - reach,
            "ci_high": loadings + reach,
            "communality": loadings**2,
            "reason": reasons,
        },
    )


def _dimensions_table(
    read: Items,
    model: Model,
    named: Mapping[str, list[str]],
    found: _Solution | None,
    reason: str | None,
) -> pd.DataFrame:
    rows = []
    for factor, (name, given) in enumerate(named.items()):
        row = {"dimension": name, "items": len(given), "reason": reason}
        if found is not None:
            row |= _quality(read, model, found, factor)
            row |= _neighbour(found, factor, row["root_ave"], [*named])
            row["reason"] = {1: "single_item", 2: "two_items"}.get(len(given))
            if found.improper[model.factor == factor].any():
                row["reason"] = "heywood"
            elif row["reason"] is None and model.k == 1:
                row["reason"] = "one_dimension"
        rows.append(row)
    columns = ("dimension", "items", "cr", "ave", "cr_raw", "ave_raw", "root_ave")
    columns += ("largest_correlation", "nearest", "fornell_larcker", "reason")
    return _table(read, {name: [row.get(name) for row in rows] for name in columns})


def _quality(read: Items, model: Model, found: _Solution, factor: int) -> dict[str, float | None]:
    mine = np.flatnonzero(model.factor == factor)
    if len(mine) < 2:
        return dict.fromkeys(("cr", "ave", "cr_raw", "ave_raw", "root_ave"))
    loadings = found.loadings[mine]
    total, square = loadings.sum() ** 2, loadings**2
    block = read.covariance[np.ix_(mine, mine)]
    raw = loadings * np.sqrt(np.diag(block))
    ave = square.mean()
    return {
        "cr": total / (total + (1 - square).sum()),
        "ave": ave,
        "cr_raw": raw.sum() ** 2 / block.sum(),
        "ave_raw": (raw**2).sum() / np.trace(block),
        "root_ave": np.sqrt(ave),
    }


def _neighbour(
    found: _Solution, factor: int, root: float | None, names: list[str]
) -> dict[str, object]:
    if len(names) < 2:
        return {}
    others = np.abs(found.correlations[factor])
    others[factor] = -1
    nearest = int(others.argmax())
    return {
        "largest_correlation": others[nearest],
        "nearest": names[nearest],
        "fornell_larcker": None if root is None else bool(root > others[nearest]),
    }


def _pairs_table(
    read: Items,
    model: Model,
    named: Mapping[str, list[str]],
    found: _Solution | None,
    reason: str | None,
    conf: float,
) -> pd.DataFrame:
    names, (first, second) = [*named], model.pairs
    reach = NormalDist().inv_cdf((1 + conf) / 2)
    rows = []
    for place, (a, b) in enumerate(zip(first, second, strict=True)):
        row = {"dimension": names[a], "other": names[b], "reason": read.reason}
        if read.reason is None:
            row["htmt"], row["htmt2"], row["reason"] = heterotrait(read.matrix, model.factor, a, b)
        if found is None:
            row["reason"] = reason
        else:
            value, se = found.correlations[a, b], found.correlations_se[place]
            row |= {"correlation": value, "se": se}
            row |= {"ci_low": value - reach * se, "ci_high": value + reach * se}
            roots = [_quality(read, model, found, each)["root_ave"] for each in (a, b)]
            row["fornell_larcker"] = None if None in roots else bool(min(roots) > abs(value))
            if abs(value) > 1:
                row["reason"] = "heywood"
        rows.append(row)
    columns = ("dimension", "other", "correlation", "se", "ci_low", "ci_high", "htmt", "htmt2")
    columns += ("fornell_larcker", "reason")
    return _table(read, {name: [row.get(name) for row in rows] for name in columns})


_DTYPES = {"items": "Int64", "fornell_larcker": "boolean"} | dict.fromkeys(
    ("measure", "dimension", "item", "other", "nearest", "reason"), "str"
)


def _table(read: Items, columns: Mapping[str, object]) -> pd.DataFrame:
    made = {
        name: pd.Series(values, dtype=_DTYPES.get(name, "Float64"))
        for name, values in columns.items()
    }
    table = pd.DataFrame({name: values for name, values in made.items() if name != "reason"})
    n = pd.Series([read.n] * len(table), dtype="Int64")
    n_eff = pd.Series([read.n_eff] * len(table), dtype="Float64")
    return table.assign(n=n, n_eff=n_eff, reason=made["reason"])
