"""How much of a change is another mix of customers, and how much another opinion of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import check_settings
from csatlib.estimates.change import check_metric
from csatlib.estimates.contrasts import Adjust, check_adjust, nothing, with_t_tests
from csatlib.estimates.design import Design
from csatlib.estimates.intervals import student
from csatlib.estimates.moments import Moments, Survey
from csatlib.estimates.table import Estimates, to_table
from csatlib.estimates.waves import Condition, Metric, Waves, pooled_df, read_waves

__all__ = ["decompose"]

_LEVELS = ("total", "mix", "rate")
#: Each group's mix depends on every other group's share: matrices of groups by groups are needed.
_MOST = 1000


def decompose(
    current: pd.DataFrame,
    previous: pd.DataFrame,
    item: str,
    *,
    by: str | Sequence[str],
    metric: Metric = "mean",
    where: Condition = None,
    id: str | None = None,  # noqa: A002 (the word of the field, and only a keyword)
    design: Design | None = None,
    previous_design: Design | None = None,
    adjust: Adjust = "holm",
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Split an item's change between two quarters into the groups' mix and the groups' results.

    Parameters
    ----------
    current, previous : DataFrame
        One row a respondent, all of them, one table a quarter.
    item : str
        The column to explain, as the metric takes it.
    by : str or sequence of str
        Columns whose values, taken together, form the groups, matched by what they read. Rows with
        a missing value are in no group and in no part of the answer; give them a group of their
        own where the total is to be that of `change`.
    metric : {"mean", "share", "nps"}
        As for `change`.
    where, id, design, previous_design, adjust, conf
        As for `change`; units in both quarters (by ``id`` or cluster) bring their covariance.
    min_base : int
        Groups with fewer valid answers than this in a quarter where they have any are suppressed
        (they still count in the overall rows); at least 1.

    Returns
    -------
    DataFrame
        The ``changes`` table (see `change` for its columns), three rows overall (``group`` NA),
        then three a group: ``level`` ``total``, ``mix`` and ``rate``, the total being the sum of
        the other two and the overall rows the sums of the groups' rows. ``group_by`` names the
        columns throughout; ``n`` is the smaller of the quarters' valid answers, for a group of one
        quarter those of that quarter; ``n_eff`` is NA. Such a group's contribution is all mix: its
        ``rate`` is 0 with reason ``one_quarter``, without ``se`` and interval. ``p`` is adjusted
        within the overall rows and within the groups' rows. Further reasons: ``empty`` for a
        quarter without any valid answer, ``not_asked`` for an item that one table lacks, and
        ``no_variation`` for a part that does not vary (one group alone has no mix, nor have groups
        to which the weights of both quarters were calibrated).

    Raises
    ------
    ValueError
        As `change`, for ``by`` without a column, and for more than 1,000 groups: every group's mix
        depends on the shares of all others, so that memory grows with the square of their number.

    Notes
    -----
    With :math:`W` a group's (weighted) share of the answers and :math:`Y` its result in the
    previous (1) and the current (2) quarter,

    .. math:: M_2 - M_1 = \sum_g (W_2 - W_1)(\bar Y_g - \bar M)
        + \sum_g \tfrac{W_1 + W_2}{2} (Y_2 - Y_1),

    :math:`\bar Y_g = (Y_1 + Y_2)/2` and :math:`\bar M = (M_1 + M_2)/2`. The first sum is the mix,
    the second the rate. Taking :math:`\bar M` off changes no sum, because shares add up to 1, and
    gives a growing group a positive contribution only where it is better than the average. A group
    of one quarter has no second result, and that of its own quarter takes its place.

    Every part is a smooth function of the two quarters' W and Y; its variance is linearised through
    both, with the covariance of shares and results within a quarter and, through the units found in
    both, across the quarters. Degrees of freedom are those of `change` for the whole samples.

    Source: Kitagawa (1955), Components of a difference between two rates, *Journal of the American
    Statistical Association* 50, 1168–1194; the two-fold decomposition of Blinder and Oaxaca with
    average weights, for a saturated regression on the groups.

    Examples
    --------
    Both branches do as well as before; what lowers the mean is that the weaker one has grown.

    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> before = pd.DataFrame({"branch": ["east"] * 60 + ["west"] * 40,
    ...                        "overall": [5, 4] * 30 + [4, 3] * 20})
    >>> after = pd.DataFrame({"branch": ["east"] * 40 + ["west"] * 60,
    ...                       "overall": [5, 4] * 20 + [4, 3] * 30})
    >>> table = estimates.decompose(after, before, "overall", by="branch")
    >>> table[["group", "level", "n", "estimate", "se"]].round(3)
      group  level    n  estimate     se
    0   NaN  total  100      -0.2  0.099
    1   NaN    mix  100      -0.2  0.071
    2   NaN   rate  100       0.0  0.073
    3  east  total   40      -0.1  0.061
    4  east    mix   40      -0.1  0.036
    5  east   rate   40       0.0  0.051
    6  west  total   40      -0.1  0.061
    7  west    mix   40      -0.1  0.036
    8  west   rate   40       0.0  0.051
    """
    check_settings(conf, min_base)
    check_adjust(adjust)
    check_metric(metric)
    names = [by] if isinstance(by, str) else by
    if not len(names):
        raise ValueError("by: expected the columns that form the groups, found none; name one")
    waves = read_waves(
        current,
        previous,
        by=names,
        where=where,
        identity=id,
        overlap="auto",
        designs=(design if previous_design is None else previous_design, design),
    )
    domains = waves.domains
    if len(domains) > _MOST:
        raise ValueError(
            f"by: expected at most {_MOST} groups, found {len(domains)}; the parts of each depend "
            f"on all others, so put them together into larger groups, such as regions"
        )
    whole = replace(
        domains,
        group=[None, *domains.group],
        group_by=domains.group_by or "",
        quarter=[_first(domains.quarter), *domains.quarter],
        line=[_first(domains.line) if "line" not in names else None, *domains.line],
    )
    parts = _parts(waves, metric, item, conf)
    table = to_table(metric, [item], list(_LEVELS), whole, parts, min_base=min_base)
    family = table["group"].notna().to_numpy().astype(int)
    return with_t_tests(table, waves.contrast, adjust=adjust, family=family)


