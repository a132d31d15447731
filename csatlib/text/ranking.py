"""Which words stand out, by how many comments mention them or by TF-IDF."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.estimates import proportion_interval
from csatlib.text.counting import Coded, code, counts, distinct
from csatlib.text.graph import textrank
from csatlib.text.lexicon import Lexicon

__all__ = ["candidate_words", "keywords"]

Method = Literal["tfidf", "textrank", "mentions"]

#: Tags that begin so name things, deeds, qualities and set phrases.
_CONTENT_TAGS = ("n", "v", "a", "i", "l", "j", "z")
#: What jieba ranks by TextRank, and the words it never takes for keywords.
_RANKED_TAGS = ("ns", "n", "vn", "v")
_ENGLISH = frozenset(
    {
        "the", "of", "is", "and", "to", "in", "that", "we", "for", "an", "are",
        "by", "be", "as", "on", "with", "can", "if", "from", "which", "you", "it",
        "this", "then", "at", "have", "all", "not", "one", "has", "or",
    }
)  # fmt: skip
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
    idf: Mapping[str, float] | pd.Series | None = None,
) -> pd.DataFrame:
    """Rank the words of comments.

    Parameters
    ----------
    tokens : DataFrame
        Table ``tokens``; columns named in ``by`` may be merged to it.
    method : {"tfidf", "textrank", "mentions"}
        ``mentions`` counts comments, so that one long comment weighs no more than a short one;
        ``tfidf`` finds words that stand out, ``textrank`` words that stand beside many others.
    by : sequence of str, optional
        Rank within groups; rows with a missing group belong to none. No columns are like None.
    top : int
        How many words a group.
    min_comments : int
        Terms that fewer comments of the group mention are left out before ranking; the scores of
        the others stay what they are.
    lexicon : Lexicon, optional
        Its stop words are no keywords, its terms always may be, its variants count as their word.
        Without it the general stop words apply, with ``idf`` and ``textrank`` none of them.
    idf : mapping of str to float, or Series indexed by term, optional
        Inverse document frequencies of another corpus for ``tfidf``, such as jieba's own.

    Returns
    -------
    DataFrame
        Table ``keywords``: ``method``; ``group_by`` and ``group`` (several columns joined by
        `` × ``, NA without ``by``); ``rank`` from 1; ``term``; ``score``; ``ci_low`` and
        ``ci_high``, Wilson's 95 % interval of the share of comments for ``mentions``, else NA;
        ``comments`` that mention the term; ``base``, the comments of the group that have any token.

    Raises
    ------
    ValueError
        For an unknown method or column, ``top`` or ``min_comments`` below 1, or an ``idf`` that is
        empty, has no number for a term, or is given for another method.
    TypeError
        If ``by`` is a bare string.

    Notes
    -----
    With ``c`` the number of times a term stands in the group, ``C`` the number of all keyword
    candidates there, ``N`` the number of comments in ``tokens`` and ``N_t`` those that mention
    the term:

    * mentions: comments of the group that mention the term / base
    * tfidf: ``c / C · ln(N / N_t)``, the inverse document frequency being that of the corpus at
      hand (Spärck Jones 1972, Journal of Documentation 28, 11–21); with ``idf`` the logarithm
      gives way to its value, for unknown terms to its upper median
    * textrank: the weight of the term in a graph whose edges count how often two candidates stand
      less than 5 tokens apart in one comment, after 10 rounds of
      ``0.15 + 0.85 · Σ weight / strength of the neighbour · its rank``, scaled by the highest
      (Mihalcea and Tarau 2004, Proceedings of EMNLP, 404–411)

    Candidates have two characters or more, or are terms of the lexicon, and are nouns, verbs,
    adjectives, set phrases or unknown to the dictionary. Tokens with four digits or more, or
    longer than 20 characters, are numbers and addresses: candidates only as terms of the lexicon.
    Ties go by the term's characters.

    ``jieba.analyse.extract_tags`` differs: its frequencies come from general news, so words of
    the trade rank by being rare there; it takes tokens of any tag with two characters or more,
    numbers too, but for some English words; ties go by the first place. With ``idf`` all of that
    is done here too, and its keywords come out in its order. ``jieba.analyse.textrank`` differs in
    that its window runs across comments that were joined and counts blanks, and that its tags
    depend on the sentence; on the same tokens of one text words and weights are the same. Both go
    by ``lexicon`` only where it is given: its stop words leave, its terms stay whatever their tag.
    There ties go by the earliest place in a comment, then by characters: the order of comments
    changes nothing.

    Examples
    --------
    >>> from csatlib.text import tokenise
    >>> comments = pd.DataFrame({"comment_id": ["a", "b"], "text": ["接通太慢", "接通不了"]})
    >>> found = keywords(tokenise(comments, lexicon=Lexicon()), method="mentions", top=1)
    >>> found[["term", "score", "comments", "base"]].values.tolist()
    [['接通', 1.0, 2, 2]]
    """
    _require(tokens, method, by, top, min_comments)
    frequencies, median = _frequencies(idf, method)
    coded = code(tokens, by, lexicon)
    follows_jieba = method == "textrank" or idf is not None
    rows = _jieba_candidates if follows_jieba else _candidates
    candidates = coded.only(rows(coded, lexicon, method))
    counted = counts(candidates, coded)
    if method == "textrank":
        counted = counted.merge(textrank(candidates), on=["group", "word"])
    else:
        score = _scores(counted, method, candidates, coded, frequencies, median)
        order = counted["first"] if follows_jieba else 0
        counted = counted.assign(score=score, order=order)
    return _table(_ranked(counted, coded, top, min_comments), method, by)


def candidate_words(tokens: pd.DataFrame, lexicon: Lexicon | None) -> pd.Series:
    """Give each token's word as it is counted, NA where it is no keyword candidate."""
    numbered = tokens if "position" in tokens else tokens.assign(position=0)
    coded = code(numbered, None, lexicon)
    words = pd.Series(pd.array(coded.words, dtype="str")).take(coded.word)
    words.index = tokens.index
    return words.where(_candidates(coded, lexicon, "mentions"))


