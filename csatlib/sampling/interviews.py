"""Whom to interview: few people who differ as their answers do and have something to say."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from csatlib.sampling.arguments import choice, columns_of, keyed, seed_of, whole
from csatlib.sampling.reading import numbers_of, one_type, texts_of

__all__ = ["interview_sample"]

LEVELS = ("low", "medium", "high")


def interview_sample(
    responses: pd.DataFrame,
    *,
    satisfaction: str,
    by: Sequence[str] = (),
    n: int,
    seed: int,
    comments: pd.DataFrame | None = None,
    low: float = 2,
    high: float = 4,
    prefer: str = "longest",
    key: str = "response_id",
) -> pd.DataFrame:
    """Choose whom to interview: level of satisfaction × the columns of ``by``, as even as can be.

    Parameters
    ----------
    responses : DataFrame
        One row a questionnaire.
    satisfaction : str
        The column of the score that decides the level; those without it are not chosen.
    by : sequence of str
        Further columns to be spread over, such as issue type and age group.
    n : int
        How many to choose; all where there are fewer.
    seed : int
        Decides between equals; the same seed chooses the same people.
    comments : DataFrame, optional
        Table ``comments`` (``response_id``, ``text``); those who wrote one are preferred.
    low, high : float
        A score up to ``low`` is low, one from ``high`` on high, others are medium.
    prefer : str
        ``longest``, who wrote most; ``typical``, whose comment shares most with the others' of
        the same level (cosine of pairs of characters with their mean).
    key : str
        The column that tells rows apart.

    Returns
    -------
    DataFrame
        The rows chosen, in the order chosen, with their first columns ``key``, ``level`` (low,
        medium, high), ``cell`` (level and values of ``by``, joined with `` × ``), ``characters``
        (length of the comment, 0 without one) and ``order`` (1 for the first); then ``by``. Taking
        only the first k is the choice for n = k, which helps when somebody declines.

    Raises
    ------
    ValueError
        If a column is missing, the key repeats, the scores are text or infinite, ``low`` is not
        below ``high``, or ids of ``comments`` are of another type.

    Notes
    -----
    Purposive, not random: no estimate may be made from it. Each choice goes to the cell that has
    been chosen from least, among these to the one whose level, then whose values of ``by``, have
    been; a missing value counts as a value of its own. Source: maximum variation sampling, Patton
    (2015), *Qualitative Research and Evaluation Methods*, 5.

    Examples
    --------
    >>> answers = pd.DataFrame({"response_id": ["a", "b", "c", "d"], "overall": [5, 5, 1, 3]})
    >>> comments = pd.DataFrame({"response_id": ["b", "c"], "text": ["很好", "等了太久"]})
    >>> chosen = interview_sample(answers, satisfaction="overall", n=3, seed=0, comments=comments)
    >>> sorted(chosen["response_id"]), sorted(chosen["level"])
    (['b', 'c', 'd'], ['high', 'low', 'medium'])
    """
    groups = columns_of(responses, by, "by")
    columns_of(responses, [satisfaction], "satisfaction")
    choice(prefer, "prefer", ("longest", "typical"))
    wanted, start = whole(n, "n", 1), seed_of(seed)
    if not low < high:
        raise ValueError(f"low, high: expected low below high, found {low!r} and {high!r}")
    rows = keyed(responses[responses[satisfaction].notna()], key)
    rows = rows[[key, satisfaction, *[g for g in groups if g not in (key, satisfaction)]]]
    rows = rows.assign(level=_level(rows[satisfaction], low, high))
    facets = rows[["level", *groups]].astype("str").fillna("—")
    texts = _texts(rows[key], comments)
    ranked = rows.assign(
        cell=facets.agg(" × ".join, axis=1) if len(rows) else "",
        characters=texts.str.len().astype("Int64"),
        worth=_worth(texts, rows["level"], prefer),
        chance=[_chance(start, value) for value in rows[key].astype("str")],
    )
    chosen = _spread(ranked, facets, min(wanted, len(rows)))
    table = ranked.iloc[chosen].reset_index(drop=True)
    table["order"] = pd.Series(range(1, len(table) + 1), index=table.index, dtype="Int64")
    first = [key, "level", "cell", "characters", "order"]
    return table[[*first, *[g for g in groups if g not in first]]]


def _level(scores: pd.Series, low: float, high: float) -> pd.Series:
    values = numbers_of(scores, f"satisfaction {scores.name!r}")
    names = np.select([values <= low, values >= high], [LEVELS[0], LEVELS[2]], LEVELS[1])
    return pd.Series(names, index=scores.index, dtype="str")


def _texts(keys: pd.Series, comments: pd.DataFrame | None) -> pd.Series:
    """Give everything that each one wrote, empty where nothing."""
    if comments is None:
        return pd.Series("", index=keys.index, dtype="str")
    columns_of(comments, ["response_id", "text"], "comments")
    one_type({f"responses.{keys.name}": keys, "comments.response_id": comments["response_id"]})
    told = comments.dropna(subset=["text"])
    written = told["text"].astype("str").groupby(texts_of(told["response_id"])).agg(" ".join)
    return texts_of(keys).map(written.str.strip()).astype("str").fillna("")


def _worth(texts: pd.Series, level: pd.Series, prefer: str) -> pd.Series:
    """Say how much an interview promises: nothing without a comment."""
    if prefer == "longest":
        return texts.str.len().astype("float64")
    worth = pd.Series(0.0, index=texts.index)
    for _, own in texts[texts != ""].groupby(level):
        counts = {
            row: _unit(Counter(map("".join, itertools.pairwise(t)))) for row, t in own.items()
        }
        mean: Counter[str] = Counter()
        for pairs in counts.values():
            mean.update(pairs)
        for row, pairs in counts.items():
            # A comment of one character shares nothing, and is a comment still.
            worth[row] = 1e-9 + sum(weight * mean[pair] for pair, weight in pairs.items())
    return worth


def _unit(counts: Counter[str]) -> dict[str, float]:
    length = sum(count**2 for count in counts.values()) ** 0.5
    return {pair: count / length for pair, count in counts.items()}


def _chance(seed: int, value: str) -> int:
    made = hashlib.blake2b(f"{seed}\x1f{value}".encode(), digest_size=8).digest()
    return int.from_bytes(made, "big")


def _spread(ranked: pd.DataFrame, facets: pd.DataFrame, n: int) -> list[int]:
    """Choose positions one by one, each from where least has been chosen so far."""
    best = ranked.reset_index(drop=True).sort_values(
        ["worth", "chance"], ascending=[False, True], kind="stable"
    )
    queues = {cell: list(own) for cell, own in best.groupby("cell", sort=True).groups.items()}
    values = {cell: facets.iloc[queue[0]].tolist() for cell, queue in queues.items()}
    worth, chance = ranked["worth"].to_numpy(), ranked["chance"].to_numpy()
    taken: Counter[object] = Counter()
    chosen: list[int] = []
    while len(chosen) < n:
        cell = min(
            queues,
            key=lambda c: (
                taken["cell", c],
                taken[0, values[c][0]],
                sum(taken[i, v] for i, v in enumerate(values[c])),
                -worth[queues[c][0]],
                chance[queues[c][0]],
            ),
        )
        chosen.append(queues[cell].pop(0))
        taken["cell", cell] += 1
        taken.update(enumerate(values[cell]))
        if not queues[cell]:
            del queues[cell]
    return chosen
