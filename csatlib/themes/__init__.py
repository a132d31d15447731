"""A stable codeframe over comments and interviews."""

from csatlib.themes.agreeing import agreement
from csatlib.themes.coding import ThemeError, check, code, match
from csatlib.themes.coverage import coverage, drift
from csatlib.themes.indicators import indicators
from csatlib.themes.interviewing import code_turns, spoken_notes, standing, topic_coverage
from csatlib.themes.joining import joint_display
from csatlib.themes.quoting import quote_counts, quote_ids, quotes, released
from csatlib.themes.recovering import marked, rule_agreement, sample_for_labelling
from csatlib.themes.saturating import saturation, saturation_point
from csatlib.themes.suggesting import suggestions

__all__ = [
    "ThemeError",
    "agreement",
    "check",
    "code",
    "code_turns",
    "coverage",
    "drift",
    "indicators",
    "joint_display",
    "marked",
    "match",
    "quote_counts",
    "quote_ids",
    "quotes",
    "released",
    "rule_agreement",
    "sample_for_labelling",
    "saturation",
    "saturation_point",
    "spoken_notes",
    "standing",
    "suggestions",
    "topic_coverage",
]
