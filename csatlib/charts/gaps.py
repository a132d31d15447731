"""The exhibit of how far the respondents are from everyone, before and after weighting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@style.styled
def gap_dots(margin_gaps: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Show each level's share among the respondents less its share among all, before and after.

    Parameters
    ----------
    margin_gaps : DataFrame
        Table ``margin_gaps``.
    labels : mapping of str to str
        What a variable is called on the chart; one without a label keeps its own name.

    Returns
    -------
    matplotlib.axes.Axes
        One row a level, variable by variable: a hollow dot before, a filled one after weighting,
        and both gaps in percentage points at the right. Without a gap it says 数据不足.

    Raises
    ------
    ValueError
        When a level has more than one row.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in gap_dots(empty("margin_gaps"), labels={}).texts]
    ['数据不足']
    """
    frames.require_unique(margin_gaps, ["variable", "level"], "gap_dots")
    rows = margin_gaps[margin_gaps["gap_before"].notna() & margin_gaps["gap_after"].notna()]
    if rows.empty:
        return style.no_data()
    before, after = (100 * frames.numbers(rows[c]) for c in ("gap_before", "gap_after"))
    places = np.arange(len(rows))
    axes = style.canvas(0.36 * len(rows) + 1.0)
    axes.axvline(0, color=style.INK, linewidth=1.2, zorder=1)
    axes.hlines(places, np.minimum(before, after), np.maximum(before, after), colors=style.MUTED)
    axes.plot(
        before,
        places,
        "o",
        color=style.MUTED,
        markerfacecolor="white",
        markersize=8,
        label="加权前",
    )
    axes.plot(after, places, "o", color=style.ACCENT, markersize=8, label="加权后")
    reach = max(1.0, 1.12 * float(np.abs(np.concatenate([before, after])).max()))
    axes.set_xlim(-reach, reach)
    axes.set_xlabel("与名单之差（百分点）")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:z.4g}".replace("-", "−"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    for place, numbers in enumerate(zip(before, after, strict=True)):
        first, second = (f"{value:+z.1f}".replace("-", "−") for value in numbers)
        note = f"{first} → {second}".replace("+0.0", "0.0")
        axes.text(1.03, place, note, va="center", transform=axes.get_yaxis_transform())
    names = [
        f"{labels.get(variable, variable)}：{level}"
        for variable, level in zip(rows["variable"], rows["level"], strict=True)
    ]
    style.name_rows(axes, [style.wrap(name, width=22) for name in names], [True] * len(rows))
    axes.figure.legend(loc="outside upper left", ncols=2, borderaxespad=0.1)
    return axes
