"""Whether a system of indicators is built as the guide asks: seven principles, each checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from csatlib.evaluation.arguments import fitted
from csatlib.schema import Quarter
from csatlib.study import Indicator, IndicatorSystem

__all__ = ["check_system"]

#: Two indicators that go together more closely than this say the same.
_DUPLICATE = 0.95
#: Fewer common values do not say whether two indicators are one.
_PAIRS = 8
_COSTS = {"low": "低", "medium": "中", "high": "高"}
_EVERY = {"week": ("周", 12), "month": ("月", 3)}
_SOURCES = {
    "survey": "问卷",
    "stages": "工单",
    "followups": "意见跟进",
    "actions": "改进措施",
    "table": "原始指标表",
}

_PRINCIPLES = (
    *("complete", "representative", "quantifiable", "available"),
    *("current", "sustainable", "operable"),
)

Row = dict[str, object]


def check_system(
    system: IndicatorSystem,
    values: pd.DataFrame,
    *,
    quarter: Quarter | str,
    history: pd.DataFrame | None = None,
    table: pd.DataFrame | None = None,
    population: Mapping[str, int] | None = None,
    min_base: int = 30,
    quarters: int = 4,
) -> pd.DataFrame:
    """Hold a system of indicators against the seven principles by which it should be built.

    Parameters
    ----------
    system : IndicatorSystem
        The indicators.
    values : DataFrame
        Table ``indicator_values`` of the quarter.
    quarter : Quarter or str
        The quarter that is judged.
    history : DataFrame, optional
        Tables ``indicator_values`` of earlier quarters, one below the other.
    table : DataFrame, optional
        Table ``indicator_rows``: figures that belong to no indicator are told, since their name
        may be a slip.
    population : mapping of str to int, optional
        How many customers (``survey``), tickets (``stages``) or opinions (``followups``) there
        are, to tell what part the figures cover.
    min_base : int
        The fewest people or tickets that stand for the whole.
    quarters : int
        In how many quarters in a row, this one included, a lasting indicator has values.

    Returns
    -------
    DataFrame
        Table ``indicator_checks``: ``principle``; ``indicator`` (NA for a whole first level);
        ``first``; ``passed`` (NA where it cannot be told); ``figure`` (the number behind it);
        ``finding`` and ``remedy`` in Chinese. The principles are ``complete`` (each first level
        has indicators with values), ``representative`` (enough people or tickets behind each; no
        two that go together closer than 0.95 over at least 8 common groups and periods: those
        that hang together are one row, of the second of them; measures are all counted, so few
        of them are enough),
        ``quantifiable`` (unit and definition), ``available`` (there is a value, and it does not
        cost much), ``current`` (the last value is not older than it should be), ``sustainable``
        (values in each of the last quarters), ``operable`` (target and owner).

    Raises
    ------
    ValueError
        For fewer than two quarters, or a label that is none.

    Examples
    --------
    >>> from csatlib import schema
    >>> from csatlib.study import IndicatorSystem
    >>> system = IndicatorSystem.model_validate({"first": {"流程效率": 1.0}})
    >>> found = check_system(system, schema.empty("indicator_values"), quarter="2026Q3")
    >>> found["finding"].tolist()
    ['一级指标“流程效率”没有二级指标']
    """
    if quarters < 2:
        raise ValueError(f"quarters: expected 2 or more, found {quarters!r}")
    label = Quarter.parse(quarter)
    wanted = ("indicator", "group_by", "group", "period", "value", "n")
    for name, given in (("values", values), ("history", history)):
        lacking = [] if given is None else [column for column in wanted if column not in given]
        if lacking:
            raise ValueError(
                f"{name}: expected the table indicator_values, found one without {lacking}; make "
                "it with evaluation.indicator_values"
            )
    whole = values[values["group_by"].isna()]
    now = whole[whole["period"] == str(label)].set_index("indicator")["value"].dropna()
    bases = whole[whole["period"] == str(label)].set_index("indicator")["n"].dropna()
    past = None if history is None else history[history["group_by"].isna()]
    rows: list[Row] = [*_complete(system, now)]
    rows += [_representative(one, bases, population or {}, min_base) for one in system.indicators]
    rows += _duplicates(system, values, history)
    for one in system.indicators:
        rows += [
            _quantifiable(one),
            _available(one, now),
            _current(one, whole, past, label),
            _sustainable(one, now, past, label, quarters),
            _operable(one),
        ]
    rows += _unknown_rows(system, table)
    found = fitted(rows, "indicator_checks")
    ranked = found["principle"].map({name: place for place, name in enumerate(_PRINCIPLES)})
    return found.iloc[np.argsort(ranked.to_numpy(), kind="stable")].reset_index(drop=True)


def _row(
    principle: str,
    one: Indicator | None,
    passed: bool | None,
    finding: str,
    remedy: str | None = None,
    figure: float | None = None,
    first: str | None = None,
) -> Row:
    return {
        "principle": principle,
        "indicator": one.id if one else None,
        "first": one.first if one else first,
        "passed": passed,
        "figure": figure,
        "finding": finding,
        "remedy": None if passed else remedy,
    }


def _complete(system: IndicatorSystem, now: pd.Series) -> Iterator[Row]:
    for first in system.first:
        held = [one for one in system.indicators if one.first == first]
        if not held:
            yield _row(
                *("complete", None, False, f"一级指标“{first}”没有二级指标"),
                remedy="在 indicators.yml 里补上二级指标，或删去这个一级指标",
                figure=0.0,
                first=first,
            )
            continue
        lacking = [one.name for one in held if one.id not in now.index]
        finding = f"一级指标“{first}”的 {len(held)} 个二级指标都有数"
        if lacking:
            finding = (
                f"一级指标“{first}”有 {len(lacking)} 个二级指标本季度没有数：{'、'.join(lacking)}"
            )
        yield _row(
            *("complete", None, not lacking, finding, "补上数据来源，或换成拿得到数的指标"),
            figure=1 - len(lacking) / len(held),
            first=first,
        )


def _representative(
    one: Indicator, bases: pd.Series, population: Mapping[str, int], min_base: int
) -> Row:
    n = bases.get(one.id)
    if n is None:
        finding = f"“{one.name}”没有样本量，说不清代表多少人或工单"
        return _row("representative", one, None, finding, "在来源里补上样本量")
    if one.source == "actions":
        if n == 0:
            return _row("representative", one, None, f"“{one.name}”还没有可以计数的改进措施")
        finding = f"“{one.name}”统计了全部 {int(n):,} 项，没有抽样"
        return _row("representative", one, True, finding, figure=1.0)
    whole = population.get(one.source)
    share = float(n) / whole if whole else None
    covered = "" if share is None else f"，占全体的 {100 * share:.0f}%"
    finding = f"“{one.name}”依据 {int(n):,} 份{_SOURCES[one.source]}记录{covered}"
    remedy = f"至少需要 {min_base} 份；请扩大样本，或合并几个季度"
    return _row("representative", one, bool(n >= min_base), finding, remedy, share)


def _duplicates(
    system: IndicatorSystem, values: pd.DataFrame, history: pd.DataFrame | None
) -> Iterator[Row]:
    """Find indicators whose values rise and fall together over groups and periods."""
    rows = values if history is None else pd.concat([history, values], ignore_index=True)
    keys = ["group_by", "group", "period"]
    held = rows.dropna(subset=["value"]).drop_duplicates(["indicator", *keys], keep="last")
    if held.empty:
        return
    named = held[keys].fillna("").agg("|".join, axis=1)
    wide = held.assign(key=named, value=held["value"].astype("float64"))
    wide = wide.pivot_table(index="key", columns="indicator", values="value")
    known = [one.id for one in system.indicators if one.id in wide]
    pairs = {
        pair: _together(wide[list(pair)].dropna().to_numpy()) for pair in combinations(known, 2)
    }
    alike = {pair: r for pair, r in pairs.items() if abs(r) > _DUPLICATE}
    for group in _hanging_together(alike):
        members = [one for one in system.indicators if one.id in group]
        among = [r for (first, _), r in alike.items() if first in group]
        r = max(among, key=abs)
        names = "".join(f"“{one.name}”" for one in members)
        written = f"{r:.2f}".replace("-", "−")
        told = f"相关系数 {written}"
        if len(members) > 2:
            told = f"其中 {len(among)} 对的相关系数超过 ±{_DUPLICATE}，最强的 {written}"
        finding = f"{names}几乎同进同退（{told}），等于把一件事算了 {len(members)} 次"
        yield _row("representative", members[1], False, finding, "只保留其中一个，或合并", r)


def _together(both: np.ndarray) -> float:
    """Correlate two columns; NaN where they are too short or one does not vary."""
    if len(both) < _PAIRS:
        return np.nan
    away = both - both.mean(axis=0)
    spread = np.sqrt((away**2).sum(axis=0))
    if (spread <= 1e-12 * np.abs(both).max(axis=0)).any():
        return np.nan
    return float((away[:, 0] * away[:, 1]).sum() / spread.prod())


def _hanging_together(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Join pairs that share an indicator, so that many pairs are told as a few groups."""
    groups: list[set[str]] = []
    for pair in pairs:
        touched = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touched]
        groups.append(set(pair).union(*touched))
    return groups


