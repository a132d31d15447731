"""Which platform wrote a file, told by its headers, and what that platform always adds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from csatlib.exports.grid import Grid, first_line
from csatlib.exports.table import ExportError, Form
from csatlib.study import Source

__all__ = ["Sniffed", "form_of", "identify"]

#: Columns that 问卷星 puts before the questions; five of them name the platform.
WJX_META = ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "总分")
#: Which of them become columns of ours unless the study file says otherwise.
WJX_MAPPING = {"submitted_at": "提交答卷时间", "seconds": "所用时间"}
#: What else 问卷星 may add about the respondent; never read further.
WJX_IGNORE = (*WJX_META, "用户ID", "姓名", "部门", "昵称", "自定义字段")

#: What tells devices apart in its files; compared in cleaning, never kept.
WJX_DEVICE = "来自IP"

_OLD_OPTION = re.compile(r"第[0-9]{1,3}题\(")


@dataclass(frozen=True)
class Sniffed:
    """What a file was found to be, and why."""

    kind: str
    platform: str
    form: Form | None
    encoding: str | None
    why: str


def identify(grid: Grid, name: str) -> Sniffed:
    """Name the platform that wrote a grid, and its form, with the reason."""
    header = first_line(grid.cells)
    present = [meta for meta in WJX_META if meta in header]
    if len(present) < 5:
        why = "表头里没有问卷星的固定列，按普通表格读取"
        return Sniffed(grid.kind, "table", "text", grid.encoding, why)
    form, reason = _wjx_form(header, grid.cells, name)
    why = f"表头有问卷星的固定列（{'、'.join(present)}），{reason}"
    return Sniffed(grid.kind, "wjx", form, grid.encoding, why)


def _wjx_form(
    header: Sequence[str], cells: Sequence[Sequence[str]], name: str
) -> tuple[Form | None, str]:
    if "按分数" in name:
        return None, "文件名说是按分数导出"
    named = {"按文本": "text", "按序号": "code"}
    for mark, form in named.items():
        if mark in name:
            return cast("Form", form), f"文件名说是{mark}导出"
    if any(_OLD_OPTION.match(h) for h in header):
        return "code", "多选题按选项分列，是按序号导出"
    marks = ("┋", "(跳过)", "(空)", "（跳过）", "（空）")
    if any(mark in cell for row in cells[1:] for cell in row for mark in marks):
        return "text", "答案里有选项文字的分隔或跳过标记，是按文本导出"
    return None, "看不出是按文本还是按序号导出"


def form_of(found: Sniffed, source: Source | None, name: str) -> Form:
    """Settle whether a 问卷星 file holds wordings, option numbers or points, or refuse."""
    stated = source.form if source else None
    if stated and found.form and stated != found.form:
        raise ExportError(f"{name}：来源写的 form 是 {stated}，但{found.why}；请核对。")
    form = stated or found.form
    if form is None:
        raise ExportError(
            f"{name}：{found.why}；请用“按文本”重新导出，或在来源里写 form: text 或 code。"
        )
    return form
