"""A person leaves the registers of opinions and of measures: their cells, wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from csatlib.store import workbook
from csatlib.store.filled import Filled, Row, read_book, told
from csatlib.store.forms import Names, Register
from csatlib.store.loop_forms import ACTIONS, FOLLOWUPS
from csatlib.store.loop_tables import PSEUDONYM, name_of
from csatlib.store.tombstones import normal
from csatlib.store.workbook import text_of

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

__all__ = ["PEOPLE", "Leaving", "names_customers", "without_person"]

#: Registers in which customers stand, and the sheet of each.
PEOPLE: Mapping[str, tuple[Register, str]] = {
    "followups.xlsx": (FOLLOWUPS, "followups"),
    "actions.xlsx": (ACTIONS, "rechecks"),
}
#: Shorter words are no quotation: other people write them too.
_SHORTEST = 4


@dataclass(frozen=True)
class Leaving:
    """What becomes of a register: its bytes (None where they stay), rows that leave, quarters.

    ``mentions`` counts cells elsewhere in the workbook that name the person and stay for somebody
    to look at.
    """

    data: bytes | None
    rows: int
    quarters: frozenset[str]
    mentions: int = 0


def without_person(
    file: Path, names: Iterable[str], row_ids: Iterable[str], new: Mapping[str, str]
) -> Leaving:
    """Empty the rows of a person, and bring the others to the new addresses of their raw rows.

    ``names`` are the person's ids and pseudonyms, ``row_ids`` the addresses of raw rows and
    interviews. No row moves; people's own columns of these rows are emptied too, and so are cells
    and remarks of their own sheets that repeat what the person said.

    Raises
    ------
    StoreError
        If the register is at fault; or if it would change and is open, or holds what would be lost.
    """
    register, table = PEOPLE[file.name]
    called, before = name_of(file), file.read_bytes()
    book = workbook.load(before, called)
    no_names: Names = {}
    sheets, faults = read_book(book, register, called, no_names)
    told(faults)
    sheet = sheets[table]
    ids, gone = frozenset(names) | {normal(name) for name in names}, frozenset(row_ids)
    mine = [row for row in sheet.rows if _is_of(row, ids, gone)]
    quarters = frozenset(quarter for row in mine if (quarter := _quarter(row, sheets)))
    if mine:
        _empty_copies(book, sheet, [row.text("text") or row.text("comment") for row in mine])
        for row in mine:
            for cell in sheet.sheet.sheet[row.number]:
                cell.value, cell.comment, cell.hyperlink = None, None, None
    left = [row for row in sheet.rows if row not in mine]
    changed = sum(_readdress(sheet, row, new) for row in left) if table == "followups" else 0
    mentions = _mentions(book, ids)
    if not mine and not changed:
        return Leaving(None, 0, quarters, mentions)
    workbook.refuse_open(file, called)
    return Leaving(workbook.packed(book, before, called), len(mine), quarters, mentions)


def names_customers(file: Path) -> bool:
    """Say whether a register holds numbers of customers that are no pseudonyms.

    Raises
    ------
    StoreError
        If it is at fault.
    """
    if file.name not in PEOPLE:
        return False
    register, table = PEOPLE[file.name]
    called = name_of(file)
    sheets, faults = read_book(workbook.load(file.read_bytes(), called), register, called, {})
    told(faults)
    typed = (row.text("customer_id") for row in sheets[table].rows)
    return any(one and not re.fullmatch(PSEUDONYM, one) for one in typed)


def _quarter(row: Row, sheets: Mapping[str, Filled]) -> str:
    """Give the quarter of an opinion, or of the measure that a recheck is of."""
    if "actions" not in sheets:
        return row.text("quarter")
    measure = sheets["actions"].row_of("action_id", row.text("action_id"))
    return "" if measure is None else measure.text("quarter")


def _is_of(row: Row, ids: frozenset[str], gone: frozenset[str]) -> bool:
    customer = row.text("customer_id")
    if customer and (customer in ids or normal(customer) in ids):
        return True
    return row.text("response_id") in gone or row.text("comment_id").rpartition(":")[0] in gone


def _empty_copies(book: Workbook, sheet: Filled, texts: Iterable[str]) -> None:
    said = [text for text in texts if len(text) >= _SHORTEST]
    others = [page for page in book.worksheets if page.title != sheet.sheet.sheet.title]
    for cell in (cell for page in others for cells in page.iter_rows() for cell in cells):
        if any(text in text_of(cell) for text in said):
            cell.value = None
        if cell.comment is not None and any(text in cell.comment.text for text in said):
            cell.comment = None


def _mentions(book: Workbook, ids: frozenset[str]) -> int:
    """Count the cells that name the person by an id, as a whole word."""
    words = "|".join(re.escape(one) for one in sorted(ids) if len(one) >= _SHORTEST)
    if not words:
        return 0
    named = re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])", re.IGNORECASE)
    pages = (page for page in book.worksheets)
    cells = (cell for page in pages for row in page.iter_rows() for cell in row)
    return sum(named.search(text_of(cell)) is not None for cell in cells)


def _readdress(sheet: Filled, row: Row, new: Mapping[str, str]) -> bool:
    before, name = row.text("comment_id"), row.text("followup_id")
    address, _, item = before.rpartition(":")
    if address not in new:
        return False
    comment_id = f"{new[address]}:{item}"
    workbook.put(sheet.sheet.cell(row.number, "comment_id"), comment_id)
    if name.endswith(before):
        workbook.put(
            sheet.sheet.cell(row.number, "followup_id"), name.removesuffix(before) + comment_id
        )
    if row.text("response_id") in new:
        workbook.put(sheet.sheet.cell(row.number, "response_id"), new[row.text("response_id")])
    return True
