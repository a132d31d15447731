"""The waves of a measure as one stack of answers: history, before and after, reached or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from csatlib.estimates import Design
from csatlib.estimates.answers import booleans, numbers, recommendations
from csatlib.estimates.arguments import check_table, column_of

__all__ = ["AFTER", "BEFORE", "HISTORY", "Pairs", "Stack", "make_pairs", "stack_waves"]

HISTORY, BEFORE, AFTER = 0, 1, 2
_WAVES = {"history": HISTORY, "before": BEFORE, "after": AFTER}


@dataclass(frozen=True)
class Stack:
    """Answers, one a customer and quarter of a wave; each entry of the arrays is one.

    ``value`` is what the metric averages, ``raw`` the answer itself; ``unit`` numbers customers,
    ``known`` says whether one can be told again. ``cell`` numbers the values of the matching
    columns, ``group`` those of ``by``. ``cluster`` and ``stratum`` are the design's, else None.
    ``averaged`` counts answers that were put together with others of the same customer.
    """

    value: np.ndarray
    raw: np.ndarray
    unit: np.ndarray
    known: np.ndarray
    weight: np.ndarray
    wave: np.ndarray
    reached: np.ndarray
    quarter: np.ndarray
    cell: np.ndarray
    group: np.ndarray
    cluster: np.ndarray | None
    stratum: np.ndarray | None
    averaged: int = 0

    def keep(self, rows: np.ndarray) -> Stack:
        """Keep some answers."""
        held = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "averaged"}
        return replace(self, **{k: v[rows] for k, v in held.items() if v is not None})

    def where(self, wave: int, *, reached: bool) -> np.ndarray:
        """Mark the answers of one wave of those reached, or of the others."""
        return (self.wave == wave) & (self.reached == reached)


@dataclass(frozen=True)
class Pairs:
    """Customers who answered before and after, in one entry each."""

    before: np.ndarray
    after: np.ndarray
    raw_before: np.ndarray
    raw_after: np.ndarray
    unit: np.ndarray
    weight: np.ndarray
    cell: np.ndarray
    cluster: np.ndarray | None
    stratum: np.ndarray | None


def stack_waves(
    frames: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None, pd.DataFrame | None],
    item: str,
    *,
    key: str,
    metric: str,
    cutoff: float | None,
    match: Sequence[str],
    by: Sequence[str],
    design: Design | None,
) -> Stack:
    """Put before, after, control and history together; rows without a weight or answer go.

    A customer who answered twice in a quarter of a wave counts once, with the mean of both.
    """
    before, after, control, history = frames
    design = Design() if design is None else design
    pieces = [(before, BEFORE, True), (after, AFTER, True)]
    if history is not None:
        pieces.append((history, HISTORY, True))
    for frame, *_ in pieces:
        check_table(frame)
    if control is not None:
        check_table(control)
        marks = column_of(control, "wave", "control").astype("object")
        odd = marks[~marks.isin(_WAVES)]
        if len(odd):
            raise ValueError(
                "control: expected history, before or after in the column 'wave', found "
                f"{odd.iloc[0]!r}; say of each row when it was given"
            )
        pieces.append((control, marks.map(_WAVES).to_numpy(dtype=int), False))
    pieces = [piece for piece in pieces if len(piece[0])]
    if not pieces:
        return _nothing(design)
    read = [_answers(frame, item, metric, cutoff) for frame, *_ in pieces]
    wave = np.concatenate([np.full(len(f), w) if np.ndim(w) == 0 else w for f, w, _ in pieces])
    tables = [frame for frame, *_ in pieces]
    unit, known = _customers(tables, key)
    stack = Stack(
        value=np.concatenate([value for value, _ in read]),
        raw=np.concatenate([raw for _, raw in read]),
        unit=unit,
        known=known,
        weight=_weights(tables, design.weight),
        wave=wave,
        reached=np.concatenate([np.full(len(f), side) for f, _, side in pieces]),
        quarter=_codes(tables, ["quarter"] if all("quarter" in f for f in tables) else []),
        cell=_codes(tables, match),
        group=_codes(tables, by),
        cluster=None if design.cluster is None else _codes(tables, [design.cluster]),
        stratum=None if design.stratum is None else _codes(tables, [design.stratum]),
    )
    kept = (stack.weight > 0) & ~np.isnan(stack.value)
    # Whoever was reached is no comparison, whatever the frame of the others says.
    touched = np.unique(stack.unit[stack.reached & (stack.wave != HISTORY)])
    kept &= stack.reached | ~np.isin(stack.unit, touched)
    return _once(stack.keep(kept))


def _answers(
    df: pd.DataFrame, item: str, metric: str, cutoff: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Read an item as what the metric averages, and as it was answered."""
    if metric == "nps":
        value = recommendations(df, item)
        return value, numbers(df, item)
    if metric == "mean":
        value = numbers(df, item)
        return value, value
    column = column_of(df, item, "item")
    if cutoff is None or pd.api.types.is_bool_dtype(column.dtype):
        value = booleans(df, item)
        return value, value
    raw = numbers(df, item)
    return np.where(np.isnan(raw), np.nan, raw >= cutoff), raw


