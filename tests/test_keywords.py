"""Keywords: jieba's on the same tokens, each variant as its word, an interval for each share."""

import json
from pathlib import Path

import pandas as pd
import pytest

from csatlib import estimates, text
from csatlib.text import Lexicon

REFERENCE = json.loads((Path(__file__).parent / "reference" / "jieba.json").read_text("utf-8"))
TEXTS = pytest.mark.parametrize("name", REFERENCE["texts"])


def tokens_of(*texts, lexicon=None):
    comments = pd.DataFrame({"comment_id": [f"c{i}" for i in range(len(texts))], "text": texts})
    return text.tokenise(comments, lexicon=lexicon or Lexicon())


def table(*pairs, comment="a"):
    words, tags = zip(*pairs, strict=True)
    place = pd.array(range(len(words)), dtype="Int64")
    return pd.DataFrame({"comment_id": comment, "position": place, "token": words, "pos": tags})


def scored(found):
    return [[t, s] for t, s in zip(found["term"], found["score"], strict=True)]


def median_is_jiebas():
    """Fill the frequencies up so that their upper median is that of jieba's whole list."""
    known, median = REFERENCE["idf"], REFERENCE["idf_median"]
    low = sum(v < median for v in known.values())
    high = sum(v > median for v in known.values())
    fill = {f"\0{i}": median + (1 if low > high else -1) for i in range(abs(high - low))}
    return {**known, **fill, "\0": median}


@TEXTS
def test_tfidf_with_jiebas_frequencies_is_jiebas(name):
    known = REFERENCE["texts"][name]
    found = text.keywords(tokens_of(known["text"]), idf=median_is_jiebas(), top=20)
    assert scored(found) == known["tfidf20"]


@TEXTS
def test_textrank_on_jiebas_tokens_is_jiebas(name):
    known = REFERENCE["texts"][name]
    found = text.keywords(table(*known["pos"]), method="textrank", top=20)
    assert scored(found) == known["textrank20"]


@TEXTS
def test_a_series_is_as_good_as_a_mapping(name):
    tokens, idf = tokens_of(REFERENCE["texts"][name]["text"]), median_is_jiebas()
    one, other = (text.keywords(tokens, idf=i) for i in (idf, pd.Series(idf)))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("idf", [None, {"接通": 1.0}], ids=["own", "another corpus"])
def test_fewer_ranks_are_the_first_of_all(idf):
    tokens = tokens_of("接通困难，态度冷淡，流程复杂", "流程复杂，办理业务", "态度冷淡，办理困难")
    everything = text.keywords(tokens, idf=idf, top=99)
    assert everything["score"].duplicated().any()
    for top in range(1, len(everything) + 1):
        found = text.keywords(tokens, idf=idf, top=top)
        pd.testing.assert_frame_equal(found, everything.head(top))
    assert len(text.keywords(tokens, idf=idf, min_comments=9)) == 0


def test_windows_end_with_the_comment():
    one, two = table(("接通", "v")), table(("流程", "n"), comment="b")
    apart = pd.concat([one, two], ignore_index=True)
    assert len(text.keywords(apart, method="textrank")) == 0
    assert len(text.keywords(table(("接通", "v"), ("流程", "n")), method="textrank")) == 2


@pytest.mark.parametrize(("apart", "edges"), [(4, 2), (5, 0)], ids=["within", "beyond"])
def test_the_window_counts_tokens_of_every_kind(apart, edges):
    filler = [("，", "x")] * (apart - 1)
    found = text.keywords(table(("接通", "v"), *filler, ("态度", "n")), method="textrank")
    assert len(found) == edges


@pytest.mark.parametrize("method", ["mentions", "tfidf", "textrank"])
def test_the_order_of_rows_changes_nothing(method):
    tokens = tokens_of(*(known["text"] for known in REFERENCE["texts"].values()))
    turned = tokens.sample(frac=1, random_state=1).reset_index(drop=True)
    one, other = (text.keywords(t, method=method, top=99) for t in (tokens, turned))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("method", ["mentions", "tfidf", "textrank"])
