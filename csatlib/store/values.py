"""One cell of a register: what people wrote as a value, and a value as people read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from csatlib.schema import Quarter, SchemaError
from csatlib.store import workbook
from csatlib.store.forms import SEPARATOR, Field
from csatlib.store.workbook import DAY, LONGEST, day_of, text_of

if TYPE_CHECKING:
    from openpyxl.cell import Cell

__all__ = ["Fault", "Value", "canonical", "inside", "parsed", "parts", "shown", "written"]

Value = str | float | date | bool | None

_LIST = re.compile(r"[、，,；;\n]+")
_ID = re.compile(r"[\w.\-#:]+")
_DAY_FORMAT, _SHARE_FORMAT = "yyyy-mm-dd", "0.0%"
#: Excel takes small numbers for days of 1900: nobody has a register of that time.
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)
#: Characters that no workbook can hold.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_YES = {"true": True, "false": False}
_NUMERAL = re.compile(r"[+\-]?[0-9][0-9,]*(\.[0-9]+)?\s*[%分]?")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a cell and how it is mended, in Chinese, without what it holds."""

    message: str


def parsed(cell: Cell, field: Field, names: Mapping[str, str] | None = None) -> Value | Fault:
    """Read a cell as its column promises; None where it is empty.

    ``names`` are Chinese names by id that a text may show in place of the id.
    """
    if (length := len(text_of(cell))) > LONGEST:
        return Fault(
            f"有 {length:,} 个字，一格最多放得下 {LONGEST:,} 个；请缩短，全文请放进 proofs 文件夹。"
        )
    if field.kind == "own":
        return _own(cell)
    if cell.data_type == "f":
        return Fault("是公式；请改成它的值。")
    if cell.data_type == "e":
        return Fault("是错误值；请改写或清空。")
    if not text_of(cell):
        return None
    if field.kind == "day":
        return _day(cell)
    if field.kind == "number":
        return _number(cell, field)
    if field.kind == "flag" and isinstance(cell.value, bool):
        return cell.value
    return _words(_plain(cell), field, names or {})


