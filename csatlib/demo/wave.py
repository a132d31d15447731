"""One line in one quarter: whom it could ask, whom it invited, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from csatlib.demo import names
from csatlib.demo.answers import Person, asked, deviate, latent_means, scored
from csatlib.demo.comments import complaints, write
from csatlib.demo.company import Customer, customers, streams
from csatlib.demo.contact import answering_first, callers, outcomes, reached
from csatlib.demo.design import (
    BLANK_SHARE,
    CLOSED_DAYS,
    LINES,
    NOT_APPLICABLE_SHARE,
    PROBLEM_TYPES,
    TIERS,
    Line,
)
from csatlib.demo.form import FORMS, NOT_APPLICABLE, Question
from csatlib.demo.tickets import Ticket, tickets
from csatlib.schema import Quarter

__all__ = [
    "BLANK",
    "KEYED",
    "ONLINE",
    "SKIPPED",
    "Invitation",
    "Response",
    "Wave",
    "ask_again",
    "respond",
    "wave",
]

#: Answers that are none: the question was not shown, or shown and left empty.
SKIPPED, BLANK = "(跳过)", "(空)"
ONLINE, KEYED = "online", "keyed"
#: The stream of what a person keeps from quarter to quarter.
_PERSON = 12

Cell = int | str | tuple[str, ...]


@dataclass(frozen=True)
class Response:
    """One row of an export as its respondent left it; ``cells`` are the answers by question.

    A multiple answer is a tuple; the words behind 其他 follow it after a tab.
    """

    key: str
    channel: str
    submitted: datetime
    seconds: int
    origin: str
    address: str
    interviewer: str
    cells: dict[str, Cell]

    def answering(self, **cells: Cell) -> Response:
        """Copy the row with other answers."""
        return replace(self, cells={**self.cells, **cells})


@dataclass(frozen=True)
class Invitation:
    """One person (or ticket) that was asked to take part.

    ``interviewer`` is who asks them, or would, by hand; ``outcome`` what was noted of those who
    do not answer.
    """

    key: str
    customer_id: str
    invited_at: datetime
    channel: str
    interviewer: str
    outcome: str


@dataclass(frozen=True)
class Wave:
    """Everything one line knows of one quarter before any fault is planted.

    ``scores`` and the ``latents`` behind them follow the population's own order (that of
    ``persons`` and ``tickets``); ``order`` lists the positions as they were drawn: those invited
    online first, those invited by hand next, then the rest; within both, those who answer first.
    """

    name: str
    quarter: str
    seed: int
    persons: tuple[Person, ...]
    order: np.ndarray
    scores: dict[str, np.ndarray]
    latents: dict[str, np.ndarray]
    invitations: tuple[Invitation, ...]
    tickets: tuple[Ticket, ...]

    @property
    def line(self) -> Line:
        """The line's parameters."""
        return LINES[self.name]

    def streams(self, purpose: int, count: int) -> list[np.random.Generator]:
        """Give generators for one purpose, apart from those of every other."""
        return wave_streams(self.name, self.quarter, self.seed, purpose, count)


def wave_streams(
    name: str, quarter: str, seed: int, purpose: int, count: int
) -> list[np.random.Generator]:
    """Give generators that depend on seed, line, quarter and purpose alone."""
    q = Quarter.parse(quarter)
    return streams(seed, (LINES[name].number, q.year, q.number, purpose), count)


def population(
    name: str, quarter: str, seed: int = 0
) -> tuple[tuple[str, ...], tuple[Customer, ...], tuple[Person, ...], tuple[Ticket, ...]]:
    """List whom a line speaks of in a quarter: customers, tickets, or the large units' contacts."""
    listed: tuple[Ticket, ...] = ()
    if name == "ops_event":
        listed = tickets(quarter, seed)
        people = tuple(t.customer for t in listed)
        keys = tuple(t.ticket_id for t in listed)
    else:
        tiers = TIERS[1:] if name == "ops_company" else TIERS
        people = tuple(c for c in customers(seed) if c.tier in tiers)
        keys = tuple(c.customer_id for c in people)
    about = [(t.problem_level, t.problem_type, t.team) for t in listed] or [()] * len(people)
    persons = tuple(
        Person(c.region, c.customer_type, c.tier, c.unit, *ticket)
        for c, ticket in zip(people, about, strict=True)
    )
    return keys, people, persons, listed


