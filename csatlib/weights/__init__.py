"""Respondents stand for customers: base weights, nonresponse, margins, trimming."""

from csatlib.weights.arguments import ConvergenceError
from csatlib.weights.calibration import calibrate
from csatlib.weights.checks import diagnostics, margin_gaps
from csatlib.weights.design import design_weights
from csatlib.weights.margins import margins_of
from csatlib.weights.quarter import margins_of_quarter, of_quarter
from csatlib.weights.raking import poststratify, rake
from csatlib.weights.response import nonresponse
from csatlib.weights.trimming import trim
from csatlib.weights.use import attach, design_of, equal_weights

__all__ = [
    "ConvergenceError",
    "attach",
    "calibrate",
    "design_of",
    "design_weights",
    "diagnostics",
    "equal_weights",
    "margin_gaps",
    "margins_of",
    "margins_of_quarter",
    "nonresponse",
    "of_quarter",
    "poststratify",
    "rake",
    "trim",
]
