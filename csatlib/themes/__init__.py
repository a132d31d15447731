"""A stable codeframe over comments and interviews."""

from csatlib.themes.coding import ThemeError, check, code, match
from csatlib.themes.coverage import coverage, drift
from csatlib.themes.indicators import indicators
from csatlib.themes.suggesting import suggestions

__all__ = [
    "ThemeError",
    "check",
    "code",
    "coverage",
    "drift",
    "indicators",
    "match",
    "suggestions",
]
