"""Pseudonyms in place of ids, and tables in which nothing leads back to a person."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

import pandas as pd

from csatlib.scales import plain

__all__ = ["pseudonymise", "unlink"]

# Crockford's alphabet: without I, L, O, U, so that nobody misreads a pseudonym.
_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_BYTES = 10
_SHORTEST_KEY = 16

#: Columns that lead to one questionnaire, the first of them that a table has.
_LINKS = ("response_id", "row_id", "comment_id")


def pseudonymise(ids: pd.Series, *, key: bytes) -> pd.Series:
    """Replace ids by pseudonyms that only the holder of the key can make again.

    Parameters
    ----------
    ids : Series of str
        Ids such as ``customer_id``; full-width letters and digits, spaces and unseen characters
        make no difference, capital letters do.
    key : bytes
        The secret, at least 16 bytes; 32 random bytes are best.

    Returns
    -------
    Series of str, index and name of ``ids``
        ``P`` and 16 characters (digits and capital letters without I, L, O, U); NA where the id
        is missing or empty. One id has one pseudonym under one key.

    Raises
    ------
    ValueError
        If the key has fewer than 16 bytes or is not bytes.

    Notes
    -----
    HMAC-SHA256 of the id in UTF-8, its first 80 bits in base 32: among n ids two share a
    pseudonym with a probability of about n²/2⁸¹, for a million ids 4·10⁻¹³. A hash without a key
    could be undone by trying all ids. Source: RFC 2104; truncation by its section 5.

    Examples
    --------
    >>> pseudonymise(pd.Series(["C00001", None]), key=b"only an example!").tolist()
    ['PEKKH9TEVC1B7G2WW', nan]
    """
    if not isinstance(key, bytes) or len(key) < _SHORTEST_KEY:
        raise ValueError(
            f"key: expected at least {_SHORTEST_KEY} bytes, found "
            f"{len(key) if isinstance(key, bytes) else type(key).__name__}; make one with "
            f"secrets.token_bytes(32)"
        )
    made = {id_: _pseudonym(str(id_), key) for id_ in ids.dropna().unique()}
    values = [made.get(id_) if there else None for id_, there in zip(ids, ids.notna(), strict=True)]
    return pd.Series(values, index=ids.index, name=ids.name, dtype="str")


def _pseudonym(id_: str, key: bytes) -> str | None:
    one = plain(id_)
    if not one:
        return None
    digest = hmac.new(key, one.encode(), hashlib.sha256).digest()[:_BYTES]
    return "P" + base64.b32encode(digest).decode("ascii").translate(_CROCKFORD)


def unlink(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Cut every link between the tables of a quarter and the people and raw rows behind them.

    It is what a study with ``privacy.mode`` ``anonymous`` asks for.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables by name, among them ``responses``; free text already redacted. Other tables
        belong to a questionnaire by ``response_id``, ``row_id`` or ``comment_id``.

    Returns
    -------
    dict of str to DataFrame
        The same tables and columns. ``response_id`` and ``row_id`` are numbers, ``A00001`` … for
        the rows of ``responses`` and ``X00001`` … for rows set aside; ``comment_id`` is the
        number and the item. Other columns that end in ``_id``, and ``pseudonym``, are NA; times
        are cut to the day; a ledger's new value of an id or a time is NA. Rows are in the order
        of the numbers, and the numbers in that of what the rows say, whatever the raw order was.

    Raises
    ------
    ValueError
        If ``responses`` is missing or repeats a ``response_id``, if a table speaks of a
        ``response_id`` that ``responses`` does not hold, or if ``identities`` is among the tables.

    Notes
    -----
    What this cannot promise: a combination of answers, groups and a date may belong to one person
    only, and who knows enough of them may recognise the row; a comment may tell who wrote it; and
    as long as a raw file is kept anyone can compare the answers with it. Anonymous means that the
    raw files are destroyed too, and that small groups are suppressed before tables leave.

    Examples
    --------
    >>> responses = pd.DataFrame(
    ...     {"response_id": ["f:1:9", "f:1:2"], "customer_id": ["C2", "C1"], "overall": [5, 3]}
    ... )
    >>> unlink({"responses": responses})["responses"].values.tolist()
    [['A00001', nan, 3], ['A00002', nan, 5]]
    """
    _check(tables)
    own = {name: _own(table) for name, table in tables.items()}
    bare = {name: _bare(table) for name, table in tables.items()}
    content = _content(own, bare)
    answered = set(own["responses"])
    numbers = {
        **_numbered((row for row in content if row in answered), content, "A"),
        **_numbered((row for row in content if row not in answered), content, "X"),
    }
    return {name: _renumbered(bare[name], own[name], numbers) for name in tables}