def canonical(value: Value) -> str:
    """Write a value as text, equal values alike; empty for a missing one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | int):
        return f"{value:.15g}"
    return value


def written(
    cell: Cell,
    field: Field,
    value: Value,
    names: Mapping[str, str] | None = None,
    *,
    share: bool = False,
) -> None:
    """Write a value as people read it; words stay words whatever they begin with."""
    if value is None:
        cell.value = None
    elif isinstance(value, date):
        now = cell.number_format
        cell.value = datetime.combine(value, time())
        cell.number_format = now
        _format(cell, _DAY_FORMAT, kept=_is_day(now))
    elif isinstance(value, float | int) and not isinstance(value, bool):
        number = float(value)
        cell.value = int(number) if number.is_integer() else number
        now = cell.number_format
        plain = "%" not in now and now != "@" and not _is_day(now)
        _format(cell, _SHARE_FORMAT if share else "General", kept="%" in now if share else plain)
    else:
        text = canonical(value).replace("\r\n", "\n").replace("\r", "\n")
        text = _UNSEEN.sub("", shown(text, field, names))
        # The whole of what a customer said stays in the table that it came from.
        workbook.put(cell, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def shown(text: str, field: Field, names: Mapping[str, str] | None = None) -> str:
    """Give a value as people read it in a cell."""
    if field.kind in ("ids", "names") and names:
        return SEPARATOR.join(names.get(part, part) for part in parts(text))
    words = {code: word for word, code in field.words.items()}
    return (names or {}).get(text, words.get(text, text))


def _format(cell: Cell, wanted: str, *, kept: bool) -> None:
    # How somebody likes their days and numbers shown is theirs to choose.
    if not kept:
        cell.number_format = wanted


def _is_day(number_format: str) -> bool:
    from openpyxl.styles.numbers import is_date_format

    return bool(is_date_format(number_format))


def parts(text: str) -> list[str]:
    """Give the parts of a list in a cell, each once."""
    return list(dict.fromkeys(part.strip() for part in _LIST.split(text) if part.strip()))


def inside(file: str) -> bool:
    """Say whether the path of a proof stays in its folder."""
    path = PurePosixPath(file)
    odd = file.startswith(("/", "~")) or "\\" in file or ":" in file or "\0" in file
    return not odd and ".." not in path.parts and path.parts not in ((), (".",))


def _own(cell: Cell) -> Value:
    """Read a cell of a column that people added: what it holds; a formula is left where it is."""
    value = cell.value
    if cell.data_type in ("f", "e") or not text_of(cell):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return _plain(cell)


def _plain(cell: Cell) -> str:
    value = cell.value
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return text_of(cell).replace("\r\n", "\n").replace("_x000D_", "")


def _day(cell: Cell) -> date | Fault:
    if isinstance(cell.value, int | float):
        return Fault("是数字，不是日期；请写成 2026-10-08 的样子，或把单元格格式设为日期。")
    found = day_of(cell)
    if found is None:
        plain = unicodedata.normalize("NFKC", text_of(cell))
        if DAY.fullmatch(plain):
            return Fault("没有这一天；请核对日期。")
        return Fault("不是日期；请写成 2026-10-08 的样子。")
    if not _FIRST <= found < _LAST:
        return Fault("日期不在 2000 年到 2099 年之间；请核对。")
    return found


def _number(cell: Cell, field: Field) -> float | Fault:
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
        plain = unicodedata.normalize("NFKC", text_of(cell))
        if _NUMERAL.fullmatch(plain):
            return Fault("是文字形式的数字；请把单元格格式设为数值，只写数字，再填一次。")
        return Fault("应为数字；请只写数字，说明写到备注里。")
    number = float(cell.value)
    low, high = field.low, field.high
    if (low is not None and number < low) or (high is not None and number > high):
        if (low, high) == (0, 1):
            return Fault("应在 0 到 100% 之间；八成请写 80% 或 0.8。")
        bounds = f"{low:g} 到 {high:g} 之间" if high is not None else f"不小于 {low:g}"
        return Fault(f"应为{bounds}的数字；请改写。")
    return number


def _words(text: str, field: Field, names: Mapping[str, str]) -> Value | Fault:
    if field.kind in ("choice", "flag"):
        return _choice(text, field)
    if field.kind == "id" and not _ID.fullmatch(text):
        return Fault("编号只用字母、汉字、数字、-、_ 和点，一格一个；请改写。")
    if field.kind == "quarter":
        try:
            return str(Quarter.parse(text))
        except SchemaError:
            return Fault("季度应写成 2026Q3 的样子；请改写。")
    if field.kind == "scope":
        return _scope(text)
    if field.kind in ("ids", "names", "files"):
        given = parts(text)
        if field.kind == "files" and not all(inside(file) for file in given):
            return Fault("证明材料只写 proofs 文件夹里的文件名，不写盘符、上级文件夹或网址。")
        ids = {shown: code for code, shown in names.items()}
        return SEPARATOR.join(ids.get(part, part) for part in given)
    ids = {shown: code for code, shown in names.items()}
    return ids.get(text, text)


def _choice(text: str, field: Field) -> Value | Fault:
    codes = {**field.words, **{code: code for code in field.words.values()}}
    if text in codes:
        return _YES[codes[text]] if field.kind == "flag" else codes[text]
    if field.loose:
        return text
    return Fault(f"应为“{'”“'.join(field.words)}”之一；请改写。")


def _scope(text: str) -> str | Fault:
    """Read ``team=网络组；region=华东|华北``."""
    conditions = [part.strip() for part in re.split("[；;]", text) if part.strip()]
    read = []
    for condition in conditions:
        column, sign, values = condition.replace("＝", "=").partition("=")
        given = [value.strip() for value in re.split("[|｜]", values)]
        if not sign or not column.strip() or not all(given):
            return Fault("适用范围应写成 team=网络组；region=华东|华北 的样子；请改写。")
        read.append(f"{column.strip()}={'|'.join(given)}")
    return "；".join(read)
