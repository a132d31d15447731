"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.priorities import priorities
from csatlib.drivers.problems import key_problems
from csatlib.drivers.stages import stage_associations, stage_times

__all__ = ["key_problems", "priorities", "stage_associations", "stage_times"]
