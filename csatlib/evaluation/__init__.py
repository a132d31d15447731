"""Many indicators into one judgement, and watching it over time."""

from csatlib.evaluation.points import normalise
from csatlib.evaluation.rank_sum import RankSum, rank_sum_ratio
from csatlib.evaluation.scoring import weighted_mean
from csatlib.evaluation.stability import stability
from csatlib.evaluation.values import indicator_values, matrix

__all__ = [
    "RankSum",
    "indicator_values",
    "matrix",
    "normalise",
    "rank_sum_ratio",
    "stability",
    "weighted_mean",
]
