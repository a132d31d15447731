"""Figures of people, money, equipment and cooperation by team, as departments hand them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from csatlib.demo.company import streams
from csatlib.demo.design import QUARTERS
from csatlib.demo.names import STAFF_TEAMS
from csatlib.demo.tickets import TEAMS
from csatlib.schema import Quarter

__all__ = ["INDICATORS", "MISSING", "OBJECTS", "STANDING", "Figure", "expected", "table"]

_KEY = 15


@dataclass(frozen=True)
class Figure:
    """One indicator: its mean over teams, how far teams lie apart, how much a value scatters.

    ``spread`` is what a team of standing 1 has beyond the mean, below 0 where less is better.
    ``base`` is the number of cases behind a value. ``shifts`` moves a team in a quarter.
    """

    first: str
    mean: float
    spread: float
    noise: float
    base: int
    digits: int = 3
    monthly: bool = False
    shifts: Mapping[tuple[str, str], float] = field(default_factory=dict)


#: Where the teams truly stand, the same in every indicator: the best first.
STANDING: Mapping[str, float] = dict(
    zip(
        (
            "客户成功组",
            "桌面组",
            "热线一组",
            "运维服务台",
            "网络组",
            "数据组",
            "热线二组",
            "应用组",
        ),
        (1.0, 0.7, 0.4, 0.15, -0.1, -0.35, -0.65, -1.0),
        strict=True,
    )
)
#: Whose teams the shared file speaks of, line by line.
OBJECTS: Mapping[str, tuple[str, ...]] = {
    "ops_event": TEAMS,
    "hotline": ("热线一组", "热线二组"),
    "ops_company": ("客户成功组", "运维服务台"),
}
#: Shares lie between 0 and 1. What the network team's new lines cost and bring is in its shifts.
INDICATORS: Mapping[str, Figure] = {
    "持证上岗率": Figure("人力资源", 0.82, 0.10, 0.012, 40),
    "员工流失率": Figure("人力资源", 0.050, -0.025, 0.003, 40),
    "人均培训学时": Figure("人力资源", 9.0, 3.0, 0.4, 40, 1),
    "单次服务成本": Figure("成本", 46.0, -8.0, 0.8, 180, 1, shifts={("网络组", "2026Q3"): 9.0}),
    "预算执行偏差率": Figure("成本", 0.060, -0.030, 0.004, 3),
    "设备可用率": Figure("设备", 0.985, 0.008, 0.001, 720, 4, True, {("网络组", "2026Q3"): 0.006}),
    "设备完好率": Figure("设备", 0.94, 0.035, 0.005, 120),
    "协作评分": Figure("协作", 3.9, 0.45, 0.05, 30, 2),
    "跨组转派率": Figure("协作", 0.14, -0.05, 0.008, 60, 3, True),
    "投诉处理率": Figure("客户服务", 0.93, 0.04, 0.006, 25, 3, True),
    "流程合规率": Figure("流程", 0.92, 0.05, 0.008, 80, 3, True),
    "人力到位率": Figure("人力资源", 0.93, 0.05, 0.008, 40),
}
#: Whose figure was not handed in.
MISSING = ("员工流失率", "桌面组", "2026Q2")


def expected(name: str, team: str, quarter: str) -> float:
    """Give an indicator's true value of a team in a quarter."""
    figure = INDICATORS[name]
    return figure.mean + figure.spread * STANDING[team] + figure.shifts.get((team, quarter), 0.0)


def table(quarter: str, seed: int = 0) -> list[list[str]]:
    """Lay out the quarter's figures, header first; monthly ones a row a month."""
    q = Quarter.parse(quarter)
    (rng,) = streams(seed, (_KEY, QUARTERS.index(quarter)), 1)
    months = [f"{q.year}-{month:02d}" for month in range(3 * q.number - 2, 3 * q.number + 1)]
    rows = [["指标", "对象", "期间", "数值", "样本量"]]
    for name, figure in INDICATORS.items():
        for team in (*TEAMS, *STAFF_TEAMS):
            for period in months if figure.monthly else [quarter]:
                value = expected(name, team, quarter) + figure.noise * rng.standard_normal()
                base = int(np.rint(figure.base * rng.uniform(0.85, 1.15)))
                gone = (name, team, quarter) == MISSING
                told = "" if gone else f"{value:.{figure.digits}f}"
                rows.append([name, f"team={team}", period, told, "" if gone else str(base)])
    return rows
