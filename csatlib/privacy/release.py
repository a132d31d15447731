"""A quarter's tables as they may be stored: pseudonyms under a key, or no link to people at all."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from csatlib import clean, schema
from csatlib.privacy.pseudonyms import pseudonymise, unlink

__all__ = ["identities", "protect"]

#: Columns that end in ``_id`` and name rows of ours, not people.
_OWN_IDS = ("response_id", "row_id", "comment_id")


def protect(tables: Mapping[str, pd.DataFrame], *, key: bytes | None) -> dict[str, pd.DataFrame]:
    """Take the link to people out of a quarter's tables.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables by name, among them ``responses`` and ``ledger``; free text already redacted.
    key : bytes or None
        The key of the pseudonyms; None for a study that keeps no link at all.

    Returns
    -------
    dict of str to DataFrame
        The same tables and columns. With a key every id of ``responses`` that the files brought
        (``customer_id``, ``ticket_id``, …) is its pseudonym, and the ledger says so, so that
        `clean.replay` still gives the stored table; without one they are unlinked as `unlink`
        does.

    Raises
    ------
    ValueError
        If ``responses`` or ``ledger`` is missing, or the key is too short.

    Examples
    --------
    >>> responses = pd.DataFrame({"response_id": ["a:1:2"], "customer_id": ["C00001"]})
    >>> tables = {"responses": responses, "ledger": schema.empty("ledger")}
    >>> stored = protect(tables, key=b"0123456789abcdef")["responses"]["customer_id"].tolist()
    >>> len(stored[0]), stored == ["C00001"]
    (17, False)
    >>> protect(tables, key=None)["responses"]["response_id"].tolist()
    ['A00001']
    """
    missing = [name for name in ("responses", "ledger") if name not in tables]
    if missing:
        raise ValueError(f"tables: expected responses and ledger among them, missing {missing}")
    if key is None:
        return unlink(tables)
    before = tables["responses"]
    ids = _ids(before)
    after = before.assign(**{column: pseudonymise(before[column], key=key) for column in ids})
    ledger = clean.relabel(tables["ledger"], before, after, rule="pseudonymised", columns=ids)
    return {**tables, "responses": after, "ledger": ledger}


def identities(personal: pd.DataFrame, responses: pd.DataFrame, *, key: bytes) -> pd.DataFrame:
    """List who is behind each pseudonym: the content of the encrypted vault.

    Parameters
    ----------
    personal : DataFrame
        What `clean.personal` gives: ``row_id, role, key, kind, value``.
    responses : DataFrame
        Table ``responses`` with its original ids.
    key : bytes
        The key of the pseudonyms.

    Returns
    -------
    DataFrame
        Table ``identities``, each line once, by pseudonym as the people stand in the files:
        ``pseudonym``; ``kind``, the column of an id (``customer_id``) or a kind of personal data
        (``name``, ``mobile``, …); ``value``, the original.

    Raises
    ------
    ValueError
        If the key is too short.

    Examples
    --------
    >>> personal = pd.DataFrame({"row_id": ["a:1:2"], "role": ["customers"], "key": ["C1"],
    ...                          "kind": ["name"], "value": ["曹青禾"]}, dtype="str")
    >>> found = identities(personal, schema.empty("responses"), key=b"0123456789abcdef")
    >>> found[["kind", "value"]].values.tolist()
    [['customer_id', 'C1'], ['name', '曹青禾']]
    """
    of_people = personal[personal["key"].notna()]
    own = [responses[column].dropna() for column in _ids(responses)]
    lines = [
        *(pd.DataFrame({"id": ids, "kind": ids.name, "value": ids}) for ids in own),
        pd.DataFrame({"id": of_people["key"], "kind": "customer_id", "value": of_people["key"]}),
        of_people[["key", "kind", "value"]].rename(columns={"key": "id"}),
    ]
    found = pd.concat(lines, ignore_index=True).astype("str").drop_duplicates(ignore_index=True)
    found.insert(0, "pseudonym", pseudonymise(found["id"], key=key))
    table = found.drop(columns="id").drop_duplicates(ignore_index=True)
    return table.pipe(schema.check, "identities")


def _ids(responses: pd.DataFrame) -> list[str]:
    return [c for c in responses if str(c).endswith("_id") and c not in _OWN_IDS]
