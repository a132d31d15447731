"""What is known of all customers: how many there are at each level of a column, or of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from csatlib.weights.arguments import (
    LARGEST,
    column_of,
    levels_told,
    listed,
    refuse_empty,
    within_range,
)
from csatlib.weights.cells import Cells, factor_of, find_cells

__all__ = [
    "MISSING",
    "Margin",
    "Margins",
    "filled",
    "margins_of",
    "match",
    "plain",
    "read_margins",
    "words",
]

#: A column (or a tuple of columns) → its levels → how many customers, or which share of them.
Margins = Mapping[Any, "pd.Series | Mapping[Any, float]"]

SEPARATOR = " × "
#: The level of those without a value.
MISSING = "(missing)"
#: Totals that differ by less than this part of them differ by rounding.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Margin:
    """One margin: its columns, its levels (a tuple each, one entry a column), their totals."""

    columns: tuple[str, ...]
    levels: list[tuple[Any, ...]]
    totals: np.ndarray

    @property
    def name(self) -> str:
        """The columns, joined."""
        return SEPARATOR.join(self.columns)


def words(level: tuple[Any, ...]) -> str:
    """Join the parts of one level."""
    return SEPARATOR.join(str(part) for part in level)


def plain(levels: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Write the levels of one column without their tuples."""
    return [level[0] if len(level) == 1 else level for level in levels]


def filled(column: pd.Series) -> pd.Series:
    """Make a missing text a level of its own; numbers have none."""
    if not column.isna().any():
        return column
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return column
    return column.astype(object).where(column.notna(), MISSING)


def margins_of(
    frame: pd.DataFrame,
    columns: Sequence[str | tuple[str, ...]],
    *,
    weight: str | None = None,
    missing: Literal["refuse", "proportional"] = "refuse",
) -> dict[str | tuple[str, ...], pd.Series]:
    """Count all customers by each of some columns: the margins that weights are to meet.

    Parameters
    ----------
    frame : DataFrame
        One row a customer (or an event), all of them.
    columns : sequence of str or tuple of str
        The columns to count by, each on its own; a tuple is counted jointly.
    weight : str, optional
        Column to add up instead of counting rows, for a frame of counts.
    missing : {"refuse", "proportional"}
        What to do with customers without a value: refuse them, or take them to be spread over the
        levels like the others, so that every margin still adds up to the whole frame.

    Returns
    -------
    dict
        ``{column: Series}``; each Series holds the number of customers (float), indexed by level,
        sorted by level where the levels can be compared; a joint margin has a MultiIndex.

    Raises
    ------
    ValueError
        For an empty frame, an unknown column, or missing values with ``missing="refuse"``.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["N", "S", "S"], "tier": ["A", "A", "B"]})
    >>> margins_of(frame, ["region", "tier"])["region"].to_dict()
    {'N': 1.0, 'S': 2.0}
    """
    refuse_empty(frame, "frame")
    if missing not in ("refuse", "proportional"):
        raise ValueError(f"missing: expected 'refuse' or 'proportional', found {missing!r}")
    counts = _counts(frame, weight)
    made = {}
    for name in listed(columns, "columns"):
        parts = (name,) if isinstance(name, str) else tuple(name)
        known = np.ones(len(frame), dtype=bool)
        if missing == "proportional":
            for part in parts:
                known &= factor_of(frame, part, "columns").codes >= 0
            if not known.any():
                raise ValueError(f"columns: expected values of {name!r}, found none in the frame")
        cells = find_cells(frame[known], parts, "columns", side="population")
        numbers, levels = cells.combinations(parts)
        totals = np.bincount(numbers, weights=cells.sums(counts[known]))
        totals = totals * (counts.sum() / totals.sum())
        made[name] = _series(parts, levels, totals)
    return made


def _counts(frame: pd.DataFrame, weight: str | None) -> np.ndarray:
    if weight is None:
        return np.ones(len(frame))
    counts = column_of(frame, weight, "weight").to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.isfinite(counts) & (counts >= 0)).all() or counts.sum() == 0:
        raise ValueError(f"weight: expected counts of 0 or more in {weight!r}, found others")
    return counts


def _series(parts: tuple[str, ...], levels: list[tuple[Any, ...]], totals: np.ndarray) -> pd.Series:
    if len(parts) == 1:
        index = pd.Index([level[0] for level in levels], name=parts[0])
    else:
        index = pd.MultiIndex.from_tuples(levels, names=parts)
    counted = pd.Series(totals, index=index, name="total")
    try:
        return counted.sort_index()
    except TypeError:
        return counted


