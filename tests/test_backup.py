"""Backups: the same bytes come back, or nothing does, and every flipped bit is noticed."""

import io
import os
import shutil
import stat
import sys
import tarfile
from pathlib import Path

import pyrage
import pytest

from csatlib import store
from csatlib.cli import _run as csat
from csatlib.store import StoreError, bundle, disk, sealed

FILES = {
    "data/raw/2026Q3/shop/答卷 一.csv": (b"a,b\r\n1,2\r\n", 0o600),
    "data/raw/2026Q3/all/customers.csv": (bytes(range(256)) * 9000, 0o644),
    "data/raw/README.md": (b"#", 0o644),
    "data/processed/2026Q3/shop/manifest.json": (b"{}", 0o600),
    "data/processed/2026Q3/shop/identities.parquet": (b"PARE", 0o400),
    "data/forgotten.json": (b"{}", 0o600),
    "studies/shop/study.yml": (b"line: shop\n", 0o644),
    "studies/shop/terms.txt": (b"", 0o644),
    "registers/shop/actions.xlsx": (b"PK", 0o600),
    "reports/2026Q3/shop/09_report.html": ("报告".encode(), 0o644),
    f"reports/2026Q3/shop/{'很长的文件名' * 12}.txt": (b"x" * 512, 0o755),
    "notebooks/01_clean.ipynb": (b"{}", 0o644),
}
PASSED_OVER = (
    "data/cache/a.parquet",
    "data/processed/.stage/2026Q3/.shop.lock",
    "data/processed/2026Q3/shop/.x.tmp",
    "reports/.failed/2026Q3/shop/message.txt",
    "notebooks/.ipynb_checkpoints/a.ipynb",
    "secrets.txt",
)


@pytest.fixture(autouse=True)
def key(tmp_path, monkeypatch):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "home" / "key"))
    return store.new_key()


def lay(root, files):
    for name, (content, mode) in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
    return root


@pytest.fixture
def project(tmp_path):
    root = lay(tmp_path / "project", FILES)
    lay(root, dict.fromkeys(PASSED_OVER, (b"x", 0o600)))
    (root / "registers/empty").mkdir(mode=0o750)
    (root / "data/processed/2026Q3/shop").chmod(0o700)
    return root


@pytest.fixture
def small(tmp_path):
    """A project of one file."""
    return lay(tmp_path / "small", {"studies/a": (b"x", 0o644)})


def state(root):
    """Every file and folder with its rights and content."""
    return {
        str(path.relative_to(root)): (
            stat.S_IMODE(path.stat().st_mode),
            path.read_bytes() if path.is_file() else None,
        )
        for path in root.rglob("*")
    }


def names(folder):
    return sorted(f.name for f in folder.iterdir())


# back and forth


def test_what_was_destroyed_comes_back_with_the_same_bytes_and_rights(project, tmp_path):
    kept = store.backup(tmp_path / "b.age", root=project, made="2026-10-08")
    for path in PASSED_OVER:
        (project / path).unlink()
    for folder in (
        "data/cache",
        "data/processed/.stage",
        "reports/.failed",
        "notebooks/.ipynb_checkpoints",
    ):
        shutil.rmtree(project / folder)
    (project / "data/backups.json").unlink()
    before = state(project)
    shutil.rmtree(project)
    assert store.restore(tmp_path / "b.age", root=project) == project
    assert state(project) == before
    assert kept.files == len(FILES)


@pytest.mark.parametrize("exists", [True, False], ids=["empty folder", "no folder"])
def test_the_target_is_an_empty_or_a_new_folder(small, tmp_path, exists):
    store.backup(tmp_path / "b.age", root=small)
    target = tmp_path / "deep" / "target"
    if exists:
        target.mkdir(parents=True)
    store.restore(tmp_path / "b.age", root=target)
    assert (target / "studies/a").read_bytes() == b"x"
    assert names(target.parent) == ["target"]


def test_a_backup_is_encrypted_and_its_owners_only(project, tmp_path):
    file = tmp_path / "b.age"
    store.backup(file, root=project)
    content = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"customers" not in content
    assert bytes(range(256)) not in content
    assert names(tmp_path) == ["b.age", "home", "project"]