@dataclass(frozen=True)
class _Side:
    """One quarter: its groups' shares and results, and their linearised values.

    ``counts`` and ``results`` are the influence of the groups' weighted numbers and of their
    results, one a row of the table; ``covariance`` is that of all numbers and all results.
    """

    moments: Moments
    n: np.ndarray
    shares: np.ndarray
    means: np.ndarray
    size: float
    counts: np.ndarray
    results: np.ndarray
    covariance: np.ndarray
    units: float
    df: float


def _parts(waves: Waves, metric: str, item: str, conf: float) -> list[Estimates]:
    """Give total, mix and rate, overall and a group."""
    groups = len(waves.domains)
    values = waves.read(metric, item)
    if values is None:
        return [nothing(np.zeros(groups + 1, dtype=np.int64), "not_asked")] * 3
    sides = [_side(s, given) for s, given in zip(waves.surveys, values, strict=True)]
    if not groups or not all(side.n.sum() for side in sides):
        n = np.append(min(side.n.sum() for side in sides), _bases(sides))
        return [nothing(n, "empty")] * 3
    estimate, gradients = _kitagawa(*sides)
    variance, df = _variance(waves, sides, gradients)
    return _laid_out(sides, estimate, variance, df, conf)


def _side(survey: Survey, values: np.ndarray) -> _Side:
    partition, groups = survey.partition, len(survey.domains)
    moments = survey.mean(values, influence=True)
    counted = ~np.isnan(values) & (survey.domains.codes >= 0)
    counts = np.where(counted, survey.structure.weights(), 0.0)
    cross = partition.covariances(counts, moments.influence)[:groups, :groups]
    own = partition.covariances(counts)[:groups, :groups]
    results = partition.covariances(moments.influence)[:groups, :groups]
    size = moments.size.sum()
    # All groups together are one domain of the sample: its units and strata give the whole's df.
    everyone = survey.partition.structure
    held = np.unique(_unit_of_rows(survey)[counts > 0])
    strata = np.unique(everyone.stratum_of_units()[held])
    return _Side(
        moments=moments,
        n=moments.n,
        shares=moments.size / size if size else np.zeros(groups),
        means=moments.estimate,
        size=size,
        counts=counts,
        results=moments.influence,
        covariance=np.block([[own, cross], [cross.T, results]]),
        units=float(len(held)),
        df=float(len(held) - len(strata)),
    )


def _unit_of_rows(survey: Survey) -> np.ndarray:
    unit = survey.structure.unit
    return np.arange(survey.structure.rows) if unit is None else unit


