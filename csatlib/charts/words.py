"""Exhibits of words: which a group says more often, and the cloud for those who ask for one."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Pixels in which the cloud's words are laid out, an inch of the figure.
_RESOLUTION = 150
_CLOUD_HEIGHT = 3.4
#: The most words that a cloud of the house width can hold legibly.
_CLOUD_WORDS = 60
_SMALLEST, _LARGEST = 10.0, 46.0
#: Adjusted p below which a difference is told from chance.
_ALPHA = 0.05


@style.styled
def keyness_dots(keyness: pd.DataFrame, *, top: int = 8) -> Axes:
    """Show which words each group mentions more often, and which less often, than the others.

    Parameters
    ----------
    keyness : DataFrame
        Rows of the ``keyness`` table with one ``group_by``.
    top : int
        How many words a group, at most: those with the largest ``z`` in either direction.

    Returns
    -------
    matplotlib.axes.Axes
        One panel a group, one below the other on one axis of log-odds: a dot a word and its
        interval, most characteristic first; right of zero the group mentions it more often. Where
        there are two groups in all, each has only the words that it mentions more often. Words
        told from chance (``p_adjusted`` below 0.05) have the accent colour, others are grey. To
        the right the shares of comments, of the group and of the others. Without a single word
        that could be compared it says 数据不足.

    Raises
    ------
    ValueError
        When ``group_by`` is mixed, a group has a term twice, or ``top`` is below 1.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in keyness_dots(empty("keyness")).texts]
    ['数据不足']
    """
    if top < 1:
        raise ValueError(f"keyness_dots: top must be at least 1, found {top}")
    frames.require_one(keyness, "group_by", "keyness_dots")
    frames.require_unique(keyness, ["group", "term"], "keyness_dots")
    rows = _leading(keyness, top)
    if rows.empty:
        return style.no_data()
    # Each group has a line for its name above its words, and half a line below them.
    rows["place"] = np.arange(len(rows)) + 1.5 * (rows["panel"] + 1) - 0.5
    headings = rows.groupby("panel")[["group", "place"]].first()
    depth = float(rows["place"].max())
    names = [style.wrap(term) for term in rows["term"]]
    lines = max(name.count("\n") + 1 for name in names)
    axes = style.canvas((0.1 + 0.2 * lines) * (depth + 1) + 0.75)
    _draw_words(axes, rows)
    _name_panels(axes, headings)
    axes.set_yticks(rows["place"], names, linespacing=1.15)
    for tick, colour in zip(axes.get_yticklabels(), _colours(rows), strict=True):
        tick.set_color(style.INK if colour == style.ACCENT else style.GREY)
    axes.set_ylim(depth + 0.6, -0.6)
    axes.set_xlabel("对数优势比（已向 0 收缩；右：本组提得更多）", color=style.GREY)
    axes.xaxis.set_major_formatter(lambda value, _: frames.tick(value, "mean"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.spines[["left", "bottom"]].set_visible(False)
    return axes


def _leading(keyness: pd.DataFrame, top: int) -> pd.DataFrame:
    """Choose each group's words by the size of ``z`` and sort them from most to least."""
    known = keyness[keyness["z"].notna()]
    if _are_all(known):
        # What one of two groups says less often, the other says more often: once is enough.
        known = known[known["z"] > 0]
    strength = known["z"].abs().astype("float64")
    chosen = known.assign(strength=strength).sort_values(
        ["group", "strength", "term"], ascending=[True, False, True], kind="stable"
    )
    chosen = chosen[chosen.groupby("group").cumcount() < top].sort_values(
        ["group", "z", "term"], ascending=[True, False, True], kind="stable", ignore_index=True
    )
    return chosen.assign(panel=pd.factorize(chosen["group"])[0])


def _are_all(known: pd.DataFrame) -> bool:
    """Say whether the table has two groups and each is the other's rest."""
    sides = known.drop_duplicates("group")
    return len(sides) == 2 and sides["base"].tolist() == sides["base_rest"].tolist()[::-1]


def _colours(rows: pd.DataFrame) -> list[str]:
    sure = frames.numbers(rows["p_adjusted"]) < _ALPHA
    return [style.ACCENT if each else style.MUTED for each in sure]


