"""Tables of a processed quarter, each checked against its contract and its digest."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pandas as pd

from csatlib import schema
from csatlib.schema import Quarter
from csatlib.store.disk import PRIVATE_FILE, atomic, digest, private_folder
from csatlib.store.keys import vault_key
from csatlib.store.places import (
    STAGE_VARIABLE,
    StoreError,
    project_root,
    study,
    tables_folder,
)
from csatlib.store.vault import Vault

__all__ = ["history", "manifest", "read", "write", "write_manifest"]


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
        If the table is not there, is damaged, or was changed by another program; for a secret
        table also if the key is missing or is not the one under which it was written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     _ = write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    ...     list(read("ledger", "2026Q3", "shop", root))
    ['row_id', 'column', 'rule', 'new']
    """
    _check_name(name)
    folder = tables_folder(quarter, line, root)
    file = folder / f"{name}.parquet"
    if not file.exists():
        raise StoreError(
            f"{quarter}/{line}：还没有“{name}”这张表；请先运行写出它的笔记本，"
            f"或执行 csat run {quarter} --line {line}。"
        )
    entry = manifest(quarter, line, root).get("tables", {}).get(name, {})
    if schema.TABLES[name].secret:
        df = vault(name, quarter, line, root).read(file, entry)
        return schema.check(df, name)
    check_digest(file, entry, quarter, line)
    df = pd.read_parquet(file, engine="pyarrow", page_checksum_verification=True)
    if df.empty:
        # Without a single value parquet does not know of what its categories are.
        promised = schema.TABLES[name].columns.items()
        df = df.astype({c: p.dtype for c, p in promised if p.dtype == "category"})
    return schema.check(df, name)


def write(
    df: pd.DataFrame,
    name: str,
    quarter: Quarter | str,
    line: str,
    root: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a processed table whole or not at all, and enter it in the manifest.

    Outside a run the manifest is marked as a draft. Files and folder are open to their owner only.
    A secret table is encrypted under the key of the line's study, and the manifest holds a keyed
    digest of its content; where the published file holds the same content its bytes are kept.

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
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     file = write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    ...     file.relative_to(Path(root).resolve()).as_posix()
    'data/processed/2026Q3/shop/ledger.parquet'
    """
    schema.check(df, name)
    folder = private_folder(tables_folder(quarter, line, root))
    file = folder / f"{name}.parquet"
    if schema.TABLES[name].secret:
        data, entry = packed(df, name, quarter, line, root)
        with atomic(file, mode=PRIVATE_FILE) as stream:
            stream.write(data)
    else:
        with atomic(file, mode=PRIVATE_FILE) as stream:
            _write_parquet(df, stream)
        entry = {"rows": len(df), "columns": len(df.columns), "sha256": digest(file)}
    known = manifest(quarter, line, root)
    tables = {**known.get("tables", {}), name: entry}
    described = {**known, "quarter": str(quarter), "line": line, "draft": _is_draft(folder)}
    write_manifest({**described, "tables": dict(sorted(tables.items()))}, folder)
    return file


def packed(
    df: pd.DataFrame,
    name: str,
    quarter: Quarter | str,
    line: str,
    root: str | os.PathLike[str] | None = None,
) -> tuple[bytes, dict[str, Any]]:
    """Give a table's file as bytes, and its entry in the manifest."""
    if schema.TABLES[name].secret:
        lock = vault(name, quarter, line, root)
        label = str(Quarter.parse(quarter))
        published = project_root(root) / "data" / "processed" / label / line / f"{name}.parquet"
        return lock.lock(df, before=published), lock.entry(df)
    stream = io.BytesIO()
    _write_parquet(df, stream)
    sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
    return stream.getvalue(), {"rows": len(df), "columns": len(df.columns), "sha256": sha256}


def _write_parquet(df: pd.DataFrame, stream: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # A categorical keeps the values of rows that are gone, even those of a person forgotten.
    held = {
        name: df[name].cat.remove_unused_categories()
        for name in df.select_dtypes("category").columns
    }
    table = pa.Table.from_pandas(df.assign(**held), preserve_index=False)
    pq.write_table(table, stream, write_page_checksum=True)


def vault(
    name: str, quarter: Quarter | str, line: str, root: str | os.PathLike[str] | None = None
) -> Vault:
    """Give what locks a secret table; the line's study says which key."""
    return Vault(vault_key(study(line, root)), str(Quarter.parse(quarter)), line, name)


def check_digest(file: Path, entry: Mapping[str, Any], quarter: Quarter | str, line: str) -> None:
    """Raise `StoreError` if a table is not the one that the manifest describes."""
    # Page checksums do not cover the footer, where a flipped bit can go unnoticed.
    if entry.get("sha256") != digest(file):
        raise StoreError(
            f"{quarter}/{line}/{file.name}：内容与 manifest.json 的登记不符，已损坏或被改动；"
            f"请重新执行 csat run {quarter} --line {line}。"
        )


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
        ``quarter`` and ``line``; ``tables``, each with ``rows``, ``columns`` and ``sha256``
        (secret ones with ``hmac_sha256``, and ``key``, a mark that tells keys apart);
        ``draft``, whether no run made them; after a run also ``inputs`` (``file``, ``sha256``),
        ``notebooks`` with their parameters, ``versions`` and ``commit``. Empty where nothing was
        written yet.

    Raises
    ------
    StoreError
        If the file is damaged.

    Examples
    --------
    >>> import tempfile
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
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_manifest({"draft": True}, Path(folder))
    ...     json.loads(Path(folder, "manifest.json").read_text())
    {'draft': True}
    """
    with atomic(private_folder(folder) / "manifest.json", mode=PRIVATE_FILE) as stream:
        stream.write(manifest_bytes(content))


def manifest_bytes(content: Mapping[str, Any]) -> bytes:
    """Give the bytes of a manifest."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return text.encode()


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
    >>> import tempfile
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


def _check_name(name: str) -> None:
    if name not in schema.TABLES:
        known = "、".join(sorted(schema.TABLES))
        raise StoreError(f"没有“{name}”这种表；可用的有：{known}。")


def _is_draft(folder: Path) -> bool:
    stage = os.environ.get(STAGE_VARIABLE)
    return not (stage and folder.is_relative_to(stage))
