"""A linear programme, written down line by line and solved for many objectives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Programme"]

Terms = Mapping[int, float]


class Programme:
    """Variables with bounds, equations and inequalities; ``cost`` is the objective written down."""

    def __init__(self) -> None:
        self.cost: dict[int, float] = {}
        self._bounds: list[tuple[float, float]] = []
        self._equal: list[tuple[Terms, float]] = []
        self._at_most: list[tuple[Terms, float]] = []
        self._packed: dict[str, Any] | None = None

    def variable(self, low: float, high: float, *, cost: float = 0.0) -> int:
        """Add a variable between two bounds and give its number."""
        self._bounds.append((low, high))
        if cost:
            self.cost[len(self._bounds) - 1] = cost
        return len(self._bounds) - 1

    def equal(self, terms: Terms, value: float) -> None:
        """Add an equation."""
        self._equal.append((terms, value))

    def at_most(self, terms: Terms, value: float) -> None:
        """Add an inequality."""
        self._at_most.append((dict(terms), value))
        self._packed = None

    def fix(self, variables: Mapping[int, float], value: float) -> None:
        """Hold variables at one value from now on."""
        for number in variables:
            self._bounds[number] = (value, value)
        self._packed = None

    def least(self, cost: Terms) -> np.ndarray | None:
        """Solve for the least cost; None where nothing fits, or the cost knows no limit."""
        from scipy.optimize import milp

        if not self._bounds:
            return np.zeros(0)
        if self._packed is None:
            self._packed = self._pack()
        objective = np.zeros(len(self._bounds))
        objective[list(cost)] = list(cost.values())
        answer = milp(objective, **self._packed)
        return answer.x if answer.status == 0 else None

    def _pack(self) -> dict[str, Any]:
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint

        lines = [*self._equal, *self._at_most]
        entries = [(i, j, v) for i, (terms, _) in enumerate(lines) for j, v in terms.items()]
        rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
        shape = (len(lines), len(self._bounds))
        right = np.array([value for _, value in lines])
        left = np.where(np.arange(len(lines)) < len(self._equal), right, -np.inf)
        matrix = sparse.csc_array((values, (rows, columns)), shape)
        return {
            "bounds": Bounds(*np.array(self._bounds).T),
            "constraints": LinearConstraint(matrix, left, right) if lines else (),
        }
