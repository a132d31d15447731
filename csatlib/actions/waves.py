"""Whom a measure reached before and after it, and whom it did not reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.actions.inputs import ActionError, day_of, quarters_of, text_of, whose
from csatlib.actions.rows import as_day, require
from csatlib.actions.scope import scope_mask
from csatlib.estimates import mean
from csatlib.estimates.design import Design
from csatlib.fieldwork.arguments import as_contract, columns_of
from csatlib.sampling.reading import texts_of, times_of
from csatlib.schema import Quarter

__all__ = ["Frames", "action_frames", "wave_means"]

_WAVES = ("history", "before", "after")
_DAY, _INSTANT = pd.Timedelta(days=1), pd.Timedelta(microseconds=1)


@dataclass(frozen=True, eq=False)
class Frames:
    """The responses by which a measure is judged, each a table of rows of ``responses``.

    Parameters
    ----------
    before, after : DataFrame
        Of those whom the measure reaches: the trigger quarter before it began, and what was
        answered since it was done.
    control : DataFrame
        Of those whom it does not reach, with a column ``wave``: history, before or after. Empty
        for a measure that reaches everybody.
    history : DataFrame
        Of those whom it reaches, the quarters before the trigger.
    asked_before, asked_again : DataFrame
        Of customers asked again by the measure's owner: one row each, the last score before the
        measure and the last one since, so that `effect` can pair them.
    n_undecided : int
        Responses that are in none of the tables although their quarter is: the scope's column or
        the time is missing, or they were given while the measure was under way.
    reason : str or None
        Why there is no wave after: ``not_started``, ``not_done``; or ``no_before``, ``no_after``
        where nobody reached has answered; else None.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    control: pd.DataFrame
    history: pd.DataFrame
    asked_before: pd.DataFrame
    asked_again: pd.DataFrame
    n_undecided: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class _Times:
    """When a measure began and was done, as it is known on a day."""

    action_id: str
    trigger: Quarter
    began: pd.Timestamp | None
    done: pd.Timestamp | None
    today: pd.Timestamp

    @classmethod
    def of(cls, action: Mapping[str, object], today: date | str) -> _Times:
        action_id = action.get("action_id")
        label = text_of(action.get("quarter"))
        if label is None:
            raise ActionError(f"{whose(action_id)}quarter（由哪个季度的结果提出）没有填写")
        now = as_day(today, "today")
        began = day_of(action, "started_on", action_id=action_id)
        done = day_of(action, "done_on", action_id=action_id)
        if began is not None and done is not None and done < began:
            raise ActionError(
                f"{whose(action_id)}done_on（{done.date()}）早于 started_on（{began.date()}），"
                "请核对两个日期"
            )
        # What is dated later has not happened yet.
        began = None if began is None or began > now else began
        done = None if done is None or done > now else done
        return cls(action_id, Quarter.parse(label), began, done, now)

    @property
    def start(self) -> pd.Timestamp | None:
        """Its first day; where only the day it was done is known, that day."""
        return self.done if self.began is None else self.began


