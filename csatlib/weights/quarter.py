"""The weights of a quarter: design, nonresponse, margins and trimming, as the study file says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.sampling.reading import one_type, texts_of
from csatlib.study import Weighting
from csatlib.weights.arguments import column_of, key_of, refuse_empty
from csatlib.weights.design import design_weights
from csatlib.weights.margins import MISSING, Margins, filled, margins_of
from csatlib.weights.raking import rake
from csatlib.weights.response import nonresponse
from csatlib.weights.trimming import trim

__all__ = ["margins_of_quarter", "of_quarter"]

ALL, OUTSIDE = "all", "outside"


@dataclass(frozen=True)
class _Members:
    """The frame row of each response (−1 outside), and what became of each frame row."""

    place: np.ndarray
    drawn: np.ndarray
    eligible: np.ndarray
    answers: np.ndarray
    design: np.ndarray
    stratum: np.ndarray


def of_quarter(
    responses: pd.DataFrame,
    frame: pd.DataFrame,
    dispositions: pd.DataFrame,
    weighting: Weighting,
    *,
    sample: pd.DataFrame | None = None,
    key: str = "customer_id",
    outside: Literal["mean", "refuse"] = "mean",
) -> pd.DataFrame:
    """Weight a quarter's responses so that they stand for everybody in its frame.

    Design weights, then the adjustment for nonresponse, then raking to the frame's margins, then
    trimming that keeps them, as far as the study file asks for each.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses``, with ``key``.
    frame : DataFrame
        Table ``frame``: one row a customer (or ticket), each ``key`` once.
    dispositions : DataFrame
        Table ``dispositions``, with ``key``: who was invited and how it ended. Frame rows that it
        lacks count as not invited, those ``ineligible`` take no part in nonresponse.
    weighting : Weighting
        The part ``weighting`` of the study file.
    sample : DataFrame, optional
        Table ``sample`` where a sample was drawn. Without it all invited (and all who answered)
        count as drawn with equal chances from one stratum, ``all``.
    key : str
        Column that the tables have in common; ``ticket_id`` in an event survey.
    outside : {"mean", "refuse"}
        What to do with responses of nobody in the frame (anonymous, or of others): give each the
        mean weight of the rest, so that they change no composition that is known, and keep the
        sum; or refuse them.

    Returns
    -------
    DataFrame
        The ``weights`` table, one row a response in their order: ``response_id``; ``stratum``
        (of the draw; ``outside`` for those who were not drawn); ``cluster`` (the customer, also
        of a ticket, or the response itself outside the frame); ``population`` (customers in the
        stratum);
        ``design_weight``; ``base_weight``, after nonresponse and before the margins (the design
        weight without it), split among the responses of one customer; ``weight``, which sums
        to the number of rows of the frame. Of several responses of one customer each has an equal
        part of its weight.

    Raises
    ------
    ValueError
        For repeated or missing ids in ``frame`` or ``sample``, or ids that are text in one table
        and numbers in another; margins with a level that nobody
        answered from (merge it, or drop the margin); no response from the frame at all.
    ConvergenceError
        If margins or bounds cannot be met.

    Notes
    -----
    Who answered without being drawn gets the mean design weight. The propensity to answer is
    fitted by Firth's likelihood, in five classes with 20 respondents or more. A text that is
    missing in the frame is a level of its own; for margins see `margins_of_quarter`. ``trim``
    bounds weights at that many times their mean.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": list("abcdef"), "tier": list("AABBBB")})
    >>> ended = frame.assign(disposition=["complete", "refusal"] + ["complete"] * 2 + ["other"] * 2)
    >>> answers = pd.DataFrame({"response_id": ["1", "2", "3"], "customer_id": ["a", "c", "d"]})
    >>> of_quarter(answers, frame, ended, Weighting(margins=("tier",)))["weight"].tolist()
    [2.0, 2.0, 2.0]
    """
    refuse_empty(responses, "responses")
    refuse_empty(frame, "frame")
    if outside not in ("mean", "refuse"):
        raise ValueError(f"outside: expected 'mean' or 'refuse', found {outside!r}")
    members = _members(responses, frame, dispositions, sample, key)
    inside = members.place >= 0
    if outside == "refuse" and not inside.all():
        raise ValueError(
            f"responses: expected only customers of the frame, found {int((~inside).sum())} rows "
            "of nobody in it; set them aside, or choose outside='mean'"
        )
    if not inside.any():
        raise ValueError(
            f"responses: expected customers of the frame, found none by {key!r}; check that both "
            "tables write their ids alike"
        )
    base = _after_nonresponse(frame, members, weighting)[members.place[inside]]
    base /= members.answers[members.place[inside]]
    joined = _joined(frame, members.place[inside], weighting)
    margins = margins_of_quarter(joined, frame, weighting)
    known = _adjusted(joined, pd.Series(base, index=joined.index), margins, weighting, len(frame))
    weight = np.full(len(responses), known.mean())
    weight[inside] = known
    weight *= len(frame) / weight.sum()
    before = np.full(len(responses), base.mean())
    before[inside] = base
    return _table(responses, frame, members, before, weight, key)


def margins_of_quarter(
    responses: pd.DataFrame, frame: pd.DataFrame, weighting: Weighting
) -> dict[str | tuple[str, ...], pd.Series]:
    """Count the frame by the margins of the study file, as `of_quarter` meets them.

    Parameters
    ----------
    responses : DataFrame
        The respondents, with the columns of the margins.
    frame : DataFrame
        Table ``frame``: everybody.
    weighting : Weighting
        The part ``weighting`` of the study file.

    Returns
    -------
    dict
        As `margins_of`. Customers without a value are a level of their own, ``(missing)``, where
        respondents lack the value too, and else are spread over the levels like the others.

    Raises
    ------
    ValueError
        For a margin that either table has not.

    Examples
    --------
    >>> frame = pd.DataFrame({"tier": ["A", "A", "B", None]})
    >>> margins = margins_of_quarter(frame[:3], frame, Weighting(margins=("tier",)))
    >>> margins["tier"].round(2).to_dict()
    {'A': 2.67, 'B': 1.33}
    """
    made: dict[str | tuple[str, ...], pd.Series] = {}
    for name in weighting.margins:
        asked, everybody = column_of(responses, name, "margins"), column_of(frame, name, "margins")
        lacking = bool(asked.isna().any() or (asked.astype(object) == MISSING).any())
        counted = (filled(everybody) if lacking else everybody).to_frame(name)
        made |= margins_of(counted, [name], missing="proportional")
    return made


def _members(
    responses: pd.DataFrame,
    frame: pd.DataFrame,
    dispositions: pd.DataFrame,
    sample: pd.DataFrame | None,
    key: str,
) -> _Members:
    tables = {"frame": frame, "responses": responses, "dispositions": dispositions}
    tables |= {} if sample is None else {"sample": sample}
    one_type({f"{table}.{key}": column_of(df, key, table) for table, df in tables.items()})
    ids = pd.Index(texts_of(key_of(frame, key, "frame", unique=True)))
    place = _places(ids, column_of(responses, key, "responses"))
    answers = np.bincount(place[place >= 0], minlength=len(ids))
    ended = column_of(dispositions, "disposition", "dispositions").to_numpy()
    of_ended = _places(ids, column_of(dispositions, key, "dispositions"))
    invited, ineligible = np.zeros(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    invited[of_ended[(of_ended >= 0) & (ended != "not_invited")]] = True
    ineligible[of_ended[(of_ended >= 0) & (ended == "ineligible")]] = True
    if sample is None:
        drawn = invited | (answers > 0)
        design = np.full(len(ids), len(ids) / max(int(drawn.sum()), 1))
        stratum = np.full(len(ids), ALL, dtype=object)
    else:
        of_sample = _places(ids, key_of(sample, key, "sample", unique=True))
        if (of_sample < 0).any():
            raise ValueError(
                f"sample: expected only customers of the frame, found {int((of_sample < 0).sum())} "
                "rows of others; take the frame that the sample was drawn from"
            )
        chances = design_weights(sample).to_numpy()
        design = np.full(len(ids), chances.mean())
        design[of_sample] = chances
        stratum = np.full(len(ids), OUTSIDE, dtype=object)
        stratum[of_sample] = column_of(sample, "stratum", "sample").fillna(ALL)
        drawn = answers > 0
        drawn[of_sample] = True
    return _Members(place, drawn, ~ineligible | (answers > 0), answers, design, stratum)


def _places(ids: pd.Index, wanted: pd.Series) -> np.ndarray:
    """Find each id's row; a missing id is nobody's."""
    return np.where(wanted.isna(), -1, ids.get_indexer(texts_of(wanted)))


def _after_nonresponse(frame: pd.DataFrame, members: _Members, weighting: Weighting) -> np.ndarray:
    """Give every frame row that answered its weight."""
    weights = members.design.copy()
    taking = members.drawn & members.eligible
    if weighting.nonresponse:
        asked = pd.DataFrame(
            {n: filled(column_of(frame, n, "nonresponse"))[taking] for n in weighting.nonresponse}
        )
        adjusted = nonresponse(
            asked,
            pd.Series(members.answers[taking] > 0, index=asked.index),
            list(weighting.nonresponse),
            base=pd.Series(weights[taking], index=asked.index),
            separation="firth",
        )
        weights[taking & (members.answers > 0)] = adjusted
    return weights


def _joined(frame: pd.DataFrame, places: np.ndarray, weighting: Weighting) -> pd.DataFrame:
    """Give the respondents the frame's margin columns, a missing one as a level of its own."""
    columns = {
        name: filled(column_of(frame, name, "margins").iloc[places].reset_index(drop=True))
        for name in weighting.margins
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(places)))