def test_a_second_recipient_can_open_it_and_so_can_the_own_key(small, tmp_path, monkeypatch):
    other = pyrage.x25519.Identity.generate()
    store.backup(tmp_path / "b.age", root=small, recipients=[str(other.to_public())])
    plain = pyrage.decrypt((tmp_path / "b.age").read_bytes(), [other])
    # What is inside is an ordinary tar, so that nobody depends on this program to get it out.
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert tar.getnames() == ["MANIFEST.json", "MANIFEST.sha256", "studies", "studies/a"]
        assert tar.extractfile("studies/a").read() == b"x"
    assert store.verify(tmp_path / "b.age").files == 1


def test_a_backup_is_listed_with_what_it_holds(project, tmp_path):
    store.backup(tmp_path / "a.age", root=project, made="2026-10-08")
    store.backup(tmp_path / "b.age", root=project, made="2026-10-09")
    first, second = store.backups(project)
    assert (first.file, first.made) == (str(tmp_path / "a.age"), "2026-10-08")
    assert second.holds == ("2026Q3/all", "2026Q3/shop")
    assert second.sha256 == store.digest(tmp_path / "b.age")
    assert (first.kind, first.sealed, first.size) == (
        "backup",
        True,
        (tmp_path / "a.age").stat().st_size,
    )
    assert stat.S_IMODE((project / "data/backups.json").stat().st_mode) == 0o600


# what is refused


def test_an_existing_file_is_not_overwritten(small, tmp_path):
    (tmp_path / "b.age").write_text("mine")
    with pytest.raises(StoreError, match="已经有这个文件，不会覆盖"):
        store.backup(tmp_path / "b.age", root=small)
    assert (tmp_path / "b.age").read_text() == "mine"


def test_a_backup_does_not_back_itself_up(project):
    with pytest.raises(StoreError, match="不能放在它要备份的文件夹里；请放到项目之外"):
        store.backup(project / "reports/b.age", root=project)


def test_a_link_is_refused_by_name(project, tmp_path):
    (project / "data/raw/2026Q3/shop/link.csv").symlink_to("/etc/passwd")
    with pytest.raises(StoreError, match=r"shop/link\.csv 是链接；请换成文件"):
        store.backup(tmp_path / "b.age", root=project)
    assert not (tmp_path / "b.age").exists()


def test_a_wrong_recipient_is_told(small, tmp_path):
    with pytest.raises(StoreError, match="收件公钥“age1x”不对"):
        store.backup(tmp_path / "b.age", root=small, recipients=["age1x"])


def test_without_a_key_nothing_is_written(small, tmp_path, key):
    key.unlink()
    with pytest.raises(StoreError, match="请先执行 csat key new"):
        store.backup(tmp_path / "b.age", root=small)
    assert names(tmp_path) == ["home", "small"]


def test_a_file_that_changes_meanwhile_is_told_and_no_backup_counts(project, tmp_path, monkeypatch):
    listed = bundle.entry_of

    def meanwhile(file, path):
        entry = listed(file, path)
        if path == "notebooks/01_clean.ipynb":
            file.write_text("{ }")
        return entry

    monkeypatch.setattr(sys.modules["csatlib.store.backup"], "entry_of", meanwhile)
    with pytest.raises(StoreError, match=r"b\.age 没有写成：.*01_clean\.ipynb 在读取时被改动"):
        store.backup(tmp_path / "b.age", root=project)
    assert names(tmp_path) == ["home", "project"]
    assert store.backups(project) == ()


def test_a_backup_that_cannot_be_read_back_does_not_count(small, tmp_path, monkeypatch):
    def lossy(source, stream, recipients):
        stream.write(pyrage.encrypt(source.read()[:-100], recipients))

    monkeypatch.setattr(sealed, "_encrypt", lossy)
    with pytest.raises(StoreError, match="内容不完整"):
        store.backup(tmp_path / "b.age", root=small)
    assert names(tmp_path) == ["home", "small"]
    assert store.backups(small) == ()


