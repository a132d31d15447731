"""A population of which no list is at hand."""

from __future__ import annotations

import pandas as pd

__all__ = ["unlisted"]

#: So many that a sample takes next to nothing from them.
_MANY = 100_000


def unlisted(size: int | None) -> pd.DataFrame:
    """Make a frame of customers whom no list names, to plan numbers with where there is no list.

    Parameters
    ----------
    size : int, optional
        How many customers there are; without it so many that the finite population matters little.

    Returns
    -------
    DataFrame
        ``customer_id``, a number a row that stands for nobody.

    Raises
    ------
    ValueError
        If ``size`` is no number above 0.

    Examples
    --------
    >>> unlisted(2)["customer_id"].tolist()
    ['unlisted-1', 'unlisted-2']
    """
    if size is not None and size < 1:
        raise ValueError(f"size: expected a number of 1 or more, found {size}; leave it out")
    ids = [f"unlisted-{number}" for number in range(1, (size or _MANY) + 1)]
    return pd.DataFrame({"customer_id": pd.array(ids, dtype="str")})
