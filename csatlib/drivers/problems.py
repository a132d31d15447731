"""Key problems: what is weak, important and often met with, each part told by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.drivers.priorities import (
    Cut,
    cut_name,
    cut_value,
    divides_nothing,
    numbers,
    once,
    one_value,
    performance_of,
    reaches,
    require,
)

__all__ = ["key_problems"]


def key_problems(
    priorities: pd.DataFrame,
    performance: pd.DataFrame,
    frequency: pd.DataFrame | None = None,
    *,
    target: Cut = "mean",
    often: Cut = "mean",
) -> pd.DataFrame:
    """Rank drivers as problems: important, weak and frequent ones first, each condition shown.

    Parameters
    ----------
    priorities : DataFrame
        Table ``priorities``: it says what is important, with its cut, and how sure the quadrant
        ``improve`` is.
    performance : DataFrame
        Rows of ``estimates`` by which weakness is judged, such as satisfied shares: one metric and
        group, one row a driver (``item``). It may be the table that made ``priorities``.
    frequency : DataFrame, optional
        How often trouble with each driver is met: ``item`` (the driver) and ``share``, in any one
        unit, such as the share of comments that complain of it; further columns are passed over.
        Without it only two conditions are judged, and ``reason`` says so.
    target : {"mean", "median"} or float
        A driver below this is weak: a number in the unit of ``performance``, or an average over
        the drivers.
    often : {"mean", "median"} or float
        A driver with at least this share is frequent.

    Returns
    -------
    DataFrame
        Table ``key_problems``, in its ranking: ``rank`` (NA where nothing can be judged);
        ``driver``; ``key_problem``, true where every condition that was judged for the table is
        met, NA where one of them is unknown of the driver and none of the others fails; ``met``
        and ``judged``, how many conditions hold and are known; ``important`` with ``importance``
        and ``importance_cut``; ``weak`` with ``metric``, ``performance``, ``performance_cut`` and
        ``shortfall`` (cut less performance, negative where it is reached); ``frequent`` with
        ``frequency`` and ``frequency_cut``; ``p_improve`` of ``priorities``; ``rule``, the whole
        rule in words and numbers; ``reason``: ``no_importance``, ``no_performance`` (or why there
        is none), ``one_driver`` (an average of one driver divides nothing, so that condition is
        not known), ``no_frequency``, else NA.

    Raises
    ------
    ValueError
        For missing columns, several metrics or groups, a driver that stands twice, and a cut that
        is neither a rule nor a finite number.

    Notes
    -----
    No weights are put on the parts and nothing is multiplied: the rank is that of ``met``, then
    of ``importance``, then of ``shortfall``, the larger first, then of the name. Values on a cut
    are important, frequent, and not weak.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import schema
    >>> matrix = pd.DataFrame({"driver": ["speed", "manner"], "importance": [0.3, 0.2],
    ...     "importance_cut": 0.25, "p_improve": [0.9, 0.1]})
    >>> shares = pd.DataFrame({"metric": "share", "item": ["speed", "manner"],
    ...     "estimate": [0.70, 0.92]})
    >>> told = pd.DataFrame({"item": ["speed", "manner"], "share": [0.20, 0.02]})
    >>> found = key_problems(matrix, shares, told, target=0.85)
    >>> found[["rank", "driver", "key_problem", "important", "weak", "frequent"]]
       rank  driver  key_problem  important   weak  frequent
    0     1   speed         True       True   True      True
    1     2  manner        False      False  False     False
    """
    require(priorities, ["driver", "importance", "importance_cut"], "priorities")
    once(priorities["driver"], "priorities", "driver")
    drivers = priorities["driver"].tolist()
    told = performance_of(performance, drivers)
    strength = _strength(told)
    shares = _frequencies(frequency, drivers)
    cuts = [_one_cut(priorities), cut_value(strength, _checked(target, "target"))]
    cuts.append(cut_value(shares, _checked(often, "often")))
    importance = numbers(priorities, "importance")
    rules = (_origin(priorities), target, often)
    values = (importance, strength, shares)
    alone = [divides_nothing(rule, value) for rule, value in zip(rules, values, strict=True)]
    sides = (
        reaches(importance, cuts[0]),
        ~reaches(strength, cuts[1]),
        reaches(shares, cuts[2]),
    )
    parts = [
        _where_known(side, np.full(len(value), np.nan) if one else value)
        for side, value, one in zip(sides, values, alone, strict=True)
    ]
    asked = parts if frequency is not None else parts[:2]
    columns = {
        "driver": drivers,
        "key_problem": _all_hold(asked),
        "met": sum((part == True).astype(int) for part in parts),  # noqa: E712 (objects, may be None)
        "judged": sum(_is_known(part).astype(int) for part in parts),
        "important": parts[0],
        "importance": importance,
        "importance_cut": cuts[0],
        "weak": parts[1],
        "metric": one_value(told.dropna(subset="metric"), "metric", "performance"),
        "performance": strength,
        "performance_cut": cuts[1],
        "shortfall": cuts[1] - strength,
        "frequent": parts[2],
        "frequency": shares,
        "frequency_cut": cuts[2],
        "p_improve": numbers(priorities, "p_improve"),
        "rule": _rule(cuts, priorities, target, often, given=frequency is not None),
        "reason": _reasons(importance, told, strength, shares, alone=any(alone)),
    }
    return _ranked(pd.DataFrame(columns, index=range(len(drivers))))


def _strength(told: pd.DataFrame) -> np.ndarray:
    value = numbers(told, "estimate")
    if "suppressed" not in told:
        return value
    return np.where(told["suppressed"].fillna(value=False).astype(bool), np.nan, value)


def _frequencies(frequency: pd.DataFrame | None, drivers: list[str]) -> np.ndarray:
    if frequency is None:
        return np.full(len(drivers), np.nan)
    require(frequency, ["item", "share"], "frequency")
    rows = frequency[frequency["item"].isin(drivers)]
    once(rows["item"], "frequency", "item")
    shares = numbers(rows.set_index("item").reindex(drivers), "share")
    if (shares < 0).any() or np.isinf(shares).any():
        raise ValueError(
            "frequency: expected shares of 0 or more, found a negative or infinite one; correct "
            "them or set them missing"
        )
    return shares


def _one_cut(priorities: pd.DataFrame) -> float:
    found = priorities["importance_cut"].dropna().unique()
    if len(found) > 1:
        raise ValueError(
            f"priorities: expected one importance_cut, found {len(found)}; pass the table of one "
            "group as drivers.priorities returned it"
        )
    return float(found[0]) if len(found) else np.nan


def _checked(cut: Cut, argument: str) -> Cut:
    cut_name(cut, argument)
    return cut


def _where_known(holds: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), None, holds.astype(object))


def _is_known(part: np.ndarray) -> np.ndarray:
    return np.array([value is not None for value in part], dtype=bool)


def _all_hold(parts: list[np.ndarray]) -> list[bool | None]:
    """Give Kleene's conjunction: false if one fails, unknown if one is, else true."""
    return [
        False if any(v is False for v in row) else None if None in row else True
        for row in zip(*parts, strict=True)
    ]


