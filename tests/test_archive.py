"""Archives: one published quarter in one file, complete, checkable, and never a draft."""

import io
import os
import shutil
import tarfile

import pandas as pd
import pyrage
import pytest

from csatlib import schema, store
from csatlib.cli import _run as csat
from csatlib.store import StoreError

STUDY = """\
line: {line}
title: 门店满意度调查
population: {{description: 近三个月到店的客户}}
scales: {{five: {{low: 1, high: 5, cutoff: 4}}}}
sources:
  - {{role: responses, glob: "*.csv", reader: table, channel: 门店}}
  - {{role: customers, folder: all, glob: customers.csv, reader: table, mapping: {{customer_id: 编号}}}}
questions: [{{id: overall, text: 整体满意度, kind: rating, scale: five}}]
report: {{overall: overall}}
privacy: {{key: public_test}}
"""
FILES = {
    "data/raw/2026Q3/shop/答卷.csv": "整体满意度\n5\n",
    "data/raw/2026Q3/all/customers.csv": "编号\nC1\n",
    "data/raw/2026Q3/all/others.csv": "of another line\n",
    "data/raw/2026Q3/zoo/答卷.csv": "of another line\n",
    "data/raw/2026Q2/shop/答卷.csv": "of another quarter\n",
    "registers/shop/notes.xlsx": "改进措施",
    "reports/2026Q3/shop/09_report.html": "报告",
    "reports/2026Q3/shop/.hidden": "",
    "studies/shop/study.yml": STUDY.format(line="shop"),
    "studies/shop/terms.txt": "接通\n",
    "studies/zoo/study.yml": STUDY.format(line="zoo"),
}
OPEN = [
    "MANIFEST.json",
    "MANIFEST.sha256",
    "目录.txt",
    "改进措施清单与执行记录/notes.xlsx",
    "效果评估报告/09_report.html",
    "数据统计表/ledger.parquet",
    "数据统计表/manifest.json",
    "研究文件/study.yml",
    "研究文件/terms.txt",
]
CLOSED = ["原始问卷/all/customers.csv", "原始问卷/shop/答卷.csv", "身份库/identities.parquet"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "home" / "key"))
    store.new_key()
    root = tmp_path / "project"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    row = pd.DataFrame({"pseudonym": ["P1"], "kind": ["customer_id"], "value": ["C1"]}).astype(
        "str"
    )
    store.write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    store.write(row, "identities", "2026Q3", "shop", root)
    publish(root)
    return root


def publish(root):
    known = store.manifest("2026Q3", "shop", root)
    files = [*store.raw("2026Q3", "shop", root), *sorted((root / "studies/shop").iterdir())]
    inputs = [{"file": str(f.relative_to(root)), "sha256": store.digest(f)} for f in files]
    folder = store.tables_folder("2026Q3", "shop", root)
    store.write_manifest({**known, "draft": False, "inputs": inputs}, folder)


def own():
    return pyrage.x25519.Identity.from_str(store.key_file().read_text().split()[-1])


def members(file, *, encrypted=True):
    data = file.read_bytes()
    plain = pyrage.decrypt(data, [own()]) if encrypted else data
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar.getmembers()}


# what is in it


def test_an_archive_holds_the_whole_quarter_of_the_line_and_nothing_else(project, tmp_path):
    kept = store.archive("2026Q3", "shop", out=tmp_path / "a.age", root=project, made="2026-10-08")
    found = members(tmp_path / "a.age")
    assert sorted(found) == sorted([*OPEN, *CLOSED])
    assert found["原始问卷/shop/答卷.csv"].decode() == FILES["data/raw/2026Q3/shop/答卷.csv"]
    assert (kept.kind, kept.sealed, kept.made) == ("archive", True, "2026-10-08")
    assert kept.holds == ("2026Q3/all", "2026Q3/shop")
    assert store.backups(project) == (kept,)


