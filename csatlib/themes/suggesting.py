"""What the codeframe does not cover yet: uncoded comments, grouped by the words they share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from csatlib.text import Lexicon, keywords, tokenise
from csatlib.themes.shaping import tabled

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["suggestions"]

#: How many distinct comments are compared pair by pair; further ones join the nearest group.
_PAIRED = 2000
#: Comments less alike than this, on average, are of different groups.
_ALIKE = 0.2
_TERMS = 5


def suggestions(
    coded: pd.DataFrame,
    comments: pd.DataFrame,
    *,
    lexicon: Lexicon,
    clusters: int | None = None,
    min_size: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Group the comments that no theme was found in, as a start for new themes.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded``.
    comments : DataFrame
        ``comment_id`` and ``text`` of these comments.
    lexicon : Lexicon
        The words of the study.
    clusters : int, optional
        How many groups to make; without it as many as differ (mean likeness below 0.2).
    min_size : int
        Groups of fewer comments are not shown, nor are words that fewer of the uncoded comments
        mention: on a page such a word would be that customer's.
    seed : int
        Chooses the comments that are compared pair by pair, where there are more than 2,000.

    Returns
    -------
    DataFrame
        Table ``theme_suggestions``, the largest group first: ``cluster`` from 1; ``size`` in
        comments; ``terms``, its five heaviest words that may be shown, joined by 、;
        ``example_id``, the comment nearest to its middle; ``cohesion``, the mean likeness of its
        comments to its middle, from 0 to 1. Comments without a content word are in no group, and
        groups without a word that may be shown have no row.

    Raises
    ------
    ValueError
        If a column is missing, or ``clusters`` or ``min_size`` is below 1.

    Notes
    -----
    Each distinct text is a vector of the TF-IDF :math:`(1 + \ln c) \ln(1 + N / n)` of its
    keyword candidates (see `csatlib.text.keywords`), of length 1; likeness is the cosine. Groups
    are joined by average linkage (Sokal and Michener 1958). The order of rows changes nothing.

    Examples
    --------
    >>> texts = ["停车不方便", "停车收费太贵", "发票开得慢"]
    >>> comments = pd.DataFrame({"comment_id": list("abc"), "text": texts})
    >>> coded = pd.DataFrame({"comment_id": list("abc"), "status": "uncoded"})
    >>> found = suggestions(coded, comments, lexicon=Lexicon(), min_size=2)
    >>> found[["size", "example_id"]].values.tolist()
    [[2, 'a']]
    """
    _require(coded, comments, clusters, min_size)
    wanted = coded.loc[coded["status"] == "uncoded", "comment_id"].astype("str")
    chosen = comments[comments["comment_id"].astype("str").isin(wanted)]
    texts = sorted(chosen["text"].dropna().astype("str").unique())
    vectors, terms = _vectors(texts, lexicon)
    worded = np.flatnonzero(np.diff(vectors.indptr))
    texts, vectors = [texts[place] for place in worded], vectors[worded]
    if not texts:
        return _table([])
    group = _groups(vectors, texts, clusters, seed)
    kept = chosen.assign(comment_id=chosen["comment_id"].astype("str"))
    ids = kept.groupby("text")["comment_id"].agg(["min", "size"]).reindex(texts)
    mentions = (vectors > 0).T @ ids["size"].to_numpy()
    shown = {place: terms[place] for place in np.flatnonzero(mentions >= min_size)}
    rows = [_row(vectors, shown, ids, np.flatnonzero(group == g)) for g in np.unique(group)]
    rows = [row for row in rows if row["size"] >= min_size and row["terms"]]
    return _table(sorted(rows, key=lambda row: (-row["size"], row["example_id"])))


