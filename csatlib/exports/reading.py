"""From a path to a `RawTable`: which source claims the file, which platform wrote it."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from csatlib.exports.grid import Grid, first_line, read_grid
from csatlib.exports.table import ExportError, Form, RawTable, build
from csatlib.study import Source, Study

__all__ = ["Sniffed", "read", "read_all", "sniff"]

#: Columns that 问卷星 puts before the questions; five of them name the platform.
WJX_META = ("序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP", "总分")
#: Which of them become columns of ours unless the study file says otherwise.
WJX_MAPPING = {"submitted_at": "提交答卷时间", "seconds": "所用时间"}
#: What else 问卷星 may add about the respondent; never read further.
WJX_IGNORE = (*WJX_META, "用户ID", "姓名", "部门", "昵称", "自定义字段")

_OLD_OPTION = re.compile(r"第[0-9]{1,3}题\(")


@dataclass(frozen=True)
class Sniffed:
    """What a file was found to be, and why."""

    kind: str
    platform: str
    form: Form | None
    encoding: str | None
    why: str


def sniff(path: str | os.PathLike[str]) -> Sniffed:
    r"""Say what wrote a file and how, by looking into it.

    Parameters
    ----------
    path : path
        A workbook or CSV.

    Returns
    -------
    Sniffed
        ``kind`` (xlsx, xls, csv), ``platform`` (wjx, table), ``form`` (text, code; None where a
        问卷星 file does not tell), ``encoding`` (CSV only) and ``why``, a Chinese sentence.

    Raises
    ------
    ExportError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "电话回访.csv")
    ...     _ = file.write_text("客户编号,整体满意度\nC1,满意\n", encoding="gb18030")
    ...     found = sniff(file)
    >>> found.kind, found.platform, found.encoding
    ('csv', 'table', 'gb18030')
    >>> found.why
    '表头里没有问卷星的固定列，按普通表格读取'
    """
    file = Path(path)
    return _sniff(read_grid(_bytes(file), file=file.name), file.name)


def read(path: str | os.PathLike[str], study: Study | None = None) -> RawTable:
    r"""Read one raw file as text, every row with its address.

    Parameters
    ----------
    path : path
        A workbook (.xlsx, .xls) or CSV (UTF-8, UTF-16 with mark, GB18030).
    study : Study, optional
        Its sources say what the file is for; without it the file is taken for responses.

    Returns
    -------
    RawTable
        The cells as they are, and what the study file and the file itself say of them.

    Raises
    ------
    ExportError
        If no source claims the file, or it cannot be read right; the Chinese message gives file,
        sheet or line, and the remedy.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "电话回访.csv")
    ...     _ = file.write_text("客户编号,整体满意度\nC1,满意\n合计,1\n", encoding="utf-8")
    ...     raw = read(file)
    >>> raw.rows.to_dict("records")
    [{'客户编号': 'C1', '整体满意度': '满意'}]
    >>> raw.non_data["why"].tolist()
    ['header', 'total']
    """
    file = Path(path)
    name = "/".join(file.parts[-3:]) if study else file.name
    source = _source(file, study) if study else None
    data = _bytes(file)
    grid = read_grid(
        data,
        file=name,
        encoding=source.encoding if source else None,
        sheet=source.sheet if source else None,
    )
    found = _sniff(grid, file.name)
    digest = hashlib.sha256(data).hexdigest()
    rows, non_data, malformed = build(
        grid.cells, digest=digest, sheet_number=grid.sheet_number, file=name
    )
    if not len(rows) + len(malformed):
        raise ExportError(f"{name}：只有表头，没有一行数据；请核对导出的时间范围后重新导出。")
    reader = source.reader if source else found.platform
    if reader == "wjx" and found.platform != "wjx":
        raise ExportError(f"{name}：来源写的是问卷星（wjx），但{found.why}；请核对 reader 或文件。")
    is_wjx = reader == "wjx"
    return RawTable(
        file=name,
        digest=digest,
        role=source.role if source else "responses",
        channel=source.channel if source else None,
        reader=reader,
        form=_form(found, source, name) if is_wjx else "text",
        platform=found.platform,
        encoding=grid.encoding,
        sheet=grid.sheet,
        mapping={**(WJX_MAPPING if is_wjx else {}), **(source.mapping if source else {})},
        ignore=(*(WJX_IGNORE if is_wjx else ()), *(source.ignore if source else ())),
        lacks=source.lacks if source else (),
        rows=rows,
        non_data=non_data,
        malformed=malformed,
    )


def read_all(paths: Iterable[str | os.PathLike[str]], study: Study) -> tuple[RawTable, ...]:
    """Read every raw file of a quarter; each file and each source must find its match.

    Files of the shared folder ``all`` that no source claims belong to other lines and are left.

    Parameters
    ----------
    paths : iterable of path
        The quarter's files, such as `csatlib.store.raw` lists.
    study : Study
        Its sources say what each file is for.

    Returns
    -------
    tuple of RawTable
        In the order of the files' paths.

    Raises
    ------
    ExportError
        If a source finds no file, a file no source, or one file lies there twice.

    Examples
    --------
    >>> from csatlib import store
    >>> study = store.study("ops_company")
    >>> raw = read_all(store.raw("2026Q3", "ops_company"), study)
    >>> [(table.role, table.platform) for table in raw if table.channel]
    [('twin', 'wjx'), ('responses', 'wjx'), ('responses', 'table')]
    """
    files = sorted(Path(p) for p in paths)
    for source in study.sources:
        if not source.optional and not any(_claims(source, f) for f in files):
            folder = "all" if source.folder == "all" else study.line
            raise ExportError(
                f"{folder}/{source.glob}：没有找到这样的文件（{source.role}）；"
                "请把导出文件放进该季度的文件夹，或在来源里写 optional: true。"
            )
    shared = {f for f in files if f.parent.name == "all"}
    wanted = [f for f in files if f not in shared or _claimants(f, study)]
    tables = tuple(read(f, study) for f in wanted)
    first: dict[str, str] = {}
    for table in tables:
        if table.digest in first:
            raise ExportError(
                f"{table.file} 与 {first[table.digest]} 内容完全相同；请删去其中一个。"
            )
        first[table.digest] = table.file
    return tables


def _claims(source: Source, file: Path) -> bool:
    in_shared = file.parent.name == "all"
    return in_shared == (source.folder == "all") and fnmatch.fnmatchcase(file.name, source.glob)


def _claimants(file: Path, study: Study) -> list[Source]:
    return [s for s in study.sources if _claims(s, file)]


def _source(file: Path, study: Study) -> Source:
    claimants = _claimants(file, study)
    name = "/".join(file.parts[-3:])
    if not claimants:
        globs = "、".join(s.glob for s in study.sources)
        raise ExportError(
            f"{name}：研究文件里没有来源认领这个文件（已有的样式：{globs}）；"
            "请在 sources 里补一条，或把文件移走。"
        )
    if len(claimants) > 1:
        globs = "、".join(s.glob for s in claimants)
        raise ExportError(f"{name}：有多个来源认领这个文件（{globs}）；请让样式互不重叠。")
    return claimants[0]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ExportError(f"{file.name}：没有这个文件；请检查路径。") from None
    except OSError as error:
        raise ExportError(f"{file.name}：读不了（{error.strerror}）；请检查权限。") from None


def _sniff(grid: Grid, name: str) -> Sniffed:
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


def _form(found: Sniffed, source: Source | None, name: str) -> Form:
    stated = source.form if source else None
    if stated and found.form and stated != found.form:
        raise ExportError(f"{name}：来源写的 form 是 {stated}，但{found.why}；请核对。")
    form = stated or found.form
    if form is None:
        raise ExportError(
            f"{name}：{found.why}；请用“按文本”重新导出，或在来源里写 form: text 或 code。"
        )
    return form
