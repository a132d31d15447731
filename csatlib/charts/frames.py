"""What the exhibits ask of a table before they draw it, and how they write its numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Metrics whose zero means none, so that a bar from zero is honest.
SHARES = ("share", "distribution")


def require_one(table: pd.DataFrame, column: str, exhibit: str) -> None:
    """Raise `ValueError` unless ``column`` holds one value, or none, throughout."""
    found = list(dict.fromkeys(table[column].astype("object").where(table[column].notna(), None)))
    if len(found) > 1:
        raise ValueError(
            f"{exhibit}: expected one {column}, found {found[:5]}; filter the table first"
        )


def require_unique(table: pd.DataFrame, columns: list[str], exhibit: str) -> None:
    """Raise `ValueError` when two rows share the values of ``columns``."""
    repeated = table.duplicated(columns)
    if repeated.any():
        example = table.loc[repeated, columns].iloc[0].to_dict()
        raise ValueError(
            f"{exhibit}: expected one row for each {' and '.join(columns)}, found a second for "
            f"{example}; filter the table to one quarter, line and group first"
        )


def label(item: str, labels: Mapping[str, str], exhibit: str) -> str:
    """Give an item's display name, or raise `ValueError` that names the item without one."""
    if item not in labels:
        raise ValueError(f"{exhibit}: no label for the item {item!r}; add it to labels")
    return labels[item]


def has_mark(estimates: pd.DataFrame) -> pd.Series:
    """Tell the rows that may be drawn: not suppressed, and with an estimate."""
    return ~estimates["suppressed"].astype(bool) & estimates["estimate"].notna()


def numbers(values: pd.Series) -> np.ndarray:
    """Give a column as floats with NaN for what is missing."""
    return values.to_numpy(dtype=float, na_value=np.nan)


def too_few(n: int) -> str:
    """Say why a row has no mark; where even the base is withheld it has none."""
    return "人数过少，不公布" if pd.isna(n) else f"样本不足 (n={n})"


def shown(value: float, metric: str) -> str:
    """Write one number as the reader sees it: shares in per cent, net scores with their sign.

    It is written as `report.number` writes it: with a minus sign, and no sign on zero.

    Examples
    --------
    >>> shown(4.118, "mean"), shown(0.8251, "share"), shown(-8, "nps")
    ('4.12', '82.5%', '−8.0')
    """
    if metric in SHARES:
        return _signed(f"{100 * value:z.1f}%")
    return _signed(f"{value:+z.1f}" if metric == "nps" else f"{value:z.2f}")


def tick(value: float, metric: str) -> str:
    """Write one number of an axis, shorter than `shown`."""
    if metric in SHARES:
        return _signed(f"{100 * value:z.0f}%")
    if metric == "nps":
        return _signed(f"{value:+z.0f}")
    tenths = np.isclose(value * 10, round(value * 10))
    return _signed(f"{value:z.1f}" if tenths else f"{value:z.2f}")


def _signed(text: str) -> str:
    """Give a number its minus sign, and take the plus from zero."""
    return text.removeprefix("+" if text in ("+0", "+0.0") else "").replace("-", "−")
