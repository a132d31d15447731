"""The exhibits of work under way: the plan of measures, the burn-down, follow-up by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.charts import frames, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Late and at risk are set apart; everything that goes well is quiet.
_LATE, _RISK = "#b8433f", "#d07a1f"
_COLOURS = {"overdue": _LATE, "done_late": style.MUTED, "at_risk": _RISK, "done": style.MUTED}
_COLOURS |= {"on_track": style.ACCENT, "beyond": style.GREY}
_NAMES = {"overdue": "逾期", "at_risk": "有风险", "on_track": "按计划", "done": "完成"}
_NAMES |= {"done_late": "逾期完成", "beyond": "超出能力"}
_LEFT_OUT = ("draft", "cancelled", "undated")


@style.styled
def action_plan(
    actions: pd.DataFrame, progress: pd.DataFrame, *, today: object, top: int = 20
) -> Axes:
    """Lay measures out in time, from their start to their date, with today's line.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``.
    progress : DataFrame
        Table ``action_progress`` of the same measures; drafts, cancelled and undated ones are not
        drawn.
    today : date or str
        Where the line stands.
    top : int
        How many measures, those with the earliest date first.

    Returns
    -------
    matplotlib.axes.Axes
        A bar a measure from ``started_on`` (or 7 days before its date, where the start is
        unknown) to ``due``, the part done filled; a finished one ends at ``done_on``. Without any
        it says 数据不足.

    Raises
    ------
    ValueError
        When a measure has more than one row.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> blank = empty("actions"), empty("action_progress")
    >>> [text.get_text() for text in action_plan(*blank, today="2026-10-01").texts]
    ['数据不足']
    """
    frames.require_unique(progress, ["action_id"], "action_plan")
    frames.require_unique(actions, ["action_id"], "action_plan")
    rows = _planned(actions, progress).head(top)
    if rows.empty:
        return style.no_data()
    from matplotlib.dates import AutoDateLocator, DateFormatter, date2num

    names = [style.wrap(_short(row.measure, row.action_id), width=26) for row in rows.itertuples()]
    axes = style.canvas(0.42 * len(rows) + 0.16 * sum("\n" in n for n in names) + 1.0)
    for place, row in enumerate(rows.itertuples()):
        _bar(axes, place, row, date2num)
    day = date2num(pd.Timestamp(str(today)).normalize())
    axes.axvline(day, color=style.INK, lw=1.2, zorder=5)
    axes.annotate(
        "今天",
        (day, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=style.INK,
    )
    axes.xaxis_date()
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=5))
    axes.xaxis.set_major_formatter(DateFormatter("%m-%d"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    style.name_rows(axes, names, [state in _COLOURS for state in rows["state"]])
    axes.margins(x=0.14)
    return axes


def _planned(actions: pd.DataFrame, progress: pd.DataFrame) -> pd.DataFrame:
    shown = progress[~progress["state"].isin(_LEFT_OUT) & progress["due"].notna()]
    words = actions[["action_id", "measure", "started_on"]]
    rows = shown.merge(words, on="action_id", how="left")
    begun = rows["started_on"].fillna(rows["due"] - pd.Timedelta(days=7))
    rows = rows.assign(begun=begun.where(begun <= rows["due"], rows["due"]))
    return rows.sort_values(["due", "action_id"], kind="stable")


def _short(measure: object, name: object) -> str:
    text = str(name) if pd.isna(measure) else str(measure)
    return text if len(text) <= 24 else text[:23] + "…"


def _bar(axes: Axes, place: int, row: object, number_of: object) -> None:
    colour = _COLOURS.get(row.state, style.GREY)
    start, due = number_of(row.begun), number_of(row.due)
    end = number_of(row.done_on) if pd.notna(row.done_on) else due
    width = max(end - start, 1.0)
    share = 0.0 if pd.isna(row.done_share) else float(row.done_share)
    axes.barh(place, width, left=start, height=0.5, color=colour, alpha=0.25)
    axes.barh(place, width * share, left=start, height=0.5, color=colour)
    if end > due:
        axes.plot([due, due], [place - 0.32, place + 0.32], color=style.INK, lw=1.2)
    axes.annotate(
        _NAMES[row.state],
        (max(start + width, due), place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8},
        zorder=6,
    )


@style.styled
def burn_down(weeks: pd.DataFrame) -> Axes:
    """Follow open measures week by week, against the plan.

    Parameters
    ----------
    weeks : DataFrame
        Table ``action_weeks``.

    Returns
    -------
    matplotlib.axes.Axes
        Two lines of steps, open and planned to be open, and bars of those overdue. Without a
        measure it says 数据不足.

    Raises
    ------
    ValueError
        When a week stands twice.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in burn_down(empty("action_weeks")).texts]
    ['数据不足']
    """
    frames.require_unique(weeks, ["week_ending"], "burn_down")
    if weeks.empty or not weeks["actions"].max():
        return style.no_data()
    rows = weeks.sort_values("week_ending")
    places = np.arange(len(rows))
    axes = style.canvas(3.2)
    axes.bar(places, frames.numbers(rows["overdue"]), width=0.5, color=_LATE, alpha=0.35)
    series = (
        ("planned_open", "计划剩余", style.MUTED, "--"),
        ("open", "实际剩余", style.ACCENT, "-"),
    )
    last = [float(rows[column].iloc[-1]) for column, *_ in series]
    top = float(rows[["actions", "open", "planned_open"]].max().max())
    apart = abs(last[0] - last[1]) < 0.09 * top
    for index, (column, name, colour, line) in enumerate(series):
        values = frames.numbers(rows[column])
        axes.plot(places, values, line, color=colour, lw=2.2, marker="o", markersize=4)
        upper = last[index] > last[1 - index] or (last[0] == last[1] and index == 1)
        shift = (8 if upper else -8) if apart else 0
        axes.annotate(
            f"{name} {values[-1]:.0f}",
            (places[-1], values[-1]),
            xytext=(8, shift),
            textcoords="offset points",
            va="center",
            color=colour,
            annotation_clip=False,
        )
    step = -(-len(rows) // 5)
    ticks = list(range(len(rows) - 1, -1, -step))[::-1]
    axes.set_xticks(ticks, [f"{rows['week_ending'].iloc[t]:%m-%d}" for t in ticks])
    axes.set_ylim(0, top * 1.1)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.tick_params(axis="both", colors=style.GREY)
    axes.set_xlabel("周末日期；红柱为逾期", color=style.GREY)
    axes.grid(axis="y")
    axes.spines["left"].set_visible(False)
    return axes


@style.styled
def followup_bars(rates: pd.DataFrame, *, metric: str = "closed") -> Axes:
    """Compare how completely units follow up, each a dot with its interval.

    Parameters
    ----------
    rates : DataFrame
        Table ``followup_rates`` by one set of groups.
    metric : str
        One of its shares: ``contacted``, ``closed``, ``closed_in_time``, ``complete``, …

    Returns
    -------
    matplotlib.axes.Axes
        The lowest share first, with count and n; a group of which nothing can be said is grey.
        Without any it says 数据不足.

    Raises
    ------
    ValueError
        When a group stands twice, or the metric is one of days.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> [text.get_text() for text in followup_bars(empty("followup_rates")).texts]
    ['数据不足']
    """
    if "_days_" in metric:
        raise ValueError(f"followup_bars: expected a share such as 'closed', found {metric!r}")
    rows = rates[(rates["metric"] == metric) & rates["group"].notna()]
    frames.require_one(rows, "group_by", "followup_bars")
    frames.require_unique(rows, ["group"], "followup_bars")
    if not rows["estimate"].notna().any():
        return style.no_data()
    rows = rows.sort_values(["estimate", "group"], na_position="last", kind="stable")
    names = [style.wrap(str(group), width=20) for group in rows["group"]]
    axes = style.canvas(0.38 * len(rows) + 0.2 * sum("\n" in n for n in names) + 0.7)
    middle, low, high = (frames.numbers(rows[c]) for c in ("estimate", "ci_low", "ci_high"))
    for place, row in enumerate(rows.itertuples()):
        known = not np.isnan(middle[place])
        if known:
            axes.plot([low[place], high[place]], [place, place], color=style.ACCENT, lw=2.4)
            axes.plot(middle[place], place, "o", color=style.ACCENT, markersize=8, zorder=4)
        text = (
            f"{frames.shown(middle[place], 'share')}（{rows['count'].iloc[place]}/{row.n}）"
            if known
            else "—"
        )
        axes.text(
            1.03,
            place,
            text,
            va="center",
            transform=axes.get_yaxis_transform(),
            color=style.INK if known else style.GREY,
        )
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda value, _: frames.tick(value, "share"))
    axes.tick_params(axis="x", colors=style.GREY)
    axes.grid(axis="x")
    axes.spines[["left", "bottom"]].set_visible(False)
    style.name_rows(axes, names, list(~np.isnan(middle)))
    return axes
