"""Verdicts, recurrence, churn and cases in Chinese, and the charts of measures."""

from __future__ import annotations

import itertools
import re

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from csatlib import actions, charts, report, schema, store
from csatlib.report.amounts import amount_of, between, change_of, moved
from csatlib.report.deciding import _BODIES, METHODS, NEXT_STEPS, OUTCOME_WORDS, WHYS
from csatlib.study.codeframe import Codeframe, Theme

FRAME = Codeframe(
    themes=(Theme(id="wait", name="排队时间长", stage="接通", action="排队", patterns=("等",)),)
)
STUDY = store.study("ops_event").model_copy(update={"codeframe": FRAME})
#: The contract between whoever judges and whoever tells.
CODES = {
    "why": [
        "goal_reached",
        "improved",
        "few_quarters",
        "below_goal",
        "not_carried_out",
        "no_change",
        "worse",
        "new_problem",
        "too_few",
        "no_comparison",
        "return_to_mean",
        "too_early",
    ],
    "next_step": [
        "roll_out",
        "iterate",
        "carry_out",
        "wait",
        "collect_more",
        "add_comparison",
        "negotiate",
    ],
    "method": [
        "plain",
        "paired",
        "signed_rank",
        "rank_sum",
        "mcnemar",
        "stuart_maxwell",
        "did",
        "matched",
        "prior",
        "return_to_mean",
        "adjusted",
    ],
    "verdict": schema.OUTCOMES,
}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def table(name, rows):
    blank = schema.empty(name)
    df = pd.DataFrame(rows).reindex(columns=list(blank))
    return df.astype(blank.dtypes.to_dict()).pipe(schema.check, name)


def action(**changed):
    row = {"action_id": "A1", "line": "ops_event", "quarter": "2026Q2", "item": "response_speed",
           "measure": "网络组首次响应模板。", "owner": "网络组", "unit": "分", "metric": "mean",
           "done_on": pd.Timestamp("2026-08-01")}  # fmt: skip
    return table("actions", [row | changed])


def verdict(**changed):
    row = {"action_id": "A1", "item": "response_speed", "metric": "mean", "verdict": "effective",
           "why": "goal_reached", "next_step": "roll_out", "method": "did", "n": 120, "estimate": 0.39,
           "ci_low": 0.18, "ci_high": 0.60, "goal": 0.40}  # fmt: skip
    return table("action_verdicts", [row | changed])


def effects(**changed):
    row = {"action_id": "A1", "item": "response_speed", "metric": "mean", "method": "did",
           "n_before": 120, "n_after": 118, "n_control": 300, "before": 3.62, "after": 4.05,
           "estimate": 0.39, "ci_low": 0.18, "ci_high": 0.60, "p": 0.0003}  # fmt: skip
    return table("effects", [row | changed])


def said(one=None, two=None, three=None):
    own = action(**(one or {})).iloc[0], verdict(**(two or {})).iloc[0], effects(**(three or {}))
    return report.verdict_sentence(*own, STUDY)


# ---- sentences -----------------------------------------------------------------------------------


def test_the_codes_of_verdicts_all_have_words():
    found = {"why": WHYS, "next_step": NEXT_STEPS, "method": METHODS, "verdict": OUTCOME_WORDS}
    for column, codes in CODES.items():
        assert set(found[column]) == set(codes), column
    assert set(_BODIES) == set(WHYS)
    # What the verdicts may say, the report can say: no code is left without words.
    assert set(actions.verdicts.__globals__["_NEXT"]) == set(WHYS)
    assert set(actions.verdicts.__globals__["_NEXT"].values()) <= set(NEXT_STEPS)


