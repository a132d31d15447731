"""How likely each customer is to leave: points that anybody can add up, and whether they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd

from csatlib.actions.counts import Figure, share
from csatlib.actions.rows import as_day
from csatlib.fieldwork.arguments import as_contract, check_conf, columns_of
from csatlib.sampling.reading import texts_of, times_of
from csatlib.schema import RISKS, TABLES

__all__ = ["churn_risk", "churn_risk_check"]

#: The points of each sign that a customer may leave.
POINTS: Mapping[str, int] = MappingProxyType(
    {
        "very_dissatisfied": 3,
        "unresolved_complaint": 2,
        "repeated_problem": 2,
        "late_follow_up": 2,
        "silent": 1,
        "fewer_services": 1,
        "low_recommendation": 1,
    }
)
#: From how many points on a customer is at medium and at high risk.
_LEVELS = {"medium": 2, "high": 4}
_OPEN = ("new", "contacted", "under_way", "unreachable")
_DETRACTOR, _SILENT_QUARTERS = 6, 2


def churn_risk(
    customers: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    today: date | str,
    overall: str = "overall",
    dissatisfied: float = 2,
    recommend: str | None = None,
    followups: pd.DataFrame | None = None,
    tickets: pd.DataFrame | None = None,
    silent: pd.DataFrame | None = None,
    days: int = 92,
    points: Mapping[str, int] = POINTS,
    levels: Mapping[str, int] | None = None,
    key: str = "customer_id",
) -> pd.DataFrame:
    """Add up, customer by customer, the signs that somebody may leave.

    The table names single customers: it is for those who look after them, never for a report.

    Parameters
    ----------
    customers : DataFrame
        Whom to judge: the frame or the customer list, with ``key``.
    responses : DataFrame
        Responses of one quarter or more: ``key``, ``submitted_at``, ``overall`` and, if given,
        ``recommend``. A customer's latest score counts.
    today : date or str
        The day of the run; what is dated later is left out.
    overall, recommend : str
        The items of satisfaction (1 to 5) and of recommendation (0 to 10).
    dissatisfied : float
        Up to this score of ``overall`` a customer is very dissatisfied.
    followups : DataFrame, optional
        Table ``followups``.
    tickets : DataFrame, optional
        Tickets: ``key``, ``opened_at`` and ``problem_type``.
    silent : DataFrame, optional
        Table ``silent``: ``customer_id`` and ``quarters``.
    days : int
        The length of the latest period of tickets, and of the one before it.
    points : mapping of str to int
        Points of each sign; one that is not named has none.
    levels : mapping of str to int, optional
        From how many points on a customer is ``medium`` (2) and ``high`` (4).
    key : str
        The column that names a customer.

    Returns
    -------
    DataFrame
        Table ``churn_risk``, one row a customer, highest points first: ``customer_id``,
        ``points``, ``level`` (high, medium, low), ``rules`` (the signs found, joined by 、),
        ``reasons`` (the same in Chinese words), ``not_judged`` (the signs for which nothing is
        known of this customer, joined by 、). No sign found among few judged is no good news.

    Raises
    ------
    ValueError
        If a column is missing, or a sign or level is unknown.

    Notes
    -----
    The signs: ``very_dissatisfied`` (3 points) the latest score is at most ``dissatisfied``;
    ``unresolved_complaint`` (2) a follow-up is open; ``late_follow_up`` (2) one of them is past
    its date; ``repeated_problem`` (2) two tickets or more of one problem type in ``days`` days;
    ``silent`` (1) silent for two quarters or more; ``fewer_services`` (1) at most half as many
    tickets in the last ``days`` days as in the ``days`` before them, of two at least;
    ``low_recommendation`` (1) the latest recommendation is 6 or less. The points are a
    convention, not a model: `churn_risk_check` says whether they hold.

    Examples
    --------
    >>> answers = pd.DataFrame({"customer_id": ["C1", "C2"], "overall": [1, 5],
    ...                         "submitted_at": pd.to_datetime(["2026-09-01"] * 2)})
    >>> table = churn_risk(answers[["customer_id"]], answers, today="2026-09-30")
    >>> table[["customer_id", "points", "level", "rules"]].values.tolist()
    [['C1', 3, 'medium', 'very_dissatisfied'], ['C2', 0, 'low', nan]]
    """
    columns_of(customers, [key], "customers")
    _check_points(points, levels)
    ids = pd.Index(texts_of(customers[key]).dropna().unique(), dtype="str")
    now = as_day(today, "today")
    signs = {
        **_of_scores(ids, responses, now, overall, recommend, dissatisfied, key),
        **_of_followups(ids, followups, now),
        **_of_tickets(ids, tickets, now, days, key),
        "silent": _of_silence(ids, silent),
    }
    marks = pd.DataFrame({name: signs[name] for name in POINTS}, index=ids, dtype="boolean")
    total = sum(marks[name].fillna(False).astype("int64") * points.get(name, 0) for name in POINTS)
    limits = {**_LEVELS, **(levels or {})}
    level = np.select([total >= limits["high"], total >= limits["medium"]], RISKS[:2], RISKS[2])
    table = pd.DataFrame(
        {
            "customer_id": ids,
            "points": total.to_numpy(),
            "level": level,
            "rules": _joined(marks.fillna(False), {name: name for name in POINTS}),
            "reasons": _joined(marks.fillna(False), _words(dissatisfied, days)),
            "not_judged": _joined(marks.isna(), {name: name for name in POINTS}),
        }
    ).sort_values("points", ascending=False, kind="stable")
    return as_contract(table, "churn_risk")


def churn_risk_check(
    risk: pd.DataFrame,
    lost: Collection[str],
    *,
    active: Collection[str] | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Hold the levels against who did leave in the next quarter.

    Parameters
    ----------
    risk : DataFrame
        Table ``churn_risk`` of the quarter before.
    lost : collection of str
        The customers who left by the next quarter.
    active : collection of str, optional
        Whose leaving could be seen; others are left out. Without it everybody's.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``churn_risk_check``, one row a level, high first: ``level``, ``n``, ``lost``,
        ``estimate`` (the share who left) with Wilson's ``ci_low`` and ``ci_high``, ``reason``
        (``empty`` for a level of nobody).

    Raises
    ------
    ValueError
        If a column is missing, or ``lost`` is a bare text.

    Examples
    --------
    >>> risk = pd.DataFrame({"customer_id": ["C1", "C2"], "level": ["high", "low"]})
    >>> churn_risk_check(risk, {"C1"})[["level", "n", "lost"]].values.tolist()
    [['high', 1, 1], ['medium', 0, 0], ['low', 1, 0]]
    """
    columns_of(risk, ["customer_id", "level"], "risk")
    check_conf(conf)
    for name, value in {"lost": lost, "active": active}.items():
        if isinstance(value, str):
            raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
                f"{name}: expected several customer ids, found one text"
            )
    own = risk if active is None else risk[risk["customer_id"].isin(set(active))]
    gone = own["customer_id"].isin(set(lost))
    rows = []
    for level in RISKS:
        mask = own["level"] == level
        n, left = int(mask.sum()), int((mask & gone).sum())
        figure = share(left, n, conf) if n else Figure(reason="empty")
        rows.append({"level": level, "n": n, "lost": left, **figure.columns()})
    columns = list(TABLES["churn_risk_check"].columns)
    return as_contract(pd.DataFrame(rows)[columns], "churn_risk_check")


