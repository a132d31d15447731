"""Pairs of ways to read the same survey file, run in turns; prints medians and ratios.

    python benchmarks/reading.py [--rows 1000000] [--workbook-rows 50000] [--rounds 5] [--only NAME]

Every file is made here from a seed, in a folder that is deleted at the end.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow

from csatlib import exports

WORDS = ["非常满意", "满意", "一般", "不满意", "非常不满意"]
PARTS = [
    "客服态度好",
    "等候时间太长",
    "修了两次还没修好",
    "建议增加网点",
    "响应很快",
    "希望尽快处理",
    "价格偏高",
]


def rows(count: int, luck: random.Random) -> list[list[str]]:
    """Make answers like those of a real survey: ids, times, wordings, scores, comments."""
    header = ["序号", "客户编号", "提交时间", *(f"{i}、第{i}题" for i in range(1, 27)), "意见建议"]
    made = [header]
    for number in range(count):
        wordings = [WORDS[luck.randrange(5)] for _ in range(13)]
        scores = [str(luck.randrange(1, 11)) for _ in range(13)]
        comment = "，".join(luck.sample(PARTS, 2)) + str(luck.randrange(5000))
        time_ = f"2026/7/{luck.randrange(1, 29)} 9:{luck.randrange(10, 60)}:03"
        made.append([str(number), f"C{number:07d}", time_, *wordings, *scores, comment])
    return made


def write_csv(path: Path, cells: list[list[str]], encoding: str) -> Path:
    """Write a CSV as survey platforms do, without quotation marks."""
    with path.open("w", encoding=encoding, newline="") as out:
        out.writelines(",".join(line) + "\n" for line in cells)
    return path


def write_xlsx(path: Path, cells: list[list[str]]) -> Path:
    """Write a workbook; numbers become numbers."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("答卷")
    for line in cells:
        sheet.append([int(c) if c.isdigit() else c for c in line])
    book.save(path)
    return path


def plain_arrow(path: Path, encoding: str) -> pa.Table:
    """Read as plainly as pyarrow can, all columns as text."""
    with path.open(encoding=encoding) as lines:
        names = lines.readline().strip().split(",")
    return arrow.read_csv(
        path,
        read_options=arrow.ReadOptions(encoding=encoding),
        convert_options=arrow.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def compare(name: str, ways: dict[str, Callable[[], object]], rounds: int) -> None:
    """Run two ways in turns, the first one first in every other round."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    worked: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(rounds):
        for way in list(ways)[:: 1 if round_ % 2 else -1]:
            start, busy = time.perf_counter(), processor_seconds()
            ways[way]()
            taken[way].append(time.perf_counter() - start)
            worked[way].append(processor_seconds() - busy)
    one, other = ways
    print(f"{name}, median of {rounds} pairs")
    for what, spent in (("elapsed", taken), ("processor", worked)):
        ratio = statistics.median(b / a for a, b in zip(spent[one], spent[other], strict=True))
        times = ", ".join(f"{way} {statistics.median(t):.2f} s" for way, t in spent.items())
        print(f"  {what}: {times}; {other} / {one} = {ratio:.2f}", flush=True)


def processor_seconds() -> float:
    """Give what this process and its children have worked so far."""
    return sum(os.times()[:4])


def main() -> None:
    """Make the files and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workbook-rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["workbook", "codes", "arrow", "cache"])
    options = parser.parse_args()
    wanted = {options.only} if options.only else {"workbook", "codes", "arrow", "cache"}
    versions = f"pandas {pd.__version__}, pyarrow {pa.__version__}"
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}", flush=True)
    luck = random.Random(20260703)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if "workbook" in wanted:
            book = write_xlsx(folder / "book.xlsx", rows(options.workbook_rows, luck))
            compare(
                f"xlsx, {options.workbook_rows} x 30",
                {
                    "csatlib": lambda: exports.read(book),
                    "pandas+openpyxl": lambda: pd.read_excel(book, engine="openpyxl"),
                },
                options.rounds,
            )
        if wanted - {"workbook"}:
            cells = rows(options.rows, luck)
            utf = write_csv(folder / "utf8.csv", cells, "utf-8")
            chinese = write_csv(folder / "gb18030.csv", cells, "gb18030")
            del cells
            size = f"CSV, {options.rows} x 30"
        if "codes" in wanted:
            compare(
                size,
                {
                    "UTF-8": lambda: exports.read(utf),
                    "GB18030": lambda: exports.read(chinese),
                },
                options.rounds,
            )
        if "arrow" in wanted:
            compare(
                f"{size}, GB18030",
                {
                    "csatlib": lambda: exports.read(chinese),
                    "plain pyarrow": lambda: plain_arrow(chinese, "gb18030"),
                },
                options.rounds,
            )
        if "cache" in wanted:
            kept = folder / "cache"
            exports.read(chinese, cache=kept)
            compare(
                f"{size}, GB18030",
                {
                    "from the cache": lambda: exports.read(chinese, cache=kept),
                    "parsed": lambda: exports.read(chinese),
                },
                options.rounds,
            )


if __name__ == "__main__":
    main()
