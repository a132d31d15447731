"""Ten means by domain with their standard errors, by csatlib and by its peers, in turns.

    python benchmarks/estimating.py [--rounds 5] [--only svy|r|slope|memory] [--sizes 100000x20,…]

The sample is made here from a seed: 50 strata of 40 clusters, unequal weights, ten items from 1 to
5. ``svy`` (the Python package) and R's ``survey`` are compared with where they are installed; else
it says that they are not. Each side gets its table in memory, in its own form; everything from
there to the estimates and standard errors of all items and domains is timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from csatlib import estimates

ITEMS = [f"q{number}" for number in range(1, 11)]
DESIGN = estimates.Design(weight="weight", stratum="stratum", cluster="cluster")
SIZES = ((100_000, 20), (1_000_000, 20), (1_000_000, 200))

IN_R = """
suppressMessages(library(survey))
df <- read.csv("sample.csv")
design <- svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, data = df, nest = TRUE)
items <- paste0("q", 1:10)
for (round in seq_len(ROUNDS)) {
  taken <- system.time(found <- lapply(items, function(item)
    svyby(as.formula(paste("~", item)), ~branch, design, svymean)))
  cat(taken[["elapsed"]], "\\n")
}
out <- do.call(rbind, lapply(seq_along(items), function(i) data.frame(item = items[i],
  branch = found[[i]]$branch, estimate = found[[i]][[items[i]]], se = found[[i]]$se)))
write.csv(format(out, digits = 17), "found.csv", row.names = FALSE)
"""


def sample(rows: int, domains: int, seed: int = 20261122) -> pd.DataFrame:
    """Make a stratified, clustered and weighted sample with domains that cut across clusters."""
    luck = np.random.default_rng(seed)
    df = pd.DataFrame({item: luck.integers(1, 6, rows).astype(float) for item in ITEMS})
    df["stratum"] = luck.integers(0, 50, rows)
    df["cluster"] = luck.integers(0, 40, rows)
    df["weight"] = luck.uniform(1, 3, rows)
    df["branch"] = luck.integers(0, domains, rows)
    return df


def own(df: pd.DataFrame) -> pd.DataFrame:
    """Estimate all means with csatlib."""
    return estimates.mean(df, ITEMS, by=["branch"], design=DESIGN)


def timed(way: Callable[[], object]) -> tuple[float, float, object]:
    """Give elapsed and processor seconds of this process, and what came of it."""
    clock, processor = time.perf_counter(), time.process_time()
    made = way()
    return time.perf_counter() - clock, time.process_time() - processor, made


def told(name: str, ours: list[tuple], theirs: list[tuple]) -> None:
    """Print the medians of both sides and of the paired ratios."""
    for index, kind in enumerate(("elapsed", "processor")):
        one, other = [t[index] for t in ours], [t[index] for t in theirs]
        ratios = [b / a for a, b in zip(one, other, strict=True)]
        print(
            f"  {kind}: csatlib {statistics.median(one):.4f} s, {name} "
            f"{statistics.median(other):.4f} s, ratio {statistics.median(ratios):.0f} "
            f"({min(ratios):.0f} to {max(ratios):.0f})"
        )


def against_svy(rows: int, domains: int, rounds: int) -> None:
    """Run both in one process, in turns."""
    try:
        import polars
        import svy
    except ImportError:
        print("  svy is not installed")
        return
    df = sample(rows, domains)
    table = polars.from_pandas(df)
    plan = svy.Design(stratum="stratum", psu="cluster", wgt="weight")

    def theirs() -> list:
        made = svy.Sample(data=table, design=plan)
        return [made.estimation.mean(y=item, by="branch").to_polars() for item in ITEMS]

    both: list[list[tuple]] = [[], []]
    for number in range(rounds):
        for side in (0, 1) if number % 2 else (1, 0):
            both[side].append(timed((lambda: own(df), theirs)[side]))
    told("svy", *both)
    ours = both[0][0][2]
    found = polars.concat(both[1][0][2])
    agreement(ours, found["est"].to_numpy(), found["se"].to_numpy())


def against_r(rows: int, domains: int, rounds: int) -> None:
    """Time R inside R, on the same rows."""
    if shutil.which("Rscript") is None:
        print("  R is not installed")
        return
    df = sample(rows, domains)
    with tempfile.TemporaryDirectory() as folder:
        df.to_csv(Path(folder, "sample.csv"), index=False)
        script = IN_R.replace("ROUNDS", str(rounds))
        made = subprocess.run(
            ["Rscript", "-e", script], cwd=folder, capture_output=True, text=True, check=False
        )
        if made.returncode:
            print(f"  R has no survey package, or stopped: {made.stderr[-200:]}")
            return
        theirs = [float(line) for line in made.stdout.split()]
        found = pd.read_csv(Path(folder, "found.csv"))
    ours = [timed(lambda: own(df)) for _ in range(max(rounds, 3))]
    middle = statistics.median(t[0] for t in ours)
    print(
        f"  elapsed: csatlib {middle:.4f} s, R survey {statistics.median(theirs):.3f} s, ratio "
        f"{statistics.median(theirs) / middle:.0f}"
    )
    agreement(ours[0][2], found["estimate"].to_numpy(), found["se"].to_numpy())


def agreement(ours: pd.DataFrame, estimate: np.ndarray, se: np.ndarray) -> None:
    """Print the largest relative difference of an estimate and of a standard error."""
    for name, values in (("estimate", estimate), ("se", se)):
        known = ours[name].to_numpy(dtype=float)
        print(f"  largest relative difference, {name}: {np.max(np.abs(values / known - 1)):.1e}")


def slope() -> None:
    """Print how the time grows with the rows: 1 is linear."""
    rows = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
    taken = []
    for count in rows:
        df = sample(count, 20)
        own(df)
        taken.append(min(timed(lambda df=df: own(df))[1] for _ in range(3)))
        print(f"  {count:>10,} rows: {taken[-1]:.4f} s of the processor")
    last = np.diff(np.log(taken)) / np.diff(np.log(rows))
    print("  slope between neighbours: " + ", ".join(f"{value:.2f}" for value in last))


def memory() -> None:
    """Print the most memory held at once beside the table itself."""
    df = sample(1_000_000, 200)
    own(sample(1_000, 20))
    tracemalloc.start()
    own(df)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = df.memory_usage(deep=True).sum()
    print(f"  table {size / 1e6:.0f} MB, at most {most / 1e6:.0f} MB more: {most / size:.2f} times")


def main() -> None:
    """Run the comparisons that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["svy", "r", "slope", "memory"])
    parser.add_argument("--sizes", default=",".join(f"{rows}x{d}" for rows, d in SIZES))
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    sizes = [tuple(map(int, size.split("x"))) for size in given.sizes.split(",")]
    for rows, domains in sizes:
        for name, way in (("svy", against_svy), ("r", against_r)):
            if given.only in (None, name):
                print(f"{name}, 10 items, {rows:,} rows, {domains} domains")
                way(rows, domains, given.rounds)
    if given.only in (None, "slope"):
        print("growth with the rows, 10 items, 20 domains")
        slope()
    if given.only in (None, "memory"):
        print("memory, 10 items, 1,000,000 rows, 200 domains")
        memory()


if __name__ == "__main__":
    main()
