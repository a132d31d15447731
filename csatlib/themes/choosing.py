"""Which comments of a theme are quoted: typical ones, of different customers and scores."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from csatlib.themes.typical import letters, pairs, typicality

__all__ = ["choose", "ranked"]

#: Fewer letters than this say little: such comments are quoted last.
_SHORTEST = 6
#: Two texts that share so many of their pairs of letters (Jaccard) are one.
_ALIKE = 0.6


@dataclass(frozen=True)
class _Candidate:
    """A comment that may be quoted; the smaller its ``place`` the better it stands for all."""

    label: int
    place: tuple[bool, float, str, str]
    cell: tuple[str, ...]
    customer: str
    letters: str


def ranked(
    part: pd.DataFrame,
    extra: Sequence[str],
    customer: str | None,
    tokens: pd.DataFrame | None,
    seed: int,
) -> list[_Candidate]:
    """Describe each comment of a theme: how well it stands for all, its cell, whose it is."""
    text = part["quote"].map(letters)
    typical = typicality(_documents(part["comment_id"], text, tokens))
    whose = part[customer] if customer is not None else pd.Series(pd.NA, index=part.index)
    cells = part[list(extra)].astype("object").where(part[list(extra)].notna(), None)
    rows = zip(
        part.index,
        part["comment_id"],
        text,
        part["whole"],
        whose,
        cells.itertuples(index=False, name=None),
        strict=True,
    )
    return [
        _Candidate(
            label=label,
            place=(
                not whole or len(own) < _SHORTEST,
                -typical[own],
                _lot(seed, comment),
                comment,
            ),
            cell=tuple(map(repr, cell)),
            customer=f"comment {comment}" if pd.isna(name) else f"customer {name}",
            letters=own,
        )
        for label, comment, own, whole, name, cell in rows
    ]


def _documents(
    comment_id: pd.Series, text: pd.Series, tokens: pd.DataFrame | None
) -> dict[str, Sequence[str] | Counter[str]]:
    """Give the parts of each distinct text, its words or its pairs of letters."""
    if tokens is None:
        return {own: pairs(own) for own in text}
    first = pd.Series(comment_id.to_numpy(), index=text).groupby(level=0).min()
    words = tokens[["comment_id", "token"]].astype("str")
    words = words[words["comment_id"].isin(first)].sort_values(["comment_id", "token"])
    lists = words.groupby("comment_id")["token"].agg(list).to_dict()
    return {own: lists.get(comment, []) for own, comment in first.items()}


def choose(candidates: Sequence[_Candidate], k: int) -> list[int]:
    """Take the best of the cells that gave least, as long as anybody is left."""
    left, given, labels = list(candidates), Counter[tuple[str, ...]](), []
    while left and len(labels) < k:
        best = min(left, key=lambda one: (given[one.cell], one.place))
        labels.append(best.label)
        given[best.cell] += 1
        alike = set(_like(best.letters, {one.letters for one in left}))
        left = [o for o in left if o.customer != best.customer and o.letters not in alike]
    return labels


def _like(text: str, others: set[str]) -> Iterator[str]:
    own = set(pairs(text))
    for other in others:
        theirs = set(pairs(other))
        shared = len(own & theirs)
        if text == other or shared >= _ALIKE * len(own | theirs):
            yield other


def _lot(seed: int, comment_id: str) -> str:
    """Draw a lot between equally good comments, the same one in whatever order they stand."""
    return hashlib.sha256(f"{seed}\x1f{comment_id}".encode()).hexdigest()
