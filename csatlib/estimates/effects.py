"""How large a difference is beside the spread of the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings, distinct
from csatlib.estimates.comparison_table import Lines, stack_lines
from csatlib.estimates.domains import Domains, Where, find_domains
from csatlib.estimates.group_contrasts import Contrasts, common, list_contrasts
from csatlib.estimates.sides import Sample, read_sample

__all__ = ["effect_sizes"]

_PAIRED = ("cohen_d", "hedges_g", "cohen_h")
_OVERALL = ("eta_squared", "omega_squared")


@dataclass(frozen=True)
class _Effects:
    """Effect sizes with their interval, one entry a contrast, and why there is none."""

    estimate: np.ndarray
    se: np.ndarray
    df: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reason: np.ndarray


def effect_sizes(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str],
    against: str = "pairwise",
    metrics: Sequence[str] = ("cohen_d", "hedges_g"),
    where: Where = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Give differences between groups in units of the spread, and the share that groups explain.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, a simple random sample.
    items : str or sequence of str
        Numeric columns; boolean ones for ``cohen_h``.
    by, against, where, conf, min_base
        As for `compare`, but for ``against="overall"``: which groups are held against each other.
        ``eta_squared`` and ``omega_squared`` are about all groups, whatever ``against`` says.
    metrics : sequence of str
        ``cohen_d``, ``hedges_g``, ``cohen_h``, ``eta_squared``, ``omega_squared``.

    Returns
    -------
    DataFrame
        The ``comparisons`` table (see `compare`), item by item and metric by metric: ``metric``
        names the effect size, ``estimate`` is without unit, ``contrast`` as for `compare`
        (``overall`` for the last two). ``statistic``, ``p`` and ``p_adjusted`` are NA; so is ``se``
        where the interval does not come from one, and the interval of ``omega_squared``.

    Raises
    ------
    ValueError
        As `compare`, and for an unknown metric.

    Notes
    -----
    With :math:`s^2` the pooled variance of the two sides on :math:`\nu = n_1 + n_2 - 2` degrees of
    freedom, Cohen's :math:`d = (\bar y_1 - \bar y_2) / s` and Hedges's
    :math:`g = d (1 - 3 / (4 \nu - 1))`. The limits of d are the δ for which
    :math:`t = d \sqrt{n_1 n_2 / (n_1 + n_2)}` is a limit of the noncentral t with
    :math:`\delta \sqrt{n_1 n_2 / (n_1 + n_2)}`; those of g are multiplied likewise. Cohen's
    :math:`h = 2 \arcsin \sqrt{p_1} - 2 \arcsin \sqrt{p_2}` has the standard error
    :math:`\sqrt{1 / n_1 + 1 / n_2}` and a normal interval.

    :math:`\eta^2 = SS_b / (SS_b + SS_w)` and :math:`\omega^2 = (SS_b - (k - 1) MS_w) / (SS_b +
    SS_w + MS_w)`; the limits of η² are :math:`\lambda / (\lambda + n)` with the limits λ of the
    noncentral F.

    Source: Cohen (1988), *Statistical Power Analysis for the Behavioral Sciences*; Hedges (1981),
    Distribution theory for Glass's estimator of effect size, *Journal of Educational Statistics* 6,
    107–128; Steiger (2004), Beyond the F test, *Psychological Methods* 9, 164–182.

    Examples
    --------
    Half a point is 0.8 of the standard deviation within the branches.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame(
    ...     {"branch": ["华东"] * 40 + ["西南"] * 40,
    ...      "overall": [5, 4, 4, 5] * 10 + [3, 4, 4, 5] * 10}
    ... )
    >>> table = estimates.effect_sizes(df, "overall", by=["branch"])
    >>> table[["metric", "contrast", "n", "estimate", "ci_low", "ci_high"]].round(3)
         metric contrast   n  estimate  ci_low  ci_high
    0   cohen_d  华东 − 西南  80     0.806   0.348     1.26
    1  hedges_g  华东 − 西南  80     0.798   0.344    1.248
    """
    check_settings(conf, min_base)
    chosen = distinct(metrics, "metrics")
    for metric in chosen:
        if metric not in _PAIRED + _OVERALL:
            raise ValueError(
                f"metrics: expected some of {', '.join(_PAIRED + _OVERALL)}, found {metric!r}"
            )
    if against == "overall":
        raise ValueError(
            "against: expected 'pairwise', 'rest' or a group, found 'overall'; choose the metrics "
            "eta_squared and omega_squared for all groups together"
        )
    if not distinct(by, "by"):
        raise ValueError(
            "by: expected one or more columns that form the groups, found none; write "
            'by=["branch"], say'
        )
    domains = find_domains(df, by, where)
    lines = []
    for item in answers.item_names(items):
        for metric in chosen:
            read = answers.booleans if metric == "cohen_h" else answers.numbers
            values = read(df, item)
            valid = (domains.codes >= 0) & ~np.isnan(values)
            groups = read_sample(values[valid], domains.codes[valid], len(domains))
            whole = metric in _OVERALL or len(domains) < 2
            if whole:
                lines.append(_whole(metric, item, domains, groups, conf, min_base))
            else:
                contrasts = list_contrasts(domains, against)
                lines.append(_differences(metric, item, domains, groups, contrasts, conf, min_base))
    return stack_lines(lines)


