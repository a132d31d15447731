"""How well a factor model fits: chi-square, CFI, TLI, RMSEA with its interval, SRMR, likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["MEASURES", "Measure", "measures"]

MEASURES = ("chisq", "df", "p", "cfi", "tli", "rmsea", "srmr", "scaling", "logl", "aic", "bic")


@dataclass(frozen=True)
class Measure:
    """One measure, its interval if it has one, and why it is missing."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    reason: str | None = None


def measures(
    matrix: np.ndarray,
    implied: np.ndarray,
    *,
    n: int,
    parameters: int,
    discrepancy: float,
    log_variances: float,
    scaling: tuple[float, float] | None,
    conf: float,
) -> dict[str, Measure]:
    """Give every measure of a model fitted to a correlation matrix of n rows.

    ``log_variances`` is the sum of the logarithms of the items' variances (sums of squares over
    n); ``scaling`` the factors by which the chi-squares of the model and of the baseline are too
    large, None for normal theory.
    """
    from scipy import special

    p = len(matrix)
    df, base_df = p * (p + 1) // 2 - parameters, p * (p - 1) // 2
    chisq, base = n * max(discrepancy, 0.0), -n * np.linalg.slogdet(matrix)[1]
    if scaling is not None:
        chisq, base = chisq / scaling[0] if df else chisq, base / scaling[1]
    found = {"chisq": Measure(chisq), "df": Measure(df)}
    if df == 0:
        saturated = Measure(reason="saturated")
        found |= dict.fromkeys(("chisq", "p", "cfi", "tli", "rmsea", "scaling"), saturated)
    else:
        found |= {
            "p": Measure(special.chdtrc(df, chisq)),
            "cfi": _cfi(chisq, df, base, base_df),
            "tli": _tli(chisq, df, base, base_df),
            "rmsea": _rmsea(chisq, df, n, conf),
            "scaling": Measure(1.0 if scaling is None else scaling[0]),
        }
    left = (matrix - implied)[np.tril_indices(p)]
    found["srmr"] = Measure(np.sqrt(np.mean(left**2)))
    found |= _likelihood(matrix, implied, n, parameters, log_variances, scaling is not None)
    return {name: found[name] for name in MEASURES}


def _cfi(chisq: float, df: int, base: float, base_df: int) -> Measure:
    worst = max(chisq - df, base - base_df, 0.0)
    return Measure(1 - max(chisq - df, 0.0) / worst if worst > 0 else 1.0)


def _tli(chisq: float, df: int, base: float, base_df: int) -> Measure:
    if base / base_df <= 1:
        return Measure(reason="uncorrelated")
    return Measure((base / base_df - chisq / df) / (base / base_df - 1))


def _rmsea(chisq: float, df: int, n: int, conf: float) -> Measure:
    """Steiger's root mean square error of approximation; an interval of 90 % is the custom."""
    tail = (1 - conf) / 2
    low = _noncentrality(chisq, df, 1 - tail)
    high = _noncentrality(chisq, df, tail)
    value, low, high = (np.sqrt(x / (n * df)) for x in (max(chisq - df, 0.0), low, high))
    return Measure(value, low, high)


def _noncentrality(chisq: float, df: int, below: float) -> float:
    """Find the noncentrality at which a chi-square lies under ``chisq`` with this probability."""
    from scipy import optimize, special

    def excess(noncentrality: float) -> float:
        return float(special.chndtr(chisq, df, noncentrality)) - below

    if chisq <= 0 or float(special.chdtr(df, chisq)) <= below:
        return 0.0
    high = max(chisq, 1.0)
    while excess(high) > 0 and high < 1e12:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-12, rtol=1e-14, maxiter=500))


def _likelihood(
    matrix: np.ndarray,
    implied: np.ndarray,
    n: int,
    parameters: int,
    log_variances: float,
    scaled: bool,
) -> dict[str, Measure]:
    if scaled:
        return dict.fromkeys(("logl", "aic", "bic"), Measure(reason="not_normal_theory"))
    constant = len(matrix) * np.log(2 * np.pi) + log_variances
    log_det = np.linalg.slogdet(implied)[1]
    logl = -n / 2 * (constant + log_det + np.trace(np.linalg.solve(implied, matrix)))
    return {
        "logl": Measure(logl),
        "aic": Measure(-2 * logl + 2 * parameters),
        "bic": Measure(-2 * logl + parameters * np.log(n)),
    }
