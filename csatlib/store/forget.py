"""A person leaves a project: raw files, cache, vault and tables, one file at a time, repeatable."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from csatlib.schema import TABLES
from csatlib.store.disk import PRIVATE_FILE, atomic, digest
from csatlib.store.kept import backups
from csatlib.store.person import Found, Place, find, places, studies_of
from csatlib.store.places import StoreError, project_root
from csatlib.store.rows import without
from csatlib.store.tables import manifest, packed, read, write_manifest
from csatlib.store.tombstones import bury

__all__ = ["Forgetting", "Removal", "empty_cache", "forget", "forgetting", "locked"]


@dataclass(frozen=True)
class Removal:
    """So many rows of one file, its path within the project."""

    file: str
    rows: int


@dataclass(frozen=True)
class Forgetting:
    """What is removed, or would be, when a person is forgotten.

    Attributes
    ----------
    removals : tuple of Removal
        Files and how many rows of each; none where the person was not found.
    backups : tuple of str
        Backups and archives that were made of these quarters and still hold the person.
    reports : tuple of str
        Published reports of these quarters, whose figures still count the person.
    notes : tuple of str
        What could not be looked into, in Chinese.
    """

    removals: tuple[Removal, ...]
    backups: tuple[str, ...]
    reports: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Plan:
    """The new content of every file that changes; nothing is written yet."""

    project: Path
    found: Found
    raw: Mapping[Path, bytes]
    tables: Mapping[Place, Mapping[str, pd.DataFrame]]
    removals: tuple[Removal, ...]

    @property
    def places(self) -> set[str]:
        """Quarters and lines concerned, as the list of backups writes them."""
        return {str(place) for place in self.tables} | {
            "/".join(path.parts[-3:-1]) for path in self.raw
        }

    def told(self) -> Forgetting:
        """Say what is removed."""
        reports = (self.project / "reports" / place for place in sorted(self.places))
        return Forgetting(
            self.removals,
            tuple(k.file for k in backups(self.project) if self.places & set(k.holds)),
            tuple(r.relative_to(self.project).as_posix() for r in reports if r.is_dir()),
            self.found.notes,
        )


def forgetting(customer: str, *, root: str | os.PathLike[str] | None = None) -> Forgetting:
    """Say what would be removed if a person were forgotten; the data stays as it is.

    Parameters
    ----------
    customer : str
        The original customer id, in any spelling that cleaning takes for the same, or a pseudonym.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Forgetting
        ``removals``, ``backups``, ``reports`` and ``notes``.

    Raises
    ------
    StoreError
        If a file with rows of the person cannot be rewritten (.xls, or a workbook that would
        change elsewhere), or a vault cannot be opened.
    ExportError
        If a raw file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     forgetting("C0001", root=root).removals
    ()
    """
    project = project_root(root)
    _complete(project)
    return _plan(customer, project).told()


def forget(customer: str, *, root: str | os.PathLike[str] | None = None) -> Forgetting:
    """Remove a person from raw files, cache, identity vaults and tables.

    Raw files are rewritten without the person's rows; every other byte of a CSV stays. Answers to
    events that bear only a ticket's number go with the person's tickets. In the manifests of the
    quarters concerned ``removed`` counts the people; the estimates there are not computed again.
    Every file changes whole or not at all, and a call that was cut off can be repeated.

    Parameters
    ----------
    customer, root
        As for `forgetting`.

    Returns
    -------
    Forgetting
        What was removed. ``data/forgotten.json`` then lets `forgotten` notice the person if a
        file brings them in again; it holds keyed digests, no id.

    Raises
    ------
    StoreError
        As for `forgetting`, before anything is changed; also while a run is under way.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     forget("C0001", root=root).removals
    ()
    """
    project = project_root(root)
    with locked(project):
        _complete(project)
        plan = _plan(customer, project)
        told = plan.told()
        if plan.removals:
            # Tables lead to raw rows by their address, so raw files, which define it, come last.
            lines = [study.line for study in studies_of(project)]
            bury(plan.found.names, lines, project, tickets=plan.found.tickets)
            for place, tables in plan.tables.items():
                _replace(place, tables, project)
            for path, content in plan.raw.items():
                with atomic(path, mode=path.stat().st_mode & 0o777) as stream:
                    stream.write(content)
        empty_cache(project)
    return told


def empty_cache(project: Path) -> None:
    """Throw away what was read from raw files."""
    shutil.rmtree(project / "data" / "cache", ignore_errors=True)


@contextmanager
def locked(project: Path) -> Iterator[None]:
    """Keep runs of any quarter and line from starting, or refuse if one is under way."""
    # The same lock files as those of a run, which frees them however it ends.
    raw = (project / "data" / "raw").glob("[0-9]*/[a-z]*")
    found = {(f.parent.name, f.name) for f in raw} | {(p.quarter, p.line) for p in places(project)}
    with ExitStack() as stack:
        for quarter, line in sorted(found):
            file = project / "data" / "processed" / ".stage" / quarter / f".{line}.lock"
            file.parent.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(file.open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(f"{quarter}/{line}：csat run 正在运行；请等它结束。") from None
        yield


def _plan(customer: str, project: Path) -> _Plan:
    found = find(customer, project)
    raw = {file.path: without(file, rows) for file, rows in found.raw}
    removals = [
        Removal(file.path.relative_to(project).as_posix(), len(rows)) for file, rows in found.raw
    ]
    tables: dict[Place, dict[str, pd.DataFrame]] = {}
    for place in places(project):
        for name, (left, gone) in _tables_without(place, found, project).items():
            tables.setdefault(place, {})[name] = left
            file = place.folder(project) / f"{name}.parquet"
            removals.append(Removal(file.relative_to(project).as_posix(), gone))
    return _Plan(project, found, raw, tables, tuple(removals))


def _tables_without(
    place: Place, found: Found, project: Path
) -> dict[str, tuple[pd.DataFrame, int]]:
    """Give the tables that change, and how many rows each loses."""
    known = manifest(place.quarter, place.line, project).get("tables", {})
    tables = {n: read(n, place.quarter, place.line, project) for n in known if n in TABLES}
    rows = {name: found.rows_of(df, place.line) for name, df in tables.items()}
    return {
        name: (tables[name][~gone].reset_index(drop=True), int(gone.sum()))
        for name, gone in rows.items()
        if gone.any()
    }


def _replace(place: Place, tables: Mapping[str, pd.DataFrame], project: Path) -> None:
    """Write tables over those of a place; the journal lets a later call finish the manifest."""
    folder = place.folder(project)
    known = manifest(place.quarter, place.line, project)
    ready = {n: packed(df, n, place.quarter, place.line, project) for n, df in tables.items()}
    people = known.get("removed", {}).get("people", 0) + 1
    new = {
        **known,
        "tables": {**known["tables"], **{name: entry for name, (_, entry) in ready.items()}},
        "removed": {"people": people, "estimates_recomputed": False},
    }
    before = {name: digest(folder / f"{name}.parquet") for name in ready}
    journal = {"place": [place.quarter, place.line], "before": before, "manifest": new}
    with atomic(_journal(project), mode=PRIVATE_FILE) as stream:
        stream.write(json.dumps(journal).encode())
    for name, (data, _) in ready.items():
        with atomic(folder / f"{name}.parquet", mode=PRIVATE_FILE) as stream:
            stream.write(data)
    write_manifest(new, folder)
    _journal(project).unlink()


def _journal(project: Path) -> Path:
    return project / "data" / "processed" / ".forget.json"


def _complete(project: Path) -> None:
    """Bring the manifest in line with the tables that a call which was cut off had replaced."""
    if not _journal(project).exists():
        return
    journal: dict[str, Any] = json.loads(_journal(project).read_text(encoding="utf-8"))
    place = Place(*journal["place"])
    folder, new = place.folder(project), journal["manifest"]
    old = manifest(place.quarter, place.line, project)
    unchanged = {
        name: old["tables"][name]
        for name, before in journal["before"].items()
        if digest(folder / f"{name}.parquet") == before
    }
    if old.get("tables") != new["tables"]:
        half = {**new, "tables": {**new["tables"], **unchanged}}
        # A person is counted once, when the last of the tables has been replaced.
        write_manifest({**half, "removed": old.get("removed", {})} if unchanged else half, folder)
    _journal(project).unlink()
