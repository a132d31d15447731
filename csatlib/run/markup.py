"""Turns what a notebook says into clean, navigable HTML: sanitising, sections, contents, tables."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import nh3

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from mistune import Markdown

_TAGS = {
    *("article", "aside", "blockquote", "details", "div", "figcaption", "figure", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "hr", "p", "pre", "section", "summary"),
    *("dd", "dl", "dt", "li", "ol", "ul"),
    *("caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    *("a", "abbr", "b", "br", "cite", "code", "del", "dfn", "em", "i", "img", "kbd", "mark", "q"),
    *("rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u"),
}
_ATTRIBUTES = {
    "*": {"class", "id", "title", "lang"},
    "a": {"href"},
    "abbr": {"title"},
    "col": {"span"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_LINK = re.compile(r"https?://\S+|#\S+|(?:\.{1,2}/)*[\w%][\w%.\-]*(?:/[\w%.\-]+)*\.html(?:#\S*)?")
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml)[;,]\S*", re.IGNORECASE)

_UNIT = r"(?:%|％|pp|个百分点|分|条|份|人|次|天)?"
_AMOUNT = rf"[<>≤≥≈=]?\s*[+\-−–±]?\d[\d,]*(?:\.\d+)?\s*{_UNIT}\*{{0,3}}"
_RANGE = rf"{_AMOUNT}(?:\s*[–\-~至,，±]\s*{_AMOUNT})?"
_NUMERIC = re.compile(rf"(?:{_RANGE})?\s*(?:[\[（(]\s*{_RANGE}\s*[\])）])?")
_BLANK = {"", "-", "–", "—", "―", "NA", "<NA>", "NaN", "nan"}
_CHINESE = "[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
_LINE_BREAK = re.compile(rf"(?<={_CHINESE})[ \t]*\n[ \t]*(?={_CHINESE})")


def clean(html: str) -> str:
    """Keep of a fragment only what a report needs; nothing that acts or fetches survives.

    Parameters
    ----------
    html : str
        A fragment of HTML from any hand, a customer's comment among them.

    Returns
    -------
    str
        A balanced fragment: no scripts, styles or event handlers, links only to http(s), within
        the page or to a neighbouring ``.html`` file, pictures only as ``data:`` of the page.

    Examples
    --------
    >>> clean('<p onclick="x()">好<script>alert(1)</script></p>')
    '<p>好</p>'
    """
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "data"},
        link_rel="noopener noreferrer",
    )


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    pattern = {("a", "href"): _LINK, ("img", "src"): _PICTURE}.get((tag, name))
    return value if pattern is None or pattern.fullmatch(value.strip()) else None


def markdown(text: str) -> str:
    r"""Render Markdown to clean HTML; ``$`` means money, not mathematics.

    Parameters
    ----------
    text : str
        Markdown with tables; HTML inside it passes through `clean`.

    Returns
    -------
    str
        A clean fragment. Bold works beside Chinese punctuation too (``**（均值）**高``), where
        the common rules, made for words between spaces, leave the asterisks standing.

    Examples
    --------
    >>> markdown("从$5涨到$8，**（均值）**高")
    '<p>从$5涨到$8，<strong>（均值）</strong>高</p>\n'
    """
    return clean(str(_renderer()(text)))


@functools.cache
def _renderer() -> Markdown:
    import mistune

    renderer = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])

    def parse_bold(inline, match, state):
        inner = state.copy()
        inner.src = match.group("bold_text")
        state.append_token({"type": "strong", "children": inline.render(inner)})
        return match.end()

    pattern = r"\*\*(?P<bold_text>(?=[^\s*])[^\n`\\]*?[^\s*`\\])\*\*(?!\*)"
    renderer.inline.register("chinese_bold", pattern, parse_bold, before="emphasis")
    return renderer


def arrange(soup: BeautifulSoup) -> None:
    """Make a rendered notebook a report, in place.

    The page's ``<main>`` gets sections, heading ids, a table of contents in both of its places,
    tables with header scopes and aligned numbers, and pictures with alternative texts.
    """
    main = soup.find("main")
    _settle_title(soup.find("header"), main)
    for wrapper in main.find_all("div", class_="output", recursive=False):
        if wrapper.find(["h1", "h2", "h3"], recursive=False):
            wrapper.unwrap()
    _drop_repeated_ids(soup)
    headings = main.find_all(["h2", "h3"], recursive=False)
    _name_headings(soup, headings)
    _write_contents(soup, headings)
    _describe_pictures(main)
    for table in main.find_all("table"):
        _dress_table(soup, table)
    for line in soup.find_all(class_=["card-note", "subtitle"]):
        _keep_parts_whole(soup, line)
    _wrap_sections(soup, main)
    _join_chinese_lines(soup)


def _settle_title(header: Tag, main: Tag) -> None:
    """Gather title, its paragraphs and its subtitle in the head, and leave sections below it."""
    late = main.find("h1", recursive=False)
    if header.find("h1") is None and late is not None:
        header.insert(0, late.extract())
    section = header.find("h2", recursive=False)
    if section is not None:
        for place, node in enumerate([section, *section.next_siblings]):
            main.insert(place, node.extract())
    for subtitle in main.find_all("p", class_="subtitle"):
        holder = subtitle.parent
        if header.find("h1") is not None:
            header.find("h1").insert_after(subtitle.extract())
        if holder is not main and not holder.get_text(strip=True) and not holder.find("img"):
            holder.decompose()


def _drop_repeated_ids(soup: BeautifulSoup) -> None:
    seen: set[str] = set()
    for tag in soup.find_all(id=True):
        if tag["id"] in seen or not tag["id"].strip():
            del tag["id"]
        else:
            seen.add(tag["id"])


def _name_headings(soup: BeautifulSoup, headings: Iterable[Tag]) -> None:
    used = {tag["id"] for tag in soup.find_all(id=True)}
    for heading in headings:
        if heading.get("id"):
            continue
        stem = re.sub(r"[\W_]+", "-", heading.get_text()).strip("-") or "section"
        name, count = stem, 1
        while name in used:
            count += 1
            name = f"{stem}-{count}"
        heading["id"] = name
        used.add(name)


def _write_contents(soup: BeautifulSoup, headings: list[Tag]) -> None:
    """Fill the sidebar and the folded list of the telephone, or remove both if there is little."""
    places = [soup.find("nav", class_="sidebar"), soup.find("details", class_="toc")]
    for place in places:
        if len(headings) < 2:
            place.decompose()
        else:
            place.append(_contents(soup, headings))


def _contents(soup: BeautifulSoup, headings: Iterable[Tag]) -> Tag:
    top = soup.new_tag("ol")
    inner: Tag | None = None
    for heading in headings:
        item, link = soup.new_tag("li"), soup.new_tag("a", href=f"#{heading['id']}")
        link.string = " ".join(heading.get_text().split())
        item.append(link)
        if heading.name == "h2" or not top.contents:
            top.append(item)
            inner = None
            continue
        if inner is None:
            inner = soup.new_tag("ol")
            top.contents[-1].append(inner)
        inner.append(item)
    return top


def _describe_pictures(main: Tag) -> None:
    for picture in main.find_all("img"):
        if not picture.get("src"):
            picture.decompose()
        elif not picture.get("alt", "").strip():
            figure = picture.find_parent("figure")
            caption = figure.find("figcaption") if figure else None
            heading = picture.find_previous(["h1", "h2", "h3"])
            named = caption or heading
            picture["alt"] = named.get_text(" ", strip=True) if named else "图"


def _dress_table(soup: BeautifulSoup, table: Tag) -> None:
    """Say what each header heads, align the numbers, and let a wide table scroll by itself."""
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True) and not cell.find("img"):
            cell.name = "td"
            cell.attrs.pop("scope", None)
        elif not cell.get("scope"):
            cell["scope"] = _scope(cell)
    marked = table.find(class_="num") is not None
    for cell in table.find_all(["td", "th"]):
        text = cell.get_text(" ", strip=True)
        if cell.name == "td" and not marked and _is_numeric(text):
            _add_class(cell, "num")
        elif len(text) <= 10:
            _add_class(cell, "short")
        elif len(text) > 24:
            _add_class(cell, "long")
    if not marked:
        _align_headers(table)
    named = table.find("caption") or _caption(table)
    frame = soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0", "role": "region"})
    frame["aria-label"] = named.get_text(" ", strip=True) if named else "表格"
    table.wrap(frame)


def _is_numeric(text: str) -> bool:
    return text in _BLANK or (len(text) < 40 and _NUMERIC.fullmatch(text) is not None)


def _scope(cell: Tag) -> str:
    row = cell.find_parent("tr")
    heads = cell.find_parent("thead") is not None or not row.find("td")
    if not heads:
        return "row"
    return "colgroup" if int(_digits(cell.get("colspan"))) > 1 else "col"


def _digits(value: str | None) -> str:
    return value if value and value.isdecimal() else "1"


def _align_headers(table: Tag) -> None:
    """Set a column's header over its numbers where the table is a plain grid."""
    grid = [row.find_all(["td", "th"]) for row in table.find_all("tr")]
    body = [row for row in grid if row and row[0].find_parent("thead") is None]
    heads = [row for row in grid if row and row[0].find_parent("thead") is not None]
    if table.find(rowspan=True) or table.find(colspan=True) or not body:
        return
    for head in heads:
        for column, cell in enumerate(head):
            below = [row[column] for row in body if column < len(row)]
            aligned = [c for c in below if "num" in c.get("class", [])]
            if len(aligned) * 2 > len(below):
                _add_class(cell, "num")


