"""Tickets of the operations line: who raised them, how grave, how long each stage took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from csatlib.demo.company import Customer, customers, shuffled, streams
from csatlib.demo.design import EVENT_TYPES, EVENT_TYPES_IN, LEVELS, LINES, STAGES, TICKETS
from csatlib.schema import Quarter

__all__ = ["Ticket", "table", "tickets"]

_KEY = 9
_TEAMS = ("网络组", "应用组", "桌面组", "数据组")


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
    teams = rng.integers(len(_TEAMS), size=TICKETS)
    return tuple(
        Ticket(
            ticket_id=f"GD{q.year % 100}Q{q.number}-{i + 1:05d}",
            customer=everyone[int(who[i])],
            problem_type=kinds[i],
            problem_level=levels[i],
            team=_TEAMS[int(teams[i])],
            closed_at=start + timedelta(minutes=int(minutes[i])),
        )
        for i in range(TICKETS)
    )


def table(
    listed: tuple[Ticket, ...], latents: Mapping[str, np.ndarray], rng: np.random.Generator
) -> list[list[str]]:
    """Lay out the tickets with the time at which each stage ended, header first.

    ``latents`` holds each dimension's latent deviation, with which some stays are correlated.
    """
    durations = []
    for median, item, correlation in STAGES.values():
        noise = rng.standard_normal(len(listed))
        if item:
            noise = correlation * latents[item] + np.sqrt(1 - correlation**2) * noise
        durations.append(np.maximum(1, np.rint(median * np.exp(0.6 * noise))).astype(int))
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
