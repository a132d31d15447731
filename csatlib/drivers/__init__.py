"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.importance import importance
from csatlib.drivers.priorities import priorities
from csatlib.drivers.problems import key_problems
from csatlib.drivers.stability import leave_one_out
from csatlib.drivers.stages import stage_associations, stage_times

__all__ = [
    "importance",
    "key_problems",
    "leave_one_out",
    "priorities",
    "stage_associations",
    "stage_times",
]
