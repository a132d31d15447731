"""What people coded by hand: the register that rules are held against."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from csatlib import schema
from csatlib.schema import check_line
from csatlib.store.places import StoreError, project_root, study

__all__ = ["hand_coded"]

_COLUMNS = ("comment_id", "theme", "coder")
_SEPARATOR = "、"
#: Longer than any theme's name: what stands there may be a customer's words, so it is not told.
_LONGEST = 20

Row = tuple[str, str | None, str | None]


def hand_coded(line: str, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Read the comments of a business line that people coded by hand.

    Parameters
    ----------
    line : str
        The line, whose register is ``registers/<line>/coding.csv``: a header with ``comment_id``,
        ``theme`` and, where there are several coders, ``coder``; one row a theme of a comment, or
        several themes in a row joined by ``、``. A comment that was read and holds no theme has a
        row with ``theme`` left blank. A theme is written by its id or its Chinese name.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    DataFrame
        Table ``hand_coded``: ``comment_id``, ``theme`` (its id; NA where none was found) and
        ``coder`` (NA where not named), in the order of the file. Without a file it has no rows.

    Raises
    ------
    SchemaError
        If ``line`` is no label of a line.
    StoreError
        If the file cannot be read, lacks a column or has one that is not used, names a theme that
        the codeframe does not know, has a row without comment, or says two things of a comment;
        the Chinese message gives row and remedy.
    StudyError
        If the study file is missing or at fault.

    Examples
    --------
    >>> hand_coded("ops_company").columns.tolist()
    ['comment_id', 'theme', 'coder']
    """
    file = project_root(root) / "registers" / check_line(line) / "coding.csv"
    if not file.exists():
        return schema.empty("hand_coded")
    name = f"registers/{line}/coding.csv"
    records = _records(_text(file, name), name)
    themes = {theme.name: theme.id for theme in study(line, root).codeframe.themes}
    themes |= {known: known for known in themes.values()}
    rows = _rows(records, themes, name)
    _check_whole(rows, name)
    table = pd.DataFrame([row for _, row in rows], columns=list(_COLUMNS), dtype="str")
    return table.pipe(schema.check, "hand_coded")


def _text(file: Path, name: str) -> str:
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StoreError(f"{name}：读不出文字；请在 Excel 里另存为“CSV UTF-8”。")


def _records(text: str, name: str) -> list[tuple[int, dict[str, str]]]:
    """Take each row that is not blank, with its number in the file."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise StoreError(f"{name}：引号没有配对；请用 Excel 打开核对后另存为 CSV。") from None
    header = [cell.strip() for cell in lines[0]] if lines else []
    _check_header(header, name)
    records = []
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise StoreError(
                f"{name}：第 {number} 行有 {len(cells)} 格，表头只有 {len(header)} 格；"
                f"一条留言有几个主题时用“{_SEPARATOR}”隔开，不用逗号。"
            )
        values = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
        if any(values):
            records.append((number, dict(zip(header, values, strict=False))))
    return records


def _check_header(header: Sequence[str], name: str) -> None:
    missing = [column for column in _COLUMNS[:2] if column not in header]
    if missing:
        raise StoreError(
            f"{name}：第 1 行缺少列 {'、'.join(missing)}；表头应为 comment_id,theme"
            "（有几位编码人时再加 coder），用英文逗号隔开。"
        )
    extra = [column for column in header if column not in _COLUMNS]
    if extra:
        raise StoreError(
            f"{name}：第 1 行有用不到的列（第 {header.index(extra[0]) + 1} 列）；这里只登记"
            " comment_id、theme、coder，不存留言原文，请删去其他列。"
        )
    if len(set(header)) < len(header):
        raise StoreError(f"{name}：第 1 行有两列同名；请删去一列。")


def _rows(
    records: Sequence[tuple[int, Mapping[str, str]]], themes: Mapping[str, str], name: str
) -> list[tuple[int, Row]]:
    """Read each row into one a theme."""
    rows = []
    for number, record in records:
        if not record["comment_id"]:
            raise StoreError(
                f"{name}：第 {number} 行没有 comment_id；请补上留言的编号，或删去这一行。"
            )
        coder = record.get("coder") or None
        found = [part.strip() for part in record["theme"].split(_SEPARATOR) if part.strip()]
        for part in found or [""]:
            if part and part not in themes:
                raise StoreError(_unknown(part, number, themes, name))
            rows.append((number, (record["comment_id"], themes.get(part), coder)))
    return rows


def _unknown(theme: str, number: int, themes: Mapping[str, str], name: str) -> str:
    told = f"“{theme}”" if len(theme) <= _LONGEST else "一段长文字"
    if not themes:
        return (
            f"{name}：第 {number} 行 theme 写了{told}，但这条业务线还没有主题；"
            "请先写 themes.yml，再登记人工编码。"
        )
    known = _SEPARATOR.join(dict.fromkeys(themes.values()))
    return (
        f"{name}：第 {number} 行 theme 写了{told}，不是编码表里的主题；请改成其中之一：{known}；"
        "没有主题的留空。"
    )


def _check_whole(rows: Sequence[tuple[int, Row]], name: str) -> None:
    """Refuse a theme that stands twice, and a comment that has both themes and none."""
    first: dict[Row, int] = {}
    for number, row in rows:
        if row in first:
            raise StoreError(
                f"{name}：第 {number} 行与第 {first[row]} 行的留言、主题和编码人都相同；"
                "请删去一行。"
            )
        first[row] = number
    for (comment, theme, coder), number in first.items():
        if theme is not None and (comment, None, coder) in first:
            raise StoreError(
                f"{name}：第 {first[comment, None, coder]} 行说这条留言没有主题，第 {number} 行"
                "又给了它主题；请删去其中一行。"
            )
    named = {coder is not None for _, (_, _, coder) in rows}
    if len(named) == 2:
        blank = next(number for number, (_, _, coder) in rows if coder is None)
        raise StoreError(
            f"{name}：第 {blank} 行没有写 coder，别的行写了；请每行都写编码人，或整列都不写。"
        )
