"""Themes, joint display and quotes in Chinese, and the chart of themes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from csatlib import charts, report, schema, store
from csatlib.charts import style
from csatlib.report.joint import _NUMBERS, _RULES, VERDICTS
from csatlib.study import Target
from csatlib.study.codeframe import Codeframe, Theme
from csatlib.themes.joining import _VERDICTS

FRAME = Codeframe(
    themes=(
        Theme(id="wait", name="排队时间长", stage="接通", action="排队等待", patterns=("等",)),
        Theme(id="attitude", name="态度冷淡", stage="解答", action="沟通", patterns=("态度",)),
        Theme(id="praise", name="服务热情", stage="解答", action="沟通", patterns=("热情",)),
        Theme(id="app", name="App 打不开", stage="自助", action="登录", patterns=("App",)),
    )
)
STUDY = store.study("hotline").model_copy(update={"codeframe": FRAME})


def table(name, rows):
    blank = schema.empty(name)
    df = pd.DataFrame(rows).reindex(columns=list(blank))
    return df.astype(blank.dtypes.to_dict()).pipe(schema.check, name)


def covered(**themes):
    """Make a coverage of 200 comments: negative, neutral and positive comments a theme."""
    rows = []
    for theme, (negative, neutral, positive) in themes.items():
        n = negative + neutral + positive
        share = {"share": n / 200, "ci_low": n / 200 - 0.01, "ci_high": n / 200 + 0.02}
        counts = {"negative": negative, "neutral": neutral, "positive": positive}
        rows.append({"theme": theme, "comments": n, "base": 200, **share, **counts})
    return table("coverage", rows)


def drifted(**themes):
    rows = [
        {
            "theme": theme,
            "previous": 10,
            "previous_base": 100,
            "current": 40,
            "current_base": 200,
            "difference": difference,
            "ci_low": None if difference is None else difference - 0.05,
            "ci_high": None if difference is None else difference + 0.05,
            "p_adjusted": p,
            "reason": "small_base" if difference is None else None,
        }
        for theme, (difference, p) in themes.items()
    ]
    return table("theme_drift", rows)


COVERAGE = covered(wait=(40, 5, 2), attitude=(12, 0, 3), praise=(0, 1, 30))
SHARES = table(
    "estimates",
    [
        {
            "metric": "share",
            "item": f"theme_{theme}",
            "n": n,
            "estimate": share,
            "ci_low": None if share is None else share - 0.02,
            "ci_high": None if share is None else share + 0.03,
            "suppressed": share is None,
            "reason": "small_base" if share is None else None,
        }
        for theme, n, share in [("attitude", 200, 0.075), ("wait", 200, 0.235), ("app", 12, None)]
    ],
)


# ---- themes --------------------------------------------------------------------------------------


def test_a_theme_is_shown_with_its_place_and_its_counts():
    view = report.themes_view(COVERAGE, FRAME, drift=drifted(wait=(0.1, 0.01), praise=(-0.02, 0.4)))
    assert view.iloc[0].tolist() == [
        "排队时间长", "接通 · 排队等待", "47", "23.5%", "22.5%–25.5%", "40 / 5 / 2", "+10.0 个百分点，显著",
    ]  # fmt: skip
    assert view["较上季"].tolist()[1:] == ["—", "−2.0 个百分点"]


def test_shares_of_indicators_are_shown_too():
    view = report.themes_view(SHARES, FRAME)
    assert view["占比"].tolist() == ["7.5%", "23.5%", "样本不足"]
    assert set(view["提及条数"]) == {"—"}


def test_the_row_of_any_theme_and_an_unknown_theme_are_named():
    coverage = pd.concat([covered(old=(1, 1, 1)).assign(theme=None), covered(old=(1, 1, 1))])
    view = report.themes_view(coverage.astype({"theme": "str"}), FRAME)
    assert view["主题"].tolist() == ["至少一个主题", "old"]
    assert view["环节 · 动作"].tolist() == ["—", "—"]


def test_the_problem_is_stated_as_stage_and_action():
    (told,) = report.themes_finding(COVERAGE, FRAME)
    assert told == (
        "批评最多的主题是**排队时间长**（环节：接通，动作：排队等待；40 条，占有内容留言的 20.0%）。"
    )


@pytest.mark.parametrize(
    ("second", "together"), [(26, True), (25, True), (24, False)], ids=["26", "25", "24"]
)
def test_problems_that_chance_may_part_are_named_together(second, together):
    # 40 − 25 = 15 against 1.96 √65 = 15.8; 40 − 24 = 16 against 15.7.
    (told,) = report.themes_finding(covered(wait=(40, 0, 0), attitude=(second, 0, 0)), FRAME)
    assert ("分不出先后" in told) == together
    assert ("态度冷淡" in told) == together


def test_scattered_complaints_are_called_so():
    even = dict.fromkeys(["wait", "attitude", "praise", "app"], (10, 0, 0))
    (told,) = report.themes_finding(covered(**even), FRAME)
    assert told.startswith("批评较分散")
    assert "等 4 个主题" in told


def test_without_complaints_no_problem_is_named():
    assert report.themes_finding(covered(praise=(0, 1, 9)), FRAME) == [
        "没有一条留言批评编码表里的主题。"
    ]


def test_without_a_codeframe_or_comments_nothing_is_said_of_complaints():
    assert "还没有编码表" in report.themes_finding(COVERAGE, Codeframe())[0]
    silent = covered(wait=(0, 0, 0)).assign(base=0)
    assert report.themes_finding(silent, FRAME) == ["没有可以归入主题的留言。"]


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (drifted(wait=(0.1, 0.049), praise=(-0.1, 0.01)), "与上季相比，提及率显著上升的是排队时间长；显著下降的是服务热情。"),
        (drifted(wait=(0.1, 0.05)), "各主题的提及率没有显著变化"),
        (drifted(wait=(None, None)), "样本不足，本季与上季的提及率无法比较。"),
        (schema.empty("theme_drift"), "没有上季的留言，本季与上季的提及率无法比较。"),
    ],
    ids=["both ways", "none", "unknown", "no quarter before"],
)  # fmt: skip
def test_a_move_is_told_by_its_adjusted_p(drift, words):
    assert words in report.themes_finding(COVERAGE, FRAME, drift=drift)[-1]


def test_drift_is_laid_out_with_reasons():
    view = report.drift_view(drifted(wait=(0.1, 0.01), attitude=(None, None)), FRAME)
    assert view.iloc[0, 2:].tolist() == [
        "10 / 100（10.0%）", "40 / 200（20.0%）", "+10.0 个百分点", "+5.0 至 +15.0 个百分点", "0.010",
    ]  # fmt: skip
    assert view.iloc[1, 4:].tolist() == ["样本不足", "—", "—"]


def test_suggestions_show_no_unreviewed_words():
    rows = [
        {
            "cluster": 1,
            "size": 1200,
            "terms": "发票 开具",
            "example_id": "f:s:2:comment",
            "cohesion": 0.4,
        }
    ]
    view = report.suggestions_view(table("theme_suggestions", rows))
    assert view.iloc[0].tolist() == ["发票 开具", "1,200", "0.40", "f:s:2:comment"]


# ---- what goes with themes -----------------------------------------------------------------------


def fitted(**terms):
    rows = [
        {
            "outcome": "overall",
            "kind": "linear",
            "method": "ols",
            "term": term,
            "estimate": estimate,
            "se": 0.1,
            "df": 100.0,
            "p": p,
            "ci_low": estimate - 0.2,
            "ci_high": estimate + 0.2,
            "n": 300,
        }
        for term, (estimate, p) in {"(Intercept)": (4.0, 0.0), **terms}.items()
    ]
    blank = schema.empty("coefficients")
    return pd.DataFrame(rows).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def test_only_themes_are_shown_and_p_is_adjusted_over_the_whole_model():
    model = fitted(theme_wait=(-0.4, 0.02), connection=(0.3, 0.001), theme_app=(0.1, 0.6))
    view = report.impact_view(model, FRAME, STUDY)
    assert view["主题"].tolist() == ["排队时间长", "App 打不开"]
    assert view["环节 · 动作"].tolist() == ["接通 · 排队等待", "自助 · 登录"]
    assert view["系数"].tolist() == ["−0.40", "+0.10"]
    assert view["校正后 p"].tolist() == ["0.040", "0.600"]


def test_association_is_not_called_an_effect():
    told = report.impact_finding(
        fitted(theme_wait=(-0.4, 0.01), theme_praise=(0.4, 0.01)), FRAME, STUDY
    )
    assert "提到“排队时间长”的客户整体满意度显著偏低" in told
    assert "提到“服务热情”的客户整体满意度显著偏高" in told
    assert "关联" in told
    assert "导致" not in told


def test_the_outcome_of_the_model_is_named():
    model = fitted(theme_wait=(-0.4, 0.01)).assign(outcome="attitude")
    assert "的客户服务态度显著偏低" in report.impact_finding(model, FRAME, STUDY)


def test_what_holm_takes_back_is_not_called_significant():
    model = fitted(theme_wait=(-0.4, 0.03), theme_app=(0.1, 0.04))
    assert report.impact_finding(model, FRAME, STUDY) == "各主题与整体满意度都没有显著关联。"


# ---- joint display -------------------------------------------------------------------------------

STATES = {
    "no_estimate": "unknown", "no_interval": "unknown", "few_comments": "low",
    "numbers_unclear": "unclear", "weak_praised": "low", "weak_one_theme": "fallen",
    "weak_blamed": "low", "strong_blamed": "high", "rise_one_theme": "risen",
    "strong_praised": "high", "strong_few_complaints": "high", "words_unclear": "low",
}  # fmt: skip


def joint(*rules, dimensions=("connection", "attitude", "resolution")):
    rows = [
        {
            "dimension": dimension,
            "n": 200,
            "estimate": None if rule == "no_estimate" else 3.5,
            "ci_low": None if rule.startswith("no_") else 3.4,
            "ci_high": None if rule.startswith("no_") else 3.6,
            "change": -0.25,
            "change_p": 0.0001,
            "target": 4.0,
            "importance_rank": 2.0,
            "comments": 1200,
            "base": 2000,
            "negative": 30,
            "positive": 4,
            "themes": "wait:25 attitude:9 app:3 praise:1",
            "lead_theme": "wait",
            "lead_share": 0.8,
            "quote_ids": "Q0123456789 Qabcdef0123",
            "numbers": STATES[rule],
            "words": "negative",
            "verdict": _VERDICTS[rule],
            "rule": rule,
        }
        for rule, dimension in zip(rules, dimensions, strict=False)
    ]
    return table("joint_display", rows)


def test_a_dimension_is_shown_with_figures_words_verdict_and_ground():
    view = report.joint_view(joint("weak_one_theme"), STUDY)
    assert view.iloc[0].tolist() == [
        "接通效率", "3.50（3.40–3.60）", "−0.25（p < 0.001）", "2", "1,200 / 2,000", "30 / 4",
        "排队时间长 25、态度冷淡 9、App 打不开 3", "Q0123456789、Qabcdef0123", "留言提供线索",
        "得分比上季显著下降；批评集中在“排队时间长”（占 80.0%）",
    ]  # fmt: skip


def test_every_rule_and_state_has_its_words():
    assert set(_RULES) == set(_VERDICTS) == set(STATES)
    assert set(VERDICTS) == set(schema.VERDICTS)
    assert set(STATES.values()) == set(_NUMBERS)
    for rule in STATES:
        ground = report.joint_view(joint(rule), STUDY)["依据"].iloc[0]
        assert "{" not in ground
        assert "导致" not in ground


def test_a_level_is_told_against_its_target():
    assert report.joint_view(joint("weak_blamed"), STUDY)["依据"].iloc[0] == (
        "得分低于对照值 4.00 分；留言以批评为主，但不集中在一个主题"
    )


def test_the_yardstick_is_named_where_it_is_known():
    table = joint("weak_blamed").assign(target=3.5)
    assert "低于各维度平均 3.50 分" in report.joint_view(table, STUDY)["依据"].iloc[0]
    aimed = STUDY.model_copy(
        update={"targets": (Target(item="connection", metric="mean", value=4.0),)}
    )
    assert "低于目标 4.00 分" in report.joint_view(joint("weak_blamed"), aimed)["依据"].iloc[0]


def test_what_is_missing_is_a_dash():
    blank = joint("no_estimate").assign(
        change=None,
        importance_rank=None,
        themes=None,
        quote_ids=None,
        lead_theme=None,
        lead_share=None,
    )
    view = report.joint_view(blank.astype(schema.empty("joint_display").dtypes.to_dict()), STUDY)
    assert view.iloc[0, 1:4].tolist() == ["—", "—", "—"]
    assert view.iloc[0, 6:].tolist() == ["—", "—", "不足以判断", "没有可公布的得分"]


def test_a_director_reads_at_most_three_sentences():
    told = report.joint_sentences(joint("weak_one_theme", "strong_praised", "strong_blamed"), STUDY)
    assert len(told) == 3
    assert told[0] == "**接通效率**得分比上季显著下降，批评集中在“排队时间长”（占 80.0%）。"
    assert told[1] == "**服务态度**得分较好，留言也以表扬为主。"
    assert told[2] == ("需要核实：**问题解决能力**得分较好，留言却以批评为主，而且多于其他维度。")


@pytest.mark.parametrize("rule", STATES)
def test_each_rule_is_told_or_said_to_tell_nothing(rule):
    told = "".join(report.joint_sentences(joint(rule), STUDY))
    assert ("不足以" in told) == (_VERDICTS[rule] == "insufficient")
    assert "导致" not in told


def test_the_note_states_the_rule_with_its_limits():
    note = report.joint_note(alpha=0.1, min_comments=20)
    assert "90%" in note
    assert "不足 20 条" in note
    assert "不是因果" in note


# ---- quotes --------------------------------------------------------------------------------------


def quoted(*reviewed):
    rows = [
        {
            "quote_id": f"Q000000000{i}", "comment_id": f"f:s:{i}:comment", "theme": "wait",
            "rank": i + 1, "text": f"等了{i}次", "digest": "0", "reviewed": passed,
        }
        for i, passed in enumerate(reviewed)
    ]  # fmt: skip
    return table("quotes", rows) if rows else schema.empty("quotes")


def test_only_reviewed_quotes_are_shown_each_with_its_id():
    view = report.quotes_view(quoted(True, False, True), STUDY)
    assert view.to_numpy().tolist() == [
        ["排队时间长", "“等了0次”", "Q0000000000"],
        ["排队时间长", "“等了2次”", "Q0000000002"],
    ]


@pytest.mark.parametrize(
    ("reviewed", "words"),
    [
        ((), "没有可以引用的留言"),
        ((False, False), "候选原话 2 条，都没有通过人工复核，暂不展示"),
        ((True, False), "展示 1 条经人工复核的原话，其余 1 条未通过或尚未复核"),
        ((True, True), "展示 2 条经人工复核的原话，候选原话全部通过"),
    ],
    ids=["none", "none reviewed", "some", "all"],
)
def test_it_is_said_how_many_are_shown(reviewed, words):
    assert words in report.quotes_sentence(quoted(*reviewed))


def test_nothing_unreviewed_is_on_the_page():
    page = report.table(
        report.quotes_view(quoted(False, False), STUDY),
        STUDY,
        name="quotes",
        caption="原话",
        columns={"主题": "主题", "原话": "原话", "编号": "编号"},
    )
    assert "等了" not in page.html


# ---- the chart -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def names_of(ax):
    return [tick.get_text().replace("\n", "") for tick in ax.get_yticklabels()]


def test_themes_are_ranked_and_small_ones_have_no_mark():
    ax = charts.theme_bars(SHARES, codeframe=FRAME)
    assert names_of(ax) == ["排队时间长", "态度冷淡", "App 打不开"]
    told = [text.get_text() for text in ax.texts]
    assert told == ["23.5%", "7.5%", "样本不足 (n=12)"]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == [0.235, 0.075]
    ranges = [tuple(line.get_xdata()) for line in ax.lines if line.get_marker() == "None"]
    assert ranges == [pytest.approx((0.215, 0.265)), pytest.approx((0.055, 0.105))]


def test_blame_beyond_praise_is_set_apart_by_colour():
    coverage = covered(wait=(40, 5, 2), attitude=(3, 0, 3))
    ax = charts.theme_bars(SHARES, codeframe=FRAME, coverage=coverage)
    dots = [to_hex(line.get_color()) for line in ax.lines if line.get_marker() == "o"]
    assert dots == [style.ACCENT, style.MUTED]
    assert ax.texts[0].get_text() == "23.5%（贬 40 褒 2）"


def test_the_chart_fits_a_telephone_and_its_bytes_repeat():
    first, second = (
        charts.to_svg(charts.theme_bars(SHARES, codeframe=FRAME, coverage=COVERAGE)) for _ in "12"
    )
    assert first == second
    ax = charts.theme_bars(SHARES, codeframe=FRAME, coverage=COVERAGE)
    ax.figure.canvas.draw()
    assert ax.figure.get_figwidth() == style.WIDTH
    right = max(text.get_window_extent().x1 for text in ax.texts)
    assert right <= ax.figure.bbox.x1 + 1
    assert ax.get_window_extent().width > 0.3 * ax.figure.bbox.width


@pytest.mark.parametrize("order", [[2, 0, 1], [1, 2, 0]])
def test_row_order_does_not_matter(order):
    ax = charts.theme_bars(SHARES.iloc[order], codeframe=FRAME)
    assert names_of(ax) == ["排队时间长", "态度冷淡", "App 打不开"]


def test_only_so_many_themes_are_drawn():
    assert names_of(charts.theme_bars(SHARES, codeframe=FRAME, top=1)) == ["排队时间长"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda df: df[:1].assign(item="overall"), "theme_<id>"),
        (lambda df: df.assign(metric="mean"), "theme_<id>"),
        (lambda df: pd.concat([df, df]), "one row for each item"),
    ],
    ids=["item", "metric", "twice"],
)
def test_other_tables_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        charts.theme_bars(change(SHARES), codeframe=FRAME)


def test_without_a_share_the_chart_says_so():
    ax = charts.theme_bars(SHARES[2:], codeframe=FRAME)
    assert [text.get_text() for text in ax.texts] == ["数据不足"]


def test_changes_of_themes_are_told_by_the_adjusted_p_of_their_shares():
    rows = [
        {"metric": "share", "item": "theme_wait", "estimate": 0.04, "p_adjusted": 0.01},
        {"metric": "share", "item": "theme_app", "estimate": -0.03, "p_adjusted": 0.049},
        {"metric": "share", "item": "theme_praise", "estimate": -0.03, "p_adjusted": 0.05},
        {"metric": "mean", "item": "theme_attitude", "estimate": 1.0, "p_adjusted": 0.001},
    ]
    fixed = {"n": 100, "suppressed": False, "contrast": "2026Q3-2026Q2"}
    changes = table("theme_changes", [{**fixed, **row} for row in rows])
    told = report.theme_changes_finding(changes, STUDY)
    assert told == "提到“App 打不开”的客户显著减少，提到“排队时间长”的客户显著增加"
    none = report.theme_changes_finding(changes.tail(2), STUDY)
    assert none == "没有一个主题的提及有显著变化"
