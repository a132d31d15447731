"""One line for everyone we meant to ask, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from csatlib.fieldwork.answered import REPEATS, answers_of
from csatlib.fieldwork.arguments import as_contract, columns_of
from csatlib.sampling.reading import day_of, one_type, texts_of, times_of

__all__ = ["dispositions"]

#: Of several invitations of one person: a later silence does not take back what was said.
_RANK = {"non_contact": 0, "unknown": 1, "other": 2, "ineligible": 3, "refusal": 4}
_OWN = ("channel", "disposition", "reason", "invited_at", "answered_at", "response_id")
_OWN += ("member", "invitations", "answered_channel")
_SHOWN = 3


def dispositions(
    frame: pd.DataFrame,
    invitations: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    key: str = "customer_id",
    outcomes: Mapping[str, str] | None = None,
    set_aside: pd.DataFrame | None = None,
    items: Sequence[str] = (),
    answer_status: pd.DataFrame | None = None,
    min_answered: float = 0.8,
    as_of: date | str | None = None,
) -> pd.DataFrame:
    """Say what became of everyone we meant to ask, each member of the frame once.

    Parameters
    ----------
    frame : DataFrame
        Table ``frame``, one row a member. Without rows everyone on the list of invitations is
        a member.
    invitations : DataFrame
        Table ``invitations``; an ``outcome`` column holds how each ended, in words. Without rows
        no list was kept, and every member of the frame counts as invited.
    responses : DataFrame
        Table ``responses``: the valid answers.
    key : str
        The column by which the three belong together: ``customer_id``, in an event survey
        ``ticket_id``.
    outcomes : mapping of str to str
        From the wordings of ``outcome`` to what they mean, as ``fieldwork.outcomes`` of the study
        file has it. A blank outcome is silence.
    set_aside : DataFrame, optional
        Table ``set_aside``: answers that cleaning left out.
    items : sequence of str
        Columns of ``responses`` that a complete answer fills.
    answer_status : DataFrame, optional
        Table ``answer_status``, which tells a question not shown from one left blank; with it
        ``items`` names the questions that count, all where none is named.
    min_answered : float
        The least share of the items shown that makes an answer complete; less is partial. Without
        ``items`` and ``answer_status`` every valid answer is complete.
    as_of : date or str, optional
        What happened after that day is left out.

    Returns
    -------
    DataFrame
        Table ``dispositions``. The rows with ``member`` are the frame, in its order; below stand
        those invited from outside the frame and every further answer, so that each answer appears
        once. ``customer_id``; ``channel``, by which one was invited (by which an answer without
        invitation came); ``disposition``; ``reason``; ``invited_at``; ``answered_at``;
        ``response_id`` (``row_id`` of an answer set aside); ``member``; ``invitations``, how many
        one had; ``answered_channel``; then the columns of ``frame``.

        ``reason`` is NA for ``complete`` and ``partial``; the outcome's wording; ``silent``;
        ``set_aside:`` and the rule; ``outside_frame``; ``answered_without_invitation``,
        ``answered_without_id``, ``invited_without_id``; ``repeated``, a further answer;
        ``not_sampled``; or ``anonymous``.

    Raises
    ------
    ValueError
        If a table lacks the key or the frame repeats one, a column of the frame bears the name of
        one of the ledger, an outcome has no meaning in ``outcomes``, ids are text in one table and
        numbers in another (unless every text reads as the number), or times have a zone or cannot
        be read.

    Notes
    -----
    - Of several answers the earliest valid one counts; one set aside counts only where there is
      none. An answer set aside as ``empty`` or ``too_few`` is a break-off, a refusal; under any
      other rule the person was reached and gave no interview: ``other``.
    - Of several invitations the one counts that was answered: in the answer's channel rather than
      another, before the answer rather than after, the latest of these. Where none was, the one
      with the most final outcome (refusal, ineligible, other, unknown, silence), the latest of
      these.
    - Who was invited from outside the frame is ``ineligible``, answered or not.
    - An anonymous study has no ids, and nobody can be followed up. Its ledger is one of counts:
      each answer a row, the invitations of each channel that are left ``unknown``, the rest of the
      frame ``not_invited``, all with the reason ``anonymous`` and without the frame's columns.

    Source: AAPOR, Standard Definitions, 10th edition, 2023.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["C1", "C2", "C3"], "tier": ["A", "A", "B"]})
    >>> invited = pd.DataFrame({"customer_id": ["C1", "C2"], "channel": ["电话"] * 2,
    ...                         "invited_at": pd.to_datetime(["2026-07-01"] * 2),
    ...                         "outcome": [None, "拒访"]})
    >>> answers = pd.DataFrame({"response_id": ["f:1:2"], "customer_id": ["C1"]})
    >>> ledger = dispositions(frame, invited, answers, outcomes={"拒访": "refusal"})
    >>> ledger[["customer_id", "disposition", "reason"]].values.tolist()
    [['C1', 'complete', nan], ['C2', 'refusal', '拒访'], ['C3', 'not_invited', 'not_sampled']]
    """
    _check_ids(frame, invitations, responses, set_aside, key)
    _check_frame(frame, key)
    answers = answers_of(responses, set_aside, key, items, answer_status, min_answered)
    answers = _until(answers, "answered_at", as_of)
    asked = _until(_asked(invitations, key, outcomes or {}), "invited_at", as_of)
    linked = (frame, asked, answers)
    if len(answers) and not any(_keys(df, key).notna().any() for df in linked):
        return _finished(_anonymous(frame, asked, answers), frame, key)
    units = _Units.of(frame, asked, answers, key)
    return _finished(_ledger(frame, asked, answers, units, key), frame, key)


def _check_ids(
    frame: pd.DataFrame,
    invitations: pd.DataFrame,
    responses: pd.DataFrame,
    set_aside: pd.DataFrame | None,
    key: str,
) -> None:
    tables = {"frame": frame, "invitations": invitations, "responses": responses}
    tables |= {} if set_aside is None else {"set_aside": set_aside}
    for name in dict.fromkeys([key, "customer_id"]):
        one_type({f"{table}.{name}": df.get(name) for table, df in tables.items()})


def _check_frame(frame: pd.DataFrame, key: str) -> None:
    if len(frame):
        columns_of(frame, [key], "frame")
    taken = [c for c in frame if c in _OWN]
    if taken:
        raise ValueError(
            f"frame: expected no column that the ledger fills itself, found {taken}; rename them"
        )
    known = _keys(frame, key).dropna()
    if known.duplicated().any():
        raise ValueError(
            f"frame.{key}: expected each once, found {int(known.duplicated().sum())} rows that "
            f"repeat one; an event survey, with one row a ticket, has key='ticket_id'"
        )


def _keys(df: pd.DataFrame, key: str) -> pd.Series:
    if key not in df:
        return pd.Series(None, index=df.index, dtype="str")
    return texts_of(df[key])


def _until(df: pd.DataFrame, column: str, as_of: date | str | None) -> pd.DataFrame:
    if as_of is None:
        return df
    end = day_of(as_of) + pd.Timedelta(days=1)
    return df[~(df[column] >= end)].reset_index(drop=True)


def _asked(invitations: pd.DataFrame, key: str, outcomes: Mapping[str, str]) -> pd.DataFrame:
    """Give each invitation's key, channel, time, and how it ended: by word and by meaning."""
    if len(invitations):
        columns_of(invitations, [key], "invitations")
    found = pd.DataFrame({key: _keys(invitations, key)}).reset_index(drop=True)
    found["customer_id"] = _keys(invitations, "customer_id").array
    found["channel"] = _keys(invitations, "channel").array
    times = invitations.get("invited_at", pd.Series(pd.NaT, index=invitations.index))
    found["invited_at"] = times_of(times, "invitations.invited_at").array
    wording = _keys(invitations, "outcome").str.strip().replace("", None)
    found["wording"] = wording.array
    odd = sorted({end for end in outcomes.values() if end not in _RANK})
    if odd:
        raise ValueError(f"outcomes: expected meanings among {sorted(_RANK)}, found {odd}")
    return found.assign(meaning=found["wording"].map(dict(outcomes)).astype("str"))


