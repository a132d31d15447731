"""Scales that were turned: by the words of their numbers, or by correlations of another sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from csatlib.exports.drift.answers import Answers

__all__ = ["Book", "all_mirrored", "order", "turned_items"]

Book = Mapping[int, str]

#: How many standard errors from zero a correlation must lie, on either side, to have turned.
_BEYOND = 4.0
_LEAST = 30


def order(before: Book, now: Book) -> str | None:
    """Compare the order of wordings that two code books share: ``turned``, ``other`` or None."""
    old = {wording: code for code, wording in before.items()}
    new = {wording: code for code, wording in now.items()}
    shared = sorted(set(old) & set(new), key=lambda wording: old[wording])
    codes = [new[wording] for wording in shared]
    if len(shared) < 2 or codes == sorted(codes):
        return None
    return "turned" if codes == sorted(codes, reverse=True) else "other"


def turned_items(before: Sequence[Answers], now: Sequence[Answers]) -> list[int]:
    """Find the items whose correlation with the others turned sign beyond chance.

    The leading eigenvector of the products of both quarters' correlations parts the items into
    two sides; the smaller is suspect. For each suspect r is its correlation with the mean of the
    other standardised items, each with the sign that it bore in the earlier quarter and, in the
    later one, the suspects turned back; z = artanh(r)·sqrt(n − 3) (Fisher 1921). An item has
    turned where z lies at least four above zero before and four below now.
    """
    usable = [i for i in range(len(before)) if _usable(before[i]) and _usable(now[i])]
    if len(usable) < 2:
        return []
    old, new = (_standard([side[i] for i in usable]) for side in (before, now))
    signs = np.sign(_correlations(old))
    sides = _sides(_correlations(old) * _correlations(new))
    if 2 * len(sides[0]) == len(usable):
        mirrored = [sum(_mirrors(before[usable[k]], now[usable[k]]) for k in s) for s in sides]
        if mirrored[0] == mirrored[1]:
            return sorted(usable[k] for k in _turned(old, new, signs, sides[0], ambiguous=sides[1]))
        sides = sides if mirrored[0] > mirrored[1] else sides[::-1]
    return sorted(usable[k] for k in _turned(old, new, signs, sides[0]))


def all_mirrored(before: Sequence[Answers], now: Sequence[Answers]) -> bool:
    """Say whether every scale of a file looks turned: nearer to its mirror image than to itself.

    Where all items turn together no correlation changes sign; only the distributions can tell.
    """
    pairs = [(a, b) for a, b in zip(before, now, strict=True) if min(a.n, b.n) >= _LEAST]
    return len(pairs) >= 3 and all(_mirrors(a, b, clearly=True) for a, b in pairs)


def _turned(
    old: np.ndarray,
    new: np.ndarray,
    signs: np.ndarray,
    suspects: Sequence[int],
    ambiguous: Sequence[int] = (),
) -> list[int]:
    back = np.ones(len(signs))
    back[list(suspects)] = -1
    # A suspect counts as it stands, against others that are turned back.
    clear = [
        k
        for k in suspects
        if _against_rest(old, signs[k], k) >= _BEYOND
        and _against_rest(new, signs[k] * back, k) <= -_BEYOND
    ]
    return [*clear, *(ambiguous if clear else ())]


def _sides(products: np.ndarray) -> tuple[list[int], list[int]]:
    """Part items by the signs of the leading eigenvector, the smaller side first."""
    leading = np.linalg.eigh(products)[1][:, -1]
    sides = (
        [k for k in range(len(leading)) if leading[k] < 0],
        [k for k in range(len(leading)) if leading[k] >= 0],
    )
    return sides if len(sides[0]) <= len(sides[1]) else sides[::-1]


def _usable(answers: Answers) -> bool:
    return answers.n >= _LEAST and float(np.nanstd(answers.numbers)) > 0


def _standard(answers: Sequence[Answers]) -> np.ndarray:
    """Lay items side by side, standardised: one row a respondent, NaN where nothing is known."""
    table = np.column_stack([a.numbers for a in answers])
    return (table - np.nanmean(table, axis=0)) / np.nanstd(table, axis=0)


def _correlations(table: np.ndarray) -> np.ndarray:
    """Correlate every two items over those who answered both; 0 below thirty."""
    held = ~np.isnan(table)
    both = held.T.astype(float) @ held
    filled = np.where(held, table, 0.0)
    products = filled.T @ filled / np.maximum(both, 1)
    return np.where(both >= _LEAST, products, 0.0)


def _against_rest(table: np.ndarray, weights: np.ndarray, k: int) -> float:
    """Give Fisher's z of an item with the others, in standard errors; 0 where it cannot be had."""
    others = [j for j in range(table.shape[1]) if j != k and weights[j]]
    held = ~np.isnan(table[:, k]) & ~np.isnan(table[:, others]).all(axis=1)
    if held.sum() < _LEAST or not others:
        return 0.0
    rest = np.nanmean(table[held][:, others] * weights[others], axis=1)
    own = table[held, k]
    if own.std() == 0 or rest.std() == 0:
        return 0.0
    r = min(max(float(np.corrcoef(own, rest)[0, 1]), -0.999999), 0.999999)
    return float(np.arctanh(r) * np.sqrt(held.sum() - 3))


def _mirrors(before: Answers, now: Answers, *, clearly: bool = False) -> bool:
    """Compare total variation distances to the earlier distribution and to its mirror image."""
    levels = sorted({int(t) for a in (before, now) for t, k in a.counts.items() if k > 0.01 * a.n})
    if len(levels) < 3:
        return False
    low, high = levels[0], levels[-1]

    def spread(answers: Answers) -> np.ndarray:
        counts = [answers.counts.get(str(v), 0) for v in range(low, high + 1)]
        return np.array(counts) / max(sum(counts), 1)

    straight = float(np.abs(spread(before) - spread(now)).sum()) / 2
    turned = float(np.abs(spread(before)[::-1] - spread(now)).sum()) / 2
    return turned < 0.4 * straight and straight > 0.4 if clearly else turned < straight
