import base64
import io
import os
import re
import stat
from urllib.parse import unquote

import nbformat
import pytest
import sample_report as sample
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from nbformat import v3, v4

from csatlib.charts import font_path
from csatlib.run import markup, page


@pytest.fixture(scope="module")
def html():
    return page.to_html(sample.notebook())


@pytest.fixture(scope="module")
def soup(html):
    return BeautifulSoup(html, "html.parser")


def rendered(*cells):
    return BeautifulSoup(page.to_html(v4.new_notebook(cells=list(cells))), "html.parser")


def shown(html, *, kind="text/html", source=""):
    """Render one cell with one output."""
    output = v4.new_output("display_data", data={kind: html})
    return rendered(v4.new_code_cell(source, outputs=[output]))


def names(soup, *args, **kwargs):
    return [tag.get_text() for tag in soup.find_all(*args, **kwargs)]


# the document


def test_head_says_language_characters_and_width(soup):
    assert soup.html["lang"] == "zh-CN"
    assert soup.head.find("meta", charset="utf-8")
    assert soup.head.find("meta", attrs={"name": "viewport"})
    assert soup.title.string == "2026 年三季度 IT 服务满意度报告"


def test_policy_forbids_everything_but_what_is_inside(soup):
    policy = soup.head.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
    )
    before = [tag.name for tag in policy.find_previous_siblings()]
    assert not {"style", "link"} & set(before)  # a policy holds for what follows it


def test_nothing_is_asked_of_another_machine(html, soup):
    for tag in soup.find_all(True):
        for name in ("src", "srcset", "data", "poster", "action", "background"):
            assert tag.get(name, "data:").startswith("data:"), tag
    assert [tag["href"] for tag in soup.find_all("link")] == ["data:,"]
    assert not re.search(r"@import|url\((?![\"']?data:)", html)


def test_title_block_holds_title_question_and_subtitle(soup):
    header = soup.find("header")
    assert names(header, "h1") == ["2026 年三季度 IT 服务满意度报告"]
    assert names(header, "p", class_="subtitle") == [
        "IT 服务满意度调查 · 2026 年第三季度 · 质量控制组"
    ]
    assert len(header.find_all("p")) == 3
    assert len(soup.find_all("h1")) == 1


@pytest.mark.parametrize(
    ("cells", "heading"),
    [
        ([], "给定"),
        (["正文"], "给定"),
        (["正文", "# 后到的标题"], "后到的标题"),
        (["# 标题\n\n问题？\n\n## 一节\n\n话"], "标题"),
    ],
    ids=["empty", "untitled", "late", "with sections"],
)
def test_a_page_has_one_title_whatever_the_notebook(cells, heading):
    node = v4.new_notebook(cells=[v4.new_markdown_cell(text) for text in cells])
    soup = BeautifulSoup(page.to_html(node, title="给定"), "html.parser")
    assert names(soup.header, "h1") == [heading]
    assert soup.title.string == "给定"
    assert names(soup.main, "h1") == []
    assert soup.header.find("h2") is None


def test_contents_lists_each_section_in_both_places_and_resolves(soup):
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    places = [soup.find("nav", class_="sidebar"), soup.find("details", class_="toc")]
    for place in places:
        links = place.find_all("a")
        assert [link.get_text() for link in links] == names(soup.main, ["h2", "h3"])
        assert all(soup.find(id=link["href"][1:]).name in ("h2", "h3") for link in links)
    assert soup.main.find("h2")["id"] == "结论先行-响应速度是唯一下降的维度"
    assert names(places[0].ol.find_all("li", recursive=False)[1].ol, "a") == ["数字明细"]


def test_links_within_the_page_resolve(soup):
    ids = {tag["id"] for tag in soup.find_all(id=True)}
    inner = [a["href"][1:] for a in soup.find_all("a", href=re.compile("^#"))]
    assert "t-dimensions" in inner
    assert {unquote(name) for name in inner} <= ids


def test_repeated_headings_get_ids_of_their_own():
    soup = rendered(v4.new_markdown_cell("# 题\n\n## 小结\n\n## 小结\n\n## ？"))
    assert [h["id"] for h in soup.find_all("h2")] == ["小结", "小结-2", "section"]


def test_an_id_that_comes_twice_stays_with_the_first():
    soup = rendered(v4.new_markdown_cell('<p id="甲">一</p>\n\n## 甲\n\n<p id="甲">二</p>'))
    assert [(tag.get_text(), tag["id"]) for tag in soup.main.find_all(["p", "h2"], id=True)] == [
        ("一", "甲"),
        ("甲", "甲-2"),
    ]


def test_a_short_page_has_no_contents():
    soup = rendered(v4.new_markdown_cell("# 题\n\n## 只有一节"))
    assert soup.find("nav") is None
    assert soup.find("details") is None


