"""The survey design by the names of its columns, and those columns read into arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import column_of
from csatlib.estimates.codes import compact, factor_codes, finite

__all__ = ["Design", "Structure", "read_design"]

Lonely = Literal["refuse", "certainty", "centre"]
ReplicateMethod = Literal["bootstrap", "jackknife", "brr", "other"]


@dataclass(frozen=True)
class Design:
    """How the respondents were chosen and weighted: names of columns, and no data.

    Parameters
    ----------
    weight : str, optional
        How many customers each respondent stands for, 0 or more; a row of weight 0 is in the
        sample and counts for nothing. Without it every row weighs the same, or, with
        ``population``, as many customers as its stratum has for each unit sampled.
    stratum : str, optional
        The stratum each row was sampled in.
    cluster : str, optional
        The cluster (primary sampling unit) of each row, read within its stratum; without it every
        row is a unit of its own.
    population : str, optional
        Sampling units (clusters, or rows without ``cluster``) in the row's stratum of the
        population, the same in all its rows: it makes the finite population correction.
    margins : sequence of str or of tuples of str
        What the weights were calibrated to (by post-stratification, raking or regression): the
        variance is that of residuals. Text, categorical and boolean columns give one margin a
        level, numeric ones a total; a tuple of columns is a joint margin.
    replicates : sequence of str
        Columns of replicate weights, each a full set of weights: the variance comes from them
        instead of linearisation.
    base : str, optional
        The weights before calibration, by which the residuals are fitted (as R's ``calibrate``
        does). Without it they count as equal where the weights are a function of the margins alone,
        and the calibrated weights take their place where they are not; third digits differ.
    leverage : bool
        Divide each residual from the margins by √(1 − h), h its leverage (as HC2 does): a fit
        follows the very answers it is fitted to, and without this the intervals of some 100 raked
        answers cover 93.6 to 93.8 % instead of 95. R's survey package has no such option.
    lonely : {"refuse", "certainty", "centre"}
        What to do with a stratum of one unit that has more in the population: refuse; count it as
        certain, without variance; or centre its linearised value at 0, which for a mean is the
        whole sample, instead of at the stratum.
    replicate_method : {"bootstrap", "jackknife", "brr", "other"}
        What made the replicates; with R of them the squared deviations are multiplied by 1/(R − 1),
        (R − 1)/R, 1/R or 1.
    replicate_scales : sequence of float
        One further factor a replicate, such as those of a stratified jackknife.
    replicate_centre : {"mean", "estimate"}
        Deviations from the mean of the replicates, or from the estimate itself.

    Examples
    --------
    Branches sampled within regions, customers weighted to region and tier:

    >>> Design(weight="weight", stratum="region", cluster="branch", margins=["region", "tier"])
    Design(weight='weight', stratum='region', cluster='branch', margins=('region', 'tier'))
    """

    weight: str | None = None
    stratum: str | None = None
    cluster: str | None = None
    population: str | None = None
    margins: Sequence[str | tuple[str, ...]] = ()
    replicates: Sequence[str] = ()
    base: str | None = field(default=None, kw_only=True)
    leverage: bool = field(default=False, kw_only=True)
    lonely: Lonely = field(default="refuse", kw_only=True)
    replicate_method: ReplicateMethod = field(default="bootstrap", kw_only=True)
    replicate_scales: Sequence[float] = field(default=(), kw_only=True)
    replicate_centre: Literal["mean", "estimate"] = field(default="mean", kw_only=True)

    def __post_init__(self) -> None:
        for name in ("margins", "replicates", "replicate_scales"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, Iterable):
                found = "the text " if isinstance(value, str) else ""
                raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
                    f"{name}: expected a sequence, found {found}{value!r}; write {name}=[{value!r}]"
                )
            object.__setattr__(self, name, tuple(value))
        _check_margins(self.margins)
        _check_scales(self.replicate_scales)
        _check_choice("lonely", self.lonely, ("refuse", "certainty", "centre"))
        methods = ("bootstrap", "jackknife", "brr", "other")
        _check_choice("replicate_method", self.replicate_method, methods)
        _check_choice("replicate_centre", self.replicate_centre, ("mean", "estimate"))
        if self.replicate_scales and len(self.replicate_scales) != len(self.replicates):
            raise ValueError(
                f"replicate_scales: expected one number for each of the {len(self.replicates)} "
                f"replicates, found {len(self.replicate_scales)}; give as many, or none"
            )
        if self.leverage and not self.margins:
            raise ValueError(
                "leverage: expected margins, whose residuals it is about, found none; name the "
                "margins the weights were calibrated to, or leave leverage out"
            )
        if self.base is not None and not self.margins:
            raise ValueError(
                "base: expected margins beside the weights before calibration, found none; name "
                "the margins the weights were calibrated to, or leave base out"
            )

    def __repr__(self) -> str:
        defaults = {f: d.default for f, d in self.__dataclass_fields__.items()}
        shown = {f: getattr(self, f) for f, default in defaults.items()}
        told = [f"{f}={v!r}" for f, v in shown.items() if v != defaults[f]]
        return f"Design({', '.join(told)})"


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: expected one of {', '.join(allowed)}, found {value!r}")


def _check_margins(margins: Sequence[str | tuple[str, ...]]) -> None:
    for margin in margins:
        names = [margin] if isinstance(margin, str) else margin
        if not isinstance(names, list | tuple) or not names:
            raise ValueError(
                f"margins: expected names of columns, or tuples of them, found {margin!r}; name "
                "the columns the weights were calibrated to"
            )


def _check_scales(scales: Sequence[float]) -> None:
    odd = [one for one in scales if not isinstance(one, Real) or not 0 <= one < math.inf]
    if odd or (scales and not any(scales)):
        raise ValueError(
            "replicate_scales: expected numbers of 0 or more, one of them above 0, found "
            f"{(odd or [0])[0]!r}; give what the replicates came with, or leave it out"
        )


@dataclass(frozen=True)
class Structure:
    """A design read from a table: one entry a row, unit (PSU) or stratum.

    ``weight`` is None where all rows weigh the same, ``unit`` None where every row is a unit of its
    own, ``row_stratum`` None where there are no strata. Units are numbered stratum by stratum.
    ``sampled`` counts a stratum's units, ``factor`` is what the sum of their squared deviations
    is multiplied by: (1 − n/N) · n/(n − 1); ``centred`` is false where a lonely unit is held
    against the whole sample.
    """

    design: Design
    rows: int
    weight: np.ndarray | None
    row_stratum: np.ndarray | None
    unit: np.ndarray | None
    unit_stratum: np.ndarray | None
    sampled: np.ndarray
    factor: np.ndarray
    centred: np.ndarray
    covered: np.ndarray

    @property
    def strata(self) -> int:
        """How many strata there are, one without stratification."""
        return len(self.sampled)

    @property
    def units(self) -> int:
        """How many primary sampling units there are."""
        return self.rows if self.unit_stratum is None else len(self.unit_stratum)

    def weights(self) -> np.ndarray:
        """Give each row's weight, 1 where all weigh the same."""
        return np.ones(self.rows) if self.weight is None else self.weight

    def stratum_of_rows(self) -> np.ndarray:
        """Give each row's stratum, 0 without stratification."""
        none = np.zeros(self.rows, dtype=np.intp)
        return none if self.row_stratum is None else self.row_stratum

    def stratum_of_units(self) -> np.ndarray:
        """Give each unit's stratum."""
        return self.stratum_of_rows() if self.unit_stratum is None else self.unit_stratum

    def of_rows(self) -> Structure:
        """Give the same strata with every row a unit of its own and no population."""
        sampled = np.bincount(self.stratum_of_rows(), minlength=self.strata)
        whole = np.ones(self.strata)
        return replace(
            self, unit=None, unit_stratum=None, sampled=sampled, factor=whole, centred=whole > 0
        )