def _vectors(texts: Sequence[str], lexicon: Lexicon) -> tuple[csr_array, list[str]]:
    """Give the TF-IDF vectors of distinct texts, and the terms of their columns."""
    from scipy import sparse

    numbers = [str(place) for place in range(len(texts))]
    table = pd.DataFrame({"comment_id": numbers, "text": list(texts)}).astype("str")
    tokens = tokenise(table, lexicon=lexicon)
    everything = max(len(tokens), 1)
    terms = sorted(
        keywords(tokens, method="mentions", top=everything, lexicon=lexicon)["term"].astype("str")
    )
    places = {term: place for place, term in enumerate(terms)}
    column = tokens["token"].astype("str").map(places)
    known = column.notna().to_numpy()
    row = tokens["comment_id"].astype("int64").to_numpy()[known]
    counts = sparse.csr_array(
        (np.ones(known.sum()), (row, column[known].astype("int64").to_numpy())),
        shape=(len(texts), len(terms)),
    )
    counts.sum_duplicates()
    documents = np.bincount(counts.indices, minlength=len(terms))
    counts.data = (1 + np.log(counts.data)) * np.log(1 + len(texts) / documents)[counts.indices]
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)))
    scale = sparse.diags_array(1 / np.where(length > 0, length, 1.0))
    return (scale @ counts).tocsr(), terms


def _groups(
    vectors: csr_array, texts: Sequence[str], clusters: int | None, seed: int
) -> np.ndarray:
    """Give each text its group; what is not compared pair by pair joins the nearest."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    chosen = _chosen(texts, seed)
    if len(chosen) == 1:
        return np.ones(len(texts), dtype=np.int64)
    alike = (vectors[chosen] @ vectors[chosen].T).toarray()
    apart = np.clip(1 - alike, 0, 1)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform((apart + apart.T) / 2, checks=False), method="average")
    if clusters is None:
        own = fcluster(tree, t=1 - _ALIKE, criterion="distance")
    else:
        own = fcluster(tree, t=clusters, criterion="maxclust")
    group = np.zeros(len(texts), dtype=np.int64)
    group[chosen] = own
    rest = np.setdiff1d(np.arange(len(texts)), chosen)
    if len(rest):
        middles = np.vstack([_middle(vectors, chosen[own == g]) for g in range(1, own.max() + 1)])
        group[rest] = 1 + np.asarray(vectors[rest] @ middles.T).argmax(axis=1)
    return group


def _chosen(texts: Sequence[str], seed: int) -> np.ndarray:
    """Choose texts by their digest with the seed, so that their order plays no part."""
    digest = [hashlib.sha256(f"{seed}:{text}".encode()).hexdigest() for text in texts]
    return np.sort(np.argsort(np.array(digest), kind="stable")[:_PAIRED])


def _middle(vectors: csr_array, members: np.ndarray) -> np.ndarray:
    total = np.asarray(vectors[members].sum(axis=0)).ravel()
    return total / np.linalg.norm(total)


def _row(
    vectors: csr_array, terms: Mapping[int, str], ids: pd.DataFrame, members: np.ndarray
) -> dict:
    middle = _middle(vectors, members)
    near = np.asarray(vectors[members] @ middle).ravel()
    sizes = ids["size"].to_numpy()[members]
    names = ids["min"].to_numpy()[members]
    best = min(range(len(members)), key=lambda place: (-round(near[place], 9), names[place]))
    heavy = sorted(np.flatnonzero(middle), key=lambda place: (-round(middle[place], 9), place))
    return {
        "size": int(sizes.sum()),
        "terms": "、".join([terms[place] for place in heavy if place in terms][:_TERMS]),
        "example_id": str(names[best]),
        "cohesion": float(min(1.0, np.average(near, weights=sizes))),
    }


def _table(rows: Sequence[dict]) -> pd.DataFrame:
    numbered = [{"cluster": place, **row} for place, row in enumerate(rows, 1)]
    return tabled(numbered, "theme_suggestions")


def _require(
    coded: pd.DataFrame, comments: pd.DataFrame, clusters: int | None, min_size: int
) -> None:
    for name, table, columns in (
        ("coded", coded, {"comment_id", "status"}),
        ("comments", comments, {"comment_id", "text"}),
    ):
        missing = sorted(columns - set(table.columns))
        if missing:
            raise ValueError(f"suggestions: {name} lacks the columns {missing}")
    for argument, value in (("clusters", clusters), ("min_size", min_size)):
        if value is not None and value < 1:
            raise ValueError(f"suggestions: {argument} must be at least 1, found {value}")
