"""Plants the faults and the personal data, each in rows of its own, in exact numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

import numpy as np

from csatlib.demo.answers import asked, draw, latent_means
from csatlib.demo.company import customers
from csatlib.demo.design import Faults
from csatlib.demo.form import FORMS
from csatlib.demo.personal import sentence
from csatlib.demo.phrases_common import UNINFORMATIVE
from csatlib.demo.staff import roster
from csatlib.demo.suspects import suspects
from csatlib.demo.wave import BLANK, Response, Wave, last_moment, respond

__all__ = ["OUT_OF_RANGE", "UNREADABLE", "Export", "faulty", "in_keyed"]

OUT_OF_RANGE = (6, 55, 0)
UNREADABLE = ("还行吧", "凑合", "说不好", "看情况", "记不清")
#: Every so many of a fault go into the hand-keyed file, the others into the platform's.
_EVERY = 3


def in_keyed(count: int) -> int:
    """Say how many of ``count`` faults of a kind go into the hand-keyed file."""
    return sum(map(_by_hand, range(count)))


def _by_hand(number: int) -> bool:
    return number % _EVERY == _EVERY - 1


@dataclass
class Export:
    """The rows of one line's quarter: the platform's and the hand-keyed ones."""

    online: list[Response] = field(default_factory=list)
    keyed: list[Response] = field(default_factory=list)


@dataclass
class _Free:
    """Valid rows that carry no fault yet: each is given out once, in random order."""

    online: Iterator[int]
    keyed: Iterator[int]


def faulty(source: Wave) -> Export:
    """Let everybody answer, then plant the quarter's faults and personal data."""
    line, faults = source.line, source.line.faults[source.quarter]
    answering, planting = source.streams(2, 2)
    valid = Export(
        [respond(source, rank, answering) for rank in range(line.online)],
        [respond(source, line.invited_online + rank, answering) for rank in range(line.keyed)],
    )
    free = _Free(
        iter(planting.permutation(line.online).tolist()),
        iter(planting.permutation(line.keyed).tolist()),
    )
    _plant_cells(valid, free, source, faults)
    _plant_personal(valid, free, faults, planting)
    again = _answer_again(valid, free, source, faults.duplicate_customers, planting)
    invited = iter(range(line.online, line.invited_online))
    for _ in range(faults.speeders):
        again.online.append(_speeder(respond(source, next(invited), planting), source, planting))
    for _ in range(faults.mostly_empty):
        again.online.append(_mostly_empty(respond(source, next(invited), planting)))
    copies = _copies(valid, free, faults.duplicate_rows)
    # What follows draws from streams of its own, and last: no earlier row moves by it.
    again.online += suspects(source, valid.online, free.online, invited)
    _plant_named(valid, free, source)
    return Export(
        _in_order(valid.online + again.online) + copies.online,
        _in_order(valid.keyed + again.keyed) + copies.keyed,
    )


def _in_order(rows: list[Response]) -> list[Response]:
    return sorted(rows, key=lambda row: (row.submitted, row.key))


def _plant_cells(valid: Export, free: _Free, source: Wave, faults: Faults) -> None:
    """Put impossible scores and unreadable labels into hand-keyed rows, one a row."""
    items = asked(source.line, source.quarter)
    wrong = [OUT_OF_RANGE[i % len(OUT_OF_RANGE)] for i in range(faults.out_of_range)]
    wrong += [UNREADABLE[i % len(UNREADABLE)] for i in range(faults.unreadable)]
    for number, value in enumerate(wrong):
        i = next(free.keyed)
        valid.keyed[i] = valid.keyed[i].answering(**{items[number % len(items)]: value})


def _plant_personal(valid: Export, free: _Free, faults: Faults, rng: np.random.Generator) -> None:
    """Add a sentence with personal data to a comment, one datum a row."""
    kinds = (("mobile", faults.mobile), ("email", faults.email), ("id_card", faults.id_card))
    for kind, count in kinds:
        for number in range(count):
            by_hand = _by_hand(number)
            rows = valid.keyed if by_hand else valid.online
            i = next(free.keyed if by_hand else free.online)
            rows[i] = _saying(rows[i], sentence(kind, number, rng))


def _plant_named(valid: Export, free: _Free, source: Wave) -> None:
    """Add a name or another datum to comments that say something already, one datum a row.

    Empty comments stay empty, so that the number of comments does not change.
    """
    (rng,) = source.streams(5, 1)
    contacts = {customer.customer_id: customer.contact for customer in customers(source.seed)}
    customer_of = {invited.key: invited.customer_id for invited in source.invitations}
    staff = [member.name for member in roster(source.quarter, source.seed)]
    for kind, count in asdict(source.line.named[source.quarter]).items():
        for number in range(count):
            by_hand = _by_hand(number)
            rows = valid.keyed if by_hand else valid.online
            i = next(i for i in (free.keyed if by_hand else free.online) if _speaks(rows[i]))
            named = {
                "name": contacts[customer_of[rows[i].key]],
                "staff_name": staff[int(rng.integers(len(staff)))],
            }
            words = sentence(kind, number, rng, value=named.get(kind))
            rows[i] = _saying(rows[i], words)


def _speaks(row: Response) -> bool:
    return row.cells["comment"] not in (BLANK, *UNINFORMATIVE)


def _saying(row: Response, words: str) -> Response:
    """Add a sentence to the row's comment, or put it in the place of one that says nothing."""
    comment = str(row.cells["comment"])
    return row.answering(comment=f"{comment.rstrip('。！')}。{words}" if _speaks(row) else words)


def _answer_again(
    valid: Export, free: _Free, source: Wave, count: int, rng: np.random.Generator
) -> Export:
    """Let ``count`` of those who answered online answer anew later, some of them by hand."""
    means = latent_means(source.name, source.quarter, source.persons, seed=source.seed)
    scores, _ = draw(source.name, means, rng)
    more = Export()
    for number in range(count):
        rank = next(free.online)
        person = int(source.order[rank])
        given = {item: int(values[person]) for item, values in scores.items()}
        by_hand = _by_hand(number)
        later = valid.online[rank].submitted + timedelta(hours=9 + int(rng.integers(60)))
        row = respond(source, rank, rng, scores=given, by_hand=by_hand)
        row = replace(row, submitted=min(later, last_moment(source.quarter)))
        (more.keyed if by_hand else more.online).append(row)
    return more


def _speeder(row: Response, source: Wave, rng: np.random.Generator) -> Response:
    """Tick the same score all the way down in a few seconds, saying nothing."""
    score = int(rng.integers(3, 6))
    ratings = FORMS[source.name].ratings(source.quarter)
    same = {item: score for item in ratings if isinstance(row.cells[item], int)}
    return replace(row.answering(**same, comment=BLANK), seconds=int(rng.integers(4, 15)))


def _mostly_empty(row: Response) -> Response:
    """Leave everything open but the first question."""
    others = list(row.cells)[1:]
    return row.answering(**dict.fromkeys(others, BLANK))


def _copies(valid: Export, free: _Free, count: int) -> Export:
    """Repeat ``count`` rows exactly, as when the same rows are pasted in twice."""
    more = Export()
    for number in range(count):
        if _by_hand(number):
            more.keyed.append(valid.keyed[next(free.keyed)])
        else:
            more.online.append(valid.online[next(free.online)])
    return more
