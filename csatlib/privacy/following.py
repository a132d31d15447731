"""What is hidden in a publication is hidden in the tables beside it."""

from __future__ import annotations

import pandas as pd

__all__ = ["follow"]

_CELL = ("item", "group_by", "group")
#: What a row keeps: its key, and what says nothing of the group.
_KEPT = (*_CELL, "quarter", "line", "metric", "level", "contrast", "target", "small")
_KEPT += ("suppressed", "reason")


def follow(table: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Hide, in a further table, the groups that a publication hides.

    Parameters
    ----------
    table : DataFrame
        A table with ``item``, ``group_by``, ``group``, ``suppressed`` and ``reason``, such as
        ``comparisons`` or ``units``.
    published : DataFrame
        The ``estimates`` table as `suppress` gives it.

    Returns
    -------
    DataFrame
        The rows, columns and order of ``table``. Where the publication hides the same item and
        group, everything but the key, ``target`` and ``small`` is NA, ``suppressed`` is True and
        ``reason`` that of the publication.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> from csatlib import estimates, privacy
    >>> df = pd.DataFrame({"ok": [True, False] * 12})
    >>> df["unit"] = ["甲"] * 10 + ["乙"] * 10 + ["丙"] * 4
    >>> shares = estimates.share(df, "ok", by=["unit"], min_base=1)
    >>> units = estimates.units(df, "ok", unit="unit", target=0.9)
    >>> published = privacy.suppress(pd.concat([estimates.share(df, "ok"), shares]), min_base=5)
    >>> privacy.follow(units, published)["n"].isna().tolist()
    [True, True, False]
    """
    for name, given in (("table", table), ("published", published)):
        missing = [c for c in (*_CELL, "suppressed", "reason") if c not in given]
        if missing:
            raise ValueError(f"{name}: expected the columns {[*_CELL]}, missing {missing}")
    hidden = published[published["suppressed"] & published["n"].isna() & published["group"].notna()]
    reasons = hidden.drop_duplicates(list(_CELL)).set_index(list(_CELL))["reason"]
    keys = pd.MultiIndex.from_frame(table[list(_CELL)])
    gone = pd.Series(keys.isin(reasons.index), index=table.index)
    blank = [c for c in table if c not in _KEPT]
    result = table.copy()
    for column in blank:
        result[column] = table[column].mask(gone)
    result["suppressed"] = table["suppressed"] | gone
    told = pd.Series(reasons.reindex(keys).to_numpy(), index=table.index, dtype="str")
    result["reason"] = table["reason"].mask(gone, told).astype("str")
    return result
