"""The study file's sampling plan, carried out: notebook and command draw through here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from csatlib.sampling.allocation import allocate
from csatlib.sampling.arguments import EVERYONE, columns_of
from csatlib.sampling.drawing import draw
from csatlib.sampling.sizes import required_n, whole_up
from csatlib.study import Sampling, StudyError

__all__ = ["composition", "draw_plan", "plan_allocation"]

UNKNOWN = "未知"


def plan_allocation(
    frame: pd.DataFrame, plan: Sampling, *, sd: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Divide the sample that a study file plans among its strata.

    Parameters
    ----------
    frame : DataFrame
        One row a customer or ticket, as `clean.sampling_frame` gives it.
    plan : Sampling
        ``study.sampling``.
    sd : mapping of str to float, optional
        The standard deviation of each stratum, for ``allocation: neyman``; without it all are
        taken to be alike, which is proportional.

    Returns
    -------
    DataFrame
        One row a stratum, by name: ``stratum`` (``all`` where the plan names no strata; a missing
        value of the frame is 未知), ``population``, ``census`` (whether all are asked),
        ``response_rate``, ``sd``, ``n`` (to invite), ``exact``, ``expected`` (answers).

    Raises
    ------
    StudyError
        If the frame is empty or lacks a column that the plan names, or ``total`` is less than the
        census and the floors need; the Chinese message gives the remedy.

    Notes
    -----
    Without ``total`` the number is that of `required_n`, raised where census and floors need
    more; it never exceeds the frame. The least number of answers is kept for
    ``strata`` only; every stratum gets at least one.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": range(100), "tier": ["核心"] * 10 + ["普通"] * 90})
    >>> plan = Sampling(census={"tier": ("核心",)}, total=40)
    >>> plan_allocation(frame, plan)[["stratum", "population", "n"]].values.tolist()
    [['all', 90, 30], ['核心', 10, 10]]
    """
    strata, census = _strata(frame, plan)
    counts = strata.value_counts().sort_index()
    table = pd.DataFrame({"stratum": counts.index.astype("str"), "population": counts.to_numpy()})
    table["census"] = table["stratum"].isin(strata[census])
    table["response_rate"] = plan.response_rate
    alike = math.sqrt(plan.share * (1 - plan.share))
    table["sd"] = table["stratum"].map(dict(sd or {})).fillna(alike).astype("float64")
    floor = max(plan.min_n, 1) if plan.strata else 1
    total = _total(table, plan, floor)
    return allocate(table, total, method=plan.allocation, min_n=floor)


