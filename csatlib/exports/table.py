"""A raw file as a table of text in which every row has an address."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.arrays import ArrowStringArray

from csatlib.exports.grid import Grid
from csatlib.exports.refusal import RUINED, ExportError
from csatlib.scales import plain

__all__ = ["RUINED", "ExportError", "RawTable", "build"]

_TOTAL_ROW = re.compile(
    r"(?:(?P<sum>合[计計]|[总總][计計]|小[计計]|total)|汇总|彙總|平均|平均值|平均分|均值|average)"
    r"(?:\(.*\))?:?"
)
_SUM, _MEAN = 1, 2

Form = Literal["text", "code", "score"]


@dataclass(frozen=True, eq=False)
class RawTable:
    """One raw file: its cells as text, exactly one place for every physical row, and its origin.

    Attributes
    ----------
    file, digest : str
        ``<quarter>/<line>/<name>``, or the name alone, and the SHA-256 of the bytes.
    role, channel, reader, form, platform, encoding, sheet : str
        What the study file says of the file, and what was found in it; ``form`` is ``code`` where
        answers are option numbers, ``score`` where they are points.
    mapping, personal : dict
        From a column of ours, or a kind of personal data, to a header of the file.
    device : str or None
        The header of what tells devices apart (an IP address); it is compared and never kept.
    ignore, lacks : tuple of str
        Headers that nobody needs, and questions that this source does not ask.
    notes : tuple of str
        What a reader of the file should know, in Chinese sentences: hidden rows, other sheets.
    rows : DataFrame of str
        The data rows, index ``row_id`` (``<digest, 12>:<sheet>:<row as Excel counts it>``), one
        column a header in one spelling (`scales.plain`); a repeated header is ``name#2``, ….
    non_data : DataFrame
        ``row_id, why``: header, blank and total rows, and titles above the header.
    malformed : DataFrame
        ``row_id, rule, reason``: rows whose cells cannot be told apart.
    """

    file: str
    digest: str
    role: str
    channel: str | None
    reader: str
    form: Form
    platform: str
    encoding: str | None
    sheet: str | None
    mapping: dict[str, str]
    ignore: tuple[str, ...]
    lacks: tuple[str, ...]
    rows: pd.DataFrame
    non_data: pd.DataFrame
    malformed: pd.DataFrame
    personal: dict[str, str] = field(default_factory=dict)
    device: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """How many rows hold data: those in ``rows`` and those that are malformed."""
        return len(self.rows) + len(self.malformed)

    def place(self, row_id: str, column: str | None = None) -> str:
        """Say in Chinese where a row, or a cell of it, stands."""
        row = row_id.rsplit(":", 1)[1]
        sheet = f"工作表“{self.sheet}”" if self.sheet else ""
        return f"{self.file} {sheet}第 {row} 行" + (f"“{column}”列" if column else "")


def build(grid: Grid, *, digest: str, file: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Part a grid of cells into data rows, rows that hold no data, and malformed rows.

    A row with more or fewer cells than the headers (blank cells at the end apart) is malformed:
    its values may stand under the wrong headers. Everything is done column by column.
    """
    table, start = grid.table, grid.header
    names = _trimmed(grid.cells[0])
    if not names:
        raise ExportError(f"{file}：文件里没有任何内容；请重新导出。")
    width, height = len(names), table.num_rows
    blank, total = _blank_and_total(table)
    wide = np.full(height, table.num_columns)
    if grid.widths is not None:
        wide = grid.widths.to_numpy()
    surplus = np.zeros(height, dtype=bool)
    for column in table.columns[width:]:
        surplus |= _filled(column)
    below = np.arange(height) > start
    odd = below & ~blank & ~total & ((wide < width) | surplus)
    data = below & ~blank & ~total & ~odd
    rest = np.flatnonzero(~data & ~odd)
    why = np.select(
        [rest == start, blank[rest], ~below[rest], total[rest]],
        ["header", "blank", "title", "total"],
        "",
    )
    ids = _row_ids(digest, grid.sheet_number, height)
    reasons = [f"这一行有 {cells} 格，表头有 {width} 格，内容可能错位" for cells in wide[odd]]
    return (
        _frame(table, unique_names(names), data, ids),
        _texts(row_id=ids.take(pa.array(rest)), why=why),
        _texts(row_id=_taken(ids, odd), rule=["malformed"] * len(reasons), reason=reasons),
    )


def unique_names(header: Sequence[str]) -> list[str]:
    """Bring headers to one spelling and number those that stand more than once.

    Examples
    --------
    >>> unique_names(["3、性别 ", "备注", "备注", ""])
    ['3、性别', '备注', '备注#2', '无标题4']
    """
    names: list[str] = []
    seen: dict[str, int] = {}
    for position, text in enumerate(header, start=1):
        name = re.sub(r"\s+", " ", text).strip() or f"无标题{position}"
        seen[plain(name)] = count = seen.get(plain(name), 0) + 1
        names.append(name if count == 1 else f"{name}#{count}")
    return names


