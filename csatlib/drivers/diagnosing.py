"""Whether a fitted model may be believed: one row a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real

import numpy as np
import pandas as pd

from csatlib.drivers.arguments import check_seed
from csatlib.drivers.checks import Check, by_size, check_table, unknown
from csatlib.drivers.collinearity import condition_number, inflation, unit_columns
from csatlib.drivers.fitting import fit_model
from csatlib.drivers.model import Fitted
from csatlib.drivers.odds_checks import proportional_odds
from csatlib.drivers.prediction_checks import predictions
from csatlib.drivers.reading import Kind, ModelData, read_model
from csatlib.drivers.residual_checks import heteroscedasticity, influence, linearity
from csatlib.estimates.design import Design

__all__ = ["as_kind", "checks_of", "decisive_checks", "diagnose"]


def diagnose(
    df: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    *,
    kind: Kind,
    design: Design | None = None,
    cutoff: float = 4,
    alpha: float = 0.05,
    folds: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Check a driver model: its drivers, its assumptions, and whether it foretells unseen rows.

    Rows that have the outcome, all drivers and a weight above 0 count. Normal residuals are not
    asked for: with robust standard errors the inference does not need them.

    Parameters
    ----------
    df : DataFrame
        One row a respondent.
    outcome : str
        Numbers for ``linear``; true and false, or 0 and 1, for ``logistic``; whole numbers or
        ordered categories for ``ordinal``.
    drivers : sequence of str
        Numeric or boolean columns.
    kind : {"linear", "logistic", "ordinal"}
        The model to check.
    design : Design, optional
        The survey design; its weights, strata, clusters and margins enter every test (replicate
        weights do not: their variance is linearised).
    cutoff : float
        For ``ordinal``: calibration and AUC are those of answers of ``cutoff`` or more.
    alpha : float
        The error allowed to each family of tests; within one, p is adjusted after Holm.
    folds : int
        Folds of the cross-validation behind calibration line and AUC, 2 or more; clusters stay
        together.
    seed : int
        Where the random numbers of the folds start.

    Returns
    -------
    DataFrame
        Table ``diagnostics``, one row a check and driver: ``check``; ``driver``, empty where the
        whole model is meant; ``n`` rows that count; ``rows``, how many rows are concerned (never
        which); ``value``; ``threshold`` from which a value is bad (for the calibration line: what
        would be perfect); ``ci_low``, ``ci_high`` of the value (95 %); ``statistic``, ``df``,
        ``p``, ``p_adjusted`` of its test; ``verdict`` (``good``, ``watch``, ``bad``, ``unknown``);
        ``reason``, why a verdict is unknown; ``remedy``, what to do unless it is good.

        ===================== ===================================================================
        check                 value; verdict
        ===================== ===================================================================
        vif                   variance inflation of the driver; watch from 5, bad from 10
        condition_number      of the centred drivers; watch from 15, bad from 30
        rows_per_coefficient  rows for each driver (``logistic``: of the rarer answer; ``ordinal``:
                              the effective n − Σn³/n²); watch below 20, bad below 10
        r2, r2_adjusted       R², or McFadden's; adjusted watch below 0.1, never bad
        separation            1 where drivers foretell answers perfectly; then bad
        heteroscedasticity    ``linear``: R² of the squared residuals on the drivers
                              (Breusch–Pagan, studentised); watch if p is small, never bad
        heteroscedasticity_white  the same on fitted values and their squares
        reset                 R² (McFadden's) that the square (``linear``: and cube) of the linear
                              predictor would add; watch if p is small, bad if the value is 0.02
                              or more besides
        linearity             that which the square of the driver would add; likewise
        proportional_odds     ``ordinal``: range of the slopes over the thresholds, per standard
                              deviation; watch if p is small, bad if it is 0.5 or more besides
        influence             largest Cook's distance, ``rows`` beyond 4/n; watch from 0.5, bad from
                              1
        leverage              largest leverage, ``rows`` beyond thrice the mean; watch from 0.5, bad
                              from 0.9
        dfbetas               how far one row moves the driver's coefficient, in standard errors,
                              ``rows`` beyond 2/√n; watch from 1, bad from 2
        calibration_groups    largest gap between observed and predicted shares over ten groups
                              (Hosmer–Lemeshow; under a design Tsiatis); watch if p is
                              small, bad if it is 0.15 or more besides
        calibration_slope     of unseen rows; watch from 0.2 off 1, bad from 0.4, if beyond chance
        calibration_intercept of unseen rows; watch from 0.3 off 0, bad from 0.6, if beyond chance
        auc                   of unseen rows; watch below 0.7, bad below 0.6
        ===================== ===================================================================

        ``reason`` is ``collinear`` (a driver is constant or made of others, and no model exists),
        ``too_few_rows``, ``too_few_levels`` (a driver of two answers has no curve), ``two_levels``,
        ``few_answers_at_a_level``, ``separated``, ``no_convergence``, ``no_variation``,
        ``few_clusters`` or ``no_cutoff``. ``remedy`` is ``drop_or_combine``, ``fewer_drivers``,
        ``add_drivers``, ``penalised_fit``, ``robust_errors``, ``add_curve_or_ordinal``,
        ``partial_or_logistic``, ``check_rows`` or ``recalibrate``.

    Raises
    ------
    ValueError
        For columns or a design that do not fit, an outcome that does not fit ``kind`` or does not
        vary, and fewer complete rows than coefficients.

    Notes
    -----
    Of a simple random sample the tests of spread (n·R²), of each driver's proportional odds
    (likelihood ratio) and of calibration (χ²) are the textbook's; under a design they are F tests
    with the design's covariance. Curvature is tested by the robust score throughout, so that
    unequal spread is not taken for it.

    Source: Fox (2016), *Applied Regression Analysis and Generalized Linear Models*, part III, and
    for each test the function that makes it.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from csatlib import drivers
    >>> draw = np.random.default_rng(0)
    >>> df = pd.DataFrame({"speed": draw.normal(size=300), "price": draw.normal(size=300)})
    >>> df["overall"] = df["speed"] + df["speed"] ** 2 + draw.normal(size=300)
    >>> table = drivers.diagnose(df, "overall", ["speed", "price"], kind="linear")
    >>> table.loc[table["check"] == "linearity", ["driver", "verdict", "remedy"]]
       driver verdict                remedy
    9   speed     bad  add_curve_or_ordinal
    10  price    good                   NaN
    """
    _check_settings(alpha, folds, cutoff)
    check_seed(seed)
    data = read_model(df, outcome, drivers, design, kind=kind, dependent="keep")
    return check_table(checks_of(data, cutoff=cutoff, alpha=alpha, folds=folds, seed=seed))


