"""Where the headers stand, and merged cells that would read as blanks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from csatlib.exports.refusal import ExportError, address, is_blank, named

__all__ = ["check_merged", "header_row"]


def header_row(table: pa.Table, stated: int | None, *, file: str) -> int:
    """Find the row of headers, counted from zero: as stated, or the first that is not blank.

    Raises
    ------
    ExportError
        If there is none, or a title stands above the headers and the study file does not say so.
    """
    if stated is not None:
        filled = _filled(table.slice(stated - 1, 1))
        if not any(count for _, count in filled):
            raise ExportError(
                f"{file}：来源写的 header 是 {stated}，但第 {stated} 行是空的；请核对。"
            )
        return stated - 1
    rows = ((number, count) for number, count in _filled(table) if count)
    first, second = next(rows, None), next(rows, None)
    if first is None:
        raise ExportError(f"{file}：文件里没有任何内容；请重新导出。")
    if first[1] == 1 and second is not None:
        wider = next((n for n, count in (second, *_few(rows)) if count > 1), None)
        if wider is not None:
            raise ExportError(
                f"{file}：第 {first[0] + 1} 行只有一格有字，像是标题，"
                f"表头像是在第 {wider + 1} 行；请在研究文件的来源里写 header: {wider + 1}。"
            )
    return first[0]


def _few(rows: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take as many rows as titles and remarks above a table may have."""
    return [row for _, row in zip(range(10), rows, strict=False)]


def _filled(table: pa.Table) -> Iterator[tuple[int, int]]:
    """Count the filled cells of each row, as far as they are asked for."""
    for start in range(0, table.num_rows, 500):
        part = table.slice(start, 500)
        for number, row in enumerate(zip(*(c.to_pylist() for c in part.columns), strict=True)):
            yield start + number, sum(not is_blank(cell) for cell in row)


def check_merged(
    table: pa.Table, merged: Sequence[tuple[int, int, int, int]], header: int, *, file: str
) -> list[str]:
    """Refuse merged headers and values merged over rows; name those merged over columns.

    Only the first cell of a merged range holds its value, the rest would silently be blank.
    """
    beside = []
    for top, left, bottom, right in sorted(merged):
        if bottom < header or left >= table.num_columns or top >= table.num_rows:
            continue
        place = f"{address(top, left)}:{address(bottom, right)}"
        if top <= header:
            raise ExportError(
                f"{file}：表头有合并的单元格（{place}）；请在 Excel 里取消合并，"
                "让每一列在同一行有自己的表头，另存后再放进来。"
            )
        if is_blank(table.column(left)[top].as_py()):
            continue
        if bottom > top:
            raise ExportError(
                f"{file}：数据里有跨行合并的单元格（{place}），除第一格外都会读成空白；"
                "请在 Excel 里取消合并并把每一格填好，另存后再放进来。"
            )
        beside.append(place)
    if not beside:
        return []
    return [f"有 {len(beside)} 处跨列合并的单元格（{named(beside, most=5)}），值只在最左一格。"]
