"""A person leaves a project: raw files, cache, vault, tables, quotes; file by file, repeatable."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from csatlib.schema import TABLES
from csatlib.store.disk import PRIVATE_FILE
from csatlib.store.journal import Change, complete, pending, prepare
from csatlib.store.kept import backups
from csatlib.store.person import Found, Place, find, places, studies_of
from csatlib.store.places import StoreError, project_root
from csatlib.store.quote_register import without_rows
from csatlib.store.register_people import PEOPLE, without_person
from csatlib.store.rows import moved, renamed, requoted, without
from csatlib.store.tables import manifest, manifest_bytes, packed, read
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
    """The new content of every file that changes; nothing is written yet.

    ``registers`` hold quotes that people reviewed; ``tables`` those that lose rows and those that
    only name rows by their new addresses.
    """

    project: Path
    found: Found
    raw: Mapping[Path, bytes]
    registers: Mapping[Path, bytes]
    tables: Mapping[Place, Mapping[str, pd.DataFrame]]
    losing: frozenset[Place]
    removals: tuple[Removal, ...]

    @property
    def places(self) -> set[str]:
        """Quarters and lines concerned, as the list of backups writes them."""
        return {str(place) for place in self.losing} | {
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
    if (cut := pending(project)) is not None:
        note = "上一次删除中途断了，下面是那一次的清单；加 --yes 再执行一次就会补完"
        return Forgetting(_removals(cut), (), (), (note,))
    return _plan(customer, project).told()


def forget(customer: str, *, root: str | os.PathLike[str] | None = None) -> Forgetting:
    """Remove a person from raw files, cache, identity vaults, tables and registers of quotes.

    Raw files are rewritten without the person's rows; every other byte of a CSV stays, and tables
    name the other rows by their new addresses. Answers to
    events that bear only a ticket's number go with the person's tickets. In the manifests of the
    quarters concerned ``removed`` counts the people; the estimates there are not computed again.
    Every file changes whole or not at all; what a call that was cut off had begun, the next one
    finishes, whomever it is for.

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
        cut = _removals(pending(project) or {})
        complete(project)
        plan = _plan(customer, project)
        told = plan.told()
        if plan.removals:
            lines = [study.line for study in studies_of(project)]
            bury(plan.found.names, lines, project, tickets=plan.found.tickets)
            removals = {"removals": [[r.file, r.rows] for r in plan.removals]}
            prepare(_changes(plan), removals, project)
            complete(project)
        empty_cache(project)
    return replace(told, removals=cut + told.removals)


def _removals(told: Mapping[str, list[tuple[str, int]]]) -> tuple[Removal, ...]:
    return tuple(Removal(file, rows) for file, rows in told.get("removals", ()))


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
    # A file without some rows has another digest, and the rows below have other numbers.
    new: dict[str, str] = {}
    digests = {}
    for file, rows in found.raw:
        digests[file.table.digest] = hashlib.sha256(raw[file.path]).hexdigest()
        new |= moved(file, rows, raw[file.path])
    registers, ids, losing = _registers(project, found, new, removals)
    notes = _people(project, found, new, removals, registers, losing)
    found = replace(found, notes=(*found.notes, *notes))
    held = {place: _tables_without(place, found, project) for place in places(project)}
    for at in held.values():
        ids |= _quote_ids(at, new)
    tables: dict[Place, dict[str, pd.DataFrame]] = {}
    for place, at in held.items():
        for name, (left, gone) in at.items():
            after = requoted(renamed(left, new, digests), ids)
            lost = len(gone) + len(left) - len(after)
            if lost or not after.equals(left):
                tables.setdefault(place, {})[name] = after
            if lost:
                losing.add(place)
                file = place.folder(project) / f"{name}.parquet"
                removals.append(Removal(file.relative_to(project).as_posix(), lost))
    return _Plan(project, found, raw, registers, tables, frozenset(losing), tuple(removals))


