"""The exhibit of items over the quarters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style
from csatlib.schema import Quarter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_TICKS = 5


@style.styled
def trend_lines(estimates: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Follow items over the quarters, with intervals.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the ``estimates`` table: one metric, one row an item and quarter.
    labels : mapping of str to str
        What each item is called on the chart.

    Returns
    -------
    matplotlib.axes.Axes
        Every calendar quarter from the first to the last stands on the axis, so one without
        data is a gap; a suppressed one is a grey cross at the foot. A single quarter gives
        points without a line.

    Raises
    ------
    ValueError
        When an item has no label or a quarter twice, a row has no quarter, or metrics differ.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in trend_lines(empty("estimates"), labels={}).texts]
    ['数据不足']
    """
    frames.require_one(estimates, "metric", "trend_lines")
    frames.require_unique(estimates, ["item", "quarter"], "trend_lines")
    if estimates["quarter"].isna().any():
        raise ValueError("trend_lines: expected a quarter in every row, found rows without one")
    drawn = frames.has_mark(estimates)
    if not drawn.any():
        return style.no_data()
    quarters = _calendar(estimates["quarter"])
    metric = estimates["metric"].iloc[0]
    axes = style.canvas(3.6)
    items = list(dict.fromkeys(estimates["item"]))
    apart = min(0.07, 0.3 / len(items))
    for index, item in enumerate(items):
        rows = estimates.loc[drawn & (estimates["item"] == item)].set_index("quarter")
        shift = (index - (len(items) - 1) / 2) * apart
        _draw_item(axes, rows.reindex(quarters), shift, style.SERIES[index % len(style.SERIES)])
    names = [style.wrap(frames.label(item, labels, "trend_lines"), width=14) for item in items]
    _frame(axes, quarters, metric)
    _mark_suppressed(axes, estimates.loc[~drawn, "quarter"], quarters)
    _name_items(axes, estimates.loc[drawn], dict(zip(items, names, strict=True)))
    return axes


def _calendar(quarters: pd.Series) -> list[str]:
    """List every quarter from the first to the last."""
    found = sorted({Quarter.parse(quarter) for quarter in quarters})
    listed = [found[0]]
    while listed[-1] < found[-1]:
        listed.append(listed[-1].next())
    return [str(quarter) for quarter in listed]


def _draw_item(axes: Axes, rows: pd.DataFrame, shift: float, colour: str) -> None:
    """Draw one item's line, points and intervals; its places move by ``shift`` of a quarter."""
    estimate, low, high = (frames.numbers(rows[c]) for c in ("estimate", "ci_low", "ci_high"))
    places = np.arange(len(rows)) + shift
    axes.plot(places, estimate, "o-", color=colour, markersize=6.5, linewidth=2)
    known = ~np.isnan(estimate + low + high)
    axes.errorbar(
        places[known],
        estimate[known],
        yerr=[(estimate - low)[known], (high - estimate)[known]],
        fmt="none",
        ecolor=colour,
        elinewidth=1.2,
        alpha=0.75,
    )


def _frame(axes: Axes, quarters: list[str], metric: str) -> None:
    from matplotlib.ticker import MaxNLocator

    last = len(quarters) - 1
    step = -(-len(quarters) // _MOST_TICKS)
    places = list(range(last, -1, -step))[::-1]
    axes.set_xticks(places, [quarters[place] for place in places])
    axes.set_xlim(-0.5, last + 0.35) if last else axes.set_xlim(-0.6, 0.6)
    low, high = axes.get_ylim()
    short = 0.5 - (high - low) if metric == "mean" else 0.0
    if short > 0:
        axes.set_ylim(low - short / 2, high + short / 2)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: frames.tick(value, metric))
    axes.tick_params(axis="both", colors=style.GREY)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)


def _mark_suppressed(axes: Axes, suppressed: pd.Series, quarters: list[str]) -> None:
    places = sorted({quarters.index(quarter) for quarter in suppressed})
    if not places:
        return
    axes.plot(
        places,
        [0.03] * len(places),
        "x",
        color=style.GREY,
        markersize=7,
        transform=axes.get_xaxis_transform(),
        label="样本不足，不显示",
    )
    axes.figure.legend(loc="outside lower right", labelcolor=style.GREY, handletextpad=0.2)


def _name_items(axes: Axes, drawn: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Write each item's name and last value at the right, spread so that none overlap."""
    metric = drawn["metric"].iloc[0]
    bottom, top = axes.get_ylim()
    last = drawn.sort_values("quarter").groupby("item").tail(1).sort_values("estimate")
    pairs = zip(last["item"], last["estimate"], strict=True)
    texts = [f"{names[item]} {frames.shown(estimate, metric)}" for item, estimate in pairs]
    wanted = (frames.numbers(last["estimate"]) - bottom) / (top - bottom)
    colour_of = {item: style.SERIES[i % len(style.SERIES)] for i, item in enumerate(names)}
    for place, text, item in zip(
        _spread(wanted, [0.09 * (t.count("\n") + 1) for t in texts]),
        texts,
        last["item"],
        strict=True,
    ):
        axes.text(1.02, place, text, transform=axes.transAxes, va="center", color=colour_of[item])


def _spread(wanted: np.ndarray, heights: list[float]) -> np.ndarray:
    """Move ascending places apart until each has its height, moving them as little as needed."""
    places = wanted.astype(float).copy()
    for _ in range(200):
        gaps = np.diff(places)
        needed = (np.array(heights[:-1]) + np.array(heights[1:])) / 2
        short = np.clip(needed - gaps, 0, None)
        if not (short > 1e-6).any():
            break
        places[:-1] -= short / 2
        places[1:] += short / 2
    return places
