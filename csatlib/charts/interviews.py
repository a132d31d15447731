"""The exhibits of interviews: which topics each one touched on, and how themes run dry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More interviews than these get no number each.
_NUMBERED = 24
_UNANSWERED = "#c9d6df"


@style.styled
def topic_heatmap(topic_coverage: pd.DataFrame, *, labels: Mapping[str, str]) -> Axes:
    """Show for every interview which topics of the guide were answered, asked, or left out.

    Parameters
    ----------
    topic_coverage : DataFrame
        Table ``topic_coverage``.
    labels : mapping of str to str
        What each topic is called.

    Returns
    -------
    matplotlib.axes.Axes
        One row a topic in the order of the table, one column an interview, numbered from 1 in the
        order of their numbers: dark where the topic was answered, light with 问 where it was asked
        and hardly answered, empty with 漏 where nobody asked. At the right the interviews that
        answered. Without a row it says 数据不足.

    Raises
    ------
    ValueError
        When an interview has two rows of a topic, or a topic has no label.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in topic_heatmap(empty("topic_coverage"), labels={}).texts]
    ['数据不足']
    """
    frames.require_unique(topic_coverage, ["interview_id", "topic"], "topic_heatmap")
    if topic_coverage.empty:
        return style.no_data()
    topics = list(dict.fromkeys(topic_coverage["topic"]))
    interviews = sorted(topic_coverage["interview_id"].unique())
    state = topic_coverage["covered"].astype(int) + topic_coverage["asked"].astype(int)
    cells = (
        topic_coverage.assign(state=state)
        .pivot_table(index="topic", columns="interview_id", values="state", aggfunc="first")
        .reindex(index=topics, columns=interviews)
        .fillna(0)
        .to_numpy(int)
    )
    axes = style.canvas(0.44 * len(topics) + 1.2)
    _draw_cells(axes, cells)
    answered = (cells == 2).sum(axis=1)
    for place, count in enumerate(answered.tolist()):
        note = f"{count} / {len(interviews)}"
        axes.text(1.02, place, note, va="center", transform=axes.get_yaxis_transform())
    names = [frames.label(topic, labels, "topic_heatmap") for topic in topics]
    style.name_rows(axes, [style.wrap(name, width=20) for name in names], [True] * len(topics))
    axes.set_xlim(-0.5, len(interviews) - 0.5)
    numbered = range(len(interviews)) if len(interviews) <= _NUMBERED else []
    axes.set_xticks(list(numbered), [str(place + 1) for place in numbered])
    axes.tick_params(axis="x", colors=style.GREY)
    axes.set_xlabel("访谈（按编号排列）")
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def _draw_cells(axes: Axes, cells: np.ndarray) -> None:
    from matplotlib.patches import Rectangle

    faces = ("white", _UNANSWERED, style.ACCENT)
    for (row, column), state in np.ndenumerate(cells):
        edge = style.RULE if state == 0 else "white"
        corner = (column - 0.46, row - 0.42)
        axes.add_patch(
            Rectangle(corner, 0.92, 0.84, facecolor=faces[state], edgecolor=edge, linewidth=1)
        )
        if state < 2:
            mark = ("漏", "问")[state]
            axes.text(column, row, mark, ha="center", va="center", fontsize=9, color=style.GREY)


@style.styled
def saturation_curve(saturation: pd.DataFrame, *, reached_at: int | None = None) -> Axes:
    """Show how many different themes so many interviews bring, with the band over all orders.

    Parameters
    ----------
    saturation : DataFrame
        Table ``saturation``.
    reached_at : int, optional
        The interview at which saturation was called; a line stands there.

    Returns
    -------
    matplotlib.axes.Axes
        The mean as a line, the band as a shade. Without a row, or where nobody voiced a theme, it
        says 数据不足.

    Raises
    ------
    ValueError
        When a number of interviews has two rows.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in saturation_curve(empty("saturation")).texts]
    ['数据不足']
    """
    frames.require_unique(saturation, ["interviews"], "saturation_curve")
    if saturation.empty or not saturation["themes"].max() > 0:
        return style.no_data()
    rows = saturation.sort_values("interviews")
    held, mean, low, high = (
        frames.numbers(rows[c]) for c in ("interviews", "themes", "low", "high")
    )
    axes = style.canvas(3.2)
    axes.fill_between(held, low, high, color=style.ACCENT, alpha=0.15, linewidth=0)
    axes.plot(held, mean, "o-", color=style.ACCENT, markersize=5)
    if reached_at is not None:
        axes.axvline(reached_at, color=style.MUTED, linewidth=1.2, linestyle="--")
        axes.text(reached_at, 0.04 * high.max(), f" 第 {reached_at} 次", color=style.GREY)
    last = f"{mean[-1]:.0f} 个"
    axes.annotate(last, (held[-1], mean[-1]), (0, 8), textcoords="offset points", ha="right")
    axes.set_ylim(0, 1.15 * high.max())
    axes.set_xlim(0.5, held[-1] + 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("访谈次数")
    axes.set_ylabel("不同主题的个数")
    axes.tick_params(colors=style.GREY)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    return axes
