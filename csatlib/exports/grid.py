"""A raw file as a grid of text cells, parsed in a child process that cannot harm this one."""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, overload

import pyarrow as pa
import pyarrow.compute as pc

from csatlib.exports.guard import Limits, check_size, kind_of
from csatlib.exports.refusal import ExportError
from csatlib.exports.worker import REFUSED, TOO_LARGE, WIDTH, Job, parse
from csatlib.scales import plain

__all__ = ["Grid", "Rows", "first_line", "parsed", "read_grid"]

_PACKAGE = Path(__file__).resolve().parents[1]
#: Bare stand-ins for the packages: their own `__init__` files would load pandas for nothing. Arrow
#: too would load pandas and numpy where it could; it needs neither, and they take longest to start.
_START = """
import sys, types
for name in ("csatlib", "csatlib.exports"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [sys.argv[1] + "/exports" * name.endswith("exports")]
if sys.argv[5] != "sav":
    sys.modules["numpy"] = sys.modules["pandas"] = None
from csatlib.exports.worker import main
sys.exit(main())
"""
#: A CSV up to this size cannot exhaust memory or time, whatever is in it. A larger one is parsed
#: here only where Arrow can, in memory a few times its size: through a child that takes twice as
#: long. What has to be read record by record, each cell an object, goes to the child.
_SMALL_CSV = 4 << 20


class Rows(Sequence[list[str]]):
    """The rows of a table as lists of text, made only where they are looked at."""

    def __init__(self, table: pa.Table, widths: pa.ChunkedArray | None) -> None:
        self._table, self._widths = table, widths

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, item: int) -> list[str]: ...
    @overload
    def __getitem__(self, item: slice) -> Rows: ...
    def __getitem__(self, item: int | slice) -> list[str] | Rows:
        if isinstance(item, slice):
            start, stop, step = item.indices(len(self))
            if step != 1:
                raise ValueError("rows are taken one after the other: the step must be 1")
            long = max(stop - start, 0)
            widths = None if self._widths is None else self._widths.slice(start, long)
            return Rows(self._table.slice(start, long), widths)
        if not -len(self) <= item < len(self):
            raise IndexError(f"row {item} of {len(self)}")
        place = item % len(self)
        return next(iter(self[place : place + 1]))

    def __iter__(self) -> Iterator[list[str]]:
        for start in range(0, len(self), 500):
            part = self._table.slice(start, 500)
            rows = zip(*(c.to_pylist() for c in part.columns), strict=True)
            if self._widths is None:
                yield from map(list, rows)
            else:
                widths = self._widths.slice(start, 500).to_pylist()
                yield from (list(r[:w]) for r, w in zip(rows, widths, strict=True))


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of one sheet as text, with what was learnt on the way.

    ``table`` has one column of text for each column of the sheet and one row for each of its rows;
    ``widths`` tells how many cells a row really has, None where all have as many; ``header`` is
    the row of headers, counted from zero.
    """

    table: pa.Table
    kind: str
    header: int
    encoding: str | None = None
    sheet: str | None = None
    sheet_number: int = 1
    notes: tuple[str, ...] = ()
    widths: pa.ChunkedArray | None = None

    @cached_property
    def cells(self) -> Rows:
        """The rows from the headers on; looking at all of them is slow, at the first few is not."""
        return Rows(self.table, self.widths)[self.header :]

    def holds(self, marks: Iterable[str]) -> bool:
        """Say whether any cell below the headers holds one of several marks."""
        below = self.table.slice(self.header + 1)
        return any(
            pc.any(pc.match_substring(column, mark)).as_py()
            for column in below.columns
            for mark in marks
        )


def read_grid(
    path: Path,
    *,
    file: str,
    encoding: str | None = None,
    sheet: str | None = None,
    header: int | None = None,
    limits: Limits | None = None,
    child: bool = True,
) -> Grid:
    """Read every cell of a workbook's one filled sheet, a CSV or a SAV file, as text.

    Parameters
    ----------
    path : Path
        The file.
    file : str
        What messages call it.
    encoding, sheet, header : optional
        What the study file says: the encoding, the sheet's name, the row of headers from one.
    limits : Limits, optional
        How much the file may take.
    child : bool
        Whether to parse in a child process; without it the limits of memory and time do not hold.

    Raises
    ------
    ExportError
        For a file that is no table, is damaged or too much, has a password or several filled
        sheets, or whose encoding is not certain.
    """
    return parsed(
        arrow(
            path,
            file=file,
            encoding=encoding,
            sheet=sheet,
            header=header,
            limits=limits,
            child=child,
        )
    )


def arrow(
    path: Path,
    *,
    file: str,
    encoding: str | None = None,
    sheet: str | None = None,
    header: int | None = None,
    limits: Limits | None = None,
    child: bool = True,
) -> pa.Table:
    """Read a file as `read_grid` does, into the Arrow table that `parsed` takes apart."""
    limits = limits or Limits()
    job = Job(os.fspath(path.absolute()), file, limits, encoding, sheet, header)
    with _opened(path, file) as source:
        size = os.fstat(source.fileno()).st_size
        check_size(size, limits, file=file)
        if not child:
            return parse(source.read(), job)
        # Bytes of zero are judged later, with the whole file; here any encoding may have them.
        kind = kind_of(_head(source, size), file=file, encoding="utf-16")
        if kind == "csv" and limits == Limits():
            table = parse(source.read(), job, irregular=size <= _SMALL_CSV)
            if table is not None:
                return table
            source.seek(0)
        return _in_child(source, job, kind, limits.memory(size, kind), limits.time(size))


def parsed(table: pa.Table) -> Grid:
    """Take what was learnt out of a table's metadata."""
    facts: dict[str, Any] = json.loads(table.schema.metadata[b"csatlib"])
    widths = table.column(WIDTH) if WIDTH in table.column_names else None
    if widths is not None:
        table = table.drop_columns([WIDTH])
    facts.pop("rows")
    return Grid(table, widths=widths, **{**facts, "notes": tuple(facts["notes"])})


