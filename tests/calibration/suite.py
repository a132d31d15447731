"""All cells, run in two processes, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from calibration import (
    branches,
    calibrated_weights,
    controls,
    designed_samples,
    measures,
    reliability,
    simple_samples,
    two_quarters,
)
from calibration.cells import Cell, Result, Tally, run

__all__ = ["CELLS", "choose", "report", "row", "run_all"]

CELLS: tuple[Cell, ...] = (
    *simple_samples.CELLS,
    *designed_samples.CELLS,
    *calibrated_weights.CELLS,
    *two_quarters.CELLS,
    *branches.CELLS,
    *reliability.CELLS,
    *measures.CELLS,
    *controls.CELLS,
)


def choose(cells: Sequence[Cell], words: str) -> list[Cell]:
    """Keep the cells whose words hold a text."""
    return [cell for cell in cells if words in cell.key]


def run_all(
    cells: Sequence[Cell], *, samples: int | None = None, processes: int = 2
) -> Iterator[Result]:
    """Measure the cells and give the results in their order."""
    if processes == 1:
        yield from (run(cell, samples) for cell in cells)
        return
    numbers = [CELLS.index(cell) for cell in cells]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        counted = pool.map(_count, numbers, [samples] * len(numbers))
        for cell, (tally, seconds) in zip(cells, counted, strict=True):
            yield Result(cell, tally, seconds)


def _count(number: int, samples: int | None) -> tuple[Tally, float]:
    """Measure a cell known by its number: how it draws and counts cannot be sent to a process."""
    found = run(CELLS[number], samples)
    return found.tally, found.seconds


def promise(cell: Cell) -> str:
    """Say the band of a cell."""
    if cell.low is None and cell.high is None:
        return "—"
    if cell.low is None:
        return f"≤ {cell.high:g} %"
    if cell.high is None:
        return f"≥ {cell.low:g} %"
    return f"{cell.low:g}–{cell.high:g} %" if cell.low < cell.high else f"{cell.low:g} %"


def row(result: Result) -> str:
    """Write one row of the table."""
    cell, tally = result.cell, result.tally
    without = 100 * (1 - tally.published / tally.samples)
    numbers = f"{result.percent:.2f} | {result.error:.2f} | {without:.2f}"
    return (
        f"| {cell.family} | {cell.name} | {cell.design} | {cell.n} | {tally.samples} | "
        f"{promise(cell)} | {numbers} | {result.verdict} |"
    )


def report(results: Iterable[Result]) -> int:
    """Print the table as it grows; 1 where a promise is broken or a wrong method passes."""
    print(
        "| family | what | design | n | samples | promised | measured % | ± | without % | verdict |"
    )
    print("|---|---|---|---:|---:|---|---:|---:|---:|---|")
    found = []
    for result in results:
        print(row(result), flush=True)
        found.append(result)
    failed = [result for result in found if result.failed]
    samples = sum(result.tally.samples for result in found)
    seconds = sum(result.seconds for result in found)
    print(f"\n{len(found)} cells, {samples:,} samples, {seconds:.0f} CPU seconds; ", end="")
    print(f"{len(failed)} failed" if failed else "all hold, every wrong method was caught")
    for result in failed:
        print(
            f"{result.verdict}: {result.cell.key}: {result.percent:.2f} %, {promise(result.cell)}"
        )
    return 1 if failed else 0
