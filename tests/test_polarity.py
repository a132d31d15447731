"""Praise and blame of comments: what reaches how far, and that only the words decide."""

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import schema
from csatlib.privacy import REPLACEMENTS
from csatlib.study import Study, Words
from csatlib.text import Lexicon, comment_polarity, polarity
from csatlib.text.scanning import scanner_of

CASES = pd.read_csv(Path(__file__).with_name("polarity_cases.csv"), dtype="str")
SIGNS = {"negative": "-", "neutral": "0", "positive": "+"}


def comments(*texts):
    ids = [f"c{i}" for i in range(len(texts))]
    return pd.DataFrame({"comment_id": ids, "text": list(texts)}).astype("str")


def said(text, lexicon=None):
    """Write each clause as its sign and the span that decided."""
    table = polarity(comments(text), lexicon=lexicon)
    return " ".join(
        SIGNS[sign] + ("" if pd.isna(span) else span)
        for sign, span in zip(table["polarity"], table["span"], strict=True)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    CASES[["text", "expected"]].to_numpy().tolist(),
    ids=(CASES["kind"] + " " + CASES["text"]).tolist(),
)
def test_hard_sentences(text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("太慢，但是客服态度好", "positive"),
        ("客服态度好，但是太慢", "negative"),
        ("很热情，很专业，很耐心，但是太慢", "negative"),
        ("很热情，就是有点慢", "mixed"),
        ("态度好，速度慢", "mixed"),
        ("态度好，很专业", "positive"),
        ("虽然价格贵，服务很周到", "positive"),
        ("我是去年办的业务", "neutral"),
        ("希望快一点", "neutral"),
        ("还可以，希望快一点，建议加人", "mixed"),
    ],
)
def test_a_comment(text, expected):
    table = comment_polarity(polarity(comments(text)))
    assert table["polarity"].tolist() == [expected]


def test_the_score_of_a_clause_is_the_stated_formula():
    """满意 weighs 1, 非常 1.5; 不太 takes back 0.9 × 0.75; two judgements add up."""
    texts = ("满意", "特满意", "不太满意", "不满", "满意又热情", "没有发票")
    expected = [1, 1.5, -0.675, -1, 2.4, -0.5]
    found = polarity(comments(*texts))["score"].to_numpy(dtype=float)
    assert found == pytest.approx([x / (1 + abs(x)) for x in expected])


def test_the_score_of_a_comment_is_the_stated_formula():
    """A: 态度好, 1. B: half of 慢 and 贵, -1, held within 0.9 of A; 有点慢 is too mild to hold."""
    texts = ("慢，贵，但态度好", "贵，但态度好", "满意，好，但是有点慢", "好，贵")
    expected = [1 - 0.9, 1 - 0.5, 1 - 0.5, 0]
    found = comment_polarity(polarity(comments(*texts)))
    assert found["score"].to_numpy(dtype=float) == pytest.approx(
        [x / (1 + abs(x)) for x in expected]
    )
    assert found[["clauses", "negative", "positive"]].to_numpy().tolist() == [
        [3, 2, 1],
        [2, 1, 1],
        [3, 1, 2],
        [2, 1, 1],
    ]


def test_places_are_those_of_the_text_as_given():
    text = "　服务：Ｖery 不太满意！！但是，客服的态度　很好。"
    table = polarity(comments(text))
    assert [text[a:b] for a, b in zip(table["start"], table["end"], strict=True)] == [
        "服务",
        "Ｖery",
        "不太满意",
        "但是",
        "客服的态度",
        "很好",
    ]
    spans = table.dropna(subset="span")
    assert [text[a:b] for a, b in spans[["span_start", "span_end"]].to_numpy()] == [
        "不太满意",
        "很好",
    ]


def test_missing_and_wordless_comments_have_no_rows():
    table = polarity(comments(None, "", "。。。", "👍", "  ", "慢"))
    assert table["comment_id"].tolist() == ["c5"]
    assert table["clause"].tolist() == [0]
    assert len(schema.check(polarity(comments()), "polarity")) == 0
    assert len(comment_polarity(schema.empty("polarity"))) == 0


@pytest.mark.parametrize("mark", sorted(REPLACEMENTS.values()))
def test_marks_of_removed_data_are_no_words(mark):
    table = polarity(comments(mark, f"请打{mark}太慢"))
    assert table["comment_id"].unique().tolist() == ["c1"]
    assert not table["span"].str.contains("[", regex=False).any()


# ---- what must change nothing --------------------------------------------------------------------

TEXTS = CASES["text"].tolist()
COLUMNS = ["clause", "start", "end", "polarity", "score", "weight", "span"]


def test_row_order_and_duplicates_change_nothing():
    once = polarity(comments(*TEXTS))
    both = pd.concat(
        [comments(*TEXTS), comments(*TEXTS).assign(comment_id=lambda d: "d" + d["comment_id"])]
    )
    shuffled = polarity(both.sample(frac=1, random_state=3))
    for prefix in ("", "d"):
        kept = shuffled["comment_id"].isin(prefix + once["comment_id"])
        again = shuffled[kept].assign(comment_id=lambda d, p=prefix: d["comment_id"].str[len(p) :])
        keys = ["comment_id", "clause"]
        pd.testing.assert_frame_equal(
            again.sort_values(keys, ignore_index=True), once.sort_values(keys, ignore_index=True)
        )


def test_a_neutral_sentence_more_turns_no_clause():
    neutral = "我住在三楼"
    alone = polarity(comments(*TEXTS))
    around = polarity(comments(*[f"{neutral}。{text}。{neutral}。" for text in TEXTS]))
    last = around["clause"] == around.groupby("comment_id")["clause"].transform("max")
    added = around[last | (around["clause"] == 0)]
    assert len(added) == 2 * len(TEXTS)
    assert set(added["polarity"]) == {"neutral"}
    kept = around.drop(added.index).reset_index(drop=True)
    columns = ["comment_id", "polarity", "score", "span"]
    pd.testing.assert_frame_equal(kept[columns], alone[columns])


