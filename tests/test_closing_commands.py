"""csat actions, followups and cases: what enters the registers, and what is told of lateness."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import openpyxl
import pandas as pd
import pytest
from loop_registers import STUDY, cases, cell, drafts, edited, edited_file, opinions, table, write

import csatlib.actions
from csatlib import store
from csatlib.cli import _run as csat

MEASURES, OPINIONS = "改进措施", "意见跟进"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A processed quarter with drafts of measures, opinions and cases."""
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    root = tmp_path / "project"
    (root / "studies/shop").mkdir(parents=True)
    (root / "studies/shop/study.yml").write_text(STUDY, encoding="utf-8")
    store.write(drafts(), "action_drafts", "2026Q2", "shop", root)
    store.write(opinions(), "followups", "2026Q2", "shop", root)
    monkeypatch.chdir(root)
    return root


def told(capsys, call, code=0):
    assert csat(call.split()) == code
    return capsys.readouterr()


# ---- measures ------------------------------------------------------------------------------------


def stand(actions, steps, *, today, warn_days, proofs):
    """Say of every measure that it is overdue; how that is known is another room's."""
    assert list(steps) == list(table("action_steps"))
    assert warn_days == 14
    assert list(proofs) == list(table("proofs"))
    rows = [
        {
            "action_id": row.action_id,
            "owner": row.owner,
            "state": "undated" if pd.isna(row.due) else "overdue",
            "due": row.due,
            "days_left": None if pd.isna(row.due) else (row.due.date() - today).days,
            "milestones": 0,
            "milestones_done": 0,
            "milestones_late": 0,
        }
        for row in actions.itertuples()
    ]
    return table("action_progress", *rows)


@pytest.fixture
def progress(monkeypatch):
    monkeypatch.setattr(csatlib.actions, "progress", stand, raising=False)


def test_drafts_enter_and_their_state_is_told(project, capsys, progress):
    call = "actions 2026Q2 --line shop --today 2026-09-10"
    out = told(capsys, call).out
    assert "2026Q2/shop：措施草案 2 项，新加入 2 项，登记表里已有 0 项。" in out
    assert "到 2026-09-10：逾期 2 项。" in out
    assert "M1    逾期  网络组  2026-08-31" in out
    assert "registers/shop/actions.xlsx" in out
    edited(project, "actions", lambda b: write(b[MEASURES], 2, 责任部门="培训部", 计划完成=None))
    out = told(capsys, f"{call} --owner 培训部").out
    assert "新加入 0 项，登记表里已有 2 项" in out
    assert "到 2026-09-10：没有日期 1 项。" in out


def test_a_fault_in_the_register_is_a_problem_of_the_data(project, capsys, progress):
    told(capsys, "actions 2026Q2 --line shop")
    edited(project, "actions", lambda b: write(b[MEASURES], 2, 责任部门="财务部"))
    assert "J2：研究文件的 actions.owners" in told(capsys, "actions 2026Q2 --line shop", 1).err


def test_a_copy_goes_out_and_comes_back(project, capsys, progress):
    told(capsys, "actions 2026Q2 --line shop")
    assert "已导出 2 行" in told(capsys, "actions 2026Q2 --line shop --export a.xlsx").out
    edited_file(project / "a.xlsx", lambda b: write(b[MEASURES], 2, 单位="点", 目标=4.5, 依据="x"))
    edited(project, "actions", lambda b: write(b[MEASURES], 2, 目标=4.2))
    out = told(capsys, "actions 2026Q2 --line shop --merge a.xlsx").out
    assert "采用 1 格，新增 0 行，登记表自己改动而保留 0 格，冲突 1 格。" in out
    assert "改进措施  M1  目标  Q2" in out
    assert "由程序填写" in out
    assert store.actions("shop", project)["unit"].tolist() == ["点", "分"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("actions 2026Q2 --line shop --export a.xlsx --merge b.xlsx", "请分两次执行"),
        ("actions 2026Q2 --line shop --today morgen", "日期“morgen”不对"),
        ("actions 2026Q2", "缺少 line"),
        ("followups 2026Q2 --merge a.xlsx", "请加上 --line"),
        ("followups --line zoo", "没有业务线“zoo”"),
        ("cases --line zoo", "没有业务线“zoo”"),
    ],
)
def test_a_wrong_call_is_told(project, capsys, call, message):
    assert message in told(capsys, call, 2).err


def test_a_quarter_without_drafts_says_what_to_run(project, capsys):
    assert "csat run 2026Q3 --line shop" in told(capsys, "actions 2026Q3 --line shop", 1).err


