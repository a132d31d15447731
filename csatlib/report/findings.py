"""What a chart of groups shows, in the words that its caption may claim."""

from __future__ import annotations

import pandas as pd

from csatlib.report.words import joined

__all__ = ["group_finding"]


def group_finding(estimates: pd.DataFrame) -> str:
    """Say which group is lowest, if its interval lies wholly below that of the highest.

    Parameters
    ----------
    estimates : DataFrame
        Rows of the table ``estimates``: one item and metric, one row a group.

    Returns
    -------
    str
        The words after the colon of a caption. Intervals that overlap are called overlapping and
        no group is named then; no difference is called significant, since no test was made.
        Without two published groups, or with one that has no interval, nothing is compared.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"group": ["华东", "西南"], "estimate": [4.2, 3.6], "ci_low": [4.1, 3.4],
    ...      "ci_high": [4.3, 3.8], "suppressed": [False, False]}
    ... )
    >>> group_finding(rows)
    '西南最低，与最高的华东置信区间不重叠'
    """
    shown = estimates[~estimates["suppressed"]].sort_values("estimate", kind="stable")
    if len(shown) < 2:
        return "可比较的分组不足两个"
    if shown["ci_low"].isna().any():
        return "部分分组没有置信区间，不作比较"
    low, high = shown.iloc[0], shown.iloc[-1]
    if low["ci_high"] < high["ci_low"]:
        return joined(low["group"], "最低，与最高的", high["group"], "置信区间不重叠")
    return "最低与最高两组的置信区间重叠"
