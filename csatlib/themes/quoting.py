"""A few comments that stand for a theme, chosen by a stated rule and held back until reviewed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd

from csatlib import privacy, schema
from csatlib.text import uninformative
from csatlib.themes.choosing import choose, ranked
from csatlib.themes.excerpts import excerpt, tidy
from csatlib.themes.shaping import tabled

__all__ = ["quote_counts", "quote_ids", "quotes", "released"]

_COLUMNS = tuple(schema.TABLES["quotes"].columns)


def quotes(
    coded: pd.DataFrame,
    *,
    comments: pd.DataFrame,
    theme: str | None = None,
    k: int = 3,
    seed: int = 0,
    by: Sequence[str] = (),
    customer: str | None = None,
    score: str | None = None,
    max_length: int = 60,
    tokens: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Choose comments that stand for a theme: typical, short, of different customers and scores.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded``.
    comments : DataFrame
        Table ``comments``, already redacted, with the columns that are named below merged to it.
        Its ``text`` is what is quoted.
    theme : str, optional
        One theme; without it every theme of ``coded``, each chosen as if it were alone.
    k : int
        At most so many quotes a theme.
    seed : int
        Breaks ties between equally good comments, and does nothing else.
    by : sequence of str
        Columns of ``comments`` with groups that shall all be heard.
    customer, score : str, optional
        Columns of ``comments``: whose comment it is, and the score given beside it. A row without
        a customer is somebody of its own; a missing score or group is a value of its own.
    max_length : int
        The longest quote in characters; at least 10.
    tokens : DataFrame, optional
        Table ``tokens`` of the comments. Without it pairs of letters stand for words.

    Returns
    -------
    DataFrame
        Table ``quotes``, by theme and rank: ``quote_id`` (Q and ten digits of a SHA-256 of comment,
        theme and text); ``comment_id``, ``response_id`` and ``item``, which lead back to the raw
        row; ``theme``; ``rank`` from 1; ``text``; ``polarity`` of the match that is shown;
        ``digest``, the SHA-256 of the text, for which alone a review holds; ``reviewed``, False
        throughout; then the columns of ``by`` and ``score``.

    Raises
    ------
    ValueError
        For a missing column, a coded comment that ``comments`` lack, a comment that stands there
        twice, ``k`` below 1 or ``max_length`` below 10.
    TypeError
        If ``by`` is a bare string.

    Notes
    -----
    Who may be quoted: comments coded to the theme, once each at their first match, neither
    uninformative nor holding anything that `csatlib.privacy.find` takes for personal data, in the
    comment or in what is left of it. How many drop out is told by `quote_counts`.

    The next quote is always taken from the score × group cell that has given the fewest; within
    it whole comments of six letters or more come before others, then the one whose TF-IDF is
    nearest to the centre (cosine) of the theme's distinct texts, then the seed decides. A customer
    is quoted once a theme; a text that shares 60 % or more of its pairs of letters (Jaccard) with
    one already taken is passed over. So the first three of five quotes are the three of three.

    Longer comments are cut at the ends of clauses around the match, with … where words are left
    out.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment_id": ["r1:c", "r2:c"],
    ...                          "text": ["热线等了二十分钟才接通", "热线等了二十分钟才接通！"]})
    >>> coded = schema.empty("coded")
    >>> coded["comment_id"], coded["theme"] = ["r1:c", "r2:c"], "wait"
    >>> coded = coded.assign(status="coded", start=0, end=2)
    >>> quotes(coded, comments=comments)["text"].tolist()
    ['热线等了二十分钟才接通']
    """
    _require(coded, comments, by, customer, score, k, max_length)
    found = _candidates(coded, comments, theme, max_length)
    fit = found[~found["empty"] & ~found["personal"]]
    extra = [*by, *([score] if score is not None else [])]
    chosen = [
        fit.loc[labels].assign(rank=range(1, len(labels) + 1))
        for _, part in fit.groupby("theme", sort=True)
        if (labels := choose(ranked(part, extra, customer, tokens, seed), k))
    ]
    rows = pd.concat(chosen) if chosen else fit.assign(rank=0).iloc[:0]
    rows = rows.assign(
        quote_id=quote_ids(rows["comment_id"], rows["theme"], rows["quote"]),
        text=rows["quote"],
        digest=_digests(rows["quote"]),
        reviewed=False,
    ).reset_index(drop=True)
    columns = schema.TABLES["quotes"].columns
    table = rows[[*_COLUMNS, *dict.fromkeys(c for c in extra if c not in _COLUMNS)]]
    table = table.astype({name: column.dtype for name, column in columns.items()})
    return schema.check(table, "quotes")


