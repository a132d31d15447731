"""What a reader can still infer of a hidden count: the range that all published sums allow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from csatlib.privacy.cells import Node, Sheet, Sum
from csatlib.privacy.programme import Programme

__all__ = ["Reader", "safe"]

# The solver keeps every equation to within 1e-7; counts are whole.
_TOLERANCE = 1e-4
# How unlikely a reader finds it that a respondent told no group, that an answer was corrected,
# and that parts are more than their total: the simplest story has the least of all.
_LEFT_OUT, _CORRECTED, _SURPLUS = 1.0, 0.05, 10.0


class Reader:
    """Someone who knows all that is published of one item and reckons by linear programmes.

    ``missing`` holds what the reader knows beside it: how many of a total told no group. Of cells
    that stand in the same sums, none of which says more of one than of another, only the sum is
    reckoned: each may be nobody, and each may be all of it.
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
        self._alike = _alike(sheet, [n for n, count in self._counts.items() if count is None])
        self._limits: dict[tuple[Node, int], int | None] = {}
        self._seen: dict[Node, tuple[float, float]] = {}
        # Sums that contradict the counts (weights, other answers) tell the reader nothing.
        if not self._write(figures=True):
            self._write(figures=False)

    def range(self, node: Node) -> tuple[int, int | None]:
        """Give the lowest and highest count that fits; None where nothing sets an upper limit."""
        return self._limit(node, 1), self._limit(node, -1)

    def cannot_tell(self, node: Node, min_base: int) -> bool:
        """Say whether the count stays open by ``min_base``, or is surely no small group's."""
        # What other programmes found feasible is feasible: often no further one is needed.
        return (
            self._open(node, min_base)
            or self._limit(node, -1) is None
            or self._open(node, min_base)
            or safe(*self.range(node), min_base)
        )

    def _open(self, node: Node, min_base: int) -> bool:
        alike = self._alike[node]
        if alike[0] not in self._seen:
            return False
        low, high = self._seen[alike[0]]
        low = 0.0 if len(alike) > 1 else low
        return math.floor(high + _TOLERANCE) - math.ceil(low - _TOLERANCE) >= min_base

    def _limit(self, node: Node, sign: int) -> int | None:
        first = self._alike[node][0]
        if (first, sign) not in self._limits:
            several = sign == 1 and len(self._alike[node]) > 1
            found = 0.0 if several else self._extreme(first, sign)
            if sign == 1:
                limit = max(0, math.ceil((found or 0.0) - _TOLERANCE))
            else:
                limit = None if found is None else math.floor(found + _TOLERANCE)
            self._limits[first, sign] = limit
        return self._limits[first, sign]

    def _extreme(self, node: Node, sign: int) -> float | None:
        answer = self._solve({self._variables[node]: sign})
        return None if answer is None else sign * answer

    def _solve(self, cost: Mapping[int, float]) -> float | None:
        values = self._lines.least(cost)
        if values is None:
            return None
        for node, variable in self._variables.items():
            low, high = self._seen.get(node, (math.inf, -math.inf))
            self._seen[node] = (min(low, values[variable]), max(high, values[variable]))
        return float(sum(weight * values[i] for i, weight in cost.items()))

    def _write(self, *, figures: bool) -> bool:
        """Write the programme down and hold the reader to the simplest story that fits.

        As few told no group, and as few answers were corrected, as can be.
        """
        self._lines = lines = Programme()
        self._variables = {
            alike[0]: lines.variable(0.0, math.inf) for alike in dict.fromkeys(self._alike.values())
        }
        slack = {each: self._write_sum(each) for each in self._sheet.sums}
        self._write_changes()
        if figures:
            self._write_figures(slack)
        simplest = self._solve(lines.cost)
        self._seen = {}
        if simplest is None:
            return False
        if simplest < _TOLERANCE:
            lines.fix(lines.cost, 0.0)
        else:
            lines.at_most(lines.cost, simplest + _TOLERANCE / 10)
        return True

    def _terms(self, nodes: Iterable[Node]) -> tuple[dict[int, float], float]:
        """Add up cells: the variables of the unknown ones, and the sum of the known ones."""
        terms, known = {}, 0.0
        for node in nodes:
            count = self._counts[node]
            if count is None:
                terms[self._variables[self._alike[node][0]]] = 1.0
            else:
                known += count
        return terms, known

    def _write_sum(self, each: Sum) -> tuple[int, int]:
        lines, known = self._lines, self._missing.get(each)
        if known is None:
            cost = _LEFT_OUT if each.exhaustive else 0.0
            left_out = lines.variable(0.0, math.inf, cost=cost)
            surplus = lines.variable(0.0, math.inf, cost=_SURPLUS)
        else:
            left_out = lines.variable(max(known, 0.0), max(known, 0.0))
            surplus = lines.variable(max(-known, 0.0), max(-known, 0.0))
        parts, told = self._terms(each.parts)
        whole, total = self._terms([each.whole])
        terms = parts | dict.fromkeys(whole, -1.0) | {left_out: 1.0, surplus: -1.0}
        lines.equal(terms, total - told)
        return left_out, surplus

    def _write_changes(self) -> None:
        """Let answers come and go between two releases, each in one group of every column."""
        lines, came, gone = self._lines, {}, {}
        for change in self._sheet.changes:
            came[change.now] = lines.variable(0.0, math.inf, cost=_CORRECTED)
            gone[change.now] = lines.variable(0.0, math.inf, cost=_CORRECTED)
            now, count = self._terms([change.now])
            before, earlier = self._terms([change.before])
            terms = now | dict.fromkeys(before, -1.0)
            lines.equal(terms | {gone[change.now]: 1.0, came[change.now]: -1.0}, earlier - count)
        for each in self._sheet.sums:
            for table in (came, gone):
                parts = [table[part] for part in each.parts if part in table]
                if each.whole in table and parts:
                    lines.at_most(dict.fromkeys(parts, 1.0) | {table[each.whole]: -1.0}, 0.0)

    def _write_figures(self, slack: Mapping[Sum, tuple[int, int]]) -> None:
        levels = []
        for figure, known in self._sheet.figures.items():
            totals = self._write_figure(figure, known, slack)
            if figure[0] == "distribution":
                levels.append(totals)
        for first in levels[0] if levels else ():
            # Every answer has one level: the levels of a hidden cell sum to its count.
            if all(first in totals for totals in levels) and first in self._variables:
                terms = {totals[first]: 1.0 for totals in levels}
                self._lines.equal(terms | {self._variables[first]: -1.0}, 0.0)

    def _write_figure(
        self,
        figure: tuple[str, str],
        known: Mapping[Node, float],
        slack: Mapping[Sum, tuple[int, int]],
    ) -> dict[Node, int]:
        """Let the sums of scores add up as the counts do, each answer within its limits."""
        lines, (low, high) = self._lines, self._sheet.limits[figure]
        known = {node: total for node, total in known.items() if node not in self.hidden}
        # A total without a single part told says nothing.
        useful = any(part in known for s in self._sheet.sums for part in s.parts)
        told = self._sheet.sums if useful else ()
        totals: dict[Node, int] = {}

        def add_up(nodes: Iterable[Node]) -> tuple[dict[int, float], float]:
            terms, constant = {}, 0.0
            for node in nodes:
                if node in known:
                    constant += known[node]
                    continue
                first = self._alike[node][0] if node in self._alike else node
                if first not in totals:
                    totals[first] = self._write_total(first, low, high)
                terms[totals[first]] = 1.0
            return terms, constant

        widest = max(abs(low), abs(high))
        for each in told:
            left_out = lines.variable(-math.inf, math.inf)
            for sign in (1.0, -1.0):
                lines.at_most({left_out: sign, **dict.fromkeys(slack[each], -widest)}, 0.0)
            parts, constant = add_up(each.parts)
            whole, total = add_up([each.whole])
            terms = parts | dict.fromkeys(whole, -1.0) | {left_out: 1.0}
            lines.equal(terms, total - constant)
        return totals

    def _write_total(self, node: Node, low: float, high: float) -> int:
        """Write an unknown sum of scores: between the lowest and highest that the answers give."""
        count = self._counts[node]
        if count is not None:
            return self._lines.variable(low * count, high * count)
        total = self._lines.variable(-math.inf, math.inf)
        self._lines.at_most({total: 1.0, self._variables[node]: -high}, 0.0)
        self._lines.at_most({total: -1.0, self._variables[node]: low}, 0.0)
        return total


def safe(low: int, high: int | None, min_base: int) -> bool:
    """Say whether a range leaves a count open by ``min_base`` or starts there."""
    return high is None or high - low >= min_base or low >= min_base


def _alike(sheet: Sheet, unknown: list[Node]) -> dict[Node, tuple[Node, ...]]:
    """Gather the unknown cells of which the sums say the same; each leads to all of its like."""
    own = {s.whole for s in sheet.sums} | {n for c in sheet.changes for n in (c.now, c.before)}
    stands_in: dict[Node, list[int]] = {node: [] for node in unknown}
    for number, each in enumerate(sheet.sums):
        for part in each.parts:
            if part in stands_in:
                stands_in[part].append(number)
    classes: dict[object, list[Node]] = {}
    for node in unknown:
        classes.setdefault(node if node in own else tuple(stands_in[node]), []).append(node)
    return {node: tuple(alike) for alike in classes.values() for node in alike}
