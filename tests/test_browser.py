"""What Chromium makes of a page, offline, at the widths of a telephone and of a desk."""

import html as escaping
import json
import re
import shutil
import subprocess

import pytest
import sample_report as sample

from csatlib.run import page

CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome", "chrome"])),
    None,
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH"),
]

# The page stands in a frame of the width wanted, because a window cannot be that narrow; the
# switches below let the outer page, which is not under the policy, look into the frame.
FRAME = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe src="page.html" style="width:{width}px;height:900px;border:0"></iframe><pre></pre><script>
const frame = document.querySelector("iframe");
frame.onload = async () => {{
  const inner = frame.contentDocument, view = frame.contentWindow;
  for (const details of inner.querySelectorAll("details")) details.open = true;
  await inner.fonts.ready;
  const wide = [...inner.querySelectorAll("body *")].filter(
    (e) => !e.closest(".scroll, .skip") && e.getBoundingClientRect().right > view.innerWidth + 1);
  const shown = (selector) => {{
    const element = inner.querySelector(selector);
    return element !== null && view.getComputedStyle(element).display !== "none";
  }};
  document.querySelector("pre").textContent = JSON.stringify({{
    width: view.innerWidth,
    scrollWidth: inner.documentElement.scrollWidth,
    wide: wide.map((e) => e.tagName + "." + e.className),
    fonts: [...inner.fonts].map((font) => font.family.replaceAll('"', "") + " " + font.status),
    requests: view.performance.getEntriesByType("resource").map((entry) => entry.name.slice(0, 5)),
    broken: [...inner.images].filter((image) => image.naturalWidth === 0).length,
    images: inner.images.length,
    sidebar: shown(".sidebar"),
    contents: shown("details.toc"),
  }});
}};
</script>"""


def look(folder, html, *, width):
    """Open a page in a frame of the width; give what was measured and what the console said."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.format(width=width), encoding="utf-8")
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--hide-scrollbars",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--allow-file-access-from-files",
            "--disable-web-security",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1400,1000",
            "--enable-logging=stderr",
            "--virtual-time-budget=10000",
            "--dump-dom",
            (folder / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    measured = re.search(r"<pre>(\{.*?\})</pre>", done.stdout, re.DOTALL)
    assert measured, done.stdout[-2000:] + done.stderr[-2000:]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(escaping.unescape(measured[1])), console


@pytest.fixture(scope="module")
def html():
    return page.to_html(sample.notebook())


@pytest.mark.parametrize(
    ("width", "sidebar"),
    [(390, False), (768, False), (1280, True)],
    ids=["phone", "tablet", "desk"],
)
def test_the_page_fits_and_asks_for_nothing(tmp_path, html, width, sidebar):
    seen, console = look(tmp_path, html, width=width)
    assert seen["width"] == width
    assert seen["scrollWidth"] == width
    assert seen["wide"] == []
    assert seen["fonts"] == ["Noto Sans SC loaded"]
    assert set(seen["requests"]) <= {"data:"}
    assert (seen["images"], seen["broken"]) == (5, 0)
    assert (seen["sidebar"], seen["contents"]) == (sidebar, not sidebar)
    assert console == []


def test_these_measures_see_what_they_are_for(tmp_path, html):
    """A page too wide, scripted and fetching is seen to be so, and held by its policy."""
    spoilt = html.replace(
        "</main>",
        '<p style="width:900px">宽</p><img src="https://example.com/a.png" onerror="x()">'
        "<script>document.title = 1</script></main>",
    )
    seen, console = look(tmp_path, spoilt, width=390)
    assert seen["scrollWidth"] > 390
    assert seen["wide"][0] == "P."
    assert seen["broken"] == 1
    assert any("Content Security Policy" in line for line in console)
