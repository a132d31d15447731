"""Reading what a caller passed: each refusal says expected, found, where and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["LARGEST", "check_settings", "check_table", "column_of", "distinct"]

#: Beyond this the squares of squares that a variance needs overflow.
LARGEST = 1e60


def check_table(df: pd.DataFrame) -> None:
    """Refuse what is no table."""
    if not isinstance(df, pd.DataFrame):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"df: expected a DataFrame with one row a respondent, found {type(df).__name__}; "
            "make one with pandas.DataFrame"
        )


def check_settings(conf: float, min_base: int) -> None:
    """Refuse a confidence that is no probability and a base below one answer."""
    # Nearer to 0 or 1 than the last digit the quantile of (1 + conf)/2 is that of 1/2 or of 1.
    if not isinstance(conf, float | np.floating) or not 0.5 < (1 + conf) / 2 < 1:
        raise ValueError(
            f"conf: expected a number between 0 and 1, found {conf!r}; write 0.95 for 95 %"
        )
    if not isinstance(min_base, Integral) or isinstance(min_base, bool) or min_base < 1:
        raise ValueError(
            f"min_base: expected a whole number of answers, 1 or more, found {min_base!r}; "
            "write 1 to suppress nothing but empty groups"
        )


def distinct(values: Iterable[Any], argument: str) -> list[Any]:
    """Return ``values`` as a list, refusing a bare text and a value that stands twice."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        found = "the text " if isinstance(values, str) else ""
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"{argument}: expected a sequence, found {found}{values!r}; "
            f"write {argument}=[{values!r}]"
        )
    listed = list(values)
    repeated = [value for position, value in enumerate(listed) if value in listed[:position]]
    if repeated:
        raise ValueError(
            f"{argument}: expected each value once, found {repeated[0]!r} twice in {listed}; "
            "drop the repeats"
        )
    return listed


def column_of(df: pd.DataFrame, name: str, argument: str) -> pd.Series:
    """Return one column of ``df``, or say which argument named a column that is not there."""
    if isinstance(name, str) and name in df.columns and df.columns.is_unique:
        return df[name]
    found = int((df.columns == name).sum()) if isinstance(name, str) else 0
    if found == 0:
        some = ", ".join(map(repr, df.columns[:8]))
        more = ", …" if len(df.columns) > 8 else ""
        raise ValueError(
            f"{argument}: expected the name of a column, found {name!r}, which the table has not; "
            f"choose from {some}{more}"
        )
    if found > 1:
        raise ValueError(
            f"{argument}: expected one column called {name!r}, found {found}; rename all but one"
        )
    return df[name]
