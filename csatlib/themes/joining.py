"""Words beside numbers: what customers wrote of a dimension next to how they rated it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from csatlib.study import Study
from csatlib.themes.shaping import tabled

__all__ = ["joint_display"]

#: What each rule says of words and numbers.
_VERDICTS = {
    "no_estimate": "insufficient",
    "no_interval": "insufficient",
    "few_comments": "insufficient",
    "weak_praised": "contradict",
    "weak_one_theme": "explain",
    "weak_blamed": "agree",
    "strong_blamed": "contradict",
    "rise_one_theme": "explain",
    "strong_praised": "agree",
    "strong_few_complaints": "agree",
    "numbers_unclear": "insufficient",
    "words_unclear": "insufficient",
}
_WEAK, _STRONG = ("low", "fallen"), ("high", "risen")


def joint_display(
    estimates: pd.DataFrame,
    coded: pd.DataFrame,
    *,
    study: Study | None = None,
    changes: pd.DataFrame | None = None,
    drivers: pd.DataFrame | None = None,
    quotes: pd.DataFrame | None = None,
    target: float | Mapping[str, float] | None = None,
    alpha: float = 0.05,
    min_comments: int = 10,
) -> pd.DataFrame:
    r"""Set each dimension's figures beside its comments, and say by rule how they go together.

    Parameters
    ----------
    estimates : DataFrame
        Table ``estimates`` of one quarter: the means of the dimensions without groups are used.
    coded : DataFrame
        Table ``coded``, whose ``dimension`` is an item of ``estimates``.
    study : Study, optional
        The dimensions are its rating items on the scale of the overall item, without that one;
        those that neither ``estimates`` nor ``coded`` name are left out. Without a study they are
        those of ``coded`` that have a mean in ``estimates``.
    changes : DataFrame, optional
        Table ``changes`` against the quarter before.
    drivers : DataFrame, optional
        Table ``drivers`` of one method.
    quotes : DataFrame, optional
        Table ``quotes`` as `released` gives it; what is not reviewed is not named.
    target : float or mapping of str to float, optional
        What the means are held against, for all dimensions or by item. Without it, or for an item
        that it lacks, the study's target of the item's mean, else the plain average of the
        dimensions' published means.
    alpha : float
        A change counts from this adjusted p down; the same level bounds chance in words.
    min_comments : int
        With fewer comments of a dimension nothing is concluded.

    Returns
    -------
    DataFrame
        Table ``joint_display``, one row a dimension in the questionnaire's order (without a study
        in that of their first row in ``coded``): ``dimension``;
        ``n``, ``estimate``, ``ci_low`` and ``ci_high`` of its mean; ``change`` and ``change_p``
        (adjusted); ``target``; ``importance_rank``; ``comments`` coded to the dimension and
        ``base``, all comments that say anything; ``negative`` and ``positive``, comments with such
        a clause (one comment may count in both); ``themes`` as ``id:comments``, most frequent
        first; ``lead_theme`` and ``lead_share``, the theme in most of the negative comments (of
        the positive ones where the numbers have risen) and its share in them; ``quote_ids``;
        ``numbers`` (low, fallen, high, risen, unclear, unknown), ``words`` (negative, positive,
        divided), ``verdict`` and the ``rule`` that gave it.

    Raises
    ------
    ValueError
        For several rows a dimension in ``estimates``, ``changes`` or ``drivers``, ``alpha`` not
        between 0 and 1, or ``min_comments`` below 1.

    Notes
    -----
    *Numbers* are ``low`` if the whole interval lies below the target; else ``fallen`` if the mean
    fell with adjusted p < alpha; else ``high`` if the interval begins at the target or above;
    else ``risen`` if it rose with adjusted p < alpha; else ``unclear``. A census is its own
    interval.

    Of two counts a is *most* if chance with equal odds would hardly (one side, alpha / 2) make it
    so: :math:`a - b > z_{1-\alpha/2} \sqrt{a + b}`. *Words* are ``negative`` or ``positive`` if
    such comments are most, else ``divided``. One theme *holds* the negative comments if those
    with it are most beside those without. Open questions invite complaints everywhere, so praise
    of a weak dimension is enough to contradict it, but complaints about a strong one must also be
    *frequent*: with N negative comments in D dimensions,
    :math:`c - N / D > z_{1-\alpha/2} \sqrt{N (1/D) (1 - 1/D)}`.

    The first rule that fits counts:

    1. no published mean → insufficient (``no_estimate``); no interval (``no_interval``); fewer
       than ``min_comments`` comments (``few_comments``); numbers unclear (``numbers_unclear``).
    2. low or fallen: words positive → contradict (``weak_praised``); one theme holds the negative
       comments → explain (``weak_one_theme``); words negative → agree (``weak_blamed``).
    3. high or risen: words negative and frequent → contradict (``strong_blamed``); risen, words
       not negative, one theme holds the positive comments → explain (``rise_one_theme``); words
       positive → agree (``strong_praised``); high and complaints not frequent → agree
       (``strong_few_complaints``).
    4. anything else → insufficient (``words_unclear``).

    The rules say what stands side by side, not what brings what about. A target is taken as
    given: the average of the dimensions has an error of its own, which no interval here counts,
    so that it is a yardstick and no test. Source of the form: Fetters,
    Curry and Creswell (2013), Achieving integration in mixed methods designs, *Health Services
    Research* 48, 2134–2156.

    Examples
    --------
    >>> from csatlib import schema
    >>> estimates = schema.empty("estimates").reindex(range(1)).assign(
    ...     item="connection", metric="mean", n=200, estimate=3.5, ci_low=3.4, ci_high=3.6,
    ...     suppressed=False)
    >>> coded = schema.empty("coded").reindex(range(12)).assign(
    ...     comment_id=list("abcdefghijkl"), status="coded", theme="queue",
    ...     dimension="connection", polarity="negative")
    >>> joint = joint_display(estimates, coded, target=4.0)
    >>> joint[["dimension", "numbers", "words", "verdict"]].values.tolist()
    [['connection', 'low', 'negative', 'explain']]
    """
    if not 0 < alpha < 1 or min_comments < 1:
        raise ValueError(
            f"joint_display: expected alpha between 0 and 1 and min_comments of at least 1, found "
            f"{alpha} and {min_comments}"
        )
    dimensions = _dimensions(estimates, coded, study)
    means = _means(estimates, dimensions, "estimates")
    tested = _means(changes, dimensions, "changes")
    spoken = {name: _spoken(coded, name) for name in dimensions}
    goals = _targets(means, dimensions, study, target)
    ranks = _ranks(drivers)
    z = NormalDist().inv_cdf(1 - alpha / 2)
    complaints = [len(words.negative) for words in spoken.values()]
    base = coded.loc[coded["status"] != "uninformative", "comment_id"].nunique()
    rows = []
    for name in dimensions:
        words = spoken[name]
        numbers = _numbers(means.get(name), tested.get(name), goals[name], alpha)
        frequent = _is_frequent(len(words.negative), complaints, z)
        row = {
            "dimension": name,
            **_figures(means.get(name), tested.get(name)),
            "target": goals[name],
            "importance_rank": ranks.get(name, pd.NA),
            **_counts(words, risen=numbers == "risen"),
            "base": base,
            "quote_ids": _quote_ids(quotes, words),
            "numbers": numbers,
            "words": _lean(len(words.negative), len(words.positive), z),
        }
        rule = _rule(row, words, frequent=frequent, min_comments=min_comments, z=z)
        rows.append({**row, "rule": rule, "verdict": _VERDICTS[rule]})
    return tabled(rows, "joint_display")


@dataclass(frozen=True)
class _Words:
    """What was written of a dimension: comments, those that blame or praise, and by theme."""

    comments: frozenset[str]
    negative: frozenset[str]
    positive: frozenset[str]
    themes: Mapping[str, frozenset[str]]
    blamed: Mapping[str, frozenset[str]]
    praised: Mapping[str, frozenset[str]]


def _spoken(coded: pd.DataFrame, dimension: str) -> _Words:
    rows = coded[(coded["status"] == "coded") & (coded["dimension"] == dimension).fillna(False)]
    parts = {
        "": rows,
        "negative": rows[(rows["polarity"] == "negative").fillna(value=False)],
        "positive": rows[(rows["polarity"] == "positive").fillna(value=False)],
    }
    whole, blame, praise = (frozenset(part["comment_id"].astype(str)) for part in parts.values())
    by_theme = [
        {theme: frozenset(ids.astype(str)) for theme, ids in part.groupby("theme")["comment_id"]}
        for part in parts.values()
    ]
    return _Words(whole, blame, praise, *by_theme)


def _dimensions(estimates: pd.DataFrame, coded: pd.DataFrame, study: Study | None) -> list[str]:
    if study is None:
        rated = set(_overall_means(estimates)["item"])
        return [str(name) for name in coded["dimension"].dropna().unique() if name in rated]
    overall = study.report.overall
    named = {*estimates["item"].dropna(), *coded["dimension"].dropna()}
    asked = [item for item in study.comparable(overall) if item != overall]
    return [item for item in asked if item in named]


def _means(table: pd.DataFrame | None, dimensions: list[str], name: str) -> dict[str, pd.Series]:
    """Give each dimension's row of a table of means without groups."""
    if table is None:
        return {}
    rows = _overall_means(table)
    rows = rows[rows["item"].isin(dimensions)]
    if rows["item"].duplicated().any():
        raise ValueError(
            f"joint_display: expected one mean a dimension in {name}, found several; filter it to "
            "one quarter and line first"
        )
    return {row["item"]: row for _, row in rows.iterrows()}


