"""Many indicators into one judgement, and watching it over time."""

from csatlib.evaluation.control import alarms, control_chart
from csatlib.evaluation.needs import service_targets
from csatlib.evaluation.points import normalise
from csatlib.evaluation.principles import check_system
from csatlib.evaluation.process import process_state, rework
from csatlib.evaluation.rank_sum import RankSum, rank_sum_ratio
from csatlib.evaluation.scoring import weighted_mean
from csatlib.evaluation.stability import stability
from csatlib.evaluation.streams import stream
from csatlib.evaluation.targets import against_targets, decompose_targets, target_summary
from csatlib.evaluation.training import Training, training
from csatlib.evaluation.values import by_line, indicator_values, matrix

__all__ = [
    "RankSum",
    "Training",
    "against_targets",
    "alarms",
    "by_line",
    "check_system",
    "control_chart",
    "decompose_targets",
    "indicator_values",
    "matrix",
    "normalise",
    "process_state",
    "rank_sum_ratio",
    "rework",
    "service_targets",
    "stability",
    "stream",
    "target_summary",
    "training",
    "weighted_mean",
]
