"""Which items belong to which dimension, and how distinct the dimensions' items are (HTMT)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

__all__ = ["checked", "heterotrait", "members"]


def checked(
    items: pd.DataFrame, dimensions: Mapping[str, Sequence[str]], caller: str
) -> dict[str, list[str]]:
    """Return the dimensions as lists, or say what is wrong with them."""
    if not isinstance(items, pd.DataFrame):
        raise TypeError(f"{caller}: expected a DataFrame, found {type(items).__name__}")
    if not isinstance(dimensions, Mapping) or not dimensions:
        raise ValueError(f"{caller}: expected dimensions as a mapping of name to items, not empty")
    found: dict[str, list[str]] = {}
    for name, given in dimensions.items():
        if isinstance(given, str) or not isinstance(given, Collection) or not len(given):
            raise ValueError(
                f"{caller}: expected a list of one or more items for {name!r}, found {given!r}"
            )
        found[str(name)] = [str(item) for item in given]
    named = [item for given in found.values() for item in given]
    absent = [item for item in named if item not in items.columns]
    if absent:
        raise ValueError(f"{caller}: the items {absent} are no columns of items: {[*items]}")
    twice = sorted({item for item in named if named.count(item) > 1})
    if twice:
        raise ValueError(
            f"{caller}: the items {twice} belong to two dimensions or stand twice in one; "
            f"an item belongs to one"
        )
    return found


def members(dimensions: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Give the number of the dimension of each item, in the order of the items."""
    return np.repeat(np.arange(len(dimensions)), [len(given) for given in dimensions.values()])


def heterotrait(
    matrix: np.ndarray, factor: np.ndarray, a: int, b: int
) -> tuple[float, float, str | None]:
    """Give HTMT of two dimensions, its form with geometric means, and a reason.

    Both on absolute correlations, so that turning an item changes nothing.
    """
    sizes = np.bincount(factor)
    if min(sizes[a], sizes[b]) < 2:
        return np.nan, np.nan, "single_item"
    absolute = np.abs(matrix)
    between = absolute[np.ix_(factor == a, factor == b)].ravel()
    within = []
    for each in (a, b):
        block = absolute[np.ix_(factor == each, factor == each)]
        within.append(block[np.triu_indices(len(block), 1)])
    if min(np.prod(part) for part in within) <= 0:
        return np.nan, np.nan, "uncorrelated"
    arithmetic = between.mean() / np.sqrt(within[0].mean() * within[1].mean())
    logs = [np.log(part).mean() for part in within]
    with np.errstate(divide="ignore"):
        geometric = np.exp(np.log(between).mean() - sum(logs) / 2)
    return float(arithmetic), float(geometric), None
