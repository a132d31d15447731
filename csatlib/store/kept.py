"""The list of backups and archives that were made: what a person who is to be forgotten is in."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

from csatlib.store.disk import PRIVATE_FILE, atomic
from csatlib.store.places import StoreError, project_root

__all__ = ["Kept", "backups", "record"]


@dataclass(frozen=True)
class Kept:
    """One backup or archive.

    Attributes
    ----------
    file : str
        Where it was written.
    kind : str
        ``backup`` or ``archive``.
    made : str
        When, as the caller said.
    sha256 : str
        Digest of the file.
    holds : tuple of str
        The quarters and lines in it, such as ``2026Q3/hotline``; ``2026Q3/all`` for shared files.
    sealed : bool
        Whether it is encrypted.
    files, size : int
        How many files it holds, and how many bytes it has itself.
    """

    file: str
    kind: str
    made: str
    sha256: str
    holds: tuple[str, ...]
    sealed: bool
    files: int
    size: int


def backups(root: str | os.PathLike[str] | None = None) -> tuple[Kept, ...]:
    """List the backups and archives that were made of a project, oldest first.

    Parameters
    ----------
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    tuple of Kept
        ``file``, ``kind``, ``made``, ``sha256``, ``holds``, ``sealed``, ``files`` and ``size`` of
        each; the files may have been moved since.

    Raises
    ------
    StoreError
        If the list, ``data/backups.json``, is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     backups(root)
    ()
    """
    file = project_root(root) / "data" / "backups.json"
    if not file.exists():
        return ()
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return tuple(Kept(**{**e, "holds": tuple(e["holds"])}) for e in entries)
    except (ValueError, TypeError, KeyError):
        raise StoreError(
            "data/backups.json：备份清单已损坏；请从备份恢复它，或把它移走后重新备份。"
        ) from None


def record(kept: Kept, root: str | os.PathLike[str] | None = None) -> None:
    """Add a backup or archive to the list."""
    entries = [asdict(known) for known in (*backups(root), kept)]
    text = json.dumps(entries, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    with atomic(project_root(root) / "data" / "backups.json", mode=PRIVATE_FILE) as stream:
        stream.write(text.encode())
