"""Renders an executed notebook as one HTML file that is complete in itself."""

from __future__ import annotations

import base64
import functools
import io
import os
import re
from copy import deepcopy
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from csatlib.charts import font_path
from csatlib.run import markup
from csatlib.store import atomic

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from nbconvert.exporters import TemplateExporter
    from nbformat import NotebookNode

__all__ = ["render", "to_html"]

_TEMPLATES = Path(__file__).parent / "template"
_PARAMETERS = {"parameters", "injected-parameters"}
_HIDE_INPUT = {"hide", "hide-input", "remove-input"}
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
_SHOWN_TYPES = ("text/html", "text/markdown", *_PICTURES, "text/plain")
# The likes of "<Axes: xlabel='x'>" tell a programmer something and a reader nothing.
_OBJECT = re.compile(r"<[^\n]*>|\[<[^\n]*>\]")


def render(
    notebook: str | os.PathLike[str] | NotebookNode,
    html: str | os.PathLike[str],
    *,
    title: str | None = None,
) -> Path:
    """Write an executed notebook as an HTML file that needs no other file and no network.

    Parameters
    ----------
    notebook : path or NotebookNode
        The executed notebook; it is not changed.
    html : path
        Where to write; an existing file is replaced in one step or not at all.
    title : str, optional
        The title in the browser's tab; by default that of the notebook, its first h1.

    Returns
    -------
    Path
        ``html``.

    Raises
    ------
    ValueError
        When a cell of the notebook ended in an error: such a run is not for readers.

    Examples
    --------
    >>> import tempfile
    >>> from nbformat import v4
    >>> node = v4.new_notebook(cells=[v4.new_markdown_cell("# 三季度满意度")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = render(node, Path(folder) / "report.html")
    ...     "<h1>三季度满意度</h1>" in written.read_text(encoding="utf-8")
    True
    """
    target = Path(html)
    _write(to_html(notebook, title=title), target)
    return target


def to_html(notebook: str | os.PathLike[str] | NotebookNode, *, title: str | None = None) -> str:
    """Give the HTML that `render` writes: the same notebook gives the same text.

    Parameters
    ----------
    notebook : path or NotebookNode
        The executed notebook; it is not changed.
    title : str, optional
        The title in the browser's tab; by default that of the notebook, its first h1.

    Returns
    -------
    str
        A whole document in ``zh-CN``, without a script, under a policy that forbids every
        request, with the Chinese characters it uses embedded as a font.

    Raises
    ------
    ValueError
        When a cell of the notebook ended in an error.

    Examples
    --------
    >>> from nbformat import v4
    >>> to_html(v4.new_notebook()).splitlines()[:2]
    ['<!DOCTYPE html>', '<html lang="zh-CN">']
    """
    from bs4 import BeautifulSoup

    node, name = _read(notebook)
    prepared = _prepare(node)
    body, _ = _exporter().from_notebook_node(prepared)
    soup = BeautifulSoup(body, "html.parser")
    markup.arrange(soup)
    _entitle(soup, title, name)
    _embed_font(soup)
    return str(soup).strip() + "\n"


def _read(notebook: str | os.PathLike[str] | NotebookNode) -> tuple[NotebookNode, str]:
    """Open a notebook in the current format, and say what to call it if it has no title."""
    import nbformat

    if isinstance(notebook, str | os.PathLike):
        return nbformat.read(notebook, as_version=4), Path(notebook).stem
    return nbformat.convert(deepcopy(notebook), 4), "报告"


def _prepare(notebook: NotebookNode) -> NotebookNode:
    """Keep the cells and outputs that a reader sees, and of their metadata only what is shown."""
    from nbformat import v4

    cells = []
    for number, cell in enumerate(notebook.cells, start=1):
        tags = set(cell.metadata.get("tags", ()))
        if cell.cell_type == "markdown":
            first = not any(kept.cell_type == "markdown" for kept in cells)
            titled = first and cell.source.lstrip().startswith("# ")
            cells.append(
                v4.new_markdown_cell(cell.source, id=f"cell-{number}", metadata={"title": titled})
            )
        elif cell.cell_type == "code" and not tags & _PARAMETERS:
            cells.append(
                v4.new_code_cell(
                    "" if tags & _HIDE_INPUT else cell.source,
                    id=f"cell-{number}",
                    outputs=[o for o in cell.outputs if _is_shown(o, number)],
                )
            )
        elif cell.cell_type == "code":
            _refuse_errors(cell.outputs, number)
    return v4.new_notebook(cells=cells)


