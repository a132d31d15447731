"""TextRank: a word is worth what the words beside it are worth."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pandas as pd

from csatlib.text.counting import Coded

__all__ = ["textrank"]

_SPAN, _ROUNDS, _DAMPING = 5, 10, 0.85


def textrank(candidates: Coded) -> pd.DataFrame:
    """Weigh the candidates of each group; ``order`` is the rank among equals."""
    parts = [
        _weights(candidates.only(candidates.group == g), g) for g in range(len(candidates.groups))
    ]
    return pd.concat(parts, ignore_index=True)


def _weights(candidates: Coded, group: int) -> pd.DataFrame:
    start, end, weight = _edges(candidates)
    owner = np.column_stack([start, end]).ravel()
    nodes, at = np.unique(owner, return_index=True)
    by_characters = sorted(range(len(nodes)), key=lambda i: candidates.words[nodes[i]])
    nodes, at = nodes[by_characters], at[by_characters]
    number = np.zeros(len(candidates.words), np.int64)
    number[nodes] = np.arange(len(nodes))
    owner, other = number[owner], number[np.column_stack([end, start]).ravel()]
    ranks = _ranks(owner, other, np.repeat(weight, 2).astype("float64"), len(nodes))
    return pd.DataFrame({"group": group, "word": nodes, "score": _scaled(ranks), "order": at})


def _edges(candidates: Coded) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count pairs that stand within a window of one comment, in the order of their first places."""
    order = np.lexsort((candidates.position, candidates.comment))
    comment, place = candidates.comment[order], candidates.position[order]
    word = candidates.word[order]
    pairs = []
    for step in range(1, _SPAN):
        ahead = place[step:] - place[:-step]
        near = (comment[step:] == comment[:-step]) & (ahead < _SPAN)
        pairs.append((word[:-step][near], word[step:][near], (place[:-step] * _SPAN + ahead)[near]))
    start, end, first = (np.concatenate(column) for column in zip(*pairs, strict=True))
    width = len(candidates.words) or 1
    key, inverse = np.unique(start.astype(np.int64) * width + end, return_inverse=True)
    weight = np.bincount(inverse, minlength=len(key))
    earliest = np.full(len(key), np.iinfo(np.int64).max)
    np.minimum.at(earliest, inverse, first)
    start, end = np.divmod(key, width)
    used = sorted(set(start.tolist()) | set(end.tolist()), key=lambda i: candidates.words[i])
    rank = np.zeros(width, np.int64)
    rank[used] = np.arange(len(used))
    order = np.lexsort((rank[end], rank[start], earliest))
    return start[order], end[order], weight[order]


def _ranks(owner: np.ndarray, other: np.ndarray, weight: np.ndarray, nodes: int) -> np.ndarray:
    """Let each node in turn take its neighbours' worth, ten times over.

    The sums run one after the other, as in jieba: equal words stay equal to the last bit.
    """
    order = np.argsort(owner, kind="stable")
    owner, other, weight = owner[order], other[order], weight[order]
    passed_on = weight / np.bincount(owner, weights=weight, minlength=nodes)[other]
    bounds = np.searchsorted(owner, np.arange(nodes + 1)).tolist()
    ranks = np.full(nodes, 1.0 / (nodes or 1))
    for _ in range(_ROUNDS):
        for node, (low, high) in enumerate(pairwise(bounds)):
            received = (passed_on[low:high] * ranks[other[low:high]]).cumsum()[-1]
            ranks[node] = (1 - _DAMPING) + _DAMPING * received
    return ranks


def _scaled(ranks: np.ndarray) -> np.ndarray:
    least = ranks.min(initial=sys.float_info.max)
    most = ranks.max(initial=sys.float_info.min)
    return (ranks - least / 10.0) / (most - least / 10.0)
