"""The elastic net on standardised drivers: many samples and penalties in one pass.

Everything rests on sums of products by sampling unit, so that a fold or a half sample costs a sum
and not another pass over the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csatlib.drivers.folds import half_samples, unit_folds

__all__ = ["Net", "Products", "coordinate_descent", "cross_validated", "read_products", "stability"]

#: Penalties on the path, and the smallest of them beside the largest.
_PENALTIES, _SMALLEST = 50, 1e-3
#: Sweeps after which a descent is given up, and the change that counts as none.
_SWEEPS, _TOLERANCE = 1_000, 1e-8


@dataclass(frozen=True)
class Products:
    """Weighted sums of products of (1, drivers, outcome), one matrix a sampling unit."""

    of_units: np.ndarray
    drivers: int

    def moments(self, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Split sums of products into means, covariances of the drivers and with the outcome."""
        total = mass[:, 0, 0]
        size = np.where(total > 0, total, 1)[:, None, None]
        mean = (mass[:, 0, 1:] / size[:, 0]).copy()
        centred = mass[:, 1:, 1:] / size - mean[:, :, None] * mean[:, None, :]
        p = self.drivers
        return mean, centred[:, :p, :p], centred[:, :p, p], centred[:, p, p]


@dataclass(frozen=True)
class Net:
    """The net at its chosen penalty: standardised coefficients and the mix of the penalty."""

    penalty: float
    mix: float
    coefficients: np.ndarray


def read_products(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray, units: np.ndarray, count: int
) -> Products:
    """Sum the products of standardised drivers and outcome up by unit."""
    share = weight / weight.sum()
    scale = [np.sqrt(share @ (column - share @ column) ** 2) for column in (*x.T, y)]
    table = [np.ones(len(y))]
    for column, sd in zip((*x.T, y), scale, strict=True):
        table.append((column - share @ column) / (sd if sd > 0 else 1))
    laid = np.column_stack(table)
    wide = laid.shape[1]
    sums = np.zeros((count, wide, wide))
    for i in range(wide):
        for j in range(i, wide):
            product = np.bincount(units, weights=share * laid[:, i] * laid[:, j], minlength=count)
            sums[:, i, j] = sums[:, j, i] = product
    return Products(of_units=sums, drivers=x.shape[1])


def coordinate_descent(
    gram: np.ndarray, cross: np.ndarray, penalty: np.ndarray, mix: float
) -> np.ndarray:
    r"""Minimise ½b'Gb − c'b + λ(α‖b‖₁ + ½(1 − α)‖b‖²) for many (G, c, λ) at once.

    This is the elastic net of glmnet and scikit-learn. Source: Friedman, Hastie and Tibshirani
    (2010), Regularization paths for generalized linear models via coordinate descent, *Journal of
    Statistical Software* 33(1).

    Parameters
    ----------
    gram, cross : ndarray, shapes (problems, drivers, drivers) and (problems, drivers)
        Covariances of the drivers, and with the outcome.
    penalty : ndarray, shape (problems,)
        λ of each problem.
    mix : float
        α: 1 is the lasso, 0 ridge regression.

    Returns
    -------
    ndarray, shape (problems, drivers)
        The coefficients.
    """
    found = np.zeros_like(cross)
    absolute, square = penalty * mix, penalty * (1 - mix)
    diagonal = np.einsum("bjj->bj", gram) + square[:, None]
    divisor = np.where(diagonal > 0, diagonal, 1)
    for _ in range(_SWEEPS):
        moved = 0.0
        for j in range(cross.shape[1]):
            rest = cross[:, j] - np.einsum("bk,bk->b", gram[:, j], found)
            rest += gram[:, j, j] * found[:, j]
            new = np.sign(rest) * np.maximum(np.abs(rest) - absolute, 0) / divisor[:, j]
            moved = max(moved, float(np.abs(new - found[:, j]).max(initial=0)))
            found[:, j] = new
        if moved < _TOLERANCE:
            break
    return found + 0.0


def cross_validated(
    products: Products,
    units: np.ndarray,
    y: np.ndarray,
    *,
    mix: float,
    folds: int,
    rng: np.random.Generator,
) -> Net:
    """Choose the largest penalty whose error is within one standard error of the least."""
    whole = products.of_units.sum(axis=0, keepdims=True)
    _, gram, cross, _ = products.moments(whole)
    largest = np.abs(cross).max(initial=0) / max(mix, 1e-3)
    if largest <= 0:
        return Net(0.0, mix, np.zeros(products.drivers))
    path = largest * np.geomspace(1, _SMALLEST, _PENALTIES)
    fold = unit_folds(units, y, folds, rng)
    of_unit = np.zeros(len(products.of_units), dtype=np.intp)
    of_unit[units] = fold
    held = np.stack([products.of_units[of_unit == f].sum(axis=0) for f in range(folds)])
    used = (held[:, 0, 0] > 0) & (whole[0, 0, 0] - held[:, 0, 0] > 1e-12)
    held = held[used]
    if len(held) < 2:
        chosen = path[0]
    else:
        chosen = path[_within_one_error(_errors(products, whole - held, held, path, mix))]
    fitted = coordinate_descent(gram, cross, np.array([chosen]), mix)[0]
    return Net(float(chosen), mix, fitted)


def _errors(
    products: Products, trained: np.ndarray, held: np.ndarray, path: np.ndarray, mix: float
) -> np.ndarray:
    """Give the mean squared error of each fold (rows) at each penalty (columns)."""
    p, many = products.drivers, len(path)
    mean, gram, cross, _ = products.moments(trained)
    found = coordinate_descent(
        np.repeat(gram, many, axis=0),
        np.repeat(cross, many, axis=0),
        np.tile(path, len(held)),
        mix,
    ).reshape(len(held), many, p)
    start = mean[:, None, p] - np.einsum("fmp,fp->fm", found, mean[:, :p])
    # The residual y − b0 − x'b is a linear form in (1, x, y), so its square is one in the products.
    form = np.concatenate([-start[:, :, None], -found, np.ones((len(held), many, 1))], axis=2)
    return np.einsum("fmi,fij,fmj->fm", form, held, form) / held[:, 0, 0][:, None]


def _within_one_error(errors: np.ndarray) -> int:
    mean = errors.mean(axis=0)
    best = int(mean.argmin())
    allowed = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return int(np.flatnonzero(mean <= allowed)[0])


def stability(
    products: Products, units: np.ndarray, net: Net, *, pairs: int, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Count how often each driver is chosen in halves of the units, at the penalty of the net.

    Source: Meinshausen and Bühlmann (2010), Stability selection, *Journal of the Royal Statistical
    Society B* 72, 417–473.

    Returns
    -------
    ndarray, shape (drivers,)
        The share of halves in which a driver's coefficient is not 0.
    float
        How many drivers a half chooses on average.
    """
    halves = half_samples(units, pairs, rng)
    sums = np.tensordot(halves.astype(float), products.of_units, axes=1)
    sums = sums[sums[:, 0, 0] > 0]
    if not len(sums):
        return np.full(products.drivers, np.nan), float("nan")
    _, gram, cross, _ = products.moments(sums)
    found = coordinate_descent(gram, cross, np.full(len(sums), net.penalty), net.mix)
    chosen = np.abs(found) > 1e-9
    return chosen.mean(axis=0), float(chosen.sum(axis=1).mean())
