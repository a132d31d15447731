"""A person leaves the registers of opinions and rechecks; archives without raw files name nobody."""

from __future__ import annotations

import os
import tarfile
import zipfile
from datetime import date

import openpyxl
import pandas as pd
import pytest
from loop_registers import STUDY, drafts, edited, opinions, write
from openpyxl.comments import Comment

from csatlib import exports, privacy, store
from csatlib.store import StoreError
from csatlib.store.archive import _is_personal

CALLS = "客户编号,整体满意度,响应速度满意吗,意见建议\nC0001,2,2,排队等太久\nC0002,3,3,没人接电话\n"
OPINIONS, AGAIN = "意见跟进", "二次回访"


def own_remarks(book):
    sheet = book[OPINIONS]
    sheet.cell(1, 30).value, sheet.cell(2, 30).value = "我的列", "排队等太久，很典型"
    own = book.create_sheet("周会")
    own["A1"].value, own["A2"].value = "议：排队等太久", "议：没人接电话"
    own["A2"].comment = Comment("同排队等太久", "李敏")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A quarter of two customers whose opinions are followed up and who were asked again."""
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    root = tmp_path / "project"
    (root / "studies/shop").mkdir(parents=True)
    (root / "studies/shop/study.yml").write_text(STUDY, encoding="utf-8")
    raw = root / "data/raw/2026Q2/shop/电话_1.csv"
    raw.parent.mkdir(parents=True)
    raw.write_text(CALLS, encoding="utf-8")
    rows = list(exports.read(raw, store.study("shop", root)).rows.index)
    key = store.pseudonym_key(store.study("shop", root))
    said = opinions().assign(
        response_id=pd.Series(rows, dtype="str"),
        comment_id=pd.Series([f"{row}:comment" for row in rows], dtype="str"),
        followup_id=pd.Series([f"F-{row}:comment" for row in rows], dtype="str"),
        customer_id=privacy.pseudonymise(pd.Series(["C0001", "C0002"]), key=key),
        text=pd.Series(["排队等太久", "没人接电话"], dtype="str"),
    )
    store.write(said, "followups", "2026Q2", "shop", root)
    store.add_followups(said, "shop", root=root)
    edited(root, "followups", own_remarks)
    store.add_actions(drafts(), "shop", root=root)

    def again(book):
        write(
            book[AGAIN], 2, 措施编号="M1", 客户编号="c0001", 回访日期=date(2026, 9, 1), 客户满意度=4
        )
        write(book[AGAIN], 3, 措施编号="M1", 客户编号="C0002", 回访日期=date(2026, 9, 1))
        write(book["进展"], 2, 措施编号="M1", 类别="进展", 说明="已致电 C0001")

    edited(root, "actions", again)
    (root / "registers/shop/proofs").mkdir()
    store.write(store.rechecks("shop", root), "rechecks", "2026Q2", "shop", root)
    return root


def test_who_is_forgotten_leaves_both_registers_and_their_tables(project):
    told = store.forget("C0001", root=project)
    rows = {removal.file: removal.rows for removal in told.removals}
    assert rows["registers/shop/followups.xlsx"] == 1
    assert rows["registers/shop/actions.xlsx"] == 1
    assert rows["data/processed/2026Q2/shop/rechecks.parquet"] == 1
    assert rows["data/processed/2026Q2/shop/followups.parquet"] == 1
    log = store.followup_log("shop", project)
    assert log["text"].tolist() == ["没人接电话"]
    assert len(store.rechecks("shop", project)) == 1
    stored = store.read("followups", "2026Q2", "shop", project)
    assert stored["comment_id"].tolist() == log["comment_id"].tolist()
    assert stored["followup_id"].tolist() == log["followup_id"].tolist()
    assert log["response_id"].tolist() == stored["response_id"].tolist()


def test_the_others_are_still_known_to_the_register(project):
    store.forget("C0001", root=project)
    stored = store.read("followups", "2026Q2", "shop", project)
    assert store.add_followups(stored, "shop", root=project) == store.Entered(0, 1, 0)


def test_what_is_left_to_be_looked_at_is_told(project):
    notes = " ".join(store.forget("C0001", root=project).notes)
    assert "registers/shop/actions.xlsx：还有 1 个单元格提到这个人的编号" in notes
    assert "registers/shop/proofs：证明材料没有检查" in notes
    assert "C0001" not in notes


def test_no_word_of_the_forgotten_is_left_among_the_opinions(project):
    store.forget("C0001", root=project)
    file = store.register_file("followups", "shop", project)
    with zipfile.ZipFile(file) as book:
        for part in book.namelist():
            assert "排队等太久" not in book.read(part).decode("utf-8", "ignore")
    book = openpyxl.load_workbook(file)
    assert all(cell.value is None for cell in book[OPINIONS][2]), "no row moves"
    assert book["周会"]["A2"].value == "议：没人接电话"


def test_who_was_only_asked_again_is_found_by_any_spelling(project):
    edited(project, "actions", lambda b: write(b[AGAIN], 4, 措施编号="M1", 客户编号="Ｃ0009 "))
    told = store.forget("c0009", root=project)
    assert [(r.file, r.rows) for r in told.removals] == [("registers/shop/actions.xlsx", 1)]


def test_telling_changes_nothing(project):
    files = [store.register_file(name, "shop", project) for name in ("actions", "followups")]
    before = [file.read_bytes() for file in files]
    assert len(store.forgetting("C0001", root=project).removals) >= 4
    assert [file.read_bytes() for file in files] == before


def test_an_open_register_stops_forgetting_before_anything_changes(project):
    store.register_file("actions", "shop", project).with_name("~$actions.xlsx").touch()
    with pytest.raises(StoreError, match="正在 Excel 里打开"):
        store.forget("C0001", root=project)
    raw = project / "data/raw/2026Q2/shop/电话_1.csv"
    assert raw.read_text(encoding="utf-8") == CALLS


def test_an_archive_that_anybody_can_open_names_no_customer(project):
    named = {name: store.register_file(name, "shop", project) for name in ("actions", "followups")}
    assert _is_personal("actions.xlsx", named["actions"])
    assert not _is_personal("followups.xlsx", named["followups"])
    assert _is_personal("proofs/合同.pdf", named["actions"].parent / "proofs/合同.pdf")

    def pseudonyms(book):
        for row in (2, 3):
            write(book[AGAIN], row, 客户编号=f"PEKKH9TEVC1B7G2W{row}")

    assert not _is_personal("actions.xlsx", edited(project, "actions", pseudonyms))


def test_a_published_quarter_without_raw_files_leaves_them_out(project, monkeypatch):
    monkeypatch.setitem(store.archive.__globals__, "_refuse_unpublished", lambda at: None)
    (project / "registers/shop/proofs/合同.pdf").write_bytes(b"x")
    (project / "registers/shop/~$followups.xlsx").touch()
    kept = store.archive("2026Q2", "shop", root=project, raw_files=False)
    with tarfile.open(kept.file) as bundle:
        inside = [name for name in bundle.getnames() if name.startswith("改进措施清单与执行记录")]
        index = bundle.extractfile("目录.txt").read().decode()
    assert inside == ["改进措施清单与执行记录/followups.xlsx"]
    assert "证明材料和写有客户编号的登记表不在这份归档里" in index