def _require(
    tokens: pd.DataFrame, method: str, by: Sequence[str] | None, top: int, min_comments: int
) -> None:
    if method not in ("tfidf", "textrank", "mentions"):
        raise ValueError(
            f"keywords: expected method 'tfidf', 'textrank' or 'mentions', found {method!r}"
        )
    if isinstance(by, str):
        raise TypeError(f"keywords: by takes a sequence of columns; write [{by!r}]")
    for name, least in (("top", top), ("min_comments", min_comments)):
        if least < 1:
            raise ValueError(f"keywords: {name} must be at least 1, found {least}")
    absent = [c for c in ("comment_id", "position", "token", "pos", *(by or ())) if c not in tokens]
    if absent:
        raise ValueError(f"keywords: tokens lack the columns {absent}; merge them first")


def _frequencies(
    idf: Mapping[str, float] | pd.Series | None, method: str
) -> tuple[Mapping[str, float], float]:
    """Check the inverse document frequencies that were given, and find their upper median."""
    if idf is None:
        return {}, 0.0
    if method != "tfidf":
        raise ValueError(f"keywords: idf belongs to method 'tfidf', found {method!r}")
    known = idf.to_dict() if isinstance(idf, pd.Series) else idf
    values = np.array(list(known.values()))
    if not len(values) or values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ValueError("keywords: idf needs a finite number for each of one or more terms")
    middle = len(values) // 2
    return known, float(np.partition(values, middle)[middle])


def _candidates(coded: Coded, lexicon: Lexicon | None, method: str) -> np.ndarray:  # noqa: ARG001
    """Mark what may be a keyword: words with content, and terms."""
    lexicon = lexicon or Lexicon()
    terms = set(lexicon.terms)
    eligible = np.array([_is_worded(w, lexicon) or w in terms for w in coded.words], bool)
    is_term = np.array([w in terms for w in coded.words], bool)
    content = np.array([t is None or t.startswith(_CONTENT_TAGS) for t in coded.tags], bool)
    return eligible[coded.word] & (content[coded.tag] | is_term[coded.word])


