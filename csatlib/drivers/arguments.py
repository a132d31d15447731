"""What a decomposition needs before it begins, and how a column of it is laid out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib.drivers.products import Complete
from csatlib.estimates.table import nullable

__all__ = ["check_model", "check_seed", "laid_out", "too_few"]

#: Beyond these the 2^p subsets take minutes.
_MOST_DRIVERS = {"linear": 22, "logistic": 10, "ordinal": 10}


def too_few(complete: Complete, min_base: int) -> str:
    """Say why no model can be fitted to the complete rows, an empty text where one can."""
    if not complete.n:
        return "empty"
    if complete.n < max(min_base, complete.x.shape[1] + 2):
        return "small_base"
    still = complete.flat.all() or (complete.y == complete.y[0]).all()
    return "no_variation" if still else ""


def check_model(kind: str, method: str, complete: Complete) -> None:
    """Refuse kinds and methods that are none, and too many drivers."""
    if not isinstance(kind, str) or kind not in _MOST_DRIVERS:
        raise ValueError(f"kind: expected one of {', '.join(_MOST_DRIVERS)}, found {kind!r}")
    if method not in ("lmg", "johnson"):
        raise ValueError(f"method: expected 'lmg' or 'johnson', found {method!r}")
    if method == "johnson" and kind != "linear":
        raise ValueError(
            f"method: expected 'lmg' for kind={kind!r}, found 'johnson', which shares out the R² "
            "of a linear model and no pseudo-R²; use method='lmg', or kind='linear'"
        )
    count, most = len(complete.drivers), _MOST_DRIVERS[kind]
    if method == "lmg" and count > most:
        remedy = "use method='johnson'" if kind == "linear" else "use kind='linear'"
        raise ValueError(
            f"drivers: expected at most {most} for kind={kind!r} and method='lmg', found {count}, "
            f"whose 2^{count} models take too long; {remedy}, or group items into dimensions"
        )


def check_seed(seed: int) -> None:
    """Refuse what no random numbers can start from."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise ValueError(
            f"seed: expected a whole number, 0 or more, found {seed!r}; write for example 0"
        )


def laid_out(values: np.ndarray | None, flat: np.ndarray) -> pd.api.extensions.ExtensionArray:
    """Lay numbers of the drivers that differ out over all of them, NA where there is none."""
    laid = np.full(len(flat), np.nan)
    if values is not None:
        laid[~flat] = values
    return nullable(laid)
