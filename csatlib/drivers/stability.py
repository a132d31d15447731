"""Whether what goes with the outcome still does when one unit's respondents are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from csatlib.drivers.checks import check_model, laid_out, too_few
from csatlib.drivers.limits import ranks
from csatlib.drivers.products import Complete, read_complete
from csatlib.drivers.sharing import share_out
from csatlib.estimates.arguments import check_settings, column_of
from csatlib.estimates.codes import column_codes
from csatlib.estimates.design import Design

__all__ = ["leave_one_out"]

#: Less than this of an R² is rounding: there is nothing to share out.
_NOTHING = 1e-14


def leave_one_out(
    df: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    *,
    unit: str,
    kind: str = "linear",
    method: str = "lmg",
    design: Design | None = None,
    min_base: int = 30,
) -> pd.DataFrame:
    """Share the R² out again without each unit's respondents, one unit at a time.

    Parameters
    ----------
    df, outcome, drivers, kind, method, min_base
        As for `importance`.
    unit : str
        The column of units, such as customers' companies or branches. Rows without a unit stay in
        throughout.
    design : Design, optional
        Its weights enter the model.

    Returns
    -------
    DataFrame
        The ``driver_stability`` table, one row a driver in the order given: ``driver``,
        ``method``, ``unit`` the column's name, ``n`` complete rows, ``share`` of all of them and
        its smallest and largest value without one unit (``share_low``, ``share_high``), ``rank``
        likewise (``rank_low`` the best), ``units`` left out in turn, ``first`` how often the driver
        stands first then, ``changed`` how many units change which driver that is, ``moved_most``
        the unit without which the share changes most, ``reason`` as for `importance`; also
        ``single_unit`` (there is no other unit) and ``unstable`` (without some unit there is no
        model: too few rows, no variation or no convergence; such units are not in ``units``).

    Raises
    ------
    ValueError
        As `importance` does, and for a column that is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import drivers
    >>> df = pd.DataFrame({
    ...     "speed": [5, 4, 3, 4, 5, 2, 3, 4, 2, 5] * 5,
    ...     "manner": [5, 5, 3, 4, 4, 3, 4, 4, 3, 4] * 5,
    ...     "overall": [5, 4, 3, 4, 5, 2, 3, 4, 2, 4] * 5,
    ...     "region": ["华东", "华北", "华南", "西南", "东北"] * 10,
    ... })
    >>> found = drivers.leave_one_out(df, "overall", ["speed", "manner"], unit="region")
    >>> found[["driver", "share", "share_low", "share_high", "units", "changed"]].round(2)
       driver  share  share_low  share_high  units  changed
    0   speed   0.67       0.57        0.77      5        0
    1  manner   0.33       0.23        0.43      5        0
    """
    check_settings(0.95, min_base)
    complete = read_complete(df, outcome, drivers, design)
    check_model(kind, method, complete)
    codes, labels = column_codes(column_of(df, unit, "unit"))
    codes = codes[complete.rows]
    held = np.unique(codes[codes >= 0])
    reason = too_few(complete, min_base)
    if not reason and len(held) < 2:
        reason = "single_unit"
    way = {"kind": kind, "method": method, "min_base": min_base}
    whole, reason = (None, reason) if reason else _shares(complete, **way)
    if whole is None:
        return _table(complete, method, unit, reason, _Found())
    left = [_shares(_without(complete, codes == one), **way) for one in held]
    kept = [shares for shares, _ in left if shares is not None]
    names = [
        str(labels[one]) for one, (shares, _) in zip(held, left, strict=True) if shares is not None
    ]
    if len(kept) < len(held):
        reason = "unstable"
    return _table(complete, method, unit, reason, _compared(whole, kept, names))


@dataclass(frozen=True)
class _Found:
    """What the drivers that differ come to, with all respondents and without each unit."""

    share: np.ndarray | None = None
    share_low: np.ndarray | None = None
    share_high: np.ndarray | None = None
    rank: np.ndarray | None = None
    rank_low: np.ndarray | None = None
    rank_high: np.ndarray | None = None
    first: np.ndarray | None = None
    moved_most: Sequence[str] = ()
    units: int | None = None
    changed: int | None = None


def _shares(
    complete: Complete, *, kind: str, method: str, min_base: int
) -> tuple[np.ndarray | None, str]:
    """Share the R² of some rows out; or say why it cannot be had."""
    reason = too_few(complete, min_base)
    if reason:
        return None, reason
    units = int(complete.unit.max()) + 1
    sharing = share_out(complete, kind=kind, method=method, units=units)
    if sharing.reason == "no_convergence":
        return None, sharing.reason
    shared = sharing.estimate()
    total = shared.sum()
    return (shared / total, sharing.reason) if total > _NOTHING else (None, "no_denominator")


def _without(complete: Complete, left_out: np.ndarray) -> Complete:
    """Leave rows out; a driver that no longer differs is no model any more."""
    kept = ~left_out
    x, y = complete.x[kept], complete.y[kept]
    still = len(x) and (x == x[:1]).all(axis=0).any()
    return replace(
        complete,
        rows=complete.rows[kept],
        unit=np.arange(len(x)),
        weight=complete.weight[kept],
        x=x,
        y=np.zeros(len(y)) if still else y,
    )


def _compared(whole: np.ndarray, kept: list[np.ndarray], names: list[str]) -> _Found:
    rank = ranks(whole)
    point = {"share": whole, "rank": rank, "units": len(kept)}
    if not kept:
        return _Found(**point)
    shares = np.array(kept)
    again = ranks(shares)
    leads = again == again.min(axis=1, keepdims=True)
    moved = np.abs(shares - whole).argmax(axis=0)
    return _Found(
        **point,
        share_low=shares.min(axis=0),
        share_high=shares.max(axis=0),
        rank_low=again.min(axis=0),
        rank_high=again.max(axis=0),
        first=leads.sum(axis=0).astype(float),
        moved_most=[names[one] for one in moved],
        changed=int((leads != (rank == rank.min())).any(axis=1).sum()),
    )


def _table(complete: Complete, method: str, unit: str, reason: str, found: _Found) -> pd.DataFrame:
    """Lay out the numbers, one row a driver; what was not found is NA."""
    count = len(complete.drivers)
    moved = np.full(count, None, dtype=object)
    if found.moved_most:
        moved[~complete.flat] = found.moved_most
    reasons = [reason or None] * count
    if found.share is not None:
        reasons = ["no_variation" if flat else reason or None for flat in complete.flat]

    def real(values: np.ndarray | None) -> pd.api.extensions.ExtensionArray:
        return laid_out(values, complete.flat)

    def whole(value: int | None) -> pd.api.extensions.ExtensionArray:
        return pd.array([pd.NA if value is None else value] * count, dtype="Int64")

    return pd.DataFrame(
        {
            "driver": pd.array(complete.drivers, dtype="str"),
            "method": pd.array([method] * count, dtype="str"),
            "unit": pd.array([unit] * count, dtype="str"),
            "n": whole(complete.n),
            "share": real(found.share),
            "share_low": real(found.share_low),
            "share_high": real(found.share_high),
            "rank": real(found.rank),
            "rank_low": real(found.rank_low),
            "rank_high": real(found.rank_high),
            "units": whole(found.units),
            "first": real(found.first).astype("Int64"),
            "changed": whole(found.changed),
            "moved_most": pd.array(list(moved), dtype="str"),
            "reason": pd.array(reasons, dtype="str"),
        }
    )
