"""Tells what is planted to close the loop: measures, follow-up, rework, indicators, training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from scipy.stats import multivariate_normal, norm

from csatlib.demo import indicators, tickets, training
from csatlib.demo.answers import Person, chances, cuts, latent_means
from csatlib.demo.contact import late_chances
from csatlib.demo.design import LINES, QUARTERS
from csatlib.demo.expected import Expected, scores_of
from csatlib.demo.following import told as told_followups
from csatlib.demo.measures import AGAIN, CUTOFF, reached
from csatlib.demo.undertaking import Undertaking
from csatlib.demo.undertakings import UNDERTAKINGS
from csatlib.demo.wave import population

__all__ = ["asked_again_change", "company_wide", "measures"]


def measures(name: str, told: Mapping[str, Expected], seed: int) -> dict[str, Any]:
    """Tell of each measure of a line what is to be found, and what it truly did."""
    return {
        undertaking.action_id: {
            "quarter": undertaking.quarter,
            "item": undertaking.item,
            "metric": undertaking.metric,
            "scope": undertaking.scope,
            "status": undertaking.status,
            "goal": undertaking.goal,
            "verdict": undertaking.verdict,
            "plain": _plain(undertaking, told),
            "effect": _effect(name, undertaking, seed),
            "asked_again": (
                asked_again_change(name, undertaking, told[undertaking.quarter], seed)
                if undertaking.action_id == AGAIN
                else None
            ),
        }
        for undertaking in UNDERTAKINGS[name]
    }


def _plain(measure: Undertaking, told: Mapping[str, Expected]) -> dict[str, dict[str, float]]:
    """Give the change to be expected since the trigger quarter, of those reached and of others."""
    found = {}
    for quarter in QUARTERS[QUARTERS.index(measure.quarter) + 1 :]:
        change = {}
        for group, inside in (("reached", True), ("others", False)):
            levels = [_level(measure, told[q], inside=inside) for q in (measure.quarter, quarter)]
            if None not in levels:
                change[group] = float(levels[1] - levels[0])
        if len(change) == 2:
            change["difference"] = change["reached"] - change["others"]
        found[quarter] = change
    return found


def _level(measure: Undertaking, told: Expected, *, inside: bool) -> Any:
    hit = np.array([reached(person, measure.scope) == inside for person in told.persons])
    if not hit.any() or measure.item not in told.answered:
        return None
    chance = told.answered[measure.item]
    share = measure.metric == "share"
    values = chance[:, 3:].sum(axis=1) if share else scores_of(measure.item, chance)
    return np.average(values[hit], weights=told.answers[hit])


def _effect(name: str, measure: Undertaking, seed: int) -> dict[str, float]:
    """Give what a measure adds by quarter: the means with it less those without it.

    Only a planted shift bears a measure's number; every other one adds nothing.
    """
    later = QUARTERS[QUARTERS.index(measure.quarter) + 1 :]
    found = dict.fromkeys(later, 0.0)
    for shock in LINES[name].shocks:
        if shock.action_id != measure.action_id:
            continue
        people = [p for p in population(name, shock.quarter, seed)[2] if reached(p, measure.scope)]
        late = late_chances(LINES[name], people)
        found[shock.quarter] = _moved(name, shock.quarter, measure.item, people, late, seed)
    return found


def _moved(
    name: str, quarter: str, item: str, people: list[Person], late: np.ndarray, seed: int
) -> float:
    levels = []
    for taken in (True, False):
        score = np.zeros(len(people))
        for asked_late, weight in ((False, 1 - late), (True, late)):
            told = [replace(p, late=asked_late) for p in people]
            means = latent_means(name, quarter, told, seed=seed, measures=taken)[item]
            score = score + weight * scores_of(item, chances(item, means))
        levels.append(float(score.mean()))
    return levels[0] - levels[1]


def asked_again_change(
    name: str, measure: Undertaking, told: Expected, seed: int
) -> dict[str, float]:
    """Give the change to be expected of low scorers asked once more, when nothing is done.

    Both latent scores of a person have the same mean and the correlation ``line.person``; with
    the bivariate normal distribution function the later score of those at or below the cutoff
    follows (regression to the mean).
    """
    line, item = LINES[name], measure.item
    means = latent_means(name, measure.quarter, told.persons, seed=seed)[item]
    kinds, place = np.unique(np.round(means, 9), return_inverse=True)
    weight = np.bincount(place.ravel(), weights=told.by_channel["online"])
    limits = np.array(cuts(item))
    joint = multivariate_normal([0, 0], [[1, line.person], [line.person, 1]])
    low, first, later = (np.zeros(len(kinds)) for _ in range(3))
    for i, mean in enumerate(kinds):
        below = norm.cdf(limits - mean)
        low[i] = below[CUTOFF - 1]
        # Sums over the scores from the chances to lie above each cut.
        first[i] = CUTOFF * low[i] - below[: CUTOFF - 1].sum()
        both = [joint.cdf([limits[CUTOFF - 1] - mean, limit - mean]) for limit in limits]
        later[i] = (len(limits) + 1) * low[i] - np.sum(both)
    share = weight @ low
    before, after = weight @ first / share, weight @ later / share
    return {
        "before": float(before),
        "after": float(after),
        "change": float(after - before),
        "share_low": float(share / weight.sum()),
        "same_person": line.person,
    }


def company_wide() -> dict[str, Any]:
    """Tell what is planted beside the answers: follow-up, tickets, indicators, training."""
    return {
        "followups": told_followups(),
        "rework": {q: asdict(planted) for q, planted in tickets.REOPENED.items()},
        "special_causes": [
            asdict(special) | {"first": special.first.isoformat(), "last": special.last.isoformat()}
            for special in tickets.SPECIAL
        ],
        "indicators": {
            "standing": dict(indicators.STANDING),
            "missing": list(indicators.MISSING),
            "values": {
                name: {
                    "first": figure.first,
                    "direction": "higher" if figure.spread > 0 else "lower",
                    "noise": figure.noise,
                    "by_team": {
                        team: {q: indicators.expected(name, team, q) for q in QUARTERS}
                        for team in indicators.STANDING
                    },
                }
                for name, figure in indicators.INDICATORS.items()
            },
        },
        "training": {
            name: {
                "theory": course.theory,
                "practice": course.practice,
                "scatter": course.scatter,
                "liked": course.liked,
                "works": course.works,
                "seats": {quarter: seats for quarter, (_, seats) in course.held.items()},
            }
            for name, course in training.COURSES.items()
        },
    }