def _check_points(points: Mapping[str, int], levels: Mapping[str, int] | None) -> None:
    for name, given, known in (("points", points, POINTS), ("levels", levels or {}, _LEVELS)):
        odd = sorted(set(given) - set(known))
        if odd:
            raise ValueError(f"{name}: expected some of {[*known]}, found {odd}")


def _unknown(ids: pd.Index) -> pd.Series:
    return pd.Series(pd.NA, index=ids, dtype="boolean")


def _of_scores(
    ids: pd.Index,
    responses: pd.DataFrame,
    now: pd.Timestamp,
    overall: str,
    recommend: str | None,
    dissatisfied: float,
    key: str,
) -> Mapping[str, pd.Series]:
    """Judge a customer's latest scores; nothing is known without one."""
    items = [overall] if recommend is None else [overall, recommend]
    columns_of(responses, [key, "submitted_at", *items], "responses")
    at = times_of(responses["submitted_at"], "responses.submitted_at")
    seen = (at < now + pd.Timedelta(days=1)) | at.isna()
    own = responses.assign(**{key: texts_of(responses[key]), "submitted_at": at})[seen]
    own = own.sort_values("submitted_at", kind="stable", na_position="first")
    limits = {"very_dissatisfied": (overall, dissatisfied)}
    limits["low_recommendation"] = (recommend, _DETRACTOR)
    found = {}
    for sign, (item, limit) in limits.items():
        if item is None:
            found[sign] = _unknown(ids)
            continue
        if pd.api.types.is_string_dtype(own[item].dropna().dtype) and own[item].notna().any():
            raise ValueError(
                f"responses.{item}: expected scores, found dtype {own[item].dtype}; turn answers "
                "into scores first with scales.to_score"
            )
        scored = own[own[item].notna() & own[key].notna()].drop_duplicates(key, keep="last")
        latest = scored.set_index(key)[item].reindex(ids).astype("Float64")
        found[sign] = latest.le(limit)
    return found


