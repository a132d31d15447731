"""How people are reached: who answers, who rings them up, whose turn comes late, how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from csatlib.demo.answers import Person
from csatlib.demo.company import shuffled
from csatlib.demo.design import ONLINE_OUTCOMES, Line
from csatlib.demo.names import INTERVIEWERS

__all__ = [
    "answering_first",
    "call_shares",
    "callers",
    "chances_to_answer",
    "late_chances",
    "outcomes",
    "reached",
    "readiness",
]


def readiness(line: Line, persons: Sequence[Person]) -> np.ndarray:
    """Give how readily each person answers, beside one of a group that is not named."""
    factor = np.ones(len(persons))
    for by, factors in line.readiness.items():
        factor *= np.array([factors.get(getattr(p, by), 1.0) for p in persons])
    return factor


def answering_first(
    line: Line, persons: Sequence[Person], order: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Reorder those invited by a channel so that the ones who answer come first.

    The waiting time of everybody is exponential with the rate of their readiness; as many as the
    line wants are heard of, and the others stay silent. Where all are alike nothing is moved.
    """
    if not line.readiness:
        return order
    waiting = rng.standard_exponential(len(order)) / readiness(line, persons)[order]
    online, end = line.invited_online, line.invited_online + line.invited_keyed
    parts = [np.arange(online), np.arange(online, end)]
    ranked = [order[part[np.argsort(waiting[part], kind="stable")]] for part in parts]
    return np.concatenate([*ranked, order[end:]])


def chances_to_answer(
    line: Line, persons: Sequence[Person], *, valid: int, invited: int
) -> np.ndarray:
    """Give each person's chance of a valid answer once invited by a channel.

    Of ``invited`` people drawn at random from all, ``valid`` answer. The first of independent
    exponential times with rates w are heard of: with the time at which the last one answers
    taken as fixed, the chance is 1 − exp(−w·t), with t such that the expected number is met
    (Rosén 1972, successive sampling).
    """
    rates, share = readiness(line, persons), valid / invited
    time = brentq(lambda t: float(-np.expm1(-rates * t).mean()) - share, 0.0, 1e3)
    return -np.expm1(-rates * time)


def call_shares(line: Line, person: Person) -> dict[str, float]:
    """Give the chance of each interviewer to be the one who asks a person by hand."""
    evenly = dict.fromkeys(INTERVIEWERS, 1 / len(INTERVIEWERS))
    return dict(line.calls.get(person.customer_type, evenly))


def late_chances(line: Line, persons: Sequence[Person]) -> np.ndarray:
    """Give the chance of each person's ticket to be asked about too late."""
    return np.array([line.late.get(p.team, 0.0) for p in persons])


def reached(
    line: Line,
    persons: Sequence[Person],
    by_hand: Sequence[int],
    callers: Sequence[str],
    rng: np.random.Generator,
) -> tuple[Person, ...]:
    """Tell the answer model who was asked by whom, and whose ticket was asked about late.

    ``by_hand`` are the positions of those invited by hand; ``callers`` names who would ask each
    person so.
    """
    late = rng.random(len(persons)) < late_chances(line, persons)
    asked = dict.fromkeys(by_hand)
    return tuple(
        replace(p, interviewer=callers[i] if i in asked else "", late=bool(late[i]))
        for i, p in enumerate(persons)
    )


def callers(line: Line, persons: Sequence[Person], rng: np.random.Generator) -> list[str]:
    """Draw for everybody who would ask them by hand."""
    found = []
    for person, u in zip(persons, rng.random(len(persons)), strict=True):
        shares = call_shares(line, person)
        place = int(np.searchsorted(np.cumsum(list(shares.values()))[:-1], u))
        found.append(list(shares)[place])
    return found


def outcomes(line: Line, quarter: str, rng: np.random.Generator) -> list[str]:
    """List what is noted of every invitation, by rank; '' of those who hand in anything."""
    answered = line.online + line.set_aside(quarter)
    silent = line.invited_online - answered
    unheard = line.invited_keyed - line.keyed
    return [
        *[""] * answered,
        *shuffled(ONLINE_OUTCOMES, silent, rng),
        *[""] * line.keyed,
        *shuffled(line.outcomes, unheard, rng),
    ]
