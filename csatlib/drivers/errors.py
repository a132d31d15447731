"""Standard errors of coefficients: from the design, robust, classical, or by profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib.drivers.firth import climb_penalised, profile, ratio_statistic
from csatlib.drivers.fitting import fit_model
from csatlib.drivers.logit import penalised_blocks
from csatlib.drivers.model import Fitted
from csatlib.drivers.reading import ModelData
from csatlib.estimates.design import Design
from csatlib.estimates.moments import Survey, read_survey

__all__ = ["Errors", "Uncertainty", "choose", "uncertainty"]

Errors = Literal["design", "robust", "classical", "hc1", "hc3", "cluster"]

_CHOICES = ("design", "robust", "classical", "hc1", "hc3", "cluster")
#: A row of a leverage this near to 1 is fitted by itself alone.
_ALONE = 1e-10


@dataclass(frozen=True)
class Uncertainty:
    """Standard errors and what is inferred from them, one entry a term.

    ``df`` is NaN where the reference is the normal distribution.
    """

    errors: str
    se: np.ndarray
    df: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reason: np.ndarray


def choose(kind: str, design: Design | None, errors: Errors | None) -> Errors:
    """Give the kind of standard error that was asked for, or that fits."""
    if errors is None:
        if design is not None:
            return "design"
        return "hc3" if kind == "linear" else "robust"
    if errors not in _CHOICES:
        raise ValueError(f"errors: expected one of {', '.join(_CHOICES)}, found {errors!r}")
    if errors in ("hc1", "hc3") and kind != "linear":
        raise ValueError(
            f"errors: expected design, robust, cluster or classical for kind={kind!r}, found "
            f"{errors!r}, which is made for linear models; write errors='robust'"
        )
    if errors == "design" and design is None:
        raise ValueError("errors: expected a design for errors='design', found none; pass design")
    if errors == "cluster" and (design is None or design.cluster is None):
        raise ValueError(
            "errors: expected a design that names a cluster for errors='cluster', found none; pass "
            "design=estimates.Design(cluster=…)"
        )
    return errors


def uncertainty(
    df: pd.DataFrame, data: ModelData, fitted: Fitted, errors: Errors, conf: float
) -> Uncertainty:
    """Give the standard errors that were chosen and the intervals they make."""
    if not fitted.converged:
        none = np.full(len(fitted.parameters), np.nan)
        reason = np.full(len(none), "not_converged", dtype=object)
        return Uncertainty(errors, none, none, none, none, none, none, reason)
    if fitted.separated and data.kind == "logistic":
        return _profiled(fitted, conf)
    if fitted.separated:
        # With several thresholds the profile has more than one summit; Wald's interval has none.
        found = _inferred("classical", fitted.parameters, *_of_rows(fitted, "classical"), conf)
        return replace(found, reason=np.full(len(found.se), "separated", dtype=object))
    slopes = len(data.drivers)
    if errors == "design":
        found = _designed(data, data.survey, fitted, slopes)
    elif errors in ("robust", "cluster"):
        found = _sandwich(df, data, fitted, errors)
    else:
        found = _of_rows(fitted, errors)
    return _inferred(errors, fitted.parameters, *found, conf)


def _inferred(
    errors: str,
    estimate: np.ndarray,
    variance: np.ndarray,
    df: np.ndarray,
    reason: np.ndarray,
    conf: float,
) -> Uncertainty:
    """Make t (or, without degrees of freedom, normal) tests and intervals."""
    few = ~np.isnan(df) & (df < 1)
    reason = np.where((reason == "") & few, "few_clusters", reason)
    unknown = ~(np.isfinite(variance) & (variance > 0))
    reason = np.where((reason == "") & unknown, "fixed_by_design", reason)
    se = np.sqrt(np.where(reason == "", variance, np.nan))
    normal = np.isnan(df)
    freedom = np.where(normal | few, 1.0, df)
    with np.errstate(invalid="ignore", over="ignore"):
        statistic = estimate / se
        t = np.abs(statistic)
        p = np.where(normal, 2 * special.ndtr(-t), 2 * special.stdtr(freedom, -t))
        quantile = (1 + conf) / 2
        half = np.where(normal, special.ndtri(quantile), special.stdtrit(freedom, quantile)) * se
    return Uncertainty(errors, se, df, statistic, p, estimate - half, estimate + half, reason)


def _designed(
    data: ModelData, survey: Survey, fitted: Fitted, slopes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give variances, degrees of freedom and reasons from a design.

    Influences of complete rows go through the partition of the whole table, where rows outside
    count with 0; replicate weights fit the model again.
    """
    terms = len(fitted.parameters)
    if _exact(fitted):
        return np.zeros(terms), np.full(terms, np.nan), np.full(terms, "perfect_fit")
    rows = data.rows
    # A mean serves to learn how many units and degrees of freedom the complete rows have.
    base = survey.mean(np.where(rows, 0.0, np.nan))
    df = np.full(terms, float(base.df[0] - slopes))
    reason = np.full(terms, "census" if base.covered[0] else "", dtype=object)
    if survey.replicates is not None:
        variance = survey.replicates.variances(_again(data, fitted), fitted.parameters)
        return variance, df, reason
    whole = bool(rows.all())
    variance = np.empty(terms)
    for term, influence in enumerate(fitted.influence.T):
        laid = influence
        if not whole:
            laid = np.zeros(len(rows))
            laid[rows] = influence
        variance[term] = survey.partition.variances(laid)[0]
    return variance, df, reason


