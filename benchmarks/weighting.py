"""Raking the same sample by csatlib and by its peers, in turns; prints medians and ratios.

    python benchmarks/weighting.py [--rows 1000000] [--rounds 5] [--tol 1e-10] [--only NAME]

The sample is made here from a seed: four margins of 31, 8, 5 and 4 levels, unequal base weights.
``svy`` (the Python package) and R's ``survey`` are compared with where they are installed; else it
says that they are not. Each pair is run to the same tolerance, and the weights are held against
each other. Reading the data is not timed, finding the levels of the columns is.
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
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from csatlib import weights

LEVELS = {"region": 31, "product": 8, "tier": 5, "channel": 4}

IN_R = """
suppressMessages(library(survey))
df <- read.csv("sample.csv", stringsAsFactors = TRUE)
totals <- read.csv("margins.csv", stringsAsFactors = FALSE)
columns <- unique(totals$column)
margins <- lapply(columns, function(name) {
  rows <- totals[totals$column == name, ]
  made <- data.frame(rows$level, Freq = rows$total); names(made)[1] <- name; made
})
design <- svydesign(id = ~1, weights = ~base, data = df)
for (round in seq_len(ROUNDS)) {
  taken <- system.time(raked <- rake(design, lapply(columns, function(n) as.formula(paste("~", n))),
    margins, control = list(maxit = 1000, epsilon = TOL)))
  cat(taken[["elapsed"]], "\\n")
}
writeBin(as.numeric(weights(raked)), "weights.bin")
"""


def sample(rows: int, seed: int = 20260704) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Make respondents whose composition differs from that of the customers."""
    luck = np.random.default_rng(seed)
    df = pd.DataFrame(
        {
            name: pd.Series(luck.choice(count, rows, p=luck.dirichlet(np.full(count, 5.0))))
            .map(f"{name}{{:02d}}".format)
            .astype("str")
            for name, count in LEVELS.items()
        }
    )
    df["base"] = luck.uniform(1, 20, rows)
    margins = {}
    for name in LEVELS:
        shares = df[name].value_counts(normalize=True).sort_index()
        shares *= luck.uniform(0.6, 1.6, len(shares))
        margins[name] = 50.0 * rows * shares / shares.sum()
    return df, margins


def in_turns(ways: dict[str, Callable[[], np.ndarray]], rounds: int) -> dict[str, np.ndarray]:
    """Run two ways in turns, the first one first in every other round; give their weights."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    given: dict[str, np.ndarray] = {}
    for round_ in range(rounds):
        for way in list(ways)[:: 1 if round_ % 2 else -1]:
            start = time.perf_counter()
            given[way] = ways[way]()
            taken[way].append(time.perf_counter() - start)
    one, other = ways
    ratios = [b / a for a, b in zip(taken[one], taken[other], strict=True)]
    for way, spent in taken.items():
        print(f"  {way}: median {statistics.median(spent):.4f} s", flush=True)
    print(
        f"  {other} / {one}: median {statistics.median(ratios):.1f}, "
        f"{min(ratios):.1f} to {max(ratios):.1f}"
    )
    return given


def agreement(one: np.ndarray, other: np.ndarray) -> None:
    """Print the largest relative difference between two sets of weights."""
    print(f"  largest relative difference of a weight: {np.abs(one / other - 1).max():.1e}")


def kinds(df: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Hold the margin columns as text, as categories and as whole numbers."""
    codes = {name: df[name].astype("category") for name in LEVELS}
    numbers = {name: column.cat.codes for name, column in codes.items()}
    return {"text": df, "categories": df.assign(**codes), "int8 codes": df.assign(**numbers)}


def own(df: pd.DataFrame, margins: dict[str, pd.Series], tol: float, rounds: int) -> None:
    """Show what the type of the columns costs."""
    print(f"csatlib by type of column, {len(df):,} rows, median of {rounds}")
    for name, held in kinds(df).items():
        known = margins
        if name == "int8 codes":
            known = {column: total.reset_index(drop=True) for column, total in margins.items()}
        spent = []
        for _ in range(rounds):
            start = time.perf_counter()
            weights.rake(held, known, base="base", tol=tol)
            spent.append(time.perf_counter() - start)
        print(f"  {name}: {statistics.median(spent):.4f} s", flush=True)


