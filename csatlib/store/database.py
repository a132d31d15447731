"""All processed quarters as one database that can be asked and not changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from csatlib.schema import TABLES
from csatlib.store.places import STAGE_VARIABLE, project_root, tables_folder
from csatlib.store.tables import check_digest, manifest

if TYPE_CHECKING:
    import duckdb

__all__ = ["connect"]

_LABEL = re.compile(r"[0-9]{4}Q[1-4]")
_LINE = re.compile(r"[a-z][a-z0-9_]*")

#: A query reads the tables that it was given, and no other file; it writes none, not even to make
#: room; it loads no extension and sees no variable of the program around it.
_CLOSED = {
    "temp_directory": "''",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}


def connect(root: str | os.PathLike[str] | None = None) -> duckdb.DuckDBPyConnection:
    """Open every processed quarter as an in-memory DuckDB database, a view for each table.

    The views show the files as they are at the call; nothing that is asked can read another file
    or write one. Secret tables have no view.

    Parameters
    ----------
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    duckdb.DuckDBPyConnection
        One view a table name, over all quarters and lines, columns joined by name (NULL where a
        quarter lacks one); ``quarter`` and ``line`` are added where the table lacks them.

    Raises
    ------
    StoreError
        If a table is damaged or was changed by another program: every file is read once to
        compare its digest, about half a second a gigabyte; afterwards queries read only the
        columns that they need.

    Notes
    -----
    The files are opened by pyarrow and handed to DuckDB, whose own access to files is switched
    off. Its list of allowed paths would not do: what may be read there may also be overwritten.

    Examples
    --------
    >>> import tempfile
    >>> from csatlib import schema, store
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     _ = store.write(schema.empty("ledger"), "ledger", "2026Q3", "shop", root)
    ...     connect(root).execute("SELECT count(*), max(quarter) FROM ledger").fetchone()
    (0, None)
    """
    import duckdb
    import pyarrow.dataset

    connection = duckdb.connect(":memory:")
    parts: dict[str, list[str]] = {}
    for quarter, line, name, file in _tables(root):
        data = pyarrow.dataset.dataset(file, format="parquet")
        part = f"{name}_{quarter}_{line}"
        connection.register(part, data)
        missing = [c for c in ("quarter", "line") if c not in data.schema.names]
        values = {"quarter": quarter, "line": line}
        added = "".join(f", '{values[c]}' AS {c}" for c in missing)
        parts.setdefault(name, []).append(f'SELECT *{added} FROM "{part}"')
    for name, selections in parts.items():
        connection.execute(f"CREATE VIEW {name} AS {' UNION ALL BY NAME '.join(selections)}")
    for option, value in _CLOSED.items():
        connection.execute(f"SET {option} = {value}")
    return connection


def _tables(root: str | os.PathLike[str] | None) -> Iterator[tuple[str, str, str, Path]]:
    """Give every table that may be seen: quarter, line, name and file, its digest verified."""
    for quarter, line in _places(root):
        folder = tables_folder(quarter, line, root)
        known = manifest(quarter, line, root).get("tables", {})
        for name in sorted(name for name, table in TABLES.items() if not table.secret):
            file = folder / f"{name}.parquet"
            if file.exists():
                check_digest(file, known.get(name, {}), quarter, line)
                yield quarter, line, name, file


def _places(root: str | os.PathLike[str] | None) -> list[tuple[str, str]]:
    processed = project_root(root) / "data" / "processed"
    stage = Path(os.environ.get(STAGE_VARIABLE, ""))
    folders = [*processed.glob("*/*"), *(stage.glob("*") if _LABEL.fullmatch(stage.name) else ())]
    found = {(folder.parent.name, folder.name) for folder in folders if folder.is_dir()}
    return sorted((q, n) for q, n in found if _LABEL.fullmatch(q) and _LINE.fullmatch(n))
