"""Many indicators into one judgement, and watching it over time."""

from csatlib.evaluation.control import alarms, control_chart
from csatlib.evaluation.process import process_state, rework
from csatlib.evaluation.streams import stream
from csatlib.evaluation.training import Training, training

__all__ = [
    "Training",
    "alarms",
    "control_chart",
    "process_state",
    "rework",
    "stream",
    "training",
]