def test_text_columns_count_as_categoricals_do(method):
    tokens = tokens_of("接通太慢，态度不好", "态度不错，流程复杂", "流程复杂")
    plain = tokens.astype({"comment_id": "str", "token": "str", "pos": "str"})
    one, other = (text.keywords(t, method=method, top=99) for t in (tokens, plain))
    pd.testing.assert_frame_equal(one, other)


def test_groups_have_their_own_graphs():
    tokens = tokens_of("接通困难，态度冷淡", "流程复杂，办理业务").assign(
        side=lambda t: t["comment_id"].astype("str")
    )
    found = text.keywords(tokens, method="textrank", by=["side"])
    assert found.groupby("group")["score"].max().tolist() == [1.0, 1.0]
    for group, part in found.groupby("group"):
        alone = text.keywords(tokens[tokens["side"] == group], method="textrank")
        assert scored(part) == scored(alone)


def test_the_interval_of_a_share_is_wilsons():
    tokens = tokens_of("接通太慢", "接通了", "态度好", "流程复杂")
    found = text.keywords(tokens, method="mentions").set_index("term")
    expected = estimates.proportion_interval(2, 4)
    assert found.loc["接通", ["ci_low", "ci_high"]].tolist() == pytest.approx(
        expected.loc[0, ["ci_low", "ci_high"]].tolist(), rel=1e-14
    )
    assert (found["ci_low"] <= found["score"]).all()
    assert (found["score"] <= found["ci_high"]).all()


@pytest.mark.parametrize("method", ["tfidf", "textrank"])
def test_other_scores_have_no_interval(method):
    found = text.keywords(tokens_of("接通困难，态度冷淡"), method=method)
    assert len(found)
    assert found[["ci_low", "ci_high"]].isna().all(axis=None)


def test_a_variant_counts_as_its_word():
    lexicon = Lexicon(
        synonyms=(("网速", "宽带速度"), ("上网速度", "宽带速度")), terms=("上网速度", "宽带速度")
    )
    tokens = tokens_of("网速不行", "上网速度慢", "宽带速度慢，网速不行", "资费高", lexicon=lexicon)
    found = text.keywords(tokens, method="mentions", lexicon=lexicon).set_index("term")
    assert found.loc["宽带速度", ["comments", "base"]].tolist() == [3, 4]
    assert not {"网速", "上网速度"} & set(found.index)
    ranked = text.keywords(tokens, lexicon=lexicon, top=99).set_index("term")
    assert ranked.loc["宽带速度", "comments"] == 3


def test_a_variant_has_the_tag_of_its_word():
    lexicon = Lexicon(synonyms=(("极其", "信号"),))
    tokens = table(("极其", "d"), ("态度", "n"))
    assert set(text.keywords(tokens, method="mentions", lexicon=lexicon)["term"]) == {
        "信号",
        "态度",
    }
    assert set(text.keywords(tokens, method="mentions")["term"]) == {"态度"}


def test_a_lexicon_given_by_name_adds_and_removes_beside_jieba():
    tokens = tokens_of("我们办理业务慢")
    idf = {"办理": 5.0}
    assert set(text.keywords(tokens, idf=idf)["term"]) == {"我们", "办理", "业务"}
    known = Lexicon(terms=("慢",))
    assert set(text.keywords(tokens, idf=idf, lexicon=known)["term"]) == {
        "办理",
        "业务",
        "慢",
    } - set(Lexicon().stop_words)


def test_unknown_words_have_the_upper_median():
    idf = {"甲甲": 1.0, "乙乙": 2.0, "丙丙": 3.0, "丁丁": 4.0}
    found = text.keywords(table(("未知", "n"), ("甲甲", "n")), idf=idf).set_index("term")
    assert found["score"].to_dict() == {"未知": 1.5, "甲甲": 0.5}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"idf": {}}, "one or more terms"),
        ({"idf": {"慢": float("nan")}}, "finite number"),
        ({"idf": {"慢": "高"}}, "finite number"),
        ({"idf": {"慢": 1.0}, "method": "mentions"}, "idf belongs to method 'tfidf'"),
    ],
    ids=["empty", "not a number", "a text", "another method"],
)
def test_wrong_frequencies_are_told(options, message):
    with pytest.raises(ValueError, match=message):
        text.keywords(tokens_of("接通太慢"), **options)