@pytest.mark.parametrize("bare", [False, True], ids=["full", "bare"])
def test_every_code_gives_a_whole_sentence(bare):
    numbers = ["estimate", "ci_low", "ci_high", "goal", "detectable", "n", "plain"]
    gone = dict.fromkeys(numbers) if bare else {"plain": 0.92, "detectable": 0.5}
    own, base = action().iloc[0], verdict(**gone).iloc[0].astype("object")
    behind = effects(before=None) if bare else effects()
    seen = set()
    others = zip(itertools.cycle(CODES["next_step"]), itertools.cycle(CODES["verdict"]))
    for (why, method), (step, word) in zip(
        itertools.product(CODES["why"], CODES["method"]), others, strict=False
    ):
        row = base.copy()
        row[["why", "method", "verdict", "next_step"]] = [why, method, word, step]
        text = report.verdict_sentence(own, row, behind.assign(method=method), STUDY)
        assert text.startswith(f"网络组首次响应模板：{OUTCOME_WORDS[word]}。")
        assert text.endswith(f"；{NEXT_STEPS[step]}。")
        assert not re.search(r"nan|None|NaT|<NA>|导致|变化 —|——|。。|，，|，；|（）", text), text
        seen.add((why, method, text))
    assert len({why for why, _, _ in seen}) == len(WHYS)


UNCLEAR = {"verdict": "insufficient", "why": "return_to_mean", "next_step": "collect_more",
           "plain": 0.4, "estimate": 0.07, "ci_low": -0.15, "ci_high": 0.29}  # fmt: skip
