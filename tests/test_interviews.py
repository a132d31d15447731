"""Topics covered, themes voiced, saturation, notes: by hand, at the edges, and as invariants."""

from __future__ import annotations

from itertools import permutations
from math import comb

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from csatlib import charts, report, schema, store, themes
from csatlib.study import Codeframe, Theme, Topic
from csatlib.themes.interviewing import _COURTESY

GUIDE = (
    Topic(id="access", name="接通", patterns=("接通",)),
    Topic(id="price", name="费用", patterns=("费用|价格",), required=False),
)
FRAME = Codeframe(
    themes=(
        Theme(id="queue", name="排队久", stage="接通", action="排队", polarity="negative",
              patterns=("排队 ~ 久",)),
        Theme(id="kind", name="态度好", stage="应答", action="态度", polarity="positive",
              patterns=("态度 ~ 好",)),
        Theme(id="wish", name="客户期望", stage="整体", action="期望", standing="expectation",
              patterns=("希望",)),
    ),
    topics=GUIDE,
)  # fmt: skip


def talk(*lines, interview="a"):
    """Turns from lines such as ``i 接通顺利吗？``."""
    roles = {"i": "interviewer", "r": "respondent", "o": "other"}
    return pd.DataFrame(
        {
            "turn_id": [f"{interview}:{n}" for n in range(1, len(lines) + 1)],
            "interview_id": interview,
            "turn": range(1, len(lines) + 1),
            "role": [roles[line[0]] for line in lines],
            "text": [line[2:] for line in lines],
            "note": None,
        }
    )


def voiced(**interviews):
    """Coded turns from ``a="xy"``: one theme a letter, a blank for none."""
    rows = [(i, f"{i}:{n}", None if t == " " else t) for i, said in interviews.items()
            for n, t in enumerate(said)]  # fmt: skip
    coded = pd.DataFrame(rows, columns=["interview_id", "comment_id", "theme"])
    return coded.assign(polarity=None)


def covered(turns, **options):
    found = themes.topic_coverage(turns, GUIDE, **options)
    return [tuple(row) for row in found.drop(columns="interview_id").to_numpy().tolist()]


# ---- topics --------------------------------------------------------------------------------------

LONG = "等了十几分钟才有人来。"


@pytest.mark.parametrize(
    ("turns", "access"),
    [
        (talk("i 接通顺利吗？", f"r {LONG}"), (True, 1, 10, True)),
        (talk("i 接通顺利吗？", "r 还行。"), (True, 1, 2, False)),
        (talk("i 接通顺利吗？", "r 接通慢。"), (True, 1, 3, True)),
        (talk("i 接通顺利吗？", "i 还在吗？"), (True, 0, 0, False)),
        (talk("i 您好。", "r 接通太慢了，每一次都是这样子。"), (False, 0, 0, False)),
        (talk("i 接通呢？", "r 嗯。", "i 还有吗？", f"r {LONG}"), (True, 2, 11, True)),
        (talk("i 接通呢？", "r 嗯。", "i 费用呢？", f"r {LONG}"), (True, 1, 1, False)),
        (talk("i 接通呢？", f"o {LONG}"), (True, 0, 0, False)),
    ],
    ids=["long", "short", "names it", "silence", "unasked", "probe", "next topic", "bystander"],
)
def test_a_topic_is_covered_by_what_follows_its_question(turns, access):
    assert covered(turns)[0] == ("access", *access)


def test_every_interview_has_every_topic_in_the_guides_order():
    both = pd.concat([talk("i 费用呢？", f"r {LONG}", interview="b"), talk("i 接通呢？")])
    found = themes.topic_coverage(both, GUIDE)
    assert found[["interview_id", "topic"]].to_numpy().tolist() == [
        ["a", "access"], ["a", "price"], ["b", "access"], ["b", "price"]
    ]  # fmt: skip
    shuffled = both.sample(frac=1, random_state=1)
    assert themes.topic_coverage(shuffled, GUIDE).equals(found)


