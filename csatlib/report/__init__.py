"""Says tables in Chinese, lays them out and cites them; rounding is done here, nowhere else."""

from csatlib.report.appraisal import cross_counts, describe_view, units_finding, units_view
from csatlib.report.coding import (
    agreement_sentence,
    agreement_view,
    rule_agreement_sentence,
    rule_agreement_view,
)
from csatlib.report.contrasts import (
    changes_finding,
    comparison_finding,
    comparison_findings,
    comparison_view,
    mix_view,
    trend_finding,
)
from csatlib.report.driving import (
    importance_finding,
    importance_sentence,
    importance_view,
    key_problems_sentence,
    key_problems_view,
    priorities_finding,
    priorities_sentences,
    priorities_view,
    stages_sentences,
    stages_view,
)
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
from csatlib.report.fitting import coefficients_view, fit_finding, stability_findings
from csatlib.report.leading import headline, lowest
from csatlib.report.markup import Html, folded, say, stack
from csatlib.report.modelling import (
    diagnostics_findings,
    diagnostics_view,
    model_choice_finding,
    model_choice_view,
    screening_finding,
    screening_view,
)
from csatlib.report.provenance import cite, provenance, subtitle
from csatlib.report.record import survey_record
from csatlib.report.sensitivity import sensitivity_view
from csatlib.report.series import break_note, comparable_history
from csatlib.report.soundness import soundness_findings, soundness_view
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
from csatlib.report.words import key_figures, number, sentence

__all__ = [
    "Html",
    "agreement_sentence",
    "agreement_view",
    "break_note",
    "cards",
    "changes_finding",
    "cite",
    "coefficients_view",
    "comparable_history",
    "comparison_finding",
    "comparison_findings",
    "comparison_view",
    "cross_counts",
    "describe_view",
    "diagnostics_findings",
    "diagnostics_view",
    "effect_view",
    "figure",
    "fit_finding",
    "folded",
    "funnel_view",
    "gap_finding",
    "group_finding",
    "headline",
    "imbalance_sentence",
    "importance_finding",
    "importance_sentence",
    "importance_view",
    "key_figures",
    "key_problems_sentence",
    "key_problems_view",
    "key_tiers",
    "likeness_view",
    "lowest",
    "merge_small",
    "mix_view",
    "model_choice_finding",
    "model_choice_view",
    "modes_sentences",
    "modes_view",
    "number",
    "outcomes_view",
    "p_value",
    "priorities_finding",
    "priorities_sentences",
    "priorities_view",
    "provenance",
    "rates_view",
    "reasons_view",
    "response_sentence",
    "rule_agreement_sentence",
    "rule_agreement_view",
    "say",
    "screening_finding",
    "screening_view",
    "sensitivity_view",
    "sentence",
    "signed",
    "soundness_findings",
    "soundness_view",
    "stability_findings",
    "stack",
    "stages_sentences",
    "stages_view",
    "subtitle",
    "survey_record",
    "table",
    "trend_finding",
    "units_finding",
    "units_view",
    "weighting_sentence",
]
