"""Medians and other quantiles: the score that a given share of customers does not exceed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings, distinct
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.intervals import share_interval, student
from csatlib.estimates.moments import Moments, Survey, read_survey
from csatlib.estimates.table import Estimates, reasons, to_table

__all__ = ["Interval", "Rule", "of_rows", "quantile", "quantiles"]

Rule = Literal["math", "school", "hf7", "grouped"]
Interval = Literal["auto", "mean", "korn_graubard", "beta", "logit", "arcsine", "replicates"]
_RULES = ("math", "school", "hf7", "grouped")
_INTERVALS = ("auto", "mean", "korn_graubard", "beta", "logit", "arcsine", "replicates")

#: Standard errors by which the share up to a quantile may lie above the one asked for.
_APART = 0.5
#: Cumulated weights this close to a share have reached it: sums of weights are rounded.
_REACHED = 1e-12


def quantile(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    q: float | Sequence[float] = (0.25, 0.5, 0.75),
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    rule: Rule = "math",
    interval: Interval = "auto",
    step: float = 1.0,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate quantiles of each item, such as the median, with Woodruff's interval.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Numeric columns; a missing value is a question without an answer.
    q : float or sequence of float
        The quantiles wanted, each between 0 and 1; 0.5 is the median.
    by, where, design, conf, min_base
        As for `mean`.
    rule : {"math", "school", "hf7", "grouped"}
        Which number between two answers is taken, see below.
    interval : {"auto", "mean", "korn_graubard", "beta", "logit", "arcsine", "replicates"}
        How the interval of the share below the quantile is made: a t interval (R's ``mean``), or
        one of those of `share`. ``auto`` is ``mean``, save that it is made about the share asked
        for where the share up to the quantile lies far above it (many equal answers, as on a scale
        of five points). ``replicates`` takes the quantile again under each replicate weight and
        makes a t interval of it; it needs bootstrap or balanced replicates, for the jackknife is
        not valid there.
    step : float
        For ``rule="grouped"``: how far neighbouring answers of the scale lie apart.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``quantile``, one row a value of
        ``q``: ``level`` is its text (``0.5``); ``estimate``, ``se`` and the interval are on the
        item's own scale. ``reason`` may also be ``discrete`` (both ends of the interval are one
        answer, as happens on five points: the sample does not say how certain the quantile is, and
        ``se`` and interval are NA) or ``open_interval`` (too few answers lie beyond the quantile
        to bound it on one side: ``se`` and that end are NA, the other end is given).

    Raises
    ------
    ValueError
        As `mean`, for ``q`` not between 0 and 1, an unknown ``rule`` or ``interval``, replicates
        asked for in a design without them, and answers less than ``step`` apart when grouped.

    Notes
    -----
    With :math:`\hat F(y)` the share of customers who answer y or less, ``math`` is the smallest
    answer with :math:`\hat F \ge q`; ``school`` averages it with the next where
    :math:`\hat F = q`, which is the usual median; ``hf7`` interpolates as R's and pandas'
    ``quantile`` do. ``grouped`` spreads each answer evenly over y ± step/2 and interpolates: the
    median of grouped data, which moves although most people choose the same point of a scale.

    Woodruff's interval inverts that of :math:`\hat F` at the quantile,
    :math:`[\hat F^{-1}(l), \hat F^{-1}(u)]` with :math:`l, u = \hat F \pm t_{df}\, \mathrm{se}`;
    ``se`` is its width over :math:`2 t_{df}`. An end beyond 0 or 1 leaves it open. On a scale of
    few answers :math:`\hat F` at the quantile may lie far above q, and R's interval about it often
    misses the quantile; there ``auto`` takes q for :math:`\hat F`.

    Source: Woodruff (1952), Confidence intervals for medians and other position measures,
    *Journal of the American Statistical Association* 47, 635–646; Hyndman and Fan (1996), Sample
    quantiles in statistical packages, *The American Statistician* 50, 361–365. It is
    ``svyquantile(~y, design, q, interval.type, qrule = rule)`` of R's survey package (with
    ``interval="mean"``), save that R
    takes the second smallest row where the smallest alone has more than the share asked for: the
    median of 1 with weight 9 and 5 with weight 1 is 1 here and 5 there.

    Examples
    --------
    Half of the customers waited 18 minutes or less; with 95 % confidence that median lies
    between 14 and 24.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"minutes": [2, 4, 5, 7, 8, 9, 10, 11, 12, 14] + list(range(14, 34))})
    >>> table = estimates.quantile(df, "minutes", q=[0.5])
    >>> table[["level", "n", "estimate", "se", "ci_low", "ci_high"]].round(2)
      level   n  estimate    se  ci_low  ci_high
    0   0.5  30      18.0  2.44    14.0     24.0
    """
    check_settings(conf, min_base)
    wanted = _shares(q)
    _check_options(rule, interval, step)
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    if interval == "replicates" and survey.replicates is None:
        raise ValueError(
            "interval: expected a design with replicate weights for 'replicates', found none; name "
            "them in Design(replicates=…), which estimates.bootstrap makes, or choose 'mean'"
        )
    rows = [
        found
        for item in names
        for found in quantiles(
            survey, answers.numbers(df, item), wanted, conf, rule=rule, interval=interval, step=step
        )
    ]
    texts = [f"{share:g}" for share in wanted]
    return to_table("quantile", names, texts, survey.domains, rows, min_base=min_base)


