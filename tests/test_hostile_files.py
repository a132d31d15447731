"""Files that are broken, hostile or odd: read right with what must be said, or refused in words.

Nearly every workbook here is written by hand, since no writer makes such files. Those that could
harm a process are read in the child process only, as every workbook is outside these tests.
"""

from __future__ import annotations

import io
import re
import struct
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest

from csatlib import exports
from csatlib.exports import grid
from csatlib.exports.grid import read_grid
from csatlib.exports.guard import Limits
from csatlib.exports.refusal import ExportError, is_blank
from csatlib.scales import plain

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
NAMES = "http://schemas.openxmlformats.org"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
TYPES = f'{HEAD}<Types xmlns="{NAMES}/package/2006/content-types"/>'
START = f'{HEAD}<Relationships xmlns="{NAMES}/package/2006/relationships"><Relationship Id="rId1" Type="{NAMES}/officeDocument/2006/relationships/officeDocument" Target="{{}}"/></Relationships>'
STYLES = (
    f'{HEAD}<styleSheet xmlns="{NAMES}/spreadsheetml/2006/main"><cellXfs count="3"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def cell(place: str, value: object, *, style: int = 0) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    return f'{HEAD}<worksheet xmlns="{NAMES}/spreadsheetml/2006/main">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


def row(number: int, *values: object, attributes: str = "") -> str:
    cells = [v if isinstance(v, str) and v.startswith("<c ") else cell(f"{chr(65 + i)}{number}", v) for i, v in enumerate(values) if v is not None]  # fmt: skip
    return f'<row r="{number}"{attributes}>{"".join(cells)}</row>'


TWO = (row(1, "编号", "答"), row(2, "C1", "好"))


def xlsx(*sheets: str, states=(), names=(), workbook="", extra=(), drop=()) -> bytes:
    """Write a workbook part by part; ``extra`` are further parts, ``drop`` those left out."""
    entries, links = "", ""
    for i, _ in enumerate(sheets, start=1):
        state = f' state="{states[i - 1]}"' if states else ""
        name = names[i - 1] if names else f"Sheet{i}"
        entries += f'<sheet name="{name}" sheetId="{i}"{state} r:id="rId{i}"/>'
        links += f'<Relationship Id="rId{i}" Type="{NAMES}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{i}.xml"/>'
    links += f'<Relationship Id="rIdS" Type="{NAMES}/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": START.format("xl/workbook.xml"),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{NAMES}/spreadsheetml/2006/main" xmlns:r="{NAMES}/officeDocument/2006/relationships">{workbook}<sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{NAMES}/package/2006/relationships">{links}</Relationships>',
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{i}.xml": s for i, s in enumerate(sheets, start=1)},
        **dict(extra),
    }
    return zipped({n: c for n, c in parts.items() if n not in drop})


