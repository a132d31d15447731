"""Exhibits with one mark a row: items, groups, keywords."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@style.styled
def dimension_bars(
    estimates: pd.DataFrame, *, labels: Mapping[str, str], target: float | None = None
) -> Axes:
    """Rank items by their estimate, with intervals, and set the lowest apart by colour.

    Shares are bars from zero; means and net scores are dots, because a bar from zero would
    claim that their zero means something.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the ``estimates`` table: one metric, one row an item.
    labels : mapping of str to str
        What each item is called on the chart.
    target : float, optional
        A line to compare with, in the unit of ``estimate``.

    Returns
    -------
    matplotlib.axes.Axes
        Highest item first; suppressed items follow in grey, with their n and no mark. Without
        a single estimate it says 数据不足.

    Raises
    ------
    ValueError
        When an item has no label or more than one row, or the metrics differ.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> ax = dimension_bars(empty("estimates"), labels={})
    >>> [text.get_text() for text in ax.texts]
    ['数据不足']
    """
    rows = _ranked(estimates, "item", "dimension_bars")
    names = [style.wrap(frames.label(i, labels, "dimension_bars")) for i in rows["item"]]
    line = None if target is None else ("目标", float(target))
    return _rank_chart(rows, names, line=line, highlight_lowest=True)


@style.styled
def group_bars(
    estimates: pd.DataFrame, *, labels: Mapping[str, str], reference: float | None = None
) -> Axes:
    """Compare one item across groups, with intervals and bases.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the ``estimates`` table: one metric of one item, one row a group.
    labels : mapping of str to str
        What a group is called on the chart; a group without a label keeps its own name.
    reference : float, optional
        The overall figure to compare with, in the unit of ``estimate``.

    Returns
    -------
    matplotlib.axes.Axes
        Highest group first; suppressed groups follow in grey as ``样本不足 (n=12)``, no mark.

    Raises
    ------
    ValueError
        When a group has more than one row, or items or metrics differ.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> len(group_bars(empty("estimates"), labels={}).patches)
    0
    """
    frames.require_one(estimates, "item", "group_bars")
    rows = _ranked(estimates, "group", "group_bars")
    names = [style.wrap(labels.get(g, g)) for g in rows["group"].fillna("总体")]
    based = [
        f"{name}\nn={n}" if drawn else name
        for name, n, drawn in zip(names, rows["n"], rows["drawn"], strict=True)
    ]
    line = None if reference is None else ("总体", float(reference))
    return _rank_chart(rows, based, line=line, highlight_lowest=False)


@style.styled
def keyword_bars(keywords: pd.DataFrame, *, top: int = 15) -> Axes:
    """Show in how many comments the leading keywords occur.

    Parameters
    ----------
    keywords : DataFrame
        Rows of the ``keywords`` table: one method and one group.
    top : int
        How many terms, by ``rank``.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a term, most often mentioned first; its length is ``comments``. Where the table
        has an interval for the share of comments, a whisker shows it in comments of the base.

    Raises
    ------
    ValueError
        When methods or groups are mixed.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in keyword_bars(empty("keywords")).texts]
    ['数据不足']
    """
    for column in ("method", "group_by", "group"):
        frames.require_one(keywords, column, "keyword_bars")
    rows = keywords.sort_values(["rank", "term"]).head(top)
    rows = rows.sort_values(["comments", "rank", "term"], ascending=[False, True, True])
    if rows.empty:
        return style.no_data()
    axes = style.canvas(0.34 * len(rows) + 0.3)
    counts = frames.numbers(rows["comments"])
    axes.barh(np.arange(len(rows)), counts, color=style.ACCENT, height=0.6)
    notes = [
        f"{count} 条（{count / base:.0%}）" if base > 0 else f"{count} 条"
        for count, base in zip(rows["comments"], rows["base"], strict=True)
    ]
    ends = _draw_whiskers(axes, rows)
    _write_column(axes, notes, [style.INK] * len(rows))
    axes.set(xlim=(0, max(counts.max(), ends, 1)), xticks=[])
    axes.spines["bottom"].set_visible(False)
    style.name_rows(axes, [style.wrap(term) for term in rows["term"]], [True] * len(rows))
    return axes


def _draw_whiskers(axes: Axes, rows: pd.DataFrame) -> float:
    """Draw the intervals of mentions in comments of the base, and give their farthest end."""
    if not rows["method"].eq("mentions").all():
        return 0.0
    base, low, high = (frames.numbers(rows[c]) for c in ("base", "ci_low", "ci_high"))
    places = np.flatnonzero(~np.isnan(low + high))
    if not len(places):
        return 0.0
    middle, reach = base * (high + low) / 2, base * (high - low) / 2
    axes.errorbar(
        middle[places],
        places,
        xerr=reach[places],
        fmt="none",
        ecolor=style.INK,
        elinewidth=1.2,
        capsize=3,
    )
    return float((middle + reach)[places].max())


def _ranked(estimates: pd.DataFrame, column: str, exhibit: str) -> pd.DataFrame:
    """Sort rows from the highest estimate to the lowest, and those without one last."""
    frames.require_one(estimates, "metric", exhibit)
    frames.require_unique(estimates, [column], exhibit)
    rows = estimates.assign(drawn=frames.has_mark(estimates))
    rows["_height"] = rows["estimate"].where(rows["drawn"])
    return rows.sort_values(
        ["_height", column], ascending=[False, True], na_position="last", kind="stable"
    )


def _rank_chart(
    rows: pd.DataFrame,
    names: list[str],
    *,
    line: tuple[str, float] | None,
    highlight_lowest: bool,
) -> Axes:
    drawn = rows["drawn"].to_numpy(dtype=bool)
    if not drawn.any():
        return style.no_data()
    metric = rows["metric"].iloc[0]
    lines = max(name.count("\n") + 1 for name in names)
    axes = style.canvas((0.24 + 0.2 * lines) * len(names) + 0.5 + (0.3 if line else 0))
    colours = _colours(rows, highlight_lowest=highlight_lowest)
    _draw_marks(axes, rows, colours)
    _set_reach(axes, rows, metric, line)
    if line:
        _draw_line(axes, line, metric)
    notes = [
        frames.shown(estimate, metric) if has_mark else ""
        for estimate, has_mark in zip(frames.numbers(rows["estimate"]), drawn, strict=True)
    ]
    _write_column(axes, notes, colours)
    for place in np.flatnonzero(~drawn):
        axes.text(
            0.02,
            place,
            frames.too_few(rows["n"].iloc[place]),
            color=style.GREY,
            va="center",
            transform=axes.get_yaxis_transform(),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    style.name_rows(axes, names, list(drawn))
    return axes


def _colours(rows: pd.DataFrame, *, highlight_lowest: bool) -> list[str]:
    if not highlight_lowest:
        return [style.ACCENT] * len(rows)
    values = frames.numbers(rows["estimate"].where(rows["drawn"]))
    apart = np.count_nonzero(~np.isnan(values)) > 1
    return [
        style.ACCENT if apart and value == np.nanmin(values) else style.MUTED for value in values
    ]


def _draw_marks(axes: Axes, rows: pd.DataFrame, colours: list[str]) -> None:
    """Draw a bar (shares) or a dot, and its interval, in each row that has an estimate."""
    estimate, low, high = (frames.numbers(rows[c]) for c in ("estimate", "ci_low", "ci_high"))
    as_bar = rows["metric"].iloc[0] in frames.SHARES
    for place in np.flatnonzero(rows["drawn"].to_numpy(dtype=bool)):
        if as_bar:
            axes.barh(place, estimate[place], color=colours[place], height=0.58)
        else:
            axes.plot(estimate[place], place, "o", color=colours[place], markersize=9, zorder=4)
        if not np.isnan(low[place] + high[place]):
            axes.errorbar(
                estimate[place],
                place,
                xerr=[[estimate[place] - low[place]], [high[place] - estimate[place]]],
                fmt="none",
                ecolor=style.INK if as_bar else colours[place],
                elinewidth=1.2 if as_bar else 2.4,
                capsize=3 if as_bar else 0,
            )


def _set_reach(axes: Axes, rows: pd.DataFrame, metric: str, line: tuple[str, float] | None) -> None:
    """Choose the x axis: shares from zero, others around their intervals, never too narrow."""
    kept = rows.loc[rows["drawn"]]
    ends = np.concatenate([frames.numbers(kept[c]) for c in ("estimate", "ci_low", "ci_high")])
    ends = np.append(ends, [] if line is None else line[1])
    low, high = np.nanmin(ends), np.nanmax(ends)
    if metric in frames.SHARES:
        axes.set_xlim(0, min(high * 1.04, max(high, 1.0)))
    else:
        # Half a point of a rating at least: closer in, chance would look like difference.
        padding = max((high - low) * 0.08, (0.5 / 2 - (high - low) / 2) if metric == "mean" else 0)
        axes.set_xlim(low - padding, high + max(padding, 1e-9))
        axes.hlines(
            np.arange(len(rows)),
            0,
            1,
            colors=style.RULE,
            lw=1,
            zorder=0,
            transform=axes.get_yaxis_transform(),
        )
    axes.xaxis.set_major_locator(_few_ticks())
    axes.xaxis.set_major_formatter(lambda value, _: frames.tick(value, metric))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)


def _few_ticks() -> object:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])


def _draw_line(axes: Axes, line: tuple[str, float], metric: str) -> None:
    name, value = line
    axes.axvline(value, color=style.INK, linestyle=(0, (4, 3)), linewidth=1.2, zorder=3)
    axes.annotate(
        f"{name} {frames.shown(value, metric)}",
        (value, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        va="bottom",
    )


def _write_column(axes: Axes, notes: list[str], colours: list[str]) -> None:
    """Write one note a row, lined up to the right of the plot, where no mark can cover it."""
    for place, (note, colour) in enumerate(zip(notes, colours, strict=True)):
        if note:
            axes.text(
                1.03,
                place,
                note,
                va="center",
                color=style.INK if colour == style.MUTED else colour,
                transform=axes.get_yaxis_transform(),
            )
