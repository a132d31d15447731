"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.choosing import choose
from csatlib.drivers.diagnosing import diagnose
from csatlib.drivers.fit import fit, fit_summary
from csatlib.drivers.screening import screen

__all__ = ["choose", "diagnose", "fit", "fit_summary", "screen"]
