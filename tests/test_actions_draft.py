"""Draft measures: from key problems, themes, the playbook and what earlier quarters found."""

from __future__ import annotations

import pandas as pd
import pytest

from csatlib import actions, report, schema, store
from csatlib.study import Measure, Playbook, StudyError, load
from csatlib.study.codeframe import Codeframe, Theme

LINES = ("hotline", "ops_event", "ops_company")
FRAME = Codeframe(
    themes=(
        Theme(
            id="wait",
            name="排队久",
            stage="接通",
            action="等待",
            dimension="speed",
            patterns=("等",),
        ),
        Theme(
            id="menu",
            name="菜单长",
            stage="导航",
            action="选择",
            dimension="speed",
            patterns=("键",),
        ),
        Theme(
            id="rude",
            name="态度差",
            stage="应答",
            action="沟通",
            dimension="tone",
            patterns=("凶",),
        ),
        Theme(
            id="pain", name="痛点", stage="整体", action="痛点", standing="pain", patterns=("烦",)
        ),
    )
)
SEATS = Measure(id="seats", measure="增加 6 个坐席", themes=("wait",), items=("speed",), change=0.2)
CALL = Measure(
    id="call",
    measure="60 秒后自动回拨",
    themes=("wait", "menu"),
    metric="theme",
    unit="占比",
    change=-0.3,
    horizon="systemic",
    owner="技术部",
    days=60,
)
COACH = Measure(
    id="coach", measure="每周点评 5 条录音", items=("tone",), metric="share", change=0.9
)
BOOK = Playbook(measures=(SEATS, CALL, COACH))


def table(name, rows):
    blank = schema.empty(name)
    return pd.DataFrame(rows).reindex(columns=list(blank)).astype(blank.dtypes.to_dict())


def problems(**key):
    shared = {"metric": "mean", "performance_cut": 3.91, "rule": "performance < 3.91 (mean)"}
    rows = [
        {"rank": i + 1, "driver": item, "performance": 3.62 + i / 2, **shared}
        for i, item in enumerate(("speed", "tone"))
    ]
    found = [{**row, "key_problem": key.get(row["driver"], False)} for row in rows]
    return table("key_problems", [{**row, "met": 2, "judged": 3} for row in found])


def covered(**negative):
    rows = [{"theme": t, "negative": n, "base": 100, "share": n / 100} for t, n in negative.items()]
    return table("coverage", rows)


def drafted(found=None, playbook=BOOK, **given):
    given = {"codeframe": FRAME, "labels": {"speed": "响应速度", "tone": "态度"}, **given}
    found = problems(speed=True) if found is None else found
    return actions.draft(
        found, playbook, quarter="2026Q3", line="hotline", today="2026-10-10", **given
    )


def case(measure, verdict, quarter="2026Q1", **given):
    row = {"case_id": f"K-{quarter}", "line": "hotline", "quarter": quarter, "action_id": "A"}
    return {**row, "item": "speed", "theme": "wait", "measure": measure, "verdict": verdict} | given


def test_a_problem_is_told_by_stage_action_and_numbers():
    made = drafted(coverage=covered(wait=18))
    assert made["problem"].unique().tolist() == [
        "排队久（环节：接通，动作：等待）：本季度响应速度 3.62 分，低于各维度平均 3.91 分，18% 的意见提到"
    ]
    assert made["measure"].tolist() == ["增加 6 个坐席", "60 秒后自动回拨"]
    seats, call = (made.iloc[i] for i in (0, 1))
    assert seats["evidence"] == "estimates:2026Q3:mean:speed"
    assert (seats["baseline"], seats["target"]) == pytest.approx((3.62, 3.82))
    assert seats["expected"] == "响应速度平均分从 3.62 分提高至 3.82 分"
    assert seats["note"] == "请填写责任人"
    assert call["evidence"] == "themes:2026Q3:wait"
    assert (call["baseline"], call["target"]) == (0.18, 0.0), "no share is below 0"
    assert call[["owner", "horizon", "status"]].tolist() == ["技术部", "systemic", "draft"]
    assert made["due"].dt.strftime("%m-%d").tolist() == ["11-09", "12-09"]
    assert pd.isna(call["note"])


