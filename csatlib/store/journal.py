"""Many files changed as one: all is laid ready first, and whoever comes next finishes it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csatlib.store.disk import PRIVATE_FILE, atomic, digest, private_folder
from csatlib.store.places import StoreError

__all__ = ["Change", "complete", "pending", "prepare"]


@dataclass(frozen=True)
class Change:
    """The new content of one file; changes of one ``group`` belong together."""

    file: Path
    content: bytes
    mode: int
    group: str


def prepare(changes: Iterable[Change], told: dict[str, Any], project: Path) -> None:
    """Lay every new file ready; from the moment the list stands, `complete` brings it about.

    ``told`` is what `pending` says in the meantime. Nothing in it or the list names a person.
    """
    folder = _folder(project)
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder)
    files = []
    for number, change in enumerate(changes):
        with atomic(folder / str(number), mode=PRIVATE_FILE) as stream:
            stream.write(change.content)
        files.append(
            {
                "file": change.file.relative_to(project).as_posix(),
                "before": digest(change.file),
                "after": hashlib.sha256(change.content).hexdigest(),
                "mode": change.mode,
                "group": change.group,
            }
        )
    with atomic(folder / "list.json", mode=PRIVATE_FILE) as stream:
        stream.write(json.dumps({"told": told, "files": files}).encode())


def pending(project: Path) -> dict[str, Any] | None:
    """Give what was said of changes that were cut off; None where none were."""
    known = _list(project)
    return None if known is None else dict(known["told"])


def complete(project: Path) -> None:
    """Put every file that was laid ready into its place, as often as it takes.

    Where somebody has changed a file in the meantime, its group stays as it is.
    """
    known = _list(project)
    if known is not None:
        files = known["files"]
        changed = {f["group"] for f in files if not _as_known(project / f["file"], f)}
        for number, entry in enumerate(files):
            file = project / entry["file"]
            if entry["group"] not in changed and digest(file) != entry["after"]:
                with atomic(file, mode=entry["mode"]) as stream:
                    stream.write((_folder(project) / str(number)).read_bytes())
        # The list goes first: without it what lies there means nothing.
        (_folder(project) / "list.json").unlink()
    shutil.rmtree(_folder(project), ignore_errors=True)


def _as_known(file: Path, entry: dict[str, Any]) -> bool:
    return file.is_file() and digest(file) in (entry["before"], entry["after"])


def _list(project: Path) -> dict[str, Any] | None:
    file = _folder(project) / "list.json"
    if not file.exists():
        return None
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError:
        raise StoreError(
            f"{file.relative_to(project)}：上一次删除的清单已损坏；请删去这个文件夹，再执行一次。"
        ) from None


def _folder(project: Path) -> Path:
    # Among what runs write: no backup takes it along.
    return project / "data" / "processed" / ".stage" / ".forget"
