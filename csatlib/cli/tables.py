"""Rows as text: an aligned table for eyes, CSV for programs; and what was wrong with a query."""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

__all__ = ["aligned", "as_csv", "sql_problem"]

Rows = Sequence[Sequence[Any]]


def aligned(names: Sequence[str], rows: Rows) -> str:
    """Set a table in columns two spaces apart; Chinese characters are two columns wide."""
    cells = [[_text(value) for value in row] for row in (names, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    right = [
        bool(rows) and all(_is_number(row[i]) for row in rows if row[i] is not None)
        for i in range(len(names))
    ]
    lines = []
    for row in cells:
        padded = [
            " " * (width - _width(cell)) + cell if to_right else cell + " " * (width - _width(cell))
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "".join(f"{line}\n" for line in lines)


def as_csv(names: Sequence[str], rows: Rows) -> str:
    """Write rows as CSV, the names of the columns first; missing values are empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return stream.getvalue()


def sql_problem(error: Exception, known: Sequence[str]) -> str:
    """Say in Chinese why a query was refused; what the database says may hold data."""
    kind, message = type(error).__name__, str(error)
    tables = f"可用的表有：{'、'.join(known) or '还没有（请先执行 csat run）'}"
    if kind == "ParserException":
        near = re.search(r'at or near "(.*?)"', message)
        where = f"（在“{near[1]}”附近）" if near else ""
        return f"SQL 的语法不对{where}；请写一条 SELECT 语句，并用引号括起来。"
    if found := re.search(r"Table with name (\S+) does not exist", message):
        guess = difflib.get_close_matches(found[1], known, n=1)
        near_name = f"是不是想写 {guess[0]}？" if guess else ""
        return f"没有“{found[1]}”这张表；{near_name}{tables}。"
    if found := re.search(r'Referenced (?:column|table) "(.*?)" not found', message):
        return f"没有“{found[1]}”这一列；不写 SQL 执行 csat sql，可以看到每张表的列。"
    if found := re.search(r"Function with name (\S+) does not exist", message):
        return f"没有“{found[1]}”这个函数；请核对函数名。"
    if kind == "PermissionException" or "configuration has been locked" in message:
        return f"SQL 里不能读写别的文件，也不能改设置；{tables}。"
    if kind == "ConversionException":
        return "SQL 里有值不能转换成要求的类型；请用 TRY_CAST，或核对列的类型。"
    if kind == "OutOfMemoryException":
        return "内存不够；请加上 WHERE 或 LIMIT，少查一些。"
    return f"SQL 运行不了（{kind}）；请核对列的类型和写法，{tables}。"


def _text(value: Any) -> str:
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