def _caption(table: Tag) -> Tag | None:
    figure = table.find_parent("figure")
    return figure.find("figcaption") if figure else None


def _add_class(tag: Tag, name: str) -> None:
    classes = tag.get_attribute_list("class")
    tag["class"] = [*(c for c in classes if c and c != name), name]


def _keep_parts_whole(soup: BeautifulSoup, line: Tag) -> None:
    """Let a line such as ``95% CI 4.05–4.19 · n = 812`` break at its dots rather than in a part."""
    if line.string is None or " · " not in line.string:
        return
    parts = line.string.split(" · ")
    line.clear()
    for place, text in enumerate(parts):
        for kind, words in [("dot", " · ")] * bool(place) + [("part", text)]:
            piece = soup.new_tag("span", attrs={"class": kind})
            piece.string = words
            line.append(piece)


def _wrap_sections(soup: BeautifulSoup, main: Tag) -> None:
    """Gather each h2 with what follows it; the bottom line becomes the highlighted panel."""
    section: Tag | None = None
    for node in list(main.contents):
        if getattr(node, "name", None) == "h2":
            section = soup.new_tag("section", attrs={"aria-labelledby": node["id"]})
            if node.get_text(strip=True).startswith("结论先行"):
                section["class"] = ["bottom-line"]
            node.insert_before(section)
        if section is not None:
            section.append(node.extract())


def _join_chinese_lines(soup: BeautifulSoup) -> None:
    """Remove line breaks between Chinese characters, which browsers show as spaces."""
    for text in soup.find_all(string=_LINE_BREAK):
        if text.find_parent(["pre", "style"]) is None:
            text.replace_with(_LINE_BREAK.sub("", str(text)))
