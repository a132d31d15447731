"""The only access to company files: raw quarters in, parquet tables out, each with its manifest."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pandas as pd

from csatlib import schema
from csatlib.schema import Quarter, check_line
from csatlib.study import Study
from csatlib.study import load as load_study

__all__ = [
    "StoreError",
    "atomic",
    "history",
    "manifest",
    "project_root",
    "raw",
    "read",
    "reports_folder",
    "study",
    "tables_folder",
    "write",
    "write_manifest",
]

#: Names the folder in which a run of one quarter lays its tables first, a folder a line: the
#: notebooks that it starts see them before they are published, and nobody else does.
STAGE_VARIABLE = "CSAT_STAGE"
ROOT_VARIABLE = "CSAT_ROOT"


class StoreError(ValueError):
    """A file of the project that is missing or damaged; the (Chinese) message gives the remedy."""


def project_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Find the project's folder.

    Parameters
    ----------
    root : path, optional
        Where it is. Without it the environment's ``CSAT_ROOT`` counts, and without that the
        nearest folder, from the current one upwards, that holds ``studies/``.

    Returns
    -------
    Path
        The folder that holds ``studies/``, ``data/`` and ``reports/``.

    Raises
    ------
    StoreError
        If there is no such folder.

    Examples
    --------
    >>> (project_root() / "studies").is_dir()
    True
    """
    stated = root or os.environ.get(ROOT_VARIABLE)
    if stated:
        folder = Path(stated).resolve()
        if not (folder / "studies").is_dir():
            raise StoreError(f"{folder}：这里没有 studies 文件夹，不是项目的根目录。")
        return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "studies").is_dir():
            return folder
    raise StoreError(
        f"{here}：这里和上级文件夹都没有 studies；请进入项目文件夹，或设置 {ROOT_VARIABLE}。"
    )


def study(line: str, root: str | os.PathLike[str] | None = None) -> Study:
    """Load the study file of a business line.

    Parameters
    ----------
    line : str
        The line, whose file is ``studies/<line>/study.yml``.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Study

    Raises
    ------
    SchemaError
        If ``line`` is no label of a line.
    StudyError
        If the file is missing or at fault; the Chinese message gives line and remedy.

    Examples
    --------
    >>> study("ops_company").title
    '公司满意度调查'
    """
    return load_study(project_root(root) / "studies" / check_line(line))


