"""What one cell of the calibration is: samples drawn, a public function called, a promise held."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "Cell",
    "Drawn",
    "Result",
    "Tally",
    "covered",
    "in_pieces",
    "rejected",
    "run",
    "seed_of",
]


@dataclass(frozen=True)
class Drawn:
    """Samples, one a value of ``replicate``, and what is true of the population they are from.

    ``truth`` is one number, or one a replicate; ``previous`` the quarter before, where there is
    one.
    """

    df: pd.DataFrame
    truth: Any = None
    previous: pd.DataFrame | None = None

    @property
    def replicates(self) -> int:
        """How many samples there are."""
        return int(self.df["replicate"].iloc[-1]) + 1


@dataclass(frozen=True)
class Tally:
    """How many samples there were, how many gave a result, how many of these were hits.

    A hit is an interval that holds the truth, or a test that rejects. ``flat`` counts intervals of
    no width, which are never to be published.
    """

    samples: int = 0
    published: int = 0
    hits: int = 0
    flat: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.samples + other.samples,
            self.published + other.published,
            self.hits + other.hits,
            self.flat + other.flat,
        )


@dataclass(frozen=True)
class Cell:
    """One promise: what is estimated, from which samples, and between which percentages.

    ``make`` draws a number of samples, ``measure`` calls the library on them. Without ``low`` and
    ``high`` the cell informs and promises nothing. A ``control`` is a method known to be wrong: it
    has to miss the band that the right one keeps.
    """

    family: str
    name: str
    design: str
    n: int
    make: Callable[[np.random.Generator, int], Drawn]
    measure: Callable[[Drawn], Tally]
    low: float | None = None
    high: float | None = None
    replicates: int = 10_000
    batch: int = 1_000
    control: bool = False

    @property
    def key(self) -> str:
        """The cell by its words: no two are alike, and the seed comes from it."""
        return f"{self.family} | {self.name} | {self.design} | {self.n}"


@dataclass(frozen=True)
class Result:
    """What a cell measured."""

    cell: Cell
    tally: Tally
    seconds: float

    @property
    def percent(self) -> float:
        """Hits among the results, in percent."""
        return 100 * self.tally.hits / self.tally.published if self.tally.published else np.nan

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of ``percent``, in points."""
        share = self.percent / 100
        return 100 * np.sqrt(share * (1 - share) / max(self.tally.published, 1))

    @property
    def inside(self) -> bool:
        """Whether the measured value lies in the band as given, and no interval is flat."""
        low = -np.inf if self.cell.low is None else self.cell.low
        high = np.inf if self.cell.high is None else self.cell.high
        return bool(low <= self.percent <= high) and not self.tally.flat

    @property
    def verdict(self) -> str:
        """``holds`` or ``BROKEN``; of a control ``caught`` or ``MISSED``; else ``stated``."""
        if self.cell.control:
            return "MISSED" if self.inside else "caught"
        if self.cell.low is None and self.cell.high is None:
            return "BROKEN" if self.tally.flat else "stated"
        return "holds" if self.inside else "BROKEN"

    @property
    def failed(self) -> bool:
        """Whether the suite fails because of this cell."""
        return self.verdict in ("BROKEN", "MISSED")


def seed_of(cell: Cell, batch: int) -> np.random.SeedSequence:
    """Give each batch of a cell random numbers of its own, the same in every run."""
    return np.random.SeedSequence([zlib.crc32(cell.key.encode()), batch])


def run(cell: Cell, replicates: int | None = None) -> Result:
    """Draw the samples of a cell batch by batch, and count the hits."""
    start = process_time()
    wanted = cell.replicates if replicates is None else min(replicates, cell.replicates)
    tally = Tally()
    for number, first in enumerate(range(0, wanted, cell.batch)):
        rng = np.random.default_rng(seed_of(cell, number))
        tally += cell.measure(cell.make(rng, min(cell.batch, wanted - first)))
    return Result(cell, tally, process_time() - start)


# ---- counting ------------------------------------------------------------------------------------


def covered(
    table: pd.DataFrame, truth: Any, *, low: str = "ci_low", high: str = "ci_high"
) -> Tally:
    """Count the intervals of an estimates table that hold the truth, one a row."""
    lower, upper = (table[name].to_numpy(dtype=float, na_value=np.nan) for name in (low, high))
    published = np.isfinite(lower) & np.isfinite(upper)
    hit = published & (lower <= truth) & (truth <= upper)
    return Tally(
        samples=len(table),
        published=int(published.sum()),
        hits=int(hit.sum()),
        flat=int((published & ~(lower < upper)).sum()),
    )


def rejected(p: Sequence[float] | pd.Series, *, level: float = 0.05) -> Tally:
    """Count the tests that reject; a sample without a test claims nothing and counts as none."""
    values = pd.Series(p, dtype="Float64").to_numpy(dtype=float, na_value=np.nan)
    hits = int((values <= level).sum())
    return Tally(samples=len(values), published=len(values), hits=hits)


def in_pieces(
    df: pd.DataFrame, size: int, estimate: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """Call an estimator on some samples at a time, where the cost grows faster than the samples.

    The samples have to be sorted by ``replicate``.
    """
    numbers = df["replicate"].to_numpy()
    starts = np.arange(0, numbers[-1] + size + 1, size)
    cuts = np.searchsorted(numbers, starts)
    pieces = [estimate(df.iloc[a:b]) for a, b in pairwise(cuts) if b > a]
    return pd.concat(pieces, ignore_index=True)
