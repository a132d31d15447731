"""The canaries themselves: what they list is in the raw files, and nowhere without them."""

import json
import shutil
from collections import Counter
from html import escape
from pathlib import Path
from zipfile import ZipFile

import canaries
import pytest
from openpyxl import load_workbook

from csatlib import clean, exports, store

REPOSITORY = Path(__file__).parents[1]
LINES = ("hotline", "ops_event", "ops_company")
QUARTER = "2026Q3"


def text_of(path):
    """Give all cells of a raw file as one text, a line a row."""
    if path.suffix == ".xlsx":
        rows = [row for sheet in load_workbook(path, read_only=True) for row in sheet.values]
        return "\n".join("\t".join("" if c is None else str(c) for c in row) for row in rows)
    if path.suffix == ".docx":
        with ZipFile(path) as parts:
            return parts.read("word/document.xml").decode("utf-8")
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text("gbk")


def copy_of_project(root, line):
    shutil.copytree(REPOSITORY / "studies", root / "studies")
    for folder in ("all", line):
        place = Path("data", "raw", QUARTER, folder)
        shutil.copytree(REPOSITORY / place, root / place)
    return root


@pytest.fixture(scope="module", params=LINES)
def planted(request, tmp_path_factory):
    """Each line with canaries: its name, the project's folder, what was planted."""
    root = copy_of_project(tmp_path_factory.mktemp("canaries"), request.param)
    return request.param, root, canaries.plant(root, quarter=QUARTER, line=request.param)


@pytest.fixture(scope="module")
def raw(planted):
    line, root, _ = planted
    folder = root / "data" / "raw" / QUARTER
    return {
        path.name: text_of(path) for part in ("all", line) for path in (folder / part).iterdir()
    }


def test_there_are_as_many_people_as_asked_for(planted):
    *_, found = planted
    kinds = Counter(c.kind for c in found.values)
    assert {kinds[kind] for kind in ("name", "customer_id", *canaries.SAID)} == {500}
    assert kinds["staff"] == 20
    assert kinds["ip"] == sum(person.ip != "" for person in found.people) > 120


def test_every_value_is_in_the_raw_files(planted, raw):
    *_, found = planted
    assert set(found.found("\n".join(raw.values()))) == set(found.values)


@pytest.mark.parametrize("planted", ["hotline"], indirect=True)
def test_no_value_is_in_the_untouched_project(planted):
    *_, found = planted
    for path in sorted(REPOSITORY.rglob("*")):
        inside = path.relative_to(REPOSITORY).parts
        if inside[0] in ("csatlib", "docs", "notebooks", "studies") and path.suffix in (
            *(".py", ".md", ".ipynb", ".yml", ".txt", ".html"),
        ):
            assert not found.found(path.read_text("utf-8")), path
        elif inside[:2] == ("data", "raw") and path.suffix in (".csv", ".xlsx"):
            assert not found.found(text_of(path)), path


def test_values_are_long_and_none_is_a_part_of_another(planted):
    *_, found = planted
    values = [c.value for c in found.values]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 3
    assert {len(c.value) for c in found.values if c.kind in ("name", "staff")} == {3, 4}
    everything = "\n".join(values)
    assert all(everything.count(value) == 1 for value in values)


def test_they_stand_wherever_an_export_holds_such_data(planted, raw):
    line, _, found = planted
    kinds = {
        name: {c.kind for c in found.found(text)}
        - ({"customer_id"} if line == "ops_event" else set())
        for name, text in raw.items()
    }
    said = {"name", "staff", *canaries.SAID}
    key = set() if line == "ops_event" else {"customer_id"}
    for name, there in kinds.items():
        if "_按" in name:
            assert there == {"ip", *said, *key}, name
        elif "回访" in name:
            assert there == {*said, *key}, name
    assert kinds["staff.csv"] == {"staff"}
    assert kinds["customers.csv"] == {"name", *canaries.SAID, *key}
    assert {c.kind for c in found.found(raw["invitations.csv"])} == {"customer_id"}
    other = [
        part for name, text in raw.items() if "按文本" in name for part in text.split("其他〖")[1:]
    ]
    named = [part for part in other if found.found(part.split("〗")[0])]
    assert len(named) >= (0 if line == "ops_event" else 5)


def test_the_rows_stay_those_of_a_real_export(planted):
    line, root, _ = planted
    study = store.study(line, root)
    raw = exports.read_all(store.raw(QUARTER, line, root), study)
    assert not len(clean.twin_differences(raw, study, quarter=QUARTER))
    before = exports.read_all(store.raw(QUARTER, line, REPOSITORY), study)
    assert {t.file: t.read for t in raw if t.role != "staff"} == {
        t.file: t.read for t in before if t.role != "staff"
    }
    counts = [len(clean.responses(tables, study, quarter=QUARTER).kept) for tables in (raw, before)]
    # Whoever copied another's answers from one device is somebody else now, and so no copy.
    assert 0 <= counts[0] - counts[1] <= 3


def test_another_seed_plants_others_and_the_same_seed_the_same(tmp_path):
    found = [
        canaries.plant(
            copy_of_project(tmp_path / str(i), "ops_company"),
            quarter=QUARTER,
            line="ops_company",
            count=50,
            seed=seed,
        )
        for i, seed in enumerate((1, 1, 2))
    ]
    assert found[0] == found[1]
    names = [{person.name for person in one.people} for one in found]
    assert len(names[0] & names[2]) < 5


def test_more_canaries_than_customers_are_refused(tmp_path):
    root = copy_of_project(tmp_path, "ops_company")
    with pytest.raises(ValueError, match="3000 customers, 3001 canaries"):
        canaries.plant(root, quarter=QUARTER, line="ops_company", count=3001)


@pytest.mark.parametrize(
    "spell",
    [str, json.dumps, escape, lambda t: "".join(f"&#{ord(c)};" for c in t), lambda t: f"…{t}…"],
    ids=["plain", "json", "html", "entities", "inside"],
)
def test_a_leak_is_seen_however_it_is_spelt(planted, spell):
    *_, found = planted
    person = found.people[0]
    for kind, value in vars(person).items():
        if value:
            assert [c.kind for c in found.found(spell(value))] == [kind]
    assert not found.found(spell("没有任何人的信息，13800001234"))


def test_csv_keeps_its_encoding(planted):
    _, root, _ = planted
    for path in (root / "data" / "raw" / QUARTER).rglob("*.csv"):
        original = (REPOSITORY / path.relative_to(root)).read_bytes()
        mark = b"\xef\xbb\xbf"
        assert path.read_bytes().startswith(mark) == original.startswith(mark), path.name