def draw_plan(
    frame: pd.DataFrame,
    plan: Sampling,
    *,
    seed: int,
    salt: str,
    sd: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Draw the sample that a study file plans.

    Parameters
    ----------
    frame, plan, sd
        As for `plan_allocation`.
    seed : int
        The sample is the same for the same seed, salt and frame.
    salt : str
        The quarter and line, such as ``2026Q3/hotline``, so that no two draw the same people.

    Returns
    -------
    DataFrame
        Table ``sample``, as `draw` gives it. Those of census strata have the probability 1.

    Raises
    ------
    StudyError
        As for `plan_allocation`; also where a cluster or size is missing in the frame.

    Notes
    -----
    With ``cluster`` the people to invite are divided by the mean size of a stratum's clusters.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": range(100), "tier": ["核心"] * 10 + ["普通"] * 90})
    >>> plan = Sampling(census={"tier": ("核心",)}, total=40)
    >>> sample = draw_plan(frame, plan, seed=0, salt="2026Q3/shop")
    >>> sample.groupby("stratum")["design_weight"].sum().to_dict()
    {'all': 90.0, '核心': 10.0}
    """
    strata, _ = _strata(frame, plan)
    wanted = plan_allocation(frame, plan, sd=sd)
    framed = frame.drop(columns="stratum", errors="ignore").assign(stratum=strata)
    chosen = {"by": ["stratum"], "seed": seed, "salt": salt}
    if plan.method in ("srs", "stratified", "systematic", "census"):
        method = "srs" if plan.method == "census" else plan.method
        return draw(framed, wanted, method=method, **chosen)
    whole = set(wanted.loc[wanted["census"], "stratum"])
    rest = framed[~framed["stratum"].isin(whole)]
    column = str(plan.cluster if plan.method == "cluster" else plan.size)
    _require_values(rest, column, plan)
    parts = [(framed[framed["stratum"].isin(whole)], {"method": "srs"})]
    parts.append((rest, {"method": plan.method, plan.method.replace("pps", "size"): column}))
    drawn = []
    for rows, how in parts:
        own = wanted[wanted["stratum"].isin(rows["stratum"])]
        if how["method"] == "cluster":
            own = own.assign(n=_clusters(rows, own, column))
        if len(rows):
            drawn.append(draw(rows, own, **how, **chosen))
    return pd.concat(drawn).sort_values("stratum", kind="stable").reset_index(drop=True)


def composition(frame: pd.DataFrame, sample: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Set the make-up of a sample beside that of its frame, one column after the other.

    Parameters
    ----------
    frame, sample : DataFrame
        What was drawn from, and what `draw` gave.
    by : sequence of str
        Columns of both.

    Returns
    -------
    DataFrame
        One row a value, the most frequent of each column first: ``variable``; ``level`` (未知 where
        missing); ``population`` and ``n``, the numbers of both; ``population_share``,
        ``sample_share`` and ``weighted_share``, the last with the design weights.

    Raises
    ------
    ValueError
        If a column is missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": range(10), "tier": ["核心"] * 2 + ["普通"] * 8})
    >>> sample = draw(frame, {"核心": 2, "普通": 2}, by=["tier"], seed=0)
    >>> composition(frame, sample, by=["tier"])[["level", "n", "weighted_share"]].values.tolist()
    [['普通', 2, 0.8], ['核心', 2, 0.2]]
    """
    parts = []
    for column in columns_of(frame, by, "by"):
        columns_of(sample, [column, "design_weight"], "sample")
        there, drawn = (df[column].astype("str").fillna(UNKNOWN) for df in (frame, sample))
        counts = there.value_counts().sort_index().sort_values(ascending=False, kind="stable")
        weights = sample["design_weight"].groupby(drawn).sum()
        part = pd.DataFrame({"variable": column, "level": counts.index, "population": counts})
        part["n"] = drawn.value_counts().reindex(counts.index).fillna(0)
        part["population_share"] = counts / counts.sum()
        part["sample_share"] = part["n"] / len(sample)
        part["weighted_share"] = (weights / weights.sum()).reindex(counts.index).fillna(0)
        parts.append(part)
    types = {"variable": "str", "level": "str", "population": "Int64", "n": "Int64"}
    shares = ["population_share", "sample_share", "weighted_share"]
    empty = pd.DataFrame(columns=[*types, *shares])
    table = pd.concat(parts or [empty], ignore_index=True)
    return table.astype({**types, **dict.fromkeys(shares, "Float64")})


def _strata(frame: pd.DataFrame, plan: Sampling) -> tuple[pd.Series, pd.Series]:
    """Name each row's stratum, and say whether it is taken whole."""
    if frame.empty:
        raise StudyError("没有可以抽样的客户或工单；请核对客户表、工单和 population.tiers。")
    columns = [*plan.strata, *plan.census]
    extra = {"cluster": plan.cluster, "pps": plan.size}.get(plan.method)
    missing = [c for c in [*columns, *([extra] if extra else [])] if c not in frame]
    if missing:
        raise StudyError(
            f"sampling 要用“{missing[0]}”列，但客户表和工单里没有；"
            f"请在来源的 mapping 里写明它对应的表头。"
        )
    known = frame[list(dict.fromkeys(columns))].astype("str").fillna(UNKNOWN)
    label = _joined(known, plan.strata)
    census = pd.Series(plan.method == "census", index=frame.index)
    if plan.method == "census" or not plan.census:
        return label, census
    census = pd.concat([known[c].isin(values) for c, values in plan.census.items()], axis=1).any(
        axis=1
    )
    # A stratum of which all are asked keeps its name; in others those who all are, stand apart.
    mixed = label.isin(label[~census]) & census
    apart = _joined(known, [c for c in plan.census if c not in plan.strata] or list(plan.census))
    name = apart if not plan.strata else label + " × " + apart
    return label.mask(mixed, name), census


def _joined(known: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    if not columns:
        return pd.Series(EVERYONE, index=known.index, dtype="str")
    joined = known[columns[0]]
    for column in columns[1:]:
        joined = joined + " × " + known[column]
    return joined.rename(None)


def _total(table: pd.DataFrame, plan: Sampling, floor: int) -> int:
    people = int(table["population"].sum())
    least = table["population"].clip(upper=whole_up(floor / plan.response_rate))
    needed = int(least.where(~table["census"], table["population"]).sum())
    if table["census"].all():
        return people
    if plan.total is None:
        steps = required_n(
            p=plan.share,
            margin=plan.margin,
            conf=plan.conf,
            population=people,
            deff=plan.deff,
            response_rate=plan.response_rate,
        )
        return min(people, max(int(steps["n_whole"].iloc[-1]), needed))
    if plan.total < needed:
        raise StudyError(
            f"sampling.total 为 {plan.total}，少于全部调查的客户和各层最低份数所需的 {needed}；"
            "请提高 total，降低 min_n，或减少全部调查的客户。"
        )
    return min(people, plan.total)


def _require_values(rows: pd.DataFrame, column: str, plan: Sampling) -> None:
    values = rows[column]
    if plan.method == "pps":
        values = pd.to_numeric(values, errors="coerce")
        values = values.where(values > 0)
    if values.isna().any():
        kind = "大于 0 的数" if plan.method == "pps" else "值"
        raise StudyError(
            f"sampling 要用“{column}”列，但有 {int(values.isna().sum())} 行没有{kind}；"
            "请补全客户表，或改用别的抽样方法。"
        )


def _clusters(rows: pd.DataFrame, own: pd.DataFrame, column: str) -> list[int]:
    """Give the number of clusters that hold about as many people as are to be invited."""
    clusters = rows.groupby("stratum")[column].nunique()
    people = rows.groupby("stratum").size()
    pairs = zip(own["stratum"], own["n"], strict=True)
    return [min(int(clusters[s]), math.ceil(n * clusters[s] / people[s])) for s, n in pairs]