def _draw_words(axes: Axes, rows: pd.DataFrame) -> None:
    columns = ("place", "log_odds", "ci_low", "ci_high", "share", "share_rest")
    numbers = np.array([frames.numbers(rows[c]) for c in columns]).T
    axes.axvline(0, color=style.GREY, linewidth=1, zorder=1)
    for row, colour in zip(numbers, _colours(rows), strict=True):
        place, value, low, high, share, rest = row
        axes.axhline(place, color=style.RULE, linewidth=1, zorder=0)
        axes.plot([low, high], [place, place], color=colour, linewidth=2.4, zorder=2)
        axes.plot(value, place, "o", color=colour, markersize=8, zorder=3)
        axes.text(
            1.03,
            place,
            f"{frames.shown(share, 'share')} / {frames.shown(rest, 'share')}",
            va="center",
            color=style.INK if colour == style.ACCENT else style.GREY,
            transform=axes.get_yaxis_transform(),
        )
    ends = np.append(numbers[:, 2:4].ravel(), 0.0)
    padding = 0.05 * (ends.max() - ends.min())
    axes.set_xlim(ends.min() - padding, ends.max() + padding)


def _name_panels(axes: Axes, headings: pd.DataFrame) -> None:
    """Write each group's name above its words, and over the first the heading of the shares."""
    for number, (group, place) in enumerate(headings.itertuples(index=False)):
        axes.text(
            0,
            place - 1,
            group,
            va="center",
            fontsize=style.FONT_SIZE + 1,
            transform=axes.get_yaxis_transform(),
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        if number == 0:
            axes.text(
                1.03,
                place - 1,
                "本组 / 其他",
                va="center",
                color=style.GREY,
                transform=axes.get_yaxis_transform(),
            )


@style.styled
def word_cloud(keywords: pd.DataFrame, *, seed: int = 0) -> Axes:
    """Draw keywords the larger the more comments mention them: a picture, never the only view.

    Areas of words cannot be compared by eye, so the table or `keyword_bars` belongs beside it.
    It needs the library ``wordcloud``, which comes with the extra ``csatlib[cloud]``.

    Parameters
    ----------
    keywords : DataFrame
        Rows of the ``keywords`` table: one method and one group. At most the first 60 by
        ``rank`` are drawn.
    seed : int
        Where the search for places begins; the same table and seed give the same picture.

    Returns
    -------
    matplotlib.axes.Axes
        The words, none turned, the first three in the accent colour. Without one it says
        数据不足.

    Raises
    ------
    ImportError
        Without the library ``wordcloud``.
    ValueError
        When methods or groups are mixed.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in word_cloud(empty("keywords")).texts]
    ['数据不足']
    """
    library = _library()
    for column in ("method", "group_by", "group"):
        frames.require_one(keywords, column, "word_cloud")
    rows = keywords[keywords["comments"] > 0].sort_values(["rank", "term"]).head(_CLOUD_WORDS)
    if rows.empty:
        return style.no_data()
    order = rows.sort_values(["comments", "rank", "term"], ascending=[False, True, True])
    weights = dict(zip(order["term"], order["comments"].astype(float), strict=True))
    cloud = library.WordCloud(
        font_path=str(style.font_path()),
        width=round(style.WIDTH * _RESOLUTION),
        height=round(_CLOUD_HEIGHT * _RESOLUTION),
        random_state=seed,
        prefer_horizontal=1.0,
        relative_scaling=0.6,
        min_font_size=round(_SMALLEST * _RESOLUTION / 72),
        max_font_size=round(_LARGEST * _RESOLUTION / 72),
        margin=8,
        max_words=_CLOUD_WORDS,
    ).generate_from_frequencies(weights)
    first = set(order["term"].head(3))
    return _written(cloud.layout_, first)


def _library() -> ModuleType:
    try:
        import wordcloud
    except ImportError:
        raise ImportError(
            "word_cloud: the library wordcloud is not installed; install the extra "
            "'csatlib[cloud]', or draw keyword_bars, which needs nothing more"
        ) from None
    return wordcloud


def _written(layout: list[tuple], accented: set[str]) -> Axes:
    """Write the words where the layout has them, as text and not as a grid of pixels."""
    from matplotlib.font_manager import FontProperties
    from PIL import ImageFont

    axes = style.canvas(_CLOUD_HEIGHT)
    axes.set_axis_off()
    axes.figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set(xlim=(0, style.WIDTH * _RESOLUTION), ylim=(_CLOUD_HEIGHT * _RESOLUTION, 0))
    font = FontProperties(fname=str(style.font_path()))
    for (word, share), size, (top, left), _, _ in layout:
        # The layout gives the corner of the ink, matplotlib wants the beginning of the baseline.
        ink = ImageFont.truetype(str(style.font_path()), size).getbbox(word, anchor="ls")
        colour = style.ACCENT if word in accented else style.INK if share > 0.4 else style.GREY
        axes.text(
            left - ink[0],
            top - ink[1],
            word,
            fontproperties=font,
            fontsize=size * 72 / _RESOLUTION,
            color=colour,
            va="baseline",
        )
    return axes