def _exact(fitted: Fitted) -> bool:
    return fitted.kind == "linear" and fitted.scale == 0


def _again(data: ModelData, fitted: Fitted) -> Callable[[np.ndarray], np.ndarray]:
    def statistic(weight: np.ndarray) -> np.ndarray:
        weight = weight[data.rows]
        held = weight > 0
        part = replace(data, x=data.x[held], y=data.y[held])
        if data.levels and len(np.unique(part.y)) < len(data.levels):
            return np.full(len(fitted.parameters), np.nan)
        try:
            again = fit_model(part, weight[held], start=fitted.parameters)
        except ValueError:
            # Without the rows left out the drivers are not told apart: no estimate.
            return np.full(len(fitted.parameters), np.nan)
        return again.parameters if again.converged else np.full(len(fitted.parameters), np.nan)

    return statistic


def _sandwich(
    df: pd.DataFrame, data: ModelData, fitted: Fitted, errors: Errors
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take the rows, or the clusters, as a simple random sample."""
    named = data.survey.structure.design
    cluster = named.cluster if errors == "cluster" else None
    survey = read_survey(df, design=Design(weight=named.weight, cluster=cluster))
    variance, freedom, reason = _designed(data, survey, fitted, len(data.drivers))
    if errors == "cluster":
        n, count = fitted.n, len(fitted.parameters)
        variance = variance * (n - 1) / (n - count)
        freedom = freedom + len(data.drivers)
    return variance, freedom, reason


def _of_rows(fitted: Fitted, errors: Errors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the variances that take every row for an independent one."""
    terms, linear = len(fitted.parameters), fitted.kind == "linear"
    df = np.full(terms, float(fitted.df) if linear else np.nan)
    reason = np.full(terms, "perfect_fit" if _exact(fitted) else "", dtype=object)
    if errors == "classical":
        return np.diag(fitted.covariance).copy(), df, reason
    influence = fitted.influence
    if errors == "hc1":
        return (influence**2).sum(axis=0) * fitted.n / fitted.df, df, reason
    laid = np.column_stack([np.ones(fitted.n), fitted.x]) @ fitted.half
    leverage = np.einsum("ij,ij->i", laid, laid)
    leverage = leverage if fitted.weight is None else leverage * fitted.weight
    alone = 1 - leverage < _ALONE
    if alone.any() and not _exact(fitted):
        reason[:] = "full_leverage"
    left = np.where(alone, 1.0, 1 - leverage)
    return ((influence / left[:, None]) ** 2).sum(axis=0), df, reason


def _profiled(fitted: Fitted, conf: float) -> Uncertainty:
    """Give profile intervals and likelihood ratio tests of a penalised logistic fit.

    The statistic is the signed root of the ratio's chi-square with one degree of freedom.
    """
    blocks, deviation = penalised_blocks(fitted)
    # As the penalised fit has them: drivers, then the threshold, which is minus the intercept.
    forth = np.append(deviation, 1.0)
    top = climb_penalised(blocks, np.append(fitted.coefficients, -fitted.intercept) * forth)
    se = np.sqrt(np.diag(fitted.covariance))
    drop = special.ndtri((1 + conf) / 2) ** 2 / 2
    rows = []
    for term, width in enumerate(np.append(se[1:], se[0]) * forth):
        step = np.sqrt(2 * drop) * width
        ends = [profile(blocks, top, term, side * step, drop) for side in (-1, 1)]
        low, high = (np.nan if end is None else end / forth[term] for end in ends)
        root = np.sqrt(ratio_statistic(blocks, top, term)) * np.sign(top.place[term])
        rows.append((root, low, high))
    root, low, high = rows.pop()
    statistic, low, high = np.array([(-root, -high, -low), *rows]).T
    none = np.full(len(se), np.nan)
    reason = np.full(len(se), "separated", dtype=object)
    p = 2 * special.ndtr(-np.abs(statistic))
    return Uncertainty("profile", se, none, statistic, p, low, high, reason)