def _check_settings(alpha: float, folds: int, cutoff: float) -> None:
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        raise ValueError(f"alpha: expected a number between 0 and 1, found {alpha!r}; write 0.05")
    if not isinstance(folds, int | np.integer) or isinstance(folds, bool) or folds < 2:
        raise ValueError(f"folds: expected a whole number of 2 or more, found {folds!r}")
    if not isinstance(cutoff, Real):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"cutoff: expected a number, found {cutoff!r}"
        )


def checks_of(
    data: ModelData, *, cutoff: float, alpha: float, folds: int, seed: int
) -> list[Check]:
    """Make every check that the kind of model has."""
    unit = unit_columns(data.x, data.weights())
    checks = _collinearity(data, unit)
    if _dependent(unit):
        return [*checks, unknown("model", "collinear")]
    fitted = fit_model(data)
    checks += _size(data, fitted)
    if data.kind == "linear":
        checks += heteroscedasticity(data, fitted, alpha)
    else:
        checks.append(_separation(data, fitted))
    checks += linearity(data, fitted, alpha)
    if data.kind == "ordinal":
        checks += proportional_odds(data, fitted, alpha)
    checks += influence(data, fitted)
    if data.kind != "linear":
        checks += predictions(data, fitted, cutoff, folds=folds, seed=seed, alpha=alpha)
    return checks


def _dependent(unit: np.ndarray) -> bool:
    if (unit == 0).all(axis=0).any():
        return True
    own = np.linalg.svd(unit, compute_uv=False)
    return len(unit) <= unit.shape[1] or bool(own[-1] < 1e-7 * own[0])


def _collinearity(data: ModelData, unit: np.ndarray) -> list[Check]:
    factors = inflation(unit)
    still = (unit == 0).all(axis=0)
    checks = []
    for name, value, constant in zip(data.drivers, factors, still, strict=True):
        if constant:
            checks.append(Check("vif", name, n=data.n, reason="no_variation"))
            continue
        check = Check("vif", name, n=data.n, value=float(value))
        checks.append(by_size(check, 5.0, 10.0, "drop_or_combine"))
    number = Check("condition_number", n=data.n, value=condition_number(unit[:, ~still]))
    return [*checks, by_size(number, 15.0, 30.0, "drop_or_combine")]


def _size(data: ModelData, fitted: Fitted) -> list[Check]:
    """Hold rows against coefficients, and say how much the model explains."""
    n = data.n
    counts = np.bincount(data.y) if data.kind != "linear" else np.array([])
    base = float(n)
    if data.kind == "logistic":
        base = float(counts.min())
    elif data.kind == "ordinal":
        base = n - (counts.astype(float) ** 3).sum() / n**2
    # Thresholds and intercept are had from the margin alone.
    per = Check("rows_per_coefficient", n=n, value=base / len(data.drivers))
    if data.kind == "linear":
        left = 1 - (1 - fitted.r2) * (n - 1) / fitted.df if fitted.df > 0 else float("nan")
    else:
        left = 1 - (fitted.loglik - len(data.drivers)) / fitted.null_loglik
    r2 = Check("r2", n=n, value=fitted.r2, verdict="good")
    share = Check("r2_adjusted", n=n, value=left)
    return [
        by_size(per, 20.0, 10.0, "fewer_drivers", above=False),
        r2 if np.isfinite(fitted.r2) else unknown("r2", "no_convergence"),
        by_size(share, 0.1, -np.inf, "add_drivers", above=False),
    ]


def _separation(data: ModelData, fitted: Fitted) -> Check:
    check = Check("separation", n=data.n, value=float(fitted.separated))
    return by_size(check, 1.0, 1.0, "penalised_fit")


def as_kind(data: ModelData, kind: Kind, cutoff: float) -> ModelData:
    """Turn data read for an ordered model into those of another kind of the same answers."""
    levels = np.array(data.levels)
    if kind == "linear":
        return replace(data, kind=kind, y=levels.astype(float)[data.y], levels=())
    if kind == "logistic":
        return replace(data, kind=kind, y=(levels >= cutoff)[data.y].astype(np.intp), levels=(0, 1))
    return data


def decisive_checks(data: ModelData, alpha: float = 0.05) -> list[Check]:
    """Make the checks without which a kind of model tells something else than it seems to."""
    if (data.y == data.y[0]).all():
        return []
    fitted = fit_model(data)
    checks = linearity(data, fitted, alpha)
    return checks + (proportional_odds(data, fitted, alpha) if data.kind == "ordinal" else [])
