"""What has been kept longer than the study promises: raw files and identity vaults."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from csatlib.schema import TABLES, Quarter, SchemaError
from csatlib.store.disk import flush_folder
from csatlib.store.forget import empty_cache, locked
from csatlib.store.person import places, studies_of
from csatlib.store.places import project_root
from csatlib.store.tables import manifest, write_manifest
from csatlib.study import Study

__all__ = ["Expired", "expire", "expired"]


@dataclass(frozen=True)
class Expired:
    """The files of one quarter and line whose time is over.

    Attributes
    ----------
    quarter, line : str
        ``all`` is the line of the files that all lines share.
    kept_until : date
        The last day on which they might be kept.
    files : tuple of Path
        Raw files, and the identity vault.
    """

    quarter: str
    line: str
    kept_until: date
    files: tuple[Path, ...]


def expired(*, as_of: date, root: str | os.PathLike[str] | None = None) -> tuple[Expired, ...]:
    """List raw files and identity vaults that are older than ``privacy.retention_quarters``.

    Parameters
    ----------
    as_of : date
        The day on which one looks.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    tuple of Expired
        ``quarter``, ``line``, ``kept_until`` and ``files``, oldest first. A quarter is kept for
        ``retention_quarters`` quarters after its own; files of ``all`` as long as any line needs
        them. Folders of lines without a study file are left out.

    Examples
    --------
    >>> len(expired(as_of=date(2026, 10, 1)))
    0
    >>> from csatlib import store
    >>> [e.quarter for e in expired(as_of=date(2028, 4, 1)) if e.line == "hotline"]
    ['2026Q1']
    """
    project = project_root(root)
    studies = {study.line: study for study in studies_of(project)}
    found = []
    for quarter, line, files in _files(project):
        until = _until(quarter, line, studies)
        if until is not None and until < as_of:
            found.append(Expired(str(quarter), line, until, files))
    return tuple(found)


def expire(*, as_of: date, root: str | os.PathLike[str] | None = None) -> tuple[Expired, ...]:
    """Delete what `expired` lists, and the cache.

    Tables and reports stay: they hold pseudonyms, and with the vault the way back is gone.

    Parameters
    ----------
    as_of, root
        As for `expired`.

    Returns
    -------
    tuple of Expired
        What was deleted; the manifests no longer name the vaults.

    Raises
    ------
    StoreError
        While a run is under way.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     expire(as_of=date(2030, 1, 1), root=root)
    ()
    """
    project = project_root(root)
    with locked(project):
        found = expired(as_of=as_of, root=project)
        for gone in found:
            _strike_vaults(gone, project)
            for file in gone.files:
                file.unlink(missing_ok=True)
                flush_folder(file.parent)
        if found:
            empty_cache(project)
    return found


def _until(quarter: Quarter, line: str, studies: dict[str, Study]) -> date | None:
    concerned = studies.values() if line == "all" else [studies[line]] if line in studies else []
    last = quarter
    for _ in range(max((s.privacy.retention_quarters for s in concerned), default=0)):
        last = last.next()
    return last.last_day if concerned else None


def _files(project: Path) -> Iterator[tuple[Quarter, str, tuple[Path, ...]]]:
    secret = [f"{name}.parquet" for name, table in TABLES.items() if table.secret]
    raw = (project / "data" / "raw").glob("*/*")
    found = {(f.parent.name, f.name) for f in raw if f.is_dir()}
    found |= {(place.quarter, place.line) for place in places(project)}
    for label, line in sorted(found):
        try:
            quarter = Quarter.parse(label)
        except SchemaError:
            continue
        data = project / "data"
        own = [f for f in sorted((data / "raw" / label / line).glob("*")) if f.is_file()]
        vaults = (data / "processed" / label / line / name for name in secret)
        files = (*own, *(f for f in vaults if f.exists()))
        if files:
            yield quarter, line, files


def _strike_vaults(gone: Expired, project: Path) -> None:
    """Take the vaults out of the manifest first: then none is missed when it is gone."""
    folder = project / "data" / "processed" / gone.quarter / gone.line
    known = manifest(gone.quarter, gone.line, project)
    names = {file.stem for file in gone.files if file.parent == folder}
    if names:
        tables = {n: e for n, e in known.get("tables", {}).items() if n not in names}
        write_manifest({**known, "tables": tables, "expired": sorted(names)}, folder)
