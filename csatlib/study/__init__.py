"""The study file as a frozen, validated model: what is asked of whom, and what the answers mean."""

from csatlib.study.closing import Actions, Followups, Measure, Playbook, Stage
from csatlib.study.codeframe import Codeframe, Theme, Topic, Words
from csatlib.study.conduct import (
    Burst,
    Cleaning,
    Contradiction,
    Notice,
    Period,
    Population,
    Privacy,
)
from csatlib.study.indicators import Indicator, IndicatorSystem
from csatlib.study.loading import load, load_indicators
from csatlib.study.methods import Fieldwork, Sampling, Weighting
from csatlib.study.model import Study
from csatlib.study.parts import Question, Report, Scale, Source, Target
from csatlib.study.strict_yaml import StudyError

__all__ = [
    "Actions",
    "Burst",
    "Cleaning",
    "Codeframe",
    "Contradiction",
    "Fieldwork",
    "Followups",
    "Indicator",
    "IndicatorSystem",
    "Measure",
    "Notice",
    "Period",
    "Playbook",
    "Population",
    "Privacy",
    "Question",
    "Report",
    "Sampling",
    "Scale",
    "Source",
    "Stage",
    "Study",
    "StudyError",
    "Target",
    "Theme",
    "Topic",
    "Weighting",
    "Words",
    "load",
    "load_indicators",
]
