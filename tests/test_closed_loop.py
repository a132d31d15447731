"""Registers of measures, opinions and cases: people edit them, nothing wrong is believed."""

from __future__ import annotations

import os
import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from loop_registers import (
    OWNERS,
    STUDY,
    TITLES,
    cases,
    cell,
    drafts,
    edited,
    opinions,
    table,
    write,
)
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from csatlib import privacy, report, schema, store
from csatlib.store import StoreError
from csatlib.store.loop_forms import REGISTERS


@pytest.fixture
def project(tmp_path, monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    root = tmp_path / "project"
    (root / "studies/shop").mkdir(parents=True)
    (root / "studies/shop/study.yml").write_text(STUDY, encoding="utf-8")
    return root


@pytest.fixture
def filled(project):
    """A project whose measures M1 and M2 are entered."""
    store.add_actions(drafts(), "shop", owners=OWNERS, root=project)
    return project


def sheet_of(project, name="actions", title="改进措施"):
    return openpyxl.load_workbook(store.register_file(name, "shop", project))[title]


# ---- the first time ------------------------------------------------------------------------------


def test_the_headings_are_those_of_the_guide(filled):
    sheet = sheet_of(filled)
    headings = [c.value for c in sheet[1]]
    for heading in (
        "编号", "对应维度", "主题", "环节", "问题描述（对应调查维度）", "依据", "适用范围",
        "改进方案（具体措施）", "责任部门/责任人", "协助", "前置措施",
        "类型（短期速赢/长期系统性改进）", "衡量指标", "单位", "基线", "目标", "开始日期",
        "计划完成时间", "实际完成时间", "状态", "能力范围", "所需资源", "预期成果",
        "实施情况简述（附证明材料）",
    ):  # fmt: skip
        assert heading in headings
    again = [c.value for c in sheet_of(filled, title="二次回访")[1]]
    assert again[2:] == [
        "回访日期", "客户满意度评分（1-5分）", "客户意见建议", "是否持续改进", "追加订单",
        "备注（如客户流失风险降低）",
    ]  # fmt: skip
    assert sheet.freeze_panes == "B2"


def test_dates_numbers_and_words_are_what_they_look_like(filled):
    sheet = sheet_of(filled)
    assert cell(sheet, 2, "计划完成时间").value == datetime(2026, 8, 31)
    assert cell(sheet, 2, "计划完成时间").number_format == "yyyy-mm-dd"
    assert cell(sheet, 2, "基线").value == 3.62
    assert cell(sheet, 2, "类型").value == "短期速赢"
    assert cell(sheet, 2, "对应维度").value == "响应速度"
    problem = cell(sheet, 2, "问题描述")
    assert (problem.value, problem.data_type, problem.quotePrefix) == ("=响应慢", "s", True)


def test_shares_are_shown_in_per_cent(project):
    store.add_actions(drafts("M1", metric="share", baseline=0.8, target=0.85), "shop", root=project)
    shown = cell(sheet_of(project), 2, "基线")
    assert (shown.value, shown.number_format) == (0.8, "0.0%")
    assert store.actions("shop", project)["baseline"].tolist() == [0.8]


def test_choices_are_offered(filled):
    rules = {r.errorTitle: r for r in sheet_of(filled).data_validations.dataValidation}
    assert rules["状态"].formula1 == '"草拟,已计划,试行,进行中,已完成,已取消,超出能力"'
    assert rules["责任部门/责任人"].formula1 == '"网络组,客服部,培训部"'
    assert rules["计划完成时间"].type == "date"


def test_no_formula_is_in_the_file(filled):
    with zipfile.ZipFile(store.register_file("actions", "shop", filled)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_tables_come_back_as_they_were(filled):
    pd.testing.assert_frame_equal(
        store.actions("shop", filled, owners=OWNERS), drafts(), check_dtype=True
    )
    store.add_followups(opinions(), "shop", root=filled)
    pd.testing.assert_frame_equal(store.followup_log("shop", filled), opinions())
    store.add_cases(cases(), "shop", root=filled)
    pd.testing.assert_frame_equal(store.cases("shop", filled), cases())


@pytest.mark.parametrize(
    "form",
    [form for register in REGISTERS.values() for form in register.forms],
    ids=lambda f: f.table,
)
def test_every_column_of_a_table_has_its_place_in_the_register(form):
    columns = {one.name for one in form.fields if one.kind != "mark"}
    assert columns == set(schema.TABLES[form.table].columns) - {"line"}


def test_faults_of_measures_are_told_by_the_headings_of_the_register():
    headings = REGISTERS["actions"].form("actions").headings
    held = {**headings, "no such column": "—"}
    rows = ({"action_id": "M1", "field": name} for name in held)
    common = {"rule": "r", "severity": "must", "finding": "f", "suggestion": "s"}
    shown = report.action_problems_view(table("action_problems", *rows, **common))["栏目"]
    named = dict(zip(held, shown, strict=True))
    for name in ("item", "theme", "measure", "metric", "unit", "baseline", "target", "owner",
                 "helpers", "due", "evidence", "status", "done_on", "proof"):  # fmt: skip
        assert named[name] == headings[name].partition("（")[0], name
    assert named["no such column"] == "—"


@pytest.mark.parametrize(
    "name", ["actions", "action_steps", "rechecks", "followup_log", "cases", "proofs"]
)
def test_the_docstring_names_every_column(name):
    contract = "followups" if name == "followup_log" else name
    told = getattr(store, name).__doc__
    assert not [one for one in schema.TABLES[contract].columns if f"``{one}``" not in told]


def test_cases_without_a_column_of_scopes_can_still_be_read(project):
    store.add_cases(cases(), "shop", root=project)

    def change(book):
        sheet = book["案例"]
        sheet.delete_cols(cell(sheet, 1, "适用范围").column)
        for row in (2, 3):
            mark = cell(sheet, row, "摘要")
            mark.value = " ".join(w for w in mark.value.split() if not w.startswith("scope:"))

    edited(project, "cases", change)
    assert store.cases("shop", project)["scope"].isna().all()
    assert store.add_cases(cases(estimate=0.4), "shop", root=project) == store.Entered(0, 2, 2)
    with pytest.raises(StoreError, match="要写入“适用范围”，但没有这一列；请在表头里加上它"):
        store.add_cases(cases("K3"), "shop", root=project)
    edited(project, "cases", lambda b: setattr(b["案例"].cell(1, 20), "value", "适用范围"))
    assert store.add_cases(cases(estimate=0.4), "shop", root=project).refreshed == 2
    pd.testing.assert_frame_equal(store.cases("shop", project), cases(estimate=0.4))


@pytest.mark.parametrize("name", ["actions", "action_steps", "rechecks", "followup_log", "cases"])
def test_without_a_register_there_are_no_rows(project, name):
    found = getattr(store, name)("shop", project)
    contract = "followups" if name == "followup_log" else name
    assert found.pipe(schema.check, contract).empty


def test_the_bytes_are_the_same_each_time(filled):
    file = store.register_file("actions", "shop", filled)
    first = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert store.add_actions(drafts(), "shop", root=filled) == store.Entered(0, 2)
    assert file.read_bytes() == first
    file.unlink()
    store.add_actions(drafts(), "shop", owners=OWNERS, root=filled)
    assert file.read_bytes() == first


def test_nothing_new_makes_no_file(project):
    assert store.add_cases(cases(verdict="short"), "shop", root=project) == store.Entered(0, 0)
    assert not store.register_file("cases", "shop", project).exists()


# ---- what people wrote stays ---------------------------------------------------------------------


def decorate(book):
    sheet = book["改进措施"]
    last = sheet.max_column + 1
    sheet.cell(1, last).value, sheet.cell(2, last).value = "我的列", "自己的话"
    sheet.cell(3, last).value = "=1+1"
    cell(sheet, 2, "改进方案").font = Font(color="FFFF0000")
    cell(sheet, 3, "状态").fill = PatternFill("solid", fgColor="FF00FF00")
    cell(sheet, 2, "编号").comment = Comment("请核对", "李敏")
    sheet.auto_filter.ref = f"A1:{sheet.cell(3, last).coordinate}"
    sheet.cell(9, 1).value = None
    sheet.cell(5, last).value = "下面的备注"
    book.create_sheet("部门记录")["A1"] = "别动"
    write(book["进展"], 2, 措施编号="M1", 类别="进展", 发生日期=date(2026, 8, 1), 完成比例=0.5)


def test_rows_are_added_below_and_nothing_else_is_touched(filled):
    file = edited(filled, "actions", decorate)
    before = openpyxl.load_workbook(file)
    assert store.add_actions(drafts("M2", "M3"), "shop", root=filled) == store.Entered(1, 1)
    after = openpyxl.load_workbook(file)
    assert after.sheetnames == before.sheetnames
    for sheet in before.worksheets:
        for cells in sheet.iter_rows():
            for old in cells:
                new = after[sheet.title][old.coordinate]
                assert (new.value, new.number_format) == (old.value, old.number_format)
                assert repr((new.font, new.fill)) == repr((old.font, old.fill))
    page = after["改进措施"]
    assert page["A6"].value == "M3", "below the remark in row 5"
    assert page["A2"].comment.text == "请核对"
    assert page.auto_filter.ref.endswith("6")
    assert store.actions("shop", filled)["action_id"].tolist() == ["M1", "M2", "M3"]
    assert store.action_steps("shop", filled)["done_share"].tolist() == [0.5]


def test_a_measure_that_people_changed_stays_as_they_made_it(filled):
    edited(filled, "actions", lambda b: write(b["改进措施"], 2, 责任部门="培训部", 目标=4.2))
    store.add_actions(drafts(), "shop", root=filled)
    first = store.actions("shop", filled).iloc[0]
    assert (first["owner"], first["target"]) == ("培训部", 4.2)


def test_an_open_register_is_refused(filled):
    file = store.register_file("actions", "shop", filled)
    before = file.read_bytes()
    file.with_name("~$actions.xlsx").touch()
    with pytest.raises(StoreError, match=r"actions\.xlsx：正在 Excel 里打开"):
        store.add_actions(drafts("M3"), "shop", root=filled)
    assert file.read_bytes() == before


def test_a_register_that_changes_in_the_meantime_is_refused(filled, monkeypatch):
    file = store.register_file("actions", "shop", filled)
    packed = store.workbook.packed

    def slow(book, before, name):
        edited(filled, "actions", lambda b: write(b["改进措施"], 2, 单位="点"))
        return packed(book, before, name)

    monkeypatch.setattr(store.workbook, "packed", slow)
    with pytest.raises(StoreError, match="刚刚被别人改动了"):
        store.add_actions(drafts("M3"), "shop", root=filled)
    monkeypatch.undo()
    assert len(store.actions("shop", filled)) == 2
    assert file.exists()


# ---- opinions: what the program keeps up to date -------------------------------------------------


def test_the_programs_cells_follow_until_somebody_edits_them(project):
    store.add_followups(opinions(), "shop", root=project)
    edited(
        project,
        "followups",
        lambda b: write(
            b["意见跟进"], 2, 责任人="培训部", 状态="已联系", 联系日期=date(2026, 6, 22)
        ),
    )
    newer = opinions(owner="网络组", themes="排队", state="new")
    assert store.add_followups(newer, "shop", root=project) == store.Entered(0, 2, 3)
    log = store.followup_log("shop", project)
    assert log["owner"].tolist() == ["培训部", "网络组"]
    assert log["themes"].tolist() == ["排队", "排队"]
    assert log["state"].tolist() == ["contacted", "new"]
    again = store.add_followups(newer, "shop", root=project)
    assert again == store.Entered(0, 2, 0)
    third = store.add_followups(opinions(themes="价格"), "shop", root=project)
    assert third.refreshed == 3, "two cells of themes, and the owner of the second"


def test_a_very_long_opinion_is_cut_where_everybody_sees_it(project):
    table = opinions("F1").assign(text="等" * 40_000)
    store.add_followups(table, "shop", root=project)
    held = store.followup_log("shop", project)["text"].iloc[0]
    assert held == "等" * 32_766 + "…"
    assert store.add_followups(table, "shop", root=project) == store.Entered(0, 1, 0)


def test_an_opinion_is_known_by_its_comment_where_its_id_has_changed(project):
    store.add_followups(opinions(), "shop", root=project)
    renamed = opinions("G1", "G2")
    assert store.add_followups(renamed, "shop", root=project) == store.Entered(0, 2, 2)
    assert store.followup_log("shop", project)["followup_id"].tolist() == ["G1", "G2"]


def test_a_case_follows_its_verdict_but_only_what_worked_enters(project):
    first = pd.concat([cases("K1"), cases("K2", verdict="short")], ignore_index=True)
    assert store.add_cases(first, "shop", root=project) == store.Entered(1, 0)
    later = cases("K1", verdict="insufficient", estimate=0.1)
    assert store.add_cases(later, "shop", root=project) == store.Entered(0, 1, 2)
    assert store.cases("shop", project)["verdict"].tolist() == ["insufficient"]


# ---- what people get wrong -----------------------------------------------------------------------


def on(title, row=2, **values):
    return lambda book: write(book[title], row, **values)


def merged(book):
    book["改进措施"].merge_cells("B2:B3")


def no_heading(book):
    sheet = book["改进措施"]
    sheet.cell(1, cell(sheet, 1, "依据").column).value = None


def two_headings(book):
    sheet = book["改进措施"]
    sheet.cell(1, sheet.max_column + 1).value = "状态"


def no_sheet(book):
    book["二次回访"].title = "回访"


def per_cent(book):
    cell(book["改进措施"], 2, "目标").number_format = "0%"


def plain_number(book):
    day = cell(book["改进措施"], 2, "计划完成时间")
    day.value, day.number_format = 46265, "General"


def circle(book):
    write(book["改进措施"], 2, 前置措施="M2")
    write(book["改进措施"], 3, 前置措施="M1")


M, S, R = TITLES.values()
BAD = [
    pytest.param(on(M, 责任部门="财务部"), [f"{M}” J2", "没有这个责任人"], id="unknown owner"),
    pytest.param(on(M, 责任部门="网络组、客服部"), [f"{M}” J2", "写了几个责任人"], id="two owners"),
    pytest.param(on(M, 责任部门="网络组和客服部"), ["J2", "写了几个责任人"], id="owners with and"),
    pytest.param(on(M, 责任部门="网络组/客服部"), ["J2", "写了几个责任人"], id="owners with slash"),
    pytest.param(on(M, 协助="客服部、网络组"), ["K2", "协助的人就是责任人"], id="helper is owner"),
    pytest.param(on(M, 协助="财务部"), ["K2", "没有“财务部”"], id="unknown helper"),
    pytest.param(on(M, 前置措施="M1"), ["L2", "是这项措施自己"], id="depends on itself"),
    pytest.param(on(M, 前置措施="M9"), ["L2", "没有编号为 M9"], id="depends on nothing"),
    pytest.param(circle, ["M1 → M2 → M1"], id="depends in a circle"),
    pytest.param(on(M, 计划完成时间="下个月"), ["S2", "不是日期"], id="no date"),
    pytest.param(on(M, 计划完成时间="2026-02-30"), ["没有这一天"], id="impossible date"),
    pytest.param(on(M, 计划完成时间="8/31"), ["不是日期"], id="date without year"),
    pytest.param(plain_number, ["是数字，不是日期"], id="date as a number"),
    pytest.param(on(M, 计划完成时间=date(1900, 1, 8)), ["2000 年"], id="date of 1900"),
    pytest.param(on(M, 实际完成时间=date(2026, 7, 1)), ["早于开始日期"], id="done before begun"),
    pytest.param(merged, ["B2:B3", "合并"], id="merged"),
    pytest.param(on(M, 目标="=1+3"), ["Q2", "是公式"], id="formula"),
    pytest.param(on(M, 状态="差不多"), ["U2", "“草拟”“已计划”"], id="unknown word"),
    pytest.param(on(M, 3, 编号="M1"), ["A3", "与 A2 重复"], id="same id"),
    pytest.param(on(M, 3, 编号="ｍ1"), ["A3", "与 A2 重复"], id="same id, other spelling"),
    pytest.param(on(M, 3, 编号=None), ["A3", "没有编号"], id="no id"),
    pytest.param(on(M, 编号="M1、M2"), ["A2", "一格一个"], id="two ids"),
    pytest.param(on(M, 季度="二季度"), ["B2", "季度应写成"], id="no quarter"),
    pytest.param(on(M, 目标="4.2"), ["Q2", "文字形式的数字"], id="number as text"),
    pytest.param(on(M, 目标="约四分"), ["Q2", "应为数字"], id="no number"),
    pytest.param(on(M, 衡量指标="满意率", 目标=85), ["Q2", "写 80% 或 0.8"], id="80 for a share"),
    pytest.param(per_cent, ["Q2", "百分比格式"], id="per cent for a mean"),
    pytest.param(on(M, 适用范围="网络组"), ["H2", "team=网络组"], id="scope"),
    pytest.param(on(M, 证明="../quotes.xlsx"), ["proofs"], id="proof outside"),
    pytest.param(on(M, 证明="C:\\合同.pdf"), ["proofs"], id="proof on a drive"),
    pytest.param(
        on(S, 措施编号="M9", 类别="进展"), [f"{S}” A2", "没有这个编号"], id="step of nothing"
    ),
    pytest.param(on(S, 措施编号="M1"), [f"{S}” B2", "类别没有填写"], id="step without kind"),
    pytest.param(
        on(S, 措施编号="M1", 类别="进展", 完成比例=80), ["E2", "80% 或 0.8"], id="80 done"
    ),
    pytest.param(on(R, 措施编号="M9", 客户编号="C1"), [f"{R}” A2"], id="recheck of nothing"),
    pytest.param(on(R, 措施编号="M1", 客户编号="C1", 客户满意度=7), ["D2", "1 到 5"], id="score 7"),
    pytest.param(
        on(R, 措施编号="M1", 客户编号="C1", 客户满意度="5分"), ["文字形式"], id="score 5分"
    ),
    pytest.param(on(R, 措施编号="M1"), [f"{R}” B2"], id="recheck of nobody"),
    pytest.param(on(R, 措施编号="M1", 客户编号="C1", 是否="可能"), ["“是”“否”"], id="maybe"),
    pytest.param(no_heading, ["缺少“依据”"], id="heading gone"),
    pytest.param(two_headings, ["“状态”出现了 2 次"], id="heading twice"),
    pytest.param(no_sheet, ["没有工作表“二次回访”"], id="sheet gone"),
]


@pytest.mark.parametrize(("change", "words"), BAD)
def test_a_fault_is_told_with_its_cell(filled, change, words):
    edited(filled, "actions", change)
    with pytest.raises(StoreError) as told:
        store.actions("shop", filled, owners=OWNERS)
    for word in ("registers/shop/actions.xlsx", *words):
        assert word in str(told.value)


def test_all_faults_are_told_at_once(filled):
    def change(book):
        for fault in ("unknown owner", "no date", "step of nothing", "score 7"):
            next(p for p in BAD if p.id == fault)[0][0](book)
        cell(book["改进措施"], 3, "状态").value = "#N/A"

    edited(filled, "actions", change)
    with pytest.raises(StoreError) as told:
        store.actions("shop", filled, owners=OWNERS)
    assert len(str(told.value).splitlines()) == 5


def test_a_register_at_fault_is_not_written(filled):
    file = edited(filled, "actions", on(M, 目标="约四分"))
    before = file.read_bytes()
    with pytest.raises(StoreError, match="应为数字"):
        store.add_actions(drafts("M3"), "shop", root=filled)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        pytest.param(on(M, 责任部门="王芳/网络组"), "owner", "王芳/网络组", id="a person and a team"),
        pytest.param(on(M, 协助="客服部，培训部; 客服部"), "helpers", "客服部、培训部", id="helpers"),
        pytest.param(on(M, 计划完成时间="2026/8/31"), "due", pd.Timestamp("2026-08-31"), id="slashes"),
        pytest.param(on(M, 计划完成时间="2026年8月31日"), "due", pd.Timestamp("2026-08-31"), id="words"),
        pytest.param(on(M, 对应维度="overall"), "item", "overall", id="an id for an item"),
        pytest.param(on(M, 状态="done"), "status", "done", id="a code for a word"),
        pytest.param(on(M, 适用范围="team = 网络组; region=华东"), "scope", "team=网络组；region=华东", id="scope"),
        pytest.param(on(M, 单位=5), "unit", "5", id="a number for a word"),
    ],
)  # fmt: skip
def test_what_is_clear_is_taken(filled, change, column, value):
    edited(filled, "actions", change)
    owners = () if column == "owner" else OWNERS
    assert store.actions("shop", filled, owners=owners)[column].iloc[0] == value


