"""The estimates table: rows from arrays, and what is withheld from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from csatlib import schema
from csatlib.estimates.domains import Domains
from csatlib.estimates.moments import Moments

__all__ = ["Estimates", "nullable", "reasons", "to_table"]

#: What pandas calls ``str`` where pyarrow is installed.
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)


@dataclass(frozen=True)
class Estimates:
    """The numbers of one item and level, one entry a domain, before anything is withheld."""

    n: np.ndarray
    n_eff: np.ndarray
    df: np.ndarray
    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    reason: np.ndarray


def reasons(moments: Moments, *, no_variation: np.ndarray) -> np.ndarray:
    """Say why an estimate has no interval, an empty text where it has one."""
    return np.select(
        [
            moments.n == 0,
            ~np.isfinite(moments.estimate),
            moments.covered,
            moments.n == 1,
            moments.df < 1,
            moments.fixed,
            no_variation,
        ],
        [
            "empty",
            "no_denominator",
            "census",
            "single_answer",
            "single_cluster",
            "fixed_by_design",
            "no_variation",
        ],
        default="",
    )


def to_table(
    metric: str,
    items: Sequence[str],
    levels: Sequence[str | None],
    domains: Domains,
    estimates: Sequence[Estimates],
    *,
    min_base: int,
) -> pd.DataFrame:
    """Lay out the numbers as the estimates table, withholding what they cannot support.

    ``estimates`` holds one entry an item and level, levels running faster, or several laid over
    each other; in the table the levels of one domain stand together. Without estimates the table
    has its columns and no rows.
    """
    if not estimates:
        return schema.empty("estimates")

    def column(name: str) -> np.ndarray:
        blocks = np.vstack([getattr(entry, name) for entry in estimates])
        return blocks.reshape(len(items), len(levels), len(domains)).swapaxes(1, 2).ravel()

    n = column("n")
    rows = len(n)
    suppressed = n < min_base
    reason = np.where(suppressed & (n > 0), "small_base", column("reason"))
    unsure = reason != ""
    known = ~unsure | (reason == "census") | (reason == "fixed_by_design")
    # Of an interval that is open to one side the other end is known.
    withheld = unsure & (reason != "open_interval")
    ends = {name: column(name) for name in ("ci_low", "ci_high")}
    domain = np.tile(np.repeat(np.arange(len(domains)), len(levels)), len(items)).tolist()
    told = {
        "quarter": [domains.quarter[at] for at in domain],
        "line": [domains.line[at] for at in domain],
        "metric": [metric] * rows,
        "item": [item for item in items for _ in range(rows // len(items))],
        "level": list(levels) * (rows // len(levels)),
        "group_by": [domains.group_by] * rows,
        "group": [domains.group[at] for at in domain],
        "reason": [name or None for name in reason.tolist()],
    }
    # One long column cut into pieces: making each by itself takes many times as long.
    text = pa.array([value for column in told.values() for value in column], pa.large_string())
    text = pd.arrays.ArrowStringArray(text, dtype=_TEXT)
    table = {name: text[at * rows : (at + 1) * rows] for at, name in enumerate(told)}
    why = table.pop("reason")
    table |= {
        "n": pd.arrays.IntegerArray(n, np.zeros(rows, dtype=bool)),
        "n_eff": nullable(column("n_eff"), suppressed | ~np.isfinite(column("n_eff"))),
        "df": nullable(column("df"), suppressed),
        "estimate": nullable(column("estimate"), suppressed | ~np.isfinite(column("estimate"))),
        "se": nullable(column("se"), ~known),
        **{name: nullable(end, withheld | ~np.isfinite(end)) for name, end in ends.items()},
        "suppressed": suppressed,
        "reason": why,
    }
    return pd.DataFrame(table, copy=False)


def nullable(
    values: np.ndarray, withheld: np.ndarray | None = None
) -> pd.api.extensions.ExtensionArray:
    """Lay numbers out as a column, NA where one is withheld; without that, where none is finite."""
    withheld = ~np.isfinite(values) if withheld is None else withheld
    return pd.arrays.FloatingArray(np.where(withheld, 0.0, values), withheld)
