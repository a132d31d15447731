"""Whether the ratios of the grades differ by more than within them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats

from csatlib.evaluation.arguments import fitted

__all__ = ["separation"]


def separation(ratios: np.ndarray, grades: np.ndarray) -> pd.DataFrame:
    """Test the ratios of the grades by analysis of variance and by Kruskal and Wallis.

    The grades were cut from these same ratios, so a small p is no evidence of real differences:
    it says that the cuts part what was ordered. ``reason``: ``few_grades`` (fewer than two are
    held), ``no_residual`` (each grade holds one), ``no_variation`` within every grade.
    """
    held, place, sizes = np.unique(grades, return_inverse=True, return_counts=True)
    base = {"grades": len(held), "n": len(ratios)}
    rows = [{"test": test, **base} for test in ("anova", "kruskal")]
    if len(held) < 2:
        return fitted([row | {"reason": "few_grades"} for row in rows], "rank_sum_separation")
    between, within = float(len(held) - 1), float(len(ratios) - len(held))
    means = np.bincount(place, ratios) / sizes
    inside = float(((ratios - means[place]) ** 2).sum())
    across = float((sizes * (means - ratios.mean()) ** 2).sum())
    if within == 0 or inside <= 1e-20 * (inside + across):
        rows[0]["reason"] = "no_residual" if within == 0 else "no_variation"
    else:
        f = across / between / (inside / within)
        rows[0] |= {"statistic": f, "p": special.fdtrc(between, within, f)}
        rows[0] |= {"df": between, "df_residual": within}
    ranks = stats.rankdata(np.round(ratios, 12))
    mean_ranks = np.bincount(place, ranks) / sizes
    spread = float(((ranks - ranks.mean()) ** 2).sum())
    h = (len(ratios) - 1) * float((sizes * (mean_ranks - ranks.mean()) ** 2).sum()) / spread
    rows[1] |= {"statistic": h, "df": between, "p": special.chdtrc(between, h)}
    return fitted(rows, "rank_sum_separation")
