"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.choosing import choose
from csatlib.drivers.coefficients import fit, fit_summary
from csatlib.drivers.diagnosing import diagnose
from csatlib.drivers.importance import importance
from csatlib.drivers.priorities import priorities
from csatlib.drivers.problems import key_problems
from csatlib.drivers.screening import screen
from csatlib.drivers.stability import leave_one_out
from csatlib.drivers.stages import causes, stage_times

__all__ = [
    "causes",
    "choose",
    "diagnose",
    "fit",
    "fit_summary",
    "importance",
    "key_problems",
    "leave_one_out",
    "priorities",
    "screen",
    "stage_times",
]
