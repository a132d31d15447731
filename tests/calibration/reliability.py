"""Reliability of scales: do the intervals of alpha, omega and the lambdas hold their truth?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import multivariate_normal, norm

from calibration.cells import Cell, Drawn, Tally, covered
from calibration.populations import numbered
from csatlib import scales
from csatlib.scales import coefficients
from csatlib.scales.factors import extract

__all__ = ["CELLS", "FIVE_POINT", "PARALLEL", "Scale", "interval"]


@dataclass(frozen=True)
class Scale:
    """Items of one common factor, cut into answers where there are ``cuts``."""

    name: str
    loadings: tuple[float, ...]
    cuts: tuple[float, ...] = ()

    @property
    def latent(self) -> np.ndarray:
        """Correlations of the normal variables."""
        loadings = np.array(self.loadings)
        correlation = np.outer(loadings, loadings)
        np.fill_diagonal(correlation, 1)
        return correlation

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draw answers, (n, items)."""
        loadings = np.array(self.loadings)
        unique = rng.standard_normal((n, len(loadings))) * np.sqrt(1 - loadings**2)
        latent = rng.standard_normal((n, 1)) * loadings + unique
        return np.searchsorted(self.cuts, latent) + 1.0 if self.cuts else latent

    def covariance(self) -> np.ndarray:
        """Covariances of the answers: of normal variables as they are, else summed over cells."""
        if not self.cuts:
            return self.latent
        return _cut(self.loadings, self.cuts)


@cache
def _cut(loadings: tuple[float, ...], cuts: tuple[float, ...]) -> np.ndarray:
    # E[XY] is the sum over the cuts of P(X > cut, Y > cut): an answer counts the cuts below it.
    beyond = norm.sf(cuts)
    both = np.minimum.outer(beyond, beyond) - np.outer(beyond, beyond)
    result = np.full((len(loadings), len(loadings)), both.sum())
    for j, one in enumerate(loadings):
        for k, two in enumerate(loadings[:j]):
            normal = multivariate_normal(cov=[[1, one * two], [one * two, 1]])
            joint = sum(normal.cdf([-a, -b]) for a in cuts for b in cuts)
            result[j, k] = result[k, j] = joint - beyond.sum() ** 2
    return result


PARALLEL = Scale("normal, parallel items", (0.7,) * 5)
#: Three in four satisfied, the shape of `populations.SCALES`' content.
FIVE_POINT = Scale("five-point, skewed, unequal items", (0.5, 0.6, 0.7, 0.75, 0.8),
                   tuple(norm.ppf([0.02, 0.06, 0.18, 0.58])))  # fmt: skip
#: Few answer anything but the best.
DELIGHTED = Scale("five-point, delighted, unequal items", (0.5, 0.6, 0.7, 0.75, 0.8),
                  tuple(norm.ppf([0.03, 0.07, 0.15, 0.40])))  # fmt: skip
FAMILY = "reliability"


