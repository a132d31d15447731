"""Respondents stand for customers: base weights, nonresponse, margins, trimming."""

from csatlib.weights.arguments import ConvergenceError
from csatlib.weights.calibration import calibrate
from csatlib.weights.margins import margins_of
from csatlib.weights.raking import poststratify, rake
from csatlib.weights.trimming import trim

__all__ = ["ConvergenceError", "calibrate", "margins_of", "poststratify", "rake", "trim"]
