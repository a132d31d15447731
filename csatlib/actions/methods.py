"""The methods of comparing before and after, each giving one row of the effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.actions.arguments import t_row
from csatlib.actions.categories import level_changes, mcnemar, stuart_maxwell
from csatlib.actions.detecting import multiple_of_se
from csatlib.actions.history import Prior, customers_prior, group_prior
from csatlib.actions.linear import contrast, spread
from csatlib.actions.matching import match_exactly
from csatlib.actions.paired import rank_sum, signed_rank
from csatlib.actions.returning import expected_return
from csatlib.actions.stacking import AFTER, BEFORE, HISTORY, Pairs, Stack, make_pairs

__all__ = ["METHODS", "Methods", "Settings"]

METHODS = (
    "plain",
    "paired",
    "signed_rank",
    "rank_sum",
    "mcnemar",
    "stuart_maxwell",
    "did",
    "matched",
    "prior",
    "return_to_mean",
    "adjusted",
)
#: Levels beyond these are no categories any more.
_LEVELS = 12


@dataclass(frozen=True)
class Settings:
    """What a call asks for, and how certain it wants to be."""

    conf: float
    power: float
    goal: float | None
    cutoff: float | None
    metric: str
    grouped: bool


class Methods:
    """One row a method; what several of them need is worked out once."""

    def __init__(self, stack: Stack, settings: Settings, chosen: str) -> None:
        self.stack, self.settings, self.chosen = stack, settings, chosen
        self.found: dict[str, dict[str, object]] = {}
        self.pairs = make_pairs(stack, reached=True)
        waves = {w: stack.where(w, reached=True) for w in (BEFORE, AFTER)}
        self.base = {"n_before": int(waves[BEFORE].sum()), "n_after": int(waves[AFTER].sum())}
        for name, rows in zip(("before", "after"), waves.values(), strict=True):
            if rows.any():
                self.base[name] = np.average(stack.value[rows], weights=stack.weight[rows])

    def rows(self, methods: Sequence[str]) -> list[dict[str, object]]:
        """Give the rows of the methods asked for, in their order."""
        laid = []
        for name in METHODS:
            if name in methods:
                laid.append({"method": name} | self.row(name))
                if name == "stuart_maxwell" and laid[-1].get("statistic") is not None:
                    pairs = self.pairs
                    levels = level_changes(pairs.raw_before, pairs.raw_after, self.settings.conf)
                    shape = {"method": name} | self._of_pairs(means=False)
                    laid += [shape | level for level in levels]
        return laid

    def row(self, name: str) -> dict[str, object]:
        """Work a method out, once."""
        if name not in self.found:
            work: Callable[[], dict[str, object]] = getattr(self, f"_{name}")
            self.found[name] = work()
        return self.found[name]

    # ---- what every method needs -----------------------------------------------------------------

    def _tested(
        self, shape: dict[str, object], estimate: float, variance: float, df: float, **told: object
    ) -> dict[str, object]:
        """Add interval, test and what would have been detected."""
        settings = self.settings
        if not variance > 1e-24:
            return shape | {"estimate": estimate, "reason": "no_variation"}
        df = max(float(df), 1.0)
        row = t_row(estimate, np.sqrt(variance), df, settings.conf)
        row["detectable"] = row["se"] * multiple_of_se(round(df, 1), settings.power, settings.conf)
        goal, n = settings.goal, shape.get("n_after")
        if goal and n and row["detectable"] > abs(goal) and not told.get("series"):
            row["needed"] = int(np.ceil(n * (row["detectable"] / abs(goal)) ** 2))
        return shape | row | {"reason": told.get("reason")}

    def _of_pairs(self, *, means: bool = True) -> dict[str, object]:
        pairs, n = self.pairs, len(self.pairs.unit)
        shape = {"n_before": n, "n_after": n}
        if means and n:
            shape["before"] = np.average(pairs.before, weights=pairs.weight)
            shape["after"] = np.average(pairs.after, weights=pairs.weight)
        return shape

    def _waves(self, sides: tuple[bool, ...]) -> tuple[float, float, float] | str:
        """Give after less before of one side, or of those reached less the others."""
        stack = self.stack
        used = np.isin(stack.wave, (BEFORE, AFTER)) & np.isin(stack.reached, sides)
        own = stack.keep(used)
        cell = (own.wave == AFTER) + 2 * (~own.reached)
        counts = np.bincount(cell, minlength=2 * len(sides))
        if counts.min() == 0:
            return "empty" if counts[:2].min() == 0 else "no_control"
        if counts.min() == 1:
            return "single_answer"
        signs = np.array([-1.0, 1.0, 1.0, -1.0])[: 2 * len(sides)]
        estimate, influence, _ = contrast(own.value, own.weight, cell, signs)
        return estimate, *spread(influence, own.unit, cell, own.cluster, own.stratum)

    # ---- the methods -----------------------------------------------------------------------------

    def _plain(self) -> dict[str, object]:
        found = self._waves((True,))
        if isinstance(found, str):
            shape = dict(self.base)
            if "before" in shape and "after" in shape:
                shape["estimate"] = shape["after"] - shape["before"]
            return shape | {"reason": found}
        told = "duplicates_averaged" if self.stack.averaged else None
        return self._tested(self.base, *found, reason=told)

    def _paired(self) -> dict[str, object]:
        pairs, shape = self.pairs, self._of_pairs()
        n = len(pairs.unit)
        if n < 2:
            return shape | {"reason": "single_answer" if n else "no_pairs"}
        cell = np.zeros(n, dtype=np.intp)
        change = pairs.after - pairs.before
        estimate, influence, _ = contrast(change, pairs.weight, cell, np.ones(1))
        told = "duplicates_averaged" if self.stack.averaged else None
        spent = spread(influence, pairs.unit, cell, pairs.cluster, pairs.stratum)
        return self._tested(shape, estimate, *spent, reason=told)

    def _signed_rank(self) -> dict[str, object]:
        pairs, shape = self.pairs, self._of_pairs()
        if len(pairs.unit) < 2:
            return shape | {"reason": "single_answer" if len(pairs.unit) else "no_pairs"}
        return shape | signed_rank(pairs.after - pairs.before, None)

    def _rank_sum(self) -> dict[str, object]:
        stack = self.stack
        sides = [stack.value[stack.where(w, reached=True)] for w in (BEFORE, AFTER)]
        least = min(map(len, sides))
        if least < 2:
            return self.base | {"reason": "single_answer" if least else "empty"}
        return self.base | rank_sum(*sides, None)

    def _mcnemar(self) -> dict[str, object]:
        pairs, settings = self.pairs, self.settings
        shape = self._of_pairs(means=False)
        yes = pairs.before, pairs.after
        if settings.metric != "share":
            if settings.cutoff is None:
                return shape | {"reason": "no_cutoff"}
            yes = tuple(one >= settings.cutoff for one in (pairs.raw_before, pairs.raw_after))
        if not len(pairs.unit):
            return shape | {"reason": "no_pairs"}
        # Answers that were averaged may lie between yes and no: half and more is yes.
        one = mcnemar(*(np.asarray(side) >= 0.5 for side in yes), conf=settings.conf).iloc[0]
        names = ("before", "after", "estimate", "se", "ci_low", "ci_high", "statistic")
        told = {name: one[name] for name in names} | {"p": one["p_mid"], "reason": one["reason"]}
        return shape | {name: None if pd.isna(v) else v for name, v in told.items()}

    def _stuart_maxwell(self) -> dict[str, object]:
        pairs, shape = self.pairs, self._of_pairs(means=False)
        if not len(pairs.unit):
            return shape | {"reason": "no_pairs"}
        if len(np.unique(np.concatenate([pairs.raw_before, pairs.raw_after]))) > _LEVELS:
            return shape | {"reason": "many_levels"}
        one = stuart_maxwell(pairs.raw_before, pairs.raw_after).iloc[0]
        names = ("statistic", "df", "p", "reason")
        told = {name: None if pd.isna(one[name]) else one[name] for name in names}
        return shape | told | {"reason": told["reason"] or "no_interval"}

    def _did(self) -> dict[str, object]:
        n = int(self.stack.where(AFTER, reached=False).sum())
        shape = self.base | {"n_control": n}
        found = self._waves((True, False))
        return shape | {"reason": found} if isinstance(found, str) else self._tested(shape, *found)

    def _matched(self) -> dict[str, object]:
        if self.stack.reached.all():
            return self._of_pairs() | {"reason": "no_control"}
        others: Pairs = make_pairs(self.stack, reached=False)
        found = match_exactly(self.pairs, others)
        shape = {"n_before": found.n, "n_after": found.n, "n_control": found.n_control}
        shape |= {"before": found.before, "after": found.after}
        if np.isnan(found.variance):
            return shape | {"estimate": found.estimate, "reason": found.reason}
        return self._tested(shape, found.estimate, found.variance, found.df, reason=found.reason)

    def _prior(self) -> dict[str, object]:
        customers = self.chosen == "customers"
        found: Prior = (customers_prior if customers else group_prior)(self.stack)
        shape = {"n_before": found.n_before, "n_after": found.n_after}
        shape |= {"n_control": found.n_control, "before": found.before, "after": found.after}
        if np.isnan(found.variance):
            return shape | {"estimate": found.estimate, "reason": found.reason}
        return self._tested(shape, found.estimate, found.variance, found.df, series=found.series)

    def _return_to_mean(self) -> dict[str, object]:
        stack = self.stack
        mine, early = stack.where(BEFORE, reached=True), stack.where(HISTORY, reached=True)
        if self.chosen == "customers":
            early &= np.isin(stack.unit, stack.unit[mine])
        shape = {"n_before": int(mine.sum())}
        if min(mine.sum(), early.sum()) >= 2:
            own = stack.keep(mine | early)
            cell = (own.wave == HISTORY).astype(int)
            estimate, influence, means = contrast(
                own.value, own.weight, cell, np.array([-1.0, 1.0])
            )
            shape |= {"before": means[0], "after": means[1], "n_after": int(early.sum())}
            spent = spread(influence, own.unit, cell, own.cluster, own.stratum)
            return self._tested(shape, estimate, *spent) | {"detectable": None, "needed": None}
        if self.chosen != "customers" or stack.reached.all() or not mine.any():
            return shape | {"reason": "no_history"}
        others = make_pairs(stack, reached=False)
        x, y = others.before, others.after
        if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
            return shape | {"reason": "no_pairs"}
        low = float(np.average(stack.value[mine], weights=stack.weight[mine]))
        found = expected_return(x, y, low, self.settings.conf)
        names = ("estimate", "se", "df", "ci_low", "ci_high", "reason")
        told = {name: found.get(name) for name in names}
        return shape | {"n_control": len(x), "before": low, "after": low + told["estimate"]} | told

    def _adjusted(self) -> dict[str, object]:
        order = {"customers": ("matched", "prior"), "group": ("prior",), "lot": ("did",)}
        for name in order[self.chosen]:
            row = self.row(name)
            if row.get("ci_low") is not None:
                return row | {"reason": name}
        last = self.row(order[self.chosen][-1]).get("reason")
        own = ("empty", "few_quarters", "no_variation", "single_answer")
        if not self.base["n_after"] or not self.base["n_before"]:
            last = "empty"
        return self.base | {"reason": last if last in own else "no_comparison"}