def raw(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> tuple[Path, ...]:
    """List the raw files of a quarter and line, those shared by all lines among them.

    Hidden files and read-me files are left out.

    Parameters
    ----------
    quarter : Quarter or str
        The quarter, such as ``2026Q3``.
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    tuple of Path
        Files of ``data/raw/<quarter>/<line>/`` and ``data/raw/<quarter>/all/``, by name.

    Raises
    ------
    StoreError
        If the line's folder does not exist or is empty.

    Examples
    --------
    >>> [file.name for file in raw("2026Q3", "ops_company")][-2:]
    ['上门回访_2026Q3.xlsx', 'customers.csv']
    """
    quarter_folder = project_root(root) / "data" / "raw" / str(Quarter.parse(quarter))
    own = _files(quarter_folder / check_line(line))
    if not own:
        raise StoreError(
            f"data/raw/{quarter}/{line}/：没有这个文件夹，或里面没有文件；"
            "请把该季度的导出文件原样放进去。"
        )
    return (*own, *_files(quarter_folder / "all"))


def read(
    name: str, quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> pd.DataFrame:
    """Read a processed table, its digest in the manifest and its contract verified.

    Parameters
    ----------
    name : str
        A name in `schema.TABLES`.
    quarter, line, root
        As for `raw`.

    Returns
    -------
    DataFrame
        The table as `write` was given it.

    Raises
    ------
    StoreError
        If the table is not there, is damaged, or was changed by another program.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     _ = write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    ...     list(read("ledger", "2026Q3", "shop", root))
    ['row_id', 'column', 'rule', 'new']
    """
    _check_name(name)
    file = tables_folder(quarter, line, root) / f"{name}.parquet"
    if not file.exists():
        raise StoreError(
            f"{quarter}/{line}：还没有“{name}”这张表；请先运行写出它的笔记本，"
            f"或执行 csat run {quarter} --line {line}。"
        )
    # Page checksums do not cover the footer, where a flipped bit can go unnoticed.
    entry = manifest(quarter, line, root).get("tables", {}).get(name, {})
    if entry.get("sha256") != digest(file):
        raise StoreError(
            f"{quarter}/{line}/{name}.parquet：内容与 manifest.json 的登记不符，已损坏或被改动；"
            f"请重新执行 csat run {quarter} --line {line}。"
        )
    df = pd.read_parquet(file, engine="pyarrow", page_checksum_verification=True)
    return schema.check(df, name)


def write(
    df: pd.DataFrame,
    name: str,
    quarter: Quarter | str,
    line: str,
    root: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a processed table whole or not at all, and enter it in the manifest.

    Outside a run the manifest is marked as a draft.

    Parameters
    ----------
    df : DataFrame
        A table that fits the contract ``name`` of `schema.TABLES`.
    name, quarter, line, root
        As for `read`.

    Returns
    -------
    Path
        The parquet file.

    Raises
    ------
    SchemaError
        If the table does not fit its contract.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     file = write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    ...     file.relative_to(Path(root).resolve()).as_posix()
    'data/processed/2026Q3/shop/ledger.parquet'
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tables_folder(quarter, line, root)
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(schema.check(df, name), preserve_index=False)
    file = folder / f"{name}.parquet"
    with atomic(file) as stream:
        pq.write_table(table, stream, write_page_checksum=True)
    entry = {"rows": len(df), "columns": len(df.columns), "sha256": digest(file)}
    known = manifest(quarter, line, root)
    tables = {**known.get("tables", {}), name: entry}
    described = {**known, "quarter": str(quarter), "line": line, "draft": _is_draft(folder)}
    write_manifest({**described, "tables": dict(sorted(tables.items()))}, folder)
    return file


def manifest(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> dict[str, Any]:
    """Read what is known of a processed quarter.

    Parameters
    ----------
    quarter, line, root
        As for `raw`.

    Returns
    -------
    dict
        ``quarter`` and ``line``; ``tables``, each with ``rows``, ``columns`` and ``sha256``;
        ``draft``, whether no run made them; after a run also ``inputs`` (``file``, ``sha256``),
        ``notebooks`` with their parameters, ``versions`` and ``commit``. Empty where nothing was
        written yet.

    Raises
    ------
    StoreError
        If the file is damaged.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     _ = write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    ...     known = manifest("2026Q3", "shop", root)
    >>> known["draft"], known["tables"]["ledger"]["rows"]
    (True, 0)
    """
    file = tables_folder(quarter, line, root) / "manifest.json"
    if not file.exists():
        return {}
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except ValueError:
        raise StoreError(
            f"{quarter}/{line}/manifest.json：文件已损坏；请重新运行该季度。"
        ) from None


def write_manifest(content: Mapping[str, Any], folder: Path) -> None:
    """Write ``manifest.json`` into a folder of tables, whole or not at all.

    Parameters
    ----------
    content : mapping
        What `manifest` is to give back.
    folder : Path
        The tables' folder.

    Returns
    -------
    None

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_manifest({"draft": True}, Path(folder))
    ...     json.loads(Path(folder, "manifest.json").read_text())
    {'draft': True}
    """
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    with atomic(folder / "manifest.json") as stream:
        stream.write(text.encode())


def history(
    name: str,
    quarter: Quarter | str,
    line: str,
    *,
    quarters: int = 8,
    root: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Read a table of the earlier quarters that are processed, oldest first.

    Parameters
    ----------
    name, line, root
        As for `read`.
    quarter : Quarter or str
        The quarter before which to look; it is not read itself.
    quarters : int
        How many quarters to look back.

    Returns
    -------
    DataFrame
        The tables one below the other; no rows where no earlier quarter is processed.

    Raises
    ------
    StoreError
        If a table that is there is damaged, or was changed by another program.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     history("estimates", "2026Q3", "shop", root=root).empty
    True
    """
    at, parts = Quarter.parse(quarter), [schema.empty(name)]
    for _ in range(quarters):
        at = at.previous()
        if (tables_folder(at, line, root) / f"{name}.parquet").exists():
            parts.insert(1, read(name, at, line, root))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def tables_folder(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> Path:
    """Give the folder of a quarter's tables: the staged one inside a run, else the published.

    Parameters
    ----------
    quarter, line, root
        As for `raw`.

    Returns
    -------
    Path
        It need not exist.

    Examples
    --------
    >>> tables_folder("2026Q3", "shop").relative_to(project_root()).as_posix()
    'data/processed/2026Q3/shop'
    """
    label, line = str(Quarter.parse(quarter)), check_line(line)
    stage = Path(os.environ.get(STAGE_VARIABLE, ""))
    if stage.name == label and (stage / line).is_dir():
        return stage / line
    return project_root(root) / "data" / "processed" / label / line


def reports_folder(
    quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> Path:
    """Give the folder of a quarter's published notebooks and pages.

    Parameters
    ----------
    quarter, line, root
        As for `raw`.

    Returns
    -------
    Path
        It need not exist.

    Examples
    --------
    >>> reports_folder("2026Q3", "shop").relative_to(project_root()).as_posix()
    'reports/2026Q3/shop'
    """
    return project_root(root) / "reports" / str(Quarter.parse(quarter)) / check_line(line)


def digest(file: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal digits."""
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
    """Put a folder's renames on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    kept = (
        f
        for f in folder.iterdir()
        if f.is_file() and not f.name.lower().startswith((".", "readme"))
    )
    return tuple(sorted(kept))


def _check_name(name: str) -> None:
    if name not in schema.TABLES:
        known = "、".join(sorted(schema.TABLES))
        raise StoreError(f"没有“{name}”这种表；可用的有：{known}。")


def _is_draft(folder: Path) -> bool:
    stage = os.environ.get(STAGE_VARIABLE)
    return not (stage and folder.is_relative_to(stage))