def _row_ids(digest: str, sheet: int, height: int) -> pa.Array:
    """Make the address of every row, a thousand at once: only what stands before differs."""
    prefix = np.frombuffer(f"{digest[:12]}:{sheet}:".encode(), np.uint8)
    parts = []
    for digits in range(1, len(str(height)) + 1):
        first, last = 10 ** (digits - 1), min(10**digits - 1, height)
        after = min(digits, 3)
        heads = np.arange(first // 1000, last // 1000 + 1)
        tails = np.arange(first % 1000, 10**after)
        signs = np.empty((len(heads), len(tails), len(prefix) + digits), np.uint8)
        signs[:, :, : len(prefix)] = prefix
        signs[:, :, len(prefix) : -after] = _digits(heads, digits - after)[:, None]
        signs[:, :, -after:] = _digits(tails, after)
        parts.append(signs.reshape(-1, len(prefix) + digits)[: last - first + 1])
    lengths = np.repeat([p.shape[1] for p in parts], [len(p) for p in parts])
    ends = np.concatenate([[0], np.cumsum(lengths)])
    signs = np.concatenate([p.ravel() for p in parts])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(signs)]
    return pa.Array.from_buffers(pa.large_string(), height, buffers)


def _digits(numbers: np.ndarray, places: int) -> np.ndarray:
    """Write numbers as rows of characters."""
    powers = 10 ** np.arange(places)[::-1]
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def _frame(table: pa.Table, names: list[str], kept: np.ndarray, ids: pa.Array) -> pd.DataFrame:
    """Hand Arrow's columns to pandas; where only the top goes, nothing is copied."""
    columns = table.columns[: len(names)]
    first = int(kept.argmax()) if kept.any() else len(kept)
    whole = bool(kept[first:].all())
    mask = pa.array(kept)
    taken = [c.slice(first) if whole else c.filter(mask) for c in columns]
    index = _index(ids.slice(first) if whole else ids.filter(mask))
    frame = pd.DataFrame(dict(enumerate(map(_text, taken))), index=index)
    return frame.set_axis(pd.Index(names, dtype="str"), axis=1)


def _text(column: pa.ChunkedArray) -> ArrowStringArray:
    dtype = pd.StringDtype("pyarrow", na_value=np.nan)
    text = pa.large_string()
    return ArrowStringArray(column if column.type == text else column.cast(text), dtype=dtype)


def _index(ids: pa.Array) -> pd.Index:
    return pd.Index(_text(pa.chunked_array([ids])), name="row_id", copy=False)


def _taken(ids: pa.Array, which: np.ndarray) -> pa.Array:
    return ids.filter(pa.array(which))


def _texts(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {n: pd.Series(np.asarray(v, dtype=object), dtype="str") for n, v in columns.items()}
    )


#: Anything that shows: no white space, no separator, no invisible sign, as `plain` sees it.
_SHOWS = r"[^\s\x0b\x1c-\x1f\x{85}\p{Z}\p{Cf}]"
#: Cells that need no closer look: what they begin with begins no total.
_NO_TOTAL = r"^(?:[0-9B-SU-Zb-su-z]|[Aa][0-9A-UW-Za-uw-z]|[Tt][0-9A-NP-Za-np-z])"

#: The same for one byte, at the speed of memory.
_ORDINARY = np.isin(
    np.arange(256), list(set(f"{string.digits}{string.ascii_letters}".encode()) - set(b"AaTt"))
)


def _filled(column: pa.ChunkedArray) -> np.ndarray:
    return pc.match_substring_regex(column, _SHOWS).to_numpy()


def _ordinary(column: pa.ChunkedArray) -> np.ndarray:
    """Say which cells begin with a digit or letter that begins no total: all but A and T."""
    found = [np.zeros(0, dtype=bool)]
    for chunk in column.chunks:
        _, ends, values = chunk.buffers()
        signs = np.append(np.frombuffer(values or b"", np.uint8), np.uint8(0))
        places = np.frombuffer(ends, np.int64)[chunk.offset :][: len(chunk) + 1]
        found.append(_ORDINARY[signs[places[:-1]]] & (np.diff(places) > 0))
    return np.concatenate(found)


def _blank_and_total(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Find rows without any filled cell, and those whose first filled cell announces a total.

    Only the rows that were blank so far are looked at in the next column.
    """
    total = np.zeros(table.num_rows, dtype=np.int8)
    open_rows = np.arange(table.num_rows)
    for position, column in enumerate(table.columns):
        cells = column if position == 0 else column.take(pa.array(open_rows))
        unsure = ~_ordinary(cells)
        open_rows, cells = open_rows[unsure], cells.filter(pa.array(unsure))
        filled = _filled(cells)
        close = filled & ~pc.match_substring_regex(cells, _NO_TOTAL).to_numpy()
        if close.any():
            coded = cells.filter(pa.array(close)).combine_chunks().dictionary_encode()
            totals = np.array([_total(w) for w in coded.dictionary.to_pylist()], dtype=np.int8)
            total[open_rows[close]] = totals[coded.indices.to_numpy()]
        open_rows = open_rows[~filled]
        if not len(open_rows):
            break
    blank = np.zeros(table.num_rows, dtype=bool)
    blank[open_rows] = True
    # 平均 may be what somebody answered: it announces a total only below all answers.
    answers = np.flatnonzero(~blank & (total == 0))
    below = np.arange(table.num_rows) > (answers[-1] if len(answers) else -1)
    return blank, (total == _SUM) | ((total == _MEAN) & below)


def _total(cell: str) -> int:
    """Say whether a cell announces a sum or a mean; 0 for neither."""
    found = _TOTAL_ROW.fullmatch(plain(cell).replace(" ", "").casefold())
    return 0 if found is None else _SUM if found["sum"] else _MEAN


def _trimmed(row: Sequence[str]) -> list[str]:
    width = max((i for i, cell in enumerate(row, start=1) if plain(cell)), default=0)
    return list(row[:width])