def _kitagawa(one: _Side, two: _Side) -> tuple[np.ndarray, list[np.ndarray]]:
    """Give mix and rate of each group, and the gradient of both in each quarter.

    The gradients have a row for each mix, then for each rate; and a column for each group's
    weighted number, then for each group's result.
    """
    single = (one.n == 0) | (two.n == 0)
    first = np.nan_to_num(np.where(one.n == 0, two.means, one.means))
    second = np.nan_to_num(np.where(two.n == 0, one.means, two.means))
    moved, weight = two.shares - one.shares, (one.shares + two.shares) / 2
    level = (first + second) / 2
    middle = (one.shares @ first + two.shares @ second) / 2
    estimate = np.concatenate([moved * (level - middle), weight * (second - first)])
    gradients = []
    for side, sign, own in ((one, -1, first), (two, 1, second)):
        half = np.where(single, np.where(side.n > 0, 1.0, 0.0), 0.5)
        by_share = np.vstack(
            [
                np.diag(sign * (level - middle)) - np.outer(moved, own) / 2,
                np.diag((second - first) / 2),
            ]
        )
        by_mean = np.vstack(
            [
                np.diag(moved * half) - np.outer(moved, side.shares) / 2,
                np.diag(np.where(single, 0.0, sign * weight)),
            ]
        )
        by_number = (by_share - (by_share @ side.shares)[:, None]) / side.size
        gradients.append(np.hstack([by_number, by_mean]))
    return estimate, gradients


def _variance(
    waves: Waves, sides: list[_Side], gradients: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Give variance and degrees of freedom of overall and group rows, parts running faster."""
    groups = len(waves.domains)
    eye, zero = np.eye(groups), np.zeros((groups, groups))
    by_group = np.vstack([np.hstack([eye, eye]), np.hstack([eye, zero]), np.hstack([zero, eye])])
    sums = np.kron(np.eye(3), np.vstack([np.ones(groups), eye])) @ by_group
    slopes = [sums @ gradient for gradient in gradients]
    variances = tuple(
        _quadratic(a, side.covariance, a) for a, side in zip(slopes, sides, strict=True)
    )
    count = len(variances[0])
    shared = None
    if waves.link is not None:
        parts = [_shared(waves, sides, pair, slopes, groups) for pair in ((0, 0), (1, 1), (0, 1))]
        held = [
            _unit_of_rows(s)[side.counts > 0] for s, side in zip(waves.surveys, sides, strict=True)
        ]
        common = np.isin(waves.link.one, held[0]) & np.isin(waves.link.two, held[1])
        shared = (np.full(count, float(common.sum())), *parts)
    variance, df = pooled_df(
        variances,
        tuple(np.full(count, side.df) for side in sides),
        tuple(np.full(count, side.units) for side in sides),
        shared,
    )
    # Shares that the weights fix in both quarters leave a mix of dust beside the total.
    return np.where(variance <= 1e-13 * (variances[0][0] + variances[1][0]), 0.0, variance), df


def _shared(
    waves: Waves, sides: list[_Side], pair: tuple[int, int], slopes: list, groups: int
) -> np.ndarray:
    """Give what the units in both quarters bring: within a quarter, or (0, 1) the covariance.

    The slopes of the previous quarter already carry the minus of a difference.
    """
    one, two = (sides[side] for side in pair)
    blocks = [
        [
            waves.link.covariances(a, b) if pair == (0, 1) else waves.link.within(pair[0], a, b)
            for b in (two.counts, two.results)
        ]
        for a in (one.counts, one.results)
    ]
    matrix = np.block([[block[:groups, :groups] for block in row] for row in blocks])
    found = _quadratic(slopes[pair[0]], matrix, slopes[pair[1]])
    return -found if pair == (0, 1) else found


def _quadratic(left: np.ndarray, matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", left @ matrix, right)


def _laid_out(
    sides: list[_Side], estimate: np.ndarray, variance: np.ndarray, df: np.ndarray, conf: float
) -> list[Estimates]:
    groups = len(sides[0].n)
    mix, rate = estimate[:groups], estimate[groups:]
    single = np.append(False, (sides[0].n == 0) | (sides[1].n == 0))
    n = np.append(min(side.n.sum() for side in sides), _bases(sides))
    rows = []
    for position, part in enumerate((mix + rate, mix, rate)):
        here = slice(position * (groups + 1), (position + 1) * (groups + 1))
        values = np.append(part.sum(), part)
        spread, free = variance[here], df[here]
        low, high = student(values, spread, free, conf=conf)
        reason = np.where((spread <= 0) | ~(low < high), "no_variation", "")
        if _LEVELS[position] == "rate":
            reason = np.where(single, "one_quarter", reason)
        reason = np.where(free < 1, "single_cluster", reason)
        rows.append(
            Estimates(
                n=n,
                n_eff=np.full(groups + 1, np.nan),
                df=free,
                estimate=values,
                se=np.sqrt(spread),
                ci_low=low,
                ci_high=high,
                reason=np.where(n == 0, "empty", reason),
            )
        )
    return rows


def _bases(sides: list[_Side]) -> np.ndarray:
    """Give each group's smaller base, of a group of one quarter that quarter's."""
    one, two = (side.n for side in sides)
    return np.where((one == 0) | (two == 0), np.maximum(one, two), np.minimum(one, two))


def _first(values: list[str | None]) -> str | None:
    return values[0] if values else None
