"""Bytes of a file into a grid of text cells; says what a file really is when it cannot."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from csatlib.exports.table import RUINED, ExportError
from csatlib.scales import plain

__all__ = ["Grid", "decode", "kind_of", "read_grid"]

_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_CHINESE = {"gb2312", "gbk", "gb18030", "hz-gb-2312", "cp936"}


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet as text, with what was learnt on the way."""

    cells: Sequence[Sequence[str]]
    kind: str
    encoding: str | None = None
    sheet: str | None = None
    sheet_number: int = 1


def kind_of(data: bytes, *, file: str) -> str:
    """Tell ``xlsx``, ``xls`` or ``csv`` by the content, never by the name; refuse all else."""
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if file.rsplit("/", 1)[-1].startswith("~$"):
        raise ExportError(f"{file}：这是 Excel 打开文件时的锁文件；请关闭 Excel 后删除它。")
    if not data.strip(b"\x00 \t\r\n"):
        raise ExportError(f"{file}：文件是空的（{len(data)} 字节）；请重新导出。")
    if data.startswith(_ZIP):
        return "xlsx"
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ExportError(f"{file}：工作簿有密码；请在 Excel 里去掉密码后另存。")
        return "xls"
    if head.startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")):
        raise ExportError(f"{file}：其实是网页或 XML，不是表格；请用 Excel 打开后另存为 xlsx。")
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ExportError(f"{file}：不是 xlsx、xls 或 CSV 文件；请重新导出。")
    return "csv"


def read_grid(
    data: bytes, *, file: str, encoding: str | None = None, sheet: str | None = None
) -> Grid:
    """Read every cell of a workbook's one filled sheet, or of a CSV, as text.

    Raises
    ------
    ExportError
        For a file that is no table, is damaged, has a password or several filled sheets, or whose
        encoding is not certain.
    """
    kind = kind_of(data, file=file)
    if kind == "csv":
        text, found = decode(data, file=file, encoding=encoding)
        return Grid(_csv_cells(text, file), kind, encoding=found)
    return _workbook(data, kind, file=file, sheet=sheet)


def decode(data: bytes, *, file: str, encoding: str | None = None) -> tuple[str, str]:
    """Decode text strictly: byte-order mark, UTF-8, then GB18030 if the bytes look like it.

    Big5 text is nearly always valid GB18030 too, so a second opinion has to agree.

    Raises
    ------
    ExportError
        If no encoding fits, or two do.
    """
    remedy = "请另存为 UTF-8 编码的 CSV，或在研究文件的来源里写明 encoding"
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    marked = next((name for mark, name in marks if data.startswith(mark)), None)
    for name in [encoding or marked] if encoding or marked else ["utf-8", "gb18030"]:
        try:
            text = data.decode(name)
        except LookupError:
            raise ExportError(f"{file}：没有“{name}”这种编码；{remedy}。") from None
        except UnicodeDecodeError as error:
            failure = f"第 {data[: error.start].count(10) + 1} 行起无法按 {name} 解读"
            continue
        if name == "gb18030" and encoding is None and not _looks_chinese(data):
            raise ExportError(f"{file}：编码不能确定，像 GB18030 也像别的编码；{remedy}。")
        return text, name
    raise ExportError(f"{file}：{failure}；{remedy}。")


def _looks_chinese(data: bytes) -> bool:
    import chardet

    return (chardet.detect(data)["encoding"] or "").lower() in _CHINESE


def _csv_cells(text: str, file: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    remedy = "请用 Excel 打开核对后另存为 CSV"
    rows: list[list[str]] = []
    try:
        for row in reader:
            # A quotation mark left open swallows whole rows until the next one.
            swallowed = (line.count(delimiter) for cell in row for line in cell.split("\n")[1:])
            if rows and len(rows[0]) > 3 and max(swallowed, default=0) >= len(rows[0]) - 2:
                raise ExportError(f"{file}：第 {reader.line_num} 行附近的引号不成对；{remedy}。")
            rows.append(row)
    except csv.Error as error:
        raise ExportError(
            f"{file}：第 {reader.line_num} 行附近的引号不成对（{error}）；{remedy}。"
        ) from None
    return rows


def _workbook(data: bytes, kind: str, *, file: str, sheet: str | None) -> Grid:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [m.name for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible]
        sheets = {n: book.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in names}
    except (CalamineError, OSError, ValueError) as error:
        raise ExportError(
            f"{file}：工作簿打不开，可能没有传完或已损坏（{error}）；请重新导出。"
        ) from None
    filled = {n: c for n, c in sheets.items() if any(_text(v).strip() for row in c for v in row)}
    if sheet is not None and sheet not in filled:
        raise ExportError(f"{file}：没有名为“{sheet}”且有内容的工作表；有：{'、'.join(names)}。")
    if sheet is None and len(filled) > 1:
        raise ExportError(
            f"{file}：有 {len(filled)} 个工作表有内容（{'、'.join(filled)}）；"
            "请在研究文件的来源里用 sheet 指定一个。"
        )
    if not filled:
        raise ExportError(f"{file}：工作簿里没有内容；请重新导出。")
    name = sheet or next(iter(filled))
    cells = [[_text(value) for value in row] for row in filled[name]]
    return Grid(cells, kind, sheet=name, sheet_number=book.sheet_names.index(name) + 1)


def _text(value: object) -> str:
    """Write a cell's value as Excel shows it in the General format."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and abs(value) >= 1e15:
        return RUINED
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    return "" if value is None else str(value)


def first_line(cells: Sequence[Sequence[str]]) -> list[str]:
    """Give the first row that is not blank, in one spelling."""
    for row in cells:
        if any(plain(cell) for cell in row):
            return [plain(cell) for cell in row]
    return []
