"""Means, Net Promoter Scores, totals and ratios: what each is and how its interval is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings, distinct
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.intervals import student
from csatlib.estimates.moments import Moments, read_survey
from csatlib.estimates.table import Estimates, reasons, to_table

__all__ = ["estimate", "mean", "nps", "ratio", "scores", "total"]

#: Answers read at once: items of a byte each take eight times as much as numbers.
_READ = 1 << 20


def mean(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the mean score of each item, overall or in each group, with a t interval.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Numeric (or boolean) columns; a missing value is a question without an answer.
    by : sequence of str
        Columns whose values, taken together, form the groups. Categories keep their order and
        appear although nobody is in them; other values are sorted. Rows with a missing value in
        one of the columns are in no group.
    where : boolean Series or callable, optional
        The respondents the estimate is about: a condition on the index of ``df``, or a function
        from ``df`` to one. A missing value is outside.
    design : Design, optional
        Weights, strata, clusters, populations and margins by the names of their columns; without
        it the rows are a simple random sample of an unlimited population.
    conf : float
        Confidence of the interval, between 0 and 1.
    min_base : int
        Fewer valid answers than this are suppressed; at least 1.

    Returns
    -------
    DataFrame
        The ``estimates`` table, metric ``mean``: ``quarter``, ``line``, ``metric``, ``item``,
        ``level``, ``group_by``, ``group``, ``n``, ``n_eff``, ``df``, ``estimate`` and ``se`` on
        the item's own scale, ``ci_low``, ``ci_high``, ``suppressed`` and ``reason``; each is
        explained in the documentation of `csatlib.estimates`.

    Raises
    ------
    ValueError
        For a column that is not there or not numeric, infinite scores, a ``where`` that does not
        fit ``df``, groups whose names read alike, a design that does not fit ``df`` (see `Design`),
        or ``conf`` or ``min_base`` out of range.

    Notes
    -----
    Over the valid answers of the domain, :math:`\bar y = \sum w y / \sum w`. Row :math:`i` brings
    :math:`u_i = w_i (y_i - \bar y) / \sum w` inside the domain and 0 outside it. With :math:`t` the
    sums of :math:`u` over a sampling unit, :math:`n_h` units sampled of :math:`N_h` in a stratum,

    .. math:: \mathrm{se}^2 = \sum_h (1 - n_h / N_h) \frac{n_h}{n_h - 1} \sum (t - \bar t_h)^2,

    where units without anybody of the domain count with :math:`t = 0`. After calibration
    :math:`u` gives way to its residual from a weighted regression on the margins, see `Design`.
    The interval is :math:`\bar y \pm t_{df}\, \mathrm{se}`, :math:`df` the units with a valid
    answer of the domain less their strata. A whole simple random sample gives :math:`s / \sqrt n`
    and Student's interval. ``n_eff`` is ``n`` over the design effect against a simple random
    sample with replacement.

    Source: Särndal, Swensson and Wretman (1992), *Model Assisted Survey Sampling*, sections 5.5 to
    5.8; Binder (1983), On the variances of asymptotically normal estimators from complex surveys,
    *International Statistical Review* 51. It is what
    ``svymean(~y, subset(design, domain & !is.na(y)))`` of R's survey package gives, its
    ``confint`` with ``df = degf(subset(…))``, and ``t.test`` for a whole simple random sample.

    Examples
    --------
    Ten scores with mean 3.9 and standard deviation 0.994: with 95 % confidence the mean of all
    customers lies between 3.19 and 4.61.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [5, 4, 3, 4, 5, 4, 3, 4, 2, 5]})
    >>> table = estimates.mean(df, "overall", min_base=10)
    >>> table[["n", "df", "estimate", "se", "ci_low", "ci_high"]].round(3)
        n   df  estimate     se  ci_low  ci_high
    0  10  9.0       3.9  0.314   3.189    4.611
    """
    return estimate("mean", df, items, answers.numbers, scores, by, where, design, conf, min_base)


