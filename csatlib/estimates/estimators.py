"""The estimators: what each metric means, how its interval is made, and where both come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings
from csatlib.estimates.domains import Where, find_domains
from csatlib.estimates.intervals import korn_graubard, student
from csatlib.estimates.table import Estimates, to_table
from csatlib.estimates.variance import Moments, linearised_mean

__all__ = ["distribution", "mean", "nps", "share"]


def mean(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
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
        fit ``df``, groups whose names read alike, or ``conf`` or ``min_base`` out of range.

    Notes
    -----
    Over the :math:`n_d` valid answers of the domain, :math:`\bar y = \sum y / n_d`. With
    :math:`u_i = (y_i - \bar y) / n_d` inside the domain and 0 outside it,
    :math:`\mathrm{se}^2 = \frac{n}{n - 1} \sum u_i^2`, where :math:`n` counts all rows of ``df``;
    the interval is :math:`\bar y \pm t_{n_d - 1} \, \mathrm{se}`. Where the domain is the whole
    sample this is :math:`s / \sqrt n` and Student's interval.

    Source: Särndal, Swensson and Wretman (1992), *Model Assisted Survey Sampling*, sections 5.5 to
    5.8. It is what ``svymean(~y, subset(design, domain & !is.na(y)))`` of R's
    survey package gives with ``design <- svydesign(ids = ~1, data = df)``, its ``confint`` with
    ``df = degf(subset(…))``, and ``t.test`` for a whole sample.

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
    return _estimate("mean", df, items, answers.numbers, _scores, by, where, conf, min_base)


def share(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the share of true answers of each item, with Korn and Graubard's interval.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Boolean columns, such as `csatlib.scales.is_satisfied` makes; NA is a question without an
        answer.
    by, where, conf, min_base
        As for `mean`.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``share``; ``estimate``, ``se``
        and the interval are shares between 0 and 1, ``n_eff`` the effective sample size that the
        interval rests on. Where all answers are equal the linearised ``se`` is 0 although the
        share is not certain; the interval says how uncertain.

    Raises
    ------
    ValueError
        As `mean`, and for a column that is not boolean.

    Notes
    -----
    Estimate and standard error are those of `mean` on 0 and 1. The interval is Clopper and
    Pearson's for :math:`n_\mathrm{eff} p` of
    :math:`n_\mathrm{eff} = p (1 - p) / \mathrm{se}^2 \cdot (t_{n_d - 1} / t_\mathrm{df})^2`, here
    with :math:`\mathrm{df} = n_d - 1`, so that the second factor is 1. A whole sample of n answers
    has :math:`n_\mathrm{eff} = n - 1`, not n, because :math:`\mathrm{se}^2 = p (1 - p) / (n - 1)`;
    only at p = 0 and p = 1, where it is set to n, is the interval Clopper and Pearson's own. It is
    used because Wald's covers far too little where satisfaction lives, near 1.

    Source: Korn and Graubard (1998), Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data, *Survey Methodology* 24, 193–201. It is
    ``svyciprop(~y, design, method = "beta")`` of R's survey package, which has no interval at p = 0
    and p = 1.

    Examples
    --------
    Of forty customers thirty-eight are satisfied, 95 %; among all customers the share lies between
    82.9 and 99.4 % with 95 % confidence.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"satisfied": [True] * 38 + [False] * 2})
    >>> table = estimates.share(df, "satisfied")
    >>> table[["n", "n_eff", "estimate", "se", "ci_low", "ci_high"]].round(3)
        n  n_eff  estimate     se  ci_low  ci_high
    0  40   39.0      0.95  0.035   0.829    0.994
    """
    return _estimate("share", df, items, answers.booleans, _shares, by, where, conf, min_base)


