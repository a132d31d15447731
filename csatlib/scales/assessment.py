"""Coefficients of reliability with their intervals, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.scales import coefficients, sampling_error
from csatlib.scales.arguments import check_confidence, check_seed, check_whole
from csatlib.scales.correlations import Answers, Moments, joined, moments
from csatlib.scales.factors import extract
from csatlib.scales.ordinal import categories, of_answers, replicate_correlations

__all__ = ["Coefficient", "Factor", "Latent", "Omega", "Pearson", "Settings", "tabled"]

INTERVALS = ("auto", "feldt", "robust", "bootstrap", "none")
#: Above this two items are copies of each other.
_COPY = 1 - 1e-10
#: Splits into halves of more items than this are too many to list.
_MOST_HALVED = 16


# ---- what is asked -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """The interval that is wanted."""

    caller: str
    conf: float
    interval: str
    n_boot: int
    seed: int | None

    def __post_init__(self) -> None:
        check_confidence(self.caller, self.conf)
        self.allow(*INTERVALS)
        if self.interval == "bootstrap" and self.seed is None:
            raise ValueError(f"{self.caller}: a bootstrap needs a seed; give seed=, a whole number")
        if self.seed is not None:
            check_seed(self.caller, self.seed)
        check_whole(self.caller, "n_boot", self.n_boot, least=100)

    def allow(self, *known: str) -> None:
        """Refuse an interval that the coefficient does not have."""
        if self.interval not in known:
            raise ValueError(
                f"{self.caller}: expected interval to be one of {known}, found {self.interval!r}"
            )

    def with_interval(self, interval: str) -> Settings:
        """Ask for another interval."""
        return Settings(self.caller, self.conf, interval, self.n_boot, self.seed)

    def checked(self, answers: Answers) -> Settings:
        """Choose between Feldt's interval and the robust one, by the rows."""
        simple = answers.complete and not answers.weighted
        if self.interval == "feldt" and not simple:
            raise ValueError(
                f"{self.caller}: feldt is for unweighted rows without gaps; "
                f"use interval='robust' or 'bootstrap'"
            )
        if self.interval == "auto":
            return self.with_interval("feldt" if simple else "robust")
        return self


# ---- what a coefficient is computed from ---------------------------------------------------------


@dataclass(frozen=True)
class Pearson:
    """Covariances, and those of replicates.

    ``least``: a sum of items whose variance is below this share of theirs does not vary.
    """

    answers: Answers
    least: float = 1e-12

    def matrix(self) -> tuple[np.ndarray, str | None]:
        """Give the covariances."""
        return moments(self.answers).covariance, None

    def replicates(self, settings: Settings) -> Iterator[np.ndarray]:
        """Give the covariances of replicates, many at a time."""
        for weights in sampling_error.replicate_weights(
            self.answers, settings.n_boot, settings.seed
        ):
            yield sampling_error.replicate_covariances(self.answers, weights)


@dataclass(frozen=True)
class Latent:
    """Polychoric correlations, and those of replicates."""

    answers: Answers
    # Correlations end at ±.9999: items that oppose each other leave so much.
    least: float = 1e-3

    def matrix(self) -> tuple[np.ndarray, str | None]:
        """Give the correlations and what is to be said of them."""
        found = of_answers(self.answers)
        boundary = found.pairs["reason"].eq("boundary").any()
        said = "smoothed" if found.smoothed else "boundary" if boundary else None
        return found.matrix.to_numpy(), said

    def replicates(self, settings: Settings) -> Iterator[np.ndarray]:
        """Give the correlations of replicates, many at a time."""
        indicators = categories(self.answers)
        start = self.matrix()[0]
        for weights in sampling_error.replicate_weights(
            self.answers, settings.n_boot, settings.seed
        ):
            for first in range(0, len(weights), 100):
                yield replicate_correlations(indicators, weights[first : first + 100], start)


