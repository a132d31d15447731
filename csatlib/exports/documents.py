"""A transcript's bytes into lines of text: plain text, Word documents and subtitles."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from csatlib.exports.encoding import REMEDY, decoded, settle
from csatlib.exports.guard import Limits, Packed, check_size, damaged, foreign, open_zip
from csatlib.exports.ooxml import unpacked
from csatlib.exports.refusal import ExportError, is_blank

if TYPE_CHECKING:
    from docx.document import Document

__all__ = ["Line", "Words", "words_of"]

_MB = 1 << 20
#: An hour of talk is some 20,000 characters; what is far beyond is no transcript.
_LIMITS = Limits(file_bytes=64 * _MB, unpacked_bytes=256 * _MB, parts=2000)
_TEXT_BYTES = 16 * _MB
_DOCUMENT: Packed = "Word 文档"
_CUE = re.compile(
    r"\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[,.](\d{1,3})\s*-->\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}.*"
)
_TAG = re.compile(r"</?(?:i|b|u|v|c|font)\b[^>]*>", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_SPACE = re.compile(r"[\s\-\u2011]+")


@dataclass(frozen=True)
class Line:
    """One line as it stands: its number counted from one, and where a cue says so its second.

    ``goes_on`` marks a line that ends where the picture changed, not where its writer ended it.
    """

    number: int
    text: str
    seconds: float | None = None
    goes_on: bool = False


@dataclass(frozen=True)
class Words:
    """The lines of a file; ``kind`` is txt, docx or srt, ``unit`` what a line is called."""

    kind: str
    lines: tuple[Line, ...]
    encoding: str | None = None

    @property
    def unit(self) -> str:
        """How messages count: paragraphs of a document, lines of a text."""
        return "段" if self.kind == "docx" else "行"


def words_of(data: bytes, *, file: str, encoding: str | None = None) -> Words:
    """Take a file apart by what it is, never by its name.

    Raises
    ------
    ExportError
        For an empty or damaged file, one that is no text, Word document or subtitle file, one
        whose encoding is not certain, and a document with words that would not be read.
    """
    check_size(len(data), _LIMITS, file=file)
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise ExportError(f"{file}：文件是空的（{len(data)} 字节）；请重新导出访谈文稿。")
    if data.startswith(b"PK\x03\x04"):
        return Words("docx", tuple(_paragraphs(data, file)))
    if data.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        raise ExportError(
            f"{file}：是旧式或加密的 Word 文档（.doc）；请去掉密码，用 Word 另存为 docx。"
        )
    if other := foreign(data[:4096]):
        raise ExportError(
            f"{file}：其实是{other}，不是访谈文稿；请用 Word 打开后另存为 docx 或纯文本。"
        )
    text, name = _text(data, file, encoding)
    lines = text.splitlines()
    if any(_CUE.fullmatch(line) for line in lines):
        return Words("srt", tuple(_cues(lines)), name)
    return Words("txt", tuple(Line(n, line) for n, line in enumerate(lines, start=1)), name)


def _text(data: bytes, file: str, encoding: str | None) -> tuple[str, str]:
    if len(data) > _TEXT_BYTES:
        raise ExportError(f"{file}：有 {len(data) >> 20} MB，不像一次访谈的文稿；请核对后再放入。")
    try:
        settled = settle(data, file=file, encoding=encoding)
        text = decoded(settled.data, settled.coded, file=file)
    except ExportError as error:
        remedy = "请另存为 UTF-8 编码的纯文本，或在研究文件的来源里写明 encoding"
        raise ExportError(str(error).replace(REMEDY, remedy)) from None
    if (found := text.find("\x00")) >= 0:
        line = text.count("\n", 0, found) + 1
        raise ExportError(f"{file}：第 {line} 行有值为零的字节，文件已损坏；请重新导出。")
    return text, settled.name


def _cues(lines: list[str]) -> Iterator[Line]:
    """Give the words of subtitles with the second at which their cue starts."""
    seconds: float | None = None
    for number, line in enumerate(lines, start=1):
        cue = _CUE.fullmatch(line)
        if cue:
            hours, minutes, whole, part = cue.groups()
            seconds = 3600 * int(hours or 0) + 60 * int(minutes) + int(whole)
            seconds += int(part) / 10 ** len(part)
        elif not (_is_counter(lines, number) or (number == 1 and line.startswith("WEBVTT"))):
            yield Line(number, _TAG.sub("", line), seconds, goes_on=seconds is not None)


def _is_counter(lines: list[str], number: int) -> bool:
    """Say whether a line is the number of the cue below it."""
    below = lines[number] if number < len(lines) else ""
    return lines[number - 1].strip().isdigit() and _CUE.fullmatch(below) is not None


def _paragraphs(data: bytes, file: str) -> Iterator[Line]:
    """Give the paragraphs and table rows of a Word document in their order."""
    document = _document(data, file)
    number, read = 0, 0
    for block in document.iter_inner_content():
        rows = [[block.text]] if hasattr(block, "runs") else [_cells(row) for row in block.rows]
        for cells in rows:
            number += 1
            text = _row(cells, file, number)
            read += sum(len(_SPACE.sub("", cell)) for cell in cells)
            yield from (Line(number, part) for part in text.split("\n"))
    body = document.element.body
    there = (t.text or "" for t in body.iter() if str(t.tag).endswith("}t"))
    if read != sum(len(_SPACE.sub("", text)) for text in there):
        raise ExportError(
            f"{file}：有些字在修订、文本框、内容控件或合并的单元格里，会被漏读；"
            "请在 Word 里接受全部修订，把这些字移到正文，再放进来。"
        )


def _document(data: bytes, file: str) -> Document:
    """Open a document whose package was checked part by part before its reader sees it."""
    import docx

    with open_zip(data, _LIMITS, file=file, what=_DOCUMENT) as book:
        written = [p for p in book.infolist() if p.filename.lower().endswith((".xml", ".rels"))]
        if sum(part.file_size for part in written) > _TEXT_BYTES:
            raise ExportError(f"{file}：文字部分太大，不像一次访谈的文稿；请核对后再放入。")
        for part in written:
            unpacked(book, part.filename, file, _DOCUMENT)
    try:
        return docx.Document(io.BytesIO(data))
    except Exception as error:  # whatever its reader stumbles over is one and the same refusal
        raise damaged(file, type(error).__name__, _DOCUMENT) from None


def _cells(row: Any) -> list[str]:
    return [cell.text for cell in row.cells]


def _row(cells: list[str], file: str, number: int) -> str:
    """Write a table's row as a line: speaker and words, with the time before them if there is one.

    A row without a speaker goes on with the words of the row above.
    """
    given = [cell.strip() for cell in cells]
    if len(given) == 1:
        return cells[0]
    time = ""
    if len(given) == 3 and (is_blank(given[0]) or _TIME.fullmatch(given[0].strip("[]"))):
        time, *given = given
    if len(given) != 2:
        raise ExportError(
            f"{file}：第 {number} 段的表格有 {len(cells)} 列；"
            "请只用“说话人、内容”两列，或“时间、说话人、内容”三列。"
        )
    speaker, words = given
    before = f"[{time.strip('[]')}] " if time else ""
    return f"{before}{speaker.rstrip('：:')}：{words}" if speaker else words
