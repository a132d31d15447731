"""Copies of registers: filled in by others, taken back without losing a cell of anybody."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from datetime import date

import openpyxl
import pytest
import xlwt
from loop_registers import (
    OWNERS,
    STUDY,
    cell,
    drafts,
    edited,
    edited_file,
    opinions,
    write,
)
from openpyxl.comments import Comment
from openpyxl.styles import Font

from csatlib import store
from csatlib.store import StoreError

MEASURES, STEPS, AGAIN, OPINIONS = "改进措施", "进展", "二次回访", "意见跟进"


@pytest.fixture
def project(tmp_path, monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    root = tmp_path / "project"
    (root / "studies/shop").mkdir(parents=True)
    (root / "studies/shop/study.yml").write_text(STUDY, encoding="utf-8")
    store.add_actions(drafts("M1", "M2", "M3", problem="响应慢"), "shop", owners=OWNERS, root=root)

    def steps(book):
        for row, done in ((2, 0.2), (3, 0.5)):
            write(book[STEPS], row, 措施编号="M1", 类别="进展", 完成比例=done)
        write(book[STEPS], 4, 措施编号="M2", 类别="里程碑", 计划日期=date(2026, 8, 1))

    edited(root, "actions", steps)
    return root


@pytest.fixture
def copy(project, tmp_path):
    """A copy of the whole register of measures."""
    file = tmp_path / "副本.xlsx"
    assert store.export_register("actions", "shop", file, root=project) == 3
    return file


def merge(project, copy, name="actions"):
    return store.merge_register(name, "shop", copy, owners=OWNERS, root=project)


def measure(project, number=0):
    return store.actions("shop", project).iloc[number]


def told(changes):
    return [
        (c.row, c.heading, c.cell, c.copy_cell, c.exported, c.register, c.copy) for c in changes
    ]


# ---- the copy ------------------------------------------------------------------------------------


def test_a_copy_remembers_where_no_hand_reaches_it(copy):
    book = openpyxl.load_workbook(copy)
    assert book["_csat"].sheet_state == "veryHidden"
    marks = cell(book[MEASURES], 1, "行标")
    assert book[MEASURES].column_dimensions[marks.column_letter].hidden
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_copy_for_one_owner_holds_nothing_of_the_others(project, tmp_path):
    edited(project, "actions", lambda b: write(b[MEASURES], 3, 责任部门="培训部", 协助=None))
    file = tmp_path / "培训部.xlsx"
    assert store.export_register("actions", "shop", file, owner="培训部", root=project) == 1
    book = openpyxl.load_workbook(file)
    assert [row[0] for row in book[MEASURES].iter_rows(min_row=2, values_only=True)] == ["M2"]
    assert [row[0] for row in book[STEPS].iter_rows(min_row=2, values_only=True)] == ["M2"]
    assert "M1" not in str([*book["_csat"].values])


def test_a_copy_for_one_group(project, tmp_path):
    store.add_followups(opinions("F1"), "shop", root=project)
    store.add_followups(opinions("F1", "F2", group="数据组"), "shop", root=project)
    file = tmp_path / "a.xlsx"
    assert store.export_register("followups", "shop", file, group="数据组", root=project) == 2
    with pytest.raises(StoreError, match="没有符合条件的行"):
        store.export_register("followups", "shop", tmp_path / "b.xlsx", group="无", root=project)
    with pytest.raises(ValueError, match="followups only"):
        store.export_register("actions", "shop", tmp_path / "c.xlsx", group="无", root=project)


def test_a_file_that_is_there_is_not_overwritten(project, copy):
    with pytest.raises(StoreError, match="不会覆盖"):
        store.export_register("actions", "shop", copy, root=project)


def test_the_same_register_gives_the_same_copy(project, copy, tmp_path):
    store.export_register("actions", "shop", tmp_path / "b.xlsx", root=project)
    assert (tmp_path / "b.xlsx").read_bytes() == copy.read_bytes()


# ---- three ways ----------------------------------------------------------------------------------


def test_an_untouched_copy_changes_nothing(project, copy):
    file = store.register_file("actions", "shop", project)
    before = file.read_bytes()
    assert merge(project, copy) == store.Merged()
    assert file.read_bytes() == before


def test_what_only_the_copy_changed_is_taken(project, copy):
    edited_file(
        copy, lambda b: write(b[MEASURES], 2, 状态="进行中", 目标=4.2, 计划完成=date(2026, 9, 15))
    )
    merged = merge(project, copy)
    assert told(merged.taken) == [
        ("M1", "目标", "Q2", "Q2", "4", "4", "4.2"),
        ("M1", "计划完成时间", "S2", "S2", "2026-08-31", "2026-08-31", "2026-09-15"),
        ("M1", "状态", "U2", "U2", "已计划", "已计划", "进行中"),
    ]
    assert (merged.kept, merged.conflicts, merged.added) == ((), (), ())
    assert (measure(project)["status"], measure(project)["target"]) == ("under_way", 4.2)
    assert merge(project, copy) == store.Merged(), "the same copy a second time"


def test_a_cell_that_was_emptied_is_emptied(project, copy):
    edited_file(copy, lambda b: write(b[MEASURES], 2, 协助=None))
    assert [c.copy for c in merge(project, copy).taken] == [""]
    assert measure(project).isna()["helpers"]


def test_what_only_the_register_changed_is_kept(project, copy):
    edited(project, "actions", lambda b: write(b[MEASURES], 3, 状态="试行"))
    merged = merge(project, copy)
    assert told(merged.kept) == [("M2", "状态", "U3", "U3", "已计划", "试行", "已计划")]
    assert measure(project, 1)["status"] == "trial"


def test_what_both_changed_alike_is_no_conflict(project, copy):
    for file in (copy, store.register_file("actions", "shop", project)):
        edited_file(file, lambda b: write(b[MEASURES], 2, 目标=4.5))
    assert merge(project, copy) == store.Merged()


def test_what_both_changed_differently_is_told_and_not_overwritten(project, copy):
    edited_file(copy, lambda b: write(b[MEASURES], 2, 责任部门="培训部", 单位="点"))
    edited(project, "actions", lambda b: write(b[MEASURES], 2, 责任部门="客服部", 协助=None))
    merged = merge(project, copy)
    assert told(merged.conflicts) == [
        ("M1", "责任部门/责任人", "J2", "J2", "网络组", "客服部", "培训部")
    ]
    assert [c.heading for c in merged.taken] == ["单位"]
    assert [c.heading for c in merged.kept] == ["协助"]
    assert (measure(project)["owner"], measure(project)["unit"]) == ("客服部", "点")


def test_rows_are_found_wherever_both_sides_moved_them(project, copy):
    def turned(book):
        sheet = book[MEASURES]
        rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=2, max_row=4)]
        for number, values in enumerate(reversed(rows), start=2):
            for place, value in enumerate(values, start=1):
                sheet.cell(number, place).value = value

    edited_file(copy, turned)
    edited_file(copy, lambda b: write(b[MEASURES], 4, 单位="点"))
    edited(project, "actions", lambda b: b[MEASURES].insert_rows(2))
    merged = merge(project, copy)
    assert told(merged.taken) == [("M1", "单位", "O3", "O4", "分", "分", "点")]


def test_columns_of_the_program_are_told_and_not_taken(project, copy):
    edited_file(copy, lambda b: write(b[MEASURES], 2, 依据="themes:2026Q2:wait", 编号="M9"))
    merged = merge(project, copy)
    assert [c.heading for c in merged.refused] == ["编号", "依据"]
    assert measure(project)["action_id"] == "M1"


def test_rows_that_were_added_are_appended_once(project, copy):
    def change(book):
        write(book[MEASURES], 5, 编号="M4", 季度="2026Q2", 责任部门="培训部", 改进方案="培训")
        write(book[STEPS], 5, 措施编号="M4", 类别="试行", 完成比例=0.1)
        write(book[STEPS], 6, 措施编号="M1", 类别="进展", 完成比例=0.8)

    edited_file(copy, change)
    merged = merge(project, copy)
    assert merged.added == ("改进措施 第 5 行", "进展 第 5 行", "进展 第 6 行")
    assert store.actions("shop", project)["action_id"].tolist() == ["M1", "M2", "M3", "M4"]
    assert store.action_steps("shop", project)["done_share"].tolist()[-2:] == [0.1, 0.8]
    assert merge(project, copy) == store.Merged()


def test_a_row_copied_within_the_copy_is_a_new_one(project, copy):
    def change(book):
        sheet = book[STEPS]
        for place in range(1, sheet.max_column + 1):
            sheet.cell(5, place).value = sheet.cell(2, place).value
        write(sheet, 5, 完成比例=0.9)

    edited_file(copy, change)
    merged = merge(project, copy)
    assert (merged.taken, merged.added) == ((), ("进展 第 5 行",))
    assert store.action_steps("shop", project)["done_share"].tolist()[:2] == [0.2, 0.5]


def test_a_row_that_the_register_got_meanwhile_is_compared_cell_by_cell(project, copy):
    edited_file(
        copy, lambda b: write(b[MEASURES], 5, 编号="M4", 季度="2026Q2", 单位="点", 协助="客服部")
    )
    edited(project, "actions", lambda b: write(b[MEASURES], 5, 编号="M4", 季度="2026Q2", 单位="分"))
    merged = merge(project, copy)
    assert [(c.row, c.heading) for c in merged.conflicts] == [("M4", "单位")]
    assert [(c.row, c.heading) for c in merged.taken] == [("M4", "协助")]
    assert not merged.added


def test_rows_that_were_deleted_stay_and_are_told(project, copy):
    edited_file(copy, lambda b: (b[MEASURES].delete_rows(3), b[STEPS].delete_rows(2)))
    merged = merge(project, copy)
    assert merged.missing == ("改进措施 M2", "进展 M1（第 2 行）")
    assert len(store.actions("shop", project)) == 3


def test_a_row_that_left_the_register_is_a_conflict(project, copy):
    edited(project, "actions", lambda b: b[MEASURES].delete_rows(4))
    edited_file(copy, lambda b: write(b[MEASURES], 4, 单位="点"))
    (conflict,) = merge(project, copy).conflicts
    assert (conflict.row, conflict.cell, conflict.register) == (
        "M3",
        "",
        "（这一行已不在登记表里）",
    )


def test_steps_of_one_measure_are_told_apart(project, copy):
    edited_file(copy, lambda b: write(b[STEPS], 3, 说明="过半", 完成比例=0.6))
    edited(project, "actions", lambda b: b[STEPS].insert_rows(2, 2))
    merged = merge(project, copy)
    assert [(c.cell, c.copy_cell) for c in merged.taken] == [("E5", "E3"), ("F5", "F3")]
    assert store.action_steps("shop", project)["done_share"].tolist()[:2] == [0.2, 0.6]


def test_numbers_of_customers_are_not_told(project, tmp_path):
    edited(project, "actions", lambda b: write(b[AGAIN], 2, 措施编号="M1", 客户编号="C00001"))
    copy = tmp_path / "a.xlsx"
    store.export_register("actions", "shop", copy, root=project)
    edited_file(copy, lambda b: write(b[AGAIN], 2, 客户编号="C00002", 客户满意度=4))
    merged = merge(project, copy)
    assert "C0000" not in str(merged)
    assert len(merged.taken) == 2


# ---- what may not be merged ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda b: write(b[MEASURES], 2, 目标="四分"), ["副本.xlsx", "Q2"], id="a fault"),
        pytest.param(lambda b: b.remove(b["_csat"]), ["不是 csat 导出的副本"], id="no memory"),
        pytest.param(lambda b: write(b[MEASURES], 2, 前置措施="M1"), ["合并之后", "自己"], id="fault after"),
        pytest.param(lambda b: write(b[MEASURES], 2, 责任部门="财务部"), ["没有这个责任人"], id="owner"),
    ],
)  # fmt: skip
def test_a_wrong_copy_is_told_and_nothing_is_written(project, copy, change, words):
    edited_file(copy, change)
    file = store.register_file("actions", "shop", project)
    before = file.read_bytes()
    with pytest.raises(StoreError) as told:
        merge(project, copy)
    for word in words:
        assert word in str(told.value)
    assert file.read_bytes() == before


def with_macros(data):
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as book:
        book.writestr("xl/vbaProject.bin", b"macros")
    return stream.getvalue()


def old_workbook(_):
    stream, book = io.BytesIO(), xlwt.Workbook(encoding="utf-8")
    book.add_sheet(MEASURES).write(0, 0, "编号")
    book.save(stream)
    return stream.getvalue()


def too_long(data):
    """Write more into a note than Excel does: other programs do."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    place = cell(book[MEASURES], 2, "实施情况")
    place.value = "很"
    place._value = "很" * 700_000
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1")
LOCKED = OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le")
UNREADABLE = {
    "password": (lambda _: LOCKED, "工作簿有密码", "没有密码、没有宏的 xlsx"),
    "xls": (old_workbook, "是旧式工作簿（xls）", "另存为"),
    "macros": (with_macros, "带有宏", "没有宏的 xlsx"),
    "csv": (lambda _: "编号,季度\nM1,2026Q2\n".encode("gbk"), "是文本文件", "另存为"),
    "pdf": (lambda _: b"%PDF-1.7", "PDF", "从备份恢复，副本请重新导出"),
    "nothing": (lambda _: b"", "文件是空的", "从备份恢复，副本请重新导出"),
    "half": (lambda data: data[: len(data) // 2], "打不开", "从备份恢复，副本请重新导出"),
    "no parts": (lambda _: b"PK\x03\x04 no zip", "打不开", "从备份恢复，副本请重新导出"),
    "long note": (too_long, "Y2：有 700,000 个字", "请缩短"),
}


@pytest.mark.parametrize("which", ["副本.xlsx", "registers/shop/actions.xlsx"])
@pytest.mark.parametrize(("spoil", "found", "remedy"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_taken_is_told_and_left_alone(
    project, copy, which, spoil, found, remedy
):
    edited_file(copy, lambda b: write(b[MEASURES], 2, 单位="点"))
    register = store.register_file("actions", "shop", project)
    file = copy if which == copy.name else register
    file.write_bytes(spoil(file.read_bytes()))
    before = copy.read_bytes(), register.read_bytes()
    calls = [lambda: merge(project, copy)]
    if file == register:
        calls += [
            lambda: store.actions("shop", project),
            lambda: store.add_actions(drafts("M4"), "shop", root=project),
            lambda: store.export_register("actions", "shop", copy.with_name("b"), root=project),
        ]
    for call in calls:
        with pytest.raises(StoreError) as told:
            call()
        for words in (which, found, remedy):
            assert words in str(told.value)
    assert (copy.read_bytes(), register.read_bytes()) == before


def test_a_column_that_only_the_copy_has_is_told_once_it_is_filled_in(project, tmp_path):
    def change(book):
        sheet = book[MEASURES]
        sheet.delete_cols(cell(sheet, 1, "前置措施").column)

    edited(project, "actions", change)
    copy = tmp_path / "a.xlsx"
    store.export_register("actions", "shop", copy, root=project)
    assert merge(project, copy) == store.Merged()
    edited_file(copy, lambda b: write(b[MEASURES], 2, 前置措施="M2"))
    assert merge(project, copy) == store.Merged(unknown=("改进措施 前置措施",))


def test_a_copy_of_another_register_is_refused(project, copy):
    store.add_followups(opinions(), "shop", root=project)
    with pytest.raises(StoreError, match="不是业务线 shop 的这张登记表的"):
        merge(project, copy, "followups")


def test_an_open_register_takes_nothing(project, copy):
    edited_file(copy, lambda b: write(b[MEASURES], 2, 单位="点"))
    store.register_file("actions", "shop", project).with_name("~$actions.xlsx").touch()
    with pytest.raises(StoreError, match="正在 Excel 里打开"):
        merge(project, copy)


# ---- round trips ---------------------------------------------------------------------------------


def owned(book):
    """What people make of a register: a column, a sheet, colours, remarks, a filter."""
    sheet = book[MEASURES]
    last = sheet.max_column + 1
    for row, value in ((1, "费用"), (2, 1200), (3, "=1+1"), (4, "待定")):
        sheet.cell(row, last).value = value
    cell(sheet, 2, "改进方案").font = Font(color="FFFF0000")
    cell(sheet, 2, "编号").comment = Comment("请核对", "李敏")
    sheet.auto_filter.ref = f"A1:{sheet.cell(4, last).coordinate}"
    book.create_sheet("部门记录")["A1"] = "别动"


def test_peoples_own_columns_go_along_and_come_back(project, tmp_path):
    edited(project, "actions", owned)
    copy = tmp_path / "a.xlsx"
    store.export_register("actions", "shop", copy, root=project)
    edited_file(copy, lambda b: (write(b[MEASURES], 2, 费用=1500), write(b[MEASURES], 3, 费用=7)))
    edited_file(copy, lambda b: setattr(b[MEASURES].cell(1, 40), "value", "新列"))
    merged = merge(project, copy)
    assert [(c.row, c.heading, c.copy) for c in merged.taken] == [("M1", "费用", "1500")]
    assert [c.row for c in merged.conflicts] == ["M2"], "a formula is not overwritten"
    assert merged.unknown == ("改进措施 新列",)
    book = openpyxl.load_workbook(store.register_file("actions", "shop", project))
    assert [book[MEASURES].cell(n, 27).value for n in (2, 3, 4)] == [1500, "=1+1", "待定"]
    assert cell(book[MEASURES], 2, "改进方案").font.color.rgb == "FFFF0000"
    assert cell(book[MEASURES], 2, "编号").comment.text == "请核对"
    assert book["部门记录"]["A1"].value == "别动"
    assert book[MEASURES].auto_filter.ref == "A1:AA4"


def through_libreoffice(file, folder):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    call = [office, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(file)]
    subprocess.run(call, check=True, capture_output=True, timeout=120)
    shutil.copy(folder / file.name, file)


def test_a_register_and_its_copy_survive_another_office(project, copy, tmp_path):
    store.add_followups(opinions(), "shop", root=project)
    before = store.actions("shop", project), store.followup_log("shop", project)
    for file in (
        copy,
        *(store.register_file(n, "shop", project) for n in ("actions", "followups")),
    ):
        through_libreoffice(file, tmp_path / "out")
    assert store.actions("shop", project).equals(before[0])
    assert store.followup_log("shop", project).equals(before[1])
    assert merge(project, copy) == store.Merged()


def test_a_list_of_opinions_goes_round(project, tmp_path):
    store.add_followups(opinions(), "shop", root=project)
    copy = tmp_path / "a.xlsx"
    store.export_register("followups", "shop", copy, owner="客服部", root=project)
    edited_file(
        copy,
        lambda b: write(
            b[OPINIONS], 2, 状态="已关闭", 关闭日期=date(2026, 7, 1), 纠正="加开窗口", 意见="改了"
        ),
    )
    merged = merge(project, copy, "followups")
    assert [c.heading for c in merged.taken] == ["状态", "纠正措施", "关闭日期"]
    assert [c.heading for c in merged.refused] == ["意见"]
    assert store.add_followups(opinions(), "shop", root=project).refreshed == 0
    assert store.followup_log("shop", project)["state"].tolist() == ["closed", "new"]
