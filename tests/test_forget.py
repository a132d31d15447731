"""Forgetting: one person leaves every file, everybody else stays to the byte."""

import csv
import fcntl
import io
import json
import os
import re
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from csatlib import exports, privacy, store
from csatlib.cli import _run as csat
from csatlib.exports import grid
from csatlib.store import StoreError

EVENT = """\
line: event
title: 事件满意度调查
population: {description: 报过事件的客户}
scales: {five: {low: 1, high: 5, cutoff: 4}}
sources:
  - {role: responses, glob: "回访*", reader: table, channel: 电话, mapping: {ticket_id: 工单号}}
  - {role: tickets, glob: tickets.csv, reader: table, mapping: {ticket_id: 工单号, customer_id: 客户编号}}
questions: [{id: overall, text: 整体满意度, kind: rating, scale: five}]
report: {overall: overall}
privacy: {key: public_test, retention_quarters: 2}
"""
SHOP = """\
line: shop
title: 门店满意度调查
population: {description: 近三个月到店的客户}
scales: {five: {low: 1, high: 5, labels: {不满意: 2, 一般: 3, 满意: 4}, cutoff: 4}}
sources:
  - {role: responses, glob: "*_按文本_*", reader: wjx, channel: 线上, mapping: {customer_id: 来源详情}}
  - {role: twin, glob: "*_按序号_*", reader: wjx, mapping: {customer_id: 来源详情}}
  - {role: responses, glob: "电话*", reader: table, channel: 电话, mapping: {customer_id: 客户编号}}
  - {role: customers, folder: all, glob: customers.csv, reader: table, mapping: {customer_id: 客户编号}}
questions: [{id: overall, text: 整体满意度, kind: rating, scale: five}]
report: {overall: overall}
privacy: {key: public_test}
"""
PHONE = (
    "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议\r\n"
    "C0002,2026-08-01 10:00,60,5,5,9,好\r\n"
    'c0001.0,2026-08-02 10:00,61,4,4,8,"第一行\r\n第二行，含""引号"""\r\n'
    "\r\n"
    "C0003,2026-08-03 10:00,62,3,3,7,\r\n"
    'C0001,2026-08-04 10:00,63,3,3,7,"又来"\r\n'
    "C00010,2026-08-05 10:00,64,3,3,7,不是同一个人"
)
WJX = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "1、您的整体满意度"]
ONLINE = [
    WJX,
    ["1", "2026/8/1 10:00:00", "60秒", "链接", "C0004", "192.0.2.1(北京-北京)", "满意"],
    ["2", "2026/8/2 10:00:00", "70秒", "链接", "C0001", "192.0.2.2(北京-北京)", "一般"],
    ["3", "2026/8/3 10:00:00", "80秒", "链接", "直接访问", "192.0.2.3(北京-北京)", "满意"],
]
CODED = [WJX, *([*row[:-1], str(3 + (row[-1] == "满意"))] for row in ONLINE[1:])]
CUSTOMERS = "客户编号,客户名称,区域\nC0001,甲,东\nC0002,乙,西\nC0003,丙,西\n"
TICKETS = "工单号\t客户编号\nT1\tC0001\nT2\tC0002\nT3\tC0001\n"
CALLS = "工单号;整体满意度\nT1;5\nT2;4\nT4;3\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two lines in two quarters, processed and reported."""
    root = tmp_path_factory.mktemp("made") / "project"
    for line, text in (("shop", SHOP), ("event", EVENT)):
        (root / "studies" / line).mkdir(parents=True)
        (root / "studies" / line / "study.yml").write_text(text, encoding="utf-8")
    for quarter in ("2026Q2", "2026Q3"):
        raw = root / "data/raw" / quarter
        for line in ("shop", "event", "all"):
            (raw / line).mkdir(parents=True)
        calls = f"{PHONE}\r\nC0009,{quarter},1,1,1,1,\r\n"
        (raw / "shop/电话_1.csv").write_bytes(calls.encode("gb18030"))
        last = ["4", quarter, "9秒", "", "C0007", ""]
        workbook(raw / "shop/9_按文本_门店_3_3.xlsx", [*ONLINE, [*last, "满意"]])
        workbook(raw / "shop/9_按序号_门店_3_3.xlsx", [*CODED, [*last, "4"]])
        (raw / "all/customers.csv").write_text(
            f"{CUSTOMERS}{quarter},丁,东\n", encoding="utf-8-sig"
        )
        tickets = f"{TICKETS}{quarter}\t{quarter}\n"
        (raw / "event/tickets.csv").write_bytes(b"\xff\xfe" + tickets.encode("utf-16-le"))
        (raw / "event/回访.csv").write_text(f"{CALLS}{quarter};1\n", encoding="utf-8")
        process(root, quarter)
    (root / "data/raw/README.md").write_text("说明", encoding="utf-8")
    (store.cache(root) / "a.parquet").write_bytes(b"x")
    return root


