"""Comments that say the same in nearly the same characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib import schema

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["near_duplicates"]

_SILENT = re.compile(r"[\W_]+")
#: Pairs that are looked at together, which bounds the memory that a block takes.
_BLOCK = 2_000_000


def near_duplicates(comments: pd.DataFrame, *, threshold: float = 0.8, n: int = 3) -> pd.DataFrame:
    """Group comments that say the same in nearly the same characters.

    Parameters
    ----------
    comments : DataFrame
        ``comment_id`` and ``text``, one row a comment, such as the table ``comments``.
    threshold : float
        The likeness from which two comments belong together, above 0 and at most 1.
    n : int
        How many characters make a piece.

    Returns
    -------
    DataFrame
        Table ``near_duplicates``, one row a comment in the order of ``comments``: ``comment_id``;
        ``group``, the first id of those that belong together; ``size``, how many these are, 1
        for a comment that stands alone; ``similarity``, the largest likeness to another of the
        group, NA for one alone. Missing texts, and those without a letter or digit, stand alone.

    Raises
    ------
    ValueError
        If a column is missing, an id is missing or stands twice, ``threshold`` is not in (0, 1]
        or ``n`` is below 1.

    Notes
    -----
    Likeness is Jaccard's: the share of the two texts' distinct pieces of ``n`` characters that
    both have. Compared are letters and digits alone, in Unicode's form NFKC and without case; a
    text shorter than ``n`` is one piece. Groups are joined by single linkage: of a chain of
    comments each is like its neighbour. The result is exact: only pairs that cannot reach the
    threshold go unlooked at, as in Bayardo, Ma and Srikant (2007), Scaling up all pairs
    similarity search, WWW, 131–140.

    Examples
    --------
    >>> texts = ["希望尽快修好故障！", "希望尽快修好故障", "客服态度很好", "。。。"]
    >>> comments = pd.DataFrame({"comment_id": ["b", "a", "c", "d"], "text": texts})
    >>> near_duplicates(comments).astype("object").values.tolist()
    [['b', 'a', 2, 1.0], ['a', 'a', 2, 1.0], ['c', 'c', 1, <NA>], ['d', 'd', 1, <NA>]]
    """
    _require(comments, threshold, n)
    ids = comments["comment_id"].astype("str").reset_index(drop=True)
    spelled = comments["text"].astype("str").map(_spelled, na_action="ignore").fillna("")
    code, distinct = pd.factorize(spelled.to_numpy(dtype=object), sort=True)
    pieces = _pieces(distinct, n)
    one, other, likeness = _pairs(pieces, threshold)
    cluster = _linked(len(distinct), one, other)
    nearest = _largest(len(distinct), one, other, likeness)
    # Words that several comments share to the letter are as like as can be; no words are not.
    worded = (distinct != "")[code] if len(code) else np.zeros(0, dtype=bool)
    nearest[np.bincount(code, minlength=len(distinct)) > 1] = 1.0
    key = np.where(worded, cluster[code], len(distinct) + np.arange(len(code)))
    grouped = ids.groupby(key)
    size = grouped.transform("size")
    table = pd.DataFrame(
        {
            "comment_id": ids,
            "group": grouped.transform("min"),
            "size": size,
            "similarity": pd.Series(nearest[code], dtype="Float64").where(size > 1),
        }
    )
    columns = schema.TABLES["near_duplicates"].columns
    table = table.astype({name: column.dtype for name, column in columns.items()})
    return schema.check(table, "near_duplicates")


def _require(comments: pd.DataFrame, threshold: float, n: int) -> None:
    missing = {"comment_id", "text"} - set(comments.columns)
    if missing:
        raise ValueError(f"near_duplicates: comments lack the columns {sorted(missing)}")
    if not comments["comment_id"].is_unique or comments["comment_id"].isna().any():
        raise ValueError("near_duplicates: expected one comment_id a row; some repeat or lack")
    if not 0 < threshold <= 1:
        raise ValueError(f"near_duplicates: threshold must be in (0, 1], found {threshold}")
    if n < 1:
        raise ValueError(f"near_duplicates: n must be at least 1, found {n}")


def _spelled(text: str) -> str:
    return _SILENT.sub("", unicodedata.normalize("NFKC", text).casefold())


def _pieces(texts: np.ndarray, n: int) -> csr_array:
    """Give the distinct pieces of each text, a row a text; the rarest pieces come first."""
    from scipy.sparse import csr_array

    sets = [{t[i : i + n] for i in range(max(len(t) - n + 1, min(len(t), 1)))} for t in texts]
    row = np.repeat(np.arange(len(sets)), [len(pieces) for pieces in sets])
    column, distinct = pd.factorize(
        np.array([piece for pieces in sets for piece in sorted(pieces)], dtype=object), sort=True
    )
    times = np.bincount(column, minlength=len(distinct))
    place = np.empty(len(distinct), dtype="int64")
    place[np.argsort(times, kind="stable")] = np.arange(len(distinct))
    ones = np.ones(len(row), dtype="int32")
    matrix = csr_array((ones, (row, place[column])), shape=(len(sets), max(len(distinct), 1)))
    matrix.sort_indices()
    return matrix


def _pairs(pieces: csr_array, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pairs of distinct texts that are like enough, each once, with their likeness."""
    found = [np.empty((0, 3))]
    sizes = np.diff(pieces.indptr)
    for one, other in _candidates(pieces, sizes, threshold):
        shared = np.asarray(pieces[one].multiply(pieces[other]).sum(axis=1)).ravel()
        likeness = shared / (sizes[one] + sizes[other] - shared)
        # A likeness of exactly the threshold counts, however its last bit is rounded.
        near = likeness >= threshold - 1e-12
        found.append(np.column_stack([one, other, likeness])[near])
    pairs = np.concatenate(found)
    return pairs[:, 0].astype("int64"), pairs[:, 1].astype("int64"), pairs[:, 2]