def test_how_long_an_answer_must_be_is_a_choice():
    turns = talk("i 接通顺利吗？", "r 还行。")
    assert covered(turns, min_characters=2)[0][-1]
    with pytest.raises(ValueError, match="min_characters: expected at least 1"):
        themes.topic_coverage(turns, GUIDE, min_characters=0)


def test_no_turns_or_no_guide_give_an_empty_table():
    for found in (themes.topic_coverage(talk(), GUIDE), themes.topic_coverage(talk("i 好"), ())):
        assert found.empty
        assert list(found) == list(schema.TABLES["topic_coverage"].columns)


# ---- coding --------------------------------------------------------------------------------------


def test_only_respondents_are_coded_and_courtesy_is_no_theme():
    turns = talk(
        "i 排队实在太久？", "r 排队实在太久", "o 排队实在太久", "r 不客气，再见。", "r 嗯嗯"
    )
    coded = themes.code_turns(turns, FRAME)
    assert coded[["comment_id", "status"]].to_numpy().tolist() == [
        ["a:2", "coded"], ["a:4", "uninformative"], ["a:5", "uninformative"]
    ]  # fmt: skip
    assert set(coded["interview_id"]) == {"a"}


@pytest.mark.parametrize(
    ("words", "courtesy"),
    [("不客气。", True), ("好的，您问吧。", True), ("谢谢您，再见！", True),
     ("不客气地说，太慢了", False), ("好的服务", False), ("态度不客气", False)],
)  # fmt: skip
def test_courtesy_is_politeness_and_no_more(words, courtesy):
    assert bool(_COURTESY.fullmatch(words)) is courtesy


def test_no_turns_are_coded_to_an_empty_table():
    assert themes.code_turns(talk(), FRAME).empty
    assert themes.code_turns(talk("i 好吗？"), Codeframe()).empty


# ---- saturation ----------------------------------------------------------------------------------


def test_the_curve_is_the_mean_over_every_order():
    coded = voiced(a="xy", b="x", c="z", d=" ")
    orders = [
        np.cumsum([len(set(s) - set("".join(o[:k])) - {" "}) for k, s in enumerate(o)])
        for o in permutations(["xy", "x", "z", " "])
    ]
    expected = np.mean(orders, axis=0)
    found = themes.saturation(coded, orders=20)
    assert np.allclose(found["themes"], expected)
    assert np.allclose(found["new"].cumsum(), expected)
    assert found["themes"].iloc[0] == 1.0  # four mentions in four interviews
    assert 1 - comb(2, 2) / comb(4, 2) + 2 * (1 - comb(3, 2) / comb(4, 2)) == pytest.approx(
        expected[1]
    )


def test_the_band_holds_the_curve_and_the_seed_fixes_it():
    rng = np.random.default_rng(3)
    said = {
        f"i{n:02d}": "".join(c for c in "abcdefgh" if rng.random() < 0.4) + " " for n in range(12)
    }
    one = themes.saturation(voiced(**said), seed=5)
    assert one.equals(themes.saturation(voiced(**said).sample(frac=1, random_state=1), seed=5))
    # The band is of whole numbers, the curve is not.
    assert (one["low"] - 1 < one["themes"]).all()
    assert (one["themes"] < one["high"] + 1).all()
    assert one[["low", "high"]].iloc[-1].tolist() == [one["themes"].iloc[-1]] * 2
    assert one["new"].is_monotonic_decreasing


def test_a_theme_counts_once_an_interview():
    assert themes.saturation(voiced(a="xxx", b="x")).equals(themes.saturation(voiced(a="x", b="x")))


@pytest.mark.parametrize(
    ("coded", "row"),
    [
        (voiced(a="xy", b="x", c="y", d="x", e="x", f="y"), (2, 6, None)),
        (voiced(a="x", b="x", c="x", d="x", e="y", f="x", g="x"), (1, 7, None)),
        (voiced(a="x", b="x", c="x", d="x", e="y", f="z"), (1, None, None)),
        (voiced(a="x", b="y", c="z"), (3, None, "few")),
        (voiced(a=" ", b=" ", c=" ", d=" ", e="x", f="x"), (0, None, "no_themes")),
    ],
    ids=["reached", "later run", "never", "few", "nothing in the base"],
)
def test_saturation_is_called_by_base_run_and_threshold(coded, row):
    found = themes.saturation_point(coded).iloc[0]
    given = tuple(None if pd.isna(found[c]) else found[c] for c in ("reached_at", "reason"))
    assert (found["base_themes"], *given) == row


