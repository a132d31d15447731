"""The usual thresholds for a sound questionnaire, each with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Real

import numpy as np

__all__ = ["THRESHOLDS", "Threshold", "chosen"]


@dataclass(frozen=True)
class Threshold:
    """From where on a value is good, and from where on acceptable; ``least``: more is better."""

    good: float
    acceptable: float
    source: str
    least: bool = True

    def verdict(self, value: float | None) -> str:
        """Judge a value: good, acceptable, weak, or unknown where there is none."""
        if value is None or np.isnan(value):
            return "unknown"
        side = 1 if self.least else -1
        if side * value >= side * self.good:
            return "good"
        return "acceptable" if side * value >= side * self.acceptable else "weak"


_RELIABILITY = "Nunnally & Bernstein 1994"
_HAIR = "Hair et al. 2019"
_FORNELL = "Fornell & Larcker 1981"
_FIT = "Hu & Bentler 1999"
_TERWEE = "Terwee et al. 2007 (15 %); half of the answers: the median itself is at the end"

#: What is checked, in the order of a report.
THRESHOLDS: Mapping[str, Threshold] = {
    "alpha": Threshold(0.8, 0.7, _RELIABILITY),
    "omega": Threshold(0.8, 0.7, _RELIABILITY),
    "item_total": Threshold(0.5, 0.3, f"{_HAIR} (0.5); {_RELIABILITY} (0.3)"),
    "ceiling": Threshold(0.15, 0.5, _TERWEE, least=False),
    "floor": Threshold(0.15, 0.5, _TERWEE, least=False),
    "kmo": Threshold(0.8, 0.6, "Kaiser 1974"),
    "kmo_item": Threshold(0.8, 0.5, "Kaiser 1974"),
    "bartlett": Threshold(0.05, 0.05, "Bartlett 1951", least=False),
    # As many as there are dimensions: `soundness` puts their number in.
    "factors": Threshold(np.nan, np.nan, "Horn 1965"),
    "cfi": Threshold(0.95, 0.9, _FIT),
    "rmsea": Threshold(0.06, 0.08, f"{_FIT} (0.06); Browne & Cudeck 1993 (0.08)", least=False),
    "srmr": Threshold(0.08, 0.1, f"{_FIT} (0.08); Kline 2016 (0.10)", least=False),
    "loading": Threshold(0.7, 0.5, _HAIR),
    "cr": Threshold(0.7, 0.6, "Bagozzi & Yi 1988"),
    "ave": Threshold(0.5, 0.36, f"{_FORNELL} (0.50); loadings of 0.6 (0.36)"),
    "fornell_larcker": Threshold(0.0, 0.0, _FORNELL),
    "htmt": Threshold(0.85, 0.9, "Henseler, Ringle & Sarstedt 2015", least=False),
}


def chosen(given: Mapping[str, tuple[float, float]] | None) -> dict[str, Threshold]:
    """Put a study's own thresholds (good, acceptable) in place of the usual ones."""
    found = dict(THRESHOLDS)
    for check, bounds in (given or {}).items():
        known = [name for name in THRESHOLDS if name != "factors"]
        if check not in known:
            raise ValueError(f"soundness: expected thresholds of {known}, found one of {check!r}")
        good, acceptable = _pair(check, bounds)
        least = THRESHOLDS[check].least
        if (good < acceptable) if least else (good > acceptable):
            raise ValueError(
                f"soundness: the threshold of {check!r} for good is easier than that for "
                f"acceptable: {good:g} and {acceptable:g}"
            )
        found[check] = Threshold(good, acceptable, "given", least)
    return found


def _pair(check: str, bounds: object) -> tuple[float, float]:
    numbers = isinstance(bounds, Sequence) and all(isinstance(b, Real) for b in bounds)
    if not numbers or len(bounds) != 2 or not all(isfinite(b) for b in bounds):
        raise ValueError(
            f"soundness: expected thresholds[{check!r}] as two numbers (good, acceptable), "
            f"found {bounds!r}"
        )
    good, acceptable = bounds
    return float(good), float(acceptable)
