"""What an xlsx says of its sheets that its reader does not hand on: read from the XML itself."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

from csatlib.exports.guard import PROGRAMS, Limits, Packed, check_cells, damaged
from csatlib.exports.refusal import ExportError

__all__ = ["Facts", "SheetPart", "facts_of", "sheet_parts"]

_COLUMNS = re.compile(rb'<c r="([A-Z]+)')
_FAR_ROW = re.compile(rb'<c r="[A-Z]+[0-9]{6}')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>(?=\s*<(?!/(?:\w+:)?c>))")
_REFERENCE = re.compile(rb"\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_ERROR = re.compile(
    rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<",
    re.DOTALL,
)
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)(?<!/)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(<(?:\w+:)?v\b[^>]*/>|<(?:\w+:)?v\b[^>]*>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*)>")
_HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*)>")


@dataclass(frozen=True)
class SheetPart:
    """One sheet as the workbook lists it; ``number`` counts from one."""

    name: str
    number: int
    state: str
    part: str


@dataclass(frozen=True)
class Facts:
    """What the cells alone do not tell; rows and columns count from zero.

    ``uncached`` are formulas whose result was never stored, ``errors`` the words of error cells.
    """

    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    uncached: tuple[tuple[int, int], ...] = ()
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)


def sheet_parts(book: zipfile.ZipFile, limits: Limits, *, file: str) -> list[SheetPart]:
    """List a workbook's worksheets in order, with the parts that hold them."""
    starts = [
        r.get("Target", "").lstrip("/").lower()
        for r in _parsed(book, _part_name(book, "_rels/.rels"), file)
        if r.get("Type", "").endswith("/officeDocument")
    ]
    if starts != ["xl/workbook.xml"]:  # the reader would open another workbook than this one
        raise ExportError(f"{file}：压缩包里的目录不是 Excel 写的样子，已拒绝；请重新导出。")
    root = _parsed(book, _part_name(book, "xl/workbook.xml"), file)
    relations = _parsed(book, _part_name(book, "xl/_rels/workbook.xml.rels"), file)
    targets = {
        r.get("Id", ""): posixpath.normpath(posixpath.join("xl", r.get("Target", "")))
        for r in relations
    }
    entries = [e for e in root.iter() if e.tag.rsplit("}", 1)[-1] == "sheet"]
    if len(entries) > limits.sheets:
        raise ExportError(
            f"{file}：有 {len(entries)} 个工作表，超过上限 {limits.sheets}；请只留下要读的那一个。"
        )
    sheets = []
    for number, entry in enumerate(entries, start=1):
        reference = next((v for k, v in entry.attrib.items() if k.endswith("}id")), "")
        part = targets.get(reference, "").lstrip("/")
        if "worksheets/" in part.lower():
            state = entry.get("state", "visible")
            sheets.append(SheetPart(entry.get("name", ""), number, state, _part_name(book, part)))
    return sheets


def facts_of(book: zipfile.ZipFile, sheet: SheetPart, limits: Limits, *, file: str) -> Facts:
    """Scan one sheet's XML: its real last cell, what is hidden, errors, formulas without results.

    Raises
    ------
    ExportError
        If its used rectangle is too large, or the part is damaged or no plain XML.
    """
    xml = unpacked(book, sheet.part, file)
    _check_area(xml, limits, file, f"工作表“{sheet.name[:40]}”")
    hidden_rows, hidden_columns = [], []
    if b"hidden=" in xml:
        hidden_rows = [_number(a, b"r") - 1 for a in _HIDDEN_ROW.findall(xml)]
        for attributes in _HIDDEN_COLUMN.findall(xml):
            first, last = _number(attributes, b"min"), _number(attributes, b"max")
            hidden_columns += range(first - 1, min(last, 16384))
    errors = {}
    if b't="e"' in xml or b"t='e'" in xml:
        found = ((_place(a), words) for a, words in _ERROR.findall(xml))
        errors = {place: words.decode() for place, words in found if place}
    uncached = []
    if b"<f" in xml or b":f" in xml:
        for attributes, value in _FORMULA.findall(xml):
            # A result that is an empty text is stored as one.
            if not (value and re.search(rb"\bt=[\"']str[\"']", attributes)):
                uncached.append(_place(attributes) or (0, 0))
    return Facts(tuple(hidden_rows), tuple(hidden_columns), tuple(uncached), errors)


def unpacked(book: zipfile.ZipFile, part: str, file: str, what: Packed = "工作簿") -> bytes:
    """Unpack one part, checked against its checksum, without document types and in UTF-8."""
    try:
        data = book.read(part)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise damaged(file, error, what) from None
    head = data[:4096]
    declared = re.search(rb"<\?xml[^>]*encoding=[\"']([^\"']+)", head)
    other = declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in data[: 1 << 20] or b"\x00" in head or other:
        raise ExportError(
            f"{file}：{what}里的 XML 不是 {PROGRAMS[what]} 写的样子，已拒绝；请重新导出。"
        )
    return data


def _check_area(xml: bytes, limits: Limits, file: str, where: str) -> None:
    """Check the addresses of the cells themselves: the stated dimension may lie.

    Counting columns is cheap; only a sheet that could be too large has each address looked at.
    """
    columns = _COLUMNS.findall(xml)
    regular = len(columns) == xml.count(b"<c ") and b":c " not in xml
    widest = max((_column(c) for c in set(columns)), default=0)
    if regular and widest * 99_999 <= limits.cells and not _FAR_ROW.search(xml):
        return
    rows, widest = 0, 0
    for match in _CELL.finditer(xml):
        attributes = match[1]
        place = None if attributes.endswith(b"/") else _place(attributes)
        if place:
            rows, widest = max(rows, place[0] + 1), max(widest, place[1] + 1)
    check_cells(rows, widest, limits, file=file, where=where)


def _parsed(book: zipfile.ZipFile, part: str, file: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(unpacked(book, part, file))
    except ElementTree.ParseError as error:
        raise damaged(file, error) from None


def _part_name(book: zipfile.ZipFile, wanted: str) -> str:
    """Find a part whatever its capitals."""
    return next((n for n in book.namelist() if n.lower() == wanted.lower()), wanted)


def _place(attributes: bytes) -> tuple[int, int] | None:
    match = _REFERENCE.search(attributes)
    return (int(match[2]) - 1, _column(match[1]) - 1) if match else None


def _column(name: bytes) -> int:
    number = 0
    for letter in name[:4]:
        number = number * 26 + letter - 64
    return number


def _number(attributes: bytes, name: bytes) -> int:
    match = re.search(rb"\b" + name + rb"=[\"']([0-9]{1,7})[\"']", attributes)
    return int(match[1]) if match else 1
