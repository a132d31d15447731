"""How many comments speak of each theme, and how that moved since the quarter before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from csatlib.estimates import proportion_interval
from csatlib.estimates.adjusting import adjust_p
from csatlib.study import Codeframe
from csatlib.themes.shaping import require, typed

__all__ = ["coverage", "drift"]

_POLARITIES = ("negative", "neutral", "positive")


def coverage(
    coded: pd.DataFrame, *, codeframe: Codeframe | None = None, conf: float = 0.95
) -> pd.DataFrame:
    """Count the comments of each theme.

    Parameters
    ----------
    coded : DataFrame
        Table ``coded``, in which uncoded comments have rows of their own.
    codeframe : Codeframe, optional
        Its themes all get a row, also those that nobody spoke of; without it only those found.
    conf : float
        Confidence of the interval.

    Returns
    -------
    DataFrame
        Table ``coverage``: first the row with ``theme`` NA, the comments with any theme; then a
        row a theme, the most frequent first, of equals by id. ``comments`` that speak of it,
        once however often; ``base``, all comments but the uninformative; ``share``, the one over
        the other, with its Wilson interval ``ci_low`` and ``ci_high`` (NA where ``base`` is 0);
        ``negative``, ``neutral`` and ``positive``: comments that do so, where one that both
        blames and praises counts in both.

    Raises
    ------
    ValueError
        If a column is missing, or ``conf`` is out of range.

    Notes
    -----
    The interval takes the comments as a simple random sample of those who would have written;
    who writes is no sample of all customers. Source: Wilson (1927), *JASA* 22, 209–212.

    Examples
    --------
    >>> coded = pd.DataFrame({"comment_id": ["a", "b"], "status": ["coded", "uncoded"],
    ...                       "theme": ["queue", None], "polarity": ["negative", None]})
    >>> coverage(coded)[["comments", "base", "negative"]].values.tolist()
    [[1, 2, 1], [1, 2, 1]]
    """
    require(coded, ("comment_id", "status", "theme", "polarity"), "coverage")
    found = coded[coded["status"] == "coded"]
    base = _base(coded)
    counts = _counts(found, codeframe)
    spoken = {
        polarity: found[found["polarity"] == polarity].groupby("theme")["comment_id"].nunique()
        for polarity in _POLARITIES
    }
    themes = sorted(counts, key=lambda theme: (-counts[theme], theme))
    of_any = found.groupby("polarity")["comment_id"].nunique()
    numbers = [found["comment_id"].nunique(), *(counts[theme] for theme in themes)]
    interval = proportion_interval(np.array(numbers), base, conf=conf)
    table = pd.DataFrame(
        {
            "theme": pd.Series([None, *themes], dtype="str"),
            "comments": numbers,
            "base": base,
            "share": interval["estimate"],
            "ci_low": interval["ci_low"],
            "ci_high": interval["ci_high"],
            **{
                p: [int(of_any.get(p, 0)), *(int(spoken[p].get(theme, 0)) for theme in themes)]
                for p in _POLARITIES
            },
        }
    )
    return typed(table, "coverage")


def drift(
    coded: pd.DataFrame,
    previous: pd.DataFrame,
    *,
    codeframe: Codeframe | None = None,
    conf: float = 0.95,
    min_base: int = 30,
) -> pd.DataFrame:
    r"""Compare how many comments speak of each theme with the quarter before.

    Parameters
    ----------
    coded, previous : DataFrame
        Tables ``coded`` of the two quarters, of different comments, coded with one codeframe.
    codeframe : Codeframe, optional
        Its themes all get a row; without it those found in either quarter.
    conf : float
        Confidence of the interval.
    min_base : int
        Fewest informative comments of either quarter for a comparison.

    Returns
    -------
    DataFrame
        Table ``theme_drift``, by ``theme``, the row NA (any theme) first: ``previous`` and
        ``current`` count the comments of the theme, ``previous_base`` and ``current_base`` the
        informative ones; ``difference`` of the shares, current less previous, with its Newcombe
        interval ``ci_low`` and ``ci_high``; ``p``, two-sided, and ``p_adjusted`` for all themes
        (not the row NA, whose test is one of its own); ``reason`` why a number is withheld:
        ``empty`` (no informative comment in one quarter), ``small_base``, ``no_variation``
        (nobody or everybody spoke of it in both: there is no p).

    Raises
    ------
    ValueError
        If a column is missing, ``conf`` is out of range or ``min_base`` below 1.

    Notes
    -----
    With :math:`p_i` the shares and :math:`(l_i, u_i)` their Wilson intervals the limits of
    :math:`d = p_1 - p_2` are :math:`d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}` and
    :math:`d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}` (Newcombe 1998, method 10, *Statistics in
    Medicine* 17, 873–890). The p is that of the N − 1 chi-squared test where every expected count
    is at least 1, else of Fisher's exact test by Irwin's rule (Campbell 2007, *Statistics in
    Medicine* 26, 3661–3675); adjusted after Benjamini and Hochberg (1995).

    Examples
    --------
    >>> def coded(mentions, base):
    ...     themes = ["queue"] * mentions + [None] * (base - mentions)
    ...     return pd.DataFrame({"comment_id": [str(i) for i in range(base)], "theme": themes,
    ...                          "status": ["coded" if t else "uncoded" for t in themes]})
    >>> moved = drift(coded(30, 100), coded(10, 100))
    >>> moved["theme"].tolist()[1], moved["difference"].round(2).tolist()[1]
    ('queue', 0.2)
    """
    for table in (coded, previous):
        require(table, ("comment_id", "status", "theme"), "drift")
    if min_base < 1:
        raise ValueError(f"drift: min_base must be at least 1, found {min_base}")
    frames = [table[table["status"] == "coded"] for table in (previous, coded)]
    bases = [_base(table) for table in (previous, coded)]
    counts = [_counts(frame, codeframe) for frame in frames]
    themes = sorted(counts[0].keys() | counts[1].keys())
    before, now = (
        np.array([frame["comment_id"].nunique(), *(count.get(theme, 0) for theme in themes)])
        for frame, count in zip(frames, counts, strict=True)
    )
    table = _differences(before, now, bases, conf=conf, min_base=min_base)
    table.insert(0, "theme", pd.Series([None, *themes], dtype="str"))
    return typed(table, "theme_drift")


def _differences(
    before: np.ndarray, now: np.ndarray, bases: Sequence[int], *, conf: float, min_base: int
) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "previous": before,
            "previous_base": bases[0],
            "current": now,
            "current_base": bases[1],
        }
    )
    first, second = (
        proportion_interval(side, base, conf=conf)
        for side, base in zip((now, before), bases[::-1], strict=True)
    )
    gap = (first["estimate"] - second["estimate"]).to_numpy(float, na_value=np.nan)
    below = np.hypot(first["estimate"] - first["ci_low"], second["ci_high"] - second["estimate"])
    above = np.hypot(first["ci_high"] - first["estimate"], second["estimate"] - second["ci_low"])
    p = np.array([_p(a, b, *bases) for a, b in zip(before, now, strict=True)], dtype=float)
    table = table.assign(difference=gap, ci_low=gap - below, ci_high=gap + above, p=p)
    reason = np.where(np.isnan(p), "no_variation", None).astype(object)
    if min(bases) < min_base:
        reason[:] = "empty" if min(bases) == 0 else "small_base"
        table[["difference", "ci_low", "ci_high", "p"]] = np.nan
    tested = table["p"].to_numpy()
    adjusted = np.concatenate([tested[:1], adjust_p(tested[1:], "BH")])
    return table.assign(p_adjusted=adjusted, reason=pd.Series(reason, dtype="str"))


def _p(before: int, now: int, before_base: int, base: int) -> float:
    """Test two shares for being equal; NaN where there is nothing to test."""
    total, mentions = before_base + base, before + now
    if min(before_base, base) == 0 or mentions in (0, total):
        return np.nan
    least = min(mentions, total - mentions) * min(before_base, base) / total
    if least < 1:
        from scipy.stats import fisher_exact

        table = [[before, before_base - before], [now, base - now]]
        return float(fisher_exact(table).pvalue)
    cross = float(before) * (base - now) - float(now) * (before_base - before)
    margins = float(mentions) * (total - mentions) * before_base * base
    return float(special.chdtrc(1, (total - 1) * cross**2 / margins))


def _base(coded: pd.DataFrame) -> int:
    return int(coded.loc[coded["status"] != "uninformative", "comment_id"].nunique())


def _counts(found: pd.DataFrame, codeframe: Codeframe | None) -> dict[str, int]:
    counts = found.groupby("theme")["comment_id"].nunique()
    listed = {theme.id: 0 for theme in codeframe.themes} if codeframe else {}
    return {**listed, **{str(theme): int(n) for theme, n in counts.items()}}
