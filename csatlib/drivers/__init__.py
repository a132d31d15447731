"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.diagnosing import diagnose
from csatlib.drivers.screening import screen

__all__ = ["diagnose", "screen"]
