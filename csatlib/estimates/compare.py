"""Groups held against each other, against the rest or all at once, with honest families of p."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Literal

import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.adjusting import ADJUSTMENTS
from csatlib.estimates.arguments import check_settings, distinct
from csatlib.estimates.comparing import Plan, compare_groups, compare_overall
from csatlib.estimates.comparison_table import stack_lines
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.moments import read_survey

__all__ = ["compare"]

Metric = Literal["mean", "share", "nps"]

_READERS = {
    "mean": answers.numbers,
    "share": answers.booleans,
    "nps": answers.recommendations,
}
#: The tests of each way to compare, of a simple random sample and of a design; the first is used
#: where none is named.
_METHODS = {
    ("overall", True): ("anova", "welch", "rank"),
    ("overall", False): ("wald", "rank"),
    ("pairwise", True): ("welch", "student", "tukey", "rank"),
    ("pairwise", False): ("wald",),
    ("rest", True): ("permutation", "welch", "student"),
    ("rest", False): ("wald",),
    ("reference", True): ("welch", "student", "rank"),
    ("reference", False): ("wald",),
}
_JOINT = ("max_t", "step_down")


def compare(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str],
    against: str = "overall",
    metric: Metric = "mean",
    where: Where = None,
    design: Design | None = None,
    method: str | None = None,
    adjust: str | None = None,
    conf: float = 0.95,
    min_base: int = 30,
    n_permutations: int = 4_999,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Compare groups: all at once, pair by pair, each with the rest, or each with one of them.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Numeric columns, boolean ones for ``share``, answers from 0 to 10 for ``nps``.
    by : sequence of str
        One or more columns whose values, taken together, form the groups.
    against : str
        ``overall``: is any group different (one test); ``pairwise``: every pair; ``rest``: each
        group against all others together; else the name of the group that all others are held
        against, as the column ``group`` of `mean` writes it.
    metric : {"mean", "share", "nps"}
        What is compared.
    where, design
        As for `mean`. Without a design, or with an empty one, the rows are a simple random sample.
    method : str, optional
        The test. Of a simple random sample: ``anova`` (default), ``welch`` or ``rank`` (Kruskal and
        Wallis) overall; ``welch`` (default), ``student`` or ``rank`` (Mann and Whitney) for pairs
        and against a group; ``tukey`` (Tukey and Kramer) for pairs; ``permutation`` (default),
        ``welch`` or ``student`` against the rest. Of a design: ``wald`` (default), and ``rank``
        overall.
    adjust : str, optional
        How p is adjusted over the contrasts of one item: ``holm`` (default for pairs and against
        a group), ``hochberg``, ``bonferroni``, ``BH``, ``BY``, ``none``; or ``max_t`` (default
        against the rest) and ``step_down``, which use how the contrasts hang together. ``tukey``
        brings its own.
    conf : float
        Confidence of the intervals, between 0 and 1.
    min_base : int
        A contrast with fewer valid answers on one side is suppressed; at least 1. Overall, groups
        with fewer are left out of the test, reason ``groups_left_out``.
    n_permutations : int
        Random exchanges of ``permutation``.
    seed : int
        Where the random numbers of ``permutation``, ``max_t`` and ``step_down`` start.

    Returns
    -------
    DataFrame
        The ``comparisons`` table, one row an item and contrast: the columns of ``estimates`` (see
        `csatlib.estimates`) and ``contrast`` (such as ``华东 − 华北`` or ``西南 − 其他``),
        ``statistic``, ``p`` and ``p_adjusted``. ``group`` is the group named first; ``n`` counts
        the answers on both sides; ``estimate`` is the difference, first less second, on the
        metric's scale, ``se`` its standard error, ``df`` the degrees of freedom of t. The interval
        holds for its contrast alone, except with ``tukey``, ``max_t`` and ``step_down``: there all
        intervals of an item hold together. ``permutation`` has no df.

        Overall the row has no difference: ``contrast`` is ``overall``, ``statistic`` is F (with
        groups − 1 and ``df`` degrees of freedom), or with ``rank`` of a simple random sample the
        chi-square H with ``df``. ``rank`` has the metric ``mean_rank``; its differences between
        groups are P(first > second) + P(equal)/2 − 1/2 and have no interval, the statistic is U.

        Further values of ``reason``: ``single_group`` (nothing to compare with: one row for the
        item, ``contrast`` is ``against``), ``groups_left_out`` (see ``min_base``; the numbers
        stand), ``few_clusters`` (no degrees of freedom are left for the test). With ``empty``,
        ``single_answer``, ``single_cluster``, ``census`` and ``fixed_by_design`` one of the sides
        is meant; with ``no_variation`` both.

    Raises
    ------
    ValueError
        As `mean`, for an unknown ``against``, ``metric``, ``method`` or ``adjust``, or ones that
        do not go together, and for ``by`` without a column.

    Notes
    -----
    Welch's t is :math:`(\bar y_1 - \bar y_2) / \sqrt{s_1^2 / n_1 + s_2^2 / n_2}` with
    Satterthwaite's df. Under a design the variance of a difference comes from the covariance of
    the groups (see `mean`; respondents of one cluster may be on both sides), and its df is the
    sampling units with an answer on either side, less their strata, less 1; Wald's F of k groups
    has k − 1 and (units − strata) − (k − 1) degrees of freedom.

    ``permutation`` exchanges the answers of all respondents at random, works out Welch's t of every
    group against the rest each time, and takes as adjusted p the share (1 + #)/(B + 1) of
    exchanges in which the largest \|t\| reaches that of the group (``max_t``), or the largest
    among the groups that are no more conspicuous (``step_down``). With twenty branches of thirty
    skewed scores Welch's t with Holm's adjustment finds something where there is nothing in 15 % of
    samples and more; the permutations keep to 5 %. ``max_t`` elsewhere draws the largest \|z\| of
    contrasts with the estimated correlation and divides by the error that the degrees of freedom
    leave in the standard error: a multivariate t. Under a design it lets no variance fall below
    that of a group like all others (one variance and one design effect for all), because small
    groups of skewed scores understate theirs: without this, thirty answers a branch give a
    family-wise error of a third. ``se``, ``statistic`` and ``p`` stay those of the design.

    ``rank`` under a design takes as score the estimated share of customers below an answer, plus
    half of those that gave it, and tests its means by Wald's F.

    Source: Welch (1951), On the comparison of several mean values, *Biometrika* 38, 330–336;
    Tukey (1953) and Kramer (1956), see `csatlib.report`; Westfall and Young (1993),
    *Resampling-Based Multiple Testing*; Hothorn, Bretz and Westfall (2008), Simultaneous inference
    in general parametric models, *Biometrical Journal* 50, 346–363; Lumley and Scott (2013),
    Two-sample rank tests under complex sampling, *Biometrika* 100, 831–842. Equal to ``aov``,
    ``oneway.test``, ``kruskal.test``, ``t.test``, ``TukeyHSD``, ``wilcox.test(exact = FALSE)`` and
    ``p.adjust`` of R, and to ``svyttest``, ``regTermTest`` and ``svyranktest`` of its survey
    package.

    Examples
    --------
    Three branches with forty customers each: the third is 0.75 points below the other two.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame(
    ...     {"branch": ["华东"] * 40 + ["华北"] * 40 + ["西南"] * 40,
    ...      "overall": [5, 4, 4, 5] * 10 + [4, 5, 4, 5] * 10 + [3, 4, 3, 5] * 10}
    ... )
    >>> table = estimates.compare(df, "overall", by=["branch"], against="rest")
    >>> table[["contrast", "n", "estimate", "se", "p_adjusted"]].round(3)
      contrast    n  estimate     se  p_adjusted
    0  华东 − 其他  120     0.375  0.119       0.007
    1  华北 − 其他  120     0.375  0.119       0.007
    2  西南 − 其他  120     -0.75  0.144         0.0
    """
    check_settings(conf, min_base)
    simple = design is None or design == Design()
    plan = _plan(against, metric, method, adjust, simple, conf, min_base, n_permutations, seed)
    if not distinct(by, "by"):
        raise ValueError(
            "by: expected one or more columns that form the groups, found none; write "
            'by=["branch"], say'
        )
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    one_item = compare_overall if against == "overall" else compare_groups
    return stack_lines([one_item(plan, survey, item, _READERS[metric](df, item)) for item in names])


