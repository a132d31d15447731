"""Whether a measure worked: every method that the data allow, and the one to judge by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.actions.arguments import between, one_of, t_row, table
from csatlib.actions.categories import level_changes, mcnemar, stuart_maxwell
from csatlib.actions.detecting import multiple_of_se
from csatlib.actions.history import Prior, customers_prior, group_prior
from csatlib.actions.linear import contrast, spread
from csatlib.actions.matching import match_exactly
from csatlib.actions.paired import rank_sum, signed_rank
from csatlib.actions.returning import expected_return
from csatlib.actions.stacking import AFTER, BEFORE, HISTORY, Pairs, Stack, make_pairs, stack_waves
from csatlib.estimates import Design
from csatlib.schema import TABLES

__all__ = ["METHODS", "effect"]

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
_CHOSEN = ("auto", "customers", "group", "lot")
#: Levels beyond these are no categories any more.
_LEVELS = 12
#: A group taken as it is would hold none of the better answers with less than this chance.
_TRUNCATED = 0.01


def effect(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    item: str,
    key: str = "customer_id",
    control: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
    match: Sequence[str] = (),
    by: Sequence[str] = (),
    metric: str = "mean",
    cutoff: float | None = None,
    design: Design | None = None,
    goal: float | None = None,
    chosen: str = "auto",
    methods: Sequence[str] = METHODS,
    conf: float = 0.95,
    power: float = 0.8,
) -> pd.DataFrame:
    r"""Estimate how an item changed for those a measure reached, beyond what changes by itself.

    Measures follow low scores, and low scores rise by themselves: customers chosen for a low score
    answer nearer to their usual one the next time, and a group chosen for a bad quarter has an
    ordinary one next. So the plain change is shown and never judged by; ``adjusted`` repeats the
    method that is free of the choice, or says that there is none.

    Parameters
    ----------
    before, after : DataFrame
        Answers of those the measure reaches: of the quarter it answers, before it began, and after
        it was done. A column ``quarter``, in all tables or in none, tells quarters apart.
    item : str
        The column that is compared. Rows without an answer or of weight 0 do not count.
    key : str
        The column that tells customers again. Who has none there is somebody else each time; two
        answers of one customer in a quarter of a wave count once, with their mean.
    control : DataFrame, optional
        Answers of others, with a column ``wave``: ``history``, ``before`` or ``after``. Whoever is
        in ``before`` or ``after`` as well is no comparison and is left out.
    history : DataFrame, optional
        Answers of those the measure reaches, of quarters before the one it answers.
    match : sequence of str
        Columns that ``matched`` customers share beside the score before.
    by : sequence of str
        Columns by which groups like the one reached differ in ``control`` (a region, a team): how
        much such groups move from quarter to quarter is then estimated from all of them.
    metric : {"mean", "share", "nps"}
        Numbers; yes or no (or numbers with ``cutoff``, yes from there up), from 0 to 1; answers
        from 0 to 10, in NPS points.
    cutoff : float, optional
        Where yes begins, for ``share`` and for ``mcnemar``.
    design : Design, optional
        Columns of weights, strata and clusters, read in all tables; populations, margins and
        replicates do not count here: the customers could have been others.
    goal : float, optional
        The change that is wanted (target less baseline), for ``needed``.
    chosen : {"auto", "customers", "group", "lot"}
        How it came about who was reached: each customer for a score of his own, a whole group for
        its quarter, or by lot (or a plan that no score entered). ``auto`` is ``customers`` where
        those reached lack the better scores to a degree that chance does not explain, else
        ``group``.
    methods : sequence of str
        The methods wanted, of those below.
    conf, power : float
        Confidence of the intervals; the chance with which a ``detectable`` effect would show.

    Returns
    -------
    DataFrame
        The table ``effects``, one row a ``method`` (``stuart_maxwell``: and one a ``level``).
        ``action_id`` is NA; ``item``, ``metric``; ``n_before``, ``n_after`` and ``n_control``
        answers; ``before`` and ``after`` what was measured; ``estimate``, its ``se``, ``df``,
        ``ci_low``, ``ci_high``, ``statistic`` and ``p``; ``detectable``, the smallest true effect
        that would show; ``needed``, answers after at which ``goal`` would, NA where it does now or
        where no number of answers helps; ``reason``. Methods:

        ``plain``
            After less before, whoever answered; customers in both count as such.
        ``paired``, ``signed_rank``, ``mcnemar``, ``stuart_maxwell``
            Customers in both waves; all but ``paired`` without weights.
        ``rank_sum``
            All answers by ranks, without weights.
        ``did``
            The plain change less that of the others.
        ``matched``
            Customers in both waves less others who began with the same score (and share ``match``):
            :math:`\sum_k \tfrac{n_k}{n}(\bar y_{1k} - \bar y_{0k})` over cells k with two others.
        ``prior``
            After less ``history`` (not the trigger quarter), less the same of the others.
        ``return_to_mean``
            The change expected without any measure: history less before or, of customers chosen
            one by one without a history, (1 − ρ)(μ − m) with ρ and μ of the others.
        ``adjusted``
            What to judge by; ``reason`` names the method. For ``customers``: ``matched``, else
            ``prior`` of the same customers. For a ``group``: ``prior``. By ``lot``: ``did``.
            Otherwise NA, reason ``no_comparison``, or what kept the method from giving a number.

        Reasons: ``empty``, ``single_answer``, ``no_variation``, ``no_control``, ``no_history``,
        ``no_pairs``, ``no_matches`` (half of those reached have nobody like them),
        ``no_comparison``, ``few_quarters`` (too few to know how quarters move by themselves),
        ``no_cutoff``, ``many_levels``, ``no_change``, ``no_interval``; and, beside numbers,
        ``unmatched_dropped``, ``duplicates_averaged``, ``separated``.

    Raises
    ------
    ValueError
        For a column that is absent, answers that the metric does not take, weights that are
        missing or negative, a ``control`` without ``wave``, or an unknown word.

    Notes
    -----
    Errors are linearised over customers (or the design's clusters) with Satterthwaite's degrees of
    freedom: Welch's test where the waves share nobody, the paired one where they share everybody.
    ``prior`` of a group adds what moves groups from quarter to quarter, estimated from the history
    and the other groups: groups × quarters less both margins, so H − 1 degrees of freedom with H
    quarters and no other group, GH − 1 with G of them. It takes shocks of different quarters as
    independent. Source: Barnett, van der Pols and Dobson (2005), *International Journal of
    Epidemiology* 34, 215–220; Donald and Lang (2007), *Review of Economics and Statistics* 89,
    221–233; Abadie and Imbens (2006), *Econometrica* 74, 235–267.

    Examples
    --------
    Customers who scored low were called; as many with the same scores were not. Both rose:

    >>> import pandas as pd
    >>> from csatlib import actions
    >>> called = pd.DataFrame({"customer_id": range(40), "overall": [1, 2] * 20})
    >>> later = called.assign(overall=[3, 3, 2, 4] * 10)
    >>> others = pd.DataFrame({"customer_id": range(40, 120), "overall": [1, 2, 4, 5] * 20})
    >>> control = pd.concat([others.assign(wave="before"),
    ...                      others.assign(wave="after", overall=[3, 3, 4, 5, 2, 4, 4, 4] * 10)])
    >>> found = actions.effect(called, later, item="overall", control=control,
    ...                        methods=["plain", "adjusted"])
    >>> found[["method", "estimate", "ci_low", "ci_high", "reason"]].round(2)
         method  estimate  ci_low  ci_high   reason
    0     plain       1.5    1.34     1.66      NaN
    1  adjusted       0.0   -0.23     0.23  matched
    """
    one_of(metric, "metric", ("mean", "share", "nps"))
    one_of(chosen, "chosen", _CHOSEN)
    for name in methods:
        one_of(name, "methods", METHODS)
    stack = stack_waves(
        (before, after, control, history),
        item,
        key=key,
        metric=metric,
        cutoff=cutoff,
        match=match,
        by=by,
        design=design,
    )
    settings = _Settings(
        between(conf, "conf"), between(power, "power"), goal, cutoff, metric, bool(by)
    )
    rows = _Methods(stack, settings, _how_chosen(stack, chosen, bool(by))).rows(methods)
    columns = {name: column.dtype for name, column in TABLES["effects"].columns.items()}
    return table([{"item": item, "metric": metric} | row for row in rows], columns)


@dataclass(frozen=True)
class _Settings:
    conf: float
    power: float
    goal: float | None
    cutoff: float | None
    metric: str
    grouped: bool


def _how_chosen(stack: Stack, chosen: str, grouped: bool) -> str:
    """Say how those reached were chosen, from what their scores lack."""
    if chosen != "auto":
        return chosen
    mine = stack.where(BEFORE, reached=True)
    others = stack.where(BEFORE, reached=False)
    if not others.any():
        others = stack.where(HISTORY, reached=True)
    if not mine.any() or not others.any():
        return "group"
    elsewhere = np.isin(stack.group[mine], stack.group[others]).any()
    if grouped and stack.where(BEFORE, reached=False).any() and not elsewhere:
        return "group"
    scores = stack.raw[others]
    low, high = (scores <= stack.raw[mine].max()).mean(), (scores >= stack.raw[mine].min()).mean()
    return "customers" if min(low, high) ** mine.sum() < _TRUNCATED else "group"


class _Methods:
    """One row a method; what several of them need is worked out once."""

    def __init__(self, stack: Stack, settings: _Settings, chosen: str) -> None:
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
        row["detectable"] = row["se"] * multiple_of_se(
            round(df, 1), settings.power, settings.conf
        )
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
        return self._tested(
            shape, found.estimate, found.variance, found.df, reason=found.reason
        )

    def _prior(self) -> dict[str, object]:
        customers = self.chosen == "customers"
        found: Prior = (customers_prior if customers else group_prior)(self.stack)
        shape = {"n_before": found.n_before, "n_after": found.n_after}
        shape |= {"n_control": found.n_control, "before": found.before, "after": found.after}
        if np.isnan(found.variance):
            return shape | {"estimate": found.estimate, "reason": found.reason}
        return self._tested(
            shape, found.estimate, found.variance, found.df, series=found.series
        )

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
