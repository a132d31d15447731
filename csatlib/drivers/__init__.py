"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.screening import screen

__all__ = ["screen"]