def test_without_raw_files_and_vault_an_archive_is_open(project, tmp_path):
    kept = store.archive("2026Q3", "shop", out=tmp_path / "a.tar", root=project, raw_files=False)
    assert list(members(tmp_path / "a.tar", encrypted=False)) == sorted(
        OPEN, key=lambda n: (not n.startswith("MANIFEST"), n != "目录.txt", n)
    )
    assert (kept.sealed, kept.holds) == (False, ("2026Q3/shop",))
    assert b"C1" not in (tmp_path / "a.tar").read_bytes()


def test_an_open_archive_needs_no_key(project, tmp_path):
    store.key_file().unlink()
    store.archive("2026Q3", "shop", out=tmp_path / "a.tar", root=project, raw_files=False)
    assert store.verify(tmp_path / "a.tar").files == len(OPEN) - 2
    with pytest.raises(StoreError, match="请先执行 csat key new"):
        store.archive("2026Q3", "shop", root=project)


def test_the_index_says_in_chinese_what_is_there_and_what_is_not(project, tmp_path):
    store.archive("2026Q3", "shop", out=tmp_path / "a.tar", root=project, raw_files=False)
    index = members(tmp_path / "a.tar", encrypted=False)["目录.txt"].decode()
    assert index.startswith("2026Q3 门店满意度调查（shop）归档\n")
    assert "原始问卷：不在这份归档里" in index
    assert "研究文件：问卷字典、量表、清洗规则、领域词（2 个文件）\n  研究文件/study.yml" in index


def test_the_same_quarter_gives_the_same_bytes_at_any_time(project, tmp_path):
    store.archive("2026Q3", "shop", out=tmp_path / "a.tar", root=project, raw_files=False, made="1")
    for file in project.rglob("*"):
        os.utime(file, (1, 1))
    store.archive("2026Q3", "shop", out=tmp_path / "b.tar", root=project, raw_files=False, made="2")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_without_a_name_the_file_is_called_after_quarter_and_line(project):
    assert store.archive("2026Q3", "shop", root=project).file == str(
        project / "archives/2026Q3-shop.tar.age"
    )
    store.archive("2026Q3", "shop", root=project, raw_files=False)
    assert sorted(f.name for f in (project / "archives").iterdir()) == [
        "2026Q3-shop.tar",
        "2026Q3-shop.tar.age",
    ]
    assert (project / "archives").stat().st_mode & 0o777 == 0o700


def test_a_second_recipient_can_open_it(project, tmp_path):
    other = pyrage.x25519.Identity.generate()
    store.archive(
        "2026Q3", "shop", out=tmp_path / "a.age", root=project, recipients=[str(other.to_public())]
    )
    assert pyrage.decrypt((tmp_path / "a.age").read_bytes(), [other])


# what is not laid away


def draft(root):
    store.write(schema.empty("flags"), "flags", "2026Q3", "shop", root)


def changed(root):
    file = root / "data/processed/2026Q3/shop/ledger.parquet"
    file.write_bytes(file.read_bytes() + b"x")


def vault(root):
    file = root / "data/processed/2026Q3/shop/identities.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: shutil.rmtree(root / "data/processed"), "2026Q3/shop：还没有发布，不能归档"),
        (lambda root: shutil.rmtree(root / "reports"), "2026Q3/shop：还没有发布"),
        (draft, "2026Q3/shop：现在的表是草稿，不能归档；请先执行 csat run 2026Q3 --line shop"),
        (changed, r"2026Q3/shop/ledger\.parquet：与 manifest\.json 的登记不符"),
        (vault, r"identities\.parquet：密钥没有错，内容已损坏"),
        (
            lambda root: (root / "data/raw/2026Q3/shop/答卷.csv").write_text("x"),
            r"shop/答卷\.csv：发布之后有改动",
        ),
        (lambda root: (root / "studies/shop/terms.txt").unlink(), r"terms\.txt：发布之后有改动"),
    ],
    ids=["no tables", "no reports", "draft", "table", "vault", "raw file", "study file"],
)
def test_what_is_not_published_as_it_stands_is_refused(project, tmp_path, change, message):
    change(project)
    with pytest.raises(StoreError, match=message):
        store.archive("2026Q3", "shop", out=tmp_path / "a.age", root=project)
    assert not (tmp_path / "a.age").exists()
    assert store.backups(project) == ()


