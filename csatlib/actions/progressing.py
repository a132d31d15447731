"""How measures stand on a day: on their way, behind, late, done; and week by week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from csatlib.actions.rows import as_day, filled, require, tabled

__all__ = ["progress", "progress_by_week"]

_ACTION = ("action_id", "owner", "status", "started_on", "due", "done_on", "ability", "proof")
_STEP = ("action_id", "kind", "planned_on", "happened_on", "done_share", "text")
#: What must be on record where a measure is beyond our ability.
_AGREED = {"negotiated": ("negotiation", "协商"), "explained": ("explanation", "说明")}


@dataclass(frozen=True)
class _Day:
    """The day on which measures are looked at, and the limits of patience."""

    today: pd.Timestamp
    warn_days: int
    silent_days: int
    slack: float


@dataclass(frozen=True)
class _Known:
    """What the steps of one measure say up to the day."""

    milestones: int
    milestones_done: int
    milestones_late: int
    done_share: float | None
    last_report: pd.Timestamp | None
    kinds: frozenset[str]
    trial: bool
    trial_told: bool


def progress(
    actions: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    today: date | str,
    warn_days: int = 14,
    silent_days: int = 14,
    slack: float = 0.1,
    proofs: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say how each measure stands on a day, and what is amiss.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``.
    steps : DataFrame
        Table ``action_steps``; steps of measures that are not listed are passed over, and what
        happens after ``today`` has not happened yet.
    today : date or str
        The day.
    warn_days : int
        An unfinished measure is at risk this many days before its date.
    silent_days : int
        A measure that began is at risk after more than so many days without a report.
    slack : float
        A measure is behind when its share of work lies more than this below its share of time.
    proofs : DataFrame, optional
        ``action_id``, ``file`` and ``present``: the proof files that the register names, and
        whether they are there.

    Returns
    -------
    DataFrame
        Table ``action_progress``, in the order of the measures: ``action_id``, ``owner``;
        ``state``: ``draft``, ``cancelled``, ``beyond`` our ability, ``done``, ``done_late``,
        ``undated`` (no date to be late by), ``overdue``, ``at_risk`` or ``on_track``; ``due``,
        ``done_on`` (missing where it lies ahead), ``days_left`` (negative when late; missing
        where nothing is open); ``done_share``, the last one reported, else the share of
        milestones reached, 1 when done; ``milestones``, ``milestones_done``, ``milestones_late``;
        ``last_report``, the last day on which anything happened; ``finding``, in Chinese, all
        that is amiss.

    Raises
    ------
    ValueError
        If a column is missing, a share of work is not between 0 and 1, or a limit is negative.

    Notes
    -----
    A measure is at risk if a milestone is late, its share of work is behind, nothing was reported
    for too long, or its date is near. Its share of time is (today − start) / (due − start). A
    trial run needs words on what came of it before the measure is rolled out; what is beyond our
    ability needs a negotiation or an explanation on record; what is done needs a proof.

    Examples
    --------
    >>> from csatlib import schema
    >>> one = schema.empty("actions").reindex([0]).assign(action_id="A-1", status="under_way",
    ...     started_on=pd.Timestamp("2026-10-01"), due=pd.Timestamp("2026-10-31"))
    >>> found = progress(one, schema.empty("action_steps"), today="2026-11-02")
    >>> found[["state", "days_left"]].values.tolist()
    [['overdue', -2]]
    """
    require(actions, _ACTION, "progress: actions", table="actions")
    require(steps, _STEP, "progress: steps", table="action_steps")
    for name, value in (("warn_days", warn_days), ("silent_days", silent_days), ("slack", slack)):
        if value < 0:
            raise ValueError(f"progress: {name} must not be negative, found {value}")
    day = _Day(as_day(today, "progress: today"), warn_days, silent_days, slack)
    known = {name: _known(rows, day.today) for name, rows in steps.groupby("action_id")}
    nothing = _known(steps.iloc[:0], day.today)
    rows = [
        _standing(action, known.get(action["action_id"], nothing), day, proofs)
        for _, action in actions.iterrows()
    ]
    return tabled(rows, "action_progress")