@dataclass(frozen=True)
class Coefficient:
    """A number that is a function of the matrix.

    ``analytic``: it has a slope in the covariances of the answers. ``regular``: the matrix has to
    have an inverse. ``summary``: it has no interval.
    """

    name: str
    method: str
    value: Callable[[np.ndarray], np.ndarray]
    analytic: bool = True
    regular: bool = False
    summary: bool = False

    def barred(self, matrix: np.ndarray, _n: int) -> str | None:
        """Say why there is no estimate."""
        if self.summary and len(matrix) > _MOST_HALVED:
            return "too_many_items"
        correlation = coefficients.standardised(matrix)
        if self.regular and np.linalg.eigvalsh(correlation)[0] < 1e-10:
            return "singular"
        return None

    def at(self, matrix: np.ndarray) -> tuple[float, str | None]:
        """Give the estimate, and what is to be said of it."""
        return float(self.value(matrix)), None

    def slope(self, matrix: np.ndarray) -> np.ndarray | None:
        """Give the slope in the covariances."""
        return coefficients.slope(self.value, matrix) if self.analytic else None

    def each(self, stack: np.ndarray, _matrix: np.ndarray) -> np.ndarray:
        """Give the values of replicates."""
        with np.errstate(all="ignore"):
            return self.value(stack)


