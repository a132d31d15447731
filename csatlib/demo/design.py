"""The parameters of the fictional company: every planted truth begins here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from csatlib.demo.names import INTERVIEWERS

__all__ = [
    "BLANK_SHARE",
    "CLOSED_DAYS",
    "COMPANY",
    "EVENT_TYPES",
    "EVENT_TYPES_IN",
    "LEVELS",
    "LINES",
    "MENTION",
    "NOT_APPLICABLE_SHARE",
    "NPS_CUTS",
    "ONLINE_OUTCOMES",
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
    "Expectation",
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
#: Quarters whose tickets are of another mix: a switch of networks brought many of one kind.
EVENT_TYPES_IN: Mapping[str, Mapping[str, float]] = {
    "2026Q3": {"网络故障": 0.52, "应用故障": 0.26, "终端故障": 0.12, "权限变更": 0.10},
}

#: How an online invitation ends that nobody answers; '' where nothing came back at all.
ONLINE_OUTCOMES: Mapping[str, float] = {"": 0.96, "退信": 0.04}
#: The same of calls and of visits.
_CALLS: Mapping[str, float] = {
    "无人接听": 0.38,
    "拒访": 0.22,
    "中途挂断": 0.08,
    "空号": 0.07,
    "号码错误": 0.05,
    "无法沟通": 0.03,
    "已销户": 0.02,
    "": 0.15,
}
_VISITS: Mapping[str, float] = {"未约到": 0.35, "拒访": 0.30, "已离职": 0.15, "": 0.20}

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
class Expectation:
    """What people expected of a dimension: so far its latent mean lies above the experience's."""

    of: str
    gap: float
    since: str = QUARTERS[0]


@dataclass(frozen=True)
class Shock:
    """A planted change: one group's latent mean of one dimension moves in one quarter.

    ``action_id`` is the measure that moves it, '' where something else does.
    """

    quarter: str
    group_by: str
    group: str
    item: str
    shift: float
    action_id: str = ""


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
    """One business line: whom it asks, how many answer, how their scores come about.

    ``effects`` shifts all latent means of a group. ``person`` is the part of the latent variance
    that a customer keeps from quarter to quarter; ``units`` the shifts of single customer units in
    place of drawn ones. ``readiness`` multiplies how readily a group answers (1 where it is not
    named). ``calls`` says who rings up a type of customers, in shares by interviewer (equal ones
    where it is empty). ``late`` is the chance that a team's ticket is asked about too late, which
    shifts the dimensions of ``late_shifts``. ``outcomes`` are the shares of what is noted of those
    asked by hand who do not answer.
    """

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
    person: float = 0.0
    units: Mapping[str, float] = field(default_factory=dict)
    readiness: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    calls: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    late: Mapping[str, float] = field(default_factory=dict)
    late_shifts: Mapping[str, float] = field(default_factory=dict)
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    outcomes: Mapping[str, float] = field(default_factory=lambda: _CALLS)

    def set_aside(self, quarter: str) -> int:
        """Count those invited online of whom no answer is valid: each hands in one row."""
        faults, odd = self.faults[quarter], self.suspects[quarter]
        # A straight-liner answered soundly before, so nobody is lost by it.
        doubtful = odd.late + odd.near_duplicates + odd.burst
        return faults.speeders + faults.mostly_empty + doubtful


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
        "customer_type": {"新客户": -0.45, "老客户": 0.05, "VIP": 0.35},
        # One leads the answers on; together they leave the mean where it is.
        "interviewer": {**dict.fromkeys(INTERVIEWERS, -0.12), "": 0.00, "回访员03": 0.48},
    },
    person=0.45,
    readiness={
        "customer_type": {"新客户": 0.40, "老客户": 1.00, "VIP": 2.00},
        "region": {"华东": 1.10, "华北": 1.00, "华南": 1.00, "西南": 0.75},
    },
    # The satisfied VIPs fall to one of the others, so that raw means mislead.
    calls={
        "VIP": {**dict.fromkeys(INTERVIEWERS, 0.15), "回访员05": 0.40},
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
        "response_speed": Dimension(0.30, -0.20, {"2026Q2": 0.10, "2026Q3": 0.10}),
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
        "problem_type": {"网络故障": -0.40, "应用故障": 0.05, "终端故障": 0.20, "权限变更": 0.30},
        "team": {"网络组": 0.00, "应用组": -0.40, "桌面组": 0.35, "数据组": 0.00},
    },
    late={"网络组": 0.08, "应用组": 0.08, "桌面组": 0.08, "数据组": 0.24},
    late_shifts={"response_speed": -0.60, "communication": -0.60},
    shocks=(Shock("2026Q3", "team", "网络组", "response_speed", 0.90, "SJ-2026Q2-01"),),
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
        "quality": Dimension(0.28, 0.10, {"2026Q3": 0.60}),
        "response_speed": Dimension(0.24, -0.10, {"2026Q2": 0.05, "2026Q3": 0.45}),
        "expertise": Dimension(0.12, 0.30),
        "value": Dimension(0.18, -0.35),
        "after_sales": Dimension(0.15, 0.05, {"2026Q3": 0.45}),
        "communication": Dimension(0.10, 0.20, {"2026Q3": -0.20}),
    },
    online=124,
    keyed=36,
    invited_online=184,
    invited_keyed=56,
    seconds=240,
    keyed_seconds=1900,
    effects={
        "region": {"华东": 0.05, "华北": 0.00, "华南": 0.00, "西南": -0.10},
        "tier": {"重要客户": 0.00, "核心客户": 0.20},
    },
    unit_spread=0.30,
    person=0.60,
    units={"苍梧示例医院": -1.30, "星垂示例银行": 1.30},
    # Of three units everybody answers; of the two that stand out almost everybody.
    readiness={
        "unit": {
            **dict.fromkeys(("澄江示例物流", "鹿鸣示例银行", "青屿示例制造"), 60.0),
            **dict.fromkeys(("苍梧示例医院", "星垂示例银行"), 2.0),
        },
    },
    expectations={
        "expected_response_speed": Expectation("response_speed", 0.60, "2026Q3"),
        "expected_value": Expectation("value", 0.00, "2026Q3"),
    },
    outcomes=_VISITS,
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
