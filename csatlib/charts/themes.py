"""The exhibit of what customers speak of: themes by the share that mentions them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from csatlib.study.codeframe import Codeframe

#: `themes.indicators` puts this before the id of a theme.
_PREFIX = "theme_"


@style.styled
def theme_bars(
    estimates: pd.DataFrame,
    *,
    codeframe: Codeframe,
    coverage: pd.DataFrame | None = None,
    top: int = 12,
) -> Axes:
    """Rank themes by the share that mentions them, each a dot with its interval.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the table ``estimates``, shares of the columns ``theme_<id>``, without groups.
    codeframe : Codeframe
        Its names stand on the chart; a theme that it lacks keeps its id.
    coverage : DataFrame, optional
        Table ``coverage``: with it blame and praise stand beside each share, and themes with more
        comments that blame than praise are set apart by colour.
    top : int
        How many themes.

    Returns
    -------
    matplotlib.axes.Axes
        Most frequent first; suppressed ones follow in grey, with their n and no mark. Without a
        single share it says 数据不足.

    Raises
    ------
    ValueError
        When a theme has more than one row, or a row is no share of a theme.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> from csatlib.study.codeframe import Codeframe
    >>> [text.get_text() for text in theme_bars(empty("estimates"), codeframe=Codeframe()).texts]
    ['数据不足']
    """
    rows = _rows(estimates, top)
    if not rows["drawn"].any():
        return style.no_data()
    labels = codeframe.labels()
    names = [style.wrap(labels.get(theme, theme), width=20) for theme in rows["theme"]]
    counts = _counts(coverage)
    axes = style.canvas(0.36 * len(rows) + 0.2 * sum("\n" in n for n in names) + 0.7)
    blamed = _draw(axes, rows, counts)
    for place, row in enumerate(rows.itertuples()):
        _write(axes, place, row, counts.get(row.theme))
    high = frames.numbers(rows.loc[rows["drawn"], ["estimate", "ci_high"]].max(axis=1)).max()
    axes.set_xlim(0, min(1.0, high * 1.06) or 1)
    axes.xaxis.set_major_formatter(lambda value, _: frames.tick(value, "share"))
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    style.name_rows(axes, names, list(rows["drawn"]))
    if counts:
        axes.set_xlabel("着色：贬多于褒" if blamed else "没有一个主题贬多于褒", color=style.GREY)
    return axes


def _rows(estimates: pd.DataFrame, top: int) -> pd.DataFrame:
    frames.require_unique(estimates, ["item"], "theme_bars")
    strange = ~estimates["item"].str.startswith(_PREFIX) | (estimates["metric"] != "share")
    if strange.any():
        raise ValueError(
            f"theme_bars: expected shares of columns named {_PREFIX}<id>, found "
            f"{estimates.loc[strange, 'item'].iloc[0]!r}; filter the table first"
        )
    rows = estimates.assign(
        theme=estimates["item"].str.removeprefix(_PREFIX), drawn=frames.has_mark(estimates)
    )
    order = rows["estimate"].where(rows["drawn"])
    rows = rows.assign(_height=-order.astype("Float64"))
    return rows.sort_values(["_height", "theme"], na_position="last", kind="stable").head(top)


def _counts(coverage: pd.DataFrame | None) -> dict[str, tuple[int, int]]:
    if coverage is None:
        return {}
    rows = coverage[coverage["theme"].notna()]
    pairs = zip(rows["negative"].astype(int), rows["positive"].astype(int), strict=True)
    return dict(zip(rows["theme"], pairs, strict=True))


def _draw(axes: Axes, rows: pd.DataFrame, counts: dict[str, tuple[int, int]]) -> bool:
    """Draw dots and intervals; say whether any is set apart."""
    middle, low, high = (frames.numbers(rows[c]) for c in ("estimate", "ci_low", "ci_high"))
    any_blamed = False
    for place, theme in enumerate(rows["theme"]):
        if not rows["drawn"].iloc[place]:
            continue
        negative, positive = counts.get(theme, (0, 0))
        blamed = not counts or negative > positive
        any_blamed |= blamed
        colour = style.ACCENT if blamed else style.MUTED
        if not np.isnan(low[place] + high[place]):
            axes.plot([low[place], high[place]], [place, place], color=colour, lw=2.4)
        axes.plot(middle[place], place, "o", color=colour, markersize=8, zorder=4)
    return any_blamed


def _write(axes: Axes, place: int, row: Any, counts: tuple[int, int] | None) -> None:
    if not row.drawn:
        text, at, colour = frames.too_few(row.n), 0.02, style.GREY
    else:
        text, at, colour = frames.shown(row.estimate, "share"), 1.03, style.INK
        if counts is not None:
            text += f"（贬 {counts[0]} 褒 {counts[1]}）"
    axes.text(at, place, text, va="center", color=colour, transform=axes.get_yaxis_transform())