def test_a_line_of_parts_breaks_between_them():
    note = shown('<p class="card-note">95% CI 4.05–4.19 · n = 812</p>').find(class_="card-note")
    assert names(note, "span", class_="part") == ["95% CI 4.05–4.19", "n = 812"]
    assert note.get_text() == "95% CI 4.05–4.19 · n = 812"


def test_sections_begin_at_their_heading_and_the_bottom_line_is_a_panel(soup):
    sections = soup.main.find_all("section", recursive=False)
    assert [s.find("h2").get_text()[:4] for s in sections] == [
        "结论先行",
        "各维度表",
        "分组与趋",
        "客户原声",
        "口径与局",
    ]
    assert [s.get("class") for s in sections] == [["bottom-line"], None, None, None, None]
    assert sections[0].find(class_="cards")
    assert all(soup.find(id=s["aria-labelledby"]) for s in sections)


# cells


def test_parameters_are_not_shown(html, soup):
    assert "injected" not in html
    assert not any("quarter =" in c or "quarter:" in c for c in names(soup, "code"))


def test_code_is_folded_after_what_it_made(soup):
    folded = soup.find_all("details", class_="code")
    assert all(f.summary.get_text() == "代码" and not f.has_attr("open") for f in folded)
    assert "report.headline(overall)" in folded[1].get_text()
    assert folded[1].find_previous(class_="cards")


@pytest.mark.parametrize("tag", ["hide", "remove-input", "hide-input"])
def test_hidden_code_leaves_its_output(tag):
    output = v4.new_output("stream", name="stdout", text="结果")
    cell = v4.new_code_cell("secret()", outputs=[output], metadata={"tags": [tag]})
    soup = rendered(cell)
    assert "secret" not in str(soup)
    assert names(soup, "pre") == ["结果"]


def test_stdout_is_shown_and_stderr_is_not(html, soup):
    assert names(soup, "pre", class_="stdout") == ["已保存 12 张表\n"]
    assert "内部日志" not in html


def test_what_papermill_noted_is_not_published(html):
    assert "/secret/" not in html
    assert "2026-10-08" not in html


@pytest.mark.parametrize("text", ["<Axes: xlabel='均值'>", "[<matplotlib.lines.Line2D at 0x7f>]"])
def test_the_name_of_an_object_is_not_shown(text):
    output = v4.new_output("execute_result", data={"text/plain": text})
    assert rendered(v4.new_code_cell("x", outputs=[output])).find("pre", class_="stdout") is None


def test_plain_results_and_code_are_escaped():
    output = v4.new_output("execute_result", data={"text/plain": "'<b>满意</b>' \x1b[31m红\x1b[0m"})
    soup = rendered(v4.new_code_cell("x = '<i>'", outputs=[output]))
    assert names(soup, "pre", class_="stdout") == ["'<b>满意</b>' 红"]
    assert names(soup, "code") == ["x = '<i>'"]


@pytest.mark.parametrize("tags", [[], ["parameters"]], ids=["plain", "parameters"])
def test_a_notebook_that_failed_is_refused(tags, tmp_path):
    error = v4.new_output(
        "error", ename="KeyError", evalue="'均值'", traceback=["File /home/somebody/x.py"]
    )
    cells = [v4.new_markdown_cell("# 题"), v4.new_code_cell("x", outputs=[error])]
    cells[1].metadata["tags"] = tags
    with pytest.raises(ValueError, match=r"found KeyError in cell 2: '均值'") as refusal:
        page.render(v4.new_notebook(cells=cells), tmp_path / "page.html")
    assert "somebody" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


# hostile and plain text


@pytest.mark.parametrize("kind", ["text/html", "text/markdown"])
@pytest.mark.parametrize(
    "attack",
    [
        sample.HOSTILE,
        "<p onclick='x()' style='position:fixed'>好</p><base href='//example.com/'>",
        "<a href=' JaVa\tscript:alert(1)'>点</a><a href='data:text/html,<script>x</script>'>点</a>",
        "<a href='//example.com/a.html'>点</a><a href='file:///etc/a.html'>点</a>",
        "<img src='https://example.com/a.png'><img src='data:text/html,x'>",
        "<img alt='&quot; onerror=alert(1) x=&quot;' src='data:image/png;base64,AAAA'>",
        "<style>@import 'https://example.com'</style><link rel=stylesheet href=x><meta charset=x>",
        "<form action=/x><input><button>好</button></form><object data=x></object><math></math>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></p></noscript>",
        "<!-- --!><script>alert(1)</script> -->",
        "<details ontoggle=alert(1) open>好</details></div></main></body></html>",
        "[点](javascript:alert(1)) ![图](https://example.com/a.png) <https://example.com>",
    ],
)
def test_hostile_text_is_inert(kind, attack):
    soup = shown(attack + "\n\n<p>尾声</p>", kind=kind)
    allowed = {"class", "id", "title", "lang", "href", "alt", "src", "open", "rel"}
    assert soup.main.find(["script", "style", "iframe", "svg", "form", "object", "base"]) is None
    for tag in soup.main.find_all(True):
        assert set(tag.attrs) <= allowed, tag
        assert re.match(r"https://|#|\w+\.html", tag.get("href", "#")), tag
        assert tag.get("src", "data:image/").startswith("data:image/"), tag
    assert soup.main.find("p", string="尾声") or "尾声" in soup.main.get_text()
    assert len(soup.find_all("main")) == 1


