"""Exhibits of what goes with overall satisfaction: importances, and the priority matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

#: What each quadrant is called, and the corner it is written in (x, y).
_QUADRANTS = {
    "improve": ("优先改进", 0, 1),
    "maintain": ("继续保持", 1, 1),
    "minor": ("次要改进", 0, 0),
    "surplus": ("无须加码", 1, 0),
}
_CUTS = {"mean": "平均", "median": "中位", "given": "目标"}
_METRICS = {"mean": "平均分", "share": "满意率", "nps": "净推荐值"}
#: Where a name may stand beside its dot: points away, the nearest first.
_DIRECTIONS = ((1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (-1, 0), (0, 1), (0, -1))
_DISTANCES = (6.0, 9.0, 16.0, 26.0, 40.0, 58.0)


@style.styled
def importance_dots(drivers: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Rank drivers by importance, with intervals and the ranks that are as likely.

    Parameters
    ----------
    drivers : DataFrame
        Rows of the ``drivers`` table: one method, one row a driver.
    labels : mapping of str to str
        What each driver is called on the chart.

    Returns
    -------
    matplotlib.axes.Axes
        Most important first: a dot at ``importance``, the part of the variance of the overall
        score that goes with the driver, and its interval; to the right the rank and its interval.
        Drivers that may be first (``rank_low`` 1) have the accent colour; those without an
        importance follow in grey. Without any it says 数据不足.

    Raises
    ------
    ValueError
        When a driver has no label or more than one row, or the methods differ.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in importance_dots(empty("drivers"), labels={}).texts]
    ['数据不足']
    """
    frames.require_one(drivers, "method", "importance_dots")
    frames.require_unique(drivers, ["driver"], "importance_dots")
    rows = drivers.sort_values(
        ["importance", "driver"], ascending=[False, True], na_position="last", kind="stable"
    )
    names = [style.wrap(frames.label(d, labels, "importance_dots")) for d in rows["driver"]]
    drawn = rows["importance"].notna().to_numpy()
    if not drawn.any():
        return style.no_data()
    lines = max(name.count("\n") + 1 for name in names)
    axes = style.canvas((0.26 + 0.2 * lines) * len(rows) + 0.8)
    value, low, high = (frames.numbers(rows[c]) for c in ("importance", "ci_low", "ci_high"))
    places = np.arange(len(rows))
    axes.hlines(
        places, 0, 1, colors=style.RULE, lw=1, zorder=0, transform=axes.get_yaxis_transform()
    )
    first = (frames.numbers(rows["rank_low"]) <= 1) | (np.isnan(frames.numbers(rows["rank_low"])))
    for place in np.flatnonzero(drawn):
        colour = style.ACCENT if first[place] else style.GREY
        axes.plot(value[place], place, "o", color=colour, markersize=9, zorder=4)
        if not np.isnan(low[place] + high[place]):
            axes.plot([low[place], high[place]], [place, place], color=colour, lw=2.4, zorder=3)
    for place, (_, row) in enumerate(rows.iterrows()):
        _write_rank(axes, place, row, first=bool(first[place]))
    axes.set_xlim(min(0.0, np.nanmin(np.append(low, 0))), np.nanmax(np.append(high, value)) * 1.06)
    linear = "kind" not in rows or (rows["kind"].fillna("linear") == "linear").all()
    axes.set_xlabel(f"与整体满意度的关联：{'占其方差的比例' if linear else '伪 R² 中的部分'}")
    axes.xaxis.set_major_formatter(lambda at, _: frames.tick(at, "share"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    style.name_rows(axes, names, list(drawn))
    return axes


@style.styled
def priority_matrix(priorities: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Set each driver's importance against its performance, with both intervals and both cuts.

    Parameters
    ----------
    priorities : DataFrame
        Table ``priorities``: one row a driver.
    labels : mapping of str to str
        What each driver is called on the chart.

    Returns
    -------
    matplotlib.axes.Axes
        Performance to the right, importance upwards; a cross of thin lines shows the intervals.
        Drivers to be improved first have the accent colour; a hollow dot says that the quadrant
        is not certain, or that nothing is known of its chance. Drivers without a quadrant are not
        drawn, and the axis says how many they are. Without any it says 数据不足.

    Raises
    ------
    ValueError
        When a driver has no label or more than one row, or metrics, groups or cuts differ.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in priority_matrix(empty("priorities"), labels={}).texts]
    ['数据不足']
    """
    frames.require_unique(priorities, ["driver"], "priority_matrix")
    for column in ("group_by", "group", "metric", "importance_cut", "performance_cut"):
        frames.require_one(priorities, column, "priority_matrix")
    rows = priorities[priorities["quadrant"].notna()]
    names = [
        style.wrap(frames.label(d, labels, "priority_matrix"), width=12) for d in rows["driver"]
    ]
    if rows.empty:
        return style.no_data()
    axes = style.canvas(5.2)
    metric = str(rows["metric"].iloc[0])
    cuts = float(rows["performance_cut"].iloc[0]), float(rows["importance_cut"].iloc[0])
    x, y = _draw_points(axes, rows)
    _set_reaches(axes, rows, cuts, metric)
    _draw_cuts(axes, rows, cuts, metric)
    corners = [
        axes.annotate(
            name,
            (right, top),
            xycoords="axes fraction",
            xytext=(-6 if right else 6, -6 if top else 6),
            textcoords="offset points",
            ha="right" if right else "left",
            va="top" if top else "bottom",
            color=style.ACCENT if quadrant == "improve" else style.GREY,
        )
        for quadrant, (name, right, top) in _QUADRANTS.items()
    ]
    absent = len(priorities) - len(rows)
    missing = f"（{absent} 个维度数据不足，未画出）" if absent else ""
    axes.set_xlabel(f"{_METRICS.get(metric, metric)} →{missing}")
    axes.set_ylabel("重要性（与整体满意度的关联）→")
    if rows["certain"].fillna(value=False).all():
        axes.figure.legends.clear()
    else:
        axes.figure.legend(loc="outside upper left", ncols=2, borderaxespad=0.1, handletextpad=0.2)
    _name_points(axes, (x, y), names, corners, _strokes(rows, cuts, axes))
    return axes


# ---- inside --------------------------------------------------------------------------------------


def _write_rank(axes: Axes, place: int, row: pd.Series, *, first: bool) -> None:
    """Write the rank to the right of the plot, or inside it why there is no mark."""
    inside, colour = 1.03, style.INK if first else style.GREY
    if pd.isna(row["importance"]):
        inside, note, colour = 0.02, style.NO_DATA, style.GREY
    elif pd.isna(row["rank"]):
        note = frames.shown(float(row["importance"]), "share")
    else:
        note = f"第 {row['rank']:.0f} 名"
        if pd.notna(row["rank_low"]) and pd.notna(row["rank_high"]):
            note += f"（{row['rank_low']:.0f}–{row['rank_high']:.0f}）"
    axes.text(inside, place, note, va="center", color=colour, transform=axes.get_yaxis_transform())


def _draw_points(axes: Axes, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    x, y = (frames.numbers(rows[c]) for c in ("performance", "importance"))
    ends = {
        axis: [frames.numbers(rows[f"{axis}_{end}"]) for end in ("low", "high")]
        for axis in ("performance", "importance")
    }
    certain = rows["certain"].fillna(value=False).to_numpy(dtype=bool)
    told: set[bool] = set()
    for place, quadrant in enumerate(rows["quadrant"]):
        colour = style.ACCENT if quadrant == "improve" else style.GREY
        low, high = (end[place] for end in ends["performance"])
        axes.plot([low, high], [y[place]] * 2, color=colour, lw=1.0, alpha=0.55, zorder=3)
        low, high = (end[place] for end in ends["importance"])
        axes.plot([x[place]] * 2, [low, high], color=colour, lw=1.0, alpha=0.55, zorder=3)
        sure = bool(certain[place])
        axes.plot(
            x[place],
            y[place],
            "o",
            color=colour,
            markerfacecolor=colour if sure else "white",
            markeredgewidth=1.8,
            markersize=9,
            zorder=4,
            label="_" if sure in told else ("象限较有把握" if sure else "象限没有把握"),
        )
        told.add(sure)
    return x, y


def _set_reaches(axes: Axes, rows: pd.DataFrame, cuts: tuple[float, float], metric: str) -> None:
    """Choose the axes: around points, intervals and cuts, with room for names."""
    for axis, cut, least, limit in (
        ("performance", cuts[0], 0.5 if metric == "mean" else 0.0, axes.set_xlim),
        ("importance", cuts[1], 0.0, axes.set_ylim),
    ):
        ends = [frames.numbers(rows[c]) for c in (axis, f"{axis}_low", f"{axis}_high")]
        values = np.append(np.concatenate(ends), cut)
        low, high = np.nanmin(values), np.nanmax(values)
        padding = max(0.13 * (high - low), (least - (high - low)) / 2, 1e-6)
        limit(low - padding, high + padding)
    axes.xaxis.set_major_formatter(lambda at, _: frames.tick(at, metric))
    axes.yaxis.set_major_formatter(lambda at, _: frames.tick(at, "share") if at >= 0 else "")
    axes.tick_params(colors=style.GREY)
    axes.locator_params(nbins=5)
    axes.grid(visible=False)
    axes.spines[["top", "right"]].set_visible(True)


def _draw_cuts(axes: Axes, rows: pd.DataFrame, cuts: tuple[float, float], metric: str) -> None:
    dashes = {"color": style.INK, "linestyle": (0, (4, 3)), "linewidth": 1.1, "zorder": 2}
    axes.axvline(cuts[0], **dashes)
    axes.axhline(cuts[1], **dashes)
    across, up = (
        _CUTS.get(str(rows[f"{axis}_rule"].iloc[0]), "界限")
        for axis in ("performance", "importance")
    )
    axes.annotate(
        f"{across} {frames.shown(cuts[0], metric)}",
        (cuts[0], 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
    )
    axes.annotate(
        f"{up}\n{frames.shown(cuts[1], 'share')}",
        (1, cuts[1]),
        xycoords=axes.get_yaxis_transform(),
        xytext=(4, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        linespacing=1.15,
    )


def _strokes(rows: pd.DataFrame, cuts: tuple[float, float], axes: Axes) -> np.ndarray:
    """List the lines that names had better not cross: x and y of both ends, in the axes' units."""
    names = ("performance", "importance")
    (x, left, right), (y, bottom, top) = (
        [frames.numbers(rows[f"{name}{end}"]) for end in ("", "_low", "_high")] for name in names
    )
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    crosses = [np.column_stack([left, y, right, y]), np.column_stack([x, bottom, x, top])]
    lines = [[west, cuts[1], east, cuts[1]], [cuts[0], south, cuts[0], north]]
    every = np.concatenate([*crosses, lines])
    return every[~np.isnan(every).any(axis=1)]


def _name_points(
    axes: Axes,
    points: tuple[np.ndarray, np.ndarray],
    names: Sequence[str],
    corners: Sequence[Annotation],
    strokes: np.ndarray,
) -> None:
    """Write each name where it covers no dot, no other name and no corner, as near as can be."""
    from matplotlib.patheffects import withStroke

    figure = axes.figure
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    # What the layout found is kept: names must not move what they were placed by.
    figure.set_layout_engine("none")
    point = figure.dpi / 72
    place_of = axes.transData.transform
    dots = place_of(np.column_stack(points))
    covered = _Covered(
        axes.get_window_extent(renderer),
        [(dot - 7 * point, dot + 7 * point) for dot in dots],
        [np.sort(place_of(line.reshape(2, 2)), axis=0) for line in strokes],
        [_ends(text.get_window_extent(renderer)) for text in corners],
    )
    for x, y, name in zip(*points, names, strict=True):
        label = axes.annotate(
            name,
            (x, y),
            xytext=(0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            linespacing=1.1,
            zorder=5,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
        box = label.get_window_extent(renderer)
        tried = []
        for distance, (right, up) in product(_DISTANCES, _DIRECTIONS):
            shift = np.array([right, up]) * (distance * point + np.array(box.size) / 2)
            cost = covered.cost(box.translated(*shift)) + distance / 20
            tried.append((round(cost, 6), len(tried), shift))
        shift = min(tried, key=lambda each: each[:2])[2]
        label.set_position(tuple(shift / point))
        covered.names.append(_ends(box.translated(*shift)))
        low, high = covered.names[-1]
        far = np.hypot(*np.maximum(np.maximum(low - dots, dots - high), 0).T) / point
        own = far[len(covered.names) - len(corners) - 1]
        # A name that stands far off, or nearer to another dot, is led to its own.
        if own > 20 or (far < own + 3).sum() > 1:
            _lead(axes, (x, y), shift / point)


def _lead(axes: Axes, at: tuple[float, float], offset: np.ndarray) -> None:
    """Draw a thin line from a dot to a name that stands far from it."""
    axes.annotate(
        "",
        at,
        xytext=tuple(offset),
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": style.MUTED, "lw": 0.8},
        zorder=2,
    )


@dataclass(frozen=True)
class _Covered:
    """What lies on the plot already, each as its lower left and upper right end, in pixels."""

    plot: Bbox
    dots: list[tuple[np.ndarray, np.ndarray]]
    strokes: list[np.ndarray]
    names: list[tuple[np.ndarray, np.ndarray]]

    def cost(self, box: Bbox) -> float:
        """Count what a name here would cover, and how far it would leave the plot."""
        low, high = _ends(box)
        plot = _ends(self.plot)
        outside = np.maximum(plot[0] - low, 0).sum() + np.maximum(high - plot[1], 0).sum()
        firm = sum(_meet((low, high), other) for other in (*self.dots, *self.names))
        crossed = sum(_meet((low, high), (line[0], line[1])) for line in self.strokes)
        return 10.0 * firm + crossed / 3 + outside


def _ends(box: Bbox) -> tuple[np.ndarray, np.ndarray]:
    return np.array(box.min), np.array(box.max)


def _meet(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> bool:
    return bool((one[0] < other[1]).all() and (other[0] < one[1]).all())