def _registers(
    project: Path, found: Found, new: Mapping[str, str], removals: list[Removal]
) -> tuple[dict[Path, bytes], dict[str, str | None], set[Place]]:
    """Give the registers that change, what ids of quotes become, and the quarters concerned."""
    registers: dict[Path, bytes] = {}
    ids: dict[str, str | None] = {}
    losing = set()
    # Who has no row of answers has said nothing that could be quoted.
    files = (project / "registers").glob("*/quotes.xlsx") if found.row_ids else ()
    for file in sorted(files):
        data, gone, changed, quarters = without_rows(file, found.row_ids, new)
        ids |= changed
        if data is not None:
            registers[file] = data
        if gone:
            removals.append(Removal(file.relative_to(project).as_posix(), gone))
            losing |= {Place(quarter, file.parent.name) for quarter in quarters}
    return registers, ids, losing


def _people(
    project: Path,
    found: Found,
    new: Mapping[str, str],
    removals: list[Removal],
    registers: dict[Path, bytes],
    losing: set[Place],
) -> list[str]:
    """Take the person out of opinions and rechecks; say what is left to be looked at."""
    notes = []
    for file in sorted(f for name in PEOPLE for f in (project / "registers").glob(f"*/{name}")):
        called = file.relative_to(project).as_posix()
        leaving = without_person(file, found.names, found.row_ids | found.interviews, new)
        if leaving.data is not None:
            registers[file] = leaving.data
        if leaving.rows:
            removals.append(Removal(called, leaving.rows))
            losing |= {Place(quarter, file.parent.name) for quarter in leaving.quarters}
            if (file.parent / "proofs").is_dir():
                notes.append(f"{called.rpartition('/')[0]}/proofs：证明材料没有检查，请人工核对")
        if leaving.mentions:
            notes.append(f"{called}：还有 {leaving.mentions} 个单元格提到这个人的编号，请人工核对")
    return notes


def _quote_ids(
    tables: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], new: Mapping[str, str]
) -> dict[str, str | None]:
    """Say what the ids of a quarter's quotes become; None for those of the person."""
    if "quotes" not in tables:
        return {}
    left, gone = tables["quotes"]
    after = renamed(left, new, {})
    return {
        **dict(zip(left["quote_id"], after["quote_id"], strict=True)),
        **dict.fromkeys(gone["quote_id"], None),
    }


def _tables_without(
    place: Place, found: Found, project: Path
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Give every table without the person, and the rows it loses."""
    known = manifest(place.quarter, place.line, project).get("tables", {})
    tables = {n: read(n, place.quarter, place.line, project) for n in known if n in TABLES}
    rows = {name: found.rows_of(df, place.line) for name, df in tables.items()}
    return {
        name: (tables[name][~gone].reset_index(drop=True), tables[name][gone])
        for name, gone in rows.items()
    }


def _changes(plan: _Plan) -> Iterator[Change]:
    for place, tables in plan.tables.items():
        yield from _table_changes(place, tables, plan)
    for path, content in (*plan.raw.items(), *plan.registers.items()):
        yield Change(path, content, path.stat().st_mode & 0o777, str(path))


def _table_changes(
    place: Place, tables: Mapping[str, pd.DataFrame], plan: _Plan
) -> Iterator[Change]:
    """Give the new tables of a place, and the manifest that describes them."""
    folder, at = place.folder(plan.project), (place.quarter, place.line, plan.project)
    known = manifest(*at)
    ready = {name: packed(df, name, *at) for name, df in tables.items()}
    new = {
        **known,
        "tables": {**known["tables"], **{name: entry for name, (_, entry) in ready.items()}},
    }
    if place in plan.losing:
        people = known.get("removed", {}).get("people", 0) + 1
        new["removed"] = {"people": people, "estimates_recomputed": False}
    for name, (data, _) in ready.items():
        yield Change(folder / f"{name}.parquet", data, PRIVATE_FILE, str(place))
    yield Change(folder / "manifest.json", manifest_bytes(new), PRIVATE_FILE, str(place))
