"""Says tables in Chinese, lays them out and cites them; rounding is done here, nowhere else."""

from csatlib.report.exhibits import cards, figure, table
from csatlib.report.findings import group_finding
from csatlib.report.markup import Html, folded, say, stack
from csatlib.report.provenance import cite, provenance, subtitle
from csatlib.report.record import survey_record
from csatlib.report.sensitivity import sensitivity_view
from csatlib.report.series import break_note, comparable_history
from csatlib.report.words import headline, key_figures, lowest, number, sentence

__all__ = [
    "Html",
    "break_note",
    "cards",
    "cite",
    "comparable_history",
    "figure",
    "folded",
    "group_finding",
    "headline",
    "key_figures",
    "lowest",
    "number",
    "provenance",
    "say",
    "sensitivity_view",
    "sentence",
    "stack",
    "subtitle",
    "survey_record",
    "table",
]
