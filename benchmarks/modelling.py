"""An ordered logit of five levels on ten drivers, by csatlib and by statsmodels, in turns.

    python benchmarks/modelling.py [--rows 20000,1000000] [--rounds 1] [--only own]

The answers are made here from a seed: drivers scored 1 to 5 that go together, and an outcome of
five levels. Each side gets arrays in memory; everything from there to the coefficients and their
standard errors is timed: reading and checking the columns on our side, and on the other
``OrderedModel(…).fit(method="bfgs")`` with its standard errors, which it takes from numerical
second derivatives. Coefficients and standard errors are held against each other.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from csatlib import drivers

NAMES = [f"q{number}" for number in range(1, 11)]


def answers(rows: int, seed: int = 20261122) -> pd.DataFrame:
    """Make correlated scores from 1 to 5 and an outcome of five levels."""
    luck = np.random.default_rng(seed)
    mood = luck.normal(size=(rows, 1))
    scores = np.clip(np.rint(3.6 + 0.7 * mood + 0.9 * luck.normal(size=(rows, 10))), 1, 5)
    df = pd.DataFrame(scores, columns=NAMES)
    lean = scores @ np.linspace(-0.1, 0.6, 10) + luck.logistic(size=rows)
    df["overall"] = np.digitize(lean, np.quantile(lean, [0.04, 0.12, 0.35, 0.75])) + 1
    return df


def own(df: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Fit with csatlib."""
    table = drivers.fit(df, "overall", NAMES, kind="ordinal", errors="classical")
    return table["estimate"].to_numpy(dtype=float), table["se"].to_numpy(dtype=float)


def theirs(df: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Fit with statsmodels, whose thresholds are logarithms of their distances."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    model = OrderedModel(df["overall"].to_numpy(), df[NAMES].to_numpy(), distr="logit")
    found = model.fit(method="bfgs", disp=False, maxiter=500, gtol=1e-8)
    place = np.asarray(found.params)
    cuts = model.transform_threshold_params(place[len(NAMES) :])[1:-1]
    return np.append(place[: len(NAMES)], cuts), np.asarray(found.bse)


def timed(way: Callable[[], tuple]) -> tuple[float, float, tuple]:
    """Give elapsed and processor seconds of this process, and what came of it."""
    clock, processor = time.perf_counter(), time.process_time()
    made = way()
    return time.perf_counter() - clock, time.process_time() - processor, made


def against_statsmodels(rows: int, rounds: int, *, alone: bool) -> None:
    """Run both in one process, in turns, and print medians and the largest differences."""
    df = answers(rows)
    own(answers(1_000))
    sides = (own,) if alone else (own, theirs)
    taken: list[list[tuple]] = [[] for _ in sides]
    for number in range(rounds):
        for side in range(len(sides)) if number % 2 else reversed(range(len(sides))):
            taken[side].append(timed(lambda side=side: sides[side](df)))
    for index, kind in enumerate(("elapsed", "processor")):
        middles = [statistics.median(each[index] for each in one) for one in taken]
        line = f"  {kind}: csatlib {middles[0]:.3f} s"
        if not alone:
            ratios = [b[index] / a[index] for a, b in zip(*taken, strict=True)]
            line += f", statsmodels {middles[1]:.2f} s, ratio {statistics.median(ratios):.0f}"
        print(line)
    if not alone:
        (place, se), (other, its) = taken[0][0][2], taken[1][0][2]
        count = len(NAMES)
        print(f"  largest difference of a coefficient: {np.abs(place - other).max():.1e}")
        print(
            f"  largest relative difference of a standard error of a driver: "
            f"{np.abs(se[:count] / its[:count] - 1).max():.1e}"
        )


def main() -> None:
    """Run the comparisons that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="20000,1000000")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", choices=["own"])
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    for rows in map(int, given.rows.split(",")):
        print(f"ordered logit, {rows:,} rows, 10 drivers, 5 levels")
        against_statsmodels(rows, given.rounds, alone=given.only == "own")


if __name__ == "__main__":
    main()
