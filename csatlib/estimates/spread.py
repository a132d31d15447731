"""Variance, mode and design effect: what surrounds a mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings, column_of
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.means import scores
from csatlib.estimates.moments import Moments, Survey, read_survey
from csatlib.estimates.quantiles import of_rows
from csatlib.estimates.table import Estimates, to_table

__all__ = ["design_effect", "mode", "modes", "variance", "variances"]

#: Sums of weights that differ by less than this part of the larger are equal.
_TIE = 1e-9
#: A variance this small beside the square of its estimate is rounding.
_DUST = 1e-24


def variance(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate the variance of each item among all customers, with a t interval.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Numeric (or boolean) columns; a missing value is a question without an answer.
    by, where, design, conf, min_base
        As for `mean`.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``variance``; ``estimate``,
        ``se`` and the interval are on the square of the item's scale, the interval cut at 0.
        ``no_variation`` also marks answers that all lie equally far from their mean.

    Raises
    ------
    ValueError
        As `mean`.

    Notes
    -----
    :math:`\hat S^2 = \frac{n}{n - 1} \sum w (y - \bar y)^2 / \sum w`, n the valid answers of the
    domain; its error is that of the mean of :math:`\frac{n}{n - 1} (y - \bar y)^2`, for the
    derivative by :math:`\bar y` is 0. Replicates take :math:`\bar y` again each time.

    Source: Särndal, Swensson and Wretman (1992), section 5.9; ``svyvar(~y, subset(design, domain &
    !is.na(y)))`` of R's survey package (whose ``na.rm = TRUE`` counts missing answers in n).

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [5, 4, 3, 4, 5, 4, 3, 4, 2, 5]})
    >>> table = estimates.variance(df, "overall", min_base=10)
    >>> table[["n", "df", "estimate", "se", "ci_low", "ci_high"]].round(3)
        n   df  estimate     se  ci_low  ci_high
    0  10  9.0     0.989  0.385   0.118     1.86
    """
    check_settings(conf, min_base)
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    rows = [variances(survey, answers.numbers(df, item), conf) for item in names]
    return to_table("variance", names, [None], survey.domains, rows, min_base=min_base)


def variances(survey: Survey, values: np.ndarray, conf: float) -> Estimates:
    """Estimate the variance of one item's answers (NaN: none) in each domain."""
    found = scores(_second_moments(survey, values), conf)
    single = found.n == 1
    dust = ~(found.se**2 > _DUST * found.estimate**2)
    return replace(
        found,
        estimate=np.where(single, np.nan, found.estimate),
        ci_low=np.maximum(found.ci_low, 0),
        reason=np.where(
            single,
            "single_answer",
            np.where((found.reason == "") & dust, "no_variation", found.reason),
        ),
    )


def _second_moments(survey: Survey, values: np.ndarray) -> Moments:
    """Give the moments of n/(n − 1) · (y − ȳ)², whose mean is the variance."""
    mean = survey.mean(values)
    correction = mean.n / np.maximum(mean.n - 1, 1)
    deviation = values - of_rows(survey, mean.estimate)
    moments = survey.mean(deviation**2 * of_rows(survey, correction))
    if survey.replicates is None:
        return moments
    known = ~np.isnan(deviation)
    if survey.partition.inside is not None:
        known &= survey.partition.inside
    deviation = np.where(known, deviation, 0.0)
    shape = survey.partition.domains
    padded = np.append(correction, np.ones(shape - len(correction)))

    def again(weight: np.ndarray) -> np.ndarray:
        weight = np.where(known, weight, 0.0)
        sums = [survey.partition.sums(weight * deviation**power) for power in range(3)]
        with np.errstate(divide="ignore", invalid="ignore"):
            return (sums[2] / sums[0] - (sums[1] / sums[0]) ** 2) * padded

    estimate = np.append(moments.estimate, np.zeros(shape - len(correction)))
    again_variance = survey.replicates.variances(again, estimate)[: len(moments.n)]
    return replace(moments, variance=np.where(moments.n == 0, np.nan, again_variance))


