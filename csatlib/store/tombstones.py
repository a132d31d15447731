"""Who asked to be forgotten: keyed digests only, so that a later import can be noticed."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable

import pandas as pd

from csatlib.scales import plain
from csatlib.store.disk import PRIVATE_FILE, atomic, digest
from csatlib.store.keys import derived, pseudonym_key
from csatlib.store.places import StoreError, project_root, study

__all__ = ["bury", "forgotten", "normal", "refuse_forgotten", "without_forgotten"]

_ZERO_DECIMALS = re.compile(r"(?<=[0-9])\.0+$")
#: So many row numbers of a file are told.
_SHOWN = 10


def normal(name: str) -> str:
    """Bring an id to the spelling that cleaning gives it."""
    return _ZERO_DECIMALS.sub("", plain(name)).upper()


def forgotten(ids: pd.Series, line: str, root: str | os.PathLike[str] | None = None) -> pd.Series:
    """Say which ids belong to people who were forgotten, so that nobody takes them in again.

    Parameters
    ----------
    ids : Series of str
        Original customer ids or pseudonyms; missing ones belong to nobody.
    line : str
        The business line, whose study says which key.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    Series of bool, index and name of ``ids``
        Whether `forget` was asked to forget the person. False throughout, and no key needed,
        where nobody was forgotten and on a line that keeps no link to people.

    Raises
    ------
    StoreError
        If the list, ``data/forgotten.json``, is damaged, or names somebody and the key is missing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     forgotten(pd.Series(["C1", None]), "shop", root).tolist()
    [False, False]
    """
    return _buried(ids, line, root)


def refuse_forgotten(
    responses: pd.DataFrame, line: str, root: str | os.PathLike[str] | None = None
) -> pd.DataFrame:
    """Let responses pass if nobody among them was forgotten.

    Parameters
    ----------
    responses : DataFrame
        Table ``responses``, with original ids or pseudonyms; the columns ``customer_id`` and
        ``ticket_id`` are looked at, where they are there.
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    DataFrame
        ``responses`` itself, every column as it is.

    Raises
    ------
    StoreError
        If rows belong to people who were forgotten: how many, which by file and row, and what to
        do, never whose; also as for `forgotten`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> responses = pd.DataFrame({"response_id": ["a:1:2"], "customer_id": ["C1"]})
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     refuse_forgotten(responses, "shop", root) is responses
    True
    """
    if not _listed(root).get(line):
        return responses
    found = pd.Series(False, index=responses.index, dtype=bool)
    for column in ("customer_id", "ticket_id"):
        if column in responses:
            found |= _buried(responses[column], line, root, column)
    if not found.any():
        return responses
    raise StoreError(
        f"{line}：有 {int(found.sum())} 行属于已经要求遗忘的人："
        f"{_addresses(responses.loc[found, 'response_id'], root)}。"
        "请对这些人再执行一次 csat forget 客户编号 --yes，或把这些文件换成不含这些人的版本。"
    )


def without_forgotten(
    table: pd.DataFrame, line: str, root: str | os.PathLike[str] | None = None
) -> pd.DataFrame:
    """Leave people who were forgotten out of a list that a company sends again and again.

    Answers of such people stop a run (`refuse_forgotten`); a list of all customers names them
    every quarter, and would stop each.

    Parameters
    ----------
    table : DataFrame
        A list with original ids or pseudonyms, such as ``frame``; the columns ``customer_id`` and
        ``ticket_id`` are looked at, where they are there.
    line : str
        The business line.
    root : path, optional
        The project's folder, as for `project_root`.

    Returns
    -------
    DataFrame
        The rows of everybody else, in their order, numbered anew.

    Raises
    ------
    StoreError
        As for `forgotten`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as root:
    ...     Path(root, "studies").mkdir()
    ...     len(without_forgotten(pd.DataFrame({"customer_id": ["C1"]}), "shop", root))
    1
    """
    gone = pd.Series(False, index=table.index, dtype=bool)
    for column in (c for c in ("customer_id", "ticket_id") if c in table):
        gone |= _buried(table[column], line, root, column)
    return table[~gone].reset_index(drop=True)


def _addresses(row_ids: Iterable[str], root: str | os.PathLike[str] | None) -> str:
    """Name files and rows; where no raw file has the digest, the digest stands for the file."""
    raw = sorted((project_root(root) / "data" / "raw").glob("*/*/*"))
    names = {digest(f)[:12]: "/".join(f.parts[-3:]) for f in raw if f.is_file()}
    rows: dict[str, list[str]] = {}
    for row_id in row_ids:
        file, _, row = str(row_id).partition(":")
        rows.setdefault(names.get(file, file), []).append(row.rpartition(":")[2] or row_id)
    shown = {name: "、".join(own[:_SHOWN]) for name, own in rows.items()}
    return "；".join(
        f"{name} 第 {shown[name]} 行{'等' if len(own) > _SHOWN else ''}（{len(own)} 行）"
        for name, own in rows.items()
    )


def bury(
    names: Iterable[str],
    lines: Iterable[str],
    root: str | os.PathLike[str] | None = None,
    *,
    tickets: Iterable[tuple[str, str]] = (),
) -> None:
    """Enter a person, under every name there is, in the lists of some lines.

    ``tickets`` are the person's, each with its line. A line that keeps no link to people has no
    key, and nothing by which somebody could be noticed again: it is passed over.
    """
    listed, numbers = _listed(root), tuple(tickets)
    spellings = sorted({normal(name) for name in names})
    for line in lines:
        if (secret := pseudonym_key(study(line, root))) is None:
            continue
        given = {
            "customer_id": spellings,
            "ticket_id": sorted({normal(number) for at, number in numbers if at == line}),
        }
        digests = {
            _digest(derived(secret, "forgotten"), name, kind)
            for kind, own in given.items()
            for name in _both(own, secret)
        }
        listed[line] = sorted({*listed.get(line, ()), *digests})
    text = json.dumps(listed, indent=2, sort_keys=True) + "\n"
    with atomic(project_root(root) / "data" / "forgotten.json", mode=PRIVATE_FILE) as stream:
        stream.write(text.encode())


def _both(names: list[str], secret: bytes) -> set[str]:
    """Add the pseudonyms: tables that come in again bear nothing else."""
    from csatlib.privacy import pseudonymise

    return {*names, *pseudonymise(pd.Series(names, dtype="str"), key=secret).dropna()}


def _buried(
    ids: pd.Series, line: str, root: str | os.PathLike[str] | None, kind: str = "customer_id"
) -> pd.Series:
    # In this order: where nobody was forgotten neither a study nor a key is needed.
    known = set(_listed(root).get(line, ()))
    secret = pseudonym_key(study(line, root)) if known else None
    if secret is None:
        return pd.Series(False, index=ids.index, name=ids.name, dtype=bool)
    key = derived(secret, "forgotten")
    own = {name for name in ids.dropna().unique() if _digest(key, str(name), kind) in known}
    return ids.isin(own).astype(bool)


def _digest(key: bytes, name: str, kind: str) -> str:
    # A ticket may have the number of somebody's customer id.
    given = normal(name) if kind == "customer_id" else f"{kind} {normal(name)}"
    return hmac.digest(key, given.encode(), hashlib.sha256).hex()


def _listed(root: str | os.PathLike[str] | None) -> dict[str, list[str]]:
    file = project_root(root) / "data" / "forgotten.json"
    if not file.exists():
        return {}
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        return {str(line): [str(d) for d in digests] for line, digests in listed.items()}
    except (ValueError, TypeError, AttributeError):
        raise StoreError("data/forgotten.json：已遗忘名单已损坏；请从备份恢复它。") from None
