"""The fictional company's own people: the roster whose names leave the comments."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from csatlib.demo import names
from csatlib.demo.company import streams
from csatlib.demo.design import QUARTERS

__all__ = ["Member", "roster", "table"]

_KEY = 11
_FIRST = 28


@dataclass(frozen=True)
class Member:
    """One row of the roster."""

    staff_id: str
    name: str
    team: str


def roster(quarter: str, seed: int = 0) -> tuple[Member, ...]:
    """List the staff of a quarter: those of the first one, and two more each quarter since."""
    (rng,) = streams(seed, (_KEY,), 1)
    people = [s + g for s in names.STAFF_SURNAMES for g in names.STAFF_GIVEN_NAMES]
    hired = rng.permutation(len(people))[: _FIRST + 2 * QUARTERS.index(quarter)]
    return tuple(
        Member(f"GH{n:04d}", people[i], names.STAFF_TEAMS[n % len(names.STAFF_TEAMS)])
        for n, i in enumerate(hired.tolist(), start=1)
    )


def table(quarter: str, seed: int = 0) -> list[list[str]]:
    """Lay out the roster of a quarter, header first."""
    return [["工号", "姓名", "班组"], *(list(astuple(member)) for member in roster(quarter, seed))]
