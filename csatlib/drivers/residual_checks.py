"""Checks of what a model leaves over: unequal spread, curvature, rows that pull alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from csatlib.drivers.checks import Check, adjusted, by_size, by_test, unknown
from csatlib.drivers.joint import (
    Wald,
    added_terms,
    degrees_of_freedom,
    joint_covariance,
    pulls,
    wald,
)
from csatlib.drivers.model import Fitted
from csatlib.drivers.reading import ModelData

__all__ = ["Pull", "heteroscedasticity", "influence", "linearity", "row_pull", "simple_sample"]

#: Share of R² that curved terms must add before the straight ones mislead.
_CURVED = 0.02


def simple_sample(data: ModelData) -> bool:
    """Say whether the rows are a simple random sample of equal weights."""
    structure, design = data.survey.structure, data.survey.structure.design
    plain = structure.unit is None and structure.strata == 1 and data.weight is None
    return plain and not design.margins and not structure.covered.any()


# ---- unequal spread ------------------------------------------------------------------------------


def heteroscedasticity(data: ModelData, fitted: Fitted, alpha: float) -> list[Check]:
    """Test whether the residuals' spread goes with the drivers, and with the fitted values.

    Source: Koenker (1981), A note on studentizing a test for heteroscedasticity, *Journal of
    Econometrics* 17, 107–112; White (1980), in the form on fitted values and their squares.
    """
    at = fitted.predictor - fitted.predictor.mean()
    sd = at.std()
    at = at / sd if sd > 0 else at
    found = []
    for name, terms in (
        ("heteroscedasticity", data.x),
        ("heteroscedasticity_white", np.column_stack([at, at**2])),
    ):
        test = _spread_test(data, fitted, terms)
        check = Check(
            name,
            n=data.n,
            value=test.gain,
            statistic=test.statistic,
            df=test.df,
            p=test.p,
            p_adjusted=test.p,
            reason=test.reason,
        )
        # The standard errors of the fit are robust already, so that this alone is never bad.
        found.append(by_test(check, alpha, "robust_errors"))
    return found


def _spread_test(data: ModelData, fitted: Fitted, terms: np.ndarray) -> Wald:
    """Regress squared residuals on ``terms``: n·R², or F by the score under a design."""
    weight = data.weights()
    share = weight / weight.sum()
    squares = (fitted.y - fitted.predictor) ** 2
    mean = share @ squares
    apart = squares - mean
    whole = share @ apart**2
    if fitted.scale <= 0 or whole <= 1e-20 * mean**2:
        return Wald(reason="no_variation")
    centred = terms - share @ terms
    slope, _, rank, _ = np.linalg.lstsq(
        centred * np.sqrt(share)[:, None], apart * np.sqrt(share), rcond=1e-10
    )
    r2 = float(share @ (centred @ slope) ** 2 / whole)
    if simple_sample(data):
        statistic = data.n * r2
        return Wald(statistic, float(rank), float(stats.chi2.sf(statistic, rank)), gain=r2)
    scores = centred * (share * apart)[:, None]
    test = wald(scores.sum(axis=0), joint_covariance(data, scores), degrees_of_freedom(data))
    return Wald(test.statistic, test.df, test.p, test.reason, r2)


# ---- curvature -----------------------------------------------------------------------------------


def linearity(data: ModelData, fitted: Fitted, alpha: float) -> list[Check]:
    """Test squares of the linear predictor (RESET), and the square of each driver.

    Source: Ramsey (1969), Tests for specification errors in classical linear least-squares
    regression analysis, *Journal of the Royal Statistical Society B* 31, 350–371, its terms tested
    by the robust score; Pregibon (1980), Goodness of link tests, *Applied Statistics* 29, 15–23.
    """
    if fitted.separated or not fitted.converged:
        reason = "separated" if fitted.separated else "no_convergence"
        names = (None, *data.drivers)
        return [unknown("linearity" if name else "reset", reason, name) for name in names]
    at = _scaled(fitted.predictor, data.weights())
    # The robust variance of a cube is too small by far where the likelihood is not normal's.
    powers = [at**2, at**3] if data.kind == "linear" else [at**2]
    reset = _curved("reset", None, data, added_terms(data, fitted, np.column_stack(powers)))
    each = []
    for j, name in enumerate(data.drivers):
        square = _scaled(data.x[:, j], data.weights())[:, None] ** 2
        each.append(_curved("linearity", name, data, added_terms(data, fitted, square)))
    return [
        by_test(check, alpha, "add_curve_or_ordinal", bad=_CURVED)
        for check in (*adjusted([reset]), *adjusted(each))
    ]


def _scaled(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    share = weight / weight.sum()
    centred = values - share @ values
    sd = np.sqrt(share @ centred**2)
    return centred / (sd if sd > 0 else 1)


def _curved(name: str, driver: str | None, data: ModelData, test: Wald) -> Check:
    return Check(
        name,
        driver,
        n=data.n,
        value=test.gain,
        statistic=test.statistic,
        df=test.df,
        p=test.p,
        reason=test.reason,
    )


# ---- rows that pull alone ------------------------------------------------------------------------


@dataclass(frozen=True)
class Pull:
    """What each row does to the model: Cook's distance, leverage (or None), DFBETAS of drivers."""

    cook: np.ndarray
    leverage: np.ndarray | None
    dfbetas: np.ndarray