def _quantifiable(one: Indicator) -> Row:
    lacking = [what for what, there in (("单位", one.unit), ("算法", one.definition)) if not there]
    if lacking:
        finding = f"“{one.name}”没有写{'和'.join(lacking)}"
        return _row(
            "quantifiable", one, False, finding, "在 indicators.yml 里补上 unit 和 definition"
        )
    side = "越大越好" if one.better_above else "越小越好"
    return _row("quantifiable", one, True, f"“{one.name}”以{one.unit}计，{side}")


def _available(one: Indicator, now: pd.Series) -> Row:
    where = _SOURCES[one.source]
    if one.id not in now.index:
        finding = f"“{one.name}”本季度没有数（来源：{where}）"
        return _row("available", one, False, finding, f"请{where}的负责人按期提供")
    finding = f"“{one.name}”有数，取数成本{_COSTS[one.cost]}（来源：{where}）"
    return _row("available", one, one.cost != "high", finding, "能否换成系统自动记录的数据")


def _current(one: Indicator, whole: pd.DataFrame, past: pd.DataFrame | None, label: Quarter) -> Row:
    """Compare the age of the last value with how often there should be one."""
    rows = whole if past is None else pd.concat([past, whole], ignore_index=True)
    held = rows[(rows["indicator"] == one.id) & rows["value"].notna()]
    age = [label.year * 4 + label.number - at for at in map(_quarter_number, held["period"])]
    age = [quarters for quarters in age if quarters >= 0]
    if not age:
        return _row("current", one, False, f"“{one.name}”还没有过数", "先取得第一期的数据")
    if min(age) > 0:
        finding = f"“{one.name}”最近一次的数是 {min(age)} 个季度以前的"
        return _row("current", one, False, finding, "按期更新，过期的数不参加评价", float(min(age)))
    if one.every in _EVERY and one.source == "table":
        name, wanted = _EVERY[one.every]
        length = 7 if one.every == "month" else 10
        parts = [p for p in held["period"] if _quarter_number(p) == label.year * 4 + label.number]
        n = sum(len(p) == length for p in parts)
        finding = f"“{one.name}”应每{name}更新，本季度有 {n} 期"
        return _row("current", one, n >= wanted, finding, f"每{name}提供一期", float(n))
    return _row("current", one, True, f"“{one.name}”是本季度的数", figure=0.0)


