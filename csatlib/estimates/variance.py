"""From each row's influence to the variances of the domains, in one pass over the sampling units.

A domain's estimate is a smooth function of weighted sums; its *influence* gives each row the share
w·z of the estimate's sampling error that it brings (Taylor linearisation). The variance of an
estimate is then that of a total: with t the sums of w·z over a unit, n the units sampled in a
stratum and N those in the population,

    V = Σ_strata (1 − n/N) · n/(n − 1) · Σ_units (t − t̄)².

Units that hold nobody of the domain count with t = 0, which is why a domain must not be cut out of
the table beforehand. After calibration z gives way to its residual from a weighted regression on
the margins, and every row of the sample then has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from csatlib.estimates.codes import compact, counted
from csatlib.estimates.design import Structure
from csatlib.estimates.margins import Margins

__all__ = ["Partition", "make_partition"]

#: Numbers held at once where units × domains is laid out in full.
_BLOCK = 4_000_000


@dataclass(frozen=True)
class Partition:
    """The rows of a design sorted into disjoint domains.

    ``codes`` holds each row's domain (0 outside) and ``inside`` which rows are in one, None for
    all. A *cell* is a unit within a domain: ``cell`` numbers each row's, None where each row is a
    unit of its own; ``cell_domain`` and ``cell_unit`` lead back. A *block* is a stratum within a
    domain: ``block`` numbers that of each cell (or row), ``block_stratum`` and ``block_domain``
    lead back. Cells and blocks stand in the order of their domains, cells of a block together.
    ``cell_rows`` counts the rows of each cell, None where each row is one.
    """

    structure: Structure
    domains: int
    codes: np.ndarray
    inside: np.ndarray | None
    cell: np.ndarray | None
    cell_rows: np.ndarray | None
    cell_domain: np.ndarray
    cell_unit: np.ndarray | None
    block: np.ndarray
    block_stratum: np.ndarray
    block_domain: np.ndarray
    margins: Margins | None

    # ---- sums ------------------------------------------------------------------------------------

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Add a row's values up by domain; rows outside must be 0."""
        return np.bincount(self.codes, weights=values, minlength=self.domains)

    def cell_sums(self, values: np.ndarray) -> np.ndarray:
        """Add a row's values up by cell; rows outside must be 0."""
        if self.cell is None:
            return values
        return np.bincount(self.cell, weights=values, minlength=len(self.cell_domain))

    def cell_counts(self, rows: np.ndarray) -> np.ndarray:
        """Count the rows of each cell that are marked true."""
        if self.cell is None:
            return rows.astype(float)
        if rows.all():
            return self.cell_rows.astype(float)
        return np.bincount(self.cell[rows], minlength=len(self.cell_domain)).astype(float)

    def of_cells(self, cells: np.ndarray) -> np.ndarray:
        """Add values of cells up by domain; further axes come first."""
        if self.cell is None:
            return np.bincount(self.cell_domain, weights=cells, minlength=self.domains)
        return self.by_domain(self.of_blocks(cells))

    def of_blocks(self, cells: np.ndarray) -> np.ndarray:
        """Add cells (or rows, where each is a unit) up by block."""
        if self.cell is None:
            return np.bincount(self.block, weights=cells, minlength=len(self.block_stratum))
        return np.add.reduceat(cells, self._block_starts, axis=-1)

    def by_domain(self, blocks: np.ndarray) -> np.ndarray:
        """Add blocks up by domain."""
        sums, starts = np.zeros((*blocks.shape[:-1], self.domains)), self._domain_starts
        sums[..., self.block_domain[starts]] = np.add.reduceat(blocks, starts, -1, dtype=float)
        return sums

    def to_cells(self, blocks: np.ndarray) -> np.ndarray:
        """Give each cell the value of its block; further axes come first."""
        if self.cell is None:
            return blocks[..., self.block]
        return np.repeat(blocks, self._block_sizes, axis=-1)

    # ---- variance --------------------------------------------------------------------------------

    def variances(self, influence: np.ndarray) -> np.ndarray:
        """Give each domain's variance from each row's influence."""
        if self.margins is None:
            return self.variances_of_cells(self.cell_sums(influence))
        factor = self._unit_factor()
        return np.concatenate(
            [
                np.einsum("ij,ij,i->j", block, block, factor)
                for block in self._dense_blocks(influence)
            ]
        )

    def variances_of_cells(self, totals: np.ndarray) -> np.ndarray:
        """Give each domain's variance from the influence added up by cell, without margins.

        Further axes (items, say) come first.
        """
        mean = self.unit_means(self.of_blocks(totals))
        return self.variances_about(totals - self.to_cells(mean), mean)

    def unit_means(self, blocks: np.ndarray) -> np.ndarray:
        """Give what the units of a block are held against: their mean, those absent counting 0."""
        stratum = self.block_stratum
        mean = blocks / self.structure.sampled[stratum]
        return np.where(self.structure.centred[stratum], mean, 0.0)

    def variances_about(self, deviation: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Give each domain's variance from the cells' deviations, which are squared in place.

        ``mean`` holds, for each block, what they deviate from: what absent units deviate by.
        """
        deviation *= deviation
        squares = self.of_blocks(deviation) + self._absent * mean * mean
        return self.by_domain(self.structure.factor[self.block_stratum] * squares)

    def covariances(self, influence: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
        """Give the covariances of all domains' estimates, shape (domains, domains).

        With ``other``, the influence of a second statistic over the same domains (another item,
        say), one row a domain of the first and one column a domain of the second.
        """
        if self.margins is not None:
            first = np.hstack(list(self._dense_blocks(influence)))
            second = first if other is None else np.hstack(list(self._dense_blocks(other)))
            return first.T @ (self._unit_factor()[:, None] * second)
        first = self.cell_sums(influence)
        return self._sparse_covariances(first, first if other is None else self.cell_sums(other))

    def deviations(self, influence: np.ndarray) -> np.ndarray:
        """Lay the residuals from the margins out as units × domains, centred in their strata."""
        return np.hstack(list(self._dense_blocks(influence)))

    def degrees_of_freedom(self, counts: np.ndarray) -> np.ndarray:
        """Count, for each domain, the units that hold somebody of it less their strata.

        ``counts`` holds how many rows of each cell count (a valid answer, a weight above 0).
        """
        units = self._held(counts > 0)
        return self.by_domain(np.maximum(units - 1, 0)).astype(np.int64)

    def covered(self, counts: np.ndarray) -> np.ndarray:
        """Say of each domain whether all strata that hold somebody of it are sampled whole."""
        if not self.structure.covered.any():
            return np.zeros(self.domains, dtype=bool)
        held = self._held(counts > 0) > 0
        whole = self.structure.covered[self.block_stratum]
        return (self.by_domain(held) > 0) & (self.by_domain(held & ~whole) == 0)

    def agreeing(self, counted: np.ndarray, hits: np.ndarray) -> np.ndarray:
        """Say of each domain whether, in some stratum, all rows that count hit or none does."""
        n = self.of_blocks(self.cell_counts(counted))
        hit = self.of_blocks(self.cell_counts(counted & hits))
        return self.by_domain((n > 0) & ((hit == 0) | (hit == n))) > 0

    # ---- inside ----------------------------------------------------------------------------------

    @cached_property
    def _absent(self) -> np.ndarray:
        """Count, for each block, the units of its stratum that hold nobody of its domain."""
        return self.structure.sampled[self.block_stratum] - self._block_sizes

    @cached_property
    def _block_sizes(self) -> np.ndarray:
        """Count the cells of each block."""
        return np.bincount(self.block, minlength=len(self.block_stratum))

    @cached_property
    def _block_starts(self) -> np.ndarray:
        """The first cell of each block."""
        return np.flatnonzero(np.diff(self.block, prepend=-1))

    @cached_property
    def _domain_starts(self) -> np.ndarray:
        """The first block of each domain that has any."""
        return np.flatnonzero(np.diff(self.block_domain, prepend=-1))

    def _held(self, cells: np.ndarray) -> np.ndarray:
        """Count, for each block, the cells (or rows) that are marked true."""
        if cells.all():
            return self._block_sizes
        return np.bincount(self.block[cells], minlength=len(self.block_stratum))

    def _sparse_covariances(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Multiply two sets of cell totals out, without laying units × domains out in full."""
        structure, at = self.structure, (self.block_stratum, self.block_domain)
        shape = (structure.strata, self.domains)
        share = (structure.factor * structure.centred / np.maximum(structure.sampled, 1))[at[0]]
        one = sparse.coo_array((self.of_blocks(first), at), shape).tocsr()
        two = sparse.coo_array((share * self.of_blocks(second), at), shape).tocsr()
        shift = (one.T @ two).toarray()
        if self.cell is None:
            both = first * second * structure.factor[structure.stratum_of_rows()]
            return np.diag(self.sums(both)) - shift
        factor = self._unit_factor()[self.cell_unit]
        shape = (structure.units, self.domains)
        at = (self.cell_unit, self.cell_domain)
        product = sparse.coo_array((first, at), shape).tocsr().T @ sparse.coo_array(
            (factor * second, at), shape
        )
        return product.toarray() - shift

    def _unit_factor(self) -> np.ndarray:
        return self.structure.factor[self.structure.stratum_of_units()]

    def _dense_blocks(self, influence: np.ndarray) -> Iterator[np.ndarray]:
        """Lay the residual influence out as units × domains, centred, some domains at a time."""
        units, totals = self.structure.units, self.cell_sums(self.margins.stretched(influence))
        width = max(1, _BLOCK // max(units, 1))
        coefficients = self.margins.coefficients(influence, self.codes, self.domains)
        for first in range(0, self.domains, width):
            last = min(first + width, self.domains)
            here = (self.cell_domain >= first) & (self.cell_domain < last)
            unit = np.flatnonzero(here) if self.cell_unit is None else self.cell_unit[here]
            laid = -(self.margins.unit_totals @ coefficients[:, first:last])
            laid[unit, self.cell_domain[here] - first] += totals[here]
            yield self._centred(laid)

    def _centred(self, laid: np.ndarray) -> np.ndarray:
        stratum = self.structure.stratum_of_units()
        sampled = np.maximum(self.structure.sampled, 1)
        if self.structure.strata == 1:
            return laid - laid.sum(axis=0) / sampled[0] * self.structure.centred[0]
        means = np.stack(
            [
                np.bincount(stratum, weights=column, minlength=len(sampled)) / sampled
                for column in laid.T
            ],
            axis=1,
        )
        means[~self.structure.centred] = 0
        return laid - means[stratum]


def make_partition(
    structure: Structure, codes: np.ndarray, domains: int, margins: Margins | None = None
) -> Partition:
    """Sort the rows of a design into domains (code −1: into none) and number the cells."""
    inside = codes >= 0
    whole = bool(inside.all())
    codes = codes if whole else np.where(inside, codes, 0)
    cell = cell_rows = cell_unit = None
    cell_domain = codes
    if structure.unit is not None:
        key = codes * structure.units
        key += structure.unit
        cell, keys, cell_rows = counted(key, max(domains, 1) * structure.units)
        cell_domain = keys // max(structure.units, 1)
        cell_unit = keys - cell_domain * structure.units
        stratum = structure.unit_stratum[cell_unit]
    else:
        stratum = structure.row_stratum
    key = cell_domain if stratum is None else cell_domain * structure.strata + stratum
    block, keys = compact(key, structure.strata * max(domains, 1))
    return Partition(
        structure=structure,
        domains=domains,
        codes=codes,
        inside=None if whole else inside,
        cell=cell,
        cell_rows=cell_rows,
        cell_domain=cell_domain,
        cell_unit=cell_unit,
        block=block,
        block_stratum=keys % structure.strata,
        block_domain=keys // structure.strata,
        margins=margins,
    )
