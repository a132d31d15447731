"""Response, cooperation, refusal and contact rates after AAPOR, and the funnel to valid answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from csatlib.fieldwork.arguments import Groups, as_contract, columns_of, groups_of
from csatlib.schema import DISPOSITIONS, STAGES

__all__ = ["funnel", "rates_of_counts", "response_rates"]

#: The counts of AAPOR, and the disposition that each comes from.
_CODES = {
    "I": "complete",
    "P": "partial",
    "R": "refusal",
    "NC": "non_contact",
    "O": "other",
    "UO": "unknown",
    "NE": "ineligible",
}
_COUNTS = ("I", "P", "R", "NC", "O", "UH", "UO", "NE")
#: Who was not reached; an address that leads nowhere is no contact either.
_NOT_REACHED = ("non_contact", "unknown", "ineligible", "not_invited")


def response_rates(
    dispositions: pd.DataFrame, *, by: Sequence[str] = (), e: float | None = None
) -> pd.DataFrame:
    """Give AAPOR's rates, in all or by channel, tier, unit and the like.

    Parameters
    ----------
    dispositions : DataFrame
        Table ``dispositions``; who was not invited takes no part.
    by : sequence of str
        Columns whose values, taken together, form the groups; a row with a missing value is in
        none.
    e : float, optional
        The share of the cases of unknown eligibility that are eligible, between 0 and 1. By
        default each group's own share among the cases that are known (CASRO).

    Returns
    -------
    DataFrame
        Table ``response_rates``: ``group_by``, ``group``, ``rate`` (``RR1`` … ``RR6``, ``COOP1`` …
        ``COOP4``, ``REF1`` … ``REF3``, ``CON1`` … ``CON3``, ``LOC1``, ``LOC2`` and ``e``),
        ``numerator`` and ``denominator`` in cases, ``estimate`` from 0 to 1, and ``reason``:
        ``no_cases`` where the denominator is 0, ``eligibility_unknown`` where no case is known by
        which ``e`` could be estimated.

    Raises
    ------
    ValueError
        If a column is missing, a disposition is none of the known ones, or ``e`` is no share.

    Notes
    -----
    The formulas are those of `rates_of_counts`; ``unknown`` counts as UO.

    Examples
    --------
    >>> ledger = pd.DataFrame({"disposition": ["complete", "refusal", "non_contact", "complete"]})
    >>> response_rates(ledger).set_index("rate").loc[["RR1", "COOP1"], "estimate"].tolist()
    [0.5, 0.6666666666666666]
    """
    columns_of(dispositions, ["disposition"], "dispositions")
    _check_known(dispositions["disposition"])
    groups = groups_of(dispositions, by)
    ends = dispositions["disposition"].astype("str").to_numpy()
    counts = {code: groups.count(ends == name) for code, name in _CODES.items()}
    counts["UH"] = np.zeros(len(groups), dtype=np.int64)
    tables = []
    for place, label in enumerate(groups.labels):
        own = {code: float(counts[code][place]) for code in _COUNTS}
        tables.append(rates_of_counts(own, e=e).assign(group_by=groups.name, group=label))
    empty = rates_of_counts(dict.fromkeys(_COUNTS, 0.0)).iloc[:0].assign(group_by=None, group=None)
    return as_contract(pd.concat(tables or [empty], ignore_index=True), "response_rates")


def rates_of_counts(counts: Mapping[str, float], *, e: float | None = None) -> pd.DataFrame:
    """Give AAPOR's rates from plain counts.

    Parameters
    ----------
    counts : mapping of str to float
        How many (or how much weight): ``I`` complete, ``P`` partial, ``R`` refusal, ``NC``
        non-contact, ``O`` other, ``UH`` unknown whether there is anybody, ``UO`` unknown for other
        reasons, ``NE`` not eligible. What is left out is 0.
    e : float, optional
        The share of ``UH`` and ``UO`` that is eligible, between 0 and 1; by default
        (I + P + R + NC + O) / (I + P + R + NC + O + NE).

    Returns
    -------
    DataFrame
        One row a rate: ``rate``, ``numerator``, ``denominator``, ``estimate`` and ``reason`` (NA
        where there is an estimate), as in `response_rates`.

    Raises
    ------
    ValueError
        If a count has an unknown name or is negative or missing, or ``e`` is no share.

    Notes
    -----
    With S = I + P + R + NC + O and U = UH + UO: RR1 = I/(S + U), RR3 = I/(S + eU), RR5 = I/S, and
    RR2, RR4, RR6 with I + P above. COOP1 = I/(I + P + R + O), COOP3 = I/(I + P + R), COOP2 and
    COOP4 with I + P. REF1, REF2, REF3 = R, CON1, CON2, CON3 = I + P + R + O, over S + U, S + eU, S.
    LOC1, LOC2 = S over S + U, S + eU. Where U is 0, e makes no difference.

    Source: AAPOR, Standard Definitions, 10th edition, 2023; checked against the R package
    outcomerate.

    Examples
    --------
    >>> rates = rates_of_counts({"I": 50, "R": 30, "UO": 20, "NE": 20}).set_index("rate")
    >>> rates.loc[["RR1", "RR3", "e"], "estimate"].round(3).tolist()
    [0.5, 0.521, 0.8]
    """
    n = _checked(counts)
    if e is not None and (not isinstance(e, Real) or not 0 <= e <= 1):
        raise ValueError(
            f"e: expected a share between 0 and 1, found {e!r}; leave it out for CASRO"
        )
    known = n["I"] + n["P"] + n["R"] + n["NC"] + n["O"]
    unknown = n["UH"] + n["UO"]
    share = e if e is not None else (known / (known + n["NE"]) if known + n["NE"] else np.nan)
    likely = known + (share * unknown if unknown else 0.0)
    lines = []
    for name, (above, below) in _fractions(n, known, known + unknown, likely).items():
        lines.append((name, above, below))
    lines.append(("e", known, known + n["NE"]))
    table = pd.DataFrame(lines, columns=["rate", "numerator", "denominator"])
    below = table["denominator"].to_numpy()
    reason = np.select([np.isnan(below), below == 0], ["eligibility_unknown", "no_cases"], "")
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.where(reason == "", table["numerator"] / below, np.nan)
    table = table.assign(estimate=estimate, reason=np.where(reason == "", None, reason))
    if e is not None:
        # What was given is no estimate from these counts.
        table.loc[table["rate"] == "e", ["numerator", "denominator"]] = np.nan
        table.loc[table["rate"] == "e", ["estimate", "reason"]] = [float(e), "given"]
    real = ["numerator", "denominator", "estimate"]
    return table.astype({**dict.fromkeys(real, "Float64"), "rate": "str", "reason": "str"})


def _fractions(
    n: Mapping[str, float], known: float, all_: float, likely: float
) -> dict[str, tuple[float, float]]:
    """Give the numerator and denominator of every rate."""
    interviews, talked = n["I"] + n["P"], n["I"] + n["P"] + n["R"]
    reached = talked + n["O"]
    wide = {"1": all_, "2": likely, "3": known}
    rates = {f"RR{2 * i + 1}": (n["I"], base) for i, base in enumerate(wide.values())}
    rates |= {f"RR{2 * i + 2}": (interviews, base) for i, base in enumerate(wide.values())}
    rates = dict(sorted(rates.items()))
    rates |= {"COOP1": (n["I"], reached), "COOP2": (interviews, reached)}
    rates |= {"COOP3": (n["I"], talked), "COOP4": (interviews, talked)}
    rates |= {f"REF{i}": (n["R"], base) for i, base in wide.items()}
    rates |= {f"CON{i}": (reached, base) for i, base in wide.items()}
    return rates | {"LOC1": (known, all_), "LOC2": (known, likely)}


def _checked(counts: Mapping[str, float]) -> dict[str, float]:
    strange = [code for code in counts if code not in _COUNTS]
    if strange:
        raise ValueError(f"counts: expected names among {list(_COUNTS)}, found {strange}")
    found = {code: float(counts.get(code, 0)) for code in _COUNTS}
    wrong = [code for code, n in found.items() if not n >= 0 or np.isinf(n)]
    if wrong:
        raise ValueError(f"counts: expected numbers of cases, 0 or more, found others for {wrong}")
    return found


def _check_known(ends: pd.Series) -> None:
    odd = sorted(set(ends.dropna().unique()) - set(DISPOSITIONS))
    if odd or ends.isna().any():
        raise ValueError(
            f"dispositions.disposition: expected one of {DISPOSITIONS} in every row, found "
            f"{odd[:3] or 'missing ones'}; make the table with fieldwork.dispositions"
        )


def funnel(dispositions: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Count who was meant, invited, reached, who answered, and whose answers are valid.

    Parameters
    ----------
    dispositions : DataFrame
        Table ``dispositions``; only its members are counted.
    by : sequence of str
        Columns whose values, taken together, form the groups.

    Returns
    -------
    DataFrame
        Table ``funnel``, five rows a group: ``group_by``, ``group``; ``stage``: ``frame``,
        ``invited``, ``reached`` (answered, refused, or reached without an interview),
        ``answered`` (an answer came in, valid or set aside), ``valid`` (complete or partial);
        ``n`` (who was invited and answered counts as reached and answered under any disposition,
        also ``ineligible``, but is not valid under that one); ``share_of_previous``, the part of
        the stage before; ``share_of_frame``. A share of nothing is NA.

    Raises
    ------
    ValueError
        If a column is missing or a disposition is none of the known ones.

    Examples
    --------
    >>> ledger = pd.DataFrame({"disposition": ["complete", "refusal", "non_contact", "not_invited"],
    ...                        "response_id": ["a", None, None, None], "member": [True] * 4})
    >>> funnel(ledger)["n"].tolist()
    [4, 3, 2, 1, 1]
    """
    columns_of(dispositions, ["disposition", "response_id", "member"], "dispositions")
    _check_known(dispositions["disposition"])
    groups = groups_of(dispositions, by)
    ends = dispositions["disposition"]
    member = dispositions["member"].to_numpy(dtype=bool)
    invited = member & (ends != "not_invited").to_numpy()
    came = dispositions["response_id"].notna().to_numpy()
    # Who answered was reached, whatever the list says of the number.
    reached = invited & (~ends.isin(_NOT_REACHED).to_numpy() | came)
    answered = reached & came
    valid = answered & ends.isin(["complete", "partial"]).to_numpy()
    n = np.array([groups.count(stage) for stage in (member, invited, reached, answered, valid)])
    return _funnel_table(groups, n)


def _funnel_table(groups: Groups, n: np.ndarray) -> pd.DataFrame:
    before = np.vstack([n[:1], n[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = {"share_of_previous": n / before, "share_of_frame": n / n[:1]}
    named = {name: np.repeat(values, len(STAGES)) for name, values in groups.columns().items()}
    table = {**named, "stage": list(STAGES) * len(groups), "n": n.T.ravel()}
    table |= {name: values.T.ravel() for name, values in shares.items()}
    return as_contract(pd.DataFrame(table), "funnel")
