"""Scores before and after: of the same customers, or of different ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from csatlib.actions.arguments import between, pairs_of, t_row, table, values_of

__all__ = ["paired", "rank_sum", "shift", "signed_rank", "unpaired"]

_COLUMNS = {"method": "str", "n_before": "Int64", "n_after": "Int64"} | dict.fromkeys(
    ("before", "after", "estimate", "se", "df", "statistic", "p", "ci_low", "ci_high"), "Float64"
)
_COLUMNS |= {"reason": "str"}
#: R counts the exact distribution of ranks below this many answers.
_EXACT = 50
#: More pairs of distinct values than this are not laid out for the Hodges–Lehmann shift.
_LARGEST = 4_000_000


def paired(
    before: pd.Series, after: pd.Series, *, exact: bool | None = None, conf: float = 0.95
) -> pd.DataFrame:
    r"""Compare two scores of the same customers: t, signed ranks and standardised differences.

    Parameters
    ----------
    before, after : Series or array of numbers
        One entry a customer, aligned. Pairs with a missing score do not count.
    exact : bool, optional
        Whether the ranks' p comes from the exact distribution; without it as R does: below 50
        differences without ties and zeros. With ties the normal distribution serves in any case.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a ``method``: ``t`` (paired), ``signed_rank`` (Wilcoxon; ``estimate`` is the
        Hodges–Lehmann shift, ``statistic`` R's V), ``cohen_dz`` (mean over standard deviation of
        the differences) and ``hedges_g`` (the same without bias). Columns ``n_before`` and
        ``n_after``, the pairs; ``before`` and ``after``, the means; ``estimate``, after less
        before; ``se``, ``df``, ``statistic``, ``p`` (two-sided), ``ci_low`` and ``ci_high``;
        ``reason``: ``empty``, ``single_answer`` (one pair), ``no_variation`` (all differences are
        equal), ``no_change`` (all are 0), ``no_interval`` (a rank test has none here).

    Raises
    ------
    ValueError
        For columns of different lengths, texts in place of numbers, or infinite ones.

    Notes
    -----
    The rank test drops differences of 0, averages tied ranks and uses the normal distribution with
    the corrections for ties and continuity, as ``wilcox.test`` of R. The intervals of the
    standardised differences are those of the noncentral t. :math:`g = d\,(1 - 3 / (4 df - 1))`.
    Source: Hollander, Wolfe and Chicken (2014), chapter 3; Hedges (1981), *Journal of Educational
    Statistics* 6, 107–128.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions
    >>> before, after = pd.Series([3, 4, 2, 5, 3, 4]), pd.Series([4, 4, 4, 5, 4, 5])
    >>> actions.paired(before, after)[["method", "estimate", "p"]].round(3)
            method  estimate      p
    0            t     0.833  0.042
    1  signed_rank       1.0  0.089
    2     cohen_dz     1.107   <NA>
    3     hedges_g     0.932   <NA>
    """
    conf = between(conf, "conf")
    first, second = pairs_of(before, after)
    gap, n = second - first, len(first)
    base = {"n_before": n, "n_after": n}
    base |= {"before": first.mean(), "after": second.mean()} if n else {}
    reason = _why(gap)
    methods = ("t", "signed_rank", "cohen_dz", "hedges_g")
    if reason is not None:
        rows = [base | {"method": one, "reason": reason} for one in methods]
        if n:
            rows[0]["estimate"] = gap.mean()
        if n and reason == "no_variation" and gap.any():
            rows[1] = base | signed_rank(gap, exact)
        return table(rows, _COLUMNS)
    sd = gap.std(ddof=1)
    rows = [
        {"method": "t"} | t_row(gap.mean(), sd / np.sqrt(n), n - 1, conf),
        signed_rank(gap, exact),
        *_standardised(gap.mean() / sd, 1 / np.sqrt(n), n - 1, "cohen_dz", conf),
    ]
    return table([base | row for row in rows], _COLUMNS)


def unpaired(
    before: pd.Series, after: pd.Series, *, exact: bool | None = None, conf: float = 0.95
) -> pd.DataFrame:
    r"""Compare the scores of two sets of customers: t, ranks and standardised differences.

    Parameters
    ----------
    before, after : Series or array of numbers
        The scores of either set, of any length. Missing ones do not count.
    exact : bool, optional
        Whether the ranks' p comes from the exact distribution; without it as R does: where both
        sets are below 50 and no score stands twice.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        The columns of `paired`, one row a ``method``: ``welch``, ``student`` (equal variances),
        ``rank_sum`` (Mann–Whitney; ``estimate`` is the Hodges–Lehmann shift, ``statistic`` R's W of
        after against before), ``cohen_d`` (over the root of the mean of both variances) and
        ``hedges_g``. Reasons as of `paired`; ``single_answer`` where either set has one score,
        ``no_variation`` where neither set varies.

    Raises
    ------
    ValueError
        For texts in place of numbers, or infinite ones.

    Notes
    -----
    The interval of d is that of the noncentral t with the variances pooled; g is
    :math:`d\,(1 - 3 / (4 df - 1))` with n₁ + n₂ − 2 degrees of freedom. As ``t.test`` and
    ``wilcox.test`` of R. Source: Hollander, Wolfe and Chicken (2014), chapter 4; Hedges and Olkin
    (1985), *Statistical Methods for Meta-Analysis*, chapter 5.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions
    >>> before, after = pd.Series([3, 4, 2, 5, 3, 4]), pd.Series([4, 4, 4, 5, 4, 5])
    >>> actions.unpaired(before, after)[["method", "estimate", "p"]].round(3)
         method  estimate      p
    0     welch     0.833  0.123
    1   student     0.833  0.111
    2  rank_sum       1.0  0.142
    3   cohen_d     1.008   <NA>
    4  hedges_g     0.931   <NA>
    """
    conf = between(conf, "conf")
    first, second = (values_of(v, k) for v, k in ((before, "before"), (after, "after")))
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    sizes = len(first), len(second)
    base = {"n_before": sizes[0], "n_after": sizes[1]}
    base |= {k: v.mean() for k, v in (("before", first), ("after", second)) if len(v)}
    gap = base["after"] - base["before"] if min(sizes) else np.nan
    reason = "empty" if min(sizes) == 0 else "single_answer" if min(sizes) == 1 else None
    flat = reason is None and np.ptp(first) == np.ptp(second) == 0
    if reason or flat:
        names = ("welch", "student", "rank_sum", "cohen_d", "hedges_g")
        rows = [{"method": m, "reason": reason or "no_variation"} for m in names]
        rows[0]["estimate"] = rows[1]["estimate"] = gap
        if flat and gap:
            rows[2] = rank_sum(first, second, exact)
        return table([base | row for row in rows], _COLUMNS)
    df = sum(sizes) - 2
    variances = first.var(ddof=1), second.var(ddof=1)
    parts = variances[0] / sizes[0], variances[1] / sizes[1]
    welch = sum(parts) ** 2 / sum(v**2 / (n - 1) for v, n in zip(parts, sizes, strict=True))
    pooled = sum(v * (n - 1) for v, n in zip(variances, sizes, strict=True)) / df
    scale = 1 / sizes[0] + 1 / sizes[1]
    rows = [
        {"method": "welch"} | t_row(gap, np.sqrt(sum(parts)), welch, conf),
        {"method": "student"} | t_row(gap, np.sqrt(pooled * scale), df, conf),
        rank_sum(first, second, exact),
        *_standardised(gap / np.sqrt(sum(variances) / 2), np.sqrt(scale), df, "cohen_d", conf),
    ]
    return table([base | row for row in rows], _COLUMNS)


def _why(gap: np.ndarray) -> str | None:
    """Say why differences within customers give no test."""
    if len(gap) == 0:
        return "empty"
    if len(gap) == 1:
        return "single_answer"
    if np.ptp(gap) <= 1e-12 * max(abs(gap).max(), 1):
        return "no_variation" if gap.any() else "no_change"
    return None


def _standardised(d: float, scale: float, df: int, name: str, conf: float) -> list[dict]:
    """Give d and g with the limits at which the noncentral t just holds the t observed."""
    t = d / scale
    ends = [scale * _noncentrality(t, df, (1 + side * conf) / 2) for side in (1, -1)]
    unbiased = 1 - 3 / (4 * df - 1)
    return [
        {"method": name, "estimate": d, "df": df, "ci_low": ends[0], "ci_high": ends[1]},
        {"method": "hedges_g", "estimate": d * unbiased, "df": df}
        | {"ci_low": ends[0] * unbiased, "ci_high": ends[1] * unbiased},
    ]


def _noncentrality(t: float, df: int, chance: float) -> float:
    """Find the noncentrality at which ``t`` is passed with this chance below."""

    def short(nc: float) -> float:
        return float(stats.nct.cdf(t, df, nc)) - chance

    near = t + stats.norm.isf(chance) * np.sqrt(1 + t**2 / (2 * df))
    for reach in (0.5, 1, 2, 4, 8):
        ends = short(near - reach), short(near + reach)
        if ends[0] > 0 > ends[1]:
            return float(optimize.brentq(short, near - reach, near + reach, xtol=1e-10))
    return np.nan  # far out the distribution is not worked out; no limit is better than a guess


def signed_rank(gap: np.ndarray, exact: bool | None) -> dict[str, object]:
    """Wilcoxon's test of differences, as R does it."""
    row = {"method": "signed_rank", "estimate": _walsh(gap), "reason": "no_interval"}
    kept = gap[gap != 0]
    n = len(kept)
    if n == 0:
        return row | {"reason": "no_change"}
    ranks = stats.rankdata(abs(kept))
    ties = np.unique(ranks, return_counts=True)[1]
    row["statistic"] = v = float(ranks[kept > 0].sum())
    usual = len(gap) < _EXACT if exact is None else exact
    if usual and n == len(gap) and (ties == 1).all():
        return row | {"p": float(stats.wilcoxon(kept, method="exact").pvalue)}
    centre, spread = (
        n * (n + 1) / 4,
        np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48),
    )
    return row | {"p": _corrected(v - centre, spread)}