@pytest.fixture
def project(tmp_path, monkeypatch, made):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "home" / "key"))
    # Nothing here is to outlive a loss of power, and a busy disk takes its time.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    # Half of the time would go into starting processes; what `finished` leaves is read in them.
    monkeypatch.setattr(grid, "_in_child", lambda source, job, *_: grid.parse(source.read(), job))
    return Path(shutil.copytree(made, tmp_path / "project"))


@pytest.fixture(scope="module")
def listing(made):
    """What would be removed of the first customer."""
    return store.forgetting("C0001", root=made)


@pytest.fixture(scope="module")
def finished(made, tmp_path_factory):
    """What an undisturbed call leaves."""
    copy = Path(shutil.copytree(made, tmp_path_factory.mktemp("finished") / "project"))
    store.forget("C0001", root=copy)
    return logical(copy)


def workbook(file, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(file)


def pseudonym(customer):
    return f"P{sum(map(ord, customer)):05d}"


def process(root, quarter):
    """Write what cleaning would: answers under pseudonyms, what hangs on them, and the vault."""
    for line in ("shop", "event"):
        study = store.study(line, root)
        raw = exports.read_all(store.raw(quarter, line, root), study)
        tickets = {"T1": "C0001", "T2": "C0002"}
        rows = {}
        for table in raw:
            if table.role == "responses":
                header = (
                    exports.mapped(table).get("customer_id") or exports.mapped(table)["ticket_id"]
                )
                for row_id, name in table.rows[header].items():
                    name = name.upper().removesuffix(".0")
                    rows[row_id] = tickets.get(name, name) if line == "event" else name
        ids = list(rows)
        n = len(ids)
        responses = pd.DataFrame(
            {
                "response_id": ids,
                "quarter": [quarter] * n,
                "line": [line] * n,
                "channel": ["电话"] * n,
                "customer_id": [pseudonym(rows[i]) for i in ids],
                "submitted_at": pd.Series([None] * n, dtype="datetime64[us]"),
                "seconds": pd.Series([60] * n, dtype="Int32"),
            }
        ).astype(dict.fromkeys(["response_id", "quarter", "line", "channel", "customer_id"], "str"))

        def text(df):
            return pd.DataFrame(df).astype("str")

        comment_ids = [f"{i}:comment" for i in ids]
        tables = {
            "responses": responses,
            "answer_status": text({"response_id": ids, "item": "overall", "status": "answered"}),
            "comments": text({"comment_id": comment_ids, "response_id": ids, "item": "comment", "text": "词"}),
            "tokens": text({"comment_id": comment_ids, "token": "词", "pos": "n"}).assign(position=pd.Series([0] * n, dtype="Int64"))[["comment_id", "position", "token", "pos"]].astype(dict.fromkeys(["comment_id", "token", "pos"], "category")),
            "ledger": text({"row_id": ids, "column": "seconds", "rule": "unreadable", "new": "1"}),
            "quarantine": text({"row_id": ids, "rule": "too_fast", "reason": "作答时间过短"}),
            "flags": text({"row_id": ids, "rule": "too_fast"}).assign(excluded=False),
            "identities": text({"pseudonym": [pseudonym(rows[i]) for i in ids], "kind": "customer_id", "value": [rows[i] for i in ids]}).drop_duplicates(ignore_index=True),
            "keywords": pd.DataFrame({"method": ["tfidf"], "group_by": [None], "group": [None], "rank": [1], "term": ["词"], "score": [1.0], "ci_low": [0.5], "ci_high": [1.0], "comments": [n], "base": [n]}).astype({"method": "str", "group_by": "str", "group": "str", "rank": "Int64", "term": "str", "score": "Float64", "ci_low": "Float64", "ci_high": "Float64", "comments": "Int64", "base": "Int64"}),
        }  # fmt: skip
        for name, df in tables.items():
            store.write(df, name, quarter, line, root)
        folder = store.tables_folder(quarter, line, root)
        known = store.manifest(quarter, line, root)
        store.write_manifest({**known, "draft": False, "commit": "abc"}, folder)
        store.reports_folder(quarter, line, root).mkdir(parents=True)


def contents(root, *below):
    found = {}
    for folder in below or ("data", "studies", "reports"):
        files = [f for f in (root / folder).rglob("*") if f.is_file() and ".stage" not in f.parts]
        found.update({str(f.relative_to(root)): f.read_bytes() for f in files})
    return found


def tables(root, quarter, line):
    return {
        name: store.read(name, quarter, line, root)
        for name in store.manifest(quarter, line, root)["tables"]
    }


def sheet(file):
    return [[c.value for c in row] for row in openpyxl.load_workbook(file).active.iter_rows()]


# what goes


def test_the_rows_leave_the_raw_files_and_every_other_byte_stays(project):
    before = contents(project, "data/raw")
    store.forget("C0001", root=project)
    after = contents(project, "data/raw")
    for quarter in ("2026Q2", "2026Q3"):
        phone = f"data/raw/{quarter}/shop/电话_1.csv"
        cut = PHONE.split("\r\n")
        for line in (*cut[2:4], cut[6]):
            before[phone] = before[phone].replace((line + "\r\n").encode("gb18030"), b"", 1)
        assert after[phone] == before[phone]
        customers = f"data/raw/{quarter}/all/customers.csv"
        assert after[customers] == before[customers].replace("C0001,甲,东\n".encode(), b"")
        tickets = f"data/raw/{quarter}/event/tickets.csv"
        rest = TICKETS.replace("T1\tC0001\n", "").replace("T3\tC0001\n", "")
        assert after[tickets] == b"\xff\xfe" + (rest + f"{quarter}\t{quarter}\n").encode(
            "utf-16-le"
        )
        calls = f"data/raw/{quarter}/event/回访.csv"
        assert after[calls] == before[calls].replace(b"T1;5\n", b"")


@pytest.mark.parametrize(("name", "rows"), [("按文本", ONLINE), ("按序号", CODED)])
def test_the_rows_leave_both_workbooks_and_the_other_cells_stay(project, name, rows):
    file = project / f"data/raw/2026Q3/shop/9_{name}_门店_3_3.xlsx"
    before = sheet(file)
    assert before[:4] == rows
    store.forget("C0001", root=project)
    assert sheet(file) == before[:2] + before[3:]


def test_the_persons_rows_leave_every_table_and_only_they(project):
    places = [(q, line) for q in ("2026Q2", "2026Q3") for line in ("shop", "event")]
    before = {place: tables(project, *place) for place in places}
    store.forget("C0001", root=project)
    for place in places:
        responses = before[place]["responses"]
        mine = responses.loc[responses["customer_id"] == pseudonym("C0001"), "response_id"]
        assert len(mine) == (3 if place[1] == "shop" else 1)
        for name, table in tables(project, *place).items():
            old = before[place][name]
            column = next(
                (c for c in ("response_id", "row_id", "comment_id", "pseudonym") if c in old), None
            )
            gone = {*mine, *(mine + ":comment"), pseudonym("C0001")}
            left = old if column is None else old[~old[column].isin(gone)].reset_index(drop=True)
            found = [c for c in ("response_id", "row_id", "comment_id") if c in left]
            assert_frame_equal(table.drop(columns=found), left.drop(columns=found))
            assert (len(table) < len(old)) == (column is not None)


def test_nothing_of_the_person_is_left_anywhere(project):
    store.forget("C0001", root=project)
    for name, content in contents(project).items():
        for word in ("C0001,", "c0001", "C0001\t", "又来", "第一行"):
            for encoding in ("utf-8", "gb18030", "utf-16-le"):
                assert word.encode(encoding) not in content, name
    for quarter in ("2026Q2", "2026Q3"):
        identities = store.read("identities", quarter, "shop", project)
        assert "C0001" not in set(identities["value"])
    assert not (project / "data/cache").exists()
    assert store.forgetting("C0001", root=project).removals == ()


def test_the_manifest_counts_the_people_and_names_nobody(project):
    store.forget("C0001", root=project)
    store.forget("C0002", root=project)
    noted = store.manifest("2026Q3", "shop", project)
    assert noted["removed"] == {"people": 2, "estimates_recomputed": False}
    assert (noted["draft"], noted["commit"]) == (False, "abc")
    assert noted["tables"]["keywords"]["rows"] == 1
    text = json.dumps(noted)
    assert "C0001" not in text
    assert pseudonym("C0001") not in text


@pytest.mark.parametrize("name", ["C0001", " c0001 ", "c0001.0", "Ｃ０００１", pseudonym("C0001")])
def test_every_spelling_and_the_pseudonym_mean_the_same_person(project, listing, name):
    told = store.forgetting(name, root=project)
    assert told == listing
    assert {r.file: r.rows for r in told.removals}["data/raw/2026Q3/shop/电话_1.csv"] == 2


def test_without_a_vault_a_pseudonym_still_leads_to_the_raw_rows(project):
    for quarter in ("2026Q2", "2026Q3"):
        for line in ("shop", "event"):
            folder = store.tables_folder(quarter, line, project)
            known = store.manifest(quarter, line, project)
            del known["tables"]["identities"]
            store.write_manifest(known, folder)
            (folder / "identities.parquet").unlink()
    assert_same = {r.file for r in store.forgetting("C0001", root=project).removals}
    assert {
        r.file for r in store.forgetting(pseudonym("C0001"), root=project).removals
    } == assert_same
    assert "data/raw/2026Q3/all/customers.csv" in assert_same


def test_an_unknown_person_changes_nothing(project):
    before = contents(project)
    assert store.forget("C9999", root=project).removals == ()
    after = contents(project)
    before.pop("data/cache/a.parquet")
    assert after == before


def test_a_raw_file_keeps_its_rights(project):
    file = project / "data/raw/2026Q3/shop/电话_1.csv"
    file.chmod(0o440)
    store.forget("C0001", root=project)
    assert file.stat().st_mode & 0o777 == 0o440


# telling first


def test_a_dry_run_tells_everything_and_changes_nothing(project):
    before = contents(project)
    told = store.forgetting("C0001", root=project)
    assert contents(project) == before
    rows = {r.file.removeprefix("data/"): r.rows for r in told.removals if "2026Q3" in r.file}
    assert rows["raw/2026Q3/shop/9_按序号_门店_3_3.xlsx"] == 1
    assert rows["raw/2026Q3/event/tickets.csv"] == 2
    assert rows["processed/2026Q3/shop/responses.parquet"] == 3
    assert rows["processed/2026Q3/shop/identities.parquet"] == 1
    assert store.forget("C0001", root=project) == told


def test_backups_archives_and_reports_that_hold_the_person_are_named(project, tmp_path_factory):
    store.new_key()
    folder = tmp_path_factory.mktemp("backups")
    store.backup(folder / "b.age", root=project)
    shutil.rmtree(project / "data/raw/2026Q2/shop")
    told = store.forgetting("C0001", root=project)
    assert told.backups == (str(folder / "b.age"),)
    assert "reports/2026Q3/shop" in told.reports
    assert store.forgetting("C9999", root=project).backups == ()


def test_what_could_not_be_looked_into_is_said(project):
    (project / "data/raw/2026Q3/all/other.csv").write_text("a,b\n1,2\n")
    with (project / "data/raw/2026Q3/shop/电话_1.csv").open("ab") as stream:
        stream.write(b"C0001,only,three\r\n")
    (project / "data/raw/2026Q3/zoo").mkdir()
    (project / "data/raw/2026Q3/zoo/a.csv").write_text("a\n1\n")
    assert store.forgetting("C0001", root=project).notes == (
        "2026Q3/all/other.csv：没有研究文件认领它，没有检查",
        "2026Q3/shop/电话_1.csv：有 1 行错位，没有检查",
        "2026Q3/zoo/a.csv：没有研究文件认领它，没有检查",
    )


# coming back


def test_a_forgotten_person_is_noticed_when_a_file_brings_them_in_again(project):
    store.forget("C0001", root=project)
    ids = pd.Series(["C0001", "c0001.0", pseudonym("C0001"), "C0002", None], name="customer_id")
    assert store.forgotten(ids, "shop", project).tolist() == [True, True, True, False, False]
    assert store.forgotten(ids, "event", project).iloc[0]
    text = (project / "data/forgotten.json").read_text()
    assert "C0001" not in text
    assert pseudonym("C0001") not in text
    assert (project / "data/forgotten.json").stat().st_mode & 0o777 == 0o600


def test_a_damaged_list_of_the_forgotten_is_told(project):
    (project / "data/forgotten.json").write_text("[]")
    with pytest.raises(StoreError, match=r"data/forgotten\.json：已遗忘名单已损坏"):
        store.forgotten(pd.Series(["C0001"]), "shop", project)


def test_where_nobody_was_forgotten_neither_study_nor_key_is_needed(project):
    ids = pd.Series(["C0001", None])
    assert store.forgotten(ids, "nowhere", project).tolist() == [False, False]
    responses = store.read("responses", "2026Q3", "shop", project)
    assert store.refuse_forgotten(responses, "nowhere", project) is responses


def anonymous(project):
    """Add a line that keeps no link to people, with a file of its own."""
    (project / "studies/quiet").mkdir()
    quiet = SHOP.replace("line: shop", "line: quiet").replace(
        "{key: public_test}", "{mode: anonymous}"
    )
    (project / "studies/quiet/study.yml").write_text(quiet, encoding="utf-8")
    (project / "data/raw/2026Q3/quiet").mkdir()
    file = project / "data/raw/2026Q3/quiet/电话_1.csv"
    file.write_bytes(PHONE.encode("gb18030"))
    return file


def test_an_anonymous_line_beside_the_others_is_no_hindrance(project):
    file = anonymous(project)
    store.forget("C0001", root=project)
    assert b"C0001," not in file.read_bytes()
    ids = pd.Series(["C0001"])
    assert store.forgotten(ids, "shop", project).tolist() == [True]
    assert store.forgotten(ids, "quiet", project).tolist() == [False]
    assert "quiet" not in json.loads((project / "data/forgotten.json").read_text())


@pytest.mark.parametrize("protected", [False, True], ids=["ids", "pseudonyms"])
@pytest.mark.parametrize("column", ["customer_id", "ticket_id"])
def test_an_old_export_laid_in_again_is_refused_and_nobody_is_named(project, column, protected):
    line, name = {"customer_id": ("shop", "C0001"), "ticket_id": ("event", "T1")}[column]
    old = project / f"data/raw/2026Q3/{line}" / {"shop": "电话_1.csv", "event": "回访.csv"}[line]
    content = old.read_bytes()
    store.forget("C0001", root=project)
    old.write_bytes(content)
    ids = pd.Series([name, "C0002", None], dtype="str")
    if protected:
        ids = privacy.pseudonymise(ids, key=store.pseudonym_key(store.study(line, project)))
    rows = [f"{store.digest(old)[:12]}:1:{n}" for n in (3, 4, 5)]
    responses = pd.DataFrame({"response_id": rows, column: ids})
    with pytest.raises(StoreError, match="有 1 行属于已经要求遗忘的人") as caught:
        store.refuse_forgotten(responses, line, project)
    assert f"2026Q3/{line}/{old.name} 第 3 行（1 行）" in str(caught.value)
    assert "csat forget" in str(caught.value)
    assert not set(ids.dropna()) & set(str(caught.value).split())
    assert name not in str(caught.value)
    others = responses.iloc[1:]
    assert store.refuse_forgotten(others, line, project) is others


def test_a_ticket_with_the_number_of_a_forgotten_customer_is_nobody(project):
    store.forget("C0001", root=project)
    responses = pd.DataFrame({"response_id": ["a:1:2"], "ticket_id": ["C0001"]})
    assert store.refuse_forgotten(responses, "event", project) is responses


# somebody else afterwards


def raw_rows(root, quarter, line):
    """Give the address of every answer that the raw files hold now."""
    raw = exports.read_all(store.raw(quarter, line, root), store.study(line, root))
    return {row_id for table in raw if table.role == "responses" for row_id in table.rows.index}


@pytest.mark.parametrize("line", ["shop", "event"])
def test_the_tables_name_the_other_rows_by_their_new_addresses(project, line):
    raw = exports.read_all(store.raw("2026Q3", line, project), store.study(line, project))
    books = pd.DataFrame({"file": [t.file for t in raw], "digest": [t.digest for t in raw]})
    books = books.assign(role=[t.role for t in raw], channel=None, platform="table", encoding=None)
    books = books.assign(read=1, non_data=0, kept=1, quarantined=0).astype(
        dict.fromkeys(("read", "non_data", "kept", "quarantined"), "Int64")
        | dict.fromkeys(("file", "digest", "role", "channel", "platform", "encoding"), "str")
    )
    store.write(books, "intake", "2026Q3", line, project)
    ledger = store.read("ledger", "2026Q3", line, project)
    heads = [f"{t.digest[:12]}:1:1" for t in raw if t.role == "responses"]
    more = ledger.iloc[[0] * len(heads)].assign(row_id=heads, column="header")
    ledger = pd.concat([ledger, more], ignore_index=True).astype("str")
    store.write(ledger, "ledger", "2026Q3", line, project)
    store.forget("C0001", root=project)
    again = exports.read_all(store.raw("2026Q3", line, project), store.study(line, project))
    rows = raw_rows(project, "2026Q3", line)
    first = {f"{t.digest[:12]}:1:1" for t in again if t.role == "responses"}
    for name, table in tables(project, "2026Q3", line).items():
        for column in {"response_id", "row_id"} & set(table):
            assert set(table[column]) == (rows | first if name == "ledger" else rows), name
        if "comment_id" in table:
            assert set(table["comment_id"]) == {f"{row}:comment" for row in rows}, name
    noted = store.read("intake", "2026Q3", line, project)
    assert noted["digest"].tolist() == [table.digest for table in again]


@pytest.mark.parametrize("first", ["C0001", "C0002"])
def test_a_second_persons_excluded_rows_go_too(project, first):
    """Rows that were set aside are in no table of answers: only their address leads to them."""
    second = ({"C0001", "C0002"} - {first}).pop()
    for line in ("shop", "event"):
        responses = store.read("responses", "2026Q3", line, project)
        aside = responses["customer_id"].isin([pseudonym("C0001"), pseudonym("C0002")])
        kept = responses[~aside].reset_index(drop=True)
        store.write(kept, "responses", "2026Q3", line, project)
    store.forget(first, root=project)
    store.forget(second, root=project)
    for line in ("shop", "event"):
        rows = raw_rows(project, "2026Q3", line)
        for name in ("quarantine", "flags", "ledger"):
            found = set(store.read(name, "2026Q3", line, project)["row_id"])
            assert found == rows, (line, name)


# what is kept in the vault


def test_the_persons_tickets_leave_the_vault_and_nobody_elses(project):
    vault = store.read("identities", "2026Q3", "event", project)
    numbers = ["T1", "T2", "T3", "T4"]
    lines = {"pseudonym": [f"P{n}" for n in numbers], "kind": "ticket_id", "value": numbers}
    alike = {"pseudonym": ["PT1x"], "kind": ["customer_id"], "value": ["T1"]}
    more = pd.concat([vault, pd.DataFrame(lines), pd.DataFrame(alike)], ignore_index=True)
    store.write(more.astype("str"), "identities", "2026Q3", "event", project)
    store.forget("C0001", root=project)
    left = store.read("identities", "2026Q3", "event", project)
    assert left.loc[left["kind"] == "ticket_id", "value"].tolist() == ["T2", "T4"]
    assert "T1" in set(left.loc[left["kind"] == "customer_id", "value"])


# interrupted


def cut_off(project, monkeypatch, after):
    """Begin to forget, and lose the disk after so many files."""
    real, done = os.replace, []

    def failing(source, target):
        if len(done) == after:
            raise OSError(5, "Input/output error")
        done.append(target)
        real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="Input/output"):
        store.forget("C0001", root=project)
    monkeypatch.setattr(os, "replace", real)


