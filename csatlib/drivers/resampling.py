"""Samples drawn again from a survey, as factors of the sampling units' weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from csatlib.estimates.design import Structure
from csatlib.estimates.replicates import read_replicates

__all__ = ["check_resampling", "resampled_factors"]

#: Numbers held at once.
_BLOCK = 1 << 20


def check_resampling(structure: Structure) -> None:
    """Refuse a design that no resampling reproduces."""
    design = structure.design
    if design.replicates and design.replicate_method != "bootstrap":
        raise ValueError(
            f"design: expected replicates made by a bootstrap, found {design.replicate_method!r}: "
            "ranks and limits are read off resamples of the whole survey; name strata and "
            "clusters instead, or make replicates with estimates.bootstrap"
        )
    if not structure.centred.all() and not design.replicates:
        raise ValueError(
            "design: expected lonely='refuse' or 'certainty', found 'centre' and a stratum of one "
            "unit, which resampling within strata cannot reproduce; merge the lonely strata with "
            "similar ones"
        )


def resampled_factors(
    df: pd.DataFrame, structure: Structure, *, n_boot: int, seed: int
) -> Iterator[np.ndarray]:
    """Give the factor of each unit's weight, some resamples at a time: shape (some, units).

    Replicate weights that the design names are taken as they are, with rows as units.
    """
    if structure.design.replicates:
        replicates, weight = read_replicates(df, structure).weights, structure.weights()
        by_row = np.zeros_like(replicates)
        np.divide(replicates, weight[:, None], out=by_row, where=weight[:, None] > 0)
        yield by_row.T
        return
    random = np.random.default_rng(seed)
    strata = _strata(structure)
    block = max(1, _BLOCK // max(structure.units, 1))
    for first in range(0, n_boot, block):
        yield _drawn(random, structure.units, strata, min(block, n_boot - first))


def _drawn(
    random: np.random.Generator,
    units: int,
    strata: list[tuple[np.ndarray | None, float]],
    count: int,
) -> np.ndarray:
    """Draw Rao and Wu's factors as `csatlib.estimates.bootstrap` does, many resamples at once.

    Of the n units of a stratum n − 1 are drawn with replacement, and a unit drawn r times counts
    1 − λ + λ · n/(n − 1) · r times, λ² = 1 − n/N.
    """
    factors = np.ones((count, units))
    for members, scale in strata:
        size = units if members is None else len(members)
        drawn = random.integers(size, size=(count, size - 1), dtype=np.int64)
        drawn += size * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size)
        made = times * (scale * size / (size - 1)) + (1 - scale)
        if members is None:
            return made
        factors[:, members] = made
    return factors


def _strata(structure: Structure) -> list[tuple[np.ndarray | None, float]]:
    """List the strata with two units or more: their units (None: all of them) and λ."""
    sampled = structure.sampled
    # The factor of the variance is (1 − n/N) · n/(n − 1), so λ² is what is left of it.
    scales = np.sqrt(structure.factor * np.maximum(sampled - 1, 0) / np.maximum(sampled, 1))
    if len(sampled) == 1:
        return [(None, float(scales[0]))] if structure.units > 1 else []
    order = np.argsort(structure.stratum_of_units(), kind="stable")
    members = np.split(order, np.cumsum(sampled)[:-1])
    return [(one, float(s)) for one, s in zip(members, scales, strict=True) if len(one) > 1]
