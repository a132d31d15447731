"""jieba's hidden Markov model on many runs of ideographs at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

__all__ = ["FIRST", "LAST", "word_ends"]

#: jieba takes these for ideographs.
FIRST, LAST = 0x4E00, 0x9FD5

#: A character begins a word, ends it, is in its middle or stands single.
_STATES = "BEMS"
_END, _SINGLE = 1, 3
#: The two states that may come before each, the lower letter and the higher.
_BEFORE = np.array([[1, 3], [0, 2], [0, 2], [1, 3]], np.int8)


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the logarithms of starting in a state, of coming to it, and of each ideograph in it."""
    from jieba import finalseg

    start = np.array([finalseg.start_P[state] for state in _STATES])
    came = [
        [finalseg.trans_P[_STATES[one]].get(state, finalseg.MIN_FLOAT) for one in before]
        for state, before in zip(_STATES, _BEFORE, strict=True)
    ]
    emitted = np.full((len(_STATES), LAST - FIRST + 1), finalseg.MIN_FLOAT)
    for row, state in zip(emitted, _STATES, strict=True):
        known = {ord(c) - FIRST: p for c, p in finalseg.emit_P[state].items()}
        inside = [(point, p) for point, p in known.items() if 0 <= point < len(row)]
        points, logarithms = zip(*inside, strict=True)
        row[list(points)] = logarithms
    return start, np.array(came), emitted


def word_ends(ideographs: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Mark the ideographs that end a word, as ``jieba.finalseg.cut`` does with each run.

    ``ideographs`` holds the code points of all runs one after the other, ``sizes`` the length of
    each. The sums are those of jieba in the same order, and ways of equal probability go by the
    letter of the state as there, so the words are the same to the last tie.
    """
    ends = np.zeros(len(ideographs), bool)
    if not len(sizes):
        return ends
    start, came, emitted = _tables()
    # The longest first: those that reach a place are then the first so many.
    order = np.argsort(-sizes, kind="stable")
    first = (sizes.cumsum() - sizes)[order]
    reached = np.searchsorted(-sizes[order], -np.arange(sizes.max()), side="left")
    points = ideographs.astype(np.int64) - FIRST
    best = start[:, None] + emitted[:, points[first]]
    ways = []
    for place, count in enumerate(reached[1:].tolist(), 1):
        emission = emitted[:, points[first[:count] + place]]
        before = best[:, :count]
        low = before[_BEFORE[:, 0]] + came[:, :1] + emission
        high = before[_BEFORE[:, 1]] + came[:, 1:] + emission
        ways.append(high >= low)
        best[:, :count] = np.maximum(low, high)
    state = np.where(best[_SINGLE] >= best[_END], _SINGLE, _END)
    for place in range(len(reached) - 1, -1, -1):
        count = reached[place]
        here = state[:count]
        ends[first[:count] + place] = (here == _SINGLE) | (here == _END)
        if place:
            state[:count] = _BEFORE[here, ways[place - 1][here, np.arange(count)].view(np.int8)]
    return ends