def row_pull(fitted: Fitted) -> Pull:
    """Say how far the coefficients would move without a row, exactly if linear, else in one step.

    For a linear model equal to R's ``cooks.distance``, ``hatvalues`` and ``dfbetas``; for the
    others to Pregibon's one-step values, which for an ordered model have no leverage. Source: Cook
    and Weisberg (1982), *Residuals and Influence in Regression*; Pregibon (1981), *Annals of
    Statistics* 9, 705–724.
    """
    pull, curve, _ = pulls(fitted)
    leverage = None
    step = fitted.influence
    if fitted.kind != "ordinal":
        laid = np.column_stack([np.ones(fitted.n), fitted.x])
        solved = np.linalg.solve(fitted.information, laid.T).T
        leverage = np.clip(curve * np.einsum("ij,ij->i", laid, solved), 0, 1)
        step = step / np.maximum(1 - leverage, 1e-10)[:, None]
    many = len(fitted.parameters)
    scale = fitted.scale if fitted.scale > 0 else np.inf
    cook = np.einsum("ij,jk,ik->i", step, fitted.information, step) / (many * scale)
    variance = np.diag(np.linalg.inv(fitted.information))
    at = slice(0, len(fitted.drivers)) if fitted.kind == "ordinal" else slice(1, None)
    without = np.ones(fitted.n)
    if fitted.kind == "linear":
        residual = fitted.y - fitted.predictor
        left = fitted.scale * fitted.df - pull * residual / np.maximum(1 - leverage, 1e-10)
        without = np.maximum(left, 0) / max(fitted.df - 1, 1)
    spread = np.sqrt(without[:, None] * variance[at])
    moved = np.divide(step[:, at], spread, out=np.zeros_like(step[:, at]), where=spread > 0)
    return Pull(cook, leverage, moved)


def influence(data: ModelData, fitted: Fitted) -> list[Check]:
    """Judge the rows that pull hardest; how many there are is told, never which."""
    if fitted.df < 2 or not fitted.converged:
        reason = "too_few_rows" if fitted.converged else "no_convergence"
        return [unknown("influence", reason)]
    found, n = row_pull(fitted), data.n
    crowd = 4 / n
    cook = Check("influence", n=n, rows=int((found.cook > crowd).sum()), value=found.cook.max())
    checks = [by_size(cook, 0.5, 1.0, "check_rows")]
    if found.leverage is not None:
        high = found.leverage > 3 * len(fitted.parameters) / n
        check = Check("leverage", n=n, rows=int(high.sum()), value=found.leverage.max())
        checks.append(by_size(check, 0.5, 0.9, "check_rows"))
    for j, name in enumerate(data.drivers):
        size = np.abs(found.dfbetas[:, j])
        beyond = int((size > 2 / np.sqrt(n)).sum())
        check = Check("dfbetas", name, n=n, rows=beyond, value=size.max())
        checks.append(by_size(check, 1.0, 2.0, "check_rows"))
    return checks
