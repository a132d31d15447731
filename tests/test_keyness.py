"""Words that a group says more than the rest: counted by comment, weighed, and honest by chance."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from csatlib import schema, text
from csatlib.text import Lexicon

NUMBERS = ["share", "share_rest", "log_odds", "se", "ci_low", "ci_high", "z", "p", "p_adjusted"]


def said(groups, **columns):
    """Make tokens of comments: each group has a list of what its comments say."""
    rows = [
        (f"{group}{i:04}", place, word, group)
        for group, comments in groups.items()
        for i, words in enumerate(comments)
        for place, word in enumerate(words.split())
    ]
    names = ["comment_id", "position", "token", "tier"]
    return pd.DataFrame(rows, columns=names).assign(pos="n", **columns)


TWO = said(
    {
        "个人": ["接通 等待"] * 12 + ["账单"] * 18,
        "企业": ["接通"] * 4 + ["账单 报价"] * 25 + ["发票"] * 11,
    }
)
THREE = pd.concat([TWO, said({"政府": ["接通 报价"] * 9 + ["发票 账单 等待"] * 11})])


def weights(tokens, values):
    ids = {c: values[i % len(values)] for i, c in enumerate(sorted(set(tokens["comment_id"])))}
    return tokens.assign(w=tokens["comment_id"].map(ids))


def row(table, group, term):
    return table[(table["group"] == group) & (table["term"] == term)].iloc[0]


def test_the_numbers_are_those_of_the_formula():
    found = row(text.keyness(TWO, by=["tier"], prior=20), "个人", "接通")
    assert found[["comments", "base", "comments_rest", "base_rest"]].tolist() == [12, 30, 4, 40]
    assert (found["share"], found["share_rest"]) == pytest.approx((0.4, 0.1))
    alpha = 20 * 16 / 70
    counts = [12 + alpha, 30 + 20 - 12 - alpha, 4 + alpha, 40 + 20 - 4 - alpha]
    log_odds = np.log(counts[0] / counts[1]) - np.log(counts[2] / counts[3])
    se = np.sqrt(sum(1 / count for count in counts))
    assert found["log_odds"] == pytest.approx(log_odds, abs=1e-12)
    assert found["se"] == pytest.approx(se, abs=1e-12)
    assert found["z"] == pytest.approx(log_odds / se, abs=1e-12)
    assert found["ci_low"] == pytest.approx(log_odds - 1.959963984540054 * se, abs=1e-12)
    assert found["ci_high"] == pytest.approx(log_odds + 1.959963984540054 * se, abs=1e-12)
    assert found["p"] == pytest.approx(math.erfc(log_odds / se / math.sqrt(2)), abs=1e-12)
    assert found["rank"] == 2


def test_the_prior_is_half_the_smaller_side_unless_given():
    by_default = text.keyness(TWO, by=["tier"])
    assert by_default.equals(text.keyness(TWO, by=["tier"], prior=15))
    assert not by_default.equals(text.keyness(TWO, by=["tier"], prior=16))


def test_the_interval_is_that_of_the_shrunken_difference():
    apart = said({"甲": ["接通"] * 120 + ["其他"] * 180, "乙": ["接通"] * 30 + ["其他"] * 270})
    of_shares = math.log(0.4 / 0.6) - math.log(0.1 / 0.9)
    wide, narrow = (
        row(text.keyness(apart, by=["tier"], prior=prior), "甲", "接通") for prior in (0.01, 150)
    )
    assert wide["ci_low"] < of_shares < wide["ci_high"]
    assert 0 < narrow["ci_low"] < narrow["ci_high"] < of_shares


def test_p_is_adjusted_over_the_whole_table_before_it_is_cut():
    found = text.keyness(THREE, by=["tier"])
    assert found["p_adjusted"].tolist() == pytest.approx(
        false_discovery_control(found["p"].to_numpy(dtype=float)).tolist()
    )
    cut = text.keyness(THREE, by=["tier"], top=2)
    assert cut.equals(found[found["rank"] <= 2].reset_index(drop=True))


def test_ranks_go_by_z_and_ties_by_the_term():
    found = text.keyness(THREE, by=["tier"])
    for _, rows in found.groupby("group"):
        assert rows["rank"].tolist() == list(range(1, len(rows) + 1))
        assert rows["z"].is_monotonic_decreasing
    tied = text.keyness(said({"甲": ["丙丁 甲乙"] * 4, "乙": ["戊己"] * 4}), by=["tier"])
    assert tied.loc[tied["group"] == "甲", "term"].tolist()[:2] == ["丙丁", "甲乙"]


def test_of_two_groups_one_is_the_mirror_of_the_other():
    found = text.keyness(TWO, by=["tier"])
    for term in ("接通", "账单", "报价"):
        one, other = (row(found, group, term) for group in ("个人", "企业"))
        assert one["z"] == pytest.approx(-other["z"], abs=1e-12)


def test_a_word_said_often_in_one_comment_counts_once():
    long = pd.concat([TWO, *[TWO[TWO["comment_id"] == "个人0000"].assign(position=9)] * 40])
    assert text.keyness(long, by=["tier"]).equals(text.keyness(TWO, by=["tier"]))


def test_the_order_of_rows_and_the_type_of_columns_change_nothing():
    tokens = weights(THREE, [0.3, 1.7, 2.9])
    shuffled = tokens.sample(frac=1, random_state=4)
    boxed = shuffled.astype(dict.fromkeys(("comment_id", "token", "pos", "tier"), "category"))
    whole = text.keyness(tokens, by=["tier"], weight="w")
    assert text.keyness(shuffled, by=["tier"], weight="w").equals(whole)
    assert text.keyness(boxed, by=["tier"], weight="w").equals(whole)


@pytest.mark.parametrize("weight", [1.0, 0.37, 250.0])
def test_equal_weights_are_none(weight):
    plain = text.keyness(THREE, by=["tier"])
    weighted = text.keyness(THREE.assign(w=weight), by=["tier"], weight="w")
    assert np.allclose(weighted[NUMBERS].astype(float), plain[NUMBERS].astype(float), atol=1e-10)
    assert weighted.drop(columns=NUMBERS).equals(plain.drop(columns=NUMBERS))


def test_the_scale_of_weights_changes_nothing():
    tokens = weights(THREE, [0.3, 1.7, 2.9])
    once = text.keyness(tokens, by=["tier"], weight="w")
    scaled = text.keyness(tokens.assign(w=tokens["w"] * 1234.5), by=["tier"], weight="w")
    assert np.allclose(once[NUMBERS].astype(float), scaled[NUMBERS].astype(float), atol=1e-10)


def test_a_comment_of_weight_zero_is_as_if_absent():
    tokens = weights(THREE, [0.3, 0.0, 2.9])
    absent = text.keyness(tokens[tokens["w"] > 0], by=["tier"], weight="w")
    assert text.keyness(tokens, by=["tier"], weight="w").equals(absent)


def test_weights_are_scaled_to_the_effective_number_of_comments():
    heavy = {"个人0000": 6.0, "个人0001": 6.0}
    tokens = TWO.assign(w=TWO["comment_id"].map(heavy).fillna(1.0))
    found = row(text.keyness(tokens, by=["tier"], weight="w", prior=20), "个人", "接通")
    share, number = 22 / 40, 40**2 / (28 + 2 * 36)  # 28 of weight 1, 2 of weight 6
    assert found["share"] == pytest.approx(share)
    alpha = 20 * (22 + 4) / (40 + 40)
    counts = [share * number + alpha, (1 - share) * number + 20 - alpha, 4 + alpha, 56 - alpha]
    assert found["se"] == pytest.approx(np.sqrt(sum(1 / c for c in counts)), abs=1e-12)
    assert found[["comments", "base"]].tolist() == [12, 30]


def test_comments_of_no_group_count_nowhere():
    stray = said({"无": ["接通 账单"] * 50}).assign(tier=None)
    both = pd.concat([TWO, stray.astype({"tier": "str"})])
    assert text.keyness(both, by=["tier"]).equals(text.keyness(TWO, by=["tier"]))


def test_columns_may_be_crossed():
    tokens = THREE.assign(quarter=np.where(THREE["comment_id"].str[-1] < "5", "Q2", "Q3"))
    found = text.keyness(tokens, by=["tier", "quarter"])
    assert set(found["group_by"]) == {"tier × quarter"}
    assert "政府 × Q3" in set(found["group"])


def test_only_candidates_that_enough_comments_mention_are_tested():
    tokens = pd.concat([TWO, said({"个人": ["我们 首响 首响"] * 2})])
    assert not {"我们", "首响"} & set(text.keyness(tokens, by=["tier"])["term"])
    assert "首响" in set(text.keyness(tokens, by=["tier"], min_comments=2)["term"])
    stopped = Lexicon(stop_words=frozenset({"账单"}))
    assert "账单" not in set(text.keyness(TWO, by=["tier"], lexicon=stopped)["term"])


def test_variants_count_as_the_word_that_they_stand_for():
    lexicon = Lexicon(synonyms=(("话费单", "账单"),))
    variant = TWO["token"].where(
        TWO["comment_id"].str[-1] < "5", TWO["token"].replace({"账单": "话费单"})
    )
    found = text.keyness(TWO.assign(token=variant), by=["tier"], lexicon=lexicon)
    assert found.equals(text.keyness(TWO, by=["tier"]))


# ---- what cannot be had -------------------------------------------------------------------------


def test_one_group_alone_has_no_rest():
    found = text.keyness(TWO[TWO["tier"] == "企业"], by=["tier"])
    assert set(found["reason"]) == {"single_group"}
    assert found[["log_odds", "p", "p_adjusted", "rank", "share_rest"]].isna().all(axis=None)
    assert found["share"].notna().all()


def test_a_group_without_comments_says_so_and_leaves_the_others_alone():
    boxed = TWO.assign(tier=pd.Categorical(TWO["tier"], categories=["个人", "企业", "政府"]))
    found = text.keyness(boxed, by=["tier"])
    empty = found["group"] == "政府"
    assert set(found.loc[empty, "reason"]) == {"empty"}
    assert found.loc[empty, ["share", "log_odds", "rank"]].isna().all(axis=None)
    assert found[~empty].reset_index(drop=True).equals(text.keyness(TWO, by=["tier"]))


def test_a_group_of_weight_zero_is_empty():
    tokens = THREE.assign(w=np.where(THREE["tier"] == "政府", 0.0, 1.0))
    found = text.keyness(tokens, by=["tier"], weight="w")
    assert set(found.loc[found["group"] == "政府", "reason"]) == {"empty"}


def test_a_word_that_every_comment_has_cannot_be_compared():
    tokens = said({"甲": ["网络 掉线"] * 5 + ["网络"] * 5, "乙": ["网络"] * 9})
    found = text.keyness(tokens, by=["tier"])
    assert set(found.loc[found["term"] == "网络", "reason"]) == {"no_variation"}
    assert found.loc[found["term"] == "掉线", "p"].notna().all()
    assert found.loc[found["term"] == "掉线", "rank"].eq(1).all()


@pytest.mark.parametrize(
    "tokens", [TWO.iloc[:0], TWO.assign(pos="uj"), TWO.assign(tier=pd.NA)],
    ids=["no tokens", "no candidates", "no groups"],
)  # fmt: skip
def test_where_there_is_nothing_the_table_is_empty(tokens):
    found = text.keyness(tokens.astype({"tier": "str"}), by=["tier"])
    assert found.empty
    assert schema.check(found, "keyness") is found


@pytest.mark.parametrize(
    ("tokens", "options", "error", "message"),
    [
        pytest.param(TWO, {"by": "tier"}, TypeError, r"write \['tier'\]", id="bare string"),
        pytest.param(TWO, {"by": []}, ValueError, "at least one column", id="no columns"),
        pytest.param(TWO, {"by": ["x"]}, ValueError, r"lack the columns \['x'\]", id="unknown"),
        pytest.param(TWO, {"weight": "w"}, ValueError, "lack the columns", id="no weights"),
        pytest.param(TWO, {"min_comments": 0}, ValueError, "min_comments", id="min_comments"),
        pytest.param(TWO, {"top": 0}, ValueError, "top must", id="top"),
        pytest.param(TWO, {"prior": 0}, ValueError, "prior must", id="prior"),
        pytest.param(TWO, {"conf": 1}, ValueError, "conf must", id="conf"),
        pytest.param(TWO.assign(w=-1.0), {"weight": "w"}, ValueError, "0 or more", id="negative"),
        pytest.param(TWO.assign(w=np.nan), {"weight": "w"}, ValueError, "0 or more", id="missing"),
        pytest.param(TWO.assign(w=np.inf), {"weight": "w"}, ValueError, "0 or more", id="infinite"),
        pytest.param(TWO.assign(w=TWO["position"] + 1.0), {"weight": "w"}, ValueError, "one value a comment", id="two weights"),
        pytest.param(TWO.assign(tier=TWO["token"]), {}, ValueError, "one value a comment", id="two groups"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_answered_is_told(tokens, options, error, message):
    with pytest.raises(error, match=message):
        text.keyness(tokens, **{"by": ["tier"]} | options)


# ---- what chance does ---------------------------------------------------------------------------


def drawn(rng, planted=0.0):
    """Draw 400 comments of 40 words that are said as unevenly as words are; groups at random."""
    shares = 0.4 / np.arange(1, 41)
    group = rng.permutation(np.repeat(["甲", "乙", "丙"], [200, 140, 60]))
    mentions = rng.random((400, 40)) < shares
    mentions[:, 9] |= (group == "丙") & (rng.random(400) < planted)
    comment, word = np.nonzero(mentions)
    names = np.array([f"词语{chr(0x4E00 + i)}" for i in range(40)])
    ids = [f"c{i:03}" for i in comment]
    columns = {"comment_id": ids, "token": names[word], "tier": group[comment]}
    return pd.DataFrame(columns).assign(position=0, pos="n")


@pytest.mark.slow
def test_by_chance_few_words_are_told_and_hardly_a_table_has_one():
    rng = np.random.default_rng(7)
    found = [text.keyness(drawn(rng), by=["tier"]) for _ in range(200)]
    assert pd.concat(found)["p"].lt(0.05).mean() <= 0.05
    assert np.mean([table["p_adjusted"].lt(0.05).any() for table in found]) <= 0.05


@pytest.mark.slow
def test_a_planted_word_is_found():
    rng = np.random.default_rng(8)
    found = [text.keyness(drawn(rng, planted=0.25), by=["tier"]) for _ in range(100)]
    first = [table[(table["group"] == "丙") & (table["rank"] == 1)].iloc[0] for table in found]
    hits = [row["term"] == f"词语{chr(0x4E00 + 9)}" and row["p_adjusted"] < 0.05 for row in first]
    assert np.mean(hits) >= 0.8
