"""What goes with overall satisfaction: models, their checks, importances and priorities."""

from csatlib.drivers.coefficients import fit, fit_summary

__all__ = ["fit", "fit_summary"]
