"""What weights look like and what they cost, and how far the sample is from the population."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.weights.arguments import LARGEST, Base, column_of, named, read_weights, refuse_empty
from csatlib.weights.cells import factor_of, number_rows
from csatlib.weights.margins import MISSING, Margin, Margins, filled, read_margins, words

__all__ = ["diagnostics", "margin_gaps"]


def diagnostics(
    weights: pd.Series | pd.DataFrame | Mapping[str, pd.Series],
    *,
    upper: float | None = None,
    lower: float | None = None,
) -> pd.DataFrame:
    """Describe weights, one row a stage: their spread, and the answers that they are worth.

    Parameters
    ----------
    weights : Series, DataFrame or mapping of Series
        Weights of one stage, or of several: one column or entry a stage.
    upper, lower : float, optional
        The bounds that weights were trimmed to.

    Returns
    -------
    DataFrame
        ``stage`` (the Series' name or the column's), ``n`` (rows), ``sum``, ``mean``, ``median``,
        ``min``, ``max``, ``cv`` (standard deviation with n, over the mean), ``kish_deff``
        (``n Σw² / (Σw)²`` = 1 + cv²), ``n_eff`` (``n / kish_deff``), ``top_share`` (share of the
        sum that the heaviest 5 % of rows hold, rounded up to whole rows), ``max_to_median``,
        ``trimmed`` (rows at or beyond ``upper`` or ``lower``; NA without bounds), ``negative``
        (rows with a weight below 0). In a table of no rows all but ``n`` is NA.

    Raises
    ------
    ValueError
        For weights that are missing, infinite, larger than 1e60 or no numbers.

    Notes
    -----
    Kish (1965, 1992).

    Examples
    --------
    >>> diagnostics(pd.Series([1.0, 1.0, 2.0])).loc[0, ["n", "sum", "kish_deff"]].tolist()
    [3.0, 4.0, 1.125]
    """
    if isinstance(weights, pd.Series):
        weights = {str(weights.name if weights.name is not None else "weight"): weights}
    rows = [_row(str(stage), weights[stage], upper, lower) for stage in weights]
    contract = schema.TABLES["weight_diagnostics"].columns
    typed = {name: column.dtype for name, column in contract.items()}
    return pd.DataFrame(rows, columns=list(typed)).astype(typed)


def _row(
    stage: str, weights: pd.Series, upper: float | None, lower: float | None
) -> dict[str, object]:
    if not isinstance(weights, pd.Series):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"weights: expected a Series of weights for each stage, found "
            f"{type(weights).__name__} for {stage!r}; pd.Series(values) makes one"
        )
    if not pd.api.types.is_numeric_dtype(weights.dtype) or pd.api.types.is_bool_dtype(
        weights.dtype
    ):
        raise ValueError(
            f"weights: expected numbers in {stage!r}, found dtype {weights.dtype}; convert the "
            "weights first"
        )
    values = weights.to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.abs(values) <= LARGEST).all():
        raise ValueError(
            f"weights: expected a number in every row of {stage!r}, found "
            f"{int((~(np.abs(values) <= LARGEST)).sum())} missing, infinite or above {LARGEST:g}"
        )
    n, row = len(values), {"stage": stage, "n": len(values)}
    if n == 0 or values.sum() == 0:
        return row
    whole, median = values.sum(), float(np.median(values))
    # Relative to the largest, so that no square vanishes.
    parts = values / np.abs(values).max()
    deff = float(n * (parts @ parts) / parts.sum() ** 2)
    heaviest = np.sort(values)[n - int(np.ceil(0.05 * n)) :]
    row |= {"sum": whole, "mean": values.mean(), "median": median}
    row |= {"min": values.min(), "max": values.max()}
    row |= {"cv": parts.std() / parts.mean(), "kish_deff": deff, "n_eff": n / deff}
    row |= {"top_share": heaviest.sum() / whole, "negative": int((values < 0).sum())}
    row["max_to_median"] = values.max() / median if median else np.nan
    if upper is not None or lower is not None:
        high = np.inf if upper is None else upper * (1 - 1e-9)
        low = -np.inf if lower is None else lower * (1 + 1e-9)
        row["trimmed"] = int(((values >= high) | (values <= low)).sum())
    return row


def margin_gaps(
    responses: pd.DataFrame,
    margins: Margins,
    *,
    weights: str | pd.Series,
    base: Base = None,
) -> pd.DataFrame:
    """Compare the sample's shares with the population's, before and after weighting.

    Parameters
    ----------
    responses : DataFrame
        One row a respondent. Missing values are told, not refused, for this is where they show.
    margins : mapping
        As in `rake`.
    weights : str or Series
        The weights after the adjustment, positive.
    base : str or Series, optional
        The weights before it; without, all respondents are equal.

    Returns
    -------
    DataFrame
        The ``margin_gaps`` table: ``variable`` and ``level`` (parts of joint margins joined with
        `` × ``), ``population`` (share of the customers), ``n`` (respondents), ``before`` and
        ``after`` (weighted shares of the respondents with a known level), ``gap_before`` and
        ``gap_after`` (those less ``population``). Levels in the order of the margin, then those
        that only the sample has (``population`` 0), then ``(missing)`` with ``n`` only, unless it
        is a level of the margin itself.

    Raises
    ------
    ValueError
        For unknown columns, faulty margins, or weights that are not positive.

    Examples
    --------
    >>> df = pd.DataFrame({"region": ["N", "N", "S"], "weight": [30.0, 30.0, 40.0]})
    >>> gaps = margin_gaps(df, {"region": {"N": 0.6, "S": 0.4}}, weights="weight")
    >>> gaps["gap_before"].round(4).tolist(), gaps["gap_after"].round(4).tolist()
    ([0.0667, -0.0667], [0.0, 0.0])
    """
    refuse_empty(responses, "responses")
    after = read_weights(weights, responses, "weights")
    if after is None:
        raise ValueError("weights: expected a column's name or a Series, found None")
    before = read_weights(base, responses)
    before = np.ones(len(responses)) if before is None else before
    rows: list[dict[str, object]] = []
    for key, values in margins.items():
        # Each is read alone: margins that disagree in total still have shares.
        (margin,) = read_margins({key: values}, total=None, base=1.0)
        rows += _gaps(responses, margin, before, after)
    contract = schema.TABLES["margin_gaps"].columns
    typed = {name: column.dtype for name, column in contract.items()}
    table = pd.DataFrame(rows, columns=list(typed)).astype(typed)
    if (twice := table.duplicated(["variable", "level"])).any():
        raise ValueError(
            "margins: expected levels that read differently, found two that both read "
            f"{named(table.loc[twice, 'level'].tolist())}; give the column one type"
        )
    return table


def _gaps(
    responses: pd.DataFrame, margin: Margin, before: np.ndarray, after: np.ndarray
) -> list[dict[str, object]]:
    if (MISSING,) in margin.levels:
        (name,) = margin.columns
        responses = filled(column_of(responses, name, "margins")).to_frame(name)
    factors = [factor_of(responses, name, "margins") for name in margin.columns]
    known = np.logical_and.reduce([factor.codes >= 0 for factor in factors])
    kept = [type(f)(f.name, f.codes[known].astype(np.int64), f.levels) for f in factors]
    keys, _ = number_rows(kept, int(known.sum()))
    _, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    count = len(first)
    found = [tuple(f.levels[f.codes[row]] for f in kept) for row in first]
    shares = dict(zip(margin.levels, margin.totals / margin.totals.sum(), strict=True))
    held = {
        name: dict(zip(found, np.bincount(numbers, values[known], minlength=count), strict=True))
        for name, values in {"n": np.ones(len(known)), "before": before, "after": after}.items()
    }
    only_sample = sorted((level for level in found if level not in shares), key=str)
    rows = []
    for level in [*margin.levels, *only_sample]:
        share = shares.get(level, 0.0)
        row = {"variable": margin.name, "level": words(level), "population": share}
        row["n"] = int(held["n"].get(level, 0))
        for name in ("before", "after"):
            if count:
                row[name] = held[name].get(level, 0.0) / sum(held[name].values())
                row[f"gap_{name}"] = row[name] - share
        rows.append(row)
    if not known.all():
        rows.append({"variable": margin.name, "level": MISSING, "n": int((~known).sum())})
    return rows