def action_frames(
    action: pd.Series | Mapping[str, object],
    responses: pd.DataFrame,
    *,
    today: date | str,
    rechecks: pd.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    key: str = "customer_id",
) -> Frames:
    """Split the responses of several quarters into the waves by which one measure is judged.

    Parameters
    ----------
    action : Series or mapping
        One row of the table ``actions``: action_id, line, quarter, item, scope, started_on,
        done_on.
    responses : DataFrame
        Rows of the table ``responses`` of all quarters up to the run's: quarter, submitted_at,
        ``key``, items, and the columns that the scope names; with ``line`` only the measure's own
        line is used.
    today : date or str
        The day of the run. Later responses, and a beginning or an end that is dated later, are
        as if unknown.
    rechecks : DataFrame, optional
        Table ``rechecks``: customers whom the owner asked again.
    labels : mapping of str to str, optional
        Chinese names of columns, as for `scope_mask`.
    key : str
        The column that names a customer.

    Returns
    -------
    Frames
        See there. Rows keep their columns and index; no row is in two tables.

    Raises
    ------
    ActionError
        If the trigger quarter or a scope cannot be read, or the measure was done before it began.
    ValueError
        If a column of the responses is missing.

    Notes
    -----
    * *before*: the trigger quarter's responses given before ``started_on`` (without one, before
      ``done_on``; not begun: all of them). *after*: those given on or after ``done_on``, also in
      what is left of the trigger quarter. What lies between is under way and in no wave.
    * A response without a time is judged by its quarter: it is before when the whole quarter ended
      before the measure began, after when it began after the measure was done, else undecided.
    * *control* holds customers outside the scope. A customer who is inside with one response and
      outside with another (another team's ticket) was reached, and is in no control.
    * A customer asked again is paired with the last score of ``item`` before the measure. Such
      customers are often chosen because they scored low, so part of their rise is a return to the
      mean: give their history to `effect`.

    Examples
    --------
    >>> answers = pd.DataFrame({
    ...     "quarter": ["2026Q2", "2026Q2", "2026Q3", "2026Q3"],
    ...     "submitted_at": pd.to_datetime(["2026-06-01", "2026-06-02"] + ["2026-08-20"] * 2),
    ...     "customer_id": ["C1", "C2", "C1", "C2"], "team": ["网络组", "桌面组"] * 2,
    ...     "speed": [2, 4, 4, 4]})
    >>> measure = {"action_id": "A1", "quarter": "2026Q2", "item": "speed", "scope": "team=网络组",
    ...            "started_on": pd.Timestamp("2026-07-05"), "done_on": pd.Timestamp("2026-08-01")}
    >>> frames = action_frames(measure, answers, today="2026-09-30")
    >>> frames.before["speed"].tolist(), frames.after["speed"].tolist(), len(frames.control)
    ([2], [4], 2)
    """
    times = _Times.of(action, today)
    columns_of(responses, ["quarter", "submitted_at", key], "responses")
    own = _own_line(responses, text_of(action.get("line")))
    inside = scope_mask(own, action.get("scope"), labels=labels, action_id=times.action_id)
    wave, known = _waves(own, times)
    reached, others = inside.eq(True).fillna(value=False), inside.eq(False).fillna(value=False)
    others &= ~own[key].isin(own.loc[reached & own[key].notna(), key].unique())
    waves = {name: own[reached & (wave == name)] for name in _WAVES}
    control = own[others & wave.notna()]
    asked_before, asked_again = _asked_again(action, waves["before"], rechecks, times, key)
    return Frames(
        **waves,
        control=control.assign(wave=wave[control.index].astype("str")),
        asked_before=asked_before,
        asked_again=asked_again,
        n_undecided=int((known & (wave.isna() | inside.isna())).sum()),
        reason=_reason(times, waves, asked_again),
    )


def _own_line(responses: pd.DataFrame, line: str | None) -> pd.DataFrame:
    """Keep the measure's line; an index that repeats would mix rows up."""
    if not responses.index.is_unique:
        responses = responses.reset_index(drop=True)
    if line is None or "line" not in responses:
        return responses
    return responses[responses["line"].eq(line).fillna(value=False).astype(bool)]


def _waves(own: pd.DataFrame, times: _Times) -> tuple[pd.Series, pd.Series]:
    """Give each response its wave or NA, and say whether its quarter takes part at all."""
    label = quarters_of(own["quarter"], "responses.quarter")
    at = times_of(own["submitted_at"], "responses.submitted_at")
    days = {name: Quarter.parse(name) for name in label.unique()}
    # Without rows a mapping has no type of its own.
    first = label.map({name: pd.Timestamp(q.first_day) for name, q in days.items()})
    last = label.map({name: pd.Timestamp(q.last_day) for name, q in days.items()})
    first, last = first.astype("datetime64[us]"), last.astype("datetime64[us]")
    # Without a time a response lies anywhere in its quarter.
    earliest, latest = at.fillna(first), at.fillna(last + _DAY - _INSTANT)
    seen = at.dt.normalize().fillna(first) <= times.today
    place = label.map({name: (q > times.trigger) - (q < times.trigger) for name, q in days.items()})
    wave = pd.Series(None, index=own.index, dtype="str")
    wave[seen & (place == -1)] = "history"
    early = latest < times.start if times.start is not None else latest.notna()
    wave[seen & (place == 0) & early] = "before"
    if times.done is not None:
        wave[seen & (place >= 0) & (earliest >= times.done)] = "after"
    return wave, seen


def _reason(
    times: _Times, waves: Mapping[str, pd.DataFrame], asked_again: pd.DataFrame
) -> str | None:
    if times.start is None:
        return "not_started"
    if times.done is None:
        return "not_done"
    if waves["before"].empty:
        return "no_before"
    return "no_after" if waves["after"].empty and asked_again.empty else None


