"""Interviews without the people in them: names out of the words, pseudonyms for the numbers."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from csatlib import clean, schema
from csatlib.exports import Transcripts
from csatlib.privacy.pseudonyms import pseudonymise
from csatlib.privacy.redaction import redact

__all__ = ["redact_interviews"]


def redact_interviews(
    spoken: Transcripts,
    *,
    personal: pd.DataFrame,
    key: bytes | None,
    roster: Iterable[str] = (),
    ids: Iterable[str] = (),
) -> Transcripts:
    """Take the people out of interviews, as out of comments, and out of what is noted beside.

    Parameters
    ----------
    spoken : Transcripts
        What `exports.transcripts` gives.
    personal : DataFrame
        What `clean.personal` gives; the names of an interview's own customer leave its words.
    key : bytes or None
        The key of the pseudonyms; None for a study that keeps no link to people.
    roster, ids : iterable of str
        As for `redact`.

    Returns
    -------
    Transcripts
        The same rows and columns. ``text`` and ``note`` of every turn, ``interviewer``, ``mode``
        and ``file`` are redacted, where the names of an interview's heading and of its customer
        count as known; ``customer_id`` is the pseudonym that `protect` gives, or NA without a key,
        and then there is no interviewer either; ``names`` is empty.

    Raises
    ------
    ValueError
        If the key is too short.

    Examples
    --------
    >>> from csatlib import exports, store
    >>> study = store.study("ops_company")
    >>> spoken = exports.transcripts(store.raw("2026Q3", "ops_company"), study)
    >>> raw = exports.read_all(store.raw("2026Q3", "ops_company"), study, roles=["customers"])
    >>> bare = redact_interviews(spoken, personal=clean.personal(raw), key=b"0123456789abcdef")
    >>> int(bare.turns["text"].str.contains("我是[姓名]", regex=False).sum())
    3
    """
    interviews = spoken.interviews
    rows = interviews[["interview_id", "customer_id"]]
    rows = rows.rename(columns={"interview_id": "response_id"})
    of_customer = clean.known_names(rows, personal, rows).set_axis(interviews["interview_id"])
    known = {i: (*spoken.names.get(i, ()), *of_customer[i]) for i in interviews["interview_id"]}
    lists = {"roster": tuple(roster), "ids": tuple(ids)}

    def bare(df: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
        names = pd.Series(
            [known.get(i, ()) for i in df.get("interview_id", [""] * len(df))],
            index=df.index,
            dtype="object",
        )
        return df.assign(**{c: redact(df[c], known=names, **lists) for c in columns})

    told = bare(interviews, ["interviewer", "mode", "file"])
    if key is None:
        nobody = pd.Series(pd.NA, index=told.index, dtype="str")
        told = told.assign(customer_id=nobody, interviewer=nobody)
    else:
        told = told.assign(customer_id=pseudonymise(told["customer_id"], key=key))
    return Transcripts(
        interviews=schema.check(told, "interviews"),
        turns=schema.check(bare(spoken.turns, ["text", "note"]), "turns"),
        refused=schema.check(bare(spoken.refused, ["file"]), "refused_interviews"),
        names=spoken.names.head(0),
    )
