"""The register of quotes: which of them a person has read and passed, edited by hand."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from csatlib import schema
from csatlib.schema import Quarter, check_line
from csatlib.store import workbook
from csatlib.store.places import StoreError, project_root
from csatlib.store.workbook import Sheet, day_of, text_of

__all__ = [
    "HEADINGS",
    "TITLE",
    "QuoteTally",
    "add_quotes",
    "quote_register",
    "quote_reviews",
    "without_rows",
]

TITLE = "原话复核"
HEADINGS: Mapping[str, str] = {
    "quote_id": "编号",
    "quarter": "季度",
    "theme_name": "主题",
    "text": "原话",
    "verdict": "结论",
    "reviewer": "审核人",
    "reviewed_on": "审核日期",
    "note": "备注",
    "theme": "主题代码",
    "comment_id": "出处",
    "digest": "摘要",
}
_NEEDED = tuple(name for name in HEADINGS if name not in ("theme_name", "note"))
_WIDTHS = {"text": 64, "theme_name": 22, "note": 30, "quote_id": 14, "reviewed_on": 13}
_HIDDEN = ("theme", "comment_id", "digest")
_VERDICTS = {"通过": "passed", "不通过": "refused", "": None}
_ID = re.compile(r"Q[0-9a-f]{10}")
#: So many faults are told at once.
_TOLD = 10


@dataclass(frozen=True)
class QuoteTally:
    """How a quarter's quotes stand in the register.

    Attributes
    ----------
    new : int
        Added by this call; they are awaiting too.
    awaiting, passed, refused : int
        The quarter's quotes by what was said of them.
    """

    new: int
    awaiting: int
    passed: int
    refused: int


def quote_register(line: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Give the place of a line's register of quotes.

    Parameters
    ----------
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Path
        ``registers/<line>/quotes.xlsx``; it need not exist.

    Examples
    --------
    >>> quote_register("shop").relative_to(project_root()).as_posix()
    'registers/shop/quotes.xlsx'
    """
    return project_root(root) / "registers" / check_line(line) / "quotes.xlsx"


