"""Which encoding a text file has: certain, or refused."""

from __future__ import annotations

import codecs
import re

from csatlib.exports.refusal import ExportError

__all__ = ["REMEDY", "Text", "decoded", "settle"]

REMEDY = "请另存为 UTF-8 编码的 CSV，或在研究文件的来源里写明 encoding"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHINESE = {"gb2312", "gbk", "gb18030", "hz-gb-2312", "cp936"}
#: Codes in which no comma, semicolon, tab, quotation mark or line end is part of a character.
_BYTEWISE = {"gb18030", "gbk", "gb2312"}
_PAIR = re.compile(rb"[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]|([\x81-\xfe])([\x40-\xfe])")
#: Enough for an opinion on the encoding; a whole file of a million rows would take minutes.
_SAMPLE = 8192


class Text:
    """A text file's bytes in a form that can be parsed: ``coded`` in UTF-8 or in GB18030.

    Parameters
    ----------
    name : str
        The encoding as it is told to people.
    data : bytes
        The content without a byte-order mark.
    coded : str
        ``utf-8``, certainly valid, or ``gb18030`` or a part of it, whose validity the one who
        decodes must check.
    """

    def __init__(self, name: str, data: bytes, coded: str) -> None:
        self.name, self.data, self.coded = name, data, coded


def settle(data: bytes, *, file: str, encoding: str | None = None) -> Text:
    """Settle the encoding: as stated, by its mark, UTF-8, then GB18030 if the bytes look like it.

    Big5 text is nearly always valid GB18030 too, so the characters and a second opinion must agree.

    Raises
    ------
    ExportError
        If no encoding fits, or two do.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    name = encoding or marked
    if name is None:
        if _valid_utf8(data):
            return Text("utf-8", data, "utf-8")
        bare = data.removeprefix("\ufeff".encode("gb18030"))
        if not _looks_chinese(bare):
            decoded(bare, "gb18030", file=file)
            raise ExportError(f"{file}：编码不能确定，像 GB18030 也像别的编码；{REMEDY}。")
        return Text("gb18030", bare, "gb18030")
    try:
        canonical = codecs.lookup(name).name
    except LookupError:
        raise ExportError(f"{file}：没有“{name}”这种编码；{REMEDY}。") from None
    if canonical in ("utf-8", "utf-8-sig"):
        bare = data.removeprefix(codecs.BOM_UTF8)
        if not _valid_utf8(bare):
            decoded(bare, "utf-8", file=file, told=name)
        return Text(name, bare, "utf-8")
    if canonical in _BYTEWISE:
        return Text(name, data, canonical)
    text = decoded(data, name, file=file).removeprefix("\ufeff")
    if "\x00" in text:
        raise ExportError(f"{file}：按 {name} 解读后有值为零的字符，编码写错了；{REMEDY}。")
    again = text.encode("utf-8", "surrogatepass")
    if not _valid_utf8(again):  # half a character, which some codecs let pass
        decoded(again, "utf-8", file=file, told=name)
    return Text(name, again, "utf-8")


def decoded(data: bytes, name: str, *, file: str, told: str | None = None) -> str:
    """Decode strictly, or refuse with the line from which on it cannot be done."""
    try:
        return data.decode(name)
    except LookupError:
        raise ExportError(f"{file}：没有“{told or name}”这种编码；{REMEDY}。") from None
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data.count(b"\n", 0, start) + 1
        raise ExportError(f"{file}：第 {line} 行起无法按 {told or name} 解读；{REMEDY}。") from None


def _valid_utf8(data: bytes) -> bool:
    """Check at the speed of memory: Arrow looks at the bytes without making characters."""
    import pyarrow as pa

    whole = pa.Array.from_buffers(
        pa.large_binary(),
        1,
        [None, pa.array([0, len(data)], pa.int64()).buffers()[1], pa.py_buffer(data)],
    )
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _looks_chinese(data: bytes) -> bool:
    """Say whether bytes are GB18030: nearly all characters in GB2312, and a second opinion."""
    import chardet

    lines, size = [], 0
    for line in re.finditer(rb"[^\n]*[\x80-\xff][^\n]*\n?", data):
        lines.append(line[0])
        size += len(line[0])
        if size > _SAMPLE:
            break
    sample = b"".join(lines)[: 2 * _SAMPLE]
    pairs = [m for m in _PAIR.findall(sample) if m[0]]
    rare = sum(trail < b"\xa1" or lead < b"\xa1" or lead > b"\xf7" for lead, trail in pairs)
    if rare > max(1, len(pairs) // 10):
        return False
    return (chardet.detect(sample)["encoding"] or "").lower() in _CHINESE
