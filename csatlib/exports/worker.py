"""What runs in the child process: one raw file into one Arrow table with what was learnt.

The parent starts it with bare stand-ins for the packages, so that pandas is never loaded here.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any

from csatlib.exports.guard import Limits, kind_of
from csatlib.exports.layout import check_merged, header_row
from csatlib.exports.refusal import ExportError

__all__ = ["REFUSED", "TOO_LARGE", "WIDTH", "Job", "main", "parse"]

#: Exit codes: the file was refused, with the message in the output; memory did not suffice.
REFUSED, TOO_LARGE = 3, 4
#: The column that tells how many cells a record has, where they differ.
WIDTH = "width"


@dataclass(frozen=True)
class Job:
    """One file to parse: where it lies, what it is called, and what the study file says of it."""

    path: str
    file: str
    limits: Limits
    encoding: str | None = None
    sheet: str | None = None
    header: int | None = None

    def dumped(self) -> str:
        """Write the job as one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def loaded(cls, text: str) -> Job:
        """Read a job from the line that `dumped` wrote."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "limits": Limits(**fields["limits"])})


def parse(data: bytes, job: Job, *, irregular: bool = True) -> Any:
    """Parse a file's bytes into an Arrow table of text; the schema's metadata tells the rest.

    Without ``irregular``, None for a CSV that has to be read record by record.

    Raises
    ------
    ExportError
        For a file that cannot be read right.
    """
    kind = kind_of(data, file=job.file, encoding=job.encoding)
    facts: dict[str, Any] = {"kind": kind, "encoding": None, "sheet": None, "sheet_number": 1}
    notes: tuple[str, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    widths = None
    if kind == "csv":
        from csatlib.exports.delimited import read_csv

        stated = {"file": job.file, "encoding": job.encoding, "limits": job.limits}
        found = read_csv(data, **stated, irregular=irregular)
        if found is None:
            return None
        table, widths, facts["encoding"] = found
    elif kind == "sav":
        from csatlib.exports.spss import read_sav

        table = read_sav(job.path, file=job.file, limits=job.limits)
    else:
        table, told, notes, merged = _workbook(data, kind, job)
        facts |= told
    header = header_row(table, job.header, file=job.file)
    notes = (*notes, *check_merged(table, merged, header, file=job.file))
    facts |= {"header": header, "notes": notes, "rows": table.num_rows}
    if widths is not None:
        table = table.append_column(WIDTH, widths)
    return table.replace_schema_metadata({"csatlib": json.dumps(facts, ensure_ascii=False)})


def _workbook(data: bytes, kind: str, job: Job) -> tuple[Any, dict[str, Any], Any, Any]:
    import pyarrow as pa

    from csatlib.exports.sheets import read_workbook

    cells = read_workbook(data, kind, file=job.file, sheet=job.sheet, limits=job.limits)
    table = pa.table(
        [pa.array(c, pa.large_string()) for c in cells.columns],
        names=[str(i) for i in range(len(cells.columns))],
    )
    return table, {"sheet": cells.name, "sheet_number": cells.number}, cells.notes, cells.merged


def main() -> int:
    """Parse the file on standard input; write the table, or the refusal, to standard output."""
    job = Job.loaded(sys.argv[2])
    _limit(int(sys.argv[3]), float(sys.argv[4]))
    try:
        import pyarrow as pa

        pa.set_cpu_count(min(4, os.cpu_count() or 1))
        with os.fdopen(0, "rb", closefd=False) as source:
            data = source.read()
        table = parse(data, job)
        with pa.PythonFile(sys.stdout.buffer) as sink, pa.ipc.new_file(sink, table.schema) as out:
            out.write_table(table)
    except ExportError as refused:
        sys.stdout.buffer.write(str(refused).encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return REFUSED
    except MemoryError:
        return TOO_LARGE
    return 0


def _limit(memory: int, seconds: float) -> None:
    """Bind this process; a system that knows a limit only by name (macOS) is left without it."""
    import resource

    wanted = (
        ("RLIMIT_AS", memory),
        ("RLIMIT_FSIZE", memory),
        ("RLIMIT_CPU", int(seconds) * 4 + 1),  # several threads; ends an orphan at last
        ("RLIMIT_CORE", 0),
    )
    for name, value in wanted:
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):
            continue