# ---- two sides -----------------------------------------------------------------------------------


def _differences(
    metric: str,
    item: str,
    domains: Domains,
    groups: Sample,
    contrasts: Contrasts,
    conf: float,
    min_base: int,
) -> Lines:
    one, two = groups.pooled(contrasts.first), groups.pooled(contrasts.second)
    least = np.minimum(one.n, two.n)
    suppressed = least < min_base
    if metric == "cohen_h":
        found = _cohen_h(one, two, conf)
    else:
        found = _cohen_d(one, two, conf, unbiased=metric == "hedges_g", kept=~suppressed)
    reason = np.select([least == 0, suppressed], ["empty", "small_base"], found.reason)
    return _lines(metric, item, domains, contrasts, one.n + two.n, found, suppressed, reason)


def _cohen_d(
    one: Sample, two: Sample, conf: float, *, unbiased: bool, kept: np.ndarray
) -> _Effects:
    df = (one.n + two.n - 2).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt((one.squares + two.squares) / df)
        reason = np.where(df < 1, "single_answer", np.where(spread > 0, "", "no_variation"))
        d = np.where(reason == "", (one.mean - two.mean) / spread, np.nan)
        scale = np.sqrt(one.n * two.n / (one.n + two.n))
        shrink = 1 - 3 / (4 * df - 1) if unbiased else np.ones(len(df))
    low, high = np.full(len(d), np.nan), np.full(len(d), np.nan)
    for at in np.flatnonzero(kept & (reason == "")):
        limits = _noncentral_t(d[at] * scale[at], df[at], conf)
        low[at], high[at] = (limit / scale[at] for limit in limits)
    nothing = np.full(len(d), np.nan)
    return _Effects(d * shrink, nothing, df, low * shrink, high * shrink, reason)


def _cohen_h(one: Sample, two: Sample, conf: float) -> _Effects:
    from scipy.special import ndtri

    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (2 * np.arcsin(np.sqrt(side.mean)) for side in (one, two))
        se = np.sqrt(1 / one.n + 1 / two.n)
    h, half = first - second, ndtri((1 + conf) / 2) * se
    reason = np.full(len(h), "", dtype=object)
    return _Effects(h, se, np.full(len(h), np.nan), h - half, h + half, reason)


# ---- all groups ----------------------------------------------------------------------------------


def _whole(
    metric: str,
    item: str,
    domains: Domains,
    groups: Sample,
    conf: float,
    min_base: int,
) -> Lines:
    used = groups.chosen((groups.n >= min_base) & (groups.n > 0))
    total, count = int(used.n.sum()), len(used.n)
    found = _nothing("empty" if groups.n.sum() == 0 else "single_group")
    if (groups.n > 0).sum() > 1:
        found = _nothing("small_base")
        if count > 1:
            left_out = (groups.n[groups.n > 0] < min_base).any()
            found = _explained(metric, used, conf, "groups_left_out" if left_out else "")
    n = np.array([total if count > 1 else int(groups.n.sum())])
    suppressed = (n < min_base) | (found.reason == "small_base")
    return _lines(metric, item, domains, None, n, found, suppressed, found.reason)


