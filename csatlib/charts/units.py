"""Exhibits of the rates of customer units: against chance, and against the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More units than this are a shape, and their names would be no names.
_NAMED = 40
_LEVELS = (("funnel", "-", "单位间仅有偶然差异时的范围"), ("alarm", (0, (4, 3)), "同上（99.8%）"))


@style.styled
def funnel(units: pd.DataFrame, *, labels: Mapping[str, str], named: int = 8) -> Axes:
    """Set each unit's rate against its number of answers, inside the limits of chance.

    A small unit's rate strays further by chance than a large one's, so it is the funnel, and not
    the place in a row, that says which units differ from all together.

    Parameters
    ----------
    units : DataFrame
        Rows of the ``units`` table: one item of one quarter, one row a unit.
    labels : mapping of str to str
        What a unit is called on the chart; a unit without a label keeps its own name.
    named : int
        How many of the units outside the funnel are named, those furthest outside first.

    Returns
    -------
    matplotlib.axes.Axes
        One dot a unit, those outside the funnel in the accent colour; the lines are the overall
        rate, the limits of the table and its wider ones. Units without a rate are not drawn, and
        the axis says how many they are.

    Raises
    ------
    ValueError
        For a table that is not the ``units`` table, or more than one item, or a row too many for
        a unit.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in funnel(empty("units"), labels={}).texts]
    ['数据不足']
    """
    _check(units, "funnel")
    drawn = units.loc[frames.has_mark(units)].sort_values(["n", "group"], kind="stable")
    if drawn.empty:
        return style.no_data()
    axes = style.canvas(4.2)
    n, rate = frames.numbers(drawn["n"]), frames.numbers(drawn["estimate"])
    outside = drawn["funnel"].isin(["below", "above"]).to_numpy()
    for name, dashes, told in _LEVELS:
        for side, label in (("low", told), ("high", "_")):
            limit = frames.numbers(drawn[f"{name}_{side}"])
            axes.plot(n, limit, color=style.GREY, lw=1.1, linestyle=dashes, label=label, zorder=2)
    overall = float(drawn["overall"].iloc[0])
    axes.axhline(overall, color=style.INK, lw=1.2, label=f"总体 {frames.shown(overall, 'share')}")
    colours = np.where(outside, style.ACCENT, style.MUTED)
    axes.scatter(n, rate, c=colours, s=34, zorder=4, linewidths=0)
    _frame(axes, drawn, absent=len(units) - len(drawn))
    _name_outside(axes, drawn.loc[outside], labels, named)
    axes.figure.legend(loc="outside upper left", ncols=1)
    return axes


@style.styled
def unit_ranks(units: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Line the units up by their shrunken rate, with its interval, the target and their ranks.

    Parameters
    ----------
    units : DataFrame
        Rows of the ``units`` table: one item of one quarter, one row a unit.
    labels : mapping of str to str
        What a unit is called on the chart; a unit without a label keeps its own name.

    Returns
    -------
    matplotlib.axes.Axes
        Highest rate first; to the right the median rank and its interval, or that the unit is too
        small to be ranked. Units whose whole interval lies below the target have the accent
        colour. Units without a rate follow in grey. More than forty units have no names.

    Raises
    ------
    ValueError
        For a table that is not the ``units`` table, or more than one item or target, or a row too
        many for a unit.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in unit_ranks(empty("units"), labels={}).texts]
    ['数据不足']
    """
    _check(units, "unit_ranks")
    frames.require_one(units, "target", "unit_ranks")
    drawn = frames.has_mark(units) & units["shrunken"].notna()
    if not drawn.any():
        return style.no_data()
    rows = units.assign(drawn=drawn, _height=units["shrunken"].where(drawn))
    rows = rows.sort_values(["_height", "group"], ascending=[False, True], kind="stable")
    few = len(rows) <= _NAMED
    axes = style.canvas(0.44 * len(rows) + 0.9 if few else 7.5)
    target = rows["target"].iloc[0]
    _draw_intervals(axes, rows, target, few=few)
    if pd.notna(target):
        axes.axvline(float(target), color=style.INK, linestyle=(0, (4, 3)), lw=1.2, zorder=3)
        axes.annotate(
            f"目标 {frames.shown(float(target), 'share')}",
            (float(target), 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            va="bottom",
        )
    names = [style.wrap(labels.get(unit, unit)) for unit in rows["group"]]
    style.name_rows(axes, names, list(rows["drawn"]))
    if few:
        _write_ranks(axes, rows)
    else:
        axes.set_yticks([])
    axes.xaxis.set_major_formatter(lambda value, _: frames.tick(value, "share"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def _check(units: pd.DataFrame, exhibit: str) -> None:
    missing = {"funnel_low", "alarm_low", "shrunken", "overall"} - set(units.columns)
    if missing:
        raise ValueError(
            f"{exhibit}: expected the units table, found one without {sorted(missing)}; "
            "make it with estimates.units"
        )
    for column in ("quarter", "line", "item", "group_by"):
        frames.require_one(units, column, exhibit)
    frames.require_unique(units, ["group"], exhibit)


def _frame(axes: Axes, drawn: pd.DataFrame, *, absent: int) -> None:
    """Set the axes of the funnel: no limit and no unit is cut off."""
    columns = ["estimate", "funnel_low", "funnel_high"]
    ends = np.concatenate([frames.numbers(drawn[column]) for column in columns])
    room = max(np.ptp(ends) * 0.06, 0.01)
    axes.set_ylim(max(ends.min() - room, -0.03), min(ends.max() + room, 1.03))
    axes.yaxis.set_major_formatter(lambda value, _: frames.tick(value, "share"))
    left_out = f"（{absent} 个单位没有满意率，未画出）" if absent else ""
    axes.set_xlabel(f"有效问卷数{left_out}")
    axes.set_ylabel("满意率")
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


def _name_outside(axes: Axes, rows: pd.DataFrame, labels: Mapping[str, str], named: int) -> None:
    """Name the units outside in a column at the right, each led to its dot by a line."""
    low, high, rate = (frames.numbers(rows[c]) for c in ("funnel_low", "funnel_high", "estimate"))
    # In units of the funnel's width: far outside a narrow funnel is further than a wide one's.
    distance = np.maximum(low - rate, rate - high) / np.maximum(high - low, 1e-9)
    chosen = rows.iloc[np.argsort(-distance, kind="stable")[:named]]
    chosen = chosen.sort_values(["estimate", "group"], kind="stable")
    bottom, top = axes.get_ylim()
    places = _apart((frames.numbers(chosen["estimate"]) - bottom) / (top - bottom))
    for (_, row), place in zip(chosen.iterrows(), places, strict=True):
        axes.annotate(
            labels.get(row["group"], row["group"]),
            (float(row["n"]), float(row["estimate"])),
            xytext=(1.04, place),
            textcoords="axes fraction",
            color=style.ACCENT,
            va="center",
            arrowprops={
                "arrowstyle": "-",
                "color": style.MUTED,
                "lw": 0.7,
                "relpos": (0, 0.5),
                "shrinkB": 4,
            },
        )


def _apart(places: np.ndarray, *, gap: float = 0.085) -> np.ndarray:
    """Move ascending places apart, up first and then down where they pass the top."""
    moved = places.copy()
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    ceiling = 1.0
    for i in range(len(moved) - 1, -1, -1):
        moved[i] = min(moved[i], ceiling)
        ceiling = moved[i] - gap
    return moved


def _draw_intervals(axes: Axes, rows: pd.DataFrame, target: float, *, few: bool) -> None:
    middle, low, high = (
        frames.numbers(rows[c]) for c in ("shrunken", "shrunken_low", "shrunken_high")
    )
    for place in np.flatnonzero(rows["drawn"].to_numpy(dtype=bool)):
        short = pd.notna(target) and high[place] < target
        colour = style.ACCENT if short else style.MUTED
        axes.plot([low[place], high[place]], [place, place], color=colour, lw=2.4 if few else 0.6)
        axes.plot(middle[place], place, "o", color=colour, markersize=8 if few else 2, zorder=4)


def _write_ranks(axes: Axes, rows: pd.DataFrame) -> None:
    """Write each unit's rank to the right of the plot, and inside it why there is no mark."""
    for place, (_, row) in enumerate(rows.iterrows()):
        inside, note = 1.03, f"样本少，不排名 (n={row['n']})"
        if not row["drawn"]:
            inside, note = 0.02, frames.too_few(row["n"])
        elif pd.notna(row["rank"]):
            low, middle, high = (f"{row[c]:.0f}" for c in ("rank_low", "rank", "rank_high"))
            note = f"第 {middle} 名（{low}–{high}）"
        axes.text(
            inside,
            place,
            note,
            va="center",
            color=style.INK if pd.notna(row["rank"]) else style.GREY,
            transform=axes.get_yaxis_transform(),
        )