#: Nothing corrects the plain change, and it is enough to deny the measure.
DENIED = {"verdict": "short", "next_step": "iterate", "method": None, "estimate": None,
          "ci_low": None, "ci_high": None}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "two", "three", "expected"),
    [
        (
            {}, {}, {},
            "网络组首次响应模板：有效。响应速度从 3.62 分到 4.05 分，同期其他客户提高 0.04 分，"
            "差 +0.39（95% 区间 0.18–0.60），达到目标的 98%；建议推广。",
        ),
        (
            {"measure": "低分客户主管回访"},
            {"verdict": "insufficient", "why": "return_to_mean", "method": "return_to_mean",
             "next_step": "add_comparison", "estimate": 0.07, "ci_low": -0.15, "ci_high": 0.29,
             "plain": 0.92},
            {},
            "低分客户主管回访：证据不足。措施前后看似提高 0.92 分，但这些客户正是因为打分低才被选中，"
            "没有措施也会回升约 0.85 分；扣除后 +0.07（95% 区间 −0.15 至 0.29）；建议留出一组对照客户再比较。",
        ),
        (
            {}, {"verdict": "insufficient", "why": "too_few", "next_step": "collect_more", "n": 9,
                 "detectable": 1.1, "goal": 0.3, "needed": 118}, {},
            "网络组首次响应模板：证据不足。只有 9 位客户可以前后比较，至少要变化 1.10 分才看得出来；"
            "要看出 0.30 分的变化约需 120 位；建议增加复访的客户。",
        ),
        (
            {}, {"verdict": "short", "why": "not_carried_out", "next_step": "carry_out"}, {},
            "网络组首次响应模板：未达预期。措施没有真正落实（无证明材料）；请先落实措施并补上证明材料。",
        ),
        (
            {"done_on": pd.NaT, "due": pd.Timestamp("2026-11-30")},
            {"verdict": "insufficient", "why": "too_early", "next_step": "wait"}, {},
            "网络组首次响应模板：证据不足。措施尚未完成（计划 2026-11-30 完成）；等有了新的评价再判断。",
        ),
        (
            {}, {"verdict": "short", "why": "below_goal", "next_step": "iterate", "method": "paired",
                 "estimate": 0.43, "goal": 1.0}, {"method": "paired", "estimate": 0.43},
            "网络组首次响应模板：未达预期。响应速度从 3.62 分到 4.05 分，同一批客户前后变化 "
            "+0.43（95% 区间 0.18–0.60），目标是 +1.00，只达到目标的 43%"
            "（没有对照客户，只能说与措施同时出现）；建议改进措施后再试。",
        ),
        (
            {}, UNCLEAR | {"method": "prior"}, {"method": "prior"},
            "网络组首次响应模板：证据不足。措施前后看似提高 0.40 分，但措施正是在低分之后采取的，"
            "没有措施也会回升约 0.33 分；扣除后 +0.07（95% 区间 −0.15 至 0.29）；建议增加复访的客户。",
        ),
        (
            {}, UNCLEAR | {"method": "did"}, {"after": 4.02},
            "网络组首次响应模板：证据不足。措施前后看似提高 0.40 分，同期其他客户提高 0.33 分，"
            "差 +0.07（95% 区间 −0.15 至 0.29），不能排除是偶然；建议增加复访的客户。",
        ),
        (
            {}, DENIED | {"why": "no_change", "plain": 0.02, "plain_low": -0.05, "plain_high": 0.08},
            {"method": "plain", "after": 3.64},
            "网络组首次响应模板：未达预期。响应速度从 3.62 分到 3.64 分，前后直接比较提高 0.02 分"
            "（95% 区间 −0.05 至 0.08），看不出变化（没有对照客户，同期的其他变化没有扣除）；建议改进措施后再试。",
        ),
        (
            {}, DENIED | {"why": "worse", "plain": -0.3, "plain_low": -0.5, "plain_high": -0.1},
            {"method": "plain", "after": 3.32},
            "网络组首次响应模板：未达预期。响应速度从 3.62 分到 3.32 分，前后直接比较降低 0.30 分"
            "（95% 区间 −0.50 至 −0.10），比措施之前更差（没有对照客户，只能说与措施同时出现）；建议改进措施后再试。",
        ),
        (
            {}, {"verdict": "short", "why": "worse", "next_step": "iterate", "estimate": -0.4,
                 "ci_low": -0.6, "ci_high": -0.2}, {},
            "网络组首次响应模板：未达预期。响应速度从 3.62 分到 4.05 分，同期其他客户提高 0.83 分，"
            "差 −0.40（95% 区间 −0.60 至 −0.20），变化不如其他客户；建议改进措施后再试。",
        ),
        (
            {}, {"verdict": "short", "why": "no_change", "next_step": "iterate", "estimate": 0.03,
                 "ci_low": -0.1, "ci_high": 0.14, "detectable": 0.17}, {},
            "网络组首次响应模板：未达预期。响应速度从 3.62 分到 4.05 分，同期其他客户提高 0.40 分，"
            "差 +0.03（95% 区间 −0.10 至 0.14），看不出差别（0.17 分以上的变化一般看得出来）；建议改进措施后再试。",
        ),
        (
            {"metric": "nps"}, {"verdict": "insufficient", "why": "too_few", "metric": "nps", "n": 100,
             "next_step": "collect_more", "detectable": 31.0, "goal": 10.0, "needed": 345},
            {"metric": "nps", "n_before": 12},
            "网络组首次响应模板：证据不足。只有 12 位客户可以前后比较，至少要变化 31.0 才看得出来；"
            "要看出 10.0 的变化约需 340 位；建议增加复访的客户。",
        ),
    ],
    ids=[
        "reached", "return to mean", "too few", "not carried out", "too early", "below the goal",
        "returning group", "like the others", "unchanged, nothing beside", "worse, nothing beside",
        "worse than the others", "like the others, certainly", "few before",
    ],
)  # fmt: skip
def test_sentences_that_a_director_reads(one, two, three, expected):
    assert said(one, two, three) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        ({"done_on": pd.NaT}, "没有完成日期"),
        ({"proof": "照片.jpg"}, "核查未见落实"),
        ({}, "无证明材料"),
    ],
)
def test_why_a_measure_was_not_carried_out(one, expected):
    assert f"（{expected}）" in said(one, {"why": "not_carried_out"})


@pytest.mark.parametrize(
    ("estimate", "goal", "expected"),
    [(0.3999, 0.4, "99%"), (0.40, 0.4, "100%"), (0.62, 0.4, "155%"), (0.398, 0.4, "99%")],
)
def test_a_goal_that_was_missed_is_never_rounded_up_to_reached(estimate, goal, expected):
    assert f"达到目标的 {expected}" in said({}, {"estimate": estimate, "goal": goal})