def read_design(df: pd.DataFrame, design: Design | None) -> Structure:
    """Read the columns that a design names, refusing what makes no sample.

    Raises
    ------
    ValueError
        For a column that is absent or has missing values, a weight that is negative or infinite,
        weights that are all 0, a population that differs inside a stratum or is smaller than its
        sample, or a lonely unit (unless the design says what to do with it).
    """
    design = _checked(design)
    rows = len(df)
    row_stratum, names = None, ["the sample"]
    if design.stratum is not None:
        column = column_of(df, design.stratum, "design.stratum")
        row_stratum, names = factor_codes(column, "stratum")
    unit = unit_stratum = None
    if design.cluster is None:
        sampled = _counts(row_stratum, rows, len(names))
    else:
        cluster, labels = factor_codes(column_of(df, design.cluster, "design.cluster"), "cluster")
        key = cluster
        if row_stratum is not None:
            key = row_stratum * len(labels)
            key += cluster
        unit, keys = compact(key, len(names) * len(labels))
        unit_stratum = keys // max(len(labels), 1)
        sampled = np.bincount(unit_stratum, minlength=len(names))
    total = _populations(df, design, row_stratum, sampled, names)
    fraction = np.zeros(len(sampled)) if total is None else sampled / np.maximum(total, 1)
    covered = fraction >= 1
    lonely = (sampled == 1) & ~covered
    if lonely.any() and design.stratum is not None and design.lonely == "refuse":
        _refuse_lonely(design, [names[i] for i in np.flatnonzero(lonely)])
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(sampled > 1, (1 - fraction) * sampled / (sampled - 1), 1 - fraction)
    if design.lonely == "certainty" or design.stratum is None:
        factor = np.where(lonely, 0.0, factor)
    return Structure(
        design=design,
        rows=rows,
        weight=_weights(df, design, row_stratum, sampled, total),
        row_stratum=row_stratum,
        unit=unit,
        unit_stratum=unit_stratum,
        sampled=sampled,
        factor=np.where(covered, 0.0, factor),
        centred=~(lonely & (design.lonely == "centre")),
        covered=covered,
    )