def _refuse_errors(outputs: list[NotebookNode], number: int) -> None:
    for output in outputs:
        if output.output_type == "error":
            raise ValueError(
                f"render: expected a notebook that ran to its end, found {output.ename} in cell "
                f"{number}: {str(output.evalue)[:200]}; correct the cause and run it again"
            )


def _is_shown(output: NotebookNode, number: int) -> bool:
    _refuse_errors([output], number)
    if output.output_type == "stream":
        return output.name == "stdout" and bool(output.text.strip())
    shown = [kind for kind in _SHOWN_TYPES if kind in output.data]
    if shown == ["text/plain"]:
        return not _OBJECT.fullmatch(output.data["text/plain"].strip())
    return bool(shown)


def _exporter() -> TemplateExporter:
    # Not HTMLExporter: it gives pictures without a text an English one that says nothing.
    from nbconvert.exporters import TemplateExporter
    from traitlets.config import Config

    config = Config()
    config.TemplateExporter.filters = {"markdown": markup.markdown, "shown": _output_html}
    return TemplateExporter(
        config=config,
        template_name="csat",
        template_file="index.html.j2",
        extra_template_basedirs=[str(_TEMPLATES)],
    )


def _output_html(output: NotebookNode) -> str:
    """Give one output in the richest form that it has and a page without scripts can show."""
    from nbconvert.filters import strip_ansi

    if output.output_type == "stream":
        return f'<pre class="stdout">{escape(strip_ansi(output.text))}</pre>'
    kind = next(kind for kind in _SHOWN_TYPES if kind in output.data)
    content = output.data[kind]
    if kind in _PICTURES:
        alt = escape(output.metadata.get("csat", {}).get("alt", ""))
        source = _picture_source(kind, content)
        return f'<figure class="picture"><img alt="{alt}" src="{source}"></figure>'
    if kind == "text/plain":
        return f'<pre class="stdout">{escape(strip_ansi(content))}</pre>'
    fragment = markup.clean(content) if kind == "text/html" else markup.markdown(content)
    return f'<div class="output">{fragment}</div>'


def _picture_source(kind: str, content: str) -> str:
    """Give a picture as the source of an ``img``, where an SVG can neither act nor fetch."""
    if kind == "image/svg+xml":
        content = base64.b64encode(content.encode("utf-8")).decode("ascii")
    return f"data:{kind};base64,{re.sub('[^A-Za-z0-9+/=]', '', content)}"


def _entitle(soup: BeautifulSoup, title: str | None, name: str) -> None:
    header = soup.find("header")
    heading = header.find("h1")
    if heading is None:
        heading = soup.new_tag("h1")
        heading.string = title or name
        header.insert(0, heading)
    soup.title.string = title or heading.get_text(" ", strip=True)


def _embed_font(soup: BeautifulSoup) -> None:
    """Embed the characters of the finished page, the template's own words among them."""
    described = [tag[a] for a in ("alt", "title") for tag in soup.find_all(attrs={a: True})]
    letters = set(soup.get_text()) | set("".join(described))
    source = base64.b64encode(_subset(frozenset(letters))).decode("ascii")
    soup.find("style", id="font").string = (
        '@font-face{font-family:"Noto Sans SC";font-style:normal;font-weight:400;'
        f'src:url("data:font/woff2;base64,{source}") format("woff2")}}'
    )


@functools.lru_cache(maxsize=8)
def _subset(letters: frozenset[str]) -> bytes:
    """Cut the packaged font down to ``letters``; the same letters give the same bytes."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(hinting=False, layout_features=[], name_IDs=[0, 1, 2, 13, 14])
    with TTFont(font_path(), lazy=True, recalcTimestamp=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=sorted(ord(letter) for letter in letters))
        subsetter.subset(font)
        font.flavor = "woff2"
        buffer = io.BytesIO()
        font.save(buffer)
    return buffer.getvalue()


def _write(text: str, target: Path) -> None:
    with atomic(target) as stream:
        stream.write(text.encode("utf-8"))
