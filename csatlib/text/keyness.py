"""Which words a group says more often than the rest: log-odds with an informative prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from csatlib import schema
from csatlib.estimates.adjusting import adjust_p
from csatlib.text.lexicon import Lexicon
from csatlib.text.ranking import candidate_words

__all__ = ["keyness"]

#: The prior's size as a part of the smaller of the two sides that are compared.
_PRIOR_PART = 0.5


def keyness(
    tokens: pd.DataFrame,
    *,
    by: Sequence[str],
    weight: str | None = None,
    lexicon: Lexicon | None = None,
    min_comments: int = 3,
    prior: float | None = None,
    conf: float = 0.95,
    top: int | None = None,
) -> pd.DataFrame:
    """Tell which words each group's comments mention more often than the rest's.

    Parameters
    ----------
    tokens : DataFrame
        Table ``tokens`` with the columns ``by`` (and ``weight``) merged to it. Comments with a
        missing group, or of weight 0, count nowhere.
    by : sequence of str
        Columns whose values make the groups, such as ``["tier"]`` or ``["quarter"]``; several
        are crossed.
    weight : str, optional
        Column with the weight of each comment, one for all its tokens. Each side's weighted
        counts are scaled to Kish's effective number of its comments.
    lexicon : Lexicon, optional
        As for `keywords`: its stop words are no candidates, its terms always are, and variants
        count as the word that they stand for.
    min_comments : int
        Terms that fewer comments of all groups together mention are not tested.
    prior : float, optional
        How many comments the prior is worth on each side; half the (effective) comments of the
        smaller side unless given.
    conf : float
        Level of the intervals of the shrunken log-odds, between 0 and 1.
    top : int, optional
        How many terms a group are kept, after ``p_adjusted`` is found over all; all unless given.

    Returns
    -------
    DataFrame
        Table ``keyness``, one row a group and term: ``group_by`` and ``group`` (crossed ones
        joined by `` × ``); ``term``; ``comments`` of the group that mention it, of the ``base``
        that have any token, and the same of all other groups in ``comments_rest`` and
        ``base_rest`` (unweighted); ``share`` and ``share_rest`` (weighted); ``log_odds``, above
        0 where the group mentions the term more often, its ``se``, ``ci_low``, ``ci_high``,
        ``z``, two-sided ``p`` and ``p_adjusted`` (Benjamini and Hochberg over all rows);
        ``rank`` by ``z`` in the group; ``reason`` where there is none of these: ``empty`` (the
        group has no comment), ``single_group`` (there is no other), ``no_variation`` (every
        comment mentions the term).

    Raises
    ------
    ValueError
        For an unknown column, ``min_comments`` or ``top`` below 1, a prior that is not above 0,
        ``conf`` outside (0, 1), or weights that are missing, negative, infinite, or not the same
        throughout a comment; and if a comment's tokens are of different groups.
    TypeError
        If ``by`` is a bare string.

    Notes
    -----
    Counts are of comments that mention the term, so that one long comment weighs no more than a
    short one. With ``y`` of the ``n`` comments of a side, the share ``π`` of the term in all
    groups together, and ``α₀`` the size of the prior, ``α = α₀ π``:

    * ``log_odds`` is the difference between group and rest of
      ``ln((y + α) / (n + α₀ − y − α))``
    * its variance the sum over both of ``1 / (y + α) + 1 / (n + α₀ − y − α)``

    The prior draws every difference towards none, that of rare terms most; with it the test errs
    less often than ``p`` says. So ``log_odds`` and its interval tell whether a difference is more
    than chance, and rank terms; they do not tell how large it is. The interval is that of the
    shrunken log-odds, and where shares lie far apart it does not reach the log-odds of the shares
    themselves: read ``share`` beside ``share_rest`` for the size. Weighted, ``y`` and ``n`` are
    multiplied with ``Σw / Σw²`` of the side.

    Source: Monroe, Colaresi and Quinn (2008), Fightin' words, Political Analysis 16, 372–403,
    with the odds of being mentioned in a comment. Kish (1965), Survey sampling, 11.7.

    Examples
    --------
    >>> said = ["接通"] * 12 + ["账单"] * 4 + ["接通"] * 3 + ["账单"] * 11
    >>> tokens = pd.DataFrame({"comment_id": [f"c{i:02}" for i in range(30)], "token": said})
    >>> tokens = tokens.assign(position=0, pos="v", tier=["个人"] * 16 + ["企业"] * 14)
    >>> found = keyness(tokens, by=["tier"], top=1)
    >>> found[["group", "term", "comments", "base"]].values.tolist()
    [['个人', '接通', 12, 16], ['企业', '账单', 11, 14]]
    >>> found[["log_odds", "se", "p"]].round(3).values.tolist()
    [[1.528, 0.649, 0.018], [1.528, 0.649, 0.018]]
    """
    _require(tokens, by, weight, min_comments, prior, conf, top)
    label, comments, names = _comments(tokens, by, weight)
    said = tokens[["comment_id"]].astype("str").assign(token=candidate_words(tokens, lexicon))
    said = said[said["token"].notna() & label.notna()]
    counts = _counts(comments, names, said, min_comments)
    table = _tested(counts, prior, conf)
    table.insert(0, "group_by", " × ".join(by))
    if top is not None:
        table = table[table.groupby("group").cumcount() < top]
    columns = schema.TABLES["keyness"].columns
    table = table[list(columns)].reset_index(drop=True)
    return schema.check(table.astype({n: c.dtype for n, c in columns.items()}), "keyness")


def _require(
    tokens: pd.DataFrame,
    by: Sequence[str],
    weight: str | None,
    min_comments: int,
    prior: float | None,
    conf: float,
    top: int | None,
) -> None:
    if isinstance(by, str):
        raise TypeError(f"keyness: by takes a sequence of columns; write [{by!r}]")
    if not by:
        raise ValueError("keyness: expected at least one column in by, found none")
    for name, value in (("min_comments", min_comments), ("top", 1 if top is None else top)):
        if value < 1:
            raise ValueError(f"keyness: {name} must be at least 1, found {value}")
    if prior is not None and not 0 < prior < np.inf:
        raise ValueError(f"keyness: prior must be a number of comments above 0, found {prior}")
    if not 0 < conf < 1:
        raise ValueError(f"keyness: conf must lie between 0 and 1, found {conf}")
    wanted = ("comment_id", "token", "pos", *by, *([] if weight is None else [weight]))
    if absent := [c for c in wanted if c not in tokens]:
        raise ValueError(f"keyness: tokens lack the columns {absent}; merge them first")


def _comments(
    tokens: pd.DataFrame, by: Sequence[str], weight: str | None
) -> tuple[pd.Series, pd.DataFrame, list[str]]:
    """Give the group of each token, each comment's group and weight by id, and all groups."""
    label = tokens[by[0]].astype("str")
    for column in by[1:]:
        label = label + " × " + tokens[column].astype("str")
    known = pd.DataFrame(
        {
            "comment_id": tokens["comment_id"].astype("str"),
            "group": label,
            "weight": 1.0 if weight is None else tokens[weight].astype("float64"),
        }
    )[label.notna().to_numpy()]
    each = known.drop_duplicates().sort_values("comment_id", kind="stable")
    if (twice := each["comment_id"].duplicated()).any():
        raise ValueError(
            f"keyness: {twice.sum()} comments have tokens of different groups or weights; "
            "merge one value a comment"
        )
    if not each["weight"].between(0, np.finfo(float).max).all():
        raise ValueError(
            "keyness: weights must be numbers of 0 or more; found a missing, negative or "
            "infinite one"
        )
    names = sorted(set(each["group"]) | set(_unused(tokens, by)))
    each = each[each["weight"] > 0].set_index("comment_id")
    return label, each, names