def _is_worded(word: str, lexicon: Lexicon) -> bool:
    if not 2 <= len(word) <= _LONGEST or word in lexicon.stop_words:
        return False
    return _WORD.search(word) is not None and _NUMBERED.search(word) is None


def _jieba_candidates(coded: Coded, lexicon: Lexicon | None, method: str) -> np.ndarray:
    """Mark what jieba takes for candidates, and what the lexicon adds and removes."""
    stops = lexicon.stop_words if lexicon else frozenset()
    terms = set(lexicon.terms) if lexicon else set()
    count = len(coded.words)
    is_term = np.fromiter(map(terms.__contains__, coded.words), bool, count)
    is_long = np.fromiter(map(len, map(str.strip, coded.words)), np.int64, count) > 1
    is_english = np.fromiter(map(_ENGLISH.__contains__, map(str.lower, coded.words)), bool, count)
    is_stop = np.fromiter(map(stops.__contains__, coded.words), bool, count)
    eligible = is_long & ~is_english & ~is_stop
    tagged = np.array([method != "textrank" or t in _RANKED_TAGS for t in coded.tags], bool)
    return (eligible[coded.word] & tagged[coded.tag]) | is_term[coded.word]


def _scores(
    counted: pd.DataFrame,
    method: str,
    candidates: Coded,
    coded: Coded,
    frequencies: Mapping[str, float],
    median: float,
) -> pd.Series:
    """Score the counts; for TF-IDF the documents are those of all groups and of none."""
    if method == "mentions":
        return counted["comments"] / counted["base"]
    total = counted.groupby("group")["size"].transform("sum")
    if method == "tfidf" and frequencies:
        inverse = [frequencies.get(coded.words[i], median) for i in counted["word"].tolist()]
        return counted["size"] * (np.array(inverse, "float64") / total)
    words, _ = distinct(candidates.word, candidates.comment)
    documents = np.bincount(words, minlength=len(coded.words))[counted["word"]]
    inverse = np.log(len(distinct(coded.comment)[0]) / documents)
    return counted["size"] / total * inverse


def _ranked(counted: pd.DataFrame, coded: Coded, top: int, min_comments: int) -> pd.DataFrame:
    """Give the best words of each group their ranks and names."""
    kept = counted[counted["comments"] >= min_comments]
    # Only those that reach the last rank by score need their names to be sorted by.
    kept = kept[kept.groupby("group")["score"].rank(method="min", ascending=False) <= top]
    terms = pd.Series([coded.words[word] for word in kept["word"]], index=kept.index, dtype="str")
    ranked = kept.assign(token=terms).sort_values(
        ["group", "score", "order", "token"], ascending=[True, False, True, True], kind="stable"
    )
    ranked["rank"] = ranked.groupby("group").cumcount() + 1
    ranked = ranked[ranked["rank"] <= top]
    names = [coded.groups[group] for group in ranked["group"]]
    return ranked.assign(group=pd.Series(names, index=ranked.index, dtype="str"))


def _table(ranked: pd.DataFrame, method: str, by: Sequence[str] | None) -> pd.DataFrame:
    limits = {"ci_low": pd.NA, "ci_high": pd.NA}
    if method == "mentions" and len(ranked):
        interval = proportion_interval(ranked["comments"].to_numpy(), ranked["base"].to_numpy())
        limits = {name: interval[name].to_numpy() for name in limits}
    table = pd.DataFrame(
        {
            "method": method,
            "group_by": " × ".join(by) if by else pd.NA,
            "group": ranked["group"] if by else pd.NA,
            "rank": ranked["rank"],
            "term": ranked["token"],
            "score": ranked["score"],
            **limits,
            "comments": ranked["comments"],
            "base": ranked["base"],
        },
        index=ranked.index,
    ).reset_index(drop=True)
    columns = schema.TABLES["keywords"].columns
    return schema.check(table.astype({n: c.dtype for n, c in columns.items()}), "keywords")
