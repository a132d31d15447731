"""Company files: what goes in comes out, whole or not at all, and only where it belongs."""

import json
import signal
import subprocess
import sys

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from csatlib import schema, store
from csatlib.schema import SchemaError
from csatlib.store import StoreError

VALUES = {
    "str": ["甲", "null", ""],
    "bool": [True, False, True],
    "boolean": [True, False, True],
    "Int32": [0, -7, 2**31 - 1],
    "Int64": [0, -7, 2**53 + 1],
    "Float64": [0.1, -1e-300, 3.0],
    "category": ["甲", "乙", "甲"],
    "datetime64[us]": ["2026-07-01 08:00:00.000001", "1999-12-31", "2026-09-30 23:59:59"],
}


@pytest.fixture
def root(tmp_path, monkeypatch, shop_with):
    monkeypatch.delenv(store.ROOT_VARIABLE, raising=False)
    monkeypatch.delenv(store.STAGE_VARIABLE, raising=False)
    shop_with("report:", "privacy: {key: public_test}\nreport:")
    return tmp_path


def example(name):
    """Make three rows of a table; the last has nothing where nothing is allowed."""
    contract = schema.TABLES[name]
    columns = {}
    for column, promise in contract.columns.items():
        values = list(VALUES[promise.dtype])
        if promise.allowed:
            values = list((promise.allowed * 3)[:3])
        elif column in contract.key and promise.dtype in ("str", "category"):
            values = [f"{column}{i}" for i in range(3)]
        if promise.nullable:
            values[-1] = None
        columns[column] = pd.Series(values, dtype=promise.dtype)
    if contract.open:
        columns["staff"] = pd.Series([5, None, -1], dtype="Int8")
        columns["count"] = pd.Series([5, None, 2**40], dtype="Int64")
        columns["staff_ok"] = pd.Series([True, None, False], dtype="boolean")
        columns["score"] = pd.Series([0.5, None, 1], dtype="Float64")
        columns["区域"] = pd.Series(["东", None, ""], dtype="str")
        columns["closed_at"] = pd.Series(["2026-07-01", None, None], dtype="datetime64[us]")
        columns["unasked"] = pd.Series([None] * 3, dtype="Int8")
    table = pd.DataFrame(columns)
    # A key of two words has no third row.
    return table.drop_duplicates(list(contract.key)) if contract.key else table


def quarantine(*rows):
    return pd.DataFrame(
        {c: [f"{c}{r}" for r in rows] for c in ("row_id", "rule", "reason")}
    ).astype("str")


def publish(df, name="quarantine", quarter="2026Q3", root=None):
    return store.write(df, name, quarter, "shop", root)


# round trip


@pytest.mark.parametrize("name", sorted(schema.TABLES))
def test_what_is_read_equals_what_was_written_in_values_and_dtypes(root, name):
    table = example(name)
    publish(table, name, root=root)
    assert_frame_equal(store.read(name, "2026Q3", "shop", root), table)


@pytest.mark.parametrize("name", sorted(schema.TABLES))
def test_a_table_of_no_rows_keeps_its_dtypes(root, name):
    publish(schema.empty(name), name, root=root)
    assert_frame_equal(store.read(name, "2026Q3", "shop", root), schema.empty(name))


def test_the_same_table_gives_the_same_bytes_whatever_its_index(root):
    table = example("responses")
    first = publish(table, "responses", root=root).read_bytes()
    manifest = root / "data/processed/2026Q3/shop/manifest.json"
    noted = manifest.read_bytes()
    again = publish(table.set_index(pd.Index([9, 8, 7])), "responses", root=root).read_bytes()
    assert (again, manifest.read_bytes()) == (first, noted)


def test_the_frame_given_to_write_is_not_changed(root):
    table = example("responses")
    before = table.copy(deep=True)
    publish(table, "responses", root=root)
    assert_frame_equal(table, before)


# the contract


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda df: df.drop(columns="reason"), id="missing column"),
        pytest.param(lambda df: df.assign(extra=1), id="column too many"),
        pytest.param(lambda df: df.astype({"rule": "category"}), id="other dtype"),
        pytest.param(lambda df: pd.concat([df, df]), id="repeated key"),
    ],
)
def test_a_table_that_breaks_its_contract_is_not_written(root, broken):
    with pytest.raises(SchemaError):
        publish(broken(quarantine(1)), root=root)
    assert not list(root.rglob("*.parquet"))
    assert store.manifest("2026Q3", "shop", root) == {}


