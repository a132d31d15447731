"""The exhibits of what is watched: control charts and the stages of tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_TICKS = 5


@style.styled
def control_lines(chart: pd.DataFrame, *, metric: str = "mean") -> Axes:
    """Follow one stream between its control limits, with the alarms marked.

    Parameters
    ----------
    chart : DataFrame
        Rows of table ``control_charts`` of one stream and group.
    metric : str
        How figures are written: ``share`` as a percentage, ``mean`` as a number.

    Returns
    -------
    matplotlib.axes.Axes
        The limits are a grey band of steps, the centre a line; points that signal are filled in
        the warning colour. Without limits only the points are drawn.

    Raises
    ------
    ValueError
        For rows of several streams or groups, or a time that stands twice.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in control_lines(empty("control_charts")).texts]
    ['数据不足']
    """
    frames.require_one(chart, "stream", "control_lines")
    frames.require_one(chart, "group", "control_lines")
    frames.require_unique(chart, ["time"], "control_lines")
    known = chart[chart["value"].notna()].sort_values("time")
    if known.empty:
        return style.no_data()
    axes = style.canvas(3.4)
    places = np.arange(len(known))
    value, center, low, high = (
        frames.numbers(known[column]) for column in ("value", "center", "lower", "upper")
    )
    if not np.isnan(high).all():
        axes.fill_between(places, low, high, step="mid", color=style.RULE, alpha=0.6, linewidth=0)
        axes.plot(places, high, drawstyle="steps-mid", color=style.MUTED, linewidth=1)
        axes.plot(places, low, drawstyle="steps-mid", color=style.MUTED, linewidth=1)
        axes.plot(places, center, color=style.GREY, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(places, value, "o-", color=style.ACCENT, markersize=5, linewidth=1.6)
    alarming = known["signal"].to_numpy(bool)
    axes.plot(places[alarming], value[alarming], "o", color=style.SERIES[5], markersize=9)
    _frame(axes, known["time"], metric)
    return axes


def _frame(axes: Axes, times: pd.Series, metric: str) -> None:
    from matplotlib.ticker import MaxNLocator

    last = len(times) - 1
    step = max(1, -(-len(times) // _MOST_TICKS))
    places = list(range(0, last + 1, step))
    axes.set_xticks(places, [f"{times.iloc[place]:%m-%d}" for place in places])
    axes.set_xlim(-0.6, last + 0.6)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: frames.tick(value, metric))
    axes.tick_params(axis="both", colors=style.GREY)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


@style.styled
def stage_bars(state: pd.DataFrame) -> Axes:
    """Set the stages of tickets beside each other: the usual time, the slow tenth, the limit.

    Parameters
    ----------
    state : DataFrame
        Rows of table ``process_state`` of one group, in the order of the stages.

    Returns
    -------
    matplotlib.axes.Axes
        A bar a stage up to the median; a line from there to the upper decile; the limit as a mark
        across, red where fewer than nine in ten tickets keep it. The bottleneck is in the accent
        colour.

    Raises
    ------
    ValueError
        For rows of several groups.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in stage_bars(empty("process_state")).texts]
    ['数据不足']
    """
    frames.require_unique(state, ["stage"], "stage_bars")
    known = state[state["median"].notna()]
    if known.empty:
        return style.no_data()
    axes = style.canvas(0.5 * len(known) + 1.0)
    places = np.arange(len(known))[::-1]
    median, decile, limit, within = (
        frames.numbers(known[column]) for column in ("median", "upper_decile", "limit", "within")
    )
    narrow = known["bottleneck"].fillna(False).to_numpy(bool)
    colours = np.where(narrow, style.ACCENT, style.MUTED)
    axes.barh(places, median, height=0.5, color=colours)
    axes.hlines(places, median, decile, color=style.GREY, linewidth=1.4)
    axes.plot(decile, places, "|", color=style.GREY, markersize=10)
    for place, at, kept in zip(places, limit, within, strict=True):
        if not np.isnan(at):
            colour = style.SERIES[5] if kept < 0.9 else style.INK
            axes.plot([at, at], [place - 0.36, place + 0.36], color=colour, linewidth=2.2)
    ends = np.fmax(decile, np.nan_to_num(limit))
    for place, end, middle in zip(places, ends, median, strict=True):
        axes.annotate(
            f"{middle:,.0f}", (end, place), (6, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(places, [style.wrap(stage, width=10) for stage in known["stage"]])
    axes.set_xlim(0, float(ends.max()) * 1.15)
    axes.set_xlabel("分钟")
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    return axes
