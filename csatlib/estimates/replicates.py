"""Variances from replicate weights: the estimate again under each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import column_of
from csatlib.estimates.codes import finite
from csatlib.estimates.design import Design, Structure
from csatlib.estimates.variance import Partition

__all__ = ["Replicates", "read_replicates"]


@dataclass(frozen=True)
class Replicates:
    """Replicate weights, one column each, and the factor of each squared deviation."""

    weights: np.ndarray
    scales: np.ndarray
    centre: str

    def variances(
        self, statistic: Callable[[np.ndarray], np.ndarray], estimate: np.ndarray
    ) -> np.ndarray:
        """Give Σ c_r (θ_r − θ̄)², where ``statistic`` makes θ_r from weights; one a domain.

        A replicate in which a domain has no weight at all has no estimate there and is left out.
        """
        again = np.array([statistic(weight) for weight in self.weights.T])
        known = np.isfinite(again)
        scales = self.scales[:, None] * known
        again = np.where(known, again, 0.0)
        middle = estimate
        if self.centre == "mean":
            counted = (self.scales > 0)[:, None] & known
            middle = (again * counted).sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
        return (scales * (again - middle) ** 2 * known).sum(axis=0)

    def degrees_of_freedom(self, weight: np.ndarray, partition: Partition) -> np.ndarray:
        """Give the rank of the replicate weights of each domain's respondents, less one."""
        held = weight > 0
        return np.array(
            [
                max(_rank(self.weights[held & (partition.codes == domain)]) - 1, 0)
                for domain in range(partition.domains)
            ]
        )


def read_replicates(df: pd.DataFrame, structure: Structure) -> Replicates | None:
    """Read the replicate weights that a design names; None where it names none."""
    design = structure.design
    if not design.replicates:
        return None
    count = len(design.replicates)
    if count < 2:
        raise ValueError(
            f"replicates: expected two or more columns of replicate weights, found {count}; "
            "name them all"
        )
    columns = [
        finite(column_of(df, name, "design.replicates"), "replicates") for name in design.replicates
    ]
    scales = np.array(design.replicate_scales) if design.replicate_scales else np.ones(count)
    scales = scales * _scale(design, count)
    return Replicates(np.column_stack(columns), scales, design.replicate_centre)


def _scale(design: Design, count: int) -> float:
    if design.replicate_method == "bootstrap":
        return 1 / (count - 1)
    if design.replicate_method == "jackknife":
        # A stratified jackknife brings a factor (n − 1)/n for each replicate.
        return 1.0 if design.replicate_scales else (count - 1) / count
    return 1 / count if design.replicate_method == "brr" else 1.0


def _rank(weights: np.ndarray) -> int:
    if not len(weights):
        return 0
    distinct = np.unique(weights, axis=0)
    return int(np.linalg.matrix_rank(distinct, tol=1e-7 * np.linalg.norm(distinct, 2)))