# Of 98 files: the list of the forgotten, 48 laid ready, their list, 48 put in place.
@pytest.mark.parametrize("after", [0, 30, 49, 50, 94, 97])
def test_an_interrupted_call_can_be_repeated(project, finished, monkeypatch, after):
    cut_off(project, monkeypatch, after)
    told = store.forget("C0001", root=project)
    assert {r.file for r in told.removals} >= {"data/raw/2026Q3/event/回访.csv"}
    assert not list(project.rglob("*.tmp"))
    assert not list(project.rglob(".forget"))
    assert logical(project) == finished


@pytest.mark.parametrize("name", ["C0003", pseudonym("C0001")], ids=["other", "pseudonym"])
def test_whoever_comes_next_finishes_what_was_cut_off(project, monkeypatch, name):
    cut_off(project, monkeypatch, 94)
    before = contents(project)
    told = store.forgetting(name, root=project)
    assert "上一次删除中途断了" in told.notes[0]
    assert "data/raw/2026Q3/event/回访.csv" in {r.file for r in told.removals}
    assert contents(project) == before
    store.forget(name, root=project)
    assert store.forgetting("C0001", root=project).removals == ()
    for quarter in ("2026Q2", "2026Q3"):
        assert b"T1;" not in (project / f"data/raw/{quarter}/event/回访.csv").read_bytes()


