"""Comments that are nearly the same: held against every pair, counted one by one."""

import unicodedata
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csatlib import schema, text


def comments(*texts):
    ids = [f"c{i:03}" for i in range(len(texts))]
    return pd.DataFrame({"comment_id": ids, "text": list(texts)}).astype("str")


def pieces(written, n):
    plain = "".join(c for c in unicodedata.normalize("NFKC", written).casefold() if c.isalnum())
    return {plain[i : i + n] for i in range(max(len(plain) - n + 1, 1))} if plain else set()


def by_every_pair(texts, threshold, n):
    """Link every two texts that are like enough; give the groups and the largest likeness."""
    sets = [pieces(t, n) for t in texts]
    group, nearest = list(range(len(texts))), [None] * len(texts)
    for i, j in combinations(range(len(texts)), 2):
        if not sets[i] or not sets[j]:
            continue
        like = len(sets[i] & sets[j]) / len(sets[i] | sets[j])
        if like >= threshold - 1e-12:
            old, new = max(group[i], group[j]), min(group[i], group[j])
            group = [new if g == old else g for g in group]
            for k in (i, j):
                nearest[k] = max(like, nearest[k] or 0)
    return [f"c{g:03}" for g in group], nearest


@given(
    texts=st.lists(st.text(alphabet="网络慢修好 ，。AaＡ", max_size=9), max_size=14),
    threshold=st.sampled_from([0.2, 1 / 3, 0.5, 0.6, 0.75, 0.8, 1.0]),
    n=st.integers(1, 4),
)
@settings(max_examples=150, deadline=None)
def test_it_finds_what_looking_at_every_pair_finds(texts, threshold, n):
    found = text.near_duplicates(comments(*texts), threshold=threshold, n=n)
    group, nearest = by_every_pair(texts, threshold, n)
    assert found["group"].tolist() == group
    assert found["size"].tolist() == [group.count(g) for g in group]
    told = [None if pd.isna(s) else s for s in found["similarity"]]
    assert told == pytest.approx(nearest, abs=1e-12)


def test_many_blocks_are_as_one(monkeypatch):
    rng = np.random.default_rng(0)
    words = ["网络", "很慢", "修好", "客服", "态度", "等了", "工单", "进度"]
    texts = ["".join(rng.choice(words, 5)) for _ in range(300)]
    whole = text.near_duplicates(comments(*texts), threshold=0.6)
    monkeypatch.setattr("csatlib.text.likeness._BLOCK", 50)
    assert text.near_duplicates(comments(*texts), threshold=0.6).equals(whole)
    assert whole["group"].tolist() == by_every_pair(texts, 0.6, 3)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("网络太慢了", "网络太慢了！"),
        ("网络 太慢", "网络太慢"),
        ("ＡＢＣ网络慢", "abc网络慢"),
        ("好", "好。"),
    ],
    ids=["punctuation", "space", "width and case", "shorter than a piece"],
)
def test_spelling_does_not_part(one, other):
    found = text.near_duplicates(comments(one, other, "别的话"))
    assert found["group"].tolist() == ["c000", "c000", "c002"]
    assert found["similarity"].tolist()[:2] == [1.0, 1.0]


def test_a_chain_is_one_group():
    chain = ["一二三四五六七八九十", "一二三四五六七八九十甲", "一二三四五六七八九十甲乙"]
    found = text.near_duplicates(comments(*chain), threshold=0.85)
    assert set(found["group"]) == {"c000"}
    likeness = [8 / 9, 9 / 10, 9 / 10]
    assert found["similarity"].tolist() == pytest.approx(likeness)


def test_the_threshold_itself_is_near_enough():
    pair = comments("一二三四五六", "一二三四五六七")
    assert text.near_duplicates(pair, threshold=0.8)["size"].tolist() == [2, 2]
    assert text.near_duplicates(pair, threshold=0.81)["size"].tolist() == [1, 1]


def test_texts_without_words_stand_alone():
    found = text.near_duplicates(comments("。。", "。。", "", None, None, "好", "好"))
    assert found["size"].tolist() == [1, 1, 1, 1, 1, 2, 2]
    assert found["similarity"].isna().tolist() == [True] * 5 + [False] * 2


def test_the_first_id_names_the_group_whatever_the_order_of_rows():
    table = comments("网络太慢", "网络太慢", "客服很好", "网络太慢！")
    shuffled = table.sample(frac=1, random_state=5)
    whole = text.near_duplicates(table)
    assert whole["group"].tolist() == ["c000", "c000", "c002", "c000"]
    again = text.near_duplicates(shuffled)
    assert again["comment_id"].tolist() == shuffled["comment_id"].tolist()
    assert again.sort_values("comment_id", ignore_index=True).equals(whole)


def test_no_comments_are_an_empty_table():
    found = text.near_duplicates(comments())
    assert found.empty
    assert schema.check(found, "near_duplicates") is found


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (comments("好").drop(columns="text"), {}, r"lack the columns \['text'\]"),
        (pd.concat([comments("好"), comments("坏")]), {}, "one comment_id a row"),
        (comments("好").assign(comment_id=None), {}, "one comment_id a row"),
        (comments("好"), {"threshold": 0}, "threshold must"),
        (comments("好"), {"threshold": 1.1}, "threshold must"),
        (comments("好"), {"n": 0}, "n must"),
    ],
    ids=["column", "repeated id", "missing id", "zero", "above one", "n"],
)
def test_a_call_that_cannot_be_answered_is_told(table, options, message):
    with pytest.raises(ValueError, match=message):
        text.near_duplicates(table, **options)
