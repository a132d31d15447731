"""Reading columns of a caller's tables: ids that are compared, times, numbers, a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["day_of", "numbers_of", "one_type", "texts_of", "times_of"]

#: Whole numbers from here on are not all told apart by a float.
_EXACT = 2**53
#: Numbers whose squares, summed, still stay far below the largest float.
_LARGEST = 1e60


def one_type(ids: Mapping[str, pd.Series | None]) -> None:
    """Refuse ids of different types, by which nobody would be found in the other table.

    ``ids`` leads from what a message calls a column (``frame.customer_id``) to the column. Text
    and whole numbers go together where every text is written as a number would be.
    """
    kinds = {name: _kind(column, name) for name, column in ids.items() if column is not None}
    known = {name: kind for name, kind in kinds.items() if kind is not None}
    if "number" in known.values():
        digits = {name for name, kind in known.items() if kind == "text" and _digits(ids[name])}
        known |= dict.fromkeys(digits, "number")
    first = next(iter(known), None)
    other = next((name for name, kind in known.items() if kind != known[first]), None)
    if other is not None:
        raise ValueError(
            f"{first}, {other}: expected ids of one type, found {known[first]} (dtype "
            f"{ids[first].dtype}) and {known[other]} (dtype {ids[other].dtype}), so that nobody "
            f"would be found again; write both as text, spelt alike"
        )


def texts_of(ids: pd.Series) -> pd.Series:
    """Give ids as text: whole numbers that a gap has made floats lose their ``.0`` again."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        ids = ids.astype(ids.cat.categories.dtype)
    if pd.api.types.is_object_dtype(ids.dtype) and pd.api.types.infer_dtype(ids) == "floating":
        ids = ids.astype("float64")
    if pd.api.types.is_float_dtype(ids.dtype):
        values = ids.to_numpy(dtype=np.float64, na_value=np.nan)
        if (np.isnan(values) | (values == np.round(values))).all():
            ids = ids.astype("Int64")
    return ids.astype("str")


def _kind(ids: pd.Series, name: str) -> str | None:
    there = ids.dropna()
    if there.empty:
        return None
    if isinstance(there.dtype, pd.CategoricalDtype):
        there = there.astype(there.cat.categories.dtype)
    told = None
    if pd.api.types.is_object_dtype(there.dtype):
        told = pd.api.types.infer_dtype(there)
    elif pd.api.types.is_string_dtype(there.dtype):
        told = "string"
    if told == "string" or (told or "").startswith("mixed"):
        return "text"
    floating = pd.api.types.is_float_dtype(there.dtype) or told == "floating"
    if floating and not (there.astype("float64").abs() < _EXACT).all():
        raise ValueError(
            f"{name}: expected ids that are told apart, found numbers of 16 digits or more kept as "
            f"{there.dtype}, which has lost their last digits; read the column as text"
        )
    whole = pd.api.types.is_integer_dtype(there.dtype) or told == "integer"
    return "number" if floating or whole else str(told or there.dtype)


def _digits(ids: pd.Series) -> bool:
    there = ids.dropna().astype("str")
    return bool(there.str.fullmatch(r"-?[1-9][0-9]*|0").all())


def times_of(times: pd.Series, name: str) -> pd.Series:
    """Give a column as local times without a zone, refusing what is no time."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        raise _zoned(name, str(times.dtype))
    there = times.notna()
    if pd.api.types.is_datetime64_dtype(times.dtype) or not there.any():
        return times.astype("datetime64[us]")
    if pd.api.types.is_numeric_dtype(times.dtype):
        raise ValueError(
            f"{name}: expected times, found numbers (dtype {times.dtype}); convert them with "
            f"pandas.to_datetime, which needs their unit"
        )
    plain = times.astype("object") if isinstance(times.dtype, pd.CategoricalDtype) else times
    text = pd.api.types.infer_dtype(plain[there]) == "string"
    if not text and any(getattr(value, "tzinfo", None) is not None for value in plain[there]):
        raise _zoned(name, "times with one")
    try:
        read = pd.to_datetime(plain, errors="coerce", format="ISO8601" if text else None)
    except (ValueError, TypeError):
        raise _zoned(name, "texts with one") from None
    if isinstance(read.dtype, pd.DatetimeTZDtype):
        raise _zoned(name, "texts with one")
    if (lost := int((there & read.isna()).sum())) > 0:
        raise ValueError(
            f"{name}: expected times such as '2026-09-30 16:00', found {lost} of "
            f"{int(there.sum())} that cannot be read, the first at index "
            f"{times.index[there & read.isna()][0]!r}; correct them or set them missing"
        )
    return read.astype("datetime64[us]")


def _zoned(name: str, found: str) -> ValueError:
    return ValueError(
        f"{name}: expected local times without a time zone, found {found}; convert them with "
        f".dt.tz_convert('Asia/Shanghai').dt.tz_localize(None)"
    )


def day_of(value: Any, name: str = "as_of") -> pd.Timestamp:
    """Give a day that a caller wrote as text, date or time."""
    try:
        return pd.Timestamp(date.fromisoformat(str(value)[:10]))
    except ValueError:
        raise ValueError(
            f"{name}: expected a day such as '2026-09-30', found {value!r}; write it so"
        ) from None


def numbers_of(values: pd.Series, name: str) -> np.ndarray:
    """Give answers as numbers, NaN where missing, refusing text and infinite ones."""
    kind = pd.api.types.infer_dtype(values, skipna=True)
    right = pd.api.types.is_numeric_dtype(values.dtype) and kind != "complex"
    listed = ("integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty")
    if not right and (isinstance(values.dtype, pd.CategoricalDtype) or kind not in listed):
        if values.notna().any():
            raise ValueError(
                f"{name}: expected numbers, found dtype {values.dtype} ({kind}); convert the "
                f"answers to numbers first, or name another column"
            )
        return np.full(len(values), np.nan)
    numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    odd = np.abs(np.nan_to_num(numbers, nan=0.0, posinf=np.inf, neginf=-np.inf)) > _LARGEST
    if odd.any():
        raise ValueError(
            f"{name}: expected finite numbers up to 1e60, found {int(odd.sum())} infinite or "
            f"larger, the first at index {values.index[odd][0]!r}; correct them or set them missing"
        )
    return numbers
