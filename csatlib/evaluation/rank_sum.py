"""The rank-sum ratio: many indicators as one ratio, fitted to probits and graded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib.evaluation.arguments import Direction, Matrix, Shares, fitted, one_of, read_matrix
from csatlib.evaluation.ranking import CUTS, classes, grades_of, probits, ranks_of, ratios_of
from csatlib.evaluation.separation import separation

__all__ = ["RankSum", "rank_sum_ratio"]

#: A line through all points leaves a residual of rounding only.
_PERFECT = 1e-20


@dataclass(frozen=True)
class RankSum:
    """Every step of a rank-sum ratio as a table.

    Attributes
    ----------
    ranks : DataFrame
        Table ``rank_sum_ranks``, one row a group and indicator: ``group, indicator, direction,
        weight`` (the shares add up to 1), ``value``, ``rank`` (the best highest).
    ratios : DataFrame
        Table ``rank_sum``, one row a group, the lowest ratio first: ``group``; ``rsr``; ``rank``
        (1 is the best, ties averaged); ``frequency`` and ``cumulative`` of its ratio;
        ``mean_rank`` and ``share`` (mean rank over n); ``probit``; ``fitted``; ``grade`` (1 the
        lowest); ``missing`` indicators; ``reason``.
    fit : DataFrame
        Table ``rank_sum_fit``, one row a term (``intercept``, ``probit``): ``estimate, se,
        statistic`` (t)``, p``; and of the line ``n`` (distinct ratios), ``df, r, r2, r2_adjusted,
        f, f_p``; ``reason``.
    grades : DataFrame
        Table ``rank_sum_grades``, one row a grade: ``grade, probit_low, probit_high, rsr_low,
        rsr_high`` (the cuts; the outer ones are missing), ``n``, ``groups``.
    separation : DataFrame
        Table ``rank_sum_separation``: whether the ratios of the grades differ, by an analysis of
        variance and by Kruskal and Wallis: ``test, statistic, df, df_residual, p, grades, n,
        reason``.
    """

    ranks: pd.DataFrame
    ratios: pd.DataFrame
    fit: pd.DataFrame
    grades: pd.DataFrame
    separation: pd.DataFrame


def rank_sum_ratio(
    values: pd.DataFrame,
    *,
    direction: Direction,
    weights: Shares = None,
    method: Literal["whole", "non_whole"] = "whole",
    grades: Literal[3, 4, 5] = 3,
    missing: Literal["refuse", "reweight"] = "refuse",
) -> RankSum:
    r"""Judge groups by the rank-sum ratio of many indicators, with every intermediate step.

    Parameters
    ----------
    values : DataFrame
        One row a group (index), one column an indicator, such as `matrix` gives.
    direction : mapping of str to str, or str
        ``higher`` or ``lower`` for each indicator, or for all: which way is better.
    weights : mapping of str to float, optional
        The weight of each indicator, 0 or more; only their proportions count. An indicator of
        weight 0 is as if absent, though its ranks are told. Without weights all count alike.
    method : {"whole", "non_whole"}
        Ranks are whole (ties averaged), or non-whole: in proportion to the distance from the
        worst value to the best; where all values are equal each has (n + 1)/2.
    grades : {3, 4, 5}
        How many grades; they part at probits 4 and 6; 3.5, 5 and 6.5; 3.2, 4.4, 5.6 and 6.8.
    missing : {"refuse", "reweight"}
        A group without a value of an indicator has no ratio and takes no part
        (``missing_indicator``), or its ratio is that of its other indicators, each rank over the
        number ranked there.

    Returns
    -------
    RankSum
        Five tables. ``reason`` of the ratios: ``missing_indicator``; of the fit: ``empty`` and
        ``single_group`` (fewer than two groups), ``no_variation`` (one ratio: no line, no
        grades), ``no_residual`` (two ratios: the line has no error), ``perfect_fit``.

    Raises
    ------
    ValueError
        For values that are no numbers or infinite, groups or indicators that are named twice,
        directions or weights that do not fit the indicators, and unknown settings.

    Notes
    -----
    .. math:: RSR_i = \sum_j w_j R_{ij} / n, \qquad
        R_{ij} = 1 + (n - 1) \frac{x_{ij} - \min_j}{\max_j - \min_j} \text{ (non-whole)}

    Equal ratios form a class with the mean :math:`\bar R` of their ranks; its share is
    :math:`\bar R / n`, that of the highest class, tied or not, 1 − 1/(4n); its probit is 5 plus
    the normal quantile of the share. The line is the least-squares fit of the *distinct* ratios
    on their probits, one point a class. A group has the grade in which its probit lies, which is
    that of its fitted ratio; on a cut it has the higher one. Ratios count as equal within 1e-12.
    The ratio orders; it does not measure: a grade says where a group stands among these groups.

    Source: Tian Fengdiao (田凤调), 秩和比法及其应用 (1993); checked against R 4.2.2 (``lm``,
    ``rank``, ``qnorm``), see ``tests/reference/rank_sum.json``.

    Examples
    --------
    >>> import pandas as pd
    >>> teams = pd.DataFrame({"share": [0.9, 0.8, 0.7, 0.85], "minutes": [30, 45, 60, 20]},
    ...     index=["甲", "乙", "丙", "丁"])
    >>> found = rank_sum_ratio(teams, direction={"share": "higher", "minutes": "lower"})
    >>> found.ratios[["group", "rsr", "probit", "fitted", "grade"]].round(3)
      group    rsr  probit  fitted  grade
    0     丙   0.25   4.326   0.276      2
    1     乙    0.5     5.0   0.462      2
    2     甲  0.875   6.534   0.886      3
    3     丁  0.875   6.534   0.886      3
    """
    one_of(method, ("whole", "non_whole"), "method")
    one_of(grades, tuple(CUTS), "grades")
    one_of(missing, ("refuse", "reweight"), "missing")
    read = read_matrix(values, direction, weights)
    used = read.cells.copy()
    if missing == "refuse":
        used[np.isnan(read.counted).any(axis=1)] = np.nan
    ranks = ranks_of(used, read.sign, method=method)
    ratios = ratios_of(ranks, read.shares)
    numbers = classes(ratios)
    mean_rank, share, probit = probits(numbers)
    line = _line(ratios, probit, numbers)
    flat = len(set(numbers[numbers >= 0])) < 2
    graded = np.zeros(len(ratios), dtype=int) if flat else grades_of(probit, grades)
    table = _ratios(read, ratios, numbers, mean_rank, share, probit, graded, line)
    return RankSum(
        ranks=_ranks(read, ranks),
        ratios=table,
        fit=line,
        grades=_grades(table, line, grades),
        separation=separation(ratios[graded > 0], graded[graded > 0]),
    )


def _line(ratios: np.ndarray, probit: np.ndarray, numbers: np.ndarray) -> pd.DataFrame:
    """Fit the distinct ratios on their probits."""
    _, first = np.unique(numbers, return_index=True)
    first = first[numbers[first] >= 0]
    x, y = probit[first], ratios[first]
    n, blank = len(x), {"term": ["intercept", "probit"], "n": len(x)}
    if n < 2:
        known = int((numbers >= 0).sum())
        why = "empty" if known == 0 else "single_group" if known == 1 else "no_variation"
        return fitted(blank | {"reason": why}, "rank_sum_fit")
    away = x - x.mean()
    sxx, tss = float(away @ away), float(((y - y.mean()) ** 2).sum())
    slope = float(away @ (y - y.mean())) / sxx
    start = float(y.mean() - slope * x.mean())
    rss = float(((y - start - slope * x) ** 2).sum())
    df = n - 2
    found = blank | {"estimate": [start, slope], "df": float(df), "r2": 1 - rss / tss}
    found["r"] = float(away @ (y - y.mean())) / np.sqrt(sxx * tss)
    if df == 0 or rss <= _PERFECT * tss:
        why = "no_residual" if df == 0 else "perfect_fit"
        return fitted(found | {"r": 1.0, "r2": 1.0, "reason": why}, "rank_sum_fit")
    variance = rss / df
    se = np.sqrt([variance * (1 / n + x.mean() ** 2 / sxx), variance / sxx])
    t = np.array([start, slope]) / se
    f = (tss - rss) / variance
    found |= {"se": se, "statistic": t, "p": 2 * special.stdtr(df, -np.abs(t))}
    found |= {"r2_adjusted": 1 - (rss / df) / (tss / (n - 1)), "f": f}
    return fitted(found | {"f_p": special.fdtrc(1, df, f)}, "rank_sum_fit")


def _ratios(
    read: Matrix,
    ratios: np.ndarray,
    numbers: np.ndarray,
    mean_rank: np.ndarray,
    share: np.ndarray,
    probit: np.ndarray,
    graded: np.ndarray,
    line: pd.DataFrame,
) -> pd.DataFrame:
    known = numbers >= 0
    counts = np.bincount(numbers[known], minlength=1)
    start, slope = line["estimate"].to_numpy(dtype=float, na_value=np.nan)
    n = int(known.sum())
    table = fitted(
        {
            "group": list(read.groups),
            "rsr": ratios,
            "rank": n + 1 - mean_rank,
            "frequency": pd.array(np.where(known, counts[numbers], 0), dtype="Int64"),
            "cumulative": pd.array(np.where(known, counts.cumsum()[numbers], 0), dtype="Int64"),
            "mean_rank": mean_rank,
            "share": share,
            "probit": probit,
            "fitted": start + slope * probit,
            "grade": pd.array(graded, dtype="Int64"),
            "missing": pd.array(read.missing(), dtype="str"),
            "reason": pd.array([None if k else "missing_indicator" for k in known], dtype="str"),
        },
        "rank_sum",
    )
    for column, absent in (("frequency", ~known), ("cumulative", ~known), ("grade", graded == 0)):
        table[column] = table[column].mask(absent)
    order = np.lexsort((np.arange(len(numbers)), np.where(known, numbers, len(numbers))))
    return table.iloc[order].reset_index(drop=True)


def _ranks(read: Matrix, ranks: np.ndarray) -> pd.DataFrame:
    groups, indicators = len(read.groups), len(read.indicators)
    senses = np.where(read.sign > 0, "higher", "lower")
    return fitted(
        {
            "group": np.repeat(np.array(read.groups, dtype=object), indicators),
            "indicator": list(read.indicators) * groups,
            "direction": list(senses) * groups,
            "weight": np.tile(read.shares, groups),
            "value": read.cells.ravel(),
            "rank": ranks.ravel(),
        },
        "rank_sum_ranks",
    )


def _grades(ratios: pd.DataFrame, line: pd.DataFrame, grades: int) -> pd.DataFrame:
    start, slope = line["estimate"].to_numpy(dtype=float, na_value=np.nan)
    cuts = np.array([np.nan, *CUTS[grades], np.nan])
    named = {g: part["group"].tolist() for g, part in ratios.groupby("grade")}
    return fitted(
        {
            "grade": list(range(1, grades + 1)),
            "probit_low": cuts[:-1],
            "probit_high": cuts[1:],
            "rsr_low": start + slope * cuts[:-1],
            "rsr_high": start + slope * cuts[1:],
            "n": [len(named.get(g, ())) for g in range(1, grades + 1)],
            "groups": ["、".join(named.get(g, ())) or None for g in range(1, grades + 1)],
        },
        "rank_sum_grades",
    )
