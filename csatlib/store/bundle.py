"""Many files in one that proves itself: a strict tar that begins with the list of what it holds.

Every byte behind the list follows from it: a reader knows each header before it comes, so nothing
can be added, left out, changed or led out of the folder without being noticed.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

__all__ = ["LIST", "BundleError", "Discarded", "Entry", "Feed", "entry_of", "packed_up"]

#: The first file of a bundle, and the second with the digest of the first.
LIST, LIST_DIGEST = "MANIFEST.json", "MANIFEST.sha256"
_BLOCK, _PIECE = 512, 1 << 20
_RIGHTS = 0o600


class BundleError(ValueError):
    """What is wrong with a bundle, in Chinese, without the name of its file."""


@dataclass(frozen=True)
class Entry:
    """One file or folder of a bundle."""

    path: str
    mode: int
    size: int = 0
    sha256: str = ""
    folder: bool = False


class Sink(Protocol):
    """Takes what comes out of a bundle."""

    def folder(self, entry: Entry) -> None: ...
    def file(self, entry: Entry) -> IO[bytes] | None: ...


class Discarded:
    """Takes nothing: for reading a bundle only to verify it."""

    def folder(self, entry: Entry) -> None:
        """Pass over a folder."""

    def file(self, entry: Entry) -> None:
        """Pass over a file."""


def entry_of(file: Path, path: str) -> Entry:
    """Describe a file or folder of the disk that is to have the name ``path`` in the bundle."""
    if file.is_symlink():
        raise BundleError(f"{path} 是链接；请换成文件或文件夹本身")
    mode = file.stat().st_mode & 0o777
    if file.is_dir():
        return Entry(path, mode, folder=True)
    sha256, size = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            sha256.update(piece)
            size += len(piece)
    return Entry(path, mode, size, sha256.hexdigest())


def packed_up(
    about: Mapping[str, Any], entries: Sequence[Entry], opened: Callable[[Entry], IO[bytes]]
) -> Iterator[bytes]:
    """Yield the bytes of a bundle; its files are read one piece at a time.

    Raises
    ------
    BundleError
        If a file is no longer as its entry says.
    """
    listed = _json({"about": about, "entries": [asdict(entry) for entry in entries]})
    for name, content in ((LIST, listed), (LIST_DIGEST, _digest_line(listed))):
        yield _header(Entry(name, _RIGHTS, len(content))) + content + _padding(len(content))
    for entry in entries:
        yield _header(entry)
        if entry.folder:
            continue
        sha256, size = hashlib.sha256(), 0
        with opened(entry) as stream:
            while piece := stream.read(_PIECE):
                sha256.update(piece)
                size += len(piece)
                yield piece
        if (size, sha256.hexdigest()) != (entry.size, entry.sha256):
            raise BundleError(f"{entry.path} 在读取时被改动；请等别的程序结束后再试")
        yield _padding(entry.size)
    yield bytes(2 * _BLOCK)


class Feed:
    """A stream to write a bundle's bytes into; it checks them and hands the files to a sink."""

    def __init__(self, sink: Sink) -> None:
        self.content: dict[str, Any] = {}
        self.fault: Exception | None = None
        self._held = bytearray()
        self._parser = _read(sink, self.content)
        self._wanted: int | None = next(self._parser)

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        if self.fault is None:
            try:
                self._take(data)
            except (BundleError, OSError) as error:
                self.fault = error
        if self.fault is not None:
            # Whoever writes may hide what stopped it, so the cause is kept here.
            raise self.fault
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is dealt with."""

    def close(self) -> None:
        """Raise what was wrong, an end that came too early among it."""
        self._parser.close()
        if self.fault is not None:
            raise self.fault
        if self._wanted is not None:
            raise BundleError("内容不完整，文件可能被截断")

    def _take(self, data: bytes) -> None:
        self._held += data
        while self._wanted is not None and len(self._held) >= self._wanted:
            piece = bytes(self._held[: self._wanted])
            del self._held[: self._wanted]
            try:
                self._wanted = self._parser.send(piece)
            except StopIteration:
                self._wanted = None
        if self._wanted is None and self._held:
            raise BundleError("末尾有多出的内容")


def _read(sink: Sink, content: dict[str, Any]) -> Generator[int, bytes, None]:
    """Ask for so many bytes, take them, and so on to the end of the bundle."""
    header = yield _BLOCK
    size = _size_of_list(header)
    padded = yield size + len(_padding(size))
    listed = padded[:size]
    content.update(_parsed(listed))
    note = _digest_line(listed)
    expected = _header(Entry(LIST_DIGEST, _RIGHTS, len(note))) + note + _padding(len(note))
    first = _header(Entry(LIST, _RIGHTS, size)) + listed + _padding(size)
    if header + padded != first or (yield len(expected)) != expected:
        raise BundleError("目录与它的摘要不符")
    for entry in content["entries"]:
        expected = _header(entry)
        if (yield len(expected)) != expected:
            raise BundleError(f"{entry.path} 的文件头与目录不符")
        if entry.folder:
            sink.folder(entry)
        else:
            yield from _read_file(entry, sink)
    if any((yield 2 * _BLOCK)):
        raise BundleError("末尾有目录里没有的内容")


def _read_file(entry: Entry, sink: Sink) -> Generator[int, bytes, None]:
    sha256, left = hashlib.sha256(), entry.size
    target = sink.file(entry)
    try:
        while left:
            piece = yield min(left, _PIECE)
            sha256.update(piece)
            left -= len(piece)
            if target is not None:
                target.write(piece)
    finally:
        if target is not None:
            target.close()
    if sha256.hexdigest() != entry.sha256:
        raise BundleError(f"{entry.path} 的内容与目录不符")
    if (padding := _padding(entry.size)) and (yield len(padding)) != padding:
        raise BundleError(f"{entry.path} 后面有多余的内容")


def _size_of_list(header: bytes) -> int:
    try:
        info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
    except (tarfile.TarError, ValueError):
        raise BundleError("不是 csat 的备份或归档") from None
    if info.name != LIST or not info.size:
        raise BundleError("不是 csat 的备份或归档")
    return info.size


def _parsed(listed: bytes) -> dict[str, Any]:
    try:
        content = json.loads(listed)
        entries = [Entry(**fields) for fields in content["entries"]]
        about = dict(content["about"])
        sound = all(_is_sound(entry) for entry in entries) and listed == _json(content)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BundleError("目录读不懂") from None
    if not sound:
        raise BundleError("目录读不懂")
    seen: set[str] = set()
    for entry in entries:
        parts = PurePosixPath(entry.path).parts
        inside = parts and "/".join(parts) == entry.path and ".." not in parts
        if not inside or entry.path.startswith("/") or "\\" in entry.path or "\0" in entry.path:
            raise BundleError(f"路径“{entry.path}”会离开目标文件夹")
        if entry.path in seen:
            raise BundleError(f"路径“{entry.path}”出现了两次")
        seen.add(entry.path)
    return {"about": about, "entries": entries}


def _is_sound(entry: Entry) -> bool:
    texts = isinstance(entry.path, str) and isinstance(entry.sha256, str)
    numbers = type(entry.size) is int and type(entry.mode) is int
    in_range = numbers and entry.size >= 0 and 0 <= entry.mode <= 0o777
    return texts and in_range and isinstance(entry.folder, bool)


def _header(entry: Entry) -> bytes:
    info = tarfile.TarInfo(entry.path)
    info.size, info.mode = entry.size, entry.mode
    info.type = tarfile.DIRTYPE if entry.folder else tarfile.REGTYPE
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _digest_line(listed: bytes) -> bytes:
    return f"{hashlib.sha256(listed).hexdigest()}  {LIST}\n".encode()


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
