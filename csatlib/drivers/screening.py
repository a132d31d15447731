"""Which candidate drivers can stand in a model, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real

import numpy as np
import pandas as pd

from csatlib.drivers.arguments import check_seed
from csatlib.drivers.candidates import (
    Candidates,
    Found,
    Rules,
    associations,
    describe,
    leave_dependent,
    leave_inflated,
    leave_silent,
    leave_sparse,
)
from csatlib.estimates.answers import numbers
from csatlib.estimates.arguments import distinct
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Where
from csatlib.estimates.moments import read_survey

__all__ = ["screen"]


def screen(
    df: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    *,
    where: Where = None,
    design: Design | None = None,
    max_missing: float = 0.3,
    max_common: float = 0.95,
    max_correlation: float = 0.95,
    max_vif: float = 10.0,
    min_frequency: float = 0.75,
    alpha: float = 0.05,
    mix: float = 0.5,
    folds: int = 10,
    n_subsamples: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Say of each candidate driver whether it can stand in a model, and why not.

    The rules apply in this order, and the first that a driver breaks is its ``reason``. Of two
    drivers that cannot stand together the one named later in ``drivers`` leaves, so that the order
    of the names is the order of preference and the outcome has no say in it.

    1. ``missing``: more than ``max_missing`` of the (weighted) respondents did not answer it.
    2. ``near_constant``: at least ``max_common`` of the answers are the same.
    3. ``duplicate_of X``: the same answers as X, on another scale at most.
    4. ``collinear_with X``: the correlation with X is ``max_correlation`` or more either way, or
       the driver is an exact sum of the drivers X (joined by `` + ``).
    5. ``high_vif``: while a variance inflation factor is above ``max_vif``, the largest leaves.
    6. ``not_selected``: nothing speaks for the driver. The elastic net gives it 0, *and* fewer than
       ``min_frequency`` of the half samples choose it, *and* its own association with the outcome
       has an adjusted p of ``alpha`` or more.

    Parameters
    ----------
    df : DataFrame
        One row a respondent, all of them: a subset is named by ``where``, not cut out beforehand.
    outcome : str
        A numeric or boolean column; respondents without it are not in any number here.
    drivers : sequence of str
        Numeric or boolean columns, the preferred ones first.
    where, design
        As for `csatlib.estimates.mean`. Half samples and folds keep the rows of a cluster together.
    max_missing, max_common : float
        Shares between 0 and 1, see above.
    max_correlation : float
        Between 0 and 1, see above.
    max_vif : float
        1 or more, see above.
    min_frequency : float
        The threshold π of stability selection, above 0.5 and at most 1.
    alpha : float
        The error allowed over the marginal associations together (Holm).
    mix : float
        How the elastic net penalises: 1 is the lasso, towards 0 ridge regression.
    folds : int
        Folds of the cross-validation that chooses the penalty, 2 or more.
    n_subsamples : int
        Half samples, drawn as complementary pairs; 2 or more.
    seed : int
        Where the random numbers of folds and half samples start.

    Returns
    -------
    DataFrame
        Table ``screening``, one row a candidate in the order of ``drivers``: ``driver``; ``kept``;
        ``reason`` (above, or ``kept``, or for all candidates ``too_few_rows`` or
        ``constant_outcome``); ``n`` respondents that answered it and the outcome;
        ``missing_share``; ``common_share`` of the commonest answer; ``correlation``, the largest
        in size with another candidate, and ``correlated_with``; ``vif`` among the drivers that
        rules 1 to 4 leave, NA where there are too few rows for it; ``coefficient`` of the elastic
        net, per standard deviation of driver and outcome; ``frequency`` of being chosen in a half
        sample; ``threshold`` (π) and ``error_bound``, how many of the drivers that reach it may be
        expected to do so by chance alone, at most their number; ``association``, the correlation
        with the outcome, its ``p`` under the design and ``p_adjusted`` (Holm). Numbers that a
        driver's own rule makes meaningless are NA.

    Raises
    ------
    ValueError
        For columns that are not there or hold no numbers, the outcome among the drivers, no
        driver, or a threshold outside its range.

    Notes
    -----
    Net, half samples and factors rest on the respondents who answered the outcome and all drivers
    that are left by then. The net minimises :math:`\frac{1}{2} \sum_i w_i (y_i - x_i' b)^2 / \sum
    w_i + \lambda (\alpha |b|_1 + \frac{1 - \alpha}{2} |b|^2)` over standardised columns, at the
    largest λ whose cross-validated error is within one standard error of the least. The bound is
    :math:`q^2 / ((2 \pi - 1) p)`, with q the average number chosen and p the candidates; with few
    candidates it is often of no use, and the table then says so by its size. The halves are
    complementary pairs.

    Source: Meinshausen and Bühlmann (2010), Stability selection, *Journal of the Royal Statistical
    Society B* 72, 417–473; Shah and Samworth (2013), ibid. 75, 55–80.

    A model fitted after a selection from the same answers looks surer than it is; rule 6 therefore
    leaves out only what nothing speaks for. What goes with the outcome need not move it.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from csatlib import drivers
    >>> draw = np.random.default_rng(1)
    >>> df = pd.DataFrame(draw.integers(1, 6, (200, 2)), columns=["speed", "price"])
    >>> df["again"] = df["speed"]
    >>> df["overall"] = df["speed"] + draw.integers(0, 3, 200)
    >>> drivers.screen(df, "overall", ["speed", "price", "again"])[["driver", "kept", "reason"]]
      driver   kept              reason
    0  speed   True                kept
    1  price  False        not_selected
    2  again  False  duplicate_of speed
    """
    _check(
        {"max_missing": (max_missing, 0, 1), "max_common": (max_common, 0, 1)}
        | {"max_correlation": (max_correlation, 0, 1), "max_vif": (max_vif, 1, np.inf)}
        | {"min_frequency": (min_frequency, 0.5, 1), "alpha": (alpha, 0, 1), "mix": (mix, 0, 1)}
        | {"folds": (folds, 1, np.inf), "n_subsamples": (n_subsamples, 1, np.inf)}
    )
    check_seed(seed)
    rules = Rules(max_missing, max_common, max_correlation, max_vif, min_frequency, alpha)
    data = _read(df, outcome, drivers, where, design)
    tested = associations(data)
    found = describe(data)
    refusal = _refusal(data)
    if refusal:
        found = replace(found, reason=[refusal] * len(data.names))
    else:
        rng = np.random.default_rng(seed)
        found = leave_sparse(found, rules)
        found = leave_dependent(data, found, rules)
        found = leave_inflated(data, found, rules)
        found = leave_silent(data, found, tested, rules, (mix, folds, n_subsamples), rng)
    return _table(data, found, tested, rules)