def _head(source: IO[bytes], size: int) -> bytes:
    """Look at a file's beginning; of one that begins with nothing, at all of it."""
    head = source.read(4096)
    rest = source.read() if not head.strip(b"\x00 \t\r\n") and size < 1 << 26 else b""
    source.seek(0)
    return head + rest


def _opened(path: Path, file: str) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise ExportError(f"{file}：没有这个文件；请检查路径。") from None
    except OSError as error:
        raise ExportError(f"{file}：读不了（{error.strerror}）；请检查权限。") from None


def _in_child(source: IO[bytes], job: Job, kind: str, memory: int, seconds: float) -> pa.Table:
    """Parse in a process of its own; whatever becomes of it is told as a refusal."""
    told_to = [os.fspath(_PACKAGE), job.dumped(), str(memory), str(seconds), kind]
    command = [sys.executable, "-P", "-c", _START, *told_to]
    # Fewer threads and pools: each would reserve address space that counts against the limit.
    spare = {
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }
    with _hidden_file() as out, tempfile.TemporaryFile() as told:
        try:
            done = subprocess.run(
                command,
                stdin=source,
                stdout=out,
                stderr=told,
                timeout=seconds,
                env={**os.environ, **spare},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ExportError(
                f"{job.file}：读了 {seconds:.0f} 秒还没有读完，已停止；请把文件拆小，或另存为 CSV。"
            ) from None
        if done.returncode == 0:
            # The pages stay readable after the file is closed, as long as the table lives.
            pages = mmap.mmap(out.fileno(), 0, prot=mmap.PROT_READ)
            return pa.ipc.open_file(pa.BufferReader(pa.py_buffer(pages))).read_all()
        out.seek(0)
        told.seek(0)
        raise _failed(done.returncode, out.read(65_536), told.read(65_536), job.file, memory)


def _failed(code: int, said: bytes, told: bytes, file: str, memory: int) -> ExportError:
    if code == REFUSED:
        return ExportError(said.decode("utf-8", "replace"))
    lack = (b"memory allocation", b"MemoryError", b"bad_alloc", b"Cannot allocate")
    killed = (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGXFSZ, TOO_LARGE)
    if code in killed or any(words in told for words in lack):
        return ExportError(
            f"{file}：读取时超出了内存上限（{memory >> 20} MB），已停止；"
            "请把文件拆小，或另存为 CSV。"
        )
    if code == -signal.SIGXCPU:
        return ExportError(f"{file}：读取用时超过上限，已停止；请把文件拆小，或另存为 CSV。")
    # Of a traceback only the kind of error is told: its words may quote an answer.
    last = told.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1].split(":")[0][:80]
    how = f"信号 {-code}" if code < 0 else last or f"退出码 {code}"
    return ExportError(
        f"{file}：读取的进程异常终止（{how}），文件可能已损坏；请用 Excel 打开后另存再放进来。"
    )


def _hidden_file() -> IO[bytes]:
    """Open a file without a name, in memory where the system can: answers never touch the disk."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("csatlib"), "w+b")
    return tempfile.TemporaryFile()


def first_line(cells: Sequence[Sequence[str]]) -> list[str]:
    """Give the first row that is not blank, in one spelling."""
    for row in cells:
        if any(plain(cell) for cell in row):
            return [plain(cell) for cell in row]
    return []