def _origin(priorities: pd.DataFrame) -> str:
    return one_value(priorities, "importance_rule", "priorities") or "given"


def _rule(
    cuts: list[float], priorities: pd.DataFrame, target: Cut, often: Cut, *, given: bool
) -> str:
    names = [_origin(priorities), cut_name(target, "target"), cut_name(often, "often")]
    signs = ("importance >=", "performance <", "frequency >=")
    told = [
        f"{sign} {cut:.6g} ({name})" for sign, cut, name in zip(signs, cuts, names, strict=True)
    ]
    return " and ".join(told if given else told[:2])


def _reasons(
    importance: np.ndarray,
    told: pd.DataFrame,
    strength: np.ndarray,
    shares: np.ndarray,
    *,
    alone: bool,
) -> np.ndarray:
    own = told["reason"] if "reason" in told else pd.Series([None] * len(told), dtype="object")
    own = own.astype("object").where(own.notna(), "no_performance").to_numpy(dtype=object)
    reason = np.where(np.isnan(shares), "no_frequency", None)
    reason = np.where(alone, "one_driver", reason)
    reason = np.where(np.isnan(strength), own, reason)
    return np.where(np.isnan(importance), "no_importance", reason)


def _ranked(found: pd.DataFrame) -> pd.DataFrame:
    by = ["_unknown", "met", "importance", "shortfall", "driver"]
    found = found.assign(_unknown=found["judged"] == 0)
    found = found.sort_values(by, ascending=[True, False, False, False, True], kind="stable")
    found = found.reset_index(drop=True)
    ranks = pd.array(np.arange(1, len(found) + 1), dtype="Int64")
    found["rank"] = pd.Series(ranks).mask(found["_unknown"].to_numpy(dtype=bool))
    contract = schema.TABLES["key_problems"].columns
    found = found[list(contract)].astype({name: column.dtype for name, column in contract.items()})
    return schema.check(found, "key_problems")