def quantiles(
    survey: Survey,
    values: np.ndarray,
    wanted: Sequence[float],
    conf: float,
    *,
    rule: str = "math",
    interval: str = "auto",
    step: float = 1.0,
) -> list[Estimates]:
    """Estimate quantiles of one item's answers (NaN: none) in each domain, one entry a quantile."""
    ranked = _rank(survey, values)
    if rule == "grouped":
        ranked.check_apart(step)
    found = []
    for share in wanted:
        centre = ranked.quantile(np.full(survey.partition.domains, share), rule, step)
        moments = survey.mean(_below(values, of_rows(survey, centre), rule, step))
        kept = centre[: len(moments.n)]
        if interval == "replicates":
            variance = survey.replicates.variances(
                lambda w, share=share: ranked.reweighed(w).quantile(
                    np.full(survey.partition.domains, share), rule, step
                ),
                centre,
            )[: len(moments.n)]
            low, high = student(kept, variance, moments.df, conf=conf)
        else:
            centred = _recentred(moments, share) if interval == "auto" else moments
            way = "mean" if interval == "auto" else interval
            low, high = _woodruff(centred, ranked, rule, way, step, conf)
        found.append(_estimates(moments, kept, low, high, ranked.constant[: len(kept)], conf))
    return found


def of_rows(survey: Survey, of_domains: np.ndarray) -> np.ndarray:
    """Give each row what its domain has; rows outside take the first domain's and weigh nothing."""
    if not len(of_domains):
        return np.full(survey.structure.rows, np.nan)
    return of_domains[survey.partition.codes]


@dataclass(frozen=True)
class _Ranked:
    """The answers that count, domain by domain in ascending order, and their weights.

    ``order`` leads to the rows of the table, ``starts`` to where each domain begins and ends.
    """

    values: np.ndarray
    weights: np.ndarray
    order: np.ndarray
    starts: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        """Say of each domain whether all its answers are equal."""
        first, last = self.starts[:-1], self.starts[1:] - 1
        if not len(self.values):
            return np.ones(len(first), dtype=bool)
        first = np.minimum(first, len(self.values) - 1)
        return (last < first) | (self.values[first] == self.values[last])

    def reweighed(self, weights: np.ndarray) -> _Ranked:
        """Give the same answers other weights, one a row of the table."""
        return _Ranked(self.values, weights[self.order], self.order, self.starts)

    def quantile(self, shares: np.ndarray, rule: str, step: float) -> np.ndarray:
        """Find each domain's quantile at a share of its own; NaN where the share is no share."""
        found = np.full(len(shares), np.nan)
        for domain, share in enumerate(shares):
            here = slice(self.starts[domain], self.starts[domain + 1])
            weight = self.weights[here]
            counted = weight > 0
            if counted.any() and 0 <= share <= 1:
                found[domain] = _invert(
                    self.values[here][counted], weight[counted], share, rule, step
                )
        return found

    def check_apart(self, step: float) -> None:
        """Refuse answers that lie nearer than the step of the scale."""
        distances = np.diff(np.unique(self.values))
        if (distances < step * (1 - 1e-9)).any():
            raise ValueError(
                f"step: expected answers at least {step:g} apart to be grouped, found some "
                f"{distances.min():g} apart; give the step of the scale, or choose another rule"
            )


def _rank(survey: Survey, values: np.ndarray) -> _Ranked:
    partition = survey.partition
    weight = survey.structure.weights()
    counted = ~np.isnan(values) & (weight > 0)
    if partition.inside is not None:
        counted &= partition.inside
    rows = np.flatnonzero(counted)
    order = rows[np.lexsort((values[rows], partition.codes[rows]))]
    starts = np.searchsorted(partition.codes[order], np.arange(partition.domains + 1))
    return _Ranked(values[order], weight[order], order, starts)


