"""Files that appear whole or not at all, and the digests that tell one from another."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["atomic", "digest", "flush_folder"]


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
def atomic(file: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name only when it is written and on the disk.

    What is written goes into a neighbour that is renamed at the end; after an error it is removed,
    so nobody ever reads half a file.

    Parameters
    ----------
    file : Path
        The file to write or replace; its folder is made where it is missing.

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
        neighbour.chmod(0o644)
        neighbour.replace(file)
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
