"""The key, what is made from it, and the tables that only it opens; who may read which file."""

import hmac
import io
import os
import stat
import sys

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from csatlib import store
from csatlib.cli import _run as csat
from csatlib.store import StoreError, keys, vault

IDENTITIES = pd.DataFrame(
    {
        "pseudonym": ["P1", "P1", "P2"],
        "kind": ["customer_id", "mobile", "customer_id"],
        "value": ["C0001", "13800001234", "C0002"],
    }
).astype("str")


@pytest.fixture
def key(tmp_path, monkeypatch):
    """A key of one's own, outside the project."""
    file = tmp_path / "home" / "csat" / "key"
    monkeypatch.setenv("CSAT_KEY_FILE", str(file))
    return store.new_key()


@pytest.fixture
def project(tmp_path, monkeypatch, shop):
    for variable in (store.ROOT_VARIABLE, store.STAGE_VARIABLE, "CSAT_KEY_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nowhere"))
    return tmp_path


def publish(df, root, quarter="2026Q3"):
    return store.write(df, "identities", quarter, "shop", root)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# the key file


def test_a_new_key_is_one_age_identity_that_only_its_owner_reads(project, key):
    lines = key.read_text(encoding="utf-8").splitlines()
    assert [line[:15] for line in lines if not line.startswith("#")] == ["AGE-SECRET-KEY-"]
    assert (mode(key), mode(key.parent)) == (0o600, 0o700)
    assert store.check_key() == key


def test_a_key_is_never_replaced(project, key):
    before = key.read_bytes()
    with pytest.raises(StoreError, match="已经有密钥，不会覆盖"):
        store.new_key()
    assert key.read_bytes() == before


def test_an_error_while_the_key_is_written_leaves_no_half_key(tmp_path, monkeypatch):
    monkeypatch.setenv("CSAT_KEY_FILE", str(tmp_path / "key"))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.new_key()
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize(
    ("variables", "platform", "expected"),
    [
        ({"CSAT_KEY_FILE": "/safe/key", "XDG_CONFIG_HOME": "/c"}, "linux", "/safe/key"),
        ({"XDG_CONFIG_HOME": "/c"}, "linux", "/c/csat/key"),
        ({}, "linux", "/home/a/.config/csat/key"),
        ({}, "darwin", "/home/a/Library/Application Support/csat/key"),
    ],
    ids=["stated", "configuration folder", "home", "macOS"],
)
def test_the_key_has_one_place(monkeypatch, variables, platform, expected):
    for name in ("CSAT_KEY_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "HOME": "/home/a"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert store.key_file().as_posix() == expected


def spoilt(file, how):
    secret = file.read_text(encoding="utf-8").splitlines()[-1]
    texts = {
        "empty": "",
        "only comments": "# nothing\n",
        "no key": "hello\n",
        "one letter wrong": secret[:-1] + ("Q" if secret[-1] != "Q" else "P"),
        "cut": secret[:40],
        "two keys": f"{secret}\n{secret}\n",
    }
    if how == "not text":
        file.write_bytes(b"\xff\xfe\xfa")
    elif how == "folder":
        file.unlink()
        file.mkdir()
    elif how == "missing":
        file.unlink()
    elif how == "open to others":
        file.chmod(0o640)
    else:
        file.write_text(texts[how], encoding="utf-8")
    return secret


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", "没有密钥文件；请先执行 csat key new"),
        ("folder", "这是文件夹，不是密钥文件"),
        ("open to others", r"别的用户也能读到密钥；请执行 chmod 600 /.*/key"),
        ("empty", "现在有 0 行"),
        ("only comments", "现在有 0 行"),
        ("two keys", "现在有 2 行"),
        ("no key", "里面不是密钥"),
        ("one letter wrong", "里面不是密钥"),
        ("cut", "里面不是密钥"),
        ("not text", "里面不是密钥"),
    ],
    ids=str,
)
def test_a_key_that_will_not_do_is_told_and_not_shown(project, key, shop, how, message):
    secret = spoilt(key, how)
    with pytest.raises(StoreError, match=message) as told:
        store.pseudonym_key(shop)
    assert str(key) in str(told.value)
    assert secret[15:25] not in str(told.value)
    assert told.value.__cause__ is None


def test_a_key_that_cannot_be_read_is_told(project, key, shop, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(key), "read_text", refused)
    with pytest.raises(StoreError, match="读不了密钥文件（Permission denied）；请检查它的权限"):
        store.pseudonym_key(shop)