def read_one(key: Any, values: Any, argument: str = "margins") -> Margin:
    """Read one margin as it was passed."""
    columns = (key,) if isinstance(key, str) else key
    if not isinstance(columns, tuple) or not all(isinstance(c, str) for c in columns):
        raise ValueError(
            f"{argument}: expected a column's name or a tuple of names as key, found {key!r}"
        )
    listed(columns, f"{argument}[{key!r}]")
    where = f"{argument}[{key!r}]"
    if not isinstance(values, pd.Series | Mapping):
        raise ValueError(  # noqa: TRY004
            f"{where}: expected a Series or a mapping of level to total, "
            f"found {type(values).__name__}"
        )
    levels = [level if isinstance(level, tuple) else (level,) for level in values.keys()]  # noqa: SIM118
    _check_levels(levels, len(columns), where)
    try:
        totals = np.array([value for _, value in values.items()], dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: expected numbers as totals, found other values") from None
    for kind, wrong in {
        "missing": np.isnan(totals),
        "infinite": np.isinf(totals),
        "negative": totals < 0,
    }.items():
        if wrong.any():
            at = levels_told(plain([levels[i] for i in np.flatnonzero(wrong)]), len(levels))
            raise ValueError(
                f"{where}: expected totals of 0 or more in the population, found {kind} ones "
                f"at {at}"
            )
    for total in totals[(totals != 0) & ((totals > LARGEST) | (totals < 1 / LARGEST))][:1]:
        within_range(float(total), where)
    if totals.sum() <= 0:
        raise ValueError(f"{where}: expected a population, found totals that sum to 0")
    return Margin(columns, levels, totals)


def _check_levels(levels: list[tuple[Any, ...]], width: int, where: str) -> None:
    if not levels:
        raise ValueError(f"{where}: expected at least one level, found none")
    if any(len(level) != width for level in levels):
        raise ValueError(
            f"{where}: expected levels of {width} parts, one a column, found {levels[0]!r}"
        )
    if any(pd.isna(part) for level in levels for part in level):
        raise ValueError(
            f"{where}: expected a value for every level of the population, found a missing one; "
            "give it a name on both sides or spread its customers over the other levels"
        )
    if len(set(levels)) < len(levels):
        twice = next(level for level in levels if levels.count(level) > 1)
        raise ValueError(f"{where}: expected each level once, found {plain([twice])[0]!r} twice")


def read_margins(
    margins: Margins, *, total: float | None, base: float, argument: str = "margins"
) -> list[Margin]:
    """Read all margins and bring them to one scale: the number that the weights will sum to.

    Margins of shares become totals of ``total``, else of the totals beside them, else of ``base``.
    """
    if not isinstance(margins, Mapping) or not margins:
        raise ValueError(
            f"{argument}: expected a mapping of column to totals with at least one column, "
            f"found {margins if isinstance(margins, Mapping) else type(margins).__name__!r}; "
            "margins_of(frame, columns) makes one"
        )
    read = [read_one(key, values, argument) for key, values in margins.items()]
    sums = {margin.name: float(margin.totals.sum()) for margin in read}
    counted = {name: value for name, value in sums.items() if abs(value - 1) > _ROUNDING}
    for margin in read:
        if margin.name in counted and (margin.totals <= 1).all() and (margin.totals % 1).any():
            raise ValueError(
                f"{argument}[{margin.name!r}]: expected shares that sum to 1, "
                f"found {sums[margin.name]:.6g}; complete the levels or pass totals"
            )
    whole = _whole(counted, total, base, argument)
    return [
        Margin(margin.columns, margin.levels, margin.totals * (whole / sums[margin.name]))
        for margin in read
    ]


def _whole(counted: dict[str, float], total: float | None, base: float, argument: str) -> float:
    if total is not None and not (np.isfinite(total) and total > 0):
        raise ValueError(f"total: expected a number above 0, found {total!r}")
    if total is not None:
        within_range(total, "total")
    if not counted:
        return base if total is None else float(total)
    first = next(iter(counted))
    for name, value in counted.items():
        if abs(value - counted[first]) > _ROUNDING * counted[first]:
            raise ValueError(
                f"{argument}: expected margins of one population, found that {first!r} sums to "
                f"{counted[first]:.10g} and {name!r} to {value:.10g}; make them agree or pass "
                "shares and total="
            )
    if total is not None and abs(counted[first] - total) > _ROUNDING * total:
        raise ValueError(
            f"total: expected the {counted[first]:.10g} that the margins sum to, found {total:.10g}"
            "; pass shares, or leave total out"
        )
    return counted[first]


def match(margin: Margin, cells: Cells, argument: str = "margins") -> tuple[np.ndarray, np.ndarray]:
    """Give each cell's position in the margin's occupied levels, and those levels' totals."""
    numbers, found = cells.combinations(margin.columns)
    places = {level: position for position, level in enumerate(margin.levels)}
    where = f"{argument}[{margin.name!r}]"
    if absent := [level for level in found if level not in places]:
        raise ValueError(
            f"{where}: the sample has levels that the population lacks: "
            f"{levels_told(plain(absent), len(found))}; the population lists "
            + levels_told(plain(margin.levels), len(margin.levels))
            + "; recode the sample or add "
            "their totals"
        )
    if unmet := [
        level for level, total in zip(margin.levels, margin.totals, strict=True)
        if total > 0 and level not in set(found)
    ]:  # fmt: skip
        raise ValueError(
            f"{where}: the population has levels that nobody in the sample has: "
            f"{levels_told(plain(unmet), len(margin.levels))}; merge each with a level near "
            "it, on both sides"
        )
    totals = margin.totals[[places[level] for level in found]]
    if (totals == 0).any():
        none = [level for level, total in zip(found, totals, strict=True) if total == 0]
        raise ValueError(
            f"{where}: the sample has levels whose total in the population is 0: "
            f"{levels_told(plain(none), len(found))}; no positive weight can meet it: "
            "correct the total or recode the sample"
        )
    return numbers, totals
