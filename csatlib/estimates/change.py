"""Whether a result has really changed from one quarter to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import check_settings
from csatlib.estimates.contrasts import Adjust, check_adjust, nothing, with_t_tests
from csatlib.estimates.design import Design
from csatlib.estimates.intervals import student
from csatlib.estimates.moments import Moments, Survey
from csatlib.estimates.table import Estimates, to_table
from csatlib.estimates.waves import (
    METRICS,
    Condition,
    Metric,
    Overlap,
    Waves,
    pooled_df,
    read_waves,
)

__all__ = ["change", "check_metric", "why_withheld"]


def change(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    items: str | Sequence[str],
    *,
    metric: Metric = "mean",
    by: Sequence[str] = (),
    where: Condition = None,
    id: str | None = None,  # noqa: A002 (the word of the field, and only a keyword)
    overlap: Overlap = "auto",
    design: Design | None = None,
    previous_design: Design | None = None,
    adjust: Adjust = "holm",
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Estimate each item's change between two quarters and test it, knowing who is in both.

    Parameters
    ----------
    current, previous : DataFrame
        One row a respondent, all of them, one table a quarter.
    items : str or sequence of str
        Columns as the metric takes them; whether a question is still the same one (see the study's
        comparability) is for the caller to say.
    metric : {"mean", "share", "nps"}
        What to compare: numeric columns, boolean ones, or answers from 0 to 10.
    by : sequence of str
        Columns whose values, taken together, form the groups, matched by what they read. A group
        that only one quarter has gets a row without numbers, reason ``empty``.
    where : callable, optional
        A function from a table to a condition, used on both tables.
    id : str, optional
        The column that tells people again, the same kind of value in both tables. A missing value
        is somebody not found again. Without clusters each value may stand once a quarter.
    overlap : {"auto", "independent", "panel", "both"}
        ``both`` compares everyone with everyone and takes the covariance of the sampling units
        that are in both quarters off; ``panel`` compares people in both quarters alone (who
        answered the item twice, within the same group); ``independent`` takes the quarters as two
        samples that share nothing. ``auto`` is ``both`` where ``id`` or clusters in both designs
        tell units again, else ``independent``.
    design, previous_design : Design, optional
        The designs of the two tables; without ``previous_design`` the columns of ``design`` are
        read in both (``Design()`` is a simple random sample). With clusters in both designs these
        are the units that are matched, by label (by stratum and label, where several strata use
        one label).
    adjust : {"holm", "bonferroni", "bh", "none"}
        How p is adjusted for the number of items and groups of the call.
    conf : float
        Confidence of the interval, between 0 and 1.
    min_base : int
        Fewer valid answers than this in either quarter are suppressed; at least 1.

    Returns
    -------
    DataFrame
        The ``changes`` table: the columns of ``estimates`` (see `csatlib.estimates`) and four
        more. ``quarter`` and ``line`` are the current table's, ``metric``, ``item``, ``group_by``
        and ``group`` as usual, ``level`` NA; ``n`` is the smaller of the two quarters' valid
        answers, ``n_eff`` the size of two independent simple random samples that would have the
        same ``se``; ``df``, ``estimate`` (current less previous; shares between −1 and 1, NPS
        points), ``se``, ``ci_low``, ``ci_high``, ``suppressed`` and ``reason``; ``contrast``
        names the quarters; ``statistic`` is t = estimate / se; ``p`` its two-sided probability and
        ``p_adjusted`` the same for the whole call. Reasons are those of `csatlib.estimates`, said
        where either quarter gives one, and ``not_asked`` for an item that one of the tables lacks.

    Raises
    ------
    ValueError
        As `mean`, `share` or `nps`; for an item in neither table, a table of several quarters, a
        ``where`` that is no function, an ``id`` that stands twice in a quarter, is a number here
        and text there, or is missing although ``overlap`` needs it; and for clusters in one
        quarter alone, or replicate weights, where units in both quarters are to count.

    Notes
    -----
    With :math:`V_1` and :math:`V_2` the variances of the two estimates as `mean` has them,

    .. math:: \mathrm{se}^2 = V_1 + V_2 - 2C, \qquad
        C = \sum \varphi\, (t_1 - \bar t_1)(t_2 - \bar t_2)

    over the units in both quarters, :math:`t` their sums of the linearised values and
    :math:`\bar t` the means of their strata; :math:`\varphi = \sqrt{b_1 b_2}` with
    :math:`b = n / (n - 1)` in the stratum. Given populations, only overlap beyond that of two
    independent samples counts: for m units in common of N, :math:`\varphi` is multiplied by
    :math:`1 - n_1 n_2 / (m N)`. Replies are not imputed: where a customer's group has changed, the
    customer counts where he was.

    The degrees of freedom are Satterthwaite's over the units of the one quarter alone, of the other
    alone and of both. Samples that share nothing give Welch's t test, a full panel (or
    ``overlap="panel"``) without a design the paired t test on n − 1 degrees of freedom. ``panel``
    without strata, clusters, populations and margins is a sample of its own; otherwise it is a
    domain of both samples, whose units all count.

    NPS standard errors divide by n − 1, as `nps`; software that divides by n (R's NPS package)
    gives slightly less.

    Source: Kish (1965), *Survey Sampling*, section 12.4; Tam (1984), On covariances from
    overlapping samples, *The American Statistician* 38, 288–289; Satterthwaite (1946), An
    approximate distribution of estimates of variance components, *Biometrics Bulletin* 2. It is
    ``t.test`` of R, and ``svycontrast(svyby(~y, ~quarter, design, svymean, covmat = TRUE))`` of its
    survey package on the stacked quarters where the same units are in both.

    Examples
    --------
    Forty customers, asked twice: taken as a panel the rise of 0.25 is beyond chance, taken as two
    samples of strangers it would not be.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> before = pd.DataFrame({"customer": range(40), "overall": [5, 4, 3, 2] * 10})
    >>> after = before.assign(overall=[5, 4, 4, 2] * 10)
    >>> columns = ["n", "df", "estimate", "se", "p"]
    >>> estimates.change(after, before, "overall", id="customer")[columns].round(3)
        n    df  estimate     se      p
    0  40  39.0      0.25  0.069  0.001
    >>> estimates.change(after, before, "overall")[columns].round(3)
        n      df  estimate    se     p
    0  40  77.949      0.25  0.25  0.32
    """
    check_settings(conf, min_base)
    check_adjust(adjust)
    check_metric(metric)
    names = answers.item_names(items)
    waves = read_waves(
        current,
        previous,
        by=by,
        where=where,
        identity=id,
        overlap=overlap,
        designs=(design if previous_design is None else previous_design, design),
    )
    rows = [_difference(waves, metric, item, conf) for item in names]
    table = to_table(metric, names, [None], waves.domains, rows, min_base=min_base)
    return with_t_tests(table, waves.contrast, adjust=adjust)


