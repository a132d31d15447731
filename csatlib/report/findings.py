"""What a chart of groups shows, in the words that its caption may claim."""

from __future__ import annotations

import math

import pandas as pd

from csatlib.report.words import joined

__all__ = ["group_finding"]


def group_finding(estimates: pd.DataFrame) -> str:
    r"""Say which group is lowest, if chance alone would hardly set the extremes so far apart.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the table ``estimates``: one item and metric, one row a group.

    Returns
    -------
    str
        The words after the colon of a caption; no group is named where the lowest and the highest
        differ by no more than chance may bring about, and nothing is compared without two
        published groups, or with one that has no error.

    Notes
    -----
    The more groups there are, the farther apart their extremes lie by chance, so two intervals
    that do not overlap prove little. The lowest of k groups is named if

    .. math:: (\bar y_\mathrm{max} - \bar y_\mathrm{min}) /
              \sqrt{(\mathrm{se}_\mathrm{max}^2 + \mathrm{se}_\mathrm{min}^2) / 2}
              > q_{.95}(k, \mathrm{df})

    with the studentized range q and the smaller of the two df, which errs in at most about 5 % of
    all comparisons of equal groups. Source: Tukey (1953) and Kramer (1956), Extension of multiple
    range tests to group means with unequal numbers of replications, *Biometrics* 12, 307–310.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"group": ["华东", "西南"], "estimate": [4.2, 3.6], "se": [0.05, 0.1],
    ...      "df": [199.0, 99.0], "suppressed": [False, False]}
    ... )
    >>> group_finding(rows)
    '西南最低，与最高的华东相差超出抽样误差'
    """
    shown = estimates[~estimates["suppressed"]].sort_values("estimate", kind="stable")
    if len(shown) < 2:
        return "可比较的分组不足两个"
    if shown["se"].isna().any():
        return "部分分组没有误差估计，不作比较"
    low, high = shown.iloc[0], shown.iloc[-1]
    error = math.sqrt((low["se"] ** 2 + high["se"] ** 2) / 2)
    if high["estimate"] - low["estimate"] > error * _studentized_range(
        len(shown), min(low["df"], high["df"])
    ):
        return joined(low["group"], "最低，与最高的", high["group"], "相差超出抽样误差")
    return "最低与最高两组的差别没有超出抽样误差"


def _studentized_range(groups: int, df: float) -> float:
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(0.95, groups, df))
