"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.importance import importance

__all__ = ["importance"]
