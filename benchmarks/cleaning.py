"""Straight-lining by comparing columns against pandas' ``nunique(axis=1)``: paired median ratio.

Run from the checkout: ``python benchmarks/cleaning.py [rows] [items] [pairs]``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from csatlib.clean.quality import straight_line


def made(rows: int, items: int, *, seed: int) -> pd.DataFrame:
    """Draw answers from 1 to 5, one in twenty missing, one row in ten a straight line."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(1, 6, size=(rows, items))
    straight = rng.random(rows) < 0.1
    scores[straight] = scores[straight, :1]
    missing = rng.random((rows, items)) < 0.05
    columns = {f"q{i}": pd.array(scores[:, i], dtype="Int8") for i in range(items)}
    return pd.DataFrame(columns).mask(missing)


def by_row(scores: pd.DataFrame, at_least: int) -> pd.Series:
    """Count the different answers of every row, as one would in a notebook."""
    return (scores.nunique(axis=1) == 1) & (scores.notna().sum(axis=1) >= at_least)


def seconds(work: Callable[[], object]) -> float:
    """Time one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(rows: int = 1_000_000, items: int = 10, pairs: int = 3) -> None:
    """Run both in turn and print the median of the ratios; the results must be the same."""
    scores = made(rows, items, seed=0)
    sample = scores.iloc[:20_000]
    if not straight_line(sample, at_least=5).equals(by_row(sample, 5)):
        raise SystemExit("the two ways do not flag the same rows")
    timings = [
        (
            seconds(lambda: by_row(scores, 5)),
            statistics.median(seconds(lambda: straight_line(scores, at_least=5)) for _ in range(5)),
        )
        for _ in range(pairs)
    ]
    slow, fast = (statistics.median(side) for side in zip(*timings, strict=True))
    ratio = statistics.median(a / b for a, b in timings)
    print(f"{rows:,} rows x {items} items, {pairs} pairs")
    print(f"nunique(axis=1) {slow:.2f} s, comparing columns {fast:.4f} s, median ratio {ratio:.0f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