def _adjusted(
    joined: pd.DataFrame, base: pd.Series, margins: Margins, weighting: Weighting, count: int
) -> np.ndarray:
    weights = rake(joined, margins, base=base) if margins else base * (count / base.sum())
    if weighting.trim is not None:
        upper = weighting.trim * count / len(weights)
        if (weights > upper).any():
            kept = {"responses": joined, "margins": margins} if margins else {}
            weights = trim(weights, upper=upper, **kept)
    return weights.to_numpy()


def _owners(frame: pd.DataFrame, key: str) -> np.ndarray:
    """Name the customer behind each row of the frame; a ticket of nobody known stands alone."""
    own = frame[key].astype("str")
    if key == "customer_id" or "customer_id" not in frame:
        return own.to_numpy()
    return frame["customer_id"].astype("str").fillna(own).to_numpy()


def _table(
    responses: pd.DataFrame,
    frame: pd.DataFrame,
    members: _Members,
    base: np.ndarray,
    weight: np.ndarray,
    key: str,
) -> pd.DataFrame:
    inside = members.place >= 0
    response = column_of(responses, "response_id", "responses").astype("str").to_numpy()
    customer = _owners(frame, key)
    sampled = (members.stratum == ALL).all()
    stratum = np.full(len(responses), ALL if sampled else OUTSIDE, dtype=object)
    stratum[inside] = members.stratum[members.place[inside]]
    cluster = response.astype(object)
    cluster[inside] = customer[members.place[inside]]
    drawn_in = pd.Series(members.design[members.drawn]).groupby(members.stratum[members.drawn])
    sizes = drawn_in.sum().to_dict()
    design = np.full(len(responses), members.design[members.drawn].mean())
    design[inside] = members.design[members.place[inside]]
    table = pd.DataFrame({"response_id": response, "stratum": stratum, "cluster": cluster})
    clusters = table.groupby("stratum")["cluster"].nunique()
    held = pd.Series(weight).groupby(stratum).sum()
    # Those not drawn are no sample of a known number: they stand for what they weigh.
    sizes[OUTSIDE] = held.get(OUTSIDE, 0.0)
    # One customer may have several tickets: the population is counted in customers too.
    each = len(set(customer)) / max(len(customer), 1)
    population = {
        name: max(float(sizes[name]) * each, float(clusters[name])) for name in clusters.index
    }
    table["population"] = [population[name] for name in stratum]
    table["design_weight"], table["base_weight"], table["weight"] = design, base, weight
    contract = schema.TABLES["weights"].columns
    table = table.astype({name: column.dtype for name, column in contract.items()})
    return schema.check(table, "weights")
