"""The whole project into one encrypted file, and back, the same bytes or nothing."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from csatlib.store.bundle import BundleError, Discarded, Entry, entry_of, packed_up
from csatlib.store.disk import PRIVATE_FOLDER, digest, flush_folder
from csatlib.store.kept import Kept, record
from csatlib.store.places import StoreError, project_root
from csatlib.store.sealed import is_sealed, read_bundle, recipients_of, write_bundle

__all__ = ["backup", "restore", "verify"]

#: What a backup holds. The notebooks are code, but few, and with them a restored project runs.
_PLACES = (
    "data/backups.json",
    "data/forgotten.json",
    "data/processed",
    "data/raw",
    "notebooks",
    "registers",
    "reports",
    "studies",
)
#: What runs leave behind while they write, and what editors do.
_PASSED_OVER = re.compile(r"\.stage|\.failed|\.ipynb_checkpoints|\.DS_Store|\..*\.(tmp|lock|old)")


def backup(
    file: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = None,
    made: str = "",
    recipients: Sequence[str] = (),
) -> Kept:
    """Write everything that cannot be made again into one encrypted file, and verify it.

    Parameters
    ----------
    file : path
        The file to write; it must not exist, nor lie in a folder that is backed up.
    root : path, optional
        The project's folder, as for `project_root`.
    made : str
        When, for the list of backups.
    recipients : sequence of str
        Public keys (``age1…``) that shall open the file besides the own key.

    Returns
    -------
    Kept
        Its entry in ``data/backups.json``: ``file``, ``made``, ``sha256``, ``holds``, ``files``,
        ``size``. The file holds ``data/raw``, ``data/processed``, ``studies``, ``registers``,
        ``reports`` and ``notebooks``, but no cache and nothing half done.

    Raises
    ------
    StoreError
        If there is no key, the file exists, a folder holds a link, or a file changed meanwhile.

    Notes
    -----
    The file is encrypted with age (ChaCha20-Poly1305, X25519): a 64 KB piece at a time, so memory
    does not grow with the data.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> from csatlib.store.keys import new_key
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root, again = Path(folder, "project"), Path(folder, "again")
    ...     (root / "studies").mkdir(parents=True)
    ...     _ = (root / "studies" / "note.txt").write_text("甲")
    ...     with patch.dict(os.environ, {"CSAT_KEY_FILE": f"{folder}/key"}):
    ...         _ = new_key()
    ...         kept = backup(f"{folder}/2026Q3.age", root=root, made="2026-10-08")
    ...         _ = restore(kept.file, root=again)
    ...     kept.files, (again / "studies" / "note.txt").read_text()
    (1, '甲')
    """
    project, target = project_root(root), Path(file).absolute()
    if any(target.is_relative_to(project / place) for place in _PLACES):
        raise StoreError(f"{target}：备份不能放在它要备份的文件夹里；请放到项目之外。")
    keys = recipients_of(recipients)
    try:
        entries = [entry_of(project / path, path) for path in _listed(project)]
    except BundleError as fault:
        raise StoreError(f"{project}：{fault}。") from None

    def opened(entry: Entry) -> IO[bytes]:
        return (project / entry.path).open("rb")

    write_bundle(target, packed_up({"kind": "backup"}, entries, opened), keys)
    kept = described(target, "backup", made, entries)
    record(kept, project)
    return kept


def restore(file: str | os.PathLike[str], *, root: str | os.PathLike[str]) -> Path:
    """Unpack a backup into an empty or new folder, all of it or nothing.

    Parameters
    ----------
    file : path
        What `backup` wrote.
    root : path
        The folder to make; it must not exist or be empty.

    Returns
    -------
    Path
        The folder, with the files, bytes and rights that were backed up.

    Raises
    ------
    StoreError
        If the key is another, any bit of the file is not as it was written, a path leads out of
        the folder, or the folder holds something; then nothing is written.

    Examples
    --------
    See `backup`; a folder that holds something is refused.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "mine.txt").touch()
    ...     try:
    ...         restore("2026Q3.age", root=folder)
    ...     except StoreError as error:
    ...         print(str(error).rpartition("：")[2])
    这个文件夹里已有内容，不会覆盖；请换一个空的文件夹。
    """
    source, target = Path(file), Path(root).absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StoreError(f"{target}：这个文件夹里已有内容，不会覆盖；请换一个空的文件夹。")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        unpacked = _Unpacked(beside)
        _refuse_archive(read_bundle(source, unpacked), source)
        unpacked.finish()
        beside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o755)
        # Takes the place of an empty folder in one step.
        os.replace(beside, target)  # noqa: PTH105
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    flush_folder(target.parent)
    return target


def _refuse_archive(content: Mapping[str, Any], file: Path) -> None:
    if content["about"].get("kind") != "backup":
        raise StoreError(f"{file}：这是归档，不是备份；请用 csat archive --verify 检查它。")


def verify(file: str | os.PathLike[str]) -> Kept:
    """Read a backup or archive from end to end and check every byte of it.

    Parameters
    ----------
    file : path
        What `backup` or `archive` wrote.

    Returns
    -------
    Kept
        ``kind``, ``holds``, ``files`` and ``size``; ``made`` is empty.

    Raises
    ------
    StoreError
        If the key is another or any bit of the file is not as it was written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "2026Q3-shop.tar")
    ...     _ = file.write_bytes(b"not a bundle" * 99)
    ...     try:
    ...         verify(file)
    ...     except StoreError as error:
    ...         print(str(error).partition("：")[2])
    不是 csat 的备份或归档；文件已损坏或被改动，请换一份备份或归档。
    """
    content = read_bundle(Path(file), Discarded())
    kind = str(content["about"].get("kind"))
    holds = content["about"].get("holds", ())
    return described(Path(file), kind, "", content["entries"], holds)


def described(
    file: Path, kind: str, made: str, entries: Sequence[Entry], holds: Sequence[str] = ()
) -> Kept:
    files = [entry.path for entry in entries if not entry.folder]
    quarters = {found[1] for path in files if (found := _QUARTER.match(path))}
    return Kept(
        file=str(file),
        kind=kind,
        made=made,
        sha256=digest(file),
        holds=tuple(holds or sorted(quarters)),
        sealed=is_sealed(file),
        files=len(files),
        size=file.stat().st_size,
    )


_QUARTER = re.compile(r"(?:data/(?:raw|processed)|reports)/([0-9]{4}Q[1-4]/[a-z][a-z0-9_]*)/")


def _listed(project: Path) -> Iterator[str]:
    """List what is backed up: each folder before what it holds, in the order of the names."""
    seen: set[str] = set()
    for place in _PLACES:
        top = project / place
        if not top.exists() and not top.is_symlink():
            continue
        for above in reversed(Path(place).parents[:-1]):
            if str(above) not in seen:
                seen.add(str(above))
                yield str(above)
        yield from (path.relative_to(project).as_posix() for path in _below(top))


def _below(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for entry in sorted(path.iterdir()):
            if not _PASSED_OVER.fullmatch(entry.name):
                yield from _below(entry)


class _Synced(io.FileIO):
    """A file that is on the disk when it is closed."""

    def close(self) -> None:
        if not self.closed:
            os.fsync(self.fileno())
        super().close()


class _Unpacked:
    """Lays the files of a bundle into a folder; rights of folders come last."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: list[Entry] = []

    def folder(self, entry: Entry) -> None:
        (self._root / entry.path).mkdir(mode=PRIVATE_FOLDER)
        self._folders.append(entry)

    def file(self, entry: Entry) -> IO[bytes]:
        handle = os.open(self._root / entry.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.fchmod(handle, entry.mode)
        return _Synced(handle, "wb")

    def finish(self) -> None:
        """Give the folders their rights and put everything on the disk."""
        for entry in reversed(self._folders):
            folder = self._root / entry.path
            flush_folder(folder)
            folder.chmod(entry.mode)