@dataclass(frozen=True, eq=False)
class _Units:
    """Everyone who stands in one of the tables, numbered: the frame first, in its order.

    ``invited`` and ``answered`` lead from a unit to the row that counts, −1 where there is none;
    ``further`` are the rows of answers that do not count.
    """

    n: int
    known: np.ndarray
    invited: np.ndarray
    times_invited: np.ndarray
    answered: np.ndarray
    further: np.ndarray

    @staticmethod
    def of(frame: pd.DataFrame, asked: pd.DataFrame, answers: pd.DataFrame, key: str) -> _Units:
        keys = pd.concat([_keys(df, key) for df in (frame, asked, answers)], ignore_index=True)
        # Whoever has no id is somebody else each time.
        named = keys.where(keys.notna(), "\0" + pd.Series(range(len(keys))).astype("str"))
        codes, seen = pd.factorize(named)
        first, second = len(frame), len(frame) + len(asked)
        whose_invitation, whose_answer = codes[first:second], codes[second:]
        n = len(seen)
        at = answers["answered_at"].to_numpy()
        times = np.where(np.isnat(at), np.iinfo(np.int64).max, at.astype("int64"))
        order = np.lexsort((times, answers["aside"]))
        answered = _first(whose_answer, order, n)
        known = np.zeros(n, dtype=bool)
        known[codes] = keys.notna().to_numpy()
        return _Units(
            n=n,
            known=known,
            invited=_chosen(asked, answers, whose_invitation, answered),
            times_invited=np.bincount(whose_invitation, minlength=n),
            answered=answered,
            further=np.setdiff1d(np.arange(len(answers)), answered),
        )


