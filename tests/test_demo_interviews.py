"""The fictional company's interviews: written the same every time, and what is planted is there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from csatlib import clean, exports, privacy, store, study, text, themes
from csatlib.demo import transcripts
from csatlib.demo.interviews import INTERVIEWED, plans, talk
from csatlib.demo.phrases_interviews import GUIDES, OPENINGS

REPOSITORY = Path(__file__).parents[1]
QUARTERS = ("2026Q1", "2026Q2", "2026Q3")
CASES = [(line, quarter) for line in INTERVIEWED for quarter in QUARTERS]
IDS = [f"{line}-{quarter}" for line, quarter in CASES]


@pytest.fixture(scope="session")
def planted(truth):
    return truth["interviews"]


@cache
def study_of(line):
    return study.load(REPOSITORY / "studies" / line)


@cache
def spoken(line, quarter):
    return exports.transcripts(store.raw(quarter, line, REPOSITORY), study_of(line))


@cache
def coded(line, quarter):
    lexicon = text.Lexicon.of(study_of(line))
    return themes.code_turns(spoken(line, quarter).turns, study_of(line).codeframe, lexicon=lexicon)


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
def test_the_files_in_the_repository_are_those_that_the_demo_writes(line, quarter):
    folder = REPOSITORY / "data" / "raw" / quarter / line
    written = dict(transcripts.files(line, quarter))
    assert sorted(written) == sorted(f.name for f in folder.glob("访谈_*"))
    for name, content in written.items():
        assert (folder / name).read_bytes() == content, name


def test_another_seed_draws_other_interviews():
    one, other = (dict(transcripts.files("hotline", "2026Q3", seed)) for seed in (0, 1))
    assert one != other
    assert dict(transcripts.files("hotline", "2026Q3", 0)) == one


def test_the_event_line_holds_no_interviews(planted):
    assert plans("ops_event", "2026Q3") == ()
    assert list(planted) == list(INTERVIEWED)


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
def test_what_is_told_of_an_interview_is_in_its_heading(line, quarter, planted):
    told = {p["interview_id"]: p for p in planted[line][quarter]}
    read = spoken(line, quarter).interviews.set_index("interview_id")
    assert len(told) == 12
    assert set(read.index) == {i for i, p in told.items() if not p["refused"]}
    for key in ("customer_id", "format"):
        assert read[key].to_dict() == {i: told[i][key] for i in read.index}
    assert read["held_on"].str.startswith("2026").all()
    assert set(read["format"]) == {"txt", "docx", "srt"}


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
def test_customers_of_every_level_and_kind_are_interviewed_once(line, quarter, planted):
    told = planted[line][quarter]
    levels = [p["level"] for p in told]
    assert {levels.count(level) for level in set(levels)} == {4}
    assert len(set(levels)) == 3
    assert len({p["customer_id"] for p in told}) == 12
    assert len({p["group"] for p in told}) >= 2
    listed = exports.read_all(
        store.raw(quarter, line, REPOSITORY), study_of(line), roles=["customers"]
    )
    assert {p["customer_id"] for p in told} <= set(clean.all_ids(listed))


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
def test_who_did_not_consent_is_left_out(line, quarter, planted):
    told = [p for p in planted[line][quarter] if p["refused"]]
    refused = spoken(line, quarter).refused
    assert refused["reason"].tolist() == [p["refused"] for p in told]
    assert refused["file"].str.contains(told[0]["interview_id"], regex=False).all()
    (plan,) = [p for p in plans(line, quarter) if p.refused]
    words = talk(plan, line, quarter)[1].words
    assert not spoken(line, quarter).turns["text"].str.contains(words, regex=False).any()


@pytest.mark.parametrize("line", INTERVIEWED)
def test_the_planted_themes_are_found_again(line, planted):
    right = false = missed = 0
    for quarter in QUARTERS:
        rows = coded(line, quarter).dropna(subset="theme")
        found = rows.groupby("interview_id")["theme"].agg(set)
        for told in (p for p in planted[line][quarter] if not p["refused"]):
            # What is planted names praise as a strength, without its dimension.
            named = found.get(told["interview_id"], set())
            got = {"strength" if theme.startswith("praise_") else theme for theme in named}
            wanted = set(told["themes"])
            right += len(got & wanted)
            false += len(got - wanted)
            missed += len(wanted - got)
    assert right / (right + false) >= 0.9
    assert right / (right + missed) >= 0.9


@pytest.mark.parametrize(("line", "quarter"), CASES, ids=IDS)
def test_the_planted_gaps_of_the_guide_are_found_again(line, quarter, planted):
    topics = study_of(line).codeframe.topics
    lexicon = text.Lexicon.of(study_of(line))
    coverage = themes.topic_coverage(spoken(line, quarter).turns, topics, lexicon=lexicon)
    assert [t.id for t in topics] == [t.id for t in GUIDES[line]]
    for told in (p for p in planted[line][quarter] if not p["refused"]):
        own = coverage[coverage["interview_id"] == told["interview_id"]].set_index("topic")
        assert sorted(own.index[~own["asked"]]) == sorted(told["unasked"])
        assert sorted(own.index[own["asked"] & ~own["covered"]]) == sorted(told["short"])


@pytest.mark.parametrize("line", INTERVIEWED)
def test_names_that_fall_in_interviews_are_removed(line):
    raw = exports.read_all(
        store.raw("2026Q3", line, REPOSITORY), study_of(line), roles=["customers", "staff"]
    )
    personal = clean.personal(raw)
    bare = privacy.redact_interviews(
        spoken(line, "2026Q3"),
        personal=personal,
        key=b"0123456789abcdef",
        roster=clean.roster(personal),
        ids=clean.all_ids(raw),
    )
    before = " ".join(spoken(line, "2026Q3").turns["text"])
    after = " ".join(bare.turns["text"])
    names = [p.contact for p in plans(line, "2026Q3") if p.personal == "own" and not p.refused]
    assert names
    assert all(name in before for name in names)
    people = personal.loc[personal["kind"] == "name", "value"]
    # Given names of two characters may be words; whole names may not stay.
    assert not [name for name in people.unique() if len(name) > 2 and name in after]
    assert not set(bare.interviews["customer_id"]) & set(clean.all_ids(raw))


def test_the_words_are_varied():
    words = [
        turn.words
        for line, quarter in CASES
        for plan in plans(line, quarter)
        if not plan.refused
        for turn in talk(plan, line, quarter)
        if turn.speaker == "客户" and len(turn.words) > 12
    ]
    assert len(words) > 500
    assert len(set(words)) / len(words) > 0.85


def test_the_guide_of_the_demo_is_that_of_the_study():
    for line in INTERVIEWED:
        topics = study_of(line).codeframe.topics
        lexicon = text.Lexicon.of(study_of(line))
        for topic, guide in zip(topics, GUIDES[line], strict=True):
            asked = pd.DataFrame(
                {
                    "comment_id": [str(i) for i in range(len(guide.questions))],
                    "text": guide.questions,
                }
            )
            found = themes.match(asked, {t.id: t.patterns for t in topics}, lexicon=lexicon)
            about = found.groupby("comment_id")["name"].agg(set)
            assert about.tolist() == [{topic.id}] * len(guide.questions), guide.questions
        opening = pd.DataFrame({"comment_id": list("abc"), "text": OPENINGS})
        assert themes.match(opening, {t.id: t.patterns for t in topics}, lexicon=lexicon).empty
