"""What to improve first: importance against performance, and how sure each quadrant is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from csatlib import schema

__all__ = [
    "Cut",
    "cut_name",
    "cut_value",
    "divides_nothing",
    "numbers",
    "once",
    "one_value",
    "performance_of",
    "priorities",
    "reaches",
    "require",
]

Cut = Literal["mean", "median"] | float
_RULES = ("mean", "median")
_AVERAGE: dict[str, Callable[..., np.ndarray]] = {"mean": np.nanmean, "median": np.nanmedian}
#: A value so near the cut lies on it: what is between is rounding.
_ON_CUT = 1e-12
#: Reasons of an estimate whose standard error is 0 by right.
_EXACT = ("census", "fixed_by_design")


@dataclass(frozen=True)
class _Axis:
    """The values of one axis with their intervals, one entry a driver; NaN where there is none.

    ``scale`` turns a unit deviation up or down into one of this axis, ``df`` are the degrees of
    freedom of the deviation. ``exact`` marks values that are no estimates.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    down: np.ndarray
    up: np.ndarray
    df: np.ndarray
    exact: np.ndarray

    @property
    def unsure(self) -> np.ndarray:
        """Say where a value has no known error."""
        return ~np.isnan(self.value) & ~self.exact & (np.isnan(self.down) | np.isnan(self.up))


def priorities(
    importance: pd.DataFrame,
    performance: pd.DataFrame,
    *,
    cuts: tuple[Cut, Cut] = ("mean", "mean"),
    conf: float = 0.95,
    sure: float = 0.8,
    draws: int = 10_000,
    seed: int,
) -> pd.DataFrame:
    r"""Sort drivers into the quadrants of the importance matrix, with the chance of each quadrant.

    Parameters
    ----------
    importance : DataFrame
        Table ``drivers`` of one method: ``driver``, ``importance``, ``ci_low``, ``ci_high``.
    performance : DataFrame
        Rows of ``estimates``: one metric, one group (or none), one row a driver, ``item`` being
        the driver. Further items, such as the overall one, are passed over.
    cuts : tuple of {"mean", "median"} or float
        Where importance, and where performance, is divided: at the mean or the median of that axis
        over the drivers that have a value, or at a number in its unit, such as a target.
    conf : float
        Confidence at which the intervals of both tables were made, between 0 and 1.
    sure : float
        A driver whose observed quadrant has a lower chance than this is not ``certain``.
    draws : int
        How often both axes are drawn anew.
    seed : int
        Seed of the draws: the same tables and seed give the same chances.

    Returns
    -------
    DataFrame
        Table ``priorities``, most important first, drivers without importance last: ``driver``;
        ``group_by``, ``group`` and ``metric`` of the performance; ``importance`` and
        ``performance`` with ``_low`` and ``_high`` ends as they came; the two cuts
        (``importance_cut``, ``performance_cut``) and how they were found (``importance_rule``,
        ``performance_rule``: ``mean``, ``median`` or ``given``); ``quadrant``, the observed one:
        ``improve`` (important, weak), ``maintain`` (important, strong), ``minor`` (less important,
        weak), ``surplus`` (less important, strong); ``p_improve``, ``p_maintain``, ``p_minor`` and
        ``p_surplus``, which sum to 1; ``p_quadrant``, that of the observed one; ``certain``,
        whether it is at least ``sure``; ``reason``: ``no_importance``, ``no_performance`` (no
        estimate of the driver, or its own reason such as ``small_base``), ``one_driver`` (an
        average of one driver divides nothing), ``no_interval`` (a quadrant without chances, since
        the error of a value is unknown), ``on_cut`` (a value lies exactly on its cut), else NA.

    Raises
    ------
    ValueError
        For missing columns, several methods, metrics or groups, a driver that stands twice, a cut
        that is neither a rule nor a finite number, and settings out of range.

    Notes
    -----
    A value on its cut is important, and strong: who reaches the target has reached it.

    The chances are those of the quadrants of drawn values, :math:`x^* = \hat x + u\,s`: of an
    importance u is standard normal, with s the distance from the estimate to the end of its
    interval on that side over :math:`z_{(1+conf)/2}`, as bootstrap intervals are seldom even, and
    nothing is drawn below 0; of a performance u is Student's t with the estimate's df, s its
    standard error (or its interval, where there is no standard error). A cut that is an average is
    taken anew from each draw, so it moves with the values; a given one stands still. A value of a
    census is not drawn. A driver without a known error counts in the averages as it stands.

    The two tables do not tell how the estimates hang together, so they are drawn independently.
    The ratings of one sample mostly err in the same direction, and beside an average cut this
    makes the quadrants a little surer than is said here.

    Source: the importance matrix (重要性矩阵) of GB/T 19038 and GB/T 19039; Martilla and James
    (1977), Importance-performance analysis, *Journal of Marketing* 41, 77–79.

    Examples
    --------
    Speed matters and is weak; of manners one cannot be so sure that they matter less.

    >>> import pandas as pd
    >>> importance = pd.DataFrame({"driver": ["speed", "manner"], "method": "lmg",
    ...     "importance": [0.30, 0.20], "ci_low": [0.22, 0.12], "ci_high": [0.38, 0.28]})
    >>> scores = pd.DataFrame({"metric": "mean", "item": ["speed", "manner"],
    ...     "estimate": [3.6, 4.4], "se": [0.05, 0.04], "df": [199.0, 199.0],
    ...     "ci_low": [3.5, 4.3], "ci_high": [3.7, 4.5]})
    >>> found = priorities(importance, scores, seed=0)
    >>> found[["driver", "quadrant", "p_quadrant", "certain"]].round(2)
       driver quadrant  p_quadrant  certain
    0   speed  improve        0.96     True
    1  manner  surplus        0.96     True
    """
    _check_settings(conf, sure, draws)
    rules = _rules(cuts)
    table = _importances(importance)
    told = performance_of(performance, table["driver"].tolist())
    # By name, so that the order of the rows does not change what is drawn for whom.
    order = np.argsort(table["driver"].to_numpy(dtype=object), kind="stable")
    table, told = (each.iloc[order].reset_index(drop=True) for each in (table, told))
    axes = _importance_axis(table, conf), _performance_axis(told, conf)
    observed = [cut_value(axis.value, rule) for axis, rule in zip(axes, rules, strict=True)]
    reason = _reasons(axes, rules, told, observed)
    quadrant = _quadrants([a.value for a in axes], observed)
    placed = ~np.isin(reason, ["no_importance", "one_driver"]) & ~np.isnan(axes[1].value)
    chances = _chances(axes, rules, draws, seed)
    chances[~placed | axes[0].unsure | axes[1].unsure] = np.nan
    return _laid_out(table, told, axes, observed, rules, quadrant, placed, chances, sure, reason)