def test_only_beside_others_is_a_change_told_without_a_warning():
    warning = "只能说与措施同时出现"
    for method in ("did", "matched", "plain", "paired", "prior", "return_to_mean"):
        text = said({}, {"method": method}, {"method": method})
        assert (warning in text) == (method not in ("did", "matched", "prior")), method
    alone = said({}, {"method": "prior"}, {"method": "prior", "n_control": 0})
    assert warning in alone


@pytest.mark.parametrize("column", ["verdict", "why", "next_step", "method"])
def test_an_unknown_code_is_refused(column):
    row = verdict().astype({column: "object"}).iloc[0].copy()
    row[column] = "magic"
    with pytest.raises(ValueError, match=rf"^verdicts\.{column}: expected one of"):
        report.verdict_sentence(action().iloc[0], row, effects(), STUDY)


def test_a_theme_or_a_time_has_its_own_words():
    two = {"metric": "theme", "item": "wait", "method": "plain", "estimate": -0.052,
           "ci_low": -0.08, "ci_high": -0.02, "goal": -0.05}  # fmt: skip
    three = {"metric": "theme", "item": "wait", "method": "plain", "before": 0.15, "after": 0.098}
    text = said({"item": None, "theme": "wait"}, two, three)
    assert "排队时间长从 15.0% 到 9.8%，变化 −5.2 个百分点（95% 区间 −8.0 至 −2.0）" in text
    assert "达到目标的 104%" in text


def test_sentences_go_from_what_worked_to_what_is_open():
    actions = pd.concat([action(), action(action_id="A2"), action(action_id="A3")])
    verdicts = pd.concat(
        [
            verdict(verdict="insufficient", why="too_early", next_step="wait"),
            verdict(action_id="A2"),
            verdict(action_id="A3", verdict="short", why="no_change", next_step="iterate"),
            verdict(action_id="A8"),
        ]
    )
    told = report.verdict_sentences(actions, verdicts, effects(), STUDY)
    assert [re.search("：(.*?)。", text)[1] for text in told] == ["有效", "未达预期", "证据不足"]
    assert report.verdicts_finding(verdicts) == (
        "评价了 4 项措施：2 项有效，1 项未达预期，1 项证据不足（其中 1 项还不到评价的时候）。"
    )


# ---- views ---------------------------------------------------------------------------------------


def test_views_of_verdicts_and_effects():
    view = report.verdicts_view(action(), verdict(), STUDY)
    assert view.iloc[0].to_dict() == {
        "措施": "网络组首次响应模板。", "责任人": "网络组", "指标": "响应速度", "结论": "有效",
        "原因": "达到目标", "变化": "+0.39", "95% 区间": "0.18–0.60", "目标": "+0.40",
        "比较方法": "与未涉及的客户比较（双重差分）", "下一步": "建议推广",
    }  # fmt: skip
    two = pd.concat([effects(), effects(method="plain", level="4", estimate=None, ci_low=None,
                                        ci_high=None, p=None, reason="small_base")])  # fmt: skip
    view = report.effects_view(two, STUDY, actions=action())
    assert view["人数（前 / 后 / 对照）"].tolist() == ["120 / 118 / 300"] * 2
    assert view["指标"].tolist() == ["响应速度", "响应速度：4"]
    assert view["变化"].tolist() == ["+0.39", "—"]
    assert view["说明"].tolist() == ["", "样本不足"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (amount_of(None, "mean"), "—"),
        (amount_of(-0.001, "mean"), "0.00 分"),
        (amount_of(12.34, "nps"), "12.3"),
        (change_of(-12.34, "nps"), "−12.3"),
        (change_of(-3.5, "rate", "分钟"), "−3.50 分钟"),
        (change_of(-0.0001, "share"), "0.0 个百分点"),
        (between(None, 1, "mean"), "—"),
        (between(-0.1, 0.2, "share"), "−10.0 至 20.0"),
        (moved(-0.004, "mean"), "没有变化"),
        (moved(2, "nps"), "提高 2.0"),
    ],
)
def test_amounts(text, expected):
    assert text == expected


