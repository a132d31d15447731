"""Which stages of a ticket take longer, or too long, where a dimension is rated low."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from csatlib import schema
from csatlib.drivers.priorities import require
from csatlib.drivers.rank_correlation import RankCorrelation, rank_correlation
from csatlib.estimates.adjusting import ADJUSTMENTS, adjust_p
from csatlib.estimates.answers import item_names
from csatlib.estimates.answers import numbers as answers_of
from csatlib.estimates.arguments import check_settings, column_of, distinct
from csatlib.estimates.design import Design
from csatlib.estimates.intervals import share_interval
from csatlib.estimates.moments import Survey, read_survey
from csatlib.estimates.quantiles import of_rows, quantiles
from csatlib.estimates.table import Estimates

__all__ = ["causes", "stage_times"]

_GROUPS = ("dissatisfied", "satisfied")


def stage_times(
    tickets: pd.DataFrame, stages: Mapping[str, tuple[str, str]], *, key: str = "ticket_id"
) -> pd.DataFrame:
    """Turn the moments of tickets into the minutes each stage took.

    Parameters
    ----------
    tickets : DataFrame
        One row a ticket, such as table ``frame`` of an event survey.
    stages : mapping of str to (str, str)
        What each stage is called, and the two columns of times between which it lies.
    key : str
        The column that names the ticket.

    Returns
    -------
    DataFrame
        The key and one column of minutes a stage, rows as in ``tickets``; NA where a time is
        missing, and where a stage would end before it began, as the times are then wrong.

    Raises
    ------
    ValueError
        If a column is missing or holds no times, no stage is named, or a stage bears the key's
        name.

    Examples
    --------
    >>> tickets = pd.DataFrame({"ticket_id": ["T1"],
    ...     "opened_at": pd.to_datetime(["2026-07-01 09:00"]),
    ...     "received_at": pd.to_datetime(["2026-07-01 09:20"])})
    >>> stage_times(tickets, {"接收": ("opened_at", "received_at")})["接收"].tolist()
    [20.0]
    """
    if not isinstance(stages, Mapping) or not stages or key in stages:
        raise ValueError(
            f"stages: expected names of stages, other than {key!r}, each with its two columns of "
            f"times, found {stages!r}; write for example {{'接收': ('opened_at', 'received_at')}}"
        )
    require(tickets, [key, *{c for pair in stages.values() for c in pair}], "tickets")
    found = {key: tickets[key]}
    for stage, (start, end) in stages.items():
        for name in (start, end):
            if not pd.api.types.is_datetime64_any_dtype(tickets[name].dtype):
                raise ValueError(
                    f"tickets.{name}: expected times, found dtype {tickets[name].dtype}; read them "
                    "with pandas.to_datetime"
                )
        minutes = (tickets[end] - tickets[start]) / pd.Timedelta(minutes=1)
        found[stage] = minutes.where(minutes >= 0).astype("Float64")
    return pd.DataFrame(found, index=tickets.index)


def causes(
    scores: pd.DataFrame,
    process: pd.DataFrame,
    *,
    dimension: str | Sequence[str],
    stages: Sequence[str],
    key: str = "ticket_id",
    limits: Mapping[str, float] | None = None,
    cutoff: float = 4,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
    adjust: str = "holm",
) -> pd.DataFrame:
    r"""Look for causes of a low rating: which process measures go with it.

    What is found is association; whether one brings about the other takes a trial to tell.

    Parameters
    ----------
    scores : DataFrame
        One row an answer, all of them, with the key and the rated dimensions; several answers may
        speak of one ticket.
    process : DataFrame
        One row a ticket: the key and numeric measures, such as the minutes of `stage_times`.
    dimension : str or sequence of str
        Rated columns of ``scores``, such as those at the bottom of the priority matrix.
    stages : sequence of str
        Columns of ``process``.
    key : str
        The column by which answers and tickets belong together.
    limits : mapping of str to float, optional
        What is promised of a stage, in its own unit; a longer stay is late, the limit itself is
        not.
    cutoff : float
        The lowest rating that counts as satisfied; a lower one counts as dissatisfied.
    design : Design, optional
        Weights, strata and clusters by their names in ``scores``; the tickets of one customer are
        one cluster.
    conf : float
        Confidence of the intervals, between 0 and 1.
    min_base : int
        With fewer answers that have both numbers nothing is told of a stage; with fewer in one of
        the two groups, nothing of this group.
    adjust : {"holm", "hochberg", "bonferroni", "BH", "BY", "none"}
        How p is adjusted for all rows of the call, stages times dimensions.

    Returns
    -------
    DataFrame
        Table ``stage_associations``, one row a dimension and stage: ``dimension``, ``stage``,
        ``n`` (answers with the rating and the measure); ``df``, ``correlation`` (of the ranks:
        below 0 where longer stays go with lower ratings), ``se``, ``ci_low``, ``ci_high``,
        ``statistic``, ``p``, ``p_adjusted``, and ``reason`` where these are missing (``empty``,
        ``small_base``, ``no_variation``, ``single_cluster``, ``census``, or ``perfect``, where
        both order all answers alike and there is no error to estimate). Of the ``dissatisfied``
        and the ``satisfied``: ``n_``, ``median_`` of the measure and ``late_`` share, each with
        ``_low`` and ``_high``; ``median_difference`` and ``late_difference``, dissatisfied less
        satisfied, with their ends; ``limit``; ``groups_reason`` (``small_base`` of one group, or
        ``no_interval`` where a median has none, as where many stays are equal).

    Raises
    ------
    ValueError
        For missing columns, a ticket in two rows of ``process``, a measure that is no number, an
        unknown stage in ``limits`` and settings out of range.

    Notes
    -----
    Ranks are those of the time and of its logarithm alike, so nothing hangs on the scale. An answer
    without a ticket, without the rating or without the measure is left out of that row, and stays
    in the design. The interval of a median is Woodruff's (see `csatlib.estimates.quantile`); that
    of the difference of two medians is a t interval, whose variance takes each median's standard
    error and the covariance of the two shares below them, as a customer may be in both groups.

    The rows say what goes together. A slow stage may be slow because the case was hard, and the
    rating low for the same reason.

    Source: Spearman (1904) with the influence function of Croux and Dehon (2010); Woodruff (1952);
    Holm (1979).

    Examples
    --------
    >>> answers = pd.DataFrame({"ticket_id": range(40), "speed": [5, 4, 3, 2] * 10})
    >>> stays = pd.DataFrame({"ticket_id": range(40),
    ...     "接收": [10 + i % 4 * 15 + i % 7 for i in range(40)]})
    >>> found = causes(answers, stays, dimension="speed", stages=["接收"], min_base=20)
    >>> found[["stage", "n", "correlation", "median_dissatisfied", "median_satisfied"]].round(2)
      stage   n  correlation  median_dissatisfied  median_satisfied
    0    接收  40        -0.97                 46.0              16.0
    """
    check_settings(conf, min_base)
    if adjust not in ADJUSTMENTS:
        raise ValueError(f"adjust: expected one of {', '.join(ADJUSTMENTS)}, found {adjust!r}")
    names, measures = item_names(dimension), distinct(stages, "stages")
    promised = _limits(limits, measures)
    joined = _joined(scores, process, key, measures)
    survey = read_survey(scores, design=design)
    plan = _Plan(scores, survey, design, float(cutoff), conf, min_base)
    rows = []
    for item in names:
        rating = answers_of(scores, item)
        for stage in measures:
            row = _row(plan, rating, joined[stage], promised.get(stage, np.nan))
            rows.append({"dimension": item, "stage": stage, **row})
    contract = schema.TABLES["stage_associations"].columns
    found = pd.DataFrame(rows, columns=list(contract))
    found["p_adjusted"] = adjust_p(found["p"].to_numpy(dtype=float), adjust)
    found = found.astype({name: column.dtype for name, column in contract.items()})
    return schema.check(found, "stage_associations")


# ---- inside --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """What one call asks of every dimension and stage."""

    scores: pd.DataFrame
    survey: Survey
    design: Design | None
    cutoff: float
    conf: float
    min_base: int


def _joined(
    scores: pd.DataFrame, process: pd.DataFrame, key: str, measures: Sequence[str]
) -> dict[str, np.ndarray]:
    """Give each answer its ticket's measures."""
    require(process, [key, *measures], "process")
    known = process[process[key].notna()]
    if known[key].duplicated().any():
        raise ValueError(
            f"process: expected each {key} in one row, found {int(known[key].duplicated().sum())} "
            "rows that repeat one; keep one row a ticket"
        )
    own = column_of(scores, key, "key")
    values = known.set_index(key)
    if len(own.dropna()) and len(values) and not own.isin(values.index).any():
        raise ValueError(
            f"key: expected tickets of the answers among those of process, found none of {key!r} "
            "in both; read both columns in the same way"
        )
    rows = values.index.get_indexer(pd.Index(own))
    found = {}
    for stage in measures:
        laid = answers_of(values, stage)
        taken = laid[rows] if len(laid) else np.full(len(rows), np.nan)
        found[stage] = np.where((rows >= 0) & own.notna().to_numpy(), taken, np.nan)
    return found