def zipped(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return out.getvalue()


def xls(*sheets, formula=False, hide_row=None, hide_column=None, merge=None, hidden=()) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    for number, rows in enumerate(sheets, start=1):
        page = book.add_sheet(f"Sheet{number}")
        page.visibility = 1 if number in hidden else 0
        for r, values in enumerate(rows):
            for c, value in enumerate(values):
                page.write(r, c, value)
        if formula:
            page.write(1, 2, xlwt.Formula("1+1"))
        if hide_row is not None:
            page.row(hide_row).hidden = True
        if hide_column is not None:
            page.col(hide_column).hidden = True
        if merge:
            page.merge(*merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ROWS = [["编号", "答"], ["C1", "好"]]


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


def sav(folder: Path) -> bytes:
    import pandas as pd
    import pyreadstat

    path = folder / "x.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"id": ["C1", "C2"], "q1": [5.0, None], "q2": [2.5, 7.0]}),
        str(path),
        column_labels={"id": "编号", "q1": "整体满意度"},
        variable_value_labels={"q1": {5.0: "非常满意"}},
    )
    return path.read_bytes()


def lying_zip() -> bytes:
    """A zip whose directory states another length than its sheet has."""
    data = bytearray(xlsx(sheet(*TWO)))
    place = data.rfind(b"xl/worksheets/sheet1.xml")
    struct.pack_into("<I", data, place - 46 + 24, 50)
    return bytes(data)


def encrypted_zip() -> bytes:
    data = bytearray(xlsx(sheet(*TWO)))
    place = data.find(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


FORMULA = '<c r="C{0}"><f>A{0}&amp;B{0}</f></c>'
BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
MERGED = '<mergeCells><mergeCell ref="{}"/></mergeCells>'
BIG5 = "客戶編號,意見建議\n1,等候時間太長，請儘快改善服務\n"

REFUSED = {
    # what is no table at all
    "empty": (b"", "文件是空的（0 字节）"),
    "only zero bytes": (b"\x00" * 9000, "文件是空的"),
    "only line ends": (b"\r\n\r\n", "文件是空的"),
    "only blanks and commas": (b",,\n , ,\n", "没有任何内容"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "其实是PDF 文件"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00", "其实是图片"),
    "JPEG": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "其实是图片"),
    "JSON": (b'{"a": 1}', "其实是 JSON"),
    "JSON list": (b' [\n {"a": 1}]', "其实是 JSON"),
    "gzip": (b"\x1f\x8b\x08\x00abc", "其实是gzip 压缩包"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "其实是RAR 压缩包"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "其实是7z 压缩包"),
    "HTML as xls": ("<html><table><tr><td>满意</td></tr></table></html>".encode("gbk"), "其实是网页"),
    "HTML after a mark": (b"\xef\xbb\xbf\r\n<!DOCTYPE html><table>", "其实是网页"),
    "XML spreadsheet": (b'<?xml version="1.0"?><Workbook/>', "其实是网页或 XML"),
    "web archive": (b"MIME-Version: 1.0\nContent-Type: multipart", "其实是网页归档文件"),
    "bytes of zero": ("编号,答\nC1,好\nC2,\x00\n".encode(), "第 3 行有值为零的字节"),
    # encodings
    "Big5": (BIG5.encode("big5"), "编码不能确定"),
    "Big5, one line": ("編號,意見\n1,謝謝貴公司\n".encode("big5"), "编码不能确定"),
    "UTF-16 without a mark": ("编号,答\nC1,满意\nC2,一般\n".encode("utf-16-le"), "encoding: utf-16-le"),
    "UTF-16, big end first": ("编号,答\nC1,满意\nC2,一般\n".encode("utf-16-be"), "encoding: utf-16-be"),
    "UTF-8 cut in a character": ("编号,答\nC1,满意\n".encode()[:-2], "编码不能确定|无法按"),
    "UTF-8 and GBK mixed": ("编号,答\n".encode() + "C1,满意\n".encode("gbk"), "编码不能确定|无法按"),
    "Shift JIS": ("番号,ご意見\n1,とても良かったです。ありがとう\n".encode("shift_jis"), "编码不能确定|无法按"),
    "damaged UTF-16": ("编号,答\nC1,好\n".encode("utf-16")[:-1], "无法按 utf-16 解读"),
    # CSV
    "quotation mark left open": (b'a,b,c,d\n1,"2,3,4\n', "引号不成对"),
    "words after a quoted cell": (b'a,b\n1,"x"y\n', "第 2 行附近的引号不成对"),
    "quotation mark swallowing rows": (b'a,b,c,d\n1,2,3,"x\n5,6,7,8\n9,8,7,y"\n', "引号不成对"),
    "a title above the headers": ("满意度调查\n编号,答\nC1,好\n".encode(), "写 header: 2"),
    "two titles and a blank": ("调查,\n,\n2026,\n编号,答\nC1,好\n".encode(), "写 header: 4"),
    "sep= line": ("sep=;\n编号;答\nC1;好\n".encode(), "写 header: 2"),
    "only headers": ("编号,答\n".encode(), "只有表头，没有一行数据"),
    "only headers and a total": ("编号,答\n合计,3\n".encode(), "只有表头"),
    # zips
    "cut zip": (xlsx(sheet(*TWO))[:-40], "没有传完或已损坏"),
    "zip cut at the start": (b"PK\x03\x04", "没有传完或已损坏"),
    "empty zip": (zipped({}), "其实是空的压缩包"),
    "zip of CSVs": (zipped({"答卷.csv": "a,b", "x/y.csv": "c"}), "是压缩包，不是工作簿，里面有"),
    "Word": (zipped({"word/document.xml": "<a/>"}), "是 Word 或 PowerPoint 文件"),
    "ods": (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}), "（ods）"),
    "xlsb": (zipped({"xl/workbook.bin": b"\x00"}), "（xlsb）"),
    "Numbers": (zipped({"Index/Document.iwa": b"\x00"}), "苹果 Numbers 文件"),
    "zip with a password": (encrypted_zip(), "压缩包有密码"),
    "macros": (xlsx(sheet(*TWO), extra=[("xl/vbaProject.bin", b"\x00")]), "带有宏"),
    "absolute path": (xlsx(sheet(*TWO), extra=[("/etc/passwd", "x")]), "越出文件夹的路径"),
    "path upwards": (xlsx(sheet(*TWO), extra=[("xl/../../x.xml", "x")]), "越出文件夹的路径"),
    "part twice": (xlsx(sheet(*TWO), extra=[("xl/Workbook.XML", "x")]), "同名的部件"),
    "directory that lies": (lying_zip(), "没有传完或已损坏"),
    "no relations": (xlsx(sheet(*TWO), drop=["xl/_rels/workbook.xml.rels"]), "没有传完或已损坏"),
    "another workbook behind": (xlsx(sheet(*TWO), extra=[("_rels/.rels", START.format("xl/other.xml"))]), "目录不是 Excel 写的样子"),
    "sheet missing": (xlsx(sheet(*TWO), drop=["xl/worksheets/sheet1.xml"]), "没有传完或已损坏"),
    "workbook is no XML": (xlsx(sheet(*TWO), extra=[("xl/workbook.xml", "<workbook")]), "没有传完或已损坏"),
    "no sheet": (xlsx(), "工作簿里没有内容"),
    "entity bomb in a sheet": (xlsx(sheet(*TWO).replace(HEAD, HEAD + BOMB)), "不是 Excel 写的样子"),
    "entity bomb in the workbook": (xlsx(sheet(*TWO), extra=[("xl/workbook.xml", HEAD + BOMB + "<workbook/>")]), "不是 Excel 写的样子"),
    "sheet in UTF-16": (xlsx(sheet(*TWO), extra=[("xl/worksheets/sheet1.xml", sheet(*TWO).encode("utf-16"))]), "不是 Excel 写的样子"),
    "10,000 sheets": (xlsx(sheet(*TWO), extra=[("xl/workbook.xml", HEAD + "<workbook><sheets>" + "<sheet name='x'/>" * 10_000 + "</sheets></workbook>")]), "有 10000 个工作表，超过上限 200"),
    "10,000 parts": (xlsx(sheet(*TWO), extra=[(f"xl/media/{i}", b"") for i in range(10_000)]), "个部件，不像工作簿"),
    "zip bomb": (xlsx(sheet(*TWO), extra=[("xl/sharedStrings.xml", b"<t>" + b" " * (20 << 20))]), "超过上限"),
    "bomb of distinct parts": (xlsx(sheet(*TWO), extra=[(f"xl/theme/t{i}.xml", bytes(3 << 20)) for i in range(8)]), "超过上限"),
    # sheets
    "the last cell of Excel": (xlsx(sheet(row(1, "编号", '<c r="XFD1048576"><v>1</v></c>'))), "内容占 1048576 行 × 16384 列"),
    "far below": (xlsx(sheet(*TWO, '<row r="900000"><c r="ZZ900000"><v>1</v></c></row>')), "内容占 900000 行 × 702 列"),
    "far cell with a prefix": (xlsx(sheet(*TWO, "<x:row xmlns:x='u'><x:c r='XFD1048576'><x:v>1</x:v></x:c></x:row>")), "内容占 1048576 行"),
    "far cell in a near row": (xlsx(sheet(*TWO, '<row r="3"><c s="1" r="XFD99999"><v>1</v></c></row>')), "内容占 99999 行 × 16384 列"),
    "formulas without results": (xlsx(sheet(row(1, "a", "b", "c"), row(2, "x", "y", FORMULA.format(2)), row(3, "x", "y", FORMULA.format(3)))), "没有存下结果（C2、C3）；请用 Excel 打开后保存一次"),
    "formula with an empty value": (xlsx(sheet(row(1, "a", "b", "c"), row(2, "x", "y", '<c r="C2"><f>1</f><v></v></c>'))), "没有存下结果（C2）"),
    "headers merged side by side": (xlsx(sheet(row(1, "a", "b", "满意度"), row(2, "1", "2", "3"), after=MERGED.format("C1:D1"))), r"表头有合并的单元格（C1:D1）"),
    "headers in two rows": (xlsx(sheet(row(1, "a", "b"), row(2, None, "c"), row(3, "1", "2"), after=MERGED.format("A1:A2"))), r"表头有合并的单元格（A1:A2）"),
    "values merged over rows": (xlsx(sheet(row(1, "a", "b"), row(2, "东区", "2"), row(3, None, "3"), after=MERGED.format("A2:A3"))), r"跨行合并的单元格（A2:A3）"),
    "merged title": (xlsx(sheet(row(1, "调查结果"), row(2, "a", "b"), row(3, "1", "2"), after=MERGED.format("A1:B1"))), "写 header: 2"),
    "two filled sheets": (xlsx(sheet(*TWO), sheet(*TWO)), "有 2 个工作表有内容（Sheet1、Sheet2）"),
    "only a hidden sheet": (xlsx(sheet(*TWO), states=["hidden"]), "隐藏的工作表不读：Sheet1"),
    "styled but empty cells": (xlsx(sheet('<row r="1"><c r="A1" s="1"/><c r="B1" s="1"></c></row>')), "工作簿里没有内容"),
    # old workbooks
    "xls with a password": (OLE + b"\x00" * 512 + "EncryptedPackage".encode("utf-16-le"), "有密码"),
    "xls with a record of a password": (patched(xls(ROWS), b"\x42\x00\x02\x00", b"\x2f\x00\x02\x00"), "有密码"),
    "cut xls": (xls([["编号"] * 20] * 300)[:9000], "没有传完或已损坏"),
    "xls of noise": (OLE + bytes(range(256)) * 8, "没有传完或已损坏"),
    "xls chained in a circle": (patched(xls(ROWS), struct.pack("<2I", 1, 2), struct.pack("<2I", 0, 0)), "没有传完或已损坏"),
    "xls formula without result": (xls(ROWS, formula=True), r"没有存下结果（C2）"),
    "xls headers merged": (xls(ROWS, merge=(0, 0, 1, 2)), r"表头有合并的单元格（B1:C1）"),
    "xls values merged": (xls([["编号", "答"], ["C1", "好"], ["C2"]], merge=(1, 2, 1, 1)), r"跨行合并的单元格（B2:B3）"),
    "other compound file": (patched(xls(ROWS), "Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")), "是别的程序的文件"),
    "damaged SAV": (b"$FL2@(#) nothing more", "SPSS 文件读不出"),
}  # fmt: skip