def recurring(**changed):
    rows = [
        ("raised_again", "after", 12, 80, 1, 0.15, 0.088, 0.244),
        ("raised_again_heard", "after", 12, 40, 1, 0.3, 0.18, 0.45),
        ("rate", "before", 30, 500, 100, 6.0, 4.05, 8.57),
        ("rate", "after", 12, 400, 100, 3.0, 1.55, 5.24),
        ("rate_ratio", "after", None, None, 1, 0.5, 0.233, 0.98),
    ]
    names = ["metric", "period", "events", "base", "per", "estimate", "ci_low", "ci_high"]
    df = table(
        "recurrence", [dict(zip(names, row, strict=True)) | {"problem": "wait"} for row in rows]
    )
    df.loc[df["metric"] == "rate_ratio", list(changed)] = list(changed.values())
    return df


def test_recurrence_is_told():
    labels = FRAME.labels()
    view = report.recurrence_view(recurring(), labels=labels)
    assert view["数值"].tolist() == ["15.0%", "30.0%", "6.00", "3.00", "0.50"]
    assert view["发生"].tolist() == ["12 / 80", "12 / 40", "30 / 500", "12 / 400", "—"]
    assert report.recurrence_finding(recurring(), labels=labels) == [
        "“排队时间长”：措施之前提出过的 80 位客户中，40 位之后还有回音，12 位再次提出；"
        "每 100 条留言从 6.00 到 3.00，减少（之比 0.50，95% 区间 0.23–0.98）。"
    ]
    unsure = report.recurrence_finding(recurring(ci_high=1.02), labels=labels)
    assert "看不出变化" in unsure[0]
    none = recurring(estimate=None, ci_high=None, reason="none_before")
    assert "措施之前没有发生" in report.recurrence_finding(none, labels=labels)[0]


def test_without_records_of_before_nobody_is_said_to_have_been_content():
    df = recurring()
    df.loc[df["period"].eq("before"), ["events", "base", "estimate"]] = [0, 0, None]
    again = df["metric"].str.startswith("raised_again")
    df.loc[again, ["events", "base", "estimate"]] = [0, 0, None]
    assert report.recurrence_finding(df, labels=FRAME.labels()) == [
        "“排队时间长”：没有措施之前的记录，前后不能比较。"
    ]


def test_repeats_are_shown():
    df = table("recurrence", [{"problem": "网络故障", "metric": "repeat", "period": "2026-07",
                               "events": 3, "base": 60, "per": 1, "estimate": 0.05, "ci_low": 0.017,
                               "ci_high": 0.137},
                              {"problem": "网络故障", "metric": "repeat", "period": "2026-09",
                               "group": "网络组", "events": 0, "base": 0, "per": 1,
                               "reason": "follow_up_open"}])  # fmt: skip
    view = report.repeats_view(df)
    assert view["重复发生率"].tolist() == ["5.0%", "—"]
    assert view["说明"].tolist() == ["", "观察期未满"]
    assert view["分组"].tolist() == ["全部", "网络组"]


def churned():
    both = "affected − unaffected"
    rows = [
        {"metric": "rate", "n": 240, "lost": 12, "estimate": 0.05, "ci_low": 0.029, "ci_high": 0.085},
        {"metric": "change", "n": 480, "estimate": 0.02, "ci_low": -0.02, "ci_high": 0.06, "p": 0.3},
        {"metric": "difference", "group": both, "group_by": "affected", "n": 240,
         "estimate": -0.04, "ci_low": -0.08, "ci_high": -0.01, "p": 0.02},
        {"metric": "did", "group": both, "group_by": "affected", "n": 480, "estimate": -0.03,
         "ci_low": -0.09, "ci_high": 0.03},
    ]  # fmt: skip
    fixed = {"quarter": "2026Q2", "next_quarter": "2026Q3", "definition": "listed"}
    return table("churn", [fixed | row for row in rows])


