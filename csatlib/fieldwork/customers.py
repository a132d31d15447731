"""Which customers are still missing: important ones not heard this quarter, and the silent ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from csatlib.fieldwork.arguments import as_contract, columns_of, distinct, groups_of
from csatlib.sampling.reading import one_type, texts_of, times_of
from csatlib.schema import Quarter

__all__ = ["completion", "missing_customers", "silent"]

_VALID = ("complete", "partial")
#: Nobody said anything: no answer, no refusal, no reason.
_SILENT = ("non_contact", "unknown")


def completion(
    dispositions: pd.DataFrame,
    *,
    tiers: Sequence[str],
    by: Sequence[str] = (),
    tier: str = "tier",
) -> pd.DataFrame:
    """Say how many of the important customers were heard this quarter.

    Parameters
    ----------
    dispositions : DataFrame
        Table ``dispositions`` with the frame's columns; only its members are counted.
    tiers : sequence of str
        The values of ``tier`` whose customers are all to be heard.
    by : sequence of str
        Columns whose values, taken together, form the groups, such as the project or the unit.
    tier : str
        The column of the tiers.

    Returns
    -------
    DataFrame
        Table ``completion``, one row a group and tier, in the order of ``tiers``: ``group_by``,
        ``group``, ``tier``, ``members``, ``ineligible`` (a closed number and the like),
        ``invited``, ``completed`` (valid answers), ``missing`` (neither heard nor ineligible),
        ``rate`` (completed of completed and missing, 0 to 1) and ``reason``: ``no_members`` where
        there is no rate.

    Raises
    ------
    ValueError
        If a column is missing or a tier stands twice.

    Examples
    --------
    >>> ledger = pd.DataFrame({"disposition": ["complete", "non_contact"], "member": [True, True],
    ...                        "tier": ["核心客户", "核心客户"]})
    >>> completion(ledger, tiers=["核心客户"])[["completed", "missing"]].values.tolist()
    [[1, 1]]
    """
    wanted = distinct(tiers, "tiers")
    columns_of(dispositions, ["disposition", "member", tier], "dispositions")
    own = dispositions[dispositions["member"] & dispositions[tier].isin(wanted)]
    groups, ends = groups_of(own, by), own["disposition"]
    counts = {"members": pd.Series(True, index=own.index), "ineligible": ends == "ineligible"}
    counts |= {"invited": ends != "not_invited", "completed": ends.isin(_VALID)}
    tables = []
    for value in wanted:
        inside = (own[tier] == value).to_numpy(dtype=bool)
        n = {name: groups.count(mark.to_numpy() & inside) for name, mark in counts.items()}
        tables.append(pd.DataFrame({**groups.columns(), "tier": value, **n}))
    columns = ["group_by", "group", "tier", *counts]
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    order = np.arange(len(whole)).reshape(max(1, len(wanted)), -1).T.ravel()
    whole = whole.iloc[order].astype(dict.fromkeys(counts, "int64"))
    due = whole["members"] - whole["ineligible"]
    whole["missing"] = due - whole["completed"]
    whole["rate"] = (whole["completed"] / due).where(due > 0)
    whole["reason"] = np.where(due > 0, None, "no_members")
    return as_contract(whole, "completion")


def missing_customers(
    dispositions: pd.DataFrame, *, tiers: Sequence[str], tier: str = "tier"
) -> pd.DataFrame:
    """List the important customers who were not heard this quarter.

    Parameters
    ----------
    dispositions, tiers, tier
        As for `completion`.

    Returns
    -------
    DataFrame
        The rows and columns of ``dispositions`` that `completion` counts as ``missing``, by tier
        in the order of ``tiers``.

    Raises
    ------
    ValueError
        As for `completion`.

    Examples
    --------
    >>> ledger = pd.DataFrame({"customer_id": ["C1", "C2"], "tier": ["核心客户", "核心客户"],
    ...                        "disposition": ["complete", "refusal"], "member": [True, True]})
    >>> missing_customers(ledger, tiers=["核心客户"])["customer_id"].tolist()
    ['C2']
    """
    wanted = distinct(tiers, "tiers")
    columns_of(dispositions, ["disposition", "member", tier], "dispositions")
    heard = dispositions["disposition"].isin([*_VALID, "ineligible"])
    own = dispositions[dispositions["member"] & ~heard & dispositions[tier].isin(wanted)]
    place = own[tier].map({value: i for i, value in enumerate(wanted)}).astype("int64")
    return own.loc[place.sort_values(kind="stable").index].reset_index(drop=True)


def silent(
    frame: pd.DataFrame,
    dispositions: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    key: str = "customer_id",
) -> pd.DataFrame:
    """List the customers who were invited and said nothing, and for how many quarters in a row.

    Parameters
    ----------
    frame : DataFrame
        Table ``frame`` of the latest quarter, one row a customer; in an event survey one row a
        ticket, with ``ticket_id``.
    dispositions : DataFrame or mapping of str to DataFrame
        Table ``dispositions`` of the latest quarter, or of several by their labels (``2026Q3``).
    key : str
        The column that names a customer in all of them.

    Returns
    -------
    DataFrame
        Table ``silent``, one row a customer of ``frame`` who was silent in the latest quarter:
        ``customer_id``, ``channel`` and ``invited_at`` of the latest invitation, ``quarters``, how
        many quarters in a row, then the other columns of ``frame`` (of a frame of tickets those
        that do not differ among a customer's tickets); the longest silence first.

    Raises
    ------
    ValueError
        If a column or all quarters are missing, a label is no quarter, the frame repeats a
        customer (or ticket), or ids are text in one table and numbers in another.

    Notes
    -----
    A customer is silent in a quarter with an invitation and nothing but ``non_contact`` and
    ``unknown``: a refusal is a word. Quarters without an invitation are passed over: they neither
    lengthen a silence nor end it. Without ids (an anonymous study) nobody can be listed.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["C1", "C2"], "tier": ["A", "B"]})
    >>> ledger = pd.DataFrame({"customer_id": ["C1", "C2"], "channel": ["电话", "电话"],
    ...                        "disposition": ["complete", "non_contact"],
    ...                        "invited_at": pd.to_datetime(["2026-07-01"] * 2)})
    >>> silent(frame, {"2026Q2": ledger, "2026Q3": ledger})[["customer_id", "quarters"]].values[0]
    array(['C2', 2], dtype=object)
    """
    several = {"": dispositions} if isinstance(dispositions, pd.DataFrame) else dict(dispositions)
    if not several:
        raise ValueError("dispositions: expected the table of one quarter or more, found none")
    labels = sorted(several, key=Quarter.parse) if list(several) != [""] else [""]
    columns_of(frame, [key], "frame")
    ledgers = {f"dispositions {label}".strip(): several[label] for label in labels}
    one_type({f"{name}.{key}": df.get(key) for name, df in {"frame": frame, **ledgers}.items()})
    _check_frame(frame, key)
    frame = frame.assign(**{key: texts_of(frame[key])})
    quiet = [_quiet(several[label], key) for label in reversed(labels)]
    latest = quiet[0]
    run = pd.Series(0, index=latest.index[latest["quiet"]], dtype="int64")
    going = pd.Series(True, index=run.index)
    for quarter in quiet:
        # Where there was no invitation the silence goes on, uncounted.
        said = quarter["quiet"].reindex(run.index)
        run += (going & said.eq(True)).astype("int64")
        going &= said.ne(False)
    told = latest.loc[run.index, ["channel", "invited_at"]].assign(quarters=run)
    found = _people(frame, key, [*told]).join(told, on=key, how="inner")
    found = found.sort_values("quarters", ascending=False, kind="stable")
    return as_contract(found, "silent")


def _check_frame(frame: pd.DataFrame, key: str) -> None:
    """Refuse a customer who stands twice; the tickets of an event survey are told apart."""
    rows = frame[frame[key].notna()]
    own = "ticket_id" if "ticket_id" in rows else key
    repeated = int(rows[own].dropna().duplicated().sum())
    if repeated:
        raise ValueError(
            f"frame.{own}: expected each once, found {repeated} rows that repeat one; keep one row "
            f"a customer, or one a ticket with ticket_id"
        )


def _people(frame: pd.DataFrame, key: str, taken: list[str]) -> pd.DataFrame:
    """Give each customer of the frame once, with what is the same in all of its rows."""
    own = frame.dropna(subset=[key])
    further = [c for c in own if c not in (*taken, "customer_id", key)]
    if own[key].duplicated().any():
        same = own.groupby(key)[further].nunique(dropna=False).le(1).all()
        further = [c for c in further if same[c]]
    columns = [*dict.fromkeys(["customer_id", key, *further])]
    return own.drop_duplicates(key).reindex(columns=columns)


def _quiet(ledger: pd.DataFrame, key: str) -> pd.DataFrame:
    """Say of each customer invited whether nothing was said, and how the last invitation went."""
    columns_of(ledger, [key, "disposition", "channel", "invited_at"], "dispositions")
    asked = ledger[ledger[key].notna() & (ledger["disposition"] != "not_invited")]
    asked = asked.assign(
        quiet=asked["disposition"].isin(_SILENT),
        invited_at=times_of(asked["invited_at"], "dispositions.invited_at"),
        **{key: texts_of(asked[key])},
    )
    asked = asked.sort_values("invited_at", kind="stable", na_position="first")
    last = asked.drop_duplicates(key, keep="last").set_index(key)
    quiet = asked.groupby(key)["quiet"].all()
    return last[["channel", "invited_at"]].assign(quiet=quiet.reindex(last.index))
