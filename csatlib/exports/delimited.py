"""A CSV as columns of text: parsed by Arrow where it is regular, record by record where not."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from csatlib.exports.encoding import Text, decoded, settle
from csatlib.exports.guard import Limits, check_cells
from csatlib.exports.refusal import ExportError

__all__ = ["read_csv"]

_MOST_COLUMNS = 16_384
#: Bytes of a large file by which it is settled how its columns are parsed.
_FIRST_LINES = 1 << 18
_REMEDY = "请用 Excel 打开核对后另存为 CSV"


def read_csv(
    data: bytes, *, file: str, encoding: str | None, limits: Limits, irregular: bool = True
) -> tuple[pa.Table, pa.Array | None, str] | None:
    """Read every record of a CSV as text.

    Without ``irregular``, a file that Arrow cannot read right is left: record by record a large
    one takes much memory, which only a child process may.

    Returns
    -------
    tuple
        The cells, one column each; how many cells each record has, None where all have as many;
        and the encoding.

    Raises
    ------
    ExportError
        If the encoding is not certain or quotation marks do not pair.
    """
    text = settle(data, file=file, encoding=encoding)
    delimiter = _delimiter(text)
    if delimiter == b"|" and text.coded != "utf-8":
        # Alone among the delimiters it may be the second byte of a Chinese character.
        whole = decoded(text.data, text.coded, file=file, told=text.name)
        text = Text(text.name, whole.encode("utf-8"), "utf-8")
    wide = text.data.count(delimiter, 0, text.data.find(b"\n") % (len(text.data) + 1)) + 1
    if wide > _MOST_COLUMNS:
        raise ExportError(
            f"{file}：第 1 行有 {wide} 格，超过 Excel 的 {_MOST_COLUMNS} 列；{_REMEDY}。"
        )
    with contextlib.suppress(UnicodeDecodeError):  # worded below, with its line
        table = _regular(text, delimiter)
        if table is not None:
            check_cells(table.num_rows, table.num_columns, limits, file=file)
            return table, None, text.name
    if not irregular:
        return None
    check_cells(1, text.data.count(delimiter) + text.data.count(b"\n"), limits, file=file)
    whole = decoded(text.data, text.coded, file=file, told=text.name)
    rows = _records(whole, delimiter.decode(), file)
    widths = pa.array(list(map(len, rows)), pa.int32())
    check_cells(len(rows), max(map(len, rows), default=0), limits, file=file)
    columns = [pa.array(c, pa.large_string()) for c in itertools.zip_longest(*rows, fillvalue="")]
    return pa.table(columns, names=[str(i) for i in range(len(columns))]), widths, text.name


def _delimiter(text: Text) -> bytes:
    """Take the sign that the first line outside quotation marks has most of."""
    head = text.data[:65_536].decode(text.coded, "replace")
    first = next((line for line in head.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",\t;|", key=bare.count).encode()


def _regular(text: Text, delimiter: bytes) -> pa.Table | None:
    """Parse at Arrow's speed; None unless each line is one record with as many cells.

    In GB18030 no comma, quotation mark or line end is ever part of a character, so the structure is
    parsed on the bytes and only distinct values are decoded.
    """
    data = text.data
    odd_ends = b"\r" in data and data.count(b"\r") != data.count(b"\r\n")
    if odd_ends or not _quoted_plainly(data, delimiter):
        return None
    first = data[: data.find(b"\n") + 1 or len(data)]
    width = len(next(csv.reader([first.decode("latin-1")], delimiter=delimiter.decode()), []))
    try:
        if text.coded == "utf-8":
            columns = _columns(data, delimiter, [pa.large_string()] * width)
        else:
            columns = _columns(data, delimiter, _kinds(data, delimiter, width))
    except pa.ArrowInvalid:
        return None
    if columns and len(columns[0]) != data.count(b"\n") + (not data.endswith(b"\n")):
        return None
    if text.coded != "utf-8":
        columns = [_words(column, text.coded) for column in columns]
    return pa.table(columns, names=[str(i) for i in range(width)])


def _columns(
    data: bytes, delimiter: bytes, kinds: Sequence[pa.DataType]
) -> Sequence[pa.ChunkedArray]:
    from pyarrow import csv as arrow

    names = [f"f{i}" for i in range(len(kinds))]
    table = arrow.read_csv(
        pa.BufferReader(data),
        read_options=arrow.ReadOptions(column_names=names, block_size=1 << 22),
        parse_options=arrow.ParseOptions(
            delimiter=delimiter.decode(), newlines_in_values=False, ignore_empty_lines=False
        ),
        convert_options=arrow.ConvertOptions(
            column_types=dict(zip(names, kinds, strict=True)),
            strings_can_be_null=False,
            check_utf8=False,  # `settle` has checked the whole file
        ),
        memory_pool=pa.system_memory_pool(),  # the default one asks for fresh pages each time
    )
    return table.columns


def _kinds(data: bytes, delimiter: bytes, width: int) -> list[pa.DataType]:
    """Choose by the first lines which columns Arrow should code: few wordings, many times each.

    Whatever is chosen, the same is read; the coding happens while parsing, on every core.
    """
    plain, coded = pa.large_binary(), pa.dictionary(pa.int32(), pa.binary())
    sample = data[: data.rfind(b"\n", 0, _FIRST_LINES) + 1]
    if len(data) <= _FIRST_LINES or not sample:
        return [plain] * width
    distinct = [(c.unique(), len(c)) for c in _columns(sample, delimiter, [plain] * width)]
    return [
        coded if 4 * len(d) < n and not b"".join(d[1:].to_pylist()).isascii() else plain
        for d, n in distinct
    ]


def _quoted_plainly(data: bytes, delimiter: bytes) -> bool:
    """Say whether every quotation mark opens or closes a cell or is doubled within one.

    Only then does Arrow, which never complains, read them as the strict reader does.
    """
    if b'"' not in data:
        return True
    last = data.rfind(b"\n", 0, len(data.rstrip(b"\r\n"))) + 1
    if data.count(b'"', last) % 2:  # left open at the very end
        return False
    edge = re.escape(delimiter) + rb'\r\n"'
    inside = rb'(?<=[^%b])"(?:"")*(?=[^%b])' % (edge, edge)
    after_empty = rb'(?<![^%b\r\n])(?:"")+(?=[^%b])' % (re.escape(delimiter), edge)
    return not re.search(inside + rb"|" + after_empty, data)


def _words(column: pa.ChunkedArray, code: str) -> pa.ChunkedArray:
    """Decode every value strictly; in turn, since Python decodes one text at a time anyway."""
    chunks = [_chunk_words(chunk, code) for chunk in column.chunks]
    return pa.chunked_array(chunks, pa.large_string())


def _chunk_words(chunk: pa.Array, code: str) -> pa.Array:
    if isinstance(chunk, pa.DictionaryArray):
        coded = chunk
    else:
        values = chunk.buffers()[2]
        if values is None or bytes(values).isascii():
            return chunk.view(pa.large_string())
        if len(chunk.slice(0, 1000).unique()) > 500:
            return _transcoded(chunk, code)
        coded = chunk.dictionary_encode()
    words = _transcoded(coded.dictionary.cast(pa.large_binary()), code)
    return pc.take(words, coded.indices, boundscheck=False, memory_pool=pa.system_memory_pool())


def _transcoded(values: pa.Array, code: str) -> pa.Array:
    """Decode all values in one go, parted by line ends: a regular file has none within a cell."""
    pool = pa.system_memory_pool()
    whole = pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)
    joined = pc.binary_join(whole, pa.scalar(b"\n", values.type), memory_pool=pool)[0].as_buffer()
    text = pa.array([str(joined, code)], pa.large_string(), memory_pool=pool)
    return pc.split_pattern(text, "\n", memory_pool=pool).flatten()


def _records(text: str, delimiter: str, file: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    width = 0
    try:
        for row in reader:
            width = width or (len(row) if any(row) else 0)
            if _swallowed(row, width, delimiter):
                raise ExportError(f"{file}：第 {reader.line_num} 行附近的引号不成对；{_REMEDY}。")
            rows.append(row)
    except csv.Error as error:
        raise ExportError(
            f"{file}：第 {reader.line_num} 行附近的引号不成对（{error}）；{_REMEDY}。"
        ) from None
    return rows


def _swallowed(row: Sequence[str], width: int, delimiter: str) -> bool:
    """Say whether a quotation mark left open has swallowed whole rows until the next one."""
    for cell in row:
        if "\n" in cell:
            lines: list[Any] = cell.split("\n")[1:]
            counts = [line.count(delimiter) for line in lines]
            if width > 3 and max(counts) >= width - 2:
                return True
            if 2 <= width <= 3 and len(counts) > 1 and min(counts[:-1]) >= width - 1:
                return True
    return False
