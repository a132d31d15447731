"""Each group against the rest when its members are drawn anew from all respondents."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

__all__ = ["drawn_statistics", "pooled_against_rest", "welch_against_rest"]

Statistic = Callable[[np.ndarray, np.ndarray, np.ndarray, tuple[float, float, float]], np.ndarray]

#: Numbers held at once.
_BLOCK = 4_000_000


def welch_against_rest(
    n: np.ndarray, sums: np.ndarray, squares: np.ndarray, total: tuple[float, float, float]
) -> np.ndarray:
    """Give Welch's t of each group against all others, from sums and sums of squares.

    ``total`` holds the number, the sum and the sum of squares of all answers. Without any
    variance t is 0 where the means are equal and infinite where they are not.
    """
    others, rest_sums, rest_squares = total[0] - n, total[1] - sums, total[2] - squares
    own = np.maximum(squares - sums * sums / n, 0) / (n * (n - 1))
    rest = np.maximum(rest_squares - rest_sums * rest_sums / others, 0) / (others * (others - 1))
    apart = sums / n - rest_sums / others
    variance = own + rest
    # Sums of squares leave dust where all answers of a side are equal.
    nothing = variance <= 1e-13 * total[2] / total[0] / np.minimum(n, others)
    equal = np.abs(apart) <= 1e-12 * np.sqrt(total[2] / total[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = apart / np.sqrt(variance)
    return np.where(nothing, np.where(equal, 0.0, np.copysign(np.inf, apart)), t)


def pooled_against_rest(
    n: np.ndarray, sums: np.ndarray, squares: np.ndarray, total: tuple[float, float, float]
) -> np.ndarray:
    """Give the difference of each group from all others in units of the variance of all answers.

    It is what yes and no call for: a small group that agrees has no variance of its own, and by
    Welch's t any such group would look infinitely far from the rest.
    """
    del squares
    others = total[0] - n
    apart = sums / n - (total[1] - sums) / others
    spread = (total[2] - total[1] ** 2 / total[0]) / max(total[0] - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = apart / np.sqrt(max(spread, 0) * (1 / n + 1 / others))
    return np.where(np.isfinite(z), z, 0.0)


def drawn_statistics(
    values: np.ndarray,
    codes: np.ndarray,
    tested: np.ndarray,
    *,
    permutations: int,
    seed: int,
    statistic: Statistic = welch_against_rest,
) -> np.ndarray:
    """Give the size of each tested group's statistic under random exchanges of the answers.

    Shape (``permutations``, tested groups). What is drawn depends on the answers that there are
    and on the sizes of the groups, not on the order of the rows nor on the names of the groups.
    """
    random = np.random.default_rng(seed)
    shifted = np.sort(values - values.mean())
    sizes = np.bincount(codes, minlength=int(tested.max()) + 1)[tested]
    sums = np.bincount(codes, weights=values - values.mean(), minlength=int(tested.max()) + 1)
    place = np.lexsort((sums[tested], sizes))
    n = sizes[place].astype(float)
    total = float(len(shifted)), float(shifted.sum()), float(shifted @ shifted)
    drawn = np.empty((permutations, len(tested)))
    first = 0
    for one, two in _sums(shifted, sizes[place], permutations, random):
        last = first + len(one)
        drawn[first:last, place] = np.abs(statistic(n, one, two, total))
        first = last
    return drawn


def _sums(
    ordered: np.ndarray, sizes: np.ndarray, permutations: int, random: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw the sums and the sums of squares of all groups, some permutations at a time."""
    changes = np.flatnonzero(np.diff(ordered)) + 1
    starts = np.append(0, changes)
    scores, counts = ordered[starts], np.diff(np.append(starts, len(ordered)))
    rest = len(ordered) - int(sizes.sum())
    # How often each group gets each score is a random table with these margins: for answers on a
    # scale that is drawn without shuffling the respondents.
    if 2 * len(scores) * (len(sizes) + 1) < len(ordered) and len(scores) > 1:
        from scipy.stats import random_table

        rows = np.append(sizes, rest) if rest else sizes
        tables = random_table(rows, counts)
        block = max(1, _BLOCK // (len(rows) * len(scores)))
        for first in range(0, permutations, block):
            count = min(block, permutations - first)
            table = tables.rvs(count, random_state=random).reshape(count, len(rows), len(scores))
            chosen = table[:, : len(sizes)].astype(float)
            yield chosen @ scores, chosen @ (scores * scores)
        return
    bounds = np.append(0, np.cumsum(sizes))[:-1]
    used = int(sizes.sum())
    block = max(1, _BLOCK // len(ordered))
    for first in range(0, permutations, block):
        shape = (min(block, permutations - first), len(ordered))
        shuffled = random.permuted(np.broadcast_to(ordered, shape), axis=1)[:, :used]
        yield (
            np.add.reduceat(shuffled, bounds, axis=1),
            np.add.reduceat(shuffled * shuffled, bounds, axis=1),
        )
