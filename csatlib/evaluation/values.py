"""The values of a system's indicators, from every table that has them, in one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from csatlib import schema
from csatlib.evaluation.arguments import figures, fitted
from csatlib.evaluation.sources import (
    LINK,
    Figure,
    from_estimates,
    from_followups,
    from_progress,
    from_rows,
    from_stages,
)
from csatlib.schema import Quarter
from csatlib.study import Indicator, IndicatorSystem, Stage

__all__ = ["by_line", "indicator_values", "matrix"]


def indicator_values(
    system: IndicatorSystem,
    *,
    quarter: Quarter | str,
    estimates: pd.DataFrame | None = None,
    stage_times: pd.DataFrame | None = None,
    stages: Sequence[Stage] = (),
    followup_rates: pd.DataFrame | None = None,
    progress: pd.DataFrame | None = None,
    table: pd.DataFrame | None = None,
    by: Sequence[str] = (),
    min_base: int = 30,
) -> pd.DataFrame:
    """Gather the values of all indicators: of the whole line, of groups, of links of the process.

    Parameters
    ----------
    system : IndicatorSystem
        What is measured, and where its figures come from.
    quarter : Quarter or str
        The quarter that is judged.
    estimates : DataFrame, optional
        Table ``estimates``, for indicators whose source is ``survey``: rows without a group, and
        those whose ``group_by`` is in ``by``.
    stage_times : DataFrame, optional
        One row a ticket: minutes of each stage (`csatlib.drivers.stage_times`) and the columns of
        ``by``, for the source ``stages``.
    stages : sequence of Stage, optional
        The study's stages: their limits and links.
    followup_rates : DataFrame, optional
        Table ``followup_rates``, for the source ``followups``: ``metric``, ``estimate``, ``n``,
        and where there are such ``group_by``, ``group``, ``ci_low``, ``ci_high``, ``reason``.
    progress : DataFrame, optional
        Table ``action_progress``, for the source ``actions``.
    table : DataFrame, optional
        Table ``indicator_rows`` (`csatlib.clean.indicator_rows`), for the source ``table``, rows
        found by the indicator's name or id.
    by : sequence of str
        Columns to group by, each by itself, such as ``team``; ``link`` parts the times of stages
        by the links of the process.
    min_base : int
        The fewest tickets of a figure of ``stage_times``.

    Returns
    -------
    DataFrame
        Table ``indicator_values``, the indicators in the system's order, the whole line before its
        groups: ``indicator, name, first, link, team, group_by, group, period`` (the quarter, or a
        month or week of it where the raw figures have such), ``value``; ``se, ci_low, ci_high, n``
        where known; ``target, direction, weight`` (its share of the whole system), ``unit,
        source``; ``reason``: why a value is missing (``no_source``: its table was not given;
        ``not_found``: the table has no row; ``not_by_group``; ``blank``; or that of the table,
        such as ``small_base``), or has no error (``census``, ``no_error``: raw figures come
        without).

    Raises
    ------
    ValueError
        For a table that lacks columns, or has two figures for one indicator and group.

    Notes
    -----
    A quarter of raw figures by months is their mean, by ``n`` where every month has one; so is the
    whole line of its groups where the table has no row of the whole. The time
    of all stages counts tickets whose stages are all known. Times have the errors of `estimates`
    without a design, so tickets count as independent.

    Examples
    --------
    >>> from csatlib.study import IndicatorSystem
    >>> system = IndicatorSystem.model_validate({"first": {"流程效率": 1.0}, "indicators": (
    ...     {"id": "wait", "name": "响应时间", "first": "流程效率", "source": "stages",
    ...      "item": "接收", "metric": "mean", "direction": "lower"},
    ...     {"id": "cost", "name": "单件成本", "first": "流程效率"})})
    >>> times = pd.DataFrame({"接收": [10.0, 20.0, 30.0, 40.0]})
    >>> found = indicator_values(system, quarter="2026Q3", stage_times=times, min_base=1)
    >>> found[["name", "value", "n", "reason"]]
       name  value     n     reason
    0  响应时间   25.0     4        NaN
    1  单件成本   <NA>  <NA>  no_source
    """
    period = str(Quarter.parse(quarter))
    given = {
        "survey": estimates,
        "stages": stage_times,
        "followups": followup_rates,
        "actions": progress,
        "table": table,
    }
    for name, held in given.items():
        _require(held, name)
    figures: list[Figure] = []
    for one in system.indicators:
        held = given[one.source]
        if held is not None:
            figures += _figures(one, held, period, stages, by, min_base)
    figures += _absent(system, figures, period, given)
    return _table(system, figures, stages)


def matrix(
    values: pd.DataFrame, *, group_by: str | None, period: Quarter | str, what: str = "value"
) -> pd.DataFrame:
    """Lay indicator values out with one row a group and one column an indicator.

    Parameters
    ----------
    values : DataFrame
        Table ``indicator_values``, of one line or several.
    group_by : str or None
        The grouping whose groups are the rows; None for the whole line, one row named 总体.
    period : Quarter or str
        The period.
    what : str
        The column that fills the cells: ``value``, ``se``, ``n``.

    Returns
    -------
    DataFrame
        Floats, NaN where there is none; rows by the groups' names, the index named ``group_by``;
        columns in the table's order. An indicator without any value in a group has no column.

    Raises
    ------
    ValueError
        For a column that is not there, or two rows of one indicator and group.

    Examples
    --------
    >>> from csatlib import schema
    >>> matrix(schema.empty("indicator_values"), group_by="team", period="2026Q3").shape
    (0, 0)
    """
    if what not in ("value", "se", "n", "ci_low", "ci_high"):
        raise ValueError(f"what: expected value, se, n, ci_low or ci_high, found {what!r}")
    _require(values, "values")
    named = values["group_by"].isna() if group_by is None else values["group_by"] == group_by
    rows = values[named & (values["period"] == str(period))]
    groups = rows["group"].fillna("总体")
    repeated = rows.assign(group=groups).duplicated(["indicator", "group"])
    if repeated.any():
        raise ValueError(
            f"values: expected one row an indicator and group, found {int(repeated.sum())} more; "
            "filter the table to one line"
        )
    held = rows.groupby("indicator", sort=False)["value"].transform("count") > 0
    indicators = list(dict.fromkeys(rows.loc[held, "indicator"]))
    wide = rows.assign(group=groups, cell=figures(rows[[what]], "values")[:, 0])
    wide = wide.pivot_table(
        index="group", columns="indicator", values="cell", aggfunc="first", dropna=False
    )
    wide = wide.reindex(index=sorted(set(groups)), columns=indicators).astype("float64")
    return wide.rename_axis(index=group_by, columns=None)


def by_line(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Lay the values of several lines below each other, each line as a group.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Leads from each line to its table ``indicator_values``, made with the system that all
        lines share.

    Returns
    -------
    DataFrame
        Table ``indicator_values``: the rows without a group, with ``group_by`` ``line`` and the
        line as ``group``.

    Raises
    ------
    SchemaError
        For a table that is none of indicator values.

    Examples
    --------
    >>> from csatlib import schema
    >>> by_line({"hotline": schema.empty("indicator_values")}).shape
    (0, 19)
    """
    wholes = [schema.empty("indicator_values")]
    for line, table in tables.items():
        whole = schema.check(table, "indicator_values")
        whole = whole[whole["group_by"].isna()]
        wholes.append(whole.assign(group_by="line", group=line).astype(wholes[0].dtypes.to_dict()))
    return schema.check(pd.concat(wholes, ignore_index=True), "indicator_values")


