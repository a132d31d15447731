"""Whether more interviews would bring new themes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.themes.shaping import require, tabled, typed

__all__ = ["saturation", "saturation_point"]


def saturation(
    coded: pd.DataFrame, *, seed: int = 0, orders: int = 200, conf: float = 0.95
) -> pd.DataFrame:
    """Count how many themes so many interviews bring, whatever order they are held in.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded_turns``, every row of every interview: who voiced no theme counts too.
    seed : int
        For the random orders of the band.
    orders : int
        How many random orders.
    conf : float
        The part of the orders that the band holds.

    Returns
    -------
    DataFrame
        Table ``saturation``, one row a number of interviews, from 1: ``themes``, the mean number
        of different themes over all orders; ``low`` and ``high``, between which it lies in
        ``conf`` of the random orders; ``new``, how many the last interview adds in the mean.

    Raises
    ------
    ValueError
        If a column is missing, ``orders`` is less than 1, or ``conf`` is not between 0 and 1.

    Notes
    -----
    The mean is exact: Σ over themes of 1 − C(n − m, k) / C(n, k), for a theme that m of n
    interviews voice, and k interviews (Colwell et al. 2012, the classic rarefaction curve of
    samples). The band is that of ``orders`` drawn orders.

    Examples
    --------
    >>> coded = pd.DataFrame({"interview_id": ["a", "a", "b"], "theme": ["x", "y", "x"]})
    >>> saturation(coded)[["interviews", "themes", "new"]].values.tolist()
    [[1, 1.5, 1.5], [2, 2.0, 0.5]]
    """
    if orders < 1 or not 0 < conf < 1:
        raise ValueError(
            f"saturation: expected orders of at least 1 and conf between 0 and 1, "
            f"found {orders} and {conf}"
        )
    voiced = _voiced(coded)
    n, themes = voiced.shape
    if not n:
        return schema.empty("saturation")
    k = np.arange(1, n + 1)
    mean = (1 - _missed(n, voiced.sum(axis=0).tolist(), k)).sum(axis=1) if themes else np.zeros(n)
    counts = np.array([_cumulated(voiced[order]) for order in _orders(n, orders, seed)])
    low, high = np.quantile(counts, [(1 - conf) / 2, (1 + conf) / 2], axis=0)
    columns = {"interviews": k, "themes": mean, "low": low, "high": high}
    return typed(pd.DataFrame({**columns, "new": np.diff(mean, prepend=0)}), "saturation")


def _missed(n: int, holding: Sequence[int], k: np.ndarray) -> np.ndarray:
    """Give the chance that k of n interviews hold none of the m that voice a theme."""
    return np.array([[comb(n - m, held) / comb(n, held) for m in holding] for held in k.tolist()])


def _cumulated(voiced: np.ndarray) -> np.ndarray:
    return np.logical_or.accumulate(voiced, axis=0).sum(axis=1)


def _orders(n: int, orders: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    return (rng.permutation(n) for _ in range(orders))


def saturation_point(
    coded: pd.DataFrame,
    order: Sequence[str] | None = None,
    *,
    base: int = 4,
    run: int = 2,
    threshold: float = 0.05,
    seed: int = 0,
    orders: int = 200,
) -> pd.DataFrame:
    """Say after how many interviews hardly a new theme came up.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded_turns``, every row of every interview.
    order : sequence of str, optional
        The interviews' numbers in the order in which they were held; by number without it.
    base : int
        So many first interviews are what new themes are compared with.
    run : int
        So many interviews are looked at together for new themes.
    threshold : float
        New themes of a run over themes of the base, at which saturation is called.
    seed, orders : int
        For random orders, which tell how much hangs on the order that happened to be.

    Returns
    -------
    DataFrame
        Table ``saturation_point``, one row: ``base``, ``run``, ``threshold``; ``interviews`` and
        ``themes`` in all; ``base_themes``, the different themes of the base; ``reached_at``, the
        last interview of the first run at or below the threshold, NA where none is;
        ``orders_reached``, the share of random orders that get there; ``reason``: ``few``
        (fewer interviews than base and run together), ``no_themes`` or NA.

    Raises
    ------
    ValueError
        If a column is missing, a number is less than 1, the threshold is below 0, or ``order``
        names other interviews than ``coded``.

    Notes
    -----
    Base size, run length and new-information threshold are those of Guest, Namey and Chen (2020),
    "A simple method to assess and report thematic saturation in qualitative research", PLoS ONE
    15(5): e0232076; runs follow each other one interview apart. They propose 4 to 6, 2 to 3, and
    5 % or nothing at all.

    Examples
    --------
    >>> coded = pd.DataFrame({"interview_id": list("abcdef"), "theme": list("xyxyxx")})
    >>> found = saturation_point(coded)
    >>> found[["base_themes", "reached_at"]].values.tolist()
    [[2, 6]]
    """
    if min(base, run, orders) < 1 or threshold < 0:
        raise ValueError(
            f"saturation_point: expected base, run and orders of at least 1 and a threshold from "
            f"0, found {base}, {run}, {orders} and {threshold}"
        )
    require(coded, ("interview_id", "theme"), "saturation_point")
    held = sorted(coded["interview_id"].unique()) if order is None else list(order)
    if sorted(held) != sorted(coded["interview_id"].unique()):
        raise ValueError("order: expected every interview of coded once, found others")
    voiced = _voiced(coded, held)
    n = len(held)
    first = int(voiced[:base].any(axis=0).sum())
    settings = (base, run, threshold)
    reached = _reached(voiced, *settings)
    often = [_reached(voiced[o], *settings) is not None for o in _orders(n, orders, seed)]
    reason = "few" if n < base + run else "no_themes" if not first else None
    row = [*settings, n, voiced.shape[1], first, reached if reason is None else None]
    row += [None if reason else float(np.mean(often)), reason]
    return tabled([row], "saturation_point")


def _reached(voiced: np.ndarray, base: int, run: int, threshold: float) -> int | None:
    known = _cumulated(voiced) if len(voiced) else np.zeros(0, dtype=int)
    for last in range(base + run, len(voiced) + 1):
        new = known[last - 1] - known[last - run - 1]
        # Divided, 1 of 20 is 0.05 to the last bit; multiplied, it may miss the threshold.
        if known[base - 1] and new / known[base - 1] <= threshold:
            return last
    return None


def _voiced(coded: pd.DataFrame, held: Sequence[str] | None = None) -> np.ndarray:
    """Say which interview (row) voices which theme (column)."""
    require(coded, ("interview_id", "theme"), "saturation")
    rows = sorted(coded["interview_id"].unique()) if held is None else list(held)
    pairs = coded.loc[coded["theme"].notna(), ["interview_id", "theme"]].drop_duplicates()
    columns = sorted(pairs["theme"].unique())
    voiced = np.zeros((len(rows), len(columns)), dtype=bool)
    at = {name: place for place, name in enumerate(rows)}
    of = {name: place for place, name in enumerate(columns)}
    voiced[pairs["interview_id"].map(at), pairs["theme"].map(of)] = True
    return voiced
