"""Quotes of a theme: the rule that chooses them, and who is never quoted."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pandas as pd
import pytest

from csatlib import privacy, schema, themes
from csatlib.themes.excerpts import excerpt
from csatlib.themes.typical import letters, pairs, typicality

#: Comment, theme, customer, score, region.
SAID = [
    ("热线等了二十分钟才接通", "wait", "甲", 2, "华东"),
    ("热线等了半个小时才接通", "wait", "甲", 2, "华东"),
    ("排队等太久，一直听音乐", "wait", "乙", 2, "华东"),
    ("每次打热线都要排队等很久", "wait", "丙", 4, "华北"),
    ("等待的时间一直比较长，希望多安排人手", "wait", "丁", 4, "华北"),
    ("热线等了二十分钟，才接通！", "wait", "戊", 2, "华东"),
    ("等", "wait", "己", 2, "华东"),
    ("客服态度很好，说话亲切", "attitude", "甲", 5, "华东"),
    ("接线员不耐烦，态度冷淡", "attitude", "乙", 1, "华北"),
]


def tables(said=SAID):
    comments = pd.DataFrame(
        {
            "comment_id": [f"f:s:{i}:comment" for i in range(len(said))],
            "response_id": [f"f:s:{i}" for i in range(len(said))],
            "item": "comment",
            "text": [row[0] for row in said],
            "customer_id": [row[2] for row in said],
            "score": pd.array([row[3] for row in said], dtype="Int64"),
            "region": [row[4] for row in said],
        }
    )
    return comments, code(comments["comment_id"], [row[1] for row in said], comments["text"])


def code(ids, names, texts, span="等"):
    blank = schema.empty("coded")
    start = [max(text.find(span), 0) for text in texts]
    coded = pd.DataFrame({"comment_id": list(ids), "theme": list(names), "start": start})
    coded = coded.assign(status="coded", end=coded["start"] + 1, polarity="negative")
    return coded.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def choose(said=SAID, **options):
    comments, coded = tables(said)
    options = {"customer": "customer_id", "score": "score", "by": ["region"]} | options
    return themes.quotes(coded, comments=comments, **options)


def test_the_table_fits_its_contract_and_leads_back_to_its_row():
    found = choose()
    schema.check(found, "quotes")
    assert list(found.columns[-2:]) == ["region", "score"]
    assert (found["comment_id"] == found["response_id"] + ":" + found["item"]).all()
    assert not found["reviewed"].any()
    assert found["quote_id"].str.fullmatch("Q[0-9a-f]{10}").all()
    one = found.iloc[0]
    assert one["digest"] == hashlib.sha256(one["text"].encode()).hexdigest()


def test_ranks_begin_anew_with_each_theme_and_themes_do_not_know_of_each_other():
    everything = choose()
    assert everything.groupby("theme")["rank"].agg(list).map(len).to_dict() == {
        "attitude": 2,
        "wait": 3,
    }
    for name in ("wait", "attitude"):
        alone = choose(theme=name)
        own = everything[everything["theme"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, own)


def test_a_theme_nobody_was_coded_to_has_no_quotes():
    assert choose(theme="price").empty


def test_the_first_of_more_quotes_are_those_of_fewer():
    longest = choose(theme="wait", k=9)
    for k in range(1, 9):
        assert choose(theme="wait", k=k)["quote_id"].tolist() == longest["quote_id"].tolist()[:k]


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_the_order_of_rows_changes_nothing(seed):
    comments, coded = tables()
    mixed = (t.sample(frac=1, random_state=seed).reset_index(drop=True) for t in (coded, comments))
    shuffled, other = mixed
    options = {"customer": "customer_id", "score": "score"}
    found = themes.quotes(shuffled, comments=other, **options)
    pd.testing.assert_frame_equal(found, themes.quotes(coded, comments=comments, **options))


def test_no_customer_is_quoted_twice_and_no_text_either():
    found = choose(theme="wait", k=9)
    whose = dict(zip((row[0] for row in SAID), (row[2] for row in SAID), strict=True))
    assert found["text"].map(whose).is_unique
    assert sum("二十分钟" in text for text in found["text"]) == 1


def test_a_customer_with_much_to_say_is_quoted_once_a_theme():
    said = [
        ("排队等太久，一直听音乐", "wait", "甲", 1, "华东"),
        ("每次打热线都占线，得再等", "wait", "甲", 5, "华北"),
        ("回电要等好几天，没有准信", "wait", "乙", 1, "华东"),
    ]
    whose = choose(said, k=3)["text"].map({row[0]: row[2] for row in said})
    assert sorted(whose) == ["乙", "甲"]
    assert len(choose(said, k=3, customer=None)) == 3


def test_rows_without_a_customer_are_people_of_their_own():
    said = [(f"第{n}次排队等了{n}十分钟，{why}", "wait", None, 1, "东") for n, why in
            (("一", "没人接听电话"), ("二", "音乐吵得要命"), ("三", "掉线还得重拨"))]  # fmt: skip
    assert len(choose(said)) == 3


def test_every_cell_is_heard_before_one_is_heard_twice():
    found = choose(theme="wait", k=9)
    cells = list(zip(found["score"], found["region"], strict=True))
    assert set(cells[:2]) == {(2, "华东"), (4, "华北")}
    counts = [max(cells[: i + 1].count(c) for c in cells) for i in range(len(cells))]
    assert all(later - earlier <= 1 for earlier, later in pairwise(counts))


def test_a_missing_score_is_a_cell_of_its_own():
    said = [
        ("热线等了二十分钟才接通", "wait", "甲", None, "东"),
        ("排队等太久，一直听音乐", "wait", "乙", None, "东"),
        ("每次打都占线，要等很久", "wait", "丙", 1, "东"),
    ]
    assert choose(said, k=2)["score"].isna().tolist().count(True) == 1


def test_what_is_short_comes_last():
    assert choose(theme="wait", k=9, by=(), score=None)["text"].iloc[-1] == "等"


def test_what_is_typical_comes_first():
    typical = [f"热线排队等太久{mark}" for mark in ("", "了", "啦", "呀")]
    odd = "展厅停车场门口的保安让我等等"
    said = [(text, "wait", str(i), 1, "东") for i, text in enumerate([odd, *typical])]
    assert choose(said, k=1)["text"].iloc[0] in typical


def test_words_may_stand_for_pairs_of_letters():
    comments, coded = tables()
    words = [(i, p, t[p : p + 2], "n") for i, t in zip(comments["comment_id"], comments["text"], strict=True)
             for p in range(0, len(t) - 1, 2)]  # fmt: skip
    tokens = pd.DataFrame(words, columns=["comment_id", "position", "token", "pos"])
    found = themes.quotes(coded, comments=comments, tokens=tokens)
    as_categories = tokens.astype({"token": "category", "comment_id": "category"})
    again = themes.quotes(coded, comments=comments, tokens=as_categories[::-1])
    pd.testing.assert_frame_equal(found, again)


def test_the_seed_breaks_ties_and_does_nothing_else():
    said = [
        (text, "wait", str(i), 1, "东")
        for i, text in enumerate(["排队等太久了吧", "排队等太久了吧"])
    ]
    ids = {choose(said, k=1, seed=seed)["comment_id"].iloc[0] for seed in range(20)}
    assert len(ids) == 2
    without_ties = [choose(SAID[1:5], k=2, seed=seed)["text"].tolist() for seed in range(10)]
    assert all(texts == without_ties[0] for texts in without_ties)


def test_copies_of_a_comment_do_not_change_what_is_typical():
    odd = ("展厅停车场门口的保安让我等等", "wait", "一", 1, "东")
    typical = [(f"热线排队等太久{m}", "wait", f"二{m}", 1, "东") for m in "了啦呀"]
    copies = [(odd[0], "wait", f"三{i}", 1, "东") for i in range(20)]
    once, often = (choose([odd, *typical, *more], k=1)["text"].iloc[0] for more in ([], copies))
    assert once == often


# ---- who is never quoted -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["请回电13800001234，等太久", "等太久，我叫王小明", "邮箱 a.b@example.com 等回复"],
    ids=["mobile", "name", "e-mail"],
)
def test_a_comment_with_personal_data_is_left_out_and_counted(text):
    comments, coded = tables([*SAID, (text, "wait", "辛", 3, "华南")])
    chosen = themes.quotes(coded, comments=comments, theme="wait", k=20)
    assert text not in set(chosen["text"])
    counts = themes.quote_counts(coded, chosen, comments=comments).set_index("theme").loc["wait"]
    assert (counts["comments"], counts["personal"], counts["eligible"]) == (8, 1, 7)
    assert counts["quoted"] == len(chosen)


def test_personal_data_refuses_a_comment_also_where_it_would_be_cut_off():
    far = "排队等太久了，" + "实在是没有想到会这样，" * 8 + "请回电13800001234"
    assert choose([(far, "wait", "甲", 1, "东")]).empty


@pytest.mark.parametrize("mark", list(privacy.REPLACEMENTS.values())[:4])
def test_marks_of_removed_data_may_be_quoted_but_are_no_comment(mark):
    said = [(f"等了很久，打{mark}也没有人接", "wait", "甲", 1, "东"), (mark, "wait", "乙", 1, "东")]
    assert choose(said)["text"].tolist() == [said[0][0]]


@pytest.mark.parametrize("text", ["没有意见", "……", "同上"])
def test_what_says_nothing_is_never_quoted(text):
    comments, coded = tables([(text, "wait", "甲", 1, "东")])
    chosen = themes.quotes(coded, comments=comments)
    assert chosen.empty
    assert themes.quote_counts(coded, chosen, comments=comments)["uninformative"].tolist() == [1]


def test_uncoded_comments_are_never_quoted():
    comments, coded = tables()
    assert themes.quotes(coded.assign(status="uncoded"), comments=comments).empty


# ---- excerpts ------------------------------------------------------------------------------------

LONG = (
    "总体来说还不错，就是热线排队等了四十分钟，中途还断了一次；回访倒是很及时，希望继续保持下去。"
)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (60, LONG),
        (40, "总体来说还不错，就是热线排队等了四十分钟，中途还断了一次；回访倒是很及时…"),
        (30, "总体来说还不错，就是热线排队等了四十分钟，中途还断了一次…"),
        (25, "…就是热线排队等了四十分钟，中途还断了一次…"),
        (20, "…就是热线排队等了四十分钟…"),
        (10, "…线排队等了四十分…"),
    ],
)
def test_a_comment_is_cut_at_the_ends_of_clauses(most, expected):
    start = LONG.index("等了")
    assert excerpt(LONG, start, start + 2, most) == (expected, most == 60)


@pytest.mark.parametrize("most", range(10, 70))
@pytest.mark.parametrize("word", ["总体", "等了", "回访", "下去"])
def test_an_excerpt_is_never_too_long_and_holds_the_match(most, word):
    start = LONG.index(word)
    text, whole = excerpt(LONG, start, start + len(word), most)
    assert len(text) <= most
    assert word[0] in text
    assert whole == ("…" not in text)


@pytest.mark.parametrize("most", range(10, 20))
def test_a_cut_parts_no_mark_word_or_number(most):
    text = "排队等了1,234.5秒打[手机号]又换WeChat还是等了很久都没有人来接我的电话真的"
    for start in range(len(text)):
        piece, _ = excerpt(text, start, start + 1, most)
        assert len(piece) <= most
        for atom in ("[手机号]", "WeChat", "1,234.5"):
            rest = piece.replace(atom, "")
            assert not set(atom) - set("[]") & set(rest), (piece, atom)


def test_an_excerpt_is_on_one_line_without_unseen_characters():
    assert excerpt("等\u200b了\r\n很 \t久\x0b啊", 0, 1, 60) == ("等了 很 久 啊", True)


# ---- typicality ----------------------------------------------------------------------------------


def test_typicality_by_hand():
    # Two texts: "ab" in both, "bc" in one; idf 1 and ln(3/2) + 1.
    found = typicality({"x": ["ab"], "y": ["ab", "bc"]})
    w = 1.4054651081081644
    length = (1 + w**2) ** 0.5
    y = (1 / length, w / length)
    centre = ((1 + y[0]) / 2, y[1] / 2)
    size = (centre[0] ** 2 + centre[1] ** 2) ** 0.5
    assert found["x"] == pytest.approx(centre[0] / size, abs=1e-12)
    assert found["y"] == pytest.approx((y[0] * centre[0] + y[1] * centre[1]) / size, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"), [("", {}), ("等", {"等": 1}), ("等等等", {"等等": 2})], ids=repr
)
def test_pairs_of_letters(text, expected):
    assert dict(pairs(letters(text))) == expected
    assert typicality({text: pairs(text)})[text] in (0.0, 1.0)


# ---- reviews -------------------------------------------------------------------------------------


def reviews(quotes, **columns):
    table = pd.DataFrame({"quote_id": quotes["quote_id"], "digest": quotes["digest"]})
    table = table.assign(verdict="passed", reviewer="李", reviewed_on="2026-10-08")
    return table.assign(**columns).astype("str")


def test_only_what_was_passed_in_these_words_is_released():
    quotes = choose(theme="wait")
    said = reviews(quotes)
    said.loc[1, "verdict"] = "refused"
    said.loc[2, "digest"] = "0" * 64
    assert themes.released(quotes, said)["reviewed"].tolist() == [True, False, False]
    assert themes.released(quotes, said[1:])["reviewed"].tolist() == [False] * 3


def test_a_review_does_not_hold_for_other_words_under_the_same_id():
    quotes = choose(theme="wait")
    other = quotes.assign(text=quotes["text"] + "！")
    assert not themes.released(other, reviews(quotes))["reviewed"].any()


def test_what_was_released_before_is_not_released_for_ever():
    quotes = choose(theme="wait")
    before = themes.released(quotes, reviews(quotes))
    after = themes.released(before, schema.empty("quote_reviews"))
    assert before["reviewed"].all()
    assert not after["reviewed"].any()


def test_two_reviews_of_one_id_are_refused():
    quotes = choose(theme="wait")
    with pytest.raises(ValueError, match="one review a quote_id"):
        themes.released(quotes, pd.concat([reviews(quotes)] * 2))


# ---- wrong calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0}, "k must be at least 1"),
        ({"max_length": 9}, "max_length must be at least 10"),
        ({"by": ["nowhere"]}, r"lack the columns \['nowhere'\]"),
        ({"score": "nowhere"}, "lack the columns"),
    ],
)
def test_a_wrong_call_is_told(options, words):
    with pytest.raises(ValueError, match=words):
        choose(**options)


def test_a_bare_string_for_by_is_told():
    with pytest.raises(TypeError, match=r"write \['region'\]"):
        choose(by="region")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda comments: comments[1:], "1 coded rows have a comment_id that comments lack"),
        (lambda comments: pd.concat([comments, comments[:1]]), "found repeated ones"),
    ],
    ids=["absent", "twice"],
)
def test_comments_that_do_not_fit_are_told(change, words):
    comments, coded = tables()
    with pytest.raises(ValueError, match=words):
        themes.quotes(coded, comments=change(comments))
