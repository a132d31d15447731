"""The registers of measures as tables: measures, their progress by week, who was asked again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.demo.answers import Person
from csatlib.demo.company import streams
from csatlib.demo.design import LINES
from csatlib.demo.undertaking import Undertaking
from csatlib.demo.undertakings import UNDERTAKINGS
from csatlib.demo.wave import Wave, ask_again, wave

__all__ = ["AGAIN", "CUTOFF", "asked_again", "measures", "proofs", "reached", "rechecks", "steps"]

#: The measure whose customers were asked again: those who gave at most so many points.
AGAIN, CUTOFF = "RX-2026Q2-02", 3
#: So many were asked again at the most, on the working days of two weeks from the first.
_MOST, _FIRST = 72, date(2026, 7, 13)
_PICKED = 17
#: How far a measure was when it was left, where no step of it tells.
_LEFT = 0.3
_UNITS = {"mean": "分", "share": "比例"}
_SAID = {1: "仍然不满意，没有看到改变", 2: "比上次好一点，还要看以后", 3: "一般，希望能坚持"}


def measures(line: str, *, seed: int = 0) -> pd.DataFrame:
    """Give a line's measures; baselines are what the answers of the trigger quarter show.

    Parameters
    ----------
    line : str
        A line of the fictional company.
    seed : int
        The seed given to `write`.

    Returns
    -------
    DataFrame
        Table ``actions``.

    Examples
    --------
    >>> measures("ops_event").set_index("action_id").loc["SJ-2026Q2-01", "scope"]
    'team=网络组'
    """
    rows = [_row(line, undertaking, seed) for undertaking in UNDERTAKINGS[line]]
    return _tabled(rows, "actions")


def _row(line: str, told: Undertaking, seed: int) -> dict[str, Any]:
    evidence = ["estimates", told.quarter, told.metric, told.item, *filter(None, [told.scope])]
    baseline = round(_baseline(line, told, seed), 2)
    kept = {
        name: value
        for name, value in asdict(told).items()
        if name in schema.TABLES["actions"].columns and value != ""
    }
    return kept | {
        "line": line,
        "evidence": ":".join(evidence),
        "helpers": "、".join(told.helpers) or None,
        "unit": _UNITS[told.metric],
        "baseline": baseline,
        "target": round(baseline + told.goal, 2),
        "proof": "、".join(told.proofs or ()) or None,
    }


def _baseline(line: str, told: Undertaking, seed: int) -> float:
    """Average the item over those reached, weighted to the list's region, type and tier."""
    source = wave(line, told.quarter, seed)
    if told.action_id == AGAIN:
        picked, _ = asked_again(seed)
        return float(source.scores[told.item][picked].mean())
    everyone = _cells(source.persons)
    valid = _valid(source)
    population = pd.Series(everyone).value_counts()
    cells = pd.Series([everyone[i] for i in valid])
    weight = (cells.map(population) / cells.map(cells.value_counts())).to_numpy(dtype=float)
    hit = np.array([reached(source.persons[i], told.scope) for i in valid])
    scores = source.scores[told.item][valid].astype(float)
    values = scores >= 4 if told.metric == "share" else scores
    return float(np.average(values[hit], weights=weight[hit]))


def _cells(persons: tuple[Person, ...]) -> list[str]:
    return [f"{p.region}/{p.customer_type}/{p.tier}" for p in persons]


def _valid(source: Wave) -> np.ndarray:
    line = source.line
    by_hand = source.order[line.invited_online : line.invited_online + line.keyed]
    return np.concatenate([source.order[: line.online], by_hand])


def reached(person: Person, scope: str) -> bool:
    """Say whether a measure of that scope reaches a person; one without a scope reaches all."""
    name, _, values = scope.partition("=")
    return not scope or getattr(person, name) in values.split("|")


def steps(line: str) -> pd.DataFrame:
    """Give what a line's owners told of their measures, week by week.

    Parameters
    ----------
    line : str
        A line of the fictional company.

    Returns
    -------
    DataFrame
        Table ``action_steps``: milestones, trials, negotiations, and a report every Friday until
        the measure is done or its owner falls silent.

    Examples
    --------
    >>> steps("hotline").groupby("kind").size()["negotiation"]
    np.int64(2)
    """
    rows = [row for undertaking in UNDERTAKINGS[line] for row in _steps(undertaking)]
    return _tabled(rows, "action_steps")


