"""A quarter's tables as they may be stored: pseudonyms under a key, or no link to people at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from csatlib import clean, schema
from csatlib.privacy.pseudonyms import pseudonymise, unlink
from csatlib.privacy.redaction import redact

__all__ = ["identities", "protect", "redact_columns"]

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
        The same tables and columns. With a key every id that the files brought
        (``customer_id``, ``ticket_id``, …) is its pseudonym in every table, and the ledger says so
        of those in ``responses``, so that `clean.replay` still gives the stored table; without one
        they are unlinked as `unlink` does.

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
    others = {name: _pseudonymised(table, key) for name, table in tables.items()}
    return {**others, "responses": after, "ledger": ledger}


def redact_columns(
    table: pd.DataFrame,
    columns: Sequence[str],
    *,
    personal: pd.DataFrame,
    roster: Iterable[str] = (),
    ids: Iterable[str] = (),
) -> pd.DataFrame:
    """Redact text columns of a list of customers, the names of each row's own customer too.

    Parameters
    ----------
    table : DataFrame
        A list with ``customer_id`` as the files have it, such as table ``frame``.
    columns : sequence of str
        Text columns of ``table``.
    personal : DataFrame
        What `clean.personal` gives.
    roster, ids : iterable of str
        As for `redact`.

    Returns
    -------
    DataFrame
        ``table``, same rows and columns, with the words of ``columns`` redacted as `redact` does:
        a group has one spelling here and in ``responses``.

    Raises
    ------
    ValueError
        If the table lacks ``customer_id`` or a column.

    Examples
    --------
    >>> personal = pd.DataFrame({"row_id": ["a:1:2"], "role": ["customers"], "key": ["C1"],
    ...                          "kind": ["name"], "value": ["曹青"]}, dtype="str")
    >>> frame = pd.DataFrame({"customer_id": ["C1", "C2"], "unit": ["曹青商行", "曹青商行"]})
    >>> redact_columns(frame, ["unit"], personal=personal)["unit"].tolist()
    ['[姓名]商行', '曹青商行']
    """
    missing = [c for c in ("customer_id", *columns) if c not in table]
    if missing:
        raise ValueError(
            f"redact_columns: expected the columns {['customer_id', *columns]}, missing {missing}; "
            f"the table has {list(table.columns)}"
        )
    whose = table["customer_id"].reset_index(drop=True)
    rows = pd.DataFrame({"response_id": whose.index, "customer_id": whose})
    known = clean.known_names(rows, personal, rows).set_axis(table.index)
    lists = {"roster": tuple(roster), "ids": tuple(ids)}
    return table.assign(**{c: redact(table[c], known=known, **lists) for c in columns})


def _pseudonymised(table: pd.DataFrame, key: bytes) -> pd.DataFrame:
    return table.assign(**{c: pseudonymise(table[c], key=key) for c in _ids(table)})


def identities(
    personal: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    key: bytes,
    lists: Iterable[pd.DataFrame] = (),
) -> pd.DataFrame:
    """List who is behind each pseudonym: the content of the encrypted vault.

    Parameters
    ----------
    personal : DataFrame
        What `clean.personal` gives: ``row_id, role, key, kind, value``.
    responses : DataFrame
        Table ``responses`` with its original ids.
    key : bytes
        The key of the pseudonyms.
    lists : iterable of DataFrame
        Further tables with original ids that are stored under pseudonyms (``frame``,
        ``invitations``, ``set_aside``): who never answered can then be found again as well.

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
    own = [df[column].dropna() for df in (responses, *lists) for column in _ids(df)]
    lines = [
        *(pd.DataFrame({"id": ids, "kind": ids.name, "value": ids}) for ids in own),
        pd.DataFrame({"id": of_people["key"], "kind": "customer_id", "value": of_people["key"]}),
        of_people[["key", "kind", "value"]].rename(columns={"key": "id"}),
    ]
    found = pd.concat(lines, ignore_index=True).astype("str").drop_duplicates(ignore_index=True)
    found.insert(0, "pseudonym", pseudonymise(found["id"], key=key))
    table = found.drop(columns="id").drop_duplicates(ignore_index=True)
    return table.pipe(schema.check, "identities")


def _ids(table: pd.DataFrame) -> list[str]:
    return [c for c in table if str(c).endswith("_id") and c not in _OWN_IDS]
