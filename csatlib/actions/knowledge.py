"""The knowledge base: what was tried against which problem, and what came of it."""

from __future__ import annotations

import pandas as pd

from csatlib.fieldwork.arguments import as_contract, columns_of
from csatlib.schema import TABLES

__all__ = ["cases"]

#: Nothing is known yet of a measure that is under way: it is no case.
_OPEN = ("too_early",)


def cases(
    actions: pd.DataFrame, verdicts: pd.DataFrame, *, known: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Make cases of the measures that were judged, those that failed too.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``.
    verdicts : DataFrame
        Table ``action_verdicts`` of the same measures.
    known : DataFrame, optional
        Table ``cases`` of earlier quarters: its cases are kept, a new verdict on the same measure
        takes the place of the old, and what people noted stays.

    Returns
    -------
    DataFrame
        Table ``cases``, one row a measure, by line, quarter and id: ``case_id`` (made of the
        measure's id, so that it never changes), ``line``, ``quarter``, ``action_id``, ``item`` and
        ``theme`` (the problem), ``scope`` (under which conditions), ``problem``, ``measure``,
        ``verdict`` and ``why``, ``metric`` and ``unit``, ``estimate`` with ``ci_low`` and
        ``ci_high`` (the change it went with, by the verdict's method), ``note``. A measure that is
        too early to judge is none yet.

    Raises
    ------
    ValueError
        If a column is missing, or a verdict is of a measure that ``actions`` has not.

    Examples
    --------
    >>> from csatlib.schema import empty
    >>> cases(empty("actions"), empty("action_verdicts")).empty
    True
    """
    columns_of(actions, list(TABLES["actions"].columns), "actions")
    columns_of(verdicts, list(TABLES["action_verdicts"].columns), "verdicts")
    strange = sorted(set(verdicts["action_id"]) - set(actions["action_id"]))
    if strange:
        raise ValueError(
            f"verdicts.action_id: expected measures of actions, found {strange[:3]}, which it has "
            "not; give both tables of the same run"
        )
    judged = verdicts[~verdicts["why"].isin(_OPEN)]
    taken = ["action_id", "verdict", "why", "estimate", "ci_low", "ci_high"]
    # A verdict names what it was judged by; the register may have left it open.
    told = judged[[*taken, "item", "metric"]].rename(columns={"item": "_item", "metric": "_metric"})
    made = actions.merge(told, on="action_id", how="inner")
    made["item"], made["metric"] = (
        made["item"].fillna(made["_item"]),
        made["metric"].fillna(made["_metric"]),
    )
    made["case_id"] = "CASE-" + made["action_id"].astype("str")
    made = made[list(TABLES["cases"].columns)]
    if known is not None:
        columns_of(known, list(TABLES["cases"].columns), "known")
        notes = known.set_index("case_id")["note"]
        made = made.assign(note=made["case_id"].map(notes).fillna(made["note"]))
        old = known[~known["case_id"].isin(made["case_id"])]
        made = pd.concat([old[list(made.columns)], made], ignore_index=True)
    made = made.sort_values(["line", "quarter", "action_id"], kind="stable")
    return as_contract(made, "cases")
