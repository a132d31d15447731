"""Checks before anything is parsed: what a file is by its content, and whether it is too much."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from typing import Literal

from csatlib.exports.refusal import ExportError, named

__all__ = [
    "PROGRAMS",
    "Limits",
    "Packed",
    "check_cells",
    "check_size",
    "foreign",
    "kind_of",
    "open_zip",
]

_MB = 1 << 20
#: A data file of SPSS begins with so many bytes of header.
_SAV_HEADER = 176
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_EMPTY = b"\x00 \t\r\n"

#: What a zip should be, and the program that writes it.
Packed = Literal["工作簿", "Word 文档"]
PROGRAMS: dict[Packed, str] = {"工作簿": "Excel", "Word 文档": "Word"}

#: What other files begin with, and what they are called.
_OTHERS = {
    b"%pdf": "PDF 文件",
    b"\x89png": "图片",
    b"\xff\xd8\xff": "图片",
    b"gif8": "图片",
    b"rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "gzip 压缩包",
    b"pk\x05\x06": "空的压缩包",
    b"{\\rtf": "RTF 文档",
    b"par1": "parquet 文件",
    b"sqlite format 3": "SQLite 数据库",
    b"mime-version:": "网页归档文件",
    b"%!ps": "PostScript 文件",
}
_HTML = (
    b"<html",
    b"<!doctype",
    b"<?xml",
    b"<table",
    b"<meta",
    b"<head",
    b"<body",
    b"<div",
    b"<!--",
)


@dataclass(frozen=True)
class Limits:
    """How much one raw file may take; a file beyond it is refused, never read by half.

    Parameters
    ----------
    file_bytes, unpacked_bytes : int
        Size on disk, and of all parts of a workbook unpacked.
    ratio : int
        How many times its size a workbook may unpack to, once that is more than 10 MB.
    parts, sheets, cells : int
        Parts in a workbook's zip, sheets in a workbook, cells in the used rectangle of a sheet.
    memory_bytes, seconds : float, optional
        What the child process may take; by default in proportion to the file.
    """

    file_bytes: int = 1024 * _MB
    unpacked_bytes: int = 1024 * _MB
    ratio: int = 100
    parts: int = 5000
    sheets: int = 200
    cells: int = 40_000_000
    memory_bytes: int | None = None
    seconds: float | None = None

    def memory(self, size: int, kind: str) -> int:
        """Give the address space in bytes for a file of this size on disk."""
        times = 15 if kind in ("csv", "sav") else 100
        return self.memory_bytes or min(768 * _MB + times * size, 8192 * _MB)

    def time(self, size: int) -> float:
        """Give the seconds for a file of this size on disk."""
        return self.seconds or 20 + 2 * size / _MB


def check_size(size: int, limits: Limits, *, file: str) -> None:
    """Refuse a file that is too large on disk."""
    if size > limits.file_bytes:
        raise ExportError(
            f"{file}：文件有 {_megabytes(size)}，超过上限 {_megabytes(limits.file_bytes)}；"
            "请按时间或区域拆成几个文件。"
        )


def kind_of(data: bytes, *, file: str, encoding: str | None = None) -> str:
    """Tell ``xlsx``, ``xls``, ``sav`` or ``csv`` by the content, never by the name."""
    head = bytes(data[:4096])
    if file.rsplit("/", 1)[-1].startswith("~$"):
        raise ExportError(f"{file}：这是 Excel 打开文件时的锁文件；请关闭 Excel 后删除它。")
    if not head.strip(_EMPTY) and not bytes(data).strip(_EMPTY):
        raise ExportError(f"{file}：文件是空的（{len(data)} 字节）；请重新导出。")
    if head.startswith(_ZIP):
        return "xlsx"
    if head.startswith(_OLE):
        return "xls"
    if head.startswith((b"$FL2", b"$FL3")):
        if len(data) < _SAV_HEADER:
            raise ExportError(f"{file}：SPSS 文件读不出，没有传完；请重新导出。")
        return "sav"
    _refuse_others(head, file)
    _refuse_nul(data, file, encoding)
    return "csv"


def _refuse_others(head: bytes, file: str) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_HTML):
        raise ExportError(f"{file}：其实是网页或 XML，不是表格；请用 Excel 打开后另存为 xlsx。")
    if re.match(rb'\{\s*"|\[\s*[\[{]', start):
        raise ExportError(f"{file}：其实是 JSON，不是表格；请重新导出为 xlsx 或 CSV。")
    for magic, name in _OTHERS.items():
        if start.startswith(magic):
            raise ExportError(f"{file}：其实是{name}，不是 xlsx、xls 或 CSV 文件；请重新导出。")


def foreign(head: bytes) -> str:
    """Name what a file's beginning shows it to be where that is no text; '' if it may be one."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_HTML):
        return "网页或 XML"
    return next((name for magic, name in _OTHERS.items() if start.startswith(magic)), "")


