"""What every method of judging asks of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema

__all__ = [
    "DIRECTIONS",
    "Direction",
    "Matrix",
    "Shares",
    "figures",
    "fitted",
    "named_numbers",
    "one_of",
    "read_matrix",
]

DIRECTIONS = ("higher", "lower")
Direction = Mapping[str, str] | str
Shares = Mapping[str, float] | None


@dataclass(frozen=True)
class Matrix:
    """Groups by indicators as an array, with the sense of each indicator and its share.

    ``cells`` is groups × indicators with NaN for what is missing; ``sign`` is 1 where more is
    better and −1 where less is; ``shares`` add up to 1, and are 0 for an indicator left out.
    """

    groups: tuple[str, ...]
    group_by: str | None
    indicators: tuple[str, ...]
    cells: np.ndarray
    sign: np.ndarray
    shares: np.ndarray

    @property
    def counted(self) -> np.ndarray:
        """The values of the indicators that have a share."""
        return self.cells[:, self.shares > 0]

    def missing(self) -> list[str | None]:
        """Name, for each group, the indicators that count and have no value."""
        found = np.isnan(self.cells) & (self.shares > 0)
        names = np.array(self.indicators, dtype=object)
        return ["、".join(names[row]) or None for row in found]


def read_matrix(values: pd.DataFrame, direction: Direction, weights: Shares) -> Matrix:
    """Read a table of groups by indicators, or say what is wrong with it."""
    if not isinstance(values, pd.DataFrame) or not len(values.columns):
        raise ValueError(
            "values: expected a table with one row a group and one column an indicator, found "
            f"{type(values).__name__}; make it with evaluation.matrix"
        )
    for what, labels in (("groups", values.index), ("indicators", values.columns)):
        if labels.has_duplicates or labels.hasnans:
            raise ValueError(
                f"values: expected {what} that are named once, found one twice or none; keep one "
                f"{'row' if what == 'groups' else 'column'} each"
            )
    indicators = tuple(str(name) for name in values.columns)
    shares = named_numbers(weights, indicators, "weights", absent=1.0)
    if np.isnan(shares).any() or (shares < 0).any() or shares.sum() <= 0:
        raise ValueError(f"weights: expected numbers of 0 or more, not all 0, found {weights!r}")
    return Matrix(
        groups=tuple(str(group) for group in values.index),
        group_by=None if values.index.name is None else str(values.index.name),
        indicators=indicators,
        cells=figures(values, "values"),
        sign=_signs(direction, indicators),
        shares=shares / shares.sum(),
    )


def figures(values: pd.DataFrame, what: str) -> np.ndarray:
    """Read a table of numbers as an array with NaN for what is missing."""
    columns = []
    for name in values.columns:
        column = values[name]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise ValueError(
                f"{what}: expected numbers, found dtype {column.dtype} in column {name!r}; "
                "convert it first"
            )
        columns.append(column.to_numpy(dtype=float, na_value=np.nan))
    array = np.column_stack(columns) if columns else np.empty((len(values), 0))
    if np.isinf(array).any():
        raise ValueError(f"{what}: expected finite numbers, found an infinite one; leave it empty")
    return array


def named_numbers(
    given: Mapping[str, float | None] | None, names: tuple[str, ...], what: str, *, absent: float
) -> np.ndarray:
    """Give the number of each name; ``absent`` for all where none is given."""
    if given is None:
        return np.full(len(names), absent)
    unknown = [name for name in given if name not in names]
    lacking = [name for name in names if name not in given]
    if unknown or (lacking and not np.isnan(absent)):
        raise ValueError(
            f"{what}: expected one for each of {list(names)}, found {unknown or 'none'} "
            f"{'that is none of them' if unknown else f'for {lacking}'}; give each by its name"
        )
    found = [given.get(name) for name in names]
    array = np.array([np.nan if pd.isna(value) else float(value) for value in found])
    if np.isinf(array).any():
        raise ValueError(f"{what}: expected finite numbers, found {given!r}")
    return array


def one_of(value: object, allowed: tuple[object, ...], what: str) -> None:
    """Raise `ValueError` unless ``value`` is allowed."""
    if value not in allowed:
        raise ValueError(f"{what}: expected one of {allowed}, found {value!r}")


def fitted(
    rows: pd.DataFrame | dict[str, object] | list[dict[str, object]], table: str
) -> pd.DataFrame:
    """Bring columns or rows into the contract of a table."""
    blank = schema.empty(table)
    made = pd.DataFrame(rows, columns=None if isinstance(rows, dict) else list(blank))
    made = made.reindex(columns=list(blank)).astype(blank.dtypes.to_dict())
    return schema.check(made.reset_index(drop=True), table)


def _signs(direction: Direction, indicators: tuple[str, ...]) -> np.ndarray:
    given = dict.fromkeys(indicators, direction) if isinstance(direction, str) else direction
    lacking = [name for name in indicators if given.get(name) not in DIRECTIONS]
    if lacking:
        raise ValueError(
            f"direction: expected one of {DIRECTIONS} for each indicator, found "
            f"{[given.get(name) for name in lacking]} for {lacking}"
        )
    return np.array([1.0 if given[name] == "higher" else -1.0 for name in indicators])