@dataclass(frozen=True)
class Factor:
    """One common factor of a matrix of covariances or correlations."""

    method: str

    def loadings(self, matrix: np.ndarray) -> tuple[np.ndarray, str | None]:
        """Give the loadings, and how the search ended."""
        found = extract(coefficients.standardised(matrix), 1, method=self.method)
        loadings = found.loadings[:, 0]
        if not found.converged:
            return loadings, "no_convergence"
        return loadings, "heywood" if found.heywood.any() else None

    def each(self, stack: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """Give the loadings of replicates; NaN where there are none."""
        correlation = coefficients.standardised(stack)
        if self.method == "minres":
            return coefficients.one_factor(correlation, self.loadings(matrix)[0])
        return np.array([self._one(r) for r in correlation])

    def _one(self, correlation: np.ndarray) -> np.ndarray:
        if not np.isfinite(correlation).all() or np.linalg.eigvalsh(correlation)[0] < 1e-8:
            return np.full(len(correlation), np.nan)
        return extract(correlation, 1, method=self.method).loadings[:, 0]


@dataclass(frozen=True)
class Omega:
    """A number that is a function of loadings and correlations."""

    name: str
    method: str
    factor: Factor
    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    analytic: bool = True
    summary: bool = False

    def barred(self, matrix: np.ndarray, n: int) -> str | None:
        """Say why there is no estimate."""
        if len(matrix) < 3:
            return "too_few_items"
        if n <= len(matrix):
            return "too_few_rows"
        if np.linalg.eigvalsh(coefficients.standardised(matrix))[0] < 1e-10:
            return "singular"
        return None

    def at(self, matrix: np.ndarray) -> tuple[float, str | None]:
        """Give the estimate, and what is to be said of it."""
        loadings, said = self.factor.loadings(matrix)
        value = float(self.value(loadings, coefficients.standardised(matrix)))
        return (np.nan if said == "no_convergence" else value), said

    def slope(self, matrix: np.ndarray) -> np.ndarray | None:
        """Give the slope in the covariances."""
        if not self.analytic:
            return None
        correlation = coefficients.standardised(matrix)
        loadings, _ = self.factor.loadings(matrix)
        by_correlation = coefficients.omega_slope(
            self.value, correlation, loadings, self.factor.method
        )
        return coefficients.through_scaling(by_correlation, matrix)

    def each(self, stack: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        """Give the values of replicates."""
        with np.errstate(all="ignore"):
            return self.value(self.factor.each(stack, matrix), coefficients.standardised(stack))


# ---- the table -----------------------------------------------------------------------------------


def tabled(
    answers: Answers,
    source: Pearson | Latent,
    asked: Sequence[tuple[Coefficient | Omega, Settings]],
) -> pd.DataFrame:
    """Estimate each coefficient with its interval and say what is to be said."""
    found = moments(answers)
    base = {
        "n": answers.n,
        "n_eff": answers.n_eff,
        "items": len(answers.names),
        "reversed": joined(_reversed(found)),
        "copied": joined(_copied(found)),
        "constant": joined(found.constant) if answers.n > 1 else None,
    }
    reason = _without_any(answers, found)
    matrix, said = (None, None) if reason else source.matrix()
    if reason is None and matrix.sum() <= source.least * np.trace(matrix):
        reason = "no_variation"
    stack = _stack(answers, source, asked) if reason is None else None
    rows = []
    for coefficient, settings in asked:
        told = {"coefficient": coefficient.name, "method": coefficient.method}
        told |= {"conf": settings.conf, **base}
        why = reason or coefficient.barred(matrix, answers.n)
        rows.append(told | ({"reason": why} if why else _estimated(
            coefficient, settings, answers, stack, matrix, said)))  # fmt: skip
    contract = schema.TABLES["reliability"].columns
    table = pd.DataFrame(rows, columns=list(contract))
    return table.astype({name: column.dtype for name, column in contract.items()})


def _stack(
    answers: Answers,
    source: Pearson | Latent,
    asked: Sequence[tuple[Coefficient | Omega, Settings]],
) -> np.ndarray | None:
    """Draw the replicates once for all coefficients, where one has its interval from them."""
    wanted = [settings for _, settings in asked if settings.interval == "bootstrap"]
    if not wanted or answers.n_eff < sampling_error.SMALLEST:
        return None
    return np.concatenate(list(source.replicates(wanted[0])))


def _without_any(answers: Answers, found: Moments) -> str | None:
    """Say why there can be no coefficient of these rows."""
    if not answers.n:
        return "empty"
    if found.n.min() < 3:
        return "too_few_rows"
    return "no_variation" if found.constant else None


def _estimated(
    coefficient: Coefficient | Omega,
    settings: Settings,
    answers: Answers,
    stack: np.ndarray | None,
    matrix: np.ndarray,
    said: str | None,
) -> dict[str, object]:
    estimate, ended = coefficient.at(matrix)
    if not np.isfinite(estimate):
        return {"reason": ended or "no_convergence"}
    row = {"estimate": estimate, "reason": said or ended}
    if settings.interval == "none":
        return row
    if coefficient.summary:
        return row | {"reason": "no_interval"}
    if 1 - estimate < 1e-10:
        return row | {"reason": "perfect"}
    if settings.interval != "feldt" and answers.n_eff < sampling_error.SMALLEST:
        return row | {"reason": "small_base"}
    if ended == "heywood":
        # At the bound the loadings are no smooth function of the correlations.
        return row
    limits = _limits(coefficient, settings, answers, stack, matrix, estimate)
    if limits is None:
        return row | {"reason": "no_convergence"}
    if not limits[0] < limits[1]:
        return row | {"reason": "no_interval"}
    low, high = limits
    return row | {"interval": settings.interval, "ci_low": low, "ci_high": high}


def _limits(
    coefficient: Coefficient | Omega,
    settings: Settings,
    answers: Answers,
    stack: np.ndarray | None,
    matrix: np.ndarray,
    estimate: float,
) -> tuple[float, float] | None:
    if settings.interval == "feldt":
        return sampling_error.feldt(estimate, answers.n, len(matrix), settings.conf)
    slope = coefficient.slope(matrix)
    rows = None if slope is None else sampling_error.influence(answers, slope)
    if settings.interval == "robust":
        return sampling_error.robust(estimate, rows, answers.n_eff, settings.conf)
    values = coefficient.each(stack, matrix)
    return sampling_error.bootstrap(estimate, values, rows, settings.conf)


def _reversed(found: Moments) -> list[str]:
    """Name the items that correlate negatively with the sum of the others."""
    with_rest = np.nansum(found.covariance, axis=1) - np.nan_to_num(np.diag(found.covariance))
    small = 1e-12 * np.nansum(np.abs(found.covariance))
    return [name for name, c in zip(found.names, with_rest, strict=True) if c < -small]


def _copied(found: Moments) -> list[str]:
    """Name the items that correlate at ±1 with another."""
    alike = (np.abs(np.nan_to_num(found.correlation)) > _COPY) & (found.n > 2)
    np.fill_diagonal(alike, val=False)
    return [name for name, any_ in zip(found.names, alike.any(axis=1), strict=True) if any_]
