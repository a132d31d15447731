"""Raw files made without a disk: rows of cells as a reader would hand them on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from csatlib.exports import RawTable
from csatlib.exports.grid import Grid
from csatlib.exports.table import build


def grid_of(rows: Sequence[Sequence[str]]) -> Grid:
    """Lay rows of cells out as a reader does; the first row that is not blank has the headers."""
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    columns = [
        pa.chunked_array([pa.array(c, pa.large_string())]) for c in zip(*padded, strict=True)
    ]
    header = next(i for i, row in enumerate(rows) if any(cell.strip() for cell in row))
    table = pa.table(columns, names=[f"c{i}" for i in range(width)])
    widths = pa.chunked_array([pa.array([len(row) for row in rows], pa.int64())])
    return Grid(table, "csv", header, widths=widths)


def raw_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    file: str = "2026Q3/store/a.csv",
    role: str = "responses",
    **more: Any,
) -> RawTable:
    """Make a raw table of plain cells; rows of another width are malformed, as in any file."""
    digest = hashlib.sha256(repr((file, header, rows)).encode()).hexdigest()
    cells = [[*header], *([*row] for row in rows)]
    data, non_data, malformed = build(grid_of(cells), digest=digest, file=file)
    known: dict[str, Any] = {
        "channel": "线上" if role == "responses" else None,
        "reader": "table",
        "form": "text",
        "platform": "table",
        "encoding": None,
        "sheet": None,
        "mapping": {},
        "ignore": (),
        "lacks": (),
    }
    return RawTable(
        file=file,
        digest=digest,
        role=role,
        rows=data,
        non_data=non_data,
        malformed=malformed,
        **(known | more),
    )
