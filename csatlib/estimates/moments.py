"""Means, totals and ratios of the domains with their variances, by linearisation or replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import islice

import numpy as np
import pandas as pd
from scipy import sparse

from csatlib.estimates.arguments import check_table
from csatlib.estimates.design import Design, Structure, read_design
from csatlib.estimates.domains import Domains, Where, find_domains
from csatlib.estimates.margins import read_margins
from csatlib.estimates.replicates import Replicates, read_replicates
from csatlib.estimates.sums import adders, first_answer, keep_memory, sum_items
from csatlib.estimates.variance import Partition, make_partition

__all__ = ["Moments", "Survey", "read_survey", "stacked"]

#: A variance this small beside that of a simple random sample is rounding: the design fixes the
#: estimate.
_FIXED = 1e-20
#: Numbers held at once where items × cells are laid out in full.
_BLOCK = 1 << 19


@dataclass(frozen=True)
class Moments:
    """What the answers say of each domain, one entry a domain.

    ``n`` valid answers of a weight above 0, ``size`` the sum of their weights, ``squares`` that of
    the squared weights; ``estimate`` and its ``variance``, ``df`` degrees of freedom, ``simple``
    the variance that a simple random sample of the same size would have (with replacement).
    ``same`` marks domains whose answers are all equal, ``covered`` those whose strata were sampled
    whole, ``fixed`` those whose estimate the design fixes. ``influence`` holds each row's share in
    the error (w·z), 0 outside. ``most`` bounds the effective size of a share.
    """

    n: np.ndarray
    size: np.ndarray
    estimate: np.ndarray
    variance: np.ndarray
    df: np.ndarray
    simple: np.ndarray
    squares: np.ndarray
    same: np.ndarray
    covered: np.ndarray
    fixed: np.ndarray
    most: np.ndarray
    influence: np.ndarray | None


#: What moments hold of each domain.
_LAID = tuple(field.name for field in fields(Moments) if field.name != "influence")


def stacked(moments: Sequence[Moments]) -> Moments:
    """Lay the moments of several items over each other: one row an item, one column a domain."""
    laid = {name: np.stack([getattr(each, name) for each in moments]) for name in _LAID}
    return Moments(**laid, influence=None)


def _item(moments: Moments, row: int) -> Moments:
    """Take one item out of moments laid over each other."""
    laid = {name: getattr(moments, name)[row] for name in _LAID}
    return Moments(**laid, influence=moments.influence)


@dataclass(frozen=True)
class _Weighed:
    """The rows that have an answer, weighed: their sums by cell and by domain."""

    partition: Partition
    answered: np.ndarray | None
    cells: np.ndarray
    size: np.ndarray
    counts: np.ndarray
    n: np.ndarray
    df: np.ndarray

    @cached_property
    def weight(self) -> np.ndarray:
        """Each row's weight, 0 outside the domains and without an answer."""
        return _row_weights(self.partition, self.answered)

    @cached_property
    def adders(self) -> tuple[sparse.coo_array, sparse.coo_array]:
        """What adds an item up by cell and by domain; there are cells."""
        return adders(self.partition, self.weight)

    @cached_property
    def blocks(self) -> np.ndarray:
        """The weights added up by block."""
        return self.partition.of_blocks(self.cells)

    @cached_property
    def per_size(self) -> np.ndarray:
        """One over the size of each block's domain."""
        per_size = 1 / np.where(self.size > 0, self.size, 1)
        return per_size[self.partition.block_domain]

    @cached_property
    def per_size_of_cells(self) -> np.ndarray:
        """One over the size of each cell's domain."""
        return self.partition.to_cells(self.per_size)

    @cached_property
    def share(self) -> np.ndarray:
        """The weight of each cell as a part of its domain's."""
        return self.cells * self.per_size_of_cells

    def variances(self, cells: np.ndarray, blocks: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Give the variances of means from Σ wy by cell, which is overwritten, and by block.

        A cell's influence (Σ wy − ȳ Σ w) / size and the mean of its stratum are taken off in one.
        """
        mean = mean[:, self.partition.block_domain]
        centre = self.partition.unit_means((blocks - mean * self.blocks) * self.per_size)
        expected = self.partition.to_cells(mean)
        expected *= self.share
        expected += self.partition.to_cells(centre)
        cells *= self.per_size_of_cells
        cells -= expected
        return self.partition.variances_about(cells, centre)


@dataclass(frozen=True)
class Survey:
    """A table read for estimation: its design, its domains, their cells.

    One of these serves all items of a call; what depends on missing answers alone is kept between
    items that have none.
    """

    domains: Domains
    partition: Partition
    replicates: Replicates | None
    whole: _Weighed

    @property
    def structure(self) -> Structure:
        """The design as arrays."""
        return self.partition.structure

    def mean(self, values: np.ndarray, *, influence: bool = False) -> Moments:
        """Estimate each domain's mean of ``values`` (NaN: no answer).

        The influence of row i on its domain's mean ȳ is w(y − ȳ)/Σw. It is worked out row by row
        where asked for, or where the variance needs it.
        """
        missing = np.isnan(values) if np.isnan(values.min(initial=0)) else None
        weighed = self.whole if missing is None else _weigh(self.partition, ~missing)
        if missing is not None:
            values = np.where(missing, first_answer(values), values)
        if influence or self._by_rows:
            return self._mean_by_rows(values, weighed, influence)
        return _item(self._means([values], weighed), 0)

    def means(self, items: Sequence[np.ndarray]) -> Moments:
        """Estimate each domain's mean of several items: the moments as items × domains."""
        whole = [not self._by_rows and not np.isnan(values.min(initial=0)) for values in items]
        together = [values for values, complete in zip(items, whole, strict=True) if complete]
        laid = self._means(together, self.whole) if together else None
        if laid is not None and all(whole):
            return laid
        rows = iter(range(len(together)))
        return stacked(
            [
                _item(laid, next(rows)) if complete else self.mean(values)
                for values, complete in zip(items, whole, strict=True)
            ]
        )

    @property
    def _by_rows(self) -> bool:
        """Whether a mean takes more than the sums of the cells."""
        partition = self.partition
        plain = partition.cell is not None and partition.margins is None
        return not plain or self.replicates is not None

    def _means(self, items: Sequence[np.ndarray], weighed: _Weighed) -> Moments:
        """Estimate means from the sums of the cells; all items have the answers of ``weighed``."""
        partition, shape = self.partition, (len(items), self.partition.domains)
        origins = [first_answer(values) for values in items]
        mean, square, variance = np.empty(shape), np.empty(shape), np.empty(shape)
        sums = sum_items(*weighed.adders, items, origins)
        width = max(_BLOCK // max(len(weighed.cells), 1), 1)
        for first in range(0, len(items), width):
            at = slice(first, first + width)
            cells, squares = (np.stack(each) for each in zip(*islice(sums, width), strict=True))
            blocks = partition.of_blocks(cells)
            mean[at] = _per(partition.by_domain(blocks), weighed.size)
            square[at] = _per(squares, weighed.size)
            variance[at] = weighed.variances(cells, blocks, mean[at])
        moments = self._mean(
            items, weighed, np.array(origins)[:, None], mean, square, variance, None
        )
        fixed = moments.fixed.any(axis=1)
        if not fixed.any():
            return moments
        # Whether it is the design that fixes a mean shows row by row only.
        again = [
            self._mean_by_rows(values, weighed, False) if suspect else _item(moments, at)
            for at, (values, suspect) in enumerate(zip(items, fixed, strict=True))
        ]
        return stacked(again)

    def _mean_by_rows(self, values: np.ndarray, weighed: _Weighed, influence: bool) -> Moments:
        origin = first_answer(values)
        shifted = values - origin
        weighted = weighed.weight * shifted
        mean = _per(self.partition.sums(weighted), weighed.size)
        square = _per(self.partition.sums(weighted * shifted), weighed.size)
        rows = weighted - weighed.weight * mean[self.partition.codes]
        rows = self._spread_out(rows, weighed.size)
        if self.replicates is None:
            variance = self.partition.variances(rows)
        else:
            variance = self.replicates.variances(
                lambda w: _per(*self._two_sums(w, shifted, weighed)), mean
            )
        laid = (one[None] for one in (mean, square, variance))
        moments = _item(self._mean([values], weighed, np.array([[origin]]), *laid, rows), 0)
        return moments if influence else replace(moments, influence=None)

    def share(self, values: np.ndarray) -> Moments:
        """Estimate each domain's mean of 0 and 1, and bound what its variance can vouch for.

        Where the answers of a stratum happen to be all equal its variance is estimated as 0, and
        the effective size may exceed the answers there are: there ``most`` is their number.
        """
        found = self.mean(values)
        # The larger of the effective sizes, Wilson's, passes n here: a tie is then bounded to
        # itself, whichever way it rounds.
        gained = found.simple > found.variance
        if self.structure.strata == 1 or not gained.any():
            return found
        counted = _row_weights(self.partition, ~np.isnan(values)) > 0
        blind = self.partition.agreeing(counted, values == 1)[: len(found.n)]
        return replace(found, most=np.where(gained & blind, found.n, np.inf))

    def total(self, values: np.ndarray) -> Moments:
        """Estimate each domain's total of ``values``: Σ w·y, whose influence is w·y itself."""
        missing = np.isnan(values)
        weighed = _weigh(self.partition, ~missing) if missing.any() else self.whole
        known = np.where(missing, 0.0, values)
        rows = weighed.weight * known
        estimate = self.partition.sums(rows)
        square = _per(self.partition.sums(rows * known), weighed.size)
        spread = np.maximum(square - _per(estimate, weighed.size) ** 2, 0)
        if self.replicates is not None:
            variance = self.replicates.variances(
                lambda w: self._two_sums(w, known, weighed)[0], estimate
            )
        else:
            variance = self.partition.variances(rows)
        same = np.zeros(len(estimate), dtype=bool)
        scale = np.where(spread > 1e-12 * square, spread, square) * weighed.size**2
        return self._moments(weighed, estimate, variance, scale, same, rows)

    def ratio(self, above: np.ndarray, below: np.ndarray) -> Moments:
        """Estimate each domain's ratio of two totals, R = Σwy/Σwx, over rows that have both.

        The influence is w(y − R·x)/Σwx.
        """
        missing = np.isnan(above) | np.isnan(below)
        weighed = _weigh(self.partition, ~missing)
        y, x = np.where(missing, 0.0, above), np.where(missing, 0.0, below)
        base = self.partition.sums(weighed.weight * x)
        estimate = _per(self.partition.sums(weighed.weight * y), base)
        residual = y - np.nan_to_num(estimate)[self.partition.codes] * x
        weighted = weighed.weight * residual
        rows = self._spread_out(weighted, base)
        if self.replicates is not None:
            variance = self.replicates.variances(
                lambda w: _per(self._two_sums(w, y, weighed)[0], self._two_sums(w, x, weighed)[0]),
                estimate,
            )
        else:
            variance = self.partition.variances(rows)
        squares = self.partition.sums(weighted * residual) * weighed.size
        spread = _per(squares, base**2)
        # All rows have the same ratio, but for rounding: they say nothing about its error.
        same = squares <= 1e-24 * (np.nan_to_num(estimate) * base) ** 2
        variance = np.where(same, 0, variance)
        return self._moments(weighed, estimate, variance, np.where(same, 0, spread), same, rows)

    def linear(self, influence: np.ndarray, estimate: np.ndarray, valid: np.ndarray) -> Moments:
        """Give the moments of any estimate whose influence w·z is known row by row.

        ``valid`` says which rows have the answers that the estimate rests on.
        """
        weighed = _weigh(self.partition, valid)
        rows = np.where(weighed.weight > 0, influence, 0.0)
        variance = self.partition.variances(rows)
        z = np.divide(rows, weighed.weight, out=np.zeros(len(rows)), where=weighed.weight > 0)
        spread = self.partition.sums(rows * z) * weighed.size
        same = np.zeros(len(estimate), dtype=bool)
        return self._moments(weighed, estimate, variance, spread, same, rows)

    # ---- inside ----------------------------------------------------------------------------------

    def _mean(
        self,
        items: Sequence[np.ndarray],
        weighed: _Weighed,
        origins: np.ndarray,
        mean: np.ndarray,
        square: np.ndarray,
        variance: np.ndarray,
        influence: np.ndarray | None,
    ) -> Moments:
        """Put means together from what was summed up about ``origins``, items × domains."""
        spread = np.maximum(square - mean**2, 0)
        same, exact = np.zeros(spread.shape, dtype=bool), np.zeros(spread.shape)
        suspect = ~(spread > 1e-12 * square)
        for at in np.flatnonzero(suspect.any(axis=1)):
            same[at], exact[at] = self._equal(items[at], weighed, suspect[at])
        return self._moments(
            weighed,
            np.where(same, exact, mean + origins),
            np.where(same, 0, variance),
            np.where(same, 0, spread),
            same,
            influence,
        )

    def _agree_by_chance(self, influence: np.ndarray, simple: np.ndarray) -> np.ndarray:
        """Find the domains whose rows differ although their sampling units do not.

        What strata or margins fix is the same in every row of a stratum, but for its residual.
        """
        structure, partition, margins = self.structure, self.partition, self.partition.margins
        if structure.unit is None or self.replicates is not None:
            return np.zeros(partition.domains, dtype=bool)
        rows = structure.of_rows()
        if margins is not None:
            weight = margins.stretched(structure.weights())
            totals = margins.x[margins.profile] * weight[:, None]
            margins = replace(margins, unit_totals=totals)
        inside = partition.inside
        codes = partition.codes if inside is None else np.where(inside, partition.codes, -1)
        apart = make_partition(rows, codes, partition.domains, margins).variances(influence)
        return apart > _FIXED * simple

    def _spread_out(self, values: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Divide each row's value by its domain's size."""
        return values / np.where(size != 0, size, 1)[self.partition.codes]

    def _two_sums(
        self, weight: np.ndarray, values: np.ndarray, weighed: _Weighed
    ) -> tuple[np.ndarray, np.ndarray]:
        """Add values and weights up by domain under other weights of the same rows."""
        weight = np.where(weighed.weight > 0, weight, 0.0)
        return self.partition.sums(weight * values), self.partition.sums(weight)

    def _equal(
        self, values: np.ndarray, weighed: _Weighed, suspect: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the domains whose answers are all equal, and that answer.

        Rounding may leave the mean of equal fractions beside their value, and a variance of dust;
        so the answers themselves are compared wherever the spread is next to nothing.
        """
        exact = np.zeros(len(suspect))
        counted = weighed.weight > 0
        codes, y = self.partition.codes[counted], values[counted]
        exact[codes[::-1]] = y[::-1]
        differs = np.bincount(codes, weights=y != exact[codes], minlength=len(suspect)) > 0
        return suspect & ~differs, exact

    def _moments(
        self,
        weighed: _Weighed,
        estimate: np.ndarray,
        variance: np.ndarray,
        spread: np.ndarray,
        same: np.ndarray,
        influence: np.ndarray | None,
    ) -> Moments:
        empty = weighed.n == 0
        covered = self.partition.covered(weighed.counts) & (self.replicates is None)
        rows = self.structure.rows
        simple = spread / np.maximum(weighed.n, 1) * (rows / max(rows - 1, 1))
        dust = ~same & ~covered & (simple > 0) & (variance <= _FIXED * simple)
        fixed = dust
        if dust.any() and influence is not None:
            fixed = dust & ~self._agree_by_chance(influence, simple)
        df = weighed.df
        if self.replicates is not None:
            df = self.replicates.degrees_of_freedom(weighed.weight, self.partition)
        # Kish's effective size is asked for only where all answers are equal, or round to it.
        equal = same | (estimate == 0) | (estimate == 1)
        squares = self.partition.sums(weighed.weight**2) if equal.any() else weighed.size
        laid = {
            "n": weighed.n,
            "size": weighed.size,
            "estimate": np.where(empty | ~np.isfinite(variance), np.nan, estimate),
            "variance": np.where(empty, np.nan, np.where(dust | covered, 0.0, variance)),
            "df": df,
            "simple": simple,
            "squares": squares,
            "same": same & ~empty,
            "covered": covered,
            "fixed": fixed & ~empty,
            "most": np.full(self.partition.domains, np.inf),
        }
        # Without any group the rows are sorted into one domain that nobody is in.
        kept = slice(len(self.domains))
        shape = np.shape(estimate)
        return Moments(
            **{name: np.broadcast_to(one, shape)[..., kept] for name, one in laid.items()},
            influence=influence,
        )


def read_survey(
    df: pd.DataFrame,
    by: Sequence[str] = (),
    where: Where = None,
    design: Design | None = None,
) -> Survey:
    """Read the domains and the design of a call."""
    check_table(df)
    keep_memory()
    domains = find_domains(df, by, where)
    structure = read_design(df, design)
    margins = read_margins(df, structure) if not structure.design.replicates else None
    partition = make_partition(structure, domains.codes, max(len(domains), 1), margins)
    return Survey(
        domains=domains,
        partition=partition,
        replicates=read_replicates(df, structure),
        whole=_weigh(partition, None),
    )


def _weigh(partition: Partition, answered: np.ndarray | None) -> _Weighed:
    """Weigh the rows inside a domain that have an answer; all others count 0."""
    weight = _row_weights(partition, answered)
    counts = partition.cell_counts(weight > 0)
    cells = counts if partition.structure.weight is None else partition.cell_sums(weight)
    return _weighed(partition, answered, cells, counts)


def _weighed(
    partition: Partition, answered: np.ndarray | None, cells: np.ndarray, counts: np.ndarray
) -> _Weighed:
    return _Weighed(
        partition=partition,
        answered=answered,
        cells=cells,
        size=partition.of_cells(cells),
        counts=counts,
        n=partition.of_cells(counts).astype(np.int64),
        df=partition.degrees_of_freedom(counts),
    )


def _row_weights(partition: Partition, answered: np.ndarray | None) -> np.ndarray:
    counted = partition.inside
    if answered is not None:
        counted = answered if counted is None else answered & counted
    weight = partition.structure.weight
    if counted is None:
        return np.ones(len(partition.codes)) if weight is None else weight
    return counted.astype(float) if weight is None else np.where(counted, weight, 0.0)


def _per(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide, with NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)
