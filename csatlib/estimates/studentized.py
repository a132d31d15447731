"""The studentized range: the largest difference among k means, in units of their error."""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from csatlib.estimates.quadrature import legendre

__all__ = ["range_quantile", "range_tail"]

#: Nodes of the quadratures over the error and over the means: the tail is exact to about 1e-10.
_NODES = 64
_MEANS = 112


def range_tail(q: np.ndarray, groups: int, df: float) -> np.ndarray:
    r"""Give the chance that the studentized range of ``groups`` means exceeds each ``q``.

    .. math:: 1 - \int_0^\infty f_{df}(s) \int k \varphi(z)
              [\Phi(z) - \Phi(z - q s)]^{k - 1} dz\, ds

    with s the estimated over the true standard deviation. One grid serves all q of a call, which
    makes the 190 pairs of 20 branches as cheap as one.
    """
    nodes, weights = legendre(_NODES)
    low = np.sqrt(2 * special.gammaincinv(df / 2, 1e-15) / df)
    high = np.sqrt(2 * special.gammainccinv(df / 2, 1e-15) / df)
    s = (high + low) / 2 + (high - low) / 2 * nodes
    log_density = (
        np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2) - df * s * s / 2
    ) + (df - 1) * np.log(s)
    mass = (high - low) / 2 * weights * np.exp(log_density)
    nodes, weights = legendre(_MEANS)
    z = 8.5 * nodes
    share = groups * 8.5 * weights * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    width = np.asarray(q, dtype=float)[:, None, None] * s[:, None]
    below = special.ndtr(z)
    inner = below ** (groups - 1) - (below - special.ndtr(z - width)) ** (groups - 1)
    return np.clip((inner * share).sum(axis=2) @ mass, 0, 1)


def range_quantile(conf: float, groups: int, df: float) -> float:
    """Give the q that the studentized range exceeds with chance 1 − ``conf``."""

    def excess(q: float) -> float:
        return float(range_tail(np.array([q]), groups, df)[0]) - (1 - conf)

    high = 4.0
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 1e-6, high, xtol=1e-12))
