"""Tables, figures and cards as they stand on the page: caption, note, data folded beside."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.report.markup import Html, html_table
from csatlib.report.words import METRICS, certainty, interval, named, number, reason
from csatlib.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cards", "figure", "table"]

_ESTIMATES = tuple(schema.TABLES["estimates"].columns)
#: Headings whose columns hold figures although their cells are text.
_FIGURES = ("估计值", "95% 置信区间", "得分", "占比")
#: A share, a difference or a p value as `words` and its neighbours write them.
_FIGURE = re.compile(r"(< )?[+−]?[\d,]+\.\d+%?")
_ABSENT = ("—", "样本不足")


def table(
    df: pd.DataFrame,
    study: Study | None = None,
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
    study : Study, optional
        Its labels stand in place of the items' names; a page of all lines has none and names its
        ``columns``.
    name : str
        Short ASCII name; other pages cite the table as ``t-<name>``.
    caption, note : str
        What the table shows, and its base and conventions.
    columns : mapping of str to str, optional
        Which columns to show, in order, and their Chinese headings.

    Returns
    -------
    Html
        The rows of ``df`` in their order. Estimates have rounded figures and intervals, or the
        reason that one is missing; in other tables counts have thousands separators, other
        numbers two decimals, and a missing value is a dash.

    Raises
    ------
    ValueError
        If ``df`` is no estimates table and ``columns`` is missing or names others, if there is
        neither study nor ``columns``, or if ``name`` is not lower-case ASCII.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [5, 4, 4, 3] * 10, "quality": [4, 3] * 20})
    >>> means = estimates.mean(df, ["overall", "quality"])
    >>> table(means, store.study("ops_company"), name="means", caption="表 1 各题平均分")
    表 1 各题平均分
       题目  n  估计值  95% 置信区间
    整体满意度 40 4.00 3.77–4.23
     产品质量 40 3.50 3.34–3.66
    """
    html, text = _laid_out(df, study, columns)
    return _exhibit("t", name, caption, html, note, text)


def figure(
    ax: Axes,
    study: Study | None = None,
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
        The picture as SVG inside the page, and ``data`` laid out as `table` does.

    Raises
    ------
    ValueError
        As `table`.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import charts, estimates, store
    >>> study = store.study("ops_company")
    >>> df = pd.DataFrame({"overall": [5, 4, 4, 3] * 10, "quality": [4, 3] * 20})
    >>> means = estimates.mean(df, ["overall", "quality"])
    >>> ax = charts.dimension_bars(means, labels=study.label_map())
    >>> figure(ax, study, name="means", caption="图 1 产品质量得分最低", data=means)
    图 1 产品质量得分最低
       题目  n  估计值  95% 置信区间
    整体满意度 40 4.00 3.77–4.23
     产品质量 40 3.50 3.34–3.66
    """
    from csatlib import charts

    svg = base64.b64encode(charts.to_svg(ax).encode()).decode()
    picture = f'<img alt="{escape(caption)}" src="data:image/svg+xml;base64,{svg}">'
    html, text = _laid_out(data, study, columns)
    beside = f'<details class="data"><summary>数据表</summary>{html}</details>'
    return _exhibit("f", name, caption, picture, note, text, beside)


def cards(rows: Sequence[pd.Series], study: Study, *, conf: float = 0.95) -> Html:
    """Show a few figures large, each with its interval and base.

    Parameters
    ----------
    rows : sequence of Series
        Rows of an estimates table.
    study : Study
        Its labels stand in place of the items' names.
    conf : float
        The confidence at which the intervals were computed, between 0 and 1.

    Returns
    -------
    Html
        One card a row; a withheld figure is a dash with the reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates, store
    >>> df = pd.DataFrame({"overall": [5, 4, 4, 3] * 10})
    >>> cards([estimates.mean(df, "overall").iloc[0]], store.study("ops_company"))
    整体满意度平均分 4.00（95% CI 3.77–4.23 · n = 40）
    """
    pieces, texts = [], []
    for row in rows:
        label = named(study.label(row["item"]), row["metric"])
        value = "—" if row["suppressed"] else number(row["estimate"], row["metric"])
        base = "" if pd.isna(row["n"]) else f" · n = {row['n']:,}"
        note = f"{certainty(row, conf, words='CI')}{base}"
        pieces.append(
            f'<div class="card"><div class="card-value">{escape(value)}</div>'
            f'<div class="card-label">{escape(label)}</div>'
            f'<div class="card-note">{escape(note)}</div></div>'
        )
        texts.append(f"{label} {value}（{note}）")
    return Html(f'<div class="cards">{"".join(pieces)}</div>', "\n".join(texts))


def _exhibit(
    kind: str, name: str, caption: str, inner: str, note: str, text: str, beside: str = ""
) -> Html:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ValueError(
            f"exhibit name: expected lower-case ASCII such as 'overall', found {name!r}"
        )
    below = f'<p class="note">注：{escape(note)}</p>' if note else ""
    html = (
        f'<figure class="exhibit" id="{kind}-{name}"><figcaption>{escape(caption)}</figcaption>'
        f"{inner}{below}{beside}</figure>"
    )
    return Html(html, f"{caption}\n{text}")


def _laid_out(
    df: pd.DataFrame, study: Study | None, columns: Mapping[str, str] | None
) -> tuple[str, str]:
    """Write the rows a reader sees as HTML and as plain text."""
    if columns is not None:
        shown = _chosen(df, columns)
    elif study is not None:
        shown = _estimates_view(df, study)
    else:
        raise ValueError("table: expected a study or columns=…, found neither")
    numeric = [
        pd.api.types.is_numeric_dtype(shown[heading].dtype)
        or heading in _FIGURES
        or _written_figures(shown[heading])
        for heading in shown
    ]
    rows = [[_cell(value) for value in row] for row in shown.itertuples(index=False, name=None)]
    text = pd.DataFrame(rows, columns=shown.columns).to_string(index=False, max_rows=20)
    return html_table(list(shown.columns), rows, numeric=numeric), text


def _written_figures(column: pd.Series) -> bool:
    """Say whether a column of text holds figures already rounded, and nothing else."""
    written = [str(value) for value in column.dropna()]
    return any(_FIGURE.fullmatch(v) for v in written) and all(
        v in _ABSENT or _FIGURE.fullmatch(v) for v in written
    )


def _chosen(df: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    unknown = [column for column in columns if column not in df]
    if unknown:
        raise ValueError(f"table: the columns {unknown} are not in {list(df.columns)}")
    return df[list(columns)].set_axis(list(columns.values()), axis=1)


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
        view["分组"] = df["group"].fillna("总体")
    view["题目"] = df["item"].map(study.label)
    if df["level"].notna().any():
        view["选项"] = df["level"]
    if df["metric"].nunique() > 1:
        view["指标"] = df["metric"].map(METRICS)
    view["n"] = df["n"]
    rows = list(df.itertuples())
    view["估计值"] = [reason(r) if r.suppressed else number(r.estimate, r.metric) for r in rows]
    view["95% 置信区间"] = ["—" if r.suppressed else reason(r) or interval(r) for r in rows]
    if view["题目"].nunique() == 1 and "分组" in view:
        view = view.drop(columns="题目")
    return view


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return "—"
    if isinstance(value, bool | np.bool_):
        return "是" if value else "否"
    if isinstance(value, Integral):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, Real):
        return f"{value:z,.2f}".replace("-", "−")
    return str(value)
