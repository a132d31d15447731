"""Nobody's personal data gets past the gate: a whole run on a quarter full of invented people."""

import re
import shutil
from pathlib import Path

import canaries
import pandas as pd
import pytest

from csatlib import run, store

REPOSITORY = Path(__file__).parents[1]
LINE, QUARTER = "hotline", "2026Q3"
SAID = (*canaries.SAID, "customer_id")

pytestmark = [pytest.mark.notebooks, pytest.mark.slow]


def project(root, study=lambda text: text):
    for folder in ("notebooks", "studies"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    file = root / "studies" / LINE / "study.yml"
    file.write_text(study(file.read_text("utf-8")), "utf-8")
    for folder in ("all", LINE):
        place = Path("data", "raw", QUARTER, folder)
        shutil.copytree(REPOSITORY / place, root / place)
    return root


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A published quarter in which 500 people stand wherever an export holds personal data."""
    root = project(tmp_path_factory.mktemp("gate"))
    found = canaries.plant(root, quarter=QUARTER, line=LINE, said=SAID)
    told = []
    (outcome,) = run.quarter(
        QUARTER, line=LINE, root=root, progress=lambda *words: told.append(repr(words))
    )
    assert outcome.problem is None, outcome.problem
    return root, found, "\n".join(told)


def outputs(root):
    """Every file that a run leaves, outside the raw files, their parsed copies and the vault."""
    kept = [root / "data" / "raw", root / "data" / "cache"]
    for file in sorted(f for f in root.rglob("*") if f.is_file()):
        if file.name != "identities.parquet" and not any(file.is_relative_to(k) for k in kept):
            yield file


def words(file):
    """Give all that a file says, tables as text."""
    if file.suffix == ".parquet":
        return pd.read_parquet(file).to_csv()
    return file.read_text("utf-8", errors="replace")


def test_no_table_page_notebook_or_log_holds_a_canary(planted):
    root, found, told = planted
    leaks = {str(f.relative_to(root)): found.found(words(f)) for f in outputs(root)}
    assert len([name for name in leaks if name.endswith((".parquet", ".html", ".ipynb"))]) > 15
    assert {name: leak[:5] for name, leak in leaks.items() if leak} == {}
    assert found.found(told) == []


def test_the_canaries_were_read_and_the_search_can_find_them(planted):
    root, found, _ = planted
    raw = "\n".join(
        f.read_text("utf-8-sig") for f in (root / "data" / "raw").rglob("customers.csv")
    )
    assert len(found.found(raw)) > 1000
    comments = store.read("comments", QUARTER, LINE, root)["text"]
    marks = comments.str.count(
        r"\[(?:手机号|身份证号|银行卡号|邮箱|微信号|QQ号|车牌号|地址|姓名)\]"
    )
    assert marks.sum() > 300


def test_the_vault_alone_tells_who_they_are_and_only_with_the_key(planted):
    root, found, _ = planted
    identities = store.read("identities", QUARTER, LINE, root)
    people = {p.customer_id: p.name for p in found.people}
    ids = identities[identities["kind"] == "customer_id"].set_index("pseudonym")["value"]
    names = identities[identities["kind"] == "name"].set_index("pseudonym")["value"]
    assert {ids[p]: name for p, name in names.items()}.items() >= people.items()
    sealed = (store.tables_folder(QUARTER, LINE, root) / "identities.parquet").read_bytes()
    assert not any(p.name.encode() in sealed for p in found.people)
    responses = store.read("responses", QUARTER, LINE, root)
    assert responses["customer_id"].dropna().str.fullmatch(r"P[0-9A-Z]{16}").all()


def test_the_rows_stand_in_the_order_of_the_files_not_of_the_pseudonyms(planted):
    root, *_ = planted
    responses = store.read("responses", QUARTER, LINE, root)
    rows = responses["response_id"].str.extract(r"(.*):(\d+)$")
    for _, numbers in rows.groupby(0, sort=False)[1]:
        assert numbers.astype(int).is_monotonic_increasing
    assert not responses["customer_id"].dropna().is_monotonic_increasing


def test_the_anonymous_way_keeps_no_link_at_all(tmp_path):
    root = project(
        tmp_path,
        lambda text: text.replace("privacy: {key: public_test}", "privacy: {mode: anonymous}"),
    )
    assert "mode: anonymous" in (root / "studies" / LINE / "study.yml").read_text("utf-8")
    (outcome,) = run.quarter(QUARTER, line=LINE, root=root)
    assert outcome.problem is None, outcome.problem
    folder = store.tables_folder(QUARTER, LINE, root)
    assert not (folder / "identities.parquet").exists()
    responses = store.read("responses", QUARTER, LINE, root)
    assert responses["customer_id"].isna().all()
    assert responses["response_id"].str.fullmatch(r"A\d{5}").all()
    digests = [file.name for file in (root / "data" / "cache").iterdir()]
    people = ("frame", "invitations", "set_aside")
    own = ("responses", "answer_status", "comments", "flags", "ledger", "quarantine")
    for name in own + people:
        text = words(folder / f"{name}.parquet")
        assert not re.search(r"\bC\d{5}\b", text)
        assert not any(digest[:12] in text for digest in digests)
