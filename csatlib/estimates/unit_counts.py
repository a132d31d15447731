"""Answers counted and weighed by customer unit, with the number of customers each unit has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.estimates import answers
from csatlib.estimates.arguments import column_of
from csatlib.estimates.design import Design
from csatlib.estimates.domains import Domains, find_domains

__all__ = ["Counts", "count_units"]


@dataclass(frozen=True)
class Counts:
    """One entry a unit; NaN where nobody answered.

    ``n`` counts valid answers (of a weight above 0), ``rate`` is the share of satisfied ones and
    ``variance`` that of the rate among the unit's customers. ``population`` counts these, NaN where
    that is not known, and ``census`` says that all answered; ``least`` and ``most`` are the rates
    that the unit can have, NaN where weights or an unknown population leave that open. ``size`` is
    Kish's effective number of answers, ``satisfied`` the rate times that. ``overall`` is the rate
    of all units together.
    """

    n: np.ndarray
    rate: np.ndarray
    variance: np.ndarray
    population: np.ndarray
    census: np.ndarray
    least: np.ndarray
    most: np.ndarray
    size: np.ndarray
    satisfied: np.ndarray
    overall: float


def count_units(
    df: pd.DataFrame, item: str, *, unit: str, population: str | None, design: Design | None
) -> tuple[Domains, Counts]:
    """Read the columns and count, refusing what makes no sample of the units."""
    column_of(df, item, "item")
    column_of(df, unit, "unit")
    weight_column, population = _named(unit, population, design)
    domains = find_domains(df, [unit], None)
    y, weight = answers.booleans(df, item), _weights(df, weight_column)
    customers = _populations(df, population, domains)
    counted = (domains.codes >= 0) & ~np.isnan(y) & (weight > 0)
    code, y, weight = domains.codes[counted], y[counted], weight[counted]
    # Only proportions matter: relative to the largest, no sum of squares overflows or vanishes.
    relative, weight = _relative(code, weight, len(domains)), _relative(0 * code, weight, 1)

    def total(values: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(code, weights=values, minlength=len(domains)).astype(float)

    n = total()
    _check_coverage(n, customers, domains)
    census = (n > 0) & (n == customers)
    # The whole unit answered: there is nobody whom weights could make anyone stand for.
    within = np.where(census[code], 1.0, relative)
    with np.errstate(invalid="ignore", divide="ignore"):
        weighed = total(within)
        rate = total(within * y) / weighed
        size = weighed**2 / total(within**2)
        fraction = np.where(np.isnan(customers), 0, n / customers)
        squares = total((within * (y - rate[code]) / weighed[code]) ** 2)
        variance = (1 - fraction) * n / (n - 1) * squares
        least, most = total(y) / customers, (total(y) + customers - n) / customers
        overall = np.sum(weight * y) / np.sum(weight)
    open_ = np.full(len(domains), np.nan)
    return domains, Counts(
        n=n,
        rate=rate,
        variance=variance,
        population=customers,
        census=census,
        least=least if weight_column is None else open_,
        most=most if weight_column is None else open_,
        size=n if weight_column is None else size,
        satisfied=total(y) if weight_column is None else rate * size,
        overall=float(overall),
    )


def _relative(code: np.ndarray, weight: np.ndarray, units: int) -> np.ndarray:
    """Give weights as parts of the largest in their unit."""
    largest = np.zeros(units)
    np.maximum.at(largest, code, weight)
    return weight / largest[code]


def _named(
    unit: str, population: str | None, design: Design | None
) -> tuple[str | None, str | None]:
    """Take from the design the names of the columns that units use."""
    if design is None:
        return None, population
    if not isinstance(design, Design):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"design: expected an estimates.Design, found {type(design).__name__}; "
            "name the columns with estimates.Design(weight=…)"
        )
    if design.cluster is not None:
        raise ValueError(
            f"design: expected no clusters, found cluster={design.cluster!r}; the rows of a unit "
            "count as its customers, so give one row a customer and leave the cluster out"
        )
    if population is None and design.stratum == unit:
        population = design.population
    return design.weight, population


def _weights(df: pd.DataFrame, name: str | None) -> np.ndarray:
    if name is None:
        return np.ones(len(df))
    column = column_of(df, name, "design.weight")
    weight = _numbers(column, "design.weight")
    odd = ~(np.isfinite(weight) & (weight >= 0))
    if odd.any():
        raise ValueError(
            f"design.weight: expected a number of 0 or more in every row of {name!r}, found "
            f"{int(odd.sum())} others, the first in row {column.index[odd][0]!r}; weight every "
            "respondent, or set the row aside"
        )
    return weight


def _populations(df: pd.DataFrame, name: str | None, domains: Domains) -> np.ndarray:
    """Give the number of customers of each unit, the same in all its rows."""
    found = np.full(len(domains), np.nan)
    if name is None:
        return found
    column = column_of(df, name, "population")
    customers = _numbers(column, "population")
    given = (domains.codes >= 0) & ~np.isnan(customers)
    code, customers = domains.codes[given], customers[given]
    odd = ~(np.isfinite(customers) & (customers >= 0) & (customers == np.round(customers)))
    if odd.any():
        raise ValueError(
            f"population: expected whole numbers of customers in {name!r}, found {int(odd.sum())} "
            f"others, the first in unit {domains.group[code[odd][0]]!r}; give counts, not shares"
        )
    found[code] = customers
    differs = customers != found[code]
    if differs.any():
        raise ValueError(
            f"population: expected one number of customers in all rows of a unit, found several "
            f"in unit {domains.group[code[differs][0]]!r}; give the unit's total in each row"
        )
    return found


def _numbers(column: pd.Series, argument: str) -> np.ndarray:
    if column.isna().all():
        return np.full(len(column), np.nan)
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        raise ValueError(
            f"{argument}: expected numbers in {column.name!r}, found dtype {column.dtype}; "
            "name a numeric column"
        )
    return column.to_numpy(dtype=float, na_value=np.nan)


def _check_coverage(n: np.ndarray, customers: np.ndarray, domains: Domains) -> None:
    short = np.flatnonzero(n > customers)
    if len(short):
        first = short[0]
        raise ValueError(
            f"population: expected at least as many customers as answers, found "
            f"{customers[first]:.0f} customers and {n[first]:.0f} answers in unit "
            f"{domains.group[first]!r}; keep one answer a customer, or correct the customer list"
        )