def nps(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
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
    by, where, conf, min_base
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
    return _estimate(
        "nps", df, items, answers.recommendations, _net_promoters, by, where, conf, min_base
    )


def distribution(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    levels: Sequence[object],
    by: Sequence[str] = (),
    where: Where = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the share of every answer to each item, with Korn and Graubard's intervals.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Columns of any type that all use the same scale; a missing value is a question without an
        answer.
    levels : sequence
        All values of the scale, in the order of the rows wanted, so that an answer nobody chose
        has its row too.
    by, where, conf, min_base
        As for `mean`; ``min_base`` is held against the valid answers to the item, not against
        those of one level.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``distribution``, one row a
        level: ``level`` is the text of the scale value, ``n`` the valid answers to the item, and
        ``estimate`` the share of them, between 0 and 1; the shares of one item and group sum to 1.

    Raises
    ------
    ValueError
        As `mean` (answers need not be numeric), and for an answer that is not in ``levels``, or
        ``levels`` that are none, missing or repeated.

    Notes
    -----
    Each level is a `share` of its own, of the answers that equal it among all valid answers; the
    intervals hold one level at a time, not all levels together.

    Source: as for `share`; it is ``svyciprop(~I(y == level), design, method = "beta")`` of R's
    survey package.

    Examples
    --------
    Nobody chose 2; among all customers up to 31 % might.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [3, 3, 1, 3, 3, 3, 1, 3, 3, 3]})
    >>> table = estimates.distribution(df, "overall", levels=[1, 2, 3], min_base=10)
    >>> table[["level", "n", "n_eff", "estimate", "ci_low", "ci_high"]].round(3)
      level   n  n_eff  estimate  ci_low  ci_high
    0     1  10    9.0       0.2   0.021    0.578
    1     2  10   10.0       0.0     0.0    0.308
    2     3  10    9.0       0.8   0.422    0.979
    """
    check_settings(conf, min_base)
    names = answers.item_names(items)
    scale = answers.scale_values(levels)
    domains = find_domains(df, by, where)
    rows = []
    for item in names:
        codes = answers.level_codes(df, item, scale)
        for level in range(len(scale)):
            chosen = np.where(codes < 0, np.nan, codes == level)
            rows.append(_shares(linearised_mean(chosen, domains), conf))
    texts = [str(level) for level in scale]
    return to_table("distribution", names, texts, domains, rows, min_base=min_base)


def _estimate(
    metric: str,
    df: pd.DataFrame,
    items: str | Sequence[str],
    read: Callable[[pd.DataFrame, str], np.ndarray],
    infer: Callable[[Moments, float], Estimates],
    by: Sequence[str],
    where: Where,
    conf: float,
    min_base: int,
) -> pd.DataFrame:
    check_settings(conf, min_base)
    names = answers.item_names(items)
    domains = find_domains(df, by, where)
    rows = [infer(linearised_mean(read(df, item), domains), conf) for item in names]
    return to_table(metric, names, [None], domains, rows, min_base=min_base)


def _scores(moments: Moments, conf: float) -> Estimates:
    df = np.maximum(moments.n - 1, 0)
    low, high = student(moments.mean, moments.variance, df, conf=conf)
    return Estimates(
        n=moments.n,
        n_eff=moments.n,
        df=df,
        estimate=moments.mean,
        se=np.sqrt(moments.variance),
        ci_low=low,
        ci_high=high,
        # Not variance == 0: limits can round to one number although the scores differ a little.
        no_variation=~(low < high),
    )


def _net_promoters(moments: Moments, conf: float) -> Estimates:
    scores = _scores(moments, conf)
    return replace(
        scores,
        ci_low=np.clip(scores.ci_low, -100, 100),
        ci_high=np.clip(scores.ci_high, -100, 100),
    )


def _shares(moments: Moments, conf: float) -> Estimates:
    df = np.maximum(moments.n - 1, 0)
    n_eff, low, high = korn_graubard(moments.mean, moments.variance, moments.n, df, conf=conf)
    return Estimates(
        n=moments.n,
        n_eff=n_eff,
        df=df,
        estimate=moments.mean,
        se=np.sqrt(moments.variance),
        ci_low=low,
        ci_high=high,
        no_variation=np.zeros(len(df), dtype=bool),
    )
