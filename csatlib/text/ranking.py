"""Which words stand out, by how many comments mention them or by TF-IDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.text.lexicon import Lexicon

__all__ = ["keywords"]

Method = Literal["tfidf", "mentions"]

#: Tags that begin so name things, deeds, qualities and set phrases.
_CONTENT_TAGS = ("n", "v", "a", "i", "l", "j", "z")
_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z]")
_NUMBERED = re.compile(r"(?:\d\D*){4}")
_LONGEST = 20


def keywords(
    tokens: pd.DataFrame,
    *,
    method: Method = "tfidf",
    by: Sequence[str] | None = None,
    top: int = 20,
    min_comments: int = 1,
    lexicon: Lexicon | None = None,
) -> pd.DataFrame:
    """Rank the words of comments.

    Parameters
    ----------
    tokens : DataFrame
        Table ``tokens``; columns named in ``by`` may be merged to it.
    method : {"tfidf", "mentions"}
        ``mentions`` counts comments, so that one long comment weighs no more than a short one.
    by : sequence of str, optional
        Rank within groups; rows with a missing group belong to none. No columns are like None.
    top : int
        How many words a group.
    min_comments : int
        Terms that fewer comments of the group mention are left out before ranking; the scores of
        the others stay what they are.
    lexicon : Lexicon, optional
        Its stop words are no keywords, its terms always may be; the general list without it.

    Returns
    -------
    DataFrame
        Table ``keywords``: ``method``; ``group_by`` and ``group`` (several columns joined by
        `` × ``, NA without ``by``); ``rank`` from 1; ``term``; ``score``; ``comments`` that
        mention the term; ``base``, the comments of the group that have any token.

    Raises
    ------
    ValueError
        For an unknown method or column, or ``top`` or ``min_comments`` below 1.
    TypeError
        If ``by`` is a bare string.

    Notes
    -----
    With ``c`` the number of times a term stands in the group, ``C`` the number of all keyword
    candidates there, ``N`` the number of comments in ``tokens`` and ``N_t`` those that mention
    the term:

    * mentions: comments of the group that mention the term / base
    * tfidf: ``c / C · ln(N / N_t)``, the inverse document frequency being that of the corpus at
      hand (Spärck Jones 1972, Journal of Documentation 28, 11–21)

    Candidates have two characters or more, or are terms of the lexicon, and are nouns, verbs,
    adjectives, set phrases or unknown to the dictionary. Tokens with four digits or more, or
    longer than 20 characters, are numbers and addresses: candidates only as terms of the lexicon.
    Ties go by the term's characters.

    Examples
    --------
    >>> from csatlib.text import tokenise
    >>> comments = pd.DataFrame({"comment_id": ["a", "b"], "text": ["接通太慢", "接通不了"]})
    >>> found = keywords(tokenise(comments, lexicon=Lexicon()), method="mentions", top=1)
    >>> found[["term", "score", "comments", "base"]].values.tolist()
    [['接通', 1.0, 2, 2]]
    """
    _require(tokens, method, by, top, min_comments)
    group = _group(tokens, by)
    candidates = tokens.assign(group=group)[_is_candidate(tokens, lexicon or Lexicon())]
    counts = _counts(candidates, tokens["comment_id"].groupby(group).nunique())
    scored = counts.assign(score=_scores(counts, method, candidates, tokens))
    ranked = scored[scored["nunique"] >= min_comments].sort_values(
        ["group", "score", "token"], ascending=[True, False, True], kind="stable"
    )
    ranked["rank"] = ranked.groupby("group").cumcount() + 1
    return _table(ranked[ranked["rank"] <= top], method, by)


def _require(
    tokens: pd.DataFrame, method: str, by: Sequence[str] | None, top: int, min_comments: int
) -> None:
    if method not in ("tfidf", "mentions"):
        raise ValueError(f"keywords: expected method 'tfidf' or 'mentions', found {method!r}")
    if isinstance(by, str):
        raise TypeError(f"keywords: by takes a sequence of columns; write [{by!r}]")
    for name, least in (("top", top), ("min_comments", min_comments)):
        if least < 1:
            raise ValueError(f"keywords: {name} must be at least 1, found {least}")
    absent = [c for c in ("comment_id", "token", "pos", *(by or ())) if c not in tokens]
    if absent:
        raise ValueError(f"keywords: tokens lack the columns {absent}; merge them first")


def _counts(candidates: pd.DataFrame, base: pd.Series) -> pd.DataFrame:
    """Count each candidate of each group: ``size`` times, in ``nunique`` comments of ``base``."""
    counts = candidates.groupby(["group", "token"], sort=True)["comment_id"].agg(
        ["size", "nunique"]
    )
    counts = counts.reset_index()
    return counts.assign(base=counts["group"].map(base).astype("Int64"))


def _scores(
    counts: pd.DataFrame, method: str, candidates: pd.DataFrame, tokens: pd.DataFrame
) -> pd.Series:
    """Score the counts; for TF-IDF the documents are those of all groups and of none."""
    if method == "mentions":
        return counts["nunique"] / counts["base"]
    everywhere = candidates.groupby("token")["comment_id"].nunique()
    documents = counts["token"].map(everywhere).astype("float64")
    inverse = np.log(tokens["comment_id"].nunique() / documents)
    return counts["size"] / counts.groupby("group")["size"].transform("sum") * inverse


def _group(tokens: pd.DataFrame, by: Sequence[str] | None) -> pd.Series:
    if not by:
        return pd.Series("", index=tokens.index, dtype="str")
    parts = [tokens[column].astype("str") for column in by]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + " × " + part
    return joined


def _is_candidate(tokens: pd.DataFrame, lexicon: Lexicon) -> pd.Series:
    known = pd.DataFrame({"token": tokens["token"].unique()})
    token = known["token"]
    worded = token.str.len().between(2, _LONGEST) & token.str.contains(_WORD)
    worded &= ~token.str.contains(_NUMBERED) & ~token.isin(lexicon.stop_words)
    eligible = dict(zip(token, worded | token.isin(lexicon.terms), strict=True))
    content = tokens["pos"].isna() | tokens["pos"].str.startswith(_CONTENT_TAGS)
    content |= tokens["token"].isin(lexicon.terms)
    return tokens["token"].map(eligible).astype(bool) & content


def _table(ranked: pd.DataFrame, method: str, by: Sequence[str] | None) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "method": method,
            "group_by": " × ".join(by) if by else pd.NA,
            "group": ranked["group"] if by else pd.NA,
            "rank": ranked["rank"],
            "term": ranked["token"],
            "score": ranked["score"],
            "ci_low": pd.NA,
            "ci_high": pd.NA,
            "comments": ranked["nunique"],
            "base": ranked["base"],
        },
        index=ranked.index,
    ).reset_index(drop=True)
    columns = schema.TABLES["keywords"].columns
    return schema.check(table.astype({n: c.dtype for n, c in columns.items()}), "keywords")