def _invert(values: np.ndarray, weights: np.ndarray, share: float, rule: str, step: float) -> float:
    """Find the quantile of ascending values."""
    cumulated = np.cumsum(weights)
    reached = cumulated / cumulated[-1]
    at = min(int(np.searchsorted(reached, share - _REACHED)), len(values) - 1)
    if rule == "school":
        exactly = abs(reached[at] - share) <= _REACHED and at + 1 < len(values)
        return float((values[at] + values[at + 1]) / 2 if exactly else values[at])
    if rule == "hf7" and len(values) > 1:
        positions = np.append(0, cumulated[:-1]) / cumulated[-2]
        return float(np.interp(share, positions, values))
    if rule == "grouped":
        first, last = (
            np.searchsorted(values, values[at]),
            np.searchsorted(values, values[at], "right"),
        )
        before = reached[first - 1] if first else 0.0
        within = (share - before) / (reached[last - 1] - before)
        return float(values[at] + step * (min(max(within, 0.0), 1.0) - 0.5))
    return float(values[at])


def _below(values: np.ndarray, limit: np.ndarray, rule: str, step: float) -> np.ndarray:
    """Give how much of each answer lies at or below a limit: none, all, or when grouped a part."""
    if rule == "grouped":
        return np.clip((limit - values) / step + 0.5, 0, 1)
    return np.where(np.isnan(values) | np.isnan(limit), np.nan, values <= limit)


def _recentred(moments: Moments, share: float) -> Moments:
    """Put the share asked for in place of the one at the answer, where they are far apart.

    On a scale of few answers many lie at the quantile, and the share up to it is far above the one
    asked for; an interval about it would then miss the quantile.
    """
    found, wanted = moments.estimate * (1 - moments.estimate), share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = moments.estimate - share > _APART * np.sqrt(moments.variance)
        scaled = np.where(
            found > 0, moments.variance * wanted / found, wanted / np.maximum(moments.n - 1, 1)
        )
    apart &= np.isfinite(moments.estimate) & ~moments.covered
    return replace(
        moments,
        estimate=np.where(apart, share, moments.estimate),
        variance=np.where(apart, scaled, moments.variance),
    )


def _woodruff(
    moments: Moments, ranked: _Ranked, rule: str, interval: str, step: float, conf: float
) -> tuple[np.ndarray, np.ndarray]:
    """Turn the interval of the share below the quantile into one of the quantile."""
    if interval == "mean":
        limits = student(moments.estimate, moments.variance, moments.df, conf=conf)
    else:
        limits = share_interval(moments, conf=conf, method=interval)[1:]
    # Without groups the table has no row, though the sums still stand for one domain.
    padded = [
        np.append(limit, [np.nan] * (len(ranked.starts) - 1 - len(limit))) for limit in limits
    ]
    low, high = (ranked.quantile(limit, rule, step)[: len(moments.n)] for limit in padded)
    return low, high


def _estimates(
    moments: Moments,
    estimate: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    constant: np.ndarray,
    conf: float,
) -> Estimates:
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where(moments.variance > 0, moments.variance / moments.simple, 1)
        se = (high - low) / (2 * special.stdtrit(moments.df, (1 + conf) / 2))
    reason = reasons(moments, no_variation=constant)
    open_ended = np.isnan(low) | np.isnan(high)
    reason = np.where((reason == "") & open_ended, "open_interval", reason)
    reason = np.where((reason == "") & ~(low < high), "discrete", reason)
    return Estimates(
        n=moments.n,
        n_eff=moments.n / deff,
        df=moments.df,
        estimate=estimate,
        se=np.where(np.isin(reason, ["census", "fixed_by_design"]), 0.0, se),
        ci_low=low,
        ci_high=high,
        reason=reason,
    )


def _shares(q: float | Sequence[float]) -> list[float]:
    wanted = [q] if isinstance(q, Real) else distinct(q, "q")
    odd = [share for share in wanted if not isinstance(share, Real) or not 0 < share < 1]
    if odd or not wanted:
        found = repr(odd[0]) if odd else "none"
        raise ValueError(
            f"q: expected numbers between 0 and 1, found {found}; write q=[0.5] for the median"
        )
    return [float(share) for share in wanted]


def _check_options(rule: str, interval: str, step: float) -> None:
    for name, value, allowed in (("rule", rule, _RULES), ("interval", interval, _INTERVALS)):
        if value not in allowed:
            raise ValueError(f"{name}: expected one of {', '.join(allowed)}, found {value!r}")
    if not isinstance(step, Real) or not 0 < step < np.inf:
        raise ValueError(
            f"step: expected a number above 0, found {step!r}; write 1 for a scale from 1 to 5"
        )
