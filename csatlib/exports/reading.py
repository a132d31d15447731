"""From a path to a `RawTable`: which source claims the file, which platform wrote it."""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa

from csatlib.exports.cache import entry_name, kept, look_up
from csatlib.exports.grid import Grid, arrow, parsed, read_grid
from csatlib.exports.platforms import Sniffed, contradiction, form_of, identify, settings
from csatlib.exports.table import ExportError, RawTable, build
from csatlib.study import Source, Study

__all__ = ["Sniffed", "read", "read_all", "sniff", "source_of", "spoken"]

Stamp = tuple[int, int, int]


def sniff(path: str | os.PathLike[str]) -> Sniffed:
    r"""Say what wrote a file and how, by looking into it.

    Parameters
    ----------
    path : path
        A workbook or CSV.

    Returns
    -------
    Sniffed
        ``kind`` (xlsx, xls, csv), ``platform`` (wjx, tencent, forms, zentao, jira, table),
        ``form`` (text, code, score; None where a 问卷星 file does not tell), ``encoding`` (CSV
        only) and ``why``, a Chinese sentence.

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
    '表头里没有问卷平台或工单系统的固定列，按普通表格读取'
    """
    file = Path(path)
    return identify(read_grid(file, file=file.name), file.name)


def read(
    path: str | os.PathLike[str],
    study: Study | None = None,
    *,
    cache: str | os.PathLike[str] | None = None,
) -> RawTable:
    r"""Read one raw file as text, every row with its address.

    Workbooks and large irregular CSVs are parsed in a child process with limits of memory and
    time, so that no file, however damaged, takes the caller's process with it; a regular CSV is
    parsed here, by a parser that needs no more than a few times its size.

    Parameters
    ----------
    path : path
        A workbook (.xlsx, .xls), CSV (UTF-8, UTF-16 with mark, GB18030) or SPSS file (.sav).
    study : Study, optional
        Its sources say what the file is for; without it the file is taken for responses.
    cache : path, optional
        A folder in which the parsed file is kept, so that the same bytes are parsed once. It holds
        the raw file's text, **personal data included**: it is for its owner only (mode 0700, its
        files 0600) and must be deleted when the raw file is. None keeps nothing.

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
    source = source_of(file, study) if study else None
    if source is not None and source.role == "interviews":
        raise ExportError(f"{name}：这是访谈文稿，不是表格；请用 exports.transcripts 读取。")
    grid, digest = _grid(file, name, source, cache)
    found = identify(grid, file.name)
    rows, non_data, malformed = build(grid, digest=digest, file=name)
    if not len(rows) + len(malformed):
        raise ExportError(f"{name}：只有表头，没有一行数据；请核对导出的时间范围后重新导出。")
    reader = source.reader if source else found.platform
    contradiction(found, source, name)
    taken = [column for q in study.questions for column in (q.id, *q.columns)] if study else []
    mapping, ignore, device = settings(reader, source, rows.columns, taken=taken)
    return RawTable(
        file=name,
        digest=digest,
        role=source.role if source else "responses",
        channel=source.channel if source else None,
        reader=reader,
        form=form_of(found, source, name) if reader == "wjx" else "text",
        platform=found.platform,
        encoding=grid.encoding,
        sheet=grid.sheet,
        mapping=mapping,
        ignore=ignore,
        lacks=source.lacks if source else (),
        rows=rows,
        non_data=non_data,
        malformed=malformed,
        personal=dict(source.personal) if source else {},
        device=device,
        notes=grid.notes,
    )


def read_all(
    paths: Iterable[str | os.PathLike[str]],
    study: Study,
    *,
    cache: str | os.PathLike[str] | None = None,
    roles: Sequence[str] | None = None,
) -> tuple[RawTable, ...]:
    """Read every raw file of a quarter; each file and each source must find its match.

    Files of the shared folder ``all`` that no source claims belong to other lines and are left;
    interview transcripts are no tables and are left to `transcripts`.

    Parameters
    ----------
    paths : iterable of path
        The quarter's files, such as `csatlib.store.raw` lists.
    study : Study
        Its sources say what each file is for.
    cache : path, optional
        A folder in which parsed files are kept, as in `read`; it holds personal data.
    roles : sequence of str, optional
        Read the files of these roles only, such as ``customers`` and ``tickets`` before anybody
        has answered; other files are neither read nor missed.

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
    require_sources(files, study, roles=roles)
    wanted = claimed(files, study)
    if roles is not None:
        wanted = tuple(f for f in wanted if any(s.role in roles for s in _claimants(f, study)))
    tables = tuple(read(f, study, cache=cache) for f in wanted)
    first: dict[str, str] = {}
    for table in tables:
        if table.digest in first:
            raise ExportError(
                f"{table.file} 与 {first[table.digest]} 内容完全相同；请删去其中一个。"
            )
        first[table.digest] = table.file
    return tables


