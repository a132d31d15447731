"""What a training was like, and what became better after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import estimates
from csatlib.estimates.adjusting import adjust_p
from csatlib.estimates.two_sample import by_t
from csatlib.evaluation.arguments import fitted

__all__ = ["Training", "training"]

#: Fewer trainees than these are told by name only to their teacher.
_FEWEST = 5


@dataclass(frozen=True, eq=False)
class Training:
    """What `training` finds.

    Attributes
    ----------
    process : DataFrame
        Table ``training_process``: how trainees rate courses, lecturers and methods.
    outcome : DataFrame
        Table ``training_outcome``: what was tested before and after, by course.
    trainees : DataFrame
        Table ``trainees``: the same of each trainee; for their managers, not for publication.
    """

    process: pd.DataFrame
    outcome: pd.DataFrame
    trainees: pd.DataFrame


def training(
    records: pd.DataFrame,
    *,
    ratings: Sequence[str] = (),
    tests: Mapping[str, tuple[str, str]] | None = None,
    performance: pd.DataFrame | None = None,
    by: Sequence[str] = ("course", "lecturer", "method"),
    trainee: str = "trainee",
    conf: float = 0.95,
    min_base: int = _FEWEST,
) -> Training:
    r"""Evaluate trainings by how they were received and by what changed from before to after.

    Parameters
    ----------
    records : DataFrame
        One row a trainee and course: ``course``, the ``trainee`` column, ``trained_on`` where
        there is ``performance``, further columns of ``by``, the rated aspects and the tests.
    ratings : sequence of str
        Columns in which trainees rate the course, the lecturer, the method.
    tests : mapping of str to (str, str), optional
        What a test is called, and its columns before and after, such as
        ``{"theory": ("theory_before", "theory_after")}``.
    performance : DataFrame, optional
        What trainees and others did at work: the ``trainee`` column, ``day`` and one numeric column
        a measure, such as the satisfaction of the customers they served. Rows before
        ``trained_on`` are before, rows on later days after; whoever was in no training is compared
        with, split at the median day of the course.
    by : sequence of str
        Columns by whose values the ratings are told.
    trainee : str
        The column that names people, by pseudonym.
    conf : float
        Confidence of the intervals.
    min_base : int
        With fewer trainees nothing is told of a group (``small_base``).

    Returns
    -------
    Training
        ``process``: ``group_by``, ``group``, ``aspect``, ``n``, ``mean``, ``se``, ``ci_low``,
        ``ci_high`` (t), ``reason`` as in `csatlib.estimates.mean`. ``outcome``: ``course``,
        ``outcome`` (a test or a measure of performance), ``n`` (trainees with both),
        ``trainees``, ``before``, ``after``, ``gain`` (after − before; of performance less the
        change of those without training), ``se``, ``df``, ``ci_low``, ``ci_high``, ``statistic``,
        ``p`` (paired t; Welch where others are compared with), ``p_adjusted`` (Holm, all rows),
        ``control`` (their change), ``control_n``, ``improved`` (trainees whose figure rose),
        ``reason`` (``empty``, ``small_base``, ``no_variation``). ``trainees``: ``course``,
        ``trainee``, ``outcome``, ``before``, ``after``, ``gain``, ``n_before``, ``n_after`` (rows
        of performance).

    Raises
    ------
    ValueError
        For a missing column, a figure that is no number, or a trainee who stands twice in a course.

    Notes
    -----
    A test taken twice is passed better the second time by practice alone, and those who were sent
    because they did badly come back towards the mean by themselves: without others to compare with,
    a gain in a test shows what was learned for the test.

    Examples
    --------
    >>> records = pd.DataFrame({"trainee": list("abcdef"), "course": "投诉处理",
    ...     "rating": [5, 4, 5, 4, 4, 5], "before": [60, 55, 70, 65, 50, 62],
    ...     "after": [80, 70, 85, 88, 66, 80]})
    >>> found = training(records, ratings=["rating"], tests={"theory": ("before", "after")},
    ...     by=["course"])
    >>> found.outcome[["n", "gain", "improved"]].round(2).values.tolist()
    [[6, 17.83, 6]]
    """
    tests = dict(tests or {})
    _check(records, ratings, tests, performance, by, trainee)
    courses = [(str(course), rows) for course, rows in records.groupby("course", sort=True)]
    changes = [
        (course, name, _tested(rows, before, after, trainee))
        for course, rows in courses
        for name, (before, after) in tests.items()
    ]
    if performance is not None:
        everybody = set(records[trainee])
        changes += [
            (course, name, _performed(rows, performance, name, trainee, everybody))
            for course, rows in courses
            for name in _measures(performance, trainee)
        ]
    outcome = fitted([_gained(*change, conf, min_base) for change in changes], "training_outcome")
    p = outcome["p"].to_numpy(float, na_value=np.nan)
    trainees = [
        own[own["trained"]].assign(course=course, outcome=name) for course, name, own in changes
    ]
    return Training(
        _rated(records, ratings, by, conf, min_base),
        outcome.assign(p_adjusted=pd.array(adjust_p(p, "holm"), dtype="Float64")),
        fitted(pd.concat(trainees) if trainees else [], "trainees"),
    )


def _rated(
    records: pd.DataFrame, ratings: Sequence[str], by: Sequence[str], conf: float, min_base: int
) -> pd.DataFrame:
    """Average each rated aspect by each column, the aspects of one group beside each other."""
    rows = []
    for column in by:
        found = [
            estimates.mean(records, aspect, by=[column], conf=conf, min_base=min_base)
            for aspect in ratings
        ]
        told = pd.concat(found).sort_values("group", kind="stable") if found else pd.DataFrame()
        rows += told.rename(columns={"item": "aspect", "estimate": "mean"}).to_dict("records")
    return fitted(rows, "training_process")


def _tested(rows: pd.DataFrame, before: str, after: str, trainee: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trainee": rows[trainee].to_numpy(),
            "before": rows[before].to_numpy(float, na_value=np.nan),
            "after": rows[after].to_numpy(float, na_value=np.nan),
            "trained": True,
        }
    ).assign(gain=lambda df: df["after"] - df["before"])


def _performed(
    rows: pd.DataFrame, performance: pd.DataFrame, name: str, trainee: str, trained: set[object]
) -> pd.DataFrame:
    """Average a measure before and after the course, of its trainees and of those in none."""
    day = rows.set_index(trainee)["trained_on"]
    split = day.sort_values().iloc[(len(day) - 1) // 2]
    people = performance[trainee]
    own = performance[people.isin(day.index) | ~people.isin(trained)]
    at = own[trainee].map(day).fillna(split)
    known = own[own[name].notna() & (own["day"] != at)]
    side = np.where(known["day"] < at.loc[known.index], "before", "after")
    by = known.assign(side=side).groupby([trainee, "side"])[name]
    mean, n = (
        own.unstack("side").reindex(columns=["before", "after"])  # noqa: PD010 (of one column)
        for own in (by.mean().astype(float), by.size())
    )
    found = pd.DataFrame(
        {
            "trainee": mean.index,
            "before": mean["before"].to_numpy(float),
            "after": mean["after"].to_numpy(float),
            "n_before": n["before"].fillna(0).to_numpy(int),
            "n_after": n["after"].fillna(0).to_numpy(int),
            "trained": mean.index.isin(day.index),
        }
    )
    found["gain"] = found["after"] - found["before"]
    return found


def _gained(
    course: str, outcome: str, own: pd.DataFrame, conf: float, min_base: int
) -> dict[str, object]:
    """Test the gain: paired, or against the change of others by Welch."""
    pairs = own[own["gain"].notna()]
    gains = pairs.loc[pairs["trained"], "gain"].to_numpy()
    others = pairs.loc[~pairs["trained"], "gain"].to_numpy()
    compared = not own["trained"].all()
    row: dict[str, object] = {
        "course": course,
        "outcome": outcome,
        "n": len(gains),
        "trainees": int(own["trained"].sum()),
        "improved": int((gains > 0).sum()),
        "control_n": len(others) if compared else None,
    }
    if len(gains) < min_base or (compared and len(others) < min_base):
        return row | {"reason": "small_base" if len(gains) else "empty"}
    mine = pairs[pairs["trained"]]
    row |= {"before": mine["before"].mean(), "after": mine["after"].mean()}
    change, variance, df = gains.mean(), gains.var(ddof=1) / len(gains), len(gains) - 1.0
    if compared:
        theirs = others.var(ddof=1) / len(others)
        row |= {"control": others.mean()}
        change, whole = change - others.mean(), variance + theirs
        if whole > 0:
            df = whole**2 / (variance**2 / (len(gains) - 1) + theirs**2 / (len(others) - 1))
        variance = whole
    row |= {"gain": change}
    if not variance > 0:
        return row | {"reason": "no_variation"}
    found = by_t(change, variance, df, conf)
    half = found.critical * found.se
    row |= {"se": found.se, "df": df, "statistic": found.statistic, "p": found.p}
    return row | {"ci_low": change - half, "ci_high": change + half}


def _measures(performance: pd.DataFrame, trainee: str) -> list[str]:
    return [column for column in performance if column not in (trainee, "day")]


def _check(
    records: pd.DataFrame,
    ratings: Sequence[str],
    tests: Mapping[str, tuple[str, str]],
    performance: pd.DataFrame | None,
    by: Sequence[str],
    trainee: str,
) -> None:
    figures = [*ratings, *(column for pair in tests.values() for column in pair)]
    dated = () if performance is None else ("trained_on",)
    for column in (trainee, "course", *by, *figures, *dated):
        if column not in records:
            known = ", ".join(map(str, records))
            raise ValueError(f"records: no column {column!r}; known: {known}")
    for column in figures:
        if not pd.api.types.is_numeric_dtype(records[column].dtype):
            raise ValueError(
                f"records.{column}: expected numbers, found {records[column].dtype}; convert them"
            )
    if records.duplicated([trainee, "course"]).any():
        raise ValueError("records: expected a trainee once a course, found some twice; merge them")
    if performance is not None:
        for column in (trainee, "day"):
            if column not in performance:
                raise ValueError(f"performance: no column {column!r}")
