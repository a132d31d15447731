"""A stable codeframe over comments and interviews."""

from csatlib.themes.coding import ThemeError, check, code, match
from csatlib.themes.coverage import coverage, drift
from csatlib.themes.indicators import indicators
from csatlib.themes.interviewing import (
    code_turns,
    spoken_notes,
    standing,
    topic_coverage,
)
from csatlib.themes.saturating import saturation, saturation_point
from csatlib.themes.suggesting import suggestions

__all__ = [
    "ThemeError",
    "check",
    "code",
    "code_turns",
    "coverage",
    "drift",
    "indicators",
    "match",
    "saturation",
    "saturation_point",
    "spoken_notes",
    "standing",
    "suggestions",
    "topic_coverage",
]
