"""Coding with a codeframe: what a pattern finds, and what is counted from it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from csatlib import demo, themes
from csatlib import study as studies
from csatlib.demo.comments import LINE_THEMES
from csatlib.study import Codeframe, Theme
from csatlib.text import Lexicon
from csatlib.themes import ThemeError

REPOSITORY = Path(__file__).parents[1]
LINES = ("hotline", "ops_event", "ops_company")


def frame(*patterns, unless=(), **keys):
    theme = Theme(
        id="t", name="主题", stage="环节", action="动作", patterns=patterns, unless=unless, **keys
    )
    return Codeframe(themes=(theme,))


def table(*texts):
    return pd.DataFrame({"comment_id": [f"c{i:04}" for i in range(len(texts))], "text": texts})


def spans(text, *patterns, unless=(), **keys):
    coded = themes.code(table(text), frame(*patterns, unless=unless, **keys))
    return coded.loc[coded["status"] == "coded", "span"].tolist()


# ---- what a pattern finds ------------------------------------------------------------------------

FINDS = {
    "one word": ("排队", "今天排队了", ["排队"]),
    "either": ("占线|忙音", "不是忙音就是占线", ["忙音", "占线"]),
    "adjacent": ("响应 慢", "响应慢", ["响应慢"]),
    "adjacent has no word between": ("响应 慢", "响应真的慢", []),
    "several tokens": ("说法不一致", "两个人说法不一致", ["说法不一致"]),
    "gap of three holds three": ("排队 ~3 久", "排队等了很久", ["排队等了很久"]),
    "gap of two does not": ("排队 ~2 久", "排队等了很久", []),
    "gap may be empty": ("排队 ~2 久", "排队久", ["排队久"]),
    "order matters": ("久 ~ 排队", "排队太久", []),
    "a comma is a word": ("排队 ~1 久", "排队，久", ["排队，久"]),
    "a comma uses up the gap": ("响应 慢", "响应，慢", []),
    "other marks are not": ("排队 ~1 久", "排队……真久", ["排队……真久"]),
    "no match over a full stop": ("排队 ~5 久", "在排队。很久", []),
    "no match over a semicolon": ("排队 ~5 久", "在排队；很久", []),
    "no match over a line end": ("排队 ~5 久", "在排队\n很久", []),
    "no match over a turn": ("没 ~3 回电", "没办成，不过回电很快", []),
    "no match over two texts": ("排队 ~9 久", "排队", []),
    "forbidden in the gap": ("等 ~4 -回电 久", "等回电等了很久", ["等了很久"]),
    "forbidden outside the gap": ("等 ~4 -回电 久", "回电等了很久", ["等了很久"]),
    "forbidden before": ("-系统 响应 ~ 慢", "系统响应慢", []),
    "another word before": ("-系统 响应 ~ 慢", "你们响应慢", ["响应慢"]),
    "forbidden further before": ("-系统 响应 ~ 慢", "系统的响应慢", ["响应慢"]),
    "forbidden behind": ("升级 -包", "升级包太大", []),
    "another word behind": ("升级 -包", "升级太慢", ["升级"]),
    "not inside a word": ("差", "经常出差", []),
    "a word of degree parts": ("慢", "太慢了", ["慢"]),
    "a lifted end": ("打不*", "电话打不通", ["打不通"]),
    "a lifted start": ("*分钟", "等了二十分钟", ["二十分钟"]),
    "a numeral and its measure": ("<number> 次", "打了三次", ["三次"]),
    "digits": ("<number> ~1 *分钟", "等了40分钟", ["40分钟"]),
    "a class": ("<degree> 慢", "非常慢", ["非常慢"]),
    "a class inside a word": ("<degree> 慢", "太慢", ["太慢"]),
    "judging words": ("服务 ~ <positive>", "服务很热情", ["服务很热情"]),
    "negator as a word": ("<negator> 及时", "响应不及时", ["不及时"]),
    "capitals and full width": ("app", "你们的ＡＰＰ不好用", ["ＡＰＰ"]),
    "removed data is no word": ("手机号", "请打[手机号]", []),
    "removed data takes no room": ("打 接", "打[手机号]接不通", ["打[手机号]接"]),
    "the longest of overlapping": ("排队 ~ 久", "排队久，久", ["排队久，久"]),
    "two places": ("排队", "排队，又排队", ["排队", "排队"]),
}


@pytest.mark.parametrize(("pattern", "text", "found"), FINDS.values(), ids=FINDS.keys())
def test_what_a_pattern_finds(pattern, text, found):
    assert spans(text, pattern) == found


NEGATED = {
    "directly before": ("排队", "没有排队", []),
    "with a helping word": ("等", "没怎么等", []),
    "with a word of degree": ("慢", "不太慢", []),
    "inside a guess": ("排队", "这次没排队", []),
    "a word between is not directly": ("排队", "没有人喜欢排队", ["排队"]),
    "a comma between": ("排队", "没有，排队", ["排队"]),
    "before a later element": ("排队 ~ 久", "排队不久", []),
    "in the gap and not beside": ("排队 ~4 久", "排队没人管很久", ["排队没人管很久"]),
    "the pattern's own": ("没有 ~ 解决", "没有被解决", ["没有被解决"]),
    "before the pattern's own": ("不及时", "没有不及时", []),
    "no need": ("重复", "不用重复说", []),
    "no longer": ("反复", "不会再反复", []),
    "a request is none": ("重复", "不要重复登记", ["重复"]),
    "either … or": ("排队", "不是排队就是占线", ["排队"]),
    "not … but": ("排队", "不是排队，是占线", []),
    "only looks like one": ("反复", "不断反复", ["反复"]),
}


@pytest.mark.parametrize(("pattern", "text", "found"), NEGATED.values(), ids=NEGATED.keys())
def test_what_a_negator_voids(pattern, text, found):
    assert spans(text, pattern) == found


UNLESS = {
    "in the sentence": ("以前排队，现在好了", []),
    "in another sentence": ("排队。现在好了", ["排队"]),
    "behind a turn": ("老是排队，但是现在好了", ["排队"]),
    "negated all the same": ("排队，现在没好了", []),
    "absent": ("总是排队", ["排队"]),
}


@pytest.mark.parametrize(("text", "found"), UNLESS.values(), ids=UNLESS.keys())
def test_unless_voids_its_sentence(text, found):
    assert spans(text, "排队", unless=("现在 ~1 好",)) == found


def test_a_term_accepted_later_takes_no_match_away():
    found = [
        themes.code(
            table("工单处理进度查不到"), frame("进度 ~ 查不到"), lexicon=Lexicon(terms=terms)
        )
        for terms in ((), ("工单处理进度查不到",))
    ]
    assert [coded["span"].tolist() for coded in found] == [["进度查不到"]] * 2


# ---- the table -----------------------------------------------------------------------------------


def test_every_comment_has_its_status():
    coded = themes.code(
        table("排队", "很好的服务", "无", None, ""), frame("排队", dimension="connection")
    )
    assert coded["status"].tolist() == ["coded", "uncoded", *["uninformative"] * 3]
    first = coded.iloc[0]
    told = ["theme", "stage", "action", "dimension", "start", "end", "span", "pattern"]
    assert first[told].tolist() == ["t", "环节", "动作", "connection", 0, 2, "排队", "排队"]
    assert coded.iloc[1:][[*told, "polarity"]].isna().all(axis=None)


def test_places_lead_to_the_words_of_the_text():
    texts = table("🙂 排队太久，ＡＰＰ也打不开", "。。。排队 排队久")
    coded = themes.code(texts, frame("排队 ~ 久", "app", "打不*"))
    by_id = texts.set_index("comment_id")["text"]
    for row in coded.itertuples():
        assert by_id[row.comment_id][row.start : row.end] == row.span
    assert len(coded) == 4


def test_polarity_is_the_themes_own_or_the_clauses():
    text = table("导航不满意，导航很满意，导航")
    assert (
        themes.code(text, frame("导航", polarity="neutral"))["polarity"].tolist() == ["neutral"] * 3
    )
    assert themes.code(text, frame("导航"))["polarity"].tolist() == [
        "negative",
        "positive",
        "neutral",
    ]


def test_rows_stand_by_comment_place_and_order_of_the_codeframe():
    two = [
        Theme(id=i, name=i, stage="s", action="a", patterns=(p,), polarity="negative")
        for i, p in (("b", "排队"), ("a", "排队 ~ 久"))
    ]
    coded = themes.code(table("排队久", "久排队").iloc[::-1], Codeframe(themes=tuple(two)))
    assert coded[["comment_id", "theme"]].to_numpy().tolist() == [
        ["c0000", "b"],
        ["c0000", "a"],
        ["c0001", "b"],
    ]


@pytest.fixture(scope="module")
def hotline():
    study = studies.load(REPOSITORY / "studies" / "hotline")
    comments = table(*(text or None for text, _ in demo.voiced("hotline", "2026Q3", count=600)))
    return study, comments, Lexicon.of(study)


def test_row_order_duplicates_and_company_change_nothing(hotline):
    study, comments, lexicon = hotline
    whole = themes.code(comments, study.codeframe, lexicon=lexicon)
    mixed = themes.code(comments.sample(frac=1, random_state=1), study.codeframe, lexicon=lexicon)
    assert_frame_equal(whole, mixed)
    doubled = pd.concat([comments, comments.assign(comment_id="d" + comments["comment_id"])])
    twice = themes.code(doubled, study.codeframe, lexicon=lexicon)
    copies = twice[twice["comment_id"].str.startswith("d")].reset_index(drop=True)
    assert_frame_equal(copies.assign(comment_id=copies["comment_id"].str[1:]), whole)
    part = themes.code(comments.iloc[:50], study.codeframe, lexicon=lexicon)
    assert_frame_equal(part, whole[whole["comment_id"] <= "c0049"].reset_index(drop=True))


def test_the_same_input_gives_the_same_bytes(hotline, tmp_path):
    study, comments, lexicon = hotline
    for name in ("one", "two"):
        themes.code(comments, study.codeframe, lexicon=lexicon).to_parquet(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


WORDS = (
    "排队",
    "太",
    "久",
    "没有",
    "，",
    "。",
    "慢",
    "响应",
    "不",
    "等",
    "[手机号]",
    " ",
    "🙂",
    "A",
    "三次",
    "\n",
    "打不通",
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map("".join), max_size=6))
def test_any_text_can_be_coded_alone_or_in_company(texts):
    made, codeframe = table(*texts), frame("排队 ~ 久", "响应 ~2 -不 慢", "打不*", "<number> *次")
    whole = themes.code(made, codeframe)
    assert set(whole["comment_id"]) == set(made["comment_id"])
    alone = [themes.code(made.iloc[[i]], codeframe) for i in range(len(made))]
    if alone:
        assert_frame_equal(pd.concat(alone, ignore_index=True), whole)


def test_nothing_in_nothing_out():
    coded = themes.code(table().astype("str"), frame("排队"))
    assert coded.empty
    assert themes.coverage(coded)["base"].tolist() == [0]
    assert themes.code(table("排队很久"), Codeframe())["status"].tolist() == ["uncoded"]


@pytest.mark.parametrize(
    ("comments", "told"),
    [
        (pd.DataFrame({"comment_id": ["a"]}), "missing .'text'"),
        (
            pd.DataFrame({"comment_id": ["a", "a"], "text": ["慢", "慢"]}),
            "0 are missing, 1 repeated",
        ),
        (
            pd.DataFrame({"comment_id": ["a", None], "text": ["慢", "慢"]}),
            "1 are missing, 0 repeated",
        ),
    ],
    ids=["no text", "id twice", "no id"],
)
def test_comments_that_cannot_be_coded(comments, told):
    with pytest.raises(ValueError, match=told):
        themes.code(comments, frame("慢"))


# ---- examples prove the codeframe ----------------------------------------------------------------


def test_an_example_that_is_not_found_is_refused():
    failing = frame("排队 ~ 久", examples=("等得太久",), counter_examples=("排队太久",))
    found = themes.check(failing)
    assert found["kind"].tolist() == ["example", "counter_example"]
    assert found["span"].tolist()[1] == "排队太久"
    with pytest.raises(ThemeError) as error:
        themes.code(table("排队"), failing)
    assert "主题 t（主题）的例句“等得太久”没有被自己的模式找到" in str(error.value)
    assert "主题 t（主题）的反例“排队太久”被模式“排队 ~ 久”找到了" in str(error.value)


@pytest.mark.parametrize("line", LINES)
def test_the_shipped_codeframes_hold_with_and_without_the_terms(line):
    study = studies.load(REPOSITORY / "studies" / line)
    for lexicon in (Lexicon.of(study), Lexicon()):
        assert themes.check(study.codeframe, lexicon=lexicon)["finding"].tolist() == []


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("quarter", ["2026Q1", "2026Q2", "2026Q3"])
def test_planted_themes_are_found_again(line, quarter):
    study = studies.load(REPOSITORY / "studies" / line)
    voiced = [each for seed in (0, 11) for each in demo.voiced(line, quarter, count=500, seed=seed)]
    coded = themes.code(table(*(t for t, _ in voiced)), study.codeframe, lexicon=Lexicon.of(study))
    found = coded.groupby("theme")["comment_id"].agg(set)
    planted = {theme for _, ids in voiced for theme in ids}
    assert len(planted) >= len(LINE_THEMES[line]) - 1
    for theme in planted:
        said = {f"c{i:04}" for i, (_, ids) in enumerate(voiced) if theme in ids}
        assert len(said & found[theme]) >= 0.95 * len(said), f"{theme}: recall"
        assert len(said & found[theme]) >= 0.95 * len(found[theme]), f"{theme}: precision"


def test_patterns_of_topics_are_matched_too():
    found = themes.match(table("希望快一点", "没什么"), {"wish": ["希望|建议"], "speed": ["快"]})
    assert found[["comment_id", "name", "span"]].to_numpy().tolist() == [
        ["c0000", "wish", "希望"],
        ["c0000", "speed", "快"],
    ]


# ---- coverage and drift --------------------------------------------------------------------------


def said(*rows):
    """Give a table coded from (comment, theme, polarity); no theme is uncoded, '-' is empty."""
    return pd.DataFrame(
        {
            "comment_id": [row[0] for row in rows],
            "status": [
                "uninformative" if r[1] == "-" else "coded" if r[1] else "uncoded" for r in rows
            ],
            "theme": [r[1] if r[1] != "-" else None for r in rows],
            "polarity": [r[2] for r in rows],
        }
    )


def test_coverage_counts_comments_not_places():
    coded = said(
        ("a", "x", "negative"), ("a", "x", "negative"), ("a", "x", "positive"), ("a", "y", "negative"),
        ("b", "x", "neutral"), ("c", None, None), ("d", "-", None),
    )  # fmt: skip
    found = themes.coverage(coded)
    assert found["theme"].isna().tolist() == [True, False, False]
    counts = found[["comments", "base", "negative", "neutral", "positive"]].to_numpy().tolist()
    assert counts == [[2, 3, 1, 1, 1], [2, 3, 1, 1, 1], [1, 3, 1, 0, 0]]
    # Wilson for 1 of 3: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964
    assert found[["ci_low", "ci_high"]].iloc[2].tolist() == pytest.approx(
        [0.061492, 0.792340], abs=1e-6
    )


def test_coverage_lists_themes_that_nobody_spoke_of():
    found = themes.coverage(said(("a", None, None)), codeframe=frame("排队"))
    assert found[["theme", "comments", "base"]].iloc[1].tolist() == ["t", 0, 1]


def moved(before, now, base=100, other=100):
    def coded(mentions, n):
        return said(*((f"c{i}", "x" if i < mentions else None, None) for i in range(n)))

    return themes.drift(coded(now, other), coded(before, base)).iloc[1]


def test_drift_agrees_with_the_published_example():
    # Newcombe (1998), Statistics in Medicine 17, table II: 56/70 − 48/80 by method 10.
    row = moved(48, 56, 80, 70)
    assert row[["difference", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [0.2, 0.0524, 0.3339], abs=5e-5
    )
    # (N − 1)/N times the chi-squared of scipy.stats.chi2_contingency([[56, 14], [48, 32]], correction=False)
    assert row["p"] == pytest.approx(0.0083, abs=2e-4)


@pytest.mark.parametrize(
    ("counts", "reason", "kept"),
    [
        ((5, 9, 29, 100), "small_base", []),
        ((0, 9, 0, 100), "empty", []),
        ((0, 0), "no_variation", ["difference", "ci_low", "ci_high"]),
        ((100, 100), "no_variation", ["difference", "ci_low", "ci_high"]),
    ],
    ids=["small base", "empty", "nobody", "everybody"],
)
def test_drift_says_why_a_number_is_withheld(counts, reason, kept):
    if counts == (0, 0):
        nobody = said(*((f"c{i}", None, None) for i in range(100)))
        row = themes.drift(nobody, nobody, codeframe=frame("排队")).iloc[1]
    else:
        row = moved(*counts)
    assert row["reason"] == reason
    numbers = ["difference", "ci_low", "ci_high", "p", "p_adjusted"]
    assert [name for name in numbers if not pd.isna(row[name])] == kept


def test_p_values_are_adjusted_for_the_themes_together():
    def coded(*counts):
        rows = [(f"{t}{i}", t, None) for t, n in zip("xyz", counts, strict=True) for i in range(n)]
        return said(*rows, *((f"n{i}", None, None) for i in range(300 - len(rows))))

    found = themes.drift(coded(60, 50, 40), coded(30, 40, 40)).set_index("theme").iloc[1:]
    p = found["p"].to_numpy(float)
    assert found["p_adjusted"].to_numpy(float) == pytest.approx(
        [min(3 * p[0], 1.5 * p[1], p[2]), min(1.5 * p[1], p[2]), p[2]]
    )


def test_rare_themes_are_tested_exactly():
    # scipy.stats.fisher_exact([[0, 100], [1, 30]]).pvalue
    assert moved(0, 1, 100, 31)["p"] == pytest.approx(31 / 131)


@pytest.mark.parametrize(
    "odd", ["\x00", "\x01", "\x1e", "\x85", "\u2028", "\r\n", "\u200b", "\ufeff"]
)
def test_characters_that_nobody_sees_part_words_and_stop_nothing(odd):
    found = themes.match(table(f"{odd}排队{odd}太久{odd}"), {"queue": ["排队"]})
    assert found[["start", "span"]].to_numpy().tolist() == [[len(odd), "排队"]]


def test_many_gaps_over_one_repeated_word_end_soon():
    comments = table("好，不，" * 2000)
    found = themes.match(comments, {"praise": [" ~9 ".join(["好"] * 9)]})
    assert 1 < len(found) < 2000
    assert (found["start"].to_numpy()[1:] >= found["end"].to_numpy()[:-1]).all()


# ---- suggestions ---------------------------------------------------------------------------------


def wishes():
    kinds = (
        "停车很贵",
        "停车不方便",
        "停车总是难",
        "发票写错了",
        "发票寄得迟",
        "发票有误",
        "灯光刺眼",
    )
    return table(*(kinds * 2))


def test_uncoded_comments_fall_into_groups_that_share_words():
    comments = wishes()
    coded = themes.code(comments, Codeframe())
    found = themes.suggestions(coded, comments, lexicon=Lexicon())
    assert found["size"].tolist() == [6, 6]
    assert [terms.split("、")[0] for terms in found["terms"]] == ["停车", "发票"]
    assert found["cohesion"].between(0, 1).all()
    assert set(found["example_id"]) <= set(comments["comment_id"])


def test_words_of_one_or_two_customers_are_not_suggested():
    comments = table("停车很贵", "停车不方便", "停车总是难", "停车遇到周杰伦演唱会", "灯光刺眼")
    coded = themes.code(comments, Codeframe())
    found = themes.suggestions(coded, comments, lexicon=Lexicon())
    assert found["terms"].tolist() == ["停车"]
    alone = themes.suggestions(coded, comments, lexicon=Lexicon(), min_size=1)
    assert "演唱会" in "、".join(alone["terms"])


def test_row_order_changes_no_suggestion():
    comments = wishes()
    coded = themes.code(comments, Codeframe())
    lexicon = Lexicon()
    mixed = themes.suggestions(
        coded.sample(frac=1, random_state=2),
        comments.sample(frac=1, random_state=3),
        lexicon=lexicon,
    )
    assert_frame_equal(mixed, themes.suggestions(coded, comments, lexicon=lexicon))


def test_further_comments_join_the_nearest_group(monkeypatch):
    comments = wishes()
    coded = themes.code(comments, Codeframe())
    monkeypatch.setattr("csatlib.themes.suggesting._PAIRED", 5)
    found = themes.suggestions(coded, comments, lexicon=Lexicon(), min_size=1)
    assert found["size"].sum() == len(comments)


@pytest.mark.parametrize("texts", [(), ("的",), ("停车费太贵",)], ids=["none", "no content", "one"])
def test_few_comments_give_few_suggestions(texts):
    comments = table(*texts).astype("str")
    coded = themes.code(comments, Codeframe())
    assert len(themes.suggestions(coded, comments, lexicon=Lexicon())) == 0


@pytest.mark.parametrize("argument", ["clusters", "min_size"])
def test_suggestions_refuse_numbers_below_one(argument):
    coded = themes.code(table("慢"), Codeframe())
    with pytest.raises(ValueError, match=f"{argument} must be at least 1, found 0"):
        themes.suggestions(coded, table("慢"), lexicon=Lexicon(), **{argument: 0})


# ---- indicators ----------------------------------------------------------------------------------


def answered():
    responses = pd.DataFrame(
        {"response_id": ["r1", "r2", "r3"], "overall": [1, 2, 5]}, index=[7, 8, 9]
    )
    comments = pd.DataFrame({"comment_id": ["c1", "c2", "c3"], "response_id": ["r1", "r2", "gone"]})
    coded = said(("c1", "t", "negative"), ("c2", "t", "positive"), ("c3", "t", "negative"))
    return responses, comments, coded


def test_indicators_stand_beside_every_response():
    found = themes.indicators(*answered(), frame("排队"))
    assert found["theme_t"].tolist() == [True, True, False]
    assert found.index.tolist() == [7, 8, 9]
    assert str(found["theme_t"].dtype) == "boolean"
    only = themes.indicators(*answered(), frame("排队"), polarity="negative")
    assert only["theme_t"].tolist() == [True, False, False]


def test_indicators_are_ready_to_be_estimated():
    from csatlib import estimates

    found = themes.indicators(*answered(), frame("排队"))
    share = estimates.share(found, ["theme_t"], min_base=1)
    assert share["estimate"].tolist() == pytest.approx([2 / 3])
    assert np.array_equal(share["n"], [3])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r, c, d: (r.assign(theme_t=True), c, d), "already have columns"),
        (lambda r, c, d: (pd.concat([r, r]), c, d), "each response_id once"),
        (lambda r, c, d: (r, c.drop(columns="response_id"), d), "comments lacks the columns"),
    ],
    ids=["column there", "response twice", "no response_id"],
)
def test_indicators_refuse_what_cannot_be_joined(change, told):
    with pytest.raises(ValueError, match=told):
        themes.indicators(*change(*answered()), frame("排队"))


def test_indicators_refuse_an_unknown_polarity():
    with pytest.raises(ValueError, match="found 'bad'"):
        themes.indicators(*answered(), frame("排队"), polarity="bad")