def put(folder: Path, data: bytes, name: str = "电话.xlsx") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refused(path: Path, *, child: bool = False, **options) -> str:
    with pytest.raises(ExportError) as error:
        read_whole(path, child=child, **options)
    return str(error.value)


def read_whole(path: Path, **options) -> None:
    """Read the cells here or in a child; what can be read so far is read to the end."""
    read_grid(path, file=path.name, **options)
    exports.read(path)


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_file_is_refused_in_words(tmp_path, case):
    data, told = REFUSED[case]
    message = refused(put(tmp_path, data))
    assert re.search(told, message)
    assert message.startswith("电话.xlsx：")
    assert message.endswith("。")
    assert "\n" not in message


def test_there_are_at_least_sixty_cases():
    assert len(REFUSED) + len(READ) >= 60


# ---- odd files that are read right ---------------------------------------------------------------

READ = {
    "1904": (xlsx(sheet(row(1, "编号", "日期"), row(2, "C1", cell("B2", 44747, style=1))), workbook='<workbookPr date1904="1"/>'), [["C1", "2026-07-06"]], ""),
    "1900": (xlsx(sheet(row(1, "编号", "日期"), row(2, "C1", cell("B2", 46209, style=1)))), [["C1", "2026-07-06"]], ""),
    "date and time": (xlsx(sheet(row(1, "编号", "时间"), row(2, "C1", cell("B2", 46209.5, style=2)))), [["C1", "2026-07-06 12:00:00"]], ""),
    "booleans": (xlsx(sheet(row(1, "a", "b", "c"), row(2, '<c r="A2" t="b"><v>1</v></c>', '<c r="B2" t="b"><v>0</v></c>', 1))), [["TRUE", "FALSE", "1"]], ""),
    "text numbers": (xlsx(sheet(row(1, "a", "b"), row(2, "007", 7))), [["007", "7"]], ""),
    "long numbers": (xlsx(sheet(row(1, "a", "b"), row(2, "310101199001011234", 310101199001011234))), [["310101199001011234", exports.RUINED]], ""),
    "fifteen digits": (xlsx(sheet(row(1, "a", "b"), row(2, 123456789012345, 0.30000000000000004))), [["123456789012345", "0.3"]], ""),
    "errors": (xlsx(sheet(row(1, "a", "b"), row(2, '<c r="A2" t="e"><v>#N/A</v></c>', "x"), row(3, '<c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "y"))), [["#N/A", "x"], ["#DIV/0!", "y"]], ""),
    "formulas with results": (xlsx(sheet(row(1, "a", "b"), row(2, '<c r="A2" t="str"><f>"x"</f><v>x</v></c>', '<c r="B2" t="str"><f>""</f><v></v></c>'))), [["x", ""]], ""),
    "hidden row": (xlsx(sheet(row(1, "a", "b"), row(2, "1", "2", attributes=' hidden="1"'), row(3, "3", "4"))), [["1", "2"], ["3", "4"]], "有 1 行是隐藏的（第 2 行）"),
    "hidden column": (xlsx(sheet(*TWO, before='<cols><col min="2" max="9" hidden="1"/></cols>')), [["C1", "好"]], "有 1 列是隐藏的（B 列）"),
    "hidden sheet": (xlsx(sheet(*TWO), sheet(*TWO), states=["visible", "hidden"]), [["C1", "好"]], "另有 1 个工作表是隐藏的，没有读：Sheet2"),
    "very hidden sheet": (xlsx(sheet(*TWO), sheet(*TWO), states=["visible", "veryHidden"]), [["C1", "好"]], "深度隐藏"),
    "merged beside": (xlsx(sheet(*TWO, row(3, "备注"), after=MERGED.format("A3:B3"))), [["C1", "好"], ["备注", ""]], "有 1 处跨列合并的单元格（A3:B3）"),
    "dimension that lies": (xlsx(sheet(*TWO, before='<dimension ref="A1:XFD1048576"/>')), [["C1", "好"]], ""),
    "dimension too small": (xlsx(sheet(*TWO, before='<dimension ref="A1"/>')), [["C1", "好"]], ""),
    "whole column formatted": (xlsx(sheet(*TWO, '<row r="1048576"><c r="XFD1048576" s="1"/></row>', before='<cols><col min="1" max="16384" style="1"/></cols>')), [["C1", "好"]], ""),
    "headers with line ends": (xlsx(sheet(row(1, "答 ", "答\n", " 答"), row(2, "1", "2", "3"))), [["1", "2", "3"]], ""),
    "sparse columns": (xlsx(sheet(row(1, "a", '<c r="ZZ1" t="inlineStr"><is><t>z</t></is></c>'), row(2, "1", '<c r="ZZ2"><v>5</v></c>'))), [["1", *[""] * 700, "5"]], ""),
    "huge name of a sheet": (xlsx(sheet(*TWO), names=["表" * 100_000]), [["C1", "好"]], ""),
    "CSV as xlsx": ("编号,答\nC1,好\n".encode(), [["C1", "好"]], ""),
    "bars": ("编号|答\nC1|好\n".encode("gb18030") * 1 + "C2|很满意你们的服务态度\n".encode("gb18030"), [["C1", "好"], ["C2", "很满意你们的服务态度"]], ""),
    "tabs": ("编号\t答\nC1\t好,很好\n".encode(), [["C1", "好,很好"]], ""),
    "semicolons": ("编号;答\nC1;好\n".encode("utf-8-sig"), [["C1", "好"]], ""),
    "old line ends": ("编号,答\rC1,好\rC2,差\r".encode(), [["C1", "好"], ["C2", "差"]], ""),
    "quotes within words": ('编号,答\nC1,说"好"\nC2,"说""差"""\n'.encode(), [["C1", '说"好"'], ["C2", '说"差"']], ""),
    "xls": (xls(ROWS), [["C1", "好"]], ""),
    "xls hidden row and column": (xls([*ROWS, ["C2", "差"]], hide_row=2, hide_column=1), [["C1", "好"], ["C2", "差"]], "有 1 行是隐藏的（第 3 行）"),
    "xls hidden sheet": (xls(ROWS, ROWS, hidden=(2,)), [["C1", "好"]], "另有 1 个工作表是隐藏的"),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_an_odd_file_is_read_right_and_says_what_is_odd(tmp_path, case):
    data, cells, told = READ[case]
    found = read_grid(put(tmp_path, data), file="电话.xlsx", child=False)
    rows = list(found.cells)[1:]
    assert [r for r in rows if any(r)] == cells
    assert told in "".join(found.notes)
    assert bool(found.notes) == bool(told)


def test_a_sav_has_wordings_and_labels(tmp_path):
    table = exports.read(put(tmp_path, sav(tmp_path), "答卷.sav"))
    assert table.rows.columns.tolist() == ["编号", "整体满意度", "q2"]
    assert table.rows.to_numpy().tolist() == [["C1", "非常满意", "2.5"], ["C2", "", "7"]]
    assert exports.sniff(tmp_path / "答卷.sav").kind == "sav"


def test_a_sav_without_its_library_says_how_to_get_it(tmp_path, monkeypatch):
    path = put(tmp_path, sav(tmp_path), "答卷.sav")
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    assert 'pip install "csatlib[spss]"' in refused(path)


def test_macros_in_an_old_workbook_are_refused(tmp_path):
    data = xls(ROWS)
    spare = data.index("Workbook".encode("utf-16-le")) + 128  # an unused entry of the directory
    name = "_VBA_PROJECT_CUR".encode("utf-16-le") + b"\x00\x00"
    block = name.ljust(64, b"\x00") + struct.pack("<H", len(name))
    data = data[:spare] + block + data[spare + len(block) :]
    assert "带有宏" in refused(put(tmp_path, data))


def test_a_lock_file_is_known_by_its_name(tmp_path):
    assert "锁文件" in refused(put(tmp_path, b"\x05owner", "~$电话.xlsx"))


def test_a_file_that_is_not_there_is_told(tmp_path):
    assert "没有这个文件" in refused(tmp_path / "没有.xlsx")


@pytest.mark.parametrize(("sheet_name", "told"), [("另一个", "没有名为“另一个”且有内容的工作表；有：Sheet1"), ("Sheet1", None)])  # fmt: skip
def test_a_sheet_may_be_named(tmp_path, sheet_name, told):
    path = put(tmp_path, xlsx(sheet(*TWO), sheet(*TWO), states=["hidden", "visible"]))
    if told:
        assert told in refused(path, sheet=sheet_name)
    else:
        found = read_grid(path, file="x", sheet=sheet_name, child=False)
        assert (found.sheet, found.sheet_number) == ("Sheet1", 1)
        assert "是隐藏的，按来源的 sheet 读入" in found.notes[0]


def test_the_study_may_say_where_the_headers_stand(tmp_path, raw_folder, shop_with):
    study = shop_with('glob: "电话*"', 'glob: "电话*"\n    header: 2')
    header = ["客户编号", "回访时间", "时长", "整体满意度", "店员", "推荐意愿", "意见建议"]
    data = xlsx(sheet(row(1, "回访结果"), row(2, *header), row(3, "C1", "2026-07-06", 9, 5, 4, 9, "好"), after=MERGED.format("A1:G1")))  # fmt: skip
    table = exports.read(put(raw_folder, data), study)
    assert table.non_data["why"].tolist() == ["title", "header"]
    assert table.rows.index.str.endswith(":1:3").tolist() == [True]
    assert exports.match(table, study, quarter="2026Q3").answers["overall"] == "整体满意度"


@pytest.mark.parametrize("header", [3, 4, 99])
def test_a_header_row_that_is_blank_is_told(tmp_path, header):
    path = put(tmp_path, "编号,答\nC1,好\n,\n".encode())
    assert f"第 {header} 行是空的" in refused(path, header=header)


def test_the_notes_reach_the_table(tmp_path):
    hidden = xlsx(sheet(row(1, "a", "b"), row(2, "1", "2", attributes=' hidden="1"')))
    assert exports.read(put(tmp_path, hidden)).notes == (
        "有 1 行是隐藏的（第 2 行），已照常读入。",
    )


# ---- the child process ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["the last cell of Excel", "zip bomb", "cut xls"])
def test_the_child_refuses_in_the_same_words(tmp_path, case):
    data, told = REFUSED[case]
    assert told in refused(put(tmp_path, data), child=True)


def test_what_takes_too_long_is_stopped(tmp_path):
    path = put(tmp_path, xlsx(sheet(*TWO)))
    told = refused(path, child=True, limits=Limits(seconds=0.001))
    assert "秒还没有读完，已停止" in told


def test_what_takes_too_much_memory_is_stopped(tmp_path):
    many = sheet(*(row(n, *[f"答{n}-{c}" for c in range(20)]) for n in range(1, 20_000)))
    path = put(tmp_path, xlsx(many))
    told = refused(path, child=True, limits=Limits(memory_bytes=200 << 20))
    assert "读取时超出了内存上限（200 MB）" in told


def test_a_csv_of_many_cells_is_stopped(tmp_path):
    path = put(tmp_path, b"," * 5_000 + b"\n" + b",\n" * 5_000, "电话.csv")
    assert "超过上限 1000000 格" in refused(path, child=True, limits=Limits(cells=1_000_000))


@pytest.mark.parametrize(("content", "children"), [("a,b\n1,2\n", 0), ("a,b\n1,2\n3\n", 1)], ids=["regular", "irregular"])  # fmt: skip
def test_a_large_csv_goes_to_the_child_where_arrow_cannot_read_it(tmp_path, monkeypatch, content, children):  # fmt: skip
    started = []
    monkeypatch.setattr(grid, "_SMALL_CSV", 0)
    monkeypatch.setattr(grid, "_in_child", lambda *a, run=grid._in_child: started.append(a) or run(*a))  # fmt: skip
    table = exports.read(put(tmp_path, content.encode(), "电话.csv"))
    assert (len(started), table.read) == (children, 1 + children)


def test_a_first_row_of_far_too_many_cells_is_refused(tmp_path):
    path = put(tmp_path, b"," * 20_000 + b"\n" + b"1\n", "电话.csv")
    assert "第 1 行有 20001 格，超过 Excel 的 16384 列" in refused(path)


def test_a_file_too_large_on_disk_is_not_even_opened_up(tmp_path):
    path = put(tmp_path, b"a,b\n" * 1000, "电话.csv")
    assert "文件有 3.9 KB，超过上限 1.0 KB" in refused(path, limits=Limits(file_bytes=1024))


def test_child_and_parent_read_the_same(tmp_path):
    for case in ("hidden row", "long numbers", "bars", "1904"):
        path = put(tmp_path, READ[case][0])
        apart = read_grid(path, file="x", limits=Limits(seconds=60))
        here = read_grid(path, file="x", child=False)
        assert apart.table.equals(here.table)
        assert (apart.notes, apart.header, apart.kind) == (here.notes, here.header, here.kind)


# ---- the cache -----------------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path):
    folder = tmp_path / "cache"
    path = put(tmp_path, "编号,答,备注\nC1,好\nC2,差,\n合计,2,\n".encode(), "电话.csv")
    return path, folder, exports.read(path, cache=folder)


def same(a, b) -> bool:
    return a.rows.equals(b.rows) and a.non_data.equals(b.non_data) and a.malformed.equals(b.malformed) and (a.notes, a.encoding) == (b.notes, b.encoding)  # fmt: skip


def no_parsing(*args, **kwargs):
    raise AssertionError("parsed although it was kept")


def test_a_second_read_parses_nothing_and_gives_the_same(cached, monkeypatch):
    path, folder, first = cached
    assert same(first, exports.read(path))
    monkeypatch.setattr(exports.reading, "arrow", no_parsing)
    again = exports.read(path, cache=folder)
    assert same(first, again)
    assert again.malformed["reason"].tolist() == ["这一行有 2 格，表头有 3 格，内容可能错位"]


def test_the_cache_is_for_its_owner_only(cached):
    _, folder, first = cached
    (entry,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, entry.stat().st_mode & 0o777) == (0o700, 0o600)
    assert entry.name.startswith(f"{first.digest}-")


def test_what_decides_the_outcome_is_in_the_name(tmp_path, raw_folder, shop, shop_with):
    header = "客户编号,回访时间,时长,整体满意度,店员,推荐意愿,意见建议\n"
    path = put(raw_folder, (header + "C1,2026-07-06,9,5,4,9,好\n").encode(), "电话.csv")
    exports.read(path, shop, cache=tmp_path / "cache")
    stated = shop_with('glob: "电话*"', 'glob: "电话*"\n    encoding: utf-8-sig')
    assert exports.read_all([path], stated, cache=tmp_path / "cache")[0].encoding == "utf-8-sig"
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign", "open to all", "link", "renamed"])
def test_an_entry_that_cannot_be_trusted_is_read_anew(cached, harm, tmp_path):
    path, folder, first = cached
    (entry,) = folder.iterdir()
    data = entry.read_bytes()
    if harm == "cut":
        entry.write_bytes(data[: len(data) // 2])
    elif harm == "flipped":
        place = data.index("好".encode())
        entry.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    elif harm == "foreign":
        entry.write_bytes(b"PAR1 of somebody else PAR1")
    elif harm == "open to all":
        entry.chmod(0o644)
    elif harm == "link":
        entry.rename(tmp_path / "elsewhere")
        entry.symlink_to(tmp_path / "elsewhere")
    else:
        other = put(tmp_path, "编号,答\nX9,坏\n".encode(), "别的.csv")
        exports.read(other, cache=folder)
        (foreign,) = set(folder.iterdir()) - {entry}
        foreign.rename(entry)
    assert same(first, exports.read(path, cache=folder))
    assert entry.stat().st_mode & 0o777 == 0o600
    assert not entry.is_symlink()


def test_a_changed_file_is_parsed_again(cached):
    path, folder, _ = cached
    path.write_text("编号,答,备注\nC9,好,\n", encoding="utf-8")
    assert exports.read(path, cache=folder).rows["编号"].tolist() == ["C9"]


# ---- what counts as blank ------------------------------------------------------------------------


def test_blank_means_the_same_everywhere():
    import pyarrow as pa

    from csatlib.exports.table import _filled

    # Signs that this Python does not know yet may be known to Arrow.
    signs = [c for c in map(chr, range(0x30000)) if unicodedata.category(c) not in ("Cn", "Cs")]
    shown = [bool(plain(sign)) for sign in signs]
    assert [not is_blank(sign) for sign in signs] == shown
    assert _filled(pa.chunked_array([signs])).tolist() == shown
