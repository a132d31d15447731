"""Replicate weights by resampling the sampling units: the second way to a variance."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import column_of
from csatlib.estimates.codes import finite
from csatlib.estimates.design import Design, Structure, read_design

__all__ = ["bootstrap"]


def bootstrap(
    df: pd.DataFrame,
    design: Design,
    *,
    n: int = 500,
    seed: int = 0,
    calibrate: Callable[[pd.Series], pd.Series] | None = None,
) -> pd.DataFrame:
    r"""Make replicate weights by Rao and Wu's rescaled bootstrap.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, the whole sample.
    design : Design
        How the sample was drawn: weight, strata, clusters, populations.
    n : int
        How many replicates, 2 or more.
    seed : int
        Where the random draws start: equal seeds give equal replicates.
    calibrate : callable, optional
        From the weights of a replicate, a Series on the index of ``df``, to calibrated ones: the
        same raking or post-stratification that made ``design.weight``. It is done again for each
        replicate and starts from ``design.base`` where that is named. A design with margins needs
        it.

    Returns
    -------
    DataFrame
        One column a replicate (``replicate_0001``, …), each a full set of weights, on the index of
        ``df``. Beside ``df`` they are used as ``Design(weight=…, replicates=list(columns))``.

    Raises
    ------
    ValueError
        As reading the `Design` does; for ``lonely="centre"``, which no resampling reproduces; for a
        design that has replicates, or margins without ``calibrate``; and where ``calibrate`` does
        not give a finite weight of 0 or more for each row.

    Notes
    -----
    From the :math:`n_h` units of a stratum :math:`n_h - 1` are drawn with replacement, :math:`r`
    times the one at hand; its rows weigh

    .. math:: w \left(1 - \lambda_h + \lambda_h \frac{n_h}{n_h - 1} r\right), \qquad
        \lambda_h = \sqrt{1 - n_h / N_h},

    with :math:`\lambda_h = 1` where no population is named; this makes the variance of a total the
    usual one, finite population correction and all. Strata taken whole, and lonely units counted
    as certain, keep their weights. Domains, missing answers and weights of 0 need no care:
    resample the whole sample first and name the domain afterwards.

    Source: Rao, Wu and Yue (1992), Some recent work on resampling methods for complex surveys,
    *Survey Methodology* 18, 209–217. Without populations it is ``subbootweights`` of R's survey
    package, which leaves finite populations out.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import estimates
    >>> df = pd.DataFrame({"overall": [5, 4, 3, 4, 5, 4, 3, 4, 2, 5] * 4, "weight": 10.0})
    >>> drawn = estimates.bootstrap(df, estimates.Design(weight="weight"), n=200, seed=1)
    >>> both = df.join(drawn)
    >>> design = estimates.Design(weight="weight", replicates=list(drawn.columns))
    >>> estimates.mean(both, "overall", design=design)[["n", "estimate", "se"]].round(2)
        n  estimate    se
    0  40       3.9  0.15
    """
    _check(n, seed, design, calibrate)
    structure = read_design(df, design)
    start = structure.weights()
    if calibrate is not None and design.base is not None:
        start = finite(column_of(df, design.base, "design.base"), "base")
    unit = np.arange(structure.rows) if structure.unit is None else structure.unit
    factors = _factors(structure, n, np.random.default_rng(seed))
    width = max(4, len(str(n)))
    columns = {}
    for number in range(n):
        weight = start * factors[unit, number]
        columns[f"replicate_{number + 1:0{width}d}"] = (
            weight if calibrate is None else _calibrated(calibrate, weight, df.index, number)
        )
    return pd.DataFrame(columns, index=df.index, dtype=float)


def _factors(structure: Structure, n: int, random: np.random.Generator) -> np.ndarray:
    """Draw the factor of each unit in each replicate: shape (units, n)."""
    factors = np.ones((structure.units, n))
    if not structure.units:
        return factors
    stratum = structure.stratum_of_units()
    order = np.argsort(stratum, kind="stable")
    starts = np.searchsorted(stratum[order], np.arange(structure.strata + 1))
    for first, last, multiplier in zip(starts[:-1], starts[1:], structure.factor, strict=True):
        size = last - first
        if size < 2:
            continue
        # The factor of the variance is (1 − n/N) · n/(n − 1), so λ² is what is left of it.
        scale = np.sqrt(multiplier * (size - 1) / size)
        for replicate in range(n):
            drawn = np.bincount(random.integers(size, size=size - 1), minlength=size)
            factors[order[first:last], replicate] = 1 - scale + scale * size / (size - 1) * drawn
    return factors


def _calibrated(
    calibrate: Callable[[pd.Series], pd.Series], weight: np.ndarray, index: pd.Index, number: int
) -> np.ndarray:
    found = calibrate(pd.Series(weight, index=index, name="weight"))
    if not isinstance(found, pd.Series) or not found.index.equals(index):
        raise ValueError(
            "calibrate: expected a Series of weights on the index of the table, found "
            f"{type(found).__name__} in replicate {number + 1}; return one weight a row"
        )
    weights = finite(found, f"calibrate (replicate {number + 1})")
    if (weights < 0).any():
        raise ValueError(
            f"calibrate: expected no negative weight, found {int((weights < 0).sum())} in "
            f"replicate {number + 1}; calibrate by raking, or within bounds"
        )
    return weights


def _check(n: int, seed: int, design: Design, calibrate: Callable | None) -> None:
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 2:
        raise ValueError(f"n: expected a whole number of replicates, 2 or more, found {n!r}")
    if not isinstance(seed, Integral) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"seed: expected a whole number, 0 or more, found {seed!r}")
    if not isinstance(design, Design):
        return
    if design.replicates:
        raise ValueError(
            f"design: expected one without replicates, found {len(design.replicates)}; name strata "
            "and clusters instead, or use the replicates there are"
        )
    if design.lonely == "centre":
        raise ValueError(
            "design: expected lonely='refuse' or 'certainty', found 'centre', which resampling "
            "within strata cannot reproduce; merge the lonely strata with similar ones"
        )
    if design.margins and calibrate is None:
        raise ValueError(
            "calibrate: expected a function that calibrates each replicate to the design's margins,"
            " found none; pass for example calibrate=lambda weight: weights.rake(…, base=weight),"
            " or leave the margins out"
        )
