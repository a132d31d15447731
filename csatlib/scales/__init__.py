"""The only home of what a score means, and whether a scale measures what it claims."""

from csatlib.scales.ordinal import Polychoric, polychoric
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
    "is_satisfied",
    "nps_band",
    "plain",
    "polychoric",
    "to_score",
]
