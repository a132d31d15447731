"""Owned, dated, measurable measures, the follow-up of opinions, and whether measures worked."""

from csatlib.actions.drafting import draft
from csatlib.actions.follow_rates import followup_rates
from csatlib.actions.follow_states import followup_states, followup_summary, week_list
from csatlib.actions.following import followups
from csatlib.actions.prioritising import prioritise
from csatlib.actions.progressing import progress, progress_by_week
from csatlib.actions.smart import problems

__all__ = [
    "draft",
    "followup_rates",
    "followup_states",
    "followup_summary",
    "followups",
    "prioritise",
    "problems",
    "progress",
    "progress_by_week",
    "week_list",
]
