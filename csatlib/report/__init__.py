"""Says tables in Chinese, lays them out and cites them; rounding is done here, nowhere else."""

from csatlib.report.exhibits import cards, figure, table
from csatlib.report.fieldwork import (
    funnel_view,
    key_tiers,
    merge_small,
    outcomes_view,
    rates_view,
    reasons_view,
    response_sentence,
)
from csatlib.report.findings import group_finding
from csatlib.report.markup import Html, folded, say, stack
from csatlib.report.provenance import cite, provenance, subtitle
from csatlib.report.record import survey_record
from csatlib.report.sensitivity import sensitivity_view
from csatlib.report.series import break_note, comparable_history
from csatlib.report.weighting import (
    effect_view,
    gap_finding,
    imbalance_sentence,
    likeness_view,
    modes_sentences,
    modes_view,
    p_value,
    signed,
    weighting_sentence,
)
from csatlib.report.words import headline, key_figures, lowest, number, sentence

__all__ = [
    "Html",
    "break_note",
    "cards",
    "cite",
    "comparable_history",
    "effect_view",
    "figure",
    "folded",
    "funnel_view",
    "gap_finding",
    "group_finding",
    "headline",
    "imbalance_sentence",
    "key_figures",
    "key_tiers",
    "likeness_view",
    "lowest",
    "merge_small",
    "modes_sentences",
    "modes_view",
    "number",
    "outcomes_view",
    "p_value",
    "provenance",
    "rates_view",
    "reasons_view",
    "response_sentence",
    "say",
    "sensitivity_view",
    "sentence",
    "signed",
    "stack",
    "subtitle",
    "survey_record",
    "table",
    "weighting_sentence",
]
