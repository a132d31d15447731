"""Files that appear whole or not at all, and the digests that tell one from another."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["PRIVATE_FILE", "PRIVATE_FOLDER", "atomic", "digest", "flush_folder", "private_folder"]

#: Rights of what holds personal data: its owner's, and nobody else's.
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700


def digest(file: Path) -> str:
    """Give the SHA-256 of a file.

    Parameters
    ----------
    file : Path
        The file to read.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "empty")
    ...     file.touch()
    ...     digest(file)[:12]
    'e3b0c44298fc'
    """
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def atomic(file: Path, *, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only when it is written and on the disk.

    What is written goes into a neighbour that is renamed at the end; after an error it is removed,
    so nobody ever reads half a file.

    Parameters
    ----------
    file : Path
        The file to write or replace; its folder is made where it is missing.
    mode : int
        The file's rights; no moment passes in which it has wider ones.

    Returns
    -------
    context manager of a binary stream

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "list.txt")
    ...     with atomic(file) as stream:
    ...         _ = stream.write(b"C1")
    ...         before = file.exists()
    ...     before, file.read_bytes()
    (False, b'C1')
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".tmp")
    neighbour = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        neighbour.chmod(mode)
        os.replace(neighbour, file)  # noqa: PTH105 (what the system calls it)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise
    flush_folder(file.parent)


def flush_folder(folder: Path) -> None:
    """Put a folder's renames on the disk, so that they outlive a loss of power.

    Parameters
    ----------
    folder : Path
        The folder whose entries changed.

    Returns
    -------
    None

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     flush_folder(Path(folder))
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_folder(folder: Path) -> Path:
    """Make a folder, where it is missing, and close it to everybody but its owner.

    Parameters
    ----------
    folder : Path
        The folder; folders above it are made where they are missing.

    Returns
    -------
    Path
        The folder itself.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     oct(private_folder(Path(folder, "cache")).stat().st_mode & 0o777)
    '0o700'
    """
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if folder.stat().st_mode & 0o077:
        folder.chmod(PRIVATE_FOLDER)
    return folder