def _limits(limits: Mapping[str, float] | None, measures: Sequence[str]) -> dict[str, float]:
    promised = dict(limits or {})
    unknown = [stage for stage in promised if stage not in measures]
    if unknown or not all(np.isfinite(value) for value in promised.values()):
        raise ValueError(
            f"limits: expected a finite number for some of {list(measures)}, found {promised!r}"
        )
    return promised


def _row(plan: _Plan, rating: np.ndarray, stay: np.ndarray, limit: float) -> dict[str, object]:
    told = rank_correlation(plan.survey, rating, stay, conf=plan.conf)
    if 0 < told.n < plan.min_base:
        hidden = dict.fromkeys(("estimate", "se", "low", "high", "statistic", "p"), float("nan"))
        told = replace(told, **hidden, reason="small_base")
    return {**_told(told), "limit": limit, **_groups(plan, rating, stay, limit)}


def _told(told: RankCorrelation) -> dict[str, object]:
    return {
        "n": told.n,
        "df": told.df,
        "correlation": told.estimate,
        "se": told.se,
        "ci_low": told.low,
        "ci_high": told.high,
        "statistic": told.statistic,
        "p": told.p,
        "reason": told.reason or None,
    }


def _groups(plan: _Plan, rating: np.ndarray, stay: np.ndarray, limit: float) -> dict[str, object]:
    """Compare the measure of those who rate below the cutoff with that of all others."""
    known = pd.Series(~np.isnan(rating) & ~np.isnan(stay), index=plan.scores.index)
    group = pd.Categorical(
        np.where(rating >= plan.cutoff, *_GROUPS[::-1]), categories=list(_GROUPS)
    )
    table = plan.scores.assign(**{_COLUMN: group})
    survey = read_survey(table, [_COLUMN], known, plan.design)
    (median,) = quantiles(survey, stay, [0.5], plan.conf)
    few = median.n < plan.min_base
    row: dict[str, object] = {}
    for place, name in enumerate(_GROUPS):
        row[f"n_{name}"] = int(median.n[place])
        row |= _shown(f"median_{name}", median.estimate, median.ci_low, median.ci_high, place, few)
    if few.any():
        row["groups_reason"] = "empty" if (median.n == 0).any() else "small_base"
    elif not (np.isfinite(median.se) & (median.reason == "")).all():
        row["groups_reason"] = "no_interval"
        row["median_difference"] = median.estimate[0] - median.estimate[1]
    else:
        row |= _median_difference(plan, survey, stay, median)
    if np.isfinite(limit):
        row |= _late(plan, survey, np.where(np.isnan(stay), np.nan, stay > limit), few)
    return row


