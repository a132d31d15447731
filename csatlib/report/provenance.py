"""Where a page and its figures come from: files, versions, and links to the page behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from csatlib.report.markup import Html, html_table, say, stack
from csatlib.schema import Quarter
from csatlib.study import Study

__all__ = ["cite", "provenance", "subtitle"]

_NUMERALS = "一二三四"
_SEALED = "加密"
_SHA = "SHA-256（前 16 位）"


def subtitle(study: Study | str, quarter: Quarter | str, *, as_of: str) -> Html:
    """Name the study, the quarter and the day of the data under a page's title.

    Parameters
    ----------
    study : Study or str
        Its title, and its owner where it has one; or a title, where a page is of no single study.
    quarter : Quarter or str
        The quarter that is reported.
    as_of : str
        The day up to which the data reaches, as it is to be read.

    Returns
    -------
    Html

    Raises
    ------
    SchemaError
        If ``quarter`` is no quarter.

    Examples
    --------
    >>> from csatlib import store
    >>> subtitle(store.study("ops_company"), "2026Q3", as_of="2026-09-30")
    公司满意度调查 · 2026 年第三季度 · 客户服务部 · 数据截至 2026-09-30
    """
    at = Quarter.parse(quarter)
    title, owner = (study, "") if isinstance(study, str) else (study.title, study.owner)
    parts = [
        title,
        f"{at.year} 年第{_NUMERALS[at.number - 1]}季度",
        owner,
        f"数据截至 {as_of}",
    ]
    text = " · ".join(part for part in parts if part)
    return Html(f'<p class="subtitle">{escape(text)}</p>', text)


#: Programs that a page names; the manifest has them all.
_TOLD = ("csatlib", "python", "pandas", "numpy", "scipy", "jieba")


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
    """Say from which files and with which programs a page was made.

    Parameters
    ----------
    manifest : mapping
        What `store.manifest` gives.

    Returns
    -------
    Html
        A table of the files read, one of the tables written, each with digests (the encrypted
        vault has none that could be shown), and a line of versions; anything but the outcome of a
        run is called a draft.

    Examples
    --------
    >>> digest = "93d1ab1c18c2c0eecd3db1a1d5f0c7c7c9ac5e0bd4f3f06d40f95c5b2e7f5e0a"
    >>> entry = {"rows": 1024, "sha256": digest}
    >>> provenance({"draft": False, "tables": {"estimates": entry}, "versions": {"pandas": "3.0"}})
    estimates 1,024 93d1ab1c18c2c0ee
    软件：pandas 3.0。
    """
    pieces = []
    if manifest.get("draft", True):
        pieces.append(say("草稿：这一页不是由 csat run 生成的，不能作为正式报告。", warning=True))
    inputs = [(entry["file"], entry["sha256"]) for entry in manifest.get("inputs", [])]
    if inputs:
        pieces.append(_digests({"原始文件与研究文件": False, _SHA: False}, inputs))
    tables = [
        (name, f"{entry['rows']:,}", entry.get("sha256", _SEALED))
        for name, entry in manifest.get("tables", {}).items()
    ]
    if tables:
        pieces.append(_digests({"数据表": False, "行数": True, _SHA: False}, tables))
    known = manifest.get("versions", {})
    versions = "，".join(f"{name} {known[name]}" for name in _TOLD if name in known)
    commit = manifest.get("commit")
    made = "；".join(p for p in (versions, f"代码版本 {commit}" if commit else "") if p)
    if made:
        pieces.append(say(f"软件：{made}。"))
    return stack(pieces)


def _digests(header: Mapping[str, bool], rows: Sequence[tuple[str, ...]]) -> Html:
    """Lay out rows that end in a digest; ``header`` says of each column whether it is a figure."""
    cells = [[*row[:-1], row[-1][:16]] for row in rows]
    grid = html_table(list(header), cells, numeric=list(header.values()))
    text = "\n".join(" ".join(row) for row in cells)
    return Html(f'<figure class="exhibit">{grid}</figure>', text)
