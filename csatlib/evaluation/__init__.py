"""Many indicators into one judgement, and watching it over time."""

from csatlib.evaluation.needs import service_targets
from csatlib.evaluation.points import normalise
from csatlib.evaluation.principles import check_system
from csatlib.evaluation.rank_sum import RankSum, rank_sum_ratio
from csatlib.evaluation.scoring import weighted_mean
from csatlib.evaluation.stability import stability
from csatlib.evaluation.targets import against_targets, decompose_targets, target_summary
from csatlib.evaluation.values import by_line, indicator_values, matrix

__all__ = [
    "RankSum",
    "against_targets",
    "by_line",
    "check_system",
    "decompose_targets",
    "indicator_values",
    "matrix",
    "normalise",
    "rank_sum_ratio",
    "service_targets",
    "stability",
    "target_summary",
    "weighted_mean",
]
