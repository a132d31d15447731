"""Answers as the ledger needs them: whose, when, how complete, and why set aside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib.fieldwork.arguments import columns_of, distinct
from csatlib.sampling.reading import one_type, texts_of, times_of

__all__ = ["BREAK_OFF", "REPEATS", "answers_of", "shares_answered"]

#: Rules of cleaning under which an answer was broken off.
BREAK_OFF = ("empty", "too_few")
#: Rules of cleaning under which an answer repeats another that was counted.
REPEATS = ("exact_duplicate", "duplicate", "near_duplicate")
#: What a question that was answered can have as its status.
_DONE = ("answered", "not_applicable")


def answers_of(
    responses: pd.DataFrame,
    set_aside: pd.DataFrame | None,
    key: str,
    items: Sequence[str],
    answer_status: pd.DataFrame | None,
    min_answered: float,
) -> pd.DataFrame:
    """Put valid answers and those set aside under each other.

    The columns are the key, ``customer_id``, ``response_id``, ``channel``, ``answered_at``,
    ``end`` (the disposition the answer makes), ``rule`` (NA for a valid answer) and ``aside``.
    """
    if not 0 < min_answered <= 1:
        raise ValueError(
            f"min_answered: expected a share above 0 and at most 1, found {min_answered!r}"
        )
    columns_of(responses, ["response_id", *([key] if len(responses) else [])], "responses")
    shares = shares_answered(responses, items, answer_status)
    ends = np.where(shares >= min_answered, "complete", "partial")
    parts = [_part(responses, key, "responses").assign(end=ends, rule=None, aside=False)]
    if set_aside is not None and len(set_aside):
        columns_of(set_aside, ["row_id", "rule", key], "set_aside")
        left = set_aside.rename(columns={"row_id": "response_id"})
        ends = np.where(left["rule"].isin(BREAK_OFF), "refusal", "other")
        rules = left["rule"].to_numpy()
        parts.append(_part(left, key, "set_aside").assign(end=ends, rule=rules, aside=True))
    whole = pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    whole = whole.astype({"end": "str", "rule": "str", "aside": "bool"})
    if whole["response_id"].duplicated().any():
        raise ValueError(
            f"responses.response_id: expected each once, also among those set aside, found "
            f"{int(whole['response_id'].duplicated().sum())} that repeat one"
        )
    return whole


def shares_answered(
    responses: pd.DataFrame, items: Sequence[str], answer_status: pd.DataFrame | None
) -> np.ndarray:
    """Give for each response which share of the items shown to it was answered."""
    wanted = distinct(items, "items")
    if answer_status is None:
        answered = responses[columns_of(responses, wanted, "items")].notna().to_numpy()
        return answered.mean(axis=1) if wanted else np.ones(len(responses))
    lines = answer_status[answer_status["status"] != "skipped"]
    if wanted:
        unknown = sorted(set(wanted) - set(answer_status["item"]))
        if unknown and len(answer_status):
            raise ValueError(
                f"items: expected questions of answer_status, found {unknown}; "
                f"name questions, not columns"
            )
        lines = lines[lines["item"].isin(wanted)]
    ids = {"responses": responses["response_id"], "answer_status": lines["response_id"]}
    one_type({f"{table}.response_id": column for table, column in ids.items()})
    done = lines["status"].isin(_DONE).groupby(texts_of(ids["answer_status"])).mean()
    return texts_of(ids["responses"]).map(done).astype("float64").to_numpy()


def _part(rows: pd.DataFrame, key: str, argument: str) -> pd.DataFrame:
    names = [*dict.fromkeys([key, "customer_id"]), "response_id", "channel"]
    part = pd.DataFrame(
        {
            name: texts_of(rows[name]) if name in rows else pd.Series(None, rows.index, "str")
            for name in names
        }
    )
    times = rows.get("submitted_at", pd.Series(pd.NaT, index=rows.index))
    times = times_of(times, f"{argument}.submitted_at")
    return part.assign(answered_at=times).reset_index(drop=True)
