"""Intervals for a share from two counts, by the methods that textbooks and other software use."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

__all__ = ["proportion_interval"]

Limits = tuple[np.ndarray, np.ndarray]


def proportion_interval(
    successes: ArrayLike, n: ArrayLike, *, method: str = "wilson", conf: float = 0.95
) -> pd.DataFrame:
    r"""Give the interval of each share of ``successes`` among ``n``, with no design behind it.

    It is for counts that stand in a report or a paper, and for comparing with other software; the
    shares of a survey come from `share`, which knows weights, strata and clusters.

    Parameters
    ----------
    successes : int or array-like of int
        Satisfied answers, from 0 to ``n``.
    n : int or array-like of int
        Valid answers, of the same length as ``successes``, or one number for all.
    method : str
        ``wilson`` (score), ``wilson_continuity``, ``exact`` (Clopper and Pearson), ``mid_p``,
        ``agresti_coull``, ``jeffreys`` (equal tails), ``bayes`` (highest density), ``logit``,
        ``cloglog``, ``lrt`` (likelihood ratio) or ``wald``.
    conf : float
        Confidence of the two-sided interval, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a pair, in their order: ``successes`` and ``n``; ``estimate``, which is
        ``successes / n`` for every method; ``ci_low`` and ``ci_high``; ``method``; and ``reason``,
        why there is no interval, else NA: ``empty`` (``n`` is 0) or ``no_variation`` (``wald`` at
        0 and ``n``, where it would have no width).

    Raises
    ------
    ValueError
        For counts that are not whole numbers, below 0 or with more successes than answers, an
        unknown method, or ``conf`` out of range.

    Notes
    -----
    With :math:`\hat p = x / n`, :math:`z` the normal quantile at :math:`(1 + conf) / 2` and
    :math:`\alpha = 1 - conf`:

    * ``wilson``: :math:`(\hat p + z^2/2n \pm z \sqrt{\hat p (1 - \hat p)/n + z^2/4n^2})
      / (1 + z^2/n)`. ``wilson_continuity`` takes it at :math:`x - 1/2` below and :math:`x + 1/2`
      above. R's ``prop.test`` leaves that correction out at :math:`x = n/2`, and so does this.
    * ``exact``: the beta quantiles :math:`B(\alpha/2; x, n - x + 1)` and
      :math:`B(1 - \alpha/2; x + 1, n - x)`. ``mid_p`` counts half the probability of x itself.
    * ``agresti_coull``: Wald's form at :math:`x + z^2/2` of :math:`n + z^2`.
    * ``jeffreys``: the :math:`\alpha/2` and :math:`1 - \alpha/2` quantiles of the posterior
      :math:`\mathrm{Beta}(x + 1/2, n - x + 1/2)`; ``bayes``: its shortest interval.
    * ``logit`` and ``cloglog``: Wald's form on those scales.
    * ``lrt``: all p with :math:`2 (\ell(\hat p) - \ell(p)) \le z^2`.

    At 0 and n: ``exact``, ``wilson``, ``wilson_continuity``, ``mid_p``, ``bayes`` and ``lrt``
    reach 0 or 1; ``logit`` and ``cloglog`` do not exist there and give ``exact``; ``jeffreys``
    stays inside. ``agresti_coull`` and ``wald`` are not cut at 0 and 1: a limit beyond them says
    that the method does not suit the counts. No interval of width zero is ever given.

    Source: Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion,
    *Statistical Science* 16, 101–133; Newcombe (1998), *Statistics in Medicine* 17, 857–872. They
    are ``binom::binom.confint`` of R, with the names ``agresti-coull``, ``asymptotic`` for
    ``wald``, ``prop.test`` for ``wilson_continuity`` and the same for the others.

    Examples
    --------
    Of twenty customers all are satisfied: the share of all customers may be as low as 84 %.

    >>> from csatlib import estimates
    >>> table = estimates.proportion_interval([20, 19], 20)
    >>> table[["successes", "n", "estimate", "ci_low", "ci_high"]].round(3)
       successes   n  estimate  ci_low  ci_high
    0         20  20       1.0   0.839      1.0
    1         19  20      0.95   0.764    0.991
    """
    if method not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, found {method!r}")
    if not isinstance(conf, Real) or not 0 < conf < 1:
        raise ValueError(
            f"conf: expected a number between 0 and 1, found {conf!r}; write 0.95 for 95 %"
        )
    x, size = _counts(successes, n)
    asked = size > 0
    low, high = np.full((2, len(x)), np.nan)
    low[asked], high[asked] = METHODS[method](x[asked], size[asked], conf)
    flat = asked & ~(low < high)
    low[flat] = high[flat] = np.nan
    reason = np.select([~asked, flat], ["empty", "no_variation"], default="")
    estimate = np.divide(x, size, out=np.full(len(x), np.nan), where=asked)
    return pd.DataFrame(
        {
            "successes": pd.array(x.astype(np.int64), dtype="Int64"),
            "n": pd.array(size.astype(np.int64), dtype="Int64"),
            "estimate": pd.array(estimate, dtype="Float64"),
            "ci_low": pd.array(low, dtype="Float64"),
            "ci_high": pd.array(high, dtype="Float64"),
            "method": pd.array([method] * len(x), dtype="str"),
            "reason": pd.array([name or None for name in reason], dtype="str"),
        }
    )


def _counts(successes: ArrayLike, n: ArrayLike) -> Limits:
    """Read the counts as floats of one length."""
    x, size = _whole(successes, "successes"), _whole(n, "n")
    if len(x) != len(size) and 1 not in (len(x), len(size)):
        raise ValueError(
            f"n: expected as many numbers as successes ({len(x)}) or one, found {len(size)}"
        )
    x, size = np.broadcast_arrays(x, size)
    more = np.flatnonzero(x > size)
    if more.size:
        place = more[0]
        raise ValueError(
            f"successes: expected at most n, found {x[place]:.0f} of {size[place]:.0f} in "
            f"position {place}; give the satisfied answers first, then all valid ones"
        )
    return x, size


def _whole(values: ArrayLike, argument: str) -> np.ndarray:
    try:
        numbers = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if numbers.ndim > 1:
        raise ValueError(f"{argument}: expected one list of counts, found {numbers.ndim} levels")
    odd = ~(np.isfinite(numbers) & (numbers >= 0) & (numbers == np.round(numbers)))
    if odd.any():
        raise ValueError(
            f"{argument}: expected whole numbers, 0 or more, found {int(odd.sum())} others, the "
            f"first in position {int(np.argmax(odd))}; give counts, not shares"
        )
    return numbers


def _normal(conf: float) -> float:
    return float(special.ndtri((1 + conf) / 2))


def _wald(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    half = _normal(conf) * np.sqrt(x * (n - x) / n**3)
    return x / n - half, x / n + half


def _score(x: np.ndarray, n: np.ndarray, z: float, shift: np.ndarray | float) -> Limits:
    """Solve the score equation for each limit, the counts moved ``shift`` away from it."""
    below, above = x - shift, x + shift
    root_low = np.sqrt(below * (n - below) / n + z**2 / 4)
    root_high = np.sqrt(above * (n - above) / n + z**2 / 4)
    low = (below + z**2 / 2 - z * root_low) / (n + z**2)
    high = (above + z**2 / 2 + z * root_high) / (n + z**2)
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _wilson(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    return _score(x, n, _normal(conf), 0.0)


def _wilson_continuity(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    # Half a count: kept from passing 0 or n, where the limit is 0 or 1 whatever it is.
    shift = np.minimum(0.5, np.abs(x - n / 2))
    with np.errstate(invalid="ignore"):
        return _score(x, n, _normal(conf), shift)


def _agresti_coull(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    z = _normal(conf)
    return _wald(x + z**2 / 2, n + z**2, conf)


def _exact(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    tail = (1 - conf) / 2
    low = np.where(x == 0, 0.0, special.betaincinv(x, n - x + 1, tail))
    return low, np.where(x == n, 1.0, special.betainccinv(x + 1, n - x, tail))


def _mid_p(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    tail = (1 - conf) / 2

    def upper(p: np.ndarray) -> np.ndarray:
        """P(X > x) + P(X = x)/2, the mean of P(X ≥ x) and P(X > x)."""
        return (_at_least(x, n, p) + _at_least(x + 1, n, p)) / 2

    start, end, middle = np.zeros_like(x), np.ones_like(x), x / n
    low = np.where(x == 0, 0.0, _bisect(lambda p: upper(p) - tail, start, middle))
    high = _bisect(lambda p: tail - (1 - upper(p)), middle, end)
    return low, np.where(x == n, 1.0, high)


def _at_least(x: np.ndarray, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """P(X ≥ x) of the binomial distribution."""
    inside = special.betainc(np.maximum(x, 1), np.maximum(n - x + 1, 1), p)
    return np.select([x <= 0, x > n], [1.0, 0.0], default=inside)


def _jeffreys(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    tail = (1 - conf) / 2
    a, b = x + 0.5, n - x + 0.5
    return special.betaincinv(a, b, tail), special.betainccinv(a, b, tail)


def _bayes(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    a, b = x + 0.5, n - x + 0.5

    def slope(tail: np.ndarray) -> np.ndarray:
        """Log density at the lower end less that at the upper: 0 where the interval is shortest."""
        low, high = special.betaincinv(a, b, tail), special.betaincinv(a, b, tail + conf)
        ratio = special.xlogy(a - 1, low / high)
        return ratio + special.xlog1py(b - 1, -low) - special.xlog1py(b - 1, -high)

    start = np.zeros_like(a)
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = _bisect(slope, start, start + 1 - conf)
    # At 0 and n the density only falls or only rises: the interval lies at that end.
    tail = np.select([x == 0, x == n], [0.0, 1 - conf], default=tail)
    low = special.betaincinv(a, b, tail)
    return low, np.where(x == n, 1.0, special.betaincinv(a, b, np.minimum(tail + conf, 1)))


def _logit(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    def on_scale(p: np.ndarray) -> Limits:
        centre, half = special.logit(p), _normal(conf) / np.sqrt(n * p * (1 - p))
        return special.expit(centre - half), special.expit(centre + half)

    return _inside_only(on_scale, x, n, conf)


def _cloglog(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    def on_scale(p: np.ndarray) -> Limits:
        centre = np.log(-np.log(p))
        half = _normal(conf) * np.sqrt((1 - p) / (n * p)) / -np.log(p)
        return np.exp(-np.exp(centre + half)), np.exp(-np.exp(centre - half))

    return _inside_only(on_scale, x, n, conf)


def _inside_only(
    on_scale: Callable[[np.ndarray], Limits], x: np.ndarray, n: np.ndarray, conf: float
) -> Limits:
    """Use a scale that 0 and 1 are not on, and the exact interval for these."""
    at_end = (x == 0) | (x == n)
    exact = _exact(x, n, conf)
    scaled = on_scale(np.where(at_end, 0.5, x / n))
    return np.where(at_end, exact[0], scaled[0]), np.where(at_end, exact[1], scaled[1])


def _lrt(x: np.ndarray, n: np.ndarray, conf: float) -> Limits:
    share = x / n

    def likelihood(p: np.ndarray) -> np.ndarray:
        return special.xlogy(x, p) + special.xlog1py(n - x, -p)

    least = likelihood(share) - _normal(conf) ** 2 / 2
    low = _bisect(lambda p: likelihood(p) - least, np.zeros_like(share), share)
    high = _bisect(lambda p: least - likelihood(p), share, np.ones_like(share))
    return np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)


def _bisect(
    rising: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Find each place where ``rising`` passes from negative to positive, to the last digit."""
    while True:
        middle = (low + high) / 2
        if np.all((middle == low) | (middle == high)):
            return middle
        negative = rising(middle) < 0
        low, high = np.where(negative, middle, low), np.where(negative, high, middle)


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, float], Limits]] = {
    "wilson": _wilson,
    "wilson_continuity": _wilson_continuity,
    "exact": _exact,
    "mid_p": _mid_p,
    "agresti_coull": _agresti_coull,
    "jeffreys": _jeffreys,
    "bayes": _bayes,
    "logit": _logit,
    "cloglog": _cloglog,
    "lrt": _lrt,
    "wald": _wald,
}