def _asked_again(
    action: Mapping[str, object],
    before: pd.DataFrame,
    rechecks: pd.DataFrame | None,
    times: _Times,
    key: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pair the customers asked again since the measure with their last score before it."""
    item = text_of(action.get("item"))
    none = before.iloc[:0], before.iloc[:0]
    if rechecks is None or times.done is None or item is None or item not in before:
        return none
    columns_of(rechecks, ["action_id", "customer_id", "asked_on", "score"], "rechecks")
    require(rechecks, ["score"], "rechecks", table="rechecks")
    asked = rechecks[rechecks["action_id"].eq(times.action_id).fillna(value=False).astype(bool)]
    on = times_of(asked["asked_on"], "rechecks.asked_on")
    # Whoever visits a customer again has been there before: the measure need not be over for all.
    when = on.ge(times.start if times.start is not None else times.done) & on.le(times.today)
    asked = asked.assign(**{key: texts_of(asked["customer_id"]), "submitted_at": on})
    asked = asked[when & asked[key].notna() & asked["score"].notna()]
    asked = asked.sort_values("submitted_at", kind="stable").drop_duplicates(key, keep="last")
    scored = before[before[item].notna() & before[key].notna()]
    scored = scored.sort_values("submitted_at", kind="stable", na_position="first")
    scored = scored.drop_duplicates(key, keep="last")
    ids = texts_of(scored[key])
    scored = scored[ids.isin(asked[key]).to_numpy(dtype=bool)]
    asked = asked.set_index(key).loc[texts_of(scored[key]).to_list()]
    again = scored.assign(
        **{
            item: asked["score"].to_numpy(dtype=float, na_value=np.nan),
            "submitted_at": asked["submitted_at"].to_numpy(),
            "quarter": [str(_quarter(day)) for day in asked["submitted_at"]],
        }
    )
    return scored, again.astype({"quarter": "str"})


def _quarter(day: pd.Timestamp) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def wave_means(
    frames: Frames,
    item: str,
    *,
    action_id: str | None = None,
    design: Design | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Give the mean of an item in every wave, of those reached and of the others.

    Parameters
    ----------
    frames : Frames
        What `action_frames` gave.
    item : str
        The column of scores; rows without a score are left out.
    action_id : str, optional
        Written into the table.
    design : Design, optional
        Weights and clusters, as for `estimates.mean`.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``wave_means``: ``action_id``, ``item``, ``metric`` (``mean``), ``reached`` (whether
        the measure reaches them), ``wave`` (history, before, after), ``quarter`` (of the history,
        else NA), ``n``, ``estimate``, ``ci_low`` and ``ci_high`` (t interval), ``reason`` why one
        is missing. A wave of nobody has no row.

    Raises
    ------
    ValueError
        If the responses have no such column.

    Examples
    --------
    >>> answers = pd.DataFrame({
    ...     "quarter": ["2026Q2"] * 3, "submitted_at": pd.to_datetime(["2026-06-01"] * 3),
    ...     "customer_id": ["C1", "C2", "C3"], "speed": [2, 4, 3]})
    >>> measure = {"action_id": "A1", "quarter": "2026Q2"}
    >>> frames = action_frames(measure, answers, today="2026-07-01")
    >>> wave_means(frames, "speed")[["wave", "n", "estimate"]].values.tolist()
    [['before', 3, 3.0]]
    """
    columns_of(frames.before, [item], "item")
    parts = [(True, name, getattr(frames, name)) for name in _WAVES]
    parts += [(False, name, frames.control[frames.control["wave"] == name]) for name in _WAVES]
    tables = []
    for reached, wave, df in parts:
        if df.empty:
            continue
        # A column named quarter would be taken for the estimates' own.
        found = mean(
            df.rename(columns={"quarter": "_in"}),
            item,
            by=["_in"] if wave == "history" else [],
            design=design,
            conf=conf,
            min_base=1,
        )
        found = found.assign(reached=reached, wave=wave, action_id=action_id)
        found["quarter"] = found["group"]
        tables.append(found)
    if not tables:
        return schema.empty("wave_means")
    whole = pd.concat(tables, ignore_index=True)
    return as_contract(whole[list(schema.TABLES["wave_means"].columns)], "wave_means")
