"""Measures and their owners, the follow-up of opinions, and whether measures worked."""

from csatlib.actions.categories import mcnemar, stuart_maxwell
from csatlib.actions.detecting import detectable_effect
from csatlib.actions.differences import difference_in_differences
from csatlib.actions.effect import effect
from csatlib.actions.paired import paired, unpaired
from csatlib.actions.returning import return_to_mean
from csatlib.actions.verdicts import verdicts

__all__ = [
    "detectable_effect",
    "difference_in_differences",
    "effect",
    "mcnemar",
    "paired",
    "return_to_mean",
    "stuart_maxwell",
    "unpaired",
    "verdicts",
]
