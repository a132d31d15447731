"""Which measure comes first: how grave what it answers is, and how easily it is done."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from csatlib.actions.rows import filled, require, tabled
from csatlib.study import Playbook

__all__ = ["prioritise"]

_PARTS = ("importance", "shortfall", "frequency")
_LACKING = {"importance": "no_importance", "shortfall": "no_performance"}
_LACKING |= {"frequency": "no_frequency"}
#: What a measure without a known ease is taken for, from 1 (hard) to 5 (easy).
_BY_HORIZON = {"quick_win": 4.0, "systemic": 2.0}
#: Values this near a cut, or each other, are taken for equal: sums differ in their last digit.
_NEAR = 1e-9


def prioritise(
    actions: pd.DataFrame,
    problems: pd.DataFrame,
    *,
    coverage: pd.DataFrame | None = None,
    playbook: Playbook | None = None,
    ease: Mapping[str, float] | None = None,
    severity_cut: float | None = None,
    ease_cut: float = 3.0,
) -> pd.DataFrame:
    r"""Put measures in the order in which to begin: grave and easy first.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions`` or ``action_drafts``; done and cancelled ones have no turn and are left
        out.
    problems : DataFrame
        Table ``key_problems`` of the quarter: importance, shortfall and frequency of each item.
    coverage : DataFrame, optional
        Table ``coverage``: a measure against a theme is as frequent as the comments that blame it,
        in place of the frequency of the item.
    playbook : Playbook, optional
        Knows how easy a measure of the same words is.
    ease : mapping of str to float, optional
        From an ``action_id`` to its ease, 1 (hard) to 5 (easy); it goes before the playbook.
    severity_cut : float, optional
        From this severity a problem is grave; without it from the mean of those that are known.
    ease_cut : float
        From this ease a measure is easy.

    Returns
    -------
    DataFrame
        Table ``action_priorities``, in its ranking, those without one last: ``rank`` by ``score``
        (equal scores share the best rank; ``tied`` is how many share it), ``action_id``, ``item``,
        ``theme``, ``measure``; the parts ``importance``, ``shortfall`` (0 where the cut is
        reached) and ``frequency``; ``severity`` with ``severity_cut``; ``ease``, ``ease_from``
        (``given``, ``playbook`` or ``horizon``: 4 for a quick win, 2 for a systemic measure) and
        ``ease_cut``; ``score``; ``turn``: ``first`` (grave, easy), ``plan`` (grave, hard),
        ``along`` (slight, easy), ``later`` (slight, hard); ``horizon``; ``rule``; ``reason`` why
        there is no rank: ``no_importance``, ``no_performance``, ``no_frequency``, ``no_ease``.

    Raises
    ------
    ValueError
        If a column is missing or holds words in place of numbers, an item or theme stands twice,
        or an ease is out of 1 to 5.

    Notes
    -----
    .. math:: s_i = \frac{w_i}{\max w} \cdot \frac{d_i}{\max d} \cdot \frac{f_i}{\max f},
        \qquad score_i = s_i \cdot e_i / 5

    with importance w, shortfall d and frequency f, each divided by the largest over the measures,
    so that no unit decides. A part that no measure has is left out, and ``rule`` says so; a part
    whose largest is 0 stays 0. Equal within 1e-9 counts as equal.

    Examples
    --------
    >>> from csatlib import schema
    >>> made = schema.empty("actions").reindex([0, 1]).assign(action_id=["A", "B"],
    ...     item=["speed", "manner"], horizon=["systemic", "quick_win"])
    >>> found = pd.DataFrame({"driver": ["speed", "manner"], "importance": [0.3, 0.1],
    ...     "shortfall": [0.4, 0.1], "frequency": [0.2, 0.1]})
    >>> prioritise(made, found)[["rank", "action_id", "turn"]].values.tolist()
    [[1, 'A', 'plan'], [2, 'B', 'along']]
    """
    require(actions, ("action_id", "item", "theme", "measure", "horizon", "status"), "prioritise")
    require(problems, ("driver", *_PARTS), "prioritise: problems", table="key_problems")
    rows = actions[~actions["status"].isin(["done", "cancelled"])].reset_index(drop=True)
    parts = _parts(rows, problems, coverage)
    eases, sources = _eases(rows, playbook, ease or {})
    severity, judged = _severity(parts)
    cut = np.nan if np.isnan(severity).all() else float(np.nanmean(severity))
    cut = cut if severity_cut is None else float(severity_cut)
    score = severity * eases / 5
    ranks, tied = _ranks(score)
    table = {
        "rank": ranks,
        "tied": tied,
        **{name: rows[name] for name in ("action_id", "item", "theme", "measure", "horizon")},
        **parts,
        "severity": severity,
        "severity_cut": cut,
        "ease": eases,
        "ease_from": sources,
        "ease_cut": ease_cut,
        "score": score,
        "turn": _turns(severity, cut, eases, ease_cut),
        "rule": _rule(judged, cut, ease_cut, given=severity_cut is not None),
        "reason": _reasons(parts, judged, eases),
    }
    made = pd.DataFrame(table, index=rows.index)
    made = made.sort_values(["rank", "action_id"], na_position="last", kind="stable")
    return tabled(made.to_dict("records"), "action_priorities")


def _parts(
    rows: pd.DataFrame, problems: pd.DataFrame, coverage: pd.DataFrame | None
) -> dict[str, np.ndarray]:
    """Look up what each measure answers: importance and shortfall of its item, frequency."""
    if problems["driver"].duplicated().any():
        raise ValueError(
            "prioritise: problems: expected each driver once, found one twice; keep one row of it"
        )
    keyed = problems.set_index("driver").reindex(rows["item"])
    parts = {name: keyed[name].to_numpy(dtype=float, na_value=np.nan) for name in _PARTS}
    parts["shortfall"] = np.maximum(parts["shortfall"], 0.0)
    if coverage is None:
        return parts
    require(coverage, ("theme", "negative", "base"), "prioritise: coverage", table="coverage")
    known = coverage[coverage["theme"].notna() & (coverage["base"] > 0)]
    if known["theme"].duplicated().any():
        raise ValueError(
            "prioritise: coverage: expected each theme once, found one twice; keep one row of it"
        )
    shares = known.set_index("theme")["negative"] / known.set_index("theme")["base"]
    told = shares.reindex(rows["theme"]).to_numpy(dtype=float, na_value=np.nan)
    parts["frequency"] = np.where(np.isnan(told), parts["frequency"], told)
    return parts


def _eases(
    rows: pd.DataFrame, playbook: Playbook | None, given: Mapping[str, float]
) -> tuple[np.ndarray, list[str | None]]:
    known = {} if playbook is None else {m.measure: float(m.ease) for m in playbook.measures}
    eases, sources = [], list[str | None]()
    for action, measure, horizon in rows[["action_id", "measure", "horizon"]].itertuples(
        index=False
    ):
        if action in given:
            value, source = float(given[action]), "given"
            if not 1 <= value <= 5:
                raise ValueError(
                    f"prioritise: ease: expected 1 (hard) to 5 (easy), found {value:g} for {action}"
                )
        elif filled(measure) in known:
            value, source = known[filled(measure)], "playbook"
        else:
            value = _BY_HORIZON.get(filled(horizon), np.nan)
            source = None if np.isnan(value) else "horizon"
        eases.append(value)
        sources.append(source)
    return np.array(eases, dtype=float), sources


def _severity(parts: Mapping[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Multiply the parts that any measure has, each against its largest."""
    judged = tuple(name for name in _PARTS if not np.isnan(parts[name]).all())
    size = len(parts["importance"])
    severity = np.ones(size) if judged else np.full(size, np.nan)
    for name in judged:
        largest = np.nanmax(parts[name])
        severity = severity * (parts[name] / largest if largest > 0 else 0 * parts[name])
    return severity, judged