def _customers(tables: list[pd.DataFrame], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Give customers numbers over all tables; whoever has no key is somebody else each time."""
    keys = np.concatenate([column_of(t, key, "key").to_numpy(dtype=object) for t in tables])
    codes, found = pd.factorize(keys)
    known = codes >= 0
    codes[~known] = len(found) + np.arange((~known).sum())
    return codes, known


def _weights(tables: list[pd.DataFrame], name: str | None) -> np.ndarray:
    if name is None:
        return np.ones(sum(map(len, tables)))
    weights = np.concatenate(
        [column_of(t, name, "weight").to_numpy(dtype=float, na_value=np.nan) for t in tables]
    )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"weight: expected finite numbers of 0 or more in {name!r}, found a missing, negative "
            "or infinite one; set the weight of who does not count to 0"
        )
    return weights


def _codes(tables: list[pd.DataFrame], names: Sequence[str]) -> np.ndarray:
    """Give numbers to the combinations of some columns' values over all tables."""
    codes = np.zeros(sum(map(len, tables)), dtype=np.intp)
    for name in names:
        column = [column_of(t, name, "columns").to_numpy(dtype=object) for t in tables]
        values, found = pd.factorize(np.concatenate(column), use_na_sentinel=True)
        codes = codes * (len(found) + 1) + values + 1
        codes = np.unique(codes, return_inverse=True)[1]
    return codes


def _nothing(design: Design) -> Stack:
    none, numbered = np.empty(0), np.empty(0, dtype=np.intp)
    yes = np.empty(0, dtype=bool)
    extra = {name: numbered if getattr(design, name) else None for name in ("cluster", "stratum")}
    return Stack(
        none, none, numbered, yes, none, numbered, yes, numbered, numbered, numbered, **extra
    )


def _once(stack: Stack) -> Stack:
    """Average the answers that a customer gave twice in one quarter of a wave."""
    times = int(stack.quarter.max(initial=0)) + 1
    code = ((stack.unit * 2 + stack.reached) * 3 + stack.wave) * times + stack.quarter
    _, first, at = np.unique(code, return_index=True, return_inverse=True)
    if len(first) == len(code):
        return stack
    size = np.bincount(at)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(at, weights=values) / size

    kept = stack.keep(first)
    return replace(
        kept,
        value=mean(stack.value),
        raw=mean(stack.raw),
        weight=mean(stack.weight),
        averaged=len(code) - len(first),
    )


def make_pairs(stack: Stack, *, reached: bool) -> Pairs:
    """Lay each customer's answers before and after side by side; several after are averaged."""
    rows = [np.flatnonzero(stack.where(w, reached=reached) & stack.known) for w in (BEFORE, AFTER)]
    both = np.intersect1d(*(stack.unit[at] for at in rows))
    sides = []
    for at in rows:
        at = at[np.isin(stack.unit[at], both)]
        place = np.searchsorted(both, stack.unit[at])
        size = np.maximum(np.bincount(place, minlength=len(both)), 1)
        laid = [
            np.bincount(place, weights=v[at], minlength=len(both)) / size
            for v in (stack.value, stack.raw, stack.weight)
        ]
        first = np.zeros(len(both), dtype=np.intp)
        first[place[::-1]] = at[::-1]
        sides.append((*laid, first))
    (before, raw_before, weight, first), (after, raw_after, later, _) = sides
    return Pairs(
        before=before,
        after=after,
        raw_before=raw_before,
        raw_after=raw_after,
        unit=both,
        weight=(weight + later) / 2,
        cell=stack.cell[first],
        cluster=None if stack.cluster is None else stack.cluster[first],
        stratum=None if stack.stratum is None else stack.stratum[first],
    )