def test_two_teams_may_help_each_other(filled):
    edited(filled, "actions", on(M, 3, 责任部门="客服部", 协助="网络组"))
    assert store.actions("shop", filled, owners=OWNERS)["helpers"].tolist() == ["客服部", "网络组"]


def test_steps_need_no_column_of_what_comes_before(filled):
    def change(book):
        sheet = book["改进措施"]
        sheet.delete_cols(cell(sheet, 1, "前置措施").column)

    edited(filled, "actions", change)
    assert store.actions("shop", filled)["depends"].isna().all()
    with pytest.raises(StoreError, match="没有这一列"):
        store.add_actions(drafts("M3", depends="M1"), "shop", root=filled)


# ---- rechecks and personal data ------------------------------------------------------------------


def test_customers_bear_the_pseudonyms_of_the_other_tables(filled):
    key = store.pseudonym_key(store.study("shop", filled))
    one = privacy.pseudonymise(pd.Series(["C00001"]), key=key).iloc[0]

    def change(book):
        write(book[R], 2, 措施编号="M1", 客户编号="c00001 ", 客户满意度=4, 是否="是", 追加订单=2)
        write(book[R], 3, 措施编号="M2", 客户编号=one, 回访日期=date(2026, 9, 1))

    edited(filled, "actions", change)
    found = store.rechecks("shop", filled)
    assert found["customer_id"].tolist() == [one, one]
    assert found["improving"].tolist() == [True, pd.NA]
    assert found["orders"].tolist() == [2.0, pd.NA]


