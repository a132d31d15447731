"""Orders that customers added when they were asked again (追加订单)."""

from __future__ import annotations

from datetime import date

import pandas as pd

from csatlib.actions.rows import as_day, require
from csatlib.fieldwork.arguments import as_contract, columns_of
from csatlib.sampling.reading import times_of
from csatlib.schema import TABLES

__all__ = ["orders_gained"]


def orders_gained(rechecks: pd.DataFrame, *, today: date | str | None = None) -> pd.DataFrame:
    """Sum the orders that customers added by the second follow-ups of each measure.

    Parameters
    ----------
    rechecks : DataFrame
        Table ``rechecks``; a customer's ``orders`` are those added since the visit before.
    today : date or str, optional
        Rows dated later are left out.

    Returns
    -------
    DataFrame
        Table ``orders_gained``, one row a measure and one with ``action_id`` NA for all of them:
        ``asked`` (customers asked again), ``answered`` (of whom orders are known, 0 too),
        ``customers`` (who added any), ``orders`` (their sum), ``reason`` ``empty`` where nothing is
        known of any, and ``orders`` is NA.

    Raises
    ------
    ValueError
        If a column is missing, or orders are negative.

    Notes
    -----
    What customers ordered is counted, not what they ordered because of the measure. A customer
    asked by two measures is one customer in the row of all; the orders are summed.

    Examples
    --------
    >>> asked = pd.DataFrame({"action_id": ["A1", "A1"], "customer_id": ["C1", "C2"],
    ...                       "asked_on": pd.to_datetime(["2026-08-01"] * 2), "orders": [2, None]})
    >>> orders_gained(asked)[["asked", "answered", "customers", "orders"]].values.tolist()[0]
    [2, 1, 1, 2.0]
    """
    columns_of(rechecks, ["action_id", "customer_id", "asked_on", "orders"], "rechecks")
    require(rechecks, ["orders"], "rechecks", table="rechecks")
    rows = rechecks.assign(orders=rechecks["orders"].astype("Float64"))
    negative = int(rows["orders"].lt(0).sum())
    if negative:
        raise ValueError(
            f"rechecks.orders: expected 0 or more, found {negative} negative; correct the register"
        )
    if today is not None:
        on = times_of(rows["asked_on"], "rechecks.asked_on")
        end = as_day(today, "today") + pd.Timedelta(days=1)
        rows = rows[(on < end).to_numpy(dtype=bool, na_value=False)]
    parts = [(name, own) for name, own in rows.groupby("action_id")]
    if len(rows):
        parts.append((None, rows))
    found = [{"action_id": name, **_summed(own)} for name, own in parts]
    columns = list(TABLES["orders_gained"].columns)
    return as_contract(pd.DataFrame(found, columns=columns), "orders_gained")


def _summed(own: pd.DataFrame) -> dict[str, object]:
    known = own[own["orders"].notna()]
    return {
        "asked": own["customer_id"].nunique(),
        "answered": known["customer_id"].nunique(),
        "customers": known.loc[known["orders"] > 0, "customer_id"].nunique(),
        "orders": known["orders"].sum() if len(known) else None,
        "reason": None if len(known) else "empty",
    }