def _overall_means(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["metric"] == "mean") & table["group"].isna() & table["level"].isna()]


def _targets(
    means: Mapping[str, pd.Series],
    dimensions: list[str],
    study: Study | None,
    target: float | Mapping[str, float] | None,
) -> dict[str, float]:
    published = [float(row["estimate"]) for row in means.values() if pd.notna(row["estimate"])]
    average = math.fsum(published) / len(published) if published else math.nan
    wanted = {t.item: t.value for t in (study.targets if study else ()) if t.metric == "mean"}
    if isinstance(target, Mapping):
        wanted |= target
    elif target is not None:
        wanted = dict.fromkeys(dimensions, target)
    return {name: float(wanted.get(name, average)) for name in dimensions}


def _ranks(drivers: pd.DataFrame | None) -> dict[str, float]:
    if drivers is None:
        return {}
    if drivers["driver"].duplicated().any():
        raise ValueError(
            "joint_display: expected one row a driver, found several; filter drivers to one method"
        )
    return dict(zip(drivers["driver"], drivers["rank"], strict=True))


def _numbers(mean: pd.Series | None, change: pd.Series | None, target: float, alpha: float) -> str:
    if mean is None or pd.isna(mean["estimate"]) or mean["suppressed"]:
        return "unknown"
    low, high = (mean[end] for end in ("ci_low", "ci_high"))
    if mean["reason"] == "census" and pd.isna(low):
        low = high = mean["estimate"]
    if pd.isna(low) or pd.isna(high):
        return "unknown"
    moved = 0.0
    if change is not None and pd.notna(change["p_adjusted"]) and change["p_adjusted"] < alpha:
        moved = float(change["estimate"])
    if high < target:
        return "low"
    if moved < 0:
        return "fallen"
    if low >= target:
        return "high"
    return "risen" if moved > 0 else "unclear"