# ---- what came in --------------------------------------------------------------------------------


def one_value(df: pd.DataFrame, column: str, argument: str) -> str | None:
    """Give the one value of a column, None where it is missing; refuse several."""
    if column not in df:
        return None
    found = df[column].drop_duplicates().tolist()
    if len(found) > 1:
        raise ValueError(
            f"{argument}: expected one {column}, found {[str(v) for v in found[:5]]}; filter the "
            "table first"
        )
    return None if not found or pd.isna(found[0]) else str(found[0])


def numbers(df: pd.DataFrame, column: str) -> np.ndarray:
    """Give a column as floats, NaN where it or its value is missing."""
    if column not in df:
        return np.full(len(df), np.nan)
    return df[column].to_numpy(dtype=float, na_value=np.nan)


def require(df: pd.DataFrame, columns: list[str], argument: str) -> None:
    """Refuse what is no table, or one without the columns."""
    found = list(df.columns) if isinstance(df, pd.DataFrame) else type(df).__name__
    if not isinstance(df, pd.DataFrame) or not set(columns) <= set(df.columns):
        raise ValueError(
            f"{argument}: expected a table with the columns {columns}, found {found}; pass the "
            "table that the stage before returned"
        )


def _importances(importance: pd.DataFrame) -> pd.DataFrame:
    require(importance, ["driver", "importance", "ci_low", "ci_high"], "importance")
    one_value(importance, "method", "importance")
    once(importance["driver"], "importance", "driver")
    infinite = np.isinf(numbers(importance, "importance"))
    if infinite.any():
        raise ValueError(
            f"importance: expected finite numbers, found {int(infinite.sum())} infinite; correct "
            "them or set them missing"
        )
    return importance.reset_index(drop=True)


def performance_of(performance: pd.DataFrame, drivers: list[str]) -> pd.DataFrame:
    """Give one row of estimates a driver, in their order; empty where a driver has none."""
    require(performance, ["item", "metric", "estimate"], "performance")
    rows = performance[performance["item"].isin(drivers)]
    for column in ("metric", "group_by", "group", "level", "quarter", "line"):
        one_value(rows, column, "performance")
    once(rows["item"], "performance", "item")
    return rows.set_index("item").reindex(drivers).rename_axis("item").reset_index()


