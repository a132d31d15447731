"""Tells what is planted, from the parameters that plant it and never from the drawn answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from csatlib.demo.answers import Person, asked, chances, latent_means, noise_variance
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
from csatlib.demo.faults import in_keyed
from csatlib.demo.form import FORMS
from csatlib.demo.wave import population

__all__ = ["truth"]

#: By what each line's truths are broken down.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "hotline": ("region", "customer_type", "tier"),
    "ops_event": ("region", "customer_type", "problem_level"),
    "ops_company": ("region", "tier", "unit"),
}
_PERSONAL = ("mobile", "email", "id_card")


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
        ``by_group``: line → quarter → group column → group → item → mean;
        ``drivers``: line → ``weights`` of the latent dimension scores in the latent overall
        score, ``noise_variance``, ``common`` (correlation of any two dimensions), ``r2``;
        ``changes``: one entry a planted shift, with the change of each item's mean in the group;
        ``themes``: line → theme → its name, stage, action, dimension, and the share of all valid
        questionnaires that voice it, by quarter; ``comments``: the chances behind them;
        ``sizes``: line → quarter → population, invited, valid questionnaires and file rows
        (without header, blank and total rows) by channel;
        ``faults``, ``personal_data``: line → quarter → kind → count, counted over the platform's
        export by text and the hand-keyed file together. ``straight_liners`` are second answers of
        customers who answered soundly before, beyond ``duplicate_customers``; the rows of
        ``burst`` are as hurried as ``speeders`` and beyond them. ``name`` is the customer's own
        contact, ``staff_name`` a member of the roster;
        ``stages``: ticket stage → median minutes, the dimension it goes with, the correlation.

    Examples
    --------
    >>> planted = truth()
    >>> planted["drivers"]["hotline"]["weights"]["connection"]
    0.35
    >>> planted["faults"]["hotline"]["2026Q3"]["speeders"]
    12
    """
    result: dict[str, Any] = {
        "company": COMPANY,
        "seed": seed,
        "quarters": list(QUARTERS),
        "lines": list(LINES),
        "drivers": {name: _drivers(line) for name, line in LINES.items()},
        "comments": {"mention_by_score": dict(MENTION), "otherwise": dict(OTHERWISE)},
        "stages": {
            stage: {"median_minutes": minutes, "dimension": item or None, "correlation": r}
            for stage, (minutes, item, r) in STAGES.items()
        },
    }
    parts = {
        name: {quarter: _quarter(name, quarter, seed) for quarter in QUARTERS} for name in LINES
    }
    for key in ("means", "satisfied", "nps", "by_group", "sizes", "faults", "personal_data"):
        result[key] = {
            name: {quarter: part[key] for quarter, part in by_quarter.items() if key in part}
            for name, by_quarter in parts.items()
        }
    result["themes"] = {name: _themes(name, parts[name]) for name in LINES}
    result["changes"] = [change for name in LINES for change in _changes(name, seed)]
    return result


def _drivers(line: Line) -> dict[str, Any]:
    noise = noise_variance(line)
    return {
        "weights": {item: d.weight for item, d in line.dimensions.items()},
        "noise_variance": noise,
        "common": line.common,
        "r2": 1 - noise,
    }


def _items(name: str, quarter: str) -> list[str]:
    asks = {question.id for question in FORMS[name].questions}
    return [i for i in ("overall", *asked(LINES[name], quarter), "recommend") if i in asks]


def _quarter(name: str, quarter: str, seed: int) -> dict[str, Any]:
    persons = population(name, quarter, seed)[2]
    means = latent_means(name, quarter, persons, seed=seed)
    odds = {item: chances(item, means[item]) for item in _items(name, quarter)}
    expected = {item: _expected(item, chance) for item, chance in odds.items()}
    part: dict[str, Any] = {
        "means": {item: float(values.mean()) for item, values in expected.items()},
        "satisfied": {
            item: float(chance[:, 3:].sum(axis=1).mean())
            for item, chance in odds.items()
            if item != "recommend"
        },
        "by_group": {by: _by_group(by, persons, expected) for by in GROUPS[name]},
        "sizes": _sizes(LINES[name], quarter, len(persons)),
        "themes": _theme_shares(name, odds),
    }
    if "recommend" in odds:
        chance = odds["recommend"].mean(axis=0)
        part["nps"] = float(100 * (chance[9:].sum() - chance[:7].sum()))
    line = LINES[name]
    counts = asdict(line.faults[quarter])
    found = {kind: counts.pop(kind) for kind in _PERSONAL}
    part["personal_data"] = {**found, **asdict(line.named[quarter])}
    part["faults"] = {**counts, **asdict(line.suspects[quarter])}
    return part


def _expected(item: str, chance: np.ndarray) -> np.ndarray:
    lowest = 0 if item == "recommend" else 1
    return chance @ np.arange(lowest, lowest + chance.shape[1])


def _by_group(
    by: str, persons: Sequence[Person], expected: Mapping[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    groups = np.array([getattr(person, by) for person in persons])
    return {
        str(group): {item: float(v[groups == group].mean()) for item, v in expected.items()}
        for group in sorted(set(groups.tolist()))
    }


def _sizes(line: Line, quarter: str, population_size: int) -> dict[str, int]:
    faults = line.faults[quarter]
    again, copies = in_keyed(faults.duplicate_customers), in_keyed(faults.duplicate_rows)
    surplus = faults.duplicate_customers - again + faults.duplicate_rows - copies
    odd = faults.speeders + faults.mostly_empty + sum(asdict(line.suspects[quarter]).values())
    return {
        "population": population_size,
        "invited_online": line.invited_online,
        "invited_keyed": line.invited_keyed,
        "valid_online": line.online,
        "valid_keyed": line.keyed,
        "rows_online": line.online + surplus + odd,
        "rows_keyed": line.keyed + again + copies,
    }


def _theme_shares(name: str, odds: Mapping[str, np.ndarray]) -> dict[str, float]:
    mention = np.array([MENTION[score] for score in sorted(MENTION)])
    judged = {
        q.id: (1 - NOT_APPLICABLE_SHARE if q.not_applicable else 1.0)
        * (1 - PROBLEM_TYPES.get(q.skipped_for, 0.0))
        for q in FORMS[name].questions
    }
    return {
        theme.id: float(
            theme.share * judged[theme.dimension] * (odds[theme.dimension] @ mention).mean()
        )
        for theme in LINE_THEMES[name]
        if theme.dimension in odds
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
                _expected(item, chances(item, means[shock.quarter][item])).mean()
                - _expected(item, chances(item, means[before][item])).mean()
            )
            for item in _items(name, before)
        }
        changes.append({"line": name, **asdict(shock), "since": before, "change": change})
    return changes