def test_the_baseline_is_the_evidence_rows_own():
    row = {"metric": "mean", "item": "speed", "estimate": 3.5, "quarter": "2026Q3"}
    estimates = pd.DataFrame([{**row, "group_by": None, "group": None}])
    assert drafted(estimates=estimates).loc[0, "baseline"] == 3.5
    withheld = drafted(estimates=estimates.assign(estimate=None)).iloc[0]
    assert pd.isna(withheld["baseline"])
    assert "样本不足" in withheld["note"]


def test_ids_stay_whatever_else_is_drafted():
    first = drafted(coverage=covered(wait=18))
    more = drafted(problems(speed=True, tone=True), coverage=covered(wait=5, menu=30, rude=9))
    known = dict(zip(more["measure"] + more["theme"].fillna(""), more["action_id"], strict=True))
    assert known["增加 6 个坐席wait"] == first["action_id"].iloc[0]
    assert more["action_id"].is_unique
    assert more["action_id"].str.fullmatch(r"A-2026Q3-\d{4}").all()
    pd.testing.assert_frame_equal(first, drafted(coverage=covered(wait=18)))


def test_themes_come_by_blame_and_a_measure_against_two_stands_once():
    made = drafted(coverage=covered(wait=5, menu=30, rude=2, pain=50))
    assert made[["theme", "measure"]].to_numpy().tolist() == [
        ["menu", "60 秒后自动回拨"],
        ["wait", "增加 6 个坐席"],
    ], "standing themes and those that few speak of have none"
    assert made["note"].iloc[0] == "也针对“排队久”"


def test_a_theme_that_many_blame_is_a_problem_though_its_item_is_none():
    made = drafted(problems(), coverage=covered(rude=9, menu=4))
    assert made[["item", "theme"]].to_numpy().tolist() == [["tone", "rude"]]
    assert "不低于各维度平均" in made["problem"].iloc[0]
    assert made["evidence"].iloc[0] == "estimates:2026Q3:share:tone"
    assert drafted(problems()).empty


def test_without_a_known_measure_the_draft_says_what_to_write():
    made = drafted(playbook=Playbook()).iloc[0]
    assert made[["measure", "target", "owner"]].isna().all()
    assert made["note"].startswith("措施库里没有对应的措施")
    assert made["evidence"] == "estimates:2026Q3:mean:speed"


def test_what_worked_comes_first_and_what_fell_short_does_not_come_again():
    cases = [case("60 秒后自动回拨", "effective"), case("增加 6 个坐席", "short")]
    made = drafted(coverage=covered(wait=18), cases=table("cases", cases[:1]))
    assert made["measure"].tolist() == ["60 秒后自动回拨", "增加 6 个坐席"]
    assert made["note"].iloc[0] == "知识库：同一措施在 2026Q1 有效（K-2026Q1）"
    cases[1]["case_id"] = "K-2"
    made = drafted(coverage=covered(wait=18), cases=table("cases", cases))
    assert made["measure"].tolist() == ["60 秒后自动回拨"]
    assert "“增加 6 个坐席”在 2026Q1 未达预期，不再提出（K-2）" in made["note"].iloc[0]


@pytest.mark.parametrize(
    ("cases", "measures"),
    [
        ([case("派专人驻守", "effective", estimate=0.3)], ["派专人驻守", "增加 6 个坐席"]),
        ([case("派专人驻守", "insufficient")], ["增加 6 个坐席"]),
        ([case("增加 6 个坐席", "short", line="ops_event")], ["增加 6 个坐席"]),
        ([case("增加 6 个坐席", "short", theme="menu")], ["增加 6 个坐席"]),
        ([case("增加 6 个坐席", "short", theme=None)], [None]),
        (
            [case("增加 6 个坐席", "short"), case("增加 6 个坐席", "effective", "2026Q2")],
            ["增加 6 个坐席"],
        ),
    ],
    ids=["not in the playbook", "unsure", "other line", "other theme", "of the item", "latest"],
)
def test_cases_count_where_they_belong(cases, measures):
    book = Playbook(measures=(SEATS,))
    made = drafted(playbook=book, coverage=covered(wait=18), cases=table("cases", cases))
    found = [None if pd.isna(m) else m for m in made["measure"]]
    assert found == measures