def test_the_order_of_interviews_decides_and_must_be_whole():
    coded = voiced(a="x", b="x", c="x", d="x", e="y", f="x", g="x")
    early = themes.saturation_point(coded, list("eabcdfg"))
    assert early["reached_at"].tolist() == [6]
    with pytest.raises(ValueError, match="order: expected every interview"):
        themes.saturation_point(coded, ["a"])


@pytest.mark.parametrize(
    "call",
    [
        lambda c: themes.saturation(c, orders=0),
        lambda c: themes.saturation(c, conf=1),
        lambda c: themes.saturation_point(c, base=0),
        lambda c: themes.saturation_point(c, threshold=-1),
        lambda c: themes.saturation(c.drop(columns="theme")),
        lambda c: themes.standing(c.drop(columns="polarity"), FRAME),
        lambda c: themes.spoken_notes(c),
        lambda c: themes.topic_coverage(c, GUIDE),
        lambda c: themes.code_turns(c, FRAME),
    ],
)
def test_wrong_arguments_are_told(call):
    with pytest.raises(ValueError, match="expected"):
        call(voiced(a="x"))


def test_nothing_coded_gives_empty_tables():
    none = voiced()
    assert themes.saturation(none).empty
    assert themes.saturation_point(none)["reason"].tolist() == ["few"]
    assert themes.standing(none, FRAME)[["theme", "interviews"]].to_numpy().tolist() == [
        ["wish", 0]
    ]
    assert themes.standing(none, Codeframe()).empty


# ---- standing themes, notes ----------------------------------------------------------------------


def test_what_is_blamed_praised_and_wished_for_stands_under_its_heading():
    turns = pd.concat(
        [talk("r 排队实在太久，希望快一点", "r 态度很好"), talk("r 排队实在太久", interview="b")]
    )
    found = themes.standing(themes.code_turns(turns, FRAME), FRAME)
    assert found.drop(columns="base").to_numpy().tolist() == [
        ["strength", "kind", 1, 1],
        ["pain", "queue", 2, 2],
        ["expectation", "wish", 1, 1],
        ["expectation", "queue", 1, 1],
    ]
    assert set(found["base"]) == {2}


@pytest.mark.parametrize(
    ("note", "kinds"),
    [("叹气", ["strain"]), ("无奈地笑", ["strain"]), ("笑", ["laugh"]), ("停顿", ["pause"]),
     ("翻看记录；笑", ["pause", "laugh"]), ("喝水", ["other"]), (None, [])],
)  # fmt: skip
def test_notes_are_counted_by_kind(note, kinds):
    turns = talk("r 好", "r 慢").assign(note=[note, None])
    found = themes.spoken_notes(turns)
    assert found["kind"].tolist() == ["strain", "pause", "laugh", "other"]
    assert found.loc[found["turns"] > 0, "kind"].tolist() == kinds
    assert set(found["base"]) == {2}


# ---- charts and words ----------------------------------------------------------------------------


def test_the_heatmap_marks_what_was_missed():
    coverage = themes.topic_coverage(
        pd.concat([talk("i 接通呢？", f"r {LONG}"), talk("i 接通呢？", "r 嗯", interview="b")]),
        GUIDE,
    )
    axes = charts.topic_heatmap(coverage, labels={"access": "接通", "price": "费用"})
    texts = [text.get_text() for text in axes.texts]
    plt.close(axes.figure)
    assert sorted(texts) == ["0 / 2", "1 / 2", "漏", "漏", "问"]
    with pytest.raises(ValueError, match="no label for the item 'price'"):
        charts.topic_heatmap(coverage, labels={"access": "接通"})
    with pytest.raises(ValueError, match="expected one row"):
        charts.topic_heatmap(pd.concat([coverage, coverage]), labels={})
    plt.close("all")


