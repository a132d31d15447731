"""Where a page and its figures come from: files, versions, and links to the page behind."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from csatlib.report.markup import Html, html_table, say, stack
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["cite", "provenance", "subtitle"]

_NUMERALS = "一二三四"


def subtitle(study: Study, quarter: Quarter | str, *, as_of: str) -> Html:
    """Name the study, the quarter and the day of the data under a page's title.

    Returns
    -------
    Html
        Such as 热线服务满意度调查 · 2026 年第三季度 · 质量控制组 · 数据截至 2026-09-30.
    """
    at = Quarter.parse(quarter)
    parts = [
        study.title,
        f"{at.year} 年第{_NUMERALS[at.number - 1]}季度",
        study.owner,
        f"数据截至 {as_of}",
    ]
    text = " · ".join(part for part in parts if part)
    return Html(f'<p class="subtitle">{escape(text)}</p>', text)


def cite(page: str, exhibit: str = "", *, words: str = "来源") -> Html:
    """Link to the page, and the exhibit on it, behind a figure.

    Parameters
    ----------
    page : str
        The notebook's name without its ending, such as ``03_satisfaction``.
    exhibit : str
        Such as ``t-overall`` for a table, ``f-trend`` for a figure.
    words : str
        What the link says.

    Returns
    -------
    Html

    Examples
    --------
    >>> cite("03_satisfaction", "t-overall", words="表 1").html
    '<a class="cite" href="03_satisfaction.html#t-overall">表 1</a>'
    """
    href = f"{page}.html" + (f"#{exhibit}" if exhibit else "")
    return Html(f'<a class="cite" href="{escape(href)}">{escape(words)}</a>', f"[{words}]({href})")


def provenance(manifest: Mapping[str, Any]) -> Html:
    """Say from which files, with which programs and parameters a page was made.

    Parameters
    ----------
    manifest : mapping
        What `store.manifest` gives.

    Returns
    -------
    Html
        A table of the raw files with their digests, one of the tables with their rows, and a
        line of versions; a draft is called a draft.
    """
    pieces = []
    if manifest.get("draft", True):
        pieces.append(say("草稿：这一页不是由 csat run 生成的，不能作为正式报告。", warning=True))
    inputs = pd.DataFrame(manifest.get("inputs", []), columns=["file", "sha256"])
    if len(inputs):
        pieces.append(_digests("原始文件", inputs))
    tables = [
        {"file": name, "rows": f"{entry['rows']:,}", "sha256": entry["sha256"]}
        for name, entry in manifest.get("tables", {}).items()
    ]
    pieces.append(_digests("数据表", pd.DataFrame(tables, columns=["file", "rows", "sha256"])))
    versions = "，".join(f"{name} {v}" for name, v in manifest.get("versions", {}).items())
    commit = manifest.get("commit")
    made = "；".join(p for p in (versions, f"代码版本 {commit[:12]}" if commit else "") if p)
    if made:
        pieces.append(say(f"软件：{made}。"))
    return stack(pieces)


def _digests(title: str, rows: pd.DataFrame) -> Html:
    shown = rows.assign(sha256=rows["sha256"].str[:16])
    header = [{"file": title, "rows": "行数", "sha256": "SHA-256（前 16 位）"}[c] for c in shown]
    cells = [[str(v) for v in row] for row in shown.itertuples(index=False)]
    numeric = [c == "rows" for c in shown]
    text = "\n".join(" ".join(row) for row in cells)
    return Html(
        f'<figure class="exhibit">{html_table(header, cells, numeric=numeric)}</figure>', text
    )
