"""Importances of drivers by csatlib and by pingouin, and what their intervals cost.

    python benchmarks/importance.py [--rounds 5] [--drivers 15] [--pingouin /path/to/python]
    python benchmarks/importance.py --only pingouin|bootstrap|sizes

pingouin is no dependency: where it is not beside csatlib, name the Python of an environment that
has it. It is timed inside that process, on the same rows. The bootstrap is held against making
the resampled correlation matrices alone, by ``numpy.corrcoef`` of the drawn rows and in the way
csatlib makes them.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from csatlib import drivers
from csatlib.drivers.products import correlations, read_complete
from csatlib.drivers.resampling import resampled_factors
from csatlib.drivers.sharing import share_out

IN_PINGOUIN = """
import sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd, pingouin
df = pd.read_csv("sample.csv")
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    found = pingouin.linear_regression(df.drop(columns="overall"), df["overall"], relimp=True)
    print(time.perf_counter() - start)
found["relimp"].iloc[1:].to_csv("found.csv", index=False, float_format="%.17g")
"""


def sample(rows: int, count: int, seed: int = 20261122) -> pd.DataFrame:
    """Make answers of 1 to 5 to correlated drivers and an outcome."""
    luck = np.random.default_rng(seed)
    latent = luck.normal(size=(rows, 1)) + luck.normal(size=(rows, count))
    outcome = latent @ np.linspace(0.5, 0, count) + luck.normal(size=rows) * 2
    scores = np.clip(np.round(3.6 + np.column_stack([latent, outcome]) * 0.7), 1, 5)
    return pd.DataFrame(scores, columns=[*(f"q{i:02d}" for i in range(count)), "overall"])


def names(df: pd.DataFrame) -> list[str]:
    """Name the drivers."""
    return list(df.columns[:-1])


def timed(way: Callable[[], object]) -> tuple[float, object]:
    """Give elapsed seconds, and what came of it."""
    clock = time.perf_counter()
    made = way()
    return time.perf_counter() - clock, made


def point(df: pd.DataFrame) -> np.ndarray:
    """Share R² out without intervals."""
    complete = read_complete(df, "overall", names(df), None)
    return share_out(complete, kind="linear", method="lmg", units=len(df)).estimate()


def against_pingouin(count: int, rounds: int, python: str) -> None:
    """Time pingouin inside its own process, on the same rows."""
    df = sample(1_000, count)
    with tempfile.TemporaryDirectory() as folder:
        df.to_csv(Path(folder, "sample.csv"), index=False)
        made = subprocess.run(
            [python, "-c", IN_PINGOUIN, str(rounds)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            print(f"  pingouin is not installed, or stopped: {made.stderr[-100:].strip()}")
            return
        theirs = [float(line) for line in made.stdout.split()]
        found = pd.read_csv(Path(folder, "found.csv")).to_numpy().ravel()
    point(df)
    ours = [timed(lambda: point(df)) for _ in range(max(rounds, 5))]
    middle = statistics.median(taken for taken, _ in ours)
    print(
        f"  csatlib {middle:.4f} s, pingouin {statistics.median(theirs):.2f} s, ratio "
        f"{statistics.median(theirs) / middle:.0f}"
    )
    print(f"  largest relative difference: {np.max(np.abs(found / ours[0][1] - 1)):.1e}")


def against_correlations(rows: int, count: int, n_boot: int, rounds: int) -> None:
    """Hold the whole call against making its resampled correlation matrices, in turns."""
    df = sample(rows, count)
    complete = read_complete(df, "overall", names(df), None)
    sums = share_out(complete, kind="linear", method="lmg", units=rows).sums
    answers = df.to_numpy()

    def own() -> np.ndarray:
        drawn = resampled_factors(df, complete.structure, n_boot=n_boot, seed=1)
        return correlations(np.concatenate([factors @ sums for factors in drawn]), count + 1)

    def plain() -> list[np.ndarray]:
        luck = np.random.default_rng(1)
        draws = (luck.integers(rows, size=rows) for _ in range(n_boot))
        return [np.corrcoef(answers[drawn], rowvar=False) for drawn in draws]

    def whole() -> pd.DataFrame:
        return drivers.importance(df, "overall", names(df), n_boot=n_boot, seed=1)

    whole()
    taken = [[timed(way)[0] for way in (whole, own, plain)] for _ in range(rounds)]
    for name, place in (("as csatlib makes them", 1), ("by numpy.corrcoef", 2)):
        ratios = [one[0] / one[place] for one in taken]
        print(
            f"  importance {statistics.median(one[0] for one in taken):.3f} s, correlations "
            f"{name} {statistics.median(one[place] for one in taken):.3f} s, ratio "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )


def sizes(rounds: int) -> None:
    """Print the time of whole calls, and of the importances alone by the number of drivers."""
    df = sample(900, 8)
    df["satisfied"] = df["overall"] >= 4
    whole = {
        "linear, 200 resamples": ("linear", "overall", 200, 0),
        "linear, 200 resamples, 999 flips": ("linear", "overall", 200, 999),
        "logistic, 200 resamples": ("logistic", "satisfied", 200, 0),
        "ordinal, 200 resamples": ("ordinal", "overall", 200, 0),
    }
    for name, (kind, outcome, n_boot, flips) in whole.items():
        taken = [
            timed(
                lambda k=kind, o=outcome, b=n_boot, p=flips: drivers.importance(
                    df, o, names(df)[:8], kind=k, n_boot=b, permutations=p, seed=1
                )
            )[0]
            for _ in range(rounds)
        ]
        print(f"  900 rows, 8 drivers, {name}: {statistics.median(taken):.3f} s")
    for count in (10, 15, 20, 22):
        df = sample(1_000, count)
        taken = [timed(lambda df=df: point(df))[0] for _ in range(rounds)]
        print(f"  1,000 rows, {count} drivers, no resamples: {statistics.median(taken):.4f} s")


def main() -> None:
    """Run the comparisons that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--drivers", type=int, default=15)
    parser.add_argument("--pingouin", default=sys.executable)
    parser.add_argument("--only", choices=["pingouin", "bootstrap", "sizes"])
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    if given.only in (None, "sizes"):
        print("growth")
        sizes(given.rounds)
    if given.only in (None, "bootstrap"):
        print("1,000 resamples, 10,000 rows, 10 drivers")
        against_correlations(10_000, 10, 1_000, given.rounds)
    if given.only in (None, "pingouin"):
        print(f"pingouin, 1,000 rows, {given.drivers} drivers")
        against_pingouin(given.drivers, min(given.rounds, 2), given.pingouin)


if __name__ == "__main__":
    main()
