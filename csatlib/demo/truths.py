"""Tells what is planted, from the parameters that plant it and never from the drawn answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from csatlib.demo import loop
from csatlib.demo.answers import chances, latent_means, noise_variance
from csatlib.demo.comments import LINE_THEMES
from csatlib.demo.design import (
    COMPANY,
    LINES,
    MENTION,
    NOT_APPLICABLE_SHARE,
    OTHERWISE,
    PROBLEM_TYPES,
    QUARTERS,
    STAGES,
    Line,
)
from csatlib.demo.expected import Expected, expected, figures, group_means, items, scores_of
from csatlib.demo.faults import in_keyed
from csatlib.demo.fieldwork import answering, decomposition, outcome_counts, staff
from csatlib.demo.form import FORMS
from csatlib.demo.importances import importances
from csatlib.demo.interviews import INTERVIEWED, Plan, plans
from csatlib.demo.wave import population

__all__ = ["truth"]

#: By what each line's truths are broken down.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "hotline": ("region", "customer_type", "tier"),
    "ops_event": ("region", "customer_type", "problem_level", "problem_type", "team"),
    "ops_company": ("region", "tier", "unit"),
}
_PERSONAL = ("mobile", "email", "id_card")
#: Who is so ready answers in any quarter.
_CERTAIN = 50
#: What is told by line and quarter, in this order.
_BY_QUARTER = (
    "means",
    "satisfied",
    "nps",
    "by_group",
    "unweighted",
    "weighted",
    "response",
    "sizes",
    "fieldwork",
    "faults",
    "personal_data",
)


def truth(*, seed: int = 0) -> dict[str, Any]:
    """Tell every truth that `write` plants with the same seed.

    All figures are expectations over the whole population of a line and quarter, computed in
    closed form from the cut latent normals; a sample scatters around them.

    Parameters
    ----------
    seed : int
        The seed given to `write`. It moves the population's composition a little, and with it
        the means; weights, faults and personal data are the same for every seed.

    Returns
    -------
    dict
        ``company``, ``seed``, ``quarters``, ``lines``;
        ``means``, ``satisfied`` (share of 4 and 5): line → quarter → item → value;
        ``nps``: line → quarter → value from −100 to 100, where the line asks;
        ``by_group``: line → quarter → group column → group → item → mean; a ticket's figures are
        those of the survey as it is run, late questionnaires among them;
        ``unweighted``, ``weighted``: line → quarter → ``means``, ``satisfied``, ``nps`` and
        ``by_group`` to be expected of the valid answers as they come, and once they are weighted
        to the population's cells of region × customer_type × tier;
        ``response``: line → quarter → chance of a valid answer once invited: ``overall``,
        ``by_channel``, ``by_group``; ``readiness``: line → the factors behind it;
        ``fieldwork``: line → quarter → counts by channel (``online``, ``keyed``): ``invited``,
        ``complete`` (valid), ``set_aside`` (answered, every answer quarantined), ``silent``
        (nothing noted), ``noted`` (by the wording of the list); they sum to ``invited``, and are
        exact;
        ``staff``: line → shifts of all latent means by ``teams`` and ``interviewers`` (by hand
        only), ``late`` (chance by team to be invited more than two days after closing) and the
        ``late_shifts`` of single items;
        ``units``: line → the shift of all latent means of the units that stand out (``shifts``),
        ``spread`` of the others, ``complete`` (units of which everybody answers);
        ``expectations``: line → item → what it is the expectation ``of``, the latent ``gap``,
        ``since``, and the ``mean_gap`` in points by quarter;
        ``panel``: line → the part of the latent variance that a customer keeps between quarters;
        ``drivers``: line → ``weights`` of the latent dimension scores in the latent overall
        score, ``noise_variance``, ``common`` (correlation of any two dimensions), ``r2``; all
        these of the latent scores. Of the scores from 1 to 5 that are observed, ``observed`` holds
        by quarter: ``r2``, ``lmg`` (each asked dimension's share in it, which sum to it),
        ``order`` (most important first), ``quadrants`` (of the priority matrix of importance and
        mean score, cut at the means over the dimensions);
        ``changes``: one entry a planted shift, with the change of each item's mean in the group
        and the ``action_id`` of the measure that makes it, '' where something else does;
        ``measures``: line → action_id → ``quarter`` (the trigger), ``item``, ``metric``, ``scope``,
        ``status``, ``goal``, ``verdict`` to be found of it once all quarters are in (None where it
        is not done), ``plain`` (by later quarter, the change to be expected of those ``reached``
        and of the ``others``, and their ``difference``), ``effect`` (by later quarter, what the
        measure itself adds), and ``asked_again`` where low scorers were asked once more:
        ``before``, ``after`` and ``change`` to be expected though nothing was done to them;
        ``followups``: line → share of opinions ``logged``, and how they are followed up;
        ``rework``: quarter → ``count`` of tickets that are the same customer's same problem again,
        after one of ``team``, from ``soonest`` to ``latest`` days later; others are chance;
        ``special_causes``: weeks in which a stage of the tickets took longer, by ``factor``;
        ``indicators``: ``standing`` of the teams, the ``missing`` figure, true ``values``;
        ``training``: course → mean gains in marks, and whether it ``works``;
        ``decomposition``: one entry a line and pair of quarters: the ``change`` of the
        population's overall mean, split into ``mix`` and ``rate`` by the groups of ``by``, with
        the ``shares`` and ``means`` of both quarters;
        ``themes``: line → theme → its name, stage, action, dimension, and the share of all valid
        questionnaires that voice it, by quarter; ``comments``: the chances behind them;
        ``sizes``: line → quarter → population, invited, valid questionnaires and file rows
        (without header, blank and total rows) by channel;
        ``faults``, ``personal_data``: line → quarter → kind → count, counted over the platform's
        export by text and the hand-keyed file together. ``straight_liners`` are second answers of
        customers who answered soundly before, beyond ``duplicate_customers``; the rows of
        ``burst`` are as hurried as ``speeders`` and beyond them. ``name`` is the customer's own
        contact, ``staff_name`` a member of the roster;
        ``interviews``: line → quarter → one entry an interview: the customer, satisfaction level,
        the ``themes`` it voices, the topics ``unasked`` and those answered with next to nothing
        (``short``), why it is ``refused`` (or None);
        ``stages``: ticket stage → median minutes, the dimension it goes with, the correlation.

    Examples
    --------
    >>> planted = truth()
    >>> planted["drivers"]["hotline"]["weights"]["connection"]
    0.35
    >>> planted["faults"]["hotline"]["2026Q3"]["speeders"]
    12
    >>> whole, seen = (planted[k]["hotline"]["2026Q3"] for k in ("weighted", "unweighted"))
    >>> seen["satisfied"]["overall"] - whole["satisfied"]["overall"] > 0.03
    True
    """
    result: dict[str, Any] = {
        "company": COMPANY,
        "seed": seed,
        "quarters": list(QUARTERS),
        "lines": list(LINES),
        "comments": {"mention_by_score": dict(MENTION), "otherwise": dict(OTHERWISE)},
        "stages": {
            stage: {"median_minutes": minutes, "dimension": item or None, "correlation": r}
            for stage, (minutes, item, r) in STAGES.items()
        },
    }
    told = {name: {q: expected(name, q, seed) for q in QUARTERS} for name in LINES}
    parts = {
        name: {quarter: _quarter(name, quarter, e, seed) for quarter, e in by_quarter.items()}
        for name, by_quarter in told.items()
    }
    for key in _BY_QUARTER:
        result[key] = {
            name: {quarter: part[key] for quarter, part in by_quarter.items() if key in part}
            for name, by_quarter in parts.items()
        }
    for name, line in LINES.items():
        for key, value in _line(name, line, parts[name]).items():
            result.setdefault(key, {})[name] = value
    result["interviews"] = {
        name: {q: [_interview(plan) for plan in plans(name, q, seed)] for q in QUARTERS}
        for name in INTERVIEWED
    }
    result["measures"] = {name: loop.measures(name, told[name], seed) for name in LINES}
    result |= loop.company_wide()
    result["changes"] = [change for name in LINES for change in _changes(name, seed)]
    result["decomposition"] = [d for name in LINES for d in decomposition(name, told[name])]
    return result


def _interview(plan: Plan) -> dict[str, Any]:
    """Tell what one interview voices; what somebody who refused said is nobody's to find."""
    return {
        "interview_id": plan.interview_id,
        "customer_id": plan.customer_id,
        "level": plan.level,
        "group": plan.group,
        "format": plan.format,
        "refused": plan.refused,
        "themes": [] if plan.refused else list(plan.themes),
        "unasked": list(plan.unasked),
        "short": list(plan.short),
    }


def _line(name: str, line: Line, by_quarter: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Tell what holds of a line in all of its quarters."""
    ready = line.readiness.get("unit", {})
    return {
        "drivers": _drivers(line, by_quarter),
        "themes": _themes(name, by_quarter),
        "staff": staff(line),
        "readiness": {by: dict(factors) for by, factors in line.readiness.items()},
        "panel": line.person,
        "units": {
            "shifts": dict(line.units),
            "spread": line.unit_spread,
            "complete": [unit for unit, factor in ready.items() if factor >= _CERTAIN],
        },
        "expectations": {
            item: {
                **asdict(expectation),
                "mean_gap": {
                    quarter: part["means"][item] - part["means"][expectation.of]
                    for quarter, part in by_quarter.items()
                    if item in part["means"]
                },
            }
            for item, expectation in line.expectations.items()
        },
    }


def _drivers(line: Line, by_quarter: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    noise = noise_variance(line)
    return {
        "weights": {item: d.weight for item, d in line.dimensions.items()},
        "noise_variance": noise,
        "common": line.common,
        "r2": 1 - noise,
        "observed": {quarter: part["importances"] for quarter, part in by_quarter.items()},
    }


def _quarter(name: str, quarter: str, told: Expected, seed: int) -> dict[str, Any]:
    line, groups = LINES[name], GROUPS[name]
    counts = asdict(line.faults[quarter])
    found = {kind: counts.pop(kind) for kind in _PERSONAL}
    return {
        **figures(told.odds),
        **answering(told, groups),
        "by_group": group_means(told.persons, told.odds, groups),
        "sizes": _sizes(line, quarter, len(told.persons)),
        "fieldwork": outcome_counts(name, quarter),
        "themes": _theme_shares(name, told),
        "importances": importances(name, quarter, told, seed),
        "personal_data": {**found, **asdict(line.named[quarter])},
        "faults": {**counts, **asdict(line.suspects[quarter])},
    }


def _sizes(line: Line, quarter: str, population_size: int) -> dict[str, int]:
    faults = line.faults[quarter]
    again, copies = in_keyed(faults.duplicate_customers), in_keyed(faults.duplicate_rows)
    surplus = faults.duplicate_customers - again + faults.duplicate_rows - copies
    odd = line.set_aside(quarter) + line.suspects[quarter].straight_liners
    return {
        "population": population_size,
        "invited_online": line.invited_online,
        "invited_keyed": line.invited_keyed,
        "valid_online": line.online,
        "valid_keyed": line.keyed,
        "rows_online": line.online + surplus + odd,
        "rows_keyed": line.keyed + again + copies,
    }


def _theme_shares(name: str, told: Expected) -> dict[str, float]:
    """Give the share of valid questionnaires that voice each theme."""
    mention = np.array([MENTION[score] for score in sorted(MENTION)])
    judged = {
        q.id: (1 - NOT_APPLICABLE_SHARE if q.not_applicable else 1.0)
        * (1 - PROBLEM_TYPES.get(q.skipped_for, 0.0))
        for q in FORMS[name].questions
    }
    return {
        theme.id: float(
            theme.share
            * judged[theme.dimension]
            * np.average(told.answered[theme.dimension] @ mention, weights=told.answers)
        )
        for theme in LINE_THEMES[name]
        if theme.dimension in told.answered
    }


def _themes(name: str, by_quarter: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        theme.id: {
            "name": theme.name,
            "stage": theme.stage,
            "action": theme.action,
            "dimension": theme.dimension,
            "share": {
                quarter: part["themes"][theme.id]
                for quarter, part in by_quarter.items()
                if theme.id in part["themes"]
            },
        }
        for theme in LINE_THEMES[name]
    }


def _changes(name: str, seed: int) -> list[dict[str, Any]]:
    """Set each planted shift beside the same people without it."""
    changes = []
    for shock in LINES[name].shocks:
        persons = population(name, shock.quarter, seed)[2]
        hit = [p for p in persons if getattr(p, shock.group_by) == shock.group]
        before = QUARTERS[QUARTERS.index(shock.quarter) - 1]
        means = {q: latent_means(name, q, hit, seed=seed) for q in (before, shock.quarter)}
        change = {
            item: float(
                scores_of(item, chances(item, means[shock.quarter][item])).mean()
                - scores_of(item, chances(item, means[before][item])).mean()
            )
            for item in items(name, before)
        }
        changes.append({"line": name, **asdict(shock), "since": before, "change": change})
    return changes
