"""Shares and distributions: the interval of a share, however near 0 or 1 it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.intervals import share_interval
from csatlib.estimates.moments import Moments, read_survey, stacked
from csatlib.estimates.table import Estimates, reasons, to_table

__all__ = ["Method", "distribution", "share", "shares"]

Method = Literal["korn_graubard", "beta", "wilson", "logit", "arcsine", "likelihood"]
_METHODS = ("korn_graubard", "beta", "wilson", "logit", "arcsine", "likelihood")


def share(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    method: Method = "korn_graubard",
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
    by, where, design, conf, min_base
        As for `mean`.
    method : {"korn_graubard", "beta", "wilson", "logit", "arcsine", "likelihood"}
        How the interval is made, see below; ``beta`` is R's
        ``svyciprop(method = "beta")``: Korn and Graubard's without the bound below.

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
        As `mean`, for a column that is not boolean, and for an unknown ``method``.

    Notes
    -----
    Estimate and standard error are those of `mean` on 0 and 1. Korn and Graubard's interval is
    Clopper and Pearson's for :math:`n_\mathrm{eff} p` of :math:`n_\mathrm{eff}` answers,
    :math:`n_\mathrm{eff} = p (1 - p) / \mathrm{se}^2 \cdot (t_{n - 1} / t_\mathrm{df})^2`. A whole
    simple random sample of n answers has :math:`n_\mathrm{eff} = n - 1`, not n, because
    :math:`\mathrm{se}^2 = p (1 - p) / (n - 1)`. At p = 0 and p = 1, where the variance says
    nothing, it is Kish's :math:`(\sum w)^2 / \sum w^2` times the same factor of the t, which is n
    for a simple random sample. It is the default because Wald's interval covers far too little
    where satisfaction lives, near 1.

    Where the answers of a stratum happen to be all equal, its variance is estimated as 0 and
    :math:`p (1 - p) / \mathrm{se}^2` may exceed the answers there are; there it is bounded by n, as
    Korn and Graubard bound it everywhere.

    ``wilson`` is Wilson's score interval at n over the design effect times the same factor, and
    for a simple random sample Wilson's own; ``logit`` is :math:`\mathrm{logit}\, p \pm t_{df}\,
    \mathrm{se} / (p (1 - p))`, ``arcsine`` :math:`\arcsin \sqrt p \pm t_{df}\, \mathrm{se} /
    (2 \sqrt{p (1 - p)})`, both turned back. ``likelihood`` holds every :math:`\pi` with

    .. math:: 2 \left(p \ln\frac{p}{\pi} + (1 - p) \ln\frac{1 - p}{1 - \pi}\right)
        \le t_{df}^2 \frac{n}{n - 1} \frac{\mathrm{se}^2}{p (1 - p)},

    the profile of the likelihood at Rao and Scott's scale. At p = 0 and p = 1 the last three give
    way to Korn and Graubard's.

    Source: Korn and Graubard (1998), Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data, *Survey Methodology* 24, 193–201;
    Franco, Little, Louis and Slud (2019), Comparative study of confidence intervals for proportions
    in complex sample surveys, *Journal of Survey Statistics and Methodology* 7, 334–364. They are
    ``svyciprop(~y, design, method)`` of R's survey package with ``method`` ``"beta"``,
    ``"xlogit"``, ``"asin"`` and ``"likelihood"`` (which R interpolates, to five digits); it has no
    interval at p = 0 and p = 1.

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
    check_settings(conf, min_base)
    names = answers.item_names(items)
    infer = _inference(method)
    survey = read_survey(df, by, where, design)
    found = [survey.share(answers.booleans(df, item)) for item in names]
    rows = [infer(stacked(found), conf)] if found else []
    return to_table("share", names, [None], survey.domains, rows, min_base=min_base)


def distribution(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    levels: Sequence[object],
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    method: Method = "korn_graubard",
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
    by, where, design, method, conf, min_base
        As for `share`; ``min_base`` is held against the valid answers to the item, not against
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
    infer = _inference(method)
    survey = read_survey(df, by, where, design)
    found = []
    for item in names:
        codes = answers.level_codes(df, item, scale)
        for level in range(len(scale)):
            chosen = np.where(codes < 0, np.nan, codes == level)
            found.append(survey.share(chosen))
    texts = [str(level) for level in scale]
    rows = [infer(stacked(found), conf)] if found else []
    return to_table("distribution", names, texts, survey.domains, rows, min_base=min_base)


def shares(moments: Moments, conf: float, *, method: str = "korn_graubard") -> Estimates:
    """Give the interval of a share by one of the methods."""
    n_eff, low, high = share_interval(moments, conf=conf, method=method)
    return Estimates(
        n=moments.n,
        n_eff=n_eff,
        df=moments.df,
        estimate=moments.estimate,
        se=np.sqrt(moments.variance),
        ci_low=low,
        ci_high=high,
        reason=reasons(moments, no_variation=~(low < high)),
    )


def _inference(method: str) -> Callable[[Moments, float], Estimates]:
    if method not in _METHODS:
        raise ValueError(f"method: expected one of {', '.join(_METHODS)}, found {method!r}")
    return partial(shares, method=method)
