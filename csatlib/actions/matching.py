"""Customers who were reached against others who began with the same score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.actions.linear import spread
from csatlib.actions.stacking import Pairs

__all__ = ["Matched", "match_exactly"]


@dataclass(frozen=True)
class Matched:
    """What the matched customers show; ``reason`` says why nothing, or what was dropped."""

    n: int = 0
    n_control: int = 0
    before: float = np.nan
    after: float = np.nan
    estimate: float = np.nan
    variance: float = np.nan
    df: float = np.nan
    reason: str | None = None


def match_exactly(reached: Pairs, others: Pairs) -> Matched:
    """Average, over cells of equal score and matching columns, the difference of the afters.

    A cell needs two others, or their spread is not known. Those reached in cells without two are
    dropped; where that is more than half of them nothing is said (``no_matches``). Scores are not
    merged with their neighbours: those would return to the mean by another amount.
    """
    if not len(reached.unit) or not len(others.unit):
        return Matched(reason="no_pairs")
    keys = np.concatenate(
        [np.column_stack([p.raw_before, p.cell.astype(float)]) for p in (reached, others)]
    )
    _, code = np.unique(keys, axis=0, return_inverse=True)
    code = code.ravel()
    mine, theirs = code[: len(reached.unit)], code[len(reached.unit) :]
    there = np.bincount(theirs, minlength=code.max() + 1)
    kept = there[mine] >= 2
    if 2 * kept.sum() < len(mine):
        return Matched(n=int(kept.sum()), reason="no_matches")
    used = np.isin(theirs, mine[kept])
    count = int(kept.sum())
    if count < 2:
        return Matched(n=count, reason="single_answer")
    told = None if kept.all() else "unmatched_dropped"
    found = _compared(reached, others, kept, used, mine, theirs)
    if found[1] <= 1e-24:
        return Matched(n=count, n_control=int(used.sum()), estimate=found[0], reason="no_variation")
    weight = reached.weight[kept]
    return Matched(
        n=count,
        n_control=int(used.sum()),
        before=float(np.average(reached.before[kept], weights=weight)),
        after=float(np.average(reached.after[kept], weights=weight)),
        estimate=found[0],
        variance=found[1],
        df=found[2],
        reason=told,
    )


def _compared(
    reached: Pairs,
    others: Pairs,
    kept: np.ndarray,
    used: np.ndarray,
    mine: np.ndarray,
    theirs: np.ndarray,
) -> tuple[float, float, float]:
    """Give the difference, its variance and degrees of freedom.

    The influence of one who was reached is w(y − m(cell) − estimate)/W, of one of the others
    −w(y − m(cell))·(W of the reached in the cell)/(W of the others there)/W, with m the others'
    mean; the latter is stretched by √(n/(n − 1)), n the others in the cell, whose own mean it is
    taken from.
    """
    cells = max(mine.max(), theirs.max()) + 1
    w, v = reached.weight[kept], others.weight[used]
    at, over = mine[kept], theirs[used]
    size = np.bincount(over, weights=v, minlength=cells)
    safe = np.where(size > 0, size, 1)
    level = np.bincount(over, weights=v * others.after[used], minlength=cells) / safe
    share = np.bincount(at, weights=w, minlength=cells) / w.sum()
    gap = reached.after[kept] - level[at]
    estimate = float(np.average(gap, weights=w))
    many = np.bincount(over, minlength=cells)[over]
    residual = (others.after[used] - level[over]) * np.sqrt(many / (many - 1))
    influence = np.concatenate(
        [w * (gap - estimate) / w.sum(), -share[over] * v * residual / safe[over]]
    )
    unit = np.concatenate([reached.unit[kept], others.unit[used]])
    kind = np.repeat([0, 1], [len(w), len(v)])
    extra = [
        None if one is None else np.concatenate([one[kept], two[used]])
        for one, two in (
            (reached.cluster, others.cluster),
            (reached.stratum, others.stratum),
        )
    ]
    return estimate, *spread(influence, unit, kind, *extra)
