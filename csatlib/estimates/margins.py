"""What weights were calibrated to, so that the variance can rest on residuals.

After calibration to the totals of x, the error of an estimate is that of the residuals of its
influence z from a regression on x: e = z − x'B with B = (Σ q x x')⁻¹ Σ q x z, where q are the
weights before calibration. Where those are not given they are taken to have been equal if the
weights are a function of the margins alone (what raking and linear calibration make of equal
weights); otherwise the calibrated weights take their place.

Source: Deville and Särndal (1992), Calibration estimators in survey sampling, *Journal of the
American Statistical Association* 87, 376–382.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib.estimates.arguments import column_of
from csatlib.estimates.codes import compact, factor_codes, finite
from csatlib.estimates.design import Structure

__all__ = ["Margins", "read_margins"]

#: Numbers held at once where profiles × domains is laid out in full.
_BLOCK = 4_000_000


@dataclass(frozen=True)
class Margins:
    """The auxiliary variables, one row a profile (rows of the table that are alike in all).

    ``profile`` numbers each row's; ``x`` has shape (profiles, variables); ``inverse`` is that of
    Σ q x x'; ``ratio`` is q over the weight, None where they are the same; ``stretch`` is what each
    row's residual is multiplied by, None for 1; ``unit_totals`` sums weight times x, stretched,
    over each sampling unit.
    """

    profile: np.ndarray
    x: np.ndarray
    inverse: np.ndarray
    ratio: np.ndarray | None
    stretch: np.ndarray | None
    unit_totals: np.ndarray

    def stretched(self, values: np.ndarray) -> np.ndarray:
        """Multiply each row's value as its residual is."""
        return values if self.stretch is None else values * self.stretch

    def coefficients(self, influence: np.ndarray, codes: np.ndarray, domains: int) -> np.ndarray:
        """Regress the influence w·z of each domain on x: shape (variables, domains)."""
        values = influence if self.ratio is None else influence * self.ratio
        if len(self.x) * domains <= _BLOCK:
            laid = np.bincount(
                self.profile * domains + codes, weights=values, minlength=len(self.x) * domains
            )
            moments = self.x.T @ laid.reshape(len(self.x), domains)
        else:
            moments = np.stack(
                [
                    np.bincount(codes, weights=values * x[self.profile], minlength=domains)
                    for x in self.x.T
                ]
            )
        return self.inverse @ moments


def read_margins(df: pd.DataFrame, structure: Structure) -> Margins | None:
    """Read the columns that the weights were calibrated to; None where there are none."""
    design = structure.design
    if not design.margins or not len(df):
        return None
    codes, values = zip(*(_margin(df, margin) for margin in design.margins), strict=True)
    profile, levels = _profiles(codes)
    parts = [np.ones((len(levels), 1))]
    for column, value in zip(levels.T, values, strict=True):
        parts.append(value[column][:, None] if value.ndim == 1 else value[column])
    x = np.hstack(parts)
    x = x / np.maximum(np.abs(x).max(axis=0), 1e-300)
    weight = structure.weights()
    fitted = weight
    if design.base is not None:
        fitted = finite(column_of(df, design.base, "design.base"), "base")
        if (fitted < 0).any():
            raise ValueError(
                f"base: expected no negative weight in {design.base!r}, found "
                f"{int((fitted < 0).sum())}; name the weights before calibration"
            )
    elif _made_of_equals(weight, profile, x, [value.ndim == 1 for value in values]):
        fitted = (weight > 0).astype(float)
    mass = np.bincount(profile, weights=fitted, minlength=len(x))
    ratio = None
    if fitted is not weight:
        ratio = np.divide(fitted, weight, out=np.zeros(len(weight)), where=weight > 0)
    # Margins overlap (each sums to the same total), so the matrix is singular by design.
    inverse = np.linalg.pinv(x.T @ (x * mass[:, None]), rcond=1e-11, hermitian=True)
    stretch = None
    if design.leverage:
        leverage = fitted * np.einsum("ij,jk,ik->i", x, inverse, x)[profile]
        # A row that alone decides its own fit has no residual, and nothing to stretch.
        stretch = 1 / np.sqrt(np.where(leverage < 1 - 1e-9, 1 - leverage, 1))
    weighted = weight if stretch is None else weight * stretch
    totals = _unit_totals(x, profile, weighted, structure)
    return Margins(profile, x, inverse, ratio, stretch, totals)


def _made_of_equals(
    weight: np.ndarray, profile: np.ndarray, x: np.ndarray, numeric: list[bool]
) -> bool:
    """Say whether the weights depend on the margins alone, as if all had been equal before."""
    counted = weight > 0
    each = np.zeros(len(x))
    each[profile[counted]] = weight[counted]
    if not np.allclose(each[profile[counted]], weight[counted], rtol=1e-9, atol=0):
        return False
    if not any(numeric):
        return True
    # Rows that are alike in a numeric margin are rare: the weights must also fit its calibration.
    known = each > 0
    for value in (each[known], np.log(each[known])):
        fit = x[known] @ np.linalg.lstsq(x[known], value, rcond=None)[0]
        if np.allclose(fit, value, rtol=1e-7, atol=1e-9):
            return True
    return False


def _margin(df: pd.DataFrame, margin: str | tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Give each row's code of a margin, and per code its value or its row of indicators."""
    names = (margin,) if isinstance(margin, str) else tuple(margin)
    columns = [column_of(df, name, "design.margins") for name in names]
    numeric = pd.api.types.is_numeric_dtype(columns[0].dtype)
    if len(names) == 1 and numeric and not pd.api.types.is_bool_dtype(columns[0].dtype):
        codes, values = pd.factorize(finite(columns[0], "margins"))
        # Beside the constant a shift changes no residual, and a year or a large sum would drown it.
        return codes, values - values.mean()
    profile, levels = _profiles([factor_codes(column, "margins")[0] for column in columns])
    return profile, np.eye(len(levels))


def _profiles(codes: list[np.ndarray] | tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Give each row the number of its combination, and one row of codes a combination."""
    profile = np.zeros(len(codes[0]), dtype=np.intp)
    for code in codes:
        size = int(code.max()) + 1
        profile, _ = compact(profile * size + code, (int(profile.max()) + 1) * size)
    firsts = np.zeros(int(profile.max()) + 1, dtype=np.intp)
    firsts[profile[::-1]] = np.arange(len(profile))[::-1]
    return profile, np.stack([code[firsts] for code in codes], axis=1)


def _unit_totals(
    x: np.ndarray, profile: np.ndarray, weight: np.ndarray, structure: Structure
) -> np.ndarray:
    if structure.unit is None:
        return x[profile] * weight[:, None]
    columns = [
        np.bincount(structure.unit, weights=weight * column[profile], minlength=structure.units)
        for column in x.T
    ]
    return np.stack(columns, axis=1)