def test_a_file_that_changed_in_between_is_not_overwritten(project, monkeypatch):
    cut_off(project, monkeypatch, 52)
    phone = project / "data/raw/2026Q3/shop/电话_1.csv"
    phone.write_bytes("客户编号,整体满意度\nC0008,5\nC0001,4\n".encode())
    store.forget("C0001", root=project)
    assert phone.read_bytes() == "客户编号,整体满意度\nC0008,5\n".encode()


def logical(project):
    """Raw bytes, cells of workbooks and tables: what counts, without random bits of encryption.

    A workbook holds the time of its writing, so rows are named by the file that has the digest.
    """
    found = {}
    raw = sorted((project / "data/raw").rglob("*.*"))
    marks = {store.digest(f)[:12]: str(f.relative_to(project)) for f in raw}
    for file in sorted((project / "data/raw").rglob("*.*")):
        name = str(file.relative_to(project))
        found[name] = sheet(file) if file.suffix == ".xlsx" else file.read_bytes()
    for quarter in ("2026Q2", "2026Q3"):
        for line in ("shop", "event"):
            noted = store.manifest(quarter, line, project)
            rows = {name: entry["rows"] for name, entry in noted["tables"].items()}
            found[f"{quarter}/{line}"] = (rows, noted["removed"])
            for name, df in tables(project, quarter, line).items():
                text = df.to_csv()
                for mark, file in marks.items():
                    text = text.replace(mark, file)
                found[f"{quarter}/{line}/{name}"] = text
    return found


