"""What to say of a measure, why, and what to do next."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from csatlib.actions.arguments import table
from csatlib.actions.rows import as_day, require
from csatlib.schema import TABLES

__all__ = ["REACH", "verdicts"]

#: An effect counts as success from this part of the goal on.
REACH = 0.5
#: The smallest change of a mean of 1 to 5 in the units of the other metrics: parts of their range.
_UNITS = {"mean": 1.0, "share": 1 / 4, "nps": 50.0}
_NEXT = {
    "goal_reached": "roll_out",
    "improved": "roll_out",
    "below_goal": "iterate",
    "no_change": "iterate",
    "worse": "iterate",
    "new_problem": "iterate",
    "not_carried_out": "carry_out",
    "too_early": "wait",
    "too_few": "collect_more",
    "few_quarters": "wait",
    "return_to_mean": "collect_more",
    "no_comparison": "add_comparison",
}
_VERDICTS = {"goal_reached": "effective", "improved": "effective"} | dict.fromkeys(
    ("below_goal", "no_change", "worse", "new_problem", "not_carried_out"), "short"
)
#: What nobody has set out to do, or cannot do alone, is no measure that worked or failed.
_UNJUDGED = ("draft", "beyond")
_NUMBERS = ("estimate", "se", "df", "ci_low", "ci_high", "p", "detectable")


def verdicts(
    actions: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    today: str | pd.Timestamp,
    smallest: float = 0.1,
    fewest: int = 5,
    problems: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Judge each measure by its adjusted effect; the plain change never confirms one.

    Parameters
    ----------
    actions : DataFrame
        The table ``actions``; drafts, and measures that are beyond our ability, are not judged.
    effects : DataFrame
        The table ``effects`` with ``action_id``; of the methods ``adjusted`` and ``plain`` are
        read.
    today : str or Timestamp
        The day on which is judged; what was done later is not done yet.
    smallest : float
        The smallest change of a mean that counts, in points of a scale from 1 to 5 (of a share a
        quarter of it, of the NPS fifty times as much).
    fewest : int
        With fewer answers before or after than this nothing is concluded.
    problems : DataFrame, optional
        A table with ``action_id``: measures after which a problem came back or a new one arose.

    Returns
    -------
    DataFrame
        The table ``action_verdicts``, one row a measure: ``action_id``, ``item`` and ``metric``
        judged by, ``verdict``, ``why``, ``next_step``, ``method`` that the verdict rests on
        (``plain`` where that change denies what nothing corrects), ``n`` answers after,
        ``estimate``, ``ci_low`` and ``ci_high`` by that method, ``goal`` (target less baseline),
        ``detectable``, ``needed`` (answers after at which the goal would show), ``plain``,
        ``plain_low`` and ``plain_high``. The first rule that holds gives the verdict:

        =============  =================  ==========================================================
        verdict        why                when
        =============  =================  ==========================================================
        short          not_carried_out    cancelled; not done and past its date; done without proof
        insufficient   too_early          not done, and its date is still to come or none; or no
                                          answer since it was done
        short          new_problem        it is in ``problems``
        insufficient   too_few            fewer answers before or after than ``fewest``
        short          worse              nothing corrects for its being chosen, and the plain
                                          interval lies on the wrong side of 0
        short          no_change          the same, and it holds 0 and excludes half the goal
        insufficient   no_comparison      nothing corrects for its being chosen
        insufficient   few_quarters       too few quarters to know how they move by themselves
        insufficient   too_few            no interval for another reason
        short          worse              the interval lies on the wrong side of 0
        effective      goal_reached       the interval is beyond 0, the estimate at the goal
        effective      improved           the same, the estimate at half the goal or more, and at
                                          ``smallest``
        short          below_goal         the interval is beyond 0, the estimate less than that
        short          no_change          the interval holds 0 and excludes the goal (without one,
                                          ``smallest``), which ``detectable`` does not pass
        insufficient   return_to_mean     the plain change is beyond 0, the adjusted one not
        insufficient   too_few            anything else: ``needed`` says how many would do
        =============  =================  ==========================================================

        ``next_step`` is roll_out, iterate, carry_out, wait, collect_more or add_comparison.

    Raises
    ------
    ValueError
        For columns that are absent, days or numbers that are none, a ``smallest`` that is not
        above 0, or a ``fewest`` below 1.

    Notes
    -----
    A measure names its item and metric before anything is known (``metric`` is mean unless it says
    otherwise), and is judged by that row alone; the other items inform. Where it names no item, its
    items are one family and the one with the smallest p is judged by Bonferroni's interval.
    Where nothing corrects for the choice, the plain change may deny a measure and never confirm it:
    what is chosen for a low score rises by itself, so that without a rise the goal is missed; that
    everything fell at the same time is not ruled out, and the report says so.
    Measures are not a family: each keeps its own error of 2.5 % in the wanted direction.

    Examples
    --------
    >>> import pandas as pd
    >>> from csatlib import actions, schema
    >>> day = pd.Timestamp("2026-07-20")
    >>> measure = pd.DataFrame({"action_id": ["A1"], "item": ["overall"], "metric": ["mean"],
    ...                         "baseline": [3.1], "target": [3.5], "due": [day], "done_on": [day],
    ...                         "status": ["done"], "proof": ["a.pdf"]})
    >>> effects = pd.DataFrame({"action_id": "A1", "item": "overall", "metric": "mean",
    ...                         "method": ["plain", "adjusted"], "n_after": 80,
    ...                         "estimate": [0.6, 0.1], "ci_low": [0.3, -0.2],
    ...                         "ci_high": [0.9, 0.4], "reason": [None, "matched"]})
    >>> found = actions.verdicts(measure, effects, today="2026-10-10")
    >>> found[["verdict", "why", "next_step"]].iloc[0].tolist()
    ['insufficient', 'return_to_mean', 'collect_more']
    """
    if not 0 < smallest < np.inf:
        raise ValueError(f"smallest: expected a number above 0, found {smallest!r}")
    require(actions, ("action_id", "baseline", "target", "done_on", "due"), "verdicts: actions")
    read = ("action_id", "item", "metric", "method", "estimate", "reason")
    require(effects, read, "verdicts: effects")
    if fewest < 1:
        raise ValueError(f"fewest: expected 1 or more, found {fewest!r}")
    day = as_day(today, "verdicts: today")
    for name in ("done_on", "due"):
        _dates(actions[name], name)
    require(actions, ("baseline", "target"), "verdicts: actions", table="actions")
    arisen = set() if problems is None else set(problems["action_id"])
    by_action = dict(tuple(effects.groupby("action_id", sort=False)))
    rows = []
    for action in actions.to_dict("records"):
        if action.get("status") in _UNJUDGED:
            continue
        found = _judged_by(action, by_action.get(action["action_id"]))
        why = _why(action, found, day, (smallest, fewest), action["action_id"] in arisen)
        if why in ("worse", "no_change") and found.get("ci_low") is None:
            limits = {"ci_low": found["plain_low"], "ci_high": found["plain_high"]}
            found |= limits | {"method": "plain", "estimate": found["plain"]}
        told = {"why": why, "next_step": _NEXT[why], "verdict": _VERDICTS.get(why, "insufficient")}
        rows.append({"action_id": action["action_id"]} | found | told)
    columns = {name: column.dtype for name, column in TABLES["action_verdicts"].columns.items()}
    return table(rows, columns)


