"""p values adjusted for the number of tests made."""

from __future__ import annotations

import numpy as np

__all__ = ["ADJUSTMENTS", "adjust_p"]

ADJUSTMENTS = ("holm", "hochberg", "bonferroni", "BH", "BY", "none")


def adjust_p(p: np.ndarray, method: str) -> np.ndarray:
    """Adjust the p values of one family; a NaN is no test and stays NaN.

    ``bonferroni``, ``holm`` and ``hochberg`` bound the chance of one false finding in the family,
    ``BH`` (Benjamini and Hochberg) and ``BY`` (Benjamini and Yekutieli) the expected share of
    false ones among the findings. Equal to ``p.adjust`` of R.
    """
    adjusted = np.full(len(p), np.nan)
    known = ~np.isnan(p)
    values = p[known]
    count = len(values)
    if not count:
        return adjusted
    order = np.argsort(values, kind="stable")
    rank = np.arange(1, count + 1)
    raised = values[order]
    if method == "bonferroni":
        raised = raised * count
    elif method == "holm":
        raised = np.maximum.accumulate((count + 1 - rank) * raised)
    elif method != "none":
        factor = {"hochberg": count + 1 - rank, "BH": count / rank}
        factor["BY"] = count / rank * (1 / rank).sum()
        raised = np.minimum.accumulate((factor[method] * raised)[::-1])[::-1]
    back = np.empty(count)
    back[order] = np.minimum(raised, 1)
    adjusted[known] = back
    return adjusted
