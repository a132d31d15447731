"""Parsed raw files kept by the hash of their bytes, so that each is parsed once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["READER", "entry_name", "kept", "look_up"]

#: The reader's version: raised whenever the same bytes would be read otherwise.
READER = 1

_SEAL = b"csatlib.seal"


def entry_name(digest: str, settings: Sequence[object]) -> str:
    """Name a cache entry by all that decides what reading gives.

    Examples
    --------
    >>> entry_name("ab" * 32, [None, "Sheet1", None])[:68]
    'abababababababababababababababababababababababababababababababab-1-a'
    """
    told = hashlib.sha256(json.dumps([READER, *settings]).encode()).hexdigest()
    return f"{digest}-{READER}-{told[:16]}.parquet"


def look_up(folder: Path, name: str) -> pa.Table | None:
    """Give a kept table back; None if it is not there, damaged, or not this user's own file."""
    try:
        with os.fdopen(os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW), "rb") as source:
            facts = os.fstat(source.fileno())
            own = stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid()
            if not own or stat.S_IMODE(facts.st_mode) & 0o077:
                return None
            table = pq.read_table(source, page_checksum_verification=True)
    except (OSError, ValueError, pa.ArrowException):
        return None
    metadata = dict(table.schema.metadata or {})
    if metadata.pop(_SEAL, None) != _seal(table, name):
        return None
    return table.replace_schema_metadata(metadata)


def kept(table: pa.Table, folder: Path, name: str) -> pa.Table:
    """Keep a table under its name, whole or not at all, readable by its owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    sealed = table.replace_schema_metadata({**table.schema.metadata, _SEAL: _seal(table, name)})
    handle, beside = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as sink:
            pq.write_table(sealed, sink, compression="lz4", write_page_checksum=True)
            sink.flush()
            os.fsync(sink.fileno())
        Path(beside).replace(folder / name)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(beside).unlink()
        raise
    return table


def _seal(table: pa.Table, name: str) -> bytes:
    """Bind what pages' checksums do not cover: the name, the facts learnt, the table's shape."""
    facts = (table.schema.metadata or {}).get(b"csatlib", b"")
    shape = json.dumps([name, table.num_rows, table.column_names]).encode()
    return hashlib.sha256(shape + facts).hexdigest().encode()
