"""Tables, figures and cards as they stand on the page: caption, note, data folded beside."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from csatlib import schema
from csatlib.report.markup import Html, html_table
from csatlib.report.words import METRICS, interval, named, number, reason
from csatlib.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cards", "figure", "table"]

_ESTIMATES = tuple(schema.TABLES["estimates"].columns)


def table(
    df: pd.DataFrame,
    study: Study,
    *,
    name: str,
    caption: str,
    note: str = "",
    columns: Mapping[str, str] | None = None,
) -> Html:
    """Lay out a table with caption and note, in the study's words.

    Parameters
    ----------
    df : DataFrame
        An estimates table, or any other together with ``columns``.
    study : Study
        Its labels stand in place of column names.
    name : str
        Short ASCII name; other pages cite the table as ``t-<name>``.
    caption, note : str
        What the table shows, and its base and conventions.
    columns : mapping, optional
        Which columns to show, in order, and their Chinese headings.

    Returns
    -------
    Html

    Raises
    ------
    ValueError
        If ``df`` is no estimates table and ``columns`` is missing or names others.
    """
    inner = _grid(df, study, columns)
    return _exhibit("t", name, caption, inner, note, _plain(df, columns))


def figure(
    ax: Axes,
    study: Study,
    *,
    name: str,
    caption: str,
    note: str = "",
    data: pd.DataFrame,
    columns: Mapping[str, str] | None = None,
) -> Html:
    """Lay out a chart with the finding as its caption and its table folded beside it.

    Parameters
    ----------
    ax : Axes
        A chart of `csatlib.charts`; it is closed.
    study, name, caption, note, columns
        As for `table`; other pages cite the figure as ``f-<name>``.
    data : DataFrame
        The table that was drawn.

    Returns
    -------
    Html
    """
    from csatlib import charts

    svg = base64.b64encode(charts.to_svg(ax).encode()).decode()
    picture = f'<img alt="{escape(caption)}" src="data:image/svg+xml;base64,{svg}">'
    folded = (
        f'<details class="data"><summary>数据表</summary>{_grid(data, study, columns)}</details>'
    )
    return _exhibit("f", name, caption, picture, note, _plain(data, columns), folded)


def cards(rows: Sequence[pd.Series], study: Study, *, conf: float = 0.95) -> Html:
    """Show a few figures large, each with its interval and base.

    Parameters
    ----------
    rows : sequence of Series
        Rows of an estimates table.

    Returns
    -------
    Html
    """
    pieces, texts = [], []
    for row in rows:
        label = named(study.label(row["item"]), row["metric"])
        value = "—" if row["suppressed"] else number(row["estimate"], row["metric"])
        bounds = interval(row)
        certainty = reason(row) if bounds == "—" else f"{conf:.0%} CI {bounds}"
        note = f"{certainty} · n = {row['n']:,}"
        pieces.append(
            f'<div class="card"><div class="card-value">{escape(value)}</div>'
            f'<div class="card-label">{escape(label)}</div>'
            f'<div class="card-note">{escape(note)}</div></div>'
        )
        texts.append(f"{label} {value}（{note}）")
    return Html(f'<div class="cards">{"".join(pieces)}</div>', "\n".join(texts))


def _exhibit(
    kind: str, name: str, caption: str, inner: str, note: str, text: str, folded: str = ""
) -> Html:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ValueError(
            f"exhibit name: expected lower-case ASCII such as 'overall', found {name!r}"
        )
    below = f'<p class="note">注：{escape(note)}</p>' if note else ""
    html = (
        f'<figure class="exhibit" id="{kind}-{name}"><figcaption>{escape(caption)}</figcaption>'
        f"{inner}{below}{folded}</figure>"
    )
    return Html(html, f"{caption}\n{text}")


def _grid(df: pd.DataFrame, study: Study, columns: Mapping[str, str] | None) -> str:
    if columns is None:
        df, columns = _estimates_view(df, study), {}
    unknown = [column for column in columns if column not in df]
    if unknown:
        raise ValueError(f"table: the columns {unknown} are not in {list(df.columns)}")
    shown = df[list(columns)].rename(columns=dict(columns)) if columns else df
    numeric = [pd.api.types.is_numeric_dtype(shown[c]) or c in _FIGURES for c in shown]
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    return html_table(list(shown.columns), rows, numeric=numeric)


_FIGURES = ("估计值", "95% 置信区间", "得分", "占比")


def _estimates_view(df: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Show an estimates table to a reader: labels, rounded figures, why one is missing."""
    if tuple(df.columns[: len(_ESTIMATES)]) != _ESTIMATES:
        raise ValueError(
            f"table: expected an estimates table or columns=…, found the columns {list(df.columns)}"
        )
    view = pd.DataFrame(index=df.index)
    if df["quarter"].nunique() > 1:
        view["季度"] = df["quarter"]
    if df["group"].notna().any():
        view["分组"] = df["group"].fillna("合计")
    view["题目"] = df["item"].map(study.label)
    if df["level"].notna().any():
        view["选项"] = df["level"]
    if df["metric"].nunique() > 1:
        view["指标"] = df["metric"].map(lambda metric: METRICS[metric])
    view["n"] = df["n"]
    rows = list(df.itertuples())
    view["估计值"] = [reason(r) if r.suppressed else number(r.estimate, r.metric) for r in rows]
    view["95% 置信区间"] = [interval(r) for r in rows]
    if view["题目"].nunique() == 1 and "分组" in view:
        view = view.drop(columns="题目")
    return view


def _cell(value: object) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return "—"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        return f"{value:,.2f}".replace("-", "−")
    return f"{value:,}"


def _plain(df: pd.DataFrame, columns: Mapping[str, str] | None) -> str:
    kept = df[[c for c in (columns or df.columns) if c in df]]
    return kept.to_string(index=False, max_rows=20)
