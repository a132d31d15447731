"""The weights of a quarter beside its answers, and the names by which an estimate uses them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from csatlib import schema
from csatlib.study import Weighting
from csatlib.weights.arguments import column_of, refuse_empty
from csatlib.weights.margins import MISSING

__all__ = ["attach", "design_of", "equal_weights"]

#: What the table ``weights`` brings to the answers.
_BROUGHT = ("stratum", "cluster", "population", "design_weight", "base_weight", "weight")


def attach(responses: pd.DataFrame, weights: pd.DataFrame, weighting: Weighting) -> pd.DataFrame:
    """Give each response its weight, and its levels of the margins without a gap.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses``, or part of it, with the columns of the margins.
    weights : DataFrame
        Table ``weights`` of the same quarter.
    weighting : Weighting
        The part ``weighting`` of the study file.

    Returns
    -------
    DataFrame
        The rows and columns of ``responses``, then ``stratum``, ``cluster``, ``population``,
        ``design_weight``, ``base_weight`` and ``weight``, then for each margin
        ``<name>_margin``: its level as text, ``(missing)`` where the response has none (of nobody
        in the frame, or of somebody whose level is not known). The margin's own column stays as it
        is, so that a breakdown by it shows no such level. Equal weights (`equal_weights`) bring no
        such columns.

    Raises
    ------
    ValueError
        If a response has no weight, a margin is no column, or a column to be added is there.

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": ["1", "2"], "tier": ["A", None]})
    >>> table = pd.DataFrame({"response_id": ["1", "2"], "stratum": "all", "cluster": ["1", "2"],
    ...                       "population": [9.0] * 2, "design_weight": [1.0] * 2})
    >>> table = table.assign(base_weight=[4.5] * 2, weight=[5.0, 4.0])
    >>> reals = ["population", "design_weight", "base_weight", "weight"]
    >>> table = table.astype(dict.fromkeys(reals, "Float64"))
    >>> attached = attach(answers, table, Weighting(margins=("tier",)))
    >>> attached[["weight", "tier_margin"]].values.tolist()
    [[5.0, 'A'], [4.0, '(missing)']]
    """
    ids = column_of(responses, "response_id", "responses")
    added = [*_BROUGHT, *(_margin(name) for name in weighting.margins)]
    if taken := [name for name in added if name in responses]:
        raise ValueError(
            f"responses: expected no column {taken}, which the weights bring; rename or drop it"
        )
    own = schema.check(weights, "weights").set_index("response_id")
    if not ids.isin(own.index).all():
        raise ValueError(
            f"weights: expected a weight for every response, found none for "
            f"{int((~ids.isin(own.index)).sum())} of {len(ids)}; take the tables of one run"
        )
    brought = own.loc[ids, list(_BROUGHT)].set_axis(responses.index)
    # Equal weights meet no margins, and their answers may have no such columns.
    margins = () if own["stratum"].isna().any() else weighting.margins
    levels = {
        _margin(name): column_of(responses, name, "margins").astype("str").fillna(MISSING)
        for name in margins
    }
    return responses.assign(**brought, **levels)


def _margin(name: str) -> str:
    return f"{name}_margin"


def design_of(attached: pd.DataFrame, weighting: Weighting) -> dict[str, Any]:
    """Name the columns by which an estimate accounts for how the weights came about.

    Parameters
    ----------
    attached : DataFrame
        What `attach` gives.
    weighting : Weighting
        The part ``weighting`` of the study file.

    Returns
    -------
    dict
        The arguments of ``estimates.Design``: ``weight``, ``stratum``, ``cluster``,
        ``population``, ``margins``, ``base`` and ``lonely``; those that do not apply are left out.

    Raises
    ------
    ValueError
        If a column of `attach` is missing.

    Notes
    -----
    Who answered counts as a simple random sample, without replacement, of the customers in the
    stratum: the response is a second draw, at random within what the weights hold equal. So a
    census that part of the customers answered has a sampling error, made smaller by the finite
    population correction 1 − n/N, n who answered and N all customers; with everyone's answer it
    would be 0. The residuals from the margins are fitted by the weights that were raked: those
    after the adjustment for nonresponse, ``base_weight``. That whoever is silent
    thinks otherwise is no sampling error and in no interval. A stratum of one answer is held
    against the whole sample (``centre``). Equal weights of answers that nobody can be matched to
    (`equal_weights`) meet no margins, and nobody knows of what part they are: they have neither
    margins nor a population.

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": ["1", "2"], "tier": ["A", "B"]})
    >>> weighting = Weighting(margins=("tier",))
    >>> design_of(attach(answers, equal_weights(answers), weighting), weighting)
    {'weight': 'weight', 'cluster': 'cluster'}
    """
    for name in _BROUGHT:
        column_of(attached, name, "attached")
    named: dict[str, Any] = {"weight": "weight", "cluster": "cluster"}
    if attached["stratum"].isna().any():
        return named
    named |= {"stratum": "stratum", "population": "population", "lonely": "centre"}
    if weighting.margins:
        margins = tuple(_margin(name) for name in weighting.margins)
        for name in margins:
            column_of(attached, name, "attached")
        named |= {"margins": margins, "base": "base_weight"}
    return named


def equal_weights(responses: pd.DataFrame, *, population: int | None = None) -> pd.DataFrame:
    """Weight all responses alike, where nobody can be matched to a list of customers.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses``.
    population : int, optional
        How many customers the weights are to sum to; without it each weighs 1.

    Returns
    -------
    DataFrame
        The ``weights`` table: ``cluster`` is the response itself, ``stratum`` and ``population``
        are NA, by which `design_of` knows these weights.

    Raises
    ------
    ValueError
        If there are no responses, or a population that is not above 0.

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": ["1", "2"]})
    >>> equal_weights(answers, population=50)["weight"].tolist()
    [25.0, 25.0]
    """
    refuse_empty(responses, "responses")
    if population is not None and not population > 0:
        raise ValueError(f"population: expected a number above 0, found {population!r}")
    ids = column_of(responses, "response_id", "responses").astype("str")
    each = 1.0 if population is None else population / len(ids)
    table = pd.DataFrame({"response_id": ids.array, "stratum": None, "cluster": ids.array})
    table = table.assign(population=None, design_weight=each, base_weight=each, weight=each)
    contract = schema.TABLES["weights"].columns
    table = table.astype({name: column.dtype for name, column in contract.items()})
    return schema.check(table, "weights")
