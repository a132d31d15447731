"""The satisfaction rate of each customer unit as a figure that an appraisal may rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy import special

from csatlib import schema
from csatlib.estimates.arguments import check_settings
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Domains
from csatlib.estimates.funnel import chance_limits
from csatlib.estimates.intervals import korn_graubard
from csatlib.estimates.ranks import rank_intervals
from csatlib.estimates.shrinkage import posterior_rates
from csatlib.estimates.table import nullable
from csatlib.estimates.unit_counts import Counts, count_units

__all__ = ["units"]

#: The wider funnel: one unit in 500 leaves it by chance.
_ALARM = 0.998


def units(
    df: pd.DataFrame,
    item: str,
    *,
    unit: str,
    target: float | None,
    population: str | None = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 1,
    small: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Estimate the satisfaction rate of every customer unit, and how far it can be relied on.

    Three questions are kept apart. What was the rate of the unit's customers this quarter: that is
    ``estimate`` with ``ci_low`` and ``ci_high``, and a unit whose customers all answered has no
    error there. What rate does the unit work at, of which this quarter is one result: that is
    ``super_low`` and ``super_high`` from the unit's own answers, and ``shrunken`` with its interval
    from those of all units together. And how does it stand against the target and the others:
    ``p_below``, ``rank`` with its interval and ``funnel``, which all rest on the second.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them.
    item : str
        A boolean column, such as `csatlib.scales.is_satisfied` makes; NA is no valid answer.
    unit : str
        The column of the customer units. Categories keep their order and appear although nobody
        answered; other values are sorted. Rows without a unit are in none.
    target : float or None
        The rate that each unit should reach, above 0 and at most 1; None where none is set.
    population : str, optional
        The column with the number of customers in the row's unit, the same in all its rows; NA
        where it is not known. Without it it is the design's, if units are its strata.
    design : Design, optional
        Its ``weight`` makes the rates weighted ones. Units are taken as strata of a sample of
        rows; margins, replicates and other strata are not used.
    conf : float
        Confidence of all intervals, and of the funnel, between 0 and 1.
    min_base : int
        Units of fewer valid answers are suppressed; at least 1.
    small : int
        Units of fewer valid answers are marked instead of ranked.
    seed : int
        Seed of the draws behind the ranks; nothing else is drawn.

    Returns
    -------
    DataFrame
        The ``units`` table, one row a unit in the order of the units, never of their ranks. It
        begins with the columns of the ``estimates`` table (see `csatlib.estimates`), metric
        ``share``; ``reason`` is ``empty`` (no valid answer), ``small_base`` (suppressed),
        ``census`` (all customers answered: ``se`` is 0, and there is no interval) or
        ``single_answer`` (no ``se``, no interval). Then follow

        ==================================  =====================================================
        ``population``                      customers of the unit
        ``overall``, ``target``             the rate of all units together, and the target
        ``p_below``                         probability that the unit's true rate is below target
        ``super_low``, ``super_high``       interval of the true rate from the unit's own answers
        ``shrunken``, ``shrunken_low``,     its posterior mean and interval from the answers of
        ``shrunken_high``                   all units
        ``rank``, ``rank_low``,             median and interval of its rank among the units that
        ``rank_high``                       are not small; 1 is the highest rate
        ``funnel_low``, ``funnel_high``     where its rate lies by chance if its true rate is
                                            ``overall``, with confidence ``conf``
        ``alarm_low``, ``alarm_high``       the same with 99.8 %
        ``funnel``                          ``below``, ``within`` or ``above`` the funnel
        ``small``                           true where it has fewer than ``small`` answers
        ==================================  =====================================================

    Raises
    ------
    ValueError
        For a column that is not there or not boolean, a population that differs within a unit or
        is smaller than its answers, weights that are missing, negative or infinite, a design with
        clusters, or a setting out of range.

    Notes
    -----
    With n valid answers of N customers, :math:`\mathrm{se}^2 = (1 - n/N) \, p (1 - p) / (n - 1)`;
    without N the first factor is 1. The interval is Korn and Graubard's (see `share`), cut at the
    rates that the unit can have: at least ``np`` and at most ``np + N - n`` of its customers are
    satisfied. With weights, :math:`\mathrm{se}^2 = (1 - n/N) \frac{n}{n - 1} \sum (w (y - p))^2 /
    (\sum w)^2`, nothing is cut, and a census is still counted without them.

    The other columns take the unit's answers as drawn from an ongoing process, without finite
    population correction; with weights they take n as Kish's :math:`(\sum w)^2 / \sum w^2` and x
    as np. ``super_low`` and ``super_high`` are Clopper and Pearson's. ``shrunken`` is the mean
    of the posterior :math:`\mathrm{Beta}(\mu M + x, (1 - \mu) M + n - x)`, averaged over the
    posterior of :math:`\mu` and M given the answers of all units (marginal beta-binomial
    likelihood, :math:`\mu \sim \mathrm{Beta}(½, ½)`, :math:`M / (M + n_0)` uniform with
    :math:`n_0` the median n); its interval has the posterior's quantiles, so it does include the
    error of :math:`\mu` and M. Small units count in it. Ranks are those of 4,000 joint draws from
    it. The funnel has exact binomial limits, no more than (1 − ``conf``)/2 beyond each; where
    units truly differ, more of them leave it than chance would explain.

    Source: Goldstein and Spiegelhalter (1996), League tables and their limitations, *Journal of
    the Royal Statistical Society A* 159, 385–443, for intervals of ranks; Spiegelhalter (2005),
    Funnel plots for comparing institutional performance, *Statistics in Medicine* 24, 1185–1202;
    Christiansen and Morris (1997), Hierarchical Poisson regression modeling, *Journal of the
    American Statistical Association* 92, 618–632, for the prior of M; Korn and Graubard (1998),
    *Survey Methodology* 24, 193–201.

    Examples
    --------
    In unit A all ten customers answered: its rate is a fact. That it works at a rate below 85 % has
    a probability of 18 %.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"unit": ["A"] * 10 + ["B"] * 10, "customers": [10] * 10 + [40] * 10})
    >>> df["satisfied"] = [True] * 10 + [True] * 7 + [False] * 3
    >>> table = estimates.units(
    ...     df, "satisfied", unit="unit", target=0.85, population="customers"
    ... )
    >>> table[["group", "estimate", "ci_low", "ci_high", "reason", "shrunken", "p_below"]].round(2)
      group  estimate  ci_low  ci_high  reason  shrunken  p_below
    0     A       1.0    <NA>     <NA>  census      0.92     0.18
    1     B       0.7    0.38     0.92     NaN      0.76     0.76
    """
    check_settings(conf, min_base)
    _check_own_settings(target, small, seed)
    domains, counts = count_units(df, item, unit=unit, population=population, design=design)
    known = counts.n >= min_base
    columns = {
        **_sampling(counts, known, conf),
        **_process(counts, known, conf),
        **_shared(counts, known, known & (counts.n >= small), target, conf, seed),
    }
    table = pd.DataFrame(
        {
            **_names(domains, item),
            "n": pd.array(counts.n.astype(np.int64), dtype="Int64"),
            "suppressed": ~known,
            "reason": _text(_reasons(counts, known)),
            "population": nullable(counts.population).astype("Int64"),
            "funnel": _text(_place(counts, columns)),
            "small": counts.n < small,
            **{name: nullable(values) for name, values in columns.items()},
        }
    )
    return table[list(schema.TABLES["units"].columns)]