def _known(steps: pd.DataFrame, today: pd.Timestamp) -> _Known:
    shares = steps["done_share"].astype("Float64")
    if not shares.dropna().between(0, 1).all():
        names = sorted(set(steps.loc[shares.notna() & ~shares.between(0, 1), "action_id"]))
        raise ValueError(
            f"progress: steps: expected done_share from 0 to 1, found another one at {names[:3]}; "
            "write 0.8 for 80 %"
        )
    past = steps[steps["happened_on"] <= today].sort_values("happened_on", kind="stable")
    goals = steps[steps["kind"] == "milestone"]
    reached = goals["happened_on"].le(today).fillna(value=False)
    reported = past.dropna(subset="done_share")["done_share"]
    trials = past[past["kind"] == "trial"]
    return _Known(
        len(goals),
        int(reached.sum()),
        int((goals["planned_on"].lt(today).fillna(value=False) & ~reached).sum()),
        float(reported.iloc[-1])
        if len(reported)
        else (float(reached.mean()) if len(goals) else None),
        past["happened_on"].iloc[-1] if len(past) else None,
        frozenset(past["kind"]),
        len(trials) > 0,
        any(filled(text) for text in trials["text"]),
    )


def _standing(
    action: pd.Series, known: _Known, day: _Day, proofs: pd.DataFrame | None
) -> dict[str, object]:
    done_on = action["done_on"]
    done_on = done_on if pd.notna(done_on) and done_on <= day.today else pd.NaT
    ahead = pd.notna(action["done_on"]) and pd.isna(done_on)
    done = pd.notna(done_on) or (action["status"] == "done" and not ahead)
    due = action["due"]
    amiss = list(_amiss(action, known, day)) if not done else []
    state = _state(action, done_on, day, done=done, amiss=bool(amiss))
    running = state in ("overdue", "at_risk", "on_track")
    told = [*(amiss if running else ()), *_unrecorded(action, known, state)]
    if state in ("done", "done_late"):
        told += _unproved(action, proofs)
    left = (due - day.today).days if running and pd.notna(due) else None
    return {
        "action_id": action["action_id"],
        "owner": action["owner"],
        "state": state,
        "due": due,
        "done_on": done_on,
        "days_left": left,
        "done_share": 1.0 if done else known.done_share,
        "milestones": known.milestones,
        "milestones_done": known.milestones_done,
        "milestones_late": known.milestones_late,
        "last_report": known.last_report,
        "finding": "；".join(told) or None,
    }


def _state(action: pd.Series, done_on: pd.Timestamp, day: _Day, *, done: bool, amiss: bool) -> str:
    status, due = action["status"], action["due"]
    if status in ("cancelled", "draft", "beyond"):
        return str(status)
    if done:
        late = pd.notna(due) and pd.notna(done_on) and done_on > due
        return "done_late" if late else "done"
    if pd.isna(due):
        return "undated"
    if due < day.today:
        return "overdue"
    return "at_risk" if amiss else "on_track"


def _amiss(action: pd.Series, known: _Known, day: _Day) -> Iterator[str]:
    """Say what puts an open measure at risk."""
    due, started = action["due"], action["started_on"]
    if pd.notna(due):
        left = (due - day.today).days
        if left < 0:
            yield f"已逾期 {-left} 天"
        elif left <= day.warn_days:
            yield f"还有 {left} 天到期" if left else "今天到期"
    if known.milestones_late:
        yield f"{known.milestones_late} 个里程碑没有按时完成"
    begun = pd.notna(started) and started <= day.today
    if begun and pd.notna(due) and due > started and known.done_share is not None:
        gone = min((day.today - started) / (due - started), 1.0)
        if known.done_share < gone - day.slack - 1e-9:
            yield f"进度落后：时间过去 {gone:.0%}，完成 {known.done_share:.0%}"
    last = known.last_report
    if last is None and begun:
        last = started
    if last is not None and (day.today - last).days > day.silent_days:
        yield f"已有 {(day.today - last).days} 天没有进展报告"


def _unrecorded(action: pd.Series, known: _Known, state: str) -> Iterator[str]:
    """Say what ought to be on record: what came of a trial, what was agreed with the customer."""
    if state in ("cancelled", "draft"):
        return
    if action["status"] == "beyond" or action["ability"] in _AGREED:
        kind, word = _AGREED.get(filled(action["ability"]), (None, "协商或说明"))
        kinds = {"negotiation", "explanation"} if kind is None else {kind}
        if not kinds & known.kinds:
            yield f"超出能力，还没有与客户{word}的记录"
    rolled_out = action["status"] in ("under_way", "done")
    if known.trial and not known.trial_told:
        yield "试运行没有反馈记录就推广了" if rolled_out else "试运行还没有反馈记录"
    elif action["status"] == "trial" and not known.trial:
        yield "状态是试运行，还没有试运行的记录"