def test_the_curve_names_the_last_count():
    curve = themes.saturation(voiced(a="xy", b="x", c="z"))
    axes = charts.saturation_curve(curve, reached_at=2)
    texts = [text.get_text().strip() for text in axes.texts]
    plt.close(axes.figure)
    assert texts == ["第 2 次", "3 个"]


def test_sentences_follow_the_tables():
    study = store.study("hotline").model_copy(update={"codeframe": FRAME})
    coverage = themes.topic_coverage(
        pd.concat([talk("i 接通呢？", f"r {LONG}"), talk("i 接通呢？", "r 嗯", interview="b")]),
        GUIDE,
    )
    assert report.topics_finding(coverage, study) == (
        "提纲的 2 个话题中“费用”谈得最少，2 次访谈里谈到 0 次"
    )
    assert report.gaps_sentences(coverage, study) == [
        "“接通”：问了而客户几乎没有谈的有 b。",
        "“费用”：没有问到的访谈有 a、b。",
    ]
    coded = themes.code_turns(talk("r 排队实在太久"), FRAME)
    standing = themes.standing(coded, FRAME)
    assert report.standing_finding(standing, study) == "1 次访谈中谈到最多的痛点是“排队久”，1 次"
    assert report.standing_view(standing, study)["theme"].tolist() == ["排队久", "（客户期望）"]
    few = themes.saturation_point(voiced(a="x"))
    assert report.saturation_sentence(few).startswith("无法判断主题是否饱和：访谈太少")
    never = themes.saturation_point(voiced(a="x", b="x", c="x", d="x", e="y", f="z"))
    assert report.saturation_sentence(never) == (
        "前 4 次访谈谈到 1 个主题；到第 6 次，最近 2 次新增的仍超过其 5.0%，"
        "主题尚未饱和，建议增加访谈。"
    )
    silent = themes.saturation_point(voiced(**dict.fromkeys("abcdef", " ")))
    assert report.saturation_sentence(silent) == (
        "无法判断主题是否饱和：前 4 次访谈没有谈到任何主题。"
    )


def test_turns_may_be_numbered_with_numbers_and_notes_be_missing():
    turns = pd.DataFrame({"turn_id": [1, 2], "interview_id": ["a", "b"], "role": "respondent"})
    turns = turns.assign(text=["排队太久", "好的"], note=float("nan"))
    assert themes.code_turns(turns, Codeframe())["interview_id"].tolist() == ["a", "b"]
    assert themes.spoken_notes(turns)["turns"].tolist() == [0] * 4


def test_no_page_names_who_did_not_consent():
    names = [
        "访谈_7.txt",
        "访谈_RX-2026Q3-01.docx",
        "访谈_王小明.txt",
        "访谈_wangxiaoming.docx",
        "1" * 200,
    ]
    files = [f"2026Q3/shop/{name}" for name in names]
    refused = pd.DataFrame({"file": files, "digest": ["ab" * 32] * 5, "reason": "no_consent"})
    shown = report.refused_view(refused)["file"].tolist()
    assert shown == [*names[:2], *["摘要为 abababab 的文件"] * 3]
    assert len(report.refused_view(refused.astype("str").head(0))) == 0


def test_an_interview_can_be_written_out_for_the_archive():
    interviews = pd.DataFrame(
        {"interview_id": ["a"], "held_on": [None], "interviewer": ["访谈员01"], "mode": ["电话"],
         "recorded": [pd.NA]}
    )  # fmt: skip
    turns = talk("i 好吗？", "r 慢").assign(seconds=[None, 65.5], note=[None, "叹气"])
    text = report.interview_script(interviews, turns, interview_id="a")
    assert text.endswith("访谈员：好吗？\n[00:01:05] 客户：慢【叹气】")
    assert "访谈日期：未记" in text
    with pytest.raises(ValueError, match="no interview 'b'"):
        report.interview_script(interviews, turns, interview_id="b")