def test_a_run_under_way_is_waited_for(project):
    lock_file = project / "data/processed/.stage/2026Q3/.shop.lock"
    lock_file.parent.mkdir(parents=True)
    before = contents(project)
    with lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="2026Q3/shop：csat run 正在运行；请等它结束"):
            store.forget("C0001", root=project)
    assert contents(project) == before


# what cannot be rewritten stops everything


def test_an_old_workbook_stops_everything(project, write_xls):
    folder = project / "data/raw/2026Q3/shop"
    (folder / "9_按文本_门店_3_3.xlsx").unlink()
    write_xls(folder / "9_按文本_门店_3_3.xls", ONLINE)
    before = contents(project)
    with pytest.raises(
        StoreError, match=r"旧式工作簿（\.xls）不能改写；请在 Excel 里另存为 \.xlsx"
    ):
        store.forget("C0001", root=project)
    assert contents(project) == before


def test_a_workbook_whose_formulas_would_be_lost_stops_everything(project):
    file = project / "data/raw/2026Q3/shop/9_按文本_门店_3_3.xlsx"
    book = openpyxl.load_workbook(file)
    book.active.insert_rows(2)
    for column, value in enumerate(ONLINE[1][:-1], start=1):
        book.active.cell(2, column, value)
    book.active.cell(2, 7, "=G3")
    book.save(file)
    # A formula as Excel leaves it: with the value that it last had.
    cached(file, "=G3", "满意")
    before = contents(project)
    with pytest.raises(StoreError, match="改写会改动别的内容（例如公式的结果）；请在 Excel 里删去"):
        store.forget("C0001", root=project)
    assert contents(project) == before