def _check(settings: dict[str, tuple[float, float, float]]) -> None:
    for name, (value, low, high) in settings.items():
        if not isinstance(value, Real) or not low < value <= high:
            bounds = f"above {low:g}" + ("" if high == np.inf else f" and at most {high:g}")
            raise ValueError(f"{name}: expected a number {bounds}, found {value!r}")
    for name in ("folds", "n_subsamples"):
        value = settings[name][0]
        if int(value) != value:
            raise ValueError(f"{name}: expected a whole number, found {value!r}")


def _read(
    df: pd.DataFrame, outcome: str, drivers: Sequence[str], where: Where, design: Design | None
) -> Candidates:
    survey = read_survey(df, (), where, design)
    names = [drivers] if isinstance(drivers, str) else distinct(drivers, "drivers")
    if not names:
        raise ValueError("drivers: expected at least one column, found none; name the candidates")
    if outcome in names:
        raise ValueError(
            f"drivers: expected columns other than the outcome, found {outcome!r} among them; "
            "leave it out"
        )
    y = numbers(df, outcome)
    x = np.column_stack([numbers(df, name) for name in names])
    weight = survey.structure.weights()
    inside = survey.partition.inside
    rows = (weight > 0) & ~np.isnan(y) & (True if inside is None else inside)
    unit = survey.structure.unit
    unit = np.arange(len(df)) if unit is None else unit
    return Candidates(names, y[rows], x[rows], weight[rows], unit[rows], survey, rows)


def _refusal(data: Candidates) -> str:
    if len(data.y) < 3:
        return "too_few_rows"
    return "constant_outcome" if np.ptp(data.y) == 0 else ""


def _table(data: Candidates, found: Found, tested: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    many = len(data.names)
    table = pd.DataFrame(
        {
            "driver": pd.array(data.names, dtype="str"),
            "kept": [not reason for reason in found.reason],
            "reason": pd.array([reason or "kept" for reason in found.reason], dtype="str"),
            "n": pd.array(found.n, dtype="Int64"),
            "missing_share": found.missing,
            "common_share": found.common,
            "correlation": found.correlation,
            "correlated_with": pd.array(found.partner, dtype="str"),
            "vif": found.vif,
            "coefficient": found.net,
            "frequency": found.frequency,
            "threshold": np.full(many, float(rules.min_frequency)),
            "error_bound": np.full(many, found.bound),
            "association": tested["association"].to_numpy(),
            "p": tested["p"].to_numpy(),
            "p_adjusted": tested["p_adjusted"].to_numpy(),
        }
    )
    reals = [name for name in table if table[name].dtype == np.float64]
    return table.astype(dict.fromkeys(reals, "Float64"))
