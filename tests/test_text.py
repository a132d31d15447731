"""Words of comments: whole domain terms, nothing without content, counts that add up."""

import math
import os
import subprocess
import sys

import jieba
import pandas as pd
import pytest

from csatlib import schema, text
from csatlib.text import Lexicon

LEXICON = Lexicon(terms=("首次响应", "转人工", "慢"))


def comments(*texts):
    ids = [f"c{i}" for i in range(len(texts))]
    return pd.DataFrame({"comment_id": ids, "text": list(texts)}).astype("str")


def words(table, comment="c0"):
    return table.loc[table["comment_id"] == comment, "token"].tolist()


def test_terms_stay_whole_and_only_for_the_lexicon_that_has_them():
    sentence = comments("首次响应太久，一直转人工")
    with_terms = text.tokenise(sentence, lexicon=LEXICON)
    without = text.tokenise(sentence, lexicon=Lexicon())
    assert [w for w in words(with_terms) if w in LEXICON.terms] == ["首次响应", "转人工"]
    assert not set(words(without)) & set(LEXICON.terms)
    assert not set(jieba.lcut("首次响应太久，一直转人工")) & set(LEXICON.terms)


def test_tokens_are_those_of_jieba():
    sentence = "等了20分钟才接通，客服态度很好！A2223手机信号差。"
    table = text.tokenise(comments(sentence), lexicon=Lexicon())
    assert words(table) == jieba.Tokenizer().lcut(sentence)


def test_the_table_of_tokens():
    table = text.tokenise(comments("服务好", "信号 差"), lexicon=LEXICON)
    assert schema.check(table, "tokens") is table
    assert table["comment_id"].tolist() == ["c0", "c0", "c1", "c1"]
    assert table["position"].tolist() == [0, 1, 0, 1]
    assert table["pos"].tolist() == ["vn", "a", "n", "a"]


def test_a_tag_is_the_dictionarys_or_missing():
    table = text.tokenise(comments("首次响应慢"), lexicon=LEXICON)
    assert table["token"].tolist() == ["首次响应", "慢"]
    assert table["pos"].isna().tolist() == [True, False]


def test_marks_of_removed_personal_data_are_no_words():
    table = text.tokenise(comments("请打[手机号]联系我"), lexicon=LEXICON)
    assert not {"手机号", "[", "]"} & set(words(table))
    assert {"请", "联系", "我"} <= set(words(table))


def test_repeated_and_missing_comments():
    table = text.tokenise(comments("太慢", None, "太慢"), lexicon=LEXICON)
    assert words(table, "c0") == words(table, "c2") != []
    assert words(table, "c1") == []


def test_no_comments_give_the_table_without_rows():
    assert len(schema.check(text.tokenise(comments(), lexicon=LEXICON), "tokens")) == 0


def test_missing_columns_are_told():
    with pytest.raises(ValueError, match="expected the columns comment_id and text"):
        text.tokenise(pd.DataFrame({"text": ["慢"]}), lexicon=LEXICON)


def tokenise_elsewhere(tmp_path, cache):
    """Split a comment in a process whose cache and temporary folders are under ``tmp_path``."""
    (tmp_path / "shared").mkdir()
    code = (
        "import pandas as pd\nfrom csatlib import text\n"
        "df = pd.DataFrame({'comment_id': ['a'], 'text': ['服务好']})\n"
        "print(len(text.tokenise(df, lexicon=text.Lexicon())))"
    )
    places = {"XDG_CACHE_HOME": str(tmp_path / cache), "TMPDIR": str(tmp_path / "shared")}
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip(), told.stderr


def test_jieba_keeps_quiet_and_leaves_the_shared_folder_alone(tmp_path):
    assert tokenise_elsewhere(tmp_path, "cache") == ("2", "")
    assert list((tmp_path / "shared").iterdir()) == []
    assert len(list((tmp_path / "cache" / "csatlib").iterdir())) == 1


def test_without_a_usable_cache_the_words_are_the_same_and_nothing_is_left(tmp_path):
    (tmp_path / "file").touch()
    assert tokenise_elsewhere(tmp_path, "file") == ("2", "")
    assert list((tmp_path / "shared").iterdir()) == []


