"""A raw file as a table of text in which every row has an address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from csatlib.scales import plain

__all__ = ["RUINED", "ExportError", "RawTable", "build"]

#: Stands for a number that the workbook had already cut: Excel keeps only 15 digits.
RUINED = "#数字超过15位"

_TOTAL_ROW = re.compile(
    r"(?:合计|总计|小计|汇总|平均|平均值|平均分|均值|total|average)(?:\(.*\))?:?"
)

Form = Literal["text", "code", "score"]


class ExportError(ValueError):
    """A raw file that cannot be read right; the (Chinese) message gives place and remedy."""


@dataclass(frozen=True, eq=False)
class RawTable:
    """One raw file: its cells as text, exactly one place for every physical row, and its origin.

    Attributes
    ----------
    file, digest : str
        ``<quarter>/<line>/<name>``, or the name alone, and the SHA-256 of the bytes.
    role, channel, reader, form, platform, encoding, sheet : str
        What the study file says of the file, and what was found in it; ``form`` is ``code`` where
        answers are option numbers, ``score`` where they are points.
    mapping, personal : dict
        From a column of ours, or a kind of personal data, to a header of the file.
    device : str or None
        The header of what tells devices apart (an IP address); it is compared and never kept.
    ignore, lacks : tuple of str
        Headers that nobody needs, and questions that this source does not ask.
    notes : tuple of str
        What a reader of the file should know, in Chinese sentences: hidden rows, other sheets.
    rows : DataFrame of str
        The data rows, index ``row_id`` (``<digest, 12>:<sheet>:<row as Excel counts it>``), one
        column a header in one spelling (`scales.plain`); a repeated header is ``name#2``, ….
    non_data : DataFrame
        ``row_id, why``: header, blank and total rows.
    malformed : DataFrame
        ``row_id, rule, reason``: rows whose cells cannot be told apart.
    """

    file: str
    digest: str
    role: str
    channel: str | None
    reader: str
    form: Form
    platform: str
    encoding: str | None
    sheet: str | None
    mapping: dict[str, str]
    ignore: tuple[str, ...]
    lacks: tuple[str, ...]
    rows: pd.DataFrame
    non_data: pd.DataFrame
    malformed: pd.DataFrame
    personal: dict[str, str] = field(default_factory=dict)
    device: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """How many rows hold data: those in ``rows`` and those that are malformed."""
        return len(self.rows) + len(self.malformed)

    def place(self, row_id: str, column: str | None = None) -> str:
        """Say in Chinese where a row, or a cell of it, stands."""
        row = row_id.rsplit(":", 1)[1]
        sheet = f"工作表“{self.sheet}”" if self.sheet else ""
        return f"{self.file} {sheet}第 {row} 行" + (f"“{column}”列" if column else "")


def build(
    grid: Sequence[Sequence[str]], *, digest: str, sheet_number: int, file: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Part a grid of cells into data rows, rows that hold no data, and malformed rows.

    The header is the first row that is not blank. A row with more or fewer cells than the header
    (blank cells at the end apart) is malformed: its values may stand under the wrong headers.
    """
    ids = [f"{digest[:12]}:{sheet_number}:{number}" for number in range(1, len(grid) + 1)]
    start = next((i for i, row in enumerate(grid) if not _blank(row)), None)
    if start is None:
        raise ExportError(f"{file}：文件里没有任何内容；请重新导出。")
    header = unique_names(_trimmed(grid[start]))
    width = len(header)
    non_data = [(row_id, "blank") for row_id in ids[:start]] + [(ids[start], "header")]
    data, malformed = [], []
    for row_id, row in zip(ids[start + 1 :], grid[start + 1 :], strict=True):
        if _blank(row):
            non_data.append((row_id, "blank"))
        elif _is_total(row):
            non_data.append((row_id, "total"))
        elif len(row) < width or any(plain(c) for c in row[width:]):
            reason = f"这一行有 {len(row)} 格，表头有 {width} 格，内容可能错位"
            malformed.append((row_id, "malformed", reason))
        else:
            data.append((row_id, [*row[:width]]))
    rows = pd.DataFrame(
        [cells for _, cells in data],
        columns=header,
        index=pd.Index([row_id for row_id, _ in data], dtype="str", name="row_id"),
        dtype="str",
    )
    return (
        rows,
        pd.DataFrame(non_data, columns=["row_id", "why"], dtype="str"),
        pd.DataFrame(malformed, columns=["row_id", "rule", "reason"], dtype="str"),
    )


def unique_names(header: Sequence[str]) -> list[str]:
    """Bring headers to one spelling and number those that stand more than once.

    Examples
    --------
    >>> unique_names(["3、性别 ", "备注", "备注", ""])
    ['3、性别', '备注', '备注#2', '无标题4']
    """
    names: list[str] = []
    seen: dict[str, int] = {}
    for position, text in enumerate(header, start=1):
        name = re.sub(r"\s+", " ", text).strip() or f"无标题{position}"
        seen[plain(name)] = count = seen.get(plain(name), 0) + 1
        names.append(name if count == 1 else f"{name}#{count}")
    return names


def _is_total(row: Sequence[str]) -> bool:
    first = next(plain(cell) for cell in row if plain(cell))
    return _TOTAL_ROW.fullmatch(first.replace(" ", "").casefold()) is not None


def _blank(row: Sequence[str]) -> bool:
    return not any(plain(cell) for cell in row)


def _trimmed(row: Sequence[str]) -> list[str]:
    width = max(i for i, cell in enumerate(row, start=1) if plain(cell))
    return list(row[:width])
