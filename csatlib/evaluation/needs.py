"""From what customers care about to targets of service: a proposal with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from csatlib.evaluation.arguments import fitted, one_of
from csatlib.evaluation.waiting import limit_of, weighted_quantile

__all__ = ["service_targets"]

#: Fewer teams have no upper quartile worth the name.
_TEAMS = 3


def service_targets(
    answers: pd.DataFrame,
    needs: Mapping[str, str | None],
    *,
    goal: float = 0.8,
    importance: pd.DataFrame | None = None,
    coverage: pd.DataFrame | None = None,
    themes: Mapping[str, str] | None = None,
    gaps: pd.DataFrame | None = None,
    team: str | None = None,
    weight: str | None = None,
    method: Literal["isotonic", "quantile"] = "isotonic",
    conf: float = 0.95,
    min_base: int = 30,
    n_boot: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Propose targets of service from what customers care about and how they judge what they get.

    Parameters
    ----------
    answers : DataFrame
        One row an answered ticket or questionnaire: a boolean column a need (whether satisfied,
        `csatlib.scales.is_satisfied`), the minutes of stages, and the columns named below.
    needs : mapping of str to str or None
        Leads from each need (its boolean column) to the column of minutes by which it is served,
        such as ``{"response_speed": "接收", "attitude": None}``; None where no time tells of it.
    goal : float
        The share of customers that should be satisfied, between 0 and 1.
    importance : DataFrame, optional
        Table ``drivers``: ``driver`` and ``share``.
    coverage : DataFrame, optional
        Table ``coverage`` of themes: ``theme`` and ``share`` of comments.
    themes : mapping of str to str, optional
        Leads from a theme to the need that it speaks of (its ``dimension`` in the codeframe).
    gaps : DataFrame, optional
        Table of `csatlib.estimates.gap`: rows of metric ``gap``, below 0 where experience falls
        short of expectation.
    team : str, optional
        The column of teams, whose upper quartile is held to be attainable.
    weight : str, optional
        A column of weights; a row of weight 0 is as if absent.
    method : {"isotonic", "quantile"}
        How a time limit is found, see below.
    conf : float
        The level of the interval, between 0 and 1.
    min_base : int
        The fewest answers of a need, and of a team.
    n_boot, seed : int
        Draws of the bootstrap, at least 100, and its seed.

    Returns
    -------
    DataFrame
        Table ``service_targets``, one row a need, the highest priority first: ``need``; ``kind``
        (``time`` in minutes, ``score`` as the satisfied share); ``stage``; ``n``, rows with both
        answer and time; ``priority`` from 0 to 1; ``importance``, ``mentions`` (the share of
        comments of the need's most frequent theme) and ``gap``; ``goal``; ``proposed`` with
        ``ci_low, ci_high``; ``current``, the median time or satisfied share; ``within``, the
        share of tickets inside the proposal; ``attainable``, the best quartile of the teams'
        medians or shares; ``evidence``, pointers to rows of tables joined by 、; ``reason`` where
        there is no proposal or interval: ``small_base``, ``never`` (not even the ``min_base``
        that were served quickest reach the goal), ``always`` (not even the slowest fall short of
        it), ``open_interval``, ``no_teams`` (fewer than three with enough answers).

    Raises
    ------
    ValueError
        For columns that are not there, needs that are not boolean, and settings out of range.

    Notes
    -----
    ``isotonic``: the satisfied share over the minutes *t* is fitted by the decreasing step
    function that is closest in weighted squares (pool adjacent violators); the proposal is the
    longest observed *t* at which it is still ``goal``, with at least ``min_base`` answers up to
    there, since the first steps of such a fit rest on few and lie too high. ``quantile``: the
    time within which the share ``goal`` of the satisfied customers were served; it needs no
    decrease, and says nothing of the unsatisfied. The interval is the percentile interval over
    rows drawn anew; an isotonic fit moves in steps, so it is rough. Satisfaction goes with short
    times; that a shorter time would make more customers satisfied is not shown by it. For needs
    without a time the proposal is what is attainable, or the present share where that is higher.
    ``priority`` is the mean of importance, mentions and shortfall of expectation (0 where it is
    met), each over its highest, as far as they are given.

    Source: Barlow, Bartholomew, Bremner and Brunk (1972), *Statistical Inference under Order
    Restrictions*; `scipy.optimize.isotonic_regression`.

    Examples
    --------
    >>> wait = [10.0, 20, 30, 40, 50, 60] * 10
    >>> df = pd.DataFrame({"wait": wait, "speed": [t <= 30 for t in wait]})
    >>> service_targets(df, {"speed": "wait"})[["need", "proposed", "current", "within"]]
        need  proposed  current  within
    0  speed      30.0     30.0     0.5
    """
    _check(answers, needs, goal, method, conf, n_boot, (team, weight))
    weights = _weights(answers, weight)
    rng = np.random.default_rng(seed)
    care = {need: _care(need, importance, coverage, themes, gaps) for need in needs}
    priorities = _priorities(care)
    rows = []
    for need, stage in needs.items():
        row = {"need": need, "stage": stage, "goal": goal, "priority": priorities[need]}
        row |= care[need] | {"kind": "score" if stage is None else "time"}
        satisfied = answers[need].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        figures = satisfied
        if stage is not None:
            figures = answers[stage].to_numpy(dtype=float, na_value=np.nan)
        held = ~np.isnan(satisfied + figures) & (weights > 0)
        row |= {"n": int(held.sum())}
        if held.sum() < max(min_base, 1):
            rows.append(row | {"reason": "small_base"})
            continue
        names = None if team is None else answers.loc[held, team]
        best = _attainable(figures[held], weights[held], names, min_base, share=stage is None)
        if stage is None:
            rows.append(row | _by_score(satisfied[held], weights[held], best))
            continue
        limit = limit_of(
            figures[held],
            satisfied[held],
            weights[held],
            goal=goal,
            least=min_base,
            method=method,
            conf=conf,
            n_boot=n_boot,
            rng=rng,
        )
        inside = weights[held][figures[held] <= limit.time].sum() / weights[held].sum()
        row |= {"proposed": limit.time, "ci_low": limit.low, "ci_high": limit.high}
        row |= {"current": weighted_quantile(figures[held], weights[held], 0.5)}
        row |= {"within": None if np.isnan(limit.time) else inside, "reason": limit.reason}
        rows.append(row | {"attainable": best})
    found = fitted(rows, "service_targets")
    order = np.argsort(-found["priority"].to_numpy(dtype=float, na_value=-1), kind="stable")
    return found.iloc[order].reset_index(drop=True)