def add_quotes(
    quotes: pd.DataFrame,
    quarter: Quarter | str,
    line: str,
    *,
    labels: Mapping[str, str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> QuoteTally:
    """Enter a quarter's quotes in the register, below what is there, and count how they stand.

    Rows that are there stay as they are, every cell, column and sheet of them; where nothing is
    new the file is not written at all. Words that begin with ``= + - @`` are written as text.

    Parameters
    ----------
    quotes : DataFrame
        Table ``quotes``.
    quarter : Quarter or str
        The quarter that they come from.
    line : str
        The business line.
    labels : mapping of str to str, optional
        Chinese names of themes by id, as `Codeframe.labels` gives them.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    QuoteTally
        ``new``, ``awaiting``, ``passed`` and ``refused`` of these quotes.

    Raises
    ------
    StoreError
        If the register is open in Excel, holds what would be lost, or is at fault as for
        `quote_reviews`; then nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     add_quotes(schema.empty("quotes"), "2026Q3", "shop", root=root)
    QuoteTally(new=0, awaiting=0, passed=0, refused=0)
    """
    label, file = str(Quarter.parse(quarter)), quote_register(line, root)
    name = _name(file)
    before = file.read_bytes() if file.exists() else None
    book = _new() if before is None else workbook.load(before, name)
    sheet = _sheet(book, name)
    verdicts = {row["quote_id"]: row["verdict"] for row in _read(sheet)}
    fresh = quotes[~quotes["quote_id"].isin(list(verdicts))]
    if len(fresh):
        workbook.refuse_open(file, name)
        _append(sheet, fresh.assign(quarter=label), labels or {})
        workbook.save(workbook.packed(book, before, name), file, before, name)
    stands = Counter(verdicts.get(quote_id) or "awaiting" for quote_id in quotes["quote_id"])
    return QuoteTally(len(fresh), stands["awaiting"], stands["passed"], stands["refused"])


def quote_reviews(line: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read what reviewers said of quotes.

    Parameters
    ----------
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    DataFrame
        Table ``quote_reviews``, by id, one row a quote in the register: ``quote_id``; ``digest``,
        the SHA-256 of the words that were reviewed; ``verdict`` (``passed``, ``refused``, missing
        while it awaits review); ``reviewer``; ``reviewed_on`` as 2026-10-08. No rows without a
        register.

    Raises
    ------
    StoreError
        For an unknown verdict, a quote that was passed without reviewer or day, a day that is no
        day, words or an id that were changed, a formula, merged cells, repeated ids, missing
        headings; the Chinese message names sheet and cell of each.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(quote_reviews("shop", root))
    0
    """
    file = quote_register(line, root)
    columns = schema.TABLES["quote_reviews"].columns
    rows: list[dict[str, object]] = []
    if file.exists():
        book = workbook.load(file.read_bytes(), _name(file))
        rows = sorted(_read(_sheet(book, _name(file))), key=lambda row: str(row["quote_id"]))
    table = pd.DataFrame(rows, columns=list(columns))
    return schema.check(table.astype({n: c.dtype for n, c in columns.items()}), "quote_reviews")


def without_rows(
    file: Path, row_ids: Iterable[str], new: Mapping[str, str]
) -> tuple[bytes | None, int, dict[str, str | None], set[str]]:
    """Give a register without the quotes of some raw rows, the others under new addresses.

    Returns
    -------
    tuple
        The bytes, None where nothing changes; how many quotes leave; what each id becomes, None
        for those that leave; and the quarters of these. The cells of a quote that leaves are
        emptied, those of people's own columns and copies on their own sheets too: no row moves.

    Raises
    ------
    StoreError
        If the register would change and is open in Excel, or holds what would be lost.
    """
    name, gone = _name(file), frozenset(row_ids)
    before = file.read_bytes()
    book = workbook.load(before, name)
    sheet = _sheet(book, name)
    ids: dict[str, str | None] = {}
    quarters = set()
    for row in sheet.rows():
        address, _, item = text_of(sheet.cell(row, "comment_id")).rpartition(":")
        old = text_of(sheet.cell(row, "quote_id"))
        if address in gone:
            quarters.add(text_of(sheet.cell(row, "quarter")))
            ids[old] = None
            _empty_copies(book, sheet, (old, text_of(sheet.cell(row, "text"))))
            for cell in sheet.sheet[row]:
                cell.value, cell.comment, cell.hyperlink = None, None, None
        elif address in new:
            ids[old] = _readdress(sheet, row, f"{new[address]}:{item}")
    leaving = sum(to is None for to in ids.values())
    if not ids:
        return None, 0, ids, quarters
    workbook.refuse_open(file, name)
    return workbook.packed(book, before, name), leaving, ids, quarters


def _empty_copies(book: workbook.Workbook, sheet: Sheet, words: Iterable[str]) -> None:
    """Empty the cells and remarks of people's own sheets that repeat a quote or its id."""
    told = [text for text in words if text]
    others = [other for other in book.worksheets if other.title != sheet.sheet.title]
    for cell in (cell for other in others for cells in other.iter_rows() for cell in cells):
        if any(text in text_of(cell) for text in told):
            cell.value = None
        if cell.comment is not None and any(text in cell.comment.text for text in told):
            cell.comment = None


def _readdress(sheet: Sheet, row: int, comment_id: str) -> str:
    from csatlib.themes import quote_ids

    theme, text = (pd.Series([text_of(sheet.cell(row, c))]) for c in ("theme", "text"))
    (quote_id,) = quote_ids(pd.Series([comment_id]), theme, text)
    workbook.put(sheet.cell(row, "comment_id"), comment_id)
    workbook.put(sheet.cell(row, "quote_id"), quote_id)
    return str(quote_id)


def _name(file: Path) -> str:
    return "/".join(file.parts[-3:])


def _sheet(book: workbook.Workbook, name: str) -> Sheet:
    return workbook.sheet_of(book, TITLE, HEADINGS, needed=_NEEDED, file=name)


def _new() -> workbook.Workbook:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = TITLE
    for number, (name, heading) in enumerate(HEADINGS.items(), start=1):
        cell = sheet.cell(1, number, heading)
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
        column = sheet.column_dimensions[get_column_letter(number)]
        column.width = _WIDTHS.get(name, 11)
        column.hidden = name in _HIDDEN
    sheet.freeze_panes = "A2"
    verdict = get_column_letter(list(HEADINGS).index("verdict") + 1)
    choice = DataValidation(type="list", formula1='"通过,不通过"', allow_blank=True)
    choice.error, choice.errorTitle = "请选“通过”或“不通过”，或留空。", "结论"
    choice.add(f"{verdict}2:{verdict}10000")
    sheet.add_data_validation(choice)
    return book


def _append(sheet: Sheet, quotes: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """Write quotes below the last row in which anybody has written anything."""
    from openpyxl.styles import Alignment

    filled = (c.row for cells in sheet.sheet.iter_rows() for c in cells if c.value is not None)
    row = max(filled, default=sheet.heading)
    named = quotes.assign(theme_name=[labels.get(theme, theme) for theme in quotes["theme"]])
    for quote in named.to_dict("records"):
        row += 1
        for name in sheet.columns:
            if name in quote:
                cell = sheet.cell(row, name)
                workbook.put(cell, str(quote[name]))
                cell.alignment = Alignment(vertical="top", wrap_text=name == "text")
    for table in sheet.sheet.tables.values():
        left, _, right = table.ref.partition(":")
        if int(re.sub("[A-Z$]", "", left)) == sheet.heading:
            table.ref = f"{left}:{re.sub('[0-9]', '', right)}{row}"


def _read(sheet: Sheet) -> list[dict[str, object]]:
    """Read every row; all faults are told at once, each with its cell."""
    rows, faults, seen = [], [], dict[str, int]()
    for number in sheet.rows():
        found = list(_faults(sheet, number, seen))
        faults += found
        quote_id = text_of(sheet.cell(number, "quote_id"))
        seen.setdefault(quote_id, number)
        if not found:
            day = day_of(sheet.cell(number, "reviewed_on"))
            rows.append(
                {
                    "quote_id": quote_id,
                    "digest": text_of(sheet.cell(number, "digest")),
                    "verdict": _VERDICTS[text_of(sheet.cell(number, "verdict"))],
                    "reviewer": text_of(sheet.cell(number, "reviewer")) or None,
                    "reviewed_on": None if day is None else day.isoformat(),
                }
            )
    if faults:
        more = [f"还有 {len(faults) - _TOLD} 处。"] if len(faults) > _TOLD else []
        raise StoreError("\n".join([*faults[:_TOLD], *more]))
    return rows


def _faults(sheet: Sheet, row: int, seen: Mapping[str, int]) -> Iterator[str]:
    """Say what is wrong with a row; never what a customer or a reviewer wrote in it."""
    for name in _NEEDED:
        if sheet.cell(row, name).data_type == "f":
            yield f"{sheet.place(row, name)}：是公式；请改成它的值。"
            return
    quote_id = text_of(sheet.cell(row, "quote_id"))
    if not _ID.fullmatch(quote_id):
        yield f"{sheet.place(row, 'quote_id')}：编号缺失或被改动了；请恢复，或清空这一行。"
    elif quote_id in seen:
        other = sheet.cell(seen[quote_id], "quote_id").coordinate
        yield f"{sheet.place(row, 'quote_id')}：编号 {quote_id} 与 {other} 重复；请只留一行。"
    verdict = text_of(sheet.cell(row, "verdict"))
    if verdict not in _VERDICTS:
        yield f"{sheet.place(row, 'verdict')}：结论应为“通过”“不通过”或留空；请改写。"
    day = sheet.cell(row, "reviewed_on")
    if text_of(day) and day_of(day) is None:
        yield f"{sheet.place(row, 'reviewed_on')}：不是日期；请写成 2026-10-08 的样子。"
    if verdict == "通过":
        for name in ("reviewer", "reviewed_on"):
            if not text_of(sheet.cell(row, name)):
                heading = HEADINGS[name]
                yield f"{sheet.place(row, name)}：结论是“通过”，却没有写{heading}；请补上。"
        # A review holds for the words that were read: not for what somebody made of them.
        words = str(sheet.cell(row, "text").value or "")
        if hashlib.sha256(words.encode()).hexdigest() != text_of(sheet.cell(row, "digest")):
            yield (
                f"{sheet.place(row, 'text')}：原话被改动了，审核只对原来的话有效；"
                "请恢复原话，不宜公布的请写“不通过”。"
            )
