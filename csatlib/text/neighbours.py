"""Words that stand side by side: how often they do, and how often chance would have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Windows", "joined", "nested", "ordered", "windows"]

#: A word holds a letter or a digit; punctuation parts what stands beside it.
_WORD = r"[\u4e00-\u9fffA-Za-z0-9]"


@dataclass(frozen=True)
class Windows:
    """Runs of some adjacent words of one comment, each distinct run once.

    Attributes
    ----------
    words : ndarray of int, (runs, size)
        Codes of each distinct run's words.
    code : ndarray of int, (windows,)
        Which run stands in each window.
    start : ndarray of int, (windows,)
        Row of the sorted tokens where the window begins.
    table : DataFrame
        By run: ``occurrences``, ``comments``, ``expected``, ``log_likelihood``, ``pmi``.
    """

    words: np.ndarray
    code: np.ndarray
    start: np.ndarray
    table: pd.DataFrame


def ordered(tokens: pd.DataFrame) -> pd.DataFrame:
    """Sort tokens by comment and place, as plain strings, and number what stands unparted.

    ``run`` changes where a comment ends, a position is left out, or a token is no word; it is
    -1 for tokens that are none.
    """
    rows = pd.DataFrame(
        {
            "comment": pd.factorize(tokens["comment_id"].astype("str"), sort=True)[0],
            "position": tokens["position"].to_numpy(dtype="int64"),
            "token": tokens["token"].astype("str").to_numpy(),
        }
    ).sort_values(["comment", "position"], ignore_index=True)
    code, distinct = pd.factorize(rows["token"], sort=True)
    is_word = pd.Series(distinct).astype("str").str.contains(_WORD).to_numpy(dtype=bool)
    worded = is_word[code] if len(rows) else np.zeros(0, dtype=bool)
    comment, position = rows["comment"].to_numpy(), rows["position"].to_numpy()
    follows = np.zeros(len(rows), dtype=bool)
    follows[1:] = (comment[1:] == comment[:-1]) & (position[1:] == position[:-1] + 1)
    follows[1:] &= worded[1:] & worded[:-1]
    run = np.where(worded, np.cumsum(~follows), -1)
    return rows.assign(word=code, run=run)


def windows(rows: pd.DataFrame, size: int) -> Windows:
    """Count the runs of ``size`` words, and hold each against the split that explains it best.

    A run of more than two words can be split in several places; it counts as bound together only
    as far as its weakest place (the largest expected count).
    """
    run, word = rows["run"].to_numpy(), rows["word"].to_numpy()
    last = len(rows) - size + 1
    start = np.arange(max(last, 0))
    inside = (run[start] >= 0) & (run[start] == run[start + size - 1])
    start = start[inside]
    grid = word[start[:, None] + np.arange(size)]
    code, first = _codes(grid)
    occurrences = np.bincount(code, minlength=len(first))
    comment = rows["comment"].to_numpy()[start]
    pairs = np.unique(np.column_stack([code, comment]), axis=0) if len(code) else np.zeros((0, 2))
    table = pd.DataFrame(
        {
            "occurrences": occurrences,
            "comments": np.bincount(pairs[:, 0].astype("int64"), minlength=len(first)),
        }
    )
    return Windows(grid[first], code, start, table.assign(**_bonds(grid, first, occurrences)))


def _codes(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each row the number of its content, and where each number first stands."""
    codes = np.zeros(len(grid), dtype="int64")
    for column in grid.T:
        width = int(column.max()) + 1 if len(column) else 1
        codes = np.unique(codes * width + column, return_inverse=True)[1]
    first = np.unique(codes, return_index=True)[1]
    return codes, first


def _bonds(grid: np.ndarray, first: np.ndarray, occurrences: np.ndarray) -> dict[str, np.ndarray]:
    """Hold each run's count against its expected one, by the split where that is largest."""
    total = len(grid)
    heads, tails = [], []
    for cut in range(1, grid.shape[1]):
        for part, counts in ((grid[:, :cut], heads), (grid[:, cut:], tails)):
            codes, _ = _codes(part)
            counts.append(np.bincount(codes)[codes[first]] if total else np.zeros(0, dtype=int))
    if not len(first):
        return {name: np.zeros(0) for name in ("expected", "log_likelihood", "pmi")}
    head, tail = np.array(heads), np.array(tails)
    best = (head * tail).argmax(axis=0), np.arange(len(first))
    head, tail = head[best], tail[best]
    expected = head * tail / total
    return {
        "expected": expected,
        "log_likelihood": _log_likelihood(occurrences, head, tail, total),
        "pmi": np.log2(occurrences / expected),
    }


def _log_likelihood(both: np.ndarray, head: np.ndarray, tail: np.ndarray, total: int) -> np.ndarray:
    """Give Dunning's G² of the table of windows with and without the head and the tail."""
    observed = np.array([both, head - both, tail - both, total - head - tail + both], dtype=float)
    rows = np.array([head, head, total - head, total - head])
    columns = np.array([tail, total - tail, tail, total - tail])
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = observed * np.log(observed * total / (rows * columns))
    return np.maximum(2 * np.where(observed > 0, parts, 0.0).sum(axis=0), 0)


def nested(found: Sequence[Windows], kept: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Mark, by size, the runs that stand nowhere but inside one longer run that is kept.

    Parameters
    ----------
    found : sequence of Windows
        One of each size, the shortest first.
    kept : sequence of ndarray of bool
        Which runs of each size are candidates.
    """
    marks = [np.zeros(len(each.table), dtype=bool) for each in found]
    for place, short in enumerate(found):
        size = short.words.shape[1]
        for longer, keep in zip(found[place + 1 :], kept[place + 1 :], strict=True):
            chosen = keep[longer.code]
            steps = np.arange(longer.words.shape[1] - size + 1)
            start = (longer.start[chosen][:, None] + steps).ravel()
            inner = short.code[np.searchsorted(short.start, start)]
            outer = np.repeat(longer.code[chosen], len(steps))
            held = pd.DataFrame({"code": inner, "start": start, "outer": outer}).drop_duplicates()
            covered = held.groupby(["code", "outer"]).size().groupby("code").max()
            whole = covered.to_numpy() == short.table["occurrences"].to_numpy()[covered.index]
            marks[place][covered.index[whole]] = True
    return marks


def joined(words: Sequence[str]) -> str:
    """Write words as text: without a space, but where two Latin ones meet.

    Examples
    --------
    >>> joined(["处理", "进度"]), joined(["VIP", "card"])
    ('处理进度', 'VIP card')
    """
    text = words[0]
    for word in words[1:]:
        meets = text[-1:].isascii() and word[:1].isascii()
        text += f" {word}" if meets else word
    return text
