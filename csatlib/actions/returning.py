"""Return to the mean: how much a group chosen for low scores improves by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from csatlib.actions.arguments import between, pairs_of, t_row, table, values_of

__all__ = ["expected_return", "return_to_mean"]

_COLUMNS = {"method": "str", "n_pairs": "Int64", "n": "Int64"} | dict.fromkeys(
    (
        "mean",
        "selected_mean",
        "correlation",
        "correlation_low",
        "correlation_high",
        "estimate",
        "se",
        "df",
        "ci_low",
        "ci_high",
    ),
    "Float64",
)
_COLUMNS |= {"reason": "str"}


def return_to_mean(
    first: pd.Series, second: pd.Series, selected: pd.Series, *, conf: float = 0.95
) -> pd.DataFrame:
    r"""Estimate the change that a low value alone lets expect, without any measure.

    Parameters
    ----------
    first, second : Series or array of numbers
        Two scores of each of the customers that nothing reached and nobody chose, aligned.
    selected : Series or array of numbers
        The scores for which the others were chosen.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Two rows. ``method`` ``linear`` is (1 − ρ)(μ − m), from the test-retest ``correlation`` ρ
        (with ``correlation_low`` and ``correlation_high``) and the ``mean`` μ of the first scores;
        ``matched`` the mean change of customers that nothing reached who began with the same
        scores, in the proportions of ``selected``. ``n_pairs`` customers measured twice
        (``matched``: those with one of the scores), ``n`` selected scores (``matched``: those that
        somebody else began with), ``selected_mean`` their mean m; ``estimate``, the expected
        change, ``se``, ``df``, ``ci_low`` and ``ci_high``; ``reason``: ``empty``, ``too_few`` (less
        than three pairs; matched: not two pairs to any score), ``no_variation`` (no spread in
        either wave, so no correlation).

    Raises
    ------
    ValueError
        For pairs of different lengths, texts in place of numbers, or infinite ones.

    Notes
    -----
    ``linear`` takes both waves to have one mean and one spread; a common shift of the quarter is
    not in it, in ``matched`` it is. The selected scores are taken as given; the error is that of ρ
    and μ, linearised without a distribution:

    .. math:: d_i = -(\mu - m)\,(z_{1i} z_{2i} - \tfrac{\rho}{2}(z_{1i}^2 + z_{2i}^2))
              + (1 - \rho)(x_i - \mu)

    Source: Davis (1976), The effect of regression to the mean in epidemiologic and clinical
    studies, *American Journal of Epidemiology* 104, 493–498; Barnett, van der Pols and Dobson
    (2005), *International Journal of Epidemiology* 34, 215–220.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions
    >>> first, second = pd.Series([2, 3, 4, 5, 4, 3, 2, 5]), pd.Series([3, 3, 5, 4, 4, 4, 2, 5])
    >>> low = pd.Series([2, 2, 3])
    >>> actions.return_to_mean(first, second, low)[["method", "correlation", "estimate"]].round(3)
        method  correlation  estimate
    0   linear        0.808     0.224
    1  matched         <NA>       0.5
    """
    conf = between(conf, "conf")
    x, y = pairs_of(first, second)
    low = values_of(selected, "selected")
    low = low[~np.isnan(low)]
    shared = {"n_pairs": len(x), "n": len(low)}
    if len(low):
        shared["selected_mean"] = low.mean()
    if len(x) == 0 or len(low) == 0:
        rows = [shared | {"method": m, "reason": "empty"} for m in ("linear", "matched")]
        return table(rows, _COLUMNS)
    shared["mean"] = x.mean()
    rows = [_linear(x, y, low.mean(), conf), _matched(x, y, low, conf)]
    return table([shared | row for row in rows], _COLUMNS)


def _linear(x: np.ndarray, y: np.ndarray, low: float, conf: float) -> dict[str, object]:
    n = len(x)
    if n < 3:
        return {"method": "linear", "reason": "too_few"}
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return {"method": "linear", "reason": "no_variation"}
    row = expected_return(x, y, low, conf)
    rho = row["correlation"]
    if n > 3 and abs(rho) < 1:
        half = stats.norm.ppf((1 + conf) / 2) / np.sqrt(n - 3)
        ends = np.tanh(np.arctanh(rho) + np.array([-half, half]))
        row |= {"correlation_low": ends[0], "correlation_high": ends[1]}
    return {"method": "linear"} | row


def expected_return(x: np.ndarray, y: np.ndarray, low: float, conf: float) -> dict[str, object]:
    """Give (1 − ρ)(μ − m) with its interval; both waves vary and there are three pairs or more."""
    n, mean = len(x), x.mean()
    z1, z2 = (x - mean) / x.std(), (y - y.mean()) / y.std()
    rho = float(np.clip((z1 * z2).mean(), -1, 1))
    of_rho = z1 * z2 - rho / 2 * (z1**2 + z2**2)
    influence = (low - mean) * of_rho + (1 - rho) * (x - mean)
    se = np.sqrt((influence**2).sum() / (n * (n - 1)))
    row = {"correlation": rho, "estimate": (1 - rho) * (mean - low)}
    if se <= 1e-12:
        return row | {"reason": "no_variation"}
    found = t_row(row["estimate"], se, n - 2, conf)
    return row | {name: found[name] for name in ("se", "df", "ci_low", "ci_high")}


def _matched(x: np.ndarray, y: np.ndarray, low: np.ndarray, conf: float) -> dict[str, object]:
    scores, wanted = np.unique(low, return_counts=True)
    changes = [(y - x)[x == score] for score in scores]
    there = np.array([len(one) >= 2 for one in changes])
    if not there.any():
        return {"method": "matched", "reason": "too_few"}
    kept = [one for one, is_there in zip(changes, there, strict=True) if is_there]
    share = wanted[there] / wanted[there].sum()
    sizes = np.array([len(one) for one in kept])
    parts = share**2 * np.array([one.var(ddof=1) for one in kept]) / sizes
    row = {"method": "matched", "n_pairs": int(sizes.sum()), "n": int(wanted[there].sum())}
    row["estimate"] = float(share @ np.array([one.mean() for one in kept]))
    if parts.sum() == 0:
        return row | {"reason": "no_variation"}
    df = parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()
    found = t_row(row["estimate"], np.sqrt(parts.sum()), df, conf)
    return row | {name: found[name] for name in ("se", "df", "ci_low", "ci_high")}
