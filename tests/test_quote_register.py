"""The register of quotes: people edit it, nothing of theirs is lost, nothing wrong is believed."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment

from csatlib import demo, schema, store, themes
from csatlib.cli import _run as csat
from csatlib.store import StoreError, quote_register
from csatlib.store.rows import renamed, requoted

STUDY = """\
line: shop
title: 门店满意度调查
population: {description: 近三个月到店的客户}
scales: {five: {low: 1, high: 5, cutoff: 4}}
sources: [{role: responses, glob: "电话*", reader: table, channel: 电话, mapping: {customer_id: 客户编号}}]
questions:
  - {id: overall, text: 整体满意度, kind: rating, scale: five}
  - {id: comment, text: 意见建议, kind: text}
report: {overall: overall}
privacy: {key: public_test}
"""
TEXTS = ["排队等太久", "=1+1 算什么服务", "+8 个月了还没修好", "-差评-", "@客服 没人理"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    root = tmp_path / "project"
    (root / "studies/shop").mkdir(parents=True)
    (root / "studies/shop/study.yml").write_text(STUDY, encoding="utf-8")
    return root


def quotes(texts=TEXTS, *, theme="wait", file="aaaaaaaaaaaa"):
    n = len(texts)
    rows = pd.DataFrame({"text": pd.Series(texts, dtype="str"), "theme": [theme] * n})
    rows["response_id"] = [f"{file}:s:{i + 2}" for i in range(n)]
    rows = rows.assign(
        item="comment",
        comment_id=rows["response_id"] + ":comment",
        rank=range(1, n + 1),
        polarity="negative",
        digest=[hashlib.sha256(text.encode()).hexdigest() for text in texts],
        reviewed=False,
    )
    rows["quote_id"] = themes.quote_ids(rows["comment_id"], rows["theme"], rows["text"])
    blank = schema.empty("quotes")
    return rows[list(blank)].astype(blank.dtypes.to_dict()).pipe(schema.check, "quotes")


def tallied(project, *args, **options):
    tally = store.add_quotes(*args, "2026Q3", "shop", root=project, **options)
    return tally.new, tally.awaiting, tally.passed, tally.refused


def edited(project, change):
    """Open the register as a person does, change it and save it."""
    file = quote_register("shop", project)
    book = openpyxl.load_workbook(file, rich_text=True)
    change(book["原话复核"])
    book.save(file)
    return file


def column(sheet, heading):
    return next(cell.column for cell in sheet[1] if cell.value == heading)


def write(sheet, row, **values):
    for heading, value in values.items():
        sheet.cell(row, column(sheet, heading)).value = value


def reviewed(sheet, row, verdict="通过", reviewer="李敏", day=date(2026, 10, 8)):
    write(sheet, row, 结论=verdict, 审核人=reviewer, 审核日期=day)


# ---- the first time ------------------------------------------------------------------------------


def test_a_new_register_holds_every_quote_as_text(project):
    assert tallied(project, quotes(), labels={"wait": "排队时间长"}) == (5, 5, 0, 0)
    sheet = openpyxl.load_workbook(quote_register("shop", project))["原话复核"]
    assert [cell.value for cell in sheet[1]][:8] == [
        "编号", "季度", "主题", "原话", "结论", "审核人", "审核日期", "备注",
    ]  # fmt: skip
    words = [sheet.cell(row, column(sheet, "原话")) for row in range(2, 7)]
    assert [cell.value for cell in words] == TEXTS
    assert {cell.data_type for cell in words} == {"s"}
    assert [cell.quotePrefix for cell in words] == [False, True, True, True, True]
    assert {sheet.cell(row, column(sheet, "主题")).value for row in range(2, 7)} == {"排队时间长"}
    hidden = [d.index for d in sheet.column_dimensions.values() if d.hidden]
    assert len(hidden) == 3


def test_no_formula_is_in_the_file(project):
    tallied(project, quotes())
    with zipfile.ZipFile(quote_register("shop", project)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_file_is_its_owners_and_has_the_same_bytes_each_time(project, tmp_path):
    tallied(project, quotes())
    file = quote_register("shop", project)
    first = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    tallied(project, quotes())
    assert file.read_bytes() == first


def test_without_a_register_there_are_no_reviews(project):
    assert store.quote_reviews("shop", project).pipe(schema.check, "quote_reviews").empty


def test_a_fresh_register_awaits_review(project):
    tallied(project, quotes())
    reviews = store.quote_reviews("shop", project)
    assert reviews["quote_id"].tolist() == sorted(quotes()["quote_id"])
    assert reviews["verdict"].isna().all()
    assert not themes.released(quotes(), reviews)["reviewed"].any()


# ---- round trips ---------------------------------------------------------------------------------


def test_reviews_come_back_and_release_exactly_what_was_passed(project):
    tallied(project, quotes())

    def change(sheet):
        reviewed(sheet, 2)
        reviewed(sheet, 3, day="2026年10月8日")
        reviewed(sheet, 4, verdict="不通过", reviewer=None, day=None)
        reviewed(sheet, 5, verdict=" 通过 ", day=datetime(2026, 10, 8, 9, 30))

    edited(project, change)
    reviews = store.quote_reviews("shop", project)
    assert themes.released(quotes(), reviews)["reviewed"].tolist() == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert set(reviews["reviewed_on"].dropna()) == {"2026-10-08"}
    assert tallied(project, quotes()) == (0, 1, 3, 1)


def test_nothing_new_leaves_the_file_untouched(project):
    tallied(project, quotes())
    file = edited(project, lambda sheet: reviewed(sheet, 2))
    before = file.read_bytes(), file.stat().st_mtime_ns
    assert tallied(project, quotes()) == (0, 4, 1, 0)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_what_people_wrote_stays_to_the_cell(project):
    tallied(project, quotes(TEXTS[:2]))

    def change(sheet):
        reviewed(sheet, 2)
        sheet["D2"].value = CellRichText("排队", TextBlock(InlineFont(b=True), "等太久"))
        sheet["H3"].value = "=LEN(D3)"
        sheet["H2"].comment = Comment("请再听录音", "李敏")
        sheet["M1"].value, sheet["M2"].value, sheet["M3"].value = "部门", 3.5, date(2026, 1, 2)
        sheet["A9"].value = None
        sheet["M12"].value = "以下由品控组填写"
        sheet.row_dimensions[2].height = 44
        sheet.merge_cells("N1:O2")
        other = sheet.parent.create_sheet("统计")
        other["B2"].value = '=COUNTIF(原话复核!E:E,"通过")'

    file = edited(project, change)
    before = openpyxl.load_workbook(file, rich_text=True)
    assert tallied(project, quotes()) == (3, 4, 1, 0)
    after = openpyxl.load_workbook(file, rich_text=True)
    for name in before.sheetnames:
        for row in before[name].iter_rows():
            for cell in row:
                now = after[name][cell.coordinate]
                assert (now.value, now.data_type, now.number_format) == (
                    cell.value, cell.data_type, cell.number_format,
                ), cell.coordinate  # fmt: skip
    assert after["原话复核"]["H2"].comment.text == "请再听录音"
    assert after["原话复核"].row_dimensions[2].height == 44
    assert str(next(iter(after["原话复核"].merged_cells.ranges))) == "N1:O2"
    assert after["原话复核"].cell(13, 4).value == TEXTS[2], "new rows stand below everything"
    assert len(store.quote_reviews("shop", project)) == 5


def test_columns_may_be_moved_and_a_title_set_above(project):
    tallied(project, quotes(TEXTS[:2]))

    def change(sheet):
        sheet.insert_cols(1)
        sheet.insert_rows(1, 2)
        sheet["A1"].value = "第三季度原话复核表"
        sheet["A3"].value = "序号"

    edited(project, change)
    assert tallied(project, quotes()) == (3, 5, 0, 0)
    sheet = openpyxl.load_workbook(quote_register("shop", project))["原话复核"]
    assert [sheet.cell(row, 5).value for row in range(4, 9)] == TEXTS


def test_a_second_quarter_goes_below_the_first(project):
    tallied(project, quotes())
    edited(project, lambda sheet: reviewed(sheet, 2))
    later = quotes(file="bbbbbbbbbbbb")
    tally = store.add_quotes(later, "2026Q4", "shop", root=project)
    assert (tally.new, tally.awaiting, tally.passed) == (5, 5, 0)
    assert len(store.quote_reviews("shop", project)) == 10
    assert not themes.released(later, store.quote_reviews("shop", project))["reviewed"].any()


def test_emptied_rows_are_passed_over(project):
    tallied(project, quotes())
    edited(project, lambda sheet: write(sheet, 3, **dict.fromkeys([c.value for c in sheet[1]])))

    def clear(sheet):
        for cell in sheet[3]:
            cell.value = None

    edited(project, clear)
    assert len(store.quote_reviews("shop", project)) == 4


# ---- faults --------------------------------------------------------------------------------------

FAULTS = {
    "verdict": (lambda s: write(s, 2, 结论="同意"), ["E2", "“通过”“不通过”或留空"]),
    "no reviewer": (lambda s: reviewed(s, 2, reviewer=None), ["F2", "没有写审核人"]),
    "blank reviewer": (lambda s: reviewed(s, 2, reviewer="  "), ["F2", "没有写审核人"]),
    "no day": (lambda s: reviewed(s, 2, day=None), ["G2", "没有写审核日期"]),
    "a day as words": (lambda s: reviewed(s, 2, day="上周五"), ["G2", "不是日期"]),
    "no such day": (lambda s: reviewed(s, 2, day="2026-02-30"), ["G2", "不是日期"]),
    "a day as a number": (lambda s: reviewed(s, 2, day=46303), ["G2", "不是日期"]),
    "other words": (lambda s: (reviewed(s, 2), write(s, 2, 原话="排队很快")), ["D2", "原话被改动"]),
    "a digest": (lambda s: (reviewed(s, 2), write(s, 2, 摘要="0")), ["D2", "原话被改动"]),
    "no id": (lambda s: write(s, 3, 编号=None), ["A3", "编号缺失"]),
    "another id": (lambda s: write(s, 3, 编号="Q1"), ["A3", "编号缺失或被改动"]),
    "an id twice": (lambda s: write(s, 3, 编号=s["A2"].value), ["A3", "与 A2 重复"]),
    "a formula": (lambda s: write(s, 3, 结论='=IF(1,"通过")'), ["E3", "是公式"]),
    "merged": (lambda s: s.merge_cells("E2:E4"), ["E2:E4", "合并"]),
    "a heading gone": (lambda s: write(s, 1, 结论="意见"), ["第 1 行", "缺少“结论”"]),
    "a heading twice": (lambda s: write(s, 1, 备注="结论"), ["“结论”出现了 2 次"]),
    "the sheet gone": (lambda s: setattr(s, "title", "我的表"), ["没有工作表“原话复核”", "我的表"]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_place_and_nothing_is_written(project, fault):
    tallied(project, quotes(TEXTS[:3]))
    change, words = FAULTS[fault]
    file = edited(project, change)
    before = file.read_bytes()
    for call in (
        lambda: store.quote_reviews("shop", project),
        lambda: tallied(project, quotes()),
    ):
        with pytest.raises(StoreError) as told:
            call()
        assert "registers/shop/quotes.xlsx" in str(told.value)
        assert all(word in str(told.value) for word in words)
    assert file.read_bytes() == before


def test_faults_are_told_together_and_name_no_customers_words(project):
    tallied(project, quotes())
    edited(project, lambda s: [write(s, row, 结论="张三觉得可以") for row in range(2, 7)])
    with pytest.raises(StoreError) as told:
        store.quote_reviews("shop", project)
    assert str(told.value).count("\n") == 4
    assert not any(text in str(told.value) for text in [*TEXTS, "张三"])


@pytest.mark.parametrize("lock", ["~$quotes.xlsx", ".~lock.quotes.xlsx#"])
def test_a_register_that_is_open_is_not_written(project, lock):
    tallied(project, quotes(TEXTS[:2]))
    file = quote_register("shop", project)
    before = file.read_bytes()
    file.with_name(lock).touch()
    with pytest.raises(StoreError, match="正在 Excel 里打开"):
        tallied(project, quotes())
    assert file.read_bytes() == before
    assert len(store.quote_reviews("shop", project)) == 2, "reading is not writing"


def test_a_picture_would_be_lost_and_is_refused(project):
    tallied(project, quotes(TEXTS[:2]))
    file = quote_register("shop", project)
    with zipfile.ZipFile(file, "a") as book:
        book.writestr("xl/media/image1.png", b"x")
    with pytest.raises(StoreError, match="有图片，改写会丢失"):
        tallied(project, quotes())


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 not a zip", b"%PDF-1.7", b"a,b\n1,2\n"],
    ids=["empty", "zip", "pdf", "csv"],
)
def test_what_is_no_workbook_is_told(project, content):
    file = quote_register("shop", project)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"registers/shop/quotes\.xlsx"):
        store.quote_reviews("shop", project)


def test_somebody_elses_change_in_the_meantime_is_not_overwritten(project, monkeypatch):
    tallied(project, quotes(TEXTS[:2]))
    file = quote_register("shop", project)
    packed = store.quote_register.__globals__["workbook"].packed

    def meanwhile(book, before, name):
        edited(project, lambda sheet: reviewed(sheet, 2))
        return packed(book, before, name)

    monkeypatch.setattr("csatlib.store.workbook.packed", meanwhile)
    with pytest.raises(StoreError, match="刚刚被别人改动"):
        tallied(project, quotes())
    assert store.quote_reviews("shop", project)["verdict"].notna().sum() == 1
    assert not list(file.parent.glob(".*.tmp"))


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_says_how_many_stand_where(project, capsys):
    store.write(quotes(), "quotes", "2026Q3", "shop", project)
    call = ["quotes", "2026Q3", "--line", "shop", "--root", str(project)]
    assert csat(call) == 0
    assert (
        "候选原话 5 条，新加入 5 条；待审核 5 条，通过 0 条，不通过 0 条" in capsys.readouterr().out
    )
    edited(project, lambda sheet: reviewed(sheet, 2))
    assert csat(call) == 0
    assert "新加入 0 条；待审核 4 条，通过 1 条" in capsys.readouterr().out
    edited(project, lambda sheet: reviewed(sheet, 3, verdict="好"))
    assert csat(call) == 1
    assert "E3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (["quotes", "2026Q3"], 2),
        (["quotes", "2026Q5", "--line", "shop"], 2),
        (["quotes", "2026Q3", "--line", "nowhere"], 2),
        (["quotes", "2026Q3", "--line", "shop"], 1),
    ],
    ids=["no line", "no quarter", "unknown line", "no table yet"],
)
def test_a_wrong_call_is_told(project, capsys, call, code):
    assert csat([*call, "--root", str(project)]) == code
    assert any("\u4e00" <= letter <= "\u9fff" for letter in capsys.readouterr().err)


def test_the_fictional_reviewer_passes_the_first_two_and_leaves_people_s_words_alone(project):
    store.write(quotes(), "quotes", "2026Q3", "shop", project)
    tallied(project, quotes())
    edited(project, lambda sheet: reviewed(sheet, 3, verdict="不通过"))
    assert demo.review("2026Q3", "shop", root=project) == 4
    reviews = store.quote_reviews("shop", project)
    assert themes.released(quotes(), reviews)["reviewed"].tolist() == [True] + [False] * 4
    assert sorted(reviews["reviewer"].unique()) == ["李敏", "示例审核员"]
    assert demo.review("2026Q3", "shop", root=project) == 0


# ---- forgetting ----------------------------------------------------------------------------------


def own_remarks(sheet):
    sheet.cell(2, 13).value = "排队等太久——很典型"
    own = sheet.parent.create_sheet("选用")
    own["A1"].value, own["A2"].value = "可用：排队等太久", "可用：没人接电话"
    own["A2"].comment, own["B1"].comment = Comment("同排队等太久", "李敏"), Comment("留用", "李敏")


CALLS = "客户编号,整体满意度,意见建议\nC0001,2,排队等太久\nC0002,3,没人接电话\nC0003,4,态度很好\n"


@pytest.fixture
def answered(project, monkeypatch, tmp_path):
    """A quarter whose three customers are quoted, in the tables and in the register."""
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "key"))
    raw = project / "data/raw/2026Q3/shop/电话_1.csv"
    raw.parent.mkdir(parents=True)
    raw.write_text(CALLS, encoding="utf-8")
    file = hashlib.sha256(raw.read_bytes()).hexdigest()[:12]
    found = quotes(["排队等太久", "没人接电话", "态度很好"], file=file)
    from csatlib import exports

    table = exports.read(raw, store.study("shop", project))
    found["response_id"] = pd.Series(list(table.rows.index), dtype="str")
    found["comment_id"] = found["response_id"] + ":comment"
    found["quote_id"] = themes.quote_ids(found["comment_id"], found["theme"], found["text"])
    store.write(found, "quotes", "2026Q3", "shop", project)
    joint = schema.empty("joint_display")
    joint["dimension"], joint["quote_ids"] = ["overall"], " ".join(found["quote_id"])
    joint = joint.assign(
        comments=3, base=3, negative=0, positive=0,
        numbers="unknown", words="divided", verdict="insufficient", rule="no_estimate",
    )  # fmt: skip
    joint = joint.astype(schema.empty("joint_display").dtypes.to_dict())
    store.write(joint, "joint_display", "2026Q3", "shop", project)
    store.add_quotes(found, "2026Q3", "shop", root=project)
    edited(project, lambda sheet: [reviewed(sheet, row) for row in (2, 3, 4)])
    edited(project, own_remarks)
    store.write(store.quote_reviews("shop", project), "quote_reviews", "2026Q3", "shop", project)
    return project


def test_who_is_forgotten_leaves_register_and_tables_and_the_other_reviews_still_hold(answered):
    told = store.forget("C0001", root=answered)
    rows = {removal.file: removal.rows for removal in told.removals}
    assert rows["registers/shop/quotes.xlsx"] == 1
    assert rows["data/processed/2026Q3/shop/quotes.parquet"] == 1
    assert rows["data/processed/2026Q3/shop/quote_reviews.parquet"] == 1
    left = store.read("quotes", "2026Q3", "shop", answered)
    assert left["text"].tolist() == ["没人接电话", "态度很好"]
    reviews = store.quote_reviews("shop", answered)
    assert set(reviews["quote_id"]) == set(left["quote_id"])
    assert themes.released(left, reviews)["reviewed"].all()
    expected = themes.quote_ids(left["comment_id"], left["theme"], left["text"])
    assert left["quote_id"].tolist() == expected.tolist()
    joint = store.read("joint_display", "2026Q3", "shop", answered)
    assert joint["quote_ids"].tolist() == [" ".join(left["quote_id"])]
    snapshot = store.read("quote_reviews", "2026Q3", "shop", answered)
    assert set(snapshot["quote_id"]) == set(left["quote_id"])


def test_no_word_of_the_forgotten_is_left_in_the_register(answered):
    store.forget("C0001", root=answered)
    with zipfile.ZipFile(quote_register("shop", answered)) as book:
        for part in book.namelist():
            text = book.read(part).decode("utf-8", "ignore")
            assert "排队等太久" not in text
            assert "&#25490;&#38431;" not in text
    book = openpyxl.load_workbook(quote_register("shop", answered))
    sheet, own = book["原话复核"], book["选用"]
    assert [own["A1"].value, own["A2"].value] == [None, "可用：没人接电话"]
    assert (own["A2"].comment, own["B1"].comment.text) == (None, "留用")
    assert all(cell.value is None for cell in sheet[2])
    assert sheet.cell(3, column(sheet, "原话")).value == "没人接电话", "no other row moves"


def test_what_would_be_removed_is_told_and_nothing_changes(answered):
    before = quote_register("shop", answered).read_bytes()
    told = store.forgetting("C0001", root=answered)
    assert any(r.file == "registers/shop/quotes.xlsx" for r in told.removals)
    assert quote_register("shop", answered).read_bytes() == before


def test_an_open_register_stops_forgetting_before_anything_changes(answered):
    raw = answered / "data/raw/2026Q3/shop/电话_1.csv"
    quote_register("shop", answered).with_name("~$quotes.xlsx").touch()
    with pytest.raises(StoreError, match="正在 Excel 里打开"):
        store.forget("C0001", root=answered)
    assert raw.read_text(encoding="utf-8") == CALLS


def test_a_register_of_others_stays_as_it_is(answered):
    other = answered / "registers/other/quotes.xlsx"
    other.parent.mkdir()
    other.write_bytes(quote_register("shop", answered).read_bytes())
    book = openpyxl.load_workbook(other)
    for row in (2, 3, 4):
        cell = book["原话复核"].cell(row, 10)
        cell.value = f"bbbbbbbbbbbb:s:{row}:comment"
    book.save(other)
    before = other.read_bytes()
    store.forget("C0001", root=answered)
    assert other.read_bytes() == before


def test_tables_that_name_quotes_alone_are_renamed_too():
    ids = {"Qa": "Qb", "Qc": None}
    table = pd.DataFrame({"quote_id": ["Qa", "Qc", "Qd"]}).astype("str")
    assert requoted(table, ids)["quote_id"].tolist() == ["Qb", "Qd"]
    lists = pd.DataFrame({"quote_ids": ["Qa Qc Qd", "Qc", None]}).astype("str")
    assert requoted(lists, ids)["quote_ids"].fillna("").tolist() == ["Qb Qd", "", ""]


def test_the_example_of_a_suggestion_follows_its_row():
    table = pd.DataFrame({"example_id": ["f:s:3:comment"]}).astype("str")
    assert renamed(table, {"f:s:3": "g:s:2"}, {})["example_id"].tolist() == ["g:s:2:comment"]


def test_the_register_is_backed_up_with_the_project(project, tmp_path, monkeypatch):
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "key"))
    store.new_key()
    tallied(project, quotes())
    store.backup(tmp_path / "all.age", root=project)
    again = store.restore(tmp_path / "all.age", root=tmp_path / "again")
    before = quote_register("shop", project).read_bytes()
    assert (again / "registers/shop/quotes.xlsx").read_bytes() == before
    assert len(openpyxl.load_workbook(io.BytesIO(before)).sheetnames) == 1
