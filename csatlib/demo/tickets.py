"""Tickets of the operations line: who raised them, how grave, how long each stage took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from csatlib.demo.company import Customer, customers, shuffled, streams
from csatlib.demo.design import EVENT_TYPES, EVENT_TYPES_IN, LEVELS, LINES, STAGES, TICKETS
from csatlib.schema import Quarter

__all__ = ["REOPENED", "SPECIAL", "TEAMS", "Ticket", "table", "tickets"]

_KEY, _AGAIN = 9, 14
TEAMS = ("网络组", "应用组", "桌面组", "数据组")


@dataclass(frozen=True)
class Special:
    """Weeks in which a stage of the tickets took longer by a factor, and why."""

    stage: str
    first: date
    last: date
    factor: float
    cause: str


@dataclass(frozen=True)
class Reopened:
    """How many tickets of a quarter are the same customer's same problem once more.

    The earlier ticket was ``team``'s, and closed from ``soonest`` to ``latest`` days before.
    """

    count: int
    team: str
    soonest: int = 4
    latest: int = 12


#: One bad week, and eight weeks in a row that are slow by little; neither stage goes with scores.
SPECIAL = (
    Special("接收", date(2026, 8, 17), date(2026, 8, 23), 6.0, "工单系统升级，派单中断"),
    Special("关闭", date(2026, 7, 27), date(2026, 9, 20), 1.20, "关闭前增加了一道人工复核"),
)
#: By quarter; elsewhere a problem comes back by chance alone.
REOPENED: Mapping[str, Reopened] = {"2026Q3": Reopened(36, "应用组")}


@dataclass(frozen=True)
class Ticket:
    """One ticket that was closed in the quarter."""

    ticket_id: str
    customer: Customer
    problem_type: str
    problem_level: str
    team: str
    closed_at: datetime


def tickets(quarter: str, seed: int = 0) -> tuple[Ticket, ...]:
    """List the tickets closed in a quarter, early enough for the survey to fall into it too."""
    q = Quarter.parse(quarter)
    (rng,) = streams(seed, (LINES["ops_event"].number, q.year, q.number, _KEY), 1)
    everyone = customers(seed)
    start = datetime.combine(q.first_day, datetime.min.time())
    span = ((q.last_day - q.first_day).days - 10) * 24 * 60
    minutes = np.sort(rng.integers(span, size=TICKETS))
    who = rng.integers(len(everyone), size=TICKETS)
    kinds = shuffled(EVENT_TYPES_IN.get(quarter, EVENT_TYPES), TICKETS, rng)
    levels = shuffled(LEVELS, TICKETS, rng)
    teams = rng.integers(len(TEAMS), size=TICKETS)
    listed = tuple(
        Ticket(
            ticket_id=f"GD{q.year % 100}Q{q.number}-{i + 1:05d}",
            customer=everyone[int(who[i])],
            problem_type=kinds[i],
            problem_level=levels[i],
            team=TEAMS[int(teams[i])],
            closed_at=start + timedelta(minutes=int(minutes[i])),
        )
        for i in range(TICKETS)
    )
    (rng,) = streams(seed, (LINES["ops_event"].number, q.year, q.number, _AGAIN), 1)
    return _reopened(listed, REOPENED[quarter], rng) if quarter in REOPENED else listed


def _reopened(
    listed: tuple[Ticket, ...], planted: Reopened, rng: np.random.Generator
) -> tuple[Ticket, ...]:
    """Give later tickets to customers who had the same problem shortly before.

    Both are of the same region, type and tier, so that nobody's answers change by it; no ticket
    is in two pairs.
    """
    again, taken = list(listed), set()
    for later in rng.permutation(len(listed)).tolist():
        if len(taken) == 2 * planted.count:
            break
        found = [
            i
            for i in range(later)
            if not taken & {i, later} and _before(listed[i], listed[later], planted)
        ]
        if found:
            earlier = found[int(rng.integers(len(found)))]
            again[later] = replace(listed[later], customer=listed[earlier].customer)
            taken |= {earlier, later}
    return tuple(again)


def _before(earlier: Ticket, later: Ticket, planted: Reopened) -> bool:
    gap = later.closed_at - earlier.closed_at
    return (
        earlier.team == planted.team
        and earlier.problem_type == later.problem_type
        and timedelta(days=planted.soonest) <= gap <= timedelta(days=planted.latest)
        and _kind(earlier.customer) == _kind(later.customer)
    )


def _kind(customer: Customer) -> tuple[str, str, str]:
    return customer.region, customer.customer_type, customer.tier


def table(
    listed: tuple[Ticket, ...], latents: Mapping[str, np.ndarray], rng: np.random.Generator
) -> list[list[str]]:
    """Lay out the tickets with the time at which each stage ended, header first.

    ``latents`` holds each dimension's latent deviation, with which some stays are correlated.
    """
    durations = []
    days = np.array([ticket.closed_at.date() for ticket in listed])
    for stage, (median, item, correlation) in STAGES.items():
        noise = rng.standard_normal(len(listed))
        if item:
            noise = correlation * latents[item] + np.sqrt(1 - correlation**2) * noise
        stays = median * np.exp(0.6 * noise)
        for special in SPECIAL:
            if special.stage == stage:
                slow = (days >= special.first) & (days <= special.last)
                stays = np.where(slow, special.factor * stays, stays)
        durations.append(np.maximum(1, np.rint(stays)).astype(int))
    header = ["工单号", "客户编号", "问题类型", "问题级别", "处理班组", "提交时间"]
    header += [f"{stage}时间" for stage in STAGES]
    rows = [header]
    for i, ticket in enumerate(listed):
        stays = [int(stay[i]) for stay in durations]
        moment = ticket.closed_at - timedelta(minutes=sum(stays))
        moments = [moment]
        for stay in stays:
            moment += timedelta(minutes=stay)
            moments.append(moment)
        rows.append(
            [ticket.ticket_id, ticket.customer.customer_id, ticket.problem_type]
            + [ticket.problem_level, ticket.team]
            + [f"{m:%Y-%m-%d %H:%M}" for m in moments]
        )
    return rows
