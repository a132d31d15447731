"""Columns as whole numbers, without a sort where a table of presence will do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import LARGEST

__all__ = ["column_codes", "compact", "counted", "factor_codes", "factorized", "finite"]

#: A table of presence may be this many times as long as the column.
_SPARSE = 4
#: Rows looked at first, for each key there may be.
_LOOKS = 16


def compact(keys: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray]:
    """Give each row the number of its key among those that occur, and these keys, ascending.

    ``keys`` lie in [0, ``bound``). A table of presence beats a sort by far; it is used while it is
    not much longer than the column.
    """
    if bound <= _SPARSE * len(keys) + 1024:
        present = _presence(keys, bound)
        return _renumbered(keys, present)
    hashed, uniques = pd.factorize(keys)
    order = np.argsort(uniques)
    number = np.empty(len(uniques), dtype=np.intp)
    number[order] = np.arange(len(uniques))
    return number[hashed], uniques[order]


def counted(keys: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Do as `compact`, and count the rows of each key: what tells which occur counts them too."""
    if bound <= _SPARSE * len(keys) + 1024:
        rows = np.bincount(keys, minlength=bound)
        number, found = _renumbered(keys, rows > 0)
        return number, found, rows[found]
    number, found = compact(keys, bound)
    return number, found, np.bincount(number, minlength=len(found))


def _renumbered(keys: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each row the number of its key among those present, and these keys."""
    found = np.flatnonzero(present)
    if len(found) == len(present):
        return keys, found
    number = np.zeros(len(present), dtype=np.intp)
    number[found] = np.arange(len(found))
    return number[keys], found


def _presence(keys: np.ndarray, bound: int) -> np.ndarray:
    """Mark the keys that occur."""
    present = np.zeros(bound, dtype=bool)
    # A few keys have mostly all been seen after the first rows, and the others need no look.
    first = min(_LOOKS * bound, len(keys))
    present[keys[:first]] = True
    if first < len(keys) and not present.all():
        present[keys[first:]] = True
    return present


def factor_codes(column: pd.Series, argument: str) -> tuple[np.ndarray, list[str]]:
    """Give each row's level and the levels' texts, refusing a missing value.

    Levels nobody has are left out; they come in the order of the values, or of the categories.
    """
    whole = _whole_numbers(column)
    if whole is not None:
        return whole[0], [str(level) for level in whole[1]]
    missing = column.isna()
    if missing.any():
        raise ValueError(
            f"{argument}: expected a value in every row of {column.name!r}, found "
            f"{int(missing.sum())} missing, the first in row {column.index[missing][0]!r}; "
            "fill them in, or set the rows aside"
        )
    codes, levels = column_codes(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, found = compact(codes, len(levels))
        levels = levels[found]
    return codes, [str(level) for level in levels]


def column_codes(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Give each row's level as a number (−1 for missing), and the levels in their order.

    Categories keep theirs, observed or not; other values are sorted.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), column.cat.categories
    whole = _whole_numbers(column)
    if whole is not None:
        return whole[0], pd.Index(whole[1])
    codes, levels = factorized(column, sort=True)
    return codes.astype(np.intp), pd.Index(levels)


def _whole_numbers(column: pd.Series) -> tuple[np.ndarray, np.ndarray] | None:
    """Code whole numbers that lie close together, or give None where the column holds others."""
    if not len(column) or not pd.api.types.is_integer_dtype(column.dtype):
        return None
    if not isinstance(column.dtype, np.dtype) and column.isna().any():
        return None
    values = column.to_numpy()
    if values.dtype.kind not in "iu":
        return None
    lowest, highest = int(values.min()), int(values.max())
    # Unsigned numbers beyond 2^63 would turn negative.
    if highest >= 2**63 or highest - lowest >= _SPARSE * len(values) + 1024:
        return None
    values = values.astype(np.int64, copy=False)
    codes, found = compact(values - lowest if lowest else values, highest - lowest + 1)
    return codes, found + lowest


def factorized(column: pd.Series, *, sort: bool = False) -> tuple[np.ndarray, pd.Index]:
    """Give each row the number of its value, refusing values that cannot be told apart."""
    try:
        return pd.factorize(column, sort=sort)
    except TypeError as error:
        raise ValueError(
            f"expected values in {column.name!r} that can be told apart, such as texts or numbers, "
            f"found others ({error}); give one value a row"
        ) from error


def finite(column: pd.Series, argument: str) -> np.ndarray:
    """Return a numeric column as floats, refusing missing and infinite values."""
    odd_type = pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_complex_dtype(
        column.dtype
    )
    if odd_type or not pd.api.types.is_numeric_dtype(column.dtype):
        raise ValueError(
            f"{argument}: expected numbers in {column.name!r}, found dtype {column.dtype}; "
            "name a numeric column"
        )
    values = column.to_numpy(dtype=float, na_value=np.nan)
    # A missing value makes either end missing, and no comparison holds.
    if len(values) and not (values.min() >= -LARGEST and values.max() <= LARGEST):
        odd = ~(np.abs(values) <= LARGEST)
        raise ValueError(
            f"{argument}: expected a finite number in every row of {column.name!r}, found "
            f"{int(odd.sum())} missing or infinite (or beyond {LARGEST:g}), the first in row "
            f"{column.index[odd][0]!r}; fill them in, or set the rows aside"
        )
    return values