def _explained(metric: str, groups: Sample, conf: float, reason: str) -> _Effects:
    total, between = groups.n.sum(), len(groups.n) - 1
    middle = groups.n @ groups.mean / total
    explained, error = groups.n @ (groups.mean - middle) ** 2, groups.squares.sum()
    df = float(total - len(groups.n))
    if df < 1 or error <= 0:
        return _nothing("no_variation" if df >= 1 else "single_answer")
    low = high = np.nan
    if metric == "eta_squared":
        estimate = explained / (explained + error)
        f = explained / between / (error / df)
        limits = _noncentral_f(f, between, df, conf)
        low, high = (limit / (limit + total) for limit in limits)
    else:
        mean_square = error / df
        estimate = (explained - between * mean_square) / (explained + error + mean_square)
    one = (np.array([value]) for value in (estimate, np.nan, df, low, high))
    return _Effects(*one, np.array([reason]))


def _nothing(reason: str) -> _Effects:
    return _Effects(*(np.array([np.nan]) for _ in range(5)), np.array([reason]))


# ---- both ----------------------------------------------------------------------------------------


def _lines(
    metric: str,
    item: str,
    domains: Domains,
    contrasts: Contrasts | None,
    n: np.ndarray,
    found: _Effects,
    suppressed: np.ndarray,
    reason: np.ndarray,
) -> Lines:
    nothing = np.full(len(n), np.nan)
    held = np.ones((1, len(domains)), dtype=bool) if contrasts is None else contrasts.both
    names = [None] if contrasts is None else [domains.group[at] for at in contrasts.group]
    return Lines(
        metric=metric,
        item=item,
        quarter=[common(domains.quarter, used) for used in held],
        line=[common(domains.line, used) for used in held],
        group_by=domains.group_by,
        group=names,
        contrast=["overall"] if contrasts is None else contrasts.labels,
        n=n,
        n_eff=n.astype(float),
        df=found.df,
        estimate=found.estimate,
        se=found.se,
        ci_low=found.low,
        ci_high=found.high,
        statistic=nothing,
        p=nothing,
        p_adjusted=nothing,
        suppressed=suppressed,
        reason=reason,
    )


def _noncentral_t(t: float, df: float, conf: float) -> tuple[float, float]:
    from scipy.stats import nct

    return tuple(
        _solve(lambda shift, tail=tail: float(nct.cdf(t, df, shift)) - tail, t, 1 + abs(t) / 4)
        for tail in ((1 + conf) / 2, (1 - conf) / 2)
    )


def _noncentral_f(f: float, between: float, df: float, conf: float) -> tuple[float, float]:
    """Give the limits of the noncentrality; one that not even 0 reaches is 0."""
    from scipy.stats import f as central
    from scipy.stats import ncf

    def excess(shift: float, tail: float) -> float:
        below = central.cdf(f, between, df) if shift <= 0 else ncf.cdf(f, between, df, shift)
        return float(below) - tail

    limits = []
    for tail in ((1 + conf) / 2, (1 - conf) / 2):
        if excess(0.0, tail) <= 0:
            limits.append(0.0)
            continue
        high = 1.0 + between * f
        while excess(high, tail) > 0:
            high *= 2
        limits.append(float(optimize.brentq(excess, 0.0, high, args=(tail,), xtol=1e-10)))
    return tuple(limits)


def _solve(excess: Callable[[float], float], start: float, step: float) -> float:
    """Find where a falling function is 0, going out from ``start``."""
    low = high = start
    while excess(low) < 0:
        low -= step
    while excess(high) > 0:
        high += step
    return float(optimize.brentq(excess, low, high, xtol=1e-10))
