"""How measures stand on a day and week by week, and in what order they are begun."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import actions, charts, report, schema, store
from csatlib.study import Measure, Playbook

TODAY = "2026-10-20"


def day(text):
    return pd.Timestamp(text) if text else pd.NaT


def table(name, rows):
    blank = schema.empty(name)
    return pd.DataFrame(rows).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def action(**given):
    row = {"action_id": "A", "line": "x", "quarter": "2026Q3", "status": "under_way"}
    row |= {"owner": "服务台", "started_on": day("2026-10-01"), "due": day("2026-11-30"), **given}
    return {k: day(v) if k in ("started_on", "due", "done_on") and v else v for k, v in row.items()}


def step(kind="progress", happened="2026-10-18", planned=None, share=None, text=None):
    days = {"happened_on": day(happened), "planned_on": day(planned)}
    return {"action_id": "A", "kind": kind, **days, "done_share": share, "text": text}


def stand(steps=(), *, proofs=None, given=None, **change):
    one = table("actions", [action(**change)])
    told = table("action_steps", list(steps))
    return actions.progress(one, told, today=TODAY, proofs=proofs, **(given or {})).iloc[0]


REPORTED = (step(share=0.4),)


@pytest.mark.parametrize(
    ("steps", "change", "state", "finding"),
    [
        (REPORTED, {}, "on_track", None),
        ((), {"status": "draft"}, "draft", None),
        ((), {"status": "cancelled"}, "cancelled", None),
        (REPORTED, {"due": None}, "undated", None),
        (REPORTED, {"due": "2026-10-19"}, "overdue", "已逾期 1 天"),
        ((step(share=1.0),), {"due": TODAY}, "at_risk", "今天到期"),
        ((step(share=0.9),), {"due": "2026-11-03"}, "at_risk", "还有 14 天到期"),
        ((step(share=0.9),), {"due": "2026-11-04"}, "on_track", None),
        ((step(share=0.2),), {}, "at_risk", "进度落后：时间过去 32%，完成 20%"),
        ((step(share=0.25),), {}, "on_track", None),
        ((step(happened="2026-10-05", share=0.4),), {}, "at_risk", "已有 15 天没有进展报告"),
        ((step(happened="2026-10-06", share=0.4),), {}, "on_track", None),
        ((), {}, "at_risk", "已有 19 天没有进展报告"),
        ((), {"status": "planned", "started_on": None}, "on_track", None),
        (
            (*REPORTED, step("milestone", None, "2026-10-19")),
            {},
            "at_risk",
            "1 个里程碑没有按时完成",
        ),
        ((*REPORTED, step("milestone", None, TODAY)), {}, "on_track", None),
        ((), {"done_on": "2026-10-15", "proof": "a.pdf"}, "done", None),
        ((), {"done_on": "2026-10-15"}, "done", "没有完成的证明材料"),
        (
            (),
            {"done_on": "2026-10-15", "due": "2026-10-14", "proof": "a.pdf"},
            "done_late",
            None,
        ),
        (REPORTED, {"status": "done", "done_on": "2026-10-25"}, "on_track", None),
        ((), {"status": "done", "proof": "a.pdf"}, "done", None),
        ((), {"status": "beyond"}, "beyond", "超出能力，还没有与客户协商或说明的记录"),
        ((step("explanation"),), {"status": "beyond"}, "beyond", None),
        ((step("explanation"),), {"status": "beyond", "ability": "negotiated"}, "beyond", "协商"),
        ((step("explanation", "2026-10-21"),), {"status": "beyond"}, "beyond", "协商或说明"),
        ((*REPORTED, step("trial", text="好用")), {}, "on_track", None),
        ((*REPORTED, step("trial")), {}, "on_track", "试运行没有反馈记录就推广了"),
        ((*REPORTED, step("trial")), {"status": "trial"}, "on_track", "试运行还没有反馈记录"),
        (REPORTED, {"status": "trial"}, "on_track", "还没有试运行的记录"),
    ],
)
def test_a_measure_stands_as_it_should(steps, change, state, finding):
    found = stand(steps, **change)
    assert found["state"] == state
    assert pd.isna(found["finding"]) if finding is None else finding in found["finding"]


def test_shares_of_work_are_the_last_told_else_the_milestones():
    goals = [step("milestone", "2026-10-18"), step("milestone", None, "2026-11-01")]
    told = [step(happened="2026-10-10", share=0.7), step(happened="2026-10-02", share=0.1)]
    assert stand(goals)["done_share"] == 0.5
    assert stand([*goals, *told])["done_share"] == 0.7
    assert stand([*goals, step(happened="2026-10-21", share=0.9)])["done_share"] == 0.5
    assert stand(goals, done_on="2026-10-19")["done_share"] == 1
    found = stand(goals)
    assert found[["milestones", "milestones_done", "milestones_late"]].tolist() == [2, 1, 0]
    assert (found["days_left"], found["last_report"]) == (41, day("2026-10-18"))


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        ([("A", "a.pdf", True)], None),
        ([("A", "a.pdf", False), ("A", "b.pdf", True)], "proofs 文件夹里：a.pdf"),
        ([("B", "a.pdf", True)], "不在 proofs 文件夹里"),
    ],
)
def test_proofs_are_looked_for(files, finding):
    proofs = pd.DataFrame(files, columns=["action_id", "file", "present"])
    found = stand(proofs=proofs, done_on="2026-10-15", proof="a.pdf")["finding"]
    assert pd.isna(found) if finding is None else finding in found


@pytest.mark.parametrize(
    ("given", "words"),
    [({"warn_days": -1}, "warn_days must not be negative"), ({"slack": -0.1}, "slack")],
)
def test_limits_are_checked(given, words):
    with pytest.raises(ValueError, match=words):
        stand(given=given)


def test_a_share_of_eighty_is_refused():
    with pytest.raises(ValueError, match="write 0\\.8 for 80 %"):
        stand([step(share=80)])


def test_weeks_count_down_to_the_day():
    rows = [
        action(action_id="A", due="2026-10-10", done_on="2026-10-08", status="done"),
        action(action_id="B", due="2026-10-13"),
        action(action_id="C", due="2026-11-30"),
        action(action_id="D", due="2026-10-13", status="draft"),
        action(action_id="E", status="cancelled"),
    ]
    goals = [step("milestone", "2026-10-12", "2026-10-01"), step("milestone", None, "2026-10-15")]
    weeks = actions.progress_by_week(
        table("actions", rows), table("action_steps", goals), until=TODAY, weeks=3
    )
    assert weeks["week_ending"].dt.strftime("%m-%d").tolist() == ["10-06", "10-13", "10-20"]
    assert weeks["actions"].tolist() == [3, 3, 3]
    assert weeks["open"].tolist() == [3, 2, 2]
    assert weeks["planned_open"].tolist() == [3, 1, 1]
    assert weeks["overdue"].tolist() == [0, 0, 1], "due on the day is not late yet"
    assert weeks["milestones_open"].tolist() == [2, 1, 1]
    assert weeks["milestones_planned_open"].tolist() == [1, 1, 0]
    said = report.action_weeks_sentence(weeks)
    assert said == "3 项措施还有 2 项没有完成，比计划多 1 项"
    with pytest.raises(ValueError, match="weeks must be at least 1"):
        actions.progress_by_week(
            table("actions", rows), table("action_steps", []), until=TODAY, weeks=0
        )


def test_pictures_show_the_plan_and_the_pace():
    rows = [action(action_id="A", due="2026-10-10"), action(action_id="B", status="draft")]
    known = table("actions", rows).assign(measure="做事")
    found = actions.progress(known, table("action_steps", []), today=TODAY)
    axes = charts.action_plan(known, found, today=TODAY)
    assert {"逾期", "今天"} <= {text.get_text() for text in axes.texts}
    assert [t.get_text() for t in axes.get_yticklabels()] == ["做事"]
    weeks = actions.progress_by_week(known, table("action_steps", []), until=TODAY)
    texts = [text.get_text() for text in charts.burn_down(weeks).texts]
    assert texts == ["计划剩余 0", "实际剩余 1"]
    told = report.action_progress_sentences(found)
    assert told == ["共 1 项措施，已完成 0 项。", "**1 项逾期**：A（服务台，逾期 10 天）。"]
    view = report.action_progress_view(found, known)
    assert view[["状态", "剩余天数"]].iloc[0].tolist() == ["逾期", "−10"]


def key(rows):
    columns = ["driver", "importance", "shortfall", "frequency"]
    return pd.DataFrame(rows, columns=columns)


def ranked(rows, problems, **given):
    return actions.prioritise(table("actions", rows), problems, **given)


def ordered(horizon="quick_win", **given):
    return action(status="planned", horizon=horizon, measure=given["action_id"], **given)


def test_severity_is_the_product_of_parts_each_against_its_largest():
    rows = [
        ordered(action_id="A", item="a"),
        ordered(action_id="B", item="b"),
        ordered("systemic", action_id="C", item="a"),
        ordered("systemic", action_id="D", item="b"),
    ]
    found = ranked(rows, key([("a", 0.4, 0.5, 0.2), ("b", 0.2, 0.25, 0.1)]))
    assert found["action_id"].tolist() == ["A", "C", "B", "D"]
    assert found["severity"].tolist() == [1, 1, 0.125, 0.125]
    assert found["score"].tolist() == pytest.approx([0.8, 0.4, 0.1, 0.05])
    assert found["turn"].tolist() == ["first", "plan", "along", "later"]
    assert found["severity_cut"].iloc[0] == pytest.approx(0.5625)
    scaled = ranked(rows, key([("a", 40, 5, 2), ("b", 20, 2.5, 1)]))
    assert scaled["score"].tolist() == pytest.approx(found["score"].tolist())
    said = report.action_priorities_sentences(found)
    assert said[0] == "**先做**（问题严重而又容易做）：A。"


def test_ties_share_a_rank_and_gaps_are_told():
    rows = [ordered(action_id=name, item="a") for name in "BA"]
    rows += [ordered(action_id="C", item="unknown"), ordered(None, action_id="D", item="a")]
    rows += [ordered(action_id="E", item="a") | {"status": "done"}]
    found = ranked(rows, key([("a", 0.4, 0.5, 0.2)]))
    assert found["action_id"].tolist() == ["A", "B", "C", "D"]
    assert found["rank"].tolist()[:2] == [1, 1]
    assert found["tied"].tolist()[:2] == [2, 2]
    assert found["reason"].tolist()[2:] == ["no_importance", "no_ease"]
    view = report.action_priorities_view(found, store.study("hotline"))
    assert view["名次"].tolist() == ["1（并列）"] * 2 + ["不排序：没有重要性", "不排序：不知难易"]
    assert report.action_priorities_sentences(found)[-1] == "2 项缺少依据，没有排序。"


def test_a_part_that_nobody_has_is_left_out_and_a_theme_brings_its_own_frequency():
    rows = [ordered(action_id="A", item="a", theme="t"), ordered(action_id="B", item="b")]
    found = ranked(rows, key([("a", 0.2, 0.5, None), ("b", 0.4, 0.5, None)]))
    assert found["rule"].iloc[0].startswith("severity = importance x shortfall;")
    assert found["action_id"].tolist() == ["B", "A"]
    coverage = table("coverage", [{"theme": "t", "negative": 30, "base": 100}])
    both = key([("a", 0.2, 0.5, 0.01), ("b", 0.4, 0.5, 0.03)])
    found = ranked(rows, both, coverage=coverage)
    assert found["action_id"].tolist() == ["A", "B"]
    assert found["frequency"].tolist() == [0.3, 0.03]


@pytest.mark.parametrize("name", ["importance", "shortfall", "frequency"])
def test_words_where_a_problem_has_numbers_are_refused(name):
    rows, found = [ordered(action_id="A", item="a")], key([("a", 0.4, 0.5, 0.2)])
    told = rf"prioritise: problems: {name}: expected numbers, found dtype str; .*to_numeric"
    with pytest.raises(ValueError, match=told):
        ranked(rows, found.assign(**{name: "不知道"}))
    coverage = table("coverage", [{"theme": "t", "negative": 30, "base": 100}])
    with pytest.raises(ValueError, match="prioritise: coverage: base: expected numbers"):
        ranked(rows, found, coverage=coverage.assign(base="不知道"))


def test_ease_is_given_known_or_taken_from_the_horizon():
    rows = [ordered(action_id=name, item="a") for name in "ABC"]
    known = Playbook(measures=(Measure(id="b", measure="B", items=("a",), change=1, ease=1),))
    found = ranked(rows, key([("a", 1, 1, 1)]), playbook=known, ease={"A": 5}).set_index(
        "action_id"
    )
    assert found["ease"].to_dict() == {"A": 5, "B": 1, "C": 4}
    assert found["ease_from"].to_dict() == {"A": "given", "B": "playbook", "C": "horizon"}
    with pytest.raises(ValueError, match="expected 1 \\(hard\\) to 5"):
        ranked(rows, key([("a", 1, 1, 1)]), ease={"A": 6})
    with pytest.raises(ValueError, match="each driver once"):
        ranked(rows, key([("a", 1, 1, 1)] * 2))
