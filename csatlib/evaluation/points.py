"""Figures of different units brought to points in which more is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from csatlib.evaluation.arguments import Direction, Matrix, named_numbers, one_of, read_matrix

__all__ = ["POINTS", "Goals", "Points", "normalise", "points_of", "read_goals"]

POINTS = ("target", "min_max", "z", "none")
Points = Literal["target", "min_max", "z", "none"]
Numbers = Mapping[str, float | None] | None


@dataclass(frozen=True)
class Goals:
    """What earns all points and none, one entry an indicator; NaN where nothing is stated."""

    target: np.ndarray
    floor: np.ndarray


def read_goals(read: Matrix, target: Numbers, floor: Numbers) -> Goals:
    """Read targets and floors by the indicators' names, or say which do not fit."""
    goals = Goals(
        named_numbers(target, read.indicators, "target", absent=np.nan),
        named_numbers(floor, read.indicators, "floor", absent=np.nan),
    )
    wrong = (goals.target - goals.floor) * read.sign <= 0
    if wrong.any():
        names = [n for n, bad in zip(read.indicators, wrong, strict=True) if bad]
        raise ValueError(
            f"floor: expected a value worse than the target, found one as good for {names}"
        )
    return goals


def points_of(values: np.ndarray, sign: np.ndarray, goals: Goals, *, method: str) -> np.ndarray:
    """Turn values (… × groups × indicators) into points; NaN where none can be given."""
    if method == "none":
        return values * sign
    if method == "target":
        return _against_target(values, sign, goals)
    absent = np.isnan(values)
    if method == "min_max":
        turned = values * sign
        low = np.where(absent, np.inf, turned).min(axis=-2, keepdims=True, initial=np.inf)
        high = np.where(absent, -np.inf, turned).max(axis=-2, keepdims=True, initial=-np.inf)
        varied = high > low
        points = 100 * (turned - np.where(varied, low, 0)) / np.where(varied, high - low, 1)
        return np.where(varied, points, np.nan)
    n = (~absent).sum(axis=-2, keepdims=True)
    mean = np.where(absent, 0, values).sum(axis=-2, keepdims=True) / np.maximum(n, 1)
    away = values - mean
    squares = np.where(absent, 0, away**2).sum(axis=-2, keepdims=True) / np.maximum(n - 1, 1)
    # The mean of equal values may differ from them in the last digit.
    varied = (n > 1) & (squares > (1e-14 * np.abs(mean)) ** 2)
    return np.where(varied, sign * away / np.sqrt(np.where(varied, squares, 1)), np.nan)


def _against_target(values: np.ndarray, sign: np.ndarray, goals: Goals) -> np.ndarray:
    target, floor = goals.target, goals.floor
    width = np.where(np.isnan(floor) | (target == floor), 1.0, target - floor)
    between = (values - floor) / width
    up = values / np.where(target > 0, target, np.nan)
    down = np.where(values > target, target / np.where(values > 0, values, np.nan), 1.0)
    ratio = np.where(sign > 0, up, np.where(target >= 0, down, np.nan))
    part = np.where(np.isnan(floor), ratio, between)
    return 100 * np.clip(np.where(np.isnan(values + target), np.nan, part), 0, 1)


def normalise(
    values: pd.DataFrame,
    *,
    direction: Direction,
    method: Points = "target",
    target: Numbers = None,
    floor: Numbers = None,
) -> pd.DataFrame:
    r"""Bring indicators of different units and directions to points in which more is better.

    Parameters
    ----------
    values : DataFrame
        One row a group (index), one column an indicator, such as `matrix` gives.
    direction : mapping of str to str, or str
        ``higher`` or ``lower`` for each indicator, or for all.
    method : {"target", "min_max", "z", "none"}
        ``target``: points from 0 to 100 by how much of the target is reached, not more than all;
        ``min_max``: 0 for the worst of the groups, 100 for the best; ``z``: standard deviations
        (n − 1) from the groups' mean; ``none``: the values, with the sign turned where less is
        better.
    target, floor : mapping of str to float, optional
        For ``target``: what earns 100 points, and what earns 0.

    Returns
    -------
    DataFrame
        The points, rows and columns as in ``values``. NA where the value is missing; by
        ``target`` where there is no target, or one of 0 or below without a floor where more is
        better; by ``min_max`` and ``z`` where the groups do not differ.

    Raises
    ------
    ValueError
        For values that are no numbers, an unknown method, a direction or target that fits no
        indicator, and a floor that is no worse than its target.

    Notes
    -----
    By ``target`` with a floor *f*: :math:`100 (x - f) / (t - f)`; without: :math:`100\,x/t` where
    more is better, :math:`100\,t/x` where less is, both within 0 and 100. Points by ``min_max``
    and ``z`` depend on the company of the other groups: they change when a group joins.

    Source: OECD and JRC, *Handbook on Constructing Composite Indicators* (2008), section 5.

    Examples
    --------
    >>> import pandas as pd
    >>> teams = pd.DataFrame({"share": [0.8, 0.6], "minutes": [60.0, 20.0]}, index=["甲", "乙"])
    >>> normalise(teams, direction={"share": "higher", "minutes": "lower"},
    ...     target={"share": 0.8, "minutes": 30})
       share  minutes
    甲  100.0     50.0
    乙   75.0    100.0
    """
    one_of(method, POINTS, "method")
    read = read_matrix(values, direction, None)
    goals = read_goals(read, target, floor)
    points = points_of(read.cells, read.sign, goals, method=method)
    return pd.DataFrame(points, index=values.index, columns=values.columns).astype("Float64")