def test_half_width_and_full_width_are_alike():
    def narrow(text):
        return "".join(unicodedata.normalize("NFKC", c) for c in text)

    one, other = (polarity(comments(*texts))[COLUMNS] for texts in (TEXTS, map(narrow, TEXTS)))
    pd.testing.assert_frame_equal(one, other)


def test_the_input_is_not_changed():
    given_, before = comments(*TEXTS), comments(*TEXTS)
    polarity(given_)
    pd.testing.assert_frame_equal(given_, before)


_WORDS = st.sampled_from(
    [
        *"不没好慢快贵，。！？、但却 ",
        "没有",
        "不太",
        "满意",
        "希望",
        "就是",
        "三次",
        "[姓名]",
        "ａ",
        "10分钟",
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=12), st.lists(_WORDS).map("".join)), max_size=4))
def test_any_text_is_judged_within_its_places(texts):
    table = polarity(comments(*texts).assign(text=pd.Series(texts, dtype="str")))
    schema.check(table, "polarity")
    assert table["score"].between(-1, 1).all()
    by_id = {f"c{i}": text for i, text in enumerate(texts)}
    last = {}
    for row in table.itertuples():
        text = by_id[row.comment_id]
        assert last.get(row.comment_id, 0) <= row.start < row.end <= len(text)
        last[row.comment_id] = row.end
        if not pd.isna(row.span):
            assert text[row.span_start : row.span_end] == row.span != ""
            assert row.start <= row.span_start < row.span_end <= row.end
    overall = comment_polarity(table)
    assert overall["comment_id"].tolist() == table["comment_id"].unique().tolist()
    signs = np.sign(overall["score"].to_numpy(dtype=float))
    assert (signs[overall["polarity"] == "positive"] > 0).all()
    assert (signs[overall["polarity"] == "negative"] < 0).all()


# ---- the lists -----------------------------------------------------------------------------------


def of(**words):
    return Lexicon.of(Study.model_construct(terms=(), words=Words(**words)))


@pytest.mark.parametrize(
    ("text", "words", "before", "after"),
    [
        ("网络丝滑", {"positive": ("丝滑",)}, "0", "+丝滑"),
        ("掉包", {"negative": ("掉包",)}, "0", "-掉包"),
        ("卡", {"neutral": ("卡",)}, "-卡", "0"),
        ("网费高", {"neutral": ("高",)}, "0", "0"),
        ("价格高", {"neutral": ("高",)}, "-高", "0"),
        ("很便宜", {"negative": ("便宜",)}, "+很便宜", "-很便宜"),
        ("不丝滑", {"positive": ("丝滑",)}, "-不", "-不丝滑"),
    ],
)
def test_words_of_the_study(text, words, before, after):
    assert said(text) == before
    assert said(text, of(**words)) == after


def test_terms_of_the_study_are_names():
    assert said("慢病管理") == "-慢"
    assert said("慢病管理", Lexicon(terms=("慢病管理",))) == "0"
    assert said("出了重大故障", Lexicon(terms=("重大故障",))) == "-故障"


def test_no_word_both_praises_and_blames():
    lexicon = Lexicon()
    assert not lexicon.positive & lexicon.negative
    assert not (lexicon.positive | lexicon.negative) & lexicon.negators
    told = dict(lexicon.weights)
    assert set(told) <= lexicon.positive | lexicon.negative


def test_the_digest_knows_every_list():
    plain = Lexicon()
    others = [
        Lexicon(weights=()),
        Lexicon(judged_with=()),
        Lexicon(markers=()),
        Lexicon(degrees=()),
        Lexicon(positive=frozenset()),
    ]
    assert len({plain.digest, *(other.digest for other in others)}) == 6


@pytest.mark.parametrize(
    ("function", "table", "message"),
    [
        (polarity, pd.DataFrame({"text": ["慢"]}), "expected the columns comment_id and text"),
        (comment_polarity, pd.DataFrame({"comment_id": ["a"]}), r"lacks the columns \['polarity'"),
    ],
)
def test_missing_columns_are_told(function, table, message):
    with pytest.raises(ValueError, match=message):
        function(table)


@pytest.mark.parametrize("terms", [(), ("好 吃", "行，慢")], ids=["words", "across a stop"])
def test_segments_that_come_again_are_judged_as_if_alone(terms):
    """就是 after something, what is asked, and times behind a stop look beyond their segment."""
    texts = ["慢", "好，慢", "慢？", "就是慢", "好，就是慢", "等，3天", "好，3天"]
    texts += ["行，慢，好 吃", "好 吃"]
    lexicon, told = Lexicon(terms=terms), comments(*texts)
    together = polarity(told, lexicon=lexicon)
    alone = [polarity(told.iloc[[i]], lexicon=lexicon) for i in range(len(texts))]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


@pytest.mark.parametrize("character", ["1", "好", "两"])
def test_a_long_run_of_one_character_is_read_once(character):
    """Each further character once cost a look at all that follow: minutes for one full cell."""
    scanner = scanner_of(Lexicon())
    few, many = (scanner.scan(character * count) for count in (8, 32_000))
    assert {hit.kind for hit in many} == {hit.kind for hit in few}


@pytest.mark.parametrize("length", ["20分钟", "二十三天", "快两个半小时"])
def test_a_length_of_time_is_read_whole(length):
    hits = scanner_of(Lexicon()).scan(f"等了{length}")
    assert [hit.word for hit in hits if hit.kind == "quantity"] == [length]