def _refuse_nul(data: bytes, file: str, encoding: str | None) -> None:
    """Refuse bytes of zero, which no text holds; UTF-16 holds them at every other place."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"\x00\x00\xfe\xff":
        return
    if (
        (encoding or "")
        .lower()
        .replace("_", "-")
        .startswith(("utf-16", "utf16", "utf-32", "utf32"))
    ):
        return
    first = data.find(b"\x00")
    if first < 0:
        return
    head = bytes(data[:4096])
    odd, even = head[1::2].count(0), head[::2].count(0)
    if len(head) % 2 == 0 and max(odd, even) > 2 and min(odd, even) * 8 < max(odd, even):
        order = "utf-16-le" if odd > even else "utf-16-be"
        raise ExportError(
            f"{file}：像是没有标记的 UTF-16 文字；请另存为 UTF-8 编码的 CSV，"
            f"或在研究文件的来源里写 encoding: {order}。"
        )
    line = data.count(b"\n", 0, first) + 1
    raise ExportError(
        f"{file}：第 {line} 行有值为零的字节，不是 xlsx、xls 或 CSV 文件，或已损坏；请重新导出。"
    )


def open_zip(data: bytes, limits: Limits, *, file: str, what: Packed = "工作簿") -> zipfile.ZipFile:
    """Open a workbook's (or Word document's) zip after its directory was checked.

    Nothing is unpacked yet.

    Raises
    ------
    ExportError
        For a damaged zip, one with a password, macros or paths out of the folder, one that unpacks
        to too much, and any zip that is not ``what`` it should be.
    """
    try:
        book = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise damaged(file, error, what) from None
    program = PROGRAMS[what]
    parts = book.infolist()
    names = [part.filename for part in parts]
    if len(parts) > limits.parts:
        raise ExportError(f"{file}：压缩包里有 {len(parts)} 个部件，不像{what}；请重新导出。")
    if any(part.flag_bits & 1 for part in parts):
        raise ExportError(f"{file}：压缩包有密码；请去掉密码后再放进来。")
    if what == "工作簿":
        _refuse_kind(names, file)
    elif "word/document.xml" not in {n.lower() for n in names}:
        raise ExportError(f"{file}：是压缩包，不是 Word 文档（docx）；请用 Word 另存为 docx。")
    if any(n.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", n) for n in names):
        raise ExportError(f"{file}：压缩包里有越出文件夹的路径，不是 {program} 写的；请重新导出。")
    if len({n.lower() for n in names}) < len(names):
        raise ExportError(f"{file}：压缩包里有同名的部件，不是 {program} 写的；请重新导出。")
    total = sum(part.file_size for part in parts)
    if total > limits.unpacked_bytes or (total > 10 * _MB and total > limits.ratio * len(data)):
        raise ExportError(
            f"{file}：{_megabytes(len(data))} 的文件解开后有 {_megabytes(total)}，超过上限"
            f"（{_megabytes(limits.unpacked_bytes)}，{limits.ratio} 倍）；请核对来历，重新导出。"
        )
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise macros(file, what)
    return book


def _refuse_kind(names: list[str], file: str) -> None:
    lower = {n.lower() for n in names}
    remedy = "请用 Excel 打开后另存为 xlsx"
    if "xl/workbook.xml" in lower:
        return
    if "xl/workbook.bin" in lower:
        raise ExportError(f"{file}：是二进制工作簿（xlsb）；{remedy}。")
    if "content.xml" in lower:
        raise ExportError(f"{file}：是 OpenDocument 文件（ods）；{remedy}。")
    if "word/document.xml" in lower or "ppt/presentation.xml" in lower:
        raise ExportError(f"{file}：是 Word 或 PowerPoint 文件，不是表格；请重新导出。")
    if any(n.endswith(".iwa") for n in lower):
        raise ExportError(f"{file}：是苹果 Numbers 文件；请在 Numbers 里导出为 Excel。")
    raise ExportError(
        f"{file}：是压缩包，不是工作簿，里面有 {named(sorted(names), most=3)}；请解开后放入。"
    )


def check_cells(rows: int, columns: int, limits: Limits, *, file: str, where: str = "") -> None:
    """Refuse a used rectangle that would not fit into memory."""
    if rows * columns > limits.cells:
        raise ExportError(
            f"{file}：{where}内容占 {rows} 行 × {columns} 列，超过上限 {limits.cells} 格；"
            "多半是很远的地方有一格误填，请删去它，或把文件拆小。"
        )


def damaged(file: str, error: object, what: Packed = "工作簿") -> ExportError:
    """Word the refusal of a workbook or document that was cut off or damaged."""
    told = re.sub(r"\s+", " ", str(error))[:120]
    return ExportError(f"{file}：{what}打不开，可能没有传完或已损坏（{told}）；请重新导出。")


def macros(file: str, what: Packed = "工作簿") -> ExportError:
    """Word the refusal of a workbook or document with macros."""
    ending = "xlsx" if what == "工作簿" else "docx"
    return ExportError(f"{file}：{what}带有宏；请在 {PROGRAMS[what]} 里另存为不带宏的 {ending}。")


def password(file: str) -> ExportError:
    """Word the refusal of a workbook with a password."""
    return ExportError(f"{file}：工作簿有密码；请在 Excel 里去掉密码后另存。")


def _megabytes(size: int) -> str:
    return f"{size / _MB:.1f} MB" if size >= _MB // 10 else f"{size / 1024:.1f} KB"
