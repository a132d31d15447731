"""Indicators against their targets, and targets parted among links of the process and teams."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special

from csatlib.evaluation.arguments import figures, fitted, one_of
from csatlib.study import Indicator, IndicatorSystem

__all__ = ["against_targets", "decompose_targets", "target_summary"]

_STATUSES = ("met", "near", "missed", "unknown")
_COPIED = (
    *("indicator", "name", "first", "link", "team", "group_by", "group", "period"),
    *("value", "n", "target", "direction", "unit"),
)


def against_targets(
    values: pd.DataFrame, *, near: float = 0.05, conf: float = 0.95
) -> pd.DataFrame:
    r"""Say which indicators meet their targets, and whether the sample makes that certain.

    Parameters
    ----------
    values : DataFrame
        Table ``indicator_values``.
    near : float
        By what part of the target a value may fall short and still be near it; of a target of 0,
        by how much.
    conf : float
        The level of the intervals of values that have a standard error and no interval.

    Returns
    -------
    DataFrame
        Table ``target_results``, rows as in ``values``: ``indicator, name, first, link, team,
        group_by, group, period, value, ci_low, ci_high, n, target, direction, unit``; ``ahead``,
        how far the value is on the good side of its target (below 0: short of it), in its own
        unit; ``status``: ``met``, ``near``, ``missed`` or ``unknown``; ``certain``, whether the
        whole interval lies on the side of the target that the value is on; ``reason``:
        ``no_target``, why there is no value, or why there is no interval.

    Raises
    ------
    ValueError
        For a table without these columns, and settings out of range.

    Notes
    -----
    A value equal to its target meets it. Figures that count everybody (``census``) have no
    sampling error and are certain; figures without a known error never are. The interval made of
    a standard error is the normal one, :math:`x \pm z\,se`.

    Examples
    --------
    >>> from csatlib import schema
    >>> row = {"indicator": "a", "name": "满意率", "first": "客户满意度", "period": "2026Q3",
    ...     "value": 0.78, "se": 0.02, "n": 400, "target": 0.8, "direction": "higher",
    ...     "source": "survey"}
    >>> blank = schema.empty("indicator_values")
    >>> values = pd.DataFrame([row]).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())
    >>> against_targets(values)[["ahead", "status", "certain"]].round(3)
       ahead status  certain
    0  -0.02   near    False
    """
    lacking = [c for c in (*_COPIED, "se", "ci_low", "ci_high", "reason") if c not in values]
    if lacking:
        raise ValueError(
            f"values: expected the table indicator_values, found one without {lacking}; make it "
            "with evaluation.indicator_values"
        )
    if not 0 <= near < 1 or not 0 < conf < 1:
        raise ValueError(
            f"expected near from 0 to 1 and conf between 0 and 1, found {near}, {conf}"
        )
    numbers = ["value", "se", "ci_low", "ci_high", "target"]
    value, se, low, high, target = figures(values[numbers], "values").T
    reach = special.ndtri((1 + conf) / 2) * se
    open_ended = np.isnan(low) & np.isnan(high)
    low, high = np.where(open_ended, value - reach, low), np.where(open_ended, value + reach, high)
    sign = np.where(values["direction"] == "higher", 1.0, -1.0)
    ahead = sign * (value - target)
    worst = np.where(sign > 0, low - target, target - high)
    best = np.where(sign > 0, high - target, target - low)
    # Sums of tenths differ from what is written in the last digit.
    slack = 1e-12 * np.maximum(np.abs(target), 1)
    width = np.where(target == 0, near, near * np.abs(target))
    status = np.select(
        [np.isnan(ahead), ahead >= -slack, ahead >= -width - slack],
        ["unknown", "met", "near"],
        default="missed",
    )
    certain = np.where(status == "met", worst >= -slack, best < -slack) & (status != "unknown")
    reason = values["reason"].mask(values["value"].notna() & values["target"].isna(), "no_target")
    found = {c: values[c].tolist() for c in _COPIED}
    found |= {"ci_low": low, "ci_high": high, "ahead": ahead, "status": status}
    return fitted(found | {"certain": certain, "reason": reason.tolist()}, "target_results")


def target_summary(results: pd.DataFrame, *, by: str = "first") -> pd.DataFrame:
    """Count how many targets each part of the work meets.

    Parameters
    ----------
    results : DataFrame
        Table ``target_results``, of one period.
    by : str
        ``first``, ``link`` or ``team``: the whole line's indicators by what they belong to; else
        the name of a grouping in ``group_by``, such as ``unit``: each group's own values.

    Returns
    -------
    DataFrame
        Table ``target_summary``, one row a part, in the table's order: ``by, part, indicators,
        met, near, missed, unknown``; ``certain``, how many of the known are so beyond chance;
        ``share`` of the known that are met; ``reason`` (``nothing_known``). Indicators that
        belong to no link or team do not count.

    Raises
    ------
    ValueError
        For a table without these columns.

    Examples
    --------
    >>> from csatlib import schema
    >>> target_summary(schema.empty("target_results")).shape
    (0, 10)
    """
    part = (by,) if by in ("first", "link", "team") else ()
    lacking = [c for c in ("status", "certain", "group_by", "group", *part) if c not in results]
    if lacking:
        raise ValueError(
            f"results: expected the table target_results, found one without {lacking}; make it "
            "with evaluation.against_targets"
        )
    if by in ("first", "link", "team"):
        rows, column = results[results["group_by"].isna()], by
    else:
        rows, column = results[results["group_by"] == by], "group"
    found = []
    for part, held in rows.dropna(subset=[column]).groupby(column, sort=False):
        counts = {status: int((held["status"] == status).sum()) for status in _STATUSES}
        known = len(held) - counts["unknown"]
        found.append(
            {"by": by, "part": part, "indicators": len(held), **counts}
            | {"certain": int(held["certain"].sum())}
            | {"share": counts["met"] / known if known else None}
            | {"reason": None if known else "nothing_known"}
        )
    return fitted(found, "target_summary")


def decompose_targets(system: IndicatorSystem, *, by: str = "link") -> pd.DataFrame:
    r"""Part the system's targets among the links of the process, or among teams.

    Parameters
    ----------
    system : IndicatorSystem
        Its ``links`` (or ``teams``) say who takes which share of what belongs to all; an
        indicator with a ``link`` (``team``) of its own belongs to that one alone.
    by : {"link", "team"}
        What the targets are parted among.

    Returns
    -------
    DataFrame
        Table ``target_shares``, one row a part and indicator, parts in the system's order:
        ``by, part, indicator, name, first, unit, direction``; ``whole``, the system's target;
        ``target`` of the part: its share of the whole where the indicator is additive, else the
        same; ``share`` of the indicator that the part answers for (adds up to 1 for each
        indicator); ``weight``, that share times the indicator's share of the system (adds up to 1
        in all: a part's sum is how much of the whole judgement it answers for); ``owner``;
        ``reason``: ``no_target``, or ``no_parts`` where nobody is named: the part is 未分配.

    Raises
    ------
    ValueError
        For another ``by``.

    Notes
    -----
    With the shares :math:`s_k` of the parts and the target :math:`T` of an additive indicator
    (minutes, money), :math:`T_k = s_k T` and :math:`\sum_k T_k = T`. A rate or a score is the
    same target for everybody, since a mean of parts that each reach it reaches it too.

    Examples
    --------
    >>> from csatlib.study import IndicatorSystem
    >>> system = IndicatorSystem.model_validate({"first": {"流程效率": 1.0},
    ...     "links": {"前端接待": 1.0, "方案实施": 3.0}, "indicators": (
    ...     {"id": "time", "name": "处理时长", "first": "流程效率", "unit": "分钟",
    ...      "direction": "lower", "target": 480.0, "additive": True},)})
    >>> decompose_targets(system)[["part", "target", "share", "weight"]]
       part  target  share  weight
    0  前端接待   120.0   0.25    0.25
    1  方案实施   360.0   0.75    0.75
    """
    one_of(by, ("link", "team"), "by")
    shares = system.links if by == "link" else system.teams
    weights = system.weights
    named = [getattr(one, by) for one in system.indicators]
    parts = dict.fromkeys([*shares, *(part for part in named if part is not None), None])
    order = {part: place for place, part in enumerate(parts)}
    rows: list[tuple[int, dict[str, object]]] = []
    for one, own in zip(system.indicators, named, strict=True):
        for part, share in _parts(own, shares).items():
            rows.append((order[part], _part(one, by, part, share, weights[one.id])))
    kept = [row for _, row in sorted(rows, key=lambda pair: pair[0])]
    return fitted(kept, "target_shares")


def _parts(own: str | None, shares: Mapping[str, float]) -> dict[str | None, float]:
    if own is not None:
        return {own: 1.0}
    whole = sum(shares.values())
    return {part: share / whole for part, share in shares.items()} or {None: 1.0}


def _part(
    one: Indicator, by: str, part: str | None, share: float, weight: float
) -> dict[str, object]:
    target = None if one.target is None else one.target * (share if one.additive else 1.0)
    without = "no_target" if target is None else None
    return {
        "by": by,
        "part": part or "未分配",
        "indicator": one.id,
        "name": one.name,
        "first": one.first,
        "unit": one.unit or None,
        "direction": one.direction,
        "whole": one.target,
        "target": target,
        "share": share,
        "weight": share * weight,
        "owner": one.owner,
        "reason": "no_parts" if part is None else without,
    }
