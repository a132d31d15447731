"""Nonresponse: respondents take over the weight of those like them who did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.weights.arguments import (
    Base,
    check_number,
    column_of,
    listed,
    read_weights,
    refuse_empty,
)
from csatlib.weights.cells import Cells, find_cells
from csatlib.weights.logistic import Separation, propensities

__all__ = ["nonresponse"]


def nonresponse(
    sample: pd.DataFrame,
    responded: str | pd.Series,
    columns: Sequence[str],
    *,
    base: Base = None,
    method: Literal["model", "cells"] = "model",
    classes: int | None = 5,
    weighted: bool = False,
    separation: Separation = "refuse",
    min_respondents: int = 20,
) -> pd.Series:
    """Raise the respondents' weights so that they stand for the nonrespondents like them.

    ``cells``: within each combination of ``columns``, ``base · Σ base(all) / Σ base(respondents)``.
    ``model``: a logistic regression of responding on ``columns`` (main effects) gives everybody a
    propensity; the same formula is applied within ``classes`` of equal size along the propensity,
    or ``base / propensity`` with ``classes=None``.

    Parameters
    ----------
    sample : DataFrame
        One row a customer drawn and eligible, respondents and nonrespondents.
    responded : str or Series
        Boolean column, or Series on the index of ``sample``: who answered.
    columns : sequence of str
        What is known of everybody and goes with responding. Columns of numbers enter the model
        linearly; make them categories or text to have one chance a level.
    base : str or Series, optional
        Design weights, positive; without, all are 1.
    method : {"model", "cells"}
        See above.
    classes : int or None
        Number of propensity classes; None takes the inverse propensity itself, which does not
        keep the sum of the weights exactly.
    weighted : bool
        Fit the model with ``base`` as weights.
    separation : {"refuse", "firth"}
        What to do where a level has only respondents or only nonrespondents, so that no maximum
        of the likelihood exists: refuse, naming the level, or fit Firth's penalised likelihood,
        which always has one (to all levels alike).
    min_respondents : int
        Least number of respondents in a cell or class. With ``cells``, if a cell has fewer, all
        cells that agree with it in every column but the last become one; then but the last two,
        and so on. Classes with fewer join the class next to them, the higher one first.

    Returns
    -------
    Series
        ``weight`` (float) of the respondents only, indexed like their rows in ``sample``. With
        cells or classes it sums to ``base`` of the whole sample.

    Raises
    ------
    ValueError
        If nobody responded; for missing values; for separation, naming column and level.
    ConvergenceError
        If a combination of columns separates respondents from nonrespondents.

    Notes
    -----
    Little (1986); Little and Vartivarian (2003) on ``weighted``; Firth (1993), Heinze and
    Schemper (2002). The propensities equal R's ``glm(family = binomial)``, weighted ones
    ``svyglm(family = quasibinomial)``.

    Examples
    --------
    >>> sample = pd.DataFrame({"tier": list("AAABB"), "answered": [True, False, True, True, True]})
    >>> nonresponse(sample, "answered", ["tier"], method="cells", min_respondents=2).tolist()
    [1.5, 1.5, 1.0, 1.0]
    """
    refuse_empty(sample, "sample")
    names = listed(columns, "columns")
    _check_settings(method, classes, separation, min_respondents)
    answered = _who(sample, responded)
    weights = read_weights(base, sample)
    heavy = np.ones(len(sample)) if weights is None else weights
    if answered.all():
        find_cells(sample, names, "columns")
        factors = np.ones(len(sample))
    elif method == "cells":
        cells = find_cells(sample, names, "columns")
        factors = _ratios(_collapse(cells, names, answered, min_respondents), heavy, answered)
    else:
        fitting = heavy if weighted else None
        chances = propensities(sample, answered, names, fitting, separation)
        if classes is None:
            factors = 1 / chances
        else:
            groups = _classes(chances, classes, answered, min_respondents)
            factors = _ratios(groups, heavy, answered)
    return pd.Series((heavy * factors)[answered], index=sample.index[answered], name="weight")


def _check_settings(method: str, classes: int | None, separation: str, least: int) -> None:
    if method not in ("model", "cells"):
        raise ValueError(f"method: expected 'model' or 'cells', found {method!r}")
    if separation not in ("refuse", "firth"):
        raise ValueError(f"separation: expected 'refuse' or 'firth', found {separation!r}")
    if classes is not None:
        check_number(classes, "classes", above=0, whole=True)
    check_number(least, "min_respondents", above=0, whole=True)


def _who(sample: pd.DataFrame, responded: str | pd.Series) -> np.ndarray:
    if isinstance(responded, str):
        responded = column_of(sample, responded, "responded")
    if not isinstance(responded, pd.Series) or not responded.index.equals(sample.index):
        raise ValueError(
            "responded: expected a column's name or a Series on the index of the sample; build it "
            "from the same table"
        )
    if not pd.api.types.is_bool_dtype(responded.dtype) or responded.isna().any():
        raise ValueError(
            f"responded: expected true or false in every row, found dtype {responded.dtype} with "
            f"{int(responded.isna().sum())} missing; compare the disposition with 'complete'"
        )
    answered = responded.to_numpy(dtype=bool)
    if not answered.any():
        raise ValueError("responded: expected at least one respondent in the sample, found none")
    return answered


def _ratios(groups: np.ndarray, heavy: np.ndarray, answered: np.ndarray) -> np.ndarray:
    count = int(groups.max()) + 1
    everybody = np.bincount(groups, weights=heavy, minlength=count)
    some = np.bincount(groups, weights=heavy * answered, minlength=count)
    ratios = np.divide(everybody, some, out=np.ones(count), where=some > 0)
    return ratios[groups]


def _collapse(cells: Cells, names: list[str], answered: np.ndarray, least: int) -> np.ndarray:
    """Merge cells with too few respondents, along the last columns first."""
    yes = cells.sums(answered.astype(np.float64))
    groups = np.arange(cells.count)
    for kept in range(len(names) - 1, -1, -1):
        short = np.bincount(groups, weights=yes, minlength=cells.count)[groups] < least
        if not short.any():
            break
        parents = cells.combinations(names[:kept])[0] if kept else np.zeros(cells.count, int)
        merged = np.isin(parents, parents[short])
        # A merged group bears the number of its first cell.
        first = np.full(cells.count, cells.count)
        np.minimum.at(first, parents, np.arange(cells.count))
        groups = np.where(merged, first[parents], groups)
    return cells.expand(groups)


def _classes(chances: np.ndarray, count: int, answered: np.ndarray, least: int) -> np.ndarray:
    """Cut the propensities at their quantiles; equal propensities stay together."""
    cuts = np.unique(np.quantile(chances, np.arange(1, count) / count))
    # Propensities of one pattern may differ in their last digit.
    groups = np.searchsorted(cuts * (1 + 1e-9), chances)
    _, groups = np.unique(groups, return_inverse=True)
    yes = np.bincount(groups, weights=answered)
    joined, number, held = np.zeros(len(yes), dtype=np.int64), 0, 0.0
    for place, some in enumerate(yes):
        joined[place] = number
        held += some
        if held >= least and yes[place + 1 :].sum() >= least:
            number, held = number + 1, 0.0
    return joined[groups]