def claimed(paths: Iterable[str | os.PathLike[str]], study: Study) -> tuple[Path, ...]:
    """List the tables that a study has to read: all files but those of other lines.

    Interview transcripts are not among them: `transcripts` reads these.

    Parameters
    ----------
    paths : iterable of path
        The quarter's files, such as `csatlib.store.raw` lists.
    study : Study
        Its sources say what each file is for.

    Returns
    -------
    tuple of Path
        By path, without the files of the shared folder ``all`` that no source claims, and without
        those that only a source of role ``interviews`` claims.

    Examples
    --------
    >>> from csatlib import store
    >>> study = store.study("ops_company")
    >>> len(claimed(store.raw("2026Q3", "ops_company"), study))
    8
    """
    files = sorted(Path(p) for p in paths)
    own = [f for f in files if f.parent.name != "all" or _claimants(f, study)]
    return tuple(f for f in own if not _is_spoken(f, study))


def spoken(paths: Iterable[str | os.PathLike[str]], study: Study) -> tuple[Path, ...]:
    """List the interview transcripts among a quarter's files, by path."""
    return tuple(f for f in sorted(Path(p) for p in paths) if _is_spoken(f, study))


def _is_spoken(file: Path, study: Study) -> bool:
    claimants = _claimants(file, study)
    return bool(claimants) and all(s.role == "interviews" for s in claimants)


def require_sources(
    paths: Iterable[str | os.PathLike[str]], study: Study, *, roles: Sequence[str] | None = None
) -> None:
    """Make sure that every source of a study that is not optional has a file.

    Parameters
    ----------
    paths : iterable of path
        The quarter's files, such as `csatlib.store.raw` lists.
    study : Study
        Its sources say what each file is for.
    roles : sequence of str, optional
        Look at sources of these roles only.

    Returns
    -------
    None

    Raises
    ------
    ExportError
        If no file has a name that the source's ``glob`` fits.

    Examples
    --------
    >>> from csatlib import store
    >>> study = store.study("ops_company")
    >>> require_sources(store.raw("2026Q3", "ops_company"), study)
    """
    files = [Path(p) for p in paths]
    for source in study.sources:
        wanted = roles is None or source.role in roles
        if wanted and not source.optional and not any(_claims(source, f) for f in files):
            folder = "all" if source.folder == "all" else study.line
            raise ExportError(
                f"{folder}/{source.glob}：没有找到这样的文件（{source.role}）；"
                "请把导出文件放进该季度的文件夹，或在来源里写 optional: true。"
            )


def _claims(source: Source, file: Path) -> bool:
    in_shared = file.parent.name == "all"
    return in_shared == (source.folder == "all") and fnmatch.fnmatchcase(file.name, source.glob)


def _claimants(file: Path, study: Study) -> list[Source]:
    return [s for s in study.sources if _claims(s, file)]


def source_of(file: Path, study: Study) -> Source:
    """Give the one source that claims a file; none and several are refused."""
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


def _grid(
    file: Path, name: str, source: Source | None, cache: str | os.PathLike[str] | None
) -> tuple[Grid, str]:
    """Read a file's cells, from the cache where they are kept, and the SHA-256 of its bytes."""
    settings = (source.encoding, source.sheet, source.header) if source else (None, None, None)
    before = _stamp(file)
    with ThreadPoolExecutor(1) as beside:
        hashed = beside.submit(_digest, file)
        if cache is None:
            table = _table(file, name, settings, before)
        else:
            folder, entry = Path(cache), entry_name(hashed.result(), settings)
            table = look_up(folder, entry)
            if table is None:
                table = kept(_table(file, name, settings, before), folder, entry)
        digest = hashed.result()
    if _stamp(file) != before:
        raise _changed(name)
    return parsed(table), digest


def _table(
    file: Path, name: str, settings: tuple[str | None, str | None, int | None], before: Stamp
) -> pa.Table:
    encoding, sheet, header = settings
    table = arrow(file, file=name, encoding=encoding, sheet=sheet, header=header)
    if _stamp(file) != before:
        raise _changed(name)
    return table


def _changed(name: str) -> ExportError:
    return ExportError(f"{name}：文件在读取时变了；请等它写完后再读。")


def _stamp(file: Path) -> Stamp:
    """Give what changes with a file's content."""
    with _told(file):
        facts = file.stat()
        return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _digest(file: Path) -> str:
    with _told(file), file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ExportError(f"{file.name}：没有这个文件；请检查路径。") from None
    except OSError as error:
        raise ExportError(f"{file.name}：读不了（{error.strerror}）；请检查权限。") from None