def test_a_table_of_an_earlier_contract_is_refused_when_read(root, monkeypatch):
    publish(quarantine(1), root=root)
    narrower = schema.Table({"row_id": schema.Column("str")}, key=("row_id",))
    monkeypatch.setattr("csatlib.schema.checking.TABLES", {"quarantine": narrower})
    with pytest.raises(SchemaError, match="unexpected"):
        store.read("quarantine", "2026Q3", "shop", root)


# whole or not at all


def test_an_error_inside_atomic_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "table.parquet"
    file.write_bytes(b"old")
    with pytest.raises(TypeError), store.atomic(file) as stream:
        stream.writelines([b"half", "not bytes"])
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("table.parquet", b"old")]


def test_a_file_stays_as_it_was_until_atomic_ends(tmp_path):
    file = tmp_path / "table.parquet"
    file.write_bytes(b"old")
    with store.atomic(file) as stream:
        stream.write(b"new")
        stream.flush()
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o644


KILLED = """
import sys, time
import pandas as pd, pyarrow.parquet
from csatlib import store

def half(table, stream, **options):
    stream.write(b"PAR1" + b"x" * 100_000)
    stream.flush()
    print("half", flush=True)
    time.sleep(60)

pyarrow.parquet.write_table = half
df = pd.DataFrame({c: ["2"] for c in ("row_id", "rule", "reason")}).astype("str")
store.write(df, "quarantine", "2026Q3", "shop", sys.argv[1])
"""


def test_a_write_killed_half_way_leaves_the_old_table_whole(root):
    file = publish(quarantine(1), root=root)
    before = file.read_bytes()
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(root)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout.readline() == "half\n"
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    torn = [f for f in file.parent.iterdir() if f.suffix == ".tmp"]
    assert [f.stat().st_size for f in torn] == [100_004]
    assert torn[0].name.startswith(".")
    assert file.read_bytes() == before
    assert_frame_equal(store.read("quarantine", "2026Q3", "shop", root), quarantine(1))
    assert list(store.manifest("2026Q3", "shop", root)["tables"]) == ["quarantine"]


# damage


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda b: flipped(b, b.index(b"reason1")), id="a bit of a data page"),
        pytest.param(lambda b: flipped(b, len(b) - 60), id="a bit of the footer"),
        pytest.param(lambda b: b[: len(b) // 2], id="half of it"),
        pytest.param(lambda b: b"", id="nothing left"),
    ],
)
def test_a_damaged_table_is_noticed_with_place_and_remedy(root, damage):
    file = publish(quarantine(1, 2), root=root)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(StoreError, match=r"2026Q3/shop/quarantine\.parquet：.*损坏.*csat run"):
        store.read("quarantine", "2026Q3", "shop", root)


def test_a_table_put_there_by_another_program_is_refused(root):
    file = publish(quarantine(1), root=root)
    quarantine(2).to_parquet(file)
    with pytest.raises(StoreError, match="被改动"):
        store.read("quarantine", "2026Q3", "shop", root)


def test_every_page_carries_a_checksum_for_other_readers(root):
    file = publish(quarantine(1), root=root)
    file.write_bytes(flipped(file.read_bytes(), file.read_bytes().index(b"reason1")))
    with pytest.raises(OSError, match="CRC"):
        pd.read_parquet(file, page_checksum_verification=True)


def test_a_damaged_manifest_is_told(root):
    file = publish(quarantine(1), root=root)
    file.with_name("manifest.json").write_text("{")
    with pytest.raises(StoreError, match=r"2026Q3/shop/manifest\.json：文件已损坏"):
        store.manifest("2026Q3", "shop", root)


