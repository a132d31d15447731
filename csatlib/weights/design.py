"""Design weights: how many customers each one drawn stands for, before anybody has answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib.sampling.reading import one_type, texts_of
from csatlib.weights.arguments import column_of, key_of, levels_told, listed, refuse_empty
from csatlib.weights.cells import find_cells
from csatlib.weights.margins import plain

__all__ = ["design_weights"]


def design_weights(
    sample: pd.DataFrame,
    respondents: pd.DataFrame | None = None,
    *,
    frame: pd.DataFrame | None = None,
    strata: Sequence[str] = (),
    key: str = "customer_id",
) -> pd.Series:
    """Give each customer of a sample the inverse of the chance to have been drawn.

    From a draw that knows its chances: ``1 / inclusion_probability``. From the frame:
    ``N_h / n_h``, customers over sampled customers of the stratum (of all, without strata).

    Parameters
    ----------
    sample : DataFrame
        One row a customer drawn; without ``frame`` it has ``inclusion_probability`` (0 to 1).
    respondents : DataFrame, optional
        Rows to hand the weights to, by ``key``; several rows of one customer get the same weight.
    frame : DataFrame, optional
        One row a customer, all of them, those drawn included.
    strata : sequence of str
        Columns of ``frame`` and ``sample`` within which customers were drawn with equal chances.
    key : str
        Column that identifies a customer; used only with ``respondents``.

    Returns
    -------
    Series
        ``design_weight`` (float), on the index of ``respondents``, else of ``sample``.

    Raises
    ------
    ValueError
        For chances outside 0 to 1, strata that only the frame or only the sample has, more drawn
        than the frame holds, repeated ids in the sample, respondents who were not drawn, missing
        values. Ids are never shown.

    Notes
    -----
    Horvitz and Thompson (1952).

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["N"] * 30 + ["S"] * 10})
    >>> sample = pd.DataFrame({"region": ["N", "N", "S"]})
    >>> design_weights(sample, frame=frame, strata=["region"]).tolist()
    [15.0, 15.0, 10.0]
    """
    refuse_empty(sample, "sample")
    if frame is None:
        if listed(strata, "strata", least=0):
            raise ValueError("frame: expected the table of all customers with strata=, found none")
        values = _inverse(sample)
    else:
        refuse_empty(frame, "frame")
        values = _expansion(sample, frame, listed(strata, "strata", least=0))
    weights = pd.Series(values, index=sample.index, name="design_weight")
    return weights if respondents is None else _handed(weights, sample, respondents, key)


def _inverse(sample: pd.DataFrame) -> np.ndarray:
    chances = column_of(sample, "inclusion_probability", "sample")
    values = chances.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~((values > 0) & (values <= 1))
    if wrong.any():
        raise ValueError(
            "sample: expected an inclusion_probability above 0 and at most 1 in every row, found "
            f"{int(wrong.sum())} rows without, for example at index {list(sample.index[wrong][:3])}"
        )
    return 1 / values


def _expansion(sample: pd.DataFrame, frame: pd.DataFrame, strata: list[str]) -> np.ndarray:
    if not strata:
        _check_drawn({(): len(frame)}, {(): len(sample)})
        return np.full(len(sample), len(frame) / len(sample))
    of_frame = find_cells(frame, strata, "strata", side="population")
    of_sample = find_cells(sample, strata, "strata")
    numbers, levels = of_frame.combinations(strata)
    customers = dict(zip(levels, np.bincount(numbers, of_frame.sums(None)), strict=True))
    numbers, levels = of_sample.combinations(strata)
    drawn = dict(zip(levels, np.bincount(numbers, of_sample.sums(None)), strict=True))
    _check_drawn(customers, drawn)
    ratios = np.array([customers[level] / drawn[level] for level in levels])
    return of_sample.expand(ratios[numbers])


def _check_drawn(customers: dict[tuple, float], drawn: dict[tuple, float]) -> None:
    faults = {
        "the sample has strata that the frame (the population) lacks": drawn.keys() - customers,
        "the frame (the population) has strata from which nobody is in the sample": (
            customers.keys() - drawn
        ),
        "the sample has more customers than the frame (the population) in": {
            level for level in drawn if drawn[level] > customers.get(level, np.inf)
        },
    }
    for what, levels in faults.items():
        if levels:
            told = levels_told(plain(sorted(levels, key=str)), len(customers.keys() | drawn))
            where = told if () not in levels else "the whole"
            raise ValueError(f"strata: {what}: {where}; merge strata or correct their names")


def _handed(
    weights: pd.Series, sample: pd.DataFrame, respondents: pd.DataFrame, key: str
) -> pd.Series:
    drawn = key_of(sample, key, "sample", unique=True)
    asked = key_of(respondents, key, "respondents", unique=False)
    one_type({f"sample.{key}": drawn, f"respondents.{key}": asked})
    places = pd.Index(texts_of(drawn)).get_indexer(texts_of(asked))
    if (places < 0).any():
        raise ValueError(
            f"respondents: expected only customers of the sample, found {int((places < 0).sum())} "
            "rows of others; take them out, or weight them as being outside the frame"
        )
    values = weights.to_numpy()[places]
    return pd.Series(values, index=respondents.index, name="design_weight")