@pytest.mark.parametrize(
    "reply",
    [
        "无",
        "没有",
        "没有意见。",
        "无意见",
        "挺好的！",
        "同上",
        "。。。",
        "",
        "111",
        "哈哈哈哈",
        "哈哈",
        "asdf",
        "qwe",
        "Zxcv",
        "aaaa",
        "OK",
        "好",
        "略",
        "嗯",
        None,
    ],
)
def test_replies_that_say_nothing(reply):
    assert text.uninformative(pd.Series([reply], dtype="str")).tolist() == [True]


@pytest.mark.parametrize(
    "reply",
    [
        "没有人接电话",
        "态度不好",
        "好慢",
        "VOLTE掉话",
        "无法接通",
        "满意度低",
        *("差", "慢", "贵"),
        *("bad", "slow", "VIP", "we", "asdfx"),
    ],
)
def test_replies_that_say_something(reply):
    assert text.uninformative(pd.Series([reply])).tolist() == [False]


# ---- keywords ------------------------------------------------------------------------------------

CORPUS = comments(
    "接通太慢，接通困难",
    "接通很快，态度好",
    "态度不错",
    "我们觉得流程复杂",
)
TOKENS = text.tokenise(CORPUS, lexicon=LEXICON)


def test_mentions_count_comments_and_not_words():
    found = text.keywords(TOKENS, method="mentions", lexicon=LEXICON).set_index("term")
    assert found.loc["接通", ["comments", "base"]].tolist() == [2, 4]
    assert found.loc["接通", "score"] == 0.5
    assert found.loc["态度", "comments"] == 2


def test_mentions_equal_an_independent_count():
    found = text.keywords(TOKENS, method="mentions", top=99, lexicon=LEXICON)
    counted = {t: CORPUS["text"].str.contains(t).sum() for t in found["term"] if t != "慢"}
    assert {
        t: n for t, n in zip(found["term"], found["comments"], strict=True) if t != "慢"
    } == counted


def test_tfidf_is_the_stated_formula():
    found = text.keywords(TOKENS, method="tfidf", top=99, lexicon=LEXICON).set_index("term")
    candidates = TOKENS[TOKENS["token"].isin(found.index)]
    counts = candidates["token"].astype("str").value_counts()
    documents = candidates.groupby(candidates["token"].astype("str"))["comment_id"].nunique()
    expected = counts / len(candidates) * documents.rdiv(4).map(math.log)
    pd.testing.assert_series_equal(
        found["score"].astype(float).sort_index(), expected.sort_index(), check_names=False
    )


def test_words_without_content_are_no_keywords():
    terms = set(text.keywords(TOKENS, method="mentions", top=99, lexicon=LEXICON)["term"])
    assert terms.isdisjoint(
        {"我们", "觉得", "，", "很快"} | {t for t in terms if len(t) == 1 and t != "慢"}
    )


def test_a_term_of_the_lexicon_may_have_one_character():
    tokens = text.tokenise(comments("慢", "慢", "贵"), lexicon=LEXICON)
    found = text.keywords(tokens, method="mentions", lexicon=LEXICON)
    assert found["term"].tolist() == ["慢"]


def test_ranks_and_ties():
    found = text.keywords(TOKENS, method="mentions", top=3, lexicon=LEXICON)
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["score"].is_monotonic_decreasing
    tied = found[found["comments"] == 2]["term"].tolist()
    assert tied == sorted(tied)


@pytest.mark.parametrize("method", ["mentions", "tfidf"])
def test_the_order_of_comments_changes_nothing(method):
    shuffled = text.tokenise(CORPUS.iloc[::-1], lexicon=LEXICON)
    one, other = (text.keywords(t, method=method, lexicon=LEXICON) for t in (TOKENS, shuffled))
    pd.testing.assert_frame_equal(one, other)


def test_groups_have_their_own_ranks_and_bases():
    side = {"c0": "低", "c1": "高", "c2": "高", "c3": None}
    tokens = TOKENS.assign(side=TOKENS["comment_id"].map(side), all="全")
    found = text.keywords(tokens, method="mentions", by=["all", "side"], lexicon=LEXICON)
    assert found["group_by"].unique().tolist() == ["all × side"]
    assert dict(found.groupby("group")["base"].max()) == {"全 × 低": 1, "全 × 高": 2}
    assert found.groupby("group")["rank"].min().tolist() == [1, 1]
    assert "流程" not in set(found["term"])