# what is not there


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            lambda root: store.read("ledger", "2026Q3", "shop", root),
            "2026Q3/shop：还没有“ledger”这张表.*csat run 2026Q3 --line shop",
            id="table",
        ),
        pytest.param(
            lambda root: store.read("quarantine", "2026Q2", "shop", root),
            "2026Q2/shop：还没有“quarantine”这张表",
            id="quarter",
        ),
        pytest.param(
            lambda root: store.read("answers", "2026Q3", "shop", root),
            "没有“answers”这种表；可用的有：action_drafts、action_priorities",
            id="unknown table",
        ),
        pytest.param(
            lambda root: store.raw("2026Q3", "zoo", root),
            "data/raw/2026Q3/zoo/：没有这个文件夹.*导出文件",
            id="raw folder",
        ),
        pytest.param(
            lambda root: store.study("zoo", root), r"zoo/study\.yml：没有这个研究文件", id="study"
        ),
        pytest.param(
            lambda root: store.project_root(root / "studies"),
            "这里没有 studies 文件夹",
            id="project",
        ),
    ],
)
def test_a_missing_thing_is_told_with_its_place(root, call, message):
    publish(quarantine(1), root=root)
    with pytest.raises(ValueError, match=message):
        call(root)


@pytest.mark.parametrize("label", ["../2026Q3", "2026q3", "2026Q5"])
@pytest.mark.parametrize(
    "call", [store.raw, store.manifest, store.tables_folder, store.reports_folder]
)
def test_no_path_is_built_out_of_a_wrong_quarter(root, call, label):
    with pytest.raises(SchemaError, match="quarter"):
        call(label, "shop", root)


@pytest.mark.parametrize("label", ["..", "a/b", "Shop", ""])
@pytest.mark.parametrize(
    "call", [store.raw, store.manifest, store.tables_folder, store.reports_folder]
)
def test_no_path_is_built_out_of_a_wrong_line(root, call, label):
    with pytest.raises(SchemaError, match="line"):
        call("2026Q3", label, root)


# raw files