def cached(file, formula, value):
    import zipfile

    with zipfile.ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet_name = "xl/worksheets/sheet1.xml"
    old = f'<c r="G2"><f>{formula[1:]}</f><v /></c>'.encode()
    new = f'<c r="G2" t="str"><f>{formula[1:]}</f><v>{value}</v></c>'.encode()
    # How an empty value is written depends on the XML library that openpyxl finds.
    sheet = re.sub(rb"<v\s*/>|<v></v>", b"<v />", parts[sheet_name])
    assert old in sheet, sheet[-900:]
    parts[sheet_name] = sheet.replace(old, new)
    with zipfile.ZipFile(file, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_a_raw_file_that_cannot_be_read_stops_everything(project):
    (project / "data/raw/2026Q3/event/回访.csv").write_bytes(b"")
    before = contents(project)
    with pytest.raises(exports.ExportError, match="文件是空的"):
        store.forget("C0001", root=project)
    assert contents(project) == before


def test_the_last_row_may_go(project):
    file = project / "data/raw/2026Q3/event/回访.csv"
    file.write_bytes("工单号;整体满意度\nT1;5".encode())
    store.forget("C0001", root=project)
    assert file.read_bytes() == "工单号;整体满意度\n".encode()


def test_a_csv_cut_by_this_program_reads_as_before_in_any_other(project):
    file = project / "data/raw/2026Q3/shop/电话_1.csv"
    before = list(csv.reader(io.StringIO(file.read_bytes().decode("gb18030"), newline="")))
    store.forget("C0001", root=project)
    after = list(csv.reader(io.StringIO(file.read_bytes().decode("gb18030"), newline="")))
    assert after == [
        row for row in before if not row or row[0].upper().removesuffix(".0") != "C0001"
    ]


# kept too long


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 31), []),
        (date(2027, 1, 1), ["2026Q2/event"]),
        (date(2027, 4, 1), ["2026Q2/event", "2026Q3/event"]),
        (date(2028, 6, 30), ["2026Q2/event", "2026Q3/event"]),
        (date(2028, 7, 1), ["2026Q2/all", "2026Q2/event", "2026Q2/shop", "2026Q3/event"]),
    ],
    ids=str,
)
def test_files_expire_so_many_quarters_after_their_own(project, day, expected):
    found = store.expired(as_of=day, root=project)
    assert [f"{e.quarter}/{e.line}" for e in found] == expected