def quote_counts(
    coded: pd.DataFrame,
    chosen: pd.DataFrame,
    *,
    comments: pd.DataFrame,
    max_length: int = 60,
) -> pd.DataFrame:
    """Count how many comments of each theme could be quoted, and why others could not.

    Parameters
    ----------
    coded, comments, max_length
        As for `quotes`.
    chosen : DataFrame
        Table ``quotes``.

    Returns
    -------
    DataFrame
        Table ``quote_counts``, one row a theme of ``coded``: ``comments`` coded to it;
        ``uninformative`` ones; ``personal``, others in which personal data was found although they
        had been redacted; ``eligible``, the rest; ``quoted``.

    Raises
    ------
    ValueError
        As `quotes`.

    Examples
    --------
    >>> comments = pd.DataFrame({"comment_id": ["r1:c"], "text": ["请回电13800001234，等太久"]})
    >>> coded = schema.empty("coded")
    >>> coded["comment_id"], coded["theme"] = ["r1:c"], "wait"
    >>> coded = coded.assign(status="coded", start=0, end=2)
    >>> chosen = quotes(coded, comments=comments)
    >>> counts = quote_counts(coded, chosen, comments=comments)
    >>> counts[["theme", "personal", "quoted"]].values.tolist()
    [['wait', 1, 0]]
    """
    _require(coded, comments, (), None, None, 1, max_length)
    found = _candidates(coded, comments, None, max_length)
    quoted = chosen["theme"].value_counts()
    rows = [
        {
            "theme": theme,
            "comments": len(part),
            "uninformative": int(part["empty"].sum()),
            "personal": int((part["personal"] & ~part["empty"]).sum()),
            "eligible": int((~part["personal"] & ~part["empty"]).sum()),
            "quoted": int(quoted.get(theme, 0)),
        }
        for theme, part in found.groupby("theme", sort=True)
    ]
    return tabled(rows, "quote_counts")


def quote_ids(comment_id: pd.Series, theme: pd.Series, text: pd.Series) -> pd.Series:
    """Give quotes their short ids, the same ones for the same comment, theme and text.

    Parameters
    ----------
    comment_id, theme, text : Series of str
        With one index.

    Returns
    -------
    Series of str
        ``Q`` and ten hexadecimal digits: no spreadsheet takes it for a number.

    Examples
    --------
    >>> one = pd.Series(["r1:c"]), pd.Series(["wait"]), pd.Series(["等太久"])
    >>> quote_ids(*one).tolist()
    ['Q0b27ac5435']
    """
    rows = zip(comment_id, theme, text, strict=True)
    ids = [f"Q{_sha256(chr(31).join(map(str, row)))[:10]}" for row in rows]
    return pd.Series(ids, index=comment_id.index, dtype="str")