def test_an_existing_archive_is_not_overwritten(project):
    store.archive("2026Q3", "shop", root=project)
    before = (project / "archives/2026Q3-shop.tar.age").read_bytes()
    with pytest.raises(StoreError, match="已经有这个文件，不会覆盖"):
        store.archive("2026Q3", "shop", root=project)
    assert (project / "archives/2026Q3-shop.tar.age").read_bytes() == before


@pytest.mark.parametrize("place", [("2026Q5", "shop"), ("2026Q3", "../shop")], ids=str)
def test_no_path_is_built_out_of_a_wrong_label(project, place):
    with pytest.raises(schema.SchemaError):
        store.archive(*place, root=project)


# checking


def test_every_flipped_bit_of_an_open_archive_is_noticed(project, tmp_path):
    file = tmp_path / "a.tar"
    store.archive("2026Q3", "shop", out=file, root=project, raw_files=False)
    content = file.read_bytes()
    assert store.verify(file).holds == ("2026Q3/shop",)
    unnoticed = []
    for at in range(0, len(content), 13):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        file.write_bytes(flipped)
        try:
            store.verify(file)
        except StoreError:
            continue
        unnoticed.append(at)
    assert unnoticed == []


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "open"])
def test_an_archive_cut_short_or_made_longer_is_noticed(project, tmp_path, sealed):
    file = tmp_path / "a"
    store.archive("2026Q3", "shop", out=file, root=project, raw_files=sealed)
    content = file.read_bytes()
    for damaged in (content[:-1], content[:600], content[: len(content) // 2], content + b"\0"):
        file.write_bytes(damaged)
        with pytest.raises(StoreError, match="损坏"):
            store.verify(file)


def test_another_key_cannot_open_it(project, tmp_path, monkeypatch):
    store.archive("2026Q3", "shop", out=tmp_path / "a.age", root=project)
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "other"))
    store.new_key()
    with pytest.raises(StoreError, match="现在的密钥打不开"):
        store.verify(tmp_path / "a.age")


# the command


def test_the_command_lays_away_and_verifies(project, capsys, monkeypatch):
    monkeypatch.chdir(project)
    assert csat(["archive", "2026Q3", "shop"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("已归档并核对：10 个文件")
    file = told.splitlines()[-1]
    assert csat(["archive", "--verify", file]) == 0
    assert "完好：2026Q3/all、2026Q3/shop，10 个文件" in capsys.readouterr().out
    assert csat(["archive", "2026Q3", "shop", "--no-raw", "--out", "open.tar"]) == 0
    assert (project / "open.tar").exists()
    capsys.readouterr()
    draft(project)
    assert csat(["archive", "2026Q3", "shop", "--out", "draft.tar"]) == 1
    assert "草稿" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("archive", "请写季度和业务线"),
        ("archive 2026Q3", "请写季度和业务线"),
        ("archive 2026Q5 shop", "应写成 2026Q3 的样子"),
        ("archive 2026Q3 Shop", "应是 studies 里的文件夹名"),
        ("archive 2026Q3 shop --verify a.tar", "--verify 只核对一个文件"),
        ("archive 2026Q3 shop --no-raw --recipient age1x", "不加密，不用写 --recipient"),
    ],
)
def test_a_wrong_call_is_told_and_writes_nothing(project, capsys, monkeypatch, call, message):
    monkeypatch.chdir(project)
    before = sorted(project.rglob("*"))
    assert csat(call.split()) == 2
    assert message in capsys.readouterr().err
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("call", ["archive 2026Q1 shop", "archive 2026Q3 lake"])
def test_a_quarter_or_line_that_is_not_there_is_told(project, capsys, monkeypatch, call):
    monkeypatch.chdir(project)
    assert csat(call.split()) == 1
    assert "还没有发布，不能归档" in capsys.readouterr().err