def _sustainable(
    one: Indicator, now: pd.Series, past: pd.DataFrame | None, label: Quarter, quarters: int
) -> Row:
    if past is None:
        finding = f"“{one.name}”没有以往的数可查"
        return _row("sustainable", one, None, finding, "保存各季度的 indicator_values")
    held = past[(past["indicator"] == one.id) & past["value"].notna()]
    there = {_quarter_number(period) for period in held["period"]}
    last = label.year * 4 + label.number
    if one.id in now.index:
        there.add(last)
    n = sum(at in there for at in range(last - quarters + 1, last + 1))
    finding = f"“{one.name}”最近 {quarters} 个季度里有 {n} 个季度有数"
    return _row(
        *("sustainable", one, n == quarters, finding, "固定来源和口径，每季度都取数"),
        figure=n / quarters,
    )


def _operable(one: Indicator) -> Row:
    lacking = []
    if one.target is None:
        lacking.append("目标")
    if one.owner is None and one.team is None:
        lacking.append("负责人")
    if lacking:
        finding = f"“{one.name}”没有{'和'.join(lacking)}"
        return _row("operable", one, False, finding, "在 indicators.yml 里补上 target 和 owner")
    return _row("operable", one, True, f"“{one.name}”有目标，由{one.owner or one.team}负责")


def _unknown_rows(system: IndicatorSystem, table: pd.DataFrame | None) -> Iterator[Row]:
    if table is None:
        return
    known = {name for one in system.indicators for name in (one.id, one.name)}
    for name in dict.fromkeys(table["indicator"]):
        if name not in known:
            finding = f"原始指标表里的“{name}”不是指标体系里的指标"
            yield _row("available", None, False, finding, "核对名称，或把它写进 indicators.yml")


def _quarter_number(period: str) -> int:
    """Count quarters: of ``2026Q3``, ``2026-07`` and ``2026-07-06`` the same number."""
    year = int(period[:4])
    if period[4] == "Q":
        return year * 4 + int(period[5])
    return year * 4 + (int(period[5:7]) - 1) // 3 + 1
