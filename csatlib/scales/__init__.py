"""The only home of what a score means, and whether a scale measures what it claims."""

from csatlib.scales.item_statistics import item_statistics
from csatlib.scales.ordinal import Polychoric, polychoric
from csatlib.scales.reliability import (
    cronbach_alpha,
    guttman_lambdas,
    mcdonald_omega,
    ordinal_alpha,
)
from csatlib.scales.scores import (
    DETRACTOR_UP_TO,
    PROMOTER_FROM,
    is_satisfied,
    nps_band,
    plain,
    to_score,
)

__all__ = [
    "DETRACTOR_UP_TO",
    "PROMOTER_FROM",
    "Polychoric",
    "cronbach_alpha",
    "guttman_lambdas",
    "is_satisfied",
    "item_statistics",
    "mcdonald_omega",
    "nps_band",
    "ordinal_alpha",
    "plain",
    "polychoric",
    "to_score",
]
