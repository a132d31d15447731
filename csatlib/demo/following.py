"""How the company follows up opinions: who is quick, who is late, what is written down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from csatlib import schema

__all__ = ["FOLLOWING", "Following", "Pace", "filled_in", "told"]

#: Nothing is written of what comes after.
_LAST = date(2026, 9, 30)
_CHECKER = "QA专员"


@dataclass(frozen=True)
class Pace:
    """How a group follows up: the share it contacts and closes, and after how many days.

    Days are drawn evenly from the first to the last, both included; those to closing count from
    the day on which the opinion was given.
    """

    contacted: float
    contact_days: tuple[int, int]
    closed: float
    days: tuple[int, int]


@dataclass(frozen=True)
class Following:
    """How a line follows up: the share of opinions that is logged, its pace, others by group."""

    logged: float
    pace: Pace
    by_group: Mapping[str, Pace] = field(default_factory=dict)


_SOUND = Pace(0.97, (0, 2), 0.92, (1, 9))
_LATE = Pace(0.84, (2, 8), 0.58, (8, 30))
#: One line is logged whole, with a team that is late; of the others a part is.
FOLLOWING: Mapping[str, Following] = {
    "hotline": Following(0.15, _SOUND),
    "ops_event": Following(1.0, _SOUND, {"数据组": _LATE}),
    "ops_company": Following(0.40, _SOUND),
}
#: Of the contacted ones: what cannot be done is explained; who cannot be reached stays so.
_BEYOND, _UNREACHABLE = 0.04, 0.5
#: Of the closed ones: what is also prevented, and what is checked.
_PREVENTED, _CHECKED = 0.35, 0.8
_CORRECTIVE = (
    "致电客户说明情况并致歉，当日补办",
    "安排工程师复查，问题已解决，客户确认",
    "补发处理结果和说明，客户表示接受",
    "更正工单记录并重新回访，客户满意",
    "由组长上门沟通，商定处理办法并已落实",
)
_PREVENTIVE = (
    "把该情形写入处理清单，关闭之前逐项核对",
    "在周例会上通报，并更新知识库条目",
    "调整派单规则，超时自动提醒组长",
)
_EXPLANATION = "受合同范围所限无法满足，已向客户说明原因并提供替代办法"


def filled_in(rows: pd.DataFrame, line: str, *, seed: int = 0) -> pd.DataFrame:
    """Write what the company's people did about each opinion.

    Parameters
    ----------
    rows : DataFrame
        Table ``followups``; what each opinion's group is stands in ``group``.
    line : str
        A line of the fictional company.
    seed : int
        Each opinion's course is drawn from the seed and its comment alone, so that neither the
        order of the rows nor other rows change it.

    Returns
    -------
    DataFrame
        The rows that the line logs, with state, days, measures and who checked them.

    Examples
    --------
    >>> len(filled_in(schema.empty("followups"), "ops_event"))
    0
    """
    following, written = FOLLOWING[line], []
    for row in rows.to_dict("records"):
        draws = _draws(str(row["comment_id"]), seed)
        if draws[0] < following.logged:
            pace = following.by_group.get(str(row["group"]), following.pace)
            written.append(row | _course(pd.Timestamp(row["received_on"]), pace, draws[1:]))
    contract = schema.TABLES["followups"].columns
    made = {
        name: pd.Series([row.get(name) for row in written], dtype=column.dtype)
        for name, column in contract.items()
    }
    return schema.check(pd.DataFrame(made), "followups")


def _draws(comment_id: str, seed: int) -> list[float]:
    digest = hashlib.sha256(f"{seed}:{comment_id}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype=np.uint32)).random(9).tolist()


def _course(received: pd.Timestamp, pace: Pace, draws: list[float]) -> dict[str, Any]:
    """Follow one opinion from its day to the last one that anything is written of."""
    contact, closing = (
        received + pd.Timedelta(days=_between(days, u))
        for days, u in ((pace.contact_days, draws[0]), (pace.days, draws[1]))
    )
    closing, last = max(contact, closing), pd.Timestamp(_LAST)
    if draws[2] >= pace.contacted:
        gone = draws[3] < _UNREACHABLE and contact <= last
        return {"state": "unreachable" if gone else "new"}
    if contact > last:
        return {"state": "new"}
    told: dict[str, Any] = {"state": "contacted", "contacted_on": contact}
    if draws[3] < _BEYOND:
        return told | {"state": "beyond", "explanation": _EXPLANATION}
    told["corrective"] = _CORRECTIVE[int(draws[4] * len(_CORRECTIVE))]
    if draws[5] >= pace.closed or closing > last:
        return told | {"state": "under_way"}
    told |= {"state": "closed", "closed_on": closing}
    if draws[6] < _PREVENTED:
        told["preventive"] = _PREVENTIVE[int(draws[6] / _PREVENTED * len(_PREVENTIVE))]
    checked = closing + pd.Timedelta(days=2)
    if draws[7] < _CHECKED and checked <= last:
        told |= {"checked_by": _CHECKER, "checked_on": checked}
    return told


def _between(days: tuple[int, int], u: float) -> int:
    first, last = days
    return first + int(u * (last - first + 1))


def told() -> dict[str, Any]:
    """Tell how completely and how fast each line follows up, and each group that differs."""
    return {
        line: {
            "logged": following.logged,
            "others": _told(following.pace),
            "by_group": {group: _told(pace) for group, pace in following.by_group.items()},
        }
        for line, following in FOLLOWING.items()
    }


def _told(pace: Pace) -> dict[str, Any]:
    """Give the shares to be expected of opinions given long enough before the last day."""
    return {
        "contacted": pace.contacted,
        "contact_days": list(pace.contact_days),
        "closed": pace.contacted * (1 - _BEYOND) * pace.closed,
        "days": list(pace.days),
    }
