"""Writes the fictional company's files, the same bytes (workbooks: cells) every time."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook

from csatlib.demo import company, indicators, layouts, staff, tickets, training, transcripts
from csatlib.demo.design import LINES, QUARTERS
from csatlib.demo.faults import faulty
from csatlib.demo.form import FORMS
from csatlib.demo.wave import wave
from csatlib.schema import Quarter

__all__ = ["DemoError", "write"]

#: The moment that all workbooks say they were made at; no clock is read.
_MADE = datetime(2026, 1, 1)
_MODIFIED = re.compile(rb"(?<=>)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?=</dcterms:modified>)")


class DemoError(ValueError):
    """A demo that cannot be written: says expected, found, where, remedy."""


def write(
    root: str | os.PathLike[str],
    *,
    quarters: Sequence[str] = QUARTERS,
    lines: Sequence[str] = tuple(LINES),
    seed: int = 0,
) -> list[Path]:
    """Write the fictional company's raw files under ``root/data/raw/<quarter>/<line>``.

    Every line and quarter has its own random stream: a part written alone equals the same part
    of the whole. What is planted in the files is told by `csatlib.demo.truth`.

    Parameters
    ----------
    root : path
        The project's root; ``data/raw`` is made below it where it is missing.
    quarters, lines : sequence of str
        Which of the quarters and lines of the demo to write.
    seed : int
        Another seed draws another company with the same planted truths.

    Returns
    -------
    list of Path
        The files, in order of quarter and line, with those of ``all`` (customers, staff,
        indicators, training) first.

    Raises
    ------
    DemoError
        For a quarter or line that the demo does not have, and where a file is in the way that
        the demo would not write; then nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> [path.name for path in write(folder, quarters=["2026Q1"], lines=["ops_company"])][:7:6]
    ['customers.csv', 'invitations.csv']
    """
    _known("quarters", quarters, QUARTERS)
    _known("lines", lines, tuple(LINES))
    contents = {
        Path(root, "data", "raw", quarter, folder, name): content
        for quarter in quarters
        for folder, name, content in _quarter(quarter, lines, seed)
    }
    _check_free(contents)
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(contents)


def _known(what: str, asked: Sequence[str], known: Sequence[str]) -> None:
    if isinstance(asked, str):
        raise DemoError(
            f"{what}: expected a sequence of labels, found the text {asked!r}; use a list"
        )
    for label in asked:
        if label not in known:
            raise DemoError(
                f"{what}: the demo has {', '.join(known)}, found {label!r}; choose among them"
            )


def _check_free(contents: dict[Path, bytes]) -> None:
    """Refuse to mix with, or to replace, files that are not the demo's own."""
    for folder in dict.fromkeys(path.parent for path in contents):
        for path in sorted(folder.glob("[!.]*")) if folder.is_dir() else []:
            if path not in contents or not _same(path, contents[path]):
                raise DemoError(
                    f"{path}: this file is not one that the demo would write, and data/raw is not "
                    f"overwritten; move it away or choose another root"
                )


def _same(path: Path, content: bytes) -> bool:
    """Compare a file with what would be written: bytes, and cells for workbooks."""
    found = path.read_bytes()
    if found == content or path.suffix != ".xlsx":
        return found == content
    try:
        return _cells(found) == _cells(content)
    except (KeyError, ValueError, zipfile.BadZipFile):
        return False


def _cells(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(io.BytesIO(content), read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def _quarter(quarter: str, lines: Sequence[str], seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Make every file of one quarter: folder, name, content."""
    yield "all", "customers.csv", _csv(company.table(quarter, seed), "utf-8-sig")
    yield "all", "staff.csv", _csv(staff.table(quarter, seed), "utf-8-sig")
    yield "all", "indicators.csv", _csv(indicators.table(quarter, seed), "utf-8-sig")
    yield "all", "training.csv", _csv(training.table(quarter, seed), "utf-8-sig")
    for line in lines:
        for name, content in sorted(_line(line, quarter, seed)):
            yield line, name, content


def _line(line: str, quarter: str, seed: int) -> Iterator[tuple[str, bytes]]:
    source = wave(line, quarter, seed)
    export, form = faulty(source), FORMS[line]
    typing, stages = source.streams(3, 2)
    total = len(export.online)
    survey = f"{source.line.survey_id + Quarter.parse(quarter).number}"
    for mode, lay_out in (("按文本", layouts.by_text), ("按序号", layouts.by_code)):
        name = f"{survey}_{mode}_{form.title}_{total}_{total}.xlsx"
        yield name, _workbook(lay_out(line, quarter, export.online))
    rows = layouts.keyed(
        line, quarter, export.keyed, typing, source.line.faults[quarter].blank_rows
    )
    name = form.keyed_file.format(quarter=quarter)
    by_excel = name.endswith(".xlsx")
    yield name, _workbook(_typed(rows)) if by_excel else _csv(rows, form.keyed_encoding)
    invited = layouts.invitations(line, source.invitations)
    yield "invitations.csv", _csv(invited, "utf-8-sig")
    if source.tickets:
        listed = tickets.table(source.tickets, source.latents, stages)
        yield "tickets.csv", _csv(listed, "utf-8-sig")
    yield from transcripts.files(line, quarter, seed)


def _csv(rows: Sequence[Sequence[object]], encoding: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def _typed(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Turn what Excel takes for a number or a moment into one, as it does when people type."""
    return [[_as_typed(str(cell)) for cell in row] for row in rows]


def _as_typed(cell: str) -> object:
    if re.fullmatch(r"\d{1,3}(,\d{3})+|\d{1,3}", cell):
        return int(cell.replace(",", ""))
    if re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d", cell):
        return datetime.strptime(cell, "%Y/%m/%d %H:%M")
    return float(cell) if re.fullmatch(r"\d\.\d\d", cell) else cell


def _workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    book.properties.creator = ""
    book.properties.created = _MADE
    sheet = book.active
    sheet.title = "Sheet1"
    for row in rows:
        sheet.append([None if cell == "" else cell for cell in row])
    raw = io.BytesIO()
    book.save(raw)
    return _timeless(raw.getvalue())


def _timeless(workbook: bytes) -> bytes:
    """Pack a workbook anew without the clock that openpyxl writes into it on saving."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
    ):
        for part in sorted(source.namelist()):
            stamp = zipfile.ZipInfo(part, date_time=_MADE.timetuple()[:6])
            stamp.compress_type = zipfile.ZIP_DEFLATED
            content = source.read(part)
            if part == "docProps/core.xml":
                content = _MODIFIED.sub(f"{_MADE:%Y-%m-%dT%H:%M:%SZ}".encode(), content)
            packed.writestr(stamp, content)
    return target.getvalue()
