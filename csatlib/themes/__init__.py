"""A stable codeframe over comments and interviews."""

from csatlib.themes.agreeing import agreement
from csatlib.themes.recovering import marked, rule_agreement, sample_for_labelling

__all__ = ["agreement", "marked", "rule_agreement", "sample_for_labelling"]
