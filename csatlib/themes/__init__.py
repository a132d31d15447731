"""A stable codeframe over comments and interviews: themes, quotes, agreement, words by numbers."""

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
from csatlib.themes.joining import joint_display
from csatlib.themes.quoting import quote_counts, quote_ids, quotes, released

__all__ = ["joint_display", "quote_counts", "quote_ids", "quotes", "released"]
from csatlib.themes.agreeing import agreement
from csatlib.themes.recovering import marked, rule_agreement, sample_for_labelling

__all__ = ["agreement", "marked", "rule_agreement", "sample_for_labelling"]
