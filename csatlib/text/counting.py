"""Tokens as numbers, and how often each word stands where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from csatlib.text.cutting import tags
from csatlib.text.lexicon import Lexicon

__all__ = ["Coded", "code", "counts", "distinct"]


@dataclass(frozen=True, eq=False)
class Coded:
    """Tokens as numbers, one array a column; ``group`` is -1 for rows that belong to none."""

    comment: np.ndarray
    position: np.ndarray
    word: np.ndarray
    tag: np.ndarray
    group: np.ndarray
    words: list[str]
    tags: list[str | None]
    groups: list[str]

    def only(self, rows: np.ndarray) -> Coded:
        """Keep some rows."""
        rows = np.flatnonzero(rows)
        names = ("comment", "position", "word", "tag", "group")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def code(tokens: pd.DataFrame, by: Sequence[str] | None, lexicon: Lexicon | None) -> Coded:
    """Turn comments, words, tags and groups into numbers, and variants into their word."""
    comment, _ = _numbered(tokens["comment_id"])
    word, words = _numbered(tokens["token"])
    tag, labels = _numbered(tokens["pos"])
    words, labels = words.tolist(), labels.tolist()
    group, groups = _groups(tokens, by)
    position = tokens["position"].to_numpy("int64")
    coded = Coded(comment, position, word, tag, group, words, [*labels, None], groups)
    return _merged(coded, dict(lexicon.synonyms)) if lexicon and lexicon.synonyms else coded


def _merged(coded: Coded, synonyms: Mapping[str, str]) -> Coded:
    """Count variants as their word, with the dictionary's tag of that word."""
    variants = [i for i, word in enumerate(coded.words) if word in synonyms]
    if not variants:
        return coded
    merged, words = pd.factorize(np.array([synonyms.get(w, w) for w in coded.words], object))
    tag_of = np.full(len(coded.words), -1)
    labels = list(coded.tags)
    for i in variants:
        labels.append(tags().get(synonyms[coded.words[i]]))
        tag_of[i] = len(labels) - 1
    # The last label stands for no tag, as code -1 does.
    own = tag_of[coded.word]
    tag = np.where(own >= 0, own, np.where(coded.tag < 0, len(labels), coded.tag))
    return replace(coded, word=merged[coded.word], words=list(words), tag=tag, tags=[*labels, None])


def _numbered(values: pd.Series) -> tuple[np.ndarray, pd.Index]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), values.cat.categories
    codes, uniques = pd.factorize(values)
    return codes, pd.Index(uniques)


def _groups(tokens: pd.DataFrame, by: Sequence[str] | None) -> tuple[np.ndarray, list[str]]:
    """Give the groups numbers in the order of their characters."""
    if not by:
        return np.zeros(len(tokens), np.int8), [""]
    joined: pd.Series | None = None
    for column in by:
        part = tokens[column].astype("str")
        joined = part if joined is None else joined + " × " + part
    codes, uniques = pd.factorize(joined, sort=True)
    return codes, list(uniques)


def distinct(*columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Give the rows that differ, in order."""
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    keys = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        keys = keys * size + column
    if (np.diff(keys) < 0).any():
        keys.sort()
    keys = keys[np.diff(keys, prepend=-1) > 0]
    parts = []
    for size in reversed(sizes):
        keys, part = np.divmod(keys, size)
        parts.append(part)
    return tuple(reversed(parts))


def counts(candidates: Coded, everyone: Coded) -> pd.DataFrame:
    """Count each candidate of each group.

    ``size`` is how many times it stands there, ``comments`` in how many comments, ``base`` the
    comments of the group that have any token, ``first`` its earliest position in a comment.
    """
    here = candidates.only(candidates.group >= 0)
    width = len(here.words) or 1
    inverse, place = pd.factorize(here.group.astype(np.int64) * width + here.word, sort=True)
    first = np.full(len(place), np.iinfo(np.int64).max)
    np.minimum.at(first, inverse, here.position)
    mentioned, _ = distinct(inverse, here.comment)
    grouped = everyone.only(everyone.group >= 0) if (everyone.group < 0).any() else everyone
    owners, _ = distinct(grouped.group, grouped.comment)
    base = np.bincount(owners, minlength=len(here.groups))
    group, word = np.divmod(place, width)
    return pd.DataFrame(
        {
            "group": group,
            "word": word,
            "size": np.bincount(inverse, minlength=len(place)),
            "comments": np.bincount(mentioned, minlength=len(place)),
            "base": base[group],
            "first": first,
        }
    )