def rank_sum(before: np.ndarray, after: np.ndarray, exact: bool | None) -> dict[str, object]:
    """Mann and Whitney's test of two sets of scores, as R does it."""
    m, n = len(before), len(after)
    ranks = stats.rankdata(np.concatenate([after, before]))
    ties = np.unique(ranks, return_counts=True)[1]
    w = float(ranks[:n].sum() - n * (n + 1) / 2)
    row = {"method": "rank_sum", "estimate": shift(before, after), "statistic": w}
    row["reason"] = "no_interval"
    usual = max(m, n) < _EXACT if exact is None else exact
    if usual and (ties == 1).all():
        return row | {"p": float(stats.mannwhitneyu(after, before, method="exact").pvalue)}
    whole = m + n
    correction = float((ties**3 - ties).sum()) / (whole * (whole - 1))
    spread = np.sqrt(m * n / 12 * (whole + 1 - correction))
    if spread == 0:
        return row | {"reason": "no_variation"}
    return row | {"p": _corrected(w - m * n / 2, spread)}


def _corrected(distance: float, spread: float) -> float:
    """Give the two-sided normal p with half a rank taken off, as R does."""
    z = (distance - 0.5 * np.sign(distance)) / spread
    return float(min(1.0, 2 * stats.norm.sf(abs(z))) if distance else 1.0)


def shift(before: np.ndarray, after: np.ndarray) -> float:
    """Give the median of all differences of an after and a before (Hodges and Lehmann)."""
    (x, many_x), (y, many_y) = (np.unique(one, return_counts=True) for one in (before, after))
    if len(x) * len(y) > _LARGEST:
        return np.nan
    return _median((y[:, None] - x).ravel(), (many_y[:, None] * many_x).ravel())


def _walsh(gap: np.ndarray) -> float:
    """Give the median of the means of all pairs of differences, each with itself too."""
    x, many = np.unique(gap, return_counts=True)
    if len(x) ** 2 > _LARGEST:
        return np.nan
    counts = np.triu(np.outer(many, many), 1) + np.diag(many * (many + 1) // 2)
    kept = counts > 0
    return _median(((x[:, None] + x) / 2)[kept], counts[kept])


def _median(values: np.ndarray, counts: np.ndarray) -> float:
    order = np.argsort(values)
    values, reached = values[order], np.cumsum(counts[order])
    middle = reached[-1] / 2
    low = values[np.searchsorted(reached, middle)]
    high = values[np.searchsorted(reached, middle, side="right")]
    return float((low + high) / 2)
