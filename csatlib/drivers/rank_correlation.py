"""Spearman's rank correlation under weights and designs, by linearisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from csatlib.estimates.moments import Survey

__all__ = ["RankCorrelation", "rank_correlation"]


@dataclass(frozen=True)
class RankCorrelation:
    """The correlation of two columns' ranks, its error, interval and test; NaN without an error."""

    n: int
    df: float
    estimate: float
    se: float
    low: float
    high: float
    statistic: float
    p: float
    reason: str


def rank_correlation(
    survey: Survey, x: np.ndarray, y: np.ndarray, *, conf: float
) -> RankCorrelation:
    r"""Correlate the ranks of two columns over the rows that have both (NaN: none).

    A rank is the weighted share of rows below plus half of those that tie,
    :math:`u = \hat F(x) - \hat f(x)/2`, so that equal weights give Spearman's coefficient with
    mean ranks. With v the ranks of y, C their covariance and V their variances, a row brings

    .. math:: (u - .5)(v - .5) + A + B - 3C, \qquad A_i = \sum_j w_j c(x_i, x_j)(v_j - .5) / W,

    to C (c is 1 where x_i < x_j, .5 where they tie), and likewise to V: the second and third part
    are what it does to the ranks of all others. The interval and the test are those of Fisher's
    :math:`\operatorname{artanh}`, with t at the design's df.

    Source: the influence function of Croux and Dehon (2010), Influence functions of the Spearman
    and Kendall correlation measures, *Statistical Methods and Applications* 19, 497–515, here with
    ties and as a plug-in.
    """
    weight = survey.structure.weights()
    valid = ~np.isnan(x) & ~np.isnan(y)
    counted = valid & (weight > 0)
    n = int(counted.sum())
    if n == 0:
        return _withheld(n, np.nan, np.nan, "empty")
    w, rx, ry = weight[counted] / weight[counted].sum(), _Ranked(x[counted]), _Ranked(y[counted])
    u, v = rx.ranks(w) - 0.5, ry.ranks(w) - 0.5
    vx, vy, c = w @ u**2, w @ v**2, w @ (u * v)
    if rx.levels < 2 or ry.levels < 2:
        return _withheld(n, np.nan, np.nan, "no_variation")
    size = np.sqrt(vx * vy)
    rho = float(np.clip(c / size, -1, 1))
    to_c = u * v + rx.above(w * v) + ry.above(w * u) - 3 * c
    to_vx, to_vy = (r**2 + k.above(2 * w * r) - 3 * s for r, k, s in ((u, rx, vx), (v, ry, vy)))
    influence = np.zeros(len(weight))
    influence[counted] = w * (to_c / size - rho / 2 * (to_vx / vx + to_vy / vy))
    moments = survey.linear(influence, np.array([rho]), valid)
    df, variance = float(moments.df[0]), float(moments.variance[0])
    if df < 1:
        return _withheld(n, df, rho, "single_cluster" if n > 1 else "single_answer")
    if not variance > 1e-24 or 1 - rho**2 < 1e-12:
        return _withheld(n, df, rho, "census" if moments.covered[0] else "perfect")
    se = float(np.sqrt(variance))
    z, scale = np.arctanh(rho), se / (1 - rho**2)
    half = special.stdtrit(df, (1 + conf) / 2) * scale
    t = z / scale
    return RankCorrelation(
        n=n,
        df=df,
        estimate=rho,
        se=se,
        low=float(np.tanh(z - half)),
        high=float(np.tanh(z + half)),
        statistic=float(t),
        p=float(2 * special.stdtr(df, -abs(t))),
        reason="",
    )


@dataclass(frozen=True)
class _Ranked:
    """A column sorted once: ``place`` is each row's position among the distinct values."""

    values: np.ndarray

    @property
    def levels(self) -> int:
        return int(self._place().max()) + 1

    def ranks(self, w: np.ndarray) -> np.ndarray:
        """Give each row the share below it plus half of its ties."""
        place = self._place()
        held = np.bincount(place, weights=w)
        return (np.cumsum(held) - held / 2)[place]

    def above(self, values: np.ndarray) -> np.ndarray:
        """Add up the values of the rows above each row, plus half of its ties."""
        place = self._place()
        held = np.bincount(place, weights=values)
        return (held.sum() - np.cumsum(held) + held / 2)[place]

    def _place(self) -> np.ndarray:
        return np.unique(self.values, return_inverse=True)[1]


def _withheld(n: int, df: float, estimate: float, reason: str) -> RankCorrelation:
    nothing = dict.fromkeys(("se", "low", "high", "statistic", "p"), float("nan"))
    return RankCorrelation(n=n, df=df, estimate=estimate, reason=reason, **nothing)