def _dates(values: pd.Series, name: str) -> None:
    try:
        pd.to_datetime(values)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"verdicts: actions: {name}: expected dates, found dtype {values.dtype} that cannot be "
            "read as such; read them with pandas.to_datetime"
        ) from error


def _known(value: object) -> bool:
    return value is not None and not pd.isna(value) and value != ""


def _judged_by(action: dict, effects: pd.DataFrame | None) -> dict[str, object]:
    """Find the adjusted row that a measure is judged by, and the plain one beside it."""
    goal = None
    if _known(action["baseline"]) and _known(action["target"]):
        goal = float(action["target"]) - float(action["baseline"])
    metric = action.get("metric") if _known(action.get("metric")) else "mean"
    named = action.get("item") if _known(action.get("item")) else None
    row = {"item": named, "metric": metric, "goal": goal}
    if effects is None:
        return row
    own = effects[effects["metric"] == metric]
    if named is not None:
        own = own[own["item"] == named]
    adjusted = own[own["method"] == "adjusted"]
    if adjusted.empty:
        return row
    best, family = adjusted.iloc[0], 1
    if named is None and len(adjusted) > 1:
        known = adjusted[adjusted["p"].notna()] if "p" in adjusted else adjusted.iloc[:0]
        family = len(adjusted)
        best = known.loc[known["p"].idxmin()] if len(known) else best
    told = {name: best.get(name) for name in (*_NUMBERS, "needed", "reason")}
    told = {name: value if _known(value) else None for name, value in told.items()}
    if family > 1 and told["se"] is not None:
        told |= _widened(told, family)
    plain = own[(own["method"] == "plain") & (own["item"] == best["item"])]
    for name, column in (("plain", "estimate"), ("plain_low", "ci_low"), ("plain_high", "ci_high")):
        value = plain[column].iloc[0] if len(plain) and column in plain else None
        row[name] = value if _known(value) else None
    n = best.get("n_after")
    early = best.get("n_before")
    row["n_before"] = int(early) if _known(early) else None
    reason = told.pop("reason")
    row |= told | {"item": best["item"], "n": int(n) if _known(n) else None}
    has_interval = told["ci_low"] is not None
    return row | {"method": reason if has_interval else None, "reason": reason}


