"""Which respondents each estimate is about: the groups of ``by`` inside ``where``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import column_of, distinct
from csatlib.estimates.codes import column_codes, compact

__all__ = ["Domains", "Where", "find_domains"]

Where = pd.Series | Callable[[pd.DataFrame], pd.Series] | None

SEPARATOR = " × "


@dataclass(frozen=True)
class Domains:
    """The domains of one call, in the order of their rows.

    ``codes`` holds each respondent's domain and −1 for respondents of none; ``sample`` counts all
    of them. ``group``, ``quarter`` and ``line`` hold one entry a domain.
    """

    codes: np.ndarray
    sample: int
    group_by: str | None
    group: list[str | None]
    quarter: list[str | None]
    line: list[str | None]

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class _Factor:
    """One column of ``by``: each row's code (−1 for missing) and the text of each level."""

    name: str
    codes: np.ndarray
    labels: list[str]
    keeps_unobserved: bool


def find_domains(df: pd.DataFrame, by: Sequence[str], where: Where) -> Domains:
    """Sort the respondents into the groups of ``by`` inside ``where``.

    Categories of a categorical column keep their order and stay although nobody is in them; the
    values of other columns are sorted, and only those found inside ``where`` form groups. A row
    with a missing value in any column of ``by`` is in no group.
    """
    factors = [_factor(column_of(df, name, "by")) for name in distinct(by, "by")]
    inside = _inside(df, where, factors)
    sizes = tuple(max(len(factor.labels), 1) for factor in factors)
    keys = factors[0].codes if factors else np.zeros(len(df), dtype=np.intp)
    for factor, size in zip(factors[1:], sizes[1:], strict=True):
        keys = keys * size + factor.codes
    number, found = compact(keys if inside is None else keys[inside], math.prod(sizes))
    groups = _groups(found, factors, sizes)
    position = number
    if len(groups) > len(found):
        position = np.searchsorted(groups, found)[number]
    codes = position
    if inside is not None:
        codes = np.full(len(df), -1, dtype=np.intp)
        codes[inside] = position
    parts = _parts(groups, factors, sizes)
    return Domains(
        codes=codes,
        sample=len(df),
        group_by=SEPARATOR.join(parts) if parts else None,
        group=_group_names(parts, len(groups)),
        quarter=parts.get("quarter", _constant(df, "quarter", len(groups))),
        line=parts.get("line", _constant(df, "line", len(groups))),
    )


def _inside(df: pd.DataFrame, where: Where, factors: list[_Factor]) -> np.ndarray | None:
    """Mark the rows inside ``where`` that have a value in every factor; None stands for all."""
    inside = None if where is None else _condition(df, where)
    for factor in factors:
        if factor.codes.min(initial=0) < 0:
            known = factor.codes >= 0
            inside = known if inside is None else inside & known
    return None if inside is None or inside.all() else inside


def _condition(df: pd.DataFrame, where: Where) -> np.ndarray:
    mask = where(df) if callable(where) else where
    if not isinstance(mask, pd.Series) or not pd.api.types.is_bool_dtype(mask.dtype):
        found = f"dtype {mask.dtype}" if isinstance(mask, pd.Series) else type(mask).__name__
        raise ValueError(
            "where: expected a boolean Series on the table's index, or a function from the table "
            f"to one, found {found}; a comparison such as df['channel'] == 'phone' makes one"
        )
    if not mask.index.equals(df.index):
        same_labels = mask.index.is_unique and len(mask) == len(df)
        if not (same_labels and df.index.is_unique and df.index.isin(mask.index).all()):
            raise ValueError(
                f"where: expected the index of the table ({len(df)} rows), found another one "
                f"({len(mask)} rows); build the condition from the same table"
            )
        mask = mask.reindex(df.index)
    return mask.fillna(value=False).to_numpy(dtype=bool, copy=True)


def _factor(column: pd.Series) -> _Factor:
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    codes, levels = column_codes(column)
    labels = [str(level) for level in levels]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ValueError(
            f"by: expected values of {column.name!r} that read differently, found two that both "
            f"read {twice!r}; give the column one type, for example with .astype('str')"
        )
    return _Factor(str(column.name), codes, labels, categorical)


def _groups(found: np.ndarray, factors: list[_Factor], sizes: tuple[int, ...]) -> np.ndarray:
    """List the keys of the groups: those found, and every category beside each of them."""
    if all(factor.keeps_unobserved for factor in factors):
        found = np.zeros(1, dtype=np.int64)
    groups = np.unique(found)
    stride = 1
    for factor, size in zip(reversed(factors), reversed(sizes), strict=True):
        if factor.keeps_unobserved:
            rest = groups - groups // stride % size * stride
            groups = np.unique(rest[:, None] + np.arange(len(factor.labels)) * stride)
        stride *= size
    return groups


def _parts(
    groups: np.ndarray, factors: list[_Factor], sizes: tuple[int, ...]
) -> dict[str, list[str]]:
    if not factors:
        return {}
    codes = np.unravel_index(groups, sizes)
    return {
        factor.name: [factor.labels[code] for code in column]
        for factor, column in zip(factors, codes, strict=True)
    }


def _group_names(parts: dict[str, list[str]], count: int) -> list[str | None]:
    if not parts:
        return [None] * count
    names = [SEPARATOR.join(labels) for labels in zip(*parts.values(), strict=True)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"by: expected groups that read differently, found two that both read {twice!r}; "
            f"take '{SEPARATOR}' out of the values of {list(parts)}"
        )
    return names


def _constant(df: pd.DataFrame, name: str, count: int) -> list[str | None]:
    values = df[name].unique() if name in df.columns and df.columns.is_unique else []
    known = len(values) == 1 and not pd.isna(values[0])
    return [str(values[0]) if known else None] * count
