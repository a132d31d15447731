"""What a reader can still infer of a hidden count: the range that all published sums allow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from csatlib.privacy.cells import Node, Sheet, Sum

__all__ = ["Reader"]

# HiGHS keeps every equation to within 1e-7; counts are whole.
_TOLERANCE = 1e-4


@dataclass
class _Programme:
    """A linear programme as it is written down: variables with bounds, equations, inequalities."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    equal: list[tuple[dict[int, float], float]] = field(default_factory=list)
    at_most: list[tuple[dict[int, float], float]] = field(default_factory=list)

    def variable(self, low: float, high: float, cost: float = 0.0) -> int:
        self.low.append(low)
        self.high.append(high)
        self.cost.append(cost)
        return len(self.low) - 1


class Reader:
    """Someone who knows all that is published of one item and reckons by linear programmes.

    ``missing`` holds what the reader knows beside it: how many of a total told no group.
    """

    def __init__(
        self,
        sheet: Sheet,
        *,
        hidden: Iterable[Node] = (),
        missing: Mapping[Sum, int] | None = None,
    ) -> None:
        self.hidden = dict.fromkeys((*sheet.hidden, *hidden))
        self._sheet = sheet
        self._missing = dict(missing or {})
        self._counts = {n: None if n in self.hidden else c for n, c in sheet.counts.items()}
        self._seen: dict[Node, tuple[float, float]] = {}
        for figures in (True, False):
            # Sums that contradict the counts (weights, other answers) tell the reader nothing.
            self._write(figures=figures)
            self._pack()
            self._best = self._solve(np.array(self._lines.cost))
            if self._best is not None:
                break
        if self._best is not None:
            self._hold_best()
            self._pack()
            self._solve(np.zeros(len(self._lines.low)))

    def range(self, node: Node) -> tuple[int, int | None]:
        """Give the lowest and highest count that fits; None where nothing sets an upper limit."""
        low, high = self._extreme(node, 1.0), self._extreme(node, -1.0)
        return (
            max(0, math.ceil((low or 0.0) - _TOLERANCE)),
            None if high is None else math.floor(high + _TOLERANCE),
        )

    def cannot_tell(self, node: Node, min_base: int) -> bool:
        """Say whether the count stays open by ``min_base``, or is surely no small group's."""
        low, high = self._seen.get(node, (math.inf, -math.inf))
        # What other programmes found feasible is feasible: often no further one is needed.
        if math.floor(high + _TOLERANCE) - math.ceil(low - _TOLERANCE) >= min_base:
            return True
        return safe(*self.range(node), min_base)

    def _extreme(self, node: Node, sign: float) -> float | None:
        if self._best is None:
            return None
        cost = np.zeros(len(self._lines.low))
        cost[self._variables[node]] = sign
        answer = self._solve(cost)
        return None if answer is None else sign * answer

    def _solve(self, cost: np.ndarray) -> float | None:
        from scipy.optimize import linprog

        answer = linprog(cost, method="highs", **self._packed)
        if answer.status != 0:
            return None
        for node in self.hidden:
            value = answer.x[self._variables[node]]
            low, high = self._seen.get(node, (math.inf, -math.inf))
            self._seen[node] = (min(low, value), max(high, value))
        return float(answer.fun)

    def _pack(self) -> None:
        lines = self._lines
        self._packed = {
            "A_ub": self._matrix(lines.at_most),
            "b_ub": [value for _, value in lines.at_most] or None,
            "A_eq": self._matrix(lines.equal),
            "b_eq": [value for _, value in lines.equal] or None,
            "bounds": np.column_stack([lines.low, lines.high]),
        }

    def _matrix(self, lines: list[tuple[dict[int, float], float]]):
        from scipy import sparse

        if not lines:
            return None
        entries = [(i, j, v) for i, (terms, _) in enumerate(lines) for j, v in terms.items()]
        rows, columns, values = zip(*entries, strict=True)
        return sparse.csr_matrix((values, (rows, columns)), (len(lines), len(self._lines.low)))

    def _hold_best(self) -> None:
        """Hold the reader to the simplest story: as few without a group or corrected as can be."""
        lines = self._lines
        terms = {i: cost for i, cost in enumerate(lines.cost) if cost}
        self._seen = {}
        if self._best < _TOLERANCE:
            for i in terms:
                lines.high[i] = 0.0
        else:
            lines.at_most.append((terms, self._best + _TOLERANCE / 10))

    def _write(self, *, figures: bool) -> None:
        self._lines = lines = _Programme()
        self._variables = {
            node: lines.variable(0.0 if count is None else count, _upper(count))
            for node, count in self._counts.items()
        }
        slack = {each: self._write_sum(each) for each in self._sheet.sums}
        self._write_changes()
        if figures:
            levels = [
                self._write_figure(figure, known, slack)
                for figure, known in self._sheet.figures.items()
                if figure[0] == "distribution"
            ]
            for figure, known in self._sheet.figures.items():
                if figure[0] != "distribution":
                    self._write_figure(figure, known, slack)
            self._write_levels(levels)

    def _write_sum(self, each: Sum) -> tuple[int, int]:
        lines, known = self._lines, self._missing.get(each)
        if known is None:
            left_out, surplus = lines.variable(0, math.inf, 1.0), lines.variable(0, math.inf, 1.0)
        else:
            left_out = lines.variable(max(known, 0), max(known, 0))
            surplus = lines.variable(max(-known, 0), max(-known, 0))
        terms = {self._variables[part]: 1.0 for part in each.parts}
        terms |= {left_out: 1.0, surplus: -1.0, self._variables[each.whole]: -1.0}
        lines.equal.append((terms, 0.0))
        return left_out, surplus

    def _write_changes(self) -> None:
        """Let answers come and go between two releases, each in one group of every column."""
        lines, came, gone = self._lines, {}, {}
        for change in self._sheet.changes:
            now, before = self._variables[change.now], self._variables[change.before]
            came[change.now] = lines.variable(0, math.inf, 1.0)
            gone[change.now] = lines.variable(0, math.inf, 1.0)
            terms = {now: 1.0, gone[change.now]: 1.0, before: -1.0, came[change.now]: -1.0}
            lines.equal.append((terms, 0.0))
        for each in self._sheet.sums:
            for table in (came, gone):
                parts = [table[part] for part in each.parts if part in table]
                if each.whole in table and parts:
                    lines.at_most.append(
                        (dict.fromkeys(parts, 1.0) | {table[each.whole]: -1.0}, 0.0)
                    )

    def _write_figure(
        self,
        figure: tuple[str, str],
        known: Mapping[Node, float],
        slack: Mapping[Sum, tuple[int, int]],
    ) -> dict[Node, int]:
        """Let the sums of scores add up as the counts do, each answer within its limits."""
        lines, (low, high) = self._lines, self._sheet.limits[figure]
        known = {node: total for node, total in known.items() if node not in self.hidden}
        told = [s for s in self._sheet.sums if any(part in known for part in s.parts)]
        totals: dict[Node, int] = {}
        for node in dict.fromkeys(n for s in told for n in (s.whole, *s.parts)):
            if node in known:
                totals[node] = lines.variable(known[node], known[node])
                continue
            totals[node] = lines.variable(-math.inf, math.inf)
            self._within(totals[node], self._variables[node], low, high)
        for each in told:
            left_out = lines.variable(-math.inf, math.inf)
            left_count, surplus = slack[each]
            widest = max(abs(low), abs(high))
            for sign in (1.0, -1.0):
                lines.at_most.append(
                    ({left_out: sign, left_count: -widest, surplus: -widest}, 0.0)
                )
            terms = {totals[part]: 1.0 for part in each.parts}
            lines.equal.append((terms | {left_out: 1.0, totals[each.whole]: -1.0}, 0.0))
        return totals

    def _write_levels(self, levels: list[dict[Node, int]]) -> None:
        """Let every answer have one level: the levels of a hidden cell sum to its count."""
        for node in levels[0] if levels else ():
            if self._counts[node] is None and all(node in totals for totals in levels):
                terms = {totals[node]: 1.0 for totals in levels}
                self._lines.equal.append((terms | {self._variables[node]: -1.0}, 0.0))

    def _within(self, total: int, count: int, low: float, high: float) -> None:
        self._lines.at_most.append(({total: 1.0, count: -high}, 0.0))
        self._lines.at_most.append(({total: -1.0, count: low}, 0.0))


def safe(low: int, high: int | None, min_base: int) -> bool:
    """Say whether a range leaves a count open by ``min_base`` or starts there."""
    return high is None or high - low >= min_base or low >= min_base


def _upper(count: int | None) -> float:
    return math.inf if count is None else float(count)
