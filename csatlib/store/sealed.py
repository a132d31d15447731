"""Bundles in files: encrypted with age or plain, written whole, and read back before they count."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from csatlib.store.bundle import BundleError, Discarded, Feed, Sink
from csatlib.store.disk import PRIVATE_FILE, atomic
from csatlib.store.keys import identity
from csatlib.store.places import StoreError

__all__ = ["is_sealed", "read_bundle", "recipients_of", "write_bundle"]

_AGE = b"age-encryption.org/v1\n"
_PIECE = 1 << 20


def write_bundle(file: Path, chunks: Iterator[bytes], recipients: Sequence[Any]) -> None:
    """Write a bundle (encrypted if there are recipients), read it back, then give it its name."""
    from pyrage import EncryptError

    if file.exists():
        raise StoreError(f"{file}：已经有这个文件，不会覆盖；请换一个名称。")
    source = _Pulled(chunks)
    try:
        with atomic(file, mode=PRIVATE_FILE) as stream:
            if recipients:
                _encrypt(source, stream, list(recipients))
            else:
                while piece := source.read(_PIECE):
                    stream.write(piece)
            stream.flush()
            with os.fdopen(os.dup(stream.fileno()), "rb") as written:
                written.seek(0)
                _read(written, Discarded(), file, sealed=bool(recipients))
    except (BundleError, EncryptError) as error:
        raise StoreError(f"{file.name} 没有写成：{source.fault or error}。") from error
    except OSError as error:
        raise (source.fault or error) from None


def _encrypt(source: IO[bytes], stream: IO[bytes], recipients: list[Any]) -> None:
    import pyrage

    pyrage.encrypt_io(source, stream, recipients)


def read_bundle(file: Path, sink: Sink) -> dict[str, Any]:
    """Read a bundle into a sink and give its ``about`` and ``entries``.

    Raises
    ------
    StoreError
        If the file is missing, the key is not its key, or any bit of it is not as it was written.
    """
    try:
        with file.open("rb") as stream:
            return _read(stream, sink, file, sealed=is_sealed(file))
    except FileNotFoundError:
        raise StoreError(f"{file}：没有这个文件；请检查路径。") from None
    except IsADirectoryError:
        raise StoreError(f"{file}：这是文件夹，不是备份或归档；请检查路径。") from None


def is_sealed(file: Path) -> bool:
    """Say whether a file is encrypted."""
    with file.open("rb") as stream:
        return stream.read(len(_AGE)) == _AGE


def recipients_of(further: Sequence[str]) -> list[Any]:
    """Give the recipients of a sealed file: the own key's, and those named besides."""
    from pyrage import RecipientError, x25519

    found = [identity().to_public()]
    for text in further:
        try:
            found.append(x25519.Recipient.from_str(text))
        except RecipientError:
            raise StoreError(f"收件公钥“{text}”不对；应写成 age1… 的样子。") from None
    return found


def _read(stream: IO[bytes], sink: Sink, file: Path, *, sealed: bool) -> dict[str, Any]:
    import pyrage

    feed = Feed(sink)
    own = identity() if sealed else None
    try:
        if own is not None:
            pyrage.decrypt_io(stream, feed, [own])
        else:
            while piece := stream.read(_PIECE):
                feed.write(piece)
        feed.close()
    except (pyrage.DecryptError, BundleError, OSError) as error:
        raise _told(feed.fault or error, file) from error
    return feed.content


def _told(error: Exception, file: Path) -> Exception:
    if isinstance(error, BundleError):
        return StoreError(f"{file}：{error}；文件已损坏或被改动，请换一份备份或归档。")
    if isinstance(error, OSError) and error.errno:
        return error
    if "No matching keys" in str(error):
        return StoreError(
            f"{file}：现在的密钥打不开这个文件（密钥不对，或文件头已损坏）；请换回加密时的密钥。"
        )
    return StoreError(f"{file}：解不开，文件已损坏、被截断或被改动；请换一份备份或归档。")


class _Pulled(io.RawIOBase):
    """Lets pieces that are made one by one be read like a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.fault: Exception | None = None
        self._chunks = chunks
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        while not self._held or size < 0:
            try:
                piece = next(self._chunks, None)
            except Exception as error:
                # Whoever reads may hide what stopped it, so the cause is kept here.
                self.fault = error
                raise
            if piece is None:
                break
            self._held += piece
        end = len(self._held) if size < 0 else size
        data, self._held = self._held[:end], self._held[end:]
        return data