@pytest.mark.parametrize("tag", ["script", "style"])
def test_the_words_of_a_script_or_a_style_go_with_it(tag):
    assert markup.clean(f"<p>好<{tag}>alert(1)</{tag}></p>") == "<p>好</p>"


def test_no_script_anywhere(html, soup):
    assert soup.find("script") is None
    assert "<script" not in html
    assert not re.search(r"<[^>]*\son\w+=", html)
    assert "&lt;script&gt;" in html  # the comment is quoted, as text


@pytest.mark.parametrize(
    "href",
    ["https://example.com/a?b=c", "#表-1", "03_satisfaction.html#t-overall", "../02/数据.html"],
)
def test_ordinary_links_survive(href):
    assert shown(f'<a class="cite" href="{href}">见</a>').main.a["href"] == href


def test_the_vocabulary_of_reports_survives():
    source = "data:image/svg+xml;base64,PHN2Zy8+"
    soup = shown(
        '<figure class="exhibit" id="f-x"><figcaption>图 1</figcaption>'
        f'<img alt="均值" src="{source}"><p class="note">注：n = 30</p><details class="data">'
        '<summary>数据表</summary><table class="data"><thead><tr><th scope="col" colspan="2">'
        "甲</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table></details></figure>"
    )
    figure = soup.main.find("figure", id="f-x", class_="exhibit")
    assert figure.img["alt"] == "均值"
    assert figure.img["src"] == source
    assert figure.find("p", class_="note")
    assert figure.find("details", class_="data").find("table", class_="data")
    assert figure.find("th")["colspan"] == "2"


def test_dollars_stay_as_typed(soup):
    assert "单价从$5涨到$8，客户有话说：" in soup.main.get_text()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("从$5涨到$8，从\\$5", "从$5涨到$8，从$5"),
        ("到**$8**了", "到<strong>$8</strong>了"),
        ("很**“好”**吗", "很<strong>“好”</strong>吗"),
        ("`**码**` 与 **值 `a**b` 值**", None),
        ("**（均值）**高，**低**", "<strong>（均值）</strong>高，<strong>低</strong>"),
        ("甲 ** 乙 ** 丙", "甲 ** 乙 ** 丙"),
    ],
)
def test_markdown_beside_chinese_punctuation(text, html):
    if html is None:
        assert "<code>**码**</code>" in markup.markdown(text)
    else:
        assert markup.markdown(text) == f"<p>{html}</p>\n"


def test_a_line_break_between_chinese_characters_is_no_space(soup):
    assert "从高到低排列，最低的一项" in soup.main.get_text()


# tables and pictures


def test_headers_have_a_scope(soup):
    headers = soup.find_all("th")
    assert {th.get("scope") for th in headers} == {"col", "row"}
    assert not any(not th.get_text(strip=True) for th in headers)


def test_the_empty_corner_of_a_table_is_no_header():
    table = sample.GROUPS[["group", "n"]].set_index("group").to_html()
    soup = shown(table)
    assert [cell.name for cell in soup.find("thead").find("tr").find_all(True)] == ["td", "th"]
    assert [th["scope"] for th in soup.find("tbody").find_all("th")] == ["row"] * 4


@pytest.mark.parametrize(
    ("text", "numeric"),
    [
        ("4.12", True),
        ("−0.13", True),
        ("1,234", True),
        ("82.5%", True),
        ("4.05–4.19", True),
        ("4.12 (4.05–4.19)", True),
        ("[3.9, 4.1]", True),
        ("<0.001", True),
        ("—", True),
        ("华东", False),
        ("2026Q3", False),
        ("2026-09-30", False),
        ("样本不足 (n=12)", False),
        ("1" * 5000, False),
    ],
)
def test_numbers_are_aligned_and_words_are_not(text, numeric):
    soup = shown(f"<table><thead><tr><th>头</th></tr></thead><tr><td>{text}</td></tr></table>")
    assert ("num" in soup.find("td").get("class", [])) is numeric
    assert ("num" in soup.find("th").get("class", [])) is numeric


def test_the_alignment_that_a_table_brings_along_is_kept():
    soup = shown('<table><tr><td class="num">1</td><td>2</td></tr></table>')
    assert [cell["class"][0] for cell in soup.find_all("td")] == ["num", "short"]