def test_what_has_expired_is_deleted_and_the_tables_stay(project):
    before = contents(project, "data/raw/2026Q3", "data/processed/2026Q3")
    gone = store.expire(as_of=date(2027, 1, 1), root=project)
    assert [len(e.files) for e in gone] == [3]
    assert not list((project / "data/raw/2026Q2/event").iterdir())
    noted = store.manifest("2026Q2", "event", project)
    assert "identities" not in noted["tables"]
    assert noted["expired"] == ["identities"]
    assert len(store.read("responses", "2026Q2", "event", project)) == 4
    assert not (project / "data/processed/2026Q2/event/identities.parquet").exists()
    assert not (project / "data/cache").exists()
    assert contents(project, "data/raw/2026Q3", "data/processed/2026Q3") == before
    assert store.expire(as_of=date(2027, 1, 1), root=project) == ()


# the command


def test_the_command_asks_before_it_removes(project, capsys, monkeypatch):
    monkeypatch.chdir(project)
    before = contents(project)
    assert csat(["forget", "C0001"]) == 0
    told = capsys.readouterr()
    assert "会删去（还没有动任何文件）" in told.out
    assert "请加 --yes 再执行一次" in told.out
    assert "data/raw/2026Q3/shop/电话_1.csv" in told.out
    assert "reports/2026Q3/shop" in told.out
    assert contents(project) == before
    assert csat(["forget", "C0001", "--yes"]) == 0
    told = capsys.readouterr()
    assert "已删去：" in told.out
    assert "C0001" not in told.out + told.err
    assert csat(["forget", "C0001", "--yes"]) == 1
    assert "没有找到这个人的任何数据；请核对编号的写法" in capsys.readouterr().err


