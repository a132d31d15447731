"""Control charts tell an unusual week from the usual ups and downs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.evaluation.arguments import fitted
from csatlib.evaluation.run_rules import DEFAULT_RULES, RULES, length_of, patterns

__all__ = ["alarms", "control_chart"]

#: Mean and standard deviation of the range of two standard normal numbers: 2/√π and √(2 − 4/π).
_D2 = 2 / np.sqrt(np.pi)
_D3 = np.sqrt(2 - 4 / np.pi)
#: With fewer points, limits say more about these points than about the process.
_FEWEST = 8
_KINDS = ("p", "u", "xmr")


def control_chart(
    streams: pd.DataFrame,
    *,
    kind: str,
    baseline: int | None = None,
    rules: Sequence[str] = DEFAULT_RULES,
    overdispersed: bool = False,
) -> pd.DataFrame:
    r"""Draw the limits of ordinary variation about a stream, and mark what lies outside them.

    Parameters
    ----------
    streams : DataFrame
        Table ``streams``, such as `stream` makes; of it ``stream``, ``group``, ``time`` and for
        ``p`` and ``u`` the columns ``count`` and ``n``, for ``xmr`` the column ``value`` are read.
        Several streams and groups may lie in one table; each has a chart of its own.
    kind : {"p", "u", "xmr"}
        ``p`` for shares (``count`` of ``n`` things, such as tickets in time), ``u`` for events per
        unit (``count`` complaints on ``n`` tickets), ``xmr`` for single measurements.
    baseline : int, optional
        How many of the first points make the limits, so that later ones are judged by them; all
        points without it.
    rules : sequence of str
        Which patterns are alarms: ``beyond`` (one point beyond 3 σ), ``run`` (nine on one side of
        the centre), ``trend`` (six rising or falling), ``two_of_three`` (beyond 2 σ on one side),
        ``four_of_five`` (beyond 1 σ), ``alternating`` (fourteen up and down by turns), ``hugging``
        (fifteen within 1 σ), ``avoiding`` (eight beyond 1 σ on either side).
    overdispersed : bool
        Widen the limits of ``p`` and ``u`` by σ_z, the variation between points beyond that of
        counting (Laney's p′ and u′); σ_z is never taken below 1.

    Returns
    -------
    DataFrame
        Table ``control_charts``, by stream, group and time: ``stream``, ``group``, ``kind``,
        ``time``, ``n``, ``value`` (count/n of ``p`` and ``u``), ``center``, ``sigma`` (of this
        point), ``lower``, ``upper`` (center ± 3 σ, within what is possible), ``moving_range`` and
        ``range_upper`` (of ``xmr``), ``baseline`` (whether the point makes the limits),
        ``signal``, ``rules`` (those met here, joined by 、), ``reason`` (``empty`` where n is 0 or
        the value is missing; ``few_points``, fewer than eight make the limits, or
        ``no_variation``: then there are no limits and no signals).

    Raises
    ------
    ValueError
        For an unknown kind or rule, missing columns, a count below 0 or, of ``p``, above n, a time
        that is missing or stands twice in a stream, or a baseline below 2.

    Notes
    -----
    ``p``: p̄ = Σ count/Σ n, σ_i = √(p̄(1 − p̄)/n_i); ``u``: ū = Σ count/Σ n, σ_i = √(ū/n_i);
    ``xmr``: the mean, and σ = mean moving range/d₂ with d₂ = 2/√π = 1.128379, so that the limits
    are the mean ± 2.660 mean ranges; the upper limit of the ranges is (1 + 3 d₃/d₂) mean ranges,
    d₃ = √(2 − 4/π).

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, chapters 6 and 7; L. S. Nelson, The
    Shewhart control chart — tests for special causes, Journal of Quality Technology 16 (1984);
    D. B. Laney, Improved control charts for attributes, Quality Engineering 14 (2002).

    Examples
    --------
    >>> weeks = pd.date_range("2026-07-06", periods=10, freq="7D")
    >>> late = [4, 5, 3, 4, 6, 5, 4, 3, 5, 19]
    >>> table = pd.DataFrame({"stream": "late", "time": weeks, "count": late, "n": 60})
    >>> chart = control_chart(table, kind="p", baseline=9)
    >>> chart.loc[chart["signal"], ["value", "upper", "rules"]].round(3).values.tolist()
    [[0.317, 0.172, 'beyond']]
    """
    _check(streams, kind, baseline, rules)
    keyed = streams if "group" in streams else streams.assign(group=pd.NA)
    charts = [
        _chart(own.sort_values("time"), _Rules(kind, baseline, tuple(rules), overdispersed))
        for _, own in keyed.groupby(["stream", "group"], dropna=False, sort=True)
    ]
    return fitted(pd.concat(charts) if charts else [], "control_charts")


def alarms(chart: pd.DataFrame, *, since: pd.Timestamp | None = None) -> pd.DataFrame:
    """List what a control chart signals: which pattern, on which side, from when to when.

    Points that meet one rule one after the other are one alarm.

    Parameters
    ----------
    chart : DataFrame
        Table ``control_charts``.
    since : Timestamp, optional
        Alarms whose last point lies before it are left out, such as those of earlier quarters
        whose points are in the chart to make its limits. A pattern that began before it and
        lasts is kept.

    Returns
    -------
    DataFrame
        Table ``alarms``, latest first: ``stream``, ``group``, ``rule``, ``side`` (``above``,
        ``below`` or ``both``), ``since`` and ``until`` (the first and last point of the pattern),
        ``points`` (how many it spans), ``value`` (of the last), ``center``, and ``limit`` (the
        nearer control limit of the last point, NA for patterns without a side).

    Raises
    ------
    SchemaError
        If ``chart`` is no table of control charts.

    Examples
    --------
    >>> weeks = pd.date_range("2026-07-06", periods=10, freq="7D")
    >>> table = pd.DataFrame({"stream": "wait", "time": weeks, "value": [5., 6, 5, 6, 5, 6, 5, 6,
    ...     5, 30]})
    >>> alarms(control_chart(table, kind="xmr", baseline=9))[["rule", "side", "points"]].values
    array([['beyond', 'above', 1]], dtype=object)
    """
    schema.check(chart, "control_charts")
    rows = [
        row
        for _, own in chart.groupby(["stream", "group"], dropna=False, sort=True)
        for row in _alarms(own.reset_index(drop=True))
    ]
    table = fitted(rows, "alarms")
    if since is not None:
        table = table[table["until"] >= since]
    ordered = table.sort_values(
        ["until", "stream", "group", "rule", "side"], ascending=[False, True, True, True, True]
    )
    return ordered.reset_index(drop=True)


@dataclass(frozen=True)
class _Rules:
    kind: str
    baseline: int | None
    rules: tuple[str, ...]
    overdispersed: bool


@dataclass(frozen=True)
class _Limits:
    center: float
    sigma: np.ndarray
    reason: str | None = None


def _chart(own: pd.DataFrame, rules: _Rules) -> pd.DataFrame:
    value, n = _values(own, rules.kind)
    known = ~np.isnan(value)
    made = known & (np.cumsum(known) <= (rules.baseline or len(value)))
    limits = _limits(value, n, made, rules)
    z = (value - limits.center) / limits.sigma
    met = patterns(z, rules.rules)
    told = [
        "、".join(dict.fromkeys(rule for (rule, _), at in met.items() if at[i])) or None
        for i in range(len(value))
    ]
    single = rules.kind == "xmr"
    low, high = {"p": (0.0, 1.0), "u": (0.0, np.inf)}.get(rules.kind, (-np.inf, np.inf))
    return pd.DataFrame(
        {
            "stream": own["stream"].to_numpy(),
            "group": own["group"].to_numpy(),
            "kind": rules.kind,
            "time": own["time"].to_numpy(),
            "n": n,
            "value": value,
            "center": limits.center,
            "sigma": limits.sigma,
            "lower": np.maximum(limits.center - 3 * limits.sigma, low),
            "upper": np.minimum(limits.center + 3 * limits.sigma, high),
            "moving_range": np.abs(np.diff(value, prepend=np.nan)) if single else np.nan,
            "range_upper": (_D2 + 3 * _D3) * limits.sigma if single else np.nan,
            "baseline": made,
            "signal": [text is not None for text in told],
            "rules": told,
            "reason": np.where(known, limits.reason or "", "empty"),
        }
    ).replace({"reason": {"": None}})


def _values(own: pd.DataFrame, kind: str) -> tuple[np.ndarray, np.ndarray]:
    if kind == "xmr":
        n = own["n"] if "n" in own else pd.Series(np.nan, index=own.index)
        return own["value"].to_numpy(float, na_value=np.nan), n.to_numpy(float, na_value=np.nan)
    count = own["count"].to_numpy(float, na_value=np.nan)
    n = own["n"].to_numpy(float, na_value=np.nan)
    return np.divide(count, n, out=np.full(len(n), np.nan), where=n > 0), n


def _limits(value: np.ndarray, n: np.ndarray, made: np.ndarray, rules: _Rules) -> _Limits:
    nothing = np.full(len(value), np.nan)
    if made.sum() < _FEWEST:
        center = float(np.mean(value[made])) if made.any() else np.nan
        return _Limits(center, nothing, "few_points")
    if rules.kind == "xmr":
        # A point that is missing breaks the chain: no range spans it.
        ranges = np.abs(np.diff(np.where(made, value, np.nan)))
        if np.isnan(ranges).all():
            return _Limits(float(np.mean(value[made])), nothing, "few_points")
        sigma = np.full(len(value), np.nanmean(ranges) / _D2)
        center = float(np.mean(value[made]))
    else:
        center = float(np.sum(value[made] * n[made]) / np.sum(n[made]))
        spread = center * (1 - center) if rules.kind == "p" else center
        sigma = np.sqrt(spread / np.where(n > 0, n, np.nan))
        if rules.overdispersed and spread > 0:
            z = (value - center) / sigma
            moves = np.abs(np.diff(np.where(made, z, np.nan)))
            # No two points in a row: nothing tells of a variation between them.
            sigma *= 1.0 if np.isnan(moves).all() else max(1.0, np.nanmean(moves) / _D2)
    if not np.nanmax(sigma) > 0:
        return _Limits(center, nothing, "no_variation")
    return _Limits(center, sigma)


def _alarms(own: pd.DataFrame) -> Iterator[dict[str, object]]:
    z = ((own["value"] - own["center"]) / own["sigma"]).to_numpy(float, na_value=np.nan)
    met_somewhere = set("、".join(own["rules"].dropna()).split("、"))
    used = tuple(rule for rule in RULES if rule in met_somewhere)
    for (rule, side), met in patterns(z, used).items():
        at = np.flatnonzero(met)
        for group in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
            if not len(group):
                continue
            first, last = own.loc[max(0, group[0] - length_of(rule) + 1)], own.loc[group[-1]]
            limit = {"above": last["upper"], "below": last["lower"]}.get(side)
            yield {
                "stream": last["stream"],
                "group": last["group"],
                "rule": rule,
                "side": side,
                "since": first["time"],
                "until": last["time"],
                "points": int(last.name) - int(first.name) + 1,
                "value": last["value"],
                "center": last["center"],
                "limit": limit,
            }


def _check(streams: pd.DataFrame, kind: str, baseline: int | None, rules: Sequence[str]) -> None:
    if kind not in _KINDS:
        raise ValueError(f"kind: expected one of {', '.join(_KINDS)}, found {kind!r}")
    unknown = [rule for rule in rules if rule not in RULES]
    if isinstance(rules, str) or unknown:
        raise ValueError(f"rules: expected some of {', '.join(RULES)}, found {rules!r}")
    if baseline is not None and baseline < 2:
        raise ValueError(f"baseline: expected at least 2 points, found {baseline!r}")
    needed = ["stream", "time", *(("value",) if kind == "xmr" else ("count", "n"))]
    missing = [name for name in needed if name not in streams]
    if missing:
        raise ValueError(
            f"streams: expected columns {', '.join(needed)}, {', '.join(missing)} missing; "
            "make the table with evaluation.stream or name the columns so"
        )
    words = [
        name
        for name in needed[2:]
        if streams[name].notna().any() and not pd.api.types.is_numeric_dtype(streams[name].dtype)
    ]
    if words:
        raise ValueError(
            f"streams: expected numbers in {', '.join(words)}, found dtype "
            f"{streams[words[0]].dtype}; read them with pandas.to_numeric"
        )
    if streams["time"].isna().any():
        raise ValueError("streams.time: expected a time in every row, found empty ones")
    keys = [name for name in ("stream", "group", "time") if name in streams]
    if streams.duplicated(keys).any():
        raise ValueError("streams: expected each time once a stream, found some twice; add them up")
    if kind != "xmr" and ((streams["count"] < 0) | (streams["n"] < 0)).any():
        raise ValueError("streams: expected counts and n of at least 0, found negative ones")
    if kind == "p" and (streams["count"] > streams["n"]).any():
        raise ValueError(
            "streams: expected counts up to n, found larger ones; events per unit want kind='u'"
        )
