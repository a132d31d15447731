"""Training records: who sat which course, what they thought of it, and what they know since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from csatlib.demo.company import streams
from csatlib.demo.staff import roster

__all__ = ["ABSENT", "COURSES", "Course", "sessions", "table"]

_KEY = 16


@dataclass(frozen=True)
class Course:
    """One course: how it is taught, how it is liked, and by how much it raises the marks.

    Marks are from 0 to 100. ``theory`` and ``practice`` are the mean gains; a single person's
    gain scatters by ``scatter``. ``held`` leads from a quarter to the day and the seats taken;
    ``works`` says what is to be found, None where too few sat to tell.
    """

    teacher: str
    mode: str
    liked: float
    theory: float
    practice: float
    held: Mapping[str, tuple[date, int]]
    works: bool | None
    fits: float = 4.0
    scatter: float = 8.0


#: One that works, one that is liked best and changes nothing, and one with too few people to tell.
COURSES: Mapping[str, Course] = {
    "网络故障快速定位": Course(
        "内训师01", "线下实操", 4.2, 14.0, 20.0,
        {"2026Q2": (date(2026, 6, 11), 24), "2026Q3": (date(2026, 8, 13), 26)}, True, 4.4,
    ),
    "服务礼仪与沟通": Course(
        "外聘讲师02", "线上直播", 4.6, 0.0, 0.0,
        {"2026Q1": (date(2026, 3, 12), 22), "2026Q2": (date(2026, 5, 21), 24),
         "2026Q3": (date(2026, 7, 16), 26)}, False, 3.6,
    ),
    "数据备份与恢复演练": Course(
        "内训师03", "录播自学", 4.0, 4.0, 4.0, {"2026Q3": (date(2026, 9, 10), 4)}, None, 3.2, 12.0
    ),
}  # fmt: skip
#: So many of each session are missing at the test after it.
ABSENT = 2


def sessions(quarter: str) -> Iterator[tuple[str, Course, date, int]]:
    """List the sessions held in a quarter: course, its parameters, day, seats taken."""
    for name, course in COURSES.items():
        if quarter in course.held:
            yield name, course, *course.held[quarter]


def table(quarter: str, seed: int = 0) -> list[list[str]]:
    """Lay out the quarter's training records, header first."""
    rows = [
        [
            *("工号", "课程", "讲师", "方式", "日期", "课程满意度", "讲师评分", "方式适配"),
            *("理论前测", "理论后测", "实操前测", "实操后测"),
        ]
    ]
    staff = [member.staff_id for member in roster(quarter, seed)]
    for name, course, day, seats in sessions(quarter):
        (rng,) = streams(seed, (_KEY, list(COURSES).index(name), day.month), 1)
        present = sorted(rng.permutation(len(staff))[:seats].tolist())
        absent = set(rng.permutation(seats)[: ABSENT if seats > 2 * ABSENT else 0].tolist())
        ability = rng.standard_normal(seats)
        marks = [
            _marks(ability, start, gain, course.scatter, rng)
            for start, gain in ((62.0, course.theory), (56.0, course.practice))
        ]
        for i, person in enumerate(present):
            opinions = [_opinion(mean, rng) for mean in (course.liked, course.liked, course.fits)]
            tests = [
                "" if after and i in absent else str(mark)
                for pair in marks
                for after, mark in enumerate(pair[i].tolist())
            ]
            head = [staff[person], name, course.teacher, course.mode, f"{day:%Y-%m-%d}"]
            rows.append([*head, *opinions, *tests])
    return rows


def _marks(
    ability: np.ndarray, start: float, gain: float, scatter: float, rng: np.random.Generator
) -> np.ndarray:
    """Give everybody's marks before and after; the abler have more at both times."""
    before = start + 8.0 * ability + 5.0 * rng.standard_normal(len(ability))
    after = before + gain + scatter * rng.standard_normal(len(ability))
    return np.clip(np.rint(np.column_stack([before, after])), 0, 100).astype(int)


def _opinion(mean: float, rng: np.random.Generator) -> str:
    return str(int(np.clip(np.rint(mean + 0.6 * rng.standard_normal()), 1, 5)))
