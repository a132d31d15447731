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
from csatlib.store.disk import PRIVATE_FILE, atomic
from csatlib.store.keys import derived, pseudonym_key
from csatlib.store.places import StoreError, project_root, study

__all__ = ["bury", "forgotten", "normal"]

_ZERO_DECIMALS = re.compile(r"(?<=[0-9])\.0+$")


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
        Whether `forget` was asked to forget the person.

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
    known = set(_listed(root).get(line, ()))
    if not known:
        return pd.Series(False, index=ids.index, name=ids.name, dtype=bool)
    key = _key(line, root)
    found = [not pd.isna(name) and _digest(key, str(name)) in known for name in ids]
    return pd.Series(found, index=ids.index, name=ids.name, dtype=bool)


def bury(
    names: Iterable[str], lines: Iterable[str], root: str | os.PathLike[str] | None = None
) -> None:
    """Enter a person, under every name there is, in the lists of some lines."""
    listed = _listed(root)
    spellings = {normal(name) for name in names}
    for line in lines:
        key = _key(line, root)
        digests = {_digest(key, name) for name in spellings}
        listed[line] = sorted({*listed.get(line, ()), *digests})
    text = json.dumps(listed, indent=2, sort_keys=True) + "\n"
    with atomic(project_root(root) / "data" / "forgotten.json", mode=PRIVATE_FILE) as stream:
        stream.write(text.encode())


def _key(line: str, root: str | os.PathLike[str] | None) -> bytes:
    return derived(pseudonym_key(study(line, root)), "forgotten")


def _digest(key: bytes, name: str) -> str:
    return hmac.digest(key, normal(name).encode(), hashlib.sha256).hex()


def _listed(root: str | os.PathLike[str] | None) -> dict[str, list[str]]:
    file = project_root(root) / "data" / "forgotten.json"
    if not file.exists():
        return {}
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        return {str(line): [str(d) for d in digests] for line, digests in listed.items()}
    except (ValueError, TypeError, AttributeError):
        raise StoreError("data/forgotten.json：已遗忘名单已损坏；请从备份恢复它。") from None