def _checked(design: Design | None) -> Design:
    if design is None:
        return Design()
    if not isinstance(design, Design):
        raise ValueError(  # noqa: TRY004 (whoever catches wrong input catches one type)
            f"design: expected an estimates.Design, found {type(design).__name__}; "
            "name the columns with estimates.Design(weight=…, stratum=…, cluster=…)"
        )
    return design


def _counts(codes: np.ndarray | None, rows: int, strata: int) -> np.ndarray:
    return np.array([rows]) if codes is None else np.bincount(codes, minlength=strata)


def _weights(
    df: pd.DataFrame,
    design: Design,
    stratum: np.ndarray | None,
    sampled: np.ndarray,
    total: np.ndarray | None,
) -> np.ndarray | None:
    if design.weight is None:
        if total is None or len(sampled) == 1:
            if total is None or not len(df):
                return None
            return np.full(len(df), float(total[0] / sampled[0]))
        return (total / np.maximum(sampled, 1))[stratum]
    weight = finite(column_of(df, design.weight, "design.weight"), "weight")
    if len(weight) and weight.min() < 0:
        raise ValueError(
            f"weight: expected no negative weight in {design.weight!r}, found "
            f"{int((weight < 0).sum())}, the first in row {df.index[weight < 0][0]!r}; "
            "calibrate within bounds, or set the row aside"
        )
    if len(weight) and not weight.any():
        raise ValueError(
            f"weight: expected weights above 0 in {design.weight!r}, found only 0; "
            "check the column, or leave the weight out"
        )
    return weight


def _populations(
    df: pd.DataFrame,
    design: Design,
    stratum: np.ndarray | None,
    sampled: np.ndarray,
    names: Sequence[str],
) -> np.ndarray | None:
    """Give each stratum's number of units in the population."""
    if design.population is None:
        return None
    column = finite(column_of(df, design.population, "design.population"), "population")
    if not len(column):
        return np.zeros(len(sampled))
    codes = np.zeros(len(column), dtype=np.intp) if stratum is None else stratum
    total = np.zeros(len(sampled))
    total[codes] = column
    differs = column != total[codes]
    if differs.any():
        raise ValueError(
            f"population: expected one number of units in all rows of a stratum, found "
            f"several in stratum {names[codes[differs][0]]!r}; give the stratum's total in each row"
        )
    short = np.flatnonzero(total < sampled)
    if len(short):
        first = short[0]
        unit = "clusters" if design.cluster is not None else "rows"
        raise ValueError(
            f"population: expected at least the {int(sampled[first])} {unit} sampled in stratum "
            f"{names[first]!r}, found {total[first]:g}; count {unit} of the population, not shares"
        )
    return total


def _refuse_lonely(design: Design, names: Sequence[str]) -> None:
    told = ", ".join(repr(name) for name in names[:5]) + (", …" if len(names) > 5 else "")
    unit = "cluster" if design.cluster is not None else "row"
    raise ValueError(
        f"stratum: expected two or more {unit}s in each stratum of {design.stratum!r}, found one "
        f"in {told}; merge the stratum with a similar one, or choose lonely='certainty' (it has no "
        "variance) or lonely='centre' (it is held against the whole sample)"
    )