def _check(tables: Mapping[str, pd.DataFrame]) -> None:
    if "identities" in tables:
        raise ValueError("identities: this table is the link itself; leave it out and destroy it")
    if "responses" not in tables:
        raise ValueError(f"tables: expected responses among them, found {sorted(tables)}")
    ids = tables["responses"]["response_id"]
    if ids.duplicated().any():
        raise ValueError(
            f"responses.response_id: expected each once, found {int(ids.duplicated().sum())} that "
            f"repeat an earlier one"
        )
    for name, table in tables.items():
        link = _link(table)
        if link not in (None, "row_id"):
            strange = int((~_own(table).dropna().isin(ids)).sum())
            if strange:
                raise ValueError(
                    f"{name}.{link}: expected rows of responses, found {strange} lines of others"
                )


def _link(table: pd.DataFrame) -> str | None:
    return next((column for column in _LINKS if column in table), None)


def _own(table: pd.DataFrame) -> pd.Series:
    """Give the address of the questionnaire that each line belongs to; NA where to none."""
    link = _link(table)
    if link is None:
        return pd.Series(None, index=table.index, dtype="str")
    ids = table[link].astype("str")
    return ids.str.rsplit(":", n=1).str[0] if link == "comment_id" else ids


def _bare(table: pd.DataFrame) -> pd.DataFrame:
    """Take ids and times of day out; the columns that link the tables stay."""
    changed: dict[str, pd.Series] = {}
    for column in table:
        values = table[column]
        if column == "pseudonym" or (str(column).endswith("_id") and column not in _LINKS):
            changed[column] = values.where(pd.Series(False, index=table.index))
        elif pd.api.types.is_datetime64_any_dtype(values):
            changed[column] = values.dt.normalize()
    if {"column", "new"} <= set(table):
        telling = table["column"].astype("str").str.endswith(("_id", "_at")).fillna(False)
        changed["new"] = table["new"].mask(telling.astype(bool))
    return table.assign(**changed)


def _content(
    own: Mapping[str, pd.Series], bare: Mapping[str, pd.DataFrame]
) -> dict[str, list[str]]:
    """Write down all that the tables say of each questionnaire, in an order of its own."""
    said: dict[str, list[str]] = {}
    for name in ["responses", *sorted(set(bare) - {"responses"})]:
        lines: dict[str, list[str]] = {}
        for row, line in zip(own[name], _lines(bare[name]), strict=True):
            if isinstance(row, str):
                lines.setdefault(row, []).append(f"{name} {line}")
        for row, all_ in lines.items():
            said.setdefault(row, []).extend(sorted(all_))
    return said


def _lines(table: pd.DataFrame) -> list[str]:
    """Write each line as one text, without what links it."""
    columns = [
        values.astype("str").fillna("").tolist()
        for name, values in table.items()
        if name not in _LINKS
    ]
    return ["\t".join(cells) for cells in zip(*columns, strict=True)] or [""] * len(table)


def _numbered(rows: Iterable[str], content: Mapping[str, list[str]], letter: str) -> dict[str, str]:
    ordered = sorted(rows, key=lambda row: content[row])
    width = max(5, len(str(len(ordered))))
    return {row: f"{letter}{number:0{width}d}" for number, row in enumerate(ordered, start=1)}


def _renumbered(table: pd.DataFrame, own: pd.Series, numbers: Mapping[str, str]) -> pd.DataFrame:
    link = _link(table)
    number = own.map(numbers, na_action="ignore").astype("str")
    changed = {column: number for column in ("response_id", "row_id") if column in table}
    if "comment_id" in table:
        item = table["comment_id"].astype("str").str.rsplit(":", n=1).str[1]
        changed["comment_id"] = number + ":" + item
    renumbered = table.assign(**changed)
    if link is not None:
        order = number.fillna("").reset_index(drop=True)
    elif any(str(column).endswith("_id") for column in table):
        # No questionnaire to go by: what is left of the line decides, not where it stood.
        order = pd.Series(_lines(table), dtype="str")
    else:
        return renumbered.copy()
    return renumbered.iloc[order.sort_values(kind="stable").index].reset_index(drop=True)
