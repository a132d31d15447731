"""The effect of every measure of a register, each by the answers of those whom it reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import pandas as pd

from csatlib import schema
from csatlib.actions.effect import effect
from csatlib.actions.inputs import text_of
from csatlib.actions.scope import parse_scope
from csatlib.actions.waves import Frames, action_frames, wave_means
from csatlib.estimates import Design

__all__ = ["effects", "measure_waves"]

_METRICS = ("mean", "share", "nps")


def effects(
    actions: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    today: date | str,
    cutoffs: Mapping[str, float] | None = None,
    rechecks: pd.DataFrame | None = None,
    match: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    design: Design | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Estimate what each measure changed in its own item, as `action_frames` and `effect` do.

    A measure whose customers were asked again by its owner (``rechecks``) is judged by these: they
    are compared with customers nobody asked again who began with the same score.

    Parameters
    ----------
    actions : DataFrame
        Table ``actions``.
    responses : DataFrame
        Rows of table ``responses`` of all quarters up to the run's.
    today : date or str
        The day of the run; nothing later is known.
    cutoffs : mapping of str to float, optional
        From which score on an answer to an item counts as satisfied; measured shares need it.
    rechecks : DataFrame, optional
        Table ``rechecks``.
    match : sequence of str
        Columns that customers must share, beside the score, to be compared one by one.
    labels : mapping of str to str, optional
        Chinese names of columns that scopes may use.
    design : Design, optional
        Weights and clusters by their names in ``responses``.
    conf : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Table ``effects``, every column as `effect` tells, with ``action_id``, in the register's
        order. Measures of no item of the responses, of another metric than mean, share and nps, or
        that are not done yet, have no row.

    Raises
    ------
    ActionError
        If a measure's scope or days cannot be read; the message names it.
    ValueError
        If a measure is about the share of satisfied answers to an item of scores without a cutoff.

    Examples
    --------
    >>> effects(schema.empty("actions"), schema.empty("responses"), today="2026-09-30").empty
    True
    """
    tables = []
    for action, frames, chosen in _judged(actions, responses, today, rechecks, labels):
        metric, cutoff = text_of(action["metric"]) or "mean", (cutoffs or {}).get(action["item"])
        if metric == "share" and cutoff is None:
            _refuse_scores(responses[action["item"]], action)
        found = effect(
            frames.before,
            frames.after,
            item=action["item"],
            control=None if frames.control.empty else frames.control,
            history=None if frames.history.empty else frames.history,
            match=match,
            by=list(parse_scope(text_of(action["scope"]))),
            metric=metric,
            cutoff=cutoff,
            design=design,
            goal=_goal(action),
            chosen=chosen,
            conf=conf,
        )
        tables.append(found.assign(action_id=action["action_id"]))
    if not tables:
        return schema.empty("effects")
    columns = schema.TABLES["effects"].columns
    whole = pd.concat(tables, ignore_index=True)[list(columns)]
    return schema.check(whole.astype({n: c.dtype for n, c in columns.items()}), "effects")


def measure_waves(
    actions: pd.DataFrame,
    responses: pd.DataFrame,
    *,
    today: date | str,
    rechecks: pd.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    design: Design | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Give the means before and after every measure, of the same customers as `effects` compares.

    Parameters
    ----------
    actions, responses, today, rechecks, labels, design, conf
        As for `effects`.

    Returns
    -------
    DataFrame
        Table ``wave_means``, as `wave_means` gives it: ``action_id``, ``item``, ``metric``,
        ``reached``, ``wave``, ``quarter``, ``n``, ``estimate``, ``ci_low``, ``ci_high`` and
        ``reason``. Measures that are not done yet have no row.

    Raises
    ------
    ActionError
        As for `effects`.

    Examples
    --------
    >>> measure_waves(schema.empty("actions"), schema.empty("responses"), today="2026-09-30").empty
    True
    """
    tables = [
        wave_means(frames, action["item"], action_id=action["action_id"], design=design, conf=conf)
        for action, frames, _ in _judged(actions, responses, today, rechecks, labels)
    ]
    return pd.concat(tables, ignore_index=True) if tables else schema.empty("wave_means")


def _judged(
    actions: pd.DataFrame,
    responses: pd.DataFrame,
    today: date | str,
    rechecks: pd.DataFrame | None,
    labels: Mapping[str, str] | None,
) -> Iterator[tuple[pd.Series, Frames, str]]:
    """Give each measure that the responses can judge, whom to compare, and how they were chosen."""
    for _, action in actions.iterrows():
        metric = text_of(action["metric"]) or "mean"
        if text_of(action["item"]) not in responses or metric not in _METRICS:
            continue
        frames = action_frames(action, responses, today=today, rechecks=rechecks, labels=labels)
        if frames.reason is not None:
            continue
        asked = not frames.asked_again.empty
        yield action, _asked_again(frames) if asked else frames, "customers" if asked else "auto"


def _asked_again(frames: Frames) -> Frames:
    """Set those whom the owner asked again against everybody nobody asked."""
    asked = frames.asked_before["customer_id"]
    parts = {name: getattr(frames, name) for name in ("history", "before", "after")}
    others = [
        rows[~rows["customer_id"].isin(asked)].assign(wave=name) for name, rows in parts.items()
    ]
    return replace(
        frames,
        before=frames.asked_before,
        after=frames.asked_again,
        control=pd.concat([frames.control, *others]),
        history=frames.history[frames.history["customer_id"].isin(asked)],
    )


def _refuse_scores(answers: pd.Series, action: pd.Series) -> None:
    if answers.notna().any() and not pd.api.types.is_bool_dtype(answers.dtype):
        raise ValueError(
            f"cutoffs: expected the score from which answers to {action['item']!r} are satisfied, "
            f"for the share of measure {action['action_id']}, found none; add it, such as "
            f"cutoffs={{{action['item']!r}: 4}}"
        )


def _goal(action: pd.Series) -> float | None:
    goal = action["target"] - action["baseline"]
    return None if pd.isna(goal) else float(goal)
