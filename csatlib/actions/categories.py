"""The same customers' answers in categories before and after: McNemar, Stuart and Maxwell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from csatlib.actions.arguments import between, pairs_of, table

__all__ = ["level_changes", "mcnemar", "stuart_maxwell", "tango"]

_COUNTS = ("n", "yes_yes", "yes_no", "no_yes", "no_no")
_MEASURES = (
    *("before", "after", "estimate", "se", "wald_low", "wald_high", "ci_low", "ci_high"),
    *("statistic", "p", "statistic_corrected", "p_corrected", "p_exact", "p_mid"),
    *("odds_ratio", "odds_low", "odds_high"),
)


def mcnemar(before: pd.Series, after: pd.Series, *, conf: float = 0.95) -> pd.DataFrame:
    r"""Test whether a yes-or-no answer of the same customers changed, and estimate by how much.

    Parameters
    ----------
    before, after : Series or array of bool, 0 or 1
        One entry a customer, aligned. Pairs with a missing answer do not count.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row: ``n`` pairs and their four counts ``yes_yes``, ``yes_no``, ``no_yes``, ``no_no``
        (before, after); ``before`` and ``after``, the shares of yes; ``estimate``, after less
        before, with ``se``, Wald's interval ``wald_low`` and ``wald_high``, and Tango's score
        interval ``ci_low`` and ``ci_high``, the one to use; McNemar's ``statistic`` and ``p``
        without, ``statistic_corrected`` and ``p_corrected`` with continuity correction;
        ``p_exact`` (binomial), ``p_mid``; ``odds_ratio``, no_yes over yes_no, with its exact
        interval ``odds_low`` and ``odds_high`` (missing where infinite); ``reason``: ``empty``
        without pairs, ``no_change`` where nobody changed (no test, no odds; the interval stands).

    Raises
    ------
    ValueError
        For columns of different lengths, or answers other than yes and no.

    Notes
    -----
    .. math:: \chi^2 = \frac{(b - c)^2}{b + c}, \qquad
              \mathrm{se}^2 = \frac{b + c - (b - c)^2 / n}{n^2}

    with b yes→no and c no→yes. Source: Agresti (2013), *Categorical Data Analysis*, 11.1; Tango
    (1998), *Statistics in Medicine* 17, 891–908; Fagerland, Lydersen and Laake (2013), *BMC Medical
    Research Methodology* 13, 91 (mid-p). As ``mcnemar.test`` and ``binom.test`` of R.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions
    >>> before = pd.Series([0] * 20 + [1] * 20)
    >>> after = pd.Series([1] * 12 + [0] * 8 + [1] * 17 + [0] * 3)
    >>> actions.mcnemar(before, after)[["estimate", "ci_low", "ci_high", "p_mid"]].round(3)
       estimate  ci_low  ci_high  p_mid
    0     0.225   0.039    0.402  0.021
    """
    conf = between(conf, "conf")
    first, second = pairs_of(before, after)
    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        raise ValueError(
            "before, after: expected true or false (or 1 and 0), found other answers; make them "
            "with scales.is_satisfied"
        )
    counts = [int(((first == x) & (second == y)).sum()) for x in (1, 0) for y in (1, 0)]
    row = {"n": len(first)} | dict(zip(_COUNTS[1:], counts, strict=True))
    if len(first) == 0:
        row["reason"] = "empty"
    else:
        row |= _difference(*counts, conf)
        row |= _tests(counts[1], counts[2], conf) if counts[1] + counts[2] else {}
        row["reason"] = None if counts[1] + counts[2] else "no_change"
    dtypes = dict.fromkeys(_COUNTS, "Int64") | dict.fromkeys(_MEASURES, "Float64")
    return table([row], dtypes | {"reason": "str"})


def _difference(a: int, b: int, c: int, d: int, conf: float) -> dict[str, float]:
    """Estimate the change of the share with Wald's and Tango's intervals."""
    n = a + b + c + d
    estimate, se = (c - b) / n, np.sqrt(b + c - (c - b) ** 2 / n) / n
    z = stats.norm.ppf((1 + conf) / 2)
    low, high = tango(c, b, n, z)
    row = {"before": (a + b) / n, "after": (a + c) / n, "estimate": estimate}
    if b + c:
        row |= {"se": se, "wald_low": estimate - z * se, "wald_high": estimate + z * se}
    return row | {"ci_low": low, "ci_high": high}


def tango(up: float, down: float, n: int, z: float) -> tuple[float, float]:
    """Find the two differences that the score test of a paired difference just does not reject."""

    def score(delta: float) -> float:
        # The share that went down, most likely under this difference.
        linear = -up - down + (2 * n - up + down) * delta
        root = np.sqrt(max(linear**2 + 8 * n * down * delta * (1 - delta), 0.0))
        share = (root - linear) / (4 * n)
        variance = n * (2 * share + delta * (1 - delta))
        return (up - down - n * delta) ** 2 - z**2 * max(variance, 0.0)

    estimate = (up - down) / n
    edge = 1 - 1e-12
    # Where nobody moved the variance is 0 at a difference of 0, and nowhere else.
    ends = estimate - 1e-12, estimate + 1e-12
    low = -1.0 if estimate <= -edge else optimize.brentq(score, -edge, ends[0], xtol=1e-14)
    high = 1.0 if estimate >= edge else optimize.brentq(score, ends[1], edge, xtol=1e-14)
    return float(low), float(high)


def _tests(down: int, up: int, conf: float) -> dict[str, float]:
    """Test whether as many went up as down."""
    moved = up + down
    plain = (up - down) ** 2 / moved
    corrected = max(abs(up - down) - 1, 0) ** 2 / moved
    exact = stats.binomtest(up, moved)
    limits = exact.proportion_ci(conf, method="exact")
    less = min(up, down)
    mid = 2 * stats.binom.cdf(less, moved, 0.5) - stats.binom.pmf(less, moved, 0.5)
    odds = [p / (1 - p) if p < 1 else np.inf for p in (limits.low, limits.high)]
    return {
        "statistic": plain,
        "p": stats.chi2.sf(plain, 1),
        "statistic_corrected": corrected,
        "p_corrected": stats.chi2.sf(corrected, 1),
        "p_exact": exact.pvalue,
        "p_mid": min(mid, 1.0),
        "odds_ratio": up / down if down else np.inf,
        "odds_low": odds[0],
        "odds_high": odds[1],
    }


_HOMOGENEITY = {
    "method": "str",
    "n": "Int64",
    "levels": "Int64",
    "statistic": "Float64",
    "df": "Float64",
    "p": "Float64",
    "dropped": "str",
    "reason": "str",
}


def stuart_maxwell(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    r"""Test whether the same customers' answers are distributed as before, level by level.

    Parameters
    ----------
    before, after : Series or array of numbers
        The level each customer chose, aligned. Pairs with a missing answer do not count.

    Returns
    -------
    DataFrame
        Two rows, ``method`` ``stuart_maxwell`` and ``bhapkar``: ``n`` pairs; ``levels`` that the
        test rests on; ``statistic``, chi-squared with ``df``; ``p``; ``dropped``, the levels that
        nobody left or came to, joined by 、, NA without any; ``reason``: ``empty``, ``no_change``
        where all levels were dropped, ``separated`` where levels fall into groups between which
        nobody moved (``df`` is less by one for each group more), and, of Bhapkar's alone,
        ``no_variation`` where everybody moved in the same way.

    Raises
    ------
    ValueError
        For columns of different lengths, or texts in place of numbers.

    Notes
    -----
    With d the differences of the margins but for one level,

    .. math:: \chi^2 = d' S^{-} d, \quad S_{ii} = n_{i+} + n_{+i} - 2 n_{ii}, \quad
              S_{ij} = -(n_{ij} + n_{ji})

    and Bhapkar's :math:`\chi^2 / (1 - \chi^2 / n)`. For two levels it is McNemar's without
    correction. Source: Stuart (1955), *Biometrika* 42, 412–416; Maxwell (1970), *British Journal of
    Psychiatry* 116, 651–655; Bhapkar (1966), *JASA* 61, 228–235.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions
    >>> before, after = pd.Series([1, 2, 3, 3, 2, 1] * 5), pd.Series([2, 3, 3, 2, 3, 1] * 5)
    >>> actions.stuart_maxwell(before, after)[["method", "statistic", "df", "p"]].round(4)
               method  statistic   df       p
    0  stuart_maxwell     6.6667  2.0  0.0357
    1         bhapkar     8.5714  2.0  0.0138
    """
    first, second = pairs_of(before, after)
    levels, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    size, n = len(levels), len(first)
    counts = np.bincount(codes[:n] * size + codes[n:], minlength=size**2).reshape(size, size)
    spread = np.diag(counts.sum(0) + counts.sum(1)) - counts - counts.T
    moved = np.diag(spread) > 0
    told = "、".join(f"{one:g}" for one in levels[~moved])
    shared = {"n": n, "levels": int(moved.sum()), "dropped": told or None}
    if not moved.any():
        reason = "no_change" if n else "empty"
        rows = [shared | {"method": m, "reason": reason} for m in ("stuart_maxwell", "bhapkar")]
        return table(rows, _HOMOGENEITY)
    gap = (counts.sum(0) - counts.sum(1))[moved].astype(float)
    inner = spread[np.ix_(moved, moved)].astype(float)
    df = int(np.linalg.matrix_rank(inner))
    statistic = float(gap @ np.linalg.pinv(inner, hermitian=True) @ gap)
    reason = "separated" if df < moved.sum() - 1 else None
    rows = [_homogeneity("stuart_maxwell", statistic, df) | shared | {"reason": reason}]
    if statistic < n * (1 - 1e-12):
        further = _homogeneity("bhapkar", statistic / (1 - statistic / n), df)
        rows.append(further | shared | {"reason": reason})
    else:
        rows.append(shared | {"method": "bhapkar", "reason": "no_variation"})
    return table(rows, _HOMOGENEITY)


def _homogeneity(method: str, statistic: float, df: int) -> dict[str, object]:
    return {
        "method": method,
        "statistic": statistic,
        "df": float(df),
        "p": stats.chi2.sf(statistic, df),
    }


def level_changes(before: np.ndarray, after: np.ndarray, conf: float) -> list[dict[str, object]]:
    """Give each level's share before and after with Tango's interval of the difference."""
    z, n = stats.norm.ppf((1 + conf) / 2), len(before)
    rows = []
    for level in np.unique(np.concatenate([before, after])):
        was, became = before == level, after == level
        up, down = int((became & ~was).sum()), int((was & ~became).sum())
        low, high = tango(up, down, n, z)
        row = {"level": f"{level:g}", "before": was.mean(), "after": became.mean()}
        row |= {"estimate": (up - down) / n, "ci_low": low, "ci_high": high}
        if up + down:
            statistic = (up - down) ** 2 / (up + down)
            row |= {"se": np.sqrt(up + down - (up - down) ** 2 / n) / n}
            row |= {"statistic": statistic, "p": stats.chi2.sf(statistic, 1)}
        else:
            row["reason"] = "no_change"
        rows.append(row)
    return rows