@pytest.mark.parametrize("step", ["backup", "restore"])
def test_a_disk_error_half_way_leaves_nothing(small, tmp_path, monkeypatch, step):
    if step == "restore":
        store.backup(tmp_path / "b.age", root=small)
    before = names(tmp_path)

    def failing(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", failing)
    root = small if step == "backup" else tmp_path / "target"
    with pytest.raises(OSError, match="Input/output"):
        getattr(store, step)(tmp_path / "b.age", root=root)
    assert names(tmp_path) == before


def test_a_full_disk_while_restoring_leaves_nothing(project, tmp_path, monkeypatch):
    store.backup(tmp_path / "b.age", root=project)
    before = names(tmp_path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.restore(tmp_path / "b.age", root=tmp_path / "target")
    assert names(tmp_path) == before


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_target_that_holds_something_is_left_alone(small, tmp_path, kind):
    store.backup(tmp_path / "b.age", root=small)
    target = tmp_path / "target"
    if kind == "folder":
        lay(target, {"mine": (b"mine", 0o600)})
    else:
        target.write_text("mine")
    with pytest.raises(StoreError, match="已有内容，不会覆盖；请换一个空的文件夹"):
        store.restore(tmp_path / "b.age", root=target)
    left = target / "mine" if kind == "folder" else target
    assert left.read_text() == "mine"


def test_another_key_is_told(small, tmp_path, monkeypatch):
    store.backup(tmp_path / "b.age", root=small)
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "other"))
    store.new_key()
    with pytest.raises(StoreError, match=r"现在的密钥打不开这个文件（密钥不对"):
        store.restore(tmp_path / "b.age", root=tmp_path / "target")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "没有这个文件"),
        (b"", "不完整"),
        (b"hello", "不完整"),
        (b"hello" * 1000, "不是 csat 的备份或归档"),
        (b"age-encryption.org/v1\n", "解不开，文件已损坏"),
    ],
    ids=["missing", "empty", "short", "another file", "header only"],
)
def test_what_is_no_backup_is_told(tmp_path, content, message):
    if content is not None:
        (tmp_path / "b.age").write_bytes(content)
    for call in (store.verify, lambda file: store.restore(file, root=tmp_path / "target")):
        with pytest.raises(StoreError, match=message):
            call(tmp_path / "b.age")
    assert not (tmp_path / "target").exists()


# every bit


@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["one a byte", "every bit"]
)
def test_every_flipped_bit_of_a_backup_is_noticed(small, tmp_path, every):
    file = tmp_path / "b.age"
    store.backup(file, root=small)
    content = file.read_bytes()
    store.verify(file)
    # All bits of the header and of the last seal; one of each byte between, where all are alike.
    header = content.index(b"\n--- ") + 80
    alike = range(0) if every else range(header, len(content) - 20)
    unnoticed = []
    for at in range(len(content)):
        for bit in [at % 8] if at in alike else range(8):
            flipped = bytearray(content)
            flipped[at] ^= 1 << bit
            file.write_bytes(flipped)
            try:
                store.verify(file)
            except StoreError:
                continue
            unnoticed.append((at, bit))
    assert unnoticed == []


def test_a_backup_cut_anywhere_is_noticed_and_restores_nothing(project, tmp_path):
    file = tmp_path / "b.age"
    store.backup(file, root=project)
    content = file.read_bytes()
    ends = {0, 1, 21, 150, 250, 70_000, len(content) // 2, len(content) - 1}
    for end in ends:
        file.write_bytes(content[:end])
        with pytest.raises(StoreError):
            store.restore(file, root=tmp_path / "target")
    file.write_bytes(content + b"\0")
    with pytest.raises(StoreError):
        store.restore(file, root=tmp_path / "target")
    assert names(tmp_path) == ["b.age", "home", "project"]


# a bundle that somebody made to do harm


def forged(tmp_path, key, entries, contents=b"x", about=None, change=bytes):
    """Encrypt a bundle with any list of files to the own key."""
    chunks = bundle.packed_up(about or {"kind": "backup"}, entries, lambda _: io.BytesIO(contents))
    secret = pyrage.x25519.Identity.from_str(key.read_text().split()[-1])
    plain = change(b"".join(chunks))
    file = tmp_path / "forged.age"
    file.write_bytes(pyrage.encrypt(plain, [secret.to_public()]))
    return file


X = {"mode": 0o644, "size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["../evil", "/tmp/evil", "a/../../evil", "..", "a/./b", "a//b", "a\\..\\b", "./a", "", "a/"],
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, key, path):
    file = forged(tmp_path, key, [bundle.Entry(path, **X)])
    with pytest.raises(StoreError, match="会离开目标文件夹"):
        store.restore(file, root=tmp_path / "target")
    assert names(tmp_path) == ["forged.age", "home"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([bundle.Entry("a", **X), bundle.Entry("a", **X)], "出现了两次"),
        ([bundle.Entry("a", **{**X, "mode": 0o4755})], "目录读不懂"),
    ],
    ids=["the same file twice", "set-uid"],
)
def test_a_list_that_makes_no_sense_is_refused(tmp_path, key, entries, message):
    with pytest.raises(StoreError, match=message):
        store.restore(forged(tmp_path, key, entries), root=tmp_path / "target")
    assert not (tmp_path / "target").exists()


