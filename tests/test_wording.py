"""What each group mentions more often, in Chinese: 显著 only where the adjusted p says so."""

import numpy as np
import pandas as pd
import pytest

from csatlib import report, schema, store, text


def keyness(rows):
    """Fill group, term, log-odds, adjusted p and rank up to the contract."""
    blank = schema.empty("keyness")
    table = pd.DataFrame(rows, columns=["group", "term", "log_odds", "p_adjusted", "rank"])
    table = table.assign(group_by="tier", share=0.125, share_rest=0.03, comments=12, base=96)
    table = table.assign(comments_rest=6, base_rest=200, ci_low=-0.4, ci_high=1.9)
    table = table.reindex(columns=list(blank))
    return table.astype(blank.dtypes.to_dict()).pipe(schema.check, "keyness")


FOUND = keyness(
    [
        ("VIP 客户", "账单", 1.1, 0.049, 1),
        ("个人客户", "占线", 0.9, 0.01, 2),
        ("个人客户", "接通", 1.5, 0.0001, 1),
        ("个人客户", "回电", 0.6, 0.05, 3),
        ("企业客户", "接通", -1.5, 0.0001, 2),
        ("企业客户", "报价", 0.8, 0.3, 1),
    ]
)
ALONE = text.keyness(
    pd.DataFrame({"comment_id": [*"abc"], "token": "接通", "pos": "v"}).assign(
        position=0, tier="个人客户"
    ),
    by=["tier"],
)


def test_only_words_that_are_sure_are_told():
    assert report.keyness_sentence(FOUND) == (
        "各组比其他组显著更常提到的词：VIP 客户是“账单”（12.5%，其他 3.0%）；"
        "个人客户是“接通”（12.5%，其他 3.0%）、“占线”（12.5%，其他 3.0%）；企业客户没有。"
    )


def test_at_most_so_many_words_a_group_are_named():
    assert "占线" not in report.keyness_sentence(FOUND, top=1)


def test_without_a_sure_word_nothing_is_called_significant_but_its_absence():
    unsure = FOUND.assign(p_adjusted=0.05)
    assert report.keyness_sentence(unsure) == "各组提到的词没有显著差别。"


def test_the_reason_is_told_where_nothing_could_be_compared():
    assert report.keyness_sentence(ALONE) == "没有可以比较的词（只有一个组，无从比较）。"


def test_the_order_of_rows_changes_nothing():
    shuffled = FOUND.sample(frac=1, random_state=1)
    assert report.keyness_sentence(shuffled) == report.keyness_sentence(FOUND)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (FOUND.assign(group_by=[*"ababab"]), {}, "expected one group_by"),
        (FOUND, {"top": 0}, "top must"),
    ],
    ids=["mixed", "top"],
)
def test_a_table_that_cannot_be_told_is_refused(table, options, message):
    with pytest.raises(ValueError, match=message):
        report.keyness_sentence(table, **options)


def test_the_view_has_every_number_as_it_is_read(repository):
    view = report.keyness_view(FOUND, store.study("hotline", repository))
    assert view.iloc[4].tolist() == [
        "企业客户", "接通", "12 条（12.5%）", "6 条（3.0%）", "−1.50", "−0.40 至 +1.90", "< 0.001", "",
    ]  # fmt: skip
    assert list(report.keyness_view(FOUND, store.study("hotline", repository), conf=0.9))[5] == (
        "90% 区间"
    )


def test_the_view_says_why_a_number_is_missing(repository):
    view = report.keyness_view(ALONE, store.study("hotline", repository))
    assert view.iloc[0].tolist() == [
        "个人客户", "接通", "3 条（100.0%）", "0 条", "—", "—", "—", "只有一个组，无从比较",
    ]  # fmt: skip


def test_every_reason_of_keyness_has_words():
    rng = np.random.default_rng(0)
    tokens = pd.DataFrame({"comment_id": [f"c{i:02}" for i in range(40)], "pos": "n"}).assign(
        position=0
    )
    tokens["token"] = np.where(rng.random(40) < 0.5, "接通", "账单")
    tokens = pd.concat([tokens, tokens.assign(token="网络")])
    tier = np.where(tokens["comment_id"] < "c20", "甲", "乙")
    tokens["tier"] = pd.Categorical(tier, categories=["甲", "乙", "丙"])
    found = pd.concat([text.keyness(tokens, by=["tier"]), ALONE])
    view = report.keyness_view(found, store.study("hotline"))
    assert set(found["reason"].dropna()) == {"empty", "no_variation", "single_group"}
    assert view["说明"].str.fullmatch(r"[\u4e00-\u9fff，]*").all()