def _of_followups(
    ids: pd.Index, followups: pd.DataFrame | None, now: pd.Timestamp
) -> Mapping[str, pd.Series]:
    """Judge the follow-ups: a customer without one has none open."""
    if followups is None:
        return dict.fromkeys(("unresolved_complaint", "late_follow_up"), _unknown(ids))
    columns_of(followups, ["customer_id", "state", "due"], "followups")
    rows = followups[followups["state"].isin(_OPEN)]
    late = times_of(rows["due"], "followups.due").lt(now).to_numpy(dtype=bool, na_value=False)
    who = texts_of(rows["customer_id"])
    return {
        "unresolved_complaint": _among(ids, who),
        "late_follow_up": _among(ids, who[late]),
    }


def _of_tickets(
    ids: pd.Index, tickets: pd.DataFrame | None, now: pd.Timestamp, days: int, key: str
) -> Mapping[str, pd.Series]:
    """Judge the tickets of the last days, against as many days before."""
    if tickets is None:
        return dict.fromkeys(("repeated_problem", "fewer_services"), _unknown(ids))
    columns_of(tickets, [key, "opened_at", "problem_type"], "tickets")
    end, span = now + pd.Timedelta(days=1), pd.Timedelta(days=days)
    own = tickets.assign(
        **{key: texts_of(tickets[key])}, at=times_of(tickets["opened_at"], "tickets.opened_at")
    )
    latest = own[(own["at"] >= end - span) & (own["at"] < end)]
    before = own[(own["at"] >= end - 2 * span) & (own["at"] < end - span)]
    same = latest.dropna(subset=["problem_type"]).groupby([key, "problem_type"]).size()
    repeated = same[same >= 2].index.get_level_values(0)
    now_n, then_n = (df.groupby(key).size().reindex(ids, fill_value=0) for df in (latest, before))
    fewer = ((then_n >= 2) & (now_n * 2 <= then_n)).astype("boolean")
    # Of a customer without tickets before, nothing can be fewer.
    return {"repeated_problem": _among(ids, repeated), "fewer_services": fewer}


def _of_silence(ids: pd.Index, silent: pd.DataFrame | None) -> pd.Series:
    if silent is None:
        return _unknown(ids)
    columns_of(silent, ["customer_id", "quarters"], "silent")
    long = silent[silent["quarters"].ge(_SILENT_QUARTERS).fillna(value=False).astype(bool)]
    return _among(ids, texts_of(long["customer_id"]))


def _among(ids: pd.Index, who: pd.Series | pd.Index) -> pd.Series:
    return pd.Series(ids.isin(who), index=ids, dtype="boolean")


def _words(dissatisfied: float, days: int) -> Mapping[str, str]:
    return {
        "very_dissatisfied": f"最近一次评价不高于 {dissatisfied:g} 分",
        "unresolved_complaint": "有意见尚未解决",
        "repeated_problem": f"{days} 天内同类问题重复发生",
        "late_follow_up": "承诺的跟进已逾期",
        "silent": "连续两个季度没有回音",
        "fewer_services": "服务次数减半或更少",
        "low_recommendation": f"推荐意愿不高于 {_DETRACTOR} 分",
    }


def _joined(marks: pd.DataFrame, words: Mapping[str, str]) -> list[str | None]:
    table = marks.to_numpy(dtype=bool)
    names = np.array([words[name] for name in marks], dtype=object)
    return ["、".join(names[row]) or None for row in table]
