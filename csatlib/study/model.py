"""A study whose parts fit each other."""

from __future__ import annotations

from pydantic import model_validator

from csatlib.study.checks import JoinError, join_faults
from csatlib.study.parts import Outline

__all__ = ["Study"]


class Study(Outline):
    """One business line's study: the questionnaire dictionary and everything that hangs on it.

    Made by `csatlib.study.load`. ``terms`` is the domain dictionary of ``terms.txt``.
    """

    @model_validator(mode="after")
    def _joined(self) -> Study:
        faults = tuple(join_faults(self))
        if faults:
            raise JoinError(faults)
        return self
