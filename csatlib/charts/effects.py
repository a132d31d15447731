"""Exhibits of measures: the waves of those reached and the others, and all changes with goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WAVE_WORDS = {"before": "措施前", "after": "措施后"}
_SHARES = ("share", "theme", "within")
_REACHED, _OTHERS = "措施涉及的客户", "其他客户"


@style.styled
def wave_lines(wave_means: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Follow those whom one measure reached, and the others, from its history to after it.

    Parameters
    ----------
    wave_means : DataFrame
        Rows of the table ``wave_means``: one measure, item and metric.
    labels : mapping of str to str
        What the item is called on the chart.

    Returns
    -------
    matplotlib.axes.Axes
        One place a quarter of the history, then 措施前 and 措施后, with a line between; those
        reached filled in the accent colour, the others hollow in grey, each with its intervals
        and its n below. A wave without an estimate is a gap.

    Raises
    ------
    ValueError
        For several measures, items or metrics, a wave that stands twice, or an item without label.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in wave_lines(empty("wave_means"), labels={}).texts]
    ['数据不足']
    """
    for column in ("action_id", "item", "metric"):
        frames.require_one(wave_means, column, "wave_lines")
    frames.require_unique(wave_means, ["reached", "wave", "quarter"], "wave_lines")
    if not wave_means["estimate"].notna().any():
        return style.no_data()
    metric, item = wave_means["metric"].iloc[0], wave_means["item"].iloc[0]
    name = frames.label(item, labels, "wave_lines")
    places = _places(wave_means)
    axes = style.canvas(3.6)
    both = wave_means["reached"].nunique() == 2
    for reached, colour, words in ((False, style.MUTED, _OTHERS), (True, style.ACCENT, _REACHED)):
        rows = wave_means[wave_means["reached"] == reached]
        if len(rows):
            shift = (0.04 if reached else -0.04) * both
            _draw_waves(axes, rows, places, shift, colour, words)
    start = len(places) - 1.5
    axes.axvline(start, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    axes.set_xticks(range(len(places)), _ticks(wave_means, places))
    axes.set_xlim(-0.5, len(places) - 0.5)
    axes.set_ylabel(f"{name}（{'分' if metric == 'mean' else '%' if metric in _SHARES else '值'}）")
    low, high = axes.get_ylim()
    short = 0.5 - (high - low) if metric == "mean" else 0.0
    if short > 0:
        axes.set_ylim(low - short / 2, high + short / 2)
    shown = "share" if metric in _SHARES else metric
    axes.yaxis.set_major_formatter(lambda value, _: frames.tick(value, shown))
    axes.tick_params(axis="both", colors=style.GREY)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    axes.figure.legend(loc="outside upper left", ncols=2, reverse=True, borderaxespad=0.1)
    return axes


@style.styled
def effect_forest(verdicts: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Line the measures up by their change, the plain comparison beside the verdict's, and goals.

    Parameters
    ----------
    verdicts : DataFrame
        Rows of the table ``action_verdicts`` of one metric.
    labels : mapping of str to str
        What a measure (``action_id``) is called; one without a label keeps its id.

    Returns
    -------
    matplotlib.axes.Axes
        One row a measure in the order given: hollow and grey the plain change before to after,
        filled the change by the verdict's method, both with intervals; a short bar is the goal.
        Effective measures have the accent colour. A measure without either is named in grey.

    Raises
    ------
    ValueError
        For several metrics, or a measure that stands twice.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in effect_forest(empty("action_verdicts"), labels={}).texts]
    ['数据不足']
    """
    known = verdicts[["estimate", "plain"]].notna().any(axis=1)
    frames.require_one(verdicts[known], "metric", "effect_forest")
    frames.require_unique(verdicts, ["action_id"], "effect_forest")
    if not known.any():
        return style.no_data()
    metric = verdicts.loc[known, "metric"].iloc[0]
    scale = 100.0 if metric in _SHARES else 1.0
    axes = style.canvas(0.62 * len(verdicts) + 1.2)
    axes.axvline(0, color=style.INK, linewidth=1.2, zorder=1)
    names = ("plain", "plain_low", "plain_high")
    _draw_changes(axes, verdicts, names, scale, above=True)
    _draw_changes(axes, verdicts, ("estimate", "ci_low", "ci_high"), scale, above=False)
    goals = scale * frames.numbers(verdicts["goal"])
    places = np.arange(len(verdicts))
    there = ~np.isnan(goals) & known.to_numpy(dtype=bool)
    if there.any():
        low, high = places[there] - 0.3, places[there] + 0.3
        axes.vlines(goals[there], low, high, colors=style.SERIES[1], lw=2.4, label="目标")
    for place in places[~known.to_numpy(dtype=bool)]:
        middle = axes.get_yaxis_transform()
        axes.text(0.5, place, style.NO_DATA, transform=middle, color=style.GREY, ha="center")
    # A name may come in lines of its own: an id is not broken.
    named = [
        "\n".join(style.wrap(line, width=20) for line in labels.get(key, key).split("\n"))
        for key in verdicts["action_id"]
    ]
    style.name_rows(axes, named, list(known))
    unit = {"mean": "（分）"}.get(metric, "（百分点）" if metric in _SHARES else "")
    axes.set_xlabel(f"变化{unit}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:z.4g}".replace("-", "−"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.figure.legend(loc="outside upper left", ncols=3, borderaxespad=0.1, columnspacing=1.2)
    return axes


def _places(rows: pd.DataFrame) -> dict[tuple[str, str | None], int]:
    """Give each wave its place on the axis: the quarters of the history, before, after."""
    quarters = sorted(rows.loc[rows["wave"] == "history", "quarter"].dropna().unique())
    keys = [("history", quarter) for quarter in quarters] + [("before", None), ("after", None)]
    return {key: place for place, key in enumerate(keys)}


def _place(row: object, places: Mapping[tuple[str, str | None], int]) -> int:
    return places[(row.wave, row.quarter if row.wave == "history" else None)]


def _draw_waves(
    axes: Axes,
    rows: pd.DataFrame,
    places: Mapping[tuple[str, str | None], int],
    shift: float,
    colour: str,
    words: str,
) -> None:
    values = np.full((3, len(places)), np.nan)
    for row in rows.itertuples():
        limits = (row.estimate, row.ci_low, row.ci_high)
        values[:, _place(row, places)] = [np.nan if pd.isna(v) else v for v in limits]
    estimate, low, high = values
    x = np.arange(len(places)) + shift
    filled = colour if words == _REACHED else "white"
    axes.plot(x, estimate, "o-", color=colour, markerfacecolor=filled, ms=7, lw=2, label=words)
    known = ~np.isnan(values).any(axis=0)
    error = [(estimate - low)[known], (high - estimate)[known]]
    axes.errorbar(x[known], estimate[known], yerr=error, fmt="none", ecolor=colour, elinewidth=1.4)


def _ticks(rows: pd.DataFrame, places: Mapping[tuple[str, str | None], int]) -> list[str]:
    """Write each wave with its n, those reached first."""
    n: dict[int, dict[bool, int]] = {}
    for row in rows.itertuples():
        n.setdefault(_place(row, places), {})[bool(row.reached)] = int(row.n)
    asked = [side for side in (True, False) if (rows["reached"] == side).any()]
    texts = []
    for (wave, quarter), place in places.items():
        name = quarter if wave == "history" else _WAVE_WORDS[wave]
        found = n.get(place, {})
        sides = [found.get(side, 0) for side in asked]
        texts.append(f"{name}\nn={' / '.join(f'{size:,}' for size in sides)}")
    return texts


def _draw_changes(
    axes: Axes, verdicts: pd.DataFrame, names: tuple[str, str, str], scale: float, *, above: bool
) -> None:
    """Draw the plain changes above the rows' middle, or those of the verdicts below it."""
    estimate, low, high = (scale * frames.numbers(verdicts[name]) for name in names)
    places = np.arange(len(verdicts)) + (-0.14 if above else 0.14)
    worked = (verdicts["verdict"] == "effective").to_numpy(dtype=bool)
    if above:
        colours = np.full(len(verdicts), style.MUTED)
    else:
        colours = np.where(worked, style.ACCENT, style.INK)
    known = ~np.isnan(low + high)
    axes.hlines(places[known], low[known], high[known], colors=list(colours[known]), lw=1.6)
    there = ~np.isnan(estimate)
    face = "white" if above else list(colours[there])
    label = "前后直接比较" if above else "结论依据的比较"
    axes.scatter(
        estimate[there], places[there], s=52, facecolors=face, edgecolors=list(colours[there]),
        linewidths=1.6, zorder=4, label=label,
    )  # fmt: skip
