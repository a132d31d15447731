"""Item columns as numbers: NaN is a question without an answer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import LARGEST, column_of, distinct
from csatlib.estimates.codes import factorized
from csatlib.scales import DETRACTOR_UP_TO, PROMOTER_FROM

__all__ = ["booleans", "item_names", "level_codes", "numbers", "recommendations", "scale_values"]


def item_names(items: str | Sequence[str]) -> list[str]:
    """Read ``items`` as a list of names: one name, or a sequence of different ones."""
    return [items] if isinstance(items, str) else distinct(items, "items")


def numbers(df: pd.DataFrame, item: str) -> np.ndarray:
    """Return a numeric or boolean item as floats."""
    column = column_of(df, item, "items")
    plain = column.dtype == np.float64
    if not plain and column.isna().all():
        return np.full(len(df), np.nan)
    numeric = plain or pd.api.types.is_numeric_dtype(column.dtype)
    if not numeric or pd.api.types.is_complex_dtype(column.dtype):
        raise ValueError(
            f"items: expected numbers in {item!r}, found dtype {column.dtype}; turn answers into "
            "scores first with scales.to_score"
        )
    values = column.to_numpy() if plain else column.to_numpy(dtype=float, na_value=np.nan)
    # A missing value makes either end missing, and no comparison holds.
    if len(values) and values.min() >= -LARGEST and values.max() <= LARGEST:
        return values
    infinite = np.abs(values) > LARGEST
    if infinite.any():
        raise ValueError(
            f"items: expected finite numbers in {item!r}, found {int(infinite.sum())} infinite "
            f"(or beyond {LARGEST:g}), the first in row {column.index[infinite][0]!r}; set them "
            "missing or correct them"
        )
    return values


def booleans(df: pd.DataFrame, item: str) -> np.ndarray:
    """Return a boolean item as 0 and 1."""
    column = column_of(df, item, "items")
    if column.isna().all():
        return np.full(len(df), np.nan)
    if not pd.api.types.is_bool_dtype(column.dtype):
        raise ValueError(
            f"items: expected true or false (bool or boolean) in {item!r}, found dtype "
            f"{column.dtype}; make it with scales.is_satisfied, or with a comparison"
        )
    return column.to_numpy(dtype=float, na_value=np.nan)


def recommendations(df: pd.DataFrame, item: str) -> np.ndarray:
    """Return 0–10 answers as −100 (detractor, 0–6), 0 (passive, 7–8) or 100 (promoter, 9–10)."""
    column = column_of(df, item, "items")
    if pd.api.types.is_bool_dtype(column.dtype) and column.notna().any():
        raise ValueError(
            f"items: expected whole numbers from 0 to 10 in {item!r}, found dtype {column.dtype}; "
            "nps takes the answers themselves"
        )
    values = numbers(df, item)
    odd = ~np.isnan(values) & ~np.isin(values, np.arange(11))
    if odd.any():
        raise ValueError(
            f"items: expected whole numbers from 0 to 10 in {item!r}, found {int(odd.sum())} other "
            f"answers, for example {values[odd][0]:g} in row {column.index[odd][0]!r}; correct "
            "them or set them missing"
        )
    bands = [values >= PROMOTER_FROM, values > DETRACTOR_UP_TO, values <= DETRACTOR_UP_TO]
    return np.select(bands, [100.0, 0.0, -100.0], default=np.nan)


def scale_values(levels: Sequence[object]) -> list[object]:
    """Read ``levels`` as a list of values that differ, also as text."""
    scale = distinct(levels, "levels")
    if not scale:
        raise ValueError("levels: expected the values of the scale, found none; list them all")
    if any(pd.api.types.is_scalar(level) and pd.isna(level) for level in scale):
        raise ValueError(
            "levels: expected the values of the scale, found a missing one; leave it out, for a "
            "missing answer is no level"
        )
    distinct(map(str, scale), "levels")
    nested = [level for level in scale if not isinstance(level, Hashable)]
    if nested:
        raise ValueError(
            f"levels: expected texts or numbers, found {nested[0]!r}; list the values themselves"
        )
    return scale


def level_codes(df: pd.DataFrame, item: str, levels: Sequence[object]) -> np.ndarray:
    """Return each answer's position in ``levels``, and −1 for no answer."""
    codes, found = factorized(column_of(df, item, "items"))
    position = {level: index for index, level in enumerate(levels)}
    unlisted = [value for value in found if value not in position]
    if unlisted:
        listed = ", ".join(str(level) for level in levels)
        examples = ", ".join(repr(str(value)) for value in unlisted[:3])
        raise ValueError(
            f"levels: expected every answer of {item!r} among {listed}; found {len(unlisted)} "
            f"further values, for example {examples}; add them to levels or set them missing"
        )
    return np.append([position[value] for value in found], -1).astype(np.int64)[codes]