# ---- opinions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ("2026-06-14", None),
        ("2026-06-21", None),
        ("2026-06-22", "本周联系"),
        ("2026-06-24", "联系逾期"),
        ("2026-06-30", "联系逾期"),
        ("2026-07-01", "上报"),
    ],
)
def test_the_week_lists_what_is_due(project, capsys, today, words):
    out = told(capsys, f"followups 2026Q2 --line shop --today {today}").out
    assert "新加入 2 条意见" in out
    first = [line.split()[0] for line in out.splitlines() if " F1 " in line]
    assert first == ([] if words is None else [words])


def test_who_was_reached_is_due_at_the_end_of_the_second_week(project, capsys):
    told(capsys, "followups 2026Q2")

    def reached(book):
        write(book[OPINIONS], 2, 状态="已联系", 联系日期=date(2026, 6, 22))
        write(book[OPINIONS], 3, 状态="已关闭", 关闭日期=date(2026, 6, 22))

    edited(project, "followups", reached)
    out = told(capsys, "followups --today 2026-06-24").out
    assert "要办的意见 0 条（到 2026-06-28）" in out
    out = told(capsys, "followups --today 2026-06-24 --week 2026-07-01 --owner 客服部").out
    assert "本周办结" in out
    assert "要办的意见 1 条（到 2026-07-05）" in out
    assert "0 条" in told(capsys, "followups --today 2026-07-20 --owner 网络组").out


@pytest.mark.parametrize(
    ("today", "words"),
    [("2026-07-05", "办结逾期"), ("2026-07-11", "办结逾期"), ("2026-07-12", "上报")],
)
def test_who_was_reached_is_late_by_the_date_of_closing(project, capsys, today, words):
    told(capsys, "followups 2026Q2")
    edited(
        project,
        "followups",
        lambda b: write(b[OPINIONS], 2, 状态="已联系", 联系日期=date(2026, 6, 22)),
    )
    out = told(capsys, f"followups --today {today}").out
    assert [line.split()[0] for line in out.splitlines() if " F1 " in line] == [words]


def test_the_command_lists_what_the_report_lists(project, capsys):
    """A forgotten state does not keep an opinion open, and no customer's words are shown."""
    told(capsys, "followups 2026Q2")
    edited(project, "followups", lambda b: write(b[OPINIONS], 2, 关闭日期=date(2026, 6, 22)))
    log = csatlib.actions.followups_as_of(store.followup_log("shop", project), today="2026-07-20")
    week = csatlib.actions.week_list(log, today="2026-07-20")
    out = told(capsys, "followups --today 2026-07-20").out
    assert [one for one in log["followup_id"] if f" {one} " in out] == week["followup_id"].tolist()
    assert "F1" not in week["followup_id"].tolist()
    assert not [text for text in log["text"].dropna() if text in out]


def test_personal_data_that_was_typed_is_told(project, capsys):
    told(capsys, "followups 2026Q2")
    edited(project, "followups", lambda b: write(b[OPINIONS], 2, 备注="回电13800001234"))
    err = told(capsys, "followups").err
    assert "[手机号]" in err
    assert "13800001234" not in err


def test_without_a_register_there_is_nothing_to_do(project, capsys):
    assert told(capsys, "followups").out.startswith("shop：要办的意见 0 条")


def test_a_quarter_without_opinions_is_told(project, capsys):
    out = told(capsys, "followups 2026Q3").out
    assert "2026Q3/shop：还没有要跟进的意见" in out
    assert "还没有“followups”这张表" in told(capsys, "followups 2026Q3 --line shop", 1).err


# ---- cases ---------------------------------------------------------------------------------------


def test_cases_of_every_quarter_enter_once(project, capsys):
    store.write(cases("K1"), "cases", "2026Q2", "shop", project)
    later = pd.concat([cases("K1", estimate=0.4), cases("K2", verdict="short")], ignore_index=True)
    store.write(later, "cases", "2026Q3", "shop", project)
    out = told(capsys, "cases --line shop").out
    assert "shop：案例 1 个，新加入 1 个，更新了 1 格。" in out
    assert store.cases("shop", project)["estimate"].tolist() == [0.4]
    book = openpyxl.load_workbook(store.register_file("cases", "shop", project))
    assert cell(book["案例"], 2, "结论").value == "有效"


def test_the_commands_load_nothing_heavy_before_they_are_called():
    code = "import sys, csatlib.cli.closing; print([m for m in ('pandas', 'openpyxl') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
