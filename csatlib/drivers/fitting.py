"""The fitter of each kind of outcome, for data that were read."""

from __future__ import annotations

import numpy as np

from csatlib.drivers.linear import fit_linear
from csatlib.drivers.logit import fit_logistic, fit_ordinal
from csatlib.drivers.model import Fitted
from csatlib.drivers.reading import ModelData

__all__ = ["fit_model"]


def fit_model(
    data: ModelData, weight: np.ndarray | None = None, *, start: np.ndarray | None = None
) -> Fitted:
    """Fit the model that the data were read for, under their own weights or under others.

    ``start`` holds the parameters of a fit to other weights, which saves steps.
    """
    weight = data.weight if weight is None else weight
    if data.kind == "linear":
        return fit_linear(data.x, data.y, weight, names=data.drivers)
    if data.kind == "logistic":
        return fit_logistic(data.x, data.y, weight, names=data.drivers, start=start)
    return fit_ordinal(data.x, data.y, weight, names=data.drivers, levels=data.levels, start=start)