def _candidates(
    pieces: csr_array, sizes: np.ndarray, threshold: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give, block by block, the pairs that could be like enough.

    Texts of ``a`` and ``b`` pieces share at least ``threshold`` times the larger number if they
    are like enough. So each has one of the pieces that they share among the rarest
    ``a − ⌈threshold a⌉ + 1`` of its own; two texts with none of these in common are not alike.
    """
    from scipy.sparse import csr_array

    needed = np.ceil(threshold * sizes - 1e-9).astype("int64")
    kept = np.maximum(sizes - needed + 1, 0)
    rank = np.arange(pieces.nnz) - np.repeat(pieces.indptr[:-1], sizes)
    rare = rank < np.repeat(kept, sizes)
    starts = np.r_[0, np.cumsum(np.minimum(kept, sizes))]
    ones = np.ones(int(rare.sum()), dtype="int32")
    prefix = csr_array((ones, pieces.indices[rare], starts), shape=pieces.shape)
    columns = prefix.T.tocsr()
    cost = prefix @ np.diff(columns.indptr).astype("float64")
    for begin, end in _blocks(cost):
        product = (prefix[begin:end] @ columns).tocoo()
        one, other = product.coords[0] + begin, product.coords[1]
        small, large = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
        could = (one < other) & (small >= threshold * large - 1e-9)
        one, other = one[could], other[could]
        for at in range(0, len(one), _BLOCK // 10):
            yield one[at : at + _BLOCK // 10], other[at : at + _BLOCK // 10]


def _blocks(cost: np.ndarray) -> Iterator[tuple[int, int]]:
    """Cut the rows into runs whose products stay small."""
    block = (np.cumsum(cost) // _BLOCK).astype("int64")
    edges = np.r_[0, np.flatnonzero(np.diff(block)) + 1, len(cost)]
    yield from zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def _linked(texts: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not texts:
        return np.empty(0, dtype="int64")
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(texts, texts))
    return connected_components(graph, directed=False)[1]


def _largest(texts: int, one: np.ndarray, other: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    nearest = np.zeros(texts)
    np.maximum.at(nearest, one, likeness)
    np.maximum.at(nearest, other, likeness)
    return nearest