#: A name no study can give a column, as it is no word of lower-case letters.
_COLUMN = "(dissatisfied)"


def _median_difference(
    plan: _Plan, survey: Survey, stay: np.ndarray, median: Estimates
) -> dict[str, object]:
    """Make a t interval of the difference of two medians.

    The influence of a row on a median is that on the share below it, over the density there; the
    density is taken from the median's own standard error (Woodruff).
    """
    below = np.where(np.isnan(stay), np.nan, stay <= of_rows(survey, median.estimate))
    shares = survey.mean(below, influence=True)
    if not (shares.variance > 0).all():
        # Nobody lies above the median, so that nothing is known of the density there.
        difference = float(median.estimate[0] - median.estimate[1])
        return {"median_difference": difference, "groups_reason": "no_interval"}
    slope = -median.se / np.sqrt(shares.variance)
    influence = shares.influence * of_rows(survey, slope)
    return _difference(plan, survey, influence, median.estimate, median.df, "median")


def _late(plan: _Plan, survey: Survey, late: np.ndarray, few: np.ndarray) -> dict[str, float]:
    """Give the late share of both groups and their difference."""
    shares = survey.share(late)
    low, high = share_interval(shares, conf=plan.conf, method="korn_graubard")[1:]
    row: dict[str, float] = {}
    for place, name in enumerate(_GROUPS):
        row |= _shown(f"late_{name}", shares.estimate, low, high, place, few)
    if few.any():
        return row
    influence = survey.mean(late, influence=True).influence
    return row | _difference(plan, survey, influence, shares.estimate, shares.df, "late")


def _shown(
    figure: str,
    estimate: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    place: int,
    few: np.ndarray,
) -> dict[str, float]:
    """Name one group's figure and its ends, if it has answers enough."""
    ends = {"": estimate, "_low": low, "_high": high}
    return {f"{figure}{end}": np.nan if few[place] else v[place] for end, v in ends.items()}


def _difference(
    plan: _Plan,
    survey: Survey,
    influence: np.ndarray,
    estimate: np.ndarray,
    df: np.ndarray,
    figure: str,
) -> dict[str, float]:
    table = survey.partition.covariances(influence)
    variance = float(table[0, 0] + table[1, 1] - 2 * table[0, 1])
    # Both groups are of one sample: its clusters, less its strata, in any of the two.
    whole = float(plan.survey.whole.df[0])
    freedom = min(whole, float(df.sum()))
    difference = float(estimate[0] - estimate[1])
    row = {f"{figure}_difference": difference}
    if freedom >= 1 and variance > 0:
        half = special.stdtrit(freedom, (1 + plan.conf) / 2) * np.sqrt(variance)
        row |= {f"{figure}_difference_low": difference - half}
        row |= {f"{figure}_difference_high": difference + half}
    return row