def _ranks(score: np.ndarray) -> tuple[pd.api.extensions.ExtensionArray, object]:
    """Rank scores from the highest; those within a hair of each other share a rank."""
    ranks, tied = [pd.NA] * len(score), [pd.NA] * len(score)
    for place, value in enumerate(score):
        if not np.isnan(value):
            ranks[place] = int(np.nansum(score > value + _NEAR)) + 1
            tied[place] = int(np.nansum(np.abs(score - value) <= _NEAR))
    return pd.array(ranks, dtype="Int64"), pd.array(tied, dtype="Int64")


def _turns(severity: np.ndarray, cut: float, eases: np.ndarray, ease_cut: float) -> list:
    names = {(True, True): "first", (True, False): "plan", (False, True): "along"}
    return [
        None
        if np.isnan(grave) or np.isnan(easy)
        else names.get((grave >= cut - _NEAR, easy >= ease_cut - _NEAR), "later")
        for grave, easy in zip(severity, eases, strict=True)
    ]


def _rule(judged: tuple[str, ...], cut: float, ease_cut: float, *, given: bool) -> str:
    if not judged:
        return "nothing is known of what the measures answer"
    product = " x ".join(judged)
    how = "given" if given else "mean"
    return f"severity = {product}; grave >= {cut:.6g} ({how}); easy >= {ease_cut:g}"


def _reasons(
    parts: Mapping[str, np.ndarray], judged: tuple[str, ...], eases: np.ndarray
) -> list[str | None]:
    reasons: list[str | None] = []
    for place in range(len(eases)):
        lacking = [name for name in judged or _PARTS if np.isnan(parts[name][place])]
        if lacking:
            reasons.append(_LACKING[lacking[0]])
        else:
            reasons.append("no_ease" if np.isnan(eases[place]) else None)
    return reasons