def test_raw_lists_the_lines_own_files_and_those_shared_by_all(root):
    folder = root / "data" / "raw" / "2026Q3"
    for name in ("shop/b.csv", "shop/a.xlsx", "all/customers.csv", "zoo/c.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for passed_over in ("shop/.DS_Store", "shop/README.md", "shop/.a.xlsx.x1.tmp"):
        (folder / passed_over).touch()
    found = [str(f.relative_to(folder)) for f in store.raw("2026Q3", "shop", root)]
    assert found == ["shop/a.xlsx", "shop/b.csv", "all/customers.csv"]


def test_a_line_whose_folder_is_empty_has_no_raw_files(root):
    (root / "data/raw/2026Q3/shop").mkdir(parents=True)
    (root / "data/raw/2026Q3/all").mkdir()
    (root / "data/raw/2026Q3/all/customers.csv").touch()
    with pytest.raises(StoreError, match="里面没有文件"):
        store.raw("2026Q3", "shop", root)


# history


def test_history_is_oldest_first_and_passes_over_gaps(root):
    for quarter in ("2026Q3", "2026Q2", "2025Q4", "2025Q3"):
        publish(quarantine(quarter), quarter=quarter, root=root)
    found = store.history("quarantine", "2026Q3", "shop", root=root)
    assert list(found["row_id"]) == ["row_id2025Q3", "row_id2025Q4", "row_id2026Q2"]
    assert list(found.index) == [0, 1, 2]


def test_history_looks_back_as_far_as_it_is_told(root):
    for quarter in ("2026Q2", "2025Q4", "2025Q3"):
        publish(quarantine(quarter), quarter=quarter, root=root)
    found = store.history("quarantine", "2026Q3", "shop", quarters=3, root=root)
    assert list(found["row_id"]) == ["row_id2025Q4", "row_id2026Q2"]


def test_history_without_an_earlier_quarter_is_a_table_of_no_rows(root):
    publish(quarantine(1), root=root)
    found = store.history("quarantine", "2026Q3", "shop", root=root)
    assert_frame_equal(found, schema.empty("quarantine"))


def test_history_keeps_dtypes_where_the_questionnaire_grew(root):
    earlier, later = example("responses").drop(columns="staff"), example("responses")
    later["response_id"] = [f"later{i}" for i in range(3)]
    publish(earlier, "responses", "2026Q1", root)
    publish(later, "responses", "2026Q2", root)
    found = store.history("responses", "2026Q3", "shop", root=root)
    assert found["staff"].dtype == "Int8"
    assert found["staff"].isna().tolist() == [True] * 3 + later["staff"].isna().tolist()


# where the project is


def test_the_argument_names_the_project_before_the_variable(root, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    (other / "studies").mkdir()
    monkeypatch.setenv("CSAT_ROOT", str(other))
    assert store.project_root(root) == root
    assert store.project_root() == other


def test_the_variable_names_the_project_before_the_folder(root, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    (other / "studies").mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("CSAT_ROOT", str(other))
    assert store.project_root() == other


@pytest.mark.parametrize("folder", [".", "notebooks", "reports/2026Q3/shop"])
def test_the_nearest_folder_with_studies_is_the_project(root, monkeypatch, folder):
    (root / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(root / folder)
    assert store.project_root() == root


def test_a_folder_outside_any_project_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("CSAT_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="都没有 studies；请进入项目文件夹，或设置 CSAT_ROOT"):
        store.project_root()


# the manifest, and what a run sees


def test_a_write_outside_a_run_is_a_draft_that_names_its_tables(root):
    file = publish(quarantine(1, 2), root=root)
    publish(example("ledger"), "ledger", root=root)
    noted = store.manifest("2026Q3", "shop", root)
    assert noted["draft"] is True
    assert (noted["quarter"], noted["line"]) == ("2026Q3", "shop")
    assert list(noted["tables"]) == ["ledger", "quarantine"]
    entry = {"rows": 2, "columns": 3, "sha256": store.digest(file)}
    assert noted["tables"]["quarantine"] == entry


def test_a_write_outside_a_run_turns_a_published_quarter_into_a_draft(root):
    folder = publish(quarantine(1), root=root).parent
    noted = store.manifest("2026Q3", "shop", root)
    store.write_manifest({**noted, "draft": False, "commit": "abc"}, folder)
    publish(example("ledger"), "ledger", root=root)
    assert store.manifest("2026Q3", "shop", root)["draft"] is True
    assert store.manifest("2026Q3", "shop", root)["commit"] == "abc"


def test_inside_a_run_tables_are_staged_and_no_draft(root, monkeypatch):
    publish(quarantine("published"), root=root)
    stage = root / "data/processed/.stage/2026Q3"
    (stage / "shop").mkdir(parents=True)
    monkeypatch.setenv("CSAT_STAGE", str(stage))
    file = publish(quarantine("staged"), root=root)
    assert file.parent == stage / "shop"
    assert store.read("quarantine", "2026Q3", "shop", root)["row_id"].item() == "row_idstaged"
    assert store.manifest("2026Q3", "shop", root)["draft"] is False
    monkeypatch.delenv("CSAT_STAGE")
    assert store.read("quarantine", "2026Q3", "shop", root)["row_id"].item() == "row_idpublished"


def test_a_run_does_not_see_what_a_run_of_an_earlier_quarter_has_not_published(root, monkeypatch):
    publish(quarantine("published"), quarter="2026Q2", root=root)
    stages = root / "data/processed/.stage"
    for quarter in ("2026Q2", "2026Q3"):
        (stages / quarter / "shop").mkdir(parents=True)
    monkeypatch.setenv("CSAT_STAGE", str(stages / "2026Q2"))
    publish(quarantine("unfinished"), quarter="2026Q2", root=root)
    monkeypatch.setenv("CSAT_STAGE", str(stages / "2026Q3"))
    found = store.history("quarantine", "2026Q3", "shop", root=root)
    assert list(found["row_id"]) == ["row_idpublished"]


def test_the_manifest_reads_the_same_whatever_the_order_of_its_keys(root):
    folder = store.tables_folder("2026Q3", "shop", root)
    store.write_manifest({"b": 1, "a": "季度"}, folder)
    first = (folder / "manifest.json").read_bytes()
    store.write_manifest({"a": "季度", "b": 1}, folder)
    assert (folder / "manifest.json").read_bytes() == first
    assert json.loads(first) == {"a": "季度", "b": 1}


def test_raw_files_in_a_folder_below_are_not_overlooked(tmp_path):
    (tmp_path / "studies").mkdir()
    below = tmp_path / "data/raw/2026Q3/shop/补充"
    below.mkdir(parents=True)
    (below.parent / "a.csv").touch()
    with pytest.raises(store.StoreError, match="2026Q3/shop/补充/：原始文件不能放在下一级文件夹里"):
        store.raw("2026Q3", "shop", tmp_path)
