"""Drivers as columns of a matrix: brought to one scale, and held against each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["refuse_dependent", "standardised", "triangle"]

#: Rows worked on at once, so that what is made of them stays in the processor's memory.
_CHUNK = 32_768
#: What is left of a column this small beside the column itself is rounding.
_NOTHING = 1e-10


def standardised(
    x: np.ndarray, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the columns with mean 0 and standard deviation 1, their means and deviations.

    A constant column becomes 0 and keeps a deviation of 1.
    """
    mean = x.mean(axis=0) if weight is None else weight @ x / weight.sum()
    # Rounding leaves a constant's own value a little off; the first row has it exactly.
    constant = (x == x[0]).all(axis=0)
    mean = np.where(constant, x[0], mean)
    centred = x - mean
    squares = (
        np.einsum("ij,ij->j", centred, centred) / len(x)
        if weight is None
        else weight @ (centred * centred) / weight.sum()
    )
    deviation = np.where(constant | (squares <= 0), 1.0, np.sqrt(squares))
    centred /= deviation
    return centred, mean, deviation


def triangle(x: np.ndarray) -> np.ndarray:
    """Give R of the decomposition x = QR, some rows at a time."""
    width = x.shape[1]
    if len(x) <= _CHUNK:
        return np.linalg.qr(x, mode="r")
    parts = [
        np.linalg.qr(x[start : start + _CHUNK], mode="r") for start in range(0, len(x), _CHUNK)
    ]
    stacked = np.vstack(parts)
    return np.linalg.qr(stacked, mode="r")[:width]


def refuse_dependent(
    x: np.ndarray, names: Sequence[str], weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Refuse drivers that are constant, or a linear combination of those named before them.

    Gives the columns as `standardised` does.

    Raises
    ------
    ValueError
        Naming the first such driver and those that make it.
    """
    scaled, mean, deviation = standardised(x, weight)
    size = np.maximum(np.abs(mean), np.finfo(float).tiny)
    flat = (scaled == 0).all(axis=0) | (deviation <= 1e-14 * size)
    if flat.any():
        raise ValueError(
            f"drivers: expected answers that differ in every driver, found only equal ones of "
            f"{names[int(np.flatnonzero(flat)[0])]!r} among the complete rows; leave it out"
        )
    if not _clearly_apart(scaled):
        _refuse_combination(scaled, names)
    return scaled, mean, deviation


def _clearly_apart(scaled: np.ndarray) -> bool:
    """Say from the squares alone that no column is near a combination of others."""
    sizes = np.linalg.eigvalsh(scaled.T @ scaled)
    return bool(sizes[0] > 1e-8 * sizes[-1])


def _refuse_combination(scaled: np.ndarray, names: Sequence[str]) -> None:
    upper = triangle(scaled)
    lengths = np.linalg.norm(upper, axis=0)
    for place in range(1, len(names)):
        left = abs(upper[place, place]) if place < len(upper) else 0.0
        if left > _NOTHING * lengths[place]:
            continue
        shares = np.linalg.solve(upper[:place, :place], upper[:place, place])
        parts = [names[i] for i in np.flatnonzero(np.abs(shares) > 1e-6)]
        told = ", ".join(map(repr, parts[:8])) + (", …" if len(parts) > 8 else "")
        copied = "a copy" if len(parts) == 1 else "a combination"
        raise ValueError(
            f"drivers: expected drivers of which none is made of others, found that "
            f"{names[place]!r} is {copied} of {told} among the complete rows; leave one of them out"
        )