def test_a_wide_table_scrolls_by_itself_and_says_what_it_is(soup):
    for table in soup.find_all("table"):
        assert table.parent["class"] == ["scroll"]
        assert table.parent["tabindex"] == "0"
        assert table.parent["aria-label"]
    assert soup.find(id="t-dimensions").find(class_="scroll")["aria-label"] == "表 1 各维度均值"


def test_pictures_have_texts(soup):
    assert all(len(img["alt"]) > 4 for img in soup.find_all("img"))


def test_a_picture_without_a_text_is_named_by_its_figure():
    soup = shown(
        '<figure><figcaption>图 2 分布</figcaption><img src="data:image/png;base64,AA"></figure>'
    )
    assert soup.main.img["alt"] == "图 2 分布"


@pytest.mark.parametrize(
    ("metadata", "alt"), [({"csat": {"alt": "均值 <高>"}}, "均值 <高>"), ({}, "分布")]
)
@pytest.mark.parametrize(
    ("kind", "data"), [("image/svg+xml", "<svg onload='x()'/>"), ("image/png", "iVBO\nRw==\n")]
)
def test_picture_outputs_become_pictures_with_texts(kind, data, metadata, alt):
    output = v4.new_output("display_data", data={kind: data}, metadata=metadata)
    cells = [v4.new_markdown_cell("# 题\n\n## 分布"), v4.new_code_cell("x", outputs=[output])]
    image = rendered(*cells).main.find("img")
    assert image["alt"] == alt
    assert re.fullmatch(rf"data:{re.escape(kind)};base64,[A-Za-z0-9+/=]+", image["src"])


# the font


def embedded(html):
    source = re.search(r'url\("data:font/woff2;base64,([^"]+)"\)', html)[1]
    return base64.b64decode(source)


def test_the_font_holds_every_character_of_the_page(html, soup):
    with TTFont(io.BytesIO(embedded(html))) as font, TTFont(font_path(), lazy=True) as whole:
        assert font.flavor == "woff2"
        held, holdable = set(font.getBestCmap()), set(whole.getBestCmap())
    alt = "".join(img["alt"] for img in soup.find_all("img"))
    wanted = {ord(letter) for letter in soup.body.get_text() + alt if letter.isprintable()}
    assert wanted & holdable <= held
    assert {ord(letter) for letter in "目录代码跳到正文"} <= held
    assert [chr(code) for code in wanted - holdable] == ["😀"]
    assert len(held) < 600


def test_the_font_is_named_as_the_style_asks(html):
    assert html.count('@font-face{font-family:"Noto Sans SC"') == 1
    assert 'font-family: "Noto Sans SC",' in html


# files


def test_the_same_notebook_gives_the_same_bytes_at_any_time(html, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    page._subset.cache_clear()
    assert page.to_html(sample.notebook()) == html


def test_cell_ids_and_run_times_do_not_reach_the_page(html):
    other = sample.notebook()
    other.metadata["papermill"] = {"end_time": "2027-01-01"}
    for number, cell in enumerate(other.cells):
        cell.id = f"other{number}"
        cell.metadata["papermill"] = {"duration": 1.5}
    assert page.to_html(other) == html


def test_a_notebook_is_not_changed():
    node = sample.notebook()
    before = nbformat.writes(node)
    page.to_html(node)
    assert nbformat.writes(node) == before


def test_a_notebook_of_an_older_format_is_read_and_not_changed():
    cell = v3.new_text_cell("markdown", source="# 旧格式")
    node = v3.new_notebook(worksheets=[v3.new_worksheet(cells=[cell])])
    assert "<h1>旧格式</h1>" in page.to_html(node)
    assert node.nbformat == 3
    assert node.worksheets[0].cells[0].source == "# 旧格式"


def test_it_renders_from_a_file_into_a_new_folder(tmp_path, html):
    nbformat.write(sample.notebook(), tmp_path / "09_report.ipynb")
    target = page.render(tmp_path / "09_report.ipynb", tmp_path / "out" / "report.html")
    assert target.read_bytes().decode("utf-8") == html
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_a_file_without_a_title_is_called_by_its_name(tmp_path):
    nbformat.write(v4.new_notebook(), tmp_path / "09_report.ipynb")
    html = page.to_html(tmp_path / "09_report.ipynb")
    assert BeautifulSoup(html, "html.parser").h1.string == "09_report"


def test_writing_replaces_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("旧", encoding="utf-8")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        page.render(sample.notebook(), target)
    assert target.read_text(encoding="utf-8") == "旧"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_the_page_can_be_read_by_those_who_may_read_the_folder(tmp_path):
    mask = os.umask(0o022)
    try:
        target = page.render(v4.new_notebook(), tmp_path / "report.html")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