def _unproved(action: pd.Series, proofs: pd.DataFrame | None) -> list[str]:
    if not filled(action["proof"]):
        return ["没有完成的证明材料"]
    if proofs is None:
        return []
    require(proofs, ("action_id", "file", "present"), "progress: proofs")
    own = proofs[proofs["action_id"] == action["action_id"]]
    lost = own.loc[~own["present"].fillna(value=False).astype(bool), "file"]
    if len(own) == 0:
        return ["证明材料不在 proofs 文件夹里"]
    return [f"证明材料不在 proofs 文件夹里：{'、'.join(lost)}"] if len(lost) else []


def progress_by_week(
    actions: pd.DataFrame, steps: pd.DataFrame, *, until: date | str, weeks: int = 12
) -> pd.DataFrame:
    """Count open measures at the end of each week, as planned and as they were.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``; drafts and cancelled measures are not counted.
    steps : DataFrame
        Table ``action_steps``: its milestones are counted beside the measures.
    until : date or str
        The last day of the last week.
    weeks : int
        How many weeks, back from there.

    Returns
    -------
    DataFrame
        Table ``action_weeks``, the earliest week first: ``week_ending``; ``actions``, all that
        are counted, the same in every week; ``done`` by that day and ``open``; ``planned_open``,
        those whose date lies after it (without a date they stay open); ``overdue``, open and past
        their date; ``milestones``, and of them ``milestones_open`` and
        ``milestones_planned_open``.

    Raises
    ------
    ValueError
        If a column is missing, ``until`` is no day, or ``weeks`` is below 1.

    Notes
    -----
    The register does not say when a measure was added: a measure that came later counts as open
    in the weeks before. One with status ``done`` and no day counts as done in the last week alone.

    Examples
    --------
    >>> from csatlib import schema
    >>> two = schema.empty("actions").reindex([0, 1]).assign(action_id=["A", "B"],
    ...     status=["done", "planned"], due=pd.Timestamp("2026-10-10"),
    ...     done_on=pd.to_datetime(["2026-10-08", None]))
    >>> made = progress_by_week(two, schema.empty("action_steps"), until="2026-10-18", weeks=3)
    >>> made[["open", "planned_open"]].values.tolist()
    [[2, 2], [1, 0], [1, 0]]
    """
    dated = ("action_id", "status", "due", "done_on")
    require(actions, dated, "progress_by_week: actions", table="actions")
    told = ("action_id", "kind", "planned_on", "happened_on")
    require(steps, told, "progress_by_week: steps", table="action_steps")
    last = as_day(until, "progress_by_week: until")
    if weeks < 1:
        raise ValueError(f"progress_by_week: weeks must be at least 1, found {weeks}")
    counted = actions[~actions["status"].isin(["draft", "cancelled"])]
    goals = steps[steps["action_id"].isin(counted["action_id"]) & (steps["kind"] == "milestone")]
    done_on = counted["done_on"].where(
        counted["done_on"].notna() | (counted["status"] != "done"), last
    )
    rows = []
    for back in range(weeks - 1, -1, -1):
        day = last - pd.Timedelta(days=7 * back)
        done, due = _by(done_on, day), _by(counted["due"], day)
        reached, planned = (_by(goals[c], day) for c in ("happened_on", "planned_on"))
        rows.append(
            {
                "week_ending": day,
                "actions": len(counted),
                "done": int(done.sum()),
                "open": int((~done).sum()),
                "planned_open": int((~due).sum()),
                "overdue": int((~done & _by(counted["due"], day - pd.Timedelta(days=1))).sum()),
                "milestones": len(goals),
                "milestones_open": int((~reached).sum()),
                "milestones_planned_open": int((~planned).sum()),
            }
        )
    return tabled(rows, "action_weeks")


def _by(days: pd.Series, day: pd.Timestamp) -> np.ndarray:
    """Say of each day whether it has come; a missing one has not."""
    return days.le(day).fillna(value=False).to_numpy(dtype=bool)
