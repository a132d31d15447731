"""The only home of what a score means, and whether a scale measures what it claims."""

from csatlib.scales.exploration import Exploration, explore
from csatlib.scales.factorability import bartlett, kmo
from csatlib.scales.intraclass import intraclass_correlation
from csatlib.scales.item_statistics import item_statistics
from csatlib.scales.ordinal import Polychoric, polychoric
from csatlib.scales.reliability import (
    cronbach_alpha,
    guttman_lambdas,
    mcdonald_omega,
    ordinal_alpha,
)
from csatlib.scales.retention import FactorNumber, number_of_factors
from csatlib.scales.scores import (
    DETRACTOR_UP_TO,
    PROMOTER_FROM,
    is_satisfied,
    nps_band,
    plain,
    to_score,
)
from csatlib.scales.soundness import soundness
from csatlib.scales.thresholds import THRESHOLDS, Threshold
from csatlib.scales.validity import Validity, construct_validity

__all__ = [
    "DETRACTOR_UP_TO",
    "PROMOTER_FROM",
    "THRESHOLDS",
    "Exploration",
    "FactorNumber",
    "Polychoric",
    "Threshold",
    "Validity",
    "bartlett",
    "construct_validity",
    "cronbach_alpha",
    "explore",
    "guttman_lambdas",
    "intraclass_correlation",
    "is_satisfied",
    "item_statistics",
    "kmo",
    "mcdonald_omega",
    "nps_band",
    "number_of_factors",
    "ordinal_alpha",
    "plain",
    "polychoric",
    "soundness",
    "to_score",
]
