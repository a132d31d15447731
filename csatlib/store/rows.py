"""Rows of raw files: which belong to a person, and the file without them."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from csatlib import exports
from csatlib.clean.answers import read_columns
from csatlib.exports import ExportError, RawTable
from csatlib.store.places import StoreError
from csatlib.study import Study

__all__ = [
    "COMMENT_COLUMNS",
    "Claimed",
    "claimed",
    "ids_of",
    "moved",
    "renamed",
    "requoted",
    "without",
]

#: Columns that name a comment: the address of its row and the question.
COMMENT_COLUMNS = ("comment_id", "example_id")

_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, eq=False)
class Claimed:
    """A raw file as one study reads it."""

    path: Path
    study: Study
    table: RawTable


def claimed(path: Path, studies: Sequence[Study]) -> Iterator[Claimed]:
    """Read a raw table with every study that has a source for it; a transcript is none."""
    for study in studies:
        if path.parent.name == study.line:
            if not exports.claimed([path], study):
                continue
            yield Claimed(path, study, exports.read(path, study))
        elif path.parent.name == "all":
            shared = [s for s in study.sources if s.folder == "all" and s.role != "interviews"]
            if any(path.match(source.glob) for source in shared):
                yield Claimed(path, study, exports.read(path, study))


def ids_of(file: Claimed, column: str) -> pd.Series:
    """Give an id of every data row as cleaning reads it; no rows where the file has none."""
    mapping = exports.mapped(file.table)
    if column not in mapping:
        return pd.Series(dtype="str")
    values, _ = read_columns(file.table, {column: mapping[column]})
    return values[column]


def without(file: Claimed, row_ids: Sequence[str]) -> bytes:
    """Give the bytes of a raw file without some rows; nothing else in it changes.

    Raises
    ------
    StoreError
        If the file is of a kind that cannot be rewritten, or would change in another place.
    """
    numbers = sorted(int(row_id.rsplit(":", 1)[1]) for row_id in row_ids)
    data = file.path.read_bytes()
    name = file.table.file
    if data.startswith(_OLE):
        raise StoreError(
            f"{name}：旧式工作簿（.xls）不能改写；请在 Excel 里另存为 .xlsx 替换它，再执行一次。"
        )
    if data.startswith(_ZIP):
        rest = _workbook_without(data, numbers, file)
    else:
        rest = _text_without(data, numbers, file)
    _refuse_other_changes(rest, row_ids, file)
    return rest


def moved(file: Claimed, row_ids: Sequence[str], data: bytes) -> dict[str, str]:
    """Say under which address each row that stays is found in the bytes that `without` gave."""
    cut = sorted(int(row_id.rsplit(":", 1)[1]) for row_id in row_ids)
    mark = hashlib.sha256(data).hexdigest()[:12]
    new = {}
    # Every row that a table can name: the ledger names headers, quarantine what is malformed.
    table = file.table
    others = [r for df in (table.non_data, table.malformed) for r in df.get("row_id", ())]
    for row_id in dict.fromkeys([*table.rows.index, *others]):
        _, sheet, row = row_id.split(":")
        if (number := int(row)) not in cut:
            new[row_id] = f"{mark}:{sheet}:{number - bisect_left(cut, number)}"
    return new


def renamed(df: pd.DataFrame, new: Mapping[str, str], digests: Mapping[str, str]) -> pd.DataFrame:
    """Give a table with the new addresses of raw rows and digests of files in it."""
    after = df
    for column in ("response_id", "row_id"):
        if column in df:
            after = after.assign(**{column: _put(df[column], new)})
    for column in COMMENT_COLUMNS:
        if column in df:
            after = after.assign(**{column: _put_comments(df[column], new)})
    if {"quote_id", "comment_id", "theme", "text"} <= set(df):
        after = after.assign(quote_id=_new_quote_ids(df, after))
    if {"followup_id", "comment_id"} <= set(df):
        after = after.assign(followup_id=_new_followup_ids(df, after))
    if "digest" in df:
        after = after.assign(digest=_put(df["digest"], digests))
    return after


def requoted(df: pd.DataFrame, ids: Mapping[str, str | None]) -> pd.DataFrame:
    """Give a table with the new ids of quotes in it, and without those that have none any more."""
    after = df
    if "quote_id" in df and "comment_id" not in df:
        after = df[[ids.get(quote, quote) is not None for quote in df["quote_id"]]]
        after = after.assign(quote_id=after["quote_id"].map(lambda q: ids.get(q, q)).astype("str"))
    if "quote_ids" in df:
        lists = df["quote_ids"].map(
            lambda told: " ".join(new for q in told.split() if (new := ids.get(q, q))) or None,
            na_action="ignore",
        )
        after = after.assign(quote_ids=lists.astype(df["quote_ids"].dtype))
    return after.reset_index(drop=True)


def _put_comments(ids: pd.Series, new: Mapping[str, str]) -> pd.Series:
    """Give comments, named by their row and item, the new addresses of their rows."""
    words = ids.astype("str")
    row, item = (words.str.rpartition(":")[part] for part in (0, 2))
    moved_ids = row.map(new).astype("str") + ":" + item
    return words.mask(row.isin(list(new)), moved_ids).astype(ids.dtype.name)


def _new_quote_ids(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    from csatlib.themes import quote_ids

    made = quote_ids(after["comment_id"], after["theme"], after["text"])
    return before["quote_id"].mask(before["comment_id"] != after["comment_id"], made)


def _new_followup_ids(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """Follow the id of a comment where the id of its follow-up ends with it."""
    pairs = zip(before["followup_id"], before["comment_id"], after["comment_id"], strict=True)
    made = [
        name.removesuffix(old) + new if name.endswith(old) else name for name, old, new in pairs
    ]
    return pd.Series(made, index=before.index, dtype="str")


def _put(column: pd.Series, new: Mapping[str, str]) -> pd.Series:
    return column.mask(column.isin(list(new)), column.map(new).astype("str"))


def _text_without(data: bytes, numbers: Sequence[int], file: Claimed) -> bytes:
    """Cut records out of a CSV: the other bytes stay, line ends and marks among them."""
    encoding = (file.table.encoding or "utf-8").lower()
    mark = next((m for m in _MARKS if data.startswith(m)), b"")
    codec = _MARKS[mark] if mark else encoding
    text = data[len(mark) :].decode(codec)
    if mark + text.encode(codec) != data:
        raise StoreError(
            f"{file.table.file}：按 {encoding} 改写会改动别的字节；请另存为 UTF-8 后再试。"
        )
    lines = list(io.StringIO(text, newline=""))
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(iter(lines), delimiter=max(",\t;", key=first.count), strict=True)
    cut, start = set(numbers), 0
    kept = []
    for number, _ in enumerate(reader, start=1):
        if number not in cut:
            kept += lines[start : reader.line_num]
        start = reader.line_num
    return mark + "".join(kept).encode(codec)


_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def _workbook_without(data: bytes, numbers: Sequence[int], file: Claimed) -> bytes:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[file.table.sheet] if file.table.sheet else book.worksheets[0]
    for number in reversed(numbers):
        sheet.delete_rows(number)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _refuse_other_changes(data: bytes, row_ids: Sequence[str], file: Claimed) -> None:
    """Read what is about to be written, and compare every cell with the old file."""
    left = file.table.rows.drop(index=list(row_ids))
    if left.empty and file.table.malformed.empty:
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, *file.path.parts[-3:])
        copy.parent.mkdir(parents=True)
        copy.write_bytes(data)
        try:
            again = exports.read(copy, file.study).rows
        except ExportError:
            again = None
    # Rows must stand where the tables will look for them.
    new = moved(file, row_ids, data)
    same = (
        again is not None
        and list(again.columns) == list(left.columns)
        and list(again.index) == [new[row_id] for row_id in left.index]
    )
    if again is None or not same or again.to_numpy().tolist() != left.to_numpy().tolist():
        raise StoreError(
            f"{file.table.file}：改写会改动别的内容（例如公式的结果）；"
            "请在 Excel 里删去这个人的行，再执行一次。"
        )
