"""Scales that were turned: by the words of their numbers, or by correlations of another sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

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

    For each item r is its correlation with the sum of the other standardised items, each with the
    sign that it bore in the earlier quarter; z = artanh(r)·sqrt(n − 3) (Fisher 1921). An item has
    turned where z lies at least four above zero before and four below now. The clearest is turned
    back first, then the others are judged again, so that one turned item does not taint the rest.
    """
    old, new = _matrix(before), _matrix(now)
    usable = [i for i in range(len(before)) if _usable(old[i]) and _usable(new[i])]
    if len(usable) < 2:
        return []
    signs = _signs(old[usable])
    tests = [_against_rest(old[usable], signs, k) for k in range(len(usable))]
    flips = np.ones(len(usable))
    for _ in range(len(usable) // 2):
        current = new[usable].mul(flips, axis=1)
        present = [_against_rest(current, signs, k) for k in range(len(usable))]
        clear = [k for k in range(len(usable)) if tests[k] >= _BEYOND and present[k] <= -_BEYOND]
        if not clear:
            break
        worst = min(clear, key=lambda k: present[k])
        tied = [k for k in clear if np.isclose(present[k], present[worst], atol=1e-6)]
        mirrored = [k for k in tied if _mirrors(before[usable[k]], now[usable[k]])]
        flips[mirrored or tied] = -1
        if len(tied) > 1:
            break
    return [usable[k] for k in range(len(usable)) if flips[k] < 0]


def all_mirrored(before: Sequence[Answers], now: Sequence[Answers]) -> bool:
    """Say whether every scale of a file looks turned: nearer to its mirror image than to itself.

    Where all items turn together no correlation changes sign; only the distributions can tell.
    """
    pairs = [(a, b) for a, b in zip(before, now, strict=True) if min(a.n, b.n) >= _LEAST]
    return len(pairs) >= 3 and all(_mirrors(a, b, clearly=True) for a, b in pairs)


def _matrix(answers: Sequence[Answers]) -> pd.DataFrame:
    columns = {i: a.numbers.astype("Float64").astype(float) for i, a in enumerate(answers)}
    return pd.DataFrame(columns)


def _usable(column: pd.Series) -> bool:
    return int(column.notna().sum()) >= _LEAST and float(column.std()) > 0


def _signs(table: pd.DataFrame) -> np.ndarray:
    return np.sign(table.corr(min_periods=_LEAST).fillna(0).to_numpy())


def _against_rest(table: pd.DataFrame, signs: np.ndarray, k: int) -> float:
    """Give Fisher's z of an item with the others, in standard errors; 0 where it cannot be had."""
    standard = (table - table.mean()) / table.std()
    weights = signs[k].copy()
    weights[k] = 0
    rest = standard.mul(weights, axis=1)
    rest = rest.loc[:, weights != 0].mean(axis=1)
    both = pd.DataFrame({"own": standard.iloc[:, k], "rest": rest}).dropna()
    if len(both) < _LEAST or both["rest"].std() == 0 or both["own"].std() == 0:
        return 0.0
    r = min(max(float(both["own"].corr(both["rest"])), -0.999999), 0.999999)
    return float(np.arctanh(r) * np.sqrt(len(both) - 3))


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
