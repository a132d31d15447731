"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.importance import importance
from csatlib.drivers.stability import leave_one_out

__all__ = ["importance", "leave_one_out"]