def test_one_customer_under_two_names_is_told(filled):
    key = store.pseudonym_key(store.study("shop", filled))
    one = privacy.pseudonymise(pd.Series(["C00001"]), key=key).iloc[0]

    def change(book):
        for row, name in ((2, "C00001"), (3, one)):
            write(book[R], row, 措施编号="M1", 客户编号=name, 回访日期=date(2026, 9, 1))

    edited(filled, "actions", change)
    with pytest.raises(StoreError, match="A3：与上面一行说的是同一件事") as told:
        store.rechecks("shop", filled)
    assert "C00001" not in str(told.value)


def test_typed_personal_data_is_redacted_and_told(filled):
    edited(filled, "actions", on(R, 措施编号="M1", 客户编号="C1", 客户意见="请打13800001234"))
    assert store.rechecks("shop", filled)["comment"].tolist() == ["请打[手机号]"]
    (told,) = store.personal_cells("shop", filled)
    assert "工作表“二次回访” E2" in told
    assert "[手机号]" in told
    assert "13800001234" not in told


# ---- proofs --------------------------------------------------------------------------------------


def test_proofs_are_found_with_their_digests(filled):
    folder = filled / "registers/shop/proofs"
    folder.mkdir()
    (folder / "合同.pdf").write_bytes(b"x")
    found = store.proofs("shop", drafts("M1", proof="合同.pdf、照片.jpg"), filled)
    assert found["file"].tolist() == ["合同.pdf", "照片.jpg"]
    assert found["present"].tolist() == [True, False]
    assert found["bytes"].tolist() == [1, pd.NA]
    assert found["sha256"].iloc[0].startswith("2d711642b726")


@pytest.mark.parametrize("file", ["../quotes.xlsx", "/etc/hosts", "a/../../x", "..\\x", "~/x"])
def test_proofs_outside_their_folder_are_refused(filled, file):
    with pytest.raises(StoreError, match="措施 M1 的证明材料指到了这个文件夹外面"):
        store.proofs("shop", drafts("M1", proof=file), filled)


def test_a_link_out_of_the_folder_is_refused(filled, tmp_path):
    folder = filled / "registers/shop/proofs"
    folder.mkdir()
    (tmp_path / "secret").touch()
    (folder / "a.pdf").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError, match="外面"):
        store.proofs("shop", drafts("M1", proof="a.pdf"), filled)


def test_the_helper_tables_fit_their_contracts():
    for name in ("action_steps", "rechecks"):
        assert table(name).empty
