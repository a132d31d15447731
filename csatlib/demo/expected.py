"""What answers are to be expected: of the whole population, and of those who answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from csatlib.demo.answers import Person, asked, chances, latent_means
from csatlib.demo.contact import call_shares, chances_to_answer, late_chances
from csatlib.demo.design import LINES, Line
from csatlib.demo.form import FORMS
from csatlib.demo.wave import population

__all__ = ["Expected", "expected", "figures", "group_means", "items", "scores_of"]

Odds = dict[str, np.ndarray]


@dataclass(frozen=True)
class Expected:
    """Each person's chance of every score, and of a valid answer.

    ``odds`` are those of the population, not led on by an interviewer; ``answered`` those of a
    valid answer, over channels and interviewers; ``answers`` is the chance of a valid answer of
    somebody invited as the line invites, ``by_channel`` of somebody invited by that channel.
    """

    persons: tuple[Person, ...]
    odds: Odds
    answered: Odds
    answers: np.ndarray
    by_channel: dict[str, np.ndarray]


def items(name: str, quarter: str) -> list[str]:
    """List the scored questions of a line's quarter, expectations last."""
    asks = {question.id for question in FORMS[name].asked(quarter)}
    told = ("overall", *asked(LINES[name], quarter), "recommend", *LINES[name].expectations)
    return [item for item in told if item in asks]


def expected(name: str, quarter: str, seed: int) -> Expected:
    """Reckon one line's quarter from its parameters alone."""
    line, persons = LINES[name], population(name, quarter, seed)[2]
    odds = _blended(name, quarter, persons, seed)
    sizes = {
        "online": (line.online, line.invited_online),
        "keyed": (line.keyed, line.invited_keyed),
    }
    invited = line.invited_online + line.invited_keyed
    by_channel = {
        channel: chances_to_answer(line, persons, valid=valid, invited=asks)
        for channel, (valid, asks) in sizes.items()
    }
    weight = {c: by_channel[c] * sizes[c][1] / invited for c in sizes}
    by_hand = _by_hand(name, quarter, persons, seed) or odds
    answers = weight["online"] + weight["keyed"]
    online = weight["online"] / answers
    answered = {
        item: online[:, None] * odds[item] + (1 - online)[:, None] * by_hand[item] for item in odds
    }
    return Expected(persons, odds, answered, answers, by_channel)


def _odds(name: str, quarter: str, persons: Sequence[Person], seed: int) -> Odds:
    means = latent_means(name, quarter, persons, seed=seed)
    return {item: chances(item, means[item]) for item in items(name, quarter)}


def _blended(name: str, quarter: str, persons: Sequence[Person], seed: int) -> Odds:
    """Blend the answers of those asked in time with those of the late, by their chances."""
    odds, line = _odds(name, quarter, persons, seed), LINES[name]
    if not line.late:
        return odds
    late = late_chances(line, persons)[:, None]
    slow = _odds(name, quarter, [replace(p, late=True) for p in persons], seed)
    return {item: (1 - late) * odds[item] + late * slow[item] for item in odds}


def _by_hand(name: str, quarter: str, persons: Sequence[Person], seed: int) -> Odds:
    """Blend the answers given to each interviewer, by who asks whom; empty where none leads on."""
    line: Line = LINES[name]
    if "interviewer" not in line.effects:
        return {}
    shares = [call_shares(line, person) for person in persons]
    blend: Odds = {}
    for interviewer in shares[0]:
        asks = np.array([share[interviewer] for share in shares])[:, None]
        told = [replace(person, interviewer=interviewer) for person in persons]
        for item, chance in _odds(name, quarter, told, seed).items():
            blend[item] = blend.get(item, 0.0) + asks * chance
    return blend


def scores_of(item: str, chance: np.ndarray) -> np.ndarray:
    """Give each row's expected score."""
    lowest = 0 if item == "recommend" else 1
    return chance @ np.arange(lowest, lowest + chance.shape[1])


def figures(odds: Mapping[str, np.ndarray], weight: np.ndarray | None = None) -> dict[str, Any]:
    """Average means, satisfied shares and the net promoter score over people, weighted or not."""
    average = {item: np.average(chance, axis=0, weights=weight) for item, chance in odds.items()}
    found: dict[str, Any] = {
        "means": {item: float(scores_of(item, chance[None])[0]) for item, chance in average.items()}
    }
    found["satisfied"] = {
        item: float(chance[3:].sum()) for item, chance in average.items() if item != "recommend"
    }
    if "recommend" in average:
        chance = average["recommend"]
        found["nps"] = float(100 * (chance[9:].sum() - chance[:7].sum()))
    return found


def group_means(
    persons: Sequence[Person],
    odds: Mapping[str, np.ndarray],
    groups: Sequence[str],
    weight: np.ndarray | None = None,
) -> dict[str, dict[str, dict[str, float]]]:
    """Give each item's mean by group column and group, over people, weighted or not."""
    scores = {item: scores_of(item, chance) for item, chance in odds.items()}
    weight = np.ones(len(persons)) if weight is None else weight
    found: dict[str, dict[str, dict[str, float]]] = {}
    for by in groups:
        of = np.array([getattr(person, by) for person in persons])
        found[by] = {
            str(group): {
                item: float(np.average(values[of == group], weights=weight[of == group]))
                for item, values in scores.items()
            }
            for group in sorted(set(of.tolist()))
        }
    return found
