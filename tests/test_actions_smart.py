"""Measures held against SMART: what passes, what is told, and the example that goes with it."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import actions, schema
from csatlib.actions.smart import RULES
from csatlib.actions.smart_text import Span, has_number, is_heading, is_vague, lacks_unit, span_of

DAY = pd.Timestamp("2026-10-10")
GOOD = {
    "action_id": "A-1",
    "line": "hotline",
    "quarter": "2026Q3",
    "item": "connection",
    "evidence": "estimates:2026Q3:mean:connection",
    "measure": "高峰时段增加 6 个坐席，等待超过 60 秒自动登记回拨",
    "owner": "服务台",
    "helpers": "质量控制组",
    "horizon": "quick_win",
    "metric": "mean",
    "unit": "分",
    "baseline": 3.6,
    "target": 3.8,
    "started_on": pd.Timestamp("2026-10-12"),
    "due": pd.Timestamp("2026-11-30"),
    "status": "planned",
}
OWNERS = ("服务台", "质量控制组", "服务改进组", "产品与研发部")
#: Measures as they are written, with what may be measured by them: nothing speaks against these.
FINE = {
    "首次响应从2小时缩短至30分钟": ("首次响应时间", "分钟", 120, 30),
    "首次响应时间≤30分钟": ("首次响应时间", "分钟", 120, 30),
    "一次性解决率≥90%": ("一次性解决率", "%", 82, 90),
    "值班工程师接单后 15 分钟内电话联系报障人": ("首次响应时间", "分钟", 45, 15),
    "在受理页面上线自动派单规则，按问题级别直接派到班组": ("mean", "分", 3.6, 3.8),
    "每周抽查 20 条录音，逐条点评并公布结果": ("share", "占比", 0.82, 0.87),
    "转人工移到语音菜单第一层，最多按一个键": ("theme", "占比", 0.12, 0.06),
    "备件库增加三类常用备件，更换周期控制在 3 天以内": ("备件更换周期", "天", 9, 3),
    "关单前由报障人短信确认，未确认的工单 24 小时内回访": ("within", "占比", 0.7, 0.95),
    "为 42 家核心客户各指定一名固定对接人并书面通知": ("theme", "占比", 0.08, 0.03),
    "把报价单改为分项模板，每项写明单价和数量": ("mean", "分", 3.4, 3.7),
    "驻场人员每月完成 8 学时培训，考核 80 分以上方可上岗": ("mean", "分", 3.7, 3.9),
    "重复报修的工单由二线复盘根因，5 个工作日内给出报告": ("复发率", "%", 14, 8),
    "承诺回电写入工单，超时前两小时提醒坐席": ("承诺回电超时率", "%", 22, 5),
    "推荐意愿低于 7 分的客户由经理三天内回访": ("nps", "分", 32, 40),
}
VAGUE = (
    "提升服务质量",
    "加强培训",
    "加强员工培训，提高服务意识",
    "优化流程",
    "进一步优化业务流程",
    "改善客户体验",
    "完善管理机制",
    "不断提高客户满意度",
    "强化责任意识",
    "努力提升响应速度",
    "切实加强团队建设",
    "加大监督考核力度",
    "2026 年提升服务质量",
    "2026年底前进一步提升客户满意度",
    "持续改进服务态度",
    "尽快解决客户问题",
)
HEADINGS = (
    "服务态度方面",
    "一、响应速度",
    "改进措施：",
    "培训计划",
    "关于热线接通的问题",
    "（二）人员情况",
)


def measures(*changes):
    """Make a register: the good measure with each of the changes."""
    blank = schema.empty("actions")
    rows = pd.DataFrame([{**GOOD, **change} for change in changes])
    return rows.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def found(change=None, **given):
    given = {"owners": OWNERS, "today": DAY, **given}
    return actions.problems(measures(change or {}), **given)


def rules(change=None, **given):
    return found(change, **given)["rule"].tolist()


@pytest.mark.parametrize("text", FINE)
def test_a_good_measure_passes(text):
    metric, unit, baseline, target = FINE[text]
    figures = {"metric": metric, "unit": unit, "baseline": baseline, "target": target}
    theme = "menu_maze" if metric == "theme" else None
    assert rules({"measure": text, "theme": theme, **figures}) == []


@pytest.mark.parametrize("text", VAGUE)
def test_a_wish_is_no_measure(text):
    change = {"measure": text, "target": None, "unit": None}
    told = found(change).set_index("rule")
    assert {"vague", "no_number"} <= set(told.index)
    assert told.loc["vague", "severity"] == "must"
    assert told.loc["vague", "finding"].startswith(f"“{text}”")
    told = found({"measure": text}).set_index("rule")
    assert told.loc["vague", "severity"] == "should", "a target is there, how is not"
    assert "平均分从 3.60 分提高至 3.80 分" in told.loc["vague", "suggestion"]


@pytest.mark.parametrize("text", HEADINGS)
def test_a_heading_is_no_measure(text):
    assert rules({"measure": text}) == ["heading"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"measure": None}, "no_measure"),
        ({"measure": "  "}, "no_measure"),
        ({"measure": "在大厅增设咨询台并公布电话", "target": None}, "no_number"),
        ({"target": None}, "no_target"),
        ({"unit": None}, "no_unit"),
        ({"measure": "首次响应≤30，超时的逐条说明", "unit": None}, "no_unit"),
        ({"metric": None}, "no_metric"),
        ({"metric": "客户感受"}, "not_measurable"),
        ({"item": None}, "not_measurable"),
        ({"item": "conection"}, "not_measurable"),
        ({"metric": "theme", "baseline": 0.1, "target": 0.05}, "not_measurable"),
        ({"baseline": None}, "no_baseline"),
        ({"metric": "share", "baseline": 0.8, "target": 90}, "out_of_range"),
        ({"metric": "nps", "baseline": -120, "target": 20}, "out_of_range"),
        ({"target": 3.6}, "no_change"),
        ({"target": 3.4}, "not_better"),
        ({"metric": "首次响应时间", "unit": "分钟", "baseline": 30, "target": 120}, "not_better"),
        ({"metric": "接通耗时", "unit": "次", "baseline": 1, "target": 2}, "not_better"),
        ({"metric": "一次性解决率", "unit": "%", "baseline": 90, "target": 80}, "not_better"),
        ({"metric": "未解决率", "unit": "%", "baseline": 10, "target": 20}, "not_better"),
        ({"owner": None}, "no_owner"),
        ({"owner": "服务台、质量控制组"}, "several_owners"),
        ({"owner": "服务台/服务改进组"}, "several_owners"),
        ({"owner": "服务台和服务改进组"}, "several_owners"),
        ({"owner": "信息部"}, "owner_unknown"),
        ({"helpers": "质量控制组、服务台"}, "owner_helps"),
        ({"due": None}, "no_date"),
        ({"started_on": pd.Timestamp("2026-12-01")}, "due_before_start"),
        ({"due": pd.Timestamp("2026-10-09"), "started_on": None}, "due_past"),
        ({"evidence": None}, "no_evidence"),
        ({"evidence": "客户反映响应慢"}, "dead_evidence"),
        ({"evidence": "estimate:2026Q3:mean:connection"}, "dead_evidence"),
        ({"evidence": "estimates:2026:mean:connection"}, "dead_evidence"),
        ({"done_on": DAY, "started_on": None}, "done_open"),
        ({"status": "done", "proof": "签到表.pdf"}, "done_undated"),
        (
            {"status": "done", "done_on": DAY, "proof": "签到表.pdf"},
            "done_before_start",
        ),
        (
            {"status": "done", "done_on": pd.Timestamp("2026-11-01"), "proof": "a.pdf"},
            "done_ahead",
        ),
        ({"status": "done", "done_on": DAY, "started_on": None}, "no_proof"),
    ],
)
def test_each_fault_is_told_alone(change, rule):
    assert set(rules(change, items=["connection", "overall"])) == {rule}


@pytest.mark.parametrize(
    "change",
    [
        {"owner": "产品与研发部"},
        {"metric": "share", "unit": "%", "baseline": 80, "target": 90},
        {"metric": "客户联系频率", "unit": "次", "baseline": 4, "target": 2},
        {"metric": "nps", "unit": None, "baseline": -20, "target": 5},
        {"status": "under_way", "due": pd.Timestamp("2026-10-09"), "started_on": None},
        {"status": "cancelled", "measure": None, "owner": None},
        {"evidence": "themes:2026Q2:queue_wait"},
        {"evidence": "estimates:2026Q3:mean:connection:team=网络组"},
    ],
    ids=["and", "per cent", "unknown way", "nps", "late", "cancelled", "theme", "group"],
)
def test_what_is_right_is_not_told(change):
    assert rules(change) == []


def test_every_rule_can_be_told():
    told = set()
    for case in test_each_fault_is_told_alone.pytestmark[0].args[1]:
        told.add(case[1])
    assert told | {"heading", "vague", "duplicate"} == set(RULES)


def test_evidence_that_leads_nowhere_is_told_only_of_the_quarter_that_is_known():
    estimates = schema.empty("estimates").reindex([0, 1])
    estimates = estimates.assign(quarter="2026Q3", metric="mean", item=["connection", "attitude"])
    estimates["group_by"], estimates["group"] = [None, "team"], [None, "网络组"]
    coverage = schema.empty("coverage").reindex([0]).assign(theme="queue_wait")
    tables = {"estimates": estimates, "coverage": coverage, "quarter": "2026Q3"}
    told = {
        evidence: rules({"evidence": evidence}, **tables)
        for evidence in (
            "estimates:2026Q3:mean:connection",
            "estimates:2026Q3:mean:attitude:team=网络组",
            "estimates:2026Q3:mean:attitude",
            "estimates:2026Q2:mean:attitude",
            "themes:2026Q3:queue_wait",
            "themes:2026Q3:menu_maze",
            "themes:2026Q2:menu_maze",
        )
    }
    assert [len(v) for v in told.values()] == [0, 0, 1, 0, 0, 1, 0]


def test_a_measure_that_stands_twice_is_told_at_the_second():
    twice = measures({}, {"action_id": "A-2", "measure": GOOD["measure"] + "。"})
    told = actions.problems(twice, owners=OWNERS, today=DAY)
    assert tuple(told.iloc[0])[:2] == ("A-2", "duplicate")
    assert "A-1" in told["finding"].iloc[0]
    apart = measures({}, {"action_id": "A-2", "scope": "team=网络组"})
    assert actions.problems(apart, owners=OWNERS, today=DAY).empty


@pytest.mark.parametrize(
    ("change", "example"),
    [
        (
            {"measure": "首次响应时间从2小时缩短至30分钟", "target": None, "baseline": None},
            "基线写 120，目标写 30，单位写分钟",
        ),
        (
            {"measure": "提升响应速度", "metric": "首次响应时间", "unit": "分钟", "baseline": 120}
            | {"target": 30},
            "首次响应时间从 120 分钟缩短至 30 分钟",
        ),
        (
            {"measure": "改善服务", "metric": "share", "baseline": 0.82, "target": 0.87},
            "接通满意率从 82%提高至 87%",
        ),
        (
            {"measure": "改善服务", "metric": "theme", "theme": "queue_wait", "baseline": 0.125}
            | {"target": 0.08},
            "“排队时间长”的提及率从 12.5%降低至 8%",
        ),
        ({"measure": "改善服务", "target": None}, "首次响应时间从 120 分钟缩短至 30 分钟"),
    ],
    ids=["its words", "its figures", "share", "theme", "none of its own"],
)
def test_the_remedy_is_written_from_the_measures_own_numbers(change, example):
    labels = {"connection": "接通", "queue_wait": "排队时间长"}
    assert example in "".join(found(change, labels=labels)["suggestion"])


@pytest.mark.parametrize(
    ("text", "number", "vague", "heading", "bare"),
    [
        ("第一时间响应客户", False, True, False, False),
        ("一次性解决", False, False, False, False),
        ("三天内回访", True, False, False, False),
        ("7×24 小时值守", False, False, False, False),
        ("升级到 5G 网络", False, False, False, False),
        ("NPS 从 32 提高到 40", True, False, False, False),
        ("首次响应≤30", True, False, False, True),
        ("培训", False, False, False, False),
        ("", False, False, False, False),
    ],
)
def test_words_are_read(text, number, vague, heading, bare):
    read = has_number(text), is_vague(text), is_heading(text), lacks_unit(text)
    assert read == (number, vague, heading, bare)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("从48小时缩短到1天", None),
        ("接通率由 82% 提高到 90%", Span("接通率", 82.0, 90.0, "%")),
        ("优化派单，响应时间从 3 小时压缩至 1.5 小时", Span("响应时间", 3.0, 1.5, "小时")),
        ("每周抽查 20 条", None),
    ],
)
def test_from_and_to_are_read(text, span):
    assert span_of(text) == span


def test_no_measures_have_no_problems_and_a_table_without_columns_is_refused():
    assert actions.problems(schema.empty("actions")).pipe(schema.check, "action_problems").empty
    with pytest.raises(ValueError, match="missing \\['owner'\\]"):
        actions.problems(schema.empty("actions").drop(columns="owner"))
    with pytest.raises(ValueError, match="expected a day"):
        found(today="soon")
