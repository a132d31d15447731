"""Phrases: neighbours counted by hand, held against chance, the longer in place of its pieces."""

import math

import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from csatlib import schema, text
from csatlib.text import Lexicon


def said(*comments):
    rows = [
        (f"c{i:03}", place, word)
        for i, words in enumerate(comments)
        for place, word in enumerate(words.split())
    ]
    return pd.DataFrame(rows, columns=["comment_id", "position", "token"]).assign(pos="n")


#: 12 windows of two words, four of them 处理 进度.
PROGRESS = said(
    "处理 进度 慢", "处理 进度 查 不到", "查 处理 进度", "处理 进度", "处理 故障 慢", "故障 进度 慢"
)


def test_the_numbers_are_those_of_the_table_of_head_by_tail():
    found = text.phrases(PROGRESS, sizes=[2])
    row = found[found["phrase"] == "处理进度"].iloc[0]
    assert row[["parts", "tokens", "occurrences", "comments", "base", "rank"]].tolist() == [
        "处理 进度", 2, 4, 4, 6, 1,
    ]  # fmt: skip
    windows, head, tail, both = 12, 5, 5, 4
    assert row["expected"] == pytest.approx(head * tail / windows)
    assert row["pmi"] == pytest.approx(math.log2(both * windows / (head * tail)))
    table = [[both, head - both], [tail - both, windows - head - tail + both]]
    ratio = chi2_contingency(table, correction=False, lambda_="log-likelihood")
    assert row["log_likelihood"] == pytest.approx(ratio.statistic, abs=1e-12)


def test_three_words_are_bound_as_far_as_their_weakest_place():
    others = ["转派 查 慢"] * 3 + ["客服 态度 好"] * 10
    tokens = said(*["升级 处理 慢"] * 6, *["升级 处理 快"] * 4, *others)
    row = text.phrases(tokens, sizes=[3]).set_index("phrase").loc["升级处理慢"]
    # 升级 | 处理慢 would be expected 10 × 6 times in 23, 升级处理 | 慢 10 × 9 times.
    assert row["expected"] == pytest.approx(10 * 9 / 23)
    assert row["pmi"] == pytest.approx(math.log2(6 * 23 / 90))


@pytest.mark.parametrize(
    ("comment", "missing"),
    [
        ("处理 。 进度", "处理进度"),
        ("处理 ， 进度", "处理进度"),
        ("的 进度 处理", "的进度"),
        ("进度 处理 了", "处理了"),
        ("20 分钟", "20分钟"),
    ],
    ids=["full stop", "comma", "begins with a stop word", "ends with one", "begins with a number"],
)
def test_no_phrase(comment, missing):
    other = ["客服 态度 好"] * 6
    assert missing not in set(text.phrases(said(*[comment] * 5, *other))["phrase"])


def test_a_place_that_is_left_out_parts_words():
    tokens = said(*["处理 进度"] * 5, *["态度 好"] * 5)
    assert "处理进度" in set(text.phrases(tokens)["phrase"])
    apart = tokens.assign(position=tokens["position"] * 2)
    assert text.phrases(apart).empty


def test_words_of_two_comments_are_no_phrase():
    assert text.phrases(said(*["处理", "进度"] * 9)).empty


def test_a_stop_word_may_stand_inside():
    tokens = said(*["处理 的 进度"] * 4, *["客服 态度 好"] * 8)
    assert "处理的进度" in set(text.phrases(tokens)["phrase"])


def test_a_phrase_that_never_stands_alone_gives_way_to_the_longer():
    tokens = said(*["首次 响应 超时"] * 4, *["客服 态度 好"] * 3, *["客服 态度 冷淡"] * 3)
    found = set(text.phrases(tokens)["phrase"])
    assert "首次响应超时" in found
    assert not {"首次响应", "响应超时"} & found
    # 客服态度 stands in two longer ones, so neither says all of it.
    assert "客服态度" in found


def test_a_longer_phrase_that_is_too_rare_hides_nothing():
    tokens = said(*["首次 响应 超时"] * 2, *["首次 响应"] * 2, *["态度 好"] * 9)
    assert "首次响应" in set(text.phrases(tokens, min_comments=3)["phrase"])


def test_occurrences_and_comments_are_two_counts():
    tokens = said("处理 进度 。 处理 进度", *["处理 进度"] * 2, *["态度 好"] * 9)
    row = text.phrases(tokens).set_index("phrase").loc["处理进度"]
    assert row[["occurrences", "comments", "base"]].tolist() == [4, 3, 12]


def test_neighbours_that_avoid_each_other_are_no_phrase():
    tokens = said(*["响应 慢"] * 30, *["态度 好"] * 30, *["响应 好"] * 3)
    assert "响应好" not in set(text.phrases(tokens)["phrase"])


def test_latin_words_keep_their_space():
    tokens = said(*["VIP card"] * 4, *["态度 好"] * 9)
    assert "VIP card" in set(text.phrases(tokens)["phrase"])


def test_top_are_the_first_by_the_ratio():
    every = text.phrases(PROGRESS, min_comments=1)
    assert every["log_likelihood"].is_monotonic_decreasing
    assert text.phrases(PROGRESS, min_comments=1, top=2).equals(every.head(2))


def test_the_order_of_rows_and_the_type_of_columns_change_nothing():
    shuffled = PROGRESS.sample(frac=1, random_state=3)
    boxed = shuffled.astype(dict.fromkeys(("comment_id", "token", "pos"), "category"))
    assert text.phrases(boxed).equals(text.phrases(PROGRESS))


@pytest.mark.parametrize(
    "tokens", [PROGRESS.iloc[:0], said("慢"), said("。 。 。")], ids=["none", "one", "no words"]
)
def test_where_there_is_nothing_the_table_is_empty(tokens):
    found = text.phrases(tokens)
    assert found.empty
    assert schema.check(found, "phrases") is found


@pytest.mark.parametrize(
    ("tokens", "options", "message"),
    [
        (PROGRESS.drop(columns="position"), {}, r"lack the columns \['position'\]"),
        (PROGRESS, {"sizes": [1, 2]}, "2 to 5 words"),
        (PROGRESS, {"sizes": []}, "2 to 5 words"),
        (PROGRESS, {"min_comments": 0}, "min_comments"),
        (PROGRESS, {"top": 0}, "top must"),
    ],
    ids=["column", "one word", "no size", "min_comments", "top"],
)
def test_a_call_that_cannot_be_answered_is_told(tokens, options, message):
    with pytest.raises(ValueError, match=message):
        text.phrases(tokens, **options)


def test_the_lexicons_stop_words_count():
    lexicon = Lexicon(stop_words=frozenset({"处理"}))
    assert "处理进度" not in set(text.phrases(PROGRESS, lexicon=lexicon)["phrase"])
