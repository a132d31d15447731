"""Exhibits of indicators against their targets, of ranks and their certainty, of first levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Further from the target than this (in parts of it) is drawn at the edge, with an arrow.
_REACH = 0.5
#: More groups than this cannot be told apart in one radar.
_GROUPS = 4


@style.styled
def target_bullets(results: pd.DataFrame, *, labels: Mapping[str, str] | None = None) -> Axes:
    """Set each indicator against its own target, as the part of the target it is ahead or short.

    Indicators of different units share one axis that way; the figures themselves stand beside.

    Parameters
    ----------
    results : DataFrame
        Rows of the table ``target_results``: one period, one group, one row an indicator.
    labels : mapping of str to str, optional
        What an indicator is called, by its id; without it its own name.

    Returns
    -------
    matplotlib.axes.Axes
        One row an indicator, in the table's order; the line in the middle is the target, left of
        it falls short. Indicators that fall short for certain have the accent colour; the thin
        line is the interval. Those without a value or target follow in grey with no mark. What is
        more than half of the target away stands at the edge with an arrow.

    Raises
    ------
    ValueError
        For a table that is not ``target_results``, or two rows for one indicator.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in target_bullets(empty("target_results")).texts]
    ['数据不足']
    """
    _require(results, ("ahead", "status", "certain", "target"), "target_bullets", "target_results")
    frames.require_unique(results, ["indicator", "group_by", "group", "period"], "target_bullets")
    frames.require_one(results, "group", "target_bullets")
    frames.require_one(results, "period", "target_bullets")
    if not (results["status"] != "unknown").any():
        return style.no_data()
    rows = results.assign(_blank=results["status"] == "unknown")
    rows = rows.sort_values("_blank", kind="stable")
    axes = style.canvas(0.46 * len(rows) + 0.9)
    for place, row in enumerate(rows.itertuples()):
        if row.status != "unknown":
            _bullet(axes, place, row)
    axes.axvline(0, color=style.INK, lw=1.2, zorder=3)
    names = [style.wrap((labels or {}).get(r.indicator, r.name)) for r in rows.itertuples()]
    style.name_rows(axes, names, list(~rows["_blank"]))
    for place, row in enumerate(rows.itertuples()):
        told = "没有数或没有目标" if row.status == "unknown" else _figures(row)
        colour = style.GREY if row.status == "unknown" else style.INK
        where = axes.get_yaxis_transform()
        axes.text(1.03, place, told, va="center", color=colour, transform=where)
    axes.set_xlim(-_REACH * 1.08, _REACH * 1.08)
    axes.set_xticks([-0.5, -0.25, 0, 0.25, 0.5], ["差 50%", "", "目标", "", "超 50%"])
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


@style.styled
def rank_intervals(stability: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Show the interval in which each group's rank lies when weights and values move.

    Parameters
    ----------
    stability : DataFrame
        Rows of the table ``stability``: one method, one row a group.
    labels : mapping of str to str
        What a group is called; one without a label keeps its own name.

    Returns
    -------
    matplotlib.axes.Axes
        Best group first; the dot is the rank without movement, the line its interval; to the right
        the chance of being first and last. Groups without a rank follow in grey.

    Raises
    ------
    ValueError
        For a table that is not ``stability``, more than one method, or two rows for a group.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in rank_intervals(empty("stability"), labels={}).texts]
    ['数据不足']
    """
    _require(stability, ("rank_low", "p_first", "p_last"), "rank_intervals", "stability")
    frames.require_one(stability, "method", "rank_intervals")
    frames.require_unique(stability, ["group"], "rank_intervals")
    if not stability["rank_low"].notna().any():
        return style.no_data()
    rows = stability.sort_values(["rank", "group"], kind="stable")
    axes = style.canvas(0.46 * len(rows) + 1.0)
    drawn = rows["rank_low"].notna()
    for place, row in enumerate(rows.itertuples()):
        if pd.isna(row.rank_low):
            continue
        firm = row.rank_low == row.rank_high
        colour = style.ACCENT if firm else style.MUTED
        axes.plot([row.rank_low, row.rank_high], [place, place], color=colour, lw=3, zorder=2)
        axes.plot(row.rank, place, "o", color=colour, markersize=8, zorder=4)
        told = f"第一 {row.p_first:.0%} · 最后 {row.p_last:.0%}"
        axes.text(1.03, place, told, va="center", transform=axes.get_yaxis_transform())
    names = [style.wrap(labels.get(group, group)) for group in rows["group"]]
    style.name_rows(axes, names, list(drawn))
    last = int(drawn.sum())
    axes.set_xlim(0.6, last + 0.4)
    axes.set_xticks(range(1, last + 1, max(1, last // 8)))
    axes.set_xlabel("名次（1 为最好）")
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


@style.styled
def first_levels(evaluation: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Show the first-level scores as a radar, and the same scores as bars below it.

    The radar is there for its shape; its areas mislead, so lengths are compared on the bars.

    Parameters
    ----------
    evaluation : DataFrame
        Rows of the table ``evaluation`` whose scores are points from 0 to 100: one method, up to
        four groups.
    labels : mapping of str to str
        What a group is called; one without a label keeps its own name.

    Returns
    -------
    matplotlib.axes.Axes
        The bars; the radar is the other axes of the figure, and is left out where there are fewer
        than three first-level indicators or a score is missing, since a shape with a hole in it
        says nothing.

    Raises
    ------
    ValueError
        For a table that is not ``evaluation``, more than one method or four groups, scores outside
        0 to 100, or two rows for one group and part.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in first_levels(empty("evaluation"), labels={}).texts]
    ['数据不足']
    """
    _require(evaluation, ("part", "score", "method"), "first_levels", "evaluation")
    frames.require_one(evaluation, "method", "first_levels")
    frames.require_unique(evaluation, ["group_by", "group", "part"], "first_levels")
    rows = evaluation[evaluation["part"] != "total"]
    if not rows["score"].notna().any():
        return style.no_data()
    scores = rows.assign(score=frames.numbers(rows["score"])).pivot_table(
        index="part", columns="group", values="score", sort=False, dropna=False
    )
    scores = scores.reindex(list(dict.fromkeys(rows["part"])))
    if len(scores.columns) > _GROUPS:
        raise ValueError(
            f"first_levels: expected up to {_GROUPS} groups, found {len(scores.columns)}; choose "
            "those to compare, or show the ranks"
        )
    # A weighted mean of hundreds may lie beyond them in the last digit.
    if (scores.min(axis=None) < -1e-9) or (scores.max(axis=None) > 100 + 1e-9):
        raise ValueError(
            "first_levels: expected points from 0 to 100, found others; use points against the "
            "target"
        )
    whole = bool(scores.notna().all(axis=None)) and len(scores) >= 3
    axes = _panels(scores, whole=whole)
    _bars(axes, scores, labels)
    return axes


def _panels(scores: pd.DataFrame, *, whole: bool) -> Axes:
    """Open the bars' axes, under a radar where its shape is whole."""
    import matplotlib.pyplot as plt

    height = 0.28 * scores.size + 0.25 * len(scores) + 0.9
    if not whole:
        return style.canvas(height)
    figure = plt.figure(figsize=(style.WIDTH, height + 3.4), layout="constrained")
    above, below = figure.add_gridspec(2, 1, height_ratios=[3.4, height])
    radar = figure.add_subplot(above, projection="polar")
    angles = np.linspace(0, 2 * np.pi, len(scores), endpoint=False)
    for place, group in enumerate(scores):
        points = scores[group].to_numpy()
        radar.plot(
            np.append(angles, angles[0]),
            np.append(points, points[0]),
            color=style.SERIES[place],
            lw=2,
        )
    radar.set_theta_zero_location("N")
    radar.set_theta_direction(-1)
    radar.set_xticks(angles, list(scores.index))
    radar.tick_params(axis="x", pad=12)
    radar.set_ylim(0, 100)
    radar.set_yticks([50, 100], ["50", "100"], color=style.GREY)
    radar.spines["polar"].set_color(style.RULE)
    return figure.add_subplot(below)


def _bars(axes: Axes, scores: pd.DataFrame, labels: Mapping[str, str]) -> None:
    n = len(scores.columns)
    for place, group in enumerate(scores):
        heights = np.arange(len(scores)) + (place - (n - 1) / 2) * 0.8 / n
        points = scores[group].to_numpy()
        shown = np.where(np.isnan(points), 0, points)
        colour = style.SERIES[place] if n > 1 else style.ACCENT
        axes.barh(heights, shown, height=0.7 / n, color=colour, label=labels.get(group, group))
        for y, point in zip(heights, points, strict=True):
            told = "没有得分" if np.isnan(point) else f"{point:.1f}"
            axes.text((0 if np.isnan(point) else point) + 1.5, y, told, va="center")
    style.name_rows(axes, [style.wrap(part) for part in scores.index], [True] * len(scores))
    axes.set_xlim(0, 112)
    axes.set_xticks([0, 50, 100])
    axes.set_xlabel("得分（100 为达到目标）")
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    if n > 1:
        axes.figure.legend(loc="outside lower center", ncols=2)


def _bullet(axes: Axes, place: int, row: Any) -> None:
    """Draw one indicator: how far it is ahead of its target, in parts of the target."""
    unit = abs(row.target) or 1.0
    ahead = row.ahead / unit
    colour = style.ACCENT if row.status != "met" and row.certain else style.MUTED
    at = float(np.clip(ahead, -_REACH, _REACH))
    axes.barh(place, at, height=0.5, color=colour, zorder=2)
    if at != ahead:
        axes.plot(at, place, ">" if ahead > 0 else "<", color=colour, markersize=9, zorder=4)
    if pd.notna(row.ci_low) and pd.notna(row.ci_high):
        ends = np.array([row.ci_low, row.ci_high], dtype=float) - row.target
        ends = np.clip((ends if row.direction == "higher" else -ends) / unit, -_REACH, _REACH)
        axes.plot(ends, [place, place], color=style.INK, lw=1.4, zorder=4)


def _figures(row: Any) -> str:
    return f"{_shown(row.value, row.unit)} / {_shown(row.target, row.unit)}"


def _shown(value: float, unit: str | None) -> str:
    if unit in ("比率", "NPS"):
        return frames.shown(value, "share" if unit == "比率" else "nps")
    text = f"{value:,.2f}" if abs(value) < 10 else f"{value:,.0f}"
    return f"{text} {unit}" if unit and not pd.isna(unit) else text


def _require(table: pd.DataFrame, columns: tuple[str, ...], exhibit: str, name: str) -> None:
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise ValueError(
            f"{exhibit}: expected the table {name}, found one without {lacking}; make it with "
            "csatlib.evaluation"
        )
