"""A piece of the page: HTML in which every word was escaped, and the same in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Html", "folded", "html_table", "say", "stack"]

_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Html:
    """What a notebook cell shows: ``html`` on a page or in JupyterLab, ``text`` in a log."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def say(*sentences: str | Html, warning: bool = False) -> Html:
    """Set sentences as a paragraph (one) or a list (several); ``**words**`` are set in bold.

    Parameters
    ----------
    *sentences : str or Html
        Text is escaped, whatever it holds; `Html` such as a citation's is taken as it is.
    warning : bool
        Whether the reader must not miss it.

    Returns
    -------
    Html

    Examples
    --------
    >>> say("客户说：**<慢>**").html
    '<p>客户说：<strong>&lt;慢&gt;</strong></p>'
    """
    parts = [s.html if isinstance(s, Html) else _inline(s) for s in sentences]
    texts = [s.text if isinstance(s, Html) else _BOLD.sub(r"\1", s) for s in sentences]
    if len(parts) == 1:
        opening = '<p class="warn">' if warning else "<p>"
        return Html(f"{opening}{parts[0]}</p>", texts[0])
    items = "".join(f"<li>{part}</li>" for part in parts)
    kind = ' class="warn"' if warning else ""
    return Html(f"<ul{kind}>{items}</ul>", "\n".join(texts))


def folded(summary: str, text: str) -> Html:
    """Fold lines of plain text under a summary.

    Parameters
    ----------
    summary, text : str
        What the reader sees first, and the lines behind it; both are escaped.

    Returns
    -------
    Html

    Examples
    --------
    >>> folded("核对用的关键数字", "n = 40").html
    '<details class="data"><summary>核对用的关键数字</summary><pre>n = 40</pre></details>'
    """
    inner = f"<summary>{escape(summary)}</summary><pre>{escape(text)}</pre>"
    return Html(f'<details class="data">{inner}</details>', text)


def stack(pieces: Iterable[Html]) -> Html:
    """Set pieces one below the other.

    Parameters
    ----------
    pieces : iterable of Html
        Exhibits, paragraphs, citations.

    Returns
    -------
    Html

    Examples
    --------
    >>> stack([say("先看总体。"), say("再看分组。")])
    先看总体。
    再看分组。
    """
    parts = list(pieces)
    return Html("\n".join(p.html for p in parts), "\n".join(p.text for p in parts))


def _inline(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", escape(text))


def html_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[bool]
) -> str:
    """Build a table from texts: the first column names the row, figures are marked as such."""
    kinds = [' class="num"' if is_number else "" for is_number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(h)}</th>' for h, kind in zip(header, kinds, strict=True)
    )
    body = []
    for first, *others in rows:
        cells = "".join(
            f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(others, kinds[1:], strict=True)
        )
        body.append(f'<tr><th scope="row"{kinds[0]}>{escape(first)}</th>{cells}</tr>')
    return (
        f'<table class="data"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    )
