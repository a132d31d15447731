"""Sampling units that two quarters have in common, and the covariance they bring.

A unit (a cluster, or a respondent where there are none) found in both quarters brings an error to
both estimates, and a difference of the two loses what they share. With t the unit's sums of w·z in
each quarter, centred at the mean of its stratum there, h its stratum in the one and k in the other,

    C = Σ_units in both φ_hk · (t₁ − t̄₁h)(t₂ − t̄₂k),   φ_hk = √(b_h b_k) · c_hk,   b = n/(n − 1).

Without a finite population c is 1: no overlap then leaves the two variances alone (Welch), a full
one gives the variance of the units' differences (the paired t test, and R's survey package on the
stacked quarters with units across both), and V₁ + V₂ − 2C, being a sum of squares, is never below
0. Of finite populations two independent samples meet by chance, and sharing units then means no
covariance at all: what counts is the overlap beyond chance. For simple random samples the factor of
the m units in common is 1 − n₁n₂/(m·N), and c is this, with N the larger of the two populations,
held within ±√((1 − n₁/N₁)(1 − n₂/N₂)).

Source: Kish (1965), *Survey Sampling*, section 12.4; Tam (1984), On covariances from overlapping
samples, *The American Statistician* 38, 288–289; Berger (2004), Variance estimation for measures of
change in probability sampling, *Canadian Journal of Statistics* 32, 451–467.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from csatlib.estimates.arguments import column_of
from csatlib.estimates.design import Structure
from csatlib.estimates.variance import Partition

__all__ = ["Link", "both_sided", "make_link", "plain", "same_type"]


@dataclass(frozen=True)
class Link:
    """The units of two quarters that are the same, pair by pair, and the factor of each pair.

    ``one`` and ``two`` number the units within ``first`` and ``second``; ``factor`` is φ.
    """

    first: Partition
    second: Partition
    one: np.ndarray
    two: np.ndarray
    factor: np.ndarray

    def covariances(self, influence: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Give the covariances of all domains of the one quarter with all of the other."""
        return _products(
            _laid(self.first, influence, self.one), _laid(self.second, other, self.two), self.factor
        )

    def covariance(self, influence: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Give the covariance of each domain's estimate in the one quarter with the other's."""
        return _diagonal(
            _laid(self.first, influence, self.one), _laid(self.second, other, self.two), self.factor
        )

    def within(self, side: int, influence: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Give what the common units bring to the covariances inside one quarter (0 or 1)."""
        partition, units = self._side(side)
        laid = [_laid(partition, values, units) for values in (influence, other)]
        return _products(*laid, self._own_factor(side))

    def variance(self, side: int, influence: np.ndarray) -> np.ndarray:
        """Give what the common units bring to each domain's variance in one quarter (0 or 1)."""
        partition, units = self._side(side)
        laid = _laid(partition, influence, units)
        return _diagonal(laid, laid, self._own_factor(side))

    def common(self, counted: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Count the units that hold somebody of a domain in both quarters."""
        held = [
            _sparse(partition, rows.astype(float))[units] > 0
            for partition, rows, units in (
                (self.first, counted, self.one),
                (self.second, other, self.two),
            )
        ]
        return np.asarray(held[0].multiply(held[1]).sum(axis=0), dtype=float).ravel()

    def _side(self, side: int) -> tuple[Partition, np.ndarray]:
        return (self.second, self.two) if side else (self.first, self.one)

    def _own_factor(self, side: int) -> np.ndarray:
        partition, units = self._side(side)
        return partition.structure.factor[partition.structure.stratum_of_units()[units]]


@dataclass(frozen=True)
class _Laid:
    """The common units' totals by domain, to be centred at ``means`` of their ``stratum``."""

    totals: sparse.csr_array
    means: np.ndarray
    stratum: sparse.csr_array


def make_link(first: Partition, second: Partition, keys: tuple[pd.DataFrame, pd.DataFrame]) -> Link:
    """Pair the units that carry the same key in both quarters (see `both_sided`)."""
    ahead, behind = (frame.assign(unit=np.arange(len(frame))).dropna() for frame in keys)
    names = list(keys[0].columns)
    pairs = ahead.merge(behind, on=names, suffixes=("_first", "_second"))
    one, two = pairs["unit_first"].to_numpy(), pairs["unit_second"].to_numpy()
    return Link(first, second, one, two, _factor(first.structure, second.structure, one, two))


def both_sided(
    tables: tuple[pd.DataFrame, pd.DataFrame],
    structures: tuple[Structure, Structure],
    identity: str | None,
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Give the key of each unit in both quarters; None where nothing tells units again.

    Clusters are known by their label, and by stratum and label where a label stands for several
    clusters of a quarter; respondents by ``identity``, missing where it is unknown.

    Raises
    ------
    ValueError
        Where only one quarter has clusters, an identity stands twice in a quarter without
        clusters, labels are of another type in the other quarter, or clusters cannot be told apart.
    """
    clusters = [structure.design.cluster for structure in structures]
    if None in clusters and identity is None:
        return None
    named = [identity if cluster is None else cluster for cluster in clusters]
    mixed = (clusters[0] is None) != (clusters[1] is None)
    if mixed and named[0] != named[1]:
        raise ValueError(
            "design: expected clusters in both quarters or in neither, found them in one, so that "
            "nothing says which units are the same; name clusters in both designs, or compare "
            "with overlap='independent'"
        )
    frames = []
    for table, structure, name in zip(tables, structures, named, strict=True):
        argument = "id" if structure.design.cluster is None else "design.cluster"
        frames.append(_labels(table, structure, column_of(table, name, argument)))
    same_type([frame["key"] for frame in frames], named[0])
    if not any(frame["key"].dropna().duplicated().any() for frame in frames):
        return frames[0][["key"]], frames[1][["key"]]
    _refuse_repeats(frames, structures, named)
    return frames[0], frames[1]


def _labels(table: pd.DataFrame, structure: Structure, column: pd.Series) -> pd.DataFrame:
    """Take each unit's label and the label of its stratum from its first row."""
    rows = np.arange(structure.rows)
    if structure.unit is not None:
        rows = np.empty(structure.units, dtype=np.intp)
        rows[structure.unit[::-1]] = np.arange(structure.rows)[::-1]
    found = {"key": plain(column.iloc[rows])}
    if structure.design.stratum is not None:
        found["stratum"] = plain(column_of(table, structure.design.stratum, "design.stratum"))
        found["stratum"] = found["stratum"].iloc[rows].astype("str")
    return pd.DataFrame({name: values.array for name, values in found.items()})


def plain(column: pd.Series) -> pd.Series:
    """Give a categorical column as a column of its values."""
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    return column.astype(column.cat.categories.dtype) if categorical else column


def same_type(columns: Sequence[pd.Series], name: str) -> None:
    """Refuse numbers in one quarter and text in the other: nobody would be found again."""
    filled = [column for column in columns if column.notna().any()]
    if len({pd.api.types.is_numeric_dtype(column.dtype) for column in filled}) > 1:
        raise ValueError(
            f"id: expected {name!r} to be of one type in both tables, found numbers in one and "
            "text in the other, so that nobody would be found again; read both in the same way"
        )


def _refuse_repeats(
    frames: list[pd.DataFrame], structures: tuple[Structure, Structure], named: list[str | None]
) -> None:
    for frame, structure, table, name in zip(
        frames, structures, ("previous", "current"), named, strict=True
    ):
        repeated = int(frame["key"].dropna().duplicated(keep=False).sum())
        if repeated and structure.design.cluster is None:
            raise ValueError(
                f"id: expected each value of {name!r} once in the {table} table, found {repeated} "
                "rows that share theirs with another; keep one answer of each, or make them one "
                f"sampling unit with Design(cluster={name!r})"
            )
    if not all("stratum" in frame for frame in frames):
        raise ValueError(
            f"design: expected labels of {named[0]!r} that name one cluster of a quarter each, "
            "found some in several strata while one quarter has no strata; give the clusters "
            "labels of their own, or compare with overlap='independent'"
        )


def _factor(first: Structure, second: Structure, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Give φ of each pair of units, see the top of this module."""
    at = (first.stratum_of_units()[one], second.stratum_of_units()[two])
    bases, opens, shares = zip(
        *(_parts(structure, here) for structure, here in zip((first, second), at, strict=True)),
        strict=True,
    )
    counts = [np.bincount(here)[here] if len(here) else here for here in at]
    # n₁n₂/(m·N) is the sampled share of the one quarter's stratum over the share of the other
    # quarter's units that are found again; movers between strata are counted with their stratum.
    sampled = (first.sampled[at[0]], second.sampled[at[1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        by_chance = np.minimum(
            shares[1] * sampled[0] / counts[0], shares[0] * sampled[1] / counts[1]
        )
    most = np.sqrt(opens[0] * opens[1])
    return np.sqrt(bases[0] * bases[1]) * np.clip(1 - by_chance, -most, most)


def _parts(structure: Structure, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split a stratum's factor into n/(n − 1) and 1 − n/N, and give n/N."""
    sampled = structure.sampled[at]
    base = np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 1.0)
    unsampled = structure.factor[at] / base
    share = 1 - unsampled if structure.design.population is not None else np.zeros(len(at))
    return base, unsampled, share


def _sparse(partition: Partition, values: np.ndarray) -> sparse.csr_array:
    units = np.arange(partition.structure.units)
    at = (units if partition.cell_unit is None else partition.cell_unit, partition.cell_domain)
    shape = (partition.structure.units, partition.domains)
    return sparse.coo_array((partition.cell_sums(values), at), shape).tocsr()


def _laid(partition: Partition, influence: np.ndarray, units: np.ndarray) -> _Laid:
    structure = partition.structure
    stratum = structure.stratum_of_units()[units]
    indicator = sparse.coo_array(
        (np.ones(len(units)), (np.arange(len(units)), stratum)), (len(units), structure.strata)
    ).tocsr()
    shape = (structure.strata, partition.domains)
    if partition.margins is not None:
        return _Laid(
            sparse.csr_array(partition.deviations(influence)[units]), np.zeros(shape), indicator
        )
    sums = np.zeros(shape)
    sums[partition.block_stratum, partition.block_domain] = np.bincount(
        partition.block,
        weights=partition.cell_sums(influence),
        minlength=len(partition.block_stratum),
    )
    means = sums / np.maximum(structure.sampled, 1)[:, None]
    means[~structure.centred] = 0
    return _Laid(_sparse(partition, influence)[units], means, indicator)


def _products(one: _Laid, two: _Laid, factor: np.ndarray) -> np.ndarray:
    """Multiply (A₁ − E₁T₁)'Φ(A₂ − E₂T₂) out, A being sparse and T one row a stratum."""
    weighed = _scaled(two.totals, factor)
    between = _scaled(two.stratum, factor)
    return (
        (one.totals.T @ weighed).toarray()
        - (one.totals.T @ between) @ two.means
        - one.means.T @ (one.stratum.T @ weighed).toarray()
        + one.means.T @ ((one.stratum.T @ between) @ two.means)
    )


def _diagonal(one: _Laid, two: _Laid, factor: np.ndarray) -> np.ndarray:
    """Give the diagonal of `_products` without the rest."""
    weighed = _scaled(two.totals, factor)
    between = _scaled(two.stratum, factor)
    return (
        np.asarray(one.totals.multiply(weighed).sum(axis=0)).ravel()
        - ((one.totals.T @ between).toarray().T * two.means).sum(axis=0)
        - (one.means * (one.stratum.T @ weighed).toarray()).sum(axis=0)
        + (one.means * ((one.stratum.T @ between) @ two.means)).sum(axis=0)
    )


def _scaled(rows: sparse.csr_array, factor: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags_array(factor) @ rows)