# keys for single purposes

HKDF = [
    # RFC 5869, appendix A.1 and A.3: secret, salt, info, length, result.
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "0b" * 22,
        "",
        "",
        42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("secret", "salt", "info", "length", "result"), HKDF, ids=["A.1", "A.3"])
def test_keys_are_derived_as_the_standard_says(secret, salt, info, length, result):
    made = keys.derived(
        bytes.fromhex(secret),
        bytes.fromhex(info).decode("latin-1"),
        salt=bytes.fromhex(salt),
        length=length,
    )
    assert made.hex() == result


def test_each_purpose_and_each_key_file_has_a_key_of_its_own(project, key, shop, monkeypatch):
    own = {store.pseudonym_key(shop), keys.vault_key(shop)}
    assert own == {store.pseudonym_key(shop), keys.vault_key(shop)}
    monkeypatch.setenv("CSAT_KEY_FILE", str(project / "other"))
    store.new_key()
    found = own | {store.pseudonym_key(shop), keys.vault_key(shop)}
    assert [len(k) for k in found] == [32] * 4


def test_the_public_test_key_needs_no_file_and_is_the_same_everywhere(project, shop_with):
    study = shop_with("report:", "privacy: {key: public_test}\nreport:")
    assert store.pseudonym_key(study) == store.pseudonym_key(study)
    assert store.pseudonym_key(study) != keys.vault_key(study)
    assert hmac.compare_digest(
        store.pseudonym_key(study), keys.derived(keys.PUBLIC_TEST_SECRET, "pseudonyms")
    )


# secret tables


def test_a_secret_table_holds_nothing_readable_and_comes_back_whole(project, key):
    file = publish(IDENTITIES, project)
    content = file.read_bytes()
    for word in (b"C0001", b"13800001234", b"pseudonym", b"mobile"):
        assert word not in content
    # Parquet with an encrypted footer, and the seal behind it.
    assert content[:4] == content[-36:-32] == b"PARE"
    with pytest.raises(OSError, match="encrypt"):
        pq.read_table(io.BytesIO(content[:-32]))
    assert_frame_equal(store.read("identities", "2026Q3", "shop", project), IDENTITIES)


def test_the_manifest_gives_no_plain_digest_of_a_secret_table(project, key):
    publish(IDENTITIES, project)
    entry = store.manifest("2026Q3", "shop", project)["tables"]["identities"]
    assert set(entry) == {"rows", "columns", "hmac_sha256", "key"}
    assert (entry["rows"], entry["columns"]) == (3, 3)


def test_the_same_content_keeps_its_bytes_and_another_does_not(project, key):
    first = publish(IDENTITIES, project).read_bytes()
    noted = store.manifest("2026Q3", "shop", project)
    assert publish(IDENTITIES, project).read_bytes() == first
    assert store.manifest("2026Q3", "shop", project) == noted
    changed = publish(IDENTITIES.iloc[:2], project).read_bytes()
    assert changed != first
    assert store.manifest("2026Q3", "shop", project) != noted


def test_a_staged_table_takes_the_bytes_of_the_published_one(project, key, monkeypatch):
    first = publish(IDENTITIES, project).read_bytes()
    stage = project / "data/processed/.stage/2026Q3"
    (stage / "shop").mkdir(parents=True)
    monkeypatch.setenv(store.STAGE_VARIABLE, str(stage))
    staged = publish(IDENTITIES, project)
    assert staged.is_relative_to(stage)
    assert staged.read_bytes() == first


def test_equal_content_has_the_same_entry_in_another_project(project, key, tmp_path_factory):
    publish(IDENTITIES, project)
    other = tmp_path_factory.mktemp("other")
    (other / "studies").mkdir()
    (project / "studies/shop").rename(other / "studies/shop")
    publish(IDENTITIES, other)
    entries = [store.manifest("2026Q3", "shop", root)["tables"] for root in (project, other)]
    assert entries[0] == entries[1]


def test_another_key_is_told_apart_from_damage(project, key, monkeypatch):
    file = publish(IDENTITIES, project)
    monkeypatch.setenv("CSAT_KEY_FILE", str(project / "other"))
    store.new_key()
    with pytest.raises(
        StoreError, match=r"2026Q3/shop/identities\.parquet：不是用现在的密钥加密的"
    ):
        store.read("identities", "2026Q3", "shop", project)
    monkeypatch.setenv("CSAT_KEY_FILE", str(key))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match="密钥没有错，内容已损坏或被改动"):
        store.read("identities", "2026Q3", "shop", project)


