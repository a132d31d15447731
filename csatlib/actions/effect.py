"""Whether a measure worked: every method that the data allow, and the one to judge by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib.actions.arguments import between, one_of, table
from csatlib.actions.methods import METHODS, Methods, Settings
from csatlib.actions.stacking import BEFORE, HISTORY, Stack, stack_waves
from csatlib.estimates import Design
from csatlib.schema import TABLES

__all__ = ["effect"]

_CHOSEN = ("auto", "customers", "group", "lot")
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
    settings = Settings(
        between(conf, "conf"), between(power, "power"), goal, cutoff, metric, bool(by)
    )
    rows = Methods(stack, settings, _how_chosen(stack, chosen, bool(by))).rows(methods)
    columns = {name: column.dtype for name, column in TABLES["effects"].columns.items()}
    return table([{"item": item, "metric": metric} | row for row in rows], columns)


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
