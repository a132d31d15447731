"""What option numbers mean: one survey's exports by wording and by number, laid side by side."""

from __future__ import annotations

import re

import pandas as pd

from csatlib.exports.headers import unspaced
from csatlib.exports.platforms import PLATFORMS
from csatlib.exports.table import ExportError, RawTable
from csatlib.scales import plain

__all__ = ["code_book"]

_SERIAL = "序号"
_FILLED_IN = re.compile(r"〖.*?〗")
_ZERO_DECIMALS = re.compile(r"(?<=[0-9])\.0+$")


def code_book(by_text: RawTable, by_code: RawTable) -> pd.DataFrame:
    """Recover what each option number means from two 问卷星 exports of the same questionnaires.

    Parameters
    ----------
    by_text, by_code : RawTable
        The exports by wording (按文本) and by option number (按序号); rows meet by their 序号.

    Returns
    -------
    DataFrame
        One row an option that somebody chose, in the order of the form: ``header`` (as the export
        by number has it), ``code`` (its number, from 1), ``wording`` and ``rows`` (how many
        questionnaires show the pair). Questions with one column an option, free text and scales
        that both exports write as numbers are not there.

    Raises
    ------
    ExportError
        If a file has no 序号, the two share no questionnaire, or a number goes with two wordings.

    Examples
    --------
    >>> from csatlib import store
    >>> from csatlib.exports import read_all
    >>> study = store.study("ops_company")
    >>> raw = read_all(store.raw("2026Q3", "ops_company"), study)
    >>> by_code, by_text = (t for t in raw if t.reader == "wjx")
    >>> book = code_book(by_text, by_code)
    >>> book[book["header"] == book["header"][0]]["wording"].tolist()
    ['非常不满意', '不满意', '一般', '满意', '非常满意']
    """
    texts, codes = (_by_serial(table) for table in (by_text, by_code))
    shared = texts.index.intersection(codes.index)
    if shared.empty:
        raise ExportError(
            f"{by_text.file} 与 {by_code.file} 没有一份序号相同的答卷；"
            "请确认它们是同一份问卷在同一时间的两种导出。"
        )
    spelt = {unspaced(str(name)): str(name) for name in by_text.rows.columns}
    aside = {unspaced(name) for name in (*by_code.ignore, *by_code.mapping.values())}
    aside |= {unspaced(name) for name in by_code.personal.values()}
    parts = [pd.DataFrame(columns=["header", "code", "wording", "rows"])]
    for header in by_code.rows.columns:
        twin = spelt.get(unspaced(header))
        if twin is None or unspaced(header) in aside:
            continue
        pairs = pd.DataFrame(
            {"code": codes.loc[shared, header], "wording": texts.loc[shared, twin]}
        )
        parts.append(_options(pairs, header, by_code))
    book = pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
    return book.astype({"header": "str", "code": "int64", "wording": "str", "rows": "int64"})


def _by_serial(table: RawTable) -> pd.DataFrame:
    """Index a file's rows by 序号; a serial that stands twice tells nothing and is left out."""
    if _SERIAL not in table.rows:
        raise ExportError(
            f"{table.file}：没有“{_SERIAL}”列，无法与另一种导出逐份对上；请重新导出。"
        )
    serial = table.rows[_SERIAL].map(plain).str.replace(_ZERO_DECIMALS, "", regex=True)
    return table.rows.set_index(serial)[~serial.duplicated(keep=False).to_numpy()]


def _options(pairs: pd.DataFrame, header: str, by_code: RawTable) -> pd.DataFrame:
    """Count the pairs of one question; empty where its numbers are no option numbers."""
    platform = PLATFORMS["wjx"]
    cells = pairs.map(plain)
    cells["wording"] = cells["wording"].str.replace(_FILLED_IN, "", regex=True).str.strip()
    cells["code"] = cells["code"].str.replace(_ZERO_DECIMALS, "", regex=True)
    marks = platform.blank | platform.skipped
    cells = cells[~cells.isin(marks).any(axis=1)]
    numbered = cells["code"].str.fullmatch(r"[1-9][0-9]{0,2}")
    if cells.empty or not numbered.all() or _same(cells):
        return pd.DataFrame()
    counted = cells.astype({"code": "int64"}).value_counts(["code", "wording"])
    book = counted.rename("rows").reset_index().sort_values(["code", "wording"])
    twice = book.loc[book["code"].duplicated(), "code"]
    if len(twice):
        words = "、".join(book.loc[book["code"] == twice.iloc[0], "wording"])
        raise ExportError(
            f"{by_code.file}：“{header}”列的序号 {twice.iloc[0]} 对上了两种文字（{words}）；"
            "两个文件不是同一份问卷的导出，或导出之间改过选项，请同时重新导出。"
        )
    return book.assign(header=header)[["header", "code", "wording", "rows"]]


def _same(cells: pd.DataFrame) -> bool:
    wording = cells["wording"].str.replace(_ZERO_DECIMALS, "", regex=True)
    return bool((cells["code"] == wording).all())