def against_svy(df: pd.DataFrame, margins: dict[str, pd.Series], tol: float, rounds: int) -> None:
    """Compare with the Python package svy."""
    try:
        import polars
        import svy
    except ImportError:
        print("svy is not installed: not compared")
        return
    controls = {name: total.to_dict() for name, total in margins.items()}
    for name, held in list(kinds(df).items())[:2]:
        data = polars.DataFrame({column: df[column].to_list() for column in df})
        if name == "categories":
            data = data.with_columns(polars.col(list(LEVELS)).cast(polars.Categorical))
        theirs = svy.Sample(data, svy.Design(wgt="base"))
        ways = {"csatlib": partial(own_weights, held, margins, tol)}
        ways["svy"] = partial(svy_weights, theirs, controls, tol)
        print(f"{len(df):,} rows, tolerance {tol:g}, {name}, {rounds} pairs, svy {svy.__version__}")
        given = in_turns(ways, rounds)
        agreement(given["csatlib"], given["svy"])


def own_weights(df: pd.DataFrame, margins: dict[str, pd.Series], tol: float) -> np.ndarray:
    """Rake by csatlib."""
    return weights.rake(df, margins, base="base", tol=tol).to_numpy()


def svy_weights(sample: object, controls: dict[str, dict], tol: float) -> np.ndarray:
    """Rake by svy."""
    made = sample.weighting.rake(controls=controls, tol=tol, max_iter=1000, wgt_name="raked")
    return made.data["raked"].to_numpy()


def against_r(df: pd.DataFrame, margins: dict[str, pd.Series], tol: float, rounds: int) -> None:
    """Compare with R's survey, which is timed inside R."""
    if shutil.which("Rscript") is None:
        print("R is not installed: not compared")
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        df.to_csv(folder / "sample.csv", index=False)
        rows = [(n, level, total) for n, t in margins.items() for level, total in t.items()]
        pd.DataFrame(rows, columns=["column", "level", "total"]).to_csv(folder / "margins.csv")
        script = IN_R.replace("ROUNDS", str(rounds)).replace("TOL", repr(tol))
        (folder / "rake.R").write_text(script, encoding="utf-8")
        told = subprocess.run(
            ["Rscript", "rake.R"], cwd=folder, capture_output=True, text=True, check=False
        )
        if told.returncode:
            print(f"R failed: {told.stderr.strip().splitlines()[-1]}")
            return
        theirs = [float(line) for line in told.stdout.split()]
        given = np.fromfile(folder / "weights.bin")
    ours = []
    for _ in range(rounds):
        start = time.perf_counter()
        raked = own_weights(df, margins, tol)
        ours.append(time.perf_counter() - start)
    print(f"{len(df):,} rows, tolerance {tol:g}, text, {rounds} rounds each")
    print(f"  csatlib: median {statistics.median(ours):.4f} s")
    print(f"  R survey: median {statistics.median(theirs):.4f} s")
    ratio = statistics.median(theirs) / statistics.median(ours)
    low, high = min(theirs) / max(ours), max(theirs) / min(ours)
    print(f"  R survey / csatlib: {ratio:.1f}, {low:.1f} to {high:.1f}")
    agreement(raked, given)


def main() -> None:
    """Make the sample and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tol", type=float, default=1e-10)
    parser.add_argument("--only", choices=["own", "svy", "r"])
    options = parser.parse_args()
    versions = f"numpy {np.__version__}, pandas {pd.__version__}"
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}", flush=True)
    df, margins = sample(options.rows)
    compared = {"own": own, "svy": against_svy, "r": against_r}
    for name, compare in compared.items():
        if options.only in (None, name):
            compare(df, margins, options.tol, options.rounds)


if __name__ == "__main__":
    main()