def once(names: pd.Series, argument: str, column: str) -> None:
    """Refuse a name that is missing or stands twice."""
    if names.isna().any() or names.duplicated().any():
        odd = "a missing one" if names.isna().any() else f"{names[names.duplicated()].iloc[0]!r}"
        raise ValueError(
            f"{argument}: expected each {column} in one row, found {odd} beside others; filter the "
            "table to one method, metric, quarter and group first"
        )


def _check_settings(conf: float, sure: float, draws: int) -> None:
    for name, value, low in (("conf", conf, 0), ("sure", sure, 0)):
        if isinstance(value, bool) or not isinstance(value, Real) or not low < value < 1:
            raise ValueError(f"{name}: expected a number between 0 and 1, found {value!r}")
    if isinstance(draws, bool) or not isinstance(draws, Integral) or draws < 100:
        raise ValueError(f"draws: expected a whole number, 100 or more, found {draws!r}")


def _rules(cuts: tuple[Cut, Cut]) -> tuple[Cut, Cut]:
    if isinstance(cuts, str) or not isinstance(cuts, tuple | list) or len(cuts) != 2:
        raise ValueError(
            f"cuts: expected two, of importance and of performance, found {cuts!r}; write for "
            "example cuts=('mean', 4.2)"
        )
    for cut in cuts:
        cut_name(cut, "cuts")
    return tuple(cuts)


def cut_name(cut: Cut, argument: str) -> str:
    """Say how a cut is found: ``mean``, ``median`` or ``given``; refuse any other."""
    if isinstance(cut, str) and cut in _RULES:
        return cut
    if isinstance(cut, Real) and not isinstance(cut, bool) and np.isfinite(cut):
        return "given"
    raise ValueError(f"{argument}: expected 'mean', 'median' or a finite number, found {cut!r}")


def cut_value(values: np.ndarray, rule: Cut) -> float:
    """Give the cut of values, NaN where there is none to average."""
    if not isinstance(rule, str):
        return float(rule)
    return float(_AVERAGE[rule](values)) if (~np.isnan(values)).any() else np.nan


# ---- the two axes --------------------------------------------------------------------------------


def _importance_axis(table: pd.DataFrame, conf: float) -> _Axis:
    value, low, high = (numbers(table, name) for name in ("importance", "ci_low", "ci_high"))
    z = special.ndtri((1 + conf) / 2)
    down, up = np.maximum(value - low, 0) / z, np.maximum(high - value, 0) / z
    return _Axis(value, low, high, down, up, np.full(len(value), np.inf), _exact(table))


def _performance_axis(told: pd.DataFrame, conf: float) -> _Axis:
    names = ("estimate", "ci_low", "ci_high", "se", "df")
    value, low, high, se, df = (numbers(told, name) for name in names)
    if "suppressed" in told:
        value = np.where(told["suppressed"].fillna(value=False).astype(bool), np.nan, value)
    df = np.where(df >= 1, df, np.inf)
    t = np.where(np.isinf(df), special.ndtri((1 + conf) / 2), special.stdtrit(df, (1 + conf) / 2))
    down = np.where(np.isnan(se), (value - low) / t, se)
    up = np.where(np.isnan(se), (high - value) / t, se)
    return _Axis(value, low, high, down, up, df, _exact(told))


def _exact(table: pd.DataFrame) -> np.ndarray:
    """Say which rows have no error by right."""
    if "reason" not in table:
        return np.zeros(len(table), dtype=bool)
    return table["reason"].isin(_EXACT).to_numpy(dtype=bool)


def _chances(
    axes: tuple[_Axis, _Axis], rules: tuple[Cut, Cut], draws: int, seed: int
) -> np.ndarray:
    """Draw both axes and their cuts, and count how often each driver falls into each quadrant."""
    importance, performance = axes
    if not len(importance.value):
        return np.empty((0, 4))
    generator = np.random.default_rng(seed)
    shape = (draws, len(importance.value))
    unit = generator.standard_normal(shape)
    drawn = [np.maximum(_moved(importance, unit), np.minimum(importance.value, 0))]
    df = np.where(np.isinf(performance.df), 1e9, performance.df)
    drawn.append(_moved(performance, generator.standard_t(df, shape)))
    sides = []
    for values, rule in zip(drawn, rules, strict=True):
        cut = rule
        if isinstance(rule, str):
            known = ~np.isnan(values[0])
            cut = _AVERAGE[rule](values[:, known], axis=1)[:, None] if known.any() else np.nan
        sides.append(reaches(values, cut))
    important, strong = sides
    found = (important & ~strong, important & strong, ~important & ~strong, ~important & strong)
    return np.column_stack([each.mean(axis=0) for each in found])


