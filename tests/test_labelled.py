"""The labelled sample is well formed, and the page on coding says what is measured on it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from csatlib import store, themes

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "benchmarks"))

import labelled  # noqa: E402  (a script beside the package)

THEMES = [
    "queue_wait",
    "menu_maze",
    "impatient",
    "repeat_fault",
    "unsolved",
    "unclear_answer",
    "opaque_progress",
    "repeat_details",
    "no_callback",
]


@pytest.fixture(scope="module")
def comments() -> pd.DataFrame:
    return labelled.sample()


def test_each_comment_stands_once(comments):
    assert list(comments) == ["comment_id", "text", "themes", "polarity", "themes_second"]
    assert comments["comment_id"].tolist() == [f"L{i:03d}" for i in range(1, len(comments) + 1)]
    assert comments["text"].is_unique
    assert len(comments) >= 330
    assert comments["text"].str.len().between(1, 80).all()
    assert not comments["text"].str.contains(r"\s$|^\s|\n").any()


@pytest.mark.parametrize("column", ["themes", "themes_second"])
def test_labels_are_themes_each_once_and_in_order(comments, column):
    for cell in comments[column]:
        names = [name for name in cell.split("、") if name]
        assert names == [name for name in THEMES if name in names], cell


def test_polarities_are_known_and_no_complaint_is_praise(comments):
    assert set(comments["polarity"]) == {"negative", "neutral", "positive", "mixed"}
    voiced = comments[comments["themes"] != ""]
    assert set(voiced["polarity"]) <= {"negative", "mixed"}


def test_every_theme_is_there_often_enough(comments):
    counts = labelled.reading(comments)["theme"].value_counts()
    assert set(counts.index) == set(THEMES)
    assert counts.min() >= 18
    assert 0.5 < (comments["themes"] != "").mean() < 0.7


def test_the_readme_counts_what_is_there(comments):
    page = (REPOSITORY / "tests" / "labelled" / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d+) \|$", page, flags=re.MULTILINE))
    counts = labelled.reading(comments)["theme"].value_counts()
    assert {name: int(n) for name, n in told.items()} == counts.to_dict()
    assert f"holds {len(comments)} Chinese comments" in page
    assert f"{(comments['themes'] != '').sum()} comments (60 %) voice" in page
    assert (comments["themes"] != comments["themes_second"]).sum() == 4
    assert "They differ in four comments" in page


def test_nothing_in_it_is_personal(comments):
    assert not comments["text"].str.contains(r"1[3-9]\d{9}|\d{15,}|@").any()


def test_two_readings_are_of_one_reader_and_agree():
    table = labelled.readings()
    assert table["theme"].nunique() == len(THEMES)
    assert (table[table["method"] == "cohen_kappa"]["n"] == len(labelled.sample())).all()


@pytest.fixture(scope="module")
def hotline(repository):
    if not hasattr(themes, "code"):
        pytest.skip("csatlib.themes has no code yet")
    study = store.study("hotline", repository)
    if not study.codeframe.themes:
        pytest.skip("the hotline has no codeframe (themes.yml) yet")
    return study


def test_the_codeframe_knows_the_themes_of_the_sample(hotline):
    assert set(THEMES) <= {theme.id for theme in hotline.codeframe.themes}


@pytest.fixture(scope="module")
def page() -> str:
    return (REPOSITORY / "docs" / "coding.md").read_text(encoding="utf-8")


def test_the_page_says_what_is_measured(hotline, page):
    for name, told in [*labelled.tables(hotline).items(), *labelled.sentences(hotline).items()]:
        assert told in page, f"docs/coding.md: run benchmarks/labelled.py and put {name} there"


def test_the_halves_share_the_sample(comments, page):
    halves = [labelled.sample(half)["comment_id"].tolist() for half in labelled.HALVES]
    assert sorted(halves[0] + halves[1]) == comments["comment_id"].tolist()
    assert f"**开发的一半**（{len(halves[0])} 条）" in page
    assert f"**留出的一半**（{len(halves[1])} 条）" in page
    with pytest.raises(ValueError, match="development, held-out, found 'third'"):
        labelled.sample("third")