def _check_own_settings(target: float | None, small: int, seed: int) -> None:
    if target is not None and not (isinstance(target, Real) and 0 < target <= 1):
        raise ValueError(
            f"target: expected a rate above 0 and at most 1, or None, found {target!r}; "
            "write 0.85 for 85 %"
        )
    for name, value, least in (("small", small, 1), ("seed", seed, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name}: expected a whole number, {least} or more, found {value!r}")


def _names(domains: Domains, item: str) -> dict[str, object]:
    """Give the columns that say what a row is about."""
    rows = len(domains)
    return {
        "quarter": _text(domains.quarter),
        "line": _text(domains.line),
        "metric": _text(["share"] * rows),
        "item": _text([item] * rows),
        "level": _text([None] * rows),
        "group_by": _text([domains.group_by] * rows),
        "group": _text(domains.group),
    }


def _reasons(counts: Counts, known: np.ndarray) -> list[str | None]:
    n = counts.n
    names = ["empty", "small_base", "census", "single_answer"]
    reasons = np.select([n == 0, ~known, counts.census, n == 1], names, default="")
    return [name or None for name in reasons]


def _sampling(counts: Counts, known: np.ndarray, conf: float) -> dict[str, np.ndarray]:
    """Estimate the rate of the customers the unit has, with finite population correction."""
    n, df = counts.n, np.maximum(counts.n - 1, 0)
    n_eff, low, high = korn_graubard(
        counts.rate, counts.variance, n, df, conf=conf, unanimous=counts.size
    )
    low = np.fmax(low, counts.least)
    high = np.fmin(high, counts.most)
    sampled = known & ~counts.census
    inferred = sampled & (n > 1)
    return {
        "n_eff": np.where(sampled, n_eff, np.nan),
        "df": np.where(sampled, df, np.nan),
        "estimate": np.where(known, counts.rate, np.nan),
        "se": np.where(
            inferred, np.sqrt(counts.variance), np.where(counts.census & known, 0, np.nan)
        ),
        "ci_low": np.where(inferred, low, np.nan),
        "ci_high": np.where(inferred, high, np.nan),
    }


def _process(counts: Counts, known: np.ndarray, conf: float) -> dict[str, np.ndarray]:
    """Estimate the rate each unit works at from its own answers, and where chance would put it."""
    x, n, tail = counts.satisfied, counts.size, (1 - conf) / 2
    low = np.where(counts.rate == 0, 0, special.betaincinv(x, n - x + 1, tail))
    high = np.where(counts.rate == 1, 1, special.betainccinv(x + 1, n - x, tail))
    funnel_low, funnel_high = chance_limits(n, counts.overall, conf=conf)
    alarm_low, alarm_high = chance_limits(n, counts.overall, conf=_ALARM)
    found = {
        "super_low": low,
        "super_high": high,
        "funnel_low": funnel_low,
        "funnel_high": funnel_high,
        "alarm_low": alarm_low,
        "alarm_high": alarm_high,
    }
    shown = {name: np.where(known, values, np.nan) for name, values in found.items()}
    return {**shown, "overall": np.full(len(known), counts.overall)}


def _shared(
    counts: Counts,
    known: np.ndarray,
    ranked: np.ndarray,
    target: float | None,
    conf: float,
    seed: int,
) -> dict[str, np.ndarray]:
    """Estimate each unit's rate from the answers of all units: shrinkage, target and ranks."""
    names = (
        "shrunken",
        "shrunken_low",
        "shrunken_high",
        "p_below",
        "rank",
        "rank_low",
        "rank_high",
    )
    found = {name: np.full(len(known), np.nan) for name in names}
    found["target"] = np.full(len(known), np.nan if target is None else target, dtype=float)
    if not known.any():
        return found
    rates = posterior_rates(counts.satisfied[known], counts.size[known])
    found["shrunken"][known] = rates.mean()
    found["shrunken_low"][known] = rates.quantile((1 - conf) / 2)
    found["shrunken_high"][known] = rates.quantile((1 + conf) / 2)
    found["p_below"][known] = np.nan if target is None else rates.below(target)
    standing = replace(rates, x=counts.satisfied[ranked], n=counts.size[ranked])
    ranks = rank_intervals(standing, conf=conf, seed=seed)
    for name, values in zip(("rank", "rank_low", "rank_high"), ranks, strict=True):
        found[name][ranked] = values
    return found


def _place(counts: Counts, columns: dict[str, np.ndarray]) -> list[str | None]:
    """Say where each rate lies against its funnel, None where there is none."""
    low, high = columns["funnel_low"], columns["funnel_high"]
    # A rate and a limit of the same count may differ in the last digit.
    below, above = counts.rate < low - 1e-12, counts.rate > high + 1e-12
    names = np.select([np.isnan(low), below, above], ["", "below", "above"], default="within")
    return [name or None for name in names]


def _text(values: Sequence[str | None]) -> pd.api.extensions.ExtensionArray:
    return pd.array(list(values), dtype="str")
