"""The means of all groups under a survey design, and what contrasts of them have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.estimates.moments import Survey
from csatlib.estimates.replicates import Replicates
from csatlib.estimates.sides import Sample
from csatlib.estimates.variance import Partition, make_partition

__all__ = ["GroupMeans", "read_group_means"]


@dataclass(frozen=True)
class GroupMeans:
    """The answers of each group: in numbers, and weighed.

    ``n`` counts answers of a weight above 0, ``size`` sums their weights, ``weighed`` holds the
    weighted means and sums of squares, ``concentration`` is Σ w² / (Σ w)². ``own`` is each row's
    influence on its group's mean and ``weight`` its share of its group.
    """

    partition: Partition
    replicates: Replicates | None
    n: np.ndarray
    size: np.ndarray
    weighed: Sample
    concentration: np.ndarray
    covered: np.ndarray
    valid: np.ndarray
    values: np.ndarray
    own: np.ndarray
    weight: np.ndarray

    def pooled(self, members: np.ndarray) -> Sample:
        """Put groups together by their weights: one side a row of ``members``."""
        held = members & (self.n > 0)
        size = np.where(self.n > 0, self.size, 0.0)
        scaled = Sample(size, self.weighed.mean, self.weighed.squares, self.weighed.same)
        return scaled.pooled(held)

    def covariance(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Give the covariance of the differences between two sets of sides."""
        if self.replicates is not None:
            return self._replicated(first, second)
        one, two = self._coefficients(first), self._coefficients(second)
        own, mass = one[0] - two[0], one[1] - two[1]
        found = own @ self.partition.covariances(self.own) @ own.T
        if mass.any():
            between = own @ self.partition.covariances(self.own, self.weight) @ mass.T
            found = found + between + between.T
            found = found + mass @ self.partition.covariances(self.weight) @ mass.T
        return found

    def pooled_variance(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Give the variances of differences if all groups had one variance and no clusters."""
        some = self.n > 0
        spare = self.n.sum() / max(self.n.sum() - some.sum(), 1)
        variance = self.weighed.squares[some].sum() / self.size[some].sum() * spare
        parts = [self._coefficients(side)[0] ** 2 @ self.concentration for side in (first, second)]
        return variance * (parts[0] + parts[1])

    def degrees_of_freedom(self, members: np.ndarray) -> np.ndarray:
        """Count, for each side, the units that hold somebody of it less their strata."""
        if self.replicates is not None:
            return np.array([self._rank(row) for row in members])
        distinct, position = np.unique(members, axis=0, return_inverse=True)
        units, strata = self._presence()
        found = _holding(*units, distinct) - _holding(*strata, distinct)
        return np.maximum(found, 0)[position.ravel()]

    # ---- inside ----------------------------------------------------------------------------------

    def _coefficients(self, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Say how a side's mean moves with its groups' means, and with their sizes."""
        held = members & (self.n > 0)
        mass = held * np.where(self.n > 0, self.size, 0.0)
        total = mass.sum(axis=1, keepdims=True)
        share = np.divide(mass, total, out=np.zeros(mass.shape), where=total > 0)
        means = np.where(self.n > 0, self.weighed.mean, 0.0)
        middle = self.pooled(members).mean[:, None]
        apart = np.where(held & np.isfinite(middle), means - np.nan_to_num(middle), 0.0)
        return share, share * apart

    def _replicated(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        replicates = self.replicates
        rows = []
        for weight in replicates.weights.T:
            counted = np.where(self.valid, weight, 0.0)
            mass = self.partition.sums(counted)
            sums = self.partition.sums(counted * self.values)
            rows.append(_side_means(first, mass, sums) - _side_means(second, mass, sums))
        again = np.array(rows)
        known = np.isfinite(again)
        middle = self.pooled(first).mean - self.pooled(second).mean
        if replicates.centre == "mean":
            counted = (replicates.scales > 0)[:, None] & known
            sums = np.where(counted, again, 0.0).sum(axis=0)
            middle = sums / np.maximum(counted.sum(axis=0), 1)
        apart = np.where(known, again - middle, 0.0)
        return apart.T @ (replicates.scales[:, None] * apart)

    def _rank(self, members: np.ndarray) -> int:
        inside = members[self.partition.codes] & self.valid
        whole = make_partition(self.partition.structure, np.where(inside, 0, -1), 1)
        return int(self.replicates.degrees_of_freedom(inside.astype(float), whole)[0])

    def _presence(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Say which groups units hold, and strata hold, and how many hold just these."""
        structure, groups = self.partition.structure, self.partition.domains
        codes = self.partition.codes[self.valid]
        strata = structure.stratum_of_rows()[self.valid]
        held = [np.zeros((structure.strata, groups), dtype=bool)]
        held[0][strata, codes] = True
        if structure.unit is None:
            # A respondent who is a unit is in one group alone.
            counts = [np.ones(structure.strata), np.bincount(codes, minlength=groups)]
            held.append(np.eye(groups, dtype=bool))
        else:
            counts = [np.ones(structure.strata), np.ones(structure.units)]
            held.append(np.zeros((structure.units, groups), dtype=bool))
            held[1][structure.unit[self.valid], codes] = True
        return [(held[1], counts[1]), (held[0], counts[0])]


def read_group_means(survey: Survey, values: np.ndarray) -> GroupMeans:
    """Reduce an item (NaN: no answer) to the means of the groups of a survey."""
    moments = survey.mean(values, influence=True)
    partition, groups = survey.partition, len(survey.domains)
    weight = survey.structure.weights()
    valid = ~np.isnan(values) & (weight > 0)
    if partition.inside is not None:
        valid = valid & partition.inside
    counted = np.where(valid, weight, 0.0)
    known = np.where(valid, values, 0.0)
    mean = np.where(moments.n > 0, moments.estimate, 0.0)
    apart = np.where(valid, known - mean[partition.codes], 0.0) if groups else np.zeros(len(values))
    squares = partition.sums(counted * apart * apart)[:groups]
    size = np.where(moments.size > 0, moments.size, 1.0)
    weighed = Sample(moments.n, moments.estimate, np.where(moments.same, 0, squares), moments.same)
    return GroupMeans(
        partition=partition,
        replicates=survey.replicates,
        n=moments.n,
        size=moments.size,
        weighed=weighed,
        concentration=partition.sums(counted**2)[:groups] / size**2,
        covered=moments.covered,
        valid=valid,
        values=known,
        own=moments.influence,
        weight=counted / size[partition.codes] if groups else counted,
    )


def _side_means(members: np.ndarray, mass: np.ndarray, sums: np.ndarray) -> np.ndarray:
    total = members @ mass
    return np.divide(members @ sums, total, out=np.full(len(total), np.nan), where=total != 0)


def _holding(held: np.ndarray, counts: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Count the units that hold somebody of each side."""
    return ((held.astype(np.float64) @ members.T) > 0).T @ counts
