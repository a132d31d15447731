"""Owned, dated, measurable measures, the follow-up of opinions, and whether measures worked."""

from csatlib.actions.categories import mcnemar, stuart_maxwell
from csatlib.actions.churning import active_customers, churn
from csatlib.actions.coming_back import recurrences
from csatlib.actions.detecting import detectable_effect
from csatlib.actions.differences import difference_in_differences
from csatlib.actions.drafting import draft
from csatlib.actions.effect import effect
from csatlib.actions.evidence import Evidence
from csatlib.actions.follow_rates import followup_rates
from csatlib.actions.follow_states import followup_states, followup_summary, week_list
from csatlib.actions.following import followups, followups_as_of
from csatlib.actions.inputs import ActionError
from csatlib.actions.knowledge import cases
from csatlib.actions.leaving import churn_risk, churn_risk_check
from csatlib.actions.orders import orders_gained
from csatlib.actions.outcomes import effects, measure_waves
from csatlib.actions.paired import paired, unpaired
from csatlib.actions.prioritising import prioritise
from csatlib.actions.progressing import progress, progress_by_week
from csatlib.actions.recurring import recurrence, repeats
from csatlib.actions.registering import as_known
from csatlib.actions.returning import return_to_mean
from csatlib.actions.scope import parse_scope, scope_mask
from csatlib.actions.smart import problems
from csatlib.actions.verdicts import verdicts
from csatlib.actions.waves import Frames, action_frames, wave_means

__all__ = [
    "ActionError",
    "Evidence",
    "Frames",
    "action_frames",
    "active_customers",
    "as_known",
    "cases",
    "churn",
    "churn_risk",
    "churn_risk_check",
    "detectable_effect",
    "difference_in_differences",
    "draft",
    "effect",
    "effects",
    "followup_rates",
    "followup_states",
    "followup_summary",
    "followups",
    "followups_as_of",
    "mcnemar",
    "measure_waves",
    "orders_gained",
    "paired",
    "parse_scope",
    "prioritise",
    "problems",
    "progress",
    "progress_by_week",
    "recurrence",
    "recurrences",
    "repeats",
    "return_to_mean",
    "scope_mask",
    "stuart_maxwell",
    "unpaired",
    "verdicts",
    "wave_means",
    "week_list",
]