def test_owners_are_led_to_by_theme_item_or_stage():
    owner = [
        drafted(playbook=Playbook(measures=(SEATS,)), coverage=covered(wait=18), owners=owners)
        for owners in ({"wait": "甲", "speed": "乙"}, {"speed": "乙"}, {"接通": "丙"})
    ]
    assert [made["owner"].iloc[0] for made in owner] == ["甲", "乙", "丙"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"found": pd.DataFrame({"driver": ["a"]})}, "missing"),
        ({"min_comments": 0}, "at least 1"),
        ({"coverage": pd.DataFrame({"theme": ["a"]})}, "draft: coverage"),
        *(
            ({"found": problems(speed=True).assign(**{name: "不知道"})}, f"{name}: expected {kind}")
            for name, kind in {
                "performance": "numbers, found dtype str; .*to_numeric",
                "performance_cut": "numbers",
                "frequency": "numbers",
                "key_problem": "true or false, found dtype str; turn the words",
            }.items()
        ),
        ({"coverage": covered(wait=18).assign(negative="多")}, "negative: expected numbers"),
        (
            {"estimates": table("estimates", [{"item": "speed"}]).assign(estimate="高")},
            "draft: estimates: estimate: expected numbers, found dtype str; .*to_numeric",
        ),
        (
            {"cases": table("cases", [case("派专人驻守", "effective")]).assign(estimate="高")},
            "draft: cases: estimate: expected numbers",
        ),
    ],
)
def test_what_is_wrong_is_told(given, words):
    with pytest.raises(ValueError, match=words):
        drafted(**given)


@pytest.mark.parametrize("line", LINES)
def test_the_demonstration_lines_know_measures_that_are_smart(line):
    study = store.study(line)
    themes = [t for t in study.codeframe.themes if t.polarity == "negative" and not t.standing]
    known = {theme for measure in study.playbook.measures for theme in measure.themes}
    assert {theme.id for theme in themes} <= known, "every complaint has a measure"
    items = {theme.dimension for theme in themes}
    found = problems().iloc[:1].assign(key_problem=True)
    found = pd.concat([found.assign(driver=item) for item in items], ignore_index=True)
    coverage = covered(**{theme.id: 20 for theme in themes})
    made = actions.draft(
        found.astype(problems().dtypes.to_dict()),
        study.playbook,
        quarter="2026Q3",
        line=line,
        codeframe=study.codeframe,
        coverage=coverage,
        labels=study.label_map(),
        today="2026-10-10",
    )
    assert set(made["measure"]) == {m.measure for m in study.playbook.measures}
    faults = actions.problems(
        made, owners=study.actions.owners, items=study.items(), today="2026-10-10"
    )
    assert faults.empty, faults.to_string()
    view = report.actions_view(made, study)
    assert set(view["指标"]) <= {"平均分", "提及率"}
    assert report.action_problems_sentence(faults, made).endswith("何时完成。")
    assert study.followups.owners


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("measures.yml", "themes: [queue_wait]", "themes: [queue_wiat]", "themes.yml 里没有主题“queue_wiat”（是不是想写 queue_wait？）"),
        ("measures.yml", "items: [attitude]", "items: [atitude]", "没有题目“atitude”（是不是想写 attitude？）"),
        ("measures.yml", "owner: 培训组", "owner: 培训部", "不在 study.yml 的 actions.owners 里（是不是想写 培训组？）"),
        ("measures.yml", "change: -0.04", "change: 0", "0 表示没有改变"),
        ("study.yml", "by: problem_type", "by: problem_typ", "（是不是想写 problem_type？）"),
        ("study.yml", "业务咨询: 培训组", "业务咨寻: 培训组", "没有“业务咨寻”这个选项（是不是想写 业务咨询？）"),
        ("study.yml", "contact_days: 2 ", "contact_days: 20 ", "联系的期限 20 天长于办结的期限 14 天"),
    ],
)  # fmt: skip
def test_a_slip_in_the_study_is_told_where_it_stands(tmp_path, repository, file, old, new, words):
    folder = tmp_path / "hotline"
    folder.mkdir()
    for source in (repository / "studies" / "hotline").iterdir():
        text = source.read_text(encoding="utf-8")
        text = text.replace(old, new, 1) if source.name == file else text
        (folder / source.name).write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as told:
        load(folder)
    assert f"hotline/{file} 第" in str(told.value)
    assert words in str(told.value)
