"""How many customers to ask, where, and which ones."""

from csatlib.sampling.allocation import allocate, expected_precision, plan_units
from csatlib.sampling.drawing import draw
from csatlib.sampling.interviews import interview_sample
from csatlib.sampling.lists import event_list, quarterly_list, silent_list
from csatlib.sampling.plan import composition, draw_plan, plan_allocation
from csatlib.sampling.power import (
    detectable_change,
    power_difference,
    power_difference_mean,
    required_n_difference,
    required_n_difference_mean,
)
from csatlib.sampling.sizes import (
    margin_of_error,
    nps_sd,
    required_n,
    required_n_mean,
    required_n_nps,
)
from csatlib.sampling.unlisted import unlisted

__all__ = [
    "allocate",
    "composition",
    "detectable_change",
    "draw",
    "draw_plan",
    "event_list",
    "expected_precision",
    "interview_sample",
    "margin_of_error",
    "nps_sd",
    "plan_allocation",
    "plan_units",
    "power_difference",
    "power_difference_mean",
    "quarterly_list",
    "required_n",
    "required_n_difference",
    "required_n_difference_mean",
    "required_n_mean",
    "required_n_nps",
    "silent_list",
    "unlisted",
]
