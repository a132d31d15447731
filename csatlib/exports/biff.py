"""What an old .xls says of its sheets that its reader does not hand on: its records one by one.

Source: Microsoft, [MS-CFB] (compound files) and [MS-XLS] (records of a workbook).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from csatlib.exports.guard import Limits, check_cells, damaged, macros, password
from csatlib.exports.ooxml import Facts
from csatlib.exports.refusal import ExportError

__all__ = ["OldSheet", "old_facts", "old_sheets", "workbook_stream"]

_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFF
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_FORMULA, _BOOLERR, _ROW, _COLINFO, _MULRK = 0x0006, 0x0205, 0x0208, 0x007D, 0x00BD
_FILLED = {_FORMULA, _BOOLERR, _MULRK, 0x0203, 0x0204, 0x00D6, 0x00FD, 0x027E}
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_STATES = {0: "visible", 1: "hidden", 2: "veryHidden"}


@dataclass(frozen=True)
class OldSheet:
    """One worksheet: where its records begin, and whether it is hidden."""

    number: int
    state: str
    start: int


def workbook_stream(data: bytes, *, file: str) -> bytes:
    """Take the workbook's records out of the compound file.

    Raises
    ------
    ExportError
        If it has a password or macros, holds no workbook, or is cut off or damaged.
    """
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise password(file)
    try:
        streams = _streams(data)
    except (struct.error, IndexError, ValueError) as error:
        raise damaged(file, error) from None
    if "_VBA_PROJECT_CUR" in streams or "VBA" in streams:
        raise macros(file)
    for name in ("Workbook", "Book"):
        if name in streams:
            try:
                return _content(data, *streams[name])
            except (struct.error, IndexError, ValueError) as error:
                raise damaged(file, error) from None
    what = "Word 文档" if "WordDocument" in streams else "别的程序的文件"
    raise ExportError(f"{file}：是{what}，不是工作簿；请重新导出为 xlsx 或 CSV。")


def _sectors(data: bytes) -> tuple[int, list[int]]:
    """Give the sector size, and the table that chains sectors."""
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    if size not in (512, 4096):
        raise ValueError(f"sector size {size}")
    places = list(struct.unpack_from("<109I", data, 76))
    following, count = struct.unpack_from("<2I", data, 68)
    for _ in range(min(count, len(data) // size)):
        if following >= _END:
            break
        entries = struct.unpack_from(f"<{size // 4}I", data, (following + 1) * size)
        places += entries[:-1]
        following = entries[-1]
    table: list[int] = []
    for sector in places:
        if sector < _END - 2:
            table += struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
    return size, table


def _chain(start: int, table: list[int]) -> list[int]:
    sectors = []
    while start < _END - 2:
        sectors.append(start)
        if len(sectors) > len(table):
            raise ValueError("a chain of sectors without end")
        start = table[start]
    return sectors


def _joined(data: bytes, start: int, size: int, table: list[int]) -> bytes:
    blocks = [data[(s + 1) * size : (s + 2) * size] for s in _chain(start, table)]
    return b"".join(blocks)


def _streams(data: bytes) -> dict[str, tuple[int, int]]:
    """List the compound file's streams and storages: name to first sector and length."""
    size, table = _sectors(data)
    directory = _joined(data, struct.unpack_from("<I", data, 48)[0], size, table)
    found: dict[str, tuple[int, int]] = {}
    for place in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, place + 64)[0]
        if 2 <= length <= 64:
            name = directory[place : place + length - 2].decode("utf-16-le", "replace")
            start, long = struct.unpack_from("<2I", directory, place + 116)
            found.setdefault(name, (start, long))
    if "Root Entry" not in found:
        raise ValueError("no root entry")
    return found


def _content(data: bytes, start: int, length: int) -> bytes:
    size, table = _sectors(data)
    if length >= struct.unpack_from("<I", data, 56)[0]:
        content = _joined(data, start, size, table)[:length]
    else:
        root = _joined(data, _streams(data)["Root Entry"][0], size, table)
        small = _joined(data, struct.unpack_from("<I", data, 60)[0], size, table)
        chained = list(struct.unpack(f"<{len(small) // 4}I", small))
        blocks = [root[s * 64 : (s + 1) * 64] for s in _chain(start, chained)]
        content = b"".join(blocks)[:length]
    if len(content) < length:
        raise ValueError(f"{length - len(content)} bytes are missing")
    return content


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Walk from a substream's beginning to its end: kind, place of the content, its length."""
    depth, place = 0, start
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        if place + 4 + length > len(stream):
            raise ValueError("a record is cut off")
        yield kind, place + 4, length
        place += 4 + length
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
    raise ValueError("the records have no end")


def old_sheets(stream: bytes, limits: Limits, *, file: str) -> list[OldSheet]:
    """List the worksheets of an old workbook; ``number`` counts every sheet from one."""
    sheets, number = [], 0
    try:
        for kind, place, _ in _records(stream, 0):
            if kind == _FILEPASS:
                raise password(file)
            if kind == _BOUNDSHEET:
                start, state, form = struct.unpack_from("<IBB", stream, place)
                number += 1
                if form == 1:
                    raise macros(file)
                if form == 0:
                    sheets.append(OldSheet(number, _STATES.get(state & 3, "hidden"), start))
    except (struct.error, IndexError) as error:
        raise damaged(file, error) from None
    except ValueError as error:
        raise error if isinstance(error, ExportError) else damaged(file, error) from None
    if number > limits.sheets:
        raise ExportError(
            f"{file}：有 {number} 个工作表，超过上限 {limits.sheets}；请只留下要读的那一个。"
        )
    return sheets


def old_facts(stream: bytes, sheet: OldSheet, limits: Limits, *, file: str, name: str) -> Facts:
    """Scan one sheet's records: its real last cell, what is hidden, errors, empty formulas."""
    rows = columns = formulas = 0
    hidden_rows: list[int] = []
    hidden_columns: list[int] = []
    empty: list[tuple[int, int]] = []
    errors: dict[tuple[int, int], str] = {}
    read = struct.unpack_from
    try:
        for kind, place, length in _records(stream, sheet.start):
            if kind in _FILLED:
                row, column = read("<HH", stream, place)
                last = read("<H", stream, place + length - 2)[0] if kind == _MULRK else column
                rows, columns = max(rows, row + 1), max(columns, last + 1)
                if kind == _BOOLERR and stream[place + 7] == 1:
                    errors[row, column] = _ERRORS.get(stream[place + 6], "#N/A")
                elif kind == _FORMULA:
                    formulas += 1
                    code, mark = stream[place + 6], stream[place + 12 : place + 14]
                    if mark == b"\xff\xff" and code == 3:
                        empty.append((row, column))
                    elif mark == b"\xff\xff" and code == 2:
                        errors[row, column] = _ERRORS.get(stream[place + 8], "#N/A")
            elif kind == _ROW and read("<H", stream, place + 12)[0] & 0x20:
                hidden_rows.append(read("<H", stream, place)[0])
            elif kind == _COLINFO and read("<H", stream, place + 8)[0] & 1:
                first, last = read("<HH", stream, place)
                hidden_columns += range(first, min(last, 255) + 1)
    except (struct.error, IndexError, ValueError) as error:
        raise damaged(file, error) from None
    check_cells(rows, columns, limits, file=file, where=f"工作表“{name[:40]}”")
    # A formula may well give an empty text; that every one does means that none was calculated.
    uncached = tuple(empty) if len(empty) == formulas else ()
    return Facts(tuple(hidden_rows), tuple(hidden_columns), uncached, errors)
