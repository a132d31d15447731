"""Tells what is planted about reaching people: who answers, what is noted, who asks, how late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from csatlib.demo.company import filled
from csatlib.demo.design import LINES, ONLINE_OUTCOMES, QUARTERS, Line
from csatlib.demo.expected import Expected, figures, group_means, scores_of

__all__ = ["answering", "decomposition", "outcome_counts", "staff"]

#: Weights repair what goes with these.
_FRAME = ("region", "customer_type", "tier")
#: What the mix is of, where it shifts.
_MIX = {"ops_event": "problem_type"}


def answering(told: Expected, groups: Sequence[str]) -> dict[str, Any]:
    """Set the figures of those who answer beside the same weighted to the whole list."""
    cells = [tuple(getattr(person, by) for by in _FRAME) for person in told.persons]
    everyone, heard = Counter(cells), Counter()
    for cell, chance in zip(cells, told.answers.tolist(), strict=True):
        heard[cell] += chance
    weight = np.array([everyone[cell] / heard[cell] for cell in cells])
    return {
        kind: {
            **figures(told.answered, counted),
            "by_group": group_means(told.persons, told.answered, groups, counted),
        }
        for kind, counted in (
            ("unweighted", told.answers),
            ("weighted", told.answers * weight),
        )
    } | {
        "response": {
            "overall": float(told.answers.mean()),
            "by_channel": {c: float(v.mean()) for c, v in told.by_channel.items()},
            "by_group": {by: _averages(told, by, told.answers) for by in _FRAME},
        },
    }


def _averages(told: Expected, by: str, values: np.ndarray) -> dict[str, float]:
    groups = np.array([getattr(person, by) for person in told.persons])
    found = sorted(set(groups.tolist()))
    return {str(group): float(values[groups == group].mean()) for group in found}


def outcome_counts(name: str, quarter: str) -> dict[str, Any]:
    """Count how the invitations of a line's quarter end, by channel; exact, not expected."""
    line = LINES[name]
    aside = line.set_aside(quarter)
    silent = {
        "online": (ONLINE_OUTCOMES, line.invited_online - line.online - aside),
        "keyed": (line.outcomes, line.invited_keyed - line.keyed),
    }
    noted = {c: Counter(filled(shares, total)) for c, (shares, total) in silent.items()}
    return {
        "invited": {"online": line.invited_online, "keyed": line.invited_keyed},
        "complete": {"online": line.online, "keyed": line.keyed},
        "set_aside": {"online": aside, "keyed": 0},
        "silent": {c: counts.pop("", 0) for c, counts in noted.items()},
        "noted": {c: dict(counts) for c, counts in noted.items()},
    }


def staff(line: Line) -> dict[str, Any]:
    """Tell the shifts of teams and interviewers, and how often and how much lateness bites."""
    return {
        "teams": dict(line.effects.get("team", {})),
        "interviewers": {who: v for who, v in line.effects.get("interviewer", {}).items() if who},
        "late": dict(line.late),
        "late_shifts": dict(line.late_shifts),
    }


def decomposition(
    name: str, by_quarter: Mapping[str, Expected], item: str = "overall"
) -> list[dict[str, Any]]:
    """Split each change of the population's mean into mix and rate, with averaged weights.

    Mix is the sum of Δshare × mean of both means, rate that of Δmean × mean of both shares
    (Kitagawa 1955); together they are the change.
    """
    found = []
    for before, after in pairwise(QUARTERS):
        by = _MIX.get(name, "customer_type")
        means, shares = {}, {}
        for quarter in (before, after):
            told = by_quarter[quarter]
            means[quarter] = _averages(told, by, scores_of(item, told.odds[item]))
            counts = Counter(getattr(person, by) for person in told.persons)
            shares[quarter] = {g: counts[g] / counts.total() for g in means[quarter]}
        groups = sorted(means[before])
        moved = {g: shares[after][g] - shares[before][g] for g in groups}
        risen = {g: means[after][g] - means[before][g] for g in groups}
        mix = sum(moved[g] * (means[after][g] + means[before][g]) / 2 for g in groups)
        rate = sum(risen[g] * (shares[after][g] + shares[before][g]) / 2 for g in groups)
        found.append(
            {
                "line": name,
                "item": item,
                "since": before,
                "quarter": after,
                "by": by,
                "shares": shares,
                "means": means,
                "change": mix + rate,
                "mix": mix,
                "rate": rate,
            }
        )
    return found
