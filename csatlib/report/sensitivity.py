"""What each exclusion rule does to the headline, as a reader compares it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib.report.words import named, number
from csatlib.study import Study

__all__ = ["sensitivity_view"]


def sensitivity_view(
    sensitivity: pd.DataFrame, study: Study, *, reasons: Mapping[str, str]
) -> pd.DataFrame:
    """Set the headline without each rule beside the one as decided, ready for `table`.

    Parameters
    ----------
    sensitivity : DataFrame
        Table ``sensitivity``.
    study : Study
        Its labels stand in place of the items' names.
    reasons : mapping of str to str
        What each rule finds, in Chinese, such as `csatlib.clean.REASONS`.

    Returns
    -------
    DataFrame of str
        One row a rule that brings questionnaires back, the headline as decided first:
        ``关掉的规则``, ``有效答卷`` (with the number that come back) and one column a figure, its
        difference from the one as decided in brackets.

    Examples
    --------
    >>> lines = [[None, 90, 0, "mean", "overall", 4.1, 0.0],
    ...          ["too_fast", 95, 5, "mean", "overall", 4.05, -0.05]]
    >>> columns = ["rule", "kept", "added", "metric", "item", "estimate", "difference"]
    >>> from csatlib import store
    >>> view = sensitivity_view(pd.DataFrame(lines, columns=columns), store.study("ops_company"),
    ...                         reasons={"too_fast": "作答时间过短"})
    >>> view.values.tolist()
    [['都不关', '90', '4.10'], ['作答时间过短', '95（多 5）', '4.05（−0.05）']]
    """
    rows = []
    telling = sensitivity[sensitivity["rule"].isna() | (sensitivity["added"] != 0).fillna(True)]
    for rule, lines in telling.groupby("rule", sort=False, dropna=False):
        first = lines.iloc[0]
        decided = pd.isna(rule)
        row = {
            "关掉的规则": "都不关" if decided else reasons.get(str(rule), str(rule)),
            "有效答卷": _counts(first, decided=decided, fewest=study.privacy.min_base),
        }
        for line in lines.itertuples():
            plain = decided or pd.isna(line.estimate)
            change = "" if plain else f"（{_signed(line.difference, line.metric)}）"
            heading = named(study.label(line.item), line.metric)
            row[heading] = f"{number(line.estimate, line.metric)}{change}"
        rows.append(row)
    return pd.DataFrame(rows, dtype="str")


def _counts(line: pd.Series, *, decided: bool, fewest: int) -> str:
    if pd.isna(line["kept"]):
        return f"多不到 {fewest} 份"
    return f"{line['kept']:,}" + ("" if decided else f"（多 {line['added']:,}）")


def _signed(difference: float, metric: str) -> str:
    """Write a difference with its sign, shares in percentage points."""
    if pd.isna(difference):
        return "—"
    if metric == "share":
        text = f"{100 * difference:+z.1f} 个百分点"
    else:
        text = f"{difference:+z.2f}" if metric == "mean" else f"{difference:+z.1f}"
    return text.replace("-", "−").replace("+0.00", "0.00").replace("+0.0", "0.0")