def _plan(
    against: str,
    metric: str,
    method: str | None,
    adjust: str | None,
    simple: bool,
    conf: float,
    min_base: int,
    permutations: int,
    seed: int,
) -> Plan:
    """Check what goes with what and fill in what is not named."""
    _choose("metric", metric, _READERS)
    way = against if against in ("overall", "pairwise", "rest") else "reference"
    methods = _METHODS[way, simple]
    sample = "a simple random sample" if simple else "a survey design"
    method = methods[0] if method is None else method
    _choose("method", method, methods, f" with against={against!r} and {sample}")
    if method == "tukey" or way == "overall":
        own = "none" if way == "overall" else "tukey"
        adjust = own if adjust is None else adjust
        _choose("adjust", adjust, (own,), f" with against={against!r} and method={method!r}")
    else:
        adjust = ("max_t" if way == "rest" else "holm") if adjust is None else adjust
        joint = () if method == "rank" else _JOINT
        _choose("adjust", adjust, (*ADJUSTMENTS, *joint), f" with method={method!r}")
    for name, value, least in (("n_permutations", permutations, 99), ("seed", seed, 0)):
        if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name}: expected a whole number, {least} or more, found {value!r}")
    return Plan(
        metric, against, method, adjust, simple, conf, min_base, int(permutations), int(seed)
    )


def _choose(name: str, value: object, allowed: Sequence[str], context: str = "") -> None:
    if value not in tuple(allowed):
        raise ValueError(f"{name}: expected one of {', '.join(allowed)}{context}, found {value!r}")
