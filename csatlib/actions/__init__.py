"""Owned, dated, measurable measures, the follow-up of opinions, and whether measures worked."""

from csatlib.actions.churning import active_customers, churn
from csatlib.actions.evidence import Evidence
from csatlib.actions.inputs import ActionError
from csatlib.actions.knowledge import cases
from csatlib.actions.leaving import churn_risk, churn_risk_check
from csatlib.actions.orders import orders_gained
from csatlib.actions.recurring import recurrence, repeats
from csatlib.actions.scope import parse_scope, scope_mask
from csatlib.actions.waves import Frames, action_frames, wave_means

__all__ = [
    "ActionError",
    "Evidence",
    "Frames",
    "action_frames",
    "active_customers",
    "cases",
    "churn",
    "churn_risk",
    "churn_risk_check",
    "orders_gained",
    "parse_scope",
    "recurrence",
    "repeats",
    "scope_mask",
    "wave_means",
]
