"""Ranks of units whose rates are not certain."""

from __future__ import annotations

import numpy as np

from csatlib.estimates.shrinkage import Rates

__all__ = ["rank_intervals"]

#: Joint draws of all rates; the tail of an interval at 95 % is then drawn 100 times.
_DRAWS = 4000
#: Numbers held at once.
_BLOCK = 1_000_000


def rank_intervals(
    rates: Rates, *, conf: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each unit's median rank and the limits of its interval; rank 1 is the highest rate.

    All rates are drawn together, each time under one prior, and ranked.
    """
    units = len(rates.x)
    if not units:
        return (np.zeros(0),) * 3
    generator = np.random.default_rng(seed)
    node = generator.choice(len(rates.weight), size=_DRAWS, p=rates.weight)
    ranks = np.empty((_DRAWS, units), dtype=np.int32)
    block = max(1, _BLOCK // units)
    for first in range(0, _DRAWS, block):
        a, b = rates.shapes(node[first : first + block])
        order = np.argsort(-_logit_beta(generator, a, b), axis=1)
        places = np.arange(1, units + 1, dtype=np.int32)[None, :]
        np.put_along_axis(ranks[first : first + block], order, places, axis=1)
    ranks.sort(axis=0)
    tail = (1 - conf) / 2
    at = [max(int(np.ceil(q * _DRAWS)) - 1, 0) for q in (0.5, tail, 1 - tail)]
    return tuple(ranks[place].astype(float) for place in at)


def _logit_beta(generator: np.random.Generator, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Draw logits of beta variables: rates that all round to 1 are still told apart."""

    def log_gamma(shape: np.ndarray) -> np.ndarray:
        lifted = np.log(generator.standard_gamma(shape + 1))
        return lifted - generator.standard_exponential(shape.shape) / shape

    return log_gamma(a) - log_gamma(b)