def _widened(told: dict, family: int) -> dict[str, float]:
    """Widen an interval by Bonferroni for the items of one family, keeping its confidence."""
    df, se, estimate = told["df"], told["se"], told["estimate"]
    outside = 2 * stats.t.sf((told["ci_high"] - estimate) / se, df)
    half = stats.t.isf(outside / family / 2, df) * se
    return {"ci_low": estimate - half, "ci_high": estimate + half}


def _why(
    action: dict, found: dict, day: pd.Timestamp, least: tuple[float, int], arisen: bool
) -> str:
    """Give the first reason that holds, in the order of the table."""
    early = _not_carried_out(action, day)
    if early is not None:
        return early
    if found.get("reason") == "empty" or found.get("n") == 0:
        return "too_early"
    if arisen:
        return "new_problem"
    smallest, fewest = least
    if any(n is not None and n < fewest for n in (found.get("n"), found.get("n_before"))):
        return "too_few"
    if found.get("ci_low") is None:
        reason = found.get("reason") or "no_comparison"
        told = reason if reason in ("no_comparison", "few_quarters") else "too_few"
        return _denied(found) or told
    goal = found["goal"]
    sign = -1.0 if goal is not None and goal < 0 else 1.0
    limits = sorted((sign * found["ci_low"], sign * found["ci_high"]))
    estimate = sign * found["estimate"]
    enough = smallest * _UNITS.get(found["metric"], 1.0)
    wanted = abs(goal) if goal else enough
    if limits[1] < 0:
        return "worse"
    if limits[0] > 0:
        if estimate >= wanted:
            return "goal_reached"
        return "improved" if estimate >= max(REACH * wanted, min(enough, wanted)) else "below_goal"
    # A comparison that could not have shown the goal does not deny it.
    weak = found.get("detectable") is not None and found["detectable"] > wanted
    if limits[1] < wanted and not weak:
        return "no_change"
    plain = [found.get(name) for name in ("plain_low", "plain_high")]
    if None not in plain and min(sign * one for one in plain) > 0:
        return "return_to_mean"
    return "too_few"


def _denied(found: dict) -> str | None:
    """Say what the plain change denies where nothing corrects it; it never confirms anything."""
    goal, plain = found["goal"], [found.get(name) for name in ("plain_low", "plain_high")]
    if not goal or None in plain:
        return None
    low, high = sorted((1.0 if goal > 0 else -1.0) * limit for limit in plain)
    if high < 0:
        return "worse"
    return "no_change" if low <= 0 and high < REACH * abs(goal) else None


def _not_carried_out(action: dict, day: pd.Timestamp) -> str | None:
    """Say whether a measure was not carried out, or not yet; None where it was."""
    if action.get("status") == "cancelled":
        return "not_carried_out"
    done, due = action["done_on"], action["due"]
    if not _known(done) or pd.Timestamp(done) > day:
        late = _known(due) and pd.Timestamp(due) < day
        return "not_carried_out" if late else "too_early"
    return None if _known(action.get("proof")) else "not_carried_out"
