"""Methods known to be wrong: a calibration that lets one of them pass measures nothing."""

from __future__ import annotations

from calibration.branches import any_found, branches
from calibration.cells import Cell, Drawn, Tally, covered
from calibration.designed_samples import CLUSTERS, clusters
from calibration.populations import DELIGHTED, SCALES
from calibration.simple_samples import DESIGN, interval, yes_or_no
from csatlib import estimates

__all__ = ["CELLS"]


def _wald(drawn: Drawn) -> Tally:
    """Make the interval of a share from its standard error; at p = 1 it has no width."""
    successes = drawn.df.groupby("replicate")["satisfied"].sum()
    n = len(drawn.df) // drawn.replicates
    table = estimates.proportion_interval(successes, n, method="wald")
    # The library withholds these; software that does not prints [1, 1].
    limits = {name: table[name].fillna(table["estimate"]) for name in ("ci_low", "ci_high")}
    return covered(table.assign(**limits), drawn.truth)


def _normal(drawn: Drawn) -> Tally:
    """Take the normal quantile for t with 3 degrees of freedom."""
    table = estimates.mean(drawn.df, "score", by=["replicate"], design=CLUSTERS, min_base=1)
    half = 1.959964 * table["se"]
    limits = {"ci_low": table["estimate"] - half, "ci_high": table["estimate"] + half}
    return covered(table.assign(**limits), drawn.truth)


CELLS: list[Cell] = [
    Cell("negative controls", "Wald interval, p = 0.95", "simple random sample", 30,
         yes_or_no(0.95, 30), _wald, 93, control=True),
    Cell("negative controls", "z in place of t, mean, mixed", "4 clusters of 10, df 3", 40,
         clusters(SCALES[2], 4, 10, 0.1), _normal, 94, 95.8, control=True),
    Cell("negative controls", "Welch and Holm, mean, delighted", "20 branches, 30 answers each", 600,
         branches(DELIGHTED), any_found(method="welch", adjust="holm"), None, 5.9,
         replicates=2_000, control=True),
    Cell("negative controls", "clusters ignored, mean, mixed", "30 clusters of 10, correlation 0.1",
         300, clusters(SCALES[2], 30, 10, 0.1), interval(estimates.mean, "score", design=DESIGN),
         94, 95.8, control=True),
]  # fmt: skip