def _by_score(satisfied: np.ndarray, weights: np.ndarray, best: float) -> dict[str, object]:
    current = float((satisfied * weights).sum() / weights.sum())
    if np.isnan(best):
        return {"current": current, "reason": "no_teams"}
    return {"current": current, "proposed": max(current, best), "attainable": best}


def _attainable(
    figures: np.ndarray,
    weights: np.ndarray,
    names: pd.Series | None,
    min_base: int,
    *,
    share: bool,
) -> float:
    """Give the best quartile of the teams: of their medians, or of their satisfied shares."""
    if names is None:
        return float("nan")
    codes, teams = pd.factorize(names, sort=True)
    found = []
    for team in range(len(teams)):
        mine = codes == team
        if mine.sum() < max(min_base, 1):
            continue
        own, held = figures[mine], weights[mine]
        found.append(
            float((own * held).sum() / held.sum()) if share else weighted_quantile(own, held, 0.5)
        )
    if len(found) < _TEAMS:
        return float("nan")
    return float(np.quantile(found, 0.75 if share else 0.25))


def _care(
    need: str,
    importance: pd.DataFrame | None,
    coverage: pd.DataFrame | None,
    themes: Mapping[str, str] | None,
    gaps: pd.DataFrame | None,
) -> dict[str, Any]:
    """Gather what tells how much customers care about a need, with pointers to it."""
    found: dict[str, Any] = {}
    evidence = []
    if importance is not None and (rows := importance[importance["driver"] == need]).size:
        found["importance"] = rows["share"].iloc[0]
        evidence.append(f"drivers:{need}")
    if coverage is not None and themes:
        spoken = [theme for theme, meant in themes.items() if meant == need]
        rows = coverage[coverage["theme"].isin(spoken)].sort_values(
            ["share", "theme"], ascending=[False, True]
        )
        if len(rows):
            found["mentions"] = rows["share"].iloc[0]
            evidence.append(f"coverage:{rows['theme'].iloc[0]}")
    if gaps is not None:
        own = (gaps["item"] == need) & (gaps["metric"] == "gap") & gaps["group_by"].isna()
        if own.any():
            found["gap"] = gaps.loc[own, "estimate"].iloc[0]
            evidence.append(f"changes:gap:{need}")
    return found | {"evidence": "、".join(evidence) or None}


def _priorities(care: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Average what is known of each need, every kind over its highest."""
    parts: dict[str, list[float]] = {need: [] for need in care}
    for kind in ("importance", "mentions", "gap"):
        known = {n: float(c[kind]) for n, c in care.items() if pd.notna(c.get(kind))}
        if kind == "gap":
            known = {need: max(-gap, 0.0) for need, gap in known.items()}
        highest = max(known.values(), default=0.0)
        for need, figure in known.items():
            parts[need].append(figure / highest if highest > 0 else 0.0)
    return {need: float(np.mean(p)) if p else float("nan") for need, p in parts.items()}


def _weights(answers: pd.DataFrame, weight: str | None) -> np.ndarray:
    if weight is None:
        return np.ones(len(answers))
    found = answers[weight].to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(found).any() or np.isinf(found).any() or (found < 0).any():
        raise ValueError(f"answers.{weight}: expected weights of 0 or more, found others or none")
    return found


def _check(
    answers: pd.DataFrame,
    needs: Mapping[str, str | None],
    goal: float,
    method: str,
    conf: float,
    n_boot: int,
    columns: tuple[str | None, ...],
) -> None:
    one_of(method, ("isotonic", "quantile"), "method")
    if not 0 < goal < 1 or not 0 < conf < 1:
        raise ValueError(f"expected goal and conf between 0 and 1, found {goal!r} and {conf!r}")
    if n_boot < 100:
        raise ValueError(f"n_boot: expected 100 draws or more, found {n_boot!r}")
    wanted = [*needs, *needs.values(), *columns]
    lacking = [name for name in wanted if name is not None and name not in answers]
    if not needs or lacking:
        raise ValueError(
            f"needs: expected columns of answers, found {lacking or 'none'}; name a boolean "
            "column for each need and the minutes that serve it"
        )
    for need in needs:
        if not pd.api.types.is_bool_dtype(answers[need].dtype):
            raise ValueError(
                f"answers.{need}: expected whether each is satisfied, found dtype "
                f"{answers[need].dtype}; make it with scales.is_satisfied"
            )
