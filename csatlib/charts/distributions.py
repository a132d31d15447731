"""The exhibit of how answers divide."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Low to high: orange and blue stay apart for every common colour blindness.
_DIVERGING = ("#b35806", "#f0b266", "#e4e7ea", "#8fbfdc", "#1f6396")
_LEAST_LABELLED = 0.06


@style.styled
def distribution_bars(
    estimates: pd.DataFrame,
    *,
    labels: Mapping[str, str],
    levels: Sequence[Hashable] | Mapping[Hashable, str],
) -> Axes:
    """Show how the answers to each item divide, as bars that add up to 100 %.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the ``estimates`` table with metric ``distribution``: one row an item and level.
    labels : mapping of str to str
        What each item is called on the chart.
    levels : sequence or mapping
        The levels from lowest to highest; a mapping also says what each is called.

    Returns
    -------
    matplotlib.axes.Axes
        The item with the highest answers first; suppressed items follow in grey, with their n.
        Shares of 6 % and more carry their number.

    Raises
    ------
    ValueError
        When the metric is another one, an item has no label, a level is not in ``levels``, or
        an item has a level twice.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> ax = distribution_bars(empty("estimates"), labels={}, levels=["1", "2", "3", "4", "5"])
    >>> [text.get_text() for text in ax.texts]
    ['数据不足']
    """
    named = _named(levels)
    shares, bases = _shares(estimates, list(named))
    drawn = shares.notna().any(axis=1).to_numpy()
    if not drawn.any():
        return style.no_data()
    names = [style.wrap(frames.label(i, labels, "distribution_bars")) for i in shares.index]
    axes = style.canvas(0.5 * len(shares) + 0.8)
    colours = _colours(len(named))
    left = np.zeros(len(shares))
    for level, colour in zip(named, colours, strict=True):
        _draw_level(axes, np.nan_to_num(shares[level].to_numpy()), left, colour, drawn)
    for place in np.flatnonzero(~drawn):
        note = frames.too_few(bases.iloc[place])
        axes.text(0.01, place, note, color=style.GREY, va="center")
    axes.set(xlim=(0, 1), xticks=[])
    axes.spines[["left", "bottom"]].set_visible(False)
    style.name_rows(axes, names, list(drawn))
    _draw_key(axes, list(named.values()), colours)
    return axes


def _named(levels: Sequence[Hashable] | Mapping[Hashable, str]) -> dict[str, str]:
    pairs = levels.items() if isinstance(levels, Mapping) else ((level, level) for level in levels)
    return {str(level): str(name) for level, name in pairs}


def _shares(estimates: pd.DataFrame, levels: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Spread the table to one row an item and one column a level, the highest answers first."""
    exhibit = "distribution_bars"
    odd = sorted(set(estimates["metric"]) - {"distribution"})
    if odd:
        raise ValueError(f"{exhibit}: expected the metric 'distribution', found {odd}")
    frames.require_unique(estimates, ["item", "level"], exhibit)
    drawn = frames.has_mark(estimates)
    unknown = sorted(set(estimates.loc[drawn, "level"].fillna("")) - set(levels))
    if unknown:
        raise ValueError(f"{exhibit}: the levels {unknown} of the table are not among {levels}")
    items = list(dict.fromkeys(estimates["item"]))
    values = estimates.loc[drawn, ["item", "level", "estimate"]].astype({"estimate": float})
    wide = values.pivot_table(index="item", columns="level", values="estimate")  # no row twice
    wide = wide.reindex(index=items, columns=levels)
    height = (wide.fillna(0) * np.arange(len(levels))).sum(axis=1).where(wide.notna().any(axis=1))
    order = height.sort_values(ascending=False, na_position="last", kind="stable").index
    return wide.loc[order], estimates.groupby("item")["n"].max().reindex(order)


def _colours(count: int) -> list[str]:
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    ramp = LinearSegmentedColormap.from_list("diverging", _DIVERGING)
    return [to_hex(ramp(x)) for x in np.linspace(0, 1, count)]


def _draw_level(
    axes: Axes, shares: np.ndarray, left: np.ndarray, colour: str, drawn: np.ndarray
) -> None:
    """Add one level's pieces to the bars and move ``left`` on to where the next begins."""
    places = np.flatnonzero(drawn)
    axes.barh(
        places, shares[places], left=left[places], height=0.66, color=colour, edgecolor="white"
    )
    for place in places[shares[places] >= _LEAST_LABELLED]:
        axes.text(
            left[place] + shares[place] / 2,
            place,
            f"{shares[place]:.0%}",
            ha="center",
            va="center",
            fontsize=style.FONT_SIZE if shares[place] >= 0.1 else style.FONT_SIZE - 1.5,
            color=_text_on(colour),
        )
    left += shares


def _text_on(colour: str) -> str:
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    return style.INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def _draw_key(axes: Axes, names: list[str], colours: list[str]) -> None:
    """Name the colours above the bars, low to high along each line."""
    from matplotlib.patches import Patch

    points = [style.FONT_SIZE * (style.display_width(name) / 2 + 2.5) for name in names]
    columns = len(names)
    while columns > 1 and sum(sorted(points)[-columns:]) > 72 * style.WIDTH:
        columns -= 1
    handles = [Patch(color=colour, label=name) for name, colour in zip(names, colours, strict=True)]
    # matplotlib fills a legend downwards; a scale is read along the line.
    downwards = [handle for column in range(columns) for handle in handles[column::columns]]
    axes.figure.legend(
        handles=downwards,
        loc="outside upper left",
        ncols=columns,
        handlelength=0.9,
        handleheight=0.9,
        handletextpad=0.4,
        columnspacing=1.0,
        borderaxespad=0.1,
    )
