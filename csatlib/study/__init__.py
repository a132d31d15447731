"""The study file as a frozen, validated model: what is asked of whom, and what the answers mean."""

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
from csatlib.study.loading import load
from csatlib.study.methods import Fieldwork, Sampling, Weighting
from csatlib.study.model import Study
from csatlib.study.parts import Question, Report, Scale, Source, Target
from csatlib.study.strict_yaml import StudyError

__all__ = [
    "Burst",
    "Cleaning",
    "Codeframe",
    "Contradiction",
    "Fieldwork",
    "Notice",
    "Period",
    "Population",
    "Privacy",
    "Question",
    "Report",
    "Sampling",
    "Scale",
    "Source",
    "Study",
    "StudyError",
    "Target",
    "Theme",
    "Topic",
    "Weighting",
    "Words",
    "load",
]