def as_link(plain):
    """Turn the header of the last file into that of a link to somewhere else."""
    link = tarfile.TarInfo("a")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    return plain[: -4 * 512] + link.tobuf(tarfile.PAX_FORMAT) + plain[-3 * 512 :]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (as_link, "a 的文件头与目录不符"),
        (lambda plain: plain[: -3 * 512] + b"y" + plain[-3 * 512 + 1 :], "a 的内容与目录不符"),
        (lambda plain: plain[: -2 * 512 - 1] + b"y" + plain[-2 * 512 :], "a 后面有多余的内容"),
        (lambda plain: plain[:-1] + b"y", "末尾有目录里没有的内容"),
        (lambda plain: plain + b"y", "末尾有多出的内容"),
        (lambda plain: plain[:-1], "内容不完整"),
        (lambda plain: plain[: 512 + 5] + b"9" + plain[512 + 6 :], "目录"),
    ],
    ids=["link", "content", "padding", "end", "more", "less", "list"],
)
def test_a_bundle_that_is_not_as_its_list_says_is_refused(tmp_path, key, change, message):
    file = forged(tmp_path, key, [bundle.Entry("a", **X)], change=change)
    with pytest.raises(StoreError, match=message):
        store.restore(file, root=tmp_path / "target")
    assert names(tmp_path) == ["forged.age", "home"]


def test_an_archive_is_not_restored_as_a_project(tmp_path, key):
    file = forged(tmp_path, key, [bundle.Entry("a", **X)], about={"kind": "archive"})
    with pytest.raises(StoreError, match="这是归档，不是备份"):
        store.restore(file, root=tmp_path / "target")


def test_a_damaged_list_of_backups_is_told(small):
    lay(small, {"data/backups.json": (b"[{}]", 0o600)})
    with pytest.raises(StoreError, match=r"data/backups\.json：备份清单已损坏"):
        store.backups(small)


# the command


def test_the_commands_back_up_and_restore(small, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(small)
    assert csat(["backup", str(tmp_path / "b.age")]) == 0
    assert "已备份并核对：1 个文件" in capsys.readouterr().out
    assert store.backups(small)[0].made.startswith("20")
    assert csat(["backup", str(tmp_path / "b.age")]) == 1
    assert "不会覆盖" in capsys.readouterr().err
    assert csat(["restore", str(tmp_path / "b.age"), "--root", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again/studies/a").read_bytes() == b"x"
    assert csat(["restore", str(tmp_path / "b.age"), "--root", str(small)]) == 1
    assert csat(["restore", str(tmp_path / "b.age")]) == 2
    assert csat(["archive", "--verify", str(tmp_path / "b.age")]) == 0
    assert "完好" in capsys.readouterr().out


def test_the_command_warns_of_raw_files_that_others_can_read(project, tmp_path, capsys):
    assert csat(["backup", str(tmp_path / "b.age"), "--root", str(project)]) == 0
    assert "别的用户也能读到" in capsys.readouterr().err


def test_private_files_are_flushed_before_they_get_their_name(tmp_path, monkeypatch):
    order = []
    monkeypatch.setattr(disk.os, "fsync", lambda _: order.append("fsync"))
    real = os.replace
    monkeypatch.setattr(disk.os, "replace", lambda a, b: (order.append("replace"), real(a, b)))
    with store.atomic(Path(tmp_path, "a")) as stream:
        stream.write(b"x")
    assert order == ["fsync", "replace", "fsync"]
