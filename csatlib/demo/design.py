"""The parameters of the fictional company: every planted truth begins here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "BLANK_SHARE",
    "CLOSED_DAYS",
    "COMPANY",
    "EVENT_TYPES",
    "LEVELS",
    "LINES",
    "MENTION",
    "NOT_APPLICABLE_SHARE",
    "NPS_CUTS",
    "OTHERWISE",
    "PROBLEM_TYPES",
    "QUARTERS",
    "RATING_CUTS",
    "REGIONS",
    "STAGES",
    "TICKETS",
    "TIERS",
    "TYPES",
    "Dimension",
    "Faults",
    "Line",
    "Named",
    "Shock",
    "Suspects",
]

COMPANY = "青禾云服科技（虚构公司）"
QUARTERS = ("2026Q1", "2026Q2", "2026Q3")

#: Shares of the customer list, filled exactly by largest remainders.
REGIONS: Mapping[str, float] = {"华东": 0.36, "华北": 0.25, "华南": 0.21, "西南": 0.18}
TYPES: Mapping[str, float] = {"新客户": 0.25, "老客户": 0.58, "VIP": 0.17}
LEVELS: Mapping[str, float] = {"一级": 0.06, "二级": 0.18, "三级": 0.46, "四级": 0.30}
TIERS = ("普通", "重要客户", "核心客户")
PROBLEM_TYPES: Mapping[str, float] = {
    "业务咨询": 0.40,
    "故障报修": 0.32,
    "费用争议": 0.16,
    "投诉建议": 0.12,
}
EVENT_TYPES: Mapping[str, float] = {
    "网络故障": 0.30,
    "应用故障": 0.34,
    "终端故障": 0.22,
    "权限变更": 0.14,
}

#: Chance that a person speaks of a dimension's trouble, given the score it got.
MENTION: Mapping[int, float] = {1: 0.55, 2: 0.40, 3: 0.16, 4: 0.035, 5: 0.006}
#: What those who complain of nothing write.
OTHERWISE: Mapping[str, float] = {
    "blank": 0.52,
    "uninformative": 0.18,
    "praise": 0.22,
    "neutral": 0.08,
}
#: Of the ordinary questionnaires: one rating left blank; 不适用 where the form offers it.
BLANK_SHARE = 0.06
NOT_APPLICABLE_SHARE = 0.03

#: Stages of a ticket: median minutes, and the dimension that a long stay goes with (correlation
#: of the log minutes with the dimension's latent score).
STAGES: Mapping[str, tuple[float, str, float]] = {
    "接收": (15.0, "", 0.0),
    "分类": (35.0, "response_speed", -0.45),
    "诊断": (80.0, "response_speed", -0.30),
    "解决": (210.0, "resolution", -0.35),
    "反馈": (50.0, "communication", -0.40),
    "关闭": (120.0, "", 0.0),
}
TICKETS = 760
#: Each survey closes so many days before its quarter ends, as the study files say too.
CLOSED_DAYS = 2

#: A latent standard normal plus its mean, cut here, is a score from 1 to 5, or from 0 to 10.
RATING_CUTS = (-2.05, -1.40, -0.65, 0.45)
NPS_CUTS = (-2.65, -2.40, -2.15, -1.95, -1.75, -1.40, -1.00, -0.45, 0.15, 0.80)


@dataclass(frozen=True)
class Dimension:
    """One rated aspect: what it weighs in the overall latent score and where its own mean lies.

    ``quarters`` shifts the latent mean in a quarter; ``since`` is the first quarter it was asked.
    """

    weight: float
    intercept: float
    quarters: Mapping[str, float] = field(default_factory=dict)
    since: str = QUARTERS[0]


@dataclass(frozen=True)
class Shock:
    """A planted change: one group's latent mean of one dimension moves in one quarter."""

    quarter: str
    group_by: str
    group: str
    item: str
    shift: float


@dataclass(frozen=True)
class Faults:
    """How many of each fault one line carries in one quarter; rows, except where cells are said.

    The first four are rows beyond the valid ones; the two cell faults and the personal data sit
    in valid rows, each in a row of its own; blank and total rows are in the hand-keyed file.
    """

    duplicate_customers: int
    duplicate_rows: int
    speeders: int
    mostly_empty: int
    out_of_range: int
    unreadable: int
    blank_rows: int
    total_rows: int
    mobile: int
    email: int
    id_card: int


@dataclass(frozen=True)
class Suspects:
    """How many rows look sound one by one and are not; all are beyond the valid ones, online."""

    late: int
    straight_liners: int
    near_duplicates: int
    burst: int = 0


@dataclass(frozen=True)
class Named:
    """How many comments that say something also hold a name or another datum, one a row.

    ``name`` is that of the customer's own contact, ``staff_name`` that of a member of the staff.
    """

    name: int
    staff_name: int
    wechat: int = 1
    qq: int = 1
    plate: int = 1
    address: int = 1
    landline: int = 1
    bank_card: int = 1


@dataclass(frozen=True)
class Line:
    """One business line: whom it asks, how many answer, how their scores come about."""

    number: int
    survey_id: int
    dimensions: Mapping[str, Dimension]
    online: int
    keyed: int
    invited_online: int
    invited_keyed: int
    faults: Mapping[str, Faults]
    suspects: Mapping[str, Suspects]
    named: Mapping[str, Named]
    seconds: int
    keyed_seconds: int
    overall: float = 0.05
    recommend: float = 0.0
    common: float = 0.35
    loading: float = 0.8
    effects: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shocks: tuple[Shock, ...] = ()
    unit_spread: float = 0.0