def _steps(told: Undertaking) -> Iterator[dict[str, Any]]:
    rows = [asdict(step) | {"proof": step.proof or None} for step in told.steps]
    rows += _weekly(told)
    rows.sort(key=lambda row: (row["happened_on"] or row["planned_on"], row["kind"]))
    for row in rows:
        yield row | {"action_id": told.action_id, "reported_by": told.owner}


def _weekly(told: Undertaking) -> Iterator[dict[str, Any]]:
    """Report on the Fridays; how far it is lies on the line between what the steps tell."""
    last = told.done_on or told.reports
    if last is None:
        return
    known = sorted(
        (step.happened_on, step.done_share)
        for step in told.steps
        if step.happened_on and step.done_share is not None
    )
    known = known or [(last, _LEFT)]
    days = [told.started_on.toordinal(), *(day.toordinal() for day, _ in known)]
    shares = [0.05, *(share for _, share in known)]
    friday = told.started_on + timedelta(days=(4 - told.started_on.weekday()) % 7)
    while friday <= last:
        share = round(float(np.interp(friday.toordinal(), days, shares)), 2)
        yield {
            "kind": "progress",
            "planned_on": None,
            "happened_on": friday,
            "done_share": share,
            "text": f"本周进展：累计完成 {share:.0%}",
            "proof": None,
        }
        friday += timedelta(days=7)


def rechecks(line: str, *, seed: int = 0) -> pd.DataFrame:
    """Give what customers said who were asked again after a measure.

    Parameters
    ----------
    line : str
        A line of the fictional company.
    seed : int
        The seed given to `write`.

    Returns
    -------
    DataFrame
        Table ``rechecks``, with customers as the raw files number them. Their later scores come
        from the model of all answers, without anything done to them.

    Examples
    --------
    >>> len(rechecks("hotline")) > 60, len(rechecks("ops_event"))
    (True, 0)
    """
    measure = {told.action_id: told for told in UNDERTAKINGS[line]}.get(AGAIN)
    if measure is None:
        return schema.empty("rechecks")
    picked, later = asked_again(seed)
    source = wave(line, measure.quarter, seed)
    ranks = {int(person): rank for rank, person in enumerate(source.order.tolist())}
    rows = [
        {
            "action_id": measure.action_id,
            "customer_id": source.invitations[ranks[person]].customer_id,
            "asked_on": _FIRST + timedelta(days=7 * (number % 10 // 5) + number % 5),
            "score": float(score),
            "comment": _SAID.get(int(score)),
            "improving": bool(score > CUTOFF),
        }
        for number, (person, score) in enumerate(zip(picked.tolist(), later.tolist(), strict=True))
    ]
    return _tabled(rows, "rechecks")


def asked_again(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pick those asked again, as positions in the population, and draw their later scores."""
    (name,) = (line for line, told in UNDERTAKINGS.items() if _measure(told))
    (measure,) = _measure(UNDERTAKINGS[name])
    source = wave(name, measure.quarter, seed)
    # Online only: no interviewer stands between the two answers.
    online = source.order[: source.line.online]
    low = online[source.scores[measure.item][online] <= CUTOFF]
    picking, asking = streams(seed, (LINES[name].number, _PICKED), 2)
    picked = picking.permutation(low)[:_MOST]
    return picked, ask_again(source, asking)[measure.item][picked]


def _measure(told: tuple[Undertaking, ...]) -> list[Undertaking]:
    return [undertaking for undertaking in told if undertaking.action_id == AGAIN]


def proofs(line: str) -> dict[str, str]:
    """Give the words of a line's proof files by file name."""
    found: dict[str, str] = {}
    for undertaking in UNDERTAKINGS[line]:
        found |= dict(undertaking.proofs or {})
    return found


def _tabled(rows: list[dict[str, Any]], table: str) -> pd.DataFrame:
    contract = schema.TABLES[table].columns
    columns = {
        name: pd.Series([row.get(name) for row in rows], dtype=column.dtype)
        for name, column in contract.items()
    }
    return schema.check(pd.DataFrame(columns), table)