@pytest.mark.parametrize("method", ["mentions", "tfidf"])
def test_rare_terms_are_left_out_before_ranking(method):
    options = {"method": method, "top": 99, "lexicon": LEXICON}
    everything = text.keywords(TOKENS, **options)
    found = text.keywords(TOKENS, min_comments=2, **options)
    assert set(found["term"]) == {"接通", "态度"}
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    kept = everything[everything["comments"] >= 2].reset_index(drop=True)
    columns = ["term", "score", "comments", "base"]
    pd.testing.assert_frame_equal(found[columns], kept[columns])


def test_comments_of_the_group_count_towards_the_minimum():
    side = {"c0": "低", "c1": "高", "c2": "高", "c3": "低"}
    tokens = TOKENS.assign(side=TOKENS["comment_id"].map(side))
    found = text.keywords(tokens, method="mentions", by=["side"], min_comments=2, lexicon=LEXICON)
    assert (found["group"].tolist(), found["term"].tolist()) == (["高"], ["态度"])


@pytest.mark.parametrize(
    ("token", "terms", "is_keyword"),
    [
        ("A123", (), True),
        ("A1234", (), False),
        ("1A2B3C4", (), False),
        ("A1234", ("A1234",), True),
        ("x" * 20, (), True),
        ("x" * 21, (), False),
        ("x" * 21, ("x" * 21,), True),
    ],
    ids=["3 digits", "4 digits", "4 apart", "a term", "20 long", "21 long", "a long term"],
)
def test_numbers_and_addresses_are_keywords_only_as_terms(token, terms, is_keyword):
    row = {"comment_id": ["c0"], "position": [0], "token": [token], "pos": ["n"]}
    tokens = pd.DataFrame(row)
    found = text.keywords(tokens, method="mentions", lexicon=Lexicon(terms=terms))
    assert found["term"].tolist() == ([token] if is_keyword else [])


@pytest.mark.parametrize("by", [(), []], ids=["tuple", "list"])
def test_no_columns_are_like_no_groups(by):
    one, other = (text.keywords(TOKENS, by=b, lexicon=LEXICON) for b in (None, by))
    pd.testing.assert_frame_equal(one, other)
    assert one["group"].isna().all()


def test_no_tokens_give_the_table_without_rows():
    found = text.keywords(schema.empty("tokens"), method="mentions")
    assert len(schema.check(found, "keywords")) == 0


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "best"}, ValueError, "found 'best'"),
        ({"by": "side"}, TypeError, r"write \['side'\]"),
        ({"by": ["side"]}, ValueError, r"lack the columns \['side'\]"),
        ({"top": 0}, ValueError, "top must be at least 1"),
        ({"min_comments": 0}, ValueError, "min_comments must be at least 1, found 0"),
    ],
    ids=["method", "by is a text", "unknown column", "top", "min_comments"],
)
def test_wrong_options_are_told(options, error, message):
    with pytest.raises(error, match=message):
        text.keywords(TOKENS, **options)


def test_the_input_is_not_changed():
    before = TOKENS.copy()
    text.keywords(TOKENS, method="tfidf", lexicon=LEXICON)
    pd.testing.assert_frame_equal(TOKENS, before)


def test_a_lexicon_is_known_by_its_words():
    assert Lexicon(terms=("a",)).digest == Lexicon(terms=("a",)).digest
    assert Lexicon(terms=("a",)).digest != Lexicon(terms=("b",)).digest
    assert {"服务", "我们"} <= LEXICON.stop_words


def test_the_lexicon_as_a_table_holds_every_word_and_what_it_is_for():
    lexicon = Lexicon(terms=("首次响应",), synonyms=(("等候", "等待"),))
    table = schema.check(lexicon.table(), "lexicon")
    assert table.loc[table["kind"] == "terms", "word"].tolist() == ["首次响应"]
    same = table[table["kind"] == "synonyms"]
    assert (same["word"].tolist(), same["value"].tolist()) == (["等候"], ["等待"])
    assert set(table.loc[table["kind"] == "negative", "word"]) == lexicon.negative
    degrees = table[table["kind"] == "degrees"]
    assert dict(zip(degrees["word"], degrees["value"].astype(float), strict=True)) == dict(
        lexicon.degrees
    )