def test_every_flipped_bit_of_a_vault_is_noticed(project, key):
    content = publish(IDENTITIES, project).read_bytes()
    shop = store.study("shop", project)
    lock = vault.Vault(keys.vault_key(shop), "2026Q3", "shop", "identities")
    assert_frame_equal(lock.unlock(content), IDENTITIES)
    for at in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[at] ^= 1 << bit
            with pytest.raises(ValueError):
                lock.unlock(bytes(flipped))


def test_a_vault_laid_into_another_quarter_does_not_open(project, key):
    file = publish(IDENTITIES, project, "2026Q2")
    other = publish(IDENTITIES, project, "2026Q3")
    other.write_bytes(file.read_bytes())
    with pytest.raises(StoreError, match="内容已损坏或被改动"):
        store.read("identities", "2026Q3", "shop", project)


def test_an_older_vault_put_back_is_noticed(project, key):
    file = publish(IDENTITIES, project)
    older = file.read_bytes()
    publish(IDENTITIES.iloc[:2], project)
    file.write_bytes(older)
    with pytest.raises(StoreError, match="内容已损坏或被改动"):
        store.read("identities", "2026Q3", "shop", project)


def test_without_a_key_a_secret_table_is_neither_written_nor_read(project, key):
    publish(IDENTITIES, project)
    key.unlink()
    for call in (
        lambda: store.read("identities", "2026Q3", "shop", project),
        lambda: publish(IDENTITIES, project, "2026Q2"),
    ):
        with pytest.raises(StoreError, match="没有密钥文件；请先执行 csat key new"):
            call()
    assert not list((project / "data/processed/2026Q2").rglob("*.parquet"))


# who may read what


def test_tables_and_their_folder_are_the_owners_only(project, key):
    file = publish(IDENTITIES, project)
    plain = store.write(
        store.read("identities", "2026Q3", "shop", project)
        .rename(columns={"pseudonym": "row_id", "kind": "rule", "value": "reason"})
        .drop_duplicates(["row_id", "rule"]),
        "quarantine",
        "2026Q3",
        "shop",
        project,
    )
    files = (file, plain, file.with_name("manifest.json"))
    assert [mode(f) for f in files] == [0o600] * 3
    assert mode(file.parent) == 0o700


def test_no_moment_passes_in_which_a_private_file_is_open(tmp_path):
    old = os.umask(0)
    try:
        with store.atomic(tmp_path / "a", mode=0o600):
            assert [mode(f) for f in tmp_path.iterdir()] == [0o600]
    finally:
        os.umask(old)


def test_the_cache_is_the_owners_only_even_where_it_was_open(project):
    (project / "data").mkdir()
    (project / "data/cache").mkdir(mode=0o755)
    assert mode(store.cache(project)) == 0o700


def test_files_that_others_can_reach_are_listed_and_left(project):
    folder = project / "data/raw/2026Q3/shop"
    folder.mkdir(parents=True)
    rights = {"a.csv": 0o644, "b.csv": 0o600, "c.csv": 0o640, "README.md": 0o644, "d.csv": 0o602}
    for name, right in rights.items():
        (folder / name).touch()
        (folder / name).chmod(right)
    assert [f.name for f in store.loose_modes(project)] == ["a.csv", "c.csv", "d.csv"]
    folder.chmod(0o700)
    assert store.loose_modes(project) == ()
    assert mode(folder / "a.csv") == 0o644


# the command


def test_the_command_makes_a_key_once_and_never_prints_it(project, capsys, monkeypatch):
    file = project / "mine"
    monkeypatch.setenv("CSAT_KEY_FILE", str(file))
    assert csat(["key", "path"]) == 1
    assert "没有密钥文件；请先执行 csat key new" in capsys.readouterr().err
    assert csat(["key", "new"]) == 0
    assert csat(["key", "path"]) == 0
    assert csat(["key", "new"]) == 1
    told = capsys.readouterr()
    assert f"已新建密钥：{file}" in told.out
    assert "密钥可用" in told.out
    assert "不会覆盖" in told.err
    secret = file.read_text(encoding="utf-8").splitlines()[-1]
    assert secret[15:25] not in told.out + told.err