def _unused(tokens: pd.DataFrame, by: Sequence[str]) -> list[str]:
    """Name the groups that a categorical column knows, whether or not a comment has them."""
    if len(by) > 1 or not isinstance(tokens[by[0]].dtype, pd.CategoricalDtype):
        return []
    return [str(name) for name in tokens[by[0]].cat.categories]


@dataclass(frozen=True)
class _Counts:
    """Comments of each group (rows), and those of them that mention each term (columns).

    ``weights`` and ``squares`` are the sums of the comments' weights and of their squares,
    ``mentions`` those of the weights of the comments that mention the term.
    """

    groups: list[str]
    terms: list[str]
    base: np.ndarray
    weights: np.ndarray
    squares: np.ndarray
    comments: np.ndarray
    mentions: np.ndarray


def _counts(comments: pd.DataFrame, groups: list[str], said: pd.DataFrame, least: int) -> _Counts:
    """Count, by comment and not by token; the order of rows must not reach the sums."""
    said = said[said["comment_id"].isin(comments.index)].drop_duplicates()
    everywhere = said["token"].value_counts()
    terms = sorted(everywhere.index[everywhere >= least])
    said = said[said["token"].isin(terms)].sort_values(["comment_id", "token"])
    weight = comments["weight"].to_numpy()
    group = pd.Index(groups).get_indexer(comments["group"])
    row = comments.index.get_indexer(said["comment_id"])
    cell = group[row] * len(terms) + pd.Index(terms).get_indexer(said["token"])

    def by_group(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values, minlength=len(groups))

    def by_cell(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(cell, values, minlength=len(groups) * len(terms))
        return sums.reshape(len(groups), len(terms))

    return _Counts(
        groups,
        terms,
        base=by_group(np.ones(len(group))),
        weights=by_group(weight),
        squares=by_group(weight**2),
        comments=by_cell(np.ones(len(cell))),
        mentions=by_cell(weight[row]),
    )


def _tested(counts: _Counts, prior: float | None, conf: float) -> pd.DataFrame:
    """Hold each group against the sum of the others, term by term."""
    from scipy.special import ndtr, ndtri

    parts = [_against_rest(counts, place, prior) for place in range(len(counts.groups))]
    if not parts:
        return schema.empty("keyness").drop(columns="group_by")
    table = pd.concat(parts, ignore_index=True)
    log_odds, se = (table[c].to_numpy(dtype="float64") for c in ("log_odds", "se"))
    reach = -ndtri((1 - conf) / 2) * se
    table = table.assign(ci_low=log_odds - reach, ci_high=log_odds + reach, z=log_odds / se).assign(
        p=lambda df: 2 * ndtr(-df["z"].abs().astype("float64"))
    )
    table["p_adjusted"] = adjust_p(table["p"].to_numpy(dtype="float64"), "BH")
    table = table.sort_values(
        ["group", "z", "term"], ascending=[True, False, True], na_position="last", kind="stable"
    )
    table["rank"] = (table.groupby("group").cumcount() + 1).where(table["z"].notna())
    return table


def _against_rest(counts: _Counts, place: int, prior: float | None) -> pd.DataFrame:
    """Compute log-odds and their errors of one group, or say why they cannot be had."""
    others = np.arange(len(counts.groups)) != place
    base, rest = int(counts.base[place]), int(counts.base[others].sum())
    table = pd.DataFrame(
        {
            "group": counts.groups[place],
            "term": counts.terms,
            "comments": counts.comments[place],
            "base": base,
            "comments_rest": counts.comments[others].sum(axis=0),
            "base_rest": rest,
        }
    )
    sides = [
        (counts.mentions[side].sum(axis=0), counts.weights[side].sum(), counts.squares[side].sum())
        for side in (~others, others)
    ]
    shares = [said / of if of else np.full(len(said), np.nan) for said, of, _ in sides]
    table = table.assign(share=shares[0], share_rest=shares[1])
    if not base or not rest:
        reason = "single_group" if base else "empty"
        return table.assign(log_odds=np.nan, se=np.nan, reason=reason)
    # Kish's effective number of comments of each side, and as many mentions in proportion.
    numbers = [of**2 / squares for _, of, squares in sides]
    size = _PRIOR_PART * min(numbers) if prior is None else prior
    share = (sides[0][0] + sides[1][0]) / (sides[0][1] + sides[1][1])
    varies = (table["comments"] + table["comments_rest"] < base + rest).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        odds, variance = zip(
            *(_posterior(p, n, share, size) for p, n in zip(shares, numbers, strict=True)),
            strict=True,
        )
        log_odds, se = odds[0] - odds[1], np.sqrt(variance[0] + variance[1])
    return table.assign(
        log_odds=np.where(varies, log_odds, np.nan),
        se=np.where(varies, se, np.nan),
        reason=np.where(varies, None, "no_variation"),
    )


def _posterior(
    observed: np.ndarray, number: float, share: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give the log-odds and their variance of one side: its mentions with those of the prior."""
    mentioned = observed * number + size * share
    silent = (1 - observed) * number + size * (1 - share)
    return np.log(mentioned / silent), 1 / mentioned + 1 / silent