def design_effect(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    replace: bool = False,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate by how much the design multiplies the variance of each item's mean.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Numeric or boolean columns; a missing value is a question without an answer.
    by, where, design, min_base
        As for `mean`.
    replace : bool
        Compare with a simple random sample drawn with replacement, which needs no weights that
        add up to the population.
    conf : float
        There for uniformity: a design effect has no interval.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``design_effect``: ``estimate``
        is the design effect, ``n_eff`` n over it; ``se`` and the interval are NA, ``reason``
        ``no_interval``. It is ``no_denominator``, without an estimate, where the weights do not add
        up to more than the answers (use ``replace=True``), ``no_variation`` where all are equal.

    Raises
    ------
    ValueError
        As `mean`.

    Notes
    -----
    :math:`\mathrm{se}^2 / V_\mathrm{srs}`, :math:`V_\mathrm{srs} = (1 - n / \sum w) \hat S^2 / n`
    with the variance :math:`\hat S^2` of `variance`, and without the first factor with
    replacement or where neither weights nor a population are known.

    Source: Kish (1965), *Survey Sampling*, section 8.2; ``svymean(~y, design, deff = TRUE)`` and
    ``deff = "replace"`` of R's survey package.

    Examples
    --------
    Customers of one branch answer alike, so forty answers are worth ten.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"branch": [n // 5 for n in range(40)]})
    >>> df["overall"] = df["branch"] % 3 + [2, 3, 3, 2, 3] * 8
    >>> design = estimates.Design(cluster="branch")
    >>> table = estimates.design_effect(df, "overall", design=design)
    >>> table[["n", "n_eff", "estimate", "reason"]].round(1)
        n  n_eff  estimate       reason
    0  40   10.0       4.0  no_interval
    """
    check_settings(conf, min_base)
    names = answers.item_names(items)
    survey = read_survey(df, by, where, design)
    rows = [_design_effects(survey, answers.numbers(df, item), replace=replace) for item in names]
    return to_table("design_effect", names, [None], survey.domains, rows, min_base=min_base)


def _design_effects(survey: Survey, values: np.ndarray, *, replace: bool) -> Estimates:
    moments, spread = survey.mean(values), _second_moments(survey, values).estimate
    unlimited = replace or survey.structure.weight is None
    with np.errstate(divide="ignore", invalid="ignore"):
        outside = 1.0 if unlimited else 1 - moments.n / moments.size
        # Weights that add up to the sample describe no population, were it but for rounding.
        outside = np.where(np.less(outside, 1e-9), np.nan, outside)
        effect = moments.variance / (spread * outside / moments.n)
        n_eff = moments.n / effect
    effect = np.where(np.isfinite(effect) & ~moments.same, effect, np.nan)
    reason = np.select(
        [moments.n == 0, moments.n == 1, moments.df < 1, moments.same, np.isnan(effect)],
        ["empty", "single_answer", "single_cluster", "no_variation", "no_denominator"],
        default="no_interval",
    )
    return _without_error(moments, np.where(reason == "no_interval", effect, np.nan), n_eff, reason)


def mode(
    df: pd.DataFrame,
    items: str | Sequence[str],
    *,
    levels: Sequence[object] | None = None,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Find the most frequent answer to each item among all customers.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    items : str or sequence of str
        Columns of any type; a missing value is a question without an answer.
    levels : sequence, optional
        All values of the scale, in their order; another answer is refused. Without it any answer
        counts.
    by, where, design, min_base
        As for `mean`.
    conf : float
        There for uniformity: a mode has no interval. The share of customers who gave it, with its
        interval, is a row of `distribution`.

    Returns
    -------
    DataFrame
        The ``estimates`` table (see `csatlib.estimates`), metric ``mode``: ``level`` is the answer
        as text, ``estimate`` its number where the item is numeric; ``se`` and the interval are NA,
        ``reason`` ``no_interval``. Several answers that are equally frequent stand in ``level``
        joined by `` / ``, with no estimate and ``reason`` ``tie``. Of an item that is not numeric
        the answer stands in ``level`` alone.

    Raises
    ------
    ValueError
        As `mean` (answers need not be numeric), and as `distribution` for ``levels``.

    Notes
    -----
    The mode is the answer with the largest sum of weights. No standard error is given, for the
    mode is no smooth function of the sums.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [5, 4, 3, 4, 5, 4, 3, 4, 2, 5]})
    >>> estimates.mode(df, "overall", min_base=10)[["level", "n", "estimate", "reason"]]
      level   n  estimate       reason
    0     4  10       4.0  no_interval
    """
    check_settings(conf, min_base)
    names = answers.item_names(items)
    scale = None if levels is None else answers.scale_values(levels)
    survey = read_survey(df, by, where, design)
    found = [modes(survey, df, item, scale) for item in names]
    rows = [row for row, _ in found]
    table = to_table("mode", names, [None], survey.domains, rows, min_base=min_base)
    texts = [text for _, of_item in found for text in of_item]
    return with_levels(table, texts)


def with_levels(table: pd.DataFrame, texts: Sequence[str | None]) -> pd.DataFrame:
    """Write each row's answer into ``level``, unless the row is suppressed."""
    shown = [
        None if hidden else text for text, hidden in zip(texts, table["suppressed"], strict=True)
    ]
    return table.assign(level=pd.array(shown, dtype="str"))


def modes(
    survey: Survey, df: pd.DataFrame, item: str, levels: Sequence[object] | None
) -> tuple[Estimates, list[str | None]]:
    """Find the mode of one item in each domain, and its text."""
    codes, found = _coded(df, item, levels)
    moments = survey.mean(np.where(codes < 0, np.nan, 0.0))
    numeric = pd.api.types.is_numeric_dtype(df[item].dtype)
    numeric &= not pd.api.types.is_bool_dtype(df[item].dtype)
    partition, count = survey.partition, max(len(found), 1)
    weight = np.where(codes < 0, 0.0, survey.structure.weights())
    if partition.inside is not None:
        weight = np.where(partition.inside, weight, 0.0)
    sums = np.bincount(
        partition.codes * count + np.maximum(codes, 0), weights=weight,
        minlength=partition.domains * count,
    ).reshape(partition.domains, count)[: len(moments.n)]  # fmt: skip
    top = sums >= sums.max(axis=1, keepdims=True) * (1 - _TIE)
    tie = top.sum(axis=1) > 1
    texts = [
        " / ".join(_text(found[level]) for level in np.flatnonzero(row)) if some else None
        for row, some in zip(top, moments.n > 0, strict=True)
    ]
    estimate = np.full(len(moments.n), np.nan)
    if numeric:
        single = ~tie & (moments.n > 0)
        estimate[single] = [float(found[level]) for level in top.argmax(axis=1)[single]]
    reason = np.select([moments.n == 0, tie], ["empty", "tie"], default="no_interval")
    return _without_error(moments, estimate, np.full(len(tie), np.nan), reason), texts


def _coded(
    df: pd.DataFrame, item: str, levels: Sequence[object] | None
) -> tuple[np.ndarray, Sequence[object]]:
    if levels is not None:
        return answers.level_codes(df, item, levels), levels
    column = column_of(df, item, "items")
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64), column.cat.categories
    codes, found = pd.factorize(column, sort=True)
    return codes.astype(np.int64), found


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _without_error(
    moments: Moments, estimate: np.ndarray, n_eff: np.ndarray, reason: np.ndarray
) -> Estimates:
    none = np.full(len(estimate), np.nan)
    return Estimates(
        n=moments.n,
        n_eff=n_eff,
        df=moments.df,
        estimate=estimate,
        se=none,
        ci_low=none,
        ci_high=none,
        reason=reason,
    )