def _moved(axis: _Axis, unit: np.ndarray) -> np.ndarray:
    scale = np.where(unit < 0, axis.down, axis.up)
    return axis.value + unit * np.where(axis.exact | axis.unsure, 0.0, scale)


def divides_nothing(rule: Cut, values: np.ndarray) -> bool:
    """Say that a cut is the average of one value, which always reaches it."""
    return isinstance(rule, str) and (~np.isnan(values)).sum() == 1


def reaches(values: np.ndarray, cut: np.ndarray | float) -> np.ndarray:
    """Say which values lie on a cut or above it; what is between but rounding is on it."""
    return values >= cut - _ON_CUT * np.maximum(1.0, np.abs(cut))


# ---- what goes out -------------------------------------------------------------------------------


def _quadrants(values: list[np.ndarray], cuts: list[float]) -> np.ndarray:
    important, strong = (reaches(v, cut) for v, cut in zip(values, cuts, strict=True))
    conditions = [important & ~strong, important & strong, ~important & ~strong]
    return np.select(conditions, schema.QUADRANTS[:3], schema.QUADRANTS[3]).astype(object)


def _reasons(
    axes: tuple[_Axis, _Axis], rules: tuple[Cut, Cut], told: pd.DataFrame, cuts: list[float]
) -> np.ndarray:
    importance, performance = axes
    alone = [divides_nothing(rule, a.value) for rule, a in zip(rules, axes, strict=True)]
    own = told["reason"] if "reason" in told else pd.Series([None] * len(told), dtype="object")
    own = own.astype("object").where(own.notna(), "no_performance").to_numpy(dtype=object)
    on_cut = np.zeros(len(told), dtype=bool)
    for axis, cut in zip(axes, cuts, strict=True):
        with np.errstate(invalid="ignore"):
            on_cut |= np.abs(axis.value - cut) <= _ON_CUT * max(1.0, abs(cut))
    reason = np.where(on_cut, "on_cut", "").astype(object)
    reason = np.where(importance.unsure | performance.unsure, "no_interval", reason)
    reason = np.where(any(alone), "one_driver", reason)
    reason = np.where(np.isnan(performance.value), own, reason)
    return np.where(np.isnan(importance.value), "no_importance", reason)


def _laid_out(
    table: pd.DataFrame,
    told: pd.DataFrame,
    axes: tuple[_Axis, _Axis],
    cuts: list[float],
    rules: tuple[Cut, Cut],
    quadrant: np.ndarray,
    placed: np.ndarray,
    chances: np.ndarray,
    sure: float,
    reason: np.ndarray,
) -> pd.DataFrame:
    count = len(table)
    columns: dict[str, object] = {"driver": table["driver"]}
    for name in ("group_by", "group", "metric"):
        columns[name] = [one_value(told.dropna(subset="metric"), name, "performance")] * count
    for place, name in enumerate(("importance", "performance")):
        axis = axes[place]
        columns |= {name: axis.value, f"{name}_low": axis.low, f"{name}_high": axis.high}
        columns[f"{name}_cut"] = np.full(count, cuts[place])
        columns[f"{name}_rule"] = [cut_name(rules[place], "cuts")] * count
    columns["quadrant"] = np.where(placed, quadrant, None)
    columns |= {f"p_{q}": chances[:, place] for place, q in enumerate(schema.QUADRANTS)}
    at = [schema.QUADRANTS.index(q) for q in quadrant]
    chance = chances[np.arange(count), at] if count else np.empty(0)
    columns["p_quadrant"] = chance
    columns["certain"] = pd.array(np.where(np.isnan(chance), None, chance >= sure), "boolean")
    columns["reason"] = [text or None for text in reason]
    contract = schema.TABLES["priorities"].columns
    found = pd.DataFrame(columns, columns=list(contract))
    found = found.astype({name: column.dtype for name, column in contract.items()})
    found = found.sort_values("importance", ascending=False, kind="stable", na_position="last")
    return schema.check(found.reset_index(drop=True), "priorities")