def wave(name: str, quarter: str, seed: int = 0) -> Wave:
    """Draw one line's quarter: population, scores, the order of invitation, the invitations."""
    keys, people, persons, listed = population(name, quarter, seed)
    chosen, timing = wave_streams(name, quarter, seed, 1, 3)[1:]
    waiting, calling, slow, ending = wave_streams(name, quarter, seed, 6, 4)
    line = LINES[name]
    order = answering_first(line, persons, chosen.permutation(len(keys)), waiting)
    invited = order[: line.invited_online + line.invited_keyed].tolist()
    ringing = callers(line, persons, calling)
    persons = reached(line, persons, invited[line.invited_online :], ringing, slow)
    latents = _latents(name, quarter, len(persons), seed)
    scores = scored(latent_means(name, quarter, persons, seed=seed), latents)
    closed = [(listed[i].closed_at, persons[i].late) for i in invited] if listed else None
    moments = _invited_at(quarter, closed, len(invited), timing)
    ends = outcomes(line, quarter, ending)
    invitations = tuple(
        Invitation(
            key=keys[i],
            customer_id=people[i].customer_id,
            invited_at=moment,
            channel=ONLINE if rank < line.invited_online else KEYED,
            interviewer=ringing[i],
            outcome=end,
        )
        for rank, (i, moment, end) in enumerate(zip(invited, moments, ends, strict=True))
    )
    return Wave(name, quarter, seed, persons, order, scores, latents, invitations, listed)


def _latents(name: str, quarter: str, size: int, seed: int) -> dict[str, np.ndarray]:
    """Draw everybody's latent deviations of a quarter, a part of which the person keeps."""
    drawn = wave_streams(name, quarter, seed, 1, 3)[0]
    return _kept(name, deviate(name, size, drawn), seed)