def _first(units: np.ndarray, order: np.ndarray, n: int) -> np.ndarray:
    """Give for each unit the row that comes first in the order; −1 where it has none."""
    found = np.full(n, -1, dtype=np.int64)
    found[units[order][::-1]] = order[::-1]
    return found


def _chosen(
    asked: pd.DataFrame, answers: pd.DataFrame, units: np.ndarray, answered: np.ndarray
) -> np.ndarray:
    """Give for each unit the invitation that counts; the notes of `dispositions` say which."""
    reply = _take(answers, answered[units])
    has_reply = answered[units] >= 0
    same = (asked["channel"].array == reply["channel"].array) & has_reply
    before = ~(asked["invited_at"].to_numpy() > reply["answered_at"].to_numpy()) & has_reply
    rank = asked["meaning"].map(_RANK).fillna(0).to_numpy()
    # A missing time is the least of numbers, and stands before all others.
    at = asked["invited_at"].to_numpy().astype("int64")
    final = np.where(has_reply, 0, rank)
    order = np.lexsort((-np.arange(len(asked)), at, final, before, np.asarray(same, dtype=bool)))
    return _first(units, order[::-1], len(answered))


def _take(df: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Give rows by position, missing ones for −1."""
    return df.reset_index(drop=True).reindex(rows).reset_index(drop=True)


def _ledger(
    frame: pd.DataFrame, asked: pd.DataFrame, answers: pd.DataFrame, units: _Units, key: str
) -> pd.DataFrame:
    invitation, answer = _take(asked, units.invited), _take(answers, units.answered)
    in_frame = np.arange(units.n) < len(frame)
    listed, answered = units.invited >= 0, units.answered >= 0
    invited = listed | in_frame if not len(asked) else listed
    outside = ~in_frame if len(frame) else np.zeros(units.n, dtype=bool)
    own = _take(frame, np.where(in_frame, np.arange(units.n), -1))
    whose = {
        c: _keys(own, c).fillna(_keys(invitation, c)).fillna(_keys(answer, c))
        for c in {key, "customer_id"}
    }
    disposition, reason = _ends(invitation, answer, invited, answered, outside, units.known)
    ledger = pd.DataFrame(
        {
            **whose,
            "channel": invitation["channel"].where(listed, answer["channel"].where(~invited)),
            "disposition": disposition,
            "reason": reason,
            "invited_at": invitation["invited_at"],
            "answered_at": answer["answered_at"],
            "response_id": answer["response_id"],
            "member": in_frame if len(frame) else listed,
            "invitations": units.times_invited,
            "answered_channel": answer["channel"],
        }
    )
    ledger = ledger.join(own.drop(columns=[c for c in whose if c in own]))
    return pd.concat([ledger, _further(answers.iloc[units.further], key)], ignore_index=True)


def _ends(
    invitation: pd.DataFrame,
    answer: pd.DataFrame,
    invited: np.ndarray,
    answered: np.ndarray,
    outside: np.ndarray,
    known: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Decide the disposition and the reason of each unit."""
    aside = answered & answer["rule"].notna().to_numpy()
    valid = answered & ~aside
    told = "set_aside:" + answer["rule"].fillna("")
    said = invitation["wording"].notna().to_numpy()
    _refuse_unmapped(invitation[invited & ~answered & ~outside & known])
    uninvited = np.select(
        [~answered, aside, ~known, outside],
        ["not_sampled", told, "answered_without_id", "outside_frame"],
        default="answered_without_invitation",
    )
    cases = [~invited, ~known, outside, valid, aside, said]
    disposition = np.select(
        cases,
        [
            "not_invited",
            "unknown",
            "ineligible",
            answer["end"].fillna(""),
            answer["end"].fillna(""),
            invitation["meaning"].fillna(""),
        ],
        default="non_contact",
    )
    reason = np.select(
        cases,
        [
            uninvited,
            "invited_without_id",
            "outside_frame",
            "",
            told,
            invitation["wording"].fillna(""),
        ],
        default="silent",
    )
    return disposition, np.where(reason == "", None, reason)


def _refuse_unmapped(invitations: pd.DataFrame) -> None:
    unmapped = invitations["wording"].notna() & invitations["meaning"].isna()
    if unmapped.any():
        words = invitations.loc[unmapped, "wording"].value_counts()
        raise ValueError(
            f"invitations.outcome: expected wordings that `outcomes` leads to a meaning, found "
            f"{len(words)} others in {int(unmapped.sum())} rows, such as "
            f"{list(words.index[:_SHOWN])}; add them under fieldwork.outcomes in the study file"
        )


def _further(answers: pd.DataFrame, key: str) -> pd.DataFrame:
    """Give the rows of answers that come on top of the one that counts."""
    told = "set_aside:" + answers["rule"]
    rows = answers[[*dict.fromkeys([key, "customer_id"]), "channel", "answered_at", "response_id"]]
    return rows.assign(
        disposition="not_invited",
        reason=told.fillna("repeated"),
        member=False,
        invitations=0,
        answered_channel=answers["channel"],
    )


def _anonymous(frame: pd.DataFrame, asked: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Balance the books by channel where nobody can be followed up."""
    repeats = answers["rule"].isin(REPEATS)
    own = answers[~repeats]
    rule = "set_aside:" + own["rule"]
    lines = [
        own[["channel", "answered_at", "response_id"]].assign(
            disposition=own["end"],
            reason=rule.fillna("anonymous"),
            answered_channel=own["channel"],
        )
    ]
    if not len(asked):
        lines = [lines[0].assign(channel=None)]
    given = own["channel"].value_counts()
    for channel, n in asked["channel"].value_counts(dropna=False).items():
        left = max(0, int(n) - int(given.get(channel, 0)))
        lines.append(pd.DataFrame({"channel": [channel] * left, "disposition": "unknown"}))
    invited = max(len(asked) or len(frame), len(own))
    counted = sum(map(len, lines))
    unknown = pd.DataFrame({"disposition": ["unknown"] * max(0, invited - counted)})
    uninvited = max(0, len(frame) - max(counted, invited))
    lines += [unknown, pd.DataFrame({"disposition": ["not_invited"] * uninvited})]
    whole = pd.concat([line for line in lines if len(line)], ignore_index=True)
    whole = whole.assign(reason=whole["reason"].fillna("anonymous"), member=True, invitations=1)
    whole["invitations"] = whole["invitations"].mask(whole["disposition"] == "not_invited", 0)
    return pd.concat([whole, _further(answers[repeats], "customer_id")], ignore_index=True)


def _finished(ledger: pd.DataFrame, frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Put the columns into their order, all of them there and typed."""
    others = [c for c in dict.fromkeys([key, *frame]) if c != "customer_id"]
    ledger = ledger.reindex(columns=[*dict.fromkeys(["customer_id", *_OWN, *others])])
    typed = {"member": "bool", "invitations": "Int64", "answered_channel": "str"}
    typed |= {c: frame[c].dtype for c in others if c in frame and ledger[c].isna().all()}
    return as_contract(ledger.astype(typed), "dispositions")