def released(quotes: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """Mark the quotes that a reviewer has passed in exactly these words.

    Parameters
    ----------
    quotes : DataFrame
        Table ``quotes``.
    reviews : DataFrame
        Table ``quote_reviews``.

    Returns
    -------
    DataFrame
        ``quotes`` with ``reviewed`` True only where a review of this id and this wording says
        ``passed``; nothing else may be published.

    Raises
    ------
    ValueError
        If two reviews have one id.

    Examples
    --------
    >>> released(schema.empty("quotes"), schema.empty("quote_reviews"))["reviewed"].tolist()
    []
    """
    if reviews["quote_id"].duplicated().any():
        raise ValueError("released: expected one review a quote_id, found several of one")
    passed = reviews[(reviews["verdict"] == "passed").fillna(value=False)]
    wording = dict(zip(passed["quote_id"], passed["digest"], strict=True))
    said = [
        wording.get(quote_id) == sha256
        for quote_id, sha256 in zip(quotes["quote_id"], _digests(quotes["text"]), strict=True)
    ]
    return quotes.assign(reviewed=pd.Series(said, index=quotes.index, dtype="bool"))


def _require(
    coded: pd.DataFrame,
    comments: pd.DataFrame,
    by: Sequence[str],
    customer: str | None,
    score: str | None,
    k: int,
    max_length: int,
) -> None:
    if isinstance(by, str):
        raise TypeError(f"quotes: by takes a sequence of columns; write [{by!r}]")
    named = [c for c in (*by, customer, score) if c is not None]
    absent = [c for c in ("comment_id", "text", *named) if c not in comments]
    absent += [c for c in ("comment_id", "status", "theme", "start", "end") if c not in coded]
    if absent:
        raise ValueError(f"quotes: comments or coded lack the columns {absent}; merge them first")
    for name, value, least in (("k", k, 1), ("max_length", max_length, 10)):
        if value < least:
            raise ValueError(f"quotes: {name} must be at least {least}, found {value}")
    if comments["comment_id"].duplicated().any():
        raise ValueError("quotes: expected one row a comment_id in comments, found repeated ones")
    known = coded["comment_id"].astype("str").isin(comments["comment_id"].astype("str"))
    strange = ~known & (coded["status"] == "coded")
    if strange.any():
        raise ValueError(
            f"quotes: {int(strange.sum())} coded rows have a comment_id that comments lack; "
            "code the same comments that are quoted"
        )


def _candidates(
    coded: pd.DataFrame, comments: pd.DataFrame, theme: str | None, max_length: int
) -> pd.DataFrame:
    """Give each coded comment once a theme, with what would be quoted of it."""
    matches = coded[(coded["status"] == "coded") & coded["theme"].notna()]
    if theme is not None:
        matches = matches[matches["theme"] == theme]
    keys = ["theme", "comment_id", "start", "end", "polarity"]
    matches = matches.reindex(columns=keys).astype({"theme": "str", "comment_id": "str"})
    matches = matches.sort_values(keys, kind="stable").drop_duplicates(["theme", "comment_id"])
    own = comments.drop(columns=[c for c in keys if c != "comment_id" and c in comments])
    found = matches.merge(own.astype({"comment_id": "str"}), on="comment_id", how="left")
    found = found.assign(**{c: pd.NA for c in ("response_id", "item") if c not in found})
    made: dict[tuple[str, int, int], tuple[str, bool]] = {}
    places = zip(
        found["text"].fillna("").astype(str),
        found["start"].fillna(0).astype(int),
        found["end"].fillna(0).astype(int),
        strict=True,
    )
    spans = [*places]
    for span in spans:
        if span not in made:
            made[span] = excerpt(*span, max_length)
    return found.assign(
        quote=pd.Series([made[s][0] for s in spans], index=found.index, dtype="str"),
        whole=[made[s][1] for s in spans],
        empty=uninformative(_without_marks(found["text"])).to_numpy(),
        personal=_personal([s[0] for s in spans], [made[s][0] for s in spans]),
    )


def _without_marks(texts: pd.Series) -> pd.Series:
    """Take out what stands for removed data: a mark alone says nothing."""
    bare = texts.astype("str")
    for mark in privacy.REPLACEMENTS.values():
        bare = bare.str.replace(mark, "", regex=False)
    return bare


def _personal(texts: list[str], cut: list[str]) -> list[bool]:
    """Tell where personal data is found although it should be gone; each text is searched once."""
    distinct = pd.Series(sorted({*texts, *map(tidy, texts), *cut}), dtype="str")
    faulty = set(distinct[privacy.find(distinct)["row"].unique()])
    pieces = zip(texts, cut, strict=True)
    return [bool({text, tidy(text), piece} & faulty) for text, piece in pieces]


def _digests(texts: pd.Series) -> pd.Series:
    return pd.Series([_sha256(str(text)) for text in texts], index=texts.index, dtype="str")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