def _kept(name: str, fresh: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Mix what is fresh with what each person keeps from one time to the next."""
    line = LINES[name]
    if not line.person:
        return fresh
    (lasting,) = streams(seed, (line.number, _PERSON), 1)
    own = deviate(name, len(fresh["overall"]), lasting)
    return {
        item: np.sqrt(line.person) * own[item] + np.sqrt(1 - line.person) * values
        for item, values in fresh.items()
    }


def ask_again(source: Wave, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw everybody's scores once more: the same persons on another day, nothing done to them."""
    latents = _kept(source.name, deviate(source.name, len(source.persons), rng), source.seed)
    told = [replace(person, interviewer="") for person in source.persons]
    return scored(latent_means(source.name, source.quarter, told, seed=source.seed), latents)


def _invited_at(
    quarter: str,
    closed: Sequence[tuple[datetime, bool]] | None,
    total: int,
    rng: np.random.Generator,
) -> list[datetime]:
    """Spread the invitations: within two days of the ticket's end or after, or at any time."""
    q = Quarter.parse(quarter)
    if closed is None:
        days = (q.last_day - q.first_day).days - 9
        seconds = rng.integers(8 * 3600, 21 * 3600, size=total)
        start = datetime.combine(q.first_day, datetime.min.time())
        return [
            start + timedelta(days=int(day), seconds=int(second))
            for day, second in zip(rng.integers(days, size=total), seconds, strict=True)
        ]
    return [
        moment + timedelta(seconds=int(3600 * (49 + 60 * u if late else 0.5 + 40 * u)))
        for (moment, late), u in zip(closed, rng.random(total), strict=True)
    ]


def respond(
    source: Wave,
    rank: int,
    rng: np.random.Generator,
    *,
    scores: dict[str, int] | None = None,
    by_hand: bool = False,
) -> Response:
    """Let the person invited as number ``rank`` answer.

    ``scores`` replaces those drawn for them, ``by_hand`` the channel of their invitation.
    """
    i = int(source.order[rank])
    invitation, line = source.invitations[rank], source.line
    online = invitation.channel == ONLINE and not by_hand
    given = scores or {item: int(values[i]) for item, values in source.scores.items()}
    median, spread = (line.seconds, 0.35) if online else (line.keyed_seconds, 0.5)
    factor = float(np.clip(np.exp(spread * rng.standard_normal()), 0.5, 8))
    delay = min(4.0, 0.05 + 1.1 * float(rng.standard_exponential()))
    origin = ("手机提交", "微信", "链接")[int(np.searchsorted((0.62, 0.87), rng.random()))]
    block, places = names.PLACES[source.persons[i].region]
    place = places[int(rng.integers(len(places)))]
    return Response(
        key=invitation.key,
        channel=ONLINE if online else KEYED,
        submitted=_by_day(invitation.invited_at + timedelta(seconds=int(86400 * delay))),
        seconds=round(median * factor),
        origin=origin,
        address=f"{block}{int(rng.integers(1, 255))}({place})",
        interviewer=invitation.interviewer,
        cells=_cells(source, given, rng),
    )


def _by_day(moment: datetime) -> datetime:
    """Move a moment of the small hours to the morning of the same day."""
    return moment if moment.hour >= 7 else moment + timedelta(hours=8)


def _cells(source: Wave, scores: dict[str, int], rng: np.random.Generator) -> dict[str, Cell]:
    """Answer the quarter's questions from the scores, with the ordinary gaps."""
    questions = FORMS[source.name].asked(source.quarter)
    cells: dict[str, Cell] = {}
    for question in questions:
        if question.kind in ("rating", "nps"):
            cells[question.id] = scores[question.id]
        elif question.kind == "single":
            cells[question.id] = _single(question, scores, rng)
        elif question.kind == "multi":
            cells[question.id] = _multi(question, rng)
    judged = {item: scores[item] for item in asked(source.line, source.quarter)}
    for question in questions:
        u = rng.random()
        if question.skipped_for and cells["problem_type"] == question.skipped_for:
            cells[question.id] = SKIPPED
            judged.pop(question.id)
        elif question.not_applicable and u < NOT_APPLICABLE_SHARE:
            cells[question.id] = NOT_APPLICABLE
            judged.pop(question.id)
    themes = complaints(source.name, judged, rng)
    cells["comment"] = write(source.name, judged, themes, rng) or BLANK
    ratings = [q.id for q in questions if q.kind == "rating" and isinstance(cells[q.id], int)]
    if rng.random() < BLANK_SHARE:
        cells[ratings[int(rng.integers(len(ratings)))]] = BLANK
    return cells


def _single(question: Question, scores: dict[str, int], rng: np.random.Generator) -> str:
    if question.id == "problem_type":
        shares = np.cumsum(list(PROBLEM_TYPES.values()))
        return question.options[int(np.searchsorted(shares[:-1], rng.random()))]
    # Whether a problem was solved at once goes with how well it was solved.
    yes = (0.10, 0.25, 0.55, 0.85, 0.95)[scores["resolution"] - 1]
    return question.options[int(np.searchsorted((yes, yes + 0.85 * (1 - yes)), rng.random()))]


_OTHERS = ("邮件", "上门拜访", "朋友转告", "服务群", "培训", "文档")


def _multi(question: Question, rng: np.random.Generator) -> tuple[str, ...]:
    """Tick one to three options; whoever ticks the last, 其他, also writes a word."""
    shares = np.array([0.72, 0.4, 0.3, 0.2, 0.25, 0.06])[: len(question.options)]
    if question.other:
        shares[-1] = 0.06
    ticked = [
        option
        for option, u, share in zip(question.options, rng.random(len(shares)), shares, strict=True)
        if u < share
    ] or [question.options[0]]
    if question.other and ticked[-1] == question.options[-1]:
        ticked[-1] += "\t" + _OTHERS[int(rng.integers(len(_OTHERS)))]
    return tuple(ticked)


def last_moment(quarter: str) -> datetime:
    """Give the end of the quarter's last survey day, after which answers come too late."""
    day: date = Quarter.parse(quarter).last_day - timedelta(days=CLOSED_DAYS)
    return datetime(day.year, day.month, day.day, 21)
