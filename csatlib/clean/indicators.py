"""Figures that other departments keep (people, money, devices), read from their raw tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from csatlib import schema
from csatlib.exports import ExportError, RawTable
from csatlib.scales import plain

__all__ = ["indicator_rows"]

#: Our columns, and the headers they have unless the study file maps others.
_HEADERS = {
    "indicator": "指标",
    "object": "对象",
    "period": "期间",
    "value": "数值",
    "n": "样本量",
}
_NEEDED = ("indicator", "period", "value")
_KEY = ("indicator", "group_by", "group", "period")
_WHOLE = frozenset({"", "全部", "总体", "全公司", "合计"})
_BLANK = frozenset({"", "-", "--", "—", "/", "无", "未统计"})
_NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(%?)")
_QUARTERS = dict(zip("一二三四", "1234", strict=True))
_QUARTER = re.compile(r"(\d{4})(?:Q|年第?)([1-4一二三四])(?:季度)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:月|[-/.月](\d{1,2})日?)?")


def indicator_rows(
    raw: Sequence[RawTable], *, objects: Mapping[str, Collection[str]] | None = None
) -> pd.DataFrame:
    """Read the raw tables of indicators that other departments keep.

    The headers are 指标, 对象 (``列名=值``, such as ``team=网络组``; empty for the whole line),
    期间, 数值 and 样本量, or what the ``mapping`` of the source names for ``indicator``,
    ``object``, ``period``, ``value`` and ``n``. 对象 and 样本量 may be absent.

    Parameters
    ----------
    raw : sequence of RawTable
        The quarter's files, of which those with the role ``indicators`` are read.
    objects : mapping of str to collection of str, optional
        Leads from a column to the values that count, such as ``{"team": ["网络组"]}``: rows of its
        other values are those of other lines in a file that lines share, and are passed over.
        Columns that it does not name pass whole.

    Returns
    -------
    DataFrame
        Table ``indicator_rows``, in the order of the files: ``indicator`` (as the file names it),
        ``group_by``, ``group`` (NA for the whole line), ``period`` (``2026Q3``, ``2026-07`` or a
        day, that a week begins with), ``value`` (a percentage as a share; NA for a blank),
        ``n``. Empty where no file has the role.

    Raises
    ------
    ExportError
        For a header that is not there, a period, object or number that cannot be read, and two
        rows for one figure; the Chinese message says which file, row and column.

    Examples
    --------
    >>> indicator_rows([]).shape
    (0, 6)
    """
    rows: list[dict[str, object]] = []
    seen: dict[tuple[object, ...], str] = {}
    for table in (t for t in raw if t.role == "indicators"):
        headers = _headers(table)
        if len(table.malformed):
            place = table.place(str(table.malformed["row_id"].iloc[0]))
            raise ExportError(f"{place}：格数与表头不符，内容可能错位；请改正后再运行。")
        for row_id, cells in table.rows.iterrows():
            row = _row(table, str(row_id), {c: cells[h] for c, h in headers.items()}, headers)
            place = table.place(str(row_id))
            first = seen.setdefault(tuple(row[c] for c in _KEY), place)
            if first != place:
                raise ExportError(f"{place}：与 {first} 是同一个指标、对象和期间；请只保留一行。")
            rows.append(row)
    blank = schema.empty("indicator_rows")
    made = pd.DataFrame(rows, columns=list(blank)).astype(blank.dtypes.to_dict())
    for column, own in (objects or {}).items():
        made = made[(made["group_by"] != column).fillna(True) | made["group"].isin(list(own))]
    return schema.check(made.reset_index(drop=True), "indicator_rows")


def _headers(table: RawTable) -> dict[str, str]:
    """Find the header of each of our columns."""
    known = {plain(name): name for name in table.rows}
    found = {}
    for column, usual in _HEADERS.items():
        header = table.mapping.get(column, usual)
        if plain(header) in known:
            found[column] = known[plain(header)]
        elif column in _NEEDED or column in table.mapping:
            raise ExportError(
                f"{table.file}：没有“{header}”列；指标表的表头应有 指标、期间、数值，"
                "可另有 对象、样本量，别的写法请写在来源的 mapping 里。"
            )
    return found


def _row(
    table: RawTable, row_id: str, cells: dict[str, str], headers: dict[str, str]
) -> dict[str, object]:
    text = {column: "" if pd.isna(cell) else plain(cell).strip() for column, cell in cells.items()}

    def refuse(column: str, remedy: str) -> ExportError:
        return ExportError(f"{table.place(row_id, headers[column])}：{remedy}。")

    if not text["indicator"]:
        raise refuse("indicator", "没有写指标的名称；请补上，或删去这一行")
    period = _period(text["period"])
    if period is None:
        raise refuse("period", "看不懂这个期间；请写成 2026Q3、2026-07 或 2026-07-06 的样子")
    group_by, group = None, None
    if text.get("object", "") not in _WHOLE:
        column, sign, group = (part.strip() for part in text["object"].partition("="))
        if not (sign and group and re.fullmatch(r"[a-z][a-z0-9_]*", column)):
            raise refuse("object", "对象应写成 列名=值，例如 team=网络组；全部对象的留空")
        group_by = column
    value = _number(text["value"])
    if value is None and text["value"] not in _BLANK:
        raise refuse("value", "不是数字；单位请写在 indicators.yml 的 unit 里，没有数的留空")
    n = _number(text.get("n", ""))
    if (n is None and text.get("n", "") not in _BLANK) or (n is not None and (n < 0 or n % 1)):
        raise refuse("n", "样本量应是不小于 0 的整数；不知道的留空")
    return {
        "indicator": text["indicator"],
        "group_by": group_by,
        "group": group,
        "period": period,
        "value": value,
        "n": None if n is None else int(n),
    }


def _period(text: str) -> str | None:
    """Bring a period to ``2026Q3``, ``2026-07`` or ``2026-07-06``."""
    squeezed = text.replace(" ", "").upper()
    if match := _QUARTER.fullmatch(squeezed):
        return f"{match[1]}Q{_QUARTERS.get(match[2], match[2])}"
    match = _DATE.fullmatch(squeezed)
    if match is None or not 1 <= int(match[2]) <= 12:
        return None
    if match[3] is None:
        return f"{match[1]}-{int(match[2]):02d}"
    try:
        day = pd.Timestamp(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return day.strftime("%Y-%m-%d")


def _number(text: str) -> float | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    value = float(match[1].replace(",", ""))
    return value / 100 if match[2] else value
