"""Raw files made without a disk: rows of cells as a reader would hand them on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from csatlib.exports import RawTable
from csatlib.exports.table import build


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
    data, non_data, malformed = build(cells, digest=digest, sheet_number=1, file=file)
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