_HOTLINE = Line(
    number=1,
    survey_id=295603991,
    dimensions={
        "connection": Dimension(0.35, -0.10, {"2026Q2": 0.05, "2026Q3": 0.10}),
        "attitude": Dimension(0.10, 0.45),
        "resolution": Dimension(0.30, -0.05, {"2026Q3": 0.05}),
        "expertise": Dimension(0.10, 0.25),
        "process": Dimension(0.15, 0.00, {"2026Q2": 0.15, "2026Q3": 0.25}),
        "follow_up": Dimension(0.00, -0.15, since="2026Q2"),
    },
    online=680,
    keyed=240,
    invited_online=1400,
    invited_keyed=420,
    seconds=165,
    keyed_seconds=380,
    effects={
        "region": {"华东": 0.10, "华北": 0.00, "华南": 0.05, "西南": -0.10},
        "customer_type": {"新客户": -0.12, "老客户": 0.00, "VIP": 0.20},
    },
    shocks=(Shock("2026Q3", "region", "西南", "connection", -1.40),),
    faults={
        "2026Q1": Faults(9, 3, 10, 8, 6, 4, 3, 1, 12, 6, 3),
        "2026Q2": Faults(8, 4, 11, 7, 5, 5, 3, 1, 11, 7, 4),
        "2026Q3": Faults(10, 5, 12, 9, 7, 5, 4, 1, 13, 6, 4),
    },
    suspects={
        "2026Q1": Suspects(2, 3, 2),
        "2026Q2": Suspects(3, 2, 1, burst=12),
        "2026Q3": Suspects(3, 4, 3),
    },
    named={
        "2026Q1": Named(6, 5, wechat=2, qq=2),
        "2026Q2": Named(5, 6, plate=2, bank_card=2),
        "2026Q3": Named(7, 6, address=2, landline=2),
    },
)

_OPS_EVENT = Line(
    number=2,
    survey_id=301774526,
    dimensions={
        "response_speed": Dimension(0.30, -0.20, {"2026Q2": 0.10, "2026Q3": 0.25}),
        "resolution": Dimension(0.35, 0.15),
        "attitude": Dimension(0.08, 0.50),
        "communication": Dimension(0.25, -0.05, {"2026Q3": -0.15}),
    },
    online=340,
    keyed=70,
    invited_online=560,
    invited_keyed=140,
    seconds=110,
    keyed_seconds=300,
    effects={
        "region": {"华东": 0.08, "华北": -0.05, "华南": 0.05, "西南": -0.08},
        "customer_type": {"新客户": -0.08, "老客户": 0.00, "VIP": 0.10},
        "problem_level": {"一级": -0.45, "二级": -0.20, "三级": 0.05, "四级": 0.15},
    },
    faults={
        "2026Q1": Faults(5, 2, 5, 4, 4, 3, 2, 1, 6, 3, 2),
        "2026Q2": Faults(6, 2, 6, 4, 3, 3, 2, 1, 7, 3, 2),
        "2026Q3": Faults(5, 3, 6, 5, 4, 3, 3, 1, 6, 4, 2),
    },
    suspects={
        "2026Q1": Suspects(1, 2, 1),
        "2026Q2": Suspects(2, 3, 2),
        "2026Q3": Suspects(2, 2, 2),
    },
    named={
        "2026Q1": Named(4, 4, address=2),
        "2026Q2": Named(3, 5, wechat=2),
        "2026Q3": Named(4, 5, qq=2),
    },
)

_OPS_COMPANY = Line(
    number=3,
    survey_id=308215640,
    dimensions={
        "quality": Dimension(0.28, 0.10),
        "response_speed": Dimension(0.24, -0.10, {"2026Q2": 0.05, "2026Q3": 0.20}),
        "expertise": Dimension(0.12, 0.30),
        "value": Dimension(0.18, -0.35),
        "after_sales": Dimension(0.15, 0.05),
        "communication": Dimension(0.10, 0.20, {"2026Q3": -0.20}),
    },
    online=124,
    keyed=36,
    invited_online=170,
    invited_keyed=50,
    seconds=240,
    keyed_seconds=1900,
    effects={
        "region": {"华东": 0.05, "华北": 0.00, "华南": 0.00, "西南": -0.10},
        "tier": {"重要客户": 0.00, "核心客户": 0.20},
    },
    unit_spread=0.30,
    faults={
        "2026Q1": Faults(2, 1, 2, 2, 2, 2, 1, 1, 3, 2, 1),
        "2026Q2": Faults(3, 1, 3, 2, 2, 1, 2, 1, 3, 2, 1),
        "2026Q3": Faults(3, 2, 3, 2, 3, 2, 2, 1, 4, 2, 1),
    },
    suspects={
        "2026Q1": Suspects(1, 2, 1),
        "2026Q2": Suspects(1, 2, 1),
        "2026Q3": Suspects(2, 2, 1),
    },
    named={
        "2026Q1": Named(3, 3),
        "2026Q2": Named(3, 2),
        "2026Q3": Named(3, 3),
    },
)

LINES: Mapping[str, Line] = {
    "hotline": _HOTLINE,
    "ops_event": _OPS_EVENT,
    "ops_company": _OPS_COMPANY,
}
