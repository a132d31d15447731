"""The rows of one item: which contrasts can be tested, by what, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from csatlib.estimates import omnibus, two_sample
from csatlib.estimates.adjusting import ADJUSTMENTS, adjust_p
from csatlib.estimates.comparison_table import Lines
from csatlib.estimates.domains import Domains
from csatlib.estimates.group_contrasts import Contrasts, common, list_contrasts
from csatlib.estimates.group_means import GroupMeans, read_group_means
from csatlib.estimates.max_t import adjusted_by_draws, critical_of_draws, max_t
from csatlib.estimates.moments import Survey
from csatlib.estimates.permutation import (
    drawn_statistics,
    pooled_against_rest,
    welch_against_rest,
)
from csatlib.estimates.sides import Sample, read_sample
from csatlib.estimates.two_sample import Differences

__all__ = ["Plan", "compare_groups", "compare_overall"]

_JOINT = ("max_t", "step_down")
#: A variance this small beside that of a simple random sample is rounding.
_FIXED = 1e-20


@dataclass(frozen=True)
class Plan:
    """How one call compares: what is held against what, by which test."""

    metric: str
    against: str
    method: str
    adjust: str
    simple: bool
    conf: float
    min_base: int
    permutations: int
    seed: int


@dataclass(frozen=True)
class _Answers:
    """The valid answers of all groups: values, groups, and their summary."""

    values: np.ndarray
    codes: np.ndarray
    groups: Sample


def compare_overall(plan: Plan, survey: Survey, item: str, values: np.ndarray) -> Lines:
    """Test whether any group differs: one row."""
    answers, means = _read(plan, survey, values)
    n = answers.groups.n if plan.simple else means.n
    used = np.flatnonzero(n >= plan.min_base)
    if (n > 0).sum() < 2 or len(used) < 2:
        reason = _no_test(n)
        return _one_row(plan, survey.domains, item, int(n.sum()), reason, n > 0)
    if plan.simple:
        found = _simple_overall(plan, answers, used)
    else:
        if plan.method == "rank":
            means = read_group_means(survey, _rank_scores(values, means, used))
        found = omnibus.wald(means, used)
    left_out = (n[n > 0] < plan.min_base).any()
    reason = found.reason or ("groups_left_out" if left_out else "")
    row = _one_row(plan, survey.domains, item, int(n[used].sum()), reason, n >= plan.min_base)
    return replace(
        row,
        n_eff=np.array([float(n[used].sum()) if plan.simple else np.nan]),
        df=np.array([found.df]),
        statistic=np.array([found.statistic]),
        p=np.array([found.p]),
        p_adjusted=np.array([found.p]),
    )


def compare_groups(plan: Plan, survey: Survey, item: str, values: np.ndarray) -> Lines:
    """Hold groups against each other, against one of them or against the rest."""
    contrasts = list_contrasts(survey.domains, plan.against)
    answers, means = _read(plan, survey, values)
    counts = answers.groups if plan.simple else means.weighed
    if len(survey.domains) < 2 or (counts.n > 0).sum() == 0:
        n = int(counts.n.sum())
        reason = "single_group" if n else "empty"
        return _one_row(plan, survey.domains, item, n, reason, counts.n > 0)
    n = contrasts.first @ counts.n, contrasts.second @ counts.n
    least = np.minimum(*n)
    suppressed = least < plan.min_base
    if plan.simple:
        found, reason = _simple_differences(plan, answers, contrasts, ~suppressed)
        n_eff = (n[0] + n[1]).astype(float)
    else:
        found, reason, n_eff = _designed_differences(plan, means, contrasts, ~suppressed)
    reason = np.select([least == 0, suppressed], ["empty", "small_base"], reason)
    low, high = (found.estimate + sign * found.critical * found.se for sign in (-1, 1))
    domains = survey.domains
    return Lines(
        metric="mean_rank" if plan.method == "rank" else plan.metric,
        item=item,
        quarter=[common(domains.quarter, used) for used in contrasts.both],
        line=[common(domains.line, used) for used in contrasts.both],
        group_by=domains.group_by,
        group=[domains.group[position] for position in contrasts.group],
        contrast=contrasts.labels,
        n=n[0] + n[1],
        n_eff=n_eff,
        df=found.df,
        estimate=found.estimate,
        se=found.se,
        ci_low=low,
        ci_high=high,
        statistic=found.statistic,
        p=found.p,
        p_adjusted=found.p_adjusted,
        suppressed=suppressed,
        reason=reason,
    )


# ---- simple random samples -----------------------------------------------------------------------


def _simple_overall(plan: Plan, answers: _Answers, used: np.ndarray) -> omnibus.Omnibus:
    groups = answers.groups.chosen(used)
    if plan.method == "rank":
        number = np.full(len(answers.groups.n), -1)
        number[used] = np.arange(len(used))
        codes = number[answers.codes]
        return omnibus.kruskal(answers.values[codes >= 0], codes[codes >= 0], len(used))
    test = omnibus.welch_anova if plan.method == "welch" else omnibus.analysis_of_variance
    return test(groups)


def _simple_differences(
    plan: Plan, answers: _Answers, contrasts: Contrasts, kept: np.ndarray
) -> tuple[Differences, np.ndarray]:
    groups = answers.groups
    one, two = groups.pooled(contrasts.first), groups.pooled(contrasts.second)
    single = (one.n == 1) | (two.n == 1)
    same = one.same & two.same
    reason = np.select([single, same], ["single_answer", "no_variation"], "")
    with np.errstate(divide="ignore", invalid="ignore"):
        if plan.method == "rank":
            split = [answers.values[answers.codes == group] for group in range(len(groups.n))]
            seconds = contrasts.second.argmax(axis=1)
            pairs = zip(contrasts.group, seconds, strict=True)
            found = two_sample.mann_whitney([(split[i], split[j]) for i, j in pairs])
            constant = (one.n + two.n > 0) & same & (one.mean == two.mean)
            reason = np.where(constant, "no_variation", "")
        elif plan.method == "tukey":
            compared = groups.chosen((groups.n >= plan.min_base) & (groups.n > 0))
            found = two_sample.tukey(one, two, compared, conf=plan.conf)
            reason = np.where(found.se > 0, "", "no_variation")
        elif plan.method == "student":
            found = two_sample.student(one, two, conf=plan.conf)
            reason = np.where(found.se > 0, "", "no_variation")
        else:
            found = two_sample.welch(one, two, conf=plan.conf)
    tested = kept & (reason == "")
    if plan.method == "permutation":
        return _permuted(plan, answers, contrasts, found, tested), reason
    errors = np.where(groups.n > 1, groups.variance / np.maximum(groups.n, 1), np.nan)
    errors = np.where(np.isnan(errors), np.nanmax(errors, initial=0), errors)
    share = [
        side * groups.n / np.maximum(side @ groups.n, 1)[:, None] for side in _sides(contrasts)
    ]
    spread = (share[0] - share[1]) * np.sqrt(errors)
    return _adjusted(plan, found, spread @ spread.T, tested), reason


def _permuted(
    plan: Plan, answers: _Answers, contrasts: Contrasts, found: Differences, tested: np.ndarray
) -> Differences:
    nothing = np.full(len(contrasts), np.nan)
    p, adjusted = nothing.copy(), nothing.copy()
    critical = nothing.copy()
    if plan.metric == "share":
        found = _pooled(answers, contrasts, found)
    if tested.any():
        drawn = drawn_statistics(
            answers.values,
            answers.codes,
            contrasts.group[tested],
            permutations=plan.permutations,
            seed=plan.seed,
            statistic=pooled_against_rest if plan.metric == "share" else welch_against_rest,
        )
        statistic = found.statistic[tested]
        p[tested], joint = adjusted_by_draws(statistic, drawn, step_down=plan.adjust == "step_down")
        family = plan.adjust in _JOINT
        adjusted[tested] = joint if family else adjust_p(p[tested], plan.adjust)
        critical[tested] = critical_of_draws(drawn, plan.conf)
    return replace(found, df=nothing, p=p, p_adjusted=adjusted, critical=critical)


def _pooled(answers: _Answers, contrasts: Contrasts, found: Differences) -> Differences:
    """Measure the differences of shares by the variance of all answers together."""
    total = len(answers.values)
    n = answers.groups.n[contrasts.group].astype(float)
    spread = answers.values.var(ddof=1) if total > 1 else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(spread * (1 / n + 1 / (total - n)))
        return replace(found, se=se, statistic=found.estimate / se)


# ---- designs -------------------------------------------------------------------------------------


def _designed_differences(
    plan: Plan, means: GroupMeans, contrasts: Contrasts, kept: np.ndarray
) -> tuple[Differences, np.ndarray, np.ndarray]:
    sides = _sides(contrasts)
    one, two = (means.pooled(side) for side in sides)
    n = [side @ means.n for side in sides]
    covariance = means.covariance(*sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = sum(
            side.squares / side.n / count for side, count in zip((one, two), n, strict=True)
        )
        variance = np.where(np.diag(covariance) > _FIXED * simple, np.diag(covariance), 0.0)
        df = (means.degrees_of_freedom(contrasts.both) - 1).astype(float)
        found = two_sample.by_t(one.mean - two.mean, variance, df, plan.conf)
        n_eff = (n[0] + n[1]) * simple / variance
    units = np.minimum(*(means.degrees_of_freedom(side) for side in sides))
    held = contrasts.both & (means.n > 0)
    conditions = {
        "census": (held <= means.covered).all(axis=1),
        "single_answer": np.minimum(*n) == 1,
        "single_cluster": units < 1,
        "few_clusters": df < 1,
        "no_variation": one.same & two.same,
        "fixed_by_design": variance == 0,
    }
    reason = np.select(list(conditions.values()), list(conditions), "")
    tested = kept & (reason == "")
    steady = None
    if plan.adjust in _JOINT and tested.any():
        # A small group of skewed scores that happen to agree has too small an error of its own: in
        # the family none falls below that of one variance and one design effect for all.
        alike = means.pooled_variance(*sides)
        alike = alike * (variance[tested].sum() / alike[tested].sum())
        steady = np.maximum(variance, alike)
    return _adjusted(plan, found, covariance, tested, steady), reason, n_eff


def _rank_scores(values: np.ndarray, means: GroupMeans, used: np.ndarray) -> np.ndarray:
    """Give the estimated share of customers below each answer, plus half of those at it."""
    inside = means.valid & np.isin(means.partition.codes, used)
    weight = means.partition.structure.weights()[inside]
    _, level = np.unique(values[inside], return_inverse=True)
    mass = np.bincount(level, weights=weight)
    scores = np.full(len(values), np.nan)
    scores[inside] = ((np.cumsum(mass) - mass / 2) / mass.sum())[level]
    return scores


# ---- both ----------------------------------------------------------------------------------------


def _adjusted(
    plan: Plan,
    found: Differences,
    covariance: np.ndarray,
    tested: np.ndarray,
    steady: np.ndarray | None = None,
) -> Differences:
    """Adjust p over the contrasts that were tested; max-T also widens the intervals.

    ``steady`` holds the variances that max-T goes by where not by the estimated ones.
    """
    if found.p_adjusted is not None:
        return replace(found, p_adjusted=np.where(tested, found.p_adjusted, np.nan))
    if plan.adjust in ADJUSTMENTS:
        family = np.where(tested, found.p, np.nan)
        return replace(found, p_adjusted=adjust_p(family, plan.adjust))
    adjusted, critical = np.full(len(tested), np.nan), np.full(len(tested), np.nan)
    if tested.any():
        error = np.sqrt(np.diag(covariance)[tested])
        correlation = covariance[np.ix_(tested, tested)] / np.outer(error, error)
        steady = np.diag(covariance) if steady is None else steady
        wider = np.sqrt(steady / np.diag(covariance))
        adjusted[tested], critical[tested] = max_t(
            found.statistic[tested] / wider[tested],
            correlation,
            found.df[tested],
            conf=plan.conf,
            step_down=plan.adjust == "step_down",
            seed=plan.seed,
        )
        adjusted = np.fmax(adjusted, np.where(tested, found.p, np.nan))
        critical = critical * wider
    return replace(found, p_adjusted=adjusted, critical=critical)


def _sides(contrasts: Contrasts) -> tuple[np.ndarray, np.ndarray]:
    return contrasts.first, contrasts.second


def _read(
    plan: Plan, survey: Survey, values: np.ndarray
) -> tuple[_Answers | None, GroupMeans | None]:
    if not plan.simple:
        return None, read_group_means(survey, values)
    codes = survey.domains.codes
    valid = (codes >= 0) & ~np.isnan(values)
    groups = read_sample(values[valid], codes[valid], len(survey.domains))
    return _Answers(values[valid], codes[valid], groups), None


def _no_test(n: np.ndarray) -> str:
    """Say why there is no test of fewer than two groups."""
    if not n.sum():
        return "empty"
    return "single_group" if (n > 0).sum() < 2 else "small_base"


def _one_row(
    plan: Plan, domains: Domains, item: str, n: int, reason: str, used: np.ndarray
) -> Lines:
    nothing = np.array([np.nan])
    return Lines(
        metric="mean_rank" if plan.method == "rank" else plan.metric,
        item=item,
        quarter=[common(domains.quarter, used)],
        line=[common(domains.line, used)],
        group_by=domains.group_by,
        group=[None],
        contrast=[plan.against],
        n=np.array([n]),
        n_eff=nothing,
        df=nothing,
        estimate=nothing,
        se=nothing,
        ci_low=nothing,
        ci_high=nothing,
        statistic=nothing,
        p=nothing,
        p_adjusted=nothing,
        suppressed=np.array([n < plan.min_base or reason == "small_base"]),
        reason=np.array([reason]),
    )