def _figures(mean: pd.Series | None, change: pd.Series | None) -> dict[str, object]:
    columns = ("n", "estimate", "ci_low", "ci_high")
    told = {c: pd.NA if mean is None else mean[c] for c in columns}
    moved = ("estimate", "p_adjusted") if change is not None else (None, None)
    names = ("change", "change_p")
    return told | {
        name: pd.NA if column is None else change[column]
        for name, column in zip(names, moved, strict=True)
    }


def _counts(words: _Words, *, risen: bool) -> dict[str, object]:
    side, by_theme = (words.positive, words.praised) if risen else (words.negative, words.blamed)
    lead, held = _lead(by_theme)
    return {
        "comments": len(words.comments),
        "negative": len(words.negative),
        "positive": len(words.positive),
        "themes": " ".join(f"{theme}:{n}" for theme, n in _ordered(words.themes)) or pd.NA,
        "lead_theme": lead,
        "lead_share": held / len(side) if side else pd.NA,
    }


def _ordered(themes: Mapping[str, frozenset[str]]) -> list[tuple[str, int]]:
    counts = [(theme, len(ids)) for theme, ids in themes.items() if ids]
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))


def _lead(themes: Mapping[str, frozenset[str]]) -> tuple[object, int]:
    return next(iter(_ordered(themes)), (pd.NA, 0))


def _quote_ids(quotes: pd.DataFrame | None, words: _Words) -> object:
    if quotes is None:
        return pd.NA
    order = {theme: place for place, (theme, _) in enumerate(_ordered(words.themes))}
    own = quotes[quotes["reviewed"] & quotes["theme"].isin(list(order))]
    own = own.assign(_place=own["theme"].map(order)).sort_values(["_place", "rank", "quote_id"])
    return " ".join(own["quote_id"]) or pd.NA


def _most(more: int, less: int, z: float) -> bool:
    """Say whether one count exceeds another by more than chance with equal odds brings about."""
    return more - less > z * math.sqrt(more + less)


def _lean(negative: int, positive: int, z: float) -> str:
    if _most(negative, positive, z):
        return "negative"
    return "positive" if _most(positive, negative, z) else "divided"


def _is_frequent(own: int, all_of_them: list[int], z: float) -> bool:
    """Say whether a dimension draws more complaints than its even share, beyond chance."""
    total, even = sum(all_of_them), 1 / len(all_of_them)
    return own - total * even > z * math.sqrt(total * even * (1 - even))


def _holds(themes: Mapping[str, frozenset[str]], side: frozenset[str], z: float) -> bool:
    _, held = _lead(themes)
    return _most(held, len(side) - held, z)


def _rule(
    row: Mapping[str, object], words: _Words, *, frequent: bool, min_comments: int, z: float
) -> str:
    """Give the first rule that fits; the docstring of `joint_display` lists them."""
    numbers, lean = str(row["numbers"]), row["words"]
    rules = {
        "no_estimate": numbers == "unknown" and pd.isna(row["estimate"]),
        "no_interval": numbers == "unknown",
        "few_comments": len(words.comments) < min_comments,
        "numbers_unclear": numbers == "unclear",
        "weak_praised": numbers in _WEAK and lean == "positive",
        "weak_one_theme": numbers in _WEAK and _holds(words.blamed, words.negative, z),
        "weak_blamed": numbers in _WEAK and lean == "negative",
        "strong_blamed": numbers in _STRONG and lean == "negative" and frequent,
        "rise_one_theme": numbers == "risen"
        and lean != "negative"
        and _holds(words.praised, words.positive, z),
        "strong_praised": numbers in _STRONG and lean == "positive",
        "strong_few_complaints": numbers == "high" and not frequent,
    }
    return next((rule for rule, fits in rules.items() if fits), "words_unclear")
