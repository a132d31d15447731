"""How a sample is divided among strata or customer units, and what precision that gives."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.sampling.arguments import (
    between,
    choice,
    columns_of,
    positive,
    whole,
)
from csatlib.sampling.sizes import corrected, margin_of_error, quantile, required_n, whole_up

__all__ = ["allocate", "expected_precision", "plan_units"]

METHODS = ("proportional", "equal", "neyman", "power")


def allocate(
    strata: pd.DataFrame,
    total: int,
    *,
    method: str = "proportional",
    min_n: int = 0,
    exponent: float = 0.5,
) -> pd.DataFrame:
    r"""Divide a sample among strata so that it sums to its total exactly.

    Parameters
    ----------
    strata : DataFrame
        One row a stratum: ``stratum``, its name, and ``population``, how many people it has.
        Optional columns: ``sd``, the standard deviation (``neyman``); ``size``, what ``power``
        takes the power of (else the population); ``census``, whether all of it is taken;
        ``response_rate``, above 0 and up to 1, the part of those invited that answers.
    total : int
        How many people to draw, those of census strata among them.
    method : str
        ``proportional`` to the population; ``equal``; ``neyman``, proportional to population ×
        sd, which gives the smallest variance of the total; ``power``, proportional to a power of
        the size, between proportional and equal.
    min_n : int
        The least number of valid answers expected of a stratum: at least
        ``min_n / response_rate`` people, or all where there are fewer.
    exponent : float
        The power of ``method="power"``, from 0 (equal) to 1 (proportional).

    Returns
    -------
    DataFrame
        ``strata``, same rows and order, with ``n`` (people to draw), ``exact`` (the same before
        rounding) and ``expected`` (answers to expect: ``n`` × ``response_rate``).

    Raises
    ------
    ValueError
        If columns, names or numbers are wrong, if the total exceeds the population, or is less
        than census strata and floors need; the message says how many they need.

    Notes
    -----
    The exact sizes are a common multiple of the measure, kept between floor and population, which
    is where repeated capping ends. They are rounded down, and the largest remainders get one more.
    Sources: Cochran (1977), *Sampling Techniques*, 5.5 (Neyman); Bankier (1988), Power
    allocations, *The American Statistician* 42, 174–177.

    Examples
    --------
    >>> strata = pd.DataFrame({"stratum": ["华东", "华北", "西南"], "population": [500, 300, 20]})
    >>> allocate(strata, 100, min_n=10)[["stratum", "n"]].values.tolist()
    [['华东', 56], ['华北', 34], ['西南', 10]]
    """
    population = _population(strata)
    choice(method, "method", METHODS)
    wanted = whole(total, "total", 1)
    rates = _rates(strata)
    taken = _census(strata)
    least = np.array([whole_up(whole(min_n, "min_n") / rate) for rate in rates], dtype=float)
    low = np.where(taken, population, np.minimum(least, population))
    _feasible(wanted, population, low, taken)
    measure = np.where(taken, 0.0, _measure(strata, method, population, exponent))
    exact = _bounded(measure, low, population, wanted)
    n = _rounded(exact, wanted, strata["stratum"].astype("str").tolist())
    divided = strata.assign(n=pd.array(n, dtype="Int64"), exact=pd.array(exact, dtype="Float64"))
    return divided.assign(expected=divided["n"].astype("Float64") * rates)


def expected_precision(allocation: pd.DataFrame, *, conf: float = 0.95) -> pd.DataFrame:
    r"""Give the standard error that an allocation leads to, by stratum and for all together.

    Parameters
    ----------
    allocation : DataFrame
        One row a stratum: ``stratum``, ``population``, ``sd`` (the standard deviation of what is
        measured; √(p(1 − p)) for a share) and ``n``, the number of answers, at most the
        population and not necessarily whole.
    conf : float
        The confidence of the margin, between 0 and 1.

    Returns
    -------
    DataFrame
        One row a stratum and a last one, whose ``stratum`` is NA, for all: ``stratum``,
        ``population``, ``n``, ``se`` of the mean in the unit of ``sd``, and ``margin``, half the
        width of its interval. NA for a stratum without answers, and then for all too.

    Raises
    ------
    ValueError
        If columns or numbers are wrong.

    Notes
    -----
    .. math:: \mathrm{se}_h^2 = (1 - n_h / N_h) s_h^2 / n_h, \quad
              \mathrm{se}^2 = \sum_h (N_h / N)^2 \mathrm{se}_h^2

    N times the last is the standard error of the total. Source: Cochran (1977), *Sampling
    Techniques*, 5.3.

    Examples
    --------
    Cochran's 64 cities: an error of the total of 1,044 thousand.

    >>> cities = pd.DataFrame({"stratum": ["large", "small"], "population": [16, 48],
    ...                        "sd": [53843**0.5, 5581**0.5], "n": [12, 12]})
    >>> round(64 * expected_precision(cities)["se"].iloc[-1])
    1044
    """
    population = _population(strata := allocation)
    columns_of(strata, ["sd", "n"], "allocation")
    sd, n = (
        strata[c].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for c in ("sd", "n")
    )
    if not (sd >= 0).all() or not ((n >= 0) & (n <= population + 1e-9)).all():
        raise ValueError(
            "allocation: expected sd of 0 or more and n from 0 to the population in every stratum, "
            "found others; complete the columns sd and n"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 0, np.clip(1 - n / population, 0, None) * sd**2 / n, np.nan)
    whole_variance = float(((population / population.sum()) ** 2 * variance).sum())
    table = pd.DataFrame(
        {
            "stratum": pd.Series([*strata["stratum"].astype("str"), None], dtype="str"),
            "population": pd.array([*population, population.sum()], dtype="Float64"),
            "n": pd.array([*n, n.sum()], dtype="Float64"),
            "se": pd.array(
                [None if np.isnan(v) else float(np.sqrt(v)) for v in [*variance, whole_variance]],
                dtype="Float64",
            ),
        }
    )
    return table.assign(margin=quantile(conf) * table["se"])


def plan_units(
    frame: pd.DataFrame,
    *,
    unit: str,
    margin: float = 0.1,
    p: float = 0.5,
    conf: float = 0.95,
    deff: float = 1.0,
    response_rate: float = 1.0,
    census_share: float = 0.8,
    small: int = 30,
) -> pd.DataFrame:
    """Plan, for each customer unit, whom to invite so that its share is known well enough.

    Parameters
    ----------
    frame : DataFrame
        One row a customer; those without a unit belong to none and are left out.
    unit : str
        The column of the customer units.
    margin, p, conf, deff, response_rate
        As for `required_n`.
    census_share : float
        A unit of which at least this part would be invited is invited whole, from 0 to 1.
    small : int
        A unit of at most this many people is invited whole.

    Returns
    -------
    DataFrame
        One row a unit, the largest first: ``unit``; ``population``; ``needed``, the answers that
        the margin asks for; ``n``, the people to invite; ``census``, whether that is everyone;
        ``expected``, the answers to expect; ``margin``, the half interval that these give, NA
        where no answer is to be expected; ``reached``, whether it is within the wanted one.

    Raises
    ------
    ValueError
        If the column is missing or a number out of its range.

    Notes
    -----
    Each unit is planned as a population of its own, with its finite population correction; an
    answered census has no sampling error.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": range(250), "unit": ["甲"] * 200 + ["乙"] * 50})
    >>> plan_units(frame, unit="unit", margin=0.1, response_rate=0.5)[["unit", "n"]].values.tolist()
    [['甲', 132], ['乙', 50]]
    """
    columns_of(frame, [unit], "unit")
    between(census_share, "census_share", 0, 1)
    n0 = required_n(p=p, margin=margin, conf=conf, deff=deff, response_rate=response_rate)
    designed = float(n0["n"].iloc[1])
    counts = frame[unit].dropna().astype("str").value_counts().sort_index()
    counts = counts.sort_values(ascending=False, kind="stable")
    needed = [whole_up(corrected(designed, people, "cochran")) for people in counts]
    asked = [whole_up(n / response_rate) for n in needed]
    limit = whole(small, "small")
    census = [
        people <= limit or n >= census_share * people
        for people, n in zip(counts, asked, strict=True)
    ]
    n = [people if all_ else n for people, n, all_ in zip(counts, asked, census, strict=True)]
    table = pd.DataFrame({"unit": counts.index.astype("str"), "population": counts.to_numpy()})
    table["needed"], table["n"], table["census"] = needed, n, census
    table["expected"] = table["n"] * response_rate
    types = {"population": "Int64", "needed": "Int64", "n": "Int64", "expected": "Float64"}
    table = table.astype({**types, "census": "bool"})
    table["margin"] = margin_of_error(
        table["expected"], p=p, conf=conf, deff=deff, population=table["population"]
    )
    within = table["margin"] <= positive(margin, "margin") + 1e-12
    return table.assign(reached=within.fillna(False).astype("bool"))


def _population(strata: pd.DataFrame) -> np.ndarray:
    columns_of(strata, ["stratum", "population"], "strata")
    names = strata["stratum"]
    if not len(names) or names.isna().any() or names.astype("str").duplicated().any():
        raise ValueError(
            f"strata.stratum: expected one or more names, each once, found {len(names)} rows with "
            f"{int(names.isna().sum())} missing and {int(names.duplicated().sum())} repeated"
        )
    counts = pd.to_numeric(strata["population"], errors="coerce")
    population = counts.to_numpy(dtype=float, na_value=np.nan)
    if (
        not ((population >= 1) & np.isfinite(population)).all()
        or (population != np.floor(population)).any()
    ):
        raise ValueError(
            f"strata.population: expected whole numbers of 1 or more, found "
            f"{strata['population'].tolist()[:8]}; drop empty strata"
        )
    return population


def _rates(strata: pd.DataFrame) -> np.ndarray:
    if "response_rate" not in strata:
        return np.ones(len(strata))
    rates = strata["response_rate"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    if not ((rates > 0) & (rates <= 1)).all():
        raise ValueError(
            f"strata.response_rate: expected numbers above 0 and up to 1, found "
            f"{strata['response_rate'].tolist()[:8]}; write 0.6 for 60 %"
        )
    return rates


def _census(strata: pd.DataFrame) -> np.ndarray:
    if "census" not in strata:
        return np.zeros(len(strata), dtype=bool)
    if strata["census"].isna().any() or not strata["census"].isin([True, False]).all():
        raise ValueError("strata.census: expected true or false in every row, found others")
    return strata["census"].astype("bool").to_numpy()


def _feasible(total: int, population: np.ndarray, low: np.ndarray, taken: np.ndarray) -> None:
    if total > population.sum():
        raise ValueError(
            f"total: expected at most the population of {population.sum():g}, found {total}; "
            f"lower it or take all of every stratum"
        )
    if total < low.sum():
        raise ValueError(
            f"total: expected at least {low.sum():g}, of which census strata need "
            f"{low[taken].sum():g} and floors {low[~taken].sum():g}, found {total}; "
            f"raise it, lower min_n, or take fewer strata whole"
        )
    if taken.all() and total > low.sum():
        raise ValueError(f"total: expected {low.sum():g}, the census strata, found {total}")


def _measure(
    strata: pd.DataFrame, method: str, population: np.ndarray, exponent: float
) -> np.ndarray:
    if method == "proportional":
        return population
    if method == "equal":
        return np.ones(len(population))
    column = "sd" if method == "neyman" else "size"
    power = between(exponent, "exponent", 0, 1)
    if column not in strata and column == "size":
        return population**power
    columns_of(strata, [column], f"method {method!r}")
    values = strata[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    if not ((values >= 0) & np.isfinite(values)).all() or not values.any():
        raise ValueError(
            f"strata.{column}: expected numbers of 0 or more, not all of them 0, for method "
            f"{method!r}, found {strata[column].tolist()[:8]}"
        )
    return population * values if method == "neyman" else values**power


def _bounded(measure: np.ndarray, low: np.ndarray, high: np.ndarray, total: float) -> np.ndarray:
    """Find the common multiple of the measure that, kept within bounds, sums to the total."""
    room = np.where(measure > 0, high, low)
    if room.sum() < total:
        # Nothing of these varies, so anybody may be added: in proportion to those who are left.
        left = np.where(measure > 0, 0.0, high - low)
        return room + left * (total - room.sum()) / left.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        turns = np.concatenate([low / measure, high / measure])
    turns = np.unique(turns[np.isfinite(turns)])
    sums = [np.clip(turn * measure, low, room).sum() for turn in turns]
    at = int(np.searchsorted(sums, total))
    if at == len(turns):
        return room
    if sums[at] == total:
        return np.clip(turns[at] * measure, low, room)
    middle = (turns[at - 1] + turns[at]) / 2
    free = (middle * measure > low) & (middle * measure < room)
    fixed = np.clip(middle * measure, low, room)[~free].sum()
    return np.where(
        free, (total - fixed) * measure / measure[free].sum(), np.clip(middle * measure, low, room)
    )


def _rounded(exact: np.ndarray, total: int, names: list[str]) -> np.ndarray:
    """Round down and give what is left to the largest remainders; equal ones by name."""
    # A whole number that arithmetic left a hair below itself is that number.
    below = np.floor(exact + 1e-9)
    order = sorted(range(len(exact)), key=lambda i: (-round(exact[i] - below[i], 9), names[i]))
    more = total - int(below.sum())
    below[order[:more]] += 1
    return below.astype(int)
