"""The churn rate (流失率) of a quarter, and of customers whom a measure reached and did not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import pandas as pd

from csatlib.actions.counts import Figure, share, sum_of_shares
from csatlib.fieldwork.arguments import as_contract, check_conf, columns_of, distinct
from csatlib.sampling.reading import texts_of, times_of
from csatlib.schema import TABLES, Quarter

__all__ = ["active_customers", "churn"]

_COLUMNS = list(TABLES["churn"].columns)
_DEFINITIONS = ("listed", "served")
#: What the groups of `churn` are called where a measure's customers are told apart.
_AFFECTED = ("affected", "unaffected")


def active_customers(
    tables: Mapping[str, pd.DataFrame],
    *,
    definition: str = "listed",
    served_at: str | None = None,
    days: int = 92,
    key: str = "customer_id",
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """List who was an active customer in which quarter, by one definition.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        A table with customers for each quarter (``2026Q3``): the frame, the customer list, or the
        quarter's tickets.
    definition : str
        ``listed``: whoever stands in the quarter's table is active, which suits the frame (in
        frame) and tickets (at least one ticket). ``served``: whoever was last served, by
        ``served_at``, at most ``days`` days before the quarter's last day; it suits a customer
        list that keeps everybody.
    served_at : str, optional
        The column with the day of the last service, for ``served``.
    days : int
        For ``served``; 92 is a quarter.
    key : str
        The column that names a customer; rows without are left out.
    by : sequence of str
        Columns to keep: of a customer with several rows the first row's.

    Returns
    -------
    DataFrame
        One row a customer and quarter: ``customer_id``, ``quarter``, and the columns of ``by``.

    Raises
    ------
    ValueError
        If there is no table, a label is no quarter, a column is missing or the definition unknown.

    Examples
    --------
    >>> lists = {"2026Q2": pd.DataFrame({"customer_id": ["C1", "C2"]}),
    ...          "2026Q3": pd.DataFrame({"customer_id": ["C1"]})}
    >>> active_customers(lists).values.tolist()
    [['C1', '2026Q2'], ['C2', '2026Q2'], ['C1', '2026Q3']]
    """
    if definition not in _DEFINITIONS:
        raise ValueError(f"definition: expected one of {_DEFINITIONS}, found {definition!r}")
    if definition == "served" and served_at is None:
        raise ValueError("served_at: expected the column of the last service, found None")
    if not isinstance(days, Real) or not days > 0:
        raise ValueError(f"days: expected a number of days above 0, found {days!r}")
    if not tables:
        raise ValueError("tables: expected the table of one quarter or more, found none")
    kept = distinct(by, "by")
    parts = []
    for label in sorted(tables, key=Quarter.parse):
        df = tables[label]
        wanted = [key, *kept, *([served_at] if definition == "served" else [])]
        columns_of(df, wanted, f"tables[{label!r}]")
        own = df.assign(customer_id=texts_of(df[key]), quarter=label).dropna(subset="customer_id")
        if definition == "served":
            last = times_of(own[served_at], f"tables[{label!r}].{served_at}")
            end = pd.Timestamp(Quarter.parse(label).last_day) + pd.Timedelta(days=1)
            served = (last >= end - pd.Timedelta(days=days)) & (last < end)
            own = own[served.to_numpy(dtype=bool, na_value=False)]
        parts.append(own.drop_duplicates("customer_id")[["customer_id", "quarter", *kept]])
    return pd.concat(parts, ignore_index=True).astype({"customer_id": "str", "quarter": "str"})


def churn(
    active: pd.DataFrame,
    *,
    by: Sequence[str] = (),
    affected: Collection[str] | None = None,
    definition: str = "listed",
    conf: float = 0.95,
) -> pd.DataFrame:
    r"""Give the share of a quarter's active customers who are not active in the next.

    Parameters
    ----------
    active : DataFrame
        One row a customer and quarter, as `active_customers` gives: ``customer_id``, ``quarter``.
    by : sequence of str
        Columns whose values, taken together, form groups, besides all customers together.
    affected : collection of str, optional
        The customers whom a measure reached: they and the others become two further groups.
    definition : str
        What counts as active, written into the table.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``churn``: ``quarter`` (in which they were active), ``next_quarter``,
        ``definition``, ``metric``, ``group_by`` and ``group`` (NA for all), ``n`` (active
        customers), ``lost``, ``estimate``, ``ci_low``, ``ci_high``, ``p``, ``reason``. Metrics:
        ``rate`` (Wilson); ``change``, this quarter's rate less that of the quarter before; with
        ``affected`` also ``difference``, affected less unaffected, and ``did``, the change of the
        affected less that of the unaffected. Reasons: ``empty`` (nobody was active).

    Raises
    ------
    ValueError
        If a column is missing, a label is no quarter, or a customer stands twice in a quarter.

    Notes
    -----
    A quarter has a rate only if the next one is in ``active``; the last never has. A customer who
    comes back later was lost all the same. Differences have Newcombe's interval, sums of four
    shares Zou and Donner's: the limits :math:`d \mp \sqrt{\sum (p_i - l_i)^2}`. ``p`` is
    Pearson's chi-square test of two shares without continuity correction (R's ``prop.test``
    with ``correct=FALSE``); ``did`` has none. Quarters are taken as independent: who is lost in
    one is not at risk in the next. Who was reached was not drawn by lot, so ``difference`` is
    association; ``did`` holds as far as both groups would have changed alike.

    Source: Newcombe (1998), *Statistics in Medicine* 17, 873–890, method 10; Zou and Donner
    (2008), *Statistics in Medicine* 27, 1693–1702.

    Examples
    --------
    >>> active = pd.DataFrame({"customer_id": ["C1", "C2", "C3", "C1"],
    ...                        "quarter": ["2026Q1"] * 3 + ["2026Q2"]})
    >>> churn(active)[["quarter", "n", "lost"]].values.tolist()
    [['2026Q1', 3, 2]]
    """
    check_conf(conf)
    columns = ["customer_id", "quarter", *distinct(by, "by")]
    columns_of(active, columns, "active")
    rows = active[columns].dropna(subset=["customer_id", "quarter"])
    twice = int(rows.duplicated(["customer_id", "quarter"]).sum())
    if twice:
        raise ValueError(
            f"active: expected each customer once a quarter, found {twice} rows that repeat one; "
            "make the table with actions.active_customers"
        )
    counts = _counts(rows, list(by), affected)
    found = []
    for place, (quarter, group_by, group, n) in enumerate(counts):
        found.append((counts[place], "rate", (n,), _rate(n, conf)))
        previous = _of(counts, quarter.previous(), group_by, group)
        if previous is not None:
            figure = sum_of_shares((1, -1), (n, previous), conf)
            found.append((counts[place], "change", (n, previous), figure))
    if affected is not None:
        found += _against(counts, conf)
    order = {"rate": 0, "change": 1, "difference": 2, "did": 3}
    found.sort(key=lambda one: (one[0].quarter, order[one[1]]))
    return _table(found, definition)


@dataclass(frozen=True)
class _Count:
    """How many of a group were active in a quarter, and how many of them were lost."""

    quarter: Quarter
    group_by: str | None
    group: str | None
    n: tuple[int, int]

    def __iter__(self):
        return iter((self.quarter, self.group_by, self.group, self.n))


def _counts(rows: pd.DataFrame, by: list[str], affected: Collection[str] | None) -> list[_Count]:
    """Count the active and the lost of all quarters that have a next one."""
    ids = {label: set(own["customer_id"]) for label, own in rows.groupby("quarter")}
    found = []
    for label in sorted(ids, key=Quarter.parse):
        quarter = Quarter.parse(label)
        later = ids.get(str(quarter.next()))
        if later is None:
            continue
        own = rows[rows["quarter"] == label]
        lost = ~own["customer_id"].isin(later)
        found.append(_Count(quarter, None, None, (int(lost.sum()), len(own))))
        if affected is not None:
            inside = own["customer_id"].isin(set(affected))
            for name, mask in zip(_AFFECTED, (inside, ~inside), strict=True):
                n = (int(lost[mask].sum()), int(mask.sum()))
                found.append(_Count(quarter, "affected", name, n))
        if by:
            kept = own.dropna(subset=by)
            for key, part in kept.groupby(by, observed=True):
                n = (int(lost[part.index].sum()), len(part))
                found.append(_Count(quarter, " × ".join(by), " × ".join(map(str, key)), n))
    return found


def _of(
    counts: list[_Count], quarter: Quarter, group_by: str | None, group: str | None
) -> tuple[int, int] | None:
    wanted = (quarter, group_by, group)
    return next((c.n for c in counts if (c.quarter, c.group_by, c.group) == wanted), None)


def _rate(n: tuple[int, int], conf: float) -> Figure:
    return share(*n, conf) if n[1] else Figure(reason="empty")


def _against(counts: list[_Count], conf: float) -> list[tuple[_Count, str, tuple, Figure]]:
    """Set the affected against the others, in each quarter and in their changes."""
    found = []
    for one in counts:
        if one.group != "affected" or one.group_by != "affected":
            continue
        pairs = [
            _of(counts, quarter, "affected", name)
            for quarter in (one.quarter, one.quarter.previous())
            for name in _AFFECTED
        ]
        both = _Count(one.quarter, "affected", " − ".join(_AFFECTED), one.n)
        now = tuple(pairs[:2])
        found.append((both, "difference", now, sum_of_shares((1, -1), now, conf)))
        if None not in pairs:
            figure = sum_of_shares((1, -1, -1, 1), tuple(pairs), conf)
            found.append((both, "did", tuple(pairs), figure))
    return found


def _table(found: list[tuple[_Count, str, tuple, Figure]], definition: str) -> pd.DataFrame:
    rows = [
        {
            "quarter": str(count.quarter),
            "next_quarter": str(count.quarter.next()),
            "definition": definition,
            "metric": metric,
            "group_by": count.group_by,
            "group": count.group,
            "n": sum(base for _, base in counts),
            "lost": counts[0][0] if metric == "rate" else None,
            **figure.columns(),
        }
        for count, metric, counts, figure in found
    ]
    return as_contract(pd.DataFrame(rows, columns=_COLUMNS), "churn")