def test_churn_is_told_as_association():
    assert report.churn_finding(churned()) == [
        "2026Q2 的 240 位活跃客户中，12 位到 2026Q3 不再活跃，流失率 5.0%（95% 区间 2.9%–8.5%），"
        "较上一季度 +2.0 个百分点（95% 区间 −2.0 至 6.0 个百分点），看不出变化。",
        "措施涉及的客户与其他客户的流失率相差 −4.0 个百分点（95% 区间 −8.0 至 −1.0 个百分点）；这是关联。",
        "措施前后，两组流失率的变化相差 −3.0 个百分点（95% 区间 −9.0 至 3.0 个百分点），分不出高低；这是关联。",
    ]
    view = report.churn_view(churned())
    assert view["流失"].tolist() == ["12 / 240", "—", "—", "—"]
    assert view["客户"].tolist()[2] == "措施涉及的客户与其他客户之差"


def test_risk_is_told_without_names():
    risk = table("churn_risk", [{"customer_id": "SECRET1", "points": 5, "level": "high"},
                                {"customer_id": "SECRET2", "points": 0, "level": "low"}])  # fmt: skip
    rows = [{"level": "high", "n": 20, "lost": 10, "estimate": 0.5, "ci_low": 0.3, "ci_high": 0.7},
            {"level": "medium", "n": 0, "lost": 0, "reason": "empty"},
            {"level": "low", "n": 200, "lost": 10, "estimate": 0.05, "ci_low": 0.03, "ci_high": 0.09}]  # fmt: skip
    told = report.churn_risk_finding(risk, check=table("churn_risk_check", rows))
    assert not any("SECRET" in text for text in told)
    assert told[1].endswith("低风险的流失 5.0%，分级可信。")
    rows[0]["ci_low"] = 0.05
    assert "还不能当真" in report.churn_risk_finding(risk, check=table("churn_risk_check", rows))[1]
    view = report.churn_risk_check_view(table("churn_risk_check", rows))
    assert view["流失率"].tolist() == ["50.0%", "—", "5.0%"]


def test_orders_are_told_as_coincidence():
    rows = [{"action_id": None, "asked": 9, "answered": 7, "customers": 3, "orders": 4}]
    assert report.orders_sentence(table("orders_gained", rows)) == (
        "二次回访 9 位客户，7 位说明了订单情况，其中 3 位追加订单，共 4 笔；"
        "追加订单与措施同时出现，不能都算作措施的结果。"
    )


# ---- the handbook --------------------------------------------------------------------------------


def known_cases():
    fixed = {"line": "ops_event", "quarter": "2026Q2", "metric": "mean", "unit": "分"}
    rows = [
        {"measure": "首次响应模板", "item": "response_speed", "verdict": "effective", "why": "goal_reached",
         "scope": "team=网络组；region=华东|华北", "estimate": 0.39, "ci_low": 0.18, "ci_high": 0.6},
        {"measure": "增加坐席", "theme": "wait", "verdict": "effective", "why": "goal_reached", "estimate": 0.2,
         "ci_low": 0.1, "ci_high": 0.3},
        {"measure": "排班调整", "theme": "wait", "verdict": "effective", "why": "goal_reached", "estimate": 0.5,
         "ci_low": 0.2, "ci_high": 0.8},
        {"measure": "贴出公告", "theme": "wait", "verdict": "short", "why": "no_change"},
    ]  # fmt: skip
    return table(
        "cases",
        [fixed | row | {"case_id": f"CASE-{i}", "action_id": str(i)} for i, row in enumerate(rows)],
    )


