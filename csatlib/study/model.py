"""A study whose parts fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import model_validator

from csatlib.schema import Quarter
from csatlib.study.base import JoinError
from csatlib.study.checks import join_faults
from csatlib.study.lint import findings
from csatlib.study.parts import Outline

if TYPE_CHECKING:
    import pandas as pd

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

    def lint(self, *, quarter: Quarter | str | None = None) -> pd.DataFrame:
        """Read the questionnaire critically before it goes out: order, wording, length, scales.

        Parameters
        ----------
        quarter : Quarter or str, optional
            Only the questions asked in that quarter; without it all that were ever asked.

        Returns
        -------
        DataFrame
            One row a finding, first those of the whole questionnaire, then question by question:
            ``rule`` (one of `csatlib.study.lint.RULES`), ``item`` (the question's id, NA for the
            whole; a scale is told at its first question), ``severity`` (``must`` or ``should``),
            ``finding`` and ``suggestion`` (Chinese). No rows where nothing speaks against it.

        Notes
        -----
        The time to answer is reckoned with planning figures of ours, not measured ones: five
        characters read a second, and to answer a rating 5 seconds, a recommendation 6, a single
        choice 5, a multiple choice 8, a ranking 15, an open question 45, an attention check 4.
        Between five and eight minutes pass; what is short passes where ``survey`` is ``event``.
        Wording is judged by lists of words: a finding is a question to the author, and no finding
        is no proof.
        """
        return findings(self, quarter=quarter)