def test_the_command_deletes_what_has_expired(project, capsys, monkeypatch):
    monkeypatch.chdir(project)
    assert csat(["forget", "--expired", "--as-of", "2026-12-31"]) == 0
    assert "没有超过保存期限的文件" in capsys.readouterr().out
    assert csat(["forget", "--expired", "--as-of", "2027-01-01"]) == 0
    assert "data/raw/2026Q2/event/tickets.csv" in capsys.readouterr().out
    assert (project / "data/raw/2026Q2/event/tickets.csv").exists()
    assert csat(["forget", "--expired", "--as-of", "2027-01-01", "--yes"]) == 0
    assert not (project / "data/raw/2026Q2/event/tickets.csv").exists()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("forget", "请写一个客户编号"),
        ("forget C0001 --expired", "请写一个客户编号"),
        ("forget C0001 --as-of 2027-01-01", "请写一个客户编号"),
        ("forget --expired --as-of tomorrow", "日期“tomorrow”不对；应写成 2026-10-08 的样子"),
    ],
)
def test_a_wrong_call_is_told_and_removes_nothing(project, capsys, monkeypatch, call, message):
    monkeypatch.chdir(project)
    before = contents(project)
    assert csat(call.split()) == 2
    assert message in capsys.readouterr().err
    assert contents(project) == before


# lists of people who need not have answered


def made_under_the_key(project, line, *ids):
    key = store.pseudonym_key(store.study(line, project))
    return privacy.pseudonymise(pd.Series(ids, dtype="str"), key=key)


def listed(project, line, **columns):
    """Write the three lists of a line's quarter: ids as pseudonyms under its key."""
    ids = {name: made_under_the_key(project, line, *values) for name, values in columns.items()}
    blank = pd.Series([None] * len(next(iter(ids.values()))), dtype="str")
    customers = {"customer_id": ids.get("customer_id", blank)}
    times = {"invited_at": blank.astype("datetime64[us]")}
    frame = pd.DataFrame({**customers, **ids, "region": "东"})
    store.write(frame, "frame", "2026Q3", line, project)
    rows = pd.DataFrame({**customers, "channel": blank, **times, **ids})
    store.write(rows, "invitations", "2026Q3", line, project)
    gone = pd.DataFrame({"row_id": [f"other:1:{n}" for n in range(len(blank))], "rule": "too_fast"})
    gone = gone.assign(channel=blank, submitted_at=times["invited_at"], **{**customers, **ids})
    gone = gone[
        ["row_id", "rule", "channel", "customer_id", "submitted_at", *set(ids) - {"customer_id"}]
    ]
    store.write(gone, "set_aside", "2026Q3", line, project)


def left(project, line, column):
    names = ("frame", "invitations", "set_aside")
    return {name: store.read(name, "2026Q3", line, project)[column].tolist() for name in names}


def test_a_person_leaves_the_lists_of_people(project):
    listed(project, "shop", customer_id=["C0001", "C0002", None])
    told = store.forget("C0001", root=project)
    other = made_under_the_key(project, "shop", "C0002").item()
    for values in left(project, "shop", "customer_id").values():
        assert [v for v in values if isinstance(v, str)] == [other]
        assert len(values) == 2
    files = {Path(r.file).name: r.rows for r in told.removals if "2026Q3/shop" in r.file}
    assert [files[f"{n}.parquet"] for n in ("frame", "invitations", "set_aside")] == [1, 1, 1]


def test_a_list_that_bears_only_tickets_loses_the_persons(project):
    listed(project, "event", ticket_id=["T1", "T2", "T3"])
    store.forget("C0001", root=project)
    other = made_under_the_key(project, "event", "T2").tolist()
    assert left(project, "event", "ticket_id") == dict.fromkeys(
        ("frame", "invitations", "set_aside"), other
    )


def test_a_ticket_of_one_line_is_not_that_of_another(project):
    listed(project, "shop", ticket_id=["T1", "T2"])
    store.forget("C0001", root=project)
    assert len(left(project, "shop", "ticket_id")["frame"]) == 2


@pytest.mark.parametrize("as_pseudonym", [False, True], ids=["id", "pseudonym"])
def test_who_never_answered_is_found_without_a_vault(project, as_pseudonym):
    # Only the list of customers names this one.
    listed(project, "shop", customer_id=["2026Q3", "C0002"])
    name = made_under_the_key(project, "shop", "2026Q3").item() if as_pseudonym else "2026Q3"
    customers = project / "data/raw/2026Q3/all/customers.csv"
    assert "2026Q3,丁".encode() in customers.read_bytes()
    store.forget(name, root=project)
    assert "2026Q3,丁".encode() not in customers.read_bytes()
    assert len(left(project, "shop", "customer_id")["frame"]) == 1


def test_a_list_sent_again_is_stored_without_the_forgotten(project):
    store.forget("C0001", root=project)
    tickets = pd.DataFrame({"ticket_id": ["T1", "T2", "T3", None], "n": range(4)})
    assert store.without_forgotten(tickets, "event", project)["n"].tolist() == [1, 3]
    frame = pd.DataFrame({"customer_id": ["C0001", "c0001.0", "C0002", None], "n": range(4)})
    kept = store.without_forgotten(frame, "shop", project)
    assert kept["n"].tolist() == [2, 3]
    assert kept.index.tolist() == [0, 1]
    assert store.without_forgotten(frame.iloc[:0], "shop", project).empty