def samples(scale: Scale, n: int, truth: float, *, gaps: float = 0.0) -> Callable:
    """Draw simple random samples; a share ``gaps`` of the answers is missing at random."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        answers = scale.draw(rng, n * replicates)
        answers[rng.random(answers.shape) < gaps] = np.nan
        names = [f"item{j}" for j in range(answers.shape[1])]
        return Drawn(numbered(replicates, n).join(pd.DataFrame(answers, columns=names)), truth)

    return make


def unequal(scale: Scale, n: int, truth: float) -> Callable:
    """Draw the dissatisfied three times as often, with the weights that make up for it."""

    def make(rng: np.random.Generator, replicates: int) -> Drawn:
        wanted = n * replicates
        pool = scale.draw(rng, 4 * wanted)
        often = np.where(pool.mean(axis=1) < 3.5, 1.0, 1 / 3)
        kept = np.flatnonzero(rng.random(len(pool)) < often)[:wanted]
        names = [f"item{j}" for j in range(pool.shape[1])]
        df = numbered(replicates, n).join(pd.DataFrame(pool[kept], columns=names))
        return Drawn(df.assign(weight=1 / often[kept]), truth)

    return make


def interval(function: Callable, coefficient: str, **options: object) -> Callable[[Drawn], Tally]:
    """Call a function on each sample and count the intervals of a coefficient with the truth."""

    def measure(drawn: Drawn) -> Tally:
        rows = []
        for number, df in drawn.df.groupby("replicate"):
            seed = {"seed": int(number)} if "n_boot" in options else {}
            weights = df.get("weight")
            items = df.filter(like="item")
            rows.append(function(items, weights=weights, **seed, **options))
        table = pd.concat(rows, ignore_index=True)
        return covered(table[table["coefficient"] == coefficient], drawn.truth)

    return measure


def truth(scale: Scale, coefficient: str, method: str = "minres") -> float:
    """Give what the coefficient is in the population."""
    covariance = scale.covariance()
    correlation = coefficients.standardised(covariance)
    loadings = extract(correlation, 1, method=method).loadings[:, 0]
    return {
        "alpha": lambda: coefficients.alpha(covariance),
        "alpha_standardised": lambda: coefficients.alpha(correlation),
        "alpha_ordinal": lambda: coefficients.alpha(scale.latent),
        "lambda2": lambda: coefficients.lambda2(covariance),
        "lambda6": lambda: coefficients.lambda6(covariance),
        "omega": lambda: coefficients.omega(loadings),
        "omega_total": lambda: coefficients.omega_total(loadings, correlation),
        "omega_latent": lambda: coefficients.omega(np.array(scale.loadings)),
    }[coefficient]()


def _alpha() -> list[Cell]:
    cells = [
        Cell(FAMILY, "alpha, feldt", PARALLEL.name, n,
             samples(PARALLEL, n, truth(PARALLEL, "alpha")),
             interval(scales.cronbach_alpha, "alpha", interval="feldt"),
             94, 96, replicates=10_000)
        for n in (10, 30, 100)
    ]  # fmt: skip
    cells += [
        Cell(FAMILY, "alpha, feldt", FIVE_POINT.name, 400,
             samples(FIVE_POINT, 400, truth(FIVE_POINT, "alpha")),
             interval(scales.cronbach_alpha, "alpha", interval="feldt"), replicates=2_000)
    ]  # fmt: skip
    for kind, options in (("robust", {}), ("bootstrap", {"n_boot": 500})):
        for scale in (PARALLEL, FIVE_POINT, DELIGHTED):
            for n in (100, 400):
                for name in ("alpha", "alpha_standardised"):
                    cells.append(
                        Cell(FAMILY, f"{name}, {kind}", scale.name, n,
                             samples(scale, n, truth(scale, name)),
                             interval(scales.cronbach_alpha, name, interval=kind, **options),
                             92 if n == 100 else 93.5, 96.5, replicates=2_000)
                    )  # fmt: skip
    return cells


def _weighted_and_gaps() -> list[Cell]:
    told = truth(FIVE_POINT, "alpha")
    cells = []
    for kind, options in (("robust", {}), ("bootstrap", {"n_boot": 500})):
        cells += [
            Cell(FAMILY, f"alpha, {kind}", "dissatisfied drawn more often, weighted", 400,
                 unequal(FIVE_POINT, 400, told),
                 interval(scales.cronbach_alpha, "alpha", interval=kind, **options),
                 93, 96.5, replicates=2_000),
            Cell(FAMILY, f"alpha, {kind}", "a tenth missing at random, pairwise", 400,
                 samples(FIVE_POINT, 400, told, gaps=0.1),
                 interval(scales.cronbach_alpha, "alpha", interval=kind, missing="pairwise",
                          **options),
                 93.5, 96.5, replicates=2_000),
        ]  # fmt: skip
    return cells


def _others() -> list[Cell]:
    ways = [
        (scales.mcdonald_omega, name, f"{name} ({method}), {kind}", method,
         {"method": method, "interval": kind, **options})
        for method, kind, options in (
            ("minres", "robust", {}),
            ("ml", "robust", {}),
            ("minres", "bootstrap", {"n_boot": 500}),
        )
        for name in ("omega", "omega_total")
    ]  # fmt: skip
    ways += [
        (scales.guttman_lambdas, name, f"{name}, robust", "minres", {})
        for name in ("lambda2", "lambda6")
    ]
    return [
        Cell(FAMILY, told, FIVE_POINT.name, n,
             samples(FIVE_POINT, n, truth(FIVE_POINT, name, method)),
             interval(function, name, **options),
             92 if n == 100 else 93.5, 96.5, replicates=2_000)
        for n in (100, 400)
        for function, name, told, method, options in ways
    ]  # fmt: skip


def _latent() -> list[Cell]:
    cells = [
        Cell(FAMILY, "ordinal alpha, bootstrap", FIVE_POINT.name, n,
             samples(FIVE_POINT, n, truth(FIVE_POINT, "alpha_ordinal")),
             interval(scales.ordinal_alpha, "alpha_ordinal", n_boot=200),
             92 if n == 100 else 93, 96.5, replicates=2_000)
        for n in (400, 100)
    ]  # fmt: skip
    omega = interval(
        scales.mcdonald_omega, "omega",
        correlation="polychoric", n_boot=200, interval="bootstrap",
    )  # fmt: skip
    return [
        *cells,
        Cell(FAMILY, "omega (polychoric), bootstrap", FIVE_POINT.name, 400,
             samples(FIVE_POINT, 400, truth(FIVE_POINT, "omega_latent")), omega,
             93, 96.5, replicates=2_000),
    ]  # fmt: skip


CELLS = (*_alpha(), *_weighted_and_gaps(), *_others(), *_latent())