def check_metric(metric: str) -> None:
    """Refuse a metric of which no difference is known."""
    if metric not in METRICS:
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, found {metric!r}")


def why_withheld(moments: tuple[Moments, Moments]) -> np.ndarray:
    """Say what keeps two estimates from being compared, an empty text where nothing does."""
    one, two = moments
    certain = one.covered | two.covered
    return np.select(
        [
            (one.n == 0) | (two.n == 0),
            one.covered & two.covered,
            ~certain & ((one.n == 1) | (two.n == 1)),
            ((one.df < 1) & ~one.covered) | ((two.df < 1) & ~two.covered),
            one.fixed & two.fixed,
        ],
        ["empty", "census", "single_answer", "single_cluster", "fixed_by_design"],
        default="",
    )


def _difference(waves: Waves, metric: str, item: str, conf: float) -> Estimates:
    """Give the difference of the two quarters in each domain."""
    values = waves.read(metric, item)
    if values is None:
        return nothing(np.zeros(len(waves.domains), dtype=np.int64), "not_asked")
    linked = waves.link is not None
    moments = tuple(
        survey.mean(given, influence=linked)
        for survey, given in zip(waves.surveys, values, strict=True)
    )
    units = tuple(
        _units(survey, given) for survey, given in zip(waves.surveys, values, strict=True)
    )
    one, two = moments
    shared = None
    if linked:
        kept = slice(len(waves.domains))
        counted = [_counted(s, given) for s, given in zip(waves.surveys, values, strict=True)]
        shared = (
            waves.link.common(*counted)[kept],
            waves.link.variance(0, one.influence)[kept],
            waves.link.variance(1, two.influence)[kept],
            waves.link.covariance(one.influence, two.influence)[kept],
        )
    spent = tuple(np.nan_to_num(m.variance) for m in moments)
    variance, df = pooled_df(spent, (one.df, two.df), units, shared)
    estimate = two.estimate - one.estimate
    low, high = student(estimate, variance, df, conf=conf)
    limit = METRICS[metric].limit
    reason = why_withheld(moments)
    flat = (reason == "") & ((variance <= 0) | ~(low < high))
    spread = one.simple * one.n + two.simple * two.n
    return Estimates(
        n=np.minimum(one.n, two.n),
        n_eff=np.divide(spread, variance, out=np.full(len(df), np.nan), where=variance > 0),
        df=df,
        estimate=estimate,
        se=np.sqrt(variance),
        ci_low=np.clip(low, -limit, limit),
        ci_high=np.clip(high, -limit, limit),
        reason=np.where(flat, "no_variation", reason),
    )


def _counted(survey: Survey, values: np.ndarray) -> np.ndarray:
    return ~np.isnan(values) & (survey.domains.codes >= 0) & (survey.structure.weights() > 0)


def _units(survey: Survey, values: np.ndarray) -> np.ndarray:
    """Count the units that hold an answer of each domain."""
    held = survey.partition.cell_sums(_counted(survey, values).astype(float)) > 0
    return survey.partition.of_cells(held.astype(float))[: len(survey.domains)]
