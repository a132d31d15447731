"""Answers that look sound one by one and are not: late, all alike, copied, in a burst.

All are rows of the platform beyond the valid ones, and cleaning sets each of them aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice

import numpy as np

from csatlib.demo.form import FORMS
from csatlib.demo.wave import BLANK, SKIPPED, Invitation, Response, Wave, last_moment, respond

__all__ = ["suspects"]

_PURPOSE = 4
#: From so many characters on, a comment is nobody else's by chance.
_WORDS = 10


def suspects(
    source: Wave, valid: Sequence[Response], free: Iterator[int], invited: Iterator[int]
) -> list[Response]:
    """Make the quarter's suspect rows.

    ``free`` gives the positions of valid rows that carry no fault yet, ``invited`` the ranks of
    those who were invited online and have not answered.
    """
    counts = source.line.suspects[source.quarter]
    late, straight, near, burst = source.streams(_PURPOSE, 4)
    return [
        *(_late(respond(source, next(invited), late), source, late) for _ in range(counts.late)),
        *(
            _straight(valid[rank], source, rank, straight)
            for rank in islice(free, counts.straight_liners)
        ),
        *(
            _near(valid, free, source.invitations[rank], near)
            for rank in islice(invited, counts.near_duplicates)
        ),
        *_burst(source, list(islice(invited, counts.burst)), burst),
    ]


def _late(row: Response, source: Wave, rng: np.random.Generator) -> Response:
    """Answer on one of the last days of the quarter, when the survey was closed already."""
    # The survey closes at midnight; nobody answers before the morning.
    waited = timedelta(days=int(rng.integers(2)), seconds=int(rng.integers(11 * 3600, 22 * 3600)))
    return replace(row, submitted=last_moment(source.quarter) + waited)


def _straight(first: Response, source: Wave, rank: int, rng: np.random.Generator) -> Response:
    """Answer a second time, the same low score all the way down, in a time that is plausible."""
    row = respond(source, rank, rng)
    score = 1 + int(rng.integers(2))
    ratings = FORMS[source.name].ratings(source.quarter)
    same = {item: score for item in ratings if row.cells[item] != SKIPPED}
    later = first.submitted + timedelta(hours=6 + int(rng.integers(30)))
    row = row.answering(**same, comment=BLANK)
    return replace(row, submitted=min(later, last_moment(source.quarter)))


def _near(
    valid: Sequence[Response], free: Iterator[int], other: Invitation, rng: np.random.Generator
) -> Response:
    """Repeat someone's answers from the same device a little later, under another one's link.

    The answers come with a comment: without words of their own two people may well agree.
    """
    row = next(
        valid[i]
        for i in free
        if valid[i].submitted > other.invited_at and len(str(valid[i].cells["comment"])) > _WORDS
    )
    return replace(
        row,
        key=other.key,
        submitted=row.submitted + timedelta(seconds=int(rng.integers(200, 900))),
        seconds=row.seconds + int(rng.integers(1, 20)),
    )


def _burst(source: Wave, ranks: Sequence[int], rng: np.random.Generator) -> list[Response]:
    """Let a machine answer for many within one minute, each in a few seconds, saying nothing."""
    rows = [respond(source, rank, rng) for rank in ranks]
    if not rows:
        return rows
    # The last to be invited sets the hour, so that nobody answers before they are asked.
    start = max(row.submitted for row in rows)
    seconds = np.sort(rng.choice(55, size=len(rows), replace=False))
    return [
        replace(
            row.answering(comment=BLANK),
            submitted=start + timedelta(seconds=int(second)),
            seconds=int(rng.integers(4, 12)),
            address=rows[0].address,
        )
        for row, second in zip(rows, seconds, strict=True)
    ]