def nps(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the Net Promoter Score of each item, from −100 to 100, with a t interval.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Columns of answers from 0 to 10 to the likelihood to recommend; a missing value is a
        question without an answer.
    by, where, design, conf, min_base
        As for `mean`.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``nps``; ``estimate``, ``se`` and
        the interval are points on the scale from −100 to 100.

    Raises
    ------
    ValueError
        As `mean`, and for answers that are not whole numbers from 0 to 10.

    Notes
    -----
    The score is the percentage of promoters (9, 10) less that of detractors (0 to 6), which is the
    mean of 100, 0 and −100; standard error and interval are those of `mean` on these. For a whole
    sample :math:`\mathrm{se} = 100 \sqrt{(P + D - (P - D)^2) / (n - 1)}` with :math:`P` and
    :math:`D` the two shares; software that divides by n instead gives slightly less. The interval
    is cut at −100 and 100.

    Source: Reichheld (2003), The one number you need to grow, *Harvard Business Review* 81(12);
    for the variance, Rocks (2016), Interval estimation for the "Net Promoter Score", *The American
    Statistician* 70(4), 365–372.

    Examples
    --------
    Five promoters and two detractors among ten customers make 50 − 20 = 30, and ten answers leave
    it open whether the score of all customers is above or below 0.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"recommend": [10, 10, 9, 9, 9, 8, 7, 7, 6, 3]})
    >>> table = estimates.nps(df, "recommend", min_base=10)
    >>> table[["n", "df", "estimate", "se", "ci_low", "ci_high"]].round(1)
        n   df  estimate    se  ci_low  ci_high
    0  10  9.0      30.0  26.0   -28.9     88.9
    """
    return estimate(
        "nps", df, items, answers.recommendations, net_promoters, by, where, design, conf, min_base
    )


def total(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the total of each item over all customers, with a t interval.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Numeric or boolean columns (a boolean one counts customers); a row without an answer adds
        nothing.
    by, where, design, conf, min_base
        As for `mean`. Without weights the total is that of the sample itself.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``total``; ``estimate``, ``se``
        and the interval are on the item's own scale times customers.

    Raises
    ------
    ValueError
        As `mean`.

    Notes
    -----
    :math:`\hat Y = \sum w y`; the variance is that of `mean` with :math:`u = w y`. A total that the
    design fixes (the number of customers of a stratum) has ``se`` 0 and no interval.

    Source: Särndal, Swensson and Wretman (1992), section 2.8; ``svytotal`` of R's survey package.

    Examples
    --------
    Forty customers stand for 400, of whom some 300 are satisfied.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"satisfied": [True] * 30 + [False] * 10, "weight": 10.0})
    >>> table = estimates.total(df, "satisfied", design=estimates.Design(weight="weight"))
    >>> table[["n", "df", "estimate", "se", "ci_low", "ci_high"]].round(1)
        n    df  estimate    se  ci_low  ci_high
    0  40  39.0     300.0  27.7   243.9    356.1
    """
    check_settings(conf, min_base)
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    rows = [scores(survey.total(answers.numbers(df, item)), conf) for item in names]
    return to_table("total", names, [None], survey.domains, rows, min_base=min_base)


def ratio(
    df: pd.DataFrame,
    numerators: str | Sequence[str],
    denominators: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the ratio of the totals of two items, such as complaints per ticket.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    numerators, denominators : str or sequence of str
        Numeric or boolean columns, as many of the one as of the other; only rows with an answer to
        both count.
    by, where, design, conf, min_base
        As for `mean`.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``ratio``, ``item`` the two names
        joined by ``/``.

    Raises
    ------
    ValueError
        As `mean`, and where there are not as many denominators as numerators.

    Notes
    -----
    :math:`\hat R = \sum w y / \sum w x`; the variance is that of `mean` with
    :math:`u = w (y - \hat R x) / \sum w x`. A denominator that adds up to 0 has no ratio, reason
    ``no_denominator``.

    Source: Särndal, Swensson and Wretman (1992), section 5.6; ``svyratio`` of R's survey package.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"complaints": [0, 1, 2, 1] * 10, "tickets": [2, 3, 4, 3] * 10})
    >>> table = estimates.ratio(df, "complaints", "tickets")
    >>> table[["item", "n", "estimate", "se", "ci_low", "ci_high"]].round(3)
                     item   n  estimate     se  ci_low  ci_high
    0  complaints/tickets  40     0.333  0.025   0.282    0.384
    """
    check_settings(conf, min_base)
    above, below = answers.item_names(numerators), answers.item_names(denominators)
    if len(above) != len(below):
        raise ValueError(
            f"denominators: expected one for each of the {len(above)} numerators, found "
            f"{len(below)}; name as many"
        )
    survey = read_survey(df, by, where, design)
    rows = [
        scores(survey.ratio(answers.numbers(df, one), answers.numbers(df, other)), conf)
        for one, other in zip(above, below, strict=True)
    ]
    names = distinct(map("/".join, zip(above, below, strict=True)), "numerators")
    return to_table("ratio", names, [None], survey.domains, rows, min_base=min_base)


def estimate(
    metric: str,
    df: pd.DataFrame,
    items: str | Sequence[str],
    read: Callable[[pd.DataFrame, str], np.ndarray],
    infer: Callable[[Moments, float], Estimates],
    by: Sequence[str],
    where: Where,
    design: Design | None,
    conf: float,
    min_base: int,
) -> pd.DataFrame:
    """Lay out a metric that is the mean of what ``read`` makes of an item."""
    check_settings(conf, min_base)
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    width = max(_READ // max(len(df), 1), 1)
    some = [names[first : first + width] for first in range(0, len(names), width)]
    rows = [infer(survey.means([read(df, item) for item in group]), conf) for group in some]
    return to_table(metric, names, [None], survey.domains, rows, min_base=min_base)


def scores(moments: Moments, conf: float) -> Estimates:
    """Give a t interval."""
    low, high = student(moments.estimate, moments.variance, moments.df, conf=conf)
    with np.errstate(divide="ignore", invalid="ignore"):
        deff = np.where(moments.variance > 0, moments.variance / moments.simple, 1)
    return Estimates(
        n=moments.n,
        n_eff=moments.n / deff,
        df=moments.df,
        estimate=moments.estimate,
        se=np.sqrt(moments.variance),
        ci_low=low,
        ci_high=high,
        # Not variance == 0: limits can round to one number although the scores differ a little.
        reason=reasons(moments, no_variation=moments.same | ~(low < high)),
    )


def net_promoters(moments: Moments, conf: float) -> Estimates:
    """Give a t interval cut at −100 and 100."""
    found = scores(moments, conf)
    return replace(
        found, ci_low=np.clip(found.ci_low, -100, 100), ci_high=np.clip(found.ci_high, -100, 100)
    )