def _figures(
    one: Indicator,
    held: pd.DataFrame,
    period: str,
    stages: Sequence[Stage],
    by: Sequence[str],
    min_base: int,
) -> Iterable[Figure]:
    if one.source == "survey":
        return from_estimates(one, held, period, by)
    if one.source == "stages":
        return list(from_stages(one, held, stages, period, by, min_base))
    if one.source == "followups":
        return from_followups(one, held, period, by)
    if one.source == "actions":
        return from_progress(one, held, period)
    return list(from_rows(one, held, period, by))


def _absent(
    system: IndicatorSystem,
    figures: Sequence[Figure],
    period: str,
    given: dict[str, pd.DataFrame | None],
) -> list[Figure]:
    """Say which values are not there: of the line, and of every group that others have."""
    known = {(f.indicator, f.group_by, f.group) for f in figures if f.period == period}
    # The links of the process are parts of a time, of which other indicators have none.
    groups = dict.fromkeys((f.group_by, f.group) for f in figures if f.group_by != LINK)
    places = dict.fromkeys([(None, None), *groups])
    found = []
    for one in system.indicators:
        own = any(key[0] == one.id for key in known)
        for group_by, group in places:
            if (one.id, group_by, group) in known:
                continue
            why = "not_by_group" if own else "not_found"
            if given[one.source] is None:
                why = "no_source"
            found.append(Figure(one.id, group_by, group, period, reason=why))
    return found


def _table(
    system: IndicatorSystem, figures: Sequence[Figure], stages: Sequence[Stage]
) -> pd.DataFrame:
    weights, links = system.weights, {stage.name: stage.link for stage in stages}
    rows = []
    order = {one.id: place for place, one in enumerate(system.indicators)}
    whole_first = sorted(
        figures,
        key=lambda f: (
            order[f.indicator],
            f.group_by or "",
            f.group or "",
            len(f.period) > 6,
            f.period,
        ),
    )
    for figure in whole_first:
        one = system.indicator(figure.indicator)
        row = {name: getattr(figure, name) for name in figure.__dataclass_fields__}
        row |= {"name": one.name, "first": one.first, "team": one.team, "target": one.target}
        row |= {"link": one.link or links.get(one.item or ""), "weight": weights[one.id]}
        row |= {"direction": one.direction, "unit": one.unit or None, "source": one.source}
        if figure.group_by == LINK:
            row |= {"link": figure.group}
            # A target of the whole time is no target of one link, see decompose_targets.
            row |= {"target": None}
        rows.append(row)
    return fitted(rows, "indicator_values")


_NEEDED = {
    "survey": ("quarter", "metric", "item", "level", "group_by", "group", "n", "estimate", "se"),
    "followups": ("metric", "n", "estimate"),
    "actions": ("state", "milestones", "milestones_done"),
    "table": ("indicator", "group_by", "group", "period", "value", "n"),
    "values": ("indicator", "group_by", "group", "period", "value", "se", "n"),
}


def _require(table: pd.DataFrame | None, name: str) -> None:
    if table is None:
        return
    lacking = [column for column in _NEEDED.get(name, ()) if column not in table]
    if lacking:
        raise ValueError(
            f"{name}: expected the columns {list(_NEEDED[name])}, found none of {lacking}; "
            "hand over the whole table"
        )