def test_the_handbook_says_what_helped_and_what_did_not():
    view = report.handbook(known_cases(), STUDY)
    assert view["问题"].tolist() == ["排队时间长", "响应速度"]
    wait, speed = view.iloc[0], view.iloc[1]
    assert wait["环节 · 动作"] == "接通 · 排队"
    assert wait["有效的做法"].split("\n") == [
        "排班调整（全部客户；+0.50（0.20–0.80）；2026Q2）",
        "增加坐席（全部客户；+0.20（0.10–0.30）；2026Q2）",
    ]
    assert wait["试过但未达预期"] == "贴出公告（全部客户；看不出变化；2026Q2）"
    assert wait["证据不足"] == "—"
    label = STUDY.label("team")
    assert speed["有效的做法"].startswith(f"首次响应模板（{label}：网络组；区域：华东、华北；+0.39")
    assert "4 个案例：有效 3 个，未达预期 1 个，证据不足 0 个" in report.handbook_note(
        known_cases()
    )
    assert report.cases_view(known_cases(), STUDY)["结论"].tolist()[-1] == "未达预期：看不出变化"


# ---- charts --------------------------------------------------------------------------------------


def waves():
    rows = []
    for reached, means in ((True, (3.6, 3.62, 4.05)), (False, (3.7, 3.71, None))):
        for wave, quarter, value in zip(
            ("history", "before", "after"), ("2026Q1", None, None), means, strict=True
        ):
            limits = {} if value is None else {"ci_low": value - 0.2, "ci_high": value + 0.2}
            rows.append({"action_id": "A1", "item": "speed", "metric": "mean", "reached": reached,
                         "wave": wave, "quarter": quarter, "n": 100, "estimate": value} | limits)  # fmt: skip
    return table("wave_means", rows)


def test_lines_of_those_reached_and_the_others():
    axes = charts.wave_lines(waves(), labels={"speed": "响应速度"})
    ticks = [tick.get_text() for tick in axes.get_xticklabels()]
    assert ticks == [f"{word}\nn=100 / 100" for word in ("2026Q1", "措施前", "措施后")]
    lines = {line.get_label(): line for line in axes.lines if line.get_label()[0] != "_"}
    assert set(lines) == {"措施涉及的客户", "其他客户"}
    assert lines["措施涉及的客户"].get_ydata().tolist() == [3.6, 3.62, 4.05]
    assert pd.isna(lines["其他客户"].get_ydata()[2])
    assert axes.get_ylabel() == "响应速度（分）"


@pytest.mark.parametrize(
    ("df", "told"),
    [
        (waves().assign(action_id=["A1"] * 5 + ["A2"]), "expected one action_id"),
        (pd.concat([waves(), waves()]), "expected one row for each"),
        (waves().assign(item="other"), "no label for the item"),
    ],
)
def test_lines_refuse_what_they_cannot_draw(df, told):
    with pytest.raises(ValueError, match=told):
        charts.wave_lines(df, labels={"speed": "响应速度"})


def test_the_forest_shows_plain_and_adjusted_changes_with_goals():
    rows = pd.concat(
        [
            verdict(plain=0.43, plain_low=0.25, plain_high=0.61),
            verdict(action_id="A2", verdict="insufficient", why="too_early", estimate=None,
                    ci_low=None, ci_high=None, goal=0.3, metric=None),
        ]
    )  # fmt: skip
    axes = charts.effect_forest(rows, labels={"A1": "首次响应模板"})
    drawn = {
        c.get_label(): c.get_offsets()[:, 0].tolist()
        for c in axes.collections
        if hasattr(c, "get_sizes") and len(c.get_sizes())
    }
    assert drawn == {"前后直接比较": [0.43], "结论依据的比较": [0.39]}
    goals = [c for c in axes.collections if c.get_label() == "目标"]
    assert goals[0].get_segments()[0][:, 0].tolist() == [0.40, 0.40]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["首次响应模板", "A2"]
    assert [text.get_text() for text in axes.texts] == ["数据不足"]
    with pytest.raises(ValueError, match="expected one metric"):
        charts.effect_forest(
            pd.concat([verdict(), verdict(action_id="A3", metric="share")]), labels={}
        )
