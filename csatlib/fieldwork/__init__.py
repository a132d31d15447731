"""What happened to everyone we meant to ask."""

from csatlib.fieldwork.customers import completion, missing_customers, silent
from csatlib.fieldwork.ledger import dispositions
from csatlib.fieldwork.likeness import largest_imbalance, representativeness
from csatlib.fieldwork.modes import interviewer_quality, mode_effects
from csatlib.fieldwork.rates import funnel, rates_of_counts, response_rates
from csatlib.fieldwork.timing import late_differences, lateness, timeliness

__all__ = [
    "completion",
    "dispositions",
    "funnel",
    "interviewer_quality",
    "largest_imbalance",
    "late_differences",
    "lateness",
    "missing_customers",
    "mode_effects",
    "rates_of_counts",
    "representativeness",
    "response_rates",
    "silent",
    "timeliness",
]
